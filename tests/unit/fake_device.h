/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A device in memory for tests of what stands on liboht: the library's system calls end here.
 *
 * Owns:     the one fake device: its descriptors, records, clock, bus, stop and plan.
 * Contexts: the test's only thread.
 * Locks:    none.
 *
 * It refuses what the kernel refuses: tests/contract/ holds both to the same tests. Each table of
 * limits that the kernel has in pure code is that code (fake_rules.h).
 */
#ifndef FAKE_DEVICE_H
#define FAKE_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <linux/oht.h>

#define FAKE_FD		1000		/* of the first descriptor; the others follow */
#define FAKE_FILES	4
#define FAKE_WAITING	512		/* records that a descriptor has not read */
#define FAKE_UNITS	256
#define FAKE_REGISTERS	0x200
#define FAKE_JOURNAL	OHT_SAFETY_RECORDS_MAX	/* entries that it keeps */
#define FAKE_JOBS	(FAKE_FILES * OHT_TRANSFERS_MAX)

/* A record that waits, and how many before it are gone. */
struct fake_waiting {
	struct oht_record record;
	uint64_t skipped;
};

struct fake_file {
	bool open;
	bool read_only;
	uint32_t subscribed;
	uint64_t cookies;			/* given out */
	unsigned int transfers;			/* submitted and not reaped */
	uint64_t seq;				/* of the record that was read last */
	uint64_t seq_skipped;			/* missing before the next one that is made */
	struct fake_waiting waiting[FAKE_WAITING];
	unsigned int waiting_count;
};

/* A transfer that has not ended. */
struct fake_job {
	bool used;
	bool begun;				/* on the wire */
	int file;
	unsigned int session;			/* of the controller, 0: of somebody else */
	unsigned int enabled;			/* which enable it came in, 0: in none */
	uint64_t order;
	struct oht_transfer transfer;
	uint16_t words[OHT_WORDS_MAX];
};

struct fake_device {
	/* What open(2) and the ioctls do. */
	int open_error;
	unsigned int opens;
	unsigned int closes;
	char path[128];
	int open_flags;
	bool gone;
	struct fake_file files[FAKE_FILES];
	struct oht_info info;
	/* What the next ioctl of this number fails with, once. */
	unsigned long fail_number;
	int fail_error;

	/* The bus: units with registers. Time passes until a transfer ends, unless held. */
	bool present[FAKE_UNITS];
	uint16_t words[FAKE_UNITS][FAKE_REGISTERS];
	bool coils[FAKE_REGISTERS];		/* and inputs, of every unit */
	uint8_t pdu[OHT_PDU_MAX_BYTES];		/* what raw and identification are answered */
	unsigned int pdu_bytes;			/* 0: as if the function were unknown */
	bool hold;				/* only fake_complete() ends a transfer */
	struct fake_job jobs[FAKE_JOBS];
	uint64_t order;
	struct fake_job *running;
	int64_t ends_ns;			/* when the line is free again */
	unsigned int submits;
	struct oht_transfer transfer;		/* submitted, or about to be answered, last */
	uint16_t transfer_words[OHT_WORDS_MAX];
	uint8_t transfer_pdu[OHT_PDU_MAX_BYTES];
	void (*on_answer)(void);		/* called before fake.transfer is answered */
	bool disturbed;				/* another unit's answer comes instead */
	uint64_t cancelled;			/* cookie of the newest cancel */

	/* Modules by unit, and the newest setting. */
	struct oht_unit_status units[FAKE_UNITS];
	struct oht_unit_set unit_set;

	/* The stop. flags are those of a controller that is somebody else. */
	struct oht_estop_status stop;
	int controller;				/* descriptor that is it, plus one; 0: none */
	unsigned int sessions;			/* times that the role was taken */
	unsigned int enables;
	int64_t heartbeat_ns;
	bool immortal;				/* the deadman does not work */
	bool hasty;				/* a button does not stand */
	uint32_t opened;			/* channels that have opened since the last reset */
	uint64_t low_ns;			/* of the newest stop */
	uint32_t test_failed;			/* what a self-test finds */
	uint64_t missing;			/* causes that forbid an enable alone */
	struct oht_command command;		/* the newest, as it came */
	struct oht_telegrams telegrams;		/* as set */
	struct oht_telegram_status telegram_status;
	uint32_t subscribed;			/* the newest mask of any descriptor */
	struct oht_record journal[FAKE_JOURNAL];	/* of the stop, by number */
	uint64_t tag;				/* of the last command */
	unsigned int heartbeats;
	unsigned int farewells;

