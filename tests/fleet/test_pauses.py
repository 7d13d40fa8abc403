# SPDX-License-Identifier: GPL-2.0-or-later
"""What refuses or ends each connection at once is asked again behind a pause: a hundred robots would be a flood, and one a busy processor."""
import socket

import pytest

from oht_test.wait import until
from vehicle import Listener, Vehicle

# A little less than the program's: both clocks are read between two others.
BROKER_S, STREAM_S = 0.49, 0.49


def no_word(link):
    link.recv(4096)


def accepted(link):
    """A connection of MQTT that begins, and ends."""
    link.recv(4096)
    link.sendall(b"\x20\x02\0\0")


def reset(link):
    link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


@pytest.mark.slow
@pytest.mark.parametrize("serve", [no_word, accepted, reset])
def test_a_broker_that_ends_each_connection(robot, tmp_path, serve):
    with Listener(("127.0.0.1", 0), serve) as listener:
        vehicle = Vehicle(tmp_path, robot.socket, listener, "patient", "3.0")
        try:
            vehicle.start(listen=False)
            until(lambda: len(listener.came) >= 4, what="four connections")
            vehicle.stop()
        finally:
            vehicle.end()
    assert min(listener.gaps()) >= BROKER_S, listener.gaps()
    assert len({round(gap, 3) for gap in listener.gaps()}) > 1, "chance has no part in it"


@pytest.mark.slow
def test_a_controller_that_ends_each_connection(broker, tmp_path):
    asked = []

    def serve(link):
        asked.append(link.recv(4096).partition(b" HTTP/")[0])

    with Listener(str(tmp_path / "socket"), serve) as listener:
        vehicle = Vehicle(tmp_path, listener.path, broker, "orphan", "3.0")
        try:
            vehicle.start()
            until(lambda: sum(b"/stream" in line for line in list(asked)) >= 4, what="four questions for live data")
            vehicle.stop()
        finally:
            vehicle.end()
    began = [at for at, line in zip(listener.came, asked) if b"/stream" in line]
    assert min(later - sooner for sooner, later in zip(began, began[1:])) >= STREAM_S, began
    # Three questions belong to each: no more comes in between.
    assert len(asked) <= 4 * (len(began) + 1), asked
