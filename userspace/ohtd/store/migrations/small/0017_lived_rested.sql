-- SPDX-License-Identifier: GPL-2.0-or-later
-- How long a delivery has been tried: the clock may leap, so its times do not tell.
ALTER TABLE webhook_deliveries ADD COLUMN lived_ns INTEGER NOT NULL DEFAULT 0;
-- Floods are counted without it. Of those that came before, it is known of alerts about floods alone.
ALTER TABLE alerts ADD COLUMN rested INTEGER NOT NULL DEFAULT 0;
UPDATE alerts SET rested = 1 WHERE code = 'alert_flood';
