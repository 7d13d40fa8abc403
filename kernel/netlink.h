/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owns:     the generic netlink family "oht": answers, and notifications out of the journals.
 * Contexts: process; notifications are made by a work item, which the device wakes like a
 *           descriptor, so that no interrupt waits for memory.
 * Locks:    oht->life for each answer. Notifications take those of the journals.
 */
#ifndef OHT_NETLINK_H
#define OHT_NETLINK_H

#include <linux/types.h>
#include <net/genetlink.h>

struct oht_device;

/* Once per module. 0 or errno. */
int oht_netlink_setup(void);
void oht_netlink_teardown(void);

/**
 * oht_netlink_attach() - begin to notify of what happens to a device
 * @oht: not visible yet
 *
 * Context: process. Return: 0 or -ENOMEM.
 */
int oht_netlink_attach(struct oht_device *oht);

/* Passes on what is still to be told, and ends it. Process; nothing wakes the device any more. */
void oht_netlink_detach(struct oht_device *oht);

/* ---- between the files: netlink_get.c ---- */

/* The requests with an answer; the first ones of enum oht_nl_command. */
#define OHT_NETLINK_OPS	3

extern const struct genl_ops oht_netlink_ops[OHT_NETLINK_OPS];
extern struct genl_family oht_netlink_family;

/* 64 bits, aligned. 0 or -EMSGSIZE. */
int oht_netlink_put_u64(struct sk_buff *skb, int attribute, u64 value);

#endif /* OHT_NETLINK_H */
