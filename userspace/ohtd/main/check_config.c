// SPDX-License-Identifier: GPL-2.0-or-later
#include "main/check_config.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/part.h"
#include "bus/bus.h"
#include "config/config.h"
#include "main/parts.h"

#define WHY_BYTES	512

static bool is_folder(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISDIR(st.st_mode);
}

/* The folder in which @path is. */
static void folder_of(char *folder, const char *path)
{
	const char *slash = strrchr(path, '/');

	snprintf(folder, OHTD_PATH_BYTES, "%.*s", slash == path ? 1 : (int)(slash - path), path);
}

/* Only said: the start makes it, or does without it. */
static void note(const char *key, const char *path, const char *what)
{
	fprintf(stderr, "ohtd: note: %s = %s: %s\n", key, path, what);
}

static int complain(const char *key, const char *path, const char *what)
{
	fprintf(stderr, "ohtd: %s = %s: %s\n", key, path, what);
	return EX_CONFIG;
}

static int check_state(const struct ohtd_config *config)
{
	char path[OHTD_PATH_BYTES + 16], parent[OHTD_PATH_BYTES];

	if (access(config->state_dir, F_OK)) {
		folder_of(parent, config->state_dir);
		if (!is_folder(parent))
			return complain("state", config->state_dir, "neither it nor its folder is there");
		note("state", config->state_dir, "is not there: the start makes it, and begins as a new robot");
		return 0;
	}
	if (!is_folder(config->state_dir))
		return complain("state", config->state_dir, "is no folder");
	snprintf(path, sizeof(path), "%s/oht.db", config->state_dir);
	if (access(path, F_OK))
		note("state", config->state_dir, "has no oht.db: no account is known there");
	snprintf(path, sizeof(path), "%s/profiles", config->state_dir);
	return access(path, F_OK) || is_folder(path) ? 0 : complain("state", path, "is no folder");
}

static int check_file(const char *key, const char *path)
{
	struct stat st;

	if (!*path)
		return 0;
	if (stat(path, &st))
		return complain(key, path, strerror(errno));
	return S_ISREG(st.st_mode) ? 0 : complain(key, path, "is no file");
}

static void check_folder_of(const char *key, const char *path)
{
	char folder[OHTD_PATH_BYTES];

	if (!*path)
		return;
	folder_of(folder, path);
	if (!is_folder(folder))
		note(key, path, "its folder is not there");
}

/* A line in use is not opened for it: only what its name says. */
static int check_bus(const struct ohtd_config *config)
{
	const struct ohtd_bus_setup setup = {
		.backend = config->backend == OHTD_BACKEND_RTU ? "rtu" : "kernel",
		.device = config->backend == OHTD_BACKEND_RTU ? config->tty : config->device,
		.parity = config->parity,
		.simulated_outputs = config->simulated_outputs,
	};
	char why[WHY_BYTES];

	if (!ohtd_bus_check(&setup, why, sizeof(why)))
		return 0;
	fprintf(stderr, "ohtd: %s\n", why);
	return EX_CONFIG;
}

static bool fits_file(const char *key, const char *path)
{
	return !check_file(key, path);
}

int ohtd_check_config(const struct ohtd_config *config)
{
	int state = check_state(config), certificate = check_file("certificate", config->certificate);
	int key = check_file("key", config->key), bus = check_bus(config);
	bool parts = ohtd_main_check_parts(config, &(struct ohtd_part_checks){ note, fits_file });
	int data = is_folder(config->data_dir) ? 0 : complain("data", config->data_dir, "is no folder");

	if (!is_folder(config->web_dir))
		note("web", config->web_dir, "is no folder: there is no page");
	check_folder_of("socket", config->socket);
	check_folder_of("ready_file", config->ready_file);
	if (config->backend == OHTD_BACKEND_RTU && access(config->tty, F_OK))
		note("tty", config->tty, "is not there now");
	return state || certificate || key || data || bus || !parts ? EX_CONFIG : 0;
}
