// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ohtctl accept. The file is replaced as a whole behind each step, so a power cut or a Ctrl-C loses the step under way
 * and no other. A run goes on with the steps that have not passed; words behind the verb are steps to be made again.
 */
#include <errno.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "accept.h"
#include "cli.h"
#include "client.h"
#include "cmd.h"
#include "common/file.h"
#include "password.h"
#include "save.h"
#include "show.h"

#define KIND		"acceptance of a robot"
#define FILE_BYTES	(1u << 20)
#define TIME_BYTES	32

static const char *const result_names[] = {
	[ACCEPT_OPEN] = "open",
	[ACCEPT_PASSED] = "passed",
	[ACCEPT_SKIPPED] = "skipped",
	[ACCEPT_FAILED] = "failed",
	[ACCEPT_REFUSED] = "refused",
};

void accept_say(struct accept *walk, const char *format, ...)
{
	size_t used = strlen(walk->measured);
	va_list list;

	va_start(list, format);
	vsnprintf(walk->measured + used, sizeof(walk->measured) - used, format, list);
	va_end(list);
}

struct json_object *accept_get(struct accept *walk, const char *method, const char *path, const char *body, enum accept_result *bad)
{
	struct json_object *answer = NULL;
	struct cli quiet = *walk->cli;
	char *words = NULL;
	size_t bytes = 0;
	int result;

	/* The refusal is a part of what was measured. */
	quiet.json = false;
	quiet.err = open_memstream(&words, &bytes);
	if (!quiet.err) {
		*bad = ACCEPT_FAILED;
		return NULL;
	}
	result = client_send(&quiet, method, path, body, &answer);
	fclose(quiet.err);
	if (!result && !answer)
		answer = json_object_new_object();
	if (!answer) {
		words[strcspn(words, "\n")] = '\0';
		accept_say(walk, "%s%s", *walk->measured ? "; " : "", words + (strncmp(words, "ohtctl: ", 8) ? 0 : 8));
		*bad = result == CLI_NO_DEVICE ? ACCEPT_AWAY : ACCEPT_FAILED;
	}
	free(words);
	return answer;
}

struct json_object *accept_member(struct json_object *object, const char *name)
{
	struct json_object *found = NULL;

	json_object_object_get_ex(object, name, &found);
	return found;
}

const char *accept_text(struct json_object *object, const char *name)
{
	const char *found = json_object_get_string(accept_member(object, name));

	return found ? found : "";
}

/* ---- the document ---- */

static void set_text(struct json_object *object, const char *name, const char *value)
{
	json_object_object_add(object, name, json_object_new_string(value));
}

/* The row of that step, made if there is none. */
static struct json_object *row_of(struct json_object *document, const struct accept_step *step)
{
	struct json_object *rows = accept_member(document, "steps"), *row;

	for (size_t i = 0; i < json_object_array_length(rows); i++) {
		row = json_object_array_get_idx(rows, i);
		if (!strcmp(accept_text(row, "name"), step->name))
			return row;
	}
	row = json_object_new_object();
	set_text(row, "name", step->name);
	set_text(row, "result", result_names[ACCEPT_OPEN]);
	json_object_array_add(rows, row);
	return row;
}

/* The authority tells one robot from another. */
static int read_robot(struct cli *cli, char **robot)
{
	struct json_object *answer = NULL;
	int result = client_request(cli, "GET", "system/certificate", NULL, &answer);

	if (!result)
		*robot = strdup(accept_text(accept_member(answer, "authority"), "fingerprint_sha256"));
	json_object_put(answer);
	return result || *robot ? result : cli_fail(cli, CLI_FAILED, "no memory left");
}

static int open_document(struct cli *cli, const char *path, const char *robot, struct json_object **document)
{
	char *data = NULL;
	int r = oht_file_read(path, FILE_BYTES, &data, NULL);

	if (r == -ENOENT) {
		*document = json_object_new_object();
		set_text(*document, "document", KIND);
		set_text(*document, "robot", robot);
		json_object_object_add(*document, "steps", json_object_new_array());
		return CLI_DONE;
	}
	if (r)
		return cli_fail(cli, CLI_FAILED, "%s: %s", path, strerror(-r));
	*document = json_tokener_parse(data);
	free(data);
	if (strcmp(accept_text(*document, "document"), KIND) || !json_object_is_type(accept_member(*document, "steps"), json_type_array))
		return cli_fail(cli, CLI_FAILED, "%s is no acceptance: take another name", path);
	if (strcmp(accept_text(*document, "robot"), robot))
		return cli_fail(cli, CLI_FAILED, "%s is of another robot (authority %s): take another name", path, accept_text(*document, "robot"));
	return CLI_DONE;
}

