-- SPDX-License-Identifier: GPL-2.0-or-later
-- The PIN of a person, for what the layer plant asks the password for, on an accepted device; without a row the account has none. hash: as that of
-- a password. wrong: tries since the last right one, each counted before it is compared. The row goes with the account, and with each new password.
CREATE TABLE pins (
	user_id INTEGER PRIMARY KEY,
	hash TEXT NOT NULL,
	wrong INTEGER NOT NULL,
	made_s INTEGER NOT NULL
) STRICT;
