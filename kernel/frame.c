// SPDX-License-Identifier: GPL-2.0-only
#include <linux/crc16.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include "frame.h"

#define OHT_CRC_SEED		0xffff
#define OHT_CRC_BYTES		2
#define OHT_EXCEPTION_BYTES	5	/* unit, function | 0x80, code, CRC */
#define OHT_ECHO_BYTES		8	/* unit, function, address, value or quantity, CRC */
#define OHT_MASK_BYTES		10	/* unit, function, address, AND, OR, CRC */
#define OHT_COUNTED_BYTES	5	/* unit, function, byte count, CRC */
#define OHT_COUNT_MAX_BYTES	(OHT_ADU_MAX_BYTES - OHT_COUNTED_BYTES)
#define OHT_BITS_PER_WORD	16
#define OHT_IDENTIFY_BYTES	7	/* unit, function, MEI type, code, first object, CRC */
#define OHT_OBJECTS_AT		8	/* unit, function, MEI type, code and four more bytes */
#define OHT_MEI_IDENTIFY	0x0e
#define OHT_IDENTIFY_ONE	4	/* code: just the object asked for */

enum oht_frame_request_kind {
	OHT_REQUEST_FIXED,	/* address and one more word */
	OHT_REQUEST_MASK,	/* address and two more words */
	OHT_REQUEST_COUNTED,	/* address, quantity, byte count, values */
	OHT_REQUEST_BOTH,	/* a range to read, then as COUNTED a range to write */
	OHT_REQUEST_IDENTIFY,	/* MEI type, code, first object */
};

enum oht_frame_reply_kind {
	OHT_REPLY_COUNTED,	/* byte count, then values */
	OHT_REPLY_ECHO,		/* the first six bytes of the request */
	OHT_REPLY_MASK,		/* the first eight bytes of the request */
	OHT_REPLY_OBJECTS,	/* MEI type, code, then a list of objects, each with its length */
};

/* One row for each function code that we speak. */
struct oht_frame_rule {
	u8 function;
	u8 request;
	u8 reply;
	bool bits;		/* values are coils, not registers */
	bool write;		/* changes something in the unit */
	u16 count_max;
	u16 write_max;
};

static const struct oht_frame_rule oht_frame_rules[] = {
	{ OHT_FC_READ_COILS,      OHT_REQUEST_FIXED,   OHT_REPLY_COUNTED, true,  false, 2000, 0 },
	{ OHT_FC_READ_DISCRETE,   OHT_REQUEST_FIXED,   OHT_REPLY_COUNTED, true,  false, 2000, 0 },
	{ OHT_FC_READ_HOLDING,    OHT_REQUEST_FIXED,   OHT_REPLY_COUNTED, false, false, 125,  0 },
	{ OHT_FC_READ_INPUT,      OHT_REQUEST_FIXED,   OHT_REPLY_COUNTED, false, false, 125,  0 },
	{ OHT_FC_WRITE_COIL,      OHT_REQUEST_FIXED,   OHT_REPLY_ECHO,    true,  true,  1,    0 },
	{ OHT_FC_WRITE_REGISTER,  OHT_REQUEST_FIXED,   OHT_REPLY_ECHO,    false, true,  1,    0 },
	{ OHT_FC_WRITE_COILS,     OHT_REQUEST_COUNTED, OHT_REPLY_ECHO,    true,  true,  1968, 0 },
	{ OHT_FC_WRITE_REGISTERS, OHT_REQUEST_COUNTED, OHT_REPLY_ECHO,    false, true,  123,  0 },
	{ OHT_FC_MASK_WRITE,      OHT_REQUEST_MASK,    OHT_REPLY_MASK,    false, true,  1,    0 },
	{ OHT_FC_READ_WRITE,      OHT_REQUEST_BOTH,    OHT_REPLY_COUNTED, false, true,  125,  121 },
	{ OHT_FC_IDENTIFY,        OHT_REQUEST_IDENTIFY, OHT_REPLY_OBJECTS, false, false, 4,    0 },
};

