// SPDX-License-Identifier: GPL-2.0-or-later
#include "history/codec.h"

#include <endian.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#define GROUP		512	/* integers with one Rice parameter */
#define GROUP_BITS	6	/* of the parameter */
#define UNARY_MAX	24	/* quotients from there on are escapes: the number follows */

/* Small numbers of either sign become small numbers without. */
static uint64_t fold(uint64_t value)
{
	return (value << 1) ^ (0 - (value >> 63));
}

static uint64_t unfold(uint64_t folded)
{
	return (folded >> 1) ^ (0 - (folded & 1));
}

/* ---- predictors ---- */

/**
 * struct guess - what a predictor knows
 * @last: the value before
 * @step: DELTA2: the last difference
 * @sum: MEAN: the mean, times 2^shift
 * @shift: of MEAN
 */
struct guess {
	enum ohtd_predictor by;
	uint64_t last, step, sum;
	unsigned int shift;
};

static void begin_guess(struct guess *guess, enum ohtd_predictor by, uint64_t first)
{
	*guess = (struct guess){ .by = by, .last = first };
	guess->shift = by == OHTD_PREDICT_MEAN6 ? 6 : 4;
	guess->sum = first << guess->shift;
}

static uint64_t next_guess(const struct guess *guess)
{
	/* Also of negative numbers: an arithmetic shift. */
	if (guess->by >= OHTD_PREDICT_MEAN4)
		return (uint64_t)((int64_t)guess->sum >> guess->shift);
	return guess->last + guess->step;
}

static void learn(struct guess *guess, uint64_t value)
{
	if (guess->by == OHTD_PREDICT_DELTA2)
		guess->step = value - guess->last;
	else if (guess->by >= OHTD_PREDICT_MEAN4)
		guess->sum += value - next_guess(guess);
	guess->last = value;
}

/* What the predictor did not know of all but the first value. */
static void residuals(enum ohtd_predictor by, const int64_t *values, size_t count, uint64_t *rest)
{
	struct guess guess;

	begin_guess(&guess, by, (uint64_t)values[0]);
	for (size_t i = 1; i < count; i++) {
		rest[i - 1] = fold((uint64_t)values[i] - next_guess(&guess));
		learn(&guess, (uint64_t)values[i]);
	}
}

/* ---- Rice ---- */

static uint64_t rice_bits(const uint64_t *rest, size_t count, unsigned int k)
{
	uint64_t bits = 0;

	for (size_t i = 0; i < count; i++) {
		uint64_t high = rest[i] >> k;

		bits += high < UNARY_MAX ? high + 1 + k : UNARY_MAX + 64;
	}
	return bits;
}

static unsigned int bits_of(uint64_t number)
{
	return number ? 64 - (unsigned int)__builtin_clzll(number) : 0;
}

/* The parameter with the fewest bits: near the logarithm of the mean. */
static unsigned int choose_k(const uint64_t *rest, size_t count, uint64_t *bits)
{
	unsigned int best, k;
	double sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += (double)rest[i];
	sum /= (double)count;
	k = sum >= 1 ? bits_of(sum < 1.8e19 ? (uint64_t)sum : UINT64_MAX) : 0;
	k = k > 63 ? 63 : k;
	best = k;
	*bits = rice_bits(rest, count, k);
	while (k > 0) {
		uint64_t fewer = rice_bits(rest, count, --k);

		if (fewer >= *bits)
			break;
		*bits = fewer;
		best = k;
	}
	return best;
}

static uint64_t count_bits(const uint64_t *rest, size_t count)
{
	uint64_t sum = 0, bits;

	for (size_t at = 0; at < count; at += GROUP) {
		choose_k(rest + at, count - at < GROUP ? count - at : GROUP, &bits);
		sum += bits + GROUP_BITS;
	}
	return sum;
}

struct bit_writer {
	unsigned char *at;
	uint64_t word;
	unsigned int bits;
};

/* At most 32 at a time; the highest of them first. */
static void put_bits(struct bit_writer *to, uint64_t value, unsigned int bits)
{
	to->word = to->word << bits | value;
	to->bits += bits;
	while (to->bits >= 8) {
		to->bits -= 8;
		*to->at++ = (unsigned char)(to->word >> to->bits);
	}
}

