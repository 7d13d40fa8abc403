// SPDX-License-Identifier: GPL-2.0-only
/*
 * The family, and its notifications. For each journal a device keeps the number of the record that
 * it tells next, as a descriptor does. Without a listener the work skips the new records and
 * encodes nothing. A notification that is lost is not sent again: the numbers show the gap.
 */
#include <linux/module.h>
#include <linux/oht_netlink.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "core.h"
#include "journals.h"
#include "netlink.h"

enum oht_netlink_group {
	OHT_NETLINK_SAFETY,
	OHT_NETLINK_BUS,
};

static const struct genl_multicast_group oht_netlink_groups[] = {
	[OHT_NETLINK_SAFETY] = { .name = OHT_MCGRP_SAFETY },
	[OHT_NETLINK_BUS] = { .name = OHT_MCGRP_BUS },
};

struct genl_family oht_netlink_family = {
	.name = OHT_GENL_NAME,
	.version = OHT_GENL_VERSION,
	.module = THIS_MODULE,
	.maxattr = OHT_A_MAX,
	.ops = oht_netlink_ops,
	.n_ops = OHT_NETLINK_OPS,
	.resv_start_op = OHT_CMD_DEVICE_GET,
	.mcgrps = oht_netlink_groups,
	.n_mcgrps = ARRAY_SIZE(oht_netlink_groups),
};

/* Of one device. */
struct oht_netlink {
	struct oht_device *oht;
	struct oht_listener listener;
	wait_queue_entry_t woken;	/* in the listener's queue: begins the work */
	struct work_struct work;
	u64 next[OHT_JOURNALS];		/* record to be told next; the work's */
};

int oht_netlink_put_u64(struct sk_buff *skb, int attribute, u64 value)
{
	return nla_put_u64_64bit(skb, attribute, value, OHT_A_PAD);
}

/* ---- one record ---- */

static int oht_netlink_put_head(struct sk_buff *skb, const struct oht_device *oht, u64 time_ns,
				u64 seq)
{
	if (nla_put_u32(skb, OHT_A_DEVICE, MINOR(oht->dev.devt)) ||
	    oht_netlink_put_u64(skb, OHT_A_TIME_NS, time_ns) ||
	    oht_netlink_put_u64(skb, OHT_A_SEQ, seq))
		return -EMSGSIZE;
	return 0;
}

static int oht_netlink_put_safety(struct sk_buff *skb, const struct oht_device *oht,
				  const struct oht_record *record)
{
	const struct oht_safety_record *safety = &record->safety;

	if (oht_netlink_put_head(skb, oht, safety->event_ns, safety->journal_seq) ||
	    nla_put_u32(skb, OHT_A_KIND, safety->kind) ||
	    nla_put_u32(skb, OHT_A_STATE_FROM, safety->state_from) ||
	    nla_put_u32(skb, OHT_A_STATE, safety->state_to) ||
	    nla_put_u32(skb, OHT_A_CAUSE, safety->cause) ||
	    oht_netlink_put_u64(skb, OHT_A_CAUSES, safety->causes) ||
	    nla_put_u32(skb, OHT_A_INPUTS, safety->inputs) ||
	    nla_put_u32(skb, OHT_A_OUTPUTS, safety->outputs) ||
	    (safety->low_ns && oht_netlink_put_u64(skb, OHT_A_LOW_NS, safety->low_ns)))
		return -EMSGSIZE;
	return 0;
}

static int oht_netlink_put_unit(struct sk_buff *skb, const struct oht_device *oht,
				const struct oht_record *record)
{
	const struct oht_unit_record *unit = &record->unit;

	if (oht_netlink_put_head(skb, oht, unit->changed_ns, unit->journal_seq) ||
	    nla_put_u32(skb, OHT_A_UNIT, unit->unit) ||
	    nla_put_u32(skb, OHT_A_HEALTH_FROM, unit->from) ||
	    nla_put_u32(skb, OHT_A_HEALTH, unit->to) ||
	    nla_put_u32(skb, OHT_A_DETAIL, unit->detail) ||
	    nla_put_u32(skb, OHT_A_ERRORS_IN_ROW, unit->errors_in_row) ||
	    oht_netlink_put_u64(skb, OHT_A_LAST_GOOD_NS, unit->last_good_ns))
		return -EMSGSIZE;
	return 0;
}

static bool oht_netlink_names_entry(const struct oht_cycle_record *cycle)
{
	return cycle->kind == OHT_CYCLE_LOST || cycle->kind == OHT_CYCLE_FOUND;
}

