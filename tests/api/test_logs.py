# SPDX-License-Identifier: GPL-2.0-or-later
"""The log over the API: who may read it, what is in it, what never is, and its levels."""
import os
import re
import signal
import socket

import pytest

from oht_test.client import PASSWORD, ROLES
from oht_test.wait import until


def lines(daemon, **query):
    """All items of one page."""
    text = "&".join(f"{name}={value}" for name, value in query.items())
    answer = daemon.get(f"logs?{text}", role="administrator")
    assert answer.status == 200, answer
    return answer.json["items"]


def put_level(daemon, body, role="administrator"):
    """Answer of PUT logs/level."""
    return daemon.request("PUT", "logs/level", body, role=role)


def test_every_line_has_its_parts(daemon):
    daemon.login("nobody-at-all", "wrong password")
    found = lines(daemon, code="login_refused")[0]
    assert found.keys() == {"seq", "time", "level", "room", "code", "text", "request_id"}
    assert (found["level"], found["room"]) == ("notice", "auth")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", found["time"])
    written = [line for line in daemon.log().splitlines() if " auth login_refused: " in line]
    assert re.fullmatch(r"ohtd: \d{4}-\S+Z notice auth login_refused: from 127\.0\.0\.1 \[[0-9a-f]{16}\]", written[-1])


def test_what_the_robot_does_is_told(fresh):
    """Each transition and refusal is a line: from where to where, by which event, asked by whom, for which reasons."""
    fresh.start()

    def safe():
        return [item for item in lines(fresh, code="transition", limit=200) if item["text"].startswith("init -> safe: ")]
    found = until(safe, what="the robot in safe")[0]
    assert (found["level"], found["room"], found["text"]) == ("notice", "robot", "init -> safe: init_complete by itself")
    assert [item["text"] for item in lines(fresh, code="transition", limit=200)][-1] == "boot -> init: boot_complete by itself"
    assert fresh.request("POST", "robot/commands", {"verb": "disable"}, role="operator").status == 409
    refused = until(lambda: lines(fresh, code="refusal"), what="the refusal in the log")[0]
    assert (refused["level"], refused["text"]) == ("info", "safe: disable_command by operator, for wrong_state")


def test_only_supervisors_read_it_and_administrators_set_it(daemon):
    for role in ROLES:
        allowed = role in ("supervisor", "administrator")
        assert daemon.get("logs", role=role).status == (200 if allowed else 403)
        if role != "administrator":
            assert put_level(daemon, {"level": "error"}, role).code == "role"
    assert daemon.get("logs", role=None).code == "token_missing"
    assert daemon.request("PUT", "logs/level", {"level": "error"}).code == "token_missing"


@pytest.mark.parametrize("query, pointer", [
    ("limit=0", "/limit"), ("limit=201", "/limit"), ("limit=x", "/limit"), ("level=loud", "/level"),
    ("room=kitchen", "/room"), ("code=", "/code"), ("cursor=", "/cursor"), ("cursor=1", "/cursor"),
    ("cursor=1-1", "/cursor"), ("cursor=-", "/cursor"), ("colour=red", "/colour"), ("code=a&code=b", "/code")])
def test_bad_queries_are_refused_by_name(daemon, query, pointer):
    answer = daemon.get(f"logs?{query}", role="supervisor")
    assert (answer.status, answer.code) == (400, "validation")
    assert [error["pointer"] for error in answer.json["errors"]] == [pointer]


@pytest.mark.parametrize("body", [
    {}, {"level": "loud"}, {"level": 6}, {"level": "info", "room": "kitchen"}, {"level": "info", "room": None},
    {"level": "info", "rooms": "bus"}, {"room": "bus"}, b"[]", b"{"])
def test_bad_levels_are_refused_and_change_nothing(daemon, body):
    before = lines(daemon, code="log_level")
    assert put_level(daemon, body).status == 400
    assert lines(daemon, code="log_level") == before


