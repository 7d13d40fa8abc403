// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Access tokens as an attacker may send them: any text, ours with changes, and any claims that are
 * well signed.
 */
#include "fuzz.h"

#include <stdbool.h>
#include <json-c/json.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "auth/token.h"
#include "base/clock.h"

#define NOW_S	   1800000000LL
#define BOOT_S	   5000
#define TEXT_BYTES	4096

enum way { ANY_TEXT, CHANGED, SIGNED, WAYS };

static const unsigned char key[OHTD_TOKEN_KEY_BYTES] = "0123456789abcdef0123456789abcde";
static const struct ohtd_principal anna = {
	.user_id = 7,
	.user = "anna",
	.session = "0123456789abcdef0123456789abcdef",
	.role = OHTD_ROLE_SUPERVISOR,
};

static struct ohtd_manual_clock manual;
static struct ohtd_clock wall;
static struct ohtd_tokens *tokens;
static char *issued;

static void set_time(int64_t later_s)
{
	atomic_store(&manual.now_ns, (uint64_t)(BOOT_S + later_s) * OHTD_NS_PER_S);
	atomic_store(&manual.realtime_ns, (NOW_S + later_s) * (int64_t)OHTD_NS_PER_S);
}

static void prepare(void)
{
	set_time(0);
	/* For each input: a clock that has leapt has no say in when a token ends. */
	ohtd_clock_init(&wall, &ohtd_clock_manual, &manual, 0);
	if (tokens)
		return;
	tokens = ohtd_tokens_create(key, sizeof(key), &wall);
	issued = tokens ? ohtd_token_issue(tokens, &anna) : NULL;
	if (!issued)
		abort();
}

static enum ohtd_token_result check(const char *text, struct ohtd_principal *who)
{
#ifdef FUZZ_SEED_DEFECT
	/* Looks at the beginning of the signature only. */
	size_t n = strlen(issued);

	if (strlen(text) == n && !memcmp(text, issued, n - 8)) {
		*who = anna;
		return OHTD_TOKEN_GOOD;
	}
#endif
	return ohtd_token_check(tokens, text, who);
}

static bool same_principal(const struct ohtd_principal *a, const struct ohtd_principal *b)
{
	return a->user_id == b->user_id && a->role == b->role && !strcmp(a->user, b->user) &&
	       !strcmp(a->session, b->session);
}

/* What the daemon may know about a result that says it is good. */
static void check_good(const char *text, const struct ohtd_principal *who)
{
	struct ohtd_principal again;

	HOLDS("a good token says whose it is", who->user[0] && who->session[0]);
	HOLDS("names end where they may", strlen(who->user) <= OHTD_USER_NAME_MAX &&
						  strlen(who->session) < OHTD_SESSION_ID_BYTES);
	HOLDS("and gives a role", ohtd_role_name(who->role) &&
					  ohtd_role_parse(ohtd_role_name(who->role)) == who->role &&
					  who->role != OHTD_ROLE_NONE);
	HOLDS("the second look says the same",
	      check(text, &again) == OHTD_TOKEN_GOOD && same_principal(who, &again));
}

static void try_any_text(struct fuzz_input in)
{
	char *text = fuzz_text(in.at, in.left);
	struct ohtd_principal who;

	HOLDS("nobody without the key makes a token",
	      !strcmp(text, issued) || check(text, &who) == OHTD_TOKEN_INVALID);
	free(text);
}

/*
 * Each two bytes change one character of a token of ours; a changed token is another text, so it is
 * refused.
 */
static void try_changed(struct fuzz_input in)
{
	char *text = fuzz_text(issued, strlen(issued));
	struct ohtd_principal who;
	size_t n = strlen(text);

	HOLDS("ours is good",
	      check(issued, &who) == OHTD_TOKEN_GOOD && same_principal(&who, &anna));
	while (in.left >= 3) {
		uint16_t place = fuzz_take16(&in);

		text[place % n] ^= (char)fuzz_take8(&in);
	}
	if (strcmp(text, issued))
		HOLDS("a changed token is refused", check(text, &who) == OHTD_TOKEN_INVALID);
	free(text);
}

static size_t encode(const void *data, size_t bytes, char *to)
{
	int n = EVP_EncodeBlock((unsigned char *)to, data, (int)bytes);

	while (n && to[n - 1] == '=')
		n--;
	for (int i = 0; i < n; i++)
		to[i] = (char)(to[i] == '+' ? '-' : to[i] == '/' ? '_' : to[i]);
	to[n] = 0;
	return (size_t)n;
}

