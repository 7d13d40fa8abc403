// SPDX-License-Identifier: GPL-2.0-or-later
#include "history/rows.h"

#include <errno.h>
#include <stdio.h>

#include "store/sql.h"

#define PLACE_BITS	40	/* of the cycle in the place of an interval; 871 years */
#define CYCLE_MAX	((1ll << PLACE_BITS) - 1)
/* No checksum covers the cycles of a row: it has at least one, and at most as many as fit. */
#define CYCLES_UP_TO(most)	"min(max(cycles, 1), " most ")"
#define INTERVAL_CYCLES		CYCLES_UP_TO("2400")	/* 60 s */
#define CHUNK_CYCLES		CYCLES_UP_TO("163840")
#define TEXT_OF(number)		#number
#define TEXT(number)		TEXT_OF(number)
#define FINE_LEVELS		TEXT(OHTD_HISTORY_FINE_LEVELS)

static int64_t place_of(int64_t run, int64_t cycle)
{
	return run << PLACE_BITS | (cycle > CYCLE_MAX ? CYCLE_MAX : cycle);
}

static void bind_blob(sqlite3_stmt *s, const char *name, const void *data, size_t bytes)
{
	sqlite3_bind_blob64(s, sqlite3_bind_parameter_index(s, name), data, bytes, SQLITE_STATIC);
}

/* The statement for the table that has the chunks of @level: @fine for chunks, @coarse for coarse. */
static const struct ohtd_statement *statement_of(unsigned int level, const struct ohtd_statement *fine,
						 const struct ohtd_statement *coarse)
{
	return level < OHTD_HISTORY_FINE_LEVELS ? fine : coarse;
}

/* First column of the only row, 0 without one, or a negative errno. */
static int64_t take_number(struct ohtd_db *db, sqlite3_stmt *s)
{
	int r = ohtd_db_row(db, s);
	int64_t number = r > 0 ? sqlite3_column_int64(s, 0) : r;

	sqlite3_reset(s);
	return number;
}

static const struct ohtd_statement read_begin_sql = { "BEGIN" };
static const struct ohtd_statement read_end_sql = { "COMMIT" };

int ohtd_db_history_read_begin(struct ohtd_db *db)
{
	return ohtd_db_run(db, ohtd_db_statement(db, &read_begin_sql));
}

void ohtd_db_history_read_end(struct ohtd_db *db)
{
	ohtd_db_run(db, ohtd_db_statement(db, &read_end_sql));
}

/* ---- runs ---- */

/*
 * The last cycle that is kept, in an interval or, if all are sealed, in the last chunk of a signal:
 * one look at each signal, however many chunks there are.
 */
#define END_OF_RUN									\
	"max(coalesce((SELECT (place & 1099511627775) + " INTERVAL_CYCLES			\
	"	FROM intervals"								\
	"	WHERE place >= runs.run << 40 AND place < (runs.run + 1) << 40"		\
	"	ORDER BY place DESC LIMIT 1), 0),"					\
	" coalesce((SELECT max((SELECT chunk * 163840 + " CHUNK_CYCLES " FROM chunks"	\
	"	WHERE level = 0 AND chunks.signal = signals.signal AND chunks.run = runs.run"	\
	"	ORDER BY chunk DESC LIMIT 1)) FROM signals), 0))"

static const struct ohtd_statement end_runs_sql = {
	"UPDATE runs SET end_cycle = " END_OF_RUN " WHERE end_cycle IS NULL"
};

static const struct ohtd_statement begin_run_sql = {
	"INSERT INTO runs (boot_id, cycle_ns, start_ns, synchronised)"
	" VALUES (:boot, :cycle, :start, :synchronised) RETURNING run"
};

static const struct ohtd_statement anchor_sql = {
	"UPDATE runs SET start_ns = :start, synchronised = :synchronised WHERE run = :run"
};

