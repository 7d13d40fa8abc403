// SPDX-License-Identifier: GPL-2.0-or-later
/* A device in memory; see fake_device.h. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "fake_device.h"
#include "internal.h"

#define RECORDS_MAX	(sizeof(fake.records) / sizeof(fake.records[0]))
#define NS_PER_MS	1000000LL
#define OUR_TGID	4242

struct fake_device fake;

/* ---- records ---- */

void fake_push(struct oht_record *record)
{
	uint8_t *slot;

	assert_in_range(fake.last_record - fake.first_record, 0, RECORDS_MAX - 1);
	slot = fake.records[fake.last_record++ % RECORDS_MAX];
	record->size = fake.record_bytes;
	record->seq = fake.next_seq++;
	record->time_ns = fake.now_ns;
	/* What a newer kernel appends is not zero. */
	memset(slot, 0xA5, sizeof(fake.records[0]));
	memcpy(slot, record, sizeof(*record));
}

void fake_complete(uint64_t cookie, int status, uint8_t detail, uint16_t first_word)
{
	struct oht_record record = { .type = OHT_RECORD_COMPLETION };
	struct oht_completion *done = &record.completion;
	unsigned int i;

	done->cookie = cookie;
	done->status = status;
	done->detail = detail;
	done->attempts = 1;
	done->unit = fake.transfer.unit;
	done->function = fake.transfer.function;
	done->count = fake.transfer.count;
	done->turnaround_ns = 1750000;
	for (i = 0; i < done->count && i < OHT_WORDS_MAX; i++)
		done->words[i] = first_word + i;
	fake_push(&record);
}

void fake_safety(uint32_t kind, uint32_t cause, uint8_t from, uint8_t to)
{
	struct oht_record record = { .type = OHT_RECORD_SAFETY };

	record.safety.journal_seq = ++fake.stop.journal_seq;
	record.safety.event_ns = fake.now_ns;
	if (kind == OHT_SAFETY_STOP)
		fake.low_ns = fake.now_ns + 3000;
	if (kind == OHT_SAFETY_STOP || kind == OHT_SAFETY_OPENED)
		record.safety.low_ns = fake.low_ns;
	record.safety.causes = fake.stop.causes;
	record.safety.tag = fake.command.tag;
	record.safety.cause = cause;
	record.safety.kind = kind;
	record.safety.state_from = from;
	record.safety.state_to = to;
	record.safety.inputs = fake.stop.inputs;
	record.safety.outputs = fake.stop.outputs;
	fake.journal[record.safety.journal_seq % FAKE_JOURNAL] = record;
	if (fake.subscribed & OHT_SUBSCRIBE_SAFETY)
		fake_push(&record);
}

static int subscribe(const struct oht_subscribe *wanted)
{
	uint64_t seq = wanted->safety_from, newest = fake.stop.journal_seq;

	if (seq > newest + 1)
		return EINVAL;
	fake.subscribed = wanted->mask;
	if (seq && newest >= seq + FAKE_JOURNAL)
		seq = newest - FAKE_JOURNAL + 1;
	for (; seq && seq <= newest; seq++)
		fake_push(&fake.journal[seq % FAKE_JOURNAL]);
	return 0;
}

void fake_unknown_record(void)
{
	struct oht_record record = { .type = 77 };

	fake_push(&record);
}

/* ---- bus ---- */

static struct oht_completion *complete(int status, uint8_t detail)
{
	struct oht_record *record;

	fake_complete(fake.transfer.cookie, status, detail, 0);
	record = (struct oht_record *)fake.records[(fake.last_record - 1) % RECORDS_MAX];
	memset(record->completion.words, 0, sizeof(record->completion.words));
	return &record->completion;
}

static void exception(uint8_t code)
{
	complete(-EREMOTEIO, OHT_DETAIL_EXCEPTION)->exception = code;
}

static void read_registers(void)
{
	const struct oht_transfer *t = &fake.transfer;

	memcpy(complete(0, OHT_DETAIL_OK)->words, &fake.words[t->unit][t->address],
	       t->count * sizeof(uint16_t));
}

