-- SPDX-License-Identifier: GPL-2.0-or-later
-- An account that is deleted keeps its row, since the journal names who acted, and its number is
-- never given to another account. Whatever ends all sessions of an account raises its epoch.
CREATE TABLE users_new (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	name TEXT NOT NULL COLLATE NOCASE CHECK (length(name) BETWEEN 1 AND 64),
	role INTEGER NOT NULL CHECK (role BETWEEN 1 AND 4),
	password_hash TEXT NOT NULL CHECK (length(password_hash) > 0),
	disabled INTEGER NOT NULL DEFAULT 0 CHECK (disabled IN (0, 1)),
	deleted_s INTEGER,
	epoch INTEGER NOT NULL DEFAULT 1 CHECK (epoch > 0),
	created_s INTEGER NOT NULL
) STRICT;
INSERT INTO users_new (id, name, role, password_hash, disabled, created_s)
	SELECT id, name, role, password_hash, disabled, created_s FROM users;

-- Refresh tokens had no generation: everybody logs in once more.
DROP TABLE sessions;
DROP TABLE users;
ALTER TABLE users_new RENAME TO users;
CREATE UNIQUE INDEX users_name ON users (name) WHERE deleted_s IS NULL;

-- A session has a row while it lives. Of its refresh tokens only the generation of the newest is
-- kept: the token itself is computed. *_boot_ms are milliseconds of CLOCK_BOOTTIME of boot_id.
CREATE TABLE sessions (
	id TEXT PRIMARY KEY CHECK (length(id) = 32),
	user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	epoch INTEGER NOT NULL,
	generation INTEGER NOT NULL CHECK (generation > 0),
	previous_until_boot_ms INTEGER NOT NULL,
	boot_id TEXT NOT NULL,
	expires_boot_ms INTEGER NOT NULL,
	expires_s INTEGER NOT NULL,
	created_s INTEGER NOT NULL,
	used_s INTEGER NOT NULL,
	address TEXT NOT NULL,
	agent TEXT NOT NULL
) STRICT;
CREATE INDEX sessions_user ON sessions (user_id);