static void put_long(struct bit_writer *to, uint64_t value, unsigned int bits)
{
	if (bits > 32) {
		put_bits(to, value >> 32 & ((1ull << (bits - 32)) - 1), bits - 32);
		bits = 32;
	}
	if (bits)
		put_bits(to, value & ((1ull << bits) - 1), bits);
}

static void put_rice(struct bit_writer *to, uint64_t value, unsigned int k)
{
	uint64_t high = value >> k;

	if (high >= UNARY_MAX) {
		put_bits(to, (1u << UNARY_MAX) - 1, UNARY_MAX);
		put_long(to, value, 64);
		return;
	}
	put_bits(to, ((1u << high) - 1) << 1, (unsigned int)high + 1);
	put_long(to, value, k);
}

struct bit_reader {
	const unsigned char *at, *end;
	uint64_t word;
	unsigned int bits;	/* of @word that are there */
};

/*
 * At least 56 bits, unless the end is near. Eight bytes at once: the bits beyond those that are
 * counted stand in the word already, and the next refill puts the same ones there.
 */
static inline void refill(struct bit_reader *from)
{
	uint64_t next;

	if (from->bits > 56)
		return;
	if (from->end - from->at >= (ptrdiff_t)sizeof(next)) {
		memcpy(&next, from->at, sizeof(next));
		from->word |= be64toh(next) >> from->bits;
		from->at += 7 - from->bits / 8;
		from->bits = 56 + from->bits % 8;
		return;
	}
	while (from->bits <= 56 && from->at < from->end) {
		from->word |= (uint64_t)*from->at++ << (56 - from->bits);
		from->bits += 8;
	}
}

/* At most 32. */
static inline int take_bits(struct bit_reader *from, unsigned int bits, uint64_t *value)
{
	if (!bits) {
		*value = 0;
		return 0;
	}
	if (from->bits < bits)
		refill(from);
	if (from->bits < bits)
		return -EBADMSG;
	*value = from->word >> (64 - bits);
	from->word <<= bits;
	from->bits -= bits;
	return 0;
}

static inline int take_long(struct bit_reader *from, unsigned int bits, uint64_t *value)
{
	uint64_t high = 0, low;

	if (bits > 32 && take_bits(from, bits - 32, &high))
		return -EBADMSG;
	if (take_bits(from, bits > 32 ? 32 : bits, &low))
		return -EBADMSG;
	*value = bits > 32 ? high << 32 | low : low;
	return 0;
}

static inline int take_rice(struct bit_reader *from, unsigned int k, uint64_t *value)
{
	unsigned int ones;
	uint64_t low;

	refill(from);
	ones = ~from->word ? (unsigned int)__builtin_clzll(~from->word) : 64;
	if (ones > UNARY_MAX)
		ones = UNARY_MAX;
	/* The word is filled up with noughts behind the last bit. */
	if (ones + (ones < UNARY_MAX) > from->bits)
		return -EBADMSG;
	from->bits -= ones + (ones < UNARY_MAX);
	from->word <<= ones + (ones < UNARY_MAX);
	if (ones == UNARY_MAX)
		return take_long(from, 64, value);
	if (take_long(from, k, &low))
		return -EBADMSG;
	*value = (uint64_t)ones << k | low;
	return 0;
}

/*
 * Reads values until one has an escape or the end of the bytes is near, at most @count. Returns how many it has read.
 * The reader is copied, so that the compiler keeps it in registers.
 */
static size_t take_usual(struct bit_reader *from, unsigned int k, int64_t *values, size_t count)
{
	struct bit_reader here = *from;
	size_t i;

	for (i = 0; i < count; i++) {
		unsigned int ones;

		refill(&here);
		/* Of a word of ones alone, 63. */
		ones = (unsigned int)__builtin_clzll(~here.word | 1);
		if (ones >= UNARY_MAX || ones + 1 + k > here.bits)
			break;
		here.word <<= ones + 1;
		values[i] = (int64_t)((uint64_t)ones << k | here.word >> 1 >> (63 - k));
		here.word <<= k;
		here.bits -= ones + 1 + k;
	}
	*from = here;
	return i;
}

/* ---- runs ---- */

static size_t put_runs(unsigned char *to, size_t room, const int64_t *values, size_t count)
{
	uint64_t before = 0;
	size_t used = 0;

	for (size_t at = 0, end; at < count; at = end) {
		if (room - used < 20)
			return room;
		for (end = at + 1; end < count && values[end] == values[at];)
			end++;
		used += ohtd_number_bytes(fold((uint64_t)values[at] - before), to + used);
		used += ohtd_number_bytes(end - at, to + used);
		before = (uint64_t)values[at];
	}
	return used;
}

