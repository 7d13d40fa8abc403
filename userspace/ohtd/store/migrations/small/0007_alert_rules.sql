-- SPDX-License-Identifier: GPL-2.0-or-later
-- Rules on values: own ones, and shipped ones that were changed. Signals and states by their names, since their numbers may change.
CREATE TABLE alert_rules (
	code TEXT PRIMARY KEY,
	revision INTEGER NOT NULL CHECK (revision > 0),
	shipped INTEGER NOT NULL,
	enabled INTEGER NOT NULL,
	signal TEXT NOT NULL,
	kind INTEGER NOT NULL,
	minus TEXT NOT NULL,
	window_ms INTEGER NOT NULL,
	below INTEGER NOT NULL,
	boundary REAL NOT NULL,
	hysteresis REAL NOT NULL,
	on_ms INTEGER NOT NULL,
	off_ms INTEGER NOT NULL,
	severity TEXT NOT NULL,
	latching INTEGER NOT NULL,
	behind_modules INTEGER NOT NULL,
	suppressed TEXT NOT NULL,
	family TEXT NOT NULL,
	text TEXT NOT NULL,
	consequence TEXT NOT NULL,
	action TEXT NOT NULL
) STRICT;
