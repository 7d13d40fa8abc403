/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owns:     the tracepoints: what enters and leaves the engine, its states, the stop.
 * Contexts: any, hard interrupt included.
 * Locks:    the engine's are called under the engine lock, so their order is that of the events;
 *	     oht_estop under estop->lock.
 *
 * Each event names its device, the number of /dev/oht%d, and its time by CLOCK_MONOTONIC: that of
 * the tracer is another clock, unless it is told to use "mono". How to read them: docs/tracing.md.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM oht

#if !defined(OHT_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define OHT_TRACE_H

#include <linux/tracepoint.h>
#include "engine.h"

#define OHT_TRACE_STATES					\
	EM(OHT_ENGINE_IDLE, "IDLE")				\
	EM(OHT_ENGINE_GAP, "GAP")				\
	EM(OHT_ENGINE_DE_SETUP, "DE_SETUP")			\
	EM(OHT_ENGINE_SEND, "SEND")				\
	EM(OHT_ENGINE_DRAIN, "DRAIN")				\
	EM(OHT_ENGINE_DE_HOLD, "DE_HOLD")			\
	EM(OHT_ENGINE_WAIT, "WAIT")				\
	EM(OHT_ENGINE_COLLECT, "COLLECT")			\
	EM(OHT_ENGINE_CUT, "CUT")				\
	EM_LAST(OHT_ENGINE_DEAD, "DEAD")

#define OHT_TRACE_DETAILS					\
	EM(OHT_DETAIL_OK, "OK")					\
	EM(OHT_DETAIL_TIMEOUT, "TIMEOUT")			\
	EM(OHT_DETAIL_SHORT, "SHORT")				\
	EM(OHT_DETAIL_CRC, "CRC")				\
	EM(OHT_DETAIL_LENGTH, "LENGTH")				\
	EM(OHT_DETAIL_UNIT, "UNIT")				\
	EM(OHT_DETAIL_FUNCTION, "FUNCTION")			\
	EM(OHT_DETAIL_ECHO, "ECHO")				\
	EM(OHT_DETAIL_EXCEPTION, "EXCEPTION")			\
	EM(OHT_DETAIL_LINE, "LINE")				\
	EM(OHT_DETAIL_TX_STUCK, "TX_STUCK")			\
	EM(OHT_DETAIL_CANCELLED, "CANCELLED")			\
	EM(OHT_DETAIL_STOPPED, "STOPPED")			\
	EM(OHT_DETAIL_GONE, "GONE")				\
	EM(OHT_DETAIL_DEGRADED, "DEGRADED")			\
	EM(OHT_DETAIL_BUDGET, "BUDGET")				\
	EM(OHT_DETAIL_NOT_CONTROLLER, "NOT_CONTROLLER")		\
	EM_LAST(OHT_DETAIL_PAUSED, "PAUSED")

#define OHT_TRACE_ESTOP_STATES					\
	EM(OHT_ESTOP_STOPPED, "STOPPED")			\
	EM(OHT_ESTOP_READY, "READY")				\
	EM_LAST(OHT_ESTOP_ENABLED, "ENABLED")

#define OHT_TRACE_FATES						\
	EM(OHT_FATE_BEGUN, "BEGUN")				\
	EM(OHT_FATE_EMPTY, "EMPTY")				\
	EM(OHT_FATE_GIVEN, "GIVEN")				\
	EM(OHT_FATE_MISSED, "MISSED")				\
	EM_LAST(OHT_FATE_UNSENT, "UNSENT")

#define OHT_TRACE_HOLDERS					\
	EM(OHT_CLASS_STOP, "STOP")				\
	EM(OHT_CLASS_PLAN, "PLAN")				\
	EM(OHT_CLASS_PLAN_PROBE, "PLAN_PROBE")			\
	EM(OHT_CLASS_COMMAND, "COMMAND")			\
	EM(OHT_CLASS_CYCLIC, "CYCLIC")				\
	EM(OHT_CLASS_BACKGROUND, "BACKGROUND")			\
	EM(OHT_HOLDER_ABANDONED, "ABANDONED")			\
	EM_LAST(OHT_HOLDER_NONE, "NONE")

/* The values of the names, for programs that print a recording on another machine. */
#undef EM
#undef EM_LAST
#define EM(value, name)		TRACE_DEFINE_ENUM(value);
#define EM_LAST(value, name)	TRACE_DEFINE_ENUM(value);

OHT_TRACE_STATES
OHT_TRACE_DETAILS
OHT_TRACE_ESTOP_STATES
OHT_TRACE_FATES
OHT_TRACE_HOLDERS

#undef EM
#undef EM_LAST
#define EM(value, name)		{ value, name },
#define EM_LAST(value, name)	{ value, name }

