// SPDX-License-Identifier: GPL-2.0-or-later
/* A Modbus slave's answers. */
#include "slave.h"

#include <string.h>

#define READ_MAX		125u
#define WRITE_MAX		123u
#define WRITE_MAX_BY_FC23	121u

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
	case 23:
		return read_write(x);
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
