// SPDX-License-Identifier: GPL-2.0-or-later
#include "settings/private.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <json-c/json.h>

#include "base/clock.h"
#include "base/log.h"
#include "motion/position.h"
#include "control/lease.h"
#include "control/motion_limits.h"
#include "control/robot.h"

#define LEVEL		"/log/level"
#define PLAIN		(JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)
/* On top of a command's own deadline, as for requests. */
#define GRACE_MS	2000
#define VALID_MS	2000
/* A line of the log names as many differences as fit. */
#define LINE_BYTES	900

/* ---- the control thread ---- */

static int take_answer(struct ohtd_settings *settings, uint64_t id, uint64_t until_ns,
		       struct ohtd_answer *answer)
{
	struct ohtd_link *link = settings->setup.link;
	struct pollfd fd = { .fd = ohtd_link_fd(link), .events = POLLIN };
	uint64_t count;

	while (ohtd_clock_monotonic_ns(settings->setup.clock) < until_ns) {
		while (ohtd_link_take(link, answer) == 1)
			if (answer->id == id)
				return 0;
		if (ohtd_clock_wait(settings->setup.clock, &fd, 1, until_ns) > 0 &&
		    read(fd.fd, &count, sizeof(count)) < 0 && errno != EAGAIN)
			return -errno;
	}
	/* This thread may not have run for longer. */
	while (ohtd_link_take(link, answer) == 1)
		if (answer->id == id)
			return 0;
	return -ETIMEDOUT;
}

/* Held: writer. */
static int ask(struct ohtd_settings *settings, struct ohtd_command *command, struct ohtd_answer *answer)
{
	uint64_t until_ns = ohtd_clock_monotonic_ns(settings->setup.clock) +
			    (command->valid_ms + GRACE_MS) * OHTD_NS_PER_MS;
	int r;

	command->id = ++settings->asked;
	r = ohtd_link_post(settings->setup.link, command);
	return r ? r : take_answer(settings, command->id, until_ns, answer);
}

/* Would it take the block, or does it? 0 with @change->answer, or a negative errno. */
static int ask_robot(struct ohtd_settings *settings, struct ohtd_change *change,
		     uint32_t generation)
{
	/* An author who is not there takes no control, and neither does a check. */
	const struct ohtd_holder *by = change->absent || change->trial ? &ohtd_settings_own : &change->by;
	struct ohtd_command command = {
		.kind = OHTD_COMMAND_LIMITS, .trial = !generation, .generation = generation,
		.outputs_low = memcmp(&settings->wanted.profiles, &settings->values.profiles, sizeof(settings->values.profiles)) != 0,
		.valid_ms = change->valid_ms ? change->valid_ms : VALID_MS, .tag = change->tag,
		.role = by->role, .by = *by,
	};

	return ask(settings, &command, &change->answer);
}

uint32_t ohtd_settings_offer(struct ohtd_settings *settings)
{
	const struct ohtd_values *wanted = &settings->wanted;

	return ohtd_robot_offer(settings->setup.robot, &wanted->table, &wanted->stations, &wanted->searched, &wanted->profiles);
}

int ohtd_settings_order(struct ohtd_settings *settings, enum ohtd_command_kind kind)
{
	struct ohtd_command command = {
		.kind = kind, .valid_ms = VALID_MS, .role = ohtd_settings_own.role, .by = ohtd_settings_own,
	};
	struct ohtd_answer answer;

	return ask(settings, &command, &answer);
}

bool ohtd_settings_refused_for(const struct ohtd_change *change, unsigned int code)
{
	const struct ohtd_why_list *why = &change->answer.why;

	for (uint32_t i = 0; i < why->count && i < OHTD_WHY_MAX; i++)
		if (why->items[i].code == code)
			return true;
	return false;
}

/* Is that block in force, whatever has become of the answer? */
static bool has_taken(struct ohtd_settings *settings, uint32_t generation)
{
	struct ohtd_limits_block *block = calloc(1, sizeof(*block));
	bool taken = false;

	if (block && generation) {
		ohtd_robot_limits(settings->setup.robot, block);
		taken = block->generation == generation;
	}
	free(block);
	return taken;
}

