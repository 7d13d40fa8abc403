// SPDX-License-Identifier: GPL-2.0-or-later
#include "lists/span.h"

#include "base/clock.h"
#include "server/call.h"
#include "http/time_read.h"
#include "json/writer.h"

#define HOUR_NS		(3600 * (int64_t)OHTD_NS_PER_S)
#define SPAN_MAX_NS	(5 * 366 * 24 * HOUR_NS)

/**
 * struct wanted - a span while it is judged
 * @from: as it was sent, or NULL
 * @to: the same
 * @usual_ns: how long it is without a begin
 * @from_ns: what was meant
 * @to_ns: the same
 */
struct wanted {
	const char *from, *to;
	int64_t usual_ns;
	int64_t from_ns, to_ns;
};

static const char not_in_order[] = "the begin must be before the end";

/* False: it has been refused. */
static bool take_time(struct ohtd_call *call, const char *text, const char *pointer, int64_t *ns)
{
	if (!text || ohtd_time_read(text, ns))
		return true;
	ohtd_reply_member(call, pointer, "unfit", "'%s' is no time as 2026-07-30T12:00:00Z", text);
	return false;
}

/* False, as it has been refused. */
static bool refuse(struct ohtd_call *call, const struct wanted *wanted, const char *why)
{
	char from[OHTD_TIME_BYTES + 1] = "", to[OHTD_TIME_BYTES + 1] = "";
	char now[OHTD_TIME_BYTES + 1] = "";

	ohtd_time_text(wanted->from_ns, from);
	ohtd_time_text(wanted->to_ns, to);
	ohtd_time_text(ohtd_clock_wall_ns(call->services->clock), now);
	ohtd_reply_member(call, wanted->from || !wanted->to ? "/from" : "/to", "range",
			  "from %s to %s: %s; it is %s now", from, to, why, now);
	return false;
}

static bool take(struct ohtd_call *call, struct wanted *wanted)
{
	int64_t now_ns = ohtd_clock_wall_ns(call->services->clock);

	wanted->to_ns = now_ns;
	if (!take_time(call, wanted->to, "/to", &wanted->to_ns))
		return false;
	wanted->from_ns = wanted->to_ns > wanted->usual_ns ? wanted->to_ns - wanted->usual_ns : 0;
	if (!take_time(call, wanted->from, "/from", &wanted->from_ns))
		return false;
	if (wanted->from_ns >= wanted->to_ns && wanted->to)
		return refuse(call, wanted, not_in_order);
	if (wanted->from_ns >= now_ns)
		return refuse(call, wanted, "the begin is in the future");
	if (wanted->to_ns - wanted->from_ns > SPAN_MAX_NS)
		return refuse(call, wanted, "at most 5 years");
	return true;
}

bool ohtd_span_in_order(struct ohtd_call *call, int64_t from_ns, int64_t to_ns)
{
	const struct wanted wanted = { .from = "", .to = "", .from_ns = from_ns, .to_ns = to_ns };

	return from_ns < to_ns || refuse(call, &wanted, not_in_order);
}

static bool take_span(struct ohtd_call *call, struct wanted wanted, int64_t *from_ns, int64_t *to_ns)
{
	if (!take(call, &wanted))
		return false;
	*from_ns = wanted.from_ns;
	*to_ns = wanted.to_ns;
	return true;
}

bool ohtd_span_of(struct ohtd_call *call, const char *from, const char *to, int64_t *from_ns,
		  int64_t *to_ns)
{
	return take_span(call, (struct wanted){ .from = from, .to = to, .usual_ns = HOUR_NS }, from_ns, to_ns);
}

bool ohtd_span_of_week(struct ohtd_call *call, const char *from, const char *to, int64_t *from_ns,
		       int64_t *to_ns)
{
	return take_span(call, (struct wanted){ .from = from, .to = to, .usual_ns = 7 * 24 * HOUR_NS }, from_ns, to_ns);
}
