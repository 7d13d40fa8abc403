// SPDX-License-Identifier: GPL-2.0-or-later
#include "history/coded.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <zlib.h>

#define SUM_BYTES	4

void ohtd_coded_put_samples(struct ohtd_bytes *to, const int64_t *values, const int64_t *quality,
			    size_t count)
{
	ohtd_codec_put(to, values, count);
	for (size_t i = 0; i < count; i++)
		if (quality[i]) {
			ohtd_codec_put(to, quality, count);
			return;
		}
}

int ohtd_coded_take_samples(struct ohtd_span from, size_t count, size_t begin, size_t end,
			    ohtd_coded_visit visit, void *arg)
{
	int64_t values[OHTD_CODEC_BLOCK], quality[OHTD_CODEC_BLOCK];
	struct ohtd_span qualities = from;
	bool all_good;

	if (ohtd_codec_take(&qualities, NULL, count))
		return -EBADMSG;
	all_good = !qualities.left;
	memset(quality, 0, sizeof(quality));
	for (size_t at = 0, n; at < count; at += n) {
		bool wanted = at < end && at + OHTD_CODEC_BLOCK > begin;

		n = count - at < OHTD_CODEC_BLOCK ? count - at : OHTD_CODEC_BLOCK;
		if (ohtd_codec_take(&from, wanted ? values : NULL, n) ||
		    (!all_good && ohtd_codec_take(&qualities, wanted ? quality : NULL, n)))
			return -EBADMSG;
		if (wanted)
			visit(arg, at, values, quality, n);
	}
	return qualities.left ? -EBADMSG : 0;
}

void ohtd_coded_put_part(struct ohtd_bytes *to, int64_t signal, const struct ohtd_bytes *part)
{
	ohtd_bytes_put_number(to, (uint64_t)signal);
	ohtd_bytes_put_number(to, part->used);
	ohtd_bytes_put(to, part->data, part->used);
	to->failed |= part->failed;
}

int ohtd_coded_next_part(struct ohtd_span *from, int64_t *signal, struct ohtd_span *part)
{
	uint64_t number, bytes;

	if (!from->left)
		return 0;
	if (ohtd_span_number(from, &number) || ohtd_span_number(from, &bytes) ||
	    bytes > from->left || ohtd_span_take(from, (size_t)bytes, part))
		return -EBADMSG;
	*signal = (int64_t)number;
	return 1;
}

int ohtd_coded_find_part(struct ohtd_span from, int64_t signal, struct ohtd_span *part)
{
	int64_t found = -1;
	int r;

	while ((r = ohtd_coded_next_part(&from, &found, part)) > 0)
		if (found == signal)
			return 1;
	return r;
}

static uint32_t sum_of(const unsigned char *data, size_t bytes)
{
	return (uint32_t)crc32_z(crc32_z(0, NULL, 0), data, bytes);
}

void ohtd_coded_close(struct ohtd_bytes *blob)
{
	uint32_t sum = sum_of(blob->data, blob->used);
	const unsigned char bytes[SUM_BYTES] = {
		(unsigned char)sum, (unsigned char)(sum >> 8), (unsigned char)(sum >> 16),
		(unsigned char)(sum >> 24),
	};

	ohtd_bytes_put(blob, bytes, sizeof(bytes));
}

int ohtd_coded_open(const void *data, size_t bytes, struct ohtd_span *inside)
{
	const unsigned char *at = data;
	const unsigned char *sum;

	if (bytes < SUM_BYTES)
		return -EBADMSG;
	sum = at + bytes - SUM_BYTES;
	*inside = (struct ohtd_span){ at, bytes - SUM_BYTES };
	return sum_of(at, inside->left) ==
	       ((uint32_t)sum[0] | (uint32_t)sum[1] << 8 | (uint32_t)sum[2] << 16 |
		(uint32_t)sum[3] << 24) ? 0 : -EBADMSG;
}
