/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Questions at the terminal: passwords without echo, names, yes or no. A password may also come
 * from standard input or a file, never from an argument.
 *
 * Owns:     the terminal for as long as a question stands.
 * Contexts: the program's one thread; waits for a person.
 * Locks:    none.
 */
#ifndef OHTCTL_PASSWORD_H
#define OHTCTL_PASSWORD_H

#include <stdbool.h>
#include <stddef.h>

/* One more than ohtd takes, so that it can say that it is too long, and the end of the line. */
#define PASSWORD_BYTES	80

struct cli;

/**
 * password_take() - a password from where the command line says
 * @cli: --password-file, --password-stdin, else the terminal is asked
 * @twice: a new one: ask for it again at the terminal
 * @password: takes it; to be overwritten after use
 *
 * Return: 0, or an exit code after a complaint.
 */
int password_take(struct cli *cli, bool twice, char password[PASSWORD_BYTES]);

/* Ask for a line at the terminal, with echo; 0, or an exit code after a complaint. */
int password_ask_line(struct cli *cli, const char *question, char *line, size_t size);

#endif /* OHTCTL_PASSWORD_H */
