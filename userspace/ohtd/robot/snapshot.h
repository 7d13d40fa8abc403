/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what the control thread publishes: the robot as it is now, and all register values.
 * Contexts: publish: control thread only. Copy: any thread; no reader can hold the writer back.
 * Locks:    none; a sequence count over atomic words.
 */
#ifndef OHTD_ROBOT_SNAPSHOT_H
#define OHTD_ROBOT_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "motion/charge.h"
#include "motion/position.h"
#include "robot/codes.h"
#include "robot/location.h"
#include "robot/profiles.h"
#include "robot/searched.h"
#include "robot/verbs.h"

#define OHTD_REGISTERS_MAX	128	/* of one module */
#define OHTD_WHY_MAX		12	/* reasons in one list; further ones are counted only */
#define OHTD_ALERTS_MAX		20
#define OHTD_NAME_BYTES		24
#define OHTD_TEXT_BYTES		96
#define OHTD_STATION_NAME_BYTES	48	/* 40 characters */
#define OHTD_LATE_BUCKETS	14	/* 16 us * 2^12 = 65.536 ms is the last limit */
#define OHTD_LATE_FIRST_US	16

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
 * @profile_by: enum ohtd_profile_by: what has decided that
 * @profile_seen: enum ohtd_some_profile: the other profile that it has shown, OHTD_SOME_NONE: it has not
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
 * @bytes_stray: noise that came while its answer was awaited, -1: the bus does not count it
 * @bytes_extra: bytes behind its answers, -1: the bus does not count them
 * @turnaround_us: of the last good answer
 * @turnaround_max_us: longest of all
 * @next_probe_ns: when a silent module is tried again, 0 when it is polled normally
 * @health_since_ns: since when @health is what it is; of degraded, since before short times in which it was good
 * @generation: changes when the module was found anew; register values belong to one generation
 * @fault: enum oht_fault: the gravest one that its registers say
 * @fault_place: which register says it, of the map of its profile
 * @fault_raw: by this value
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
	int64_t bytes_stray;
	int64_t bytes_extra;
	uint32_t turnaround_us;
	uint32_t turnaround_max_us;
	uint64_t next_probe_ns;
	uint64_t health_since_ns;
	uint32_t generation;
	uint8_t profile_by;
	uint8_t profile_seen;
	uint8_t fault;
	uint8_t fault_place;
	int64_t fault_raw;
};

/**
 * struct ohtd_cause_view - one cause of the present stop
 * @cause: enum oht_stop_cause (liboht)
 * @standing: it stands now and forbids a reset
 * @own: of OHT_STOPPED_BY_SOFTWARE: why the control thread itself has stopped; code 0: somebody else has
 * @since_ns: when it was first seen in this stop (CLOCK_MONOTONIC), 0 if before our time
 */
struct ohtd_cause_view {
	uint16_t cause;
	uint16_t standing;
	struct ohtd_why own;
	uint64_t since_ns;
};

#define OHTD_CAUSES_MAX	24

/**
 * struct ohtd_safety_view - the stop as the device says it
 * @state: enum ohtd_safety_state
 * @channel_a: 1 closed (healthy), 0 open; @channel_b likewise, -1 when there is none
 * @enable1: 1 driven to the enabling level; @enable2 likewise; -1 when there are no outputs
 * @feedback1: 1 closed, 0 open, -1 when there is no feedback input; @feedback2 likewise
 * @simulated_outputs: the outputs are a word in this process (rtu on a simulated wire)
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
	uint8_t simulated_outputs;
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
 * @absent_since_ns: since when it is not, 0 while it is
 * @timing_exact: gaps are timed by the device; false must be shown in health
 * @baud_bps: bit rate
 * @cycle_ms: period of the control cycle
 * @time_factor: by how much loss times are stretched (emulation), normally 1
 * @cycles: completed cycles
 * @cycles_missed: grid points that were skipped because a cycle came too late
 * @late_max_ns: greatest lateness of a cycle's start so far
 * @late_last_ns: lateness of the last one
 * @late: cycles by lateness: below 16 us, below 32 us and so on, the last one without a limit
 * @late_sum_ns: all of it together
 * @heartbeats: accepted heartbeats
 * @transfers: completed transfers
 * @records_lost: records of the device that we did not see
 * @discovery_ms: duration of the last full discovery, 0 none yet
 * @discovering: one is under way
 * @realtime: the control thread runs with a real-time priority
 * @memory_locked: mlockall() was permitted
 * @errors_before: errors of modules that are forgotten, since their addresses are not searched any more
 * @searched: addresses that are searched for modules
 * @kept: profiles that modules showed at the first sight, for the next run
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
	uint64_t absent_since_ns;
	uint64_t cycles;
	uint64_t cycles_missed;
	uint64_t late_max_ns;
	uint64_t late_last_ns;
	uint64_t late[OHTD_LATE_BUCKETS];
	uint64_t late_sum_ns;
	uint64_t heartbeats;
	uint64_t transfers;
	uint64_t records_lost;
	uint64_t errors_before;
	struct ohtd_searched searched;
	uint8_t pad_searched[7];
	struct ohtd_profiles kept;
};

#define OHTD_PLAN_ENTRIES_MAX	64

/**
 * struct ohtd_plan_entry_view - an exchange of the plan in force
 * @unit: unit address
 * @function: Modbus function
 * @outcome: of the last try, enum oht_outcome (liboht); only if @tried_ns
 * @address: first register
 * @count: registers
 * @period_cycles: due in every so many-th cycle
 * @phase_cycles: the first cycle in which it is due
 * @timeout_us: how long an answer is waited for
 * @planned_us: the whole exchange, as the plan counts with it
 * @last_us: the same with the last answer
 * @tried_ns: when the last try ended, 0: none yet
 */
