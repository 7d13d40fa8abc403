# SPDX-License-Identifier: GPL-2.0-or-later
"""What is looked for on a board after its programs; each function is a word for `then` in tests/boards.toml."""
import gzip
import re

from suites import tap
from vsbc import splat

from .run import ALLOWED, SELFTESTS, judge

KMEMLEAK = "/sys/kernel/debug/kmemleak"
TRACEFS = "/sys/kernel/tracing"
# Functions of oht_race.ko: whether the detector of data races must report them.
RACES = {"race_plain": True, "race_unreleased": True, "safe_locked": False, "safe_released": False}
RACE_TRIES = 10
# Defects of oht_defects.ko: who must report each, and in which words. Lockdep looks at nothing any more after its first
# report, nor after one of KASAN, so its defect is the first.
DEFECTS = {"deadlock": ("lockdep", "possible circular locking dependency detected"),
           "use-after-free": ("KASAN", "KASAN: slab-use-after-free in defect_use_after_free"),
           "shift": ("UBSAN", "UBSAN: shift-out-of-bounds in"),
           "sleep": ("DEBUG_ATOMIC_SLEEP", "sleeping function called from invalid context"),
           "leak": ("kmemleak", "defect_leak")}


def splats(run):
    """The kernel's own watchers have said nothing, but for what the list of boards expects."""
    allowed = [re.compile(pattern) for pattern in run.board.allow]
    complaints = [line for line in splat.find(run.log()) if not any(p.search(line) for p in allowed)]
    run.test("the kernel complains about nothing", not complaints, *complaints)


def _leaks(run):
    """What the kernel takes for lost memory of our modules, a text each. Only what is older than 5 s counts."""
    run.guest.check(f"echo scan > {KMEMLEAK}; sleep 6; echo scan > {KMEMLEAK}", timeout=300)
    found = run.guest.check(f"cat {KMEMLEAK}", timeout=60)
    return [leak for leak in found.split("unreferenced object")[1:] if "[oht" in leak]


def leaks(run):
    """No memory that nobody points to any more."""
    ours = _leaks(run)
    run.test("no memory of the module is lost", not ours, *ours)


def races(run):
    """The detector sees races where there are some, and none where there is order."""
    reported = set()
    # The detector takes samples: what is not seen at once is seen at another time.
    for _ in range(RACE_TRIES):
        run.guest.check("modprobe oht_race && rmmod oht_race", timeout=60)
        found = " ".join(line for line in run.guest.check("dmesg").splitlines() if "BUG: KCSAN: " in line)
        reported = {name for name in RACES if f"{name} [oht_race]" in found}
        if reported >= {name for name, wanted in RACES.items() if wanted}:
            break
    for name, wanted in RACES.items():
        run.test(f"{name} is {'' if wanted else 'not '}reported", (name in reported) == wanted)


def watchers(run):
    """Each watcher of the debug kernel reports the defect that is made for it; it is seen as every other complaint is."""
    for defect, (watcher, words) in DEFECTS.items():
        run.guest.check("dmesg -c > /dev/null")
        run.guest.check(f"modprobe oht_defects defect={defect}")
        # A leak is reported with the module's name as long as the module is loaded.
        found = _leaks(run) if defect == "leak" else splat.find(run.guest.check("dmesg"))
        run.guest.check("rmmod oht_defects")
        run.test(f"{watcher} reports the seeded defect", any(words in text for text in found), *found)


def trace(run):
    """Keep what the tracepoints said; it is held against the model after the last board."""
    run.guest.check(f"echo 0 > {TRACEFS}/tracing_on; gzip -c {TRACEFS}/trace > /tmp/trace.gz", timeout=120)
    log = run.state / "trace.txt"
    log.write_bytes(gzip.decompress(run.guest.pull("/tmp/trace.gz")))
    run.traces.append(log)


