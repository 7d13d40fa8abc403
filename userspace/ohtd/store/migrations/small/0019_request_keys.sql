-- SPDX-License-Identifier: GPL-2.0-or-later
-- Requests with an Idempotency-Key, one row each, for a day. name: SHA-256 of account and key; print: HMAC-SHA-256 of the request by the
-- key, so that a body with a password cannot be guessed from it. run: of the daemon that began the act. state: 0 begun, 1 done, 2 answered,
-- 3 not known. Times are wall-clock nanoseconds.
CREATE TABLE request_keys (
	name TEXT PRIMARY KEY,
	tag INTEGER NOT NULL,
	print TEXT NOT NULL,
	made_ns INTEGER NOT NULL,
	run INTEGER NOT NULL,
	state INTEGER NOT NULL,
	status INTEGER NOT NULL,
	etag TEXT NOT NULL,
	body TEXT NOT NULL
) STRICT;
CREATE INDEX request_keys_made ON request_keys (made_ns);
CREATE INDEX request_keys_tag ON request_keys (tag, made_ns);
