// SPDX-License-Identifier: GPL-2.0-or-later
#include "pki/pki.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "base/address.h"
#include "base/file.h"
#include "base/log.h"
#include "common/file.h"

#define DAY_S		86400
#define PATH_BYTES	320
#define SAN_BYTES	8192
#define FILE_BYTES_MAX	16384

/* @clear: the file of the key is not encrypted. */
struct pair {
	EVP_PKEY *key;
	X509 *crt;
	bool clear;
};

static void drop_pair(struct pair *pair)
{
	EVP_PKEY_free(pair->key);
	X509_free(pair->crt);
	*pair = (struct pair){ NULL, NULL, false };
}

int ohtd_pki_passphrase(char *buffer, int size, int writing, void *passphrase)
{
	const int n = passphrase ? snprintf(buffer, (size_t)size, "%s", (const char *)passphrase) : 0;

	(void)writing;
	return n < size ? n : 0;
}

static int complain(char *why, size_t size, const char *dir, const char *file, const char *text)
{
	snprintf(why, size, "%s/%s: %s", dir, file, text);
	return -1;
}

static const char *full_path(const char *dir, const char *file)
{
	static char path[PATH_BYTES];

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	return path;
}

/* What reading found besides how many files are there, with a reason: no pair, a disk in trouble, or a key that is sealed by another credential. */
enum { UNUSABLE = -1, FAILED = -2, SEALED = -3 };

typedef int (*read_call)(const char *path, size_t bytes_max, char **data, size_t *length_bytes);

/* Reads one file into a BIO. Returns 1, 0 when it is not there, or one of those above. */
static int read_file(read_call read, const char *dir, const char *file, BIO **bio, char *why, size_t size)
{
	size_t length;
	char *data;
	int r = read(full_path(dir, file), FILE_BYTES_MAX, &data, &length);

	if (r == -ENOENT)
		return 0;
	if (r) {
		complain(why, size, dir, file, strerror(-r));
		return ohtd_file_is_unusable(r) ? UNUSABLE : FAILED;
	}
	*bio = BIO_new(BIO_s_mem());
	if (*bio)
		BIO_write(*bio, data, (int)length);
	OPENSSL_cleanse(data, length);
	free(data);
	if (*bio)
		return 1;
	complain(why, size, dir, file, "out of memory");
	return FAILED;
}

static bool is_encrypted(BIO *bio)
{
	char *data;
	long length = BIO_get_mem_data(bio, &data);

	return length > 0 && memmem(data, (size_t)length, "BEGIN ENCRYPTED PRIVATE KEY", 27);
}

/* Returns how many of both files are there, or UNUSABLE, FAILED or SEALED with @why filled. */
static int load_pair(const struct ohtd_pki_request *request, const char *name, struct pair *pair, char *why, size_t size)
{
	const char *dir = request->state_dir;
	char key[32], crt[32];
	BIO *key_bio = NULL, *crt_bio = NULL;
	int keys, crts;

	snprintf(key, sizeof(key), "%s.key", name);
	snprintf(crt, sizeof(crt), "%s.crt", name);
	keys = read_file(ohtd_file_read_key, dir, key, &key_bio, why, size);
	crts = keys < 0 ? keys : read_file(oht_file_read, dir, crt, &crt_bio, why, size);
	if (keys > 0) {
		pair->clear = !is_encrypted(key_bio);
		pair->key = PEM_read_bio_PrivateKey(key_bio, NULL, ohtd_pki_passphrase, (void *)request->passphrase);
	}
	if (crts > 0)
		pair->crt = PEM_read_bio_X509(crt_bio, NULL, NULL, NULL);
	BIO_free(key_bio);
	BIO_free(crt_bio);
	if (crts < 0)
		return crts;
	if (keys > 0 && !pair->key && !pair->clear) {
		complain(why, size, dir, key, request->passphrase ? "is sealed by another credential than keys.seal is" :
			 "is sealed, and there is no credential keys.seal");
		return SEALED;
	}
	if (keys > 0 && !pair->key)
		return complain(why, size, dir, key, "no private key in it");
	if (crts > 0 && !pair->crt)
		return complain(why, size, dir, crt, "no certificate in it");
	return keys + crts;
}

static int store_bio(const char *dir, const char *name, const char *ending, BIO *bio, mode_t mode)
{
	char path[PATH_BYTES];
	char *data;
	long length = BIO_get_mem_data(bio, &data);

	snprintf(path, sizeof(path), "%s/%s%s", dir, name, ending);
	return length > 0 ? oht_file_replace(path, data, (size_t)length, mode) : -ENOMEM;
}

