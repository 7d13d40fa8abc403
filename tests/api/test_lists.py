# SPDX-License-Identifier: GPL-2.0-or-later
"""Lists of the database: what may be asked of each, over all pages, and what is refused. The rows are those of an earlier run."""
import contextlib
import sqlite3

import pytest

import test_commands
import test_journal
from daemon import begin, serving

T0_NS = 1_700_000_000 * 10**9
ALERTS = ("number", "code", "severity", "source", "unit", "text", "since_ns", "ended_ns", "times", "cut", "subject")
OURS = 100        # alerts above are the daemon's own


@pytest.fixture(scope="module", name="rows")
def _rows(tmp_path_factory, accounts):
    made = begin(tmp_path_factory.mktemp("rows"), accounts)
    with contextlib.closing(sqlite3.connect(made.state / "oht.db", isolation_level=None)) as db:
        db.executemany(f"INSERT INTO alerts ({', '.join(ALERTS)}) VALUES ({', '.join('?' * len(ALERTS))})", [
            (1, "lamp_out", "warning", "module", 2, "Dark.", T0_NS + 30, T0_NS + 40, 3, 0, "right"),
            (2, "lamp_out", "critical", "module", 3, "Dark.", T0_NS + 10, T0_NS + 90, 1, 0, "left"),
            (3, "door_open", "warning", "robot", 0, "Open.", T0_NS + 20, 0, 2, 0, ""),
            (OURS, "last", "warning", "log", 0, "Last.", T0_NS + 99, T0_NS + 99, 9, 0, "")])
        db.execute("UPDATE users SET disabled = 1 WHERE name = 'supervisor'")
    for number in range(1, 4):
        test_commands.add(made, number, caller_id=f"order-{number}")
    test_commands.add(made, 4, "running", user="anna")
    test_commands.add(made, 5, "paused", verb="jog", accepted_ns=T0_NS)
    test_journal.fill(made, [test_journal.entry(1), test_journal.entry(2), test_journal.entry(1, source=2)],
                      [("boot", 1), ("boot", 2)])
    with serving(made):
        yield made


KEYS = {"alerts/history": "number", "robot/commands": "number", "users": "username", "safety/events": "seq",
        "timeline": "number"}


def pages(daemon, path, query, limit):
    """The keys of all items, page by page."""
    found, cursor = [], ""
    while cursor is not None:
        answer = daemon.get(f"{path}?{query}&limit={limit}{cursor}", role="administrator")
        assert answer.status == 200 and len(answer.json["items"]) <= limit, answer
        found += [item[KEYS[path]] for item in answer.json["items"]]
        assert len(answer.json["items"]) == limit or answer.json["next_cursor"] is None
        cursor = f"&cursor={answer.json['next_cursor']}" if answer.json["next_cursor"] else None
    return [key for key in found if path != "alerts/history" or key < OURS]


@pytest.mark.parametrize("path, query, keys", [
    ("alerts/history", "sort=-number", [3, 2, 1]), ("alerts/history", "sort=number", [1, 2, 3]),
    ("alerts/history", "sort=since", [2, 3, 1]), ("alerts/history", "sort=-ended", [2, 1, 3]),
    ("alerts/history", "sort=times&code=lamp_out", [2, 1]), ("alerts/history", "severity=warning", [3, 1]),
    ("alerts/history", "source=module&address=3", [2]), ("alerts/history", "subject=left", [2]), ("alerts/history", "state=unknown", [3]),
    ("alerts/history", "state=ended&sort=-times", [1, 2]), ("alerts/history", "code=lamp_out&severity=emergency", []),
    ("robot/commands", "sort=-number", [5, 4, 3, 2, 1]), ("robot/commands", "sort=accepted", [5, 1, 2, 3, 4]),
    ("robot/commands", "sort=-ended", [5, 4, 3, 2, 1]), ("robot/commands", "verb=jog", [5]),
    ("robot/commands", "state=finished", [3, 2, 1]), ("robot/commands", "state=failed&sort=number", [4, 5]),
    ("robot/commands", "reason=aborted_by_restart&by=anna", [4]), ("robot/commands", "id=order-2", [2]),
    ("robot/commands", "id=order-", []), ("robot/commands", "state=running", []),
    ("alerts/history", "q=DARK", [2, 1]), ("alerts/history", "q=right", [1]), ("alerts/history", "q=module%20dark&sort=-times", [1, 2]), ("alerts/history", "q=lamp%25", []),
    ("robot/commands", "q=Aborted_By", [5, 4]), ("robot/commands", "q=order-&state=finished", [3, 2, 1]), ("robot/commands", "q=jog%20", [5]),
    ("safety/events", "q=Program&source=1", [2, 1]), ("safety/events", "q=mains", []),
    ("users", "role=operator", ["operator"]), ("users", "disabled=true", ["supervisor"]),
    ("users", "disabled=false&sort=-role", ["administrator", "operator", "viewer"]),
    ("safety/events", "source=1", [2, 1]), ("safety/events", "source=2&sort=time", [1]),
    ("safety/events", "sort=time&kind=stop", [1, 2, 1]), ("safety/events", "source=3", []),
    ("timeline", "q=DARK", [1, 2]), ("timeline", "code=lamp_out&sort=time", [2, 1]), ("timeline", "severity=critical&code=lamp_out", [2]),
    ("timeline", "kinds=command&sort=time&q=mm:%20finished", [1, 2, 3]), ("timeline", "kinds=command&who=anna", [4]),
    ("timeline", "q=a%20program%20asked", [2, 1, 1]), ("timeline", "from=2027-01-15T08:00:02Z&to=2027-01-15T08:00:03Z", [2]),
    ("timeline", "q=%C3%84", []), ("timeline", "who=J%C3%BCrgen%20%E6%9C%BA", []),
    ("timeline", "kinds=start,clock", [5]), ("timeline", "kinds=clock,setting", [1])])
