/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     where a webhook may go: host and port of a URL, held against a list.
 * Contexts: any; pure functions.
 * Locks:    none.
 *
 * The daemon refuses a URL by it, and the process that sends asks it again before it connects.
 */
#ifndef OHT_COMMON_DESTINATION_H
#define OHT_COMMON_DESTINATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sockaddr;

#define OHT_URL_BYTES	401	/* with the NUL */

/* @host: a name in small letters, or an address as inet_ntop() writes it. */
struct oht_destination {
	char host[254];
	uint16_t port;
};

/* "HOST:PORT" or "[IPV6]:PORT"; false: it is neither. */
bool oht_destination_read(struct oht_destination *to, const char *text);

/**
 * oht_destination_of_url() - where a URL leads
 * @to: out
 * @url: https, or http to a loopback address, in any letters
 *
 * Only what every reader of URLs reads alike is taken: no user, no fragment, no backslash.
 *
 * Return: NULL, or why the URL is refused.
 */
const char *oht_destination_of_url(struct oht_destination *to, const char *url);

bool oht_destination_is_listed(const struct oht_destination *list, size_t count,
			       const struct oht_destination *wanted);

/**
 * oht_destination_may_connect() - may a socket go to this address?
 * @list: what is listed
 * @count: of @list
 * @address: that a name has resolved to
 *
 * This machine itself, its link and groups only if the address itself is listed: a name could lead to what
 * trusts this machine.
 */
bool oht_destination_may_connect(const struct oht_destination *list, size_t count,
				 const struct sockaddr *address);

#endif /* OHT_COMMON_DESTINATION_H */
