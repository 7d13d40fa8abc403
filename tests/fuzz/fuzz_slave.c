// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The simulator's slaves, held against the kernel module's judgement of their answers. Input:
 * module and profile, then requests: flags, length, bytes; with the flag SEALED a request gets its
 * checksum, with OURS the unit's address.
 */
#include "fuzz.h"

#include <stdbool.h>

#include "common/modmap.h"
#include "kernel_judge.h"
#include "slave.h"

#define REQUESTS_MAX	16
#define WORDS_WRITE_MAX	123
#define WRITE_SINGLE	6
#define WRITE_MULTIPLE	16

enum flags { SEALED = 1, OURS = 2 };

static struct oht_modmap *modmap;

static size_t answer(struct oht_sim_bank *bank, uint8_t unit, const uint8_t *request, size_t len,
		     uint8_t *reply)
{
#ifdef FUZZ_SEED_DEFECT
	/* Answers a broadcast. */
	if (len > 4 && !request[0] && request[1] == 3 && oht_sim_adu_sealed(request, len))
		return oht_sim_slave_refuse(unit, request[1], OHT_SIM_ILLEGAL_VALUE, reply);
#endif
	return oht_sim_slave_answer(bank, unit, request, len, reply);
}

static uint16_t get16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static void check_reply(const uint8_t *request, size_t len, const uint8_t *reply, size_t bytes)
{
	uint8_t *copy = (uint8_t *)fuzz_copy(reply, bytes);
	enum kernel_judgement judgement;

	HOLDS("a broadcast is not answered", request[0]);
	HOLDS("an answer is a frame",
	      bytes <= OHT_SIM_ADU_MAX_BYTES && kernel_takes_crc(copy, bytes));
	HOLDS("of the unit and function asked",
	      copy[0] == request[0] && (copy[1] | 0x80) == (request[1] | 0x80));
	judgement = kernel_judge(request, len, copy, bytes);
	HOLDS("the module takes it", judgement != KERNEL_REFUSES);
	HOLDS("an exception has a code",
	      judgement != KERNEL_SEES_EXCEPTION || (copy[2] >= 1 && copy[2] <= 3));
	free(copy);
}

/* What FC 06 and 16 have written is what is read. */
static void check_written(const struct oht_sim_bank *bank, const uint8_t *request)
{
	uint16_t address = get16(request + 2), words[WORDS_WRITE_MAX];
	unsigned int count = request[1] == WRITE_MULTIPLE ? get16(request + 4) : 1;
	const uint8_t *values = request + (request[1] == WRITE_MULTIPLE ? 7 : 4);

	HOLDS("what was written can be read",
	      oht_sim_bank_read(bank, address, count, words) == OHT_SIM_OK);
	for (unsigned int i = 0; i < count; i++) {
		const struct oht_register *reg = oht_regmap_at(bank->map, (uint16_t)(address + i));

		HOLDS("only registers that may be written are",
		      reg && reg->access != OHT_ACCESS_RO);
		HOLDS("and have the value",
		      reg->access == OHT_ACCESS_WO || words[i] == get16(values + 2 * i));
	}
}

static void one_request(struct oht_sim_bank *bank, uint8_t unit, const uint8_t *request, size_t len)
{
	size_t cells = bank->map->count * sizeof(*bank->cell), bytes;
	struct oht_sim_cell *before = (struct oht_sim_cell *)fuzz_copy(bank->cell, cells);
	uint8_t reply[OHT_SIM_ADU_MAX_BYTES];
	bool meant;

	bytes = answer(bank, unit, request, len, reply);
	meant = len >= OHT_SIM_ADU_MIN_BYTES && kernel_takes_crc(request, len) &&
		(request[0] == unit || !request[0]);
	if (!meant)
		HOLDS("what is spoiled or not for this unit changes nothing and has no answer",
		      !bytes && !memcmp(before, bank->cell, cells));
	if (bytes) {
		check_reply(request, len, reply, bytes);
		if (reply[1] & 0x80)
			HOLDS("a request that is refused changes nothing",
			      !memcmp(before, bank->cell, cells));
		else if (request[1] == WRITE_SINGLE || request[1] == WRITE_MULTIPLE)
			check_written(bank, request);
	}
	free(before);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	char error[OHT_ERROR_BYTES];
	const struct oht_module *module;
	struct oht_sim_bank bank;
	uint8_t first = fuzz_take8(&in);

	if (!modmap && oht_modmap_load(OHT_SOURCE_DATADIR, &modmap, error)) {
		fprintf(stderr, "%s\n", error);
		abort();
	}
	module = oht_modmap_module(modmap, (first >> 1) % oht_modmap_count(modmap));
	if (oht_sim_bank_init(&bank, module,
			      first & 1 ? OHT_PROFILE_LEGACY : OHT_PROFILE_CANONICAL))
		abort();
	for (int i = 0; i < REQUESTS_MAX && in.left; i++) {
		uint8_t flags = fuzz_take8(&in), request[OHT_SIM_ADU_MAX_BYTES + 8], *copy;
		size_t len = fuzz_take8(&in);

		len = len > in.left ? in.left : len;
		memcpy(request, in.at, len);
		in.at += len;
		in.left -= len;
		if (flags & OURS && len)
			request[0] = module->unit;
		if (flags & SEALED)
			len = oht_sim_adu_seal(request, len);
		copy = (uint8_t *)fuzz_copy(request, len);
		one_request(&bank, module->unit, copy, len);
		free(copy);
	}
	oht_sim_bank_free(&bank);
	return 0;
}
