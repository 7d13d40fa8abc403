// SPDX-License-Identifier: GPL-2.0-or-later
/* Open to everybody, therefore nothing in here that an unknown client should not know. */
#include "http/api.h"

#include <stdio.h>

#include "http/alive.h"
#include "http/call.h"

#include "auth/setup.h"
#include "base/clock.h"
#include "base/log_sink.h"
#include "config/config.h"
#include "http/catalogue.h"
#include "http/certificate.h"
#include "http/scene.h"
#include "http/server.h"
#include "http/words.h"
#include "journal/recorder.h"
#include "robot/robot.h"
#include "robot/user_maps.h"
#include "store/store.h"

/* Longer than a store that is busy with something else. */
#define JOURNAL_LATE_MS	2000

/* ---- the journal of the stop ---- */

static const char *const recorder_states[] = {
	[OHTD_RECORDER_OFF] = "none",
	[OHTD_RECORDER_NO_DEVICE] = "no_device",
	[OHTD_RECORDER_RECORDING] = "recording",
	[OHTD_RECORDER_FAILING] = "failing",
};
OHTD_WORDS_OF(recorder_words, recorder_states);

struct health_journal {
	unsigned int state;
	uint64_t newest_seq;
	uint64_t missing;
	unsigned int waiting;
	int64_t waiting_ms;
};

OHTD_SHAPE(health_journal, "HealthJournal",
	OHTD_WORD(health_journal, state, .words = &recorder_words, .summary = "What the recorder does"),
	OHTD_INTEGER(health_journal, newest_seq,
		     .summary = "Newest entry of the present device that is on the disk; 0: none"),
	OHTD_INTEGER(health_journal, missing, .summary = "Entries lost since the start of ohtd"),
	OHTD_INTEGER(health_journal, waiting, .flags = OHTD_DRIFTS,
		     .summary = "Entries that wait for the store, in memory"),
	OHTD_INTEGER(health_journal, waiting_ms, .flags = OHTD_NULL | OHTD_DRIFTS, .unit = "ms",
		     .summary = "How long entries have been waiting for the store; null: none waits"));

/* True when all is well. */
static bool look_at_journal(const struct ohtd_scene *scene, struct health_journal *journal,
			    uint64_t *since_ns)
{
	struct ohtd_recorder_view view;

	ohtd_recorder_look(scene->services->recorder, &view);
	*journal = (struct health_journal){
		.state = view.state,
		.newest_seq = view.newest_seq,
		.missing = view.missing,
		.waiting = view.waiting,
		.waiting_ms = ohtd_scene_age_ms(scene, view.waiting_since_ns),
	};
	*since_ns = view.waiting_since_ns;
	return view.state != OHTD_RECORDER_FAILING && journal->waiting_ms <= JOURNAL_LATE_MS;
}

/* ---- the store ---- */

struct health_store {
	const char *state;
	bool writable;
	int64_t busy_ms;
	uint64_t refused;
	unsigned int damaged_files;
};

OHTD_SHAPE(health_store, "HealthStore",
	OHTD_TEXT(health_store, state,
		  .summary = "ok, stalled, hung, damaged, or why nothing can be written", .example = "\"ok\""),
	OHTD_BOOLEAN(health_store, writable, .summary = "Changes can be kept"),
	OHTD_INTEGER(health_store, busy_ms, .flags = OHTD_NULL | OHTD_DRIFTS, .unit = "ms",
		     .summary = "How long the present group has been worked on; null: none is"),
	OHTD_INTEGER(health_store, refused, .summary = "Writes that the store could not do"),
	OHTD_INTEGER(health_store, damaged_files,
		     .summary = "Databases that were damaged and set aside"));

static const char *store_state(const struct ohtd_store_view *view, bool hung, bool stalled)
{
	if (view->state)
		return ohtd_store_state_name(view->state);
	if (hung)
		return "hung";
	if (stalled)
		return "stalled";
	return view->damaged_files ? "damaged" : "ok";
}

/* True when all is well. */
static bool look_at_store(const struct ohtd_scene *scene, struct health_store *store, uint64_t *since_ns)
{
	struct ohtd_store_view view;
	bool hung, stalled;

	ohtd_store_look(scene->services->store, &view);
	hung = ohtd_store_is_hung(&view, scene->now_ns);
	stalled = ohtd_scene_age_ms(scene, view.busy_since_ns) > OHTD_STORE_STALLED_MS;
	*store = (struct health_store){
		.state = store_state(&view, hung, stalled),
		.writable = !view.state && !stalled,
		.busy_ms = ohtd_scene_age_ms(scene, view.busy_since_ns),
		.refused = view.refused,
		.damaged_files = view.damaged_files,
	};
	*since_ns = view.busy_since_ns;
	return store->writable && !view.damaged_files;
}

