// SPDX-License-Identifier: GPL-2.0-or-later
#include "lists/name_list.h"

#include <string.h>

#include "common/distance.h"
#include "common/utf8.h"
#include "server/call.h"
#include "robot/telemetry.h"

#define SHOWN_BYTES	64	/* of a name that is refused */

#define NEAR_MAX	3	/* names that are offered */
#define FAR_MAX		4	/* letters by which they differ */
#define BEGIN_MIN	3	/* letters of a name that is offered for its begin */

/* At least as far apart as their lengths are, which costs nothing to know. */
static bool is_apart(const char *a, size_t a_bytes, const char *b, unsigned int by)
{
	size_t b_bytes = strlen(b), longer = a_bytes > b_bytes ? a_bytes - b_bytes : b_bytes - a_bytes;

	return longer <= by && oht_distance(a, a_bytes, b) == by;
}

/*
 * "; near: battery_v, battery_a", or "". At most a third of the letters, and FAR_MAX, may differ; behind these come names that
 * begin so and differ by more.
 */
static const char *near(struct ohtd_call *call, const struct ohtd_words *words, const char *name,
			size_t bytes)
{
	const char *text = "";
	unsigned int found = 0, far_max;

	bytes = bytes < SHOWN_BYTES ? bytes : SHOWN_BYTES;
	far_max = bytes / 3 < FAR_MAX ? (unsigned int)bytes / 3 : FAR_MAX;
	for (unsigned int far = 1; far <= far_max; far++)
		for (unsigned int i = words->first; i < words->end && found < NEAR_MAX; i++) {
			const char *other = words->name(i);

			if (other && is_apart(name, bytes, other, far))
				text = ohtd_call_text_of(call, "%s%s %s", text,
							 found++ ? "," : "; near:", other);
		}
	for (unsigned int i = words->first; bytes >= BEGIN_MIN && i < words->end && found < NEAR_MAX; i++) {
		const char *other = words->name(i);

		if (other && !strncmp(other, name, bytes) && strlen(other) > bytes + far_max)
			text = ohtd_call_text_of(call, "%s%s %s", text, found++ ? "," : "; near:", other);
	}
	return text;
}

/* The name of @bytes at @pointer is none of the list, or comes twice. */
static void refuse(struct ohtd_call *call, const struct ohtd_name_list *list, const char *pointer,
		   const char *name, size_t bytes, bool twice)
{
	int shown = oht_utf8_cut(name, bytes < SHOWN_BYTES ? bytes : SHOWN_BYTES);
	const struct ohtd_error error = {
		.pointer = pointer,
		.code = twice ? "twice" : "unknown_value",
		.detail = twice ? ohtd_call_text_of(call, "'%.*s' is there twice", shown, name) :
				  ohtd_call_text_of(call, "'%.*s' is no %s%s", shown, name, list->what,
						    near(call, list->words, name, bytes)),
	};

	ohtd_reply_errors(call, twice ? 400 : list->status, twice ? "validation" : list->code,
			  error.detail, &error, 1);
}

bool ohtd_name_list_read(struct ohtd_call *call, const struct ohtd_name_list *list,
			 const char *text, struct oht_set *set)
{
	*set = (struct oht_set){ 0 };
	for (unsigned int place = 0;; place++, text++) {
		size_t bytes = strcspn(text, ",");
		int number = ohtd_word_number_of(list->words, text, bytes);
		bool twice = number >= 0 && list->once && oht_set_has(set, (unsigned int)number);

		if (number < 0 || twice) {
			refuse(call, list, ohtd_call_text_of(call, "/%s/%u", list->member, place), text,
			       bytes, twice);
			return false;
		}
		oht_set_add(set, (unsigned int)number);
		text += bytes;
		if (!*text)
			return true;
	}
}

int ohtd_name_read(struct ohtd_call *call, const struct ohtd_name_list *list, const char *member,
		   const char *name)
{
	int number = ohtd_word_number(list->words, name);

	if (number < 0)
		refuse(call, list, ohtd_call_text_of(call, "/%s", member), name, strlen(name), false);
	return number;
}

static const char *signal_name(unsigned int signal)
{
	return ohtd_telemetry_info(signal)->name;
}

static const struct ohtd_words signal_words = {
	.name = signal_name, .end = OHTD_TELEMETRY_SIGNALS,
};

const struct ohtd_name_list ohtd_signal_list = {
	.member = "signals", .what = "signal", .words = &signal_words,
	.status = 422, .code = "unknown_signal",
};
