"""Planted bugs: the code, sim/mutants/mutants.txt and docs/mutants.md name the same ones."""

import re

from tree import Finding

_LISTS = {
    "sim/mutants/mutants.txt": re.compile(r"([^#|\s]+) \|"),
    "docs/mutants.md": re.compile(r"\|\s*`([^`]+)`\s*\|"),
}
_PLANT = re.compile(r'GRAPHDB_MUTANT\(\s*"([^"]+)"\s*\)')
_ID = re.compile(r"[A-Za-z][\w-]*\.[\w.-]+")


def _planted(tree):
    planted = {}
    for path in tree.sources("core", "sim"):
        # A test plants what it likes: it is no part of the product.
        if path == "core/base/mutant.h" or path.endswith("_test.cc"):
            continue
        text = tree.text(path)
        for match in _PLANT.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            if not text.split("\n")[line - 1].lstrip().startswith("//"):
                planted.setdefault(match.group(1), (path, line))
    return planted


def check(tree):
    planted = _planted(tree)
    for mutant, (path, line) in sorted(planted.items()):
        if not _ID.fullmatch(mutant):
            yield Finding(path, line, "id", f"'{mutant}': expected rule-L3.what or package.what")
    for name, row in _LISTS.items():
        if tree.exists(name):
            yield from _compare(planted, name, tree.lines(name), row)


def _compare(planted, name, lines, row):
    listed = {}
    for number, text in enumerate(lines, 1):
        match = row.match(text)
        if match:
            listed.setdefault(match.group(1), number)
    for mutant, (path, line) in sorted(planted.items()):
        if mutant not in listed:
            yield Finding(path, line, "list", f"'{mutant}' has no row in {name}")
    for mutant, number in sorted(listed.items()):
        if mutant not in planted:
            yield Finding(name, number, "list", f"'{mutant}' is planted nowhere")