static const struct oht_frame_rule *oht_frame_rule(u8 function)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(oht_frame_rules); i++)
		if (oht_frame_rules[i].function == function)
			return &oht_frame_rules[i];
	return NULL;
}

static u8 *oht_frame_put16(u8 *at, u16 value)
{
	*at++ = value >> 8;
	*at++ = value & 0xff;
	return at;
}

static u16 oht_frame_get16(const u8 *at)
{
	return at[0] << 8 | at[1];
}

/* The CRC is the one field that goes out low byte first. */
static int oht_frame_seal(u8 *adu, const u8 *end)
{
	unsigned int bytes = end - adu;
	u16 crc = crc16(OHT_CRC_SEED, adu, bytes);

	adu[bytes] = crc & 0xff;
	adu[bytes + 1] = crc >> 8;
	return bytes + OHT_CRC_BYTES;
}

bool oht_frame_is_sound(const u8 *adu, unsigned int bytes)
{
	unsigned int body = bytes - OHT_CRC_BYTES;
	u16 crc;

	if (bytes < OHT_ADU_MIN_BYTES)
		return false;
	crc = crc16(OHT_CRC_SEED, adu, body);
	return adu[body] == (crc & 0xff) && adu[body + 1] == crc >> 8;
}

static unsigned int oht_frame_value_bytes(const struct oht_frame_rule *rule, unsigned int count)
{
	return rule->bits ? (count + 7) / 8 : count * 2;
}

static bool oht_frame_range_ok(u16 address, u16 count, u16 max)
{
	return count >= 1 && count <= max && (u32)address + count <= 0x10000;
}

/* The specification reserves what is above OHT_UNIT_MAX; some units have no other address. */
static bool oht_frame_unit_in_range(const struct oht_frame_request *req)
{
	return req->any_unit ? req->unit >= OHT_UNIT_MIN : req->unit <= OHT_UNIT_MAX;
}

static int oht_frame_check_raw(const struct oht_frame_request *req)
{
	if (!req->pdu || !req->count || req->count > OHT_PDU_MAX_BYTES)
		return -EINVAL;
	if (req->address || req->write_address || req->write_count)
		return -EINVAL;
	if (!oht_frame_unit_in_range(req) || req->function != req->pdu[0])
		return -EINVAL;
	return !req->function || (req->function & OHT_FC_EXCEPTION) ? -EINVAL : 0;
}

/* A broadcast has no answer: allowed are the functions that do not need one. */
static bool oht_frame_unit_ok(const struct oht_frame_rule *rule,
			      const struct oht_frame_request *req)
{
	if (!oht_frame_unit_in_range(req))
		return false;
	return req->unit != OHT_UNIT_BROADCAST ||
	       (rule->write && rule->reply != OHT_REPLY_COUNTED);
}

static bool oht_frame_write_range_ok(const struct oht_frame_rule *rule,
				     const struct oht_frame_request *req)
{
	if (!rule->write_max)
		return !req->write_address && !req->write_count;
	return oht_frame_range_ok(req->write_address, req->write_count, rule->write_max);
}

int oht_frame_check(const struct oht_frame_request *req)
{
	const struct oht_frame_rule *rule = oht_frame_rule(req->function);

	if (req->raw)
		return oht_frame_check_raw(req);
	if (!rule)
		return -EOPNOTSUPP;
	if (!oht_frame_unit_ok(rule, req))
		return -EINVAL;
	if (!oht_frame_range_ok(req->address, req->count, rule->count_max) ||
	    !oht_frame_write_range_ok(rule, req))
		return -EINVAL;
	if (req->function == OHT_FC_IDENTIFY && req->address > 0xff)
		return -EINVAL;
	if (rule->write && !req->words)
		return -EINVAL;
	if (req->function == OHT_FC_WRITE_COIL && req->words[0] > 1)
		return -EINVAL;
	return 0;
}

