// SPDX-License-Identifier: GPL-2.0-or-later
#include "main/upkeep.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "audit/audit.h"
#include "auth/setup.h"
#include "history/history.h"
#include "alerts/alive.h"
#include "alerts/keeper.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/manager.h"
#include "base/poke.h"
#include "config/config.h"
#include "json/blocks.h"
#include "main/command_keeper.h"
#include "main/parts.h"
#include "main/robot_log.h"
#include "main/state.h"
#include "settings/settings.h"
#include "control/robot.h"
#include "store/store.h"
#include "journal/timeline.h"
#include "views/scene.h"
#include "views/services.h"

/* Without a right clock at the next start, records may go back by as much after a power cut. */
#define STORE_TIME_S	600
#define TELL_JUMPS_S	3600
#define RELOADING_BYTES	64

/* What a worker is wanted for: the parts that have a link, or those and all else. */
enum { LINKED = 1, ALL = 2 };

/* ---- on a worker: a disk that hangs must not hold up the main thread ---- */

static void keep_time(struct ohtd_upkeep *upkeep)
{
	uint64_t boottime_ns = ohtd_clock_boottime_ns(upkeep->services->clock);
	struct ohtd_clock_view view;

	ohtd_clock_look(upkeep->services->clock, &view);
	if (upkeep->jumps_stored == view.jumps && upkeep->corrected_stored_ns == view.corrected_mono_ns &&
	    boottime_ns < upkeep->store_time_ns)
		return;
	ohtd_state_store_time(upkeep->services->config->state_dir, upkeep->services->clock, upkeep->boot_id);
	upkeep->jumps_stored = view.jumps;
	upkeep->corrected_stored_ns = view.corrected_mono_ns;
	upkeep->store_time_ns = boottime_ns + STORE_TIME_S * OHTD_NS_PER_S;
}

/* Those that could not be written before. That of the administrator as soon as there is one, by whichever way. */
static void keep_marks(struct ohtd_upkeep *upkeep, const char *dir)
{
	upkeep->marked = upkeep->marked || !ohtd_state_begin_run(dir);
	if (upkeep->administered || ohtd_setup_is_required(upkeep->services->setup))
		return;
	ohtd_state_note_administered(dir);
	upkeep->administered = true;
}

static void work_on_files(struct ohtd_work *work, bool dropped)
{
	struct ohtd_upkeep *upkeep =
		(void *)((char *)work - offsetof(struct ohtd_upkeep, files));
	const struct ohtd_services *services = upkeep->services;
	const char *dir = services->config->state_dir;
	uint64_t now_ns = ohtd_clock_monotonic_ns(services->clock);

	if (!dropped && (upkeep->files_wanted & ALL)) {
		keep_marks(upkeep, dir);
		keep_time(upkeep);
		ohtd_main_tick_parts(services, false);
		ohtd_kept_profiles_tick(&upkeep->kept_profiles, dir, services->robot, now_ns);
		ohtd_kept_location_tick(&upkeep->location, dir, services->robot, now_ns);
	} else if (!dropped) {
		ohtd_main_tick_parts(services, true);
	}
	atomic_store(&upkeep->files_busy, false);
	/* The main thread has wanted more meanwhile. */
	if (atomic_load(&upkeep->wanted))
		ohtd_poke(upkeep->wake_fd);
}

/* ---- on the main thread ---- */

/* Workers that have no place for it have one later. */
static void look_after_files(struct ohtd_upkeep *upkeep, unsigned int wanted)
{
	atomic_fetch_or(&upkeep->wanted, wanted);
	if (atomic_exchange(&upkeep->files_busy, true))
		return;
	upkeep->files_wanted = atomic_exchange(&upkeep->wanted, 0);
	upkeep->files.run = work_on_files;
	upkeep->files.owner = OHTD_WORK_OWN;
	if (ohtd_workers_submit(upkeep->services->workers, &upkeep->files))
		atomic_store(&upkeep->files_busy, false);
}

void ohtd_main_robot_changed(struct ohtd_upkeep *upkeep)
{
	look_after_files(upkeep, LINKED);
}

/* A clock that jumps all the time must not push what people did out of the audit. */
static void tell_steps(struct ohtd_upkeep *upkeep, const struct ohtd_clock_view *view)
{
	uint32_t steps = view->jumps - upkeep->jumps_told;
	long long moved_s = (view->moved_ns - upkeep->moved_told_ns) / (int64_t)OHTD_NS_PER_S;
	char object[OHTD_AUDIT_OBJECT_BYTES], together[32] = "";

	if (steps > 1)
		snprintf(together, sizeof(together), " in %u steps", steps);
	snprintf(object, sizeof(object), "%+lld s%s", moved_s, together);
	ohtd_audit_own(upkeep->services->audit, OHTD_ACT_CLOCK, object, "", "done");
	ohtd_log(OHTD_LOG_WARNING, "main", "clock_jumped", "the system's time of day moved by %s, ours is %lld s ahead of it", object,
		 (long long)(view->ahead_ns / (int64_t)OHTD_NS_PER_S));
	upkeep->jumps_told = view->jumps;
	upkeep->moved_told_ns = view->moved_ns;
}