bool ohtd_settings_robot_refuses(struct ohtd_settings *settings, struct ohtd_change *change,
				 uint32_t generation)
{
	change->error = ask_robot(settings, change, generation);
	if (change->error && has_taken(settings, generation)) {
		change->error = 0;
		return false;
	}
	if (change->error)
		change->result = OHTD_CHANGE_NOT_POSTED;
	else if (change->answer.outcome != OHTD_OUTCOME_DONE)
		change->result = OHTD_CHANGE_REFUSED;
	return change->result;
}

/* ---- what is wanted ---- */

static bool fails(struct ohtd_change *change, enum ohtd_change_result result)
{
	change->result = result;
	return false;
}

/* Limits of a file instead of those in force: ranges, too. */
static bool want_table(struct ohtd_settings *settings, struct ohtd_change *change)
{
	settings->wanted = settings->values;
	settings->wanted.table = *change->table;
	ohtd_items_make(&settings->wanted_items, &settings->wanted.table, settings->setup.model);
	ohtd_values_settle(&settings->wanted, &change->faults);
	change->faults.contradiction = change->faults.count;
	return !change->faults.count || fails(change, OHTD_CHANGE_FAULTY);
}

/* Its stations are all that there are to be: with those of before two could stand at one place. So are its rules. False: out of memory. */
static bool merge(struct json_object *tree, const struct ohtd_change *change)
{
	if (change->document)
		ohtd_tree_drop_many(tree, change->patch);
	return (!change->patch || ohtd_tree_merge(tree, change->patch)) &&
	       (!change->calibration || ohtd_tree_merge(tree, change->calibration));
}

/* Only those that are other ones: a rule of an older release that cannot be at work any more stands in nobody's way. */
static void judge_rules(struct ohtd_settings *settings, struct ohtd_change *change)
{
	const struct ohtd_alert_rule_set *set = &settings->wanted.alert_rules;
	char pointer[OHTD_POINTER_BYTES];

	for (unsigned int i = 0; settings->setup.judge_rule && i < set->count; i++) {
		const struct ohtd_alert_rule *was = ohtd_alert_rule_in(&settings->values.alert_rules, set->rule[i].code);
		const char *item = "", *why = NULL;

		if (!was || memcmp(was, &set->rule[i], sizeof(*was)))
			why = settings->setup.judge_rule(&set->rule[i], set, &item);
		if (!why)
			continue;
		snprintf(pointer, sizeof(pointer), OHTD_ALERT_RULES_AT "%s%s%s", set->rule[i].code, *item ? "/" : "", item);
		ohtd_fault_add(&change->faults, pointer, "unfit", "%s", why);
	}
}

static bool want_tree(struct ohtd_settings *settings, struct ohtd_change *change)
{
	struct json_object *tree = NULL;

	if (change->document && !ohtd_document_take(&settings->items, change))
		return fails(change, OHTD_CHANGE_FAULTY);
	if (change->back_to)
		tree = ohtd_version_read(settings, change->back_to, NULL, &change->error);
	else
		tree = json_tokener_parse(settings->text);
	if (!tree && change->back_to == OHTD_BACK_TO_RESCUE && change->error == -ENOENT)
		return fails(change, OHTD_CHANGE_NO_RESCUE);
	if (!tree && change->error)
		return fails(change, ohtd_version_fails(change->error));
	if (!tree || !merge(tree, change)) {
		json_object_put(tree);
		return fails(change, OHTD_CHANGE_NO_MEMORY);
	}
	/* A version from before an item says nothing of it; null in a patch asks for the default. */
	ohtd_tree_take(&settings->items, tree, &settings->defaults, change->back_to ? &settings->values : &settings->defaults,
		       &settings->wanted, &change->faults);
	json_object_put(tree);
	if (!change->faults.count)
		judge_rules(settings, change);
	return !change->faults.count || fails(change, OHTD_CHANGE_FAULTY);
}

static bool needs_elevation(const struct ohtd_settings *settings, const struct ohtd_item *item)
{
	if (settings->values.layer == OHTD_LAYER_PLANT)
		return true;
	return item->needs_elevation &&
	       (settings->values.layer != OHTD_LAYER_BENCH || item->on_bench_too);
}