/* A transfer has been accepted. */
TRACE_EVENT(oht_submit,
	TP_PROTO(struct oht_engine *e, const struct oht_xfer *x),
	TP_ARGS(e, x),
	TP_STRUCT__entry(
		__field(unsigned int, device)
		__field(u64, time_ns)
		__field(const void *, xfer)
		__field(u8, unit)
		__field(u8, function)
		__field(u8, priority)
		__field(u8, retries)
		__field(bool, moves)
		__field(bool, while_stopped)
	),
	TP_fast_assign(
		__entry->device = e->id;
		__entry->time_ns = e->clock->now_ns(e);
		__entry->xfer = x;
		__entry->unit = x->unit;
		__entry->function = x->function;
		__entry->priority = x->priority;
		__entry->retries = x->retries;
		__entry->moves = x->moves;
		__entry->while_stopped = x->while_stopped;
	),
	TP_printk("device=oht%u time_ns=%llu xfer=%p unit=%u function=%u priority=%u retries=%u moves=%u while_stopped=%u",
		  __entry->device, __entry->time_ns, __entry->xfer, __entry->unit,
		  __entry->function, __entry->priority, __entry->retries, __entry->moves,
		  __entry->while_stopped)
);

/* A transfer goes back to its owner. */
TRACE_EVENT(oht_done,
	TP_PROTO(struct oht_engine *e, const struct oht_xfer *x),
	TP_ARGS(e, x),
	TP_STRUCT__entry(
		__field(unsigned int, device)
		__field(u64, time_ns)
		__field(const void *, xfer)
		__field(u8, detail)
		__field(u8, attempts)
		__field(u16, received)
		__field(u32, pause_us)
	),
	TP_fast_assign(
		__entry->device = e->id;
		__entry->time_ns = e->clock->now_ns(e);
		__entry->xfer = x;
		__entry->detail = x->detail;
		__entry->attempts = x->attempts;
		__entry->received = x->received;
		__entry->pause_us = x->pause_us;
	),
	TP_printk("device=oht%u time_ns=%llu xfer=%p detail=%s attempts=%u received=%u pause_us=%u",
		  __entry->device, __entry->time_ns, __entry->xfer,
		  __print_symbolic(__entry->detail, OHT_TRACE_DETAILS), __entry->attempts,
		  __entry->received, __entry->pause_us)
);

/* A stop has reached the engine: what moves goes back to its owner next. */
TRACE_EVENT(oht_abort,
	TP_PROTO(struct oht_engine *e),
	TP_ARGS(e),
	TP_STRUCT__entry(
		__field(unsigned int, device)
		__field(u64, time_ns)
		__field(u8, state)
	),
	TP_fast_assign(
		__entry->device = e->id;
		__entry->time_ns = e->clock->now_ns(e);
		__entry->state = e->state;
	),
	TP_printk("device=oht%u time_ns=%llu state=%s", __entry->device, __entry->time_ns,
		  __print_symbolic(__entry->state, OHT_TRACE_STATES))
);

/* The engine goes from one state to another, which may be the same. */
TRACE_EVENT(oht_state,
	TP_PROTO(struct oht_engine *e, unsigned int to),
	TP_ARGS(e, to),
	TP_STRUCT__entry(
		__field(unsigned int, device)
		__field(u64, time_ns)
		__field(u8, from)
		__field(u8, to)
		__field(u32, generation)
	),
	TP_fast_assign(
		__entry->device = e->id;
		__entry->time_ns = e->clock->now_ns(e);
		__entry->from = e->state;
		__entry->to = to;
		__entry->generation = e->generation;
	),
	TP_printk("device=oht%u time_ns=%llu from=%s to=%s generation=%u",
		  __entry->device, __entry->time_ns,
		  __print_symbolic(__entry->from, OHT_TRACE_STATES),
		  __print_symbolic(__entry->to, OHT_TRACE_STATES), __entry->generation)
);

/* The transmitter has taken @taken characters of the request; no transfer: given up meanwhile. */
TRACE_EVENT(oht_tx,
	TP_PROTO(struct oht_engine *e, unsigned int taken),
	TP_ARGS(e, taken),
	TP_STRUCT__entry(
		__field(unsigned int, device)
		__field(u64, time_ns)
		__field(const void *, xfer)
		__field(u8, unit)
		__field(u8, function)
		__field(u16, taken)
		__field(u16, left)
	),
	TP_fast_assign(
		__entry->device = e->id;
		__entry->time_ns = e->clock->now_ns(e);
		__entry->xfer = e->cur;
		__entry->unit = e->req.unit;
		__entry->function = e->req.function;
		__entry->taken = taken;
		__entry->left = e->tx_bytes - e->tx_taken;
	),
	TP_printk("device=oht%u time_ns=%llu xfer=%p unit=%u function=%u taken=%u left=%u",
		  __entry->device, __entry->time_ns, __entry->xfer, __entry->unit,
		  __entry->function, __entry->taken, __entry->left)
);

