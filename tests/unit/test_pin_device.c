// SPDX-License-Identifier: GPL-2.0-or-later
/* A PIN on a device that is removed, disabled or accepted anew while the PIN is looked at; and whose elevations end then. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include <errno.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "accounts/pins.h"
#include "people/people.h"
#include "session_fixture.h"
#include "store/store.h"
#include "store_fixture.h"

#define PIN	"735194"

/* ---- the device ---- */

static EVP_PKEY *key_of_device;
static struct ohtd_account_device device;

static int64_t boot_ms(void)
{
	return (int64_t)(ohtd_clock_boottime_ns(&wall) / OHTD_NS_PER_MS);
}

static void sign(const char *challenge, char signature[OHTD_PEOPLE_SIGNATURE_TEXT + 1])
{
	unsigned char der[128], raw[64];
	const unsigned char *at = der;
	size_t bytes = sizeof(der);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	char text[256];
	ECDSA_SIG *pair;

	snprintf(text, sizeof(text), "%s%s", OHTD_PEOPLE_DEVICE_PURPOSE, challenge);
	assert_int_equal(EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key_of_device), 1);
	assert_int_equal(EVP_DigestSign(context, der, &bytes, (unsigned char *)text, strlen(text)), 1);
	pair = d2i_ECDSA_SIG(NULL, &at, (long)bytes);
	assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_r(pair), raw, 32), 32);
	assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_s(pair), raw + 32, 32), 32);
	EVP_EncodeBlock((unsigned char *)signature, raw, sizeof(raw));
	ECDSA_SIG_free(pair);
	EVP_MD_CTX_free(context);
}

static int work_ask(struct ohtd_db *db, void *arg)
{
	return ohtd_account_device_ask(db, arg);
}

static int work_decide(struct ohtd_db *db, void *arg)
{
	return ohtd_account_device_decide(db, arg);
}

static int work_remove(struct ohtd_db *db, void *arg)
{
	return ohtd_account_device_remove(db, arg);
}

static void let_in(const char *name)
{
	struct ohtd_account_device_decision decision = {
		.accept = true, .by_role = OHTD_ROLE_ADMINISTRATOR, .now_s = STORE_NOW_S, .user = { .role = OHTD_ROLE_OPERATOR },
	};

	device.created_s = STORE_NOW_S;
	device.until_s = STORE_NOW_S + 3600;
	assert_int_equal(ohtd_store_call(store, work_ask, &device), 0);
	decision.id = device.id;
	strcpy(decision.user.name, name);
	assert_int_equal(ohtd_store_call(store, work_decide, &decision), 0);
	device.user_id = decision.user.id;
}

/* As the route does it. */
static void remove_it(void)
{
	struct ohtd_account_device_decision decision = { .id = device.id, .by_role = OHTD_ROLE_ADMINISTRATOR, .now_s = STORE_NOW_S };

	assert_int_equal(ohtd_store_call(store, work_remove, &decision), 0);
	assert_true(decision.ended);
	ohtd_auth_changed(auth, &decision.user, true);
}

static void remove_and_accept_it(void)
{
	remove_it();
	let_in("panel-anew");
}

static void disable_it(void)
{
	store_run_sql("UPDATE users SET disabled = 1 WHERE service");
}

/* ---- the person ---- */

static struct ohtd_grant mine, elsewhere;

static int set_up(void **state)
{
	struct ohtd_credentials typed;
	unsigned char *der = NULL;
	struct ohtd_grant grant;
	struct ohtd_secret pin;
	int bytes;

	if (session_set_up(state))
		return -1;
	key_of_device = EVP_EC_gen("P-256");
	bytes = i2d_PUBKEY(key_of_device, &der);
	memset(&device, 0, sizeof(device));
	EVP_EncodeBlock((unsigned char *)device.key, der, bytes);
	OPENSSL_free(der);
	assert_true(ohtd_people_device_print(device.key, device.print));
	strcpy(device.address, "192.0.2.9");
	strcpy(device.client, "192.0.2.9");
	let_in("panel");
	login(&mine);
	login(&elsewhere);
	typed = credentials_of("anna", "correct horse");
	ohtd_secret_set(&pin, PIN);
	assert_int_equal(ohtd_auth_pin_set(auth, &mine.who, &typed, &pin, &grant), OHTD_AUTH_GRANTED);
	/* The other session, on another device. */
	typed = credentials_of("anna", PIN);
	assert_int_equal(ohtd_auth_pin_elevate(auth, &elsewhere.who, &typed, 12345, &grant), OHTD_AUTH_GRANTED);
	return 0;
}

static int tear_down(void **state)
{
	forget(&mine, 1);
	forget(&elsewhere, 1);
	EVP_PKEY_free(key_of_device);
	return session_tear_down(state);
}

static int elevate(enum ohtd_auth_result *result)
{
	struct ohtd_credentials typed = credentials_of("anna", PIN);
	struct ohtd_people_proof proof = { .boot_ms = boot_ms(), .now_s = STORE_NOW_S };
	struct ohtd_grant grant;

	strcpy(proof.device.key, device.key);
	strcpy(proof.device.print, device.print);
	assert_int_equal(ohtd_people_challenge_make(device.print, boot_ms(), proof.challenge), 0);
	sign(proof.challenge, proof.signature);
	*result = OHTD_AUTH_UNAVAILABLE;
	return ohtd_people_pin_elevate(store, auth, &mine.who, &typed, &proof, result, &grant);
}

static void a_pin_elevates_on_its_device(void **state)
{
	enum ohtd_auth_result result;

	(void)state;
	assert_int_equal(elevate(&result), 0);
	assert_int_equal(result, OHTD_AUTH_GRANTED);
	assert_true(ohtd_auth_pin_ms(auth, &mine.who) > 0);
	remove_it();
	assert_int_equal(ohtd_auth_pin_ms(auth, &mine.who), 0);
	assert_true(ohtd_auth_pin_ms(auth, &elsewhere.who) > 0);
}

/* While the PIN is compared: the device was accepted when it was asked first. */
static void a_device_that_ends_meanwhile_elevates_this_session_no_more(void **state)
{
	static void (*const acts[])(void) = { remove_it, disable_it, remove_and_accept_it };
	enum ohtd_auth_result result;

	(void)state;
	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
		meanwhile = acts[i];
		assert_int_equal(elevate(&result), -EACCES);
		assert_null(meanwhile);
		assert_int_equal(ohtd_auth_pin_ms(auth, &mine.who), 0);
		/* What the person has elevated on another device is as it was. */
		assert_true(ohtd_auth_pin_ms(auth, &elsewhere.who) > 0);
		tear_down(NULL);
		assert_int_equal(set_up(NULL), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_pin_elevates_on_its_device, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_device_that_ends_meanwhile_elevates_this_session_no_more, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
