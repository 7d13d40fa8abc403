// SPDX-License-Identifier: GPL-2.0-or-later
#include "settings_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>
#include <json-c/json.h>

#include "base/clock.h"
#include "robot/codes.h"
#include "control/motion_limits.h"
#include "control/robot.h"
#include "store/store.h"
#include "store_fixture.h"

/* Beside a change as well: it waits for none. */
static void describe(void)
{
	static struct ohtd_items items;
	static struct ohtd_rule_table table;
	struct json_object *preset[OHTD_ITEMS_MAX];

	ohtd_settings_describe(rig.settings, &items, preset, &table);
	for (size_t i = 0; i < items.count; i++)
		json_object_put(preset[i]);
}

/* ---- a robot that answers as it is told ---- */

struct settings_rig rig = { .lock = PTHREAD_MUTEX_INITIALIZER };

static struct ohtd_limits_block block;
static struct ohtd_command posted;
static struct ohtd_rule_table offered;
static struct ohtd_searched offered_units;

void __wrap_ohtd_robot_limits(struct ohtd_robot *robot, struct ohtd_limits_block *to);
void __wrap_ohtd_robot_begin_with(struct ohtd_robot *robot, const struct ohtd_rule_table *table,
				  const struct ohtd_stations *stations, const struct ohtd_searched *searched,
				  const struct ohtd_profiles *profiles, bool wait);
uint32_t __wrap_ohtd_robot_offer(struct ohtd_robot *robot, const struct ohtd_rule_table *table,
				 const struct ohtd_stations *stations, const struct ohtd_searched *searched,
				 const struct ohtd_profiles *profiles);
int __wrap_ohtd_link_post(struct ohtd_link *link, const struct ohtd_command *command);
int __wrap_ohtd_link_take(struct ohtd_link *link, struct ohtd_answer *answer);
int __wrap_ohtd_link_fd(const struct ohtd_link *link);
int __wrap_ohtd_robot_snapshot(const struct ohtd_robot *robot, struct ohtd_snapshot *out);
bool __wrap_ohtd_robot_leaves(const struct ohtd_robot *robot);

void __wrap_ohtd_robot_limits(struct ohtd_robot *robot, struct ohtd_limits_block *to)
{
	(void)robot;
	*to = block;
}

void __wrap_ohtd_robot_begin_with(struct ohtd_robot *robot, const struct ohtd_rule_table *table,
				  const struct ohtd_stations *stations, const struct ohtd_searched *searched,
				  const struct ohtd_profiles *profiles, bool wait)
{
	(void)robot;
	(void)stations;
	rig.taken = *table;
	rig.searched = *searched;
	(void)profiles;
	rig.waits = wait;
}

uint32_t __wrap_ohtd_robot_offer(struct ohtd_robot *robot, const struct ohtd_rule_table *table,
				 const struct ohtd_stations *stations, const struct ohtd_searched *searched,
				 const struct ohtd_profiles *profiles)
{
	(void)robot;
	(void)stations;
	offered = *table;
	offered_units = *searched;
	(void)profiles;
	return 2;
}

int __wrap_ohtd_link_post(struct ohtd_link *link, const struct ohtd_command *command)
{
	(void)link;
	posted = *command;
	rig.trials += command->trial;
	rig.takes += !command->trial;
	describe();
	return 0;
}

int __wrap_ohtd_link_take(struct ohtd_link *link, struct ohtd_answer *answer)
{
	bool refused = rig.moves || rig.held || (posted.trial ? rig.refuses_trial : rig.refuses_take);

	(void)link;
	if (!posted.trial && rig.silent_take) {
		block.generation = rig.takes_silently ? posted.generation : 1;
		return 0;
	}
	*answer = (struct ohtd_answer){ .id = posted.id, .kind = posted.kind };
	if (refused) {
		answer->outcome = OHTD_OUTCOME_REFUSED;
		answer->why.items[0].code = rig.held ? OHTD_WHY_CONTROL_HELD : OHTD_WHY_MOVING;
		answer->why.count = 1;
	} else if (!posted.trial) {
		rig.taken = offered;
		rig.searched = offered_units;
	}
	return 1;
}

int __wrap_ohtd_robot_snapshot(const struct ohtd_robot *robot, struct ohtd_snapshot *out)
{
	(void)robot;
	*out = rig.seen;
	out->state = rig.moves ? OHTD_STATE_MOVE : OHTD_STATE_IDLE;
	return 0;
}

