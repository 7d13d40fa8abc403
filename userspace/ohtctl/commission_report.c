// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The report: NAME.json for programs, NAME.txt for people, and with a key NAME.json.sig, a detached
 * signature over the bytes of NAME.json. The text has the digest of the same bytes.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "cli.h"
#include "commission.h"
#include "common/sysfs.h"
#include "save.h"
#include "show.h"

#define DIGEST_BYTES	32
#define DIGEST_TEXT	(2 * DIGEST_BYTES + 1)
#define PROPERTY_BYTES	512
#define SIGNATURE_BYTES	1024

static bool digest(const void *data, size_t bytes, char text[DIGEST_TEXT])
{
	uint8_t sum[EVP_MAX_MD_SIZE];
	unsigned int length = 0;

	if (!EVP_Digest(data, bytes, sum, &length, EVP_sha256(), NULL) || length != DIGEST_BYTES)
		return false;
	show_hex(sum, length, "", text);
	return true;
}

/* ---- files and key, before anything else ---- */

static int create(struct cli *cli, const char *path, FILE **file)
{
	*file = save_new(path);
	if (*file)
		return 0;
	return cli_fail(cli, CLI_FAILED, "%s: %s", path, strerror(errno));
}

static int load_key(struct cli *cli, struct commission_report *report)
{
	FILE *file = fopen(cli->key, "re");
	unsigned long error;

	if (!file)
		return cli_fail(cli, CLI_FAILED, "%s: %s", cli->key, strerror(errno));
	report->key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
	fclose(file);
	if (report->key)
		return 0;
	error = ERR_peek_last_error();
	ERR_clear_error();
	return cli_fail(cli, CLI_FAILED, "%s: no private key in PEM form (%s)", cli->key,
			error ? ERR_reason_error_string(error) : "unknown");
}

static void find_name(struct cli *cli, struct commission_report *report)
{
	const struct passwd *account = getpwuid(getuid());

	if (cli->by)
		snprintf(report->by, sizeof(report->by), "%s", cli->by);
	else if (account)
		snprintf(report->by, sizeof(report->by), "%s", account->pw_name);
	else
		snprintf(report->by, sizeof(report->by), "uid %u", (unsigned int)getuid());
}

/* The longest ending, and a word about what is too long. */
static int make_paths(struct cli *cli, struct commission_report *report)
{
	time_t now = (time_t)report->begun_s;
	char made[64];
	const char *name = cli->report ? cli->report : made;
	struct tm utc;

	strftime(made, sizeof(made), "oht-commissioning-%Y%m%d-%H%M%S", gmtime_r(&now, &utc));
	if (snprintf(report->signature_path, sizeof(report->signature_path), "%s.json.sig", name) >=
	    (int)sizeof(report->signature_path))
		return cli_fail(cli, CLI_USAGE, "--report is too long");
	snprintf(report->json_path, sizeof(report->json_path), "%s.json", name);
	snprintf(report->text_path, sizeof(report->text_path), "%s.txt", name);
	return 0;
}

int commission_report_open(struct cli *cli, struct commission_report *report)
{
	int result;

	report->begun_s = time(NULL);
	report->key_path = cli->key;
	find_name(cli, report);
	result = make_paths(cli, report);
	if (!result && cli->key)
		result = load_key(cli, report);
	if (!result)
		result = create(cli, report->json_path, &report->json);
	if (!result)
		result = create(cli, report->text_path, &report->text);
	if (!result && report->key)
		result = create(cli, report->signature_path, &report->signature);
	return result;
}

/* A file that nothing came into goes again: the walk was not begun. */
static void drop(FILE *file, const char *path)
{
	struct stat at;

	if (!file)
		return;
	if (!fflush(file) && !fstat(fileno(file), &at) && S_ISREG(at.st_mode) && !at.st_size)
		unlink(path);
	fclose(file);
}

void commission_report_close(struct commission_report *report)
{
	drop(report->json, report->json_path);
	drop(report->text, report->text_path);
	drop(report->signature, report->signature_path);
	EVP_PKEY_free(report->key);
}

/* ---- what it was made on ---- */

static struct json_object *property_json(const uint8_t *bytes, size_t count)
{
	char text[2 * PROPERTY_BYTES + 1];
	size_t i;

	/* Words end with a NUL each; anything else is shown as it stands. */
	for (i = 0; i < count; i++)
		if (bytes[i] && (bytes[i] < ' ' || bytes[i] > '~'))
			break;
	if (!count || i < count || bytes[count - 1] || !bytes[0]) {
		show_hex(bytes, count, "", text);
		text[2 * count] = '\0';
		return json_object_new_string(text);
	}
	memcpy(text, bytes, count);
	for (i = 0; i + 1 < count; i++)
		if (!text[i])
			text[i] = ' ';
	return json_object_new_string(text);
}

/* Properties of the device's node; null where there is no device tree. */
static struct json_object *device_tree_json(struct cli *cli)
{
	char path[OHT_SYSFS_PATH_BYTES];
	struct json_object *object;
	struct dirent *entry;
	uint8_t bytes[PROPERTY_BYTES];
	DIR *folder;

	oht_sysfs_path(cli->device, "device/of_node", path);
	folder = opendir(path);
	if (!folder)
		return NULL;
	object = json_object_new_object();
	while ((entry = readdir(folder))) {
		int fd = openat(dirfd(folder), entry->d_name, O_RDONLY | O_CLOEXEC);
		ssize_t got = fd < 0 ? -1 : read(fd, bytes, sizeof(bytes));

		/* Folders are other nodes. */
		if (got >= 0)
			json_object_object_add(object, entry->d_name,
					       property_json(bytes, (size_t)got));
		if (fd >= 0)
			close(fd);
	}
	closedir(folder);
	return object;
}

