/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the Merkle tree of RFC 6962 over records: leaves, the right edge, roots, proofs of consistency.
 * Contexts: any thread; pure.
 * Locks:    none.
 *
 * A leaf is SHA-256(0x00 || record), a node SHA-256(0x01 || left || right). The tree of a number of leaves is kept as its
 * right edge: the roots of the perfect subtrees that it consists of, the largest first, one for each bit of the number.
 */
#ifndef OHT_COMMON_TREE_H
#define OHT_COMMON_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OHT_HASH_BYTES		32
#define OHT_HASH_HEX_BYTES	(2 * OHT_HASH_BYTES + 1)	/* as text, with its NUL */
#define OHT_TREE_EDGE_MAX	63				/* as many as a number of leaves may have bits */
#define OHT_PROOF_MAX		128

struct oht_hash {
	unsigned char bytes[OHT_HASH_BYTES];
};

/**
 * struct oht_tree - a tree as its right edge
 * @size: leaves
 * @edge: roots of its perfect subtrees, the largest first
 */
struct oht_tree {
	uint64_t size;
	struct oht_hash edge[OHT_TREE_EDGE_MAX];
};

/* How many hashes the edge of a tree of @size leaves has. */
unsigned int oht_tree_edge(uint64_t size);

void oht_tree_leaf(const void *data, size_t bytes, struct oht_hash *leaf);
void oht_tree_node(const struct oht_hash *left, const struct oht_hash *right, struct oht_hash *node);

/**
 * oht_tree_record() - leaf of a record, in the canonical form of docs/audit.md
 * @columns: texts; each is written as its length in bytes, ":", its bytes and ","
 * @count: of @columns
 * @leaf: filled
 */
void oht_tree_record(const char *const *columns, size_t count, struct oht_hash *leaf);

/* Appends a leaf. */
void oht_tree_add(struct oht_tree *tree, const struct oht_hash *leaf);

/* Appends the same leaf @count times, in a time that does not grow with @count. The tree then has less than 2^63 leaves. */
void oht_tree_add_same(struct oht_tree *tree, const struct oht_hash *leaf, uint64_t count);

/* Root of the whole tree; of none it is SHA-256 of nothing. */
void oht_tree_root(const struct oht_tree *tree, struct oht_hash *root);

/**
 * oht_tree_prove() - proof that one tree is the beginning of another (RFC 6962, 2.1.2)
 * @removed: the leaves that are only known by their edge
 * @leaves: all leaves behind them
 * @from: leaves of the smaller tree, at least 1
 * @to: leaves of the larger one: at most those of @removed and @leaves
 * @proof: room for OHT_PROOF_MAX
 *
 * Return: how many hashes; -1: a hash is needed that is within what was removed.
 */
int oht_tree_prove(const struct oht_tree *removed, const struct oht_hash *leaves, uint64_t from, uint64_t to,
		   struct oht_hash *proof);

/* Does the proof show that the tree with root @first is the beginning of the one with root @second? */
bool oht_tree_is_proven(uint64_t from, const struct oht_hash *first, uint64_t to, const struct oht_hash *second,
			const struct oht_hash *proof, size_t count);

/* Lower-case hexadecimal digits, with a NUL. */
void oht_hash_text(const struct oht_hash *hash, char text[OHT_HASH_HEX_BYTES]);

/* Reads 64 hexadecimal digits, whatever stands behind them. False: there are not so many. */
bool oht_hash_read(const char *text, struct oht_hash *hash);

static inline bool oht_hash_is(const struct oht_hash *one, const struct oht_hash *other)
{
	return !__builtin_memcmp(one, other, sizeof(*one));
}

#endif /* OHT_COMMON_TREE_H */
