// SPDX-License-Identifier: GPL-2.0-only
#include <linux/oht_netlink.h>
#include <linux/stddef.h>

#include "counters.h"

#define OHT_COUNTER(_name, _attribute, _member)					\
	{ _name, OHT_A_STAT_##_attribute, offsetof(struct oht_engine_stats, _member) }

const struct oht_counter oht_counters[OHT_COUNTERS] = {
	OHT_COUNTER("frames_sent", FRAMES_SENT, frames_sent),
	OHT_COUNTER("replies_ok", REPLIES_OK, replies_ok),
	OHT_COUNTER("retries", RETRIES, retries),
	OHT_COUNTER("timeouts", TIMEOUTS, details[OHT_DETAIL_TIMEOUT]),
	OHT_COUNTER("short_frames", SHORT_FRAMES, details[OHT_DETAIL_SHORT]),
	OHT_COUNTER("crc_errors", CRC_ERRORS, details[OHT_DETAIL_CRC]),
	OHT_COUNTER("paused", PAUSED, details[OHT_DETAIL_PAUSED]),
	OHT_COUNTER("length_errors", LENGTH_ERRORS, details[OHT_DETAIL_LENGTH]),
	OHT_COUNTER("unit_errors", UNIT_ERRORS, details[OHT_DETAIL_UNIT]),
	OHT_COUNTER("function_errors", FUNCTION_ERRORS, details[OHT_DETAIL_FUNCTION]),
	OHT_COUNTER("echo_errors", ECHO_ERRORS, details[OHT_DETAIL_ECHO]),
	OHT_COUNTER("exceptions", EXCEPTIONS, details[OHT_DETAIL_EXCEPTION]),
	OHT_COUNTER("line_errors", LINE_ERRORS, details[OHT_DETAIL_LINE]),
	OHT_COUNTER("tx_stuck", TX_STUCK, details[OHT_DETAIL_TX_STUCK]),
	OHT_COUNTER("cancelled", CANCELLED, details[OHT_DETAIL_CANCELLED]),
	OHT_COUNTER("stopped", STOPPED, details[OHT_DETAIL_STOPPED]),
	OHT_COUNTER("degraded", DEGRADED, details[OHT_DETAIL_DEGRADED]),
	OHT_COUNTER("bytes_sent", BYTES_SENT, bytes_sent),
	OHT_COUNTER("bytes_received", BYTES_RECEIVED, bytes_received),
	OHT_COUNTER("bytes_echo", BYTES_ECHO, bytes_echo),
	OHT_COUNTER("bytes_extra", BYTES_EXTRA, bytes_extra),
	OHT_COUNTER("bytes_stray", BYTES_STRAY, bytes_stray),
	OHT_COUNTER("frames_foreign", FRAMES_FOREIGN, frames_foreign),
	OHT_COUNTER("framing", FRAMING, framing),
	OHT_COUNTER("parity", PARITY, parity),
	OHT_COUNTER("overrun", OVERRUN, overrun),
	OHT_COUNTER("breaks", BREAKS, breaks),
	OHT_COUNTER("gap_late_max_ns", GAP_LATE_MAX_NS, gap_late_max_ns),
	OHT_COUNTER("turnaround_max_ns", TURNAROUND_MAX_NS, turnaround_max_ns),
};
