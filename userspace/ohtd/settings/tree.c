// SPDX-License-Identifier: GPL-2.0-or-later
/* A tree of JSON: its values by their pointers, and merge patches. */
#include "settings/items.h"

#include <stdio.h>
#include <string.h>
#include <json-c/json.h>

#include "common/utf8.h"

static bool is_object(struct json_object *value)
{
	return json_object_is_type(value, json_type_object);
}

void ohtd_tree_point(char pointer[OHTD_POINTER_BYTES], const char *at, const char *name)
{
	size_t n = (size_t)snprintf(pointer, OHTD_POINTER_BYTES, "%s/", at);

	for (; *name && n + 3 < OHTD_POINTER_BYTES; name++) {
		bool escaped = *name == '~' || *name == '/';

		if (escaped)
			pointer[n++] = '~';
		pointer[n++] = (char)(!escaped ? *name : *name == '~' ? '0' : '1');
	}
	if (*name)
		n = (size_t)oht_utf8_cut(pointer, n);
	if (n < OHTD_POINTER_BYTES)
		pointer[n] = 0;
}

static void each(struct json_object *tree, const char *at, ohtd_leaf_fn take, void *arg)
{
	char pointer[OHTD_POINTER_BYTES];

	json_object_object_foreach(tree, name, value) {
		ohtd_tree_point(pointer, at, name);
		if (is_object(value) && json_object_object_length(value))
			each(value, pointer, take, arg);
		else
			take(pointer, value, arg);
	}
}

bool ohtd_tree_put(struct json_object *tree, const char *pointer, struct json_object *value)
{
	char name[OHTD_POINTER_BYTES];
	struct json_object *inner;
	size_t n;

	for (;;) {
		n = strcspn(++pointer, "/");
		snprintf(name, sizeof(name), "%.*s", (int)n, pointer);
		pointer += n;
		if (!*pointer)
			break;
		if (!json_object_object_get_ex(tree, name, &inner)) {
			inner = json_object_new_object();
			if (!inner || json_object_object_add(tree, name, inner)) {
				json_object_put(inner);
				json_object_put(value);
				return false;
			}
		}
		tree = inner;
	}
	if (value && !json_object_object_add(tree, name, value))
		return true;
	json_object_put(value);
	return false;
}

void ohtd_tree_each(struct json_object *tree, ohtd_leaf_fn take, void *arg)
{
	each(tree, "", take, arg);
}

void ohtd_tree_drop_many(struct json_object *tree, struct json_object *other)
{
	static const char *const many[] = { "stations", "alert_rules" };

	for (size_t i = 0; i < sizeof(many) / sizeof(many[0]); i++)
		if (json_object_object_get_ex(other, many[i], NULL))
			json_object_object_del(tree, many[i]);
}

static bool merge_member(struct json_object *tree, const char *name, struct json_object *value)
{
	struct json_object *old = NULL, *fresh;

	if (!value) {
		json_object_object_del(tree, name);
		return true;
	}
	json_object_object_get_ex(tree, name, &old);
	if (is_object(value) && is_object(old))
		return ohtd_tree_merge(old, value);
	fresh = is_object(value) ? json_object_new_object() : json_object_get(value);
	if (!fresh || json_object_object_add(tree, name, fresh)) {
		json_object_put(fresh);
		return false;
	}
	return !is_object(value) || ohtd_tree_merge(fresh, value);
}

bool ohtd_tree_merge(struct json_object *tree, struct json_object *patch)
{
	json_object_object_foreach(patch, name, value) {
		if (!merge_member(tree, name, value))
			return false;
	}
	return true;
}
