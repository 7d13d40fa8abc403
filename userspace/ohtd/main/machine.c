// SPDX-License-Identifier: GPL-2.0-or-later
#include "main/machine.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <openssl/evp.h>

#include "base/clock.h"
#include "base/hex.h"
#include "base/log.h"
#include "common/file.h"
#include "config/config.h"
#include "history/past.h"
#include "main/offline.h"
#include "audit/rows.h"

#define FILE_NAME	"machine"
#define PATH_BYTES	512
#define TEXT_BYTES	2048
#define WHY_BYTES	512
#define MARK_BYTES	8
#define ADDRESSES_MAX	16

/* Only for comparing: who reads the file does not learn the ids. */
typedef char mark[2 * MARK_BYTES + 1];

/* "": the machine does not have it. */
struct marks {
	mark serial, id, addresses[ADDRESSES_MAX];
	unsigned int count;
};

/* Of the identity, and of the hardware that it had: each is made anew by the next start. */
static const char *const identity[] = {
	"robot.id", "token.key", "token.keys", "totp.key", "audit.key", "audit.head", "ca.key", "ca.crt", "server.key", "server.crt", "proof", "position", "module-profiles",
};

/* ---- the marks of this machine ---- */

/* The first line of a file; false: there is none. */
static bool read_line(const char *path, char line[TEXT_BYTES])
{
	FILE *file = fopen(path, "re");
	bool ok = file && fgets(line, TEXT_BYTES, file);

	if (file)
		fclose(file);
	if (ok)
		line[strcspn(line, "\r\n")] = 0;
	return ok && *line;
}

static void hash(const char *text, mark to)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	char salted[TEXT_BYTES + 16];
	int n = snprintf(salted, sizeof(salted), "oht machine %s", text);

	*to = 0;
	if (EVP_Digest(salted, (size_t)n, digest, NULL, EVP_sha256(), NULL) == 1)
		ohtd_hex_text(to, digest, MARK_BYTES);
}

static void take(const char *root, const char *path, mark to)
{
	char whole[PATH_BYTES], line[TEXT_BYTES];

	*to = 0;
	snprintf(whole, sizeof(whole), "%s%s", root, path);
	if (read_line(whole, line))
		hash(line, to);
}

/* Of hardware, with an address that it has kept: others are drawn at each start. */
static void take_address(const char *root, const char *name, struct marks *marks)
{
	char path[PATH_BYTES], line[TEXT_BYTES];
	int n = snprintf(path, sizeof(path), "%s/sys/class/net/%s/", root, name);

	if (n < 0 || (size_t)n + sizeof("addr_assign_type") > sizeof(path))
		return;
	strcpy(path + n, "device");
	if (access(path, F_OK))
		return;
	strcpy(path + n, "addr_assign_type");
	if (!read_line(path, line) || strcmp(line, "0"))
		return;
	strcpy(path + n, "address");
	if (read_line(path, line))
		hash(line, marks->addresses[marks->count++]);
}

static void look(const char *root, struct marks *marks)
{
	char path[PATH_BYTES];
	struct dirent *entry;
	DIR *folder;

	*marks = (struct marks){ .count = 0 };
	take(root, "/sys/firmware/devicetree/base/serial-number", marks->serial);
	take(root, "/etc/machine-id", marks->id);
	snprintf(path, sizeof(path), "%s/sys/class/net", root);
	folder = opendir(path);
	while (folder && marks->count < ADDRESSES_MAX && (entry = readdir(folder)))
		if (*entry->d_name != '.')
			take_address(root, entry->d_name, marks);
	if (folder)
		closedir(folder);
}

static bool any(const struct marks *marks)
{
	return *marks->serial || *marks->id || marks->count;
}

static bool has_address(const struct marks *marks, const char *address)
{
	for (unsigned int i = 0; i < marks->count; i++)
		if (!strcmp(marks->addresses[i], address))
			return true;
	return false;
}

/* A serial decides alone: a board keeps it when it is installed anew, or gets another network card. */
static bool differ(const struct marks *a, const struct marks *b)
{
	if (*a->serial && *b->serial)
		return strcmp(a->serial, b->serial) != 0;
	if (*a->id && *b->id && strcmp(a->id, b->id))
		return true;
	for (unsigned int i = 0; i < a->count; i++)
		if (has_address(b, a->addresses[i]))
			return false;
	return a->count && b->count;
}

/* ---- the file: a word and a mark in each line ---- */

