# SPDX-License-Identifier: GPL-2.0-or-later
"""What the page asks for by itself: requests are counted, and a while without any is waited for."""

# How often each path of the API was asked for since the count was begun.
COUNT = """
const count = {};
for (const entry of performance.getEntriesByType("resource")) {
    const path = new URL(entry.name).pathname.replace("/api/v1/", "");
    count[path] = (count[path] ?? 0) + 1;
}
return count;
"""
TOLD = ("robot", "safety", "modules", "health")
WHILE_MS = 3000


def asked(page):
    """path -> how often"""
    return page.run(COUNT)


def anew(page):
    """Begin the count."""
    page.run("performance.clearResourceTimings(); window.countedFrom = performance.now();")


def told_only(page):
    """Was nothing that is told asked for, for a while? If something was, the count begins anew."""
    counts = asked(page)
    if any(counts.get(path) for path in TOLD):
        anew(page)
        return False
    return page.run("return performance.now() - window.countedFrom") >= WHILE_MS


def silent(page):
    """Was nothing at all asked for, for a while? If something was, the count begins anew."""
    if asked(page):
        anew(page)
        return False
    return page.run("return performance.now() - window.countedFrom") >= WHILE_MS
