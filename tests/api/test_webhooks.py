# SPDX-License-Identifier: GPL-2.0-or-later
"""
Somebody elsewhere is told of alerts: signed, in order, never lost, and whatever the receiver does delays nobody.

A busy host may let an attempt end after the receiver has had the message: it comes again, so that no case counts attempts.
"""
import contextlib
import datetime
import email.header
import json
import os
import pathlib
import signal
import socket
import time

import pytest

from clocks import Skewed
from daemon import SENDER, Daemon, running, serving
from oht_test.wait import until
from receiver import Receiver, is_signed, make_certificate
from test_alert_rules import RULE
from test_alerts import ohtctl
from test_audit import about, records


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    """A receiver that is trusted, and one with another certificate."""
    folder = tmp_path_factory.mktemp("receiver")
    trusted = make_certificate(folder, "trusted")
    made = Receiver(*trusted), Receiver(*make_certificate(folder, "foreign"))
    yield (*made, trusted[0])
    for each in made:
        each.end()


@pytest.fixture(scope="module")
def told(places, tmp_path_factory):
    """A daemon that may tell all of them, and waits so long that no answer is late."""
    receiver, foreign, authorities = places
    with running(tmp_path_factory.mktemp("told"),
                 webhooks_destinations=f"127.0.0.1:{receiver.port}, 127.0.0.1:{foreign.port}, 127.0.0.1:1",
                 webhooks_authorities=authorities, webhooks_timeout_s=60,
                 webhooks_sender=SENDER) as daemon:
        yield daemon


def about_quarantine(receiver, path):
    """Each message once. A module that is let back is lost until it answers."""
    once = {head["webhook-id"]: (head, body) for head, body in receiver.at(path)}
    return [(head, body) for head, body in once.values() if "module_quarantined" in head.get("title", "") + body.decode()]


def days_between(first, last):
    return (datetime.datetime.fromisoformat(last) - datetime.datetime.fromisoformat(first)).days


def add(daemon, place, path, **more):
    url = path if "://" in path else f"https://127.0.0.1:{place.port}{path}"
    answer = daemon.post("webhooks", {"url": url, **more}, role="administrator")
    assert answer.status == 201, answer
    return answer.json


def get(daemon, webhook):
    return daemon.get(f"webhooks/{webhook['id']}", role="operator").json


def deliveries(daemon, webhook, query=""):
    return daemon.get(f"webhook-deliveries?webhook={webhook['id']}{query}", role="operator").json["items"]


def of_quarantine(daemon, webhook, query):
    return [row for row in deliveries(daemon, webhook, query) if row["code"] == "module_quarantined"]


def robot_id(daemon):
    return (daemon.state / "robot.id").read_text().strip()


def send_test(daemon, webhook):
    answer = daemon.post(f"webhooks/{webhook['id']}/test", {}, role="administrator")
    assert answer.status == 200, answer
    return answer.json


def remove(daemon, webhook):
    assert daemon.request("DELETE", f"webhooks/{webhook['id']}", role="administrator").status == 204


def quarantine(daemon, unit=5):
    """Not while it starts: then it waits for that module, and has no alerts yet."""
    until(lambda: daemon.get("health").json["state"] == "safe", what="the end of the start")
    until(lambda: daemon.get(f"modules/{unit}").json["health"] == "good", what="the module")
    assert daemon.post(f"modules/{unit}/quarantine", {}, role="supervisor").status == 200


def release(daemon, unit=5):
    assert daemon.request("DELETE", f"modules/{unit}/quarantine", role="supervisor").status == 200


