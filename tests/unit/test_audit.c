// SPDX-License-Identifier: GPL-2.0-or-later
/* Records of the audit on their way to the store: floods, repetitions, a store that hangs, and the removal of the oldest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include <errno.h>
#include <stdatomic.h>

#include "audit/audit.h"
#include "base/clock.h"
#include "store/store.h"
#include "store_fixture.h"

#define S	OHTD_NS_PER_S
#define MOST	16

static const unsigned char first_key[OHT_SIGN_KEY_BYTES] = "0123456789abcdef0123456789abcde";
static const unsigned char *key = first_key;
static struct ohtd_manual_clock manual;
static struct ohtd_clock clock_;
static struct ohtd_store *store;
static struct ohtd_audit *audit;
static char head_path[128];
static int64_t most;
static bool (*lasts)(const char *act);

static void open_audit(void)
{
	const struct ohtd_audit_setup setup = {
		.store = store, .clock = &clock_, .boot_id = "boot", .key = key, .head_path = head_path, .most = most,
		.lasts = lasts,
	};

	audit = ohtd_audit_create(&setup);
	assert_non_null(audit);
}

static void close_audit(void)
{
	ohtd_audit_end(audit);
	ohtd_store_stop(store);
	ohtd_audit_destroy(audit);
}

static int set_up(void **state)
{
	(void)state;
	most = most ? most : OHTD_AUDIT_MOST;
	manual.realtime_ns = STORE_NOW_S * (int64_t)S;
	ohtd_clock_init(&clock_, &ohtd_clock_manual, &manual, STORE_NOW_S * (int64_t)S);
	if (store_folder_make())
		return -1;
	snprintf(head_path, sizeof(head_path), "%s/audit.head", store_dir);
	store = ohtd_store_start(store_open_db());
	assert_non_null(store);
	open_audit();
	return 0;
}

/* A robot that keeps so few that the oldest go. */
static int set_up_few(void **state)
{
	most = MOST;
	return set_up(state);
}

static bool is_configuration(const char *act)
{
	return !strcmp(act, "PATCH config");
}

/* The same, of which some acts last. */
static int set_up_lasting(void **state)
{
	lasts = is_configuration;
	return set_up_few(state);
}

static int tear_down(void **state)
{
	(void)state;
	most = 0;
	lasts = NULL;
	close_audit();
	return store_folder_remove();
}

static void pass(uint64_t seconds)
{
	ohtd_manual_clock_advance(&manual, seconds * S);
	ohtd_audit_turn(audit);
}

static void add(const char *who, const char *act, unsigned int flags, struct ohtd_audit_wait *wait)
{
	struct ohtd_audit_row row = { .result = "200", .source = "192.0.2.7" };

	snprintf(row.who, sizeof(row.who), "%s", who);
	snprintf(row.act, sizeof(row.act), "%s", act);
	ohtd_audit_add(audit, &row, flags, wait);
}

static bool is_written(void)
{
	struct ohtd_audit_view view;

	ohtd_audit_look(audit, &view);
	return !view.waiting;
}

static long long count(const char *where)
{
	char sql[200];

	WAIT_FOR(is_written());
	snprintf(sql, sizeof(sql), "SELECT count(*) FROM audit WHERE %s", where);
	return store_ask_sql(sql);
}

/* ---- how many ---- */

static void try_to_log_in(const char *account)
{
	struct ohtd_audit_row row = { .act = "POST auth/login", .result = "401 login_refused", .source = "192.0.2.7" };

	snprintf(row.object, sizeof(row.object), "%s", account);
	ohtd_audit_add(audit, &row, OHTD_AUDIT_REFUSED | OHTD_AUDIT_LOG_IN, NULL);
}

static void is_left_out(const char *object, int times)
{
	char where[200];

	snprintf(where, sizeof(where), "act = 'left out' AND object = '%s' AND json_extract(after, '$.count') = %d", object, times);
	assert_int_equal(count(where), times ? 1 : 0);
}

