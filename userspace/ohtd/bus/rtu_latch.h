/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the stop of the rtu back-end: a latch in software, the role of the controller, and where
 *           the wire is simulated the outputs, which are a state of this latch and nothing else.
 * Contexts: stop and look: any thread. Watch and may_write: the line's thread. The rest: control
 *           thread.
 * Locks:    none: one atomic word decides.
 *
 * The latch ends with the process. Nothing outside of it lowers an output or sees a late heartbeat.
 */
#ifndef OHTD_BUS_RTU_LATCH_H
#define OHTD_BUS_RTU_LATCH_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "oht_client.h"

/* Heartbeat period with simulated outputs: a busy PC stands still for some 100 ms. */
#define RTU_DEADMAN_MIN_MS	10
#define RTU_DEADMAN_MAX_MS	10000
#define RTU_DEADMAN_DEFAULT_MS	1000

/**
 * struct rtu_latch - the stop
 * @word: state, causes, number of stops and of disables, so that a stop cannot be lost between two
 *	others
 * @since_ns: when the state was entered
 * @tag: of the newest act
 * @outputs: there are simulated ones; constant
 * @is_controller: the role is taken
 * @deadman_ms: heartbeat period, 0: none is watched
 * @heartbeat_ns: the newest one
 * @told: stops that the control thread has been told of; its own
 * @state_told: the state that it has been told of or has asked for; its own
 */
struct rtu_latch {
	_Atomic uint64_t word;
	_Atomic uint64_t since_ns;
	_Atomic uint64_t tag;
	bool outputs;
	atomic_bool is_controller;
	_Atomic uint32_t deadman_ms;
	_Atomic uint64_t heartbeat_ns;
	uint64_t told;
	uint8_t state_told;
};

/* Stopped, because it begins. */
void rtu_latch_init(struct rtu_latch *latch, bool outputs, uint64_t now_ns);

/* The role; without outputs no period is promised. 0 or -EINVAL. @deadman_ms may be NULL. */
int rtu_latch_take(struct rtu_latch *latch, uint32_t *deadman_ms, uint64_t now_ns);
/* Gives the role back and stops; false: it was not taken. */
bool rtu_latch_leave(struct rtu_latch *latch, enum oht_stop_cause cause, uint64_t now_ns);
int rtu_latch_heartbeat(struct rtu_latch *latch, uint64_t now_ns);

/* OHT_STOPPED_BY_SOFTWARE, _DEADMAN, _FAREWELL or _CLOSE. */
void rtu_latch_stop(struct rtu_latch *latch, enum oht_stop_cause cause, uint64_t tag,
		    uint64_t now_ns);

/*
 * stopped -> ready; 0, -EPERM, -ECANCELED: it is not stopped, -EBUSY: a stop has come at this
 * moment, or the heartbeat is late: then @blocking says so
 */
int rtu_latch_reset(struct rtu_latch *latch, uint64_t tag, uint64_t *blocking, uint64_t now_ns);

/* ready -> enabled; 0, -EOPNOTSUPP without outputs, -EPERM, -ECANCELED: it is not ready */
int rtu_latch_enable(struct rtu_latch *latch, uint64_t tag, uint64_t *blocking, uint64_t now_ns);

/* enabled -> ready; 0, -ECANCELED: it is not enabled, -EPERM */
int rtu_latch_disable(struct rtu_latch *latch, uint64_t tag, uint64_t now_ns);

/**
 * rtu_latch_watch() - stop when the heartbeat is late
 * @latch: the stop
 * @now_ns: the present
 * @stopped: out: it has stopped now
 *
 * Return: when to look again, UINT64_MAX: nothing is watched.
 */
uint64_t rtu_latch_watch(struct rtu_latch *latch, uint64_t now_ns, bool *stopped);

/* enum oht_stop_state */
unsigned int rtu_latch_state(const struct rtu_latch *latch);

/* Changes with every stop and every disable: what was given before is void. */
uint64_t rtu_latch_epoch(const struct rtu_latch *latch);
/* Enabled, and in @epoch. */
bool rtu_latch_may_write(const struct rtu_latch *latch, uint64_t epoch);

/* A write that was given in @epoch of @latch; a stop or a disable makes it void. */
struct rtu_gate {
	const struct rtu_latch *latch;
	uint64_t epoch;
};

/* Without a gate a request is always sent. */
bool rtu_gate_is_open(const struct rtu_gate *gate);

void rtu_latch_look(const struct rtu_latch *latch, struct oht_stop_status *status);

/* Stops that have not been told yet, as one event: of a stop that has begun, the cause that began it. */
bool rtu_latch_news(struct rtu_latch *latch, struct oht_event *event);

#endif
