/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the birth of the process that sends webhooks.
 * Contexts: main thread, while there is no other, before files and system calls are narrowed.
 * Locks:    none.
 */
#ifndef OHTD_WEBHOOKS_SENDER_H
#define OHTD_WEBHOOKS_SENDER_H

struct ohtd_config;

/**
 * ohtd_sender_start() - start the process, if ohtd.conf lists a destination
 * @config: says where it may send to, and which program it is
 *
 * It ends by itself when the socket is closed, also after kill -9 of this process.
 *
 * Return: the socket to it; -1: nobody is told elsewhere, which is in the log if it is a fault, and all else goes on.
 */
int ohtd_sender_start(const struct ohtd_config *config);

#endif /* OHTD_WEBHOOKS_SENDER_H */
