"""Scenario files: the head says what it is about and how to run it again."""

import posixpath
import re

from tree import Finding

_COMMAND = re.compile(r"(?:rerun: )?((?:tools/dev|bazel) .+)")


def _head(lines):
    """The comment lines before the first command, without their marks."""
    head = []
    for line in lines:
        if line.strip() and not line.startswith("#"):
            break
        head.append(line.lstrip("#").strip())
    return [line for line in head if line]


def check(tree):
    for path in tree.select(r"scenarios/.*\.txt"):
        head = _head(tree.lines(path))
        commands = [match.group(1) for match in map(_COMMAND.match, head) if match]
        if not head or _COMMAND.match(head[0]):
            yield Finding(path, 1, "head", "the first line says what it is about: `# ...`")
        if not commands:
            yield Finding(path, 1, "head", "no comment line before the first command says how to "
                          "run it again: `# tools/dev ...` or `# bazel ...`")
        else:
            stem = posixpath.basename(path)[:-len(".txt")]
            for command in commands:
                if not re.search(rf"\b{re.escape(stem)}\b", command):
                    yield Finding(path, 1, "head", f"`{command}` doesn't name {stem}")
