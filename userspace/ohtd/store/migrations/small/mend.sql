-- SPDX-License-Identifier: GPL-2.0-or-later
-- Runs after a repair, on the newest schema, and mends references to rows that were lost.

-- Sessions go with their user.
DELETE FROM sessions WHERE user_id NOT IN (SELECT id FROM users);
DELETE FROM profiles WHERE user_id NOT IN (SELECT id FROM users WHERE deleted_s IS NULL);

-- Comments go with their alert.
DELETE FROM alert_comments WHERE alert NOT IN (SELECT number FROM alerts);

-- What a webhook was to be told goes with it.
DELETE FROM webhook_deliveries WHERE webhook NOT IN (SELECT id FROM webhooks);

-- An entry of the journal is worth more than its source: the lost source gets a row of its own.
INSERT INTO journal_sources (id, boot_id, device)
	SELECT DISTINCT source, 'lost', source FROM journal
	WHERE source NOT IN (SELECT id FROM journal_sources);

-- Lost entries become gaps, as entries that were never read; the state is that of the entry behind.
INSERT INTO journal (source, seq, missing, wall_ns, event_ns, low_ns, kind, cause, causes,
		state_from, state_to, inputs, outputs, tag, tgid)
	SELECT source, next, seq - next, wall_ns, event_ns, 0, 0, 0, 0, state_from, state_from,
		inputs, outputs, 0, 0
	FROM (SELECT *, lag(seq + max(missing, 1), 1, 1) OVER (PARTITION BY source ORDER BY seq) AS next
		FROM journal)
	WHERE seq > next;

-- Numbers of commands are not given twice, whatever of them was lost: the row of the new database stands beside the
-- one that was read. While the old one was damaged nothing was written, so as many may have been given as at a crash.
UPDATE command_numbers SET reserved = 100000 +
	max((SELECT max(reserved) FROM command_numbers), coalesce((SELECT max(number) FROM commands), 0));
DELETE FROM command_numbers WHERE rowid > (SELECT min(rowid) FROM command_numbers);

-- The effect of a version goes with it.
DELETE FROM config_effects WHERE version NOT IN (SELECT version FROM config_versions);

-- A version that waited for standstill has never been live.
DELETE FROM config_versions WHERE waits = 1;

-- Nor are numbers of versions given twice: the row of the new database stands beside the one that was read.
UPDATE config_numbers SET given = max((SELECT max(given) FROM config_numbers), coalesce((SELECT max(version) FROM config_versions), 0));
DELETE FROM config_numbers WHERE rowid > (SELECT min(rowid) FROM config_numbers);

-- The newest versions of the configuration may be among what was lost: the robot waits for a person. A version without
-- items: none was found. Nobody has told the time here.
INSERT INTO config_versions (version, parent, author, reason, created_ns, document)
	SELECT given + 1, version, 'ohtd', 'the database was repaired: newer versions may be lost', 0, document
	FROM config_versions, config_numbers ORDER BY version DESC LIMIT 1;
INSERT INTO config_versions (version, parent, author, reason, created_ns, document)
	SELECT given + 1, 0, 'ohtd', 'the database was repaired: no version was found', 0, '{}'
	FROM config_numbers WHERE NOT EXISTS (SELECT 1 FROM config_versions);
UPDATE config_numbers SET given = (SELECT max(version) FROM config_versions);

-- Legs of no mission, and missions that have lost legs: nothing says what these were to do.
DELETE FROM mission_legs WHERE mission NOT IN (SELECT id FROM missions);
UPDATE missions SET state = 'failed', reason = 'damaged', ended_ns = changed_ns, legs = (SELECT count(*) FROM mission_legs WHERE mission = id)
	WHERE legs <> (SELECT count(*) FROM mission_legs WHERE mission = id);
UPDATE mission_legs SET state = 'failed', reason = 'damaged', ended_ns = began_ns
	WHERE state = 'running' AND mission IN (SELECT id FROM missions WHERE reason = 'damaged');

-- A schedule makes missions of its template.
DELETE FROM mission_schedules WHERE template NOT IN (SELECT id FROM missions WHERE state = 'template');
