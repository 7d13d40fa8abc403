-- SPDX-License-Identifier: GPL-2.0-or-later
-- The highest number that a version of the configuration has ever had: that of one that was taken back is not given again.
CREATE TABLE config_numbers (
	given INTEGER NOT NULL CHECK (given >= 0)
) STRICT;
-- The next number may have been that of one that was taken back, of which the audit tells.
INSERT INTO config_numbers SELECT newest + EXISTS (SELECT 1 FROM audit WHERE object = 'version ' || (newest + 1))
	FROM (SELECT coalesce(max(version), 0) AS newest FROM config_versions);
