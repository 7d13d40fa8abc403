/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what the control thread publishes: the robot as it is now, and all register values.
 * Contexts: publish: control thread only. Copy: any thread; no reader can hold the writer back.
 * Locks:    none; a sequence count over atomic words.
 */
#ifndef OHTD_ROBOT_SNAPSHOT_H
#define OHTD_ROBOT_SNAPSHOT_H

#include <stdbool.h>
#include <stdint.h>

#include "codes.h"

#define OHTD_MODULES_MAX	8	/* units 1..8 are searched */
#define OHTD_REGISTERS_MAX	128	/* of one module */
#define OHTD_WHY_MAX		12	/* reasons in one list; further ones are counted only */
#define OHTD_NAME_BYTES		24
#define OHTD_TEXT_BYTES		96

/* A list of reasons. @count may exceed OHTD_WHY_MAX: then the rest did not fit. */
struct ohtd_why_list {
	uint32_t count;
	struct ohtd_why items[OHTD_WHY_MAX];
};

/* A measured value: valid if in range and recent; time_ns is when it was read, 0 never. */
struct ohtd_value {
	double value;
	uint64_t time_ns;
	uint8_t valid;
	uint8_t pad[7];
};

/**
 * struct ohtd_module_view - one unit on the wire
 * @unit: unit address; 0 marks an unused entry
 * @type_code: as the module says it (2 power, 3 safety, 4 travel motor, 5 dock), 0 unknown
 * @health: enum ohtd_health
 * @required: a module of modules.csv whose absence forbids operation
 * @assigned: its type belongs to this address; an unassigned one is shown but not polled
 * @name: module name of modules.csv, or "unknown"
 * @profile: register profile in use ("canonical", "legacy"), "" before it is known
 * @device_id: register 0x0100
 * @firmware_version: high byte major, low byte minor
 * @hardware_version: same coding
 * @last_good_ns: time of the last good answer, 0 never
 * @errors_in_row: failed polls since the last good one
 * @requests: attempts that went on the wire
 * @replies: good ones of them
 * @timeouts: no answer
 * @crc_errors: answers with a wrong CRC or broken off
 * @exceptions: Modbus exceptions
 * @other_errors: everything else
 * @turnaround_us: of the last good answer
 * @turnaround_max_us: longest of all
 * @next_probe_ns: when a silent module is tried again, 0 when it is polled normally
 * @generation: changes when the module was found anew; register values belong to one generation
 */
struct ohtd_module_view {
	uint8_t unit;
	uint8_t health;
	uint8_t required;
	uint8_t assigned;
	uint16_t type_code;
	uint16_t device_id;
	char name[OHTD_NAME_BYTES];
	char profile[OHTD_NAME_BYTES];
	uint16_t firmware_version;
	uint16_t hardware_version;
	uint32_t errors_in_row;
	uint64_t last_good_ns;
	uint64_t requests;
	uint64_t replies;
	uint64_t timeouts;
	uint64_t crc_errors;
	uint64_t exceptions;
	uint64_t other_errors;
	uint32_t turnaround_us;
	uint32_t turnaround_max_us;
	uint64_t next_probe_ns;
	uint32_t generation;
	uint32_t pad;
};

/**
 * struct ohtd_cause_view - one cause of the present stop
 * @cause: enum oht_stop_cause (liboht)
 * @standing: it stands now and forbids a reset
 * @since_ns: when it was first seen in this stop (CLOCK_MONOTONIC), 0 if before our time
 */
struct ohtd_cause_view {
	uint32_t cause;
	uint32_t standing;
	uint64_t since_ns;
};

#define OHTD_CAUSES_MAX	24

/**
 * struct ohtd_safety_view - the stop as the device says it
 * @state: enum ohtd_safety_state
 * @channel_a: 1 closed (healthy), 0 open; @channel_b likewise, -1 when there is none
 * @enable1: 1 driven to the enabling level; @enable2 likewise; -1 when there are no outputs
 * @feedback1: 1 closed, 0 open, -1 when there is no feedback input; @feedback2 likewise
 * @hardware_stop: the back-end can cut outputs (false on rtu: a software stop only)
 * @is_controller: we hold the controller role
 * @cpus_watched: two CPUs of the computer watch one another for a stall; -1 without the driver
 * @cause_count: entries of @causes, first cause first
 * @since_ns: when the present state was entered
 * @closed_since_ns: since when both channels have been closed, 0 when not
 * @journal_seq: newest journal entry seen
 * @deadman_ms: our heartbeat period in force, 0 without
 * @reset_stable_ms: how long the channels must have been closed before a reset
 * @last_event_ns: start of the handler of the last entry that lowered the outputs
 * @last_low_ns: when it had written both outputs low; 0 none yet
 * @tested_ns: when the self-test ran last, 0: not since the driver came
 * @test_failed: what it found, OHT_TEST_* (liboht)
 * @opened_age_s: seconds since all channels were seen open together (the proof test);
 *	OHT_NEVER_SECONDS: not since the driver came
 * @stops_repeated: further causes since the stop began (counted, not listed)
 */
