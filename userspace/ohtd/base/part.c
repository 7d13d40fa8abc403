// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/part.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

void ohtd_part_report(const struct ohtd_part_reports *to, unsigned int alert, uint64_t since_ns)
{
	to->add(to, &(struct ohtd_part_report){ .alert = alert, .since_ns = since_ns });
}

void ohtd_part_report_text(const struct ohtd_part_reports *to, unsigned int alert, uint64_t since_ns, const char *format, ...)
{
	char text[OHTD_PART_TEXT_BYTES];
	va_list values;

	va_start(values, format);
	vsnprintf(text, sizeof(text), format, values);
	va_end(values);
	to->add(to, &(struct ohtd_part_report){ .alert = alert, .text = text, .since_ns = since_ns });
}

void ohtd_part_report_about(const struct ohtd_part_reports *to, unsigned int alert, const char *subject, uint64_t since_ns, const char *format, ...)
{
	char text[OHTD_PART_TEXT_BYTES];
	va_list values;

	va_start(values, format);
	vsnprintf(text, sizeof(text), format, values);
	va_end(values);
	to->add(to, &(struct ohtd_part_report){ .alert = alert, .subject = subject, .text = text, .since_ns = since_ns });
}
