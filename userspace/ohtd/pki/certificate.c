// SPDX-License-Identifier: GPL-2.0-or-later
#include "pki/certificate.h"

#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/clock.h"
#include "base/log.h"
#include "common/file.h"
#include "config/names.h"
#include "pki/pki.h"
#include "pki/tls.h"

#define DAY_S		86400
#define FILE_BYTES	(OHTD_PATH_BYTES + 16)
/* Between two looks at the files; what is being written is the same at two looks when it is whole. */
#define LOOK_MS		500
/* How long a reload waits for a renewal, which a disk may hold up for ever. */
#define RELOAD_TRIES	100
#define RELOAD_NAP_NS	10000000
/* After a failure, so that a full disk is not tried four times a second. */
#define AGAIN_S		60
#define PASSPHRASE_BYTES	129

/* What a file was at a look. */
struct stamp {
	dev_t device;
	ino_t inode;
	off_t bytes;
	struct timespec changed;
};

/**
 * struct ohtd_certificate - see the header
 * @lock: of @config and @tls's files
 * @clock: wall time
 * @from_s: as opened with
 * @certain: somebody kept the clock right when the own certificate was last judged
 * @unmade: it could not be made then, and what was there is used
 * @stand_in: connections get a certificate that nobody knows, since a key is sealed by another credential
 * @passphrase: of the own keys; "": they are in clear
 * @tls: what connections get
 * @config: in force
 * @names: from @config
 * @used: files as they were when they were read
 * @seen: files as they were at the last look
 * @look_ns: next look, of the boot clock
 * @again_ns: no renewal before, of the boot clock
 * @vouched: that of @view
 * @view_lock: of @view and @pem
 * @view: what is told
 * @pem: own authority
 */
struct ohtd_certificate {
	pthread_mutex_t lock;
	struct ohtd_clock *clock;
	int64_t from_s;
	bool certain, unmade, stand_in;
	char passphrase[PASSPHRASE_BYTES];
	struct ohtd_tls *tls;
	struct ohtd_config config;
	struct ohtd_names names;
	struct stamp used[2], seen[2];
	uint64_t look_ns, again_ns;
	atomic_bool vouched;
	pthread_mutex_t view_lock;
	struct ohtd_certificate_view view;
	char pem[OHTD_PEM_BYTES];
};

static bool is_own(const struct ohtd_config *config)
{
	return !*config->certificate;
}

static void find_files(const struct ohtd_config *config, char *crt, char *key)
{
	if (is_own(config)) {
		snprintf(crt, FILE_BYTES, "%s/server.crt", config->state_dir);
		snprintf(key, FILE_BYTES, "%s/server.key", config->state_dir);
	} else {
		snprintf(crt, FILE_BYTES, "%s", config->certificate);
		snprintf(key, FILE_BYTES, "%s", config->key);
	}
}

static struct ohtd_pki_request request_of(struct ohtd_certificate *certificate,
					  const struct ohtd_config *config,
					  const struct ohtd_names *names)
{
	struct ohtd_clock_view view;

	ohtd_clock_look(certificate->clock, &view);
	certificate->certain = view.synchronised;
	return (struct ohtd_pki_request){
		.state_dir = config->state_dir,
		.names = names->names,
		.name_count = names->count,
		.now_s = view.wall_ns / (int64_t)OHTD_NS_PER_S,
		.from_s = certificate->from_s,
		.certain = view.synchronised,
		/* While it runs there is a good one in use, and a person may be at work on the files. */
		.mend = !certificate->tls,
		.passphrase = *certificate->passphrase ? certificate->passphrase : NULL,
	};
}

/* ---- what is told ---- */

static int64_t seconds_of(const ASN1_TIME *time)
{
	ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
	int days = 0, seconds = 0;

	if (!epoch || ASN1_TIME_diff(&days, &seconds, epoch, time) != 1)
		days = seconds = 0;
	ASN1_TIME_free(epoch);
	return (int64_t)days * DAY_S + seconds;
}

