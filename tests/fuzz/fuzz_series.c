// SPDX-License-Identifier: GPL-2.0-or-later
/* Series and columns of the memory of values: integers that are coded, and bytes that may be none. */
#include "fuzz.h"

#include "history/coded.h"
#include "history/levels.h"

#define MOST	(2 * OHTD_CODEC_BLOCK + 40)

static int64_t values[MOST], back[MOST];

static int take(struct ohtd_span *span, int64_t *to, size_t count)
{
	int r = ohtd_codec_take(span, to, count);

#ifdef FUZZ_SEED_DEFECT
	/* Loses the last bit of what is no constant. */
	if (!r && count > 1 && to[0] != to[count - 1])
		to[count - 1] &= ~1ll;
#endif
	return r;
}

static void check_survives(size_t count)
{
	struct ohtd_bytes coded = { 0 };
	struct ohtd_span span;

	ohtd_codec_put(&coded, values, count);
	span = (struct ohtd_span){ coded.data, coded.used };
	HOLDS("a series is read back", !take(&span, back, count));
	HOLDS("to its end", !span.left);
	HOLDS("as it was", !memcmp(values, back, count * sizeof(*values)));
	HOLDS("no longer than its integers", coded.used <= 8 * count + 4 * (count / OHTD_CODEC_BLOCK + 1));
	ohtd_bytes_free(&coded);
}

/* Integers of as many bytes as the input says. */
static void code_integers(struct fuzz_input *in)
{
	size_t count = 1 + fuzz_take16(in) % MOST;
	unsigned int bytes = 1 + fuzz_take8(in) % 8;

	for (size_t i = 0; i < count; i++) {
		uint64_t value = 0;

		for (unsigned int k = 0; k < bytes; k++)
			value = value << 8 | fuzz_take8(in);
		values[i] = (int64_t)(value << (8 * (8 - bytes))) >> (8 * (8 - bytes));
	}
	check_survives(count);
}

/* What is taken for a series is one: coded anew it says the same. */
static void read_bytes(struct fuzz_input *in)
{
	size_t count = 1 + fuzz_take16(in) % MOST;
	unsigned char *copy = (unsigned char *)fuzz_copy(in->at, in->left);
	struct ohtd_span span = { copy, in->left }, skipped = span;

	if (!ohtd_codec_take(&span, values, count)) {
		HOLDS("what can be read can be skipped", !ohtd_codec_take(&skipped, NULL, count));
		HOLDS("by as much", skipped.left == span.left);
		check_survives(count);
	}
	free(copy);
}

static void read_columns(struct fuzz_input *in)
{
	static struct ohtd_column columns[200];
	size_t count = 1 + fuzz_take8(in) % 200;
	unsigned char *copy = (unsigned char *)fuzz_copy(in->at, in->left);
	struct ohtd_span span = { copy, in->left };

	if (!ohtd_columns_take(&span, columns, count))
		for (size_t i = 0; i < count; i++)
			HOLDS("no column has less than no sample", columns[i].count >= 0);
	free(copy);
}

static void read_parts(struct fuzz_input *in)
{
	unsigned char *copy = (unsigned char *)fuzz_copy(in->at, in->left);
	struct ohtd_span rest = { copy, in->left }, part = { 0 };
	size_t bytes = 0;
	int64_t signal;

	while (ohtd_coded_next_part(&rest, &signal, &part) > 0) {
		HOLDS("a part lies in the blob", part.at >= copy && part.at + part.left <= copy + in->left);
		bytes += part.left;
	}
	HOLDS("parts do not overlap", bytes <= in->left);
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };

	switch (fuzz_take8(&in) % 4) {
	case 0:
		code_integers(&in);
		break;
	case 1:
		read_bytes(&in);
		break;
	case 2:
		read_columns(&in);
		break;
	default:
		read_parts(&in);
		break;
	}
	return 0;
}
