/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what is kept about requests with an Idempotency-Key, and about their answers.
 * Contexts: the thread that owns the database handle; elsewhere through ohtd_store_submit() and ohtd_store_call().
 * Locks:    none.
 */
#ifndef OHTD_SERVER_REQUEST_KEY_ROWS_H
#define OHTD_SERVER_REQUEST_KEY_ROWS_H

#include <stdbool.h>
#include <stdint.h>

struct ohtd_db;

#define OHTD_SERVER_REQUEST_KEY_NAME_BYTES	65	/* 64 hexadecimal digits, NUL */
#define OHTD_SERVER_REQUEST_KEY_ETAG_BYTES	32
/* A longer answer is not kept. */
#define OHTD_SERVER_REQUEST_KEY_BODY_BYTES	16384
/* So many keys are kept, and so many of each account; the oldest go. */
#define OHTD_SERVER_REQUEST_KEYS_MAX		10000
#define OHTD_SERVER_REQUEST_KEYS_OF_ACCOUNT	1000
#define OHTD_SERVER_REQUEST_KEY_NS		(24 * 3600 * INT64_C(1000000000))

enum ohtd_server_request_key_state {
	OHTD_SERVER_REQUEST_KEY_BEGUN,
	OHTD_SERVER_REQUEST_KEY_DONE,		/* its answer is not kept, or not yet */
	OHTD_SERVER_REQUEST_KEY_ANSWERED,
	OHTD_SERVER_REQUEST_KEY_UNKNOWN,		/* whether it was done */
};

/**
 * struct ohtd_server_request_key - a request with a key
 * @name: hash of account and key
 * @tag: who asks, ohtd_principal_tag()
 * @print: hash of the request
 * @made_ns: time of keys, which goes on in each run from the newest key and is moved by no clock that is set
 * @run: of the daemon that began it
 * @state: enum ohtd_server_request_key_state
 * @status: ANSWERED: status of the answer
 * @etag: the same: its header ETag, or ""
 * @body: the same: its JSON, or ""
 */
struct ohtd_server_request_key {
	char name[OHTD_SERVER_REQUEST_KEY_NAME_BYTES];
	uint64_t tag;
	char print[OHTD_SERVER_REQUEST_KEY_NAME_BYTES];
	int64_t made_ns;
	int64_t run;
	int64_t state;
	int64_t status;
	char etag[OHTD_SERVER_REQUEST_KEY_ETAG_BYTES];
	char body[OHTD_SERVER_REQUEST_KEY_BODY_BYTES];
};

enum ohtd_server_request_key_found {
	OHTD_SERVER_REQUEST_KEY_NEW,	/* it is kept now: do what is asked for */
	OHTD_SERVER_REQUEST_KEY_AGAIN,	/* the row has the answer */
	OHTD_SERVER_REQUEST_KEY_RUNS,	/* the same request is under way */
	OHTD_SERVER_REQUEST_KEY_OTHER,	/* another request had that key */
	OHTD_SERVER_REQUEST_KEY_LOST,	/* there is no answer: DONE or UNKNOWN of the row */
};

/* @made_ns is that of the newest key, 0: there is none. 0 or a negative errno. */
int ohtd_server_request_keys_newest(struct ohtd_db *db, int64_t *made_ns);

/**
 * ohtd_server_request_key_take() - take a key, or find what became of it
 * @db: the database
 * @key: @name, @tag, @print, @made_ns (now) and @run are set; the row of an earlier request is filled
 * @atomic: an act and its key are one transaction: what a run of before has begun was not done
 *
 * Return: enum ohtd_server_request_key_found, or a negative errno.
 */
int ohtd_server_request_key_take(struct ohtd_db *db, struct ohtd_server_request_key *key, bool atomic);

/* In the transaction of the act. 0 or a negative errno, like the next three. */
int ohtd_server_request_key_done(struct ohtd_db *db, const char *name);
/* @key->name, @status, @etag and @body are set. */
int ohtd_server_request_key_answer(struct ohtd_db *db, struct ohtd_server_request_key *key);
/* Nothing was done: the key may be used again. */
int ohtd_server_request_key_forget(struct ohtd_db *db, const char *name);
/* It is not known whether it was, or will be, done. */
int ohtd_server_request_key_lose(struct ohtd_db *db, const char *name);

#endif /* OHTD_SERVER_REQUEST_KEY_ROWS_H */
