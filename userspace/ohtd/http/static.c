// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The page: a few files, read once at start. Nothing from a request ever becomes a file name.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/evp.h>

#include "http/loop.h"
#include "main/file.h"
#include "main/log.h"

#define FILES_MAX	32
#define FILE_BYTES_MAX	(1024 * 1024)
#define ETAG_BYTES	20

static const char *const types[][2] = {
	{ ".html", "text/html; charset=utf-8" },
	{ ".js", "text/javascript; charset=utf-8" },
	{ ".css", "text/css; charset=utf-8" },
	{ ".svg", "image/svg+xml" },
	{ ".png", "image/png" },
	{ ".crt", "application/x-x509-ca-cert" },
};

struct file {
	char path[80];			/* of the URL */
	const char *type;
	char etag[ETAG_BYTES];
	char *data;
	size_t bytes;
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

static void make_etag(struct file *file)
{
	unsigned char hash[EVP_MAX_MD_SIZE] = { 0 };
	int used = 1;

	EVP_Digest(file->data, file->bytes, hash, NULL, EVP_sha256(), NULL);
	file->etag[0] = '"';
	for (int i = 0; i < 8; i++)
		used += snprintf(file->etag + used, sizeof(file->etag) - (size_t)used, "%02x",
				 hash[i]);
	file->etag[used] = '"';
}

int ohtd_files_add(struct ohtd_files *files, const char *from, const char *url_path)
{
	struct file *file = &files->files[files->count];
	int r;

	if (files->count == FILES_MAX || strlen(url_path) >= sizeof(file->path))
		return -ENOSPC;
	r = ohtd_file_read(from, FILE_BYTES_MAX, &file->data, &file->bytes);
	if (r)
		return r;
	strcpy(file->path, url_path);
	file->type = type_of(from);
	make_etag(file);
	files->count++;
	return 0;
}

static void load_one(struct ohtd_files *files, const char *dir, const char *name)
{
	char from[OHTD_PATH_BYTES + 64], path[80];
	int r;

	if (!type_of(name) || *name == '.' || strlen(name) > 60)
		return;
	snprintf(from, sizeof(from), "%s/%s", dir, name);
	snprintf(path, sizeof(path), "/%s", strcmp(name, "index.html") ? name : "");
	r = ohtd_files_add(files, from, path);
	if (r)
		ohtd_log(OHTD_LOG_WARNING, "http", "page_file", "%s: %s", from, strerror(-r));
}

struct ohtd_files *ohtd_files_load(const char *dir)
{
	struct ohtd_files *files = h2o_mem_alloc(sizeof(*files));
	DIR *open_dir = opendir(dir);
	struct dirent *entry;

	memset(files, 0, sizeof(*files));
	if (!open_dir) {
		ohtd_log(OHTD_LOG_WARNING, "http", "no_page", "%s: %s", dir, strerror(errno));
		return files;
	}
	while ((entry = readdir(open_dir)))
		load_one(files, dir, entry->d_name);
	closedir(open_dir);
	return files;
}

void ohtd_files_free(struct ohtd_files *files)
{
	for (unsigned int i = 0; files && i < files->count; i++)
		free(files->files[i].data);
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

bool ohtd_files_serve(struct ohtd_call *call, const char *path, size_t path_bytes)
{
	const struct file *file = find(call->loop->server->files, path, path_bytes);
	const char *known;

	if (!file)
		return false;
	known = ohtd_call_header(call, "if-none-match");
	ohtd_reply_header(call, "etag", file->etag);
	ohtd_reply_header(call, "cache-control", "no-cache");
	if (known && strstr(known, file->etag))
		ohtd_reply_empty(call, 304);
	else
		ohtd_reply_data(call, 200, file->type, file->data, file->bytes);
	return true;
}