struct ohtd_plan_entry_view {
	uint8_t unit;
	uint8_t function;
	uint8_t outcome;
	uint8_t pad;
	uint16_t address;
	uint16_t count;
	uint16_t period_cycles;
	uint16_t phase_cycles;
	uint32_t timeout_us;
	uint32_t planned_us;
	uint32_t last_us;
	uint64_t tried_ns;
};

/**
 * struct ohtd_plan_view - the plan of the bus, and what it comes to
 * @refused: the bus has refused the newest one; the figures are then of that one
 * @generation: of the layout in force
 * @entries: exchanges of the plan in force, 0 without one
 * @worst_permille: share of the fullest cycle that is taken
 * @mean_permille: share of all cycles together
 * @busy_worst_ns: the fullest cycle
 * @stop_ns: longest from a stop to the end of a stop telegram; OHT_UNBOUNDED_NS: no bound
 * @command_wait_ns: longest wait of a command that fits into the slack
 * @cycles: points of the bus's own grid
 * @missed: of these, not begun
 * @exceeded: begun, and not over in time
 * @given: given to a request that fitted into no slack
 * @entry_count: of @entry; 0 while no plan is in force
 * @entry: in their order on the wire
 */
struct ohtd_plan_view {
	uint32_t refused;
	uint32_t generation;
	uint32_t entries;
	uint32_t worst_permille;
	uint32_t mean_permille;
	uint32_t pad;
	uint64_t busy_worst_ns;
	uint64_t stop_ns;
	uint64_t command_wait_ns;
	uint64_t cycles;
	uint64_t missed;
	uint64_t exceeded;
	uint64_t given;
	uint64_t entry_count;
	struct ohtd_plan_entry_view entry[OHTD_PLAN_ENTRIES_MAX];
};

#define OHTD_HOLDER_USER_BYTES		72
#define OHTD_ID_CHARACTERS		64
#define OHTD_CALLER_ID_BYTES		72	/* those and the end, in words of eight bytes */
#define OHTD_HOLDER_SESSION_BYTES	40
#define OHTD_REASON_BYTES		128

/**
 * struct ohtd_holder - a session that asks for something, or that is in control
 * @user: name of its account, or words for a person on this machine
 * @session: names it; not secret
 * @user_id: number of the account, 0: no account
 * @role: enum ohtd_role
 */
struct ohtd_holder {
	char user[OHTD_HOLDER_USER_BYTES];
	char session[OHTD_HOLDER_SESSION_BYTES];
	int64_t user_id;
	uint8_t role;
	uint8_t pad[7];
};

/**
 * struct ohtd_control_view - who is in control
 * @holder: who; zeroed without one
 * @reason: why control was taken over from somebody, "" if it was not
 * @since_ns: since when
 * @expires_boot_ns: end of the lease on CLOCK_BOOTTIME, unless something is heard of the holder
 * @held: somebody is
 * @offered: it was handed over: any session of @holder.user_id gets it with its next message
 */
