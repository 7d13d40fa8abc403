// SPDX-License-Identifier: GPL-2.0-or-later
/* Names of modules and registers, from the data files. */
#include <ctype.h>

#include "exchange.h"
#include "names.h"

static struct oht_modmap *loaded;

const struct oht_modmap *names_try(struct cli *cli)
{
	char error[OHT_ERROR_BYTES];

	if (!loaded && oht_modmap_load(cli->data_dir, &loaded, error))
		loaded = NULL;
	return loaded;
}

const struct oht_modmap *names_load(struct cli *cli)
{
	char error[OHT_ERROR_BYTES];

	if (!loaded && oht_modmap_load(cli->data_dir, &loaded, error)) {
		loaded = NULL;
		cli_fail(cli, CLI_FAILED, "%s; --data names the directory of modules.csv", error);
	}
	return loaded;
}

void names_free(void)
{
	oht_modmap_free(loaded);
	loaded = NULL;
}

const struct oht_module *names_module(struct cli *cli, const char *word)
{
	const struct oht_modmap *map = names_load(cli);
	const struct oht_module *module;
	uint8_t unit;

	if (!map)
		return NULL;
	if (!isdigit((unsigned char)word[0])) {
		module = oht_modmap_by_name(map, word);
		if (!module)
			cli_fail(cli, CLI_USAGE, "no module is called '%s'", word);
		return module;
	}
	if (exchange_parse_unit(cli, word, &unit))
		return NULL;
	module = oht_modmap_by_unit(map, unit);
	if (!module)
		cli_fail(cli, CLI_USAGE, "no known module belongs on unit %u: use addresses", unit);
	return module;
}

int names_unit(struct cli *cli, const char *word, uint8_t *unit)
{
	const struct oht_module *module;

	if (isdigit((unsigned char)word[0]))
		return exchange_parse_unit(cli, word, unit);
	module = names_module(cli, word);
	if (!module)
		return loaded ? CLI_USAGE : CLI_FAILED;
	*unit = module->unit;
	return 0;
}

int names_target(struct cli *cli, const char *word, uint8_t *unit)
{
	static const uint32_t limits[] = { OHT_BROADCAST, 247 };
	uint32_t number;

	if (!isdigit((unsigned char)word[0]))
		return names_unit(cli, word, unit);
	if (cli_number(cli, "unit", word, limits, &number))
		return CLI_USAGE;
	*unit = number;
	return 0;
}

const struct oht_regmap *names_registers(struct cli *cli, const struct oht_module *module)
{
	enum oht_profile profile = OHT_PROFILE_CANONICAL;

	if (cli->profile && oht_profile_parse(cli->profile, &profile)) {
		cli_fail(cli, CLI_USAGE, "--profile must be canonical or legacy: '%s'",
			 cli->profile);
		return NULL;
	}
	return &module->map[profile];
}
