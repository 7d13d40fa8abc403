# SPDX-License-Identifier: GPL-2.0-or-later
"""Many messages, to clients that leave without a word, over restarts of the daemon: none is missing, doubled or out of order.

OHT_LIVE_SOAK=1 is the campaign: ten parts of 10^6 messages, each with 100 lost connections and 20 restarts.
"""
import os
import time

import pytest

from following import EVENTS, Follower, Told
from live import dial, subscribe
from oht_test.wait import until
from test_restart import restart

SOAK = bool(os.environ.get("OHT_LIVE_SOAK"))
MESSAGES, LOST, RESTARTS, PARTS = (1_000_000, 100, 20, 10) if SOAK else (10_000, 10, 2, 1)
CLIENTS = 48 if SOAK else 12
STATES = ("robot", "modules", "bus", "telemetry")
# A lifetime of the daemon may be as long as this: a campaign that makes no progress is no campaign.
PATIENCE_S = 600


def stop_and_go(daemon):
    """Events for everybody: a stop and its reset."""
    assert daemon.post("safety/stop").status == 200
    until(lambda: daemon.post("safety/reset").status == 200, what="a reset")


def live_until(daemon, followers, messages, lost):
    """One life of the daemon, until the followers have had so many and lost so many connections."""
    end = time.monotonic() + PATIENCE_S
    while sum(each.messages for each in followers) < messages or sum(each.left for each in followers) < lost:
        assert time.monotonic() < end and not any(each.failure for each in followers), [
            (each.messages, each.left, each.failure) for each in followers]
        stop_and_go(daemon)
        time.sleep(0.2)


@pytest.mark.slow
@pytest.mark.plain("timing")
@pytest.mark.parametrize("part", range(PARTS))
def test_no_message_is_missing(kept, part):
    told, token = Told(), kept.token("viewer")
    leaves_after = MESSAGES // LOST
    followers = [Follower(kept, token, STATES, told, leaves_after) for _ in range(CLIENTS)]
    try:
        for life in range(1, RESTARTS + 2):
            live_until(kept, followers, MESSAGES * life // (RESTARTS + 1), LOST * life // (RESTARTS + 1))
            print(f"life {life}: {sum(each.messages for each in followers)} messages", flush=True)
            if life <= RESTARTS:
                restart(kept)
        assert kept.log().count("live_goes_on") == RESTARTS
        with dial(kept, "viewer") as other:
            whole = {channel: subscribe(other, channel) for channel in EVENTS}
        until(lambda: all(each.failure or all(each.seqs[channel] >= whole[channel]["seq"] for channel in EVENTS)
                          for each in followers), what="all of them as new")
    finally:
        for each in followers:
            each.end()
    print(f"part {part}: {sum(each.messages for each in followers)} messages, {len(told.contents)} different ones, "
          f"{sum(each.left for each in followers)} connections lost, {RESTARTS} restarts, "
          f"{sum(each.resyncs for each in followers)} states told anew")
    for each in followers:
        assert each.failure is None and each.epoch == followers[0].epoch
        assert each.states["commands"] == whole["commands"]["data"], "changes add up to the state"
