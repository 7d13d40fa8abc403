// SPDX-License-Identifier: GPL-2.0-or-later
/* Effective register maps of all modules in both profiles, built from checked rows. */
#include "common/modmap.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/modmap_rows.h"

/* Strings of modules and registers point into the tables, which live as long. */
struct oht_modmap {
	struct oht_csv modules;
	struct oht_csv registers;
	struct oht_csv added[OHT_ADDED_FILES_MAX];
	size_t added_count;
	size_t count;
	struct oht_module *module;
	struct oht_register_row *row;	/* of registers, then of what was added */
	size_t rows;
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
	struct oht_complaints *complaints;
	const struct oht_module *module;
	enum oht_profile profile;
	struct oht_register_row **row;	/* of this map, by address */
	size_t count;
	char *error;
};

/* All rows stand in one array, so the later one is known. With complaints each is told once. */
static int refuse_pair(const struct draft *d, struct oht_register_row *a,
		       struct oht_register_row *b, const char *what)
{
	struct oht_register_row *late = a > b ? a : b;
	const struct oht_register_row *early = late == a ? b : a;
	const char *file = strrchr(early->csv->path, '/');
	char where[80];

	if (late->csv == early->csv)
		snprintf(where, sizeof(where), "line %u", early->line);
	else
		snprintf(where, sizeof(where), "%.60s:%u", file ? file + 1 : early->csv->path,
			 early->line);
	snprintf(d->error, OHT_ERROR_BYTES,
		 "%.200s:%u: %s, also in %s, in the %s map of %s: '0x%04X %s'", late->csv->path,
		 late->line, what, where, oht_profile_name(d->profile), d->module->name,
		 late->reg.address, late->reg.name);
	oht_error_one_line(d->error);
	if (d->complaints && !late->bad)
		d->complaints->take(d->complaints, d->error);
	late->bad = true;
	return -EINVAL;
}

static int check_addresses(const struct draft *d)
{
	size_t i;
	int err = 0;

	for (i = 1; i < d->count && (!err || d->complaints); i++) {
		struct oht_register_row *a = d->row[i - 1], *b = d->row[i];

		if (a->reg.address == b->reg.address)
			err = refuse_pair(d, a, b, "address: same address twice");
		else if (a->reg.address + a->reg.words > b->reg.address)
			err = refuse_pair(d, a, b, "address: inside a two-word register");
	}
	return err;
}

static struct oht_register_row *row_of(const struct draft *d, const struct oht_regmap *map,
				       const struct oht_register *reg)
{
	return d->row[reg - map->reg];
}

/* Copies the rows of the draft, in order of address, and indexes them by name. */
static int fill_map(const struct draft *d, struct oht_regmap *map)
{
	size_t i;
	int err = 0;

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
	for (i = 1; i < map->count && (!err || d->complaints); i++)
		if (!strcmp(map->by_name[i - 1]->name, map->by_name[i]->name))
			err = refuse_pair(d, row_of(d, map, map->by_name[i - 1]),
					  row_of(d, map, map->by_name[i]), "name: same name twice");
	return err;
}

/* A map that a file of the user has made too long. */
static int refuse_count(const struct draft *d, const struct oht_csv *csv)
{
	snprintf(d->error, OHT_ERROR_BYTES,
		 "%.200s: the %s map of %s would have %zu registers, at most %d", csv->path,
		 oht_profile_name(d->profile), d->module->name, d->count, OHT_ADDED_REGISTERS_MAX);
	oht_error_one_line(d->error);
	if (d->complaints)
		d->complaints->take(d->complaints, d->error);
	return -EINVAL;
}

static int build_map(struct draft *d, struct oht_register_row *rows, size_t n,
		     struct oht_regmap *map)
{
	size_t i;
	int err, ret;

	d->count = 0;
	for (i = 0; i < n; i++)
		if (!rows[i].bad && rows[i].in_profile[d->profile] &&
		    (!strcmp(rows[i].module, "system") ||
		     !strcmp(rows[i].module, d->module->name)))
			d->row[d->count++] = &rows[i];
	qsort(d->row, d->count, sizeof(*d->row), by_address);
	err = check_addresses(d);
	if (err && !d->complaints)
		return err;
	ret = fill_map(d, map);
	return err ? err : ret;
}

static int check_owners(const struct oht_modmap *m, const struct oht_csv *csv,
			struct oht_register_row *rows, char *error)
{
	int err = 0;
	size_t i;

