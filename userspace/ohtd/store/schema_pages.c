// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A copy of the pages that say where each table begins, as PATH-schema. Without them SQLite finds no row, though every row is there.
 * They change with the tables alone, but for some numbers of the first page by which no row is read. So the copy finds all rows of a
 * database of which such a page is damaged, and a page that differs from the copy is damaged, also where SQLite does not notice it.
 *
 * The copy is of one file, known by its inode, and of the tables of one schema cookie, which SQLite counts with each change of
 * tables. A person may still put another database into the same file. So only a little difference is damage: some bits,
 * or pages of which most are as they were.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "common/file.h"
#include "store/sql.h"

#define ENDING		"-schema"
#define MAGIC		"OHTPAGES"
#define PAGES_MAX	32
#define BITS_MAX	16

/* Places in the header of a database (https://sqlite.org/fileformat2.html, 1.3). */
#define MODE_AT		18	/* 2 bytes, both 1 (a journal) or 2 (a log) */
#define CHANGES_AT	24	/* how often the file was changed, 4 bytes */
#define PAGES_AT	28	/* how long it is, in pages, */
#define PAGES_OF_AT	92	/* if this is the number of changes */
#define FREE_AT		32	/* first free page, and how many there are */
#define COOKIE_AT	40

/* What changes while the tables stay: counters, length, free pages, number of the tables' changes, whose file it is, version of SQLite. */
static const struct {
	unsigned int from, to;
} changing[] = { { 24, 44 }, { OHTD_DB_OWNER_AT, OHTD_DB_OWNER_AT + 4 }, { 92, 100 } };

/**
 * struct copy - the file PATH-schema, up to the last page
 * @magic: MAGIC, without a NUL
 * @sum: of all of it, with 0 in its place
 * @inode: of the database
 * @application_id: of its kind
 * @count: of @numbers and @pages
 * @numbers: of the pages, from 1 on; the first is 1
 * @pages: their content
 */
struct copy {
	char magic[8];
	uint64_t sum;
	uint64_t inode;
	uint32_t application_id, count;
	uint32_t numbers[PAGES_MAX];
	unsigned char pages[PAGES_MAX][OHTD_DB_PAGE_BYTES];
};

/**
 * struct ohtd_schema_pages - the methods of a file, of which one reads the copy
 * @methods: in place of the usual ones
 * @usual: what they were
 * @copy: the pages
 */
struct ohtd_schema_pages {
	sqlite3_io_methods methods;
	const sqlite3_io_methods *usual;
	struct copy copy;
};

