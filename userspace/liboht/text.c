// SPDX-License-Identifier: GPL-2.0-or-later
/* Words for programs and sentences for people. */
#include <errno.h>
#include <string.h>

#include "internal.h"

struct word {
	const char *name;
	const char *text;
};

/* A sentence in two parts: what it is, and what to do. */
#define WORD(name, what, advice)	{ name, what advice }

#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))
#define LOOK_UP(table, number, member, other) \
	((number) < COUNT(table) && (table)[number].name ? (table)[number].member : (other))

static const struct word states[] = {
	[OHT_STATE_STOPPED] = WORD("stopped",
		"Stopped and latched; ",
		"the enable outputs are low. A reset, then an enable are needed."),
	[OHT_STATE_READY] = { "ready",
		"Reset has been done; the enable outputs are low until somebody enables." },
	[OHT_STATE_ENABLED] = { "enabled", "The enable outputs are high." },
};

/* Each cause with its words and its remedy; no other file words them. */
static const struct cause {
	const char *name;
	const char *text;
	const char *action;
} causes[] = {
	[OHT_STOPPED_BY_NOTHING] = { "none", "Nothing has stopped the machine.",
		"Nothing needs to be done." },
	[OHT_STOPPED_BY_START] = { "start",
		"The machine has not been reset since the driver started.",
		"Reset, then enable." },
	[OHT_STOPPED_BY_BUTTON_A] = { "button_a", "Channel a of the emergency stop opened.",
		"Make the robot safe, release the button, then reset." },
	[OHT_STOPPED_BY_BUTTON_B] = { "button_b", "Channel b of the emergency stop opened.",
		"Make the robot safe, release the button, then reset." },
	[OHT_STOPPED_BY_DISCREPANCY] = { "discrepancy",
		"The two channels of the emergency stop disagreed for too long.",
		"Check contacts and wiring, then press and release the button fully and reset." },
	[OHT_STOPPED_BY_FEEDBACK] = { "feedback",
		"The enable feedback did not follow the outputs.",
		"A relay contact is welded, missing or miswired: repair it, then reset." },
	[OHT_STOPPED_BY_SOFTWARE] = { "software", "A person or a program asked for the stop.",
		"Find out who and why, then reset." },
	[OHT_STOPPED_BY_DEADMAN] = { "deadman", "The controller's heartbeat was late.",
		"Its program hangs or is starved of CPU time: look at its log, then reset." },
	[OHT_STOPPED_BY_CLOSE] = { "close",
		"The controlling program ended without farewell.",
		"It crashed or was killed: look at its log, then reset." },
	[OHT_STOPPED_BY_FAREWELL] = { "farewell",
		"The controlling program gave its role back in order.",
		"Start a controller, then enable; with a reset button, press that first." },
	[OHT_STOPPED_BY_BUS_LOSS] = { "bus_loss",
		"A module that the robot needs was lost on the bus.",
		"Check its power and cable, then reset." },
	[OHT_STOPPED_BY_UNBIND] = { "unbind", "The driver was taken off the device.",
		"Bind the driver again, then reset." },
	[OHT_STOPPED_BY_MODULE_REMOVAL] = { "module_removal", "The kernel module was removed.",
		"Load it again (modprobe oht), then reset." },
	[OHT_STOPPED_BY_SUSPEND] = { "suspend", "The computer was told to sleep.",
		"Reset when it is awake." },
	[OHT_STOPPED_BY_REBOOT] = { "reboot", "The computer restarts.",
		"Wait until it is up again, then reset." },
	[OHT_STOPPED_BY_PANIC] = { "panic", "The kernel panicked.",
		"Look at the console or the crash log, then reset." },
	[OHT_STOPPED_BY_SELF_TEST] = { "self_test", "A self-test found a fault.",
		"Repair what safety status names, then repeat the self-test and reset." },
	[OHT_STOPPED_BY_STORM] = { "storm",
		"An emergency-stop input made more edges than a button can.",
		"Check for a loose contact or interference, then reset." },
	[OHT_STOPPED_BY_INPUT_ERROR] = { "input_error",
		"An emergency-stop input could not be read.",
		"Look in dmesg for the GPIO's error, repair it, then reset." },
	[OHT_STOPPED_BY_CPU_STALL] = { "cpu_stall",
		"A CPU of the computer was stuck: it handled no interrupts for too long.",
		"Look in dmesg for what held it up, then reset; a slow serial console can." },
	[OHT_STOPPED_BY_SHUTDOWN] = { "shutdown", "The computer powers off.",
		"Switch it on again, then reset." },
	[OHT_STOPPED_BY_WATCHDOG] = { "watchdog",
		"The hardware watchdog that this machine requires is not running.",
		"Start whatever feeds it (systemd: RuntimeWatchdogSec=); reset if stopped, then enable." },
	[OHT_STOPPED_BY_KDUMP] = { "kdump",
		"A crash kernel is loaded: a panic would go there with the outputs high.",
		"Unload it (kexec -p -u); reset if stopped, then enable." },
	[OHT_STOPPED_BY_IRQ_THREAD] = { "irq_thread",
		"The interrupt of the emergency stop is handled in a thread: a press may come late.",
		"Boot without threadirqs, or take pins of another GPIO controller." },
};