/* What follows the address in a request of fixed length and in its echo. */
static u16 oht_frame_second_word(const struct oht_frame_request *req)
{
	switch (req->function) {
	case OHT_FC_WRITE_COIL:
		return req->words[0] ? 0xff00 : 0;
	case OHT_FC_WRITE_REGISTER:
	case OHT_FC_MASK_WRITE:
		return req->words[0];
	default:
		return req->count;
	}
}

static u8 *oht_frame_put_values(u8 *at, const struct oht_frame_rule *rule, const u16 *words,
				unsigned int count)
{
	unsigned int bytes = oht_frame_value_bytes(rule, count);
	unsigned int i;

	*at++ = bytes;
	for (i = 0; !rule->bits && i < count; i++)
		at = oht_frame_put16(at, words[i]);
	for (i = 0; rule->bits && i < bytes; i++)
		*at++ = words[i / 2] >> (i % 2 * 8) & 0xff;
	/* Coils beyond the quantity are sent as zero. */
	if (rule->bits && count % 8)
		at[-1] &= (1 << count % 8) - 1;
	return at;
}

static int oht_frame_build_identify(u8 *adu, const struct oht_frame_request *req)
{
	adu[2] = OHT_MEI_IDENTIFY;
	adu[3] = req->count;
	adu[4] = req->address;
	return oht_frame_seal(adu, adu + OHT_IDENTIFY_BYTES - OHT_CRC_BYTES);
}

int oht_frame_build(u8 *adu, const struct oht_frame_request *req)
{
	const struct oht_frame_rule *rule = oht_frame_rule(req->function);
	int err = oht_frame_check(req);
	u8 *at = adu;

	if (err)
		return err;
	if (req->raw)
		return oht_frame_build_raw(adu, req->unit, req->pdu, req->count);
	*at++ = req->unit;
	*at++ = req->function;
	if (rule->request == OHT_REQUEST_IDENTIFY)
		return oht_frame_build_identify(adu, req);
	at = oht_frame_put16(at, req->address);
	at = oht_frame_put16(at, oht_frame_second_word(req));
	switch (rule->request) {
	case OHT_REQUEST_MASK:
		at = oht_frame_put16(at, req->words[1]);
		break;
	case OHT_REQUEST_COUNTED:
		at = oht_frame_put_values(at, rule, req->words, req->count);
		break;
	case OHT_REQUEST_BOTH:
		at = oht_frame_put16(at, req->write_address);
		at = oht_frame_put16(at, req->write_count);
		at = oht_frame_put_values(at, rule, req->words, req->write_count);
		break;
	}
	return oht_frame_seal(adu, at);
}

int oht_frame_build_raw(u8 *adu, u8 unit, const u8 *pdu, unsigned int pdu_bytes)
{
	if (pdu_bytes < 1 || pdu_bytes > OHT_PDU_MAX_BYTES)
		return -EINVAL;
	adu[0] = unit;
	memcpy(adu + 1, pdu, pdu_bytes);
	return oht_frame_seal(adu, adu + 1 + pdu_bytes);
}

int oht_frame_request_bytes(const struct oht_frame_request *req)
{
	const struct oht_frame_rule *rule = oht_frame_rule(req->function);

	if (req->raw)
		return 1 + req->count + OHT_CRC_BYTES;
	if (!rule)
		return -EOPNOTSUPP;
	switch (rule->request) {
	case OHT_REQUEST_MASK:
		return OHT_MASK_BYTES;
	case OHT_REQUEST_IDENTIFY:
		return OHT_IDENTIFY_BYTES;
	case OHT_REQUEST_COUNTED:
		return OHT_ECHO_BYTES + 1 + oht_frame_value_bytes(rule, req->count);
	case OHT_REQUEST_BOTH:
		return OHT_ECHO_BYTES + 5 + oht_frame_value_bytes(rule, req->write_count);
	default:
		return OHT_ECHO_BYTES;
	}
}