static int take_runs(struct ohtd_span *from, int64_t *values, size_t count)
{
	uint64_t value = 0, folded, times;

	for (size_t at = 0; at < count;) {
		if (ohtd_span_number(from, &folded) || ohtd_span_number(from, &times) || !times ||
		    times > count - at)
			return -EBADMSG;
		value += unfold(folded);
		for (; times; times--)
			values[at++] = (int64_t)value;
	}
	return from->left ? -EBADMSG : 0;
}

/* ---- sparse: nearly always the same step ---- */

/**
 * struct sparse - the steps of a block that are others
 * @step: the most frequent one, if one is more than half
 * @runs: how many are as guessed before each that is not, and behind the last
 * @values: how far those are from the guess, folded, less 1
 * @count: of @values; there is one run more
 * @k_run: Rice parameter of @runs, and @k_value of @values
 * @bits: how many all of it needs, without the first value and the step
 */
struct sparse {
	uint64_t step;
	uint64_t runs[OHTD_CODEC_BLOCK], values[OHTD_CODEC_BLOCK];
	size_t count;
	unsigned int k_run, k_value;
	uint64_t bits;
};

/* Boyer and Moore's vote. */
static uint64_t usual_step(const int64_t *values, size_t count)
{
	uint64_t usual = 0;
	size_t votes = 0;

	for (size_t i = 1; i < count; i++) {
		uint64_t step = (uint64_t)values[i] - (uint64_t)values[i - 1];

		if (!votes)
			usual = step;
		votes += step == usual ? 1 : (size_t)-1;
	}
	return usual;
}

static void find_sparse(struct sparse *sparse, const int64_t *values, size_t count)
{
	uint64_t run = 0, bits;

	sparse->step = usual_step(values, count);
	sparse->count = 0;
	for (size_t i = 1; i < count; i++) {
		uint64_t rest = (uint64_t)values[i] - (uint64_t)values[i - 1] - sparse->step;

		if (!rest) {
			run++;
			continue;
		}
		sparse->runs[sparse->count] = run;
		sparse->values[sparse->count++] = fold(rest) - 1;
		run = 0;
	}
	sparse->runs[sparse->count] = run;
	sparse->k_run = choose_k(sparse->runs, sparse->count + 1, &sparse->bits);
	sparse->k_value = sparse->count ? choose_k(sparse->values, sparse->count, &bits) : 0;
	sparse->bits += 2 * GROUP_BITS + (sparse->count ? bits : 0);
}

static size_t put_sparse(unsigned char *to, const struct sparse *sparse, int64_t first)
{
	size_t used = ohtd_number_bytes(fold((uint64_t)first), to);
	struct bit_writer bits;

	used += ohtd_number_bytes(fold(sparse->step), to + used);
	bits = (struct bit_writer){ .at = to + used };
	put_bits(&bits, sparse->k_run, GROUP_BITS);
	put_bits(&bits, sparse->k_value, GROUP_BITS);
	for (size_t i = 0; i <= sparse->count; i++) {
		put_rice(&bits, sparse->runs[i], sparse->k_run);
		if (i < sparse->count)
			put_rice(&bits, sparse->values[i], sparse->k_value);
	}
	if (bits.bits)
		put_bits(&bits, 0, 8 - bits.bits);
	return (size_t)(bits.at - to);
}

/* Nothing behind it but the rest of a byte. */
static int at_end(const struct bit_reader *bits)
{
	return bits->at == bits->end && bits->bits < 8 && !bits->word ? 0 : -EBADMSG;
}

static int take_sparse(struct ohtd_span *from, int64_t *values, size_t count)
{
	uint64_t first, step, k_run, k_value, run, rest;
	struct bit_reader bits;

	if (ohtd_span_number(from, &first) || ohtd_span_number(from, &step))
		return -EBADMSG;
	bits = (struct bit_reader){ .at = from->at, .end = from->at + from->left };
	if (take_bits(&bits, GROUP_BITS, &k_run) || take_bits(&bits, GROUP_BITS, &k_value))
		return -EBADMSG;
	values[0] = (int64_t)unfold(first);
	for (size_t at = 1;;) {
		if (take_rice(&bits, (unsigned int)k_run, &run) || run > count - at)
			return -EBADMSG;
		for (; run; run--, at++)
			values[at] = (int64_t)((uint64_t)values[at - 1] + unfold(step));
		if (at == count)
			return at_end(&bits);
		if (take_rice(&bits, (unsigned int)k_value, &rest))
			return -EBADMSG;
		values[at] = (int64_t)((uint64_t)values[at - 1] + unfold(step) + unfold(rest + 1));
		at++;
	}
}

