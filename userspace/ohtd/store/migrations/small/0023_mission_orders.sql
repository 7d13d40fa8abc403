-- SPDX-License-Identifier: GPL-2.0-or-later
-- external_id: of a fleet's order, which comes twice. made_legs: how many legs it had then; through_leg: the last one that is released.
ALTER TABLE missions ADD COLUMN external_id TEXT NOT NULL DEFAULT '';
ALTER TABLE missions ADD COLUMN made_legs INTEGER NOT NULL DEFAULT 0;
ALTER TABLE missions ADD COLUMN through_leg INTEGER NOT NULL DEFAULT 0;
UPDATE missions SET made_legs = legs, through_leg = legs;
CREATE UNIQUE INDEX missions_external_id ON missions (external_id) WHERE external_id <> '';
