# SPDX-License-Identifier: GPL-2.0-or-later
"""The memory of values: 25 hours of a mix of 56 signals at 40 Hz, as fast as they are taken, and their chunks again and again up to 30
days; those 30 days behind a daemon; the same integers in other forms; and the robot's own signals."""
import array
import contextlib
import datetime
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time

from _board import STATE, TOP, fresh, rss_mib, share
from _past import SIGNALS as MONTH_SIGNALS, chart_ms, shown_ms

sys.path[:0] = [str(TOP / "tests/api"), str(TOP / "tests/lib")]

from daemon import die_with_us, running  # noqa: E402
from oht_test.wait import until  # noqa: E402

PROGRAMS = TOP / "build/userspace/native/tests"
LOAD, SHIFT = PROGRAMS / "unit/history_load", PROGRAMS / "unit/shift_samples"
HOURS, ROBOT_HOURS = 25, 28
SIGNALS, CHUNK = 56, 163840
CHUNK_S, CYCLES_A_DAY = 4096, 86400 * 40
# Levels 0 to 2 are kept for 30 days, the others for 400.
DAYS = (30, 30, 30, 400, 400, 400)
CLIENTS, RATE_HZ, LIVE_S, SIEGE = 20, 10, 30, 32
# Bits of a sample as its paper has them, and how many rows a table of rows is measured by.
GORILLA, ROWS = 1.37 * 8, 4096 * SIGNALS


def run(bench):
    """Record the group."""
    with tempfile.TemporaryDirectory(dir=TOP / "build") as folder:
        _mix(bench, folder)
        _forms(bench, folder)
        _daemon(bench, folder)
    with tempfile.TemporaryDirectory(dir=TOP / "build") as folder:
        _robot(bench, folder)


def _load(*arguments):
    """The lines of the program, by their first words, which are no numbers."""
    done = subprocess.run([LOAD, *map(str, arguments)], capture_output=True, text=True, check=True, timeout=900)
    found = {}
    for line in done.stdout.splitlines():
        words = line.split()
        names = [word for word in words if word[0].isalpha()]
        found[" ".join(names)] = [float(word) for word in words[len(names):]]
    return found


def _mix(bench, folder):
    found = _load(folder, HOURS)
    ratio, bits = found["entropy"]
    bench.record("history.raw_vs_entropy", ratio, "", "native", bar=("<=", 1.10),
                 note=f"20 signals with noise of 2 LSB, 20 slow, 10 counters, 6 words; {bits:.3f} bits a sample; without levels")
    bench.record("history.bits_sample", ratio * bits, "bit", "native", note="of the same integers, in the file")
    bench.record("history.ingest_cpu_percent", found["cpu"][0], "%", "native", bar=("<", 3), note="taking, coding, writing and sealing")
    for what, bar, note in (("warm", 15, "again and again"), ("cold", 30, "nothing of the file in the host's memory before each")):
        each = {name.split()[1]: values for name, values in found.items() if name.startswith(what)}
        bench.record("history.chart_p95_ms" if what == "warm" else "history.chart_cold_p95_ms", max(p95 for p95, _ in each.values()), "ms", "native",
                     bar=("<", bar), samples=int(sum(count for _, count in each.values())),
                     note="2,000 points of 8 signals, the worst of " + ", ".join(f"{span} {p95:.1f}" for span, (p95, _) in each.items()) +
                     f"; 30 days are there, values come in, {note}; without JSON")
    took_s, rows = found["move"]
    bench.record("history.move_s", took_s, "s", "native", note=f"{rows:.0f} coarse chunks of these 30 days from schema 2 to 3, from the start of the history on")
    bench.record("history.export_samples_per_s", found["export"][0], "samples/s", "native", bar=(">=", 2_000_000),
                 note="all samples of all signals, as an export reads them; without text and TLS")
    whole = sum(level * days * 86400 / CHUNK_S for level, days in zip(found["levels"], DAYS))
    raw = found["levels"][0] * 30 * 86400 / CHUNK_S
    bench.record("history.gb_30d", whole / 1e9, "GB", "native", bar=("<=", 1.4),
                 note=f"all levels of 30 days, coarse ones of 400, computed from one chunk; samples alone {raw / 1e9:.2f} GB")
    bench.record("history.written_mb_per_day", found["written"][0] * CYCLES_A_DAY / 1e6, "MB", "native", bar=("<=", 350),
                 note="of this mix into the log and the file of the database, a commit each 10 s, and what sealing writes")


