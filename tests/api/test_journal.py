# SPDX-License-Identifier: GPL-2.0-or-later
"""The journal of the stop as the API shows it, and the stop while the store is in trouble.

There is no kernel here, so the entries are put into the database before the daemon starts.
"""
import collections
import contextlib
import ctypes
import os
import pathlib
import sqlite3
import threading
import urllib.parse

import pytest

from oht_test.wait import until

BOOT = "11111111-2222-3333-4444-555555555555"
OUR_PID = 4711
OWN_TAG = 0x6f6874 << 40        # and the reason, the unit, the detail
UID_TAG = 0x756964 << 40        # and the uid
WALL_NS = 1_800_000_000_123_000_000
STOP, GLITCH, RESET, ENABLE, DISABLE, CONTROL, OPENED = range(1, 8)
BUTTON_A, SOFTWARE, CLOSE = 2, 6, 8
STOPPED, READY, ENABLED = range(3)
COLUMNS = ("source", "seq", "missing", "wall_ns", "event_ns", "low_ns", "kind", "cause", "causes", "state_from",
           "state_to", "inputs", "outputs", "tag", "tgid")


def entry(seq, **more):
    """A row of the journal."""
    row = {"source": 1, "seq": seq, "missing": 0, "wall_ns": WALL_NS + seq * 10**9, "event_ns": seq * 1000,
           "low_ns": 0, "kind": STOP, "cause": SOFTWARE, "causes": 1 << SOFTWARE, "state_from": ENABLED,
           "state_to": STOPPED, "inputs": 3, "outputs": 0, "tag": 0, "tgid": 0}
    assert more.keys() <= row.keys()
    row.update(more)
    return tuple(row[name] for name in COLUMNS)


@contextlib.contextmanager
def database(daemon):
    """The daemon's database; what is done in it is committed."""
    with contextlib.closing(sqlite3.connect(daemon.state / "oht.db", isolation_level=None)) as db:
        yield db


def fill(daemon, entries, sources=((BOOT, 77),)):
    """Put entries into a daemon that does not run."""
    with database(daemon) as db:
        db.executemany("INSERT INTO journal_sources (boot_id, device) VALUES (?, ?)", sources)
        db.execute("INSERT INTO daemon_runs VALUES (?, ?)", (BOOT, OUR_PID))
        db.executemany(f"INSERT INTO journal ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})",
                       entries)


def events(daemon, query="", **more):
    """The items and the next cursor of safety/events."""
    answer = daemon.get("safety/events" + query, **more)
    assert answer.status == 200, answer
    assert answer.json.keys() == {"items", "next_cursor"}
    return answer.json["items"], answer.json["next_cursor"]


@pytest.fixture
def user_id(fresh):
    with database(fresh) as db:
        return db.execute("SELECT id FROM users WHERE name = 'operator'").fetchone()[0]


def test_entry_in_words(fresh):
    fill(fresh, [entry(1, kind=GLITCH, cause=BUTTON_A, causes=1 << BUTTON_A | 1 << SOFTWARE, low_ns=1000 + 3210,
                       inputs=2, tag=5)])
    fresh.start()
    (item,), cursor = events(fresh)
    assert cursor is None
    assert item == {
        "boot_id": BOOT, "source": 1, "seq": 1, "time": "2027-01-15T08:00:01.123Z", "monotonic_ns": 1000,
        "kind": "glitch", "text": "stopped by an edge that was over when the input was read", "missing": 0,
        "cause": {"code": "button_a", "text": "Channel a of the emergency stop opened.",
                  "action": "Make the robot safe, release the button, then reset."},
        "causes": ["button_a", "software"], "from": "enabled", "to": "stopped", "inputs_closed": ["b"],
        "outputs_high": [], "edge_to_low_ns": 3210, "low_to_open_ns": None, "actor": None}


