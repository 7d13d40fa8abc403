-- SPDX-License-Identifier: GPL-2.0-or-later
-- The version that a person has marked as the one to go back to when nothing else helps.
ALTER TABLE config_versions ADD COLUMN rescue INTEGER NOT NULL DEFAULT 0 CHECK (rescue IN (0, 1));
CREATE UNIQUE INDEX config_rescue ON config_versions (rescue) WHERE rescue = 1;
