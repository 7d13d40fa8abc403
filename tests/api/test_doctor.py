# SPDX-License-Identifier: GPL-2.0-or-later
"""ohtctl doctor on made-up machines: each check with what is wrong there and with what it cannot know."""
import contextlib
import copy
import datetime
import http.server
import json
import os
import pathlib
import shutil
import signal
import socket
import socketserver
import subprocess
import tempfile
import threading

import pytest

from daemon import BUILD

OHTCTL = BUILD / "userspace/ohtctl/ohtctl"
CHECKS = ["kernel", "timers", "real-time", "frequency", "driver", "uart", "fifo", "gpio", "de", "stop", "clock", "disk", "wear", "log",
          "permissions", "ohtd", "versions", "certificate", "modules", "location", "timing", "bus"]
OHT = "sys/class/oht/oht0"
STAT = "{0} ((ohtd) control) S" + " 1" * 37 + " {1} 0\n"
ABI = "0"
SENT = 12000
COUNTERS = ("timeouts short_frames crc_errors paused length_errors unit_errors function_errors echo_errors line_errors tx_stuck "
            "overrun").split()
DISK = "sys/devices/mmc0/block/mmcblk0"
CLOSED = {"token.key", "token.keys", "totp.key", "audit.key", "ca.key", "server.key"}


def utc(days):
    return (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=days, hours=1)).strftime("%Y-%m-%dT%H:%M:%S.000Z")


ANSWERS = {
    "health": {"status": "ok", "version": "0.1.0", "setup_required": False, "reasons": [], "bus": {"backend": "kernel"}},
    "system/certificate": {"names": ["localhost", "Robot"], "not_after": utc(100), "failed": None},
    "modules?limit=200": {"items": [{"address": 2, "name": "power", "health": "good", "required": True},
                                    {"address": 5, "name": "dock", "health": "lost", "required": False}]},
    "robot": {"located": True, "expected_mm": None, "read_mm": None},
}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        answer = self.server.answers.get(self.path.removeprefix("/api/v1/"), {"status": 403, "code": "role", "detail": "not for you"})
        body = json.dumps(answer).encode()
        self.send_response(answer.get("status") if isinstance(answer.get("status"), int) else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):        # pylint: disable=arguments-differ
        pass


