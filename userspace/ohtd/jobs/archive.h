/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the form of a backup as a file: a manifest, and a content that is compressed and maybe encrypted.
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

/**
 * struct ohtd_archive_work - one pass over a file
 * @key: 32 bytes, or NULL
 * @goes_on: called for each piece with how many bytes of the content are done; false ends it
 * @arg: for @goes_on
 */
struct ohtd_archive_work {
	const unsigned char *key;
	bool (*goes_on)(void *arg, uint64_t done_bytes);
	void *arg;
};

/* SHA-256 of a file's content in hexadecimal digits, and its length. 0, -ECANCELED or a negative errno. */
int ohtd_archive_digest(const char *path, const struct ohtd_archive_work *work, char digest[65], uint64_t *bytes);

/**
 * ohtd_archive_write() - make a file of a content and its manifest
 * @path: the file to make, 0600; removed again unless 0 is returned
 * @manifest: text of less than OHTD_ARCHIVE_MANIFEST_BYTES
 * @content: path of the content
 * @work: with a key it is encrypted, and manifest and content are authenticated
 *
 * Return: 0 when it is on the disk, -ECANCELED or another negative errno.
 */
int ohtd_archive_write(const char *path, const char *manifest, const char *content,
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
 * ohtd_archive_read() - unpack the content
 * @path: the file
 * @to: the file to make, 0600; removed again unless 0 is returned
 * @manifest: receives the text
 * @content_max: a longer content is -EFBIG
 * @work: see above
 *
 * Return: 0: all of it is as it was written; -EBADMSG: it is not, or is no backup; -ENOKEY: it is
 * encrypted and there is no key; -EKEYREJECTED: by another key, or it was changed; -ECANCELED; or another
 * negative errno.
 */
int ohtd_archive_read(const char *path, const char *to, char manifest[OHTD_ARCHIVE_MANIFEST_BYTES],
		      uint64_t content_max, const struct ohtd_archive_work *work);

#endif /* OHTD_JOBS_ARCHIVE_H */
