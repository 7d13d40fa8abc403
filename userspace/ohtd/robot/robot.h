/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the control thread and the seam between it and everything above (http, store).
 * Contexts: create/start/stop/destroy: main thread. Links: one h2o loop each. Copies: any thread.
 * Locks:    none that the control thread could wait for; rings, eventfds and sequence counts only.
 */
#ifndef OHTD_ROBOT_ROBOT_H
#define OHTD_ROBOT_ROBOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "codes.h"
#include "command.h"
#include "snapshot.h"

struct ohtd_clock;
struct ohtd_robot;
struct ohtd_link;
struct oht_regmap;

#define OHTD_LINKS_MAX		16
#define OHTD_LINK_COMMANDS	64	/* posted and not yet taken, per link */

/**
 * struct ohtd_robot_config - copied by ohtd_robot_create(); strings too
 * @backend: "kernel" or "rtu"
 * @device: kernel: device node, usually /dev/oht0. rtu: tty or pty
 * @baud_bps: rtu only: 9600..115200; 0 means 115200
 * @parity: rtu only: 'N', 'E' or 'O'; 0 means 'N'
 * @stop_bits: rtu only: 1 or 2; 0 means 1
 * @data_dir: folder with the data files; NULL for the one the program was built for
 * @loops: number of h2o loops, 1..OHTD_LINKS_MAX: one link for each
 * @deadman_ms: heartbeat period to ask for; 0 means the device's default
 * @time_factor: stretches loss times, and answer times up to threefold (emulated board, busy PC);
 *	0 means 1, at most 20
 * @auto_enable: after a clean power-on go to idle without a person (state_machine.csv)
 * @unclean_restart: the last run did not reach shutdown
 * @rt_priority: SCHED_FIFO priority to ask for, 1..98; 0 does not ask
 * @cpu: CPU to pin the control thread to, -1 for none
 */
struct ohtd_robot_config {
	const char *backend;
	const char *device;
	uint32_t baud_bps;
	char parity;
	uint8_t stop_bits;
	const char *data_dir;
	uint32_t loops;
	uint32_t deadman_ms;
	uint32_t time_factor;
	bool auto_enable;
	bool unclean_restart;
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
 * Context: main thread, before any other thread. Source: docs/architecture.md.
 */
struct ohtd_robot *ohtd_robot_create(const struct ohtd_robot_config *config,
				     struct ohtd_clock *clock, char *error, size_t error_bytes);

/**
 * ohtd_robot_start() - open the device, become its controller, start the control thread
 *
 * Return: 0 or a negative errno with one line in @error: -ENOENT no device, -EACCES not allowed,
 * -EBUSY somebody else is the controller, -EPROTO wrong ABI version.
 * Context: main thread.
 */
int ohtd_robot_start(struct ohtd_robot *robot, char *error, size_t error_bytes);

/**
 * ohtd_robot_stop() - the robot's event "shutdown": stop, give the role back, end the thread
 * @timeout_ms: how long to wait for the thread
 *
 * Return: 0 in order (clean: unclean_restart is false next time), -ETIMEDOUT the thread did not end;
 * the process must then exit anyway, and the device stops by its deadman or by the closing.
 * Context: main thread; links may still be used until ohtd_robot_destroy().
 */
int ohtd_robot_stop(struct ohtd_robot *robot, uint32_t timeout_ms);

/* Ends everything. Only after a successful ohtd_robot_stop() or without a start. NULL is allowed. */
void ohtd_robot_destroy(struct ohtd_robot *robot);

/**
 * ohtd_robot_snapshot() - copy the newest snapshot
 *
 * Return: 0, or -EAGAIN when the writer came in between 64 times in a row (then the caller keeps
 * his older copy). Context: any thread, lock-free.
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

/* ---- one link per h2o loop ---- */

/* Link @index, 0..loops-1; belongs to exactly one loop thread. NULL out of range. */
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
