/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     tracepoints that say nothing: what they take is computed, so that it compiles.
 * Contexts: the unit tests on the host, one thread.
 * Locks:    none.
 */
#ifndef OHT_SHIM_LINUX_TRACEPOINT_H
#define OHT_SHIM_LINUX_TRACEPOINT_H

#include <linux/types.h>

#define TP_PROTO(...)		__VA_ARGS__
#define TP_ARGS(...)		__VA_ARGS__
#define TP_STRUCT__entry(...)	__VA_ARGS__
#define TP_fast_assign(...)	__VA_ARGS__
#define TP_printk(...)		__VA_ARGS__
#define __field(type, item)	type item;
#define TRACE_DEFINE_ENUM(value)

#define TRACE_EVENT(name, proto, args, entry, assign, print)		\
	static inline bool trace_##name##_enabled(void)			\
	{								\
		return true;						\
	}								\
									\
	static inline void trace_##name(proto)				\
	{								\
		struct {						\
			entry						\
		} entry_, *__entry = &entry_;				\
									\
		assign							\
		(void)__entry;						\
	}

#endif /* OHT_SHIM_LINUX_TRACEPOINT_H */