def test_begin_and_end_of_an_alert_are_told(told, places):
    receiver = places[0]
    webhook = add(told, receiver, "/oht")
    manager = add(told, receiver, "/manager", format="alertmanager")
    ntfy = add(told, receiver, "/ntfy", format="ntfy")
    severe = add(told, receiver, "/severe", severity="emergency")
    assert "whsec_" not in told.get("webhooks", role="administrator").body.decode()
    quarantine(told)
    until(lambda: about_quarantine(receiver, "/oht"), what="the beginning")
    release(told)
    until(lambda: all(len(about_quarantine(receiver, path)) == 2 for path in ("/oht", "/ntfy", "/manager")), what="the end")
    began, ended = [json.loads(body) for _, body in about_quarantine(receiver, "/oht")]
    assert (began["type"], ended["type"]) == ("alert.began", "alert.ended")
    kept = told.get("alerts/history?code=module_quarantined").json["items"][0]
    for said in (began, ended):
        assert {name: said["data"][name] for name in ("number", "code", "severity", "source", "address", "text", "since", "times")} == {
            name: kept[name] for name in ("number", "code", "severity", "source", "address", "text", "since", "times")}
    assert began["data"]["ended"] is None and ended["data"]["ended"] == ended["timestamp"] == kept["ended"]
    for head, body in about_quarantine(receiver, "/oht"):
        assert is_signed((head, body), webhook["secret"]) and not is_signed((head, body + b" "), webhook["secret"])
        assert abs(int(head["webhook-timestamp"]) - time.time()) < 600
    # Alertmanager knows an alert by its labels, and ends it at endsAt.
    (stands,), (over,) = [json.loads(body) for _, body in about_quarantine(receiver, "/manager")]
    assert stands["labels"] == over["labels"] == {
        "alertname": "module_quarantined", "instance": socket.gethostname(), "robot_id": robot_id(told), "severity": kept["severity"], "source": "module",
        "module_address": "5"}
    assert stands["annotations"] == {"summary": kept["text"], "robot": "OHT-50"} and stands["startsAt"] == over["startsAt"] == kept["since"]
    assert over["endsAt"] == kept["ended"] and days_between(stands["startsAt"], stands["endsAt"]) == 30
    assert (began["data"]["robot"], began["data"]["host"], began["data"]["robot_id"]) == ("OHT-50", socket.gethostname(), robot_id(told))
    titles = [head["title"] for head, _ in about_quarantine(receiver, "/ntfy")]
    assert titles[0].startswith(f"OHT-50 ({socket.gethostname()}): module")
    assert f"module_quarantined ({kept['severity']})" in titles[0] and "module_quarantined (over)" in titles[1]
    # Not severe enough; and the newest result is told, in ohtctl too.
    until(lambda: get(told, webhook)["last_status"] == 204, what="its result")
    assert not receiver.at("/severe") and not get(told, severe)["last"]
    assert f"127.0.0.1:{receiver.port}/ntfy" in ohtctl(told, verb=("webhooks", "list"))
    assert "module_quarantined" in ohtctl(told, verb=("webhooks", "log"))
    for each in (webhook, manager, ntfy, severe):
        remove(told, each)


def test_a_mission_is_told_to_a_webhook_that_wants_it(told, places):
    receiver = places[0]
    hooks = [add(told, receiver, path, missions=True, **more) for path, more in (("/mission", {}), ("/mission-ntfy", {"format": "ntfy"}))]
    other = add(told, receiver, "/no-mission")
    assert (hooks[0]["missions"], other["missions"]) == (True, False)
    number = told.post("missions", {"name": "round", "legs": [{"kind": "dock"}]}, role="operator").json["id"]
    held = told.post(f"missions/{number}/start", role="operator").json
    assert held["state"] == "held"
    _, body = until(lambda: receiver.at("/mission"), what="the message")[0]
    said = json.loads(body)
    assert (said["type"], said["data"]["code"], said["data"]["subject"], said["data"]["number"]) == ("mission.held", "mission_held", f"mission {number}", None)
    assert said["data"]["text"] == f"Mission {number} (round) is held at leg 1 of 1. {held['reason_text']}"
    head, body = until(lambda: receiver.at("/mission-ntfy"), what="the text")[0]
    assert "(held)" in head["title"] and body.decode() == said["data"]["text"]
    assert not [row for row in deliveries(told, other) if row["event"].startswith("mission")]
    changed = told.request("PUT", f"webhooks/{hooks[0]['id']}", {"missions": False}, role="administrator").json
    assert (changed["missions"], changed["alive"]) == (False, False)
    assert told.request("DELETE", f"missions/{number}", role="operator").status == 204
    for each in (*hooks, other):
        remove(told, each)


