/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what is heard behind a request, and what comes of it: one table for the kernel's engine (kernel/engine_held.c) and
 *           for the rtu back-end (bus/rtu_receive.c), which have one rule in two files.
 * Contexts: one test program each, one thread.
 * Locks:    none.
 */
#ifndef OHT_TEST_HEARD_CASES_H
#define OHT_TEST_HEARD_CASES_H

enum heard_request { HEARD_READ, HEARD_WRITE_ONE, HEARD_WRITE_MORE, HEARD_WRITE_ALL, HEARD_REQUESTS };

/* Does the line echo, as far as is known? */
enum heard_line { HEARD_UNKNOWN, HEARD_NO_ECHO, HEARD_ECHO };

enum heard_outcome {
	HEARD_OK,
	HEARD_EXCEPTION,
	HEARD_TIMEOUT,
	HEARD_SHORT,
	HEARD_CRC,
	HEARD_LENGTH,
	HEARD_OTHER_UNIT,
	HEARD_OTHER_FUNCTION,
	HEARD_OTHER_ECHO,
};

/*
 * Unit 4: read two registers from 0x0100, which have 4 and 5; write 7 to 0x0008; write 1 and 2 from 0x0008. All units: write
 * 7 to 0x0008, which no unit answers. Then what is sent, the answer, and frames that are none.
 */
#define READ_SENT	"04 03 01 00 00 02 c5 a2 "
#define READ_GOOD	"04 03 04 00 04 00 05 2e f1 "
#define READ_REFUSED	"04 83 02 d0 f0 "
#define READ_SHORTER	"04 03 02 00 04 75 87 "
#define READ_BAD	"04 03 04 00 05 00 05 2e f1 "
#define READ_INPUTS	"04 04 04 00 04 00 05 2f 46 "
#define ONE_SENT	"04 06 00 08 00 07 49 9f "
#define ONE_GOOD	ONE_SENT
#define ONE_REFUSED	"04 86 03 12 60 "
#define ONE_OTHER	"04 06 00 08 00 06 88 5f "
#define MORE_SENT	"04 10 00 08 00 02 04 00 01 00 02 33 c4 "
#define MORE_GOOD	"04 10 00 08 00 02 c0 5f "
#define MORE_REFUSED	"04 90 04 5d c2 "
#define MORE_ELSEWHERE	"04 10 00 09 00 02 91 9f "
#define MORE_COUNT	"04 10 00 08 00 03 01 9f "
#define ALL_SENT	"00 06 00 08 00 07 48 1b "
/* Of unit 3: the same values, the same write, an exception; and values that look like the answer of unit 4. */
#define UNIT_3_GOOD	"03 03 04 00 04 00 05 58 31 "
#define UNIT_3_BAD	"03 03 04 00 05 00 05 58 31 "
#define UNIT_3_ONE	"03 06 00 08 00 07 48 28 "
#define UNIT_3_REFUSED	"03 83 02 61 31 "
#define UNIT_3_WRAPPED	"03 03 0a 04 03 04 00 09 00 09 bf 37 00 53 f3 "
/* A silence that ends the frame of another unit and may be a pause inside of ours; and one that ends ours. */
#define GAP		". "
#define SILENCE		"! "

/**
 * struct heard_case - one exchange
 * @name: what it shows
 * @request: what was sent
 * @line: what is known
 * @beside: heard while we send, "": nothing
 * @behind: heard from 1 ms later on
 * @outcome: what comes of it
 */
struct heard_case {
	const char *name;
	enum heard_request request;
	enum heard_line line;
	const char *beside, *behind;
	enum heard_outcome outcome;
};