/* May who asks change that item? @because: why it is asked, behind the refusal. */
static void judge_item(const struct ohtd_settings *settings, struct ohtd_change *change,
		       const struct ohtd_item *item, const char *pointer, const char *because)
{
	if (change->by.role < item->role)
		ohtd_fault_add(&change->faults, pointer, "role", "needs the role %s, %s is %s%s",
			       ohtd_role_name(item->role), change->by.user,
			       ohtd_role_name(change->by.role), because);
	else if (needs_elevation(settings, item) && !change->elevated)
		ohtd_fault_add(&change->faults, pointer, "elevation_required",
			       "needs an elevated session%s", because);
}

/* The version that ends the waiting says that somebody has chosen what was replaced, too. */
static void judge_choice(struct ohtd_settings *settings, struct ohtd_change *change)
{
	const struct ohtd_item *item = ohtd_item_find(&settings->items, settings->waits_at);

	if (*settings->waits && item && !change->faults.count)
		judge_item(settings, change, item, settings->waits_at,
			   ": the next version confirms what nobody has chosen");
}

/*
 * The way back to the version that a person has marked is open in each layer; and so is all, while a person is waited for because a
 * start has replaced what was chosen.
 */
static void judge_layer(const struct ohtd_settings *settings, struct ohtd_change *change,
			const struct ohtd_item *item, const char *pointer)
{
	if (ohtd_settings_layer_produces(settings->values.layer) && item->calibration &&
	    change->back_to != OHTD_BACK_TO_RESCUE && !*settings->waits)
		ohtd_fault_add(&change->faults, pointer, "layer",
			       "is calibration, which stays as it is in production; set /robot/layer to commissioning first");
}

static enum ohtd_change_result result_of(const struct ohtd_settings_fault *fault)
{
	if (!strcmp(fault->code, "role"))
		return OHTD_CHANGE_ROLE;
	return strcmp(fault->code, "layer") ? OHTD_CHANGE_ELEVATION : OHTD_CHANGE_LAYER;
}

/* Which items are other ones, and whether who asks may change them. */
static bool judge_differences(struct ohtd_settings *settings, struct ohtd_change *change)
{
	for (size_t i = 0; i < change->differences; i++) {
		const char *pointer = change->difference[i].pointer;
		const struct ohtd_item *item = ohtd_item_find(&settings->items, pointer);

		if (!item)
			continue;
		judge_item(settings, change, item, pointer, "");
		judge_layer(settings, change, item, pointer);
	}
	judge_choice(settings, change);
	if (!change->faults.count)
		return true;
	return fails(change, result_of(&change->faults.fault[0]));
}

/* Numbers of both trees are to be of the types that reading gives them. Takes @made over. */
static struct json_object *read_back(struct json_object *made)
{
	struct json_object *tree = NULL;

	if (made)
		tree = json_tokener_parse(json_object_to_json_string_ext(made, PLAIN));
	json_object_put(made);
	return tree;
}

bool ohtd_settings_compare(struct ohtd_settings *settings, const struct ohtd_items *items,
			   struct ohtd_change *change)
{
	/* Own trees: json-c counts references without atomics, and a change ends on a loop. */
	change->before = json_tokener_parse(settings->text);
	change->now = read_back(ohtd_tree_of(items, &settings->wanted));
	return change->before && change->now && ohtd_change_compare(settings, change);
}

/* False: it is refused. */
static bool prepare(struct ohtd_settings *settings, struct ohtd_change *change)
{
	const struct ohtd_items *items = change->table ? &settings->wanted_items : &settings->items;

	if (change->if_version && (settings->unkept || change->if_version != settings->head.version))
		return fails(change, OHTD_CHANGE_OUTDATED);
	if (!(change->table ? want_table(settings, change) : want_tree(settings, change)))
		return false;
	if (!ohtd_settings_compare(settings, items, change))
		return fails(change, OHTD_CHANGE_NO_MEMORY);
	/* A file of other limits is read for its ranges, too. */
	change->needs_standstill = change->table || ohtd_change_needs_standstill(settings, change);
	return judge_differences(settings, change);
}

/* ---- live ---- */

/* Names of this machine become ids here and not in the loops, which must not wait for a disk. */
static void find_locals(struct ohtd_values *values)
{
	struct ohtd_config_locals *locals = &values->locals;

	ohtd_config_locals_find(locals);
	for (unsigned int i = 0; i < locals->count; i++) {
		const struct ohtd_config_local *local = &locals->at[i];

		/* As shipped the group may be missing, where the packages are not installed. */
		if (*local->name && !local->known && strcmp(values->local_roles, OHTD_LOCALS_PRESET) != 0)
			ohtd_log(OHTD_LOG_WARNING, "settings", "local_role_unknown", "/access/local_roles: this machine has no %s %s",
				 local->kind == OHTD_LOCAL_GROUP ? "group" : "user", local->name);
	}
}