static void refusals_are_bounded_for_each_kind_of_client(void **state)
{
	(void)state;
	for (int i = 0; i < 1000; i++) {
		add("", "POST users", OHTD_AUDIT_REFUSED, NULL);
		add("anna", "POST users", OHTD_AUDIT_REFUSED, NULL);
		try_to_log_in("");
		if (i % 100 == 0)
			WAIT_FOR(is_written());
	}
	assert_int_equal(count("who = '' AND act = 'POST users'"), 15);
	assert_int_equal(count("who = 'anna'"), 120);
	/* What strangers and anna have done hides nothing of others, and nothing that was tried with an account. */
	for (int i = 0; i < 20; i++) {
		add("ben", "POST users", OHTD_AUDIT_REFUSED, NULL);
		try_to_log_in("anna");
	}
	assert_int_equal(count("who = 'ben'"), 20);
	assert_int_equal(count("act = 'POST auth/login' AND object = 'anna'"), 20);
	assert_int_equal(count("act = 'left out'"), 0);
	pass(60);
	is_left_out("refusals of strangers", 1970);
	is_left_out("refusals of account anna", 880);
	/* It goes on as slowly as the bucket fills, and other changes are all there. */
	for (int i = 0; i < 10; i++) {
		add("", "POST users", OHTD_AUDIT_REFUSED, NULL);
		add("anna", "PATCH config", 0, NULL);
	}
	assert_int_equal(count("who = '' AND act = 'POST users'"), 17);
	assert_int_equal(count("act = 'PATCH config'"), 10);
}

/* Without a bound an account washes out in minutes who changed what; with one for all it hides what the others do. */
static void everyday_acts_of_an_account_hide_its_own_alone(void **state)
{
	(void)state;
	for (int i = 0; i < 1500; i++) {
		add("ben", "POST robot/commands", OHTD_AUDIT_USUAL, NULL);
		if (i % 100 == 0)
			WAIT_FOR(is_written());
	}
	add("anna", "POST robot/commands", OHTD_AUDIT_USUAL, NULL);
	add("anna", "POST auth/login", OHTD_AUDIT_LASTING, NULL);
	add("ben", "POST auth/login", OHTD_AUDIT_LASTING, NULL);
	assert_int_equal(ohtd_audit_admit(audit, "ben"), 0);
	assert_int_equal(count("who = 'ben' AND act = 'POST robot/commands'"), 1000);
	assert_int_equal(count("who = 'anna'"), 2);
	assert_int_equal(count("act = 'POST auth/login'"), 2);
	pass(60);
	is_left_out("acts of account ben", 500);
	add("ben", "POST robot/commands", OHTD_AUDIT_USUAL, NULL);
	assert_int_equal(count("act = 'POST robot/commands'"), 1002);
}

/* What lasts is refused before it is done, so nobody hides by many harmless changes which one was not. */
static void what_lasts_is_refused_and_never_left_out(void **state)
{
	int done = 0;

	(void)state;
	while (!ohtd_audit_admit(audit, "ben") && done < 5000)
		done++;
	assert_int_equal(done, 1000);
	assert_int_equal(ohtd_audit_admit(audit, "ben"), 10);
	/* The place of what was admitted is there. */
	add("ben", "PATCH config", 0, NULL);
	assert_int_equal(count("act = 'PATCH config'"), 1);
	/* A log-in cannot be refused: it is counted, with the account that it was of. */
	add("ben", "POST auth/login", OHTD_AUDIT_LASTING, NULL);
	assert_int_equal(ohtd_audit_admit(audit, "anna"), 0);
	pass(9);
	assert_int_equal(ohtd_audit_admit(audit, "ben"), 1);
	pass(1);
	assert_int_equal(ohtd_audit_admit(audit, "ben"), 0);
	pass(600);
	is_left_out("changes of account ben", 1);
}

/* Accounts for which there is no place share one, and a place is given away only by an account that has done nothing for long. */
static void accounts_without_a_place_share_one(void **state)
{
	(void)state;
	for (int i = 0; i < 100; i++) {
		char who[8];

		snprintf(who, sizeof(who), "u%d", i);
		for (int again = 0; again < 130; again++)
			add(who, "POST users", OHTD_AUDIT_REFUSED, NULL);
		WAIT_FOR(is_written());
	}
	assert_int_equal(count("who != 'ohtd'"), 33 * 120);
	pass(60);
	is_left_out("refusals of account u0", 10);
	is_left_out("refusals of other accounts", 68 * 130 - 120);
	pass(3600);
	add("u99", "POST users", OHTD_AUDIT_REFUSED, NULL);
	assert_int_equal(count("who = 'u99'"), 1);
}

/*
 * Three strangers, an operator and a supervisor at full speed for 75 s: no more records than docs/audit.md promises, and all
 * that others have done is among them.
 */
