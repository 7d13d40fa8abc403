// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Notifications of the netlink family as `ohtctl monitor` shows them, held against the journals of
 * the device: all of them in order, or a line that says how many are missing. And who listens and
 * never reads harms nobody. Source: linux/oht_netlink.h, oht_monitor.h.
 *
 *	monitor_test [--stops N] [--bus N]	N stops, and N notifications of units
 *
 * With oht_sim at the far end: half of the units asked are there, the others are not.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/guest.h"
#include "lib/stim.h"
#include "lib/stop.h"
#include "lib/tap.h"
#include "oht_monitor.h"

#define OHTCTL		"/usr/bin/ohtctl"
#define SILENT		100	/* listeners that never read */
#define SMALL_BYTES	4096	/* room of every other one of them */
#define USUAL_BYTES	106496	/* half of what a socket has by default: the kernel doubles it */
#define MESSAGE_BYTES	8192	/* more than one notification takes */
#define MEASURED	100	/* stops whose time is compared */
#define SLOW_BURST	400
#define FAST_STOPS	(OHT_SAFETY_RECORDS_MAX)
#define SOMEBODY	990	/* an account without any rights */
#define DEADMAN_MS	10000
#define TYPES		3	/* safety, unit; 0 is not used */
#define JOURNAL_MAX	65536
#define WAIT_MS		30000
#define NOTHING_MS	200	/* no notification for so long: that was all */

/* When it happened, by type and number: as the device's journal says, and as ohtctl has shown it. */
static uint64_t truth_ns[TYPES][JOURNAL_MAX], shown_ns[TYPES][JOURNAL_MAX];
static uint64_t newest[TYPES];
static uint64_t stop_ns;	/* of the last stop, from the call until the outputs were low */

static int dev, stim;
static unsigned int stops = 100, bus_news = 1000;

/* ---- the device ---- */

static void note(uint32_t type, uint64_t seq, uint64_t time_ns)
{
	if (seq >= JOURNAL_MAX)
		tap_bail("the journal has more entries than this test has room for");
	truth_ns[type][seq] = time_ns;
	newest[type] = seq;
}

/* Returns how many transfers have ended. */
static unsigned int note_records(void)
{
	struct oht_record record;
	unsigned int ended = 0;

	guest_command(dev, OHT_IOC_HEARTBEAT, 0, NULL);
	while (read(dev, &record, sizeof(record)) == sizeof(record)) {
		if (record.type == OHT_RECORD_SAFETY && record.safety.kind == OHT_SAFETY_STOP)
			stop_ns = record.safety.low_ns - record.safety.event_ns;
		if (record.type == OHT_RECORD_SAFETY)
			note(OHT_NEWS_SAFETY, record.safety.journal_seq, record.safety.event_ns);
		else if (record.type == OHT_RECORD_UNIT)
			note(OHT_NEWS_UNIT, record.unit.journal_seq, record.unit.changed_ns);
		else if (record.type == OHT_RECORD_COMPLETION)
			ended++;
	}
	return ended;
}

/* Enabled and stopped again: three records in some 10 us. How long the outputs took to be low. */
static uint64_t stop_at_once(void)
{
	struct oht_estop_status status;
	int error;

	note_records();
	error = guest_reset_when_stable(dev, 0);
	if (error)
		tap_bail("reset: %s", strerror(error));
	/* The contacts take their time to open. */
	if (!GUEST_UNTIL(!guest_command(dev, OHT_IOC_ENABLE, 0, NULL), 1000))
		tap_bail("the machine cannot be enabled");
	guest_command(dev, OHT_IOC_STOP, 0, NULL);
	guest_status(dev, &status);
	if (status.state != OHT_ESTOP_STOPPED || status.outputs)
		tap_bail("the machine has not stopped");
	stop_ns = 0;
	note_records();
	if (!stop_ns)
		tap_bail("no record of a stop that lowered the outputs");
	return stop_ns;
}

/* The same at a pace at which the kernel's worker, which makes notifications, gets its turn. */
static uint64_t stop_once(void)
{
	uint64_t took_ns = stop_at_once();

	guest_sleep_ms(1);
	return took_ns;
}