static int oht_netlink_put_cycle(struct sk_buff *skb, const struct oht_device *oht,
				 const struct oht_record *record)
{
	const struct oht_cycle_record *cycle = &record->cycle;

	if (oht_netlink_put_head(skb, oht, cycle->event_ns, cycle->journal_seq) ||
	    nla_put_u32(skb, OHT_A_KIND, cycle->kind) ||
	    oht_netlink_put_u64(skb, OHT_A_CYCLE, cycle->cycle) ||
	    nla_put_u32(skb, OHT_A_COUNT, cycle->count) ||
	    nla_put_u32(skb, OHT_A_GENERATION, cycle->generation))
		return -EMSGSIZE;
	if (oht_netlink_names_entry(cycle) &&
	    (nla_put_u32(skb, OHT_A_ENTRY, cycle->entry) ||
	     nla_put_u32(skb, OHT_A_UNIT, cycle->unit) ||
	     nla_put_u32(skb, OHT_A_DETAIL, cycle->detail)))
		return -EMSGSIZE;
	return 0;
}

/* How the records of a journal are told. */
struct oht_netlink_form {
	u8 command;
	u8 group;
	int (*put)(struct sk_buff *skb, const struct oht_device *oht,
		   const struct oht_record *record);
};

/* By type of the record. */
static const struct oht_netlink_form oht_netlink_forms[] = {
	[OHT_RECORD_SAFETY] = { OHT_CMD_SAFETY_NTF, OHT_NETLINK_SAFETY, oht_netlink_put_safety },
	[OHT_RECORD_CYCLE] = { OHT_CMD_CYCLE_NTF, OHT_NETLINK_BUS, oht_netlink_put_cycle },
	[OHT_RECORD_UNIT] = { OHT_CMD_UNIT_NTF, OHT_NETLINK_BUS, oht_netlink_put_unit },
};

static void oht_netlink_tell(const struct oht_device *oht, const struct oht_netlink_form *form,
			     const struct oht_record *record)
{
	struct sk_buff *skb = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
	void *head;

	if (!skb)
		return;
	head = genlmsg_put(skb, 0, 0, &oht_netlink_family, 0, form->command);
	if (!head || form->put(skb, oht, record)) {
		nlmsg_free(skb);
		return;
	}
	genlmsg_end(skb, head);
	/*
	 * -ESRCH: no listener is left. A listener whose socket is full learns it from that socket.
	 */
	genlmsg_multicast(&oht_netlink_family, skb, 0, form->group, GFP_KERNEL);
}

/* ---- the journals ---- */

static void oht_netlink_tell_journal(struct oht_netlink *netlink, unsigned int i)
{
	const struct oht_journal_source *journal = &oht_journals[i];
	const struct oht_netlink_form *form = &oht_netlink_forms[journal->type];
	struct oht_device *oht = netlink->oht;
	struct oht_record record;
	u64 newest = journal->newest(oht);

	/* @newest was read before: a record made after a listener joined is beyond it. */
	if (!genl_has_listeners(&oht_netlink_family, &init_net, form->group)) {
		netlink->next[i] = newest + 1;
		return;
	}
	while (journal->read(oht, &netlink->next[i], &record))
		oht_netlink_tell(oht, form, &record);
}

static void oht_netlink_work(struct work_struct *work)
{
	struct oht_netlink *netlink = container_of(work, struct oht_netlink, work);
	unsigned int i;

	for (i = 0; i < OHT_JOURNALS; i++)
		oht_netlink_tell_journal(netlink, i);
}

/* Called where a reading descriptor would be woken. */
static int oht_netlink_woken(wait_queue_entry_t *entry, unsigned int mode, int sync, void *key)
{
	struct oht_netlink *netlink = container_of(entry, struct oht_netlink, woken);

	queue_work(system_unbound_wq, &netlink->work);
	return 0;
}

int oht_netlink_attach(struct oht_device *oht)
{
	struct oht_netlink *netlink = kzalloc(sizeof(*netlink), GFP_KERNEL);
	unsigned int i;

	if (!netlink)
		return -ENOMEM;
	netlink->oht = oht;
	INIT_WORK(&netlink->work, oht_netlink_work);
	init_waitqueue_func_entry(&netlink->woken, oht_netlink_woken);
	for (i = 0; i < OHT_JOURNALS; i++)
		netlink->next[i] = 1;
	oht->netlink = netlink;
	oht_core_listen(oht, &netlink->listener);
	add_wait_queue(&netlink->listener.wait, &netlink->woken);
	/* The first record was made before this work item existed. */
	queue_work(system_unbound_wq, &netlink->work);
	return 0;
}

void oht_netlink_detach(struct oht_device *oht)
{
	struct oht_netlink *netlink = oht->netlink;

	oht_core_unlisten(oht, &netlink->listener);
	/* A waker of the listeners may still look at this one. */
	synchronize_rcu();
	remove_wait_queue(&netlink->listener.wait, &netlink->woken);
	flush_work(&netlink->work);
	oht_netlink_work(&netlink->work);
	oht->netlink = NULL;
	kfree(netlink);
}

int oht_netlink_setup(void)
{
	return genl_register_family(&oht_netlink_family);
}

void oht_netlink_teardown(void)
{
	genl_unregister_family(&oht_netlink_family);
}
