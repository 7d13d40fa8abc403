-- SPDX-License-Identifier: GPL-2.0-or-later
-- What was counted before and behind a version of the configuration, as long as each says. -1: not known.
CREATE TABLE config_effects (
	version INTEGER PRIMARY KEY REFERENCES config_versions (version) ON DELETE CASCADE,
	ended TEXT NOT NULL CHECK (ended IN ('time', 'version', 'stop')),
	before_ms INTEGER NOT NULL CHECK (before_ms >= 0),
	after_ms INTEGER NOT NULL CHECK (after_ms >= 0),
	cycles_before INTEGER NOT NULL,
	cycles_after INTEGER NOT NULL,
	missed_before INTEGER NOT NULL,
	missed_after INTEGER NOT NULL,
	exceeded_before INTEGER NOT NULL,
	exceeded_after INTEGER NOT NULL,
	exchanges_before INTEGER NOT NULL,
	exchanges_after INTEGER NOT NULL,
	failed_before INTEGER NOT NULL,
	failed_after INTEGER NOT NULL,
	control_cycles_before INTEGER NOT NULL,
	control_cycles_after INTEGER NOT NULL,
	control_missed_before INTEGER NOT NULL,
	control_missed_after INTEGER NOT NULL,
	control_late_us_before INTEGER NOT NULL,
	control_late_us_after INTEGER NOT NULL,
	alerts_before INTEGER NOT NULL,
	alerts_after INTEGER NOT NULL
) STRICT;
