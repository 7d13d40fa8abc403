// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One line, "UNIT DEVICE PROFILE POSITION OFFSET WORD": the module, where the robot is, what is added to what the module says, and whether
 * it stands there or has left. A robot that has lost its power on its way is not where the file says, and its module may count from there.
 */
#include "main/kept_location.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "control/robot.h"

/* A place is written so seldom: a robot that is busy makes twice as many writes, as it leaves each place as well. */
#define EACH_NS		(60 * OHTD_NS_PER_S)
/* Readings of a robot that stands differ by this. */
#define NOISE_MM	5
/* So far from the written place the robot has left it: much less than what a start believes, or half of it. */
#define LEFT_MM		50
#define LEFT_SHARE	0.5
/* Longer than any rail. A number beyond it is no position, and is refused before anything computes with it. */
#define MOST_MM		1e9

static const struct ohtd_kept_kind kind = {
	.name = "position", .word = "position_file", .unread = "a person has to say where the robot is",
	.unwritten = "the next start does not know where the robot is",
};

/* Also of what is not a number. */
static bool is_length(double mm)
{
	return fabs(mm) <= MOST_MM;
}

static bool take_line(char *line, void *arg)
{
	struct ohtd_kept_location *place = arg;
	unsigned int unit, device, profile;
	char word[8];
	int end = 0;

	if (sscanf(line, "%3u %5u %1u %lf %lf %7s%n", &unit, &device, &profile, &place->position_mm, &place->offset_mm, word,
		   &end) != 6 || strcmp(line + end, "\n") != 0 || !unit || unit > 247 || device > 0xffff ||
	    !is_length(place->position_mm) || !is_length(place->offset_mm) || (strcmp(word, "stands") != 0 && strcmp(word, "left") != 0))
		return false;
	place->unit = (uint8_t)unit;
	place->device_id = (uint16_t)device;
	place->profile = (uint8_t)profile;
	place->left = !strcmp(word, "left");
	return true;
}

void ohtd_kept_location_recall(const char *state_dir, struct ohtd_robot *robot, bool another_machine)
{
	struct ohtd_kept_location place = { 0 };
	int r = ohtd_kept_recall(&kind, state_dir, take_line, &place);

	if (r)
		place = (struct ohtd_kept_location){ .position_mm = NAN, .left = r != -ENOENT };
	if (r == -ENOENT)
		ohtd_log(OHTD_LOG_NOTICE, "main", "position_first", "no position of the robot is kept: its first reading is believed");
	else if (!r && another_machine)
		ohtd_log(OHTD_LOG_WARNING, "main", kind.word, "%s/%s: of another machine; %s", state_dir, kind.name, kind.unread);
	/* Its module may read the same at another place. */
	place.left |= !r && another_machine;
	ohtd_robot_recall_location(robot, &place);
}

/* The wanted content of the file. */
static struct ohtd_kept_location wanted(const struct ohtd_location_file *file, const struct ohtd_location_view *view)
{
	struct ohtd_kept_location place = file->written;

	if (view->lost) {
		/* A place that was never sure stays what it was. */
		place = file->begun ? file->written : view->kept;
		place.left |= view->strayed;
	} else if (view->stands) {
		place = view->kept;
	} else if (fabs(view->kept.position_mm - place.position_mm) > fmin(LEFT_MM, view->near_mm * LEFT_SHARE)) {
		place.left = 1;
	}
	return place;
}

static bool differs(const struct ohtd_kept_location *a, const struct ohtd_kept_location *b)
{
	return a->left != b->left || a->unit != b->unit || a->device_id != b->device_id || a->profile != b->profile ||
	       a->offset_mm != b->offset_mm || !(fabs(a->position_mm - b->position_mm) <= NOISE_MM);
}

/*
 * The file says where the robot was, and the next start would believe it. What says that the robot has left stays true. Until another attempt the
 * file is as at a start.
 */
static void give_up(struct ohtd_location_file *file, const char *state_dir)
{
	if (file->written.left)
		return;
	ohtd_kept_spoil(&kind, state_dir, "the next start may take an old place for that of the robot");
	file->written = (struct ohtd_kept_location){ 0 };
	file->begun = false;
	file->at_ns = 0;
}

static int write_place(struct ohtd_location_file *file, const char *state_dir, const struct ohtd_kept_location *place, uint64_t now_ns)
{
	char text[OHTD_KEPT_FILE_BYTES];
	int r;

	snprintf(text, sizeof(text), "%u %u %u %.3f %.3f %s\n", place->unit, place->device_id, place->profile, place->position_mm,
		 place->offset_mm, place->left ? "left" : "stands");
	r = ohtd_kept_write(&kind, &file->file, state_dir, text, now_ns);
	if (r) {
		give_up(file, state_dir);
		return r;
	}
	file->written = *place;
	file->begun = true;
	if (!place->left)
		file->at_ns = now_ns;
	return 0;
}

/* Held: lock. @urgent: a place that differs is written, however short a time ago another one was, or could not be. */
static int look(struct ohtd_location_file *file, const char *state_dir, struct ohtd_robot *robot, uint64_t now_ns, bool urgent)
{
	struct ohtd_snapshot snapshot;
	struct ohtd_kept_location place;
	int r = ohtd_robot_snapshot(robot, &snapshot);

	if (r || !snapshot.location.kept.unit || (!urgent && !ohtd_kept_is_due(&file->file, now_ns)))
		return r;
	place = wanted(file, &snapshot.location);
	if (!place.unit || (file->begun && !differs(&place, &file->written)))
		return 0;
	/* That it has left is never late. */
	if (!urgent && !place.left && file->begun && place.offset_mm == file->written.offset_mm && ohtd_since(now_ns, file->at_ns) < EACH_NS)
		return 0;
	return write_place(file, state_dir, &place, now_ns);
}

void ohtd_kept_location_tick(struct ohtd_location_file *file, const char *state_dir, struct ohtd_robot *robot, uint64_t now_ns)
{
	pthread_mutex_lock(&file->lock);
	look(file, state_dir, robot, now_ns, false);
	pthread_mutex_unlock(&file->lock);
}

int ohtd_kept_location_now(struct ohtd_location_file *file, const char *state_dir, struct ohtd_robot *robot, uint64_t now_ns)
{
	int r;

	pthread_mutex_lock(&file->lock);
	r = look(file, state_dir, robot, now_ns, true);
	pthread_mutex_unlock(&file->lock);
	return r;
}
