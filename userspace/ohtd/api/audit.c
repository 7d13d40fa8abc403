// SPDX-License-Identifier: GPL-2.0-or-later
/* audit: who changed what, or tried to; its checkpoint, the key of it, and proofs of consistency. */
#include "api/api.h"
#include "server/call.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "audit/audit.h"
#include "lists/stored_list.h"
#include "server/late.h"

/* More than ever come together. */
#define RECORDS_MAX	1000000000000000
#define TYPE_TEXT	"text/plain; charset=utf-8"

/* ---- the list ---- */

struct audit_record {
	int64_t number;
	int64_t time;
	const char *boot_id;
	const char *who;
	const char *act;
	const char *words;
	const char *object;
	const char *before;
	const char *after;
	const char *result;
	const char *from;
	const char *request_id;
	const char *leaf;
};

OHTD_SHAPE(audit_record, "AuditRecord",
	OHTD_INTEGER(audit_record, number, .summary = "Number, from 1 on; place in the tree"),
	OHTD_TIME(audit_record, time, .summary = "When it was answered"),
	OHTD_TEXT(audit_record, boot_id, .summary = "Boot of the computer that it is of"),
	OHTD_TEXT(audit_record, who, .flags = OHTD_NULL, .example = "\"anna\"",
		  .summary = "Name of the account, uid N over the local socket, ohtd; null: nobody had logged in"),
	OHTD_TEXT(audit_record, act, .example = "\"PATCH config\"", .summary = "Method and path of the route, or a word"),
	OHTD_TEXT(audit_record, words, .example = "\"changed the configuration\"", .summary = "The act for people"),
	OHTD_TEXT(audit_record, object, .flags = OHTD_NULL, .example = "\"version 7\"",
		  .summary = "What was to be changed; null: nothing more than the act says"),
	OHTD_TEXT(audit_record, before, .flags = OHTD_NULL,
		  .summary = "JSON; null: not told"),
	OHTD_TEXT(audit_record, after, .flags = OHTD_NULL,
		  .summary = "JSON: what was asked for, without what is secret, or what has changed; null: nothing"),
	OHTD_TEXT(audit_record, result, .example = "\"403 role\"",
		  .summary = "Status of HTTP and, of a refusal, its code"),
	OHTD_TEXT(audit_record, from, .flags = OHTD_NULL, .summary = "Address of the client, or local; null: none"),
	OHTD_TEXT(audit_record, request_id, .flags = OHTD_NULL, .summary = "Id of the request; null: none"),
	OHTD_TEXT(audit_record, leaf, .summary = "Hash in the tree, hexadecimal, as it was kept"));

static const char *or_null(const char *text)
{
	return *text ? text : NULL;
}

static void show_record(struct ohtd_call *call, const void *row, void *item)
{
	const struct ohtd_audit_row *from = row;
	char words[OHTD_ACT_TEXT_BYTES];

	if (!ohtd_act_text(from->act, !ohtd_audit_is_refused(from), words))
		snprintf(words, sizeof(words), "%s", from->act);
	*(struct audit_record *)item = (struct audit_record){
		.number = from->number, .time = from->time_ns, .boot_id = from->boot,
		.who = or_null(from->who),
		.act = from->act, .words = ohtd_call_text_of(call, "%s", words), .object = or_null(from->object),
		.before = or_null(from->before), .after = or_null(from->after), .result = from->result,
		.from = or_null(from->source), .request_id = or_null(from->request_id), .leaf = from->leaf,
	};
}

static const char *const sorts[] = { "-number", "number" };
OHTD_WORDS_OF(sort_words, sorts);

struct audit_query {
	struct ohtd_page page;
	int64_t sort;
	const char *who;
	const char *act;
	const char *object;
	const char *result;
	const char *address;
	const char *from;
	const char *to;
	const char *text;
};

OHTD_SHAPE(audit_query, "AuditQuery",
	OHTD_PART(audit_query, page, ohtd_page),
	OHTD_SORT(audit_query, sort_words),
	OHTD_FILTER(audit_query, who, "Only records of this account, uid N, or ohtd"),
	OHTD_FILTER(audit_query, act, "Only this act, as PATCH config"),
	OHTD_FILTER(audit_query, object, "Only about this object"),
	OHTD_FILTER(audit_query, result, "Only this result, as 403 role"),
	OHTD_FILTER(audit_query, address, "Only from this address, or local"),
	OHTD_FILTER(audit_query, from, "Only from this time on, as 2026-07-30T12:00:00Z"),
	OHTD_FILTER(audit_query, to, "Only before this time"),
	OHTD_FILTER(audit_query, text, "Only records with this anywhere in who, act, object, before, after or result"));