static void read_coils(void)
{
	const struct oht_transfer *t = &fake.transfer;
	struct oht_completion *done = complete(0, OHT_DETAIL_OK);
	unsigned int i;

	for (i = 0; i < t->count; i++)
		done->words[i / 16] |= fake.coils[t->address + i] << i % 16;
}

/* What a transfer writes, into one unit. */
static void write_into(unsigned int unit)
{
	const struct oht_transfer *t = &fake.transfer;
	const uint16_t *words = fake.transfer_words;
	uint16_t *to = &fake.words[unit][t->address];
	unsigned int i;

	switch (t->function) {
	case 5:
	case 15:
		for (i = 0; i < t->count; i++)
			fake.coils[t->address + i] = words[i / 16] >> i % 16 & 1;
		break;
	case 22:
		*to = (*to & words[0]) | (words[1] & ~words[0]);
		break;
	case 23:
		memcpy(&fake.words[unit][t->write_address], words, t->write_count * 2u);
		break;
	default:
		memcpy(to, words, t->count * sizeof(uint16_t));
	}
}

static void answer_pdu(void)
{
	struct oht_completion *done;

	if (!fake.pdu_bytes) {
		exception(1);
		return;
	}
	done = complete(0, OHT_DETAIL_OK);
	done->flags = OHT_COMPLETION_PDU;
	done->function = fake.pdu[0];
	done->count = fake.pdu_bytes;
	memcpy(done->pdu, fake.pdu, fake.pdu_bytes);
}

static void broadcast(void)
{
	unsigned int unit;

	for (unit = 1; unit < FAKE_UNITS; unit++)
		if (fake.present[unit] && fake.transfer.function)
			write_into(unit);
	complete(0, OHT_DETAIL_OK)->turnaround_ns = 0;
}

static void answer(void)
{
	const struct oht_transfer *t = &fake.transfer;

	if (fake.disturbed) {
		complete(-EPROTO, OHT_DETAIL_UNIT);
	} else if (!t->unit) {
		broadcast();
	} else if (!fake.present[t->unit]) {
		fake.now_ns += t->timeout_us * 1000LL * (1 + t->retries);
		complete(-ETIMEDOUT, OHT_DETAIL_TIMEOUT);
	} else if (t->function == 43 || t->flags & OHT_TRANSFER_RAW) {
		answer_pdu();
	} else if (t->address + t->count > FAKE_REGISTERS) {
		exception(2);
	} else if (t->function == 1 || t->function == 2) {
		read_coils();
	} else if (t->function == 3 || t->function == 4) {
		read_registers();
	} else {
		write_into(t->unit);
		if (t->function == 23)
			read_registers();
		else
			complete(0, OHT_DETAIL_OK);
	}
}

/* How many words the kernel fetches; what it would refuse for its form fails the test. */
static unsigned int words_sent(const struct oht_transfer *t)
{
	switch (t->function) {
	case 5:
	case 6:
	case 16:
		return t->count;
	case 15:
		return (t->count + 15u) / 16;
	case 22:
		return 2;
	case 23:
		return t->write_count;
	default:
		return 0;
	}
}

void fake_add_unit(uint8_t unit, uint16_t type)
{
	fake.present[unit] = true;
	fake.words[unit][0x0100] = unit;
	fake.words[unit][0x0104] = type;
	fake.words[unit][0x0105] = 0x0102;
}

static int do_submit(struct oht_transfer *t)
{
	const void *from = (const void *)(uintptr_t)t->words;
	bool raw = t->flags & OHT_TRANSFER_RAW;

	assert_int_equal(t->size, sizeof(*t));
	assert_true((words_sent(t) || raw) == !!from);
	assert_true(t->function == 23 || !(t->write_address | t->write_count));
	assert_true(!raw || !(t->function | t->address));
	if (t->unit >= FAKE_UNITS)
		return EINVAL;
	fake.submits++;
	t->cookie = fake.next_cookie++;
	fake.transfer = *t;
	if (raw)
		memcpy(fake.transfer_pdu, from, t->count);
	else if (from)
		memcpy(fake.transfer_words, from, words_sent(t) * sizeof(uint16_t));
	if (fake.on_submit)
		fake.on_submit();
	if (!fake.hold)
		answer();
	return 0;
}