def kunit(run):
    """Every *_kunit.ko, and what KUnit says of its suites."""
    for name in run.guest.check("cd /lib/modules/*/updates && ls *_kunit.ko").split():
        module = name.removesuffix(".ko")
        code, said = run.guest.run(f"modprobe {module}", timeout=300)
        run.test(f"modprobe {module}", code == 0, said)
    for suite in run.guest.check("ls /sys/kernel/debug/kunit").split():
        run.report(suite, tap.parse(run.guest.check(f"cat /sys/kernel/debug/kunit/{suite}/results")))


# What the functions of Modbus that write have as numbers.
WRITES = {5, 6, 15, 16, 21, 22, 23}
SKIPPED = 4


def _run_selftests(run, what, variables=""):
    """All programs of tests/kselftest by their own runner, as on a robot; returns what they said and, from the trace, the numbers
    of the functions that were sent on the bus and the states of the stop. A trace ends where a module is unloaded."""
    run.guest.check(f"echo > {TRACEFS}/trace; echo 1 > {TRACEFS}/tracing_on")
    code, said = run.guest.run(f"{variables} {SELFTESTS}/run_selftest.sh", timeout=run.board.program_s)
    run.report(what, judge(code, said, run.board.program_s))
    found = re.search(r"# refusals: \d+ calls, \d+ refusals, fewest (\d+) .*", said)
    run.test(f"{what}: refusals are counted", found is not None and int(found[1]) >= 8, said[-2000:])
    if found:
        run.note(f"{run.board.name}: {what}: {found[0][2:]}")
    run.guest.check(f"echo 0 > {TRACEFS}/tracing_on")
    sent = run.guest.check(f"sed -n 's/.* oht_tx: .* function=\\([0-9]*\\) .*/\\1/p' {TRACEFS}/trace | sort -u", timeout=300)
    states = run.guest.check(f"sed -n 's/.* oht_estop: .* to=\\([A-Z]*\\) .*/\\1/p' {TRACEFS}/trace | sort -u", timeout=300)
    return said, {int(number) for number in sent.split()}, set(states.split())


def selftest(run):
    """The self-tests: without a variable they do no harm, with all of them everything is run; and when they are skipped."""
    rounds = run.guest.check("dmesg").count("oht0: ")
    _, sent, states = _run_selftests(run, "harmless")
    run.test("harmless: the bus was used", 3 in sent, sorted(sent))
    run.test("harmless: nothing was written on the bus", not sent & WRITES, sorted(sent))
    run.test("harmless: the machine was stopped all the time", states == {"STOPPED"}, sorted(states))
    run.test("harmless: the driver stayed", run.guest.check("dmesg").count("oht0: ") == rounds)
    said, _, _ = _run_selftests(run, "everything", ALLOWED)
    skipped = [line for line in said.splitlines() if "# SKIP" in line]
    run.test("everything: no test was skipped", not skipped, *skipped)
    _selftests_are_skipped(run)


def _selftests_are_skipped(run):
    """Whoever needs the device has it, and what is not there cannot be tested."""
    run.guest.check(f"{SELFTESTS}/units_test --watch 600 247 </dev/null >/tmp/leader 2>&1 & echo $! >/tmp/leader.pid; sleep 2")
    code, said = run.guest.run(f"{SELFTESTS}/run_selftest.sh", timeout=run.board.program_s)
    run.test("skipped beside a controller", code == SKIPPED and "is the controller" in said, said[-2000:])
    run.guest.check("kill $(cat /tmp/leader.pid); sleep 2")
    run.guest.check("rmmod oht")
    code, said = run.guest.run(f"{SELFTESTS}/run_selftest.sh", timeout=run.board.program_s)
    run.test("skipped without a device", code == SKIPPED and "there is no /dev/oht0" in said, said[-2000:])


def no_device(run):
    """The driver has refused the board."""
    run.test("there is no device", run.guest.run("test ! -e /dev/oht0")[0] == 0)
