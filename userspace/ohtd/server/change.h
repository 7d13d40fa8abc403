/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     changes of the configuration as requests ask for them, and the form of their refusals.
 * Contexts: the loop of the request; the change itself: a worker.
 * Locks:    those of settings/settings.h.
 */
#ifndef OHTD_SERVER_CHANGE_H
#define OHTD_SERVER_CHANGE_H

#include "settings/settings.h"

struct ohtd_call;

/* A zeroed change by who asks; NULL: out of memory, and the request has been answered. */
struct ohtd_change *ohtd_call_change_make(struct ohtd_call *call);

/* Instead of asking for it: the request has been refused. */
void ohtd_call_change_drop(struct ohtd_change *change);

/* What the audit says of a change that was made. */
void ohtd_call_change_note(struct ohtd_call *call, const struct ohtd_change *change);

/**
 * ohtd_call_change() - have a change done on a worker, then answer
 * @call: the request
 * @change: from ohtd_call_change_make(); released by itself
 * @act: what is done: ohtd_settings_change() or ohtd_settings_differ()
 * @done: answers when it has been done; refusals are answered here
 */
void ohtd_call_change(struct ohtd_call *call, struct ohtd_change *change,
		      void (*act)(struct ohtd_settings *settings, struct ohtd_change *change),
		      void (*done)(struct ohtd_call *call, const struct ohtd_change *change));

#endif /* OHTD_SERVER_CHANGE_H */
