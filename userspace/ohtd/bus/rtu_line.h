/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     one tty on which Modbus RTU is spoken. libmodbus opens it and sends; what is heard is
 *           judged by rtu_receive.h, because libmodbus takes the first bytes for the answer.
 * Contexts: open and close: while no thread exchanges. Exchange: one thread, blocks.
 * Locks:    none.
 */
#ifndef OHTD_BUS_RTU_LINE_H
#define OHTD_BUS_RTU_LINE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bus.h"
#include "rtu_latch.h"
#include "rtu_late.h"
#include "rtu_receive.h"
#include "rtu_settings.h"

typedef struct _modbus modbus_t;

/**
 * struct rtu_line - the tty
 * @modbus: libmodbus' context, NULL when not open
 * @low_fd: descriptor number below FD_SETSIZE that is kept for the tty; /dev/null while closed
 * @lock_fd: of rtu_lock.h, -1 when not open
 * @settings: what the line has; before it is open: what it is to have
 * @char_bits: bits of one character, with start, parity and stop bits
 * @char_ns: one character on the wire
 * @wanted_ns: silence between frames that is asked for, 0: t3.5
 * @gap_ns: silence between frames
 * @quiet_us: longest time-out asked for so far: how long a late answer may still come
 * @busy_until_ns: no request before this moment
 * @rest_ms: by unit: how long it hears nothing behind its own answer; the control thread's to set
 * @ready_ns: by unit: no request to it before this moment
 * @receive: the exchange under way
 * @late: by unit: answers that may still come
 * @failed: the last exchange ended with something else than an answer or silence
 * @between: called behind each prior read: a stop does not wait for all of them; may exchange writes
 * @context: its argument
 */
struct rtu_line {
	modbus_t *modbus;
	int low_fd;
	int lock_fd;
	struct rtu_settings settings;
	unsigned int char_bits;
	uint64_t char_ns;
	uint64_t wanted_ns;
	uint64_t gap_ns;
	uint32_t quiet_us;
	uint64_t busy_until_ns;
	atomic_uchar rest_ms[UINT8_MAX + 1];
	uint64_t ready_ns[UINT8_MAX + 1];
	struct rtu_receive receive;
	struct rtu_late late[UINT8_MAX + 1];
	bool failed;
	void (*between)(void *context);
	void *context;
};

/* Reserves the descriptor. 0 or a negative errno. */
int rtu_line_init(struct rtu_line *line, const struct ohtd_bus_setup *setup);
void rtu_line_fini(struct rtu_line *line);

/* As ohtd_bus_check(). */
int rtu_line_check(const struct ohtd_bus_setup *setup, char *error, size_t error_bytes);

/* 0, or a negative errno with one line in @error. */
int rtu_line_open(struct rtu_line *line, const struct ohtd_bus_setup *setup, char *error,
		  size_t error_bytes);
void rtu_line_close(struct rtu_line *line);

/**
 * rtu_line_exchange() - one attempt at one request
 * @line: open
 * @request: what to do; its retries are not looked at
 * @gate: looked at right before the first byte, behind all waits for the line; closed: nothing is
 *	sent and the outcome is OHT_OUTCOME_STOPPED; NULL: always sent
 * @reply: outcome, exception, error, count and words are filled
 *
 * After a time-out the line is left alone for the longest turnaround. The answer to a read does not
 * say which registers it has, so a later one would pass for the answer to the next request: a read
 * for which that may be so comes behind a prior read (rtu_late.h). If that one is not answered, its
 * outcome is that of the attempt.
 */
void rtu_line_exchange(struct rtu_line *line, const struct oht_request *request,
		       const struct rtu_gate *gate, struct oht_reply *reply);

#endif
