// SPDX-License-Identifier: GPL-2.0-only
/*
 * The far end: slaves with registers. A frame is what has a good checksum when the line pauses.
 *
 * A register has the value that oht_sim_initial() gives it until it is written, so a test knows the
 * right value of each read. A test of the daemon sets the registers of real modules.
 */
#include <linux/crc16.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "sim.h"

#define OHT_SIM_EXCEPTION	0x80
#define OHT_SIM_BAD_FUNCTION	1
#define OHT_SIM_BAD_ADDRESS	2
#define OHT_SIM_BAD_VALUE	3

struct oht_sim_answer {
	u8 data[OHT_ADU_MAX_BYTES];
	unsigned int bytes;
};

/* tests/guest/lib/sim.c has the same. */
static u16 oht_sim_initial(unsigned int unit, unsigned int address)
{
	return unit * 4099 + address * 257 + 17;
}

void oht_sim_slaves_reset(struct oht_sim_wire *w)
{
	unsigned int i, address;

	prandom_seed_state(&w->rnd, oht_sim_settings.seed);
	for (i = 0; i < OHT_SIM_SLAVES; i++) {
		bitmap_fill(w->slave[i].has, OHT_SIM_REGISTERS);
		for (address = 0; address < OHT_SIM_REGISTERS; address++)
			w->slave[i].reg[address] =
				oht_sim_initial(OHT_SIM_FIRST_UNIT + i, address);
	}
}

int oht_sim_slaves_set(struct oht_sim_wire *w, const char *line)
{
	unsigned int unit, address, value;
	int given = sscanf(line, "%u %u %u", &unit, &address, &value);
	struct oht_sim_slave *s;

	if (given < 1 || unit < OHT_SIM_FIRST_UNIT || unit - OHT_SIM_FIRST_UNIT >= OHT_SIM_SLAVES)
		return -EINVAL;
	s = &w->slave[unit - OHT_SIM_FIRST_UNIT];
	if (given == 1) {
		bitmap_zero(s->has, OHT_SIM_REGISTERS);
		return 0;
	}
	if (given != 3 || address >= OHT_SIM_REGISTERS || value > U16_MAX)
		return -EINVAL;
	__set_bit(address, s->has);
	s->reg[address] = value;
	return 0;
}

static void oht_sim_put(struct oht_sim_answer *a, const u8 *data, unsigned int bytes)
{
	memcpy(a->data + a->bytes, data, bytes);
	a->bytes += bytes;
}

static u16 oht_sim_get(const u8 *data)
{
	return data[0] << 8 | data[1];
}

static void oht_sim_put_word(struct oht_sim_answer *a, u16 word)
{
	a->data[a->bytes++] = word >> 8;
	a->data[a->bytes++] = word & 0xff;
}

static void oht_sim_refuse(struct oht_sim_answer *a, u8 code)
{
	a->data[1] |= OHT_SIM_EXCEPTION;
	a->data[2] = code;
	a->bytes = 3;
}

static bool oht_sim_has(const struct oht_sim_slave *s, unsigned int address, unsigned int count)
{
	unsigned int end = address + count;

	return end <= OHT_SIM_REGISTERS && find_next_zero_bit(s->has, end, address) >= end;
}

static void oht_sim_read(struct oht_sim_slave *s, const u8 *pdu, struct oht_sim_answer *a)
{
	unsigned int address = oht_sim_get(pdu + 1), count = oht_sim_get(pdu + 3), i;

	if (!count || count > OHT_WORDS_MAX) {
		oht_sim_refuse(a, OHT_SIM_BAD_VALUE);
		return;
	}
	if (!oht_sim_has(s, address, count)) {
		oht_sim_refuse(a, OHT_SIM_BAD_ADDRESS);
		return;
	}
	a->data[a->bytes++] = 2 * count;
	for (i = 0; i < count; i++)
		oht_sim_put_word(a, s->reg[address + i]);
}

static void oht_sim_write_one(struct oht_sim_slave *s, const u8 *pdu, struct oht_sim_answer *a)
{
	unsigned int address = oht_sim_get(pdu + 1);

	if (!oht_sim_has(s, address, 1)) {
		oht_sim_refuse(a, OHT_SIM_BAD_ADDRESS);
		return;
	}
	s->reg[address] = oht_sim_get(pdu + 3);
	oht_sim_put(a, pdu + 1, 4);
}

