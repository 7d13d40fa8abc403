// SPDX-License-Identifier: GPL-2.0-or-later
/* Series of integers: each comes back as it was, in few bytes, and bytes that are no series are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "chance.h"
#include "history/codec.h"

#define MOST	(3 * OHTD_CODEC_BLOCK + 7)

static int64_t values[MOST], back[MOST];

/* ---- kinds of series ---- */

static void fill_constant(uint64_t *seed)
{
	const int64_t value = (int64_t)chance_next(seed);

	for (int i = 0; i < MOST; i++)
		values[i] = value;
}

static void fill_words(uint64_t *seed)
{
	int64_t value = 0;

	for (int i = 0; i < MOST; i++) {
		if (!chance(seed, 200))
			value = (int64_t)chance(seed, 12);
		values[i] = value;
	}
}

static void fill_slow(uint64_t *seed)
{
	int64_t value = 2500;

	for (int i = 0; i < MOST; i++)
		values[i] = value += chance(seed, 30) ? 0 : (int64_t)chance(seed, 3) - 1;
}

static void fill_counter(uint64_t *seed)
{
	int64_t value = (int64_t)chance(seed, 1000000);

	for (int i = 0; i < MOST; i++)
		values[i] = value += 20 + (int64_t)chance(seed, 2);
}

static void fill_noise(uint64_t *seed)
{
	for (int i = 0; i < MOST; i++)
		values[i] = 480 + llrint(2 * chance_noise(seed));
}

static void fill_any(uint64_t *seed)
{
	for (int i = 0; i < MOST; i++)
		values[i] = (int64_t)(chance_next(seed) >> chance(seed, 64));
}

static void fill_extremes(uint64_t *seed)
{
	static const int64_t extremes[] = { INT64_MIN, INT64_MAX, 0, -1, 1, INT64_MIN + 1 };

	for (int i = 0; i < MOST; i++)
		values[i] = extremes[chance(seed, 6)];
}

static void (*const kinds[])(uint64_t *seed) = {
	fill_constant, fill_words, fill_slow, fill_counter, fill_noise, fill_any, fill_extremes,
};

#define KINDS	(sizeof(kinds) / sizeof(kinds[0]))

/* ---- there and back ---- */

static size_t assert_survives(size_t count)
{
	struct ohtd_bytes coded = { 0 };
	struct ohtd_span span;
	size_t bytes;

	ohtd_codec_put(&coded, values, count);
	assert_false(coded.failed);
	/* A block is never much longer than its integers. */
	assert_true(coded.used <= 8 * count + 4 * (count / OHTD_CODEC_BLOCK + 1));
	span = (struct ohtd_span){ coded.data, coded.used };
	memset(back, 0x55, sizeof(back));
	assert_int_equal(ohtd_codec_take(&span, back, count), 0);
	assert_int_equal(span.left, 0);
	assert_memory_equal(values, back, count * sizeof(*values));
	/* Moving on finds the same end. */
	span = (struct ohtd_span){ coded.data, coded.used };
	assert_int_equal(ohtd_codec_take(&span, NULL, count), 0);
	assert_int_equal(span.left, 0);
	bytes = coded.used;
	ohtd_bytes_free(&coded);
	return bytes;
}

static void every_series_survives(void **state)
{
	(void)state;
	for (unsigned int round = 0; round < 100; round++) {
		uint64_t seed = round;

		for (size_t kind = 0; kind < KINDS; kind++) {
			kinds[kind](&seed);
			assert_survives(round < 4 ? round : 1 + chance(&seed, MOST));
		}
	}
}

/* ---- which predictor, and how dear ---- */

static int predictor_of(size_t count)
{
	struct ohtd_bytes coded = { 0 };
	int by;

	ohtd_codec_put(&coded, values, count);
	by = ohtd_codec_predictor((struct ohtd_span){ coded.data, coded.used });
	ohtd_bytes_free(&coded);
	return by;
}

