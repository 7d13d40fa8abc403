/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     a hub as bytes, so that the next life of the daemon goes on with its numbers and messages.
 * Contexts: main thread, before there are loops and after they have ended.
 * Locks:    none.
 *
 * Channels of whole states are left out: their messages are no changes, so nobody goes on from one.
 *
 * The bytes stay on this machine and within one boot: numbers are as the processor has them, times are
 * of its clock. They are taken as a whole or not at all.
 */
#ifndef OHTD_LIVE_CARRY_H
#define OHTD_LIVE_CARRY_H

#include <stddef.h>
#include <stdint.h>

#include "live/hub.h"

/* More is neither written nor read. */
#define OHTD_CARRY_BYTES_MAX	(8u << 20)

/**
 * ohtd_hub_pack() - everything a subscriber may still want
 * @hub: no longer used by others
 * @build: of the daemon; only the same one reads it, since its states have the same members
 * @bytes: of the result
 *
 * Return: to be freed; NULL with *@why filled.
 */
char *ohtd_hub_pack(const struct ohtd_hub *hub, const char *build, size_t *bytes, const char **why);

/**
 * ohtd_hub_unpack() - a hub that goes on where that one ended
 * @kinds: at most OHTD_CHANNELS_MAX; lasts as long as the hub
 * @count: of @kinds
 * @build: of this daemon
 * @data: what ohtd_hub_pack() has made, or anything
 * @bytes: of @data
 * @why: filled when it is refused
 *
 * Return: NULL: it is not what this daemon has written, or out of memory.
 */
struct ohtd_hub *ohtd_hub_unpack(const struct ohtd_channel_kind *kinds, size_t count, const char *build,
				 const void *data, size_t bytes, const char **why);

#endif /* OHTD_LIVE_CARRY_H */
