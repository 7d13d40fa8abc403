/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     which stations and tags the robot passes.
 * Contexts: control thread only. Nothing here allocates, locks or logs.
 * Locks:    none.
 */
#ifndef OHTD_CONTROL_PASSAGE_H
#define OHTD_CONTROL_PASSAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "robot/snapshot.h"

struct ohtd_control;

/**
 * struct ohtd_passages - what has been passed, and what may be
 * @known: @at_mm is where the robot was in the last cycle
 * @at_mm: estimate
 * @left: a bit for each station that the robot has left, or not been at: it can be passed
 * @way_mm: way of the motion since the last passage; not a number: not known
 * @tag_ns: of the newest reading of the tag that was looked at
 * @tag_there: a tag was seen in it
 * @tag: the last one that was seen
 * @last: the newest passage, number 0: none yet
 */
struct ohtd_passages {
	bool known;
	double at_mm;
	uint64_t left;
	double way_mm;
	uint64_t tag_ns;
	bool tag_there;
	uint32_t tag;
	struct ohtd_passage_view last;
};

/* The stations are other ones: those that the robot is at were not passed. */
void ohtd_passage_begin(struct ohtd_control *control);

/* In each cycle, once the position of the cycle is known. */
void ohtd_passage_look(struct ohtd_control *control);

#endif
