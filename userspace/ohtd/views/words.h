/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     words that several answers have, with their numbers: states, health, roles, levels.
 * Contexts: any thread; constants.
 * Locks:    none.
 */
#ifndef OHTD_VIEWS_WORDS_H
#define OHTD_VIEWS_WORDS_H

#include "json/member.h"

extern const struct ohtd_words ohtd_robot_state_words;
extern const struct ohtd_words ohtd_mode_words;
extern const struct ohtd_words ohtd_safety_state_words;
extern const struct ohtd_words ohtd_module_health_words;
extern const struct ohtd_words ohtd_why_words;
extern const struct ohtd_words ohtd_command_state_words;
/* Verbs of POST robot/commands by enum ohtd_command_kind. */
extern const struct ohtd_words ohtd_motion_verb_words;
extern const struct ohtd_words ohtd_role_words;
extern const struct ohtd_words ohtd_log_level_words;
/* Of liboht, whose kernel module may be newer: they are open. */
extern const struct ohtd_words ohtd_device_state_words;
extern const struct ohtd_words ohtd_cause_words;

#endif /* OHTD_VIEWS_WORDS_H */
