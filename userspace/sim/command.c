// SPDX-License-Identifier: GPL-2.0-or-later
/* Control of the simulator in words. */
#include "command.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/number.h"

#define WORDS_MAX	16
#define LOAD_MAX_KG	200
#define OWN_MAX_MM_S	((int64_t)OHT_SIM_FULL_SPEED_MM_S)
#define RAIL_USAGE	"rail [load KG | slip PERCENT | obstacle MM|none | power on|off | outputs high|low | own MM_S|none | wires right|swapped | push MM_S]"

struct request {
	struct oht_sim_station *station;
	char *word[WORDS_MAX + 1];	/* NULL-terminated */
	int words;
	char *answer;
};

__attribute__((format(printf, 2, 3)))
static void reply(const struct request *r, const char *format, ...)
{
	size_t used = strlen(r->answer);
	va_list args;

	va_start(args, format);
	vsnprintf(r->answer + used, OHT_SIM_ANSWER_BYTES - used, format, args);
	va_end(args);
}

static struct oht_sim_unit *find_unit(const struct request *r, const char *word)
{
	struct oht_sim_unit *unit = NULL;
	int64_t address;

	if (!oht_number_parse(word, 0, 255, &address))
		unit = oht_sim_station_unit(r->station, (unsigned int)address);
	if (!unit)
		reply(r, "error no such unit: '%.40s'", word);
	return unit;
}

/* Units that a word means: one, or all. */
static size_t find_units(const struct request *r, const char *word, struct oht_sim_unit **first)
{
	if (!strcmp(word, "all")) {
		*first = r->station->unit;
		return r->station->units;
	}
	*first = find_unit(r, word);
	return *first ? 1 : 0;
}

static const struct oht_register *find_register(const struct request *r,
						const struct oht_sim_unit *unit, const char *word)
{
	const struct oht_register *reg = NULL;
	int64_t address;

	if (!oht_number_parse(word, 0, UINT16_MAX, &address))
		reg = oht_regmap_at(unit->bank.map, (uint16_t)address);
	else
		reg = oht_regmap_find(unit->bank.map, word);
	if (!reg)
		reply(r, "error unit 0x%02X (%s) has no register '%.40s'", unit->module->unit,
		      unit->module->name, word);
	return reg;
}

/* ---- verbs ---- */

/* Registers are those of a unit's own layout. False: it lacks one, which has been said. */
static bool find_registers(const struct request *r, const struct oht_sim_unit *unit,
			   const struct oht_sim_fault_words *words, struct oht_sim_fault *fault)
{
	for (fault->registers = 0; fault->registers < words->count; fault->registers++) {
		const struct oht_register *reg =
			find_register(r, unit, words->word[fault->registers]);

		if (!reg)
			return false;
		fault->reg[fault->registers] = reg;
	}
	return true;
}

/* False: the unit is no drive, which has been said. */
static bool fits(const struct request *r, const struct oht_sim_unit *unit, enum oht_sim_fault_kind kind)
{
	if (!oht_sim_fault_is_of_drive(kind) || !strcmp(unit->module->name, "travel_motor"))
		return true;
	reply(r, "error unit 0x%02X (%s) cannot be %s", unit->module->unit, unit->module->name, oht_sim_fault_name(kind));
	return false;
}

static void do_fault(const struct request *r)
{
	struct oht_sim_fault_words words;
	enum oht_sim_fault_kind kind;
	struct oht_sim_fault fault;
	struct oht_sim_unit *unit;
	char error[100];
	size_t n = find_units(r, r->word[1], &unit), i;

	if (!n)
		return;
	if (oht_sim_fault_parse(r->word + 2, &kind, &fault, &words, error, sizeof(error))) {
		reply(r, "error %s", error);
		return;
	}
	/* All of them, or none. */
	for (i = 0; i < n; i++)
		if (!fits(r, &unit[i], kind) || !find_registers(r, &unit[i], &words, &fault))
			return;
	for (i = 0; i < n; i++) {
		find_registers(r, &unit[i], &words, &fault);
		unit[i].faults.fault[kind] = fault;
	}
	reply(r, "ok");
}

static void do_clear(const struct request *r)
{
	struct oht_sim_unit *unit;
	size_t n = find_units(r, r->words > 1 ? r->word[1] : "all", &unit);

	if (!n)
		return;
	while (n--)
		memset(&unit[n].faults, 0, sizeof(unit[n].faults));
	reply(r, "ok");
}

static void show_register(const struct request *r, const struct oht_sim_unit *unit,
			  const struct oht_register *reg)
{
	uint16_t words[OHT_REGISTER_WORDS_MAX] = { 0 };
	char text[OHT_REGISTER_TEXT_BYTES];

	oht_sim_bank_read(&unit->bank, reg->address, reg->words, words);
	oht_register_text(reg, words, text);
	reply(r, "ok unit=0x%02X address=0x%04X name=%s raw=%" PRId64 " value=%s%s%s%s",
	      unit->module->unit, reg->address, reg->name, oht_register_decode(reg, words), text,
	      *reg->unit ? " unit_of_value=" : "", reg->unit,
	      oht_sim_bank_pinned(&unit->bank, reg) ? " held" : "");
}

