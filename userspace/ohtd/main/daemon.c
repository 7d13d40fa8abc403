// SPDX-License-Identifier: GPL-2.0-or-later
#include "main/daemon.h"

#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>
#include <json-c/json.h>
#include <openssl/crypto.h>

#include "alerts/alive.h"
#include "alerts/kept.h"
#include "alerts/rules.h"
#include "analytics/odometer.h"
#include "analytics/service.h"
#include "api/api.h"
#include "audit/audit.h"
#include "auth/checks.h"
#include "auth/session.h"
#include "auth/setup.h"
#include "config/config.h"
#include "gateway/gateway.h"
#include "history/history.h"
#include "history/past.h"
#include "alerts/keeper.h"
#include "pki/certificate.h"
#include "journal/recorder.h"
#include "journal/source.h"
#include "jobs/backups.h"
#include "jobs/jobs.h"
#include "main/command_keeper.h"
#include "main/confine.h"
#include "main/machine.h"
#include "main/parts.h"
#include "base/hex.h"
#include "base/log.h"
#include "common/file.h"
#include "main/robot_open.h"
#include "main/running.h"
#include "main/sandbox.h"
#include "main/site.h"
#include "main/state.h"
#include "base/part.h"
#include "base/workers.h"
#include "control/life.h"
#include "control/robot.h"
#include "settings/settings.h"
#include "store/db.h"
#include "store/db_file.h"
#include "store/schema.h"
#include "store/store.h"
#include "store/swap.h"
#include "journal/timeline.h"

/* What a first start writes, and some more. */
#define START_BYTES	(1u << 20)

#define FILE_BYTES	(OHTD_PATH_BYTES + 16)
/* Of two readers of a database one is left for others, whatever an account asks. */
#define READERS		2
#define READERS_EACH	1
#define LOCK_TRIES	10
#define LOCK_PAUSE_NS	50000000
#define WORK_WAITING	64
#define WAITING_EACH	16
#define LARGE_EACH	2
#define OWN_PAGES_BYTES	65536

/* errno stays as it is. */
static int fail(struct running *run, const char *what)
{
	int error = errno;

	snprintf(run->why, sizeof(run->why), "%s: %s", what, strerror(error));
	errno = error;
	return -1;
}

bool ohtd_is_lasting(int error)
{
	return error == EINVAL || error == ENOENT || error == ENOTDIR || error == EISDIR ||
	       error == EACCES || error == EPERM || error == ENAMETOOLONG || error == ELOOP ||
	       error == ENOTTY;
}

/* For what has failed because of @error, which the function that failed must have set. */
static int judge(struct running *run, int error)
{
	run->lasting = ohtd_is_lasting(error);
	return -1;
}

static int open_database(struct running *run, struct ohtd_db **db)
{
	return ohtd_state_open_database(db, run->services.config->state_dir, ohtd_clock_wall_s(&run->clock), run->why,
					sizeof(run->why));
}

static int open_store(struct running *run)
{
	struct ohtd_db *db;
	int r = open_database(run, &db);
	int error = errno;

	if (r && ohtd_state_undo_swap(run->services.config->state_dir, ohtd_clock_wall_s(&run->clock))) {
		run->swapped = OHTD_SWAP_BACK;
		r = open_database(run, &db);
		error = errno;
	}
	if (r)
		return judge(run, error);
	run->services.store = ohtd_store_start(db);
	if (run->services.store)
		return 0;
	ohtd_db_close(db);
	return fail(run, "store thread");
}

/* Beside the socket for local administration: both are for who administers this machine. */
static int open_setup(struct running *run)
{
	const char *socket = run->services.config->socket, *slash = strrchr(socket, '/');
	char path[FILE_BYTES];

	if (slash)
		snprintf(path, sizeof(path), "%.*s/setup-code", (int)(slash - socket), socket);
	else
		snprintf(path, sizeof(path), "%s/setup-code", run->services.config->state_dir);
	run->services.setup = ohtd_setup_create(run->services.store, &run->clock, path,
				       !ohtd_state_was_administered(run->services.config->state_dir));
	if (!run->services.setup)
		return fail(run, "set-up code");
	return 0;
}

