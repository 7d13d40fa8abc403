// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ohtd: the daemon that owns the robot and answers for it over HTTPS.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>

#include "auth/accounts.h"
#include "auth/password.h"
#include "config/config.h"
#include "main/check_config.h"
#include "main/daemon.h"
#include "main/machine.h"
#include "main/offline.h"
#include "main/options.h"
#include "main/restore_offline.h"
#include "main/site.h"

#define WHY_BYTES	512

static int complain(const char *why)
{
	fprintf(stderr, "ohtd: %s\n", why);
	return 1;
}

/* One line of standard input; NULL, or why it is none. ohtd_account_prepare() judges it. */
static const char *read_password(char *password, size_t size)
{
	size_t n;

	if (!fgets(password, (int)size, stdin))
		return "no password on standard input";
	n = strcspn(password, "\r\n");
	if (!password[n] && n == size - 1)
		return "a password has at most 72 bytes";
	password[n] = 0;
	return n < OHTD_PASSWORD_BYTES_MIN ? "a password needs at least 8 bytes" : NULL;
}

static const char *why_not(const struct ohtd_account_order *order, int error)
{
	switch (error) {
	case -EDOM:
		return order->password.unfit;
	case -EEXIST:
		return "there is such a user already";
	default:
		return strerror(-error);
	}
}

static int store_user(const struct ohtd_config *config, struct ohtd_account_order *order,
		      char *why)
{
	struct ohtd_offline offline;
	int r = ohtd_offline_open(&offline, config, true, why, WHY_BYTES);

	if (r)
		return r;
	order->now_s = offline.now_s;
	r = ohtd_offline_account(&offline, order, "ohtd --add-user");
	ohtd_offline_close(&offline);
	if (r)
		snprintf(why, WHY_BYTES, "%s: %s", order->user.name, why_not(order, r));
	return r;
}

static int add_user(const struct ohtd_config *config, const struct ohtd_options *options)
{
	struct ohtd_account_order order = {
		.act = OHTD_ACCOUNT_ADD, .user.role = options->role,
	};
	const char *unfit = ohtd_account_name_unfit(options->user);
	char why[WHY_BYTES];
	int r;

	if (!unfit)
		unfit = read_password(order.password.secret.revealed, OHTD_PASSWORD_BYTES_MAX + 3);
	if (unfit)
		return complain(unfit);
	umask(077);
	strcpy(order.user.name, options->user);
	r = store_user(config, &order, why);
	ohtd_secret_forget(&order.password.secret);
	return r ? complain(why) : 0;
}

static int print_description(bool of_messages)
{
	struct ohtd_site site;
	char why[WHY_BYTES];
	const char *text;
	size_t bytes;
	bool written;

	if (ohtd_site_make(&site, why, sizeof(why)))
		return complain(why);
	text = of_messages ? site.asyncapi : site.openapi;
	bytes = of_messages ? site.asyncapi_bytes : site.openapi_bytes;
	written = fwrite(text, 1, bytes, stdout) == bytes && putchar('\n') != EOF && !fflush(stdout);
	ohtd_site_drop(&site);
	return written ? 0 : complain("standard output cannot be written");
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
	if (action == OHTD_ACTION_PRINT_OPENAPI)
		return print_description(false);
	if (action == OHTD_ACTION_PRINT_ASYNCAPI)
		return print_description(true);
	if (ohtd_config_load(&config, options.config, why, sizeof(why))) {
		bool lasting = ohtd_is_lasting(errno);

		complain(why);
		return lasting ? EX_CONFIG : 1;
	}
	if (action == OHTD_ACTION_ADD_USER)
		return add_user(&config, &options);
	if (action == OHTD_ACTION_ADMINISTER)
		return ohtd_offline_serve(&config);
	if (action == OHTD_ACTION_RESTORE)
		return ohtd_restore_offline(&config, &options);
	if (action == OHTD_ACTION_MACHINE)
		return ohtd_machine_settle(&config, options.machine);
	if (action == OHTD_ACTION_CHECK)
		return ohtd_check_config(&config);
	return ohtd_daemon_run(&config, options.config);
}