OHTD_LIST_ANSWER(audit_list, "AuditList", audit_record, "The newest first, unless sorted otherwise");

static const struct ohtd_stored_list kept_audit = { .row = &ohtd_kept_audit, .show = show_record };

/* ---- the checkpoint: anybody may be a witness, since it tells no record ---- */

struct head_late {
	struct ohtd_late late;
	struct ohtd_audit *audit;
	char note[OHT_CHECKPOINT_BYTES];
};

static int read_head(struct ohtd_late *late)
{
	struct head_late *job = (struct head_late *)late;

	return ohtd_audit_head(job->audit, job->note);
}

static void reply_head(struct ohtd_call *call, struct ohtd_late *late)
{
	const struct head_late *job = (const struct head_late *)late;

	if (late->result < 0)
		ohtd_reply_store_problem(call, late->result);
	else
		ohtd_reply_data(call, 200, TYPE_TEXT, job->note, strlen(job->note));
}

static void get_head(struct ohtd_call *call)
{
	struct head_late *job = ohtd_late_make(call, sizeof(*job));

	if (!job)
		return;
	job->audit = call->services->audit;
	ohtd_late_act(call, &job->late, OHTD_LATE_MS, read_head, reply_head);
}

/* ---- the key ---- */

struct audit_key {
	const char *origin;
	const char *verifier;
};

OHTD_SHAPE(audit_key, "AuditKey",
	OHTD_TEXT(audit_key, origin, .example = "\"oht/0f1e2d3c4b5a6978/audit\"",
		  .summary = "First line of each checkpoint, and name of the key"),
	OHTD_TEXT(audit_key, verifier, .summary = "The public key as signed-note (C2SP) has it: name+hash+key"));

static void get_key(struct ohtd_call *call)
{
	const struct ohtd_audit *audit = call->services->audit;

	OHTD_REPLY(call, 200, audit_key, (&(struct audit_key){
		ohtd_audit_origin(audit), ohtd_audit_verifier(audit),
	}));
}

/* ---- proofs ---- */

struct proof_query {
	int64_t from;
	int64_t to;
};

OHTD_SHAPE(proof_query, "AuditProofQuery",
	OHTD_INTEGER(proof_query, from, .flags = OHTD_NEEDED, .min = 1, .max = RECORDS_MAX,
		     .summary = "Records of the older tree"),
	OHTD_INTEGER(proof_query, to, .flags = OHTD_NEEDED, .min = 1, .max = RECORDS_MAX,
		     .summary = "Records of the newer tree"));

struct audit_proof {
	uint64_t from;
	uint64_t to;
	const char *from_root;
	const char *to_root;
	const char *const *hashes;
	size_t hashes_count;
	uint64_t removed;
	const char *const *removed_edge;
	size_t removed_edge_count;
	const char *removed_checkpoint;
};

OHTD_SHAPE(audit_proof, "AuditProof",
	OHTD_INTEGER(audit_proof, from, .summary = "Records of the older tree"),
	OHTD_INTEGER(audit_proof, to, .summary = "Records of the newer tree"),
	OHTD_TEXT(audit_proof, from_root, .summary = "Root of the older tree, hexadecimal, as the robot has it"),
	OHTD_TEXT(audit_proof, to_root, .summary = "Root of the newer tree"),
	OHTD_TEXTS(audit_proof, hashes, .summary = "The consistency proof of RFC 6962, hexadecimal"),
	OHTD_INTEGER(audit_proof, removed, .summary = "So many records were removed from the beginning since they were too old"),
	OHTD_TEXTS(audit_proof, removed_edge,
		   .summary = "Roots of the perfect subtrees of those, the largest first"),
	OHTD_TEXT(audit_proof, removed_checkpoint, .flags = OHTD_NULL,
		  .summary = "Their signed checkpoint, of the origin with /removed behind it; null: none were removed"));

struct proof_late {
	struct ohtd_late late;
	struct ohtd_audit *audit;
	struct ohtd_audit_proof proof;
};

