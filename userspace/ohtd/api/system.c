// SPDX-License-Identifier: GPL-2.0-or-later
/* The machine: its certificate, whose keys are made on a worker, and the restart of ohtd, which ends in order. */
#include "api/api.h"
#include "server/call.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/workers.h"
#include "people/people.h"
#include "pki/certificate.h"
#include "server/pending.h"
#include "views/words.h"

#define WITHIN_MS	20000

/* ---- what is told ---- */

struct certificate_authority {
	const char *fingerprint_sha256;
	int64_t not_after;
	bool limited;
	const char *pem;
	const char *qr;
};

OHTD_SHAPE(certificate_authority, "CertificateAuthority",
	OHTD_TEXT(certificate_authority, fingerprint_sha256, .summary = "SHA-256 of the authority"),
	OHTD_TIME(certificate_authority, not_after, .flags = OHTD_NULL, .summary = "End of the authority"),
	OHTD_BOOLEAN(certificate_authority, limited,
		     .summary = "The authority permits the names of this machine only"),
	OHTD_TEXT(certificate_authority, pem, .summary = "What clients are told to trust, as /ca.crt"),
	OHTD_TEXT(certificate_authority, qr, .summary = "fingerprint_sha256 as a QR code: a line for each row, of 1 (dark) and 0, without its margin",
		  .example = "\"1111111\\n1000001\""));

struct certificate {
	unsigned int source;
	const char *subject;
	const char *issuer;
	const char *fingerprint_sha256;
	const char *const *names;
	size_t names_count;
	int64_t not_before;
	int64_t not_after;
	int64_t renews_at;
	const char *failed;
	const struct certificate_authority *authority;
};

static const char *const sources[] = { "installed", "own" };
OHTD_WORDS_OF(source_words, sources);

OHTD_SHAPE(certificate, "Certificate",
	OHTD_WORD(certificate, source, .words = &source_words,
		  .summary = "own: made by this machine. installed: the files in [tls]"),
	OHTD_TEXT(certificate, subject, .summary = "Whose certificate", .example = "\"CN=robot\""),
	OHTD_TEXT(certificate, issuer, .summary = "Who has signed it",
		  .example = "\"CN=oht device authority robot\""),
	OHTD_TEXT(certificate, fingerprint_sha256, .summary = "SHA-256 of the certificate"),
	OHTD_TEXTS(certificate, names, .summary = "DNS names and addresses in it"),
	OHTD_TIME(certificate, not_before, .flags = OHTD_NULL, .summary = "Begin"),
	OHTD_TIME(certificate, not_after, .flags = OHTD_NULL, .summary = "End"),
	OHTD_TIME(certificate, renews_at, .flags = OHTD_NULL,
		  .summary = "When it is made anew; null: by hand, it has been installed"),
	OHTD_TEXT(certificate, failed, .flags = OHTD_NULL,
		  .summary = "Why the last renewal or reading of the files has failed"),
	OHTD_OBJECT(certificate, authority, certificate_authority, .flags = OHTD_NULL,
		    .summary = "Authority of this machine; null with an installed certificate"));

static int64_t wall_ns(int64_t seconds)
{
	return seconds ? seconds * (int64_t)OHTD_NS_PER_S : OHTD_NONE;
}

static void reply_certificate(struct ohtd_call *call)
{
	struct ohtd_certificate_view *view = ohtd_call_alloc(call, sizeof(*view));
	const char *names[sizeof(view->names) / sizeof(view->names[0])];
	char *pem = ohtd_call_alloc(call, OHTD_PEM_BYTES);
	struct certificate_authority authority;

	ohtd_certificate_look(call->services->certificate, view);
	ohtd_certificate_authority(call->services->certificate, pem);
	authority = (struct certificate_authority){
		.fingerprint_sha256 = view->authority_fingerprint,
		.not_after = wall_ns(view->authority_not_after_s),
		.limited = view->authority_limited,
		.pem = pem,
		.qr = ohtd_people_qr(call, view->authority_fingerprint),
	};
	for (unsigned int i = 0; i < view->name_count; i++)
		names[i] = view->names[i];
	OHTD_REPLY(call, 200, certificate, (&(struct certificate){
		.source = view->own,
		.subject = view->subject,
		.issuer = view->issuer,
		.fingerprint_sha256 = view->fingerprint,
		.names = names, .names_count = view->name_count,
		.not_before = wall_ns(view->not_before_s),
		.not_after = wall_ns(view->not_after_s),
		.renews_at = wall_ns(view->renews_s),
		.failed = *view->failed ? view->failed : NULL,
		.authority = *pem ? &authority : NULL,
	}));
}

/* ---- POST ---- */

struct renewal {
	int8_t authority;
};

OHTD_SHAPE(renewal, "CertificateRenewal",
	OHTD_TRISTATE(renewal, authority,
		     .summary = "A new authority too: every client has to be told to trust it"));

struct renew_job {
	struct ohtd_pending pending;
	struct ohtd_work work;
	struct ohtd_certificate *certificate;
	struct ohtd_principal who;
	bool authority;
	int result;
	char why[256];
};

static void renewed(struct ohtd_pending *pending)
{
	struct renew_job *job = (struct renew_job *)pending;
	struct ohtd_call *call = pending->call;

	if (call && !job->result)
		reply_certificate(call);
	else if (call && job->result > 0)
		ohtd_reply_problem(call, 409, "certificate_installed",
				   "the certificate is that of [tls] in ohtd.conf: replace its files");
	else if (call)
		ohtd_reply_problem(call, 500, "certificate_failed", "%s", job->why);
	free(job);
}

