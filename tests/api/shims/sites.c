// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * For LD_PRELOAD: the places in the program from which memory is asked for and files and connections
 * are opened, written, synchronised and accepted; of libh2o those of memory and accept. The file OHT_SHIM_SITES is a struct
 * board: it collects the places, and one of them can be made to fail, once.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define PLACES	1024

enum kind { MEMORY = 1, OPEN, WRITE, SYNC, ACCEPT };

/* A place is its kind in the upper 8 bits, 1 in the next 8 for libh2o, and where in the file it is. */
struct board {
	_Atomic uint64_t fails;		/* the place, 0: none */
	_Atomic uint64_t failed;	/* how often it has */
	_Atomic uint64_t places[PLACES];
};

struct text {
	uintptr_t base, begin, end;
};

static struct board *board;
static struct text program, h2o;

/* ---- where ---- */

static int find_text(struct dl_phdr_info *info, size_t size, void *arg)
{
	struct text *text = !*info->dlpi_name ? &program :
			    strstr(info->dlpi_name, "libh2o") ? &h2o : NULL;

	(void)size;
	(void)arg;
	for (int i = 0; text && !text->end && i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *part = &info->dlpi_phdr[i];

		if (part->p_type != PT_LOAD || !(part->p_flags & PF_X))
			continue;
		text->base = info->dlpi_addr;
		text->begin = info->dlpi_addr + part->p_vaddr;
		text->end = text->begin + part->p_memsz;
	}
	return 0;
}

static void __attribute__((constructor)) find(void)
{
	const char *path = getenv("OHT_SHIM_SITES");
	int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
	void *map;

	if (fd < 0)
		return;
	map = mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	dl_iterate_phdr(find_text, NULL);
	if (map != MAP_FAILED)
		board = map;
}

static int is_in(const struct text *text, uintptr_t at)
{
	return at >= text->begin && at < text->end;
}

static void collect(uint64_t place)
{
	for (unsigned int i = 0; i < PLACES; i++) {
		uint64_t known = 0;

		if (atomic_compare_exchange_strong(&board->places[i], &known, place) ||
		    known == place)
			return;
	}
}

/* Whether the call that will return to @to is to fail. */
static int judge(enum kind kind, const void *to)
{
	uintptr_t at = (uintptr_t)to;
	uint64_t place;

	if (!board)
		return 0;
	if (is_in(&program, at))
		place = (uint64_t)kind << 56 | (at - program.base);
	else if (is_in(&h2o, at) && (kind == MEMORY || kind == ACCEPT))
		place = (uint64_t)kind << 56 | 1ull << 48 | (at - h2o.base);
	else
		return 0;
	collect(place);
	if (atomic_load(&board->fails) != place)
		return 0;
	return !atomic_fetch_add(&board->failed, 1);
}

#define FAIL(kind, error, value)				\
	do {							\
		if (judge(kind, __builtin_return_address(0))) {	\
			errno = (error);			\
			return (value);				\
		}						\
	} while (0)

/* ---- what is called; with large files, as everything here is built, it is open64() and fopen64() ---- */

/* The next one's: the C library's, or that of a sanitizer, which then knows of this memory too. */
static void *next_malloc(size_t bytes)
{
	static void *(*real)(size_t);

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "malloc");
	return real(bytes);
}

void *malloc(size_t bytes)
{
	FAIL(MEMORY, ENOMEM, NULL);
	return next_malloc(bytes);
}

void *calloc(size_t count, size_t bytes)
{
	static void *(*real)(size_t, size_t);

	FAIL(MEMORY, ENOMEM, NULL);
	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "calloc");
	return real(count, bytes);
}

void *realloc(void *memory, size_t bytes)
{
	static void *(*real)(void *, size_t);

	FAIL(MEMORY, ENOMEM, NULL);
	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "realloc");
	return real(memory, bytes);
}

char *strdup(const char *text)
{
	size_t bytes = strlen(text) + 1;
	char *copy;

	FAIL(MEMORY, ENOMEM, NULL);
	copy = next_malloc(bytes);
	return copy ? memcpy(copy, text, bytes) : NULL;
}

static mode_t mode_of(int flags, va_list list)
{
	return flags & (O_CREAT | O_TMPFILE) ? va_arg(list, mode_t) : 0;
}

int open(const char *path, int flags, ...)
{
	va_list list;
	mode_t mode;

	FAIL(OPEN, EMFILE, -1);
	va_start(list, flags);
	mode = mode_of(flags, list);
	va_end(list);
	return openat(AT_FDCWD, path, flags, mode);
}

FILE *fopen(const char *path, const char *mode)
{
	FILE *(*real)(const char *, const char *) =
		(FILE *(*)(const char *, const char *))dlsym(RTLD_NEXT, "fopen64");

	FAIL(OPEN, EMFILE, NULL);
	return real(path, mode);
}

ssize_t write(int fd, const void *data, size_t bytes)
{
	const struct iovec part = { (void *)(uintptr_t)data, bytes };

	FAIL(WRITE, ENOSPC, -1);
	return writev(fd, &part, 1);
}

int fsync(int fd)
{
	int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fsync");

	FAIL(SYNC, EIO, -1);
	return real(fd);
}

int fdatasync(int fd)
{
	int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");

	FAIL(SYNC, EIO, -1);
	return real(fd);
}

int accept4(int fd, struct sockaddr *restrict address, socklen_t *restrict bytes, int flags)
{
	int (*real)(int, struct sockaddr *, socklen_t *, int) =
		(int (*)(int, struct sockaddr *, socklen_t *, int))dlsym(RTLD_NEXT, "accept4");

	FAIL(ACCEPT, EMFILE, -1);
	return real(fd, address, bytes, flags);
}
