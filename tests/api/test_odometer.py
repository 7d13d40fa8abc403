# SPDX-License-Identifier: GPL-2.0-or-later
"""What the robot has driven in its life, and services of the machine that fall due by it. test_odometer.c has the counting."""
import sqlite3
import subprocess

from oht_test.wait import until
from remote import OHTCTL

PATH = "analytics/odometer"


def intervals(robot, **items):
    return robot.request("PATCH", "config", {"maintenance": items}, role="supervisor", headers={"Content-Type": "application/merge-patch+json"})


def due(robot):
    return {item["subject"]: item["text"] for item in robot.get("alerts").json["items"] if item["code"] == "service_due"}


def service(robot, wear):
    return next(item for item in robot.get(PATH).json["services"] if item["wear"] == wear)


def done(robot, wear="distance", note="wheels changed", role="supervisor"):
    return robot.post(f"{PATH}/done", {"wear": wear, "note": note}, role=role)


def test_a_service_falls_due_is_done_and_stays_so_over_a_kill(fresh):
    fresh.start()
    fresh.stop()
    # As if it had driven for a year.
    with sqlite3.connect(fresh.folder / "state/oht.db") as base:
        base.execute("DELETE FROM odometer")
        base.execute("INSERT INTO odometer VALUES (123456789.0, 7200000, 36000000, 400, 25, 1800000000000000000)")
    base.close()
    fresh.start()
    told = fresh.get(PATH).json
    assert (round(told["distance_m"]), told["moving_h"], told["starts"], told["since"]) == (123457, 2, 400, "2027-01-15T08:00:00.000Z")
    assert told["enabled_h"] >= 10 and told["stops"] >= 25
    assert [item["wear"] for item in told["services"]] == ["distance", "hours", "starts"]
    assert {(item["interval"], item["left"], item["due"], item["done"]) for item in told["services"]} == {(None, None, False, None)} and not due(fresh)
    for name, value in (("distance_m", -1), ("hours", 1.5), ("starts", "often")):
        assert intervals(fresh, **{name: value}).json["errors"][0]["pointer"] == f"/maintenance/{name}"
    assert intervals(fresh, distance_m=100000, hours=3, starts=401).status == 200
    assert until(lambda: due(fresh), what="the alert") == {"distance": "The service after 100000 m is due since the last one."}
    assert service(fresh, "distance")["due"] and service(fresh, "hours")["left"] == 1 and not service(fresh, "starts")["due"]
    assert done(fresh, role="operator").code == "role" and done(fresh, wear="wheels").code == "validation"
    assert done(fresh, note="").code == done(fresh, note="a\nb").code == "validation" and due(fresh)
    assert done(fresh).status == 200
    fresh.kill()
    fresh.start()
    told = service(fresh, "distance")
    assert (told["due"], told["done_by"], told["note"], round(told["left"])) == (False, "supervisor", "wheels changed", 100000)
    until(lambda: not due(fresh), what="the end of the alert")
    [record] = [item for item in fresh.get("audit?limit=50", role="administrator").json["items"] if "wheels changed" in (item["after"] or "")]
    assert (record["who"], record["result"], record["act"]) == ("supervisor", "200", "POST analytics/odometer/done"), record
    metrics = fresh.get("/metrics", role="viewer").body.decode()
    assert "oht_odometer_metres_total 123456" in metrics and "oht_odometer_starts_total 400" in metrics
    shown = subprocess.run([OHTCTL, "--socket", fresh.socket, "service", "done", "hours", "oil"], capture_output=True, text=True, check=False, timeout=60)
    assert shown.returncode == 0 and service(fresh, "hours")["note"] == "oil", shown
    shown = subprocess.run([OHTCTL, "--socket", fresh.socket, "service", "status"], capture_output=True, text=True, check=False, timeout=60)
    rows = [line.split() for line in shown.stdout.splitlines()]
    assert [row[0] for row in rows][-3:] == ["distance", "hours", "starts"] and rows[-2][-1] == "oil" and rows[-3][-2:] == ["wheels", "changed"], shown