class Machine:
    """All files of a robot that is well, below a folder, and an ohtd that says so."""

    def __init__(self, root):
        self.root = root
        self.answers = copy.deepcopy(ANSWERS)
        texts = {
            "proc/sys/kernel/osrelease": "6.1.0-30-rt-arm64\n", "proc/sys/kernel/hostname": "robot\n",
            "proc/version": "Linux version 6.1.0-30-rt-arm64 #1 SMP PREEMPT_RT\n", "proc/cmdline": "root=/dev/mmcblk0p2 quiet\n",
            "proc/sys/kernel/sched_rt_runtime_us": "950000\n",
            "proc/timer_list": "cpu: 0\n  .hres_active    : 1\ncpu: 1\n  .hres_active    : 1\n",
            "sys/devices/system/clocksource/clocksource0/current_clocksource": "arch_sys_counter\n",
            "proc/77/comm": "ohtd\n", "proc/77/task/77/stat": STAT.format(77, 0), "proc/77/task/78/stat": STAT.format(78, 1),
            "proc/77/status": "Name:\tohtd\nVmLck:\t   43000 kB\n", "proc/9/comm": "systemd-timesyn\n",
            "run/systemd/timesync/synchronized": "",
            "sys/module/oht/initstate": "live\n", f"{OHT}/abi_version": ABI + "\n",
            f"{OHT}/baud_effective_millibps": "115384615\n", f"{OHT}/device/of_node/estop-gpios": "x", f"{OHT}/device/of_node/de-gpios": "x",
            f"{OHT}/estop/state": "ready\n", f"{OHT}/estop/causes": "\n", f"{OHT}/estop/self_test_failed": "0x0\n", f"{OHT}/estop/self_test_age_s": "60\n",
            f"{OHT}/estop/proof_test_age_s": "90\n", f"{OHT}/conformance/sent_t35_ok": "9\n",
            f"{OHT}/conformance/sent_t35_violation": "0\n", f"{OHT}/conformance/sent_t15_violation": "0\n",
            f"{OHT}/statistics/frames_sent": f"{SENT}\n",
            "etc/oht/ohtd.conf": "[log]\n", "etc/passwd": f"root:x:0:0:::\noht:x:{os.getuid()}:1:::\n",
            "etc/group": f"root:x:0:\noht-watch:x:7:\noht-admin:x:8:\noht:x:{os.getgid()}:\n",
            "dev/oht0": "", "var/log/journal/x": "", f"{DISK}/device/life_time": "0x01 0x03\n", f"{DISK}/device/pre_eol_info": "0x01\n",
            f"{DISK}/mmcblk0p2/partition": "2\n", "var/lib/oht/oht.db": "",
        }
        for cpu in (0, 1):
            texts[f"sys/devices/system/cpu/cpu{cpu}/cpufreq/scaling_governor"] = "performance\n"
            texts[f"sys/devices/system/cpu/cpu{cpu}/cpufreq/scaling_driver"] = "cpufreq-dt\n"
        texts |= {f"{OHT}/statistics/{name}": "0\n" for name in COUNTERS} | {f"var/lib/oht/{name}": "" for name in CLOSED}
        for name, text in texts.items():
            self.put(name, text)
        (root / OHT / "device/of_node/current-speed").write_bytes((115200).to_bytes(4, "big"))
        for name in CLOSED:
            self.mode(f"var/lib/oht/{name}", 0o600)
        self.mode("var/lib/oht", 0o700)
        self.mode("dev/oht0", 0o660)
        self.mode("etc/oht/ohtd.conf", 0o644)
        device = os.stat(root / "var/lib/oht").st_dev
        (root / "sys/dev/block").mkdir(parents=True)
        (root / f"sys/dev/block/{os.major(device)}:{os.minor(device)}").symlink_to(root / DISK / "mmcblk0p2")

    def put(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def mode(self, name, mode):
        (self.root / name).chmod(mode)

    def remove(self, name):
        path = self.root / name
        (shutil.rmtree if path.is_dir() else os.unlink)(path)

    @contextlib.contextmanager
    def ohtd(self):
        """Answers at the socket of the machine."""
        (self.root / "run/oht").mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.root / "run/oht/ohtd.sock")
        with socketserver.ThreadingUnixStreamServer(str(self.root / "run/oht/ohtd.sock"), Handler) as server:
            server.answers = self.answers
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
            thread.start()
            try:
                yield
            finally:
                server.shutdown()
                thread.join()

    def words(self, *words):
        return [OHTCTL, "doctor", "--root", self.root, *words]

    def doctor(self, *words, before=()):
        """{check: [(result, text with what to do)]}; the exit code fits."""
        done = subprocess.run([*before, *self.words("--seconds", "0", "--json", *words)], capture_output=True, text=True, timeout=120, check=False)
        assert not done.stderr, done
        said = json.loads(done.stdout)
        found = {}
        for line in said["checks"]:
            assert line["action"] is None or line["result"] != "ok"
            found.setdefault(line["check"], []).append((line["result"], f"{line['text']} -> {line['action']}"))
        assert list(found) == CHECKS and said["ok"] + said["wrong"] + said["unknown"] == len(said["checks"])
        assert done.returncode == (1 if said["wrong"] else 0), done
        return found


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path / "m")


WRONG, UNKNOWN = "wrong", "unknown"
HEALTH = "health"


def put(name, text):
    return lambda m: m.put(name, text)


def remove(name):
    return lambda m: m.remove(name)


def mode(name, bits):
    return lambda m: m.mode(name, bits)


def say(path, **members):
    return lambda m: m.answers[path].update(members)


def cpu(name, text):
    return put(f"sys/devices/system/cpu/cpu1/cpufreq/{name}", text)


def without_cpus(machine):
    for number in (0, 1):
        machine.remove(f"sys/devices/system/cpu/cpu{number}/cpufreq")


