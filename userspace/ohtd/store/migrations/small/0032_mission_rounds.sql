-- SPDX-License-Identifier: GPL-2.0-or-later
-- rounds: so often the legs are driven from the first one on, 0: until the mission is cancelled. round: the one under way or next.
ALTER TABLE missions ADD COLUMN rounds INTEGER NOT NULL DEFAULT 1;
ALTER TABLE missions ADD COLUMN round INTEGER NOT NULL DEFAULT 1;