#define RUNS_OF_SPAN									\
	"SELECT run, boot_id, cycle_ns, start_ns, synchronised,"			\
	" coalesce(end_cycle, " END_OF_RUN ") AS till FROM runs"			\
	" WHERE start_ns < :to AND start_ns + coalesce(end_cycle, 1099511627775) * cycle_ns > :from"

static const struct ohtd_statement runs_sql = {
	"SELECT * FROM (" RUNS_OF_SPAN " ORDER BY run DESC LIMIT :max) ORDER BY run"
};

static const struct ohtd_statement next_run_sql = {
	RUNS_OF_SPAN " AND run > :behind ORDER BY run LIMIT 1"
};

int ohtd_history_own(struct ohtd_db *db, uint32_t owner)
{
	const int now = ohtd_db_number(db, "PRAGMA user_version");
	char sql[48];

	if (!owner || now == (int)owner)
		return 0;
	if (now)
		return -EIO;
	snprintf(sql, sizeof(sql), "PRAGMA user_version = %u", owner);
	return ohtd_db_errno(sqlite3_exec(db->sql, sql, NULL, NULL, NULL));
}

int ohtd_db_history_begin(struct ohtd_db *db, struct ohtd_history_run *run)
{
	int r = ohtd_db_run(db, ohtd_db_statement(db, &end_runs_sql));
	sqlite3_stmt *s;

	if (r)
		return r;
	s = ohtd_db_statement(db, &begin_run_sql);
	ohtd_db_bind_text(s, ":boot", run->boot_id);
	ohtd_db_bind_number(s, ":cycle", run->cycle_ns);
	ohtd_db_bind_number(s, ":start", run->start_ns);
	ohtd_db_bind_number(s, ":synchronised", run->synchronised);
	run->run = take_number(db, s);
	return run->run > 0 ? 0 : run->run ? (int)run->run : -EIO;
}

int ohtd_db_history_anchor(struct ohtd_db *db, const struct ohtd_history_run *run)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &anchor_sql);

	ohtd_db_bind_number(s, ":run", run->run);
	ohtd_db_bind_number(s, ":start", run->start_ns);
	ohtd_db_bind_number(s, ":synchronised", run->synchronised);
	return ohtd_db_run(db, s);
}

static void take_run(sqlite3_stmt *s, struct ohtd_history_run *run)
{
	run->run = sqlite3_column_int64(s, 0);
	ohtd_db_take_text(s, 1, run->boot_id, sizeof(run->boot_id));
	run->cycle_ns = sqlite3_column_int64(s, 2);
	run->start_ns = sqlite3_column_int64(s, 3);
	run->synchronised = sqlite3_column_int(s, 4);
	run->end = sqlite3_column_int64(s, 5);
}

int ohtd_db_history_runs(struct ohtd_db *db, int64_t from_ns, int64_t to_ns,
			 struct ohtd_history_run *runs, int max)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &runs_sql);
	int count = 0, r;

	ohtd_db_bind_number(s, ":from", from_ns);
	ohtd_db_bind_number(s, ":to", to_ns);
	ohtd_db_bind_number(s, ":max", max);
	while ((r = ohtd_db_row(db, s)) > 0 && count < max)
		take_run(s, &runs[count++]);
	sqlite3_reset(s);
	return r < 0 ? r : count;
}

int ohtd_db_history_next_run(struct ohtd_db *db, int64_t from_ns, int64_t to_ns, int64_t behind,
			     struct ohtd_history_run *run)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &next_run_sql);
	int r;

	ohtd_db_bind_number(s, ":from", from_ns);
	ohtd_db_bind_number(s, ":to", to_ns);
	ohtd_db_bind_number(s, ":behind", behind);
	r = ohtd_db_row(db, s);
	if (r > 0)
		take_run(s, run);
	sqlite3_reset(s);
	return r;
}

/* ---- signals ---- */

