/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     when the stop was last proved, by a self-test and by a press of the button, over restarts: file `proof` of
 *           the state folder. The driver knows it only since it came.
 * Contexts: open: main thread. Note, tick: one thread that may wait, since a disk may hang. Look: any thread.
 * Locks:    none; atomics.
 */
#ifndef OHTD_ALERTS_PROOF_H
#define OHTD_ALERTS_PROOF_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct ohtd_clock;
struct ohtd_daemon_part;
struct ohtd_robot;
struct ohtd_safety_view;

#define OHTD_PROOF_PATH_BYTES	320

/*
 * How often the stop should be proved. ISO 14119 wants a press at least once a year where the stop is to be PL d, and
 * once a month for PL e; a self-test costs no more than a stop of the robot.
 */
#define OHTD_SELF_TEST_DAYS	31
#define OHTD_BUTTON_PRESS_DAYS	365

/* Filled by ohtd_proof_open(). Times are seconds since 1970; 0: not known. */
struct ohtd_proof {
	struct ohtd_clock *clock;
	const struct ohtd_robot *robot;
	char path[OHTD_PROOF_PATH_BYTES];
	atomic_bool watched;
	_Atomic int64_t tested_s;
	_Atomic int64_t pressed_s;
	_Atomic int64_t begun_s;
	uint64_t next_ns;	/* private to the thread that notes, as is what follows */
	uint64_t write_ns;
	int64_t written_s[3];
};

/**
 * struct ohtd_proof_view - how long ago the stop was proved
 * @test_age_s: since the last self-test; without one since ohtd was first there at a known time; negative: not known
 * @press_age_s: the same of a press that opened all channels
 * @tested: there was a self-test
 * @pressed: there was a press
 * @test_due: that is too long ago
 * @press_due: the same
 */
struct ohtd_proof_view {
	int64_t test_age_s;
	int64_t press_age_s;
	bool tested;
	bool pressed;
	bool test_due;
	bool press_due;
};

/* Reads what earlier runs knew. A file that makes no sense is logged, and begun anew. */
void ohtd_proof_open(struct ohtd_proof *proof, const char *state_dir, struct ohtd_clock *clock, const struct ohtd_robot *robot);

/* Takes what the device says of its stop, and writes what is new. A device without a stop proves nothing. */
void ohtd_proof_note(struct ohtd_proof *proof, const struct ohtd_safety_view *safety);

/* In a run in which no device with a stop was seen nothing is due. */
void ohtd_proof_look(const struct ohtd_proof *proof, struct ohtd_proof_view *view);

/* proof.c: what is not well with it. */
extern const struct ohtd_daemon_part ohtd_alert_proof_part;

#endif /* OHTD_ALERTS_PROOF_H */
