/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owns:     the tracepoints: what enters and leaves the engine, its states, the stop.
 * Contexts: any, hard interrupt included.
 * Locks:    the engine's are called under the engine lock, so their order is that of the events;
 *	     oht_estop under estop->lock.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM oht

#if !defined(OHT_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define OHT_TRACE_H

#include <linux/tracepoint.h>
#include "engine.h"

#define OHT_TRACE_STATES				\
	{ OHT_ENGINE_IDLE, "IDLE" },			\
	{ OHT_ENGINE_GAP, "GAP" },			\
	{ OHT_ENGINE_DE_SETUP, "DE_SETUP" },		\
	{ OHT_ENGINE_SEND, "SEND" },			\
	{ OHT_ENGINE_DRAIN, "DRAIN" },			\
	{ OHT_ENGINE_DE_HOLD, "DE_HOLD" },		\
	{ OHT_ENGINE_WAIT, "WAIT" },			\
	{ OHT_ENGINE_COLLECT, "COLLECT" },		\
	{ OHT_ENGINE_CUT, "CUT" },			\
	{ OHT_ENGINE_DEAD, "DEAD" }

#define OHT_TRACE_DETAILS				\
	{ OHT_DETAIL_OK, "OK" },			\
	{ OHT_DETAIL_TIMEOUT, "TIMEOUT" },		\
	{ OHT_DETAIL_SHORT, "SHORT" },			\
	{ OHT_DETAIL_CRC, "CRC" },			\
	{ OHT_DETAIL_LENGTH, "LENGTH" },		\
	{ OHT_DETAIL_UNIT, "UNIT" },			\
	{ OHT_DETAIL_FUNCTION, "FUNCTION" },		\
	{ OHT_DETAIL_ECHO, "ECHO" },			\
	{ OHT_DETAIL_EXCEPTION, "EXCEPTION" },		\
	{ OHT_DETAIL_LINE, "LINE" },			\
	{ OHT_DETAIL_TX_STUCK, "TX_STUCK" },		\
	{ OHT_DETAIL_CANCELLED, "CANCELLED" },		\
	{ OHT_DETAIL_STOPPED, "STOPPED" },		\
	{ OHT_DETAIL_GONE, "GONE" },			\
	{ OHT_DETAIL_DEGRADED, "DEGRADED" },		\
	{ OHT_DETAIL_BUDGET, "BUDGET" },		\
	{ OHT_DETAIL_NOT_CONTROLLER, "NOT_CONTROLLER" },	\
	{ OHT_DETAIL_PAUSED, "PAUSED" }

#define OHT_TRACE_ESTOP_STATES				\
	{ OHT_ESTOP_STOPPED, "STOPPED" },		\
	{ OHT_ESTOP_READY, "READY" },			\
	{ OHT_ESTOP_ENABLED, "ENABLED" }

/* A transfer has been accepted. */
TRACE_EVENT(oht_submit,
	TP_PROTO(const struct oht_engine *e, const struct oht_xfer *x),
	TP_ARGS(e, x),
	TP_STRUCT__entry(
		__field(const void *, engine)
		__field(const void *, xfer)
		__field(u8, unit)
		__field(u8, function)
		__field(u8, priority)
		__field(u8, retries)
		__field(bool, moves)
		__field(bool, while_stopped)
	),
	TP_fast_assign(
		__entry->engine = e;
		__entry->xfer = x;
		__entry->unit = x->unit;
		__entry->function = x->function;
		__entry->priority = x->priority;
		__entry->retries = x->retries;
		__entry->moves = x->moves;
		__entry->while_stopped = x->while_stopped;
	),
	TP_printk("engine=%p xfer=%p unit=%u function=%u priority=%u retries=%u moves=%u while_stopped=%u",
		  __entry->engine, __entry->xfer, __entry->unit, __entry->function,
		  __entry->priority, __entry->retries, __entry->moves,
		  __entry->while_stopped)
);