static int store_key(const struct ohtd_pki_request *request, const char *name, EVP_PKEY *key)
{
	const EVP_CIPHER *cipher = request->passphrase ? EVP_aes_256_cbc() : NULL;
	BIO *bio = BIO_new(BIO_s_secmem());
	int r = -ENOMEM;

	if (bio && PEM_write_bio_PKCS8PrivateKey(bio, key, cipher, NULL, 0, ohtd_pki_passphrase, (void *)request->passphrase) == 1)
		r = store_bio(request->state_dir, name, ".key", bio, 0600);
	BIO_free(bio);
	return r;
}

/* The key first: a certificate without its key would stand for a pair that cannot be used. */
static int store_pair(const struct ohtd_pki_request *request, const char *name, const struct pair *pair)
{
	BIO *crt = BIO_new(BIO_s_mem());
	int r = crt && PEM_write_bio_X509(crt, pair->crt) == 1 ? store_key(request, name, pair->key) : -ENOMEM;

	r = r ? r : store_bio(request->state_dir, name, ".crt", crt, 0644);
	BIO_free(crt);
	return r;
}

/* A file that cannot be written stays in clear until the next start. */
static void seal_key(const struct ohtd_pki_request *request, const char *name, const struct pair *pair)
{
	int r = request->passphrase && pair->clear ? store_key(request, name, pair->key) : 1;

	if (!r)
		ohtd_log(OHTD_LOG_NOTICE, "http", "key_sealed", "%s/%s.key is sealed by the credential keys.seal now", request->state_dir, name);
	if (r < 0)
		ohtd_log(OHTD_LOG_WARNING, "http", "key_not_sealed", "%s/%s.key: %s", request->state_dir, name, strerror(-r));
}

static bool add_extension(X509 *crt, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *extension;
	bool ok;

	X509V3_set_ctx(&ctx, issuer, crt, NULL, NULL, 0);
	extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	ok = extension && X509_add_ext(crt, extension, -1) == 1;
	X509_EXTENSION_free(extension);
	return ok;
}

static bool set_serial(X509 *crt)
{
	unsigned char raw[16];
	BIGNUM *number;
	bool ok;

	if (RAND_bytes(raw, sizeof(raw)) != 1)
		return false;
	raw[0] &= 0x7f;
	number = BN_bin2bn(raw, sizeof(raw), NULL);
	ok = number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(crt));
	BN_free(number);
	return ok;
}

static bool set_common_name(X509 *crt, const char *name)
{
	/* The field holds 64 characters; clients look at the alternative names anyway. */
	char cut[65];

	snprintf(cut, sizeof(cut), "%s", name);
	return X509_NAME_add_entry_by_txt(X509_get_subject_name(crt), "CN", MBSTRING_UTF8,
					  (const unsigned char *)cut, -1, -1, 0) == 1;
}

struct period {
	int64_t from_s, end_s;
};

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* One day back: the clocks of clients need not be exact. */
static int64_t first_moment(const struct ohtd_pki_request *request)
{
	bool known = request->from_s && request->from_s < request->now_s;

	return (known ? request->from_s : request->now_s) - DAY_S;
}

static bool is_believed(const struct ohtd_pki_request *request)
{
	return request->certain ||
	       request->now_s - first_moment(request) <= (int64_t)OHTD_LEAF_BELIEVED_DAYS * DAY_S;
}

static struct period authority_period(const struct ohtd_pki_request *request)
{
	return (struct period){ first_moment(request), request->now_s + (int64_t)OHTD_CA_DAYS * DAY_S };
}

static struct period leaf_period(const struct ohtd_pki_request *request)
{
	const int64_t life_s = (int64_t)OHTD_LEAF_DAYS * DAY_S;
	struct period period = { first_moment(request), request->now_s - DAY_S + life_s };

	if (!is_believed(request))
		return period;
	if (!request->certain)
		period.end_s = later(period.from_s + life_s,
				     request->now_s + (int64_t)OHTD_LEAF_UNSURE_DAYS * DAY_S);
	period.from_s = later(period.from_s, period.end_s - life_s);
	return period;
}

