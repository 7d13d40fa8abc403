// SPDX-License-Identifier: GPL-2.0-or-later
#include "jobs/archive.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <zlib.h>

#include "base/hex.h"

#define MAGIC		"OHTBACK1"
#define MAGIC_BYTES	8
#define SALT_BYTES	16
#define HEAD_BYTES	(MAGIC_BYTES + 4 + 4 + SALT_BYTES)
#define ENCRYPTED	1u
#define PIECE_BYTES	65536
#define TAG_BYTES	16
#define DIGEST_BYTES	32
#define LAST		0x80000000u
#define LABEL		"oht backup 1"

/**
 * struct pass - a file that is written or read
 * @fd: the file
 * @work: see there
 * @encrypted: its pieces are
 * @all: digest of all bytes so far
 * @cipher: of the pieces
 * @key: of this file alone
 * @head: digest of head and manifest, which each piece is bound to
 * @number: of the next piece
 * @done: bytes of the contents
 * @plain, @sealed: a piece before and behind the cipher
 */
struct pass {
	int fd;
	const struct ohtd_archive_work *work;
	bool encrypted;
	EVP_MD_CTX *all;
	EVP_CIPHER_CTX *cipher;
	unsigned char key[DIGEST_BYTES];
	unsigned char head[DIGEST_BYTES];
	uint64_t number, done;
	unsigned char plain[PIECE_BYTES];
	unsigned char sealed[PIECE_BYTES + TAG_BYTES];
};

static void put_u32(unsigned char *to, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		to[i] = (unsigned char)(value >> 8 * i);
}

static uint32_t get_u32(const unsigned char *from)
{
	return from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 | (uint32_t)from[3] << 24;
}

static int write_all(int fd, const void *data, size_t bytes)
{
	const char *at = data;

	while (bytes) {
		ssize_t n = write(fd, at, bytes);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			at += n;
			bytes -= (size_t)n;
		}
	}
	return 0;
}

/* All of them, or -EBADMSG at the end of the file. */
static int read_all(int fd, void *data, size_t bytes)
{
	char *at = data;

	while (bytes) {
		ssize_t n = read(fd, at, bytes);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (!n)
			return -EBADMSG;
		if (n > 0) {
			at += n;
			bytes -= (size_t)n;
		}
	}
	return 0;
}

/* ---- a pass ---- */

static void drop_pass(struct pass *pass)
{
	if (!pass)
		return;
	if (pass->fd >= 0)
		close(pass->fd);
	EVP_MD_CTX_free(pass->all);
	EVP_CIPHER_CTX_free(pass->cipher);
	OPENSSL_cleanse(pass, sizeof(*pass));
	free(pass);
}

static struct pass *make_pass(const struct ohtd_archive_work *work)
{
	struct pass *pass = calloc(1, sizeof(*pass));

	if (!pass)
		return NULL;
	pass->fd = -1;
	pass->work = work;
	pass->all = EVP_MD_CTX_new();
	pass->cipher = EVP_CIPHER_CTX_new();
	if (pass->all && pass->cipher && EVP_DigestInit_ex(pass->all, EVP_sha256(), NULL) == 1)
		return pass;
	drop_pass(pass);
	return NULL;
}

static int put(struct pass *pass, const void *data, size_t bytes)
{
	EVP_DigestUpdate(pass->all, data, bytes);
	return write_all(pass->fd, data, bytes);
}

static int get(struct pass *pass, void *data, size_t bytes)
{
	int r = read_all(pass->fd, data, bytes);

	if (!r)
		EVP_DigestUpdate(pass->all, data, bytes);
	return r;
}

/* SHA-256 of all bytes so far. */
static int digest_so_far(const struct pass *pass, unsigned char digest[DIGEST_BYTES])
{
	EVP_MD_CTX *copy = EVP_MD_CTX_new();
	int ok = copy && EVP_MD_CTX_copy_ex(copy, pass->all) == 1 && EVP_DigestFinal_ex(copy, digest, NULL) == 1;

	EVP_MD_CTX_free(copy);
	return ok ? 0 : -ENOMEM;
}

/* Head and manifest have gone through the digest: what each piece is bound to, and the key. */
static int bind_head(struct pass *pass, const unsigned char *salt)
{
	unsigned char text[sizeof(LABEL) - 1 + SALT_BYTES];
	int r = digest_so_far(pass, pass->head);

	if (r || !pass->encrypted)
		return r;
	memcpy(text, LABEL, sizeof(LABEL) - 1);
	memcpy(text + sizeof(LABEL) - 1, salt, SALT_BYTES);
	return HMAC(EVP_sha256(), pass->work->key, OHTD_ARCHIVE_KEY_BYTES, text, sizeof(text), pass->key, NULL) ? 0 : -ENOMEM;
}

