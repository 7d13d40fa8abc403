/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * The generic netlink family "oht": what devices are and count, and what happens to them, for
 * programs that have no descriptor of /dev/oht%d. Read-only: nothing here changes anything.
 *
 * Owns:     every number of the family. docs/netlink/oht.yaml describes the same for YNL.
 * Contexts: none; only definitions. The kernel side is kernel/netlink.c, the user side
 *           userspace/liboht/monitor.c.
 * Locks:    none.
 *
 * Requests, with NLM_F_REQUEST, by anybody in the initial network namespace. In it a device is
 * named by OHT_A_DEVICE, the number in oht%d. Without NLM_F_DUMP that is required. A dump goes over
 * all devices and takes no attribute, only that of units may be bound to one OHT_A_DEVICE.
 *
 *   OHT_CMD_DEVICE_GET      out: OHT_A_DEVICE, OHT_A_NAME, OHT_A_ABI_VERSION, OHT_A_CAPS,
 *                           OHT_A_STATE, OHT_A_FIRST_CAUSE, OHT_A_CAUSES, OHT_A_STANDING,
 *                           OHT_A_INPUTS, OHT_A_OUTPUTS, OHT_A_TIME_NS (since when in this state),
 *                           OHT_A_SAFETY_SEQ, OHT_A_CYCLE_SEQ, OHT_A_UNIT_SEQ (newest notification
 *                           of each kind, 0: none yet); with a bus also OHT_A_PORT, OHT_A_BAUD_BPS,
 *                           OHT_A_BAUD_EFFECTIVE_MILLIBPS. Reads the inputs anew.
 *   OHT_CMD_STATISTICS_GET  out: OHT_A_DEVICE, OHT_A_STATISTICS (nested, OHT_A_STAT_*). A dump
 *                           leaves devices without a bus out.
 *   OHT_CMD_UNIT_GET        in: OHT_A_UNIT too, unless it is a dump. Out: OHT_A_DEVICE, OHT_A_UNIT,
 *                           OHT_A_HEALTH, OHT_A_ERRORS_IN_ROW, OHT_A_BACKOFF_MS,
 *                           OHT_A_LAST_GOOD_NS, OHT_A_CHANGED_NS, OHT_A_TURNAROUND_MAX_NS. A dump
 *                           leaves out units that have no policy and were never addressed.
 *
 * Notifications, to the members of a group. Each carries OHT_A_DEVICE, OHT_A_TIME_NS and
 * OHT_A_SEQ, which counts those of its command and device from 1 without gaps: whatever is missing
 * was lost, because the listener was slow (its socket says ENOBUFS then), because the kernel was
 * out of memory, or because more came at once than the journal keeps. A notification is made only
 * while the group has a member; earlier events are not sent.
 *
 *   group "safety"
 *   OHT_CMD_SAFETY_NTF      struct oht_safety_record: OHT_A_KIND (enum oht_safety_kind),
 *                           OHT_A_STATE_FROM, OHT_A_STATE, OHT_A_CAUSE (of this entry),
 *                           OHT_A_CAUSES, OHT_A_INPUTS, OHT_A_OUTPUTS, and OHT_A_LOW_NS if it
 *                           lowered the outputs
 *   group "bus"
 *   OHT_CMD_UNIT_NTF        struct oht_unit_record: OHT_A_UNIT, OHT_A_HEALTH_FROM, OHT_A_HEALTH,
 *                           OHT_A_DETAIL, OHT_A_ERRORS_IN_ROW, OHT_A_LAST_GOOD_NS
 *   OHT_CMD_CYCLE_NTF       struct oht_cycle_record: OHT_A_KIND (enum oht_cycle_kind),
 *                           OHT_A_CYCLE, OHT_A_COUNT, OHT_A_GENERATION; with LOST and FOUND
 *                           OHT_A_ENTRY, OHT_A_UNIT, OHT_A_DETAIL
 *
 * Errors: ENOENT: the family is not there; EINVAL: an attribute is missing, not one of the
 * command's, or of the wrong length; ERANGE: it is out of its range; with both the extended ACK
 * names it; EOPNOTSUPP: no such command, or no bus; ENODEV: no such device.
 *
 * Times are nanoseconds of CLOCK_MONOTONIC. Numbers mean what they mean in linux/oht.h.
 */
#ifndef _UAPI_LINUX_OHT_NETLINK_H
#define _UAPI_LINUX_OHT_NETLINK_H

#define OHT_GENL_NAME		"oht"
#define OHT_GENL_VERSION	1

#define OHT_MCGRP_SAFETY	"safety"
#define OHT_MCGRP_BUS		"bus"

enum oht_nl_command {
	OHT_CMD_DEVICE_GET	= 1,
	OHT_CMD_STATISTICS_GET	= 2,
	OHT_CMD_UNIT_GET	= 3,
	OHT_CMD_SAFETY_NTF	= 4,
	OHT_CMD_UNIT_NTF	= 5,
	OHT_CMD_CYCLE_NTF	= 6,
};

