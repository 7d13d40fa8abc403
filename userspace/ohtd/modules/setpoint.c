// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The set-point on its way into the plan, and its echo on the way back. Set-points have numbers: a
 * motor whose turn comes later than that of the other one takes a newer set-point, so "all motors
 * have taken it" is a question of numbers, not of values.
 */
#include <errno.h>
#include <string.h>

#include "modules/modules.h"

/* So many missing answers on end, or one refusal, and zero is said by the telegram instead. */
#define ERRORS_MAX	3
/* So many more, or so many refusals or other readings on end, and the drive does not obey. */
#define FAILS_ERRORS	6
#define FAILS_REFUSALS	2
#define FAILS_STRAYS	2
/* A drive may show what it has acknowledged a moment later. */
#define SHOWN_NS	(OHTD_CYCLE_MS * OHTD_NS_PER_MS)

static uint16_t word_of(const struct ohtd_drive_setpoint *setpoint, unsigned int output)
{
	return ohtd_output_is_direction(output) ? setpoint->direction : setpoint->speed_raw;
}

static bool writes(const struct ohtd_place *place)
{
	return place->output != OHTD_OUTPUT_NONE;
}

static bool has_places(const struct ohtd_modules *modules)
{
	unsigned int i;

	for (i = 0; i < modules->layout.count; i++)
		if (writes(&modules->layout.place[i]))
			return true;
	return false;
}

/* A set-point holds for one stay in enabled, and as long as the drive is in the plan. */
static void follow(struct ohtd_modules *modules)
{
	struct ohtd_setpoints *s = &modules->setpoints;
	bool there = has_places(modules);
	uint64_t since_ns = modules->owner->enabled_ns(modules->control);

	if (since_ns != s->since_ns || (s->there && !there))
		*s = (struct ohtd_setpoints){
			.since_ns = since_ns,
			.zero_waits = s->zero_waits,
			.zero_ns = s->zero_ns,
		};
	s->there = there;
}

/* ---- the echo ---- */

/* All places of speed, or of direction, have acknowledged what they are told now. */
static bool agreed(const struct ohtd_modules *modules, bool direction)
{
	const struct ohtd_setpoints *s = &modules->setpoints;
	unsigned int i, count = 0;

	for (i = 0; i < modules->layout.count; i++) {
		unsigned int output = modules->layout.place[i].output;

		if (!writes(&modules->layout.place[i]) ||
		    ohtd_output_is_direction(output) != direction)
			continue;
		if (!s->written[output].known || s->written[output].taken != s->number)
			return false;
		count++;
	}
	return count > 0;
}

static bool is_kept(const struct ohtd_setpoints *s, uint32_t number)
{
	return number && s->number - number < OHTD_SETPOINTS_KEPT;
}

/* The newest set-point that all places agree with. */
static void note_echo(struct ohtd_modules *modules, uint64_t time_ns)
{
	struct ohtd_setpoints *s = &modules->setpoints;
	uint32_t number = s->number;
	unsigned int i;

	for (i = 0; i < modules->layout.count; i++) {
		const struct ohtd_place *place = &modules->layout.place[i];

		if (writes(place) && s->written[place->output].taken < number)
			number = s->written[place->output].taken;
	}
	if (number <= s->echoed_number || !is_kept(s, number))
		return;
	s->has_echo = true;
	s->echoed = s->kept[number % OHTD_SETPOINTS_KEPT];
	s->echoed_number = number;
	s->echoed_ns = time_ns;
}

