// SPDX-License-Identifier: GPL-2.0-or-later
#include "alerts/budget.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"

/*
 * A write is some 21 kB of log and file, and as much again for each result of what is told elsewhere. 16 shipped and 16 own rules that all flap all
 * day are 1,104 writes a day: 12 of each kind, and 720 that are shared.
 */
#define OWN_MAX		8
#define OWN_BACK_NS	(2 * 3600 * OHTD_NS_PER_S)
#define SHARED_MAX	120
#define SHARED_BACK_NS	(120 * OHTD_NS_PER_S)
/* A coming that is told is two deliveries to each of up to 16 receivers, so 32 rules that flap all day are 10,240 on the first day. */
#define TOLD_MAX	4
#define TOLD_BACK_NS	(4 * 3600 * OHTD_NS_PER_S)

/* Takes one, if there is one at @now_ns. */
static bool take(struct ohtd_alerts_allowance *of, unsigned int max, uint64_t back_ns, uint64_t now_ns)
{
	const uint64_t back = ohtd_since(now_ns, of->back_ns) / back_ns;

	of->back_ns += back * back_ns;
	of->used -= back < of->used ? (unsigned int)back : of->used;
	if (of->used == max)
		return false;
	of->used++;
	return true;
}

static struct ohtd_alerts_kind *find_kind(struct ohtd_alerts_budget *budget, const struct ohtd_alert_row *row)
{
	for (unsigned int i = 0; i < OHTD_ALERTS_BUDGET_KINDS; i++) {
		struct ohtd_alerts_kind *kind = &budget->kinds[i];

		if (kind->unit == row->unit && !strcmp(kind->code, row->code) && !strcmp(kind->subject, row->subject))
			return kind;
	}
	return NULL;
}

/* Never fails: the kind that was written longest ago makes room. */
static struct ohtd_alerts_kind *make_kind(struct ohtd_alerts_budget *budget, const struct ohtd_alert_row *row)
{
	struct ohtd_alerts_kind *oldest = budget->kinds;

	for (unsigned int i = 1; i < OHTD_ALERTS_BUDGET_KINDS && *oldest->code; i++)
		if (!*budget->kinds[i].code || budget->kinds[i].turn < oldest->turn)
			oldest = &budget->kinds[i];
	*oldest = (struct ohtd_alerts_kind){ .unit = row->unit };
	snprintf(oldest->code, sizeof(oldest->code), "%s", row->code);
	snprintf(oldest->subject, sizeof(oldest->subject), "%s", row->subject);
	return oldest;
}

static struct ohtd_alerts_kind *kind_of(struct ohtd_alerts_budget *budget, const struct ohtd_alert_row *row)
{
	struct ohtd_alerts_kind *kind = find_kind(budget, row);

	return kind ? kind : make_kind(budget, row);
}

void ohtd_alerts_budget_begin(struct ohtd_alerts_budget *budget)
{
	budget->turn++;
	budget->next = NULL;
}

void ohtd_alerts_budget_ask(struct ohtd_alerts_budget *budget, const struct ohtd_alert_row *row, bool emergency, uint64_t now_ns)
{
	struct ohtd_alerts_kind *kind = kind_of(budget, row);

	/* Several alerts of a kind, of which one ends and one comes, are one write. */
	if (kind->turn == budget->turn)
		return;
	if (emergency || take(&kind->own, OWN_MAX, OWN_BACK_NS, now_ns))
		kind->turn = budget->turn;
	else if (!budget->next || kind->turn < budget->next->turn)
		budget->next = kind;
}

void ohtd_alerts_budget_share(struct ohtd_alerts_budget *budget, uint64_t now_ns)
{
	if (budget->next && take(&budget->shared, SHARED_MAX, SHARED_BACK_NS, now_ns))
		budget->next->turn = budget->turn;
}

bool ohtd_alerts_budget_has(struct ohtd_alerts_budget *budget, const struct ohtd_alert_row *row)
{
	const struct ohtd_alerts_kind *kind = find_kind(budget, row);

	return kind && kind->turn == budget->turn;
}

void ohtd_alerts_budget_come(struct ohtd_alerts_budget *budget, const struct ohtd_alert_row *row)
{
	kind_of(budget, row)->untold++;
}

bool ohtd_alerts_budget_tell(struct ohtd_alerts_budget *budget, const struct ohtd_alert_row *row, uint64_t now_ns, int64_t *flaps)
{
	struct ohtd_alerts_kind *kind = kind_of(budget, row);

	if (!take(&kind->told, TOLD_MAX, TOLD_BACK_NS, now_ns))
		return false;
	*flaps = kind->told.used == TOLD_MAX ? kind->untold : 0;
	kind->untold = 0;
	return true;
}
