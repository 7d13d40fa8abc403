// SPDX-License-Identifier: GPL-2.0-or-later
#include "jobs/manifest.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <json-c/json.h>

#include "json/json_scan.h"
#include "json/whole.h"

#define FORM	1

const char *const ohtd_backup_left_out[] = {
	"sessions", "secrets of webhooks", "what webhooks were to be told", "token.key", "audit.key", "ca.key", "server.key",
	"set-up codes", "history.db", NULL,
};

static void add_text(struct json_object *object, const char *name, const char *text)
{
	json_object_object_add(object, name, json_object_new_string(text));
}

static void add_number(struct json_object *object, const char *name, int64_t number)
{
	json_object_object_add(object, name, json_object_new_int64(number));
}

int ohtd_manifest_write(const struct ohtd_manifest *manifest, char text[OHTD_ARCHIVE_MANIFEST_BYTES])
{
	struct json_object *object = json_object_new_object(), *rows = json_object_new_object();
	struct json_object *left_out = json_object_new_array();
	int n;

	add_number(object, "form", FORM);
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
	for (size_t i = 0; ohtd_backup_left_out[i]; i++)
		json_object_array_add(left_out, json_object_new_string(ohtd_backup_left_out[i]));
	json_object_object_add(object, "left_out", left_out);
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

static int take(struct ohtd_manifest *manifest, struct json_object *object)
{
	struct json_object *automatic;
	int64_t form, schema, bytes;

	if (!take_number(object, "form", INT64_MAX, &form) || !form)
		return -EBADMSG;
	if (form > FORM)
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
	return 0;
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
