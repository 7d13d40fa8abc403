# SPDX-License-Identifier: GPL-2.0-or-later
"""The daemon on a system whose time of day is wrong or jumps, seen by clients whose clock is right."""
import datetime
import struct
import subprocess
import time

import pytest

from clocks import Skewed
from daemon import OHTD
from oht_test.params import at_night
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


def codes(daemon):
    return {alert["code"] for alert in daemon.get("alerts").json["items"]}


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


@pytest.mark.parametrize("off_s", [-HOUR_S, TEN_YEARS_S, *at_night(HOUR_S, -TEN_YEARS_S)])
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
    [step] = until(lambda: fresh.get("timeline?kinds=clock").json["items"], what="the step in the timeline")
    assert abs(int(step["text"].split()[-2]) - off_s) <= 2, step


@pytest.mark.slow
def test_jumps_at_any_moment(fresh, skewed, chance):
    """Nobody is locked out, nobody's session ends, and while the daemon runs time never goes back."""
    fresh.start()
    refresh = fresh.login("operator").json["refresh_token"]
    last_s = 0.0
    for turn in range(30):
        skewed.set(chance.choice([0, HOUR_S, -HOUR_S, TEN_YEARS_S, -TEN_YEARS_S]))
        if turn % 10 == 9:
            fresh.stop()
            fresh.start()
            last_s = 0.0        # what nobody has kept right is not kept
        assert fresh.get("robot", role="operator").status == 200
        answer = fresh.request("POST", "auth/refresh", {"refresh_token": refresh})
        assert answer.status == 200, turn
        refresh = answer.json["refresh_token"]
        now_s = told_s(fresh)
        assert now_s >= last_s, turn
        last_s = now_s
    fresh.tokens.clear()
    assert fresh.get("robot", role="supervisor").status == 200


def test_steps_without_an_end_are_a_record_an_hour(fresh, skewed):
    """Else they would push what people did out of the audit: it keeps 100,000 records."""
    def steps():
        return [item["object"] for item in reversed(fresh.get("audit?act=clock%20step&limit=200", role="administrator").json["items"])]

    boot = Skewed(fresh, "OHT_SHIM_BOOT")
    fresh.start()
    skewed.set(HOUR_S)
    until(lambda: len(steps()) == 1, what="the first step")
    for turn in range(1, 8):
        skewed.set(HOUR_S + turn * 60)
        until(lambda turn=turn: clock(fresh)["jumps"] == 1 + turn, what="a step")
    assert len(steps()) == 1
    # The boot time steps on as well, which is one more step to the other side.
    boot.set(HOUR_S + 60)
    fresh.tokens.clear()
    until(lambda: len(steps()) == 2, what="those of the hour")
    skewed.set(0)
    until(lambda: clock(fresh)["jumps"] == 10, what="the last step")
    fresh.stop()
    skewed.set(0)
    boot.set(0)
    fresh.tokens.clear()
    fresh.start()
    told = [(abs(int(text.split()[0]) - wanted) <= 2, text.split()[1:]) for text, wanted in
            zip(steps(), (HOUR_S, 7 * 60 - HOUR_S - 60, -HOUR_S - 7 * 60), strict=True)]
    assert told == [(True, ["s"]), (True, ["s", "in", "8", "steps"]), (True, ["s"])], steps()
    assert fresh.log().count("clock_jumped") == 3
    fresh.stop()


def test_ten_years_ahead_at_the_first_start(fresh, skewed):
    skewed.set(TEN_YEARS_S)
    fresh.start()
    assert fresh.get("robot").status == 200, "a client whose clock is right accepts the certificate"
    fresh.stop()
    skewed.set(0)
    fresh.start()
    assert fresh.get("robot").status == 200


@pytest.mark.parametrize("text", ["", "nonsense\n", "9999999999 1 x\n"])
def test_stored_time_that_makes_no_sense(fresh, text):
    (fresh.state / "time").write_text(text)
    (fresh.state / "time").chmod(0o600)
    fresh.start()
    assert f"{fresh.state}/time: makes no sense, ignored" in fresh.log()
    assert abs(told_s(fresh) - time.time()) < 60


# ---- a clock that was wrong, and is set right ----

def certificate_days(daemon):
    """How many days the certificate is good for, in all and from now on."""
    told = daemon.get("system/certificate").json
    begin, end = (datetime.datetime.fromisoformat(told[key].replace("Z", "+00:00")).timestamp() for key in ("not_before", "not_after"))
    return (end - begin) / 86400, (end - time.time()) / 86400


FORTY_FIVE_YEARS_S = 45 * 365 * 86400


