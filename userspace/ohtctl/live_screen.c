// SPDX-License-Identifier: GPL-2.0-or-later
#include "live_screen.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define ROWS	24	/* of a terminal that does not say */
#define COLUMNS	80

/* The other screen, no cursor, no wrapping; and back, with nothing left reversed. */
#define BEGIN	"\033[?1049h\033[?25l\033[?7l\033[2J"
#define END	"\033[m\033[2J\033[1;1H\033[?7h\033[?25h\033[?1049l"

bool live_screen_is_possible(FILE *out)
{
	const char *kind = getenv("TERM");

	return isatty(fileno(out)) && kind && *kind && strcmp(kind, "dumb") != 0;
}

/* Ctrl-C stays a signal. Ctrl-Z would leave the shell with this screen. */
static void take_keys(struct live_screen *screen)
{
	struct termios now;

	screen->keys = -1;
	if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &screen->before))
		return;
	now = screen->before;
	now.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	now.c_cc[VMIN] = now.c_cc[VTIME] = 0;
	now.c_cc[VSUSP] = _POSIX_VDISABLE;
	if (!tcsetattr(STDIN_FILENO, TCSADRAIN, &now))
		screen->keys = STDIN_FILENO;
}

static void look(struct live_screen *screen)
{
	struct winsize size;

	screen->rows = ROWS;
	screen->columns = COLUMNS;
	if (ioctl(fileno(screen->out), TIOCGWINSZ, &size) || !size.ws_row || !size.ws_col)
		return;
	screen->rows = size.ws_row;
	screen->columns = size.ws_col;
}

void live_screen_begin(struct live_screen *screen, FILE *out)
{
	*screen = (struct live_screen){ .out = out, .on = true };
	look(screen);
	take_keys(screen);
	fputs(BEGIN, out);
	fflush(out);
}

void live_screen_end(struct live_screen *screen)
{
	if (!screen->on)
		return;
	fputs(END, screen->out);
	fflush(screen->out);
	if (screen->keys >= 0)
		tcsetattr(screen->keys, TCSAFLUSH, &screen->before);
	screen->on = false;
}

size_t live_screen_rows(struct live_screen *screen)
{
	size_t rows = screen->rows, columns = screen->columns;

	look(screen);
	if (rows != screen->rows || columns != screen->columns) {
		screen->shown = (struct live_picture){ 0 };
		fputs("\033[2J", screen->out);
	}
	return screen->rows < PICTURE_ROWS_MAX ? screen->rows : PICTURE_ROWS_MAX;
}

void live_screen_draw(struct live_screen *screen, const struct live_picture *picture)
{
	struct live_picture *shown = &screen->shown;

	for (size_t i = 0; i < picture->rows; i++) {
		char line[PICTURE_BYTES];

		memcpy(line, picture->text[i], sizeof(line));
		live_picture_cut(line, screen->columns);
		if (!strcmp(line, shown->text[i]) && picture->marked[i] == shown->marked[i])
			continue;
		memcpy(shown->text[i], line, sizeof(line));
		shown->marked[i] = picture->marked[i];
		/* Cleared before: behind a full line some terminals would clear its last place. */
		fprintf(screen->out, "\033[%zu;1H\033[2K%s%s%s", i + 1, picture->marked[i] ? "\033[7m" : "",
			line, picture->marked[i] ? "\033[m" : "");
	}
	fflush(screen->out);
}

bool live_screen_quit(struct live_screen *screen)
{
	char pressed[64];
	ssize_t count = screen->keys < 0 ? 0 : read(screen->keys, pressed, sizeof(pressed));

	return count > 0 && (memchr(pressed, 'q', (size_t)count) || memchr(pressed, 'Q', (size_t)count));
}