/* What a piece is bound to besides the key: its file, its number, whether it is the last. */
static void bind_piece(const struct pass *pass, bool last, unsigned char bound[DIGEST_BYTES + 9],
		       unsigned char iv[12])
{
	memset(iv, 0, 12);
	for (int i = 0; i < 8; i++)
		iv[i] = (unsigned char)(pass->number >> 8 * i);
	memcpy(bound, pass->head, DIGEST_BYTES);
	memcpy(bound + DIGEST_BYTES, iv, 8);
	bound[DIGEST_BYTES + 8] = last;
}

static int seal(struct pass *pass, size_t bytes, bool last)
{
	unsigned char bound[DIGEST_BYTES + 9], iv[12];
	int n, ok;

	bind_piece(pass, last, bound, iv);
	ok = EVP_EncryptInit_ex(pass->cipher, EVP_aes_256_gcm(), NULL, pass->key, iv) == 1 &&
	     EVP_EncryptUpdate(pass->cipher, NULL, &n, bound, sizeof(bound)) == 1 &&
	     EVP_EncryptUpdate(pass->cipher, pass->sealed, &n, pass->plain, (int)bytes) == 1 &&
	     EVP_EncryptFinal_ex(pass->cipher, pass->sealed + bytes, &n) == 1 &&
	     EVP_CIPHER_CTX_ctrl(pass->cipher, EVP_CTRL_GCM_GET_TAG, TAG_BYTES, pass->sealed + bytes) == 1;
	return ok ? 0 : -EIO;
}

static int unseal(struct pass *pass, size_t bytes, bool last)
{
	unsigned char bound[DIGEST_BYTES + 9], iv[12];
	int n, ok;

	bind_piece(pass, last, bound, iv);
	ok = EVP_DecryptInit_ex(pass->cipher, EVP_aes_256_gcm(), NULL, pass->key, iv) == 1 &&
	     EVP_DecryptUpdate(pass->cipher, NULL, &n, bound, sizeof(bound)) == 1 &&
	     EVP_DecryptUpdate(pass->cipher, pass->plain, &n, pass->sealed, (int)bytes) == 1 &&
	     EVP_CIPHER_CTX_ctrl(pass->cipher, EVP_CTRL_GCM_SET_TAG, TAG_BYTES, pass->sealed + bytes) == 1 &&
	     EVP_DecryptFinal_ex(pass->cipher, pass->plain + bytes, &n) == 1;
	return ok ? 0 : -EKEYREJECTED;
}

/* ---- digest ---- */

int ohtd_archive_digest(const char *path, const struct ohtd_archive_work *work, char digest[65], uint64_t *bytes)
{
	struct pass *pass = make_pass(work);
	unsigned char sum[DIGEST_BYTES];
	ssize_t n = 0;
	int r = 0;

	*bytes = 0;
	if (!pass)
		return -ENOMEM;
	pass->fd = open(path, O_RDONLY | O_CLOEXEC);
	while (!r && pass->fd >= 0 && (n = read(pass->fd, pass->plain, PIECE_BYTES)) > 0) {
		EVP_DigestUpdate(pass->all, pass->plain, (size_t)n);
		*bytes += (uint64_t)n;
		r = work->goes_on(work->arg, *bytes) ? 0 : -ECANCELED;
	}
	if (pass->fd < 0 || n < 0)
		r = -errno;
	if (!r && EVP_DigestFinal_ex(pass->all, sum, NULL) == 1)
		ohtd_hex_text(digest, sum, DIGEST_BYTES);
	drop_pass(pass);
	return r;
}

/* ---- writing ---- */

static int put_head(struct pass *pass, const char *manifest)
{
	unsigned char head[HEAD_BYTES] = MAGIC;
	size_t bytes = strlen(manifest);
	int r = 0;

	if (bytes >= OHTD_ARCHIVE_MANIFEST_BYTES)
		return -EMSGSIZE;
	put_u32(head + MAGIC_BYTES, pass->encrypted ? ENCRYPTED : 0);
	put_u32(head + MAGIC_BYTES + 4, (uint32_t)bytes);
	if (pass->encrypted && RAND_bytes(head + MAGIC_BYTES + 8, SALT_BYTES) != 1)
		r = -EIO;
	if (!r)
		r = put(pass, head, sizeof(head));
	if (!r)
		r = put(pass, manifest, bytes);
	return r ? r : bind_head(pass, head + MAGIC_BYTES + 8);
}

static int put_piece(struct pass *pass, size_t bytes, bool last)
{
	size_t sealed = bytes + (pass->encrypted ? TAG_BYTES : 0);
	unsigned char length[4];
	int r = pass->encrypted ? seal(pass, bytes, last) : 0;

	put_u32(length, (uint32_t)sealed | (last ? LAST : 0));
	if (!r)
		r = put(pass, length, sizeof(length));
	if (!r)
		r = put(pass, pass->encrypted ? pass->sealed : pass->plain, sealed);
	pass->number++;
	return r;
}

