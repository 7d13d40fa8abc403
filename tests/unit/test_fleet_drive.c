// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An order against an ohtd that loses answers, is killed, is stopped and holds missions, while oht-fleet is killed as well: by a seed.
 * Each leg is driven to its end once, in its order, none that is not released and none behind a cancellation. One that waits for a
 * trigger ends by a trigger, and by none that comes behind a stop; one that is skipped is not driven, and all others are.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "oht-fleet/actions.h"
#include "oht-fleet/drive.h"
#include "scratch.h"

#define MISSIONS_MAX	64
#define NODES_MAX	40
#define TURNS_MAX	20000

static char dir[] = "/tmp/oht-drive-XXXXXX";
static char path[64];
static uint64_t chance_state;

static unsigned int chance(unsigned int of)
{
	chance_state = chance_state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned int)((chance_state >> 33) % of);
}

/* Some hundred thousand files are written here, and none has to outlive the machine. */
int fsync(int fd)
{
	(void)fd;
	return 0;
}

/* ---- an ohtd ---- */

struct told {
	char external[128], state[16];
	int legs, ended, revision;
	bool awaits;
	char kinds[FLEET_MISSION_LEGS_MAX][16];
	double places[FLEET_MISSION_LEGS_MAX];
};

static struct told missions[MISSIONS_MAX];
static int mission_count, news;
static struct json_object *channel;
/* What was driven to its end: places, and -1 for a wait. */
static double driven[1000];
static int driven_count;
/* The fleet's triggers that were taken, and those that a leg has ended by. */
static int triggers, triggered;
/* The robot was stopped, and the fleet has not said since that the order goes on: no leg may end by a trigger. */
static bool stopped_in_wait;
static const char *outputs = "enabled";

static struct {
	bool there;
	char method[8], path[128], match[32];
	struct json_object *body;
	fleet_answer_fn tell;
	void *arg;
} request;

static bool is_state(const struct told *mission, const char *state)
{
	return !strcmp(mission->state, state);
}

static bool is_over(const struct told *mission)
{
	return is_state(mission, "finished") || is_state(mission, "cancelled");
}

static void turn_to(struct told *mission, const char *state)
{
	snprintf(mission->state, sizeof(mission->state), "%s", state);
	mission->revision += !strcmp(state, "held") || !strcmp(state, "paused");
	news++;
}

static struct json_object *view(int number)
{
	const struct told *mission = &missions[number];
	struct json_object *object = json_object_new_object(), *leg;
	char changed[FLEET_TIME_BYTES];

	snprintf(changed, sizeof(changed), "%012d", news);
	json_object_object_add(object, "id", json_object_new_int(number + 1));
	json_object_object_add(object, "state", json_object_new_string(mission->state));
	json_object_object_add(object, "external_id", json_object_new_string(mission->external));
	json_object_object_add(object, "revision", json_object_new_int(mission->revision));
	json_object_object_add(object, "changed", json_object_new_string(changed));
	json_object_object_add(object, "leg", mission->ended < mission->legs ? json_object_new_int(mission->ended + 1) : NULL);
	if (mission->awaits)
		json_object_object_add(object, "reason", json_object_new_string("acknowledge"));
	if (mission->ended < mission->legs) {
		leg = json_object_new_object();
		json_object_object_add(leg, "state", json_object_new_string(is_state(mission, "running") || mission->awaits ? "running" : "waiting"));
		json_object_object_add(object, "current_leg", leg);
	}
	return object;
}

static void tell_channel(void)
{
	struct json_object *list = json_object_new_array();

	json_object_put(channel);
	channel = json_object_new_object();
	/* It tells the newest only. */
	for (int i = mission_count > 3 ? mission_count - 3 : 0; i < mission_count; i++)
		json_object_array_add(list, view(i));
	json_object_object_add(channel, "missions", list);
}

static void add_legs(struct told *mission, struct json_object *body, int first)
{
	struct json_object *legs = json_object_object_get(body, "legs");

	for (size_t i = 0; i < json_object_array_length(legs); i++) {
		struct json_object *leg = json_object_array_get_idx(legs, i), *place = json_object_object_get(leg, "position_mm");
		const char *kind = json_object_get_string(json_object_object_get(leg, "kind"));
		int at = first + (int)i;

		assert_true(at < FLEET_MISSION_LEGS_MAX);
		if (at < mission->legs) {
			/* The same again: else ohtd would refuse it as another content. */
			assert_string_equal(mission->kinds[at], kind);
			continue;
		}
		snprintf(mission->kinds[at], sizeof(mission->kinds[at]), "%s", kind);
		mission->places[at] = place ? json_object_get_double(place) : -1;
		mission->legs = at + 1;
	}
}

