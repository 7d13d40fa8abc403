// SPDX-License-Identifier: GPL-2.0-only
/*
 * The observer: judges our side by what was on the wire, knowing nothing of the engine's opinion.
 * A gap counts from the true end of the last stop bit of anybody.
 */
#include <linux/kernel.h>
#include <linux/seq_file.h>
#include <linux/string.h>

#include "sim.h"

static const char * const oht_sim_fault_names[OHT_SIM_FAULTS] = {
	[OHT_SIM_SILENCE] = "silence",
	[OHT_SIM_LATE] = "late",
	[OHT_SIM_CRC] = "crc",
	[OHT_SIM_FLIP] = "flip",
	[OHT_SIM_TRUNCATE] = "truncate",
	[OHT_SIM_INSERT] = "insert",
	[OHT_SIM_SPLIT] = "split",
	[OHT_SIM_MERGE] = "merge",
	[OHT_SIM_BABBLE] = "babble",
	[OHT_SIM_DUPLICATE] = "duplicate",
	[OHT_SIM_FOREIGN] = "foreign",
};

static u64 oht_sim_before_ps(const struct oht_sim_wire *w, const struct oht_sim_uart *u)
{
	const struct oht_sim_uart *other = u == &w->uart ? &w->tty : &w->uart;

	return max(w->far_end_ps, other->tx_end_ps);
}

/* A character of the far end is on the wire. Could we have known that it talks? */
static void oht_sim_judge_collision(struct oht_sim_seen *seen, const struct oht_sim_talk *t,
				    u64 start_ps)
{
	u64 second_ps = t->start_ps + t->pause_at * t->char_ps + t->pause_ps;
	bool in_second = t->pause_at && start_ps >= second_ps;

	if (t->next > (in_second ? t->pause_at : 0))
		seen->violations++;
	else
		seen->not_judged++;
}

static void oht_sim_judge_frame(struct oht_sim_wire *w, struct oht_sim_uart *u, u64 start_ps)
{
	u64 last_ps = max(oht_sim_before_ps(w, u), u->tx_end_ps);
	struct oht_sim_seen *seen = &u->seen;
	struct oht_sim_talk *t;
	u64 gap_ps;

	seen->frames++;
	u->de_judged = false;
	for (t = w->talk; t < w->talk + OHT_SIM_TALKS; t++) {
		if (!oht_sim_talk_overlaps(t, start_ps, start_ps + 1))
			continue;
		oht_sim_judge_collision(seen, t, start_ps);
		return;
	}
	if (!last_ps)
		return;
	gap_ps = start_ps > last_ps ? start_ps - last_ps : 0;
	if (!seen->shortest_gap_ns || div_u64(gap_ps, 1000) < seen->shortest_gap_ns)
		seen->shortest_gap_ns = div_u64(gap_ps, 1000);
	if (gap_ps < w->line.t35_ps)
		seen->violations++;
	else if (last_ps == w->far_end_ps && seen->frames > 1)	/* the first follows no frame */
		oht_hist_add(&seen->late, div_u64(gap_ps - w->line.t35_ps, 1000));
}

/*
 * The grid is a parameter of the test, not taken from the plan. A cycle begins with the first
 * request to one unit, whatever other requests were sent before.
 */
static void oht_sim_judge_cycle(struct oht_sim_seen *seen, u8 unit, u64 start_ps)
{
	const struct oht_sim_settings *set = &oht_sim_settings;
	u64 grid_ns = READ_ONCE(set->grid_ns), start_ns = div_u64(start_ps, 1000), cycle, late_ns;

	if (!grid_ns || unit != set->grid_unit || start_ns < set->grid_origin_ns)
		return;
	cycle = 1 + div64_u64_rem(start_ns - set->grid_origin_ns, grid_ns, &late_ns);
	if (cycle == seen->cycle)
		return;
	seen->cycle = cycle;
	oht_hist_add(&seen->cycle_late, late_ns);
}

void oht_sim_judge_start(struct oht_sim_wire *w, struct oht_sim_uart *u, u8 data, u64 start_ps)
{
	bool goes_on = u->tx_end_ps && u->tx_end_ps >= oht_sim_before_ps(w, u) &&
		       start_ps <= u->tx_end_ps + w->line.t15_ps;

	if (!u->automatic && !u->de)
		u->seen.without_de++;
	if (goes_on) {
		u->seen.pauses += start_ps > u->tx_end_ps;
		return;
	}
	oht_sim_judge_frame(w, u, start_ps);
	oht_sim_judge_cycle(&u->seen, data, start_ps);
}

