// SPDX-License-Identifier: GPL-2.0-or-later
/* What the channel of commands tells of a robot: each command stands in one list, whatever has been heard of it first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "live/channels.h"
#include "api/api.h"
#include "server/server.h"
#include "json/writer.h"
#include "robot/command.h"

struct stage {
	struct ohtd_snapshot snapshot;
	struct ohtd_ended ended;
	struct ohtd_manual_clock time;
	struct ohtd_clock clock;
	char *text;
};

static void *taken[256];
static size_t taken_count;

static void *take(void *from, size_t bytes)
{
	(void)from;
	assert_true(taken_count < sizeof(taken) / sizeof(taken[0]));
	return taken[taken_count++] = calloc(1, bytes);
}

static struct ohtd_command_view command(uint64_t number, unsigned int state)
{
	return (struct ohtd_command_view){
		.number = number, .kind = OHTD_COMMAND_MOVE, .state = state,
		.target_mm = 1000.0 * (double)number, .user = "anna",
	};
}

static struct stage *stage(void)
{
	struct stage *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	ohtd_clock_init(&s->clock, &ohtd_clock_manual, &s->time, 0);
	return s;
}

/* Number and state of each command in the order of the text, the names of the lists between them. */
static void assert_told(struct stage *s, const char *wanted)
{
	const struct ohtd_memory memory = { .take = take };
	const struct ohtd_services services = { .clock = &s->clock };
	const struct ohtd_scene scene = {
		.snapshot = &s->snapshot, .services = &services, .ended = &s->ended, .memory = &memory,
	};
	struct ohtd_writer writer;
	char said[4096] = "";
	const char *at;
	size_t n = 0;

	ohtd_writer_begin(&writer, &memory, 256);
	ohtd_write_shape(&writer, ohtd_commands_view.shape, ohtd_commands_view.make(&scene));
	assert_null(writer.fault);
	for (at = writer.text; at < writer.text + writer.used; at++) {
		if (!strncmp(at, "\"waiting\":[", 11) || !strncmp(at, "\"ended\":[", 9))
			n += (size_t)snprintf(said + n, sizeof(said) - n, "| ");
		else if (!strncmp(at, "\"number\":", 9))
			n += (size_t)snprintf(said + n, sizeof(said) - n, "%ld ",
					      strtol(at + 9, NULL, 10));
	}
	assert_string_equal(said, wanted);
}

static void finish(struct stage *s)
{
	while (taken_count)
		free(taken[--taken_count]);
	free(s);
}

static void end(struct stage *s, uint64_t number)
{
	memmove(&s->ended.commands[1], &s->ended.commands[0],
		s->ended.count * sizeof(s->ended.commands[0]));
	s->ended.commands[0] = command(number, OHTD_COMMAND_STATE_FINISHED);
	s->ended.count++;
}

static void what_runs_waits_and_has_ended(void **state)
{
	struct stage *s = stage();

	(void)state;
	assert_told(s, "| | ");
	s->snapshot.command = command(3, OHTD_COMMAND_STATE_RUNNING);
	s->snapshot.queue[0] = command(4, OHTD_COMMAND_STATE_WAITING);
	s->snapshot.queue[1] = command(6, OHTD_COMMAND_STATE_WAITING);
	s->snapshot.queue_count = 2;
	end(s, 1);
	end(s, 2);
	assert_told(s, "3 | 4 6 | 2 1 ");
	s->snapshot.command.state = OHTD_COMMAND_STATE_RETRIABLE;
	assert_told(s, "3 | 4 6 | 2 1 ");
	finish(s);
}

/* The ring tells of an end before the snapshot does. */
static void what_has_ended_is_told_once(void **state)
{
	struct stage *s = stage();

	(void)state;
	s->snapshot.command = command(3, OHTD_COMMAND_STATE_RUNNING);
	s->snapshot.queue[0] = command(4, OHTD_COMMAND_STATE_WAITING);
	s->snapshot.queue_count = 1;
	end(s, 4);
	assert_told(s, "3 | | 4 ");
	end(s, 3);
	assert_told(s, "| | 3 4 ");
	s->snapshot.command.state = OHTD_COMMAND_STATE_FINISHED;
	s->snapshot.queue_count = 0;
	assert_told(s, "| | 3 4 ");
	finish(s);
}

static void all_that_a_stop_ends_is_told(void **state)
{
	struct stage *s = stage();
	char wanted[512] = "| | ";
	size_t n = strlen(wanted);
	int i;

	(void)state;
	for (i = 1; i <= OHTD_ENDED_MAX; i++)
		end(s, (uint64_t)i);
	for (i = OHTD_ENDED_MAX; i; i--)
		n += (size_t)snprintf(wanted + n, sizeof(wanted) - n, "%d ", i);
	assert_told(s, wanted);
	finish(s);
}

/* A system whose time of day is set again and again. */
static int64_t leaping_ns(void *context)
{
	struct ohtd_manual_clock *manual = context;

	return atomic_fetch_add(&manual->realtime_ns, 10 * (int64_t)OHTD_NS_PER_S);
}

static void one_moment_has_one_time_of_day(void **state)
{
	struct stage *s = stage();
	struct ohtd_clock_ops ops = ohtd_clock_manual;
	const struct ohtd_memory memory = { .take = take };
	const struct ohtd_services services = { .clock = &s->clock };
	struct ohtd_scene scene = { .snapshot = &s->snapshot, .services = &services, .ended = &s->ended, .memory = &memory };

	(void)state;
	ops.realtime_ns = leaping_ns;
	ohtd_manual_clock_advance(&s->time, OHTD_NS_PER_S);
	ohtd_clock_init(&s->clock, &ops, &s->time, 0);
	ohtd_scene_take_time(&scene);
	assert_true(ohtd_scene_wall_ns(&scene, 7) == ohtd_scene_wall_ns(&scene, 7));
	assert_true(ohtd_scene_wall_ns(&scene, 2 * OHTD_NS_PER_S) - ohtd_scene_wall_ns(&scene, 1) ==
		    2 * (int64_t)OHTD_NS_PER_S - 1);
	assert_true(ohtd_scene_wall_ns(&scene, 0) == OHTD_NONE);
	finish(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_runs_waits_and_has_ended),
		cmocka_unit_test(what_has_ended_is_told_once),
		cmocka_unit_test(all_that_a_stop_ends_is_told),
		cmocka_unit_test(one_moment_has_one_time_of_day),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
