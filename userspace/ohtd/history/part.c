// SPDX-License-Identifier: GPL-2.0-or-later
/* Alerts and figures of the history. */
#include "base/part.h"
#include "history/history.h"
#include "store/store.h"

enum { FAILING, OF_ANOTHER, COARSE };

static const struct ohtd_part_alert alerts[] = {
	[FAILING] = { "history", "history_failing", OHTD_SEVERITY_WARNING,
		.text = "Values are not kept.",
		.action = "See history in GET health and the log: full leaves the last 64 MiB of the disk, an eighth of a small one, to "
			  "accounts and configuration, so make room. With a file that is not ours, move history.db away "
			  "and restart ohtd. The robot and the accounts do not need it." },
	[OF_ANOTHER] = { "history", "past_of_another", OHTD_SEVERITY_WARNING, .notice = true,
		.text = "The file history.db was of another robot: it was set aside, and this robot has a past of its own.",
		.action = "Move history.db.other-* away. If it is this robot's past all the same: history.md, Whose it is." },
	[COARSE] = { "history", "signals_coarse", OHTD_SEVERITY_WARNING, .notice = true,
		.text = "Signals of the user's tables change more often than the card may take: the history has not every value of "
			"them.",
		.action = "Leave out with /history/left_out what need not be kept, or take noise away in the module. Live data and rules on "
			  "values have each value: data.md, Signals of your own." },
};

static void judge(void *part, const struct ohtd_part_reports *to)
{
	struct ohtd_history_view view;

	ohtd_history_look(part, &view);
	if (view.state != OHTD_STORE_OK)
		ohtd_part_report(to, FAILING, 0);
	if (view.others)
		ohtd_part_report(to, OF_ANOTHER, 0);
	if (view.is_coarse)
		ohtd_part_report_text(to, COARSE, 0, "%s It is written each %u s meanwhile.", alerts[COARSE].text, view.coarse_flush_s);
}

enum { SAMPLES, LOST, FLUSHES, DROPPED, WRITTEN, SYNCHRONISATIONS, BYTES, WAITING, UNREADABLE, HELD };

static const struct ohtd_part_figure figures[] = {
	[SAMPLES] = { "oht_history_samples_total", "Control cycles whose values were taken.", true },
	[LOST] = { "oht_history_samples_lost_total", "Control cycles whose values were not taken in time.", true },
	[FLUSHES] = { "oht_history_flushes_total", "Transactions that kept values.", true },
	[DROPPED] = { "oht_history_intervals_dropped_total", "Intervals of values that could not be kept.", true },
	[WRITTEN] = { "oht_history_written_bytes_total", "Bytes written into the log and the file of the database of values.", true },
	[SYNCHRONISATIONS] = { "oht_history_synchronisations_total", "How often the disk was waited for to keep them.", true },
	[BYTES] = { "oht_history_bytes", "Bytes in use in the database of values." },
	[WAITING] = { "oht_history_waiting", "Intervals that are not on the disk." },
	[HELD] = { "oht_history_held_total", "Samples of signals of the user's tables that have the value before, to spare the card.", true },
	[UNREADABLE] = { "oht_history_damaged_total", "Pieces of the database of values that could not be read.", true },
};

static void measure(void *part, double *values)
{
	struct ohtd_history_view view;

	ohtd_history_look(part, &view);
	values[SAMPLES] = (double)view.samples;
	values[LOST] = (double)view.lost;
	values[FLUSHES] = (double)view.flushes;
	values[DROPPED] = (double)view.dropped;
	values[WRITTEN] = (double)view.written;
	values[SYNCHRONISATIONS] = (double)view.synchronisations;
	values[BYTES] = (double)view.bytes;
	values[WAITING] = view.waiting;
	values[HELD] = (double)view.coarse;
	values[UNREADABLE] = (double)view.damaged;
}

const struct ohtd_daemon_part ohtd_history_part = {
	OHTD_PART_ALERTS(alerts), .judge = judge, OHTD_PART_FIGURES(figures), .measure = measure,
};