static int do_cancel(const struct oht_cancel *cancel)
{
	assert_int_equal(cancel->size, sizeof(*cancel));
	assert_int_equal(cancel->flags, 0);
	fake.cancelled = cancel->cookie;
	return cancel->cookie < fake.next_cookie ? 0 : ENOENT;
}

/* ---- the stop ---- */

static void enter(uint32_t state, uint32_t kind, uint32_t cause)
{
	uint8_t from = fake.stop.state;

	fake.stop.state = state;
	fake.stop.since_ns = fake.now_ns;
	fake.stop.outputs = state == OHT_ESTOP_ENABLED ? 3 : 0;
	fake_safety(kind, cause, from, state);
}

void fake_stop(uint32_t cause)
{
	if (fake.stop.state != OHT_ESTOP_STOPPED) {
		fake.stop.causes = 0;
		fake.stop.first_cause = cause;
	}
	fake.stop.causes |= OHT_CAUSE_BIT(cause);
	enter(OHT_ESTOP_STOPPED, OHT_SAFETY_STOP, cause);
}

static int do_reset(struct oht_command *command)
{
	if (fake.info.caps & OHT_CAP_RESET_BUTTON)
		return EREMOTE;
	if (fake.stop.state != OHT_ESTOP_STOPPED)
		return EINVAL;
	command->blocking = fake.stop.standing;
	if (fake.stop.standing)
		return EBUSY;
	fake.stop.causes = 0;
	fake.stop.first_cause = OHT_CAUSE_NONE;
	enter(OHT_ESTOP_READY, OHT_SAFETY_RESET, OHT_CAUSE_NONE);
	return 0;
}

static int do_enable(struct oht_command *command)
{
	command->blocking = fake.stop.causes;
	if (fake.stop.state != OHT_ESTOP_READY)
		return ECANCELED;
	command->blocking = fake.missing;
	if (fake.missing)
		return EBUSY;
	enter(OHT_ESTOP_ENABLED, OHT_SAFETY_ENABLE, OHT_CAUSE_NONE);
	return 0;
}

static int do_disable(void)
{
	if (fake.stop.state != OHT_ESTOP_ENABLED)
		return ECANCELED;
	enter(OHT_ESTOP_READY, OHT_SAFETY_DISABLE, OHT_CAUSE_NONE);
	return 0;
}

static int do_command(unsigned long number, struct oht_command *command)
{
	assert_int_equal(command->size, sizeof(*command));
	assert_int_equal(command->flags | command->reserved[0] | command->reserved[1], 0);
	fake.command = *command;
	if (number == OHT_IOC_STOP) {
		fake_stop(OHT_CAUSE_SOFTWARE);
		return 0;
	}
	if (!(fake.stop.flags & OHT_ESTOP_IS_CONTROLLER))
		return EPERM;
	switch (number) {
	case OHT_IOC_RESET:
		return do_reset(command);
	case OHT_IOC_ENABLE:
		return do_enable(command);
	case OHT_IOC_DISABLE:
		return do_disable();
	default:
		fake.heartbeats++;
		return 0;
	}
}

static int take_control(struct oht_control *control)
{
	if (fake.stop.flags & OHT_ESTOP_HAS_CONTROLLER)
		return EBUSY;
	if (!control->deadman_ms)
		control->deadman_ms = fake.info.deadman_default_ms;
	if (control->deadman_ms < fake.info.deadman_min_ms ||
	    control->deadman_ms > fake.info.deadman_max_ms)
		return EINVAL;
	fake.stop.flags = OHT_ESTOP_HAS_CONTROLLER | OHT_ESTOP_IS_CONTROLLER;
	fake.stop.deadman_ms = control->deadman_ms;
	fake.stop.controller_tgid = OUR_TGID;
	fake_safety(OHT_SAFETY_CONTROL, 0, fake.stop.state, fake.stop.state);
	return 0;
}

