# SPDX-License-Identifier: GPL-2.0-or-later
"""The runner of `make test`: what it refuses, what it ends, what it keeps."""
import fnmatch
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import time

import pytest

from oht_test.wait import until
from suites import kept, stamp, table
from suites.counts import Counts
from suites.schedule import PLACES

TOP = pathlib.Path(__file__).resolve().parents[2]

class Project:
    """A small project of the test's own, with the real runner."""

    def __init__(self, folder):
        self.folder = folder
        shutil.copytree(TOP / "scripts/suites", folder / "scripts/suites", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(TOP / "scripts/test", folder / "scripts/test")
        (folder / "tests").mkdir()
        (folder / "logs").mkdir()
        (folder / "scripts/packages.txt").write_text("[native]\npython3\n")
        (folder / "one.txt").write_text("1\n")
        (folder / "two.txt").write_text("2\n")
        (folder / ".gitignore").write_text("logs/\nbuild/\n__pycache__/\n/tests/\n")
        self.git("init", "-q")
        self.commit()
        self.rows = []

    def git(self, *arguments):
        subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@t", "-C", self.folder, *arguments], check=True,
                       capture_output=True)

    def commit(self):
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", "x")

    def suite(self, name, script, **more):
        """Add a suite that is a shell script."""
        row = {"name": name, "tiers": ["test"], "inputs": ["one.txt"], "timeout_s": 20, "command": ["sh", "-c", script], **more}
        self.rows.append("[[suite]]\n" + "".join(f"{k} = {json.dumps(v)}\n" for k, v in row.items()))

    def step(self, name, script, **more):
        """Add a step that is a shell script."""
        row = {"name": name, "command": ["sh", "-c", script], **more}
        self.rows.append("[[step]]\n" + "".join(f"{k} = {json.dumps(v)}\n" for k, v in row.items()))

    def start(self, *arguments, **environment):
        (self.folder / "tests/suites.toml").write_text("\n".join(self.rows))
        clean = {k: v for k, v in os.environ.items() if not k.startswith("OHT_")} | {"XDG_CACHE_HOME": str(self.folder / "logs/cache")}
        return subprocess.Popen([self.folder / "scripts/test", *arguments], cwd=self.folder, text=True, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, env={**clean, **environment}, start_new_session=True)

    def run(self, *arguments, **environment):
        """(exit code, what it printed)"""
        with self.start(*arguments, **environment) as child:
            said = child.stdout.read()
        return child.returncode, said

    def ran(self, name):
        """How often that suite has run: its script appends to a file of its name."""
        path = self.folder / "logs" / name
        return len(path.read_text().splitlines()) if path.exists() else 0


GOOD = "echo run >>logs/{0}; echo 1..1; echo ok 1 - {0}"


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


