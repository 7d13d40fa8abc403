// SPDX-License-Identifier: GPL-2.0-or-later
/* Checks of ohtd: what it says of itself, or what its files say while it does not run. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "cli.h"
#include "client.h"
#include "doctor.h"

#define CERTIFICATE	"/var/lib/oht/server.crt"
#define SECONDS_PER_DAY	86400
/* What doctor reads, ohtd has in its memory. One that hangs must not keep a person waiting for as long as a backup may take. */
#define ANSWER_S	10L
/* In front of a complaint. */
#define NAME		"ohtctl: "
/* As the daemon warns of its own. */
#define LAST_DAYS	7

static const char *text_of(struct json_object *object, const char *name)
{
	const char *text = object ? json_object_get_string(json_object_object_get(object, name)) : NULL;

	return text ? text : "";
}

/* @otherwise: of a member that is not there, or null. */
static const char *text_or(struct json_object *object, const char *name, const char *otherwise)
{
	const char *text = text_of(object, name);

	return *text ? text : otherwise;
}

struct json_object *doctor_ask(struct doctor *doctor, const char *path, char why[DOCTOR_TEXT_BYTES])
{
	struct cli aside = *doctor->cli;
	struct json_object *json = NULL;
	struct http_answer answer = { 0 };
	char url[PATH_MAX];
	int result = CLI_FAILED;

	memset(why, 0, DOCTOR_TEXT_BYTES);
	aside.json = false;
	aside.err = fmemopen(why, DOCTOR_TEXT_BYTES, "w");
	if (!aside.err)
		return NULL;
	snprintf(url, sizeof(url), "http://localhost/api/v1/%s", path);
	doctor->came = http_exchange(&(struct http_request){ .method = "GET", .url = url, .socket = aside.socket, .answer_s = ANSWER_S }, &answer);
	if (doctor->came == HTTP_ANSWERED)
		result = client_judge(&aside, aside.socket, &answer, &json);
	else
		fprintf(aside.err, "no ohtd answers at %s: %s", aside.socket, answer.why);
	fclose(aside.err);
	http_forget(&answer);
	why[strcspn(why, "\n")] = '\0';
	if (!strncmp(why, NAME, strlen(NAME)))
		memmove(why, why + strlen(NAME), DOCTOR_TEXT_BYTES - strlen(NAME));
	if (!result)
		return json;
	json_object_put(json);
	return NULL;
}

/* Why it does not answer. */
static void say_silent(struct doctor *doctor)
{
	static const char start[] = "systemctl status ohtd; journalctl -u ohtd";

	if (doctor->came == HTTP_ANSWERED || doctor->came == HTTP_NOBODY)
		doctor_unknown(doctor, "run it as root, or as a member of the group oht-admin", "%s", doctor->silent);
	else if (doctor->came == HTTP_FAILED || doctor_exists(doctor, "/etc/oht/ohtd.conf"))
		doctor_wrong(doctor, start, "%s", doctor->silent);
	else
		doctor_unknown(doctor, NULL, "ohtd is not installed: there is no /etc/oht/ohtd.conf");
}

void doctor_look_at_daemon(struct doctor *doctor)
{
	struct json_object *reasons, *reason;
	size_t count;

	if (!doctor->health) {
		say_silent(doctor);
		return;
	}
	reasons = json_object_object_get(doctor->health, "reasons");
	count = json_object_is_type(reasons, json_type_array) ? json_object_array_length(reasons) : 0;
	for (size_t i = 0; i < count; i++) {
		reason = json_object_array_get_idx(reasons, i);
		doctor_wrong(doctor, text_of(reason, "action"), "%s: %s", text_of(reason, "code"), text_of(reason, "text"));
	}
	if (json_object_get_boolean(json_object_object_get(doctor->health, "setup_required")))
		doctor_wrong(doctor, "ohtctl admin create NAME", "ohtd has no administrator yet");
	else if (!count && !strcmp(text_of(doctor->health, "status"), "ok"))
		doctor_ok(doctor, "it runs, and says that all is well");
	else if (!count)
		doctor_unknown(doctor, NULL, "it says neither that all is well nor what is not");
}

