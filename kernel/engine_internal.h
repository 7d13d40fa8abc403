/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owns:     what the files of the engine tell each other: queue, calls and end (engine.c), the way
 *           out (engine_tx.c), the way in (engine_rx.c, engine_held.c), the stop (engine_stop.c).
 * Contexts: interrupts off, engine lock held, for all of them.
 * Locks:    none taken here.
 */
#ifndef OHT_ENGINE_INTERNAL_H
#define OHT_ENGINE_INTERNAL_H

#include "engine.h"

/* What a frame, or a line that does not fall silent, gets on top of two longest frames. */
#define OHT_ENGINE_PATIENCE_NS	100000000ULL

/* ---- engine.c ---- */

/* Call oht_engine_tick() at @at_ns; replaces an earlier wish. */
void oht_engine_arm(struct oht_engine *e, u64 at_ns);

/* The only way into a state, so that a trace shows every one. */
void oht_engine_enter(struct oht_engine *e, enum oht_engine_state state);

/* Is it one? 0, -EINVAL or -EOPNOTSUPP. Notes what can be said of it once for all. */
int oht_engine_prepare(struct oht_xfer *x);

/* May @x be sent now, by the stop and the plan? OHT_DETAIL_OK, or the reason against it. */
u8 oht_engine_may_send(const struct oht_engine *e, const struct oht_xfer *x);

/* Take over @x, which has been prepared, and go on; returns what oht_engine_submit() does. */
int oht_engine_enqueue(struct oht_engine *e, struct oht_xfer *x);

/* Hand @x back to its owner. */
void oht_engine_complete(struct oht_engine *e, struct oht_xfer *x, u8 detail);

/* The transaction is over with @detail: complete or repeat its transfer, turn to the next one. */
void oht_engine_finish(struct oht_engine *e, u8 detail, u64 now_ns);

/* As far as the transfer is concerned; the machine has something left to do with the line. */
void oht_engine_resolve(struct oht_engine *e, u8 detail);

/* Nothing is under way: begin the next transfer, or wait until it may begin. */
void oht_engine_next(struct oht_engine *e, u64 now_ns);

/* Longest that any frame, or the wait for silence, may take. */
u64 oht_engine_patience_ns(const struct oht_engine *e);

/* A write, or a request whose effect is not known; a stop telegram too. */
static inline bool oht_engine_writes(const struct oht_frame_request *req)
{
	return req->raw || oht_frame_is_write(req->function);
}

/* The session of the present or last controller, as the gate says. */
static inline u32 oht_engine_session(const struct oht_engine *e)
{
	return e->gate.session(e->gate.context);
}

/* The present or last controller has submitted @x. */
static inline bool oht_engine_is_controllers(const struct oht_engine *e, const struct oht_xfer *x)
{
	return x->session && x->session == oht_engine_session(e);
}

/* There is a controller, and another descriptor has submitted @x. */
static inline bool oht_engine_is_guests(const struct oht_engine *e, const struct oht_xfer *x)
{
	return !x->planned && !oht_engine_is_controllers(e, x) &&
	       e->gate.controlled(e->gate.context);
}

/* In which class @x waits if its unit is well. */
static inline unsigned int oht_engine_class(const struct oht_engine *e, const struct oht_xfer *x)
{
	if (x->priority < OHT_PRIO_COMMAND)
		return OHT_CLASS_STOP;
	if (x->planned)
		return OHT_CLASS_PLAN;
	if (oht_engine_is_guests(e, x))
		return OHT_CLASS_BACKGROUND;
	return OHT_CLASS_COMMAND + x->priority - OHT_PRIO_COMMAND;
}

/* @x waits in @class from now on, in turn with other descriptors. */
void oht_engine_queue(struct oht_engine *e, struct oht_xfer *x, unsigned int class);

/* @x waits again, in turn with other descriptors, but before all that its own one has queued. */
void oht_engine_queue_again(struct oht_engine *e, struct oht_xfer *x);

/* The line may not have been silent until now: a silence comes first. */
void oht_engine_begin_silent(struct oht_engine *e);

/* The first transfer that waits in @class or, if there is none, in the classes below it. */
struct oht_xfer *oht_engine_first(struct oht_engine *e, unsigned int class);

