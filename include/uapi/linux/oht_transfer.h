/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * Part of linux/oht.h, whose rules hold here too: requests to units and how they end.
 *
 * Owns:     what can be asked of a unit, function by function, and what comes back.
 * Contexts: none; only definitions.
 * Locks:    none.
 */
#ifndef _UAPI_LINUX_OHT_TRANSFER_H
#define _UAPI_LINUX_OHT_TRANSFER_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* Of every ioctl here; free in ioctl-number.rst of Linux 6.19. */
#define OHT_IOC_MAGIC		0xD5

/* Most registers in one request: the largest read (Modbus Application Protocol 1.1b3, 6.3). */
#define OHT_WORDS_MAX		125
/* Longest PDU: function code and data. */
#define OHT_PDU_MAX_BYTES	253
/* Transfers that one descriptor may have submitted and not yet reaped. */
#define OHT_TRANSFERS_MAX	64
/* Transfers of all descriptors together that have not ended, and how many of these places are kept
 * for the controller.
 */
#define OHT_DEVICE_TRANSFERS_MAX	128
#define OHT_CONTROLLER_TRANSFERS	32
/* The same of what may move the machine, since a stop ends all of these at once. */
#define OHT_DEVICE_WRITES_MAX		48
#define OHT_CONTROLLER_WRITES		16

/*
 * oht_transfer.priority: a higher class overtakes what waits in a lower one, eight times; then the
 * lower one has a turn. Classes are the controller's: while there is one, all transfers of other
 * descriptors wait as if they were of the class background. Within a class the descriptors take
 * turns; each is served in its own order.
 */
enum oht_priority {
	OHT_PRIO_COMMAND	= 1,
	OHT_PRIO_CYCLIC		= 2,
	OHT_PRIO_BACKGROUND	= 3,
};

/* oht_transfer.flags */
/* A write or a raw request that may also go out while the state is not enabled. */
#define OHT_TRANSFER_WHILE_STOPPED	(1U << 0)
/* Send the PDU at @words as it stands, and give out the PDU of the answer. */
#define OHT_TRANSFER_RAW		(1U << 1)
/* The unit may be 248..255, which the specification reserves, but not 0. Never while enabled. */
#define OHT_TRANSFER_ANY_UNIT		(1U << 2)