static void each_kind_finds_its_predictor(void **state)
{
	uint64_t seed = 7;

	(void)state;
	fill_constant(&seed);
	assert_int_equal(predictor_of(MOST), OHTD_PREDICT_CONSTANT);
	fill_words(&seed);
	assert_true(predictor_of(MOST) == OHTD_PREDICT_RUNS || predictor_of(MOST) == OHTD_PREDICT_SPARSE);
	values[0] = 9;
	for (int i = 1; i < MOST; i++)
		values[i] = values[i - 1] + (i % 150 ? 3 : 4);
	assert_int_equal(predictor_of(MOST), OHTD_PREDICT_SPARSE);
	for (int i = 1; i < MOST; i++)
		values[i] = values[i - 1] + (int64_t)chance(&seed, 21) - 10;
	assert_int_equal(predictor_of(MOST), OHTD_PREDICT_DELTA);
	for (int64_t i = 0; i < MOST; i++)
		values[i] = i * i;
	assert_int_equal(predictor_of(MOST), OHTD_PREDICT_DELTA2);
	fill_noise(&seed);
	assert_true(predictor_of(MOST) == OHTD_PREDICT_MEAN4 || predictor_of(MOST) == OHTD_PREDICT_MEAN6);
	for (int i = 0; i < MOST; i++)
		values[i] = (int64_t)chance_next(&seed);
	assert_int_equal(predictor_of(MOST), OHTD_PREDICT_RAW);
}

/* White noise of 2 LSB has 3.05 bits; a delta would need half a bit more. */
static void noise_costs_little_more_than_its_entropy(void **state)
{
	uint64_t seed = 11;
	double bits;

	(void)state;
	fill_noise(&seed);
	bits = 8.0 * (double)assert_survives(MOST) / MOST;
	assert_true(bits > 3.0 && bits < 3.05 * 1.10);
	fill_constant(&seed);
	assert_true(assert_survives(MOST) <= 4 * 12);
	/* A counter that steps by two now and then: its entropy is 0.12 bits a sample. */
	values[0] = 0;
	for (int i = 1; i < MOST; i++)
		values[i] = values[i - 1] + 1 + !chance(&seed, 60);
	bits = 8.0 * (double)assert_survives(MOST) / MOST;
	if (bits >= 0.25)
		fail_msg("%.3f bits", bits);
}

/* ---- bytes that are no series ---- */

static void what_is_cut_is_refused(void **state)
{
	(void)state;
	for (unsigned int round = 0; round < 20; round++) {
		uint64_t seed = round;
		struct ohtd_bytes coded = { 0 };

		kinds[round % KINDS](&seed);
		ohtd_codec_put(&coded, values, 300);
		for (size_t cut = 0; cut < coded.used; cut++) {
			/* Of its own size, so that a sanitizer sees a read behind it. */
			unsigned char *part = malloc(cut ? cut : 1);
			struct ohtd_span span = { part, cut };

			memcpy(part, coded.data, cut);
			assert_int_equal(ohtd_codec_take(&span, back, 300), -EBADMSG);
			free(part);
		}
		ohtd_bytes_free(&coded);
	}
}

/* It may be refused or be another series, but it is read to its end and no further. */
static void what_is_altered_does_no_harm(void **state)
{
	unsigned int refused = 0;

	(void)state;
	for (unsigned int round = 0; round < 300; round++) {
		uint64_t seed = round;
		struct ohtd_bytes coded = { 0 };
		unsigned char *copy;

		kinds[round % KINDS](&seed);
		ohtd_codec_put(&coded, values, 700);
		copy = malloc(coded.used);
		memcpy(copy, coded.data, coded.used);
		for (int i = 0; i < 20; i++) {
			struct ohtd_span span = { copy, coded.used };

			copy[chance(&seed, coded.used)] = (unsigned char)chance_next(&seed);
			refused += ohtd_codec_take(&span, back, 700) == -EBADMSG;
		}
		free(copy);
		ohtd_bytes_free(&coded);
	}
	assert_true(refused > 0);
}

static void another_count_is_refused(void **state)
{
	uint64_t seed = 3;

	(void)state;
	for (size_t kind = 0; kind < KINDS; kind++) {
		struct ohtd_bytes coded = { 0 };
		struct ohtd_span span;

		kinds[kind](&seed);
		if (kinds[kind] == fill_constant)
			continue;
		ohtd_codec_put(&coded, values, 500);
		span = (struct ohtd_span){ coded.data, coded.used };
		assert_int_equal(ohtd_codec_take(&span, back, 300), -EBADMSG);
		span = (struct ohtd_span){ coded.data, coded.used };
		assert_int_equal(ohtd_codec_take(&span, back, 800), -EBADMSG);
		ohtd_bytes_free(&coded);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_series_survives),
		cmocka_unit_test(each_kind_finds_its_predictor),
		cmocka_unit_test(noise_costs_little_more_than_its_entropy),
		cmocka_unit_test(what_is_cut_is_refused),
		cmocka_unit_test(what_is_altered_does_no_harm),
		cmocka_unit_test(another_count_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
