// SPDX-License-Identifier: GPL-2.0-or-later
/* Messages of the family become structures; each attribute has the length that it must have. */
#include <netlink/attr.h>
#include <netlink/msg.h>

#include "monitor.h"

enum form { FORM_U32, FORM_U64, FORM_TEXT, FORM_NEST };

static enum form form_of(unsigned int number)
{
	switch (number) {
	case OHT_A_NAME:
	case OHT_A_PORT:
		return FORM_TEXT;
	case OHT_A_STATISTICS:
		return FORM_NEST;
	case OHT_A_CAPS:
	case OHT_A_BAUD_EFFECTIVE_MILLIBPS:
	case OHT_A_CAUSES:
	case OHT_A_STANDING:
	case OHT_A_TIME_NS:
	case OHT_A_LOW_NS:
	case OHT_A_SEQ:
	case OHT_A_SAFETY_SEQ:
	case OHT_A_CYCLE_SEQ:
	case OHT_A_UNIT_SEQ:
	case OHT_A_LAST_GOOD_NS:
	case OHT_A_CHANGED_NS:
	case OHT_A_TURNAROUND_MAX_NS:
	case OHT_A_CYCLE:
		return FORM_U64;
	default:
		return FORM_U32;
	}
}

static bool has_form(const struct nlattr *attribute, unsigned int number)
{
	int bytes = nla_len(attribute);

	switch (form_of(number)) {
	case FORM_U32:
		return bytes == sizeof(uint32_t);
	case FORM_U64:
		return bytes == sizeof(uint64_t);
	case FORM_TEXT:
		return bytes > 0 && !((const char *)nla_data(attribute))[bytes - 1];
	default:
		return true;
	}
}

int oht_attributes_of(const struct nlmsghdr *message, struct oht_attributes *attributes)
{
	const char *start = (const char *)message + NLMSG_HDRLEN + GENL_HDRLEN;
	int bytes = (int)message->nlmsg_len - NLMSG_HDRLEN - GENL_HDRLEN, left;
	const struct nlattr *first = (const void *)start;
	const struct nlattr *attribute;
	unsigned int number;

	memset(attributes, 0, sizeof(*attributes));
	if (bytes < 0)
		return -1;
	nla_for_each_attr(attribute, first, bytes, left) {
		number = nla_type(attribute);
		/* Of a newer kernel, or filling. */
		if (number > OHT_A_MAX || number == OHT_A_PAD)
			continue;
		if (!has_form(attribute, number))
			return -1;
		attributes->at[number] = attribute;
	}
	return left > 0 ? -1 : 0;
}

/* The kernel aligns numbers of 64 bits, others need not. */
static uint64_t number_of(const struct nlattr *attribute)
{
	uint64_t wide;
	uint32_t narrow;

	if (nla_len(attribute) == sizeof(wide)) {
		memcpy(&wide, nla_data(attribute), sizeof(wide));
		return wide;
	}
	memcpy(&narrow, nla_data(attribute), sizeof(narrow));
	return narrow;
}

uint64_t oht_attribute(const struct oht_attributes *attributes, unsigned int number)
{
	return attributes->at[number] ? number_of(attributes->at[number]) : 0;
}

void oht_attribute_text(const struct oht_attributes *attributes, unsigned int number, char *text,
			size_t text_bytes)
{
	const struct nlattr *attribute = attributes->at[number];

	memset(text, 0, text_bytes);
	if (attribute)
		strncpy(text, nla_data(attribute), text_bytes - 1);
}

/* ---- notifications ---- */

static bool has_all(const struct oht_attributes *attributes, const uint8_t *numbers, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (!attributes->at[numbers[i]])
			return false;
	return true;
}

/* Attributes whose fields in the structures are 8 bits wide fit there. */
static bool all_small(const struct oht_attributes *attributes, const uint8_t *numbers, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (oht_attribute(attributes, numbers[i]) > UINT8_MAX)
			return false;
	return true;
}

#define HAS_ALL(attributes, ...)	\
	has_all(attributes, (const uint8_t[]){ __VA_ARGS__ },	\
		sizeof((const uint8_t[]){ __VA_ARGS__ }))
#define ALL_SMALL(attributes, ...)	\
	all_small(attributes, (const uint8_t[]){ __VA_ARGS__ },	\
		  sizeof((const uint8_t[]){ __VA_ARGS__ }))

