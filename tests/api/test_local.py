# SPDX-License-Identifier: GPL-2.0-or-later
"""The socket for local administration: who is let in, what it does, and what it never removes."""
import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile

import pytest

from daemon import begin
from oht_test.client import Answer
from oht_test.params import at_night
from oht_test.wait import until
from oht_test.websocket import Closed, WebSocket

pytestmark = pytest.mark.plain("filter")

NOBODY = 65534
SOME_GID = 54321
# Sends what is in argv[2] to the socket argv[1] and prints what comes back, within argv[3] seconds if that is there; one
# that is turned away is answered at once.
CLIENT = """import socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
if sys.argv[3:]:
    s.settimeout(float(sys.argv[3]))
try:
    s.sendall(sys.argv[2].encode())
    while data := s.recv(65536):
        sys.stdout.buffer.write(data)
except (BrokenPipeError, ConnectionResetError, TimeoutError):
    pass        # answered before the request was read, or not at all
"""


def text_of(method, path, body=None, headers=""):
    """A request that closes its connection."""
    data = "" if body is None else json.dumps(body)
    kind = f"Content-Type: application/json\r\nContent-Length: {len(data)}\r\n" if data else ""
    return f"{method} /api/v1/{path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{kind}{headers}\r\n{data}"


def parse(raw):
    """An answer as text to an Answer."""
    head, _, body = raw.partition("\r\n\r\n")
    first, *rest = head.split("\r\n")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in rest)}
    return Answer(int(first.split()[1]), headers, body.encode())


def ask(path, method, what, body=None, headers="", **who):
    """One request over the socket, as another user with user=, group=, extra_groups=."""
    done = subprocess.run([sys.executable, "-c", CLIENT, path, text_of(method, what, body, headers)], check=True,
                          capture_output=True, timeout=60, **who)
    return parse(done.stdout.decode())


@pytest.fixture(name="local", scope="module")
def _local(tmp_path_factory, accounts):
    """A running daemon and its socket, with a group oht-admin in its own view of /etc/group; requests only."""
    # A folder that everybody may look into; pytest's own is for its user only.
    folder = tempfile.mkdtemp(prefix="oht-local-")
    os.chmod(folder, 0o755)
    path = f"{folder}/sock"
    groups = f"{folder}/group"
    with open("/etc/group", encoding="utf-8") as real, open(groups, "w", encoding="utf-8") as own:
        own.write("".join(line for line in real if not line.startswith("oht-admin:")))
        own.write(f"oht-admin:x:{SOME_GID}:\n")
    made = begin(tmp_path_factory.mktemp("local"), accounts)
    try:
        made.write_config(paths_socket=path)
        made.prefix = ["unshare", "-m", "sh", "-c", f'mount --bind {groups} /etc/group && exec "$@"', "sh"]
        made.start()
        yield made, path
        made.stop()
    finally:
        made.end()
        shutil.rmtree(folder)


def test_root_is_an_administrator_without_a_token(local):
    daemon, path = local
    assert ask(path, "GET", "robot").status == 200
    assert ask(path, "PUT", "logs/level", {"level": "debug"}).json["new"] == "debug"
    assert " notice http local: uid 0: PUT /api/v1/logs/level [" in daemon.log()
    assert "all rooms from info to debug by uid 0" in daemon.log()


def test_who_is_there_is_the_uid_and_no_session(local):
    _, path = local
    me = ask(path, "GET", "auth/me").json
    assert me == {"id": None, "username": None, "role": "administrator", "session": None, "key": None, "uid": 0,
                  "user": "uid 0", "elevated_for_ms": None, "pin_for_ms": None}
    assert ask(path, "GET", "auth/me", user=NOBODY, group=SOME_GID).json["uid"] == NOBODY
    assert ask(path, "GET", "auth/sessions").json == {"items": [], "next_cursor": None}
    assert ask(path, "POST", "auth/logout", {}).code == "no_session"
    change = {"old_password": "whatever it is", "new_password": "something else"}
    assert ask(path, "POST", "auth/password/change", change).code == "no_session"
    assert ask(path, "POST", "auth/elevate", {"password": "whatever it is"}).code == "no_session"
    assert ask(path, "DELETE", "auth/elevate").code == "no_session"


def test_members_of_the_group_are_administrators(local):
    _, path = local
    for who in ({"group": SOME_GID}, {"group": NOBODY, "extra_groups": [7, SOME_GID]}):
        assert ask(path, "PUT", "logs/level", {"level": "info"}, user=NOBODY, **who).status == 200