/* Subject, serial, times and key of a certificate that is still without extensions and signature. */
static X509 *begin_certificate(const struct period *period, EVP_PKEY *key, const char *name)
{
	X509 *crt = X509_new();

	if (crt && X509_set_version(crt, X509_VERSION_3) == 1 && set_serial(crt) &&
	    ASN1_TIME_set(X509_getm_notBefore(crt), period->from_s) &&
	    ASN1_TIME_set(X509_getm_notAfter(crt), period->end_s) &&
	    set_common_name(crt, name) && X509_set_pubkey(crt, key) == 1)
		return crt;
	X509_free(crt);
	return NULL;
}

/*
 * What the authority may sign for: the names of this machine, and addresses that no site on the
 * internet has, since those of a private network change without anybody's doing. Its key lies on a
 * machine that many can touch, and people's browsers trust it.
 */
static void permitted_names(const struct ohtd_pki_request *request, char *text, size_t size)
{
	static const char private[] =
		"critical,permitted;IP:127.0.0.0/255.0.0.0,permitted;IP:10.0.0.0/255.0.0.0,"
		"permitted;IP:172.16.0.0/255.240.0.0,permitted;IP:192.168.0.0/255.255.0.0,"
		"permitted;IP:169.254.0.0/255.255.0.0,"
		"permitted;IP:::1/ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff,"
		"permitted;IP:fc00::/fe00::,permitted;IP:fe80::/ffc0::";
	size_t used = (size_t)snprintf(text, size, "%s", private);

	for (unsigned int i = 0; i < request->name_count && used < size; i++) {
		const char *name = request->names[i];
		const char *whole = strchr(name, ':') ? "/ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" :
							"/255.255.255.255";

		used += (size_t)snprintf(text + used, size - used, ",permitted;%s:%s%s",
					 ohtd_address_is(name) ? "IP" : "DNS", name,
					 ohtd_address_is(name) ? whole : "");
		/* As it is found in a network without a name server. */
		if (used < size && !ohtd_address_is(name) && !strchr(name, '.'))
			used += (size_t)snprintf(text + used, size - used, ",permitted;DNS:%s.local",
						 name);
	}
}

static bool make_authority(struct pair *ca, const struct ohtd_pki_request *request)
{
	const struct period period = authority_period(request);
	char name[65], permitted[SAN_BYTES];

	permitted_names(request, permitted, sizeof(permitted));
	snprintf(name, sizeof(name), "oht device authority %.40s", request->names[0]);
	ca->key = EVP_EC_gen("P-256");
	ca->crt = ca->key ? begin_certificate(&period, ca->key, name) : NULL;
	return ca->crt &&
	       X509_set_issuer_name(ca->crt, X509_get_subject_name(ca->crt)) == 1 &&
	       add_extension(ca->crt, ca->crt, NID_basic_constraints,
			     "critical,CA:TRUE,pathlen:0") &&
	       add_extension(ca->crt, ca->crt, NID_key_usage, "critical,keyCertSign,cRLSign") &&
	       add_extension(ca->crt, ca->crt, NID_ext_key_usage, "serverAuth") &&
	       add_extension(ca->crt, ca->crt, NID_name_constraints, permitted) &&
	       add_extension(ca->crt, ca->crt, NID_subject_key_identifier, "hash") &&
	       X509_sign(ca->crt, ca->key, EVP_sha256()) > 0;
}

static bool add_name(X509 *crt, const char *name)
{
	char san[300];

	snprintf(san, sizeof(san), "%s:%s", ohtd_address_is(name) ? "IP" : "DNS", name);
	return add_extension(crt, crt, NID_subject_alt_name, san);
}

/* Would clients take a certificate of that authority for @name? */
static bool is_permitted(X509 *ca, const char *name)
{
	NAME_CONSTRAINTS *limits = X509_get_ext_d2i(ca, NID_name_constraints, NULL, NULL);
	X509 *probe = X509_new();
	bool ok = !limits;

	if (!ok && probe && add_name(probe, name)) {
		/* Decodes the extensions; that there is no signature is no matter here. */
		X509_check_purpose(probe, -1, 0);
		ok = NAME_CONSTRAINTS_check(probe, limits) == X509_V_OK;
	}
	X509_free(probe);
	NAME_CONSTRAINTS_free(limits);
	return ok;
}

/* One name that is not permitted would spoil the certificate for all of them. */
static void alternative_names(const struct ohtd_pki_request *request, X509 *ca, char *text,
			      size_t size)
{
	size_t used = 0;

	*text = 0;
	for (unsigned int i = 0; i < request->name_count && used < size; i++) {
		const char *name = request->names[i];

		if (is_permitted(ca, name))
			used += (size_t)snprintf(text + used, size - used, "%s%s:%s",
						 used ? "," : "", ohtd_address_is(name) ? "IP" : "DNS",
						 name);
		else
			ohtd_log(OHTD_LOG_WARNING, "http", "name_not_permitted",
				 "%s is not among the names that %s/ca.crt permits: make a new "
				 "authority, see ohtctl admin cert", name, request->state_dir);
	}
}

