// SPDX-License-Identifier: GPL-2.0-or-later
#include "common/tree.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/evp.h>

/* ---- hashes ---- */

#define TEXT_BYTES	1024

/* Looked up once: that takes longer than a hash. */
static EVP_MD *sha256;
static pthread_once_t sha256_once = PTHREAD_ONCE_INIT;

/* Bytes to hash, gathered: an update for each small piece would cost more than its bytes. */
struct hashing {
	EVP_MD_CTX *context;
	size_t used;
	unsigned char text[TEXT_BYTES];
};

/* Without memory or SHA-256 there is no way on: a wrong hash would accuse somebody. */
static void find_sha256(void)
{
	sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	if (!sha256)
		abort();
}

static void begin(struct hashing *hashing, unsigned char prefix)
{
	pthread_once(&sha256_once, find_sha256);
	hashing->context = EVP_MD_CTX_new();
	if (!hashing->context || !EVP_DigestInit_ex(hashing->context, sha256, NULL))
		abort();
	hashing->text[0] = prefix;
	hashing->used = 1;
}

static void update(struct hashing *hashing, const void *data, size_t bytes)
{
	if (!EVP_DigestUpdate(hashing->context, data, bytes))
		abort();
}

static void add(struct hashing *hashing, const void *data, size_t bytes)
{
	if (bytes > sizeof(hashing->text) - hashing->used) {
		update(hashing, hashing->text, hashing->used);
		hashing->used = 0;
	}
	if (bytes > sizeof(hashing->text)) {
		update(hashing, data, bytes);
		return;
	}
	memcpy(hashing->text + hashing->used, data, bytes);
	hashing->used += bytes;
}

static void end(struct hashing *hashing, struct oht_hash *hash)
{
	update(hashing, hashing->text, hashing->used);
	if (!EVP_DigestFinal_ex(hashing->context, hash->bytes, NULL))
		abort();
	EVP_MD_CTX_free(hashing->context);
}

void oht_tree_leaf(const void *data, size_t bytes, struct oht_hash *leaf)
{
	struct hashing hashing;

	begin(&hashing, 0);
	add(&hashing, data, bytes);
	end(&hashing, leaf);
}

void oht_tree_node(const struct oht_hash *left, const struct oht_hash *right, struct oht_hash *node)
{
	struct hashing hashing;

	begin(&hashing, 1);
	add(&hashing, left, sizeof(*left));
	add(&hashing, right, sizeof(*right));
	end(&hashing, node);
}

/* "12:" */
static void add_length(struct hashing *hashing, size_t bytes)
{
	char text[24], *at = text + sizeof(text);

	*--at = ':';
	do {
		*--at = (char)('0' + bytes % 10);
		bytes /= 10;
	} while (bytes);
	add(hashing, at, (size_t)(text + sizeof(text) - at));
}

void oht_tree_record(const char *const *columns, size_t count, struct oht_hash *leaf)
{
	struct hashing hashing;

	begin(&hashing, 0);
	for (size_t i = 0; i < count; i++) {
		size_t bytes = strlen(columns[i]);

		add_length(&hashing, bytes);
		add(&hashing, columns[i], bytes);
		add(&hashing, ",", 1);
	}
	end(&hashing, leaf);
}

/* ---- the tree ---- */

unsigned int oht_tree_edge(uint64_t size)
{
	return (unsigned int)__builtin_popcountll(size);
}

/* Appends a perfect subtree of 2^height leaves; the size of the tree is a multiple of that. */
static void add_subtree(struct oht_tree *tree, const struct oht_hash *root, unsigned int height)
{
	unsigned int count = oht_tree_edge(tree->size);
	struct oht_hash node = *root;

	/* Each perfect subtree of the same height becomes one with it. */
	for (uint64_t size = tree->size >> height; size & 1; size >>= 1)
		oht_tree_node(&tree->edge[--count], &node, &node);
	tree->edge[count] = node;
	tree->size += 1ull << height;
}

void oht_tree_add(struct oht_tree *tree, const struct oht_hash *leaf)
{
	add_subtree(tree, leaf, 0);
}

/* First subtrees that grow, as far as the size of the tree allows, then such that shrink. */
void oht_tree_add_same(struct oht_tree *tree, const struct oht_hash *leaf, uint64_t count)
{
	struct oht_hash roots[OHT_TREE_EDGE_MAX] = { *leaf };
	unsigned int height = 0;

	for (; height + 1 < OHT_TREE_EDGE_MAX && count >> height > 1; height++) {
		oht_tree_node(&roots[height], &roots[height], &roots[height + 1]);
		if (tree->size >> height & 1) {
			add_subtree(tree, &roots[height], height);
			count -= 1ull << height;
		}
	}
	for (; count && height < OHT_TREE_EDGE_MAX; height--)
		if (count >> height) {
			add_subtree(tree, &roots[height], height);
			count -= 1ull << height;
		}
}

