/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the control thread and the seam between it and everything above (http, store).
 * Contexts: create/start/stop/destroy: main thread. Links: one h2o loop each. Copies: any thread.
 * Locks:    none that the control thread could wait for; rings, eventfds and sequence counts only.
 */
#ifndef OHTD_CONTROL_ROBOT_H
#define OHTD_CONTROL_ROBOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "robot/codes.h"
#include "robot/command.h"
#include "robot/event_ring.h"
#include "robot/snapshot.h"

struct ohtd_clock;
struct ohtd_limits_block;
struct ohtd_limits_change;
struct ohtd_model;
struct ohtd_profiles;
struct ohtd_robot;
struct ohtd_link;
struct ohtd_sample;
struct ohtd_sample_reader;
struct ohtd_searched;
struct oht_complaints;
struct oht_regmap;
struct ohtd_rule_table;
struct ohtd_stations;
struct ohtd_telemetry_sight;
struct ohtd_user_maps;

/* Those of the h2o loops (main/robot_open.c), and of all others that speak to the control thread; a bit of loops_stalled each. */
#define OHTD_LINKS_MAX		40
#define OHTD_LINK_COMMANDS	64	/* posted and not yet taken, per link */

/**
 * struct ohtd_robot_config - copied by ohtd_robot_create(); strings too
 * @backend: "kernel" or "rtu"
 * @device: kernel: device node, usually /dev/oht0. rtu: tty or pty
 * @baud_bps: rtu only: what the line can do; 0 means 115200
 * @parity: rtu only: 'N', 'E' or 'O'; 0 means 'N'
 * @stop_bits: rtu only: 1 or 2; 0 means 1
 * @quiet_us: rtu only: least silence between frames; 0 means t3.5
 * @simulated_outputs: rtu only: see struct ohtd_bus_setup
 * @data_dir: folder with the data files; NULL for the one the program was built for
 * @user_dir: folder with register maps of the user; NULL: none
 * @loops: number of links, 1..OHTD_LINKS_MAX: one for each h2o loop, the gateway, the configuration, the main thread and missions
 * @deadman_ms: heartbeat period to ask for; 0 means the device's default
 * @time_factor: stretches loss times, and answer times up to threefold (emulated board, busy PC);
 *	0 means 1, at most 20
 * @auto_enable: after a clean power-on go to idle without a person (state_machine.csv)
 * @unclean_restart: the last run did not reach shutdown
 * @commands_given: numbers of commands up to this one may have been given by earlier runs
 * @commands_known: commands with an id that earlier runs have accepted; NULL: none
 * @rt_priority: SCHED_FIFO priority to ask for, 1..98; 0 does not ask
 * @cpu: CPU to pin the control thread to, -1 for none
 */
struct ohtd_robot_config {
	const char *backend;
	const char *device;
	uint32_t baud_bps;
	char parity;
	uint8_t stop_bits;
	uint32_t quiet_us;
	bool simulated_outputs;
	const char *data_dir;
	const char *user_dir;
	uint32_t loops;
	uint32_t deadman_ms;
	uint32_t time_factor;
	bool auto_enable;
	bool unclean_restart;
	uint64_t commands_given;
	const struct ohtd_life *commands_known;
	int rt_priority;
	int cpu;
};

/**
 * ohtd_robot_create() - load and check the data files, prepare everything, open nothing
 * @config: settings
 * @clock: outlives the robot
 * @error: receives one line without line feed when NULL is returned
 * @error_bytes: size of @error
 *
 * NULL: errno is EINVAL when settings or data files are wrong.
 * Context: main thread, before any other thread. Source: docs/architecture.md.
 */
struct ohtd_robot *ohtd_robot_create(const struct ohtd_robot_config *config,
				     struct ohtd_clock *clock, char *error, size_t error_bytes);

/**
 * ohtd_robot_start() - open the device, become its controller, start the control thread
 *
 * A device that is missing, busy or of another release is awaited by the control thread: it tries to open
 * it again, with pauses that grow to 5 s.
 *
 * Return: 0; then @error is one line if the device is not open yet, else empty. Or a negative errno with one
 * line in @error: -ENOTTY something else is in the device's place.
 * Context: main thread.
 */
int ohtd_robot_start(struct ohtd_robot *robot, char *error, size_t error_bytes);

