# SPDX-License-Identifier: GPL-2.0-or-later
"""`make nightly`: every long form, in slices of at most an hour, one after the other.

What a slice has found on a commit stands in build/nightly/ledger.jsonl. A second call on that commit goes on where the
first one stopped. OHT_CLEAN=1 begins anew.
"""
import json
import os
import time

NIGHT_S = 6 * 3600


def _read(ledger):
    try:
        return [json.loads(line) for line in ledger.read_text().splitlines()]
    except OSError:
        return []


def _green(ledger, commit):
    """The newest row of each slice that was green on that commit; a tree that differs from its commit has none."""
    if commit.endswith("-dirty"):
        return {}
    return {row["suite"]: row for row in _read(ledger) if row["commit"] == commit and not row["failed"] and not row["skips"]}


def _table(rows, left):
    print(f"\n{'slice':24} {'passed':>8} {'failed':>7} {'skipped':>8} {'s':>7} {'seed':>11}")
    for row, note in rows:
        print(f"{row['suite']:24} {row['passed']:>8} {row['failed']:>7} {row['skipped']:>8} {row['seconds']:>7.0f} "
              f"{row['seed'] or '-':>11} {note}")
    for suite in left:
        print(f"{suite.name:24} not run: the night is over; `make nightly` goes on with it")


def main(run, slices, started, logs):
    """Returns the exit code; not 0 while a slice is left."""
    folder = logs.parent / "nightly"
    folder.mkdir(parents=True, exist_ok=True)
    ledger = folder / "ledger.jsonl"
    night_s = int(os.environ.get("OHT_NIGHT_S") or NIGHT_S)
    green = {} if os.environ.get("OHT_CLEAN") == "1" else _green(ledger, run.commit)
    rows, left = [], []
    for suite in slices:
        if suite.name in green:
            rows.append((green[suite.name], f"on {green[suite.name]['date']}"))
            continue
        if time.monotonic() - started + suite.timeout_s > night_s:
            left.append(suite)
            continue
        before = len(run.rows)
        run.run_alone(suite)
        with open(ledger, "a", encoding="utf-8") as out:
            for row in run.rows[before:]:
                out.write(json.dumps(row) + "\n")
                rows.append((row, ""))
    _table(rows, left)
    code = run.end(started)
    return code or (1 if left else 0)
