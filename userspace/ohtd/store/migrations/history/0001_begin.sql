-- SPDX-License-Identifier: GPL-2.0-or-later
CREATE TABLE schema_migrations (
	version INTEGER PRIMARY KEY,
	applied_s INTEGER NOT NULL
) STRICT;
