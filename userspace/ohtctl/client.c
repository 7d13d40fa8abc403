// SPDX-License-Identifier: GPL-2.0-or-later
#include "client.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "cli.h"
#include "http.h"
#include "offline.h"
#include "show.h"
#include "show_answer.h"
#include "site.h"

#define NO_CONTENT	204
#define UNAUTHORIZED	401
#define TURN_MS		200
#define PROGRESS_MS	500
#define PROBLEM_BYTES	1024
#define CURSOR_MAX	60
/* Of a list: no endless one keeps us. */
#define PAGES_MAX	1000
#define URL_BYTES	(CLIENT_PATH_BYTES + 64)
#define OFFLINE_BYTES	(1024 * 1024)

void client_add_text(char *path, size_t bytes, const char *text)
{
	size_t used = strlen(path);

	for (; *text && used + 4 <= bytes; text++) {
		bool plain = isalnum((unsigned char)*text) || strchr("-._~", *text);

		used += (size_t)snprintf(path + used, bytes - used, plain ? "%c" : "%%%02X", (unsigned char)*text);
	}
}

bool client_is_name(const char *word)
{
	size_t length = strspn(word, "abcdefghijklmnopqrstuvwxyz0123456789_");

	return length && !word[length];
}

/* ---- what came ---- */

/* In place: what is not printable would act on a reader's terminal. UTF-8 and line ends stay. */
static void make_printable(char *text)
{
	unsigned char *c = (unsigned char *)text;

	for (; *c; c++) {
		if (*c == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0)
			*c++ = '?', *c = '?';
		else if ((*c < 0x20 && *c != '\n') || *c == 0x7f)
			*c = '?';
	}
}

static void clean_text(struct json_object *json)
{
	const char *text = json_object_get_string(json);
	char *copy = strdup(text);

	if (!copy)
		return;
	make_printable(copy);
	if (strcmp(copy, text))
		json_object_set_string(json, copy);
	free(copy);
}

/* The daemon has no name of another kind: such a member is left out, for its name would be printed too. */
static bool is_plain_name(const char *name)
{
	for (; *name; name++) {
		if (*name < 0x20 || *name > 0x7e)
			return false;
	}
	return true;
}

/* The macro allows the removal of the member that it is at. */
static void clean_members(struct json_object *object)
{
	json_object_object_foreach(object, name, member) {
		if (is_plain_name(name))
			client_clean(member);
		else
			json_object_object_del(object, name);
	}
}

/* The parser has bounded the depth. */
void client_clean(struct json_object *json)
{
	switch (json_object_get_type(json)) {
	case json_type_string:
		clean_text(json);
		break;
	case json_type_array:
		for (size_t i = 0; i < json_object_array_length(json); i++)
			client_clean(json_object_array_get_idx(json, i));
		break;
	case json_type_object:
		clean_members(json);
		break;
	default:
		break;
	}
}

static const char *text_of(struct json_object *json, const char *name)
{
	return json_object_get_string(json_object_object_get(json, name));
}

/* Write one reason behind @before, without the words that @detail has already. False: @detail says all of it. */
static bool describe_one(struct json_object *error, const char *detail, const char *before, FILE *to)
{
	const char *pointer = text_of(error, "pointer"), *own = text_of(error, "detail");
	bool has_place = pointer && *pointer, has_words = own && !(detail && strstr(detail, own));

	if (!has_words && (!has_place || (detail && strstr(detail, pointer))))
		return false;
	fprintf(to, "%s%s%s%s%s", before, has_place ? " " : "", has_place ? pointer : "", has_words ? " " : "",
		has_words ? own : "");
	return true;
}

/* "detail [code]: /pointer detail; /pointer detail" */
static void describe(struct json_object *problem, char *line, size_t size)
{
	struct json_object *errors = json_object_object_get(problem, "errors");
	const char *code = text_of(problem, "code"), *detail = text_of(problem, "detail");
	FILE *to = fmemopen(line, size, "w");
	bool said = false;

	if (!to)
		return;
	fprintf(to, "%s", detail ? detail : "ohtd refused, and said nothing");
	if (code)
		fprintf(to, " [%s]", code);
	for (size_t i = 0; json_object_is_type(errors, json_type_array) &&
			   i < json_object_array_length(errors); i++)
		said |= describe_one(json_object_array_get_idx(errors, i), detail, said ? ";" : ":", to);
	fclose(to);
	line[size - 1] = '\0';
	for (; *line; line++)
		if (*line == '\n')
			*line = '?';
}