static void do_get(const struct request *r)
{
	struct oht_sim_unit *unit = find_unit(r, r->word[1]);
	const struct oht_register *reg = unit ? find_register(r, unit, r->word[2]) : NULL;

	if (reg)
		show_register(r, unit, reg);
}

static void do_set(const struct request *r)
{
	struct oht_sim_unit *unit = find_unit(r, r->word[1]);
	const struct oht_register *reg = unit ? find_register(r, unit, r->word[2]) : NULL;
	int64_t raw;

	if (!reg)
		return;
	if (oht_number_parse(r->word[3], INT32_MIN, UINT32_MAX, &raw) ||
	    oht_sim_bank_set(&unit->bank, reg, raw))
		reply(r, "error %s cannot hold '%.40s'", reg->name, r->word[3]);
	else
		show_register(r, unit, reg);
}

static void do_unset(const struct request *r)
{
	struct oht_sim_unit *unit = find_unit(r, r->word[1]);
	const struct oht_register *reg = unit ? find_register(r, unit, r->word[2]) : NULL;

	if (!reg)
		return;
	oht_sim_bank_unpin(&unit->bank, reg);
	reply(r, "ok");
}

static void show_faults(const struct request *r, const struct oht_sim_unit *unit)
{
	const char *separator = "";
	unsigned int i;
	int kind;

	reply(r, " faults=");
	for (kind = 0; kind < OHT_SIM_FAULTS; kind++) {
		const struct oht_sim_fault *fault = &unit->faults.fault[kind];
		const char *argument = oht_sim_fault_argument(kind);

		if (!fault->on)
			continue;
		reply(r, "%s%s", separator, oht_sim_fault_name(kind));
		if (argument)
			reply(r, ":%s=%u", argument, fault->argument);
		for (i = 0; i < fault->registers; i++)
			reply(r, ":register=0x%04X", fault->reg[i]->address);
		if (fault->left)
			reply(r, ":count=%u", fault->left);
		separator = ",";
	}
	reply(r, "%s", *separator ? "" : "none");
}

static void show_held(const struct request *r, const struct oht_sim_unit *unit)
{
	const struct oht_regmap *map = unit->bank.map;
	const char *separator = " held=";
	size_t i;

	for (i = 0; i < map->count; i++) {
		if (unit->bank.cell[i].pinned) {
			reply(r, "%s%s", separator, map->reg[i].name);
			separator = ",";
		}
	}
}

static void show_line(const struct request *r)
{
	const struct oht_sim_station *s = r->station;
	const struct oht_sim_framer_stats *f = &s->framer.stats;

	reply(r, "ok profile=%s baud_bps=%u format=8%c%u turnaround_us=%" PRIu64 " seed=%" PRIu64,
	      oht_profile_name(s->profile), s->timing.baud_bps, s->timing.parity,
	      s->timing.stop_bits, s->timing.turnaround_ns / 1000, s->seed);
	reply(r, " rx_bytes=%" PRIu64 " tx_bytes=%" PRIu64 " frames=%" PRIu64 " broken=%" PRIu64
	      " foreign=%" PRIu64 " broadcasts=%" PRIu64 " stale=%" PRIu64 " early=%" PRIu64
	      " pauses_t15=%" PRIu64 " pauses_t35=%" PRIu64 " collisions=%" PRIu64
	      " overruns=%" PRIu64,
	      f->bytes, s->tx_bytes, f->frames, f->broken, s->foreign, s->broadcasts, f->stale,
	      f->early, f->pauses_t15, f->pauses_t35, s->collisions, s->overruns);
}

static void do_status(const struct request *r)
{
	const struct oht_sim_station *s = r->station;
	size_t i;

	show_line(r);
	for (i = 0; i < s->units; i++) {
		const struct oht_sim_unit *unit = &s->unit[i];

		reply(r, " unit=0x%02X module=%s requests=%" PRIu64 " replies=%" PRIu64
		      " exceptions=%" PRIu64 " suppressed=%" PRIu64 " busy=%" PRIu64,
		      unit->module->unit, unit->module->name, unit->stats.requests,
		      unit->stats.replies, unit->stats.exceptions, unit->stats.suppressed,
		      unit->stats.busy);
		show_faults(r, unit);
		show_held(r, unit);
	}
}

/* ---- the vehicle and its rail ---- */

