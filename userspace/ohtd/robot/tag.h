/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     how the number of a tag on the rail is read: its number holds only while the register beside it
 *           says that a tag is there, so one request reads both.
 * Contexts: any; pure.
 * Locks:    none.
 */
#ifndef OHTD_ROBOT_TAG_H
#define OHTD_ROBOT_TAG_H

#include "robot/blocks.h"
#include "robot/model.h"

static inline bool ohtd_signal_is_tag(unsigned int signal)
{
	return signal == OHTD_SIGNAL_TAG_ID || signal == OHTD_SIGNAL_TAG_PRESENT;
}

/* The request that reads both registers of @plan; of no word when there are none. */
struct ohtd_block ohtd_tag_block(const struct ohtd_plan *plan);

/* 0, or -EINVAL and one line: a profile has one of them only, or not both for one request. */
int ohtd_tag_check(const struct ohtd_model *model, char error[OHT_ERROR_BYTES]);

#endif
