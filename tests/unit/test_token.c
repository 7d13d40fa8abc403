// SPDX-License-Identifier: GPL-2.0-or-later
/* Each case that must fail is named after the attack. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <errno.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>

#include "auth/session.h"
#include "auth/token.h"
#include "auth/token_cache.h"
#include "base/clock.h"

#define NOW_S	1800000000LL
#define BOOT_S	5000

static const unsigned char key[OHTD_TOKEN_KEY_BYTES] = "0123456789abcdef0123456789abcde";

static struct ohtd_manual_clock manual;
static struct ohtd_clock wall;
static struct ohtd_tokens *tokens;
static struct ohtd_principal who;

static const struct ohtd_principal anna = {
	.user_id = 7, .user = "anna", .session = "0123456789abcdef0123456789abcdef",
	.epoch = 3, .role = OHTD_ROLE_SUPERVISOR,
};

static int set_up(void **state)
{
	(void)state;
	atomic_store(&manual.now_ns, BOOT_S * OHTD_NS_PER_S);
	atomic_store(&manual.realtime_ns, NOW_S * (int64_t)OHTD_NS_PER_S);
	ohtd_clock_init(&wall, &ohtd_clock_manual, &manual, 0);
	tokens = ohtd_tokens_create(key, sizeof(key), &wall);
	return tokens ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	ohtd_tokens_destroy(tokens);
	return 0;
}

static enum ohtd_token_result check(const char *text)
{
	return ohtd_token_check(tokens, text, &who);
}

static void encode(const void *data, size_t bytes, char *to)
{
	unsigned char coded[2048];
	int n = EVP_EncodeBlock(coded, data, (int)bytes);

	while (n && coded[n - 1] == '=')
		n--;
	for (int i = 0; i < n; i++)
		to[i] = coded[i] == '+' ? '-' : coded[i] == '/' ? '_' : (char)coded[i];
	to[n] = 0;
}

/* Any header and claims, signed as an attacker could who has @secret. */
static const char *forge_with(const char *header, const char *claims, const EVP_MD *md,
			      const void *secret, int secret_bytes)
{
	static char text[4096];
	unsigned char mac[EVP_MAX_MD_SIZE];
	unsigned int mac_bytes = 0;
	size_t n;

	encode(header, strlen(header), text);
	strcat(text, ".");
	encode(claims, strlen(claims), text + strlen(text));
	n = strlen(text);
	HMAC(md, secret, secret_bytes, (unsigned char *)text, n, mac, &mac_bytes);
	text[n] = '.';
	encode(mac, mac_bytes, text + n + 1);
	return text;
}

static const char *forge(const char *claims)
{
	return forge_with("{\"alg\":\"HS256\",\"typ\":\"JWT\"}", claims, EVP_sha256(), key,
			  sizeof(key));
}

struct claims {
	const char *iss, *aud, *typ, *sub, *uid, *sid, *epoch, *role, *iat, *nbf, *exp, *boot, *boot_exp;
};

static const struct claims good = {
	"\"ohtd\"", "\"oht\"", "\"access\"", "\"anna\"", "7",
	"\"0123456789abcdef0123456789abcdef\"", "3", "\"supervisor\"", "1800000000", "1800000000",
	"1800000900", NULL, "5900",
};

static const char *claims_text(const struct claims *c)
{
	static char text[1024];
	char boot[64];

	snprintf(boot, sizeof(boot), "\"%s\"", ohtd_tokens_boot_id(tokens));
	snprintf(text, sizeof(text),
		 "{\"iss\":%s,\"aud\":%s,\"typ\":%s,\"sub\":%s,\"uid\":%s,\"sid\":%s,\"epoch\":%s,\"role\":%s,"
		 "\"iat\":%s,\"nbf\":%s,\"exp\":%s,\"boot\":%s,\"boot_exp\":%s}",
		 c->iss, c->aud, c->typ, c->sub, c->uid, c->sid, c->epoch, c->role, c->iat, c->nbf, c->exp,
		 c->boot ? c->boot : boot, c->boot_exp);
	return text;
}

/* One claim replaced in a token that is otherwise good. */
static enum ohtd_token_result check_replaced(size_t offset, const char *value)
{
	struct claims c = good;

