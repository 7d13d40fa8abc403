// SPDX-License-Identifier: GPL-2.0-or-later
/* ohtctl watch: the robot as it changes, on a terminal in place, elsewhere a line for each change. */
#include <string.h>
#include <time.h>

#include "cli.h"
#include "client.h"
#include "cmd.h"
#include "common/utf8.h"
#include "live_link.h"
#include "live_picture.h"
#include "live_screen.h"
#include "live_state.h"
#include "show.h"
#include "site.h"

/* A turn takes no longer, so that a signal or a key never waits for long. */
#define TURN_MS		100

/**
 * struct watch - one run of the verb
 * @cli: where it goes
 * @link: to the daemon
 * @state: what is known
 * @changes: of late
 * @drawn: on a terminal, in place
 * @screen: the terminal
 * @messages: that have come
 * @was_up: the connection was so, when it was last looked at
 */
struct watch {
	struct cli *cli;
	struct live_link link;
	struct live_state state;
	struct live_changes changes;
	bool drawn;
	struct live_screen screen;
	uint32_t messages;
	bool was_up;
};

/* ---- what is told ---- */

/* "2026-11-24T07:25:50.705Z" to "07:25:50", in which a day is enough. */
static void note(struct watch *watch, const char *time, const char *line)
{
	char text[PICTURE_BYTES];

	if (watch->cli->json)
		return;
	if (!watch->drawn) {
		fprintf(watch->cli->out, "%s %s\n", time, line);
		return;
	}
	snprintf(text, sizeof(text), "%.8s %.200s", strlen(time) > 19 ? time + 11 : "--:--:--", line);
	live_changes_add(&watch->changes, text);
}

static void on_change(void *arg, const char *time, const char *name, const char *before,
		      const char *now)
{
	char line[PICTURE_BYTES];

	snprintf(line, sizeof(line), "%s: %.*s%s%.*s", name, oht_utf8_cut(before, 90), before, *before ? " -> " : "", oht_utf8_cut(now, 90), now);
	for (char *c = line; *c; c++)
		if (*c == '\n')
			*c = '?';
	note(arg, time, line);
}

static bool is_enough(const struct watch *watch)
{
	return watch->cli->rounds && watch->messages >= watch->cli->rounds;
}

static void on_message(void *arg, struct json_object *message)
{
	struct watch *watch = arg;

	if (is_enough(watch))
		return;
	watch->messages++;
	if (watch->cli->json)
		show_json(watch->cli, json_object_get(message));
	live_state_take(&watch->state, message, on_change, watch);
}

/* ---- the connection ---- */

/* Of this machine: the robot has not said when. */
static void time_here(char text[32])
{
	time_t now = time(NULL);
	struct tm parts;

	gmtime_r(&now, &parts);
	strftime(text, 32, "%Y-%m-%dT%H:%M:%SZ", &parts);
}

static void tell_link(struct watch *watch, bool up)
{
	char now[32], line[LIVE_WHY_BYTES + 32];
	struct json_object *json;

	if (watch->cli->json) {
		json = json_object_new_object();
		show_add_text(json, "type", "link");
		show_add_bool(json, "connected", up);
		show_add_text(json, "why", up ? NULL : watch->link.why);
		show_json(watch->cli, json);
		return;
	}
	time_here(now);
	snprintf(line, sizeof(line), "connection: %s%s%s", up ? "there" : "lost",
		 up || !*watch->link.why ? "" : ", ", up ? "" : watch->link.why);
	note(watch, now, line);
}

static void look_at_link(struct watch *watch)
{
	bool up = live_link_is_up(&watch->link);

	if (up == watch->was_up)
		return;
	watch->was_up = up;
	tell_link(watch, up);
}

/* ---- the picture ---- */

static void draw(struct watch *watch)
{
	const char *whom = watch->cli->url ? site_url() : watch->cli->socket;
	const struct live_connection connection = {
		.whom = whom, .up = live_link_is_up(&watch->link), .why = watch->link.why,
		.silent_s = (show_now_ms() - watch->link.heard_ms) / 1e3,
	};
	static struct live_picture picture;

	/* Not before there is something to see: a complaint stays on the screen that was there. */
	if (!watch->link.heard_ms)
		return;
	if (!watch->screen.on)
		live_screen_begin(&watch->screen, watch->cli->out);
	memset(&picture, 0, sizeof(picture));
	picture.rows = live_screen_rows(&watch->screen);
	live_picture_make(&picture, &watch->state, &connection, &watch->changes);
	live_screen_draw(&watch->screen, &picture);
}

/* ---- the verb ---- */

static bool turn(struct watch *watch)
{
	if (cli_interrupted() || is_enough(watch) || ferror(watch->cli->out))
		return false;
	if (!live_link_turn(&watch->link, watch->screen.on ? watch->screen.keys : -1, TURN_MS))
		return false;
	look_at_link(watch);
	if (watch->drawn)
		draw(watch);
	fflush(watch->cli->out);
	return !watch->screen.on || !live_screen_quit(&watch->screen);
}

static int run(struct watch *watch)
{
	int result = client_prepare(watch->cli);

	if (result)
		return result;
	cli_catch_signals();
	while (turn(watch))
		;
	live_screen_end(&watch->screen);
	live_link_close(&watch->link);
	live_state_forget(&watch->state);
	if (watch->link.exit_code)
		return cli_fail(watch->cli, watch->link.exit_code, "%s", watch->link.why);
	if (ferror(watch->cli->out))
		return cli_fail(watch->cli, CLI_FAILED, "the output cannot be written");
	return CLI_DONE;
}

int cmd_watch(struct cli *cli, int count, char **arguments)
{
	static struct watch watch;

	(void)count;
	(void)arguments;
	watch = (struct watch){
		.cli = cli, .drawn = !cli->json && live_screen_is_possible(cli->out),
		.state = { .ended = -1 },
	};
	watch.link = (struct live_link){ .cli = cli, .path = LIVE_PATH, .tell = on_message, .arg = &watch };
	return run(&watch);
}
