// SPDX-License-Identifier: GPL-2.0-or-later
#include "span.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <json-c/json.h>

#include "cli.h"
#include "client.h"

#define S_PER_HOUR	3600
#define PAST_S		(5 * 366 * 86400LL)	/* more than ohtd answers at once */

void span_time(int64_t unix_ms, char text[SPAN_TIME_BYTES])
{
	time_t unix_s = (time_t)(unix_ms / 1000);
	struct tm tm;
	size_t used;

	if (!gmtime_r(&unix_s, &tm))
		memset(&tm, 0, sizeof(tm));
	used = strftime(text, SPAN_TIME_BYTES, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text + used, SPAN_TIME_BYTES - used, ".%03dZ", (int)(unix_ms % 1000));
}

/* By the clock of ohtd, which need not be the one of this machine. */
static int ask_now(struct cli *cli, int64_t *now_s)
{
	struct json_object *health, *clock;
	const char *text;
	struct tm tm = { 0 };
	int result = client_request(cli, "GET", "health", NULL, &health);

	if (result)
		return result;
	clock = json_object_object_get(health, "clock");
	text = json_object_get_string(json_object_object_get(clock, "time"));
	if (!text || !strptime(text, "%Y-%m-%dT%H:%M:%S", &tm))
		result = cli_fail(cli, CLI_FAILED, "what answers does not say what time it is");
	*now_s = (int64_t)timegm(&tm);
	json_object_put(health);
	return result;
}

/* "-90s", "-1h": so many seconds before now; -1: it is not of this kind, or too long ago. */
static int64_t seconds_ago(const char *word)
{
	static const char units[] = "smhdw";
	static const int64_t lengths_s[] = { 1, 60, S_PER_HOUR, 86400, 7 * 86400 };
	const char *unit;
	char *end;
	long long count;

	if (word[0] != '-' || word[1] < '0' || word[1] > '9')
		return -1;
	count = strtoll(word + 1, &end, 10);
	unit = *end ? strchr(units, *end) : NULL;
	if (!unit || end[1] || count > PAST_S)
		return -1;
	count *= lengths_s[unit - units];
	return count > PAST_S ? -1 : count;
}

/* One end of the span, as it stands in the query. */
static int make_time(struct cli *cli, const char *option, const char *word, int64_t now_s,
		     char text[SPAN_TIME_BYTES])
{
	int64_t ago_s = seconds_ago(word);

	if (ago_s >= 0) {
		span_time((now_s - ago_s) * 1000, text);
		return CLI_DONE;
	}
	if (strlen(word) < SPAN_TIME_BYTES && word[strspn(word, "0123456789-:.TZtz")] == 0 &&
	    word[0] != '-') {
		snprintf(text, SPAN_TIME_BYTES, "%s", word);
		return CLI_DONE;
	}
	return cli_fail(cli, CLI_USAGE, "%s: no time: '%s'; as -90s, -5m, -1h, -7d, -2w, or 2026-07-30T12:00:00Z",
			option, word);
}

int span_take(struct cli *cli, const char *usual, char from[SPAN_TIME_BYTES],
	      char to[SPAN_TIME_BYTES])
{
	int64_t now_s = 0;
	int result = ask_now(cli, &now_s);

	/* The second that has begun is in it. */
	span_time((now_s + 1) * 1000, to);
	if (!result && cli->to)
		result = make_time(cli, "--to", cli->to, now_s, to);
	from[0] = 0;
	if (!result && (cli->from || !cli->to))
		result = make_time(cli, "--from", cli->from ? cli->from : usual, now_s, from);
	return result;
}
