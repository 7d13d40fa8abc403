/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what tests of the device share: the device by its raw contract, records, time, CPUs.
 * Contexts: any thread of a test; a failure that is not the test's subject bails out.
 * Locks:    none.
 */
#ifndef GUEST_H
#define GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/oht.h>

#define US		UINT64_C(1000)
#define MS		UINT64_C(1000000)

#define GUEST_DEVICE	"/dev/oht0"

/* Whether that becomes true within so many looks, 1 ms apart. A host that stalls takes none away. */
#define GUEST_UNTIL(condition, looks) ({						\
		unsigned int guest_left = (looks);				\
		bool guest_holds;						\
										\
		while (!(guest_holds = (condition)) && guest_left--)		\
			guest_sleep_ms(1);					\
		guest_holds;							\
	})

/* Of a program that takes nothing but "--exact": whether it is there. Bails out for other words. */
bool guest_is_exact(int argc, char **argv);

/* A whole number up to @limit; bails out if @text is none. */
uint64_t guest_number(const char *text, uint64_t limit);

/* Of a program that is given no seed: what the environment variable OHT_SEED says, or 1. */
unsigned int guest_default_seed(void);

/* The seed of random(), which is printed, so that a run can be repeated. */
void guest_seed(unsigned int seed);

/* Opens, or bails out. */
int guest_open(int flags);
int guest_open_path(const char *path, int flags);

/* ioctl(): 0 or the positive errno. @arg has its size filled in by the caller. */
int guest_ioctl(int fd, unsigned long cmd, void *arg);

/* One command of struct oht_command; 0 or the positive errno. @blocking may be NULL. */
int guest_command(int fd, unsigned long cmd, uint64_t tag, uint64_t *blocking);
int guest_take(int fd, uint32_t deadman_ms);
int guest_release_role(int fd);
int guest_subscribe(int fd, uint32_t mask);

/* A read in good form that nobody answers, in the background, given up after 1 ms. */
extern const struct oht_transfer guest_read;

/* OHT_IOC_SUBMIT: 0 or the positive errno. */
int guest_submit(int fd, struct oht_transfer transfer);

/* Bail out if they fail. */
void guest_status(int fd, struct oht_estop_status *status);
void guest_info(int fd, struct oht_info *info);
/* The same without a descriptor. */
void guest_device_info(struct oht_info *info);
uint32_t guest_state(int fd);

/* Resets as soon as the channels have been closed long enough; 0 or the errno after 3 s. */
int guest_reset_when_stable(int fd, uint64_t tag);

/* Takes the role, resets, enables; bails out when that is not possible. */
void guest_make_enabled(int fd, uint32_t deadman_ms);

/* The next record of that type within @timeout_ms; others before it are thrown away. */
bool guest_next_record(int fd, uint32_t type, int timeout_ms, struct oht_record *record);
bool guest_next_safety(int fd, int timeout_ms, struct oht_record *record);

/* Throws away what is there. */
void guest_drain(int fd);

uint64_t guest_now_ns(void);
void guest_sleep_ms(unsigned int ms);
void guest_pin_cpu(int cpu);
int guest_cpus(void);
/* Takes a CPU off or puts it back; 0 or the errno. */
int guest_set_cpu(int cpu, bool online);
/* A file of the device's folder estop/, without its line end; bails out without it. */
void guest_estop_attribute(const char *name, char *text, size_t bytes);
/* Where the supervision timer runs. */
int guest_supervision_cpu(void);
/* Interrupts that all CPUs have handled for that owner in /proc/interrupts; bails out without it. */
uint64_t guest_interrupts(const char *owner);

/* Takes the driver off its device and puts it back. 0 or the errno. */
int guest_unbind(void);
int guest_bind(void);
/* Both, so that the machine begins anew; bails out if it does not. */
void guest_rebind(void);

#endif /* GUEST_H */
