/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the kernel's limits (fake_rules.h) for requests in the form that liboht gives them.
 * Contexts: any.
 * Locks:    none.
 */
#ifndef FAKE_REQUEST_H
#define FAKE_REQUEST_H

#include <stdbool.h>

#include "oht_client.h"
#include "oht_telegram.h"

/* 0 or a negative errno, as the kernel would say it. */
int fake_request_check(const struct oht_request *request);
int fake_request_check_telegram(const struct oht_stop_telegram *telegram);
/* Words that a good request sends. */
unsigned int fake_request_words_sent(const struct oht_request *request);
/* Does a stop end it? */
bool fake_request_writes(const struct oht_request *request);

#endif /* FAKE_REQUEST_H */
