// SPDX-License-Identifier: GPL-2.0-or-later
#include "api/api.h"
#include "server/call.h"

#include <string.h>

#include "common/sysfs.h"
#include "live/channels.h"
#include "views/safety_cause.h"
#include "server/figures.h"
#include "clients/stop.h"
#include "views/words.h"
#include "oht_client.h"
#include "control/robot.h"

/* ---- parts ---- */

static const char *const contacts[] = { "open", "closed" };
OHTD_WORDS_OF(contact_words, contacts);

struct safety_channels {
	int8_t a;
	int8_t b;
};

OHTD_SHAPE(safety_channels, "Channels",
	OHTD_WORD(safety_channels, a, .flags = OHTD_NULL, .words = &contact_words,
		  .summary = "First channel; null: there is none"),
	OHTD_WORD(safety_channels, b, .flags = OHTD_NULL, .words = &contact_words,
		  .summary = "Second channel; null: there is none"));

struct safety_feedback {
	int8_t enable1;
	int8_t enable2;
};

OHTD_SHAPE(safety_feedback, "Feedback",
	OHTD_WORD(safety_feedback, enable1, .flags = OHTD_NULL, .words = &contact_words,
		  .summary = "Contact behind the first output; null: not wired"),
	OHTD_WORD(safety_feedback, enable2, .flags = OHTD_NULL, .words = &contact_words,
		  .summary = "Contact behind the second output; null: not wired"));

struct standing_cause {
	struct safety_cause cause;
	int64_t since;
	bool standing;
};

OHTD_SHAPE(standing_cause, "StandingCause",
	OHTD_PART(standing_cause, cause, safety_cause),
	OHTD_TIME(standing_cause, since, .flags = OHTD_NULL,
		  .summary = "When it was first seen in this stop; null: before ohtd started"),
	OHTD_BOOLEAN(standing_cause, standing, .summary = "It stands now and forbids a reset"));

struct failed_test {
	const char *code;
	const char *text;
};

OHTD_SHAPE(failed_test, "FailedTest",
	OHTD_TEXT(failed_test, code, .summary = "What is wrong, for programs"),
	OHTD_TEXT(failed_test, text, .summary = "What is wrong, for people"));

#define TESTS_MAX	32

struct self_test {
	int64_t at;
	int64_t age_s;
	bool passed;
	const struct failed_test *failed;
	size_t failed_count;
};

OHTD_SHAPE(self_test, "SelfTest",
	OHTD_TIME(self_test, at, .flags = OHTD_NULL, .summary = "When it ran"),
	OHTD_INTEGER(self_test, age_s, .flags = OHTD_DRIFTS, .unit = "s", .summary = "How long ago"),
	OHTD_BOOLEAN(self_test, passed, .summary = "Nothing was found"),
	OHTD_LIST(self_test, failed, failed_test, .summary = "What was found"));

struct interlock {
	unsigned int code;
	const char *text;
	int64_t address;
	int64_t cause;
};

OHTD_SHAPE(interlock, "Interlock",
	OHTD_WORD(interlock, code, .words = &ohtd_why_words, .summary = "What is in the way, for programs"),
	OHTD_TEXT(interlock, text, .summary = "What is in the way, for people"),
	OHTD_INTEGER(interlock, address, .flags = OHTD_NULL,
		     .summary = "Unit address of the module that is meant"),
	OHTD_WORD(interlock, cause, .flags = OHTD_NULL, .words = &ohtd_cause_words,
		  .summary = "Of the stop, with the code stop_cause"));

/* ---- the whole ---- */

struct safety {
	unsigned int state;
	int64_t since;
	const struct standing_cause *causes;
	size_t causes_count;
	const struct safety_channels *channels;
	const struct safety_outputs *outputs;
	const struct safety_feedback *feedback;
	bool hardware_stop;
	bool simulated_outputs;
	int8_t cpus_watched;
	uint32_t deadman_ms;
	uint64_t stops_repeated;
	uint64_t journal_seq;
	const struct self_test *self_test;
	int64_t proof_test_age_s;
	const struct interlock *why_not_reset;
	size_t why_not_reset_count;
	const struct interlock *why_not_enable;
	size_t why_not_enable_count;
	int64_t age_ms;
};

