# SPDX-License-Identifier: GPL-2.0-or-later
"""A database whose numbers are all as large, or as small, as they can be: it opens, everything is answered, and nothing is granted.

SQLite checks pages, not what a row says, so no repair takes such rows out.
"""
import contextlib
import re
import sqlite3

import pytest

from oht_test.wait import until
from test_keys import ask, key_of, service
from test_reset_code import FRESH, code_for, reset

# As they are, these say which rows belong together, and who may look.
WHOLE = {"schema_migrations", "sqlite_sequence"}
NAMES = ("operator", "supervisor", "administrator")
# What a text has to be for its row to be read at all; others are "x".
WORDS = {
    ("alerts", "severity"): "critical", ("webhooks", "severity"): "warning", ("webhook_deliveries", "severity"): "warning",
    ("webhooks", "url"): "http://127.0.0.1:1/", ("webhooks", "format"): "oht", ("webhook_deliveries", "event"): "alert.began",
    ("webhook_deliveries", "state"): "waiting", ("missions", "state"): "held", ("mission_legs", "state"): "waiting",
    ("mission_legs", "kind"): "wait", ("commands", "state"): "finished", ("command_ids", "state"): "finished",
    ("config_versions", "document"): "{}", ("config_effects", "ended"): "time",
}


def columns_of(database, table):
    """Their names, with their types."""
    return {row[1]: row[2] for row in database.execute(f"PRAGMA table_info({table})")}


def damage(file, number):
    """Each table has a row, and each integer of each row is the number, as far as two rows may have it."""
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as database:
        database.executescript("PRAGMA ignore_check_constraints = 1; PRAGMA foreign_keys = 0;")
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'") if name not in WHOLE]
        for table in tables:
            columns = columns_of(database, table)
            where = f" WHERE name NOT IN {NAMES}" if table == "users" else ""
            values = {"INTEGER": number, "REAL": float(number), "BLOB": bytes(32)}
            row = [values.get(kind) or WORDS.get((table, name), "x") for name, kind in columns.items()]
            with contextlib.suppress(sqlite3.IntegrityError):
                database.execute(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})", row)
            for name in [name for name, kind in columns.items() if kind == "INTEGER"]:
                database.execute(f"UPDATE OR IGNORE {table} SET {name} = ?{where}", (number,))
            assert database.execute(f"SELECT count(*) FROM {table}{where}").fetchone()[0], table
        return tables


def routes(daemon):
    """All that can be asked with GET; a number in a path is that of the rows, or one of a module."""
    for path, operations in daemon.get("openapi.json", role=None).json["paths"].items():
        if "get" in operations and not {"ws", "stream", "foxglove", "content"} & set(path.split("/")):
            yield path.removeprefix("/api/v1/")


def pages(daemon, path):
    """All pages of a list, in both orders where there are two: each has an end."""
    answer = daemon.get(path, role="administrator")
    for _ in range(20):
        is_list = answer.status == 200 and answer.headers["content-type"] == "application/json"
        cursor = is_list and answer.json.get("next_cursor")
        if not cursor:
            return answer
        answer = daemon.get(f"{path}{'&' if '?' in path else '?'}cursor={cursor}", role="administrator")
    raise AssertionError(f"{path} has no end")


@pytest.mark.parametrize("number", [2 ** 63 - 1, pytest.param(-2 ** 63, marks=pytest.mark.slow)])
def test_a_row_of_extremes_ends_nothing_and_grants_nothing(fresh, number):
    fresh.start()
    until(lambda: fresh.get("robot").json["state"] == "safe", what="safe")
    key = key_of(fresh, service(fresh, "program"))
    grant = fresh.login("viewer").json
    code = code_for(fresh, "operator")
    fresh.stop()
    damage(fresh.state / "oht.db", number)
    fresh.tokens.clear()
    fresh.start()
    until(lambda: fresh.get("robot", role="administrator").json["state"] == "safe", what="safe")
    told = [(path, pages(fresh, re.sub(r"\{\w+\}", str(number), path)).status) for path in routes(fresh)]
    assert [each for each in told if each[1] >= 500] == []
    # What is refused is refused by what it is, and not by a daemon that has ended.
    assert ask(fresh, key).status in (401, 403)
    assert fresh.get("robot", role=None, token=grant["access_token"]).status == 401
    assert fresh.post("auth/refresh", {"refresh_token": grant["refresh_token"]}, role=None).status in (401, 403)
    assert fresh.login("viewer").status in (401, 403)
    assert reset(fresh, "operator", code, FRESH).status in (401, 403)
    assert fresh.get("safety", role="operator").json["state"] != "enabled"
    assert fresh.post("safety/stop", role="operator").status == 200
    # What comes from now on is kept.
    assert service(fresh, "later")
    assert fresh.post("missions", {"name": "m", "legs": [{"kind": "wait", "wait_s": 1}]}, role="operator").status == 201
    fresh.stop()
