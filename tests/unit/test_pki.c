// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pki/pki.h"
#include "common/file.h"
#include "scratch.h"

#define NOW_S	1800000000LL
#define NOW_TEXT	"20270115T080000Z"
#define DAY_S	86400

static char dir[] = "/tmp/ohtd-pki-XXXXXX";
static char why[512];
static const char *names[] = { "robot", "localhost", "127.0.0.1", "::1", "robot.example" };

static int set_up(void **state)
{
	(void)state;
	return scratch_make(dir);
}

static int tear_down(void **state)
{
	(void)state;
	return scratch_remove(dir);
}

static const char *file(const char *name)
{
	static char path[96];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static int ensure(int64_t now_s, unsigned int name_count)
{
	const struct ohtd_pki_request request = { dir, names, name_count, now_s, 0, false, true };

	return ohtd_pki_ensure(&request, why, sizeof(why));
}

static X509 *load(const char *name)
{
	FILE *f = fopen(file(name), "r");
	X509 *crt = f ? PEM_read_X509(f, NULL, NULL, NULL) : NULL;

	if (f)
		fclose(f);
	assert_non_null(crt);
	return crt;
}

/* Serial number of the server certificate, to see whether it was made anew. */
static uint64_t serial(void)
{
	X509 *crt = load("server.crt");
	BIGNUM *number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(crt), NULL);
	uint64_t low = 0;

	BN_mask_bits(number, 64);
	BN_bn2nativepad(number, (unsigned char *)&low, sizeof(low));
	BN_free(number);
	X509_free(crt);
	return low;
}

/* What a client that trusts the authority says of a certificate: X509_V_*. */
static int verify(X509 *leaf)
{
	X509_STORE *trusted = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	X509 *ca = load("ca.crt");
	int r;

	X509_STORE_add_cert(trusted, ca);
	X509_STORE_CTX_init(ctx, trusted, leaf, NULL);
	X509_STORE_CTX_set_time(ctx, 0, NOW_S);
	X509_STORE_CTX_set_purpose(ctx, X509_PURPOSE_SSL_SERVER);
	r = X509_verify_cert(ctx) == 1 ? X509_V_OK : X509_STORE_CTX_get_error(ctx);
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(trusted);
	X509_free(ca);
	return r;
}

/* The same of one that a thief of the authority's key makes for @san. */
static int verify_stolen(const char *san)
{
	FILE *f = fopen(file("ca.key"), "r");
	EVP_PKEY *key = PEM_read_PrivateKey(f, NULL, NULL, NULL);
	X509 *ca = load("ca.crt"), *leaf = X509_new();
	X509_EXTENSION *names_ext = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, san);
	int r;

	fclose(f);
	X509_set_version(leaf, X509_VERSION_3);
	ASN1_TIME_set(X509_getm_notBefore(leaf), NOW_S - DAY_S);
	ASN1_TIME_set(X509_getm_notAfter(leaf), NOW_S + DAY_S);
	X509_set_issuer_name(leaf, X509_get_subject_name(ca));
	X509_set_pubkey(leaf, key);
	X509_add_ext(leaf, names_ext, -1);
	assert_true(X509_sign(leaf, key, EVP_sha256()) > 0);
	r = verify(leaf);
	X509_EXTENSION_free(names_ext);
	X509_free(leaf);
	X509_free(ca);
	EVP_PKEY_free(key);
	return r;
}

static void stolen_authority_signs_for_this_robot_only(void **state)
{
	static const char *const own[] = {
		"DNS:robot", "DNS:robot.local", "DNS:localhost", "DNS:robot.example",
		"IP:127.0.0.1", "IP:::1", "IP:10.1.2.3", "IP:172.31.0.1", "IP:192.168.178.20",
		"IP:169.254.9.9", "IP:fe80::1", "IP:fd00::1",
	};
	static const char *const foreign[] = {
		"DNS:bank.example", "DNS:example", "DNS:robot2", "DNS:other.local", "DNS:robot.example.org",
		"IP:192.0.2.1", "IP:172.32.0.1", "IP:11.0.0.1", "IP:2001:db8::1", "DNS:robot,DNS:bank.example",
	};

	(void)state;
	assert_int_equal(ensure(NOW_S, 5), 0);
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		assert_int_equal(verify_stolen(own[i]), X509_V_OK);
	for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++)
		assert_int_equal(verify_stolen(foreign[i]), X509_V_ERR_PERMITTED_VIOLATION);
}

