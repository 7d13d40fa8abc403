/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A device in memory for tests of what stands on liboht: the library's system calls end here.
 *
 * Owns:     the one fake device, its records, its clock and its model of the stop.
 * Contexts: the test's only thread.
 * Locks:    none.
 *
 * It checks like the kernel that sizes are right and reserved members zero; a call that the kernel
 * would refuse for its form fails the test.
 */
#ifndef FAKE_DEVICE_H
#define FAKE_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/oht.h>

#define FAKE_FD		1000
#define FAKE_UNITS	248
#define FAKE_REGISTERS	0x200
#define FAKE_JOURNAL	16		/* entries that it keeps */

struct fake_device {
	/* What open(2) and the ioctls do. */
	int open_error;
	unsigned int opens;
	unsigned int closes;
	char path[128];
	int open_flags;
	bool read_only;
	bool gone;
	struct oht_info info;
	/* What the next ioctl of this number fails with, once. */
	unsigned long fail_number;
	int fail_error;

	/* The bus: units with registers; a transfer completes at once unless held. */
	bool present[FAKE_UNITS];
	uint16_t words[FAKE_UNITS][FAKE_REGISTERS];
	bool coils[FAKE_REGISTERS];		/* and inputs, of every unit */
	uint8_t pdu[OHT_PDU_MAX_BYTES];		/* what raw and identification are answered */
	unsigned int pdu_bytes;			/* 0: as if the function were unknown */
	bool hold;
	uint64_t next_cookie;
	unsigned int submits;
	struct oht_transfer transfer;		/* the newest */
	uint16_t transfer_words[OHT_WORDS_MAX];
	uint8_t transfer_pdu[OHT_PDU_MAX_BYTES];
	void (*on_submit)(void);		/* called before it is answered */
	bool disturbed;				/* another unit's answer comes instead */
	uint64_t cancelled;			/* cookie of the newest cancel */

	/* Modules by unit, and the newest setting. */
	struct oht_module_status modules[FAKE_UNITS];
	struct oht_module_set module_set;

	/* The stop. */
	struct oht_estop_status stop;
	uint64_t low_ns;			/* of the newest stop */
	uint32_t test_failed;			/* what a self-test finds */
	uint64_t missing;			/* causes that forbid an enable alone */
	struct oht_command command;		/* the newest, as it came */
	struct oht_telegrams telegrams;		/* as set */
	struct oht_telegram_status telegram_status;
	uint32_t subscribed;
	struct oht_record journal[FAKE_JOURNAL];	/* of the stop, by number */
	unsigned int heartbeats;
	unsigned int farewells;

	/* The plan: what came, and what a commit gives back; with commit_error also its figures. */
	struct oht_plan_stage stage;
	struct oht_plan_entry entries[OHT_PLAN_ENTRIES_MAX];
	struct oht_plan_commit commit;
	struct oht_outputs outputs;
	uint16_t output_words[OHT_WORDS_MAX];
	unsigned int commits;
	unsigned int clears;
	int stage_error, commit_error;
	uint32_t stage_bad_entry;
	uint32_t commit_generation_off;		/* that in force is another one */
	struct oht_plan_status plan;
	uint64_t cycle_seq;
	/* What map() shows; none with map_error. */
	struct oht_image image;
	int map_error;
	unsigned int maps;

	/* Records that read() hands out. */
	_Alignas(8) uint8_t records[OHT_TRANSFERS_MAX * 4][sizeof(struct oht_record) + 64];
	size_t record_bytes;			/* stride, sizeof(struct oht_record) or more */
	unsigned int first_record, last_record;
	uint64_t next_seq;
	size_t cut_bytes;			/* taken off the end of the next read */

	/* Time: poll() lets it pass. */
	int64_t now_ns;
	int poll_error;				/* errno of the next poll, once */
	void (*on_poll)(void);			/* called before poll looks for records */
	unsigned int polls;
};

extern struct fake_device fake;

/* Install a healthy device: 115200 8N1, stopped by start, channels closed, nobody controls it. */
void fake_install(void);
/* A module that answers. type is what 0x0104 holds. */
void fake_add_unit(uint8_t unit, uint16_t type);
/* Make a record; the words of a completion count up from first_word. */
void fake_complete(uint64_t cookie, int status, uint8_t detail, uint16_t first_word);
void fake_safety(uint32_t kind, uint32_t cause, uint8_t from, uint8_t to);
void fake_module(uint8_t unit, uint8_t from, uint8_t to);
void fake_cycle(uint32_t kind, uint32_t count, uint16_t entry);
void fake_unknown_record(void);
/* What the kernel does when a button is pressed. */
void fake_stop(uint32_t cause);

/* For fake_plan.c: number the record and lay it ready. */
void fake_push(struct oht_record *record);
/* fake_plan.c, for fake_device.c: calls of the plan, the image, and how both begin. */
int fake_plan_ioctl(unsigned long number, void *argument);
const void *fake_map(int fd, size_t bytes);
void fake_unmap(const void *map, size_t bytes);
void fake_plan_install(void);

#endif /* FAKE_DEVICE_H */
