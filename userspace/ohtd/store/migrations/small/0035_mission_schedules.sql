-- SPDX-License-Identifier: GPL-2.0-or-later
-- When missions are made of a template, in the zone of the machine. days: bit 0 is Monday. from_min, until_min: minutes of the day, the first
-- time and the last one; every_min: between them, 0: there is one. last_ns: the newest time that was dealt with; last_reason: why no mission
-- was made then; last_mission: the one that was made, 0: none.
-- schedule of missions: the one that has made it, 0: none.
CREATE TABLE mission_schedules (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	template INTEGER NOT NULL,
	name TEXT NOT NULL,
	days INTEGER NOT NULL CHECK (days BETWEEN 1 AND 127),
	from_min INTEGER NOT NULL CHECK (from_min BETWEEN 0 AND 1439),
	until_min INTEGER NOT NULL CHECK (until_min BETWEEN from_min AND 1439),
	every_min INTEGER NOT NULL CHECK (every_min BETWEEN 0 AND 1439),
	made_ns INTEGER NOT NULL,
	made_by TEXT NOT NULL,
	last_ns INTEGER NOT NULL,
	last_reason TEXT NOT NULL,
	last_mission INTEGER NOT NULL
) STRICT;
ALTER TABLE missions ADD COLUMN schedule INTEGER NOT NULL DEFAULT 0;
CREATE INDEX missions_schedule ON missions (schedule) WHERE schedule <> 0;
