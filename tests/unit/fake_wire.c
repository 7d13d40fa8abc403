// SPDX-License-Identifier: GPL-2.0-or-later
/* The fake device's bus: one transfer at a time, each ends when its time is over. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fake_device.h"
#include "fake_rules.h"

#define TURNAROUND_NS	1750000
#define REQUEST_CHARS	8

/* ---- how a transfer ends ---- */

static struct oht_record result_of(const struct fake_job *job, int status, uint8_t detail)
{
	struct oht_record record = { .type = OHT_RECORD_COMPLETION };
	struct oht_completion *done = &record.completion;
	bool raw = job->transfer.flags & OHT_TRANSFER_RAW;

	done->cookie = job->transfer.cookie;
	done->status = status;
	done->detail = detail;
	done->attempts = job->begun;
	done->unit = job->transfer.unit;
	done->function = raw ? ((const uint8_t *)job->words)[0] : job->transfer.function;
	done->count = job->transfer.count;
	if (raw || done->function == 43) {
		done->flags = OHT_COMPLETION_PDU;
		done->count = 0;
	}
	return record;
}

static void end(struct fake_job *job, const struct oht_record *record)
{
	job->used = false;
	if (fake.running == job)
		fake.running = NULL;
	fake_tell_file(job->file, record);
}

static void end_as(struct fake_job *job, int status, uint8_t detail)
{
	const struct oht_record record = result_of(job, status, detail);

	end(job, &record);
}

static struct fake_job *find(int file, uint64_t cookie)
{
	struct fake_job *job;

	for (job = fake.jobs; job < fake.jobs + FAKE_JOBS; job++)
		if (job->used && (file < 0 || job->file == file) && job->transfer.cookie == cookie)
			return job;
	return NULL;
}

void fake_complete(uint64_t cookie, int status, uint8_t detail, uint16_t first_word)
{
	struct fake_job *job = find(-1, cookie);
	struct oht_record record;
	unsigned int i;

	assert_non_null(job);
	job->begun = true;
	record = result_of(job, status, detail);
	record.completion.turnaround_ns = TURNAROUND_NS;
	for (i = 0; i < record.completion.count && i < OHT_WORDS_MAX; i++)
		record.completion.words[i] = first_word + i;
	end(job, &record);
}

/* ---- what a unit does ---- */

