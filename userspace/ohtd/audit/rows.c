// SPDX-License-Identifier: GPL-2.0-or-later
#include "audit/rows.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "store/carry.h"
#include "store/sql.h"

#define VERSION		"oht-audit-1"	/* of the canonical form, in front of each record */
#define EDGE_BYTES	(OHT_TREE_EDGE_MAX * (OHT_HASH_HEX_BYTES - 1) + 1)
#define NS_PER_MS	1000000

/* All that a person may look for, for the filter text. */
#define RECORDS									\
	"(SELECT *, who || ' ' || act || ' ' || object || ' ' || before || ' ' || after || ' ' || result AS text"	\
	" FROM audit)"

static const struct ohtd_stored_column columns[] = {
	OHTD_COLUMN(ohtd_audit_row, number, .asked = "number"),
	OHTD_COLUMN_AS(ohtd_audit_row, "time_ns", time_ns, .asked = "from", .seen = true, .match = OHTD_MATCH_FROM),
	OHTD_COLUMN_AS(ohtd_audit_row, "time_ns", time_ns, .asked = "to", .seen = true, .match = OHTD_MATCH_BEFORE),
	OHTD_COLUMN(ohtd_audit_row, time_ns),
	OHTD_COLUMN(ohtd_audit_row, boot),
	OHTD_COLUMN(ohtd_audit_row, who, .asked = "who"),
	OHTD_COLUMN(ohtd_audit_row, act, .asked = "act"),
	OHTD_COLUMN(ohtd_audit_row, object, .asked = "object"),
	OHTD_COLUMN(ohtd_audit_row, before),
	OHTD_COLUMN(ohtd_audit_row, after),
	OHTD_COLUMN(ohtd_audit_row, result, .asked = "result"),
	OHTD_COLUMN(ohtd_audit_row, source, .asked = "address"),
	OHTD_COLUMN(ohtd_audit_row, request_id),
	OHTD_COLUMN(ohtd_audit_row, leaf),
	OHTD_COLUMN(ohtd_audit_row, text, .asked = "text", .seen = true, .match = OHTD_MATCH_WITHIN),
};

const struct ohtd_stored_row ohtd_kept_audit = {
	.table = "audit", .bytes = sizeof(struct ohtd_audit_row), .key = &columns[0], .from = RECORDS,
	OHTD_COLUMNS(columns),
};

/* ---- the tree ---- */

struct tree_row {
	int64_t id;
	int64_t size;
	char edge[EDGE_BYTES];
	int64_t removed;
	char removed_edge[EDGE_BYTES];
	char removed_note[OHT_CHECKPOINT_BYTES];
};

static const struct ohtd_stored_column tree_columns[] = {
	OHTD_COLUMN(tree_row, id), OHTD_COLUMN(tree_row, size), OHTD_COLUMN(tree_row, edge),
	OHTD_COLUMN(tree_row, removed), OHTD_COLUMN(tree_row, removed_edge), OHTD_COLUMN(tree_row, removed_note),
};

static const struct ohtd_stored_row tree_row = {
	.table = "audit_tree", .bytes = sizeof(struct tree_row), .key = &tree_columns[0], OHTD_COLUMNS(tree_columns),
};

static const struct ohtd_statement tree_sql = { " WHERE id = 1", &tree_row, ohtd_row_select };
static const struct ohtd_statement keep_tree_sql = {
	" ON CONFLICT (id) DO UPDATE SET size = excluded.size, edge = excluded.edge, removed = excluded.removed,"
	" removed_edge = excluded.removed_edge, removed_note = excluded.removed_note",
	&tree_row, ohtd_row_insert
};

static void write_edge(const struct oht_tree *tree, char text[EDGE_BYTES])
{
	*text = 0;
	for (unsigned int i = 0; i < oht_tree_edge(tree->size); i++)
		oht_hash_text(&tree->edge[i], text + i * (OHT_HASH_HEX_BYTES - 1));
}

