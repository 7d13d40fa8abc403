// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A cyclic plan as a table. What is wrong is found here, since the kernel can only say in which
 * entry it is.
 */
#include "cli.h"
#include "common/cells.h"
#include "plan_file.h"

/* In this order: what a column may hold depends on those before it. */
enum {
	UNIT, FUNCTION, ADDRESS, COUNT, WRITE_ADDRESS, WRITE_COUNT, PERIOD, PHASE, TIMEOUT,
	TURNAROUND, LOSS_ACTION, LOSS_ERRORS, COLUMNS
};

static const char *const names[COLUMNS + 1] = {
	"unit", "function", "address", "count", "write_address", "write_count", "period_cycles",
	"phase_cycles", "timeout_us", "turnaround_us", "loss_action", "loss_errors", NULL
};

struct limits {
	int64_t lowest;
	int64_t highest;
};

static int64_t count_max(int64_t function)
{
	if (function == OHT_WRITE_SINGLE)
		return 1;
	return function == OHT_WRITE_MULTIPLE ? 123 : OHT_REGISTERS_MAX;
}

static struct limits limits_of(size_t column, const int64_t *number, int64_t timeout_max_us)
{
	switch (column) {
	case UNIT:
		return (struct limits){ 1, 247 };
	case COUNT:
		return (struct limits){ 1, count_max(number[FUNCTION]) };
	case WRITE_COUNT:
		return (struct limits){ 1, 121 };
	case PERIOD:
		return (struct limits){ 1, 1000 };
	case PHASE:
		return (struct limits){ 0, number[PERIOD] - 1 };
	case TIMEOUT:
		return (struct limits){ 1000, timeout_max_us };
	case TURNAROUND:
		return (struct limits){ 0, number[TIMEOUT] };
	case LOSS_ERRORS:
		return (struct limits){ 1, 255 };
	default:
		return (struct limits){ 0, 0xFFFF };
	}
}

static int read_function(const struct oht_cells *cells, int64_t *number)
{
	static const char *const words[] = { "3", "4", "6", "16", "23", NULL };
	static const uint8_t functions[] = {
		OHT_READ_HOLDING, OHT_READ_INPUT, OHT_WRITE_SINGLE, OHT_WRITE_MULTIPLE, OHT_WRITE_READ
	};
	unsigned int index = 0;
	int err = oht_cell_word(cells, FUNCTION, words, &index);

	*number = functions[index];
	return err;
}

static int read_loss_action(const struct oht_cells *cells, int64_t *number)
{
	static const char *const words[] = { "none", "stop", NULL };
	unsigned int index = 0;
	int err = oht_cell_word(cells, LOSS_ACTION, words, &index);

	*number = index ? OHT_CYCLIC_LOSS_STOP : OHT_CYCLIC_LOSS_NONE;
	return err;
}

static int read_cell(const struct oht_cells *cells, size_t column, int64_t timeout_max_us,
		     int64_t *number)
{
	bool writes = column == WRITE_ADDRESS || column == WRITE_COUNT;
	struct limits limits = limits_of(column, number, timeout_max_us);

	if (column == FUNCTION)
		return read_function(cells, &number[column]);
	if (column == LOSS_ACTION)
		return read_loss_action(cells, &number[column]);
	if (writes && number[FUNCTION] != OHT_WRITE_READ)
		return *oht_cell(cells, column) ?
			oht_cell_refuse(cells, column, "must be empty without function 23") : 0;
	return oht_cell_number(cells, column, (int64_t[]){ limits.lowest, limits.highest },
			       &number[column]);
}

/* Counts are known to be good on their own. */
static int check_ranges(const struct oht_cells *cells, const int64_t *number)
{
	if (number[ADDRESS] + number[COUNT] > 0x10000)
		return oht_cell_refuse(cells, COUNT, "reaches beyond register 0xFFFF");
	if (number[WRITE_ADDRESS] + number[WRITE_COUNT] > 0x10000)
		return oht_cell_refuse(cells, WRITE_COUNT, "reaches beyond register 0xFFFF");
	return 0;
}

static int read_row(const struct oht_cells *cells, int64_t timeout_max_us,
		    struct oht_cyclic_entry *entry)
{
	int64_t number[COLUMNS] = { 0 };
	size_t column;
	int err = 0;

	for (column = 0; column < COLUMNS && !err; column++)
		err = read_cell(cells, column, timeout_max_us, number);
	if (!err)
		err = check_ranges(cells, number);
	*entry = (struct oht_cyclic_entry){
		.unit = (uint8_t)number[UNIT],
		.function = (uint8_t)number[FUNCTION],
		.loss = (uint8_t)number[LOSS_ACTION],
		.loss_errors = (uint8_t)number[LOSS_ERRORS],
		.address = (uint16_t)number[ADDRESS],
		.count = (uint16_t)number[COUNT],
		.write_address = (uint16_t)number[WRITE_ADDRESS],
		.write_count = (uint16_t)number[WRITE_COUNT],
		.period_cycles = (uint16_t)number[PERIOD],
		.phase_cycles = (uint16_t)number[PHASE],
		.timeout_us = (uint32_t)number[TIMEOUT],
		.turnaround_us = (uint32_t)number[TURNAROUND],
	};
	return err;
}

static int read_rows(const struct oht_csv *csv, int64_t timeout_max_us, struct plan_file *file,
		     char error[OHT_ERROR_BYTES])
{
	size_t index[COLUMNS];
	struct oht_cells cells = {
		.csv = csv, .names = names, .index = index, .error = error,
	};
	size_t i;
	int err = oht_csv_columns(csv, names, index, error);

	for (i = 0; i < csv->rows && !err; i++) {
		cells.row = &csv->row[i];
		if (i == OHT_CYCLIC_ENTRIES_MAX)
			return oht_cell_refuse(&cells, UNIT, "one entry more than 64");
		file->lines[i] = cells.row->line;
		err = read_row(&cells, timeout_max_us, &file->entries[i]);
	}
	file->count = (unsigned int)i;
	if (!err && !file->count) {
		snprintf(error, OHT_ERROR_BYTES, "%.200s: no entries", csv->path);
		return -1;
	}
	return err;
}

int plan_file_load(struct cli *cli, const char *path, struct plan_file *file)
{
	char error[OHT_ERROR_BYTES];
	struct oht_dev_info info;
	struct oht_csv csv;
	int err;

	*file = (struct plan_file){ .path = path };
	if (oht_dev_info(cli->dev, &info))
		return cli_fail_errno(cli, "info");
	err = oht_csv_load(path, &csv, error);
	if (!err) {
		err = read_rows(&csv, info.turnaround_max_us, file, error);
		oht_csv_free(&csv);
	}
	return err ? cli_fail(cli, CLI_FAILED, "%s", error) : 0;
}