/* The robot is in safe, as the text of that reason says: its outputs are off. */
static bool is_in_safe(struct json_object *problem)
{
	struct json_object *errors = json_object_object_get(problem, "errors");

	for (size_t i = 0; json_object_is_type(errors, json_type_array) && i < json_object_array_length(errors); i++) {
		struct json_object *error = json_object_array_get_idx(errors, i);
		const char *code = text_of(error, "code"), *detail = text_of(error, "detail");

		if (code && detail && !strcmp(code, "wrong_state") && strstr(detail, ": safe."))
			return true;
	}
	return false;
}

/* --append is an option of the verbs that drive somewhere; a jog has it not. */
static bool drives(const struct cli_verb *verb)
{
	return verb->options & CLI_OPT_APPEND || !strcmp(verb->name, "robot jog");
}

static int refused(struct cli *cli, const char *whom, struct json_object *problem)
{
	const char *code = text_of(problem, "code");
	char line[PROBLEM_BYTES] = "";

	/* No daemon listens, and the database cannot be had either. */
	if (!cli->url && code && !strcmp(code, "offline"))
		return cli_fail(cli, CLI_NO_DEVICE, "no ohtd answers at %s, and without it: %s",
				whom, text_of(problem, "detail"));
	if (cli->code_wanted && code && !strcmp(code, "code_required")) {
		*cli->code_wanted = true;
		return CLI_FAILED;
	}
	describe(problem, line, sizeof(line));
	if (code && !strcmp(code, "code_required"))
		return cli_fail(cli, CLI_FAILED, "%s: --code CODE", line);
	if (cli->url && code && !strcmp(code, "elevation_required"))
		return cli_fail(cli, CLI_FAILED, "%s: ohtctl elevate --url %s", line, whom);
	if (drives(cli->verb) && is_in_safe(problem))
		return cli_fail(cli, CLI_FAILED, "%s; enable first: ohtctl safety enable%s%s", line,
				cli->url ? " --url " : cli->given & CLI_OPT_SOCKET ? " --socket " : "",
				cli->url || cli->given & CLI_OPT_SOCKET ? whom : "");
	return cli_fail(cli, CLI_FAILED, "%s", line);
}

int client_judge(struct cli *cli, const char *whom, const struct http_answer *answer,
		 struct json_object **json)
{
	int result = CLI_DONE;

	cli->status = (int)answer->status;
	*json = answer->body ? json_tokener_parse(answer->body) : NULL;
	if (!json_object_is_type(*json, json_type_object)) {
		result = cli_fail(cli, CLI_FAILED, "what answers at %s is no ohtd", whom);
	} else {
		client_clean(*json);
		if (answer->status < 200 || answer->status >= 300)
			result = refused(cli, whom, *json);
	}
	if (result) {
		json_object_put(*json);
		*json = NULL;
	}
	return result;
}

/* ---- over the socket ---- */

static int ask_offline(struct cli *cli, const struct http_request *request, const char *path,
		       struct http_answer *answer)
{
	int result;

	answer->body = calloc(1, OFFLINE_BYTES + 1);
	if (!answer->body)
		return cli_fail(cli, CLI_FAILED, "out of memory");
	result = offline_exchange(cli, request->method, path, request->body ? request->body : "",
				  answer, OFFLINE_BYTES);
	return result;
}

/* An answer that is text is made a JSON text. */
static int judge_text(struct cli *cli, const char *whom, const struct http_answer *answer, struct json_object **json)
{
	if (answer->status != 200 || !answer->body)
		return client_judge(cli, whom, answer, json);
	*json = json_object_new_string(answer->body);
	return CLI_DONE;
}

/* The answer to a DELETE has no body. */
static int judge(struct cli *cli, const char *whom, const struct http_request *request,
		 const struct http_answer *answer, struct json_object **json)
{
	if (request->type)
		return judge_text(cli, whom, answer, json);
	if (answer->status != NO_CONTENT || !strcmp(request->method, "GET"))
		return client_judge(cli, whom, answer, json);
	*json = json_object_new_object();
	return CLI_DONE;
}

