/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what the robot says of itself to tools that look for devices: functions 17 and 43/14.
 * Contexts: any thread; pure.
 * Locks:    none.
 */
#ifndef OHTD_GATEWAY_IDENTITY_H
#define OHTD_GATEWAY_IDENTITY_H

#include "gateway/mbap.h"

/* The answer to a request of one of these functions, also a refusal; returns its bytes. */
size_t ohtd_identity_answer(uint8_t out[OHTD_MBAP_BYTES_MAX], const struct ohtd_mbap_request *request);

#endif
