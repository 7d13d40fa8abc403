-- SPDX-License-Identifier: GPL-2.0-or-later
-- Commands of motion. Words as clients see them; times are wall-clock nanoseconds, 0: not yet.
CREATE TABLE commands (
	number INTEGER PRIMARY KEY CHECK (number > 0),
	caller_id TEXT NOT NULL,
	tag INTEGER NOT NULL,
	user TEXT NOT NULL,
	verb TEXT NOT NULL,
	state TEXT NOT NULL,
	reason TEXT NOT NULL,
	position_mm REAL,
	speed_mm_s REAL,
	accepted_ns INTEGER NOT NULL,
	began_ns INTEGER NOT NULL,
	ended_ns INTEGER NOT NULL
) STRICT;
CREATE INDEX commands_open ON commands (number) WHERE ended_ns = 0;

-- Numbers up to this one may have been given: after a crash the next one is above it.
CREATE TABLE command_numbers (
	reserved INTEGER NOT NULL CHECK (reserved >= 0)
) STRICT;
INSERT INTO command_numbers VALUES (0);
