// SPDX-License-Identifier: GPL-2.0-or-later
#include "alerts/number_rows.h"

#include "base/clock.h"
#include "store/sql.h"

#define S_NS	((int64_t)OHTD_NS_PER_S)

#define CAME	"since_ns >= :from AND since_ns < :to"
/* A time of day that was taken back gives no time below zero. */
#define END	"max(since_ns, CASE WHEN ended_ns <> 0 THEN ended_ns WHEN cut THEN since_ns ELSE :now END)"

/* ---- which codes ---- */

#define TALLY									\
	"SELECT code, sum(" CAME ") AS count, sum(CASE WHEN " CAME " THEN times ELSE 0 END) AS comings,"	\
	" sum(max(0, min(" END ", :to) - max(since_ns, :from))) AS standing"	\
	" FROM alerts WHERE since_ns < :to AND " END " >= :from GROUP BY code"

static const struct ohtd_statement all_sql = {
	"SELECT coalesce(count(*), 0), coalesce(sum(times), 0) FROM alerts WHERE " CAME
};
static const struct ohtd_statement frequent_sql = {
	TALLY " HAVING count > 0 ORDER BY count DESC, code LIMIT :limit"
};
static const struct ohtd_statement longest_sql = {
	TALLY " HAVING standing > 0 ORDER BY standing DESC, code LIMIT :limit"
};

static sqlite3_stmt *ask(struct ohtd_db *db, const struct ohtd_statement *sql, const struct ohtd_alert_numbers *numbers,
			 int64_t limit)
{
	sqlite3_stmt *s = ohtd_db_statement(db, sql);

	ohtd_db_bind_number(s, ":from", numbers->from_ns);
	ohtd_db_bind_number(s, ":to", numbers->to_ns);
	ohtd_db_bind_number(s, ":now", numbers->now_ns);
	ohtd_db_bind_number(s, ":limit", limit);
	return s;
}

static int count_all(struct ohtd_db *db, struct ohtd_alert_numbers *numbers)
{
	sqlite3_stmt *s = ask(db, &all_sql, numbers, 0);
	int r = ohtd_db_row(db, s);

	if (r > 0) {
		numbers->count = ohtd_store_take_number(s, 0);
		numbers->comings = ohtd_store_take_number(s, 1);
	}
	sqlite3_reset(s);
	return r < 0 ? r : 0;
}

static int tally(struct ohtd_db *db, const struct ohtd_statement *sql, const struct ohtd_alert_numbers *numbers,
		 struct ohtd_alert_tally *items, unsigned int *count)
{
	sqlite3_stmt *s = ask(db, sql, numbers, OHTD_ALERT_TOP);
	int r;

	*count = 0;
	while ((r = ohtd_db_row(db, s)) > 0 && *count < OHTD_ALERT_TOP) {
		struct ohtd_alert_tally *item = &items[(*count)++];

		ohtd_db_take_text(s, 0, item->code, sizeof(item->code));
		item->count = ohtd_store_take_number(s, 1);
		item->comings = ohtd_store_take_number(s, 2);
		item->standing_ns = ohtd_store_take_number(s, 3);
	}
	sqlite3_reset(s);
	return r < 0 ? r : 0;
}

/* ---- floods ---- */

/*
 * As the keeper counts, without those that rested. An alert opens if the tenth behind it came within the time. It belongs
 * to a flood if it opens or one of the ten before it does; and it goes on with the flood of the one before if any of those
 * ten does, as that has both within it.
 */
static const struct ohtd_statement floods_sql = {
	"WITH came AS (SELECT number, code, since_ns, lead(since_ns, :more) OVER (ORDER BY since_ns, number) - since_ns"
	" < :within AS opens FROM alerts WHERE NOT rested AND " CAME "),"
	" placed AS (SELECT *, max(opens) OVER (ORDER BY since_ns, number ROWS 10 PRECEDING) AS within,"
	" coalesce(max(opens) OVER (ORDER BY since_ns, number ROWS BETWEEN 10 PRECEDING AND 1 PRECEDING), 0) AS goes_on"
	" FROM came),"
	" numbered AS (SELECT *, sum(NOT goes_on) OVER (ORDER BY since_ns, number ROWS UNBOUNDED PRECEDING) AS flood"
	" FROM placed WHERE within)"
	" SELECT max(CASE WHEN goes_on THEN NULL ELSE number END), max(CASE WHEN goes_on THEN NULL ELSE code END),"
	" min(since_ns), max(since_ns), count(*), count(*) OVER (), sum(count(*)) OVER ()"
	" FROM numbered GROUP BY flood ORDER BY flood DESC LIMIT :limit"
};

_Static_assert(OHTD_ALERT_FLOOD - 1 == 10, "the statement says how many are looked at");