/* Makes pieces of @packer's input; the last one when @end. */
static int pack(struct pass *pass, z_stream *packer, bool end)
{
	int r = 0, z;

	do {
		z = deflate(packer, end ? Z_FINISH : Z_NO_FLUSH);
		if (z == Z_STREAM_ERROR)
			return -EIO;
		if (!packer->avail_out || z == Z_STREAM_END) {
			r = put_piece(pass, PIECE_BYTES - packer->avail_out, z == Z_STREAM_END);
			packer->next_out = pass->plain;
			packer->avail_out = PIECE_BYTES;
		}
	} while (!r && (packer->avail_in || (end && z != Z_STREAM_END)));
	return r;
}

static int pack_content(struct pass *pass, int from, z_stream *packer, unsigned char *block)
{
	ssize_t n = 1;
	int r = 0;

	packer->next_out = pass->plain;
	packer->avail_out = PIECE_BYTES;
	while (!r && n) {
		n = read(from, block, PIECE_BYTES);
		if (n < 0)
			return -errno;
		packer->next_in = block;
		packer->avail_in = (unsigned int)n;
		pass->done += (uint64_t)n;
		r = pack(pass, packer, !n);
		if (!r && !pass->work->goes_on(pass->work->arg, pass->done))
			r = -ECANCELED;
	}
	return r;
}

static int put_part(struct pass *pass, const struct ohtd_archive_part *part)
{
	unsigned char *block = malloc(PIECE_BYTES), digest[DIGEST_BYTES];
	int from = open(part->path, O_RDONLY | O_CLOEXEC);
	z_stream packer = { 0 };
	int r = from < 0 ? -errno : block ? 0 : -ENOMEM;

	if (!r && deflateInit(&packer, part->packed ? Z_BEST_SPEED : Z_DEFAULT_COMPRESSION) != Z_OK)
		r = -ENOMEM;
	if (!r) {
		r = pack_content(pass, from, &packer, block);
		deflateEnd(&packer);
	}
	if (from >= 0)
		close(from);
	free(block);
	if (!r)
		r = digest_so_far(pass, digest);
	return r ? r : put(pass, digest, sizeof(digest));
}

int ohtd_archive_write(const char *path, const char *manifest, const struct ohtd_archive_content *content,
		       const struct ohtd_archive_work *work)
{
	struct pass *pass = make_pass(work);
	int r;

	if (!pass)
		return -ENOMEM;
	pass->encrypted = work->key;
	pass->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (pass->fd < 0) {
		r = -errno;
		drop_pass(pass);
		return r;
	}
	r = put_head(pass, manifest);
	for (size_t i = 0; !r && i < content->count; i++)
		r = put_part(pass, &content->parts[i]);
	if (!r && fsync(pass->fd))
		r = -errno;
	drop_pass(pass);
	if (r)
		unlink(path);
	return r;
}

/* ---- reading ---- */

/* Reads head and manifest. @salt: out. */
static int get_head(struct pass *pass, char *manifest, unsigned char *salt)
{
	unsigned char head[HEAD_BYTES];
	uint32_t flags, bytes;
	int r = get(pass, head, sizeof(head));

	if (r)
		return r;
	flags = get_u32(head + MAGIC_BYTES);
	bytes = get_u32(head + MAGIC_BYTES + 4);
	if (memcmp(head, MAGIC, MAGIC_BYTES) || flags & ~ENCRYPTED || bytes >= OHTD_ARCHIVE_MANIFEST_BYTES)
		return -EBADMSG;
	pass->encrypted = flags & ENCRYPTED;
	memcpy(salt, head + MAGIC_BYTES + 8, SALT_BYTES);
	r = get(pass, manifest, bytes);
	manifest[r ? 0 : bytes] = 0;
	return r;
}

static int open_pass(struct pass *pass, const char *path)
{
	struct stat st;

	/* A FIFO of that name must not be waited for. */
	pass->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (pass->fd < 0 || fstat(pass->fd, &st))
		return -errno;
	return S_ISREG(st.st_mode) ? 0 : -EBADMSG;
}

int ohtd_archive_manifest(const char *path, char manifest[OHTD_ARCHIVE_MANIFEST_BYTES], bool *encrypted,
			  uint64_t *bytes)
{
	const struct ohtd_archive_work work = { .key = NULL };
	struct pass *pass = make_pass(&work);
	unsigned char salt[SALT_BYTES];
	struct stat st;
	int r;

	if (!pass)
		return -ENOMEM;
	r = open_pass(pass, path);
	if (!r)
		r = get_head(pass, manifest, salt);
	if (!r && fstat(pass->fd, &st))
		r = -errno;
	if (!r) {
		*encrypted = pass->encrypted;
		*bytes = (uint64_t)st.st_size;
	}
	drop_pass(pass);
	return r;
}

