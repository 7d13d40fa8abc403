/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the file machine of the state folder: which machine the folder belongs to.
 * Contexts: main thread, before it confines itself; and a process of its own.
 * Locks:    that of the state directory.
 *
 * Cards are cloned, and with them the robot's id, its keys and its authority: two robots are one then. The marks of the machine
 * tell a card that is in another machine; whether it was moved or copied only a person knows.
 */
#ifndef OHTD_MAIN_MACHINE_H
#define OHTD_MAIN_MACHINE_H

#include <stdbool.h>

struct ohtd_config;

/*
 * Is the folder another machine's? One that belongs to none yet, or whose file makes no sense, becomes this machine's.
 * @root: "", or a folder that has /sys and /etc of a machine.
 */
bool ohtd_machine_is_another(const char *state_dir, const char *root);

/**
 * ohtd_machine_settle() - a person has said why the folder is in another machine
 * @config: says where it is
 * @is: "moved": it is this machine's from now on; "copied": it gets an identity of its own as well
 *
 * Return: status of the process, after one line on standard output or error.
 */
int ohtd_machine_settle(const struct ohtd_config *config, const char *is);

#endif /* OHTD_MAIN_MACHINE_H */
