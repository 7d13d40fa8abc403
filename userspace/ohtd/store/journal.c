// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/journal.h"

#include <errno.h>
#include <stdbool.h>

#include "store/db_private.h"

static const struct ohtd_statement add_source_sql = {
	"INSERT INTO journal_sources (boot_id, device) VALUES (:boot, :device)"
	" ON CONFLICT DO NOTHING"
};

static const struct ohtd_statement add_run_sql = {
	"INSERT INTO daemon_runs (boot_id, tgid) VALUES (:boot, :tgid)"
	" ON CONFLICT DO NOTHING"
};

/* Nothing is ever added behind the newest, so the newest says what is there. */
static const struct ohtd_statement find_source_place_sql = {
	"SELECT id, coalesce((SELECT seq + max(missing, 1) FROM journal"
	" WHERE source = id ORDER BY seq DESC LIMIT 1), 1)"
	" FROM journal_sources WHERE boot_id = :boot AND device = :device"
};

static const struct ohtd_statement add_one_entry_sql = {
	"INSERT INTO journal (source, seq, missing, wall_ns, event_ns, low_ns, kind, cause,"
	" causes, state_from, state_to, inputs, outputs, tag, tgid) VALUES (:source, :seq,"
	" :missing, :wall, :event, :low, :kind, :cause, :causes, :from, :to, :inputs,"
	" :outputs, :tag, :tgid) ON CONFLICT (source, seq) DO NOTHING"
};

#define LIST_ENTRIES(compare_, order_) {						\
	"SELECT j.source, j.seq, j.missing, j.wall_ns, j.event_ns, j.low_ns, j.kind,"	\
	" j.cause, j.causes, j.state_from, j.state_to, j.inputs, j.outputs, j.tag, j.tgid,"	\
	" s.boot_id, s.device, r.tgid IS NOT NULL, u.name"				\
	" FROM journal j JOIN journal_sources s ON s.id = j.source"			\
	" LEFT JOIN daemon_runs r ON r.boot_id = s.boot_id AND r.tgid = j.tgid"		\
	" LEFT JOIN users u ON u.id = j.tag AND r.tgid IS NOT NULL"			\
	" WHERE (j.source, j.seq) " compare_ " (:source, :seq)"				\
	" AND (:kind < 0 OR j.kind = :kind) AND (:cause < 0 OR j.cause = :cause)"	\
	" ORDER BY j.source" order_ ", j.seq" order_ " LIMIT :limit"			\
}

/* The newest first, the oldest first. */
static const struct ohtd_statement list_entries_sql[2] = {
	LIST_ENTRIES("<", " DESC"), LIST_ENTRIES(">", ""),
};

static const struct ohtd_statement drop_entries_sql = {
	"DELETE FROM journal WHERE (source, seq) <= (SELECT source, seq FROM journal"
	" ORDER BY source DESC, seq DESC LIMIT 1 OFFSET :kept) AND (source, seq) < (SELECT source,"
	" seq FROM journal ORDER BY source, seq LIMIT 1 OFFSET :most)"
};

/* Not the newest, which may have entries soon. */
static const struct ohtd_statement drop_sources_sql = {
	"DELETE FROM journal_sources WHERE id <= (SELECT max(id) FROM journal_sources) - :kept"
	" AND NOT EXISTS (SELECT 1 FROM journal WHERE source = journal_sources.id)"
};

/* In the order of their boots, and what is of a boot that nothing tells of any more. */
static const struct ohtd_statement drop_runs_sql = {
	"DELETE FROM daemon_runs WHERE boot_id <> :boot"
	" AND boot_id NOT IN (SELECT boot_id FROM journal_sources)"
};

/* Of one boot, in which the daemon starts again and again: those that no entry names. */
static const struct ohtd_statement drop_idle_runs_sql = {
	"DELETE FROM daemon_runs WHERE boot_id = :boot AND tgid <> :tgid"
	" AND (SELECT count(*) FROM daemon_runs WHERE boot_id = :boot) > :kept"
	" AND tgid NOT IN (SELECT j.tgid FROM journal j JOIN journal_sources s ON s.id = j.source"
	" WHERE s.boot_id = :boot)"
};

