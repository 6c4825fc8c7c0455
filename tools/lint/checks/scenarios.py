"""Scenario files: the head says what it is about and how to run it again."""

import re

from tree import Finding

_KEYS = ("about", "rerun")


def check(tree):
    for path in tree.select(r"scenarios/.*\.txt"):
        head = {}
        for line in tree.lines(path):
            match = re.match(r"# (\w+): (.*\S)", line)
            if match:
                head.setdefault(match.group(1), match.group(2))
            elif line.strip() and not line.startswith("#"):
                break
        for key in _KEYS:
            if key not in head:
                yield Finding(path, 1, "head", f"no line `# {key}: ...` before the first command")
        if "rerun" in head and path not in head["rerun"]:
            yield Finding(path, 1, "head", f"the rerun line doesn't name {path}")
