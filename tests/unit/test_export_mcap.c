// SPDX-License-Identifier: GPL-2.0-or-later
/* The end of a file of MCAP: an index of all chunks, or of none where there are more than it may hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "api/api.h"
#include "live/channels.h"
#include "live/export_form.h"

#define CHUNK		6
#define CHUNK_INDEX	8
#define MAGIC		0x89
#define MAGIC_BYTES	8

static const int64_t values[OHTD_TELEMETRY_BUILT_IN];
static const uint8_t quality[OHTD_TELEMETRY_BUILT_IN];
static struct ohtd_export_text text;

/* Records of the piece by their opcodes; they end with it, and then it is sent. */
static void take_piece(unsigned int counts[256])
{
	const uint8_t *bytes = (const uint8_t *)text.text;
	size_t at = text.sent ? 0 : MAGIC_BYTES;

	while (at < text.used && bytes[at] != MAGIC) {
		uint64_t length = 0;

		for (int i = 8; i; i--)
			length = length << 8 | bytes[at + (size_t)i];
		counts[bytes[at]]++;
		at += 9 + length;
	}
	assert_int_equal(at + (at < text.used ? MAGIC_BYTES : 0), text.used);
	text.sent += text.used;
	text.used = 0;
}

static void count_records(unsigned int chunks, unsigned int counts[256])
{
	struct ohtd_export_query query = { .count = OHTD_TELEMETRY_BUILT_IN };
	struct ohtd_export_item item = { .run = 1, .values = values, .quality = quality, .stride = 1 };
	bool more = true;

	for (unsigned int i = 0; i < OHTD_TELEMETRY_BUILT_IN; i++)
		query.signals[i] = i;
	memset(&text, 0, sizeof(text));
	assert_int_equal(ohtd_export_text_begin(&text, OHTD_EXPORT_MCAP, &query), 0);
	while (chunks--) {
		for (; text.used < text.form->piece_bytes; item.cycle++)
			text.form->item(&text, &item);
		text.form->seal(&text);
		take_piece(counts);
	}
	while (more) {
		more = text.form->tail(&text);
		take_piece(counts);
	}
	ohtd_export_text_end(&text);
}

static void all_chunks_have_an_index_or_none(void **state)
{
	(void)state;
	for (unsigned int chunks = INDEX_MAX - 1; chunks <= INDEX_MAX + 1; chunks++) {
		unsigned int counts[256] = { 0 };

		count_records(chunks, counts);
		assert_int_equal(counts[CHUNK], chunks);
		assert_int_equal(counts[CHUNK_INDEX], chunks <= INDEX_MAX ? chunks : 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(all_chunks_have_an_index_or_none) };

	ohtd_channels_set(&ohtd_channel_table);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
