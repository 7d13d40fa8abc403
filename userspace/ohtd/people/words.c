// SPDX-License-Identifier: GPL-2.0-or-later
/* Lists of words that are kept as one text, with commas between them. */
#include "people/people.h"
#include "server/call.h"

#include <stdio.h>
#include <string.h>

const char *const *ohtd_people_split(struct ohtd_call *call, const char *words, size_t *count)
{
	char *at = ohtd_call_alloc(call, strlen(words) + 1), *rest = NULL;
	const char **texts;
	size_t most = 1;

	strcpy(at, words);
	for (const char *comma = words; (comma = strchr(comma, ',')); comma++)
		most++;
	texts = ohtd_call_alloc(call, most * sizeof(*texts));
	*count = 0;
	for (char *word = strtok_r(at, ",", &rest); word; word = strtok_r(NULL, ",", &rest))
		texts[(*count)++] = word;
	return texts;
}

bool ohtd_people_is_unit(struct ohtd_call *call, const char *text)
{
	unsigned int unit = ohtd_route_unit(text, strlen(text));
	char decimal[8];

	(void)call;
	snprintf(decimal, sizeof(decimal), "%u", unit);
	return unit && !strcmp(decimal, text);
}

bool ohtd_people_join(struct ohtd_call *call, const struct ohtd_people_words *kind, const char *const *texts, size_t count, char *words)
{
	size_t used = 0;

	*words = 0;
	for (size_t i = 0; i < count; i++) {
		if (strchr(texts[i], ',') || !kind->fits(call, texts[i])) {
			ohtd_reply_member(call, ohtd_call_text_of(call, "%s/%zu", kind->pointer, i), "unknown_value", "'%.64s' %s", texts[i],
					  kind->complaint);
			return false;
		}
		used += (size_t)snprintf(words + used, kind->bytes - used, "%s%s", used ? "," : "", texts[i]);
		if (used >= kind->bytes) {
			ohtd_reply_member(call, kind->pointer, "length", "all together have at most %zu characters", kind->bytes - 1);
			return false;
		}
	}
	return true;
}
