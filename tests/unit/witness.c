// SPDX-License-Identifier: GPL-2.0-or-later
#include "witness.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim_far.h"

/* A second with a full load, and the simulator's step. */
#define BRAKE_NS	OHTD_NS_PER_S
#define STEP_NS		(30 * OHTD_NS_PER_MS)
/* A controlled stop may take 2 s, and a control cycle looks whether its time is over. */
#define UNLED_NS	(2 * OHTD_NS_PER_S + 2 * OHTD_CYCLE_MS * OHTD_NS_PER_MS)
/* Told to stand for so long, the wheels stand, and turn no further than this by themselves. */
#define STAND_NS	(2500 * OHTD_NS_PER_MS)
#define STRAY_MM	25.0
/* Beside a drive that is silent the position alone shows it, read each 100 ms. */
#define STRAY_TWICE_MM	50.0
#define SOFT_MM		3.0
/* A legacy drive rolls on behind its plan, and is led back (D533). */
#define SOFT_LEGACY_MM	6.5
/* A drive that does not do what it is told is noticed by then. */
#define DISOBEYED_MM	250.0
#define FAST_FACTOR	1.05
/*
 * Turns on with its outputs low: they need a second to stand, and the drive is read each 50 ms, or each 200 ms beside a module
 * that is silent; stray_mm, and it is told.
 */
#define STOPS_NS	(1200 * OHTD_NS_PER_MS)
#define HEARD_NS	(200 * OHTD_NS_PER_MS)
#define UNTOLD_MM	12
#define UNTOLD_S	0.3
/* Until it is seen to stand, also by a drive that is only asked now and then. */
#define RESTS_NS	(15 * OHTD_NS_PER_S)
/* Beyond a healthy ramp; and against the told direction. */
static const struct { double jog_mm, move_mm; } bars[] = {
	{ 100, 150 }, { 200, 300 },
};
#define WRONG_MM	50.0
/* One of two failures hides from the robot what the other one does. */
#define WRONG_HIDDEN_MM	200.0
/* A word that is told: both motors have taken a set-point, and a ramp begins. */
#define WORD_S		0.07
#define LEGACY_MM_S2	1000.0
/* So long a motion that becomes faster goes on to do so behind a word: the jerk, the lag and the way of the word. */
#define GAINS_S		0.25
/* A loaded robot rolls on: its lag for each kg. */
#define LOAD_S_PER_KG	0.0015

#define BROKEN(w, ...)	broken(w, __LINE__, __VA_ARGS__)

__attribute__((format(printf, 3, 4), noreturn))
static void broken(const struct witness *w, int line, const char *format, ...)
{
	const struct ohtd_control *control = &w->run->f->control;
	char text[200];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	fail_msg("rule %d at %.3f s: %s (%s, %.1f mm, %.1f mm/s)", line,
		 (double)virtual_now_ns(w->run) / OHTD_NS_PER_S, text,
		 ohtd_state_name(control->state), w->run->station.world.rail.position_mm,
		 w->run->station.world.rail.speed_mm_s);
	abort();
}

/* ---- what is told ---- */

static void see_transition(struct witness *w, const struct ohtd_event_record *record)
{
	const struct ohtd_machine *machine = &w->run->f->control.machine;
	unsigned int i;

	for (i = 0; i < machine->count; i++)
		if (machine->rows[i].line == record->line)
			break;
	if (i == machine->count || machine->rows[i].from != record->from ||
	    machine->rows[i].to != record->to || machine->rows[i].event != record->event)
		BROKEN(w, "%s from %s to %s is not row %u", ohtd_event_name(record->event),
		       ohtd_state_name(record->from), ohtd_state_name(record->to), record->line);
	if (record->from != w->state)
		BROKEN(w, "left %s, but was in %s", ohtd_state_name(record->from),
		       ohtd_state_name(w->state));
	if (record->to != record->from)
		w->entered[record->to]++;
	w->state = record->to;
}

