// SPDX-License-Identifier: GPL-2.0-or-later
/* Alerts and the figure of the certificate. */
#include "base/part.h"
#include "pki/certificate.h"

#define ENDS_SOON_S	(7 * 86400)

enum { NOT_RENEWED, NOT_READ, STAND_IN, ENDS_SOON };

static const char see_certificate[] = "See GET system/certificate; the one before stays in use.";

static const struct ohtd_part_alert alerts[] = {
	[NOT_RENEWED] = { "certificate", "certificate_not_renewed", OHTD_SEVERITY_WARNING,
		.text = "The last renewal or reading of the certificate has failed.", .action = see_certificate },
	[NOT_READ] = { "certificate", "certificate_not_read", OHTD_SEVERITY_WARNING,
		.text = "The last renewal or reading of the certificate has failed.", .action = see_certificate },
	[STAND_IN] = { "certificate", "certificate_stand_in", OHTD_SEVERITY_WARNING,
		.text = "The key of the certificate is sealed by another credential than keys.seal is: clients get one that they do not know.",
		.action = "Give ohtd the credential keys.seal again and restart it: all is as before then. Where it is lost: ohtctl admin cert renew-authority." },
	[ENDS_SOON] = { "certificate", "certificate_ends_soon", OHTD_SEVERITY_WARNING,
		.text = "The certificate ends within a week.",
		.action = "Replace the files in [tls], or ohtctl admin cert renew." },
};

static void judge(void *part, const struct ohtd_part_reports *to)
{
	struct ohtd_certificate_view view;

	ohtd_certificate_look(part, &view);
	if (view.stand_in)
		ohtd_part_report(to, STAND_IN, 0);
	else if (*view.failed)
		ohtd_part_report(to, view.own ? NOT_RENEWED : NOT_READ, 0);
	else if (view.not_after_s - to->wall_s < ENDS_SOON_S)
		ohtd_part_report(to, ENDS_SOON, 0);
}

static const struct ohtd_part_figure figures[] = {
	{ "oht_certificate_not_after_seconds", "End of the certificate, in seconds since 1970." },
};

static void measure(void *part, double *values)
{
	struct ohtd_certificate_view view;

	ohtd_certificate_look(part, &view);
	values[0] = (double)view.not_after_s;
}

static void tick(void *part)
{
	ohtd_certificate_tick(part);
}

const struct ohtd_daemon_part ohtd_pki_part = {
	OHTD_PART_ALERTS(alerts), .judge = judge, OHTD_PART_FIGURES(figures), .measure = measure, .tick = tick,
};