/* A transfer goes back to its owner. */
TRACE_EVENT(oht_done,
	TP_PROTO(const struct oht_engine *e, const struct oht_xfer *x),
	TP_ARGS(e, x),
	TP_STRUCT__entry(
		__field(const void *, engine)
		__field(const void *, xfer)
		__field(u8, detail)
		__field(u8, attempts)
		__field(u16, received)
		__field(u32, pause_us)
	),
	TP_fast_assign(
		__entry->engine = e;
		__entry->xfer = x;
		__entry->detail = x->detail;
		__entry->attempts = x->attempts;
		__entry->received = x->received;
		__entry->pause_us = x->pause_us;
	),
	TP_printk("engine=%p xfer=%p detail=%s attempts=%u received=%u pause_us=%u",
		  __entry->engine, __entry->xfer,
		  __print_symbolic(__entry->detail, OHT_TRACE_DETAILS), __entry->attempts,
		  __entry->received, __entry->pause_us)
);

/* A stop has reached the engine: what moves goes back to its owner next. */
TRACE_EVENT(oht_abort,
	TP_PROTO(const struct oht_engine *e),
	TP_ARGS(e),
	TP_STRUCT__entry(
		__field(const void *, engine)
		__field(u8, state)
	),
	TP_fast_assign(
		__entry->engine = e;
		__entry->state = e->state;
	),
	TP_printk("engine=%p state=%s", __entry->engine,
		  __print_symbolic(__entry->state, OHT_TRACE_STATES))
);

/* The engine goes from one state to another, which may be the same. */
TRACE_EVENT(oht_state,
	TP_PROTO(const struct oht_engine *e, unsigned int to),
	TP_ARGS(e, to),
	TP_STRUCT__entry(
		__field(const void *, engine)
		__field(u8, from)
		__field(u8, to)
		__field(u32, generation)
	),
	TP_fast_assign(
		__entry->engine = e;
		__entry->from = e->state;
		__entry->to = to;
		__entry->generation = e->generation;
	),
	TP_printk("engine=%p from=%s to=%s generation=%u", __entry->engine,
		  __print_symbolic(__entry->from, OHT_TRACE_STATES),
		  __print_symbolic(__entry->to, OHT_TRACE_STATES), __entry->generation)
);

/* The transmitter has taken @taken characters of the request; no transfer: given up meanwhile. */
TRACE_EVENT(oht_tx,
	TP_PROTO(const struct oht_engine *e, unsigned int taken),
	TP_ARGS(e, taken),
	TP_STRUCT__entry(
		__field(const void *, engine)
		__field(const void *, xfer)
		__field(u8, unit)
		__field(u8, function)
		__field(u16, taken)
		__field(u16, left)
	),
	TP_fast_assign(
		__entry->engine = e;
		__entry->xfer = e->cur;
		__entry->unit = e->req.unit;
		__entry->function = e->req.function;
		__entry->taken = taken;
		__entry->left = e->tx_bytes - e->tx_taken;
	),
	TP_printk("engine=%p xfer=%p unit=%u function=%u taken=%u left=%u", __entry->engine,
		  __entry->xfer, __entry->unit, __entry->function, __entry->taken, __entry->left)
);

/* The receiver had @bytes characters. */
TRACE_EVENT(oht_rx,
	TP_PROTO(const struct oht_engine *e, unsigned int bytes),
	TP_ARGS(e, bytes),
	TP_STRUCT__entry(
		__field(const void *, engine)
		__field(u16, bytes)
		__field(u16, held)
	),
	TP_fast_assign(
		__entry->engine = e;
		__entry->bytes = bytes;
		__entry->held = e->rx_bytes;
	),
	TP_printk("engine=%p bytes=%u held=%u", __entry->engine, __entry->bytes, __entry->held)
);

/* The journal of the stop has a new record; the state is the one after it. */
TRACE_EVENT(oht_estop,
	TP_PROTO(const struct oht_safety_record *record),
	TP_ARGS(record),
	TP_STRUCT__entry(
		__field(u64, seq)
		__field(u64, causes)
		__field(u8, kind)
		__field(u8, from)
		__field(u8, to)
		__field(u8, inputs)
		__field(u8, outputs)
	),
	TP_fast_assign(
		__entry->seq = record->journal_seq;
		__entry->causes = record->causes;
		__entry->kind = record->kind;
		__entry->from = record->state_from;
		__entry->to = record->state_to;
		__entry->inputs = record->inputs;
		__entry->outputs = record->outputs;
	),
	TP_printk("seq=%llu kind=%u from=%s to=%s causes=%#llx inputs=%#x outputs=%#x",
		  __entry->seq, __entry->kind,
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
