/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     who may write through the gateway and what, which people write as "192.0.2.20" and "1:7 2:0x4D".
 * Contexts: any thread; pure functions.
 * Locks:    none.
 */
#ifndef OHTD_CONFIG_RIGHTS_H
#define OHTD_CONFIG_RIGHTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "base/entries.h"

#define OHTD_WRITERS_MAX	8
#define OHTD_WRITABLE_MAX	64
/* Of the two texts, with their NUL. */
#define OHTD_WRITERS_BYTES	384
#define OHTD_WRITABLE_BYTES	768
#define OHTD_GATEWAY_IDLE_S_MAX	3600
#define OHTD_GATEWAY_FRESH_MS_MAX	10000

/* A register of a unit, as a client of the gateway names it. */
struct ohtd_unit_register {
	uint8_t unit;
	uint16_t address;
};

/**
 * struct ohtd_gateway_rights - the machines that may write, and the registers that they may write; with one list empty nothing is written
 * @writer: as ohtd_address_text() writes a peer
 * @writers: how many
 * @writable: registers
 * @writables: how many
 */
struct ohtd_gateway_rights {
	char writer[OHTD_WRITERS_MAX][OHTD_PEER_BYTES];
	unsigned int writers;
	struct ohtd_unit_register writable[OHTD_WRITABLE_MAX];
	unsigned int writables;
};

/**
 * ohtd_rights_read_writers() - read a list of addresses
 * @rights: its writers are replaced; of no use on failure
 * @text: addresses of single machines, with commas or blanks between two of them; "": none may write
 * @part: on failure the entry that is wrong; NULL: not asked for
 *
 * Return: NULL, or what is wrong with the entry, as "which is one more than 8".
 */
const char *ohtd_rights_read_writers(struct ohtd_gateway_rights *rights, const char *text, struct ohtd_part *part);

/* The same of registers: UNIT:REGISTER, the register decimal or with 0x. */
const char *ohtd_rights_read_writables(struct ohtd_gateway_rights *rights, const char *text, struct ohtd_part *part);

bool ohtd_rights_has_writer(const struct ohtd_gateway_rights *rights, const char *peer);
bool ohtd_rights_has_writable(const struct ohtd_gateway_rights *rights, uint8_t unit, uint16_t address);

#endif /* OHTD_CONFIG_RIGHTS_H */
