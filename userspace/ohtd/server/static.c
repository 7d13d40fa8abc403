// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The page: a few files, read once at start. Nothing from a request ever becomes a file name.
 *
 * Beside a file may lie the same file compressed, as NAME.br and NAME.gz; finish.mjs does that for assets. A file in that
 * folder has the hash of its content in its name, so a browser need not ask for the file again.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "http/accept.h"
#include "server/document.h"
#include "server/loop.h"
#include "base/log.h"
#include "common/file.h"

#define FILES_MAX	64
#define FILE_BYTES_MAX	(1024 * 1024)
#define ASSETS		"assets"
#define GZIP_BYTES_MIN	18	/* its header and its end */

static const char *const types[][2] = {
	{ ".html", "text/html; charset=utf-8" },
	{ ".js", "text/javascript; charset=utf-8" },
	{ ".css", "text/css; charset=utf-8" },
	{ ".svg", "image/svg+xml" },
	{ ".png", "image/png" },
	{ ".txt", "text/plain; charset=utf-8" },
};

/* The forms that a file may have, the smallest first. */
static const struct form {
	const char *coding;		/* of HTTP; NULL: as it is */
	const char *suffix;		/* of the file's name */
} forms[] = {
	{ "br", ".br" },
	{ "gzip", ".gz" },
	{ NULL, "" },
};

#define FORMS		(sizeof(forms) / sizeof(forms[0]))
#define PLAIN		(FORMS - 1)
#define GZIP		1

struct content {
	char *data;			/* NULL: there is no such form, or as it is: from GZIP */
	size_t bytes;
	char etag[OHTD_ETAG_BYTES];
};

struct file {
	char path[80];			/* of the URL */
	const char *type;
	bool immutable;
	struct content contents[FORMS];
};

struct ohtd_files {
	struct file files[FILES_MAX];
	unsigned int count;
};

static const char *type_of(const char *name)
{
	const char *dot = strrchr(name, '.');

	for (size_t i = 0; dot && i < sizeof(types) / sizeof(types[0]); i++)
		if (!strcmp(types[i][0], dot))
			return types[i][1];
	return NULL;
}