void ohtd_setpoint_taken(struct ohtd_modules *modules, const struct ohtd_place *place,
			 const struct oht_cyclic_value *value)
{
	struct ohtd_setpoints *s = &modules->setpoints;
	struct ohtd_written *written = &s->written[place->output];
	uint32_t number;

	follow(modules);
	if (!s->since_ns || value->tried_ns < s->since_ns)
		return;
	if (value->error) {
		bool refused = value->outcome == OHT_OUTCOME_EXCEPTION;

		written->errors += refused ? ERRORS_MAX : 1;
		written->refusals = refused ? written->refusals + 1 : 0;
		written->doubted = true;
		return;
	}
	written->errors = 0;
	written->refusals = 0;
	written->doubted = false;
	if (!written->known || written->word != value->words[0]) {
		written->before = written->known ? written->word : value->words[0];
		written->taken_before = written->taken;
		written->changed_ns = value->tried_ns;
	}
	written->known = true;
	written->word = value->words[0];
	written->at_ns = value->tried_ns;
	for (number = s->number; is_kept(s, number) && number > written->taken; number--)
		if (word_of(&s->kept[number % OHTD_SETPOINTS_KEPT], place->output) == written->word)
			written->taken = number;
	note_echo(modules, value->tried_ns);
}

/* ---- what the drive's registers show ---- */

/* Has the register been told @word behind set-point @number? */
static bool told_since(const struct ohtd_setpoints *s, unsigned int output, uint32_t number, uint16_t word)
{
	uint32_t newer;

	for (newer = s->number; is_kept(s, newer) && newer > number; newer--)
		if (word_of(&s->kept[newer % OHTD_SETPOINTS_KEPT], output) == word)
			return true;
	return false;
}

/*
 * Nought moves nothing, whatever has written it. And what the drive is told it may have taken: its acknowledgement comes later, or never, when
 * another plan took the place of the one that the write belonged to.
 */
static bool shows(const struct ohtd_modules *modules, unsigned int output, uint16_t word, uint64_t time_ns)
{
	const struct ohtd_setpoints *s = &modules->setpoints;
	const struct ohtd_written *written = &s->written[output];
	bool changes = time_ns < written->changed_ns + SHOWN_NS * modules->time_factor;

	return !word || word == written->word || (changes && word == written->before) ||
	       told_since(s, output, changes ? written->taken_before : written->taken, word);
}

static void look_at_register(struct ohtd_modules *modules, const struct ohtd_place *place)
{
	struct ohtd_written *written = &modules->setpoints.written[place->output];
	const struct ohtd_unit *unit = ohtd_unit(modules, place->unit);
	const struct ohtd_register_value *value;

	if (!unit || !unit->plan || unit->view.generation != place->generation)
		return;
	value = &unit->values.values[place->block.first];
	if (value->state != OHTD_REGISTER_OK || value->time_ns <= written->read_ns)
		return;
	written->read_ns = value->time_ns;
	/* A reading of before the first acknowledgement of this stay says nothing of it. */
	if (!written->known || written->doubted || value->time_ns < modules->setpoints.since_ns ||
	    shows(modules, place->output, value->words[0], value->time_ns))
		written->strays = 0;
	else
		written->strays++;
}

static void look_at_registers(struct ohtd_modules *modules)
{
	unsigned int i;

	for (i = 0; i < modules->layout.count; i++)
		if (writes(&modules->layout.place[i]))
			look_at_register(modules, &modules->layout.place[i]);
}

/* What the register of a speed shows, if it was read behind @since_ns. */
static enum ohtd_shown shown_of(const struct ohtd_unit *drive, unsigned int output, uint64_t since_ns)
{
	int place = drive->plan->output[output];
	const struct ohtd_register_value *value = place < 0 ? NULL : &drive->values.values[place];

	if (!value)
		return OHTD_SHOWN_ZERO;
	if (value->state != OHTD_REGISTER_OK || value->time_ns <= since_ns)
		return OHTD_SHOWN_NOTHING;
	return value->words[0] ? OHTD_SHOWN_OTHER : OHTD_SHOWN_ZERO;
}

enum ohtd_shown ohtd_setpoint_shows_zero(struct ohtd_modules *modules, uint64_t since_ns)
{
	const struct ohtd_unit *drive = ohtd_unit(modules, modules->telegrams.unit);
	enum ohtd_shown shown = OHTD_SHOWN_ZERO;
	unsigned int output;

