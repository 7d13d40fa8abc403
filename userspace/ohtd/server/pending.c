// SPDX-License-Identifier: GPL-2.0-or-later
#include "server/pending.h"

#include <errno.h>
#include <stdlib.h>

#include "server/loop.h"
#include "base/log.h"

static void run_finish(struct ohtd_loop *loop, struct ohtd_post *post)
{
	(void)loop;
	ohtd_pending_finish(post->arg);
}

int ohtd_pending_prepare(struct ohtd_pending *pending)
{
	if (!pending->post)
		pending->post = calloc(1, sizeof(*pending->post));
	return pending->post ? 0 : -ENOMEM;
}

int ohtd_pending_begin(struct ohtd_pending *pending, struct ohtd_call *call, uint32_t within_ms,
		       void (*finish)(struct ohtd_pending *pending))
{
	struct ohtd_loop *loop = call->loop;

	if (ohtd_pending_prepare(pending))
		return -ENOMEM;
	pending->post->run = run_finish;
	pending->post->arg = pending;
	pending->loop = loop;
	pending->deadline_ms = h2o_now(loop->ctx.loop) + within_ms;
	pending->finish = finish;
	pending->call = call;
	call->pending = pending;
	pending->next = loop->pendings;
	if (pending->next)
		pending->next->link = &pending->next;
	pending->link = &loop->pendings;
	loop->pendings = pending;
	return 0;
}

static void unlink_pending(struct ohtd_pending *pending)
{
	*pending->link = pending->next;
	if (pending->next)
		pending->next->link = pending->link;
	free(pending->post);
	pending->post = NULL;
	/* The call's memory may be used until finish() has answered; it must not point back then. */
	if (pending->call)
		pending->call->pending = NULL;
}

void ohtd_pending_abandon(struct ohtd_pending *pending)
{
	unlink_pending(pending);
	pending->call = NULL;
}

void ohtd_pending_post(struct ohtd_pending *pending)
{
	h2o_multithread_send_message(&pending->loop->receiver, &pending->post->super);
}

void ohtd_pending_finish(struct ohtd_pending *pending)
{
	unlink_pending(pending);
	ohtd_log_set_request(pending->call ? pending->call->request_id : NULL);
	pending->finish(pending);
	ohtd_log_set_request(NULL);
}

/* Answers those who have waited too long. The object stays until its result comes. */
void ohtd_pending_tick(struct ohtd_loop *loop)
{
	uint64_t now_ms = h2o_now(loop->ctx.loop);
	struct ohtd_pending *pending, *next;

	for (pending = loop->pendings; pending; pending = next) {
		struct ohtd_call *call = pending->call;

		next = pending->next;
		if (!call || now_ms < pending->deadline_ms)
			continue;
		call->pending = NULL;
		pending->call = NULL;
		ohtd_reply_problem(call, 504, "no_answer_in_time",
				   "there was no result before the deadline; it may still come");
	}
}

/* At the end, when no result can come any more. */
void ohtd_pending_drop_all(struct ohtd_loop *loop)
{
	while (loop->pendings) {
		if (loop->pendings->call)
			loop->pendings->call->pending = NULL;
		loop->pendings->call = NULL;
		ohtd_pending_finish(loop->pendings);
	}
}