/* Returns the bytes in pass->plain, or a negative errno. */
static int get_piece(struct pass *pass, bool *last)
{
	unsigned int tag = pass->encrypted ? TAG_BYTES : 0;
	unsigned char length[4];
	uint32_t bytes;
	int r = get(pass, length, sizeof(length));

	if (r)
		return r;
	*last = get_u32(length) & LAST;
	bytes = get_u32(length) & ~LAST;
	if (bytes < tag || bytes > PIECE_BYTES + tag)
		return -EBADMSG;
	r = get(pass, pass->encrypted ? pass->sealed : pass->plain, bytes);
	bytes -= tag;
	if (!r && pass->encrypted)
		r = unseal(pass, bytes, *last);
	pass->number++;
	return r ? r : (int)bytes;
}

struct unpacking {
	z_stream packer;
	unsigned char *block;
	int to;
	uint64_t done, max;
	bool ended;
};

static int unpack(struct pass *pass, struct unpacking *at, size_t bytes)
{
	int z, r;

	at->packer.next_in = pass->plain;
	at->packer.avail_in = (unsigned int)bytes;
	while (at->packer.avail_in && !at->ended) {
		size_t made;

		at->packer.next_out = at->block;
		at->packer.avail_out = PIECE_BYTES;
		z = inflate(&at->packer, Z_NO_FLUSH);
		if (z != Z_OK && z != Z_STREAM_END)
			return -EBADMSG;
		made = PIECE_BYTES - at->packer.avail_out;
		at->ended = z == Z_STREAM_END;
		at->done += made;
		pass->done += made;
		if (at->done > at->max)
			return -EFBIG;
		r = write_all(at->to, at->block, made);
		if (r)
			return r;
	}
	if (at->packer.avail_in)
		return -EBADMSG;
	return pass->work->goes_on(pass->work->arg, pass->done) ? 0 : -ECANCELED;
}

static int get_pieces(struct pass *pass, struct unpacking *at)
{
	bool last = false;
	int r = 0;

	while (!last && r >= 0) {
		r = get_piece(pass, &last);
		if (r >= 0)
			r = unpack(pass, at, (size_t)r);
	}
	if (r >= 0 && !at->ended)
		r = -EBADMSG;
	return r < 0 ? r : 0;
}

/* The digest of all bytes before it. */
static int get_digest(struct pass *pass)
{
	unsigned char digest[DIGEST_BYTES], there[DIGEST_BYTES];
	int r = digest_so_far(pass, digest);

	if (!r)
		r = get(pass, there, DIGEST_BYTES);
	return r ? r : CRYPTO_memcmp(digest, there, DIGEST_BYTES) ? -EBADMSG : 0;
}

static int unpack_to(struct pass *pass, int to, uint64_t bytes_max)
{
	struct unpacking at = { .to = to, .max = bytes_max, .block = malloc(PIECE_BYTES) };
	int r = at.block && inflateInit(&at.packer) == Z_OK ? 0 : -ENOMEM;

	if (!r) {
		r = get_pieces(pass, &at);
		inflateEnd(&at.packer);
	}
	free(at.block);
	return r ? r : get_digest(pass);
}

static int get_part(struct pass *pass, const struct ohtd_archive_part *part)
{
	int fd = open(part->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600), r;

	if (fd < 0)
		return -errno;
	r = unpack_to(pass, fd, part->bytes_max);
	return close(fd) && !r ? -errno : r;
}

static int get_parts(struct pass *pass, struct ohtd_archive_content *content)
{
	char more;
	int r = 0;

	for (size_t i = 0; !r && i < content->count; i++) {
		content->reached = i;
		r = get_part(pass, &content->parts[i]);
	}
	if (!r && !content->rest && read(pass->fd, &more, 1))
		r = -EBADMSG;
	for (size_t i = 0; r && i <= content->reached; i++)
		unlink(content->parts[i].path);
	return r;
}

static int read_pass(struct pass *pass, const char *path, struct ohtd_archive_content *content, char *manifest)
{
	unsigned char salt[SALT_BYTES];
	int r = open_pass(pass, path);

	content->reached = 0;
	if (!r)
		r = get_head(pass, manifest, salt);
	if (!r && pass->encrypted && !pass->work->key)
		r = -ENOKEY;
	if (!r)
		r = bind_head(pass, salt);
	return r ? r : get_parts(pass, content);
}

int ohtd_archive_read(const char *path, struct ohtd_archive_content *content, char manifest[OHTD_ARCHIVE_MANIFEST_BYTES],
		      const struct ohtd_archive_work *work)
{
	struct pass *pass = make_pass(work);
	int r = pass ? read_pass(pass, path, content, manifest) : -ENOMEM;

	drop_pass(pass);
	return r;
}