void ohtd_settings_live(struct ohtd_settings *settings, struct json_object *tree,
			const struct ohtd_config_version *head)
{
	static struct ohtd_config_users users;	/* large; the caller has the writer */

	find_locals(&settings->wanted);
	ohtd_config_users_read(&users);
	pthread_mutex_lock(&settings->lock);
	settings->users = users;
	if (!ohtd_config_locals_are(&settings->values.locals, &settings->wanted.locals))
		atomic_fetch_add(&settings->local_changes, 1);
	settings->values = settings->wanted;
	settings->head = *head;
	snprintf(settings->head.state, sizeof(settings->head.state), head->returns_to ? "pending" : "live");
	snprintf(settings->text, sizeof(settings->text), "%s",
		 json_object_to_json_string_ext(tree, PLAIN));
	atomic_store(&settings->origins, *settings->values.origins);
	atomic_store(&settings->registration, settings->values.registration);
	atomic_store(&settings->devices, settings->values.devices);
	pthread_mutex_unlock(&settings->lock);
	if (settings->setup.have_rules)
		settings->setup.have_rules(settings->setup.rules, &settings->values.alert_rules);
}

static void tell(const struct ohtd_change *change)
{
	char line[LINE_BYTES];

	ohtd_change_line(change, false, line, sizeof(line));
	ohtd_log(OHTD_LOG_NOTICE, "settings", "config_changed", "version %lld by %s: %s%s%s",
		 (long long)change->version.version, change->version.author,
		 *line ? line : "no value is changed", *change->reason ? "; reason: " : "",
		 change->reason);
}

/* A version of a person ends the waiting, also one that only confirms what is in force; and what
 * could not be written down is by the next one. */
static bool is_to_be_kept(const struct ohtd_settings *settings, const struct ohtd_change *change)
{
	return change->differences || *settings->waits || settings->unkept;
}

static void make_live(struct ohtd_settings *settings, struct ohtd_change *change)
{
	bool kept = is_to_be_kept(settings, change);

	if (change->version.returns_to)
		ohtd_unconfirmed_begin(settings, change);
	else
		ohtd_standstill_end(settings);
	ohtd_settings_live(settings, change->now, kept ? &change->version : &settings->head);
	pthread_mutex_lock(&settings->lock);
	if (kept) {
		*settings->waits = 0;
		*settings->returned = 0;
		*settings->dropped = 0;
		settings->unkept = false;
	}
	if (change->table) {
		settings->defaults.table = *change->table;
		ohtd_items_make(&settings->items, &settings->defaults.table, settings->setup.model);
	}
	pthread_mutex_unlock(&settings->lock);
	if (kept) {
		tell(change);
		ohtd_effect_begin(settings);
	}
}

bool ohtd_settings_is_located(const struct ohtd_snapshot *snapshot)
{
	return snapshot->position_mm.valid && snapshot->motion.trust == OHTD_POSITION_TRUSTED && !snapshot->location.lost;
}

/*
 * The robot may have been pushed since its position was read, and reports nothing while idle. False: it
 * is refused.
 */
static bool stands_there(struct ohtd_settings *settings, struct ohtd_change *change)
{
	struct ohtd_snapshot *snapshot = calloc(1, sizeof(*snapshot));
	unsigned int why = OHTD_WHY_POSITION_LOST;

	if (snapshot && !ohtd_robot_snapshot(settings->setup.robot, snapshot) &&
	    ohtd_settings_is_located(snapshot)) {
		const struct ohtd_rules *rules =
			&settings->values.table.rules[snapshot->limits.profile];
		double off_mm = fabs(snapshot->motion.estimate_mm - change->here_mm);

		why = off_mm > rules->value[OHTD_RULE_TOLERANCE_MM] ? OHTD_WHY_MOVING : 0;
	}
	free(snapshot);
	if (!why)
		return true;
	change->answer.why.items[0].code = (uint16_t)why;
	change->answer.why.count = 1;
	change->answer.outcome = OHTD_OUTCOME_REFUSED;
	return fails(change, OHTD_CHANGE_REFUSED);
}

