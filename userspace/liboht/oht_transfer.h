/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * liboht: requests to units and what becomes of them. Included by oht_client.h, whose conventions
 * hold here as well.
 *
 * Owns:     struct oht_request, struct oht_reply and what is done with them.
 * Contexts: as said there: any thread, or the event thread.
 * Locks:    none.
 */
#ifndef OHT_TRANSFER_H
#define OHT_TRANSFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Most registers in one request. */
#define OHT_REGISTERS_MAX	125
#define OHT_COILS_MAX		2000
/* Longest PDU: function code and data. */
#define OHT_PDU_BYTES_MAX	253

struct oht_dev;

/* oht_request.function */
#define OHT_READ_COILS		1
#define OHT_READ_DISCRETE	2
#define OHT_READ_HOLDING	3
#define OHT_READ_INPUT		4
#define OHT_WRITE_COIL		5
#define OHT_WRITE_SINGLE	6
#define OHT_WRITE_COILS		15
#define OHT_WRITE_MULTIPLE	16
#define OHT_MASK_WRITE		22
#define OHT_WRITE_READ		23	/* writes first, then reads */
#define OHT_IDENTIFY		43	/* Read Device Identification, MEI type 14 */

/* oht_request.unit: every unit obeys, none answers */
#define OHT_BROADCAST		0

/* oht_request.count with OHT_IDENTIFY */
enum oht_identify_code {
	OHT_IDENTIFY_BASIC	= 1,	/* objects 0..2, which every unit has that knows this */
	OHT_IDENTIFY_REGULAR	= 2,	/* objects 0..6 as far as they are there */
	OHT_IDENTIFY_EXTENDED	= 3,	/* all */
	OHT_IDENTIFY_ONE	= 4,	/* the object oht_request.address */
};

/*
 * oht_request.priority: a lower number overtakes what waits in a higher one. While there is a
 * controller, requests of other handles wait as if they were OHT_PRIORITY_BACKGROUND.
 */
enum oht_request_priority {
	OHT_PRIORITY_COMMAND	= 1,
	OHT_PRIORITY_CYCLIC	= 2,
	OHT_PRIORITY_BACKGROUND	= 3,
};

/* oht_request.flags */
/* a write or a raw request that may also go out while the state is not enabled */
#define OHT_REQUEST_WHILE_STOPPED	(1U << 0)
/* send oht_request.pdu as it stands */
#define OHT_REQUEST_RAW			(1U << 1)
/* oht_request.unit may be 248..255 and must not be 0; to those nothing is sent while enabled */
#define OHT_REQUEST_ANY_UNIT		(1U << 2)

/**
 * struct oht_request - one Modbus request
 * @unit: 1..247, with OHT_REQUEST_ANY_UNIT 1..255; OHT_BROADCAST with WRITE_COIL, WRITE_SINGLE,
 *	WRITE_COILS, WRITE_MULTIPLE, MASK_WRITE and raw
 * @function: one of those above; 0 if raw
 * @priority: enum oht_request_priority
 * @retries: attempts after the first one, 0..10
 * @address: first coil or register; with IDENTIFY the first object, 0..255
 * @count: registers to read: 1..125; coils and inputs to read: 1..2000; registers to write: 1..123
 *	with WRITE_MULTIPLE; coils to write: 1..1968 with WRITE_COILS; 1 with WRITE_COIL,
 *	WRITE_SINGLE, MASK_WRITE; enum oht_identify_code with IDENTIFY; bytes of @pdu if raw
 * @write_address: first register written, WRITE_READ only, else 0
 * @write_count: registers written, 1..121, WRITE_READ only, else 0
 * @timeout_us: wait for the first byte of the reply, counted from the end of our last stop bit;
 *	after a broadcast how long the bus is kept quiet, so that the slowest unit can obey, usually
 *	100000; 1000..oht_dev_info.turnaround_max_us
 * @flags: OHT_REQUEST_*
 * @words: what is written: @count registers; coils packed 16 per word, the first in bit 0;
 *	WRITE_COIL: 0 or 1; MASK_WRITE: the AND mask, then the OR mask; WRITE_READ: @write_count
 *	registers. Must be NULL to read and if raw. Not needed any more when submit returns.
 * @pdu: with OHT_REQUEST_RAW @count bytes, 1..253, the function code first, without CRC; else NULL.
 *	Not needed any more when submit returns.
 *
 * Whatever writes, and raw, may move the machine. It is sent only if the state is enabled when it is
 * submitted and stays so until its turn, or with OHT_REQUEST_WHILE_STOPPED; while enabled only if
 * the handle has the role of controller. A stop ends it in any case.
 */
