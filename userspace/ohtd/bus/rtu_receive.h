/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the bytes heard since a request was sent, and where the answer stands in them. Pure.
 * Contexts: one thread.
 * Locks:    none.
 *
 * The rule is the one of the kernel's engine (kernel/engine_held.c, docs/timing.md): a frame is the
 * answer if unit, function and count fit the request, its CRC is good and, after a write, what it
 * repeats fits. An echo of the request, noise, and sound frames of other units in front of it are
 * skipped; bytes behind it change nothing.
 */
#ifndef OHTD_BUS_RTU_RECEIVE_H
#define OHTD_BUS_RTU_RECEIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "oht_client.h"
#include "oht_transfer.h"

#define RTU_ADU_MAX_BYTES	256
#define RTU_HEARD_MAX_BYTES	(4 * RTU_ADU_MAX_BYTES)

/* Does our receiver hear what we send? Learned from answers that differ from their request. */
enum rtu_echo {
	RTU_ECHO_UNKNOWN,
	RTU_ECHO_NO,
	RTU_ECHO_YES,
};

/* How long nothing has been heard. */
enum rtu_silence {
	RTU_SILENCE_NONE,	/* a frame may go on */
	RTU_SILENCE_GAP,	/* a frame of another unit has ended; ours may go on */
	RTU_SILENCE_LONG,	/* ours too */
};

enum rtu_verdict {
	RTU_WAIT,		/* nothing of an answer is there */
	RTU_WAIT_REST,		/* an answer has begun */
	RTU_ANSWER,		/* @answer_at, @answer_bytes */
	RTU_BROKEN,		/* an answer that cannot be used: @noted */
};

/**
 * struct rtu_receive - one exchange
 * @sent: the request with its CRC, @sent_bytes of it
 * @heard: what has not been skipped, @heard_bytes of it
 * @skipped_bytes: that were heard and dropped
 * @end_bytes: an answer begins in front of so many bytes, the skipped ones included; SIZE_MAX: at any place
 * @alike_bytes: first bytes of the request that were heard one behind the other: as the newest, or so many that no answer has them
 * @echo: what is known of the line
 * @echo_skipped: the request itself has been heard
 * @noted: enum oht_outcome of the newest frame that was skipped or broken; SHORT: of noise alone, OK: nothing was heard
 */
struct rtu_receive {
	uint8_t sent[RTU_ADU_MAX_BYTES];
	size_t sent_bytes;
	uint8_t heard[RTU_HEARD_MAX_BYTES];
	size_t heard_bytes;
	size_t skipped_bytes;
	size_t end_bytes;
	size_t alike_bytes;
	size_t answer_at;
	size_t answer_bytes;
	enum rtu_echo echo;
	bool echo_skipped;
	uint8_t noted;
};

/* Makes the bytes of a request; their number, or -EOPNOTSUPP. */
int rtu_receive_build(const struct oht_request *request, uint8_t adu[RTU_ADU_MAX_BYTES]);

/* Nothing has been heard yet; @echo stays, unless the last exchange has heard one that was not expected. */
void rtu_receive_begin(struct rtu_receive *receive, const uint8_t *sent, size_t bytes);

/* Takes what has been heard; what finds no room is lost. */
void rtu_receive_add(struct rtu_receive *receive, const uint8_t *bytes, size_t count);

/*
 * The time for an answer to begin is over: one that has begun is waited for, and what begins behind the bytes heard so far puts
 * nothing off. A second call changes nothing.
 */
void rtu_receive_close(struct rtu_receive *receive);

/* Skips what is not the answer. After RTU_ANSWER @echo is what this exchange has shown. */
enum rtu_verdict rtu_receive_judge(struct rtu_receive *receive, enum rtu_silence silence);

/* The longest good answer, in bytes. */
size_t rtu_receive_expected(const struct rtu_receive *receive);

/* The outcome when the time for an answer is over and none has come; enum oht_outcome. A broadcast has succeeded then. */
uint8_t rtu_receive_silent(const struct rtu_receive *receive);

/* Puts an answer, or the success of a broadcast, into @reply: outcome, exception, error, count and words. */
void rtu_receive_reply(const struct rtu_receive *receive, const struct oht_request *request,
		       struct oht_reply *reply);

#endif
