// SPDX-License-Identifier: GPL-2.0-or-later
/* The archive of a support pack: a tar as POSIX has it (ustar), made in memory, compressed by zlib, written at once. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "cli.h"
#include "save.h"
#include "show.h"
#include "support.h"

#define BLOCK_BYTES	512
#define MODE		0600
#define GZIP_WINDOW	(15 + 16)	/* zlib: the largest window, with the head and end of gzip */
#define GZIP_MEMORY	8

/* The head of a file in the archive. */
struct ustar {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8], type, link[100], magic[6], version[2], owner[32],
		group[32], major[8], minor[8], prefix[155], rest[12];
};

_Static_assert(sizeof(struct ustar) == BLOCK_BYTES, "a block");

bool support_begin(struct support *support, struct cli *cli)
{
	struct tm tm;

	*support = (struct support){
		.cli = cli, .began = time(NULL), .doctor = { .cli = cli, .root = cli->root ? cli->root : "" },
		.persons = json_object_new_object(), .packed = json_object_new_array(), .missing = json_object_new_array(),
	};
	for (size_t i = 0; i < SUPPORT_CLASSES; i++)
		support->hidden[i] = json_object_new_object();
	gmtime_r(&support->began, &tm);
	strftime(support->folder, sizeof(support->folder), "oht-support-%Y%m%dT%H%M%SZ", &tm);
	support->tar = open_memstream(&support->bytes, &support->size);
	return support->tar;
}

void support_end(struct support *support)
{
	if (support->tar)
		fclose(support->tar);
	free(support->bytes);
	json_object_put(support->persons);
	json_object_put(support->packed);
	json_object_put(support->missing);
	for (size_t i = 0; i < SUPPORT_CLASSES; i++)
		json_object_put(support->hidden[i]);
}

void support_put(struct support *support, const char *name, const char *bytes, size_t count)
{
	static const char zeros[BLOCK_BYTES];
	struct ustar head = { .type = '0', .magic = "ustar", .version = { '0', '0' }, .mode = "0000600", .uid = "0000000", .gid = "0000000" };
	struct json_object *file = json_object_new_object();
	unsigned int sum = 0;

	snprintf(head.name, sizeof(head.name), "%s/%s", support->folder, name);
	snprintf(head.size, sizeof(head.size), "%011zo", count);
	snprintf(head.mtime, sizeof(head.mtime), "%011llo", (unsigned long long)support->began);
	memset(head.checksum, ' ', sizeof(head.checksum));
	for (size_t i = 0; i < sizeof(head); i++)
		sum += ((const unsigned char *)&head)[i];
	snprintf(head.checksum, sizeof(head.checksum), "%06o", sum);
	if (fwrite(&head, sizeof(head), 1, support->tar) != 1 || fwrite(bytes, 1, count, support->tar) != count ||
	    fwrite(zeros, 1, -count % BLOCK_BYTES, support->tar) != -count % BLOCK_BYTES)
		support->failed = true;
	show_add_text(file, "name", name);
	show_add_number(file, "bytes", (int64_t)count);
	json_object_array_add(support->packed, file);
}

void support_miss(struct support *support, const char *name, const char *format, ...)
{
	struct json_object *file = json_object_new_object();
	char why[DOCTOR_TEXT_BYTES];
	va_list list;

	va_start(list, format);
	vsnprintf(why, sizeof(why), format, list);
	va_end(list);
	show_add_text(file, "name", name);
	show_add_text(file, "why", why);
	json_object_array_add(support->missing, file);
}

/* To be freed; NULL without memory. */
static unsigned char *compress_all(struct support *support, size_t *count)
{
	z_stream z = { .next_in = (unsigned char *)support->bytes, .avail_in = (uInt)support->size };
	unsigned char *packed;
	size_t room;

	if (deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP_WINDOW, GZIP_MEMORY, Z_DEFAULT_STRATEGY) != Z_OK)
		return NULL;
	room = deflateBound(&z, support->size);
	packed = malloc(room);
	z.next_out = packed;
	z.avail_out = (uInt)room;
	if (packed && deflate(&z, Z_FINISH) != Z_STREAM_END) {
		free(packed);
		packed = NULL;
	}
	*count = z.total_out;
	deflateEnd(&z);
	return packed;
}

/* False with errno, and without a file that was made. */
static bool write_all(const char *name, const unsigned char *bytes, size_t count)
{
	mode_t mask = umask(S_IRWXG | S_IRWXO);
	FILE *file = save_new(name);
	struct stat st;
	int error = 0;
	bool made;

	umask(mask);
	if (!file)
		return false;
	made = !fstat(fileno(file), &st) && S_ISREG(st.st_mode);
	if (fwrite(bytes, 1, count, file) != count || fflush(file) || (made && (fsync(fileno(file)) || fchmod(fileno(file), MODE))))
		error = errno ? errno : EIO;
	if (fclose(file) && !error)
		error = errno;
	if (error && made)
		unlink(name);
	errno = error;
	return !error;
}

int support_write(struct support *support, const char *name)
{
	static const char end[2 * BLOCK_BYTES];
	unsigned char *packed;
	size_t count;
	bool done;

	if (fwrite(end, sizeof(end), 1, support->tar) != 1 || fflush(support->tar) || support->failed)
		return cli_fail(support->cli, CLI_FAILED, "out of memory");
	packed = compress_all(support, &count);
	if (!packed)
		return cli_fail(support->cli, CLI_FAILED, "out of memory");
	done = write_all(name, packed, count);
	free(packed);
	if (!done)
		return cli_fail(support->cli, CLI_FAILED, "%s: %s%s", name, strerror(errno),
				errno == EEXIST ? "" : "; nothing is kept of it");
	return CLI_DONE;
}