static int open_auth(struct running *run)
{
	static const struct ohtd_workers_kind workers = {
		.name = "ohtd-worker", .threads = READERS, .queue_max = WORK_WAITING,
		.threads_each = READERS_EACH, .waiting_each = WAITING_EACH, .holds_each = LARGE_EACH,
	}, changers = {
		.name = "ohtd-changer", .threads = 1, .queue_max = WORK_WAITING,
		.threads_each = 1, .waiting_each = WAITING_EACH, .holds_each = LARGE_EACH,
	};
	unsigned char key[OHTD_TOKEN_KEY_BYTES], seal[OHTD_TOKEN_KEY_BYTES];
	bool sealed;
	int r;

	if (ohtd_state_key(run->services.config->state_dir, &ohtd_token_key, key, sizeof(key), ohtd_clock_wall_s(&run->clock),
			   run->why, sizeof(run->why)))
		return judge(run, errno);
	run->services.tokens = ohtd_tokens_create(key, sizeof(key), &run->clock);
	OPENSSL_cleanse(key, sizeof(key));
	if (!run->services.tokens)
		return fail(run, "tokens");
	/* Before the sessions of an earlier boot are judged by it. */
	ohtd_state_recall_time(run->services.config->state_dir, &run->clock, ohtd_tokens_boot_id(run->services.tokens));
	sealed = ohtd_main_credential("token.seal", seal, sizeof(seal));
	r = ohtd_auth_tokens_keep(run->services.tokens, run->services.config->state_dir, sealed ? seal : NULL);
	OPENSSL_cleanse(seal, sizeof(seal));
	if (r)
		return fail(run, "tokens");
	run->services.workers = ohtd_workers_start(&workers);
	if (run->services.workers)
		run->services.changers = ohtd_workers_start(&changers);
	if (run->services.changers)
		run->services.checks = ohtd_checks_start();
	return run->services.checks ? 0 : fail(run, "worker threads");
}

/* If it cannot be written, the next start puts the database of before back. */
static int record_restore(struct running *run, const struct ohtd_audit_setup *setup)
{
	char before[FILE_BYTES];
	int r;

	ohtd_state_before_swap(run->services.config->state_dir, before, sizeof(before));
	r = ohtd_audit_restored(setup, before);
	if (r)
		snprintf(run->why, sizeof(run->why), "audit of the restored database: %s", strerror(-r));
	return r ? -1 : 0;
}

/* Whatever is changed from now on is recorded. */
static int open_audit(struct running *run)
{
	unsigned char key[OHT_SIGN_KEY_BYTES];
	char path[FILE_BYTES];
	const struct ohtd_audit_setup setup = {
		.store = run->services.store, .clock = &run->clock, .boot_id = ohtd_tokens_boot_id(run->services.tokens), .key = key,
		.head_path = path, .most = OHTD_AUDIT_MOST, .lasts = ohtd_act_lasts, .on_trial = run->swapped == OHTD_SWAP_IN,
	};
	int r;

	snprintf(path, sizeof(path), "%s/audit.head", run->services.config->state_dir);
	if (ohtd_state_key(run->services.config->state_dir, &ohtd_audit_key, key, sizeof(key), ohtd_clock_wall_s(&run->clock),
			   run->why, sizeof(run->why)))
		return judge(run, errno);
	r = run->swapped == OHTD_SWAP_IN ? record_restore(run, &setup) : 0;
	run->services.audit = r ? NULL : ohtd_audit_create(&setup);
	OPENSSL_cleanse(key, sizeof(key));
	if (r)
		return -1;
	if (!run->services.audit)
		return fail(run, "audit");
	if (run->swapped == OHTD_SWAP_BACK)
		ohtd_audit_restore_undone(run->services.audit);
	return 0;
}

/* Called by the recorder's thread. */
static bool next_stop(void *arg, struct oht_safety_event *event)
{
	struct running *run = arg;
	struct ohtd_event_record record;

	while (ohtd_robot_event(run->services.robot, &run->stops_read, &record))
		if (record.kind == OHTD_RECORD_STOP) {
			*event = record.stop;
			return true;
		}
	return false;
}

/* Before anything of ours stops or resets, so that it hears of all of it. */
static int open_journal(struct running *run)
{
	const struct ohtd_recorder_setup setup = {
		.device = run->services.config->device,
		.boot_id = ohtd_tokens_boot_id(run->services.tokens),
		.clock = &run->clock,
		.store = run->services.store,
		.identify = ohtd_source_device,
		.next = run->services.config->backend == OHTD_BACKEND_RTU ? next_stop : NULL,
		.arg = run,
	};

	run->services.recorder = ohtd_recorder_start(&setup);
	return run->services.recorder ? 0 : fail(run, "journal thread");
}

