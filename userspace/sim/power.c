// SPDX-License-Identifier: GPL-2.0-or-later
/* Six lithium cells of 60 Ah, a charger at the dock, three supply rails. */
#include "power.h"

#include <math.h>

#define CELLS			6
#define CAPACITY_AH		60.0
#define CHARGE_AT_START		80.0
#define CELL_OHM		0.002
#define STANDBY_A		1.5
#define CHARGE_A		20.0
#define AMBIENT_DEGC		25.0
#define S_PER_H			3600.0

enum {
	SOC, VOLTAGE, CURRENT, CELL_MAX, CELL_MIN, CELL_MAX_INDEX, CELL_MIN_INDEX, CELL_SPREAD,
	BMS_CONNECTED, CHARGING, DISCHARGING, TEMPERATURE, PACK_TEMP_0, PACK_TEMP_1, RESIDUAL,
	CHARGE_MOSFET, DISCHARGE_MOSFET, CELL_0, CELL_1, CELL_2, CELL_3, CELL_4, CELL_5, FAULTS,
	OUT_VOLTAGE, OUT_CURRENT, OUT_POWER, IN_VOLTAGE, IN_CURRENT, CHARGER_STATUS, OUTPUT_ENABLE,
	CHARGE_RELAY, CHARGE_STATE, CHARGE_REQUEST, RAIL_12V, RAIL_12A, RAIL_12W, RAIL_5V, RAIL_5A,
	RAIL_5W, RAIL_3V, RAIL_3A, RAIL_3W, RELAY_12, RELAY_5, RELAY_3, REGISTERS,
};

static const char *const names[REGISTERS + 1] = {
	[SOC] = "battery_soc",
	[VOLTAGE] = "battery_voltage",
	[CURRENT] = "battery_current",
	[CELL_MAX] = "cell_voltage_max",
	[CELL_MIN] = "cell_voltage_min",
	[CELL_MAX_INDEX] = "cell_max_index",
	[CELL_MIN_INDEX] = "cell_min_index",
	[CELL_SPREAD] = "cell_voltage_spread",
	[BMS_CONNECTED] = "bms_connected",
	[CHARGING] = "charging",
	[DISCHARGING] = "discharging",
	[TEMPERATURE] = "battery_temperature",
	[PACK_TEMP_0] = "pack_temperature_0",
	[PACK_TEMP_1] = "pack_temperature_1",
	[RESIDUAL] = "residual_capacity",
	[CHARGE_MOSFET] = "charge_mosfet",
	[DISCHARGE_MOSFET] = "discharge_mosfet",
	[CELL_0] = "cell_voltage_0",
	[CELL_1] = "cell_voltage_1",
	[CELL_2] = "cell_voltage_2",
	[CELL_3] = "cell_voltage_3",
	[CELL_4] = "cell_voltage_4",
	[CELL_5] = "cell_voltage_5",
	[FAULTS] = "fault_flags",
	[OUT_VOLTAGE] = "charger_output_voltage",
	[OUT_CURRENT] = "charger_output_current",
	[OUT_POWER] = "charger_output_power",
	[IN_VOLTAGE] = "charger_input_voltage",
	[IN_CURRENT] = "charger_input_current",
	[CHARGER_STATUS] = "charger_status",
	[OUTPUT_ENABLE] = "charger_output_enable",
	[CHARGE_RELAY] = "charge_relay",
	[CHARGE_STATE] = "charge_state",
	[CHARGE_REQUEST] = "charge_request",
	[RAIL_12V] = "rail_12v_voltage",
	[RAIL_12A] = "rail_12v_current",
	[RAIL_12W] = "rail_12v_power",
	[RAIL_5V] = "rail_5v_voltage",
	[RAIL_5A] = "rail_5v_current",
	[RAIL_5W] = "rail_5v_power",
	[RAIL_3V] = "rail_3v3_voltage",
	[RAIL_3A] = "rail_3v3_current",
	[RAIL_3W] = "rail_3v3_power",
	[RELAY_12] = "relay_12v",
	[RELAY_5] = "relay_5v",
	[RELAY_3] = "relay_3v3",
};

/* Fault bits of fault_flags, from its description in the data. */
#define FAULT_UNDER_VOLTAGE	(1 << 1)
#define FAULT_OVER_TEMPERATURE	(1 << 3)
#define FAULT_BATTERY_LOW	(1 << 6)

void oht_sim_power_init(struct oht_sim_power *p, struct oht_sim_bank *bank)
{
	static const unsigned int closed[] = { BMS_CONNECTED, CHARGE_MOSFET, DISCHARGE_MOSFET,
					       RELAY_12,      RELAY_5,	     RELAY_3,
					       CHARGER_STATUS };
	unsigned int i;

	oht_sim_model_bind(&p->m, bank, names);
	p->charge_percent = CHARGE_AT_START;
	p->temperature_degc = AMBIENT_DEGC;
	for (i = 0; i < sizeof(closed) / sizeof(*closed); i++)
		oht_sim_put(&p->m, closed[i], 1);
}

static bool may_charge(const struct oht_sim_power *p, const struct oht_sim_rail *rail)
{
	const struct oht_sim_model *m = &p->m;
	bool pack_closed = !oht_sim_has(m, CHARGE_MOSFET) || oht_sim_is(m, CHARGE_MOSFET);

	return rail->docked && pack_closed && oht_sim_is(m, CHARGE_RELAY) &&
	       oht_sim_is(m, OUTPUT_ENABLE) && p->charge_percent < 100;
}