	*(const char **)((char *)&c + offset) = value;
	return check(forge(claims_text(&c)));
}

#define REPLACED(member, value)	check_replaced(offsetof(struct claims, member), value)

static void issued_token_is_good(void **state)
{
	char *text = ohtd_token_issue(tokens, &anna);

	(void)state;
	assert_non_null(text);
	assert_int_equal(check(text), OHTD_TOKEN_GOOD);
	assert_int_equal(who.user_id, 7);
	assert_string_equal(who.user, "anna");
	assert_int_equal(who.role, OHTD_ROLE_SUPERVISOR);
	assert_string_equal(who.session, anna.session);
	free(text);
}

/* Otherwise none of the cases below would prove anything. */
static void forger_of_this_test_can_forge(void **state)
{
	(void)state;
	assert_int_equal(check(forge(claims_text(&good))), OHTD_TOKEN_GOOD);
}

static void short_or_empty_key_is_refused(void **state)
{
	(void)state;
	assert_null(ohtd_tokens_create(key, 0, &wall));
	assert_int_equal(errno, EINVAL);
	assert_null(ohtd_tokens_create(key, OHTD_TOKEN_KEY_BYTES - 1, &wall));
}

static void alg_none(void **state)
{
	char text[2048], header[64];
	const char *const names[] = { "none", "None", "NONE", "nOnE" };

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		snprintf(header, sizeof(header), "{\"alg\":\"%s\",\"typ\":\"JWT\"}", names[i]);
		encode(header, strlen(header), text);
		strcat(text, ".");
		encode(claims_text(&good), strlen(claims_text(&good)), text + strlen(text));
		strcat(text, ".");
		assert_int_equal(check(text), OHTD_TOKEN_INVALID);
		text[strlen(text) - 1] = 0;
		assert_int_equal(check(text), OHTD_TOKEN_INVALID);
	}
}

static void signed_with_empty_key(void **state)
{
	(void)state;
	assert_int_equal(check(forge_with("{\"alg\":\"HS256\",\"typ\":\"JWT\"}",
					  claims_text(&good), EVP_sha256(), "", 0)),
			 OHTD_TOKEN_INVALID);
}

static void signed_with_another_key(void **state)
{
	unsigned char other[OHTD_TOKEN_KEY_BYTES];

	(void)state;
	memcpy(other, key, sizeof(other));
	other[31] ^= 1;
	assert_int_equal(check(forge_with("{\"alg\":\"HS256\",\"typ\":\"JWT\"}",
					  claims_text(&good), EVP_sha256(), other, sizeof(other))),
			 OHTD_TOKEN_INVALID);
}

/* The right key under another algorithm: libjwt alone would take it. */
static void alg_confusion_among_hmacs(void **state)
{
	(void)state;
	assert_int_equal(check(forge_with("{\"alg\":\"HS512\",\"typ\":\"JWT\"}",
					  claims_text(&good), EVP_sha512(), key, sizeof(key))),
			 OHTD_TOKEN_INVALID);
	assert_int_equal(check(forge_with("{\"alg\":\"HS384\",\"typ\":\"JWT\"}",
					  claims_text(&good), EVP_sha384(), key, sizeof(key))),
			 OHTD_TOKEN_INVALID);
}

/* HMAC with a public key that the attacker knows, under an asymmetric name and under ours. */
static void alg_confusion_with_public_key(void **state)
{
	EVP_PKEY *pair = EVP_EC_gen("P-256");
	BIO *bio = BIO_new(BIO_s_mem());
	char *pem;
	long n;

	(void)state;
	PEM_write_bio_PUBKEY(bio, pair);
	n = BIO_get_mem_data(bio, &pem);
	assert_int_equal(check(forge_with("{\"alg\":\"ES256\",\"typ\":\"JWT\"}",
					  claims_text(&good), EVP_sha256(), pem, (int)n)),
			 OHTD_TOKEN_INVALID);
	assert_int_equal(check(forge_with("{\"alg\":\"HS256\",\"typ\":\"JWT\"}",
					  claims_text(&good), EVP_sha256(), pem, (int)n)),
			 OHTD_TOKEN_INVALID);
	BIO_free(bio);
	EVP_PKEY_free(pair);
}