def alive(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def last(said):
    return said.splitlines()[-1]


# ---- good results, and what is kept of them ----

def test_last_line_is_the_sum(project):
    project.suite("a", "echo 1..2; echo ok 1 - x; echo ok 2 - y")
    project.suite("b", GOOD.format("b"))
    code, said = project.run()
    assert code == 0 and last(said) == "3 passed, 0 failed, 0 skipped"


def test_a_result_is_kept_until_an_input_changes(project):
    project.suite("a", GOOD.format("a"))
    project.suite("b", GOOD.format("b"), inputs=["two.txt"])
    assert project.run()[0] == 0
    code, said = project.run()
    assert code == 0 and (project.ran("a"), project.ran("b")) == (1, 1)
    assert said.count("kept from") == 2 and last(said) == "2 passed, 0 failed, 0 skipped"
    (project.folder / "two.txt").write_text("3\n")
    code, said = project.run()
    assert code == 0 and (project.ran("a"), project.ran("b")) == (1, 2)
    assert said.count("kept from") == 1


def test_a_kept_result_names_its_commit(project):
    project.suite("a", GOOD.format("a"))
    project.run()
    commit = kept.commit(project.folder)
    (project.folder / "two.txt").write_text("3\n")
    project.commit()
    assert f"kept from {commit}" in project.run()[1] and kept.commit(project.folder) != commit


@pytest.mark.parametrize("change", ["row", "environment", "new file", "mode", "package"])
def test_anything_else_that_changes_runs_it_again(project, change):
    project.suite("a", GOOD.format("a"), inputs=["one.txt", "new/*"])
    assert project.run()[0] == 0
    environment = {}
    if change == "row":
        project.rows[0] = project.rows[0].replace("timeout_s = 20", "timeout_s = 21")
    elif change == "environment":
        environment = {"OHT_SOMETHING": "1"}
    elif change == "new file":
        (project.folder / "new").mkdir()
        (project.folder / "new/file").write_text("x")
    elif change == "mode":
        (project.folder / "one.txt").chmod(0o755)
    else:
        (project.folder / "scripts/packages.txt").write_text("[native]\npython3\ngit\n")
    assert project.run(**environment)[0] == 0 and project.ran("a") == 2


@pytest.mark.parametrize("environment", [{"OHT_CLEAN": "1"}, {"OHT_SEED": "7"}])
def test_clean_and_a_seed_of_the_caller_keep_nothing(project, environment):
    project.suite("a", GOOD.format("a"))
    project.run()
    _, said = project.run(**environment)
    assert project.ran("a") == 2 and "kept" not in said


def test_a_suite_asked_for_by_name_is_run(project):
    project.suite("a", GOOD.format("a"))
    project.run()
    project.run("a")
    assert project.ran("a") == 2


def test_changed_runs_only_what_has_changed(project):
    project.suite("a", GOOD.format("a"))
    project.suite("b", GOOD.format("b"), inputs=["two.txt"])
    project.run()
    (project.folder / "two.txt").write_text("3\n")
    code, said = project.run("--changed")
    assert code == 0 and (project.ran("a"), project.ran("b")) == (1, 2)
    assert "1 suites are as in their last green state" in said and last(said) == "1 passed, 0 failed, 0 skipped"


def test_a_failure_is_not_kept_and_ends_an_older_good_result(project):
    project.suite("a", "echo run >>logs/a; echo 1..1; [ ! -e bad ] && echo ok 1 - a || echo not ok 1 - a")
    project.run()
    (project.folder / "bad").touch()
    assert project.run("a")[0] == 1
    assert project.run()[0] == 1 and project.ran("a") == 3


def test_an_input_that_changes_meanwhile_is_not_kept(project):
    project.suite("a", GOOD.format("a") + "; echo more >>one.txt")
    assert project.run()[0] == 0
    project.run()
    assert project.ran("a") == 2


def test_the_seed_is_said_and_passed_on(project):
    project.suite("a", 'echo 1..1; echo "ok 1 - seed $OHT_SEED"; echo "$OHT_SEED" >>logs/seed')
    _, said = project.run()
    assert f"OHT_SEED={(project.folder / 'logs/seed').read_text().strip()}\n" in said


def test_a_tier_has_the_suites_that_name_it(project):
    project.suite("short", GOOD.format("short"))
    project.suite("long", GOOD.format("long"), tiers=["all"])
    assert "short ..." in project.run()[1]
    _, said = project.run("--tier", "all")
    assert "long ..." in said and "short ..." not in said
    assert "long ..." in project.run("long")[1], "asked for by name"


def test_the_gate_has_a_seed_of_its_own(project):
    project.suite("a", GOOD.format("a"), tiers=["test", "all"])
    project.rows.insert(0, "[gate]\nseed = 77\n")
    assert "OHT_SEED=77\n" in project.run()[1]
    assert "OHT_SEED=5\n" in project.run(OHT_SEED="5")[1]
    assert "OHT_SEED=77\n" not in project.run("--tier", "all")[1]


# ---- refusals ----

@pytest.mark.parametrize("row, word", [
    ('tiers = ["often"]', "no tier 'often'"), ("tiers = []", "no tier 'none'"), ('lane = "left"', "no lane 'left'"), ('counts = "toes"', "'toes'"),
    ('needs = ["nothing"]', "no step 'nothing'"), ("inputs = []", "no inputs"), ('colour = "red"', "unknown colour")])
def test_a_table_that_is_wrong_is_refused(project, row, word):
    key = row.split()[0]
    project.suite("a", "true")
    kept_rows = "".join(line + "\n" for line in project.rows[0].splitlines() if not line.startswith(f"{key} "))
    project.rows[0] = kept_rows + row + "\n"
    code, said = project.run()
    assert code == 2 and word in said and "Traceback" not in said and len(said.splitlines()) == 1


def test_a_suite_without_a_time_out_is_refused(project):
    project.suite("a", "true")
    project.rows[0] = project.rows[0].replace("timeout_s = 20\n", "")
    code, said = project.run()
    assert code == 2 and "timeout_s" in said and "Traceback" not in said


def test_an_unknown_suite_is_refused(project):
    project.suite("a", "true")
    code, said = project.run("b")
    assert code == 2 and "no suite b" in said


@pytest.mark.parametrize("script, why", [
    ("true", "no test ran"),
    ("echo 1..2; echo ok 1 - a", "plan"),
    ("echo ok 1 - a", "plan"),
    ("echo 1..1; echo ok 1 - a; exit 9", "ended with 9"),
    ("echo 1..1; echo ok 1 - a; kill -9 $$", "ended with -9"),
    ("echo 1..1; echo ok 1 - a; echo 'Bail out! no device'", "no device"),
    ("echo 1..1; echo not ok 1 - a", "a"),
    ("echo 1..1; echo 'ok 1 - a # SKIP no chip'", "unexpected skip: a: no chip"),
    ("echo 1..1; echo ok 1 - a; setsid sleep 60 & sleep 0.2", "left running, and killed: sleep"),
    ("echo begun; exec sleep 60", "not done within 1 s; it last printed: begun"),
    ("trap '' TERM; echo begun; (trap '' TERM; sleep 61); sleep 60", "not done within 1 s")])
def test_a_suite_that_does_not_do_its_work_fails(project, script, why):
    for limit_s in (1, 4, 16) if "not done" in why else (20,):
        project.rows.clear()
        project.suite("a", f"echo $$ >logs/pid; {script}", timeout_s=limit_s)
        code, said = project.run()
        # On a late host it may not have begun by then.
        if "not done" not in why or "begun" in (project.folder / "build/test/a.log").read_text():
            break
    assert code == 1 and why.replace("1 s", f"{limit_s} s") in said, said
    assert "1 failed" in last(said) or "1 skipped" in last(said)
    assert not alive(int((project.folder / "logs/pid").read_text()))


def test_what_failed_is_said_again_at_the_end(project):
    project.suite("a", "echo 1..2; echo not ok 1 - x; echo ok 2 - y")
    project.suite("b", "sleep 0.5; echo 1..2; echo ok 1 - x; echo 'ok 2 - y # SKIP no chip'")
    _, said = project.run()
    assert sorted(line.partition(":")[0] for line in said.splitlines()[-4:-2]) == ["a", "b"], said
    assert "a: failed: x" in said and "b: unexpected skip: y: no chip" in said


def test_a_step_that_fails_fails_what_needs_it_and_nothing_else(project):
    project.step("kernel", "echo building; echo 'fetch-kernels: cannot download'; exit 1")
    project.suite("a", GOOD.format("a"), needs=["kernel"])
    project.suite("b", GOOD.format("b"))
    code, said = project.run()
    assert code == 1 and project.ran("a") == 0 and project.ran("b") == 1
    assert "build: kernel failed: fetch-kernels: cannot download" in said
    assert "a: not run, since the step 'kernel' failed" in said and last(said) == "1 passed, 2 failed, 0 skipped"


def test_only_steps_that_are_needed_are_built_and_first(project):
    project.step("one", "touch logs/one")
    project.step("two", "[ -e logs/one ] && touch logs/two", needs=["one"])
    project.step("three", "touch logs/three")
    project.suite("a", "[ -e logs/two ] && echo 1..1 && echo ok 1 - built", needs=["two"])
    code, _ = project.run()
    assert code == 0 and not (project.folder / "logs/three").exists()


# ---- two places ----

def meet(mine, other):
    return (f"touch logs/{mine}; for i in $(seq 100); do [ -e logs/{other} ] && break; sleep 0.1; done; "
            f"echo 1..1; [ -e logs/{other} ] && echo ok 1 - {mine} met {other}")


def test_nothing_runs_beside_what_wants_quiet(project):
    alone = "echo 1..1; mkdir logs/busy && sleep 0.2 && rmdir logs/busy && echo ok 1 - {0}"
    for name in "abc":
        project.suite(name, alone.format(name), lane="quiet")
    for name in "de":
        project.suite(name, alone.format(name).replace("logs/busy", f"logs/busy_{name}") + "; ls logs | grep -q busy$ && echo not ok 2 - beside; true")
    code, said = project.run()
    assert code == 0 and last(said) == "5 passed, 0 failed, 0 skipped"


def test_both_places_take_what_does_not_mind(project):
    project.suite("a", meet("a", "b"))
    project.suite("b", meet("b", "a"))
    assert project.run()[0] == 0


# ---- an end from outside ----

@pytest.mark.parametrize("number, times", [(signal.SIGINT, 1), (signal.SIGINT, 2), (signal.SIGTERM, 1), (signal.SIGTERM, 2), (signal.SIGHUP, 1)])
def test_an_end_from_outside_ends_everything(project, number, times):
    for name in "ab":
        project.suite(name, "echo $$ >>logs/pids; setsid sh -c 'echo $$ >>logs/pids; exec sleep 60' & exec sleep 60")
    with project.start() as child:
        pids = project.folder / "logs/pids"
        deadline = time.monotonic() + 60
        while not pids.exists() or len(pids.read_text().split()) < 4:
            assert time.monotonic() < deadline, "they do not begin"
            time.sleep(0.05)
        for _ in range(times):
            os.kill(child.pid, number)
        said = child.stdout.read()
    assert child.returncode == 128 + number and "Traceback" not in said
    assert not [pid for pid in pids.read_text().split() if alive(int(pid))]


def test_an_end_without_a_word_ends_the_commands(project):
    project.suite("a", "echo $$ >logs/pid; exec sleep 60")
    with project.start() as child:
        pid = project.folder / "logs/pid"
        until(lambda: pid.exists() and pid.read_text(), what="a suite that runs")
        child.kill()
    until(lambda: not alive(int(pid.read_text())), what="an end of the suite")


# ---- nightly ----

def night(project, *arguments, **environment):
    return project.run("--tier", "nightly", *arguments, **environment)


def test_a_night_goes_on_where_it_stopped(project):
    project.suite("a", GOOD.format("a"), tiers=["nightly"])
    project.suite("b", "echo run >>logs/b; echo 1..1; [ -e logs/mended ] && echo ok 1 - b || echo not ok 1 - b", tiers=["nightly"])
    assert night(project)[0] == 1
    (project.folder / "logs/mended").touch()
    code, said = night(project)
    assert code == 0 and (project.ran("a"), project.ran("b")) == (1, 2), said
    assert night(project, OHT_CLEAN="1")[0] == 0 and project.ran("a") == 2
    ledger = [json.loads(line) for line in (project.folder / "build/nightly/ledger.jsonl").read_text().splitlines()]
    assert [row["suite"] for row in ledger] == ["a", "b", "b", "a", "b"] and all(row["seed"] for row in ledger)


def test_another_commit_is_another_night(project):
    project.suite("a", GOOD.format("a"), tiers=["nightly"])
    night(project)
    (project.folder / "two.txt").write_text("3\n")
    project.commit()
    night(project)
    assert project.ran("a") == 2


def test_a_night_that_is_over_says_what_is_left(project):
    project.suite("a", GOOD.format("a"), tiers=["nightly"])
    project.suite("b", GOOD.format("b"), tiers=["nightly"], timeout_s=3600)
    code, said = night(project, OHT_NIGHT_S="100")
    assert code == 1 and project.ran("b") == 0 and "b" in said and "the night is over" in said


# ---- the gate: its deadline, and the record of green runs ----

def test_a_deadline_ends_everything_and_names_it(project):
    project.suite("a", "echo $$ >>logs/pids; exec sleep 60", lane="quiet")
    project.suite("b", GOOD.format("b"))
    project.suite("c", GOOD.format("c"), lane="quiet")
    for limit_s in (1, 4, 16):
        code, said = project.run(OHT_DEADLINE_S=str(limit_s), OHT_CLEAN="1")
        # On a late host it may not have begun by then.
        if (project.folder / "logs/pids").exists():
            break
    assert code == 1 and re.search(r"running: a \d+ s", said) and "not run: c" in said
    assert last(said) == "1 passed, 2 failed, 0 skipped"
    assert not alive(int((project.folder / "logs/pids").read_text()))


def green(project):
    path = project.folder / "logs/cache/oht/green"
    return [line.split() for line in path.read_text().splitlines()] if path.exists() else []


def test_a_green_run_of_what_is_committed_is_recorded(project):
    project.suite("a", GOOD.format("a"))
    assert project.run()[0] == 0
    head = subprocess.run(["git", "-C", project.folder, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()
    assert [(line[0], line[3]) for line in green(project)] == [(head, "1/0/0")]
    project.run("a")
    project.run("--tier", "all")
    (project.folder / "one.txt").write_text("changed\n")
    project.run()
    assert len(green(project)) == 1, "only a whole gate on a clean tree"


def test_a_red_run_is_not_recorded(project):
    project.suite("a", "echo 1..1; echo not ok 1 - a")
    assert project.run()[0] == 1 and not green(project)


def test_a_tree_that_changes_meanwhile_is_not_recorded(project):
    project.suite("a", "echo 2 >one.txt; echo 1..1; echo ok 1 - a")
    assert project.run()[0] == 0 and not green(project)


def test_the_record_keeps_the_last_twenty(tmp_path):
    for number in range(25):
        stamp.append(f"{number}", 1, Counts(), tmp_path / "green")
    lines = (tmp_path / "green").read_text().splitlines()
    assert [line.split()[0] for line in lines] == [str(number) for number in range(5, 25)]


def test_a_suite_of_pytest_compiles_its_tests_once_and_not_beside_them(project):
    (project.folder / "cases").mkdir()
    (project.folder / "cases/test_cases.py").write_text("def test_one():\n    assert True\n")
    project.rows.append('[[suite]]\nname = "a"\ntiers = ["test"]\ninputs = ["one.txt"]\ntimeout_s = 20\npytest = ["cases"]\n')
    code, said = project.run(PYTHONDONTWRITEBYTECODE="1")
    compiled = [path.relative_to(project.folder) for path in project.folder.rglob("test_cases.*.pyc")]
    assert code == 0 and len(compiled) == 1 and compiled[0].parts[:3] == ("build", "test", "pycache"), (said, compiled)
    (project.folder / "cases/test_cases.py").write_text("def test_one():\n    assert False\n")
    assert project.run(OHT_CLEAN="1")[0] == 1, "what is compiled is older than its source"


# ---- budgets, and the one case that may be run once more ----

def test_what_is_over_its_budget_is_named_with_its_slowest_tests(project):
    project.step("kernel", "sleep 1.1", budget_s=1)
    report = "".join(f'<testcase classname="t" name="case{n}" time="{n}"/>' for n in range(7))
    project.suite("a", f"echo '<testsuite tests=\"7\">{report}</testsuite>' >logs/report; sleep 1.1", counts="junit", report="logs/report",
                  budget_s=1, needs=["kernel"])
    project.suite("b", GOOD.format("b"), budget_s=20)
    code, said = project.run()
    over = re.search(r"over budget: kernel: \d+ s of 1 s.*", said, re.DOTALL)[0]
    assert code == 0 and re.search(r"over budget: a: \d+ s of 1 s\n    6.0 s t.case6\n", over)
    assert "t.case2" in over and "t.case1" not in over and "over budget: b" not in said


CASES = """import os, pathlib
def once(name):
    path = pathlib.Path("logs/" + name)
    seen = path.exists()
    path.touch()
    return seen or os.environ.get("STEADY") == "1"
def test_one(): assert once("one")
def test_two(): assert os.environ.get("TWO") != "always"
def test_three(): assert os.environ.get("TWO") != "once" or once("three")
"""


@pytest.mark.parametrize("environment, unsteady, counted", [
    ({"STEADY": "1"}, False, "3 passed, 0 failed, 0 skipped"),
    ({}, True, "3 passed, 0 failed, 0 skipped"),
    ({"STEADY": "1", "TWO": "always"}, False, "2 passed, 1 failed, 0 skipped"),
    ({"TWO": "once"}, False, "1 passed, 2 failed, 0 skipped")])
def test_one_case_that_fails_is_run_once_more_and_two_are_not(project, environment, unsteady, counted):
    (project.folder / "cases").mkdir()
    (project.folder / "cases/test_cases.py").write_text(CASES)
    project.rows.append('[[suite]]\nname = "a"\ntiers = ["test", "all"]\nunsteady = true\ninputs = ["one.txt"]\ntimeout_s = 20\npytest = ["cases"]\n')
    code, said = project.run(**environment)
    assert last(said) == counted and (code == 0) == counted.startswith("3") and ("unsteady: cases.test_cases.test_one" in said) == unsteady, said
    if unsteady:
        assert said.index("the end of build/test/a.log") < said.index("the end of build/test/a.again.log")
        ledger = (project.folder / "build/test/ledger.jsonl").read_text().splitlines()
        assert json.loads(ledger[-1])["unsteady"]
        assert "kept from" not in project.run(**environment)[1], "it is not kept"


def test_nothing_is_run_once_more_outside_of_the_gate(project):
    (project.folder / "cases").mkdir()
    (project.folder / "cases/test_cases.py").write_text(CASES)
    project.rows.append('[[suite]]\nname = "a"\ntiers = ["all"]\nunsteady = true\ninputs = ["one.txt"]\ntimeout_s = 20\npytest = ["cases"]\n')
    assert last(project.run("--tier", "all")[1]) == "2 passed, 1 failed, 0 skipped"


# ---- the real table ----

@pytest.fixture(scope="module")
def real():
    return table.load()


def test_every_pattern_of_the_table_matches_a_file(real):
    files = subprocess.run(["git", "-C", TOP, "ls-files", "-co", "--exclude-standard"], check=True, capture_output=True,
                           text=True).stdout.split()
    patterns = {p for suite in real.suites for p in real.patterns(suite)} | {p for ps in real.inputs.values() for p in ps}
    assert not [p for p in sorted(patterns) if not fnmatch.filter(files, p)]


def test_the_budgets_of_the_gate_stay_below_850_seconds(real):
    suites = table.of_tier(real, table.GATE)
    jobs = [*real.steps_for(suites), *suites]
    # A limit ends what hangs; what is only slow, on a machine that others use too, is to pass.
    assert not [job.name for job in jobs if not 0 < job.budget_s <= job.timeout_s <= 1500]
    alone_s = sum(job.budget_s for job in jobs if job.name == "packages" or getattr(job, "lane", "any") == "quiet")
    assert alone_s + (sum(job.budget_s for job in jobs) - alone_s) / PLACES <= 850


def test_slices_of_a_night_end_within_an_hour(real):
    assert all(suite.timeout_s <= 3600 for suite in real.suites if "nightly" in suite.tiers)


def test_every_source_is_an_input_of_a_suite_beside_style(real):
    digests = kept.Digests(real, TOP)
    covered = {name for suite in real.suites if suite.inputs != ["*"] for name in digests.files(suite)}
    tracked = subprocess.run(["git", "-C", TOP, "ls-files", "kernel", "include", "userspace", "scripts", "tests", "dts"],
                             check=True, capture_output=True, text=True).stdout.split()
    # Only packages, mutants and the style depend on these, and their inputs are all files.
    elsewhere = ("tests/packages/", "tests/mutants/", "tests/bench/")
    assert not [name for name in tracked if name not in covered and not name.startswith(elsewhere)]