static bool is_over(unsigned int state)
{
	return state == OHTD_COMMAND_STATE_NONE || state == OHTD_COMMAND_STATE_FINISHED ||
	       state == OHTD_COMMAND_STATE_FAILED;
}

static bool may_follow(unsigned int before, unsigned int after)
{
	switch (after) {
	case OHTD_COMMAND_STATE_INITIALIZING:
		return before == OHTD_COMMAND_STATE_WAITING;
	case OHTD_COMMAND_STATE_RUNNING:
	case OHTD_COMMAND_STATE_PAUSED:
	case OHTD_COMMAND_STATE_RETRIABLE:
	case OHTD_COMMAND_STATE_FINISHED:
		return before != after && before != OHTD_COMMAND_STATE_WAITING && !is_over(before);
	default:
		return after == OHTD_COMMAND_STATE_FAILED && !is_over(before);
	}
}

/* Its refusals were seen behind the turns before. */
static bool is_of_refused_key(const struct virtual_key *key, const struct ohtd_command_view *command)
{
	return key->refused && command->kind == OHTD_COMMAND_JOG &&
	       !strcmp(command->caller_id, key->jog.caller_id);
}

static void see_begin(struct witness *w, const struct ohtd_command_view *command)
{
	bool next = command->number == w->number + 1;

	if ((command->state != OHTD_COMMAND_STATE_INITIALIZING &&
	     command->state != OHTD_COMMAND_STATE_WAITING) || !(next || w->restarted))
		BROKEN(w, "command %llu begins as %s behind %llu",
		       (unsigned long long)command->number, ohtd_command_state_name(command->state),
		       (unsigned long long)w->number);
	if (is_of_refused_key(&w->run->key, command))
		BROKEN(w, "jog %llu begins by a key that was refused", (unsigned long long)command->number);
	w->restarted = false;
	w->number = command->number;
	w->begun++;
}

/* One that waits leaves the present one alone. */
static void see_present(struct witness *w, const struct ohtd_command_view *command, unsigned int before)
{
	if (command->state == OHTD_COMMAND_STATE_WAITING ||
	    (before == OHTD_COMMAND_STATE_WAITING && is_over(command->state)))
		return;
	if (command->number != w->command.number && !is_over(w->command.state))
		BROKEN(w, "command %llu begins, and the one before has not ended",
		       (unsigned long long)command->number);
	w->command = *command;
}

static void see_end(struct witness *w, const struct ohtd_command_view *command)
{
	bool failed = command->state == OHTD_COMMAND_STATE_FAILED;

	w->ended[command->state]++;
	if (failed != (command->reason.code != OHTD_WHY_NONE) || !command->ended_ns)
		BROKEN(w, "command %llu is %s: %s", (unsigned long long)command->number,
		       ohtd_command_state_name(command->state),
		       ohtd_why_name(command->reason.code));
}

static void see_command(struct witness *w, const struct ohtd_command_view *command)
{
	uint8_t *told = &w->told_state[command->number % WITNESS_COMMANDS];

	if (command->number > w->number) {
		see_begin(w, command);
		*told = OHTD_COMMAND_STATE_NONE;
	} else if (!may_follow(*told, command->state)) {
		BROKEN(w, "command %llu: %s behind %s", (unsigned long long)command->number,
		       ohtd_command_state_name(command->state), ohtd_command_state_name(*told));
	}
	see_present(w, command, *told);
	*told = (uint8_t)command->state;
	if (is_over(command->state))
		see_end(w, command);
}

/* For a person who looks for the reason of a failure. */
static void trace(const struct ohtd_event_record *record)
{
	print_message("%.3f s %s: %s, %s to %s, command %llu %s; %s %u\n",
		      (double)record->time_ns / OHTD_NS_PER_S, ohtd_record_name(record->kind),
		      ohtd_event_name(record->event), ohtd_state_name(record->from),
		      ohtd_state_name(record->to), (unsigned long long)record->command.number,
		      ohtd_command_state_name(record->command.state),
		      ohtd_why_name(record->why.items[0].code), record->why.items[0].unit);
}