def test_contacts_that_opened(fresh):
    """It is later than the lowering that it follows, and lowered nothing itself."""
    fill(fresh, [entry(1, kind=OPENED, cause=0, low_ns=400, tgid=0)])
    fresh.start()
    (item,), _ = events(fresh, "?kind=opened")
    assert (item["kind"], item["cause"]) == ("opened", None)
    assert (item["edge_to_low_ns"], item["low_to_open_ns"]) == (None, 600)


def test_who_asked(fresh, user_id):
    fill(fresh, [
        entry(1, tag=user_id, tgid=OUR_PID),
        entry(2, tag=999, tgid=OUR_PID),
        entry(3, tag=OWN_TAG | 20 << 16 | 4 << 8, tgid=OUR_PID),
        entry(4, tag=0, tgid=OUR_PID, kind=RESET, cause=0),
        entry(5, tag=user_id, tgid=99),
        entry(6, tag=OWN_TAG | 20 << 16, tgid=99),
        # Not asked for: the tag is that of some act before.
        entry(7, tag=user_id, tgid=OUR_PID, cause=CLOSE),
        entry(8, tag=user_id, tgid=0),
        entry(9, tag=user_id, tgid=OUR_PID, kind=CONTROL, cause=0),
        entry(10, tag=user_id, tgid=OUR_PID, kind=ENABLE, cause=0, outputs=3),
        entry(11, tag=UID_TAG | 1000, tgid=OUR_PID),
        entry(12, tag=UID_TAG, tgid=OUR_PID, kind=RESET, cause=0),
        entry(13, tag=UID_TAG | 0xffffffff, tgid=OUR_PID),
        entry(14, tag=UID_TAG | 1000, tgid=99),
    ])
    fresh.start()
    items = {item["seq"]: item for item in events(fresh)[0]}
    actors = {seq: item["actor"] for seq, item in items.items()}
    assert actors[1] == {"type": "user", "id": user_id, "name": "operator"}
    assert actors[2] == {"type": "user", "id": 999, "name": None}
    assert actors[3]["type"] == "daemon" and actors[3]["address"] == 4 and actors[3]["text"]
    own = [seq for seq, item in items.items() if item["cause"] and item["cause"]["text"].startswith("ohtd itself asked for the stop. ")]
    assert own == [3] and "(unit 4)." in items[3]["cause"]["text"] and items[3]["cause"]["action"].endswith(". Then reset.")
    assert actors[4] == {"type": "daemon"}
    assert actors[5] == actors[6] == {"type": "process", "pid": 99}
    assert actors[7] is actors[8] is actors[9] is None
    assert actors[10]["name"] == "operator"
    assert actors[11] == {"type": "local", "uid": 1000}
    assert actors[12] == {"type": "local", "uid": 0}
    assert actors[13] == {"type": "local", "uid": 0xffffffff}
    assert actors[14] == {"type": "process", "pid": 99}
    assert items[10]["outputs_high"] == ["enable1", "enable2"] and items[10]["cause"] is None


def test_gap(fresh):
    fill(fresh, [entry(1), entry(2, missing=41, kind=0, cause=CLOSE, state_from=STOPPED), entry(43)])
    fresh.start()
    gap = events(fresh)[0][1]
    assert (gap["kind"], gap["seq"], gap["missing"], gap["cause"]["code"]) == ("gap", 2, 41, "close")
    assert gap["text"] == "41 entries were not read; the state afterwards"


