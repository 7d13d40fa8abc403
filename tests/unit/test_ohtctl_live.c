// SPDX-License-Identifier: GPL-2.0-or-later
/* What ohtctl watch makes of bytes: events out of any pieces, changes out of messages, lines that are cut. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "live_picture.h"
#include "live_state.h"
#include "common/sse.h"

static char heard[4096];

static void hear(void *arg, const char *data, const char *id)
{
	size_t used = strlen(heard);

	assert_ptr_equal(arg, heard);
	snprintf(heard + used, sizeof(heard) - used, "%s=%s;", id, data);
}

/* ---- events ---- */

/* What is heard of a text, in pieces of @piece bytes. */
static void expect_heard(const char *text, size_t piece, const char *expected)
{
	struct oht_sse sse = { 0 };
	size_t length = strlen(text);

	heard[0] = '\0';
	for (size_t at = 0; at < length; at += piece)
		assert_true(oht_sse_take(&sse, text + at, length - at < piece ? length - at : piece, hear,
				     heard));
	assert_string_equal(heard, expected);
	oht_sse_forget(&sse);
}

static void events_come_out_of_any_pieces(void **state)
{
	static const char text[] = ": live\n\nevent: robot\nid: 7-robot:1\ndata: {\"a\":1}\n\n"
				   "data: two\ndata:lines\r\n\r\nid: 7-robot:2\n\ndata\ndata: \n\n"
				   "unknown: x\ndata: end\n\ndata: not ended\n";

	(void)state;
	for (size_t piece = 1; piece <= sizeof(text); piece++)
		expect_heard(text, piece, "7-robot:1={\"a\":1};=two\nlines;=end;");
}

static void an_id_that_is_no_header_is_left_out(void **state)
{
	char line[OHT_SSE_ID_BYTES + 64] = "id: ";
	struct oht_sse sse = { 0 };

	(void)state;
	expect_heard("id: a\rX-Evil: 1\ndata: x\n\n", 5, "=x;");
	expect_heard("id: 1-robot:1 \ndata: x\n\n", 5, "=x;");
	expect_heard("id: 1-robot:1\xc3\xa9\ndata: x\n\n", 5, "=x;");
	expect_heard("id: 1-robot:1\nid:\ndata: x\n\n", 5, "1-robot:1=x;");
	memset(line + 4, '1', OHT_SSE_ID_BYTES);
	strcpy(line + 4 + OHT_SSE_ID_BYTES, "\ndata: x\n\n");
	expect_heard(line, sizeof(line), "=x;");
	/* One byte less is taken. */
	memmove(line + 4, line + 5, strlen(line + 4));
	heard[0] = '\0';
	assert_true(oht_sse_take(&sse, line, strlen(line), hear, heard));
	assert_int_equal(strcspn(heard, "="), OHT_SSE_ID_BYTES - 1);
	oht_sse_forget(&sse);
}

static void an_event_without_end_is_given_up(void **state)
{
	char piece[4096];
	struct oht_sse sse = { 0 };
	int taken = 0;

	(void)state;
	memset(piece, 'x', sizeof(piece));
	while (taken < 1000 && oht_sse_take(&sse, piece, sizeof(piece), hear, heard))
		taken++;
	assert_int_equal(taken, 1024 * 1024 / sizeof(piece));
	oht_sse_forget(&sse);
	assert_null(sse.line);
}

/* ---- changes ---- */

static void note(void *arg, const char *time, const char *name, const char *before, const char *now)
{
	size_t used = strlen(heard);

	assert_ptr_equal(arg, heard);
	assert_string_equal(time, "T");
	snprintf(heard + used, sizeof(heard) - used, "%s:%s>%s;", name, before, now);
}

static void take(struct live_state *live, const char *text)
{
	struct json_object *message = json_tokener_parse(text);

	heard[0] = '\0';
	live_state_take(live, message, note, heard);
	json_object_put(message);
}

#define MESSAGE(type, channel, more, data) \
	"{\"type\":\"" type "\",\"channel\":\"" channel "\",\"ts\":{\"utc\":\"T\"}," more "\"data\":" data "}"
#define SNAPSHOT(channel, data)	MESSAGE("snapshot", channel, "\"recovered\":false,", data)
#define UPDATE(channel, data)	MESSAGE("update", channel, "", data)

static void changes_are_told_once(void **state)
{
	struct live_state live = { .ended = -1 };

	(void)state;
	take(&live, SNAPSHOT("robot", "{\"state\":\"idle\",\"mode\":\"manual\",\"control\":null,"
				      "\"command\":null,\"queue\":[],\"faults\":[],\"age_ms\":5}"));
	assert_string_equal(heard, "state:>idle;mode:>manual;control:>nobody;command:>none;queue:>0;"
				   "faults:>none;");
	take(&live, UPDATE("robot", "{\"age_ms\":9}"));
	assert_string_equal(heard, "");
	take(&live, UPDATE("robot", "{\"state\":\"move\",\"command\":{\"number\":7,\"verb\":\"move\","
				    "\"state\":\"running\",\"position_mm\":4000.0,\"reason\":null},"
				    "\"queue\":[{},{}],\"faults\":[{\"code\":\"x\",\"address\":4}]}"));
	assert_string_equal(heard, "state:idle>move;command:none>7 move to 4000.0 mm, running;queue:0>2;"
				   "faults:none>x (unit 4);");
	/* The members of a message that goes on are empty: all is as before. */
	take(&live, MESSAGE("snapshot", "robot", "\"recovered\":true,", "{}"));
	assert_string_equal(heard, "");
	assert_string_equal(live.facts[LIVE_STATE], "move");
	live_state_forget(&live);
}