static void read_records(struct witness *w)
{
	struct fixture *f = w->run->f;
	struct ohtd_event_record record;

	while (ohtd_event_ring_next(&f->control.event_ring, &w->reader, &record)) {
		if (getenv("OHT_TRACE"))
			trace(&record);
		if (record.kind == OHTD_RECORD_TRANSITION)
			see_transition(w, &record);
		else if (record.kind == OHTD_RECORD_COMMAND)
			see_command(w, &record.command);
		else if (record.kind == OHTD_RECORD_ALERT)
			w->alerts[record.why.items[0].code]++;
		if (w->told)
			w->told(w->told_context, &record);
	}
	if (w->reader.lost)
		BROKEN(w, "%llu records lost", (unsigned long long)w->reader.lost);
	if (w->state != f->control.state)
		BROKEN(w, "in %s without a transition from %s", ohtd_state_name(f->control.state),
		       ohtd_state_name(w->state));
}

/* ---- what is done ---- */

/* Latched or not, without outputs no state has motion; and the other way round after a moment. */
static void look_at_stop(struct witness *w)
{
	const struct fixture *f = w->run->f;
	bool led = ohtd_state_is_enabled(f->control.state);
	uint64_t now_ns = virtual_now_ns(w->run);

	if (led && f->fake->status.state == OHT_STATE_STOPPED)
		BROKEN(w, "the stop is latched");
	if (led || f->fake->status.state != OHT_STATE_ENABLED)
		w->unled_since_ns = 0;
	else if (!w->unled_since_ns)
		w->unled_since_ns = now_ns;
	else if (now_ns - w->unled_since_ns > UNLED_NS * f->control.time_factor)
		BROKEN(w, "outputs are high for %llu ms",
		       (unsigned long long)((now_ns - w->unled_since_ns) / OHTD_NS_PER_MS));
}

static void look_at_rail(struct witness *w)
{
	const struct oht_sim_rail *rail = &w->run->station.world.rail;
	const struct ohtd_travel *m = &w->run->f->control.travel;
	uint64_t now_ns = virtual_now_ns(w->run), low_ns = 0;
	double wheel_mm_s = fabs(rail->wheel_mm_s), over_mm = w->run->station.profile == OHT_PROFILE_LEGACY ? SOFT_LEGACY_MM : SOFT_MM;

	if (w->run->disobeyed)
		over_mm = DISOBEYED_MM;
	if (oht_sim_powered(rail))
		w->low_since_ns = 0;
	else if (!w->low_since_ns)
		w->low_since_ns = now_ns;
	if (w->low_since_ns)
		low_ns = now_ns - w->low_since_ns;
	if (low_ns > STEP_NS && wheel_mm_s > w->wheel_mm_s + 1e-6)
		BROKEN(w, "faster without power: %.2f mm/s", wheel_mm_s);
	if (low_ns > BRAKE_NS && wheel_mm_s > 0)
		BROKEN(w, "moves without power");
	w->wheel_mm_s = wheel_mm_s;
	if (w->free)
		return;
	if (wheel_mm_s > ohtd_rule(m, OHTD_RULE_SPEED_MM_S) * FAST_FACTOR)
		BROKEN(w, "faster than the limit");
	if (!w->run->position_lies && !w->run->welded &&
	    (rail->position_mm < ohtd_rule(m, OHTD_RULE_SOFT_MIN_MM) - over_mm ||
	     rail->position_mm > ohtd_rule(m, OHTD_RULE_SOFT_MAX_MM) + over_mm))
		BROKEN(w, "beyond a soft limit");
}

/* ---- motion while the outputs are low ---- */