/*
 * Before the robot can raise its outputs. The end of a run without a mark looks like an end in order, so the robot of such a run waits for a
 * person as behind one that was cut.
 */
static void begin_run(struct running *run)
{
	const char *dir = run->services.config->state_dir;
	int r;

	run->cut = ohtd_state_was_cut(dir);
	run->unclean = ohtd_main_is_unclean(dir);
	r = ohtd_state_begin_run(dir);
	run->upkeep.marked = !r;
	if (!r)
		return;
	run->unclean = true;
	ohtd_log(OHTD_LOG_WARNING, "main", "run_mark", "the mark of this run cannot be written, so the robot waits for a person: %s", strerror(-r));
}

/* Its commands go on where those of the last run have ended, and none of these is executed once more. */
static int open_robot(struct running *run)
{
	struct ohtd_life known;
	uint64_t given;

	run->services.keeper = ohtd_keeper_create(run->services.store, &run->clock, &given, &known);
	if (!run->services.keeper)
		return fail(run, "commands");
	begin_run(run);
	run->services.robot = ohtd_robot_open(run->services.config, &run->clock, given, &known, run->services.another_machine,
					      run->unclean, run->why, sizeof(run->why));
	return run->services.robot ? 0 : judge(run, errno);
}

static int open_rules(struct running *run)
{
	if (!ohtd_main_hand_parts(&run->services, run->why, sizeof(run->why)))
		return -1;
	run->services.rules = ohtd_alert_rules_create();
	return run->services.rules ? 0 : fail(run, "alert rules");
}

/* Called by a thread of the settings. */
static void look_well(void *arg, struct ohtd_well *well)
{
	struct running *run = arg;
	struct ohtd_store_view store;
	struct ohtd_snapshot *snapshot = malloc(sizeof(*snapshot));
	struct ohtd_alive alive;

	ohtd_store_look(run->services.store, &store);
	well->store = store.state == OHTD_STORE_OK &&
		      !ohtd_store_is_hung(&store, ohtd_clock_monotonic_ns(&run->clock));
	if (!snapshot || ohtd_robot_snapshot(run->services.robot, snapshot)) {
		free(snapshot);
		return;
	}
	ohtd_alive_look(&alive, snapshot, run->services.store, ohtd_clock_monotonic_ns(&run->clock));
	well->threads = ohtd_alive_all(&alive);
	well->device = snapshot->bus.present;
	well->time_factor = snapshot->bus.time_factor;
	well->missed = snapshot->plan.missed;
	well->cycles = snapshot->plan.cycles;
	for (unsigned int i = 0; i < snapshot->module_count; i++) {
		const struct ohtd_module_view *module = &snapshot->modules[i];

		if (module->health == OHTD_HEALTH_GOOD || module->health == OHTD_HEALTH_DEGRADED)
			well->modules[module->unit / 64] |= 1ull << module->unit % 64;
	}
	free(snapshot);
}

/* Called by threads of the settings, and by workers. */
static bool count_all(void *arg, struct ohtd_settings_counts *counts)
{
	struct running *run = arg;
	struct ohtd_snapshot *snapshot = malloc(sizeof(*snapshot));
	const struct ohtd_module_view *module;
	bool seen = snapshot && !ohtd_robot_snapshot(run->services.robot, snapshot);

	if (seen) {
		*counts = (struct ohtd_settings_counts){
			.cycles = snapshot->plan.cycles, .missed = snapshot->plan.missed, .exceeded = snapshot->plan.exceeded,
			.control_cycles = snapshot->bus.cycles,
			.control_missed = snapshot->bus.cycles_missed, .alerts = ohtd_alert_keeper_raised(run->services.alert_keeper),
		};
		memcpy(counts->late, snapshot->bus.late, sizeof(counts->late));
		for (unsigned int i = 0; i < snapshot->module_count; i++) {
			module = &snapshot->modules[i];
			counts->exchanges += module->requests;
			counts->failed += module->requests - module->replies;
		}
	}
	free(snapshot);
	return seen;
}