/* The robot has not taken what the store has already. */
static void take_back(struct ohtd_settings *settings, struct ohtd_change *change, bool kept)
{
	if (settings->pending.waits)
		ohtd_standstill_take_back(settings, change);
	else if (kept && ohtd_version_take_back(settings, change->version.version))
		change->result = OHTD_CHANGE_NOT_TAKEN_BACK;
}

void ohtd_settings_commit(struct ohtd_settings *settings, struct ohtd_change *change)
{
	bool kept = is_to_be_kept(settings, change);

	if (change->version.returns_to)
		ohtd_unconfirmed_look(settings);
	if (change->needs_standstill && ohtd_settings_robot_refuses(settings, change, 0))
		return;
	if (change->here && !stands_there(settings, change))
		return;
	if (kept)
		change->error = ohtd_version_keep(settings, &change->version, change->now);
	if (change->error) {
		change->result = OHTD_CHANGE_NOT_KEPT;
		return;
	}
	if (change->needs_standstill &&
	    ohtd_settings_robot_refuses(settings, change, ohtd_settings_offer(settings))) {
		take_back(settings, change, kept);
		return;
	}
	make_live(settings, change);
	memcpy(change->version.state, settings->head.state, sizeof(change->version.state));
}

/* Does the change name the level, and may who asks change it? The value itself may stay. */
static bool is_about_level(const struct ohtd_settings *settings, const struct ohtd_change *change)
{
	const struct ohtd_item *item = ohtd_item_find(&settings->items, LEVEL);
	struct json_object *log = NULL;

	for (size_t i = 0; i < change->differences; i++)
		if (!strcmp(change->difference[i].pointer, LEVEL))
			return true;
	if (!change->patch || change->by.role < item->role)
		return false;
	return json_object_object_get_ex(change->patch, "log", &log) &&
	       (!log || json_object_object_get_ex(log, "level", NULL));
}

/*
 * After the line of the log, and without a difference, too: the level may be another one by now.
 * Only if the change is about it: a level for the search of a fault outlives other changes.
 */
void ohtd_settings_set_level(const struct ohtd_settings *settings, const struct ohtd_change *change)
{
	int before, level = settings->values.level;

	if (!is_about_level(settings, change))
		return;
	before = ohtd_log_change_level(NULL, (enum ohtd_log_level)level);
	if (before != level)
		ohtd_log(OHTD_LOG_WARNING, "settings", "log_level", "from %s to %s by %s",
			 ohtd_log_level_name(before), ohtd_log_level_name(level), change->by.user);
}

/* What a check says of the robot, which is asked by ohtd: so who has control is looked up. */
static void ask_for_check(struct ohtd_settings *settings, struct ohtd_change *change)
{
	struct ohtd_snapshot *snapshot = calloc(1, sizeof(*snapshot));
	struct ohtd_why_list *why = &change->answer.why;

	ohtd_settings_robot_refuses(settings, change, 0);
	if (change->result == OHTD_CHANGE_REFUSED)
		change->result = OHTD_CHANGE_DONE;
	if (snapshot && !ohtd_robot_snapshot(settings->setup.robot, snapshot) && snapshot->control.held &&
	    !ohtd_lease_is_of(&snapshot->control, &change->by) && why->count < OHTD_WHY_MAX)
		why->items[why->count++] = (struct ohtd_why){ .code = OHTD_WHY_CONTROL_HELD };
	free(snapshot);
}

static void commit_or_check(struct ohtd_settings *settings, struct ohtd_change *change)
{
	if (change->trial && change->needs_standstill && change->differences) {
		ask_for_check(settings, change);
	} else if (!change->trial && (is_to_be_kept(settings, change) || change->table)) {
		ohtd_settings_commit(settings, change);
		ohtd_standstill_begin(settings, change);
	}
}

