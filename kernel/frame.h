/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owns:     the bytes of Modbus RTU frames (ADU): build, expected length, verification. Pure.
 * Contexts: any, hard interrupt included; nothing sleeps, allocates or keeps state.
 * Locks:    none.
 *
 * Source: MODBUS Application Protocol 1.1b3 section 6 (function codes), MODBUS over Serial Line
 * 1.02 section 2.5.1 (RTU frame). The same file is compiled on the host for the unit tests.
 */
#ifndef OHT_FRAME_H
#define OHT_FRAME_H

#include <linux/types.h>
#include <linux/oht.h>

#define OHT_ADU_MAX_BYTES	256	/* unit + PDU of 253 bytes + CRC */
#define OHT_ADU_MIN_BYTES	4	/* unit + function + CRC */
#define OHT_UNIT_BROADCAST	0
#define OHT_UNIT_MIN		1
#define OHT_UNIT_MAX		247
#define OHT_UNITS		256	/* all that a byte can say, the reserved ones too */

/* An address that one unit may have: the one check of each structure that names a unit. */
static inline bool oht_unit_is_good(u8 unit)
{
	return unit >= OHT_UNIT_MIN && unit <= OHT_UNIT_MAX;
}

enum oht_function {
	OHT_FC_READ_COILS		= 0x01,
	OHT_FC_READ_DISCRETE		= 0x02,
	OHT_FC_READ_HOLDING		= 0x03,
	OHT_FC_READ_INPUT		= 0x04,
	OHT_FC_WRITE_COIL		= 0x05,
	OHT_FC_WRITE_REGISTER		= 0x06,
	OHT_FC_WRITE_COILS		= 0x0f,
	OHT_FC_WRITE_REGISTERS		= 0x10,
	OHT_FC_MASK_WRITE		= 0x16,
	OHT_FC_READ_WRITE		= 0x17,
	OHT_FC_IDENTIFY			= 0x2b,	/* with MEI type 0x0e */
};

#define OHT_FC_EXCEPTION	0x80

/**
 * struct oht_frame_request - one Modbus request before it is made into bytes
 * @unit: 1..247, with @any_unit 1..255; 0 is broadcast: raw, and writes whose answer carries no
 *	values
 * @any_unit: for a unit at an address that the specification reserves; no broadcast then
 * @function: enum oht_function; with @raw any of 1..127
 * @raw: the request is @pdu as it stands; @address, @write_address and @write_count are 0
 * @address: first coil or register; of the part that is read with READ_WRITE; first object, 0..255,
 *	with IDENTIFY
 * @count: coils or registers; of the part that is read with READ_WRITE; 1 for WRITE_COIL,
 *	WRITE_REGISTER and MASK_WRITE; IDENTIFY: 1 basic, 2 regular, 3 extended, 4 one object;
 *	@raw: bytes of @pdu, 1..253
 * @write_address: first register written, READ_WRITE only, else 0
 * @write_count: registers written, READ_WRITE only, else 0
 * @words: values to write, host byte order: one per register; 16 coils per word, the first in
 *	bit 0; WRITE_COIL: 0 or 1; MASK_WRITE: the AND mask, then the OR mask. Not used to read.
 * @pdu: function code and data, with @raw only; not used to verify
 */
struct oht_frame_request {
	u8 unit;
	u8 function;
	bool any_unit;
	bool raw;
	u16 address;
	u16 count;
	u16 write_address;
	u16 write_count;
	const u16 *words;
	const u8 *pdu;
};

/**
 * oht_frame_check() - is this a request that the protocol allows?
 * @req: the request
 *
 * The limits of every function are in one table in frame.c, and nowhere else.
 *
 * Return: 0, -EOPNOTSUPP (function not in the table), -EINVAL (unit, count, or address range).
 */
int oht_frame_check(const struct oht_frame_request *req);

/**
 * oht_frame_build() - make the bytes of a request, CRC included
 * @adu: OHT_ADU_MAX_BYTES of room
 * @req: the request; checked as by oht_frame_check()
 *
 * Return: length in bytes, or the error of oht_frame_check().
 */
int oht_frame_build(u8 *adu, const struct oht_frame_request *req);