/* ---- bus, threads, clock ---- */

struct health_bus {
	const char *backend;
	bool present;
	const char *error;
	unsigned int timing;
	bool hardware_stop;
	uint32_t deadman_ms;
};

static const char *const timings[] = { "not_guaranteed", "exact" };
OHTD_WORDS_OF(timing_words, timings);

OHTD_SHAPE(health_bus, "HealthBus",
	OHTD_TEXT(health_bus, backend, .summary = "kernel, or rtu without the kernel module",
		  .example = "\"kernel\""),
	OHTD_BOOLEAN(health_bus, present, .summary = "The device is open"),
	OHTD_TEXT(health_bus, error, .flags = OHTD_NULL, .summary = "Why the device is not there"),
	OHTD_WORD(health_bus, timing, .words = &timing_words,
		  .summary = "Whether the device times the gaps between telegrams"),
	OHTD_BOOLEAN(health_bus, hardware_stop, .summary = "The device can cut the outputs"),
	OHTD_INTEGER(health_bus, deadman_ms, .unit = "ms",
		     .summary = "Period of the heartbeat without which the device stops; 0: none"));

static struct health_bus look_at_bus(const struct ohtd_snapshot *snapshot)
{
	const struct ohtd_bus_view *bus = &snapshot->bus;

	return (struct health_bus){
		.backend = bus->backend,
		.present = bus->present,
		.error = *bus->error ? bus->error : NULL,
		.timing = bus->timing_exact != 0,
		.hardware_stop = snapshot->safety.hardware_stop,
		.deadman_ms = snapshot->safety.deadman_ms,
	};
}

struct health_threads {
	unsigned int status;
	const char *const *stalled;
	size_t stalled_count;
	const char *names[2];
};

/* The word for people and programs is the same as in the robot's list of faults. */
static const char *const thread_states[] = { "ok", "control_plane_stalled" };
OHTD_WORDS_OF(thread_words, thread_states);

OHTD_SHAPE(health_threads, "HealthThreads",
	OHTD_WORD(health_threads, status, .words = &thread_words, .summary = "Whether all threads go on"),
	OHTD_TEXTS(health_threads, stalled, .summary = "Those that do not: control, loop"));

static void look_at_threads(const struct ohtd_alive *alive, struct health_threads *threads)
{
	threads->status = !ohtd_alive_all(alive);
	threads->stalled_count = 0;
	threads->stalled = threads->names;
	if (!alive->control)
		threads->names[threads->stalled_count++] = "control";
	if (!alive->loops)
		threads->names[threads->stalled_count++] = "loop";
}

struct health_clock {
	int64_t time;
	bool synchronised;
	int64_t ahead_ms;
	uint64_t jumps;
	int64_t last_jump_ms;
};

OHTD_SHAPE(health_clock, "HealthClock",
	OHTD_TIME(health_clock, time, .flags = OHTD_NULL | OHTD_DRIFTS,
		  .summary = "Time of day by the daemon's clock"),
	OHTD_BOOLEAN(health_clock, synchronised, .summary = "The time of day is kept right (NTP, PTP)"),
	OHTD_INTEGER(health_clock, ahead_ms, .flags = OHTD_DRIFTS, .unit = "ms",
		     .summary = "By how much the daemon's clock is ahead of the system's"),
	OHTD_INTEGER(health_clock, jumps, .summary = "Jumps of the system's time so far"),
	OHTD_INTEGER(health_clock, last_jump_ms, .flags = OHTD_NULL, .unit = "ms",
		     .summary = "How far the last one went; null: there was none"));

static struct health_clock look_at_clock(const struct ohtd_scene *scene)
{
	struct ohtd_clock_view view;

	ohtd_clock_look(scene->services->clock, &view);
	return (struct health_clock){
		.time = view.wall_ns,
		.synchronised = view.synchronised,
		.ahead_ms = view.ahead_ns / (int64_t)OHTD_NS_PER_MS,
		.jumps = view.jumps,
		.last_jump_ms = !view.jumps ? OHTD_NONE :
				view.last_jump_ns / (int64_t)OHTD_NS_PER_MS,
	};
}

/* ---- what is not well ---- */

#define REASONS_MAX	24
#define ENDS_SOON_S	(7 * 86400)