static int read_edge(struct oht_tree *tree, int64_t size, const char *text)
{
	unsigned int count = oht_tree_edge((uint64_t)size);

	if (size < 0 || size > 2 * OHTD_AUDIT_NUMBER_MAX || strlen(text) != count * (OHT_HASH_HEX_BYTES - 1))
		return -EBADMSG;
	tree->size = (uint64_t)size;
	for (unsigned int i = 0; i < count; i++)
		if (!oht_hash_read(text + i * (OHT_HASH_HEX_BYTES - 1), &tree->edge[i]))
			return -EBADMSG;
	return 0;
}

int ohtd_db_audit_tree(struct ohtd_db *db, struct ohtd_audit_tree *tree)
{
	struct tree_row row = { .id = 1 };
	int r = ohtd_db_get(db, &tree_sql, &row);

	memset(tree, 0, sizeof(*tree));
	if (r)
		return r == -ENOENT ? 0 : r;
	r = read_edge(&tree->whole, row.size, row.edge);
	if (!r)
		r = read_edge(&tree->removed, row.removed, row.removed_edge);
	if (!r && row.removed > row.size)
		r = -EBADMSG;
	if (r)
		memset(tree, 0, sizeof(*tree));
	snprintf(tree->removed_note, sizeof(tree->removed_note), "%s", r ? "" : row.removed_note);
	return r;
}

int ohtd_db_audit_keep_tree(struct ohtd_db *db, const struct ohtd_audit_tree *tree)
{
	struct tree_row row = {
		.id = 1, .size = (int64_t)tree->whole.size, .removed = (int64_t)tree->removed.size,
	};

	write_edge(&tree->whole, row.edge);
	write_edge(&tree->removed, row.removed_edge);
	snprintf(row.removed_note, sizeof(row.removed_note), "%s", tree->removed_note);
	return ohtd_db_put(db, &keep_tree_sql, &row);
}

/* ---- records ---- */

static const struct ohtd_statement add_sql = { "", &ohtd_kept_audit, ohtd_row_insert };

/* All columns but the leaf itself, in the order of the table. */
static void hash(const struct ohtd_audit_row *row, struct oht_hash *leaf)
{
	char number[24], time_ms[24];
	const char *const said[] = {
		VERSION, number, time_ms, row->boot, row->who, row->act, row->object, row->before, row->after,
		row->result, row->source, row->request_id,
	};

	snprintf(number, sizeof(number), "%" PRId64, row->number);
	snprintf(time_ms, sizeof(time_ms), "%" PRId64, row->time_ns / NS_PER_MS);
	oht_tree_record(said, sizeof(said) / sizeof(said[0]), leaf);
}

int ohtd_db_audit_append(struct ohtd_db *db, struct ohtd_audit_tree *tree, struct ohtd_audit_row *row)
{
	struct oht_hash leaf;
	int r;

	row->number = (int64_t)tree->whole.size + 1;
	hash(row, &leaf);
	oht_hash_text(&leaf, row->leaf);
	r = ohtd_db_put(db, &add_sql, row);
	if (!r)
		oht_tree_add(&tree->whole, &leaf);
	return r;
}

static const struct ohtd_statement leaves_sql = {
	"SELECT number, leaf FROM audit WHERE number > :from AND number <= :to ORDER BY number"
};