static void ask(uint8_t unit)
{
	struct oht_unit_set policy = {
		.size = sizeof(policy), .unit = unit, .degrade_after = 1, .timeout_us = 5000,
		.backoff_first_ms = 60000, .backoff_max_ms = 60000,
	};
	struct oht_transfer transfer = guest_read;
	int error = guest_ioctl(dev, OHT_IOC_UNIT_SET, &policy);

	if (error)
		tap_bail("UNIT_SET: %s", strerror(error));
	transfer.unit = unit;
	transfer.timeout_us = 5000;
	error = guest_submit(dev, transfer);
	if (error)
		tap_bail("SUBMIT: %s", strerror(error));
}

/* Each policy makes a unit unknown; the answer, or that there is none, makes one notification. */
static void ask_units(unsigned int count)
{
	static const uint8_t units[] = { 2, 247, 3, 246, 4, 245, 5, 244 };
	unsigned int i, part, left;

	for (; count; count -= part) {
		part = count < sizeof(units) ? count : sizeof(units);
		for (i = 0; i < part; i++)
			ask(units[i]);
		for (left = part; left;) {
			i = note_records();
			left -= i < left ? i : left;
			if (left && !i)
				guest_sleep_ms(1);
		}
	}
}

static uint64_t median_stop_ns(void)
{
	uint64_t took[MEASURED], swap;
	unsigned int i, j;

	for (i = 0; i < MEASURED; i++) {
		took[i] = stop_once();
		for (j = i; j && took[j - 1] > took[j]; j--) {
			swap = took[j];
			took[j] = took[j - 1];
			took[j - 1] = swap;
		}
	}
	return took[MEASURED / 2];
}

/* ---- ohtctl monitor, in a process of its own ---- */

struct shown {
	pid_t pid;
	FILE *out, *err;
	pthread_t thread;
	_Atomic uint64_t last[TYPES];	/* number shown last, or lost */
	uint64_t first[TYPES];
	uint64_t count[TYPES];
	uint64_t lost[TYPES];
	uint64_t out_of_order;
	uint64_t nonsense;
};

static unsigned int type_of(const char *line, const char *member)
{
	const char *at = strstr(line, member);

	if (at && !strncmp(at + strlen(member), "safety\"", 7))
		return OHT_NEWS_SAFETY;
	return at && !strncmp(at + strlen(member), "unit\"", 5) ? OHT_NEWS_UNIT : 0;
}

static uint64_t number_of(const char *line, const char *member)
{
	const char *at = strstr(line, member);

	return at ? strtoull(at + strlen(member), NULL, 10) : 0;
}

static void take_line(struct shown *shown, const char *line)
{
	uint64_t seq = number_of(line, "\"seq\":"), lost = number_of(line, "\"lost\":");
	unsigned int type = type_of(line, lost ? "\"of\":\"" : "\"type\":\"");

	if (!type || !seq || seq >= JOURNAL_MAX || lost >= JOURNAL_MAX) {
		shown->nonsense++;
		return;
	}
	if (!shown->first[type])
		shown->first[type] = seq;
	else if (seq != shown->last[type] + 1)
		shown->out_of_order++;
	if (lost) {
		shown->lost[type] += lost;
		shown->last[type] = seq + lost - 1;
		return;
	}
	shown_ns[type][seq] = number_of(line, "\"time_ns\":");
	shown->count[type]++;
	shown->last[type] = seq;
}

static void *read_lines(void *argument)
{
	struct shown *shown = argument;
	char line[2048];

	while (fgets(line, sizeof(line), shown->out))
		take_line(shown, line);
	return NULL;
}

static void begin_ohtctl(struct shown *shown, uid_t uid)
{
	int out[2], err[2];

	memset(shown, 0, sizeof(*shown));
	memset(shown_ns, 0, sizeof(shown_ns));
	if (pipe(out) || pipe(err))
		tap_bail("pipe: %s", strerror(errno));
	shown->pid = fork();
	if (shown->pid < 0)
		tap_bail("fork: %s", strerror(errno));
	if (!shown->pid) {
		dup2(out[1], STDOUT_FILENO);
		dup2(err[1], STDERR_FILENO);
		close(dev);
		if (uid && (setgid(uid) || setuid(uid)))
			_exit(99);
		execl(OHTCTL, "ohtctl", "--json", "monitor", NULL);
		_exit(98);
	}
	close(out[1]);
	close(err[1]);
	shown->out = fdopen(out[0], "r");
	shown->err = fdopen(err[0], "r");
	if (!shown->out || !shown->err || pthread_create(&shown->thread, NULL, read_lines, shown))
		tap_bail("no reader");
	/* It listens once it shows anything. */
	while (!shown->last[OHT_NEWS_SAFETY]) {
		stop_once();
		guest_sleep_ms(100);
	}
	while (!shown->last[OHT_NEWS_UNIT]) {
		ask_units(1);
		guest_sleep_ms(100);
	}
}