static void tampered(void **state)
{
	char *text = ohtd_token_issue(tokens, &anna);
	size_t n = strlen(text);

	(void)state;
	for (size_t i = 0; i < n; i += 3) {
		char was = text[i];

		/* The last character of a part may carry unused bits: keep away from them. */
		if (was == '.' || !text[i + 1] || text[i + 1] == '.')
			continue;
		text[i] = was == 'A' ? 'B' : 'A';
		assert_int_equal(check(text), OHTD_TOKEN_INVALID);
		text[i] = was;
	}
	assert_int_equal(check(text), OHTD_TOKEN_GOOD);
	free(text);
}

static void truncated_and_padded(void **state)
{
	char *text = ohtd_token_issue(tokens, &anna), longer[OHTD_TOKEN_BYTES_MAX + 64];
	size_t n = strlen(text);

	(void)state;
	snprintf(longer, sizeof(longer), "%s.", text);
	assert_int_equal(check(longer), OHTD_TOKEN_INVALID);
	snprintf(longer, sizeof(longer), "%s.e30", text);
	assert_int_equal(check(longer), OHTD_TOKEN_INVALID);
	snprintf(longer, sizeof(longer), "%s==", text);
	assert_int_equal(check(longer), OHTD_TOKEN_INVALID);
	text[n - 2] = 0;
	assert_int_equal(check(text), OHTD_TOKEN_INVALID);
	*strrchr(text, '.') = 0;
	assert_int_equal(check(text), OHTD_TOKEN_INVALID);
	free(text);
	assert_int_equal(check(""), OHTD_TOKEN_INVALID);
	assert_int_equal(check("."), OHTD_TOKEN_INVALID);
	assert_int_equal(check(".."), OHTD_TOKEN_INVALID);
	memset(longer, 'A', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = 0;
	assert_int_equal(check(longer), OHTD_TOKEN_INVALID);
}

static void expired(void **state)
{
	char *text = ohtd_token_issue(tokens, &anna);

	(void)state;
	ohtd_manual_clock_advance(&manual, (OHTD_TOKEN_LIFE_S - 1) * OHTD_NS_PER_S);
	assert_int_equal(check(text), OHTD_TOKEN_GOOD);
	ohtd_manual_clock_advance(&manual, OHTD_NS_PER_S);
	assert_int_equal(check(text), OHTD_TOKEN_EXPIRED);
	assert_int_equal(who.role, OHTD_ROLE_SUPERVISOR);
	free(text);
}

/* Setting the wall clock back must not prolong a session. */
static void clock_set_back(void **state)
{
	char *text = ohtd_token_issue(tokens, &anna);

	(void)state;
	atomic_store(&manual.realtime_ns, 0);
	assert_int_equal(check(text), OHTD_TOKEN_GOOD);
	atomic_fetch_add(&manual.now_ns, OHTD_TOKEN_LIFE_S * OHTD_NS_PER_S);
	assert_int_equal(check(text), OHTD_TOKEN_EXPIRED);
	free(text);
}

/* Whoever sets the clock forth does not throw everybody out; boot time still does. */
static void clock_set_forth_after_the_issue(void **state)
{
	char *text = ohtd_token_issue(tokens, &anna);

	(void)state;
	ohtd_manual_clock_advance(&manual, OHTD_NS_PER_S);
	atomic_fetch_add(&manual.realtime_ns, 3600 * (int64_t)OHTD_NS_PER_S);
	assert_int_equal(check(text), OHTD_TOKEN_GOOD);
	ohtd_manual_clock_advance(&manual, (OHTD_TOKEN_LIFE_S - 2) * OHTD_NS_PER_S);
	assert_int_equal(check(text), OHTD_TOKEN_GOOD);
	ohtd_manual_clock_advance(&manual, OHTD_NS_PER_S);
	assert_int_equal(check(text), OHTD_TOKEN_EXPIRED);
	free(text);
}

static void exp_in_the_past_beyond_leeway(void **state)
{
	(void)state;
	assert_int_equal(REPLACED(exp, "1799999941"), OHTD_TOKEN_GOOD);
	assert_int_equal(REPLACED(exp, "1799999940"), OHTD_TOKEN_EXPIRED);
}

static void token_of_another_boot(void **state)
{
	(void)state;
	assert_int_equal(REPLACED(boot, "\"00000000-0000-0000-0000-000000000000\""),
			 OHTD_TOKEN_EXPIRED);
	assert_int_equal(REPLACED(boot, "7"), OHTD_TOKEN_INVALID);
}

static void not_yet_valid(void **state)
{
	(void)state;
	assert_int_equal(REPLACED(nbf, "1800000060"), OHTD_TOKEN_GOOD);
	assert_int_equal(REPLACED(nbf, "1800000061"), OHTD_TOKEN_INVALID);
	assert_int_equal(REPLACED(iat, "1800000061"), OHTD_TOKEN_INVALID);
}

static void times_of_a_wrong_type(void **state)
{
	static const char *const values[] = {
		"\"9999999999\"", "9999999999.5", "true", "null", "[9999999999]", "{}", "-1",
		"9223372036854775807", "99999999999999999999",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		assert_int_equal(REPLACED(exp, values[i]), OHTD_TOKEN_INVALID);
		assert_int_equal(REPLACED(boot_exp, values[i]), OHTD_TOKEN_INVALID);
		assert_int_equal(REPLACED(nbf, values[i]), OHTD_TOKEN_INVALID);
	}
}

static void missing_claims(void **state)
{
	(void)state;
	assert_int_equal(check(forge("{}")), OHTD_TOKEN_INVALID);
	assert_int_equal(check(forge("{\"exp\":9999999999,\"role\":\"administrator\"}")),
			 OHTD_TOKEN_INVALID);
	assert_int_equal(check(forge("[]")), OHTD_TOKEN_INVALID);
	assert_int_equal(check(forge("not json")), OHTD_TOKEN_INVALID);
}

static void of_another_kind_issuer_or_audience(void **state)
{
	(void)state;
	assert_int_equal(REPLACED(typ, "\"refresh\""), OHTD_TOKEN_INVALID);
	assert_int_equal(REPLACED(iss, "\"other\""), OHTD_TOKEN_INVALID);
	assert_int_equal(REPLACED(aud, "\"other\""), OHTD_TOKEN_INVALID);
	assert_int_equal(REPLACED(aud, "[\"oht\"]"), OHTD_TOKEN_INVALID);
}

static void invented_role(void **state)
{
	(void)state;
	assert_int_equal(REPLACED(role, "\"root\""), OHTD_TOKEN_INVALID);
	assert_int_equal(REPLACED(role, "\"none\""), OHTD_TOKEN_INVALID);
	assert_int_equal(REPLACED(role, "\"\""), OHTD_TOKEN_INVALID);
	assert_int_equal(REPLACED(role, "4"), OHTD_TOKEN_INVALID);
	assert_int_equal(who.role, OHTD_ROLE_NONE);
}

static void names_that_do_not_fit(void **state)
{
	char value[80];

	(void)state;
	memset(value, 'a', sizeof(value));
	value[0] = value[78] = '"';
	value[79] = 0;
	assert_int_equal(REPLACED(sub, value), OHTD_TOKEN_INVALID);
	assert_int_equal(REPLACED(sid, value), OHTD_TOKEN_INVALID);
	assert_int_equal(REPLACED(sub, "\"\""), OHTD_TOKEN_INVALID);
	assert_int_equal(REPLACED(sub, "\"an\\u0000na\""), OHTD_TOKEN_INVALID);
}

/* ---- tokens that have been good before are remembered ---- */

static void remembered_and_then_expired(void **state)
{
	char *text = ohtd_token_issue(tokens, &anna);

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(check(text), OHTD_TOKEN_GOOD);
	assert_string_equal(who.user, "anna");
	assert_string_equal(who.session, anna.session);
	assert_int_equal(who.role, OHTD_ROLE_SUPERVISOR);
	ohtd_manual_clock_advance(&manual, OHTD_TOKEN_LIFE_S * OHTD_NS_PER_S);
	assert_int_equal(check(text), OHTD_TOKEN_EXPIRED);
	assert_string_equal(who.user, "anna");
	free(text);
}

static void remembered_before_the_clock_was_set_back(void **state)
{
	const char *text = forge(claims_text(&good));

	(void)state;
	assert_int_equal(check(text), OHTD_TOKEN_GOOD);
	atomic_fetch_sub(&manual.realtime_ns, 3600 * (int64_t)OHTD_NS_PER_S);
	assert_int_equal(check(text), OHTD_TOKEN_GOOD);
}

/* Its end is that of a remembered one, which finds the place. */
static void tampered_with_a_remembered_one(void **state)
{
	char *text = ohtd_token_issue(tokens, &anna), longer[1024];
	size_t n = strlen(text);

	(void)state;
	for (size_t i = 0; i + 1 < n; i++) {
		char was = text[i];

		if (was == '.' || text[i + 1] == '.')
			continue;
		assert_int_equal(check(text), OHTD_TOKEN_GOOD);
		text[i] = was == 'A' ? 'B' : 'A';
		assert_int_equal(check(text), OHTD_TOKEN_INVALID);
		assert_int_equal(who.role, OHTD_ROLE_NONE);
		text[i] = was;
	}
	assert_int_equal(check(text + 1), OHTD_TOKEN_INVALID);
	assert_int_equal(check(text + n - 8), OHTD_TOKEN_INVALID);
	snprintf(longer, sizeof(longer), "A%s", text);
	assert_int_equal(check(longer), OHTD_TOKEN_INVALID);
	snprintf(longer, sizeof(longer), "%s.%s", text, text);
	assert_int_equal(check(longer), OHTD_TOKEN_INVALID);
	assert_int_equal(check(text), OHTD_TOKEN_GOOD);
	free(text);
}

static void remembered_by_another_daemon(void **state)
{
	static const unsigned char other_key[OHTD_TOKEN_KEY_BYTES] = "another";
	struct ohtd_tokens *other = ohtd_tokens_create(other_key, sizeof(other_key), &wall);
	char *text = ohtd_token_issue(other, &anna);

	(void)state;
	assert_int_equal(ohtd_token_check(other, text, &who), OHTD_TOKEN_GOOD);
	assert_int_equal(check(text), OHTD_TOKEN_INVALID);
	free(text);
	ohtd_tokens_destroy(other);
}

/* More than there are places: each stays its own. */
static void more_sessions_than_are_remembered(void **state)
{
	enum { SESSIONS = 1000 };
	char *texts[SESSIONS];
	char name[16];

	(void)state;
	for (int i = 0; i < SESSIONS; i++) {
		struct ohtd_principal one = anna;

		snprintf(one.user, sizeof(one.user), "user%d", i);
		snprintf(one.session, sizeof(one.session), "%032d", i);
		one.user_id = i;
		texts[i] = ohtd_token_issue(tokens, &one);
	}
	for (int i = 0; i < 4 * SESSIONS; i++) {
		int chosen = i * 7 % SESSIONS;

		assert_int_equal(check(texts[chosen]), OHTD_TOKEN_GOOD);
		snprintf(name, sizeof(name), "user%d", chosen);
		assert_string_equal(who.user, name);
		assert_int_equal(who.user_id, chosen);
	}
	for (int i = 0; i < SESSIONS; i++)
		free(texts[i]);
}

static void longest_of_ours_is_remembered(void **state)
{
	struct ohtd_token_cache *cache = ohtd_token_cache_create();
	struct ohtd_claims claims = { .exp_s = 1 }, found;
	struct ohtd_principal longest = anna;
	char *text;

	(void)state;
	memset(longest.user, 'a', sizeof(longest.user) - 1);
	longest.user_id = INT64_MAX / 2 - 1;
	longest.role = OHTD_ROLE_ADMINISTRATOR;
	text = ohtd_token_issue(tokens, &longest);
	assert_int_equal(check(text), OHTD_TOKEN_GOOD);
	assert_false(ohtd_token_cache_find(cache, text, &found));
	ohtd_token_cache_put(cache, text, &claims);
	assert_true(ohtd_token_cache_find(cache, text, &found));
	assert_int_equal(found.exp_s, 1);
	assert_false(ohtd_token_cache_find(cache, text + 1, &found));
	assert_false(ohtd_token_cache_find(cache, "", &found));
	free(text);
	ohtd_token_cache_destroy(cache);
}

static void too_long_to_be_remembered(void **state)
{
	struct ohtd_token_cache *cache = ohtd_token_cache_create();
	struct ohtd_claims claims = { .exp_s = 1 };
	char text[OHTD_TOKEN_BYTES_MAX + 1];

	(void)state;
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = 0;
	ohtd_token_cache_put(cache, text, &claims);
	assert_false(ohtd_token_cache_find(cache, text, &claims));
	ohtd_token_cache_destroy(cache);
}

/* ---- keys that were before ---- */

static void take(const char *text, enum ohtd_token_result result)
{
	assert_int_equal(check(text), result);
}

static const char *forge_by(const unsigned char *secret, const char *boot_exp)
{
	struct claims c = good;

	c.boot_exp = boot_exp;
	return forge_with("{\"alg\":\"HS256\",\"typ\":\"JWT\"}", claims_text(&c), EVP_sha256(), secret, OHTD_TOKEN_KEY_BYTES);
}

/* A leaked key makes no token that lives for longer than the last one of it. */
static void key_before_opens_nothing_for_longer_than_its_last_token(void **state)
{
	char *text = ohtd_token_issue(tokens, &anna);
	char *forged;

	(void)state;
	assert_int_equal(ohtd_auth_tokens_rotate(tokens), 0);
	take(text, OHTD_TOKEN_GOOD);
	forged = strdup(forge_by(key, "99999"));
	take(forged, OHTD_TOKEN_GOOD);
	ohtd_manual_clock_advance(&manual, (OHTD_TOKEN_LIFE_S + 2) * OHTD_NS_PER_S);
	take(text, OHTD_TOKEN_EXPIRED);
	take(forged, OHTD_TOKEN_EXPIRED);
	ohtd_manual_clock_advance(&manual, OHTD_SESSION_LIFE_S * OHTD_NS_PER_S);
	ohtd_auth_tokens_tick(tokens);
	take(text, OHTD_TOKEN_INVALID);
	free(forged);
	free(text);
}

static void forged_before_the_change_and_remembered(void **state)
{
	char *forged = strdup(forge_by(key, "99999"));

	(void)state;
	take(forged, OHTD_TOKEN_GOOD);
	assert_int_equal(ohtd_auth_tokens_rotate(tokens), 0);
	ohtd_manual_clock_advance(&manual, (OHTD_TOKEN_LIFE_S + 2) * OHTD_NS_PER_S);
	take(forged, OHTD_TOKEN_EXPIRED);
	free(forged);
}

static void kid_of_another_key(void **state)
{
	struct ohtd_auth_tokens_view views[OHTD_TOKEN_KEYS_MAX];
	char header[256];
	bool sealed;

	(void)state;
	assert_int_equal(ohtd_auth_tokens_rotate(tokens), 0);
	assert_int_equal(ohtd_auth_tokens_look(tokens, views, &sealed), 2);
	for (int i = 0; i < 2; i++) {
		snprintf(header, sizeof(header), "{\"alg\":\"HS256\",\"typ\":\"JWT\",\"kid\":\"%s\"}", views[i].kid);
		take(forge_with(header, claims_text(&good), EVP_sha256(), key, sizeof(key)), i ? OHTD_TOKEN_GOOD : OHTD_TOKEN_INVALID);
	}
	/* No name of ours: longer, cut, empty. */
	for (int i = 0; i < 3; i++) {
		snprintf(header, sizeof(header), "{\"alg\":\"HS256\",\"typ\":\"JWT\",\"kid\":\"%.*s%s\"}", 8 * i, views[1].kid, i == 2 ? "0" : "");
		take(forge_with(header, claims_text(&good), EVP_sha256(), key, sizeof(key)), OHTD_TOKEN_INVALID);
	}
}

static void fifth_key_waits_for_the_end_of_the_first(void **state)
{
	unsigned char mac[OHTD_TOKEN_MAC_BYTES];

	(void)state;
	assert_int_equal(ohtd_tokens_mac(tokens, "p", key, 4, mac), 0);
	for (int i = 1; i < OHTD_TOKEN_KEYS_MAX; i++)
		assert_int_equal(ohtd_auth_tokens_rotate(tokens), 0);
	assert_int_equal(ohtd_auth_tokens_rotate(tokens), -EBUSY);
	assert_true(ohtd_auth_tokens_mac_is(tokens, "p", key, 4, mac));
	assert_false(ohtd_auth_tokens_mac_is(tokens, "q", key, 4, mac));
	ohtd_manual_clock_advance(&manual, (OHTD_SESSION_LIFE_S - 1) * OHTD_NS_PER_S);
	assert_int_equal(ohtd_auth_tokens_rotate(tokens), -EBUSY);
	assert_true(ohtd_auth_tokens_mac_is(tokens, "p", key, 4, mac));
	ohtd_manual_clock_advance(&manual, 2 * OHTD_NS_PER_S);
	assert_false(ohtd_auth_tokens_mac_is(tokens, "p", key, 4, mac));
	assert_int_equal(ohtd_auth_tokens_rotate(tokens), 0);
}

/* Only a clock that is kept right says that a key is old, and one that was years ahead says nothing. */
static void key_ends_by_its_age(void **state)
{
	struct ohtd_auth_tokens_view views[OHTD_TOKEN_KEYS_MAX];
	bool sealed;

	(void)state;
	manual.synchronised = false;
	ohtd_auth_tokens_tick(tokens);
	ohtd_manual_clock_advance(&manual, (OHTD_TOKEN_KEY_DAYS + 1) * 86400ull * OHTD_NS_PER_S);
	ohtd_auth_tokens_tick(tokens);
	assert_int_equal(ohtd_auth_tokens_look(tokens, views, &sealed), 1);
	manual.synchronised = true;
	ohtd_manual_clock_advance(&manual, 61 * OHTD_NS_PER_S);
	ohtd_auth_tokens_tick(tokens);
	assert_int_equal(ohtd_auth_tokens_look(tokens, views, &sealed), 2);
	ohtd_manual_clock_advance(&manual, 61 * OHTD_NS_PER_S);
	ohtd_auth_tokens_tick(tokens);
	assert_int_equal(ohtd_auth_tokens_look(tokens, views, &sealed), 2);
	ohtd_manual_clock_advance(&manual, OHTD_SESSION_LIFE_S * OHTD_NS_PER_S);
	ohtd_auth_tokens_tick(tokens);
	assert_int_equal(ohtd_auth_tokens_look(tokens, views, &sealed), 1);
}

int main(void)
{
#define CASE(name)	cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(issued_token_is_good),
		CASE(forger_of_this_test_can_forge),
		CASE(short_or_empty_key_is_refused),
		CASE(alg_none),
		CASE(signed_with_empty_key),
		CASE(signed_with_another_key),
		CASE(alg_confusion_among_hmacs),
		CASE(alg_confusion_with_public_key),
		CASE(tampered),
		CASE(truncated_and_padded),
		CASE(expired),
		CASE(clock_set_back),
		CASE(clock_set_forth_after_the_issue),
		CASE(exp_in_the_past_beyond_leeway),
		CASE(token_of_another_boot),
		CASE(not_yet_valid),
		CASE(times_of_a_wrong_type),
		CASE(missing_claims),
		CASE(of_another_kind_issuer_or_audience),
		CASE(invented_role),
		CASE(names_that_do_not_fit),
		CASE(remembered_and_then_expired),
		CASE(remembered_before_the_clock_was_set_back),
		CASE(tampered_with_a_remembered_one),
		CASE(remembered_by_another_daemon),
		CASE(more_sessions_than_are_remembered),
		CASE(longest_of_ours_is_remembered),
		CASE(too_long_to_be_remembered),
		CASE(key_before_opens_nothing_for_longer_than_its_last_token),
		CASE(forged_before_the_change_and_remembered),
		CASE(kid_of_another_key),
		CASE(fifth_key_waits_for_the_end_of_the_first),
		CASE(key_ends_by_its_age),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