# ---- the same integers in other forms ----

def _forms(bench, folder):
    """A chunk of each signal, as narrow as its integers allow."""
    mix = array.array("i")
    with open(f"{folder}/mix", "rb") as file:
        mix.fromfile(file, SIGNALS * CHUNK)
    parts = []
    for number in range(SIGNALS):
        values = mix[number * CHUNK:(number + 1) * CHUNK]
        width = 2 if -32768 <= min(values) and max(values) < 32768 else 3
        name = f"{folder}/signal{number}"
        with open(name, "wb") as file:
            file.write(b"".join(value.to_bytes(width, "little", signed=True) for value in values))
        parts.append((name, width))
    count = SIGNALS * CHUNK
    for form, program, size in (("flac_8", "flac", _flac), ("zstd_19", "zstd", _zstd)):
        if shutil.which(program):
            bench.record(f"history.bits_sample_{form}", 8 * size(parts) / count, "bit", "native",
                         note="the integers of a chunk of each signal, in 16 bits, or 24 where they need them")
        else:
            print(f"history.bits_sample_{form}: skipped, there is no {program}")
    bench.record("history.bits_sample_gorilla", GORILLA, "bit", "native", note="computed: 1.37 bytes, as its paper says of its own data")
    bench.record("history.bits_sample_rows", _rows(folder, mix), "bit", "native", samples=ROWS,
                 note="plain rows of SQLite: time in ns, signal, value; no index")


def _flac(parts):
    size = 0
    for name, width in parts:
        form = ["--force-raw-format", "--endian=little", "--sign=signed", "--channels=1", f"--bps={8 * width}", "--sample-rate=8000"]
        size += len(subprocess.run(["flac", "-8", "--totally-silent", "-c", *form, name], stdout=subprocess.PIPE, check=True).stdout)
    return size


def _zstd(parts):
    return sum(len(subprocess.run(["zstd", "-19", "-q", "-c", name], stdout=subprocess.PIPE, check=True).stdout) for name, _ in parts)


