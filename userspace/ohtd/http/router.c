// SPDX-License-Identifier: GPL-2.0-or-later
/* The tree of all paths, one node for each segment. */
#include "http/route.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ALLOW_BYTES	64
#define PATH_BYTES	256
#define NO_ROUTE	SIZE_MAX

/* A segment. Children with words come before the one that stands for a parameter, if there is one. */
struct node {
	const char *word;		/* not NUL-terminated; NULL: a parameter */
	size_t word_bytes;
	const struct ohtd_param_kind *param;
	struct node *child, *next;
	size_t routes[OHTD_METHODS];	/* index, or NO_ROUTE */
	char allow[ALLOW_BYTES];	/* "": no route ends here */
};

struct entry {
	const struct ohtd_route *route;
	const char *tag;
	char path[PATH_BYTES];		/* the nodes' words point in here */
};

struct ohtd_router {
	struct node *root;
	struct entry *entries;
	size_t count;
	char *why;
	size_t why_size;
};

static int fail(struct ohtd_router *router, const struct entry *entry, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static int fail(struct ohtd_router *router, const struct entry *entry, const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	snprintf(router->why, router->why_size, "route %s %s: %s",
		 ohtd_method_name(entry->route->method), entry->path, text);
	return -1;
}

/* ---- building ---- */

static struct node *make_node(void)
{
	struct node *node = calloc(1, sizeof(*node));

	for (int i = 0; node && i < OHTD_METHODS; i++)
		node->routes[i] = NO_ROUTE;
	return node;
}

static void free_nodes(struct node *node)
{
	while (node) {
		struct node *next = node->next;

		free_nodes(node->child);
		free(node);
		node = next;
	}
}

static struct node *child_with(const struct node *node, const char *word, size_t bytes)
{
	for (struct node *child = node->child; child; child = child->next)
		if (child->word && child->word_bytes == bytes && !memcmp(child->word, word, bytes))
			return child;
	return NULL;
}

static struct node *param_child(const struct node *node)
{
	for (struct node *child = node->child; child; child = child->next)
		if (child->param)
			return child;
	return NULL;
}

/* A word that is also a value of the parameter beside it would take that value away. */
static const char *hidden_word(const struct node *node)
{
	const struct node *param = param_child(node);
	struct ohtd_params params;

	for (const struct node *child = node->child; param && child; child = child->next)
		if (child->word && param->param->read(child->word, child->word_bytes, &params))
			return child->word;
	return NULL;
}

static struct node *add_child(struct node *node, const char *segment, size_t bytes,
			      const struct ohtd_param_kind *param)
{
	struct node *child = make_node();
	struct node **at = &node->child;

	if (!child)
		return NULL;
	child->param = param;
	if (!param) {
		child->word = segment;
		child->word_bytes = bytes;
	}
	while (*at && !(*at)->param)
		at = &(*at)->next;
	child->next = *at;
	*at = child;
	return child;
}

static struct node *step(struct ohtd_router *router, const struct entry *entry, struct node *node,
			 const char *segment, size_t bytes)
{
	const struct ohtd_param_kind *param = ohtd_param_kind(segment);
	struct node *child = param ? param_child(node) : child_with(node, segment, bytes);
	const char *hidden;

	if (!param && (memchr(segment, '{', bytes) || memchr(segment, '}', bytes)))
		fail(router, entry, "there is no parameter '%.*s'", (int)bytes, segment);
	else if (param && child && child->param != param)
		fail(router, entry, "'{%s}' and '{%s}' are at the same place", param->name,
		     child->param->name);
	else if (!child && !(child = add_child(node, segment, bytes, param)))
		fail(router, entry, "out of memory");
	hidden = hidden_word(node);
	if (hidden)
		fail(router, entry, "'%.*s' would also be a value of '{%s}'",
		     (int)strcspn(hidden, "/"), hidden, param_child(node)->param->name);
	return *router->why ? NULL : child;
}

static void note_allowed(struct node *node, enum ohtd_method method)
{
	size_t n = strlen(node->allow);

	/* OPTIONS stays the last. */
	if (n)
		n -= strlen(", OPTIONS");
	snprintf(node->allow + n, sizeof(node->allow) - n, "%s%s%s, OPTIONS", n ? ", " : "",
		 ohtd_method_name(method), method == OHTD_GET ? ", HEAD" : "");
}

static int add_path(struct ohtd_router *router, const struct entry *entry, size_t index)
{
	const char *segment = entry->path + 1;
	struct node *node = router->root;

	for (;;) {
		size_t bytes = strcspn(segment, "/");

		if (!bytes)
			return fail(router, entry, "a segment of the path is empty");
		node = step(router, entry, node, segment, bytes);
		if (!node)
			return -1;
		if (!segment[bytes])
			break;
		segment += bytes + 1;
	}
	if (node->routes[entry->route->method] != NO_ROUTE)
		return fail(router, entry, "it is there twice");
	node->routes[entry->route->method] = index;
	note_allowed(node, entry->route->method);
	return 0;
}

/* The fault of a row that compiles all the same; NULL: none. */
static const char *unsound(const struct ohtd_route *route, char *why, size_t size)
{
	if (!route->handle)
		return "it has no handler";
	if (!route->summary || !*route->summary)
		return "it has no summary";
	if (route->method == OHTD_GET && route->body)
		return "GET has no body";
	if (route->elevation && !route->role)
		return "only a session can be elevated";
	if (route->flags & (OHTD_ROUTE_KEYED | OHTD_ROUTE_ATOMIC) &&
	    (route->method != OHTD_POST || !route->role || !(route->flags & OHTD_ROUTE_KEYED) || !(route->flags & OHTD_ROUTE_STORE)))
		return "a keyed route is a POST of a role that needs the store, and an atomic one is keyed";
	if (route->flags & OHTD_ROUTE_SHAPELESS && (route->method == OHTD_GET || route->body))
		return "a body of any members is none of GET, and has no shape";
	if (!route->replies[0].status)
		return "it has no answer";
	if (route->kind != OHTD_ANSWER && route->method != OHTD_GET)
		return "only GET can be a stream or an upgrade";
	if (route->kind == OHTD_STREAM && !route->replies[0].type)
		return "a stream says its media type";
	if ((route->kind == OHTD_UPGRADE) != (route->replies[0].status == 101))
		return "an upgrade is answered with 101, and nothing else is";
	if (ohtd_shape_unsound(route->query, true, why, size) ||
	    ohtd_shape_unsound(route->body, true, why, size))
		return why;
	for (size_t i = 0; i < OHTD_REPLIES_MAX && route->replies[i].status; i++)
		if (ohtd_shape_unsound(route->replies[i].shape, false, why, size))
			return why;
	return NULL;
}

static int add_entry(struct ohtd_router *router, size_t index)
{
	const struct entry *entry = &router->entries[index];
	char why[192];
	const char *fault = unsound(entry->route, why, sizeof(why));
	const char *brace = entry->path;

	if (fault)
		return fail(router, entry, "%s", fault);
	/* A request has room for one value of each kind. */
	while ((brace = strchr(brace + 1, '{'))) {
		char param[32];

		snprintf(param, sizeof(param), "%.*s", (int)strcspn(brace, "/"), brace);
		if (strstr(brace + 1, param))
			return fail(router, entry, "'%s' is there twice", param);
	}
	return add_path(router, entry, index);
}

static int collect(struct ohtd_router *router, const struct ohtd_route_table *const *tables)
{
	size_t count = 0;

	for (size_t i = 0; tables[i]; i++)
		count += tables[i]->count;
	router->root = make_node();
	router->entries = calloc(count ? count : 1, sizeof(*router->entries));
	if (!router->root || !router->entries) {
		snprintf(router->why, router->why_size, "out of memory");
		return -1;
	}
	for (size_t i = 0; tables[i]; i++)
		for (size_t j = 0; j < tables[i]->count; j++) {
			struct entry *entry = &router->entries[router->count++];

			entry->route = &tables[i]->routes[j];
			entry->tag = tables[i]->tag;
			ohtd_route_path(entry->route, entry->path, sizeof(entry->path));
		}
	return 0;
}

struct ohtd_router *ohtd_router_create(const struct ohtd_route_table *const *tables, char *why,
				       size_t size)
{
	struct ohtd_router *router = calloc(1, sizeof(*router));
	int r;

	*why = 0;
	if (!router) {
		snprintf(why, size, "out of memory");
		return NULL;
	}
	router->why = why;
	router->why_size = size;
	r = collect(router, tables);
	for (size_t i = 0; !r && i < router->count; i++)
		r = add_entry(router, i);
	if (!r)
		return router;
	ohtd_router_destroy(router);
	return NULL;
}

void ohtd_router_destroy(struct ohtd_router *router)
{
	if (!router)
		return;
	free_nodes(router->root);
	free(router->entries);
	free(router);
}

/* ---- looking ---- */

size_t ohtd_router_count(const struct ohtd_router *router)
{
	return router->count;
}

const struct ohtd_route *ohtd_router_route(const struct ohtd_router *router, size_t index)
{
	return router->entries[index].route;
}

const char *ohtd_router_tag(const struct ohtd_router *router, size_t index)
{
	return router->entries[index].tag;
}

/* The child for a segment of a request; what is wrong with a parameter is noted. */
static const struct node *descend(const struct node *node, const char *segment, size_t bytes,
				  struct ohtd_found *found)
{
	const struct node *child = child_with(node, segment, bytes);

	if (child)
		return child;
	child = param_child(node);
	if (child && !child->param->read(segment, bytes, &found->params) && !found->wrong)
		found->wrong = child->param;
	return child;
}

static const struct node *walk(const struct ohtd_router *router, const char *path, size_t bytes,
			       struct ohtd_found *found)
{
	const struct node *node = router->root;
	const char *end = path + bytes;

	if (!bytes || *path != '/')
		return NULL;
	while (node && path < end) {
		const char *segment = path + 1;
		const char *slash = memchr(segment, '/', (size_t)(end - segment));
		const char *stop = slash ? slash : end;

		node = stop == segment ? NULL : descend(node, segment, (size_t)(stop - segment), found);
		path = stop;
	}
	return node && *node->allow ? node : NULL;
}

bool ohtd_method_is_head(const char *method, size_t bytes)
{
	return bytes == 4 && !memcmp(method, "HEAD", 4);
}

static enum ohtd_method method_of(const char *method, size_t bytes)
{
	if (ohtd_method_is_head(method, bytes))
		return OHTD_GET;
	for (int i = 0; i < OHTD_METHODS; i++)
		if (strlen(ohtd_method_name(i)) == bytes && !memcmp(ohtd_method_name(i), method, bytes))
			return i;
	return OHTD_METHODS;
}

bool ohtd_method_reads(const char *method, size_t bytes)
{
	return method_of(method, bytes) == OHTD_GET;
}

enum ohtd_match ohtd_route_find(const struct ohtd_router *router, const char *method,
				size_t method_bytes, const char *path, size_t path_bytes,
				struct ohtd_found *found)
{
	enum ohtd_method which = method_of(method, method_bytes);
	const struct node *node;

	memset(found, 0, sizeof(*found));
	node = walk(router, path, path_bytes, found);
	if (!node)
		return OHTD_MATCH_NONE;
	found->allow = node->allow;
	if (node->routes[OHTD_GET] != NO_ROUTE)
		found->get = router->entries[node->routes[OHTD_GET]].route;
	if (which == OHTD_METHODS || node->routes[which] == NO_ROUTE)
		return OHTD_MATCH_METHOD;
	found->index = node->routes[which];
	found->route = router->entries[found->index].route;
	return found->wrong ? OHTD_MATCH_PARAM : OHTD_MATCH_FOUND;
}