	/* The plan: what came, and what a commit gives back; with commit_error also its figures. */
	struct oht_plan_stage stage;
	struct oht_plan_entry entries[OHT_PLAN_ENTRIES_MAX];
	bool staged;
	struct oht_plan_commit commit;
	bool own_figures;			/* of fake.commit; else what the plan comes to */
	uint32_t generation;			/* of the newest layout */
	struct oht_plan_stage pending;		/* the layout that was committed last */
	struct oht_plan_entry pending_entries[OHT_PLAN_ENTRIES_MAX];
	struct oht_plan_entry running_entries[OHT_PLAN_ENTRIES_MAX];
	int64_t starts_ns;			/* when the plan that waits is in force */
	struct oht_outputs outputs;
	uint16_t output_words[OHT_WORDS_MAX];
	unsigned int commits;
	unsigned int clears;
	int stage_error, commit_error;
	uint32_t stage_bad_entry;
	uint32_t commit_generation_off;		/* that in force is another one */
	struct oht_plan_status plan;
	uint64_t cycle_seq;
	uint64_t unit_seq;
	/* What map() shows; none with map_error. */
	struct oht_image image;
	int map_error;
	unsigned int maps;

	/* Records that read() hands out. */
	size_t record_bytes;			/* stride, sizeof(struct oht_record) or more */
	size_t cut_bytes;			/* taken off the end of the next read */

	/* Time: poll() lets it pass. */
	int64_t now_ns;
	int64_t nap_ns;				/* passes before each ioctl */
	int poll_error;				/* errno of the next poll, once */
	void (*on_poll)(void);			/* called before poll looks for records */
	unsigned int polls;
};

extern struct fake_device fake;

/* Install a healthy device: 115200 8N1, stopped by start, channels closed, nobody controls it. */
void fake_install(void);
/* A module that answers. type is what 0x0104 holds. */
void fake_add_unit(uint8_t unit, uint16_t type);
/* End a transfer now; the words count up from first_word. */
void fake_complete(uint64_t cookie, int status, uint8_t detail, uint16_t first_word);
/* Make a record. */
void fake_safety(uint32_t kind, uint32_t cause, uint8_t from, uint8_t to);
void fake_unit_news(uint8_t unit, uint8_t from, uint8_t to);
void fake_cycle(uint32_t kind, uint32_t count, uint16_t entry);
void fake_unknown_record(void);
/* So many records are missing before the next one. */
void fake_skip(uint64_t count);
/* The record that was made last, as the first descriptor will read it. */
struct oht_record *fake_newest(void);
/* A stop for this cause, as the kernel makes it: recorded once per stop. */
void fake_stop(uint32_t cause);
/* Channels open (OHT_INPUT_*), or all close. */
void fake_press(uint32_t channels);
void fake_unpress(void);
/* The driver is taken off: the machine stops, what is under way ends, and the device is gone. */
void fake_unbind(void);

/* ---- what the files of the fake tell each other ---- */

/* Calls return 0 or a positive errno; @argument is as the kernel sees it after its copy. */
int fake_stop_ioctl(int file, unsigned long number, void *argument);
int fake_wire_ioctl(int file, unsigned long number, void *argument);
int fake_plan_ioctl(int file, unsigned long number, void *argument);

/* fake_record.c: for all descriptors that want records of this bit, or for one. */
void fake_tell(uint32_t wanted, const struct oht_record *record);
void fake_tell_file(int file, const struct oht_record *record);
int fake_subscribe(int file, const struct oht_subscribe *wanted);
ssize_t fake_read_records(int file, void *buffer, size_t bytes);
/* What poll() would say. */
short fake_ready(int file);

/* What is due at fake.now_ns happens; and when something is due next. */
void fake_wire_run(void);
int64_t fake_wire_next_ns(void);
void fake_stop_run(void);
int64_t fake_stop_next_ns(void);
void fake_plan_run(void);

bool fake_is_controller(int file);
/* The descriptor is closed. */
void fake_wire_forget(int file);
void fake_stop_forget(int file);
/* A stop: writes end; or with @gone everything does. */
void fake_wire_abort(bool gone);
const void *fake_map(int fd, size_t bytes);
void fake_unmap(const void *map, size_t bytes);
void fake_plan_install(void);

#endif /* FAKE_DEVICE_H */
