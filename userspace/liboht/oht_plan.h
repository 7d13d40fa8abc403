/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * liboht: the cyclic plan, its outputs, and the process image. The conventions are those of
 * oht_client.h.
 *
 * Owns:     struct oht_image_view (a mapping of the image).
 * Contexts: as said there. Calls on a view need no other lock or thread: any number of threads may
 *           read the same one.
 * Locks:    none.
 */
#ifndef OHT_CLIENT_PLAN_H
#define OHT_CLIENT_PLAN_H

#include "oht_client.h"

#ifdef __cplusplus
extern "C" {
#endif

#define OHT_CYCLIC_ENTRIES_MAX		64
/* A plan whose fullest cycle is fuller is refused. */
#define OHT_CYCLIC_LOAD_MAX_PERMILLE	950
/* Longest that all outputs out of turn together put off a cycle. */
#define OHT_CYCLIC_NOW_MAX_US		10000
/* No bound can be told: oht_cyclic_figures.stop_ns of a port without exact timing. */
#define OHT_UNBOUNDED_NS	UINT64_MAX

/*
 * What happens when an entry has failed in loss_errors periods in a row; with STOP also when it has not
 * been answered in as many periods, whatever kept the bus. The first exchange of a period counts.
 */
enum oht_cyclic_loss {
	OHT_CYCLIC_LOSS_NONE	= 0,
	OHT_CYCLIC_LOSS_STOP	= 1,	/* a stop with cause OHT_STOPPED_BY_BUS_LOSS */
};

/**
 * struct oht_cyclic_entry - one exchange that is made again and again
 * @unit: 1..247
 * @function: OHT_READ_HOLDING, OHT_READ_INPUT; OHT_WRITE_SINGLE, OHT_WRITE_MULTIPLE; OHT_WRITE_READ
 * @loss: enum oht_cyclic_loss
 * @loss_errors: 1..255
 * @address: first register; with OHT_WRITE_READ the first one read
 * @count: registers
 * @write_address: first register written, OHT_WRITE_READ only, else 0
 * @write_count: registers written, OHT_WRITE_READ only, else 0
 * @period_cycles: due in every so many-th cycle, 1..1000
 * @phase_cycles: the first cycle in which it is due
 * @timeout_us: wait for the first byte of the answer, 1000..oht_dev_info.turnaround_max_us
 * @turnaround_us: what the arithmetic counts with, at most @timeout_us
 */
struct oht_cyclic_entry {
	uint8_t unit;
	uint8_t function;
	uint8_t loss;
	uint8_t loss_errors;
	uint16_t address;
	uint16_t count;
	uint16_t write_address;
	uint16_t write_count;
	uint16_t period_cycles;
	uint16_t phase_cycles;
	uint32_t timeout_us;
	uint32_t turnaround_us;
};

/**
 * struct oht_cyclic_plan - what is to be exchanged
 * @entries: in their order on the wire within a cycle
 * @count: 1..OHT_CYCLIC_ENTRIES_MAX
 * @cycle_us: the grid, 1000..1000000
 * @stop_budget_us: longest time that a stop may have to wait for the bus; 0: not judged
 * @whole_cycles: at most every so many-th cycle is given to a transfer that fits into no slack,
 *	2..1000
 */
struct oht_cyclic_plan {
	const struct oht_cyclic_entry *entries;
	unsigned int count;
	uint32_t cycle_us;
	uint32_t stop_budget_us;
	uint32_t whole_cycles;
};

/**
 * struct oht_cyclic_figures - what a plan comes to on this line
 * @worst_permille: share of the fullest cycle that is taken
 * @mean_permille: share of all cycles together
 * @hyperperiod_cycles: after so many cycles everything repeats
 * @longest_entry: index of the entry that decides @stop_ns
 * @busy_worst_ns: the fullest cycle
 * @slack_min_ns: what is left of it
 * @slack_max_ns: what is left of the emptiest one
 * @stop_ns: longest from a stop to the end of a stop telegram, or OHT_UNBOUNDED_NS; a commit counts
 *	with the turnarounds of the plan, oht_plan_status() with slower answers lately as well
 * @command_wait_ns: longest wait of a command that takes no longer than @slack_min_ns
 */
struct oht_cyclic_figures {
	uint32_t worst_permille;
	uint32_t mean_permille;
	uint32_t hyperperiod_cycles;
	uint32_t longest_entry;
	uint64_t busy_worst_ns;
	uint64_t slack_min_ns;
	uint64_t slack_max_ns;
	uint64_t stop_ns;
	uint64_t command_wait_ns;
};

/**
 * oht_plan_stage() - lay a plan ready
 * @dev: handle of the controller
 * @plan: copied
 * @bad_entry: out: index of the entry that is wrong, @plan->count if it is none; may be NULL
 *
 * Return: 0, or -1 with EINVAL, EOPNOTSUPP or EDQUOT (see @bad_entry; EDQUOT: with its time-out the
 * entry would make the plan lose a unit whose loss stops), EPERM, EBADF, ENODEV.
 * Context: any thread, one system call.
 */
int oht_plan_stage(struct oht_dev *dev, const struct oht_cyclic_plan *plan,
		   unsigned int *bad_entry);

/**
 * oht_plan_commit() - put what is laid ready in force at the beginning of a cycle
 * @dev: handle of the controller
 * @dry: only compute the figures, and whether it would be refused
 * @figures: out, also with EDQUOT; may be NULL
 * @generation: out: what oht_cyclic_head.generation will be once it is in force; may be NULL
 *
 * Return: 0, or -1 with EDQUOT (too heavy, or a stop would wait too long, or with the pauses that
 * its unit may make now an exchange takes too long), ENOENT (nothing laid
 * ready), EBUSY (the plan before is not in force yet), EPERM, EBADF, EOPNOTSUPP, ENODEV.
 * Context: any thread, one system call.
 */
int oht_plan_commit_sized(struct oht_dev *dev, bool dry, struct oht_cyclic_figures *figures,
			  size_t figures_bytes, uint32_t *generation);
static inline int oht_plan_commit(struct oht_dev *dev, bool dry, struct oht_cyclic_figures *figures,
				  uint32_t *generation)
{
	return oht_plan_commit_sized(dev, dry, figures, sizeof(*figures), generation);
}

/* End the plan. 0, or -1 with EPERM, EBADF, EOPNOTSUPP, ENODEV. Any thread, one system call. */
int oht_plan_clear(struct oht_dev *dev);

/**
 * oht_plan_set_outputs() - what an entry writes from now on
 * @dev: handle of the controller
 * @generation: of the layout that @entry belongs to
 * @entry: index of an entry that writes
 * @words: values, taken over as a whole
 * @count: as many as the entry writes
 *
 * Forgotten by every stop, by oht_dev_disable() and with the plan. Written only while enabled.
 *
 * Return: 0, or -1 with ENOENT (another layout is in force), EINVAL, ECANCELED (stopped), EPERM,
 * EBADF, EOPNOTSUPP, ENODEV.
 * Context: any thread, no allocation, one system call.
 */
int oht_plan_set_outputs(struct oht_dev *dev, uint32_t generation, unsigned int entry,
			 const uint16_t *words, unsigned int count);

/**
 * oht_plan_set_outputs_now() - what an entry writes from now on, and send it at once
 * @dev: handle of the controller
 * @generation: of the layout that @entry belongs to
 * @entry: index of an entry that writes; not of OHT_WRITE_READ
 * @words: values, taken over as a whole
 * @count: as many as the entry writes
 *
 * As oht_plan_set_outputs(), and while enabled the values are also sent out of turn: behind the
 * exchange on the wire and behind values that were set so before. All of them together put off a cycle
 * by OHT_CYCLIC_NOW_MAX_US at most; values beyond that wait for the turn of the entry. The cycle
 * begins late and is not missed.
 *
 * Return: as oht_plan_set_outputs(), and EINVAL for an entry of OHT_WRITE_READ.
 * Context: any thread, no allocation, one system call.
 */
int oht_plan_set_outputs_now(struct oht_dev *dev, uint32_t generation, unsigned int entry,
			     const uint16_t *words, unsigned int count);

/**
 * struct oht_cyclic_status - how the plan does, with what it comes to
 * @running: a plan is in force
 * @pending: another one waits for the beginning of a cycle
 * @generation: another one with every plan and every end of a plan
 * @entries: of the plan in force, 0 without one; so are the four after it
 * @cycle_us: the grid
 * @stop_budget_us: as staged
 * @whole_cycles: as staged
 * @figures: what it comes to
 * @cycles: points of the grid since the device came up
 * @missed: of these, not begun
 * @exceeded: begun, and not over when the next one should have begun
 * @given: given as a whole to a transfer that fitted into no slack
 * @errors: exchanges that failed
 * @losses: entries that became lost
 * @busy_max_ns: longest time from the beginning of a cycle to the end of its last exchange
 * @start_late_max_ns: largest delay of a cycle's first request behind the grid
 * @hold_max_ns: what may take the bus for longer (request, its whole time-out, reply, gap) is EDQUOT
 *	in every state, since it would make the plan lose a unit whose loss stops; 0: no such unit
 */
struct oht_cyclic_status {
	bool running;
	bool pending;
	uint32_t generation;
	uint32_t entries;
	uint32_t cycle_us;
	uint32_t stop_budget_us;
	uint32_t whole_cycles;
	struct oht_cyclic_figures figures;
	uint64_t cycles;
	uint64_t missed;
	uint64_t exceeded;
	uint64_t given;
	uint64_t errors;
	uint64_t losses;
	uint64_t busy_max_ns;
	uint64_t start_late_max_ns;
	uint64_t hold_max_ns;
};

/**
 * oht_plan_status() - how the plan does
 * @dev: handle
 * @status: out
 *
 * Return: 0, or -1 with EOPNOTSUPP (no bus), ENODEV; @status is as it was then.
 * Context: any thread, no allocation, one system call.
 */
int oht_plan_status_sized(struct oht_dev *dev, struct oht_cyclic_status *status,
			  size_t status_bytes);
static inline int oht_plan_status(struct oht_dev *dev, struct oht_cyclic_status *status)
{
	return oht_plan_status_sized(dev, status, sizeof(*status));
}

/* ---- the process image ---- */

struct oht_image_view;

/**
 * struct oht_cyclic_head - how the plan does
 * @generation: another one with every plan and every end of a plan
 * @entries: of the plan in force, 0 without one
 * @running: a plan is in force
 * @pending: another one waits
 * @gone: the device is gone, nothing changes any more
 * @state: enum oht_stop_state at the last cycle or stop
 * @cycle_us: the grid
 * @cycles: points of the grid since the device came up
 * @missed: of these, not begun
 * @exceeded: begun, and not over in time
 * @given: given to a transfer that fitted into no slack
 * @cycle_start_ns: point of the grid that the last cycle belongs to
 */
struct oht_cyclic_head {
	uint32_t generation;
	uint32_t entries;
	bool running;
	bool pending;
	bool gone;
	uint32_t state;
	uint32_t cycle_us;
	uint64_t cycles;
	uint64_t missed;
	uint64_t exceeded;
	uint64_t given;
	uint64_t cycle_start_ns;
};

/**
 * struct oht_cyclic_value - an entry's last good values, and how the last try went
 * @generation: of the layout
 * @unit: as staged
 * @function: as staged
 * @outcome: enum oht_outcome of the last try
 * @exception: Modbus exception code of the last try
 * @error: (positive) errno of the last try; ENODATA: none yet, or no output values; ECANCELED:
 *	outputs are blocked
 * @errors: consecutive ones, at most one in each period
 * @timestamp_ns: when @words were received, or acknowledged if written; 0: never
 * @tried_ns: when the last try ended; 0: none yet
 * @address: as staged
 * @count: as staged: how many of @words count
 * @period_cycles: as staged
 * @phase_cycles: as staged
 * @words: the values
 * @turnaround_ns: silence before the answer to the last try, 0 without answer
 */
struct oht_cyclic_value {
	uint32_t generation;
	uint8_t unit;
	uint8_t function;
	uint8_t outcome;
	uint8_t exception;
	int error;
	uint32_t errors;
	uint64_t timestamp_ns;
	uint64_t tried_ns;
	uint16_t address;
	uint16_t count;
	uint16_t period_cycles;
	uint16_t phase_cycles;
	uint16_t words[OHT_REGISTERS_MAX];
	uint32_t turnaround_ns;
};

/**
 * oht_image_open() - map the process image of a device
 * @path: device node, NULL for OHT_DEFAULT_DEVICE
 *
 * Through a descriptor of its own, so that a controller that closes its handle is gone for the
 * kernel although somebody still looks at the image. The module cannot be removed while it is
 * mapped; the device may be unbound, which the head tells (gone).
 *
 * Return: a view for oht_image_close(), or NULL with errno: that of oht_dev_open(), EOPNOTSUPP (no
 * bus), EPROTONOSUPPORT (another layout than this library knows).
 * Context: any thread; allocates.
 */
struct oht_image_view *oht_image_open(const char *path);

/* NULL is allowed. No other thread may be reading. */
void oht_image_close(struct oht_image_view *view);

/**
 * oht_image_read_head() - how the plan does
 * @view: from oht_image_open()
 * @head: out
 *
 * Return: 0, or -1 with EAGAIN: it was being written each time that we looked, 1000 times.
 * Context: any thread, no allocation, no system call, bounded.
 */
int oht_image_read_head_sized(const struct oht_image_view *view, struct oht_cyclic_head *head,
			      size_t head_bytes);
static inline int oht_image_read_head(const struct oht_image_view *view,
				      struct oht_cyclic_head *head)
{
	return oht_image_read_head_sized(view, head, sizeof(*head));
}

/**
 * oht_image_read() - an entry's values, all from the same moment
 * @view: from oht_image_open()
 * @entry: index, as staged
 * @value: out
 *
 * Compare oht_cyclic_value.generation with the one that the commit returned.
 *
 * Return: 0, or -1 with EAGAIN (as oht_image_read_head()), EINVAL (no such slot).
 * Context: any thread, no allocation, no system call, bounded.
 */
int oht_image_read_sized(const struct oht_image_view *view, unsigned int entry,
			 struct oht_cyclic_value *value, size_t value_bytes);
static inline int oht_image_read(const struct oht_image_view *view, unsigned int entry,
				 struct oht_cyclic_value *value)
{
	return oht_image_read_sized(view, entry, value, sizeof(*value));
}

#ifdef __cplusplus
}
#endif

#endif /* OHT_CLIENT_PLAN_H */