def test_everybody_else_gets_one_clear_refusal(local):
    daemon, path = local
    who = {"user": NOBODY, "group": NOBODY, "extra_groups": [7, SOME_GID + 1]}
    token = f"Authorization: Bearer {daemon.token('administrator')}\r\n"
    for method, what, more in (("GET", "robot", ""), ("GET", "health/live", ""), ("POST", "safety/stop", ""),
                               ("GET", "nothing", ""), ("PUT", "logs/level", ""), ("GET", "robot", token)):
        answer = ask(path, method, what, headers=more, **who)
        assert (answer.status, answer.code) == (403, "local_no_role"), (method, what)
    assert f" warning http local_refused: uid {NOBODY} (nobody) [" in daemon.log()


# ---- roles ----

PRESET = "@oht-admin=administrator"


def give(path, roles):
    answer = ask(path, "PATCH", "config", {"access": {"local_roles": roles}})
    assert answer.status == 200, answer


@contextlib.contextmanager
def given(path, roles):
    """As it was shipped, afterwards."""
    give(path, roles)
    try:
        yield
    finally:
        give(path, PRESET)


def verdict(answer):
    return answer.status if answer.status < 400 else (answer.status, answer.code)


# Lowest role, and whether a local user below administrator is short of an elevated session.
ROUTES = [("GET", "robot", None, "viewer", False), ("POST", "safety/stop", None, "operator", False), ("GET", "logs", None, "supervisor", False),
          ("PUT", "robot/mode", {"mode": "maintenance"}, "supervisor", True), ("PUT", "logs/level", {"level": "info"}, "administrator", False),
          ("PATCH", "config", {"access": {"local_roles": "*=administrator"}}, "supervisor", False)]
RANKS = ["none", "viewer", "operator", "supervisor", "administrator"]


@pytest.mark.parametrize("role", ["none", "operator", *at_night("viewer", "supervisor")])
def test_a_local_user_may_what_its_role_may(local, role):
    """Of each role: by number, by group and as one of all others. The administrator: tests above."""
    daemon, path = local
    for roles, who in ((f"{NOBODY}={role} @{SOME_GID}=administrator", {"group": SOME_GID}), (f"@oht-admin={role}", {"group": SOME_GID}),
                       (f"7=administrator *={role}", {"group": NOBODY, "extra_groups": []})):
        with given(path, roles):
            for method, what, body, lowest, elevated in ROUTES:
                want = (403, "local_no_role") if role == "none" else (403, "role") if RANKS.index(role) < RANKS.index(lowest) else \
                    (403, "local_elevation") if elevated else (403, "role") if method == "PATCH" else 200
                assert verdict(ask(path, method, what, body, user=NOBODY, **who)) == want, (roles, method, what)
            if role != "none":
                me = ask(path, "GET", "auth/me", user=NOBODY, **who).json
                assert (me["role"], me["uid"], me["user"], me["elevated_for_ms"]) == (role, NOBODY, f"uid {NOBODY} (nobody)", None)
            assert verdict(ask(path, "PUT", "logs/level", {"level": "info"})) == 200, "root stays"
    if role == "operator":
        assert f"uid {NOBODY} (nobody)" in {record["who"] for record in ask(path, "GET", "audit?limit=20").json["items"] if "stop" in record["act"]}


def test_a_user_of_many_groups_is_in_each_of_them(local):
    """Also in the one that is refused: more than the kernel tells at first."""
    _, path = local
    who = {"user": NOBODY, "group": NOBODY, "extra_groups": [*range(1000, 1300), SOME_GID]}
    for roles, want in (("@oht-admin=none *=viewer", (403, "local_no_role")), ("@oht-admin=viewer", 200)):
        with given(path, roles):
            assert verdict(ask(path, "GET", "robot", **who)) == want, roles


def connect_as(path, uid):
    """A socket whose peer the kernel takes for another user."""
    sock = socket.socket(socket.AF_UNIX)
    sock.settimeout(60)
    os.seteuid(uid)
    try:
        sock.connect(path)
    finally:
        os.seteuid(0)
    return sock