int64_t ohtd_db_audit_leaves(struct ohtd_db *db, uint64_t from, uint64_t to,
			     void (*take)(void *arg, const struct oht_hash *leaf, uint64_t count), void *arg)
{
	static const struct oht_hash nothing;
	sqlite3_stmt *s = ohtd_db_statement(db, &leaves_sql);
	uint64_t missing = 0, number;
	int r;

	ohtd_db_bind_number(s, ":from", (int64_t)from);
	ohtd_db_bind_number(s, ":to", (int64_t)to);
	while ((r = ohtd_db_row(db, s)) > 0) {
		const char *text = (const char *)sqlite3_column_text(s, 1);
		struct oht_hash leaf;

		number = (uint64_t)sqlite3_column_int64(s, 0);
		missing += number - from - 1;
		if (number - from > 1)
			take(arg, &nothing, number - from - 1);
		if (!text || !oht_hash_read(text, &leaf))
			leaf = nothing;
		take(arg, &leaf, 1);
		from = number;
	}
	sqlite3_reset(s);
	if (r == 0 && from < to) {
		missing += to - from;
		take(arg, &nothing, to - from);
	}
	return r < 0 ? r : (int64_t)missing;
}

static void add_leaves(void *tree, const struct oht_hash *leaf, uint64_t count)
{
	oht_tree_add_same(tree, leaf, count);
}

static const struct ohtd_statement newest_sql = { "SELECT max(coalesce(max(number), 0), 0) FROM audit" };

static int64_t newest(struct ohtd_db *db)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &newest_sql);
	int r = ohtd_db_row(db, s);
	int64_t number = r > 0 ? sqlite3_column_int64(s, 0) : 0;

	sqlite3_reset(s);
	return r < 0 ? r : number;
}

int ohtd_db_audit_mend(struct ohtd_db *db, struct ohtd_audit_tree *tree)
{
	int64_t number = newest(db), r = 0;

	if (number > OHTD_AUDIT_NUMBER_MAX) {
		r = ohtd_db_audit_drop_foreign(db, OHTD_AUDIT_NUMBER_MAX);
		number = r < 0 ? r : newest(db);
	}
	if (number < 0)
		return (int)number;
	if ((uint64_t)number <= tree->whole.size)
		return 0;
	r = ohtd_db_audit_leaves(db, tree->whole.size, (uint64_t)number, add_leaves, &tree->whole);
	return r < 0 ? (int)r : ohtd_db_audit_keep_tree(db, tree);
}

static int append_one(struct ohtd_db *db, struct ohtd_audit_row *row)
{
	struct ohtd_audit_tree tree;
	int r = ohtd_db_audit_tree(db, &tree);

	if (r == -EBADMSG)
		r = ohtd_db_audit_mend(db, &tree);
	if (!r)
		r = ohtd_db_audit_append(db, &tree, row);
	return r ? r : ohtd_db_audit_keep_tree(db, &tree);
}

int ohtd_db_audit_act(struct ohtd_db *db, int (*work)(struct ohtd_db *db, void *arg), void *arg,
		      void (*describe)(struct ohtd_audit_row *row, void *arg), struct ohtd_audit_row *row)
{
	int r = ohtd_db_begin(db), done = 0;

	if (!r)
		done = work(db, arg);
	if (!r && done >= 0) {
		describe(row, arg);
		r = append_one(db, row);
	}
	r = ohtd_db_end(db, r ? r : done < 0 ? done : 0);
	return r ? r : done;
}

/* ---- checkpoints ---- */

static const struct ohtd_statement keep_note_sql = {
	"INSERT OR REPLACE INTO audit_checkpoints (size, time_ns, note) VALUES (:size, :time_ns, :note)"
};
static const struct ohtd_statement drop_notes_sql = {
	"DELETE FROM audit_checkpoints WHERE size < (SELECT min(size) FROM (SELECT size FROM audit_checkpoints"
	" ORDER BY size DESC LIMIT :most))"
};

int ohtd_db_audit_keep_note(struct ohtd_db *db, uint64_t size, int64_t time_ns, const char *note)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &keep_note_sql);
	int r;

	ohtd_db_bind_number(s, ":size", (int64_t)size);
	ohtd_db_bind_number(s, ":time_ns", time_ns);
	ohtd_db_bind_text(s, ":note", note);
	r = ohtd_db_run(db, s);
	if (r)
		return r;
	s = ohtd_db_statement(db, &drop_notes_sql);
	ohtd_db_bind_number(s, ":most", OHTD_AUDIT_CHECKPOINTS);
	return ohtd_db_run(db, s);
}

