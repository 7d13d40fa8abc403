// SPDX-License-Identifier: GPL-2.0-or-later
/* Faults on demand: the vocabulary, and what each does to a reply. */
#include "fault.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "adu.h"
#include "common/number.h"

#define COUNT_MAX		1000000
#define NOISE_BYTES_MAX		64
#define CLICK_BYTES_MAX		8	/* in front, and as many behind */
#define NS_PER_MS		1000000ull

static const struct kind {
	const char *name;
	const char *argument;
	unsigned int initial, min, max;
	bool registers;		/* it may be about some only */
	bool needs_one;
	bool drive;		/* of the drive's power: until it is cleared */
} kinds[OHT_SIM_FAULTS] = {
	[OHT_SIM_FAULT_SILENCE]	   = { .name = "silence" },
	[OHT_SIM_FAULT_EXCEPTION]  = { "exception", "code", 4, 1, 255, .registers = true },
	[OHT_SIM_FAULT_IGNORE]	   = { .name = "ignore", .registers = true, .needs_one = true },
	[OHT_SIM_FAULT_DELAY]	   = { "delay", "ms", 100, 0, 60000 },
	[OHT_SIM_FAULT_WRONG_UNIT] = { .name = "wrong-unit" },
	[OHT_SIM_FAULT_CRC]	   = { .name = "crc" },
	[OHT_SIM_FAULT_TRUNCATE]   = { "truncate", "bytes", 2, 1, 255 },
	[OHT_SIM_FAULT_NOISE]	   = { "noise", "bytes", 4, 1, NOISE_BYTES_MAX },
	[OHT_SIM_FAULT_LEAD]	   = { "lead", "bytes", 1, 1, CLICK_BYTES_MAX },
	[OHT_SIM_FAULT_TRAIL]	   = { "trail", "bytes", 3, 1, CLICK_BYTES_MAX },
	[OHT_SIM_FAULT_DUPLICATE]  = { .name = "duplicate" },
	[OHT_SIM_FAULT_PAUSES]	   = { "pauses", "ms", 5, 1, 100 },
	[OHT_SIM_FAULT_QUIET]	   = { "quiet", "us", 3000, 1, 1000000 },
	[OHT_SIM_FAULT_REST]	   = { "rest", "ms", 15, 1, 1000 },
	[OHT_SIM_FAULT_WELDED]	   = { .name = "welded", .drive = true },
};

const char *oht_sim_fault_name(enum oht_sim_fault_kind kind)
{
	return kinds[kind].name;
}

const char *oht_sim_fault_argument(enum oht_sim_fault_kind kind)
{
	return kinds[kind].argument;
}

bool oht_sim_fault_is_of_drive(enum oht_sim_fault_kind kind)
{
	return kinds[kind].drive;
}

static int find_kind(const char *name, enum oht_sim_fault_kind *kind)
{
	int i;

	for (i = 0; i < OHT_SIM_FAULTS; i++) {
		if (!strcmp(kinds[i].name, name)) {
			*kind = i;
			return 0;
		}
	}
	return -EINVAL;
}

/* The part of "key=value" behind "key=", or NULL if it is another key. */
static const char *value_of(const char *word, const char *key)
{
	size_t len = key ? strlen(key) : 0;

	return len && !strncmp(word, key, len) && word[len] == '=' ? word + len + 1 : NULL;
}

static int parse_setting(const struct kind *k, const char *word, struct oht_sim_fault *fault,
			 struct oht_sim_fault_words *registers)
{
	const char *value = value_of(word, "register");
	int64_t number;

	if (value && *value && k->registers && registers->count < OHT_SIM_FAULT_REGISTERS) {
		registers->word[registers->count++] = value;
		return 0;
	}
	value = value_of(word, "count");
	if (value && !k->drive) {
		if (oht_number_parse(value, 0, COUNT_MAX, &number))
			return -EINVAL;
		fault->left = (unsigned int)number;
		return 0;
	}
	value = value_of(word, k->argument);
	if (!value || oht_number_parse(value, k->min, k->max, &number))
		return -EINVAL;
	fault->argument = (unsigned int)number;
	return 0;
}

int oht_sim_fault_parse(char *const *words, enum oht_sim_fault_kind *kind,
			struct oht_sim_fault *fault, struct oht_sim_fault_words *registers,
			char *error, size_t error_bytes)
{
	*registers = (struct oht_sim_fault_words){ 0 };
	if (!words[0] || find_kind(words[0], kind)) {
		snprintf(error, error_bytes, "no such fault: '%.40s'", words[0] ? words[0] : "");
		return -EINVAL;
	}
	*fault = (struct oht_sim_fault){ .on = true, .argument = kinds[*kind].initial };
	for (words++; *words; words++) {
		if (parse_setting(&kinds[*kind], *words, fault, registers)) {
			snprintf(error, error_bytes, "bad setting of %s: '%.40s'",
				 kinds[*kind].name, *words);
			return -EINVAL;
		}
	}
	if (kinds[*kind].needs_one && !registers->count) {
		snprintf(error, error_bytes, "%s needs register=ADDRESS", kinds[*kind].name);
		return -EINVAL;
	}
	return 0;
}