bool __wrap_ohtd_robot_leaves(const struct ohtd_robot *robot)
{
	(void)robot;
	return rig.leaves;
}

int __wrap_ohtd_link_fd(const struct ohtd_link *link)
{
	(void)link;
	return -1;
}

/* ---- the rig ---- */

static struct ohtd_manual_clock told = { .now_ns = 1, .realtime_ns = 1800000000000000000 };
static struct ohtd_clock ticking;
static char error[OHT_ERROR_BYTES];

/* The thread that takes back looks again in a moment, in which no time passes. */
static int wait_without_time(void *context, struct pollfd *fds, unsigned int count, uint64_t until_ns)
{
	static const struct timespec moment = { .tv_nsec = 100000 };

	if (count)
		return ohtd_clock_manual.wait(context, fds, count, until_ns);
	return nanosleep(&moment, NULL);
}

static void note(void *arg, const struct ohtd_settings_note *noted)
{
	(void)arg;
	snprintf(rig.noted, sizeof(rig.noted), "%s: %s: version %lld %s", noted->who, noted->act,
		 (long long)noted->version->version, noted->reason);
}

static void look(void *arg, struct ohtd_well *well)
{
	(void)arg;
	rig.looks++;
	pthread_mutex_lock(&rig.lock);
	*well = rig.well;
	pthread_mutex_unlock(&rig.lock);
}

const struct ohtd_well rig_all_well = { .device = true, .threads = true, .store = true, .time_factor = 1, .modules = { 1 << 4 } };

void rig_set_well(const struct ohtd_well *well)
{
	pthread_mutex_lock(&rig.lock);
	rig.well = *well;
	pthread_mutex_unlock(&rig.lock);
}

void rig_pass(unsigned int seconds)
{
	ohtd_manual_clock_advance(&told, seconds * OHTD_NS_PER_S);
}

void rig_step_clock(int seconds)
{
	told.realtime_ns += seconds * (int64_t)OHTD_NS_PER_S;
}

struct ohtd_settings *rig_open(void)
{
	struct ohtd_settings_setup setup = {
		.clock = &ticking, .config = rig.config ? rig.config : &ohtd_config_preset, .look = look, .note = note,
	};
	static struct ohtd_clock_ops ops;

	ops = ohtd_clock_manual;
	ops.wait = wait_without_time;
	ohtd_clock_init(&ticking, &ops, &told, 0);
	assert_int_equal(ohtd_rules_load(OHT_SOURCE_DATADIR, &block.table, NULL, error), 0);
	assert_int_equal(ohtd_stations_load(OHT_SOURCE_DATADIR, &block.stations, error), 0);
	ohtd_searched_preset(rig.model, &block.searched);
	setup.model = rig.model;
	rig.store = ohtd_store_start(store_open_db());
	assert_non_null(rig.store);
	setup.store = rig.store;
	rig.trials = rig.takes = rig.looks = 0;
	rig_set_well(&rig_all_well);
	rig.moves = rig.held = rig.leaves = false;
	rig.refuses_trial = rig.refuses_take = rig.silent_take = false;
	return ohtd_settings_open(&setup, error, sizeof(error));
}

void rig_begin(void)
{
	rig.settings = rig_open();
	assert_non_null(rig.settings);
}

void rig_end(void)
{
	ohtd_settings_close(rig.settings);
	ohtd_store_stop(rig.store);
}

void rig_ask_as(struct ohtd_change *change, enum ohtd_role role, bool elevated,
		const char *patch)
{
	memset(change, 0, sizeof(*change));
	change->patch = json_tokener_parse(patch);
	assert_non_null(change->patch);
	change->by.role = (uint8_t)role;
	change->elevated = elevated;
	ohtd_settings_change(rig.settings, change);
}

void rig_ask(struct ohtd_change *change, const char *patch)
{
	rig_ask_as(change, OHTD_ROLE_ADMINISTRATOR, true, patch);
}

enum ohtd_change_result rig_result_of(const char *patch)
{
	struct ohtd_change change;

	rig_ask(&change, patch);
	ohtd_change_drop(&change);
	return change.result;
}

void rig_is_live(int64_t version, const char *part)
{
	char text[OHTD_CONFIG_DOCUMENT_BYTES];

	assert_int_equal(ohtd_settings_text(rig.settings, text, sizeof(text)), version);
	assert_non_null(strstr(text, part));
}
