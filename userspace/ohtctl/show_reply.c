// SPDX-License-Identifier: GPL-2.0-or-later
/* How values look that have been read by address. */
#include "cli.h"
#include "show.h"

static bool is_coils(const struct oht_request *request)
{
	return request->function == OHT_READ_COILS || request->function == OHT_READ_DISCRETE;
}

static void show_text(struct cli *cli, const struct oht_request *request,
		      const struct oht_reply *reply)
{
	unsigned int i;

	for (i = 0; i < reply->count; i++) {
		if (is_coils(request))
			fprintf(cli->out, "0x%04X  %d\n", request->address + i,
				oht_reply_coil(reply, i));
		else
			fprintf(cli->out, "0x%04X  %5u  0x%04X\n", request->address + i,
				reply->words[i], reply->words[i]);
	}
}

void show_add_effort(struct json_object *object, const struct oht_reply *reply)
{
	show_add_number(object, "attempts", reply->attempts);
	show_add_number(object, "longest_pause_us", reply->pause_us);
	show_add_real(object, "turnaround_us", reply->turnaround_ns / 1e3);
}

static void show_object(struct cli *cli, const struct oht_request *request,
			const struct oht_reply *reply)
{
	struct json_object *object = json_object_new_object();
	struct json_object *values = json_object_new_array();
	bool coils = is_coils(request);
	unsigned int i;

	for (i = 0; i < reply->count; i++)
		json_object_array_add(values, json_object_new_int(coils ? oht_reply_coil(reply, i) :
								  reply->words[i]));
	show_add_number(object, "unit", request->unit);
	show_add_number(object, "function", request->function);
	show_add_number(object, "address", request->address);
	show_add_number(object, "count", reply->count);
	json_object_object_add(object, coils ? "coils" : "words", values);
	show_add_effort(object, reply);
	show_json(cli, object);
}

void show_reply(struct cli *cli, const struct oht_request *request, const struct oht_reply *reply)
{
	if (cli->json)
		show_object(cli, request, reply);
	else
		show_text(cli, request, reply);
}
