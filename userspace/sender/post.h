/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     requests under way: at most SENDER_ORDERS_MAX, none of which waits for another.
 * Contexts: the main thread of the process that sends.
 * Locks:    none.
 */
#ifndef OHTD_SENDER_POST_H
#define OHTD_SENDER_POST_H

#include <stddef.h>

#include "sender/order.h"

/**
 * struct sender_rules - what holds for each request
 * @list: where it may go; nothing else is ever connected to
 * @count: of @list
 * @ca_file: authorities that are trusted; NULL: those of the system
 * @timeout_s: an answer is there until then
 */
struct sender_rules {
	struct oht_destination list[SENDER_ORDERS_MAX];
	size_t count;
	const char *ca_file;
	long timeout_s;
};

/* Sends and answers until ohtd closes the socket @fd. 0, or -1 with errno: it cannot go on. */
int sender_serve(int fd, const struct sender_rules *rules);

#endif /* OHTD_SENDER_POST_H */