/**
 * oht_frame_build_raw() - put unit and CRC around the caller's PDU
 * @adu: OHT_ADU_MAX_BYTES of room
 * @unit: any; oht_frame_check() says which may be asked
 * @pdu: function code and data; must not lie inside @adu
 * @pdu_bytes: 1..253
 *
 * Return: length in bytes, or -EINVAL.
 */
int oht_frame_build_raw(u8 *adu, u8 unit, const u8 *pdu, unsigned int pdu_bytes);

/**
 * oht_frame_request_bytes() - length of the request that oht_frame_build() would make
 * @req: a request that oht_frame_check() accepts
 *
 * Return: length in bytes, or -EOPNOTSUPP.
 */
int oht_frame_request_bytes(const struct oht_frame_request *req);

/**
 * oht_frame_values_sent() - how many of a request's @words go out with it
 * @req: a request that oht_frame_check() accepts
 *
 * Return: words; 0 for a request that carries none, and for a raw one.
 */
unsigned int oht_frame_values_sent(const struct oht_frame_request *req);

/**
 * oht_frame_reply_bytes() - length of a reply, judged by its first bytes
 * @adu: what has been received
 * @bytes: how much of it
 *
 * Return: the whole length in bytes; 0: not enough bytes to tell; -EOPNOTSUPP: the function is
 * unknown, only silence can end the frame; -EMSGSIZE: longer than any ADU.
 */
int oht_frame_reply_bytes(const u8 *adu, unsigned int bytes);

/**
 * oht_frame_answer_bytes() - length of the good reply to a request
 * @req: a request that oht_frame_check() accepts
 *
 * Return: length in bytes, 0 after a broadcast, or -EOPNOTSUPP: only the unit knows.
 */
int oht_frame_answer_bytes(const struct oht_frame_request *req);

/**
 * oht_frame_verify() - is this the answer to that request?
 * @req: what was sent
 * @adu: what was received
 * @bytes: its length
 * @exception: out: the exception code if the result is OHT_DETAIL_EXCEPTION, else untouched
 *
 * The CRC is judged before the content, so that a disturbed frame is never called a foreign one.
 *
 * Return: enum oht_detail: OK, EXCEPTION, SHORT, CRC, LENGTH, UNIT, FUNCTION or ECHO.
 */
int oht_frame_verify(const struct oht_frame_request *req, const u8 *adu, unsigned int bytes,
		     u8 *exception);

/**
 * oht_frame_words() - take the values out of a verified reply
 * @req: what was sent
 * @adu: a reply for which oht_frame_verify() returned OK
 * @words: out: OHT_WORDS_MAX of room; registers in host byte order, coils 16 per word
 *
 * Return: words written; 0 for a reply that carries none.
 */
unsigned int oht_frame_words(const struct oht_frame_request *req, const u8 *adu, u16 *words);

/**
 * oht_frame_pdu() - take the answer out as it stands, where it is not made of words
 * @req: what was sent
 * @adu: a reply for which oht_frame_verify() returned OK
 * @bytes: its length
 * @pdu: out: OHT_PDU_MAX_BYTES of room
 *
 * Return: bytes of the PDU if @req is raw or IDENTIFY, else 0 and @pdu untouched.
 */
unsigned int oht_frame_pdu(const struct oht_frame_request *req, const u8 *adu, unsigned int bytes,
			   u8 *pdu);

/* True if the answer is given out as a PDU, not as words: raw, IDENTIFY. */
bool oht_frame_is_opaque(const struct oht_frame_request *req);

/* True if @function changes something in the unit, or if we do not know that it does not. */
bool oht_frame_is_write(u8 function);

/*
 * True if a sound answer does not say which request it answers, only how much was asked for: then
 * a late one to an earlier request looks like the answer to this one.
 */
bool oht_frame_is_blind(const struct oht_frame_request *req);

/* The CRC that a frame carries. */
static inline u16 oht_frame_crc(const u8 *adu, unsigned int bytes)
{
	return adu[bytes - 2] | adu[bytes - 1] << 8;
}

/* True if the frame of which these are the first bytes ends sound right here, whatever it is. */
bool oht_frame_is_sound(const u8 *adu, unsigned int bytes);

#endif /* OHT_FRAME_H */
