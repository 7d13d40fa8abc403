// SPDX-License-Identifier: GPL-2.0-or-later
#include "robot_fixture.h"

#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define FREE_MM	5000
#define T0	(1000 * OHTD_NS_PER_S)
#define IDLE_STEP_NS	(100 * OHTD_NS_PER_US)

/* What is not constant. */
static void start_control(struct fixture *f)
{
	unsigned int i;

	for (i = 0; i < 2; i++)
		assert_int_equal(ohtd_link_init(&f->links[i], &f->fake->bus, &f->clock,
						f->control.wake_fd, &f->control.device_epoch), 0);
	assert_int_equal(ohtd_control_init(&f->control), 0);
}

struct fixture *fixture_create(bool hardware_stop)
{
	struct fixture *f = calloc(1, sizeof(*f));
	char error[OHT_ERROR_BYTES];

	assert_non_null(f);
	atomic_init(&f->time.now_ns, T0);
	atomic_init(&f->time.realtime_ns, 0);
	ohtd_clock_init(&f->clock, &ohtd_clock_manual, &f->time, 0);
	f->fake = fake_bus_create(&f->clock, hardware_stop);
	assert_non_null(f->fake);
	f->control.clock = &f->clock;
	f->control.bus = &f->fake->bus;
	f->control.links = f->links;
	f->control.link_count = 2;
	f->control.time_factor = 1;
	f->control.wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	f->control.model = ohtd_model_load(OHT_SOURCE_DATADIR, NULL, error);
	if (!f->control.model ||
	    ohtd_machine_load(OHT_SOURCE_DATADIR, ohtd_phrases, &f->control.machine, error) ||
	    ohtd_limits_init(&f->control.limits, OHT_SOURCE_DATADIR, f->control.model, T0, error))
		fail_msg("%s", error);
	start_control(f);
	return f;
}

static void end_control(struct fixture *f)
{
	ohtd_link_fini(&f->links[0]);
	ohtd_link_fini(&f->links[1]);
	ohtd_control_fini(&f->control);
}

void fixture_stretch(struct fixture *f, uint32_t time_factor)
{
	f->control.time_factor = time_factor;
	f->control.modules.time_factor = time_factor;
}

void fixture_destroy(struct fixture *f)
{
	end_control(f);
	ohtd_limits_fini(&f->control.limits);
	ohtd_model_free(f->control.model);
	ohtd_bus_destroy(&f->fake->bus);
	close(f->control.wake_fd);
	free(f);
}

void fixture_plug_all(struct fixture *f, enum oht_profile profile)
{
	unsigned int i;

	for (i = 0; i < f->control.model->count; i++)
		fake_bus_plug(f->fake, f->control.model, &f->control.model->kinds[i], profile);
	/* Nothing stands in the way. */
	for (i = 0; i < 4; i++) {
		char name[] = "distance_1";

		name[sizeof(name) - 2] = (char)('1' + i);
		fake_bus_set(f->fake, f->control.model, "safety", name, FREE_MM);
	}
}

void fixture_open(struct fixture *f)
{
	char error[OHT_TEXT_BYTES];

	if (ohtd_device_open(&f->control, error, sizeof(error)))
		fail_msg("%s", error);
}

void fixture_crash(struct fixture *f)
{
	f->fake->bus.ops->close(&f->fake->bus);
	f->crashed = true;
}

void fixture_start_again(struct fixture *f, uint64_t given)
{
	const size_t mutable = offsetof(struct ohtd_control, quit);
	const struct ohtd_profiles kept = f->control.modules.kept;

	end_control(f);
	memset((char *)&f->control + mutable, 0, sizeof(f->control) - mutable);
	f->control.unclean_restart = true;
	f->control.commands_given = given;
	start_control(f);
	f->control.modules.kept = kept;
	f->crashed = false;
	f->starts++;
	fixture_open(f);
}

/*
 * Only the counters: ohtd_link_progress() would also open a stopper on the device node, which does
 * not exist here.
 */
static void loops_progress(struct fixture *f)
{
	if (f->loops_hang)
		return;
	atomic_fetch_add(&f->links[0].progress, 1);
	atomic_fetch_add(&f->links[1].progress, 1);
}

