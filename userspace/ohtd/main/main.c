// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ohtd: the daemon that owns the robot and answers for it over HTTPS.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <openssl/crypto.h>

#include "auth/password.h"
#include "auth/session.h"
#include "config/config.h"
#include "main/clock.h"
#include "main/daemon.h"
#include "main/offline.h"
#include "main/options.h"
#include "main/state.h"
#include "store/db.h"

#define WHY_BYTES	512

static int complain(const char *why)
{
	fprintf(stderr, "ohtd: %s\n", why);
	return 1;
}

/* One line of standard input; NULL, or why it cannot be the password. */
static const char *read_password(char *password, size_t size)
{
	size_t n;

	if (!fgets(password, (int)size, stdin))
		return "no password on standard input";
	n = strcspn(password, "\r\n");
	if (!password[n] && n == size - 1)
		return "a password has at most 72 bytes";
	password[n] = 0;
	return ohtd_password_unfit(password);
}

static int store_user(const struct ohtd_config *config, const struct ohtd_user *user, char *why)
{
	char path[OHTD_PATH_BYTES + 16];
	struct ohtd_clock clock;
	struct ohtd_db *db;
	int64_t now_s;
	bool said = true;
	int lock_fd, r;

	ohtd_clock_init(&clock, &ohtd_clock_system, NULL,
			OHTD_BUILD_DATE_S * (int64_t)OHTD_NS_PER_S);
	now_s = ohtd_clock_wall_ns(&clock) / (int64_t)OHTD_NS_PER_S;
	snprintf(path, sizeof(path), "%s/oht.db", config->state_dir);
	if (ohtd_state_become_owner(config->state_dir, why, WHY_BYTES) ||
	    ohtd_state_ensure(config->state_dir, why, WHY_BYTES))
		return -1;
	/* Whoever has the lock may make, migrate and repair; beside a running daemon only add. */
	lock_fd = ohtd_state_lock(config->state_dir, why, WHY_BYTES);
	r = lock_fd >= 0 ? ohtd_db_open(&db, path, now_s, why, WHY_BYTES) :
			   ohtd_db_join(&db, path, why, WHY_BYTES);
	if (!r) {
		r = ohtd_db_user_add(db, user, now_s);
		ohtd_db_close(db);
		said = false;
	}
	if (lock_fd >= 0)
		close(lock_fd);
	if (r && !said)
		snprintf(why, WHY_BYTES, "%s: %s", user->name, r == -EEXIST ?
			 "there is such a user already" : strerror(-r));
	return r;
}

static int add_user(const struct ohtd_config *config, const struct ohtd_options *options)
{
	char password[OHTD_PASSWORD_BYTES_MAX + 3], why[WHY_BYTES];
	struct ohtd_user user = { .role = options->role };
	const char *unfit = ohtd_auth_name_unfit(options->user);
	int r;

	if (!unfit)
		unfit = read_password(password, sizeof(password));
	if (unfit)
		return complain(unfit);
	umask(077);
	strcpy(user.name, options->user);
	r = ohtd_password_hash(password, user.password_hash, sizeof(user.password_hash));
	OPENSSL_cleanse(password, sizeof(password));
	if (r)
		return complain("the password could not be hashed");
	return store_user(config, &user, why) ? complain(why) : 0;
}

int main(int argc, char **argv)
{
	struct ohtd_options options;
	struct ohtd_config config;
	enum ohtd_action action = ohtd_options_parse(&options, argc, argv);
	char why[WHY_BYTES];

	if (action == OHTD_ACTION_USAGE)
		return 2;
	if (action == OHTD_ACTION_DONE)
		return 0;
	if (ohtd_config_load(&config, options.config, why, sizeof(why)))
		return complain(why);
	if (action == OHTD_ACTION_ADD_USER)
		return add_user(&config, &options);
	if (action == OHTD_ACTION_ADMINISTER)
		return ohtd_offline_serve(&config);
	if (action == OHTD_ACTION_CHECK)
		return 0;
	return ohtd_daemon_run(&config, options.config);
}
