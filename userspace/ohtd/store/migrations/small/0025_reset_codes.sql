-- SPDX-License-Identifier: GPL-2.0-or-later
-- The code for a new password of an account. hash: SHA-256 of the code, which is nowhere. epoch: of the account when the code was given; a
-- change of the account ends the code. tries: wrong ones that are left; below 0 it is counted on. until_boot_ms: end of the code in the boot boot_id; another boot has
-- no use for it. user_id 0: of no account; the row is written when a code is tried that is none, so that this takes as long.
CREATE TABLE reset_codes (
	user_id INTEGER PRIMARY KEY,
	hash TEXT NOT NULL,
	epoch INTEGER NOT NULL,
	tries INTEGER NOT NULL,
	boot_id TEXT NOT NULL,
	until_boot_ms INTEGER NOT NULL
) STRICT;