static struct json_object *refuse(const char *code)
{
	struct json_object *object = json_object_new_object();

	json_object_object_add(object, "code", json_object_new_string(code));
	return object;
}

static int make(struct json_object *body, struct json_object **answer)
{
	const char *external = json_object_get_string(json_object_object_get(body, "external_id"));
	int i = 0;

	while (i < mission_count && strcmp(missions[i].external, external))
		i++;
	if (i == mission_count) {
		assert_true(mission_count < MISSIONS_MAX);
		mission_count++;
		missions[i] = (struct told){ 0 };
		snprintf(missions[i].external, sizeof(missions[i].external), "%s", external);
		turn_to(&missions[i], "waiting");
		add_legs(&missions[i], body, 0);
	} else {
		assert_true(missions[i].legs >= (int)json_object_array_length(json_object_object_get(body, "legs")));
		add_legs(&missions[i], body, 0);
	}
	*answer = view(i);
	return 200;
}

static void drive_leg(struct told *mission)
{
	driven[driven_count++] = mission->places[mission->ended++];
	news++;
}

static void pass_trigger(struct told *mission)
{
	mission->awaits = false;
	triggered++;
	assert_true(triggered <= triggers);
	assert_false(stopped_in_wait);
	drive_leg(mission);
}

static int act(struct told *mission, const char *word)
{
	static const char *const acts[][3] = {
		{ "start", "waiting", "running" }, { "resume", "held", "running" }, { "resume", "paused", "running" }, { "pause", "running", "paused" },
	};

	if (!strcmp(word, "cancel") && !is_over(mission)) {
		mission->awaits = false;
		turn_to(mission, "cancelled");
		return 200;
	}
	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++)
		if (!strcmp(word, acts[i][0]) && is_state(mission, acts[i][1])) {
			if (mission->awaits)
				pass_trigger(mission);
			else
				stopped_in_wait = false;
			/* The button may be pressed, so that it is held at once. */
			turn_to(mission, mission->ended == mission->legs ? "finished" : chance(8) ? acts[i][2] : "held");
			return 200;
		}
	return 409;
}

/* Only a resume says which revision it means, and each does. */
static bool is_meant(const struct told *mission, const char *word)
{
	char match[32];

	assert_int_equal(!strcmp(word, "resume"), *request.match != 0);
	snprintf(match, sizeof(match), "\"%d\"", mission->revision);
	return !*request.match || !strcmp(request.match, match);
}

static int serve(struct json_object **answer)
{
	char *word;
	struct told *mission;
	int number, first;

	*answer = NULL;
	if (!strcmp(request.path, "missions"))
		return make(request.body, answer);
	assert_int_equal(strncmp(request.path, "missions/", 9), 0);
	number = (int)strtol(request.path + 9, &word, 10);
	assert_true(number > 0 && number <= mission_count);
	word += *word == '/';
	mission = &missions[number - 1];
	if (!is_meant(mission, word)) {
		*answer = refuse("mission_changed");
		return 412;
	}
	if (!strcmp(word, "legs")) {
		first = json_object_get_int(json_object_object_get(request.body, "first_leg"));
		if (is_over(mission) && first + (int)json_object_array_length(json_object_object_get(request.body, "legs")) - 1 > mission->legs) {
			*answer = refuse("mission_state");
			return 409;
		}
		assert_true(first <= mission->legs + 1);
		add_legs(mission, request.body, first - 1);
		news++;
	} else if (*word && act(mission, word) != 200) {
		*answer = refuse("mission_state");
		return 409;
	}
	*answer = view(number - 1);
	return 200;
}

static void forget_request(void)
{
	json_object_put(request.body);
	memset(&request, 0, sizeof(request));
}

/* It is done and answered, done and the answer lost, or never done. */
static void answer_request(void)
{
	const fleet_answer_fn tell = request.tell;
	void *arg = request.arg;
	struct json_object *answer = NULL;
	unsigned int luck = chance(10);
	int status = luck ? serve(&answer) : 0;

	forget_request();
	tell(arg, luck == 1 ? 0 : status, luck == 1 ? NULL : answer);
	json_object_put(answer);
}