/* The first step at once, those of the hour behind it together when it is over. */
static void tell_clock(struct ohtd_upkeep *upkeep, bool ends)
{
	uint64_t boottime_ns = ohtd_clock_boottime_ns(upkeep->services->clock);
	struct ohtd_clock_view view;

	ohtd_clock_look(upkeep->services->clock, &view);
	if (upkeep->jumps_told != view.jumps && (ends || boottime_ns >= upkeep->tell_jumps_ns)) {
		tell_steps(upkeep, &view);
		upkeep->tell_jumps_ns = boottime_ns + TELL_JUMPS_S * OHTD_NS_PER_S;
	}
	if (upkeep->corrected_told_ns != view.corrected_mono_ns)
		ohtd_log(OHTD_LOG_WARNING, "main", "clock_corrected",
			 "our time of day was %lld s ahead of the synchronised time, which counts from now on",
			 (long long)(view.corrected_ns / (int64_t)OHTD_NS_PER_S));
	upkeep->corrected_told_ns = view.corrected_mono_ns;
}

static void tell_stalled(const struct ohtd_alive *alive)
{
	ohtd_log(OHTD_LOG_ERROR, "main", "control_plane_stalled",
		 "%s%s%s(newest snapshot %llu ms old); the watchdog is not petted",
		 alive->control ? "" : "control thread ", alive->loops ? "" : "a loop ",
		 alive->store_lost ? "store thread " : "", (unsigned long long)alive->control_age_ms);
}

static void watch_threads(struct ohtd_upkeep *upkeep)
{
	struct ohtd_snapshot snapshot;
	struct ohtd_alive alive;

	if (ohtd_robot_snapshot(upkeep->services->robot, &snapshot))
		return;
	ohtd_alive_look(&alive, &snapshot, upkeep->services->store, ohtd_clock_monotonic_ns(upkeep->services->clock));
	if (!ohtd_alive_needs_no_restart(&alive)) {
		if (!upkeep->stalled_told)
			tell_stalled(&alive);
		upkeep->stalled_told = true;
		return;
	}
	if (upkeep->stalled_told)
		ohtd_log(OHTD_LOG_NOTICE, "main", "control_plane_goes_on", "all threads go on");
	upkeep->stalled_told = false;
	if (upkeep->watched)
		ohtd_manager_tell("WATCHDOG=1", -1);
}

void ohtd_upkeep_begin(struct ohtd_upkeep *upkeep)
{
	upkeep->watched = ohtd_manager_watches();
	ohtd_manager_tell("READY=1", -1);
}

void ohtd_upkeep_past(struct ohtd_settings *settings, struct ohtd_history *history)
{
	struct ohtd_past_values past;

	if (!ohtd_settings_past(settings, &past))
		return;
	ohtd_history_keep(history, &(struct ohtd_history_keep){
		(int64_t)past.samples_days, (int64_t)past.columns_days, (int64_t)past.size_mib << 20 });
	ohtd_history_leave_out(history, &past.signals_left_out);
}

void ohtd_upkeep(struct ohtd_upkeep *upkeep)
{
	const struct ohtd_services *services = upkeep->services;

	tell_clock(upkeep, false);
	ohtd_robot_log(services->robot, &upkeep->robot_told);
	ohtd_keeper_turn(services->keeper, services->robot);
	look_after_files(upkeep, ALL);
	ohtd_audit_turn(services->audit);
	ohtd_store_watch(services->store);
	ohtd_history_watch(services->history);
	ohtd_upkeep_past(services->settings, services->history);
	watch_threads(upkeep);
}

void ohtd_upkeep_alerts(const struct ohtd_upkeep *upkeep)
{
	struct ohtd_json_block *blocks = NULL;
	const struct ohtd_memory memory = { .take = ohtd_json_block_take, .from = &blocks };
	struct ohtd_snapshot snapshot;
	struct ohtd_scene scene = { .snapshot = &snapshot, .services = upkeep->services, .memory = &memory };

	if (ohtd_robot_snapshot(upkeep->services->robot, &snapshot))
		return;
	ohtd_scene_take_time(&scene);
	ohtd_alert_keeper_tick(upkeep->services->alert_keeper, &scene);
	ohtd_json_blocks_free(&blocks, NULL);
}

void ohtd_upkeep_end(struct ohtd_upkeep *upkeep)
{
	tell_clock(upkeep, true);
	ohtd_manager_tell("STOPPING=1", -1);
}

void ohtd_upkeep_reloading(const struct ohtd_upkeep *upkeep)
{
	char text[RELOADING_BYTES];

	snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%llu",
		 (unsigned long long)(ohtd_clock_monotonic_ns(upkeep->services->clock) / OHTD_NS_PER_US));
	ohtd_manager_tell(text, -1);
}

void ohtd_upkeep_reloaded(const struct ohtd_upkeep *upkeep)
{
	(void)upkeep;
	ohtd_manager_tell("READY=1", -1);
}
