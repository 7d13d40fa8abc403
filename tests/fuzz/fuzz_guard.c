// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Guards of the state machine. Input: one byte for each of the first facts, then the text of a
 * guard.
 */
#include "fuzz.h"

#include <stdbool.h>

#include "robot/states.h"

#define FACT_BYTES	8

static int compile(const char *text, struct ohtd_guard *guard, char *error)
{
#ifdef FUZZ_SEED_DEFECT
	/* Takes "!" for something that ends at the next "&&", as C does not. */
	const char *both = strstr(text, "&&");

	if (*text == '!' && both) {
		char *wrong = malloc(strlen(text) + 8);
		int err;

		sprintf(wrong, "!(%s)", text + 1);
		err = ohtd_guard_compile(wrong, guard, error);
		free(wrong);
		return err;
	}
#endif
	return ohtd_guard_compile(text, guard, error);
}

/* The value of a guard that is written around another one; false if that is too long or too deep.
 */
static bool value_of(const char *before, const char *text, const char *behind, const int64_t *facts,
		     bool *value)
{
	char *whole = malloc(strlen(before) + strlen(text) + strlen(behind) + 1),
	     error[OHT_ERROR_BYTES];
	struct ohtd_guard guard;
	bool good;

	sprintf(whole, "%s%s%s", before, text, behind);
	good = !compile(whole, &guard, error);
	*value = good && ohtd_guard_true(&guard, facts);
	free(whole);
	return good;
}

static void check_guard(const struct ohtd_guard *guard, const char *text, const int64_t *facts)
{
	bool value = ohtd_guard_true(guard, facts), other;

	HOLDS("a guard has steps and literals that fit", guard->steps >= 1 &&
								 guard->steps <= OHTD_GUARD_STEPS &&
								 guard->literals <= guard->steps);
	for (unsigned int i = 0; i < guard->literals; i++)
		HOLDS("a literal is a fact",
		      guard->literal[i].fact < OHTD_FACTS &&
			      (guard->unavailable ||
			       guard->literal[i].fact < OHTD_FACTS_AVAILABLE));
	HOLDS("what is not available is never true", !guard->unavailable || !value);
	if (value_of("(", text, ")", facts, &other))
		HOLDS("brackets change nothing", other == value);
	if (value_of("!(", text, ")", facts, &other))
		HOLDS("a denied guard is the opposite",
		      guard->unavailable ? !other : other != value);
	if (value_of("  ", text, " ", facts, &other))
		HOLDS("spaces change nothing", other == value);
	if (value_of("!always || ", text, "", facts, &other))
		HOLDS("nothing or it is it", other == value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	int64_t facts[OHTD_FACTS_AVAILABLE] = { 0 };
	char error[OHT_ERROR_BYTES] = "", *text;
	struct ohtd_guard guard;

	for (unsigned int i = 0; i < FACT_BYTES * 8 && i < OHTD_FACTS_AVAILABLE; i += 8) {
		uint8_t bits = fuzz_take8(&in);

		for (unsigned int k = i; k < i + 8 && k < OHTD_FACTS_AVAILABLE; k++)
			facts[k] = bits >> (k - i) & 1;
	}
	facts[OHTD_FACT_ALWAYS] = 1;
	facts[OHTD_FACT_IN_STATE_MS] = fuzz_take16(&in);
	text = fuzz_text(in.at, in.left);
	if (compile(text, &guard, error))
		HOLDS("a refusal says why", *error && strlen(error) < OHT_ERROR_BYTES);
	else
		check_guard(&guard, text, facts);
	free(text);
	return 0;
}