	for (i = 0; i < csv->rows && (!err || csv->complaints); i++) {
		if (rows[i].bad || !strcmp(rows[i].module, "system") ||
		    oht_modmap_by_name(m, rows[i].module))
			continue;
		snprintf(error, OHT_ERROR_BYTES, "%.200s:%u: module: not in modules.csv: '%s'",
			 csv->path, rows[i].line, rows[i].module);
		oht_error_one_line(error);
		if (csv->complaints)
			csv->complaints->take(csv->complaints, error);
		rows[i].bad = true;
		err = -EINVAL;
	}
	return err;
}

static int refuse_signal(const struct oht_csv *csv, struct oht_register_row *row, const char *what, char *error)
{
	snprintf(error, OHT_ERROR_BYTES, "%.200s:%u: history: %s: '%s'", csv->path, row->line, what, row->reg.history);
	oht_error_one_line(error);
	if (csv->complaints)
		csv->complaints->take(csv->complaints, error);
	row->bad = true;
	return -EINVAL;
}

/* Signals of all rows, of which the last ones are those of @csv. */
static int check_signals(const struct oht_csv *csv, struct oht_register_row *rows, size_t n, char *error)
{
	const struct oht_register_row *taken[OHT_OWN_SIGNALS_MAX];
	const char *what;
	char beyond[64];
	size_t count = 0, k;
	int err = 0;

	snprintf(beyond, sizeof(beyond), "more than OHT_OWN_SIGNALS_MAX, %d signals in all tables", OHT_OWN_SIGNALS_MAX);
	for (size_t i = 0; i < n && (!err || csv->complaints); i++) {
		if (rows[i].bad || !rows[i].reg.history)
			continue;
		for (k = 0; k < count; k++)
			if (!strcmp(taken[k]->reg.history, rows[i].reg.history))
				break;
		what = k < count ? "signal twice" : beyond;
		if (k < count || count == OHT_OWN_SIGNALS_MAX)
			err = refuse_signal(csv, &rows[i], what, error);
		else
			taken[count++] = &rows[i];
	}
	return err;
}

static void free_maps(struct oht_regmap *maps, size_t count)
{
	size_t i;

	for (i = 0; maps && i < count; i++) {
		free(maps[i].reg);
		free(maps[i].by_name);
	}
	free(maps);
}

/* All maps of all rows, made anew; the newest table is @csv. NULL: refused, or no memory. */
static struct oht_regmap *build_maps(const struct oht_modmap *m, const struct oht_csv *csv,
				     struct oht_register_row *rows, size_t n, char *error)
{
	size_t count = m->count * OHT_PROFILES, i;
	struct oht_regmap *maps = calloc(count + 1, sizeof(*maps));
	struct draft d = { .complaints = csv->complaints, .error = error };
	int err = 0, ret;

	d.row = calloc(n + 1, sizeof(*d.row));
	if (!maps || !d.row)
		err = -ENOMEM;
	for (i = 0; (!err || (d.complaints && err != -ENOMEM)) && i < count; i++) {
		d.module = &m->module[i / OHT_PROFILES];
		d.profile = i % OHT_PROFILES;
		ret = build_map(&d, rows, n, &maps[i]);
		if (!ret && csv != &m->registers && d.count > OHT_ADDED_REGISTERS_MAX)
			ret = refuse_count(&d, csv);
		err = ret ? ret : err;
	}
	free(d.row);
	if (!err)
		return maps;
	free_maps(maps, count);
	errno = -err;
	return NULL;
}

