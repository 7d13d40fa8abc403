/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     a bus back-end in memory and in virtual time: eight units with registers and faults, and
 *           a stop with a button, as the control thread's tests need them.
 * Contexts: one thread.
 * Locks:    none.
 */
#ifndef OHTD_TEST_FAKE_BUS_H
#define OHTD_TEST_FAKE_BUS_H

#include <stdbool.h>
#include <stdint.h>

#include "bus/bus.h"
#include "bus/grid.h"
#include "base/clock.h"
#include "robot/model.h"

#define FAKE_UNITS	9		/* index is the unit address, 0 unused */
#define FAKE_LOG	4096
#define FAKE_CHAR_NS	86806ull	/* 10 bits at 115200 */
#define FAKE_GAP_NS	1750000ull
#define FAKE_EVENTS	512
#define FAKE_OUTPUT_WORDS	8	/* of one entry */

enum fake_fault { FAKE_GOOD, FAKE_SILENT, FAKE_CRC, FAKE_LATE, FAKE_REFUSES };

struct fake_unit {
	bool present;
	enum fake_fault fault;
	uint8_t exception;		/* with which it refuses what it does not know; 0: 02 */
	uint16_t singly;		/* from here on it refuses several registers at once with 02; 0: none */
	uint32_t turnaround_us;
	uint64_t bytes_stray, bytes_extra;
	uint16_t words[0x10000];
	bool known[0x10000];
};

/* A request as it went on the wire. */
struct fake_exchange {
	uint64_t start_ns;
	struct oht_request request;
	uint16_t word;
	uint8_t outcome;
};

struct fake_job {
	bool used;
	uint64_t cookie;
	uint64_t order;
	uint8_t attempts;
	bool controllers;		/* submitted as the controller */
	unsigned int enabled;		/* which enable it came in, 0: in none */
	struct oht_request request;
	uint16_t words[OHT_REGISTERS_MAX];
};

/*
 * Somebody else at the far end of the wire: answers a request that is put on it at @now_ns, by
 * filling outcome, exception, count and words of @reply. Returns when the wire is free again.
 */
typedef uint64_t (*fake_far)(void *context, uint64_t now_ns, const struct oht_request *request,
			     const uint16_t *words, struct oht_reply *reply);

struct fake_bus {
	struct ohtd_bus bus;
	struct ohtd_clock *clock;
	/* the wire */
	fake_far far;			/* instead of @units; NULL: none */
	void *far_context;
	struct oht_reply far_reply;
	struct fake_unit units[FAKE_UNITS];
	struct fake_job jobs[OHT_UNDER_WAY_MAX];
	int running;			/* index of the job on the wire, -1 none */
	/* the plan: as the kernel runs it */
	struct ohtd_grid grid;
	struct ohtd_grid_plan next_plan;
	bool has_next;
	uint64_t has_outputs;		/* entries, one bit each */
	uint16_t outputs[OHT_CYCLIC_ENTRIES_MAX][FAKE_OUTPUT_WORDS];
	/* as they were when the cycle began */
	uint16_t sent[OHT_CYCLIC_ENTRIES_MAX][FAKE_OUTPUT_WORDS];
	unsigned int output_calls;
	uint64_t again;			/* entries that go out of turn once more, behind the wire */
	int running_entry;		/* entry on the wire, -1 none */
	uint16_t running_words[FAKE_OUTPUT_WORDS];	/* what it writes, whatever the next cycle will */
	uint64_t slack_max_ns;
	bool give;			/* a transfer that fits into no slack waits */
	bool whole;			/* the present cycle is given to it */
	uint64_t give_cycle;		/* not before this one again */
	uint32_t whole_cycles;
	uint32_t generation;
	unsigned int plan_calls;
	int plan_error;			/* what commits return meanwhile */
	uint64_t stop_ns;		/* the stop's bound of each plan; 0: none is told, nor judged */
	uint32_t stop_budget_us;	/* of the plan that was taken last */
	uint64_t ends_ns;		/* when it completes */
	uint64_t order;
	unsigned int under_way;		/* submitted and not handed out as events */
	struct oht_event events[FAKE_EVENTS];
	unsigned int event_count;
	struct fake_exchange log[FAKE_LOG];
	unsigned int exchanges;
	/* the device */
	bool there;			/* can be opened */
	bool gone;			/* open, but taken away */
	bool open;
	bool port_dead;
	bool swallow;			/* transfers never complete */
	unsigned int opens;
	/* the stop */
	struct oht_stop_status status;
	bool pressed;
	bool reset_button;		/* reset() is refused */
	bool unstable;			/* closed, but not long enough */
	uint64_t missing;		/* causes for which enable() alone is refused */
	bool stop_at_enable;		/* a stop comes right behind the next enable */
	bool stop_at_reset;		/* a stop comes right before the next reset */
	bool contacts_moving;		/* a self-test is refused */
	uint32_t test_fails;		/* what it finds: OHT_TEST_* */
	unsigned int stops;
	unsigned int farewells;
	struct oht_stop_telegram telegrams[OHT_STOP_TELEGRAMS_MAX];
	unsigned int telegram_count;
	unsigned int telegram_calls;
	int telegram_error;		/* what the next call returns, once */
	unsigned int telegrams_left;	/* to be sent yet, to somebody else at the far end only */
	bool telegram_runs;		/* one is on the wire */
	unsigned int enables;
	uint64_t last_tag;
	uint64_t heartbeats;
	uint64_t last_heartbeat_ns;
	uint64_t longest_heartbeat_ns;
};