static void put_fingerprint(const X509 *crt, char *text)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int bytes = 0;

	*text = 0;
	if (X509_digest(crt, EVP_sha256(), digest, &bytes) != 1)
		return;
	for (unsigned int i = 0; i < bytes && i < OHTD_FINGERPRINT_BYTES / 3; i++)
		sprintf(text + 3 * i, "%02X%s", digest[i], i + 1 < bytes ? ":" : "");
}

static void put_name(const X509_NAME *name, char *text)
{
	BIO *bio = BIO_new(BIO_s_mem());
	int n = 0;

	if (bio && X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253) >= 0)
		n = BIO_read(bio, text, OHTD_DN_BYTES - 1);
	text[n > 0 ? n : 0] = 0;
	BIO_free(bio);
}

static bool put_alternative(const GENERAL_NAME *name, char *text)
{
	int type;
	const ASN1_STRING *value = GENERAL_NAME_get0_value(name, &type);
	int bytes = type == GEN_DNS || type == GEN_IPADD ? ASN1_STRING_length(value) : 0;
	const unsigned char *data = bytes ? ASN1_STRING_get0_data(value) : NULL;

	if (type == GEN_DNS && bytes > 0 && bytes < OHTD_HOST_BYTES) {
		memcpy(text, data, (size_t)bytes);
		text[bytes] = 0;
		return strlen(text) == (size_t)bytes;
	}
	return type == GEN_IPADD && (bytes == 4 || bytes == 16) &&
	       inet_ntop(bytes == 4 ? AF_INET : AF_INET6, data, text, OHTD_HOST_BYTES);
}

static void put_names(const X509 *crt, struct ohtd_certificate_view *view)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(crt, NID_subject_alt_name, NULL, NULL);

	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++)
		if (view->name_count < sizeof(view->names) / sizeof(view->names[0]) &&
		    put_alternative(sk_GENERAL_NAME_value(names, i),
				    view->names[view->name_count]))
			view->name_count++;
	GENERAL_NAMES_free(names);
}

static X509 *read_authority(const struct ohtd_config *config, char *pem)
{
	char path[FILE_BYTES];
	size_t bytes;
	char *data;
	X509 *crt;
	BIO *bio;

	*pem = 0;
	snprintf(path, sizeof(path), "%s/ca.crt", config->state_dir);
	if (oht_file_read(path, OHTD_PEM_BYTES - 1, &data, &bytes))
		return NULL;
	bio = BIO_new_mem_buf(data, (int)bytes);
	crt = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
	if (crt) {
		memcpy(pem, data, bytes);
		pem[bytes] = 0;
	}
	BIO_free(bio);
	free(data);
	return crt;
}

static void put_authority(const X509 *ca, struct ohtd_certificate_view *view)
{
	put_fingerprint(ca, view->authority_fingerprint);
	view->authority_not_after_s = seconds_of(X509_get0_notAfter(ca));
	view->authority_limited = X509_get_ext_by_NID(ca, NID_name_constraints, -1) >= 0;
}

/* Clients trust no other authority by themselves, so a certificate of these two is nothing that a browser should insist on. */
static bool is_vouched(const struct ohtd_certificate *certificate, const X509 *crt, const X509 *ca)
{
	return !is_own(&certificate->config) && X509_NAME_cmp(X509_get_issuer_name(crt), X509_get_subject_name(crt)) &&
	       !(ca && !X509_NAME_cmp(X509_get_issuer_name(crt), X509_get_subject_name(ca)));
}

