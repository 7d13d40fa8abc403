/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     how a cause of a stop is shown: in the state of the stop, in its journal and among the alerts.
 * Contexts: any thread; pure.
 * Locks:    none.
 */
#ifndef OHTD_VIEWS_SAFETY_CAUSE_H
#define OHTD_VIEWS_SAFETY_CAUSE_H

#include "json/member.h"
#include "json/writer.h"
#include "robot/codes.h"

struct safety_cause {
	unsigned int code;
	const char *text;
	const char *action;
};

extern const struct ohtd_shape safety_cause_shape;

/**
 * ohtd_safety_cause() - a cause in words
 * @memory: of its texts
 * @cause: enum oht_stop_cause
 * @own: of OHT_STOPPED_BY_SOFTWARE: why the daemon itself has stopped; NULL or code 0: it has not
 */
struct safety_cause ohtd_safety_cause(const struct ohtd_memory *memory, unsigned int cause,
				      const struct ohtd_why *own);

#endif /* OHTD_VIEWS_SAFETY_CAUSE_H */
