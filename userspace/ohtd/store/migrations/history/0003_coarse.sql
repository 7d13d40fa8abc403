-- SPDX-License-Identifier: GPL-2.0-or-later
-- Chunks of level 3 and above, some hundred bytes each: those of a signal lie side by side, so that a chart of a month reads few
-- pages. What chunks had of them is moved here while the daemon runs.
CREATE TABLE coarse (
	level INTEGER NOT NULL,
	signal INTEGER NOT NULL,
	run INTEGER NOT NULL,
	chunk INTEGER NOT NULL,
	cycles INTEGER NOT NULL,
	data BLOB NOT NULL,
	PRIMARY KEY (level, signal, run, chunk)
) STRICT, WITHOUT ROWID;
