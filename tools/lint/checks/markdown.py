"""Documents: one title each, and what they point at exists."""

import posixpath
import re

from tree import Finding

_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
_SPAN = re.compile(r"`([^`]+)`")
_PATH = re.compile(r"(?:\.ci|core|sim|prod|proto|scenarios|fuzz|bench|docs|tools)/[\w./-]*\w/?")
_LABEL = re.compile(r"//([\w/-]*):([\w./-]+)")
_COMMAND = re.compile(r"\$ (tools/\w+|\.ci/run)(?: ([a-z]+))?")


def _prose(lines):
    """Yields (number, line, in_fence) and knows the fences' edges."""
    fence = None
    for number, line in enumerate(lines, 1):
        mark = re.match(r"\s*(```+|~~~+)", line)
        if mark and (fence is None or line.strip() == fence):
            fence = mark.group(1) if fence is None else None
            continue
        yield number, line, fence is not None


def _check_title(path, lines):
    titles = [number for number, line, fenced in _prose(lines)
              if not fenced and re.match(r"# \S", line)]
    if len(titles) != 1:
        yield Finding(path, titles[1] if titles else 1, "title",
                      f"{len(titles)} lines start with `# `, expected exactly one title")
    elif any(line.strip() for line in lines[:titles[0] - 1]):
        yield Finding(path, titles[0], "title", "the title isn't the first line")


def _label_exists(tree, package, name):
    build = posixpath.join(package, "BUILD.bazel") if package else "BUILD.bazel"
    if not tree.exists(build):
        return False
    return name in ("all", "...") or name in tree.text(build)


def _check_names(tree, path, number, line):
    for span in _SPAN.findall(line):
        word = span.split()[0] if span.split() else ""
        if _PATH.fullmatch(word) and not tree.exists(word):
            yield Finding(path, number, "name", f"`{word}` doesn't exist")
        label = _LABEL.fullmatch(word)
        if label and not _label_exists(tree, *label.groups()):
            yield Finding(path, number, "name", f"`{word}` is no target")


def _check_command(tree, path, number, line):
    match = _COMMAND.match(line.strip())
    if not match:
        return
    command, subcommand = match.groups()
    if not tree.exists(command):
        yield Finding(path, number, "command", f"`{command}` doesn't exist")
    elif command == "tools/dev" and subcommand and not tree.exists(f"tools/dev.d/{subcommand}"):
        yield Finding(path, number, "command", f"`tools/dev {subcommand}` doesn't exist")


def check(tree):
    for path in tree.select(r".*\.md"):
        lines = tree.lines(path)
        yield from _check_title(path, lines)
        for number, line, fenced in _prose(lines):
            if fenced:
                yield from _check_command(tree, path, number, line)
                continue
            for link in _LINK.findall(line):
                target = link.split("#")[0]
                if re.match(r"[a-z]+:", link) or not target:
                    continue
                if not tree.exists(posixpath.join(posixpath.dirname(path), target)):
                    yield Finding(path, number, "link", f"`{link}` leads nowhere")
            yield from _check_names(tree, path, number, line)
