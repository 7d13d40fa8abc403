// SPDX-License-Identifier: GPL-2.0-or-later
#include "auth/token_cache.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/crypto.h>

/* With the longest name ours have about 600. */
#define TEXT_BYTES_MAX	767
/* A few sessions per robot; two that share a place take turns and cost what they did before. */
#define PLACES		128
/* The signature stands last, and every character of it is as good as random. */
#define TAIL_BYTES	8

struct place {
	size_t bytes;	/* 0: empty */
	char text[TEXT_BYTES_MAX];
	struct ohtd_claims claims;
};

struct ohtd_token_cache {
	pthread_mutex_t lock;	/* the places */
	struct place places[PLACES];
};

struct ohtd_token_cache *ohtd_token_cache_create(void)
{
	struct ohtd_token_cache *cache = calloc(1, sizeof(*cache));

	if (cache)
		pthread_mutex_init(&cache->lock, NULL);
	return cache;
}

void ohtd_token_cache_destroy(struct ohtd_token_cache *cache)
{
	if (!cache)
		return;
	pthread_mutex_destroy(&cache->lock);
	OPENSSL_cleanse(cache->places, sizeof(cache->places));
	free(cache);
}

void ohtd_auth_token_cache_clear(struct ohtd_token_cache *cache)
{
	pthread_mutex_lock(&cache->lock);
	OPENSSL_cleanse(cache->places, sizeof(cache->places));
	pthread_mutex_unlock(&cache->lock);
}

static struct place *place_of(struct ohtd_token_cache *cache, const char *text, size_t bytes)
{
	unsigned int hash = 0;

	for (size_t i = bytes < TAIL_BYTES ? 0 : bytes - TAIL_BYTES; i < bytes; i++)
		hash = hash * 31 + (unsigned char)text[i];
	return &cache->places[hash % PLACES];
}

bool ohtd_token_cache_find(struct ohtd_token_cache *cache, const char *text,
			   struct ohtd_claims *claims)
{
	size_t bytes = strnlen(text, TEXT_BYTES_MAX + 1);
	struct place *place = place_of(cache, text, bytes);
	bool found;

	pthread_mutex_lock(&cache->lock);
	/* In constant time: how much of a guess was right is nobody's business. */
	found = bytes && place->bytes == bytes && !CRYPTO_memcmp(place->text, text, bytes);
	if (found)
		*claims = place->claims;
	pthread_mutex_unlock(&cache->lock);
	return found;
}

void ohtd_token_cache_put(struct ohtd_token_cache *cache, const char *text,
			  const struct ohtd_claims *claims)
{
	size_t bytes = strnlen(text, TEXT_BYTES_MAX + 1);
	struct place *place = place_of(cache, text, bytes);

	if (bytes > TEXT_BYTES_MAX)
		return;
	pthread_mutex_lock(&cache->lock);
	place->bytes = bytes;
	memcpy(place->text, text, bytes);
	place->claims = *claims;
	pthread_mutex_unlock(&cache->lock);
}
