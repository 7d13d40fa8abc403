// SPDX-License-Identifier: GPL-2.0-or-later
/* Courses as a part of the daemon: an alert for each certificate that ends, and for each override. */
#include <stdio.h>

#include "base/part.h"
#include "config/config.h"
#include "courses/courses.h"

enum { ENDS, OVERRIDDEN };

static const struct ohtd_part_alert alerts[] = {
	[ENDS] = { "courses", "certificate_ends", OHTD_SEVERITY_WARNING, .notice = true,
		.action = "See ohtctl certificate due: grant the person another certificate, or revoke this one if none is needed any more." },
	[OVERRIDDEN] = { "courses", "qualification_override", OHTD_SEVERITY_WARNING, .notice = true,
		.action = "See ohtctl certificate list: revoke it as soon as the emergency is over." },
};

/* As PERSON/COURSE; of a name that is too long for that its number. */
static const char *subject_of(const struct ohtd_courses_concern *concern, char subject[OHTD_PART_SUBJECT_BYTES])
{
	int n = snprintf(subject, OHTD_PART_SUBJECT_BYTES, "%s/%s", concern->user, concern->course);

	if (n >= OHTD_PART_SUBJECT_BYTES)
		snprintf(subject, OHTD_PART_SUBJECT_BYTES, "certificate %lld", (long long)concern->id);
	return subject;
}

static void report(void *to, const struct ohtd_courses_concern *concern)
{
	char subject[OHTD_PART_SUBJECT_BYTES];

	subject_of(concern, subject);
	if (concern->override)
		ohtd_part_report_about(to, OVERRIDDEN, subject, 0, "%s stands in without a certificate of the course %s, by an override of two people.",
				       concern->user, concern->course);
	else
		ohtd_part_report_about(to, ENDS, subject, 0, "The certificate of %s for the course %s %s.", concern->user, concern->course,
				       concern->over ? "has ended" : "ends within 30 days");
}

static void judge(void *part, const struct ohtd_part_reports *to)
{
	ohtd_courses_concerns(part, report, (void *)to);
}

static void *open_courses(const struct ohtd_part_birth *birth)
{
	return ohtd_courses_open(birth->store, birth->clock, birth->boot_id, birth->config->simulated);
}

static void close_courses(void *part)
{
	ohtd_courses_close(part);
}

static void tick(void *part)
{
	ohtd_courses_tick(part);
}

const struct ohtd_daemon_part ohtd_courses_part = {
	.name = "courses", .open = open_courses, .close = close_courses, OHTD_PART_ALERTS(alerts), .judge = judge, .tick = tick,
};
