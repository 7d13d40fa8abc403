/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what the fuzz targets share: the entry point, properties, input taken apart.
 * Contexts: one fuzz program, one thread.
 * Locks:    none.
 *
 * A target is one file fuzz_NAME.c with LLVMFuzzerTestOneInput(). It checks properties with
 * HOLDS(); the sanitizers watch beside. With FUZZ_SEED_DEFECT the file puts a wrong variant of its
 * subject in the place of the right one: `scripts/fuzz --prove` builds that too and expects it to
 * be found.
 */
#ifndef OHT_FUZZ_H
#define OHT_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the program when @condition is false; libFuzzer then keeps the input. */
#define HOLDS(property, condition)						\
	do {									\
		if (!(condition)) {						\
			fprintf(stderr, "property broken: %s (%s:%d)\n", property,	\
				__FILE__, __LINE__);				\
			abort();						\
		}								\
	} while (0)

/* What is left of an input that is taken apart; at its end there are only zeros. */
struct fuzz_input {
	const uint8_t *at;
	size_t left;
};

static inline uint8_t fuzz_take8(struct fuzz_input *in)
{
	if (!in->left)
		return 0;
	in->left--;
	return *in->at++;
}

static inline uint16_t fuzz_take16(struct fuzz_input *in)
{
	uint8_t high = fuzz_take8(in);

	return (uint16_t)(high << 8 | fuzz_take8(in));
}

/* A copy with nothing behind it, so that AddressSanitizer sees each byte that is read too many. */
static inline char *fuzz_copy(const void *from, size_t bytes)
{
	char *copy = malloc(bytes ? bytes : 1);

	if (!copy)
		abort();
	memcpy(copy, from, bytes);
	return copy;
}

/* The same with a NUL. */
static inline char *fuzz_text(const void *from, size_t bytes)
{
	char *copy = malloc(bytes + 1);

	if (!copy)
		abort();
	memcpy(copy, from, bytes);
	copy[bytes] = 0;
	return copy;
}

#endif