	if (!drive || !drive->plan)
		return OHTD_SHOWN_NOTHING;
	/* Registers that the drive does not have: the position alone tells what it does (docs/motion.md). */
	if (drive->hides_outputs && !drive->show_ns)
		return OHTD_SHOWN_ZERO;
	for (output = 0; output < OHTD_OUTPUTS; output++) {
		enum ohtd_shown one = ohtd_output_is_direction(output) ? OHTD_SHOWN_ZERO : shown_of(drive, output, since_ns);

		if (one > shown)
			shown = one;
	}
	return shown;
}

bool ohtd_setpoint_fails(const struct ohtd_modules *modules)
{
	const struct ohtd_setpoints *s = &modules->setpoints;
	uint32_t strays = 0;
	unsigned int output;
	bool told = false;

	if (!ohtd_setpoint_live(modules))
		return false;
	for (output = 0; output < OHTD_OUTPUTS; output++) {
		strays += s->written[output].strays;
		told |= s->written[output].refusals >= FAILS_REFUSALS ||
			s->written[output].errors >= FAILS_ERRORS * modules->time_factor;
	}
	return told || strays >= FAILS_STRAYS;
}

/* ---- what the drive is told ---- */

/* Largest value that each register of this kind takes. */
static uint16_t most(struct ohtd_modules *modules, bool direction)
{
	int64_t least = UINT16_MAX;
	unsigned int i;

	for (i = 0; i < modules->layout.count; i++) {
		const struct ohtd_place *place = &modules->layout.place[i];
		const struct ohtd_unit *unit = ohtd_unit(modules, place->unit);
		const struct oht_register *reg;

		if (!writes(place) || ohtd_output_is_direction(place->output) != direction ||
		    !unit || !unit->plan)
			continue;
		reg = &unit->plan->map->reg[place->block.first];
		if (reg->has_max && reg->max < least)
			least = reg->max;
	}
	return (uint16_t)least;
}

/* Direction first, at standstill; then speed. */
static struct ohtd_drive_setpoint next_of(struct ohtd_modules *modules)
{
	const struct ohtd_setpoints *s = &modules->setpoints;
	struct ohtd_drive_setpoint next = { .direction = s->told.direction };
	uint16_t full = most(modules, false);
	bool turn = s->wanted.direction != s->told.direction;

	if (s->wanted.direction > most(modules, true))
		return next;
	if (turn && s->number && !s->told.speed_raw && agreed(modules, false))
		next.direction = s->wanted.direction;
	else if (!turn && s->number && agreed(modules, true))
		next.speed_raw = s->wanted.speed_raw < full ? s->wanted.speed_raw : full;
	return next;
}

static void tell(struct ohtd_modules *modules)
{
	struct ohtd_setpoints *s = &modules->setpoints;
	const struct ohtd_drive_setpoint next = next_of(modules);
	unsigned int output;

	if (s->number && next.speed_raw == s->told.speed_raw &&
	    next.direction == s->told.direction)
		return;
	s->told = next;
	s->kept[++s->number % OHTD_SETPOINTS_KEPT] = next;
	for (output = 0; output < OHTD_OUTPUTS; output++) {
		struct ohtd_written *written = &s->written[output];

		if (written->known && written->taken == s->number - 1 &&
		    written->word == word_of(&next, output))
			written->taken = s->number;
	}
}

void ohtd_setpoint_write(struct ohtd_modules *modules, const struct ohtd_drive_setpoint *setpoint)
{
	struct ohtd_setpoints *s = &modules->setpoints;

	follow(modules);
	if (!s->since_ns)
		return;
	s->wanted = *setpoint;
	if (setpoint->speed_raw)
		s->zero_waits = false;
}

bool ohtd_setpoint_live(const struct ohtd_modules *modules)
{
	const struct ohtd_setpoints *s = &modules->setpoints;

	return s->since_ns && s->since_ns == modules->owner->enabled_ns(modules->control) &&
	       s->given_generation && modules->layout.generation && has_places(modules);
}

