// SPDX-License-Identifier: GPL-2.0-or-later
#include "control/holds.h"

#include <string.h>

#include "control/control.h"

/* The key counts as let go when no request has come for so long. */
#define LET_GO_NS	(500 * OHTD_NS_PER_MS)

static uint64_t let_go_ns(const struct ohtd_control *control)
{
	return control->now_ns + LET_GO_NS * control->time_factor;
}

/* By the time at which the request came: this thread may be late. */
static struct ohtd_hold *find(struct ohtd_control *control, const struct ohtd_command *command)
{
	struct ohtd_hold *hold = control->holds.hold;
	unsigned int i;

	for (i = 0; i < OHTD_HOLDS_MAX; i++)
		if (command->posted_ns < hold[i].until_ns &&
		    hold[i].connection == command->connection &&
		    !strcmp(hold[i].session, command->by.session) &&
		    !strncmp(hold[i].caller_id, command->caller_id, sizeof(hold[i].caller_id)))
			return &hold[i];
	return NULL;
}

/* A free place, or that of the hold which ends first: until its end any request may be one of it. */
static struct ohtd_hold *take_place(struct ohtd_control *control)
{
	struct ohtd_holds *holds = &control->holds;
	struct ohtd_hold *first = holds->hold;
	unsigned int i;

	for (i = 1; i < OHTD_HOLDS_MAX; i++)
		if (holds->hold[i].until_ns < first->until_ns)
			first = &holds->hold[i];
	if (first->until_ns > holds->unknown_until_ns)
		holds->unknown_until_ns = first->until_ns;
	return first;
}

void ohtd_holds_refuse(struct ohtd_control *control, const struct ohtd_command *command,
		       const struct ohtd_why_list *why)
{
	struct ohtd_hold *hold = find(control, command);

	if (!hold) {
		hold = take_place(control);
		*hold = (struct ohtd_hold){ .connection = command->connection, .why = *why };
		memcpy(hold->session, command->by.session, sizeof(hold->session));
		memcpy(hold->caller_id, command->caller_id, sizeof(hold->caller_id));
	}
	hold->until_ns = let_go_ns(control);
}

/* A link that is full refuses by itself, and counts that. */
void ohtd_holds_check(struct ohtd_control *control)
{
	uint32_t lost = 0;
	unsigned int i;

	for (i = 0; i < control->link_count; i++)
		lost += atomic_load(&control->links[i].jogs_lost);
	if (lost != control->holds.lost)
		control->holds.unknown_until_ns = let_go_ns(control);
	control->holds.lost = lost;
}

bool ohtd_holds_forbid(struct ohtd_control *control, const struct ohtd_command *command, bool runs,
		       struct ohtd_why_list *why)
{
	const struct ohtd_hold *hold = find(control, command);

	ohtd_holds_check(control);
	if (hold) {
		*why = hold->why;
		return true;
	}
	if (runs || command->posted_ns >= control->holds.unknown_until_ns)
		return false;
	ohtd_why_add(why, OHTD_WHY_BUSY, 0, 0);
	return true;
}
