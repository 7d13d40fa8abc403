// SPDX-License-Identifier: GPL-2.0-or-later
/* ohtctl support: which files a pack has, what is said of what is left out. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "client.h"
#include "cmd.h"
#include "show.h"
#include "support.h"

#define SIGNALS_EACH	20	/* of one question of the past */
#define SIGNALS_BYTES	(CLIENT_PATH_BYTES - 64)
#define WATCH_S		5	/* the bus, unless a person says how long */
#define LOG_PAGES	"logs?limit=200"
#define PRETTY		(JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE)
#define LINE		(JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)

/* What ohtd answers. */
static const struct {
	const char *name, *path;
} answers[] = {
	{ "health.json", "health" },
	{ "robot.json", "robot" },
	{ "interlocks.json", "robot/interlocks" },
	{ "commands.json", "robot/commands?limit=100" },
	{ "modules.json", "modules?limit=200" },
	{ "bus.json", "bus" },
	{ "bus-plan.json", "bus/plan" },
	{ "bus-statistics.json", "bus/statistics" },
	{ "safety.json", "safety" },
	{ "safety-events.json", "safety/events?limit=200" },
	{ "safety-latency.json", "safety/latency" },
	{ "alerts.json", "alerts?limit=200" },
	{ "alerts-history.json", "alerts/history?limit=200" },
	/* Without settings, whose text is the reason that a person gave; versions are in a file of their own. */
	{ "events.json", "timeline?limit=200&kinds=stop,alert,command,start,clock,transition" },
	{ "configuration.json", "config" },
	{ "configuration-versions.json", "config/versions?limit=100" },
	{ "webhooks.json", "webhooks" },
	{ "backups.json", "backups" },
	{ "jobs.json", "jobs" },
};

/* Never read for a pack, so that no mistake of ours can let them out. */
static const char *const never[] = {
	"the database and its backups: passwords (their hashes), sessions, tokens, secrets of webhooks",
	"keys and certificates: token.key, token.keys, totp.key, audit.key, ca.key, server.key",
	"records of the audit (its head alone is there), accounts, comments of alerts",
	"bodies of requests; the command line and the environment of the kernel and of programs",
};

static const char *const why_hidden[SUPPORT_CLASSES] = {
	[SUPPORT_SECRET] = "opens something",
	[SUPPORT_ADDRESS] = "says where persons or their computers are",
	[SUPPORT_WORDS] = "written by persons, and may have anything in it",
	[SUPPORT_PERSON] = "names of accounts: person-1 is the same one all over the pack",
	[SUPPORT_UNKNOWN] = "support.def does not say that it may leave the robot",
};

#define ANSWERS	(sizeof(answers) / sizeof(answers[0]))
#define NEVER	(sizeof(never) / sizeof(never[0]))

static void put_json(struct support *support, const char *name, struct json_object *json)
{
	struct json_object *kept = support_redact(support, json);
	const char *text = json_object_to_json_string_ext(kept, PRETTY);

	support_put(support, name, text, strlen(text));
	json_object_put(kept);
}

/* A person who waits reads what is done now. */
__attribute__((format(printf, 2, 3)))
static void tell_step(const struct support *support, const char *format, ...)
{
	FILE *to = support->cli->err;
	va_list list;

	va_start(list, format);
	vfprintf(to, format, list);
	va_end(list);
	fputc('\n', to);
	fflush(to);
}

/* ---- the doctor ---- */

static void pack_doctor(struct support *support)
{
	struct cli aside = *support->cli;
	struct json_object *said;
	char *text = NULL;
	size_t size;

	aside.json = true;
	if (!(aside.given & CLI_OPT_SECONDS))
		aside.seconds = WATCH_S;
	tell_step(support, "the doctor looks, and watches the bus for %u s", aside.seconds);
	aside.out = open_memstream(&text, &size);
	if (!aside.out) {
		support->failed = true;
		return;
	}
	cmd_doctor(&aside, 0, NULL);
	fclose(aside.out);
	said = json_tokener_parse(text);
	if (said)
		put_json(support, "doctor.json", said);
	support->failed |= !said;
	json_object_put(said);
	free(text);
}

