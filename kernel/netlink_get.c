// SPDX-License-Identifier: GPL-2.0-only
/* Requests that need no privilege: device, statistics, units. */
#include <linux/oht_netlink.h>
#include <linux/rwsem.h>

#include "compat.h"
#include "core.h"
#include "counters.h"
#include "netlink.h"

static const struct nla_policy oht_netlink_device_policy[OHT_A_DEVICE + 1] = {
	[OHT_A_DEVICE] = { .type = NLA_U32 },
};

static const struct nla_policy oht_netlink_unit_policy[OHT_A_UNIT + 1] = {
	[OHT_A_DEVICE] = { .type = NLA_U32 },
	[OHT_A_UNIT] = NLA_POLICY_RANGE(NLA_U32, OHT_UNIT_MIN, OHT_UNIT_MAX),
};

/* ---- one thing each ---- */

static int oht_netlink_put_bus(struct sk_buff *skb, const struct oht_device *oht)
{
	const struct oht_timing *timing = &oht->timing;

	if (nla_put_string(skb, OHT_A_PORT, oht->port_kind) ||
	    nla_put_u32(skb, OHT_A_BAUD_BPS, timing->baud_bps) ||
	    oht_netlink_put_u64(skb, OHT_A_BAUD_EFFECTIVE_MILLIBPS,
				timing->baud_effective_millibps) ||
	    oht_netlink_put_u64(skb, OHT_A_CYCLE_SEQ,
				oht_cycle_journal_seq(oht_run_cycle(oht->run))))
		return -EMSGSIZE;
	return 0;
}

static int oht_netlink_put_stop(struct sk_buff *skb, struct oht_device *oht)
{
	struct oht_estop_status status;

	oht_estop_status(&oht->estop, NULL, &status);
	if (nla_put_u32(skb, OHT_A_STATE, status.state) ||
	    nla_put_u32(skb, OHT_A_FIRST_CAUSE, status.first_cause) ||
	    oht_netlink_put_u64(skb, OHT_A_CAUSES, status.causes) ||
	    oht_netlink_put_u64(skb, OHT_A_STANDING, status.standing) ||
	    nla_put_u32(skb, OHT_A_INPUTS, status.inputs) ||
	    nla_put_u32(skb, OHT_A_OUTPUTS, status.outputs) ||
	    oht_netlink_put_u64(skb, OHT_A_TIME_NS, status.since_ns) ||
	    oht_netlink_put_u64(skb, OHT_A_SAFETY_SEQ, status.journal_seq))
		return -EMSGSIZE;
	return 0;
}

static int oht_netlink_put_device(struct sk_buff *skb, struct oht_device *oht, unsigned int unit)
{
	if (nla_put_string(skb, OHT_A_NAME, dev_name(&oht->dev)) ||
	    nla_put_u32(skb, OHT_A_ABI_VERSION, OHT_ABI_VERSION) ||
	    oht_netlink_put_u64(skb, OHT_A_CAPS, oht_core_caps(oht)) ||
	    oht_netlink_put_stop(skb, oht) ||
	    oht_netlink_put_u64(skb, OHT_A_UNIT_SEQ, oht_health_seq(&oht->health)))
		return -EMSGSIZE;
	return oht_core_has_bus(oht) ? oht_netlink_put_bus(skb, oht) : 0;
}

