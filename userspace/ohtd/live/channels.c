// SPDX-License-Identifier: GPL-2.0-or-later
#include "live/channels.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <openssl/rand.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/log_tail.h"
#include "clients/stop.h"
#include "live/handover.h"
#include "live/live.h"
#include "views/scene.h"
#include "live/carry.h"
#include "control/robot.h"

/* Exact in a double, as which many programs read a number of JSON. */
#define EPOCH_BITS	52
#define STATE_BYTES	2048	/* of the text of a state, for a start */

static const struct ohtd_channel_kind kinds[OHTD_CHANNELS + OHTD_TOPICS] = {
	[OHTD_CHANNEL_SAFETY] = { "safety", .events = true, .prompt = true },
	[OHTD_CHANNEL_ROBOT] = { "robot" },
	[OHTD_CHANNEL_MODULES] = { "modules" },
	[OHTD_CHANNEL_COMMANDS] = { "commands", .events = true },
	[OHTD_CHANNEL_TELEMETRY] = { "telemetry", .terse = true },
	[OHTD_CHANNEL_BUS] = { "bus" },
	[OHTD_CHANNEL_LOGS] = { "logs", .events = true },
	[OHTD_CHANNEL_SYSTEM] = { "system" },
	[OHTD_CHANNEL_ALERTS] = { "alerts" },
	[OHTD_CHANNEL_MISSIONS] = { "missions" },
	[OHTD_HUB_TOPIC(OHTD_TOPIC_SAFETY)] = {
		"/safety", .events = true, .prompt = true, .whole = true,
	},
	[OHTD_HUB_TOPIC(OHTD_TOPIC_ROBOT)] = { "/robot", .whole = true },
	[OHTD_HUB_TOPIC(OHTD_TOPIC_MODULES)] = { "/modules", .whole = true },
	[OHTD_HUB_TOPIC(OHTD_TOPIC_COMMANDS)] = { "/commands", .events = true, .whole = true },
	[OHTD_HUB_TOPIC(OHTD_TOPIC_BUS)] = { "/bus", .whole = true },
	[OHTD_HUB_TOPIC(OHTD_TOPIC_TELEMETRY)] = { "/telemetry", .whole = true },
};

_Static_assert(OHTD_CHANNELS + OHTD_TOPICS <= OHTD_CHANNELS_MAX, "OHTD_CHANNELS_MAX: room in the hub for each channel and topic");

/* Set before there are threads. */
static const struct ohtd_channel_table *table;

void ohtd_channels_set(const struct ohtd_channel_table *of)
{
	table = of;
}

const struct ohtd_topic *ohtd_topic(unsigned int topic)
{
	return &table->topics[topic];
}

const char *ohtd_topic_name(unsigned int topic)
{
	return kinds[OHTD_HUB_TOPIC(topic)].name;
}

const char *ohtd_channel_name(unsigned int channel)
{
	return channel < OHTD_CHANNELS ? kinds[channel].name : NULL;
}

const struct ohtd_words ohtd_channel_words = { .name = ohtd_channel_name, .end = OHTD_CHANNELS };

enum ohtd_role ohtd_channel_role(int channel)
{
	return table->channels[channel].role;
}

bool ohtd_channel_filters(int channel)
{
	return table->channels[channel].filters;
}

bool ohtd_channel_has_events(int channel)
{
	return kinds[channel].events;
}

const struct ohtd_shape *ohtd_channel_shape(int channel)
{
	return table->channels[channel].view->shape;
}

/* NULL: there is none, or it is not what we have written. */
static struct ohtd_hub *carried_over(struct ohtd_kept *kept, const char *form)
{
	const char *why = "the service manager may give it once more";
	struct ohtd_hub *hub = NULL;
	char *data = NULL;
	size_t bytes = 0;

	if (!kept->live_count)
		return NULL;
	if (ohtd_kept_forget_live())
		data = ohtd_handover_read(kept->live_fd, OHTD_CARRY_BYTES_MAX, &bytes, &why);
	close(kept->live_fd);
	kept->live_fd = -1;
	if (data && kept->live_count == 1)
		hub = ohtd_hub_unpack(kinds, OHTD_CHANNELS + OHTD_TOPICS, form, data, bytes, &why);
	else if (data)
		why = "there are several";
	free(data);
	if (hub)
		ohtd_log(OHTD_LOG_NOTICE, "http", "live_goes_on", "live data goes on in epoch %llu",
			 (unsigned long long)ohtd_hub_epoch(hub));
	else
		ohtd_log(OHTD_LOG_WARNING, "http", "live_not_taken", "live data of the last run: %s", why);
	return hub;
}

