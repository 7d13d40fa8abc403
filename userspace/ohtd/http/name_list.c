// SPDX-License-Identifier: GPL-2.0-or-later
#include "http/name_list.h"

#include <string.h>

#include "http/call.h"

#define SHOWN_BYTES	64	/* of a name that is refused */

/* The name of @bytes at the place is none of the list, or comes twice. */
static void refuse(struct ohtd_call *call, const struct ohtd_name_list *list, unsigned int place,
		   const char *name, size_t bytes, bool twice)
{
	int shown = bytes < SHOWN_BYTES ? (int)bytes : SHOWN_BYTES;
	const struct ohtd_error error = {
		.pointer = ohtd_call_text_of(call, "/%s/%u", list->member, place),
		.code = twice ? "twice" : "unknown_value",
		.detail = twice ? ohtd_call_text_of(call, "'%.*s' is there twice", shown, name) :
				  ohtd_call_text_of(call, "'%.*s' is no %s", shown, name, list->what),
	};

	ohtd_reply_errors(call, twice ? 400 : list->status, twice ? "validation" : list->code,
			  error.detail, &error, 1);
}

uint64_t ohtd_name_list_read(struct ohtd_call *call, const struct ohtd_name_list *list,
			     const char *text)
{
	uint64_t bits = 0;

	for (unsigned int place = 0;; place++, text++) {
		size_t bytes = strcspn(text, ",");
		int number = ohtd_word_number_of(list->words, text, bytes);
		bool twice = number >= 0 && list->once && bits & (1ull << number);

		if (number < 0 || twice) {
			refuse(call, list, place, text, bytes, twice);
			return 0;
		}
		bits |= 1ull << number;
		text += bytes;
		if (!*text)
			return bits;
	}
}
