-- SPDX-License-Identifier: GPL-2.0-or-later
-- A version that is not live yet: it waits until the robot stands. The newest one of the others is live.
ALTER TABLE config_versions ADD COLUMN waits INTEGER NOT NULL DEFAULT 0 CHECK (waits IN (0, 1));
CREATE UNIQUE INDEX config_waits ON config_versions (waits) WHERE waits = 1;
