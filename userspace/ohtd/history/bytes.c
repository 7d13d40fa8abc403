// SPDX-License-Identifier: GPL-2.0-or-later
/* Bytes that grow, and bytes that are read from the front. */
#include "history/codec.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static bool make_room(struct ohtd_bytes *to, size_t bytes)
{
	unsigned char *data;
	size_t size;

	if (to->failed)
		return false;
	if (to->size - to->used >= bytes)
		return true;
	size = 2 * to->size + bytes + 64;
	data = realloc(to->data, size);
	if (!data) {
		to->failed = 1;
		return false;
	}
	to->data = data;
	to->size = size;
	return true;
}

void ohtd_bytes_put(struct ohtd_bytes *to, const void *data, size_t bytes)
{
	if (!bytes || !make_room(to, bytes))
		return;
	memcpy(to->data + to->used, data, bytes);
	to->used += bytes;
}

size_t ohtd_number_bytes(uint64_t number, unsigned char bytes[10])
{
	size_t n = 0;

	while (number >= 0x80) {
		bytes[n++] = (unsigned char)(number | 0x80);
		number >>= 7;
	}
	bytes[n++] = (unsigned char)number;
	return n;
}

void ohtd_bytes_put_number(struct ohtd_bytes *to, uint64_t number)
{
	unsigned char bytes[10];

	ohtd_bytes_put(to, bytes, ohtd_number_bytes(number, bytes));
}

void ohtd_bytes_free(struct ohtd_bytes *bytes)
{
	free(bytes->data);
	*bytes = (struct ohtd_bytes){ 0 };
}

int ohtd_span_number(struct ohtd_span *from, uint64_t *number)
{
	uint64_t value = 0;

	for (unsigned int shift = 0; shift < 64 && from->left; shift += 7) {
		unsigned char byte = *from->at++;

		from->left--;
		if (shift == 63 && byte > 1)
			return -EBADMSG;
		value |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80)) {
			*number = value;
			return 0;
		}
	}
	return -EBADMSG;
}

int ohtd_span_take(struct ohtd_span *from, size_t bytes, struct ohtd_span *part)
{
	if (from->left < bytes)
		return -EBADMSG;
	*part = (struct ohtd_span){ from->at, bytes };
	from->at += bytes;
	from->left -= bytes;
	return 0;
}