static void a_flood_of_all_kinds_has_its_bounds_and_hides_nothing(void **state)
{
	const int64_t promised = 30 + 75 / 30 + 1000 + 75 / 4 + 1000 + 75 / 10 + 2 * 120 + 2 * 75 / 10;
	int changes = 0, others = 0;

	(void)state;
	for (int i = 0; i < 75 * 20; i++) {
		for (int again = 0; again < 4; again++) {
			add("", "DELETE control", OHTD_AUDIT_REFUSED, NULL);
			add("ben", "PUT robot/override", OHTD_AUDIT_USUAL, NULL);
			add("ben", "POST users", OHTD_AUDIT_REFUSED, NULL);
			if (!ohtd_audit_admit(audit, "eve")) {
				add("eve", "PATCH config", 0, NULL);
				changes++;
			} else {
				add("eve", "POST config/rescue", OHTD_AUDIT_REFUSED, NULL);
			}
		}
		ohtd_manual_clock_advance(&manual, S / 20);
		if (i % 5 == 0) {
			ohtd_audit_turn(audit);
			WAIT_FOR(is_written());
		}
		if (i % 100 == 0) {
			others += 4;
			add("anna", "POST auth/login", OHTD_AUDIT_LASTING, NULL);
			add("anna", "POST auth/elevate", OHTD_AUDIT_LASTING, NULL);
			for (int act = 0; act < 2; act++) {
				assert_int_equal(ohtd_audit_admit(audit, "anna"), 0);
				add("anna", act ? "POST control/take-over" : "PATCH users/{id}", 0, NULL);
			}
		}
	}
	assert_int_equal(count("who = 'anna'"), others);
	assert_int_equal(count("act = 'PATCH config'"), changes);
	assert_in_range(count("who != 'anna'"), promised / 2, promised * 105 / 100);
}

/* An act that was refused after the audit had a place for it gives the place back, and no more than that. */
static void a_refused_change_gives_its_place_back(void **state)
{
	(void)state;
	ohtd_audit_give_back(audit, "ben");
	for (int i = 0; i < 1000; i++)
		assert_int_equal(ohtd_audit_admit(audit, "ben"), 0);
	assert_int_equal(ohtd_audit_admit(audit, "ben"), 10);
	ohtd_audit_give_back(audit, "ben");
	assert_int_equal(ohtd_audit_admit(audit, "ben"), 0);
	assert_int_equal(ohtd_audit_admit(audit, "ben"), 10);
}

/* Threads come with times that are not in order: none of them refills a bucket or ends a series. */
static void a_time_that_is_older_than_the_newest_counts_as_none(void **state)
{
	uint64_t newest_ns;

	(void)state;
	pass(3600);
	newest_ns = manual.now_ns;
	for (int i = 0; i < 200; i++) {
		atomic_store(&manual.now_ns, newest_ns - (i & 1 ? 0 : OHTD_NS_PER_MS));
		add("", "DELETE control", OHTD_AUDIT_REFUSED, NULL);
		add("anna", "jog", OHTD_AUDIT_REPEATS, NULL);
		if (i % 10 == 0)
			ohtd_audit_turn(audit);
	}
	assert_int_equal(count("act = 'DELETE control'"), 30);
	assert_int_equal(count("act = 'jog'"), 1);
	assert_int_equal(count("TRUE"), 31);
}

static void of_what_repeats_there_are_the_first_and_the_end(void **state)
{
	(void)state;
	for (int i = 0; i < 100; i++) {
		add("anna", "jog", OHTD_AUDIT_REPEATS, NULL);
		add("bert", "jog", OHTD_AUDIT_REPEATS, NULL);
		pass(1);
	}
	assert_int_equal(count("act = 'jog'"), 2);
	pass(10);
	assert_int_equal(count("act = 'jog'"), 4);
	assert_int_equal(count("after = '{\"repeated\":99}'"), 2);
	/* More of them at a time than are remembered: none is lost. */
	for (int i = 0; i < 40; i++) {
		char who[8];

		snprintf(who, sizeof(who), "u%d", i);
		add(who, "jog", OHTD_AUDIT_REPEATS, NULL);
		add(who, "jog", OHTD_AUDIT_REPEATS, NULL);
	}
	pass(20);
	assert_int_equal(count("act = 'jog' AND who LIKE 'u%'"), 80);
}

/* ---- a store that hangs ---- */

