# SPDX-License-Identifier: GPL-2.0-or-later
"""The reader and the writer of TAP: an output that is not whole must not look good."""
import io

import pytest

from suites import tap

WHOLE = """\
# a comment
ok 1 - first
# value x.y 3
not ok 2 - second
# got 1, want 2
ok 3 - third # SKIP no such device
1..3
"""

KTAP = """\
KTAP version 1
1..2
    KTAP version 1
    # Subtest: oht_frame
    # module: oht_frame_kunit
    1..3
    ok 1 crc
        KTAP version 1
        # Subtest: build
        ok 1 fc03
        ok 2 fc16
    # build: pass:2 fail:0 skip:0 total:2
    ok 2 build
    ok 3 parse # SKIP no such thing
# oht_frame: pass:2 fail:0 skip:1 total:3
ok 1 oht_frame
    KTAP version 1
    # Subtest: oht_timing
    1..1
    not ok 1 gap
not ok 2 oht_timing
"""


def names(rows):
    return [name for name, _ in rows]


def problem(text):
    """The one problem of an output."""
    report = tap.parse(text)
    assert len(report.problems) == 1, report.problems
    assert not report.good
    return report.problems[0]


def test_a_whole_output():
    report = tap.parse(WHOLE)
    assert names(report.passed) == ["first"] and names(report.failed) == ["second"]
    assert report.skipped == [("third", "no such device")]
    assert report.plan == 3 and not report.problems and not report.good and report.total() == 3


def test_a_plan_may_be_first():
    report = tap.parse("TAP version 13\n1..2\nok 1 - a\nok 2 - b\n")
    assert report.good and report.plan == 2 and names(report.passed) == ["a", "b"]


def test_an_output_cut_off_has_no_plan():
    for end in range(len(WHOLE) - 5):
        assert tap.parse(WHOLE[:end]).problems, WHOLE[:end]


def test_silence_is_no_plan():
    assert problem("") == "no plan after 0 results"


def test_a_program_that_ends_early_does_not_keep_its_plan():
    assert problem("1..3\nok 1 - a\nok 2 - b\n") == "plan 1..3, but 2 results"


def test_more_results_than_planned():
    assert problem("1..1\nok 1 - a\nok 2 - b\n") == "plan 1..1, but 2 results"


def test_a_result_after_the_plan_at_the_end():
    assert "a result after the end: ok 2 - b" in tap.parse("ok 1 - a\n1..1\nok 2 - b\n").problems


@pytest.mark.parametrize("second", ["1..2", "1..3"])
def test_two_plans(second):
    assert problem(f"1..2\nok 1 - a\nok 2 - b\n{second}\n") == f"a second plan, {second}, after 1..2"


@pytest.mark.parametrize("text, said", [
    ("ok 1 - a\nok 3 - b\n1..2\n", "result 3 where 2 was due: ok 3 - b"),
    ("ok 1 - a\nok 1 - a\n1..2\n", "result 1 where 2 was due: ok 1 - a"),
    ("ok - a\n1..1\n", "a result without a number: ok - a"),
    ("not ok\n1..1\n", "a result without a number: not ok")])
def test_numbers_out_of_order(text, said):
    assert problem(text) == said


def test_bail_out_is_a_problem_even_with_its_plan_kept():
    assert problem("1..1\nok 1 - a\nBail out! no /dev/oht0\n") == "Bail out! no /dev/oht0"


def test_todo_excuses_nothing():
    report = tap.parse("1..2\nnot ok 1 - a # TODO later\nnot ok 2 - b # SKIP broken\n")
    assert report.failed == [("a", "later"), ("b", "broken")] and not report.skipped


def test_all_skipped():
    report = tap.parse("1..0 # SKIP no port\n")
    assert report.skipped == [("all", "no port")] and report.good


def test_words_that_begin_like_a_result_are_none():
    assert tap.parse("okay 1\nnot okay\n# ok 1 - in a comment\nok 1 - a\n1..1\n").total() == 1


def test_only_the_innermost_tests_count():
    report = tap.parse(KTAP)
    assert names(report.passed) == ["crc", "fc03", "fc16"]
    assert names(report.failed) == ["gap"] and report.skipped == [("parse", "no such thing")]
    assert report.plan == 2 and not report.problems


def test_the_log_of_a_kernel():
    log = "".join(f"[   {i}.000123]{'[   T42]' if i % 2 else ''} {line}\n" for i, line in enumerate(KTAP.splitlines()))
    plain, stamped = tap.parse(KTAP), tap.parse(log)
    assert (stamped.passed, stamped.failed, stamped.problems) == (plain.passed, plain.failed, [])


def test_a_nested_plan_must_be_kept():
    assert problem(KTAP.replace("1..3", "1..4")) == "subtests at 4 spaces: plan 1..4, but 3 results"


def test_subtests_must_have_a_result_of_their_own():
    assert "ended within subtests" in tap.parse("1..1\n    1..1\n    ok 1 a\n").problems
    assert "subtests without a result of their own" in tap.parse("    1..1\n    ok 1 a\n1..0\n").problems


@pytest.mark.parametrize("lines", range(1, len(KTAP.splitlines())))
def test_a_nested_output_cut_off(lines):
    assert tap.parse("\n".join(KTAP.splitlines()[:lines])).problems


def test_a_sum_that_contradicts_its_subtests():
    assert problem(KTAP.replace("not ok 2 oht_timing", "ok 2 oht_timing")) == \
        "oht_timing is ok, although a subtest of it failed"
    # KUnit: what is made before all tests of a suite did not work.
    report = tap.parse("1..1\n    1..1\n    ok 1 a\nnot ok 1 suite\n")
    assert report.failed == [("suite", "no subtest of it failed")]


def written(action):
    """What a writer prints, read again, and its exit code."""
    out = io.StringIO()
    writer = tap.Writer(out)
    action(writer)
    code = writer.end()
    return tap.parse(out.getvalue()), code, out.getvalue()


def test_the_writer_writes_what_the_reader_reads():
    def three(writer):
        assert writer.test("a", True, "unseen")
        assert not writer.test("two\nlines #SKIP", False, "got 1\nwant 2")
        writer.skip("c", "no device")

    report, code, text = written(three)
    assert code == 1 and not report.problems
    assert names(report.passed) == ["a"] and names(report.failed) == ["two lines SKIP"]
    assert report.skipped == [("c", "no device")]
    assert "# got 1\n# want 2\n" in text and "unseen" not in text


def test_the_writer_of_nothing_fails():
    report, code, _ = written(lambda writer: None)
    assert code == 1 and report.plan == 0


def test_a_report_is_passed_on_with_its_comments():
    report, code, text = written(lambda writer: writer.report("stock: x", tap.parse(WHOLE)))
    assert code == 1 and not report.problems and report.plan == 3
    assert names(report.passed) == ["stock: x: first"] and names(report.failed) == ["stock: x: second"]
    assert text.index("# value x.y 3\n") < text.index("stock: x: second") < text.index("# got 1, want 2\n")


def test_a_report_that_is_not_whole_is_passed_on_as_a_failure():
    report, code, _ = written(lambda writer: writer.report("stock: x", tap.parse("1..3\nok 1 - a\n")))
    assert code == 1 and names(report.failed) == ["stock: x: plan 1..3, but 1 results"]


def test_a_report_of_nothing_is_a_failure():
    report, code, _ = written(lambda writer: writer.report("stock: x", tap.parse("1..0\n")))
    assert code == 1 and names(report.failed) == ["stock: x: no test ran"]
