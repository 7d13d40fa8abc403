// SPDX-License-Identifier: GPL-2.0-or-later
/* ohtctl safety telegrams */
#include <inttypes.h>

#include "cli.h"
#include "cmd.h"
#include "oht_telegram.h"
#include "show.h"

static struct json_object *result_json(const struct oht_stop_telegram_result *result)
{
	struct json_object *object = json_object_new_object();
	bool pending = !result->attempts;

	show_add_number(object, "unit", result->unit);
	show_add_number(object, "function", result->function);
	show_add_text(object, "outcome", pending ? "pending" : oht_outcome_name(result->outcome));
	show_add_number(object, "attempts", result->attempts);
	show_add_number(object, "sent_ns", (int64_t)result->sent_ns);
	show_add_number(object, "answered_ns", (int64_t)result->answered_ns);
	return object;
}

static void telegrams_json(struct cli *cli, const struct oht_stop_telegrams *telegrams)
{
	struct json_object *object = json_object_new_object();
	struct json_object *results = json_object_new_array();
	uint32_t i;

	show_add_number(object, "set", telegrams->set);
	show_add_number(object, "runs", (int64_t)telegrams->runs);
	show_add_bool(object, "running", telegrams->running);
	show_add_number(object, "asked_ns", (int64_t)telegrams->asked_ns);
	for (i = 0; i < telegrams->count; i++)
		json_object_array_add(results, result_json(&telegrams->results[i]));
	json_object_object_add(object, "results", results);
	show_json(cli, object);
}

static double after_ms(const struct oht_stop_telegrams *telegrams, uint64_t moment_ns)
{
	return (double)(moment_ns - telegrams->asked_ns) / 1e6;
}

static void show_result(struct cli *cli, const struct oht_stop_telegrams *telegrams, uint32_t i)
{
	const struct oht_stop_telegram_result *result = &telegrams->results[i];

	fprintf(cli->out, "unit %-3u function %-2u  ", result->unit, result->function);
	if (result->sent_ns)
		fprintf(cli->out, "sent after %.2f ms, ", after_ms(telegrams, result->sent_ns));
	if (result->answered_ns)
		fprintf(cli->out, "answered after %.2f ms, ",
			after_ms(telegrams, result->answered_ns));
	else if (result->attempts)
		fprintf(cli->out, "%s, ", oht_outcome_name(result->outcome));
	fprintf(cli->out, "%u attempts\n", result->attempts);
}

int cmd_safety_telegrams(struct cli *cli, int count, char **arguments)
{
	int result = cli_open(cli, OHT_OPEN_READ_ONLY);
	struct oht_stop_telegrams telegrams;
	uint32_t i;

	(void)count;
	(void)arguments;
	if (result)
		return result;
	if (oht_dev_telegrams(cli->dev, &telegrams))
		return cli_fail_errno(cli, "safety telegrams");
	if (cli->json) {
		telegrams_json(cli, &telegrams);
		return CLI_DONE;
	}
	show_field(cli, "set", "%u for the next stop", telegrams.set);
	show_field(cli, "sent", "by %" PRIu64 " stops%s", telegrams.runs,
		   telegrams.running ? ", one of them still is" : "");
	for (i = 0; i < telegrams.count; i++)
		show_result(cli, &telegrams, i);
	return CLI_DONE;
}