/* A leg of the mission that runs is over, or something has come in between. */
static void live(void)
{
	for (int i = 0; i < mission_count; i++) {
		struct told *mission = &missions[i];

		if (!is_state(mission, "running"))
			continue;
		if (!chance(6)) {
			turn_to(mission, "held");
			continue;
		}
		if (!strcmp(mission->kinds[mission->ended], "acknowledge")) {
			mission->awaits = true;
			turn_to(mission, "held");
			continue;
		}
		drive_leg(mission);
		if (mission->ended == mission->legs)
			turn_to(mission, "finished");
	}
}

/* ---- what oht-fleet knows of it ---- */

static bool known = true;

bool fleet_robot_is_known(const struct fleet_robot *robot)
{
	(void)robot;
	return known;
}

int fleet_robot_ask(struct fleet_robot *robot, const char *method, const char *asked, const char *match, const char *body, fleet_answer_fn tell, void *arg)
{
	(void)robot;
	assert_false(request.there);
	request.there = true;
	snprintf(request.method, sizeof(request.method), "%s", method);
	snprintf(request.path, sizeof(request.path), "%s", asked);
	snprintf(request.match, sizeof(request.match), "%s", match ? match : "");
	request.body = body ? json_tokener_parse(body) : NULL;
	request.tell = tell;
	request.arg = arg;
	return 0;
}

struct json_object *fleet_robot_get(const struct fleet_robot *robot, enum fleet_channel number, const char *name)
{
	(void)robot;
	return number == FLEET_CHANNEL_MISSIONS ? json_object_object_get(channel, name) : NULL;
}

const char *fleet_robot_text(const struct fleet_robot *robot, enum fleet_channel number, const char *name)
{
	(void)robot;
	if (strcmp(name, "state"))
		return "another";
	return number == FLEET_CHANNEL_SAFETY ? outputs : "idle";
}

double fleet_robot_number(const struct fleet_robot *robot, enum fleet_channel number, const char *name)
{
	(void)robot;
	(void)number;
	(void)name;
	return 0;
}

double fleet_robot_station_mm(const struct fleet_robot *robot, const char *name)
{
	(void)robot;
	(void)name;
	return NAN;
}

const char *fleet_robot_station_near(const struct fleet_robot *robot, double position_mm, double within_mm, double *place_mm)
{
	(void)robot;
	(void)position_mm;
	(void)within_mm;
	(void)place_mm;
	return NULL;
}

/* ---- a fleet ---- */

static struct fleet_settings settings;
static struct fleet_robot robot;
static struct fleet_job job;
static struct fleet_drive drive;

static void begin_fleet(void)
{
	forget_request();
	memset(&job, 0, sizeof(job));
	assert_int_equal(fleet_job_load(&job, path), 0);
	drive = (struct fleet_drive){ .job = &job, .robot = &robot, .path = path };
}

static bool waits_for_trigger(int node)
{
	return node % 2;
}

/* An update that begins at node @from and has @count more, of which @released are. Every third node has a wait, for a time or a trigger. */
static void order(int from, int count, int released, uint32_t update)
{
	static struct fleet_order order;

	memset(&order, 0, sizeof(order));
	snprintf(order.id, sizeof(order.id), "order");
	order.update = update;
	for (int i = 0; i <= count; i++) {
		struct fleet_node *node = &order.nodes[order.node_count++];

		snprintf(node->id, sizeof(node->id), "n%d", from + i);
		node->sequence = 2 * (uint32_t)(from + i);
		node->released = i <= released;
		node->position.there = true;
		node->position.x_m = from + i;
		if (i && (from + i) % 3 == 0) {
			node->action_count = 1;
			snprintf(node->actions[0].type, sizeof(node->actions[0].type), waits_for_trigger(from + i) ? "waitForTrigger" : "wait");
			snprintf(node->actions[0].id, sizeof(node->actions[0].id), "a%d", from + i);
			node->actions[0].retriable = true;
			node->actions[0].parameter_count = 1;
			snprintf(node->actions[0].parameters[0].value, FLEET_TEXT_BYTES, waits_for_trigger(from + i) ? "[\"FLEET_CONTROL\"]" : "1");
		}
		if (!i)
			continue;
		snprintf(order.edges[order.edge_count].id, FLEET_ID_BYTES, "e%d", from + i);
		order.edges[order.edge_count].speed_max_m_s = NAN;
		order.edges[order.edge_count++].sequence = node->sequence - 1;
	}
	fleet_job_take(&job, &order, &settings, &robot, "0");
	assert_int_equal(fleet_job_save(&job, path), 0);
}

