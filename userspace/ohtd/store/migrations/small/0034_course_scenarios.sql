-- SPDX-License-Identifier: GPL-2.0-or-later
-- Situations for training by which a certificate is earned.
ALTER TABLE courses ADD COLUMN scenarios TEXT NOT NULL DEFAULT '';

-- Accounts that were deleted before left their name: it becomes a number, unless another account has the name now.
UPDATE commands SET user = (SELECT 'account ' || max(u.id) FROM users u WHERE u.deleted_s IS NOT NULL AND u.name = commands.user COLLATE BINARY)
	WHERE user IN (SELECT name COLLATE BINARY FROM users WHERE deleted_s IS NOT NULL)
	AND user NOT IN (SELECT name COLLATE BINARY FROM users WHERE deleted_s IS NULL);
UPDATE command_ids SET user = (SELECT 'account ' || max(u.id) FROM users u WHERE u.deleted_s IS NOT NULL AND u.name = command_ids.user COLLATE BINARY)
	WHERE user IN (SELECT name COLLATE BINARY FROM users WHERE deleted_s IS NOT NULL)
	AND user NOT IN (SELECT name COLLATE BINARY FROM users WHERE deleted_s IS NULL);
UPDATE alerts SET acknowledged_by = (SELECT 'account ' || max(u.id) FROM users u WHERE u.deleted_s IS NOT NULL AND u.name = alerts.acknowledged_by COLLATE BINARY)
	WHERE acknowledged_by IN (SELECT name COLLATE BINARY FROM users WHERE deleted_s IS NOT NULL)
	AND acknowledged_by NOT IN (SELECT name COLLATE BINARY FROM users WHERE deleted_s IS NULL);
UPDATE alert_comments SET made_by = (SELECT 'account ' || max(u.id) FROM users u WHERE u.deleted_s IS NOT NULL AND u.name = alert_comments.made_by COLLATE BINARY)
	WHERE made_by IN (SELECT name COLLATE BINARY FROM users WHERE deleted_s IS NOT NULL)
	AND made_by NOT IN (SELECT name COLLATE BINARY FROM users WHERE deleted_s IS NULL);
UPDATE alert_shelves SET made_by = (SELECT 'account ' || max(u.id) FROM users u WHERE u.deleted_s IS NOT NULL AND u.name = alert_shelves.made_by COLLATE BINARY)
	WHERE made_by IN (SELECT name COLLATE BINARY FROM users WHERE deleted_s IS NOT NULL)
	AND made_by NOT IN (SELECT name COLLATE BINARY FROM users WHERE deleted_s IS NULL);
UPDATE webhooks SET made_by = (SELECT 'account ' || max(u.id) FROM users u WHERE u.deleted_s IS NOT NULL AND u.name = webhooks.made_by COLLATE BINARY)
	WHERE made_by IN (SELECT name COLLATE BINARY FROM users WHERE deleted_s IS NOT NULL)
	AND made_by NOT IN (SELECT name COLLATE BINARY FROM users WHERE deleted_s IS NULL);
UPDATE config_versions SET author = (SELECT 'account ' || max(u.id) FROM users u WHERE u.deleted_s IS NOT NULL AND u.name = config_versions.author COLLATE BINARY)
	WHERE author IN (SELECT name COLLATE BINARY FROM users WHERE deleted_s IS NOT NULL)
	AND author NOT IN (SELECT name COLLATE BINARY FROM users WHERE deleted_s IS NULL);
UPDATE keys SET made_by = (SELECT 'account ' || max(u.id) FROM users u WHERE u.deleted_s IS NOT NULL AND u.name = keys.made_by COLLATE BINARY)
	WHERE made_by IN (SELECT name COLLATE BINARY FROM users WHERE deleted_s IS NOT NULL)
	AND made_by NOT IN (SELECT name COLLATE BINARY FROM users WHERE deleted_s IS NULL);
UPDATE missions SET made_by = (SELECT 'account ' || max(u.id) FROM users u WHERE u.deleted_s IS NOT NULL AND u.name = missions.made_by COLLATE BINARY)
	WHERE made_by IN (SELECT name COLLATE BINARY FROM users WHERE deleted_s IS NOT NULL)
	AND made_by NOT IN (SELECT name COLLATE BINARY FROM users WHERE deleted_s IS NULL);
UPDATE missions SET driven_by = (SELECT 'account ' || max(u.id) FROM users u WHERE u.deleted_s IS NOT NULL AND u.name = missions.driven_by COLLATE BINARY)
	WHERE driven_by IN (SELECT name COLLATE BINARY FROM users WHERE deleted_s IS NOT NULL)
	AND driven_by NOT IN (SELECT name COLLATE BINARY FROM users WHERE deleted_s IS NULL);
UPDATE scenarios SET person = (SELECT 'account ' || max(u.id) FROM users u WHERE u.deleted_s IS NOT NULL AND u.name = scenarios.person COLLATE BINARY)
	WHERE person IN (SELECT name COLLATE BINARY FROM users WHERE deleted_s IS NOT NULL)
	AND person NOT IN (SELECT name COLLATE BINARY FROM users WHERE deleted_s IS NULL);
UPDATE users SET name = 'account ' || id WHERE deleted_s IS NOT NULL;
