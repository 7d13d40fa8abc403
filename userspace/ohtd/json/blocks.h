/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     memory for views outside of a request: blocks that are freed together.
 * Contexts: any, one at a time.
 * Locks:    none.
 */
#ifndef OHTD_JSON_BLOCKS_H
#define OHTD_JSON_BLOCKS_H

#include <stddef.h>

struct ohtd_json_block;

/**
 * ohtd_json_block_take() - take a zeroed block; the @take of struct ohtd_memory
 * @blocks: struct ohtd_json_block **, the list that the block joins; NULL inside: an empty list
 * @bytes: its size
 *
 * Return: never NULL: without memory the process ends, as in h2o.
 */
void *ohtd_json_block_take(void *blocks, size_t bytes);

/**
 * ohtd_json_blocks_free() - free all blocks of a list but one
 * @blocks: the list
 * @text: start of the block that stays; NULL: none stays
 */
void ohtd_json_blocks_free(struct ohtd_json_block **blocks, const void *text);

#endif /* OHTD_JSON_BLOCKS_H */