OHTD_SHAPE(safety, "Safety",
	OHTD_WORD(safety, state, .words = &ohtd_safety_state_words, .summary = "State of the stop"),
	OHTD_TIME(safety, since, .flags = OHTD_NULL, .summary = "When the state was entered"),
	OHTD_LIST(safety, causes, standing_cause, .summary = "Causes of this stop, the first one first"),
	OHTD_OBJECT(safety, channels, safety_channels, .summary = "Contacts of the stop button"),
	OHTD_OBJECT(safety, outputs, safety_outputs, .summary = "Enable outputs"),
	OHTD_OBJECT(safety, feedback, safety_feedback, .flags = OHTD_NULL,
		    .summary = "Contacts behind the outputs; null: not wired"),
	OHTD_BOOLEAN(safety, hardware_stop, .summary = "The device can cut the outputs"),
	OHTD_BOOLEAN(safety, simulated_outputs,
		     .summary = "The outputs are a word in ohtd: nothing is cut, and they end with ohtd"),
	OHTD_TRISTATE(safety, cpus_watched, .flags = OHTD_NULL,
		      .summary = "Two CPUs watch one another; null: no kernel module"),
	OHTD_INTEGER(safety, deadman_ms, .unit = "ms",
		     .summary = "Period of the heartbeat without which the device stops; 0: none"),
	OHTD_INTEGER(safety, stops_repeated, .flags = OHTD_DRIFTS,
		     .summary = "Requests for a stop while stopped already"),
	OHTD_INTEGER(safety, journal_seq,
		     .summary = "Newest entry of the journal of the stop, for POST safety/reset"),
	OHTD_OBJECT(safety, self_test, self_test, .flags = OHTD_NULL,
		    .summary = "The last one; null: none since the driver came"),
	OHTD_INTEGER(safety, proof_test_age_s, .flags = OHTD_NULL | OHTD_DRIFTS, .unit = "s",
		     .summary = "Since all channels were seen open together; null: not since the driver came"),
	OHTD_LIST(safety, why_not_reset, interlock, .summary = "What forbids a reset now"),
	OHTD_LIST(safety, why_not_enable, interlock, .summary = "What forbids an enable now"),
	OHTD_INTEGER(safety, age_ms, .flags = OHTD_DRIFTS, .unit = "ms", .summary = "Age of the control thread's last cycle"));

static const struct standing_cause *make_causes(const struct ohtd_scene *scene, size_t *counted)
{
	const struct ohtd_safety_view *view = &scene->snapshot->safety;
	struct standing_cause *causes = ohtd_scene_alloc(scene, OHTD_CAUSES_MAX * sizeof(*causes));
	size_t count = view->cause_count < OHTD_CAUSES_MAX ? view->cause_count : OHTD_CAUSES_MAX;

	for (size_t i = 0; i < count; i++)
		causes[i] = (struct standing_cause){
			.cause = ohtd_safety_cause(scene->memory, view->causes[i].cause, &view->causes[i].own),
			.since = ohtd_scene_wall_ns(scene, view->causes[i].since_ns),
			.standing = view->causes[i].standing != 0,
		};
	*counted = count;
	return causes;
}

/* NULL: none has run since the driver came. */
static const struct self_test *make_self_test(const struct ohtd_scene *scene)
{
	const struct ohtd_safety_view *view = &scene->snapshot->safety;
	struct failed_test *failed;
	struct self_test *test;

	if (!view->tested_ns)
		return NULL;
	failed = ohtd_scene_alloc(scene, TESTS_MAX * sizeof(*failed));
	test = ohtd_scene_alloc(scene, sizeof(*test));
	*test = (struct self_test){
		.at = ohtd_scene_wall_ns(scene, view->tested_ns),
		.age_s = ohtd_scene_age_ms(scene, view->tested_ns) / 1000,
		.passed = !view->test_failed,
		.failed = failed,
	};
	for (unsigned int i = 0; i < TESTS_MAX; i++)
		if (view->test_failed & (1u << i))
			failed[test->failed_count++] = (struct failed_test){
				oht_test_name(i), oht_test_text(i),
			};
	return test;
}

