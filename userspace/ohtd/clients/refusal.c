// SPDX-License-Identifier: GPL-2.0-or-later
#include "clients/refusal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "oht_client.h"
#include "robot/codes.h"
#include "robot/states.h"
#include "robot/model.h"
#include "store/store.h"

#define REASON_BYTES	256

static const struct ohtd_store_problem storage[] = {
	[OHTD_STORE_OK] = { 503, "unavailable", "this cannot be done now" },
	[OHTD_STORE_BUSY] = { 503, "storage_busy", "too much is being written, try again" },
	[OHTD_STORE_FULL] = { 507, "storage_full", "there is no room on the disk" },
	[OHTD_STORE_READ_ONLY] = { 503, "storage_read_only", "the disk cannot be written" },
	[OHTD_STORE_FAILING] = { 503, "storage_failing", "the disk gives errors" },
	[OHTD_STORE_DAMAGED] = { 503, "storage_damaged",
				 "the database is damaged; the next start repairs it" },
	[OHTD_STORE_HUNG] = { 503, "storage_hung",
			      "the disk does not answer; nothing was written" },
};

struct ohtd_store_problem ohtd_store_problem(int error)
{
	return storage[ohtd_store_state_of(error)];
}

/* The signal that shows it is its detail. */
static bool rests_on_signal(unsigned int code)
{
	return code == OHTD_WHY_SAFETY_MODULE || code == OHTD_WHY_SENSORS || code == OHTD_WHY_OBSTACLE || code == OHTD_WHY_DOCKED || code == OHTD_WHY_NOT_DOCKED ||
	       code == OHTD_WHY_DOCK_UNKNOWN;
}

/*
 * One sentence out of the reason, its cause, its unit, the state or the holder of the lease, of which
 * each may have its own full stop.
 */
static void reason_text(const struct ohtd_answer *answer, const struct ohtd_why *why, char *text,
			size_t size)
{
	const char *reason = ohtd_why_text(why->code);
	size_t n = strlen(reason);
	char unit[16] = "";

	if (n && reason[n - 1] == '.')
		n--;
	if (why->unit)
		snprintf(unit, sizeof(unit), " (unit %u)", why->unit);
	if (why->code == OHTD_WHY_STOP_CAUSE || why->code == OHTD_WHY_NOT_PREPARED)
		snprintf(text, size, "%.*s: %s %s", (int)n, reason, oht_cause_text(why->detail),
			 oht_cause_action(why->detail));
	else if (why->code == OHTD_WHY_STATE && why->detail)
		snprintf(text, size, "%.*s: %s.", (int)n, reason, ohtd_state_name(why->detail - 1u));
	else if (why->code == OHTD_WHY_CONTROL_HELD && *answer->holder)
		snprintf(text, size, "%.*s: %s.", (int)n, reason, answer->holder);
	else if (why->code == OHTD_WHY_MOVING && why->detail)
		snprintf(text, size, "%.*s%s: %s is not 0.", (int)n, reason, unit, ohtd_signal_name(why->detail - 1u));
	else if (why->code == OHTD_WHY_OBSTACLE && answer->obstacle.sensor)
		snprintf(text, size, "%.*s%s: distance_%u is %u mm, its stop zone %u mm.", (int)n, reason, unit, answer->obstacle.sensor,
			 answer->obstacle.distance_mm, answer->obstacle.zone_mm);
	else if (rests_on_signal(why->code) && why->detail)
		snprintf(text, size, "%.*s%s: %s.", (int)n, reason, unit, ohtd_signal_name(why->detail - 1u));
	else if (why->code == OHTD_WHY_CHARGE_LOW && why->detail)
		snprintf(text, size, "%.*s: %u %%.", (int)n, reason, why->detail - 1u);
	else if (why->code == OHTD_WHY_MODULE_EXCEPTION && why->detail)
		snprintf(text, size, "%.*s%s: exception %u.", (int)n, reason, unit, why->detail);
	else
		snprintf(text, size, "%.*s%s.", (int)n, reason, unit);
}

static const char *keep(const struct ohtd_memory *memory, const char *text)
{
	size_t bytes = strlen(text) + 1;

	return memcpy(memory->take(memory->from, bytes), text, bytes);
}

const char *ohtd_reason_text_of(const struct ohtd_memory *memory, const struct ohtd_answer *answer, size_t reason)
{
	char text[REASON_BYTES];

	reason_text(answer, &answer->why.items[reason], text, sizeof(text));
	return keep(memory, text);
}

static void fill_reasons(const struct ohtd_answer *answer, const struct ohtd_memory *memory,
			 struct ohtd_refusal *refusal)
{
	const struct ohtd_why_list *list = &answer->why;
	char text[REASON_BYTES];

	refusal->errors_count = list->count < OHTD_WHY_MAX ? list->count : OHTD_WHY_MAX;
	for (size_t i = 0; i < refusal->errors_count; i++) {
		reason_text(answer, &list->items[i], text, sizeof(text));
		refusal->errors[i] = (struct ohtd_error){
			.pointer = "", .code = ohtd_why_name(list->items[i].code),
			.detail = keep(memory, text),
		};
	}
}

/* What stands in the way of the robot is a conflict; what the wire or device did is not. */
static int status_of(const struct ohtd_answer *answer)
{
	unsigned int code = answer->why.count ? answer->why.items[0].code : OHTD_WHY_NONE;

	if (answer->outcome == OHTD_OUTCOME_EXPIRED)
		return 504;
	if (code == OHTD_WHY_SHUTTING_DOWN)
		return 503;
	if (code == OHTD_WHY_ROLE)
		return 403;
	if (answer->outcome == OHTD_OUTCOME_REFUSED || ohtd_robot_why_ends(code))
		return 409;
	return 502;
}

void ohtd_refusal_of(const struct ohtd_answer *answer, const struct ohtd_memory *memory,
		     struct ohtd_refusal *refusal)
{
	if (answer->error) {
		ohtd_refusal_not_taken(answer->error, refusal);
		return;
	}
	*refusal = (struct ohtd_refusal){
		.status = status_of(answer), .code = "refused", .detail = "the robot did not do it",
	};
	fill_reasons(answer, memory, refusal);
	if (answer->outcome == OHTD_OUTCOME_EXPIRED) {
		refusal->code = "expired";
		refusal->detail = "it could not be done before its deadline";
	} else if (refusal->errors_count) {
		refusal->code = refusal->errors[0].code;
		refusal->detail = refusal->errors[0].detail;
	}
}

void ohtd_refusal_not_taken(int error, struct ohtd_refusal *refusal)
{
	bool ending = error == -ESHUTDOWN;
	struct ohtd_store_problem problem;

	if (error == -EACCES) {
		*refusal = (struct ohtd_refusal){
			.status = 403, .code = "key_scope", .detail = "the key does not permit this command",
		};
		return;
	}
	if (!ending && error != -EAGAIN) {
		problem = ohtd_store_problem(error);
		*refusal = (struct ohtd_refusal){ .status = problem.status, .code = problem.code, .detail = problem.detail };
		return;
	}
	*refusal = (struct ohtd_refusal){
		.status = 503, .code = ending ? "shutting_down" : "busy",
		.detail = ending ? "the daemon is ending" : "too many commands are under way",
	};
}