# Faults of the stop, and those that it answers (docs/faults.md), by the words of the driver.
STOPPED_FOR = ["discrepancy", "feedback", "deadman", "close", "bus_loss", "panic", "storm", "input_error", "cpu_stall", "watchdog", "kdump", "irq_thread"]
# Of each check: what is done to the machine, and what is then said. The first of all are tried together, then the second ones, ...
CASES = {
    "kernel": [(put("proc/sys/kernel/osrelease", "5.10.0-30\n"), WRONG, "6.1 and newer"), (put("proc/sys/kernel/osrelease", "6.0.9\n"), WRONG, "6.1"),
               (put("proc/sys/kernel/osrelease", "x\n"), UNKNOWN, "which Linux"), (remove("proc/sys/kernel/osrelease"), UNKNOWN, "which Linux")],
    "timers": [(put("proc/timer_list", ".hres_active    : 1\n.hres_active    : 0\n"), WRONG, "off on 1 of 2 CPUs"),
               (put("proc/cmdline", "quiet highres=off\n"), WRONG, "highres=off"),
               (put("sys/devices/system/clocksource/clocksource0/current_clocksource", "refined-jiffies\n"), WRONG, "whole ticks"),
               (put("proc/timer_list", "nothing\n"), UNKNOWN, "says nothing"), (remove("proc/timer_list"), UNKNOWN, "cannot be read")],
    "real-time": [(put("proc/77/task/78/stat", STAT.format(78, 0)), WRONG, "no thread of ohtd (process 77)"),
                  (put("proc/77/status", "VmLck:\t0 kB\n"), WRONG, "is not locked"),
                  (put("proc/sys/kernel/sched_rt_runtime_us", "0\n"), WRONG, "sysctl"), (put("proc/77/status", "Name:\tohtd\n"), UNKNOWN, "/proc/77"),
                  (remove("proc/77/task"), UNKNOWN, "/proc/77"), (put("proc/77/comm", "ohtd-sender\n"), UNKNOWN, "no ohtd runs")],
    "frequency": [(cpu("scaling_governor", "powersave\n"), WRONG, "CPU 1"), (without_cpus, UNKNOWN, "firmware")],
    "uart": [(put(f"{OHT}/baud_effective_millibps", "117000000\n"), WRONG, "(+1.56 %)"), (put(f"{OHT}/baud_effective_millibps", "113000000\n"), WRONG, "(-1.91 %)"),
             (put(f"{OHT}/device/of_node/current-speed", "x"), UNKNOWN, "current-speed"), (put(f"{OHT}/baud_effective_millibps", "fast\n"), UNKNOWN, "current-speed")],
    "fifo": [(put(f"{OHT}/statistics/overrun", "3\n"), WRONG, "lost characters 3 times"), (put(f"{OHT}/statistics/frames_sent", "0\n"), UNKNOWN, "nothing was sent"),
             (put(f"{OHT}/statistics/overrun", "-3\n"), UNKNOWN, "cannot be read")],
    "gpio": [(remove(f"{OHT}/estop/state"), WRONG, "no emergency stop"), (remove(f"{OHT}/device/of_node/estop-gpios"), UNKNOWN, "device tree")],
    "de": [(put(f"{OHT}/statistics/tx_stuck", "2\n"), WRONG, "after 2 requests"), (put(f"{OHT}/statistics/echo_errors", "2\n"), WRONG, "2 times something else"),
           (remove(f"{OHT}/device/of_node/de-gpios"), UNKNOWN, "turns by itself"), (put(f"{OHT}/statistics/tx_stuck", "\n"), UNKNOWN, "cannot be read")],
    "stop": [*((put(f"{OHT}/estop/causes", f"start {cause}\n"), WRONG, f"stopped for {cause}: ") for cause in STOPPED_FOR),
             (put(f"{OHT}/estop/self_test_failed", "0x1\n"), WRONG, "the self-test has found: "), (put(f"{OHT}/estop/self_test_age_s", "never\n"), UNKNOWN, "no self-test"),
             (put(f"{OHT}/estop/proof_test_age_s", "never\n"), UNKNOWN, "press the"), (put(f"{OHT}/estop/self_test_failed", "0x80000000\n"), UNKNOWN, "0x80000000"),
             (put(f"{OHT}/estop/self_test_failed", "good\n"), UNKNOWN, "good"), (remove(f"{OHT}/estop/proof_test_age_s"), UNKNOWN, "cannot be read")],
    "clock": [(remove("proc/9"), WRONG, "no program keeps"), (remove("run/systemd/timesync"), UNKNOWN, "only the running kernel")],
    "wear": [(put(f"{DISK}/device/life_time", "0x0b 0x01\n"), WRONG, "more than 100 %"), (put(f"{DISK}/device/life_time", "0x01 0x0a\n"), WRONG, "more than 90 %"),
             (put(f"{DISK}/device/pre_eol_info", "0x02\n"), WRONG, "reserve"), (put(f"{DISK}/device/life_time", "0x00 0x00\n"), UNKNOWN, "does not say"),
             (remove(f"{DISK}/device"), UNKNOWN, "does not say")],
    "log": [(lambda m: (m.remove("var/log/journal"), m.put("run/log/journal/x", "")), WRONG, "in memory"), (remove("var/log/journal"), UNKNOWN, "no journal")],
    "permissions": [(mode("dev/oht0", 0o666), WRONG, "others may use /dev/oht0: mode 0666"), (mode("etc/oht/ohtd.conf", 0o646), WRONG, "others may change /etc/oht/ohtd.conf"),
                    (mode("var/lib/oht", 0o750), WRONG, "chmod 0700"), (mode("var/lib/oht/ca.key", 0o640), WRONG, "/var/lib/oht/ca.key: mode 0640"),
                    (put("etc/group", "root:x:0:\noht:x:1:\noht-admin:x:8:\n"), WRONG, "no group oht-watch"), (put("etc/passwd", "ohtx:x:0:\n"), WRONG, "no user oht"),
                    (put("etc/passwd", "oht:x:4242:\n"), WRONG, "belong to the user oht"),
                    (put("etc/group", "oht:x:4242:\noht-watch:x:7:\noht-admin:x:8:\n"), WRONG, "belong to the group oht")],
    "ohtd": [(say(HEALTH, status="degraded", reasons=[{"code": "hung", "text": "The disk hangs.", "action": "Look at it."}]), WRONG, "hung: The disk hangs. -> Look at it."),
             (say(HEALTH, setup_required=True), WRONG, "admin create"), (say(HEALTH, status="degraded"), UNKNOWN, "neither")],
    "versions": [(say(HEALTH, version="0.0.9"), WRONG, "ohtd is 0.0.9"), (put(f"{OHT}/abi_version", "7\n"), WRONG, "ABI version 7"),
                 (remove(f"{OHT}/abi_version"), UNKNOWN, "no driver")],
    "certificate": [(say("system/certificate", not_after=utc(-1)), WRONG, "has ended"), (say("system/certificate", not_after=utc(5)), WRONG, "in 5 days"),
                    (say("system/certificate", names=["localhost"]), WRONG, "the name of this machine, robot"),
                    (say("system/certificate", not_after="soon"), UNKNOWN, "when its certificate ends"), (say("system/certificate", failed="disk full"), WRONG, "disk full"),
                    (lambda m: m.answers.pop("system/certificate"), UNKNOWN, "not for you"), (remove("proc/sys/kernel/hostname"), UNKNOWN, "name of this machine")],
    "modules": [(say("modules?limit=200", items=[{"address": 2, "name": "power", "health": "lost", "required": True}]), WRONG, "power (2) is lost"),
                (say("modules?limit=200", items=[]), UNKNOWN, "no module is required"), (lambda m: m.answers.pop("modules?limit=200"), UNKNOWN, "not for you")],
    "location": [(say("robot", located=False, expected_mm=12000.0, read_mm=9000.5), WRONG, "last at 12000.0 mm, its position module says 9000.5 mm"),
                 (say("robot", located=False, expected_mm=None, read_mm=1.0), WRONG, "last at unknown mm"), (say("robot", located="no"), UNKNOWN, "does not say"),
                 (lambda m: m.answers.pop("robot"), UNKNOWN, "not for you")],
    "timing": [(put(f"{OHT}/conformance/sent_t35_violation", "2\n"), WRONG, "2 began too early"), (put(f"{OHT}/conformance/sent_t15_violation", "3\n"), WRONG, "3 had pauses"),
               (put(f"{OHT}/conformance/sent_t35_ok", "0\n"), UNKNOWN, "no request was judged"), (remove(f"{OHT}/conformance/sent_t35_ok"), UNKNOWN, "cannot be read")],
}


