/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what the files of the rtu back-end share: rtu.c the requests, rtu_plan.c the plan.
 * Contexts: as each member says.
 * Locks:    none.
 */
#ifndef OHTD_BUS_RTU_PRIVATE_H
#define OHTD_BUS_RTU_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "../base/ring.h"
#include "../base/seqlock.h"
#include "bus.h"
#include "grid.h"
#include "rtu_latch.h"
#include "rtu_line.h"
#include "rtu_outputs.h"
#include "rtu_told.h"

#define RTU_JOBS	OHT_UNDER_WAY_MAX
#define RTU_ALWAYS	UINT64_MAX
#define RTU_NOW		64		/* at a time; what finds no room waits for its turn */

struct rtu_job {
	struct oht_request request;
	uint16_t words[RTU_OUTPUT_WORDS_MAX];
	uint64_t cookie;
	uint64_t epoch;			/* a write that is void in any other; RTU_ALWAYS: it never is */
	atomic_bool cancelled;
};

struct rtu_bus {
	struct ohtd_bus bus;
	struct rtu_line line;
	pthread_t thread;
	bool running;			/* thread exists; main or control thread */
	int wake_fd;			/* wakes the thread */
	int ready_fd;			/* wakes the control thread */
	atomic_bool quit;
	atomic_bool gone;		/* set by the thread: the tty has hung up */
	struct ohtd_ring in;
	struct rtu_job jobs[RTU_JOBS];
	struct ohtd_ring out;
	struct oht_event events[RTU_JOBS];
	struct ohtd_grid grid;		/* the thread's */
	bool served;			/* the thread's: a request has had its turn in this cycle */
	unsigned int spare;		/* the thread's: SPARE_CYCLES: no request's turn */
	struct ohtd_grid_plan next_plan;	/* the thread's while @has_next, else the control thread's */
	atomic_bool has_next;
	struct ohtd_seqlock head;	/* the image */
	struct ohtd_seqlock values[OHT_CYCLIC_ENTRIES_MAX];
	struct rtu_outputs outputs;
	struct ohtd_ring now;		/* entries whose outputs go out of turn */
	uint8_t now_entry[RTU_NOW];
	struct rtu_told told;		/* the thread's */
	uint32_t generation;		/* control thread's */
	uint64_t cookies;		/* control thread, like the rest below */
	unsigned int under_way;
	struct rtu_latch latch;
};

static inline struct rtu_bus *rtu_of(struct ohtd_bus *bus)
{
	return (struct rtu_bus *)bus;
}

static inline bool rtu_writes(const struct oht_request *request)
{
	return request->function == OHT_WRITE_SINGLE || request->function == OHT_WRITE_MULTIPLE;
}

/* ---- rtu.c ---- */

/* The line's thread: the request whose turn it is; -1: none is there, or its unit rests, at most until @until_ns. */
int rtu_next_job(struct rtu_bus *rtu, uint64_t *until_ns);

/* ---- rtu_plan.c ---- */

/* 0 or -ENOMEM. */
int rtu_plan_init(struct rtu_bus *rtu);
void rtu_plan_fini(struct rtu_bus *rtu);
/* No plan, before the thread is there. */
void rtu_plan_reset(struct rtu_bus *rtu);

/*
 * The line's thread: one write of zero to what the drive was told while the outputs were high; false: none is left. It goes in
 * front of all else.
 */
bool rtu_plan_take_back(struct rtu_bus *rtu);

/* The line's thread: one exchange of the plan, or the beginning of a cycle; false: neither is due. */
bool rtu_plan_run(struct rtu_bus *rtu);

/* As in struct ohtd_bus_ops. */
int rtu_plan_set(struct ohtd_bus *bus, const struct oht_cyclic_plan *plan,
		 struct oht_cyclic_figures *figures, uint32_t *generation);
int rtu_plan_give(struct ohtd_bus *bus, uint32_t generation, unsigned int entry,
		  const uint16_t *words, unsigned int count, bool now);
int rtu_plan_head(struct ohtd_bus *bus, struct oht_cyclic_head *head);
int rtu_plan_value(struct ohtd_bus *bus, unsigned int entry, struct oht_cyclic_value *value);

#endif
