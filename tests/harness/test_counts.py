# SPDX-License-Identifier: GPL-2.0-or-later
"""The counting of `make test`: what did not pass must not be lost."""
import json

from suites import counts

KTAP = """\
[    1.5] KTAP version 1
[    1.5] 1..2
    KTAP version 1
    # Subtest: oht_frame
    1..3
    ok 1 crc
        KTAP version 1
        # Subtest: build
        ok 1 fc03
        not ok 2 fc16
    not ok 2 build
    ok 3 parse # SKIP no such thing
not ok 1 oht_frame
ok 2 - the kernel complains about nothing
"""


def test_ktap_counts_the_deepest_lines():
    found = counts.tap(KTAP, None)
    assert (found.passed, found.failed, found.skipped) == (3, 1, 1)
    assert found.failures == ["fc16"] and found.skips == ["parse: no such thing"]


def test_tap_with_plan_and_comments():
    found = counts.tap("1..2\n# ok 1 - in a comment\nok 1 - first\nnot ok 2 - second # TODO later\n", None)
    assert (found.passed, found.failed, found.failures) == (1, 1, ["second: later"])


def test_junit(tmp_path):
    report = tmp_path / "r.xml"
    report.write_text('<testsuites><testsuite><testcase classname="m" name="good"/>'
                      '<testcase classname="m" name="bad"><failure message="two&#10;lines"/></testcase>'
                      '<testcase classname="m" name="broken"><error/></testcase>'
                      '<testcase classname="m" name="left"><skipped message="why"/></testcase>'
                      '</testsuite></testsuites>'.replace("<testsuite>", '<testsuite name="s" tests="4">'))
    found = counts.junit("", report)
    assert (found.passed, found.failed, found.skipped) == (1, 2, 1)
    assert found.failures == ["m.bad: two", "m.broken"] and found.skips == ["m.left: why"]


def test_meson_counts_cases_of_cmocka_and_programs_that_crash(tmp_path):
    report = tmp_path / "log.json"
    programs = [
        {"name": "frame", "result": "OK", "stdout": "[==========] frame: Running 12 test(s).\n[  PASSED  ] 12 test(s).\n"},
        {"name": "csv", "result": "FAIL", "stdout": "[==========] csv: Running 4 test(s).\n[  PASSED  ] 3 test(s).\n[  FAILED  ] tests: 1 test(s), "
         "listed below:\n[  FAILED  ] csv_quote\n"},
        {"name": "crash", "result": "FAIL", "stdout": ""},
        {"name": "slow", "result": "TIMEOUT", "stdout": ""},
        {"name": "left", "result": "SKIP", "stdout": ""},
        {"name": "early", "result": "OK", "stdout": "[==========] early: Running 5 test(s).\n"},
        {"name": "silent", "result": "OK", "stdout": ""},
        {"name": "plain", "result": "OK", "stdout": "cycles 40000\n"}]
    report.write_text("\n".join(json.dumps(p) for p in programs) + "\n")
    found = counts.meson("", report)
    assert (found.passed, found.failed, found.skipped) == (16, 5, 1)
    assert found.failures == ["csv.csv_quote", "crash: fail", "slow: timeout", "early: began 5 tests and told of 0",
                              "silent: printed nothing"]


def test_junit_that_lost_a_test(tmp_path):
    report = tmp_path / "r.xml"
    report.write_text('<testsuites><testsuite name="s" tests="2"><testcase classname="m" name="good"/></testsuite></testsuites>')
    assert counts.junit("", report).failures == ["s: says that it has 2 tests, and has 1"]


def test_tap_that_ends_early():
    found = counts.tap("1..3\nok 1 - first\n", None)
    assert found.passed == 1 and found.failures == ["output: plan 1..3, but 1 results"]