static int find_floods(struct ohtd_db *db, struct ohtd_alert_numbers *numbers)
{
	sqlite3_stmt *s = ask(db, &floods_sql, numbers, OHTD_ALERT_SAMPLES);
	unsigned int count = 0;
	int r;

	ohtd_db_bind_number(s, ":more", OHTD_ALERT_FLOOD - 1);
	ohtd_db_bind_number(s, ":within", OHTD_ALERT_FLOOD_S * S_NS);
	while ((r = ohtd_db_row(db, s)) > 0 && count < OHTD_ALERT_SAMPLES) {
		struct ohtd_alert_flood *flood = &numbers->floods[count++];

		flood->number = ohtd_store_take_number(s, 0);
		ohtd_db_take_text(s, 1, flood->code, sizeof(flood->code));
		flood->from_ns = ohtd_store_take_number(s, 2);
		flood->to_ns = ohtd_store_take_number(s, 3);
		flood->count = ohtd_store_take_number(s, 4);
		numbers->flood_count = ohtd_store_take_number(s, 5);
		numbers->flooded = ohtd_store_take_number(s, 6);
	}
	sqlite3_reset(s);
	return r < 0 ? r : 0;
}

/* ---- what stands for long, and what chatters ---- */

static const struct ohtd_statement standing_sql = {
	"SELECT number, code, source, unit, subject, since_ns, ended_ns, count(*) OVER () FROM alerts"
	" WHERE since_ns < :to AND " END " >= :from AND min(" END ", :to) - since_ns > :long"
	" ORDER BY since_ns, number LIMIT :limit"
};

static int find_standing(struct ohtd_db *db, struct ohtd_alert_numbers *numbers)
{
	sqlite3_stmt *s = ask(db, &standing_sql, numbers, OHTD_ALERT_SAMPLES);
	unsigned int count = 0;
	int r;

	ohtd_db_bind_number(s, ":long", OHTD_ALERT_STANDING_S * S_NS);
	while ((r = ohtd_db_row(db, s)) > 0 && count < OHTD_ALERT_SAMPLES) {
		struct ohtd_alert_standing *item = &numbers->standing[count++];

		item->number = ohtd_store_take_number(s, 0);
		ohtd_db_take_text(s, 1, item->code, sizeof(item->code));
		ohtd_db_take_text(s, 2, item->source, sizeof(item->source));
		item->unit = (uint8_t)ohtd_store_take_number(s, 3);
		ohtd_db_take_text(s, 4, item->subject, sizeof(item->subject));
		item->since_ns = ohtd_store_take_number(s, 5);
		item->ended_ns = ohtd_store_take_number(s, 6);
		numbers->standing_count = ohtd_store_take_number(s, 7);
	}
	sqlite3_reset(s);
	return r < 0 ? r : 0;
}

/* Within a row the keeper has looked at its comings; of three rows on end each came at least once. */
static const struct ohtd_statement chattering_sql = {
	"WITH came AS (SELECT code, source, unit, subject, times, fastest_ns BETWEEN 1 AND :within"
	" OR coalesce(lead(since_ns, :more) OVER (PARTITION BY code, source, unit, subject ORDER BY since_ns, number) - since_ns"
	" <= :within, 0) AS chatters FROM alerts WHERE " CAME ")"
	" SELECT code, source, unit, subject, count(*) AS count, sum(times) AS comings, count(*) OVER () FROM came"
	" GROUP BY code, source, unit, subject HAVING max(chatters) ORDER BY comings DESC, code, source, unit, subject LIMIT :limit"
};

static int find_chattering(struct ohtd_db *db, struct ohtd_alert_numbers *numbers)
{
	sqlite3_stmt *s = ask(db, &chattering_sql, numbers, OHTD_ALERT_TOP);
	unsigned int count = 0;
	int r;

	ohtd_db_bind_number(s, ":more", OHTD_ALERT_CHATTER - 1);
	ohtd_db_bind_number(s, ":within", OHTD_ALERT_CHATTER_S * S_NS);
	while ((r = ohtd_db_row(db, s)) > 0 && count < OHTD_ALERT_TOP) {
		struct ohtd_alert_chattering *item = &numbers->chattering[count++];

		ohtd_db_take_text(s, 0, item->code, sizeof(item->code));
		ohtd_db_take_text(s, 1, item->source, sizeof(item->source));
		item->unit = (uint8_t)ohtd_store_take_number(s, 2);
		ohtd_db_take_text(s, 3, item->subject, sizeof(item->subject));
		item->count = ohtd_store_take_number(s, 4);
		item->comings = ohtd_store_take_number(s, 5);
		numbers->chattering_count = ohtd_store_take_number(s, 6);
	}
	sqlite3_reset(s);
	return r < 0 ? r : 0;
}

int ohtd_db_alert_numbers(struct ohtd_db *db, struct ohtd_alert_numbers *numbers)
{
	int r;

	numbers->flood_count = numbers->flooded = numbers->standing_count = numbers->chattering_count = 0;
	r = count_all(db, numbers);
	if (!r)
		r = tally(db, &frequent_sql, numbers, numbers->frequent, &numbers->frequent_count);
	if (!r)
		r = tally(db, &longest_sql, numbers, numbers->longest, &numbers->longest_count);
	if (!r)
		r = find_floods(db, numbers);
	if (!r)
		r = find_standing(db, numbers);
	return r ? r : find_chattering(db, numbers);
}