static bool is_emergency(const struct ohtd_control *control)
{
	unsigned int i;

	for (i = 0; i < control->fault_count; i++)
		if (control->faults[i].why.code == OHTD_WHY_MOVES_UNPOWERED)
			return control->faults[i].standing;
	return false;
}

/* The drive reports its true speed, and the daemon has just heard it. */
static bool is_heard(const struct witness *w)
{
	static const char *const names[] = { "motor1_actual_speed", "motor2_actual_speed", "speed_actual" };
	const struct oht_sim_bank *bank = &oht_sim_station_unit(&w->run->station, MOTOR)->bank;
	const struct ohtd_control *control = &w->run->f->control;
	struct ohtd_value value;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (oht_regmap_find(bank->map, names[i]) && oht_sim_bank_pinned(bank, oht_regmap_find(bank->map, names[i])))
			return false;
	return ohtd_signal(control, OHTD_SIGNAL_DRIVE_SPEED_1, &value) && virtual_now_ns(w->run) - value.time_ns < HEARD_NS;
}

static bool turns_on(const struct witness *w)
{
	return w->run->f->fake->status.state != OHT_STATE_ENABLED && !w->run->f->crashed &&
	       w->wheel_mm_s > ohtd_rule(&w->run->f->control.travel, OHTD_RULE_STANDSTILL_MM_S);
}

static void look_at_outputs(struct witness *w, uint64_t passed_ns)
{
	const struct ohtd_control *control = &w->run->f->control;
	uint64_t now_ns = virtual_now_ns(w->run);
	bool told = is_emergency(control);

	w->emergencies += told && !w->emergency;
	w->emergency = told;
	/* A push moves the vehicle, with the wheels or without. */
	if (w->run->f->fake->status.state != OHT_STATE_ENABLED &&
	    (w->wheel_mm_s > 0 || w->run->station.world.rail.push_mm_s != 0))
		w->turned_ns = now_ns;
	if (!turns_on(w) || !is_heard(w) || told) {
		w->turns_since_ns = 0;
		w->untold_mm = 0;
	} else if (!w->turns_since_ns) {
		w->turns_since_ns = now_ns;
	} else if (now_ns - w->turns_since_ns > STOPS_NS) {
		w->untold_mm += w->wheel_mm_s * (double)passed_ns / OHTD_NS_PER_S;
	}
	if (w->untold_mm > UNTOLD_MM + w->wheel_mm_s * UNTOLD_S)
		BROKEN(w, "outputs are low, the wheels turn, and it is no emergency");
	if (told && !w->free && !w->run->position_lies && now_ns - w->turned_ns > RESTS_NS)
		BROKEN(w, "an emergency, and the robot stands");
}

static bool is_told_to_stand(unsigned int state)
{
	return state == OHTD_STATE_IDLE || state == OHTD_STATE_PAUSED ||
	       state == OHTD_STATE_BLOCKED;
}

static void look_at_standing(struct witness *w, uint64_t passed_ns)
{
	uint64_t now_ns = virtual_now_ns(w->run);

	if (!is_told_to_stand(w->state) || w->run->f->fake->status.state != OHT_STATE_ENABLED) {
		w->stand_since_ns = 0;
		w->stray_mm = 0;
		return;
	}
	if (!w->stand_since_ns)
		w->stand_since_ns = now_ns;
	if (now_ns - w->stand_since_ns <= STAND_NS)
		return;
	w->stray_mm += w->wheel_mm_s * (double)passed_ns / OHTD_NS_PER_S;
	if (w->stray_mm > (w->fails_twice ? STRAY_TWICE_MM : STRAY_MM))
		BROKEN(w, "outputs are high, and the wheels do not stand");
}

/* ---- beyond what is told ---- */

