/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Drives the order in hand by missions of ohtd: makes them, adds legs, starts, pauses, resumes and cancels them. Each request is on the
 * disk before it is made and changes nothing when it is made again, so an answer that is lost, a kill of either program and a
 * restart of the board drive nothing twice.
 *
 * Owns:     the request to ohtd that is under way.
 * Contexts: the program's one thread; waits for the disk.
 * Locks:    none.
 */
#ifndef FLEET_DRIVE_H
#define FLEET_DRIVE_H

#include "oht-fleet/job.h"

/**
 * struct fleet_drive - the way from the order to the robot
 * @job: the order in hand
 * @busy: a request is under way
 * @again_at: no request before this time
 * @seen_at: when the mission was heard of last
 * @answered_at: when ohtd answered last with the mission
 * @resuming: the mission is to go on
 * @releasing: the mission is over, so control is given back
 * @triggering: the trigger that the mission waits for has come
 * @skipping: the action @skipped is to be skipped
 * @skipped: its id
 * @looked: the mission was looked at for what the fleet wants of it: it is as it was when the fleet asked, or it is refused
 * @refused: what the fleet wanted last of the mission was not done: it was held again at once, or had ended. @job->reason_text may say why
 * @trouble: why ohtd drives nothing; "": none
 * @unsaved: the file does not take the order
 * @ended: why the order was given up although the fleet has not asked for it; "": it was not
 */
struct fleet_drive {
	struct fleet_job *job;
	struct fleet_robot *robot;
	const char *path;
	bool busy, releasing, resuming, triggering, skipping, looked, refused, unsaved;
	int64_t again_at, seen_at, answered_at;
	char skipped[FLEET_ID_BYTES];
	char trouble[FLEET_TEXT_BYTES], ended[FLEET_TEXT_BYTES];
};

/* Writes the order in hand to the disk. Returns 0, or -1: the log has said why, and nothing is driven until it succeeds. */
int fleet_drive_save(struct fleet_drive *drive);

/* Begins what is due; returns when to come again, as fleet_now_ms(). */
int64_t fleet_drive_work(struct fleet_drive *drive, int64_t now_ms);

/* The robot neither drives nor docks. */
bool fleet_drive_stands(const struct fleet_drive *drive);

/* The fleet wants the mission to go on, behind a pause, an interruption, or a stop that came while it waits for a trigger. */
void fleet_drive_resume(struct fleet_drive *drive);

/* The fleet's trigger. Returns false: the mission does not wait for one, or not in this state. */
bool fleet_drive_trigger(struct fleet_drive *drive);

/* The action is done again, or skipped. Returns false: it is not one that may be. */
bool fleet_drive_retry(struct fleet_drive *drive, const char *action);
bool fleet_drive_skip(struct fleet_drive *drive, const char *action);

/* Something that the fleet wants of the mission is not done yet. */
bool fleet_drive_is_asked(const struct fleet_drive *drive);

#endif /* FLEET_DRIVE_H */
