// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ohtctl audit: who changed what; and this computer as a witness. It keeps the newest checkpoint that it has seen of each robot,
 * and each new one must be proven to go on from there before it takes that one's place.
 */
#include "cmd.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/checkpoint.h"
#include "common/tree.h"
#include "cli.h"
#include "client.h"
#include "keep.h"
#include "show_answer.h"
#include "span.h"

#define NAME_BYTES	200
#define FILE_BYTES	256
#define VERSION		"oht-audit-1"
#define FAULTS_TOLD	20
#define DAY_S		86400
#define SILENT_DAYS	7	/* without a proof; then a person is told */

static const struct show_column columns[] = {
	{ "number", 7 }, { "time", 24 }, { "who", 14 }, { "words", 34 }, { "act", 28 }, { "object", 18 }, { "result", 20 },
	{ "from", 15 }, { "after", 0 }, { NULL, 0 },
};

static const char *member(struct json_object *json, const char *name)
{
	const char *text = json_object_get_string(json_object_object_get(json, name));

	return text ? text : "";
}

/* ---- list ---- */

static void add_filter(char *path, const char *name, const char *value)
{
	size_t used = strlen(path);

	if (!value)
		return;
	snprintf(path + used, CLIENT_PATH_BYTES - used, "&%s=", name);
	client_add_text(path, CLIENT_PATH_BYTES, value);
}

/* The query of the records that are wanted. 0, or an exit code after a complaint. */
static int list_path(struct cli *cli, const char *text, char path[CLIENT_PATH_BYTES])
{
	char from[SPAN_TIME_BYTES] = "", to[SPAN_TIME_BYTES] = "";
	int result = cli->from || cli->to ? span_take(cli, "-1h", from, to) : 0;

	snprintf(path, CLIENT_PATH_BYTES, "audit?limit=%u", cli->limit);
	add_filter(path, "who", cli->who);
	add_filter(path, "act", cli->act);
	add_filter(path, "object", cli->object);
	add_filter(path, "result", cli->result);
	add_filter(path, "from", *from ? from : NULL);
	add_filter(path, "to", *to ? to : NULL);
	add_filter(path, "text", text);
	return result;
}

int cmd_audit_list(struct cli *cli, int count, char **arguments)
{
	char path[CLIENT_PATH_BYTES];
	struct json_object *answer = NULL;
	int result = list_path(cli, count ? arguments[0] : NULL, path);

	if (!result)
		result = client_request(cli, "GET", path, NULL, &answer);
	if (!result && cli->json)
		show_answer(cli, answer);
	else if (!result)
		show_items(cli, answer, "items", columns);
	json_object_put(answer);
	return result;
}

/* ---- what this computer has seen ---- */

/**
 * struct witness - the newest checkpoint that this computer has seen of a robot
 * @folder: of keep.h
 * @lock: from before it is read until the next one is kept
 * @name: of the robot
 * @file: of the checkpoint
 * @known: there is one
 * @verifier: of the key that signed it
 * @seen: what it says
 */
struct witness {
	int folder, lock;
	char name[NAME_BYTES];
	char file[FILE_BYTES];
	bool known;
	char verifier[OHT_VERIFIER_BYTES];
	struct oht_checkpoint seen;
};

