// SPDX-License-Identifier: GPL-2.0-or-later
/* ohtctl doctor: the checks in their order, how findings look, the exit code. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "client.h"
#include "cmd.h"
#include "doctor.h"
#include "show.h"

static const struct {
	const char *name;
	void (*look)(struct doctor *doctor);
} checks[] = {
	{ "kernel", doctor_look_at_kernel },
	{ "timers", doctor_look_at_timers },
	{ "real-time", doctor_look_at_realtime },
	{ "frequency", doctor_look_at_frequency },
	{ "driver", doctor_look_at_driver },
	{ "uart", doctor_look_at_uart },
	{ "fifo", doctor_look_at_fifo },
	{ "gpio", doctor_look_at_lines },
	{ "de", doctor_look_at_driver_enable },
	{ "stop", doctor_look_at_stop },
	{ "clock", doctor_look_at_clock },
	{ "disk", doctor_look_at_disk },
	{ "wear", doctor_look_at_wear },
	{ "log", doctor_look_at_log },
	{ "permissions", doctor_look_at_permissions },
	{ "ohtd", doctor_look_at_daemon },
	{ "versions", doctor_look_at_versions },
	{ "certificate", doctor_look_at_certificate },
	{ "modules", doctor_look_at_modules },
	{ "location", doctor_look_at_location },
	{ "timing", doctor_look_at_timing },
	{ "bus", doctor_look_at_bus },
};

#define CHECKS	(sizeof(checks) / sizeof(checks[0]))

static const char *const words[DOCTOR_RESULTS] = { "ok", "wrong", "unknown" };

static void __attribute__((format(printf, 4, 0)))
say(struct doctor *doctor, enum doctor_result result, const char *action, const char *format, va_list list)
{
	struct json_object *line;
	char text[2 * DOCTOR_TEXT_BYTES];

	vsnprintf(text, sizeof(text), format, list);
	doctor->counts[result]++;
	if (doctor->lines) {
		line = json_object_new_object();
		show_add_text(line, "check", doctor->check);
		show_add_text(line, "result", words[result]);
		show_add_text(line, "text", text);
		json_object_object_add(line, "action", action ? json_object_new_string(action) : NULL);
		json_object_array_add(doctor->lines, line);
		return;
	}
	fprintf(doctor->cli->out, "%-8s %-12s %s\n", words[result], doctor->check, text);
	if (action)
		fprintf(doctor->cli->out, "%-21s -> %s\n", "", action);
	fflush(doctor->cli->out);
}

void doctor_ok(struct doctor *doctor, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	say(doctor, DOCTOR_OK, NULL, format, list);
	va_end(list);
}

void doctor_wrong(struct doctor *doctor, const char *action, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	say(doctor, DOCTOR_WRONG, action, format, list);
	va_end(list);
}

void doctor_unknown(struct doctor *doctor, const char *action, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	say(doctor, DOCTOR_UNKNOWN, action, format, list);
	va_end(list);
}

static void show_counts(struct doctor *doctor)
{
	const unsigned int *counts = doctor->counts;
	struct json_object *object;

	if (!doctor->lines) {
		fprintf(doctor->cli->out, "%u wrong, %u unknown, %u ok\n", counts[DOCTOR_WRONG], counts[DOCTOR_UNKNOWN],
			counts[DOCTOR_OK]);
		return;
	}
	object = json_object_new_object();
	for (size_t i = 0; i < DOCTOR_RESULTS; i++)
		show_add_number(object, words[i], counts[i]);
	json_object_object_add(object, "checks", doctor->lines);
	show_json(doctor->cli, object);
}

int cmd_doctor(struct cli *cli, int count, char **arguments)
{
	struct doctor doctor = { .cli = cli, .root = cli->root ? cli->root : "" };
	char socket[PATH_MAX];

	(void)count;
	(void)arguments;
	if (cli->root && !strcmp(cli->socket, CLIENT_DEFAULT_SOCKET)) {
		doctor_path(&doctor, socket, "%s", CLIENT_DEFAULT_SOCKET);
		cli->socket = socket;
	}
	if (cli->json)
		doctor.lines = json_object_new_array();
	doctor.health = doctor_ask(&doctor, "health", doctor.silent);
	for (size_t i = 0; i < CHECKS; i++) {
		doctor.check = checks[i].name;
		checks[i].look(&doctor);
	}
	json_object_put(doctor.health);
	show_counts(&doctor);
	return doctor.counts[DOCTOR_WRONG] ? CLI_FAILED : CLI_DONE;
}