static int do_control(struct oht_control *control)
{
	assert_int_equal(control->size, sizeof(*control));
	assert_int_equal(control->reserved, 0);
	if (control->action == OHT_CONTROL_TAKE)
		return take_control(control);
	assert_int_equal(control->action, OHT_CONTROL_RELEASE);
	assert_int_equal(control->deadman_ms, 0);
	if (!(fake.stop.flags & OHT_ESTOP_IS_CONTROLLER))
		return EPERM;
	fake.farewells++;
	fake.stop.flags = 0;
	fake.stop.controller_tgid = 0;
	fake_stop(OHT_CAUSE_FAREWELL);
	return 0;
}

static int do_status(struct oht_estop_status *status)
{
	assert_int_equal(status->size, sizeof(*status));
	*status = fake.stop;
	status->size = sizeof(*status);
	return 0;
}

static int do_telegrams(const struct oht_telegrams *telegrams)
{
	static const struct oht_telegram none;
	unsigned int i;

	assert_int_equal(telegrams->size, sizeof(*telegrams));
	assert_int_equal(telegrams->flags | telegrams->reserved, 0);
	assert_in_range(telegrams->count, 0, OHT_TELEGRAMS_MAX);
	for (i = telegrams->count; i < OHT_TELEGRAMS_MAX; i++)
		assert_memory_equal(&telegrams->list[i], &none, sizeof(none));
	if (!(fake.stop.flags & OHT_ESTOP_IS_CONTROLLER))
		return EPERM;
	fake.telegrams = *telegrams;
	fake.telegram_status.set = telegrams->count;
	return 0;
}

static int do_telegram_status(struct oht_telegram_status *status)
{
	assert_int_equal(status->size, sizeof(*status));
	*status = fake.telegram_status;
	status->size = sizeof(*status);
	return 0;
}

/* ---- the system calls ---- */

static int fake_open(const char *path, int flags)
{
	if (fake.open_error) {
		errno = fake.open_error;
		return -1;
	}
	snprintf(fake.path, sizeof(fake.path), "%s", path);
	fake.open_flags = flags;
	fake.read_only = (flags & O_ACCMODE) == O_RDONLY;
	fake.opens++;
	return FAKE_FD;
}

static int fake_close(int fd)
{
	assert_int_equal(fd, FAKE_FD);
	fake.closes++;
	if (fake.stop.flags & OHT_ESTOP_IS_CONTROLLER)
		fake_stop(OHT_CAUSE_CLOSE);
	fake.stop.flags &= ~OHT_ESTOP_IS_CONTROLLER;
	return 0;
}

static int do_ioctl(unsigned long number, void *argument)
{
	switch (number) {
	case OHT_IOC_INFO:
		assert_int_equal(*(uint32_t *)argument, sizeof(struct oht_info));
		*(struct oht_info *)argument = fake.info;
		return 0;
	case OHT_IOC_ESTOP_STATUS:
		return do_status(argument);
	case OHT_IOC_TELEGRAM_STATUS:
		return do_telegram_status(argument);
	case OHT_IOC_SUBSCRIBE:
		return subscribe(argument);
	case OHT_IOC_MODULE_GET:
	case OHT_IOC_PLAN_STATUS:
		return fake_plan_ioctl(number, argument);
	}
	if (fake.read_only)
		return EBADF;
	switch (number) {
	case OHT_IOC_SUBMIT:
		return do_submit(argument);
	case OHT_IOC_CANCEL:
		return do_cancel(argument);
	case OHT_IOC_CONTROL:
		return do_control(argument);
	case OHT_IOC_TELEGRAMS:
		return do_telegrams(argument);
	case OHT_IOC_SELF_TEST:
		((struct oht_self_test *)argument)->failed = fake.test_failed;
		return 0;
	case OHT_IOC_STOP:
	case OHT_IOC_RESET:
	case OHT_IOC_ENABLE:
	case OHT_IOC_DISABLE:
	case OHT_IOC_HEARTBEAT:
		return do_command(number, argument);
	default:
		return fake_plan_ioctl(number, argument);
	}
}