/* By the address, not by the key: another key at the same address is what is to be seen. */
static void name_robot(const struct cli *cli, char name[NAME_BYTES])
{
	snprintf(name, NAME_BYTES, "audit-%s", cli->url ? cli->url : cli->socket);
	for (char *c = name; *c; c++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-", *c))
			*c = '_';
}

static int read_witness(struct cli *cli, struct witness *witness)
{
	char *text = NULL, *end;
	const char *wrong;
	int result = keep_read(cli, witness->folder, witness->file, &text);

	if (result || !text)
		return result;
	end = strchr(text, '\n');
	wrong = end && end - text < OHT_VERIFIER_BYTES ? NULL : "is no checkpoint";
	if (!wrong) {
		snprintf(witness->verifier, sizeof(witness->verifier), "%.*s", (int)(end - text), text);
		wrong = oht_checkpoint_open(end + 1, witness->verifier, &witness->seen);
	}
	free(text);
	if (wrong)
		return cli_fail(cli, CLI_FAILED, "%s, the checkpoint that this computer has seen: %s; ohtctl audit forget removes it",
				witness->file, wrong);
	witness->known = true;
	return 0;
}

static int open_witness(struct cli *cli, struct witness *witness)
{
	*witness = (struct witness){ .lock = -1 };
	name_robot(cli, witness->name);
	snprintf(witness->file, sizeof(witness->file), "%s.checkpoint", witness->name);
	witness->folder = keep_open(cli);
	if (witness->folder < 0)
		return CLI_FAILED;
	witness->lock = keep_lock(cli, witness->folder, witness->name);
	return witness->lock < 0 ? CLI_FAILED : 0;
}

static void close_witness(const struct witness *witness)
{
	if (witness->lock >= 0)
		close(witness->lock);
	if (witness->folder >= 0)
		close(witness->folder);
}

int cmd_audit_forget(struct cli *cli, int count, char **arguments)
{
	struct witness witness;
	int result = open_witness(cli, &witness);

	(void)count;
	(void)arguments;
	if (!result)
		keep_remove(witness.folder, witness.file);
	close_witness(&witness);
	return result;
}

/* ---- what the robot says ---- */

/**
 * struct told - the newest checkpoint of the robot, and what it proves by it
 * @silent: the robot gave no key, no checkpoint or no proof, so nothing was compared
 * @proven_s: time of day at which this computer had the last proof, 0: never
 * @verifier: of the robot's key
 * @note: as it came
 * @newest: what it says
 * @removed: records that were removed since they were too old
 * @kept: those of them that are kept, as many and with that root
 * @kept_root: the same
 */
struct told {
	bool silent;
	int64_t proven_s;
	char verifier[OHT_VERIFIER_BYTES];
	char *note;
	struct oht_checkpoint newest;
	struct oht_tree removed;
	uint64_t kept;
	struct oht_hash kept_root;
};

static int ask_key(struct cli *cli, const struct witness *witness, struct told *told)
{
	struct json_object *answer = NULL;
	int result = client_request(cli, "GET", "audit/key", NULL, &answer);

	told->silent = result;
	if (!result)
		snprintf(told->verifier, sizeof(told->verifier), "%s", member(answer, "verifier"));
	json_object_put(answer);
	if (!result && witness->known && strcmp(witness->verifier, told->verifier))
		result = cli_fail(cli, CLI_FAILED, "the robot signs with another key than this computer has seen: %s, not %s; if "
				  "its audit.key was made anew on purpose, ohtctl audit forget", told->verifier, witness->verifier);
	return result;
}

static int ask_head(struct cli *cli, const struct witness *witness, struct told *told)
{
	int result = client_text(cli, "audit/head", &told->note);
	const char *wrong = result ? NULL : oht_checkpoint_open(told->note, told->verifier, &told->newest);

	told->silent = result;
	if (wrong)
		result = cli_fail(cli, CLI_FAILED, "the checkpoint of the robot: %s", wrong);
	else if (!result && witness->known && told->newest.size < witness->seen.size)
		result = cli_fail(cli, CLI_FAILED, "the audit was cut, or an old copy came back: it has %" PRIu64 " records, and this "
				  "computer has seen %" PRIu64, told->newest.size, witness->seen.size);
	return result;
}

static size_t read_hashes(struct json_object *list, struct oht_hash *hashes, size_t most)
{
	size_t n = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;

	if (n > most)
		return SIZE_MAX;
	for (size_t i = 0; i < n; i++) {
		const char *text = json_object_get_string(json_object_array_get_idx(list, i));

		if (!text || strlen(text) != OHT_HASH_HEX_BYTES - 1 || !oht_hash_read(text, &hashes[i]))
			return SIZE_MAX;
	}
	return n;
}

/* The robot must have signed the removal: only its signature speaks for records that are gone. */
static int check_removed(struct cli *cli, struct json_object *answer, struct told *told)
{
	char verifier[OHT_VERIFIER_BYTES];
	struct oht_checkpoint removed;
	struct oht_hash root;
	const char *wrong;

	told->removed.size = (uint64_t)json_object_get_int64(json_object_object_get(answer, "removed"));
	if (!told->removed.size)
		return 0;
	if (told->removed.size > INT64_MAX ||
	    read_hashes(json_object_object_get(answer, "removed_edge"), told->removed.edge, OHT_TREE_EDGE_MAX) !=
	    oht_tree_edge(told->removed.size) || oht_checkpoint_rename(told->verifier, OHT_CHECKPOINT_REMOVED, verifier))
		return cli_fail(cli, CLI_FAILED, "what the robot says of removed records makes no sense");
	wrong = oht_checkpoint_open(member(answer, "removed_checkpoint"), verifier, &removed);
	oht_tree_root(&told->removed, &root);
	if (!wrong && (removed.size != told->removed.size || !oht_hash_is(&removed.root, &root)))
		wrong = "it is of other records";
	told->kept = removed.kept;
	told->kept_root = removed.kept_root;
	return wrong ? cli_fail(cli, CLI_FAILED, "the first %" PRIu64 " records are gone, and that they were removed for their age is "
				"not signed: %s", told->removed.size, wrong) : 0;
}

static int check_proof(struct cli *cli, const struct witness *witness, struct json_object *answer, const struct told *told)
{
	struct oht_hash hashes[OHT_PROOF_MAX];
	size_t count = read_hashes(json_object_object_get(answer, "hashes"), hashes, OHT_PROOF_MAX);

	if (!witness->known || !witness->seen.size)
		return 0;
	if (count != SIZE_MAX && oht_tree_is_proven(witness->seen.size, &witness->seen.root, told->newest.size,
						    &told->newest.root, hashes, count))
		return 0;
	return cli_fail(cli, CLI_FAILED, "records up to %" PRIu64 " are others than this computer has seen: the robot cannot prove that "
			"its %" PRIu64 " records go on from them", witness->seen.size, told->newest.size);
}

#define CONFLICT	409

/* The robot says that what this computer has seen was removed for its age: that it has signed. */
static int ask_removed(struct cli *cli, const struct witness *witness, struct told *told)
{
	struct json_object *answer = NULL;
	char path[CLIENT_PATH_BYTES];
	int result;

	snprintf(path, sizeof(path), "audit/proof?from=%" PRIu64 "&to=%" PRIu64, told->newest.size, told->newest.size);
	result = client_request(cli, "GET", path, NULL, &answer);
	if (!result)
		result = check_removed(cli, answer, told);
	json_object_put(answer);
	if (result)
		return result;
	return told->removed.size <= witness->seen.size ?
	       cli_fail(cli, CLI_FAILED, "but the robot has signed that the first %" PRIu64 " were removed for their age, and this computer "
			"has seen %" PRIu64, told->removed.size, witness->seen.size) :
	       cli_fail(cli, CLI_FAILED, "that is signed; nothing is proven from the %" PRIu64 " that this computer has seen on, and ohtctl audit "
			"forget begins anew", witness->seen.size);
}

static int ask_proof(struct cli *cli, const struct witness *witness, struct told *told)
{
	uint64_t from = witness->known && witness->seen.size ? witness->seen.size : told->newest.size;
	struct json_object *answer = NULL;
	char path[CLIENT_PATH_BYTES];
	bool is_refused;
	int result;

	if (!told->newest.size)
		return 0;
	snprintf(path, sizeof(path), "audit/proof?from=%" PRIu64 "&to=%" PRIu64, from, told->newest.size);
	cli->status = 0;
	result = client_request(cli, "GET", path, NULL, &answer);
	/* A conflict says that there is no such proof; a robot that is busy or does not answer says nothing. */
	is_refused = result && cli->status == CONFLICT;
	told->silent = result && !is_refused;
	if (!result)
		result = check_removed(cli, answer, told);
	if (!result)
		result = check_proof(cli, witness, answer, told);
	json_object_put(answer);
	return is_refused ? ask_removed(cli, witness, told) : result;
}

/* Only now: what has not been proven must not take the place of what was seen. */
static int keep_seen(struct cli *cli, const struct witness *witness, const struct told *told)
{
	char text[OHT_VERIFIER_BYTES + OHT_CHECKPOINT_BYTES];

	snprintf(text, sizeof(text), "%s\n%s", told->verifier, told->note);
	return keep_write(cli, witness->folder, witness->file, text);
}

static int ask_robot(struct cli *cli, struct witness *witness, struct told *told)
{
	int result = read_witness(cli, witness);

	if (!result)
		result = ask_key(cli, witness, told);
	if (!result)
		result = ask_head(cli, witness, told);
	return result ? result : ask_proof(cli, witness, told);
}

/* Takes the checkpoint of the robot in the place of the one seen last, if it is proven to go on from there. */
static int go_on(struct cli *cli, struct told *told)
{
	struct witness witness;
	int result = open_witness(cli, &witness);

	told->proven_s = result ? 0 : keep_written_s(witness.folder, witness.file);
	if (!result)
		result = ask_robot(cli, &witness, told);
	if (!result)
		result = keep_seen(cli, &witness, told);
	close_witness(&witness);
	return result;
}

int cmd_audit_head(struct cli *cli, int count, char **arguments)
{
	struct told told = { .note = NULL };
	int result = go_on(cli, &told);

	(void)count;
	(void)arguments;
	if (!result)
		fputs(told.note, cli->out);
	free(told.note);
	return result;
}

/* A robot that never gives a proof hides as much as one that gives a wrong one. NULL: it is not so long ago, or there was none. */
static char *tell_silence(const struct told *told)
{
	int64_t days = (time(NULL) - told->proven_s) / DAY_S;
	char *text = NULL;

	if (!told->silent || !told->proven_s || days < SILENT_DAYS)
		return NULL;
	return asprintf(&text, "the robot gives no proof of its audit now, and this computer has had none for %" PRId64
			" days: see ohtctl audit head\n", days) < 0 ? NULL : text;
}

char *cmd_audit_witness(const struct cli *cli)
{
	struct told told = { .note = NULL };
	struct cli aside = *cli;
	char *finding = NULL;
	size_t bytes;
	bool has_finding;

	aside.json = false;
	aside.err = open_memstream(&finding, &bytes);
	if (!aside.err)
		return NULL;
	has_finding = go_on(&aside, &told) && !told.silent;
	free(told.note);
	if (!fclose(aside.err) && has_finding)
		return finding;
	free(finding);
	return tell_silence(&told);
}

/* ---- all records ---- */

/**
 * struct verifying - the records while they are read
 * @told: what they are held against
 * @witness: the same
 * @tree: of what was read so far
 * @kept: of older records that are kept, as far as they were read
 * @kept_last: number of the newest of them
 * @faults: so many were found
 */
struct verifying {
	const struct told *told;
	const struct witness *witness;
	struct oht_tree tree;
	struct oht_tree kept;
	uint64_t kept_last;
	uint64_t faults;
};

static void __attribute__((format(printf, 3, 4))) find(struct cli *cli, struct verifying *verifying, const char *format, ...)
{
	va_list args;

	if (verifying->faults++ >= FAULTS_TOLD)
		return;
	va_start(args, format);
	vfprintf(cli->err, format, args);
	va_end(args);
	fputc('\n', cli->err);
}

/* "2026-07-30T12:00:00.123Z" to milliseconds, as text; "" if it is none. */
static void time_text(const char *text, char ms[24])
{
	struct tm tm = { 0 };
	unsigned int thousandths;

	*ms = 0;
	if (sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d.%3uZ", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour, &tm.tm_min,
		   &tm.tm_sec, &thousandths) != 7)
		return;
	tm.tm_year -= 1900;
	tm.tm_mon--;
	snprintf(ms, 24, "%lld", (long long)timegm(&tm) * 1000 + thousandths);
}

