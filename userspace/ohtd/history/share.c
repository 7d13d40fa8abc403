// SPDX-License-Identifier: GPL-2.0-or-later
#include "history/share.h"

#define MILLION		1000000ll
/* In each cycle, for all. */
#define REFILL		(OHTD_HISTORY_SHARE_DAY * MILLION / OHTD_HISTORY_SHARE_DAY_CYCLES)
/* At the start there is enough for the first value of each: a robot that is started each minute writes twice its share. */
#define START_CYCLES	(60 * 40)
#define SAVED_CYCLES	(3 * 3600 * 40)
#define SCARCE_CYCLES	(3600 * 40)
/* A new value: what a change costs by itself, and for each bit of the distance from the value before (history_load). */
#define VALUE_BYTES	30
#define BIT_BYTES	5

static int64_t cost_of(int64_t before, int64_t value)
{
	const uint64_t distance = value > before ? (uint64_t)value - (uint64_t)before : (uint64_t)before - (uint64_t)value;
	unsigned int bits = 0;

	while (bits < 64 && distance >> bits)
		bits++;
	return (VALUE_BYTES + BIT_BYTES * (int64_t)bits) * MILLION;
}

static int64_t part_of(unsigned int own)
{
	return REFILL / (own ? own : 1);
}

void ohtd_history_share_refill(struct ohtd_history_share *share)
{
	const unsigned int count = ohtd_telemetry_count();
	const int64_t part = part_of(count - OHTD_TELEMETRY_BUILT_IN), most = part * SAVED_CYCLES;

	for (unsigned int i = OHTD_TELEMETRY_BUILT_IN; i < count; i++) {
		if (!share->begun)
			share->quality[i] = OHTD_TELEMETRY_NONE;
		share->credit[i] += share->begun ? part : part * START_CYCLES;
		if (share->credit[i] > most) {
			share->reserve += share->credit[i] - most;
			share->credit[i] = most;
		}
	}
	if (share->reserve > REFILL * SAVED_CYCLES)
		share->reserve = REFILL * SAVED_CYCLES;
	share->scarce -= share->scarce > 0;
	share->begun = true;
}

/* The reserve is for signals without debts: else each return out of it makes room for the debt of the next loss. */
static bool is_paid(struct ohtd_history_share *share, unsigned int signal, int64_t cost)
{
	int64_t *from = share->credit[signal] >= cost ? &share->credit[signal] : &share->reserve;

	if (share->credit[signal] < 0 || *from < cost)
		return false;
	*from -= cost;
	return true;
}

void ohtd_history_share_take(struct ohtd_history_share *share, unsigned int signal, int64_t *value, unsigned int *quality)
{
	const bool is_lost = share->quality[signal] == OHTD_TELEMETRY_GOOD && *quality != OHTD_TELEMETRY_GOOD;
	const int64_t cost = cost_of(share->kept[signal], *value);

	if (*value == share->kept[signal] && *quality == share->quality[signal])
		return;
	if (!is_paid(share, signal, cost)) {
		if (!is_lost) {
			share->coarse++;
			share->scarce = SCARCE_CYCLES;
			*value = share->kept[signal];
			*quality = share->quality[signal];
			return;
		}
		share->credit[signal] -= cost;
	}
	share->kept[signal] = *value;
	share->quality[signal] = (uint8_t)*quality;
}

void ohtd_history_share_leave_out(struct ohtd_history_share *share, unsigned int signal)
{
	share->quality[signal] = OHTD_TELEMETRY_NONE;
}
