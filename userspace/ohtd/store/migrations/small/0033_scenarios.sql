-- SPDX-License-Identifier: GPL-2.0-or-later
-- Situations for training that persons have begun. done: steps that were seen. times: when each of them was, in ns by the wall clock.
CREATE TABLE scenarios (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	name TEXT NOT NULL,
	person TEXT NOT NULL,
	user_id INTEGER NOT NULL,
	state TEXT NOT NULL,
	reason TEXT NOT NULL,
	done INTEGER NOT NULL,
	times TEXT NOT NULL,
	began_ns INTEGER NOT NULL,
	ended_ns INTEGER NOT NULL
) STRICT;