/* The certificate in use has changed. What cannot be read of our authority stays as it was. */
static void note(struct ohtd_certificate *certificate)
{
	struct ohtd_certificate_view view = { .own = is_own(&certificate->config), .stand_in = certificate->stand_in };
	X509 *crt = ohtd_tls_certificate(certificate->tls);
	char pem[OHTD_PEM_BYTES] = "";
	X509 *ca = read_authority(&certificate->config, pem);
	bool unread = view.own && !ca;

	put_name(X509_get_subject_name(crt), view.subject);
	put_name(X509_get_issuer_name(crt), view.issuer);
	put_fingerprint(crt, view.fingerprint);
	put_names(crt, &view);
	view.vouched = is_vouched(certificate, crt, ca);
	view.not_before_s = seconds_of(X509_get0_notBefore(crt));
	view.not_after_s = seconds_of(X509_get0_notAfter(crt));
	if (view.own)
		view.renews_s = view.not_after_s - (int64_t)OHTD_LEAF_RENEW_DAYS * DAY_S;
	if (view.own && ca)
		put_authority(ca, &view);
	if (!view.own)
		*pem = 0;
	X509_free(ca);
	X509_free(crt);
	atomic_store(&certificate->vouched, view.vouched);
	pthread_mutex_lock(&certificate->view_lock);
	if (unread) {
		memcpy(view.authority_fingerprint, certificate->view.authority_fingerprint,
		       sizeof(view.authority_fingerprint));
		view.authority_not_after_s = certificate->view.authority_not_after_s;
		view.authority_limited = certificate->view.authority_limited;
	} else {
		memcpy(certificate->pem, pem, sizeof(pem));
	}
	certificate->view = view;
	pthread_mutex_unlock(&certificate->view_lock);
}

static void note_failure(struct ohtd_certificate *certificate, const char *why)
{
	pthread_mutex_lock(&certificate->view_lock);
	snprintf(certificate->view.failed, sizeof(certificate->view.failed), "%s", why);
	pthread_mutex_unlock(&certificate->view_lock);
}

static void tell_failure(struct ohtd_certificate *certificate, const char *code, const char *why)
{
	note_failure(certificate, why);
	ohtd_log(OHTD_LOG_ERROR, "http", code, "%s", why);
}

bool ohtd_pki_is_vouched(const struct ohtd_certificate *certificate)
{
	return atomic_load(&certificate->vouched);
}

void ohtd_certificate_look(struct ohtd_certificate *certificate,
			   struct ohtd_certificate_view *view)
{
	pthread_mutex_lock(&certificate->view_lock);
	*view = certificate->view;
	pthread_mutex_unlock(&certificate->view_lock);
}

bool ohtd_certificate_authority(struct ohtd_certificate *certificate, char *pem)
{
	pthread_mutex_lock(&certificate->view_lock);
	memcpy(pem, certificate->pem, OHTD_PEM_BYTES);
	pthread_mutex_unlock(&certificate->view_lock);
	return *pem;
}

/* ---- files ---- */

static void take_stamps(const struct ohtd_config *config, struct stamp *stamps)
{
	char path[2][FILE_BYTES];
	struct stat st;

	find_files(config, path[0], path[1]);
	memset(stamps, 0, 2 * sizeof(*stamps));
	for (int i = 0; i < 2; i++)
		if (!stat(path[i], &st)) {
			stamps[i].device = st.st_dev;
			stamps[i].inode = st.st_ino;
			stamps[i].bytes = st.st_size;
			stamps[i].changed = st.st_mtim;
		}
}

static bool is_same(const struct stamp *one, const struct stamp *other)
{
	return !memcmp(one, other, 2 * sizeof(*one));
}

static int use_pair(struct ohtd_certificate *certificate, const struct ohtd_pki_pair *pair, char *why, size_t size)
{
	if (certificate->tls)
		return ohtd_tls_reload(certificate->tls, pair, why, size);
	certificate->tls = ohtd_tls_create(pair, why, size);
	return certificate->tls ? 0 : -1;
}

/* Has connections get what is in the files of @config. */
static int use_files(struct ohtd_certificate *certificate, const struct ohtd_config *config,
		     char *why, size_t size)
{
	char crt[FILE_BYTES], key[FILE_BYTES];
	const struct ohtd_pki_pair pair = {
		.certificate = crt, .key = key, .passphrase = is_own(config) && *certificate->passphrase ? certificate->passphrase : NULL,
	};
	struct stamp stamps[2];

	find_files(config, crt, key);
	take_stamps(config, stamps);
	if (use_pair(certificate, &pair, why, size))
		return -1;
	certificate->stand_in = false;
	memcpy(certificate->used, stamps, sizeof(stamps));
	memcpy(certificate->seen, stamps, sizeof(stamps));
	return 0;
}