/* ---- retention ---- */

static const struct ohtd_statement foreign_sql = { "DELETE FROM audit WHERE number > :size" };
static const struct ohtd_statement unsign_sql = { "DELETE FROM audit_checkpoints WHERE size > :size" };

int64_t ohtd_db_audit_drop_foreign(struct ohtd_db *db, uint64_t size)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &unsign_sql);
	int64_t count = newest(db) - (int64_t)size;
	int r;

	ohtd_db_bind_number(s, ":size", (int64_t)size);
	r = ohtd_db_run(db, s);
	s = ohtd_db_statement(db, &foreign_sql);
	ohtd_db_bind_number(s, ":size", (int64_t)size);
	if (!r)
		r = ohtd_db_run(db, s);
	return r ? r : count > 0 ? count : 0;
}

static const struct ohtd_statement next_sql = { " WHERE number > :number ORDER BY number LIMIT 1", &ohtd_kept_audit, ohtd_row_select };
static const struct ohtd_statement remove_sql = { "DELETE FROM audit WHERE number = :number" };
static const struct ohtd_statement remove_oldest_sql = {
	"DELETE FROM audit WHERE number <= (SELECT number FROM audit WHERE number <= :to ORDER BY number DESC LIMIT 1 OFFSET :most)"
};

/* Is the record what its hash was made of? */
static bool is_sound(const struct ohtd_audit_row *row)
{
	char text[OHT_HASH_HEX_BYTES];
	struct oht_hash leaf;

	hash(row, &leaf);
	oht_hash_text(&leaf, text);
	return !strcmp(text, row->leaf);
}

static int remove_record(struct ohtd_db *db, int64_t number)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &remove_sql);

	ohtd_db_bind_number(s, ":number", number);
	return ohtd_db_run(db, s);
}

int ohtd_db_audit_remove(struct ohtd_db *db, uint64_t from, uint64_t to, int64_t most,
			 bool (*keeps)(const struct ohtd_audit_row *row, void *arg), void *arg)
{
	sqlite3_stmt *s;
	int r = 0;

	while (!r && from < to) {
		struct ohtd_audit_row row = { .number = (int64_t)from };

		r = ohtd_db_get(db, &next_sql, &row);
		from = r ? to : (uint64_t)row.number;
		if (!r && from <= to && is_sound(&row) && !keeps(&row, arg))
			r = remove_record(db, row.number);
	}
	if (r && r != -ENOENT)
		return r;
	s = ohtd_db_statement(db, &remove_oldest_sql);
	ohtd_db_bind_number(s, ":to", (int64_t)to);
	ohtd_db_bind_number(s, ":most", most);
	return ohtd_db_run(db, s);
}

static const struct ohtd_statement kept_sql = { "SELECT leaf FROM audit WHERE number <= :to ORDER BY number" };

int ohtd_db_audit_kept(struct ohtd_db *db, uint64_t to, struct oht_tree *kept)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &kept_sql);
	int r;

	memset(kept, 0, sizeof(*kept));
	ohtd_db_bind_number(s, ":to", (int64_t)to);
	while ((r = ohtd_db_row(db, s)) > 0) {
		const char *text = (const char *)sqlite3_column_text(s, 0);
		struct oht_hash leaf = { { 0 } };

		if (text)
			oht_hash_read(text, &leaf);
		oht_tree_add(kept, &leaf);
	}
	sqlite3_reset(s);
	return r;
}

/* ---- of another database ---- */

static const char *const tables[] = { "audit", "audit_tree", "audit_checkpoints" };

int ohtd_db_audit_take(struct ohtd_db *db, const char *path)
{
	int r = ohtd_db_begin(db);

	return r ? r : ohtd_db_end(db, ohtd_db_carry_over(db, path, tables, sizeof(tables) / sizeof(tables[0])));
}
