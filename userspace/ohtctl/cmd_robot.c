// SPDX-License-Identifier: GPL-2.0-or-later
/* robot: commands of motion, to ohtd. A jog goes on until Ctrl-C, or for so many refreshes. */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli.h"
#include "client.h"
#include "cmd.h"
#include "remote.h"
#include "show_answer.h"

#define REFRESH_NS	50000000L

/* Sends a command; the robot of the answer into @robot, to be released. */
static int command(struct cli *cli, const char *verb, const char *member, struct json_object *value,
		   const char *id, struct json_object **robot)
{
	struct json_object *body = json_object_new_object();
	int result;

	json_object_object_add(body, "verb", json_object_new_string(verb));
	if (member)
		json_object_object_add(body, member, value);
	if (id)
		json_object_object_add(body, "id", json_object_new_string(id));
	if (cli->given & CLI_OPT_APPEND)
		json_object_object_add(body, "queue", json_object_new_string("append"));
	result = client_request(cli, "POST", "robot/commands", body, robot);
	json_object_put(body);
	return result;
}

static int send(struct cli *cli, const char *verb, const char *member, struct json_object *value)
{
	struct json_object *robot = NULL;
	int result = command(cli, verb, member, value, NULL, &robot);

	if (!result)
		show_answer(cli, robot);
	json_object_put(robot);
	return result;
}

/* A whole number of mm or mm/s. */
static int number(struct cli *cli, const char *what, const char *word, int64_t *value)
{
	static const int64_t limits[] = { -1000000, 1000000 };

	return cli_integer(cli, what, word, limits, value);
}

int cmd_robot(struct cli *cli, int count, char **arguments)
{
	const char *verb = strchr(cli->verb->name, ' ') + 1;

	(void)count;
	(void)arguments;
	return send(cli, verb, NULL, NULL);
}

int cmd_robot_move(struct cli *cli, int count, char **arguments)
{
	int64_t position_mm = 0;
	int result;

	if (!count == !cli->station)
		return cli_fail(cli, CLI_USAGE, "robot move needs a position in mm, or --station NAME");
	if (cli->station)
		return send(cli, "move", "station", json_object_new_string(cli->station));
	result = number(cli, "position in mm", arguments[0], &position_mm);
	return result ? result
		      : send(cli, "move", "position_mm", json_object_new_double((double)position_mm));
}

int cmd_robot_mode(struct cli *cli, int count, char **arguments)
{
	struct json_object *body = NULL, *answer = NULL;
	int result;

	if (count) {
		body = json_object_new_object();
		json_object_object_add(body, "mode", json_object_new_string(arguments[0]));
	}
	result = client_request(cli, body ? "PUT" : "GET", "robot/mode", body, &answer);
	json_object_put(body);
	if (!result)
		show_answer(cli, answer);
	json_object_put(answer);
	return result;
}

int cmd_robot_queue(struct cli *cli, int count, char **arguments)
{
	static const struct show_column columns[] = {
		{ "number", 8 }, { "verb", 8 }, { "position_mm", 12 }, { "speed_mm_s", 11 },
		{ "id", 16 }, { "by", 0 }, { NULL, 0 },
	};
	struct json_object *robot = NULL;
	int result = client_request(cli, "GET", "robot", NULL, &robot);

	(void)count;
	(void)arguments;
	if (!result)
		show_items(cli, robot, "queue", columns);
	json_object_put(robot);
	return result;
}

int cmd_robot_position(struct cli *cli, int count, char **arguments)
{
	struct json_object *body, *robot = NULL;
	bool confirms = !strcmp(arguments[0], "confirm");
	int64_t position_mm = 0;
	int result = confirms ? 0 : number(cli, "position in mm", arguments[0], &position_mm);

	(void)count;
	if (result)
		return result;
	body = json_object_new_object();
	if (confirms)
		json_object_object_add(body, "confirm", json_object_new_boolean(true));
	else
		json_object_object_add(body, "position_mm", json_object_new_double((double)position_mm));
	result = client_request(cli, "POST", "robot/position", body, &robot);
	json_object_put(body);
	if (!result)
		show_answer(cli, robot);
	json_object_put(robot);
	return result;
}

int cmd_robot_override(struct cli *cli, int count, char **arguments)
{
	static const int64_t limits[] = { 1, 100 };
	struct json_object *body, *robot = NULL;
	int64_t percent = 0;
	int result = cli_integer(cli, "speed in percent", arguments[0], limits, &percent);

	(void)count;
	if (result)
		return result;
	body = json_object_new_object();
	json_object_object_add(body, "percent", json_object_new_int64(percent));
	result = client_request(cli, "PUT", "robot/override", body, &robot);
	json_object_put(body);
	if (!result)
		show_answer(cli, robot);
	json_object_put(robot);
	return result;
}

int cmd_robot_jog(struct cli *cli, int count, char **arguments)
{
	const struct timespec pause = { .tv_nsec = REFRESH_NS };
	struct json_object *robot = NULL;
	int64_t speed_mm_s = 0;
	uint32_t round = 0;
	char id[32];
	int result = number(cli, "speed in mm/s", arguments[0], &speed_mm_s);

	(void)count;
	snprintf(id, sizeof(id), "ohtctl-%ld", (long)getpid());
	while (!result && !cli_interrupted()) {
		json_object_put(robot);
		robot = NULL;
		result = command(cli, "jog", "speed_mm_s",
				 json_object_new_double((double)speed_mm_s), id, &robot);
		if (result || (cli->rounds && ++round == cli->rounds))
			break;
		nanosleep(&pause, NULL);
	}
	if (!result && robot)
		show_answer(cli, robot);
	json_object_put(robot);
	return result;
}