/* Unsigned; 32 bits, unless the name ends in _NS or _SEQ or the comment says otherwise. */
enum oht_nl_attribute {
	OHT_A_PAD			= 1,
	OHT_A_DEVICE			= 2,
	OHT_A_NAME			= 3,	/* text, "oht0" */
	OHT_A_ABI_VERSION		= 4,	/* of linux/oht.h */
	OHT_A_CAPS			= 5,	/* 64 bits, OHT_CAP_* */
	OHT_A_PORT			= 6,	/* text, "pl011" */
	OHT_A_BAUD_BPS			= 7,
	OHT_A_BAUD_EFFECTIVE_MILLIBPS	= 8,	/* 64 bits */
	OHT_A_STATE			= 9,	/* enum oht_estop_state */
	OHT_A_STATE_FROM		= 10,
	OHT_A_FIRST_CAUSE		= 11,	/* enum oht_cause */
	OHT_A_CAUSE			= 12,	/* enum oht_cause */
	OHT_A_CAUSES			= 13,	/* 64 bits, OHT_CAUSE_BIT() */
	OHT_A_STANDING			= 14,	/* 64 bits, OHT_CAUSE_BIT() */
	OHT_A_INPUTS			= 15,	/* OHT_INPUT_* */
	OHT_A_OUTPUTS			= 16,	/* OHT_OUTPUT_* */
	OHT_A_TIME_NS			= 17,
	OHT_A_LOW_NS			= 18,
	OHT_A_SEQ			= 19,	/* 64 bits */
	OHT_A_SAFETY_SEQ		= 20,
	OHT_A_CYCLE_SEQ			= 21,
	OHT_A_UNIT_SEQ			= 22,
	OHT_A_KIND			= 23,
	OHT_A_UNIT			= 24,	/* 1..247 */
	OHT_A_HEALTH			= 25,	/* enum oht_unit_health */
	OHT_A_HEALTH_FROM		= 26,
	OHT_A_DETAIL			= 27,	/* enum oht_detail */
	OHT_A_ERRORS_IN_ROW		= 28,
	OHT_A_BACKOFF_MS		= 29,
	OHT_A_LAST_GOOD_NS		= 30,	/* 0: never */
	OHT_A_CHANGED_NS		= 31,	/* 0: never */
	OHT_A_TURNAROUND_MAX_NS		= 32,
	OHT_A_CYCLE			= 33,	/* 64 bits */
	OHT_A_COUNT			= 34,
	OHT_A_GENERATION		= 35,
	OHT_A_ENTRY			= 36,
	OHT_A_STATISTICS		= 37,	/* nested, OHT_A_STAT_* */

	__OHT_A_END,
	OHT_A_MAX			= __OHT_A_END - 1
};

/* Each 64 bits; what each counts is said at the file of that name, docs/ABI/sysfs-class-oht. */
enum oht_nl_statistic {
	OHT_A_STAT_PAD			= 1,
	OHT_A_STAT_FRAMES_SENT		= 2,
	OHT_A_STAT_REPLIES_OK		= 3,
	OHT_A_STAT_RETRIES		= 4,
	OHT_A_STAT_TIMEOUTS		= 5,
	OHT_A_STAT_SHORT_FRAMES		= 6,
	OHT_A_STAT_CRC_ERRORS		= 7,
	OHT_A_STAT_PAUSED		= 8,
	OHT_A_STAT_LENGTH_ERRORS	= 9,
	OHT_A_STAT_UNIT_ERRORS		= 10,
	OHT_A_STAT_FUNCTION_ERRORS	= 11,
	OHT_A_STAT_ECHO_ERRORS		= 12,
	OHT_A_STAT_EXCEPTIONS		= 13,
	OHT_A_STAT_LINE_ERRORS		= 14,
	OHT_A_STAT_TX_STUCK		= 15,
	OHT_A_STAT_CANCELLED		= 16,
	OHT_A_STAT_STOPPED		= 17,
	OHT_A_STAT_DEGRADED		= 18,
	OHT_A_STAT_BYTES_SENT		= 19,
	OHT_A_STAT_BYTES_RECEIVED	= 20,
	OHT_A_STAT_BYTES_ECHO		= 21,
	OHT_A_STAT_BYTES_EXTRA		= 22,
	OHT_A_STAT_BYTES_STRAY		= 23,
	OHT_A_STAT_FRAMES_FOREIGN	= 24,
	OHT_A_STAT_FRAMING		= 25,
	OHT_A_STAT_PARITY		= 26,
	OHT_A_STAT_OVERRUN		= 27,
	OHT_A_STAT_BREAKS		= 28,
	OHT_A_STAT_GAP_LATE_MAX_NS	= 29,
	OHT_A_STAT_TURNAROUND_MAX_NS	= 30,

	__OHT_A_STAT_END,
	OHT_A_STAT_MAX			= __OHT_A_STAT_END - 1
};

#endif /* _UAPI_LINUX_OHT_NETLINK_H */
