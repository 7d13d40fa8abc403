// SPDX-License-Identifier: GPL-2.0-or-later
/* Open to everybody, therefore nothing in here that an unknown client should not know. */
#include "http/alive.h"
#include "http/api.h"
#include "http/call.h"

#include "auth/setup.h"
#include "config/config.h"
#include "main/clock.h"

static bool is_healthy(struct ohtd_call *call, const struct ohtd_snapshot *snapshot,
		       const struct ohtd_alive *alive)
{
	if (ohtd_recorder_is_late(call) || !ohtd_store_is_well(call) || !ohtd_alive_all(alive))
		return false;
	if (!snapshot->version || !snapshot->bus.present || snapshot->state == OHTD_STATE_FAULT)
		return false;
	for (unsigned int i = 0; i < snapshot->module_count; i++)
		if (snapshot->modules[i].required &&
		    snapshot->modules[i].health != OHTD_HEALTH_GOOD)
			return false;
	return true;
}

static struct json_object *bus_json(const struct ohtd_snapshot *snapshot)
{
	const struct ohtd_bus_view *bus = &snapshot->bus;
	struct json_object *json = json_object_new_object();

	json_object_object_add(json, "backend", json_object_new_string(bus->backend));
	json_object_object_add(json, "present", json_object_new_boolean(bus->present));
	json_object_object_add(json, "error", *bus->error ?
			       json_object_new_string(bus->error) : NULL);
	json_object_object_add(json, "timing", json_object_new_string(bus->timing_exact ?
			       "exact" : "not_guaranteed"));
	json_object_object_add(json, "hardware_stop",
			       json_object_new_boolean(snapshot->safety.hardware_stop));
	json_object_object_add(json, "deadman_ms",
			       json_object_new_int64(snapshot->safety.deadman_ms));
	return json;
}

static struct json_object *clock_json(struct ohtd_call *call)
{
	struct json_object *json = json_object_new_object();
	struct ohtd_clock_view view;

	ohtd_clock_look(ohtd_call_clock(call), &view);
	json_object_object_add(json, "time", ohtd_json_wall_time(view.wall_ns));
	json_object_object_add(json, "synchronised", json_object_new_boolean(view.synchronised));
	json_object_object_add(json, "ahead_ms",
			       json_object_new_int64(view.ahead_ns / (int64_t)OHTD_NS_PER_MS));
	json_object_object_add(json, "jumps", json_object_new_int64(view.jumps));
	json_object_object_add(json, "last_jump_ms", !view.jumps ? NULL :
			       json_object_new_int64(view.last_jump_ns / (int64_t)OHTD_NS_PER_MS));
	return json;
}

/* The word for people and programs is the same as in the robot's list of faults. */
static struct json_object *control_plane_json(const struct ohtd_alive *alive)
{
	struct json_object *json = json_object_new_object();
	struct json_object *stalled = json_object_new_array();

	if (!alive->control)
		json_object_array_add(stalled, json_object_new_string("control"));
	if (!alive->loops)
		json_object_array_add(stalled, json_object_new_string("loop"));
	if (!alive->store)
		json_object_array_add(stalled, json_object_new_string("store"));
	json_object_object_add(json, "status", json_object_new_string(ohtd_alive_all(alive) ?
			       "ok" : "control_plane_stalled"));
	json_object_object_add(json, "stalled", stalled);
	return json;
}

void ohtd_api_health(struct ohtd_call *call)
{
	const struct ohtd_snapshot *snapshot = ohtd_call_snapshot(call);
	struct json_object *json = json_object_new_object();
	struct ohtd_alive alive;

	ohtd_alive_look(&alive, snapshot, ohtd_call_store(call),
			ohtd_clock_monotonic_ns(ohtd_call_clock(call)));

	json_object_object_add(json, "status", json_object_new_string(is_healthy(call, snapshot, &alive) ?
			       "ok" : "degraded"));
	json_object_object_add(json, "version", json_object_new_string(OHT_VERSION));
	json_object_object_add(json, "state",
			       json_object_new_string(ohtd_state_name(snapshot->state)));
	/* By the look that has judged the threads. */
	json_object_object_add(json, "age_ms", json_object_new_int64(!snapshot->time_ns ? -1 :
			       (int64_t)alive.control_age_ms));
	json_object_object_add(json, "setup_required",
			       json_object_new_boolean(ohtd_setup_is_required(ohtd_call_setup(call))));
	json_object_object_add(json, "simulated",
			       json_object_new_boolean(ohtd_call_config(call)->simulated));
	json_object_object_add(json, "bus", bus_json(snapshot));
	json_object_object_add(json, "control_plane", control_plane_json(&alive));
	json_object_object_add(json, "clock", clock_json(call));
	json_object_object_add(json, "journal", ohtd_json_recorder(call));
	json_object_object_add(json, "store", ohtd_json_store(call));
	ohtd_reply_json(call, 200, json);
}

void ohtd_api_health_live(struct ohtd_call *call)
{
	struct json_object *json = json_object_new_object();

	json_object_object_add(json, "status", json_object_new_string("live"));
	ohtd_reply_json(call, 200, json);
}

void ohtd_api_health_ready(struct ohtd_call *call)
{
	const struct ohtd_snapshot *snapshot = ohtd_call_snapshot(call);
	struct json_object *json;

	if (!snapshot->version || !snapshot->bus.present) {
		ohtd_reply_header(call, "retry-after", "1");
		ohtd_reply_problem(call, 503, "not_ready", "%s", !snapshot->version ?
				   "the control thread has not published anything yet" :
				   "the bus is not there");
		return;
	}
	json = json_object_new_object();
	json_object_object_add(json, "status", json_object_new_string("ready"));
	ohtd_reply_json(call, 200, json);
}