def test_a_name_of_people_is_whole_in_each_format(told, places):
    """Two robots of one image have one host name. A name may have quotes, and letters that no header may have."""
    receiver = places[0]
    name = 'Mühle "7", 北の工場の天井搬送車 \\ Nord'
    hooks = [add(told, receiver, f"/name/{form}", format=form) for form in ("oht", "alertmanager", "ntfy")]
    assert told.request("PATCH", "config", {"robot": {"name": name}}, role="supervisor").status == 200
    for hook in hooks:
        send_test(told, hook)
    until(lambda: all(receiver.at(f"/name/{form}") for form in ("oht", "alertmanager", "ntfy")), what="all three")
    body = json.loads(receiver.at("/name/oht")[0][1])["data"]
    assert (body["robot"], body["host"], body["robot_id"]) == (name, socket.gethostname(), robot_id(told))
    assert json.loads(receiver.at("/name/alertmanager")[0][1])[0]["annotations"]["robot"] == name
    title = receiver.at("/name/ntfy")[0][0]["title"]
    assert title.isascii() and max(map(len, title.split(" "))) <= 75
    assert str(email.header.make_header(email.header.decode_header(title))).startswith(f"{name} ({socket.gethostname()}): ")
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    assert f'oht_robot_info{{robot_id="{robot_id(told)}",name="{escaped}",place=""}} 1\n' in told.get("/metrics").body.decode()
    assert told.request("PATCH", "config", {"robot": {"name": "OHT-50"}}, role="supervisor").status == 200
    for hook in hooks:
        remove(told, hook)


@pytest.mark.slow
def test_what_comes_while_it_is_shelved_is_told_when_that_is_over(told, places):
    receiver = places[0]
    webhook = add(told, receiver, "/shelved")
    quarantine(told)
    began = until(lambda: about_quarantine(receiver, "/shelved"), what="the beginning")
    number = json.loads(began[0][1])["data"]["number"]
    assert told.post(f"alerts/{number}/shelve", {"minutes": 60, "reason": "known"}, role="operator").status == 200
    release(told)
    until(lambda: len(about_quarantine(receiver, "/shelved")) == 2, what="the end of what was told")
    quarantine(told)
    until(lambda: told.get("alerts/history?code=module_quarantined&state=active").json["items"], what="the next coming, kept")
    assert [row["event"] for row in of_quarantine(told, webhook, "&sort=number")] == ["alert.began", "alert.ended"]
    assert told.post(f"alerts/{number}/unshelve", {}, role="operator").status == 200
    until(lambda: len(about_quarantine(receiver, "/shelved")) == 3, what="the beginning of what stands")
    release(told)
    until(lambda: len(about_quarantine(receiver, "/shelved")) == 4, what="its end")
    told_of = [json.loads(body)["type"] for _, body in about_quarantine(receiver, "/shelved")]
    assert told_of == ["alert.began", "alert.ended"] * 2
    remove(told, webhook)


def test_what_receivers_answer_is_kept_together(told, places):
    """A commit is 20 kB on the card: with one for each of 14 results there would be 14 and more."""
    webhooks = [add(told, places[0], f"/together/{number}") for number in range(14)]
    before = told.get("health").json["store"]["synchronisations"]
    quarantine(told, 2)
    try:
        until(lambda: all(of_quarantine(told, webhook, "&state=delivered") for webhook in webhooks), what="all of them")
        assert told.get("health").json["store"]["synchronisations"] - before < 10
    finally:
        release(told, 2)
        for webhook in webhooks:
            remove(told, webhook)