static int safety_of(const struct oht_attributes *a, struct oht_news *news)
{
	if (!HAS_ALL(a, OHT_A_KIND, OHT_A_STATE_FROM, OHT_A_STATE, OHT_A_CAUSE, OHT_A_CAUSES,
		     OHT_A_INPUTS, OHT_A_OUTPUTS) ||
	    !ALL_SMALL(a, OHT_A_STATE_FROM, OHT_A_STATE, OHT_A_INPUTS, OHT_A_OUTPUTS))
		return -1;
	news->type = OHT_NEWS_SAFETY;
	news->safety = (struct oht_safety_event){
		.journal_seq = news->seq,
		.event_ns = news->time_ns,
		.low_ns = oht_attribute(a, OHT_A_LOW_NS),
		.causes = oht_attribute(a, OHT_A_CAUSES),
		.cause = oht_attribute(a, OHT_A_CAUSE),
		.kind = oht_attribute(a, OHT_A_KIND),
		.state_from = oht_attribute(a, OHT_A_STATE_FROM),
		.state_to = oht_attribute(a, OHT_A_STATE),
		.inputs = oht_attribute(a, OHT_A_INPUTS),
		.outputs = oht_attribute(a, OHT_A_OUTPUTS),
	};
	return 0;
}

static bool is_unit(uint64_t unit)
{
	return unit >= 1 && unit <= OHT_MONITOR_UNIT_MAX;
}

static int unit_of(const struct oht_attributes *a, struct oht_news *news)
{
	if (!HAS_ALL(a, OHT_A_UNIT, OHT_A_HEALTH_FROM, OHT_A_HEALTH, OHT_A_DETAIL,
		     OHT_A_ERRORS_IN_ROW, OHT_A_LAST_GOOD_NS) ||
	    !ALL_SMALL(a, OHT_A_HEALTH_FROM, OHT_A_HEALTH, OHT_A_DETAIL) ||
	    !is_unit(oht_attribute(a, OHT_A_UNIT)))
		return -1;
	news->type = OHT_NEWS_UNIT;
	news->unit = (struct oht_unit_event){
		.journal_seq = news->seq,
		.changed_ns = news->time_ns,
		.last_good_ns = oht_attribute(a, OHT_A_LAST_GOOD_NS),
		.unit = oht_attribute(a, OHT_A_UNIT),
		.from = oht_attribute(a, OHT_A_HEALTH_FROM),
		.to = oht_attribute(a, OHT_A_HEALTH),
		.outcome = oht_attribute(a, OHT_A_DETAIL),
		.errors_in_row = oht_attribute(a, OHT_A_ERRORS_IN_ROW),
	};
	return 0;
}

static bool names_no_entry(const struct oht_attributes *a)
{
	uint64_t kind = oht_attribute(a, OHT_A_KIND);

	return kind != OHT_KIND_LOST && kind != OHT_KIND_FOUND;
}

static int cycle_of(const struct oht_attributes *a, struct oht_news *news)
{
	if (!HAS_ALL(a, OHT_A_KIND, OHT_A_CYCLE, OHT_A_COUNT, OHT_A_GENERATION))
		return -1;
	if (!names_no_entry(a) &&
	    (!HAS_ALL(a, OHT_A_ENTRY, OHT_A_UNIT, OHT_A_DETAIL) || !ALL_SMALL(a, OHT_A_DETAIL) ||
	     oht_attribute(a, OHT_A_ENTRY) > UINT16_MAX || !is_unit(oht_attribute(a, OHT_A_UNIT))))
		return -1;
	news->type = OHT_NEWS_CYCLE;
	news->cycle = (struct oht_cycle_event){
		.journal_seq = news->seq,
		.event_ns = news->time_ns,
		.cycle = oht_attribute(a, OHT_A_CYCLE),
		.kind = oht_attribute(a, OHT_A_KIND),
		.count = oht_attribute(a, OHT_A_COUNT),
		.generation = oht_attribute(a, OHT_A_GENERATION),
		.entry = names_no_entry(a) ? 0 : oht_attribute(a, OHT_A_ENTRY),
		.unit = names_no_entry(a) ? 0 : oht_attribute(a, OHT_A_UNIT),
		.outcome = names_no_entry(a) ? 0 : oht_attribute(a, OHT_A_DETAIL),
	};
	return 0;
}