struct health_reason {
	const char *component;
	const char *code;
	int64_t unit;
	int64_t since;
	const char *text;
	const char *action;
};

OHTD_SHAPE(health_reason, "HealthReason",
	OHTD_TEXT(health_reason, component,
		  .summary = "bus, module, robot, control_plane, journal, store, log, certificate or profile",
		  .example = "\"store\""),
	OHTD_TEXT(health_reason, code, .summary = "Stable word for programs", .example = "\"hung\""),
	OHTD_INTEGER(health_reason, unit, .flags = OHTD_NULL, .summary = "Unit address of a module"),
	OHTD_TIME(health_reason, since, .flags = OHTD_NULL, .summary = "Since when; null: not known"),
	OHTD_TEXT(health_reason, text, .summary = "What is not well"),
	OHTD_TEXT(health_reason, action, .summary = "What to do"));

struct reasons {
	const struct ohtd_scene *scene;
	struct health_reason items[REASONS_MAX];
	size_t count;
};

/* @since_ns: CLOCK_MONOTONIC, 0: not known */
static void add_reason(struct reasons *reasons, struct health_reason reason, uint64_t since_ns)
{
	if (reasons->count == REASONS_MAX)
		return;
	reason.since = ohtd_scene_wall_ns(reasons->scene, since_ns);
	if (!reason.unit)
		reason.unit = OHTD_NONE;
	reasons->items[reasons->count++] = reason;
}

static const char *action_of(const char *code)
{
	const struct ohtd_catalogue_entry *entry = ohtd_catalogue_find(409, code);

	return entry ? entry->action : "See GET robot, and the log.";
}

static void add_why(struct reasons *reasons, const char *component, const struct ohtd_why *why,
		    uint64_t since_ns)
{
	add_reason(reasons, (struct health_reason){
		.component = component, .code = ohtd_why_name(why->code), .unit = why->unit,
		.text = ohtd_why_text(why->code), .action = action_of(ohtd_why_name(why->code)),
	}, since_ns);
}

static void judge_module(struct reasons *reasons, const struct ohtd_module_view *module)
{
	static const uint16_t codes[] = {
		[OHTD_HEALTH_ABSENT] = OHTD_WHY_MODULE_MISSING,
		[OHTD_HEALTH_GOOD] = OHTD_WHY_NONE,
		[OHTD_HEALTH_DEGRADED] = OHTD_WHY_MODULE_DEGRADED,
		[OHTD_HEALTH_LOST] = OHTD_WHY_MODULE_LOST,
		[OHTD_HEALTH_NOT_POLLED] = OHTD_WHY_MODULE_MISSING,
		[OHTD_HEALTH_QUARANTINED] = OHTD_WHY_MODULE_QUARANTINED,
	};
	const struct ohtd_why why = { .code = codes[module->health], .unit = module->unit };

	if (module->required && why.code != OHTD_WHY_NONE)
		add_why(reasons, "module", &why, module->last_good_ns);
}

/* Why the device is not there, in a sentence. */
static const char *absence_of(const struct ohtd_scene *scene)
{
	enum { SENTENCE_BYTES = 32 };
	size_t size = SENTENCE_BYTES + sizeof(scene->snapshot->bus.error);
	char *text = ohtd_scene_alloc(scene, size);

	snprintf(text, size, "The device is not there: %s.", scene->snapshot->bus.error);
	return text;
}

static void judge_robot(struct reasons *reasons, const struct ohtd_snapshot *snapshot)
{
	const struct ohtd_why_list *faults = &snapshot->faults;

	if (!snapshot->bus.present)
		add_reason(reasons, (struct health_reason){
			.component = "bus", .code = "device_gone",
			.text = absence_of(reasons->scene),
			.action = "Check cable, driver and the device in ohtd.conf; ohtd tries again by itself.",
		}, snapshot->bus.absent_since_ns);
	for (unsigned int i = 0; i < snapshot->module_count; i++)
		judge_module(reasons, &snapshot->modules[i]);
	for (unsigned int i = 0; snapshot->state == OHTD_STATE_FAULT && i < faults->count &&
	     i < OHTD_WHY_MAX; i++)
		add_why(reasons, "robot", &faults->items[i], snapshot->state_since_ns);
	if (snapshot->state == OHTD_STATE_FAULT && !faults->count)
		add_reason(reasons, (struct health_reason){
			.component = "robot", .code = "in_fault", .text = "The robot is in fault.",
			.action = action_of("in_fault"),
		}, snapshot->state_since_ns);
}

