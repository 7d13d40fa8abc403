// SPDX-License-Identifier: GPL-2.0-or-later
#include "server/late.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/crypto.h>

#include "base/clock.h"
#include "history/history.h"
#include "json/blocks.h"
#include "server/loop.h"

#define TURN_NS		(50 * OHTD_NS_PER_MS)

#define OF(pointer, member)	\
	((struct ohtd_late *)(void *)((char *)(pointer) - offsetof(struct ohtd_late, member)))

void ohtd_reply_store_problem(struct ohtd_call *call, int error)
{
	struct ohtd_store_problem problem = ohtd_store_problem(error);

	ohtd_reply_header(call, "retry-after", "2");
	ohtd_reply_problem(call, problem.status, problem.code, "%s", problem.detail);
}

void ohtd_reply_history_problem(struct ohtd_call *call, int error)
{
	if (error == -E2BIG) {
		ohtd_reply_problem(call, 422, "too_many_runs",
				   "more than %d runs of ohtd are in that time, or so many at once that their columns are more than %d",
				   OHTD_HISTORY_RUNS_MAX, OHTD_HISTORY_COLUMNS_MAX);
	} else if (error == -ENOENT) {
		struct ohtd_history_view view;

		ohtd_history_look(call->services->history, &view);
		ohtd_reply_header(call, "retry-after", "2");
		ohtd_reply_problem(call, 503, "unavailable", "%s", view.state == OHTD_STORE_OK ?
				   "the file of values is not open yet" :
				   "the file of values cannot be opened: line not_opened of the log says why");
	} else {
		ohtd_reply_store_problem(call, error);
	}
}

/* ---- memory of the job ---- */

void *ohtd_late_alloc(struct ohtd_late *late, size_t bytes)
{
	return ohtd_json_block_take(&late->blocks, bytes);
}

void ohtd_late_write_view(struct ohtd_late *late, const struct ohtd_shape *shape, const void *view,
			  size_t hint_bytes)
{
	ohtd_writer_begin(&late->text, &late->memory, hint_bytes);
	ohtd_write_shape(&late->text, shape, view);
	ohtd_json_blocks_free(&late->blocks, late->text.text);
}

void ohtd_late_send(struct ohtd_call *call, struct ohtd_late *late, int status,
		    const struct ohtd_shape *shape)
{
	void *block = late->blocks;

	late->blocks = NULL;
	ohtd_reply_written(call, status, shape, &late->text, block);
}

/* ---- the job ---- */

void *ohtd_late_make(struct ohtd_call *call, size_t bytes)
{
	struct ohtd_late *late = calloc(1, bytes);

	if (!late) {
		ohtd_reply_problem(call, 500, "out_of_memory", "out of memory");
		return NULL;
	}
	late->bytes = bytes;
	if (call->key.atomic)
		memcpy(late->key, call->key.name, sizeof(late->key));
	late->memory = (struct ohtd_memory){ .take = ohtd_json_block_take, .from = &late->blocks };
	late->store = call->services->store;
	late->work.owner = ohtd_principal_tag(&call->who);
	return late;
}

/* ---- places ---- */

/* On any thread. */
static void give_place_back(struct ohtd_late *late)
{
	struct ohtd_places *places = late->places;

	if (!places)
		return;
	pthread_mutex_lock(&places->lock);
	for (unsigned int i = 0; i < places->count; i++)
		if (places->late[i] == late)
			places->late[i] = NULL;
	pthread_mutex_unlock(&places->lock);
	late->places = NULL;
}

/* Held: lock. NULL: none is free, or the account has one. */
static const struct ohtd_late **find_place(struct ohtd_places *places, uint64_t account)
{
	const struct ohtd_late **found = NULL;

	for (unsigned int i = 0; i < places->count; i++) {
		if (!places->late[i])
			found = &places->late[i];
		else if (places->late[i]->work.owner == account)
			return NULL;
	}
	return found;
}

