-- SPDX-License-Identifier: GPL-2.0-or-later
-- Service level. An hour, counted since 1970 in UTC: how long ohtd served and did not, as the boot clock measured it, and what it was asked.
-- requests_10: answered within 10 ms, and so on, each answer in one column; telemetry_10: the same of live data.
CREATE TABLE service_hours (
	hour INTEGER PRIMARY KEY,
	up_ns INTEGER NOT NULL,
	down_ns INTEGER NOT NULL,
	starts INTEGER NOT NULL,
	cuts INTEGER NOT NULL,
	cycles INTEGER NOT NULL,
	missed INTEGER NOT NULL,
	refused INTEGER NOT NULL,
	requests_10 INTEGER NOT NULL,
	requests_25 INTEGER NOT NULL,
	requests_50 INTEGER NOT NULL,
	requests_100 INTEGER NOT NULL,
	requests_250 INTEGER NOT NULL,
	requests_1000 INTEGER NOT NULL,
	requests_more INTEGER NOT NULL,
	telemetry_10 INTEGER NOT NULL,
	telemetry_25 INTEGER NOT NULL,
	telemetry_50 INTEGER NOT NULL,
	telemetry_100 INTEGER NOT NULL,
	telemetry_250 INTEGER NOT NULL,
	telemetry_1000 INTEGER NOT NULL,
	telemetry_more INTEGER NOT NULL
) STRICT;

-- The newest run: which boot it was of, when it was kept last by the boot clock, and whether it has ended in order. No row: there was none.
CREATE TABLE service_run (
	place INTEGER PRIMARY KEY,
	boot_id TEXT NOT NULL,
	kept_boot_ns INTEGER NOT NULL,
	ended INTEGER NOT NULL
) STRICT;