static const struct ohtd_statement find_signal_sql = {
	"SELECT signal FROM signals WHERE name = :name AND decimals = :decimals AND unit = :unit"
	" AND type = :type AND origin = :origin"
};

static const struct ohtd_statement add_signal_sql = {
	"INSERT INTO signals (name, decimals, unit, type, origin)"
	" VALUES (:name, :decimals, :unit, :type, :origin) RETURNING signal"
};

static sqlite3_stmt *bind_signal(sqlite3_stmt *s, const struct ohtd_history_signal *signal)
{
	ohtd_db_bind_text(s, ":name", signal->name);
	ohtd_db_bind_number(s, ":decimals", signal->decimals);
	ohtd_db_bind_text(s, ":unit", signal->unit);
	ohtd_db_bind_text(s, ":type", signal->type);
	ohtd_db_bind_text(s, ":origin", signal->origin);
	return s;
}

int64_t ohtd_db_history_signal(struct ohtd_db *db, const struct ohtd_history_signal *signal)
{
	int64_t number = take_number(db, bind_signal(ohtd_db_statement(db, &find_signal_sql), signal));

	if (!number)
		number = take_number(db, bind_signal(ohtd_db_statement(db, &add_signal_sql), signal));
	return number ? number : -EIO;
}

static const struct ohtd_statement newest_signal_sql = {
	"SELECT coalesce(max(signal), 0) FROM signals"
};

int64_t ohtd_db_history_newest_signal(struct ohtd_db *db)
{
	return take_number(db, ohtd_db_statement(db, &newest_signal_sql));
}

/* ---- intervals ---- */

static const struct ohtd_statement add_interval_sql = {
	"INSERT INTO intervals (place, cycles, columns, samples)"
	" VALUES (:place, :cycles, :columns, :samples)"
};

static const struct ohtd_statement oldest_sql = {
	"SELECT place FROM intervals ORDER BY place LIMIT 1"
};

#define BETWEEN	" WHERE place >= :from AND place < :to"

static const struct ohtd_statement columns_sql = {
	"SELECT place, " INTERVAL_CYCLES ", columns FROM intervals" BETWEEN " ORDER BY place"
};

static const struct ohtd_statement samples_sql = {
	"SELECT place, " INTERVAL_CYCLES ", samples FROM intervals" BETWEEN " ORDER BY place"
};

static const struct ohtd_statement interval_end_sql = {
	"SELECT (place & 1099511627775) + " INTERVAL_CYCLES " FROM intervals" BETWEEN
	" ORDER BY place DESC LIMIT 1"
};

static const struct ohtd_statement first_interval_sql = {
	"SELECT place FROM intervals" BETWEEN " ORDER BY place LIMIT 1"
};

static const struct ohtd_statement drop_intervals_sql = { "DELETE FROM intervals" BETWEEN };

int ohtd_db_history_add(struct ohtd_db *db, const struct ohtd_history_interval *interval)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &add_interval_sql);

	ohtd_db_bind_number(s, ":place", place_of(interval->run, interval->first));
	ohtd_db_bind_number(s, ":cycles", interval->cycles);
	bind_blob(s, ":columns", interval->columns, interval->columns_bytes);
	bind_blob(s, ":samples", interval->samples, interval->samples_bytes);
	return ohtd_db_run(db, s);
}

int ohtd_db_history_oldest(struct ohtd_db *db, int64_t *run, int64_t *first)
{
	int64_t place = take_number(db, ohtd_db_statement(db, &oldest_sql));

	if (place <= 0)
		return (int)place;
	*run = place >> PLACE_BITS;
	*first = place & CYCLE_MAX;
	return 1;
}

static void bind_between(sqlite3_stmt *s, int64_t run, int64_t from, int64_t to)
{
	ohtd_db_bind_number(s, ":from", place_of(run, from));
	ohtd_db_bind_number(s, ":to", place_of(run, to));
}