static const struct heard_case heard_cases[] = {
	{ "an answer", HEARD_READ, HEARD_NO_ECHO, "", READ_GOOD, HEARD_OK },
	{ "an answer on a new line", HEARD_READ, HEARD_UNKNOWN, "", READ_GOOD, HEARD_OK },
	{ "an exception", HEARD_READ, HEARD_NO_ECHO, "", READ_REFUSED, HEARD_EXCEPTION },
	{ "an answer to a write", HEARD_WRITE_ONE, HEARD_NO_ECHO, "", ONE_GOOD, HEARD_OK },
	{ "an exception to a write", HEARD_WRITE_ONE, HEARD_NO_ECHO, "", ONE_REFUSED, HEARD_EXCEPTION },
	{ "an answer to a write of two", HEARD_WRITE_MORE, HEARD_NO_ECHO, "", MORE_GOOD, HEARD_OK },
	{ "an exception to a write of two", HEARD_WRITE_MORE, HEARD_NO_ECHO, "", MORE_REFUSED, HEARD_EXCEPTION },
	{ "nothing", HEARD_READ, HEARD_NO_ECHO, "", "", HEARD_TIMEOUT },
	{ "nothing, on a line that echoes", HEARD_READ, HEARD_ECHO, READ_SENT, "", HEARD_TIMEOUT },

	{ "a zero in front", HEARD_READ, HEARD_NO_ECHO, "", "00 " READ_GOOD, HEARD_OK },
	{ "no addresses in front", HEARD_READ, HEARD_NO_ECHO, "", "00 ff f8 " READ_GOOD, HEARD_OK },
	{ "our address in front", HEARD_READ, HEARD_NO_ECHO, "", "04 " READ_GOOD, HEARD_OK },
	{ "other addresses in front", HEARD_READ, HEARD_NO_ECHO, "", "05 06 07 " READ_GOOD, HEARD_OK },
	{ "a beginning in front", HEARD_READ, HEARD_NO_ECHO, "", "05 03 70 " READ_GOOD, HEARD_OK },
	{ "a zero in front of a confirmed write", HEARD_WRITE_ONE, HEARD_NO_ECHO, "", "00 " ONE_GOOD, HEARD_OK },
	{ "a click long before", HEARD_READ, HEARD_NO_ECHO, "", "7f " GAP READ_GOOD, HEARD_OK },
	{ "a torn frame long before", HEARD_READ, HEARD_NO_ECHO, "", "03 03 04 00 04 " GAP READ_GOOD, HEARD_OK },
	{ "bytes behind", HEARD_READ, HEARD_NO_ECHO, "", READ_GOOD "00 7f 04 ", HEARD_OK },
	{ "the answer twice", HEARD_READ, HEARD_NO_ECHO, "", READ_GOOD READ_GOOD, HEARD_OK },

	{ "unit 3 in front", HEARD_READ, HEARD_NO_ECHO, "", UNIT_3_GOOD READ_GOOD, HEARD_OK },
	{ "unit 3 long before", HEARD_READ, HEARD_NO_ECHO, "", UNIT_3_GOOD GAP READ_GOOD, HEARD_OK },
	{ "an exception of unit 3 in front", HEARD_READ, HEARD_NO_ECHO, "", UNIT_3_REFUSED READ_GOOD, HEARD_OK },
	{ "another count in front", HEARD_READ, HEARD_NO_ECHO, "", READ_SHORTER READ_GOOD, HEARD_OK },
	{ "another function in front", HEARD_READ, HEARD_NO_ECHO, "", READ_INPUTS READ_GOOD, HEARD_OK },
	{ "two strangers in front", HEARD_READ, HEARD_NO_ECHO, "", UNIT_3_GOOD READ_SHORTER READ_GOOD, HEARD_OK },
	{ "unit 3 with a wrong bit in front", HEARD_READ, HEARD_NO_ECHO, "", UNIT_3_BAD GAP READ_GOOD, HEARD_OK },
	{ "values like an answer", HEARD_READ, HEARD_NO_ECHO, "", UNIT_3_WRAPPED READ_GOOD, HEARD_OK },
	{ "a write of unit 3 in front", HEARD_WRITE_ONE, HEARD_NO_ECHO, "", UNIT_3_ONE ONE_GOOD, HEARD_OK },
	{ "another value in front", HEARD_WRITE_ONE, HEARD_NO_ECHO, "", ONE_OTHER ONE_GOOD, HEARD_OK },

	{ "unit 3 alone", HEARD_READ, HEARD_NO_ECHO, "", UNIT_3_GOOD, HEARD_OTHER_UNIT },
	{ "values like an answer alone", HEARD_READ, HEARD_NO_ECHO, "", UNIT_3_WRAPPED, HEARD_OTHER_UNIT },
	{ "another count alone", HEARD_READ, HEARD_NO_ECHO, "", READ_SHORTER, HEARD_LENGTH },
	{ "another function alone", HEARD_READ, HEARD_NO_ECHO, "", READ_INPUTS, HEARD_OTHER_FUNCTION },
	{ "another value alone", HEARD_WRITE_ONE, HEARD_NO_ECHO, "", ONE_OTHER, HEARD_OTHER_ECHO },
	{ "a write of unit 3 alone", HEARD_WRITE_ONE, HEARD_NO_ECHO, "", UNIT_3_ONE, HEARD_OTHER_UNIT },
	{ "another register alone", HEARD_WRITE_MORE, HEARD_NO_ECHO, "", MORE_ELSEWHERE, HEARD_OTHER_ECHO },
	{ "another number of registers alone", HEARD_WRITE_MORE, HEARD_NO_ECHO, "", MORE_COUNT, HEARD_OTHER_ECHO },
	{ "a bit that is wrong", HEARD_READ, HEARD_NO_ECHO, "", READ_BAD, HEARD_CRC },
	{ "unit 3 with a wrong bit alone", HEARD_READ, HEARD_NO_ECHO, "", UNIT_3_BAD, HEARD_CRC },
	{ "a stranger behind noise", HEARD_READ, HEARD_NO_ECHO, "", "00 " UNIT_3_GOOD, HEARD_OTHER_UNIT },
	{ "half an answer", HEARD_READ, HEARD_NO_ECHO, "", "04 03 04 00 04 ", HEARD_SHORT },
	{ "half an answer, the rest too late", HEARD_READ, HEARD_NO_ECHO, "", "04 03 04 00 04 " SILENCE "00 05 2e f1 ", HEARD_SHORT },
	{ "noise alone", HEARD_READ, HEARD_NO_ECHO, "", "00 ff ", HEARD_SHORT },
	{ "a click alone", HEARD_READ, HEARD_NO_ECHO, "", "7f ", HEARD_SHORT },
	{ "a torn frame of unit 3 alone", HEARD_READ, HEARD_NO_ECHO, "", "03 03 04 00 04 ", HEARD_SHORT },

	{ "a pause inside", HEARD_READ, HEARD_NO_ECHO, "", "04 03 04 00 " GAP "04 00 05 2e f1 ", HEARD_OK },
	{ "a pause behind the address", HEARD_READ, HEARD_NO_ECHO, "", "04 " GAP "03 04 00 04 00 05 2e f1 ", HEARD_OK },
	{ "two pauses inside", HEARD_READ, HEARD_NO_ECHO, "", "04 03 " GAP "04 00 04 00 05 2e " GAP "f1 ", HEARD_OK },
	{ "a pause in a confirmed write", HEARD_WRITE_ONE, HEARD_NO_ECHO, "", "04 06 00 08 " GAP "00 07 49 9f ", HEARD_OK },

	{ "an echo that shows itself", HEARD_READ, HEARD_UNKNOWN, READ_SENT, READ_GOOD, HEARD_OK },
	{ "an echo behind a zero", HEARD_READ, HEARD_UNKNOWN, "00 " READ_SENT, READ_GOOD, HEARD_OK },
	{ "an echo that is expected", HEARD_READ, HEARD_ECHO, READ_SENT, READ_GOOD, HEARD_OK },
	{ "an echo and an exception", HEARD_READ, HEARD_ECHO, READ_SENT, READ_REFUSED, HEARD_EXCEPTION },
	{ "an echo and noise", HEARD_READ, HEARD_ECHO, READ_SENT, "00 ff " READ_GOOD, HEARD_OK },
	{ "an echo and noise alone", HEARD_READ, HEARD_ECHO, READ_SENT, "00 ", HEARD_SHORT },
	{ "an echo and a stranger", HEARD_READ, HEARD_ECHO, READ_SENT, UNIT_3_GOOD READ_GOOD, HEARD_OK },
	{ "an echo and a confirmed write", HEARD_WRITE_ONE, HEARD_ECHO, ONE_SENT, ONE_GOOD, HEARD_OK },
	{ "the echo of a write", HEARD_WRITE_ONE, HEARD_ECHO, ONE_SENT, "", HEARD_TIMEOUT },
	{ "the echo of a write behind a zero", HEARD_WRITE_ONE, HEARD_ECHO, "00 " ONE_SENT, "", HEARD_TIMEOUT },
	{ "the echo of a write on a new line", HEARD_WRITE_ONE, HEARD_UNKNOWN, ONE_SENT, "", HEARD_TIMEOUT },
	{ "an echo and a confirmed write on a new line", HEARD_WRITE_ONE, HEARD_UNKNOWN, ONE_SENT, ONE_GOOD, HEARD_OK },
	{ "an echo and a refused write", HEARD_WRITE_ONE, HEARD_ECHO, ONE_SENT, ONE_REFUSED, HEARD_EXCEPTION },
	{ "an echo and a write of two", HEARD_WRITE_MORE, HEARD_ECHO, MORE_SENT, MORE_GOOD, HEARD_OK },
	{ "the echo of a write of two", HEARD_WRITE_MORE, HEARD_ECHO, MORE_SENT, "", HEARD_TIMEOUT },
	{ "a broadcast", HEARD_WRITE_ALL, HEARD_NO_ECHO, "", "", HEARD_OK },
	{ "the echo of a broadcast", HEARD_WRITE_ALL, HEARD_ECHO, ALL_SENT, "", HEARD_OK },
	{ "the echo of a broadcast behind a zero", HEARD_WRITE_ALL, HEARD_ECHO, "00 " ALL_SENT, "", HEARD_OK },
	{ "the echo of a broadcast on a new line", HEARD_WRITE_ALL, HEARD_UNKNOWN, ALL_SENT, "", HEARD_OK },
	{ "the echo of a write of two on a new line", HEARD_WRITE_MORE, HEARD_UNKNOWN, MORE_SENT, "", HEARD_TIMEOUT },
};

#define HEARD_CASES	(sizeof(heard_cases) / sizeof(heard_cases[0]))

static inline int heard_digit(char c)
{
	return c >= 'a' ? c - 'a' + 10 : c - '0';
}

/* The next byte of a text, '.' or '!' as -1 or -2, -3 at its end. */
static inline int heard_next(const char **text)
{
	const char *at = *text;

	if (!*at)
		return -3;
	if (*at == '.' || *at == '!') {
		*text += 2;
		return *at == '.' ? -1 : -2;
	}
	*text += 3;
	return heard_digit(at[0]) << 4 | heard_digit(at[1]);
}

#endif /* OHT_TEST_HEARD_CASES_H */
