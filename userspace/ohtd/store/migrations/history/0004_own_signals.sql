-- SPDX-License-Identifier: GPL-2.0-or-later
-- A table of the user may give a name to another register, or its values another unit: those are other signals than before, with a
-- number of their own. origin: MODULE/REGISTER of a signal that a table of the user names; empty: it is built in.
CREATE TABLE signals_new (
	signal INTEGER PRIMARY KEY,
	name TEXT NOT NULL,
	decimals INTEGER NOT NULL,
	unit TEXT NOT NULL,
	type TEXT NOT NULL,
	origin TEXT NOT NULL DEFAULT '',
	UNIQUE (name, decimals, unit, type, origin)
) STRICT;
INSERT INTO signals_new (signal, name, decimals, unit, type) SELECT signal, name, decimals, unit, type FROM signals;
DROP TABLE signals;
ALTER TABLE signals_new RENAME TO signals;

-- The gaps of a run, of which an answer has the first ones.
CREATE INDEX gaps_run ON gaps (run, first);
