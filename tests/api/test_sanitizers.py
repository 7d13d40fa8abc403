# SPDX-License-Identifier: GPL-2.0-or-later
"""The sanitizers are alive in the daemon that the other tests start: each finds a defect that is seeded into it."""
import pytest

from daemon import FOUND
from oht_test.wait import until


@pytest.mark.needs("thread")
def test_race_is_found(fresh):
    fresh.preload("seeded", OHT_SEEDED="race")
    fresh.start()
    assert fresh.get("robot").status == 200, "it is reported, and the daemon goes on"
    assert "data race" in fresh.log() and "seeded.c" in fresh.log()
    with pytest.raises(AssertionError, match="exit status 99"):
        fresh.stop()
    assert fresh.findings()
    (fresh.folder / "ohtd.log").unlink()


@pytest.mark.needs("thread")
def test_race_of_a_killed_daemon_is_found(fresh):
    fresh.preload("seeded", OHT_SEEDED="race")
    fresh.start()
    until(lambda: "data race" in fresh.log(), what="a race that is told while the daemon runs")
    with pytest.raises(AssertionError, match="data race"):
        fresh.end()
    (fresh.folder / "ohtd.log").unlink()


@pytest.mark.needs("address")
@pytest.mark.parametrize("defect, said", [("overflow", "heap-buffer-overflow"), ("freed", "heap-use-after-free"), ("undefined", "signed integer overflow")])
def test_defect_ends_the_daemon(fresh, defect, said):
    fresh.preload("seeded", OHT_SEEDED=defect)
    with pytest.raises(AssertionError, match=said):
        fresh.start()
    assert fresh.process.wait() == FOUND
    assert fresh.findings() or "runtime error" in fresh.log()
    (fresh.folder / "ohtd.log").unlink()


@pytest.mark.needs("address")
def test_leak_is_found_at_the_end(fresh):
    fresh.preload("seeded", OHT_SEEDED="leak")
    fresh.start()
    assert fresh.get("robot").status == 200
    with pytest.raises(AssertionError, match="exit status 99"):
        fresh.stop()
    assert "LeakSanitizer: detected memory leaks" in fresh.log() and "seeded.c" in fresh.log()
    (fresh.folder / "ohtd.log").unlink()


def test_no_sanitizer_is_quiet_without_a_defect(fresh):
    fresh.start()
    assert fresh.get("robot").status == 200
    fresh.stop()
    assert not fresh.findings()