static const struct interlock *make_interlocks(const struct ohtd_scene *scene,
					       const struct ohtd_why_list *list, size_t *counted)
{
	struct interlock *interlocks = ohtd_scene_alloc(scene, OHTD_WHY_MAX * sizeof(*interlocks));
	size_t count = list->count < OHTD_WHY_MAX ? list->count : OHTD_WHY_MAX;

	for (size_t i = 0; i < count; i++) {
		const struct ohtd_why *why = &list->items[i];

		interlocks[i] = (struct interlock){
			.code = why->code, .text = ohtd_why_text(why->code),
			.address = why->unit ? why->unit : OHTD_NONE,
			.cause = why->code == OHTD_WHY_STOP_CAUSE ? why->detail : OHTD_NONE,
		};
	}
	*counted = count;
	return interlocks;
}

static const struct safety_feedback *make_feedback(const struct ohtd_scene *scene)
{
	const struct ohtd_safety_view *view = &scene->snapshot->safety;
	struct safety_feedback *feedback;

	if (view->feedback1 < 0 && view->feedback2 < 0)
		return NULL;
	feedback = ohtd_scene_alloc(scene, sizeof(*feedback));
	*feedback = (struct safety_feedback){ view->feedback1, view->feedback2 };
	return feedback;
}

static const void *make_safety(const struct ohtd_scene *scene)
{
	const struct ohtd_snapshot *snapshot = scene->snapshot;
	const struct ohtd_safety_view *view = &snapshot->safety;
	struct safety_channels *channels = ohtd_scene_alloc(scene, sizeof(*channels));
	struct safety_outputs *outputs = ohtd_scene_alloc(scene, sizeof(*outputs));
	struct safety *safety = ohtd_scene_alloc(scene, sizeof(*safety));

	*channels = (struct safety_channels){ view->channel_a, view->channel_b };
	*outputs = (struct safety_outputs){ view->enable1, view->enable2 };
	*safety = (struct safety){
		.state = view->state,
		.since = ohtd_scene_wall_ns(scene, view->since_ns),
		.channels = channels,
		.outputs = outputs,
		.feedback = make_feedback(scene),
		.hardware_stop = view->hardware_stop,
		.simulated_outputs = view->simulated_outputs,
		.cpus_watched = view->cpus_watched,
		.deadman_ms = view->deadman_ms,
		.stops_repeated = scene->stops_repeated,
		.journal_seq = view->journal_seq,
		.self_test = make_self_test(scene),
		.proof_test_age_s = view->opened_age_s == OHT_NEVER_SECONDS ? OHTD_NONE :
				    view->opened_age_s,
		.age_ms = ohtd_scene_own_age_ms(scene),
	};
	safety->causes = make_causes(scene, &safety->causes_count);
	safety->why_not_reset = make_interlocks(scene, &snapshot->why_not_reset,
						&safety->why_not_reset_count);
	safety->why_not_enable = make_interlocks(scene, &snapshot->why_not_enable,
						 &safety->why_not_enable_count);
	return safety;
}

const struct ohtd_view ohtd_stop_view = { &safety_shape, make_safety };

static void get_safety(struct ohtd_call *call)
{
	const struct ohtd_scene scene = ohtd_call_scene(call);

	ohtd_reply_view(call, 200, &safety_shape, make_safety(&scene));
}

/* ---- the stop ---- */

static void post_stop(struct ohtd_call *call)
{
	struct stopped stopped;
	int r = ohtd_clients_stop(ohtd_call_link(call), &call->who, &stopped);

	call->noted.repeats = !r && stopped.repeated;
	if (r)
		ohtd_reply_problem(call, 503, "device_gone", OHTD_STOP_UNCONFIRMED ": %s", strerror(-r));
	else
		OHTD_REPLY(call, 200, stopped, &stopped);
	ohtd_clients_log_stop(&call->who, r, &stopped);
}

/* ---- commands ---- */

struct safety_command {
	uint32_t valid_for_ms;
};

OHTD_SHAPE(safety_command, "SafetyCommand",
	OHTD_INTEGER(safety_command, valid_for_ms, .min = 1, .max = OHTD_VALID_MS_MAX,
		     .preset = OHTD_VALID_MS, .unit = "ms",
		     .summary = "From now; what cannot be begun by then is dropped"));

struct safety_reset {
	struct safety_command command;
	int64_t journal_seq;
};

