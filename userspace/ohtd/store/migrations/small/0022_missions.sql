-- SPDX-License-Identifier: GPL-2.0-or-later
-- Missions and their legs. A leg has the id of its command before the command is given, so that no run drives it twice.
-- leg: place of the leg under way or next, from 1 on. tag, driven_by: of the session in whose name the mission is driven.
CREATE TABLE missions (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	name TEXT NOT NULL,
	state TEXT NOT NULL,
	reason TEXT NOT NULL,
	leg INTEGER NOT NULL,
	legs INTEGER NOT NULL,
	tag INTEGER NOT NULL,
	driven_by TEXT NOT NULL,
	made_ns INTEGER NOT NULL,
	made_by TEXT NOT NULL,
	began_ns INTEGER NOT NULL,
	changed_ns INTEGER NOT NULL,
	ended_ns INTEGER NOT NULL
) STRICT;
CREATE INDEX missions_state ON missions (state);

CREATE TABLE mission_legs (
	mission INTEGER NOT NULL,
	place INTEGER NOT NULL,
	kind TEXT NOT NULL,
	station TEXT NOT NULL,
	position_mm REAL,
	speed_mm_s REAL,
	wait_s INTEGER NOT NULL,
	deadline_s INTEGER NOT NULL,
	on_failure TEXT NOT NULL,
	state TEXT NOT NULL,
	reason TEXT NOT NULL,
	command_id TEXT NOT NULL,
	began_ns INTEGER NOT NULL,
	ended_ns INTEGER NOT NULL,
	PRIMARY KEY (mission, place)
) STRICT;
