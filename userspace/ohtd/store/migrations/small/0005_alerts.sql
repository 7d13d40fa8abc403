-- SPDX-License-Identifier: GPL-2.0-or-later
-- Alerts, each as it came first. Words as clients see them; times are wall-clock nanoseconds, ended_ns 0: active, or cut.
CREATE TABLE alerts (
	number INTEGER PRIMARY KEY CHECK (number > 0),
	code TEXT NOT NULL,
	severity TEXT NOT NULL,
	source TEXT NOT NULL,
	unit INTEGER NOT NULL,
	text TEXT NOT NULL,
	since_ns INTEGER NOT NULL,
	ended_ns INTEGER NOT NULL,
	times INTEGER NOT NULL CHECK (times > 0),
	cut INTEGER NOT NULL
) STRICT;
CREATE INDEX alerts_open ON alerts (number) WHERE ended_ns = 0;