static bool make_leaf(struct pair *leaf, const struct pair *ca,
		      const struct ohtd_pki_request *request)
{
	const struct period period = leaf_period(request);
	char san[SAN_BYTES];

	alternative_names(request, ca->crt, san, sizeof(san));
	leaf->key = EVP_EC_gen("P-256");
	leaf->crt = leaf->key ? begin_certificate(&period, leaf->key, request->names[0]) : NULL;
	return leaf->crt &&
	       X509_set_issuer_name(leaf->crt, X509_get_subject_name(ca->crt)) == 1 &&
	       add_extension(leaf->crt, ca->crt, NID_basic_constraints, "critical,CA:FALSE") &&
	       add_extension(leaf->crt, ca->crt, NID_key_usage, "critical,digitalSignature") &&
	       add_extension(leaf->crt, ca->crt, NID_ext_key_usage, "serverAuth") &&
	       add_extension(leaf->crt, ca->crt, NID_subject_key_identifier, "hash") &&
	       add_extension(leaf->crt, ca->crt, NID_authority_key_identifier, "keyid") &&
	       add_extension(leaf->crt, ca->crt, NID_subject_alt_name, san) &&
	       X509_sign(leaf->crt, ca->key, EVP_sha256()) > 0;
}

static bool covers_names(X509 *crt, X509 *ca, const struct ohtd_pki_request *request)
{
	for (unsigned int i = 0; i < request->name_count; i++) {
		const char *name = request->names[i];
		int r = ohtd_address_is(name) ? X509_check_ip_asc(crt, name, 0)
					 : X509_check_host(crt, name, 0, 0, NULL);

		if (r != 1 && is_permitted(ca, name))
			return false;
	}
	return true;
}

/* Made while the clock was ahead, or by a release that let it begin with its build. */
static bool lasts_too_long(X509 *crt, const struct ohtd_pki_request *request)
{
	time_t latest = request->now_s + (time_t)OHTD_LEAF_DAYS * DAY_S;
	int days = 0, seconds = 0;

	if (!is_believed(request))
		return false;
	return (request->certain && X509_cmp_time(X509_get0_notAfter(crt), &latest) > 0) ||
	       ASN1_TIME_diff(&days, &seconds, X509_get0_notBefore(crt), X509_get0_notAfter(crt)) != 1 ||
	       days > OHTD_LEAF_DAYS || (days == OHTD_LEAF_DAYS && seconds);
}

static bool leaf_is_good(const struct pair *leaf, const struct pair *ca,
			 const struct ohtd_pki_request *request)
{
	time_t now = request->now_s, later = now + (time_t)OHTD_LEAF_RENEW_DAYS * DAY_S;

	return X509_check_private_key(leaf->crt, leaf->key) == 1 &&
	       X509_verify(leaf->crt, X509_get0_pubkey(ca->crt)) == 1 &&
	       X509_cmp_time(X509_get0_notBefore(leaf->crt), &now) < 0 &&
	       X509_cmp_time(X509_get0_notAfter(leaf->crt), &later) > 0 &&
	       !lasts_too_long(leaf->crt, request) && covers_names(leaf->crt, ca->crt, request);
}

static int new_authority(const struct ohtd_pki_request *request, struct pair *ca, char *why,
			 size_t size)
{
	int r;

	drop_pair(ca);
	if (!make_authority(ca, request))
		return complain(why, size, request->state_dir, "ca.crt", "could not be made");
	r = store_pair(request, "ca", ca);
	if (r)
		return complain(why, size, request->state_dir, "ca.crt", strerror(-r));
	ohtd_log(OHTD_LOG_NOTICE, "http", "authority_made", "%s/ca.crt", request->state_dir);
	return 0;
}

static int set_aside(const struct ohtd_pki_request *request, const char *name, char *why, size_t size)
{
	static const char *const endings[] = { ".crt", ".key" };
	char path[PATH_BYTES];

	for (int i = 0; i < 2; i++) {
		int r;

		snprintf(path, sizeof(path), "%s/%s%s", request->state_dir, name, endings[i]);
		r = ohtd_file_set_aside(path, request->now_s);
		if (r) {
			snprintf(why, size, "%s: %s", path, strerror(-r));
			return -1;
		}
	}
	return 0;
}

