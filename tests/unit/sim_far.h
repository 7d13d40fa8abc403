/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the module simulator at the far end of the bus in memory: same process, same virtual time.
 * Contexts: one thread.
 * Locks:    none.
 */
#ifndef OHTD_TEST_SIM_FAR_H
#define OHTD_TEST_SIM_FAR_H

#include "fake_bus.h"
#include "station.h"

/* A fake_far; @context is an initialised station. */
uint64_t sim_far(void *context, uint64_t now_ns, const struct oht_request *request,
		 const uint16_t *words, struct oht_reply *reply);

#endif
