// SPDX-License-Identifier: GPL-2.0-or-later
/* What several steps do: wait for the button, reset, enable, and judge how the enabled state ended. */
#include <stdio.h>

#include "cli.h"
#include "commission.h"
#include "safety.h"
#include "show.h"

uint32_t commission_channels(const struct commission *walk)
{
	return walk->info.caps & OHT_HAS_CHANNEL_B ? OHT_IN_A | OHT_IN_B : OHT_IN_A;
}

bool commission_all_open(const struct commission *walk)
{
	return !(walk->status.inputs & commission_channels(walk));
}

/* Nothing forbids a reset, but what a self-test will look at. */
static bool released(const struct commission *walk)
{
	return (walk->status.inputs & commission_channels(walk)) == commission_channels(walk) &&
	       !(walk->status.standing & ~oht_cause_mask(OHT_STOPPED_BY_SELF_TEST));
}

static bool is_ready(const struct commission *walk)
{
	return walk->status.state == OHT_STATE_READY;
}

bool commission_has_ended(const struct commission *walk)
{
	return commission_ended(walk);
}

enum step_result commission_wait_released(struct commission *walk)
{
	enum step_result result = commission_wait_person(walk, released);
	char words[COMMISSION_WORDS_BYTES / 2];

	if (result != STEP_FAILED || *walk->remark)
		return result;
	show_cause_words(walk->status.standing, words, sizeof(words));
	return commission_fail(walk, "the button was not seen released; standing: %s", words);
}

enum step_result commission_make_ready(struct commission *walk)
{
	enum step_result result = STEP_PASSED;
	uint64_t blocking = 0;

	if (walk->status.state != OHT_STATE_STOPPED)
		return result;
	if (walk->info.caps & OHT_HAS_RESET_BUTTON) {
		commission_ask(walk, "press the reset button for about a second");
		result = commission_wait_person(walk, is_ready);
		return result == STEP_FAILED && !*walk->remark ?
		       commission_fail(walk, "no reset by its button was seen") : result;
	}
	result = commission_wait_released(walk);
	if (result != STEP_PASSED)
		return result;
	if (oht_dev_reset(walk->cli->dev, safety_our_tag(), &blocking))
		return commission_fail_errno(walk, "reset");
	return commission_wait(walk, is_ready, COMMISSION_SLACK_MS);
}

static bool is_enabled(const struct commission *walk)
{
	return walk->status.state == OHT_STATE_ENABLED;
}

enum step_result commission_make_enabled(struct commission *walk)
{
	enum step_result result = commission_make_ready(walk);
	uint64_t blocking = 0;
	char words[COMMISSION_WORDS_BYTES / 2];

	if (is_enabled(walk))
		return result;
	/* Contacts that have just been switched may still move. */
	if (result == STEP_PASSED && walk->info.feedback_settle_ms)
		result = commission_wait(walk, NULL, walk->info.feedback_settle_ms);
	if (result != STEP_PASSED)
		return result;
	if (oht_dev_enable(walk->cli->dev, safety_our_tag(), &blocking)) {
		if (!blocking)
			return commission_fail_errno(walk, "enable");
		show_cause_words(blocking, words, sizeof(words));
		return commission_fail(walk, "enable was refused: %s", words);
	}
	result = commission_wait(walk, is_enabled, COMMISSION_SLACK_MS);
	return result == STEP_FAILED && !*walk->remark ?
	       commission_fail(walk, "enabled, and stopped again at once") : result;
}

/* The enabled state has been ended by @cause, with both outputs low. */
enum step_result commission_check_ended(struct commission *walk, uint64_t causes)
{
	const struct oht_safety_event *ended = commission_ended(walk);

	if (!(oht_cause_mask(ended->cause) & causes))
		return commission_fail(walk, "stopped by %s", oht_cause_name(ended->cause));
	if (!ended->low_ns || ended->outputs || walk->status.outputs)
		return commission_fail(walk, "stopped, but the outputs are not recorded as low");
	snprintf(walk->remark, sizeof(walk->remark), "%s, outputs low after %.1f us",
		 oht_cause_name(ended->cause), (double)(ended->low_ns - ended->event_ns) / 1e3);
	return STEP_PASSED;
}

enum step_result commission_wait_ended(struct commission *walk, uint64_t causes)
{
	enum step_result result = commission_wait_person(walk, commission_has_ended);

	if (result == STEP_FAILED && !*walk->remark)
		return commission_fail(walk, "nothing was seen: the machine is still enabled");
	return result == STEP_PASSED ? commission_check_ended(walk, causes) : result;
}