/* ---- ohtd ---- */

static void pack_answer(struct support *support, const char *name, const char *path)
{
	char why[DOCTOR_TEXT_BYTES];
	struct json_object *answer = doctor_ask(&support->doctor, path, why);

	if (answer)
		put_json(support, name, answer);
	else
		support_miss(support, name, "%s", why);
	json_object_put(answer);
}

static int know_person(struct cli *cli, struct json_object *item, void *arg)
{
	const char *name = json_object_get_string(json_object_object_get(item, "username"));

	(void)cli;
	if (name)
		support_person(arg, name);
	return CLI_DONE;
}

static int put_line(struct cli *cli, struct json_object *item, void *arg)
{
	struct support *support = arg;
	struct json_object *kept = support_redact_line(support, item);

	fprintf(cli->out, "%s\n", json_object_to_json_string_ext(kept, LINE));
	json_object_put(kept);
	return CLI_DONE;
}

/* The same command, whose output goes into @text and whose complaints are not shown. False without memory. */
static bool set_aside(struct support *support, struct cli *aside, char **text, size_t *size)
{
	*aside = *support->cli;
	*text = NULL;
	aside->json = false;
	aside->out = open_memstream(text, size);
	aside->err = fopen("/dev/null", "we");
	if (aside->out && aside->err)
		return true;
	support->failed = true;
	if (aside->out)
		fclose(aside->out);
	return false;
}

static void pack_log(struct support *support)
{
	struct cli aside;
	char *text;
	size_t size;
	int result;

	if (!set_aside(support, &aside, &text, &size))
		return;
	result = client_each(&aside, LOG_PAGES, put_line, support);
	fclose(aside.err);
	fclose(aside.out);
	if (result)
		support_miss(support, "log.ndjson", "ohtd does not give its log");
	else
		support_put(support, "log.ndjson", text, size);
	free(text);
}

static void pack_audit_head(struct support *support)
{
	char *head = NULL, *text;
	struct cli aside;
	size_t size;

	if (!set_aside(support, &aside, &text, &size))
		return;
	if (client_text(&aside, "audit/head", &head))
		support_miss(support, "audit-head.txt", "ohtd gives no checkpoint of its audit");
	else
		support_put(support, "audit-head.txt", head, strlen(head));
	fclose(aside.err);
	fclose(aside.out);
	free(head);
	free(text);
}

/* Before anything else is redacted: the names that sentences may have. */
static void know_persons(struct support *support)
{
	struct cli aside;
	char *text;
	size_t size;

	if (!set_aside(support, &aside, &text, &size))
		return;
	if (client_each(&aside, "users?limit=200", know_person, support))
		support_miss(support, "names", "ohtd does not list its accounts: names are only known where they stand by themselves");
	fclose(aside.err);
	fclose(aside.out);
	free(text);
}

/* The last hour of all signals. */
static void pack_history(struct support *support)
{
	char path[CLIENT_PATH_BYTES], names[SIGNALS_BYTES], file[SUPPORT_NAME_BYTES], why[DOCTOR_TEXT_BYTES];
	struct json_object *answer = doctor_ask(&support->doctor, "telemetry/signals", why);
	struct json_object *items = json_object_object_get(answer, "items");
	size_t count = json_object_is_type(items, json_type_array) ? json_object_array_length(items) : 0;

	if (!count)
		support_miss(support, "history", "%s", why);
	for (size_t i = 0; i < count; i += SIGNALS_EACH) {
		size_t used = 0;

		for (size_t at = i; at < count && at < i + SIGNALS_EACH && used < sizeof(names); at++) {
			const char *name = json_object_get_string(json_object_object_get(json_object_array_get_idx(items, at), "name"));

			if (name && client_is_name(name))
				used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s", used ? "," : "", name);
		}
		snprintf(path, sizeof(path), "telemetry/history?points=240&signals=%s", names);
		snprintf(file, sizeof(file), "history-%zu.json", i / SIGNALS_EACH + 1);
		pack_answer(support, file, path);
	}
	json_object_put(answer);
}