static struct ohtd_audit_wait wait_;
static atomic_int kept, not_kept;

static void is_told(struct ohtd_audit_wait *wait, int error)
{
	assert_ptr_equal(wait, &wait_);
	atomic_fetch_add(error ? &not_kept : &kept, 1);
}

static void do_nothing(struct ohtd_store_job *job)
{
	(void)job;
}

static void what_finds_no_room_is_counted_behind_a_gap(void **state)
{
	struct ohtd_store_job job = { .work = store_work_hang, .done = do_nothing };
	struct ohtd_audit_view view;

	(void)state;
	wait_ = (struct ohtd_audit_wait){ .kept = is_told, .room = ohtd_audit_room() };
	add("anna", "before", 0, NULL);
	assert_int_equal(count("act = 'before'"), 1);
	atomic_store(&store_hold, true);
	assert_int_equal(ohtd_store_submit(store, &job), 0);
	WAIT_FOR(atomic_load(&store_held));
	for (int i = 0; i < 600; i++)
		add("anna", "meanwhile", OHTD_AUDIT_USUAL, NULL);
	/* What anna does every day leaves room for what lasts. */
	for (int i = 0; i < 1600; i++)
		add("ben", "PATCH config", 0, NULL);
	/* What is waited for finds room: it has been done. */
	add("anna", "waited for", 0, &wait_);
	ohtd_audit_look(audit, &view);
	assert_int_equal(view.waiting, OHTD_AUDIT_WAITING_MAX + 1);
	assert_int_equal(view.lost, 2200 - OHTD_AUDIT_WAITING_MAX);
	assert_int_equal(atomic_load(&kept), 0);
	atomic_store(&store_hold, false);
	assert_int_equal(count("act = 'meanwhile'"), OHTD_AUDIT_WAITING_USUAL);
	assert_int_equal(count("act = 'PATCH config'"), OHTD_AUDIT_WAITING_MAX - OHTD_AUDIT_WAITING_USUAL);
	assert_int_equal(count("act = 'waited for'"), 1);
	WAIT_FOR(atomic_load(&kept) == 1);
	assert_int_equal(atomic_load(&not_kept), 0);
	assert_int_equal(count("act = 'gap' AND number = 2 AND json_extract(after, '$.lost') = 152"), 1);
	assert_int_equal(count("act = 'gap'"), 1);
}

/* ---- the oldest ---- */

static struct oht_hash leaves[64];
static unsigned int leaf_count;

static void take(void *arg, const struct oht_hash *leaf, uint64_t count)
{
	(void)arg;
	while (count--)
		leaves[leaf_count++] = *leaf;
}

static int read_leaves(struct ohtd_db *db, void *arg)
{
	const struct ohtd_audit_proof *proof = arg;

	leaf_count = 0;
	return (int)ohtd_db_audit_leaves(db, proof->removed.size, proof->to, take, NULL);
}

static void the_oldest_go_and_the_tree_goes_on(void **state)
{
	struct ohtd_audit_proof proof = { 0 };
	struct oht_checkpoint head, removed;
	char note[OHT_CHECKPOINT_BYTES], verifier[OHT_VERIFIER_BYTES];
	struct oht_hash root;

	(void)state;
	for (int i = 0; i < 18; i++)
		add("anna", "early", 0, NULL);
	assert_int_equal(count("TRUE"), 18);
	assert_int_equal(ohtd_audit_head(audit, note), 0);
	assert_null(oht_checkpoint_open(note, ohtd_audit_verifier(audit), &removed));
	pass(61);
	for (int i = 0; i < 19; i++)
		add("anna", "late", 0, NULL);
	assert_int_equal(count("act = 'late'"), 19);
	pass(61);
	WAIT_FOR(store_ask_sql("SELECT removed FROM audit_tree") == 21);
	assert_int_equal(count("TRUE"), MOST);
	assert_int_equal(count("number = 21"), 0);

	assert_int_equal(ohtd_audit_head(audit, note), 0);
	assert_null(oht_checkpoint_open(note, ohtd_audit_verifier(audit), &head));
	assert_int_equal(head.size, 37);
	proof.from = 30;
	proof.to = 37;
	assert_int_equal(ohtd_audit_prove(audit, &proof), 0);
	assert_memory_equal(&proof.to_root, &head.root, sizeof(head.root));
	assert_true(oht_tree_is_proven(30, &proof.from_root, 37, &head.root, proof.hashes, proof.count));

	/* What is gone is signed as that, under its own name. */
	assert_string_equal(oht_checkpoint_open(proof.removed_note, ohtd_audit_verifier(audit), &removed),
			    "the checkpoint is of another origin than the key");
	assert_int_equal(oht_checkpoint_rename(ohtd_audit_verifier(audit), OHT_CHECKPOINT_REMOVED, verifier), 0);
	assert_null(oht_checkpoint_open(proof.removed_note, verifier, &removed));
	oht_tree_root(&proof.removed, &root);
	assert_int_equal(removed.size, 21);
	assert_memory_equal(&removed.root, &root, sizeof(root));

	/* From there on everything can be recomputed. */
	assert_int_equal(ohtd_store_read(store, read_leaves, &proof), 0);
	assert_int_equal(leaf_count, MOST);
	for (unsigned int i = 0; i < leaf_count; i++)
		oht_tree_add(&proof.removed, &leaves[i]);
	oht_tree_root(&proof.removed, &root);
	assert_memory_equal(&root, &head.root, sizeof(root));

	proof.from = 20;
	assert_int_equal(ohtd_audit_prove(audit, &proof), -ENOENT);
	proof.from = 38;
	proof.to = 38;
	assert_int_equal(ohtd_audit_prove(audit, &proof), -ERANGE);
}