static int make_proof(struct ohtd_late *late)
{
	struct proof_late *job = (struct proof_late *)late;

	return ohtd_audit_prove(job->audit, &job->proof);
}

static const char *text_of(struct ohtd_call *call, const struct oht_hash *hash)
{
	char *text = ohtd_call_alloc(call, OHT_HASH_HEX_BYTES);

	oht_hash_text(hash, text);
	return text;
}

static const char *const *texts_of(struct ohtd_call *call, const struct oht_hash *hashes, size_t count)
{
	const char **texts = ohtd_call_alloc(call, count * sizeof(*texts) + 1);

	for (size_t i = 0; i < count; i++)
		texts[i] = text_of(call, &hashes[i]);
	return texts;
}

static void reply_proof(struct ohtd_call *call, struct ohtd_late *late)
{
	const struct proof_late *job = (const struct proof_late *)late;
	const struct ohtd_audit_proof *proof = &job->proof;
	size_t edge = oht_tree_edge(proof->removed.size);

	if (late->result == -ERANGE) {
		ohtd_reply_problem(call, 409, "audit_no_proof", "there are no trees of %llu and %llu records, in this order",
				   (unsigned long long)proof->from, (unsigned long long)proof->to);
		return;
	}
	if (late->result == -EBUSY) {
		ohtd_reply_header(call, "retry-after", "1");
		ohtd_reply_problem(call, 503, "busy", "another proof is under way, try again");
		return;
	}
	if (late->result == -ENOENT) {
		ohtd_reply_problem(call, 409, "audit_removed", "the first %llu records are among those that were removed "
				   "since they were too old", (unsigned long long)proof->from);
		return;
	}
	if (late->result < 0) {
		ohtd_reply_store_problem(call, late->result);
		return;
	}
	OHTD_REPLY(call, 200, audit_proof, (&(struct audit_proof){
		.from = proof->from, .to = proof->to,
		.from_root = text_of(call, &proof->from_root), .to_root = text_of(call, &proof->to_root),
		.hashes = texts_of(call, proof->hashes, proof->count), .hashes_count = proof->count,
		.removed = proof->removed.size,
		.removed_edge = texts_of(call, proof->removed.edge, edge), .removed_edge_count = edge,
		.removed_checkpoint = or_null(proof->removed_note),
	}));
}

static void get_proof(struct ohtd_call *call)
{
	struct proof_late *job = ohtd_late_make(call, sizeof(*job));

	if (!job)
		return;
	job->audit = call->services->audit;
	job->proof.from = (uint64_t)OHTD_QUERY(call, proof_query)->from;
	job->proof.to = (uint64_t)OHTD_QUERY(call, proof_query)->to;
	ohtd_late_act(call, &job->late, OHTD_LATE_MS, make_proof, reply_proof);
}

static const struct ohtd_route routes[] = {
	{
		.method = OHTD_GET, .path = "audit", .role = OHTD_ROLE_ADMINISTRATOR,
		.flags = OHTD_ROUTE_STORE, .query = &audit_query_shape,
		.replies = { { 200, &audit_list_shape } },
		.handle = ohtd_stored_list_get, .list = &kept_audit,
		.summary = "Changes, and attempts that were refused",
		.text = "Each record is a leaf of a tree; docs/audit.md has its form.",
	}, {
		.method = OHTD_GET, .path = "audit/head", .role = OHTD_ROLE_VIEWER,
		.flags = OHTD_ROUTE_STORE,
		.replies = { { 200, NULL, "text/plain" } },
		.handle = get_head,
		.summary = "Signed checkpoint of all records, in the form of C2SP",
	}, {
		.method = OHTD_GET, .path = "audit/key", .role = OHTD_ROLE_VIEWER,
		.replies = { { 200, &audit_key_shape } },
		.handle = get_key,
		.summary = "Public key of the checkpoints",
	}, {
		.method = OHTD_GET, .path = "audit/proof", .role = OHTD_ROLE_VIEWER,
		.flags = OHTD_ROUTE_STORE, .query = &proof_query_shape,
		.replies = { { 200, &audit_proof_shape } },
		.problems = { "audit_no_proof", "audit_removed", "busy" },
		.handle = get_proof,
		.summary = "Proof that the records of an older checkpoint are the beginning of a newer one",
	},
};

OHTD_ROUTE_TABLE(ohtd_audit_routes, "Audit", routes);
