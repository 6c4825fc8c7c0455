#!/usr/bin/env python3
"""Counts what a `bazel test` run really did and says it in one plain line.

Reads the build event file of the run and the test.xml of every test it names,
so a result of an older run is never counted. A GoogleTest case counts as one,
as does each shell or script test; a target that wasn't built, timed out or
crashed counts as one failure at least.

    report.py --events FILE --bazel-status N [--out DIR] [--note KEY=VALUE]...

With --out: results.xml (JUnit, merged), summary.json, and in plans/TARGET/ the
files that tests left in TEST_UNDECLARED_OUTPUTS_DIR (failing plans).
Exit status: 0 all passed, 1 a failure or no test at all.
"""

import argparse
import json
import os
import re
import sys
import urllib.parse
import xml.etree.ElementTree as ElementTree
import zipfile

# A test can't know the commit: it would be an input of every test, and no result
# would ever be cached. Its replay lines end so, and get the commit here.
_UNKNOWN = ("# commit unknown", "--at unknown")

_OK, _TESTS_FAILED, _NO_TESTS = 0, 3, 4  # Bazel's exit statuses that tests explain


class Case:
    """One counted case: outcome is passed, failed or skipped."""

    def __init__(self, name, outcome, message="", seconds=0.0):
        self.name = name
        self.outcome = outcome
        self.message = message
        self.seconds = seconds


def read_events(path):
    """Returns ({(label, run, shard): last attempt's result}, labels that failed to build)."""
    results, unbuilt, tests = {}, set(), set()
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            event = json.loads(line)
            ids = event["id"]
            if "targetConfigured" in ids:
                kind = event.get("configured", {}).get("targetKind", "")
                if re.fullmatch(r"\w+_test rule", kind):
                    tests.add(ids["targetConfigured"]["label"])
            elif "targetCompleted" in ids:
                if not event.get("completed", {}).get("success"):
                    unbuilt.add(ids["targetCompleted"]["label"])
            elif "testResult" in ids and "testResult" in event:
                test = ids["testResult"]
                key = (test["label"], test.get("run", 1), test.get("shard", 0))
                attempt = test.get("attempt", 1)
                if key not in results or results[key][0] <= attempt:
                    results[key] = (attempt, event["testResult"])
    ran = {label for label, _, _ in results}
    return {key: result for key, (_, result) in results.items()}, (unbuilt & tests) - ran


def output_path(result, name):
    for output in result.get("testActionOutput", []):
        if output["name"] == name and output.get("uri", "").startswith("file://"):
            return urllib.parse.unquote(output["uri"][len("file://"):])
    return None


def case_of(element, suite):
    name = element.get("name", "unnamed")
    scope = element.get("classname") or suite
    if scope and scope != name:
        name = f"{scope}.{name}"
    seconds = float(element.get("time") or 0)
    problems = element.findall("failure") + element.findall("error")
    if problems:
        message = problems[0].get("message") or (problems[0].text or "").strip()
        return Case(name, "failed", message, seconds)
    if element.find("skipped") is not None or element.get("status") == "notrun":
        return Case(name, "skipped", "", seconds)
    return Case(name, "passed", "", seconds)


def cases_of(result):
    """The cases of one test run; at least one failure where Bazel says it failed."""
    cases, path = [], output_path(result, "test.xml")
    try:
        for suite in ElementTree.parse(path).getroot().iter("testsuite"):
            cases += [case_of(case, suite.get("name")) for case in suite.findall("testcase")]
    except (OSError, TypeError, ElementTree.ParseError) as error:
        cases = [Case("test.xml", "failed", f"no readable result: {error}")]
    status = result.get("status", "NO_STATUS")
    if status != "PASSED" and not any(case.outcome == "failed" for case in cases):
        cases.append(Case("whole test", "failed", f"Bazel says {status}"))
    if not cases:
        cases.append(Case("whole test", "failed", "passed without running a case"))
    return cases


def collect(events, bazel_status):
    """Returns {label: [Case]} of the run."""
    results, unbuilt = read_events(events)
    targets = {}
    for (label, _, _), result in sorted(results.items()):
        targets.setdefault(label, []).extend(cases_of(result))
    for label in sorted(unbuilt):
        targets[label] = [Case("build", "failed", "did not build")]
    failed = any(case.outcome == "failed" for cases in targets.values() for case in cases)
    if bazel_status not in (_OK, _TESTS_FAILED, _NO_TESTS) and not failed:
        targets["bazel"] = [Case("build", "failed", f"bazel ended with status {bazel_status}")]
    return targets, results


