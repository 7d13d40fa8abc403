// SPDX-License-Identifier: GPL-2.0-or-later
/* Binding of physics to registers. */
#include "model.h"

#define MG_PER_MM_S2		(1000.0 / 9806.65)
#define NOISE_MG		2.0

void oht_sim_model_bind(struct oht_sim_model *model, struct oht_sim_bank *bank,
			const char *const *names)
{
	int i;

	model->bank = bank;
	for (i = 0; i < OHT_SIM_MODEL_REGISTERS && names[i]; i++)
		model->reg[i] = oht_regmap_find(bank->map, names[i]);
}

void oht_sim_put_acceleration(struct oht_sim_model *model, unsigned int first,
			      struct oht_sim_rail *rail)
{
	const double mg[3] = { rail->accel_mm_s2 * MG_PER_MM_S2, 0, 1000 };
	unsigned int i;

	for (i = 0; i < 3; i++)
		oht_sim_put(model, first + i,
			    mg[i] + NOISE_MG * oht_sim_prng_noise(&rail->prng));
}
