-- SPDX-License-Identifier: GPL-2.0-or-later
-- Tablets and panels that have asked to be let in, and those that a person has accepted or rejected. print: SHA-256 of the public key, which is
-- in key as DER in base64. state: 1 waiting, 2 accepted, 3 rejected. user_id: account of an accepted device, a service account; 0: none.
-- decided_by_id: account that decided; 0: a local user, or none yet. client: the address, of IPv6 its /64. until_s: end of the waiting by the wall clock.
CREATE TABLE devices (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	print TEXT NOT NULL UNIQUE CHECK (length(print) = 64),
	key TEXT NOT NULL,
	state INTEGER NOT NULL CHECK (state BETWEEN 1 AND 3),
	user_id INTEGER NOT NULL,
	note TEXT NOT NULL,
	address TEXT NOT NULL,
	client TEXT NOT NULL,
	agent TEXT NOT NULL,
	created_s INTEGER NOT NULL,
	until_s INTEGER NOT NULL,
	decided_s INTEGER NOT NULL,
	decided_by_id INTEGER NOT NULL
) STRICT;
CREATE INDEX devices_user ON devices (user_id);
