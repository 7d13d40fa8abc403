# SPDX-License-Identifier: GPL-2.0-or-later
"""Listening sockets that the service manager keeps over a restart of the daemon."""
import concurrent.futures
import os
import signal
import socket
import time

import pytest

from keeper import Keeper
from oht_test.wait import until

pytestmark = pytest.mark.plain("filter")

LOOPS = 2
@pytest.fixture(name="keeper")
def fixture_keeper(fresh):
    """Told of the daemon's life, which has begun."""
    fresh.write_config(http_loops=LOOPS)
    made = Keeper(fresh)
    fresh.start()
    until(lambda: len(made.kept) == LOOPS, what="a socket of each loop in the store")
    yield made
    made.close()


@pytest.mark.parametrize("number, code", [(signal.SIGTERM, 0), (signal.SIGKILL, -signal.SIGKILL)])
def test_clients_wait_over_a_restart(fresh, keeper, number, code):
    port = fresh.port
    until(lambda: fresh.get("timeline?kinds=start").json["items"], what="the first start, in the store")
    fresh.stop(number, code)
    clients = 8
    with concurrent.futures.ThreadPoolExecutor(clients) as pool:
        # Nobody is there to answer, and nobody refuses.
        answers = [pool.submit(fresh.get, "health", role=None) for _ in range(clients)]
        time.sleep(0.5)
        assert not any(answer.done() for answer in answers)
        keeper.hand_over()
        fresh.start()
        assert fresh.port == port, "any port will do, but it is where it was"
        assert [answer.result().status for answer in answers] == [200] * clients
    assert len(keeper.of("https")) == LOOPS
    newest, _ = until(lambda: len(found := fresh.get("timeline?kinds=start").json["items"]) == 2 and found, what="both starts")
    assert ("cut off" in newest["text"]) == (number == signal.SIGKILL), newest


def test_without_a_keeper_nobody_waits(fresh, keeper):
    keeper.forget()
    fresh.stop()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", fresh.port), 5)


def test_another_number_of_loops(fresh, keeper):
    """One socket alone is made another way than several that share a port, and the port is free for it in time."""
    port = fresh.port
    fresh.stop()
    fresh.write_config(http_loops=1, http_listen=f"127.0.0.1:{port}")
    keeper.hand_over()
    fresh.start()
    assert fresh.port == port
    assert fresh.get("health", role=None).status == 200
    until(lambda: len(keeper.kept) == 1, what="one socket, and none of the old ones")


def test_another_address(fresh, keeper):
    before = fresh.port
    fresh.stop()
    fresh.write_config(http_loops=LOOPS, http_listen="127.0.0.2:0")
    keeper.hand_over()
    fresh.start()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", before), 5)
    with socket.create_connection(("127.0.0.2", fresh.port), 5):
        pass
    until(lambda: len(keeper.kept) == LOOPS, what="the new ones, and none of the old ones")


def test_descriptors_that_are_none_of_ours(fresh, keeper):
    """A pipe, a socket that does not listen, one for datagrams: told and closed, and the daemon listens for itself."""
    fresh.stop()
    keeper.forget()
    ends = os.pipe()
    with socket.socket() as deaf, socket.socket(type=socket.SOCK_DGRAM) as datagrams:
        keeper.hand_over([ends[0], deaf.fileno(), datagrams.fileno()])
        fresh.start()
    for end in ends:
        os.close(end)
    assert fresh.log().count("foreign_fd") == 3
    assert fresh.get("health", role=None).status == 200