static uint32_t little_endian(const unsigned char *at)
{
	return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

/* What says by its checksum that it is the file packed is unpacked for the few clients that do not take it. */
static void drop_plain(struct file *file)
{
	const struct content *gzip = &file->contents[GZIP];
	struct content *plain = &file->contents[PLAIN];
	const unsigned char *end;

	if (!gzip->data || gzip->bytes < GZIP_BYTES_MIN)
		return;
	end = (const unsigned char *)gzip->data + gzip->bytes;
	if (little_endian(end - 8) != crc32(0, (const Bytef *)plain->data, (uInt)plain->bytes) ||
	    little_endian(end - 4) != plain->bytes)
		return;
	free(plain->data);
	plain->data = NULL;
}

/* A form that is not there is no fault; that the plain one is missing is. */
static int load_forms(struct file *file, const char *from)
{
	char path[OHTD_PATH_BYTES + 72];
	int r = 0;

	for (size_t i = 0; i < FORMS; i++) {
		snprintf(path, sizeof(path), "%s%s", from, forms[i].suffix);
		r = oht_file_read(path, FILE_BYTES_MAX, &file->contents[i].data,
				   &file->contents[i].bytes);
		if (r)
			file->contents[i].data = NULL;
		else
			ohtd_etag_make(file->contents[i].etag, file->contents[i].data, file->contents[i].bytes);
	}
	if (!r)
		drop_plain(file);
	return r;
}

static void free_forms(struct file *file)
{
	for (size_t i = 0; i < FORMS; i++)
		free(file->contents[i].data);
	memset(file, 0, sizeof(*file));
}

static int add_file(struct ohtd_files *files, const char *from, const char *url_path)
{
	struct file *file = &files->files[files->count];
	int r;

	if (files->count == FILES_MAX || strlen(url_path) >= sizeof(file->path))
		return -ENOSPC;
	r = load_forms(file, from);
	if (r) {
		free_forms(file);
		return r;
	}
	strcpy(file->path, url_path);
	file->type = type_of(from);
	file->immutable = !strncmp(url_path, "/" ASSETS "/", strlen(ASSETS) + 2);
	files->count++;
	return 0;
}

static void load_one(struct ohtd_files *files, const char *dir, const char *url_dir,
		     const char *name)
{
	char from[OHTD_PATH_BYTES + 64], path[80];
	int r;

	if (!type_of(name) || *name == '.' || strlen(name) > 60)
		return;
	snprintf(from, sizeof(from), "%s/%s", dir, name);
	snprintf(path, sizeof(path), "%s%s", url_dir, strcmp(name, "index.html") ? name : "");
	r = add_file(files, from, path);
	if (r)
		ohtd_log(OHTD_LOG_WARNING, "http", "page_file", "%s: %s", from, strerror(-r));
}

/* -1 when there is no such folder. */
static int load_dir(struct ohtd_files *files, const char *dir, const char *url_dir)
{
	DIR *open_dir = opendir(dir);
	struct dirent *entry;

	if (!open_dir)
		return -1;
	while ((entry = readdir(open_dir)))
		load_one(files, dir, url_dir, entry->d_name);
	closedir(open_dir);
	return 0;
}

struct ohtd_files *ohtd_files_load(const char *dir)
{
	struct ohtd_files *files = h2o_mem_alloc(sizeof(*files));
	char assets[OHTD_PATH_BYTES + sizeof(ASSETS) + 1];

	memset(files, 0, sizeof(*files));
	snprintf(assets, sizeof(assets), "%s/" ASSETS, dir);
	if (load_dir(files, dir, "/") || load_dir(files, assets, "/" ASSETS "/"))
		ohtd_log(OHTD_LOG_WARNING, "http", "no_page", "%s: %s", dir, strerror(errno));
	return files;
}

void ohtd_files_free(struct ohtd_files *files)
{
	for (unsigned int i = 0; files && i < files->count; i++)
		free_forms(&files->files[i]);
	free(files);
}

static const struct file *find(const struct ohtd_files *files, const char *path, size_t bytes)
{
	for (unsigned int i = 0; i < files->count; i++)
		if (strlen(files->files[i].path) == bytes &&
		    !memcmp(files->files[i].path, path, bytes))
			return &files->files[i];
	return NULL;
}

bool ohtd_files_has(const struct ohtd_files *files, const char *path, size_t path_bytes)
{
	return find(files, path, path_bytes);
}

/* The smallest form that the client takes. */
static size_t choose(struct ohtd_call *call, const struct file *file)
{
	const char *taken = ohtd_call_header(call, "accept-encoding");

	for (size_t i = 0; i < PLAIN; i++)
		if (file->contents[i].data && ohtd_accept_encodes(taken, forms[i].coding))
			return i;
	return PLAIN;
}

bool ohtd_files_serve(struct ohtd_call *call, const char *path, size_t path_bytes)
{
	const struct file *file = find(call->loop->server->files, path, path_bytes);
	const struct content *content, *gzip;
	const char *known;
	size_t form;

	if (!file)
		return false;
	form = choose(call, file);
	content = &file->contents[form];
	gzip = &file->contents[GZIP];
	known = ohtd_call_header(call, "if-none-match");
	ohtd_reply_header(call, "etag", content->etag);
	ohtd_reply_header(call, "vary", "accept-encoding");
	ohtd_reply_header(call, "cache-control", file->immutable ?
			  "public, max-age=31536000, immutable" : "no-cache");
	if (known && ohtd_etag_matches(known, content->etag)) {
		ohtd_reply_empty(call, 304);
		return true;
	}
	if (forms[form].coding)
		ohtd_reply_header(call, "content-encoding", forms[form].coding);
	if (content->data)
		ohtd_reply_lasting(call, 200, file->type, content->data, content->bytes);
	else
		ohtd_reply_unpacked(call, 200, file->type, gzip->data, gzip->bytes, content->bytes);
	return true;
}