static void what_was_altered_is_not_removed(void **state)
{
	(void)state;
	for (int i = 0; i < 30; i++)
		add("anna", "early", 0, NULL);
	assert_int_equal(count("TRUE"), 30);
	store_run_sql("UPDATE audit SET leaf = (SELECT leaf FROM audit WHERE number = 2) WHERE number = 1");
	pass(61);
	WAIT_FOR(store_ask_sql("SELECT count(*) FROM audit_checkpoints") == 1);
	assert_int_equal(count("TRUE"), 30);
	assert_int_equal(store_ask_sql("SELECT removed FROM audit_tree"), 0);
}

/* ---- the next start ---- */

static unsigned int fault_of_next_start(const char *sql)
{
	struct ohtd_audit_view view;

	close_audit();
	if (sql)
		store_run_sql(sql);
	store = ohtd_store_start(store_open_db());
	open_audit();
	ohtd_audit_look(audit, &view);
	return view.fault;
}

static void a_start_compares_with_the_checkpoint_beside_the_database(void **state)
{
	(void)state;
	for (int i = 0; i < 10; i++)
		add("anna", "act", 0, NULL);
	assert_int_equal(fault_of_next_start(NULL), OHTD_AUDIT_SOUND);
	assert_int_equal(fault_of_next_start("DELETE FROM audit_tree"), OHTD_AUDIT_SOUND);
	assert_int_equal(count("TRUE"), 10);
	assert_int_equal(fault_of_next_start("UPDATE audit SET leaf = 'x' WHERE number = 3"), OHTD_AUDIT_ALTERED);
	assert_int_equal(count("act = 'found altered' AND result = 'altered'"), 1);
}

/* The edge of what was removed is believed by its signature alone, and no signature is put behind one that is not good. */
static void what_was_removed_is_signed_or_altered(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++)
		add("anna", "act", 0, NULL);
	WAIT_FOR(is_written());
	pass(61);
	WAIT_FOR(store_ask_sql("SELECT removed FROM audit_tree") == 4);
	assert_int_equal(fault_of_next_start(NULL), OHTD_AUDIT_SOUND);
	/* All of them, also those of the checkpoint beside the database. */
	assert_int_equal(fault_of_next_start("DELETE FROM audit; UPDATE audit_tree SET removed = 31, size = 31,"
					     " removed_edge = (SELECT group_concat(leaf, '') FROM (SELECT lower(hex(randomblob(32))) AS leaf"
					     " FROM json_each('[1,2,3,4,5]'))); UPDATE audit_tree SET edge = removed_edge"), OHTD_AUDIT_ALTERED);
	for (int i = 0; i < 30; i++)
		add("mallory", "act", 0, NULL);
	WAIT_FOR(is_written());
	pass(61);
	WAIT_FOR(store_ask_sql("SELECT max(size) FROM audit_checkpoints") > 60);
	assert_int_equal(store_ask_sql("SELECT removed FROM audit_tree"), 31);
	assert_int_equal(fault_of_next_start(NULL), OHTD_AUDIT_ALTERED);
	assert_int_equal(count("act = 'found altered'"), 2);
}