def again(sock, method, what, body=None):
    """One more request on a connection that stays."""
    data = "" if body is None else json.dumps(body)
    sock.sendall(f"{method} /api/v1/{what} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                 f"Content-Length: {len(data)}\r\n\r\n{data}".encode())
    stream = sock.makefile("rb")
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += stream.readline()
    length = int(next(line.split(b":")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")))
    return parse((head + stream.read(length)).decode())


def test_a_role_that_is_lowered_ends_what_it_opened(local):
    """The next request, live data, and control of the robot; a stop goes on as the new role says."""
    _, path = local
    with given(path, f"{NOBODY}=supervisor"), connect_as(path, NOBODY) as kept, WebSocket(connect_as(path, NOBODY), "localhost") as live:
        assert live.hear()["type"] == "hello"
        live.say({"type": "ping"})
        assert live.hear() == {"type": "pong"}
        assert verdict(again(kept, "GET", "logs")) == 200
        assert verdict(again(kept, "POST", "control", {})) == 200
        assert ask(path, "GET", "robot").json["control"]
        give(path, f"{NOBODY}=viewer")
        assert verdict(again(kept, "GET", "logs")) == (403, "role")
        with pytest.raises(Closed) as closed:
            while True:
                live.say({"type": "ping"})
                live.hear()
        assert closed.value.reason in ("token_revoked", "")
        until(lambda: ask(path, "GET", "robot").json["control"] is None, what="control that has ended")
        give(path, f"{NOBODY}=operator")
        assert verdict(again(kept, "POST", "safety/stop")) == 200
        give(path, "*=none")
        assert verdict(again(kept, "POST", "safety/stop")) == (403, "local_no_role")


def test_stop_works_here_too(local):
    _, path = local
    answer = ask(path, "POST", "safety/stop")
    assert (answer.status, answer.json["state"]) == (200, "stopped")


@pytest.mark.parametrize("header", ["X-Forwarded-For: 192.0.2.9", "Forwarded: for=192.0.2.9", "X-Real-IP: 192.0.2.9",
                                    "Authorization: Bearer nonsense"])
def test_headers_about_who_asks_are_not_looked_at(local, header):
    daemon, path = local
    assert ask(path, "PUT", "logs/level", {"level": "debug"}, f"{header}\r\n").status == 200
    ask(path, "POST", "auth/login", {"username": "viewer", "password": "wrong word"}, f"{header}\r\n")
    assert " auth login_refused: from local, uid 0 [" in daemon.log()
    assert "192.0.2.9" not in daemon.log()


def test_the_rules_of_http_hold_here_too(local):
    _, path = local
    for raw, status in ((text_of("GET", "robot").replace("localhost", "evil.example"), 421),
                        (text_of("get", "robot"), 400), (text_of("GET", "x" * 2000), 414),
                        (text_of("PUT", "logs/level", {"level": "loud"}), 400), (text_of("DELETE", "robot"), 405)):
        with socket.socket(socket.AF_UNIX) as sock:
            sock.connect(path)
            sock.sendall(raw.encode())
            assert sock.makefile("rb").readline().split()[1] == str(status).encode()


def test_a_crowd_on_the_network_does_not_keep_an_administrator_out(fresh):
    fresh.write_config(http_connections=8)
    fresh.start()
    crowd = [socket.create_connection(("127.0.0.1", fresh.port)) for _ in range(8)]
    assert ask(fresh.socket, "GET", "health/live").status == 200
    for sock in crowd:
        sock.close()


def test_places_that_become_free_are_used(fresh):
    fresh.start()
    crowd = [socket.socket(socket.AF_UNIX) for _ in range(20)]
    for sock in crowd:
        sock.connect(str(fresh.socket))
    for sock in crowd:
        sock.close()
    assert ask(fresh.socket, "GET", "health/live").status == 200


# ---- idle connections ----

# Opens what the daemon closes anew, for ever.
HOLD = """import selectors, socket, sys
held = selectors.DefaultSelector()
def hold():
    s = socket.socket(socket.AF_UNIX)
    s.connect(sys.argv[1])
    held.register(s, selectors.EVENT_READ)
for _ in range(int(sys.argv[2])):
    hold()
print("held", flush=True)
while True:
    for key, _ in held.select():
        try:
            more = key.fileobj.recv(65536)
        except OSError:
            more = b""
        if not more:
            held.unregister(key.fileobj)
            key.fileobj.close()
            hold()
"""


@contextlib.contextmanager
def idle(path, count, **who):
    """Another process that keeps so many connections and says nothing."""
    with subprocess.Popen([sys.executable, "-c", HOLD, path, str(count)], stdout=subprocess.PIPE, text=True, **who) as holder:
        try:
            assert holder.stdout.readline() == "held\n"
            yield
        finally:
            holder.kill()


def raw_answer(path, **who):
    """To a request that may be turned away before it is read, and then lose its answer."""
    return subprocess.run([sys.executable, "-c", CLIENT, path, text_of("GET", "robot")], check=True, capture_output=True,
                          timeout=60, **who).stdout


def refused_at_once(path, **who):
    """Answer to a connection that has no place: before it has asked. Until those of others who have left are noticed, the
    crowd may not have its places yet, and a connection that gets one waits in vain.
    """
    def ask_nothing():
        return subprocess.run([sys.executable, "-c", CLIENT, path, "", "1"], check=True, capture_output=True, timeout=60,
                              **who).stdout

    return parse(until(ask_nothing, what="a connection without a place").decode())


def test_no_user_keeps_the_administrators_out(local):
    _, path = local
    # Each of them has only its share, and so do all of them together.
    with contextlib.ExitStack() as crowd:
        for uid in range(NOBODY - 5, NOBODY):
            crowd.enter_context(idle(path, 20, user=uid, group=uid, extra_groups=[]))
        for _ in range(3):
            assert ask(path, "GET", "robot").status == 200
            assert ask(path, "GET", "robot", user=NOBODY, group=SOME_GID, extra_groups=[]).status == 200


def test_one_more_than_its_share_is_told_so(local):
    _, path = local
    who = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
    with idle(path, 20, **who):
        answer = refused_at_once(path, **who)
        assert (answer.status, answer.code) == (503, "busy")
        # Others have their own.
        other = {"user": NOBODY - 1, "group": NOBODY, "extra_groups": []}
        until(lambda: b"local_no_role" in raw_answer(path, **other), what="a place of their own")
    until(lambda: b"local_no_role" in raw_answer(path, **who), what="a place again")


@pytest.mark.slow
def test_members_of_the_group_do_not_keep_root_out(local):
    _, path = local
    with contextlib.ExitStack() as crowd:
        for uid in range(NOBODY - 9, NOBODY):
            crowd.enter_context(idle(path, 20, user=uid, group=SOME_GID, extra_groups=[]))
        for _ in range(3):
            assert ask(path, "GET", "robot").status == 200


def test_dead_socket_of_our_own_is_replaced_and_removed_at_the_end(fresh):
    fresh.start()
    fresh.stop()
    assert not fresh.socket.exists()
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(fresh.socket))
    fresh.start()
    assert ask(fresh.socket, "GET", "health/live").status == 200
    fresh.process.kill()
    fresh.process.wait()
    assert fresh.socket.exists()
    fresh.start()
    assert ask(fresh.socket, "GET", "health/live").status == 200


def refused(daemon, status=78):
    """Standard error of a start that must fail with that exit status."""
    daemon.process = None
    begun = len(daemon.log()) if (daemon.folder / "ohtd.log").exists() else 0
    with pytest.raises(AssertionError):
        daemon.start()
    assert daemon.process.wait(20) == status
    daemon.process = None
    return daemon.log()[begun:]


def test_what_is_no_socket_is_not_touched(fresh):
    fresh.socket.write_text("precious")
    assert f"{fresh.socket}: is there and is no socket" in refused(fresh)
    assert fresh.socket.read_text() == "precious"
    fresh.socket.rename(fresh.folder / "target")
    fresh.socket.symlink_to(fresh.folder / "target")
    assert f"{fresh.socket}: is there and is no socket" in refused(fresh)
    assert fresh.socket.is_symlink()


def test_living_or_foreign_socket_is_not_touched(fresh):
    with socket.socket(socket.AF_UNIX) as living:
        living.bind(str(fresh.socket))
        living.listen()
        assert f"{fresh.socket}: another program listens there" in refused(fresh, status=1)
        os.chown(fresh.socket, NOBODY, NOBODY)
        assert f"{fresh.socket}: is the socket of another user" in refused(fresh)
    assert f"{fresh.socket}: is the socket of another user" in refused(fresh)
    assert fresh.socket.exists()


def test_off_and_a_missing_folder_mean_none(fresh):
    fresh.write_config(paths_socket="off")
    fresh.start()
    assert not fresh.socket.exists()
    fresh.stop()
    fresh.write_config(paths_socket=fresh.folder / "nowhere/sock")
    fresh.start()
    until(lambda: "no_local_socket: there is no folder for" in fresh.log(), what="the warning")


@pytest.mark.parametrize("value", ["relative/sock", "no", "", "/" + "x" * 107])
def test_bad_paths_are_refused(fresh, value):
    fresh.write_config(paths_socket=value)
    assert "socket must be off or an absolute path of less than 108 bytes" in refused(fresh)