/* Puts the maps in their places, which stay the same. */
static void take_maps(struct oht_modmap *m, struct oht_regmap *maps)
{
	size_t i;

	for (i = 0; i < m->count * OHT_PROFILES; i++) {
		struct oht_regmap *map = &m->module[i / OHT_PROFILES].map[i % OHT_PROFILES];
		struct oht_regmap before = *map;

		*map = maps[i];
		maps[i] = before;
	}
	free_maps(maps, m->count * OHT_PROFILES);
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
	struct oht_regmap *maps = NULL;
	int err = load_table(datadir, "modules.csv", &m->modules, error);

	if (!err)
		err = load_table(datadir, "registers.csv", &m->registers, error);
	if (err)
		return err;
	m->count = m->modules.rows;
	m->module = calloc(m->count, sizeof(*m->module));
	m->rows = m->registers.rows;
	m->row = calloc(m->rows, sizeof(*m->row));
	if (!m->module || !m->row)
		return -ENOMEM;
	err = oht_modmap_module_rows(&m->modules, m->module, error);
	if (!err)
		err = oht_modmap_register_rows(&m->registers, m->row, error);
	if (!err)
		err = check_owners(m, &m->registers, m->row, error);
	if (!err)
		err = check_signals(&m->registers, m->row, m->rows, error);
	if (err)
		return err;
	maps = build_maps(m, &m->registers, m->row, m->rows, error);
	if (!maps)
		return -errno;
	take_maps(m, maps);
	return 0;
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

/* ---- what a user adds ---- */

static int complain_of_file(const char *path, struct oht_complaints *complaints, const char *what,
			    char *error)
{
	snprintf(error, OHT_ERROR_BYTES, "%.200s: %s", path, what);
	oht_error_one_line(error);
	if (complaints)
		complaints->take(complaints, error);
	return -EINVAL;
}

/* The size is looked at first: whatever the file is, it costs no more than that. */
static int check_file(const char *path, struct oht_complaints *complaints, char *error)
{
	struct stat st;
	char what[80];

	if (stat(path, &st))
		return complain_of_file(path, complaints, strerror(errno), error);
	if (!S_ISREG(st.st_mode))
		return complain_of_file(path, complaints, "not a regular file", error);
	if (st.st_size <= OHT_ADDED_BYTES_MAX)
		return 0;
	snprintf(what, sizeof(what), "%lld bytes, at most %d", (long long)st.st_size,
		 OHT_ADDED_BYTES_MAX);
	return complain_of_file(path, complaints, what, error);
}

static int add_rows(struct oht_modmap *m, const struct oht_csv *csv, struct oht_register_row *rows,
		    char *error)
{
	struct oht_register_row *added = rows + m->rows;
	struct oht_regmap *maps;
	int err, ret = 0;
	size_t i;

	oht_modmap_register_skips(csv, error);
	err = oht_modmap_register_rows(csv, added, error);
	if (err && !csv->complaints)
		return err;
	if (csv->partial)
		err = -EINVAL;
	for (i = 0; i < csv->rows; i++) {
		added[i].reg.added = true;
		/* None was looked at: a column is missing. */
		if (!added[i].csv)
			return err;
	}
	ret = check_owners(m, csv, added, error);
	err = err ? err : ret;
	if (err && !csv->complaints)
		return err;
	ret = check_signals(csv, rows, m->rows + csv->rows, error);
	err = err ? err : ret;
	if (err && !csv->complaints)
		return err;
	maps = build_maps(m, csv, rows, m->rows + csv->rows, error);
	if (!maps)
		return -errno;
	if (err) {
		free_maps(maps, m->count * OHT_PROFILES);
		return err;
	}
	take_maps(m, maps);
	return 0;
}

static int add_table(struct oht_modmap *m, const struct oht_csv *csv, char *error)
{
	struct oht_register_row *rows = calloc(m->rows + csv->rows + 1, sizeof(*rows));
	int err;

	if (!rows)
		return -ENOMEM;
	memcpy(rows, m->row, m->rows * sizeof(*rows));
	err = add_rows(m, csv, rows, error);
	if (err) {
		free(rows);
		return err;
	}
	free(m->row);
	m->row = rows;
	m->rows += csv->rows;
	m->added_count++;
	return 0;
}

int oht_modmap_add(struct oht_modmap *m, const char *path, struct oht_complaints *complaints,
		   size_t *registers, char error[OHT_ERROR_BYTES])
{
	struct oht_csv *csv;
	int err;

	*registers = 0;
	if (m->added_count == OHT_ADDED_FILES_MAX)
		return complain_of_file(path, complaints, "too many files", error);
	err = check_file(path, complaints, error);
	if (err)
		return err;
	csv = &m->added[m->added_count];
	err = oht_csv_check(path, csv, complaints, error);
	if (err && err != -EINVAL && complaints)
		complaints->take(complaints, error);
	if (err)
		return err;
	if (!csv->rows)
		err = complain_of_file(path, complaints, "no row under the header", error);
	else
		err = add_table(m, csv, error);
	*registers = csv->rows;
	csv->complaints = NULL;
	if (err)
		oht_csv_free(csv);
	return err;
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
	free(m->row);
	for (i = 0; i < m->added_count; i++)
		oht_csv_free(&m->added[i]);
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

unsigned int oht_modmap_signals(const struct oht_modmap *m, struct oht_signal_row rows[OHT_OWN_SIGNALS_MAX])
{
	unsigned int count = 0;

	for (size_t i = 0; i < m->rows && count < OHT_OWN_SIGNALS_MAX; i++) {
		const struct oht_register_row *row = &m->row[i];
		struct oht_signal_row *found = &rows[count];

		if (!row->reg.history)
			continue;
		found->module = row->module;
		memcpy(found->in_profile, row->in_profile, sizeof(found->in_profile));
		found->reg = &row->reg;
		count++;
	}
	return count;
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
