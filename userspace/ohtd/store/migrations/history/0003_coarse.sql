-- SPDX-License-Identifier: GPL-2.0-or-later
-- Chunks of level 3 and above, 350 bytes for all levels of one: those of a signal lie side by side, so that a chart of a month reads
-- few pages, and its levels, so that sealing writes one page of each signal. What chunks had of them is moved here while the daemon runs.
CREATE TABLE coarse (
	level INTEGER NOT NULL,
	signal INTEGER NOT NULL,
	run INTEGER NOT NULL,
	chunk INTEGER NOT NULL,
	cycles INTEGER NOT NULL,
	data BLOB NOT NULL,
	PRIMARY KEY (signal, run, chunk, level)
) STRICT, WITHOUT ROWID;