/* Take @x, which waits, off its queue and complete it. */
void oht_engine_drop(struct oht_engine *e, struct oht_xfer *x, u8 detail);

/* ---- engine_meter.c ---- */

/* Count @ns in histogram @which. */
void oht_engine_measure(struct oht_engine *e, unsigned int which, u64 ns);

/* The request begins to be sent, not before @begun_ns; its end has been computed. */
void oht_engine_meter_begin(struct oht_engine *e, u64 begun_ns);

/* Not before @now_ns the transmitter got some of the @left bytes that it did not have yet. */
void oht_engine_meter_feed(struct oht_engine *e, unsigned int left, u64 now_ns);

/* Before its time, at @now_ns, the transmitter is empty: tx_end_ns is still the computed one. */
void oht_engine_meter_early(struct oht_engine *e, u64 now_ns);

/* Beyond its time the transmitter is still busy. */
void oht_engine_meter_busy(struct oht_engine *e, u64 now_ns);

/* All of the request has left. */
void oht_engine_meter_sent(struct oht_engine *e);

/* Driver enable is off. */
void oht_engine_meter_release(struct oht_engine *e);

/* The receiver was emptied until @looked_ns; @chars were found and stored, perhaps none. */
void oht_engine_meter_heard(struct oht_engine *e, unsigned int chars, u64 looked_ns);

/* The frame in rx has ended. */
void oht_engine_meter_conclude(struct oht_engine *e);

/* The bytes in rx were found together with the frame before them. */
void oht_engine_meter_split(struct oht_engine *e);

/* ---- engine_tx.c ---- */

/* Put @x, already taken off the queue, on the wire. */
void oht_engine_begin(struct oht_engine *e, struct oht_xfer *x, u64 now_ns);

/* Give the port what it has not taken yet. */
void oht_engine_feed(struct oht_engine *e, u64 now_ns);

/* The deadline of a state of the way out has come. */
void oht_engine_tx_expire(struct oht_engine *e, u64 now_ns);

/* Throw away what has not left; DE_SETUP and SEND and DRAIN only. The transfer is gone already. */
void oht_engine_cut(struct oht_engine *e, u64 now_ns);

/* ---- engine_held.c: rx, what has been heard since we began to send ---- */

/* Nothing is held any more. */
void oht_engine_held_clear(struct oht_engine *e);

/* Count bytes that are dropped as noise, or that are behind an answer. */
void oht_engine_held_stray(struct oht_engine *e, unsigned int bytes);
void oht_engine_held_extra(struct oht_engine *e, unsigned int bytes);

/* Drop the first @bytes. The rest came directly behind them. */
void oht_engine_held_drop(struct oht_engine *e, unsigned int bytes);

/* It begins with the address of the unit that was asked. Inline: called for each byte. */
static inline bool oht_engine_held_is_ours(const struct oht_engine *e)
{
	return e->rx_bytes && e->rx[0] == e->req.unit;
}

/* Our own request may still be heard. Inline for the same reason. */
static inline bool oht_engine_held_may_echo(const struct oht_engine *e)
{
	return !e->echo_dropped && e->echo != OHT_ECHO_NO;
}

/* A frame may begin with @data. */
bool oht_engine_held_may_begin(const struct oht_engine *e, u8 data);

/* Where our own request, or the beginning of it, stands; -1: nowhere. */
int oht_engine_held_echo_at(const struct oht_engine *e);

/* It ends with our whole request, whose last character came at @stamp_ns; may_echo() was true. */
bool oht_engine_held_is_echo(const struct oht_engine *e, u64 stamp_ns);

/* The @bytes from @at on are those of our request: its echo, or the answer to some writes. */
bool oht_engine_held_is_same(const struct oht_engine *e, unsigned int at, unsigned int bytes);

/* Our own request, or the beginning of it, stands in front. */
bool oht_engine_held_is_request(const struct oht_engine *e);

/* Our request has left: where an answer may begin; -1: nowhere. */
int oht_engine_held_early_at(const struct oht_engine *e);

/* Length of the frame that begins at @at: by its count, or all that follows. */
unsigned int oht_engine_held_bytes(const struct oht_engine *e, unsigned int at);

/* What the @bytes from @at on are: enum oht_detail. */
u8 oht_engine_held_verify(const struct oht_engine *e, unsigned int at, unsigned int bytes,
			  u8 *exception);

