// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A structure that cannot be read or written: every call of /dev/oht0 says so, and nothing has happened. Only a stop
 * stops, whatever else is wrong with the call. A call without a case here fails. Source: include/uapi/linux/oht.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/guest.h"
#include "lib/plan.h"
#include "lib/stop.h"
#include "lib/tap.h"

#define DEADMAN_MS	10000
#define RACES		2000
/* Of each call, and so many outcomes of each kind are enough. */
#define CALL_RACES	60
#define CALL_ENOUGH	3
#define NUMBERS		0x100
/* Nobody answers there; a transfer to it is under way for this time. */
#define NOBODY		247
#define UNDER_WAY_US	1000000
/* Of the good plan, the entry that is written. */
#define OUTPUT_ENTRY	2
#define OUTPUT_WORDS	3
#define BEGINS_MS	15000

/* Everything of the device that a call could have changed. */
struct state {
	struct oht_estop_status status;
	struct oht_plan_status plan;
	struct oht_telegram_status telegrams;
	struct oht_unit_status unit;
	int output_status;	/* of the entry that is written: no values yet */
	bool something_to_read;
};

/* Of the process image of the plan in force. */
static int output_status(int fd)
{
	struct oht_image *image = plan_map_image(fd);
	struct oht_image_slot slot;

	plan_read_slot(image, OUTPUT_ENTRY, &slot);
	munmap(image, sizeof(*image));
	return slot.status;
}

/* @wait_ms: for what may still come. */
static void look(int fd, int wait_ms, struct state *state)
{
	struct pollfd wait = { .fd = fd, .events = POLLIN };

	memset(state, 0, sizeof(*state));
	guest_status(fd, &state->status);
	plan_status(fd, &state->plan);
	state->telegrams.size = sizeof(state->telegrams);
	if (guest_ioctl(fd, OHT_IOC_TELEGRAM_STATUS, &state->telegrams))
		tap_bail("TELEGRAM_STATUS failed");
	state->unit.size = sizeof(state->unit);
	state->unit.unit = 4;
	if (guest_ioctl(fd, OHT_IOC_UNIT_GET, &state->unit))
		tap_bail("UNIT_GET failed");
	state->something_to_read = poll(&wait, 1, wait_ms) > 0;
	if (state->plan.flags & OHT_PLAN_RUNNING)
		state->output_status = output_status(fd);
}

static bool is_same(const struct state *a, const struct state *b)
{
	return a->status.state == b->status.state && a->status.flags == b->status.flags &&
	       a->status.outputs == b->status.outputs &&
	       a->status.journal_seq == b->status.journal_seq &&
	       a->plan.generation == b->plan.generation && a->plan.flags == b->plan.flags &&
	       !memcmp(&a->telegrams, &b->telegrams, sizeof(a->telegrams)) &&
	       a->unit.flags == b->unit.flags && a->unit.retries == b->unit.retries &&
	       a->output_status == b->output_status &&
	       a->something_to_read == b->something_to_read;
}

/* ---- structures that would change something ---- */

static struct oht_transfer transfer = {
	.size = sizeof(transfer), .unit = 4, .function = 3, .count = 1, .timeout_us = 1000,
	.priority = OHT_PRIO_COMMAND,
};
static struct oht_subscribe subscribe = { .size = sizeof(subscribe), .mask = OHT_SUBSCRIBE_SAFETY };
static struct oht_command command = { .size = sizeof(command), .tag = 77 };
static struct oht_control take = { .size = sizeof(take), .action = OHT_CONTROL_TAKE,
				   .deadman_ms = DEADMAN_MS };
static struct oht_control release = { .size = sizeof(release), .action = OHT_CONTROL_RELEASE };
static struct oht_telegrams telegrams = { .size = sizeof(telegrams) };
static struct oht_self_test self_test = { .size = sizeof(self_test) };
static struct oht_unit_set unit_set = {
	.size = sizeof(unit_set), .unit = 4, .retries = 2, .timeout_us = 5000,
};
static struct oht_plan_commit plan_commit_arg = { .size = sizeof(plan_commit_arg) };
static struct oht_plan_clear plan_clear_arg = { .size = sizeof(plan_clear_arg) };
static struct oht_cancel cancel = { .size = sizeof(cancel) };
static uint16_t output_words[OUTPUT_WORDS] = { 1, 2, 3 };
static struct oht_outputs outputs = {
	.size = sizeof(outputs), .entry = OUTPUT_ENTRY, .count = OUTPUT_WORDS,
};

