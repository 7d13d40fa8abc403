// SPDX-License-Identifier: GPL-2.0-or-later
#include "alerts/alive.h"

#include "base/clock.h"
#include "control/robot.h"
#include "store/store.h"

void ohtd_alive_look(struct ohtd_alive *alive, const struct ohtd_snapshot *snapshot,
		     struct ohtd_store *store, uint64_t now_ns)
{
	struct ohtd_store_view view = { 0 };

	if (store)
		ohtd_store_look(store, &view);
	alive->control_age_ms = ohtd_since(now_ns, snapshot->time_ns) / OHTD_NS_PER_MS;
	alive->control = alive->control_age_ms <=
			 (uint64_t)OHTD_CONTROL_STALLED_MS * snapshot->bus.time_factor;
	alive->loops = !snapshot->loops_stalled;
	alive->store_lost = view.busy_since_ns && snapshot->safety.state != OHTD_SAFETY_ENABLED &&
			    ohtd_since(now_ns, view.busy_since_ns) / OHTD_NS_PER_MS > OHTD_STORE_LOST_MS;
}

bool ohtd_alive_all(const struct ohtd_alive *alive)
{
	return alive->control && alive->loops;
}

bool ohtd_alive_needs_no_restart(const struct ohtd_alive *alive)
{
	return ohtd_alive_all(alive) && !alive->store_lost;
}