/* @head: address, count, bytes, values, as in 16 and at the end of 23. */
static bool oht_sim_store(struct oht_sim_slave *s, const u8 *head, unsigned int bytes,
			  struct oht_sim_answer *a)
{
	unsigned int address = oht_sim_get(head), count = oht_sim_get(head + 2), i;

	if (!count || head[4] != 2 * count || bytes != 5 + 2 * count) {
		oht_sim_refuse(a, OHT_SIM_BAD_VALUE);
		return false;
	}
	if (!oht_sim_has(s, address, count)) {
		oht_sim_refuse(a, OHT_SIM_BAD_ADDRESS);
		return false;
	}
	for (i = 0; i < count; i++)
		s->reg[address + i] = oht_sim_get(head + 5 + 2 * i);
	return true;
}

/* @pdu: function and what follows, without checksum. */
static void oht_sim_obey(struct oht_sim_slave *s, const u8 *pdu, unsigned int bytes,
			 struct oht_sim_answer *a)
{
	if ((pdu[0] == 3 || pdu[0] == 4) && bytes == 5) {
		oht_sim_read(s, pdu, a);
	} else if (pdu[0] == 6 && bytes == 5) {
		oht_sim_write_one(s, pdu, a);
	} else if (pdu[0] == 16 && bytes > 6) {
		if (oht_sim_store(s, pdu + 1, bytes - 1, a))
			oht_sim_put(a, pdu + 1, 4);
	} else if (pdu[0] == 23 && bytes > 10) {
		if (oht_sim_store(s, pdu + 5, bytes - 5, a))
			oht_sim_read(s, pdu, a);
	} else {
		oht_sim_refuse(a, OHT_SIM_BAD_FUNCTION);
	}
}

static void oht_sim_answer(struct oht_sim_wire *w, unsigned int index,
			   const struct oht_sim_answer *a, u64 request_end_ps)
{
	struct oht_sim_talk *t = oht_sim_talk_get(w);
	int ppm = clamp(oht_sim_settings.ppm[index], -50000, 50000);

	if (!t)
		return;
	w->answers++;
	memcpy(t->data, a->data, a->bytes);
	t->bytes = a->bytes;
	/* Its clock is off, and its transmitter begins with a tick of it. */
	t->char_ps = div_u64(w->line.char_ps * (1000000 - ppm), 1000000);
	t->start_ps = request_end_ps + oht_sim_settings.turnaround_ns[index] * 1000ULL +
		      oht_sim_random(w, w->line.bit_ps);
	t->active = true;
	if (oht_sim_settings.pause_unit == OHT_SIM_FIRST_UNIT + index)
		t->pause_each_ps = oht_sim_settings.pause_ns * 1000ULL;
	oht_sim_disturb(w, t, OHT_SIM_FIRST_UNIT + index);
}

static void oht_sim_ask(struct oht_sim_wire *w, unsigned int index, const u8 *adu,
			unsigned int bytes, u64 end_ps)
{
	struct oht_sim_answer a = { .data = { adu[0], adu[1] }, .bytes = 2 };
	u16 crc;

	w->slave[index].requests++;
	oht_sim_obey(&w->slave[index], adu + 1, bytes - 3, &a);
	if (!adu[0])
		return;
	crc = crc16(0xffff, a.data, a.bytes);
	a.data[a.bytes++] = crc & 0xff;
	a.data[a.bytes++] = crc >> 8;
	oht_sim_answer(w, index, &a, end_ps);
}

void oht_sim_slaves_hear(struct oht_sim_wire *w, struct oht_sim_uart *u)
{
	unsigned int bytes = u->frame_bytes, i;
	bool spoiled = u->spoiled;

	u->spoiled = false;
	if (spoiled) {
		w->spoiled++;
		u->frame_bytes = 0;
		return;
	}
	/* Not yet a frame: the rest may follow without a pause that would end it. */
	if (bytes < OHT_ADU_MIN_BYTES || crc16(0xffff, u->frame, bytes))
		return;
	u->frame_bytes = 0;
	if (u->frame[1] == OHT_FC_WRITE_REGISTER)
		oht_sim_judge_write(w, oht_sim_get(u->frame + 2));
	for (i = 0; i < OHT_SIM_SLAVES; i++)
		if (!u->frame[0] || u->frame[0] == OHT_SIM_FIRST_UNIT + i)
			oht_sim_ask(w, i, u->frame, bytes, u->frame_end_ps);
}
