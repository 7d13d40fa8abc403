/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * liboht: stop telegrams: writes that every stop puts on the bus, without any program.
 *
 * Owns:     nothing; the list and its results are the kernel's.
 * Contexts: any thread, no allocation, one system call each.
 * Locks:    none.
 *
 * The conventions are those of oht_client.h.
 */
#ifndef OHT_TELEGRAM_H
#define OHT_TELEGRAM_H

#include "oht_client.h"

#ifdef __cplusplus
extern "C" {
#endif

#define OHT_STOP_TELEGRAMS_MAX		8
#define OHT_STOP_TELEGRAM_WORDS_MAX	8

/**
 * struct oht_stop_telegram - one write
 * @unit: 1..247
 * @function: OHT_WRITE_SINGLE or OHT_WRITE_MULTIPLE
 * @address: first register
 * @count: registers: 1, or 1..OHT_STOP_TELEGRAM_WORDS_MAX
 * @turnaround_us: longest wait for the beginning of its answer, 0..oht_dev_info.turnaround_max_us.
 *	The next telegram waits as long as the unit took lately and a tenth more, in the second
 *	round at least 10000 and from the third on 20000; all of it at most @turnaround_us and at
 *	least 3000. A further stop waits as in the first round.
 * @words: the values
 */
struct oht_stop_telegram {
	uint8_t unit;
	uint8_t function;
	uint16_t address;
	uint16_t count;
	uint32_t turnaround_us;
	uint16_t words[OHT_STOP_TELEGRAM_WORDS_MAX];
};

/**
 * oht_dev_set_telegrams() - what every stop writes from now on
 * @dev: handle that is the controller
 * @list: in the order in which they are sent, copied; may be NULL if @count is 0
 * @count: 0 (a stop writes nothing, as before the first call)..OHT_STOP_TELEGRAMS_MAX
 *
 * The list stays when the controller goes. On a stop it is written in front of everything else,
 * three times. A stop that is under way goes on with the list that it began with.
 *
 * Return: 0, or -1 with EINVAL (too many, or one of them is wrong; the old list stays), EPERM (not
 * the controller), EBADF, EOPNOTSUPP (no bus), ENODEV.
 */
int oht_dev_set_telegrams(struct oht_dev *dev, const struct oht_stop_telegram *list,
			  unsigned int count);

/**
 * struct oht_stop_telegram_result - what became of one of them
 * @sent_ns: when the last stop bit of its first sending had left, 0: not yet
 * @answered_ns: when its first good answer was complete, 0: not yet
 * @error: 0 once answered, else errno of the last attempt; EINPROGRESS before the first has ended
 * @outcome: enum oht_reply_outcome of the last attempt
 * @unit: as set
 * @function: as set
 * @attempts: times that it was begun to be sent
 */
struct oht_stop_telegram_result {
	uint64_t sent_ns;
	uint64_t answered_ns;
	int error;
	uint8_t outcome;
	uint8_t unit;
	uint8_t function;
	uint8_t attempts;
};

/**
 * struct oht_stop_telegrams - what became of the telegrams of the last stop that had any
 * @running: some are still to be sent
 * @set: telegrams that the next stop will send
 * @runs: stops that had any since the device came up
 * @asked_ns: when the last of them reached the bus
 * @count: valid members of @results
 * @results: in the order of the list
 */
struct oht_stop_telegrams {
	bool running;
	uint32_t set;
	uint64_t runs;
	uint64_t asked_ns;
	uint32_t count;
	struct oht_stop_telegram_result results[OHT_STOP_TELEGRAMS_MAX];
};

/**
 * oht_dev_telegrams() - read that
 * @dev: any handle
 * @status: out
 *
 * Return: 0, or -1 with EOPNOTSUPP (no bus), ENODEV, ENOTTY (an older module), EIO (nonsense from
 * the kernel).
 */
int oht_dev_telegrams_sized(struct oht_dev *dev, struct oht_stop_telegrams *status,
			    size_t status_bytes);
static inline int oht_dev_telegrams(struct oht_dev *dev, struct oht_stop_telegrams *status)
{
	return oht_dev_telegrams_sized(dev, status, sizeof(*status));
}

#ifdef __cplusplus
}
#endif

#endif /* OHT_TELEGRAM_H */
