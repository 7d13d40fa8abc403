# SPDX-License-Identifier: GPL-2.0-or-later
"""oht-fleet between Debian's broker and a robot on simulated outputs; one of each for all tests, a vehicle for each test."""
import pathlib
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "api"))

from daemon import running  # noqa: E402 # pylint: disable=wrong-import-position
from vehicle import Broker, Vehicle  # noqa: E402 # pylint: disable=wrong-import-position


@pytest.fixture(scope="session")
def robot(tmp_path_factory):
    """It stands away from its dock, and no host is too slow for its modules."""
    with running(tmp_path_factory.mktemp("oht"), ["supervisor"], place_mm=9000, bus_outputs="simulated", bus_time_factor=20) as made:
        yield made


@pytest.fixture(scope="session")
def broker(tmp_path_factory):
    with Broker(tmp_path_factory.mktemp("broker")) as made:
        yield made


@pytest.fixture
def vehicle(robot, broker, tmp_path, request):        # pylint: disable=redefined-outer-name
    """Not started; of version 3.0 unless the test says otherwise. All that it sends is held against the standard."""
    made = Vehicle(tmp_path, robot.socket, broker, request.node.name.split("[")[0], getattr(request, "param", "3.0"))
    try:
        yield made
    finally:
        made.end()


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    """Folder with ca.crt, and with the certificate and key of a broker called localhost."""
    folder = tmp_path_factory.mktemp("authority")
    for command in (
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=authority -keyout ca.key -out ca.crt",
            "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost -keyout broker.key -out broker.csr",
            "x509 -req -in broker.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -out broker.crt"):
        subprocess.run(["openssl", *command.split()], cwd=folder, check=True, capture_output=True)
    return folder
