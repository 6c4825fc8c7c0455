"""BUILD files: a head that says what the package is, our macros, no orphans."""

import posixpath

import build_file
from tree import Finding

_HEAD_MIN, _HEAD_MAX = 3, 6
_RAW = {"cc_library", "cc_binary", "cc_test"}
_DOWNLOADS = ("http_archive", "http_file", "git_repository", "new_git_repository")
_NEAR_LINE = "tools/third_party", "tools/bazel"


def _check_head(tree, path):
    head = 0
    for line in tree.lines(path):
        if not line.startswith("#"):
            break
        head += 1
    if not _HEAD_MIN <= head <= _HEAD_MAX:
        yield Finding(path, 1, "head", f"opens with {head} comment lines, expected 3 to 6: what is "
                      "here, what is absent on purpose, what it may depend on")


def _check_targets(path, targets):
    package = posixpath.dirname(path)
    for target in targets:
        if target.rule in _RAW and not package.startswith(_NEAR_LINE):
            yield Finding(path, target.line, "macro",
                          f"{target.name}: use graphdb_{target.rule}, it carries the warnings")
        if target.rule in _DOWNLOADS:
            yield Finding(path, target.line, "network", "the build never downloads")


def _check_orphans(tree, path, targets):
    """A source that no target names is never compiled: dead, or a forgotten test."""
    package = posixpath.dirname(path)
    if any(target.rule == "glob" for target in targets):
        return
    named = {value for target in targets for key in ("srcs", "hdrs", "textual_hdrs", "exports")
             for value in target.strings(key)}
    named |= {target.arguments.get("src") for target in targets}
    text = tree.text(path)
    for source in tree.paths:
        if posixpath.dirname(source) == package and source.endswith((".h", ".cc", ".proto")):
            name = posixpath.basename(source)
            if name not in named and f'"{name}"' not in text:
                yield Finding(source, 1, "orphan", f"no target of {path} names it")


def check(tree):
    for path in tree.select(r"(.*/)?BUILD\.bazel|WORKSPACE|(.*/)?BUILD"):
        if posixpath.basename(path) == "BUILD":
            yield Finding(path, 1, "name", "call it BUILD.bazel")
            continue
        try:
            targets = build_file.parse(tree.text(path))
        except SyntaxError as error:
            yield Finding(path, error.lineno or 1, "syntax", "can't be read as a BUILD file")
            continue
        yield from _check_targets(path, targets)
        if posixpath.basename(path) == "BUILD.bazel" and "/stub_" not in path:
            if posixpath.dirname(path):
                yield from _check_head(tree, path)
            yield from _check_orphans(tree, path, targets)
