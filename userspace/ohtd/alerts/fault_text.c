// SPDX-License-Identifier: GPL-2.0-or-later
#include "alerts/fault_text.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* @word stands in the description, at its beginning or behind a space: what stands behind it, else NULL. */
static const char *behind(const char *description, const char *word)
{
	const char *at;

	for (at = strstr(description, word); at; at = strstr(at + 1, word))
		if (at == description || at[-1] == ' ')
			return at + strlen(word);
	return NULL;
}

/* The meaning of a number ends where the next number begins, or the sentence. */
static size_t meaning_bytes(const char *text)
{
	size_t n;

	for (n = 0; text[n] && !strchr(".;(", text[n]); n++)
		if (text[n] == ' ' && isdigit((unsigned char)text[n + 1]))
			break;
	while (n && text[n - 1] == ' ')
		n--;
	return n;
}

static void add(char *words, size_t bytes, const char *meaning)
{
	size_t used = strlen(words);

	if (meaning)
		snprintf(words + used, bytes - used, "%s%.*s", used ? ", " : "", (int)meaning_bytes(meaning), meaning);
}

static void add_bits(const char *description, int64_t raw, char *words, size_t bytes)
{
	char word[16];
	unsigned int bit;
	const char *meaning;

	for (bit = 0; bit < 16; bit++) {
		if (!(raw >> bit & 1))
			continue;
		snprintf(word, sizeof(word), "bit%u ", bit);
		meaning = behind(description, word);
		snprintf(word, sizeof(word), "; %u ", bit);
		if (!meaning && (meaning = strstr(description, word)))
			meaning += strlen(word);
		add(words, bytes, meaning);
	}
}

void ohtd_fault_text(const struct oht_register *reg, int64_t raw, char text[OHTD_FAULT_TEXT_BYTES])
{
	const bool bits = reg->type == OHT_TYPE_BITS;
	char words[64] = "", number[32];

	if (bits) {
		add_bits(reg->description, raw, words, sizeof(words));
		snprintf(number, sizeof(number), "0x%04" PRIX64, (uint64_t)raw);
	} else {
		snprintf(number, sizeof(number), "%" PRId64 "=", raw);
		add(words, sizeof(words), behind(reg->description, number));
		number[strlen(number) - 1] = '\0';
	}
	snprintf(text, OHTD_FAULT_TEXT_BYTES, "%s is %s%s%s%s", reg->label, number, *words ? " (" : "", words, *words ? ")" : "");
}
