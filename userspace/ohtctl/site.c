// SPDX-License-Identifier: GPL-2.0-or-later
#include "site.h"

#include <ctype.h>
#include <errno.h>
#include <curl/curl.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"
#include "client.h"
#include "http.h"
#include "keep.h"
#include "pin.h"
#include "common/host.h"

#define URL_BYTES	320
#define KEY_BYTES	128

static struct {
	char url[URL_BYTES];
	char name[URL_BYTES];		/* HOST_PORT */
	char file[URL_BYTES];		/* HOST_PORT.json */
	int folder;
	char *authority;
	struct json_object *tokens;	/* username, access_token, refresh_token; NULL: not logged in */
	bool by_key;			/* access_token is a key, and there is nothing else */
} site = { .folder = -1 };

const char *site_url(void)
{
	return site.url;
}

static void forget_tokens(void)
{
	json_object_put(site.tokens);
	site.tokens = NULL;
}

void site_close(void)
{
	forget_tokens();
	free(site.authority);
	site.authority = NULL;
	if (site.folder >= 0)
		close(site.folder);
	site.folder = -1;
}

int site_trust(struct cli *cli, const char *authority)
{
	return pin_keep(cli, site.folder, site.name, authority);
}

/* ---- the address ---- */

/* A name or an address: the host becomes part of a file name. */
static bool is_host(const char *host)
{
	size_t n = strlen(host);

	if (*host == '[')
		return n < 64 && host[n - 1] == ']' && strspn(host + 1, "abcdef0123456789.:") == n - 2;
	return oht_host_is_name(host);
}

static char *part(CURLU *url, CURLUPart what, unsigned int flags)
{
	char *text = NULL;

	return curl_url_get(url, what, &text, flags) ? NULL : text;
}

