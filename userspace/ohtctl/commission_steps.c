// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The checklist of docs/safety.md, "Commissioning". No step asks a person whether something was so: it
 * passes when the driver has recorded it.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "cli.h"
#include "commission.h"
#include "common/sysfs.h"
#include "oht_telegram.h"
#include "safety.h"
#include "show.h"

#define OUTPUTS		(OHT_OUT_ENABLE_1 | OHT_OUT_ENABLE_2)

static bool disagrees(const struct commission *walk)
{
	return commission_record(walk, OHT_KIND_STOP, OHT_STOPPED_BY_DISCREPANCY);
}

static bool has_opened(const struct commission *walk)
{
	return commission_record(walk, OHT_KIND_OPENED, OHT_STOPPED_BY_NOTHING);
}

static enum step_result step_present(struct commission *walk)
{
	enum step_result result;

	commission_ask(walk, "see that nobody is near the machine: its enable outputs will rise; "
		       "then press the emergency stop");
	result = commission_wait_person(walk, commission_all_open);
	if (result == STEP_FAILED && !*walk->remark)
		return commission_fail(walk, "not all channels were seen open");
	if (result != STEP_PASSED)
		return result;
	commission_ask(walk, "release it");
	return commission_wait_released(walk);
}

static enum step_result step_self_test(struct commission *walk)
{
	enum step_result result;
	uint32_t failed = 0, test;

	/* A reset by button may have made it ready; and contacts want to settle first. */
	if (walk->status.state != OHT_STATE_STOPPED &&
	    oht_dev_stop(walk->cli->dev, safety_our_tag()))
		return commission_fail_errno(walk, "stop");
	result = commission_wait(walk, NULL, walk->info.feedback_settle_ms + 50);
	if (result != STEP_PASSED)
		return result;
	if (oht_dev_self_test(walk->cli->dev, &failed))
		return commission_fail_errno(walk, "self-test");
	for (test = 0; test < 32; test++)
		if (failed & (1U << test))
			return commission_fail(walk, "%s", oht_test_text(test));
	return STEP_PASSED;
}

static enum step_result one_channel(struct commission *walk, char letter, uint32_t own,
				    uint32_t other)
{
	enum step_result result;

	if (!(walk->info.caps & OHT_HAS_CHANNEL_B))
		return commission_skip(walk, "the stop has one channel only");
	result = commission_make_enabled(walk);
	if (result != STEP_PASSED)
		return result;
	commission_ask(walk, "open channel %c alone: take its wire off, the other stays", letter);
	result = commission_wait_ended(walk, oht_cause_mask(own));
	if (result != STEP_PASSED)
		return result;
	result = commission_wait(walk, disagrees, walk->info.discrepancy_window_ms + COMMISSION_SLACK_MS);
	if (result == STEP_INTERRUPTED)
		return result;
	if (commission_record(walk, OHT_KIND_STOP, other))
		return commission_fail(walk, "the other channel opened as well");
	if (result != STEP_PASSED)
		return commission_fail(walk, "the disagreement of the channels was not noticed");
	commission_ask(walk, "put it back, then press the emergency stop and release it");
	return commission_wait_released(walk);
}

static enum step_result step_channel_a(struct commission *walk)
{
	return one_channel(walk, 'a', OHT_STOPPED_BY_BUTTON_A, OHT_STOPPED_BY_BUTTON_B);
}

static enum step_result step_channel_b(struct commission *walk)
{
	return one_channel(walk, 'b', OHT_STOPPED_BY_BUTTON_B, OHT_STOPPED_BY_BUTTON_A);
}

/* While it is pressed a reset must be refused, with the button named. */
static enum step_result check_reset_refused(struct commission *walk, uint64_t buttons)
{
	uint64_t blocking = 0;

	if (!oht_dev_reset(walk->cli->dev, safety_our_tag(), &blocking))
		return commission_fail(walk, "a reset was accepted with the button pressed");
	if (errno == ENODEV)
		return commission_fail_errno(walk, "reset");
	if (errno == EREMOTE || (errno == EBUSY && blocking & buttons))
		return STEP_PASSED;
	return commission_fail(walk, "a reset was refused, but not because of the button");
}

static enum step_result step_button(struct commission *walk)
{
	uint64_t buttons = oht_cause_mask(OHT_STOPPED_BY_BUTTON_A) |
			   oht_cause_mask(OHT_STOPPED_BY_BUTTON_B);
	enum step_result result = commission_make_enabled(walk);

	if (result != STEP_PASSED)
		return result;
	commission_ask(walk, "press the emergency stop and leave it pressed");
	result = commission_wait_ended(walk, buttons);
	if (result != STEP_PASSED)
		return result;
	result = commission_wait(walk, commission_all_open, walk->info.discrepancy_window_ms + COMMISSION_SLACK_MS);
	if (result == STEP_FAILED)
		return commission_fail(walk, "only one channel has opened");
	if (result == STEP_PASSED && disagrees(walk))
		return commission_fail(walk, "the channels did not open together");
	return result == STEP_PASSED ? check_reset_refused(walk, buttons) : result;
}