static void public_address_of_the_configuration_is_permitted(void **state)
{
	const char *const public[] = { "robot", "192.0.2.7", "2001:db8::7" };
	const struct ohtd_pki_request request = { dir, public, 3, NOW_S, 0 };
	X509 *leaf;

	(void)state;
	assert_int_equal(ohtd_pki_ensure(&request, why, sizeof(why)), 0);
	leaf = load("server.crt");
	assert_int_equal(verify(leaf), X509_V_OK);
	X509_free(leaf);
	assert_int_equal(verify_stolen("IP:192.0.2.7"), X509_V_OK);
	assert_int_equal(verify_stolen("IP:192.0.2.8"), X509_V_ERR_PERMITTED_VIOLATION);
	assert_int_equal(verify_stolen("IP:2001:db8::8"), X509_V_ERR_PERMITTED_VIOLATION);
}

/* It would spoil the certificate for every other name, too. */
static void name_that_is_not_permitted_is_left_out(void **state)
{
	uint64_t first;
	X509 *leaf;

	(void)state;
	assert_int_equal(ensure(NOW_S, 4), 0);
	assert_int_equal(ensure(NOW_S, 5), 0);
	leaf = load("server.crt");
	assert_int_equal(verify(leaf), X509_V_OK);
	assert_int_equal(X509_check_host(leaf, "robot", 0, 0, NULL), 1);
	assert_int_equal(X509_check_host(leaf, "robot.example", 0, 0, NULL), 0);
	X509_free(leaf);
	/* And is no reason to make it again and again. */
	first = serial();
	assert_int_equal(ensure(NOW_S, 5), 0);
	assert_true(serial() == first);
	/* A new authority permits it. */
	{
		const struct ohtd_pki_request request = { dir, names, 5, NOW_S, 0 };

		assert_int_equal(ohtd_pki_renew(&request, true, why, sizeof(why)), 0);
	}
	leaf = load("server.crt");
	assert_int_equal(verify(leaf), X509_V_OK);
	assert_int_equal(X509_check_host(leaf, "robot.example", 0, 0, NULL), 1);
	X509_free(leaf);
}

/* Is that file the same certificate still? */
static bool is_same(X509 *one, const char *name)
{
	X509 *other = load(name);
	bool same = !X509_cmp(one, other);

	X509_free(other);
	return same;
}

static void renewal_keeps_the_authority_unless_it_is_asked_for(void **state)
{
	const struct ohtd_pki_request request = { dir, names, 5, NOW_S, 0 };
	X509 *ca, *leaf;

	(void)state;
	assert_int_equal(ensure(NOW_S, 5), 0);
	ca = load("ca.crt");
	leaf = load("server.crt");
	assert_int_equal(ohtd_pki_renew(&request, false, why, sizeof(why)), 0);
	assert_true(is_same(ca, "ca.crt"));
	assert_false(is_same(leaf, "server.crt"));
	X509_free(leaf);
	leaf = load("server.crt");
	assert_int_equal(verify(leaf), X509_V_OK);
	assert_int_equal(ohtd_pki_renew(&request, true, why, sizeof(why)), 0);
	assert_false(is_same(ca, "ca.crt"));
	assert_int_not_equal(verify(leaf), X509_V_OK);
	X509_free(leaf);
	leaf = load("server.crt");
	assert_int_equal(verify(leaf), X509_V_OK);
	X509_free(leaf);
	X509_free(ca);
}

