// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A station is passed when the robot comes as near to it as to a target that counts as reached, or has
 * jumped over it since the last cycle, and not again before the robot has left it: so one that stands
 * there, or turns there, makes one event, whatever the noise of its readings.
 */
#include "control/passage.h"

#include <math.h>
#include <stdio.h>

#include "control/control.h"
#include "control/travel.h"

/* Further away than this a station has been left. */
#define LEFT_MM		20.0

static void pass(struct ohtd_control *control, const char *name, double position_mm)
{
	struct ohtd_passages *p = &control->passages;
	struct ohtd_event_record record = {
		.time_ns = control->now_ns,
		.kind = OHTD_RECORD_PASSAGE,
		.from = (uint8_t)control->state,
		.to = (uint8_t)control->state,
		.role = OHTD_ROLE_SYSTEM,
		.action = OHTD_NO_ACTION,
		.position_mm = control->snapshot.position_mm,
	};

	p->last.number++;
	p->last.at_ns = control->now_ns;
	p->last.position_mm = position_mm;
	p->last.distance_mm = p->last.number > 1 ? p->way_mm : NAN;
	snprintf(p->last.name, sizeof(p->last.name), "%s", name);
	p->way_mm = 0;
	record.passage = p->last;
	ohtd_event_ring_put(&control->event_ring, &record);
}

/* ---- stations ---- */

static bool is_left(const struct ohtd_passages *p, unsigned int i)
{
	return p->left & (uint64_t)1 << i;
}

/* Those that the robot is at can be passed once it has left them. */
static void note_left(struct ohtd_control *control)
{
	const struct ohtd_stations *stations = &ohtd_limits_block(&control->limits)->stations;
	struct ohtd_passages *p = &control->passages;
	unsigned int i;

	for (i = 0; i < stations->count; i++)
		if (fabs(stations->at[i].position_mm - p->at_mm) > LEFT_MM)
			p->left |= (uint64_t)1 << i;
}

static void look_at_station(struct ohtd_control *control, unsigned int i, double from_mm)
{
	struct ohtd_passages *p = &control->passages;
	const struct ohtd_station *station = &ohtd_limits_block(&control->limits)->stations.at[i];
	double near_mm = ohtd_rule(&control->travel, OHTD_RULE_TOLERANCE_MM);

	if (!is_left(p, i) || station->position_mm < fmin(from_mm, p->at_mm) - near_mm ||
	    station->position_mm > fmax(from_mm, p->at_mm) + near_mm)
		return;
	p->left &= ~((uint64_t)1 << i);
	pass(control, station->name, station->position_mm);
}

/* In the order in which they lie on the way from @from_mm. */
static void look_at_stations(struct ohtd_control *control, double from_mm)
{
	struct ohtd_passages *p = &control->passages;
	unsigned int count = ohtd_limits_block(&control->limits)->stations.count, i;

	for (i = 0; i < count; i++)
		look_at_station(control, p->at_mm < from_mm ? count - 1 - i : i, from_mm);
}

/* ---- tags ---- */

/* A reading of values that is newer than the last one, and of both registers at once. */
static bool new_reading(struct ohtd_control *control, struct ohtd_value *id, bool *there)
{
	struct ohtd_passages *p = &control->passages;
	struct ohtd_value present;

	if (!ohtd_signal(control, OHTD_SIGNAL_TAG_ID, id) ||
	    !ohtd_signal(control, OHTD_SIGNAL_TAG_PRESENT, &present) ||
	    !id->valid || !present.valid || present.time_ns != id->time_ns || present.time_ns == p->tag_ns)
		return false;
	p->tag_ns = present.time_ns;
	*there = present.value != 0;
	return true;
}

/* A robot that begins to move beside a tag does not pass it, nor one that sees it at its first look. */
static void look_at_tag(struct ohtd_control *control, bool passes)
{
	struct ohtd_passages *p = &control->passages;
	struct ohtd_value id = { 0 };
	char name[OHTD_STATION_NAME_BYTES];
	bool first = !p->tag_ns, there = false, same;

	if (!new_reading(control, &id, &there))
		return;
	same = first || (p->tag_there && p->tag == (uint32_t)id.value);
	p->tag_there = there;
	p->tag = (uint32_t)id.value;
	if (!there || same || !passes)
		return;
	snprintf(name, sizeof(name), "tag_%u", p->tag);
	pass(control, name, p->at_mm);
}

void ohtd_passage_begin(struct ohtd_control *control)
{
	control->passages.left = 0;
	if (control->passages.known)
		note_left(control);
}

/* ---- the cycle ---- */

void ohtd_passage_look(struct ohtd_control *control)
{
	const struct ohtd_position *position = &control->travel.drive.position;
	struct ohtd_passages *p = &control->passages;
	double from_mm = p->at_mm;
	bool passes = p->known && ohtd_moving(control);

	/* The readings may be of another place. */
	if (position->trust != OHTD_POSITION_TRUSTED || control->travel.location.lost) {
		p->known = false;
		p->left = 0;
		p->way_mm = NAN;
		look_at_tag(control, false);
		return;
	}
	p->known = true;
	p->at_mm = position->estimate_mm;
	if (passes) {
		p->way_mm += fabs(p->at_mm - from_mm);
		look_at_stations(control, from_mm);
	}
	look_at_tag(control, passes);
	note_left(control);
}