/* @detail is that of an answer. */
bool oht_engine_held_is_answer(u8 detail);

/*
 * Where the answer stands behind bytes that are not part of it; 0: nowhere. @missing: how many
 * bytes are still to come until there may be one, 0: there will be none.
 */
unsigned int oht_engine_held_seek(const struct oht_engine *e, unsigned int *missing);

/* The held bytes may be, or may become, the answer or our own echo. */
bool oht_engine_held_may_answer(const struct oht_engine *e);

/* The @bytes from @at on are the answer: count the others, hold nothing else. */
void oht_engine_held_take(struct oht_engine *e, unsigned int at, unsigned int bytes);

/* ---- engine_rx.c ---- */

/* Characters that come now belong to the transaction. */
bool oht_engine_listens(const struct oht_engine *e);

/* Read all that the port has received. */
void oht_engine_receive(struct oht_engine *e, u64 stamp_ns);

/* The request has left: drop what cannot be the beginning of an answer. */
void oht_engine_rx_drop_noise(struct oht_engine *e);

/* See whether the received characters are an answer. */
void oht_engine_rx_judge(struct oht_engine *e, u64 now_ns);

/* The deadline of WAIT or COLLECT has come. */
void oht_engine_rx_expire(struct oht_engine *e, u64 now_ns);

/* WAIT or COLLECT: a stop telegram waits now, so the deadline comes sooner. */
void oht_engine_rx_hurry(struct oht_engine *e, u64 now_ns);

/* ---- engine_late.c: more of it is in engine_late.h ---- */

/* The @key of @x, computed. */
u16 oht_engine_late_key(const struct oht_xfer *x);

/* ---- engine_stop.c ---- */

/* @x carries a stop telegram; NULL does not. */
static inline bool oht_engine_is_telegram(const struct oht_xfer *x)
{
	return x && x->priority == OHT_PRIO_STOP;
}

/* A stop came, and what moves has been aborted: queue the first telegram. */
void oht_engine_stop_begin(struct oht_engine *e, u64 now_ns);

/* Cut what moves; with a telegram waiting, cut any request and hurry any wait. */
void oht_engine_make_way(struct oht_engine *e, u64 now_ns);

/* A stop telegram waits for the transaction that is under way. */
bool oht_engine_stop_waits(const struct oht_engine *e);

/* Until when an answer may begin, as the stop telegrams see it; never later than @deadline_ns. */
u64 oht_engine_stop_deadline_ns(const struct oht_engine *e, u64 deadline_ns);

/* An answer has not come. If that is so early only for a telegram that waits: put the transfer
 * back into its queue, true.
 */
bool oht_engine_stop_give_up(struct oht_engine *e, u64 now_ns);

/* A telegram has left; e->tx_end_ns is known. */
void oht_engine_stop_sent(struct oht_engine *e);

/* May @x be sent now? OHT_DETAIL_OK, or why not. */
u8 oht_engine_stop_refuses(const struct oht_engine *e, const struct oht_xfer *x);

/* ---- engine_slot.c ---- */

/* Its @worst_ns; the time-out is known. */
u64 oht_engine_slot_worst_ns(const struct oht_engine *e, const struct oht_xfer *x);

/* 0: @x may be sent now as far as a plan is concerned; else when to ask again. */
u64 oht_engine_slot_opens_ns(const struct oht_engine *e, const struct oht_xfer *x, u64 now_ns);

/* The cycle is given, and a transfer of @class is to begin in it when its unit has rested. */
bool oht_engine_slot_is_kept(const struct oht_engine *e, unsigned int class, u64 now_ns);

/* The cycle is given to @x, which has waited for so long that it waits for no late answer. */
bool oht_engine_slot_presses(const struct oht_engine *e, const struct oht_xfer *x, u64 now_ns);

/* @x is being begun. */
void oht_engine_slot_taken(struct oht_engine *e, const struct oht_xfer *x, u64 now_ns);

/*
 * A unit of the plan whose loss stops would be lost because of @x. Or the machine may move, and a
 * stop would have to wait too long for it, or the plan for a transfer that is not the controller's.
 * The @worst_ns of @x is known.
 */
bool oht_engine_slot_too_long(const struct oht_engine *e, const struct oht_xfer *x);

#endif /* OHT_ENGINE_INTERNAL_H */