def test_pages_go_on_where_the_last_one_ended(daemon):
    for _ in range(5):
        daemon.login("viewer")
    seen, cursor = [], ""
    while True:
        page = daemon.get(f"logs?limit=2&code=login{cursor}", role="supervisor").json
        seen += [item["seq"] for item in page["items"]]
        if not page["next_cursor"]:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert len(seen) >= 5
    assert seen == sorted(set(seen), reverse=True)
    run, seq, belongs = cursor.split("=")[1].split("-")
    for wrong in (f"{int(run) ^ 1}-{seq}-{belongs}", f"{run}-0{seq}-{belongs}", f"{run}-{seq}-{belongs}x",
                  f"0{run}-{seq}-{belongs}", f"{run}-{seq}"):
        answer = daemon.get(f"logs?limit=2&code=login&cursor={wrong}", role="supervisor")
        assert answer.json["errors"][0]["code"] == "bad_cursor", wrong
    answer = daemon.get(f"logs?code=answer{cursor}", role="supervisor")
    assert answer.json["errors"][0]["code"] == "cursor_of_other_query"


@pytest.mark.plain("filter")
def test_level_changes_at_once_and_for_its_room(fresh):
    fresh.start()
    assert not lines(fresh, level="debug", code="answer")
    answer = put_level(fresh, {"level": "debug", "room": "http"})
    assert answer.json == {"room": "http", "old": "info", "new": "debug"}
    fresh.get("health", role=None, headers={"X-Request-Id": "seen"})
    assert [item["text"] for item in lines(fresh, code="answer") if item["request_id"] == "seen"] == \
        ["GET /api/v1/health: 200"]
    assert put_level(fresh, {"level": "error"}).json == {"room": None, "old": "info", "new": "error"}
    before = len(lines(fresh, code="answer", limit=200))
    fresh.get("health", role=None)
    assert len(lines(fresh, code="answer", limit=200)) == before
    # The file counts again when it is read again.
    fresh.write_config(log_level="debug")
    fresh.process.send_signal(signal.SIGHUP)
    until(lambda: lines(fresh, code="reload"), what="reload")
    fresh.get("health", role=None, headers={"X-Request-Id": "seen-again"})
    assert any(item["request_id"] == "seen-again" for item in lines(fresh, code="answer", limit=200))


def test_no_secret_is_ever_written(fresh):
    fresh.write_config(log_level="debug")
    fresh.start()
    grant = fresh.login("administrator").json
    fresh.login("viewer", "Wr0ng-but-secret-too")
    # Twice, since the token that has just been replaced may come once more.
    successor = fresh.request("POST", "auth/refresh", {"refresh_token": grant["refresh_token"]}).json
    fresh.request("POST", "auth/refresh", {"refresh_token": successor["refresh_token"]})
    again = fresh.request("POST", "auth/refresh", {"refresh_token": grant["refresh_token"]})
    assert again.code == "refresh_refused"
    fresh.request("GET", "robot?token=" + grant["access_token"], token=grant["access_token"])
    fresh.request("POST", "auth/login", b'{"username": "viewer", "password": "%s", }' % PASSWORD.encode())
    everything = fresh.log() + str(lines(fresh, limit=200))
    assert " refresh_reused: " in everything
    assert "/api/v1/robot: 40" in everything
    for secret in (PASSWORD, "Wr0ng-but-secret-too", grant["access_token"], grant["refresh_token"], successor["refresh_token"]):
        assert secret not in everything


def test_text_from_outside_cannot_forge_lines(fresh):
    fresh.write_config(log_level="debug")
    fresh.start()
    head = b"GET /%0aohtd:%20forged%1b[31m HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    assert b" 400 " in fresh.raw(head)
    fresh.request("GET", "/plain%5cx41", role=None)
    log = fresh.log()
    assert "\x1b" not in log and "\nohtd: forged" not in log
    assert "\\x0aohtd: forged\\x1b[31m" in log
    assert "/plain\\x5cx41: 404" in log


@pytest.mark.plain("timing")
def test_flood_is_held_back_and_told(fresh):
    fresh.write_config(log_level="debug")
    fresh.start()
    one = b"GET /flood HTTP/1.1\r\nHost: localhost\r\n%s\r\n"
    fresh.raw(one % b"" * 299 + one % b"Connection: close\r\n")
    written = fresh.log().count("GET /flood: 404")
    assert 50 <= written < 300

    def held():
        """What has been told of."""
        return sum(int(item["text"].split()[0]) for item in lines(fresh, code="held_back"))

    until(lambda: held() >= 300 - written, what="the line about it")
    assert lines(fresh, code="held_back")[0]["room"] == "http"


# ---- request ids ----

