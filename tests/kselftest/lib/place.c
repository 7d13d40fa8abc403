// SPDX-License-Identifier: GPL-2.0-or-later
#include "place.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tap.h"

size_t place_page_bytes(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

uint8_t *place_map(unsigned int pages)
{
	uint8_t *map = mmap(NULL, pages * place_page_bytes(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			    -1, 0);

	if (map == MAP_FAILED)
		tap_bail("mmap failed");
	return map;
}

void place_protect(void *page, int protection)
{
	if (mprotect(page, place_page_bytes(), protection))
		tap_bail("mprotect failed");
}

void *place_read_only(const void *arg, size_t bytes, uint8_t *map)
{
	memcpy(map, arg, bytes);
	place_protect(map, PROT_READ);
	return map;
}

void *place_unmapped(const void *arg, size_t bytes, uint8_t *map)
{
	(void)arg;
	(void)bytes;
	place_protect(map, PROT_NONE);
	return map;
}

void *place_tail_read_only(const void *arg, size_t bytes, uint8_t *map)
{
	uint8_t *at = map + place_page_bytes() - (bytes - 4);

	memcpy(at, arg, bytes);
	place_protect(map + place_page_bytes(), PROT_READ);
	return at;
}

void *place_tail_unmapped(const void *arg, size_t bytes, uint8_t *map)
{
	uint8_t *at = map + place_page_bytes() - (bytes - 4);

	memcpy(at, arg, bytes - 4);
	place_protect(map + place_page_bytes(), PROT_NONE);
	return at;
}
