-- SPDX-License-Identifier: GPL-2.0-or-later
-- A webhook and a delivery that are deleted leave their number to none that comes later.
CREATE TABLE webhooks_new (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
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
	retry_ns INTEGER NOT NULL DEFAULT 0,
	missions INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO webhooks_new SELECT id, url, format, severity, alive, enabled, made_ns, made_by, secret, secret_before, alive_ns, last_ns,
	last_status, last_error, failures, retry_ns, missions FROM webhooks;
DROP TABLE webhooks;
ALTER TABLE webhooks_new RENAME TO webhooks;

CREATE TABLE webhook_deliveries_new (
	number INTEGER PRIMARY KEY AUTOINCREMENT,
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
	last_error TEXT NOT NULL DEFAULT '',
	lived_ns INTEGER NOT NULL DEFAULT 0,
	subject TEXT NOT NULL DEFAULT ''
) STRICT;
INSERT INTO webhook_deliveries_new SELECT number, webhook, message, event, state, alert, code, severity, source, unit, text, since_ns,
	ended_ns, times, made_ns, due_ns, tried_ns, attempts, last_status, last_error, lived_ns, subject FROM webhook_deliveries;
DROP TABLE webhook_deliveries;
ALTER TABLE webhook_deliveries_new RENAME TO webhook_deliveries;
CREATE INDEX webhook_deliveries_waiting ON webhook_deliveries (webhook, attempts) WHERE state = 'waiting';
CREATE INDEX webhook_deliveries_over ON webhook_deliveries (webhook, state) WHERE state <> 'waiting';
CREATE INDEX webhook_deliveries_same ON webhook_deliveries (webhook, code, source, unit, subject) WHERE state = 'waiting';