static int check_socket(struct cli *cli)
{
	if (strlen(cli->socket) < sizeof(((struct sockaddr_un *)NULL)->sun_path))
		return 0;
	return cli_fail(cli, CLI_USAGE, "--socket: '%s' is too long for a socket", cli->socket);
}

static int local_request(struct cli *cli, struct http_request *request, const char *path,
			 struct json_object **json)
{
	struct http_answer answer = { 0 };
	enum http_result came;
	int result = CLI_DONE;

	if (check_socket(cli))
		return CLI_USAGE;
	request->socket = cli->socket;
	came = http_exchange(request, &answer);
	if (came == HTTP_ABSENT)
		result = ask_offline(cli, request, path, &answer);
	else if (came != HTTP_ANSWERED)
		result = cli_fail(cli, came == HTTP_NOBODY ? CLI_NO_DEVICE : CLI_FAILED, "%s: %s",
				  cli->socket, answer.why);
	if (!result)
		result = judge(cli, cli->socket, request, &answer, json);
	http_forget(&answer);
	return result;
}

/* ---- either way ---- */

static int remote_request(struct cli *cli, struct http_request *request, const char *path,
			  struct json_object **json)
{
	struct http_answer answer = { 0 };
	int result = site_open(cli);

	if (!result)
		result = site_exchange(cli, request, path, &answer);
	if (!result)
		result = judge(cli, site_url(), request, &answer, json);
	http_forget(&answer);
	return result;
}

static int ask(struct cli *cli, struct http_request request, const char *path, struct json_object **answer)
{
	char url[URL_BYTES];

	*answer = NULL;
	if (cli->url)
		return remote_request(cli, &request, path, answer);
	snprintf(url, sizeof(url), "http://localhost/api/v1/%s", path);
	request.url = url;
	return local_request(cli, &request, path, answer);
}

int client_send(struct cli *cli, const char *method, const char *path, const char *body, struct json_object **answer)
{
	const struct http_request request = { .method = method, .body = body };

	return ask(cli, request, path, answer);
}

int client_request(struct cli *cli, const char *method, const char *path, struct json_object *body,
		   struct json_object **answer)
{
	return client_send(cli, method, path, body ? json_object_to_json_string(body) : NULL, answer);
}

int client_put(struct cli *cli, const char *path, const char *tag, struct json_object *body, struct json_object **answer)
{
	const struct http_request request = {
		.method = "PUT", .body = json_object_to_json_string(body), .if_match = tag,
	};

	return ask(cli, request, path, answer);
}

int client_do(struct cli *cli, int result, const char *method, const char *path, struct json_object *body)
{
	struct json_object *answer = NULL;

	if (!result)
		result = client_request(cli, method, path, body, &answer);
	json_object_put(body);
	if (!result && answer)
		show_answer(cli, answer);
	json_object_put(answer);
	return result;
}

struct json_object *client_json(const char *word)
{
	struct json_tokener *tokener = json_tokener_new();
	struct json_object *value = NULL;

	if (!tokener)
		return NULL;
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	value = json_tokener_parse_ex(tokener, word, (int)strlen(word) + 1);
	json_tokener_free(tokener);
	return value;
}

int client_text(struct cli *cli, const char *path, char **text)
{
	const struct http_request request = { .method = "GET", .type = "text/plain" };
	struct json_object *answer;
	int result = ask(cli, request, path, &answer);

	*text = NULL;
	if (result)
		return result;
	*text = strdup(json_object_get_string(answer));
	json_object_put(answer);
	return *text ? CLI_DONE : cli_fail(cli, CLI_FAILED, "out of memory");
}

/* ---- streams ---- */

int client_prepare(struct cli *cli)
{
	return cli->url ? site_open(cli) : check_socket(cli);
}

struct http_stream *client_stream(struct cli *cli, const char *path, struct http_request kind,
				  http_take_fn take, void *arg)
{
	char url[URL_BYTES];

	kind.method = "GET";
	if (cli->url)
		return site_stream(&kind, path, take, arg);
	snprintf(url, sizeof(url), "http://localhost/api/v1/%s", path);
	kind.url = url;
	kind.socket = cli->socket;
	return http_stream_open(&kind, take, arg);
}

