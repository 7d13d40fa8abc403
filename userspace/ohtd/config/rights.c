// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/rights.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(OHTD_WRITERS_MAX == 8 && OHTD_WRITABLE_MAX == 64, "as the texts say");

static const char *wrong(const char *entry, size_t bytes, struct ohtd_part *part, const char *why)
{
	if (part) {
		*part = ohtd_entry_part(entry, bytes);
		part->has = true;
	}
	return why;
}

const char *ohtd_rights_read_writers(struct ohtd_gateway_rights *rights, const char *text, struct ohtd_part *part)
{
	size_t bytes;

	rights->writers = 0;
	for (; (bytes = ohtd_entry_next(&text)); text += bytes) {
		char *writer = rights->writer[rights->writers];

		if (rights->writers == OHTD_WRITERS_MAX)
			return wrong(text, bytes, part, "which is one more than 8");
		/* A peer is known without its zone, so that a zone here would promise too much. */
		if (memchr(text, '%', bytes) || bytes >= OHTD_PEER_BYTES || !ohtd_address_normalise(text, bytes, writer) ||
		    !ohtd_address_is_of_one(writer))
			return wrong(text, bytes, part, "which is no address of one machine, as 192.0.2.20");
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

const char *ohtd_rights_read_writables(struct ohtd_gateway_rights *rights, const char *text, struct ohtd_part *part)
{
	size_t bytes;

	rights->writables = 0;
	for (; (bytes = ohtd_entry_next(&text)); text += bytes) {
		if (rights->writables == OHTD_WRITABLE_MAX)
			return wrong(text, bytes, part, "which is one more than 64");
		if (!take_register(&rights->writable[rights->writables], text, text + bytes))
			return wrong(text, bytes, part, "which is not UNIT:REGISTER, as 1:7 or 2:0x4D");
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
