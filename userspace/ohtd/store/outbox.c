// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/outbox.h"

#include <stddef.h>

#include "base/clock.h"
#include "base/log.h"

#define AGAIN_NS	OHTD_NS_PER_S

enum place { HERE, AWAY, BACK };

void ohtd_outbox_init(struct ohtd_outbox *outbox, struct ohtd_store *store, struct ohtd_clock *clock,
		      const struct ohtd_outbox_words *words, void (*wake)(struct ohtd_outbox *outbox))
{
	*outbox = (struct ohtd_outbox){ .store = store, .clock = clock, .words = words, .wake = wake };
}

bool ohtd_outbox_is_free(const struct ohtd_outbox *outbox)
{
	return atomic_load(&outbox->place) == HERE &&
	       ohtd_clock_monotonic_ns(outbox->clock) >= outbox->again_ns;
}

bool ohtd_outbox_is_away(const struct ohtd_outbox *outbox)
{
	return atomic_load(&outbox->place) != HERE;
}

static void come_back(struct ohtd_store_job *job)
{
	struct ohtd_outbox *outbox =
		(struct ohtd_outbox *)((char *)job - offsetof(struct ohtd_outbox, job));
	void (*wake)(struct ohtd_outbox *) = outbox->wake;

	atomic_store(&outbox->place, BACK);
	if (wake)
		wake(outbox);
}

void ohtd_outbox_send(struct ohtd_outbox *outbox, ohtd_store_work work, void *arg)
{
	int r;

	outbox->job = (struct ohtd_store_job){ .work = work, .arg = arg, .done = come_back };
	atomic_store(&outbox->place, AWAY);
	r = ohtd_store_submit(outbox->store, &outbox->job);
	if (!r)
		return;
	outbox->job.result = r;
	atomic_store(&outbox->place, BACK);
}

static void tell(const struct ohtd_outbox *outbox)
{
	const struct ohtd_outbox_words *words = outbox->words;

	if (!words)
		return;
	if (outbox->refused)
		ohtd_log(OHTD_LOG_WARNING, words->room, words->refused, "%s", words->refused_text);
	else
		ohtd_log(OHTD_LOG_NOTICE, words->room, words->kept, "%s", words->kept_text);
}

enum ohtd_outbox_news ohtd_outbox_take(struct ohtd_outbox *outbox)
{
	bool refused;

	if (atomic_load(&outbox->place) != BACK)
		return OHTD_OUTBOX_NOTHING;
	refused = outbox->job.result < 0;
	if (refused) {
		outbox->error = outbox->job.result;
		outbox->again_ns = ohtd_clock_monotonic_ns(outbox->clock) + AGAIN_NS;
	}
	atomic_store(&outbox->place, HERE);
	if (refused != outbox->refused) {
		outbox->refused = refused;
		tell(outbox);
	}
	return refused ? OHTD_OUTBOX_REFUSED : OHTD_OUTBOX_KEPT;
}

static int work_nothing(struct ohtd_db *db, void *arg)
{
	(void)db;
	(void)arg;
	return 0;
}

int ohtd_outbox_write(struct ohtd_outbox *outbox, ohtd_store_work work, void *arg)
{
	int r;

	/* The store does one job after the other: behind this call the batch that was away is back. */
	if (!work)
		return ohtd_store_call(outbox->store, work_nothing, NULL);
	r = ohtd_store_call(outbox->store, work, arg);
	outbox->job.result = r;
	atomic_store(&outbox->place, BACK);
	return r;
}
