// SPDX-License-Identifier: GPL-2.0-or-later
#include "auth/token.h"

#include <errno.h>
#include <fcntl.h>
#include <jwt.h>
#include <json-c/json.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include "auth/token_cache.h"
#include "auth/token_ring.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/hex.h"
#include "base/log.h"
#include "base/part.h"

#define ISSUER		"ohtd"
#define AUDIENCE	"oht"
#define TYPE		"access"
#define BOOT_ID_FILE	"/proc/sys/kernel/random/boot_id"
#define JTI_BYTES	8
#define DIR_BYTES	300
/* Between two looks whether a key is to be replaced, or not needed any more. */
#define LOOK_NS		(60 * OHTD_NS_PER_S)
#define DAY_S		(24 * 3600)

struct ohtd_tokens {
	struct ohtd_clock *clock;
	char boot_id[OHTD_BOOT_ID_BYTES];
	struct ohtd_token_cache *cache;
	pthread_mutex_t lock;		/* the ring */
	struct ohtd_auth_ring ring;
	pthread_mutex_t files;		/* the members below, and each change of the ring */
	char dir[DIR_BYTES];		/* "": nothing is kept */
	bool sealed;
	unsigned char seal[OHTD_TOKEN_KEY_BYTES];
	uint64_t look_ns;
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

static struct ohtd_auth_ring_moment moment_of(const struct ohtd_tokens *tokens)
{
	return (struct ohtd_auth_ring_moment){
		.now_s = ohtd_clock_wall_s(tokens->clock), .boot_ms = (int64_t)(ohtd_clock_boottime_ns(tokens->clock) / OHTD_NS_PER_MS),
		.boot_id = tokens->boot_id,
	};
}

/* ---- the keys ---- */

static void copy_ring(struct ohtd_tokens *tokens, struct ohtd_auth_ring *ring)
{
	pthread_mutex_lock(&tokens->lock);
	*ring = tokens->ring;
	pthread_mutex_unlock(&tokens->lock);
}

static void forget_ring(struct ohtd_auth_ring *ring)
{
	OPENSSL_cleanse(ring, sizeof(*ring));
}

static void put_ring(struct ohtd_tokens *tokens, const struct ohtd_auth_ring *ring)
{
	pthread_mutex_lock(&tokens->lock);
	tokens->ring = *ring;
	pthread_mutex_unlock(&tokens->lock);
	/* The cached verdicts are of the earlier keys. */
	ohtd_auth_token_cache_clear(tokens->cache);
}

static struct ohtd_auth_ring_key *begin_ring(struct ohtd_tokens *tokens, const unsigned char *key)
{
	struct ohtd_auth_ring_key *first = &tokens->ring.at[0];