bool ohtd_late_take_place(struct ohtd_call *call, struct ohtd_late *late, struct ohtd_places *places)
{
	const struct ohtd_late **place;

	pthread_mutex_lock(&places->lock);
	place = find_place(places, late->work.owner);
	if (place) {
		*place = late;
		late->places = places;
	}
	pthread_mutex_unlock(&places->lock);
	if (place)
		return true;
	ohtd_reply_header(call, "retry-after", "2");
	ohtd_reply_problem(call, 503, "busy", "%s", places->refusal);
	return false;
}

/* ---- the end of the job ---- */

void ohtd_late_drop(struct ohtd_late *late)
{
	give_place_back(late);
	if (late->release)
		late->release(late);
	ohtd_json_blocks_free(&late->blocks, NULL);
	OPENSSL_cleanse(late, late->bytes);
	free(late);
}

static bool is_trouble(const struct ohtd_late *late)
{
	return late->result == -ESHUTDOWN || (late->result < 0 && ohtd_store_state_of(late->result));
}

static void begin_turn(struct ohtd_late *late, struct ohtd_call *call);

/* Its work is done in turns, and there is more to do. */
static bool goes_on(const struct ohtd_late *late)
{
	return late->turns_until_ms && late->result > 0;
}

/* h2o reads nothing while a request is under way, so it does not see the end of the connection. */
static bool has_left(const struct ohtd_call *call)
{
	struct pollfd end = { .fd = h2o_socket_get_fd(call->conn->sock), .events = POLLRDHUP };

	return poll(&end, 1, 0) > 0;
}

/* On the loop. */
static void finish(struct ohtd_pending *pending)
{
	struct ohtd_late *late = OF(pending, pending);

	if (goes_on(late) && pending->call && !has_left(pending->call)) {
		begin_turn(late, pending->call);
		return;
	}
	if (late->job.work)
		late->pending.loop->writes--;
	give_place_back(late);
	if (late->settle)
		late->settle(late);
	if (pending->call && goes_on(late))
		ohtd_reply_problem(pending->call, 503, "unavailable",
				   "the client closed its side before the answer was there");
	else if (pending->call && is_trouble(late))
		ohtd_reply_store_problem(pending->call, late->result);
	else if (pending->call)
		late->answer(pending->call, late);
	ohtd_late_drop(late);
}

static int begin(struct ohtd_call *call, struct ohtd_late *late, uint32_t within_ms,
		 void (*answer)(struct ohtd_call *call, struct ohtd_late *late))
{
	late->answer = answer;
	if (!ohtd_pending_begin(&late->pending, call, within_ms, finish))
		return 0;
	ohtd_late_drop(late);
	ohtd_reply_problem(call, 500, "out_of_memory", "out of memory");
	return -1;
}

/* No place was free: nothing has been begun. */
static void refuse(struct ohtd_call *call, struct ohtd_late *late, int error)
{
	ohtd_pending_abandon(&late->pending);
	ohtd_late_drop(late);
	ohtd_reply_not_submitted(call, error);
}

static void submit(struct ohtd_call *call, struct ohtd_late *late)
{
	int r = ohtd_call_submit(call, &late->work);

	if (r)
		refuse(call, late, r);
}

/* ---- on a worker ---- */

static void run_work(struct ohtd_work *work, bool dropped)
{
	struct ohtd_late *late = OF(work, work);

	const uint64_t until_ns = ohtd_monotonic_ns() + TURN_NS;

	do
		late->result = dropped ? -ESHUTDOWN : late->act(late);
	while (goes_on(late) && ohtd_monotonic_ns() < until_ns);
	ohtd_pending_post(&late->pending);
}

void ohtd_late_act(struct ohtd_call *call, struct ohtd_late *late, uint32_t within_ms,
		   int (*act)(struct ohtd_late *late),
		   void (*answer)(struct ohtd_call *call, struct ohtd_late *late))
{
	late->act = act;
	late->work.run = run_work;
	if (!begin(call, late, within_ms, answer))
		submit(call, late);
}