bool ohtd_setpoint_echoed(const struct ohtd_modules *modules, struct ohtd_drive_setpoint *echoed,
			  uint64_t *at_ns)
{
	const struct ohtd_setpoints *s = &modules->setpoints;

	if (!s->has_echo || s->since_ns != modules->owner->enabled_ns(modules->control) ||
	    !has_places(modules))
		return false;
	*echoed = s->echoed;
	*at_ns = s->echoed_ns;
	return true;
}

static bool may_go(const struct ohtd_setpoints *s, unsigned int output, enum ohtd_drive_direction direction)
{
	const struct ohtd_written *written = &s->written[output];

	return !written->known || written->word == direction || told_since(s, output, written->taken, direction);
}

static uint16_t motor_holds(const struct ohtd_setpoints *s, unsigned int output)
{
	const struct ohtd_written *written = &s->written[output];
	uint16_t most = written->known ? written->word : 0;
	uint32_t number;

	for (number = s->number; is_kept(s, number) && number > written->taken; number--)
		if (s->kept[number % OHTD_SETPOINTS_KEPT].speed_raw > most)
			most = s->kept[number % OHTD_SETPOINTS_KEPT].speed_raw;
	return most;
}

uint16_t ohtd_setpoint_holds(const struct ohtd_modules *modules, enum ohtd_drive_direction direction)
{
	const struct ohtd_setpoints *s = &modules->setpoints;
	uint16_t most = 0, holds;
	unsigned int i;

	if (!ohtd_setpoint_live(modules))
		return 0;
	for (i = 0; i < modules->layout.count; i++) {
		unsigned int output = modules->layout.place[i].output;

		if (!writes(&modules->layout.place[i]) || ohtd_output_is_direction(output))
			continue;
		holds = motor_holds(s, output);
		if (holds > most && may_go(s, ohtd_output_direction(output), direction))
			most = holds;
	}
	return most;
}

/* The last turn of place @i. If this plan has not written it yet: the turn before its first one that writes. */
static uint64_t turn_ns(const struct ohtd_modules *modules, unsigned int i, uint64_t at_ns, uint64_t period_ns)
{
	const struct ohtd_layout *layout = &modules->layout;
	const uint64_t cycle_ns = OHTD_CYCLE_MS * OHTD_NS_PER_MS;
	uint64_t passed_ns;

	if (at_ns >= layout->begin_ns)
		return at_ns;
	/* The same moment of the first cycle, which writes nothing. */
	passed_ns = (layout->begin_ns - at_ns + cycle_ns - 1) / cycle_ns * cycle_ns;
	at_ns += passed_ns + ohtd_layout_phase(layout, i) * cycle_ns;
	return ohtd_layout_phase(layout, i) ? at_ns - period_ns : at_ns;
}

uint64_t ohtd_setpoint_echo_due_ns(const struct ohtd_modules *modules, uint64_t told_ns)
{
	const struct ohtd_setpoints *s = &modules->setpoints;
	uint64_t latest_ns = told_ns;
	unsigned int i;

	for (i = 0; i < modules->layout.count; i++) {
		const struct ohtd_place *place = &modules->layout.place[i];
		uint64_t period_ns = modules->layout.entry[i].period_cycles * OHTD_CYCLE_MS *
				     OHTD_NS_PER_MS;
		uint64_t due_ns;

		if (!writes(place) || ohtd_output_is_direction(place->output) ||
		    !s->written[place->output].at_ns)
			continue;
		due_ns = turn_ns(modules, i, s->written[place->output].at_ns, period_ns);
		if (due_ns < told_ns)
			due_ns += (told_ns - due_ns + period_ns - 1) / period_ns * period_ns;
		if (due_ns > latest_ns)
			latest_ns = due_ns;
	}
	return latest_ns;
}

/* ---- zero for the state machine ---- */

void ohtd_setpoint_zero(struct ohtd_modules *modules)
{
	struct ohtd_setpoints *s = &modules->setpoints;

	follow(modules);
	s->wanted.speed_raw = 0;
	s->zero_ns = modules->now_ns;
	s->zero_waits = ohtd_setpoint_live(modules);
	if (!s->zero_waits)
		ohtd_telegram_start(modules, OHTD_TELEGRAM_ZERO_SPEED);
	else if (!modules->telegrams.active)
		modules->telegrams.failed = false;
}