static int oht_netlink_put_statistics(struct sk_buff *skb, struct oht_device *oht,
				      unsigned int unit)
{
	struct oht_engine_stats stats;
	struct nlattr *nest;
	unsigned int i;

	nest = nla_nest_start(skb, OHT_A_STATISTICS);
	if (!nest)
		return -EMSGSIZE;
	oht_engine_get_stats(&oht->engine, &stats);
	for (i = 0; i < OHT_COUNTERS; i++)
		if (nla_put_u64_64bit(skb, oht_counters[i].attribute,
				      oht_counter_value(&oht_counters[i], &stats),
				      OHT_A_STAT_PAD))
			return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int oht_netlink_put_unit(struct sk_buff *skb, struct oht_device *oht, unsigned int unit)
{
	struct oht_engine_unit u;

	oht_engine_get_unit(&oht->engine, unit, &u);
	if (nla_put_u32(skb, OHT_A_UNIT, unit) ||
	    nla_put_u32(skb, OHT_A_HEALTH, u.health) ||
	    nla_put_u32(skb, OHT_A_ERRORS_IN_ROW, u.errors_in_row) ||
	    nla_put_u32(skb, OHT_A_BACKOFF_MS, u.backoff_ms) ||
	    oht_netlink_put_u64(skb, OHT_A_LAST_GOOD_NS, u.last_good_ns) ||
	    oht_netlink_put_u64(skb, OHT_A_CHANGED_NS, u.changed_ns) ||
	    oht_netlink_put_u64(skb, OHT_A_TURNAROUND_MAX_NS, u.turnaround_max_ns))
		return -EMSGSIZE;
	return 0;
}

/* ---- a message ---- */

/* How a command is answered. */
struct oht_netlink_answer {
	u8 command;
	bool of_bus;
	bool of_unit;
	int (*put)(struct sk_buff *skb, struct oht_device *oht, unsigned int unit);
};

static const struct oht_netlink_answer oht_netlink_device = {
	OHT_CMD_DEVICE_GET, false, false, oht_netlink_put_device
};

static const struct oht_netlink_answer oht_netlink_statistics = {
	OHT_CMD_STATISTICS_GET, true, false, oht_netlink_put_statistics
};

static const struct oht_netlink_answer oht_netlink_unit = {
	OHT_CMD_UNIT_GET, true, true, oht_netlink_put_unit
};

/* 0, or -EMSGSIZE: there is no room, and nothing of it is in @skb. */
static int oht_netlink_put_message(struct sk_buff *skb, u32 portid, u32 seq, int flags,
				   const struct oht_netlink_answer *answer, struct oht_device *oht,
				   unsigned int unit)
{
	void *head = genlmsg_put(skb, portid, seq, &oht_netlink_family, flags, answer->command);

	if (!head)
		return -EMSGSIZE;
	if (nla_put_u32(skb, OHT_A_DEVICE, MINOR(oht->dev.devt)) || answer->put(skb, oht, unit)) {
		genlmsg_cancel(skb, head);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, head);
	return 0;
}

/* With a reference and oht->life read; or NULL. */
static struct oht_device *oht_netlink_get(unsigned int id)
{
	struct oht_device *oht = oht_core_find(id);

	if (!oht)
		return NULL;
	down_read(&oht->life);
	if (!oht->gone)
		return oht;
	up_read(&oht->life);
	oht_core_put(oht);
	return NULL;
}

static void oht_netlink_put(struct oht_device *oht)
{
	up_read(&oht->life);
	oht_core_put(oht);
}

/* ---- one of them ---- */

static int oht_netlink_answer_of(struct sk_buff *skb, struct genl_info *info,
				 const struct oht_netlink_answer *answer, unsigned int unit)
{
	struct oht_device *oht = oht_netlink_get(nla_get_u32(info->attrs[OHT_A_DEVICE]));
	int ret;

	if (!oht) {
		NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[OHT_A_DEVICE], "no such device");
		return -ENODEV;
	}
	if (answer->of_bus && !oht_core_has_bus(oht)) {
		NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[OHT_A_DEVICE],
				    "the device has no bus");
		ret = -EOPNOTSUPP;
	} else {
		ret = oht_netlink_put_message(skb, info->snd_portid, info->snd_seq, 0, answer, oht,
					      unit);
	}
	oht_netlink_put(oht);
	return ret;
}

static int oht_netlink_do(struct genl_info *info, const struct oht_netlink_answer *answer)
{
	struct sk_buff *skb;
	int ret;

	if (GENL_REQ_ATTR_CHECK(info, OHT_A_DEVICE) ||
	    (answer->of_unit && GENL_REQ_ATTR_CHECK(info, OHT_A_UNIT)))
		return -EINVAL;
	skb = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!skb)
		return -ENOMEM;
	ret = oht_netlink_answer_of(skb, info, answer,
				    answer->of_unit ? nla_get_u32(info->attrs[OHT_A_UNIT]) : 0);
	if (ret) {
		nlmsg_free(skb);
		return ret;
	}
	return genlmsg_reply(skb, info);
}

static int oht_netlink_do_device(struct sk_buff *skb, struct genl_info *info)
{
	return oht_netlink_do(info, &oht_netlink_device);
}

static int oht_netlink_do_statistics(struct sk_buff *skb, struct genl_info *info)
{
	return oht_netlink_do(info, &oht_netlink_statistics);
}

static int oht_netlink_do_unit(struct sk_buff *skb, struct genl_info *info)
{
	return oht_netlink_do(info, &oht_netlink_unit);
}

/* ---- all of them ---- */

/* A place in a dump: netlink_callback.args. */
enum oht_netlink_place {
	OHT_NETLINK_DEVICE,
	OHT_NETLINK_UNIT,
};

static int oht_netlink_dump_message(struct sk_buff *skb, struct netlink_callback *cb,
				    const struct oht_netlink_answer *answer,
				    struct oht_device *oht, unsigned int unit)
{
	return oht_netlink_put_message(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
				       NLM_F_MULTI, answer, oht, unit);
}

/* Continues with the device that did not fit into the last message. */
static int oht_netlink_dump_each(struct sk_buff *skb, struct netlink_callback *cb,
				 const struct oht_netlink_answer *answer)
{
	long *id = &cb->args[OHT_NETLINK_DEVICE];
	struct oht_device *oht;
	int ret;

	for (ret = 0; *id < OHT_MINORS; (*id)++) {
		oht = oht_netlink_get(*id);
		if (!oht)
			continue;
		if (!answer->of_bus || oht_core_has_bus(oht))
			ret = oht_netlink_dump_message(skb, cb, answer, oht, 0);
		oht_netlink_put(oht);
		if (ret)
			break;
	}
	return skb->len;
}

