// SPDX-License-Identifier: GPL-2.0-or-later
/* Register memory of one simulated module. */
#include "bank.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

static struct oht_sim_cell *cell_of(const struct oht_sim_bank *bank, const struct oht_register *reg)
{
	return &bank->cell[reg - bank->map->reg];
}

/*
 * The reference's modules serve whole pages of 256 registers and answer 0 where there is nothing;
 * two of the probes that tell the profiles apart rely on it.
 */
static uint32_t last_page_end(const struct oht_regmap *map)
{
	const struct oht_register *last;

	if (!map->count)
		return 0;
	last = &map->reg[map->count - 1];
	return ((last->address + last->words - 1u) | 0xff) + 1;
}

int oht_sim_bank_init(struct oht_sim_bank *bank, const struct oht_module *module,
		      enum oht_profile profile)
{
	size_t i;

	bank->module = module;
	bank->map = &module->map[profile];
	bank->gap_end = profile == OHT_PROFILE_LEGACY ? last_page_end(bank->map) : 0;
	bank->deaf = false;
	bank->cell = calloc(bank->map->count + 1, sizeof(*bank->cell));
	if (!bank->cell)
		return -ENOMEM;
	for (i = 0; i < bank->map->count; i++) {
		const struct oht_register *reg = &bank->map->reg[i];

		/* Without a default as near to 0 as the limits allow. */
		oht_sim_bank_put(bank, reg, reg->has_initial ? reg->initial : 0);
	}
	return 0;
}

void oht_sim_bank_free(struct oht_sim_bank *bank)
{
	free(bank->cell);
	bank->cell = NULL;
}

enum oht_sim_exception oht_sim_bank_read(const struct oht_sim_bank *bank, uint16_t address,
					 unsigned int count, uint16_t *words)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		uint32_t at = address + i;
		const struct oht_register *reg = NULL;

		if (at <= UINT16_MAX)
			reg = oht_regmap_at(bank->map, (uint16_t)at);
		if (reg)
			words[i] = cell_of(bank, reg)->word[at - reg->address];
		else if (at < bank->gap_end)
			words[i] = 0;
		else
			return OHT_SIM_ILLEGAL_ADDRESS;
	}
	return OHT_SIM_OK;
}

/* @words is the part of the block that begins at the register, @left how many are left of it. */
static enum oht_sim_exception may_write(const struct oht_register *reg, uint32_t at,
					unsigned int left, const uint16_t *words)
{
	if (!reg || reg->address != at || reg->access == OHT_ACCESS_RO || left < reg->words)
		return OHT_SIM_ILLEGAL_ADDRESS;
	if (!oht_register_in_range(reg, oht_register_decode(reg, words)))
		return OHT_SIM_ILLEGAL_VALUE;
	return OHT_SIM_OK;
}

static const struct oht_register *register_at(const struct oht_sim_bank *bank, uint32_t at)
{
	return at <= UINT16_MAX ? oht_regmap_at(bank->map, (uint16_t)at) : NULL;
}

enum oht_sim_exception oht_sim_bank_write(struct oht_sim_bank *bank, uint16_t address,
					  unsigned int count, const uint16_t *words)
{
	enum oht_sim_exception found = OHT_SIM_OK;
	const struct oht_register *reg;
	unsigned int i;

	/* A wrong address anywhere outranks a wrong value, as in the standard's order of checks. */
	for (i = 0; i < count; i += reg->words) {
		enum oht_sim_exception one;

		reg = register_at(bank, address + i);
		one = may_write(reg, address + i, count - i, words + i);
		if (one == OHT_SIM_ILLEGAL_ADDRESS)
			return one;
		if (one)
			found = one;
	}
	for (i = 0; !found && !bank->deaf && i < count; i += reg->words) {
		unsigned int k;

		reg = register_at(bank, address + i);
		for (k = 0; k < reg->words; k++)
			cell_of(bank, reg)->word[k] = words[i + k];
	}
	return found;
}

int64_t oht_sim_bank_get(const struct oht_sim_bank *bank, const struct oht_register *reg)
{
	return reg ? oht_register_decode(reg, cell_of(bank, reg)->word) : 0;
}

double oht_sim_bank_value(const struct oht_sim_bank *bank, const struct oht_register *reg)
{
	return reg ? oht_register_value(reg, oht_sim_bank_get(bank, reg)) : 0;
}

void oht_sim_bank_put(struct oht_sim_bank *bank, const struct oht_register *reg, int64_t raw)
{
	if (!reg || cell_of(bank, reg)->pinned)
		return;
	if (reg->has_min && raw < reg->min)
		raw = reg->min;
	if (reg->has_max && raw > reg->max)
		raw = reg->max;
	/* Fails only for a register without limits, whose value then stays what it was. */
	(void)oht_register_encode(reg, raw, cell_of(bank, reg)->word);
}

void oht_sim_bank_put_value(struct oht_sim_bank *bank, const struct oht_register *reg,
			    double value)
{
	if (reg)
		oht_sim_bank_put(bank, reg, llround(value / reg->scale));
}

bool oht_sim_bank_take(struct oht_sim_bank *bank, const struct oht_register *reg)
{
	bool asked = oht_sim_bank_get(bank, reg) == 1;

	if (asked)
		oht_sim_bank_put(bank, reg, 0);
	return asked;
}

bool oht_sim_bank_pinned(const struct oht_sim_bank *bank, const struct oht_register *reg)
{
	return reg && cell_of(bank, reg)->pinned;
}

int oht_sim_bank_set(struct oht_sim_bank *bank, const struct oht_register *reg, int64_t raw)
{
	struct oht_register open = *reg;
	int err;

	/* A person may well want to see what becomes of a reading outside its limits. */
	open.has_min = false;
	open.has_max = false;
	err = oht_register_encode(&open, raw, cell_of(bank, reg)->word);
	if (!err)
		cell_of(bank, reg)->pinned = reg->access == OHT_ACCESS_RO;
	return err;
}

void oht_sim_bank_unpin(struct oht_sim_bank *bank, const struct oht_register *reg)
{
	cell_of(bank, reg)->pinned = false;
}