int64_t ohtd_db_history_first_interval(struct ohtd_db *db, int64_t run)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &first_interval_sql);
	int64_t place;

	bind_between(s, run, 0, CYCLE_MAX);
	place = take_number(db, s);
	return place > 0 ? place & CYCLE_MAX : place ? place : -ENOENT;
}

static int read_pieces(struct ohtd_db *db, sqlite3_stmt *s, int64_t run, int64_t mask,
		       ohtd_history_reader reader, void *arg)
{
	int r = 0, ends = 0;

	while (!ends && (r = ohtd_db_row(db, s)) > 0) {
		const struct ohtd_history_piece piece = {
			.run = run, .first = sqlite3_column_int64(s, 0) & mask,
			.cycles = sqlite3_column_int64(s, 1),
			.data = sqlite3_column_blob(s, 2),
			.bytes = (size_t)sqlite3_column_bytes(s, 2),
		};

		ends = reader(&piece, arg);
	}
	sqlite3_reset(s);
	return ends ? ends : r < 0 ? r : 0;
}

int ohtd_db_history_intervals(struct ohtd_db *db, bool samples, int64_t run, int64_t from,
			      int64_t to, ohtd_history_reader reader, void *arg)
{
	sqlite3_stmt *s = ohtd_db_statement(db, samples ? &samples_sql : &columns_sql);

	bind_between(s, run, from, to);
	return read_pieces(db, s, run, CYCLE_MAX, reader, arg);
}

int64_t ohtd_db_history_interval_end(struct ohtd_db *db, int64_t run, int64_t before)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &interval_end_sql);

	bind_between(s, run, 0, before);
	return take_number(db, s);
}

int ohtd_db_history_drop_intervals(struct ohtd_db *db, int64_t run, int64_t from, int64_t to)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &drop_intervals_sql);

	bind_between(s, run, from, to);
	return ohtd_db_run(db, s);
}

/* ---- chunks ---- */

#define PUT_INTO(table)									\
	"INSERT INTO " table " (level, signal, run, chunk, cycles, data)"		\
	" VALUES (:level, :signal, :run, :chunk, :cycles, :data)"			\
	" ON CONFLICT (level, signal, run, chunk) DO UPDATE"				\
	" SET cycles = excluded.cycles, data = excluded.data"

static const struct ohtd_statement put_chunk_sql = { PUT_INTO("chunks") };
static const struct ohtd_statement put_coarse_sql = { PUT_INTO("coarse") };

#define CHUNKS_OF(table)								\
	"SELECT chunk, " CHUNK_CYCLES ", data FROM " table " WHERE level = :level"	\
	" AND signal = :signal AND run = :run AND chunk BETWEEN :from AND :to ORDER BY chunk"

static const struct ohtd_statement chunks_sql = { CHUNKS_OF("chunks") };
static const struct ohtd_statement coarse_sql = { CHUNKS_OF("coarse") };

/* One look at each signal. */
static const struct ohtd_statement has_chunk_sql = {
	"SELECT 1 FROM signals CROSS JOIN chunks ON chunks.signal = signals.signal"
	" WHERE level = 0 AND run = :run AND chunk = :chunk LIMIT 1"
};

int ohtd_db_history_put_chunk(struct ohtd_db *db, unsigned int level, int64_t signal, int64_t chunk,
			      const struct ohtd_history_piece *piece)
{
	sqlite3_stmt *s = ohtd_db_statement(db, statement_of(level, &put_chunk_sql, &put_coarse_sql));

	ohtd_db_bind_number(s, ":level", level);
	ohtd_db_bind_number(s, ":signal", signal);
	ohtd_db_bind_number(s, ":run", piece->run);
	ohtd_db_bind_number(s, ":chunk", chunk);
	ohtd_db_bind_number(s, ":cycles", piece->cycles);
	bind_blob(s, ":data", piece->data, piece->bytes);
	return ohtd_db_run(db, s);
}