/* Legs of the base up to this node. */
static int legs_until(int node)
{
	return node + node / 3;
}

/* Nodes whose action was skipped. */
static bool skipped[NODES_MAX + 8];
static int skipped_count;

static void note_skipped(void)
{
	for (uint32_t i = 0; i < job.action_count; i++) {
		int node = (int)strtol(job.actions[i].id + 1, NULL, 10);

		if (job.actions[i].status != FLEET_FAILED || skipped[node])
			continue;
		skipped[node] = true;
		skipped_count++;
	}
}

static void look_at_what_was_driven(int base)
{
	int at = 0;

	assert_true(driven_count <= legs_until(base));
	for (int node = 1; at < driven_count; node++) {
		assert_true(driven[at++] == node * 1000.0);
		if (node % 3 == 0 && !skipped[node] && at < driven_count)
			assert_true(driven[at++] == -1);
	}
}

static void forget_history(unsigned int seed)
{
	chance_state = seed;
	mission_count = driven_count = news = skipped_count = triggers = triggered = 0;
	stopped_in_wait = false;
	outputs = "enabled";
	memset(skipped, 0, sizeof(skipped));
}

/* What a fleet says to an order that waits or was interrupted, and a person with the button. */
static void say_something(void)
{
	const char *retriable = fleet_job_retriable(&job);

	if (!chance(10))
		outputs = strcmp(outputs, "enabled") ? "enabled" : "ready";
	if (fleet_job_is_held(&job) && !chance(4)) {
		fleet_drive_resume(&drive);
		stopped_in_wait = stopped_in_wait && strcmp(outputs, "enabled");
	} else if (retriable && !chance(4)) {
		fleet_drive_skip(&drive, retriable);
	} else if (!chance(3)) {
		triggers += fleet_drive_trigger(&drive);
	}
}

static void one_history(unsigned int seed, bool cancels)
{
	int base = cancels ? 8 : 2, last, turns = 0, count;

	forget_history(seed);
	unlink(path);
	begin_fleet();
	order(0, base + 1, base, 0);
	for (uint32_t update = 1; turns < TURNS_MAX; turns++) {
		tell_channel();
		if (request.there && chance(3))
			answer_request();
		else if (!chance(12))
			begin_fleet();
		else
			fleet_drive_work(&drive, (int64_t)turns * 1000000000);
		/* A trigger may be on its way, or have ended the wait already. */
		if (job.stopped && !request.there && missions[job.mission - 1].awaits)
			stopped_in_wait = true;
		drive.again_at = 0;
		if (chance(2))
			live();
		say_something();
		if (!*drive.ended && !job.cancelled && !job.cancelling)
			note_skipped();
		/* No node was reached, and no action is over, before ohtd says so. */
		assert_true(!job.mission || job.done <= (uint32_t)missions[job.mission - 1].ended);
		look_at_what_was_driven(base);
		if (cancels && driven_count >= 3 && !job.cancelling && !job.cancelled) {
			job.cancelling = true;
			assert_int_equal(fleet_job_save(&job, path), 0);
		}
		if (job.cancelled)
			break;
		if (!cancels && base < NODES_MAX && !chance(10)) {
			int more = 1 + (int)chance(4);

			last = base + more;
			order(base, more + 1, more, update++);
			base = last;
		}
		/* A last update without a horizon. */
		if (base >= NODES_MAX && job.node_count && !job.nodes[job.node_count - 1].released)
			order(base, 0, 0, update++);
		if (!fleet_job_is_active(&job) && !cancels && base >= NODES_MAX)
			break;
	}
	assert_true(turns < TURNS_MAX);
	/* The answer that the mission was cancelled to skip an action was lost, or the program was killed just then: the order has ended. */
	if (!cancels && !job.cancelled) {
		assert_int_equal(driven_count, legs_until(base) - skipped_count);
		assert_int_equal(job.last_sequence, 2 * base);
		return;
	}
	/* Nothing is driven behind it, whatever is killed. */
	count = driven_count;
	for (turns = 0; turns < 50; turns++) {
		tell_channel();
		if (request.there)
			answer_request();
		else if (!chance(5))
			begin_fleet();
		else
			fleet_drive_work(&drive, (int64_t)turns * 1000000000);
		live();
	}
	assert_int_equal(driven_count, count);
	assert_false(fleet_job_is_active(&job));
}

