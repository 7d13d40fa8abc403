# SPDX-License-Identifier: GPL-2.0-or-later
"""The audit: what is recorded and what is not, what stays after kill -9, and what is found when somebody changes the database."""
import base64
import contextlib
import json
import os
import sqlite3
import subprocess
import sys
import threading
import time

import pytest

from daemon import BUILD, PASSWORD, TOP, begin, serving
from oht_test.params import at_night
from oht_test.wait import until
from remote import Remote

sys.path.insert(0, str(TOP / "examples/python"))
import verify_audit as foreign        # noqa: E402  pylint: disable=wrong-import-position

OHTCTL = BUILD / "userspace/ohtctl/ohtctl"
# Of a private key of Ed25519 in DER.
ED25519_DER = bytes.fromhex("302e020100300506032b657004220420")
MERGE = {"Content-Type": "application/merge-patch+json"}


@pytest.fixture(scope="module", name="shared")
def _shared(tmp_path_factory, accounts):
    made = begin(tmp_path_factory.mktemp("audit"), accounts)
    with serving(made):
        made.token("administrator")
        yield made


def records(daemon, query=""):
    answer = daemon.get(f"audit?limit=200{query}", role="administrator")
    assert answer.status == 200, answer
    return answer.json["items"]


def all_records(daemon):
    found = list(reversed(records(daemon)))
    assert len(found) < 200
    return found


def about(daemon, request_id):
    """The one record about a request; a refusal may come a moment later."""
    found = []
    until(lambda: found.extend(item for item in records(daemon) if item["request_id"] == request_id) or found, what=request_id)
    assert len(found) == 1
    return found[0]


def ohtctl(daemon, home, *words):
    return subprocess.run([OHTCTL, "--socket", daemon.socket, *words], capture_output=True, text=True, check=False, timeout=60,
                          env={**os.environ, "XDG_STATE_HOME": str(home)})


def rename(daemon, name, **more):
    answer = daemon.request("PATCH", "config", {"robot": {"name": name}}, role="administrator", headers={**MERGE, **more})
    assert answer.status == 200, answer
    return answer


# ---- what is recorded ----

def test_a_change_is_told_with_before_and_after(shared):
    rename(shared, "first")
    rename(shared, "second", **{"X-Request-Id": "told"})
    item = about(shared, "told")
    assert (item["who"], item["act"], item["result"], item["from"]) == ("administrator", "PATCH config", "200", "127.0.0.1")
    assert (json.loads(item["before"]), json.loads(item["after"])) == ({"/robot/name": "first"}, {"/robot/name": "second"})
    assert item["object"] == f"version {shared.get('config').headers['etag'].strip(chr(34))}"
    assert item["words"] == "changed the configuration"


@pytest.mark.parametrize("method, path, body, role, result", [
    ("POST", "users", {"username": "eve", "password": PASSWORD, "role": "administrator"}, "viewer", "403 role"),
    ("POST", "users", {"username": "eve", "password": PASSWORD, "role": "administrator"}, None, "401 token_missing"),
    ("DELETE", "users/4711", None, "operator", "403 role"),
    ("DELETE", "users/4711", None, "administrator", "404 not_found"),
    ("PATCH", "users/2", {"role": "emperor"}, "administrator", "400 validation"),
    ("PUT", "robot/mode", {"mode": "maintenance"}, "supervisor", "403 elevation_required"),
    ("POST", "alerts/x/acknowledge", None, "operator", "400 bad_id"),
], ids=lambda value: value if isinstance(value, str) and value[0].isdigit() else "")
def test_a_refused_attempt_is_told(shared, method, path, body, role, result):
    request_id = f"refused-{result[:3]}-{role}-{method}".replace("None", "nobody")
    answer = shared.request(method, path, body, role=role, headers={"X-Request-Id": request_id})
    item = about(shared, request_id)
    assert f"{answer.status} {answer.code}" == item["result"]
    assert item["result"] == result and item["who"] == role and item["words"].startswith("tried to ")
    assert item["object"] == (path if "/" in path and path != "robot/mode" else None)