static enum step_result step_release(struct commission *walk)
{
	enum step_result result;

	commission_ask(walk, "release the emergency stop, and touch nothing else");
	result = commission_wait_released(walk);
	if (result == STEP_PASSED)
		result = commission_wait(walk, NULL, walk->info.reset_stable_ms);
	if (result != STEP_PASSED)
		return result;
	if (walk->status.state != OHT_STATE_STOPPED || walk->status.outputs)
		return commission_fail(walk, "the release alone has ended the stop");
	return STEP_PASSED;
}

static enum step_result step_reset(struct commission *walk)
{
	const struct oht_safety_event *record;
	enum step_result result = commission_make_ready(walk);

	if (result != STEP_PASSED)
		return result;
	record = commission_record(walk, OHT_KIND_RESET, OHT_STOPPED_BY_NOTHING);
	if (!record)
		return commission_fail(walk, "the reset is not in the journal");
	if (record->outputs || walk->status.outputs)
		return commission_fail(walk, "the reset alone has raised an output");
	if (walk->info.caps & OHT_HAS_RESET_BUTTON && record->tgid)
		return commission_fail(walk, "a program has reset, not the button");
	return STEP_PASSED;
}

/* Contacts must follow within their settle time, or the driver stops by itself. */
static enum step_result step_enable(struct commission *walk)
{
	uint32_t contacts = walk->info.caps & OHT_HAS_FEEDBACK ?
			    OHT_IN_FEEDBACK_1 | OHT_IN_FEEDBACK_2 : 0;
	const struct oht_safety_event *ended;
	enum step_result result = commission_make_enabled(walk);

	if (result == STEP_PASSED)
		result = commission_wait(walk, NULL, walk->info.feedback_settle_ms + 500);
	if (result != STEP_PASSED)
		return result;
	ended = commission_ended(walk);
	if (ended)
		return commission_fail(walk, "stopped again by %s", oht_cause_name(ended->cause));
	if ((walk->status.outputs & OUTPUTS) != OUTPUTS)
		return commission_fail(walk, "not both outputs are high");
	if (contacts && !(walk->status.inputs & contacts))
		return commission_fail(walk, "no contact behind the outputs is closed");
	return STEP_PASSED;
}

static enum step_result step_software(struct commission *walk)
{
	struct oht_stop_telegrams telegrams = { 0 };
	enum step_result result = commission_make_enabled(walk);

	if (result != STEP_PASSED)
		return result;
	if (!oht_dev_telegrams(walk->cli->dev, &telegrams))
		walk->telegram_runs = telegrams.runs;
	if (oht_dev_stop(walk->cli->dev, safety_our_tag()))
		return commission_fail_errno(walk, "stop");
	result = commission_wait(walk, commission_has_ended, COMMISSION_SLACK_MS);
	if (result == STEP_FAILED)
		return commission_fail(walk, "the stop is not in the journal");
	return result == STEP_PASSED ?
	       commission_check_ended(walk, oht_cause_mask(OHT_STOPPED_BY_SOFTWARE)) : result;
}

static enum step_result step_contacts(struct commission *walk)
{
	const struct oht_safety_event *opened;
	enum step_result result;
	double after_ms;

	if (!(walk->info.caps & OHT_HAS_FEEDBACK))
		return commission_skip(walk, "no contacts are read back");
	result = commission_make_enabled(walk);
	if (result == STEP_PASSED)
		result = commission_wait(walk, NULL, walk->info.feedback_settle_ms + 50);
	if (result != STEP_PASSED)
		return result;
	if (oht_dev_stop(walk->cli->dev, safety_our_tag()))
		return commission_fail_errno(walk, "stop");
	result = commission_wait(walk, has_opened, walk->info.feedback_settle_ms + COMMISSION_SLACK_MS);
	if (result == STEP_FAILED)
		return commission_fail(walk, "the contacts were not seen to open");
	if (result != STEP_PASSED)
		return result;
	opened = commission_record(walk, OHT_KIND_OPENED, OHT_STOPPED_BY_NOTHING);
	after_ms = (double)(opened->event_ns - opened->low_ns) / 1e6;
	snprintf(walk->remark, sizeof(walk->remark), "open %.1f ms after the outputs went low",
		 after_ms);
	if (after_ms > walk->info.feedback_settle_ms)
		return commission_fail(walk, "open only after %.1f ms", after_ms);
	return STEP_PASSED;
}

/* Of the software stop before: the list goes out three times, each may wait for a slow unit. */
static enum step_result step_telegrams(struct commission *walk)
{
	struct oht_stop_telegrams telegrams;
	uint32_t i, rounds = 0;