/**
 * ohtd_robot_stop() - the robot's event "shutdown": stop, give the role back, end the thread
 * @timeout_ms: how long to wait for the thread
 *
 * Return: 0 in order, -ETIMEDOUT the thread did not end;
 * the process must then exit anyway, and the device stops by its deadman or by the closing.
 * Context: main thread; links may still be used until ohtd_robot_destroy().
 */
int ohtd_robot_stop(struct ohtd_robot *robot, uint32_t timeout_ms);

/* A person has asked for the end (OHTD_COMMAND_RESTART): ohtd_robot_stop() is due. Any thread. */
bool ohtd_robot_leaves(const struct ohtd_robot *robot);

/* The robot has been idle since its start: behind an unclean end only a person brings it there. Any thread. */
bool ohtd_control_was_enabled(const struct ohtd_robot *robot);

/* Ends everything. Only after a successful ohtd_robot_stop() or without a start. NULL is allowed. */
void ohtd_robot_destroy(struct ohtd_robot *robot);

/**
 * ohtd_robot_snapshot() - copy the newest snapshot
 *
 * Return: 0, or -EAGAIN when the writer published during each of 64 attempts; @out is then as it
 * was. Context: any thread, lock-free.
 */
int ohtd_robot_snapshot(const struct ohtd_robot *robot, struct ohtd_snapshot *out);

/* Version of the newest snapshot: one atomic load, to decide whether a rendered answer is fresh. */
uint64_t ohtd_robot_version(const struct ohtd_robot *robot);

/**
 * ohtd_robot_registers() - copy all register values of one unit
 *
 * Return: 0, -ENOENT no such unit known, -EAGAIN as above. Context: any thread, lock-free.
 */
int ohtd_robot_registers(const struct ohtd_robot *robot, uint8_t unit, struct ohtd_registers *out);

/**
 * ohtd_robot_map() - description of the registers in ohtd_registers.values, same order and count
 * @module_name: ohtd_module_view.name
 * @profile: ohtd_module_view.profile
 *
 * Return: NULL for an unknown pair; otherwise valid as long as the robot.
 * Context: any thread; constant after ohtd_robot_create().
 */
const struct oht_regmap *ohtd_robot_map(const struct ohtd_robot *robot, const char *module_name,
					const char *profile);

/* Copies the registers of all modules in @snapshot (telemetry.h). Context: any thread, lock-free. */
void ohtd_robot_look(const struct ohtd_robot *robot, const struct ohtd_snapshot *snapshot,
		     uint64_t now_ns, struct ohtd_telemetry_sight *sight);

/* Registers of all modules in a built-in profile, enum oht_profile, without what a user added. */
unsigned int ohtd_robot_registers_of(const struct ohtd_robot *robot, unsigned int profile);

/* What the data files say of modules (model.h). Constant after ohtd_robot_create(). */
const struct ohtd_model *ohtd_robot_model(const struct ohtd_robot *robot);

/* What became of the user's register maps. Constant after ohtd_robot_create(). */
const struct ohtd_user_maps *ohtd_robot_user_maps(const struct ohtd_robot *robot);

/**
 * ohtd_robot_event() - the next record of what has happened
 * @reader: the caller's place, begun zeroed; one for each thread
 *
 * Return: 1 taken, 0 none. Context: any thread, lock-free.
 */
int ohtd_robot_event(const struct ohtd_robot *robot, struct ohtd_event_reader *reader,
		     struct ohtd_event_record *record);

/* The next sample of all signals; as ohtd_robot_event(). */
int ohtd_robot_sample(const struct ohtd_robot *robot, struct ohtd_sample_reader *reader,
		      struct ohtd_sample *sample);

/* Number of a link in records, from 1 on. Constant. */
unsigned int ohtd_control_link_number(const struct ohtd_robot *robot, const struct ohtd_link *link);

/* Number of the newest record; 0: none yet. */
uint64_t ohtd_robot_events(const struct ohtd_robot *robot);

/* The named positions in force (stations.h). Context: any thread but the control thread; a mutex. */
void ohtd_robot_stations(struct ohtd_robot *robot, struct ohtd_stations *stations);

/* What modules showed of their profiles at the first sight, in earlier runs. Context: main thread, before ohtd_robot_start(). */
void ohtd_robot_recall(struct ohtd_robot *robot, const struct ohtd_profiles *kept);

/* Where the robot was at the end of the last run. Context: main thread, before ohtd_robot_start(). */
void ohtd_robot_recall_location(struct ohtd_robot *robot, const struct ohtd_kept_location *kept);

