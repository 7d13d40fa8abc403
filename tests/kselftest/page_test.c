// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A structure that cannot be read or written, or whose pointer leads to memory that cannot be read: every call of
 * /dev/oht0 says so, and nothing has happened. A call without a case here fails; only STOP has its cases in
 * tests/guest/stop_page_test.c, where the outputs are watched. Source: include/uapi/linux/oht.h.
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
#include "lib/place.h"
#include "lib/plan.h"
#include "lib/selftest.h"
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
	state->unit.unit = SELFTEST_UNIT;
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

static void tell_change(const char *name, const struct state *before, const struct state *after)
{
	tap_note("%s: state %u -> %u, flags %#x -> %#x, journal %llu -> %llu, plan %u -> %u, its flags %#x -> %#x",
		 name, before->status.state, after->status.state, before->status.flags, after->status.flags,
		 (unsigned long long)before->status.journal_seq, (unsigned long long)after->status.journal_seq,
		 before->plan.generation, after->plan.generation, before->plan.flags, after->plan.flags);
}

/* ---- structures that would change something ---- */

static struct oht_transfer transfer = {
	.size = sizeof(transfer), .unit = SELFTEST_UNIT, .function = 3, .count = 1, .timeout_us = 1000,
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
	.size = sizeof(unit_set), .unit = SELFTEST_UNIT, .retries = 2, .timeout_us = 5000,
};
static struct oht_plan_commit plan_commit_arg = { .size = sizeof(plan_commit_arg) };
static struct oht_plan_clear plan_clear_arg = { .size = sizeof(plan_clear_arg) };
static struct oht_cancel cancel = { .size = sizeof(cancel) };
static uint16_t output_words[OUTPUT_WORDS] = { 1, 2, 3 };
static struct oht_outputs outputs = {
	.size = sizeof(outputs), .entry = OUTPUT_ENTRY, .count = OUTPUT_WORDS,
};

/* Writes that may go out while stopped, to a unit that is not there. */
static struct oht_transfer written = {
	.size = sizeof(written), .unit = NOBODY, .function = 16, .count = OUTPUT_WORDS, .timeout_us = 1000,
	.priority = OHT_PRIO_COMMAND, .flags = OHT_TRANSFER_WHILE_STOPPED, .words = (uintptr_t)output_words,
};
static const uint8_t raw_pdu[] = { 0x06, 0x00, 0x10, 0x00, 0x00, 0x00, 0x00, 0x00 };
static struct oht_transfer raw = {
	.size = sizeof(raw), .unit = NOBODY, .count = sizeof(raw_pdu), .timeout_us = 1000,
	.priority = OHT_PRIO_COMMAND, .flags = OHT_TRANSFER_WHILE_STOPPED | OHT_TRANSFER_RAW,
	.words = (uintptr_t)raw_pdu,
};

/* ---- structures that are answered ---- */

static struct oht_info info = { .size = sizeof(info) };
static struct oht_estop_status status_arg = { .size = sizeof(status_arg) };
static struct oht_telegram_status telegram_status = { .size = sizeof(telegram_status) };
static struct oht_unit_status unit_status = { .size = sizeof(unit_status), .unit = SELFTEST_UNIT };
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
	/* With a pointer in the structure: that is what is wrong, the structure is good. */
	__aligned_u64 *pointer;
	const void *data;
	uint32_t data_size;
};

#define CALL(name_, cmd_, arg_, when_, need_)	{							\
		.name = name_, .cmd = OHT_IOC_##cmd_, .arg = &(arg_), .size = sizeof(arg_),	\
		.when = when_, .need = need_ }

static const struct call calls[] = {
	CALL("INFO", INFO, info, FREE, NULL),
	CALL("ESTOP_STATUS", ESTOP_STATUS, status_arg, FREE, NULL),
	CALL("TELEGRAM_STATUS", TELEGRAM_STATUS, telegram_status, FREE, NULL),
	CALL("UNIT_GET", UNIT_GET, unit_status, FREE, NULL),
	CALL("PLAN_STATUS", PLAN_STATUS, plan_status_arg, FREE, NULL),
	CALL("CANCEL", CANCEL, cancel, FREE, need_under_way),
	CALL("SUBMIT", SUBMIT, transfer, FREE, NULL),
	CALL("SUBSCRIBE", SUBSCRIBE, subscribe, FREE, NULL),
	CALL("CONTROL take", CONTROL, take, FREE, NULL),
	CALL("CONTROL release", CONTROL, release, STOPPED, NULL),
	CALL("TELEGRAMS", TELEGRAMS, telegrams, STOPPED, NULL),
	CALL("SELF_TEST", SELF_TEST, self_test, STOPPED, NULL),
	CALL("UNIT_SET", UNIT_SET, unit_set, STOPPED, NULL),
	CALL("HEARTBEAT", HEARTBEAT, command, STOPPED, NULL),
	CALL("PLAN_STAGE", PLAN_STAGE, plan_stage, STOPPED, NULL),
	CALL("PLAN_COMMIT", PLAN_COMMIT, plan_commit_arg, STOPPED, need_staged),
	CALL("PLAN_CLEAR", PLAN_CLEAR, plan_clear_arg, STOPPED, NULL),
};

