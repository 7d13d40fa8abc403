# SPDX-License-Identifier: GPL-2.0-or-later
"""The daemon on a system whose time of day is wrong or jumps, seen by clients whose clock is right."""
import datetime
import time

import pytest

from clocks import Skewed
from oht_test.wait import until

pytestmark = pytest.mark.plain("shim")

HOUR_S = 3600
TEN_YEARS_S = 3652 * 86400


@pytest.fixture(name="skewed")
def fixture_skewed(fresh):
    """Beside `fresh`."""
    return Skewed(fresh)


def clock(daemon):
    """What /health tells of the clock."""
    return daemon.get("health", role=None).json["clock"]


def told_s(daemon):
    """Wall time of the daemon, in seconds since 1970."""
    return datetime.datetime.fromisoformat(clock(daemon)["time"].replace("Z", "+00:00")).timestamp()


def test_right_clock(fresh):
    fresh.start()
    told = clock(fresh)
    assert told.keys() == {"time", "synchronised", "ahead_ms", "jumps", "last_jump_ms"}
    assert isinstance(told["synchronised"], bool)
    assert (told["ahead_ms"], told["jumps"], told["last_jump_ms"]) == (0, 0, None)
    assert abs(told_s(fresh) - time.time()) < 60


def test_system_in_1970(fresh, skewed):
    skewed.set_to_1970()
    fresh.start()        # and clients accept the certificate
    assert fresh.get("robot").status == 200
    assert clock(fresh)["ahead_ms"] > 20 * 365 * 86400 * 1000
    skewed.set(0)
    until(lambda: "clock_jumped" in fresh.log(), what="a word about the jump")
    assert fresh.get("robot").status == 200, "the token from before is still good"
    assert abs(told_s(fresh) - time.time()) < 60


@pytest.mark.parametrize("off_s", [HOUR_S, -HOUR_S, TEN_YEARS_S, -TEN_YEARS_S])
def test_jump(fresh, skewed, off_s):
    fresh.start()
    refresh = fresh.login("viewer").json["refresh_token"]
    assert fresh.get("robot").status == 200
    skewed.set(off_s)
    assert fresh.get("robot").status == 200
    answer = fresh.request("POST", "auth/refresh", {"refresh_token": refresh})
    assert answer.status == 200
    assert fresh.request("GET", "robot", token=answer.json["access_token"]).status == 200
    told = clock(fresh)
    assert told["jumps"] == 1
    assert abs(told["last_jump_ms"] - off_s * 1000) < 2000
    assert abs(told["ahead_ms"] - max(-off_s, 0) * 1000) < 2000


def test_jumps_at_any_moment(fresh, skewed, chance):
    """Nobody is locked out, nobody's session ends, time never goes back, also over restarts."""
    fresh.start()
    refresh = fresh.login("operator").json["refresh_token"]
    last_s = 0.0
    for turn in range(30):
        skewed.set(chance.choice([0, HOUR_S, -HOUR_S, TEN_YEARS_S, -TEN_YEARS_S]))
        if turn % 10 == 9:
            fresh.stop()
            fresh.start()
        assert fresh.get("robot", role="operator").status == 200
        answer = fresh.request("POST", "auth/refresh", {"refresh_token": refresh})
        assert answer.status == 200, turn
        refresh = answer.json["refresh_token"]
        now_s = told_s(fresh)
        assert now_s >= last_s, turn
        last_s = now_s
    fresh.tokens.clear()
    assert fresh.get("robot", role="supervisor").status == 200


def test_ten_years_ahead_at_the_first_start(fresh, skewed):
    skewed.set(TEN_YEARS_S)
    fresh.start()
    assert fresh.get("robot").status == 200, "a client whose clock is right accepts the certificate"
    fresh.stop()
    skewed.set(0)
    fresh.start()
    assert fresh.get("robot").status == 200
    assert clock(fresh)["ahead_ms"] > (TEN_YEARS_S - HOUR_S) * 1000


@pytest.mark.parametrize("text", ["", "nonsense\n", "9999999999 1 x\n"])
def test_stored_time_that_makes_no_sense(fresh, text):
    (fresh.state / "time").write_text(text)
    (fresh.state / "time").chmod(0o600)
    fresh.start()
    assert f"{fresh.state}/time: makes no sense, ignored" in fresh.log()
    assert abs(told_s(fresh) - time.time()) < 60
