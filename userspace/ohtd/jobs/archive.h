/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the form of a backup as a file: a manifest, and one or two contents, compressed and maybe encrypted.
 * Contexts: a thread that may wait.
 * Locks:    none.
 *
 * docs/backup.md has the form byte by byte. A file that was cut, or in which one bit is another, is refused.
 */
#ifndef OHTD_JOBS_ARCHIVE_H
#define OHTD_JOBS_ARCHIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OHTD_ARCHIVE_KEY_BYTES		32
#define OHTD_ARCHIVE_MANIFEST_BYTES	8192	/* longest manifest */
#define OHTD_ARCHIVE_PARTS		2

/**
 * struct ohtd_archive_work - one pass over a file
 * @key: 32 bytes, or NULL
 * @goes_on: called for each piece with how many bytes of all contents are done; false ends it
 * @arg: for @goes_on
 */
struct ohtd_archive_work {
	const unsigned char *key;
	bool (*goes_on)(void *arg, uint64_t done_bytes);
	void *arg;
};

/**
 * struct ohtd_archive_part - a content
 * @path: of the content; reading: the file to make, 0600; removed again unless 0 is returned
 * @packed: writing: it is compressed by itself, so little is tried
 * @bytes_max: reading: a longer one is -EFBIG
 */
struct ohtd_archive_part {
	const char *path;
	bool packed;
	uint64_t bytes_max;
};

/**
 * struct ohtd_archive_content - all that is in a file beside its manifest
 * @parts: in order
 * @count: how many
 * @rest: reading: there may be more, which is not looked at, so that damage there does no harm
 * @reached: out, reading: index of the part that was worked on last
 */
struct ohtd_archive_content {
	struct ohtd_archive_part parts[OHTD_ARCHIVE_PARTS];
	size_t count;
	bool rest;
	size_t reached;
};

/* SHA-256 of a file's content in hexadecimal digits, and its length. 0, -ECANCELED or a negative errno. */
int ohtd_archive_digest(const char *path, const struct ohtd_archive_work *work, char digest[65], uint64_t *bytes);

/**
 * ohtd_archive_write() - make a file of contents and their manifest
 * @path: the file to make, 0600; removed again unless 0 is returned
 * @manifest: text of less than OHTD_ARCHIVE_MANIFEST_BYTES
 * @content: what goes in
 * @work: with a key it is encrypted, and manifest and contents are authenticated
 *
 * Return: 0 when it is on the disk, -ECANCELED or another negative errno.
 */
int ohtd_archive_write(const char *path, const char *manifest, const struct ohtd_archive_content *content,
		       const struct ohtd_archive_work *work);

/**
 * ohtd_archive_manifest() - read the manifest alone, which nothing has authenticated
 * @path: the file
 * @manifest: receives the text
 * @encrypted: out
 * @bytes: out: length of the file
 *
 * Return: 0; -EBADMSG: no backup; or another negative errno.
 */
int ohtd_archive_manifest(const char *path, char manifest[OHTD_ARCHIVE_MANIFEST_BYTES], bool *encrypted,
			  uint64_t *bytes);

/**
 * ohtd_archive_read() - unpack the contents
 * @path: the file
 * @content: where to
 * @manifest: receives the text
 * @work: see above
 *
 * Return: 0: all of it is as it was written; -EBADMSG: it is not, or is no backup; -ENOKEY: it is
 * encrypted and there is no key; -EKEYREJECTED: by another key, or it was changed; -ECANCELED; or another
 * negative errno.
 */
int ohtd_archive_read(const char *path, struct ohtd_archive_content *content, char manifest[OHTD_ARCHIVE_MANIFEST_BYTES],
		      const struct ohtd_archive_work *work);

#endif /* OHTD_JOBS_ARCHIVE_H */