void ohtd_settings_change(struct ohtd_settings *settings, struct ohtd_change *change)
{
	if (pthread_mutex_trylock(&settings->writer)) {
		/* A change that returns has the place, again and again while the robot moves. */
		ohtd_settings_pending(settings, &change->pending);
		change->result = change->pending.version ? OHTD_CHANGE_PENDING : OHTD_CHANGE_BUSY;
		return;
	}
	change->version = ohtd_version_next(settings, &change->by, change->reason);
	if (ohtd_unconfirmed_permits(settings, change) && prepare(settings, change))
		commit_or_check(settings, change);
	if (!change->result && !change->trial && !change->version.waits)
		ohtd_settings_set_level(settings, change);
	/* Nothing was made: what there is. */
	if (change->result == OHTD_CHANGE_OUTDATED ||
	    (!change->result && !change->differences))
		change->version = settings->head;
	if (change->result == OHTD_CHANGE_OUTDATED && settings->unkept)
		change->version.version = 0;
	pthread_mutex_unlock(&settings->writer);
}

/* ---- looks ---- */

int64_t ohtd_settings_text(struct ohtd_settings *settings, char *text, size_t size)
{
	int64_t version;

	pthread_mutex_lock(&settings->lock);
	snprintf(text, size, "%s", settings->text);
	version = settings->unkept ? 0 : settings->head.version;
	pthread_mutex_unlock(&settings->lock);
	return version;
}

int64_t ohtd_settings_version(struct ohtd_settings *settings)
{
	int64_t version;

	pthread_mutex_lock(&settings->lock);
	version = settings->unkept ? 0 : settings->head.version;
	pthread_mutex_unlock(&settings->lock);
	return version;
}

void ohtd_settings_name(struct ohtd_settings *settings, char name[OHTD_ROBOT_NAME_BYTES],
			char place[OHTD_ROBOT_PLACE_BYTES])
{
	*name = 0;
	*place = 0;
	if (!settings)
		return;
	pthread_mutex_lock(&settings->lock);
	memcpy(name, settings->values.name, OHTD_ROBOT_NAME_BYTES);
	memcpy(place, settings->values.place, OHTD_ROBOT_PLACE_BYTES);
	pthread_mutex_unlock(&settings->lock);
}

enum ohtd_layer ohtd_settings_layer(struct ohtd_settings *settings)
{
	enum ohtd_layer layer = OHTD_LAYER_COMMISSIONING;

	if (!settings)
		return layer;
	pthread_mutex_lock(&settings->lock);
	layer = (enum ohtd_layer)settings->values.layer;
	pthread_mutex_unlock(&settings->lock);
	return layer;
}

struct ohtd_analytics_values ohtd_settings_analytics(struct ohtd_settings *settings)
{
	struct ohtd_analytics_values values;

	pthread_mutex_lock(&settings->lock);
	values = settings->values.analytics;
	pthread_mutex_unlock(&settings->lock);
	return values;
}

struct ohtd_settings_targets ohtd_settings_service(struct ohtd_settings *settings)
{
	struct ohtd_settings_targets values;

	pthread_mutex_lock(&settings->lock);
	values = settings->values.service;
	pthread_mutex_unlock(&settings->lock);
	return values;
}

struct ohtd_settings_intervals ohtd_settings_intervals(struct ohtd_settings *settings)
{
	struct ohtd_settings_intervals values;

	pthread_mutex_lock(&settings->lock);
	values = settings->values.intervals;
	pthread_mutex_unlock(&settings->lock);
	return values;
}

struct ohtd_settings_battery ohtd_settings_battery(struct ohtd_settings *settings)
{
	struct ohtd_settings_battery values;

	pthread_mutex_lock(&settings->lock);
	values = settings->values.battery;
	pthread_mutex_unlock(&settings->lock);
	return values;
}

struct ohtd_backup_values ohtd_settings_backup(struct ohtd_settings *settings)
{
	struct ohtd_backup_values values;

	pthread_mutex_lock(&settings->lock);
	values = settings->values.backup;
	pthread_mutex_unlock(&settings->lock);
	return values;
}

enum ohtd_role ohtd_settings_second_factor(struct ohtd_settings *settings)
{
	enum ohtd_role role;

	pthread_mutex_lock(&settings->lock);
	role = (enum ohtd_role)settings->values.second_factor;
	pthread_mutex_unlock(&settings->lock);
	return role;
}

struct ohtd_rate_values ohtd_settings_rates(struct ohtd_settings *settings)
{
	struct ohtd_rate_values values = { 0 };

	if (!settings)
		return values;
	pthread_mutex_lock(&settings->lock);
	values = settings->values.rates;
	pthread_mutex_unlock(&settings->lock);
	return values;
}

