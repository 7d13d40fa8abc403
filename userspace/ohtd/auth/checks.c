// SPDX-License-Identifier: GPL-2.0-or-later
#include "auth/checks.h"

#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/address.h"

/* Two cores are usual; a third thread would only make all of them slower. */
#define THREADS		2
#define NICE		10
#define KNOWN_MAX	16
#define NO_PLACE	(-1)

struct ohtd_checks {
	struct ohtd_workers *workers;
	pthread_mutex_t lock;		/* the places */
	char places[OHTD_CHECK_PLACES][OHTD_FOLDED_BYTES];	/* "": free */
};

struct ohtd_checks *ohtd_checks_start(void)
{
	static const struct ohtd_workers_kind kind = {
		.name = "ohtd-passwords",
		.threads = THREADS,
		.queue_max = OHTD_CHECK_PLACES,
		.first_max = KNOWN_MAX,
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

static int take_place(struct ohtd_checks *checks, const char *address)
{
	int of_address = 0, place = NO_PLACE;
	char client[OHTD_FOLDED_BYTES];

	ohtd_address_fold(client, address);
	pthread_mutex_lock(&checks->lock);
	for (int i = 0; i < OHTD_CHECK_PLACES; i++) {
		if (!*checks->places[i])
			place = i;
		else if (!strcmp(checks->places[i], client))
			of_address++;
	}
	if (of_address >= OHTD_CHECK_PLACES_PER_ADDRESS)
		place = NO_PLACE;
	if (place != NO_PLACE)
		snprintf(checks->places[place], sizeof(checks->places[place]), "%s", client);
	pthread_mutex_unlock(&checks->lock);
	return place;
}

static void leave_place(struct ohtd_checks *checks, int place)
{
	if (place == NO_PLACE)
		return;
	pthread_mutex_lock(&checks->lock);
	*checks->places[place] = 0;
	pthread_mutex_unlock(&checks->lock);
}

static void run_check(struct ohtd_work *work, bool dropped)
{
	struct ohtd_check *check = (struct ohtd_check *)((char *)work -
							 offsetof(struct ohtd_check, work));
	struct ohtd_checks *checks = check->checks;
	int place = check->place;

	/* The check may be freed in there. */
	check->run(check, dropped);
	leave_place(checks, place);
}

int ohtd_checks_submit(struct ohtd_checks *checks, struct ohtd_check *check, const char *address)
{
	int r;

	check->checks = checks;
	check->work.run = run_check;
	check->place = NO_PLACE;
	if (!address)
		return ohtd_workers_submit_first(checks->workers, &check->work);
	check->place = take_place(checks, address);
	if (check->place == NO_PLACE)
		return -EAGAIN;
	r = ohtd_workers_submit(checks->workers, &check->work);
	if (r)
		leave_place(checks, check->place);
	return r;
}