static void each_leg_is_driven_once(void **unused)
{
	const char *runs = getenv("OHT_RUNS");
	unsigned int count = runs ? (unsigned int)strtoul(runs, NULL, 10) : 50, skips = 0, ends = 0, whole = 0;

	(void)unused;
	for (unsigned int seed = 1; seed <= count; seed++) {
		one_history(seed, false);
		skips += (unsigned int)skipped_count;
		ends += (unsigned int)triggered;
		whole += !job.cancelled;
		one_history(seed, true);
	}
	print_message("%u of %u orders to their end, %u triggers, %u skipped\n", whole, count, ends, skips);
	/* Else these histories show nothing. */
	assert_true(skips > count / 2 && ends > count && whole > count / 2);
}

/* What is not on the disk is not asked for. */
static void what_cannot_be_written_is_not_driven(void **unused)
{
	(void)unused;
	unlink(path);
	mission_count = driven_count = 0;
	begin_fleet();
	order(0, 2, 2, 0);
	tell_channel();
	drive.path = "/nowhere/at/all";
	for (int64_t turn = 0; turn < 10; turn++) {
		drive.again_at = 0;
		fleet_drive_work(&drive, turn);
		assert_false(request.there);
		assert_true(drive.unsaved);
	}
	drive.path = path;
	drive.again_at = 0;
	fleet_drive_work(&drive, 10);
	assert_true(request.there);
	assert_false(drive.unsaved);
}

/* An order whose mission runs, and of which @ended legs are over. */
static void begin_under_way(int ended)
{
	unlink(path);
	mission_count = driven_count = news = 0;
	known = true;
	chance_state = 4;
	begin_fleet();
	order(0, 4, 4, 0);
	for (int64_t turn = 0; turn < 1000 && job.done < (uint32_t)ended; turn++) {
		tell_channel();
		if (request.there)
			answer_request();
		drive.again_at = 0;
		fleet_drive_work(&drive, turn * 1000000000);
		if (mission_count && is_state(&missions[0], "running") && missions[0].ended < ended) {
			missions[0].ended++;
			news++;
		}
	}
	assert_int_equal(job.done, ended);
}

/* Some turns of what ohtd tells now; nothing of it may begin. */
static void look_for_requests(const char *wanted)
{
	for (int64_t turn = 2000; turn < 2020; turn++) {
		tell_channel();
		drive.again_at = 0;
		fleet_drive_work(&drive, turn * 1000000000);
		if (request.there && strcmp(request.path, "control"))
			assert_string_equal(request.path, wanted);
		forget_request();
		drive.busy = false;
	}
}

/* After a restore the number is that of another person's mission, which may run, or the mission is as it was before it began. */
static void a_mission_of_before_a_restore_is_not_driven(void **unused)
{
	(void)unused;
	for (int case_number = 0; case_number < 4; case_number++) {
		begin_under_way(2);
		/* Both programs have been killed, or only ohtd. */
		if (case_number)
			begin_fleet();
		forget_request();
		drive.busy = false;
		if (case_number != 2)
			snprintf(missions[0].external, sizeof(missions[0].external), "%s", "");
		missions[0].ended = 0;
		turn_to(&missions[0], case_number == 3 ? "running" : "waiting");
		look_for_requests("");
		assert_true(*drive.ended);
		assert_false(fleet_job_is_active(&job));
	}
}

/* A mission that is deleted for its age is looked at first. */
static void a_mission_of_somebody_else_is_not_deleted(void **unused)
{
	(void)unused;
	for (int foreign = 0; foreign < 2; foreign++) {
		begin_under_way(2);
		turn_to(&missions[0], "cancelled");
		snprintf(missions[0].external, sizeof(missions[0].external), "%s", foreign ? "vda5050 order of another" : "vda5050 order 0");
		forget_request();
		begin_fleet();
		job = (struct fleet_job){ .past_count = FLEET_PAST_KEPT + 1 };
		job.past[0] = (struct fleet_job_past){ .mission = 1 };
		snprintf(job.past[0].order, sizeof(job.past[0].order), "order");
		fleet_drive_work(&drive, 1);
		assert_string_equal(request.method, "GET");
		chance_state = 4;
		answer_request();
		assert_string_equal(request.there ? request.method : "none", foreign ? "none" : "DELETE");
		assert_int_equal(job.past_count, FLEET_PAST_KEPT + !foreign);
	}
}

