// SPDX-License-Identifier: GPL-2.0-or-later
/* What of a text goes into a support pack. A text that no row of support.def knows is left out. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "show.h"
#include "support.h"

static const struct {
	const char *name;
	enum support_class class;
} members[] = {
#define SUPPORT_MEMBER(name, class) { name, SUPPORT_##class },
#define SUPPORT_ROOM(name)
#include "support.def"
};

static const char *const rooms[] = {
#define SUPPORT_MEMBER(name, class)
#define SUPPORT_ROOM(name) name,
#include "support.def"
};

static const char *const stands_for[SUPPORT_CLASSES] = {
	[SUPPORT_UNKNOWN] = "(left out)", [SUPPORT_SECRET] = "(secret)", [SUPPORT_ADDRESS] = "(address)",
	[SUPPORT_WORDS] = "(words of a person)",
};

#define MEMBERS	(sizeof(members) / sizeof(members[0]))
#define ROOMS	(sizeof(rooms) / sizeof(rooms[0]))

static const char *text_of(struct json_object *object, const char *name)
{
	const char *text = json_object_get_string(json_object_object_get(object, name));

	return text ? text : "";
}

static bool find(const char *name, enum support_class *class)
{
	for (size_t i = 0; i < MEMBERS; i++)
		if (!strcmp(members[i].name, name)) {
			*class = members[i].class;
			return true;
		}
	return false;
}

enum support_class support_class_of(const char *around, const char *name)
{
	enum support_class class = SUPPORT_UNKNOWN;
	char both[2 * SUPPORT_NAME_BYTES];

	snprintf(both, sizeof(both), "%s/%s", around ? around : "", name);
	if (!find(both, &class))
		find(name, &class);
	return class;
}

bool support_keeps_room(const char *room)
{
	for (size_t i = 0; i < ROOMS; i++)
		if (!strcmp(rooms[i], room))
			return true;
	return false;
}

const char *support_person(struct support *support, const char *name)
{
	struct json_object *known = json_object_object_get(support->persons, name);
	char person[SUPPORT_NAME_BYTES];

	if (!known) {
		snprintf(person, sizeof(person), "person-%d", json_object_object_length(support->persons) + 1);
		known = json_object_new_string(person);
		json_object_object_add(support->persons, name, known);
	}
	return json_object_get_string(known);
}

static void count_hidden(struct support *support, enum support_class class, const char *name)
{
	struct json_object *names = support->hidden[class];

	json_object_object_add(names, name, json_object_new_int64(json_object_get_int64(json_object_object_get(names, name)) + 1));
}

/* ---- names of accounts in a sentence ---- */

static bool is_of_name(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '-' || c == '.' || c == '@' || (unsigned char)c >= 0x80;
}

/* How many characters of the word at @at are a name that is known, without a full stop at its end; 0: none. */
static size_t known_name(const struct support *support, const char *at, size_t length, const char **person)
{
	json_object_object_foreach(support->persons, name, stands) {
		size_t count = strlen(name);

		if (count && (count == length || (count + 1 == length && at[count] == '.')) && !strncmp(at, name, count)) {
			*person = json_object_get_string(stands);
			return count;
		}
	}
	return 0;
}

/* To be freed. */
static char *replace_names(const struct support *support, const char *text)
{
	const char *person;
	size_t size, length, known;
	char *copy = NULL;
	FILE *to = open_memstream(&copy, &size);

	if (!to)
		return NULL;
	while (*text) {
		for (length = 0; is_of_name(text[length]); length++)
			;
		known = known_name(support, text, length, &person);
		if (known)
			fputs(person, to);
		else
			fwrite(text, 1, length ? length : 1, to);
		text += known ? known : length ? length : 1;
	}
	return fclose(to) ? NULL : copy;
}

/* ---- JSON ---- */

/* As 2026-11-30T03:10:00.000Z; a name does not look like that. */
static bool is_time(const char *text)
{
	static const char form[] = "dddd-dd-ddTdd:dd:dd";
	size_t i;

	for (i = 0; form[i]; i++)
		if (form[i] == 'd' ? !isdigit((unsigned char)text[i]) : text[i] != form[i])
			return false;
	return !text[i + strspn(text + i, ".0123456789Z+:")];
}

static struct json_object *redact_text(struct support *support, enum support_class class, const char *name, const char *text)
{
	struct json_object *kept;
	char *copy;

