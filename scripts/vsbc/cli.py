# SPDX-License-Identifier: GPL-2.0-or-later
"""The commands: make run, up, down, status, logs, shell; scripts/button, relays, wire, guest."""
import json
import os
import select
import shlex
import signal
import subprocess
import sys
import termios
import time
import tty

from . import build, control, lock, native as without_board, paths, settings
from .errors import SbcError
from .supervisor import Supervisor, check_tools

UP_TIMEOUT_S = 120


def say(line):
    print(line, flush=True)


def command(function):
    """Run a command; what is wrong becomes one line and exit code 1."""
    def wrapped(arguments):
        try:
            return function(arguments) or 0
        except SbcError as error:
            print(f"oht: {error}", file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            print("oht: interrupted", file=sys.stderr)
            return 130
    return wrapped


# ---- make run, up, down, status, logs, shell ----

def _prepare():
    """Settings, lock and everything built; the lock comes first, so that a second start says so at once."""
    wanted = settings.read()
    settings.refuse_ipv6_gateway(wanted)
    settings.refuse_past(wanted)
    mine = lock.Lock(wanted.state)
    mine.sign(os.getpid(), wanted.url)
    settings.check_ports(wanted)
    build.everything(wanted.kernel, say)
    check_tools()
    return wanted, mine


def _supervise(wanted, mine, on_ready):
    supervisor = Supervisor(wanted, say)
    supervisor.catch_signals()
    mine.sign(os.getpid(), wanted.url)
    supervisor.start()
    try:
        on_ready(supervisor)
        supervisor.watch()
    finally:
        supervisor.stop()
        mine.release()


@command
def run(_arguments):
    """make run: in the foreground until Ctrl-C."""
    wanted, mine = _prepare()
    _supervise(wanted, mine, lambda s: say(s.ready_text() + "Ctrl-C stops everything\n"))
    say("stopped")


@command
def up(_arguments):
    """make up: the same in the background; returns when the API answers."""
    wanted, mine = _prepare()
    reader, writer = os.pipe()
    log = wanted.state / "supervisor.log"
    with open(log, "wb") as out:
        child = subprocess.Popen([sys.executable, str(paths.SCRIPTS / "sbc"), "background", str(mine.descriptor),
                                  str(writer)], stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                 pass_fds=(mine.descriptor, writer), start_new_session=True)
    os.close(writer)
    last = _relay_lines(reader, time.monotonic() + UP_TIMEOUT_S)
    if last == "ready":
        return 0
    if child.poll() is None:
        child.terminate()
        child.wait()
    raise SbcError(last or f"not up within {UP_TIMEOUT_S} s; see {log}")


def _relay_lines(reader, deadline):
    """Print what the background process says; returns 'ready', the reason of a failure, or '' at the deadline."""
    pending = b""
    while True:
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([reader], [], [], left)[0]:
            return ""
        data = os.read(reader, 4096)
        if not data:
            return "the background process ended without a word"
        *lines, pending = (pending + data).split(b"\n")
        for line in lines:
            kind, _, text = line.decode().partition("\t")
            if kind != "say":
                return text or kind
            say(text)


@command
def native(_arguments):
    """make native: without the board, until Ctrl-C."""
    without_board.run(say)
    say("stopped")


@command
def background(arguments):
    """What `up` leaves running; told by descriptor which lock it holds and where to report."""
    descriptor, writer = int(arguments[0]), int(arguments[1])
    os.set_inheritable(descriptor, False)
    os.set_inheritable(writer, False)
    wanted = settings.read()
    report = os.fdopen(writer, "w", buffering=1)

    def tell(line):
        say(line)
        if not report.closed:
            for part in line.split("\n"):
                report.write(f"say\t{part}\n")

    supervisor = Supervisor(wanted, tell)
    supervisor.catch_signals()
    mine = lock.Lock(wanted.state, descriptor)
    mine.sign(os.getpid(), wanted.url)
    try:
        supervisor.start()
        tell(supervisor.ready_text() + "`make down` stops everything")
        report.write("ready\n")
        report.close()
        supervisor.watch()
    except (SbcError, OSError) as error:
        if not report.closed:
            report.write(f"failed\t{error}\n")
        raise
    finally:
        supervisor.stop()
        mine.release()


@command
def down(_arguments):
    """make down: end it, and everything it started."""
    state = paths.state_folder()
    if not lock.held(state):
        say("no virtual SBC is running")
        return
    pid, _ = lock.holder(state)
    try:
        control.call(state, "stop", patience_s=5)
    except (SbcError, OSError):
        if pid:
            os.kill(pid, signal.SIGTERM)
    for patience_s, number in ((25, signal.SIGKILL), (5, None)):
        deadline = time.monotonic() + patience_s
        while time.monotonic() < deadline:
            if not lock.held(state):
                say("stopped")
                return
            time.sleep(0.05)
        if number and pid:
            # Its children die with it: they asked the kernel for that.
            os.kill(pid, number)
    raise SbcError(f"process {pid} does not end")


@command
def status(arguments):
    """make status: exit 0 when it runs and answers, 1 otherwise."""
    answer = control.call(paths.state_folder(), "status", patience_s=30)
    if arguments == ["--json"]:
        print(json.dumps(answer, indent=2))
    else:
        for key in ("url", "kernel", "wire", "state", "up_s", "emulator_pid", "button"):
            print(f"{key:13} {answer[key]}")
        _print_relays(answer)
        print(f"{'health':13} {json.dumps(answer['health'])}")
    return 1 if "error" in answer["health"] else 0


@command
def logs(_arguments):
    """make logs: the last lines of everybody."""
    state = paths.state_folder()
    try:
        guest = control.call(state, "guest", patience_s=30, command="logread | tail -n 40")[1]
    except SbcError:
        guest = None
    for name in ("supervisor.log", "qemu.log", "sim.log", "console.log", "messages.log"):
        path = state / name
        if name == "messages.log" and guest is not None:
            text, name = guest, "guest log"
        elif not path.exists():
            continue
        else:
            text = path.read_text(errors="replace")
        lines = text.splitlines()[-40:]
        print(f"==> {name} ({len(lines)} last lines)")
        print("\n".join(lines))


@command
def shell(_arguments):
    """make shell: a root shell in the guest on this terminal; Ctrl-] leaves."""
    control.call(paths.state_folder(), "relays", patience_s=5)
    if not sys.stdin.isatty():
        raise SbcError("make shell needs a terminal; for one command: scripts/guest 'COMMAND'")
    sock = paths.connect_unix(paths.state_folder() / "shell.sock", 5)
    say("root shell in the guest; Ctrl-] leaves")
    before = termios.tcgetattr(0)
    tty.setraw(0)
    try:
        sock.sendall(b"\n")
        while True:
            for ready in select.select([0, sock], [], [])[0]:
                data = os.read(0, 1024) if ready == 0 else sock.recv(4096)
                if not data or (ready == 0 and b"\x1d" in data):
                    return
                if ready == 0:
                    sock.sendall(data)
                else:
                    os.write(1, data)
    finally:
        termios.tcsetattr(0, termios.TCSADRAIN, before)
        print()


# ---- scripts/button, relays, wire, guest ----

@command
def button(arguments):
    """button press|release [a|b]"""
    if not arguments or arguments[0] not in ("press", "release") or len(arguments) > 2:
        print("usage: button press|release [a|b]", file=sys.stderr)
        return 2
    channel = arguments[1] if len(arguments) == 2 else None
    control.call(paths.state_folder(), arguments[0], patience_s=10, channel=channel)


def _print_relays(answer):
    for name, output in answer["outputs"].items():
        when = "never changed"
        if output["wall_ns"]:
            seconds, rest_ns = divmod(output["wall_ns"], 10**9)
            clock = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
            when = f"since {clock}.{rest_ns // 1000:06d}Z, {output['changes']} changes"
        print(f"{name:13} {'high' if output['level'] else 'low':5} {when}")


@command
def relays(arguments):
    """relays [--json]"""
    if arguments not in ([], ["--json"]):
        print("usage: relays [--json]", file=sys.stderr)
        return 2
    answer = control.call(paths.state_folder(), "relays", patience_s=10)
    if arguments:
        print(json.dumps(answer["outputs"]))
    else:
        _print_relays(answer)


@command
def wire(arguments):
    """wire cut|mend, or a command of the simulator"""
    if not arguments:
        print("usage: wire cut | mend | status | fault UNIT KIND [key=value...] | clear [UNIT] | get UNIT ADDR | "
              "set UNIT ADDR VALUE", file=sys.stderr)
        return 2
    state = paths.state_folder()
    if arguments in (["cut"], ["mend"]):
        control.call(state, arguments[0], patience_s=10)
        return 0
    said = control.call(state, "wire", patience_s=10, line=" ".join(arguments))
    if said:
        print(said)


@command
def guest(arguments):
    """guest [--timeout SECONDS] COMMAND...

    One argument is a line of the guest's shell; of several each stays one word, as the caller's shell has made it.
    """
    timeout = 60
    if arguments[:1] == ["--timeout"] and len(arguments) > 1 and arguments[1].isdigit():
        timeout = int(arguments[1])
        arguments = arguments[2:]
    if not arguments:
        print("usage: guest [--timeout SECONDS] COMMAND...", file=sys.stderr)
        return 2
    line = arguments[0] if len(arguments) == 1 else shlex.join(arguments)
    code, output = control.call(paths.state_folder(), "guest", patience_s=timeout + 30,
                                command=line, timeout=timeout)
    sys.stdout.write(output)
    return code
