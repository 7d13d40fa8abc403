// SPDX-License-Identifier: GPL-2.0-or-later
#include "auth/keys.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "base/address.h"
#include "base/clock.h"
#include "base/hex.h"
#include "base/life.h"
#include "base/log.h"

#define SESSION_PREFIX	"key-"		/* no id of a session has such a letter */
#define CHAINS		256
#define NETWORKS_MAX	16
#define ID_CHARS	(OHTD_KEY_ID_BYTES - 1)
#define NOTED_MS	(3600 * 1000ll)		/* uses are written that coarsely */
#define DAY_S		(24 * 3600ll)

/**
 * struct account - of keys, as it is now
 * @keys: all of its keys, by key.beside
 * @off: disabled or deleted
 */
struct account {
	struct account *next;
	struct key *keys;
	int64_t user_id;
	int64_t epoch;
	int role;
	bool off;
};

/**
 * struct key - a key
 * @next: in its chain
 * @beside: the next one of its account
 * @row: as the store has it, with newer uses
 * @left_until_ms: CLOCK_BOOTTIME at which its time is over, whatever the time of day
 * @noted_ms: CLOCK_BOOTTIME when its row was last written
 * @noted_s: its use as the row has it
 * @due: write the row soon
 */
struct key {
	struct key *next;
	struct key *beside;
	struct ohtd_account_key row;
	struct account *account;
	struct ohtd_network networks[NETWORKS_MAX];
	unsigned int network_count;
	int64_t left_until_ms;
	int64_t noted_ms;
	int64_t noted_s;
	bool due;
	enum ohtd_auth_key_concern concern;	/* while all keys are judged */
};

struct ohtd_auth_keys {
	struct ohtd_clock *clock;
	pthread_mutex_t lock;
	struct key *chains[CHAINS];
	struct account *accounts;
};

struct ohtd_auth_keys *ohtd_auth_keys_create(struct ohtd_clock *clock)
{
	struct ohtd_auth_keys *keys = calloc(1, sizeof(*keys));

	if (!keys)
		return NULL;
	keys->clock = clock;
	pthread_mutex_init(&keys->lock, NULL);
	return keys;
}

void ohtd_auth_keys_destroy(struct ohtd_auth_keys *keys)
{
	if (!keys)
		return;
	for (size_t i = 0; i < CHAINS; i++)
		for (struct key *key = keys->chains[i], *next; key; key = next) {
			next = key->next;
			free(key);
		}
	for (struct account *account = keys->accounts, *next; account; account = next) {
		next = account->next;
		free(account);
	}
	pthread_mutex_destroy(&keys->lock);
	free(keys);
}

static int64_t boot_ms(const struct ohtd_auth_keys *keys)
{
	return (int64_t)(ohtd_clock_boottime_ns(keys->clock) / OHTD_NS_PER_MS);
}

/* ---- texts ---- */

static bool hash_of(const char *secret, char hash[OHTD_KEY_HASH_BYTES])
{
	unsigned char digest[32];

	if (EVP_Digest(secret, OHTD_KEY_SECRET_CHARS, digest, NULL, EVP_sha256(), NULL) != 1)
		return false;
	ohtd_hex_text(hash, digest, sizeof(digest));
	return true;
}

int ohtd_auth_key_draw(struct ohtd_account_key *key, char text[OHTD_KEY_TEXT_BYTES])
{
	unsigned char id[ID_CHARS / 2], raw[OHTD_KEY_SECRET_CHARS / 2];
	char secret[OHTD_KEY_SECRET_CHARS + 1];
	bool drawn = RAND_bytes(id, sizeof(id)) == 1 && RAND_bytes(raw, sizeof(raw)) == 1;

	ohtd_hex_text(key->id, id, sizeof(id));
	ohtd_hex_text(secret, raw, sizeof(raw));
	drawn = drawn && hash_of(secret, key->hash);
	snprintf(text, OHTD_KEY_TEXT_BYTES, OHTD_KEY_PREFIX "%s_%s", key->id, secret);
	OPENSSL_cleanse(raw, sizeof(raw));
	OPENSSL_cleanse(secret, sizeof(secret));
	return drawn ? 0 : -EIO;
}

