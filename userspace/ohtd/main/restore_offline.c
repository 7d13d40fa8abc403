// SPDX-License-Identifier: GPL-2.0-or-later
#include "main/restore_offline.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <openssl/crypto.h>

#include "config/config.h"
#include "jobs/backups.h"
#include "jobs/restore.h"
#include "main/options.h"
#include "main/state.h"

#define WHY_BYTES	512

static bool goes_on(void *arg, uint64_t done_bytes)
{
	(void)arg;
	(void)done_bytes;
	return true;
}

static bool commits(void *arg)
{
	(void)arg;
	return true;
}

static int complain(const char *what, const char *why)
{
	fprintf(stderr, "ohtd: %s%s%s\n", what, *what ? ": " : "", why);
	return 1;
}

static int restore(struct ohtd_restore *order)
{
	char id[2 * OHTD_ROBOT_ID_BYTES + 1];

	ohtd_backup_robot_id(order->state_dir, id);
	order->robot_id = id;
	if (ohtd_restore_prepare(order, commits))
		return complain(order->file, order->why);
	/* A robot whose state folder was lost keeps its number. */
	if (!*id && *order->manifest.robot_id)
		ohtd_backup_keep_robot_id(order->state_dir, order->manifest.robot_id);
	printf("%s: schema %d%s%s, ready: the next start of ohtd puts it in\n", order->file, order->manifest.schema,
	       order->history ? " with its history" : "", order->in_clear ? ", not encrypted" : "");
	return fflush(stdout) ? 1 : 0;
}

static int restore_locked(const struct ohtd_config *config, struct ohtd_restore *order)
{
	unsigned char key[OHTD_ARCHIVE_KEY_BYTES];
	int state = ohtd_backup_key(config->backup_key, key), r;

	if (state && state != -ENOENT)
		return complain(config->backup_key, "no key of 64 hexadecimal digits that others may not read");
	order->work.key = state ? NULL : key;
	r = restore(order);
	OPENSSL_cleanse(key, sizeof(key));
	return r;
}

/*
 * Root becomes the owner of the state folder, and keeps one right: to read any file. "ohtctl backup save" gives root a file that
 * nobody else may read.
 */
static int become_owner(const char *state_dir, char *why, size_t size)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct kept[2] = { { .effective = 1u << CAP_DAC_READ_SEARCH, .permitted = 1u << CAP_DAC_READ_SEARCH } };
	bool was_root = !geteuid();
	int r;

	prctl(PR_SET_KEEPCAPS, was_root, 0, 0, 0);
	r = ohtd_state_become_owner(state_dir, why, size);
	/* Where root has no such right, as in some containers, the owner reads what the owner may. */
	if (was_root && geteuid() && syscall(SYS_capset, &head, kept))
		syscall(SYS_capset, &head, (struct __user_cap_data_struct[2]){ { 0 } });
	return r;
}

int ohtd_restore_offline(const struct ohtd_config *config, const struct ohtd_options *options)
{
	char why[WHY_BYTES], by[16];
	struct ohtd_restore order = {
		.state_dir = config->state_dir, .file = options->restore, .foreign = options->foreign, .plain = true,
		/* A person who owns the state folder may put any file there. */
		.not_encrypted = true,
		.without_history = options->without_history, .by = by,
		.work = { .goes_on = goes_on },
	};
	int lock_fd, r;

	umask(077);
	snprintf(by, sizeof(by), "uid %u", getuid());
	if (become_owner(config->state_dir, why, sizeof(why)) ||
	    ohtd_state_ensure(config->state_dir, why, sizeof(why)))
		return complain("", why);
	lock_fd = ohtd_state_lock(config->state_dir, why, sizeof(why));
	if (lock_fd < 0)
		return complain("", why);
	r = restore_locked(config, &order);
	close(lock_fd);
	return r;
}
