/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what a contract test is: a named function that runs on a fake and on the real thing.
 * Contexts: one thread.
 * Locks:    none.
 *
 * The same source becomes a cmocka program on the building machine and a TAP program on the board:
 * contract_host.c and contract_guest.c. A test ends at its first expectation that does not hold.
 */
#ifndef CONTRACT_H
#define CONTRACT_H

#include <stddef.h>

struct contract_test {
	const char *name;
	void (*run)(void);
};

#define CONTRACT(function)	{ #function, function }

/* Run them, each with @prepare before it; returns the exit code of the program. */
int contract_run(const struct contract_test *tests, size_t count, void (*prepare)(void));

/* The test has failed; does not return. */
void contract_failed(const char *file, int line, const char *format, ...)
	__attribute__((format(printf, 3, 4), noreturn));

/* What contract_failed() ends with, of contract_host.c and contract_guest.c. */
void contract_end_test(const char *file, int line, const char *text) __attribute__((noreturn));

void contract_is(const char *file, int line, const char *what, long long got, long long want);
void contract_errno(const char *file, int line, const char *what, int got, int want);

#define EXPECT(condition) do {							\
		if (!(condition))						\
			contract_failed(__FILE__, __LINE__, "%s", #condition);	\
	} while (0)
#define EXPECT_IS(got, want)							\
	contract_is(__FILE__, __LINE__, #got, (long long)(got), (long long)(want))
/* An errno, 0 for none. */
#define EXPECT_ERRNO(call, want)						\
	contract_errno(__FILE__, __LINE__, #call, call, want)

#endif /* CONTRACT_H */
