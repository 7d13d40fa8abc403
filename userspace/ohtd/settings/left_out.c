// SPDX-License-Identifier: GPL-2.0-or-later
#include "settings/left_out.h"

#include <stdbool.h>
#include <string.h>

#include "common/distance.h"
#include "robot/telemetry.h"

/* A rule that is tried on the past needs them, whichever signal it is about; so does an export, to know which cycles are kept. */
static struct oht_set always_kept(void)
{
	static const unsigned int signals[] = {
		OHTD_TELEMETRY_state, OHTD_TELEMETRY_power_health, OHTD_TELEMETRY_safety_health, OHTD_TELEMETRY_travel_motor_health,
		OHTD_TELEMETRY_dock_location_health,
	};
	struct oht_set set = { 0 };

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		oht_set_add(&set, signals[i]);
	return set;
}

/* The signals of a name, or of a begin with * behind it; empty: there is none. */
static struct oht_set signals_of(const char *name, size_t bytes)
{
	bool begin = name[bytes - 1] == '*';
	struct oht_set found = { 0 };

	bytes -= begin;
	for (unsigned int i = 0; i < ohtd_telemetry_count(); i++) {
		const char *known = ohtd_telemetry_info(i)->name;

		if (!strncmp(known, name, bytes) && (begin || !known[bytes]))
			oht_set_add(&found, i);
	}
	return found;
}

/* NULL: none is near. */
static const char *nearest(const char *name, size_t bytes)
{
	unsigned int best = (unsigned int)bytes / 3 + 1;
	const char *found = NULL;

	for (unsigned int i = 0; i < ohtd_telemetry_count(); i++) {
		const char *known = ohtd_telemetry_info(i)->name;

		if (oht_is_nearer(name, bytes, known, &best))
			found = known;
	}
	return found;
}

const char *ohtd_left_out_read(const char *text, struct oht_set *signals, struct ohtd_part *part)
{
	const struct oht_set always = always_kept();
	size_t bytes;

	*signals = (struct oht_set){ 0 };
	for (; (bytes = ohtd_entry_next(&text)); text += bytes) {
		const struct oht_set found = signals_of(text, bytes), left_out = oht_set_rest(&found, &always);
		const bool known = !oht_set_is_empty(&found);

		oht_set_join(signals, &left_out);
		if (oht_set_is_empty(&left_out) && part) {
			*part = ohtd_entry_part(text, bytes);
			part->nearest = known ? NULL : nearest(text, (size_t)part->bytes);
		}
		if (!known)
			return "names of signals are those of telemetry/signals, or begins of them with * behind";
		if (oht_set_is_empty(&left_out))
			return "the state of the robot and the health of its modules are always kept: leave out others";
	}
	return NULL;
}
