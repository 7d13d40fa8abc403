// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of what is heard, on the rtu back-end: each byte by itself, and in lumps as an adapter hands them on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "bus/rtu_receive.h"
#include "heard_cases.h"

static const uint8_t outcomes[] = {
	[OHT_OUTCOME_OK] = HEARD_OK, [OHT_OUTCOME_EXCEPTION] = HEARD_EXCEPTION, [OHT_OUTCOME_TIMEOUT] = HEARD_TIMEOUT,
	[OHT_OUTCOME_SHORT] = HEARD_SHORT, [OHT_OUTCOME_CRC] = HEARD_CRC, [OHT_OUTCOME_LENGTH] = HEARD_LENGTH,
	[OHT_OUTCOME_UNIT] = HEARD_OTHER_UNIT, [OHT_OUTCOME_FUNCTION] = HEARD_OTHER_FUNCTION,
	[OHT_OUTCOME_ECHO] = HEARD_OTHER_ECHO,
};

static const uint16_t seven[] = { 7 }, one_two[] = { 1, 2 };
static const struct oht_request requests[HEARD_REQUESTS] = {
	[HEARD_READ] = { .unit = 4, .function = OHT_READ_HOLDING, .address = 0x0100, .count = 2 },
	[HEARD_WRITE_ONE] = { .unit = 4, .function = OHT_WRITE_SINGLE, .address = 0x0008, .count = 1, .words = seven },
	[HEARD_WRITE_MORE] = { .unit = 4, .function = OHT_WRITE_MULTIPLE, .address = 0x0008, .count = 2, .words = one_two },
	[HEARD_WRITE_ALL] = { .unit = OHT_BROADCAST, .function = OHT_WRITE_SINGLE, .address = 0x0008, .count = 1, .words = seven },
};

static const enum rtu_echo echoes[] = {
	[HEARD_UNKNOWN] = RTU_ECHO_UNKNOWN, [HEARD_NO_ECHO] = RTU_ECHO_NO, [HEARD_ECHO] = RTU_ECHO_YES,
};

static struct rtu_receive line;

static bool is_over(enum rtu_verdict verdict)
{
	return verdict == RTU_ANSWER || verdict == RTU_BROKEN;
}

/* What comes in lumps of so many bytes, as rtu_line.c takes it. */
static enum rtu_verdict hear(const char *text, size_t lump, enum rtu_verdict verdict)
{
	uint8_t bytes[RTU_ADU_MAX_BYTES];
	size_t count = 0;
	int next;

	while (!is_over(verdict)) {
		next = heard_next(&text);
		if (next >= 0)
			bytes[count++] = (uint8_t)next;
		if (count && (next < 0 || count == lump)) {
			rtu_receive_add(&line, bytes, count);
			verdict = rtu_receive_judge(&line, RTU_SILENCE_NONE);
			count = 0;
		}
		if (next == -3)
			break;
		if (next < 0 && !is_over(verdict))
			verdict = rtu_receive_judge(&line, next == -1 ? RTU_SILENCE_GAP : RTU_SILENCE_LONG);
	}
	return verdict;
}

static struct oht_reply exchange(const struct heard_case *c, size_t lump)
{
	const struct oht_request *request = &requests[c->request];
	struct oht_reply reply = { 0 };
	enum rtu_verdict verdict;
	uint8_t sent[RTU_ADU_MAX_BYTES];
	int bytes = rtu_receive_build(request, sent);

	assert_true(bytes > 0);
	memset(&line, 0, sizeof(line));
	line.echo = echoes[c->line];
	rtu_receive_begin(&line, sent, (size_t)bytes);
	verdict = hear(c->beside, lump, RTU_WAIT);
	verdict = hear(c->behind, lump, verdict);
	verdict = hear(GAP SILENCE, lump, verdict);
	if (verdict == RTU_ANSWER)
		rtu_receive_reply(&line, request, &reply);
	else
		reply.outcome = rtu_receive_silent(&line);
	return reply;
}

static void the_back_end_judges_by_the_table(void **state)
{
	static const size_t lumps[] = { 1, 4, 14, RTU_ADU_MAX_BYTES };
	unsigned int i, wrong = 0;

	(void)state;
	for (i = 0; i < HEARD_CASES * 4; i++) {
		const struct heard_case *c = &heard_cases[i / 4];
		struct oht_reply reply = exchange(c, lumps[i % 4]);

		if (outcomes[reply.outcome] == c->outcome &&
		    (c->outcome != HEARD_OK || c->request != HEARD_READ || (reply.words[0] == 4 && reply.words[1] == 5)))
			continue;
		print_error("%s, %zu at once: outcome %u\n", c->name, lumps[i % 4], reply.outcome);
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_back_end_judges_by_the_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
