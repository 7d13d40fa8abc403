// SPDX-License-Identifier: GPL-2.0-or-later
#include "rtu_receive.h"

#include <errno.h>
#include <string.h>

#define EXCEPTION	0x80
#define UNIT_MAX	247
#define CRC_BYTES	2
#define EXCEPTION_BYTES	5
/* Unit, function, address, count or value, CRC. */
#define SHORT_BYTES	8
/* Unit, function, byte count, CRC. */
#define VALUES_BYTES	5
#define MASK_BYTES	10
/* So many bytes of its request stand in an answer to a write of several registers, which has the most. */
#define ALIKE_MAX_BYTES	6
/* What a transceiver makes when it switches: so many bytes may stand in front of an echo. */
#define LEAD_MAX_BYTES	3

static uint16_t crc_of(const uint8_t *bytes, size_t count)
{
	unsigned int crc = 0xffff, bit;

	while (count--) {
		crc ^= *bytes++;
		for (bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ 0xa001 : crc >> 1;
	}
	return (uint16_t)crc;
}

static void put_word(uint8_t *bytes, uint16_t word)
{
	bytes[0] = (uint8_t)(word >> 8);
	bytes[1] = (uint8_t)word;
}

static uint16_t word_at(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

int rtu_receive_build(const struct oht_request *request, uint8_t adu[RTU_ADU_MAX_BYTES])
{
	int bytes = 6;
	uint16_t crc, i;

	adu[0] = request->unit;
	adu[1] = request->function;
	put_word(adu + 2, request->address);
	put_word(adu + 4, request->count);
	switch (request->function) {
	case OHT_READ_HOLDING:
	case OHT_READ_INPUT:
		break;
	case OHT_WRITE_SINGLE:
		put_word(adu + 4, request->words[0]);
		break;
	case OHT_WRITE_MULTIPLE:
		adu[bytes++] = (uint8_t)(2 * request->count);
		for (i = 0; i < request->count; i++, bytes += 2)
			put_word(adu + bytes, request->words[i]);
		break;
	default:
		return -EOPNOTSUPP;
	}
	crc = crc_of(adu, (size_t)bytes);
	adu[bytes++] = (uint8_t)crc;
	adu[bytes++] = (uint8_t)(crc >> 8);
	return bytes;
}

void rtu_receive_begin(struct rtu_receive *receive, const uint8_t *sent, size_t bytes)
{
	enum rtu_echo echo = receive->echo;

	/*
	 * The adapter may have been exchanged, or its jumper set, and its echo of a write would pass for the
	 * answer. The answer to a write of one register has the bytes of its request as well.
	 */
	if (echo == RTU_ECHO_NO && receive->alike_bytes > ALIKE_MAX_BYTES &&
	    receive->sent[1] != OHT_WRITE_SINGLE)
		echo = RTU_ECHO_UNKNOWN;
	memset(receive, 0, sizeof(*receive));
	memcpy(receive->sent, sent, bytes);
	receive->sent_bytes = bytes;
	receive->echo = echo;
	receive->end_bytes = SIZE_MAX;
}

void rtu_receive_add(struct rtu_receive *receive, const uint8_t *bytes, size_t count)
{
	size_t room = sizeof(receive->heard) - receive->heard_bytes, i;

	if (count > room)
		count = room;
	for (i = 0; i < count && receive->alike_bytes <= ALIKE_MAX_BYTES; i++) {
		if (bytes[i] == receive->sent[receive->alike_bytes])
			receive->alike_bytes++;
		else
			receive->alike_bytes = bytes[i] == receive->sent[0];
	}
	memcpy(receive->heard + receive->heard_bytes, bytes, count);
	receive->heard_bytes += count;
}

void rtu_receive_close(struct rtu_receive *receive)
{
	if (receive->end_bytes == SIZE_MAX)
		receive->end_bytes = receive->skipped_bytes + receive->heard_bytes;
}

/* ---- what stands at a place ---- */

static bool reads(const struct rtu_receive *receive)
{
	return receive->sent[1] == OHT_READ_HOLDING || receive->sent[1] == OHT_READ_INPUT;
}

size_t rtu_receive_expected(const struct rtu_receive *receive)
{
	return reads(receive) ? VALUES_BYTES + 2u * word_at(receive->sent + 4) : SHORT_BYTES;
}

/* Length of a reply by its first bytes; 0: too few to tell, or of a function that is not known. */
static size_t frame_bytes(const uint8_t *frame, size_t bytes)
{
	if (bytes < 3)
		return 0;
	if (frame[1] & EXCEPTION)
		return EXCEPTION_BYTES;
	switch (frame[1]) {
	case 0x01:
	case 0x02:
	case 0x03:
	case 0x04:
	case 0x17:
		return (size_t)VALUES_BYTES + frame[2];
	case 0x05:
	case 0x06:
	case 0x0f:
	case 0x10:
		return SHORT_BYTES;
	case 0x16:
		return MASK_BYTES;
	}
	return 0;
}

static bool is_sound(const uint8_t *frame, size_t bytes)
{
	return crc_of(frame, bytes - CRC_BYTES) ==
	       (frame[bytes - 2] | (unsigned int)frame[bytes - 1] << 8);
}

/* No unit has address 0 or one above 247: a transceiver that switches makes such bytes. */
static bool may_begin(uint8_t byte)
{
	return byte && byte <= UNIT_MAX;
}

/* As far as it has come, it may be the answer. */
static bool fits(const struct rtu_receive *receive, size_t at)
{
	const uint8_t *frame = receive->heard + at;
	size_t left = receive->heard_bytes - at;

	if (frame[0] != receive->sent[0] ||
	    (left > 1 && (frame[1] & ~EXCEPTION) != receive->sent[1]))
		return false;
	return left < 3 || frame[1] & EXCEPTION || !reads(receive) ||
	       frame_bytes(frame, left) == rtu_receive_expected(receive);
}

/* The same, and it has begun in time: the rest of it is waited for. */
static bool may_go_on(const struct rtu_receive *receive, size_t at)
{
	return receive->skipped_bytes + at < receive->end_bytes && fits(receive, at);
}

/* It is whole. */
static bool is_whole(const struct rtu_receive *receive, size_t at)
{
	size_t left = receive->heard_bytes - at;
	size_t need = frame_bytes(receive->heard + at, left);

	return need && need <= left;
}

static bool is_answer(const struct rtu_receive *receive, size_t at)
{
	const uint8_t *frame = receive->heard + at;

	if (!fits(receive, at) || !is_whole(receive, at) ||
	    !is_sound(frame, frame_bytes(frame, receive->heard_bytes - at)))
		return false;
	return reads(receive) || frame[1] & EXCEPTION || !memcmp(frame + 2, receive->sent + 2, 4);
}

/* The first place behind the front at which the answer stands; 0: at none. */
static size_t seek(const struct rtu_receive *receive)
{
	size_t at;

	for (at = 1; at < receive->heard_bytes; at++)
		if (is_answer(receive, at))
			return at;
	return 0;
}

/* An answer may have begun behind the front. */
static bool has_begun(const struct rtu_receive *receive)
{
	size_t at;

	for (at = 1; at < receive->heard_bytes; at++)
		if (may_go_on(receive, at) && !is_whole(receive, at))
			return true;
	return false;
}

/* ---- skipping ---- */

static void drop(struct rtu_receive *receive, size_t bytes)
{
	receive->heard_bytes -= bytes;
	receive->skipped_bytes += bytes;
	memmove(receive->heard, receive->heard + bytes, receive->heard_bytes);
}

/* A byte in front is none of a frame. What was heard of a frame says more than that there was noise. */
static void drop_noise(struct rtu_receive *receive)
{
	if (!receive->noted)
		receive->noted = OHT_OUTCOME_SHORT;
	drop(receive, 1);
}

/* The bytes in front are those of our request, as far as they have come. */
static bool may_echo(const struct rtu_receive *receive)
{
	size_t bytes = receive->heard_bytes < receive->sent_bytes ? receive->heard_bytes :
								    receive->sent_bytes;

	return !receive->echo_skipped && receive->echo != RTU_ECHO_NO &&
	       !memcmp(receive->heard, receive->sent, bytes);
}

/*
 * The answer to some writes has the bytes of the request. On a line of which nothing is known yet
 * it is taken only where an answer follows them: an echo must never pass for one.
 */
static bool is_echo(const struct rtu_receive *receive)
{
	size_t bytes = receive->sent_bytes;

	if (receive->heard_bytes < bytes || memcmp(receive->heard, receive->sent, bytes))
		return false;
	return receive->echo == RTU_ECHO_YES || receive->sent[1] != OHT_WRITE_SINGLE ||
	       (receive->heard_bytes > bytes && is_answer(receive, bytes));
}

/* Where the echo of the request ends, also behind bytes that a transceiver has made; 0: there is none. */
static size_t echo_end(const struct rtu_receive *receive)
{
	size_t at, bytes = receive->sent_bytes;

	if (receive->echo_skipped || receive->echo == RTU_ECHO_NO)
		return 0;
	for (at = 1; at <= LEAD_MAX_BYTES && at + bytes <= receive->heard_bytes; at++)
		if (!memcmp(receive->heard + at, receive->sent, bytes))
			return at + bytes;
	return is_echo(receive) ? bytes : 0;
}

static enum rtu_verdict take(struct rtu_receive *receive, size_t at)
{
	bool same;

	receive->answer_at = at;
	receive->answer_bytes = frame_bytes(receive->heard + at, receive->heard_bytes - at);
	same = receive->answer_bytes == receive->sent_bytes &&
	       !memcmp(receive->heard + at, receive->sent, receive->sent_bytes);
	/* Bytes in front of the answer may have been a disturbed echo: they do not prove that there is none. */
	if (receive->echo_skipped)
		receive->echo = RTU_ECHO_YES;
	else if (!same && receive->skipped_bytes + at < receive->sent_bytes / 2)
		receive->echo = RTU_ECHO_NO;
	return RTU_ANSWER;
}

/* Why a sound frame is not the answer. */
static uint8_t why_foreign(const struct rtu_receive *receive)
{
	if (receive->heard[0] != receive->sent[0])
		return OHT_OUTCOME_UNIT;
	if ((receive->heard[1] & ~EXCEPTION) != receive->sent[1])
		return OHT_OUTCOME_FUNCTION;
	return reads(receive) ? OHT_OUTCOME_LENGTH : OHT_OUTCOME_ECHO;
}

/*
 * A sound frame in front that is not the answer. Inside of it the answer's bytes are values of its
 * unit; where they go on behind its end, its checksum was right by chance.
 */
static enum rtu_verdict judge_foreign(struct rtu_receive *receive, enum rtu_silence silence)
{
	size_t bytes = frame_bytes(receive->heard, receive->heard_bytes), at = seek(receive);

	if (at && at + frame_bytes(receive->heard + at, receive->heard_bytes - at) > bytes)
		return take(receive, at);
	if (!at && has_begun(receive) && silence == RTU_SILENCE_NONE)
		return RTU_WAIT_REST;
	receive->noted = why_foreign(receive);
	drop(receive, bytes);
	return RTU_WAIT;
}

/* A frame in front that is whole by its count, and not the answer. */
static enum rtu_verdict judge_whole(struct rtu_receive *receive, enum rtu_silence silence)
{
	size_t at;

	if (is_sound(receive->heard, frame_bytes(receive->heard, receive->heard_bytes)))
		return judge_foreign(receive, silence);
	at = seek(receive);
	if (at)
		return take(receive, at);
	receive->noted = OHT_OUTCOME_CRC;
	if (!fits(receive, 0)) {
		drop(receive, 1);
		return RTU_WAIT;
	}
	return has_begun(receive) && silence != RTU_SILENCE_LONG ? RTU_WAIT_REST : RTU_BROKEN;
}

/*
 * The frame in front is not whole. The values of another unit may look like the answer, so only silence
 * ends such a frame.
 */
static enum rtu_verdict judge_part(struct rtu_receive *receive, enum rtu_silence silence)
{
	bool ours = may_go_on(receive, 0);
	size_t at;

	if (silence < (ours ? RTU_SILENCE_LONG : RTU_SILENCE_GAP))
		return ours || has_begun(receive) ? RTU_WAIT_REST : RTU_WAIT;
	at = seek(receive);
	if (at)
		return take(receive, at);
	if (ours && !may_echo(receive)) {
		receive->noted = OHT_OUTCOME_SHORT;
		return RTU_BROKEN;
	}
	drop_noise(receive);
	return RTU_WAIT;
}

enum rtu_verdict rtu_receive_judge(struct rtu_receive *receive, enum rtu_silence silence)
{
	enum rtu_verdict verdict = RTU_WAIT;
	size_t before, echo;

	/* No unit answers a broadcast: what is heard is its echo, or noise. */
	if (receive->sent[0] == OHT_BROADCAST)
		drop(receive, receive->heard_bytes);
	do {
		before = receive->heard_bytes;
		if (!before)
			break;
		echo = echo_end(receive);
		if (echo) {
			drop(receive, echo);
			receive->echo_skipped = true;
			/* What came in front of it came while we sent. */
			receive->noted = OHT_OUTCOME_OK;
		} else if (!may_begin(receive->heard[0])) {
			drop_noise(receive);
		} else if (may_echo(receive) && before >= receive->sent_bytes) {
			/* Echo or answer: only what follows can tell. */
			return RTU_WAIT;
		} else if (is_answer(receive, 0)) {
			return take(receive, 0);
		} else if (is_whole(receive, 0) && !may_echo(receive)) {
			verdict = judge_whole(receive, silence);
		} else {
			verdict = judge_part(receive, silence);
		}
	} while (receive->heard_bytes != before && verdict == RTU_WAIT);
	return receive->heard_bytes ? verdict : RTU_WAIT;
}

uint8_t rtu_receive_silent(const struct rtu_receive *receive)
{
	if (receive->sent[0] == OHT_BROADCAST)
		return OHT_OUTCOME_OK;
	return receive->noted ? receive->noted : OHT_OUTCOME_TIMEOUT;
}

void rtu_receive_reply(const struct rtu_receive *receive, const struct oht_request *request,
		       struct oht_reply *reply)
{
	const uint8_t *frame = receive->heard + receive->answer_at;
	unsigned int i;

	reply->count = 0;
	if (receive->sent[0] != OHT_BROADCAST && frame[1] & EXCEPTION) {
		reply->outcome = OHT_OUTCOME_EXCEPTION;
		reply->error = EREMOTEIO;
		reply->exception = frame[2];
		return;
	}
	reply->outcome = OHT_OUTCOME_OK;
	reply->error = 0;
	reply->count = request->count;
	for (i = 0; reads(receive) && i < request->count; i++)
		reply->words[i] = word_at(frame + 3 + 2 * i);
}