/* ---- a block ---- */

static size_t put_residuals(unsigned char *to, enum ohtd_predictor by, const int64_t *values,
			    size_t count)
{
	size_t used = ohtd_number_bytes(fold((uint64_t)values[0]), to);
	struct bit_writer bits = { .at = to + used };
	uint64_t rest[OHTD_CODEC_BLOCK], ignored;

	residuals(by, values, count, rest);
	for (size_t at = 0; at < count - 1; at += GROUP) {
		size_t n = count - 1 - at < GROUP ? count - 1 - at : GROUP;
		unsigned int k = choose_k(rest + at, n, &ignored);

		put_bits(&bits, k, GROUP_BITS);
		for (size_t i = 0; i < n; i++)
			put_rice(&bits, rest[at + i], k);
	}
	if (bits.bits)
		put_bits(&bits, 0, 8 - bits.bits);
	return (size_t)(bits.at - to);
}

static size_t put_raw(unsigned char *to, const int64_t *values, size_t count)
{
	for (size_t i = 0; i < count; i++)
		for (unsigned int byte = 0; byte < 8; byte++)
			*to++ = (unsigned char)((uint64_t)values[i] >> (8 * byte));
	return 8 * count;
}

static bool is_constant(const int64_t *values, size_t count)
{
	for (size_t i = 1; i < count; i++)
		if (values[i] != values[0])
			return false;
	return true;
}

/* The one with the fewest bits; @runs: bytes that runs need. @sparse is filled. */
static enum ohtd_predictor choose(const int64_t *values, size_t count, size_t runs,
				  struct sparse *sparse)
{
	uint64_t fewest = 8 * (uint64_t)runs, rest[OHTD_CODEC_BLOCK];
	enum ohtd_predictor best = OHTD_PREDICT_RUNS;
	unsigned char first[10];
	unsigned int by;

	if (runs > 8 * count) {
		fewest = 64 * (uint64_t)count;
		best = OHTD_PREDICT_RAW;
	}
	for (by = OHTD_PREDICT_DELTA; by <= OHTD_PREDICT_MEAN6; by++) {
		uint64_t bits = 8 * ohtd_number_bytes(fold((uint64_t)values[0]), first);

		residuals(by, values, count, rest);
		bits += count_bits(rest, count - 1);
		if (bits < fewest) {
			fewest = bits;
			best = by;
		}
	}
	find_sparse(sparse, values, count);
	sparse->bits += 8 * (ohtd_number_bytes(fold((uint64_t)values[0]), first) +
			     ohtd_number_bytes(fold(sparse->step), first));
	return sparse->bits < fewest ? OHTD_PREDICT_SPARSE : best;
}

static void put_block(struct ohtd_bytes *to, const int64_t *values, size_t count)
{
	unsigned char block[OHTD_CODEC_BLOCK_BYTES];
	enum ohtd_predictor by = OHTD_PREDICT_CONSTANT;
	struct sparse sparse;
	size_t used;

	if (is_constant(values, count)) {
		used = ohtd_number_bytes(fold((uint64_t)values[0]), block + 1);
	} else {
		used = put_runs(block + 1, 8 * count, values, count);
		by = choose(values, count, used < 8 * count ? used : 8 * count + 1, &sparse);
		if (by == OHTD_PREDICT_SPARSE)
			used = put_sparse(block + 1, &sparse, values[0]);
		else if (by == OHTD_PREDICT_RAW)
			used = put_raw(block + 1, values, count);
		else if (by != OHTD_PREDICT_RUNS)
			used = put_residuals(block + 1, by, values, count);
	}
	block[0] = (unsigned char)by;
	ohtd_bytes_put_number(to, used + 1);
	ohtd_bytes_put(to, block, used + 1);
}

void ohtd_codec_put(struct ohtd_bytes *to, const int64_t *values, size_t count)
{
	for (size_t at = 0; at < count; at += OHTD_CODEC_BLOCK)
		put_block(to, values + at,
			  count - at < OHTD_CODEC_BLOCK ? count - at : OHTD_CODEC_BLOCK);
}

