// SPDX-License-Identifier: GPL-2.0-or-later
/* The log: what a line becomes, who may make how many, what is kept, where it goes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/log_limit.h"
#include "base/log_sink.h"
#include "base/log_tail.h"
#include "base/part.h"
#include "base/secret.h"
#include "scratch.h"

static struct ohtd_manual_clock manual;
static struct ohtd_clock wall;
static char dir[] = "/tmp/oht-log-XXXXXX";
static int saved_stderr;

/* Standard error goes to a file, so that its lines can be read. */
static int set_up(void **state)
{
	char path[64];
	int fd;

	(void)state;
	if (scratch_make(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/stderr", dir);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_APPEND, 0600);
	saved_stderr = dup(STDERR_FILENO);
	dup2(fd, STDERR_FILENO);
	close(fd);
	unsetenv("JOURNAL_STREAM");
	/* Each test begins behind all windows of the one before. */
	ohtd_manual_clock_advance(&manual, 1000 * OHTD_LOG_WINDOW_NS);
	ohtd_clock_init(&wall, &ohtd_clock_manual, &manual, 1800000000 * (int64_t)OHTD_NS_PER_S);
	ohtd_log_set_level(OHTD_LOG_ERROR);
	ohtd_log_start(&wall);
	ohtd_log_tick();
	ohtd_log_set_level(OHTD_LOG_INFO);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	ohtd_log_sink_close();
	ohtd_log_set_request(NULL);
	dup2(saved_stderr, STDERR_FILENO);
	close(saved_stderr);
	return scratch_remove(dir);
}

static const char *said(void)
{
	static char text[65536];
	char path[64];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/stderr", dir);
	fd = open(path, O_RDONLY);
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	assert_true(n >= 0);
	text[n] = 0;
	return text;
}

static int newest(struct ohtd_log_line *line, const char *code)
{
	const struct ohtd_log_query query = { UINT64_MAX, OHTD_LOG_DEBUG, NULL, code };

	return ohtd_log_tail_next(&query, line);
}

static unsigned int kept(const char *code)
{
	struct ohtd_log_query query = { UINT64_MAX, OHTD_LOG_DEBUG, NULL, code };
	struct ohtd_log_line line;
	unsigned int count = 0;

	while (ohtd_log_tail_next(&query, &line)) {
		assert_true(line.seq < query.before);
		query.before = line.seq;
		count++;
	}
	return count;
}

/* ---- lines ---- */

static void line_has_time_level_room_code_text_and_request(void **state)
{
	struct ohtd_log_line line;

	(void)state;
	ohtd_log_set_request("abc-1");
	ohtd_log(OHTD_LOG_WARNING, "store", "full", "%d bytes left", 7);
	assert_non_null(strstr(said(), "ohtd: 2027-01-15T"));
	assert_non_null(strstr(said(), "Z warning store full: 7 bytes left [abc-1]\n"));
	assert_int_equal(newest(&line, "full"), 1);
	assert_string_equal(line.room, "store");
	assert_string_equal(line.text, "7 bytes left");
	assert_string_equal(line.request, "abc-1");
	assert_int_equal(line.level, OHTD_LOG_WARNING);
	assert_int_equal(line.wall_ns, ohtd_clock_wall_ns(&wall));
}

static void nobody_can_forge_a_line_or_talk_to_the_terminal(void **state)
{
	struct ohtd_log_line line;

	(void)state;
	ohtd_log(OHTD_LOG_NOTICE, "auth", "forged", "%s",
		 "x\nohtd: error\r\t\x1b[2J\x7f\xc2\x9b\xff\\x41");
	newest(&line, "forged");
	assert_string_equal(line.text, "x\\x0aohtd: error\\x0d\\x09\\x1b[2J\\x7f\\xc2\\x9b\\xff"
			    "\\x5cx41");
	assert_null(strchr(said(), '\x1b'));
	assert_null(strstr(said(), "\nohtd: error"));
}

static void long_text_is_cut_and_ends(void **state)
{
	char text[4096];
	struct ohtd_log_line line;

	(void)state;
	for (int byte = 1; byte < 256; byte += 127) {
		memset(text, byte, sizeof(text) - 1);
		text[sizeof(text) - 1] = 0;
		ohtd_log(OHTD_LOG_NOTICE, "http", "long", "%s", text);
		assert_int_equal(newest(&line, "long"), 1);
		assert_in_range(strlen(line.text), OHTD_LOG_TEXT_BYTES - 8,
				OHTD_LOG_TEXT_BYTES - 1);
	}
	assert_int_equal(said()[strlen(said()) - 1], '\n');
}

static void secret_shows_as_stars(void **state)
{
	struct ohtd_secret secret;

	(void)state;
	ohtd_secret_set(&secret, "correct horse battery");
	ohtd_log(OHTD_LOG_NOTICE, "auth", "secret", "is %s", ohtd_secret_text(&secret));
	assert_non_null(strstr(said(), "is ***"));
	assert_null(strstr(said(), "horse"));
	ohtd_secret_forget(&secret);
	assert_string_equal(secret.revealed, "");
}

/* ---- levels ---- */

static void level_counts_for_its_room_only(void **state)
{
	(void)state;
	assert_int_equal(ohtd_log_change_level("bus", OHTD_LOG_DEBUG), OHTD_LOG_INFO);
	ohtd_log(OHTD_LOG_DEBUG, "bus", "room_level", "seen");
	ohtd_log(OHTD_LOG_DEBUG, "http", "room_level", "not seen");
	assert_int_equal(kept("room_level"), 1);
	assert_int_equal(ohtd_log_level_of("bus"), OHTD_LOG_DEBUG);
	assert_int_equal(ohtd_log_level_of("http"), OHTD_LOG_INFO);
	/* All rooms means all: no room stays behind with what was wanted of it once. */
	assert_int_equal(ohtd_log_change_level(NULL, OHTD_LOG_ERROR), OHTD_LOG_INFO);
	assert_int_equal(ohtd_log_level_of("bus"), OHTD_LOG_ERROR);
	ohtd_log(OHTD_LOG_WARNING, "bus", "room_level", "not seen");
	assert_int_equal(kept("room_level"), 1);
}

static void unknown_room_or_level_is_refused(void **state)
{
	(void)state;
	assert_int_equal(ohtd_log_change_level("kitchen", OHTD_LOG_DEBUG), -1);
	assert_int_equal(ohtd_log_change_level("", OHTD_LOG_DEBUG), -1);
	assert_int_equal(ohtd_log_level_of("kitchen"), -1);
	assert_int_equal(ohtd_log_level_of(NULL), OHTD_LOG_INFO);
	assert_int_equal(ohtd_log_level_parse("loud"), -1);
	assert_int_equal(ohtd_log_level_parse("INFO"), -1);
	assert_int_equal(ohtd_log_level_parse(""), -1);
}

/* ---- how many ---- */

static void flood_is_held_back_and_told(void **state)
{
	struct ohtd_log_line line;

	(void)state;
	for (int i = 0; i < OHTD_LOG_BURST + 30; i++)
		ohtd_log(OHTD_LOG_ERROR, "auth", "flood", "line %d", i);
	ohtd_log(OHTD_LOG_INFO, "auth", "beside", "another code has lines of its own");
	assert_int_equal(kept("flood"), OHTD_LOG_BURST);
	assert_int_equal(kept("beside"), 1);
	ohtd_log_tick();
	assert_int_equal(kept("held_back"), 0);
	ohtd_manual_clock_advance(&manual, OHTD_LOG_WINDOW_NS);
	ohtd_log_tick();
	assert_int_equal(newest(&line, "held_back"), 1);
	assert_string_equal(line.text, "30 lines with the code flood were held back");
	assert_string_equal(line.room, "auth");
	/* Told once, and the code may speak again. */
	ohtd_log_tick();
	ohtd_log(OHTD_LOG_ERROR, "auth", "flood", "again");
	assert_int_equal(kept("held_back"), 1);
	assert_int_equal(kept("flood"), OHTD_LOG_BURST + 1);
}

/* A client asks twenty times a second all day at `debug`. */
static void a_day_of_one_code_has_a_bound(void **state)
{
	unsigned int lines = 0;

	(void)state;
	for (uint64_t ms = 1; ms <= 86400 * 1000; ms += 50)
		lines += ohtd_log_limit_take("http", "asked all day", ms * OHTD_NS_PER_MS);
	assert_in_range(lines, 23 * OHTD_LOG_HOUR, 25 * OHTD_LOG_HOUR);
}

static void more_codes_than_places_share_one_count(void **state)
{
	static char codes[OHTD_LOG_CODES + 100][16];
	unsigned int written = 0;

	(void)state;
	for (int i = 0; i < OHTD_LOG_CODES + 100; i++) {
		snprintf(codes[i], sizeof(codes[i]), "many%d", i);
		ohtd_log(OHTD_LOG_ERROR, "bus", codes[i], "x");
		written += kept(codes[i]);
	}
	assert_in_range(written, OHTD_LOG_BURST, OHTD_LOG_CODES + OHTD_LOG_BURST);
	ohtd_manual_clock_advance(&manual, OHTD_LOG_WINDOW_NS);
	ohtd_log_tick();
	assert_non_null(strstr(said(), "lines with the code others were held back"));
}

/* ---- the tail ---- */

static void tail_keeps_the_newest_in_order(void **state)
{
	struct ohtd_log_line line = { .level = OHTD_LOG_INFO, .room = "bus", .code = "round" };
	const struct ohtd_log_query none = { 1, OHTD_LOG_DEBUG, NULL, NULL };
	struct ohtd_log_query query = { UINT64_MAX, OHTD_LOG_DEBUG, "bus", "round" };
	uint64_t last;

	(void)state;
	for (int i = 0; i < 3 * OHTD_LOG_TAIL_LINES; i++)
		ohtd_log_tail_add(&line);
	last = line.seq;
	assert_int_equal(kept("round"), OHTD_LOG_TAIL_LINES);
	assert_int_equal(newest(&line, "round"), 1);
	assert_int_equal(line.seq, last);
	assert_int_equal(ohtd_log_tail_next(&none, &line), 0);
	query.level = OHTD_LOG_NOTICE;
	assert_int_equal(ohtd_log_tail_next(&query, &line), 0);
	query.level = OHTD_LOG_INFO;
	query.room = "auth";
	assert_int_equal(ohtd_log_tail_next(&query, &line), 0);
}

static atomic_bool torn;

static void *add_many(void *arg)
{
	struct ohtd_log_line line = { .level = OHTD_LOG_INFO, .room = "bus", .code = "crowd" };

	memset(line.text, *(char *)arg, sizeof(line.text) - 1);
	for (int i = 0; i < 5000; i++)
		ohtd_log_tail_add(&line);
	return NULL;
}

static void *read_many(void *arg)
{
	struct ohtd_log_line line;

	(void)arg;
	for (int i = 0; i < 5000; i++)
		if (newest(&line, "crowd") &&
		    strspn(line.text, (char[]){ line.text[0], 0 }) != sizeof(line.text) - 1)
			atomic_store(&torn, true);
	return NULL;
}

static void many_writers_and_a_reader_tear_no_line(void **state)
{
	pthread_t threads[4];

	(void)state;
	for (int i = 0; i < 3; i++)
		pthread_create(&threads[i], NULL, add_many, (char *)"abc" + i);
	pthread_create(&threads[3], NULL, read_many, NULL);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	assert_false(atomic_load(&torn));
	assert_in_range(kept("crowd") + ohtd_log_tail_lost(), OHTD_LOG_TAIL_LINES, 20000);
}

/* ---- the journal ---- */

static int journal(char *path, size_t size)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	snprintf(path, size, "%s/journal", dir);
	strcpy(address.sun_path, path);
	unlink(path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static void journal_gets_fields(void **state)
{
	char path[64], data[2048] = "";
	int fd = journal(path, sizeof(path));

	(void)state;
	assert_int_equal(ohtd_log_sink_open(path), 0);
	ohtd_log_set_request("id9");
	ohtd_log(OHTD_LOG_NOTICE, "auth", "fields", "a\nPRIORITY=0");
	assert_true(recv(fd, data, sizeof(data) - 1, 0) > 0);
	assert_string_equal(data, "MESSAGE=a\\x0aPRIORITY=0\nPRIORITY=5\nSYSLOG_IDENTIFIER=ohtd\n"
			    "OHT_ROOM=auth\nOHT_CODE=fields\nOHT_REQUEST_ID=id9\n");
	assert_string_equal(said(), "");
	close(fd);
}

static void line_is_not_lost_when_the_journal_is_gone_or_full(void **state)
{
	char path[64];
	int fd = journal(path, sizeof(path));

	(void)state;
	assert_int_equal(ohtd_log_sink_open(path), 0);
	for (int i = 0; i < OHTD_LOG_BURST && !*said(); i++)
		for (int code = 0; code < 20; code++) {
			struct ohtd_log_line line = { .level = OHTD_LOG_ERROR, .code = "full" };

			ohtd_log_sink_write(&line);
		}
	assert_non_null(strstr(said(), "<3>ohtd: "));
	close(fd);
	ohtd_log(OHTD_LOG_ERROR, "auth", "gone", "nobody listens");
	assert_non_null(strstr(said(), " error auth gone: nobody listens\n"));
}

/* ---- nothing takes a line ---- */

/* Standard error becomes a pipe that is full; returns the end to read from. */
static int fill_standard_error(void)
{
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	fcntl(ends[1], F_SETFL, O_NONBLOCK);
	while (write(ends[1], "x", 1) == 1)
		;
	fcntl(ends[1], F_SETFL, 0);
	dup2(ends[1], STDERR_FILENO);
	close(ends[1]);
	ohtd_log_start(&wall);
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	return ends[0];
}

static const char *drain(int fd)
{
	static char text[1 << 20];
	size_t used = 0;
	ssize_t n;

	/* What has been held goes as soon as there is a place, and makes more to read. */
	for (int idle = 0; idle < 2; idle++) {
		while ((n = read(fd, text + used, sizeof(text) - 1 - used)) > 0) {
			used += (size_t)n;
			idle = 0;
		}
		ohtd_log_tick();
	}
	text[used] = 0;
	return text;
}

static void write_lines(unsigned int count)
{
	struct ohtd_log_line line = { .level = OHTD_LOG_ERROR, .room = "auth", .code = "many" };

	for (unsigned int i = 0; i < count; i++) {
		snprintf(line.text, sizeof(line.text), "number %u.", i);
		ohtd_log_sink_write(&line);
	}
}

/* Each of @count lines once, in order, and nothing in between. */
static const char *assert_lines(const char *text, unsigned int count)
{
	char wanted[32];

	for (unsigned int i = 0; i < count; i++) {
		snprintf(wanted, sizeof(wanted), "many: number %u.\n", i);
		text = strstr(text, "many: ");
		assert_non_null(text);
		assert_memory_equal(text, wanted, strlen(wanted));
		text += strlen(wanted);
	}
	assert_null(strstr(text, "many: "));
	return text;
}

static unsigned int stuck;

static void take_report(const struct ohtd_part_reports *to, const struct ohtd_part_report *report)
{
	(void)to;
	assert_string_equal(ohtd_log_part.alerts[report->alert].code, "log_stuck");
	stuck++;
}

static unsigned int judge(void)
{
	const struct ohtd_part_reports to = { .add = take_report };

	stuck = 0;
	ohtd_log_part.judge(NULL, &to);
	return stuck;
}

static void full_standard_error_holds_nobody_up(void **state)
{
	int fd = fill_standard_error();
	unsigned int held;
	uint64_t lost;

	(void)state;
	ohtd_log(OHTD_LOG_ERROR, "auth", "stuck", "first");
	ohtd_log_sink_look(&held, &lost);
	assert_int_equal(held, 1);
	assert_int_equal(judge(), 1);
	write_lines(100);
	assert_lines(drain(fd), 100);
	ohtd_log_sink_look(&held, &lost);
	assert_int_equal(held, 0);
	assert_int_equal(judge(), 0);
	close(fd);
}

static void what_finds_no_place_is_counted_and_told(void **state)
{
	int fd = fill_standard_error();
	uint64_t before, lost;
	unsigned int held;
	const char *text;

	(void)state;
	ohtd_log_sink_look(&held, &before);
	write_lines(OHTD_LOG_HELD_LINES + 17);
	ohtd_log_sink_look(&held, &lost);
	assert_int_equal(held, OHTD_LOG_HELD_LINES);
	assert_int_equal(lost - before, 17);
	text = assert_lines(drain(fd), OHTD_LOG_HELD_LINES);
	assert_non_null(strstr(text, " warning main log_lost: 17 lines are missing here"));
	/* Once. */
	ohtd_log_tick();
	assert_string_equal(drain(fd), "");
	close(fd);
}

static void a_stuck_journal_holds_nobody_up(void **state)
{
	char path[64];
	int journal_end = journal(path, sizeof(path)), fd = fill_standard_error();
	unsigned int held;
	uint64_t lost;

	(void)state;
	assert_int_equal(ohtd_log_sink_open(path), 0);
	do {
		write_lines(20);
		ohtd_log_sink_look(&held, &lost);
	} while (!held);
	/* It goes on by itself when either of both takes lines again. */
	while (recv(journal_end, (char[4096]){ 0 }, 4096, 0) > 0)
		;
	ohtd_log_tick();
	ohtd_log_sink_look(&held, &lost);
	assert_int_equal(held, 0);
	close(journal_end);
	close(fd);
}

static void a_reader_that_has_gone_is_a_loss(void **state)
{
	int fd = fill_standard_error();
	uint64_t before, lost;
	unsigned int held;

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	ohtd_log_sink_look(&held, &before);
	close(fd);
	write_lines(3);
	ohtd_log_sink_look(&held, &lost);
	assert_int_equal(held, 0);
	assert_int_equal(lost - before, 3);
}

static void a_stream_that_is_full_holds_nobody_up(void **state)
{
	int ends[2];
	unsigned int held;
	uint64_t lost;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	dup2(ends[1], STDERR_FILENO);
	close(ends[1]);
	ohtd_log_start(&wall);
	do {
		write_lines(1);
		ohtd_log_sink_look(&held, &lost);
	} while (!held);
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	assert_non_null(strstr(drain(ends[0]), "many: number 0."));
	ohtd_log_sink_look(&held, &lost);
	assert_int_equal(held, 0);
	close(ends[0]);
}

static void only_the_journal_named_is_taken(void **state)
{
	char own[64];
	struct stat st;

	(void)state;
	assert_false(ohtd_log_sink_is_journal());
	setenv("JOURNAL_STREAM", "8:1", 1);
	assert_false(ohtd_log_sink_is_journal());
	setenv("JOURNAL_STREAM", "", 1);
	assert_false(ohtd_log_sink_is_journal());
	fstat(STDERR_FILENO, &st);
	snprintf(own, sizeof(own), "%llu:%llu", (unsigned long long)st.st_dev,
		 (unsigned long long)st.st_ino);
	setenv("JOURNAL_STREAM", own, 1);
	assert_true(ohtd_log_sink_is_journal());
	assert_int_not_equal(ohtd_log_sink_open("/nonexistent/socket"), 0);
	assert_int_not_equal(ohtd_log_sink_open("/tmp/a-path-that-is-longer-than-what-a-socket-may-have-"
						"and-that-must-not-be-cut-to-another-one-that-is-there-"
						"by-chance"), 0);
}

#define TEST(name)	cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(line_has_time_level_room_code_text_and_request),
		TEST(nobody_can_forge_a_line_or_talk_to_the_terminal),
		TEST(long_text_is_cut_and_ends),
		TEST(secret_shows_as_stars),
		TEST(level_counts_for_its_room_only),
		TEST(unknown_room_or_level_is_refused),
		TEST(flood_is_held_back_and_told),
		TEST(a_day_of_one_code_has_a_bound),
		TEST(tail_keeps_the_newest_in_order),
		TEST(many_writers_and_a_reader_tear_no_line),
		TEST(journal_gets_fields),
		TEST(line_is_not_lost_when_the_journal_is_gone_or_full),
		TEST(full_standard_error_holds_nobody_up),
		TEST(what_finds_no_place_is_counted_and_told),
		TEST(a_stuck_journal_holds_nobody_up),
		TEST(a_reader_that_has_gone_is_a_loss),
		TEST(a_stream_that_is_full_holds_nobody_up),
		TEST(only_the_journal_named_is_taken),
		TEST(more_codes_than_places_share_one_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