/**
 * struct oht_transfer - one Modbus request and its reply (OHT_IOC_SUBMIT)
 * @size: sizeof(struct oht_transfer)
 * @flags: OHT_TRANSFER_*
 * @cookie: out: names this transfer on this descriptor, never 0
 * @unit: unit address 1..247, with OHT_TRANSFER_ANY_UNIT 1..255; 0 is broadcast: only 5, 6, 15,
 *	16, 22 and raw
 * @function: Modbus function code of the table below, another one is EOPNOTSUPP; 0 if raw
 * @priority: enum oht_priority
 * @retries: attempts after the first one, 0..10; 0 if @timeout_us is 0
 * @address: first coil or register, as on the wire (zero-based)
 * @count: see the table; @address + @count at most 65536
 * @timeout_us: wait for the first byte of the reply, from the end of our last stop bit; with a
 *	broadcast the turnaround delay: how long the line is kept quiet, so that all units can do it
 *	(the specification's usual value is 100000..200000); 1000..oht_info.turnaround_max_us.
 *	0: time-out and retries of OHT_IOC_UNIT_SET, EINVAL if that was not called for @unit
 * @write_address: 23 only: first register written, else 0
 * @write_count: 23 only: registers written, 1..121, @write_address + @write_count at most 65536;
 *	else 0
 * @words: user pointer to what is sent, see the table; 0 if that is nothing
 *
 *	function			@count			@words
 *	1, 2 read coils, inputs		coils 1..2000		0
 *	3, 4 read registers		registers 1..125	0
 *	5 write coil			1			one word: 0 off, 1 on
 *	6 write register		1			one word
 *	15 write coils			coils 1..1968		16 coils per word
 *	16 write registers		registers 1..123	one word per register
 *	22 mask write			1			AND mask, OR mask
 *	23 write, then read registers	registers read 1..125	@write_count words
 *	43 read device identification	1 basic, 2 regular,	0
 *	   (MEI type 14); @address is	3 extended, 4 one
 *	   the first object, 0..255	object
 *	OHT_TRANSFER_RAW		bytes of PDU 1..253	the bytes; the first is the function
 *								code, 1..127
 *
 * Words are in host byte order; of packed coils the first is in bit 0 of the first word, and bits
 * beyond @count are ignored. The limits are those of the Modbus Application Protocol 1.1b3, chapter
 * 6. Beyond them: EINVAL.
 *
 * Of a raw answer unit, CRC and function code are checked, or that it is an exception. It ends by
 * its length if its function code is in the table, else by a silence of t3.5.
 *
 * A raw request, and any function that writes (5, 6, 15, 16, 22, 23), may move the machine:
 * - it ends with OHT_DETAIL_STOPPED, unsent, unless the state is enabled when it is submitted and
 *   stays so until its turn. With OHT_TRANSFER_WHILE_STOPPED it goes out in every state;
 * - while enabled it goes out only if the controller has submitted it, in the role that it has
 *   now: another descriptor gets EPERM at once, and what was submitted while stopped and has its
 *   turn while enabled ends with OHT_DETAIL_NOT_CONTROLLER;
 * - a stop ends it with OHT_DETAIL_STOPPED, whatever its flags.
 * Reads go out in every state, from any descriptor; the flag says nothing about them. A read that a
 * stop keeps from its answer is sent again behind the stop telegrams, three times; then a stop ends
 * it with OHT_DETAIL_STOPPED.
 *
 * What may keep the bus too long (request, its whole time-out, reply, gap) is EDQUOT at once, and
 * if a plan has come meanwhile ends with OHT_DETAIL_BUDGET at its turn: in every state, of the
 * controller too, what takes longer than oht_plan_figures.hold_max_ns of the plan in force; while
 * enabled, what a stop would wait for longer than the plan's stop budget; while enabled, of others
 * than the controller, what takes longer than a cycle.
 *
 * While enabled nothing goes out to a unit above 247, reads and the controller's requests included:
 * EPERM at once, and what was submitted before ends with OHT_DETAIL_NOT_CONTROLLER at its turn. No
 * plan, telegram or OHT_IOC_UNIT_SET can have such a unit.
 *
 * A broadcast is not answered: it completes with 0 after the turnaround delay, whether or not any
 * unit obeyed it.
 *
 * The result comes as a record of type OHT_RECORD_COMPLETION by read(). EAGAIN: the descriptor has
 * OHT_TRANSFERS_MAX that it has not read; or the device has OHT_DEVICE_TRANSFERS_MAX that have not
 * ended, for others than the controller OHT_CONTROLLER_TRANSFERS fewer; of writes and raw requests
 * OHT_DEVICE_WRITES_MAX, and OHT_CONTROLLER_WRITES fewer.
 */
struct oht_transfer {
	__u32 size;
	__u32 flags;
	__aligned_u64 cookie;
	__u8 unit;
	__u8 function;
	__u8 priority;
	__u8 retries;
	__u16 address;
	__u16 count;
	__u32 timeout_us;
	__u16 write_address;
	__u16 write_count;
	__aligned_u64 words;
};

/**
 * struct oht_cancel - give up a transfer (OHT_IOC_CANCEL)
 * @size: sizeof(struct oht_cancel)
 * @flags: zero
 * @cookie: from OHT_IOC_SUBMIT
 *
 * The transfer still completes exactly once: with -EINTR if it was cancelled, or with its own
 * result if that came first. ENOENT: no such transfer, or it has completed already.
 */
