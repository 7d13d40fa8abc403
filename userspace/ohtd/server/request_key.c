// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Requests with an Idempotency-Key. The store has the key before the act begins, and the answer before the client does, so that a client
 * that got no answer sends the same again and gets it. A refusal gives the key back.
 */
#include <stdlib.h>
#include <string.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include "auth/principal.h"
#include "base/clock.h"
#include "common/tree.h"
#include "server/late.h"
#include "server/loop.h"

#define HEADER		"idempotency-key"
#define KEY_BYTES_MIN	16
#define KEY_BYTES_MAX	128

/* Of this run of the daemon; another one's is another number. */
static int64_t own_run(void)
{
	static _Atomic int64_t run;
	int64_t none = 0, made = 0;

	if (run)
		return run;
	/* Without chance each key of before counts as under way: nothing is done twice. */
	if (RAND_bytes((unsigned char *)&made, sizeof(made)) != 1 || !made)
		made = 1;
	atomic_compare_exchange_strong(&run, &none, made);
	return run;
}

/* ---- what is asked for ---- */

/* The key without the quotation marks that it may have; NULL: it is not one. */
static const char *read_key(struct ohtd_call *call)
{
	const char *sent = ohtd_call_header(call, HEADER);
	size_t n = sent ? strlen(sent) : 0;
	char *key;

	if (n >= 2 && sent[0] == '"' && sent[n - 1] == '"') {
		sent++;
		n -= 2;
	}
	if (n < KEY_BYTES_MIN || n > KEY_BYTES_MAX)
		return NULL;
	for (size_t i = 0; i < n; i++)
		if (sent[i] <= ' ' || sent[i] > '~' || sent[i] == '"' || sent[i] == '\\')
			return NULL;
	key = ohtd_call_alloc(call, n + 1);
	memcpy(key, sent, n);
	return key;
}

static bool name_key(struct ohtd_call *call, const char *key, struct ohtd_server_request_key *row)
{
	const char *text = ohtd_call_text_of(call, "%llu %s", (unsigned long long)row->tag, key);
	struct oht_hash hash;

	if (EVP_Digest(text, strlen(text), hash.bytes, NULL, EVP_sha256(), NULL) != 1)
		return false;
	oht_hash_text(&hash, row->name);
	return true;
}

/* Method, path, query, If-Match and body. The key is not stored, so that nobody who reads the database can guess at a body. */
static bool print_request(struct ohtd_call *call, const char *key, struct ohtd_server_request_key *row)
{
	const h2o_req_t *req = call->req;
	const char *match = ohtd_call_header(call, "if-match");
	const char *head = ohtd_call_text_of(call, "%s %zu %s\n", match ? match : "", req->path.len, call->route->path);
	size_t head_bytes = strlen(head), bytes = head_bytes + req->path.len + req->entity.len;
	unsigned char *text = ohtd_call_alloc(call, bytes);
	struct oht_hash hash;
	bool good;

	memcpy(text, head, head_bytes);
	memcpy(text + head_bytes, req->path.base, req->path.len);
	if (req->entity.len)
		memcpy(text + head_bytes + req->path.len, req->entity.base, req->entity.len);
	good = HMAC(EVP_sha256(), key, (int)strlen(key), text, bytes, hash.bytes, NULL);
	OPENSSL_cleanse(text, bytes);
	if (good)
		oht_hash_text(&hash, row->print);
	return good;
}

/* ---- the key is taken ---- */

struct take_late {
	struct ohtd_late late;
	struct ohtd_clock *clock;
	struct ohtd_server_request_key row;
	bool atomic;
};

/*
 * Time of keys: boot time that goes on from the newest key of the run before. A key that is dropped early is an act that may be done twice, and
 * the time of day can be set forward by any time. What passes without a daemon does not count: a key is kept longer for that. Of the store's
 * thread alone.
 */