static bool has_shown_all(struct shown *shown)
{
	note_records();
	return shown->last[OHT_NEWS_SAFETY] >= newest[OHT_NEWS_SAFETY] &&
	       shown->last[OHT_NEWS_UNIT] >= newest[OHT_NEWS_UNIT];
}

/* Those shown that the device's own journal has otherwise. */
static unsigned int untrue(void)
{
	unsigned int type, i, wrong = 0;

	for (type = OHT_NEWS_SAFETY; type < TYPES; type++)
		for (i = 1; i < JOURNAL_MAX; i++)
			wrong += shown_ns[type][i] && shown_ns[type][i] != truth_ns[type][i];
	return wrong;
}

/* Its own numbers, of the line with which it ends. */
static void end_ohtctl(struct shown *shown, const char *name)
{
	unsigned long long told = 0, lost = 0;
	char line[256] = "";
	int status = -1;

	kill(shown->pid, SIGTERM);
	tap_ok(fgets(line, sizeof(line), shown->err) &&
	       sscanf(line, "%llu notifications, %llu lost", &told, &lost) == 2,
	       "%s: sums up: %s", name, line);
	waitpid(shown->pid, &status, 0);
	tap_is(status, 0, "%s: ends with 0", name);
	pthread_join(shown->thread, NULL);
	fclose(shown->out);
	fclose(shown->err);
	note_records();
	tap_is(told, shown->count[OHT_NEWS_SAFETY] + shown->count[OHT_NEWS_UNIT],
	       "%s: it has counted what it has shown", name);
	tap_is(lost, shown->lost[OHT_NEWS_SAFETY] + shown->lost[OHT_NEWS_UNIT],
	       "%s: ... and what it has called lost", name);
	tap_is(shown->nonsense, 0, "%s: every line can be read", name);
	tap_is(shown->out_of_order, 0, "%s: all in order, every gap told", name);
	tap_is(untrue(), 0, "%s: as the device's own journal has it", name);
	tap_is(shown->last[OHT_NEWS_SAFETY], newest[OHT_NEWS_SAFETY], "%s: up to the last stop", name);
	tap_is(shown->last[OHT_NEWS_UNIT], newest[OHT_NEWS_UNIT], "%s: up to the last unit", name);
}

/* ---- listeners that never read ---- */

static struct oht_monitor *silent[SILENT];

static int room_of(int i)
{
	return i % 2 ? USUAL_BYTES : SMALL_BYTES;
}

static void begin_silent(void)
{
	int i, bytes;

	for (i = 0; i < SILENT; i++) {
		silent[i] = oht_monitor_open(OHT_MONITOR_SAFETY | OHT_MONITOR_BUS);
		bytes = room_of(i);
		if (!silent[i] || setsockopt(oht_monitor_fd(silent[i]), SOL_SOCKET, SO_RCVBUF, &bytes,
					     sizeof(bytes)))
			tap_bail("a listener: %s", strerror(errno));
	}
}

/* Bytes that wait for them. */
static int waiting_bytes(int i)
{
	uint32_t meminfo[9];	/* enum in linux/sock_diag.h: the first is what is allocated */
	socklen_t size = sizeof(meminfo);

	if (getsockopt(oht_monitor_fd(silent[i]), SOL_SOCKET, SO_MEMINFO, meminfo, &size))
		tap_bail("SO_MEMINFO: %s", strerror(errno));
	return (int)meminfo[0];
}

static void test_memory(void)
{
	int i, over = 0, full = 0;

	for (i = 0; i < SILENT; i++) {
		over += waiting_bytes(i) > 2 * room_of(i) + MESSAGE_BYTES;
		full += waiting_bytes(i) > room_of(i);
	}
	tap_is(over, 0, "no silent listener holds more than its socket has room for");
	tap_ok(full >= SILENT / 2, "... and %d of them are full", full);
}

