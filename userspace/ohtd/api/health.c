// SPDX-License-Identifier: GPL-2.0-or-later
/* Open to everybody, therefore nothing in here that an unknown client should not know. */
#include "api/api.h"

#include "alerts/alerts.h"
#include "alerts/alive.h"
#include "alerts/disk.h"
#include "server/call.h"

#include "auth/setup.h"
#include "base/clock.h"
#include "history/history.h"
#include "journal/recorder.h"
#include "views/scene.h"
#include "views/services.h"
#include "views/words.h"
#include "control/robot.h"
#include "settings/settings.h"
#include "store/store.h"

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

static struct health_journal look_at_journal(const struct ohtd_scene *scene)
{
	struct ohtd_recorder_view view;

	ohtd_recorder_look(scene->services->recorder, &view);
	return (struct health_journal){
		.state = view.state,
		.newest_seq = view.newest_seq,
		.missing = view.missing,
		.waiting = view.waiting,
		.waiting_ms = ohtd_scene_age_ms(scene, view.waiting_since_ns),
	};
}

/* ---- the store ---- */

struct health_store {
	const char *state;
	bool writable;
	int64_t busy_ms;
	uint64_t refused;
	uint64_t written_bytes;
	uint64_t synchronisations;
	unsigned int damaged_files;
};

OHTD_SHAPE(health_store, "HealthStore",
	OHTD_TEXT(health_store, state,
		  .summary = "ok, stalled, hung, damaged, or why nothing can be written", .example = "\"ok\""),
	OHTD_BOOLEAN(health_store, writable, .summary = "Changes can be kept"),
	OHTD_INTEGER(health_store, busy_ms, .flags = OHTD_NULL | OHTD_DRIFTS, .unit = "ms",
		     .summary = "How long the present group has been worked on; null: none is"),
	OHTD_INTEGER(health_store, refused, .summary = "Writes that the store could not do"),
	OHTD_INTEGER(health_store, written_bytes, .flags = OHTD_DRIFTS, .unit = "B",
		     .summary = "Written into its log and its file, since the start of ohtd"),
	OHTD_INTEGER(health_store, synchronisations, .flags = OHTD_DRIFTS,
		     .summary = "How often the disk was waited for, since the start of ohtd"),
	OHTD_INTEGER(health_store, damaged_files,
		     .summary = "Files of the state folder that were damaged and set aside"));

static struct health_store look_at_store(const struct ohtd_scene *scene, const struct ohtd_store_view *view)
{
	return (struct health_store){
		.state = ohtd_store_word(view, scene->now_ns),
		.writable = ohtd_store_is_writable(view, scene->now_ns),
		.busy_ms = ohtd_scene_age_ms(scene, view->busy_since_ns),
		.refused = view->refused,
		.written_bytes = view->written, .synchronisations = view->synchronisations,
		.damaged_files = view->damaged_files,
	};
}

/* ---- the memory of values ---- */

struct health_history {
	const char *state;
	uint64_t flushes;
	uint64_t written_bytes;
	uint64_t synchronisations;
	uint64_t bytes;
	uint64_t samples_lost;
	unsigned int waiting;
	uint64_t damaged;
};

OHTD_SHAPE(health_history, "HealthHistory",
	OHTD_TEXT(health_history, state, .summary = "ok, or why values are not kept", .example = "\"ok\""),
	OHTD_INTEGER(health_history, flushes, .flags = OHTD_DRIFTS,
		     .summary = "Transactions that kept values, since the start of ohtd"),
	OHTD_INTEGER(health_history, written_bytes, .flags = OHTD_DRIFTS, .unit = "B",
		     .summary = "Written into the log and the file of its database, since the start of ohtd"),
	OHTD_INTEGER(health_history, synchronisations, .flags = OHTD_DRIFTS,
		     .summary = "How often the disk was waited for, since the start of ohtd"),
	OHTD_INTEGER(health_history, bytes, .flags = OHTD_DRIFTS, .unit = "B",
		     .summary = "In use in its database, as last looked at"),
	OHTD_INTEGER(health_history, samples_lost,
		     .summary = "Control cycles whose values were not taken in time"),
	OHTD_INTEGER(health_history, waiting, .flags = OHTD_DRIFTS,
		     .summary = "Intervals that are not on the disk, in memory"),
	OHTD_INTEGER(health_history, damaged,
		     .summary = "Pieces of its database that could not be read"));

static struct health_history look_at_history(const struct ohtd_scene *scene)
{
	struct ohtd_history_view view;

	ohtd_history_look(scene->services->history, &view);
	return (struct health_history){
		.state = ohtd_store_state_name(view.state), .flushes = view.flushes,
		.written_bytes = view.written, .synchronisations = view.synchronisations, .bytes = view.bytes, .samples_lost = view.lost,
		.waiting = view.waiting, .damaged = view.damaged,
	};
}

/* ---- the disk ---- */

struct health_disk {
	int64_t free_bytes;
	int64_t size_bytes;
	bool low;
};