/*
 * Behind the first telegram of a stop nothing moves, until we are told that it may again: which
 * register stops and which moves is a setting, and so is that the stop is over.
 */
void oht_sim_judge_write(struct oht_sim_wire *w, unsigned int address)
{
	struct oht_sim_settings *set = &oht_sim_settings;

	if (address == set->stop_address) {
		w->stop_writes++;
		WRITE_ONCE(set->stopped, true);
	} else if (address == set->motion_address) {
		w->motion_writes++;
		w->writes_behind += READ_ONCE(set->stopped);
	}
}

void oht_sim_judge_de(struct oht_sim_uart *u, bool on, u64 now_ps)
{
	if (u->de == on)
		return;
	u->de = on;
	if (on) {
		u->de_on_ps = now_ps;
		return;
	}
	u->de_off_ps = now_ps;
	if (now_ps < u->tx_end_ps)
		u->seen.de_early++;
	else if (!u->de_judged)
		oht_hist_add(&u->seen.de_release, div_u64(now_ps - u->tx_end_ps, 1000));
	u->de_judged = true;
}

bool oht_sim_was_driving(const struct oht_sim_uart *u, u64 at_ps)
{
	return at_ps >= u->de_on_ps && (u->de || at_ps < u->de_off_ps);
}

static void oht_sim_show_seen(struct seq_file *s, const char *who, const struct oht_sim_seen *seen)
{
	const struct {
		const char *name;
		u64 value;
	} lines[] = {
		{ "frames", seen->frames },
		{ "violations", seen->violations },
		{ "not_judged", seen->not_judged },
		{ "pauses", seen->pauses },
		{ "shortest_gap_ns", seen->shortest_gap_ns },
		{ "without_de", seen->without_de },
		{ "de_early", seen->de_early },
		{ "received", seen->received },
		{ "deaf", seen->deaf },
		{ "overruns", seen->overruns },
	};
	char name[32];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(lines); i++)
		seq_printf(s, "%s_%s %llu\n", who, lines[i].name, lines[i].value);
	snprintf(name, sizeof(name), "%s_late", who);
	oht_hist_show(s, name, &seen->late);
	snprintf(name, sizeof(name), "%s_de_release", who);
	oht_hist_show(s, name, &seen->de_release);
	snprintf(name, sizeof(name), "%s_cycle_late", who);
	oht_hist_show(s, name, &seen->cycle_late);
}

void oht_sim_show(struct oht_sim_wire *w, struct seq_file *s)
{
	unsigned int i;

	/* Only read while nothing runs, or roughly: no lock for so long. */
	oht_sim_show_seen(s, "uart", &w->uart.seen);
	oht_sim_show_seen(s, "tty", &w->tty.seen);
	seq_printf(s, "own_ns %llu\n", w->own_ns);
	seq_printf(s, "answers %llu\nspoiled %llu\nbroken %llu\ncrc_passed %llu\n", w->answers,
		   w->spoiled, w->broken, w->crc_passed);
	seq_printf(s, "stop_writes %llu\nmotion_writes %llu\nwrites_behind %llu\n",
		   w->stop_writes, w->motion_writes, w->writes_behind);
	for (i = 0; i < OHT_SIM_FAULTS; i++)
		seq_printf(s, "fault_%s %llu\n", oht_sim_fault_names[i], w->disturbed[i]);
	for (i = 0; i < OHT_SIM_SLAVES; i++)
		seq_printf(s, "requests_%u %llu\n", OHT_SIM_FIRST_UNIT + i, w->slave[i].requests);
}

void oht_sim_forget(struct oht_sim_wire *w)
{
	unsigned int i;

	memset(&w->uart.seen, 0, sizeof(w->uart.seen));
	memset(&w->tty.seen, 0, sizeof(w->tty.seen));
	memset(w->disturbed, 0, sizeof(w->disturbed));
	w->own_ns = 0;
	w->answers = 0;
	w->spoiled = 0;
	w->broken = 0;
	w->crc_passed = 0;
	w->stop_writes = 0;
	w->motion_writes = 0;
	w->writes_behind = 0;
	for (i = 0; i < OHT_SIM_SLAVES; i++)
		w->slave[i].requests = 0;
}