/* Of an IPv6 address: the interface that leads there. Its name becomes part of a file name, too. */
static bool is_zone(const char *zone)
{
	return !zone || (*zone && strlen(zone) < IF_NAMESIZE && zone[0] != '.' &&
			 strspn(zone, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789.-_") == strlen(zone));
}

/* libcurl gives [fe80::1%25eth0] in two parts: what is between its brackets, and the zone. */
static void name_site(const char *host, const char *zone, const char *port)
{
	int bytes = (int)strlen(host) - (zone ? 1 : 0);
	const char *end = zone ? "]" : "";

	snprintf(site.url, sizeof(site.url), "https://%.*s%s%s%s:%s", bytes, host,
		 zone ? "%25" : "", zone ? zone : "", end, port);
	snprintf(site.name, sizeof(site.name), "%.*s%s%s%s_%s", bytes, host, zone ? "%" : "",
		 zone ? zone : "", end, port);
	snprintf(site.file, sizeof(site.file), "%.300s.json", site.name);
}

/* Nothing but scheme, host and port. */
static bool take_address(CURLU *url)
{
	char *host = part(url, CURLUPART_HOST, 0), *port = part(url, CURLUPART_PORT, CURLU_DEFAULT_PORT);
	char *path = part(url, CURLUPART_PATH, 0), *scheme = part(url, CURLUPART_SCHEME, 0);
	char *user = part(url, CURLUPART_USER, 0), *query = part(url, CURLUPART_QUERY, 0);
	char *fragment = part(url, CURLUPART_FRAGMENT, 0), *zone = part(url, CURLUPART_ZONEID, 0);
	bool good = host && port && path && scheme && !strcmp(scheme, "https") &&
		    !strcmp(path, "/") && !user && !query && !fragment;
	char *c;

	for (c = host; c && *c; c++)
		*c = (char)tolower((unsigned char)*c);
	if (good)
		good = is_host(host) && is_zone(zone);
	if (good)
		name_site(host, zone, port);
	curl_free(host), curl_free(port), curl_free(path), curl_free(scheme);
	curl_free(user), curl_free(query), curl_free(fragment), curl_free(zone);
	return good;
}

static int find_address(struct cli *cli)
{
	CURLU *url = curl_url();
	bool good = url && !curl_url_set(url, CURLUPART_URL, cli->url, 0) && take_address(url);

	curl_url_cleanup(url);
	return good ? 0 : cli_fail(cli, CLI_USAGE, "--url must be https://HOST:PORT: '%s'",
				   cli->url);
}

/* ---- what is kept ---- */

static const char *token(const char *name)
{
	return json_object_get_string(json_object_object_get(site.tokens, name));
}

static int load_tokens(struct cli *cli)
{
	char *text;
	int result = keep_read(cli, site.folder, site.file, &text);

	forget_tokens();
	if (result || !text)
		return result;
	site.tokens = json_tokener_parse(text);
	explicit_bzero(text, strlen(text));
	free(text);
	if (site.tokens && token("access_token") && token("refresh_token"))
		return 0;
	forget_tokens();
	return cli_fail(cli, CLI_FAILED, "%s: is no log-in; ohtctl login --url %s makes a new one",
			site.file, site.url);
}

/* The key of a program, from the file that OHT_KEY_FILE names: never an argument, which others can see. */
static int load_key(struct cli *cli, const char *path)
{
	FILE *file = fopen(path, "re");
	char key[KEY_BYTES] = "";
	struct stat status;
	int result = 0;

	if (!file)
		return cli_fail(cli, CLI_FAILED, "OHT_KEY_FILE: %s: %s", path, strerror(errno));
	if (fstat(fileno(file), &status) || status.st_mode & (S_IRWXG | S_IRWXO))
		result = cli_fail(cli, CLI_FAILED, "OHT_KEY_FILE: %s: others can read it: chmod 0600, and rotate the key", path);
	else if (!fgets(key, sizeof(key), file) || strncmp(key, "oht_", 4))
		result = cli_fail(cli, CLI_FAILED, "OHT_KEY_FILE: %s: there is no key in it", path);
	fclose(file);
	key[strcspn(key, "\r\n")] = 0;
	if (!result) {
		forget_tokens();
		site.tokens = json_object_new_object();
		json_object_object_add(site.tokens, "access_token", json_object_new_string(key));
		site.by_key = true;
	}
	explicit_bzero(key, sizeof(key));
	return result;
}

/* With the lock held: what an answer to login or refresh grants. */
static int keep_tokens(struct cli *cli, const char *username, struct json_object *grant)
{
	struct json_object *tokens = json_object_new_object(), *member;
	static const char *const names[] = { "access_token", "refresh_token", "role" };

	json_object_object_add(tokens, "username", json_object_new_string(username ? username : ""));
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		member = json_object_object_get(grant, names[i]);
		json_object_object_add(tokens, names[i], json_object_get(member));
	}
	forget_tokens();
	site.tokens = tokens;
	if (!token("access_token") || !token("refresh_token")) {
		forget_tokens();
		return cli_fail(cli, CLI_FAILED, "what answers at %s is no ohtd", site.url);
	}
	return keep_write(cli, site.folder, site.file, json_object_to_json_string(tokens));
}

static int open_site(struct cli *cli, bool anew)
{
	const char *key = getenv("OHT_KEY_FILE");
	int result;

	if (site.authority)
		return 0;
	result = find_address(cli);
	if (result)
		return result;
	site.folder = keep_open(cli);
	if (site.folder < 0)
		return CLI_FAILED;
	result = pin_get(cli, site.folder, site.url, site.name, anew, &site.authority);
	if (result || anew)
		return result;
	return key && *key ? load_key(cli, key) : load_tokens(cli);
}

int site_open(struct cli *cli)
{
	return open_site(cli, false);
}

int site_open_anew(struct cli *cli)
{
	return open_site(cli, true);
}

/* ---- requests ---- */

int site_fail(struct cli *cli, enum http_result came, const struct http_answer *answer)
{
	char fingerprint[PIN_FINGERPRINT_BYTES] = "";

	if (came == HTTP_MISNAMED)
		return cli_fail(cli, CLI_FAILED,
				"%s: its certificate does not have this address (%s): use one that it has, or "
				"add this one to names in [http] of ohtd.conf there and restart ohtd",
				site.url, answer->why);
	if (came != HTTP_UNTRUSTED)
		return cli_fail(cli, came == HTTP_NOBODY ? CLI_NO_DEVICE : CLI_FAILED, "%s: %s",
				site.url, answer->why);
	(void)pin_fingerprint(site.authority, fingerprint);
	return cli_fail(cli, CLI_FAILED,
			"%s: its certificate does not come from the authority that was trusted before "
			"(%s), fingerprint %s. Either another machine answers, or the device has made "
			"a new authority: compare its fingerprint, then ohtctl login --url %s "
			"--fingerprint THE-NEW-ONE", site.url, answer->why, fingerprint, site.url);
}

/* With whatever token the request has. */
static int ask_site(struct cli *cli, struct http_request *request, const char *path,
		    struct http_answer *answer)
{
	char url[CLIENT_PATH_BYTES + URL_BYTES];
	enum http_result came;

	snprintf(url, sizeof(url), "%s/api/v1/%s", site.url, path);
	request->url = url;
	request->authority = site.authority;
	came = http_exchange(request, answer);
	request->url = NULL;
	return came == HTTP_ANSWERED ? 0 : site_fail(cli, came, answer);
}

/* The refresh token is too old, was revoked, or another program has used it. */
static int fail_ended(struct cli *cli)
{
	keep_remove(site.folder, site.file);
	return cli_fail(cli, CLI_FAILED, "the log-in at %s has ended: ohtctl login --url %s", site.url,
			site.url);
}

/* The tokens that a request with this body is granted, kept; with the lock held. */
static int obtain(struct cli *cli, const char *path, const char *username, struct json_object *body)
{
	bool is_refresh = !strcmp(path, "auth/refresh");
	struct http_request request = { .method = "POST",
					.body = json_object_to_json_string(body) };
	struct http_answer answer = { 0 };
	struct json_object *grant = NULL;
	int result = ask_site(cli, &request, path, &answer);

	if (!result && is_refresh && (answer.status == 400 || answer.status == 401))
		result = fail_ended(cli);
	if (!result)
		result = client_judge(cli, site.url, &answer, &grant);
	if (!result)
		result = keep_tokens(cli, username, grant);
	json_object_put(grant);
	http_forget(&answer);
	return result;
}

static int obtain_next(struct cli *cli)
{
	struct json_object *body = json_object_new_object();
	char *username = strdup(token("username") ? token("username") : "");
	int result;

	json_object_object_add(body, "refresh_token",
			       json_object_new_string(token("refresh_token")));
	result = obtain(cli, "auth/refresh", username, body);
	json_object_put(body);
	free(username);
	return result;
}

/*
 * The access token was refused: take the one that another ohtctl has got meanwhile, else a new one.
 * A refresh token can be used once, so the next one is on the disk before it is needed.
 */
static int renew(struct cli *cli, const char *refused)
{
	int lock, result;

	if (site.by_key)
		return cli_fail(cli, CLI_FAILED, "%s refuses the key of OHT_KEY_FILE: it has ended, or was never one of its keys", site.url);
	lock = keep_lock(cli, site.folder, site.name);
	if (lock < 0)
		return CLI_FAILED;
	result = load_tokens(cli);
	if (!result && !site.tokens)
		result = cli_fail(cli, CLI_FAILED, "logged out meanwhile: ohtctl login --url %s",
				  site.url);
	if (!result && !strcmp(token("access_token"), refused))
		result = obtain_next(cli);
	close(lock);
	return result;
}

int site_exchange(struct cli *cli, struct http_request *request, const char *path,
		  struct http_answer *answer)
{
	char *used = NULL;
	int result;

	if (site.tokens)
		used = strdup(token("access_token"));
	request->token = used;
	result = ask_site(cli, request, path, answer);
	if (!result && !used && answer->status == 401)
		result = cli_fail(cli, CLI_FAILED, "not logged in: ohtctl login --url %s", site.url);
	if (!result && used && answer->status == 401) {
		http_forget(answer);
		result = renew(cli, used);
		request->token = result ? NULL : token("access_token");
		if (!result)
			result = ask_site(cli, request, path, answer);
	}
	request->token = NULL;
	if (used)
		explicit_bzero(used, strlen(used));
	free(used);
	return result;
}

/* ---- streams ---- */

struct http_stream *site_stream(struct http_request *request, const char *path, http_take_fn take,
				void *arg)
{
	char url[CLIENT_PATH_BYTES + URL_BYTES];

	snprintf(url, sizeof(url), "%s/api/v1/%s", site.url, path);
	request->url = url;
	request->authority = site.authority;
	request->token = site.tokens ? token("access_token") : NULL;
	return http_stream_open(request, take, arg);
}

int site_renew(struct cli *cli)
{
	char *used;
	int result;

	if (!site.tokens)
		return cli_fail(cli, CLI_FAILED, "not logged in: ohtctl login --url %s", site.url);
	used = strdup(token("access_token"));
	result = used ? renew(cli, used) : cli_fail(cli, CLI_FAILED, "out of memory");
	if (used)
		explicit_bzero(used, strlen(used));
	free(used);
	return result;
}

bool site_is_logged_in(void)
{
	return site.tokens;
}

/* ---- log in, log out ---- */

int site_login(struct cli *cli, const char *username, const char *password)
{
	struct json_object *body = json_object_new_object();
	int lock = keep_lock(cli, site.folder, site.name);
	int result = lock < 0 ? CLI_FAILED : 0;

	json_object_object_add(body, "username", json_object_new_string(username));
	json_object_object_add(body, "password", json_object_new_string(password));
	if (cli->code)
		json_object_object_add(body, "code", json_object_new_string(cli->code));
	if (!result)
		result = obtain(cli, "auth/login", username, body);
	json_object_put(body);
	if (lock >= 0)
		close(lock);
	return result;
}

/* Older daemons have no such route: their session ends by itself. */
static int end_session(struct cli *cli)
{
	struct http_request request = { .method = "POST" };
	struct http_answer answer = { 0 };
	struct json_object *json = NULL;
	int result = site_exchange(cli, &request, "auth/logout", &answer);

	/* Ended there already. */
	if (!result && answer.status != 401 && answer.status != 404 && answer.status != 405 &&
	    answer.status != 204)
		result = client_judge(cli, site.url, &answer, &json);
	json_object_put(json);
	http_forget(&answer);
	return result;
}

int site_logout(struct cli *cli)
{
	int result, lock;

	if (!site.tokens)
		return cli_fail(cli, CLI_FAILED, "not logged in at %s", site.url);
	if (site.by_key)
		return cli_fail(cli, CLI_USAGE, "OHT_KEY_FILE is set: a key is no log-in, and is ended by ohtctl key end");
	result = end_session(cli);
	lock = keep_lock(cli, site.folder, site.name);
	if (lock < 0)
		return CLI_FAILED;
	keep_remove(site.folder, site.file);
	close(lock);
	return result;
}
