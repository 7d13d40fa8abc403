-- SPDX-License-Identifier: GPL-2.0-or-later
-- What the robot has driven, one row; and services that persons have done. wear: 0 distance in m, 1 hours in motion, 2 starts of motions;
-- done_at: the odometer then, in that unit.
CREATE TABLE odometer (
	distance_mm REAL NOT NULL,
	moving_ms INTEGER NOT NULL,
	enabled_ms INTEGER NOT NULL,
	starts INTEGER NOT NULL,
	falls INTEGER NOT NULL,
	since_ns INTEGER NOT NULL
) STRICT;
CREATE TABLE odometer_services (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	wear INTEGER NOT NULL CHECK (wear BETWEEN 0 AND 2),
	done_at REAL NOT NULL,
	done_ns INTEGER NOT NULL,
	done_by TEXT NOT NULL,
	note TEXT NOT NULL
) STRICT;
