/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     doubly linked lists as the kernel names them.
 * Contexts: the unit tests on the host, one thread.
 * Locks:    none.
 */
#ifndef OHT_SHIM_LINUX_LIST_H
#define OHT_SHIM_LINUX_LIST_H

#include <linux/kernel.h>

struct list_head {
	struct list_head *next, *prev;
};

static inline void INIT_LIST_HEAD(struct list_head *head)
{
	head->next = head;
	head->prev = head;
}

static inline bool list_empty(const struct list_head *head)
{
	return head->next == head;
}

static inline void shim_list_insert(struct list_head *entry, struct list_head *prev,
				    struct list_head *next)
{
	entry->prev = prev;
	entry->next = next;
	prev->next = entry;
	next->prev = entry;
}

static inline void list_add(struct list_head *entry, struct list_head *head)
{
	shim_list_insert(entry, head, head->next);
}

static inline void list_add_tail(struct list_head *entry, struct list_head *head)
{
	shim_list_insert(entry, head->prev, head);
}

/* Poisoned, so that whoever deletes twice falls over. */
static inline void list_del(struct list_head *entry)
{
	entry->prev->next = entry->next;
	entry->next->prev = entry->prev;
	entry->next = NULL;
	entry->prev = NULL;
}

static inline void list_replace(struct list_head *old, struct list_head *entry)
{
	shim_list_insert(entry, old->prev, old->next);
	old->next = NULL;
	old->prev = NULL;
}

#define list_first_entry(head, type, member)	container_of((head)->next, type, member)
#define shim_list_next(entry, member) \
	container_of((entry)->member.next, __typeof__(*(entry)), member)

#define list_for_each_entry(entry, head, member)				\
	for (entry = list_first_entry(head, __typeof__(*(entry)), member);	\
	     &(entry)->member != (head);					\
	     entry = shim_list_next(entry, member))

#define list_for_each_entry_safe(entry, after, head, member)			\
	for (entry = list_first_entry(head, __typeof__(*(entry)), member),	\
	     after = shim_list_next(entry, member);				\
	     &(entry)->member != (head);					\
	     entry = after, after = shim_list_next(after, member))

#endif /* OHT_SHIM_LINUX_LIST_H */