/* Once they read after all, what they had room for and what they had not is all there was. */
static void test_late_readers(uint64_t since)
{
	uint64_t made = newest[OHT_NEWS_UNIT] - since, came, lost;
	int i, wrong = 0, losers = 0;
	struct oht_news news;

	for (i = 0; i < SILENT; i++) {
		came = 0;
		lost = 0;
		if (oht_monitor_settle(silent[i]))
			tap_bail("settle: %s", strerror(errno));
		while (oht_monitor_read(silent[i], &news, 10) > 0) {
			if (news.type == OHT_NEWS_UNIT)
				came++;
			else if (news.type == OHT_NEWS_LOST && news.lost.of == OHT_NEWS_UNIT)
				lost += news.lost.count;
		}
		wrong += came + lost != made;
		losers += lost > 0;
		oht_monitor_close(silent[i]);
	}
	tap_is(wrong, 0, "for each of them, read at last: come and lost are all that was made");
	tap_ok(losers >= SILENT / 2, "... and %d have lost some", losers);
}

/* ---- tests ---- */

static void test_silent_listeners(void)
{
	uint64_t alone_ns = median_stop_ns(), beside_ns, since, since_stops;
	struct shown shown;
	unsigned int i;

	begin_silent();
	since = newest[OHT_NEWS_UNIT];
	begin_ohtctl(&shown, 0);
	since_stops = newest[OHT_NEWS_SAFETY];
	beside_ns = median_stop_ns();
	for (i = MEASURED; i < stops; i++)
		stop_once();
	ask_units(bus_news);
	tap_ok(GUEST_UNTIL(has_shown_all(&shown), WAIT_MS), "ohtctl monitor shows all of it");
	test_memory();
	end_ohtctl(&shown, "beside silent listeners");
	tap_ok(newest[OHT_NEWS_SAFETY] - since_stops >= 3ULL * stops, "%u stops, each with its reset "
	       "and its enable", stops);
	tap_ok(newest[OHT_NEWS_UNIT] - since >= bus_news, "%u units found or lost", bus_news);
	tap_is(shown.lost[OHT_NEWS_SAFETY] + shown.lost[OHT_NEWS_UNIT], 0, "nothing is lost");
	tap_ok(beside_ns <= alone_ns + alone_ns / 10,
	       "a stop takes no longer beside them: %" PRIu64 " ns, alone %" PRIu64 " ns", beside_ns,
	       alone_ns);
	test_late_readers(since);
}

static void set_room_of_all(const char *bytes)
{
	int fd = open("/proc/sys/net/core/rmem_max", O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, bytes, strlen(bytes)) < 0)
		tap_bail("rmem_max: %s", strerror(errno));
	close(fd);
}

/* As somebody without rights, for whom the machine's limit holds; held up while much happens. */
static void test_slow_ohtctl(void)
{
	struct shown shown;

	set_room_of_all("16384");
	begin_ohtctl(&shown, SOMEBODY);
	kill(shown.pid, SIGSTOP);
	ask_units(SLOW_BURST);
	kill(shown.pid, SIGCONT);
	tap_ok(GUEST_UNTIL(shown.last[OHT_NEWS_UNIT] > newest[OHT_NEWS_UNIT] - SLOW_BURST, WAIT_MS),
	       "who was held up goes on");
	/* Nothing comes behind the loss: only the end can tell it. */
	end_ohtctl(&shown, "held up");
	tap_ok(shown.lost[OHT_NEWS_UNIT] > 0, "it has lost %" PRIu64 " of %d", shown.lost[OHT_NEWS_UNIT],
	       SLOW_BURST);
	tap_ok(shown.count[OHT_NEWS_UNIT] > 0, "it has shown %" PRIu64, shown.count[OHT_NEWS_UNIT]);
	set_room_of_all("212992");
}

/* More at once than the journal keeps: what the worker comes too late for is lost, and told. */
static void test_burst(void)
{
	struct shown shown;
	unsigned int i;

	begin_ohtctl(&shown, 0);
	for (i = 0; i < FAST_STOPS; i++)
		stop_at_once();
	tap_ok(GUEST_UNTIL(has_shown_all(&shown), WAIT_MS), "it shows the last of %u stops", FAST_STOPS);
	end_ohtctl(&shown, "after a burst");
	tap_ok(shown.count[OHT_NEWS_SAFETY] >= OHT_SAFETY_RECORDS_MAX,
	       "at least what the journal keeps is shown: %" PRIu64 ", lost %" PRIu64,
	       shown.count[OHT_NEWS_SAFETY], shown.lost[OHT_NEWS_SAFETY]);
}