bool oht_sim_faults_take(struct oht_sim_faults *faults, enum oht_sim_fault_kind kind)
{
	struct oht_sim_fault *fault = &faults->fault[kind];

	if (!fault->on)
		return false;
	if (fault->left && !--fault->left)
		fault->on = false;
	return true;
}

/* The @index-th range of registers that a request touches; 0: there is none. A read may be the second. */
static unsigned int range(const uint8_t *adu, size_t len, unsigned int index, uint32_t *first)
{
	size_t at = index ? 6 : 2;

	if (len < at + 6)
		return 0;
	*first = (uint32_t)(adu[at] << 8 | adu[at + 1]);
	switch (adu[1]) {
	case 6:
	case 22:
		return index ? 0 : 1;
	case 3:
	case 4:
	case 16:
		return index ? 0 : (unsigned int)(adu[at + 2] << 8 | adu[at + 3]);
	case 23:
		return (unsigned int)(adu[at + 2] << 8 | adu[at + 3]);
	default:
		return 0;
	}
}

static bool touches(const struct oht_register *reg, const uint8_t *adu, size_t len)
{
	unsigned int index, count;
	uint32_t first;

	for (index = 0; index < 2; index++) {
		count = range(adu, len, index, &first);
		if (count && first < (uint32_t)reg->address + reg->words &&
		    reg->address < first + count)
			return true;
	}
	return false;
}

bool oht_sim_faults_touch(struct oht_sim_faults *faults, enum oht_sim_fault_kind kind,
			  const uint8_t *adu, size_t len)
{
	const struct oht_sim_fault *fault = &faults->fault[kind];
	bool hit = !fault->registers;
	unsigned int i;

	for (i = 0; i < fault->registers; i++)
		hit |= touches(fault->reg[i], adu, len);
	return hit && oht_sim_faults_take(faults, kind);
}

static void truncate_reply(struct oht_sim_reply *reply, size_t bytes)
{
	reply->len = bytes < reply->len ? reply->len - bytes : 1;
}

static_assert(OHT_SIM_PACER_BYTES ==
	      OHT_SIM_ADU_MAX_BYTES + NOISE_BYTES_MAX + 2 * CLICK_BYTES_MAX, "room");

static void prepend_zeros(struct oht_sim_reply *reply, size_t bytes)
{
	memmove(reply->bytes + bytes, reply->bytes, reply->len);
	memset(reply->bytes, 0, bytes);
	reply->len += bytes;
}

static void prepend_noise(struct oht_sim_reply *reply, size_t bytes, struct oht_sim_prng *prng)
{
	size_t i;

	prepend_zeros(reply, bytes);
	for (i = 0; i < bytes; i++)
		reply->bytes[i] = (uint8_t)oht_sim_prng_next(prng);
}

static void append_zeros(struct oht_sim_reply *reply, size_t bytes)
{
	memset(reply->bytes + reply->len, 0, bytes);
	reply->len += bytes;
}

void oht_sim_faults_spoil(struct oht_sim_faults *faults, struct oht_sim_reply *reply,
			  struct oht_sim_prng *prng)
{
	const struct oht_sim_fault *fault = faults->fault;

	if (oht_sim_faults_take(faults, OHT_SIM_FAULT_DELAY))
		reply->delay_ns = fault[OHT_SIM_FAULT_DELAY].argument * NS_PER_MS;
	if (oht_sim_faults_take(faults, OHT_SIM_FAULT_WRONG_UNIT)) {
		reply->bytes[0]++;
		oht_sim_adu_seal(reply->bytes, reply->len - 2);
	}
	if (oht_sim_faults_take(faults, OHT_SIM_FAULT_CRC))
		reply->bytes[reply->len - 1] ^= 0xff;
	if (oht_sim_faults_take(faults, OHT_SIM_FAULT_TRUNCATE))
		truncate_reply(reply, fault[OHT_SIM_FAULT_TRUNCATE].argument);
	if (oht_sim_faults_take(faults, OHT_SIM_FAULT_NOISE))
		prepend_noise(reply, fault[OHT_SIM_FAULT_NOISE].argument, prng);
	if (oht_sim_faults_take(faults, OHT_SIM_FAULT_LEAD))
		prepend_zeros(reply, fault[OHT_SIM_FAULT_LEAD].argument);
	if (oht_sim_faults_take(faults, OHT_SIM_FAULT_TRAIL))
		append_zeros(reply, fault[OHT_SIM_FAULT_TRAIL].argument);
	if (oht_sim_faults_take(faults, OHT_SIM_FAULT_PAUSES))
		reply->pause_ns = fault[OHT_SIM_FAULT_PAUSES].argument * NS_PER_MS;
	reply->again = oht_sim_faults_take(faults, OHT_SIM_FAULT_DUPLICATE);
}
