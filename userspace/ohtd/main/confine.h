/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     which files the process can still reach: Landlock, where the kernel has it.
 * Contexts: main thread, before it starts others.
 * Locks:    none.
 */
#ifndef OHTD_MAIN_CONFINE_H
#define OHTD_MAIN_CONFINE_H

#include <stddef.h>

struct ohtd_config;

/**
 * ohtd_confine() - reach only the files that a daemon with this configuration has to do with
 * @config: whose directories are meant; that of its state must exist
 * @config_path: the file itself, read again at a reload
 * @why: on failure one line
 * @size: of @why in bytes
 *
 * Holds for this thread and those that it starts from now on, for good, whatever the user it runs as
 * may do. Written and made are files beside the database, beside the local socket and beside the
 * ready file; devices are opened below /dev; read are the configured directories and what belongs to
 * the system (/etc, /usr, /lib, /proc, /sys). Nothing is executed. Files that are open stay as they are.
 *
 * Return: 0; 1 when the kernel has no Landlock, or the program was built with sanitizers; -1 with
 * @why filled.
 */
int ohtd_confine(const struct ohtd_config *config, const char *config_path, char *why, size_t size);

#endif /* OHTD_MAIN_CONFINE_H */
