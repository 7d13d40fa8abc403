// SPDX-License-Identifier: GPL-2.0-or-later
#include "robot/tag.h"

#include <errno.h>
#include <stdio.h>

/* No hole between them, which a module may refuse. */
static bool in_one_piece(const struct oht_regmap *map, unsigned int from, unsigned int to)
{
	unsigned int i;

	for (i = from; i < to; i++)
		if (map->reg[i].address + map->reg[i].words != map->reg[i + 1].address ||
		    map->reg[i].access == OHT_ACCESS_WO)
			return false;
	return from <= to && map->reg[to].access != OHT_ACCESS_WO &&
	       map->reg[to].address + map->reg[to].words - map->reg[from].address <= OHTD_READ_MAX;
}

struct ohtd_block ohtd_tag_block(const struct ohtd_plan *plan)
{
	int id = plan->signal[OHTD_SIGNAL_TAG_ID], present = plan->signal[OHTD_SIGNAL_TAG_PRESENT];
	int first = id < present ? id : present, last = id < present ? present : id;
	const struct oht_register *reg = plan->map->reg;

	if (first < 0 || !in_one_piece(plan->map, (unsigned int)first, (unsigned int)last))
		return (struct ohtd_block){ 0 };
	return (struct ohtd_block){
		.address = reg[first].address,
		.words = (uint16_t)(reg[last].address + reg[last].words - reg[first].address),
		.first = (uint16_t)first,
		.registers = (uint16_t)(last - first + 1),
	};
}

int ohtd_tag_check(const struct ohtd_model *model, char error[OHT_ERROR_BYTES])
{
	unsigned int i, profile;

	for (i = 0; i < model->count; i++)
		for (profile = 0; profile < OHT_PROFILES; profile++) {
			const struct ohtd_plan *plan = &model->kinds[i].plan[profile];

			if ((plan->signal[OHTD_SIGNAL_TAG_ID] < 0 &&
			     plan->signal[OHTD_SIGNAL_TAG_PRESENT] < 0) ||
			    ohtd_tag_block(plan).words)
				continue;
			snprintf(error, OHT_ERROR_BYTES, "signals.csv: one request must read 'tag_id' "
				 "and 'tag_present' of module '%s'", model->kinds[i].module->name);
			return -EINVAL;
		}
	return 0;
}