static uint32_t number_at(const unsigned char *bytes, unsigned int at)
{
	const unsigned char *b = bytes + at;

	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static void put_number(unsigned char *bytes, unsigned int at, uint32_t number)
{
	for (int i = 0; i < 4; i++)
		bytes[at + i] = (unsigned char)(number >> (24 - 8 * i));
}

static size_t bytes_of(const struct copy *copy)
{
	return offsetof(struct copy, pages) + copy->count * sizeof(copy->pages[0]);
}

/* FNV-1a: against damage, not against people. */
static uint64_t sum_of(const struct copy *copy)
{
	const unsigned char *bytes = (const unsigned char *)copy;
	uint64_t sum = 0xcbf29ce484222325u;

	for (size_t i = 0; i < bytes_of(copy); i++) {
		bool is_sum = i >= offsetof(struct copy, sum) && i < offsetof(struct copy, inode);

		sum = (sum ^ (is_sum ? 0 : bytes[i])) * 0x100000001b3u;
	}
	return sum;
}

static void name_copy(char *name, const char *path)
{
	snprintf(name, OHTD_DB_PATH_BYTES + sizeof(ENDING), "%s" ENDING, path);
}

static bool is_whole(const struct copy *copy, size_t bytes)
{
	return bytes > offsetof(struct copy, pages) && !memcmp(copy->magic, MAGIC, sizeof(copy->magic)) &&
	       copy->count && copy->count <= PAGES_MAX && bytes == bytes_of(copy) && copy->numbers[0] == 1 && copy->sum == sum_of(copy);
}

/* False: there is none that is whole, of this kind and of this file. */
static bool read_copy(const struct ohtd_schema *schema, const char *path, struct copy *copy)
{
	char name[OHTD_DB_PATH_BYTES + sizeof(ENDING)], *data;
	struct stat st;
	size_t bytes;

	name_copy(name, path);
	if (stat(path, &st) || oht_file_read(name, sizeof(*copy), &data, &bytes))
		return false;
	memcpy(copy, data, bytes);
	free(data);
	return is_whole(copy, bytes) && copy->application_id == schema->application_id && copy->inode == (uint64_t)st.st_ino;
}

/* Of a file that is shorter: noughts. */
static void read_page(int fd, uint32_t number, unsigned char page[OHTD_DB_PAGE_BYTES])
{
	ssize_t n = pread(fd, page, OHTD_DB_PAGE_BYTES, (off_t)(number - 1) * OHTD_DB_PAGE_BYTES);

	n = n < 0 ? 0 : n;
	memset(page + n, 0, OHTD_DB_PAGE_BYTES - (size_t)n);
}

/* ---- what differs ---- */

/**
 * struct difference - between the copy and the file
 * @other_tables: the tables have changed since: the copy says nothing of them
 * @gone: pages of noughts
 * @pages: others that differ
 * @bits: in how many bits
 */
struct difference {
	bool other_tables;
	unsigned int gone, pages, bits;
};

/* A person who looks at a database with another program may have changed its mode. */
static bool is_mode(const unsigned char *page, size_t at)
{
	return at / 2 == MODE_AT / 2 && page[MODE_AT] == page[MODE_AT + 1] && (page[MODE_AT] == 1 || page[MODE_AT] == 2);
}

static bool may_change(const unsigned char *page, size_t at)
{
	for (size_t i = 0; i < sizeof(changing) / sizeof(changing[0]); i++)
		if (at >= changing[i].from && at < changing[i].to)
			return true;
	return is_mode(page, at);
}

static unsigned int count_bits(const unsigned char *page, const unsigned char *copy, bool is_first)
{
	unsigned int bits = 0;

	for (size_t i = 0; i < OHTD_DB_PAGE_BYTES; i++)
		if (!is_first || !may_change(page, i))
			bits += (unsigned int)__builtin_popcount(page[i] ^ copy[i]);
	return bits;
}

static bool is_gone(const unsigned char page[OHTD_DB_PAGE_BYTES])
{
	for (size_t i = 0; i < OHTD_DB_PAGE_BYTES; i++)
		if (page[i])
			return false;
	return true;
}

static void compare(struct difference *difference, const struct copy *copy, int fd)
{
	unsigned char page[OHTD_DB_PAGE_BYTES];

	*difference = (struct difference){ 0 };
	for (uint32_t i = 0; i < copy->count; i++) {
		unsigned int bits;

		read_page(fd, copy->numbers[i], page);
		if (is_gone(page)) {
			difference->gone++;
			continue;
		}
		bits = count_bits(page, copy->pages[i], !i);
		difference->pages += bits > 0;
		difference->bits += bits;
		/* Of a page of noise the cookie says nothing. */
		if (!i && bits <= BITS_MAX && number_at(page, COOKIE_AT) != number_at(copy->pages[0], COOKIE_AT))
			difference->other_tables = true;
	}
}

/* Little enough to be damage, or nothing: some bits and a page of noughts, or pages of which most are as they were. */
static bool is_little(const struct difference *difference, const struct copy *copy)
{
	return !difference->other_tables && ((difference->bits <= BITS_MAX && difference->gone <= 1) ||
					     2 * (difference->pages + difference->gone) <= copy->count);
}

/* Has the file a copy, and does it differ by no more than damage does? */
static bool knows(const struct ohtd_schema *schema, const char *path, struct copy *copy, struct difference *difference)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat st;
	/* In a single page no row can be. */
	bool is = fd >= 0 && !fstat(fd, &st) && st.st_size > OHTD_DB_PAGE_BYTES && read_copy(schema, path, copy);

	if (is)
		compare(difference, copy, fd);
	if (fd >= 0)
		close(fd);
	return is && is_little(difference, copy);
}

/*
 * SQLite reads no page beyond the length in the first one, and notices nothing where the file is longer. Without a log the file
 * is as long as that says.
 */
static bool is_longer(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	char log[OHTD_DB_PATH_BYTES + sizeof("-wal")];
	unsigned char page[OHTD_DB_PAGE_BYTES];
	struct stat st, log_st;
	bool is;

	if (fd < 0)
		return false;
	read_page(fd, 1, page);
	is = !fstat(fd, &st) && number_at(page, CHANGES_AT) == number_at(page, PAGES_OF_AT) && number_at(page, PAGES_AT) &&
	     number_at(page, PAGES_AT) < (uint64_t)st.st_size / OHTD_DB_PAGE_BYTES;
	close(fd);
	snprintf(log, sizeof(log), "%s-wal", path);
	return is && (stat(log, &log_st) || !log_st.st_size);
}

bool ohtd_schema_pages_harmed(const struct ohtd_schema *schema, const char *path, char *why, size_t size)
{
	struct copy *copy = malloc(sizeof(*copy));
	struct difference difference;
	bool known = copy && knows(schema, path, copy, &difference);
	bool harmed = known && difference.pages + difference.gone;

	free(copy);
	if (known && !harmed && is_longer(path)) {
		snprintf(why, size, "%s: it is longer than its first page says", path);
		return true;
	}
	if (harmed)
		snprintf(why, size, "%s: %u pages that say where its tables begin are not what they were", path,
			 difference.pages + difference.gone);
	return harmed;
}

/* ---- keeping it ---- */

