-- SPDX-License-Identifier: GPL-2.0-or-later
-- The version whose values are live again if nobody confirms this one. 0: it stays, or it has been confirmed.
ALTER TABLE config_versions ADD COLUMN returns_to INTEGER NOT NULL DEFAULT 0 CHECK (returns_to < version);