static void hash_record(struct json_object *item, struct oht_hash *leaf)
{
	char time_ms[24];
	const char *const said[] = {
		VERSION, member(item, "number"), time_ms, member(item, "boot_id"), member(item, "who"), member(item, "act"),
		member(item, "object"), member(item, "before"), member(item, "after"), member(item, "result"),
		member(item, "from"), member(item, "request_id"),
	};

	time_text(member(item, "time"), time_ms);
	oht_tree_record(said, sizeof(said) / sizeof(said[0]), leaf);
}

static void look_at_seen(struct cli *cli, struct verifying *verifying)
{
	const struct witness *witness = verifying->witness;
	struct oht_hash root;

	if (!witness->known || witness->seen.size != verifying->tree.size)
		return;
	oht_tree_root(&verifying->tree, &root);
	if (!oht_hash_is(&root, &witness->seen.root))
		find(cli, verifying, "records up to %" PRIu64 " are others than this computer has seen", witness->seen.size);
}

/* Appends the hash of a record to its tree. */
static void add_record(struct cli *cli, struct verifying *verifying, struct oht_tree *tree, struct json_object *item)
{
	char text[OHT_HASH_HEX_BYTES];
	struct oht_hash leaf;

	hash_record(item, &leaf);
	oht_hash_text(&leaf, text);
	if (strcmp(text, member(item, "leaf")))
		find(cli, verifying, "record %s was changed: it is not what its hash was made of", member(item, "number"));
	oht_tree_add(tree, &leaf);
}