unsigned int oht_frame_values_sent(const struct oht_frame_request *req)
{
	const struct oht_frame_rule *rule = oht_frame_rule(req->function);

	if (req->raw || !rule || !rule->write)
		return 0;
	if (rule->request == OHT_REQUEST_MASK)
		return 2;
	if (rule->request == OHT_REQUEST_BOTH)
		return req->write_count;
	return rule->bits ? (req->count + OHT_BITS_PER_WORD - 1) / OHT_BITS_PER_WORD : req->count;
}

/* The list says how long it is, object by object. */
static int oht_frame_objects_bytes(const u8 *adu, unsigned int bytes)
{
	unsigned int at = OHT_OBJECTS_AT, i;

	if (bytes < 3)
		return 0;
	if (adu[2] != OHT_MEI_IDENTIFY)
		return -EOPNOTSUPP;
	if (bytes < OHT_OBJECTS_AT)
		return 0;
	for (i = 0; i < adu[OHT_OBJECTS_AT - 1]; i++) {
		if (at + 2 + OHT_CRC_BYTES > OHT_ADU_MAX_BYTES)
			return -EMSGSIZE;
		if (bytes < at + 2)
			return 0;
		at += 2 + adu[at + 1];
	}
	return at + OHT_CRC_BYTES > OHT_ADU_MAX_BYTES ? -EMSGSIZE : (int)(at + OHT_CRC_BYTES);
}

int oht_frame_answer_bytes(const struct oht_frame_request *req)
{
	const struct oht_frame_rule *rule = oht_frame_rule(req->function);

	if (req->unit == OHT_UNIT_BROADCAST)
		return 0;
	if (req->raw || !rule)
		return -EOPNOTSUPP;
	switch (rule->reply) {
	case OHT_REPLY_COUNTED:
		return OHT_COUNTED_BYTES + oht_frame_value_bytes(rule, req->count);
	case OHT_REPLY_ECHO:
		return OHT_ECHO_BYTES;
	case OHT_REPLY_MASK:
		return OHT_MASK_BYTES;
	default:
		return -EOPNOTSUPP;
	}
}

int oht_frame_reply_bytes(const u8 *adu, unsigned int bytes)
{
	const struct oht_frame_rule *rule;

	if (bytes < 2)
		return 0;
	if (adu[1] & OHT_FC_EXCEPTION)
		return OHT_EXCEPTION_BYTES;
	rule = oht_frame_rule(adu[1]);
	if (!rule)
		return -EOPNOTSUPP;
	switch (rule->reply) {
	case OHT_REPLY_ECHO:
		return OHT_ECHO_BYTES;
	case OHT_REPLY_MASK:
		return OHT_MASK_BYTES;
	case OHT_REPLY_OBJECTS:
		return oht_frame_objects_bytes(adu, bytes);
	}
	if (bytes < 3)
		return 0;
	return adu[2] > OHT_COUNT_MAX_BYTES ? -EMSGSIZE : OHT_COUNTED_BYTES + adu[2];
}

static int oht_frame_match_objects(const struct oht_frame_request *req, const u8 *adu)
{
	if (adu[2] != OHT_MEI_IDENTIFY)
		return OHT_DETAIL_FUNCTION;
	if (adu[3] != req->count)
		return OHT_DETAIL_ECHO;
	if (req->count != OHT_IDENTIFY_ONE)
		return OHT_DETAIL_OK;
	if (adu[OHT_OBJECTS_AT - 1] != 1)
		return OHT_DETAIL_LENGTH;
	return adu[OHT_OBJECTS_AT] == req->address ? OHT_DETAIL_OK : OHT_DETAIL_ECHO;
}

