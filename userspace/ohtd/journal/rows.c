// SPDX-License-Identifier: GPL-2.0-or-later
#include "journal/rows.h"

#include <errno.h>
#include <stdbool.h>

#include "store/sql.h"

static const struct ohtd_statement add_source_sql = {
	"INSERT INTO journal_sources (boot_id, device) VALUES (:boot, :device)"
	" ON CONFLICT DO NOTHING"
};

/* Its column tgid has the number of the run; releases of before have kept that of the process alone. */
static const struct ohtd_statement add_run_sql = {
	"INSERT INTO daemon_runs (boot_id, tgid) VALUES (:boot, :run)"
	" ON CONFLICT DO NOTHING"
};

/* Nothing is ever added behind the newest, so the newest says what is there. */
static const struct ohtd_statement find_source_place_sql = {
	"SELECT id, coalesce((SELECT seq + max(missing, 1) FROM journal"
	" WHERE source = id ORDER BY seq DESC LIMIT 1), 1)"
	" FROM journal_sources WHERE boot_id = :boot AND device = :device"
};

#define EVENT(m_, ...)	OHTD_COLUMN_AS(ohtd_entry_found, #m_, entry.event.m_, __VA_ARGS__)

static const struct ohtd_stored_column entry_columns[] = {
	OHTD_COLUMN_AS(ohtd_entry_found, "source", source_id, .asked = "source"),
	OHTD_COLUMN_AS(ohtd_entry_found, "seq", entry.event.journal_seq),
	OHTD_COLUMN_AS(ohtd_entry_found, "missing", entry.missing),
	OHTD_COLUMN_AS(ohtd_entry_found, "wall_ns", entry.wall_ns),
	EVENT(event_ns),
	EVENT(low_ns),
	EVENT(kind, .asked = "kind"),
	EVENT(cause, .asked = "cause"),
	EVENT(causes),
	EVENT(state_from),
	EVENT(state_to),
	EVENT(inputs),
	EVENT(outputs),
	EVENT(tag),
	EVENT(tgid),
	OHTD_COLUMN_AS(ohtd_entry_found, "boot_id", source.boot_id, .seen = true),
	OHTD_COLUMN_AS(ohtd_entry_found, "device", source.device, .seen = true),
	OHTD_COLUMN(ohtd_entry_found, by_daemon, .seen = true),
	OHTD_COLUMN(ohtd_entry_found, user, .seen = true, .searched = true),
	OHTD_COLUMN(ohtd_entry_found, words, .seen = true, .searched = true),
	/* The order in which they were made; the time of day may go back. */
	OHTD_COLUMN_AS(ohtd_entry_found, "source", source_id, .asked = "time", .seen = true),
};

#define FOUND(entries_)									\
	"(SELECT j.*, s.boot_id, s.device, r.tgid IS NOT NULL AS by_daemon, coalesce(u.name, '') AS user,"	\
	" oht_kind_name(kind) || ' ' || oht_kind_text(kind) || iif(cause, ' ' || oht_cause_text(cause), '') AS words"	\
	" FROM " entries_ " j JOIN journal_sources s ON s.id = j.source"		\
	OHTD_JOURNAL_RUN_OF_ENTRY							\
	" LEFT JOIN users u ON u.id = j.tag AND r.tgid IS NOT NULL)"

/* A million entries take a second to look through, which others would wait for. */
const struct ohtd_stored_row ohtd_kept_entries = {
	.table = "journal", .bytes = sizeof(struct ohtd_entry_found), .key = &entry_columns[1],
	.from = FOUND("journal"),
	.searched_from = FOUND("(SELECT * FROM journal ORDER BY source DESC, seq DESC LIMIT " OHTD_SEARCHED_ENTRIES ")"),
	OHTD_COLUMNS(entry_columns),
};

static const struct ohtd_statement add_entry_sql = {
	" ON CONFLICT (source, seq) DO NOTHING", &ohtd_kept_entries, ohtd_row_insert
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
	"DELETE FROM daemon_runs WHERE boot_id = :boot AND tgid <> :run"
	" AND (SELECT count(*) FROM daemon_runs WHERE boot_id = :boot) > :kept"
	" AND tgid & " OHTD_RUN_PID " NOT IN (SELECT j.tgid FROM journal j JOIN journal_sources s ON s.id = j.source"
	" WHERE s.boot_id = :boot)"
};

static const struct ohtd_statement next_sql = {
	"SELECT source, seq, wall_ns, missing, kind, cause, state_from FROM journal"
	" WHERE (source, seq) > (:source, :seq) ORDER BY source, seq LIMIT :max"
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

static int note_run(struct ohtd_db *db, const char *boot_id, uint64_t run)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &add_run_sql);

	ohtd_db_bind_text(s, ":boot", boot_id);
	ohtd_db_bind_number(s, ":run", (int64_t)run);
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
		place->source = ohtd_store_take_number(s, 0);
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
		     uint64_t run)
{
	sqlite3_stmt *s = ohtd_db_statement(db, sql);

	ohtd_db_bind_text(s, ":boot", boot_id);
	ohtd_db_bind_number(s, ":run", (int64_t)run);
	ohtd_db_bind_number(s, ":kept", OHTD_JOURNAL_RUNS_KEPT);
	return ohtd_db_run(db, s);
}

static int drop_old(struct ohtd_db *db, const char *boot_id, uint64_t run)
{
	int r = drop_entries(db);

	if (!r)
		r = drop_sources(db);
	if (!r)
		r = drop_runs(db, &drop_runs_sql, boot_id, run);
	return r ? r : drop_runs(db, &drop_idle_runs_sql, boot_id, run);
}

int ohtd_db_journal_source(struct ohtd_db *db, const struct ohtd_source *source, uint64_t run,
			   struct ohtd_entry_place *place)
{
	int r = ohtd_db_begin(db);

	if (!r)
		r = note_source(db, source);
	if (!r)
		r = note_run(db, source->boot_id, run);
	if (!r)
		r = find_source(db, source, place);
	if (!r)
		r = drop_old(db, source->boot_id, run);
	return ohtd_db_end(db, r);
}

static int add_entry(struct ohtd_db *db, int64_t source, const struct ohtd_entry *entry)
{
	const struct ohtd_entry_found row = { .source_id = source, .entry = *entry };

	return ohtd_db_put(db, &add_entry_sql, &row);
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

int ohtd_db_journal_next(struct ohtd_db *db, const struct ohtd_entry_place *behind,
			 struct ohtd_entry_brief *entries, unsigned int max)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &next_sql);
	unsigned int count = 0;
	int r;

	ohtd_db_bind_number(s, ":source", behind->source);
	bind_bits(s, ":seq", behind->seq);
	ohtd_db_bind_number(s, ":max", max);
	while ((r = ohtd_db_row(db, s)) > 0 && count < max)
		entries[count++] = (struct ohtd_entry_brief){
			.place = { ohtd_store_take_number(s, 0), (uint64_t)sqlite3_column_int64(s, 1) },
			.wall_ns = ohtd_store_take_number(s, 2),
			.missing = (uint64_t)sqlite3_column_int64(s, 3),
			.kind = (uint32_t)sqlite3_column_int64(s, 4),
			.cause = (uint32_t)sqlite3_column_int64(s, 5),
			.state_from = (uint32_t)sqlite3_column_int64(s, 6),
		};
	sqlite3_reset(s);
	return r < 0 ? r : (int)count;
}