static void the_time_of_day_at_the_robot_is_set_back(void **unused)
{
	(void)unused;
	begin_under_way(2);
	turn_to(&missions[0], "held");
	news = 0;
	look_for_requests("");
	assert_int_equal(job.state, FLEET_MISSION_HELD);
}

/* The wish was for the mission that was paused, not for the one that a restart of ohtd has held. */
static void a_wish_to_go_on_ends_with_the_connection(void **unused)
{
	(void)unused;
	begin_under_way(1);
	turn_to(&missions[0], "paused");
	look_for_requests("");
	assert_int_equal(job.state, FLEET_MISSION_PAUSED);
	fleet_drive_resume(&drive);
	known = false;
	drive.again_at = 0;
	fleet_drive_work(&drive, 2100000000000);
	known = true;
	turn_to(&missions[0], "held");
	look_for_requests("");
	assert_true(drive.refused);
	fleet_drive_resume(&drive);
	/* It looks at the mission first. */
	drive.again_at = 0;
	fleet_drive_work(&drive, 2200000000000);
	assert_string_equal(request.path, "missions/1");
	chance_state = 4;
	answer_request();
	look_for_requests("missions/1/resume");
}

/* Behind the look at the mission a person lets it go on and holds it again: the resume of the fleet is not for that. */
static void a_mission_that_is_held_anew_at_the_last_moment_stays_held(void **unused)
{
	(void)unused;
	begin_under_way(1);
	turn_to(&missions[0], "held");
	look_for_requests("");
	fleet_drive_resume(&drive);
	drive.again_at = 0;
	fleet_drive_work(&drive, 2100000000000);
	assert_string_equal(request.path, "missions/1");
	chance_state = 4;
	answer_request();
	drive.again_at = 0;
	fleet_drive_work(&drive, 2101000000000);
	assert_string_equal(request.path, "missions/1/resume");
	turn_to(&missions[0], "running");
	turn_to(&missions[0], "held");
	chance_state = 4;
	answer_request();
	assert_string_equal(missions[0].state, "held");
	assert_true(drive.refused);
	look_for_requests("");
}

static void a_file_that_contradicts_itself_is_none(void **unused)
{
	static const char *const wrong[] = { "\"sent\":9", "\"asked\":200", "\"done\":1", "\"mission\":-1", "\"legs\":{}", "\"past\":[{}]" };
	static struct fleet_job loaded;
	char text[4096], *place;
	FILE *file;

	(void)unused;
	unlink(path);
	begin_fleet();
	order(0, 2, 1, 0);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		size_t name = strcspn(wrong[i], ":") + 1;
		char begin[32];

		assert_int_equal(fleet_job_save(&job, path), 0);
		file = fopen(path, "r");
		text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
		fclose(file);
		snprintf(begin, sizeof(begin), "%.*s", (int)name, wrong[i]);
		place = strstr(text, begin);
		assert_non_null(place);
		file = fopen(path, "w");
		/* json-c takes the last of two members of one name. */
		fprintf(file, "%.*s,%s}", (int)strlen(text) - 1, text, wrong[i]);
		fclose(file);
		assert_int_equal(fleet_job_load(&loaded, path), -1);
	}
	/* Nor is one that is longer than any of them. */
	assert_int_equal(truncate(path, 64 << 20), 0);
	errno = 0;
	assert_int_equal(fleet_job_load(&loaded, path), -1);
	assert_int_equal(errno, EINVAL);
	unlink(path);
}

static int set_up(void **unused)
{
	(void)unused;
	snprintf(settings.map, sizeof(settings.map), "rail");
	if (scratch_make(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/order", dir);
	return 0;
}

static int tear_down(void **unused)
{
	(void)unused;
	forget_request();
	json_object_put(channel);
	return scratch_remove(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_leg_is_driven_once),
		cmocka_unit_test(what_cannot_be_written_is_not_driven),
		cmocka_unit_test(a_mission_of_before_a_restore_is_not_driven),
		cmocka_unit_test(a_mission_of_somebody_else_is_not_deleted),
		cmocka_unit_test(the_time_of_day_at_the_robot_is_set_back),
		cmocka_unit_test(a_wish_to_go_on_ends_with_the_connection),
		cmocka_unit_test(a_mission_that_is_held_anew_at_the_last_moment_stays_held),
		cmocka_unit_test(a_file_that_contradicts_itself_is_none),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
