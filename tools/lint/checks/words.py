"""What may not stand in the product: paths of one machine, unfinished marks."""

import re

from tree import Finding

_TEXT = re.compile(r".*\.(?:h|cc|proto|bzl|bazel|md|txt|sh|py|yaml|json|csv)"
                   r"|tools/.*|\.ci/.*|[^/.]+")
# Spelled in pieces: this file is text of the product too.
_RULES = [
    ("path", re.compile(r"(?<![\w.])/(?:work|root|home/\w+|Users/\w+)/"),
     "a path of one machine"),
    ("mark", re.compile(r"\b(?:FIX" r"ME|XX" r"X|HA" r"CK)\b"), "unfinished"),
    ("mark", re.compile(r"\bTO" r"DO\b(?!\(#\d+\))"), "needs its issue: TO" "DO(#12)"),
    ("word", re.compile(r"\b(?:CE" r"O|this ses" r"sion|helper ses" r"sion|sub" r"agent"
                        r"|as an A" r"I|the mission sa" r"ys)\b", re.I),
     "says nothing about the product"),
]


def check(tree):
    for path in tree.paths:
        if not _TEXT.fullmatch(path):
            continue
        for number, line in enumerate(tree.lines(path), 1):
            for rule, pattern, why in _RULES:
                match = pattern.search(line)
                if match:
                    yield Finding(path, number, rule, f"`{match.group()}`: {why}")