bool ohtd_auth_key_is(const char *text)
{
	return !strncmp(text, OHTD_KEY_PREFIX, strlen(OHTD_KEY_PREFIX));
}

/* Small letters only, so that a key has one text. */
static size_t digits(const char *text)
{
	return strspn(text, "0123456789abcdef");
}

/* Where the secret begins in a text that begins with a key; NULL: it does not. */
static const char *secret_of(const char *text)
{
	const char *id = text + strlen(OHTD_KEY_PREFIX);

	if (!ohtd_auth_key_is(text) || digits(id) != ID_CHARS || id[ID_CHARS] != '_' ||
	    digits(id + ID_CHARS + 1) != OHTD_KEY_SECRET_CHARS)
		return NULL;
	return id + ID_CHARS + 1;
}

/* ---- under the lock ---- */

static struct key **chain_of(struct ohtd_auth_keys *keys, const char *id)
{
	return &keys->chains[ohtd_hex_digit(id[0]) << 4 | ohtd_hex_digit(id[1])];
}

static struct key *find(struct ohtd_auth_keys *keys, const char *id)
{
	struct key *key;

	if (digits(id) < ID_CHARS)
		return NULL;
	key = *chain_of(keys, id);
	while (key && memcmp(key->row.id, id, ID_CHARS) != 0)
		key = key->next;
	return key;
}

static struct key *find_session(struct ohtd_auth_keys *keys, const char *session)
{
	size_t n = strlen(SESSION_PREFIX);

	return strncmp(session, SESSION_PREFIX, n) ? NULL : find(keys, session + n);
}

/* Its key, if the text has its secret too. The hash of a key that there is not is compared as well. */
static struct key *prove(struct ohtd_auth_keys *keys, const char *text)
{
	const char *secret = secret_of(text);
	char hash[OHTD_KEY_HASH_BYTES], none[OHTD_KEY_HASH_BYTES] = "";
	struct key *key;
	bool right;

	if (!secret || !hash_of(secret, hash))
		return NULL;
	key = find(keys, text + strlen(OHTD_KEY_PREFIX));
	right = !CRYPTO_memcmp(hash, key ? key->row.hash : none, sizeof(hash) - 1);
	return right ? key : NULL;
}

static bool is_over(struct ohtd_auth_keys *keys, const struct key *key)
{
	return ohtd_clock_wall_s(keys->clock) >= key->row.expires_s || boot_ms(keys) >= key->left_until_ms;
}

static bool has_address(const struct key *key, const char *address)
{
	for (unsigned int i = 0; i < key->network_count; i++)
		if (ohtd_network_has(&key->networks[i], address))
			return true;
	return !*key->row.addresses;
}

/* Is the word one of those with commas between them? "": all are. */
static bool is_among(const char *words, const char *word)
{
	size_t n = strlen(word);

	if (!*words)
		return true;
	for (const char *at = words; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL)
		if (!strncmp(at, word, n) && (!at[n] || at[n] == ','))
			return true;
	return false;
}

static struct account *find_account(struct ohtd_auth_keys *keys, int64_t user_id)
{
	struct account *account = keys->accounts;

	while (account && account->user_id != user_id)
		account = account->next;
	return account;
}

/* @said may be older than the account that is known: its epoch tells. NULL: out of memory. */
static struct account *take_account(struct ohtd_auth_keys *keys, const struct account *said)
{
	struct account *account = find_account(keys, said->user_id);

	if (!account) {
		account = calloc(1, sizeof(*account));
		if (!account)
			return NULL;
		account->next = keys->accounts;
		keys->accounts = account;
	} else if (said->epoch < account->epoch) {
		return account;
	}
	account->user_id = said->user_id;
	account->epoch = said->epoch;
	account->role = said->role;
	account->off = said->off;
	return account;
}

