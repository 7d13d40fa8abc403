// SPDX-License-Identifier: GPL-2.0-or-later
/* The end of the daemon, whatever of it has been opened and started. */
#include "main/running.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "alerts/keeper.h"
#include "alerts/rules.h"
#include "analytics/odometer.h"
#include "analytics/service.h"
#include "audit/audit.h"
#include "auth/checks.h"
#include "auth/session.h"
#include "auth/setup.h"
#include "base/log.h"
#include "base/workers.h"
#include "config/config.h"
#include "gateway/gateway.h"
#include "history/history.h"
#include "jobs/backups.h"
#include "jobs/jobs.h"
#include "journal/recorder.h"
#include "main/command_keeper.h"
#include "main/parts.h"
#include "main/robot_log.h"
#include "main/state.h"
#include "pki/certificate.h"
#include "control/robot.h"
#include "server/server.h"
#include "settings/settings.h"
#include "store/store.h"

/*
 * A whole shut-down; what takes longer hangs. The machine stopped at its beginning. On a busy
 * machine a password check that is under way takes ten seconds, since its thread steps back.
 */
#define END_S		30
#define ROBOT_END_MS	3000
#define DRAIN_MS	2000

static void too_late(int number)
{
	static const char line[] = "ohtd: error: main end: not ended in time\n";
	struct pollfd ready = { .fd = STDERR_FILENO, .events = POLLOUT };

	(void)number;
	/* Nor may the last word wait for a reader. */
	if (poll(&ready, 1, 0) != 1 || write(STDERR_FILENO, line, sizeof(line) - 1) < 0)
		_exit(1);
	_exit(1);
}

/* Answers go out, then what made them ends. */
static void end_answers(struct running *run)
{
	ohtd_checks_close(run->services.checks);
	ohtd_gateway_stop(run->services.gateway);
	if (run->robot_runs)
		ohtd_robot_log(run->services.robot, &run->upkeep.robot_told);
	if (run->robot_runs)
		ohtd_keeper_end(run->services.keeper, run->services.robot);
	if (run->server && run->robot_runs)
		ohtd_server_drain(run->server, DRAIN_MS);
	ohtd_checks_stop(run->services.checks);
	ohtd_workers_stop(run->services.workers);
	ohtd_workers_stop(run->services.changers);
	ohtd_jobs_stop(run->services.jobs);
	ohtd_analytics_service_end(run->services.service);
	if (ohtd_server_destroy(run->server))
		ohtd_certificate_close(run->services.certificate);
	/* Until then the loops have given them work, which was refused. */
	ohtd_checks_destroy(run->services.checks);
	ohtd_workers_destroy(run->services.workers);
	ohtd_workers_destroy(run->services.changers);
	/* No worker looks after the file any more. */
	if (run->robot_runs)
		run->services.keep_place(&run->services);
}

/* Rows on their way to the store are written, then the store ends. */
static void end_store(struct running *run)
{
	ohtd_settings_rest(run->services.settings);
	ohtd_audit_end(run->services.audit);
	ohtd_alert_keeper_end(run->services.alert_keeper);
	ohtd_main_rest_parts(&run->services);
	ohtd_gateway_destroy(run->services.gateway);
	ohtd_recorder_stop(run->services.recorder);
	if (run->robot_runs)
		ohtd_state_store_time(run->services.config->state_dir, &run->clock,
				      ohtd_tokens_boot_id(run->services.tokens));
	ohtd_store_stop(run->services.store);
	/* A store whose disk had hung has worked for them until now. */
	ohtd_setup_destroy(run->services.setup);
	ohtd_auth_destroy(run->services.auth);
	ohtd_tokens_destroy(run->services.tokens);
	ohtd_keeper_destroy(run->services.keeper);
	ohtd_alert_keeper_destroy(run->services.alert_keeper);
	ohtd_audit_destroy(run->services.audit);
	ohtd_main_close_parts(&run->services);
	ohtd_analytics_service_close(run->services.service);
}

/*
 * With the mark still there the next run waits in safe for a person, whatever auto_enable says. A robot that has not run, since the start
 * failed, leaves things as they were.
 */
static void end_run(const struct running *run, bool leaves)
{
	bool enabled = run->robot_runs && ohtd_control_was_enabled(run->services.robot);

	if (run->robot_runs || (run->upkeep.marked && !run->cut))
		ohtd_state_end_run(run->services.config->state_dir, leaves || (run->unclean && !enabled));
}

/*
 * First the machine stops, since that is what a person wants of a daemon that ends; then answers go
 * out, then what made them ends. A control thread that does not end holds the robot's memory, so
 * the process leaves at once and the device stops by its own means.
 */
int ohtd_end_all(struct running *run)
{
	bool leaves = run->robot_runs && ohtd_robot_leaves(run->services.robot);
	int r = 0;

	/* The stop below is no standstill that a change has waited for. */
	ohtd_settings_leave(run->services.settings);
	/* A person has ended the daemon: the time until the next start is no failure of the service. */
	ohtd_analytics_service_rest(run->services.service);
	signal(SIGALRM, too_late);
	alarm(END_S);
	if (run->robot_runs)
		r = ohtd_robot_stop(run->services.robot, ROBOT_END_MS);
	if (r == -ETIMEDOUT) {
		ohtd_log(OHTD_LOG_ERROR, "main", "end", "the control thread did not end");
		_exit(1);
	}
	end_answers(run);
	end_store(run);
	if (*run->services.config->ready_file)
		unlink(run->services.config->ready_file);
	if (!r)
		end_run(run, leaves);
	/* It may wait for a repair of its file, which is no unclean end. */
	ohtd_history_stop(run->services.history);
	ohtd_analytics_odometer_close(run->services.odometer);
	ohtd_alert_rules_destroy(run->services.rules);
	ohtd_backups_close(run->services.backups);
	ohtd_jobs_destroy(run->services.jobs);
	ohtd_settings_close(run->services.settings);
	ohtd_robot_destroy(run->services.robot);
	if (run->lock_fd >= 0)
		close(run->lock_fd);
	if (run->signal_fd >= 0)
		close(run->signal_fd);
	return r ? -1 : 0;
}
