// SPDX-License-Identifier: GPL-2.0-or-later
#include "main/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/landlock.h>

#include "config/config.h"
#include "main/sandbox.h"

#define FS(right)	LANDLOCK_ACCESS_FS_##right
/* From ABI 3 on; Debian 12's headers do not have it. */
#define FS_TRUNCATE	(1ULL << 14)
#define ABI_REFER	2
#define ABI_TRUNCATE	3

#define READING		(FS(READ_FILE) | FS(READ_DIR))
#define WRITING		(FS(WRITE_FILE) | FS_TRUNCATE)
#define MAKING		(FS(REMOVE_FILE) | FS(REMOVE_DIR) | FS(MAKE_REG) | FS(MAKE_DIR) | FS(MAKE_SOCK))
#define NEVER		(FS(EXECUTE) | FS(MAKE_CHAR) | FS(MAKE_BLOCK) | FS(MAKE_FIFO) | FS(MAKE_SYM) | \
			 FS(REFER))

struct confinement {
	int ruleset_fd;
	uint64_t handled;	/* what this kernel knows; the rest cannot be asked for */
	char *why;
	size_t size;
};

static const char *const system_dirs[] = { "/etc", "/usr", "/lib", "/proc", "/sys" };

static uint64_t known_rights(void)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	uint64_t rights = READING | WRITING | MAKING | NEVER;

	if (abi < ABI_REFER)
		rights &= ~(uint64_t)FS(REFER);
	if (abi < ABI_TRUNCATE)
		rights &= ~(uint64_t)FS_TRUNCATE;
	return abi < 1 ? 0 : rights;
}

static int complain(struct confinement *to, const char *path)
{
	snprintf(to->why, to->size, "Landlock: %s: %s", path, strerror(errno));
	return -1;
}

/* A path that is not there cannot be reached; a later file of that name cannot either. */
static int allow(struct confinement *to, const char *path, uint64_t rights)
{
	struct landlock_path_beneath_attr rule = { .allowed_access = rights & to->handled };
	int r;

	rule.parent_fd = open(path, O_PATH | O_CLOEXEC | O_DIRECTORY);
	if (rule.parent_fd < 0)
		return errno == ENOENT || errno == EACCES ? 0 : complain(to, path);
	r = (int)syscall(SYS_landlock_add_rule, to->ruleset_fd, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
	if (r)
		r = complain(to, path);
	close(rule.parent_fd);
	return r;
}

/* Files are replaced by new ones of their name, so it is their directory that counts. */
static int allow_beside(struct confinement *to, const char *file, uint64_t rights)
{
	const char *slash = strrchr(file, '/');
	char dir[PATH_MAX];

	if (!*file)
		return 0;
	if (!slash)
		return allow(to, ".", rights);
	snprintf(dir, sizeof(dir), "%.*s", slash == file ? 1 : (int)(slash - file), file);
	return allow(to, dir, rights);
}

/* Also where a link leads, as those of certbot do: the file itself is in another directory. */
static int allow_installed(struct confinement *to, const char *file)
{
	char *real = *file ? realpath(file, NULL) : NULL;
	int r = allow_beside(to, file, READING);

	if (!r && real)
		r = allow_beside(to, real, READING);
	free(real);
	return r;
}

static int allow_all(struct confinement *to, const struct ohtd_config *config,
		     const char *config_path)
{
	int r = 0;

	for (size_t i = 0; !r && i < sizeof(system_dirs) / sizeof(system_dirs[0]); i++)
		r = allow(to, system_dirs[i], READING);
	/* The device comes back as another file when the driver is bound again. */
	return r || allow(to, "/dev", READING | FS(WRITE_FILE)) ||
	       allow(to, config->state_dir, READING | WRITING | MAKING) ||
	       allow_beside(to, config->socket, READING | WRITING | MAKING) ||
	       allow_beside(to, config->ready_file, READING | WRITING | MAKING) ||
	       allow_beside(to, config->device, READING | FS(WRITE_FILE)) ||
	       allow(to, config->data_dir, READING) || allow(to, config->web_dir, READING) ||
	       /* A tty may have a name elsewhere. */
	       allow_beside(to, config->tty, READING | FS(WRITE_FILE)) ||
	       allow_installed(to, config->certificate) || allow_installed(to, config->key) ||
	       allow_beside(to, config->backup_key, READING) ||
	       allow_beside(to, config_path, READING) ?
	       -1 : 0;
}

static int restrict_self(struct confinement *to)
{
	if (!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) &&
	    !syscall(SYS_landlock_restrict_self, to->ruleset_fd, 0))
		return 0;
	return complain(to, "restrict");
}

int ohtd_confine(const struct ohtd_config *config, const char *config_path, char *why, size_t size)
{
	struct confinement to = { -1, known_rights(), why, size };
	const struct landlock_ruleset_attr attr = { .handled_access_fs = to.handled };
	int r;

	if (!to.handled || ohtd_sandbox_is_impossible())
		return 1;
	to.ruleset_fd = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
	if (to.ruleset_fd < 0)
		return complain(&to, "rules");
	r = allow_all(&to, config, config_path);
	if (!r)
		r = restrict_self(&to);
	close(to.ruleset_fd);
	return r;
}
