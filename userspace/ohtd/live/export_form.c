// SPDX-License-Identifier: GPL-2.0-or-later
/* Samples as comma-separated values and as a line of JSON for each cycle. */
#include "live/export_form.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "json/member.h"
#include "json/writer.h"

/* Of an item without its samples, of a sample without the name, and of a number with its point. */
#define ITEM_BYTES	256
#define SAMPLE_BYTES	112
#define NUMBER_BYTES	24
#define PIECE_BYTES	65536

/* ---- words ---- */

void ohtd_export_put(struct ohtd_export_text *text, const void *bytes, size_t count)
{
	memcpy(text->text + text->used, bytes, count);
	text->used += count;
}

void ohtd_export_put_text(struct ohtd_export_text *text, const char *words)
{
	ohtd_export_put(text, words, strlen(words));
}

static void put_byte(struct ohtd_export_text *text, char byte)
{
	text->text[text->used++] = byte;
}

void ohtd_export_put_time(struct ohtd_export_text *text, int64_t wall_ns)
{
	ohtd_time_text(wall_ns, text->text + text->used);
	text->used += OHTD_TIME_BYTES;
}

/* The integer divided by 10^decimals, with so many digits behind the point. */
static void put_number(struct ohtd_export_text *text, int64_t value, unsigned int decimals)
{
	uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;
	char digits[NUMBER_BYTES], *at = digits + sizeof(digits);
	unsigned int written = 0;

	do {
		*--at = (char)('0' + rest % 10);
		rest /= 10;
		if (++written == decimals)
			*--at = '.';
	} while (rest || written <= decimals);
	if (value < 0)
		put_byte(text, '-');
	ohtd_export_put(text, at, (size_t)(digits + sizeof(digits) - at));
}

static const char *word_of(const struct ohtd_export_column *column, int64_t value)
{
	const char *word = value >= 0 && value < column->words ? column->word((unsigned int)value) :
								 NULL;

	return word ? word : "unknown";
}

const char *ohtd_export_quality(uint8_t quality)
{
	return quality == OHTD_EXPORT_DAMAGED ? "damaged" : ohtd_telemetry_quality_name(quality);
}

static bool has_value(uint8_t quality)
{
	return quality < OHTD_TELEMETRY_NONE;
}

/* ---- comma-separated values ---- */

static int head_csv(struct ohtd_export_text *text)
{
	ohtd_export_put_text(text, "time,run,cycle,gap_to,gap_reason");
	for (unsigned int i = 0; i < text->count; i++) {
		const struct ohtd_export_column *column = &text->columns[i];

		put_byte(text, ',');
		ohtd_export_put(text, column->name, column->name_bytes);
		put_byte(text, ',');
		ohtd_export_put(text, column->name, column->name_bytes);
		ohtd_export_put_text(text, ".quality");
	}
	put_byte(text, '\n');
	return 0;
}

/* In front of all runs there is neither a run nor a cycle. */
static void place_csv(struct ohtd_export_text *text, const struct ohtd_export_item *item)
{
	ohtd_export_put_time(text, item->time_ns);
	put_byte(text, ',');
	if (item->run)
		put_number(text, item->run, 0);
	put_byte(text, ',');
	if (item->run)
		put_number(text, item->cycle, 0);
	put_byte(text, ',');
}

static void sample_csv(struct ohtd_export_text *text, const struct ohtd_export_column *column,
		       int64_t value, uint8_t quality)
{
	put_byte(text, ',');
	if (has_value(quality) && column->type == OHTD_TELEMETRY_WORD)
		ohtd_export_put_text(text, word_of(column, value));
	else if (has_value(quality))
		put_number(text, value, column->decimals);
	put_byte(text, ',');
	ohtd_export_put_text(text, ohtd_export_quality(quality));
}

static void item_csv(struct ohtd_export_text *text, const struct ohtd_export_item *item)
{
	place_csv(text, item);
	if (*item->reason) {
		ohtd_export_put_time(text, item->to_ns);
		put_byte(text, ',');
		ohtd_export_put_text(text, item->reason);
		memset(text->text + text->used, ',', 2 * text->count);
		text->used += 2 * text->count;
	} else {
		put_byte(text, ',');
		for (unsigned int i = 0; i < text->count; i++)
			sample_csv(text, &text->columns[i], item->values[i * item->stride],
				   item->quality[i * item->stride]);
	}
	put_byte(text, '\n');
}

/* ---- a line of JSON for each item ---- */

static void place_ndjson(struct ohtd_export_text *text, const struct ohtd_export_item *item)
{
	ohtd_export_put_text(text, "{\"time\":\"");
	ohtd_export_put_time(text, item->time_ns);
	ohtd_export_put_text(text, "\",\"run\":");
	if (item->run) {
		put_number(text, item->run, 0);
		ohtd_export_put_text(text, ",\"cycle\":");
		put_number(text, item->cycle, 0);
	} else {
		ohtd_export_put_text(text, "null,\"cycle\":null");
	}
}

