// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "show.h"

#define QUIET	4	/* light modules around a QR code */

/* ---- a QR code on the terminal: two rows in a line, dark on light whatever the terminal's colours are ---- */

struct picture {
	const char *rows;
	int width;
};

static bool is_dark(const struct picture *picture, int row, int column)
{
	row -= QUIET;
	column -= QUIET;
	if (row < 0 || column < 0 || row >= picture->width || column >= picture->width)
		return false;
	return picture->rows[row * (picture->width + 1) + column] == '1';
}

void show_qr(struct cli *cli, const char *rows)
{
	static const char *const halves[] = { " ", "\xe2\x96\x84", "\xe2\x96\x80", "\xe2\x96\x88" };
	const struct picture picture = { rows, (int)strcspn(rows, "\n") };
	int side = picture.width + 2 * QUIET;

	if (strlen(rows) != (size_t)picture.width * ((size_t)picture.width + 1) - 1)
		return;
	for (int row = 0; row < side; row += 2) {
		fputs("\x1b[30;107m", cli->out);
		for (int column = 0; column < side; column++)
			fputs(halves[2 * is_dark(&picture, row, column) + is_dark(&picture, row + 1, column)], cli->out);
		fputs("\x1b[0m\n", cli->out);
	}
}
