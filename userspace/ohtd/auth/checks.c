// SPDX-License-Identifier: GPL-2.0-or-later
#include "auth/checks.h"

#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/address.h"

/* Two cores are usual; a third thread would only make all of them slower. Strangers have one of them at a time: the known always find the other. */
#define THREADS		2
#define THREADS_OF_STRANGERS	1
#define NICE		10
#define KNOWN_PLACES	16

/* The client that has a place; "": the place is free. */
typedef char client_name[OHTD_FOLDED_BYTES];

struct ohtd_checks {
	struct ohtd_workers *workers;
	pthread_mutex_t lock;		/* the places */
	client_name places[OHTD_CHECK_PLACES], known[KNOWN_PLACES];
};

struct ohtd_checks *ohtd_checks_start(void)
{
	static const struct ohtd_workers_kind kind = {
		.name = "ohtd-passwords",
		.threads = THREADS,
		.queue_max = OHTD_CHECK_PLACES,
		.first_max = KNOWN_PLACES,
		.threads_behind = THREADS_OF_STRANGERS,
		.nice = NICE,
	};
	struct ohtd_checks *checks = calloc(1, sizeof(*checks));

	if (!checks)
		return NULL;
	pthread_mutex_init(&checks->lock, NULL);
	checks->workers = ohtd_workers_start(&kind);
	if (checks->workers)
		return checks;
	pthread_mutex_destroy(&checks->lock);
	free(checks);
	return NULL;
}

void ohtd_checks_close(struct ohtd_checks *checks)
{
	if (checks)
		ohtd_workers_close(checks->workers);
}

void ohtd_checks_stop(struct ohtd_checks *checks)
{
	if (checks)
		ohtd_workers_stop(checks->workers);
}

void ohtd_checks_destroy(struct ohtd_checks *checks)
{
	if (!checks)
		return;
	ohtd_workers_destroy(checks->workers);
	pthread_mutex_destroy(&checks->lock);
	free(checks);
}

/* A place, or a negative errno: see ohtd_checks_submit(). */
static int take_place(struct ohtd_checks *checks, const client_name client, bool known)
{
	client_name *places = known ? checks->known : checks->places;
	const int count = known ? KNOWN_PLACES : OHTD_CHECK_PLACES;
	const int each = known ? OHTD_CHECK_PLACES_PER_ACCOUNT : OHTD_CHECK_PLACES_PER_ADDRESS;
	int taken = 0, place = -EAGAIN;

	pthread_mutex_lock(&checks->lock);
	for (int i = 0; i < count; i++) {
		if (!*places[i])
			place = i;
		else if (!strcmp(places[i], client))
			taken++;
	}
	if (taken >= each)
		place = known ? -EDQUOT : -EAGAIN;
	if (place >= 0)
		snprintf(places[place], sizeof(places[place]), "%s", client);
	pthread_mutex_unlock(&checks->lock);
	return place;
}

static void leave_place(struct ohtd_checks *checks, int place, bool known)
{
	pthread_mutex_lock(&checks->lock);
	*(known ? checks->known : checks->places)[place] = 0;
	pthread_mutex_unlock(&checks->lock);
}

static void run_check(struct ohtd_work *work, bool dropped)
{
	struct ohtd_check *check = (struct ohtd_check *)((char *)work -
							 offsetof(struct ohtd_check, work));
	struct ohtd_checks *checks = check->checks;
	const bool known = check->known;
	int place = check->place;

	/* The check may be freed in there. */
	check->run(check, dropped);
	leave_place(checks, place, known);
}

static int submit(struct ohtd_checks *checks, struct ohtd_check *check, const client_name client)
{
	int r;

	check->checks = checks;
	check->work.run = run_check;
	check->place = take_place(checks, client, check->known);
	if (check->place < 0)
		return check->place;
	r = check->known ? ohtd_workers_submit_first(checks->workers, &check->work) :
			   ohtd_workers_submit(checks->workers, &check->work);
	if (r)
		leave_place(checks, check->place, check->known);
	return r;
}

int ohtd_checks_submit(struct ohtd_checks *checks, struct ohtd_check *check, const char *address)
{
	client_name client;

	check->known = false;
	ohtd_address_fold(client, address);
	return submit(checks, check, client);
}

int ohtd_auth_checks_submit_familiar(struct ohtd_checks *checks, struct ohtd_check *check, const char *address)
{
	client_name client;

	check->known = true;
	ohtd_address_fold(client, address);
	return submit(checks, check, client);
}

int ohtd_checks_submit_known(struct ohtd_checks *checks, struct ohtd_check *check, uint64_t account)
{
	client_name client;

	check->known = true;
	snprintf(client, sizeof(client), "account %llu", (unsigned long long)account);
	return submit(checks, check, client);
}