bool ohtd_setpoint_zero_waits(const struct ohtd_modules *modules)
{
	return modules->setpoints.zero_waits;
}

static bool place_fails(const struct ohtd_setpoints *s)
{
	unsigned int output;

	for (output = 0; output < OHTD_OUTPUTS; output++)
		if (s->written[output].errors >= ERRORS_MAX)
			return true;
	return false;
}

bool ohtd_setpoint_answers_since(const struct ohtd_modules *modules, uint64_t time_ns)
{
	const struct ohtd_layout *layout = &modules->layout;
	unsigned int i;

	for (i = 0; i < layout->count; i++)
		if (writes(&layout->place[i]) &&
		    !ohtd_output_is_direction(layout->place[i].output) &&
		    modules->setpoints.written[layout->place[i].output].at_ns < time_ns)
			return false;
	return true;
}

static void watch_zero(struct ohtd_modules *modules)
{
	struct ohtd_setpoints *s = &modules->setpoints;

	if (!s->zero_waits)
		return;
	if (!ohtd_setpoint_live(modules) || place_fails(s)) {
		s->zero_waits = false;
		ohtd_telegram_start(modules, OHTD_TELEGRAM_ZERO_SPEED);
	} else if (!s->told.speed_raw && agreed(modules, false) &&
		   ohtd_setpoint_answers_since(modules, s->zero_ns)) {
		s->zero_waits = false;
	}
}

/* ---- the control cycle ---- */

bool ohtd_setpoint_rests(const struct ohtd_modules *modules)
{
	const struct ohtd_setpoints *s = &modules->setpoints;

	if (modules->owner->in_motion(modules->control) || modules->owner->acts(modules->control) ||
	    s->zero_waits || s->wanted.speed_raw || s->told.speed_raw)
		return false;
	return !s->since_ns || !s->there || agreed(modules, false);
}

bool ohtd_setpoint_reverses(const struct ohtd_modules *modules)
{
	const struct ohtd_setpoints *s = &modules->setpoints;

	if (!ohtd_setpoint_live(modules) || !s->has_echo || s->echoed.speed_raw)
		return false;
	return s->wanted.direction != s->echoed.direction || (modules->layout.reverses && s->wanted.speed_raw);
}

/* Hands all places their words; 0, or the error of the first that would not. */
static int hand_over(struct ohtd_modules *modules, const struct ohtd_drive_setpoint *setpoint)
{
	const struct ohtd_layout *layout = &modules->layout;
	unsigned int i;
	int ret = 0;

	for (i = 0; !ret && i < layout->count; i++) {
		uint16_t word = word_of(setpoint, layout->place[i].output);

		if (writes(&layout->place[i]))
			ret = modules->bus->ops->outputs(modules->bus, layout->generation, i,
							 &word, 1, false);
	}
	return ret;
}

void ohtd_setpoint_prepare(struct ohtd_modules *modules)
{
	const struct ohtd_drive_setpoint zero = { 0 };

	/* A plan that is not in force yet writes nothing before its outputs are set. */
	if (!modules->device->bus_dead)
		hand_over(modules, &zero);
}

void ohtd_setpoint_look(struct ohtd_modules *modules)
{
	follow(modules);
	look_at_registers(modules);
	watch_zero(modules);
}

void ohtd_setpoint_give(struct ohtd_modules *modules)
{
	struct ohtd_setpoints *s = &modules->setpoints;
	int ret;

	follow(modules);
	if (!s->since_ns || !s->there || !modules->layout.generation || modules->device->bus_dead)
		return;
	tell(modules);
	if (s->given_generation == modules->layout.generation && s->given_number == s->number)
		return;
	/* A plan that is committed comes in force with the next cycle; until then: again. */
	ret = hand_over(modules, &s->told);
	if (ret == -ECANCELED)
		modules->owner->look_again(modules->control);
	if (ret)
		return;
	s->given_generation = modules->layout.generation;
	s->given_number = s->number;
}