struct ohtd_hub *ohtd_channels_make(struct ohtd_kept *kept, const char *form)
{
	struct ohtd_hub *hub = carried_over(kept, form);
	uint64_t epoch;

	if (hub)
		return hub;
	if (RAND_bytes((unsigned char *)&epoch, sizeof(epoch)) != 1)
		return NULL;
	return ohtd_hub_create(kinds, OHTD_CHANNELS + OHTD_TOPICS, (epoch >> (64 - EPOCH_BITS)) | 1);
}

void ohtd_channels_hand_over(const struct ohtd_hub *hub, const char *form, int fd)
{
	const char *why;
	size_t bytes;
	char *data = ohtd_hub_pack(hub, form, &bytes, &why);
	int r = data ? ohtd_handover_write(fd, data, bytes) : 0;

	if (r)
		why = strerror(-r);
	else if (data)
		why = ohtd_kept_give_live(fd) ? NULL : "the service manager does not take it";
	if (why)
		ohtd_log(OHTD_LOG_WARNING, "http", "live_not_given",
			 "live data begins anew with the next start: %s", why);
	free(data);
}

uint64_t ohtd_channels_now_ms(const struct ohtd_loop *loop)
{
	return ohtd_clock_monotonic_ns(loop->server->services->clock) / OHTD_NS_PER_MS;
}

void ohtd_channels_written(struct ohtd_loop *loop, const struct ohtd_subscription *subscription,
			   const struct ohtd_message *message)
{
	/* An event of the client's absence, or of the run before, could not be told sooner. */
	if (!message->event || !message->seen_ns ||
	    message->seen_ns < subscription->from_ms * OHTD_NS_PER_MS)
		return;
	ohtd_durations_note(&loop->live->told,
			    ohtd_since(ohtd_clock_monotonic_ns(loop->server->services->clock), message->seen_ns));
}

void ohtd_channels_told(const struct ohtd_server *server, struct ohtd_duration_figures *figures)
{
	*figures = (struct ohtd_duration_figures){ 0 };
	for (unsigned int i = 0; i < server->loop_count; i++)
		ohtd_durations_add(&server->loops[i]->live->told, figures);
}

void ohtd_live_published(const struct ohtd_server *server, struct ohtd_duration_figures *figures)
{
	*figures = (struct ohtd_duration_figures){ 0 };
	for (unsigned int i = 0; i < server->loop_count; i++)
		ohtd_durations_add(&server->loops[i]->live->published, figures);
}

bool ohtd_channels_often(struct ohtd_hub *hub)
{
	return ohtd_hub_listeners(hub, OHTD_CHANNEL_TELEMETRY) ||
	       ohtd_hub_listeners(hub, OHTD_HUB_TOPIC(OHTD_TOPIC_TELEMETRY));
}

static void publish(struct ohtd_hub *hub, int channel, const struct ohtd_view *what,
		    const struct ohtd_scene *scene, const struct ohtd_moment *moment)
{
	struct ohtd_writer whole, key;
	const void *view;

	if (!ohtd_hub_wants(hub, channel))
		return;
	view = what->make(scene);
	ohtd_writer_begin(&whole, scene->memory, STATE_BYTES);
	whole.no_null = kinds[channel].whole;
	ohtd_write_shape(&whole, what->shape, view);
	ohtd_writer_begin(&key, scene->memory, STATE_BYTES);
	key.left_out = OHTD_DRIFTS;
	ohtd_write_shape(&key, what->shape, view);
	if (whole.fault) {
		ohtd_log(OHTD_LOG_ERROR, "http", "bad_answer", "channel %s: %s", kinds[channel].name,
			 whole.fault);
		return;
	}
	ohtd_hub_publish(hub, channel, &(struct ohtd_channel_state){
		.text = whole.text, .bytes = whole.used, .key = key.text, .key_bytes = key.used,
	}, moment);
}

