// SPDX-License-Identifier: GPL-2.0-or-later
/* The configuration file. Input: the file. */
#include "fuzz.h"

#include <sys/mman.h>
#include <unistd.h>

#include "config/config.h"

#define WHY_BYTES	512

static char path[64];
static int fd = -1;

static void fill(const void *from, size_t bytes)
{
	if (fd < 0) {
		fd = memfd_create("config", MFD_CLOEXEC);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	}
	if (fd < 0 || ftruncate(fd, 0) || pwrite(fd, from, bytes, 0) != (ssize_t)bytes)
		abort();
}

static int load(struct ohtd_config *config, char *why)
{
	int err = ohtd_config_load(config, path, why, WHY_BYTES);

#ifdef FUZZ_SEED_DEFECT
	/* Takes a name of any length for a file. */
	if (!err && *config->certificate)
		memset(config->certificate, 'x', sizeof(config->certificate));
#endif
	return err;
}

static void check_path(const char *text, size_t size)
{
	HOLDS("a path ends where it may", memchr(text, 0, size));
	HOLDS("a path is absolute", !*text || *text == '/');
}

static void check_config(const struct ohtd_config *config)
{
	HOLDS("there is an address to listen on",
	      *config->listen.host && memchr(config->listen.host, 0, sizeof(config->listen.host)));
	HOLDS("names fit", config->name_count <= OHTD_NAMES_MAX);
	for (unsigned int i = 0; i < config->name_count; i++)
		HOLDS("a name is one",
		      *config->names[i] && memchr(config->names[i], 0, OHTD_HOST_BYTES));
	HOLDS("there are loops", config->loops >= 1 && config->loops <= OHTD_LOOPS_MAX);
	HOLDS("the line has a format", config->stop_bits >= 1 && config->stop_bits <= 2 &&
					       config->baud_bps && config->parity &&
					       strchr("NEO", config->parity));
	HOLDS("switches are on or off", config->auto_enable <= 1 && config->simulated <= 1);
	check_path(config->certificate, sizeof(config->certificate));
	check_path(config->key, sizeof(config->key));
	check_path(config->state_dir, sizeof(config->state_dir));
	check_path(config->data_dir, sizeof(config->data_dir));
	check_path(config->web_dir, sizeof(config->web_dir));
	check_path(config->ready_file, sizeof(config->ready_file));
	check_path(config->socket, sizeof(config->socket));
	check_path(config->device, sizeof(config->device));
	check_path(config->tty, sizeof(config->tty));
	HOLDS("certificate and key come together", !*config->certificate == !*config->key);
}

/* No newline, or one and a comment behind it: the same. */
static void check_again(const struct ohtd_config *config, const uint8_t *data, size_t size)
{
	static const char comment[] = "\n# comment\n\n";
	char *padded = malloc(size + strlen(comment)), why[WHY_BYTES];
	struct ohtd_config again;

	memcpy(padded, data, size);
	memcpy(padded + size, comment, strlen(comment));
	fill(padded, size + strlen(comment));
	HOLDS("comments and empty lines change nothing",
	      !load(&again, why) && !memcmp(config, &again, sizeof(again)));
	free(padded);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ohtd_config config;
	char why[WHY_BYTES] = "";

	fill(data, size);
	if (load(&config, why)) {
		HOLDS("a refusal is one line",
		      *why && !strchr(why, '\n') && strlen(why) < WHY_BYTES);
		HOLDS("and begins with the file", !strncmp(why, path, strlen(path)));
		return 0;
	}
	check_config(&config);
	check_again(&config, data, size);
	return 0;
}
