/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     whose history.db is: a number in its header that is made of robot.id.
 * Contexts: the main thread at a start, before the history has the file open, and a process without a daemon.
 * Locks:    the lock of the state directory.
 *
 * A file without a number is that of this robot, and gets one when it is opened: a person has put it there, or an earlier program has
 * made it. One with another robot's number would be read as this robot's past, so it is moved aside.
 */
#ifndef OHTD_HISTORY_PAST_H
#define OHTD_HISTORY_PAST_H

#include <stdint.h>

/* The number of the robot with that id, which is hexadecimal. 0: "" or no id. */
uint32_t ohtd_history_past_owner(const char *robot_id);

/**
 * ohtd_history_past_settle() - whose is the file, before it is opened
 * @path: of the database; it need not be there
 * @robot_id: "": the robot has none yet, so whatever is there becomes that of the next id
 * @now_s: wall clock in seconds; names a file that is moved
 *
 * Return: how many files of other robots are beside it.
 */
unsigned int ohtd_history_past_settle(const char *path, const char *robot_id, long long now_s);

/* On the word of a person the file, which need not be there, is that of the robot that opens it next. 0 or a negative errno. */
int ohtd_history_past_give(const char *path);

#endif /* OHTD_HISTORY_PAST_H */
