-- SPDX-License-Identifier: GPL-2.0-or-later
-- Alerts that are not told for a time, one row each while that lasts, and what people say of an alert. Times are
-- wall-clock nanoseconds.
CREATE TABLE alert_shelves (
	id INTEGER PRIMARY KEY,
	code TEXT NOT NULL,
	source TEXT NOT NULL,
	unit INTEGER NOT NULL,
	made_ns INTEGER NOT NULL,
	until_ns INTEGER NOT NULL CHECK (until_ns > made_ns),
	made_by TEXT NOT NULL,
	reason TEXT NOT NULL,
	UNIQUE (code, source, unit)
) STRICT;
CREATE TABLE alert_comments (
	id INTEGER PRIMARY KEY,
	alert INTEGER NOT NULL REFERENCES alerts (number) ON DELETE CASCADE,
	made_ns INTEGER NOT NULL,
	made_by TEXT NOT NULL,
	text TEXT NOT NULL
) STRICT;
CREATE INDEX alert_comments_alert ON alert_comments (alert);
-- muted: it came while it was shelved, and was not told. fastest_ns: the shortest time of three comings; 0: fewer.
ALTER TABLE alerts ADD COLUMN muted INTEGER NOT NULL DEFAULT 0;
ALTER TABLE alerts ADD COLUMN fastest_ns INTEGER NOT NULL DEFAULT 0;