@pytest.mark.parametrize("sent", ["a", "0b7e-5.A_z", "x" * 64])
def test_request_id_is_echoed(daemon, sent):
    assert daemon.get("health", role=None, headers={"X-Request-Id": sent}).headers["x-request-id"] == sent
    answer = daemon.get("nothing", role=None, headers={"X-Request-Id": sent})
    assert (answer.headers["x-request-id"], answer.json["request_id"]) == (sent, sent)


@pytest.mark.parametrize("sent", ["", "a b", "x" * 65, "<script>", "a;b", "\u00e4", "../x", "%0a"])
def test_unfit_request_id_is_replaced(daemon, sent):
    made = daemon.get("health", role=None, headers={"X-Request-Id": sent.encode("latin-1")}).headers["x-request-id"]
    assert re.fullmatch("[0-9a-f]{16}", made)


def test_every_answer_has_its_own_id(daemon):
    ids = [daemon.get(path, role=None).headers["x-request-id"] for path in ("health", "nothing", "/", "robot") * 3]
    assert len(set(ids)) == len(ids)
    # Also what h2o refuses by itself.
    refused = daemon.raw(b"POST /api/v1/auth/login HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                         b"Content-Length: 99999999\r\n\r\n")
    assert b"\r\nx-request-id: " in refused and b'"request_id":' in refused


# ---- nothing reads it ----

def fill(write, piece):
    """Write until nothing more is taken."""
    try:
        while True:
            write(piece)
    except BlockingIOError:
        pass


class Pipe:
    """Standard error of a daemon: a named pipe that the test reads when it wants to."""

    def __init__(self, daemon):
        path = daemon.folder / "stderr"
        os.mkfifo(path)
        self.fd = os.open(path, os.O_RDWR | os.O_NONBLOCK)
        self.text = ""
        daemon.prefix = ["sh", "-c", f'exec "$@" 2>"{path}"', "sh"]

    def fill(self):
        """No place is left in it."""
        fill(lambda piece: os.write(self.fd, piece), b"x")

    def take(self):
        """Everything that has come so far."""
        try:
            while piece := os.read(self.fd, 65536):
                self.text += piece.decode(errors="replace")
        except BlockingIOError:
            pass
        return self.text

    def close(self):
        """The test is over."""
        os.close(self.fd)


@pytest.fixture(name="pipe")
def fixture_pipe(fresh):
    made = Pipe(fresh)
    yield made
    made.close()


def works_and_ends(daemon):
    """Answers, stops, writes lines and ends in order."""
    token = daemon.token("administrator")
    for _ in range(60):
        assert daemon.login("nobody", "wrong password").status in (401, 429)
        assert daemon.get("health/live", role=None).status == 200
    assert daemon.post("safety/stop", token=token).json["state"] == "stopped"
    assert put_level(daemon, {"level": "debug"}).status == 200
    assert lines(daemon, code="login_refused")
    daemon.stop()


@pytest.mark.plain("filter")
def test_full_standard_error_holds_nobody_up(fresh, pipe):
    pipe.fill()
    fresh.start()
    works_and_ends(fresh)


@pytest.mark.plain("filter")
def test_lines_follow_when_standard_error_is_read_again(fresh, pipe):
    fresh.start()
    until(lambda: " notice main ready: " in pipe.take(), what="the first lines")
    pipe.fill()
    assert put_level(fresh, {"level": "debug"}).status == 200
    until(lambda: "all rooms from info to debug by administrator" in pipe.take(), what="the line that was held")
    fresh.stop()


@pytest.mark.plain("filter")
def test_stuck_journal_holds_nobody_up(fresh, pipe):
    path = fresh.folder / "journal"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as stuck, \
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        stuck.bind(str(path))
        sender.setblocking(False)
        sender.connect(str(path))
        fill(sender.send, b"x")
        pipe.fill()
        status = os.fstat(pipe.fd)
        fresh.shims["JOURNAL_STREAM"] = f"{status.st_dev}:{status.st_ino}"
        fresh.prefix = ["unshare", "-m", "sh", "-c", 'mount -t tmpfs none /run && mkdir -p /run/systemd/journal && '
                        f'ln -s "{path}" /run/systemd/journal/socket && exec "$@"', "sh", *fresh.prefix]
        fresh.start()
        works_and_ends(fresh)