static void first_start_makes_what_clients_can_check(void **state)
{
	X509_STORE *trusted = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	X509 *ca, *leaf;
	struct stat st;

	(void)state;
	assert_int_equal(ensure(NOW_S, 5), 0);
	ca = load("ca.crt");
	leaf = load("server.crt");
	X509_STORE_add_cert(trusted, ca);
	X509_STORE_CTX_init(ctx, trusted, leaf, NULL);
	X509_STORE_CTX_set_time(ctx, 0, NOW_S);
	X509_STORE_CTX_set_purpose(ctx, X509_PURPOSE_SSL_SERVER);
	assert_int_equal(X509_verify_cert(ctx), 1);
	for (int i = 0; i < 5; i++)
		assert_int_equal(strchr("1:", *names[i]) ? X509_check_ip_asc(leaf, names[i], 0) :
				 X509_check_host(leaf, names[i], 0, 0, NULL), 1);
	assert_int_equal(X509_check_host(leaf, "other.example", 0, 0, NULL), 0);
	assert_int_equal(stat(file("ca.key"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(stat(file("server.key"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(trusted);
	X509_free(ca);
	X509_free(leaf);
}

/* Made while the clock was ten years ahead: clients whose clock is right must be able to use it. */
static void certificate_of_a_clock_that_is_ahead_is_good_today(void **state)
{
	const struct ohtd_pki_request request = {
		dir, names, 5, NOW_S + 3652LL * DAY_S, NOW_S - 30LL * DAY_S,
	};
	const char *const files[] = { "ca.crt", "server.crt" };
	time_t today = NOW_S;

	(void)state;
	assert_int_equal(ohtd_pki_ensure(&request, why, sizeof(why)), 0);
	for (unsigned int i = 0; i < 2; i++) {
		X509 *crt = load(files[i]);

		assert_true(X509_cmp_time(X509_get0_notBefore(crt), &today) < 0);
		assert_true(X509_cmp_time(X509_get0_notAfter(crt), &today) > 0);
		X509_free(crt);
	}
}

static int days_of(const char *name, int64_t *from_s, int64_t *end_s)
{
	X509 *crt = load(name);
	ASN1_TIME *now = ASN1_TIME_set(NULL, NOW_S);
	int days = 0, seconds = 0, all;

	ASN1_TIME_diff(&days, &seconds, now, X509_get0_notBefore(crt));
	*from_s = days * (int64_t)DAY_S + seconds;
	ASN1_TIME_diff(&days, &seconds, now, X509_get0_notAfter(crt));
	*end_s = days * (int64_t)DAY_S + seconds;
	ASN1_TIME_diff(&all, &seconds, X509_get0_notBefore(crt), X509_get0_notAfter(crt));
	ASN1_TIME_free(now);
	X509_free(crt);
	return all + !!seconds;
}

/* First start with the clock behind the build; then it is right, 500 days later. */
static void certificate_lasts_no_longer_than_clients_take(void **state)
{
	struct ohtd_pki_request request = { dir, names, 5, NOW_S, NOW_S, false };
	int64_t from_s, end_s;

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		request.now_s = NOW_S + 500LL * DAY_S * i;
		request.certain = i & 1;
		assert_int_equal(ohtd_pki_ensure(&request, why, sizeof(why)), 0);
		assert_true(days_of("server.crt", &from_s, &end_s) <= OHTD_LEAF_DAYS);
		assert_true(from_s <= request.now_s - NOW_S - DAY_S);
		assert_true(end_s >= request.now_s - NOW_S + OHTD_LEAF_UNSURE_DAYS * (int64_t)DAY_S);
		assert_true(from_s >= -DAY_S);
	}
}

/* Nobody keeps the clock right: who is right by then is served; then somebody does, and it is made anew. */
static void certificate_of_a_wrong_clock_is_made_anew(void **state)
{
	struct ohtd_pki_request request = { dir, names, 5, NOW_S + 45 * 365LL * DAY_S, NOW_S, false };
	int64_t from_s, end_s;
	uint64_t last;

	(void)state;
	assert_int_equal(ohtd_pki_ensure(&request, why, sizeof(why)), 0);
	assert_true(days_of("server.crt", &from_s, &end_s) > 16000);
	last = serial();
	assert_int_equal(ohtd_pki_ensure(&request, why, sizeof(why)), 0);
	assert_true(serial() == last);
	request.now_s = NOW_S + 10 * DAY_S;
	request.certain = true;
	assert_int_equal(ohtd_pki_ensure(&request, why, sizeof(why)), 0);
	assert_true(serial() != last);
	assert_int_equal(days_of("server.crt", &from_s, &end_s), OHTD_LEAF_DAYS);
	/* A year ahead, and then right. */
	request.now_s = NOW_S + 375 * DAY_S;
	ohtd_pki_renew(&request, false, why, sizeof(why));
	last = serial();
	request.now_s = NOW_S + 10 * DAY_S;
	assert_int_equal(ohtd_pki_ensure(&request, why, sizeof(why)), 0);
	assert_true(serial() != last);
}

static void good_certificate_is_kept(void **state)
{
	uint64_t first;

	(void)state;
	ensure(NOW_S, 5);
	first = serial();
	assert_int_equal(ensure(NOW_S + 100 * DAY_S, 5), 0);
	assert_int_equal(ensure(NOW_S + 100 * DAY_S, 4), 0);
	assert_true(serial() == first);
}

static void certificate_is_renewed_when_it_must(void **state)
{
	const struct ohtd_pki_request fewer = { dir, names, 4, NOW_S, 0 };
	uint64_t last;

	(void)state;
	ensure(NOW_S, 5);
	ohtd_pki_renew(&fewer, false, why, sizeof(why));
	last = serial();
	assert_int_equal(ensure(NOW_S, 5), 0);		/* a name more */
	assert_true(serial() != last);
	last = serial();
	ensure(NOW_S + (OHTD_LEAF_DAYS - OHTD_LEAF_RENEW_DAYS + 1LL) * DAY_S, 5);	/* soon over */
	assert_true(serial() != last);
	last = serial();
	ensure(NOW_S - 10 * DAY_S, 5);			/* begins in the future: clock was wrong */
	assert_true(serial() != last);
	last = serial();
	unlink(file("server.key"));
	assert_int_equal(ensure(NOW_S, 5), 0);
	assert_true(serial() != last);
	last = serial();
	oht_file_replace(file("server.crt"), "rubbish", 7, 0644);
	assert_int_equal(ensure(NOW_S, 5), 0);
	assert_true(serial() != last);
}

static void new_authority_signs_a_new_certificate(void **state)
{
	uint64_t last;

	(void)state;
	ensure(NOW_S, 5);
	last = serial();
	unlink(file("ca.key"));
	unlink(file("ca.crt"));
	assert_int_equal(ensure(NOW_S, 5), 0);
	assert_true(serial() != last);
}

/* What was signed by it cannot be signed again: the robot runs with a new one, and the old one is kept. */
static void authority_without_its_key_is_made_anew(void **state)
{
	(void)state;
	ensure(NOW_S, 5);
	unlink(file("ca.key"));
	assert_int_equal(ensure(NOW_S, 5), 0);
	assert_non_null(strstr(why, "ca.key: missing beside ca.crt"));
	assert_int_equal(access(file("ca.crt.damaged-" NOW_TEXT), F_OK), 0);
	oht_file_replace(file("ca.key"), "rubbish", 7, 0600);
	assert_int_equal(ensure(NOW_S, 5), 0);
	assert_non_null(strstr(why, "ca.key: no private key in it"));
	assert_int_equal(access(file("ca.key.damaged-" NOW_TEXT), F_OK), 0);
}

/* Cut short after the key was written: nobody can have trusted that authority yet. */
static void authority_key_alone_is_replaced(void **state)
{
	(void)state;
	ensure(NOW_S, 5);
	unlink(file("ca.crt"));
	assert_int_equal(ensure(NOW_S, 5), 0);
}

static void unwritable_directory_is_told(void **state)
{
	const struct ohtd_pki_request request = { "/proc/self", names, 5, NOW_S, 0 };

	(void)state;
	assert_int_equal(ohtd_pki_ensure(&request, why, sizeof(why)), -1);
	assert_non_null(strstr(why, "/proc/self/ca.crt: "));
}

int main(void)
{
#define CASE(name)	cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(first_start_makes_what_clients_can_check),
		CASE(stolen_authority_signs_for_this_robot_only),
		CASE(public_address_of_the_configuration_is_permitted),
		CASE(name_that_is_not_permitted_is_left_out),
		CASE(renewal_keeps_the_authority_unless_it_is_asked_for),
		CASE(certificate_of_a_clock_that_is_ahead_is_good_today),
		CASE(certificate_lasts_no_longer_than_clients_take),
		CASE(certificate_of_a_wrong_clock_is_made_anew),
		CASE(good_certificate_is_kept),
		CASE(certificate_is_renewed_when_it_must),
		CASE(new_authority_signs_a_new_certificate),
		CASE(authority_without_its_key_is_made_anew),
		CASE(authority_key_alone_is_replaced),
		CASE(unwritable_directory_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