void ohtd_settings_gateway(struct ohtd_settings *settings, struct ohtd_gateway_values *gateway)
{
	pthread_mutex_lock(&settings->lock);
	*gateway = settings->values.gateway;
	pthread_mutex_unlock(&settings->lock);
}

bool ohtd_settings_takes_registrations(struct ohtd_settings *settings)
{
	return settings && atomic_load(&settings->registration);
}

bool ohtd_settings_takes_devices(struct ohtd_settings *settings)
{
	return settings && atomic_load(&settings->devices);
}

bool ohtd_settings_has_origins(struct ohtd_settings *settings)
{
	return settings && atomic_load(&settings->origins);
}

bool ohtd_settings_has_origin(struct ohtd_settings *settings, const char *origin, size_t bytes)
{
	bool has;

	if (!ohtd_settings_has_origins(settings))
		return false;
	pthread_mutex_lock(&settings->lock);
	has = ohtd_config_origins_has(settings->values.origins, origin, bytes);
	pthread_mutex_unlock(&settings->lock);
	return has;
}

uint64_t ohtd_settings_local_changes(struct ohtd_settings *settings)
{
	return settings ? atomic_load(&settings->local_changes) : 0;
}

void ohtd_settings_locals(struct ohtd_settings *settings, struct ohtd_config_locals *locals)
{
	pthread_mutex_lock(&settings->lock);
	*locals = settings->values.locals;
	pthread_mutex_unlock(&settings->lock);
}

enum ohtd_role ohtd_settings_local_role(struct ohtd_settings *settings, const struct ohtd_config_peer *peer)
{
	static const struct ohtd_config_locals none;
	enum ohtd_role role;

	if (!settings)
		return ohtd_config_locals_role(&none, peer);
	pthread_mutex_lock(&settings->lock);
	role = ohtd_config_locals_role(&settings->values.locals, peer);
	pthread_mutex_unlock(&settings->lock);
	return role;
}

void ohtd_settings_user_name(struct ohtd_settings *settings, uid_t uid, char name[OHTD_LOCAL_NAME_BYTES])
{
	*name = 0;
	if (!settings)
		return;
	pthread_mutex_lock(&settings->lock);
	snprintf(name, OHTD_LOCAL_NAME_BYTES, "%s", ohtd_config_users_name(&settings->users, uid));
	pthread_mutex_unlock(&settings->lock);
}

bool ohtd_settings_has_rule(struct ohtd_settings *settings, const char *code)
{
	bool has;

	pthread_mutex_lock(&settings->lock);
	has = ohtd_alert_rule_in(&settings->values.alert_rules, code);
	pthread_mutex_unlock(&settings->lock);
	return has;
}

bool ohtd_settings_past(struct ohtd_settings *settings, struct ohtd_past_values *past)
{
	bool stays;

	pthread_mutex_lock(&settings->lock);
	stays = (!settings->pending.version || settings->pending.waits) && !*settings->waits && !settings->unkept;
	if (stays)
		*past = settings->values.past;
	pthread_mutex_unlock(&settings->lock);
	return stays;
}

bool ohtd_settings_wait(struct ohtd_settings *settings, char why[OHTD_WAITS_BYTES])
{
	*why = 0;
	if (!settings)
		return false;
	pthread_mutex_lock(&settings->lock);
	memcpy(why, settings->waits, OHTD_WAITS_BYTES);
	pthread_mutex_unlock(&settings->lock);
	return *why;
}

enum ohtd_log_level ohtd_settings_level(struct ohtd_settings *settings)
{
	int level;

	pthread_mutex_lock(&settings->lock);
	level = settings->values.level;
	pthread_mutex_unlock(&settings->lock);
	return (enum ohtd_log_level)level;
}

void ohtd_settings_describe(struct ohtd_settings *settings, struct ohtd_items *items,
			    struct json_object **preset, struct ohtd_rule_table *table)
{
	/* Not the writer: it may wait for the robot or the disk. */
	pthread_mutex_lock(&settings->lock);
	*table = settings->defaults.table;
	ohtd_items_make(items, table, settings->setup.model);
	for (size_t i = 0; i < items->count; i++)
		preset[i] = ohtd_item_value(&items->item[i], &settings->defaults);
	pthread_mutex_unlock(&settings->lock);
}