static bool parse(char *text, struct marks *marks)
{
	char *rest = NULL;

	*marks = (struct marks){ .count = 0 };
	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		char word[16];
		mark value;

		if (sscanf(line, "%15s %16[0-9a-f]", word, value) != 2)
			return false;
		if (!strcmp(word, "serial"))
			memcpy(marks->serial, value, sizeof(value));
		else if (!strcmp(word, "id"))
			memcpy(marks->id, value, sizeof(value));
		else if (!strcmp(word, "address") && marks->count < ADDRESSES_MAX)
			memcpy(marks->addresses[marks->count++], value, sizeof(value));
		else
			return false;
	}
	return any(marks);
}

static bool recall(const char *path, struct marks *marks)
{
	char *text;
	int r = oht_file_read(path, TEXT_BYTES, &text, NULL);
	bool ok = !r && parse(text, marks);

	if (r != -ENOENT && !ok)
		ohtd_log(OHTD_LOG_WARNING, "main", "machine_file", "%s: %s", path, r ? strerror(-r) : "makes no sense, ignored");
	if (!r)
		free(text);
	return ok;
}

static void keep(const char *path, const struct marks *marks)
{
	char text[TEXT_BYTES];
	size_t n = 0;
	int r;

	if (*marks->serial)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "serial %s\n", marks->serial);
	if (*marks->id)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "id %s\n", marks->id);
	for (unsigned int i = 0; i < marks->count; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "address %s\n", marks->addresses[i]);
	r = oht_file_replace(path, text, n, 0600);
	if (r)
		ohtd_log(OHTD_LOG_WARNING, "main", "machine_file", "%s: %s", path, strerror(-r));
}

bool ohtd_machine_is_another(const char *state_dir, const char *root)
{
	struct marks is, was;
	char path[PATH_BYTES];

	look(root, &is);
	snprintf(path, sizeof(path), "%s/" FILE_NAME, state_dir);
	if (!any(&is))
		return false;
	if (!recall(path, &was)) {
		keep(path, &is);
		return false;
	}
	if (differ(&is, &was)) {
		ohtd_log(OHTD_LOG_WARNING, "main", "another_machine", "%s is of another machine: say ohtd --config FILE --machine moved, "
			 "or copied if the other one is in use still", state_dir);
		return true;
	}
	/* A network card more, or one less, is the same machine. */
	if (memcmp(&is, &was, sizeof(is)))
		keep(path, &is);
	return false;
}

/* ---- what a person says ---- */

static int work_nothing(struct ohtd_db *db, void *arg)
{
	(void)db;
	(void)arg;
	return 0;
}

static void describe(struct ohtd_audit_row *row, void *arg)
{
	snprintf(row->object, sizeof(row->object), "%s", (const char *)arg);
	snprintf(row->result, sizeof(row->result), "done");
}

static int drop_identity(const char *state_dir)
{
	char path[PATH_BYTES];
	int r = 0;

	for (size_t i = 0; i < sizeof(identity) / sizeof(identity[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", state_dir, identity[i]);
		if (unlink(path) && errno != ENOENT && !r)
			r = -errno;
	}
	return r;
}

int ohtd_machine_settle(const struct ohtd_config *config, const char *is)
{
	struct ohtd_audit_row row = { .source = "local", .act = "ohtd --machine" };
	bool copied = !strcmp(is, "copied");
	struct ohtd_offline offline;
	char path[PATH_BYTES], why[WHY_BYTES];
	struct marks marks;
	int r;

	umask(077);
	if (ohtd_offline_open(&offline, config, false, why, sizeof(why))) {
		fprintf(stderr, "ohtd: %s\n", why);
		return 1;
	}
	row.time_ns = offline.now_s * (int64_t)OHTD_NS_PER_S;
	snprintf(row.who, sizeof(row.who), "uid %u", offline.uid);
	r = ohtd_db_audit_act(offline.db, work_nothing, (void *)is, describe, &row);
	/* What a person has put there is the past of this robot, whoever's it was. */
	if (r >= 0) {
		snprintf(path, sizeof(path), "%s/history.db", config->state_dir);
		r = ohtd_history_past_give(path);
	}
	if (r >= 0 && copied)
		r = drop_identity(config->state_dir);
	if (r >= 0) {
		look("", &marks);
		snprintf(path, sizeof(path), "%s/" FILE_NAME, config->state_dir);
		keep(path, &marks);
	}
	ohtd_offline_close(&offline);
	if (r < 0) {
		fprintf(stderr, "ohtd: %s: %s\n", config->state_dir, strerror(-r));
		return 1;
	}
	printf("%s is this machine's now%s\n", config->state_dir,
	       copied ? "; the next start draws its id, its keys and its authority anew: all sessions have ended" : "");
	return fflush(stdout) ? 1 : 0;
}
