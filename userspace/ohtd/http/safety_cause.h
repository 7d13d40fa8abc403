/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     how a cause of a stop is shown, in the state of the stop and in its journal.
 * Contexts: any thread; pure.
 * Locks:    none.
 */
#ifndef OHTD_HTTP_SAFETY_CAUSE_H
#define OHTD_HTTP_SAFETY_CAUSE_H

#include "http/member.h"

struct safety_cause {
	unsigned int code;
	const char *text;
	const char *action;
};

extern const struct ohtd_shape safety_cause_shape;

/* @cause: enum oht_stop_cause */
struct safety_cause ohtd_safety_cause(unsigned int cause);

#endif /* OHTD_HTTP_SAFETY_CAUSE_H */
