// SPDX-License-Identifier: GPL-2.0-or-later
/* Words of the stop's journal as functions of SQL: a list can be searched for what a person reads. */
#include "store/words.h"

#include "oht_client.h"

static const struct word {
	const char *name;
	const char *(*of)(unsigned int number);
} words[] = {
	{ "oht_kind_name", oht_kind_name },
	{ "oht_kind_text", oht_kind_text },
	{ "oht_cause_text", oht_cause_text },
};

/* The word of the number in the first argument. */
static void say(sqlite3_context *context, int count, sqlite3_value **values)
{
	const struct word *word = sqlite3_user_data(context);

	(void)count;
	sqlite3_result_text(context, word->of((unsigned int)sqlite3_value_int(values[0])), -1, SQLITE_STATIC);
}

int ohtd_db_learn_words(sqlite3 *sql)
{
	int r = SQLITE_OK;

	for (size_t i = 0; !r && i < sizeof(words) / sizeof(words[0]); i++)
		r = sqlite3_create_function(sql, words[i].name, 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY,
					    (void *)&words[i], say, NULL, NULL);
	return r;
}