static struct json_object *kernel_json(void)
{
	struct json_object *object = json_object_new_object();
	struct utsname name;

	if (uname(&name))
		return object;
	show_add_text(object, "release", name.release);
	show_add_text(object, "version", name.version);
	show_add_text(object, "machine", name.machine);
	show_add_text(object, "host", name.nodename);
	return object;
}

/* The public key names the signer; null for an unsigned report. */
static struct json_object *signature_json(const struct commission_report *report)
{
	struct json_object *object;
	char text[DIGEST_TEXT] = "";
	uint8_t *der = NULL;
	int bytes;

	if (!report->key)
		return NULL;
	bytes = i2d_PUBKEY(report->key, &der);
	if (bytes > 0)
		(void)digest(der, (size_t)bytes, text);
	OPENSSL_free(der);
	object = json_object_new_object();
	show_add_text(object, "file", report->signature_path);
	show_add_text(object, "key", EVP_PKEY_get0_type_name(report->key));
	show_add_text(object, "public_key_sha256", text);
	return object;
}

static struct json_object *content_json(struct commission *walk,
					const struct commission_report *report,
					enum step_result result)
{
	struct json_object *object = json_object_new_object();
	struct json_object *by = json_object_new_object();

	show_add_text(object, "report", "commissioning of the emergency stop");
	show_add_text(object, "program", "ohtctl " OHT_VERSION);
	show_add_text(object, "result", commission_result_name(result));
	show_add_number(object, "begun_s", report->begun_s);
	show_add_number(object, "ended_s", time(NULL));
	show_add_text(by, "name", report->by);
	show_add_number(by, "uid", getuid());
	json_object_object_add(object, "by", by);
	json_object_object_add(object, "device", show_info_json(walk->cli, &walk->info));
	json_object_object_add(object, "device_tree", device_tree_json(walk->cli));
	json_object_object_add(object, "kernel", kernel_json());
	show_add_number(object, "deadman_ms", walk->deadman_ms);
	show_add_number(object, "records_lost", (int64_t)walk->lost);
	json_object_object_add(object, "steps", json_object_get(walk->steps));
	json_object_object_add(object, "left", walk->gone ? NULL :
			       show_stop_json(walk->cli, &walk->status));
	json_object_object_add(object, "signature", signature_json(report));
	return object;
}

/* ---- writing ---- */

static bool sign(const struct commission_report *report, const char *data, size_t bytes)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	uint8_t signature[SIGNATURE_BYTES];
	size_t length = sizeof(signature);
	bool done;

	/* No digest by name: some kinds of keys (Ed25519) have one of their own. */
	done = context &&
	       EVP_DigestSignInit_ex(context, NULL, NULL, NULL, NULL, report->key, NULL) == 1 &&
	       EVP_DigestSign(context, signature, &length, (const uint8_t *)data, bytes) == 1 &&
	       fwrite(signature, 1, length, report->signature) == length &&
	       !fflush(report->signature) && !fsync(fileno(report->signature));
	EVP_MD_CTX_free(context);
	return done;
}

static bool write_all(FILE *file, const char *data, size_t bytes)
{
	return fwrite(data, 1, bytes, file) == bytes && !fflush(file) && !fsync(fileno(file));
}

static void end_words(struct commission *walk, const struct commission_report *report,
		      enum step_result result, const char *sum)
{
	struct utsname name = { 0 };

	(void)uname(&name);
	commission_say(walk, "Result: %s; the machine is left %s", commission_result_name(result),
		       walk->gone ? "without its driver" : oht_state_name(walk->status.state));
	commission_say(walk, "Device: %s, %s, ABI %u, kernel %s", walk->cli->device, walk->info.port,
		       walk->info.abi_version, name.release);
	commission_say(walk, "SHA-256: %s  %s", sum, report->json_path);
	if (report->key)
		commission_say(walk, "Signed: %s, by the key in %s", report->signature_path,
			       report->key_path);
	else
		commission_say(walk, "Unsigned: no --key was given");
}

static void tell_end(struct commission *walk, const struct commission_report *report,
		     enum step_result result, const char *sum)
{
	struct json_object *object;

	if (!walk->cli->json)
		return;
	object = json_object_new_object();
	show_add_text(object, "result", commission_result_name(result));
	show_add_text(object, "report", report->json_path);
	show_add_text(object, "text", report->text_path);
	show_add_text(object, "signature", report->key ? report->signature_path : NULL);
	show_add_text(object, "sha256", sum);
	show_json(walk->cli, object);
}

int commission_report_write(struct commission *walk, struct commission_report *report,
			    enum step_result result)
{
	struct json_object *content = content_json(walk, report, result);
	const char *text = json_object_to_json_string_ext(content, JSON_C_TO_STRING_PRETTY |
							  JSON_C_TO_STRING_NOSLASHESCAPE);
	char sum[DIGEST_TEXT] = "";
	bool good;

	good = text && digest(text, strlen(text), sum) &&
	       write_all(report->json, text, strlen(text)) &&
	       (!report->key || sign(report, text, strlen(text)));
	json_object_put(content);
	if (good) {
		end_words(walk, report, result, sum);
		good = !fflush(walk->words) &&
		       write_all(report->text, walk->text, strlen(walk->text));
	}
	if (!good)
		return cli_fail(walk->cli, CLI_FAILED, "the report %s could not be written: %s",
				report->json_path, strerror(errno));
	tell_end(walk, report, result, sum);
	return 0;
}