struct ohtd_safety_view {
	uint8_t state;
	int8_t channel_a;
	int8_t channel_b;
	int8_t enable1;
	int8_t enable2;
	int8_t feedback1;
	int8_t feedback2;
	uint8_t hardware_stop;
	uint8_t is_controller;
	int8_t cpus_watched;
	uint8_t pad[2];
	uint32_t cause_count;
	uint64_t since_ns;
	uint64_t closed_since_ns;
	uint64_t journal_seq;
	uint32_t deadman_ms;
	uint32_t reset_stable_ms;
	uint64_t last_event_ns;
	uint64_t last_low_ns;
	uint64_t tested_ns;
	uint32_t test_failed;
	uint32_t opened_age_s;
	uint64_t stops_repeated;
	struct ohtd_cause_view causes[OHTD_CAUSES_MAX];
};

/**
 * struct ohtd_bus_view - the bus back-end and its figures
 * @backend: "kernel" or "rtu"
 * @device: path that was opened
 * @port: kind of port as the device names it ("pl011"), or "tty"
 * @error: why the device is not there, "" when it is
 * @present: the device is open
 * @timing_exact: gaps are timed by the device; false must be shown in health
 * @baud_bps: bit rate
 * @cycle_ms: period of the control cycle
 * @time_factor: by how much loss times are stretched (emulation), normally 1
 * @cycles: completed cycles
 * @cycles_missed: grid points that were skipped because a cycle came too late
 * @late_max_ns: greatest lateness of a cycle's start so far
 * @late_last_ns: lateness of the last one
 * @heartbeats: accepted heartbeats
 * @transfers: completed transfers
 * @records_lost: records of the device that we did not see
 * @discovery_ms: duration of the last full discovery, 0 none yet
 * @discovering: one is under way
 * @realtime: the control thread runs with a real-time priority
 * @memory_locked: mlockall() was permitted
 */
struct ohtd_bus_view {
	char backend[OHTD_NAME_BYTES];
	char device[OHTD_TEXT_BYTES];
	char port[OHTD_NAME_BYTES];
	char error[OHTD_TEXT_BYTES];
	uint8_t present;
	uint8_t timing_exact;
	uint8_t discovering;
	uint8_t realtime;
	uint8_t memory_locked;
	uint8_t pad[3];
	uint32_t baud_bps;
	uint32_t cycle_ms;
	uint32_t time_factor;
	uint32_t discovery_ms;
	uint64_t cycles;
	uint64_t cycles_missed;
	uint64_t late_max_ns;
	uint64_t late_last_ns;
	uint64_t heartbeats;
	uint64_t transfers;
	uint64_t records_lost;
};

/**
 * struct ohtd_snapshot - everything that hot answers need
 * @version: counts publications; equal versions have equal content
 * @time_ns: CLOCK_MONOTONIC when it was taken
 * @state: enum ohtd_state
 * @state_since_ns: when the state was entered
 * @transitions: transitions since start
 * @loops_stalled: bit of every loop that makes no progress now
 * @position_mm: along the rail
 * @speed_mm_s: signed; positive forward
 * @battery_percent: state of charge
 * @safety: the stop
 * @bus: the back-end
 * @module_count: entries of @modules in use, sorted by unit
 * @modules: units found, and required ones that are missing
 * @faults: what stands in the fault list
 * @why_not_enable: what forbids enable now; empty: it would be accepted
 * @why_not_reset: what forbids reset now
 */
struct ohtd_snapshot {
	uint64_t version;
	uint64_t time_ns;
	uint32_t state;
	uint32_t module_count;
	uint64_t state_since_ns;
	uint64_t transitions;
	uint64_t loops_stalled;
	struct ohtd_value position_mm;
	struct ohtd_value speed_mm_s;
	struct ohtd_value battery_percent;
	struct ohtd_safety_view safety;
	struct ohtd_bus_view bus;
	struct ohtd_module_view modules[OHTD_MODULES_MAX];
	struct ohtd_why_list faults;
	struct ohtd_why_list why_not_enable;
	struct ohtd_why_list why_not_reset;
};

_Static_assert(sizeof(struct ohtd_snapshot) <= 16384, "readers copy at most 16 KiB");
_Static_assert(sizeof(struct ohtd_snapshot) % 8 == 0, "copied in words of eight bytes");

enum ohtd_register_state {
	OHTD_REGISTER_NEVER,		/* not read yet */
	OHTD_REGISTER_OK,
	OHTD_REGISTER_UNSUPPORTED,	/* the module answers exception 02 */
	OHTD_REGISTER_WRITE_ONLY,	/* never read */
};

/* One value: its words as on the wire (oht_register_decode() takes them), and when it was read. */
struct ohtd_register_value {
	uint64_t time_ns;
	uint16_t words[2];
	uint32_t state;
};

/**
 * struct ohtd_registers - all values of one module
 * @generation: of the module (struct ohtd_module_view)
 * @unit: unit address
 * @count: entries of @values; they stand in the order of the map that ohtd_robot_map() gives
 */
struct ohtd_registers {
	uint32_t generation;
	uint16_t unit;
	uint16_t count;
	struct ohtd_register_value values[OHTD_REGISTERS_MAX];
};

_Static_assert(sizeof(struct ohtd_registers) % 8 == 0, "copied in words of eight bytes");

#endif