static double healthy_mm(const struct witness *w)
{
	const struct ohtd_travel *m = &w->run->f->control.travel;
	/* The legacy drive has a ramp of its own. */
	double own = w->run->station.profile == OHT_PROFILE_LEGACY ? LEGACY_MM_S2 : INFINITY;
	double stop = fmin(ohtd_rule(m, OHTD_RULE_STOP_MM_S2), own), v = w->word_mm_s;

	return v * v / 2 / stop + v * stop / 2 / ohtd_rule(m, OHTD_RULE_JERK_MM_S3) +
	       v * (WORD_S + LOAD_S_PER_KG * w->word_kg);
}

double witness_beyond_mm(const struct witness *w)
{
	double before_mm = fmax(w->over_mm, w->slips || w->run->position_lies ? 0 : w->ahead_mm);

	return fmax(before_mm, 0) + (w->moves ? 0 : fmax(w->word_mm - healthy_mm(w), 0));
}

static void forget_motion(struct witness *w)
{
	w->over_mm = w->ahead_mm = w->wrong_mm = w->word_mm = w->word_mm_s = w->word_kg = w->limit_mm_s = 0;
}

/* A robot that becomes faster is behind its plan, and goes on to its speed. */
static double gains_mm_s(const struct ohtd_travel *m)
{
	const struct ohtd_point *p = &m->sample.point;
	double accel_mm_s2 = p->speed_mm_s < 0 ? -p->accel_mm_s2 : p->accel_mm_s2;

	return fmax(accel_mm_s2, 0) * GAINS_S;
}

/* A plan that brakes, as for a smaller override, brakes a loaded robot so much later. */
static double lagging_mm_s(const struct witness *w, double limit_mm_s, double passed_s)
{
	const double lag_s = LOAD_S_PER_KG * w->run->station.world.rail.load_kg;

	return limit_mm_s >= w->limit_mm_s || passed_s >= lag_s ? limit_mm_s : w->limit_mm_s + (limit_mm_s - w->limit_mm_s) * passed_s / lag_s;
}

static void look_at_motion(struct witness *w, double passed_s)
{
	const struct ohtd_travel *m = &w->run->f->control.travel;
	double limit = m->limit_mm_s > 0 ? m->limit_mm_s : ohtd_rule(m, OHTD_RULE_SPEED_MM_S);
	double wheel = w->run->station.world.rail.wheel_mm_s;
	double told = m->drive.setpoint.direction == OHTD_DRIVE_REVERSE ? -1 : 1;

	w->jogs = m->command.kind == OHTD_COMMAND_JOG;
	/* A new command, or another override, may be slower: then the plan brakes. */
	limit = fmax(limit, fabs(m->sample.point.speed_mm_s));
	w->limit_mm_s = lagging_mm_s(w, limit, passed_s);
	w->over_mm += fmax(fabs(wheel) - w->limit_mm_s * FAST_FACTOR, 0) * passed_s;
	/* Behind the end of its plan a loaded robot is led back to its target: what it was ahead is less then. */
	if (told != w->ahead_way && m->sample.point.speed_mm_s == 0)
		w->ahead_mm = fmin(w->ahead_mm, -w->ahead_mm);
	w->ahead_way = told;
	w->ahead_mm += (wheel - m->sample.point.speed_mm_s) * told * passed_s;
	w->wrong_mm = fmax(w->wrong_mm - wheel * told * passed_s, 0);
	w->word_mm_s = fmin(fabs(wheel) + gains_mm_s(m), limit);
	w->word_mm = 0;
}

static void look_at_word(struct witness *w, double passed_s)
{
	bool high = w->run->f->fake->status.state == OHT_STATE_ENABLED, moves = high && ohtd_state_in_motion(w->state);
	double beyond_mm;

	if (!high || (moves && !w->moves))
		forget_motion(w);
	w->moves = moves;
	w->word_kg = fmax(w->word_kg, w->run->station.world.rail.load_kg);
	if (moves)
		look_at_motion(w, passed_s);
	else if (high)
		w->word_mm += fabs(w->run->station.world.rail.wheel_mm_s) * passed_s;
	beyond_mm = witness_beyond_mm(w);
	w->worst_mm = fmax(w->worst_mm, beyond_mm);
	w->worst_wrong_mm = fmax(w->worst_wrong_mm, w->wrong_mm);
	if (beyond_mm > (w->jogs ? bars[w->fails_twice].jog_mm : bars[w->fails_twice].move_mm) && !getenv("OHT_LIST"))
		BROKEN(w, "%.0f mm beyond what is told", beyond_mm);
	if (w->wrong_mm > (w->fails_twice && w->hides ? WRONG_HIDDEN_MM : WRONG_MM) && !getenv("OHT_LIST"))
		BROKEN(w, "%.0f mm against the direction that is told", w->wrong_mm);
}

