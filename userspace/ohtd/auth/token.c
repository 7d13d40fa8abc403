// SPDX-License-Identifier: GPL-2.0-or-later
#include "auth/token.h"

#include <errno.h>
#include <fcntl.h>
#include <jwt.h>
#include <json-c/json.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "auth/token_cache.h"
#include "base/clock.h"

#define ISSUER		"ohtd"
#define AUDIENCE	"oht"
#define TYPE		"access"
#define BOOT_ID_FILE	"/proc/sys/kernel/random/boot_id"

struct ohtd_tokens {
	struct ohtd_clock *clock;
	unsigned char key[OHTD_TOKEN_KEY_BYTES];
	char boot_id[OHTD_BOOT_ID_BYTES];
	struct ohtd_token_cache *cache;
};

static int64_t boot_s(const struct ohtd_tokens *tokens)
{
	return (int64_t)(ohtd_clock_boottime_ns(tokens->clock) / OHTD_NS_PER_S);
}

static int read_boot_id(char *id, size_t size)
{
	int fd = open(BOOT_ID_FILE, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = read(fd, id, size - 1);
	close(fd);
	if (n != (ssize_t)size - 1) {
		errno = EIO;
		return -1;
	}
	id[n] = 0;
	return 0;
}

struct ohtd_tokens *ohtd_tokens_create(const unsigned char *key, size_t key_bytes,
				       struct ohtd_clock *clock)
{
	struct ohtd_tokens *tokens;

	if (key_bytes < OHTD_TOKEN_KEY_BYTES) {
		errno = EINVAL;
		return NULL;
	}
	tokens = calloc(1, sizeof(*tokens));
	if (!tokens)
		return NULL;
	tokens->clock = clock;
	memcpy(tokens->key, key, sizeof(tokens->key));
	if (read_boot_id(tokens->boot_id, sizeof(tokens->boot_id))) {
		free(tokens);
		return NULL;
	}
	tokens->cache = ohtd_token_cache_create();
	if (!tokens->cache) {
		free(tokens);
		return NULL;
	}
	return tokens;
}

void ohtd_tokens_destroy(struct ohtd_tokens *tokens)
{
	if (!tokens)
		return;
	ohtd_token_cache_destroy(tokens->cache);
	OPENSSL_cleanse(tokens->key, sizeof(tokens->key));
	free(tokens);
}

const char *ohtd_tokens_boot_id(const struct ohtd_tokens *tokens)
{
	return tokens->boot_id;
}

static int put_claims(jwt_t *jwt, const struct ohtd_tokens *tokens,
		      const struct ohtd_principal *who)
{
	int64_t now_s = ohtd_clock_wall_s(tokens->clock);
	int r = 0;

	r |= jwt_add_grant(jwt, "iss", ISSUER);
	r |= jwt_add_grant(jwt, "aud", AUDIENCE);
	r |= jwt_add_grant(jwt, "typ", TYPE);
	r |= jwt_add_grant(jwt, "sub", who->user);
	r |= jwt_add_grant_int(jwt, "uid", (long)who->user_id);
	r |= jwt_add_grant(jwt, "sid", who->session);
	r |= jwt_add_grant_int(jwt, "epoch", (long)who->epoch);
	r |= jwt_add_grant(jwt, "role", ohtd_role_name(who->role));
	r |= jwt_add_grant_int(jwt, "iat", (long)now_s);
	r |= jwt_add_grant_int(jwt, "nbf", (long)now_s);
	r |= jwt_add_grant_int(jwt, "exp", (long)now_s + OHTD_TOKEN_LIFE_S);
	r |= jwt_add_grant(jwt, "boot", tokens->boot_id);
	r |= jwt_add_grant_int(jwt, "boot_exp", (long)boot_s(tokens) + OHTD_TOKEN_LIFE_S);
	return r;
}

char *ohtd_token_issue(struct ohtd_tokens *tokens, const struct ohtd_principal *who)
{
	char *text = NULL;
	jwt_t *jwt;

	if (jwt_new(&jwt))
		return NULL;
	if (!jwt_set_alg(jwt, JWT_ALG_HS256, tokens->key, sizeof(tokens->key)) &&
	    !put_claims(jwt, tokens, who))
		text = jwt_encode_str(jwt);
	jwt_free(jwt);
	return text;
}

/* libjwt answers 0 without an error for members of a wrong type, therefore types are judged here. */
static const char *claim_text(struct json_object *claims, const char *name)
{
	struct json_object *value;

	if (!json_object_object_get_ex(claims, name, &value) ||
	    !json_object_is_type(value, json_type_string) ||
	    strlen(json_object_get_string(value)) != (size_t)json_object_get_string_len(value))
		return NULL;
	return json_object_get_string(value);
}

static bool claim_number(struct json_object *claims, const char *name, int64_t *number)
{
	struct json_object *value;

	if (!json_object_object_get_ex(claims, name, &value) ||
	    !json_object_is_type(value, json_type_int))
		return false;
	*number = json_object_get_int64(value);
	return *number >= 0 && *number < INT64_MAX / 2;
}

static bool claim_is(struct json_object *claims, const char *name, const char *expected)
{
	const char *text = claim_text(claims, name);

	return text && !strcmp(text, expected);
}

static bool copy_claim(struct json_object *claims, const char *name, char *to, size_t size)
{
	const char *text = claim_text(claims, name);
	size_t n = text ? strlen(text) : 0;

	if (!n || n >= size)
		return false;
	memcpy(to, text, n + 1);
	return true;
}

static bool take_principal(struct json_object *claims, struct ohtd_principal *who)
{
	const char *role = claim_text(claims, "role");

	who->role = role ? ohtd_role_parse(role) : OHTD_ROLE_NONE;
	return who->role != OHTD_ROLE_NONE &&
	       claim_number(claims, "uid", &who->user_id) &&
	       claim_number(claims, "epoch", &who->epoch) &&
	       copy_claim(claims, "sub", who->user, sizeof(who->user)) &&
	       copy_claim(claims, "sid", who->session, sizeof(who->session));
}

/*
 * The second opinion of the wall time. A token that is older than a jump of the clock does not get
 * one: whoever sets the clock would throw everybody out.
 */
static bool is_older_than_a_leap(const struct ohtd_tokens *tokens, int64_t boot_exp_s)
{
	int64_t issued_boot_s = boot_exp_s - OHTD_TOKEN_LIFE_S;
	uint64_t issued_ns = issued_boot_s > 0 ? (uint64_t)issued_boot_s * OHTD_NS_PER_S : 0;

	return ohtd_clock_leapt_since(tokens->clock, issued_ns);
}

static bool wall_says_expired(const struct ohtd_tokens *tokens, int64_t now_s, int64_t exp_s,
			      int64_t boot_exp_s)
{
	return now_s >= exp_s + OHTD_TOKEN_LEEWAY_S && !is_older_than_a_leap(tokens, boot_exp_s);
}

/* The part that never changes and costs the time: signature, form and types. */
static bool take_claims(struct ohtd_tokens *tokens, struct json_object *json,
			struct ohtd_claims *claims)
{
	claims->this_boot = claim_is(json, "boot", tokens->boot_id);
	return claim_is(json, "iss", ISSUER) && claim_is(json, "aud", AUDIENCE) &&
	       claim_is(json, "typ", TYPE) && claim_text(json, "boot") &&
	       claim_number(json, "exp", &claims->exp_s) &&
	       claim_number(json, "nbf", &claims->nbf_s) &&
	       claim_number(json, "iat", &claims->iat_s) &&
	       claim_number(json, "boot_exp", &claims->boot_exp_s) &&
	       take_principal(json, &claims->who);
}

static bool read_token(struct ohtd_tokens *tokens, const char *text, struct ohtd_claims *claims)
{
	struct json_object *json;
	char *grants = NULL;
	bool good;
	jwt_t *jwt;

	if (strnlen(text, OHTD_TOKEN_BYTES_MAX + 1) > OHTD_TOKEN_BYTES_MAX ||
	    jwt_decode(&jwt, text, tokens->key, sizeof(tokens->key)))
		return false;
	/* The header chooses the algorithm; only ours counts. */
	if (jwt_get_alg(jwt) == JWT_ALG_HS256)
		grants = jwt_get_grants_json(jwt, NULL);
	jwt_free(jwt);
	json = grants ? json_tokener_parse(grants) : NULL;
	free(grants);
	good = json && json_object_is_type(json, json_type_object) &&
	       take_claims(tokens, json, claims);
	json_object_put(json);
	return good;
}

/* The part that changes with time. */
static enum ohtd_token_result judge_claims(struct ohtd_tokens *tokens,
					   const struct ohtd_claims *claims)
{
	int64_t now_s = ohtd_clock_wall_s(tokens->clock);

	if ((claims->nbf_s > now_s + OHTD_TOKEN_LEEWAY_S || claims->iat_s > now_s + OHTD_TOKEN_LEEWAY_S) &&
	    !(claims->this_boot && is_older_than_a_leap(tokens, claims->boot_exp_s)))
		return OHTD_TOKEN_INVALID;
	if (!claims->this_boot || boot_s(tokens) >= claims->boot_exp_s ||
	    wall_says_expired(tokens, now_s, claims->exp_s, claims->boot_exp_s))
		return OHTD_TOKEN_EXPIRED;
	return OHTD_TOKEN_GOOD;
}

enum ohtd_token_result ohtd_token_check(struct ohtd_tokens *tokens, const char *text,
					struct ohtd_principal *who)
{
	enum ohtd_token_result result;
	struct ohtd_claims claims;

	memset(who, 0, sizeof(*who));
	memset(&claims, 0, sizeof(claims));
	if (!ohtd_token_cache_find(tokens->cache, text, &claims)) {
		if (!read_token(tokens, text, &claims))
			return OHTD_TOKEN_INVALID;
		ohtd_token_cache_put(tokens->cache, text, &claims);
	}
	result = judge_claims(tokens, &claims);
	if (result != OHTD_TOKEN_INVALID)
		*who = claims.who;
	return result;
}

int ohtd_tokens_mac(const struct ohtd_tokens *tokens, const char *purpose,
		    const unsigned char *data, size_t bytes, unsigned char *mac)
{
	unsigned char text[128];
	unsigned int mac_bytes = 0;
	size_t n = strlen(purpose) + 1;

	if (n + bytes > sizeof(text))
		return -EIO;
	memcpy(text, purpose, n);
	memcpy(text + n, data, bytes);
	return HMAC(EVP_sha256(), tokens->key, sizeof(tokens->key), text, n + bytes, mac,
		    &mac_bytes) && mac_bytes == OHTD_TOKEN_MAC_BYTES ? 0 : -EIO;
}