static int oht_netlink_dump_device(struct sk_buff *skb, struct netlink_callback *cb)
{
	return oht_netlink_dump_each(skb, cb, &oht_netlink_device);
}

static int oht_netlink_dump_statistics(struct sk_buff *skb, struct netlink_callback *cb)
{
	return oht_netlink_dump_each(skb, cb, &oht_netlink_statistics);
}

/* The unit has a policy, or has been addressed. */
static bool oht_netlink_is_known(struct oht_device *oht, unsigned int unit)
{
	struct oht_engine_unit u;
	unsigned int i;

	oht_engine_get_unit(&oht->engine, unit, &u);
	if (u.policy.set || u.turnaround_max_ns || u.changed_ns)
		return true;
	for (i = 0; i < ARRAY_SIZE(u.details); i++)
		if (u.details[i])
			return true;
	return false;
}

/* 0: @skb has all units of the device. -EMSGSIZE: it is full, and cb->args names the next unit. */
static int oht_netlink_dump_units_of(struct sk_buff *skb, struct netlink_callback *cb,
				     struct oht_device *oht)
{
	long *unit = &cb->args[OHT_NETLINK_UNIT];
	int ret;

	for (*unit = max_t(long, *unit, OHT_UNIT_MIN); *unit <= OHT_UNIT_MAX;
	     (*unit)++) {
		if (!oht_netlink_is_known(oht, *unit))
			continue;
		ret = oht_netlink_dump_message(skb, cb, &oht_netlink_unit, oht, *unit);
		if (ret)
			return ret;
	}
	return 0;
}

static int oht_netlink_dump_units(struct sk_buff *skb, struct netlink_callback *cb)
{
	long *id = &cb->args[OHT_NETLINK_DEVICE];
	const struct nlattr *wanted = oht_genl_dump_attrs(cb)[OHT_A_DEVICE];
	struct oht_device *oht;
	int ret;

	for (; *id < OHT_MINORS; (*id)++, cb->args[OHT_NETLINK_UNIT] = 0) {
		if (wanted && nla_get_u32(wanted) != *id)
			continue;
		oht = oht_netlink_get(*id);
		if (!oht)
			continue;
		ret = oht_core_has_bus(oht) ? oht_netlink_dump_units_of(skb, cb, oht) : 0;
		oht_netlink_put(oht);
		if (ret)
			break;
	}
	return skb->len;
}

/* A dump takes no attribute that selects a single object. */
static int oht_netlink_start(struct netlink_callback *cb, unsigned int attribute)
{
	const struct nlattr *named = oht_genl_dump_attrs(cb)[attribute];

	if (!named)
		return 0;
	NL_SET_ERR_MSG_ATTR(cb->extack, named, "a dump does not take this attribute");
	return -EINVAL;
}

static int oht_netlink_start_devices(struct netlink_callback *cb)
{
	return oht_netlink_start(cb, OHT_A_DEVICE);
}

/* The units of a missing device are refused like the device itself. */
static int oht_netlink_start_units(struct netlink_callback *cb)
{
	const struct nlattr *wanted = oht_genl_dump_attrs(cb)[OHT_A_DEVICE];
	int ret = oht_netlink_start(cb, OHT_A_UNIT);
	struct oht_device *oht;

	if (ret || !wanted)
		return ret;
	oht = oht_netlink_get(nla_get_u32(wanted));
	if (!oht) {
		NL_SET_ERR_MSG_ATTR(cb->extack, wanted, "no such device");
		return -ENODEV;
	}
	oht_netlink_put(oht);
	return 0;
}

const struct genl_ops oht_netlink_ops[OHT_NETLINK_OPS] = {
	{
		.cmd = OHT_CMD_DEVICE_GET,
		.policy = oht_netlink_device_policy,
		.maxattr = ARRAY_SIZE(oht_netlink_device_policy) - 1,
		.doit = oht_netlink_do_device,
		.start = oht_netlink_start_devices,
		.dumpit = oht_netlink_dump_device,
	},
	{
		.cmd = OHT_CMD_STATISTICS_GET,
		.policy = oht_netlink_device_policy,
		.maxattr = ARRAY_SIZE(oht_netlink_device_policy) - 1,
		.doit = oht_netlink_do_statistics,
		.start = oht_netlink_start_devices,
		.dumpit = oht_netlink_dump_statistics,
	},
	{
		.cmd = OHT_CMD_UNIT_GET,
		.policy = oht_netlink_unit_policy,
		.maxattr = ARRAY_SIZE(oht_netlink_unit_policy) - 1,
		.doit = oht_netlink_do_unit,
		.start = oht_netlink_start_units,
		.dumpit = oht_netlink_dump_units,
	},
};
