// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The modules and their registers. Input: rows of modules.csv, a line "--", rows of registers.csv;
 * the header lines are put in front.
 */
#include "table.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "common/modmap.h"

#define MODULES_HEADER                                                                             \
	"module,unit_address,required,device_type_code,response_timeout_ms,retries,"               \
	"poll_period_ms,loss_action,loss_action_standing,degrade_after_errors,description\n"
#define REGISTERS_HEADER                                                                           \
	"profile,module,address,name,label,access,type,scale,unit,min,max,default,"                \
	"write_level,safety_critical,motion,description\n"

static char folder[256];
static int modules_fd, registers_fd;

static void forget_folder(void)
{
	char path[300];

	snprintf(path, sizeof(path), "%s/modules.csv", folder);
	unlink(path);
	snprintf(path, sizeof(path), "%s/registers.csv", folder);
	unlink(path);
	rmdir(folder);
}

/* A link to a memory file each, so that no disk is written. */
static int link_file(const char *name)
{
	char path[300], memory[64];
	int fd = fuzz_memory_file(memory, sizeof(memory));

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	if (symlink(memory, path))
		abort();
	return fd;
}

static void prepare(void)
{
	const char *place = getenv("TMPDIR");

	if (*folder)
		return;
	snprintf(folder, sizeof(folder), "%s/fuzz-modmap-XXXXXX", place ? place : "/tmp");
	if (!mkdtemp(folder))
		abort();
	atexit(forget_folder);
	modules_fd = link_file("modules.csv");
	registers_fd = link_file("registers.csv");
}

static void put_file(int fd, const char *header, const uint8_t *rows, size_t bytes)
{
	fuzz_fill(fd, header, strlen(header));
	if (pwrite(fd, rows, bytes, (off_t)strlen(header)) != (ssize_t)bytes)
		abort();
}

static void check_register(const struct oht_register *reg)
{
	uint16_t words[OHT_REGISTER_WORDS_MAX];
	char text[OHT_REGISTER_TEXT_BYTES];
	int64_t raw;
	const int64_t values[] = { reg->min, reg->max, reg->initial };
	const bool has[] = { reg->has_min, reg->has_max, reg->has_initial };

	HOLDS("a register lies inside the address space",
	      reg->words >= 1 && reg->words <= 2 && reg->address + reg->words <= 0x10000);
	HOLDS("who may write fits the access",
	      (reg->access == OHT_ACCESS_RO) == (reg->write_level == OHT_WRITE_NONE));
	HOLDS("an operator may write 1 at most",
	      reg->write_level != OHT_WRITE_OPERATOR || (reg->has_max && reg->max == 1));
	HOLDS("nothing moves by what is read only", !reg->motion || reg->access != OHT_ACCESS_RO);
	HOLDS("min is not above max", !reg->has_min || !reg->has_max || reg->min <= reg->max);
	HOLDS("a scale is positive", reg->scale > 0 && reg->scale_mantissa > 0);
	for (size_t i = 0; i < 3; i++) {
		if (!has[i])
			continue;
		HOLDS("each limit can be written and read back",
		      !oht_register_encode(reg, values[i], words) &&
			      oht_register_decode(reg, words) == values[i]);
		oht_register_text(reg, words, text);
		HOLDS("and has a text", *text || reg->type == OHT_TYPE_STRING);
		HOLDS("which means the same raw value",
		      reg->type == OHT_TYPE_STRING ||
			      (!oht_register_parse(reg, text, &raw) && raw == values[i]));
	}
}

static void check_map(const struct oht_regmap *map)
{
	uint32_t next = 0;

	for (size_t i = 0; i < map->count; i++) {
		const struct oht_register *reg = &map->reg[i];

		check_register(reg);
		HOLDS("registers rise and do not overlap", reg->address >= next);
		next = (uint32_t)reg->address + reg->words;
		HOLDS("each is found by its name", oht_regmap_find(map, reg->name) == reg);
		HOLDS("and at its addresses",
		      oht_regmap_at(map, reg->address) == reg &&
			      oht_regmap_at(map, (uint16_t)(next - 1)) == reg);
	}
	HOLDS("there is nothing behind the last",
	      next > UINT16_MAX || !oht_regmap_at(map, (uint16_t)next));
}