/* Which pages the list of tables has; the first alone where SQLite cannot say. False: too many, or they may move without a sign. */
static bool list_pages(struct ohtd_db *db, struct copy *copy)
{
	sqlite3_stmt *s = NULL;
	bool fits = true;

	copy->numbers[0] = copy->count = 1;
	if (sqlite3_prepare_v2(db->sql, "SELECT pageno FROM dbstat WHERE name = 'sqlite_schema' AND pageno > 1 ORDER BY pageno", -1,
			       &s, NULL) != SQLITE_OK)
		return true;
	while (fits && sqlite3_step(s) == SQLITE_ROW) {
		fits = copy->count < PAGES_MAX;
		if (fits)
			copy->numbers[copy->count++] = (uint32_t)sqlite3_column_int64(s, 0);
	}
	sqlite3_finalize(s);
	return fits && (copy->count == 1 || !ohtd_db_number(db, "PRAGMA auto_vacuum"));
}

/* Brings the log into the file first. False: that cannot be done now. */
static bool take_pages(struct ohtd_db *db, struct copy *copy)
{
	int in_log = -1, copied = -1, fd;

	if (sqlite3_wal_checkpoint_v2(db->sql, NULL, SQLITE_CHECKPOINT_PASSIVE, &in_log, &copied) != SQLITE_OK || in_log != copied)
		return false;
	fd = open(db->path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	for (uint32_t i = 0; i < copy->count; i++)
		read_page(fd, copy->numbers[i], copy->pages[i]);
	close(fd);
	return number_at(copy->pages[0], COOKIE_AT) == (uint32_t)ohtd_db_number(db, "PRAGMA schema_version");
}

static int write_copy(struct ohtd_db *db, struct copy *copy)
{
	char name[OHTD_DB_PATH_BYTES + sizeof(ENDING)];
	struct stat st;

	if (stat(db->path, &st))
		return -errno;
	memcpy(copy->magic, MAGIC, sizeof(copy->magic));
	copy->application_id = db->schema->application_id;
	copy->inode = (uint64_t)st.st_ino;
	copy->sum = sum_of(copy);
	name_copy(name, db->path);
	return oht_file_replace(name, copy, bytes_of(copy), 0600);
}

void ohtd_schema_pages_keep(struct ohtd_db *db)
{
	struct copy *copy = calloc(1, sizeof(*copy));
	int r = 0;

	if (!copy)
		return;
	if (!read_copy(db->schema, db->path, copy) ||
	    number_at(copy->pages[0], COOKIE_AT) != (uint32_t)ohtd_db_number(db, "PRAGMA schema_version")) {
		memset(copy, 0, sizeof(*copy));
		r = list_pages(db, copy) && take_pages(db, copy) ? write_copy(db, copy) : 0;
	}
	free(copy);
	if (r && r != -EROFS)
		ohtd_log(OHTD_LOG_WARNING, db->schema->room, "schema_pages", "%s" ENDING ": %s", db->path, strerror(-r));
}

/* ---- reading by it ---- */

static int read_over(sqlite3_file *file, void *data, int bytes, sqlite3_int64 at)
{
	const struct ohtd_schema_pages *lent = (const struct ohtd_schema_pages *)(uintptr_t)file->pMethods;
	int r = lent->usual->xRead(file, data, bytes, at);

	for (uint32_t i = 0; i < lent->copy.count; i++) {
		sqlite3_int64 begin = (sqlite3_int64)(lent->copy.numbers[i] - 1) * OHTD_DB_PAGE_BYTES, end = begin + OHTD_DB_PAGE_BYTES;
		sqlite3_int64 from = at > begin ? at : begin, to = at + bytes < end ? at + bytes : end;

		if (from >= to)
			continue;
		memcpy((char *)data + (from - at), lent->copy.pages[i] + (from - begin), (size_t)(to - from));
		/* All of it is lent: the file may be cut there, or the disk fail. */
		if (from == at && to == at + bytes)
			r = SQLITE_OK;
	}
	return r;
}

/* Which pages are free says nothing of rows, and how many there are is what the file has. */
static void fit(struct copy *copy, const char *path)
{
	struct stat st;

	memset(copy->pages[0] + FREE_AT, 0, 8);
	if (!stat(path, &st))
		put_number(copy->pages[0], PAGES_AT, (uint32_t)(st.st_size / OHTD_DB_PAGE_BYTES));
}

struct ohtd_schema_pages *ohtd_schema_pages_lend(const struct ohtd_schema *schema, const char *path, sqlite3 *sql)
{
	struct ohtd_schema_pages *lent = calloc(1, sizeof(*lent));
	struct difference difference;
	sqlite3_file *file = NULL;

	if (lent && knows(schema, path, &lent->copy, &difference))
		sqlite3_file_control(sql, "main", SQLITE_FCNTL_FILE_POINTER, &file);
	if (!file || !file->pMethods) {
		free(lent);
		return NULL;
	}
	fit(&lent->copy, path);
	lent->usual = file->pMethods;
	lent->methods = *file->pMethods;
	lent->methods.xRead = read_over;
	file->pMethods = &lent->methods;
	return lent;
}

void ohtd_schema_pages_end(struct ohtd_schema_pages *lent)
{
	free(lent);
}