@pytest.mark.parametrize("path, body, role, result, before, after", [
    ("config", {"motion": {"jog_mm_s": 111}}, "supervisor", "403 role", {"/motion/jog_mm_s": 250}, {"/motion/jog_mm_s": 111}),
    ("config", {"motion": {"jog_mm_s": 5000}, "robot": {"name": "fast"}}, "administrator", "422 config_contradiction",
     {"/motion/jog_mm_s": 250}, {"/motion/jog_mm_s": 5000, "/robot/name": "fast"}),
    ("config", {"motion": {"jog_mm_s": "quick"}, "password": "Zx9-typed-here"}, "administrator", "400 validation",
     {"/motion/jog_mm_s": 250}, {"/motion/jog_mm_s": "quick"}),
    ("config", {"stations": {"dock": None}, "robot": {"name": ""}}, "administrator", "400 validation",
     {"/stations/dock": {"position_mm": 0}}, {"/stations/dock": None, "/robot/name": ""}),
    ("config/import", {"format": "oht-configuration", "format_version": 1, "kind": "OHT-50", "values": {"motion": {"jog_mm_s": 1e9}}},
     "administrator", "400 validation", {"/motion/jog_mm_s": 250}, {"/motion/jog_mm_s": 1000000000}),
], ids=("role", "contradiction", "unknown", "removal", "import"))
def test_what_was_asked_of_the_configuration_is_told_of_a_refusal(shared, request, path, body, role, result, before, after):
    """As far as it names items: what else somebody sends may be a password."""
    request_id = f"asked-{request.node.callspec.id}"
    shared.request("POST" if "import" in path else "PATCH", path, body, role=role, headers={"X-Request-Id": request_id})
    item = about(shared, request_id)
    assert item["result"] == result and item["object"] is None and "Zx9" not in repr(item)
    assert before.items() <= json.loads(item["before"]).items()
    assert json.loads(item["after"]) == after


def test_reading_and_asking_are_no_changes(shared):
    before = len(records(shared))
    for path in ("audit", "robot", "users"):
        assert shared.get(path, role="administrator", headers={"X-Request-Id": "reading"}).status == 200
    assert shared.post("config/check", {"robot": {"name": "x"}}, role="administrator").status == 200
    assert shared.post("auth/ticket", {}, role="administrator").status == 200
    assert shared.post("nothing/there", {}, role="administrator").status == 404
    assert len(records(shared)) == before


def test_a_log_in_names_accounts_only(shared):
    """Somebody may have put the password into the wrong field."""
    shared.request("POST", "auth/login", {"username": "viewer", "password": "wrong password"}, headers={"X-Request-Id": "known"})
    shared.request("POST", "auth/login", {"username": "hunter2-typed-here", "password": "wrong password"}, headers={"X-Request-Id": "unknown"})
    assert (about(shared, "known")["object"], about(shared, "known")["who"], about(shared, "known")["result"]) == ("viewer", None, "401 login_refused")
    assert (about(shared, "unknown")["object"], about(shared, "unknown")["who"]) == (None, None)
    good = records(shared, "&act=POST%20auth/login&result=200")
    assert {item["object"] for item in good} >= {"administrator"} and all(item["who"] == item["object"] for item in good)


def test_nothing_secret_is_in_a_record(shared):
    """Whatever is sent: bodies with passwords, tokens, and a webhook's address, which may have a token in it."""
    secrets = ["Zx9-first-password", "Zx9-next-password", "Zx9-in-the-address", PASSWORD]
    made = shared.post("users", {"username": "zoe", "password": secrets[0], "role": "viewer"}, role="administrator").json
    shared.request("PATCH", f"users/{made['id']}", {"password": secrets[1]}, role="administrator")
    refresh = shared.login("viewer").json["refresh_token"]
    secrets.append(refresh)
    shared.request("POST", "auth/refresh", {"refresh_token": refresh[:-1] + "x"})
    shared.post("auth/elevate", {"password": PASSWORD}, role="administrator")
    shared.post("auth/elevate", {"password": secrets[0]}, role="administrator")
    shared.post("auth/password/change", {"old_password": secrets[0], "new_password": secrets[1]}, role="viewer")
    shared.post("webhooks", {"url": "https://127.0.0.1:1/Zx9-in-the-address"}, role="administrator")
    shared.post("setup", {"code": "K7QM-2F9X-TR4C-0ZBD", "username": "eve", "password": secrets[0]})
    secrets.append("K7QM-2F9X")
    request_id = shared.request("DELETE", f"users/{made['id']}", role="administrator").headers["x-request-id"]
    about(shared, request_id)
    with contextlib.closing(sqlite3.connect(shared.state / "oht.db")) as database:
        text = repr(database.execute("SELECT * FROM audit").fetchall())
    assert "zoe" in text
    for secret in secrets:
        assert secret not in text, secret


def test_an_account_that_was_made_without_a_daemon_is_told(shared):
    made = records(shared, "&act=ohtd%20--add-user&sort=number")
    assert [json.loads(item["after"])["role"] for item in made] == ["viewer", "operator", "supervisor", "administrator"]
    assert {(item["who"], item["from"], item["result"]) for item in made} == {(f"uid {os.getuid()}", "local", "201")}


