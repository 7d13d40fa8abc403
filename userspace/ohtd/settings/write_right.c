// SPDX-License-Identifier: GPL-2.0-or-later
#include "settings/write_right.h"

#include "common/registers.h"

unsigned int ohtd_settings_write_right(const struct oht_register *reg, enum ohtd_role role, enum ohtd_layer layer)
{
	static const enum ohtd_role roles[] = {
		[OHT_WRITE_NONE] = OHTD_ROLE_ADMINISTRATOR,
		[OHT_WRITE_OPERATOR] = OHTD_ROLE_OPERATOR,
		[OHT_WRITE_SUPERVISOR] = OHTD_ROLE_SUPERVISOR,
		[OHT_WRITE_ADMINISTRATOR] = OHTD_ROLE_ADMINISTRATOR,
	};
	bool critical = !reg->motion && oht_register_needs_elevation(reg);

	if (reg->access == OHT_ACCESS_RO)
		return OHTD_SETTINGS_WRITE_READ_ONLY;
	if (role < roles[reg->write_level])
		return OHTD_SETTINGS_WRITE_ROLE;
	if (critical && reg->write_level == OHT_WRITE_ADMINISTRATOR && ohtd_settings_layer_produces(layer))
		return OHTD_SETTINGS_WRITE_LAYER;
	/* What only stops waits for no password. */
	if (layer == OHTD_LAYER_PLANT && reg->write_level != OHT_WRITE_OPERATOR)
		return OHTD_SETTINGS_WRITE_ELEVATED;
	return critical ? OHTD_SETTINGS_WRITE_ELEVATED : OHTD_SETTINGS_WRITE_MAY;
}
