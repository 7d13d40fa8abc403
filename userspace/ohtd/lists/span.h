/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the members from and to of a query that asks for a span of the past.
 * Contexts: the loop of the request.
 * Locks:    none.
 */
#ifndef OHTD_LISTS_SPAN_H
#define OHTD_LISTS_SPAN_H

#include <stdbool.h>
#include <stdint.h>

struct ohtd_call;

/* The members of a query with the struct S_. */
#define OHTD_SPAN_MEMBERS(S_)								\
	OHTD_TEXT(S_, from, .min = 1, .max = 64,					\
		  .summary = "Begin, as 2026-07-30T12:00:00Z; without it an hour before to"),	\
	OHTD_TEXT(S_, to, .min = 1, .max = 64, .summary = "End; without it now")

/**
 * ohtd_span_of() - the span that is asked for
 * @call: answered, when it is refused
 * @from: as it was sent, or NULL
 * @to: the same
 * @from_ns: filled, before @to_ns and not in the future
 * @to_ns: filled
 *
 * Return: false: it has been refused.
 */
bool ohtd_span_of(struct ohtd_call *call, const char *from, const char *to, int64_t *from_ns,
		  int64_t *to_ns);

/* The same, of seven days if @from is NULL: one of an hour would begin behind now for each @to of tonight. */
bool ohtd_span_of_week(struct ohtd_call *call, const char *from, const char *to, int64_t *from_ns,
		       int64_t *to_ns);

/* The same of a list, in which either end may be open: only asked when both are there. False: it has been refused. */
bool ohtd_span_in_order(struct ohtd_call *call, int64_t from_ns, int64_t to_ns);

#endif /* OHTD_LISTS_SPAN_H */