static void renew(struct ohtd_work *work, bool dropped)
{
	struct renew_job *job = (struct renew_job *)((char *)work - offsetof(struct renew_job, work));

	strcpy(job->why, "the daemon ends");
	job->result = dropped ? -1 : ohtd_certificate_renew(job->certificate, job->authority,
							    job->why, sizeof(job->why));
	if (!job->result)
		ohtd_log(OHTD_LOG_NOTICE, "http", "certificate_renewed", "%s by %s", job->authority ?
			 "certificate and authority" : "certificate", job->who.user);
	ohtd_pending_post(&job->pending);
}

static void post_certificate(struct ohtd_call *call)
{
	struct renew_job *job = calloc(1, sizeof(*job));
	int r;

	if (!job || ohtd_pending_begin(&job->pending, call, WITHIN_MS, renewed)) {
		free(job);
		ohtd_reply_problem(call, 500, "out_of_memory", "out of memory");
		return;
	}
	job->work.run = renew;
	job->certificate = call->services->certificate;
	job->who = call->who;
	job->authority = OHTD_INPUT(call, renewal)->authority == 1;
	r = ohtd_call_submit(call, &job->work);
	if (!r)
		return;
	ohtd_pending_abandon(&job->pending);
	free(job);
	ohtd_reply_not_submitted(call, r);
}

/* ---- the authority, for clients that do not trust it yet ---- */

static void get_authority(struct ohtd_call *call)
{
	char pem[OHTD_PEM_BYTES];

	if (ohtd_certificate_authority(call->services->certificate, pem))
		ohtd_reply_data(call, 200, "application/x-x509-ca-cert", pem, strlen(pem));
	else
		ohtd_reply_problem(call, 404, "not_found",
				   "this machine has no authority: its certificate was installed");
}

static const struct ohtd_route routes[] = {
	{
		.method = OHTD_GET, .path = "system/certificate", .role = OHTD_ROLE_VIEWER,
		.replies = { { 200, &certificate_shape } },
		.handle = reply_certificate,
		.summary = "The certificate of this machine, and who vouches for it",
	}, {
		.method = OHTD_POST, .path = "system/certificate", .role = OHTD_ROLE_ADMINISTRATOR,
		.act = { "renew", "renewed", " the certificate" },
		.elevation = OHTD_ELEVATION_ALWAYS,
		.body_bytes_max = 1024, .body = &renewal_shape,
		.replies = { { 200, &certificate_shape } },
		.problems = { "certificate_installed", "certificate_failed", "busy", "out_of_memory",
			      "no_answer_in_time" },
		.handle = post_certificate,
		.summary = "Make the certificate anew; connections go on",
	}, {
		.method = OHTD_GET, .path = "/ca.crt",
		.replies = { { 200, NULL, "application/x-x509-ca-cert" } },
		.problems = { "not_found" },
		.handle = get_authority,
		.summary = "The authority of this machine, as PEM",
	},
};

OHTD_ROUTE_TABLE(ohtd_certificate_routes, "Certificate", routes);

struct restart {
	int8_t after_stop;
};

OHTD_SHAPE(restart, "Restart",
	OHTD_TRISTATE(restart, after_stop,
		     .summary = "What moves comes to a controlled stop first; without it motion is a reason to refuse"));

struct restarting {
	unsigned int state;
	bool resumes;
};

OHTD_SHAPE(restarting, "Restarting",
	OHTD_WORD(restarting, state, .words = &ohtd_robot_state_words, .summary = "Of the robot, from now on"),
	OHTD_BOOLEAN(restarting, resumes,
		     .summary = "Live data is meant to go on in the same epoch; false: a new one begins"));

static void restarts(struct ohtd_call *call, const struct ohtd_answer *answer)
{
	ohtd_log(OHTD_LOG_NOTICE, "http", "restart", "asked for by %s", call->who.user);
	OHTD_REPLY(call, 202, restarting, (&(struct restarting){
		.state = answer->state,
		.resumes = ohtd_call_supervisor(call) == OHTD_SUPERVISOR_KEEPS,
	}));
}

static void post_restart(struct ohtd_call *call)
{
	struct ohtd_command command = {
		.kind = OHTD_COMMAND_RESTART, .after_stop = OHTD_INPUT(call, restart)->after_stop == 1,
	};

	if (ohtd_call_supervisor(call) == OHTD_SUPERVISOR_NONE)
		ohtd_reply_problem(call, 409, "no_supervisor", "nobody would start the daemon again");
	else
		ohtd_call_command(call, &command, restarts);
}

static const struct ohtd_route restart_routes[] = {
	{
		.method = OHTD_POST, .path = "system/restart", .role = OHTD_ROLE_ADMINISTRATOR,
		.act = { "restart", "restarted", " ohtd" },
		.flags = OHTD_ROUTE_COMMAND | OHTD_ROUTE_LASTING, .body_bytes_max = 1024, .body = &restart_shape,
		.replies = { { 202, &restarting_shape } }, .problems = { "no_supervisor" },
		.handle = post_restart,
		.summary = "End the daemon in order and have it started again; the robot is then in safe",
		.text = "Refused while anything moves, unless after_stop. Commands that wait are dropped. Sessions "
			"stay, and live data goes on where it ended.",
	},
};

OHTD_ROUTE_TABLE(ohtd_restart_routes, "System", restart_routes);
