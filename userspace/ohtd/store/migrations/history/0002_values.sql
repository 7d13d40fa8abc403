-- SPDX-License-Identifier: GPL-2.0-or-later
-- docs/history.md describes all of it.

-- From a start of ohtd to its end. Cycle n of the run was at start_ns + n * cycle_ns.
CREATE TABLE runs (
	run INTEGER PRIMARY KEY,
	boot_id TEXT NOT NULL,
	cycle_ns INTEGER NOT NULL,
	start_ns INTEGER NOT NULL,
	synchronised INTEGER NOT NULL,
	end_cycle INTEGER
) STRICT;

-- A value is the integer divided by 10^decimals.
CREATE TABLE signals (
	signal INTEGER PRIMARY KEY,
	name TEXT NOT NULL,
	decimals INTEGER NOT NULL,
	unit TEXT NOT NULL,
	type TEXT NOT NULL,
	UNIQUE (name, decimals)
) STRICT;

-- All signals of one interval each, until they are sealed. place: run * 2^40 + first cycle.
CREATE TABLE intervals (
	place INTEGER PRIMARY KEY,
	cycles INTEGER NOT NULL,
	columns BLOB NOT NULL,
	samples BLOB NOT NULL
) STRICT;

-- One signal and level each: 163,840 cycles from chunk * 163,840 on, or fewer at the end of a run.
CREATE TABLE chunks (
	chunk_id INTEGER PRIMARY KEY,
	level INTEGER NOT NULL,
	signal INTEGER NOT NULL,
	run INTEGER NOT NULL,
	chunk INTEGER NOT NULL,
	cycles INTEGER NOT NULL,
	data BLOB NOT NULL,
	UNIQUE (level, signal, run, chunk)
) STRICT;

-- Cycles of which nothing is kept, and why.
CREATE TABLE gaps (
	gap INTEGER PRIMARY KEY,
	run INTEGER NOT NULL REFERENCES runs (run),
	first INTEGER NOT NULL,
	cycles INTEGER NOT NULL,
	reason TEXT NOT NULL
) STRICT;