static const struct call enabled_calls[] = {
	CALL("RESET", RESET, command, STOPPED, NULL),
	CALL("ENABLE", ENABLE, command, READY, NULL),
	CALL("DISABLE", DISABLE, command, ENABLED, NULL),
	CALL("HEARTBEAT, enabled", HEARTBEAT, command, ENABLED, NULL),
};

/* What is accepted is written on the bus. */
static const struct call output_calls[] = {
	CALL("OUTPUTS", OUTPUTS, outputs, ENABLED, need_running),
};

#define COUNT(list)	(sizeof(list) / sizeof((list)[0]))

/* Every pointer that there is in a structure; the kernel only reads what it leads to. */
static const struct call pointers[] = {
	{ "PLAN_STAGE, entries", OHT_IOC_PLAN_STAGE, &plan_stage, sizeof(plan_stage), STOPPED, NULL,
	  &plan_stage.entries, plan_entries, PLAN_ENTRIES * sizeof(plan_entries[0]) },
};

static const struct call written_pointers[] = {
	{ "SUBMIT, words", OHT_IOC_SUBMIT, &written, sizeof(written), FREE, NULL, &written.words, output_words,
	  sizeof(output_words) },
	{ "SUBMIT, raw words", OHT_IOC_SUBMIT, &raw, sizeof(raw), FREE, NULL, &raw.words, raw_pdu, sizeof(raw_pdu) },
};

static const struct call output_pointers[] = {
	{ "OUTPUTS, words", OHT_IOC_OUTPUTS, &outputs, sizeof(outputs), ENABLED, need_running, &outputs.words,
	  output_words, sizeof(output_words) },
};

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

/* A plan outlives its controller, also one that is only laid ready; and a commit is refused until the one before is in force. */
static void close_after(const struct call *call, int fd)
{
	if (call->need == need_running || call->need == need_staged || call->cmd == OHT_IOC_PLAN_STAGE)
		plan_clear(fd, 0);
	close(fd);
	guest_sleep_ms(2);
}

static int try_in(int fd, const struct call *call, place_t place)
{
	uint8_t *map = place_map(2);
	void *arg = call->arg;
	int err;

	if (call->pointer)
		*call->pointer = (uintptr_t)place(call->data, call->data_size, map);
	else
		arg = place(call->arg, call->size, map);
	err = guest_ioctl(fd, call->cmd, arg);
	if (call->pointer)
		*call->pointer = (uintptr_t)call->data;
	munmap(map, 2 * place_page_bytes());
	return err;
}

/* ---- tests ---- */

