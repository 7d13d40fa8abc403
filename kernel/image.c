// SPDX-License-Identifier: GPL-2.0-only
/*
 * The writer of the process image.
 *
 * The slot protocol is that of a sequence count whose readers cannot be trusted to be kernel code:
 * they only read, so nothing here ever looks at what they do. In the terms of the kernel's memory
 * model (tools/memory-model) one slot and one reader are this litmus test; "exists" must not be
 * possible:
 *
 *	C oht-image-slot
 *	{}
 *	P0(int *seq, int *word0, int *word1)
 *	{
 *		WRITE_ONCE(*seq, 1);
 *		smp_wmb();
 *		WRITE_ONCE(*word0, 1);
 *		WRITE_ONCE(*word1, 1);
 *		smp_wmb();
 *		WRITE_ONCE(*seq, 2);
 *	}
 *	P1(int *seq, int *word0, int *word1)
 *	{
 *		int begin; int a; int b; int end;
 *
 *		begin = smp_load_acquire(seq);
 *		a = READ_ONCE(*word0);
 *		b = READ_ONCE(*word1);
 *		smp_rmb();
 *		end = READ_ONCE(*seq);
 *	}
 *	exists (1:begin=1:end /\ 1:begin is even /\ 1:a=1 /\ 1:b=0)
 *
 * with begin=end and begin even spelled out as (begin=0 /\ end=0 \/ begin=2 /\ end=2). The reader's
 * smp_rmb() is atomic_thread_fence(memory_order_acquire) in C11.
 */
#include <asm/barrier.h>
#include <linux/compiler.h>
#include <linux/string.h>
#include "image.h"

static void oht_image_seq_begin(__u32 *seq)
{
	WRITE_ONCE(*seq, *seq + 1);
	/* seq is odd before the entry changes. Pairs with the reader's second read of seq. */
	smp_wmb();
}

static void oht_image_seq_end(__u32 *seq)
{
	/* The entry is complete before seq is even. Pairs with the reader's first read of seq. */
	smp_wmb();
	WRITE_ONCE(*seq, *seq + 1);
}

void oht_image_init(struct oht_image *image)
{
	struct oht_image_header *header = &image->header;

	header->abi_version = OHT_ABI_VERSION;
	header->header_bytes = sizeof(*header);
	header->slot_bytes = sizeof(image->slots[0]);
	header->slots = OHT_PLAN_ENTRIES_MAX;
}

/* Replaces a part behind its first @kept_bytes, which begin with the count: it only ever grows. */
static void oht_image_replace(void *part, const void *with, size_t kept_bytes, size_t bytes)
{
	oht_image_seq_begin(part);
	memcpy((u8 *)part + kept_bytes, (const u8 *)with + kept_bytes, bytes - kept_bytes);
	oht_image_seq_end(part);
}

void oht_image_write_header(struct oht_image *image, const struct oht_image_header *header)
{
	oht_image_replace(&image->header, header, offsetof(struct oht_image_header, entries),
			  sizeof(*header));
}

void oht_image_write_slot(struct oht_image *image, unsigned int entry,
			  const struct oht_image_slot *slot)
{
	oht_image_replace(&image->slots[entry], slot, sizeof(slot->seq), sizeof(*slot));
}

struct oht_image_slot *oht_image_begin(struct oht_image *image, unsigned int entry)
{
	struct oht_image_slot *slot = &image->slots[entry];

	oht_image_seq_begin(&slot->seq);
	return slot;
}

void oht_image_end(struct oht_image_slot *slot)
{
	oht_image_seq_end(&slot->seq);
}