def test_a_clock_that_was_decades_ahead_is_set_right(fresh, skewed):
    """2071 at the boot; right, and kept right, some seconds later."""
    kept = Skewed(fresh, "OHT_SHIM_KEPT")
    skewed.set(FORTY_FIVE_YEARS_S)
    fresh.start()
    token = fresh.token("viewer")
    refresh = fresh.login("viewer").json["refresh_token"]
    assert told_s(fresh) > time.time() + FORTY_FIVE_YEARS_S - 60
    until((fresh.state / "time").exists, what="a time that is kept")
    assert float((fresh.state / "time").read_text().split()[0]) < time.time() + 60, "nothing of it is kept"
    skewed.set(0)
    until(lambda: clock(fresh)["jumps"], what="the jump")
    assert told_s(fresh) > time.time() + FORTY_FIVE_YEARS_S - 60, "nobody has said that this time is right"
    assert codes(fresh) >= {"clock_ahead"}
    kept.set(1)
    until(lambda: abs(told_s(fresh) - time.time()) < 60, what="the right time")
    assert "clock_ahead" not in codes(fresh)
    assert fresh.request("GET", "robot", token=token).status == 200
    assert fresh.request("POST", "auth/refresh", {"refresh_token": refresh}).status == 200
    alerts = fresh.get("alerts").json["items"]
    assert [alert["severity"] for alert in alerts if alert["code"] == "clock_corrected"] == ["warning"], alerts
    until(lambda: "clock_corrected" in fresh.log(), what="a line that says so")
    until(lambda: certificate_days(fresh)[0] <= 397, what="a certificate of the right time")
    assert 300 < certificate_days(fresh)[1] <= 397
    assert "clock_corrected" not in [reason["code"] for reason in fresh.get("health", role=None).json["reasons"]]
    until(lambda: abs(float((fresh.state / "time").read_text().split()[0]) - time.time()) < 60, what="the right time being kept")
    fresh.stop()
    kept.set(0)
    fresh.start()
    assert abs(told_s(fresh) - time.time()) < 60


def test_a_restart_takes_back_what_nobody_kept_right(fresh, skewed):
    skewed.set(FORTY_FIVE_YEARS_S)
    fresh.start()
    fresh.stop()
    skewed.set(0)
    fresh.start()
    assert abs(told_s(fresh) - time.time()) < 60
    assert fresh.get("robot").status == 200


def test_a_time_that_an_earlier_release_kept_is_set_right(fresh, skewed):
    """Without a person, once the system is kept right."""
    kept = Skewed(fresh, "OHT_SHIM_KEPT")
    (fresh.state / "time").write_text(f"{int(time.time()) + FORTY_FIVE_YEARS_S} 1 0-0\n")
    (fresh.state / "time").chmod(0o600)
    fresh.start()
    assert told_s(fresh) > time.time() + FORTY_FIVE_YEARS_S - 60
    kept.set(2)     # As chrony without rtcsync keeps it.
    assert fresh.get("health", role=None).json["clock"]["synchronised"]
    until(lambda: abs(told_s(fresh) - time.time()) < 60, what="the right time")
    until(lambda: abs(float((fresh.state / "time").read_text().split()[0]) - time.time()) < 60, what="the right time being kept")


@pytest.mark.parametrize("simulated", ["no", "yes"])
def test_a_real_robot_says_that_nothing_keeps_its_time_right(fresh, simulated):
    """Ten minutes after the start, since time comes from the network."""
    kept, up = Skewed(fresh, "OHT_SHIM_KEPT"), Skewed(fresh, "OHT_SHIM_MONOTONIC")
    fresh.write_config(robot_simulated=simulated, bus_time_factor=1)
    fresh.start()
    fresh.get("health", role=None)
    up.set(580)
    assert "clock_not_synchronised" not in codes(fresh)
    up.set(620)
    assert ("clock_not_synchronised" in codes(fresh)) == (simulated == "no")
    assert "clock_not_synchronised" not in str(fresh.get("health", role=None).json["reasons"])
    kept.set(1)
    assert "clock_not_synchronised" not in codes(fresh)


def test_a_simulated_robot_lives_a_week_ago_and_sleeps_until_now(fresh):
    """Another program lowers the number; one that rises is not followed, and nothing of it is a step of the clock."""
    file = fresh.folder / "behind"

    def put(behind_s):
        with file.open("r+b" if file.exists() else "wb") as out:
            out.write(struct.pack("=q", int(behind_s * 1e9)))
    put(7 * 86400)
    fresh.write_config(robot_clock=file)
    fresh.start()
    assert abs(told_s(fresh) + 7 * 86400 - time.time()) < 60
    for behind_s, is_s in ((HOUR_S, HOUR_S), (2 * HOUR_S, HOUR_S), (0, 0)):
        put(behind_s)
        assert abs(told_s(fresh) + is_s - time.time()) < 60
    assert (clock(fresh)["ahead_ms"], clock(fresh)["jumps"]) == (0, 0)
    fresh.stop()
    assert "clock_jumped" not in fresh.log()
    # What is no number of nanoseconds is no time, and no start mends it.
    file.write_bytes(b"1234567")
    fresh.write_config(robot_clock=file)
    refused = subprocess.run([OHTD, "--config", fresh.config], env=fresh.environment(), capture_output=True, text=True, timeout=60, check=False)
    assert refused.returncode == 78 and str(file) in refused.stderr, refused