@pytest.mark.parametrize("url, status, says", [
    ("https://127.0.0.1:2/", 409, "127.0.0.1 port 2 is not in destinations"),
    ("https://localhost:1/", 409, "localhost port 1 is not"),
    ("https://alerts.example/", 409, "alerts.example port 443"),
    ("http://alerts.example/", 400, "http goes to 127.0.0.1"),
    ("https://127.1:1/", 400, "no name and no address"),
    ("https://anna:secret@127.0.0.1:1/", 400, "user or password"),
    ("https://127.0.0.1:1\\@evil.example/", 400, "another character"),
    ("https://127.0.0.1:1/#x", 400, "a fragment"),
    ("https://127.0.0.1:65536/", 400, "1 to 65535"),
    ("file:///etc/passwd", 400, "https://"),
    ("https://127.0.0.1:1/\r\nx: y", 400, "another character"),
])
def test_a_webhook_leads_only_where_it_may(told, url, status, says):
    answer = told.post("webhooks", {"url": url}, role="administrator")
    assert answer.status == status, answer
    assert says in (answer.json["errors"][0]["detail"] if status == 400 else answer.json["detail"]), answer.json


def test_the_audit_has_a_webhook_without_what_may_be_a_password(told):
    def ask(method, path, body=None):
        answer = told.request(method, path, body, role="administrator")
        record = about(told, answer.headers["x-request-id"])
        return answer, [json.loads(record[each]) if record[each] else None for each in ("before", "after")]

    made, (before, first) = ask("POST", "webhooks", {"url": "https://127.0.0.1:1/Zx9-a-token", "severity": "critical"})
    assert before is None and first == {"host": "127.0.0.1", "port": 1, "format": "oht", "severity": "critical", "alive": False, "missions": False, "enabled": True}
    path = f"webhooks/{made.json['id']}"
    assert ask("PUT", path, {"enabled": False})[1] == [first, {**first, "enabled": False}]
    assert ask("PUT", path, {"url": "https://127.0.0.1:1/Zx9-other"})[1][1] == {**first, "enabled": False, "path_changed": True}
    assert ask("PUT", f"webhooks/{made.json['id'] + 1}", {"enabled": False})[1] == [None, {"enabled": False}]
    assert ask("DELETE", path)[1] == [{**first, "enabled": False}, None]
    assert not [item for item in records(told) if "Zx9-" in repr(item)]


def test_a_secret_is_changed_without_a_gap(told, places):
    receiver = places[0]
    webhook = add(told, receiver, "/secret")
    assert told.post("webhooks", {"url": webhook["url"]}, role="supervisor").status == 403
    renewed = told.post(f"webhooks/{webhook['id']}/secret", {}, role="administrator").json
    assert renewed["secret"] != webhook["secret"] and renewed["two_secrets"]
    send_test(told, webhook)
    message = until(lambda: receiver.at("/secret"), what="the test")[0]
    assert is_signed(message, webhook["secret"]) and is_signed(message, renewed["secret"])
    assert told.request("PUT", f"webhooks/{webhook['id']}", {"enabled": False}, role="administrator").status == 200
    answer = told.post(f"webhooks/{webhook['id']}/test", {}, role="administrator")
    assert (answer.status, answer.code) == (409, "webhook_disabled")
    remove(told, webhook)
    assert told.post(f"webhooks/{webhook['id']}/test", {}, role="administrator").status == 404


BAD = {"silent": None, "slow": None, "reset": "", 302: 302, 503: 503, "foreign": "certificate", "closed": "connect"}


def is_undisturbed(daemon):
    """The robot is asked in ten cycles of the control, of which none is left out. A busy host leaves some out too, for a while."""
    before = daemon.get("bus/statistics").json
    while (now := daemon.get("bus/statistics").json)["control_cycles"] < before["control_cycles"] + 10:
        assert daemon.get("robot").status == 200
    return now["control_cycles_missed"] == before["control_cycles_missed"]


