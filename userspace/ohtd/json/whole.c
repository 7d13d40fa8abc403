// SPDX-License-Identifier: GPL-2.0-or-later
#include "json/whole.h"

#include <math.h>
#include <json-c/json.h>

#define WHOLE_MAX	9007199254740992.0

bool ohtd_json_whole(struct json_object *value, int64_t *number)
{
	double wide;

	if (!json_object_is_type(value, json_type_int)) {
		wide = json_object_is_type(value, json_type_double) ? json_object_get_double(value) : NAN;
		if (!(fabs(wide) <= WHOLE_MAX && wide == trunc(wide)))
			return false;
	}
	if (number)
		*number = json_object_get_int64(value);
	return true;
}

double ohtd_json_number(struct json_object *value)
{
	/* The sum takes the sign off a nought, and changes no other number. */
	return json_object_get_double(value) + 0.0;
}