def test_filters(shared):
    rename(shared, "filtered")
    assert {item["who"] for item in records(shared, "&who=administrator")} == {"administrator"}
    assert {item["act"] for item in records(shared, "&act=PATCH%20config")} == {"PATCH config"}
    assert any("FILTERED" in (item["after"] or "").upper() for item in records(shared, "&text=FiLTerEd"))
    assert records(shared, "&to=2020-01-01T00:00:00Z") == [] == records(shared, "&from=2100-01-01T00:00:00Z")
    newest = records(shared)[0]
    assert newest["number"] in {item["number"] for item in records(shared, f"&from={newest['time']}")}
    assert shared.get("audit?from=yesterday", role="administrator").json["errors"][0]["pointer"] == "/from"
    assert shared.get("audit", role="supervisor").code == "role"


def test_ohtctl_filters(shared, tmp_path):
    rename(shared, "by ohtctl", **{"X-Request-Id": "by-ohtctl"})
    number = about(shared, "by-ohtctl")["number"]

    def heard(*words):
        said = ohtctl(shared, tmp_path, "audit", "list", "--json", *words)
        assert said.returncode == 0, said
        return [item["number"] for item in json.loads(said.stdout)["items"]]

    exact = ("--who", "administrator", "--act", "PATCH config", "--object", about(shared, "by-ohtctl")["object"], "--result", "200")
    assert heard(*exact, "--from", "-1h", "by ohtctl") == [number]
    for option, other in (("--who", "viewer"), ("--act", "PATCH users"), ("--object", "version 999"), ("--result", "403 role")):
        assert number not in heard(*exact[:exact.index(option)], option, other, *exact[exact.index(option) + 2:])
    assert heard("--to", "-1h") == [] and len(heard("--limit", "2")) == 2
    assert "--limit must be 1..200: '201'" in ohtctl(shared, tmp_path, "audit", "list", "--limit", "201").stderr


def test_a_flood_of_strangers_is_counted(tmp_path, accounts):
    made = begin(tmp_path, accounts)
    try:
        made.start()
        for _ in range(60):
            assert made.request("POST", "users", {}).status in (401, 429)
        made.stop()
        made.start()
        found = all_records(made)
        refused = [item for item in found if item["result"].startswith(("401", "429"))]
        told = [json.loads(item["after"]) for item in found if item["act"] == "left out"]
        assert 30 <= len(refused) <= 32 and len(refused) + sum(item["count"] for item in told) == 60
        # Of what repeats there are the first and the end.
        for _ in range(20):
            assert made.post("control", {}, role="operator").status == 200
        made.stop()
        made.start()
        taken = [item for item in all_records(made) if item["act"] == "POST control"]
        assert [item["after"] for item in taken] in ([None, '{"repeated":19}'], ["{}", '{"repeated":19}'])
        made.stop()
    finally:
        made.end()


@pytest.mark.slow
def test_a_flood_hides_nothing_of_others(fresh):
    """Lasting changes are refused before the audit has no room for them; commands of an account are counted under its name."""
    fresh.write_config(http_changes_per_s=0)
    fresh.start()
    flooding, token = fresh.another(keep_s=60), fresh.token("administrator")
    # The log-in was the first of 1,000; each 10 s there is one more.
    for done in range(1500):
        refused = flooding.request("PUT", "logs/level", {"level": "info"}, token=token)
        if refused.status != 200:
            break
    assert 999 <= done < 1500 and refused.code == "rate_limited" and 1 <= int(refused.headers["retry-after"]) <= 10 and "audit" in refused.json["detail"]
    # A log-in, what gives power away, and the stop are always done; another account is as before.
    assert flooding.request("POST", "auth/elevate", {"password": PASSWORD}, token=token).status == 200
    assert flooding.request("DELETE", "auth/elevate", token=token).status == 204
    assert flooding.request("POST", "safety/stop", b"", token=token).status == 200
    assert flooding.request("PATCH", "config", {"robot": {"name": "x"}}, token=token, headers=MERGE).code == "rate_limited"
    token = fresh.token("operator")
    for _ in range(1100):
        assert flooding.request("POST", "robot/commands", {"verb": "disable"}, token=token).status != 429
    assert fresh.login("supervisor").status == fresh.login("administrator").status == 200
    flooding.hang_up()
    fresh.stop()
    with database_of(fresh) as database:
        def number(act, who, result="200"):
            return database.execute("SELECT count(*) FROM audit WHERE act = ? AND who = ? AND result LIKE ?", (act, who, result)).fetchone()[0]
        assert number("PUT logs/level", "administrator") == done
        assert number("POST auth/login", "supervisor") == 1
        assert number("POST robot/commands", "operator", "%") <= 1000 + 120 + 10
        left_out = dict(database.execute("SELECT object, json_extract(after, '$.count') FROM audit WHERE act = 'left out'").fetchall())
        # What of the administrator could not be refused while there was no room.
        assert set(left_out) <= {"acts of account operator", "refusals of account operator", "changes of account administrator"}, left_out
        assert left_out["changes of account administrator"] <= 3


