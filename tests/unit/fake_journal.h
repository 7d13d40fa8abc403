/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     which entry of a journal a reader gets next: the kernel's own rule, for the fakes.
 * Contexts: any.
 * Locks:    none.
 */
#ifndef FAKE_JOURNAL_H
#define FAKE_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

typedef uint64_t u64;

#include "../../kernel/journal.h"

#endif /* FAKE_JOURNAL_H */