def test_a_machine_that_is_well(machine):
    with machine.ohtd():
        found = machine.doctor()
    assert found.pop("bus") == [("unknown", "not watched: --seconds 0 -> None")]
    assert {check: lines for check, lines in found.items() if lines[0][0] != "ok"} == {}
    assert "PREEMPT_RT" in found["kernel"][0][1] and "30 %" in found["wear"][0][1] and "(+0.16 %)" in found["uart"][0][1]


@pytest.mark.parametrize("turn", range(max(map(len, CASES.values()))))
def test_each_check_says_what_is_wrong_and_what_it_cannot_know(tmp_path, turn):
    chosen = {check: cases[turn] for check, cases in CASES.items() if turn < len(cases)}
    machine = Machine(tmp_path / "m")
    for change, _, _ in chosen.values():
        change(machine)
    with machine.ohtd():
        found = machine.doctor()
    # What one check lacks another one may lack, too: only those that were meant are judged.
    assert {check: found[check] for check, (_, result, text) in chosen.items() if found[check][0][0] != result or text not in found[check][0][1]} == {}


FAULTS = [(check, *case) for check, cases in CASES.items() for case in cases if case[1] == WRONG]


@pytest.mark.slow
def test_the_first_wrong_line_of_a_machine_with_one_fault_is_that_fault(tmp_path):
    assert len(FAULTS) >= 40
    missed = []
    for number, (check, change, _, text) in enumerate(FAULTS):
        machine = Machine(tmp_path / str(number))
        change(machine)
        with machine.ohtd():
            first = next(((name, line) for name, lines in machine.doctor().items() for result, line in lines if result == WRONG), None)
        if not first or first[0] != check or text not in first[1]:
            missed.append((check, text, first))
    assert not missed


