"""Rare paths: the code and sim/explore/probes.txt name the same ones."""

import re

from tree import Finding

_LIST = "sim/explore/probes.txt"
_PROBE = re.compile(r'GRAPHDB_COVER\(\s*"([^"]+)"\s*\)')


def _reached(tree):
    reached = {}
    for path in tree.sources("core", "sim"):
        # A test reaches what it likes: it is no part of the product.
        if path == "core/base/cover.h" or path.endswith("_test.cc"):
            continue
        text = tree.text(path)
        for match in _PROBE.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            reached.setdefault(match.group(1), (path, line))
    return reached


def check(tree):
    if not tree.exists(_LIST):
        return
    reached = _reached(tree)
    listed = {}
    for number, text in enumerate(tree.text(_LIST).splitlines(), 1):
        if text in listed or not text:
            yield Finding(_LIST, number, "twice", f"'{text}': expected a name, each once")
        listed.setdefault(text, number)
    for probe, (path, line) in sorted(reached.items()):
        if probe not in listed:
            yield Finding(path, line, "list", f"'{probe}' is not in {_LIST}")
    for probe, number in sorted(listed.items()):
        if probe and probe not in reached:
            yield Finding(_LIST, number, "list", f"no code reaches '{probe}'")
