/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     answers that need the store or take long: made beside the loop, sent by the loop.
 * Contexts: the loop of the request; @act and @work elsewhere, as said there.
 * Locks:    one of each kind of places, held for a look at them; see pending.h, base/workers.h, store/store.h.
 *
 *	struct count_late {
 *		struct ohtd_late late;
 *		int64_t after;
 *	};
 *	struct count_late *job = ohtd_late_make(call, sizeof(*job));
 *
 *	if (!job)
 *		return;
 *	job->after = ...;
 *	ohtd_late_read(call, &job->late, read_count, reply_count);
 *
 * The job is wiped and freed by itself, also when the client has left or the deadline is over.
 * @settle and @release may be set between make and submit.
 */
#ifndef OHTD_SERVER_LATE_H
#define OHTD_SERVER_LATE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "auth/checks.h"
#include "base/workers.h"
#include "json/writer.h"
#include "clients/refusal.h"
#include "server/pending.h"
#include "store/store.h"
#include "server/request_key_rows.h"

struct ohtd_call;
struct ohtd_json_block;
struct ohtd_shape;

/* Until then there is an answer, or the client gets 504. */
#define OHTD_LATE_MS	10000
/* A password takes a tenth of a second here, seconds on a small board, and others may be in front. */
#define OHTD_LATE_CHECK_MS	60000

#define OHTD_PLACES_MAX	8

/**
 * struct ohtd_places - how many works of a kind, of some seconds each, are under way; static
 * @count: at most so many, and one of each account
 * @refusal: says that to the client
 *
 * All else is private.
 */
struct ohtd_places {
	const unsigned int count;
	const char *const refusal;
	pthread_mutex_t lock;
	const struct ohtd_late *late[OHTD_PLACES_MAX];
};

#define OHTD_PLACES(count_, refusal_)	{ .count = count_, .refusal = refusal_, .lock = PTHREAD_MUTEX_INITIALIZER }

/**
 * struct ohtd_late - first member of what belongs to the work
 * @store: the store
 * @settle: on the loop when there is a result, before the answer, also when the client has left; or
 *	NULL
 * @release: frees what the job owns, at the job's end; or NULL
 * @result: of @act or @work
 *
 * All else is private.
 */
struct ohtd_late {
	struct ohtd_pending pending;
	struct ohtd_work work;
	struct ohtd_check check;
	struct ohtd_store_job job;
	struct ohtd_store *store;
	void (*settle)(struct ohtd_late *late);
	void (*release)(struct ohtd_late *late);
	int (*act)(struct ohtd_late *late);
	ohtd_store_work read;
	ohtd_store_work write;
	char key[OHTD_SERVER_REQUEST_KEY_NAME_BYTES];
	void (*answer)(struct ohtd_call *call, struct ohtd_late *late);
	size_t bytes;
	uint64_t turns_until_ms;
	struct ohtd_places *places;
	struct ohtd_memory memory;
	struct ohtd_json_block *blocks;
	struct ohtd_writer text;
	bool familiar;		/* of ohtd_late_check(): the account has logged in from that address */
	int result;
};

/* A zeroed job of that size; NULL: out of memory, and the request has been answered. */
void *ohtd_late_make(struct ohtd_call *call, size_t bytes);

/*
 * Takes one of @places for the account of the request, before the job is submitted. It is given back before the answer, so that the
 * client may ask again then, and at the job's end. False: there is none, and the request has been answered with 503.
 */
bool ohtd_late_take_place(struct ohtd_call *call, struct ohtd_late *late, struct ohtd_places *places);

/* Instead of submitting: the request has been refused. */
void ohtd_late_drop(struct ohtd_late *late);

/**
 * ohtd_late_act() - have a worker do something that takes long
 * @call: the request, which is answered here when there is no room
 * @late: from ohtd_late_make()
 * @within_ms: deadline
 * @act: on a worker, which may wait
 * @answer: on the loop, while the client is there
 */
void ohtd_late_act(struct ohtd_call *call, struct ohtd_late *late, uint32_t within_ms,
		   int (*act)(struct ohtd_late *late),
		   void (*answer)(struct ohtd_call *call, struct ohtd_late *late));

/*
 * The same in turns: @act does a step of some milliseconds and returns 1 while there is more to do. A turn is as many steps as begin
 * within 50 ms. Between two turns other work has its place in front of the next, and none begins when the client has left or the
 * deadline is over.
 */
void ohtd_late_turns(struct ohtd_call *call, struct ohtd_late *late, uint32_t within_ms,
		     int (*act)(struct ohtd_late *late),
		     void (*answer)(struct ohtd_call *call, struct ohtd_late *late));

/* ---- a long answer, written beside the loop ---- */

/* On a worker: memory of the job, zeroed, there until its end. Never NULL. */
void *ohtd_late_alloc(struct ohtd_late *late, size_t bytes);

/*
 * On a worker: writes the answer, which a loop would be held by for some milliseconds. @hint_bytes: how long
 * it will probably be. Memory of ohtd_late_alloc() is gone then.
 */
void ohtd_late_write_view(struct ohtd_late *late, const struct ohtd_shape *shape, const void *view,
			  size_t hint_bytes);

/* On the loop: sends what was written. @shape: as it was written by; one of route->replies, with that status. */
void ohtd_late_send(struct ohtd_call *call, struct ohtd_late *late, int status,
		    const struct ohtd_shape *shape);

/* ---- other threads ---- */

/*
 * The same on a thread for passwords. @address: who logs in, as for ohtd_checks_submit(); NULL:
 * somebody who is known.
 */
void ohtd_late_check(struct ohtd_call *call, struct ohtd_late *late, const char *address,
		     int (*act)(struct ohtd_late *late),
		     void (*answer)(struct ohtd_call *call, struct ohtd_late *late));

/*
 * The same on a worker with a read of the store; @work gets a connection and @late. Troubles of the store are
 * answered here, other negative results are for @answer.
 */
void ohtd_late_read(struct ohtd_call *call, struct ohtd_late *late, ohtd_store_work work,
		    void (*answer)(struct ohtd_call *call, struct ohtd_late *late));

/* The same with a write: no thread waits, and @answer is called when it is on the disk. */
void ohtd_late_write(struct ohtd_call *call, struct ohtd_late *late, ohtd_store_work work,
		     void (*answer)(struct ohtd_call *call, struct ohtd_late *late));

/*
 * On a thread that may wait: the write itself, for an act that does something else beforehand. ohtd_store_call() of @work with @late; of a
 * request with a key, both are one transaction.
 */
int ohtd_server_store_late(struct ohtd_late *late, ohtd_store_work work);

void ohtd_reply_store_problem(struct ohtd_call *call, int error);
/* The same of a question to the history: -ENOENT, its file is not open; -E2BIG, too many runs. */
void ohtd_reply_history_problem(struct ohtd_call *call, int error);

#endif /* OHTD_SERVER_LATE_H */
