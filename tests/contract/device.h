/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what the tests of /dev/oht0 share: descriptors by the library's table of system calls,
 *           so that each call reaches the fake or the kernel as it stands.
 * Contexts: one thread; a failure that is not the subject of a test ends that test.
 * Locks:    none.
 */
#ifndef CONTRACT_DEVICE_H
#define CONTRACT_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/oht.h>

#include "contract.h"
#include "device_place.h"

/* A register that no unit has: exception 2. */
#define NO_REGISTER	0xf000

/* ---- calls: 0 or a positive errno ---- */

int dev_open(int flags);
void dev_close(int fd);
void dev_close_all(void);
int dev_call(int fd, unsigned long number, void *argument);
int dev_command(int fd, unsigned long number, uint64_t tag, uint64_t *blocking);
int dev_take(int fd, uint32_t deadman_ms);
int dev_release(int fd);
int dev_subscribe(int fd, uint32_t mask, uint64_t safety_from);
int dev_submit(int fd, struct oht_transfer transfer, uint64_t *cookie);
int dev_cancel(int fd, uint64_t cookie);

struct oht_info dev_info(int fd);
struct oht_estop_status dev_status(int fd);
uint64_t dev_now_ns(void);

/* A read of one register of @unit. */
struct oht_transfer dev_read_of(uint8_t unit);

/* ---- records and time ---- */

/* What poll() says of @events within @timeout_ms. */
short dev_poll(int fd, short events, int timeout_ms);
/* Time passes, whatever records come. */
void dev_sleep_ms(int fd, unsigned int ms);
/* read() of one record: 1, 0 at the end, or the negative errno. */
int dev_read(int fd, struct oht_record *record);
/* The next record, of this type, within some seconds; else the test fails. */
struct oht_record dev_next(int fd, uint32_t type);
/* The next completion, of this transfer. */
struct oht_completion dev_completion(int fd, uint64_t cookie);
bool dev_is_quiet(int fd);

/* The controller with the longest deadman; and with the machine ready, or enabled. */
int dev_controller(void);
int dev_ready(void);
int dev_enabled(void);
/* RESET as soon as the channels have been closed long enough. */
void dev_reset(int fd);

/* ---- the tests, in files by subject ---- */

extern const struct contract_test form_tests[], role_tests[], stop_tests[], record_tests[],
	transfer_tests[], plan_tests[], unit_tests[], gone_tests[];
extern const size_t form_count, role_count, stop_count, record_count, transfer_count, plan_count,
	unit_count, gone_count;

#endif /* CONTRACT_DEVICE_H */