struct oht_request {
	uint8_t unit;
	uint8_t function;
	uint8_t priority;
	uint8_t retries;
	uint16_t address;
	uint16_t count;
	uint16_t write_address;
	uint16_t write_count;
	uint32_t timeout_us;
	uint32_t flags;
	const uint16_t *words;
	const uint8_t *pdu;
};

/* What exactly became of a transfer; in brackets the errno that goes with it. */
enum oht_outcome {
	OHT_OUTCOME_OK		= 0,
	OHT_OUTCOME_TIMEOUT	= 1,	/* [ETIMEDOUT] no first byte in time */
	OHT_OUTCOME_SHORT	= 2,	/* [EBADMSG] the reply broke off */
	OHT_OUTCOME_CRC		= 3,	/* [EBADMSG] */
	OHT_OUTCOME_LENGTH	= 4,	/* [EBADMSG] byte count disagrees, or bytes after the end */
	OHT_OUTCOME_UNIT	= 5,	/* [EPROTO] a reply of another unit */
	OHT_OUTCOME_FUNCTION	= 6,	/* [EPROTO] a reply to another function */
	OHT_OUTCOME_ECHO	= 7,	/* [EPROTO] what is repeated of the request differs */
	OHT_OUTCOME_EXCEPTION	= 8,	/* [EREMOTEIO] see oht_reply.exception */
	OHT_OUTCOME_LINE	= 9,	/* [EIO] framing, parity, overrun or break */
	OHT_OUTCOME_TX_STUCK	= 10,	/* [EIO] the transmitter did not become empty */
	OHT_OUTCOME_CANCELLED	= 11,	/* [EINTR] oht_dev_cancel() */
	OHT_OUTCOME_STOPPED	= 12,	/* [ECANCELED] a stop came first, or not enabled */
	OHT_OUTCOME_GONE	= 13,	/* [ENODEV] the device went away */
	OHT_OUTCOME_DEGRADED	= 14,	/* [EHOSTUNREACH] its unit fails: it was not sent */
	OHT_OUTCOME_BUDGET	= 15,	/* [EDQUOT] too long for the plan */
	/* [EPERM] enabled, and not of the present controller or to a unit above 247 */
	OHT_OUTCOME_NOT_CONTROLLER = 16,
	OHT_OUTCOME_PAUSED	= 17,	/* [EBADMSG] the reply came with pauses, too slowly */
};

/**
 * struct oht_reply - how a transfer ended
 * @cookie: from oht_dev_submit()
 * @error: 0, or the (positive) errno that belongs to @outcome
 * @outcome: enum oht_outcome of the last attempt; a newer kernel may report numbers not listed
 * @exception: Modbus exception code with OHT_OUTCOME_EXCEPTION, else 0
 * @attempts: times that the request went on the wire, 0 if never
 * @unit: as submitted
 * @function: as submitted; of a raw request the first byte of its PDU
 * @is_pdu: what came is @pdu and @count its length, after raw and IDENTIFY; 0 bytes if it failed
 * @count: coils or registers, as submitted; bytes of @pdu
 * @turnaround_ns: silence between our last stop bit and the reply's first start bit, 0 without
 *	reply
 * @received: bytes of the reply, whole or not, that the last attempt received
 * @pause_us: longest silence between two of them, 0 if none was longer than t1.5
 * @words: values read: @count registers, or coils packed as in oht_request: oht_reply_coil()
 * @pdu: the answer from its function code on, without CRC
 */
struct oht_reply {
	uint64_t cookie;
	int error;
	uint8_t outcome;
	uint8_t exception;
	uint8_t attempts;
	uint8_t unit;
	uint8_t function;
	bool is_pdu;
	uint16_t count;
	uint32_t turnaround_ns;
	uint16_t received;
	uint32_t pause_us;
	union {
		uint16_t words[OHT_REGISTERS_MAX];
		uint8_t pdu[OHT_PDU_BYTES_MAX];
	};
};

