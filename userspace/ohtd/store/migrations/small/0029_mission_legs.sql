-- SPDX-License-Identifier: GPL-2.0-or-later
-- signal, at_least, at_most: what a leg waits for before it begins. charge_percent: of a charge. address, register_name, value: of a write.
-- tries: how often a leg has failed, at most retries times before on_failure says what follows.
ALTER TABLE mission_legs ADD COLUMN signal TEXT NOT NULL DEFAULT '';
ALTER TABLE mission_legs ADD COLUMN at_least REAL;
ALTER TABLE mission_legs ADD COLUMN at_most REAL;
ALTER TABLE mission_legs ADD COLUMN charge_percent REAL;
ALTER TABLE mission_legs ADD COLUMN address INTEGER NOT NULL DEFAULT 0;
ALTER TABLE mission_legs ADD COLUMN register_name TEXT NOT NULL DEFAULT '';
ALTER TABLE mission_legs ADD COLUMN value REAL;
ALTER TABLE mission_legs ADD COLUMN retries INTEGER NOT NULL DEFAULT 0;
ALTER TABLE mission_legs ADD COLUMN tries INTEGER NOT NULL DEFAULT 0;
-- revision: another one with each change of name or legs, for If-Match.
ALTER TABLE missions ADD COLUMN revision INTEGER NOT NULL DEFAULT 1;
