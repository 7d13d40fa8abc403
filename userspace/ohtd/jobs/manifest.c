// SPDX-License-Identifier: GPL-2.0-or-later
#include "jobs/manifest.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <json-c/json.h>

#include "json/json_scan.h"
#include "json/whole.h"

/* Of a backup of the database alone, and of one with the history behind it. */
#define FORM		1
#define FORM_HISTORY	2

/* Files of the state folder. The last one is in those with a history. */
static const char *const files_left_out[] = {
	"token.key", "token.keys", "totp.key", "audit.key", "ca.key", "server.key", "set-up codes", "history.db",
};

_Static_assert(OHTD_STORE_LEFT_OUT + sizeof(files_left_out) / sizeof(files_left_out[0]) == OHTD_JOBS_LEFT_OUT_MAX,
	       "all that a backup leaves out has its place");

size_t ohtd_jobs_list_left_out(const struct ohtd_manifest *manifest, const char *words[OHTD_JOBS_LEFT_OUT_MAX])
{
	memcpy(words, ohtd_store_left_out, sizeof(ohtd_store_left_out));
	memcpy(words + OHTD_STORE_LEFT_OUT, files_left_out, sizeof(files_left_out));
	return OHTD_JOBS_LEFT_OUT_MAX - (manifest->history.bytes ? 1 : 0);
}

static void add_text(struct json_object *object, const char *name, const char *text)
{
	json_object_object_add(object, name, json_object_new_string(text));
}

static void add_number(struct json_object *object, const char *name, int64_t number)
{
	json_object_object_add(object, name, json_object_new_int64(number));
}

static struct json_object *make_history(const struct ohtd_manifest_history *history)
{
	struct json_object *object = json_object_new_object();

	add_number(object, "schema", history->schema);
	add_number(object, "bytes", (int64_t)history->bytes);
	add_text(object, "sha256", history->sha256);
	add_number(object, "from_ns", history->from_ns);
	add_number(object, "to_ns", history->to_ns);
	return object;
}

int ohtd_manifest_write(const struct ohtd_manifest *manifest, char text[OHTD_ARCHIVE_MANIFEST_BYTES])
{
	struct json_object *object = json_object_new_object(), *rows = json_object_new_object();
	struct json_object *left_out = json_object_new_array();
	const char *words[OHTD_JOBS_LEFT_OUT_MAX];
	const size_t left_out_count = ohtd_jobs_list_left_out(manifest, words);
	int n;

	add_number(object, "form", manifest->history.bytes ? FORM_HISTORY : FORM);
	add_text(object, "robot_name", manifest->robot_name);
	add_text(object, "robot_id", manifest->robot_id);
	add_text(object, "version", manifest->version);
	add_number(object, "schema", manifest->schema);
	add_number(object, "made_ns", manifest->made_ns);
	add_text(object, "by", manifest->by);
	json_object_object_add(object, "automatic", json_object_new_boolean(manifest->automatic));
	add_number(object, "content_bytes", (int64_t)manifest->content_bytes);
	add_text(object, "content_sha256", manifest->content_sha256);
	for (size_t i = 0; i < OHTD_CARRY_TABLES && manifest->counts[i].table; i++)
		add_number(rows, manifest->counts[i].table, manifest->counts[i].rows);
	json_object_object_add(object, "rows", rows);
	for (size_t i = 0; i < left_out_count; i++)
		json_object_array_add(left_out, json_object_new_string(words[i]));
	json_object_object_add(object, "left_out", left_out);
	if (manifest->history.bytes)
		json_object_object_add(object, "history", make_history(&manifest->history));
	n = snprintf(text, OHTD_ARCHIVE_MANIFEST_BYTES, "%s\n",
		     json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN));
	json_object_put(object);
	return n > 0 && n < OHTD_ARCHIVE_MANIFEST_BYTES ? 0 : -ENOMEM;
}