static int load_authority(const struct ohtd_pki_request *request, struct pair *ca, char *why, size_t size)
{
	int found = load_pair(request, "ca", ca, why, size);

	if (found == 1 && ca->crt)
		return complain(why, size, request->state_dir, "ca.key", "missing beside ca.crt");
	if (found == 2 && X509_check_private_key(ca->crt, ca->key) != 1)
		return complain(why, size, request->state_dir, "ca.key", "does not belong to ca.crt");
	return found;
}

/*
 * An authority that has no key any more cannot come back by itself, and the robot is to run: every client then has to be told
 * to trust the new one. One that is sealed comes back with its credential; @anew: a person does not wait for that.
 */
static int ensure_authority(const struct ohtd_pki_request *request, bool anew, struct pair *ca, char *why, size_t size)
{
	int found = load_authority(request, ca, why, size);

	if (found == SEALED && !anew)
		return OHTD_PKI_SEALED;
	if (found == FAILED || (found == UNUSABLE && !request->mend))
		return -1;
	if (found == 2) {
		seal_key(request, "ca", ca);
		return 0;
	}
	if (found < 0) {
		ohtd_log(OHTD_LOG_ERROR, "http", "authority_lost",
			 "%s; ca.crt and ca.key were set aside and made anew: clients have to be told "
			 "to trust the new ca.crt", why);
		if (set_aside(request, "ca", why, size))
			return -1;
	}
	/* A key alone is left over from a start that was cut short. */
	return new_authority(request, ca, why, size);
}

static int new_leaf(const struct ohtd_pki_request *request, const struct pair *ca, char *why,
		    size_t size)
{
	struct pair leaf = { NULL, NULL, false };
	int r = make_leaf(&leaf, ca, request) ? store_pair(request, "server", &leaf) : -ENOMEM;

	drop_pair(&leaf);
	if (r)
		return complain(why, size, request->state_dir, "server.crt", strerror(-r));
	ohtd_log(OHTD_LOG_NOTICE, "http", "certificate_made", "%s/server.crt", request->state_dir);
	return 0;
}

static int ensure_leaf(const struct ohtd_pki_request *request, const struct pair *ca, char *why,
		       size_t size)
{
	struct pair leaf = { NULL, NULL, false };
	/* What cannot be read is made anew: nobody but this machine depends on it. */
	int found = load_pair(request, "server", &leaf, why, size);
	bool good = found == 2 && leaf_is_good(&leaf, ca, request);

	if (good)
		seal_key(request, "server", &leaf);
	drop_pair(&leaf);
	if (found == SEALED)
		return OHTD_PKI_SEALED;
	if (found == UNUSABLE) {
		ohtd_log(OHTD_LOG_WARNING, "http", "certificate_lost",
			 "%s; server.crt and server.key were set aside and made anew", why);
		if (set_aside(request, "server", why, size))
			return -1;
	}
	return good ? 0 : new_leaf(request, ca, why, size);
}

int ohtd_pki_ensure(const struct ohtd_pki_request *request, char *why, size_t size)
{
	struct pair ca = { NULL, NULL, false };
	int r = ensure_authority(request, false, &ca, why, size);

	if (!r)
		r = ensure_leaf(request, &ca, why, size);
	drop_pair(&ca);
	return r;
}

int ohtd_pki_renew(const struct ohtd_pki_request *request, bool authority, char *why, size_t size)
{
	struct ohtd_pki_request mending = *request;
	struct pair ca = { NULL, NULL, false };
	int r;

	mending.mend = authority || request->mend;
	/* Cut short anywhere, the next start finds no ca.crt and goes on with a new authority. */
	if (authority && unlink(full_path(request->state_dir, "ca.crt")) && errno != ENOENT)
		return complain(why, size, request->state_dir, "ca.crt", strerror(errno));
	r = ensure_authority(&mending, authority, &ca, why, size);
	if (!r)
		r = new_leaf(request, &ca, why, size);
	drop_pair(&ca);
	return r;
}

bool ohtd_pki_stand_in(const struct ohtd_pki_request *request, X509 **crt, EVP_PKEY **key)
{
	struct pair ca = { NULL, NULL, false }, leaf = { NULL, NULL, false };
	const bool good = make_authority(&ca, request) && make_leaf(&leaf, &ca, request);

	drop_pair(&ca);
	if (!good)
		drop_pair(&leaf);
	*crt = leaf.crt;
	*key = leaf.key;
	return good;
}