def write_junit(targets, path):
    root = ElementTree.Element("testsuites")
    for label, cases in targets.items():
        suite = ElementTree.SubElement(root, "testsuite", name=label, tests=str(len(cases)))
        for outcome, attribute in (("failed", "failures"), ("skipped", "skipped")):
            suite.set(attribute, str(sum(case.outcome == outcome for case in cases)))
        for case in cases:
            element = ElementTree.SubElement(
                suite, "testcase", classname=label, name=case.name, time=f"{case.seconds:.3f}")
            if case.outcome == "failed":
                ElementTree.SubElement(element, "failure", message=case.message)
            elif case.outcome == "skipped":
                ElementTree.SubElement(element, "skipped")
    ElementTree.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)


def name_commit_in_cases(targets, commit):
    for cases in targets.values():
        for case in cases:
            for unknown in _UNKNOWN:
                case.message = case.message.replace(unknown, unknown.replace("unknown", commit))


def name_commit_in_files(folder, commit):
    for parent, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(parent, name)
            with open(path, "rb") as file:
                content = file.read()
            named = content
            for unknown in _UNKNOWN:
                named = named.replace(unknown.encode(), unknown.replace("unknown", commit).encode())
            if named != content:
                with open(path, "wb") as file:
                    file.write(named)


def extract_plans(results, folder):
    for (label, run, shard), result in results.items():
        archive = output_path(result, "test.outputs__outputs.zip")
        if archive is None or not os.path.exists(archive):
            continue
        target = re.sub(r"[^\w.-]+", "_", label.lstrip("/"))
        with zipfile.ZipFile(archive) as files:
            files.extractall(os.path.join(folder, target, *([f"{run}-{shard}"] if shard else [])))


def count(cases, outcome):
    return sum(case.outcome == outcome for case in cases)


def summarise(targets, notes):
    everything = [case for cases in targets.values() for case in cases]
    summary = {outcome: count(everything, outcome) for outcome in ("passed", "failed", "skipped")}
    summary.update({key: int(value) if value.isdigit() else value
                    for key, value in notes.items()})
    summary["targets"] = {
        label: {outcome: count(cases, outcome) for outcome in ("passed", "failed", "skipped")}
        for label, cases in targets.items()
    }
    summary["failures"] = [
        {"target": label, "case": case.name, "message": case.message}
        for label, cases in targets.items() for case in cases if case.outcome == "failed"
    ]
    return summary


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", required=True)
    parser.add_argument("--bazel-status", type=int, required=True)
    parser.add_argument("--out")
    parser.add_argument("--note", action="append", default=[], metavar="KEY=VALUE")
    options = parser.parse_args()

    targets, results = collect(options.events, options.bazel_status)
    notes = dict(note.split("=", 1) for note in options.note)
    commit = notes.get("commit", "unknown")
    name_commit_in_cases(targets, commit)
    summary = summarise(targets, notes)
    if options.out:
        os.makedirs(options.out, exist_ok=True)
        write_junit(targets, os.path.join(options.out, "results.xml"))
        extract_plans(results, os.path.join(options.out, "plans"))
        name_commit_in_files(os.path.join(options.out, "plans"), commit)
        with open(os.path.join(options.out, "summary.json"), "w", encoding="utf-8") as file:
            json.dump(summary, file, indent=2)
            file.write("\n")
    for failure in summary["failures"]:
        message = (failure["message"].splitlines() or [""])[0]
        print(f"FAILED {failure['target']} {failure['case']}: {message}")
    if summary["failures"] and "commit" in summary:
        print(f"at commit {summary['commit']}")
    if summary["passed"] + summary["failed"] == 0:
        print("no test ran: that is a failure")
    line = f"{summary['passed']} passed, {summary['failed']} failed"
    if summary["skipped"]:
        line += f", {summary['skipped']} skipped"
    print(line)
    sys.exit(0 if summary["passed"] > 0 and summary["failed"] == 0 else 1)


if __name__ == "__main__":
    main()
