/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the forms in which samples leave the daemon.
 * Contexts: any thread; one text belongs to one.
 * Locks:    none.
 *
 * Nothing grows: a text has room for a piece and the longest item behind it.
 */
#ifndef OHTD_LIVE_EXPORT_FORM_H
#define OHTD_LIVE_EXPORT_FORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "history/export.h"
#include "robot/telemetry.h"

struct ohtd_export_form;
struct ohtd_mcap;
struct ohtd_words;

/**
 * struct ohtd_export_column - a signal, as each item needs it
 * @name: of the signal
 * @name_bytes: its length
 * @type: enum ohtd_telemetry_type
 * @decimals: a value is the integer divided by 10^decimals
 * @word: of a word: its text
 * @words: how many words there are
 */
struct ohtd_export_column {
	const char *name;
	size_t name_bytes;
	unsigned int type, decimals;
	const char *(*word)(unsigned int number);
	unsigned int words;
};

/**
 * struct ohtd_export_text - what is to be sent next
 * @form: how items are written
 * @columns: of the signals
 * @count: of @columns
 * @text: not NUL-terminated
 * @sent: bytes in front of the piece
 * @used: its length; a piece is whole from form->piece_bytes on
 * @mcap: of that form
 */
struct ohtd_export_text {
	const struct ohtd_export_form *form;
	struct ohtd_export_column columns[OHTD_TELEMETRY_SIGNALS];
	unsigned int count;
	char *text;
	uint64_t sent;
	size_t used;
	struct ohtd_mcap *mcap;
};

/**
 * struct ohtd_export_form - a form
 * @type: media type
 * @suffix: of a file's name
 * @piece_bytes: how much is sent at once
 * @head: writes what stands in front of all items: 0, or -ENOMEM; or NULL
 * @item: writes an item
 * @seal: no item comes in this piece any more; or NULL
 * @tail: writes what stands behind all items, as much as fits into a piece: true, there is more; or NULL
 * @forget: frees what @head has made; or NULL
 */
struct ohtd_export_form {
	const char *type;
	const char *suffix;
	size_t piece_bytes;
	int (*head)(struct ohtd_export_text *text);
	void (*item)(struct ohtd_export_text *text, const struct ohtd_export_item *item);
	void (*seal)(struct ohtd_export_text *text);
	bool (*tail)(struct ohtd_export_text *text);
	void (*forget)(struct ohtd_export_text *text);
};

enum ohtd_export_forms {
	OHTD_EXPORT_CSV,
	OHTD_EXPORT_NDJSON,
	OHTD_EXPORT_MCAP,
	OHTD_EXPORT_FORMS,
};

const struct ohtd_export_form *ohtd_export_form_of(unsigned int form);

/* export_mcap.c */
extern const struct ohtd_export_form ohtd_mcap_form;

/* The names of the forms. */
extern const struct ohtd_words ohtd_export_form_words;

/* @form: enum ohtd_export_forms. 0, or -ENOMEM. */
int ohtd_export_text_begin(struct ohtd_export_text *text, unsigned int form,
			   const struct ohtd_export_query *query);
void ohtd_export_text_end(struct ohtd_export_text *text);

/* ---- between the forms: at the end of the text, which has room ---- */

void ohtd_export_put(struct ohtd_export_text *text, const void *bytes, size_t count);
void ohtd_export_put_text(struct ohtd_export_text *text, const char *words);
void ohtd_export_put_time(struct ohtd_export_text *text, int64_t wall_ns);
/* As JSON; the sample has a value. */
void ohtd_export_put_value(struct ohtd_export_text *text, const struct ohtd_export_column *column,
			   int64_t value);
const char *ohtd_export_quality(uint8_t quality);

#endif /* OHTD_LIVE_EXPORT_FORM_H */
