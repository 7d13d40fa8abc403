// SPDX-License-Identifier: GPL-2.0-or-later
#include "auth/ticket.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "base/clock.h"
#include "base/hex.h"

#define LIFE_MS		(OHTD_TICKET_LIFE_S * 1000ull)
#define ORIGIN_BYTES	1024
#define ADDRESS_BYTES	64

struct entry {
	char text[OHTD_TICKET_CHARS + 1];	/* "": free */
	struct ohtd_principal who;
	char origin[ORIGIN_BYTES];
	char address[ADDRESS_BYTES];
	uint64_t drawn_ms;
};

struct ohtd_tickets {
	pthread_mutex_t lock;	/* the table */
	struct entry table[OHTD_TICKETS_MAX];
};

struct ohtd_tickets *ohtd_tickets_create(void)
{
	struct ohtd_tickets *tickets = calloc(1, sizeof(*tickets));

	if (tickets)
		pthread_mutex_init(&tickets->lock, NULL);
	return tickets;
}

void ohtd_tickets_destroy(struct ohtd_tickets *tickets)
{
	if (!tickets)
		return;
	pthread_mutex_destroy(&tickets->lock);
	OPENSSL_cleanse(tickets->table, sizeof(tickets->table));
	free(tickets);
}

static bool is_free(const struct entry *entry, uint64_t now_ms)
{
	return !*entry->text || ohtd_since(now_ms, entry->drawn_ms) >= LIFE_MS;
}

/* Where a ticket of that session goes: to a free place, or to that of its oldest. */
static struct entry *place_for(struct ohtd_tickets *tickets, const char *session, uint64_t now_ms)
{
	struct entry *place = NULL, *oldest = NULL;
	unsigned int own = 0;

	for (size_t i = 0; i < OHTD_TICKETS_MAX; i++) {
		struct entry *entry = &tickets->table[i];

		if (is_free(entry, now_ms)) {
			place = place ? place : entry;
		} else if (!strcmp(entry->who.session, session)) {
			own++;
			if (!oldest || entry->drawn_ms < oldest->drawn_ms)
				oldest = entry;
		}
	}
	return own >= OHTD_TICKETS_PER_SESSION ? oldest : place;
}

static int draw_text(char *text)
{
	unsigned char random[OHTD_TICKET_CHARS / 2];

	if (RAND_bytes(random, sizeof(random)) != 1)
		return -EIO;
	ohtd_hex_text(text, random, sizeof(random));
	OPENSSL_cleanse(random, sizeof(random));
	return 0;
}

int ohtd_ticket_draw(struct ohtd_tickets *tickets, const struct ohtd_principal *who,
		     const struct ohtd_ticket_bond *bond, uint64_t now_boot_ms,
		     struct ohtd_secret *ticket)
{
	char text[OHTD_TICKET_CHARS + 1];
	struct entry *entry;
	int r = draw_text(text);

	if (r)
		return r;
	pthread_mutex_lock(&tickets->lock);
	entry = place_for(tickets, who->session, now_boot_ms);
	if (entry) {
		memcpy(entry->text, text, sizeof(text));
		entry->who = *who;
		snprintf(entry->origin, sizeof(entry->origin), "%s", bond->origin);
		snprintf(entry->address, sizeof(entry->address), "%s", bond->address);
		entry->drawn_ms = now_boot_ms;
		ohtd_secret_set(ticket, text);
	}
	pthread_mutex_unlock(&tickets->lock);
	OPENSSL_cleanse(text, sizeof(text));
	return entry ? 0 : -EAGAIN;
}

static bool fits_page(const struct entry *entry, const struct ohtd_ticket_bond *bond)
{
	return (bond->any_page && !*entry->origin) || !strcmp(entry->origin, bond->origin);
}

bool ohtd_ticket_take(struct ohtd_tickets *tickets, const char *ticket,
		      const struct ohtd_ticket_bond *bond, uint64_t now_boot_ms,
		      struct ohtd_principal *who)
{
	bool good = false;

	if (strlen(ticket) != OHTD_TICKET_CHARS)
		return false;
	pthread_mutex_lock(&tickets->lock);
	for (size_t i = 0; i < OHTD_TICKETS_MAX; i++) {
		struct entry *entry = &tickets->table[i];

		if (!*entry->text || CRYPTO_memcmp(entry->text, ticket, OHTD_TICKET_CHARS))
			continue;
		good = !is_free(entry, now_boot_ms) && fits_page(entry, bond) &&
		       !strcmp(entry->address, bond->address);
		*who = entry->who;
		OPENSSL_cleanse(entry, sizeof(*entry));
	}
	pthread_mutex_unlock(&tickets->lock);
	return good;
}
