/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     as much of a mapping as compat.h needs to be compiled.
 * Contexts: the unit tests on the host, one thread.
 * Locks:    none.
 */
#ifndef OHT_SHIM_LINUX_MM_H
#define OHT_SHIM_LINUX_MM_H

struct vm_area_struct {
	unsigned long vm_flags;
};

static inline void vm_flags_clear(struct vm_area_struct *vma, unsigned long flags)
{
	vma->vm_flags &= ~flags;
}

#endif /* OHT_SHIM_LINUX_MM_H */