def test_a_person_who_has_stopped_the_robot_is_no_fault(machine):
    machine.put(f"{OHT}/estop/causes", "start button_a button_b software close_by farewell unbind suspend reboot self_test\n")
    with machine.ohtd():
        assert machine.doctor()["stop"][0][0] == "ok"


def test_without_a_daemon_or_a_driver(machine):
    found = machine.doctor()
    assert found["ohtd"][0][0] == WRONG and "no ohtd answers" in found["ohtd"][0][1] and "systemctl status ohtd" in found["ohtd"][0][1]
    assert found["certificate"][0] == ("unknown", "/var/lib/oht/server.crt cannot be read: No such file or directory -> None")
    assert found["modules"][0][0] == found["location"][0][0] == found["versions"][0][0] == UNKNOWN
    machine.put("var/lib/oht/server.crt", "nothing")
    machine.remove("etc/oht")
    machine.remove(OHT)
    found = machine.doctor()
    assert found["certificate"][0] == ("wrong", "/var/lib/oht/server.crt is no certificate -> ohtctl admin cert renew")
    assert found["ohtd"][0][0] == UNKNOWN and found["driver"][0][0] == WRONG and "there is no oht0" in found["driver"][0][1]
    assert {found[check][0] for check in ("uart", "fifo", "gpio", "de", "stop", "timing", "bus")} == {("unknown", "no device of the driver -> None")}
    machine.remove("sys/module")
    assert "modprobe oht" in machine.doctor()["driver"][0][1]
    machine.remove("var")
    found = machine.doctor()
    assert {found[check][0][0] for check in ("disk", "wear", "permissions", "log")} == {UNKNOWN}
    machine.answers.pop(HEALTH)
    with machine.ohtd():
        assert machine.doctor()["ohtd"] == [("unknown", "not for you [role] -> run it as root, or as a member of the group oht-admin")]
    # A machine without any file: nothing is well there.
    shutil.rmtree(machine.root)
    assert not [lines for lines in machine.doctor().values() if "ok" in dict(lines)]


def test_a_person_without_rights_is_told_what_is_hidden_and_no_fault():
    """On a robot that is well, whose daemon lets administrators in only."""
    with tempfile.TemporaryDirectory(prefix="oht-doctor-") as folder:
        os.chmod(folder, 0o755)
        machine, program = Machine(pathlib.Path(folder, "m")), pathlib.Path(folder, "ohtctl")
        shutil.copy(OHTCTL, program)
        machine.mode("proc/timer_list", 0o400)
        with machine.ohtd():
            (machine.root / "run/oht/ohtd.sock").chmod(0o600)
            done = subprocess.run(["setpriv", "--reuid", "nobody", "--regid", "nogroup", "--clear-groups", program, "doctor", "--seconds", "0", "--json", "--root", machine.root],
                                  capture_output=True, text=True, timeout=60, check=False)
        lines = json.loads(done.stdout)["checks"]
    assert done.returncode == 0 and [line for line in lines if line["result"] == WRONG] == [], lines
    hidden = {line["check"]: f"{line['text']} -> {line['action']}" for line in lines if line["result"] == UNKNOWN}
    assert "Permission denied" in hidden["timers"] and "run it as root" in hidden["timers"]
    assert "Permission denied" in hidden["ohtd"], hidden
    assert "Permission denied" in hidden["permissions"], hidden