static void write_into(const struct fake_job *job, unsigned int unit)
{
	const struct oht_transfer *t = &job->transfer;
	uint16_t *to = &fake.words[unit][t->address];
	const uint16_t *words = job->words;
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

static void read_from(const struct oht_transfer *t, struct oht_completion *done)
{
	unsigned int i;

	if (t->function == 3 || t->function == 4 || t->function == 23)
		memcpy(done->words, &fake.words[t->unit][t->address], t->count * sizeof(uint16_t));
	if (t->function == 1 || t->function == 2)
		for (i = 0; i < t->count; i++)
			done->words[i / 16] |= fake.coils[t->address + i] << i % 16;
}

static void answer_pdu(struct fake_job *job)
{
	struct oht_record record;

	if (!fake.pdu_bytes) {
		record = result_of(job, -EREMOTEIO, OHT_DETAIL_EXCEPTION);
		record.completion.exception = 1;
	} else {
		record = result_of(job, 0, OHT_DETAIL_OK);
		record.completion.count = fake.pdu_bytes;
		memcpy(record.completion.pdu, fake.pdu, fake.pdu_bytes);
	}
	record.completion.turnaround_ns = TURNAROUND_NS;
	end(job, &record);
}

static void broadcast(struct fake_job *job)
{
	unsigned int unit;

	for (unit = 1; unit < FAKE_UNITS; unit++)
		if (fake.present[unit] && job->transfer.function &&
		    job->transfer.address + job->transfer.count <= FAKE_REGISTERS)
			write_into(job, unit);
	end_as(job, 0, OHT_DETAIL_OK);
}

static bool is_beyond(const struct oht_transfer *t)
{
	return t->address + t->count > FAKE_REGISTERS ||
	       t->write_address + t->write_count > FAKE_REGISTERS;
}

static void answer(struct fake_job *job)
{
	const struct oht_transfer *t = &job->transfer;
	struct oht_record record;

	record = result_of(job, 0, OHT_DETAIL_OK);
	record.completion.turnaround_ns = TURNAROUND_NS;
	if (is_beyond(t)) {
		record.completion.status = -EREMOTEIO;
		record.completion.detail = OHT_DETAIL_EXCEPTION;
		record.completion.exception = 2;
	} else {
		if (fake_rules_writes(t->function))
			write_into(job, t->unit);
		read_from(t, &record.completion);
	}
	end(job, &record);
}

static void end_in_time(struct fake_job *job)
{
	const struct oht_transfer *t = &job->transfer;
	struct oht_record record;

	fake.transfer = *t;
	if (fake.on_answer)
		fake.on_answer();
	if (fake.disturbed) {
		end_as(job, -EPROTO, OHT_DETAIL_UNIT);
	} else if (!t->unit) {
		broadcast(job);
	} else if (!fake.present[t->unit]) {
		record = result_of(job, -ETIMEDOUT, OHT_DETAIL_TIMEOUT);
		record.completion.attempts = 1 + t->retries;
		end(job, &record);
	} else if (t->function == 43 || t->flags & OHT_TRANSFER_RAW) {
		answer_pdu(job);
	} else {
		answer(job);
	}
}

/* ---- the line ---- */

static int64_t duration_ns(const struct oht_transfer *t)
{
	int64_t once_ns = REQUEST_CHARS * fake.info.char_ns + fake.info.t35_ns;

	if (!t->unit)
		return once_ns + t->timeout_us * 1000LL;
	if (!fake.present[t->unit])
		return (once_ns + t->timeout_us * 1000LL) * (1 + t->retries);
	return once_ns + TURNAROUND_NS + (5 + 2 * (t->count + t->write_count)) * fake.info.char_ns;
}

/* Highest class first, then first come. */
static struct fake_job *next_job(void)
{
	struct fake_job *best = NULL, *job;

	for (job = fake.jobs; job < fake.jobs + FAKE_JOBS; job++)
		if (job->used &&
		    (!best || job->transfer.priority < best->transfer.priority ||
		     (job->transfer.priority == best->transfer.priority && job->order < best->order)))
			best = job;
	return best;
}

static bool moves(const struct oht_transfer *t)
{
	return t->flags & OHT_TRANSFER_RAW || fake_rules_writes(t->function);
}

static unsigned int enabled(void)
{
	return fake.stop.state == OHT_ESTOP_ENABLED ? fake.enables : 0;
}

/* OHT_DETAIL_OK, or why it may not be sent. */
static uint8_t refusal_of(const struct fake_job *job)
{
	bool needs_enabled = !(job->transfer.flags & OHT_TRANSFER_WHILE_STOPPED);

	if (enabled() && fake_rules_is_reserved(job->transfer.unit))
		return OHT_DETAIL_NOT_CONTROLLER;
	if (!moves(&job->transfer))
		return OHT_DETAIL_OK;
	if (needs_enabled && (!enabled() || job->enabled != enabled()))
		return OHT_DETAIL_STOPPED;
	if (enabled() && (!job->session || job->session != fake.sessions))
		return OHT_DETAIL_NOT_CONTROLLER;
	return OHT_DETAIL_OK;
}

/* Ends it if it may not be sent. */
static bool refuse(struct fake_job *job)
{
	uint8_t refusal = refusal_of(job);

	if (refusal)
		end_as(job, refusal == OHT_DETAIL_STOPPED ? -ECANCELED : -EPERM, refusal);
	return refusal;
}

static void begin_next(void)
{
	struct fake_job *job;

	while (!fake.hold && !fake.running && fake.now_ns >= fake.ends_ns && (job = next_job())) {
		if (refuse(job))
			continue;
		job->begun = true;
		fake.running = job;
		fake.ends_ns = fake.now_ns + duration_ns(&job->transfer);
	}
}

void fake_wire_run(void)
{
	if (!fake.hold && fake.running && fake.now_ns >= fake.ends_ns)
		end_in_time(fake.running);
	begin_next();
}

int64_t fake_wire_next_ns(void)
{
	return !fake.hold && (fake.running || next_job()) ? fake.ends_ns : INT64_MAX;
}

void fake_wire_abort(bool gone)
{
	struct fake_job *job;

	for (job = fake.jobs; job < fake.jobs + FAKE_JOBS; job++) {
		if (!job->used)
			continue;
		if (gone)
			end_as(job, -ENODEV, OHT_DETAIL_GONE);
		else if (moves(&job->transfer))
			end_as(job, -ECANCELED, OHT_DETAIL_STOPPED);
	}
}

void fake_wire_forget(int file)
{
	struct fake_job *job;

	for (job = fake.jobs; job < fake.jobs + FAKE_JOBS; job++)
		if (job->used && job->file == file) {
			job->used = false;
			if (fake.running == job)
				fake.running = NULL;
		}
}

/* ---- calls ---- */

void fake_add_unit(uint8_t unit, uint16_t type)
{
	fake.present[unit] = true;
	fake.words[unit][0x0100] = unit;
	fake.words[unit][0x0104] = type;
	fake.words[unit][0x0105] = 0x0102;
}

/* Without a time-out of its own it is that of its unit. */
static int fill(struct oht_transfer *t)
{
	const struct oht_unit_status *unit = &fake.units[t->unit];

	if (t->timeout_us)
		return 0;
	if (t->retries || !(unit->flags & OHT_UNIT_CONFIGURED))
		return EINVAL;
	t->timeout_us = unit->timeout_us;
	t->retries = unit->retries;
	return 0;
}

/* The controller finds places when everybody else has taken theirs. */
static bool is_full(int file, const struct oht_transfer *t)
{
	unsigned int max = OHT_DEVICE_TRANSFERS_MAX, writes_max = OHT_DEVICE_WRITES_MAX;
	unsigned int held = 0, writes = 0, i;

	if (!fake_is_controller(file)) {
		max -= OHT_CONTROLLER_TRANSFERS;
		writes_max -= OHT_CONTROLLER_WRITES;
	}
	for (i = 0; i < FAKE_JOBS; i++) {
		held += fake.jobs[i].used;
		writes += fake.jobs[i].used && moves(&fake.jobs[i].transfer);
	}
	return held >= max || (moves(t) && writes >= writes_max);
}

/* Of a register, at 115200 baud. */
#define FAKE_WORD_US	174

static int do_submit(int file, struct oht_transfer *t)
{
	const void *from = (const void *)(uintptr_t)t->words;
	struct fake_job *job = fake.jobs;
	struct oht_transfer filled;
	int error;

	if (!(fake.info.caps & OHT_CAP_BUS))
		return EOPNOTSUPP;
	error = fake_rules_transfer(t);
	if (error)
		return error;
	if (fake.files[file].transfers == OHT_TRANSFERS_MAX || is_full(file, t))
		return EAGAIN;
	if (enabled() && (fake_rules_is_reserved(t->unit) || (moves(t) && !fake_is_controller(file))))
		return EPERM;
	filled = *t;
	error = fill(&filled);
	if (error)
		return error;
	/* Of what it may take only the time-out, which is nearly all. */
	if (fake.plan.figures.hold_max_ns && filled.timeout_us * 1000ull > fake.plan.figures.hold_max_ns)
		return EDQUOT;
	/* Of what keeps a stop from the bus only the registers. */
	if (enabled() && fake.plan.stop_budget_us && t->count * FAKE_WORD_US > fake.plan.stop_budget_us)
		return EDQUOT;
	fake.files[file].transfers++;
	fake.submits++;
	filled.cookie = t->cookie = ++fake.files[file].cookies;
	fake.transfer = *t;
	while (job->used)
		job++;
	*job = (struct fake_job){ .used = true, .file = file, .order = ++fake.order,
				  .transfer = filled, .enabled = enabled(),
				  .session = fake_is_controller(file) ? fake.sessions : 0 };
	if (t->flags & OHT_TRANSFER_RAW) {
		memcpy(fake.transfer_pdu, from, t->count);
		memcpy(job->words, from, t->count < sizeof(job->words) ? t->count : sizeof(job->words));
	} else if (from) {
		memcpy(fake.transfer_words, from, fake_rules_words_sent(t) * sizeof(uint16_t));
		memcpy(job->words, from, fake_rules_words_sent(t) * sizeof(uint16_t));
	}
	/* Not enabled: it does not even wait. */
	if (!refuse(job))
		begin_next();
	return 0;
}

static int do_cancel(int file, const struct oht_cancel *cancel)
{
	struct fake_job *job;

	if (cancel->flags)
		return EINVAL;
	job = find(file, cancel->cookie);
	if (!job)
		return ENOENT;
	fake.cancelled = cancel->cookie;
	/* The line stays busy until its answer would have come. */
	end_as(job, -EINTR, OHT_DETAIL_CANCELLED);
	return 0;
}

int fake_wire_ioctl(int file, unsigned long number, void *argument)
{
	return number == OHT_IOC_SUBMIT ? do_submit(file, argument) : do_cancel(file, argument);
}