static void judge_threads(struct reasons *reasons, const struct ohtd_alive *alive,
			  const struct ohtd_snapshot *snapshot)
{
	if (!ohtd_alive_all(alive))
		add_reason(reasons, (struct health_reason){
			.component = "control_plane", .code = "control_plane_stalled",
			.text = "A thread of ohtd makes no progress.",
			.action = "Look at the load of the machine and at the log; the stop needs no thread of ohtd.",
		}, alive->control ? 0 : snapshot->time_ns);
}

static void judge_journal(struct reasons *reasons, const struct health_journal *journal,
			  uint64_t waiting_since_ns)
{
	add_reason(reasons, (struct health_reason){
		.component = "journal",
		.code = journal->state == OHTD_RECORDER_FAILING ? "failing" : "late",
		.text = "Entries of the stop's journal are not on the disk.",
		.action = "See store; the kernel keeps the newest 256 entries meanwhile.",
	}, waiting_since_ns);
}

static void judge_store(struct reasons *reasons, const struct health_store *store,
			uint64_t busy_since_ns)
{
	add_reason(reasons, (struct health_reason){
		.component = "store", .code = store->state,
		.text = store->damaged_files && store->writable ?
			"A damaged database was set aside and replaced." : "Changes cannot be kept now.",
		.action = store->damaged_files && store->writable ?
			"See operations.md, When the database is damaged; then remove the file." :
			"Check the disk: room, errors, mount options. The robot can still be stopped.",
	}, busy_since_ns);
}

static void judge_log(struct reasons *reasons)
{
	unsigned int held;
	uint64_t lost;

	ohtd_log_sink_look(&held, &lost);
	if (held)
		add_reason(reasons, (struct health_reason){
			.component = "log", .code = "log_stuck",
			.text = "Neither journal nor standard error takes lines.",
			.action = "Look at systemd-journald and at what reads standard error.",
		}, 0);
}

static void judge_certificate(struct reasons *reasons)
{
	const struct ohtd_scene *scene = reasons->scene;
	struct ohtd_certificate_view *view = ohtd_scene_alloc(scene, sizeof(*view));
	int64_t now_s = ohtd_clock_wall_ns(scene->services->clock) / (int64_t)OHTD_NS_PER_S;

	ohtd_certificate_look(scene->services->certificate, view);
	if (*view->failed)
		add_reason(reasons, (struct health_reason){
			.component = "certificate",
			.code = view->own ? "certificate_not_renewed" : "certificate_not_read",
			.text = "The last renewal or reading of the certificate has failed.",
			.action = "See GET system/certificate; the one before stays in use.",
		}, 0);
	else if (view->not_after_s - now_s < ENDS_SOON_S)
		add_reason(reasons, (struct health_reason){
			.component = "certificate", .code = "certificate_ends_soon",
			.text = "The certificate ends within a week.",
			.action = "Replace the files in [tls], or ohtctl admin cert renew.",
		}, 0);
}

/* What is wrong with it is no business of an unknown client. */
static void judge_profiles(struct reasons *reasons)
{
	const struct ohtd_user_maps *maps = ohtd_robot_user_maps(reasons->scene->services->robot);

	if (maps->refused)
		add_reason(reasons, (struct health_reason){
			.component = "profile", .code = "profile_refused",
			.text = "A register map of the user is wrong and not used.",
			.action = "See GET modules/profiles or the log; ohtctl profile check says all that is "
				  "wrong. Then restart ohtd.",
		}, 0);
}

/* ---- GET health ---- */

struct health {
	unsigned int status;
	const char *version;
	unsigned int state;
	int64_t age_ms;
	bool setup_required;
	bool simulated;
	const struct health_reason *reasons;
	size_t reasons_count;
	const struct health_bus *bus;
	const struct health_threads *control_plane;
	const struct health_clock *clock;
	const struct health_journal *journal;
	const struct health_store *store;
};

static const char *const healths[] = { "degraded", "ok" };
OHTD_WORDS_OF(status_words, healths);

OHTD_SHAPE(health, "Health",
	OHTD_WORD(health, status, .words = &status_words,
		  .summary = "degraded: reasons says why"),
	OHTD_TEXT(health, version, .summary = "Version of ohtd"),
	OHTD_WORD(health, state, .words = &ohtd_robot_state_words, .summary = "State of the robot"),
	OHTD_INTEGER(health, age_ms, .flags = OHTD_DRIFTS, .unit = "ms",
		     .summary = "Age of the control thread's last cycle; -1: there was none"),
	OHTD_BOOLEAN(health, setup_required, .summary = "There is no administrator yet"),
	OHTD_BOOLEAN(health, simulated, .summary = "The modules are simulated"),
	OHTD_LIST(health, reasons, health_reason, .summary = "Everything that is not well"),
	OHTD_OBJECT(health, bus, health_bus, .summary = "The bus"),
	OHTD_OBJECT(health, control_plane, health_threads, .summary = "The threads of ohtd"),
	OHTD_OBJECT(health, clock, health_clock, .summary = "The clock"),
	OHTD_OBJECT(health, journal, health_journal, .summary = "Recording of the stop's journal"),
	OHTD_OBJECT(health, store, health_store, .summary = "The database"));

