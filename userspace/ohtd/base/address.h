/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     addresses of the network: their text, and which of them count as one client.
 * Contexts: any thread; pure.
 * Locks:    none.
 */
#ifndef OHTD_BASE_ADDRESS_H
#define OHTD_BASE_ADDRESS_H

#include <stdint.h>
#include <sys/socket.h>

#define OHTD_FOLDED_BYTES	64
#define OHTD_PEER_BYTES		64

/* An address of IPv6 stands for its /64, since one machine has all of those. */
void ohtd_address_fold(char folded[OHTD_FOLDED_BYTES], const char *address);

/* The address of a numeric @host, which has been checked. Returns its length. */
socklen_t ohtd_address_make(const char *host, uint16_t port, struct sockaddr_storage *address);

/*
 * Who is at the other end of @fd, numeric and without the port, "" if nobody is any more. A client over
 * IPv4 is written as such, also where the socket is one of IPv6.
 */
void ohtd_address_of_peer(int fd, char text[OHTD_PEER_BYTES]);

/* The port to which @fd is bound, 0: none. */
uint16_t ohtd_address_port(int fd);

#endif /* OHTD_BASE_ADDRESS_H */
