/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what the process that sends webhooks gives up before it connects to anybody.
 * Contexts: its main thread, while there is no other.
 * Locks:    none.
 */
#ifndef OHTD_SENDER_CONFINE_H
#define OHTD_SENDER_CONFINE_H

/*
 * Nothing is written to files, only certificates and settings of names are read; no programs, no processes, no signals
 * to others, no listening. @ca_file: with the authorities that are trusted, or NULL; what is beside it is not read, and
 * outside of /etc another file of the same name is not either. 0, or -1 with errno.
 */
int sender_confine(const char *ca_file);

#endif /* OHTD_SENDER_CONFINE_H */
