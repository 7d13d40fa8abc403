-- SPDX-License-Identifier: GPL-2.0-or-later
-- Who is told of alerts elsewhere, and what each is to be told: kept with the alert in one transaction.
CREATE TABLE webhooks (
	id INTEGER PRIMARY KEY,
	url TEXT NOT NULL,
	format TEXT NOT NULL,
	severity TEXT NOT NULL,
	alive INTEGER NOT NULL,
	enabled INTEGER NOT NULL,
	made_ns INTEGER NOT NULL,
	made_by TEXT NOT NULL,
	secret TEXT NOT NULL,
	secret_before TEXT NOT NULL,
	alive_ns INTEGER NOT NULL DEFAULT 0,
	last_ns INTEGER NOT NULL DEFAULT 0,
	last_status INTEGER NOT NULL DEFAULT 0,
	last_error TEXT NOT NULL DEFAULT '',
	failures INTEGER NOT NULL DEFAULT 0,
	retry_ns INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE webhook_deliveries (
	number INTEGER PRIMARY KEY,
	webhook INTEGER NOT NULL,
	message TEXT NOT NULL,
	event TEXT NOT NULL,
	state TEXT NOT NULL,
	alert INTEGER NOT NULL,
	code TEXT NOT NULL,
	severity TEXT NOT NULL,
	source TEXT NOT NULL,
	unit INTEGER NOT NULL,
	text TEXT NOT NULL,
	since_ns INTEGER NOT NULL,
	ended_ns INTEGER NOT NULL,
	times INTEGER NOT NULL,
	made_ns INTEGER NOT NULL,
	due_ns INTEGER NOT NULL,
	tried_ns INTEGER NOT NULL DEFAULT 0,
	attempts INTEGER NOT NULL DEFAULT 0,
	last_status INTEGER NOT NULL DEFAULT 0,
	last_error TEXT NOT NULL DEFAULT ''
) STRICT;

-- The order in which they are due, and what is older of the same alert.
CREATE INDEX webhook_deliveries_waiting ON webhook_deliveries (webhook, attempts) WHERE state = 'waiting';
CREATE INDEX webhook_deliveries_same ON webhook_deliveries (webhook, code, source, unit) WHERE state = 'waiting';
CREATE INDEX webhook_deliveries_over ON webhook_deliveries (webhook, state) WHERE state <> 'waiting';
