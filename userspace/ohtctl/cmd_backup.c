// SPDX-License-Identifier: GPL-2.0-or-later
/* ohtctl backup: backups of ohtd's database, and their way back. */
#include "cmd.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cli.h"
#include "client.h"
#include "offline.h"
#include "remote.h"
#include "save.h"
#include "show.h"
#include "show_answer.h"

#define LOOK_NS		200000000
#define PATH_BYTES	96

static bool has_ended(struct json_object *job)
{
	return json_object_object_get(job, "ended");
}

static const char *text_of(struct json_object *job, const char *name)
{
	const char *text = json_object_get_string(json_object_object_get(job, name));

	return text ? text : "?";
}

static int show_job(struct cli *cli, struct json_object *job)
{
	if (strcmp(text_of(job, "state"), "done"))
		return cli_fail(cli, CLI_FAILED, "%s", text_of(job, "result"));
	if (cli->json)
		show_answer(cli, job);
	else
		fprintf(cli->out, "%s\n", text_of(job, "result"));
	return CLI_DONE;
}

/* Until it has ended; an interrupt leaves it to itself. */
static int follow(struct cli *cli, int64_t number)
{
	const struct timespec pause = { .tv_nsec = LOOK_NS };
	struct json_object *job = NULL;
	char path[PATH_BYTES];
	int result;

	snprintf(path, sizeof(path), "jobs/%" PRId64, number);
	for (;;) {
		result = client_request(cli, "GET", path, NULL, &job);
		if (result || has_ended(job))
			break;
		json_object_put(job);
		nanosleep(&pause, NULL);
	}
	if (!result)
		result = show_job(cli, job);
	json_object_put(job);
	return result;
}

static int ask(struct cli *cli, const char *path, struct json_object *body)
{
	struct json_object *answer = NULL;
	int result = client_request(cli, "POST", path, body, &answer);

	if (!result)
		result = follow(cli, json_object_get_int64(json_object_object_get(answer, "job")));
	json_object_put(answer);
	json_object_put(body);
	return result;
}

int cmd_backup_make(struct cli *cli, int count, char **arguments)
{
	struct json_object *body = json_object_new_object();

	(void)count;
	(void)arguments;
	json_object_object_add(body, "history", json_object_new_boolean((cli->given & CLI_OPT_WITH_HISTORY) != 0));
	return ask(cli, "backups", body);
}

/* The path of an act on a backup. CLI_DONE, or CLI_USAGE after a complaint. */
static int name_act(struct cli *cli, const char *word, const char *act, char *path)
{
	static const int64_t limits[] = { 1, INT64_MAX };
	int64_t number = 0;
	int result = cli_integer(cli, "number of a backup", word, limits, &number);

	if (!result)
		snprintf(path, PATH_BYTES, "backups/%" PRId64 "%s", number, act);
	return result;
}

int cmd_backup_verify(struct cli *cli, int count, char **arguments)
{
	char path[PATH_BYTES];
	int result = name_act(cli, arguments[0], "/verify", path);

	(void)count;
	return result ? result : ask(cli, path, json_object_new_object());
}

/* ---- its file ---- */

/**
 * struct saving - the file of a backup, while it comes
 * @cli: whose
 * @name: where it goes
 * @to: open from the first bytes on, so that a refusal leaves none behind
 * @made: @to is a file that was not there
 * @failed: it cannot be written
 * @progress: how far it has come is shown
 * @bytes: written so far
 */
struct saving {
	struct cli *cli;
	const char *name;
	FILE *to;
	bool made, failed, progress;
	int64_t bytes;
};

/* It has the hashes of passwords. */
static bool open_new(struct saving *saving)
{
	mode_t mask = umask(S_IRWXG | S_IRWXO);
	struct stat st;

	saving->to = save_new(saving->name);
	umask(mask);
	saving->failed = !saving->to;
	if (saving->failed)
		cli_fail(saving->cli, CLI_FAILED, "%s: %s", saving->name, strerror(errno));
	else
		saving->made = !fstat(fileno(saving->to), &st) && S_ISREG(st.st_mode);
	return !saving->failed;
}