/* Masks and tags have 64 bits, and SQLite's integers a sign: the bits are kept, not the value. */
static void bind_bits(sqlite3_stmt *s, const char *name, uint64_t bits)
{
	ohtd_db_bind_number(s, name, (int64_t)bits);
}

static int note_source(struct ohtd_db *db, const struct ohtd_source *source)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &add_source_sql);

	ohtd_db_bind_text(s, ":boot", source->boot_id);
	bind_bits(s, ":device", source->device);
	return ohtd_db_run(db, s);
}

static int note_run(struct ohtd_db *db, const char *boot_id, uint32_t tgid)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &add_run_sql);

	ohtd_db_bind_text(s, ":boot", boot_id);
	ohtd_db_bind_number(s, ":tgid", tgid);
	return ohtd_db_run(db, s);
}

static int find_source(struct ohtd_db *db, const struct ohtd_source *source,
		       struct ohtd_entry_place *place)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &find_source_place_sql);
	int r;

	ohtd_db_bind_text(s, ":boot", source->boot_id);
	bind_bits(s, ":device", source->device);
	r = ohtd_db_row(db, s);
	if (r > 0) {
		place->source = sqlite3_column_int64(s, 0);
		place->seq = (uint64_t)sqlite3_column_int64(s, 1);
	}
	sqlite3_reset(s);
	return r > 0 ? 0 : r ? r : -ENOENT;
}

static int drop_entries(struct ohtd_db *db)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &drop_entries_sql);

	ohtd_db_bind_number(s, ":kept", OHTD_JOURNAL_KEPT);
	ohtd_db_bind_number(s, ":most", OHTD_JOURNAL_DROP_MOST);
	return ohtd_db_run(db, s);
}

static int drop_sources(struct ohtd_db *db)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &drop_sources_sql);

	ohtd_db_bind_number(s, ":kept", OHTD_JOURNAL_RUNS_KEPT);
	return ohtd_db_run(db, s);
}

static int drop_runs(struct ohtd_db *db, const struct ohtd_statement *sql, const char *boot_id,
		     uint32_t tgid)
{
	sqlite3_stmt *s = ohtd_db_statement(db, sql);

	ohtd_db_bind_text(s, ":boot", boot_id);
	ohtd_db_bind_number(s, ":tgid", tgid);
	ohtd_db_bind_number(s, ":kept", OHTD_JOURNAL_RUNS_KEPT);
	return ohtd_db_run(db, s);
}

static int drop_old(struct ohtd_db *db, const char *boot_id, uint32_t tgid)
{
	int r = drop_entries(db);

	if (!r)
		r = drop_sources(db);
	if (!r)
		r = drop_runs(db, &drop_runs_sql, boot_id, tgid);
	return r ? r : drop_runs(db, &drop_idle_runs_sql, boot_id, tgid);
}

int ohtd_db_journal_source(struct ohtd_db *db, const struct ohtd_source *source, uint32_t tgid,
			   struct ohtd_entry_place *place)
{
	int r = ohtd_db_begin(db);

	if (!r)
		r = note_source(db, source);
	if (!r)
		r = note_run(db, source->boot_id, tgid);
	if (!r)
		r = find_source(db, source, place);
	if (!r)
		r = drop_old(db, source->boot_id, tgid);
	return ohtd_db_end(db, r);
}

static int add_entry(struct ohtd_db *db, int64_t source, const struct ohtd_entry *entry)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &add_one_entry_sql);
	const struct oht_safety_event *event = &entry->event;

	ohtd_db_bind_number(s, ":source", source);
	bind_bits(s, ":seq", event->journal_seq);
	bind_bits(s, ":missing", entry->missing);
	ohtd_db_bind_number(s, ":wall", entry->wall_ns);
	bind_bits(s, ":event", event->event_ns);
	bind_bits(s, ":low", event->low_ns);
	ohtd_db_bind_number(s, ":kind", event->kind);
	ohtd_db_bind_number(s, ":cause", event->cause);
	bind_bits(s, ":causes", event->causes);
	ohtd_db_bind_number(s, ":from", event->state_from);
	ohtd_db_bind_number(s, ":to", event->state_to);
	ohtd_db_bind_number(s, ":inputs", event->inputs);
	ohtd_db_bind_number(s, ":outputs", event->outputs);
	bind_bits(s, ":tag", event->tag);
	ohtd_db_bind_number(s, ":tgid", event->tgid);
	return ohtd_db_run(db, s);
}