/* The CRC is right: does the content answer the request? */
static int oht_frame_match(const struct oht_frame_request *req, const u8 *adu, u8 *exception)
{
	const struct oht_frame_rule *rule = oht_frame_rule(req->function);

	if (adu[0] != req->unit)
		return OHT_DETAIL_UNIT;
	if (adu[1] == (req->function | OHT_FC_EXCEPTION)) {
		*exception = adu[2];
		return OHT_DETAIL_EXCEPTION;
	}
	if (adu[1] != req->function)
		return OHT_DETAIL_FUNCTION;
	if (req->raw)
		return OHT_DETAIL_OK;
	if (!rule)
		return OHT_DETAIL_FUNCTION;
	if (rule->reply == OHT_REPLY_OBJECTS)
		return oht_frame_match_objects(req, adu);
	if (rule->reply == OHT_REPLY_COUNTED)
		return adu[2] == oht_frame_value_bytes(rule, req->count) ?
			OHT_DETAIL_OK : OHT_DETAIL_LENGTH;
	if (oht_frame_get16(adu + 2) != req->address ||
	    oht_frame_get16(adu + 4) != oht_frame_second_word(req))
		return OHT_DETAIL_ECHO;
	if (rule->reply == OHT_REPLY_MASK && oht_frame_get16(adu + 6) != req->words[1])
		return OHT_DETAIL_ECHO;
	return OHT_DETAIL_OK;
}

int oht_frame_verify(const struct oht_frame_request *req, const u8 *adu, unsigned int bytes,
		     u8 *exception)
{
	int need = oht_frame_reply_bytes(adu, bytes);

	if (bytes < OHT_ADU_MIN_BYTES || !need || need > (int)bytes)
		return OHT_DETAIL_SHORT;
	/*
	 * The length is unknown and silence has ended the frame, so the CRC must be right over all
	 * of it.
	 */
	if (!oht_frame_is_sound(adu, need > 0 ? need : (int)bytes))
		return OHT_DETAIL_CRC;
	if (need == -EMSGSIZE || (need > 0 && need < (int)bytes))
		return OHT_DETAIL_LENGTH;
	return oht_frame_match(req, adu, exception);
}

unsigned int oht_frame_words(const struct oht_frame_request *req, const u8 *adu, u16 *words)
{
	const struct oht_frame_rule *rule = oht_frame_rule(req->function);
	unsigned int count, i;

	if (req->raw || !rule || rule->reply != OHT_REPLY_COUNTED)
		return 0;
	if (!rule->bits) {
		for (i = 0; i < req->count; i++)
			words[i] = oht_frame_get16(adu + 3 + 2 * i);
		return req->count;
	}
	count = (req->count + OHT_BITS_PER_WORD - 1) / OHT_BITS_PER_WORD;
	memset(words, 0, count * sizeof(*words));
	for (i = 0; i < oht_frame_value_bytes(rule, req->count); i++)
		words[i / 2] |= adu[3 + i] << (i % 2 * 8);
	/* What a unit puts into the bits beyond the quantity means nothing. */
	if (req->count % OHT_BITS_PER_WORD)
		words[count - 1] &= (1 << req->count % OHT_BITS_PER_WORD) - 1;
	return count;
}

bool oht_frame_is_write(u8 function)
{
	const struct oht_frame_rule *rule = oht_frame_rule(function);

	return !rule || rule->write;
}

bool oht_frame_is_opaque(const struct oht_frame_request *req)
{
	const struct oht_frame_rule *rule = oht_frame_rule(req->function);

	return req->raw || !rule || rule->reply == OHT_REPLY_OBJECTS;
}

bool oht_frame_is_blind(const struct oht_frame_request *req)
{
	const struct oht_frame_rule *rule = oht_frame_rule(req->function);

	return oht_frame_is_opaque(req) || rule->reply == OHT_REPLY_COUNTED;
}

unsigned int oht_frame_pdu(const struct oht_frame_request *req, const u8 *adu, unsigned int bytes,
			   u8 *pdu)
{
	unsigned int pdu_bytes = bytes - 1 - OHT_CRC_BYTES;

	if (!oht_frame_is_opaque(req))
		return 0;
	memcpy(pdu, adu + 1, pdu_bytes);
	return pdu_bytes;
}
