-- SPDX-License-Identifier: GPL-2.0-or-later
-- What a person must have learned for an act, and which account has shown that. verbs, modules, routes, modes: with commas between them; '': none.
-- A site switches a course on with required. grant_role: the least that grants its certificates, 3 supervisor or 4 administrator.
-- override_ms: 0 for a certificate; otherwise the life of an override by two people, which is counted by the clock of the boot boot_id.
CREATE TABLE courses (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	name TEXT NOT NULL UNIQUE COLLATE NOCASE,
	title TEXT NOT NULL,
	valid_days INTEGER NOT NULL CHECK (valid_days BETWEEN 1 AND 3650),
	grant_role INTEGER NOT NULL CHECK (grant_role IN (3, 4)),
	verbs TEXT NOT NULL,
	modules TEXT NOT NULL,
	routes TEXT NOT NULL,
	modes TEXT NOT NULL,
	required INTEGER NOT NULL CHECK (required IN (0, 1)),
	changed_s INTEGER NOT NULL
) STRICT;
CREATE TABLE certificates (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	user_id INTEGER NOT NULL REFERENCES users (id),
	course_id INTEGER NOT NULL REFERENCES courses (id),
	evidence TEXT NOT NULL,
	granted_s INTEGER NOT NULL,
	granted_by TEXT NOT NULL,
	granted_by_id INTEGER NOT NULL,
	starts_s INTEGER NOT NULL,
	ends_s INTEGER NOT NULL,
	revoked_s INTEGER NOT NULL,
	revoked_by TEXT NOT NULL,
	revoked_by_id INTEGER NOT NULL,
	revoked_why TEXT NOT NULL,
	override_ms INTEGER NOT NULL,
	confirmed_by TEXT NOT NULL,
	confirmed_by_id INTEGER NOT NULL,
	boot_id TEXT NOT NULL,
	until_boot_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX certificates_user ON certificates (user_id, course_id);
CREATE INDEX certificates_course ON certificates (course_id);
INSERT INTO courses (name, title, valid_days, grant_role, verbs, modules, routes, modes, required, changed_s) VALUES
	('driver', 'Driver', 365, 4, 'move,jog,home,dock,undock,resume', '', 'POST missions/{id}/start,POST missions/{id}/resume', '', 0, 0),
	('commissioning', 'Commissioning work', 365, 4, '', '',
	 'PATCH config,POST config/import,POST config/rescue,POST config/versions/{id}/rollback,POST robot/limits/reload,'
	 || 'POST robot/position,POST robot/stations/{name}/teach', 'maintenance', 0, 0),
	('bus-technician', 'Bus technician', 365, 4, '', 'all',
	 'POST modules/{unit}/reset,POST modules/{unit}/quarantine,DELETE modules/{unit}/quarantine', '', 0, 0);