OHTD_SHAPE(safety_reset, "SafetyReset",
	OHTD_PART(safety_reset, command, safety_command),
	OHTD_INTEGER(safety_reset, journal_seq, .min = 0, .max = INT64_MAX, .preset = OHTD_NONE,
		     .summary = "journal_seq of GET safety that was looked at: refused after any later entry"));

static void safety_done(struct ohtd_call *call, const struct ohtd_answer *answer)
{
	/* A reset by its button is seen at the enable. */
	if (answer->kind != OHTD_COMMAND_SELF_TEST)
		ohtd_clients_log_repeated();
	get_safety(call);
}

static void post(struct ohtd_call *call, uint32_t kind)
{
	struct ohtd_command command = {
		.kind = kind, .valid_ms = OHTD_INPUT(call, safety_command)->valid_for_ms,
	};

	ohtd_call_command(call, &command, safety_done);
}

static void post_reset(struct ohtd_call *call)
{
	const struct safety_reset *said = OHTD_INPUT(call, safety_reset);
	struct ohtd_command command = {
		.kind = OHTD_COMMAND_RESET, .valid_ms = said->command.valid_for_ms,
		.bound = said->journal_seq != OHTD_NONE,
	};

	if (command.bound)
		command.journal_seq = (uint64_t)said->journal_seq;
	ohtd_call_command(call, &command, safety_done);
}

static void post_enable(struct ohtd_call *call)
{
	post(call, OHTD_COMMAND_ENABLE);
}

static void post_self_test(struct ohtd_call *call)
{
	post(call, OHTD_COMMAND_SELF_TEST);
}

/* ---- latency: what the driver itself and the loops have measured; reading sysfs waits for no disk ---- */

struct percentiles {
	int64_t count;
	int64_t p50_ns;
	int64_t p90_ns;
	int64_t p99_ns;
	int64_t p999_ns;
	int64_t max_ns;
};

OHTD_SHAPE(percentiles, "Percentiles",
	OHTD_INTEGER(percentiles, count, .flags = OHTD_NULL,
		     .summary = "How many were measured; null: nothing is known"),
	OHTD_INTEGER(percentiles, p50_ns, .flags = OHTD_NULL, .unit = "ns",
		     .summary = "Half of them took at most so long; null: there were none"),
	OHTD_INTEGER(percentiles, p90_ns, .flags = OHTD_NULL, .unit = "ns", .summary = "90 %"),
	OHTD_INTEGER(percentiles, p99_ns, .flags = OHTD_NULL, .unit = "ns", .summary = "99 %"),
	OHTD_INTEGER(percentiles, p999_ns, .flags = OHTD_NULL, .unit = "ns", .summary = "99.9 %"),
	OHTD_INTEGER(percentiles, max_ns, .flags = OHTD_NULL, .unit = "ns", .summary = "All of them"));

struct latency {
	const struct percentiles *estop_to_low;
	const struct percentiles *told;
};

OHTD_SHAPE(latency, "Latency",
	OHTD_OBJECT(latency, estop_to_low, percentiles,
		    .summary = "From the edge of a stop until both outputs were low"),
	OHTD_OBJECT(latency, told, percentiles,
		    .summary = "From the control cycle that saw a change of the stop until its message was written "
			       "to a client, for each client of the channel safety; upper ends of buckets, null above "
			       "5 s"));

static struct percentiles percentiles_of(const struct oht_values *histogram)
{
	uint64_t total = oht_histogram_total(histogram);
	int64_t at_most_ns[OHT_PERCENTILES];

	for (size_t i = 0; i < OHT_PERCENTILES; i++)
		at_most_ns[i] = !total ? OHTD_NONE : (int64_t)oht_histogram_at_most_ns(
				histogram, oht_percentiles[i].per_mille);
	return (struct percentiles){
		(int64_t)total, at_most_ns[0], at_most_ns[1], at_most_ns[2], at_most_ns[3],
		at_most_ns[4],
	};
}

/* The end of the bucket below which so many are. */
static int64_t at_most_ns(const struct ohtd_duration_figures *told, unsigned int per_mille)
{
	const uint64_t wanted = (told->count * per_mille + 999) / 1000;
	uint64_t sum = 0;

	for (size_t i = 0; told->count && i < OHTD_LATENCY_BUCKETS - 1; i++) {
		sum += told->at_most[i];
		if (sum >= wanted)
			return (int64_t)ohtd_latency_us[i] * 1000;
	}
	return OHTD_NONE;
}