/* Coil or input @i of what was read, 0 the first; @i must be below @reply->count. */
static inline bool oht_reply_coil(const struct oht_reply *reply, unsigned int i)
{
	return reply->words[i / 16] >> i % 16 & 1;
}

/**
 * struct oht_object - one object of a device identification
 * @id: 0 vendor, 1 product code, 2 revision, ...: oht_object_name()
 * @bytes: length of @value
 * @value: usually ASCII, not NUL-terminated; points into the reply
 */
struct oht_object {
	uint8_t id;
	uint8_t bytes;
	const uint8_t *value;
};

/**
 * oht_reply_object() - take an object out of the reply to OHT_IDENTIFY
 * @reply: of a request that succeeded
 * @index: 0 for the first object of this reply
 * @object: out
 *
 * Return: true; false if the reply has no such object, or is not one to OHT_IDENTIFY.
 * Context: any thread, no allocation.
 */
bool oht_reply_object_sized(const struct oht_reply *reply, unsigned int index,
			    struct oht_object *object, size_t object_bytes);
static inline bool oht_reply_object(const struct oht_reply *reply, unsigned int index,
				    struct oht_object *object)
{
	return oht_reply_object_sized(reply, index, object, sizeof(*object));
}

/*
 * The object at which the next OHT_IDENTIFY should begin, because not all fitted into this reply;
 * -1 if nothing more follows. Context: any thread, no allocation.
 */
int oht_reply_next_object(const struct oht_reply *reply);

/**
 * oht_dev_submit() - hand a request to the bus engine, do not wait
 * @dev: handle
 * @request: what to do
 * @cookie: out: names the transfer on this handle, never 0
 *
 * The result comes as an event OHT_EVENT_REPLY with the same cookie, exactly once.
 *
 * Return: 0, or -1 with EINVAL or EOPNOTSUPP (a value out of range, see struct oht_request), EAGAIN
 * (OHT_UNDER_WAY_MAX transfers of this handle are not handed out yet: read events first; or the
 * device has too many), EPERM (it may move the machine, which is enabled by another controller),
 * EDQUOT (it may take the bus for longer than oht_cyclic_status.hold_max_ns of the plan in force; or the
 * machine is enabled, and it may keep a stop waiting for longer than the plan's stop budget, or, not submitted
 * by the controller, the plan for longer than a cycle), EBADF, ENODEV.
 * Context: any thread, no allocation, one system call.
 */
int oht_dev_submit(struct oht_dev *dev, const struct oht_request *request, uint64_t *cookie);

/**
 * oht_dev_cancel() - give up a transfer
 * @dev: handle
 * @cookie: from oht_dev_submit()
 *
 * Its event still comes, with OHT_OUTCOME_CANCELLED or with its own result if that was first. A
 * cancelled write may have reached the unit.
 *
 * Return: 0, or -1 with ENOENT (unknown or complete), ENODEV.
 * Context: any thread, no allocation, one system call.
 */
int oht_dev_cancel(struct oht_dev *dev, uint64_t cookie);

/**
 * oht_dev_transact() - submit a request and wait for its reply
 * @dev: handle
 * @request: what to do
 * @reply: out. If @reply->cookie is not 0 the transfer has ended and @reply tells how, also when -1
 *	is returned; if it is 0 there was no result.
 * @timeout_ms: longest wait for the result, including other transfers that are before it; negative
 *	waits as long as it takes
 *
 * Other events that come meanwhile are kept in order for oht_dev_read_event(). When the wait ends
 * early the transfer is cancelled and its late result is thrown away; a write may have happened.
 *
 * Return: 0 if the unit did it, else -1 with errno: oht_reply.error, or one of oht_dev_submit(),
 * or ETIMEDOUT with @reply->cookie 0 (@timeout_ms ran out), or EINTR with @reply->cookie 0 (a
 * signal came), or EIO (nonsense from the kernel).
 * Context: event thread, no allocation.
 */
int oht_dev_transact_sized(struct oht_dev *dev, const struct oht_request *request,
			   struct oht_reply *reply, size_t reply_bytes, int timeout_ms);
static inline int oht_dev_transact(struct oht_dev *dev, const struct oht_request *request,
				   struct oht_reply *reply, int timeout_ms)
{
	return oht_dev_transact_sized(dev, request, reply, sizeof(*reply), timeout_ms);
}

#ifdef __cplusplus
}
#endif

#endif /* OHT_TRANSFER_H */
