/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what ohtd and the process that sends webhooks say to each other, one message a packet of a SOCK_SEQPACKET.
 * Contexts: any; structs only.
 * Locks:    none.
 */
#ifndef OHTD_SENDER_ORDER_H
#define OHTD_SENDER_ORDER_H

#include <stdint.h>

#include "common/destination.h"

#define SENDER_FD		3	/* of the socket, in the process that sends */
#define SENDER_ORDERS_MAX	16	/* under way at a time */
#define SENDER_HEAD_BYTES	1024
#define SENDER_BODY_BYTES	4096
#define SENDER_ERROR_BYTES	120

/**
 * struct sender_order - a request to be sent, by ohtd
 * @number: above 0; the result has it too
 * @url: where to
 * @head: headers, each with a line feed behind it
 * @body_bytes: of @body
 */
struct sender_order {
	int64_t number;
	char url[OHT_URL_BYTES];
	char head[SENDER_HEAD_BYTES];
	uint32_t body_bytes;
	char body[SENDER_BODY_BYTES];
};

/**
 * struct sender_result - what has become of one, by the process that sends
 * @number: of the order; 0: the process has begun, and what was said to it before is forgotten
 * @status: of the answer; 0: there was none
 * @after_s: the receiver wishes not to be asked again before; 0: it has said nothing
 * @error: printable ASCII; "": the answer has been received
 */
struct sender_result {
	int64_t number;
	int32_t status;
	int32_t after_s;
	char error[SENDER_ERROR_BYTES];
};

#endif /* OHTD_SENDER_ORDER_H */
