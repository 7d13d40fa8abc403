// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Four distances (front, rear, left, right), the zones and the proximity alert that follow from
 * them, four inputs, four relays. What the master sees follows from what is pinned: an obstacle is
 * a pinned distance, a pressed button a pinned estop_active.
 */
#include "safety.h"

#include <math.h>

#include "world.h"

#define RANGE_MM		5000.0
#define NOISE_MM		1.5
#define ADC_FULL		4095.0
#define CHANNELS		4u

enum {
	STATUS, ESTOP, ZONES, PROXIMITY, RELAY_FEEDBACK, ERROR, TEMPERATURE, VOLTAGE, DISTANCE,
	ADC = DISTANCE + CHANNELS, INPUTS = ADC + CHANNELS, INPUT, RELAYS = INPUT + CHANNELS, RELAY,
	THRESHOLD = RELAY + CHANNELS, PROXIMITY_THRESHOLD = THRESHOLD + CHANNELS, REGISTERS,
};

static const char *const names[REGISTERS + 1] = {
	"safety_status", "estop_active", "zone_status", "proximity_alert", "relay_output_status",
	"safety_error", "temperature", "supply_voltage", "distance_1", "distance_2", "distance_3",
	"distance_4", "adc_1", "adc_2", "adc_3", "adc_4", "digital_inputs", "digital_input_1",
	"digital_input_2", "digital_input_3", "digital_input_4", "relay_outputs", "relay_1",
	"relay_2", "relay_3", "relay_4", "zone_threshold_1", "zone_threshold_2",
	"zone_threshold_3", "zone_threshold_4", "proximity_threshold",
};

/* Codes of safety_status and safety_error, from their descriptions in the data. */
enum { SAFE, WARNING, CRITICAL, EMERGENCY_STOP };
enum { ERROR_NONE, ERROR_EMERGENCY_STOP, ERROR_ZONE };

void oht_sim_safety_init(struct oht_sim_safety *s, struct oht_sim_bank *bank)
{
	oht_sim_model_bind(&s->m, bank, names);
}

static int bits_of(const struct oht_sim_model *m, unsigned int first)
{
	unsigned int i;
	int bits = 0;

	for (i = 0; i < CHANNELS; i++)
		bits |= oht_sim_is(m, first + i) << i;
	return bits;
}

static void step_distances(struct oht_sim_safety *s, struct oht_sim_rail *rail)
{
	/* Nothing stands beside the rail; in front and behind it ends, or something is on it. */
	double free_mm[CHANNELS] = { oht_sim_rail_max_mm(rail) - rail->position_mm,
				     rail->position_mm - oht_sim_rail_min_mm(rail), 2 * RANGE_MM,
				     2 * RANGE_MM };
	unsigned int i;

	for (i = 0; i < CHANNELS; i++) {
		double noise = NOISE_MM * oht_sim_prng_noise(&rail->prng);
		double seen = fmin(fmax(free_mm[i] + noise, 0), RANGE_MM);

		oht_sim_put(&s->m, DISTANCE + i, seen);
		seen = fmin(oht_sim_get(&s->m, DISTANCE + i), RANGE_MM);
		oht_sim_put(&s->m, ADC + i, ADC_FULL * (1 - seen / RANGE_MM));
	}
}

static void step_zones(struct oht_sim_safety *s)
{
	double near = oht_sim_get(&s->m, PROXIMITY_THRESHOLD);
	bool alert = false;
	unsigned int i;
	int zones = 0;

	for (i = 0; i < CHANNELS; i++) {
		double distance = oht_sim_get(&s->m, DISTANCE + i);

		zones |= (distance < oht_sim_get(&s->m, THRESHOLD + i)) << i;
		alert |= distance < near;
	}
	oht_sim_put(&s->m, ZONES, zones);
	oht_sim_put(&s->m, PROXIMITY, alert);
}

/* relay_outputs and relay_1..4 are two faces of the same outputs; the last one written counts. */
static void step_relays(struct oht_sim_safety *s)
{
	int written = (int)oht_sim_get(&s->m, RELAYS);
	int relays = written != s->relays ? written : bits_of(&s->m, RELAY);
	unsigned int i;

	s->relays = relays;
	oht_sim_put(&s->m, RELAYS, relays);
	for (i = 0; i < CHANNELS; i++)
		oht_sim_put(&s->m, RELAY + i, relays >> i & 1);
	oht_sim_put(&s->m, RELAY_FEEDBACK, relays);
}

static void step_status(struct oht_sim_safety *s)
{
	struct oht_sim_model *m = &s->m;
	int status = SAFE, error = ERROR_NONE;

	if (oht_sim_is(m, ZONES)) {
		status = WARNING;
		error = ERROR_ZONE;
	}
	if (oht_sim_is(m, PROXIMITY))
		status = CRITICAL;
	if (oht_sim_is(m, ESTOP)) {
		status = EMERGENCY_STOP;
		error = ERROR_EMERGENCY_STOP;
	}
	oht_sim_put(m, STATUS, status);
	oht_sim_put(m, ERROR, error);
}

void oht_sim_safety_step(struct oht_sim_safety *s, struct oht_sim_rail *rail)
{
	step_distances(s, rail);
	step_zones(s);
	step_relays(s);
	oht_sim_put(&s->m, INPUTS, bits_of(&s->m, INPUT));
	oht_sim_put(&s->m, TEMPERATURE, 25 + 0.1 * oht_sim_prng_noise(&rail->prng));
	oht_sim_put(&s->m, VOLTAGE, 24 + 0.05 * oht_sim_prng_noise(&rail->prng));
	step_status(s);
}
