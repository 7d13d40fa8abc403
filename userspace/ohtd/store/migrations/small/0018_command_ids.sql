-- SPDX-License-Identifier: GPL-2.0-or-later
-- Orders with an id of their client, before they are driven; a row goes when its command has one in commands, or the order was refused.
-- number: of the newest command in commands when the order came. All else is as in commands.
CREATE TABLE command_ids (
	number INTEGER NOT NULL,
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
	ended_ns INTEGER NOT NULL,
	PRIMARY KEY (tag, caller_id)
) STRICT;
