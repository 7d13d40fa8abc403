/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     requests that are answered later: by a worker or by the control thread.
 * Contexts: everything on the loop of the request, but ohtd_pending_post(): any thread.
 * Locks:    that of h2o's message queue, in ohtd_pending_post() only.
 *
 * The client may leave before the answer is there, and the answer may come after its deadline.
 * Therefore request and pending object know each other and each clears the other's pointer.
 */
#ifndef OHTD_SERVER_PENDING_H
#define OHTD_SERVER_PENDING_H

#include <stdint.h>

struct ohtd_call;
struct ohtd_loop;
struct ohtd_post;

/**
 * struct ohtd_pending - first member of what waits for a late answer
 * @call: who waits; NULL when nobody does any more
 * @loop: whose it is
 * @next: list of the loop
 * @link: who points to us
 * @deadline_ms: in the loop's time; then the client gets 504
 * @finish: called once on the loop when the result is there, or when the loop ends; frees
 * @post: private: the message to the loop
 */
struct ohtd_pending {
	struct ohtd_call *call;
	struct ohtd_loop *loop;
	struct ohtd_pending *next, **link;
	uint64_t deadline_ms;
	void (*finish)(struct ohtd_pending *pending);
	struct ohtd_post *post;
};

/**
 * ohtd_pending_begin() - tie a zeroed object to a request
 * @pending: at the beginning of an object from malloc
 * @call: the request, which must not have another one
 * @within_ms: deadline from now
 * @finish: see above
 *
 * Return: 0 or -ENOMEM; then @pending is still the caller's.
 */
int ohtd_pending_begin(struct ohtd_pending *pending, struct ohtd_call *call, uint32_t within_ms,
		       void (*finish)(struct ohtd_pending *pending));

/*
 * Takes the memory of which ohtd_pending_begin() would have need, so that that cannot fail any more: 0 or -ENOMEM. Never begun,
 * @pending->post is for free().
 */
int ohtd_pending_prepare(struct ohtd_pending *pending);

/* Before a result can come: unties again. The caller frees the object and answers the request. */
void ohtd_pending_abandon(struct ohtd_pending *pending);

/* The result is in the object: hand it over to the loop, which calls finish(). Any thread. */
void ohtd_pending_post(struct ohtd_pending *pending);

/* On the loop: the result is there, call finish() now. */
void ohtd_pending_finish(struct ohtd_pending *pending);

#endif /* OHTD_SERVER_PENDING_H */
