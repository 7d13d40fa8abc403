# SPDX-License-Identifier: GPL-2.0-or-later
"""How often one client may ask: what is refused, for whom, and what is never refused."""
import itertools
import time

import pytest

from clocks import Skewed
from oht_test.client import PASSWORD
from oht_test.params import at_night
from test_metrics import fetched

BURST_S = 10
MERGE = {"Content-Type": "application/merge-patch+json"}
TRIES = 400


def limited(ask, before=0):
    """Asks until the budget of 1 each second is used up; returns the refusal. `before`: how many it has taken already."""
    began = time.monotonic()
    for tries in itertools.count(1):
        answer = ask()
        if answer.status == 429 and answer.code == "rate_limited":
            break
        assert tries < TRIES, "a budget without an end"
    let_through = tries - 1
    assert BURST_S - before <= let_through <= BURST_S + time.monotonic() - began + 1
    assert answer.headers["retry-after"] == "1"
    return answer


def refused_of(daemon, budget):
    """What GET /metrics has counted."""
    return fetched(daemon)[0]["oht_rate_limited_total", f'{{budget="{budget}"}}']


def change(daemon, role="administrator"):
    """A change that does nothing."""
    return daemon.request("PUT", "logs/level", {"level": "info"}, role=role)


def test_changes_are_counted_for_each_account(fresh):
    fresh.write_config(http_changes_per_s=1)
    fresh.start()
    assert fresh.post("users", {"username": "other", "password": PASSWORD, "role": "administrator"}).status == 201
    before = refused_of(fresh, "changes")
    # The account, and the elevation that it needs.
    answer = limited(lambda: change(fresh), before=2)
    assert answer.json["detail"] == "more than 1 changes each second; wait for 1 s"
    assert refused_of(fresh, "changes") > before
    # Another account has a budget of its own, also at the same address.
    other = fresh.login("other").json["access_token"]
    assert fresh.request("PUT", "logs/level", {"level": "info"}, token=other).status == 200
    # It comes back by itself.
    time.sleep(1.1)
    assert change(fresh).status == 200
    assert "rate_limited" in fresh.log()
    # So are those that the control thread has to take as well: each is a version that is kept.
    limited(lambda: fresh.request("PATCH", "config", {"robot": {"place": "here"}}, role="supervisor", headers=MERGE))
    for path, operations in fresh.get("openapi.json").json["paths"].items():
        for method, operation in operations.items():
            codes = {code for reply in operation["responses"].values() for code in reply.get("x-codes", ())}
            # An order with an id is noted in the store, and is no change; the place of the robot is a file, and the control thread takes it.
            if method != "get" and "storage_full" in codes and operation["x-rate"] == "general" and not path.endswith(("/robot/commands", "/robot/position")):
                assert operation["x-budget"] == "changes", (method, path)
            assert operation["x-rate"] != "stop" or not operation.get("x-budget") and "rate_limited" not in codes, (method, path)
    fresh.stop()


def test_a_refused_change_is_not_made(fresh):
    fresh.write_config(http_changes_per_s=1)
    fresh.start()
    operator = next(item for item in fresh.get("users", role="administrator").json["items"] if item["username"] == "operator")
    fresh.elevated()
    limited(lambda: change(fresh), before=1)
    answers = []
    # On a late host more than one comes by itself.
    while 429 not in answers:
        assert len(answers) < TRIES
        answers.append(fresh.request("DELETE", f"users/{operator['id']}", role="administrator").status)
    left = {item["username"] for item in fresh.get("users", role="administrator").json["items"]}
    assert ("operator" in left) == (204 not in answers), answers
    fresh.stop()


def test_what_has_no_budget(fresh):
    fresh.write_config(http_changes_per_s=1, http_queries_per_s=1, http_logins_per_s=1)
    fresh.start()
    renewed = fresh.login("administrator").json["refresh_token"]
    token = fresh.token("administrator")
    limited(lambda: change(fresh))
    limited(lambda: fresh.get("users", role="administrator"))
    limited(lambda: fresh.login("administrator"), before=2)
    client = fresh.another(keep_s=5)
    for _ in range(3 * BURST_S):
        assert client.request("POST", "safety/stop", b"", token=token).status == 200
        assert client.get("health", role=None).status == 200
        assert client.get("health/live", role=None).status == 200
        assert client.get("robot", role=None, token=token).status == 200
        answer = client.request("POST", "robot/commands", {"verb": "disable"}, token=token)
        assert answer.status != 429, answer
        answer = client.request("POST", "auth/refresh", {"refresh_token": renewed})
        assert answer.status == 200, answer
        renewed = answer.json["refresh_token"]
    client.hang_up()
    fresh.stop()


def test_queries_are_counted_for_each_account(fresh):
    fresh.write_config(http_queries_per_s=1)
    fresh.start()
    limited(lambda: fresh.get("safety/events", role="viewer"))
    assert fresh.get("safety/events", role="operator").status == 200
    assert change(fresh).status == 200
    assert refused_of(fresh, "queries") >= 1
    fresh.stop()


def test_log_ins_are_counted_for_each_address(fresh):
    """Also those that succeed, and those that are nonsense."""
    fresh.write_config(http_logins_per_s=1)
    fresh.start()
    here, there = fresh.another(address="127.0.0.9"), fresh.another(address="127.0.0.10")
    limited(lambda: here.login("operator"))
    assert there.login("operator").status == 200
    limited(lambda: there.request("POST", "auth/login", {"username": 5}), before=1)
    assert fresh.login("operator").status == 200
    fresh.stop()


def test_who_may_not_does_not_use_a_budget_up(fresh):
    """Refusals of other kinds stay what they are."""
    fresh.write_config(http_changes_per_s=1)
    fresh.start()
    for _ in range(2 * BURST_S):
        assert change(fresh, role="viewer").status == 403
        assert change(fresh, role=None).status == 401
    assert change(fresh).status == 200
    fresh.stop()


@pytest.mark.plain("shim")
@pytest.mark.parametrize("off_s", [-3600, *at_night(3600)])
def test_a_time_of_day_that_jumps_changes_nothing(fresh, off_s):
    skewed = Skewed(fresh)
    fresh.write_config(http_changes_per_s=1)
    fresh.start()
    limited(lambda: change(fresh))
    skewed.set(off_s)
    seen = [change(fresh).status for _ in range(5)]
    assert 429 in seen and set(seen) <= {200, 429}, seen
    time.sleep(1.1)
    assert change(fresh).status == 200
    fresh.stop()


def test_a_rate_is_an_item_of_the_configuration(fresh):
    """ohtd.conf has its default; a change holds at once, and at the next start."""
    def query(times):
        return {fresh.get("safety/events", role="viewer").status for _ in range(times)}
    def change(rate):
        return fresh.request("PATCH", "config", {"rates": {"queries_per_s": rate}}, role="administrator",
                             headers={"Content-Type": "application/merge-patch+json"})
    def rate():
        return fresh.get("config").json["rates"]["queries_per_s"]
    fresh.write_config(http_queries_per_s=1)
    fresh.start()
    assert rate() == 1 and 429 in query(3 * BURST_S)
    assert change(0).code == "elevation_required"
    fresh.post("auth/elevate", {"password": PASSWORD})
    for bad in (-1, 10001, 0.5, "1"):
        answer = change(bad)
        assert answer.status == 400 and answer.json["errors"][0]["pointer"] == "/rates/queries_per_s"
    assert change(0).status == 200
    assert query(3 * BURST_S) == {200}
    fresh.stop()
    fresh.start()
    assert rate() == 0 and query(3 * BURST_S) == {200}
    fresh.stop()
