/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     addresses of the network: their text, and which of them count as one client.
 * Contexts: any thread; pure.
 * Locks:    none.
 */
#ifndef OHTD_BASE_ADDRESS_H
#define OHTD_BASE_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#define OHTD_FOLDED_BYTES	64
#define OHTD_PEER_BYTES		64

/* An address of IPv6 stands for its /64, since one machine has all of those. */
void ohtd_address_fold(char folded[OHTD_FOLDED_BYTES], const char *address);

/* Addresses that begin with the same bits; those of IPv4 as IPv6 maps them. */
struct ohtd_network {
	uint8_t bytes[16];
	unsigned int bits;
};

/* "192.0.2.1", "192.0.2.0/24", "2001:db8::/32". False: @text is none of them. */
bool ohtd_network_read(struct ohtd_network *network, const char *text);

/* Is the numeric @address one of them? */
bool ohtd_network_has(const struct ohtd_network *network, const char *address);

/* Is @host an address of IPv4 or IPv6, without port, zone and brackets? */
bool ohtd_address_is(const char *host);

/* Can the numeric @address be that of one machine? Not 0.0.0.0, ::, 255.255.255.255 and multicast. */
bool ohtd_address_is_of_one(const char *address);

/* The address of a numeric @host, which has been checked. Returns its length. */
socklen_t ohtd_address_make(const char *host, uint16_t port, struct sockaddr_storage *address);

/*
 * The one text of an address: numeric, without port and zone. An address of IPv4 that a socket of IPv6
 * shows as ::ffff:a.b.c.d is written a.b.c.d, so that one client has one address in sessions, budgets,
 * back-off and log. False and "": the address is of neither family.
 */
bool ohtd_address_text(const struct sockaddr *address, char text[OHTD_PEER_BYTES]);

/* The same text for an address that a person or a client has written. False and "": @literal is no address. */
bool ohtd_address_normalise(const char *literal, size_t length, char text[OHTD_PEER_BYTES]);

/* The text of the address at the other end of @fd, "" if the peer has gone. */
void ohtd_address_of_peer(int fd, char text[OHTD_PEER_BYTES]);

/*
 * A connection that @listener accepts from now on ends once its other end has not acknowledged anything for
 * 30 s, so that a link that was lost without a word does not hold a place.
 */
void ohtd_address_watch_peers(int listener);

/* The port to which @fd is bound, 0: none. */
uint16_t ohtd_address_port(int fd);

#endif /* OHTD_BASE_ADDRESS_H */