int oht_news_of(const struct nlmsghdr *message, struct oht_news *news)
{
	const struct genlmsghdr *head = nlmsg_data(message);
	struct oht_attributes attributes;

	if (oht_attributes_of(message, &attributes) ||
	    !HAS_ALL(&attributes, OHT_A_DEVICE, OHT_A_SEQ, OHT_A_TIME_NS) ||
	    !oht_attribute(&attributes, OHT_A_SEQ))
		return -1;
	memset(news, 0, sizeof(*news));
	news->device = oht_attribute(&attributes, OHT_A_DEVICE);
	news->seq = oht_attribute(&attributes, OHT_A_SEQ);
	news->time_ns = oht_attribute(&attributes, OHT_A_TIME_NS);
	switch (head->cmd) {
	case OHT_CMD_SAFETY_NTF:
		return safety_of(&attributes, news);
	case OHT_CMD_UNIT_NTF:
		return unit_of(&attributes, news);
	case OHT_CMD_CYCLE_NTF:
		return cycle_of(&attributes, news);
	default:
		return -1;
	}
}

bool oht_family_came(const struct nlmsghdr *message)
{
	const struct genlmsghdr *head = nlmsg_data(message);
	int left = (int)message->nlmsg_len - NLMSG_HDRLEN - GENL_HDRLEN;
	const struct nlattr *name;

	if (message->nlmsg_type != GENL_ID_CTRL || left < 0 || head->cmd != CTRL_CMD_NEWFAMILY)
		return false;
	name = nla_find((const void *)(head + 1), left, CTRL_ATTR_FAMILY_NAME);
	return name && !nla_strcmp(name, OHT_GENL_NAME);
}

/* ---- answers ---- */

void oht_device_view_of(const struct oht_attributes *a, struct oht_device_view *view)
{
	*view = (struct oht_device_view){
		.abi_version = oht_attribute(a, OHT_A_ABI_VERSION),
		.caps = oht_attribute(a, OHT_A_CAPS),
		.baud_bps = oht_attribute(a, OHT_A_BAUD_BPS),
		.baud_effective_millibps = oht_attribute(a, OHT_A_BAUD_EFFECTIVE_MILLIBPS),
		.state = oht_attribute(a, OHT_A_STATE),
		.first_cause = oht_attribute(a, OHT_A_FIRST_CAUSE),
		.causes = oht_attribute(a, OHT_A_CAUSES),
		.standing = oht_attribute(a, OHT_A_STANDING),
		.inputs = oht_attribute(a, OHT_A_INPUTS),
		.outputs = oht_attribute(a, OHT_A_OUTPUTS),
		.since_ns = oht_attribute(a, OHT_A_TIME_NS),
		.safety_seq = oht_attribute(a, OHT_A_SAFETY_SEQ),
		.unit_seq = oht_attribute(a, OHT_A_UNIT_SEQ),
		.cycle_seq = oht_attribute(a, OHT_A_CYCLE_SEQ),
	};
	oht_attribute_text(a, OHT_A_NAME, view->name, sizeof(view->name));
	oht_attribute_text(a, OHT_A_PORT, view->port, sizeof(view->port));
}

void oht_unit_view_of(const struct oht_attributes *a, struct oht_unit_view *view)
{
	memset(view, 0, sizeof(*view));
	view->policy.unit = oht_attribute(a, OHT_A_UNIT);
	view->state = oht_attribute(a, OHT_A_HEALTH);
	view->errors_in_row = oht_attribute(a, OHT_A_ERRORS_IN_ROW);
	view->backoff_ms = oht_attribute(a, OHT_A_BACKOFF_MS);
	view->turnaround_max_ns = oht_attribute(a, OHT_A_TURNAROUND_MAX_NS);
	view->last_good_ns = oht_attribute(a, OHT_A_LAST_GOOD_NS);
	view->changed_ns = oht_attribute(a, OHT_A_CHANGED_NS);
}

int oht_statistics_of(const struct oht_attributes *attributes, struct oht_statistics_view *view)
{
	const struct nlattr *nest = attributes->at[OHT_A_STATISTICS], *attribute;
	unsigned int number;
	int left;

	memset(view, 0, sizeof(*view));
	if (!nest)
		return -1;
	nla_for_each_nested(attribute, nest, left) {
		number = nla_type(attribute);
		if (number >= OHT_STATISTICS_MAX || number <= OHT_A_STAT_PAD)
			continue;
		if (nla_len(attribute) != sizeof(uint64_t))
			return -1;
		view->values[number] = number_of(attribute);
	}
	return left > 0 ? -1 : 0;
}