/* The receiver had @bytes characters. */
TRACE_EVENT(oht_rx,
	TP_PROTO(struct oht_engine *e, unsigned int bytes),
	TP_ARGS(e, bytes),
	TP_STRUCT__entry(
		__field(unsigned int, device)
		__field(u64, time_ns)
		__field(u16, bytes)
		__field(u16, held)
	),
	TP_fast_assign(
		__entry->device = e->id;
		__entry->time_ns = e->clock->now_ns(e);
		__entry->bytes = bytes;
		__entry->held = e->rx_bytes;
	),
	TP_printk("device=oht%u time_ns=%llu bytes=%u held=%u", __entry->device, __entry->time_ns,
		  __entry->bytes, __entry->held)
);

/*
 * The fate of a point of the grid, once for each point whose timer of the plan has fired.
 * With BEGUN the time is that of the first request, else that at which it was known.
 */
TRACE_EVENT(oht_cycle,
	TP_PROTO(const struct oht_engine *e, const struct oht_engine_start *start,
		 unsigned int fate, u64 now_ns),
	TP_ARGS(e, start, fate, now_ns),
	TP_STRUCT__entry(
		__field(unsigned int, device)
		__field(u64, time_ns)
		__field(u64, cycle)
		__field(u64, grid_ns)
		__field(u64, late_ns)
		__field(u64, timer_late_ns)
		__field(u64, quiet_ns)
		__field(u64, passed)
		__field(u64, missed)
		__field(u64, exceeded)
		__field(u8, fate)
		__field(u8, state)
		__field(u8, holder)
		__field(u8, unit)
		__field(u8, function)
	),
	TP_fast_assign(
		__entry->device = e->id;
		__entry->time_ns = now_ns;
		__entry->cycle = start->cycle;
		__entry->grid_ns = start->grid_ns;
		__entry->late_ns = now_ns - min(now_ns, start->grid_ns);
		__entry->timer_late_ns = start->tick_ns - min(start->tick_ns, start->grid_ns);
		__entry->quiet_ns = start->quiet_ns;
		__entry->passed = start->passed;
		__entry->missed = start->missed;
		__entry->exceeded = start->exceeded;
		__entry->fate = fate;
		__entry->state = start->state;
		__entry->holder = start->holder;
		__entry->unit = start->unit;
		__entry->function = start->function;
	),
	TP_printk("device=oht%u time_ns=%llu cycle=%llu fate=%s grid_ns=%llu late_ns=%llu timer_late_ns=%llu passed=%llu state=%s holder=%s unit=%u function=%u quiet_ns=%llu missed=%llu exceeded=%llu",
		  __entry->device, __entry->time_ns, __entry->cycle,
		  __print_symbolic(__entry->fate, OHT_TRACE_FATES), __entry->grid_ns,
		  __entry->late_ns, __entry->timer_late_ns, __entry->passed,
		  __print_symbolic(__entry->state, OHT_TRACE_STATES),
		  __print_symbolic(__entry->holder, OHT_TRACE_HOLDERS), __entry->unit,
		  __entry->function, __entry->quiet_ns, __entry->missed, __entry->exceeded)
);

/* The journal of the stop has a new record; the state is the one after it. */
TRACE_EVENT(oht_estop,
	TP_PROTO(const struct oht_safety_record *record, unsigned int device),
	TP_ARGS(record, device),
	TP_STRUCT__entry(
		__field(unsigned int, device)
		__field(u64, time_ns)
		__field(u64, seq)
		__field(u64, causes)
		__field(u8, kind)
		__field(u8, from)
		__field(u8, to)
		__field(u8, inputs)
		__field(u8, outputs)
	),
	TP_fast_assign(
		__entry->device = device;
		__entry->time_ns = record->event_ns;
		__entry->seq = record->journal_seq;
		__entry->causes = record->causes;
		__entry->kind = record->kind;
		__entry->from = record->state_from;
		__entry->to = record->state_to;
		__entry->inputs = record->inputs;
		__entry->outputs = record->outputs;
	),
	TP_printk("device=oht%u time_ns=%llu seq=%llu kind=%u from=%s to=%s causes=%#llx inputs=%#x outputs=%#x",
		  __entry->device, __entry->time_ns, __entry->seq, __entry->kind,
		  __print_symbolic(__entry->from, OHT_TRACE_ESTOP_STATES),
		  __print_symbolic(__entry->to, OHT_TRACE_ESTOP_STATES), __entry->causes,
		  __entry->inputs, __entry->outputs)
);

#endif /* OHT_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
