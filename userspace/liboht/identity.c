// SPDX-License-Identifier: GPL-2.0-or-later
/* The reply to Read Device Identification. Modbus Application Protocol 1.1b3, 6.21. */
#include "internal.h"

/* In the PDU: function, MEI type, code, conformity, more follows, next object, objects. */
enum place {
	MORE_AT		= 4,
	NEXT_AT		= 5,
	COUNT_AT	= 6,
	OBJECTS_AT	= 7,
};

#define MORE_FOLLOWS	0xFF

static bool is_identity(const struct oht_reply *reply)
{
	return !reply->error && reply->is_pdu && reply->function == OHT_IDENTIFY &&
	       reply->count >= OBJECTS_AT;
}

/* The kernel has checked the lengths; a raw reply may lie about them all the same. */
static bool find_object(const struct oht_reply *reply, unsigned int index,
			struct oht_object *object)
{
	unsigned int at = OBJECTS_AT, i;

	if (!is_identity(reply) || index >= reply->pdu[COUNT_AT])
		return false;
	for (i = 0; at + 2 <= reply->count; i++) {
		object->id = reply->pdu[at];
		object->bytes = reply->pdu[at + 1];
		object->value = &reply->pdu[at + 2];
		at += 2u + object->bytes;
		if (i == index)
			return at <= reply->count;
	}
	return false;
}

OHT_PUBLIC bool oht_reply_object_sized(const struct oht_reply *reply, unsigned int index,
				       struct oht_object *object, size_t object_bytes)
{
	struct oht_object whole = { 0 };

	if (!find_object(reply, index, &whole))
		return false;
	oht_give(object, object_bytes, &whole, sizeof(whole));
	return true;
}

OHT_PUBLIC int oht_reply_next_object(const struct oht_reply *reply)
{
	if (!is_identity(reply) || reply->pdu[MORE_AT] != MORE_FOLLOWS)
		return -1;
	return reply->pdu[NEXT_AT];
}
