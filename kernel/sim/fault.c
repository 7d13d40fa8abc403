// SPDX-License-Identifier: GPL-2.0-only
/* What may become of an answer on its way. */
#include <linux/crc16.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "sim.h"

/* A sound answer of another unit: eight equal words. */
#define OHT_SIM_FOREIGN_WORDS	8
#define OHT_SIM_FOREIGN_BYTES	(5 + 2 * OHT_SIM_FOREIGN_WORDS)

static void oht_sim_foreign_frame(u8 *data, u8 unit)
{
	u16 crc;

	data[0] = unit == OHT_SIM_FIRST_UNIT ? unit + 1 : OHT_SIM_FIRST_UNIT;
	data[1] = 3;
	data[2] = 2 * OHT_SIM_FOREIGN_WORDS;
	memset(data + 3, 0xee, 2 * OHT_SIM_FOREIGN_WORDS);
	crc = crc16(0xffff, data, OHT_SIM_FOREIGN_BYTES - 2);
	data[OHT_SIM_FOREIGN_BYTES - 2] = crc & 0xff;
	data[OHT_SIM_FOREIGN_BYTES - 1] = crc >> 8;
}

/* Nine to a character: its data, and its stop bit. */
static void oht_sim_flip(struct oht_sim_wire *w, struct oht_sim_talk *t)
{
	int bit = oht_sim_settings.flip_bit;
	unsigned int at, in_char;

	if (bit < 0 || bit >= t->bytes * 9)
		bit = oht_sim_random(w, t->bytes * 9);
	at = bit / 9;
	in_char = bit % 9;
	if (in_char == 8)
		t->framing_at = at;
	else
		t->data[at] ^= BIT(in_char);
}

static void oht_sim_insert(struct oht_sim_wire *w, struct oht_sim_talk *t)
{
	unsigned int at = oht_sim_random(w, t->bytes + 1);

	memmove(t->data + at + 1, t->data + at, t->bytes - at);
	t->data[at] = prandom_u32_state(&w->rnd);
	t->bytes++;
}

static void oht_sim_babble(struct oht_sim_talk *t)
{
	t->random = true;
	t->bytes = 1 + div64_u64(oht_sim_settings.babble_ns * 1000ULL, t->char_ps);
}

static void oht_sim_again(struct oht_sim_wire *w, struct oht_sim_talk *t)
{
	memcpy(t->data + t->bytes, t->data, t->bytes);
	t->pause_at = t->bytes;
	t->pause_ps = w->line.t35_ps;
	t->bytes *= 2;
}

static void oht_sim_foreign_first(struct oht_sim_wire *w, struct oht_sim_talk *t, u8 unit)
{
	memmove(t->data + OHT_SIM_FOREIGN_BYTES, t->data, t->bytes);
	oht_sim_foreign_frame(t->data, unit);
	t->pause_at = OHT_SIM_FOREIGN_BYTES;
	t->pause_ps = w->line.t35_ps;
	t->bytes += OHT_SIM_FOREIGN_BYTES;
}

static void oht_sim_split(struct oht_sim_wire *w, struct oht_sim_talk *t)
{
	t->pause_at = 1 + oht_sim_random(w, t->bytes - 1);
	t->pause_ps = w->line.t15_ps + oht_sim_random(w, 2 * w->line.t35_ps - w->line.t15_ps);
}

static void oht_sim_spoil(struct oht_sim_wire *w, struct oht_sim_talk *t, u8 unit,
			  enum oht_sim_fault fault)
{
	switch (fault) {
	case OHT_SIM_SILENCE:
		t->active = false;
		break;
	case OHT_SIM_LATE:
		t->start_ps += oht_sim_settings.late_ns * 1000ULL;
		break;
	case OHT_SIM_CRC:
		t->data[t->bytes - 1] ^= 1 + oht_sim_random(w, 255);
		break;
	case OHT_SIM_FLIP:
		oht_sim_flip(w, t);
		break;
	case OHT_SIM_TRUNCATE:
		t->bytes = 1 + oht_sim_random(w, t->bytes - 1);
		break;
	case OHT_SIM_INSERT:
		oht_sim_insert(w, t);
		break;
	case OHT_SIM_SPLIT:
		oht_sim_split(w, t);
		break;
	case OHT_SIM_MERGE:
		oht_sim_foreign_frame(t->data + t->bytes, unit);
		t->bytes += OHT_SIM_FOREIGN_BYTES;
		break;
	case OHT_SIM_BABBLE:
		oht_sim_babble(t);
		break;
	case OHT_SIM_DUPLICATE:
		oht_sim_again(w, t);
		break;
	case OHT_SIM_FOREIGN:
		oht_sim_foreign_first(w, t, unit);
		break;
	default:
		break;
	}
}

/* One of those that are asked for, each as likely as the other. */
static enum oht_sim_fault oht_sim_choose(struct oht_sim_wire *w, unsigned long faults)
{
	unsigned int left = oht_sim_random(w, hweight_long(faults));
	unsigned int fault;

	for_each_set_bit(fault, &faults, OHT_SIM_FAULTS)
		if (!left--)
			break;
	return fault;
}

/* Its bytes are not those that the slave meant, and yet it passes for a frame. */
static bool oht_sim_passes(const struct oht_sim_talk *t, enum oht_sim_fault fault)
{
	if (fault != OHT_SIM_CRC && fault != OHT_SIM_FLIP && fault != OHT_SIM_TRUNCATE &&
	    fault != OHT_SIM_INSERT)
		return false;
	return t->framing_at >= t->bytes && t->bytes >= OHT_ADU_MIN_BYTES &&
	       !crc16(0xffff, t->data, t->bytes);
}

void oht_sim_disturb(struct oht_sim_wire *w, struct oht_sim_talk *t, u8 unit)
{
	unsigned long faults = READ_ONCE(oht_sim_settings.faults) & (BIT(OHT_SIM_FAULTS) - 1);
	unsigned int every = READ_ONCE(oht_sim_settings.every);
	enum oht_sim_fault fault;

	if (!faults || (oht_sim_settings.unit && oht_sim_settings.unit != unit))
		return;
	if (every > 1 && w->answers % every)
		return;
	fault = oht_sim_choose(w, faults);
	oht_sim_spoil(w, t, unit, fault);
	w->disturbed[fault]++;
	w->crc_passed += oht_sim_passes(t, fault);
}
