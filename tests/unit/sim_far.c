// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim_far.h"

#include <string.h>

#include "adu.h"

#define FC_READ		3

static size_t make_request(uint8_t *adu, const struct oht_request *request, const uint16_t *words)
{
	size_t len = 6;

	adu[0] = request->unit;
	adu[1] = request->function;
	adu[2] = (uint8_t)(request->address >> 8);
	adu[3] = (uint8_t)request->address;
	adu[4] = (uint8_t)(request->count >> 8);
	adu[5] = (uint8_t)request->count;
	if (request->function == OHT_WRITE_SINGLE) {
		adu[4] = (uint8_t)(words[0] >> 8);
		adu[5] = (uint8_t)words[0];
	} else if (request->function == OHT_WRITE_MULTIPLE) {
		adu[len++] = (uint8_t)(2 * request->count);
		for (unsigned int i = 0; i < request->count; i++) {
			adu[len++] = (uint8_t)(words[i] >> 8);
			adu[len++] = (uint8_t)words[i];
		}
	}
	return oht_sim_adu_seal(adu, len);
}

/* A write is answered with the first six bytes of its request, as kernel/frame.c holds it to. */
static uint8_t judge(const uint8_t *adu, size_t len, const uint8_t *asked,
		     const struct oht_request *request, struct oht_reply *reply)
{
	if (len < 5 || !oht_sim_adu_sealed(adu, len) || adu[0] != request->unit)
		return OHT_OUTCOME_CRC;
	if (adu[1] == (request->function | 0x80)) {
		reply->exception = adu[2];
		return OHT_OUTCOME_EXCEPTION;
	}
	if (adu[1] != request->function)
		return OHT_OUTCOME_CRC;
	reply->count = request->count;
	if (request->function != FC_READ)
		return len == 8 && !memcmp(adu, asked, 6) ? OHT_OUTCOME_OK : OHT_OUTCOME_ECHO;
	if (len != 5u + 2u * request->count)
		return OHT_OUTCOME_CRC;
	for (unsigned int i = 0; i < request->count; i++)
		reply->words[i] = (uint16_t)(adu[3 + 2 * i] << 8 | adu[4 + 2 * i]);
	return OHT_OUTCOME_OK;
}

uint64_t sim_far(void *context, uint64_t now_ns, const struct oht_request *request,
		 const uint16_t *words, struct oht_reply *reply)
{
	struct oht_sim_station *station = context;
	uint8_t adu[OHT_SIM_ADU_MAX_BYTES], answer[4 * OHT_SIM_ADU_MAX_BYTES];
	size_t len = make_request(adu, request, words), got = 0, n;
	uint64_t sent_ns = now_ns + len * station->timing.char_ns;
	uint64_t end_ns = sent_ns + request->timeout_us * 1000ull, first_ns = 0, last_ns = 0, at_ns;
	const uint8_t *bytes;

	oht_sim_station_receive(station, adu, len, now_ns);
	while ((at_ns = oht_sim_station_deadline_ns(station)) <=
	       (last_ns ? last_ns + station->timing.t35_ns : end_ns)) {
		while ((n = oht_sim_station_run(station, at_ns, &bytes))) {
			if (got + n <= sizeof(answer))
				memcpy(answer + got, bytes, n);
			got += n;
			first_ns = first_ns ? first_ns : at_ns;
			last_ns = at_ns;
		}
	}
	reply->outcome = !got ? OHT_OUTCOME_TIMEOUT : got > sizeof(answer) ? OHT_OUTCOME_CRC :
			 judge(answer, got, adu, request, reply);
	/* To the first character, as the kernel module counts it. */
	reply->turnaround_ns = got && first_ns > sent_ns ? (uint32_t)(first_ns - sent_ns) : 0;
	return (got ? last_ns : end_ns) + station->timing.t35_ns;
}
