/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     a control thread without a thread: its turns run in virtual time on a bus in memory.
 * Contexts: one thread.
 * Locks:    none.
 */
#ifndef OHTD_TEST_ROBOT_FIXTURE_H
#define OHTD_TEST_ROBOT_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake_bus.h"
#include "control/control.h"

/* The units of the four modules. */
enum { POWER = 2, SAFETY, MOTOR, DOCK };

/* Of tests, of virtual_acts.c, and one of a part of the daemon. */
#define FIXTURE_LINKS	3

struct fixture {
	struct ohtd_manual_clock time;
	struct ohtd_clock clock;
	struct fake_bus *fake;
	struct ohtd_link links[FIXTURE_LINKS];
	struct ohtd_control control;
	bool loops_hang;
	bool crashed;
	unsigned int starts;		/* of the daemon, behind the first one */
	/* Behind each turn; NULL: nothing looks on. */
	void (*watch)(void *context);
	void *watch_context;
};

struct fixture *fixture_create(bool hardware_stop);
void fixture_destroy(struct fixture *f);
/* Another time factor than 1. */
void fixture_stretch(struct fixture *f, uint32_t time_factor);

/* All four modules of @profile on the wire, device open. */
void fixture_plug_all(struct fixture *f, enum oht_profile profile);
void fixture_open(struct fixture *f);

/* Lets time pass, with all turns that it brings. */
void fixture_run_ms(struct fixture *f, uint32_t ms);

/*
 * The daemon is killed: its memory is lost, and the device is closed for it. The bus goes on. A new daemon
 * starts with what the store knows: the last run was cut short, and @given commands were given.
 */
void fixture_crash(struct fixture *f);
void fixture_start_again(struct fixture *f, uint64_t given);

/* From power-on to safe. */
struct fixture *fixture_safe(void);
/* And switched on. */
struct fixture *fixture_idle(void);

/* Posts on link 0 and runs until the answer has come. */
struct ohtd_answer fixture_ask(struct fixture *f, enum ohtd_command_kind kind);
struct ohtd_answer fixture_command(struct fixture *f, const struct ohtd_command *command);

bool fixture_says(const struct ohtd_why_list *list, unsigned int code, uint8_t unit);
struct ohtd_snapshot fixture_snapshot(struct fixture *f);
/* It must be there. */
const struct ohtd_module_view *fixture_module(const struct ohtd_snapshot *s, uint8_t unit);

#endif