int ohtd_db_history_chunks(struct ohtd_db *db, unsigned int level, int64_t signal, int64_t run,
			   int64_t from, int64_t to, ohtd_history_reader reader, void *arg)
{
	const struct ohtd_statement *table = statement_of(level, &chunks_sql, &coarse_sql);
	int r = 0;

	/* Coarse chunks that have not been moved yet are later than those that have. */
	for (; !r && table; table = table == &coarse_sql ? &chunks_sql : NULL) {
		sqlite3_stmt *s = ohtd_db_statement(db, table);

		ohtd_db_bind_number(s, ":level", level);
		ohtd_db_bind_number(s, ":signal", signal);
		ohtd_db_bind_number(s, ":run", run);
		ohtd_db_bind_number(s, ":from", from);
		ohtd_db_bind_number(s, ":to", to);
		r = read_pieces(db, s, run, INT64_MAX, reader, arg);
	}
	return r;
}

int ohtd_db_history_has_chunk(struct ohtd_db *db, int64_t run, int64_t chunk)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &has_chunk_sql);

	ohtd_db_bind_number(s, ":run", run);
	ohtd_db_bind_number(s, ":chunk", chunk);
	return (int)take_number(db, s);
}

/* ---- coarse chunks of before schema 3 ---- */

static const struct ohtd_statement has_unmoved_sql = {
	"SELECT 1 FROM chunks WHERE level >= " FINE_LEVELS " LIMIT 1"
};

/* In the order of the file: pages that have some of several chunks are written once. */
#define UNMOVED(columns)								\
	"SELECT " columns " FROM chunks WHERE chunk_id > :after AND +level >= " FINE_LEVELS	\
	" ORDER BY chunk_id LIMIT :max"

static const struct ohtd_statement move_sql = {
	"INSERT OR IGNORE INTO coarse (level, signal, run, chunk, cycles, data) "
	UNMOVED("level, signal, run, chunk, cycles, data")
};

static const struct ohtd_statement drop_moved_sql = {
	"DELETE FROM chunks WHERE chunk_id IN (" UNMOVED("chunk_id") ") RETURNING chunk_id"
};

static sqlite3_stmt *bind_unmoved(sqlite3_stmt *s, int64_t after, int max)
{
	ohtd_db_bind_number(s, ":after", after);
	ohtd_db_bind_number(s, ":max", max);
	return s;
}

int ohtd_db_history_move(struct ohtd_db *db, int64_t *after, int max)
{
	int r = (int)take_number(db, ohtd_db_statement(db, &has_unmoved_sql));
	int64_t last = 0;
	sqlite3_stmt *s;

	if (r <= 0)
		return r;
	r = ohtd_db_run(db, bind_unmoved(ohtd_db_statement(db, &move_sql), *after, max));
	if (r)
		return r;
	s = bind_unmoved(ohtd_db_statement(db, &drop_moved_sql), *after, max);
	while ((r = ohtd_db_row(db, s)) > 0)
		last = sqlite3_column_int64(s, 0) > last ? sqlite3_column_int64(s, 0) : last;
	sqlite3_reset(s);
	/* At the end from the front again, where an error may have left some. An index that tells of rows that are not there ends it. */
	if (!r)
		r = last || *after;
	*after = last;
	return r;
}

/* ---- gaps ---- */

/* A chunk whose sealing is cut off is sealed again from its first signal. */
static const struct ohtd_statement add_gap_sql = {
	"INSERT INTO gaps (run, first, cycles, reason) SELECT :run, :first, :cycles, :reason"
	" WHERE NOT EXISTS (SELECT * FROM gaps WHERE run = :run AND first = :first AND reason = :reason)"
};

static const struct ohtd_statement gaps_sql = {
	"SELECT run, first, min(cycles, 1099511627775), reason FROM gaps"
	" WHERE run = :run AND first < :to"
	" AND first + cycles > :from ORDER BY first LIMIT :max"
};

