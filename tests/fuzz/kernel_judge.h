/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     kernel/frame.c as a judge of frames, for a target that cannot include its header.
 * Contexts: one fuzz program, one thread.
 * Locks:    none.
 */
#ifndef OHT_FUZZ_KERNEL_JUDGE_H
#define OHT_FUZZ_KERNEL_JUDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum kernel_judgement {
	KERNEL_NEVER_ASKS, /* such a request is not sent by the module */
	KERNEL_TAKES,
	KERNEL_SEES_EXCEPTION,
	KERNEL_REFUSES,
};

/* What the module makes of @reply to @request, both with checksums. */
enum kernel_judgement kernel_judge(const uint8_t *request, size_t len, const uint8_t *reply,
				   size_t bytes);

/* Does a frame end with its own checksum? */
bool kernel_takes_crc(const uint8_t *adu, size_t len);

#endif