/* False: it is not there, no text, or too long. */
static bool take_text(struct json_object *object, const char *name, char *to, size_t size)
{
	struct json_object *member;
	int n;

	if (!json_object_object_get_ex(object, name, &member) || !json_object_is_type(member, json_type_string))
		return false;
	n = snprintf(to, size, "%s", json_object_get_string(member));
	return n >= 0 && (size_t)n < size;
}

static bool take_number(struct json_object *object, const char *name, int64_t max, int64_t *number)
{
	struct json_object *member;

	if (!json_object_object_get_ex(object, name, &member) || !ohtd_json_whole(member, number))
		return false;
	return *number >= 0 && *number <= max;
}

static void take_counts(struct ohtd_manifest *manifest, struct json_object *object)
{
	struct json_object *rows;
	size_t count = 0;

	if (!json_object_object_get_ex(object, "rows", &rows) || !json_object_is_type(rows, json_type_object))
		return;
	for (size_t i = 0; i < OHTD_CARRY_TABLES; i++) {
		struct ohtd_carry_count *to = &manifest->counts[count];

		/* The name outlives the text. */
		if (!take_number(rows, ohtd_carry_counted[i], INT64_MAX, &to->rows))
			continue;
		to->table = ohtd_carry_counted[i];
		count++;
	}
}

static int take_history(struct ohtd_manifest_history *history, struct json_object *object)
{
	struct json_object *member;
	int64_t schema, bytes;

	if (!json_object_object_get_ex(object, "history", &member) || !json_object_is_type(member, json_type_object) ||
	    !take_number(member, "schema", 1000000, &schema) || !take_number(member, "bytes", INT64_MAX, &bytes) || !bytes ||
	    !take_text(member, "sha256", history->sha256, sizeof(history->sha256)) ||
	    !take_number(member, "from_ns", INT64_MAX, &history->from_ns) ||
	    !take_number(member, "to_ns", INT64_MAX, &history->to_ns))
		return -EBADMSG;
	history->schema = (int)schema;
	history->bytes = (uint64_t)bytes;
	return 0;
}

static int take(struct ohtd_manifest *manifest, struct json_object *object)
{
	struct json_object *automatic;
	int64_t form, schema, bytes;

	if (!take_number(object, "form", INT64_MAX, &form) || !form)
		return -EBADMSG;
	if (form > FORM_HISTORY)
		return -ENOTSUP;
	if (!take_text(object, "robot_name", manifest->robot_name, sizeof(manifest->robot_name)) ||
	    !take_text(object, "robot_id", manifest->robot_id, sizeof(manifest->robot_id)) ||
	    !take_text(object, "version", manifest->version, sizeof(manifest->version)) ||
	    !take_text(object, "by", manifest->by, sizeof(manifest->by)) ||
	    !take_text(object, "content_sha256", manifest->content_sha256, sizeof(manifest->content_sha256)) ||
	    !take_number(object, "schema", 1000000, &schema) ||
	    !take_number(object, "made_ns", INT64_MAX, &manifest->made_ns) ||
	    !take_number(object, "content_bytes", INT64_MAX, &bytes))
		return -EBADMSG;
	manifest->schema = (int)schema;
	manifest->content_bytes = (uint64_t)bytes;
	manifest->automatic = json_object_object_get_ex(object, "automatic", &automatic) &&
			      json_object_get_boolean(automatic);
	take_counts(manifest, object);
	return form == FORM_HISTORY ? take_history(&manifest->history, object) : 0;
}

int ohtd_manifest_read(struct ohtd_manifest *manifest, const char *text)
{
	struct ohtd_json_fault fault;
	struct json_object *object;
	int r;

	*manifest = (struct ohtd_manifest){ .schema = 0 };
	if (ohtd_json_scan(text, strlen(text), &fault))
		return -EBADMSG;
	object = json_tokener_parse(text);
	r = object && json_object_is_type(object, json_type_object) ? take(manifest, object) : -EBADMSG;
	json_object_put(object);
	return r;
}
