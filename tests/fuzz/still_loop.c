// SPDX-License-Identifier: GPL-2.0-or-later
/* For targets that run a socket without its daemon: the clock of the loop stands still, and the log says nothing. */
#include "base/log.h"
#include "live/channels.h"

uint64_t __wrap_ohtd_channels_now_ms(const struct ohtd_loop *loop);
uint64_t __wrap_ohtd_channels_now_ms(const struct ohtd_loop *loop)
{
	(void)loop;
	return 1;
}

void __wrap_ohtd_log(enum ohtd_log_level level, const char *room, const char *code, const char *format, ...);
void __wrap_ohtd_log(enum ohtd_log_level level, const char *room, const char *code, const char *format, ...)
{
	(void)level;
	(void)room;
	(void)code;
	(void)format;
}