OHTD_SHAPE(health_disk, "HealthDisk",
	OHTD_INTEGER(health_disk, free_bytes, .flags = OHTD_NULL | OHTD_DRIFTS, .unit = "B", .summary = "Room that is left; null: not measured yet"),
	OHTD_INTEGER(health_disk, size_bytes, .flags = OHTD_NULL | OHTD_DRIFTS, .unit = "B", .summary = "Of the file system; null: not measured yet"),
	OHTD_BOOLEAN(health_disk, low, .summary = "There is little room: the alert disk_low"));

static struct health_disk look_at_disk(const struct ohtd_scene *scene)
{
	struct ohtd_disk_view view;

	ohtd_disk_look(scene->services->disk, &view);
	return (struct health_disk){
		.free_bytes = view.size_bytes ? (int64_t)view.free_bytes : OHTD_NONE,
		.size_bytes = view.size_bytes ? (int64_t)view.size_bytes : OHTD_NONE,
		.low = view.low_since_ns,
	};
}

/* ---- bus, threads, clock ---- */

struct health_bus {
	const char *backend;
	bool present;
	const char *error;
	unsigned int timing;
	bool hardware_stop;
	bool simulated_outputs;
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
	OHTD_BOOLEAN(health_bus, simulated_outputs,
		     .summary = "The outputs are a word in ohtd: nothing is cut, and they end with ohtd"),
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
		.simulated_outputs = snapshot->safety.simulated_outputs,
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

/* ---- the configuration ---- */

struct health_configuration {
	bool pending;
	int64_t returns_in_s;
	bool waits;
	bool returned;
	bool dropped;
};

OHTD_SHAPE(health_configuration, "HealthConfiguration",
	OHTD_BOOLEAN(health_configuration, pending,
		     .summary = "A version returns by itself unless it is confirmed: GET config/pending"),
	OHTD_INTEGER(health_configuration, returns_in_s, .flags = OHTD_NULL | OHTD_DRIFTS, .unit = "s",
		     .summary = "When; null: none does"),
	OHTD_BOOLEAN(health_configuration, waits, .summary = "A change waits for standstill: GET config/pending"),
	OHTD_BOOLEAN(health_configuration, returned,
		     .summary = "One has returned within a day, and no person has made a version since: GET alerts"),
	OHTD_BOOLEAN(health_configuration, dropped,
		     .summary = "A change that waited for standstill was dropped within a day, and no version is newer: GET alerts"));

static struct health_configuration look_at_configuration(const struct ohtd_scene *scene)
{
	struct ohtd_settings *settings = scene->services->settings;
	struct ohtd_unconfirmed pending;
	char why[OHTD_RETURNED_BYTES];
	int64_t left_ns;
	bool is_live;

	ohtd_settings_pending(settings, &pending);
	is_live = pending.version && !pending.waits;
	left_ns = (int64_t)(pending.until_ns - ohtd_clock_monotonic_ns(scene->services->clock));
	return (struct health_configuration){
		.pending = is_live,
		.waits = pending.waits,
		.returns_in_s = !is_live ? OHTD_NONE : left_ns > 0 ? left_ns / (int64_t)OHTD_NS_PER_S : 0,
		.returned = ohtd_settings_returned(settings, why),
		.dropped = ohtd_settings_dropped(settings, why),
	};
}

/* ---- what is not well ---- */

struct health_reason {
	const char *component;
	const char *code;
	int64_t unit;
	const char *subject;
	int64_t since;
	const char *text;
	const char *action;
};

OHTD_SHAPE(health_reason, "HealthReason",
	OHTD_TEXT(health_reason, component,
		  .summary = "bus, module, robot, control_plane, journal, store, history, log, certificate or profile",
		  .example = "\"store\""),
	OHTD_TEXT(health_reason, code, .summary = "Stable word for programs", .example = "\"hung\""),
	OHTD_INTEGER(health_reason, unit, .flags = OHTD_NULL, .summary = "Unit address of a module"),
	OHTD_TEXT(health_reason, subject, .flags = OHTD_NULL, .summary = "As in GET alerts"),
	OHTD_TIME(health_reason, since, .flags = OHTD_NULL, .summary = "Since when; null: not known"),
	OHTD_TEXT(health_reason, text, .summary = "What is not well"),
	OHTD_TEXT(health_reason, action, .summary = "What to do"));

/* @reasons: of OHTD_ALERTS_LISTED_MAX */
static size_t fill_reasons(const struct ohtd_scene *scene, const struct ohtd_alert_list *list,
			   struct health_reason *reasons)
{
	size_t count = 0;

