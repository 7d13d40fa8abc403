// SPDX-License-Identifier: GPL-2.0-or-later
/* Which trouble of the store an error speaks of, the words for it, its alerts and its figures. */
#include "store/store.h"

#include <errno.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/part.h"

const char *ohtd_store_state_name(unsigned int state)
{
	static const char *const names[] = {
		[OHTD_STORE_OK] = "ok", [OHTD_STORE_BUSY] = "busy", [OHTD_STORE_FULL] = "full",
		[OHTD_STORE_READ_ONLY] = "read_only", [OHTD_STORE_FAILING] = "failing",
		[OHTD_STORE_DAMAGED] = "damaged", [OHTD_STORE_HUNG] = "hung",
	};

	return names[state];
}

enum ohtd_store_state ohtd_store_state_of(int error)
{
	if (ohtd_file_has_no_room(error))
		return OHTD_STORE_FULL;
	switch (error) {
	case -EUCLEAN:
		return OHTD_STORE_DAMAGED;
	case -ETIMEDOUT:
		return OHTD_STORE_HUNG;
	case -EROFS:
		return OHTD_STORE_READ_ONLY;
	case -EIO:
	case -ENOMEM:
		return OHTD_STORE_FAILING;
	case -EBUSY:
	case -EAGAIN:
		return OHTD_STORE_BUSY;
	default:
		return OHTD_STORE_OK;
	}
}

static bool is_stalled(const struct ohtd_store_view *view, uint64_t now_ns)
{
	return view->busy_since_ns && ohtd_since(now_ns, view->busy_since_ns) > OHTD_STORE_STALLED_MS * OHTD_NS_PER_MS;
}

bool ohtd_store_is_writable(const struct ohtd_store_view *view, uint64_t now_ns)
{
	return !view->state && !is_stalled(view, now_ns);
}

const char *ohtd_store_word(const struct ohtd_store_view *view, uint64_t now_ns)
{
	if (view->state)
		return ohtd_store_state_name(view->state);
	if (ohtd_store_is_hung(view, now_ns))
		return ohtd_store_state_name(OHTD_STORE_HUNG);
	if (is_stalled(view, now_ns))
		return "stalled";
	return view->damaged_files ? "damaged" : "ok";
}

/* ---- what is not well ---- */

enum { REFUSES, DAMAGED };

static const struct ohtd_part_alert alerts[] = {
	/* Its code is the word of the store. */
	[REFUSES] = { "store", .text = "Changes cannot be kept now.",
		.action = "Check the disk: room, errors, mount options. The robot can still be stopped." },
	[DAMAGED] = { "store", "damaged", OHTD_SEVERITY_WARNING,
		.text = "A damaged file of the state folder was set aside and replaced.",
		.action = "See operations.md, Files of the state folder; then move *.damaged-* away." },
};

/* Another word is another alert. */
static void report_refusal(const struct ohtd_part_reports *to, const struct ohtd_store_view *view)
{
	const uint8_t stalled = ohtd_store_is_hung(view, to->now_ns) ? OHTD_STORE_HUNG : UINT8_MAX;

	to->add(to, &(struct ohtd_part_report){
		.alert = REFUSES, .code = ohtd_store_word(view, to->now_ns),
		.variant = view->state ? (uint8_t)view->state : stalled,
		.since_ns = is_stalled(view, to->now_ns) ? view->busy_since_ns : 0,
	});
}

static void judge(void *part, const struct ohtd_part_reports *to)
{
	struct ohtd_store_view view;

	ohtd_store_look(part, &view);
	if (!ohtd_store_is_writable(&view, to->now_ns))
		report_refusal(to, &view);
	else if (view.damaged_files)
		ohtd_part_report(to, DAMAGED, 0);
}

/* ---- figures ---- */

enum { GROUPS, REFUSED, WRITTEN, SYNCHRONISATIONS, WAITING };

static const struct ohtd_part_figure figures[] = {
	[GROUPS] = { "oht_store_groups_total", "Transactions of the database.", true },
	[REFUSED] = { "oht_store_refused_total", "Writes that the database could not do.", true },
	[WRITTEN] = { "oht_store_written_bytes_total", "Bytes written into the log and the file of the database.", true },
	[SYNCHRONISATIONS] = { "oht_store_synchronisations_total", "How often the disk was waited for to keep them.", true },
	[WAITING] = { "oht_store_waiting", "Writes that wait." },
};

static void measure(void *part, double *values)
{
	struct ohtd_store_view view;

	ohtd_store_look(part, &view);
	values[GROUPS] = (double)view.groups;
	values[REFUSED] = (double)view.refused;
	values[WRITTEN] = (double)view.written;
	values[SYNCHRONISATIONS] = (double)view.synchronisations;
	values[WAITING] = view.waiting;
}

const struct ohtd_daemon_part ohtd_store_part = {
	OHTD_PART_ALERTS(alerts), .judge = judge, OHTD_PART_FIGURES(figures), .measure = measure,
};