static struct percentiles told_to_clients(const struct ohtd_server *server)
{
	struct ohtd_duration_figures told;

	ohtd_channels_told(server, &told);
	return (struct percentiles){
		(int64_t)told.count, at_most_ns(&told, oht_percentiles[0].per_mille),
		at_most_ns(&told, oht_percentiles[1].per_mille), at_most_ns(&told, oht_percentiles[2].per_mille),
		at_most_ns(&told, oht_percentiles[3].per_mille), at_most_ns(&told, oht_percentiles[4].per_mille),
	};
}

static void get_latency(struct ohtd_call *call)
{
	const struct ohtd_snapshot *snapshot = ohtd_call_snapshot(call);
	struct percentiles to_low = { OHTD_NONE, OHTD_NONE, OHTD_NONE, OHTD_NONE, OHTD_NONE, OHTD_NONE }, told;
	char path[OHT_SYSFS_PATH_BYTES];
	struct oht_values histogram;

	if (snapshot->safety.hardware_stop) {
		oht_sysfs_path(snapshot->bus.device, OHT_SYSFS_STOP_TO_LOW, path);
		if (!oht_sysfs_read(path, &histogram))
			to_low = percentiles_of(&histogram);
	}
	told = told_to_clients(ohtd_server_of(call));
	OHTD_REPLY(call, 200, latency, (&(struct latency){ &to_low, &told }));
}

static const struct ohtd_route routes[] = {
	{
		.method = OHTD_GET, .path = "safety", .role = OHTD_ROLE_VIEWER, .flags = OHTD_ROUTE_ENROL,
		.replies = { { 200, &safety_shape } },
		.handle = get_safety,
		.summary = "State of the stop",
	}, {
		.method = OHTD_POST, .path = "safety/stop", .role = OHTD_ROLE_OPERATOR,
		.act = { "stop", "stopped", " the robot" },
		.rate = OHTD_RATE_STOP, .flags = OHTD_ROUTE_ANY_BODY | OHTD_ROUTE_EXPIRED_OK | OHTD_ROUTE_ENROL,
		.replies = { { 200, &stopped_shape } },
		.problems = { "device_gone" },
		.handle = post_stop,
		.summary = "Software stop",
		.text = "Lowers the enable outputs by one call into the device, and latches. Also with an "
			"access token that is too old. The body is not looked at, nor is any header but "
			"Authorization. Repeated stops are counted.",
	}, {
		.method = OHTD_POST, .path = "safety/reset", .role = OHTD_ROLE_SUPERVISOR, .elevation = OHTD_ELEVATION_IN_PLANT,
		.act = { "reset", "reset", " the stop" },
		.flags = OHTD_ROUTE_COMMAND, .body_bytes_max = 4096, .body = &safety_reset_shape,
		.replies = { { 200, &safety_shape } },
		.handle = post_reset,
		.summary = "Open the latch of the stop; the outputs stay off",
		.text = "With journal_seq a stop that came after the look at GET safety is not cleared: "
			"409 stop_changed.",
	}, {
		.method = OHTD_POST, .path = "safety/enable", .role = OHTD_ROLE_OPERATOR, .elevation = OHTD_ELEVATION_IN_PLANT,
		.act = { "enable", "enabled", " the robot" },
		.flags = OHTD_ROUTE_COMMAND, .body_bytes_max = 4096, .body = &safety_command_shape,
		.replies = { { 200, &safety_shape } },
		.handle = post_enable,
		.summary = "Outputs on",
	}, {
		.method = OHTD_POST, .path = "safety/self-test", .role = OHTD_ROLE_SUPERVISOR,
		.act = { "test", "tested", " the stop" },
		.flags = OHTD_ROUTE_COMMAND, .body_bytes_max = 4096, .body = &safety_command_shape,
		.replies = { { 200, &safety_shape } },
		.handle = post_self_test,
		.summary = "Look for faults of the stop, while stopped",
	}, {
		.method = OHTD_GET, .path = "safety/latency", .role = OHTD_ROLE_VIEWER,
		.replies = { { 200, &latency_shape } },
		.handle = get_latency,
		.summary = "How long stops took until the outputs were low",
	},
};

OHTD_ROUTE_TABLE(ohtd_safety_routes, "Safety", routes);