/* Words of ohtctl itself, on a machine that has a device. */
static void test_answers(void)
{
	char text[4096] = "";
	FILE *pipe_of = popen(OHTCTL " --json monitor --dump", "r");

	if (!pipe_of)
		tap_bail("popen: %s", strerror(errno));
	tap_ok(fgets(text, sizeof(text), pipe_of) != NULL, "--dump: one object");
	tap_is(pclose(pipe_of), 0, "--dump: ends with 0");
	tap_ok(strstr(text, "\"device\":0,\"name\":\"oht0\""), "--dump: the device");
	tap_is(number_of(text, "\"safety_seq\":"), newest[OHT_NEWS_SAFETY], "--dump: its newest entry");
	tap_is(number_of(text, "\"unit_seq\":"), newest[OHT_NEWS_UNIT], "--dump: its newest unit");
	tap_ok(number_of(text, "\"replies_ok\":") > 0, "--dump: replies are counted");
	tap_ok(strstr(text, "{\"unit\":247,\"state\":\"degraded\""), "--dump: a unit that is lost");
	tap_ok(strstr(text, "{\"unit\":2,\"state\":\"good\""), "--dump: a unit that is there");
	tap_is(WEXITSTATUS(system(OHTCTL " monitor --device 9 2>/dev/null")), 3, "no such device");
}

/* Reads all that there is; returns the number behind the last one of the stop's journal, lost or not. */
static uint64_t read_all(struct oht_monitor *monitor, uint64_t next)
{
	struct oht_news news;

	while (oht_monitor_read(monitor, &news, NOTHING_MS) == 1) {
		if (news.type == OHT_NEWS_LOST && news.lost.of == OHT_NEWS_SAFETY && news.seq == next)
			next += news.lost.count;
		else if (news.type == OHT_NEWS_SAFETY && news.seq == next)
			next++;
	}
	return next;
}

/* Whether each of the first @last entries of the journal comes, or is told as lost. */
static bool hears_all(struct oht_monitor *monitor, uint64_t last)
{
	/* What the removed module has told at its end is among it, with higher numbers. */
	uint64_t next = read_all(monitor, 1);

	return !oht_monitor_settle(monitor) && read_all(monitor, next) == last + 1;
}

/* The family goes and comes with the module, and its groups have no members then. */
static void test_loaded_again(void)
{
	struct oht_monitor *monitor = oht_monitor_open(OHT_MONITOR_SAFETY | OHT_MONITOR_BUS);
	struct oht_estop_status status;
	int round;

	if (!monitor)
		tap_bail("oht_monitor_open: %s", strerror(errno));
	for (round = 1; round <= 2; round++) {
		close(dev);
		read_all(monitor, 0);
		tap_is(system("rmmod oht_sim oht"), 0, "rmmod, round %d", round);
		tap_is(system("modprobe oht_sim"), 0, "modprobe, round %d", round);
		dev = guest_open(O_RDWR | O_NONBLOCK);
		guest_take(dev, DEADMAN_MS);
		guest_status(dev, &status);
		tap_ok(status.journal_seq > 1, "the journal begins anew: %" PRIu64 " entries",
		       (uint64_t)status.journal_seq);
		tap_ok(hears_all(monitor, status.journal_seq), "all are heard, or told as lost");
	}
	oht_monitor_close(monitor);
}

static void read_arguments(int argc, char **argv)
{
	int i;

	for (i = 1; i + 1 < argc; i += 2) {
		if (!strcmp(argv[i], "--stops"))
			stops = guest_number(argv[i + 1], JOURNAL_MAX / 8);
		else if (!strcmp(argv[i], "--bus"))
			bus_news = guest_number(argv[i + 1], JOURNAL_MAX / 4);
		else
			tap_bail("unknown option %s", argv[i]);
	}
}

int main(int argc, char **argv)
{
	int error;

	setvbuf(stdout, NULL, _IOLBF, 0);
	read_arguments(argc, argv);
	dev = guest_open(O_RDWR | O_NONBLOCK);
	stim = guest_open_stim();
	guest_unpress(stim, BOTH);
	error = guest_subscribe(dev, OHT_SUBSCRIBE_SAFETY | OHT_SUBSCRIBE_UNITS);
	if (!error)
		error = guest_take(dev, DEADMAN_MS);
	if (error)
		tap_bail("the role: %s", strerror(error));
	TAP_TEST(test_silent_listeners(), "ohtctl monitor beside listeners that never read");
	TAP_TEST(test_slow_ohtctl(), "ohtctl monitor that is held up");
	TAP_TEST(test_burst(), "ohtctl monitor after a burst of stops");
	TAP_TEST(test_answers(), "ohtctl monitor --dump");
	guest_release_role(dev);
	TAP_TEST(test_loaded_again(), "a monitor, and a module that is loaded again");
	return tap_done();
}