/* @hardware_stop false behaves as rtu does. */
struct fake_bus *fake_bus_create(struct ohtd_clock *clock, bool hardware_stop);

/* Puts a module of @kind at its address, with the defaults of its registers. */
void fake_bus_plug(struct fake_bus *fake, const struct ohtd_model *model,
		   const struct ohtd_kind *kind, enum oht_profile profile);

/* Sets a register of a plugged unit by name. */
void fake_bus_set(struct fake_bus *fake, const struct ohtd_model *model, const char *module,
		  const char *reg, uint16_t word);

/* Presses the button: stopped at once. */
void fake_bus_press(struct fake_bus *fake);
/* The driver is taken away: stopped, and all that is under way ends; and it comes back. */
void fake_bus_unbind(struct fake_bus *fake);
void fake_bus_bind(struct fake_bus *fake);
/* A stop for this cause: recorded once per stop. */
void fake_bus_stop(struct fake_bus *fake, unsigned int cause);

/* Next moment at which something completes, UINT64_MAX for none; and makes it so. */
uint64_t fake_bus_next_ns(const struct fake_bus *fake);
void fake_bus_run(struct fake_bus *fake);

/* ---- fake_bus_plan.c, for fake_bus.c and fake_bus_wire.c ---- */

int fake_bus_plan(struct ohtd_bus *bus, const struct oht_cyclic_plan *plan,
		  struct oht_cyclic_figures *figures, uint32_t *generation);
int fake_bus_outputs(struct ohtd_bus *bus, uint32_t generation, unsigned int entry,
		     const uint16_t *words, unsigned int count, bool now);
/* A stop or a disable: outputs are forgotten, and none is sent any more. */
void fake_bus_forget_outputs(struct fake_bus *fake);
int fake_bus_image_head(struct ohtd_bus *bus, struct oht_cyclic_head *head);
int fake_bus_image(struct ohtd_bus *bus, unsigned int entry, struct oht_cyclic_value *value);
/* Begins the cycle whose moment has come. */
void fake_bus_tick(struct fake_bus *fake);
/* May this request go on the wire now, as far as the plan is concerned? */
bool fake_bus_open_for(const struct fake_bus *fake, const struct oht_request *request);
/* It would make the plan lose a unit whose loss stops. */
bool fake_bus_holds(const struct fake_bus *fake, const struct oht_request *request);

/* ---- fake_bus_wire.c, for fake_bus.c ---- */

int fake_bus_submit(struct ohtd_bus *bus, const struct oht_request *request, uint64_t *cookie);
int fake_bus_cancel(struct ohtd_bus *bus, uint64_t cookie);
int fake_bus_next(struct ohtd_bus *bus, struct oht_event *event);
void fake_bus_push(struct fake_bus *fake, const struct oht_event *event);
/* What a stop ends; or all, since the device is gone. */
void fake_bus_end_jobs(struct fake_bus *fake, bool gone);
/* The stop telegrams go in front of everything else. */
void fake_bus_tell_drive(struct fake_bus *fake);
uint64_t fake_bus_wire_next_ns(const struct fake_bus *fake);
void fake_bus_wire_run(struct fake_bus *fake);

#endif
