#!/usr/bin/env python3
"""Goal: nothing counts as passed that didn't run and pass. Method: event files
of runs as Bazel writes them, with and without results, through report.py."""

import json
import os
import subprocess
import sys
import tempfile
import unittest
import zipfile

_REPORT = os.path.join(os.path.dirname(os.path.realpath(__file__)), "report.py")

_GTEST = """<testsuites tests="4"><testsuite name="LogTest" tests="4">
<testcase name="Keeps" classname="LogTest" time="0.1" status="run" result="completed"/>
<testcase name="Cuts" classname="LogTest" status="run"/>
<testcase name="Off" classname="LogTest" status="notrun" result="suppressed"/>
<testcase name="Skips" classname="LogTest" status="run" result="skipped"><skipped/></testcase>
</testsuite></testsuites>"""
_FAILING = """<testsuites><testsuite name="LogTest">
<testcase name="Keeps" classname="LogTest"/>
<testcase name="Cuts" classname="LogTest"><failure message="1 vs 2"/></testcase>
</testsuite></testsuites>"""
_EMPTY = '<testsuites><testsuite name="LogTest"></testsuite></testsuites>'


class ReportTest(unittest.TestCase):
    """Each case builds the events of one run and reads the last line."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.events = []

    def file(self, name, content):
        path = os.path.join(self.folder.name, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(content)
        return path

    def configured(self, label, kind="cc_test rule", built=True):
        self.events.append({"id": {"targetConfigured": {"label": label}},
                            "configured": {"targetKind": kind}})
        self.events.append({"id": {"targetCompleted": {"label": label}},
                            "completed": {"success": True} if built else {}})

    def result(self, label, xml, status="PASSED", attempt=1, plans=None,
               plan="crash 3\n"):
        self.configured(label)
        outputs = []
        if xml is not None:
            path = self.file(f"{len(self.events)}.xml", xml)
            outputs.append({"name": "test.xml", "uri": "file://" + path})
        if plans:
            path = os.path.join(self.folder.name, "outputs.zip")
            with zipfile.ZipFile(path, "w") as archive:
                archive.writestr(plans, plan)
            outputs.append({"name": "test.outputs__outputs.zip", "uri": "file://" + path})
        self.events.append({
            "id": {"testResult": {"label": label, "run": 1, "attempt": attempt}},
            "testResult": {"status": status, "testActionOutput": outputs}})

    def report(self, bazel_status=0, *arguments):
        path = self.file("events.json", "".join(json.dumps(event) + "\n" for event in self.events))
        run = subprocess.run(
            [sys.executable, _REPORT, "--events", path, "--bazel-status", str(bazel_status),
             *arguments], capture_output=True, text=True, check=False)
        self.assertEqual(run.stderr, "")
        return run.stdout.splitlines()[-1], run.returncode

    def test_counts_cases_and_skips(self):
        self.result("//a:a_test", _GTEST)
        self.result("//a:b_test", '<testsuites><testsuite name="b"><testcase name="b"/></testsuite>'
                    "</testsuites>")
        self.assertEqual(self.report(), ("3 passed, 0 failed, 2 skipped", 0))

    def test_a_failed_case_fails_the_run(self):
        self.result("//a:a_test", _FAILING, status="FAILED")
        self.assertEqual(self.report(3), ("1 passed, 1 failed", 1))

    def test_no_test_is_a_failure(self):
        self.assertEqual(self.report(4), ("0 passed, 0 failed", 1))

    def test_a_target_that_did_not_build_is_a_failure(self):
        self.result("//a:a_test", _GTEST)
        self.configured("//a:broken_test", built=False)
        self.assertEqual(self.report(1), ("2 passed, 1 failed, 2 skipped", 1))

    def test_a_library_that_did_not_build_is_a_failure(self):
        self.result("//a:a_test", _GTEST)
        self.configured("//a:a", kind="cc_library rule", built=False)
        self.assertEqual(self.report(1), ("2 passed, 1 failed, 2 skipped", 1))

    def test_a_test_the_tags_left_out_does_not_count(self):
        self.result("//a:a_test", _GTEST)
        self.configured("//a:nightly_test")
        self.assertEqual(self.report(), ("2 passed, 0 failed, 2 skipped", 0))

    def test_a_timeout_without_result_is_a_failure(self):
        self.result("//a:a_test", None, status="TIMEOUT")
        self.assertEqual(self.report(3), ("0 passed, 1 failed", 1))

    def test_a_crash_after_the_result_is_a_failure(self):
        self.result("//a:a_test", _GTEST, status="FAILED")
        self.assertEqual(self.report(3), ("2 passed, 1 failed, 2 skipped", 1))

    def test_a_binary_that_ran_no_case_is_a_failure(self):
        self.result("//a:a_test", _EMPTY)
        self.assertEqual(self.report(), ("0 passed, 1 failed", 1))

    def test_the_last_attempt_counts(self):
        self.result("//a:a_test", _FAILING, status="FAILED", attempt=1)
        self.result("//a:a_test", _GTEST, attempt=2)
        self.assertEqual(self.report(), ("2 passed, 0 failed, 2 skipped", 0))

    def test_replay_lines_get_the_commit(self):
        replay = "tools/dev sim run --swarm --seed 7 --at "
        self.result("//a:a_test", _FAILING.replace("1 vs 2", replay + "unknown"), status="FAILED",
                    plans="plan_7.txt", plan=f"# {replay}unknown\ncrash 3\n")
        out = os.path.join(self.folder.name, "out")
        self.report(3, "--out", out, "--note", "commit=0123456789ab")
        with open(os.path.join(out, "summary.json"), encoding="utf-8") as file:
            self.assertEqual(json.load(file)["failures"][0]["message"], replay + "0123456789ab")
        with open(os.path.join(out, "plans", "a_a_test", "plan_7.txt"), encoding="utf-8") as file:
            self.assertEqual(file.read(), f"# {replay}0123456789ab\ncrash 3\n")

    def test_out_holds_junit_summary_and_plans(self):
        self.result("//a:a_test", _FAILING, status="FAILED", plans="plan_7.txt")
        out = os.path.join(self.folder.name, "out")
        self.report(3, "--out", out, "--note", "seeds=1..9", "--note", "wall_seconds=3")
        with open(os.path.join(out, "summary.json"), encoding="utf-8") as file:
            summary = json.load(file)
        self.assertEqual(summary["failed"], 1)
        self.assertEqual(summary["seeds"], "1..9")
        self.assertEqual(summary["wall_seconds"], 3)
        self.assertEqual(summary["failures"][0]["message"], "1 vs 2")
        with open(os.path.join(out, "results.xml"), encoding="utf-8") as file:
            self.assertIn('<failure message="1 vs 2"', file.read())
        self.assertTrue(os.path.exists(os.path.join(out, "plans", "a_a_test", "plan_7.txt")))


if __name__ == "__main__":
    unittest.main()
