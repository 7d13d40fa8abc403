// SPDX-License-Identifier: GPL-2.0-or-later
#include "control/link.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/poke.h"
#include "common/training.h"

#define VALID_DEFAULT_MS	2000
#define VALID_MAX_MS		60000
#define UNIT_MAX		247
#define NOT_WATCHED		0

int ohtd_link_init(struct ohtd_link *link, struct ohtd_bus *bus, struct ohtd_clock *clock,
		   int wake_fd, _Atomic uint32_t *device_epoch)
{
	memset(link, 0, sizeof(*link));
	link->bus = bus;
	link->clock = clock;
	link->wake_fd = wake_fd;
	link->device_epoch = device_epoch;
	link->commands.size = OHTD_LINK_COMMANDS;
	link->answers.size = OHTD_LINK_COMMANDS;
	link->stopper.bus = bus;
	link->answer_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return link->answer_fd < 0 ? -errno : 0;
}

void ohtd_link_fini(struct ohtd_link *link)
{
	ohtd_stopper_close(&link->stopper);
	if (link->answer_fd >= 0)
		close(link->answer_fd);
	link->answer_fd = -1;
}

/* ---- the loop's side ---- */

int ohtd_link_fd(const struct ohtd_link *link)
{
	return link->answer_fd;
}

static bool valid(const struct ohtd_command *command)
{
	unsigned int words_max;

	if (!command->kind || command->kind > OHTD_COMMAND_LAST ||
	    command->valid_ms > VALID_MAX_MS)
		return false;
	switch (command->kind) {
	case OHTD_COMMAND_READ:
	case OHTD_COMMAND_WRITE:
		words_max = command->kind == OHTD_COMMAND_READ ? OHTD_READ_MAX : OHTD_WRITE_MAX;
		if (command->count < 1 || command->count > words_max ||
		    command->address + command->count > 0x10000)
			return false;
		break;
	case OHTD_COMMAND_OVERRIDE:
		return command->percent >= 1 && command->percent <= 100;
	case OHTD_COMMAND_TRAIN:
	case OHTD_COMMAND_SITUATION:
		return command->unit == OHT_TRAINING_UNIT && command->count == 1 && command->words[0] < OHT_TRAINING_SITUATIONS;
	case OHTD_COMMAND_PING:
	case OHTD_COMMAND_QUARANTINE:
	case OHTD_COMMAND_RELEASE:
		break;
	case OHTD_COMMAND_TRY:
		return ohtd_verb_row(command->tried)->flags & OHTD_IS_TASK;
	case OHTD_COMMAND_MODE:
		return command->mode < OHTD_MODES;
	default:
		return true;
	}
	return command->unit >= 1 && command->unit <= UNIT_MAX;
}

int ohtd_link_post(struct ohtd_link *link, const struct ohtd_command *command)
{
	struct ohtd_command *slot;

	if (!valid(command))
		return -EINVAL;
	if (atomic_load(&link->closing))
		return -ESHUTDOWN;
	if (link->in_flight == OHTD_LINK_COMMANDS) {
		/* The control thread refuses what follows of such a jog, too (holds.h). */
		if (command->kind == OHTD_COMMAND_JOG)
			atomic_fetch_add(&link->jogs_lost, 1);
		return -EAGAIN;
	}
	/* Not more are in flight than there are slots: there is room. */
	slot = &link->command[ohtd_ring_space(&link->commands)];
	*slot = *command;
	if (!command->noted)
		slot->posted_ns = ohtd_clock_monotonic_ns(link->clock);
	if (!slot->valid_ms)
		slot->valid_ms = VALID_DEFAULT_MS;
	link->in_flight++;
	ohtd_ring_put(&link->commands);
	ohtd_poke(link->wake_fd);
	return 0;
}

int ohtd_link_take(struct ohtd_link *link, struct ohtd_answer *answer)
{
	int slot = ohtd_ring_next(&link->answers);

	if (slot < 0)
		return 0;
	*answer = link->answer[slot];
	ohtd_ring_done(&link->answers);
	link->in_flight--;
	return 1;
}

/* Follows the device when it goes and comes, so that nobody holds on to a driver that is gone. */
static void follow_device(struct ohtd_link *link)
{
	uint32_t epoch = atomic_load(link->device_epoch);

	if (epoch == link->device_seen)
		return;
	link->device_seen = epoch;
	/* An odd epoch is an open device. A failure is not lost: the stop tries again. */
	if (epoch & 1)
		ohtd_stopper_open(&link->stopper, link->bus);
	else
		ohtd_stopper_close(&link->stopper);
}

void ohtd_link_progress(struct ohtd_link *link)
{
	follow_device(link);
	atomic_fetch_add_explicit(&link->progress, 1, memory_order_relaxed);
}

void ohtd_link_leave(struct ohtd_link *link)
{
	ohtd_stopper_close(&link->stopper);
	atomic_store(&link->progress, NOT_WATCHED);
}

int ohtd_stop(struct ohtd_link *link, uint64_t tag, struct ohtd_stop_result *result)
{
	uint64_t before_ns = ohtd_clock_monotonic_ns(link->clock);
	int ret = ohtd_stopper_stop(&link->stopper, tag);

	if (!result)
		return ret;
	memset(result, 0, sizeof(*result));
	result->at_ns = ohtd_clock_monotonic_ns(link->clock);
	result->call_ns = result->at_ns - before_ns;
	result->hardware = !ret && link->bus->ops->hardware_stop;
	/* Whether it changed anything is looked up when it is done. */
	result->repeated = !ret && ohtd_stopper_stopped_since(&link->stopper, before_ns);
	return ret;
}

/* ---- the control thread's side ---- */

bool ohtd_link_receive(struct ohtd_link *link, struct ohtd_command *command)
{
	int slot = ohtd_ring_next(&link->commands);

	if (slot < 0)
		return false;
	*command = link->command[slot];
	ohtd_ring_done(&link->commands);
	return true;
}

void ohtd_link_reply(struct ohtd_link *link, const struct ohtd_answer *answer)
{
	int slot = ohtd_ring_space(&link->answers);

	link->answer[slot] = *answer;
	ohtd_ring_put(&link->answers);
	ohtd_poke(link->answer_fd);
}

void ohtd_link_notify(struct ohtd_link *link)
{
	ohtd_poke(link->answer_fd);
}
