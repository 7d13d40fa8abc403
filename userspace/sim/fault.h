/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the faults of one unit: which are on, how often still, what they do to a reply.
 * Contexts: the simulator's one thread.
 * Locks:    none.
 */
#ifndef OHT_SIM_FAULT_H
#define OHT_SIM_FAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/registers.h"

#include "pacer.h"
#include "prng.h"

enum oht_sim_fault_kind {
	OHT_SIM_FAULT_SILENCE,		/* the request is not seen: nothing is done, no reply */
	OHT_SIM_FAULT_EXCEPTION,	/* code=N: refused with this exception, nothing is done */
	OHT_SIM_FAULT_IGNORE,		/* register=R: answered as done, and not done */
	OHT_SIM_FAULT_DELAY,		/* ms=N: the reply starts so much later */
	OHT_SIM_FAULT_WRONG_UNIT,	/* another unit's address in the reply, checksum right */
	OHT_SIM_FAULT_CRC,		/* wrong checksum */
	OHT_SIM_FAULT_TRUNCATE,		/* bytes=N: the last N are missing, one always stays */
	OHT_SIM_FAULT_NOISE,		/* bytes=N: random bytes directly in front */
	OHT_SIM_FAULT_LEAD,		/* bytes=N: zeros directly in front */
	OHT_SIM_FAULT_TRAIL,		/* bytes=N: zeros directly behind */
	OHT_SIM_FAULT_DUPLICATE,	/* the reply comes twice, t3.5 apart */
	OHT_SIM_FAULT_PAUSES,		/* ms=N: silence between the bytes of the reply */
	OHT_SIM_FAULT_QUIET,		/* us=N: a request behind less silence of the line is not seen */
	OHT_SIM_FAULT_REST,		/* ms=N: nor is one that begins so soon behind its own reply */
	OHT_SIM_FAULT_WELDED,		/* of the drive: its power stays when the outputs are low */
	OHT_SIM_FAULTS,
};

#define OHT_SIM_FAULT_REGISTERS	4u

/**
 * struct oht_sim_fault - one kind of fault at one unit
 * @on: it happens
 * @left: how often still; 0: until it is cleared
 * @argument: as the kind needs it
 * @registers: it happens to requests that touch one of @reg; 0: to all
 */
struct oht_sim_fault {
	bool on;
	unsigned int left;
	unsigned int argument;
	unsigned int registers;
	const struct oht_register *reg[OHT_SIM_FAULT_REGISTERS];
};

/* Registers as they were said, which only a unit knows. */
struct oht_sim_fault_words {
	const char *word[OHT_SIM_FAULT_REGISTERS];
	unsigned int count;
};

struct oht_sim_faults {
	struct oht_sim_fault fault[OHT_SIM_FAULTS];
};

/* A reply on its way to the wire. */
struct oht_sim_reply {
	uint8_t bytes[OHT_SIM_PACER_BYTES];
	size_t len;
	uint64_t delay_ns;	/* beyond the turnaround */
	uint64_t pause_ns;	/* between its bytes */
	bool again;
};

/* Name ("wrong-unit") and argument ("code", NULL if none) of a kind. */
const char *oht_sim_fault_name(enum oht_sim_fault_kind kind);
const char *oht_sim_fault_argument(enum oht_sim_fault_kind kind);
/* Is it about the power of a drive, which no other unit has? */
bool oht_sim_fault_is_of_drive(enum oht_sim_fault_kind kind);

/**
 * oht_sim_fault_parse() - "crc count=3" -> a fault
 * @words: kind, then key=value; NULL-terminated
 * @kind: takes the kind
 * @fault: takes the rest, but its registers
 * @registers: takes these, as they were said
 * @error: on failure takes one line
 * @error_bytes: size of @error
 *
 * count=N is 0..1000000, 0 and the default meaning until cleared; ms=N 0..60000 (default 100) of
 * delay, 1..100 (default 5) of pauses and 1..1000 (default 15) of rest, us=N 1..1000000 (default 3000) of quiet, code=N 1..255 (default 4), bytes=N 1..255 to truncate
 * (default 2), 1..64 of noise (default 4), 1..8 of lead (default 1) and trail (default 3). register=R is
 * for exception, and what ignore needs; up to OHT_SIM_FAULT_REGISTERS times. welded takes none of these.
 *
 * Return: 0 or -EINVAL.
 */
int oht_sim_fault_parse(char *const *words, enum oht_sim_fault_kind *kind,
			struct oht_sim_fault *fault, struct oht_sim_fault_words *registers,
			char *error, size_t error_bytes);

/* Is this fault on? Counts it as having happened. */
bool oht_sim_faults_take(struct oht_sim_faults *faults, enum oht_sim_fault_kind kind);

/* The same for what a request may touch. @adu: with a good checksum. */
bool oht_sim_faults_touch(struct oht_sim_faults *faults, enum oht_sim_fault_kind kind,
			  const uint8_t *adu, size_t len);

/* Spoils @reply (a sealed frame) by every fault that is on and works on replies. */
void oht_sim_faults_spoil(struct oht_sim_faults *faults, struct oht_sim_reply *reply,
			  struct oht_sim_prng *prng);

#endif
