"""Sizes: files, functions and lines stay as short as the house style says."""

import re

from tree import Finding

_FILE_GUIDE, _FILE_LIMIT, _TEST_LIMIT = 600, 1000, 1000
_FUNCTION_LIMIT = 70
_COLUMNS = 100
_NOT_FUNCTION = re.compile(
    r"\s*(?:inline )?(?:namespace|class|struct|union|enum|extern|template|using|typedef|const\w* "
    r"|static const\w* |public:|private:|protected:|//|#|\*|\})")
# One line each, `path function lines`: may only shrink.
_ALLOWED = "tools/lint/long_functions.txt"


def _functions(lines, indent):
    """Yields (first line, length) of what opens and closes at this indent."""
    start = None
    for number, line in enumerate(lines, 1):
        if line in (indent + "}", indent + "};"):
            if start is not None and not _NOT_FUNCTION.match(lines[start - 1]):
                yield start, number - start + 1
            start = None
        elif re.match(indent + r"[^\s#/}]", line):
            start = number


def _name(line):
    match = re.search(r"([\w:~]+)\s*\(", line)
    return match.group(1) if match else line.strip()[:40]


def _allow_list(tree):
    if not tree.exists(_ALLOWED):
        return {}
    rows = [line.split() for line in tree.lines(_ALLOWED)
            if line.strip() and not line.startswith("#")]
    return {(row[0], row[1]): int(row[2]) for row in rows}


def _check_functions(tree, path, allow_list):
    lines = tree.lines(path)
    for indent in ("", "  "):
        for start, length in _functions(lines, indent):
            name = _name(lines[start - 1])
            if indent and not re.match(r"  [\w:<>~&*, ]+\(", lines[start - 1]):
                continue
            if indent and re.match(r"  (?:if|for|while|switch|do|return|else)\b", lines[start - 1]):
                continue
            if length > max(_FUNCTION_LIMIT, allow_list.get((path, name), 0)):
                yield Finding(path, start, "function",
                              f"{name} has {length} lines, the limit is {_FUNCTION_LIMIT}")


def check(tree):
    allow_list = _allow_list(tree)
    for path in tree.sources():
        count = len(tree.lines(path)) - 1
        limit = _TEST_LIMIT if path.endswith("_test.cc") else _FILE_LIMIT
        if count > limit:
            yield Finding(path, 1, "file", f"{count} lines, the limit is {limit}")
        elif count > _FILE_GUIDE and not path.endswith("_test.cc"):
            yield Finding(path, 1, "file", f"{count} lines, the guide is {_FILE_GUIDE}",
                          warning=True)
        yield from _check_functions(tree, path, allow_list)
    for path in tree.paths:
        if path.endswith((".h", ".cc", ".py", ".sh", ".proto")) or path.startswith("tools/dev"):
            for number, line in enumerate(tree.lines(path), 1):
                # clang-format can't break a string; an escape names its reason in place.
                kept = path.endswith((".h", ".cc")) and ('"' in line or "LINT-OK" in line)
                if len(line) > _COLUMNS and not kept:
                    yield Finding(path, number, "columns",
                                  f"{len(line)} columns, the limit is {_COLUMNS}")
