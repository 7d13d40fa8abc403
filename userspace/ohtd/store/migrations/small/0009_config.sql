-- SPDX-License-Identifier: GPL-2.0-or-later
-- All versions of the configuration, as JSON. The newest one is live. created_ns: wall clock.
CREATE TABLE config_versions (
	version INTEGER PRIMARY KEY CHECK (version > 0),
	parent INTEGER NOT NULL CHECK (parent < version),
	author TEXT NOT NULL,
	reason TEXT NOT NULL,
	created_ns INTEGER NOT NULL,
	document TEXT NOT NULL
) STRICT;