static const struct word outcomes[] = {
	[OHT_OUTCOME_OK] = { "ok", "done" },
	[OHT_OUTCOME_TIMEOUT] = { "timeout",
		"no answer in time: check the unit address, the module's power and the cable" },
	[OHT_OUTCOME_SHORT] = { "short", "the answer broke off: check cable and termination" },
	[OHT_OUTCOME_CRC] = WORD("crc",
		"the answer's checksum is wrong: ",
		"check baud rate, parity, cable and termination"),
	[OHT_OUTCOME_LENGTH] = WORD("length",
		"the answer is longer or shorter than it says: ",
		"two modules may have the same address"),
	[OHT_OUTCOME_UNIT] = { "unit",
		"another unit answered: an answer was late, or two masters are on the wire" },
	[OHT_OUTCOME_FUNCTION] = WORD("function",
		"the answer is to another function: ",
		"an answer was late, or two masters are on the wire"),
	[OHT_OUTCOME_ECHO] = { "echo",
		"the module repeated the request differently: read a written value back" },
	[OHT_OUTCOME_EXCEPTION] = { "exception", "the module refused" },
	[OHT_OUTCOME_LINE] = WORD("line",
		"bad characters on the line (framing, parity, overrun or break): ",
		"check baud rate, parity and cable"),
	[OHT_OUTCOME_TX_STUCK] = { "tx_stuck",
		"the UART did not send: its clock or pins are not set up; look in dmesg" },
	[OHT_OUTCOME_CANCELLED] = { "cancelled", "given up on request" },
	[OHT_OUTCOME_STOPPED] = { "stopped",
		"a stop has ended or forbids it: the machine is stopped, or not enabled" },
	[OHT_OUTCOME_GONE] = { "gone", "the device went away" },
	[OHT_OUTCOME_DEGRADED] = WORD("degraded",
		"not sent: the module has failed too often in a row, and a probe is not due: ",
		"check its power and cable; it is asked again by itself"),
	[OHT_OUTCOME_BUDGET] = WORD("budget",
		"longer than plan and stop may wait for the bus: ",
		"read fewer registers at once, or wait less for the answer"),
	[OHT_OUTCOME_NOT_CONTROLLER] = { "not_controller",
		"not sent: the machine is enabled, then only its controller may write, and no "
		"unit above 247 is asked" },
	[OHT_OUTCOME_PAUSED] = WORD("paused",
		"the answer came with pauses, and not all of it in time: ",
		"a bridge or adapter holds characters up; allow the unit pauses"),
};

/* Modbus Application Protocol 1.1b3, chapter 7. */
static const struct word exceptions[] = {
	[1] = { "illegal_function", "it does not know this function (01)" },
	[2] = { "illegal_address", "it has no such register, or the register is read-only (02)" },
	[3] = { "illegal_value", "it does not accept this value or count (03)" },
	[4] = { "device_failure", "it failed while doing it (04)" },
	[5] = { "acknowledge", "it needs a long time; ask again later (05)" },
	[6] = { "busy", "it is busy; ask again later (06)" },
	[8] = { "memory_parity_error", "its memory is damaged (08)" },
	[10] = { "gateway_no_path", "the gateway has no path to the module (0A)" },
	[11] = { "gateway_no_response", "the module behind the gateway is silent (0B)" },
};

static const struct word kinds[] = {
	[OHT_KIND_STOP] = { "stop", "stopped" },
	[OHT_KIND_GLITCH] = { "glitch",
		"stopped by an edge that was over when the input was read" },
	[OHT_KIND_RESET] = { "reset", "reset" },
	[OHT_KIND_ENABLE] = { "enable", "enabled" },
	[OHT_KIND_DISABLE] = { "disable", "disabled" },
	[OHT_KIND_CONTROL] = { "control", "a program became the controller" },
	[OHT_KIND_OPENED] = { "opened", "the contacts behind the outputs have opened" },
	[OHT_KIND_FAULT] = WORD("fault",
		"the kernel had a fault and went on: ",
		"nothing stopped, but restart the machine soon and look at its kernel log"),
};

/* Bits of what a self-test found. */
static const struct word tests[OHT_TESTS] = {
	{ "output_1", "enable output 1 reads high, though written low" },
	{ "output_2", "enable output 2 reads high, though written low" },
	{ "contact_1", "contact 1 is closed behind an output that is low" },
	{ "contact_2", "contact 2 is closed behind an output that is low" },
	{ "input", "an input cannot be read" },
	{ "supervision", "the supervision does not run" },
};