struct oht_cancel {
	__u32 size;
	__u32 flags;
	__aligned_u64 cookie;
};

/* oht_completion.detail: what exactly became of a transfer */
enum oht_detail {
	OHT_DETAIL_OK		= 0,
	OHT_DETAIL_TIMEOUT	= 1,	/* -ETIMEDOUT: no first byte in time */
	OHT_DETAIL_SHORT	= 2,	/* -EBADMSG: the reply broke off */
	OHT_DETAIL_CRC		= 3,	/* -EBADMSG */
	OHT_DETAIL_LENGTH	= 4,	/* -EBADMSG: byte count disagrees, or bytes after the end */
	OHT_DETAIL_UNIT		= 5,	/* -EPROTO: a reply of another unit */
	OHT_DETAIL_FUNCTION	= 6,	/* -EPROTO: a reply to another function */
	OHT_DETAIL_ECHO		= 7,	/* -EPROTO: what is repeated of the request differs */
	OHT_DETAIL_EXCEPTION	= 8,	/* -EREMOTEIO: see oht_completion.exception */
	OHT_DETAIL_LINE		= 9,	/* -EIO: framing, parity, overrun or break */
	OHT_DETAIL_TX_STUCK	= 10,	/* -EIO: the transmitter did not become empty */
	OHT_DETAIL_CANCELLED	= 11,	/* -EINTR: OHT_IOC_CANCEL */
	OHT_DETAIL_STOPPED	= 12,	/* -ECANCELED: a stop came first, or not enabled */
	OHT_DETAIL_GONE		= 13,	/* -ENODEV: the device went away */
	OHT_DETAIL_DEGRADED	= 14,	/* -EHOSTUNREACH: its unit is degraded: not sent */
	OHT_DETAIL_BUDGET	= 15,	/* -EDQUOT: too long for the plan */
	/* -EPERM: enabled, and not of the present controller or to a unit above 247 */
	OHT_DETAIL_NOT_CONTROLLER = 16,
	OHT_DETAIL_PAUSED	= 17,	/* -EBADMSG: the reply came with pauses, too slowly */
};

/* oht_completion.flags */
#define OHT_COMPLETION_PDU	(1U << 0)	/* what comes is in pdu, and count is its bytes */

/**
 * struct oht_completion - how a transfer ended
 * @cookie: from OHT_IOC_SUBMIT
 * @status: 0 or a negative errno, see enum oht_detail
 * @detail: enum oht_detail of the last attempt
 * @exception: Modbus exception code with -EREMOTEIO, else 0
 * @attempts: times that the request went on the wire, 0 if never
 * @unit: as submitted
 * @function: as submitted; of a raw request the first byte of its PDU
 * @flags: OHT_COMPLETION_*
 * @count: coils or registers, as submitted; with OHT_COMPLETION_PDU the bytes of @pdu
 * @turnaround_ns: silence between our last stop bit and the reply's first start bit, 0 without
 *	reply
 * @words: values read, host byte order, coils packed 16 per word; zero after a write
 * @pdu: of a raw request and of function 43 the answer as it came, from its function code on;
 *	nothing unless @status is 0
 * @received: bytes of the reply, whole or not, that the last attempt received
 * @pause_us: longest silence between two of them, 0 if none was longer than t1.5
 * @reserved: zero
 */
struct oht_completion {
	__aligned_u64 cookie;
	__s32 status;
	__u8 detail;
	__u8 exception;
	__u8 attempts;
	__u8 unit;
	__u8 function;
	__u8 flags;
	__u16 count;
	__u32 turnaround_ns;
	union {
		__u16 words[OHT_WORDS_MAX];
		__u8 pdu[OHT_PDU_MAX_BYTES];
	};
	__u16 received;
	__u32 pause_us;
	__u32 reserved;
};

#endif /* _UAPI_LINUX_OHT_TRANSFER_H */
