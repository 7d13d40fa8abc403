/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     commands that talk to one module or take it out; between commands.c, exchange.c and
 *           quarantine.c.
 * Contexts: control thread only.
 * Locks:    none.
 */
#ifndef OHTD_CONTROL_ONE_MODULE_H
#define OHTD_CONTROL_ONE_MODULE_H

#include "control/control.h"

/* commands.c: the answer, after the snapshot that shows the effect. */
void ohtd_commands_send(struct ohtd_control *control, const struct ohtd_asked *asked,
			struct ohtd_answer *answer);
void ohtd_commands_refuse(struct ohtd_control *control, const struct ohtd_asked *asked,
			  unsigned int outcome, const struct ohtd_why_list *why);
bool ohtd_commands_late(const struct ohtd_control *control, const struct ohtd_command *command);

/* exchange.c */
void ohtd_exchange_begin(struct ohtd_control *control, const struct ohtd_asked *asked);
/* Submits the next one as the slack transfer; false: none waits. Those of the background have a turn of their own. */
bool ohtd_exchange_next(struct ohtd_control *control, bool background);
void ohtd_exchange_done(struct ohtd_control *control, const struct oht_reply *reply);
/* Answers those that are late and not on the wire. */
void ohtd_exchange_expire(struct ohtd_control *control);

/* quarantine.c */
void ohtd_quarantine_begin(struct ohtd_control *control, const struct ohtd_asked *asked);
void ohtd_quarantine_end(struct ohtd_control *control, const struct ohtd_asked *asked);

#endif
