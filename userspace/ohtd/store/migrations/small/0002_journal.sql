-- SPDX-License-Identifier: GPL-2.0-or-later
-- Numbers of 64 bits without a sign (device, causes, tag) are kept as numbers with a sign.
CREATE TABLE journal_sources (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	boot_id TEXT NOT NULL,
	device INTEGER NOT NULL,
	UNIQUE (boot_id, device)
) STRICT;

CREATE TABLE journal (
	source INTEGER NOT NULL REFERENCES journal_sources (id),
	seq INTEGER NOT NULL CHECK (seq > 0),
	missing INTEGER NOT NULL CHECK (missing >= 0),
	wall_ns INTEGER NOT NULL,
	event_ns INTEGER NOT NULL,
	low_ns INTEGER NOT NULL,
	kind INTEGER NOT NULL,
	cause INTEGER NOT NULL,
	causes INTEGER NOT NULL,
	state_from INTEGER NOT NULL,
	state_to INTEGER NOT NULL,
	inputs INTEGER NOT NULL,
	outputs INTEGER NOT NULL,
	tag INTEGER NOT NULL,
	tgid INTEGER NOT NULL,
	PRIMARY KEY (source, seq)
) STRICT, WITHOUT ROWID;

-- Processes that were an ohtd: tells whose tags are users.
CREATE TABLE daemon_runs (
	boot_id TEXT NOT NULL,
	tgid INTEGER NOT NULL,
	PRIMARY KEY (boot_id, tgid)
) STRICT, WITHOUT ROWID;
