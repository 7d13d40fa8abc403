// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory of the process image, and how user space gets to see it.
 *
 * A mapping holds a reference to its file, the file one to the device, and the device the image: so
 * the image outlives every mapping, also when the driver has been taken off the device long ago.
 */
#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/vmalloc.h>

#include "compat.h"
#include "image.h"

struct oht_image *oht_image_alloc(void)
{
	struct oht_image *image = vmalloc_user(sizeof(*image));

	if (image)
		oht_image_init(image);
	return image;
}

void oht_image_free(struct oht_image *image)
{
	vfree(image);
}

int oht_image_map(struct oht_image *image, struct vm_area_struct *vma)
{
	if (vma->vm_flags & (VM_WRITE | VM_EXEC))
		return -EACCES;
	if (vma->vm_pgoff || vma->vm_end - vma->vm_start > PAGE_ALIGN(sizeof(*image)))
		return -EINVAL;
	oht_vm_flags_clear(vma, VM_MAYWRITE | VM_MAYEXEC);
	return remap_vmalloc_range(vma, image, 0);
}