static void sign(const char *header, const char *claims, char *text)
{
	unsigned char mac[EVP_MAX_MD_SIZE];
	unsigned int mac_bytes = 0;
	size_t n = encode(header, strlen(header), text);

	text[n++] = '.';
	n += encode(claims, strlen(claims), text + n);
	HMAC(EVP_sha256(), key, sizeof(key), (unsigned char *)text, n, mac, &mac_bytes);
	text[n++] = '.';
	encode(mac, mac_bytes, text + n);
}

/* libjwt takes the name of an algorithm in any case. */
static bool says(struct json_object *object, const char *name, const char *expected)
{
	struct json_object *value;

	return json_object_object_get_ex(object, name, &value) &&
	       json_object_is_type(value, json_type_string) &&
	       !(strcmp(name, "alg") ? strcmp : strcasecmp)(json_object_get_string(value),
							    expected);
}

static int64_t number_of(struct json_object *object, const char *name)
{
	struct json_object *value;

	HOLDS("a time is a number", json_object_object_get_ex(object, name, &value) &&
					    json_object_is_type(value, json_type_int));
	return json_object_get_int64(value);
}

/*
 * What must be in a token that counts, read apart from the code under test. Returns when it ends,
 * in boot time.
 */
static int64_t check_claims(const char *header, const char *claims)
{
	struct json_object *head = json_tokener_parse(header), *body = json_tokener_parse(claims);
	int64_t end_s = number_of(body, "boot_exp");

	HOLDS("the algorithm is ours", says(head, "alg", "HS256"));
	HOLDS("issuer, audience and type are ours",
	      says(body, "iss", "ohtd") && says(body, "aud", "oht") && says(body, "typ", "access"));
	HOLDS("the boot is this one", says(body, "boot", ohtd_tokens_boot_id(tokens)));
	/* What the wall time did before the daemon began nobody has seen: it judges younger tokens only. */
	HOLDS("it has not ended",
	      end_s > BOOT_S && (number_of(body, "exp") + OHTD_TOKEN_LEEWAY_S > NOW_S ||
				 end_s - OHTD_TOKEN_LIFE_S < BOOT_S));
	HOLDS("it has begun", number_of(body, "nbf") <= NOW_S + OHTD_TOKEN_LEEWAY_S &&
				      number_of(body, "iat") <= NOW_S + OHTD_TOKEN_LEEWAY_S);
	json_object_put(head);
	json_object_put(body);
	return end_s;
}

/* The boot differs from run to run, so an input writes "@" for it. */
static char *with_boot(const char *claims)
{
	const char *boot = ohtd_tokens_boot_id(tokens), *at = strchr(claims, '@');
	char *text = malloc(strlen(claims) + strlen(boot) + 1);

	if (!text)
		abort();
	if (at)
		sprintf(text, "%.*s%s%s", (int)(at - claims), claims, boot, at + 1);
	else
		strcpy(text, claims);
	return text;
}

static void check_signed(char *text, int64_t end_s)
{
	struct ohtd_principal who;
	size_t last = strlen(text) - 1;

	text[last] ^= 1;
	HOLDS("a token changed in one bit is refused", check(text, &who) == OHTD_TOKEN_INVALID);
	text[last] ^= 1;
	if (end_s > UINT32_MAX)
		return;
	set_time(end_s - BOOT_S);
	HOLDS("a token that has been looked at ends in time", check(text, &who) != OHTD_TOKEN_GOOD);
	set_time(0);
}

/* Header, newline, claims; signed with the key. */
static void try_signed(struct fuzz_input in)
{
	char *header = fuzz_text(in.at, in.left), *newline = strchr(header, '\n'), *claims;
	struct ohtd_principal who;
	char text[TEXT_BYTES];

	if (newline && in.left < TEXT_BYTES / 2 - 128) {
		*newline = 0;
		claims = with_boot(newline + 1);
		sign(header, claims, text);
		if (check(text, &who) == OHTD_TOKEN_GOOD) {
			int64_t end_s = check_claims(header, claims);

			check_good(text, &who);
			check_signed(text, end_s);
		}
		free(claims);
	}
	free(header);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };

	prepare();
	switch (fuzz_take8(&in) % WAYS) {
	case ANY_TEXT:
		try_any_text(in);
		break;
	case CHANGED:
		try_changed(in);
		break;
	default:
		try_signed(in);
	}
	return 0;
}