/* Has connections get a certificate that nobody knows: a robot that answers with a warning is better than one that does not. */
static int use_stand_in(struct ohtd_certificate *certificate, const struct ohtd_pki_request *request, char *why, size_t size)
{
	struct ohtd_pki_pair pair = { 0 };
	int r = ohtd_pki_stand_in(request, &pair.crt, &pair.private_key) ? use_pair(certificate, &pair, why, size) : -1;

	if (!pair.crt)
		snprintf(why, size, "certificate: out of memory");
	X509_free(pair.crt);
	EVP_PKEY_free(pair.private_key);
	certificate->stand_in = !r;
	return r;
}

static int take_config(struct ohtd_certificate *certificate, const struct ohtd_config *config,
		       char *why, size_t size)
{
	struct ohtd_pki_request request;
	struct ohtd_names names;
	char unmade_why[256];
	bool sealed;
	int unmade;

	ohtd_names_collect(&names, config);
	request = request_of(certificate, config, &names);
	unmade = is_own(config) ? ohtd_pki_ensure(&request, unmade_why, sizeof(unmade_why)) : 0;
	sealed = unmade == OHTD_PKI_SEALED && (!certificate->tls || certificate->stand_in);
	if (unmade)
		snprintf(why, size, "%s", unmade_why);
	/* At the start a certificate that should be another one is better than no page: a full disk is no reason for that. */
	certificate->unmade = unmade && !sealed;
	if (unmade && !sealed && certificate->tls)
		return -1;
	if (use_files(certificate, config, why, size) && (!sealed || use_stand_in(certificate, &request, why, size)))
		return -1;
	if (config != &certificate->config)
		certificate->config = *config;
	/* Those of the configuration are pointed to. */
	ohtd_names_collect(&certificate->names, &certificate->config);
	note(certificate);
	if (unmade)
		tell_failure(certificate, certificate->stand_in ? "certificate_stand_in" : "certificate_not_renewed", unmade_why);
	return 0;
}

/* ---- life ---- */

struct ohtd_certificate *ohtd_certificate_open(const struct ohtd_config *config,
					       struct ohtd_clock *clock, int64_t from_s, const char *passphrase,
					       char *why, size_t size)
{
	struct ohtd_certificate *certificate = calloc(1, sizeof(*certificate));

	if (!certificate) {
		snprintf(why, size, "certificate: out of memory");
		errno = ENOMEM;
		return NULL;
	}
	certificate->clock = clock;
	certificate->from_s = from_s;
	snprintf(certificate->passphrase, sizeof(certificate->passphrase), "%s", passphrase ? passphrase : "");
	pthread_mutex_init(&certificate->lock, NULL);
	pthread_mutex_init(&certificate->view_lock, NULL);
	if (take_config(certificate, config, why, size)) {
		ohtd_certificate_close(certificate);
		/* Files that the configuration names are for a person to mend. */
		errno = is_own(config) ? EIO : EINVAL;
		return NULL;
	}
	if (certificate->view.own && !*certificate->pem && !certificate->stand_in) {
		snprintf(why, size, "%s/ca.crt cannot be read", config->state_dir);
		ohtd_certificate_close(certificate);
		errno = EIO;
		return NULL;
	}
	if (certificate->view.own && !certificate->view.authority_limited)
		ohtd_log(OHTD_LOG_NOTICE, "http", "authority_unlimited",
			 "%s/ca.crt may sign for any site, as earlier releases made it: make a new "
			 "one with ohtctl admin cert renew-authority", config->state_dir);
	return certificate;
}

void ohtd_certificate_close(struct ohtd_certificate *certificate)
{
	if (!certificate)
		return;
	ohtd_tls_destroy(certificate->tls);
	OPENSSL_cleanse(certificate->passphrase, sizeof(certificate->passphrase));
	pthread_mutex_destroy(&certificate->lock);
	pthread_mutex_destroy(&certificate->view_lock);
	free(certificate);
}

SSL_CTX *ohtd_certificate_context(struct ohtd_certificate *certificate)
{
	return ohtd_tls_context(certificate->tls);
}

/* False if somebody else works on the files for too long. */
static bool lock_soon(struct ohtd_certificate *certificate)
{
	int r = pthread_mutex_trylock(&certificate->lock);

	for (int i = 0; r && i < RELOAD_TRIES; i++) {
		nanosleep(&(struct timespec){ .tv_nsec = RELOAD_NAP_NS }, NULL);
		r = pthread_mutex_trylock(&certificate->lock);
	}
	return !r;
}