void doctor_look_at_versions(struct doctor *doctor)
{
	const char *slash = strrchr(doctor->cli->device, '/'), *daemon = text_of(doctor->health, "version");
	char abi[32], driver[DOCTOR_TEXT_BYTES];
	bool has_driver = !doctor_read(doctor, driver, "/sys/class/oht/%s/abi_version", slash ? slash + 1 : doctor->cli->device);

	snprintf(abi, sizeof(abi), "%u", oht_abi_version());
	if (*daemon && strcmp(daemon, OHT_VERSION))
		doctor_wrong(doctor, "apt install ohtd and ohtctl of one version; then ohtctl admin restart", "ohtd is %s, ohtctl %s", daemon, OHT_VERSION);
	else if (has_driver && strcmp(driver, abi))
		doctor_wrong(doctor, "install oht-dkms of the same version; a module that is loaded stays until the next boot",
			     "the module has ABI version %s, ohtctl %s", driver, abi);
	else if (*daemon && has_driver)
		doctor_ok(doctor, "ohtctl and ohtd %s, module with ABI version %s", OHT_VERSION, abi);
	else
		doctor_unknown(doctor, NULL, "ohtctl is %s; %s", OHT_VERSION,
			       has_driver ? "ohtd does not answer" : *daemon ? "there is no driver" : "neither ohtd nor a driver answers");
}

/* Its end, and whether it is for this machine. */
static void judge_certificate(struct doctor *doctor, double days_left, bool has_name, const char *name)
{
	static const char mend[] = "ohtctl admin cert renew; a certificate of your own: another one, [tls] in ohtd.conf";

	if (days_left <= 0)
		doctor_wrong(doctor, mend, "the certificate has ended");
	else if (days_left <= LAST_DAYS)
		doctor_wrong(doctor, mend, "the certificate ends in %.0f days", days_left);
	else if (!has_name)
		doctor_wrong(doctor, "names in [http] of ohtd.conf, then ohtctl admin cert renew", "the certificate is not for the name of this machine, %s", name);
	else
		doctor_ok(doctor, "the certificate is for %s, and good for %.0f days", name, days_left);
}

/* As the daemon shows it. */
static void judge_answer(struct doctor *doctor, struct json_object *answer, const char *name)
{
	struct json_object *names = json_object_object_get(answer, "names");
	struct tm end = { 0 };
	bool has_name = false;

	for (size_t i = 0; json_object_is_type(names, json_type_array) && i < json_object_array_length(names); i++)
		has_name |= !strcasecmp(json_object_get_string(json_object_array_get_idx(names, i)), name);
	if (*text_of(answer, "failed"))
		doctor_wrong(doctor, "journalctl -u ohtd", "the certificate was not renewed: %s", text_of(answer, "failed"));
	else if (!strptime(text_of(answer, "not_after"), "%Y-%m-%dT%H:%M:%S", &end))
		doctor_unknown(doctor, NULL, "ohtd does not say when its certificate ends");
	else
		judge_certificate(doctor, difftime(timegm(&end), time(NULL)) / SECONDS_PER_DAY, has_name, name);
}

static void judge_file(struct doctor *doctor, const char *name)
{
	char path[PATH_MAX];
	X509 *certificate;
	int days, seconds;
	FILE *file;

	doctor_path(doctor, path, CERTIFICATE);
	file = fopen(path, "re");
	if (!file) {
		doctor_unknown(doctor, errno == EACCES ? "run it as root" : NULL, "%s cannot be read: %s", CERTIFICATE, strerror(errno));
		return;
	}
	certificate = PEM_read_X509(file, NULL, NULL, NULL);
	fclose(file);
	if (!certificate)
		doctor_wrong(doctor, "ohtctl admin cert renew", "%s is no certificate", CERTIFICATE);
	else if (!ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notAfter(certificate)))
		doctor_unknown(doctor, NULL, "%s does not say when it ends", CERTIFICATE);
	else
		judge_certificate(doctor, days + (double)seconds / SECONDS_PER_DAY,
				  X509_check_host(certificate, name, strlen(name), 0, NULL) == 1, name);
	X509_free(certificate);
}