def test_whatever_a_receiver_does_delays_nobody(told, places):
    """All at once: each gives its own result while others have none yet, and a redirect is not followed."""
    receiver, foreign, _ = places
    webhooks = {}
    for kind in BAD:
        receiver.answers[f"/bad-{kind}"] = [kind]
        place = "https://127.0.0.1:1/" if kind == "closed" else f"/bad-{kind}"
        webhooks[kind] = add(told, foreign if kind == "foreign" else receiver, place)
    good = add(told, receiver, "/good")
    held = [webhooks.pop("silent"), webhooks.pop("slow")]
    # Behind those that nobody answers.
    for webhook in [*held, good, *webhooks.values()]:
        send_test(told, webhook)
    until(lambda: get(told, good)["last_status"] == 204, what="the good one")
    until(lambda: is_undisturbed(told), what="answers and cycles as always")
    assert [get(told, webhook)["last"] for webhook in held] == [None, None]
    for kind, webhook in webhooks.items():
        shown = until(lambda webhook=webhook: get(told, webhook)["failures"] and get(told, webhook), what=kind)
        if isinstance(BAD[kind], int):
            assert (shown["last_status"], shown["last_error"]) == (BAD[kind], None), shown
        else:
            assert shown["last_status"] is None and BAD[kind] in shown["last_error"], shown
        # An alert that has come meanwhile was not tried yet.
        row = next(row for row in deliveries(told, webhook) if row["attempts"])
        assert row["state"] == "waiting" and row["tried"] < row["due"], row
    # Later cases get their places.
    for kind in ("silent", "slow"):
        receiver.answers[f"/bad-{kind}"] = [204]
    for webhook in held:
        until(lambda webhook=webhook: get(told, webhook)["last"], what="the end of the attempt")
    for webhook in [*held, good, *webhooks.values()]:
        remove(told, webhook)
    assert not receiver.at("/stolen") and not foreign.messages


def test_nobody_waits_for_an_answer_for_ever(tmp_path):
    """Neither for its beginning nor for its end."""
    receiver = Receiver()
    kinds = ("silent", "slow")
    with running(tmp_path, ("administrator", "operator"), webhooks_destinations=f"127.0.0.1:{receiver.port}", webhooks_timeout_s=1,
                 webhooks_sender=SENDER) as daemon:
        for kind in kinds:
            receiver.answers[f"/{kind}"] = [kind]
        made = [add(daemon, receiver, f"http://127.0.0.1:{receiver.port}/{kind}") for kind in kinds]
        for webhook in made:
            send_test(daemon, webhook)
        for webhook in made:
            shown = until(lambda webhook=webhook: get(daemon, webhook)["failures"] and get(daemon, webhook), what=webhook["url"])
            assert shown["last_status"] is None and "timed out" in shown["last_error"], shown
    receiver.end()


def test_410_ends_a_webhook(told, places):
    receiver = places[0]
    receiver.answers["/gone"] = [410]
    webhook = add(told, receiver, "/gone")
    send_test(told, webhook)
    until(lambda: not get(told, webhook)["enabled"], what="its end")
    dead = deliveries(told, webhook, "&state=dead")[0]
    assert dead["last_status"] == 410
    # By hand, once somebody has mended the receiver.
    receiver.answers["/gone"] = [200]
    assert told.request("PUT", f"webhooks/{webhook['id']}", {"enabled": True}, role="administrator").json["enabled"]
    assert told.post(f"webhook-deliveries/{dead['number']}/resend", {}, role="administrator").json["state"] == "waiting"
    until(lambda: deliveries(told, webhook, "&state=delivered"), what="the second attempt")
    first, *_, again = receiver.at("/gone")
    assert first[0]["webhook-id"] == again[0]["webhook-id"] == dead["message"] and first[1] == again[1]
    remove(told, webhook)