static void modules_and_ends_of_commands_are_told(void **state)
{
	struct live_state live = { .ended = -1 };

	(void)state;
	take(&live, SNAPSHOT("modules", "{\"items\":[{\"name\":\"power\",\"health\":\"good\"}]}"));
	assert_string_equal(heard, "power:>good;");
	take(&live, UPDATE("modules", "{\"items\":[{\"name\":\"power\",\"health\":\"lost\"}]}"));
	assert_string_equal(heard, "power:good>lost;");
	take(&live, SNAPSHOT("commands", "{\"ended\":[{\"number\":3,\"verb\":\"dock\",\"state\":\"failed\"}]}"));
	assert_string_equal(heard, "");
	take(&live, UPDATE("commands", "{\"ended\":[{\"number\":5,\"verb\":\"home\",\"state\":\"finished\","
				       "\"reason\":null},{\"number\":4,\"verb\":\"jog\",\"state\":\"failed\","
				       "\"reason\":\"cancelled\"},{\"number\":3}]}"));
	assert_string_equal(heard, "command 4 jog:>failed (cancelled);command 5 home:>finished;");
	live_state_forget(&live);
}

/* A daemon that is none may say anything. */
static void what_is_no_state_changes_nothing(void **state)
{
	static const char *const texts[] = {
		"[]", "7", "{}", "{\"channel\":\"robot\"}", "{\"channel\":[],\"data\":{}}",
		"{\"channel\":\"robot\",\"data\":[]}", "{\"channel\":\"flux\",\"data\":{}}",
		"{\"type\":\"resync\",\"channel\":\"robot\"}",
		"{\"type\":\"error\",\"code\":\"shutting_down\",\"detail\":\"the daemon ends\"}",
	};
	struct live_state live = { .ended = -1 };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		take(&live, texts[i]);
		assert_string_equal(heard, "");
	}
	take(&live, UPDATE("modules", "{\"items\":{\"a\":[]}}"));
	take(&live, UPDATE("modules", "{\"items\":[7,null,[],{\"name\":{},\"health\":[]}]}"));
	take(&live, UPDATE("commands", "{\"ended\":[7,null,{\"number\":\"x\",\"verb\":[]}]}"));
	take(&live, UPDATE("safety", "{\"causes\":7,\"channels\":[],\"outputs\":\"x\"}"));
	take(&live, UPDATE("robot", "{\"command\":\"x\",\"queue\":{},\"faults\":[[]],\"age_ms\":\"x\"}"));
	live_state_forget(&live);
}

/* ---- lines ---- */

static void expect_cut(const char *line, size_t columns, const char *expected)
{
	char text[PICTURE_BYTES];

	snprintf(text, sizeof(text), "%s", line);
	live_picture_cut(text, columns);
	assert_string_equal(text, expected);
}

static void lines_are_cut_and_made_harmless(void **state)
{
	(void)state;
	expect_cut("position", 80, "position");
	expect_cut("position", 8, "position");
	expect_cut("position", 7, "positio");
	expect_cut("position", 0, "");
	expect_cut("a\033[2Jb\tc\177d\r\n", 80, "a?[2Jb?c?d??");
	/* As many places as characters, whatever their bytes. */
	expect_cut("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80x", 80, "???x");
	expect_cut("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80x", 3, "???");
	expect_cut("\xc2\x9b" "31m", 80, "?31m");
	expect_cut("\xff\xc3", 80, "??");
}

static void the_newest_changes_are_kept(void **state)
{
	struct live_changes changes = { .count = 0 };
	static struct live_picture picture;
	struct live_state live = { .ended = -1 };
	const struct live_connection connection = { .whom = "here", .why = "gone", .silent_s = 12.4 };
	char line[16];

	(void)state;
	for (int i = 0; i < 100; i++) {
		snprintf(line, sizeof(line), "change %d", i);
		live_changes_add(&changes, line);
	}
	assert_int_equal(changes.count, PICTURE_CHANGES);
	picture.rows = 24;
	live_picture_make(&picture, &live, &connection, &changes);
	assert_string_equal(picture.text[1], "NO CONNECTION, since 12 s; all below is older: gone");
	assert_true(picture.marked[1]);
	assert_string_equal(picture.text[23], "q or Ctrl-C ends");
	assert_string_equal(picture.text[15], "  change 99");
	assert_string_equal(picture.text[22], "  change 92");
	for (picture.rows = 0; picture.rows <= PICTURE_ROWS_MAX; picture.rows++)
		live_picture_make(&picture, &live, &connection, &changes);
	live_state_forget(&live);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events_come_out_of_any_pieces),
		cmocka_unit_test(an_id_that_is_no_header_is_left_out),
		cmocka_unit_test(an_event_without_end_is_given_up),
		cmocka_unit_test(changes_are_told_once),
		cmocka_unit_test(modules_and_ends_of_commands_are_told),
		cmocka_unit_test(what_is_no_state_changes_nothing),
		cmocka_unit_test(lines_are_cut_and_made_harmless),
		cmocka_unit_test(the_newest_changes_are_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
