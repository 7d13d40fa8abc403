// SPDX-License-Identifier: GPL-2.0-or-later
/* The tree of the audit and its checkpoints, against vectors of others and against the definition. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include <openssl/evp.h>

#include "common/checkpoint.h"
#include "common/tree.h"

#define LEAVES	71

static struct oht_hash leaves[LEAVES];

static void make_leaves(void)
{
	char text[16];

	for (int i = 0; i < LEAVES; i++)
		oht_tree_leaf(text, (size_t)snprintf(text, sizeof(text), "record %d", i), &leaves[i]);
}

/* MTH of RFC 6962, as it stands there. */
static void recompute(const struct oht_hash *at, size_t n, struct oht_hash *root)
{
	struct oht_hash left, right;
	size_t k = 1;

	if (n < 2) {
		if (n)
			*root = *at;
		else
			EVP_Digest("", 0, root->bytes, NULL, EVP_sha256(), NULL);
		return;
	}
	while (2 * k < n)
		k *= 2;
	recompute(at, k, &left);
	recompute(at + k, n - k, &right);
	oht_tree_node(&left, &right, root);
}

static void assert_text(const struct oht_hash *hash, const char *expected)
{
	char text[OHT_HASH_HEX_BYTES];

	oht_hash_text(hash, text);
	assert_string_equal(text, expected);
}