/* Counting all of them for each entry would take longer than the entry. */
static bool passes_a_bound(const struct ohtd_entry *entries, unsigned int count)
{
	return count && (entries[0].event.journal_seq - 1) / OHTD_JOURNAL_DROP_EVERY !=
			entries[count - 1].event.journal_seq / OHTD_JOURNAL_DROP_EVERY;
}

int ohtd_db_journal_add(struct ohtd_db *db, int64_t source, const struct ohtd_entry *entries,
			unsigned int count)
{
	int r = ohtd_db_begin(db);

	for (unsigned int i = 0; !r && i < count; i++)
		r = add_entry(db, source, &entries[i]);
	if (!r && passes_a_bound(entries, count))
		r = drop_entries(db);
	return ohtd_db_end(db, r);
}

/* ---- reading ---- */

static uint64_t bits(sqlite3_stmt *s, int column)
{
	return (uint64_t)sqlite3_column_int64(s, column);
}

static void take_event(sqlite3_stmt *s, struct oht_safety_event *event)
{
	event->event_ns = bits(s, 4);
	event->low_ns = bits(s, 5);
	event->kind = (uint32_t)sqlite3_column_int(s, 6);
	event->cause = (uint32_t)sqlite3_column_int(s, 7);
	event->causes = bits(s, 8);
	event->state_from = (uint8_t)sqlite3_column_int(s, 9);
	event->state_to = (uint8_t)sqlite3_column_int(s, 10);
	event->inputs = (uint8_t)sqlite3_column_int(s, 11);
	event->outputs = (uint8_t)sqlite3_column_int(s, 12);
	event->tag = bits(s, 13);
	event->tgid = (uint32_t)sqlite3_column_int64(s, 14);
}

static void take_found(sqlite3_stmt *s, struct ohtd_entry_found *found)
{
	*found = (struct ohtd_entry_found){ 0 };
	found->place.source = sqlite3_column_int64(s, 0);
	found->place.seq = found->entry.event.journal_seq = bits(s, 1);
	found->entry.missing = bits(s, 2);
	found->entry.wall_ns = sqlite3_column_int64(s, 3);
	take_event(s, &found->entry.event);
	ohtd_db_take_text(s, 15, found->source.boot_id, sizeof(found->source.boot_id));
	found->source.device = bits(s, 16);
	found->by_daemon = sqlite3_column_int(s, 17);
	ohtd_db_take_text(s, 18, found->user, sizeof(found->user));
}

struct ohtd_entry_place ohtd_entry_first_place(bool oldest_first)
{
	return oldest_first ? (struct ohtd_entry_place){ 0, 0 } :
	       (struct ohtd_entry_place){ INT64_MAX, INT64_MAX };
}

int ohtd_db_journal_list(struct ohtd_db *db, const struct ohtd_entry_query *query,
			 struct ohtd_entry_found *found)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &list_entries_sql[query->oldest_first]);
	unsigned int count = 0;
	int r;

	ohtd_db_bind_number(s, ":source", query->behind.source);
	bind_bits(s, ":seq", query->behind.seq);
	ohtd_db_bind_number(s, ":kind", query->kind);
	ohtd_db_bind_number(s, ":cause", query->cause);
	ohtd_db_bind_number(s, ":limit", query->limit);
	while ((r = ohtd_db_row(db, s)) > 0 && count < query->limit)
		take_found(s, &found[count++]);
	sqlite3_reset(s);
	return r < 0 ? r : (int)count;
}
