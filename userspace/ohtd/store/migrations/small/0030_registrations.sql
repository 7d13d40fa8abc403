-- SPDX-License-Identifier: GPL-2.0-or-later
-- Accounts that persons have asked for and that wait for an administrator. No row of users is made before that, and two rows may have one name.
-- role: the wished one. client: the address, of IPv6 its /64. until_s: end by the wall clock.
CREATE TABLE registrations (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	name TEXT NOT NULL COLLATE NOCASE,
	full_name TEXT NOT NULL,
	role INTEGER NOT NULL,
	note TEXT NOT NULL,
	password_hash TEXT NOT NULL,
	address TEXT NOT NULL,
	client TEXT NOT NULL,
	agent TEXT NOT NULL,
	created_s INTEGER NOT NULL,
	until_s INTEGER NOT NULL
) STRICT;