static int keep(struct cli *cli, const char *path, struct json_object *document)
{
	return save_text(cli, path, json_object_to_json_string_ext(document, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
}

/* ---- a step ---- */

static int ask(struct cli *cli, const char *question, bool *yes)
{
	char prompt[256], line[16];
	int result;

	snprintf(prompt, sizeof(prompt), "   %s [y/n] ", question);
	do {
		result = password_ask_line(cli, prompt, line, sizeof(line));
	} while (!result && strcmp(line, "y") && strcmp(line, "n"));
	*yes = !result && !strcmp(line, "y");
	return result;
}

/* One question; a no becomes the result. */
static int confirm(struct accept *walk, const char *question, enum accept_result *result)
{
	bool yes = true;
	int r = question ? ask(walk->cli, question, &yes) : 0;

	if (!r && !yes) {
		accept_say(walk, "%sno: %s", *walk->measured ? "; " : "", question);
		*result = ACCEPT_REFUSED;
	}
	return r;
}

static void say_step(struct cli *cli, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say_step(struct cli *cli, const char *format, ...)
{
	va_list list;

	if (cli->json)
		return;
	va_start(list, format);
	vfprintf(cli->out, format, list);
	va_end(list);
	fflush(cli->out);
}

static int make_step(struct accept *walk, const struct accept_step *step, const char *by, struct json_object *row)
{
	enum accept_result result = ACCEPT_PASSED;
	char at[TIME_BYTES];
	time_t now;
	struct tm utc;
	int r;

	walk->measured[0] = '\0';
	r = confirm(walk, step->before, &result);
	if (!r && result == ACCEPT_PASSED) {
		result = step->look(walk);
		if (result == ACCEPT_AWAY)
			return cli_fail(walk->cli, CLI_NO_DEVICE, "%s", walk->measured);
		say_step(walk->cli, "   %s\n", walk->measured);
		if (result == ACCEPT_PASSED)
			r = confirm(walk, step->question, &result);
	}
	if (r)
		return r;
	now = time(NULL);
	strftime(at, sizeof(at), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
	set_text(row, "asked", step->title);
	set_text(row, "result", result_names[result]);
	set_text(row, "measured", walk->measured);
	set_text(row, "confirmed", step->question && result == ACCEPT_PASSED ? step->question : "");
	set_text(row, "by", by);
	set_text(row, "at", at);
	say_step(walk->cli, "   %s\n", result_names[result]);
	if (walk->cli->json)
		show_json(walk->cli, json_object_get(row));
	return 0;
}

static bool is_good(struct json_object *row)
{
	return !strcmp(accept_text(row, "result"), result_names[ACCEPT_PASSED]) || !strcmp(accept_text(row, "result"), result_names[ACCEPT_SKIPPED]);
}

static bool is_named(const char *name, int count, char **arguments)
{
	for (int i = 0; i < count; i++)
		if (!strcmp(arguments[i], name))
			return true;
	return false;
}

/* ---- all of them ---- */

static int check_names(struct cli *cli, int count, char **arguments)
{
	const struct accept_step *step;

	for (int i = 0; i < count; i++) {
		for (step = accept_steps; step->name && strcmp(step->name, arguments[i]); step++)
			;
		if (!step->name)
			return cli_fail(cli, CLI_USAGE, "%s is no step of the acceptance", arguments[i]);
	}
	return 0;
}

/* The document as a person reads it: each step with its result, person and time. Returns the number of steps that are not good. */
static unsigned int print(struct cli *cli, struct json_object *document)
{
	unsigned int bad = 0;

	say_step(cli, "\nAcceptance of the robot with the authority %s\n\n", accept_text(document, "robot"));
	for (const struct accept_step *step = accept_steps; step->name; step++) {
		struct json_object *row = row_of(document, step);

		bad += !is_good(row);
		say_step(cli, "%-8s %-12s %s\n", accept_text(row, "result"), step->name, accept_text(row, "measured"));
		if (*accept_text(row, "confirmed"))
			say_step(cli, "%22sconfirmed: %s\n", "", accept_text(row, "confirmed"));
		if (*accept_text(row, "at"))
			say_step(cli, "%22s%s, %s\n", "", accept_text(row, "by"), accept_text(row, "at"));
	}
	say_step(cli, "\n");
	return bad;
}

static void add_name(char names[256], const char *name)
{
	snprintf(names + strlen(names), 256 - strlen(names), "%s%s", *names ? ", " : "", name);
}

static int refuse(struct cli *cli, struct json_object *document)
{
	char bad[256] = "", open[256] = "";

	for (const struct accept_step *step = accept_steps; step->name; step++) {
		struct json_object *row = row_of(document, step);

		if (!strcmp(accept_text(row, "result"), result_names[ACCEPT_OPEN]))
			add_name(open, step->name);
		else if (!is_good(row))
			add_name(bad, step->name);
	}
	return cli_fail(cli, CLI_FAILED, "not accepted: %s%s%s%s", bad, *bad && *open ? "; " : "", *open ? "not made yet: " : "", open);
}

static int walk_all(struct accept *walk, const char *path, const char *by, struct json_object *document, int count, char **arguments)
{
	unsigned int number = 0;
	int result = 0;

	for (const struct accept_step *step = accept_steps; !result && step->name; step++) {
		struct json_object *row = row_of(document, step);

		number++;
		if (count ? !is_named(step->name, count, arguments) : is_good(row))
			continue;
		say_step(walk->cli, "%2u. %s (%s)\n", number, step->title, step->name);
		result = make_step(walk, step, by, row);
		if (!result)
			result = keep(walk->cli, path, document);
	}
	return result;
}

int cmd_accept(struct cli *cli, int count, char **arguments)
{
	const struct passwd *account = getpwuid(getuid());
	const char *by = cli->by ? cli->by : account ? account->pw_name : "uid not known";
	struct accept walk = { .cli = cli, .stop_report = cli->stop_report };
	struct json_object *document = NULL;
	char *robot = NULL;
	int result = check_names(cli, count, arguments);

	if (!result && !cli->report)
		result = cli_fail(cli, CLI_USAGE, "--report FILE is wanted: where the acceptance is kept, and goes on");
	if (!result)
		result = read_robot(cli, &robot);
	if (!result)
		result = open_document(cli, cli->report, robot, &document);
	if (!result)
		result = walk_all(&walk, cli->report, by, document, count, arguments);
	if (!result && print(cli, document))
		result = refuse(cli, document);
	json_object_put(document);
	free(robot);
	return result;
}
