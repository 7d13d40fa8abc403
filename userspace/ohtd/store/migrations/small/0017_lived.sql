-- SPDX-License-Identifier: GPL-2.0-or-later
-- How long a delivery has been tried: the clock may leap, so its times do not tell.
ALTER TABLE webhook_deliveries ADD COLUMN lived_ns INTEGER NOT NULL DEFAULT 0;
