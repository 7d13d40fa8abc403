/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names of modules and registers, from the data files.
 *
 * Owns:     the loaded description; it is freed when the program ends.
 * Contexts: the program's one thread.
 * Locks:    none.
 */
#ifndef OHTCTL_NAMES_H
#define OHTCTL_NAMES_H

#include "cli.h"
#include "common/modmap.h"

/* The description, or NULL after a complaint. */
const struct oht_modmap *names_load(struct cli *cli);
/* The same without a complaint, for verbs that can do without. */
const struct oht_modmap *names_try(struct cli *cli);
/* Forget it; allowed at any time. */
void names_free(void);

/* The module that is called so, or expected on a unit with this number; NULL after a complaint. */
const struct oht_module *names_module(struct cli *cli, const char *word);
/* Unit given as a number or as a module's name; 0 or an exit code after a complaint. */
int names_unit(struct cli *cli, const char *word, uint8_t *unit);
/* The same for what may be sent to all of them: 0 is broadcast. */
int names_target(struct cli *cli, const char *word, uint8_t *unit);
/* The register that is called so; NULL after a complaint, which suggests the nearest name. */
const struct oht_register *names_register(struct cli *cli, const struct oht_module *module,
					  const char *name);
/* Its registers in the profile of the command line; NULL after a complaint. */
const struct oht_regmap *names_registers(struct cli *cli, const struct oht_module *module);

#endif /* OHTCTL_NAMES_H */
