#!/usr/bin/env python3
"""Proves that each lint can fail: runs it over its bad fixtures.

    selftest.py [--rewrite]

tools/lint/testdata/CHECK/CASE/ is a small tree with what the check must say of
it in expected.txt. Every check has a case with errors, and a case `good` with
none. --rewrite writes expected.txt anew; read the diff.
"""

import difflib
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
sys.dont_write_bytecode = True

import lint  # noqa: E402

_DATA = os.path.join(os.path.dirname(os.path.realpath(__file__)), "testdata")


def run_case(check, case, rewrite):
    """Returns what is wrong with one case, or nothing, and the rules it broke."""
    folder = os.path.join(_DATA, check, case)
    findings = lint.run([check], folder)
    actual = "".join(f"{finding}\n" for finding in findings)
    path = os.path.join(folder, "expected.txt")
    if rewrite:
        with open(path, "w", encoding="utf-8") as file:
            file.write(actual)
    with open(path, encoding="utf-8") as file:
        expected = file.read()
    problem = None
    if actual != expected:
        lines = difflib.unified_diff(expected.splitlines(), actual.splitlines(), "expected",
                                     "actual", n=0, lineterm="")
        problem = f"{check}/{case}:\n" + "\n".join(lines)
    return problem, {finding.rule for finding in findings if not finding.warning}


def main():
    rewrite = sys.argv[1:] == ["--rewrite"]
    problems, cases = [], 0
    for check in lint.check_names():
        folder = os.path.join(_DATA, check)
        names = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
        errors = {}
        for case in names:
            problem, errors[case] = run_case(check, case, rewrite)
            cases += 1
            if problem:
                problems.append(problem)
        if errors.get("good") != set():
            problems.append(f"{check}: needs a case `good` without errors")
        broken = set().union(*errors.values())
        rules = {rule.name for rule in getattr(lint.load(check), "RULES", [])}
        if not broken or rules - broken:
            missed = " ".join(sorted(rules - broken)) or "it"
            problems.append(f"{check}: no bad fixture makes {missed} fail")
    for problem in problems:
        print(problem)
    print(f"{cases} cases, {len(problems)} wrong")
    return 1 if problems or cases == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