static void do_things(const char *act, int times)
{
	for (int i = 0; i < times; i++)
		add("anna", act, OHTD_AUDIT_USUAL, NULL);
	WAIT_FOR(is_written());
}

static void refuse_configuration(void)
{
	struct ohtd_audit_row row = { .who = "ben", .act = "PATCH config", .result = "403 role" };

	ohtd_audit_add(audit, &row, OHTD_AUDIT_REFUSED, NULL);
	WAIT_FOR(is_written());
}

/* Commands push commands out, not what lasts; and what is kept of the oldest is as signed as all else. */
static void what_lasts_stays_when_the_oldest_go(void **state)
{
	(void)state;
	do_things("PATCH config", 3);
	refuse_configuration();
	do_things("POST robot/commands", 40);
	/* Somebody edits one so that it looks like what goes, and the proof of that would go with it. */
	store_run_sql("UPDATE audit SET act = 'POST robot/commands' WHERE number = 2");
	pass(61);
	WAIT_FOR(store_ask_sql("SELECT removed FROM audit_tree") == 44 - MOST);
	assert_int_equal(count("number <= 3"), 3);
	assert_int_equal(count("TRUE"), 3 + MOST);
	assert_int_equal(fault_of_next_start(NULL), OHTD_AUDIT_SOUND);
	do_things("POST robot/commands", MOST);
	do_things("PATCH config", 2);
	pass(61);
	WAIT_FOR(store_ask_sql("SELECT removed FROM audit_tree") > 44 - MOST);
	assert_int_equal(count("number <= 3"), 3);

	/* One is gone, is another one, or is one too many: found, and nothing is signed behind it. */
	store_run_sql("CREATE TABLE aside AS SELECT * FROM audit WHERE number = 3");
	assert_int_equal(fault_of_next_start("DELETE FROM audit WHERE number = 3"), OHTD_AUDIT_ALTERED);
	do_things("POST robot/commands", 2 * MOST);
	pass(61);
	WAIT_FOR(store_ask_sql("SELECT max(size) FROM audit_checkpoints") > 60 + 2 * MOST);
	assert_true(store_ask_sql("SELECT count(*) FROM audit, audit_tree WHERE number > removed") > 2 * MOST);
	assert_int_equal(fault_of_next_start("INSERT INTO audit SELECT number, time_ns, boot, 'mallory', act, object, before, after, result,"
					     " source, request_id, lower(hex(randomblob(32))) FROM aside"), OHTD_AUDIT_ALTERED);
	assert_int_equal(fault_of_next_start("DELETE FROM audit WHERE number = 3; INSERT INTO audit SELECT * FROM aside"), OHTD_AUDIT_SOUND);
	assert_int_equal(fault_of_next_start("INSERT INTO audit SELECT 4, time_ns, boot, who, act, object, before, after, result, source,"
					     " request_id, leaf FROM aside"), OHTD_AUDIT_ALTERED);
}

/* There is a bound of these, too: the oldest go first. */
static void of_what_lasts_the_newest_stay(void **state)
{
	(void)state;
	for (int i = 0; i < 6; i++) {
		do_things("PATCH config", MOST);
		pass(61);
		WAIT_FOR(store_ask_sql("SELECT max(size) FROM audit_checkpoints") == (i + 1) * MOST);
	}
	assert_int_equal(store_ask_sql("SELECT count(*) FROM audit, audit_tree WHERE number <= removed"), MOST);
	assert_int_equal(store_ask_sql("SELECT max(number) - min(number) FROM audit"), store_ask_sql("SELECT count(*) - 1 FROM audit"));
	assert_int_equal(fault_of_next_start(NULL), OHTD_AUDIT_SOUND);
}

/* A tree that is not that of the records behind the newest checkpoint would be signed next. */
static void a_tree_that_is_not_that_of_its_records_is_found(void **state)
{
	(void)state;
	for (int i = 0; i < 10; i++)
		add("anna", "act", 0, NULL);
	assert_int_equal(fault_of_next_start("UPDATE audit_tree SET edge = lower(hex(randomblob(64)))"), OHTD_AUDIT_ALTERED);
}

