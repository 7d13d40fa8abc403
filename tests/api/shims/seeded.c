// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The defect that OHT_SEEDED names, one per sanitizer: as a program, and for LD_PRELOAD as a part of the daemon. What
 * does not find this finds nothing. Built with the sanitizers of the build, unlike the other shims.
 */
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static volatile int shared;
static void *volatile kept;

static void *add(void *arg)
{
	(void)arg;
	for (int i = 0; i < 1000; i++)
		shared++;
	return NULL;
}

static void race(void)
{
	pthread_t other;

	if (pthread_create(&other, NULL, add, NULL))
		_exit(3);
	add(NULL);
	pthread_join(other, NULL);
}

static void leak(void)
{
	kept = malloc(4711);
	kept = NULL;
}

static void overflow(void)
{
	char *bytes = malloc(8);

	kept = bytes;
	((volatile char *)kept)[8] = 1;
	free(bytes);
}

#define BLOCK_BYTES	1024
#define BLOCKS		(8 * 1024)

/* The use comes behind 8 MiB that were freed after it, and as much that was taken since. */
static void freed(void)
{
	static void *volatile blocks[BLOCKS];

	kept = malloc(BLOCK_BYTES);
	for (int i = 0; i < BLOCKS; i++)
		blocks[i] = malloc(BLOCK_BYTES);
	free(kept);
	for (int i = 0; i < BLOCKS; i++)
		free(blocks[i]);
	for (int i = 0; i < BLOCKS; i++)
		blocks[i] = malloc(BLOCK_BYTES);
	((volatile char *)kept)[0] = 1;
	for (int i = 0; i < BLOCKS; i++)
		free(blocks[i]);
}

static void undefined(void)
{
	shared = INT_MAX;
	shared += 1;
}

static void __attribute__((constructor)) seed(void)
{
	static const struct {
		const char *name;
		void (*make)(void);
	} defects[] = { { "race", race }, { "leak", leak }, { "overflow", overflow }, { "freed", freed }, { "undefined", undefined } };
	const char *name = getenv("OHT_SEEDED");

	for (size_t i = 0; name && i < sizeof(defects) / sizeof(defects[0]); i++)
		if (!strcmp(name, defects[i].name))
			defects[i].make();
}

#ifdef PROGRAM
int main(void)
{
	return 0;
}
#endif