static void show_rail(const struct request *r, const struct oht_sim_rail *rail)
{
	reply(r, "ok position_mm=%.2f speed_mm_s=%.2f load_kg=%.1f slip_percent=%.1f",
	      rail->position_mm, rail->speed_mm_s, rail->load_kg, rail->slip_percent);
	if (isnan(rail->obstacle_mm))
		reply(r, " obstacle=none");
	else
		reply(r, " obstacle_mm=%.0f", rail->obstacle_mm);
	if (rail->power_cut)
		reply(r, " power=off");
	if (rail->outputs_low)
		reply(r, " outputs=low");
	if (!isnan(rail->own_mm_s))
		reply(r, " own_mm_s=%.0f", rail->own_mm_s);
	if (rail->swapped)
		reply(r, " wires=swapped");
	if (rail->push_mm_s != 0)
		reply(r, " push_mm_s=%.0f", rail->push_mm_s);
}

static void set_rail(const struct request *r, struct oht_sim_rail *rail, const char *what,
		     const char *value)
{
	int64_t number = 0;

	if (!strcmp(what, "load") && !oht_number_parse(value, 0, LOAD_MAX_KG, &number))
		rail->load_kg = (double)number;
	else if (!strcmp(what, "slip") && !oht_number_parse(value, 0, 100, &number))
		rail->slip_percent = (double)number;
	else if (!strcmp(what, "power") && (!strcmp(value, "on") || !strcmp(value, "off")))
		rail->power_cut = !strcmp(value, "off");
	else if (!strcmp(what, "outputs") && (!strcmp(value, "high") || !strcmp(value, "low")))
		rail->outputs_low = !strcmp(value, "low");
	else if (!strcmp(what, "obstacle") && !strcmp(value, "none"))
		rail->obstacle_mm = NAN;
	else if (!strcmp(what, "obstacle") &&
		 !oht_number_parse(value, (int64_t)OHT_SIM_RAIL_MIN_MM,
				   (int64_t)OHT_SIM_RAIL_MAX_MM, &number))
		rail->obstacle_mm = (double)number;
	else if (!strcmp(what, "own") && !strcmp(value, "none"))
		rail->own_mm_s = NAN;
	else if (!strcmp(what, "own") && !oht_number_parse(value, -OWN_MAX_MM_S, OWN_MAX_MM_S, &number))
		rail->own_mm_s = (double)number;
	else if (!strcmp(what, "wires") && (!strcmp(value, "right") || !strcmp(value, "swapped")))
		rail->swapped = !strcmp(value, "swapped");
	else if (!strcmp(what, "push") && !oht_number_parse(value, -OWN_MAX_MM_S, OWN_MAX_MM_S, &number))
		rail->push_mm_s = (double)number;
	else
		reply(r, "error rail: '%.40s' cannot be '%.40s'", what, value);
}

static void do_rail(const struct request *r)
{
	struct oht_sim_rail *rail = &r->station->world.rail;

	if (r->words == 2)
		reply(r, "error usage: " RAIL_USAGE);
	if (r->words == 3)
		set_rail(r, rail, r->word[1], r->word[2]);
	if (!*r->answer)
		show_rail(r, rail);
}

static const struct verb {
	const char *name;
	int words_min, words_max;
	const char *usage;
	void (*run)(const struct request *r);
} verbs[] = {
	{ "fault", 3, WORDS_MAX, "fault UNIT|all KIND [key=value...]", do_fault },
	{ "clear", 1, 2, "clear [UNIT|all]", do_clear },
	{ "get", 3, 3, "get UNIT REGISTER", do_get },
	{ "set", 4, 4, "set UNIT REGISTER RAW", do_set },
	{ "unset", 3, 3, "unset UNIT REGISTER", do_unset },
	{ "rail", 1, 3, RAIL_USAGE, do_rail },
	{ "status", 1, 1, "status", do_status },
};

static void split(struct request *r, char *line)
{
	char *save = NULL, *word;

	for (word = strtok_r(line, " \t\r", &save); word && r->words <= WORDS_MAX;
	     word = strtok_r(NULL, " \t\r", &save)) {
		if (r->words < WORDS_MAX)
			r->word[r->words] = word;
		r->words++;
	}
}

/* A relay is welded as long as that fault is on. */
static void follow_faults(struct oht_sim_station *station)
{
	size_t i;

	station->world.rail.welded = false;
	for (i = 0; i < station->units; i++)
		station->world.rail.welded |= station->unit[i].faults.fault[OHT_SIM_FAULT_WELDED].on;
}

void oht_sim_command(struct oht_sim_station *station, char *line, uint64_t now_ns,
		     char answer[OHT_SIM_ANSWER_BYTES])
{
	struct request r = { .station = station, .answer = answer };
	size_t i;

	answer[0] = '\0';
	split(&r, line);
	if (!r.words) {
		reply(&r, "error empty line");
		return;
	}
	oht_sim_world_advance(&station->world, now_ns);
	for (i = 0; i < sizeof(verbs) / sizeof(*verbs); i++) {
		if (strcmp(verbs[i].name, r.word[0]))
			continue;
		if (r.words < verbs[i].words_min || r.words > verbs[i].words_max)
			reply(&r, "error usage: %s", verbs[i].usage);
		else
			verbs[i].run(&r);
		follow_faults(station);
		return;
	}
	reply(&r, "error no such verb: '%.40s'", r.word[0]);
}