static int take_constant(struct ohtd_span *from, int64_t *values, size_t count)
{
	uint64_t folded;

	if (ohtd_span_number(from, &folded) || from->left)
		return -EBADMSG;
	for (size_t i = 0; i < count; i++)
		values[i] = (int64_t)unfold(folded);
	return 0;
}

static int take_raw(const struct ohtd_span *from, int64_t *values, size_t count)
{
	if (from->left != 8 * count)
		return -EBADMSG;
	for (size_t i = 0; i < count; i++) {
		uint64_t value = 0;

		for (unsigned int byte = 0; byte < 8; byte++)
			value |= (uint64_t)from->at[8 * i + byte] << (8 * byte);
		values[i] = (int64_t)value;
	}
	return 0;
}

/* @values[0] is the first value; the others are what the predictor did not know, folded. */
static void add_guesses(enum ohtd_predictor by, int64_t *values, size_t count)
{
	const unsigned int shift = by == OHTD_PREDICT_MEAN6 ? 6 : 4;
	uint64_t last = (uint64_t)values[0], step = 0, sum = last << shift;

	switch (by) {
	case OHTD_PREDICT_DELTA:
		for (size_t i = 1; i < count; i++)
			values[i] = (int64_t)(last += unfold((uint64_t)values[i]));
		return;
	case OHTD_PREDICT_DELTA2:
		for (size_t i = 1; i < count; i++) {
			step += unfold((uint64_t)values[i]);
			values[i] = (int64_t)(last += step);
		}
		return;
	default:
		for (size_t i = 1; i < count; i++) {
			uint64_t rest = unfold((uint64_t)values[i]);

			values[i] = (int64_t)((uint64_t)((int64_t)sum >> shift) + rest);
			sum += rest;
		}
	}
}

static int take_residuals(struct ohtd_span *from, enum ohtd_predictor by, int64_t *values,
			  size_t count)
{
	struct bit_reader bits;
	uint64_t folded, k;

	if (ohtd_span_number(from, &folded))
		return -EBADMSG;
	bits = (struct bit_reader){ .at = from->at, .end = from->at + from->left };
	values[0] = (int64_t)unfold(folded);
	for (size_t at = 1; at < count; at += GROUP) {
		size_t end = count - at < GROUP ? count : at + GROUP;

		if (take_bits(&bits, GROUP_BITS, &k))
			return -EBADMSG;
		for (size_t i = at; i < end; i++) {
			i += take_usual(&bits, (unsigned int)k, values + i, end - i);
			if (i == end)
				break;
			if (take_rice(&bits, (unsigned int)k, &folded))
				return -EBADMSG;
			values[i] = (int64_t)folded;
		}
	}
	add_guesses(by, values, count);
	return at_end(&bits);
}

static int take_block(struct ohtd_span block, int64_t *values, size_t count)
{
	unsigned char by;

	if (!block.left)
		return -EBADMSG;
	by = *block.at++;
	block.left--;
	switch (by) {
	case OHTD_PREDICT_CONSTANT:
		return take_constant(&block, values, count);
	case OHTD_PREDICT_RUNS:
		return take_runs(&block, values, count);
	case OHTD_PREDICT_RAW:
		return take_raw(&block, values, count);
	case OHTD_PREDICT_SPARSE:
		return take_sparse(&block, values, count);
	default:
		return by < OHTD_PREDICT_RAW ? take_residuals(&block, by, values, count) : -EBADMSG;
	}
}

int ohtd_codec_take(struct ohtd_span *from, int64_t *values, size_t count)
{
	for (size_t at = 0, n; at < count; at += n) {
		struct ohtd_span block;
		uint64_t bytes;

		n = count - at < OHTD_CODEC_BLOCK ? count - at : OHTD_CODEC_BLOCK;
		if (ohtd_span_number(from, &bytes) || bytes > from->left ||
		    ohtd_span_take(from, (size_t)bytes, &block) ||
		    (values && take_block(block, values + at, n)))
			return -EBADMSG;
	}
	return 0;
}

int ohtd_codec_predictor(struct ohtd_span from)
{
	uint64_t bytes;

	if (ohtd_span_number(&from, &bytes) || !from.left || *from.at >= OHTD_PREDICTORS)
		return -EBADMSG;
	return *from.at;
}
