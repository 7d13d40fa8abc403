/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lines for the journal of the service manager, on standard error.
 */
#ifndef FLEET_LOG_H
#define FLEET_LOG_H

#include <stdio.h>

/* The number is the severity that the service manager takes off the line. */
#define fleet_notice(format, ...)	fprintf(stderr, "<5>" format "\n", ##__VA_ARGS__)
#define fleet_warn(format, ...)		fprintf(stderr, "<4>" format "\n", ##__VA_ARGS__)

#endif /* FLEET_LOG_H */