int ohtd_db_history_add_gap(struct ohtd_db *db, const struct ohtd_history_gap *gap)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &add_gap_sql);

	ohtd_db_bind_number(s, ":run", gap->run);
	ohtd_db_bind_number(s, ":first", gap->first);
	ohtd_db_bind_number(s, ":cycles", gap->cycles);
	ohtd_db_bind_text(s, ":reason", gap->reason);
	return ohtd_db_run(db, s);
}

int ohtd_db_history_gaps(struct ohtd_db *db, int64_t run, int64_t from, int64_t to,
			 struct ohtd_history_gap *gaps, int max)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &gaps_sql);
	int count = 0, r;

	ohtd_db_bind_number(s, ":run", run);
	ohtd_db_bind_number(s, ":from", from);
	ohtd_db_bind_number(s, ":to", to);
	ohtd_db_bind_number(s, ":max", max);
	while ((r = ohtd_db_row(db, s)) > 0 && count < max) {
		struct ohtd_history_gap *gap = &gaps[count++];

		gap->run = sqlite3_column_int64(s, 0);
		gap->first = sqlite3_column_int64(s, 1);
		gap->cycles = sqlite3_column_int64(s, 2);
		ohtd_db_take_text(s, 3, gap->reason, sizeof(gap->reason));
	}
	sqlite3_reset(s);
	return r < 0 ? r : count;
}

/* ---- what is too old ---- */

static const struct ohtd_statement drop_old_sql = {
	"DELETE FROM chunks WHERE chunk_id IN (SELECT chunk_id FROM chunks JOIN runs USING (run)"
	" WHERE level = :level AND start_ns + (chunk + 1) * :span < :before"
	" ORDER BY run, chunk LIMIT :max) RETURNING chunk_id"
};

/* Of each signal only the part with the run is read, and of that only what goes. */
static const struct ohtd_statement drop_old_coarse_sql = {
	"DELETE FROM coarse WHERE (signal, run, chunk, level) IN"
	" (SELECT coarse.signal, coarse.run, chunk, level FROM runs CROSS JOIN signals CROSS JOIN coarse"
	" ON coarse.signal = signals.signal AND coarse.run = runs.run WHERE level = :level"
	" AND start_ns < :before AND chunk < (:before - 1 - start_ns) / :span ORDER BY coarse.run, chunk LIMIT :max)"
	" RETURNING chunk"
};

/* One look at each signal. */
#define HAS_NOTHING(run)								\
	run " NOT IN (SELECT run FROM chunks) AND " run " NOT IN (SELECT place >> 40 FROM intervals)" \
	" AND NOT EXISTS (SELECT 1 FROM signals CROSS JOIN coarse ON coarse.signal = signals.signal" \
	" WHERE coarse.run = " run ")"

/* Of a signal and run one look at its first chunk. */
#define FIRST_CHUNK(table)								\
	"(SELECT min((SELECT chunk FROM " table " AS of WHERE of.level = :level AND of.signal = signals.signal" \
	" AND of.run = runs.run ORDER BY chunk LIMIT 1)) FROM signals)"

#define FIRST_INTERVAL									\
	"(SELECT place & ((1 << 40) - 1) FROM intervals"				\
	" WHERE place >= runs.run << 40 AND place < (runs.run + 1) << 40 ORDER BY place LIMIT 1)"

/* The least of all runs: one of a clock that was ahead is not where the others begin. What goes on may have nothing on the disk. */
#define REACHES(first_chunk)								\
	"SELECT min(start_ns + coalesce(" first_chunk " * :cycles, " FIRST_INTERVAL ","	\
	" iif(end_cycle IS NULL, 0, NULL)) * cycle_ns) FROM runs"