	tokens->ring.count = 1;
	first->since_s = ohtd_clock_wall_s(tokens->clock);
	memcpy(first->raw, key, sizeof(first->raw));
	return first;
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
	if (read_boot_id(tokens->boot_id, sizeof(tokens->boot_id))) {
		free(tokens);
		return NULL;
	}
	tokens->cache = ohtd_token_cache_create();
	if (!tokens->cache || ohtd_auth_ring_derive(begin_ring(tokens, key), NULL)) {
		ohtd_token_cache_destroy(tokens->cache);
		free(tokens);
		errno = ENOMEM;
		return NULL;
	}
	pthread_mutex_init(&tokens->lock, NULL);
	pthread_mutex_init(&tokens->files, NULL);
	return tokens;
}

void ohtd_tokens_destroy(struct ohtd_tokens *tokens)
{
	if (!tokens)
		return;
	ohtd_token_cache_destroy(tokens->cache);
	pthread_mutex_destroy(&tokens->lock);
	pthread_mutex_destroy(&tokens->files);
	OPENSSL_cleanse(tokens, sizeof(*tokens));
	free(tokens);
}

static void set_ring_aside(const struct ohtd_tokens *tokens, int r)
{
	char path[DIR_BYTES + 16];

	snprintf(path, sizeof(path), "%s/token.keys", tokens->dir);
	ohtd_log(OHTD_LOG_ERROR, "auth", "key_made_anew", "%s: %s; it was set aside, so tokens of earlier keys are refused", path,
		 r == -EINVAL ? "makes no sense" : strerror(-r));
	ohtd_file_set_aside(path, ohtd_clock_wall_s(tokens->clock));
}

int ohtd_auth_tokens_keep(struct ohtd_tokens *tokens, const char *dir, const unsigned char *seal)
{
	struct ohtd_auth_ring ring = tokens->ring;
	int r;

	if (strlen(dir) >= sizeof(tokens->dir))
		return -EIO;
	strcpy(tokens->dir, dir);
	tokens->sealed = seal;
	if (seal)
		memcpy(tokens->seal, seal, sizeof(tokens->seal));
	ring.at[0].since_s = ohtd_clock_wall_s(tokens->clock);
	if (ohtd_auth_ring_derive(&ring.at[0], seal))
		return -EIO;
	r = ohtd_auth_ring_read(&ring, dir, seal);
	if (ohtd_file_is_unusable(r) || r == -EINVAL)
		set_ring_aside(tokens, r);
	/* A disk that does not take it has the key judged as one that begins now, at each start. */
	if (r)
		ohtd_auth_ring_write(&ring, dir, false);
	put_ring(tokens, &ring);
	forget_ring(&ring);
	return 0;
}

int ohtd_auth_tokens_rotate(struct ohtd_tokens *tokens)
{
	struct ohtd_auth_ring_moment now = moment_of(tokens);
	struct ohtd_auth_ring ring;
	int r;

	pthread_mutex_lock(&tokens->files);
	copy_ring(tokens, &ring);
	ohtd_auth_ring_prune(&ring, &now);
	r = ohtd_auth_ring_turn(&ring, tokens->sealed ? tokens->seal : NULL, &now);
	if (!r && *tokens->dir)
		r = ohtd_auth_ring_write(&ring, tokens->dir, true);
	if (!r)
		put_ring(tokens, &ring);
	pthread_mutex_unlock(&tokens->files);
	forget_ring(&ring);
	return r;
}

unsigned int ohtd_auth_tokens_look(struct ohtd_tokens *tokens, struct ohtd_auth_tokens_view views[OHTD_TOKEN_KEYS_MAX], bool *sealed)
{
	struct ohtd_auth_ring_moment now = moment_of(tokens);
	struct ohtd_auth_ring ring;
	unsigned int count;

	copy_ring(tokens, &ring);
	ohtd_auth_ring_prune(&ring, &now);
	count = ring.count;
	for (unsigned int i = 0; i < count; i++) {
		views[i] = (struct ohtd_auth_tokens_view){ .since_s = ring.at[i].since_s, .left_ms = i ? ohtd_auth_ring_left_ms(&ring, i, &now) : -1 };
		strcpy(views[i].kid, ring.at[i].kid);
	}
	forget_ring(&ring);
	*sealed = tokens->sealed;
	return count;
}

/* ---- what time does to them ---- */

/* A clock that is not synchronised does not say how old a key is. */
static bool is_due(struct ohtd_tokens *tokens, const struct ohtd_auth_ring *ring)
{
	struct ohtd_clock_view clock;
	int64_t age_s;

	ohtd_clock_look(tokens->clock, &clock);
	age_s = clock.wall_ns / (int64_t)OHTD_NS_PER_S - ring->at[0].since_s;
	/* The clock was ahead when the key began: its age is not known. */
	return clock.synchronised && (age_s >= OHTD_TOKEN_KEY_DAYS * (int64_t)DAY_S || age_s < -DAY_S);
}

static void rotate_by_age(struct ohtd_tokens *tokens)
{
	int r = ohtd_auth_tokens_rotate(tokens);

	if (!r)
		ohtd_log(OHTD_LOG_NOTICE, "auth", "signing_key_rotated", "by itself, after %d days", OHTD_TOKEN_KEY_DAYS);
	else
		ohtd_log(OHTD_LOG_WARNING, "auth", "signing_key_rotated", "not: %s; tried again", strerror(-r));
}

void ohtd_auth_tokens_tick(struct ohtd_tokens *tokens)
{
	uint64_t now_ns = ohtd_clock_monotonic_ns(tokens->clock);
	struct ohtd_auth_ring_moment now = moment_of(tokens);
	struct ohtd_auth_ring ring;

	if (now_ns < tokens->look_ns)
		return;
	tokens->look_ns = now_ns + LOOK_NS;
	pthread_mutex_lock(&tokens->files);
	copy_ring(tokens, &ring);
	/* A key that is no longer needed leaves the disk first; a later look takes it from memory. */
	if (ohtd_auth_ring_prune(&ring, &now) && (!*tokens->dir || !ohtd_auth_ring_write(&ring, tokens->dir, false)))
		put_ring(tokens, &ring);
	pthread_mutex_unlock(&tokens->files);
	if (is_due(tokens, &ring))
		rotate_by_age(tokens);
	forget_ring(&ring);
}

static void tick(void *part)
{
	ohtd_auth_tokens_tick(part);
}

const struct ohtd_daemon_part ohtd_auth_tokens_part = { .tick = tick };

/* ---- tokens ---- */

const char *ohtd_tokens_boot_id(const struct ohtd_tokens *tokens)
{
	return tokens->boot_id;
}

static int put_claims(jwt_t *jwt, const struct ohtd_tokens *tokens,
		      const struct ohtd_principal *who)
{
	int64_t now_s = ohtd_clock_wall_s(tokens->clock);
	unsigned char number[JTI_BYTES];
	char jti[2 * JTI_BYTES + 1];
	int r = RAND_bytes(number, sizeof(number)) == 1 ? 0 : -EIO;

	ohtd_hex_text(jti, number, sizeof(number));
	r |= jwt_add_grant(jwt, "jti", jti);
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
	struct ohtd_auth_ring ring;
	char *text = NULL;
	jwt_t *jwt;

	if (jwt_new(&jwt))
		return NULL;
	copy_ring(tokens, &ring);
	if (!jwt_set_alg(jwt, JWT_ALG_HS256, ring.at[0].key, sizeof(ring.at[0].key)) && !jwt_add_header(jwt, "kid", ring.at[0].kid) &&
	    !put_claims(jwt, tokens, who))
		text = jwt_encode_str(jwt);
	forget_ring(&ring);
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

static bool read_signed(struct ohtd_tokens *tokens, jwt_t *jwt, struct ohtd_claims *claims)
{
	struct json_object *json;
	char *grants = NULL;
	bool good;

	/* The header chooses the algorithm; only ours counts. */
	if (jwt_get_alg(jwt) == JWT_ALG_HS256)
		grants = jwt_get_grants_json(jwt, NULL);
	json = grants ? json_tokener_parse(grants) : NULL;
	free(grants);
	good = json && json_object_is_type(json, json_type_object) &&
	       take_claims(tokens, json, claims);
	json_object_put(json);
	return good;
}

/* The key that the unverified header of the token names. False: it names none, and so each key may have signed it. */
static bool read_kid(const char *text, char *kid, size_t size)
{
	const char *named = NULL;
	jwt_t *jwt = NULL;

	if (!jwt_decode(&jwt, text, NULL, 0))
		named = jwt_get_header(jwt, "kid");
	if (named)
		snprintf(kid, size, "%s", named);
	jwt_free(jwt);
	return named;
}

/* An earlier key opens nothing for longer than its last token, whatever that says. */
static bool read_token(struct ohtd_tokens *tokens, const char *text, struct ohtd_claims *claims)
{
	struct ohtd_auth_ring_moment now = moment_of(tokens);
	char kid[OHTD_TOKEN_KID_BYTES + 1];	/* one more, so that a longer name is none of ours */
	struct ohtd_auth_ring ring;
	jwt_t *jwt = NULL;
	unsigned int i;
	bool named, good;

	if (strnlen(text, OHTD_TOKEN_BYTES_MAX + 1) > OHTD_TOKEN_BYTES_MAX)
		return false;
	named = read_kid(text, kid, sizeof(kid));
	copy_ring(tokens, &ring);
	for (i = 0; i < ring.count; i++)
		if ((!named || !strcmp(kid, ring.at[i].kid)) && ohtd_auth_ring_left_ms(&ring, i, &now) > 0 &&
		    !jwt_decode(&jwt, text, ring.at[i].key, sizeof(ring.at[i].key)))
			break;
	good = i < ring.count && read_signed(tokens, jwt, claims);
	if (good && claims->boot_exp_s > ohtd_auth_ring_access_s(&ring, i, &now))
		claims->boot_exp_s = ohtd_auth_ring_access_s(&ring, i, &now);
	forget_ring(&ring);
	jwt_free(jwt);
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

static int mac_by(const struct ohtd_auth_ring_key *key, const char *purpose, const unsigned char *data, size_t bytes, unsigned char *mac)
{
	unsigned char text[128];
	unsigned int mac_bytes = 0;
	size_t n = strlen(purpose) + 1;

	if (n + bytes > sizeof(text))
		return -EIO;
	memcpy(text, purpose, n);
	memcpy(text + n, data, bytes);
	return HMAC(EVP_sha256(), key->key, sizeof(key->key), text, n + bytes, mac,
		    &mac_bytes) && mac_bytes == OHTD_TOKEN_MAC_BYTES ? 0 : -EIO;
}

int ohtd_tokens_mac(struct ohtd_tokens *tokens, const char *purpose,
		    const unsigned char *data, size_t bytes, unsigned char *mac)
{
	struct ohtd_auth_ring ring;
	int r;

	copy_ring(tokens, &ring);
	r = mac_by(&ring.at[0], purpose, data, bytes, mac);
	forget_ring(&ring);
	return r;
}

bool ohtd_auth_tokens_mac_is(struct ohtd_tokens *tokens, const char *purpose, const unsigned char *data, size_t bytes,
			const unsigned char *mac)
{
	struct ohtd_auth_ring_moment now = moment_of(tokens);
	unsigned char right[OHTD_TOKEN_MAC_BYTES];
	struct ohtd_auth_ring ring;
	bool is = false;

	copy_ring(tokens, &ring);
	for (unsigned int i = 0; i < ring.count; i++)
		is |= ohtd_auth_ring_left_ms(&ring, i, &now) > 0 && !mac_by(&ring.at[i], purpose, data, bytes, right) &&
		      !CRYPTO_memcmp(right, mac, sizeof(right));
	forget_ring(&ring);
	OPENSSL_cleanse(right, sizeof(right));
	return is;
}
