# SPDX-License-Identifier: GPL-2.0-or-later
"""A page that is open for hours takes no more memory than one that was just opened.

By itself this is 4,000 s of messages at 40 Hz, with OHT_SOAK=1 10,000 s: 600,000 messages. How long a task of the page takes is a figure:
`make bench ONLY=web`."""
import os

from person import has, log_in
from replay import CHARTS, DRIVE, LOG, record, replay, show

SPAN_S = 10_000 if os.environ.get("OHT_SOAK") else 4_000
LEGS = 10
LOOKS = 5
# For a while the engine itself keeps more, of what it learns of the scripts and compiles: about 1 MB, which comes ever slower and
# with each change of the page more than with the messages. Over 10,000 s the bound is 3 bytes for a message; to keep the least
# object of each would be several times that.
GROWTH_BYTES = 2_000_000
# Of a page that was left and is not collected yet.
GROWTH_NODES = 600


def used(page):
    """Bytes of scripts and their buffers, and nodes of documents, without what can be collected; the least of a few, since
    the page works on meanwhile."""
    seen = []
    for _ in range(LOOKS):
        page.cdp("HeapProfiler.collectGarbage")
        usage = page.cdp("Runtime.getHeapUsage")
        seen.append((usage["usedSize"] + usage.get("backingStorageSize", 0), page.cdp("Memory.getDOMCounters")["nodes"]))
    return tuple(min(column) for column in zip(*seen))


def leg(page, seconds):
    """Log, Drive and at the end the charts, where most of what is kept is shown."""
    for view, part in ((LOG, seconds // 4), (DRIVE, seconds // 4), (CHARTS, seconds // 2)):
        show(page, *view)
        replay(page, part)


def test_hours_of_messages_take_no_more_memory(page):
    record(page)
    log_in(page, "supervisor")
    seen = []
    for _ in range(LEGS):
        leg(page, SPAN_S // LEGS)
        seen.append(used(page))
    page.wait(lambda: has(page, ".chart canvas") and not has(page, "#content .card.stale"), 60, "a page that goes on")
    said = ", ".join(f"{size / 1e6:.2f} MB {nodes} nodes" for size, nodes in seen)
    print(f"each {SPAN_S // LEGS} s: {said}")
    assert seen[-1][0] - seen[0][0] < GROWTH_BYTES, said
    assert seen[-1][1] - seen[0][1] < GROWTH_NODES, said