/* ---- structures that are answered ---- */

static struct oht_info info = { .size = sizeof(info) };
static struct oht_estop_status status_arg = { .size = sizeof(status_arg) };
static struct oht_telegram_status telegram_status = { .size = sizeof(telegram_status) };
static struct oht_unit_status unit_status = { .size = sizeof(unit_status), .unit = 4 };
static struct oht_plan_status plan_status_arg = { .size = sizeof(plan_status_arg) };

/* ---- what a call needs besides the state of the machine ---- */

static void need_staged(int fd)
{
	if (guest_ioctl(fd, OHT_IOC_PLAN_STAGE, &plan_stage))
		tap_bail("PLAN_STAGE failed");
}

static void need_running(int fd)
{
	struct oht_plan_status status;
	struct oht_plan_commit made;

	need_staged(fd);
	if (plan_commit(fd, 0, &made))
		tap_bail("PLAN_COMMIT failed");
	if (!GUEST_UNTIL((plan_status(fd, &status), status.flags == OHT_PLAN_RUNNING), BEGINS_MS))
		tap_bail("the plan does not begin");
	outputs.generation = made.generation;
	outputs.words = (uintptr_t)output_words;
}

static void need_under_way(int fd)
{
	struct oht_transfer slow = transfer;

	slow.unit = NOBODY;
	slow.timeout_us = UNDER_WAY_US;
	if (guest_ioctl(fd, OHT_IOC_SUBMIT, &slow))
		tap_bail("SUBMIT failed");
	cancel.cookie = slow.cookie;
}

/* In which state of the machine a call is good. */
enum when { FREE, STOPPED, READY, ENABLED };

struct call {
	const char *name;
	unsigned long cmd;
	void *arg;
	uint32_t size;
	enum when when;
	void (*need)(int fd);	/* NULL: nothing */
};

static const struct call calls[] = {
	{ "INFO", OHT_IOC_INFO, &info, sizeof(info), FREE, NULL },
	{ "ESTOP_STATUS", OHT_IOC_ESTOP_STATUS, &status_arg, sizeof(status_arg), FREE, NULL },
	{ "TELEGRAM_STATUS", OHT_IOC_TELEGRAM_STATUS, &telegram_status, sizeof(telegram_status), FREE, NULL },
	{ "UNIT_GET", OHT_IOC_UNIT_GET, &unit_status, sizeof(unit_status), FREE, NULL },
	{ "PLAN_STATUS", OHT_IOC_PLAN_STATUS, &plan_status_arg, sizeof(plan_status_arg), FREE, NULL },
	{ "CANCEL", OHT_IOC_CANCEL, &cancel, sizeof(cancel), FREE, need_under_way },
	{ "SUBMIT", OHT_IOC_SUBMIT, &transfer, sizeof(transfer), FREE, NULL },
	{ "SUBSCRIBE", OHT_IOC_SUBSCRIBE, &subscribe, sizeof(subscribe), FREE, NULL },
	{ "CONTROL take", OHT_IOC_CONTROL, &take, sizeof(take), FREE, NULL },
	{ "CONTROL release", OHT_IOC_CONTROL, &release, sizeof(release), STOPPED, NULL },
	{ "TELEGRAMS", OHT_IOC_TELEGRAMS, &telegrams, sizeof(telegrams), STOPPED, NULL },
	{ "SELF_TEST", OHT_IOC_SELF_TEST, &self_test, sizeof(self_test), STOPPED, NULL },
	{ "UNIT_SET", OHT_IOC_UNIT_SET, &unit_set, sizeof(unit_set), STOPPED, NULL },
	{ "RESET", OHT_IOC_RESET, &command, sizeof(command), STOPPED, NULL },
	{ "PLAN_STAGE", OHT_IOC_PLAN_STAGE, &plan_stage, sizeof(plan_stage), STOPPED, NULL },
	{ "PLAN_COMMIT", OHT_IOC_PLAN_COMMIT, &plan_commit_arg, sizeof(plan_commit_arg), STOPPED,
	  need_staged },
	{ "PLAN_CLEAR", OHT_IOC_PLAN_CLEAR, &plan_clear_arg, sizeof(plan_clear_arg), STOPPED, NULL },
	{ "ENABLE", OHT_IOC_ENABLE, &command, sizeof(command), READY, NULL },
	{ "DISABLE", OHT_IOC_DISABLE, &command, sizeof(command), ENABLED, NULL },
	{ "HEARTBEAT", OHT_IOC_HEARTBEAT, &command, sizeof(command), ENABLED, NULL },
	{ "OUTPUTS", OHT_IOC_OUTPUTS, &outputs, sizeof(outputs), ENABLED, need_running },
};