/* Limits, stations, searched addresses and profiles instead of those of the files. @waits: for a person, as after an unclean restart.
 * Context: main thread, before ohtd_robot_start(). */
void ohtd_robot_begin_with(struct ohtd_robot *robot, const struct ohtd_rule_table *table,
			   const struct ohtd_stations *stations, const struct ohtd_searched *searched,
			   const struct ohtd_profiles *profiles, bool waits);

/* Lays limits, stations, searched addresses and profiles ready. Return: for OHTD_COMMAND_LIMITS. Context: a worker, one at a time. */
uint32_t ohtd_robot_offer(struct ohtd_robot *robot, const struct ohtd_rule_table *table,
			  const struct ohtd_stations *stations, const struct ohtd_searched *searched,
			  const struct ohtd_profiles *profiles);

/* The limits of motion in force (motion_limits.h). Context: any thread but the control thread; a mutex. */
void ohtd_robot_limits(struct ohtd_robot *robot, struct ohtd_limits_block *block);

/**
 * ohtd_robot_limits_changed() - what the limits of a reading have changed
 * @generation: of the reading
 * @changes: room for OHTD_RULE_ROWS_MAX
 *
 * Return: how many, or -ENOENT when those of another reading are in force by now. Context: as above.
 */
int ohtd_robot_limits_changed(struct ohtd_robot *robot, uint32_t generation,
			      struct ohtd_limits_change *changes);

/**
 * ohtd_control_lacks() - what a site's own tables lack that this release has
 * @complaints: takes a line for motion.csv, whose missing rows are the shipped ones, and one for state_machine.csv, whose missing guards
 *	are not made up for
 */
void ohtd_control_lacks(const struct ohtd_robot *robot, struct oht_complaints *complaints);

/**
 * ohtd_robot_limits_read() - read motion.csv again
 * @complaints: hears of everything that is wrong with it, each line without the folder
 * @table: filled; of no use on failure
 *
 * Return: 0, -EINVAL after complaints, or -ENOMEM. Context: a worker; it waits for the disk.
 */
int ohtd_robot_limits_read(struct ohtd_robot *robot, struct oht_complaints *complaints,
			   struct ohtd_rule_table *table);

/* Name of ohtd_event_record.event as in state_machine.csv. Never NULL. */
const char *ohtd_robot_event_name(unsigned int event);

/* ---- one link per h2o loop, one of the gateway, one of the configuration ---- */

/* Link @index, 0..loops-1; belongs to exactly one thread at a time. NULL out of range. */
struct ohtd_link *ohtd_robot_link(struct ohtd_robot *robot, uint32_t index);

/*
 * eventfd (non-blocking) that becomes readable when an answer waits or when the robot's state or
 * the state of the stop has changed. The loop reads its 8 bytes, then takes all answers.
 */
int ohtd_link_fd(const struct ohtd_link *link);

/**
 * ohtd_link_post() - hand a command to the control thread
 *
 * Return: 0: exactly one answer will come, at the latest shortly after its deadline; -EAGAIN: too
 * many under way (503); -EINVAL: unknown kind or value out of range; -ESHUTDOWN.
 * Context: the link's loop; never blocks.
 */
int ohtd_link_post(struct ohtd_link *link, const struct ohtd_command *command);

/* Next answer: 1 taken, 0 none. Context: the link's loop. */
int ohtd_link_take(struct ohtd_link *link, struct ohtd_answer *answer);

/*
 * To be called by the loop at least every 100 ms, from its main turn and not from a timer of its
 * own thread. Watched from the first call on; 500 ms without one is control_plane_stalled.
 */
void ohtd_link_progress(struct ohtd_link *link);

/* The loop ends in order: no longer watched. */
void ohtd_link_leave(struct ohtd_link *link);

/**
 * ohtd_stop() - emergency stop, now, by the calling loop on a descriptor of its own
 * @tag: goes into the kernel's safety record
 * @result: what was found; may be NULL
 *
 * Return: 0: stopped (also when it was already); -ENODEV: no device: the outputs are low by
 * the module's own doing (unbind, removal), but this call could not confirm it.
 * Context: the link's loop; one system call, no allocation, no lock; a second call if @result is
 * asked for, when the stop has been done.
 * Source: docs/safety.md, Stop over the API.
 */
int ohtd_stop(struct ohtd_link *link, uint64_t tag, struct ohtd_stop_result *result);

#endif
