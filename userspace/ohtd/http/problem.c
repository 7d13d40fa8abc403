// SPDX-License-Identifier: GPL-2.0-or-later
#include "http/problem.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

OHTD_SHAPE_SHARED(ohtd_error, "Error",
	OHTD_TEXT(ohtd_error, pointer, .summary = "JSON pointer to the member, or \"\""),
	OHTD_TEXT(ohtd_error, code, .summary = "What is wrong, for programs; GET errors has all"),
	OHTD_TEXT(ohtd_error, detail, .summary = "What is wrong, for people"));

OHTD_SHAPE_SHARED(ohtd_problem, "Problem",
	OHTD_TEXT(ohtd_problem, type, .summary = "urn:oht:problem: and the code"),
	OHTD_TEXT(ohtd_problem, title, .summary = "Phrase of the status"),
	OHTD_INTEGER(ohtd_problem, status, .summary = "Status of HTTP"),
	OHTD_TEXT(ohtd_problem, code, .summary = "Why not, for programs; GET errors has all"),
	OHTD_TEXT(ohtd_problem, detail, .summary = "Why not, for people"),
	OHTD_TEXT(ohtd_problem, request_id, .summary = "Names the request in the log"),
	OHTD_LIST(ohtd_problem, errors, ohtd_error, .flags = OHTD_OMIT,
		  .summary = "Single faults, if there are several or they are about members"));

static const struct {
	int status;
	const char *reason;
} reasons[] = {
	{ 101, "Switching Protocols" },
	{ 200, "OK" },
	{ 201, "Created" },
	{ 202, "Accepted" },
	{ 204, "No Content" },
	{ 206, "Partial Content" },
	{ 303, "See Other" },
	{ 304, "Not Modified" },
	{ 400, "Bad Request" },
	{ 401, "Unauthorized" },
	{ 403, "Forbidden" },
	{ 404, "Not Found" },
	{ 405, "Method Not Allowed" },
	{ 406, "Not Acceptable" },
	{ 408, "Request Timeout" },
	{ 409, "Conflict" },
	{ 412, "Precondition Failed" },
	{ 413, "Content Too Large" },
	{ 414, "URI Too Long" },
	{ 415, "Unsupported Media Type" },
	{ 416, "Range Not Satisfiable" },
	{ 417, "Expectation Failed" },
	{ 421, "Misdirected Request" },
	{ 422, "Unprocessable Content" },
	{ 426, "Upgrade Required" },
	{ 428, "Precondition Required" },
	{ 429, "Too Many Requests" },
	{ 431, "Request Header Fields Too Large" },
	{ 500, "Internal Server Error" },
	{ 502, "Bad Gateway" },
	{ 503, "Service Unavailable" },
	{ 504, "Gateway Timeout" },
	{ 505, "HTTP Version Not Supported" },
	{ 507, "Insufficient Storage" },
};

_Static_assert(sizeof(reasons) / sizeof(reasons[0]) <= OHTD_STATUSES_MAX, "OHTD_STATUSES_MAX: a counter for each status");

const char *ohtd_status_text(int status)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	return "Error";
}

size_t ohtd_status_count(void)
{
	return sizeof(reasons) / sizeof(reasons[0]);
}

int ohtd_status_at(size_t index)
{
	return reasons[index].status;
}

size_t ohtd_status_index(int status)
{
	for (size_t i = 0; i < ohtd_status_count(); i++)
		if (reasons[i].status == status)
			return i;
	return SIZE_MAX;
}

void ohtd_problem_write(struct ohtd_writer *writer, struct ohtd_problem *problem)
{
	char type[96];

	snprintf(type, sizeof(type), "urn:oht:problem:%s", problem->code);
	problem->type = type;
	problem->title = ohtd_status_text(problem->status);
	ohtd_write_shape(writer, &ohtd_problem_shape, problem);
	problem->type = NULL;
}