static int fake_ioctl(int fd, unsigned long number, void *argument)
{
	int error;

	assert_int_equal(fd, FAKE_FD);
	if (fake.fail_error && fake.fail_number == number) {
		error = fake.fail_error;
		fake.fail_error = 0;
	} else {
		error = fake.gone ? ENODEV : do_ioctl(number, argument);
	}
	if (!error)
		return 0;
	errno = error;
	return -1;
}

static ssize_t fake_read(int fd, void *buffer, size_t bytes)
{
	uint8_t *to = buffer;

	assert_int_equal(fd, FAKE_FD);
	while (fake.first_record != fake.last_record &&
	       (size_t)(to - (uint8_t *)buffer) + fake.record_bytes <= bytes) {
		memcpy(to, fake.records[fake.first_record++ % RECORDS_MAX], fake.record_bytes);
		to += fake.record_bytes;
	}
	if (to != (uint8_t *)buffer) {
		to -= fake.cut_bytes;
		fake.cut_bytes = 0;
		return to - (uint8_t *)buffer;
	}
	if (fake.gone)
		return 0;
	errno = EAGAIN;
	return -1;
}

static int fake_poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
	assert_int_equal(count, 1);
	assert_int_equal(fds->fd, FAKE_FD);
	fake.polls++;
	if (fake.on_poll)
		fake.on_poll();
	if (fake.poll_error) {
		errno = fake.poll_error;
		fake.poll_error = 0;
		return -1;
	}
	if (fake.first_record != fake.last_record || fake.gone)
		return 1;
	/* A wait without end that nothing ends would hang for ever. */
	assert_true(timeout_ms >= 0);
	fake.now_ns += timeout_ms * NS_PER_MS;
	return 0;
}

static int64_t fake_monotonic_ns(void)
{
	return fake.now_ns;
}

static const struct oht_sys fake_sys = {
	.open = fake_open,
	.close = fake_close,
	.ioctl = fake_ioctl,
	.read = fake_read,
	.poll = fake_poll,
	.monotonic_ns = fake_monotonic_ns,
	.map = fake_map,
	.unmap = fake_unmap,
};

void fake_install(void)
{
	memset(&fake, 0, sizeof(fake));
	fake.info = (struct oht_info){
		.size = sizeof(struct oht_info),
		.abi_version = OHT_ABI_VERSION,
		.caps = OHT_CAP_EXACT_TIMING | OHT_CAP_ESTOP | OHT_CAP_CHANNEL_B | OHT_CAP_BUS,
		.port = "pl011",
		.baud_bps = 115200,
		.char_bits = 10,
		.baud_effective_mbps = 115384615,
		.stop_bits = 1,
		.char_ns = 86667,
		.t15_ns = 750000,
		.t35_ns = 1750000,
		.turnaround_max_us = 1000000,
		.deadman_min_ms = 10,
		.deadman_max_ms = 10000,
		.deadman_default_ms = 100,
		.supervision_period_us = 2000,
		.reset_stable_ms = 500,
		.discrepancy_window_ms = 500,
		.feedback_settle_ms = 50,
		.cpu_stall_us = 4000,
	};
	fake_plan_install();
	fake.stop.causes = OHT_CAUSE_BIT(OHT_CAUSE_START);
	fake.stop.first_cause = OHT_CAUSE_START;
	fake.stop.inputs = OHT_INPUT_A | OHT_INPUT_B;
	fake.now_ns = 5000 * NS_PER_MS;
	fake.stop.since_ns = fake.stop.closed_since_ns = 1000 * NS_PER_MS;
	fake.record_bytes = sizeof(struct oht_record);
	fake.next_seq = 1;
	fake.next_cookie = 1;
	oht_sys = &fake_sys;
}