void doctor_look_at_certificate(struct doctor *doctor)
{
	char name[DOCTOR_TEXT_BYTES], why[DOCTOR_TEXT_BYTES];
	struct json_object *answer;

	if (doctor_read(doctor, name, "/proc/sys/kernel/hostname") || !*name) {
		doctor_unknown(doctor, NULL, "/proc/sys/kernel/hostname does not say the name of this machine");
		return;
	}
	if (!doctor->health) {
		judge_file(doctor, name);
		return;
	}
	answer = doctor_ask(doctor, "system/certificate", why);
	if (answer)
		judge_answer(doctor, answer, name);
	else
		doctor_unknown(doctor, NULL, "%s", why);
	json_object_put(answer);
}

static void judge_modules(struct doctor *doctor, struct json_object *items)
{
	char bad[DOCTOR_TEXT_BYTES] = "";
	size_t count = json_object_array_length(items), used = 0, required = 0;

	for (size_t i = 0; i < count; i++) {
		struct json_object *item = json_object_array_get_idx(items, i);

		if (!json_object_get_boolean(json_object_object_get(item, "required")))
			continue;
		required++;
		if (strcmp(text_of(item, "health"), "good") && used < sizeof(bad))
			used += (size_t)snprintf(bad + used, sizeof(bad) - used, "%s%s (%s) is %s", used ? ", " : "", text_of(item, "name"),
						 text_of(item, "address"), text_of(item, "health"));
	}
	if (used)
		doctor_wrong(doctor, "supply, wire and address of the module; ohtctl module show UNIT", "%s", bad);
	else if (!required)
		doctor_unknown(doctor, NULL, "no module is required: nothing says which shall be there");
	else
		doctor_ok(doctor, "all %zu required modules answer well", required);
}

void doctor_look_at_modules(struct doctor *doctor)
{
	char why[DOCTOR_TEXT_BYTES];
	struct json_object *answer, *items;

	if (!doctor->health) {
		doctor_unknown(doctor, "ohtctl scan asks them", "no ohtd says which modules shall be there");
		return;
	}
	answer = doctor_ask(doctor, "modules?limit=200", why);
	items = answer ? json_object_object_get(answer, "items") : NULL;
	if (json_object_is_type(items, json_type_array))
		judge_modules(doctor, items);
	else
		doctor_unknown(doctor, NULL, "%s", why);
	json_object_put(answer);
}

static void judge_location(struct doctor *doctor, struct json_object *robot)
{
	struct json_object *located = json_object_object_get(robot, "located");

	if (!json_object_is_type(located, json_type_boolean))
		doctor_unknown(doctor, NULL, "ohtd does not say whether the robot is located");
	else if (json_object_get_boolean(located))
		doctor_ok(doctor, "the position module reads where the robot was last, or nothing speaks against it");
	else
		doctor_wrong(doctor, "outputs off; look at the rail; then ohtctl robot position MM, or confirm",
			     "it is not known where the robot is: last at %s mm, its position module says %s mm",
			     text_or(robot, "expected_mm", "unknown"), text_or(robot, "read_mm", "unknown"));
}

void doctor_look_at_location(struct doctor *doctor)
{
	char why[DOCTOR_TEXT_BYTES];
	struct json_object *robot;

	if (!doctor->health) {
		doctor_unknown(doctor, NULL, "no ohtd says whether the robot is located");
		return;
	}
	robot = doctor_ask(doctor, "robot", why);
	if (robot)
		judge_location(doctor, robot);
	else
		doctor_unknown(doctor, NULL, "%s", why);
	json_object_put(robot);
}
