// SPDX-License-Identifier: GPL-2.0-or-later
/* The way to the training unit of the simulator: one command to the control thread at a time. */
#include "training/private.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <unistd.h>

#include "base/clock.h"
#include "common/training.h"
#include "robot/states.h"

/* An answer comes shortly after the deadline of its command at the latest. */
#define VALID_MS	2000
#define PATIENCE_MS	4000
#define AGAIN_NS	(2 * OHTD_NS_PER_S)
#define LOOKS		3
#define TRIES		3
#define AT_DOCK_MM	100.0

bool ohtd_training_see(struct ohtd_training *training)
{
	return !ohtd_robot_snapshot(training->robot, &training->snapshot);
}

bool ohtd_training_is_docked(const struct ohtd_training *training)
{
	const struct ohtd_snapshot *robot = &training->snapshot;

	return !robot->position_mm.valid || fabs(robot->position_mm.value - robot->limits.dock_position_mm) < AT_DOCK_MM;
}

int ohtd_training_ask(struct ohtd_training *training, unsigned int asked, const struct ohtd_training_act *by)
{
	struct ohtd_command command = {
		.id = training->order + 1, .kind = OHTD_COMMAND_SITUATION, .valid_ms = VALID_MS, .role = OHTD_ROLE_SYSTEM,
		.unit = OHT_TRAINING_UNIT, .address = OHT_TRAINING_NOW, .count = 1,
	};
	int r;

	if (by) {
		command.tag = ohtd_principal_tag(&by->who);
		command.role = (uint8_t)by->who.role;
		command.by = by->by;
	}
	if (asked == OHTD_TRAINING_LOOK) {
		command.kind = OHTD_COMMAND_READ;
		command.address = OHT_TRAINING_MARK;
		command.count = OHT_TRAINING_REGISTERS;
		/* Of itself it takes time that nothing else needs. */
		command.background = !by;
	} else if (asked == OHTD_TRAINING_TAKE) {
		command.kind = OHTD_COMMAND_TRAIN;
	} else if (asked == OHTD_TRAINING_MAKE) {
		command.words[0] = training->scenario->situation;
	}
	r = ohtd_link_post(training->link, &command);
	if (r)
		return -EAGAIN;
	training->order = command.id;
	training->asked = asked;
	return 0;
}

/* Only a unit with this mark is the simulator's: nothing is ever written to another. */
static void take_look(struct ohtd_training *training, const struct ohtd_answer *answer)
{
	training->heard = answer->outcome == OHTD_OUTCOME_DONE && answer->count == OHT_TRAINING_REGISTERS &&
			  answer->words[0] == OHT_TRAINING_MARK_VALUE;
	training->known = training->heard ? answer->words[1] : 0;
	if (!training->heard)
		return;
	training->looks = 0;
	/* Left by a run of ohtd that was cut off. */
	if (answer->words[2] && !training->run.id)
		training->undo = true;
}

static void take(struct ohtd_training *training, const struct ohtd_answer *answer)
{
	/* The run may have ended meanwhile. */
	const struct ohtd_training_step *step = training->asked == OHTD_TRAINING_MAKE ? ohtd_training_step(training) : NULL;
	bool done = answer->outcome == OHTD_OUTCOME_DONE;
	unsigned int asked = training->asked;

	training->asked = OHTD_TRAINING_NOTHING;
	training->answer = *answer;
	if (asked == OHTD_TRAINING_LOOK) {
		take_look(training, answer);
		return;
	}
	training->tries = done ? 0 : training->tries + 1;
	if (asked == OHTD_TRAINING_UNDO) {
		training->undo = !done && training->tries < TRIES;
		/* A simulator that comes to answer again has its fault still, and is asked once more by take_look(). */
		if (!done && !training->undo)
			training->looks = LOOKS;
	} else if (step && step->kind == OHTD_TRAINING_HAPPENS && done) {
		ohtd_training_pass_step(training);
	} else if (step && step->kind == OHTD_TRAINING_HAPPENS && training->tries >= TRIES) {
		ohtd_training_finish(training, OHTD_TRAINING_ENDED, OHTD_TRAINING_SIMULATOR);
	}
	if (!done)
		training->next_ns = ohtd_clock_monotonic_ns(training->clock) + AGAIN_NS;
}

void ohtd_training_hear(struct ohtd_training *training)
{
	struct ohtd_answer answer;
	uint64_t count;

	if (read(ohtd_link_fd(training->link), &count, sizeof(count)) < 0 && errno != EAGAIN)
		return;
	while (ohtd_link_take(training->link, &answer) == 1)
		if (training->asked && answer.id == training->order)
			take(training, &answer);
}

int ohtd_training_await(struct ohtd_training *training)
{
	uint64_t begun_ns = ohtd_clock_monotonic_ns(training->clock);
	struct pollfd poll_fd = { .fd = ohtd_link_fd(training->link), .events = POLLIN };

	for (;;) {
		ohtd_training_hear(training);
		if (!training->asked)
			return 0;
		if (ohtd_since(ohtd_clock_monotonic_ns(training->clock), begun_ns) >= PATIENCE_MS * OHTD_NS_PER_MS)
			return -EAGAIN;
		poll(&poll_fd, 1, 50);
	}
}

void ohtd_training_turn(struct ohtd_training *training)
{
	const struct ohtd_training_step *step = ohtd_training_step(training);
	uint64_t now_ns = ohtd_clock_monotonic_ns(training->clock);
	bool came = training->snapshot.bus.present && !training->present;

	training->present = training->snapshot.bus.present;
	if (came)
		training->looks = LOOKS;
	if (training->asked || !training->present || now_ns < training->next_ns)
		return;
	if (training->undo) {
		ohtd_training_ask(training, OHTD_TRAINING_UNDO, NULL);
	} else if (step && step->kind == OHTD_TRAINING_HAPPENS) {
		ohtd_training_ask(training, OHTD_TRAINING_MAKE, NULL);
	} else if (training->looks) {
		training->looks--;
		training->next_ns = now_ns + AGAIN_NS;
		ohtd_training_ask(training, OHTD_TRAINING_LOOK, NULL);
	}
}
