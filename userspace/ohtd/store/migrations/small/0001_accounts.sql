-- SPDX-License-Identifier: GPL-2.0-or-later
-- Times are wall-clock seconds. Columns *_boot_s are CLOCK_BOOTTIME seconds and only mean something
-- together with boot_id.
CREATE TABLE schema_migrations (
	version INTEGER PRIMARY KEY,
	applied_s INTEGER NOT NULL
) STRICT;

CREATE TABLE users (
	id INTEGER PRIMARY KEY,
	name TEXT NOT NULL COLLATE NOCASE UNIQUE CHECK (length(name) BETWEEN 1 AND 64),
	role INTEGER NOT NULL CHECK (role BETWEEN 1 AND 4),
	password_hash TEXT NOT NULL CHECK (length(password_hash) > 0),
	disabled INTEGER NOT NULL DEFAULT 0 CHECK (disabled IN (0, 1)),
	created_s INTEGER NOT NULL
) STRICT;

CREATE TABLE sessions (
	id TEXT PRIMARY KEY,
	user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	refresh_hash BLOB NOT NULL UNIQUE CHECK (length(refresh_hash) = 32),
	previous_hash BLOB CHECK (length(previous_hash) = 32),
	address TEXT NOT NULL,
	created_s INTEGER NOT NULL,
	expires_s INTEGER NOT NULL,
	boot_id TEXT NOT NULL,
	expires_boot_s INTEGER NOT NULL,
	revoked_s INTEGER
) STRICT;
CREATE INDEX sessions_previous ON sessions (previous_hash);
CREATE INDEX sessions_user ON sessions (user_id);
