-- SPDX-License-Identifier: GPL-2.0-or-later
-- Who has seen an alert, and when; how often it had come by then: one that comes again is not seen.
ALTER TABLE alerts ADD COLUMN acknowledged_ns INTEGER NOT NULL DEFAULT 0;
ALTER TABLE alerts ADD COLUMN acknowledged_by TEXT NOT NULL DEFAULT '';
ALTER TABLE alerts ADD COLUMN acknowledged_times INTEGER NOT NULL DEFAULT 0;