def senders(daemon):
    """The processes that send: one that looks after the other."""
    def children(pid):
        return [int(child) for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return [each for child in children(daemon.process.pid) for each in (child, *children(child))]


def is_alive(pid):
    """Whoever is to take note of its end may be late."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def state_of(pid):
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return dict(line.split(":\t", 1) for line in lines if ":\t" in line)


def held_by(pid):
    """Its descriptors; one may be closed meanwhile."""
    for file in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            yield os.readlink(file)


def test_what_meets_the_network_has_nothing_else(told, places):
    """Its own filter, no environment, no descriptor of ohtd; and another one takes its place."""
    receiver = places[0]
    keeper, worker = until(lambda: len(both := senders(told)) == 2 and both, what="both processes")
    until(lambda: state_of(worker)["Seccomp"] == "2", what="its filter")
    assert state_of(worker)["NoNewPrivs"] == "1"
    assert pathlib.Path(f"/proc/{keeper}/environ").read_bytes() == b""
    held = list(held_by(worker))
    assert not [name for name in held if "oht.db" in name or name.endswith("/lock")], held
    webhook = add(told, receiver, "/again")
    os.kill(worker, signal.SIGKILL)
    send_test(told, webhook)
    until(lambda: receiver.at("/again"), what="the next one")
    assert senders(told)[0] == keeper and senders(told)[1] != worker
    remove(told, webhook)


def test_nothing_is_lost_by_kill_9(told, places):
    """What waits is told by the next run, with the same id; what stood is told as lost, and ends there for Alertmanager."""
    receiver = places[0]
    receiver.answers["/killed"] = ["silent"]
    webhook = add(told, receiver, "/killed", severity="emergency")
    manager = add(told, receiver, "/stood", format="alertmanager")
    made = [send_test(told, webhook)["message"] for _ in range(5)]
    # Another module than in the tests before: the fourth coming of a kind is told as one that comes too often.
    quarantine(told, 3)
    until(lambda: of_quarantine(told, manager, "&event=alert.began&state=delivered"), what="the beginning")
    until(lambda: receiver.at("/killed"), what="the first attempt")
    left = senders(told)
    # The next run begins when nothing of this one is left: also not what sleeps, or looks at no socket for a while.
    for pid in left:
        os.kill(pid, signal.SIGSTOP)
    told.kill()
    until(lambda: not any(is_alive(pid) for pid in left), what="the end of those that send")
    receiver.answers["/killed"] = [200]
    told.start()
    until(lambda: len(deliveries(told, webhook, "&event=test&state=delivered")) == 5, what="all of them")
    came = [head["webhook-id"] for head, body in receiver.at("/killed") if json.loads(body)["type"] == "test"]
    assert came[0] == made[0] and sorted(set(came)) == sorted(made)
    until(lambda: of_quarantine(told, manager, "&event=alert.lost&state=delivered"), what="what was lost")
    # A test before may have left another module in quarantine, or its end to be told.
    told_of = [json.loads(body)[0] for _, body in about_quarantine(receiver, "/stood")]
    stood, lost, *_ = [message for message in told_of if message["labels"]["module_address"] == "3"]
    assert stood["labels"] == lost["labels"] and stood["startsAt"] == lost["startsAt"] <= lost["endsAt"] < stood["endsAt"]
    remove(told, webhook)
    remove(told, manager)


def first_comings(receiver, path):
    """Each message once, in the order in which they came first. One that comes again says the same."""
    once = {}
    for head, body in receiver.at(path):
        assert once.setdefault(head["webhook-id"], body) == body
    return {name: json.loads(body) for name, body in once.items()}


def start_again(daemon):
    """What was sending ends with it, before the next run begins."""
    left = senders(daemon)
    daemon.kill()
    until(lambda: not any(is_alive(pid) for pid in left), what="the end of those that send")
    daemon.start()


def kill_any(daemon, chance):
    """At any moment: ohtd, what sends, or what looks after that; only behind the second of these is there another one at once."""
    pids = [daemon.process.pid, *senders(daemon)]
    time.sleep(chance.random() / 10)
    if chance.random() < 0.5 or len(pids) < 3:
        start_again(daemon)
    else:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pids[2] if chance.random() < 0.8 else pids[1], signal.SIGKILL)


@pytest.mark.slow
def test_a_hundred_kills_lose_nothing(places, tmp_path, chance):
    """Each message comes, with its id, and of each alert the beginning comes before the end."""
    receiver, _, authorities = places
    asked = []
    with running(tmp_path, webhooks_destinations=f"127.0.0.1:{receiver.port}", webhooks_authorities=authorities,
                 webhooks_timeout_s=60, webhooks_sender=SENDER) as daemon:
        webhook = add(daemon, receiver, "/kills")
        for number in range(100):
            if number % 5 == 0:
                quarantine(daemon)
            asked += [send_test(daemon, webhook)["message"] for _ in range(3)]
            kill_any(daemon, chance)
            if number % 5 == 0 and daemon.get("modules/5").json["health"] == "quarantined":
                release(daemon)
        start_again(daemon)
        until(lambda: not deliveries(daemon, webhook, "&state=waiting"), what="the last of them")
        came = first_comings(receiver, "/kills")
        assert not set(asked) - set(came)
        assert (get(daemon, webhook)["waiting_count"], get(daemon, webhook)["dead_count"]) == (0, 0)
        told_of = {}
        for message in came.values():
            if message["type"] != "test":
                told_of.setdefault(message["data"]["number"], []).append(message["type"])
        kept = daemon.get("alerts/history?code=module_quarantined&limit=100").json["items"]
        assert kept and {alert["number"] for alert in kept} <= set(told_of)
        assert all(types[0] == "alert.began" and types[-1] != "alert.began" for types in told_of.values())


@pytest.mark.plain("shim")
def test_what_is_refused_is_sent_again_when_its_time_has_come(places, tmp_path):
    """Also by a time of day that has jumped. The unit test store_webhooks has all pauses."""
    receiver, _, authorities = places
    receiver.answers["/later"] = [503, 200]
    made = Daemon(tmp_path)
    made.write_config(webhooks_destinations=f"127.0.0.1:{receiver.port}", webhooks_authorities=authorities,
                      webhooks_timeout_s=60, webhooks_sender=SENDER)
    clock = Skewed(made)
    for role in ("administrator", "operator"):
        assert made.add_user(role, role).returncode == 0
    with serving(made) as daemon:
        webhook = add(daemon, receiver, "/later", alive=True)
        row = until(lambda: [row for row in deliveries(daemon, webhook) if row["last_status"]], what="the first answer")[0]
        assert (row["event"], row["state"], row["last_status"]) == ("alive", "waiting", 503)
        clock.set(6)
        until(lambda: deliveries(daemon, webhook, "&state=delivered"), what="the second attempt")
        first, *_, again = receiver.at("/later")
        assert first[0]["webhook-id"] == again[0]["webhook-id"] and first[1] == again[1]
        assert int(again[0]["webhook-timestamp"]) - int(first[0]["webhook-timestamp"]) >= 5


def test_each_webhook_that_fails_is_an_alert_of_its_own(told, places):
    """Everywhere where an alert is: list, history, labels, metrics, shelf; the others of its kind are not touched."""
    receiver = places[0]
    hooks = [add(told, receiver, "https://127.0.0.1:1/") for _ in range(2)]
    teller = add(told, receiver, "/fails", format="alertmanager")
    ids = {str(hook["id"]) for hook in hooks}

    def standing():
        return {alert["subject"]: alert for alert in told.get("alerts").json["items"] if alert["code"] == "webhook_fails" and alert["number"]}

    try:
        for number in range(1, 5):
            for hook in hooks:
                send_test(told, hook)
            until(lambda number=number: all(get(told, hook)["failures"] >= number for hook in hooks), what=f"failure {number}")
        alerts = until(lambda: (now := standing()).keys() == ids and now, what="two alerts")
        first, second = (alerts[str(hook["id"])] for hook in hooks)
        assert (first["source"], first["severity"], first["address"]) == ("webhooks", "warning", None) and first["number"] != second["number"]
        assert "127.0.0.1" not in first["text"] and f"Webhook {first['subject']} has failed" in first["text"]
        until(lambda: [row["number"] for row in told.get(f"alerts/history?subject={first['subject']}").json["items"]] == [first["number"]],
              what="its row in the history")
        metrics = told.request("GET", "/metrics", role="viewer").body.decode()
        assert [f'oht_alert{{code="webhook_fails",severity="warning",subject="{each}"}} 1' in metrics for each in ids] == [True, True]
        shelf = told.post(f"alerts/{first['number']}/shelve", {"minutes": 5, "reason": "it is known"}, role="operator").json
        assert shelf["subject"] == first["subject"]
        assert [row["subject"] for row in told.get("alerts/shelves").json["items"]] == [first["subject"]]
        assert [standing()[hook]["shelved_until"] is None for hook in (first["subject"], second["subject"])] == [False, True]
        told.post(f"alerts/{second['number']}/acknowledge", {}, role="operator")
        assert [standing()[hook]["acknowledged"] is None for hook in (first["subject"], second["subject"])] == [True, False]
        until(lambda: {alert["labels"]["subject"] for _, body in receiver.at("/fails") for alert in json.loads(body)
                                if alert["labels"]["alertname"] == "webhook_fails"} == ids, what="both at the receiver")
        assert told.post(f"alerts/{first['number']}/unshelve", {}, role="operator").json["subject"] == first["subject"]
    finally:
        for hook in (*hooks, teller):
            remove(told, hook)
    until(lambda: not standing(), what="their end")


def test_it_is_an_alert_that_nobody_can_be_told(tmp_path):
    """What sends ends at once and for good: the queue would fill up unseen."""
    with running(tmp_path, webhooks_destinations="127.0.0.1:1", webhooks_sender="/bin/false") as daemon:
        alert = until(lambda: [each for each in daemon.get("alerts").json["items"] if each["code"] == "webhooks_not_sent"
                               and each["number"]], what="the alert")[0]
        assert (alert["severity"], alert["source"]) == ("warning", "webhooks")
        # Its source does not say since when: since it was seen, then.
        row = until(lambda: daemon.get("alerts/history?code=webhooks_not_sent").json["items"], what="its row")[0]
        assert alert["since"] == row["since"]


@pytest.mark.slow
def test_a_flood_of_alerts_is_told_once(tmp_path):
    """Ten warnings, and then the flood; of a simulated robot all of them."""
    for simulated in ("no", "yes"):
        with running(tmp_path / simulated, ("administrator", "operator", "viewer"), robot_simulated=simulated, bus_time_factor=1,
                     webhooks_destinations="127.0.0.1:1", webhooks_sender=SENDER) as daemon:
            until(lambda daemon=daemon: daemon.get("modules/3").json["health"] == "good", what="the module")
            webhook = add(daemon, None, "https://127.0.0.1:1/")
            for number in range(12):
                rule = {**RULE, "code": f"own_{number}", "limit": 30, "hysteresis": 0}
                assert daemon.post("alert-rules", rule, role="administrator").status == 201
            kept = until(lambda daemon=daemon: (now := daemon.get("alerts/history").json["items"]) and len(now) > 11 and now, what="them")
            wanted = ["alert_flood"] if simulated == "no" else [f"own_{number}" for number in range(10, 12)]
            until(lambda daemon=daemon, webhook=webhook, wanted=wanted: {row["code"] for row in deliveries(daemon, webhook)} >= set(wanted),
                  what="the last of them")
            assert len([row for row in deliveries(daemon, webhook) if row["code"].startswith("own")]) == 10 + 2 * (simulated == "yes")
            flood = [alert for alert in daemon.get("alerts").json["items"] if alert["code"] == "alert_flood"]
            # Rules that are made within a quarter of a second hear the same sample first: which of them is the first is open.
            assert [alert["text"] for alert in flood] == ([] if simulated == "yes" else [
                f"More than 10 alerts came in 10 minutes, 12 so far: the first was {kept[-1]['number']}, {kept[-1]['code']}. "
                "Receivers elsewhere are told of further warnings when this is over."])
