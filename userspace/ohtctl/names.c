// SPDX-License-Identifier: GPL-2.0-or-later
/* Names of modules and registers, from the data files. */
#include <ctype.h>
#include <string.h>

#include "common/distance.h"
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
	if (exchange_parse_unit(cli, word, 1, &unit))
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
		return exchange_parse_unit(cli, word, 1, unit);
	module = names_module(cli, word);
	if (!module)
		return loaded ? CLI_USAGE : CLI_FAILED;
	*unit = module->unit;
	return 0;
}

int names_target(struct cli *cli, const char *word, uint8_t *unit)
{
	if (isdigit((unsigned char)word[0]))
		return exchange_parse_unit(cli, word, OHT_BROADCAST, unit);
	return names_unit(cli, word, unit);
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

/* ---- the nearest name ---- */

/* The name that is nearest to the word, else one that has the word in it, else NULL. */
static const char *nearest(const struct oht_regmap *map, const char *word)
{
	unsigned int best = (unsigned int)strlen(word) / 3 + 2;
	const struct oht_register *found = NULL;
	size_t i;

	for (i = 0; i < map->count; i++)
		if (oht_is_nearer(word, strlen(word), map->reg[i].name, &best))
			found = &map->reg[i];
	for (i = 0; i < map->count && !found; i++)
		if (*word && strstr(map->reg[i].name, word))
			found = &map->reg[i];
	return found ? found->name : NULL;
}

const struct oht_register *names_register(struct cli *cli, const struct oht_module *module,
					  const char *name)
{
	const struct oht_regmap *map = names_registers(cli, module);
	const struct oht_register *reg = map ? oht_regmap_find(map, name) : NULL;
	const char *other;

	if (!map || reg)
		return reg;
	other = nearest(map, name);
	if (other)
		cli_fail(cli, CLI_USAGE, "module %s has no register '%s'; is it '%s'?",
			 module->name, name, other);
	else
		cli_fail(cli, CLI_USAGE, "module %s has no register '%s'", module->name, name);
	return NULL;
}