static void take_networks(struct key *key)
{
	char text[OHTD_KEY_LIST_BYTES], *rest = NULL;

	snprintf(text, sizeof(text), "%s", key->row.addresses);
	key->network_count = 0;
	for (char *word = strtok_r(text, ",", &rest); word && key->network_count < NETWORKS_MAX; word = strtok_r(NULL, ",", &rest))
		if (ohtd_network_read(&key->networks[key->network_count], word))
			key->network_count++;
}

static void unlink_key(struct ohtd_auth_keys *keys, struct key *key)
{
	struct key **at = chain_of(keys, key->row.id), **of = &key->account->keys;

	while (*at != key)
		at = &(*at)->next;
	*at = key->next;
	while (*of != key)
		of = &(*of)->beside;
	*of = key->beside;
	free(key);
}

/* ---- what becomes of keys and accounts ---- */

/* Under the lock. What is known of a key is never given time back. */
static void cut(struct key *key, const struct ohtd_account_key *row, int64_t until_ms)
{
	if (row->expires_s < key->row.expires_s)
		key->row.expires_s = row->expires_s;
	if (until_ms < key->left_until_ms)
		key->left_until_ms = until_ms;
}

static int64_t until_ms_of(const struct ohtd_auth_keys *keys, const struct ohtd_account_key *row)
{
	return boot_ms(keys) + ohtd_life_s(row->left_s) * 1000;
}

/* Under the lock. */
static int put(struct ohtd_auth_keys *keys, const struct ohtd_account_key *row)
{
	const struct account said = {
		.user_id = row->user_id, .epoch = row->user_epoch, .role = row->user_role, .off = row->user_disabled,
	};
	struct account *account = take_account(keys, &said);
	struct key *key = find(keys, row->id), **chain;
	int64_t until_ms = until_ms_of(keys, row);

	if (!account)
		return -ENOMEM;
	if (!key) {
		key = calloc(1, sizeof(*key));
		if (!key)
			return -ENOMEM;
		chain = chain_of(keys, row->id);
		key->next = *chain;
		*chain = key;
		key->account = account;
		key->beside = account->keys;
		account->keys = key;
		key->noted_ms = boot_ms(keys);
		key->row = *row;
		key->noted_s = row->used_s;
		key->left_until_ms = until_ms;
	}
	cut(key, row, until_ms);
	take_networks(key);
	return 0;
}

int ohtd_auth_keys_put(struct ohtd_auth_keys *keys, const struct ohtd_account_key *row)
{
	int r;

	/* A database may hold what no text of a key can name. */
	if (digits(row->id) != ID_CHARS)
		return 0;
	pthread_mutex_lock(&keys->lock);
	r = put(keys, row);
	pthread_mutex_unlock(&keys->lock);
	return r;
}

void ohtd_auth_keys_cut(struct ohtd_auth_keys *keys, const struct ohtd_account_key *row)
{
	struct key *key;

	pthread_mutex_lock(&keys->lock);
	key = find(keys, row->id);
	if (key)
		cut(key, row, until_ms_of(keys, row));
	pthread_mutex_unlock(&keys->lock);
}

void ohtd_auth_keys_end(struct ohtd_auth_keys *keys, const char *id)
{
	struct key *key;

	pthread_mutex_lock(&keys->lock);
	key = find(keys, id);
	if (key)
		unlink_key(keys, key);
	pthread_mutex_unlock(&keys->lock);
}

/* A deleted account stays known, so that a key of it that the store has just taken comes too late. */
int ohtd_auth_keys_account(struct ohtd_auth_keys *keys, const struct ohtd_user *user, bool deleted)
{
	const struct account said = {
		.user_id = user->id, .epoch = user->epoch, .role = user->role, .off = user->disabled || deleted,
	};
	struct account *account;

	if (!user->service)
		return 0;
	pthread_mutex_lock(&keys->lock);
	account = take_account(keys, &said);
	while (account && deleted && account->keys)
		unlink_key(keys, account->keys);
	pthread_mutex_unlock(&keys->lock);
	return account ? 0 : -ENOMEM;
}

/* ---- who comes in ---- */

