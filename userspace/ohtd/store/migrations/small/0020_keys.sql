-- SPDX-License-Identifier: GPL-2.0-or-later
-- A service account has no password: programs come in with its keys.
-- hash: SHA-256 of the secret, which is nowhere. tags, verbs, modules, addresses: with commas between them; '': all.
-- left_s: what was left of the key's time when the row was written, so that a clock that is set back gives none of it back.
ALTER TABLE users ADD COLUMN service INTEGER NOT NULL DEFAULT 0 CHECK (service IN (0, 1));
CREATE TABLE keys (
	id TEXT PRIMARY KEY CHECK (length(id) = 12),
	user_id INTEGER NOT NULL REFERENCES users (id),
	name TEXT NOT NULL,
	hash TEXT NOT NULL CHECK (length(hash) = 64),
	role INTEGER NOT NULL CHECK (role BETWEEN 1 AND 4),
	tags TEXT NOT NULL,
	verbs TEXT NOT NULL,
	modules TEXT NOT NULL,
	addresses TEXT NOT NULL,
	rate INTEGER NOT NULL,
	made_s INTEGER NOT NULL,
	made_by TEXT NOT NULL,
	expires_s INTEGER NOT NULL,
	left_s INTEGER NOT NULL,
	used_s INTEGER NOT NULL,
	exposed INTEGER NOT NULL CHECK (exposed IN (0, 1))
) STRICT;
CREATE INDEX keys_user ON keys (user_id);
