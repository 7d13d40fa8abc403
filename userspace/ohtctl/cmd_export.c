// SPDX-License-Identifier: GPL-2.0-or-later
/* ohtctl export: all samples of signals, into a file or to standard output. */
#include "cmd.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "client.h"
#include "export_file.h"
#include "show.h"
#include "span.h"

#define DATE_CHARS	19	/* "2026-07-30T12:00:00" */

struct form {
	const char *name;
	const char *type;
	bool has_head;
	bool is_lines;	/* whole lines are good, whatever follows */
};

static const struct form forms[] = {
	{ "csv", "text/csv", true, true },
	{ "ndjson", "application/x-ndjson", false, true },
	{ "mcap", "application/octet-stream", false, false },
};

#define FORMS	(sizeof(forms) / sizeof(forms[0]))

/**
 * struct export - one export
 * @cli: whose
 * @form: how it is written
 * @file: where it goes
 * @path: of the request
 * @failed: nothing can be written
 * @progress: where it has got to is shown
 * @reached: time of a line that came last
 */
struct export {
	struct cli *cli;
	const struct form *form;
	struct export_file file;
	char path[CLIENT_PATH_BYTES];
	bool failed, progress;
	char reached[DATE_CHARS + 1];
};

/* ---- progress ---- */

/* The time of the last line that begins in the bytes. */
static void note_time(struct export *export, const char *bytes, size_t count)
{
	const char *line = memrchr(bytes, '\n', count), *end = bytes + count;

	while (line && (size_t)(end - line) < DATE_CHARS + 16)
		line = line == bytes ? NULL : memrchr(bytes, '\n', (size_t)(line - bytes));
	if (!line)
		return;
	do
		line++;
	while (line < end && !isdigit((unsigned char)*line));
	/* It goes to a terminal: nothing but a time. */
	if (end - line < DATE_CHARS)
		return;
	for (int i = 0; i < DATE_CHARS; i++)
		if (!line[i] || !strchr("0123456789-:T", line[i]))
			return;
	memcpy(export->reached, line, DATE_CHARS);
}

static void show_progress(void *arg, bool last)
{
	const struct export *export = arg;
	char size[SHOW_NAME_BYTES];

	if (!export->progress)
		return;
	fprintf(export->cli->err, "\r%10s%s%s%s", show_size(export->file.bytes, size),
		*export->reached ? ", up to " : "", export->reached, last ? "\n" : "");
	fflush(export->cli->err);
}

/* ---- the answer ---- */

static bool take(void *arg, const char *bytes, size_t count)
{
	struct export *export = arg;

	if (export->progress && export->form->is_lines)
		note_time(export, bytes, count);
	export->failed = !export_file_write(&export->file, bytes, count);
	return !export->failed;
}

static int broken_off(const struct export *export, const char *why)
{
	if (!export->form->is_lines)
		return cli_fail(export->cli, CLI_FAILED,
				"broken off: %s; what has come has no end", why);
	if (!export->file.path)
		return cli_fail(export->cli, CLI_FAILED, "broken off, not all has come: %s", why);
	return cli_fail(export->cli, CLI_FAILED,
			"broken off: %s; the same command with --continue goes on in %s", why,
			export->file.path);
}

static int ask(struct export *export)
{
	const struct client_whole whole = { export->path, export->form->type, take, show_progress, export };
	struct http_answer answer;
	enum http_result came;
	int result = client_stream_whole(export->cli, &whole, &came, &answer);

	if (!result && export->failed)
		result = CLI_FAILED;
	else if (!result && cli_interrupted())
		result = broken_off(export, "interrupted");
	else if (!result && export->file.heard && came != HTTP_ANSWERED)
		result = broken_off(export, answer.why);
	else if (!result && export->file.heard)
		result = export_file_end(&export->file) ? CLI_DONE : CLI_FAILED;
	else if (!result && (came != HTTP_ANSWERED || answer.status != 200 || answer.bytes))
		result = client_stream_failed(export->cli, came, &answer);
	http_forget(&answer);
	return result;
}

/* ---- the request ---- */

/* NULL: said what is wrong. */
static const struct form *form_of(struct cli *cli)
{
	const char *name = cli->format ? cli->format : cli->json ? "ndjson" : "csv";

	for (size_t i = 0; i < FORMS; i++)
		if (!strcmp(forms[i].name, name))
			return &forms[i];
	cli_fail(cli, CLI_USAGE, "--format: '%s' is none of csv, ndjson, mcap", name);
	return NULL;
}

static int check_words(struct cli *cli, const struct form *form, int count, char **names)
{
	if (!form->is_lines && cli->given & CLI_OPT_CONTINUE)
		return cli_fail(cli, CLI_USAGE, "--continue: not in a file of %s, which has an end",
				form->name);
	if (!form->is_lines && !cli->output && isatty(fileno(cli->out)))
		return cli_fail(cli, CLI_USAGE, "%s is not for a terminal: --output", form->name);
	if (cli->given & CLI_OPT_CONTINUE && !cli->output)
		return cli_fail(cli, CLI_USAGE, "--continue needs the file: --output");
	for (int i = 0; i < count; i++)
		if (!client_is_name(names[i]))
			return cli_fail(cli, CLI_USAGE, "no name of a signal: '%s'", names[i]);
	return CLI_DONE;
}

static int make_path(struct export *export, int count, char **names)
{
	char from[SPAN_TIME_BYTES], to[SPAN_TIME_BYTES];
	const char *place = export->file.place, *begin = from;
	size_t size = sizeof(export->path), used;
	int result = span_take(export->cli, "-1h", from, to);

	if (result)
		return result;
	/* So long ago was counted from another now. */
	if (*place && (!export->cli->from || *export->cli->from == '-'))
		begin = export->file.began;
	used = (size_t)snprintf(export->path, size, "telemetry/export?format=%s&to=%s%s%s%s%s%s",
				export->form->name, to, *place ? "&from_cycle=" : "", place,
				*begin ? "&from=" : "", begin, count ? "&signals=" : "");
	for (int i = 0; i < count && used < size; i++)
		used += (size_t)snprintf(export->path + used, size - used, "%s%s", i ? "," : "",
					 names[i]);
	if (used < size)
		return CLI_DONE;
	return cli_fail(export->cli, CLI_USAGE, "too many names: leave them out for all signals");
}

int cmd_export(struct cli *cli, int count, char **arguments)
{
	static struct export export;
	int result;

	export = (struct export){
		.cli = cli, .file = { .cli = cli, .path = cli->output },
		.progress = !cli->json && isatty(fileno(cli->err)) &&
			    (cli->output || !isatty(fileno(cli->out))),
	};
	export.form = form_of(cli);
	if (!export.form)
		return CLI_USAGE;
	result = check_words(cli, export.form, count, arguments);
	if (result)
		return result;
	export.file.has_lines = export.form->is_lines;
	export.file.has_head = export.form->has_head;
	result = export_file_open(&export.file, cli->given & CLI_OPT_CONTINUE);
	if (!result)
		result = client_prepare(cli);
	if (!result)
		result = make_path(&export, count, arguments);
	if (!result)
		result = ask(&export);
	if (!export_file_close(&export.file) && !result)
		result = CLI_FAILED;
	return result;
}
