"""Scripts: parse, may be executed, and fail where something in them fails."""

import subprocess

from tree import Finding


def check(tree):
    for path in tree.paths:
        first = tree.lines(path)[0] if path.startswith((".ci/", "tools/", "sim/", "prod/",
                                                        "scenarios/")) else ""
        sourced = first == "# shellcheck shell=bash"
        if not first.startswith("#!") and not sourced:
            continue
        if not sourced and not tree.is_executable(path):
            yield Finding(path, 1, "mode", "starts with #! and may not be executed")
        if "bash" in first or first.endswith("/sh"):
            shell = "bash" if "bash" in first else "sh"
            result = subprocess.run([shell, "-n"], input=tree.text(path),
                                    capture_output=True, text=True, check=False)
            if result.returncode != 0:
                yield Finding(path, 1, "syntax", result.stderr.strip().split("\n")[0])
            text = tree.text(path)
            if not sourced and shell == "bash" and "exec " not in text and "set -" not in text:
                yield Finding(path, 1, "strict", "no `set -u` or stricter")