/* Once. */
static int take_whole(struct cli *cli, const struct client_whole *whole, enum http_result *came, struct http_answer *answer)
{
	const struct http_request kind = { .type = whole->type };
	struct http_stream *stream = client_stream(cli, whole->path, kind, whole->take, whole->arg);
	double shown_ms = show_now_ms();

	if (!stream)
		return cli_fail(cli, CLI_FAILED, "out of memory");
	while (http_stream_wait(stream, -1, TURN_MS) && !cli_interrupted()) {
		if (show_now_ms() - shown_ms < PROGRESS_MS)
			continue;
		shown_ms = show_now_ms();
		whole->show(whole->arg, false);
	}
	*came = http_stream_close(stream, answer);
	return CLI_DONE;
}

int client_stream_whole(struct cli *cli, const struct client_whole *whole, enum http_result *came, struct http_answer *answer)
{
	int result;

	*answer = (struct http_answer){ 0 };
	cli_catch_signals();
	result = take_whole(cli, whole, came, answer);
	if (!result && cli->url && *came == HTTP_ANSWERED && answer->status == UNAUTHORIZED && !cli_interrupted()) {
		http_forget(answer);
		result = site_renew(cli);
		if (!result)
			result = take_whole(cli, whole, came, answer);
	}
	if (!result)
		whole->show(whole->arg, true);
	return result;
}

int client_stream_failed(struct cli *cli, enum http_result came, const struct http_answer *answer)
{
	const char *whom = cli->url ? site_url() : cli->socket;
	struct json_object *json = NULL;
	int result;

	if (came == HTTP_ABSENT)
		return cli_fail(cli, CLI_NO_DEVICE, "no ohtd answers at %s: %s", whom, answer->why);
	if (came != HTTP_ANSWERED && cli->url)
		return site_fail(cli, came, answer);
	if (came != HTTP_ANSWERED)
		return cli_fail(cli, came == HTTP_NOBODY ? CLI_NO_DEVICE : CLI_FAILED, "%s: %s", whom,
				answer->why);
	result = client_judge(cli, whom, answer, &json);
	json_object_put(json);
	return result ? result : cli_fail(cli, CLI_FAILED, "what answers at %s is no ohtd", whom);
}

/* ---- lists ---- */

/* Its items; NULL after a complaint. */
static struct json_object *items_of(struct cli *cli, struct json_object *page)
{
	struct json_object *items = json_object_object_get(page, "items");
	bool good = json_object_is_type(items, json_type_array);

	for (size_t i = 0; good && i < json_object_array_length(items); i++)
		good = json_object_is_type(json_object_array_get_idx(items, i), json_type_object);
	if (good)
		return items;
	cli_fail(cli, CLI_FAILED, "what answers at %s is no list", cli->url ? cli->url : cli->socket);
	return NULL;
}

static int each_of_page(struct cli *cli, struct json_object *page, client_item_fn fn, void *arg)
{
	struct json_object *items = items_of(cli, page);
	int result = items ? CLI_DONE : CLI_FAILED;

	for (size_t i = 0; !result && i < json_object_array_length(items); i++)
		result = fn(cli, json_object_array_get_idx(items, i), arg);
	return result;
}

/* What may stand in a query as it is. */
static bool is_cursor(const char *cursor)
{
	size_t length = strspn(cursor, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
				       "-._~:");

	return length && length <= CURSOR_MAX && !cursor[length];
}

int client_each(struct cli *cli, const char *path, client_item_fn fn, void *arg)
{
	char cursor[CURSOR_MAX + 1] = "", whole[CLIENT_PATH_BYTES];
	struct json_object *page;
	const char *next;
	int result, pages;

	for (pages = 0; pages < PAGES_MAX; pages++) {
		snprintf(whole, sizeof(whole), "%s%s%s", path,
			 !*cursor ? "" : strchr(path, '?') ? "&cursor=" : "?cursor=", cursor);
		result = client_request(cli, "GET", whole, NULL, &page);
		if (!result)
			result = each_of_page(cli, page, fn, arg);
		next = result ? NULL : text_of(page, "next_cursor");
		if (next && (!is_cursor(next) || !strcmp(next, cursor)))
			result = cli_fail(cli, CLI_FAILED, "what answers is no list: cursor '%.*s'",
					  CURSOR_MAX, next);
		if (next && !result)
			snprintf(cursor, sizeof(cursor), "%s", next);
		json_object_put(page);
		if (result || !next)
			return result;
	}
	return cli_fail(cli, CLI_FAILED, "the list has more than %d pages", PAGES_MAX);
}
