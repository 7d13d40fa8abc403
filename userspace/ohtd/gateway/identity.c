// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/identity.h"

#include <string.h>

#define VENDOR		"oht"
#define PRODUCT		"ohtd"

/* Read device identification (Modbus application protocol 1.1b3, 6.21). */
#define MEI		14
#define STREAM_BASIC	1
#define ONE_OBJECT	4
/* The objects of the basic stream, and each by itself. */
#define CONFORMITY	0x81
#define RUNS		0xff

static const char *const objects[] = { VENDOR, PRODUCT, OHT_VERSION };

#define OBJECTS		(sizeof(objects) / sizeof(objects[0]))

static size_t put_object(uint8_t *data, unsigned int number)
{
	size_t n = strlen(objects[number]);

	data[0] = (uint8_t)number;
	data[1] = (uint8_t)n;
	memcpy(data + 2, objects[number], n);
	return n + 2;
}

/* Function 17: text, and that it runs. */
static size_t server_id(uint8_t out[OHTD_MBAP_BYTES_MAX], const struct ohtd_mbap_request *request)
{
	static const char id[] = VENDOR " " PRODUCT " " OHT_VERSION;
	uint8_t data[2 + sizeof(id)];

	data[0] = sizeof(id);
	memcpy(data + 1, id, sizeof(id) - 1);
	data[sizeof(id)] = RUNS;
	return ohtd_mbap_answer(out, request, data, 1 + sizeof(id));
}

size_t ohtd_identity_answer(uint8_t out[OHTD_MBAP_BYTES_MAX], const struct ohtd_mbap_request *request)
{
	unsigned int code = request->words[0], from = request->words[1], end = OBJECTS;
	uint8_t data[128] = { MEI, (uint8_t)code, CONFORMITY };
	size_t used = 6;

	if (request->function == OHTD_MBAP_SERVER_ID)
		return server_id(out, request);
	if (code < STREAM_BASIC || code > ONE_OBJECT)
		return ohtd_mbap_refusal(out, request, OHTD_MBAP_BAD_VALUE);
	if (from >= OBJECTS && code == ONE_OBJECT)
		return ohtd_mbap_refusal(out, request, OHTD_MBAP_BAD_ADDRESS);
	/* A stream that is asked for from an object that is not there begins anew. */
	if (from >= OBJECTS)
		from = 0;
	if (code == ONE_OBJECT)
		end = from + 1;
	data[5] = (uint8_t)(end - from);
	for (; from < end; from++)
		used += put_object(data + used, from);
	return ohtd_mbap_answer(out, request, data, used);
}
