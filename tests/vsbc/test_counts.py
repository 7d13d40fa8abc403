# SPDX-License-Identifier: GPL-2.0-or-later
"""The counting of `make test`: what did not pass must not be lost."""
import json
import os
import signal

import pytest

from suites import counts, runner

KTAP = """\
[    1.5] KTAP version 1
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
ok 1 - the kernel complains about nothing
"""


def test_ktap_counts_the_deepest_lines():
    found = counts.tap(KTAP, None)
    assert (found.passed, found.failed, found.skipped) == (3, 1, 1)
    assert found.failures == ["fc16"] and found.skips == ["parse: no such thing"]


def test_tap_with_plan_and_comments():
    found = counts.tap("1..2\n# ok 1 - in a comment\nok 1 - first\nnot ok 2 - second # TODO later\n", None)
    assert (found.passed, found.failed, found.failures) == (1, 1, ["second"])


def test_junit(tmp_path):
    report = tmp_path / "r.xml"
    report.write_text('<testsuites><testsuite><testcase classname="m" name="good"/>'
                      '<testcase classname="m" name="bad"><failure message="two&#10;lines"/></testcase>'
                      '<testcase classname="m" name="broken"><error/></testcase>'
                      '<testcase classname="m" name="left"><skipped message="why"/></testcase>'
                      '</testsuite></testsuites>')
    found = counts.junit("", report)
    assert (found.passed, found.failed, found.skipped) == (1, 2, 1)
    assert found.failures == ["m.bad: two", "m.broken"] and found.skips == ["m.left: why"]


def test_meson_counts_cases_of_cmocka_and_programs_that_crash(tmp_path):
    report = tmp_path / "log.json"
    programs = [
        {"name": "frame", "result": "OK", "stdout": "[  PASSED  ] 12 test(s).\n"},
        {"name": "csv", "result": "FAIL", "stdout": "[  PASSED  ] 3 test(s).\n[  FAILED  ] tests: 1 test(s), "
         "listed below:\n[  FAILED  ] csv_quote\n"},
        {"name": "crash", "result": "FAIL", "stdout": ""},
        {"name": "slow", "result": "TIMEOUT", "stdout": ""},
        {"name": "left", "result": "SKIP", "stdout": ""}]
    report.write_text("\n".join(json.dumps(p) for p in programs) + "\n")
    found = counts.meson("", report)
    assert (found.passed, found.failed, found.skipped) == (15, 3, 1)
    assert found.failures == ["csv.csv_quote", "crash: fail", "slow: timeout"]


LOAD = runner.load


def _main(tmp_path, monkeypatch, suites):
    listed = tmp_path / "suites.toml"
    listed.write_text("build = []\n" + "".join(
        f"[[suite]]\nname = \"s{i}\"\ncommand = [\"sh\", \"-c\", {json.dumps(command)}]\ncounts = \"tap\"\n{more}\n"
        for i, (command, more) in enumerate(suites)))
    table = LOAD(listed)
    monkeypatch.setattr(runner, "load", lambda: table)
    monkeypatch.setattr(runner, "LOGS", tmp_path / "logs")
    monkeypatch.setattr(runner, "TOP", tmp_path)
    return runner.main([])


def test_last_line_and_exit_code(tmp_path, monkeypatch, capsys):
    assert _main(tmp_path, monkeypatch, [("echo ok 1 a; echo ok 2 b", "")]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "2 passed, 0 failed, 0 skipped"


def test_silent_suite_fails(tmp_path, monkeypatch, capsys):
    assert _main(tmp_path, monkeypatch, [("true", "")]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "0 passed, 1 failed, 0 skipped"


def test_crash_after_good_tests_fails(tmp_path, monkeypatch, capsys):
    assert _main(tmp_path, monkeypatch, [("echo ok 1 a; exit 9", "")]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "1 passed, 1 failed, 0 skipped"


def test_suite_that_hangs_fails(tmp_path, monkeypatch, capsys):
    assert _main(tmp_path, monkeypatch, [("echo ok 1 a; sleep 60", "timeout_s = 1")]) == 1
    assert "not done within 1 s" in capsys.readouterr().out


def test_unexpected_skip_fails_and_an_expected_one_does_not(tmp_path, monkeypatch, capsys):
    assert _main(tmp_path, monkeypatch, [("echo 'ok 1 a # SKIP no gpio-sim'", "")]) == 1
    assert "unexpected skip: a: no gpio-sim" in capsys.readouterr().out
    assert _main(tmp_path, monkeypatch,
                 [("echo 'ok 1 a # SKIP no gpio-sim'", 'allow_skip = ["no gpio-sim"]')]) == 0


def _meet(mine, other):
    return (f"touch {mine}; for i in $(seq 50); do [ -e {other} ] && break; sleep 0.1; done; "
            f"[ -e {other} ] && echo ok 1 {mine} met {other}")


def test_one_suite_that_does_not_mind_runs_beside_the_others(tmp_path, monkeypatch, capsys):
    both = [(_meet("a", "b"), ""), (_meet("b", "a") + "; nice >nice; echo not ok 2 x", "beside = true"),
            ("nice >plain; [ -e a ] && echo ok 1 later", "")]
    assert _main(tmp_path, monkeypatch, both) == 1
    said = capsys.readouterr().out.splitlines()
    assert sorted(line.split()[0] for line in said if line.startswith("s")) == ["s0", "s1", "s2"]
    assert said[-1] == "3 passed, 1 failed, 0 skipped"
    assert int((tmp_path / "nice").read_text()) > int((tmp_path / "plain").read_text()), "it is in the others' way"


@pytest.mark.parametrize("kind", ["", "beside = true"])
def test_never_two_of_a_kind(tmp_path, monkeypatch, capsys, kind):
    alone = "[ ! -e busy ] && touch busy && sleep 0.2 && rm busy && echo ok 1 alone"
    assert _main(tmp_path, monkeypatch, [(alone, kind)] * 3) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "3 passed, 0 failed, 0 skipped"


def test_an_end_from_outside_takes_all_of_them_along(tmp_path, monkeypatch):
    def told(*_):
        raise SystemExit(143)

    before = signal.signal(signal.SIGALRM, told)
    signal.alarm(1)
    try:
        with pytest.raises(SystemExit):
            _main(tmp_path, monkeypatch, [("echo $$ > pid0; exec sleep 60", ""),
                                          ("echo $$ > pid1; exec sleep 60", "beside = true")])
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
    for i in range(2):
        with pytest.raises(ProcessLookupError):
            os.kill(int((tmp_path / f"pid{i}").read_text()), 0)