/* Its records begin anew, and the newest command of the last one may have no end. */
static void meet_new_daemon(struct witness *w)
{
	w->starts = w->run->f->starts;
	w->reader = (struct ohtd_event_reader){ 0 };
	w->state = OHTD_STATE_BOOT;
	w->unled_since_ns = 0;
	w->stand_since_ns = 0;
	w->command.state = OHTD_COMMAND_STATE_NONE;
	memset(w->told_state, 0, sizeof(w->told_state));
	w->restarted = true;
}

static void look(void *context)
{
	struct witness *w = context;
	uint64_t now_ns, passed_ns;

	w->inner(w->inner_context);
	now_ns = virtual_now_ns(w->run);
	passed_ns = now_ns - w->looked_ns;
	w->looked_ns = now_ns;
	look_at_rail(w);
	if (w->run->f->crashed)
		return;
	if (w->starts != w->run->f->starts)
		meet_new_daemon(w);
	read_records(w);
	look_at_stop(w);
	look_at_standing(w, passed_ns);
	look_at_outputs(w, passed_ns);
	if (w->run->key.number)
		virtual_take_answers(w->run);
	look_at_word(w, (double)passed_ns / OHTD_NS_PER_S);
}

/* ---- what the drive is told ---- */

/* A speed, or to switch on. */
static bool sets_in_motion(const struct ohtd_plan *plan, const struct oht_request *request)
{
	unsigned int i;

	for (i = 0; i < OHTD_OUTPUTS; i++)
		if (plan->output[i] >= 0 && !ohtd_output_is_direction(i) &&
		    plan->map->reg[plan->output[i]].address == request->address)
			return true;
	for (i = 0; i < plan->write_count[OHTD_TELEGRAM_DRIVE_ON]; i++)
		if (plan->writes[OHTD_TELEGRAM_DRIVE_ON][i].address == request->address)
			return true;
	return false;
}

static uint64_t listen(void *context, uint64_t now_ns, const struct oht_request *request,
		       const uint16_t *words, struct oht_reply *reply)
{
	const struct witness *w = context;
	const struct fixture *f = w->run->f;
	const struct ohtd_kind *drive = f->control.model->drive;

	if (request->function == OHT_WRITE_SINGLE && words[0] && f->fake->status.state != OHT_STATE_ENABLED &&
	    request->unit == drive->module->unit &&
	    sets_in_motion(&drive->plan[w->run->station.profile], request))
		BROKEN(w, "%u is written to 0x%04x with outputs low", words[0], request->address);
	return sim_far(&w->run->station, now_ns, request, words, reply);
}

/* ---- */

void witness_begin(struct witness *w, struct virtual_run *run)
{
	struct fixture *f = run->f;

	w->run = run;
	w->inner = f->watch;
	w->inner_context = f->watch_context;
	w->starts = f->starts;
	w->looked_ns = virtual_now_ns(run);
	w->state = f->control.state;
	w->reader.seen = atomic_load(&f->control.event_ring.newest);
	w->command = f->control.travel.command;
	w->number = f->control.travel.numbers;
	w->wheel_mm_s = fabs(run->station.world.rail.wheel_mm_s);
	f->watch = look;
	f->watch_context = w;
	f->fake->far = listen;
	f->fake->far_context = w;
}