/* The inputs and roots of Certificate Transparency's own tests. */
static void roots_are_those_of_certificate_transparency(void **state)
{
	static const struct {
		const char *data;
		size_t bytes;
		const char *root;
	} known[] = {
		{ "", 0, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d" },
		{ "\x00", 1, "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125" },
		{ "\x10", 1, "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77" },
		{ "\x20\x21", 2, "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7" },
		{ "\x30\x31", 2, "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4" },
		{ "\x40\x41\x42\x43", 4, "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef" },
		{ "\x50\x51\x52\x53\x54\x55\x56\x57", 8,
		  "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c" },
		{ "\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f", 16,
		  "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328" },
	};
	struct oht_tree tree = { 0 };
	struct oht_hash hash;

	(void)state;
	oht_tree_root(&tree, &hash);
	assert_text(&hash, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		oht_tree_leaf(known[i].data, known[i].bytes, &hash);
		oht_tree_add(&tree, &hash);
		oht_tree_root(&tree, &hash);
		assert_text(&hash, known[i].root);
	}
}

static void appending_is_recomputing(void **state)
{
	struct oht_tree tree = { 0 };
	struct oht_hash root, expected;

	(void)state;
	for (size_t n = 0; n < LEAVES; n++) {
		oht_tree_root(&tree, &root);
		recompute(leaves, n, &expected);
		assert_memory_equal(&root, &expected, sizeof(root));
		assert_int_equal(tree.size, n);
		oht_tree_add(&tree, &leaves[n]);
	}
}

/* As one by one, from each size on; a number that no loop would reach takes no time. */
static void appending_the_same_is_appending_each(void **state)
{
	static const struct oht_hash same;
	struct oht_tree one, other;

	(void)state;
	for (uint64_t from = 0; from <= 33; from++)
		for (uint64_t count = 0; count <= 40; count++) {
			one = (struct oht_tree){ 0 };
			for (uint64_t i = 0; i < from; i++)
				oht_tree_add(&one, &leaves[i]);
			other = one;
			for (uint64_t i = 0; i < count; i++)
				oht_tree_add(&one, &same);
			oht_tree_add_same(&other, &same, count);
			assert_memory_equal(&one, &other, offsetof(struct oht_tree, edge) + oht_tree_edge(one.size) * sizeof(one.edge[0]));
		}
	oht_tree_add_same(&one, &same, (1ull << 62) - 1);
	assert_true(one.size == 73 + (1ull << 62) - 1);
}

static void every_proof_holds_and_no_other(void **state)
{
	const struct oht_tree none = { 0 };
	struct oht_hash proof[OHT_PROOF_MAX], one, two;

	(void)state;
	for (uint64_t m = 1; m <= 40; m++)
		for (uint64_t n = m; n <= 40; n++) {
			int count = oht_tree_prove(&none, leaves, m, n, proof);

			assert_true(count >= 0);
			recompute(leaves, m, &one);
			recompute(leaves, n, &two);
			assert_true(oht_tree_is_proven(m, &one, n, &two, proof, (size_t)count));
			if (n > m) {
				assert_false(oht_tree_is_proven(m, &two, n, &two, proof, (size_t)count));
				assert_false(oht_tree_is_proven(m, &one, n, &one, proof, (size_t)count));
				assert_false(oht_tree_is_proven(m, &one, n, &two, proof, (size_t)count - 1));
				proof[count - 1].bytes[0] ^= 1;
				assert_false(oht_tree_is_proven(m, &one, n, &two, proof, (size_t)count));
			}
		}
	assert_false(oht_tree_is_proven(0, &one, 1, &two, proof, 0));
	assert_false(oht_tree_is_proven(3, &one, 2, &two, proof, 0));
}

/* Behind a removed beginning the same proofs are made, or none. */
static void a_removed_beginning_proves_what_lies_behind_it(void **state)
{
	const struct oht_tree none = { 0 };
	struct oht_hash proof[OHT_PROOF_MAX], whole[OHT_PROOF_MAX];

	(void)state;
	for (uint64_t gone = 1; gone <= 20; gone++) {
		struct oht_tree removed = { 0 };

		for (uint64_t i = 0; i < gone; i++)
			oht_tree_add(&removed, &leaves[i]);
		for (uint64_t m = 1; m <= 40; m++) {
			int count = oht_tree_prove(&removed, leaves + gone, m, 40, proof);

			if (m >= gone)
				assert_true(count >= 0);
			if (count < 0)
				continue;
			assert_int_equal(count, oht_tree_prove(&none, leaves, m, 40, whole));
			assert_memory_equal(proof, whole, (size_t)count * sizeof(*proof));
		}
	}
}

/* ---- checkpoints ---- */

static const unsigned char seed[OHT_SIGN_KEY_BYTES] = "0123456789abcdef0123456789abcde";

static void a_checkpoint_is_opened_with_its_key_only(void **state)
{
	struct oht_checkpoint made = { .size = 71 }, opened;
	unsigned char other[OHT_SIGN_KEY_BYTES];
	char note[OHT_CHECKPOINT_BYTES], changed[OHT_CHECKPOINT_BYTES], verifier[OHT_VERIFIER_BYTES];

	(void)state;
	recompute(leaves, 71, &made.root);
	assert_int_equal(oht_checkpoint_origin(seed, made.origin), 0);
	assert_int_equal(oht_checkpoint_verifier(seed, made.origin, verifier), 0);
	assert_int_equal(oht_checkpoint_sign(seed, &made, note), 0);
	assert_null(oht_checkpoint_open(note, verifier, &opened));
	assert_string_equal(opened.origin, made.origin);
	assert_int_equal(opened.size, 71);
	assert_memory_equal(&opened.root, &made.root, sizeof(opened.root));

	/* Each byte counts, and what is cut off. */
	for (size_t i = 0; i < strlen(note); i++) {
		strcpy(changed, note);
		changed[i] ^= 1;
		/* Behind the signature there may be others. */
		if (i < strlen(note) - 1)
			assert_non_null(oht_checkpoint_open(changed, verifier, &opened));
		snprintf(changed, sizeof(changed), "%.*s", (int)i, note);
		if (i < strlen(note) - 1)
			assert_non_null(oht_checkpoint_open(changed, verifier, &opened));
	}
	memcpy(other, seed, sizeof(other));
	other[0] ^= 1;
	assert_int_equal(oht_checkpoint_verifier(other, made.origin, verifier), 0);
	assert_string_equal(oht_checkpoint_open(note, verifier, &opened), "no signature of the key");
	assert_non_null(oht_checkpoint_open(note, "oht/x/audit+00000000+AA", &opened));
	assert_non_null(oht_checkpoint_open("", verifier, &opened));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(roots_are_those_of_certificate_transparency),
		cmocka_unit_test(appending_is_recomputing),
		cmocka_unit_test(appending_the_same_is_appending_each),
		cmocka_unit_test(every_proof_holds_and_no_other),
		cmocka_unit_test(a_removed_beginning_proves_what_lies_behind_it),
		cmocka_unit_test(a_checkpoint_is_opened_with_its_key_only),
	};

	make_leaves();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
