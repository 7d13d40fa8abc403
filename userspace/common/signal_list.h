/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     which signals are built in. A table of a user may name others (column history of registers.csv).
 * Contexts: any.
 * Locks:    none.
 *
 * ohtd makes its registry of them (robot/telemetry.h); the tables are checked against their names.
 */
#ifndef OHT_COMMON_SIGNAL_LIST_H
#define OHT_COMMON_SIGNAL_LIST_H

/* Signals of all tables of the user together. With those that are built in, each is a number of a set (common/set.h). */
#define OHT_OWN_SIGNALS_MAX	72
#define OHT_SIGNAL_NAME_MAX	31
/* Values are integers times 10^decimals. */
#define OHT_SIGNAL_DECIMALS_MAX	3
/* Greatest of these integers: the sum over hours is then an int64, and each is exact as a double. */
#define OHT_SIGNAL_INTEGER_MAX	((1ll << 45) - 1)

/* Name, type, unit and source of each, and what it is. The order is that of all answers. */
#define OHT_SIGNAL_LIST(X)									\
	X(state, WORD, "", CONTROL, "State of the robot")					\
	X(mode, WORD, "", CONTROL, "How the robot may be driven")				\
	X(position_mm, NUMBER, "mm", MODULE, "Position along the rail, as last read")		\
	X(position_estimate_mm, NUMBER, "mm", CONTROL,						\
	  "Position now: from what was last read and the speed since; bad: not to be trusted")	\
	X(speed_mm_s, NUMBER, "mm/s", MODULE, "Speed along the rail, positive forward")		\
	X(target_mm, NUMBER, "mm", CONTROL,							\
	  "Where the present command leads; none without such a command") \
	X(setpoint_mm, NUMBER, "mm", CONTROL,							\
	  "Position of the planned curve; none while the outputs are off") \
	X(setpoint_mm_s, NUMBER, "mm/s", CONTROL,						\
	  "Speed of the planned curve; none while the outputs are off")				\
	X(following_error_mm, NUMBER, "mm", CONTROL,						\
	  "Planned position minus estimated position; none while the outputs are off")		\
	X(override_percent, INTEGER, "%", CONTROL, "Speed override of moves and jogs")		\
	X(queue_length, INTEGER, "", CONTROL, "Commands that wait behind the present one")	\
	X(faults, INTEGER, "", CONTROL, "Entries of the fault list")				\
	X(safety_state, WORD, "", SAFETY, "State of the stop")					\
	X(enabled, BOOLEAN, "", SAFETY, "The outputs are on")					\
	X(channel_a_closed, BOOLEAN, "", SAFETY, "Channel a of the button is closed")		\
	X(channel_b_closed, BOOLEAN, "", SAFETY, "Channel b of the button is closed")		\
	X(enable_1, BOOLEAN, "", SAFETY, "Enable output 1 is driven")				\
	X(enable_2, BOOLEAN, "", SAFETY, "Enable output 2 is driven")				\
	X(battery_percent, NUMBER, "%", MODULE, "State of charge")				\
	X(battery_v, NUMBER, "V", MODULE, "Voltage of the battery")				\
	X(battery_a, NUMBER, "A", MODULE, "Current of the battery")				\
	X(battery_deg_c, NUMBER, "degC", MODULE, "Temperature of the battery")			\
	X(cell_max_v, NUMBER, "V", MODULE, "Highest voltage of a cell")				\
	X(cell_min_v, NUMBER, "V", MODULE, "Lowest voltage of a cell")				\
	X(charging, BOOLEAN, "", MODULE, "The battery is being charged")			\
	X(charger_v, NUMBER, "V", MODULE, "Output voltage of the charger")			\
	X(charger_a, NUMBER, "A", MODULE, "Output current of the charger")			\
	X(charger_deg_c, NUMBER, "degC", MODULE, "Temperature of the charger")			\
	X(rail_12v_v, NUMBER, "V", MODULE, "Voltage of the 12 V supply")			\
	X(rail_12v_a, NUMBER, "A", MODULE, "Current of the 12 V supply")			\
	X(distance_1_mm, NUMBER, "mm", MODULE, "Distance sensor 1")				\
	X(distance_2_mm, NUMBER, "mm", MODULE, "Distance sensor 2")				\
	X(distance_3_mm, NUMBER, "mm", MODULE, "Distance sensor 3")				\
	X(distance_4_mm, NUMBER, "mm", MODULE, "Distance sensor 4")				\
	X(safety_deg_c, NUMBER, "degC", MODULE, "Temperature of the safety module")		\
	X(safety_supply_v, NUMBER, "V", MODULE, "Supply voltage of the safety module")		\
	X(motor_1_percent, NUMBER, "%", MODULE, "Speed of motor 1, of its full speed, without direction") \
	X(motor_2_percent, NUMBER, "%", MODULE, "Speed of motor 2, of its full speed, without direction") \
	X(motor_mm_s, NUMBER, "mm/s", MODULE, "Speed that the drive reports, without direction") \
	X(motor_a, NUMBER, "A", MODULE, "Current of the drive")					\
	X(motor_v, NUMBER, "V", MODULE, "Supply voltage of the drive")				\
	X(motor_deg_c, NUMBER, "degC", MODULE, "Temperature of the drive")			\
	X(dock_distance_mm, NUMBER, "mm", MODULE, "Distance to the dock, as its sensor sees it") \
	X(tag, INTEGER, "", MODULE, "Number of the tag that was read last")			\
	X(power_health, WORD, "", BUS, "How the power module answers")				\
	X(safety_health, WORD, "", BUS, "How the safety module answers")			\
	X(travel_motor_health, WORD, "", BUS, "How the drive answers")				\
	X(dock_location_health, WORD, "", BUS, "How the module for dock and position answers")	\
	X(bus_load_percent, NUMBER, "%", BUS, "Share of all cycles that the plan takes")	\
	X(bus_load_worst_percent, NUMBER, "%", BUS, "Share of the fullest cycle that the plan takes") \
	X(bus_transfers, INTEGER, "", BUS, "Completed exchanges since the start")		\
	X(bus_errors, INTEGER, "", BUS, "Requests to modules that had no good answer, since the start") \
	X(bus_cycles_missed, INTEGER, "", BUS, "Cycles of the bus that were not begun")		\
	X(cycle_late_us, NUMBER, "us", CONTROL, "How late the last cycle of the control thread began") \
	X(cycle_late_max_us, NUMBER, "us", CONTROL, "How late one began at most, since the start") \
	X(cycles_missed, INTEGER, "", CONTROL, "Cycles of the control thread that came too late to begin")

#endif /* OHT_COMMON_SIGNAL_LIST_H */
