// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ohtd: the daemon that owns the robot and answers for it over HTTPS.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <openssl/crypto.h>

#include "auth/password.h"
#include "auth/session.h"
#include "config/config.h"
#include "main/daemon.h"
#include "main/offline.h"
#include "main/options.h"
#include "store/users.h"

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
	struct ohtd_offline offline;
	int r = ohtd_offline_open(&offline, config, true, why, WHY_BYTES);

	if (r)
		return r;
	r = ohtd_db_user_add(offline.db, user, offline.now_s);
	ohtd_offline_close(&offline);
	if (r)
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