static void fill(const struct key *key, struct ohtd_principal *who)
{
	const struct account *account = key->account;

	memset(who, 0, sizeof(*who));
	who->user_id = account->user_id;
	who->epoch = account->epoch;
	who->role = (enum ohtd_role)(key->row.role < account->role ? key->row.role : account->role);
	who->by_key = true;
	memcpy(who->user, key->row.user, sizeof(who->user));
	snprintf(who->session, sizeof(who->session), SESSION_PREFIX "%s", key->row.id);
}

static enum ohtd_token_result judge(struct ohtd_auth_keys *keys, struct key *key, const char *address)
{
	if (key->account->off)
		return OHTD_TOKEN_REVOKED;
	if (is_over(keys, key))
		return OHTD_TOKEN_EXPIRED;
	if (!has_address(key, address))
		return OHTD_TOKEN_ELSEWHERE;
	key->row.used_s = ohtd_clock_wall_s(keys->clock);
	return OHTD_TOKEN_GOOD;
}

enum ohtd_token_result ohtd_auth_keys_check(struct ohtd_auth_keys *keys, const char *text, const char *address,
					    struct ohtd_principal *who)
{
	enum ohtd_token_result result = OHTD_TOKEN_INVALID;
	const char *secret = secret_of(text);
	struct key *key;

	if (!secret || secret[OHTD_KEY_SECRET_CHARS])
		return result;
	pthread_mutex_lock(&keys->lock);
	key = prove(keys, text);
	if (key) {
		fill(key, who);
		result = judge(keys, key, address);
	}
	pthread_mutex_unlock(&keys->lock);
	return result;
}

const char *ohtd_auth_key_of(const struct ohtd_principal *who)
{
	return who->by_key ? who->session + strlen(SESSION_PREFIX) : NULL;
}

bool ohtd_auth_keys_live(struct ohtd_auth_keys *keys, const char *session, int64_t epoch)
{
	struct key *key;
	bool lives;

	pthread_mutex_lock(&keys->lock);
	key = find_session(keys, session);
	lives = key && !key->account->off && (!epoch || key->account->epoch == epoch) && !is_over(keys, key);
	pthread_mutex_unlock(&keys->lock);
	return lives;
}

bool ohtd_auth_keys_permit(struct ohtd_auth_keys *keys, const struct ohtd_principal *who, const char *tag, unsigned int unit)
{
	struct key *key;
	char module[16];
	bool permits;

	snprintf(module, sizeof(module), "%u", unit);
	pthread_mutex_lock(&keys->lock);
	key = find_session(keys, who->session);
	permits = key && is_among(key->row.tags, tag) && (!unit || is_among(key->row.modules, module));
	pthread_mutex_unlock(&keys->lock);
	return permits;
}

bool ohtd_auth_keys_permit_verb(struct ohtd_auth_keys *keys, const struct ohtd_principal *who, const char *verb)
{
	struct key *key;
	bool permits;

	pthread_mutex_lock(&keys->lock);
	key = find_session(keys, who->session);
	permits = key && is_among(key->row.verbs, verb);
	pthread_mutex_unlock(&keys->lock);
	return permits;
}

unsigned int ohtd_auth_keys_rate(struct ohtd_auth_keys *keys, const struct ohtd_principal *who)
{
	unsigned int rate = 0;
	struct key *key;

	pthread_mutex_lock(&keys->lock);
	key = find_session(keys, who->session);
	if (key)
		rate = (unsigned int)key->row.rate;
	pthread_mutex_unlock(&keys->lock);
	return rate;
}

bool ohtd_auth_keys_expose(struct ohtd_auth_keys *keys, const char *text)
{
	bool looks = false;

	for (const char *at = text; (at = strstr(at, OHTD_KEY_PREFIX)); at++) {
		struct key *key;

		if (!secret_of(at))
			continue;
		looks = true;
		pthread_mutex_lock(&keys->lock);
		key = prove(keys, at);
		if (key && !key->row.exposed) {
			key->row.exposed = true;
			key->due = true;
			ohtd_log(OHTD_LOG_WARNING, "auth", "key_exposed", "key %s of %s came in a query: end it, and make another",
				 key->row.id, key->row.user);
		}
		pthread_mutex_unlock(&keys->lock);
	}
	return looks;
}

/* ---- what is kept, and what people are told ---- */

