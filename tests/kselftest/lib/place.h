/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     memory that a structure of a call lies in, and that cannot be written, or read, in whole or at its end.
 * Contexts: any thread of a test; a failure bails out.
 * Locks:    none.
 */
#ifndef PLACE_H
#define PLACE_H

#include <stddef.h>
#include <stdint.h>

size_t place_page_bytes(void);

/* So many pages that can be read and written; munmap() gives them back. */
uint8_t *place_map(unsigned int pages);
void place_protect(void *page, int protection);

/* A kind of memory: puts @bytes of @arg into two pages at @map and returns where. */
typedef void *(*place_t)(const void *arg, size_t bytes, uint8_t *map);

void *place_read_only(const void *arg, size_t bytes, uint8_t *map);
void *place_unmapped(const void *arg, size_t bytes, uint8_t *map);
/* All but its last four bytes are in a good page. */
void *place_tail_read_only(const void *arg, size_t bytes, uint8_t *map);
void *place_tail_unmapped(const void *arg, size_t bytes, uint8_t *map);

#endif /* PLACE_H */