struct ohtd_control_view {
	struct ohtd_holder holder;
	char reason[OHTD_REASON_BYTES];
	uint64_t since_ns;
	uint64_t expires_boot_ns;
	uint8_t held;
	uint8_t offered;
	uint8_t pad[6];
};

/* States of a command, as clients see them. */
enum ohtd_command_state {
	OHTD_COMMAND_STATE_NONE,		/* there has been none */
	OHTD_COMMAND_STATE_WAITING,		/* in the queue */
	OHTD_COMMAND_STATE_INITIALIZING,	/* accepted, the drive has not echoed yet */
	OHTD_COMMAND_STATE_RUNNING,
	OHTD_COMMAND_STATE_PAUSED,
	OHTD_COMMAND_STATE_RETRIABLE,		/* did not get on, and is kept for another try */
	OHTD_COMMAND_STATE_FINISHED,
	OHTD_COMMAND_STATE_FAILED,
	OHTD_COMMAND_STATES,
};

/**
 * struct ohtd_command_view - a command of motion: the present one, the last one, or one that waits
 * @number: running; never used again
 * @kind: enum ohtd_command_kind
 * @state: enum ohtd_command_state
 * @tag: of the person
 * @target_mm: not a number: none
 * @speed_mm_s: of a jog, signed; else the highest that is wanted, 0: as the limits permit
 * @accepted_ns: @began_ns the drive has echoed, @ended_ns; 0: not yet
 * @reason: why it failed, or why it must try again
 * @caller_id: the client's own, or ""
 * @user: whose it is
 */
struct ohtd_command_view {
	uint64_t number;
	uint32_t kind;
	uint32_t state;
	uint64_t tag;
	double target_mm;
	double speed_mm_s;
	uint64_t accepted_ns;
	uint64_t began_ns;
	uint64_t ended_ns;
	struct ohtd_why reason;
	uint32_t pad;
	char caller_id[OHTD_CALLER_ID_BYTES];
	char user[OHTD_HOLDER_USER_BYTES];
};

/* Limits of motion that clients may want to know. */
struct ohtd_limits_view {
	double soft_min_mm;
	double soft_max_mm;
	double speed_mm_s;
	double jog_mm_s;
	double dock_position_mm;
	uint32_t jog_expiry_ms;
	uint32_t override_percent;	/* of the speed of moves and jogs */
	uint32_t profile;		/* enum oht_profile: layout of the drive for which they hold */
	uint32_t pad;
};

/**
 * struct ohtd_motion_view - the axis and what the drive makes of it
 * @estimate_mm: position now, between two readings
 * @set_mm: position of the planned curve
 * @set_mm_s: its speed
 * @error_mm: following error
 * @trust: of @estimate_mm, enum ohtd_position_trust
 * @driving: the outputs are on: the three figures in the middle say something
 */
struct ohtd_motion_view {
	double estimate_mm;
	double set_mm;
	double set_mm_s;
	double error_mm;
	uint32_t trust;
	uint32_t driving;
};

/**
 * struct ohtd_location_view - is the robot located?
 * @kept: where it was last, for the next run
 * @read_mm: where the module says that it is, with the offset
 * @near_mm: a reading that is no further from the place is believed at a start
 * @lost: not located: a person has to say where it is
 * @strayed: and it has moved since
 * @stands: the robot does not move
 */
struct ohtd_location_view {
	struct ohtd_kept_location kept;
	double read_mm;
	double near_mm;
	uint8_t lost;
	uint8_t strayed;
	uint8_t stands;
	uint8_t pad[5];
};

/**
 * struct ohtd_robot_charge_view - is there enough charge to begin a motion?
 * @percent: the newest value; of no meaning while @state is enough and none was read
 * @state: enum ohtd_motion_charge_state
 */
struct ohtd_robot_charge_view {
	double percent;
	uint8_t state;
	uint8_t pad[7];
};

#define OHTD_ZONES	4

/**
 * struct ohtd_robot_zones_view - stop zones of the safety module that are not the expected ones
 * @differ: a bit for each sensor, the first one 1
 * @expected_mm: of those in @differ
 * @module_mm: what the module has
 */
struct ohtd_robot_zones_view {
	uint8_t differ;
	uint8_t pad[7];
	uint16_t expected_mm[OHTD_ZONES];
	uint16_t module_mm[OHTD_ZONES];
};