static bool take(void *arg, const char *bytes, size_t count)
{
	struct saving *saving = arg;

	if (!saving->to && !open_new(saving))
		return false;
	saving->failed = fwrite(bytes, 1, count, saving->to) != count;
	if (saving->failed)
		cli_fail(saving->cli, CLI_FAILED, "%s: %s", saving->name, strerror(errno));
	saving->bytes += (int64_t)count;
	return !saving->failed;
}

static void show_progress(void *arg, bool last)
{
	const struct saving *saving = arg;
	char size[SHOW_NAME_BYTES];

	if (!saving->progress)
		return;
	fprintf(saving->cli->err, "\r%10s%s", show_size(saving->bytes, size), last ? "\n" : "");
	fflush(saving->cli->err);
}

/* What came in part is no backup, and goes. @result: so far. */
static int close_file(struct saving *saving, int result)
{
	if (!saving->to)
		return result;
	if (!result && (fflush(saving->to) || (saving->made && fsync(fileno(saving->to)))))
		result = cli_fail(saving->cli, CLI_FAILED, "%s: %s", saving->name, strerror(errno));
	if (fclose(saving->to) && !result)
		result = cli_fail(saving->cli, CLI_FAILED, "%s: %s", saving->name, strerror(errno));
	if (result && saving->made)
		unlink(saving->name);
	return result;
}

static int take_file(struct saving *saving, const char *path)
{
	const struct client_whole whole = { path, "application/octet-stream", take, show_progress, saving };
	struct cli *cli = saving->cli;
	struct http_answer answer;
	enum http_result came;
	int result = client_stream_whole(cli, &whole, &came, &answer);

	if (!result && saving->failed)
		result = CLI_FAILED;
	else if (!result && cli_interrupted())
		result = cli_fail(cli, CLI_FAILED, "interrupted: nothing is kept of it");
	else if (!result && saving->to && came != HTTP_ANSWERED)
		result = cli_fail(cli, CLI_FAILED, "broken off, and nothing is kept of it: %s", answer.why);
	else if (!result && !saving->to)
		result = client_stream_failed(cli, came, &answer);
	http_forget(&answer);
	return result;
}

int cmd_backup_save(struct cli *cli, int count, char **arguments)
{
	struct saving saving = { .cli = cli, .name = cli->output, .progress = !cli->json && isatty(fileno(cli->err)) };
	char path[PATH_BYTES], name[PATH_BYTES], size[SHOW_NAME_BYTES];
	int result = name_act(cli, arguments[0], "/content", path);

	(void)count;
	if (!result && !saving.name) {
		snprintf(name, sizeof(name), "%s.ohtbackup", arguments[0]);
		saving.name = name;
	}
	if (!result)
		result = client_prepare(cli);
	if (result)
		return result;
	result = close_file(&saving, take_file(&saving, path));
	if (!result && !cli->json)
		fprintf(cli->err, "%s: %s\n", saving.name, show_size(saving.bytes, size));
	return result;
}

static bool is_number(const char *word)
{
	return *word && word[strspn(word, "0123456789")] == 0;
}

int cmd_backup_restore(struct cli *cli, int count, char **arguments)
{
	bool foreign = cli->given & CLI_OPT_FOREIGN, history = !(cli->given & CLI_OPT_NO_HISTORY);
	struct json_object *body;
	char path[PATH_BYTES];
	int result;

	(void)count;
	if (!is_number(arguments[0]) && cli->url)
		return cli_fail(cli, CLI_USAGE, "a file is restored on the machine itself, without --url");
	if (!is_number(arguments[0]))
		return offline_restore(cli, arguments[0], foreign, history);
	result = name_act(cli, arguments[0], "/restore", path);
	if (result)
		return result;
	body = json_object_new_object();
	json_object_object_add(body, "from_another_robot", json_object_new_boolean(foreign));
	json_object_object_add(body, "not_encrypted", json_object_new_boolean(cli->given & CLI_OPT_IN_CLEAR));
	json_object_object_add(body, "history", json_object_new_boolean(history));
	return ask(cli, path, body);
}
