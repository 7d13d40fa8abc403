/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owns:     the process image: its memory, its writer. Only its own functions write it.
 * Contexts: writing: any, by one writer at a time. Reading: user space, through its own mapping.
 * Locks:    none; the caller's lock makes the writer single (the engine's, see cycle.h).
 */
#ifndef OHT_IMAGE_H
#define OHT_IMAGE_H

#include <linux/types.h>
#include <linux/oht.h>

struct vm_area_struct;

/* Constants of the header, no entries. @image: zeroed, whole pages. */
void oht_image_init(struct oht_image *image);

/**
 * oht_image_write_header() - replace the head
 * @image: the image
 * @header: every member from entries on counts; seq and the constant ones are not looked at
 */
void oht_image_write_header(struct oht_image *image, const struct oht_image_header *header);

/* Replace slot @entry, which is below OHT_PLAN_ENTRIES_MAX; its seq is not looked at. */
void oht_image_write_slot(struct oht_image *image, unsigned int entry,
			  const struct oht_image_slot *slot);

/**
 * oht_image_begin() - begin to write a slot
 * @image: the image
 * @entry: below OHT_PLAN_ENTRIES_MAX
 *
 * Readers turn away from here on; the caller changes what it wants and calls oht_image_end() soon.
 *
 * Return: the slot; all of it but seq is the caller's.
 */
struct oht_image_slot *oht_image_begin(struct oht_image *image, unsigned int entry);
void oht_image_end(struct oht_image_slot *slot);

/* image_map.c: memory that outlives the last mapping. Process context; NULL: none left. */
struct oht_image *oht_image_alloc(void);
/* Pages that are still mapped somewhere stay until they are not. NULL is allowed. */
void oht_image_free(struct oht_image *image);

/* image_map.c: mmap() as include/uapi/linux/oht.h has it; without oht->life, see there. */
int oht_image_map(struct oht_image *image, struct vm_area_struct *vma);

#endif /* OHT_IMAGE_H */