def test_a_port_that_failed_and_a_serial_port(machine):
    machine.remove(f"{OHT}/statistics")
    machine.answers[HEALTH]["bus"]["backend"] = "rtu"
    with machine.ohtd():
        found = machine.doctor()
    assert found["uart"][0][0] == WRONG and "its port failed" in found["uart"][0][1]
    assert {found[check][0][1] for check in ("fifo", "de", "timing", "bus")} == {"oht0 has no bus -> None"}
    assert found["driver"][0][0] == UNKNOWN and "backend = rtu" in found["driver"][0][1]


@pytest.mark.parametrize("options, text", [("size=4m", "left, less than 204.8 KiB"), ("size=4m,ro", "can only be read"), ("size=4m,nr_inodes=2", "takes no further file")],
                         ids=["full", "read-only", "no inodes"])
def test_a_disk_that_takes_nothing(machine, options, text):
    """In namespaces of its own, where a disk is mounted for the run."""
    state = machine.root / "var/lib/oht"
    fill = f"dd if=/dev/zero of={state}/x bs=64k 2>/dev/null;" if options == "size=4m" else f": >{state}/x;" if "inodes" in options else ""
    script = f'mount -t tmpfs -o {options},mode=0700 none {state} && {{ {fill} true; }} && exec "$@"'
    found = machine.doctor(before=["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, "sh"])
    assert found["disk"][0][0] == WRONG and text in found["disk"][0][1]


@pytest.mark.parametrize("counters, code, text", [
    ({"frames_sent": SENT + 2400}, 0, "ok       bus          2400 requests in"),
    ({"frames_sent": SENT}, 0, "unknown  bus          nothing was sent in"),
    ({"frames_sent": SENT + 10, "crc_errors": 2, "timeouts": 1}, 1, "1 without an answer, 2 answers with a wrong checksum"),
    ({"frames_sent": 1}, 0, "set to 0 meanwhile"),
], ids=["well", "silent", "noise", "reset"])
def test_the_bus_is_watched_until_it_is_interrupted(machine, counters, code, text):
    with machine.ohtd(), subprocess.Popen(machine.words("--seconds", "3600"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as doctor:
        assert doctor.stderr.readline() == "the bus is watched for 3600 s; Ctrl-C ends that earlier\n"
        for name, value in counters.items():
            machine.put(f"{OHT}/statistics/{name}", f"{value}\n")
        doctor.send_signal(signal.SIGINT)
        said = doctor.stdout.read()
    assert doctor.returncode == code and text in said and said.splitlines()[-1].endswith(" ok"), said


@pytest.mark.slow
def test_a_hung_ohtd_is_told_after_ten_seconds(machine):
    """It takes connections and answers none."""
    (machine.root / "run/oht").mkdir(parents=True)
    with socket.socket(socket.AF_UNIX) as hung:
        hung.bind(str(machine.root / "run/oht/ohtd.sock"))
        hung.listen()
        line = machine.doctor()["ohtd"][0]
    assert line[0] == WRONG and "timed out after 10" in line[1] and "journalctl -u ohtd" in line[1]


def test_a_real_ohtd_is_asked(daemon, machine):
    """The members of its answers are those that doctor reads."""
    machine.put("proc/sys/kernel/hostname", "localhost\n")
    found = machine.doctor("--socket", daemon.socket)
    assert "neither" not in found["ohtd"][0][1] and found["versions"][0][0] == found["certificate"][0][0] == "ok", found
    assert found["location"][0][0] == "ok" and found["modules"][0] == ("ok", "all 4 required modules answer well -> None") and "backend = rtu" in found["driver"][0][1]
    # This machine, whatever it is.
    here = subprocess.run([OHTCTL, "doctor", "--seconds", "0", "--socket", daemon.socket], capture_output=True, text=True, timeout=120, check=False)
    assert here.returncode in (0, 1) and not here.stderr and [line.split()[1] for line in here.stdout.splitlines() if line[:1] != " "][0] == "kernel"