	if (!*text || class == SUPPORT_WORD || (class == SUPPORT_UNKNOWN && is_time(text)))
		return json_object_new_string(text);
	if (class == SUPPORT_TEXT) {
		copy = replace_names(support, text);
		kept = copy ? json_object_new_string(copy) : NULL;
		free(copy);
		return kept;
	}
	count_hidden(support, class, name);
	return json_object_new_string(class == SUPPORT_PERSON ? support_person(support, text) : stands_for[class]);
}

/* @around: of the member in which this one stands, @name: of this one. */
static struct json_object *redact(struct support *support, struct json_object *json, const char *around, const char *name)
{
	enum support_class class = support_class_of(around, name);
	struct json_object *kept;

	switch (json_object_get_type(json)) {
	case json_type_object:
		kept = json_object_new_object();
		json_object_object_foreach(json, key, value)
			json_object_object_add(kept, key, redact(support, value, name, key));
		return kept;
	case json_type_array:
		kept = json_object_new_array();
		for (size_t i = 0; i < json_object_array_length(json); i++)
			json_object_array_add(kept, redact(support, json_object_array_get_idx(json, i), around, name));
		return kept;
	case json_type_string:
		return redact_text(support, class, name, json_object_get_string(json));
	default:
		return json_object_get(json);
	}
}

struct json_object *support_redact(struct support *support, struct json_object *json)
{
	return redact(support, json, "", "");
}

struct json_object *support_redact_line(struct support *support, struct json_object *line)
{
	struct json_object *kept = json_object_new_object(), *text = NULL;

	json_object_object_add(kept, "time", json_object_get(json_object_object_get(line, "time")));
	for (size_t i = 0; i < 3; i++) {
		static const char *const words[] = { "level", "room", "code" };

		show_add_text(kept, words[i], text_of(line, words[i]));
	}
	if (support_keeps_room(text_of(line, "room")))
		text = redact_text(support, SUPPORT_TEXT, "text", text_of(line, "text"));
	else
		count_hidden(support, SUPPORT_WORDS, "text of the log in other rooms");
	json_object_object_add(kept, "text", text);
	return kept;
}

/* ---- ohtd.conf ---- */

/* In place: without white space at both ends. */
static char *trim(char *text)
{
	size_t length;

	while (isspace((unsigned char)*text))
		text++;
	length = strlen(text);
	while (length && isspace((unsigned char)text[length - 1]))
		text[--length] = '\0';
	return text;
}

static bool is_plain(const char *value)
{
	return !value[strspn(value, "0123456789")] || !strcmp(value, "yes") || !strcmp(value, "no") || !strcmp(value, "off");
}

/* In place: a remark begins with one of these behind a blank. */
static void cut_remark(char *line)
{
	for (char *at = line; *at; at++)
		if (isblank((unsigned char)*at) && (at[1] == '#' || at[1] == ';')) {
			*at = '\0';
			return;
		}
}

static void put_setting(struct support *support, FILE *to, const char *section, char *line)
{
	char *equals, *key, *value;
	enum support_class class;

	cut_remark(line);
	equals = strchr(line, '=');
	if (!equals)
		return;
	*equals = '\0';
	key = trim(line);
	value = trim(equals + 1);
	class = support_class_of(section, key);
	if (class == SUPPORT_WORD || (class != SUPPORT_SECRET && is_plain(value))) {
		fprintf(to, "%s = %s\n", key, value);
		return;
	}
	if (class > SUPPORT_WORDS)
		class = SUPPORT_UNKNOWN;
	count_hidden(support, class, key);
	fprintf(to, "%s = %s\n", key, stands_for[class]);
}

char *support_redact_settings(struct support *support, const char *text)
{
	char section[SUPPORT_NAME_BYTES] = "", *copy = strdup(text), *kept = NULL, *rest = copy, *line;
	size_t size;
	FILE *to = open_memstream(&kept, &size);

	while (to && copy && (line = strsep(&rest, "\n"))) {
		line = trim(line);
		if (*line == '[') {
			snprintf(section, sizeof(section), "%.*s", (int)strcspn(line + 1, "]"), line + 1);
			fprintf(to, "[%s]\n", section);
		} else if (*line != '#' && *line != ';') {
			put_setting(support, to, section, line);
		}
	}
	free(copy);
	return !to || fclose(to) ? NULL : kept;
}