static void step_charge(struct oht_sim_power *p, const struct oht_sim_rail *rail)
{
	bool charging = may_charge(p, rail);
	/* The last tenth is filled ever more slowly. */
	double charger_a = charging ? fmin(CHARGE_A, (100 - p->charge_percent) * 2 + 0.5) : 0;
	double in_a = charger_a - STANDBY_A - rail->drive_load_a;
	double waiting = oht_sim_is(&p->m, CHARGE_REQUEST) ? 1 : 0;

	if (oht_sim_pinned(&p->m, SOC))
		p->charge_percent = oht_sim_get(&p->m, SOC);
	p->current_a = oht_sim_lag(p->current_a, in_a, 0.05);
	p->charge_percent += p->current_a * OHT_SIM_STEP_S / S_PER_H / CAPACITY_AH * 100;
	p->charge_percent = fmin(fmax(p->charge_percent, 0), 100);
	p->temperature_degc = oht_sim_lag(p->temperature_degc,
					  AMBIENT_DEGC + p->current_a * p->current_a * 0.01, 600);
	oht_sim_put(&p->m, SOC, p->charge_percent);
	oht_sim_put(&p->m, CURRENT, p->current_a);
	oht_sim_put(&p->m, CHARGING, p->current_a > 0.05);
	oht_sim_put(&p->m, DISCHARGING, p->current_a < -0.05);
	oht_sim_put(&p->m, CHARGE_STATE, charging ? 2 : waiting);
	oht_sim_put(&p->m, RESIDUAL, p->charge_percent / 100 * CAPACITY_AH);
	oht_sim_put(&p->m, OUT_CURRENT, charger_a);
}

/* Open-circuit voltage: steep at both ends, flat between, about 3.7 V in the middle. */
static double cell_volts(double charge_percent, double current_a)
{
	double x = charge_percent / 100;

	return 3.4 + 0.55 * x + 0.2 * pow(x, 8) - 0.4 * exp(-x * 25) + current_a * CELL_OHM;
}

static void step_cells(struct oht_sim_power *p, struct oht_sim_rail *rail)
{
	/* No two cells are alike: fixed differences in volts, plus the noise of a measurement. */
	static const double offset[CELLS] = { 0.003, -0.004, 0.001, 0.006, -0.002, 0 };
	double volts = cell_volts(p->charge_percent, p->current_a), pack = 0;
	int i, high = 0, low = 0;
	double cell[CELLS];

	for (i = 0; i < CELLS; i++) {
		cell[i] = volts + offset[i] + 0.0005 * oht_sim_prng_noise(&rail->prng);
		pack += cell[i];
		high = cell[i] > cell[high] ? i : high;
		low = cell[i] < cell[low] ? i : low;
		oht_sim_put(&p->m, CELL_0 + (unsigned int)i, cell[i]);
	}
	oht_sim_put(&p->m, VOLTAGE, pack);
	oht_sim_put(&p->m, CELL_MAX, cell[high]);
	oht_sim_put(&p->m, CELL_MIN, cell[low]);
	oht_sim_put(&p->m, CELL_MAX_INDEX, high);
	oht_sim_put(&p->m, CELL_MIN_INDEX, low);
	oht_sim_put(&p->m, CELL_SPREAD, cell[high] - cell[low]);
	oht_sim_put(&p->m, OUT_VOLTAGE, oht_sim_is(&p->m, OUTPUT_ENABLE) ? pack + 0.4 : 0);
	oht_sim_put(&p->m, OUT_POWER, oht_sim_get(&p->m, OUT_VOLTAGE) *
					      oht_sim_get(&p->m, OUT_CURRENT));
	oht_sim_put(&p->m, IN_VOLTAGE, rail->docked ? 48 : 0);
	oht_sim_put(&p->m, IN_CURRENT, oht_sim_get(&p->m, OUT_POWER) / 48 / 0.92);
}

static void step_supply(struct oht_sim_power *p, unsigned int first, unsigned int relay,
			const double volts_amps[2])
{
	double on = oht_sim_is(&p->m, relay) ? 1 : 0;

	oht_sim_put(&p->m, first, on * volts_amps[0]);
	oht_sim_put(&p->m, first + 1, on * volts_amps[1]);
	oht_sim_put(&p->m, first + 2, on * volts_amps[0] * volts_amps[1]);
}

static void step_faults(struct oht_sim_power *p)
{
	struct oht_sim_model *m = &p->m;
	int faults = 0;

	if (oht_sim_get(m, SOC) < 10)
		faults |= FAULT_BATTERY_LOW;
	if (oht_sim_get(m, CELL_MIN) < 2.9)
		faults |= FAULT_UNDER_VOLTAGE;
	if (oht_sim_get(m, TEMPERATURE) > 60)
		faults |= FAULT_OVER_TEMPERATURE;
	oht_sim_put(m, FAULTS, faults);
}

void oht_sim_power_step(struct oht_sim_power *p, struct oht_sim_rail *rail)
{
	static const double rail_12[2] = { 12.1, 2.4 }, rail_5[2] = { 5.0, 1.2 },
			    rail_3[2] = { 3.3, 0.6 };

	step_charge(p, rail);
	step_cells(p, rail);
	oht_sim_put(&p->m, TEMPERATURE, p->temperature_degc);
	oht_sim_put(&p->m, PACK_TEMP_0, p->temperature_degc);
	oht_sim_put(&p->m, PACK_TEMP_1, p->temperature_degc - 0.5);
	step_supply(p, RAIL_12V, RELAY_12, rail_12);
	step_supply(p, RAIL_5V, RELAY_5, rail_5);
	step_supply(p, RAIL_3V, RELAY_3, rail_3);
	step_faults(p);
}
