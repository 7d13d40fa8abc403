# SPDX-License-Identifier: GPL-2.0-or-later
"""The robot's state machine as a graph: its promises, tables that break them, and what is made from it."""
import pathlib
import re
import subprocess
import sys

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "scripts"))
import state_machine  # noqa: E402 pylint: disable=wrong-import-position


@pytest.fixture(name="rows")
def shipped():
    return state_machine.load()


def find(rows, was, event):
    return next(row for row in rows if row["from"] == was and row["event"] == event)


def test_the_shipped_table_keeps_its_promises(rows):
    assert len(rows) == 105 and len(state_machine.states(rows)) == 12
    state_machine.check(rows)


def test_the_page_and_the_model_are_those_of_the_table(rows):
    """state_machine.py write makes them anew."""
    assert state_machine.PAGE.read_text() == state_machine.page(rows)
    assert state_machine.MODEL.read_text() == state_machine.model(rows)


def test_every_row_is_in_the_page_and_in_the_model(rows):
    page, model = state_machine.page(rows), state_machine.model(rows)
    assert page.count("\n| `") == len(rows) and model.count("\t:: state ==") == len(rows)


def test_the_drawing_has_the_states_that_the_daemon_reaches(rows):
    """Events behind OHTD_EVENT_START of the enum are in the table, and nothing raises them."""
    room = TOP / "userspace/ohtd/robot"
    behind = (room / "states.h").read_text().partition("OHTD_EVENT_START = OHTD_EVENTS_AVAILABLE,")[2].partition("OHTD_EVENTS,")[0]
    words = dict(re.findall(r'\[OHTD_EVENT_(\w+)\]\s*= "(\w+)"', (room / "states.c").read_text()))
    never = {words[name] for name in re.findall(r"OHTD_EVENT_(\w+),", behind)}
    assert "config_command" in never
    ways = re.findall(r"^    (\w+) --> (\w+) : (.*)$", state_machine.drawing(rows), re.MULTILINE)
    drawn = {state for was, now, _ in ways for state in (was, now)}
    assert drawn == state_machine.reached(rows, ["boot"], without=lambda row: row["event"] in never)
    assert not never & {event for *_, events in ways for event in events.split(", ")}


# Each breaks one promise: where, what is changed, what is said.
BROKEN = [
    ("estop", "estop_reset", {"to": "estop"}, "does not reach safe without a restart"),
    ("idle", "estop_triggered", {"guard": "safety_ok"}, "'idle' is not stopped by every estop_triggered"),
    ("config", "estop_triggered", {"to": "fault"}, "'config' is not stopped by every estop_triggered"),
    ("move", "estop_triggered", {"event": "obstacle_near"}, "'move' is not stopped by every estop_triggered"),
    ("paused", "stop_command", {"guard": "standstill"}, "'paused' does not take every stop_command"),
    ("shutdown", "start", {"to": "idle"}, "without enable"),
    ("fault", "fault_cleared", {"to": "idle"}, "without enable"),
    ("estop", "estop_reset", {"to": "idle"}, "without enable"),
    ("init", "init_complete", {"guard": "required_modules_online && no_fault && !estop_latched && !unclean_restart"},
     "without enable"),
    ("init", "init_complete", {"guard": "auto_enable || !unclean_restart || !estop_latched"}, "without enable"),
    ("init", "init_complete", {"guard": "auto_enable && !estop_latched"}, "without enable"),
    ("safe", "safe_reset", {"guard": "no_fault && communication_ok && sensors_ok && !estop_latched"}, "do not ask for 'safety_ok'"),
    ("init", "init_complete", {"guard": "no_fault && safety_ok && communication_ok && !estop_latched && !unclean_restart && auto_enable"},
     "do not ask for 'sensors_ok'"),
    ("safe", "safe_reset", {"action": "zero speed to drive"}, "no 'outputs on'"),
    ("idle", "stop_command", {"action": "outputs on"}, "'outputs on' where no enable leads"),
    ("idle", "disable_command", {"action": "accept"}, "no 'outputs off'"),
    ("blocked", "shutdown", {"action": "flush records"}, "no 'outputs off'"),
    ("idle", "estop_triggered", {"action": "outputs off; latch"}, "the latch is not first"),
    ("estop", "stop_command", {"to": "fault"}, "a way out of estop"),
    ("estop", "fault_cleared", {"action": "clear latch"}, "cleared by the reset and by nothing else"),
    ("estop", "estop_reset", {"action": "outputs stay off"}, "cleared by the reset and by nothing else"),
    ("move", "stop_command", {"action": "abort command"}, "no controlled stop"),
    ("dock", "timeout", {"action": "fail command"}, "no controlled stop"),
    ("move", "target_reached", {"guard": "position_error_in_tolerance"}, "no controlled stop"),
    ("move", "fault_detected", {"action": "outputs off; controlled stop when drive answers"}, "the outputs go off before"),
    ("move", "shutdown", {"action": "outputs off; controlled stop"}, "the outputs go off before"),
    ("blocked", "obstacle_cleared", {"guard": "way_clear"}, "motion begins by itself"),
    ("idle", "config_command", {"guard": "safety_ok"}, "config is entered while moving"),
]