FLOOD_S = 75


def flood(fresh, until_s, role, *asked):
    client, token = fresh.another(keep_s=60), role and fresh.token(role)
    while time.monotonic() < until_s:
        for method, path, body, headers in asked:
            client.request(method, path, body, token=token, headers=headers)
    client.hang_up()


def bear_a_flood(fresh):
    """Three strangers, an operator and a supervisor at full speed: the bounds of docs/audit.md hold, and all of others is there."""
    fresh.start()
    began = time.monotonic()
    override, place = ("PUT", "robot/override", {"percent": 50}, None), ("PATCH", "config", {"robot": {"place": "x"}}, MERGE)
    nobodies = [(None, ("DELETE", "control", None, None))] * 3
    threads = [threading.Thread(target=flood, args=(fresh, began + FLOOD_S, *words))
               for words in (*nobodies, ("operator", ("POST", "control", {}, None), override), ("supervisor", place))]
    for thread in threads:
        thread.start()
    made = 0
    while time.monotonic() < began + FLOOD_S:
        token = fresh.login("administrator").json["access_token"]
        assert fresh.request("POST", "auth/elevate", {"password": PASSWORD}, token=token).status == 200
        made += 1
        answer = fresh.request("POST", "users", {"username": f"made{made}", "password": PASSWORD, "role": "viewer"}, token=token)
        assert answer.status == 201, answer
        assert fresh.request("POST", "control/take-over", {"reason": "flood"}, token=token).status == 200
        time.sleep(5)
    for thread in threads:
        thread.join()
    fresh.stop()
    took_s = time.monotonic() - began
    with database_of(fresh) as database:
        of_others = database.execute("SELECT act, count(*) FROM audit WHERE who = 'administrator' GROUP BY act").fetchall()
        count, = database.execute("SELECT count(*) FROM audit WHERE who != 'administrator'").fetchone()
        asked, = database.execute("SELECT sum(json_extract(after, '$.count')) FROM audit WHERE act = 'left out'").fetchone()
    promised = 30 + took_s / 30 + 2 * (1000 + took_s / 10 + 1000 + took_s / 4 + 120 + took_s / 10)
    print(f"{count} records of {count + asked} in {took_s:.0f} s, {promised:.0f} are promised, {made} rounds of the administrator")
    assert count <= 1.05 * promised
    assert set(of_others) == {(act, made) for act in ("POST auth/login", "POST auth/elevate", "POST users", "POST control/take-over")}


if os.environ.get("OHT_SOAK"):
    def test_a_flood_is_borne(fresh):
        """For longer than the gate has; test_audit.c has the same by a clock of its own."""
        bear_a_flood(fresh)


# ---- what stays ----

def test_what_was_acknowledged_has_its_record(fresh):
    """Each answer was there, then the power went."""
    fresh.start()
    fresh.token("administrator")
    for i in range(5):
        rename(fresh, f"name {i}", **{"X-Request-Id": f"cut-{i}"})
        fresh.kill()
        fresh.start()
        assert [item["after"] for item in records(fresh) if item["request_id"] == f"cut-{i}"] == [f'{{"/robot/name":"name {i}"}}']
    fresh.stop()


def test_a_checkpoint_is_logged_at_each_level(fresh):
    """A log that is collected elsewhere is a witness, which nobody silences from the configuration."""
    fresh.start()
    assert fresh.request("PATCH", "config", {"log": {"level": "error"}}, role="administrator", headers=MERGE).status == 200
    assert " audit checkpoint: " not in fresh.log()
    fresh.stop()
    size, = (line.split(" ")[6] for line in fresh.log().splitlines() if " audit checkpoint: " in line)
    assert size == (fresh.state / "audit.head").read_text(encoding="utf-8").splitlines()[1]


# ---- what is found ----

def database_of(daemon):
    return contextlib.closing(sqlite3.connect(daemon.state / "oht.db", isolation_level=None))


