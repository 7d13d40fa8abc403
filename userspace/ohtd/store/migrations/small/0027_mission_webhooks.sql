-- SPDX-License-Identifier: GPL-2.0-or-later
-- A webhook is told of missions, too, if a person has said so.
ALTER TABLE webhooks ADD COLUMN missions INTEGER NOT NULL DEFAULT 0;