static int take_record(struct cli *cli, struct json_object *item, void *arg)
{
	static const struct oht_hash nothing;
	struct verifying *verifying = arg;
	uint64_t number = (uint64_t)json_object_get_int64(json_object_object_get(item, "number"));
	uint64_t next = verifying->tree.size + 1;

	/* Newer than the checkpoint. */
	if (number > verifying->told->newest.size)
		return CLI_DONE;
	if (number <= verifying->told->removed.size && number > verifying->kept_last) {
		verifying->kept_last = number;
		add_record(cli, verifying, &verifying->kept, item);
		return CLI_DONE;
	}
	if (number < next) {
		find(cli, verifying, "record %" PRIu64 " should not be there: %" PRIu64 " were removed or it comes twice", number,
		     verifying->told->removed.size);
		return CLI_DONE;
	}
	if (number > next)
		find(cli, verifying, number == next + 1 ? "record %" PRIu64 " is missing" : "records from %" PRIu64 " on are missing, up "
		     "to the one in front of %" PRIu64, next, number);
	oht_tree_add_same(&verifying->tree, &nothing, number - next);
	add_record(cli, verifying, &verifying->tree, item);
	look_at_seen(cli, verifying);
	return CLI_DONE;
}

/* Those that are kept of the records that were removed are the ones that the robot has signed with these. */
static void look_at_kept(struct cli *cli, struct verifying *verifying)
{
	const struct told *told = verifying->told;
	struct oht_hash root;

	oht_tree_root(&verifying->kept, &root);
	if (verifying->kept.size != told->kept)
		find(cli, verifying, "of the first %" PRIu64 " records %" PRIu64 " are kept, and %" PRIu64 " were signed as kept",
		     told->removed.size, verifying->kept.size, told->kept);
	else if (!verifying->faults && told->kept && !oht_hash_is(&root, &told->kept_root))
		find(cli, verifying, "of the first %" PRIu64 " records others are kept than those that were signed as kept",
		     told->removed.size);
}

