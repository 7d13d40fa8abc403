// SPDX-License-Identifier: GPL-2.0-or-later
/* What the API says about itself: openapi.json, asyncapi.json, errors; docs leads to the page for people. */
#include "api/api.h"
#include "server/call.h"

#include "http/catalogue.h"
#include "server/document.h"
#include "lists/list.h"

#define TYPE_HTML	"text/html; charset=utf-8"
#define PAGE		"/#/api"

static void get_openapi(struct ohtd_call *call)
{
	ohtd_document_reply(call, ohtd_call_openapi(call));
}

static void get_asyncapi(struct ohtd_call *call)
{
	ohtd_document_reply(call, ohtd_call_asyncapi(call));
}

static void get_docs(struct ohtd_call *call)
{
	static const char note[] = "<!DOCTYPE html><title>API</title><a href=\"" PAGE "\">API</a>\n";

	ohtd_reply_header(call, "location", PAGE);
	ohtd_reply_lasting(call, 303, TYPE_HTML, note, sizeof(note) - 1);
}

struct error_list {
	const struct ohtd_catalogue_entry *items;
	size_t items_count;
	const char *next_cursor;
};

OHTD_SHAPE(error_list, "ErrorList",
	OHTD_LIST(error_list, items, ohtd_catalogue_entry, .summary = "All codes that answers can have"),
	OHTD_NEXT_CURSOR(error_list));

static void get_errors(struct ohtd_call *call)
{
	OHTD_REPLY(call, 200, error_list, (&(struct error_list){
		.items = ohtd_catalogue, .items_count = ohtd_catalogue_count,
	}));
}

static const struct ohtd_route routes[] = {
	{
		.method = OHTD_GET, .path = "openapi.json",
		.replies = { { 200, NULL, "application/json" } },
		.handle = get_openapi,
		.summary = "Description of all routes, OpenAPI 3.1",
	}, {
		.method = OHTD_GET, .path = "asyncapi.json",
		.replies = { { 200, NULL, "application/json" } },
		.handle = get_asyncapi,
		.summary = "Description of all messages of the WebSocket, AsyncAPI 3.0",
	}, {
		.method = OHTD_GET, .path = "docs",
		.replies = { { 303, NULL, TYPE_HTML } },
		.handle = get_docs,
		.summary = "Leads to the page with all routes and errors, for people",
	}, {
		.method = OHTD_GET, .path = "errors",
		.replies = { { 200, &error_list_shape } },
		.handle = get_errors,
		.summary = "Every code of an error with its cause and what to do",
	},
};

OHTD_ROUTE_TABLE(ohtd_docs_routes, "Documentation", routes);