static const struct word cycle_kinds[] = {
	[OHT_KIND_MISSED] = WORD("missed",
		"cycles were not begun: ",
		"the one before was not over, or the timer came too late"),
	[OHT_KIND_EXCEEDED] = { "exceeded",
		"a cycle was not over when the next one should have begun" },
	[OHT_KIND_GIVEN] = { "given",
		"a cycle was given to a transfer that fits into no slack of the plan" },
	[OHT_KIND_LOST] = WORD("lost",
		"an entry has failed too often in a row: ",
		"check the module's power and cable; it is asked again in every period"),
	[OHT_KIND_FOUND] = { "found", "a lost entry was answered again" },
};

/* Modbus Application Protocol 1.1b3, 6.21. */
static const char *const objects[] = {
	"vendor_name", "product_code", "revision", "vendor_url", "product_name", "model_name",
	"user_application_name",
};

static const char *const parities[] = { "none", "even", "odd" };

OHT_PUBLIC const char *oht_state_name(unsigned int state)
{
	return LOOK_UP(states, state, name, "unknown");
}

OHT_PUBLIC const char *oht_state_text(unsigned int state)
{
	return LOOK_UP(states, state, text,
		       "A state that this program does not know: it is older than the module.");
}

OHT_PUBLIC const char *oht_cause_name(unsigned int cause)
{
	return LOOK_UP(causes, cause, name, "unknown");
}

OHT_PUBLIC const char *oht_cause_text(unsigned int cause)
{
	return LOOK_UP(causes, cause, text,
		       "A cause that this program does not know: it is older than the module.");
}

OHT_PUBLIC const char *oht_cause_action(unsigned int cause)
{
	return LOOK_UP(causes, cause, action, "Update this program, and look in dmesg.");
}

OHT_PUBLIC const char *oht_outcome_name(unsigned int outcome)
{
	return LOOK_UP(outcomes, outcome, name, "unknown");
}

OHT_PUBLIC const char *oht_outcome_text(unsigned int outcome)
{
	return LOOK_UP(outcomes, outcome, text, "failed in a way that this program does not know");
}

OHT_PUBLIC const char *oht_exception_name(unsigned int code)
{
	return LOOK_UP(exceptions, code, name, "unknown");
}

OHT_PUBLIC const char *oht_exception_text(unsigned int code)
{
	return LOOK_UP(exceptions, code, text, "its reason is not one of the Modbus specification");
}

OHT_PUBLIC const char *oht_test_name(unsigned int test)
{
	return LOOK_UP(tests, test, name, "unknown");
}

OHT_PUBLIC const char *oht_test_text(unsigned int test)
{
	return LOOK_UP(tests, test, text, "a fault that this program does not know");
}

OHT_PUBLIC const char *oht_kind_name(unsigned int kind)
{
	return LOOK_UP(kinds, kind, name, "unknown");
}

OHT_PUBLIC const char *oht_kind_text(unsigned int kind)
{
	return LOOK_UP(kinds, kind, text, "an event that this program does not know");
}

OHT_PUBLIC const char *oht_cycle_kind_name(unsigned int kind)
{
	return LOOK_UP(cycle_kinds, kind, name, "unknown");
}

OHT_PUBLIC const char *oht_cycle_kind_text(unsigned int kind)
{
	return LOOK_UP(cycle_kinds, kind, text, "an event that this program does not know");
}

OHT_PUBLIC const char *oht_object_name(unsigned int id)
{
	return id < COUNT(objects) ? objects[id] : "object";
}

OHT_PUBLIC const char *oht_parity_name(unsigned int parity)
{
	return parity < COUNT(parities) ? parities[parity] : "unknown";
}

OHT_PUBLIC const char *oht_errno_text(int error)
{
	switch (error) {
	case EPERM:
		return "this program is not the controller of the device";
	case EBUSY:
		return "another program is the controller, or a cause of the stop still stands";
	case ECANCELED:
		return "the stop forbids it: the machine is stopped, or not in the state for it";
	case EBADF:
		return "the device is open for reading only";
	case EAGAIN:
		return "too many transfers are under way: read their results first";
	case ENOENT:
		return "no such transfer, or it has ended already";
	case EOPNOTSUPP:
		return "this device cannot do that";
	case EREMOTE:
		return "only the reset button at the machine resets: press it for 0.1 to 3 s";
	case EHOSTUNREACH:
		return "the module is degraded: it has failed too often, a probe is not due yet";
	case EDQUOT:
		return "the plan is too heavy, or plan and stop would wait too long for the bus";
	case EINVAL:
		return "a value is out of its range";
	case ENODEV:
		return "the device is gone: its driver has been unbound or removed";
	case EPROTONOSUPPORT:
		return "the module speaks another ABI version: install both of one release";
	default:
		return strerror(error);
	}
}
