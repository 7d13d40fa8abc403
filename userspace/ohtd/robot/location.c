// SPDX-License-Identifier: GPL-2.0-or-later
#include "robot/location.h"

#include <math.h>

static bool same_module(const struct ohtd_kept_location *a, const struct ohtd_kept_location *b)
{
	return a->unit == b->unit && a->device_id == b->device_id && a->profile == b->profile;
}

static void believe(struct ohtd_location *location, const struct ohtd_kept_location *source, double position_mm)
{
	location->kept = (struct ohtd_kept_location){
		.position_mm = position_mm,
		.offset_mm = location->kept.offset_mm,
		.device_id = source->device_id,
		.unit = source->unit,
		.profile = source->profile,
	};
	location->lost = false;
	location->strayed = false;
}

void ohtd_location_read(struct ohtd_location *location, const struct ohtd_kept_location *source, double read_mm, double near_mm)
{
	const struct ohtd_kept_location *kept = &location->kept;

	location->read_mm = read_mm;
	if (!kept->unit && !kept->left) {
		believe(location, source, read_mm);
		return;
	}
	location->strayed |= kept->left;
	if (!location->strayed && same_module(kept, source) && fabs(read_mm - kept->position_mm) <= near_mm)
		believe(location, source, read_mm);
	else
		location->lost = true;
}

void ohtd_location_follow(struct ohtd_location *location, double position_mm)
{
	if (!location->lost && location->kept.unit)
		location->kept.position_mm = position_mm;
}

void ohtd_location_moves(struct ohtd_location *location)
{
	location->strayed |= location->lost;
}

void ohtd_location_set(struct ohtd_location *location, const struct ohtd_kept_location *source, double position_mm)
{
	if (isfinite(position_mm)) {
		location->kept.offset_mm += position_mm - location->read_mm;
		location->read_mm = position_mm;
	}
	believe(location, source, location->read_mm);
}
