# SPDX-License-Identifier: GPL-2.0-or-later
"""Accounts from a table: each fault is told with its line, column and value, and all accounts are made or none."""
import subprocess

import pytest

from oht_test.client import PASSWORD
from remote import OHTCTL

HEAD = "username,role,full_name\n"


def send(daemon, table, dry=False, **more):
    return daemon.post(f"users/import{'?dry_run=true' if dry else ''}", {"csv": table}, **more)


def names(daemon):
    return {item["username"] for item in daemon.get("users?limit=200", role="administrator").json["items"]}


FAULTS = [
    ("Benutzername,Rolle\nanna,operator\n", ("column 'Benutzername'", "column 'Rolle'", "no column 'username'")),
    (HEAD.replace(",full_name", ",password") + "anna,operator,x\n", ("column 'password'",)),
    ("username\nanna\n", ("no column 'role'",)),
    ("username,role,role\nanna,operator,viewer\n", ("csv:1: column 'role' twice",)),
    ("username;role\nanna;operator\n", ("csv:1:", "';'")),
    (HEAD, ("no line behind its header",)),
    ("# nothing\n", ("no header line",)),
    (HEAD + "anna,operator\n", ("csv:2: 2 fields where the header has 3",)),
    (HEAD + 'anna,operator,"Anna\n', ("closing quote",)),
    (HEAD + 'an"na,operator,\n', ("csv:2:",)),
    (HEAD + "bert,viewer,\nan na,operator,\n", ("line 3, username: 'an na'",)),
    (HEAD + "x" * 10000 + ",operator,\n", ("line 2, username: 'xxxx", "1 to 64 characters")),
    (HEAD + "anna,operator," + "y" * 10000 + "\n", ("line 2, full_name: 'yyyy", "10000 bytes, at most 128")),
    (HEAD + "anna,operator,\u202eannA\n", ("line 2, full_name:",)),
    (HEAD + "ohtd,operator,\n", ("line 2, username: 'ohtd'",)),
    (HEAD + "anna,king,\nbert,Operator,\n", ("line 2, role: 'king' is none of", "line 3, role: 'Operator'")),
    (HEAD + "anna,operator,\nbert,viewer,\nANNA,viewer,\n", ("line 4, username: 'ANNA' is in line 2, too",)),
    (HEAD + "".join(f"u{i},viewer,\n" for i in range(101)), ("101 lines, at most 100",)),
]


@pytest.mark.parametrize("dry", [True, False])
def test_what_is_wrong_is_told_with_its_place_and_nothing_is_made(daemon, dry):
    before = names(daemon)
    for table, told in FAULTS:
        answer = send(daemon, table, dry)
        assert (answer.status, answer.code) == (400, "validation"), (table[:80], answer)
        text = " | ".join(error["detail"] for error in answer.json["errors"])
        assert all(word in text for word in told) and all(error["pointer"] == "/csv" and len(error["detail"]) < 512 for error in answer.json["errors"]), text
    for taken in ("viewer", "VIEWER"):
        answer = send(daemon, HEAD + f"fresh-one,operator,\n{taken},operator,\n", dry)
        assert (answer.status, answer.code) == (409, "user_exists") and f"line 3, username: there is an account '{taken}'" in str(answer.json["errors"]), answer
    assert send(daemon, HEAD + "an\0na,operator,\n", dry).status == 400
    assert names(daemon) == before


def test_only_elevated_administrators(daemon):
    assert send(daemon, HEAD + "anna,viewer,\n", token=daemon.token("administrator")).code == "elevation_required"
    assert send(daemon, HEAD + "anna,viewer,\n", role="supervisor").code == "role"


def test_fifty_are_made_once_and_each_comes_in_by_a_code(fresh):
    fresh.start()
    # As a spreadsheet saves it, with the columns in another order.
    table = "\ufeffrole,full_name,username\r\n" + "".join(f'operator,"Person ""{i}"", hall 7",p{i:02}\r\n' for i in range(50))
    assert send(fresh, table, True).json["items"][49] == {"line": 51, "id": None, "username": "p49", "role": "operator", "full_name": 'Person "49", hall 7'}
    assert "p00" not in names(fresh)
    once = {"Idempotency-Key": "the-new-shift-0001"}
    answer = send(fresh, table, headers=once)
    assert answer.status == 201 and not answer.json["dry_run"] and len(answer.json["items"]) == 50, answer
    again = send(fresh, table, headers=once)
    assert (again.status, again.body, again.headers["idempotency-replayed"]) == (201, answer.body, "true")
    assert send(fresh, table).code == "user_exists"
    fresh.kill()
    fresh.start()
    assert {f"p{i:02}" for i in range(50)} <= names(fresh)
    # Each is in the audit, with the line from which it came.
    records = [record for record in fresh.get("audit?limit=200&act=POST%20users/import", role="administrator").json["items"] if record["result"] == "201"]
    made = {record["object"]: record["after"] for record in records if record["object"].startswith("p")}
    assert len(made) == 50 and all(record["who"] == "administrator" for record in records) and '"line":9' in str(made["p07"]).replace("'", '"').replace(" ", "")
    one = answer.json["items"][7]
    assert fresh.login("p07").code == "login_refused"
    code = fresh.post(f"users/{one['id']}/reset-code").json["reset_code"]
    assert fresh.post("auth/reset", {"username": "p07", "reset_code": code, "password": PASSWORD}, role=None).status in (200, 204)
    assert fresh.login("p07").json["role"] == "operator"
    assert fresh.get("users?q=hall%207&limit=200", role="administrator").json["items"][7]["full_name"] == 'Person "7", hall 7'


def test_ohtctl_makes_them(daemon, tmp_path):
    table = tmp_path / "shift.csv"
    table.write_text(HEAD + "shell.one,viewer,One\nshell.two,operator,\n")

    def run(*options):
        done = subprocess.run([OHTCTL, "user", "import", table, "--socket", daemon.socket, *options], capture_output=True, text=True, timeout=60,
                              check=False, env=daemon.environment())
        return done.returncode, done.stdout + done.stderr
    code, text = run("--check")
    assert code == 0 and "shell.two" in text and "shell.one" not in names(daemon), text
    code, text = run()
    assert code == 0 and {"shell.one", "shell.two"} <= names(daemon), text
    code, text = run()
    assert code == 1 and "line 2, username: there is an account 'shell.one'" in text, text
    table.write_bytes(HEAD.encode() + b"an\0na,viewer,\n")
    code, text = run()
    assert code == 1 and "NUL byte" in text, text
    # Other tests share this robot and its accounts.
    for item in daemon.get("users?limit=200", role="administrator").json["items"]:
        if item["username"].startswith("shell."):
            assert daemon.request("DELETE", f"users/{item['id']}", role="administrator").status == 204