void oht_tree_root(const struct oht_tree *tree, struct oht_hash *root)
{
	unsigned int count = oht_tree_edge(tree->size);

	if (!count) {
		if (!EVP_Digest("", 0, root->bytes, NULL, EVP_sha256(), NULL))
			abort();
		return;
	}
	*root = tree->edge[--count];
	while (count)
		oht_tree_node(&tree->edge[--count], root, root);
}

/* ---- proofs ---- */

struct source {
	const struct oht_tree *removed;
	const struct oht_hash *leaves;
};

/* The largest power of two below @size, which is at least 2. */
static uint64_t split_of(uint64_t size)
{
	return 1ull << (63 - __builtin_clzll(size - 1));
}

/* Root of the leaves from @at on, if it stands in the edge of what was removed. */
static bool find_removed(const struct oht_tree *removed, uint64_t at, uint64_t size, struct oht_hash *root)
{
	uint64_t begin_at = 0;
	unsigned int i = 0;

	for (int bit = 62; bit >= 0; bit--) {
		uint64_t part = 1ull << bit;

		if (!(removed->size & part))
			continue;
		if (begin_at == at && part == size) {
			*root = removed->edge[i];
			return true;
		}
		begin_at += part;
		i++;
	}
	return false;
}

/* Root of @size leaves from @at on. False: it is within what was removed. */
static bool range(const struct source *source, uint64_t at, uint64_t size, struct oht_hash *root)
{
	const struct oht_tree *removed = source->removed;
	struct oht_hash right;
	uint64_t left;

	if (at < removed->size && find_removed(removed, at, size, root))
		return true;
	if (size == 1) {
		if (at < removed->size)
			return false;
		*root = source->leaves[at - removed->size];
		return true;
	}
	left = split_of(size);
	if (!range(source, at, left, root) || !range(source, at + left, size - left, &right))
		return false;
	oht_tree_node(root, &right, root);
	return true;
}

/* SUBPROOF(m, D[n], whole) of RFC 6962, for the leaves from @at on. */
static int prove(const struct source *source, uint64_t m, uint64_t at, uint64_t n, bool whole, struct oht_hash *proof)
{
	uint64_t left;
	int count;

	if (m == n)
		return whole ? 0 : range(source, at, n, proof) ? 1 : -1;
	left = split_of(n);
	if (m <= left) {
		count = prove(source, m, at, left, whole, proof);
		return count < 0 || !range(source, at + left, n - left, &proof[count]) ? -1 : count + 1;
	}
	count = prove(source, m - left, at + left, n - left, false, proof);
	return count < 0 || !range(source, at, left, &proof[count]) ? -1 : count + 1;
}

int oht_tree_prove(const struct oht_tree *removed, const struct oht_hash *leaves, uint64_t from, uint64_t to,
		   struct oht_hash *proof)
{
	const struct source source = { removed, leaves };

	return prove(&source, from, 0, to, true, proof);
}

/* RFC 9162, 2.1.4.2. */
bool oht_tree_is_proven(uint64_t from, const struct oht_hash *first, uint64_t to, const struct oht_hash *second,
			const struct oht_hash *proof, size_t count)
{
	uint64_t f = from - 1, s = to - 1;
	struct oht_hash one, two;
	size_t i = 0;

	if (!from || from > to)
		return false;
	if (from == to)
		return !count && oht_hash_is(first, second);
	while (f & 1) {
		f >>= 1;
		s >>= 1;
	}
	if (f) {
		if (!count)
			return false;
		one = two = proof[i++];
	} else {
		one = two = *first;
	}
	for (; i < count; i++) {
		if (!s)
			return false;
		if (f & 1 || f == s) {
			oht_tree_node(&proof[i], &one, &one);
			oht_tree_node(&proof[i], &two, &two);
			while (f && !(f & 1)) {
				f >>= 1;
				s >>= 1;
			}
		} else {
			oht_tree_node(&two, &proof[i], &two);
		}
		f >>= 1;
		s >>= 1;
	}
	return !s && oht_hash_is(&one, first) && oht_hash_is(&two, second);
}

/* ---- as text ---- */

void oht_hash_text(const struct oht_hash *hash, char text[OHT_HASH_HEX_BYTES])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < OHT_HASH_BYTES; i++) {
		*text++ = digits[hash->bytes[i] >> 4];
		*text++ = digits[hash->bytes[i] & 15];
	}
	*text = 0;
}

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool oht_hash_read(const char *text, struct oht_hash *hash)
{
	for (size_t i = 0; i < OHT_HASH_BYTES; i++) {
		int high = digit_of(text[2 * i]), low = high < 0 ? -1 : digit_of(text[2 * i + 1]);

		if (low < 0)
			return false;
		hash->bytes[i] = (unsigned char)(high << 4 | low);
	}
	return true;
}
