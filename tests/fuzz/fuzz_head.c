// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Heads of requests through the parser that h2o calls: ours in front of the library's. Input: how much of the head comes in the
 * first piece, the head.
 */
#include "fuzz.h"

#include <dlfcn.h>
#include <stdbool.h>

#include "http/stop_head.h"

#define ROOM	100	/* as h2o has */

typedef int parse_fn(const char *head, size_t bytes, const char **method, size_t *method_bytes, const char **path,
		     size_t *path_bytes, int *minor_version, struct phr_header *headers, size_t *count, size_t looked_at);

parse_fn phr_parse_request;

struct parsed {
	int result;
	const char *method, *path;
	size_t method_bytes, path_bytes, count;
	struct phr_header headers[2048];
};

static void parse(struct parsed *parsed, parse_fn *by, const char *head, size_t bytes, size_t looked_at, size_t room)
{
	int minor_version;

	parsed->count = room;
	parsed->result = by(head, bytes, &parsed->method, &parsed->method_bytes, &parsed->path, &parsed->path_bytes, &minor_version,
			    parsed->headers, &parsed->count, looked_at);
}

static void parse_ours(struct parsed *parsed, char *head, size_t bytes, size_t looked_at)
{
	parse(parsed, phr_parse_request, head, bytes, looked_at, ROOM);
#ifdef FUZZ_SEED_DEFECT
	/* Does not see where the head ends. */
	for (size_t i = 0; parsed->result > 0 && i < bytes; i++)
		head[i] = head[i] == 1 ? (char)OHTD_STOP_HEAD_MENDED : head[i];
#endif
}

static bool is_control(char c)
{
	return (c > 0 && c < ' ' && c != '\t' && c != '\n' && c != '\r') || c == 0x7f;
}

/* The same head with 'x' for control bytes in values: read byte by byte, and so apart from the code under test. */
static char *plain_of(const char *head, size_t bytes, const char *behind_path)
{
	enum { LINE, BEGIN, NAME, VALUE, BODY } in = LINE;
	char *plain = fuzz_copy(head, bytes);

	for (char *c = plain + (behind_path - head); c < plain + bytes; c++) {
		bool ends = *c == '\n' || (*c == '\r' && c + 1 < plain + bytes && c[1] == '\n');

		if (in == BEGIN && ends)
			in = BODY;
		else if (in == BEGIN)
			in = *c == ' ' || *c == '\t' ? VALUE : NAME;
		if (in == VALUE && is_control(*c))
			*c = 'x';
		if (in == NAME && *c == ':')
			in = VALUE;
		if (in != BODY && *c == '\n')
			in = BEGIN;
	}
	return plain;
}

static void check_bytes(const char *head, const char *plain, const char *ours, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		HOLDS("only a control byte in a value of a stop changes, and becomes no other byte than this",
		      ours[i] == head[i] || (plain[i] != head[i] && (unsigned char)ours[i] == OHTD_STOP_HEAD_MENDED));
}

static void check_other(const struct parsed *library, const struct parsed *ours)
{
	if (library->result > 0 && library->count > ROOM) {
		HOLDS("too many headers are refused", ours->result == -1);
		return;
	}
	HOLDS("another request is read as the library reads it", ours->result == library->result);
	HOLDS("with all of its headers", library->result < 0 || (ours->count == library->count &&
								 ours->path_bytes == library->path_bytes));
}

static void check_stop(const char *plain, size_t bytes, size_t looked_at, const struct parsed *ours)
{
	static struct parsed library;
	size_t proofs = 0;

	parse(&library, dlsym(RTLD_NEXT, "phr_parse_request"), plain, bytes, looked_at, 1024);
	HOLDS("control bytes in values refuse no stop, and nothing else is let through", ours->result == library.result);
	for (size_t i = 0; ours->result > 0 && i < ours->count; i++)
		proofs += ours->headers[i].name_len == 13 && !strncasecmp(ours->headers[i].name, "authorization", 13);
	HOLDS("few proofs are left to try", proofs <= OHTD_STOP_PROOFS_MAX);
}

static bool asks_for_stop(const struct parsed *parsed)
{
	return parsed->path && ohtd_stop_head_is(parsed->method, parsed->method_bytes, parsed->path, parsed->path_bytes);
}

/* What has come so far lies in the same memory when more has come. */
static void check_pieces(const char *head, size_t bytes, size_t first, const struct parsed *whole, const char *after)
{
	static struct parsed parsed;
	char *ours = fuzz_copy(head, bytes);

	parse_ours(&parsed, ours, first, 0);
	if (parsed.result == -2)
		parse_ours(&parsed, ours, bytes, first);
	/* The library waits for the end of a bad head in some cases, and in others not. */
	HOLDS("a head in pieces is let through as the whole one", parsed.result == whole->result || (parsed.result < 0 && whole->result < 0));
	HOLDS("its bytes too", parsed.result < 0 || !memcmp(ours, after, bytes));
	free(ours);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct parsed library, ours;
	struct fuzz_input in = { data, size };
	size_t first = fuzz_take8(&in);
	char *head = fuzz_copy(in.at, in.left), *mine = fuzz_copy(in.at, in.left), *plain;

	parse(&library, dlsym(RTLD_NEXT, "phr_parse_request"), head, in.left, 0, 1024);
	parse_ours(&ours, mine, in.left, 0);
	if (asks_for_stop(&library)) {
		plain = plain_of(head, in.left, library.path + library.path_bytes);
		check_stop(plain, in.left, 0, &ours);
	} else {
		plain = fuzz_copy(head, in.left);
		check_other(&library, &ours);
	}
	check_bytes(head, plain, mine, in.left);
	if (first < in.left)
		check_pieces(head, in.left, first, &ours, mine);
	free(plain);
	free(mine);
	free(head);
	return 0;
}