static void note_version(void *arg, const struct ohtd_settings_note *note)
{
	const struct running *run = arg;
	struct ohtd_audit_row row = { .result = "200", .source = "local" };
	struct json_object *after = json_object_new_object();

	snprintf(row.who, sizeof(row.who), "%s", note->who);
	snprintf(row.act, sizeof(row.act), "%s", note->act);
	snprintf(row.object, sizeof(row.object), "version %lld", (long long)note->version->version);
	json_object_object_add(after, "reason", json_object_new_string(note->reason));
	if (note->difference)
		json_object_object_add(after, "difference", json_object_new_string(note->difference));
	ohtd_audit_set_after(&row, json_object_to_json_string_ext(after, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(after);
	ohtd_audit_add(run->services.audit, &row, 0, NULL);
}

static void history_path(const struct running *run, char path[FILE_BYTES])
{
	snprintf(path, FILE_BYTES, "%s/history.db", run->services.config->state_dir);
}

/* Before anything is concluded from it. */
static void settle_past(struct running *run)
{
	char path[FILE_BYTES], id[2 * OHTD_ROBOT_ID_BYTES + 1];

	ohtd_backup_robot_id(run->services.config->state_dir, id);
	history_path(run, path);
	run->pasts_of_others = ohtd_history_past_settle(path, id, ohtd_clock_wall_s(&run->clock));
}

/* A new robot has no past. */
static bool has_past(const struct running *run)
{
	char path[FILE_BYTES];

	history_path(run, path);
	return !access(path, F_OK);
}

static int open_settings(struct running *run)
{
	const struct ohtd_config *config = run->services.config;
	struct ohtd_settings_setup setup = {
		.store = run->services.store, .robot = run->services.robot, .clock = &run->clock,
		.link = ohtd_main_link(run->services.robot, config, OHTD_MAIN_LINK_SETTINGS),
		.config = config, .model = ohtd_robot_model(run->services.robot),
		.lost = ohtd_setup_is_lost(run->services.setup) || has_past(run),
		.look = look_well, .note = note_version, .arg = run,
		.judge_rule = ohtd_alert_rule_judge, .have_rules = ohtd_alert_rules_set, .rules = run->services.rules,
		.shipped_rule = ohtd_alert_rule_as_shipped,
	};

	run->services.settings = ohtd_settings_open(&setup, run->why, sizeof(run->why));
	if (!run->services.settings)
		return judge(run, errno);
	/* Before the first request. */
	ohtd_auth_require_second(run->services.auth, ohtd_settings_second_factor(run->services.settings));
	return 0;
}

/* Called by the thread of the history, also while its disk hangs. */
static void hear_sample(void *arg, const struct ohtd_sample *sample)
{
	const struct running *run = arg;

	ohtd_alert_rules_sample(run->services.rules, sample);
	ohtd_analytics_odometer_sample(run->services.odometer, sample);
}

/* Whatever becomes of its file, the rest goes on. */
static int open_history(struct running *run)
{
	char path[FILE_BYTES];
	const struct ohtd_history_setup setup = {
		.robot = run->services.robot, .clock = &run->clock, .path = path,
		.boot_id = ohtd_tokens_boot_id(run->services.tokens),
		.owner = ohtd_history_past_owner(run->services.robot_id), .others = run->pasts_of_others,
		.flush_s = ohtd_config_flush_s(run->services.config),
		.hear = hear_sample, .hear_context = run,
	};

	run->services.odometer = ohtd_analytics_odometer_open(run->services.store, &run->clock, run->services.settings);
	if (!run->services.odometer)
		return fail(run, "odometer");

	if (setup.flush_s != run->services.config->history_flush_s)
		ohtd_log(OHTD_LOG_WARNING, "history", "flush_seldom", "values are written each %u s, not each %u: that would wear the card",
			 setup.flush_s, run->services.config->history_flush_s);
	history_path(run, path);
	run->services.history = ohtd_history_start(&setup);
	if (!run->services.history)
		return fail(run, "history threads");
	ohtd_upkeep_past(run->services.settings, run->services.history);
	return 0;
}

static int open_backups(struct running *run)
{
	struct ohtd_backups_setup setup = {
		.state_dir = run->services.config->state_dir, .key_file = run->services.config->backup_key,
		.clock = &run->clock, .settings = run->services.settings,
	};

	setup.jobs = run->services.jobs = ohtd_jobs_start(&run->clock);
	if (!run->services.jobs)
		return fail(run, "jobs thread");
	run->services.backups = ohtd_backups_open(&setup);
	if (!run->services.backups)
		return fail(run, "backups");
	run->services.robot_id = ohtd_backups_robot_id(run->services.backups);
	return 0;
}

static struct ohtd_certificate *open_certificate(struct running *run)
{
	unsigned char key[OHTD_AUTH_SEAL_KEY_BYTES];
	char passphrase[OHTD_AUTH_SEAL_TEXT_BYTES] = "";
	struct ohtd_certificate *certificate;

	if (ohtd_main_seal("ohtd keys of the certificate 1", key))
		ohtd_hex_text(passphrase, key, sizeof(key));
	certificate = ohtd_certificate_open(run->services.config, &run->clock, OHTD_BUILD_DATE_S, *passphrase ? passphrase : NULL,
					    run->why, sizeof(run->why));
	OPENSSL_cleanse(key, sizeof(key));
	OPENSSL_cleanse(passphrase, sizeof(passphrase));
	return certificate;
}

static int open_server(struct running *run)
{
	struct ohtd_site site;

	run->services.alert_keeper = ohtd_alert_keeper_create(run->services.store, &run->clock);
	if (!run->services.alert_keeper)
		return fail(run, "alerts");
	ohtd_alert_keeper_carry(run->services.alert_keeper, run->services.rules);
	/* A simulated robot is there to be broken. */
	if (!run->services.config->simulated)
		ohtd_alert_keeper_watch_floods(run->services.alert_keeper);
	ohtd_proof_open(&run->proof, run->services.config->state_dir, &run->clock, run->services.robot);
	run->services.certificate = open_certificate(run);
	if (!run->services.certificate)
		return judge(run, errno);
	/* Keys and certificates, too. */
	ohtd_store_count_damaged(run->services.store);
	if (ohtd_site_make(&site, run->why, sizeof(run->why)))
		return judge(run, ENOMEM);
	run->server = ohtd_server_create(&run->services, &site, run->why, sizeof(run->why));
	if (!run->server)
		return judge(run, errno);
	ohtd_settings_measure(run->services.settings, count_all, run);
	return 0;
}

/* Its link to the control thread is the one behind those of the loops. */
static int open_gateway(struct running *run)
{
	const struct ohtd_gateway_setup setup = {
		.config = run->services.config, .settings = run->services.settings, .clock = &run->clock,
		.robot = run->services.robot, .courses = run->services.courses,
		.link = ohtd_robot_link(run->services.robot, run->services.config->loops),
	};

	if (!run->services.config->gateway)
		return 0;
	run->services.gateway = ohtd_gateway_create(&setup, run->why, sizeof(run->why));
	return run->services.gateway ? 0 : judge(run, errno);
}

static int open_parts(struct running *run)
{
	const struct ohtd_part_birth birth = {
		.config = run->services.config, .clock = &run->clock, .store = run->services.store, .robot = run->services.robot,
		.auth = run->services.auth, .settings = run->services.settings, .audit = run->services.audit,
		.boot_id = ohtd_tokens_boot_id(run->services.tokens), .robot_id = run->services.robot_id,
		.seal = ohtd_main_seal,
	};
	const char *name;
	int r = ohtd_main_open_parts(&run->services, &birth, &name);

	return r ? fail(run, name) : 0;
}

/* Called by workers. */
static bool see_service(void *arg, struct ohtd_analytics_sight *sight)
{
	const struct running *run = arg;
	struct ohtd_snapshot *snapshot = malloc(sizeof(*snapshot));
	bool seen = snapshot && !ohtd_robot_snapshot(run->services.robot, snapshot);

	if (seen) {
		sight->present = snapshot->version && snapshot->bus.present;
		sight->control_cycles = snapshot->bus.cycles;
		sight->cycles = snapshot->plan.cycles;
		sight->missed = snapshot->plan.missed;
		ohtd_api_see_service(run->server, sight);
	}
	free(snapshot);
	return seen;
}

static int open_service(struct running *run)
{
	const struct ohtd_analytics_service_setup setup = {
		.store = run->services.store, .clock = &run->clock, .settings = run->services.settings,
		.boot_id = ohtd_tokens_boot_id(run->services.tokens), .see = see_service, .arg = run,
	};

	run->services.service = ohtd_analytics_service_open(&setup);
	return run->services.service ? 0 : fail(run, "service level");
}

/* A command that adds a user has it for a moment. */
static int lock_state(struct running *run)
{
	const char *dir = run->services.config->state_dir;
	int fd = ohtd_state_lock(dir, run->why, sizeof(run->why));

	for (int i = 0; fd < 0 && i < LOCK_TRIES; i++) {
		nanosleep(&(struct timespec){ .tv_nsec = LOCK_PAUSE_NS }, NULL);
		fd = ohtd_state_lock(dir, run->why, sizeof(run->why));
	}
	return fd < 0 ? judge(run, errno) : fd;
}

/* While there is only this thread: those that it starts are confined with it. */
static int confine(struct running *run)
{
	int r = ohtd_confine(run->services.config, run->config_path, run->why, sizeof(run->why));

	if (r > 0)
		ohtd_log(OHTD_LOG_NOTICE, "main", "not_confined",
			 "files are guarded by their permissions alone: %s",
			 "the kernel has no Landlock, or this is a build with sanitizers");
	return r < 0 ? -1 : 0;
}

static int read_accounts(struct running *run)
{
	unsigned char key[OHTD_AUTH_SECOND_KEY_BYTES];

	if (ohtd_state_key(run->services.config->state_dir, &ohtd_main_totp_key, key, sizeof(key), ohtd_clock_wall_s(&run->clock),
			   run->why, sizeof(run->why)))
		return judge(run, errno);
	run->services.auth = ohtd_auth_create(run->services.store, run->services.tokens, &run->clock, key);
	OPENSSL_cleanse(key, sizeof(key));
	return run->services.auth ? open_setup(run) : fail(run, "accounts");
}

/*
 * What the start reads may be what is damaged. The store has noted that when it has been stopped:
 * opened anew it is repaired.
 */
static int open_accounts(struct running *run)
{
	if (!read_accounts(run))
		return 0;
	if (errno != EUCLEAN)
		return -1;
	ohtd_setup_destroy(run->services.setup);
	ohtd_auth_destroy(run->services.auth);
	ohtd_store_stop(run->services.store);
	run->services.setup = NULL;
	run->services.auth = NULL;
	run->services.store = NULL;
	return open_store(run) ? -1 : read_accounts(run);
}

static int open_all(struct running *run)
{
	const char *dir = run->services.config->state_dir;

	if (ohtd_state_ensure(dir, run->why, sizeof(run->why)))
		return judge(run, errno);
	run->lock_fd = lock_state(run);
	if (run->lock_fd < 0)
		return -1;
	run->services.another_machine = ohtd_machine_is_another(dir, "");
	ohtd_main_ahead_parts(run->services.config);
	if (confine(run))
		return -1;
	run->swapped = ohtd_state_swap_database(dir, ohtd_clock_wall_s(&run->clock), run->why, sizeof(run->why));
	if (run->swapped < 0)
		return judge(run, errno);
	if (open_store(run) || open_auth(run) || open_accounts(run) || open_audit(run))
		return -1;
	settle_past(run);
	if (open_robot(run) || open_journal(run) || open_rules(run) || open_settings(run) || open_backups(run) ||
	    open_history(run) || open_parts(run) || open_gateway(run) || open_service(run))
		return -1;
	return open_server(run);
}

static int say_ready(struct running *run)
{
	const struct ohtd_config *config = run->services.config;
	bool v6 = strchr(config->listen.host, ':');
	char url[128];
	int r;

	snprintf(url, sizeof(url), "https://%s%s%s:%u\n", v6 ? "[" : "", config->listen.host,
		 v6 ? "]" : "", ohtd_server_port(run->server));
	ohtd_log(OHTD_LOG_NOTICE, "main", "ready", "%.*s", (int)strlen(url) - 1, url);
	if (!*config->ready_file)
		return 0;
	r = oht_file_replace(config->ready_file, url, strlen(url), 0644);
	if (!r)
		return 0;
	errno = -r;
	fail(run, config->ready_file);
	return judge(run, -r);
}

/* Everything has been opened, and no client has been listened to yet. */
static int narrow(struct running *run)
{
	int r = ohtd_sandbox_enter(run->why, sizeof(run->why));

	if (r > 0)
		ohtd_log(OHTD_LOG_WARNING, "main", "no_filter",
			 "system calls are not filtered: %s",
			 "the kernel has no filters, or this is a build with sanitizers");
	return r < 0 ? -1 : 0;
}

/* All that could fail for the sake of the database is behind it, and no client has been answered anything that would not stay. */
static int keep_restored(struct running *run)
{
	if (ohtd_state_keep_swap(run->services.config->state_dir, ohtd_clock_wall_s(&run->clock), run->why, sizeof(run->why)))
		return judge(run, errno);
	ohtd_audit_stays(run->services.audit);
	return 0;
}

static void note_start(const struct running *run)
{
	ohtd_audit_own(run->services.audit, OHTD_ACT_START, "ohtd " OHT_VERSION, "", run->cut ? OHTD_START_CUT : "done");
}

static int start_all(struct running *run)
{
	const char *part;
	int r;

	/* What opening has needed for a while goes back before the robot locks all pages. */
	malloc_trim(0);
	r = ohtd_robot_start(run->services.robot, run->why, sizeof(run->why));
	if (r)
		return judge(run, -r);
	run->robot_runs = true;
	if (*run->why)
		ohtd_log(OHTD_LOG_WARNING, "main", "device_missing", "%s; trying again", run->why);
	note_start(run);
	if (narrow(run) || keep_restored(run))
		return -1;
	r = ohtd_server_start(run->server);
	if (r) {
		errno = -r;
		return fail(run, "server threads");
	}
	r = run->services.gateway ? ohtd_gateway_start(run->services.gateway) : 0;
	if (r) {
		errno = -r;
		return fail(run, "gateway thread");
	}
	r = ohtd_main_start_parts(&run->services, &part);
	if (r) {
		errno = -r;
		return fail(run, part);
	}
	return say_ready(run);
}

static void reload(struct running *run)
{
	struct ohtd_config fresh;

	if (ohtd_config_load(&fresh, run->config_path, run->why, sizeof(run->why)) ||
	    ohtd_certificate_reload(run->services.certificate, &fresh, run->why, sizeof(run->why))) {
		ohtd_log(OHTD_LOG_ERROR, "main", "reload", "%s; nothing changed", run->why);
		return;
	}
	/* A level that has been changed in the file since the start is meant for this run. */
	ohtd_log_set_level(fresh.log_level != run->services.config->log_level ?
			   (enum ohtd_log_level)fresh.log_level : ohtd_settings_level(run->services.settings));
	ohtd_log(OHTD_LOG_NOTICE, "main", "reload", "certificate and log level");
}

/* Waits for a signal or a change of the robot, at most until the next tick of the alerts. 0: no signal has come. */
static int wait_turn(struct running *run, struct ohtd_link *link, bool *changed)
{
	struct pollfd fds[] = {
		{ .fd = run->signal_fd, .events = POLLIN }, { .fd = ohtd_link_fd(link), .events = POLLIN },
	};
	struct signalfd_siginfo info;
	uint64_t count;

	ohtd_clock_wait(&run->clock, fds, 2, ohtd_clock_monotonic_ns(&run->clock) + OHTD_UPKEEP_ALERTS_MS * OHTD_NS_PER_MS);
	*changed = read(fds[1].fd, &count, sizeof(count)) == sizeof(count);
	if (!*changed && errno != EAGAIN)
		ohtd_log(OHTD_LOG_ERROR, "main", "link", "%s", strerror(errno));
	return read(fds[0].fd, &info, sizeof(info)) == sizeof(info) ? (int)info.ssi_signo : 0;
}

/* Four times a second, and with each signal. */
static bool is_due(struct running *run, uint64_t *next_ns)
{
	uint64_t now_ns = ohtd_clock_monotonic_ns(&run->clock);

	if (now_ns < *next_ns)
		return false;
	*next_ns = now_ns + OHTD_UPKEEP_MS * OHTD_NS_PER_MS;
	return true;
}

/* The main thread's life: signals, alerts, and what has to be looked after. */
static void wait_for_end(struct running *run)
{
	struct ohtd_link *link = ohtd_main_link(run->services.robot, run->services.config, OHTD_MAIN_LINK_WATCH);
	struct ohtd_upkeep *upkeep = &run->upkeep;
	uint64_t next_ns = 0;
	bool changed;
	int number;

	upkeep->services = &run->services;
	upkeep->wake_fd = ohtd_link_fd(link);
	upkeep->boot_id = ohtd_tokens_boot_id(run->services.tokens);
	ohtd_upkeep_begin(upkeep);
	for (;;) {
		number = wait_turn(run, link, &changed);
		if (number == SIGHUP) {
			ohtd_upkeep_reloading(upkeep);
			reload(run);
			ohtd_upkeep_reloaded(upkeep);
		} else if (number || ohtd_robot_leaves(run->services.robot)) {
			break;
		}
		ohtd_upkeep_alerts(upkeep);
		if (changed)
			ohtd_main_robot_changed(upkeep);
		if (!number && !is_due(run, &next_ns))
			continue;
		ohtd_upkeep(upkeep);
		ohtd_setup_tick(run->services.setup);
		ohtd_auth_keep(run->services.auth);
		ohtd_auth_require_second(run->services.auth, ohtd_settings_second_factor(run->services.settings));
	}
	ohtd_upkeep_end(upkeep);
	/* A signal that has come as well has the same wish. */
	if (ohtd_robot_leaves(run->services.robot))
		ohtd_log(OHTD_LOG_NOTICE, "main", "end", "restart");
	else
		ohtd_log(OHTD_LOG_NOTICE, "main", "end", "signal %d", number);
}

/* Before any thread exists, so that all inherit it: signals are taken by wait_for_end() only. */
static int block_signals(struct running *run)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	run->signal_fd = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
	return run->signal_fd < 0 ? fail(run, "signals") : 0;
}

/*
 * An arena per thread fills up with its own holes for hours; one for all stays as it is. Large tables are pages of their own: what is
 * never used of them is never there, where malloc() would else clear what an earlier one has left.
 */
static void set_up_memory(void)
{
	mallopt(M_ARENA_MAX, 1);
	mallopt(M_MMAP_THRESHOLD, OWN_PAGES_BYTES);
}

static int open_clock(struct running *run)
{
	const char *path = run->services.config->clock;
	int r = ohtd_behind_clock_begin(&run->behind, &run->clock, path, OHTD_BUILD_DATE_S * (int64_t)OHTD_NS_PER_S);

	if (!r)
		return 0;
	errno = -r;
	fail(run, path);
	return judge(run, -r);
}

static int keep_place(const struct ohtd_services *services)
{
	return ohtd_kept_location_now(services->place, services->config->state_dir, services->robot,
				      ohtd_clock_monotonic_ns(services->clock));
}

/* A full disk fails a start in many places, some of which do not know why. */
static const char *without_room(const char *dir)
{
	struct statvfs st;

	if (statvfs(dir, &st) || ((uint64_t)st.f_bavail * st.f_frsize >= START_BYTES && (st.f_favail || !st.f_files)))
		return "";
	return "; the disk of the state folder is full: make room, then start again";
}

int ohtd_daemon_run(struct ohtd_config *config, const char *config_path)
{
	struct running run = {
		.services = {
			.config = config, .clock = &run.clock, .disk = &run.disk, .proof = &run.proof, .simulated = config->simulated,
			.place = &run.upkeep.location, .keep_place = keep_place,
		},
		.disk = { .path = config->state_dir, .clock = &run.clock },
		.upkeep = { .location = { .lock = PTHREAD_MUTEX_INITIALIZER } },
		.config_path = config_path, .lock_fd = -1, .signal_fd = -1,
	};
	int r;

	umask(077);
	set_up_memory();
	r = open_clock(&run) || block_signals(&run);
	ohtd_log_set_level(config->log_level);
	ohtd_log_start(&run.clock);
	r = r || open_all(&run) || start_all(&run);
	if (r)
		ohtd_log(OHTD_LOG_ERROR, "main", "start", "%s%s", run.why, without_room(config->state_dir));
	/* Another start mends it: with the database of before. */
	if (r && ohtd_state_swap_waits(config->state_dir))
		run.lasting = false;
	if (!r)
		wait_for_end(&run);
	if (ohtd_end_all(&run))
		r = 1;
	if (r && run.lasting)
		return EX_CONFIG;
	return r ? 1 : 0;
}