int ohtd_certificate_reload(struct ohtd_certificate *certificate, const struct ohtd_config *config,
			    char *why, size_t size)
{
	int r;

	if (!lock_soon(certificate)) {
		snprintf(why, size, "the certificate is being made anew, and the disk does not answer");
		return -1;
	}
	r = take_config(certificate, config, why, size);
	pthread_mutex_unlock(&certificate->lock);
	return r;
}

int ohtd_certificate_renew(struct ohtd_certificate *certificate, bool authority, char *why,
			   size_t size)
{
	struct ohtd_pki_request request;
	int r = 1;

	pthread_mutex_lock(&certificate->lock);
	if (is_own(&certificate->config)) {
		request = request_of(certificate, &certificate->config, &certificate->names);
		r = ohtd_pki_renew(&request, authority, why, size) ? -1 : 0;
		if (!r)
			r = use_files(certificate, &certificate->config, why, size);
		if (!r)
			note(certificate);
	}
	pthread_mutex_unlock(&certificate->lock);
	return r;
}

/* ---- in time ---- */

/*
 * Also when the wall time has jumped: on a machine without a clock it is years late at first. One that was made by a wrong
 * clock is judged again when somebody keeps the clock right.
 */
static bool is_due(const struct ohtd_certificate *certificate)
{
	const struct ohtd_certificate_view *view = &certificate->view;
	struct ohtd_clock_view clock;
	int64_t now_s;

	ohtd_clock_look(certificate->clock, &clock);
	now_s = clock.wall_ns / (int64_t)OHTD_NS_PER_S;
	return certificate->unmade || ohtd_names_changed(&certificate->names) || now_s >= view->renews_s || now_s < view->not_before_s ||
	       (clock.synchronised && !certificate->certain);
}

static void renew_in_time(struct ohtd_certificate *certificate, uint64_t now_ns)
{
	bool renamed = ohtd_names_changed(&certificate->names);
	char why[256];

	if (now_ns < certificate->again_ns || !is_due(certificate))
		return;
	if (!take_config(certificate, &certificate->config, why, sizeof(why))) {
		if (renamed)
			ohtd_log(OHTD_LOG_NOTICE, "http", "host_renamed",
				 "this machine is called %s now; if the certificate does not name it (ohtctl admin cert), make a new "
				 "authority", certificate->names.hostname);
		return;
	}
	certificate->again_ns = now_ns + AGAIN_S * OHTD_NS_PER_S;
	tell_failure(certificate, "certificate_not_renewed", why);
}

static void read_changed(struct ohtd_certificate *certificate)
{
	struct stamp stamps[2];
	bool settled;
	char why[256];

	take_stamps(&certificate->config, stamps);
	settled = is_same(stamps, certificate->seen);
	memcpy(certificate->seen, stamps, sizeof(stamps));
	if (!settled || is_same(stamps, certificate->used))
		return;
	/* Tried once: what cannot be used is tried again when it changes again. */
	memcpy(certificate->used, stamps, sizeof(stamps));
	if (use_files(certificate, &certificate->config, why, sizeof(why))) {
		note_failure(certificate, why);
		ohtd_log(OHTD_LOG_ERROR, "http", "certificate_not_read",
			 "%s; the one before stays in use", why);
		return;
	}
	note(certificate);
	ohtd_log(OHTD_LOG_NOTICE, "http", "certificate_read", "%s has changed",
		 certificate->config.certificate);
}

void ohtd_certificate_tick(struct ohtd_certificate *certificate)
{
	uint64_t now_ns = ohtd_clock_boottime_ns(certificate->clock);

	if (now_ns < certificate->look_ns)
		return;
	certificate->look_ns = now_ns + LOOK_MS * OHTD_NS_PER_MS;
	if (pthread_mutex_trylock(&certificate->lock))
		return;
	if (is_own(&certificate->config))
		renew_in_time(certificate, now_ns);
	else
		read_changed(certificate);
	pthread_mutex_unlock(&certificate->lock);
}