	if (oht_dev_telegrams(walk->cli->dev, &telegrams))
		return errno == EOPNOTSUPP ? commission_skip(walk, "the bus is down") :
					     commission_fail_errno(walk, "telegrams");
	if (!telegrams.set)
		return commission_skip(walk, "none are set: no drive is told");
	while (telegrams.running && rounds++ < COMMISSION_SLACK_MS / 100) {
		enum step_result result = commission_wait(walk, NULL, 100);

		if (result != STEP_PASSED)
			return result;
		if (oht_dev_telegrams(walk->cli->dev, &telegrams))
			return commission_fail_errno(walk, "telegrams");
	}
	if (telegrams.running || telegrams.runs <= walk->telegram_runs)
		return commission_fail(walk, "they have not all been sent");
	for (i = 0; i < telegrams.count; i++)
		if (!telegrams.results[i].answered_ns)
			return commission_fail(walk, "unit %u did not answer: %s",
					       telegrams.results[i].unit,
					       oht_outcome_name(telegrams.results[i].outcome));
	snprintf(walk->remark, sizeof(walk->remark), "%u, the last answered after %.2f ms", i,
		 (double)(telegrams.results[i - 1].answered_ns - telegrams.asked_ns) / 1e6);
	return STEP_PASSED;
}

/* Both ends are the driver's stamps: the enable, with a heartbeat right before it, and the stop. */
static enum step_result step_deadman(struct commission *walk)
{
	const struct oht_safety_event *ended, *enabled;
	enum step_result result = commission_make_enabled(walk);
	double after_ms;

	if (result != STEP_PASSED)
		return result;
	walk->silent = true;
	result = commission_wait(walk, commission_has_ended, 2 * walk->deadman_ms + COMMISSION_SLACK_MS);
	walk->silent = false;
	if (result == STEP_FAILED && !*walk->remark)
		return commission_fail(walk, "no stop without heartbeats");
	if (result == STEP_PASSED)
		result = commission_check_ended(walk, oht_cause_mask(OHT_STOPPED_BY_DEADMAN));
	if (result != STEP_PASSED)
		return result;
	ended = commission_ended(walk);
	enabled = commission_record(walk, OHT_KIND_ENABLE, OHT_STOPPED_BY_NOTHING);
	after_ms = (double)(ended->event_ns - enabled->event_ns) / 1e6;
	snprintf(walk->remark, sizeof(walk->remark), "stopped %.1f ms after the enable, period %u ms",
		 after_ms, walk->deadman_ms);
	if (after_ms > 2.0 * walk->deadman_ms || after_ms < walk->deadman_ms / 2.0)
		return commission_fail(walk, "stopped after %.1f ms with a period of %u ms", after_ms,
				       walk->deadman_ms);
	return STEP_PASSED;
}

/* No stop of this walk may have taken longer than one period of the supervision. */
static enum step_result step_latency(struct commission *walk)
{
	char path[OHT_SYSFS_PATH_BYTES];
	struct oht_values histogram;
	int error;

	oht_sysfs_path(walk->cli->device, OHT_SYSFS_STOP_TO_LOW, path);
	error = oht_sysfs_read(path, &histogram);
	if (error)
		return commission_fail(walk, "%s: %s", path, strerror(-error));
	if (oht_histogram_total(&histogram) < walk->stops)
		return commission_fail(walk, "the histogram has %" PRIu64 " stops, %" PRIu64
				       " were made", oht_histogram_total(&histogram), walk->stops);
	snprintf(walk->remark, sizeof(walk->remark), "%" PRIu64 " stops, the slowest %.1f us; "
		 "all since the driver came within %.1f us", walk->stops,
		 (double)walk->slowest_ns / 1e3,
		 (double)oht_histogram_at_most_ns(&histogram, 1000) / 1e3);
	if (walk->slowest_ns > walk->info.supervision_period_us * 1000ULL)
		return commission_fail(walk, "a stop took %.1f us, longer than a supervision period",
				       (double)walk->slowest_ns / 1e3);
	return STEP_PASSED;
}

static enum step_result step_proof_test(struct commission *walk)
{
	if (walk->status.opened_age_s == OHT_NEVER_SECONDS)
		return commission_fail(walk, "the driver has not seen the button pressed");
	snprintf(walk->remark, sizeof(walk->remark), "the button was last seen pressed %u s ago",
		 walk->status.opened_age_s);
	return STEP_PASSED;
}

const struct commission_step commission_steps[] = {
	{ "present", "Somebody is at the button", step_present },
	{ "self_test", "The self-test finds nothing", step_self_test },
	{ "channel_a", "Channel a alone stops, and is noticed as a disagreement", step_channel_a },
	{ "channel_b", "Channel b alone stops, and is noticed as a disagreement", step_channel_b },
	{ "button", "The button stops by both channels; no reset while it is pressed", step_button },
	{ "release", "Releasing the button changes nothing", step_release },
	{ "reset", "A reset makes ready, the outputs stay low", step_reset },
	{ "enable", "An enable raises both outputs, and it lasts", step_enable },
	{ "contacts", "The contacts behind the outputs follow", step_contacts },
	{ "software", "A stop by program lowers the outputs", step_software },
	{ "telegrams", "The drives acknowledge the stop telegrams", step_telegrams },
	{ "deadman", "Without heartbeats the machine stops", step_deadman },
	{ "drive", "The drive stops by itself without telegrams", commission_step_drive },
	{ "proof_test", "The driver has counted the proof test", step_proof_test },
	{ "latency", "Every stop was quick", step_latency },
	{ NULL, NULL, NULL },
};