/* A command may begin and end between two snapshots: the ring has told of each. */
static void gather_ended(struct ohtd_robot *robot, struct ohtd_ended *ended)
{
	struct ohtd_event_record record;

	while (ohtd_robot_event(robot, &ended->reader, &record)) {
		if (record.kind != OHTD_RECORD_COMMAND ||
		    (record.command.state != OHTD_COMMAND_STATE_FINISHED &&
		     record.command.state != OHTD_COMMAND_STATE_FAILED))
			continue;
		if (ended->count < OHTD_ENDED_MAX)
			ended->count++;
		memmove(&ended->commands[1], &ended->commands[0],
			(ended->count - 1) * sizeof(ended->commands[0]));
		ended->commands[0] = record.command;
	}
}

/* Each line is told once: what is told stays as it is until there is a newer line. */
static void gather_logged(struct ohtd_logged *logged)
{
	const struct ohtd_log_query query = { .before = UINT64_MAX, .level = OHTD_LOG_DEBUG };
	struct ohtd_log_line line;

	if (!ohtd_log_tail_next(&query, &line) || line.seq <= logged->to)
		return;
	logged->from = logged->to;
	logged->to = line.seq;
}

/* A snapshot that is told again was so at the same time of day. */
static int64_t wall_ns_of(struct ohtd_server *server, uint64_t seen_ns)
{
	struct ohtd_live *live = server->live;

	if (live->told_seen_ns != seen_ns) {
		live->told_seen_ns = seen_ns;
		live->told_wall_ns = ohtd_clock_wall_of_ns(server->services->clock, seen_ns);
	}
	return live->told_wall_ns;
}

void ohtd_channels_publish(struct ohtd_loop *loop)
{
	struct ohtd_server *server = loop->server;
	struct ohtd_robot *robot = server->services->robot;
	struct ohtd_moment moment = { .now_ms = ohtd_channels_now_ms(loop) };
	char ts[OHTD_TS_BYTES], utc[OHTD_TIME_BYTES];
	const struct ohtd_alert_list *alerts = NULL;
	int64_t wall_ns;
	bool fresh;
	struct ohtd_memory memory;
	struct ohtd_scene scene;
	h2o_mem_pool_t pool;

	if (!ohtd_hub_begin(server->live->hub, ohtd_robot_version(robot), moment.now_ms))
		return;
	ohtd_robot_snapshot(robot, &loop->snapshot);
	/* Behind the snapshot: what that one does not show any more has ended here. */
	gather_ended(robot, &server->live->ended);
	gather_logged(&server->live->logged);
	h2o_mem_init_pool(&pool);
	memory = ohtd_pool_memory(&pool);
	scene = (struct ohtd_scene){
		.snapshot = &loop->snapshot, .services = server->services,
		.stops_repeated = ohtd_clients_stops_repeated(), .ended = &server->live->ended,
		.logged = &server->live->logged, .alerts = &alerts, .memory = &memory,
	};
	ohtd_scene_take_time(&scene);
	fresh = server->live->told_seen_ns != loop->snapshot.time_ns;
	wall_ns = wall_ns_of(server, loop->snapshot.time_ns);
	ohtd_time_text(wall_ns, utc);
	snprintf(ts, sizeof(ts), "{\"utc\":\"%.*s\",\"monotonic_ns\":%llu}", OHTD_TIME_BYTES, utc,
		 (unsigned long long)loop->snapshot.time_ns);
	moment.version = loop->snapshot.version;
	moment.ts = ts;
	moment.wall_ns = (uint64_t)wall_ns;
	moment.seen_ns = loop->snapshot.time_ns;
	for (int i = 0; i < OHTD_CHANNELS; i++)
		publish(server->live->hub, i, table->channels[i].view, &scene, &moment);
	for (int i = 0; i < OHTD_TOPICS; i++)
		publish(server->live->hub, OHTD_HUB_TOPIC(i), table->topics[i].view, &scene, &moment);
	ohtd_hub_end(server->live->hub, &moment);
	h2o_mem_clear_pool(&pool);
	if (fresh)
		ohtd_durations_note(&loop->live->published, ohtd_since(ohtd_clock_monotonic_ns(server->services->clock), loop->snapshot.time_ns));
}