static int verify(struct cli *cli, struct verifying *verifying)
{
	const struct told *told = verifying->told;
	struct oht_hash root;
	int result;

	verifying->tree = told->removed;
	look_at_seen(cli, verifying);
	result = client_each(cli, "audit?sort=number&limit=200", take_record, verifying);
	if (result)
		return result;
	look_at_kept(cli, verifying);
	oht_tree_root(&verifying->tree, &root);
	if (verifying->tree.size < told->newest.size)
		find(cli, verifying, "records from %" PRIu64 " on are missing; the checkpoint has %" PRIu64,
		     verifying->tree.size + 1, told->newest.size);
	else if (!verifying->faults && !oht_hash_is(&root, &told->newest.root))
		find(cli, verifying, "the records are others than those that were signed, and their hashes were made anew");
	if (verifying->faults)
		return cli_fail(cli, CLI_FAILED, "the audit was changed: %" PRIu64 " fault%s in %" PRIu64 " records", verifying->faults,
				verifying->faults == 1 ? "" : "s", told->newest.size);
	return CLI_DONE;
}

static void show_verified(struct cli *cli, const struct verifying *verifying)
{
	const struct told *told = verifying->told;
	struct json_object *json;

	if (!cli->json) {
		fprintf(cli->out, "%" PRIu64 " records are those of the checkpoint, which %s signed", told->newest.size, told->newest.origin);
		if (told->removed.size)
			fprintf(cli->out, "; the first %" PRIu64 " were removed for their age, but for %" PRIu64 " that last",
				told->removed.size, told->kept);
		if (verifying->witness->known)
			fprintf(cli->out, "; they go on from the %" PRIu64 " that this computer has seen", verifying->witness->seen.size);
		else
			fprintf(cli->out, "; this computer has seen none of them before, so what was cut off before is not found");
		fputs("\n", cli->out);
		return;
	}
	json = json_object_new_object();
	json_object_object_add(json, "origin", json_object_new_string(told->newest.origin));
	json_object_object_add(json, "size", json_object_new_int64((int64_t)told->newest.size));
	json_object_object_add(json, "removed", json_object_new_int64((int64_t)told->removed.size));
	json_object_object_add(json, "kept", json_object_new_int64((int64_t)told->kept));
	json_object_object_add(json, "seen", verifying->witness->known ?
			       json_object_new_int64((int64_t)verifying->witness->seen.size) : NULL);
	show_answer(cli, json);
	json_object_put(json);
}

int cmd_audit_verify(struct cli *cli, int count, char **arguments)
{
	struct told told = { .note = NULL };
	struct witness witness;
	struct verifying verifying = { .told = &told, .witness = &witness };
	int result = open_witness(cli, &witness), proven;

	(void)count;
	(void)arguments;
	proven = result ? result : ask_robot(cli, &witness, &told);
	/* What cannot be proven is looked for in the records, too. */
	result = proven;
	if (told.newest.size || !proven)
		result = verify(cli, &verifying);
	if (!result)
		result = proven;
	if (!result)
		result = keep_seen(cli, &witness, &told);
	if (!result)
		show_verified(cli, &verifying);
	free(told.note);
	close_witness(&witness);
	return result;
}