def _rows(folder, mix):
    with contextlib.closing(sqlite3.connect(f"{folder}/rows.db")) as sql:
        sql.execute("CREATE TABLE samples (time INTEGER, signal INTEGER, value INTEGER)")
        sql.executemany("INSERT INTO samples VALUES (?, ?, ?)", ((1_800_000_000_000_000_000 + cycle * 25_000_000, signal, mix[signal * CHUNK + cycle])
                                                                 for cycle in range(ROWS // SIGNALS) for signal in range(SIGNALS)))
        sql.commit()
        pages, size = (sql.execute(f"PRAGMA {what}").fetchone()[0] for what in ("page_count", "page_size"))
    return 8 * pages * size / ROWS


# ---- 30 days behind a daemon ----

def _end_now(database):
    """The runs of the file end a moment ago."""
    with contextlib.closing(sqlite3.connect(database)) as sql:
        end_ns, = sql.execute("SELECT max(start_ns + end_cycle * cycle_ns) FROM runs").fetchone()
        sql.execute("UPDATE runs SET start_ns = start_ns - ?", (end_ns - time.time_ns() + 5_000_000_000,))
        sql.commit()


def _resident_mib(daemon):
    """MiB of the daemon while so many clients read live, before and after charts of a month."""
    command = [PROGRAMS / "bench/ws_load", str(daemon.port), str(CLIENTS), "0", str(RATE_HZ), str(LIVE_S)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, preexec_fn=die_with_us) as live:
        live.stdin.write(daemon.token("operator") + "\n")
        live.stdin.close()
        assert live.stdout.readline() == "ready\n"
        time.sleep(LIVE_S / 2)
        before = rss_mib(daemon.process.pid)
        charts = len(chart_ms(daemon, False))
        return before, rss_mib(daemon.process.pid), charts


def _changed(daemon):
    """A version that returns by itself, and its confirmation."""
    answer = daemon.request("PATCH", "config?confirm_within_s=60", {"robot": {"name": f"besieged {time.monotonic()}"}}, role="administrator",
                            headers={"Content-Type": "application/merge-patch+json"})
    return answer, daemon.post("config/confirm", {}, role="administrator")


def _besieged(daemon):
    """One viewer asks for months on 32 connections: milliseconds of what others do, MiB meanwhile and a minute later, and what the viewer was answered."""
    begin = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=30)
    path = f"/api/v1/telemetry/history?signals={','.join(MONTH_SIGNALS)}&from={begin:%FT%TZ}&points=2000"
    command = ["nice", "-n", "19", "/usr/bin/python3", "-P", TOP / "tests/bench/_crowd.py", str(daemon.port), daemon.state / "ca.crt", str(SIEGE), path]
    acts = (lambda: [daemon.post("safety/stop", {}, role="operator")], lambda: [daemon.get("alerts/history", role="operator")],
            lambda: [daemon.get("backups", role="administrator")], lambda: _changed(daemon))
    took, resident = [], []
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, preexec_fn=die_with_us) as siege:
        siege.stdin.write(daemon.token("viewer") + "\n")
        siege.stdin.flush()
        assert siege.stdout.readline() == "begun\n"
        until_s = time.monotonic() + LIVE_S
        while time.monotonic() < until_s:
            for act in acts:
                before = time.monotonic()
                answers = act()
                took.append((time.monotonic() - before) * 1e3 / len(answers))
                assert all(answer.status == 200 for answer in answers), answers
            resident.append(rss_mib(daemon.process.pid))
        counts, _ = siege.communicate()
    time.sleep(60)
    return took, max(resident), rss_mib(daemon.process.pid), counts.strip()


def _daemon(bench, folder):
    with running(fresh(STATE / "history"), ("administrator", "operator", "viewer"), robot_simulated="yes") as daemon:
        daemon.stop()
        _end_now(f"{folder}/history.db")
        (daemon.state / "history.db").unlink()
        shutil.move(f"{folder}/history.db", daemon.state / "history.db")
        daemon.start()
        until(lambda: daemon.get("health", role=None).json["history"]["bytes"], what="an open file")
        before, after, charts = _resident_mib(daemon)
        bench.record("history.rss_30d_mib", before, "MiB", "native", bar=("<=", 24), samples=1,
                     note=f"resident with 30 days of this mix, beside {CLIENTS} TLS clients that read live; {after:.1f} after {charts} charts of a month")
        for name, each in (("cold_", chart_ms(daemon, True)), ("", chart_ms(daemon, False))):
            bench.record(f"history.get_month_{name}p95_ms", share(each, 950), "ms", "native", samples=len(each),
                         note="GET telemetry/history, 2,000 points of 8 signals over 30 days that are there, with JSON and TLS, while values come "
                         f"in{', nothing of the file in memory before each' if name else ''}; median {share(each, 500):.1f}")
        took, most, later, counts = _besieged(daemon)
        said = f"beside a viewer that asks for months on {SIEGE} connections for {LIVE_S} s, which was answered {counts}"
        bench.record("history.besieged_max_ms", max(took), "ms", "native", bar=("<", 1000), samples=len(took),
                     note=f"STOP, alerts, backups, a version and its confirmation of others, {said}; median {share(took, 500):.0f}")
        bench.record("history.besieged_rss_mib", most, "MiB", "native", bar=("<=", 40), samples=1, note=f"resident {said}")
        bench.record("history.besieged_later_rss_mib", later, "MiB", "native", bar=("<=", 24), samples=1, note="the same, a minute later")
        shown = shown_ms(daemon, STATE / "history-page")
        bench.record("history.page_p95_ms", max(share(each, 950) for each in shown.values()), "ms", "native", bar=("<", 200),
                     samples=sum(map(len, shown.values())),
                     note="page History, 8 signals, from the touch to drawn, the worst of " +
                     ", ".join(f"{span} {share(each, 950):.0f} (median {share(each, 500):.0f})" for span, each in shown.items()))


# ---- the robot ----

def _robot(bench, folder):
    subprocess.run([SHIFT, f"{folder}/shift"], capture_output=True, check=True, timeout=300)
    used, written, synchronisations = _load(folder, ROBOT_HOURS, f"{folder}/shift")["robot"]
    note = "the robot's own signals of an hour of moves, pauses, dockings and charging in virtual time, again and again"
    bench.record("history.mib_per_day_robot", used * CYCLES_A_DAY / 2**20, "MiB", "virtual", note=f"in use in the file, all levels; {note}")
    bench.record("history.written_robot_mb_per_day", written * CYCLES_A_DAY / 1e6, "MB", "virtual", bar=("<=", 100),
                 note=f"into the log and the file of the database, a commit each 10 s; {note}")
    bench.record("history.synchronisations_robot", synchronisations, "", "virtual", bar=("<=", 1), note=f"in 10 s; {note}")