/* All that an answer points to. */
struct health_parts {
	struct health health;
	struct reasons reasons;
	struct health_bus bus;
	struct health_threads threads;
	struct health_clock clock;
	struct health_journal journal;
	struct health_store store;
};

static const void *make_health(const struct ohtd_scene *scene)
{
	const struct ohtd_snapshot *snapshot = scene->snapshot;
	struct health_parts *parts = ohtd_scene_alloc(scene, sizeof(*parts));
	struct reasons *reasons = &parts->reasons;
	struct ohtd_alive alive;
	uint64_t since_ns;

	reasons->scene = scene;
	parts->bus = look_at_bus(snapshot);
	parts->clock = look_at_clock(scene);
	ohtd_alive_look(&alive, snapshot, scene->services->store, scene->now_ns);
	look_at_threads(&alive, &parts->threads);
	judge_robot(reasons, snapshot);
	judge_threads(reasons, &alive, snapshot);
	if (!look_at_journal(scene, &parts->journal, &since_ns))
		judge_journal(reasons, &parts->journal, since_ns);
	if (!look_at_store(scene, &parts->store, &since_ns))
		judge_store(reasons, &parts->store, since_ns);
	judge_log(reasons);
	judge_certificate(reasons);
	judge_profiles(reasons);
	parts->health = (struct health){
		.status = !reasons->count,
		.version = OHT_VERSION,
		.state = snapshot->state,
		/* By the look that has judged the threads. */
		.age_ms = snapshot->time_ns ? (int64_t)alive.control_age_ms : -1,
		.setup_required = ohtd_setup_is_required(scene->services->setup),
		.simulated = scene->services->config->simulated,
		.reasons = reasons->items, .reasons_count = reasons->count,
		.bus = &parts->bus, .control_plane = &parts->threads, .clock = &parts->clock,
		.journal = &parts->journal, .store = &parts->store,
	};
	return &parts->health;
}

const struct ohtd_view ohtd_health_view = { &health_shape, make_health };

static void get_health(struct ohtd_call *call)
{
	const struct ohtd_scene scene = ohtd_call_scene(call);

	ohtd_reply_view(call, 200, &health_shape, make_health(&scene));
}

/* ---- GET health/live, health/ready ---- */

struct health_word {
	const char *status;
};

OHTD_SHAPE(health_word, "HealthWord",
	OHTD_TEXT(health_word, status, .summary = "live or ready", .example = "\"live\""));

static void get_live(struct ohtd_call *call)
{
	OHTD_REPLY(call, 200, health_word, (&(struct health_word){ "live" }));
}

static void get_ready(struct ohtd_call *call)
{
	const struct ohtd_snapshot *snapshot = ohtd_call_snapshot(call);

	if (snapshot->version && snapshot->bus.present) {
		OHTD_REPLY(call, 200, health_word, (&(struct health_word){ "ready" }));
		return;
	}
	ohtd_reply_header(call, "retry-after", "1");
	ohtd_reply_problem(call, 503, "not_ready", "%s", !snapshot->version ?
			   "the control thread has not published anything yet" :
			   "the bus is not there");
}

static const struct ohtd_route routes[] = {
	{
		.method = OHTD_GET, .path = "health", .rate = OHTD_RATE_HEALTH,
		.replies = { { 200, &health_shape } },
		.handle = get_health,
		.summary = "How the daemon and its bus are",
	}, {
		.method = OHTD_GET, .path = "health/live", .rate = OHTD_RATE_HEALTH,
		.replies = { { 200, &health_word_shape } },
		.handle = get_live,
		.summary = "Is the process answering",
	}, {
		.method = OHTD_GET, .path = "health/ready", .rate = OHTD_RATE_HEALTH,
		.replies = { { 200, &health_word_shape } },
		.problems = { "not_ready" },
		.handle = get_ready,
		.summary = "Can requests be served",
	},
};

OHTD_ROUTE_TABLE(ohtd_health_routes, "Health", routes);
