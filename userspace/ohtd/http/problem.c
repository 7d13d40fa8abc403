// SPDX-License-Identifier: GPL-2.0-or-later
#include "http/problem.h"

#include <stddef.h>
#include <stdio.h>

static const struct {
	int status;
	const char *reason;
} reasons[] = {
	{ 200, "OK" },
	{ 201, "Created" },
	{ 304, "Not Modified" },
	{ 400, "Bad Request" },
	{ 401, "Unauthorized" },
	{ 403, "Forbidden" },
	{ 404, "Not Found" },
	{ 405, "Method Not Allowed" },
	{ 409, "Conflict" },
	{ 413, "Content Too Large" },
	{ 414, "URI Too Long" },
	{ 415, "Unsupported Media Type" },
	{ 417, "Expectation Failed" },
	{ 421, "Misdirected Request" },
	{ 429, "Too Many Requests" },
	{ 431, "Request Header Fields Too Large" },
	{ 500, "Internal Server Error" },
	{ 502, "Bad Gateway" },
	{ 503, "Service Unavailable" },
	{ 504, "Gateway Timeout" },
	{ 505, "HTTP Version Not Supported" },
	{ 507, "Insufficient Storage" },
};

const char *ohtd_status_text(int status)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	return "Error";
}

struct json_object *ohtd_problem_json(int status, const char *code, const char *detail,
				      const char *request_id)
{
	struct json_object *json = json_object_new_object();
	char type[96];

	snprintf(type, sizeof(type), "urn:oht:problem:%s", code);
	json_object_object_add(json, "type", json_object_new_string(type));
	json_object_object_add(json, "title", json_object_new_string(ohtd_status_text(status)));
	json_object_object_add(json, "status", json_object_new_int(status));
	json_object_object_add(json, "code", json_object_new_string(code));
	json_object_object_add(json, "detail", json_object_new_string(detail));
	json_object_object_add(json, "request_id", json_object_new_string(request_id));
	return json;
}

void ohtd_error_add(struct json_object *errors, const char *pointer, const char *code,
		    const char *detail)
{
	struct json_object *error = json_object_new_object();

	json_object_object_add(error, "pointer", json_object_new_string(pointer));
	json_object_object_add(error, "code", json_object_new_string(code));
	json_object_object_add(error, "detail", json_object_new_string(detail));
	json_object_array_add(errors, error);
}
