/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Requests to modules as the verbs make them, and who may make them.
 *
 * Owns:     nothing.
 * Contexts: the program's one thread; waits for the module.
 * Locks:    none.
 */
#ifndef OHTCTL_EXCHANGE_H
#define OHTCTL_EXCHANGE_H

#include <stdint.h>

#include "cli.h"

/* Parse what stands in the words of a verb; 0 or CLI_USAGE after a complaint. */
/* A unit from @lowest on (1, or OHT_BROADCAST) to 247; with --any-unit 1 to 255. */
int exchange_parse_unit(struct cli *cli, const char *word, uint32_t lowest, uint8_t *unit);
/* OHT_REQUEST_* of the options on the command line. */
uint32_t exchange_flags(const struct cli *cli);
int exchange_parse_address(struct cli *cli, const char *word, uint16_t *address);
/* How many to read from request->address on by request->function, into request->count. */
int exchange_parse_count(struct cli *cli, const char *word, struct oht_request *request);
/* Limits for exchange_parse_values(): a register, which may be negative; a coil. */
#define EXCHANGE_REGISTER	((const int64_t[]){ INT16_MIN, UINT16_MAX })
#define EXCHANGE_COIL		((const int64_t[]){ 0, 1 })
/* Values inside the limits, @count of them; a negative one becomes its two's complement. */
int exchange_parse_values(struct cli *cli, int count, char **words, const int64_t limits[2],
			  uint16_t *values);

/*
 * A read request with the function, time-out and retries of the command line; 0 or CLI_USAGE after
 * a complaint about --fc.
 */
int exchange_prepare_read(struct cli *cli, struct oht_request *request);

/* A request that changes something: once, unless --retries says more, in front of all reads. */
void exchange_prepare_write(struct cli *cli, struct oht_request *request);

/* Do it without a complaint; 0, or -1 with errno as oht_dev_transact(). */
int exchange_try(struct cli *cli, const struct oht_request *request, struct oht_reply *reply);

/* Do it; 0, or an exit code after a complaint that says what failed and what to do. */
int exchange(struct cli *cli, const struct oht_request *request, struct oht_reply *reply);

/* Open the device and do what changes something, unless another process is the controller. */
int exchange_act(struct cli *cli, const struct oht_request *request, struct oht_reply *reply);

/*
 * Complain if another process is the controller (and --force is not given); @why names the harm.
 * 0 or CLI_FAILED. only_enabled: no complaint unless the outputs are high.
 */
int exchange_refuse_if_driven(struct cli *cli, const char *why, bool only_enabled);

#endif /* OHTCTL_EXCHANGE_H */