void ohtd_auth_keys_freshen(struct ohtd_auth_keys *keys, struct ohtd_account_key *row)
{
	struct key *key;

	pthread_mutex_lock(&keys->lock);
	key = find(keys, row->id);
	if (key) {
		row->used_s = key->row.used_s;
		row->exposed = key->row.exposed;
		row->expires_s = key->row.expires_s;
	}
	pthread_mutex_unlock(&keys->lock);
}

static bool is_due(const struct key *key, int64_t now_ms)
{
	int64_t age_ms = (int64_t)ohtd_since((uint64_t)now_ms, (uint64_t)key->noted_ms);

	return key->due || age_ms >= DAY_S * 1000 ||
	       (key->row.used_s > key->noted_s && (age_ms >= NOTED_MS || !key->noted_s));
}

/* Counts as written: what the store does not take is written the next time. */
static void note(struct key *key, int64_t now_ms)
{
	key->row.left_s = ohtd_life_s((key->left_until_ms - now_ms) / 1000);
	key->noted_ms = now_ms;
	key->noted_s = key->row.used_s;
	key->due = false;
}

bool ohtd_auth_keys_due(struct ohtd_auth_keys *keys, struct ohtd_account_key *row)
{
	int64_t now_ms = boot_ms(keys);
	bool found = false;

	pthread_mutex_lock(&keys->lock);
	for (size_t i = 0; !found && i < CHAINS; i++)
		for (struct key *key = keys->chains[i]; key && !found; key = key->next) {
			found = is_due(key, now_ms);
			if (!found)
				continue;
			note(key, now_ms);
			*row = key->row;
		}
	pthread_mutex_unlock(&keys->lock);
	return found;
}

/* A newer key of that name lets in: the program has what it needs. */
static bool is_replaced(struct ohtd_auth_keys *keys, const struct key *key)
{
	for (const struct key *other = key->account->keys; other; other = other->beside)
		if (!strcmp(other->row.name, key->row.name) && other->row.expires_s > key->row.expires_s && !is_over(keys, other))
			return true;
	return false;
}

static enum ohtd_auth_key_concern judge_age(struct ohtd_auth_keys *keys, const struct key *key)
{
	int64_t now_s = ohtd_clock_wall_s(keys->clock);
	int64_t newest_s = key->row.used_s > key->row.made_s ? key->row.used_s : key->row.made_s;

	if (is_over(keys, key))
		return OHTD_KEY_ENDED;
	if (key->row.expires_s - now_s < OHTD_KEY_ENDS_DAYS * DAY_S)
		return OHTD_KEY_ENDS;
	return now_s - newest_s >= OHTD_KEY_UNUSED_DAYS * DAY_S ? OHTD_KEY_UNUSED : OHTD_KEY_FINE;
}

static enum ohtd_auth_key_concern concern_of(struct ohtd_auth_keys *keys, const struct key *key)
{
	enum ohtd_auth_key_concern concern;

	if (key->account->off)
		return OHTD_KEY_FINE;
	if (key->row.exposed)
		return OHTD_KEY_EXPOSED;
	concern = judge_age(keys, key);
	return concern != OHTD_KEY_FINE && is_replaced(keys, key) ? OHTD_KEY_FINE : concern;
}

void ohtd_auth_keys_concerns(struct ohtd_auth_keys *keys, void (*tell)(void *arg, enum ohtd_auth_key_concern concern, const struct ohtd_account_key *key),
			     void *arg)
{
	pthread_mutex_lock(&keys->lock);
	for (size_t i = 0; i < CHAINS; i++)
		for (struct key *key = keys->chains[i]; key; key = key->next)
			key->concern = concern_of(keys, key);
	for (enum ohtd_auth_key_concern concern = OHTD_KEY_FINE + 1; concern <= OHTD_KEY_UNUSED; concern++)
		for (size_t i = 0; i < CHAINS; i++)
			for (const struct key *key = keys->chains[i]; key; key = key->next)
				if (key->concern == concern)
					tell(arg, concern, &key->row);
	pthread_mutex_unlock(&keys->lock);
}
