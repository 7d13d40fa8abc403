-- SPDX-License-Identifier: GPL-2.0-or-later
-- Who changed what, or tried to. Each record is a leaf of a tree whose right edge is kept in one row, so that nothing can be
-- changed here without the tree showing it. Hashes are hexadecimal; what a leaf is made of: docs/audit.md.
CREATE TABLE audit (
	number INTEGER PRIMARY KEY CHECK (number > 0),
	time_ns INTEGER NOT NULL,
	boot TEXT NOT NULL,
	who TEXT NOT NULL,
	act TEXT NOT NULL,
	object TEXT NOT NULL,
	before TEXT NOT NULL,
	after TEXT NOT NULL,
	result TEXT NOT NULL,
	source TEXT NOT NULL,
	request_id TEXT NOT NULL,
	leaf TEXT NOT NULL
) STRICT;

-- removed: records that were removed from the beginning; removed_edge, removed_note: their tree and its checkpoint.
CREATE TABLE audit_tree (
	id INTEGER PRIMARY KEY CHECK (id = 1),
	size INTEGER NOT NULL,
	edge TEXT NOT NULL,
	removed INTEGER NOT NULL,
	removed_edge TEXT NOT NULL,
	removed_note TEXT NOT NULL
) STRICT;

-- The newest signed checkpoints, by which a change is located.
CREATE TABLE audit_checkpoints (
	size INTEGER PRIMARY KEY,
	time_ns INTEGER NOT NULL,
	note TEXT NOT NULL
) STRICT;
