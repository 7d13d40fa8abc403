// SPDX-License-Identifier: GPL-2.0-or-later
#include "pin.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "cli.h"
#include "http.h"
#include "keep.h"
#include "password.h"

#define SHA256_BYTES	32
#define QUESTION_BYTES	512
#define FILE_BYTES	256

/* ---- certificates ---- */

static X509 *parse(const char *pem)
{
	BIO *bio = pem ? BIO_new_mem_buf(pem, -1) : NULL;
	X509 *certificate = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;

	BIO_free(bio);
	return certificate;
}

/* The first certificate in the text and nothing else: what is behind it would be trusted too. */
static char *only_first(const char *pem)
{
	X509 *certificate = parse(pem);
	BIO *bio = certificate ? BIO_new(BIO_s_mem()) : NULL;
	char *data, *text = NULL;
	long bytes;

	if (bio && PEM_write_bio_X509(bio, certificate)) {
		bytes = BIO_get_mem_data(bio, &data);
		text = strndup(data, (size_t)bytes);
	}
	BIO_free(bio);
	X509_free(certificate);
	return text;
}

static int digest(const char *pem, unsigned char hash[SHA256_BYTES])
{
	X509 *certificate = parse(pem);
	unsigned int bytes = 0;
	int done = certificate && X509_digest(certificate, EVP_sha256(), hash, &bytes);

	X509_free(certificate);
	return done ? 0 : -1;
}

int pin_fingerprint(const char *pem, char text[PIN_FINGERPRINT_BYTES])
{
	unsigned char hash[SHA256_BYTES];

	if (digest(pem, hash))
		return -1;
	return OPENSSL_buf2hexstr_ex(text, PIN_FINGERPRINT_BYTES, NULL, hash, sizeof(hash), ':') ?
	       0 : -1;
}

/* Is it the one that --fingerprint names? 1, 0, or -1 after a complaint. */
static int is_named(struct cli *cli, const char *pem)
{
	unsigned char hash[SHA256_BYTES], named[SHA256_BYTES];
	size_t bytes = 0;

	if (!OPENSSL_hexstr2buf_ex(named, sizeof(named), &bytes, cli->fingerprint, ':') ||
	    bytes != sizeof(named)) {
		cli_fail(cli, CLI_USAGE,
			 "--fingerprint must be the 64 hexadecimal digits of a SHA-256: '%s'",
			 cli->fingerprint);
		return -1;
	}
	return !digest(pem, hash) && !memcmp(hash, named, sizeof(hash));
}

/* ---- the server's ---- */

static int look(struct cli *cli, const char *url, char **authority)
{
	char path[512];
	const struct http_request request = { .method = "GET", .url = path };
	struct http_answer answer;
	enum http_result came;
	int result = 0;

	snprintf(path, sizeof(path), "%s/ca.crt", url);
	came = http_exchange(&request, &answer);
	if (came == HTTP_ANSWERED && answer.status == 200)
		*authority = only_first(answer.body);
	/* No authority of its own: the end of the chain that it shows. */
	if (!*authority)
		*authority = only_first(answer.last_certificate);
	if (came != HTTP_ANSWERED)
		result = cli_fail(cli, came == HTTP_NOBODY ? CLI_NO_DEVICE : CLI_FAILED, "%s: %s",
				  url, answer.why);
	else if (!*authority)
		result = cli_fail(cli, CLI_FAILED, "%s: shows no certificate", url);
	http_forget(&answer);
	if (result) {
		free(*authority);
		*authority = NULL;
	}
	return result;
}

static int ask(struct cli *cli, const char *url, const char *fingerprint)
{
	int terminal = open("/dev/tty", O_RDWR | O_CLOEXEC), result;
	char question[QUESTION_BYTES], line[16];

	if (terminal < 0)
		return cli_fail(cli, CLI_FAILED,
				"%s is not known yet; its authority has the SHA-256 fingerprint %s: "
				"compare it with the device's, then give it with --fingerprint",
				url, fingerprint);
	close(terminal);
	snprintf(question, sizeof(question),
		 "%s is not known yet. Its authority has the SHA-256 fingerprint\n  %s\n"
		 "Compare it with what the device shows. Trust it (yes or no)? ", url, fingerprint);
	result = password_ask_line(cli, question, line, sizeof(line));
	if (result)
		return result;
	return strcmp(line, "yes") ? cli_fail(cli, CLI_FAILED, "not trusted; nothing was sent") : 0;
}

static void name_file(const char *name, char file[FILE_BYTES])
{
	snprintf(file, FILE_BYTES, "%.200s.pem", name);
}

int pin_keep(struct cli *cli, int folder, const char *name, const char *pem)
{
	char file[FILE_BYTES], *first = only_first(pem);
	int lock, result = CLI_FAILED;

	if (!first)
		return cli_fail(cli, CLI_FAILED, "%s: what it names as its authority is no certificate", name);
	lock = keep_lock(cli, folder, name);
	if (lock >= 0) {
		name_file(name, file);
		result = keep_write(cli, folder, file, first);
		close(lock);
	}
	free(first);
	return result;
}

/* What the server shows, if somebody vouches for it. */
static int pin_new(struct cli *cli, const char *url, char **authority)
{
	char fingerprint[PIN_FINGERPRINT_BYTES] = "";
	int result = look(cli, url, authority), named = 0;

	if (result)
		return result;
	(void)pin_fingerprint(*authority, fingerprint);
	if (cli->fingerprint)
		named = is_named(cli, *authority);
	if (named < 0)
		return CLI_USAGE;
	if (cli->fingerprint && !named)
		return cli_fail(cli, CLI_FAILED,
				"the authority of %s has another fingerprint, %s: nothing was sent",
				url, fingerprint);
	return named ? 0 : ask(cli, url, fingerprint);
}

/* A file as a power cut leaves it, full of zeros or too short, vouches for nobody. */
static int drop_damaged(struct cli *cli, const char *file, const char *url, bool anew, char **authority)
{
	char *first = only_first(*authority);

	if (!first) {
		free(*authority);
		*authority = NULL;
	}
	free(first);
	return *authority || anew || cli->fingerprint ? 0 :
	       cli_fail(cli, CLI_FAILED, "%s: is no certificate any more; ohtctl login --url %s asks anew "
			"whom to trust", file, url);
}

int pin_get(struct cli *cli, int folder, const char *url, const char *name, bool anew, char **authority)
{
	char file[FILE_BYTES];
	int result, named = 0;

	name_file(name, file);
	result = keep_read(cli, folder, file, authority);
	if (!result && *authority)
		result = drop_damaged(cli, file, url, anew, authority);
	if (!result && *authority && cli->fingerprint)
		named = is_named(cli, *authority);
	if (result || named < 0)
		return result ? result : CLI_USAGE;
	if (*authority && (named || !cli->fingerprint))
		return 0;
	free(*authority);
	*authority = NULL;
	result = pin_new(cli, url, authority);
	return result ? result : pin_keep(cli, folder, name, *authority);
}