	for (size_t i = 0; i < list->count; i++) {
		const struct ohtd_alert *alert = &list->items[i];

		if (alert->degrades)
			reasons[count++] = (struct health_reason){
				.component = alert->source, .code = alert->code,
				.unit = alert->unit ? alert->unit : OHTD_NONE,
				.subject = *alert->subject ? alert->subject : NULL,
				.since = ohtd_scene_wall_ns(scene, alert->since_ns),
				.text = alert->text, .action = alert->action,
			};
	}
	return count;
}

/* ---- GET health ---- */

struct health {
	unsigned int status;
	const char *version;
	unsigned int state;
	int64_t age_ms;
	int64_t up_s;
	bool setup_required;
	bool registration;
	bool devices;
	bool simulated;
	const struct health_reason *reasons;
	size_t reasons_count;
	const struct health_bus *bus;
	const struct health_threads *control_plane;
	const struct health_clock *clock;
	const struct health_journal *journal;
	const struct health_store *store;
	const struct health_history *history;
	const struct health_disk *disk;
	const struct health_configuration *configuration;
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
	OHTD_INTEGER(health, up_s, .flags = OHTD_DRIFTS, .unit = "s", .summary = "Since the start of ohtd"),
	OHTD_BOOLEAN(health, setup_required, .summary = "There is no administrator yet"),
	OHTD_BOOLEAN(health, registration, .summary = "A person without an account may ask for one: POST auth/register"),
	OHTD_BOOLEAN(health, devices, .summary = "A tablet or panel may ask to be let in: POST auth/device/enrol"),
	OHTD_BOOLEAN(health, simulated, .summary = "The modules are simulated"),
	OHTD_LIST(health, reasons, health_reason, .summary = "Everything that is not well"),
	OHTD_OBJECT(health, bus, health_bus, .summary = "The bus"),
	OHTD_OBJECT(health, control_plane, health_threads, .summary = "The threads of ohtd"),
	OHTD_OBJECT(health, clock, health_clock, .summary = "The clock"),
	OHTD_OBJECT(health, journal, health_journal, .summary = "Recording of the stop's journal"),
	OHTD_OBJECT(health, store, health_store, .summary = "The database"),
	OHTD_OBJECT(health, history, health_history, .summary = "The memory of values"),
	OHTD_OBJECT(health, disk, health_disk, .summary = "The disk of the state folder"),
	OHTD_OBJECT(health, configuration, health_configuration, .summary = "Changes of the configuration that return"));

/* All that an answer points to. */
struct health_parts {
	struct health health;
	struct health_reason reasons[OHTD_ALERTS_LISTED_MAX];
	struct health_bus bus;
	struct health_threads threads;
	struct health_clock clock;
	struct health_journal journal;
	struct health_store store;
	struct health_history history;
	struct health_disk disk;
	struct health_configuration configuration;
};

static const void *make_health(const struct ohtd_scene *scene)
{
	const struct ohtd_snapshot *snapshot = scene->snapshot;
	struct health_parts *parts = ohtd_scene_alloc(scene, sizeof(*parts));
	const struct ohtd_alert_list *alerts = ohtd_alerts_list(scene);
	size_t reasons = fill_reasons(scene, alerts, parts->reasons);
	struct ohtd_store_view store;
	struct ohtd_alive alive;

	parts->bus = look_at_bus(snapshot);
	parts->clock = look_at_clock(scene);
	parts->configuration = look_at_configuration(scene);
	ohtd_alive_look(&alive, snapshot, scene->services->store, scene->now_ns);
	look_at_threads(&alive, &parts->threads);
	parts->journal = look_at_journal(scene);
	ohtd_store_look(scene->services->store, &store);
	parts->store = look_at_store(scene, &store);
	parts->history = look_at_history(scene);
	parts->disk = look_at_disk(scene);
	parts->health = (struct health){
		.status = !reasons,
		.version = OHT_VERSION,
		.state = snapshot->state,
		/* By the look that has judged the threads. */
		.age_ms = snapshot->time_ns ? (int64_t)alive.control_age_ms : -1,
		.up_s = ohtd_scene_age_ms(scene, store.started_ns) / 1000,
		.setup_required = ohtd_setup_is_required(scene->services->setup),
		.registration = ohtd_settings_takes_registrations(scene->services->settings),
		.devices = ohtd_settings_takes_devices(scene->services->settings),
		.simulated = scene->services->simulated,
		.reasons = parts->reasons, .reasons_count = reasons,
		.bus = &parts->bus, .control_plane = &parts->threads, .clock = &parts->clock,
		.journal = &parts->journal, .store = &parts->store, .history = &parts->history, .disk = &parts->disk,
		.configuration = &parts->configuration,
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
		.method = OHTD_GET, .path = "health", .rate = OHTD_RATE_HEALTH, .flags = OHTD_ROUTE_ANY_BODY,
		.replies = { { 200, &health_shape } },
		.handle = get_health,
		.summary = "How the daemon and its bus are",
	}, {
		.method = OHTD_GET, .path = "health/live", .rate = OHTD_RATE_HEALTH, .flags = OHTD_ROUTE_ANY_BODY,
		.replies = { { 200, &health_word_shape } },
		.handle = get_live,
		.summary = "Is the process answering",
	}, {
		.method = OHTD_GET, .path = "health/ready", .rate = OHTD_RATE_HEALTH, .flags = OHTD_ROUTE_ANY_BODY,
		.replies = { { 200, &health_word_shape } },
		.problems = { "not_ready" },
		.handle = get_ready,
		.summary = "Can requests be served",
	},
};

OHTD_ROUTE_TABLE(ohtd_health_routes, "Health", routes);
