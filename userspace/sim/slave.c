// SPDX-License-Identifier: GPL-2.0-or-later
/* A Modbus slave's answers. */
#include "slave.h"

#include <stdio.h>
#include <string.h>

#define READ_MAX		125u
#define WRITE_MAX		123u
#define WRITE_MAX_BY_FC23	121u

/* Read Device Identification. */
#define MEI_IDENTIFY		14u
#define CODE_ONE		4u
#define CONFORMITY_BASIC	0x81u	/* three objects, as a stream or one by one */
#define OBJECTS			3u
#define OBJECT_BYTES		32u

/* A request without unit and checksum, and the reply to it under construction. */
struct exchange {
	struct oht_sim_bank *bank;
	const uint8_t *pdu;
	uint8_t *reply;		/* PDU */
	size_t reply_len;
};

static uint16_t get16(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static void put16(uint8_t *bytes, uint16_t value)
{
	bytes[0] = (uint8_t)(value >> 8);
	bytes[1] = (uint8_t)value;
}

static enum oht_sim_exception reply_registers(struct exchange *x, uint16_t address,
					      unsigned int count)
{
	uint16_t words[READ_MAX];
	enum oht_sim_exception refused = oht_sim_bank_read(x->bank, address, count, words);
	unsigned int i;

	if (refused)
		return refused;
	x->reply[1] = (uint8_t)(count * 2);
	for (i = 0; i < count; i++)
		put16(x->reply + 2 + i * 2, words[i]);
	x->reply_len = 2 + count * 2;
	return OHT_SIM_OK;
}

static enum oht_sim_exception write_registers(struct exchange *x, const uint8_t *block,
					      unsigned int max)
{
	/* block: address, count, number of bytes, data */
	unsigned int count = get16(block + 2), i;
	uint16_t words[WRITE_MAX];

	if (!count || count > max || block[4] != count * 2)
		return OHT_SIM_ILLEGAL_VALUE;
	for (i = 0; i < count; i++)
		words[i] = get16(block + 5 + i * 2);
	return oht_sim_bank_write(x->bank, get16(block), count, words);
}

static enum oht_sim_exception read_holding(struct exchange *x)
{
	unsigned int count = get16(x->pdu + 3);

	if (!count || count > READ_MAX)
		return OHT_SIM_ILLEGAL_VALUE;
	return reply_registers(x, get16(x->pdu + 1), count);
}

static enum oht_sim_exception write_single(struct exchange *x)
{
	uint16_t word = get16(x->pdu + 3);

	memcpy(x->reply + 1, x->pdu + 1, 4);
	x->reply_len = 5;
	return oht_sim_bank_write(x->bank, get16(x->pdu + 1), 1, &word);
}

static enum oht_sim_exception write_multiple(struct exchange *x)
{
	memcpy(x->reply + 1, x->pdu + 1, 4);
	x->reply_len = 5;
	return write_registers(x, x->pdu + 1, WRITE_MAX);
}

/* A bit becomes what the OR mask says where the AND mask is 0, else it stays. */
static enum oht_sim_exception mask_write(struct exchange *x)
{
	uint16_t address = get16(x->pdu + 1), keep = get16(x->pdu + 3), set = get16(x->pdu + 5);
	enum oht_sim_exception refused;
	uint16_t word;

	memcpy(x->reply + 1, x->pdu + 1, 6);
	x->reply_len = 7;
	refused = oht_sim_bank_read(x->bank, address, 1, &word);
	if (refused)
		return refused;
	word = (uint16_t)((word & keep) | (set & ~keep));
	return oht_sim_bank_write(x->bank, address, 1, &word);
}

/* The write comes first, so that the reply shows what it did; neither happens if one is refused. */
static enum oht_sim_exception read_write(struct exchange *x)
{
	unsigned int count = get16(x->pdu + 3);
	enum oht_sim_exception refused;

	if (!count || count > READ_MAX)
		return OHT_SIM_ILLEGAL_VALUE;
	refused = reply_registers(x, get16(x->pdu + 1), count);
	if (!refused)
		refused = write_registers(x, x->pdu + 5, WRITE_MAX_BY_FC23);
	return refused ? refused : reply_registers(x, get16(x->pdu + 1), count);
}

static size_t object_text(const struct oht_sim_bank *bank, unsigned int object, char *text)
{
	const struct oht_register *reg = oht_regmap_find(bank->map, "firmware_version");
	unsigned int version = (unsigned int)oht_sim_bank_get(bank, reg);

	if (object == 0)
		return (size_t)snprintf(text, OBJECT_BYTES, "oht-sim");
	if (object == 1)
		return (size_t)snprintf(text, OBJECT_BYTES, "%.31s", bank->module->name);
	return (size_t)snprintf(text, OBJECT_BYTES, "%u.%02u", version >> 8 & 0xff, version & 0xff);
}

static void append_object(struct exchange *x, unsigned int object)
{
	char text[OBJECT_BYTES];
	size_t len = object_text(x->bank, object, text);

	x->reply[x->reply_len++] = (uint8_t)object;
	x->reply[x->reply_len++] = (uint8_t)len;
	memcpy(x->reply + x->reply_len, text, len);
	x->reply_len += len;
}

/* A stream that is asked to begin at an object that is not there begins at the first. */
static enum oht_sim_exception identify(struct exchange *x)
{
	unsigned int code, first, last = OBJECTS - 1, i;

	/* Only with this type is it certain that the rest is there. */
	if (x->pdu[1] != MEI_IDENTIFY)
		return OHT_SIM_ILLEGAL_FUNCTION;
	code = x->pdu[2];
	first = x->pdu[3];
	if (code < 1 || code > CODE_ONE)
		return OHT_SIM_ILLEGAL_VALUE;
	if (first >= OBJECTS && code == CODE_ONE)
		return OHT_SIM_ILLEGAL_ADDRESS;
	if (first >= OBJECTS)
		first = 0;
	if (code == CODE_ONE)
		last = first;
	x->reply[1] = MEI_IDENTIFY;
	x->reply[2] = (uint8_t)code;
	x->reply[3] = CONFORMITY_BASIC;
	x->reply[4] = 0;	/* nothing more follows */
	x->reply[5] = 0;
	x->reply[6] = (uint8_t)(last - first + 1);
	x->reply_len = 7;
	for (i = first; i <= last; i++)
		append_object(x, i);
	return OHT_SIM_OK;
}

static enum oht_sim_exception execute(struct exchange *x)
{
	switch (x->pdu[0]) {
	case 3:
	case 4:
		return read_holding(x);
	case 6:
		return write_single(x);
	case 16:
		return write_multiple(x);
	case 22:
		return mask_write(x);
	case 23:
		return read_write(x);
	case 43:
		return identify(x);
	default:
		return OHT_SIM_ILLEGAL_FUNCTION;
	}
}

size_t oht_sim_slave_refuse(uint8_t unit, uint8_t function, uint8_t exception, uint8_t *reply)
{
	reply[0] = unit;
	reply[1] = function | 0x80;
	reply[2] = exception;
	return oht_sim_adu_seal(reply, 3);
}

size_t oht_sim_slave_answer(struct oht_sim_bank *bank, uint8_t unit, const uint8_t *request,
			    size_t len, uint8_t *reply)
{
	struct exchange x = { .bank = bank, .pdu = request + 1, .reply = reply + 1 };
	enum oht_sim_exception refused;
	size_t expected = oht_sim_adu_request_bytes(request, len);

	if (len > OHT_SIM_ADU_MAX_BYTES || !oht_sim_adu_sealed(request, len) ||
	    (request[0] != unit && request[0] != OHT_SIM_BROADCAST) ||
	    (expected != SIZE_MAX && expected != len))
		return 0;
	refused = execute(&x);
	if (request[0] == OHT_SIM_BROADCAST)
		return 0;
	if (refused)
		return oht_sim_slave_refuse(unit, request[1], (uint8_t)refused, reply);
	reply[0] = unit;
	reply[1] = request[1];
	return oht_sim_adu_seal(reply, 1 + x.reply_len);
}
