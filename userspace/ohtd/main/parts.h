/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     which parts the daemon has (parts.def).
 * Contexts: hand, check, ahead, open, start, rest, close: main thread. Tick: a worker.
 * Locks:    none.
 */
#ifndef OHTD_MAIN_PARTS_H
#define OHTD_MAIN_PARTS_H

#include <stdbool.h>
#include <stddef.h>

struct ohtd_config;
struct ohtd_part_birth;
struct ohtd_part_checks;
struct ohtd_services;

/* Hands the parts to those rooms that ask each of them. Before other threads start. False: a limit is reached, which @why names. */
bool ohtd_main_hand_parts(struct ohtd_services *services, char *why, size_t size);

/* All that is to be done some times a second and may wait for a disk. @linked: only by those that have a link. One call at a time. */
void ohtd_main_tick_parts(const struct ohtd_services *services, bool linked);

/* How many links to the control thread the parts have, behind those of enum ohtd_main_link. */
unsigned int ohtd_main_part_links(void);

/* Asks each what of @config does not fit this machine. False: the start would fail. */
bool ohtd_main_check_parts(const struct ohtd_config *config, const struct ohtd_part_checks *checks);

/* Has each do what it has to do before the process is confined. Once, before they are opened. */
void ohtd_main_ahead_parts(const struct ohtd_config *config);

/* Opens those that are opened by their description. @birth: link, courses and ahead_fd are filled in for each. 0, or -1 with errno, and @name of the part that failed. */
int ohtd_main_open_parts(struct ohtd_services *services, const struct ohtd_part_birth *birth, const char **name);

/* Starts them. 0, or a negative errno, and @name of the part that failed. */
int ohtd_main_start_parts(const struct ohtd_services *services, const char **name);

/* Before the store ends, and behind it, in the reverse order of their births; also of those that were opened before one failed. */
void ohtd_main_rest_parts(const struct ohtd_services *services);
void ohtd_main_close_parts(struct ohtd_services *services);

#endif /* OHTD_MAIN_PARTS_H */