static void test_no_side_effect(const struct call *list, size_t count, place_t place, const char *where)
{
	const struct call *call;
	struct state before, after;
	int fd;

	for (call = list; call < list + count; call++) {
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

/* What a pointer leads to is only read: memory that cannot be written is good enough. */
static void test_pointer_to_read_only(const struct call *list, size_t count)
{
	const struct call *call;
	int fd;

	for (call = list; call < list + count; call++) {
		fd = open_for(call);
		tap_errno(try_in(fd, call, place_read_only), 0, "%s: in a read-only page", call->name);
		close_after(call, fd);
	}
}

/* A page that another thread takes away, and makes writable again, all the time. */
struct flicker {
	pthread_t thread;
	atomic_bool ended;
	uint8_t *page;
	int away;	/* protection: PROT_READ or PROT_NONE */
};

static void *flicker_run(void *arg)
{
	struct flicker *flicker = arg;

	while (!atomic_load(&flicker->ended)) {
		place_protect(flicker->page, flicker->away);
		place_protect(flicker->page, PROT_READ | PROT_WRITE);
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
	struct flicker flicker = { .page = place_map(1), .away = PROT_READ };
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
	munmap(flicker.page, place_page_bytes());
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
	void *arg = call->pointer ? call->arg : flicker->page;
	struct state before, after;
	int err;

	put(flicker, call->pointer ? call->data : call->arg, call->pointer ? call->data_size : call->size);
	if (call->pointer)
		*call->pointer = (uintptr_t)flicker->page;
	look(*fd, 0, &before);
	err = guest_ioctl(*fd, call->cmd, arg);
	look(*fd, 0, &after);
	if (err == EFAULT) {
		outcomes->refused++;
		if (!is_same(&before, &after)) {
			outcomes->wrong++;
			tell_change(call->name, &before, &after);
		}
		/* What is under way may be over by the next try. */
		if (call->need != need_under_way)
			return;
	} else {
		outcomes->done++;
		outcomes->wrong += !!err;
		if (err)
			tap_note("%s: refused: %s", call->name, strerror(err));
	}
	close_after(call, *fd);
	*fd = open_for(call);
}

static void race(const struct call *call, struct outcomes *sum)
{
	struct flicker flicker = { .page = place_map(1), .away = call->pointer ? PROT_NONE : PROT_READ };
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
	munmap(flicker.page, place_page_bytes());
	close_after(call, fd);
	tap_note("%s: done %u, refused %u", call->name, outcomes.done, outcomes.refused);
	tap_is(outcomes.wrong, 0, "%s: done and told, or refused and not done", call->name);
	sum->done += outcomes.done;
	sum->refused += outcomes.refused;
}

static void test_races(const struct call *list, size_t count, const char *what)
{
	struct outcomes sum = { 0 };
	const struct call *call;

	for (call = list; call < list + count; call++)
		race(call, &sum);
	tap_note("value pages.%s_done %u", what, sum.done);
	tap_note("value pages.%s_refused %u", what, sum.refused);
	tap_ok(sum.done && sum.refused, "both happen");
}

static bool is_in(const struct call *list, size_t count, unsigned long cmd)
{
	const struct call *call;

	for (call = list; call < list + count; call++)
		if (call->cmd == cmd)
			return true;
	return false;
}

/* A call that the kernel knows and that has no case above; but STOP. */
static void test_no_call_is_forgotten(void)
{
	int fd = guest_open(O_RDWR);
	unsigned long cmd;
	unsigned int nr;

	for (nr = 0; nr < NUMBERS; nr++) {
		cmd = _IO(OHT_IOC_MAGIC, nr);
		if (guest_ioctl(fd, cmd, NULL) == ENOTTY)
			continue;
		tap_ok(cmd == OHT_IOC_STOP || is_in(calls, COUNT(calls), cmd) ||
		       is_in(enabled_calls, COUNT(enabled_calls), cmd) ||
		       is_in(output_calls, COUNT(output_calls), cmd), "number %#x has a case", nr);
	}
	close(fd);
}

/* ---- the lists ---- */

static void test_calls(const struct call *list, size_t count)
{
	test_no_side_effect(list, count, place_read_only, "in a read-only page");
	test_no_side_effect(list, count, place_unmapped, "in no page");
	test_no_side_effect(list, count, place_tail_read_only, "its end read-only");
	test_no_side_effect(list, count, place_tail_unmapped, "its end unmapped");
}

static void test_pointers(const struct call *list, size_t count)
{
	test_pointer_to_read_only(list, count);
	test_no_side_effect(list, count, place_unmapped, "in no page");
	test_no_side_effect(list, count, place_tail_unmapped, "its end unmapped");
}

int main(void)
{
	selftest_begin();
	TAP_TEST(test_no_call_is_forgotten(), "every call has a case");
	TAP_TEST(test_calls(calls, COUNT(calls)), "structures in bad pages");
	SELFTEST_IF(SELFTEST_ENABLE, test_calls(enabled_calls, COUNT(enabled_calls)),
		    "structures in bad pages, calls that enable");
	SELFTEST_IF(SELFTEST_BOTH, test_calls(output_calls, COUNT(output_calls)), "structures in bad pages, OUTPUTS");
	TAP_TEST(test_pointers(pointers, COUNT(pointers)), "pointers to bad pages");
	SELFTEST_IF(SELFTEST_WRITE, test_pointers(written_pointers, COUNT(written_pointers)),
		    "pointers to bad pages, writes");
	SELFTEST_IF(SELFTEST_BOTH, test_pointers(output_pointers, COUNT(output_pointers)),
		    "pointers to bad pages, OUTPUTS");
	TAP_TEST(test_page_goes_in_the_middle(), "a page that goes away in the middle");
	TAP_TEST(test_races(calls, COUNT(calls), "races"), "a page that goes away in the middle of each call");
	SELFTEST_IF(SELFTEST_ENABLE, test_races(enabled_calls, COUNT(enabled_calls), "enabled_races"),
		    "a page that goes away in the middle of calls that enable");
	SELFTEST_IF(SELFTEST_BOTH, test_races(output_calls, COUNT(output_calls), "output_races"),
		    "a page that goes away in the middle of OUTPUTS");
	TAP_TEST(test_races(pointers, COUNT(pointers), "pointer_races"), "a pointer to a page that goes away");
	SELFTEST_IF(SELFTEST_WRITE, test_races(written_pointers, COUNT(written_pointers), "written_races"),
		    "a pointer of a write to a page that goes away");
	SELFTEST_IF(SELFTEST_BOTH, test_races(output_pointers, COUNT(output_pointers), "output_pointer_races"),
		    "a pointer of OUTPUTS to a page that goes away");
	return tap_done();
}