static int key_time_ns(struct ohtd_db *db, struct ohtd_clock *clock, int64_t *time_ns)
{
	static int64_t begun_ns;
	static bool begun;
	const int64_t boot_ns = (int64_t)ohtd_clock_boottime_ns(clock);
	int64_t newest_ns;
	int r;

	if (!begun) {
		r = ohtd_server_request_keys_newest(db, &newest_ns);
		if (r)
			return r;
		begun_ns = newest_ns - boot_ns;
		begun = true;
	}
	*time_ns = begun_ns + boot_ns;
	return 0;
}

static int work_take(struct ohtd_db *db, void *arg)
{
	struct take_late *job = arg;
	int r = key_time_ns(db, job->clock, &job->row.made_ns);

	return r ? r : ohtd_server_request_key_take(db, &job->row, job->atomic);
}

static void begin_act(struct ohtd_call *call, const struct take_late *job)
{
	memcpy(call->key.name, job->row.name, sizeof(call->key.name));
	call->key.atomic = job->atomic;
	if (!ohtd_audited_prepare(call))
		call->route->handle(call);
}

/* The audit has it from the first time. */
static void reply_again(struct ohtd_call *call, const struct ohtd_server_request_key *row)
{
	call->recorded = true;
	ohtd_reply_header(call, "idempotency-replayed", "true");
	if (*row->etag)
		ohtd_reply_header(call, "etag", row->etag);
	if (*row->body)
		ohtd_reply_data(call, (int)row->status, "application/json", row->body, strlen(row->body));
	else
		ohtd_reply_empty(call, (int)row->status);
}

static void answer_take(struct ohtd_call *call, struct ohtd_late *late)
{
	const struct take_late *job = (const struct take_late *)late;

	switch (late->result) {
	case OHTD_SERVER_REQUEST_KEY_NEW:
		begin_act(call, job);
		break;
	case OHTD_SERVER_REQUEST_KEY_AGAIN:
		reply_again(call, &job->row);
		break;
	case OHTD_SERVER_REQUEST_KEY_RUNS:
		ohtd_reply_header(call, "retry-after", "2");
		ohtd_reply_problem(call, 409, "request_key_runs", "the first request with this key is under way");
		break;
	case OHTD_SERVER_REQUEST_KEY_OTHER:
		ohtd_reply_problem(call, 422, "request_key_reused", "another request had this key: path, query, If-Match and body must be the same");
		break;
	case OHTD_SERVER_REQUEST_KEY_LOST:
		ohtd_reply_problem(call, 409, "request_key_lost", job->row.state == OHTD_SERVER_REQUEST_KEY_DONE ?
				   "it was done, and its answer was not kept" : "it is not known whether it was done");
		break;
	default:
		ohtd_reply_store_problem(call, late->result);
	}
}

bool ohtd_server_key_take(struct ohtd_call *call)
{
	struct take_late *job;
	const char *key;

	if (!(call->route->flags & OHTD_ROUTE_KEYED) || !ohtd_call_has_header(call, HEADER))
		return true;
	key = read_key(call);
	if (!key) {
		ohtd_reply_problem(call, 400, "request_key_invalid", "Idempotency-Key must have %d to %d visible characters, once",
				   KEY_BYTES_MIN, KEY_BYTES_MAX);
		return false;
	}
	job = ohtd_late_make(call, sizeof(*job));
	if (!job)
		return false;
	job->atomic = call->route->flags & OHTD_ROUTE_ATOMIC;
	job->row.tag = ohtd_principal_tag(&call->who);
	job->clock = call->services->clock;
	job->row.run = own_run();
	if (name_key(call, key, &job->row) && print_request(call, key, &job->row)) {
		ohtd_late_write(call, &job->late, work_take, answer_take);
		return false;
	}
	ohtd_late_drop(&job->late);
	ohtd_reply_problem(call, 500, "out_of_memory", "out of memory");
	return false;
}

/* ---- the answer is kept ---- */

struct kept_answer {
	struct ohtd_pending pending;
	struct ohtd_store_job job;
	struct ohtd_server_request_key row;
	const char *data;
	size_t bytes;
};

static int work_answer(struct ohtd_db *db, void *arg)
{
	return ohtd_server_request_key_answer(db, arg);
}

static void is_kept(struct ohtd_store_job *job)
{
	struct kept_answer *kept = (struct kept_answer *)(void *)((char *)job - offsetof(struct kept_answer, job));

	ohtd_pending_post(&kept->pending);
}

