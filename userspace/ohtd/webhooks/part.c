// SPDX-License-Identifier: GPL-2.0-or-later
/* The webhooks as a part of the daemon: their birth, their alerts. */
#include "base/part.h"
#include "config/config.h"
#include "journal/notice.h"
#include "webhooks/rows.h"
#include "webhooks/sender.h"
#include "webhooks/webhooks.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

enum { NOT_SENT, SEALED, FAILS };

static const struct ohtd_part_alert alerts[] = {
	[NOT_SENT] = { "webhooks", "webhooks_not_sent", OHTD_SEVERITY_WARNING,
		.text = "Nobody is told of alerts elsewhere: the process that sends webhooks does not run, or does not send.",
		.action = "See [webhooks] in ohtd.conf and sender in the log; then restart ohtd. Nothing in the queue is lost." },
	[SEALED] = { "webhooks", "webhooks_sealed", OHTD_SEVERITY_WARNING,
		.text = "Webhooks are not told: their secrets are sealed by another credential than keys.seal is.",
		.action = "Give ohtd the credential keys.seal again and restart it: what waits is sent then. Where it is lost: POST webhooks/{id}/secret, and tell the receiver." },
	[FAILS] = { "webhooks", "webhook_fails", OHTD_SEVERITY_WARNING, .notice = true,
		.text = "A webhook has failed four times on end, and is tried again.",
		.action = "See last_error in ohtctl webhooks list; mend its receiver, or switch it off. What waits for it is sent when it answers." },
};

/* Its id is the subject. The alert has no word of the receiver in it: its address may be no business of a viewer. */
static void report_failing(const struct ohtd_part_reports *to, const struct ohtd_webhooks_failing *failing)
{
	char id[24], why[48] = "did not answer";

	snprintf(id, sizeof(id), "%" PRId64, failing->id);
	if (failing->status)
		snprintf(why, sizeof(why), "answered with status %" PRId64, failing->status);
	ohtd_part_report_about(to, FAILS, id, 0, "Webhook %s has failed %" PRId64 " times on end: its receiver %s.", id, failing->failures, why);
}

static void judge(void *part, const struct ohtd_part_reports *to)
{
	struct ohtd_webhooks_failing failing[OHTD_WEBHOOKS_MAX];
	unsigned int count;

	/* Without the process that sends, nothing more is known of receivers. */
	if (ohtd_webhooks_fail(part)) {
		ohtd_part_report(to, NOT_SENT, 0);
		return;
	}
	if (ohtd_webhooks_count_sealed(part))
		ohtd_part_report(to, SEALED, 0);
	count = ohtd_webhooks_list_failing(part, failing);
	for (unsigned int i = 0; i < count; i++)
		report_failing(to, &failing[i]);
}

/* Without the process that sends nobody is told elsewhere, and all else goes on. */
static bool check(const struct ohtd_config *config, const struct ohtd_part_checks *checks)
{
	if (!config->destination_count)
		return true;
	if (access(config->sender, X_OK))
		checks->note("sender", config->sender, "cannot be run: no webhook is sent");
	return checks->file("authorities", config->webhook_ca);
}

static void *open_webhooks(const struct ohtd_part_birth *birth)
{
	ohtd_alerts_listen(&ohtd_webhooks_listener);
	ohtd_journal_listen(ohtd_webhooks_notice);
	return ohtd_webhooks_create(&(struct ohtd_webhooks_setup){
		birth->config, birth->clock, birth->store, birth->settings, birth->robot_id, birth->ahead_fd, birth->seal,
	});
}

static int start(void *part)
{
	return ohtd_webhooks_start(part);
}

static void rest(void *part)
{
	ohtd_webhooks_stop(part);
}

static void destroy(void *part)
{
	ohtd_webhooks_destroy(part);
}

const struct ohtd_daemon_part ohtd_webhooks_part = {
	.name = "webhooks", .check = check, .ahead = ohtd_sender_start, .open = open_webhooks, .start = start, .rest = rest, .close = destroy,
	OHTD_PART_ALERTS(alerts), .judge = judge,
};
