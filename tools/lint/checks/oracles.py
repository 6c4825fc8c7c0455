"""Oracles: what a simulated run can fail by, and docs/oracles.md, name the same ones."""

import re

from tree import Finding

_PAGE = "docs/oracles.md"
_NAMED = re.compile(
    r'\b(?:Violation\{|Fail\(|GiveUp\(|oracle = )\s*(?:absl::StrCat\()?"([a-z][a-z.-]*)"'
)
_ROW = re.compile(r"\|\s*(`[^|]*`)[^|]*\|")
_NAME = re.compile(r"`([a-z][a-z.-]*)`")


def _in_code(tree):
    named = {}
    for path in tree.sources("sim"):
        if path.endswith("_test.cc"):
            continue
        text = tree.text(path)
        for match in _NAMED.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            # "ledger." begins a name; the page has it with its ends, or without the dot.
            named.setdefault(match.group(1).rstrip("."), (path, line))
    return named


def _in_page(tree):
    listed = {}
    for number, text in enumerate(tree.lines(_PAGE), 1):
        row = _ROW.match(text)
        for name in _NAME.findall(row.group(1)) if row else []:
            listed.setdefault(name, number)
    return listed


def check(tree):
    if not tree.exists(_PAGE):
        return
    named, listed = _in_code(tree), _in_page(tree)
    for name, (path, line) in sorted(named.items()):
        if not any(entry == name or entry.startswith(name + ".") for entry in listed):
            yield Finding(path, line, "list", f"oracle '{name}' has no row in {_PAGE}")
    for entry, number in sorted(listed.items()):
        if not any(entry == name or entry.startswith(name + ".") for name in named):
            yield Finding(_PAGE, number, "list", f"no run fails by '{entry}'")
