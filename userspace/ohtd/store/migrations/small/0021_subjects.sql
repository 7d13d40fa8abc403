-- SPDX-License-Identifier: GPL-2.0-or-later
-- Which of several things of its kind an alert is about; '': its kind has one, as all alerts of before had.
ALTER TABLE alerts ADD COLUMN subject TEXT NOT NULL DEFAULT '';
ALTER TABLE webhook_deliveries ADD COLUMN subject TEXT NOT NULL DEFAULT '';
DROP INDEX webhook_deliveries_same;
CREATE INDEX webhook_deliveries_same ON webhook_deliveries (webhook, code, source, unit, subject) WHERE state = 'waiting';

-- One shelf of each alert: SQLite changes no UNIQUE of a table, so the table is made anew.
ALTER TABLE alert_shelves RENAME TO alert_shelves_before;
CREATE TABLE alert_shelves (
	id INTEGER PRIMARY KEY,
	code TEXT NOT NULL,
	source TEXT NOT NULL,
	unit INTEGER NOT NULL,
	made_ns INTEGER NOT NULL,
	until_ns INTEGER NOT NULL CHECK (until_ns > made_ns),
	made_by TEXT NOT NULL,
	reason TEXT NOT NULL,
	subject TEXT NOT NULL DEFAULT '',
	UNIQUE (code, source, unit, subject)
) STRICT;
INSERT INTO alert_shelves (id, code, source, unit, made_ns, until_ns, made_by, reason)
	SELECT id, code, source, unit, made_ns, until_ns, made_by, reason FROM alert_shelves_before;
DROP TABLE alert_shelves_before;