/* The job goes on, or has been answered and is gone. */
static void begin_turn(struct ohtd_late *late, struct ohtd_call *call)
{
	uint64_t now_ms = h2o_now(call->loop->ctx.loop);
	uint64_t left_ms = late->turns_until_ms > now_ms ? late->turns_until_ms - now_ms : 0;

	memset(&late->pending, 0, sizeof(late->pending));
	if (!begin(call, late, (uint32_t)left_ms, late->answer))
		submit(call, late);
}

void ohtd_late_turns(struct ohtd_call *call, struct ohtd_late *late, uint32_t within_ms,
		     int (*act)(struct ohtd_late *late),
		     void (*answer)(struct ohtd_call *call, struct ohtd_late *late))
{
	late->turns_until_ms = h2o_now(call->loop->ctx.loop) + within_ms;
	ohtd_late_act(call, late, within_ms, act, answer);
}

static int read_store(struct ohtd_late *late)
{
	return ohtd_store_read(late->store, late->read, late);
}

void ohtd_late_read(struct ohtd_call *call, struct ohtd_late *late, ohtd_store_work work,
		    void (*answer)(struct ohtd_call *call, struct ohtd_late *late))
{
	late->read = work;
	ohtd_late_act(call, late, OHTD_LATE_MS, read_store, answer);
}

/* ---- on a thread for passwords ---- */

static void run_check(struct ohtd_check *check, bool dropped)
{
	struct ohtd_late *late = OF(check, check);

	late->result = dropped ? -ESHUTDOWN : late->act(late);
	ohtd_pending_post(&late->pending);
}

/* A log-in from where the account has logged in before goes before those of strangers, as long as that address has places for it. */
static int submit_login(struct ohtd_checks *checks, struct ohtd_late *late, const char *address)
{
	int r = late->familiar ? ohtd_auth_checks_submit_familiar(checks, &late->check, address) : -EAGAIN;

	return r == -EAGAIN || r == -EDQUOT ? ohtd_checks_submit(checks, &late->check, address) : r;
}

void ohtd_late_check(struct ohtd_call *call, struct ohtd_late *late, const char *address,
		     int (*act)(struct ohtd_late *late),
		     void (*answer)(struct ohtd_call *call, struct ohtd_late *late))
{
	int r;

	late->act = act;
	late->check.run = run_check;
	if (begin(call, late, OHTD_LATE_CHECK_MS, answer))
		return;
	r = address ? submit_login(call->services->checks, late, address) :
		      ohtd_checks_submit_known(call->services->checks, &late->check, late->work.owner);
	if (r)
		refuse(call, late, r);
}

/* ---- on the store's thread ---- */

/* A request with a key: its act and the note that it was done are on the disk together, or neither is. */
static int write_keyed(struct ohtd_db *db, void *arg)
{
	struct ohtd_late *late = arg;
	int noted, r = late->write(db, late);

	if (r < 0 || !*late->key)
		return r;
	noted = ohtd_server_request_key_done(db, late->key);
	return noted ? noted : r;
}

int ohtd_server_store_late(struct ohtd_late *late, ohtd_store_work work)
{
	late->write = work;
	return ohtd_store_call(late->store, write_keyed, late);
}

static void is_written(struct ohtd_store_job *job)
{
	struct ohtd_late *late = OF(job, job);

	late->result = job->result;
	ohtd_pending_post(&late->pending);
}

void ohtd_late_write(struct ohtd_call *call, struct ohtd_late *late, ohtd_store_work work,
		     void (*answer)(struct ohtd_call *call, struct ohtd_late *late))
{
	int r;

	late->write = work;
	late->job = (struct ohtd_store_job){ .work = write_keyed, .arg = late, .done = is_written };
	if (begin(call, late, OHTD_LATE_MS, answer))
		return;
	call->loop->writes++;
	r = ohtd_store_submit(late->store, &late->job);
	if (!r)
		return;
	call->loop->writes--;
	ohtd_pending_abandon(&late->pending);
	ohtd_late_drop(late);
	ohtd_reply_store_problem(call, r);
}
