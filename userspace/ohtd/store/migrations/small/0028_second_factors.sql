-- SPDX-License-Identifier: GPL-2.0-or-later
-- The second factor of an account; without a row it has none. sealed: the secret, which only the robot's totp.key opens. confirmed 0: no code has
-- confirmed it yet, and log-ins do not ask for one. last_step: the newest step of 30 s whose code was taken. wrong: codes since the last right one.
-- recovery: SHA-256 of each recovery code that is left, one behind the other. The row goes with the account.
CREATE TABLE second_factors (
	user_id INTEGER PRIMARY KEY,
	sealed TEXT NOT NULL,
	confirmed INTEGER NOT NULL,
	last_step INTEGER NOT NULL,
	wrong INTEGER NOT NULL,
	recovery TEXT NOT NULL,
	made_s INTEGER NOT NULL
) STRICT;
