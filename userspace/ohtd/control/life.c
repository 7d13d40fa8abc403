// SPDX-License-Identifier: GPL-2.0-or-later
#include "control/life.h"

#include <math.h>
#include <string.h>

#include "control/control.h"

/* Also when neither is one. */
static bool same_number(double a, double b)
{
	return a == b || (isnan(a) && isnan(b));
}

static bool same_content(const struct ohtd_recent *recent, const struct ohtd_command *command)
{
	return recent->kind == command->kind && (recent->earlier || recent->append == command->append) &&
	       same_number(recent->target_mm, command->target_mm) &&
	       same_number(recent->speed_mm_s, command->speed_mm_s);
}

/* A jog is asked for again and again; pause and resume are about another command. */
bool ohtd_life_knows(const struct ohtd_command *command)
{
	return *command->caller_id && ohtd_verb_row(command->kind)->flags & OHTD_IS_TASK;
}

enum ohtd_known ohtd_life_known(const struct ohtd_life *life, const struct ohtd_command *command,
				uint64_t *number)
{
	unsigned int i;

	if (!ohtd_life_knows(command))
		return OHTD_KNOWN_NOT;
	for (i = 0; i < OHTD_RECENT_COMMANDS; i++) {
		const struct ohtd_recent *recent = &life->recent[i];

		if (!recent->number || recent->tag != command->tag ||
		    strncmp(recent->caller_id, command->caller_id, sizeof(recent->caller_id)))
			continue;
		*number = recent->number;
		return same_content(recent, command) ? OHTD_KNOWN_SAME : OHTD_KNOWN_OTHER;
	}
	return OHTD_KNOWN_NOT;
}

bool ohtd_life_recall(struct ohtd_life *life, const struct ohtd_recent *recent)
{
	unsigned int i = OHTD_RECENT_COMMANDS;

	/* From the end: the oldest is the first to go. */
	while (i && life->recent[i - 1].number)
		i--;
	if (i)
		life->recent[i - 1] = *recent;
	return i > 1;
}

void ohtd_life_note(struct ohtd_life *life, const struct ohtd_command *command, uint64_t number)
{
	struct ohtd_recent *recent = &life->recent[life->next];

	if (!ohtd_life_knows(command))
		return;
	*recent = (struct ohtd_recent){
		.number = number, .tag = command->tag, .kind = command->kind,
		.append = command->append, .target_mm = command->target_mm, .speed_mm_s = command->speed_mm_s,
	};
	memcpy(recent->caller_id, command->caller_id, sizeof(recent->caller_id));
	life->next = (life->next + 1) % OHTD_RECENT_COMMANDS;
}

static struct ohtd_recent *find(struct ohtd_life *life, uint64_t number)
{
	unsigned int i;

	for (i = 0; i < OHTD_RECENT_COMMANDS; i++)
		if (life->recent[i].number == number)
			return &life->recent[i];
	return NULL;
}

uint32_t ohtd_life_state(const struct ohtd_life *life, uint64_t number)
{
	const struct ohtd_recent *recent = find((struct ohtd_life *)life, number);

	return recent ? recent->state : OHTD_COMMAND_STATE_NONE;
}

struct ohtd_command_view ohtd_life_view(const struct ohtd_command *command, unsigned int state)
{
	bool takes_target = ohtd_verb_row(command->kind)->flags & OHTD_TAKES_TARGET;
	struct ohtd_command_view view = {
		.number = command->number,
		.kind = command->kind,
		.state = state,
		.tag = command->tag,
		.target_mm = takes_target ? command->target_mm : NAN,
		.speed_mm_s = command->speed_mm_s,
		.accepted_ns = command->accepted_ns,
	};

	memcpy(view.caller_id, command->caller_id, sizeof(view.caller_id));
	memcpy(view.user, command->by.user, sizeof(view.user));
	return view;
}

void ohtd_life_tell(struct ohtd_control *control, const struct ohtd_command_view *view)
{
	struct ohtd_event_record record = {
		.time_ns = control->now_ns,
		.tag = view->tag,
		.kind = OHTD_RECORD_COMMAND,
		.from = (uint8_t)control->state,
		.to = (uint8_t)control->state,
		.event = OHTD_EVENTS,
		.role = OHTD_ROLE_SYSTEM,
		.action = OHTD_NO_ACTION,
		.command = *view,
	};
	struct ohtd_recent *recent = find(&control->travel.life, view->number);

	if (recent)
		recent->state = view->state;
	ohtd_event_ring_put(&control->event_ring, &record);
	control->notify = true;
}

const char *ohtd_life_verb(const struct ohtd_command_view *view)
{
	return ohtd_verb_word(view->kind);
}
