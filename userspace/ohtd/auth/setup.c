// SPDX-License-Identifier: GPL-2.0-or-later
#include "auth/setup.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <openssl/crypto.h>

#include "auth/code.h"
#include "base/clock.h"
#include "base/log.h"
#include "common/file.h"
#include "store/store.h"
#include "accounts/users.h"

#define PATH_BYTES	320

struct ohtd_setup {
	struct ohtd_clock *clock;
	char path[PATH_BYTES];
	atomic_bool required;
	bool first;
	pthread_mutex_t lock;		/* what follows */
	char code[OHTD_CODE_CHARS];
	unsigned int tries_left;	/* 0: retired */
	uint64_t until_ns;		/* boot time */
};

static int work_has_admin(struct ohtd_db *db, void *arg)
{
	(void)arg;
	return ohtd_db_has_administrator(db);
}

/* ---- the code ---- */

static int write_down(const struct ohtd_setup *setup)
{
	char text[OHTD_CODE_TEXT_BYTES];
	int r;

	ohtd_auth_code_text(text, setup->code);
	text[OHTD_CODE_TEXT_BYTES - 1] = '\n';
	r = oht_file_replace(setup->path, text, sizeof(text), 0600);
	OPENSSL_cleanse(text, sizeof(text));
	return r;
}

/* With the lock held. */
static void retire(struct ohtd_setup *setup)
{
	setup->tries_left = 0;
	OPENSSL_cleanse(setup->code, sizeof(setup->code));
	unlink(setup->path);
}

/* ---- its life ---- */

static void issue(struct ohtd_setup *setup)
{
	int r = ohtd_auth_code_draw(setup->code);

	setup->tries_left = OHTD_SETUP_TRIES;
	setup->until_ns = ohtd_clock_boottime_ns(setup->clock) + OHTD_SETUP_LIFE_S * OHTD_NS_PER_S;
	if (!r)
		r = write_down(setup);
	if (!r) {
		ohtd_log(OHTD_LOG_NOTICE, "auth", "setup_required",
			 "there is no administrator; the set-up code is in %s", setup->path);
		return;
	}
	retire(setup);
	ohtd_log(OHTD_LOG_WARNING, "auth", "setup_required",
		 "there is no administrator, and no set-up code: %s: %s", setup->path, strerror(-r));
}

struct ohtd_setup *ohtd_setup_create(struct ohtd_store *store, struct ohtd_clock *clock,
				     const char *path, bool first)
{
	struct ohtd_setup *setup = calloc(1, sizeof(*setup));
	int r;

	if (!setup)
		return NULL;
	setup->clock = clock;
	setup->first = first;
	snprintf(setup->path, sizeof(setup->path), "%s", path);
	pthread_mutex_init(&setup->lock, NULL);
	r = ohtd_store_read(store, work_has_admin, NULL);
	if (r < 0) {
		ohtd_setup_destroy(setup);
		errno = -r;
		return NULL;
	}
	atomic_store(&setup->required, !r);
	unlink(setup->path);
	if (!r && first)
		issue(setup);
	else if (!r)
		ohtd_log(OHTD_LOG_ERROR, "auth", "accounts_lost",
			 "there was an administrator and there is none now: no set-up code is "
			 "given; on this machine: ohtctl admin create NAME");
	return setup;
}

void ohtd_setup_destroy(struct ohtd_setup *setup)
{
	if (!setup)
		return;
	if (setup->tries_left)
		retire(setup);
	pthread_mutex_destroy(&setup->lock);
	free(setup);
}

bool ohtd_setup_is_required(const struct ohtd_setup *setup)
{
	return atomic_load(&setup->required);
}

bool ohtd_setup_is_lost(const struct ohtd_setup *setup)
{
	return !setup->first && ohtd_setup_is_required(setup);
}

/* With the lock held, while there is a code. */
static enum ohtd_setup_result compare(struct ohtd_setup *setup, const char *typed)
{
	char code[OHTD_CODE_CHARS];
	bool right = ohtd_auth_code_read(code, typed) && !CRYPTO_memcmp(code, setup->code, sizeof(code));

	OPENSSL_cleanse(code, sizeof(code));
	if (right)
		return OHTD_SETUP_RIGHT;
	setup->tries_left--;
	ohtd_log(OHTD_LOG_WARNING, "auth", "setup_code_wrong", "%u tries are left",
		 setup->tries_left);
	if (!setup->tries_left)
		retire(setup);
	return OHTD_SETUP_WRONG;
}

enum ohtd_setup_result ohtd_setup_check(struct ohtd_setup *setup, const struct ohtd_secret *code)
{
	enum ohtd_setup_result result = OHTD_SETUP_RETIRED;

	if (!ohtd_setup_is_required(setup))
		return OHTD_SETUP_DONE;
	ohtd_setup_tick(setup);
	pthread_mutex_lock(&setup->lock);
	if (setup->tries_left)
		result = compare(setup, code->revealed);
	pthread_mutex_unlock(&setup->lock);
	return result;
}

void ohtd_setup_done(struct ohtd_setup *setup)
{
	if (!atomic_exchange(&setup->required, false))
		return;
	pthread_mutex_lock(&setup->lock);
	retire(setup);
	pthread_mutex_unlock(&setup->lock);
}

void ohtd_setup_tick(struct ohtd_setup *setup)
{
	if (!ohtd_setup_is_required(setup))
		return;
	pthread_mutex_lock(&setup->lock);
	if (setup->tries_left && ohtd_clock_boottime_ns(setup->clock) >= setup->until_ns) {
		retire(setup);
		ohtd_log(OHTD_LOG_WARNING, "auth", "setup_code_old",
			 "nobody has used the set-up code; a new start draws another one");
	}
	pthread_mutex_unlock(&setup->lock);
}
