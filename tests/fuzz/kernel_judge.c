// SPDX-License-Identifier: GPL-2.0-or-later
/* Apart from the targets because the module's headers and those of userspace share some names. */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include "frame.h"
#include "kernel_judge.h"

#define OHT_WRITE_WORDS_MAX	123

static u16 get16(const u8 *at)
{
	return (u16)(at[0] << 8 | at[1]);
}

/* The request as the kernel module would have asked it; false if it never would. */
static bool as_kernel_asks(const u8 *request, size_t len, struct oht_frame_request *req, u16 *words)
{
	u8 built[OHT_ADU_MAX_BYTES];

	memset(words, 0, OHT_WORDS_MAX * sizeof(*words));
	*req = (struct oht_frame_request){
		.unit = request[0], .function = request[1], .count = 1, .words = words};
	if (request[1] == OHT_FC_IDENTIFY && len > 4) {
		req->count = request[3];
		req->address = request[4];
	} else if (len >= 8) {
		req->address = get16(request + 2);
		words[0] = get16(request + 4);
	}
	if (request[1] == OHT_FC_READ_HOLDING || request[1] == OHT_FC_READ_INPUT ||
	    request[1] == OHT_FC_READ_WRITE || request[1] == OHT_FC_WRITE_REGISTERS)
		req->count = words[0];
	if (request[1] == OHT_FC_MASK_WRITE && len >= 10)
		words[1] = get16(request + 6);
	if (request[1] == OHT_FC_READ_WRITE && len >= 13) {
		req->write_address = get16(request + 6);
		req->write_count = get16(request + 8);
	}
	for (size_t i = 0, at = request[1] == OHT_FC_READ_WRITE ? 11 : 7;
	     (request[1] == OHT_FC_READ_WRITE || request[1] == OHT_FC_WRITE_REGISTERS) &&
	     i < OHT_WRITE_WORDS_MAX && at + 3 < len;
	     i++, at += 2)
		words[i] = get16(request + at);
	return !oht_frame_check(req) && oht_frame_build(built, req) == (int)len &&
	       !memcmp(built, request, len);
}

bool kernel_takes_crc(const uint8_t *adu, size_t len)
{
	return oht_frame_is_sound(adu, (unsigned int)len);
}

enum kernel_judgement kernel_judge(const uint8_t *request, size_t len, const uint8_t *reply,
				   size_t bytes)
{
	struct oht_frame_request req;
	u16 words[OHT_WORDS_MAX];
	u8 exception;

	if (!as_kernel_asks(request, len, &req, words))
		return KERNEL_NEVER_ASKS;
	switch (oht_frame_verify(&req, reply, (unsigned int)bytes, &exception)) {
	case OHT_DETAIL_OK:
		return KERNEL_TAKES;
	case OHT_DETAIL_EXCEPTION:
		return KERNEL_SEES_EXCEPTION;
	default:
		return KERNEL_REFUSES;
	}
}