def test_pages_have_every_entry_once(fresh):
    fill(fresh, [entry(seq) for seq in range(1, 24)] + [entry(seq, source=2) for seq in range(1, 7)],
         [(BOOT, 77), (BOOT, 78)])
    fresh.start()
    want = [(2, seq) for seq in range(6, 0, -1)] + [(1, seq) for seq in range(23, 0, -1)]
    for limit in (1, 5, 28, 29, 200):
        seen, cursor, pages = [], "", 0
        while cursor is not None:
            items, cursor = events(fresh, f"?limit={limit}" + (f"&cursor={cursor}" if cursor else ""))
            assert len(items) == limit or cursor is None
            seen += [(item["source"], item["seq"]) for item in items]
            pages += 1
        assert seen == want
        assert pages == -(-len(want) // limit)
    assert len(events(fresh)[0]) == 29


def pages(daemon, query):
    """All entries by pages of three."""
    seen, cursor = [], ""
    while cursor is not None:
        items, cursor = events(daemon, f"?limit=3{query}" + (f"&cursor={cursor}" if cursor else ""))
        seen += [(item["source"], item["seq"]) for item in items]
    return seen


def test_the_oldest_first(fresh):
    fill(fresh, [entry(seq, cause=BUTTON_A if seq % 2 else SOFTWARE) for seq in range(1, 12)]
         + [entry(seq, source=2) for seq in range(1, 5)], [(BOOT, 77), (BOOT, 78)])
    fresh.start()
    want = [(1, seq) for seq in range(1, 12)] + [(2, seq) for seq in range(1, 5)]
    assert pages(fresh, "&sort=time") == want
    assert pages(fresh, "&sort=-time") == pages(fresh, "") == want[::-1]
    assert pages(fresh, "&sort=time&cause=button_a") == [(1, seq) for seq in range(1, 12, 2)]


def test_a_cursor_belongs_to_its_filter_and_sort(fresh):
    fill(fresh, [entry(seq) for seq in range(1, 9)])
    fresh.start()
    cursors = {query: events(fresh, f"?limit=2&{query}")[1] for query in ("sort=time", "sort=-time", "kind=stop", "cause=software")}
    assert len(set(cursors.values())) == 4
    for query in cursors:
        for other, cursor in cursors.items():
            # Another limit is no other list.
            answer = fresh.get(f"safety/events?limit=3&{query}&cursor={cursor}")
            if other == query:
                assert answer.status == 200
                continue
            assert (answer.status, answer.code) == (400, "validation")
            error = answer.json["errors"][0]
            assert (error["pointer"], error["code"]) == ("/cursor", "cursor_of_other_query") and cursor in error["detail"]
    answer = fresh.get(f"users?cursor={cursors['sort=time']}", role="administrator")
    assert answer.json["errors"][0]["code"] == "cursor_of_other_query", "nor to another list"


def test_filters(fresh):
    fill(fresh, [entry(1), entry(2, cause=BUTTON_A), entry(3, kind=RESET, cause=0), entry(4),
                 entry(5, kind=0, missing=2)])
    fresh.start()

    def seqs(query):
        return [item["seq"] for item in events(fresh, query)[0]]
    assert seqs("?kind=stop") == [4, 2, 1]
    assert seqs("?kind=reset") == [3]
    assert seqs("?kind=gap") == [5]
    assert seqs("?cause=button_a") == [2]
    assert seqs("?cause=software&kind=stop&limit=1") == [4]
    assert seqs("?cause=panic") == []
    assert seqs("?") == [5, 4, 3, 2, 1]


@pytest.mark.parametrize("query, pointer, code, value", [
    ("limit=0", "/limit", "range", "0"), ("limit=201", "/limit", "range", "201"),
    ("limit=-1", "/limit", "range", "-1"), ("limit=ten", "/limit", "type", "ten"),
    ("limit=", "/limit", "type", "''"), ("limit=1.0", "/limit", "type", "1.0"),
    ("limit=0x10", "/limit", "type", "0x10"), ("limit=%2B5", "/limit", "type", "+5"),
    ("limit=99999999999999999999", "/limit", "type", "99999999999999999999"),
    ("limit=5&limit=5", "/limit", "twice", "twice"),
    ("kind=stopp", "/kind", "unknown_value", "stopp"), ("kind=STOP", "/kind", "unknown_value", "STOP"),
    ("cause=fire", "/cause", "unknown_value", "fire"), ("cause=unknown", "/cause", "unknown_value", "unknown"),
    ("cause=none", "/cause", "unknown_value", "none"),
    ("cursor=5", "/cursor", "bad_cursor", "5"), ("cursor=1-0", "/cursor", "bad_cursor", "1-0"),
    ("cursor=0-1", "/cursor", "bad_cursor", "0-1"), ("cursor=1-01", "/cursor", "bad_cursor", "1-01"),
    ("cursor=-1-5", "/cursor", "bad_cursor", "-1-5"), ("cursor=1-5;", "/cursor", "bad_cursor", "1-5;"),
    ("cursor=1-99999999999999999999", "/cursor", "bad_cursor", "1-99999999999999999999"),
    ("cursor=1-9223372036854775808", "/cursor", "bad_cursor", "1-9223372036854775808"),
    ("cursor=' OR 1=1", "/cursor", "bad_cursor", "' OR 1=1"),
    ("cursor=1-5-0000000", "/cursor", "bad_cursor", "1-5-0000000"),
    ("cursor=1-5-0000000G", "/cursor", "bad_cursor", "1-5-0000000G"),
    ("cursor=1-5-00000000", "/cursor", "cursor_of_other_query", "1-5-00000000"),
    ("cursor=01-5-00000000", "/cursor", "bad_cursor", "01-5-00000000"),
    ("cursor=" + "1" * 61, "/cursor", "length", "61"),
    ("sort=wall", "/sort", "unknown_value", "wall"), ("sort=", "/sort", "unknown_value", "''"),
    ("sort=--time", "/sort", "unknown_value", "--time"), ("sort=-time&sort=time", "/sort", "twice", "twice"),
    ("sort=j.seq; DROP TABLE journal", "/sort", "unknown_value", "DROP"),
    ("since=yesterday", "/since", "unknown_member", "not known"),
    ("kind=" + "s" * 64, "/kind", "unknown_value", "sss"), ("s" * 60 + "=1", "/" + "s" * 60, "unknown_member", "not known"),
])
def test_bad_parameters_are_refused_with_their_value(daemon, query, pointer, code, value):
    answer = daemon.get("safety/events?" + query.replace(" ", "%20"))
    assert (answer.status, answer.code) == (400, "validation")
    first = answer.json["errors"][0]
    assert (first["pointer"], first["code"]) == (pointer, code)
    assert value in first["detail"]


@pytest.mark.parametrize("query", ["limit", "=5", "limit=5&&", "limit=%", "limit=%4", "limit=%zz", "kind=%00",
                                   "kind=sto%0dp", "limit=5&kind",
                                   "kind=%c3", "kind=%ed%a0%80", "kind=%c2%85"])
def test_queries_that_cannot_be_read(daemon, query):
    answer = daemon.get("safety/events?" + query)
    assert (answer.status, answer.code) == (400, "bad_query") and query.rpartition("&")[2] in answer.json["detail"]


def test_a_query_takes_any_character(daemon):
    for word in ("f\u00fcr Halle 7", "\u6a5f\u68b0", "\U0001f916"):
        answer = daemon.get("safety/events?kind=" + urllib.parse.quote(word))
        assert (answer.status, answer.code) == (400, "validation") and f"'{word}' is none of" in answer.json["errors"][0]["detail"]


def test_roles_and_methods(daemon):
    for path in ("safety/events", "safety/latency"):
        assert daemon.request("GET", path).code == "token_missing"
        assert daemon.get(path).status == 200
        answer = daemon.post(path)
        assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD, OPTIONS")
    # Who may not read learns nothing about his query.
    assert daemon.request("GET", "safety/events?limit=0").code == "token_missing"


def counted(daemon):
    """Stops of the last week, by cause."""
    days = daemon.get("analytics/summary").json["items"]
    return collections.Counter(stop["cause"] for day in days for stop in day["stops"] for _ in range(stop["count"]))


def test_without_a_kernel_each_stop_is_kept_once(daemon):
    """A stop of a stopped machine is none; one behind a reset is."""
    def stop_twice():
        seq = daemon.get("safety").json["journal_seq"]
        for _ in range(2):
            assert daemon.post("safety/stop", role="operator").status == 200
        until(lambda: daemon.get("safety").json["journal_seq"] == seq + 2, what="both stops")
        until(lambda: daemon.post("safety/reset", role="supervisor").status == 200, what="a reset")
        return seq

    def kept():
        seq = stop_twice()
        return until(lambda: [item for item in events(daemon)[0] if item["seq"] > seq], what="its entry")
    stop_twice()
    kept()
    before = counted(daemon)
    [item] = kept()
    assert (item["kind"], item["from"], item["to"], item["causes"]) == ("stop", "ready", "stopped", ["software"])
    assert item["actor"]["name"] == "operator"
    assert counted(daemon) - before == {"software": 1}
    journal = daemon.get("health", role=None).json["journal"]
    assert journal == {"state": "recording", "newest_seq": item["seq"], "missing": 0, "waiting": 0, "waiting_ms": None}
    latency = daemon.get("safety/latency").json["estop_to_low"]
    assert latency == dict.fromkeys(("count", "p50_ns", "p90_ns", "p99_ns", "p999_ns", "max_ns"))


# ---- the store in trouble ----

def stop_is_served(daemon, token, times=20):
    """Stops, each on a connection of its own; a stop that waited for a store that does not come would be no 200."""
    for _ in range(times):
        answer = daemon.post("safety/stop", token=token, role=None)
        assert answer.status == 200, answer
    until(lambda: daemon.get("safety", token=token, role=None).json["state"] == "stopped", what="stopped")


@pytest.mark.plain("timing")
def test_stop_with_the_database_locked(fresh):
    """Log-ins give up after 5 s. A stop that began after them is there before, and more follow while it is locked."""
    fill(fresh, [entry(1)])
    fresh.start()
    token = fresh.token("operator")
    answers = []
    with database(fresh) as db:
        db.execute("BEGIN EXCLUSIVE")
        logins = [threading.Thread(target=lambda: answers.append(fresh.login("viewer"))) for _ in range(3)]
        for login in logins:
            login.start()
        assert fresh.post("safety/stop", token=token, role=None).status == 200
        assert not answers
        stop_is_served(fresh, token)
        assert fresh.get("health/live", role=None).status == 200
        db.execute("ROLLBACK")
    for login in logins:
        login.join()
    assert len(events(fresh, token=token)[0]) == 1


class Frozen:
    """One thread of a process held still by ptrace, so that the others go on."""

    SEIZE, INTERRUPT, DETACH = 0x4206, 0x4207, 17

    def __init__(self, pid, name):
        tasks = pathlib.Path(f"/proc/{pid}/task")
        self.tid = next(int(task.name) for task in tasks.iterdir() if (task / "comm").read_text().strip() == name)
        self._libc = ctypes.CDLL(None, use_errno=True)

    def _ptrace(self, request):
        if self._libc.ptrace(request, self.tid, None, None):
            raise OSError(ctypes.get_errno(), f"ptrace {request:#x}")

    def __enter__(self):
        self._ptrace(self.SEIZE)
        self._ptrace(self.INTERRUPT)
        os.waitpid(self.tid, 0x40000000)        # __WALL
        return self

    def __exit__(self, *_):
        self._ptrace(self.DETACH)


@pytest.mark.plain("timing")
def test_stop_with_the_store_hung(fresh):
    fill(fresh, [entry(1)])
    fresh.start()
    token = fresh.token("operator")
    answers = []
    with Frozen(fresh.process.pid, "ohtd-store"):
        # Reading has nothing to do with it.
        assert len(events(fresh, token=token)[0]) == 1
        # More than there are workers, all waiting for the store.
        logins = [threading.Thread(target=lambda: answers.append(fresh.login("viewer"))) for _ in range(4)]
        for login in logins:
            login.start()
        stop_is_served(fresh, token)
        assert not answers
    for login in logins:
        login.join()
    assert [answer.status for answer in answers] == [200] * 4