def test_what_is_asked_for_over_all_pages(rows, path, query, keys):
    for limit in (1, 2, 200):
        assert pages(rows, path, query, limit) == keys, limit


@pytest.mark.parametrize("path, one, other", [
    ("alerts/history", "sort=since", "sort=ended"), ("alerts/history", "state=ended", "severity=warning"),
    ("robot/commands", "sort=accepted", "sort=-accepted"), ("robot/commands", "state=finished", "verb=move"),
    ("users", "sort=role", "sort=role&disabled=false"), ("safety/events", "source=1", "source=2")])
def test_a_cursor_belongs_to_its_filters_and_its_sort(rows, path, one, other):
    cursor = rows.get(f"{path}?{one}&limit=1", role="administrator").json["next_cursor"]
    refused = rows.get(f"{path}?{other}&limit=1&cursor={cursor}", role="administrator")
    assert refused.status == 400 and refused.json["errors"][0]["code"] == "cursor_of_other_query"


@pytest.mark.parametrize("path, query, pointer, code", [
    ("alerts/history", "severity=bad", "/severity", "unknown_value"), ("alerts/history", "state=cut", "/state", "unknown_value"),
    ("alerts/history", "sort=code", "/sort", "unknown_value"), ("alerts/history", "source=", "/source", "length"), ("alerts/history", f"subject={'x' * 65}", "/subject", "length"),
    ("alerts/history", "text=Dark.", "/text", "unknown_member"),
    ("safety/events", f"q={'x' * 80}", "/q", "length"), ("robot/commands", "q=", "/q", "length"),
    ("robot/commands", "state=cut", "/state", "unknown_value"), ("robot/commands", "verb=reset_stop", "/verb", "unknown_value"),
    ("robot/commands", "sort=state", "/sort", "unknown_value"), ("robot/commands", "by=", "/by", "length"),
    ("robot/commands", f"id={'x' * 72}", "/id", "length"), ("robot/commands", "tag=2", "/tag", "unknown_member"),
    ("users", "role=king", "/role", "unknown_value"), ("users", "disabled=1", "/disabled", "type"),
    ("users", "password_hash=x", "/password_hash", "unknown_member"), ("users", "sort=epoch", "/sort", "unknown_value"),
    ("safety/events", "source=0", "/source", "range"), ("safety/events", "source=one", "/source", "type"),
    ("timeline", "kinds=stop,boot", "/kinds/1", "unknown_value"), ("timeline", "sort=kind", "/sort", "unknown_value"),
    ("timeline", "from=2027-01-15T08:00:03Z&to=2027-01-15T08:00:02Z", "/from", "range"),
    ("timeline", "to=2027-01-15T08:00:02Z&from=2027-01-15T08:00:02Z", "/from", "range"),
    ("audit", "from=2027-01-15T08:00:03Z&to=2027-01-15T08:00:02Z", "/from", "range"),
    ("timeline", "from=yesterday", "/from", "unfit"), ("timeline", "q=", "/q", "length"),
    ("safety/events", "sort=kind", "/sort", "unknown_value"), ("safety/events", "by_daemon=true", "/by_daemon", "unknown_member")])
def test_what_a_list_does_not_know(rows, path, query, pointer, code):
    refused = rows.get(f"{path}?{query}", role="administrator")
    assert (refused.status, refused.json["code"]) == (400, "validation")
    assert (refused.json["errors"][0]["pointer"], refused.json["errors"][0]["code"]) == (pointer, code)


def test_an_entry_of_the_timeline_has_its_own_text(rows):
    """Not what the filter q looks through."""
    [entry] = rows.get("timeline?code=door_open").json["items"]
    assert (entry["code"], entry["text"]) == ("door_open", "Open.")
