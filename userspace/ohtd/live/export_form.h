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

#include <stddef.h>
#include <stdint.h>

#include "history/export.h"
#include "robot/telemetry.h"

#define OHTD_EXPORT_PIECE_BYTES	65536

struct ohtd_export_form;
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
 * @used: its length; a piece is whole from OHTD_EXPORT_PIECE_BYTES on
 */
struct ohtd_export_text {
	const struct ohtd_export_form *form;
	struct ohtd_export_column columns[OHTD_TELEMETRY_SIGNALS];
	unsigned int count;
	char *text;
	size_t used;
};

/**
 * struct ohtd_export_form - a form
 * @type: media type
 * @suffix: of a file's name
 * @head: writes what stands in front of all items
 * @item: writes an item
 */
struct ohtd_export_form {
	const char *type;
	const char *suffix;
	void (*head)(struct ohtd_export_text *text);
	void (*item)(struct ohtd_export_text *text, const struct ohtd_export_item *item);
};

enum ohtd_export_forms {
	OHTD_EXPORT_CSV,
	OHTD_EXPORT_NDJSON,
	OHTD_EXPORT_FORMS,
};

extern const struct ohtd_export_form ohtd_export_forms[OHTD_EXPORT_FORMS];

/* The names of the forms. */
extern const struct ohtd_words ohtd_export_form_words;

/* @form: enum ohtd_export_forms. 0, or -ENOMEM. */
int ohtd_export_text_begin(struct ohtd_export_text *text, unsigned int form,
			   const struct ohtd_export_query *query);
void ohtd_export_text_end(struct ohtd_export_text *text);

#endif /* OHTD_LIVE_EXPORT_FORM_H */