def mend_leaf(daemon, database, number):
    """As somebody does who has read docs/audit.md."""
    row = dict(zip(("number", "time_ns", "boot_id", "who", "act", "object", "before", "after", "result", "from", "request_id"),
                   database.execute("SELECT number, time_ns, boot, who, act, object, before, after, result, source, request_id"
                                    " FROM audit WHERE number = ?", (number,)).fetchone()))
    columns = ["oht-audit-1", str(number), str(row["time_ns"] // 1000000), *(row[name] for name in foreign.COLUMNS[2:])]
    leaf = foreign.hashlib.sha256(b"\0" + b"".join(b"%d:%s," % (len(c.encode()), c.encode()) for c in columns)).hexdigest()
    database.execute("UPDATE audit SET leaf = ? WHERE number = ?", (leaf, number))


def mend_tree(database):
    """All hashes made anew, without the key."""
    edge, size = [], 0
    for (leaf,) in database.execute("SELECT leaf FROM audit ORDER BY number").fetchall():
        foreign.add(edge, size, bytes.fromhex(leaf))
        size += 1
    database.execute("UPDATE audit_tree SET size = ?, edge = ?", (size, b"".join(edge).hex()))


def edit(_daemon, database):
    database.execute("UPDATE audit SET who = 'nobody' WHERE number = 5")


def edit_with_hash(daemon, database):
    edit(daemon, database)
    mend_leaf(daemon, database, 5)


def chain_anew(daemon, database):
    edit_with_hash(daemon, database)
    mend_tree(database)


def delete(_daemon, database):
    database.execute("DELETE FROM audit WHERE number = 5")


def reorder(daemon, database):
    for old, new in ((5, 1000), (6, 5), (1000, 6)):
        database.execute("UPDATE audit SET number = ? WHERE number = ?", (new, old))
    mend_leaf(daemon, database, 5)
    mend_leaf(daemon, database, 6)


def insert(_daemon, database):
    database.execute("INSERT INTO audit SELECT number + 1, time_ns, boot, 'mallory', act, object, before, after, result, source,"
                     " request_id, leaf FROM audit ORDER BY number DESC LIMIT 1")


def cut(_daemon, database):
    database.execute("DELETE FROM audit WHERE number > 8")


def cut_and_mend(_daemon, database):
    cut(_daemon, database)
    mend_tree(database)


def remove_as_old(_daemon, database):
    """As if the first ones were too old."""
    edge = []
    for size, (leaf,) in enumerate(database.execute("SELECT leaf FROM audit WHERE number <= 5 ORDER BY number").fetchall()):
        foreign.add(edge, size, bytes.fromhex(leaf))
    note, = database.execute("SELECT note FROM audit_checkpoints LIMIT 1").fetchone()
    database.execute("UPDATE audit_tree SET removed = 5, removed_edge = ?, removed_note = ?", (b"".join(edge).hex(), note))
    database.execute("DELETE FROM audit WHERE number <= 5")


def remove_all(daemon, database):
    """All records are gone, as if they had been too old, also those of the newest checkpoint; others stand behind them."""
    row = database.execute("SELECT * FROM audit WHERE number = 9").fetchone()
    note, = database.execute("SELECT note FROM audit_checkpoints LIMIT 1").fetchone()
    database.execute("DELETE FROM audit")
    edges = {"removed": [], "size": []}
    for number in range(1, 22):
        if number > 17:
            database.execute(f"INSERT INTO audit VALUES ({', '.join('?' * len(row))})", (number, *row[1:]))
            mend_leaf(daemon, database, number)
        leaf = database.execute("SELECT leaf FROM audit WHERE number = ?", (number,)).fetchone() if number > 17 else ("00" * 32,)
        for name, last in (("removed", 17), ("size", 21)):
            if number <= last:
                foreign.add(edges[name], number - 1, bytes.fromhex(leaf[0]))
    database.execute("UPDATE audit_tree SET size = 21, edge = ?, removed = 17, removed_edge = ?, removed_note = ?",
                     (b"".join(edges["size"]).hex(), b"".join(edges["removed"]).hex(), note))


def note_of(daemon, ending, size, edge, more=""):
    """As root: with all that the folder has."""
    origin = (daemon.state / "audit.head").read_text(encoding="utf-8").splitlines()[0] + ending
    text = f"{origin}\n{size}\n{base64.b64encode(foreign.root_of(edge)).decode()}\n{more}"
    files = [daemon.folder / name for name in ("key.der", "text")]
    for file, data in zip(files, (ED25519_DER + (daemon.state / "audit.key").read_bytes(), text.encode())):
        file.write_bytes(data)
    def openssl(*words):
        return subprocess.run(["openssl", *words], capture_output=True, check=True).stdout
    signed = openssl("pkeyutl", "-sign", "-keyform", "DER", "-inkey", files[0], "-rawin", "-in", files[1])
    public = openssl("pkey", "-inform", "DER", "-in", files[0], "-pubout", "-outform", "DER")[-32:]
    key_hash = foreign.hashlib.sha256(origin.encode() + b"\n\x01" + public).digest()[:4]
    return f"{text}\n\N{EM DASH} {origin} {base64.b64encode(key_hash + signed).decode()}\n"


def chain_anew_with_the_key(daemon, database):
    chain_anew(daemon, database)
    edge, size = [], 0
    for size, (leaf,) in enumerate(database.execute("SELECT leaf FROM audit ORDER BY number").fetchall(), 1):
        foreign.add(edge, size - 1, bytes.fromhex(leaf))
    (daemon.state / "audit.head").write_text(note_of(daemon, "", size, edge), encoding="utf-8")


def remove_all_with_the_key(daemon, database):
    remove_all(daemon, database)
    edge = bytes.fromhex(database.execute("SELECT removed_edge FROM audit_tree").fetchone()[0])
    note = note_of(daemon, "/removed", 17, [edge[at:at + 32] for at in range(0, len(edge), 32)])
    database.execute("UPDATE audit_tree SET removed_note = ?", (note,))


def keep_what_lasts_with_the_key(daemon, database):
    """As the robot does it: of the first nine those that changed the configuration stay, and the key says so."""
    edge, kept = [], []
    for size, (leaf,) in enumerate(database.execute("SELECT leaf FROM audit WHERE number <= 9 ORDER BY number").fetchall()):
        foreign.add(edge, size, bytes.fromhex(leaf))
    database.execute("DELETE FROM audit WHERE number <= 9 AND act != 'PATCH config'")
    leaves = [bytes.fromhex(leaf) for leaf, in database.execute("SELECT leaf FROM audit WHERE number <= 9 ORDER BY number").fetchall()]
    assert len(leaves) >= 2
    for size, leaf in enumerate(leaves):
        foreign.add(kept, size, leaf)
    line = f"kept {len(leaves)} {base64.b64encode(foreign.root_of(kept)).decode()}\n"
    database.execute("UPDATE audit_tree SET removed = 9, removed_edge = ?, removed_note = ?",
                     (b"".join(edge).hex(), note_of(daemon, "/removed", 9, edge, line)))


def drop_a_kept_one(daemon, database):
    keep_what_lasts_with_the_key(daemon, database)
    database.execute("DELETE FROM audit WHERE number = (SELECT min(number) FROM audit)")


def edit_a_kept_one(daemon, database):
    keep_what_lasts_with_the_key(daemon, database)
    database.execute("UPDATE audit SET who = 'mallory' WHERE number = (SELECT min(number) FROM audit)")


def edit_a_kept_one_with_hash(daemon, database):
    edit_a_kept_one(daemon, database)
    mend_leaf(daemon, database, database.execute("SELECT min(number) FROM audit").fetchone()[0])


def old_copy(daemon, _database):
    """Of the whole folder: the files of before the newest records."""
    for file in (daemon.folder / "older").iterdir():
        (daemon.state / file.name).write_bytes(file.read_bytes())


def two_copies(daemon, database):
    """As a clone of the card that has gone its own way."""
    old_copy(daemon, database)


def cut_and_go_on(daemon, database):
    cut_and_mend(daemon, database)


def hide_in_a_gap(daemon, database):
    """As if the store had not been able to write."""
    database.execute("UPDATE audit SET who = 'ohtd', act = 'gap', object = '', before = '', after = '' WHERE number = 5")
    mend_leaf(daemon, database, 5)


GO_ON = (two_copies, cut_and_go_on)

# What is done, what a witness says of it, and whether the daemon itself finds it when it starts.
ATTACKS = {
    edit: ("record 5 was changed", False),
    edit_with_hash: ("others than", True),
    chain_anew: ("others than this computer has seen", True),
    delete: ("record 5 is missing", True),
    reorder: ("others than", True),
    insert: (None, True),        # it is removed at the start, and told
    cut: ("records from 9 on are missing", True),
    cut_and_mend: ("the audit was cut, or an old copy came back", True),
    remove_as_old: ("is not signed", True),
    remove_all: ("is not signed", True),
    hide_in_a_gap: ("others than", True),
    keep_what_lasts_with_the_key: (None, False),
    drop_a_kept_one: ("records 2 are kept, and 3 were signed as kept", True),
    edit_a_kept_one: ("was changed", False),
    edit_a_kept_one_with_hash: ("others are kept than those that were signed as kept", True),
    cut_and_go_on: ("others than this computer has seen", True),
    # Only a witness finds these.
    chain_anew_with_the_key: ("others than this computer has seen", False),
    remove_all_with_the_key: ("that is signed; nothing is proven", False),
    old_copy: ("the audit was cut, or an old copy came back", False),
    two_copies: ("others than this computer has seen", False),
}


@pytest.fixture(scope="module", name="victim")
def _victim(tmp_path_factory, accounts):
    """A robot with sixteen records, four of accounts, whose newest checkpoint a witness has seen; it is stopped."""
    made = begin(tmp_path_factory.mktemp("victim"), accounts)
    try:
        made.start()
        for i in range(4):
            rename(made, f"name {i}")
        made.stop()
        (made.folder / "older").mkdir()
        for file in ("oht.db", "audit.head"):
            (made.folder / "older" / file).write_bytes((made.state / file).read_bytes())
        made.start()
        for i in range(4, 9):
            rename(made, f"name {i}")
        assert len(records(made)) == 16
        home = made.folder / "home"
        home.mkdir(mode=0o700)
        assert ohtctl(made, home, "audit", "verify").returncode == 0
        made.stop()
        yield made
    finally:
        made.end()


def verify_as_a_stranger(daemon):
    head = daemon.get("audit/head", role="administrator").body.decode()
    size = int(head.splitlines()[1])
    proof = daemon.get(f"audit/proof?from={size}&to={size}", role="administrator").json
    items, key = all_records(daemon), daemon.get("audit/key", role="administrator").json
    if proof["removed"]:
        with pytest.raises(foreign.Altered, match="older records that are kept are others"):
            foreign.verify(items[1:], key, head, proof)
    return foreign.verify(items, key, head, proof) == size


# Of each kind one: a record, their order and number, their end, a signature, those that are kept, and what only a witness finds.
IN_GATE = (edit, reorder, delete, cut, cut_and_mend, remove_as_old, drop_a_kept_one, edit_a_kept_one_with_hash, chain_anew_with_the_key)


@pytest.mark.parametrize("attack", [*IN_GATE, *at_night(*(attack for attack in ATTACKS if attack not in IN_GATE))], ids=lambda attack: attack.__name__)
def test_a_change_of_the_database_is_found(victim, attack):
    finds, by_itself = ATTACKS[attack]
    home = victim.folder / "home"
    kept = {file: (victim.state / file).read_bytes() for file in ("oht.db", "audit.head")}
    seen = {file.name: file.read_bytes() for file in (home / "oht").iterdir()}
    try:
        with database_of(victim) as database:
            attack(victim, database)
        victim.start()
        for i in range(12 if attack in GO_ON else 0):
            rename(victim, f"gone on {i}")
        said = ohtctl(victim, home, "audit", "verify")
        assert ("audit_altered" in victim.get("health", role=None).body.decode()) == by_itself, victim.log()
        assert ("found altered" in {item["act"] for item in records(victim)}) == by_itself
        if finds:
            assert said.returncode == 1 and finds in said.stderr and "1 faults" not in said.stderr, said
            # Where the right edge of the tree is not what it was, the proof alone shows it.
            assert attack not in (chain_anew, cut_and_mend, remove_as_old, remove_all) or ohtctl(victim, home, "audit", "head").returncode == 1
            # What was seen stays.
            assert {file.name: file.read_bytes() for file in (home / "oht").iterdir()} == seen
        else:
            assert said.returncode == 0 and "mallory" not in repr(records(victim)), said
            assert verify_as_a_stranger(victim)
        victim.stop()
    finally:
        victim.kill() if victim.process else None        # pylint: disable=expression-not-assigned
        for ending in ("-wal", "-shm"):
            (victim.state / f"oht.db{ending}").unlink(missing_ok=True)
        for file, data in kept.items():
            (victim.state / file).write_bytes(data)
        for name, data in seen.items():
            (home / "oht" / name).write_bytes(data)


def test_a_log_in_compares_with_what_was_seen(fresh, tmp_path):
    """Nothing is said while all is well; a finding is said to each account, and stays until somebody forgets what was seen."""
    person = Remote(fresh, tmp_path)
    fresh.start()
    for i in range(9):
        rename(fresh, f"name {i}")
        said = person.login("viewer") if i in (0, 8) else None
        assert not said or (said.returncode, said.stdout, said.stderr) == (0, f"logged in at {person.url}\n", ""), said
    fresh.stop()
    with database_of(fresh) as database:
        cut_and_mend(fresh, database)
    seen, = person.folder.glob("audit-*.checkpoint")
    old_port = str(fresh.port)
    fresh.start()
    seen.rename(seen.with_name(seen.name.replace(old_port, str(fresh.port))))
    for words in ((), (), ("--json",)):
        said = person.login("viewer", *words)
        assert said.returncode == 0 and person.url in said.stdout, said
        assert "the audit was cut, or an old copy came back" in said.stderr and len(said.stderr.splitlines()) == 1, said
    person.done("audit", "forget")
    assert person.login("viewer").stderr == ""
    fresh.stop()


def test_a_proof_that_cannot_be_had_now_is_no_finding(fresh, tmp_path):
    """The budget of queries is used up behind the checkpoint: nothing was compared, so nothing was found."""
    person = Remote(fresh, tmp_path)
    fresh.write_config(http_queries_per_s=1)
    fresh.start()
    assert person.login("viewer").stderr == ""
    # That took two of ten; one is left for the checkpoint.
    for _ in range(7):
        assert fresh.get("audit/head", role="viewer").status == 200
    said = person.login("viewer")
    assert (said.returncode, said.stderr) == (0, ""), said
    # A week without one is told.
    seen, = person.folder.glob("audit-*.checkpoint")
    ended = threading.Event()
    def ask():
        while not ended.is_set():
            fresh.get("audit/head", role="viewer")
    asking = threading.Thread(target=ask)
    asking.start()
    for days, told in ((6.5, ""), (8.5, "the robot gives no proof of its audit now, and this computer has had none for 8 days: see ohtctl audit head\n")):
        os.utime(seen, (time.time() - days * 86400,) * 2)
        said = person.login("viewer")
        assert (said.returncode, said.stderr) == (0, told), said
    ended.set()
    asking.join()
    # Who asks for the comparison is told that there was none.
    for _ in range(12):
        said = person.run("audit", "head")
    assert said.returncode == 1 and "more than 1 queries each second" in said.stderr, said
    fresh.stop()


def test_another_key_is_seen_by_the_witness(victim):
    home = victim.folder / "home"
    key = (victim.state / "audit.key").read_bytes()
    assert len(key) == 32 and (victim.state / "audit.key").stat().st_mode & 0o777 == 0o600
    (victim.state / "audit.key").write_bytes(bytes(32))
    try:
        victim.start()
        assert "key_made_anew" in victim.log() and (victim.state / "audit.key").read_bytes() not in (key, bytes(32))
        said = ohtctl(victim, home, "audit", "head")
        assert said.returncode == 1 and "signs with another key" in said.stderr, said
        assert ohtctl(victim, home, "audit", "forget").returncode == 0
        assert ohtctl(victim, home, "audit", "verify").returncode == 0
        victim.stop()
    finally:
        (victim.state / "audit.key").write_bytes(key)


def test_the_key_may_be_a_credential(victim):
    """Nothing of it is stored; what is no key is told, and the one of the state folder goes on."""
    stored, folder = (victim.state / "audit.key").read_bytes(), victim.folder / "credentials"
    folder.mkdir()
    verifiers = []
    victim.shims["CREDENTIALS_DIRECTORY"] = str(folder)
    try:
        for data in (os.urandom(32), bytes(32)):
            (folder / "audit.key").write_bytes(data)
            victim.start()
            verifiers.append(victim.get("audit/key", role="administrator").json["verifier"])
            assert (f"{folder}/audit.key: is no key of 32 bytes" in victim.log()) == (data == bytes(32))
            victim.stop()
        (folder / "audit.key").unlink()
        victim.start()
        assert verifiers == [verifiers[0], victim.get("audit/key", role="administrator").json["verifier"]] and len(set(verifiers)) == 2
        assert (victim.state / "audit.key").read_bytes() == stored
        victim.stop()
    finally:
        del victim.shims["CREDENTIALS_DIRECTORY"]


# ---- another verifier ----

def test_a_foreign_verifier_accepts_it_and_finds_the_same(shared):
    older = shared.get("audit/head", role="administrator").body.decode()
    seen = int(older.splitlines()[1])
    rename(shared, "for the foreign one")
    key = shared.get("audit/key", role="administrator").json
    head = shared.get("audit/head", role="administrator").body.decode()
    size = int(head.splitlines()[1])
    proof = shared.get(f"audit/proof?from={seen}&to={size}", role="administrator").json
    items = all_records(shared)
    assert size > seen and head.splitlines()[0] == key["origin"]
    assert foreign.verify(items, key, head, proof, older) == size
    for number, name, value in ((1, "who", "x"), (size // 2, "result", "200 "), (size, "time", "2020-01-01T00:00:00.000Z")):
        changed = [{**item, name: value} if item["number"] == number else item for item in items]
        with pytest.raises(foreign.Altered, match=f"record {number} was changed"):
            foreign.verify(changed, key, head, proof, older)
    with pytest.raises(foreign.Altered, match="record 2 is missing"):
        foreign.verify(items[:1] + items[2:], key, head, proof, older)
    with pytest.raises(foreign.Altered, match="no signature"):
        foreign.verify(items, key, head.replace(f"\n{size}\n", f"\n{size - 1}\n"))
    with pytest.raises(foreign.Altered, match="the audit was cut"):
        foreign.verify(items, key, older, proof, head)
    assert shared.get(f"audit/proof?from={seen}&to={size + 999}", role="administrator").code == "audit_no_proof"