static void check_modules(const struct oht_modmap *map)
{
	for (size_t i = 0; i < oht_modmap_count(map); i++) {
		const struct oht_module *module = oht_modmap_module(map, i);

		HOLDS("a unit address is one", module->unit >= 1 && module->unit <= 247);
		HOLDS("a module is found by what is its own",
		      oht_modmap_by_unit(map, module->unit) == module &&
			      oht_modmap_by_type(map, module->type_code) == module &&
			      oht_modmap_by_name(map, module->name) == module);
		HOLDS("times are not zero", module->response_timeout_ms && module->poll_period_ms &&
						    module->degrade_after_errors);
		check_map(&module->map[OHT_PROFILE_CANONICAL]);
		check_map(&module->map[OHT_PROFILE_LEGACY]);
	}
}

/* Registers of two modules with the same answers, in the same order. */
static void check_same(const struct oht_modmap *a, const struct oht_modmap *b)
{
	HOLDS("as many modules", oht_modmap_count(a) == oht_modmap_count(b));
	for (size_t i = 0; i < oht_modmap_count(a); i++) {
		for (int p = 0; p < OHT_PROFILES; p++) {
			const struct oht_regmap *x = &oht_modmap_module(a, i)->map[p];
			const struct oht_regmap *y = &oht_modmap_module(b, i)->map[p];

			HOLDS("as many registers", x->count == y->count);
			for (size_t k = 0; k < x->count; k++)
				HOLDS("of the same name, address and type",
				      !strcmp(x->reg[k].name, y->reg[k].name) &&
					      x->reg[k].address == y->reg[k].address &&
					      x->reg[k].type == y->reg[k].type);
		}
	}
}

/* The rows of the registers in reverse order: a map depends on what is in the table, not where. */
static void reverse_registers(void)
{
	char path[300], error[OHT_ERROR_BYTES], *text = NULL;
	struct oht_csv csv;
	size_t bytes;
	FILE *to = open_memstream(&text, &bytes);

	snprintf(path, sizeof(path), "%s/registers.csv", folder);
	if (!to || oht_csv_load(path, &csv, error))
		abort();
	fuzz_write_row(to, csv.header, csv.columns);
	for (size_t i = csv.rows; i-- > 0;)
		fuzz_write_row(to, csv.row[i].field, csv.columns);
	fclose(to);
	fuzz_fill(registers_fd, text, bytes);
	oht_csv_free(&csv);
	free(text);
}

static int load(struct oht_modmap **map, char *error)
{
	int err = oht_modmap_load(folder, map, error);

#ifdef FUZZ_SEED_DEFECT
	/* Lets a limit through that the type cannot hold. */
	if (!err && oht_modmap_module(*map, 0)->map[0].count &&
	    oht_modmap_module(*map, 0)->map[0].reg->has_max)
		oht_modmap_module(*map, 0)->map[0].reg->max = INT64_MAX;
#endif
	return err;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *split = memmem(data, size, "\n--\n", 4);
	char error[OHT_ERROR_BYTES];
	struct oht_modmap *map, *reversed;
	size_t front = split ? (size_t)(split - data) : size;

	prepare();
	put_file(modules_fd, MODULES_HEADER, data, front);
	put_file(registers_fd, REGISTERS_HEADER, data + (split ? front + 4 : size),
		 split ? size - front - 4 : 0);
	if (load(&map, error)) {
		fuzz_check_complaint(folder, error);
		return 0;
	}
	check_modules(map);
	reverse_registers();
	HOLDS("the order of the rows does not matter", !load(&reversed, error));
	check_same(map, reversed);
	oht_modmap_free(reversed);
	oht_modmap_free(map);
	return 0;
}
