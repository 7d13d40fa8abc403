// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Limits of a cell are those of its registers (registers.csv). Charge and temperatures have the
 * limits of the reference (ws_and_metrics.csv). Supplies may be 10 % off their nominal voltage.
 * A register that the plan does not read is good for 10 s behind a reading: delays are longer, so
 * that one reading neither raises an alert nor ends one.
 */
#include "alerts/shipped.h"

#include "robot/codes.h"
#include "robot/telemetry.h"

/* With the outputs off the bus is filled with reads that can wait. */
#define OUTPUTS_OFF	"boot,init,fault,estop,safe,shutdown"
#define OF_IN(signal_, suppressed_)	.enabled = 1, .signal = #signal_, .suppressed = suppressed_
#define OF(signal_)	OF_IN(signal_, OHTD_ALERT_AT_BOTH_ENDS)
#define WARNING		.severity = OHTD_SEVERITY_WARNING
#define CRITICAL	.severity = OHTD_SEVERITY_CRITICAL
#define ABOVE(limit_, hysteresis_) \
	.limit = (limit_), .hysteresis = (hysteresis_)
#define BELOW(limit_, hysteresis_) \
	.below = true, .limit = (limit_), .hysteresis = (hysteresis_)
#define DELAY(on_s, off_s) \
	.on_ms = (on_s) * 1000, .off_ms = (off_s) * 1000
#define MINUS(signal_) \
	.kind = OHTD_ALERT_RULE_DIFFERENCE, .minus = #signal_
#define INCREASE_IN(window_s) \
	.kind = OHTD_ALERT_RULE_INCREASE, .window_ms = (window_s) * 1000

#define COOL \
	"Let it cool down; look for a blocked fan, a heavy load, a stiff rail."
#define WIRING \
	"Check the converter, its fuse and what hangs on this supply."
#define MACHINE \
	"Look at the load of the machine and CPU isolation (timing.md)."

const struct ohtd_alert_rule ohtd_alert_shipped[OHTD_ALERT_SHIPPED] = {
	{ "battery_low", OF(battery_percent), BELOW(20, 2), DELAY(10, 10), WARNING,
	  .group = "charge",
	  .text = "The charge of the battery is low",
	  .consequence = "The robot stops when the battery is empty.",
	  .action = "Send the robot to its dock." },
	{ "battery_critical", OF(battery_percent), BELOW(10, 2), DELAY(10, 10), CRITICAL,
	  .group = "charge",
	  .text = "The battery is nearly empty",
	  .consequence = "The robot is about to stop where it stands.",
	  .action = "Dock the robot now, or charge it where it is." },
	{ "battery_hot", OF(battery_deg_c), ABOVE(60, 5), DELAY(12, 12), CRITICAL,
	  .latching = true,
	  .text = "The battery is too hot",
	  .consequence = "Its cells age, and may catch fire.",
	  .action = "Stop charging and driving; keep away from the battery and let it cool down." },
	{ "cell_voltage_high", OF(cell_max_v), ABOVE(4.2, 0.05), DELAY(5, 10), CRITICAL,
	  .group = "cells",
	  .text = "The voltage of a cell is too high",
	  .consequence = "The cell is being damaged.",
	  .action = "Stop charging; have battery and charger checked." },
	{ "cell_voltage_low", OF(cell_min_v), BELOW(2.5, 0.2), DELAY(5, 10), CRITICAL,
	  .group = "cells",
	  .text = "The voltage of a cell is too low",
	  .consequence = "The cell is being damaged.",
	  .action = "Charge the battery; have the cell checked." },
	{ "cells_apart", OF(cell_max_v), MINUS(cell_min_v), ABOVE(0.15, 0.05), DELAY(15, 10), WARNING,
	  .group = "cells",
	  .text = "The cells of the battery are apart",
	  .consequence = "The battery holds less than its charge says.",
	  .action = "Charge it fully, so that its cells are balanced; else have it checked." },
	{ "charger_hot", OF(charger_deg_c), ABOVE(60, 5), DELAY(12, 12), WARNING,
	  .text = "The charger is hot",
	  .consequence = "It may switch itself off.", .action = COOL },
	{ "motor_hot", OF(motor_deg_c), ABOVE(60, 5), DELAY(12, 12), WARNING,
	  .text = "The drive is hot",
	  .consequence = "It may switch itself off in a move.", .action = COOL },
	{ "safety_module_hot", OF(safety_deg_c), ABOVE(60, 5), DELAY(10, 10), WARNING,
	  .text = "The safety module is hot",
	  .consequence = "It may fail, which stops the robot.", .action = COOL },
	{ "rail_12v_low", OF(rail_12v_v), BELOW(10.8, 0.3), DELAY(12, 12), WARNING,
	  .text = "The 12 V supply is low",
	  .consequence = "What it supplies may fail.", .action = WIRING },
	{ "rail_12v_high", OF(rail_12v_v), ABOVE(13.2, 0.3), DELAY(12, 12), WARNING,
	  .text = "The 12 V supply is high",
	  .consequence = "What it supplies may be damaged.", .action = WIRING },
	{ "safety_supply_low", OF(safety_supply_v), BELOW(21.6, 0.5), DELAY(2, 5), WARNING,
	  .text = "The supply of the safety module is low",
	  .consequence = "It may fail, which stops the robot.", .action = WIRING },
	{ "safety_supply_high", OF(safety_supply_v), ABOVE(26.4, 0.5), DELAY(2, 5), WARNING,
	  .text = "The supply of the safety module is high",
	  .consequence = "It may be damaged.", .action = WIRING },
	{ "bus_errors", OF(bus_errors), INCREASE_IN(60), ABOVE(100, 50), DELAY(0, 10), WARNING,
	  .behind_modules = true,
	  .text = "Requests on the bus fail",
	  .consequence = "Values come late, and a module may be lost.",
	  .action = "See GET bus: time-outs (slow module), CRC (wiring, termination, ground)." },
	{ "bus_cycles_missed", OF_IN(bus_cycles_missed, OUTPUTS_OFF), INCREASE_IN(60), ABOVE(120, 60), DELAY(0, 10), WARNING,
	  .behind_modules = true, .group = "cycles",
	  .text = "The bus misses cycles of its grid",
	  .consequence = "Values come late, and motion is less smooth.", .action = MACHINE },
	{ "control_cycles_missed", OF(cycles_missed), INCREASE_IN(60), ABOVE(120, 60), DELAY(0, 10),
	  WARNING,
	  .group = "cycles",
	  .text = "The control loop misses cycles",
	  .consequence = "The robot reacts late; the deadman stops it if this becomes worse.",
	  .action = MACHINE },
};