#define CALLS	(sizeof(calls) / sizeof(calls[0]))

static const struct call stop_call = { "STOP", OHT_IOC_STOP, &command, sizeof(command), ENABLED, NULL };

static int open_for(const struct call *call)
{
	enum when when = call->when;
	int fd = guest_open(O_RDWR);

	plan_make_good();
	if (when == ENABLED) {
		guest_make_enabled(fd, DEADMAN_MS);
	} else if (when != FREE) {
		if (guest_take(fd, DEADMAN_MS))
			tap_bail("TAKE failed");
		if (when == READY && guest_reset_when_stable(fd, 1))
			tap_bail("RESET failed");
	}
	if (call->need)
		call->need(fd);
	guest_drain(fd);
	return fd;
}

/* A plan outlives its controller. */
static void close_after(const struct call *call, int fd)
{
	if (call->need == need_running)
		plan_clear(fd, 0);
	close(fd);
	guest_sleep_ms(2);
}

/* ---- memory ---- */

static size_t page_bytes(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

static void protect(void *page, int protection)
{
	if (mprotect(page, page_bytes(), protection))
		tap_bail("mprotect failed");
}

static uint8_t *map_pages(unsigned int count)
{
	uint8_t *map = mmap(NULL, count * page_bytes(), PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (map == MAP_FAILED)
		tap_bail("mmap failed");
	return map;
}

/* A kind of memory that a structure lies in; returns where, and what mmap() gave in @map. */
typedef void *(*place_t)(const struct call *call, uint8_t *map);

static void *place_read_only(const struct call *call, uint8_t *map)
{
	memcpy(map, call->arg, call->size);
	protect(map, PROT_READ);
	return map;
}

static void *place_unmapped(const struct call *call, uint8_t *map)
{
	(void)call;
	protect(map, PROT_NONE);
	return map;
}

/* All can be read, the last 4 bytes cannot be written. */
static void *place_tail_read_only(const struct call *call, uint8_t *map)
{
	uint8_t *at = map + page_bytes() - (call->size - 4);

	memcpy(at, call->arg, call->size);
	protect(map + page_bytes(), PROT_READ);
	return at;
}

static void *place_tail_unmapped(const struct call *call, uint8_t *map)
{
	uint8_t *at = map + page_bytes() - (call->size - 4);

	memcpy(at, call->arg, call->size - 4);
	protect(map + page_bytes(), PROT_NONE);
	return at;
}

static int try_in(int fd, const struct call *call, place_t place)
{
	uint8_t *map = map_pages(2);
	int err = guest_ioctl(fd, call->cmd, place(call, map));

	munmap(map, 2 * page_bytes());
	return err;
}

/* ---- tests ---- */

static void test_no_side_effect(place_t place, const char *where)
{
	const struct call *call;
	struct state before, after;
	int fd;

	for (call = calls; call < calls + CALLS; call++) {
		fd = open_for(call);
		look(fd, 20, &before);
		tap_errno(try_in(fd, call, place), EFAULT, "%s: %s", call->name, where);
		look(fd, 20, &after);
		tap_ok(is_same(&before, &after), "%s: %s: nothing has happened", call->name, where);
		/* The structure itself is good: in memory that can be written it is accepted. */
		tap_errno(guest_ioctl(fd, call->cmd, call->arg), 0, "%s: accepted", call->name);
		close_after(call, fd);
	}
}

static void test_stop_stops(int stim, place_t place, const char *where)
{
	int fd = open_for(&stop_call);

	tap_is(stop_outputs(stim), OHT_STIM_ENABLE_1 | OHT_STIM_ENABLE_2, "outputs are high before");
	tap_errno(try_in(fd, &stop_call, place), EFAULT, "STOP: %s", where);
	tap_is(guest_state(fd), OHT_ESTOP_STOPPED, "STOP: %s: stopped", where);
	tap_is(stop_outputs(stim), 0, "STOP: %s: outputs are low", where);
	close(fd);
}

static void test_stop_with_bad_members(int stim)
{
	struct oht_command bad = { .size = sizeof(bad), .flags = 1 };
	int fd = open_for(&stop_call);

	tap_errno(guest_ioctl(fd, OHT_IOC_STOP, &bad), EINVAL, "STOP with an unknown flag");
	tap_is(guest_state(fd), OHT_ESTOP_STOPPED, "stopped all the same");
	tap_is(stop_outputs(stim), 0, "outputs are low");
	close(fd);

	fd = open_for(&stop_call);
	bad = (struct oht_command){ .size = 4 };
	tap_errno(guest_ioctl(fd, OHT_IOC_STOP, &bad), EINVAL, "STOP that is too short");
	tap_is(guest_state(fd), OHT_ESTOP_STOPPED, "stopped all the same");
	close(fd);
}

/* A page that another thread makes read-only and writable again all the time. */
struct flicker {
	pthread_t thread;
	atomic_bool ended;
	uint8_t *page;
};

static void *flicker_run(void *arg)
{
	struct flicker *flicker = arg;

	while (!atomic_load(&flicker->ended)) {
		protect(flicker->page, PROT_READ);
		protect(flicker->page, PROT_READ | PROT_WRITE);
	}
	return NULL;
}

/* The kernel writes into the page, so a page that is read-only just now is an error and no signal. */
static void put(struct flicker *flicker, const void *arg, size_t bytes)
{
	int ends[2];

	if (pipe(ends))
		tap_bail("pipe failed");
	if (write(ends[1], arg, bytes) != (ssize_t)bytes)
		tap_bail("write to a pipe failed");
	while (read(ends[0], flicker->page, bytes) != (ssize_t)bytes)
		;
	close(ends[0]);
	close(ends[1]);
}

static bool role_is_right(int fd, int err)
{
	struct oht_estop_status status;

	guest_status(fd, &status);
	return !!(status.flags & OHT_ESTOP_IS_CONTROLLER) == !err;
}

static void test_page_goes_in_the_middle(void)
{
	struct flicker flicker = { .page = map_pages(1) };
	unsigned int taken = 0, refused = 0, wrong = 0, i;
	int fd = guest_open(O_RDWR), err;

	if (pthread_create(&flicker.thread, NULL, flicker_run, &flicker))
		tap_bail("pthread_create failed");
	for (i = 0; i < RACES; i++) {
		put(&flicker, &take, sizeof(take));
		err = guest_ioctl(fd, OHT_IOC_CONTROL, flicker.page);
		taken += !err;
		refused += err == EFAULT;
		wrong += (err && err != EFAULT) || !role_is_right(fd, err);
		if (!err && guest_release_role(fd))
			tap_bail("RELEASE failed");
	}
	atomic_store(&flicker.ended, true);
	pthread_join(flicker.thread, NULL);
	munmap(flicker.page, page_bytes());
	close(fd);
	tap_note("value pages.taken %u", taken);
	tap_note("value pages.refused %u", refused);
	tap_is(wrong, 0, "CONTROL take: the role is had after success and only then");
	tap_ok(taken && refused, "both happen");
}

struct outcomes {
	unsigned int done, refused, wrong;
};

/* One try in the page; what is good is asked for on a new descriptor, since it may have changed the machine. */
static void race_once(const struct call *call, struct flicker *flicker, int *fd, struct outcomes *outcomes)
{
	struct state before, after;
	int err;

	put(flicker, call->arg, call->size);
	look(*fd, 0, &before);
	err = guest_ioctl(*fd, call->cmd, flicker->page);
	look(*fd, 0, &after);
	if (err == EFAULT) {
		outcomes->refused++;
		outcomes->wrong += !is_same(&before, &after);
		/* What is under way may be over by the next try. */
		if (call->need != need_under_way)
			return;
	} else {
		outcomes->done++;
		outcomes->wrong += !!err;
	}
	close_after(call, *fd);
	*fd = open_for(call);
}

static void race(const struct call *call, struct outcomes *sum)
{
	struct flicker flicker = { .page = map_pages(1) };
	struct outcomes outcomes = { 0 };
	int fd = open_for(call);
	unsigned int i;

	if (pthread_create(&flicker.thread, NULL, flicker_run, &flicker))
		tap_bail("pthread_create failed");
	for (i = 0; i < CALL_RACES; i++) {
		if (outcomes.done >= CALL_ENOUGH && outcomes.refused >= CALL_ENOUGH)
			break;
		race_once(call, &flicker, &fd, &outcomes);
	}
	atomic_store(&flicker.ended, true);
	pthread_join(flicker.thread, NULL);
	munmap(flicker.page, page_bytes());
	close_after(call, fd);
	tap_note("%s: done %u, refused %u", call->name, outcomes.done, outcomes.refused);
	tap_is(outcomes.wrong, 0, "%s: done and told, or refused and not done", call->name);
	sum->done += outcomes.done;
	sum->refused += outcomes.refused;
}

static void test_races(void)
{
	struct outcomes sum = { 0 };
	const struct call *call;

	for (call = calls; call < calls + CALLS; call++)
		race(call, &sum);
	tap_note("value pages.races_done %u", sum.done);
	tap_note("value pages.races_refused %u", sum.refused);
	tap_ok(sum.done && sum.refused, "both happen");
}

/* A call that the kernel knows and that has no case above. */
static void test_no_call_is_forgotten(void)
{
	unsigned int nr, known = 0;
	const struct call *call;
	int fd = guest_open(O_RDWR);

	for (nr = 0; nr < NUMBERS; nr++) {
		if (guest_ioctl(fd, _IO(OHT_IOC_MAGIC, nr), NULL) == ENOTTY)
			continue;
		known++;
		for (call = calls; call < calls + CALLS && call->cmd != _IO(OHT_IOC_MAGIC, nr); call++)
			;
		tap_ok(call < calls + CALLS || stop_call.cmd == _IO(OHT_IOC_MAGIC, nr),
		       "number %#x has a case", nr);
	}
	/* CONTROL has two cases, STOP is not among @calls. */
	tap_is(known, CALLS, "as many calls as cases");
	close(fd);
}

int main(void)
{
	int stim = guest_open_stim();

	TAP_TEST(test_no_call_is_forgotten(), "every call has a case");
	TAP_TEST(test_no_side_effect(place_read_only, "in a read-only page"), "a read-only page");
	TAP_TEST(test_no_side_effect(place_unmapped, "in no page"), "an unmapped page");
	TAP_TEST(test_no_side_effect(place_tail_read_only, "its end read-only"),
		 "a page whose successor is read-only");
	TAP_TEST(test_no_side_effect(place_tail_unmapped, "its end unmapped"),
		 "a page whose successor is unmapped");
	TAP_TEST(test_stop_stops(stim, place_read_only, "in a read-only page"),
		 "a stop in a read-only page");
	TAP_TEST(test_stop_stops(stim, place_unmapped, "in no page"), "a stop in no page");
	TAP_TEST(test_stop_stops(stim, place_tail_unmapped, "its end unmapped"),
		 "a stop with a part of it missing");
	TAP_TEST(test_stop_with_bad_members(stim), "a stop with bad members");
	TAP_TEST(test_page_goes_in_the_middle(), "a page that goes away in the middle");
	TAP_TEST(test_races(), "a page that goes away in the middle of each call");
	close(stim);
	return tap_done();
}
