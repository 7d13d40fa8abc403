// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The set-point on its way into the plan, and its echo on the way back. Set-points have numbers: a
 * motor whose turn comes later than that of the other one takes a newer set-point, so "all motors
 * have taken it" is a question of numbers, not of values.
 */
#include <errno.h>
#include <string.h>

#include "control/control.h"

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

static bool has_places(const struct ohtd_control *control)
{
	unsigned int i;

	for (i = 0; i < control->layout.count; i++)
		if (writes(&control->layout.place[i]))
			return true;
	return false;
}

/* When the device was enabled, 0: it is not. */
static uint64_t stay_ns(const struct ohtd_control *control)
{
	const struct oht_stop_status *status = &control->safety.status;

	if (!control->device.open || !control->safety.known || status->state != OHT_STATE_ENABLED)
		return 0;
	return status->since_ns ? status->since_ns : 1;
}

/* A set-point holds for one stay in enabled, and as long as the drive is in the plan. */
static void follow(struct ohtd_control *control)
{
	struct ohtd_setpoints *s = &control->setpoints;
	bool there = has_places(control);
	uint64_t since_ns = stay_ns(control);

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
static bool agreed(const struct ohtd_control *control, bool direction)
{
	const struct ohtd_setpoints *s = &control->setpoints;
	unsigned int i, count = 0;

	for (i = 0; i < control->layout.count; i++) {
		unsigned int output = control->layout.place[i].output;

		if (!writes(&control->layout.place[i]) ||
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
static void note_echo(struct ohtd_control *control, uint64_t time_ns)
{
	struct ohtd_setpoints *s = &control->setpoints;
	uint32_t number = s->number;
	unsigned int i;

	for (i = 0; i < control->layout.count; i++) {
		const struct ohtd_place *place = &control->layout.place[i];

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

void ohtd_setpoint_taken(struct ohtd_control *control, const struct ohtd_place *place,
			 const struct oht_cyclic_value *value)
{
	struct ohtd_setpoints *s = &control->setpoints;
	struct ohtd_written *written = &s->written[place->output];
	uint32_t number;

	follow(control);
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
		written->changed_ns = value->tried_ns;
	}
	written->known = true;
	written->word = value->words[0];
	written->at_ns = value->tried_ns;
	for (number = s->number; is_kept(s, number) && number > written->taken; number--)
		if (word_of(&s->kept[number % OHTD_SETPOINTS_KEPT], place->output) == written->word)
			written->taken = number;
	note_echo(control, value->tried_ns);
}

/* ---- what the drive's registers show ---- */

/* Nought moves nothing, whatever has written it. */
static bool shows(const struct ohtd_control *control, const struct ohtd_written *written,
		  uint16_t word, uint64_t time_ns)
{
	return !word || word == written->word ||
	       (word == written->before &&
		time_ns < written->changed_ns + SHOWN_NS * control->time_factor);
}

static void look_at_register(struct ohtd_control *control, const struct ohtd_place *place)
{
	struct ohtd_written *written = &control->setpoints.written[place->output];
	const struct ohtd_unit *unit = ohtd_unit(control, place->unit);
	const struct ohtd_register_value *value = &unit->values.values[place->block.first];

	if (!unit->plan || unit->view.generation != place->generation ||
	    value->state != OHTD_REGISTER_OK || value->time_ns <= written->read_ns)
		return;
	written->read_ns = value->time_ns;
	/* A reading of before the first acknowledgement of this stay says nothing of it. */
	if (!written->known || written->doubted || value->time_ns < control->setpoints.since_ns ||
	    shows(control, written, value->words[0], value->time_ns))
		written->strays = 0;
	else
		written->strays++;
}

static void look_at_registers(struct ohtd_control *control)
{
	unsigned int i;

	for (i = 0; i < control->layout.count; i++)
		if (writes(&control->layout.place[i]))
			look_at_register(control, &control->layout.place[i]);
}

bool ohtd_setpoint_fails(const struct ohtd_control *control)
{
	const struct ohtd_setpoints *s = &control->setpoints;
	uint32_t strays = 0;
	unsigned int output;
	bool told = false;

	if (!ohtd_setpoint_live(control))
		return false;
	for (output = 0; output < OHTD_OUTPUTS; output++) {
		strays += s->written[output].strays;
		told |= s->written[output].refusals >= FAILS_REFUSALS ||
			s->written[output].errors >= FAILS_ERRORS * control->time_factor;
	}
	return told || strays >= FAILS_STRAYS;
}

/* ---- what the drive is told ---- */

/* Largest value that each register of this kind takes. */
static uint16_t most(struct ohtd_control *control, bool direction)
{
	int64_t least = UINT16_MAX;
	unsigned int i;

	for (i = 0; i < control->layout.count; i++) {
		const struct ohtd_place *place = &control->layout.place[i];
		const struct ohtd_unit *unit = ohtd_unit(control, place->unit);
		const struct oht_register *reg;

		if (!writes(place) || ohtd_output_is_direction(place->output) != direction ||
		    !unit->plan)
			continue;
		reg = &unit->plan->map->reg[place->block.first];
		if (reg->has_max && reg->max < least)
			least = reg->max;
	}
	return (uint16_t)least;
}

/* Direction first, at standstill; then speed. */
static struct ohtd_drive_setpoint next_of(struct ohtd_control *control)
{
	const struct ohtd_setpoints *s = &control->setpoints;
	struct ohtd_drive_setpoint next = { .direction = s->told.direction };
	uint16_t full = most(control, false);
	bool turn = s->wanted.direction != s->told.direction;

	if (s->wanted.direction > most(control, true))
		return next;
	if (turn && s->number && !s->told.speed_raw && agreed(control, false))
		next.direction = s->wanted.direction;
	else if (!turn && s->number && agreed(control, true))
		next.speed_raw = s->wanted.speed_raw < full ? s->wanted.speed_raw : full;
	return next;
}

static void tell(struct ohtd_control *control)
{
	struct ohtd_setpoints *s = &control->setpoints;
	const struct ohtd_drive_setpoint next = next_of(control);
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

void ohtd_setpoint_write(struct ohtd_control *control, const struct ohtd_drive_setpoint *setpoint)
{
	struct ohtd_setpoints *s = &control->setpoints;

	follow(control);
	if (!s->since_ns)
		return;
	s->wanted = *setpoint;
	if (setpoint->speed_raw)
		s->zero_waits = false;
}

bool ohtd_setpoint_live(const struct ohtd_control *control)
{
	const struct ohtd_setpoints *s = &control->setpoints;

	return s->since_ns && s->since_ns == stay_ns(control) && s->given_generation &&
	       control->layout.generation && has_places(control);
}

bool ohtd_setpoint_echoed(const struct ohtd_control *control, struct ohtd_drive_setpoint *echoed,
			  uint64_t *at_ns)
{
	const struct ohtd_setpoints *s = &control->setpoints;

	if (!s->has_echo || s->since_ns != stay_ns(control) || !has_places(control))
		return false;
	*echoed = s->echoed;
	*at_ns = s->echoed_ns;
	return true;
}

uint64_t ohtd_setpoint_echo_due_ns(const struct ohtd_control *control, uint64_t told_ns)
{
	const struct ohtd_setpoints *s = &control->setpoints;
	uint64_t latest_ns = told_ns;
	unsigned int i;

	for (i = 0; i < control->layout.count; i++) {
		const struct ohtd_place *place = &control->layout.place[i];
		uint64_t period_ns = control->layout.entry[i].period_cycles * OHTD_CYCLE_MS *
				     OHTD_NS_PER_MS;
		uint64_t due_ns;

		if (!writes(place) || ohtd_output_is_direction(place->output) ||
		    !s->written[place->output].at_ns)
			continue;
		due_ns = s->written[place->output].at_ns;
		if (due_ns < told_ns)
			due_ns += (told_ns - due_ns + period_ns - 1) / period_ns * period_ns;
		if (due_ns > latest_ns)
			latest_ns = due_ns;
	}
	return latest_ns;
}

/* ---- zero for the state machine ---- */

void ohtd_setpoint_zero(struct ohtd_control *control)
{
	struct ohtd_setpoints *s = &control->setpoints;

	follow(control);
	s->wanted.speed_raw = 0;
	s->zero_ns = control->now_ns;
	s->zero_waits = ohtd_setpoint_live(control);
	if (!s->zero_waits)
		ohtd_telegram_start(control, OHTD_TELEGRAM_ZERO_SPEED);
	else if (!control->telegrams.active)
		control->telegrams.failed = false;
}

bool ohtd_setpoint_zero_waits(const struct ohtd_control *control)
{
	return control->setpoints.zero_waits;
}

static bool place_fails(const struct ohtd_setpoints *s)
{
	unsigned int output;

	for (output = 0; output < OHTD_OUTPUTS; output++)
		if (s->written[output].errors >= ERRORS_MAX)
			return true;
	return false;
}

bool ohtd_setpoint_answers_since(const struct ohtd_control *control, uint64_t time_ns)
{
	const struct ohtd_layout *layout = &control->layout;
	unsigned int i;

	for (i = 0; i < layout->count; i++)
		if (writes(&layout->place[i]) &&
		    !ohtd_output_is_direction(layout->place[i].output) &&
		    control->setpoints.written[layout->place[i].output].at_ns < time_ns)
			return false;
	return true;
}

static void watch_zero(struct ohtd_control *control)
{
	struct ohtd_setpoints *s = &control->setpoints;

	if (!s->zero_waits)
		return;
	if (!ohtd_setpoint_live(control) || place_fails(s)) {
		s->zero_waits = false;
		ohtd_telegram_start(control, OHTD_TELEGRAM_ZERO_SPEED);
	} else if (!s->told.speed_raw && agreed(control, false) &&
		   ohtd_setpoint_answers_since(control, s->zero_ns)) {
		s->zero_waits = false;
	}
}

/* ---- the control cycle ---- */

bool ohtd_setpoint_rests(const struct ohtd_control *control)
{
	const struct ohtd_setpoints *s = &control->setpoints;

	if (ohtd_state_in_motion(control->state) || control->steps.row ||
	    s->zero_waits || s->wanted.speed_raw || s->told.speed_raw)
		return false;
	return !s->since_ns || !s->there || agreed(control, false);
}

/* Hands all places their words; 0, or the error of the first that would not. */
static int hand_over(struct ohtd_control *control, const struct ohtd_drive_setpoint *setpoint)
{
	const struct ohtd_layout *layout = &control->layout;
	unsigned int i;
	int ret = 0;

	for (i = 0; !ret && i < layout->count; i++) {
		uint16_t word = word_of(setpoint, layout->place[i].output);

		if (writes(&layout->place[i]))
			ret = control->bus->ops->outputs(control->bus, layout->generation, i,
							 &word, 1);
	}
	return ret;
}

void ohtd_setpoint_prepare(struct ohtd_control *control)
{
	const struct ohtd_drive_setpoint zero = { 0 };

	/* What is not in force yet writes nothing before it is given something. */
	if (!control->device.bus_dead)
		hand_over(control, &zero);
}

void ohtd_setpoint_look(struct ohtd_control *control)
{
	follow(control);
	look_at_registers(control);
	watch_zero(control);
}

void ohtd_setpoint_give(struct ohtd_control *control)
{
	struct ohtd_setpoints *s = &control->setpoints;
	int ret;

	follow(control);
	if (!s->since_ns || !s->there || !control->layout.generation || control->device.bus_dead)
		return;
	tell(control);
	if (s->given_generation == control->layout.generation && s->given_number == s->number)
		return;
	/* A plan that is committed comes in force with the next cycle; until then: again. */
	ret = hand_over(control, &s->told);
	if (ret == -ECANCELED)
		control->safety.stale = true;
	if (ret)
		return;
	s->given_generation = control->layout.generation;
	s->given_number = s->number;
}