@pytest.mark.parametrize("was, event, change, said", BROKEN, ids=[f"{row[0]}-{row[1]}-{number}" for number, row in enumerate(BROKEN)])
def test_a_broken_table_is_noticed(rows, was, event, change, said):
    find(rows, was, event).update(change)
    with pytest.raises(state_machine.TableError) as error:
        state_machine.check(rows)
    assert said in str(error.value)


@pytest.mark.parametrize("state", ["boot", "init", "idle", "move", "paused", "blocked", "dock", "config", "fault", "estop", "safe", "shutdown"])
def test_no_state_can_do_without_its_stop(rows, state):
    left = [row for row in rows if (row["from"], row["event"]) != (state, "estop_triggered")]
    with pytest.raises(state_machine.TableError):
        state_machine.check(left)


def test_what_the_model_cannot_keep_is_refused(rows):
    """A wait keeps only 'outputs off' in the model: more would be left out unseen."""
    find(rows, "move", "stop_command")["action"] = "controlled stop; latch"
    with pytest.raises(state_machine.TableError, match="cannot keep 'latch'"):
        state_machine.model(rows)


@pytest.mark.parametrize("guard, said", [
    ("always", "true"),
    ("standstill", "!DRIVEN"),
    ("!estop_latched", "!(seen_latched)"),
    ("safety_ok", "!seen_latched"),
    ("!safety_ok", "true"),
    ("no_fault && estop_latched", "(true && seen_latched)"),
    ("!(no_fault && estop_latched)", "(true || !(seen_latched))"),
    ("distance < slow_zone && standstill", "(true && !DRIVEN)"),
    ("(unclean_restart || !auto_enable)", "(unclean_restart || !(auto_enable))"),
])
def test_guards_in_the_model_are_true_wherever_they_may_be(guard, said):
    assert state_machine.Guard(guard).either() == said


def test_the_page_has_words_for_every_state(rows):
    texts = (TOP / "userspace/web/src/texts.ts").read_text()
    tones = (TOP / "userspace/web/src/shell/robot.ts").read_text()
    words, means = (re.search(rf"^\t{name}: {{\n(.*?)^\t}}", texts, re.MULTILINE | re.DOTALL)[1] for name in ("state", "stateMeans"))
    for state in state_machine.states(rows):
        assert f'\t\t{state}: "' in words and f'\t\t{state}: "' in means, state
        assert re.search(rf'^\t{state}: "', tones, re.MULTILINE), state


def test_the_program_says_what_is_broken(tmp_path):
    table = tmp_path / "state_machine.csv"
    text = state_machine.TABLE.read_text()
    assert "\nsafe,estop_triggered," in text
    table.write_text(text.replace("\nsafe,estop_triggered,estop,always", "\nsafe,estop_triggered,estop,no_fault"))
    command = [sys.executable, str(TOP / "scripts/state_machine.py"), "check"]
    assert subprocess.run(command, check=False).returncode == 0
    done = subprocess.run([*command, str(table)], capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "'safe' is not stopped by every estop_triggered" in done.stderr
