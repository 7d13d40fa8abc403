// SPDX-License-Identifier: GPL-2.0-or-later
/* admin: accounts of ohtd, over its local socket. A password is never an argument. */
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "cli.h"
#include "cmd.h"
#include "local.h"

/* One more than ohtd takes, so that it can say that it is too long, and the end of the line. */
#define PASSWORD_BYTES	80

static const char *text_of(struct json_object *user, const char *name)
{
	return json_object_get_string(json_object_object_get(user, name));
}

static void show_user(struct cli *cli, struct json_object *user)
{
	if (cli->json)
		fprintf(cli->out, "%s\n", json_object_to_json_string_ext(user,
								       JSON_C_TO_STRING_PLAIN));
	else
		fprintf(cli->out, "%-32s %s%s\n", text_of(user, "username"), text_of(user, "role"),
			json_object_get_boolean(json_object_object_get(user, "disabled")) ?
			", disabled" : "");
}

/* ---- passwords ---- */

/* Without its end of line; -1 if there is none, or if it is too long to be one. */
static int read_line(FILE *from, char *line)
{
	size_t n;

	if (!fgets(line, PASSWORD_BYTES, from))
		return -1;
	n = strcspn(line, "\r\n");
	if (!line[n] && n == PASSWORD_BYTES - 1)
		return -1;
	line[n] = 0;
	return 0;
}

static int ask(FILE *terminal, const char *prompt, char *line)
{
	struct termios before, quiet;
	int fd = fileno(terminal), r;

	if (tcgetattr(fd, &before))
		return -1;
	quiet = before;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	quiet.c_lflag |= ECHONL;
	if (tcsetattr(fd, TCSAFLUSH, &quiet))
		return -1;
	r = dprintf(fd, "%s", prompt) < 0 || read_line(terminal, line);
	tcsetattr(fd, TCSAFLUSH, &before);
	return r;
}

static int ask_twice(struct cli *cli, char *password)
{
	int fd = open("/dev/tty", O_RDWR | O_CLOEXEC);
	FILE *terminal = fd < 0 ? NULL : fdopen(fd, "r");
	char again[PASSWORD_BYTES];
	int r;

	if (!terminal)
		return cli_fail(cli, CLI_USAGE, "there is no terminal to ask, see --password-stdin");
	/* Whoever breaks it off must get his echo back. */
	cli_catch_signals();
	r = ask(terminal, "Password: ", password) || ask(terminal, "Again: ", again);
	cli_release_signals();
	fclose(terminal);
	if (r || cli_interrupted())
		r = cli_fail(cli, CLI_FAILED, "no password was given");
	else if (strcmp(password, again))
		r = cli_fail(cli, CLI_FAILED, "the two are not the same; nothing was changed");
	explicit_bzero(again, sizeof(again));
	return r;
}

static int take_password(struct cli *cli, char *password)
{
	if (!cli->password_stdin)
		return ask_twice(cli, password);
	return read_line(stdin, password) ?
	       cli_fail(cli, CLI_FAILED, "no password on standard input, or a line that is too long") : 0;
}

static int add_password(struct cli *cli, struct json_object *body)
{
	char password[PASSWORD_BYTES] = "";
	int result = take_password(cli, password);

	if (!result)
		json_object_object_add(body, "password", json_object_new_string(password));
	explicit_bzero(password, sizeof(password));
	return result;
}

/* ---- accounts ---- */

/* Sends @body, shows the account that comes back; releases @body. */
static int act(struct cli *cli, const char *method, const char *path, struct json_object *body)
{
	struct json_object *user;
	int result = local_request(cli, method, path, body, &user);

	if (!result)
		show_user(cli, user);
	json_object_put(user);
	json_object_put(body);
	return result;
}

typedef int (*user_fn)(struct cli *cli, struct json_object *user, void *arg);

/* Calls @fn for each account until it returns something else than CLI_DONE. */
static int each_user(struct cli *cli, user_fn fn, void *arg)
{
	char path[96] = "users?limit=200";
	int result = CLI_DONE;

	while (*path && !result) {
		struct json_object *page, *items;
		const char *cursor;

		result = local_request(cli, "GET", path, NULL, &page);
		if (result)
			break;
		items = json_object_object_get(page, "items");
		for (size_t i = 0; !result && i < json_object_array_length(items); i++)
			result = fn(cli, json_object_array_get_idx(items, i), arg);
		cursor = text_of(page, "next_cursor");
		*path = 0;
		if (cursor)
			snprintf(path, sizeof(path), "users?limit=200&cursor=%.40s", cursor);
		json_object_put(page);
	}
	return result;
}

static int show_one(struct cli *cli, struct json_object *user, void *arg)
{
	(void)arg;
	show_user(cli, user);
	return CLI_DONE;
}

struct wanted {
	const char *name;
	int64_t id;
};

static int compare(struct cli *cli, struct json_object *user, void *arg)
{
	struct wanted *wanted = arg;

	(void)cli;
	if (!strcasecmp(text_of(user, "username"), wanted->name))
		wanted->id = json_object_get_int64(json_object_object_get(user, "id"));
	return CLI_DONE;
}

/* Releases @body. */
static int change(struct cli *cli, const char *name, struct json_object *body)
{
	struct wanted wanted = { .name = name };
	int result = each_user(cli, compare, &wanted);
	char path[48];

	if (!result && !wanted.id)
		result = cli_fail(cli, CLI_FAILED, "there is no account '%s'", name);
	if (result) {
		json_object_put(body);
		return result;
	}
	snprintf(path, sizeof(path), "users/%" PRId64, wanted.id);
	return act(cli, "PATCH", path, body);
}

int cmd_admin_list(struct cli *cli, int count, char **arguments)
{
	(void)count;
	(void)arguments;
	return each_user(cli, show_one, NULL);
}

int cmd_admin_create(struct cli *cli, int count, char **arguments)
{
	struct json_object *body = json_object_new_object();
	int result = add_password(cli, body);

	(void)count;
	if (result) {
		json_object_put(body);
		return result;
	}
	json_object_object_add(body, "username", json_object_new_string(arguments[0]));
	json_object_object_add(body, "role", json_object_new_string(cli->role ? cli->role :
								     "administrator"));
	return act(cli, "POST", "users", body);
}

int cmd_admin_reset(struct cli *cli, int count, char **arguments)
{
	struct json_object *body = json_object_new_object();
	int result = add_password(cli, body);

	(void)count;
	if (!result)
		return change(cli, arguments[0], body);
	json_object_put(body);
	return result;
}

static int set_disabled(struct cli *cli, const char *name, bool disabled)
{
	struct json_object *body = json_object_new_object();

	json_object_object_add(body, "disabled", json_object_new_boolean(disabled));
	return change(cli, name, body);
}

int cmd_admin_disable(struct cli *cli, int count, char **arguments)
{
	(void)count;
	return set_disabled(cli, arguments[0], true);
}

int cmd_admin_enable(struct cli *cli, int count, char **arguments)
{
	(void)count;
	return set_disabled(cli, arguments[0], false);
}
