// SPDX-License-Identifier: GPL-2.0-or-later
/* Effective register maps of all modules in both profiles, built from checked rows. */
#include "common/modmap.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/modmap_rows.h"

/* Strings of modules and registers point into the two tables, which live as long. */
struct oht_modmap {
	struct oht_csv modules;
	struct oht_csv registers;
	size_t count;
	struct oht_module *module;
};

static int by_address(const void *a, const void *b)
{
	const struct oht_register_row *const *x = a, *const *y = b;

	return (int)(*x)->reg.address - (int)(*y)->reg.address;
}

static int by_name(const void *a, const void *b)
{
	const struct oht_register *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

/* One map under construction, for the checks that need more than one row. */
struct draft {
	const char *path;
	const struct oht_module *module;
	enum oht_profile profile;
	const struct oht_register_row **row;	/* of this map, by address */
	size_t count;
	char *error;
};

static int refuse_pair(const struct draft *d, const struct oht_register_row *a,
		       const struct oht_register_row *b, const char *what)
{
	const struct oht_register_row *late = a->line > b->line ? a : b;
	const struct oht_register_row *early = late == a ? b : a;

	snprintf(d->error, OHT_ERROR_BYTES,
		 "%.200s:%u: %s, also in line %u, in the %s map of %s: '0x%04X %s'", d->path,
		 late->line, what, early->line, oht_profile_name(d->profile), d->module->name,
		 late->reg.address, late->reg.name);
	return -EINVAL;
}

static int check_addresses(const struct draft *d)
{
	size_t i;

	for (i = 1; i < d->count; i++) {
		const struct oht_register_row *a = d->row[i - 1], *b = d->row[i];

		if (a->reg.address == b->reg.address)
			return refuse_pair(d, a, b, "address: same address twice");
		if (a->reg.address + a->reg.words > b->reg.address)
			return refuse_pair(d, a, b, "address: inside a two-word register");
	}
	return 0;
}

static const struct oht_register_row *row_of(const struct draft *d, const struct oht_regmap *map,
					     const struct oht_register *reg)
{
	return d->row[reg - map->reg];
}

/* Copies the rows of the draft, in order of address, and indexes them by name. */
static int fill_map(const struct draft *d, struct oht_regmap *map)
{
	size_t i;

	map->reg = calloc(d->count + 1, sizeof(*map->reg));
	map->by_name = calloc(d->count + 1, sizeof(*map->by_name));
	if (!map->reg || !map->by_name)
		return -ENOMEM;
	map->count = d->count;
	for (i = 0; i < d->count; i++) {
		map->reg[i] = d->row[i]->reg;
		map->by_name[i] = &map->reg[i];
	}
	qsort(map->by_name, map->count, sizeof(*map->by_name), by_name);
	for (i = 1; i < map->count; i++)
		if (!strcmp(map->by_name[i - 1]->name, map->by_name[i]->name))
			return refuse_pair(d, row_of(d, map, map->by_name[i - 1]),
					   row_of(d, map, map->by_name[i]),
					   "name: same name twice");
	return 0;
}

static int build_map(struct draft *d, const struct oht_register_row *rows, size_t n,
		     struct oht_regmap *map)
{
	size_t i;
	int err;

	d->count = 0;
	for (i = 0; i < n; i++)
		if (rows[i].in_profile[d->profile] && (!strcmp(rows[i].module, "system") ||
						       !strcmp(rows[i].module, d->module->name)))
			d->row[d->count++] = &rows[i];
	qsort(d->row, d->count, sizeof(*d->row), by_address);
	err = check_addresses(d);
	return err ? err : fill_map(d, map);
}

static int check_owners(const struct oht_modmap *m, const struct oht_register_row *rows,
			char *error)
{
	size_t i;

	for (i = 0; i < m->registers.rows; i++) {
		if (strcmp(rows[i].module, "system") && !oht_modmap_by_name(m, rows[i].module)) {
			snprintf(error, OHT_ERROR_BYTES,
				 "%.200s:%u: module: not in modules.csv: '%s'", m->registers.path,
				 rows[i].line, rows[i].module);
			return -EINVAL;
		}
	}
	return 0;
}

static int build_maps(struct oht_modmap *m, const struct oht_register_row *rows, char *error)
{
	struct draft d = { .path = m->registers.path, .error = error };
	size_t i;
	int err = check_owners(m, rows, error);

	d.row = calloc(m->registers.rows + 1, sizeof(*d.row));
	if (!d.row)
		return -ENOMEM;
	for (i = 0; !err && i < m->count * OHT_PROFILES; i++) {
		d.module = &m->module[i / OHT_PROFILES];
		d.profile = i % OHT_PROFILES;
		err = build_map(&d, rows, m->registers.rows,
				&m->module[i / OHT_PROFILES].map[d.profile]);
	}
	free(d.row);
	return err;
}

static int load_table(const char *datadir, const char *file, struct oht_csv *csv, char *error)
{
	char *path;
	int err;

	if (asprintf(&path, "%s/%s", datadir, file) < 0)
		return -ENOMEM;
	err = oht_csv_load(path, csv, error);
	if (!err && !csv->rows) {
		snprintf(error, OHT_ERROR_BYTES, "%.200s: no row under the header", path);
		err = -EINVAL;
	}
	free(path);
	return err;
}

static int load(struct oht_modmap *m, const char *datadir, char *error)
{
	struct oht_register_row *rows;
	int err = load_table(datadir, "modules.csv", &m->modules, error);

	if (!err)
		err = load_table(datadir, "registers.csv", &m->registers, error);
	if (err)
		return err;
	m->count = m->modules.rows;
	m->module = calloc(m->count, sizeof(*m->module));
	rows = calloc(m->registers.rows, sizeof(*rows));
	if (!m->module || !rows)
		err = -ENOMEM;
	if (!err)
		err = oht_modmap_module_rows(&m->modules, m->module, error);
	if (!err)
		err = oht_modmap_register_rows(&m->registers, rows, error);
	if (!err)
		err = build_maps(m, rows, error);
	free(rows);
	return err;
}

int oht_modmap_load(const char *datadir, struct oht_modmap **modmap, char error[OHT_ERROR_BYTES])
{
	struct oht_modmap *m = calloc(1, sizeof(*m));
	int err;

	error[0] = '\0';
	if (!datadir)
		datadir = OHT_DATADIR;
	err = m ? load(m, datadir, error) : -ENOMEM;
	if (err) {
		if (!error[0])
			snprintf(error, OHT_ERROR_BYTES, "%.200s: %s", datadir, strerror(-err));
		oht_modmap_free(m);
		return err;
	}
	*modmap = m;
	return 0;
}

void oht_modmap_free(struct oht_modmap *m)
{
	size_t i;

	if (!m)
		return;
	for (i = 0; m->module && i < m->count * OHT_PROFILES; i++) {
		free(m->module[i / OHT_PROFILES].map[i % OHT_PROFILES].reg);
		free(m->module[i / OHT_PROFILES].map[i % OHT_PROFILES].by_name);
	}
	free(m->module);
	oht_csv_free(&m->registers);
	oht_csv_free(&m->modules);
	free(m);
}

size_t oht_modmap_count(const struct oht_modmap *m)
{
	return m->count;
}

const struct oht_module *oht_modmap_module(const struct oht_modmap *m, size_t index)
{
	return &m->module[index];
}

const struct oht_module *oht_modmap_by_unit(const struct oht_modmap *m, uint8_t unit)
{
	size_t i;

	for (i = 0; i < m->count; i++)
		if (m->module[i].unit == unit)
			return &m->module[i];
	return NULL;
}

const struct oht_module *oht_modmap_by_type(const struct oht_modmap *m, uint16_t type_code)
{
	size_t i;

	for (i = 0; i < m->count; i++)
		if (m->module[i].type_code == type_code)
			return &m->module[i];
	return NULL;
}

const struct oht_module *oht_modmap_by_name(const struct oht_modmap *m, const char *name)
{
	size_t i;

	for (i = 0; i < m->count; i++)
		if (!strcmp(m->module[i].name, name))
			return &m->module[i];
	return NULL;
}

const char *oht_profile_name(enum oht_profile profile)
{
	return profile == OHT_PROFILE_LEGACY ? "legacy" : "canonical";
}

int oht_profile_parse(const char *word, enum oht_profile *profile)
{
	int i;

	for (i = 0; i < OHT_PROFILES; i++) {
		if (!strcmp(word, oht_profile_name(i))) {
			*profile = i;
			return 0;
		}
	}
	return -EINVAL;
}

const char *oht_loss_action_name(enum oht_loss_action action)
{
	static const char *const name[] = { "alert", "slow", "stop", "estop" };

	return name[action];
}
