"""clang-format 14 agrees with every C++ file."""

import os
import re
import shutil
import subprocess

from tree import Finding

_TOOL = "clang-format-14"


def check(tree):
    paths = tree.sources()
    if not paths:
        return
    if shutil.which(_TOOL) is None:
        yield Finding(".clang-format", 1, "tool", f"{_TOOL} isn't installed: apt-get install it")
        return
    result = subprocess.run(
        [_TOOL, "--dry-run", *(os.path.join(tree.root, path) for path in paths)],
        capture_output=True, text=True, check=False)
    seen = set()
    for line in result.stderr.split("\n"):
        match = re.match(r"(.+?):(\d+):\d+: (?:warning|error): ", line)
        if match and match.group(1) not in seen:
            seen.add(match.group(1))
            yield Finding(os.path.relpath(match.group(1), tree.root), int(match.group(2)), "format",
                          "clang-format would change it: tools/dev fmt")
    if result.returncode != 0 and not seen:
        yield Finding(".clang-format", 1, "tool", result.stderr.strip().split("\n")[0])
