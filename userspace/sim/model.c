// SPDX-License-Identifier: GPL-2.0-or-later
/* Binding of physics to registers. */
#include "model.h"

void oht_sim_model_bind(struct oht_sim_model *model, struct oht_sim_bank *bank,
			const char *const *names)
{
	int i;

	model->bank = bank;
	for (i = 0; names[i] && i < OHT_SIM_MODEL_REGISTERS; i++)
		model->reg[i] = oht_regmap_find(bank->map, names[i]);
}