static void a_new_key_signs_what_the_one_before_has_removed(void **state)
{
	static const unsigned char other[OHT_SIGN_KEY_BYTES] = "another key, of the same robot..";

	(void)state;
	for (int i = 0; i < 20; i++)
		add("anna", "act", 0, NULL);
	WAIT_FOR(is_written());
	pass(61);
	WAIT_FOR(store_ask_sql("SELECT removed FROM audit_tree") == 4);
	key = other;
	assert_int_equal(fault_of_next_start(NULL), OHTD_AUDIT_SOUND);
	assert_int_equal(count("act = 'signed anew' AND object = 'removed records'"), 1);
	for (int i = 0; i < 20; i++)
		add("anna", "act", 0, NULL);
	WAIT_FOR(is_written());
	pass(61);
	WAIT_FOR(store_ask_sql("SELECT removed FROM audit_tree") > 20);
	assert_int_equal(fault_of_next_start(NULL), OHTD_AUDIT_SOUND);
	key = first_key;
}

static void a_cut_is_found_also_with_a_tree_that_fits(void **state)
{
	(void)state;
	for (int i = 0; i < 10; i++)
		add("anna", "act", 0, NULL);
	assert_int_equal(fault_of_next_start("DELETE FROM audit WHERE number > 5; DELETE FROM audit_tree"), OHTD_AUDIT_CUT);
	/* It goes on from what is there. */
	assert_int_equal(count("act = 'found altered' AND number = 6"), 1);
}

static void records_behind_the_tree_are_none(void **state)
{
	(void)state;
	add("anna", "act", 0, NULL);
	assert_int_equal(fault_of_next_start("INSERT INTO audit SELECT 2, time_ns, boot, 'mallory', act, object, before, after,"
					     " result, source, request_id, leaf FROM audit"), OHTD_AUDIT_ALTERED);
	assert_int_equal(count("who = 'mallory'"), 0);
	assert_int_equal(count("act = 'found altered' AND number = 2"), 1);
}

/* The tree is lost, and a damaged row has a number that no robot reaches: no loop runs up to it, and numbers go on behind the others. */
static void a_hole_of_any_size_is_passed_at_once(void **state)
{
	static const char *const numbers[] = { "9007199254740992", "9223372036854775807", "-9223372036854775808" };
	char sql[300];

	(void)state;
	add("anna", "act", 0, NULL);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		snprintf(sql, sizeof(sql), "PRAGMA ignore_check_constraints = 1; UPDATE audit_tree SET edge = 'x'; DELETE FROM audit WHERE act = 'hole';"
			 "INSERT INTO audit SELECT %s, time_ns, boot, who, 'hole', object, before, after, result, source, request_id, leaf FROM audit"
			 " WHERE number = 1", numbers[i]);
		fault_of_next_start(sql);
		assert_int_equal(count("number > 9007199254740993"), 0);
		add("anna", "act", 0, NULL);
	}
}

#define CASE(test)	cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(refusals_are_bounded_for_each_kind_of_client),
		CASE(everyday_acts_of_an_account_hide_its_own_alone),
		CASE(what_lasts_is_refused_and_never_left_out),
		CASE(accounts_without_a_place_share_one),
		CASE(a_flood_of_all_kinds_has_its_bounds_and_hides_nothing),
		CASE(a_refused_change_gives_its_place_back),
		CASE(a_time_that_is_older_than_the_newest_counts_as_none),
		CASE(of_what_repeats_there_are_the_first_and_the_end),
		CASE(what_finds_no_room_is_counted_behind_a_gap),
		cmocka_unit_test_setup_teardown(the_oldest_go_and_the_tree_goes_on, set_up_few, tear_down),
		cmocka_unit_test_setup_teardown(what_was_altered_is_not_removed, set_up_few, tear_down),
		CASE(a_start_compares_with_the_checkpoint_beside_the_database),
		cmocka_unit_test_setup_teardown(what_was_removed_is_signed_or_altered, set_up_few, tear_down),
		cmocka_unit_test_setup_teardown(what_lasts_stays_when_the_oldest_go, set_up_lasting, tear_down),
		cmocka_unit_test_setup_teardown(of_what_lasts_the_newest_stay, set_up_lasting, tear_down),
		CASE(a_tree_that_is_not_that_of_its_records_is_found),
		cmocka_unit_test_setup_teardown(a_new_key_signs_what_the_one_before_has_removed, set_up_few, tear_down),
		CASE(a_cut_is_found_also_with_a_tree_that_fits),
		CASE(records_behind_the_tree_are_none),
		CASE(a_hole_of_any_size_is_passed_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