void ohtd_export_put_value(struct ohtd_export_text *text, const struct ohtd_export_column *column,
			   int64_t value)
{
	if (column->type == OHTD_TELEMETRY_WORD) {
		put_byte(text, '"');
		ohtd_export_put_text(text, word_of(column, value));
		put_byte(text, '"');
	} else if (column->type == OHTD_TELEMETRY_BOOLEAN) {
		ohtd_export_put_text(text, value ? "true" : "false");
	} else {
		put_number(text, value, column->decimals);
	}
}

static void sample_ndjson(struct ohtd_export_text *text, const struct ohtd_export_column *column,
			  int64_t value, uint8_t quality)
{
	ohtd_export_put_text(text, ",\"");
	ohtd_export_put(text, column->name, column->name_bytes);
	ohtd_export_put_text(text, "\":");
	if (has_value(quality))
		ohtd_export_put_value(text, column, value);
	else
		ohtd_export_put_text(text, "null");
	ohtd_export_put_text(text, ",\"");
	ohtd_export_put(text, column->name, column->name_bytes);
	ohtd_export_put_text(text, ".quality\":\"");
	ohtd_export_put_text(text, ohtd_export_quality(quality));
	put_byte(text, '"');
}

static void item_ndjson(struct ohtd_export_text *text, const struct ohtd_export_item *item)
{
	place_ndjson(text, item);
	if (*item->reason) {
		ohtd_export_put_text(text, ",\"gap_to\":\"");
		ohtd_export_put_time(text, item->to_ns);
		ohtd_export_put_text(text, "\",\"gap_reason\":\"");
		ohtd_export_put_text(text, item->reason);
		put_byte(text, '"');
	} else {
		for (unsigned int i = 0; i < text->count; i++)
			sample_ndjson(text, &text->columns[i], item->values[i * item->stride],
				      item->quality[i * item->stride]);
	}
	ohtd_export_put_text(text, "}\n");
}

/* ---- all forms ---- */

const struct ohtd_export_form *ohtd_export_form_of(unsigned int form)
{
	static const struct ohtd_export_form csv = {
		.type = "text/csv", .suffix = "csv", .piece_bytes = PIECE_BYTES, .head = head_csv,
		.item = item_csv,
	}, ndjson = {
		.type = "application/x-ndjson", .suffix = "ndjson", .piece_bytes = PIECE_BYTES,
		.item = item_ndjson,
	};
	static const struct ohtd_export_form *const forms[OHTD_EXPORT_FORMS] = {
		[OHTD_EXPORT_CSV] = &csv, [OHTD_EXPORT_NDJSON] = &ndjson,
		[OHTD_EXPORT_MCAP] = &ohtd_mcap_form,
	};

	return forms[form];
}

static const char *name_of(unsigned int form)
{
	return ohtd_export_form_of(form)->suffix;
}

const struct ohtd_words ohtd_export_form_words = { .name = name_of, .end = OHTD_EXPORT_FORMS };

static size_t take_columns(struct ohtd_export_text *text, const struct ohtd_export_query *query)
{
	size_t bytes = ITEM_BYTES;

	text->count = query->count;
	for (unsigned int i = 0; i < query->count; i++) {
		const struct ohtd_telemetry_info *info = ohtd_telemetry_info(query->signals[i]);
		const struct ohtd_telemetry_origin *origin =
			ohtd_telemetry_origin(query->signals[i]);

		text->columns[i] = (struct ohtd_export_column){
			.name = info->name, .name_bytes = strlen(info->name), .type = info->type,
			.decimals = origin->decimals, .word = origin->word, .words = origin->words,
		};
		bytes += SAMPLE_BYTES + 2 * text->columns[i].name_bytes;
	}
	return bytes;
}

int ohtd_export_text_begin(struct ohtd_export_text *text, unsigned int form,
			   const struct ohtd_export_query *query)
{
	size_t item_bytes = take_columns(text, query);

	text->form = ohtd_export_form_of(form);
	text->used = 0;
	/* The head, too, is no longer than an item. A form may add half of the piece at its end. */
	text->text = malloc(text->form->piece_bytes + text->form->piece_bytes / 2 + item_bytes);
	if (!text->text)
		return -ENOMEM;
	return text->form->head ? text->form->head(text) : 0;
}

void ohtd_export_text_end(struct ohtd_export_text *text)
{
	if (text->form && text->form->forget)
		text->form->forget(text);
	free(text->text);
	text->text = NULL;
}