static void pack_daemon(struct support *support)
{
	char why[DOCTOR_TEXT_BYTES];
	struct json_object *answer = doctor_ask(&support->doctor, "health", why);

	if (!answer) {
		support_miss(support, "answers of ohtd", "%s", why);
		return;
	}
	json_object_put(answer);
	know_persons(support);
	for (size_t i = 0; i < ANSWERS; i++)
		pack_answer(support, answers[i].name, answers[i].path);
	pack_history(support);
	pack_log(support);
	pack_audit_head(support);
}

/* ---- what is left out ---- */

static void tell_hidden(const struct support *support, FILE *to)
{
	for (size_t class = 0; class <= SUPPORT_PERSON; class++) {
		if (!json_object_object_length(support->hidden[class]))
			continue;
		fprintf(to, "%s:\n  ", why_hidden[class]);
		json_object_object_foreach(support->hidden[class], name, times)
			fprintf(to, " %s (%lld)", name, (long long)json_object_get_int64(times));
		fputs("\n", to);
	}
}

static void tell_left_out(const struct support *support, FILE *to)
{
	fputs("Left out of this pack.\n\nNever read for it:\n", to);
	for (size_t i = 0; i < NEVER; i++)
		fprintf(to, "  %s\n", never[i]);
	fputs("\nMembers whose text was replaced, with how often:\n", to);
	tell_hidden(support, to);
	fputs("\nCould not be had:\n", to);
	for (size_t i = 0; i < json_object_array_length(support->missing); i++) {
		struct json_object *file = json_object_array_get_idx(support->missing, i);

		fprintf(to, "  %s: %s\n", json_object_get_string(json_object_object_get(file, "name")),
			json_object_get_string(json_object_object_get(file, "why")));
	}
	if (!json_object_array_length(support->missing))
		fputs("  nothing\n", to);
}

/* To be freed. */
static char *left_out(struct support *support)
{
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	if (to)
		tell_left_out(support, to);
	if (to && !fclose(to))
		return text;
	support->failed = true;
	return NULL;
}

static void show(const struct support *support, const char *name, const char *left)
{
	struct cli *cli = support->cli;
	struct json_object *object;

	if (!cli->json) {
		fprintf(cli->out, "%s: %zu files\n\n%s\nThe same is in LEFT_OUT.txt of the pack. Look through it before you send it: tar -tzf, tar -xzf.\n",
			name, json_object_array_length(support->packed), left);
		return;
	}
	object = json_object_new_object();
	show_add_text(object, "file", name);
	json_object_object_add(object, "packed", json_object_get(support->packed));
	json_object_object_add(object, "missing", json_object_get(support->missing));
	show_json(cli, object);
}

int cmd_support(struct cli *cli, int count, char **arguments)
{
	char socket[PATH_MAX], name[SUPPORT_NAME_BYTES + 8], *left = NULL;
	struct support support;
	int result;

	if (!support_begin(&support, cli))
		return cli_fail(cli, CLI_FAILED, "out of memory");
	if (cli->root && !strcmp(cli->socket, CLIENT_DEFAULT_SOCKET)) {
		doctor_path(&support.doctor, socket, "%s", CLIENT_DEFAULT_SOCKET);
		cli->socket = socket;
	}
	snprintf(name, sizeof(name), "%s.tar.gz", support.folder);
	tell_step(&support, "ohtd is asked");
	pack_daemon(&support);
	tell_step(&support, "the files of the computer are read");
	support_pack_machine(&support);
	pack_doctor(&support);
	left = left_out(&support);
	if (left)
		support_put(&support, "LEFT_OUT.txt", left, strlen(left));
	tell_step(&support, "%s is written", count ? arguments[0] : name);
	result = support_write(&support, count ? arguments[0] : name);
	if (!result)
		show(&support, count ? arguments[0] : name, left);
	free(left);
	support_end(&support);
	return result;
}
