/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     tracepoints that print their line, as tracefs would, to shim_trace_file if that is set.
 * Contexts: the unit tests on the host, one thread.
 * Locks:    none.
 */
#ifndef OHT_SHIM_LINUX_TRACEPOINT_H
#define OHT_SHIM_LINUX_TRACEPOINT_H

#include <stdarg.h>
#include <stdio.h>
#include <linux/types.h>

struct shim_symbol {
	unsigned long value;
	const char *name;
};

/* Where the lines go; defined by whoever wants them. */
extern FILE *shim_trace_file __attribute__((weak));

static inline const char *shim_trace_symbolic(unsigned long value, const struct shim_symbol *symbols)
{
	while (symbols->name && symbols->value != value)
		symbols++;
	return symbols->name ? symbols->name : "?";
}

static inline void shim_trace(const char *name, const char *format, ...)
{
	va_list arguments;

	fprintf(shim_trace_file, "%s: ", name);
	va_start(arguments, format);
	vfprintf(shim_trace_file, format, arguments);
	va_end(arguments);
	fputc('\n', shim_trace_file);
}

#define TP_PROTO(...)		__VA_ARGS__
#define TP_ARGS(...)		__VA_ARGS__
#define TP_STRUCT__entry(...)	__VA_ARGS__
#define TP_fast_assign(...)	__VA_ARGS__
#define TP_printk(...)		__VA_ARGS__
#define __field(type, item)	type item;
#define __print_symbolic(value, ...)	\
	shim_trace_symbolic(value, (const struct shim_symbol[]){ __VA_ARGS__, { 0, NULL } })

#define TRACE_EVENT(name, proto, args, entry, assign, print)		\
	static inline void trace_##name(proto)				\
	{								\
		struct {						\
			entry						\
		} entry_, *__entry = &entry_;				\
									\
		if (!&shim_trace_file || !shim_trace_file)		\
			return;						\
		assign							\
		shim_trace(#name, print);				\
	}

#endif /* OHT_SHIM_LINUX_TRACEPOINT_H */
