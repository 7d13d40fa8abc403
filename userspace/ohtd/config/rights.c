// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/rights.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* What follows in a text, without what parts entries; its length, 0 at the end. */
static size_t next_entry(const char **entry)
{
	*entry += strspn(*entry, OHTD_RIGHTS_PARTED);
	return strcspn(*entry, OHTD_RIGHTS_PARTED);
}

const char *ohtd_rights_read_writers(struct ohtd_gateway_rights *rights, const char *text, const char **entry)
{
	size_t bytes;

	rights->writers = 0;
	for (*entry = text; (bytes = next_entry(entry)); *entry += bytes) {
		if (rights->writers == OHTD_WRITERS_MAX)
			return "which is one more than 8";
		/* A peer is known without its zone, so that a zone here would promise too much. */
		if (memchr(*entry, '%', bytes) || bytes >= OHTD_PEER_BYTES ||
		    !ohtd_address_normalise(*entry, bytes, rights->writer[rights->writers]))
			return "which is no address";
		rights->writers++;
	}
	return NULL;
}

/* "UNIT:REGISTER" */
static bool take_register(struct ohtd_unit_register *reg, const char *text, const char *end)
{
	unsigned long unit, address;
	char *stop;

	if (!isdigit((unsigned char)*text))
		return false;
	unit = strtoul(text, &stop, 10);
	if (*stop != ':' || !isdigit((unsigned char)stop[1]) || unit < 1 || unit > 247)
		return false;
	text = stop + 1;
	address = strtoul(text, &stop, *text == '0' && text[1] == 'x' ? 16 : 10);
	if (stop != end || address > 0xffff)
		return false;
	*reg = (struct ohtd_unit_register){ (uint8_t)unit, (uint16_t)address };
	return true;
}

const char *ohtd_rights_read_writables(struct ohtd_gateway_rights *rights, const char *text, const char **entry)
{
	size_t bytes;

	rights->writables = 0;
	for (*entry = text; (bytes = next_entry(entry)); *entry += bytes) {
		if (rights->writables == OHTD_WRITABLE_MAX)
			return "which is one more than 64";
		if (!take_register(&rights->writable[rights->writables], *entry, *entry + bytes))
			return "which is not UNIT:REGISTER";
		rights->writables++;
	}
	return NULL;
}

bool ohtd_rights_has_writer(const struct ohtd_gateway_rights *rights, const char *peer)
{
	for (unsigned int i = 0; i < rights->writers; i++)
		if (!strcmp(rights->writer[i], peer))
			return true;
	return false;
}

bool ohtd_rights_has_writable(const struct ohtd_gateway_rights *rights, uint8_t unit, uint16_t address)
{
	for (unsigned int i = 0; i < rights->writables; i++)
		if (rights->writable[i].unit == unit && rights->writable[i].address == address)
			return true;
	return false;
}