static const struct ohtd_statement reaches_sql = { REACHES(FIRST_CHUNK("chunks")) };
/* Chunks that have not been moved yet are later than those that have. */
static const struct ohtd_statement coarse_reaches_sql = {
	REACHES("coalesce(" FIRST_CHUNK("coarse") ", " FIRST_CHUNK("chunks") ")")
};

static const struct ohtd_statement leapt_sql = {
	"SELECT EXISTS (SELECT 1 FROM (SELECT"
	" start_ns - lag(start_ns + end_cycle * cycle_ns) OVER (ORDER BY run) AS away,"
	" total(end_cycle * cycle_ns) OVER (ORDER BY run ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS ran"
	" FROM runs) WHERE away > :away AND ran < :ran)"
};

static const struct ohtd_statement drop_gaps_sql = {
	"DELETE FROM gaps WHERE run < :run AND " HAS_NOTHING("gaps.run")
};

static const struct ohtd_statement drop_runs_sql = {
	"DELETE FROM runs WHERE run < :run AND " HAS_NOTHING("runs.run")
};

static const struct ohtd_statement give_back_sql = { "PRAGMA incremental_vacuum" };

int ohtd_db_history_drop_old(struct ohtd_db *db, unsigned int level, int64_t span_ns,
			     int64_t before_ns, int max)
{
	sqlite3_stmt *s = ohtd_db_statement(db, statement_of(level, &drop_old_sql, &drop_old_coarse_sql));
	int count = 0, r;

	ohtd_db_bind_number(s, ":level", level);
	ohtd_db_bind_number(s, ":span", span_ns);
	ohtd_db_bind_number(s, ":before", before_ns);
	ohtd_db_bind_number(s, ":max", max);
	while ((r = ohtd_db_row(db, s)) > 0)
		count++;
	sqlite3_reset(s);
	return r < 0 ? r : count;
}

int ohtd_db_history_leapt(struct ohtd_db *db, int64_t away_ns, int64_t ran_ns)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &leapt_sql);

	ohtd_db_bind_number(s, ":away", away_ns);
	ohtd_db_bind_number(s, ":ran", ran_ns);
	return (int)take_number(db, s);
}

int ohtd_db_history_reaches(struct ohtd_db *db, unsigned int level, int64_t chunk_cycles, int64_t *from_ns)
{
	sqlite3_stmt *s = ohtd_db_statement(db, statement_of(level, &reaches_sql, &coarse_reaches_sql));
	int r;

	ohtd_db_bind_number(s, ":level", level);
	ohtd_db_bind_number(s, ":cycles", chunk_cycles);
	r = ohtd_db_row(db, s);
	if (r > 0 && sqlite3_column_type(s, 0) == SQLITE_NULL)
		r = 0;
	if (r > 0)
		*from_ns = sqlite3_column_int64(s, 0);
	sqlite3_reset(s);
	return r;
}

int ohtd_db_history_drop_empty(struct ohtd_db *db, int64_t run)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &drop_gaps_sql);
	int r;

	ohtd_db_bind_number(s, ":run", run);
	r = ohtd_db_run(db, s);
	if (r)
		return r;
	s = ohtd_db_statement(db, &drop_runs_sql);
	ohtd_db_bind_number(s, ":run", run);
	return ohtd_db_run(db, s);
}

/* It gives one page back with each row. */
int ohtd_db_history_give_back(struct ohtd_db *db, int pages)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &give_back_sql);
	int r = 0;

	while (pages-- && (r = ohtd_db_row(db, s)) > 0)
		;
	sqlite3_reset(s);
	return r;
}

int64_t ohtd_db_history_bytes(struct ohtd_db *db)
{
	int pages = ohtd_db_number(db, "PRAGMA page_count");
	int unused = ohtd_db_number(db, "PRAGMA freelist_count");
	int size = ohtd_db_number(db, "PRAGMA page_size");

	return pages < 0 || unused < 0 || size < 0 ? -EIO : (int64_t)(pages - unused) * size;
}