/**
 * struct ohtd_robot_obstacle - what a distance shows
 * @sensor: from 1; 0: nothing
 * @distance_mm: what it sees
 * @zone_mm: its stop zone
 */
struct ohtd_robot_obstacle {
	uint32_t sensor;
	uint32_t distance_mm;
	uint32_t zone_mm;
	uint32_t pad;
};

#define OHTD_QUEUE_MAX	32	/* commands that wait behind the present one */

/**
 * struct ohtd_passage_view - the newest station or tag that was passed
 * @number: counts from 1; 0: none was
 * @at_ns: when
 * @position_mm: of the station; where the robot was when it saw the tag
 * @distance_mm: way from the passage before; not a number: not known
 * @name: of the station, or "tag_" and the number of the tag
 */
struct ohtd_passage_view {
	uint64_t number;
	uint64_t at_ns;
	double position_mm;
	double distance_mm;
	char name[OHTD_STATION_NAME_BYTES];
};

/**
 * struct ohtd_alert_view - an alert of the control thread
 * @why: what it is
 * @fault: it is in the fault list; 0: it ends when the robot leaves its state
 * @over: of a fault: its reason is gone, and a person has to clear it
 * @since_ns: since when
 */
struct ohtd_alert_view {
	struct ohtd_why why;
	uint8_t fault;
	uint8_t over;
	uint8_t pad[2];
	uint64_t since_ns;
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
 * @control: who is in control
 * @rights_seq: rises when @control or @why_not have changed
 * @bus: the back-end
 * @plan: its plan
 * @module_count: entries of @modules in use, sorted by unit
 * @modules: units found, and required ones that are missing
 * @faults: what stands in the fault list
 * @alert_count: entries of @alerts in use
 * @alerts: the fault list in whole, then what the state machine warns of
 * @why_not_enable: what forbids enable now; empty: it would be accepted
 * @why_not_reset: what forbids reset now
 * @why_not: the same of each verb of POST robot/commands, by enum ohtd_verb
 * @command: of motion, the present or the last one
 * @queue_count: entries of @queue in use
 * @queue: what waits behind @command, the next one first
 * @limits: of motion
 * @motion: where the axis is and is to be
 * @location: whether the robot is located
 * @charge: whether there is enough charge to begin a motion
 * @zones: stop zones that are not the expected ones
 * @obstacle: for which the robot was stopped last
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
	struct ohtd_control_view control;
	uint64_t rights_seq;
	struct ohtd_bus_view bus;
	struct ohtd_plan_view plan;
	struct ohtd_module_view modules[OHTD_MODULES_MAX];
	struct ohtd_why_list faults;
	struct ohtd_why_list why_not_enable;
	struct ohtd_why_list why_not_reset;
	struct ohtd_why_list why_not[OHTD_VERBS];
	struct ohtd_command_view command;
	uint32_t queue_count;
	uint32_t mode;
	struct ohtd_command_view queue[OHTD_QUEUE_MAX];
	struct ohtd_limits_view limits;
	struct ohtd_motion_view motion;
	struct ohtd_location_view location;
	struct ohtd_robot_charge_view charge;
	struct ohtd_robot_zones_view zones;
	struct ohtd_robot_obstacle obstacle;
	struct ohtd_passage_view passage;
	uint64_t alert_count;
	struct ohtd_alert_view alerts[OHTD_ALERTS_MAX];
};

_Static_assert(sizeof(struct ohtd_snapshot) <= 16384, "readers copy at most 16 KiB");
_Static_assert(sizeof(struct ohtd_snapshot) % 8 == 0, "copied in words of eight bytes");

/* Requests to a module that had no good answer. */
static inline uint64_t ohtd_module_errors(const struct ohtd_module_view *module)
{
	return module->timeouts + module->crc_errors + module->exceptions + module->other_errors;
}

/* The module at a unit address; NULL: there is none. */
static inline const struct ohtd_module_view *ohtd_snapshot_module(const struct ohtd_snapshot *snapshot,
								  unsigned int unit)
{
	for (unsigned int i = 0; i < snapshot->module_count && i < OHTD_MODULES_MAX; i++)
		if (snapshot->modules[i].unit == unit)
			return &snapshot->modules[i];
	return NULL;
}

enum ohtd_register_state {
	OHTD_REGISTER_NEVER,		/* not read yet */
	OHTD_REGISTER_OK,
	OHTD_REGISTER_UNSUPPORTED,	/* the module refuses a read of it */
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
