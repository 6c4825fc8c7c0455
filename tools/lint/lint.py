#!/usr/bin/env python3
"""Runs the lints over the source tree.

    lint.py [--root DIR] [CHECK...]     all checks unless some are named
    lint.py --list                      their names, one line each

Each check is a module in tools/lint/checks with `check(tree)` that yields
Findings. Exit status: 0 clean, 1 findings, 2 usage.
"""

import argparse
import importlib
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
sys.dont_write_bytecode = True

from tree import Tree  # noqa: E402  (needs the path above)

_HERE = os.path.dirname(os.path.realpath(__file__))


def check_names():
    return sorted(name[:-3] for name in os.listdir(os.path.join(_HERE, "checks"))
                  if name.endswith(".py") and name != "__init__.py")


def load(name):
    return importlib.import_module("checks." + name)


def run(names, root):
    """Returns the findings of the named checks over one tree."""
    tree = Tree(root)
    return [finding for name in names for finding in load(name).check(tree)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", default=os.path.join(_HERE, "..", ".."))
    parser.add_argument("--list", action="store_true")
    parser.add_argument("checks", nargs="*", metavar="CHECK")
    options = parser.parse_args()

    known = check_names()
    if options.list:
        for name in known:
            print(f"{name:12} {load(name).__doc__.splitlines()[0]}")
        return 0
    for name in options.checks:
        if name not in known:
            print(f"lint: no check '{name}'; known: {' '.join(known)}", file=sys.stderr)
            return 2
    findings = run(options.checks or known, options.root)
    for finding in findings:
        print(finding)
    errors = sum(not finding.warning for finding in findings)
    if errors:
        print(f"lint: {errors} errors")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
