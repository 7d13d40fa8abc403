// SPDX-License-Identifier: GPL-2.0-or-later
#include "settings/left_out.h"

#include <stdbool.h>
#include <string.h>

#include "common/distance.h"
#include "robot/telemetry.h"

#define BIT(name_)	(1ull << OHTD_TELEMETRY_##name_)

/* A rule that is tried on the past needs them, whichever signal it is about; so does an export, to know which cycles are kept. */
#define ALWAYS	(BIT(state) | BIT(power_health) | BIT(safety_health) | BIT(travel_motor_health) | BIT(dock_location_health))

_Static_assert(OHTD_TELEMETRY_SIGNALS <= 64, "a bit for each");

/* The signals of a name, or of a begin with * behind it; 0: there is none. */
static uint64_t signals_of(const char *name, size_t bytes)
{
	bool begin = name[bytes - 1] == '*';
	uint64_t found = 0;

	bytes -= begin;
	for (unsigned int i = 0; i < ohtd_telemetry_count(); i++) {
		const char *known = ohtd_telemetry_info(i)->name;

		if (!strncmp(known, name, bytes) && (begin || !known[bytes]))
			found |= 1ull << i;
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

const char *ohtd_left_out_read(const char *text, uint64_t *signals, struct ohtd_part *part)
{
	size_t bytes;

	*signals = 0;
	for (; (bytes = ohtd_entry_next(&text)); text += bytes) {
		uint64_t found = signals_of(text, bytes);

		*signals |= found & ~ALWAYS;
		if (!(found & ~ALWAYS) && part) {
			*part = ohtd_entry_part(text, bytes);
			part->nearest = found ? NULL : nearest(text, (size_t)part->bytes);
		}
		if (!found)
			return "names of signals are those of telemetry/signals, or begins of them with * behind";
		if (!(found & ~ALWAYS))
			return "the state of the robot and the health of its modules are always kept: leave out others";
	}
	return NULL;
}