/* Also when the store could not keep it: the act is done, and a second request says that the answer is lost. */
static void send_kept(struct ohtd_pending *pending)
{
	struct kept_answer *kept = (struct kept_answer *)pending;

	pending->loop->writes--;
	if (pending->call)
		ohtd_server_reply_kept(pending->call, (int)kept->row.status, kept->data, kept->bytes);
	OPENSSL_cleanse(kept, sizeof(*kept));
	free(kept);
}

static void fill_answer(struct ohtd_call *call, struct kept_answer *kept, int status, const char *data, size_t bytes)
{
	const h2o_headers_t *headers = &call->req->res.headers;
	ssize_t i = h2o_find_header_by_str(headers, "etag", strlen("etag"), -1);

	memcpy(kept->row.name, call->key.name, sizeof(kept->row.name));
	kept->row.status = status;
	kept->data = data;
	kept->bytes = bytes;
	memcpy(kept->row.body, data, bytes);
	if (i >= 0)
		snprintf(kept->row.etag, sizeof(kept->row.etag), "%.*s", (int)headers->entries[i].value.len, headers->entries[i].value.base);
}

static bool keep(struct ohtd_call *call, int status, const char *data, size_t bytes)
{
	struct kept_answer *kept = calloc(1, sizeof(*kept));

	if (!kept)
		return false;
	fill_answer(call, kept, status, data, bytes);
	kept->job = (struct ohtd_store_job){ .work = work_answer, .arg = &kept->row, .done = is_kept };
	if (ohtd_pending_begin(&kept->pending, call, OHTD_LATE_MS, send_kept)) {
		free(kept);
		return false;
	}
	call->loop->writes++;
	if (!ohtd_store_submit(call->services->store, &kept->job))
		return true;
	call->loop->writes--;
	ohtd_pending_abandon(&kept->pending);
	free(kept);
	return false;
}

/* ---- there is no answer to keep ---- */

struct note {
	struct ohtd_store_job job;
	char name[OHTD_SERVER_REQUEST_KEY_NAME_BYTES];
};

static int work_done(struct ohtd_db *db, void *arg)
{
	return ohtd_server_request_key_done(db, arg);
}

static int work_forget(struct ohtd_db *db, void *arg)
{
	return ohtd_server_request_key_forget(db, arg);
}

static int work_lose(struct ohtd_db *db, void *arg)
{
	return ohtd_server_request_key_lose(db, arg);
}

static void noted(struct ohtd_store_job *job)
{
	free(job);
}

/* Nothing waits for it: the store does it before it takes the key once more. */
static void submit_note(struct ohtd_call *call, ohtd_store_work work)
{
	struct note *note = calloc(1, sizeof(*note));

	if (!note)
		return;
	memcpy(note->name, call->key.name, sizeof(note->name));
	note->job = (struct ohtd_store_job){ .work = work, .arg = note->name, .done = noted };
	if (ohtd_store_submit(call->services->store, &note->job))
		free(note);
}

/*
 * Each of these refusals says that nothing was done, and that nothing will be. The store answers with storage_hung what it has not begun
 * and takes it out of its queue; a job that it has begun has a result, or is 504 for the client. What fails in it is rolled back.
 * A version of the configuration that was kept and could not be taken back is 504, too.
 */
static bool is_undone(int status)
{
	return status < 500 || status == 503 || status == 507;
}

bool ohtd_server_key_answer(struct ohtd_call *call, int status, const char *data, size_t bytes)
{
	if (!*call->key.name || call->key.ended)
		return false;
	call->key.ended = true;
	if (status < 400 && bytes < OHTD_SERVER_REQUEST_KEY_BODY_BYTES)
		return keep(call, status, data, bytes);
	if (status < 400)
		submit_note(call, work_done);
	else
		submit_note(call, is_undone(status) ? work_forget : work_lose);
	return false;
}

void ohtd_server_key_drop(struct ohtd_call *call)
{
	if (*call->key.name && !call->key.ended)
		submit_note(call, work_lose);
}