/* Without a daemon the bus goes on: its events, and nothing else. */
static void turn_without_daemon(struct fixture *f, uint64_t until_ns)
{
	uint64_t next_ns = fake_bus_next_ns(f->fake);
	uint64_t now_ns = atomic_load(&f->time.now_ns);

	if (next_ns < now_ns + IDLE_STEP_NS)
		next_ns = now_ns + IDLE_STEP_NS;
	ohtd_manual_clock_advance(&f->time, (next_ns < until_ns ? next_ns : until_ns) - now_ns);
	fake_bus_run(f->fake);
}

static void turn_until(struct fixture *f, uint64_t until_ns)
{
	uint64_t next_ns = fake_bus_next_ns(f->fake);
	uint64_t now_ns = atomic_load(&f->time.now_ns);

	if (f->control.next_tick_ns < next_ns)
		next_ns = f->control.next_tick_ns;
	if (until_ns < next_ns)
		next_ns = until_ns;
	if (f->control.ended)
		next_ns = until_ns;
	if (next_ns > now_ns)
		ohtd_manual_clock_advance(&f->time, next_ns - now_ns);
	fake_bus_run(f->fake);
	loops_progress(f);
	ohtd_control_turn(&f->control);
	fake_bus_run(f->fake);
}

void fixture_run_ms(struct fixture *f, uint32_t ms)
{
	uint64_t until_ns = atomic_load(&f->time.now_ns) + ms * OHTD_NS_PER_MS;

	do {
		if (f->crashed)
			turn_without_daemon(f, until_ns);
		else
			turn_until(f, until_ns);
		if (f->watch)
			f->watch(f->watch_context);
	} while (atomic_load(&f->time.now_ns) < until_ns);
}

struct fixture *fixture_safe(void)
{
	struct fixture *f = fixture_create(true);

	fixture_plug_all(f, OHT_PROFILE_CANONICAL);
	fixture_open(f);
	fixture_run_ms(f, 3000);
	assert_string_equal(ohtd_state_name(f->control.state), "safe");
	return f;
}

struct fixture *fixture_idle(void)
{
	struct fixture *f = fixture_safe();

	assert_int_equal(fixture_ask(f, OHTD_COMMAND_ENABLE).outcome, OHTD_OUTCOME_DONE);
	assert_string_equal(ohtd_state_name(f->control.state), "idle");
	return f;
}

struct ohtd_answer fixture_command(struct fixture *f, const struct ohtd_command *command)
{
	struct ohtd_command posted = *command;
	struct ohtd_answer answer = { 0 };
	unsigned int ms;

	if (!posted.role)
		posted.role = OHTD_ROLE_ADMINISTRATOR;
	assert_int_equal(ohtd_link_post(&f->links[0], &posted), 0);
	for (ms = 0; ms < 61000; ms++) {
		if (ohtd_link_take(&f->links[0], &answer)) {
			assert_int_equal(answer.id, command->id);
			assert_int_equal(answer.kind, command->kind);
			return answer;
		}
		fixture_run_ms(f, 1);
	}
	fail_msg("no answer");
	return answer;
}

struct ohtd_answer fixture_ask(struct fixture *f, enum ohtd_command_kind kind)
{
	const struct ohtd_command command = { .id = 4711, .kind = kind, .tag = 99 };

	return fixture_command(f, &command);
}

bool fixture_says(const struct ohtd_why_list *list, unsigned int code, uint8_t unit)
{
	unsigned int i;

	for (i = 0; i < list->count && i < OHTD_WHY_MAX; i++)
		if (list->items[i].code == code && (!unit || list->items[i].unit == unit))
			return true;
	return false;
}

struct ohtd_snapshot fixture_snapshot(struct fixture *f)
{
	struct ohtd_snapshot snapshot;

	assert_int_equal(ohtd_seqlock_copy(&f->control.published, &snapshot), 0);
	return snapshot;
}

const struct ohtd_module_view *fixture_module(const struct ohtd_snapshot *s, uint8_t unit)
{
	unsigned int i;

	for (i = 0; i < s->module_count; i++)
		if (s->modules[i].unit == unit)
			return &s->modules[i];
	fail_msg("unit %u is not in the snapshot", unit);
	return NULL;
}
