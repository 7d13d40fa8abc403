// SPDX-License-Identifier: GPL-2.0-or-later
/* Second factors: which codes are good and when, that each is good once, and what is refused whatever the password. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>

#include "auth/totp.h"
#include "session_fixture.h"
#include "store/store.h"
#include "store_fixture.h"

#define STEP_S		OHTD_AUTH_TOTP_STEP_S
#define AT_ONCE		8

static unsigned int next_host;
/* Of the account anna, as its app has them. */
static unsigned char secret[OHTD_AUTH_TOTP_SECRET_BYTES];
static char codes[OHTD_ACCOUNT_RECOVERY_CODES][OHTD_CODE_TEXT_BYTES];

/* ---- the app of the person ---- */

static void read_secret(const char *text)
{
	unsigned int held = 0, bits = 0, n = 0;

	for (; *text; text++) {
		held = held << 5 | (unsigned int)(*text >= 'A' ? *text - 'A' : *text - '2' + 26);
		bits += 5;
		if (bits >= 8) {
			bits -= 8;
			secret[n++] = (unsigned char)(held >> bits);
		}
	}
	assert_int_equal(n, sizeof(secret));
}

static int64_t step_now(void)
{
	return atomic_load(&manual.realtime_ns) / (int64_t)OHTD_NS_PER_S / STEP_S;
}

/* The code of a step so many behind the present one. */
static const char *code_of(int64_t behind)
{
	static char text[OHTD_AUTH_TOTP_DIGITS + 1];

	assert_int_equal(ohtd_auth_totp_code(text, secret, step_now() + behind), 0);
	return text;
}

static void pass(uint64_t seconds)
{
	ohtd_manual_clock_advance(&manual, seconds * OHTD_NS_PER_S);
}

/* Each from another address, so that the back-off is in no way. */
static enum ohtd_auth_result come(const char *password, const char *code, struct ohtd_grant *grant)
{
	struct ohtd_credentials credentials = credentials_of("anna", password);
	unsigned int host = __atomic_fetch_add(&next_host, 1, __ATOMIC_RELAXED);

	snprintf(credentials.address, sizeof(credentials.address), "10.9.%u.%u", host / 250 % 250, 1 + host % 250);
	ohtd_secret_set(&credentials.code, code);
	return ohtd_auth_login(auth, &credentials, grant);
}

/* What becomes of a log-in with the right password. */
static enum ohtd_auth_second_result try_code(const char *code)
{
	struct ohtd_grant grant;
	enum ohtd_auth_result result = come("correct horse", code, &grant);

	if (result == OHTD_AUTH_GRANTED) {
		free(grant.access_token);
		return OHTD_AUTH_SECOND_RIGHT;
	}
	assert_int_equal(result, OHTD_AUTH_CODE);
	assert_null(grant.access_token);
	return grant.second;
}

static enum ohtd_auth_result order(const struct ohtd_principal *who, enum ohtd_auth_second_act act, const char *password, const char *code,
				   struct ohtd_auth_second_order *made, struct ohtd_grant *grant)
{
	struct ohtd_credentials credentials = credentials_of("anna", password);

	ohtd_secret_set(&credentials.code, code);
	snprintf(credentials.address, sizeof(credentials.address), "10.8.0.%u", 1 + next_host++ % 250);
	*made = (struct ohtd_auth_second_order){ .act = act };
	return ohtd_auth_second(auth, who, &credentials, made, grant);
}

static struct ohtd_grant enrolled;

/* As the next request has it: the session goes on with its tokens, in the epoch that the account has now. */
static void come_again(void)
{
	assert_int_equal(ohtd_auth_check(auth, enrolled.access_token, "192.0.2.7", &enrolled.who), OHTD_TOKEN_GOOD);
}

static void enrol(void)
{
	struct ohtd_auth_second_order made;
	struct ohtd_grant grant;

	login(&enrolled);
	assert_int_equal(order(&enrolled.who, OHTD_AUTH_SECOND_ENROL, "correct horse", "", &made, &grant), OHTD_AUTH_GRANTED);
	read_secret(made.secret);
}

static void confirm(void)
{
	struct ohtd_auth_second_order made;
	struct ohtd_grant grant;

	assert_int_equal(order(&enrolled.who, OHTD_AUTH_SECOND_CONFIRM, "", code_of(0), &made, &grant), OHTD_AUTH_GRANTED);
	memcpy(codes, made.codes, sizeof(codes));
	come_again();
	pass(STEP_S);
}

static int set_up(void **state)
{
	int r = session_set_up(state);

	atomic_store(&manual.synchronised, true);
	/* In the middle of a step. */
	atomic_store(&manual.realtime_ns, (STORE_NOW_S / STEP_S * STEP_S + STEP_S / 2) * (int64_t)OHTD_NS_PER_S);
	return r;
}

static int set_up_on(void **state)
{
	int r = set_up(state);

	if (!r) {
		enrol();
		confirm();
	}
	return r;
}

static int tear_down(void **state)
{
	forget(&enrolled, 1);
	enrolled.access_token = NULL;
	return session_tear_down(state);
}

/* ---- RFC 6238 ---- */

static void codes_are_those_of_the_standard(void **state)
{
	static const struct { int64_t s; const char *code; } vectors[] = {
		{ 59, "287082" }, { 1111111109, "081804" }, { 1111111111, "050471" }, { 1234567890, "005924" }, { 2000000000, "279037" },
		{ 20000000000, "353130" },
	};
	const unsigned char *standard = (const unsigned char *)"12345678901234567890";
	char code[OHTD_AUTH_TOTP_DIGITS], text[OHTD_AUTH_TOTP_TEXT_BYTES];

	(void)state;
	ohtd_auth_totp_text(text, standard);
	assert_string_equal(text, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		assert_int_equal(ohtd_auth_totp_code(code, standard, vectors[i].s / STEP_S), 0);
		assert_memory_equal(code, vectors[i].code, sizeof(code));
	}
}

static void six_digits_are_read_as_people_type_them(void **state)
{
	static const char *const none[] = { "", "28708", "2870822", "28708x", "287 08", "287,082", "\xd9\xa2\xd9\xa8\xd9\xa7\xd9\xa0\xd9\xa8\xd9\xa2" };
	char code[OHTD_AUTH_TOTP_DIGITS];

	(void)state;
	assert_true(ohtd_auth_totp_read(code, " 287-082 ") && !memcmp(code, "287082", sizeof(code)));
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		assert_false(ohtd_auth_totp_read(code, none[i]));
}

/* One step each way, to the second. */
static void a_code_is_good_for_its_step_and_the_two_beside_it(void **state)
{
	const unsigned char *standard = (const unsigned char *)"12345678901234567890";
	char code[OHTD_AUTH_TOTP_DIGITS];
	const int64_t step = 41152263;

	(void)state;
	assert_int_equal(ohtd_auth_totp_code(code, standard, step), 0);
	for (int64_t s = (step - 3) * STEP_S; s < (step + 4) * STEP_S; s++) {
		bool good = s >= (step - 1) * STEP_S && s < (step + 2) * STEP_S;

		assert_int_equal(ohtd_auth_totp_find(standard, code, s, 0), good ? step : OHTD_AUTH_TOTP_NONE);
		assert_int_equal(ohtd_auth_totp_find(standard, code, s, step - 1), good ? step : OHTD_AUTH_TOTP_NONE);
		assert_int_equal(ohtd_auth_totp_find(standard, code, s, step), OHTD_AUTH_TOTP_NONE);
	}
}

/* ---- on and off ---- */

static void the_password_is_enough_until_the_first_code(void **state)
{
	char text[OHTD_AUTH_TOTP_TEXT_BYTES];
	struct ohtd_auth_second_order made;
	struct ohtd_grant other, grant;

	(void)state;
	enrol();
	assert_int_equal(try_code(""), OHTD_AUTH_SECOND_RIGHT);
	session_restart();
	assert_int_equal(try_code(""), OHTD_AUTH_SECOND_RIGHT);
	login(&other);
	assert_int_equal(order(&enrolled.who, OHTD_AUTH_SECOND_CONFIRM, "", "000000", &made, &grant), OHTD_AUTH_CODE);
	assert_int_equal(order(&enrolled.who, OHTD_AUTH_SECOND_RENEW, "correct horse", code_of(0), &made, &grant), OHTD_AUTH_UNAVAILABLE);
	assert_int_equal(grant.error, -ENODATA);
	/* Another secret takes the place of the first. */
	assert_int_equal(order(&enrolled.who, OHTD_AUTH_SECOND_ENROL, "wrong horse", "", &made, &grant), OHTD_AUTH_REFUSED);
	assert_int_equal(order(&enrolled.who, OHTD_AUTH_SECOND_ENROL, "correct horse", "", &made, &grant), OHTD_AUTH_GRANTED);
	strcpy(text, made.secret);
	assert_int_equal(order(&enrolled.who, OHTD_AUTH_SECOND_CONFIRM, "", code_of(0), &made, &grant), OHTD_AUTH_CODE);
	read_secret(text);
	confirm();
	forget(&other, 1);
}

static void the_first_code_ends_what_the_password_alone_has_opened(void **state)
{
	struct ohtd_credentials typed = credentials_of("anna", "correct horse");
	struct ohtd_auth_second_order made;
	struct ohtd_grant other, after, grant;
	struct ohtd_secret pin;

	(void)state;
	enrol();
	login(&other);
	ohtd_secret_set(&pin, "735194");
	assert_int_equal(ohtd_auth_pin_set(auth, &enrolled.who, &typed, &pin, &grant), OHTD_AUTH_GRANTED);
	ohtd_secret_set(&typed.password, "735194");
	assert_int_equal(ohtd_auth_pin_elevate(auth, &enrolled.who, &typed, 1, &grant), OHTD_AUTH_GRANTED);
	assert_true(ohtd_auth_pin_ms(auth, &enrolled.who) > 0);
	confirm();
	assert_int_equal(ohtd_auth_pin_ms(auth, &enrolled.who), 0);
	assert_int_equal(store_ask_sql("SELECT count(*) FROM pins"), 0);
	assert_int_equal(check(&enrolled), OHTD_TOKEN_GOOD);
	assert_int_equal(check(&other), OHTD_TOKEN_REVOKED);
	assert_int_equal(refresh(&other, &after), OHTD_AUTH_REFUSED);
	session_restart();
	assert_int_equal(check(&other), OHTD_TOKEN_REVOKED);
	assert_int_equal(store_ask_sql("SELECT count(*) FROM sessions"), 1);
	assert_int_equal(refresh(&enrolled, &after), OHTD_AUTH_GRANTED);
	forget(&enrolled, 1);
	enrolled = after;
	assert_int_equal(try_code(""), OHTD_AUTH_SECOND_MISSING);
	assert_int_equal(order(&enrolled.who, OHTD_AUTH_SECOND_ENROL, "correct horse", "", &made, &grant), OHTD_AUTH_UNAVAILABLE);
	assert_int_equal(grant.error, -EEXIST);
	assert_int_equal(order(&enrolled.who, OHTD_AUTH_SECOND_REMOVE, "correct horse", "000000", &made, &grant), OHTD_AUTH_CODE);
	assert_int_equal(order(&enrolled.who, OHTD_AUTH_SECOND_REMOVE, "wrong horse", code_of(0), &made, &grant), OHTD_AUTH_REFUSED);
	assert_int_equal(try_code(""), OHTD_AUTH_SECOND_MISSING);
	assert_int_equal(order(&enrolled.who, OHTD_AUTH_SECOND_REMOVE, "correct horse", code_of(0), &made, &grant), OHTD_AUTH_GRANTED);
	assert_int_equal(try_code(""), OHTD_AUTH_SECOND_RIGHT);
	assert_int_equal(store_ask_sql("SELECT count(*) FROM second_factors"), 0);
	forget(&other, 1);
}

/* The password alone was right when it was asked for. */
static void no_pin_is_set_behind_the_first_code(void **state)
{
	struct ohtd_credentials typed = credentials_of("anna", "correct horse");
	struct ohtd_grant grant;
	struct ohtd_secret pin;

	(void)state;
	enrol();
	ohtd_secret_set(&pin, "735194");
	meanwhile = confirm;
	assert_int_equal(ohtd_auth_pin_set(auth, &enrolled.who, &typed, &pin, &grant), OHTD_AUTH_CHANGED);
	assert_null(meanwhile);
	assert_int_equal(store_ask_sql("SELECT count(*) FROM pins"), 0);
}

/* ---- what was judged by the rule of before ---- */

static void draw_others(void)
{
	struct ohtd_auth_second_order made;
	struct ohtd_grant grant;

	assert_int_equal(order(&enrolled.who, OHTD_AUTH_SECOND_RENEW, "correct horse", codes[3], &made, &grant), OHTD_AUTH_GRANTED);
}

static void take_off(void)
{
	struct ohtd_auth_second_order made;
	struct ohtd_grant grant;

	assert_int_equal(order(&enrolled.who, OHTD_AUTH_SECOND_REMOVE, "correct horse", codes[3], &made, &grant), OHTD_AUTH_GRANTED);
}

static void end_the_session(void)
{
	assert_int_equal(end_session(enrolled.who.session, 0), 0);
}

static const struct { void (*act)(void); bool on, ends; } changes[] = {
	{ confirm, false, false }, { draw_others, true, false }, { take_off, true, false }, { end_the_session, false, true },
	{ end_the_session, true, true },
};

#define CHANGES	(sizeof(changes) / sizeof(changes[0]))

/* An account as it is before that change, with a second session. Returns the code that is asked for besides the password. */
static const char *before(size_t i, struct ohtd_grant *other)
{
	enrol();
	if (changes[i].on) {
		confirm();
		pass(STEP_S);
		assert_int_equal(come("correct horse", codes[1], other), OHTD_AUTH_GRANTED);
		return code_of(0);
	}
	login(other);
	return "";
}

/* Its session, if the change did not end it, goes on with both tokens, and so does the other behind all but the first code. */
static void behind(size_t i, struct ohtd_grant *other)
{
	struct ohtd_grant after;
	const bool stays = changes[i].on || changes[i].ends;

	assert_int_equal(check(&enrolled), changes[i].ends ? OHTD_TOKEN_REVOKED : OHTD_TOKEN_GOOD);
	assert_int_equal(check(other), stays ? OHTD_TOKEN_GOOD : OHTD_TOKEN_REVOKED);
	if (!changes[i].ends) {
		assert_int_equal(refresh(&enrolled, &after), OHTD_AUTH_GRANTED);
		assert_int_equal(check(&after), OHTD_TOKEN_GOOD);
		forget(&after, 1);
	}
	if (stays) {
		assert_int_equal(refresh(other, &after), OHTD_AUTH_GRANTED);
		forget(&after, 1);
	}
	forget(other, 1);
	forget(&enrolled, 1);
	enrolled.access_token = NULL;
	session_tear_down(NULL);
	assert_int_equal(set_up(NULL), 0);
}

static enum ohtd_auth_result change_password(const char *code)
{
	struct ohtd_credentials typed = credentials_of("anna", "correct horse");
	struct ohtd_principal who = enrolled.who;
	struct ohtd_password_new fresh = { .user = "" };
	struct ohtd_grant grant;

	ohtd_secret_set(&typed.code, code);
	ohtd_secret_set(&fresh.secret, "battery staple");
	return ohtd_auth_change_password(auth, &who, &typed, &fresh, &grant);
}

static void (*then)(void);

/* Behind the check of the present password and of the code, while the new one is hashed. */
static void behind_the_first_hash(void)
{
	meanwhile = then;
}

static void no_password_is_set_that_was_judged_before(void **state)
{
	struct ohtd_grant other;

	(void)state;
	for (size_t i = 0; i < 2 * CHANGES; i++) {
		const char *code = before(i / 2, &other);

		then = changes[i / 2].act;
		meanwhile = i % 2 ? behind_the_first_hash : then;
		assert_int_equal(change_password(code), OHTD_AUTH_CHANGED);
		assert_null(meanwhile);
		assert_int_equal(come("battery staple", "", &(struct ohtd_grant){ 0 }), OHTD_AUTH_REFUSED);
		behind(i / 2, &other);
	}
}

static void no_pin_is_set_that_was_judged_before(void **state)
{
	struct ohtd_credentials typed = credentials_of("anna", "correct horse");
	struct ohtd_grant grant, other;
	struct ohtd_principal who;
	struct ohtd_secret pin;

	(void)state;
	ohtd_secret_set(&pin, "735194");
	for (size_t i = 0; i < 2 * CHANGES; i++) {
		ohtd_secret_set(&typed.code, before(i / 2, &other));
		then = changes[i / 2].act;
		meanwhile = i % 2 ? behind_the_first_hash : then;
		who = enrolled.who;
		assert_int_equal(ohtd_auth_pin_set(auth, &who, &typed, &pin, &grant), OHTD_AUTH_CHANGED);
		assert_null(meanwhile);
		assert_int_equal(store_ask_sql("SELECT count(*) FROM pins"), 0);
		behind(i / 2, &other);
	}
}

/* As soon as the clock is looked at behind the comparison of the password. */
static uint64_t boottime_at_which_it_changes(void *context)
{
	void (*act)(void) = then;

	then = NULL;
	if (act)
		act();
	return ohtd_clock_manual.boottime_ns(context);
}

static size_t change_at_the_clock;

static void at_the_clock(void)
{
	then = changes[change_at_the_clock].act;
}

static void nothing_is_elevated_that_was_judged_before(void **state)
{
	struct ohtd_credentials typed = credentials_of("anna", "correct horse");
	struct ohtd_clock_ops ops = ohtd_clock_manual;
	struct ohtd_grant grant, other;
	struct ohtd_principal who;

	(void)state;
	then = NULL;
	ops.boottime_ns = boottime_at_which_it_changes;
	for (size_t i = 0; i < 2 * CHANGES; i++) {
		ohtd_secret_set(&typed.code, before(i / 2, &other));
		who = enrolled.who;
		change_at_the_clock = i / 2;
		meanwhile = i % 2 ? at_the_clock : changes[i / 2].act;
		wall.ops = &ops;
		assert_int_equal(ohtd_auth_elevate(auth, &who, &typed, &grant), OHTD_AUTH_CHANGED);
		assert_true(!meanwhile && !then);
		wall.ops = &ohtd_clock_manual;
		if (!changes[i / 2].ends)
			come_again();
		assert_int_equal(ohtd_auth_elevated_ms(auth, &enrolled.who), 0);
		behind(i / 2, &other);
	}
}

/* Of every session: how long ago it was granted is not known. */
static void an_elevation_ends_with_each_change(void **state)
{
	struct ohtd_credentials typed = credentials_of("anna", "correct horse");
	struct ohtd_grant grant, other;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		ohtd_secret_set(&typed.code, before(i, &other));
		assert_int_equal(ohtd_auth_elevate(auth, &enrolled.who, &typed, &grant), OHTD_AUTH_GRANTED);
		ohtd_secret_set(&typed.code, codes[2]);
		assert_int_equal(ohtd_auth_elevate(auth, &other.who, &typed, &grant), OHTD_AUTH_GRANTED);
		changes[i].act();
		come_again();
		assert_int_equal(ohtd_auth_elevated_ms(auth, &enrolled.who) + ohtd_auth_elevated_ms(auth, &other.who), 0);
		/* And the next one is by the rule that holds now. */
		ohtd_secret_set(&typed.code, i ? "" : code_of(1));
		assert_int_equal(ohtd_auth_elevate(auth, &enrolled.who, &typed, &grant), i == 1 ? OHTD_AUTH_CODE : OHTD_AUTH_GRANTED);
		behind(i, &other);
	}
}

/* A second look of the same session, in another tab, at the same codes. */
static void of_two_orders_at_once_one_is_refused(void **state)
{
	struct ohtd_auth_second_order made;
	struct ohtd_principal who;
	struct ohtd_grant grant;

	(void)state;
	pass(STEP_S);
	who = enrolled.who;
	meanwhile = draw_others;
	assert_int_equal(order(&who, OHTD_AUTH_SECOND_REMOVE, "correct horse", code_of(0), &made, &grant), OHTD_AUTH_CHANGED);
	assert_int_equal(try_code(""), OHTD_AUTH_SECOND_MISSING);
	come_again();
	meanwhile = end_the_session;
	assert_int_equal(order(&enrolled.who, OHTD_AUTH_SECOND_REMOVE, "correct horse", code_of(0), &made, &grant), OHTD_AUTH_CHANGED);
	assert_int_equal(try_code(""), OHTD_AUTH_SECOND_MISSING);
}

static void a_wrong_password_with_a_right_code_is_a_wrong_password(void **state)
{
	struct ohtd_grant grant;

	(void)state;
	atomic_store(&hashes, 0);
	assert_int_equal(come("wrong horse", code_of(0), &grant), OHTD_AUTH_REFUSED);
	assert_int_equal(come("wrong horse", "", &grant), OHTD_AUTH_REFUSED);
	assert_int_equal(atomic_load(&hashes), 2);
	/* And the code is as good as before. */
	assert_int_equal(try_code(code_of(0)), OHTD_AUTH_SECOND_RIGHT);
	assert_int_equal(store_ask_sql("SELECT wrong FROM second_factors"), 0);
}

static void an_account_that_goes_takes_it_along(void **state)
{
	(void)state;
	order_change((struct ohtd_user_change){ .disabled = -1, .deleted = true });
	assert_int_equal(store_ask_sql("SELECT count(*) FROM second_factors"), 0);
}

/* ---- each code once ---- */

static void a_code_opens_once_also_behind_a_restart(void **state)
{
	char early[OHTD_AUTH_TOTP_DIGITS + 1], present[OHTD_AUTH_TOTP_DIGITS + 1];

	(void)state;
	pass(STEP_S);
	strcpy(early, code_of(-1));
	strcpy(present, code_of(0));
	assert_int_equal(try_code(present), OHTD_AUTH_SECOND_RIGHT);
	assert_int_equal(try_code(present), OHTD_AUTH_SECOND_WRONG);
	assert_int_equal(try_code(early), OHTD_AUTH_SECOND_WRONG);
	session_restart();
	assert_int_equal(try_code(present), OHTD_AUTH_SECOND_WRONG);
	pass(STEP_S);
	assert_int_equal(try_code(code_of(0)), OHTD_AUTH_SECOND_RIGHT);
	/* That of the step to come, and then the present one, which is older. */
	assert_int_equal(try_code(code_of(1)), OHTD_AUTH_SECOND_RIGHT);
	assert_int_equal(try_code(code_of(0)), OHTD_AUTH_SECOND_WRONG);
}

struct at_once {
	pthread_t thread;
	char code[OHTD_CODE_TEXT_BYTES];
	bool in;
};

static void *come_at_once(void *arg)
{
	struct at_once *one = arg;
	struct ohtd_grant grant;

	one->in = come("correct horse", one->code, &grant) == OHTD_AUTH_GRANTED;
	free(grant.access_token);
	return NULL;
}

static void exactly_one_gets_in_by(const char *code)
{
	struct at_once all[AT_ONCE];
	int in = 0;

	for (int i = 0; i < AT_ONCE; i++) {
		snprintf(all[i].code, sizeof(all[i].code), "%s", code);
		assert_int_equal(pthread_create(&all[i].thread, NULL, come_at_once, &all[i]), 0);
	}
	for (int i = 0; i < AT_ONCE; i++) {
		pthread_join(all[i].thread, NULL);
		in += all[i].in;
	}
	assert_int_equal(in, 1);
}

static void of_many_at_once_with_one_code_exactly_one_gets_in(void **state)
{
	(void)state;
	exactly_one_gets_in_by(code_of(0));
	exactly_one_gets_in_by(codes[3]);
	assert_int_equal(store_ask_sql("SELECT length(recovery) FROM second_factors"), 9 * 64);
}

static void each_recovery_code_is_good_once(void **state)
{
	struct ohtd_auth_second_order made;
	struct ohtd_grant grant;
	char typed[2 * OHTD_CODE_TEXT_BYTES];
	int n = 0;

	(void)state;
	for (int i = 0; i < OHTD_ACCOUNT_RECOVERY_CODES; i++)
		for (int j = 0; j < i; j++)
			assert_string_not_equal(codes[i], codes[j]);
	/* As people type them. */
	for (const char *at = codes[0]; *at; at++)
		n += *at == '-' ? 0 : sprintf(typed + n, "%c ", *at >= 'A' ? *at + 'a' - 'A' : *at);
	assert_int_equal(try_code(typed), OHTD_AUTH_SECOND_RIGHT);
	assert_int_equal(try_code(codes[0]), OHTD_AUTH_SECOND_WRONG);
	session_restart();
	assert_int_equal(try_code(codes[0]), OHTD_AUTH_SECOND_WRONG);
	for (int i = 9; i > 0; i--)
		assert_int_equal(try_code(codes[i]), OHTD_AUTH_SECOND_RIGHT);
	assert_int_equal(try_code(codes[9]), OHTD_AUTH_SECOND_WRONG);
	assert_int_equal(try_code(code_of(0)), OHTD_AUTH_SECOND_RIGHT);
	pass(STEP_S);
	assert_int_equal(order(&enrolled.who, OHTD_AUTH_SECOND_RENEW, "correct horse", code_of(0), &made, &grant), OHTD_AUTH_GRANTED);
	assert_int_equal(try_code(codes[9]), OHTD_AUTH_SECOND_WRONG);
	assert_int_equal(try_code(made.codes[9]), OHTD_AUTH_SECOND_RIGHT);
}

/* ---- guesses ---- */

/* Also of which none waits, since each comes from another address. */
static void a_thousand_guesses_are_fifty(void **state)
{
	struct ohtd_grant grant;
	int judged = 0;

	(void)state;
	for (int i = 0; i < 1000; i++)
		judged += try_code(i % 2 ? "000000" : "K7QM-2F9X-TR4C-0ZBD") == OHTD_AUTH_SECOND_WRONG;
	/* What cannot be guessed is judged, but never counts as one more. */
	assert_int_equal(store_ask_sql("SELECT wrong FROM second_factors"), OHTD_AUTH_SECOND_TRIES);
	assert_true(judged <= 500 + OHTD_AUTH_SECOND_TRIES);
	assert_int_equal(try_code(code_of(0)), OHTD_AUTH_SECOND_LOCKED);
	session_restart();
	assert_int_equal(try_code(code_of(0)), OHTD_AUTH_SECOND_LOCKED);
	/* Other accounts, and the sessions of this one, are as they were; a recovery code opens. */
	assert_int_equal(refresh(&enrolled, &grant), OHTD_AUTH_GRANTED);
	forget(&grant, 1);
	assert_int_equal(try_code(codes[0]), OHTD_AUTH_SECOND_RIGHT);
	assert_int_equal(try_code(code_of(0)), OHTD_AUTH_SECOND_RIGHT);
	assert_int_equal(come("wrong horse", "", &grant), OHTD_AUTH_REFUSED);
}

static void another_password_lets_guesses_begin_anew(void **state)
{
	char hash[OHTD_PASSWORD_HASH_MAX + 1];
	struct ohtd_grant grant;

	(void)state;
	for (int i = 0; i < OHTD_AUTH_SECOND_TRIES; i++)
		try_code("000000");
	assert_int_equal(try_code(code_of(0)), OHTD_AUTH_SECOND_LOCKED);
	assert_int_equal(session_hash("another horse", hash), 0);
	order_change((struct ohtd_user_change){ .disabled = -1, .password_hash = hash });
	assert_int_equal(come("another horse", "", &grant), OHTD_AUTH_CODE);
	assert_int_equal(grant.second, OHTD_AUTH_SECOND_MISSING);
	assert_int_equal(come("another horse", code_of(0), &grant), OHTD_AUTH_GRANTED);
	free(grant.access_token);
}

/* At one address the wait of wrong passwords, which an attempt without a code neither makes longer nor ends. */
static void wrong_codes_make_wait_as_wrong_passwords_do(void **state)
{
	struct ohtd_credentials credentials = credentials_of("anna", "correct horse");
	struct ohtd_grant grant;

	(void)state;
	for (int i = 0; i < 3; i++) {
		ohtd_secret_set(&credentials.code, "000000");
		assert_int_equal(ohtd_auth_login(auth, &credentials, &grant), OHTD_AUTH_CODE);
		ohtd_secret_set(&credentials.code, "");
		for (int j = 0; j < 5; j++) {
			assert_int_equal(ohtd_auth_login(auth, &credentials, &grant), OHTD_AUTH_CODE);
			assert_int_equal(grant.second, OHTD_AUTH_SECOND_MISSING);
		}
	}
	ohtd_secret_set(&credentials.code, "000000");
	assert_int_equal(ohtd_auth_login(auth, &credentials, &grant), OHTD_AUTH_CODE);
	assert_int_equal(ohtd_auth_login(auth, &credentials, &grant), OHTD_AUTH_TOO_MANY);
	assert_int_equal(try_code(code_of(0)), OHTD_AUTH_SECOND_RIGHT);
}

/* ---- the clock ---- */

static void a_clock_that_is_not_kept_right_never_opens(void **state)
{
	(void)state;
	atomic_store(&manual.synchronised, false);
	assert_int_equal(try_code(code_of(0)), OHTD_AUTH_SECOND_CLOCK);
	assert_int_equal(try_code(""), OHTD_AUTH_SECOND_MISSING);
	assert_int_equal(try_code(codes[0]), OHTD_AUTH_SECOND_RIGHT);
	assert_int_equal(store_ask_sql("SELECT wrong FROM second_factors"), 0);
	atomic_store(&manual.synchronised, true);
	assert_int_equal(try_code(code_of(0)), OHTD_AUTH_SECOND_RIGHT);
}

static void nothing_begins_with_a_clock_that_is_not_kept_right(void **state)
{
	struct ohtd_auth_second_order made;
	struct ohtd_grant grant;

	(void)state;
	login(&enrolled);
	atomic_store(&manual.synchronised, false);
	assert_int_equal(order(&enrolled.who, OHTD_AUTH_SECOND_ENROL, "correct horse", "", &made, &grant), OHTD_AUTH_CODE);
	assert_int_equal(grant.second, OHTD_AUTH_SECOND_CLOCK);
	assert_string_equal(made.secret, "");
	assert_int_equal(store_ask_sql("SELECT count(*) FROM second_factors"), 0);
}

static void a_clock_that_is_set_back_takes_no_code_again(void **state)
{
	char seen[OHTD_AUTH_TOTP_DIGITS + 1];

	(void)state;
	pass(10 * STEP_S);
	strcpy(seen, code_of(-4));
	assert_int_equal(try_code(code_of(0)), OHTD_AUTH_SECOND_RIGHT);
	atomic_fetch_sub(&manual.realtime_ns, 4 * STEP_S * (int64_t)OHTD_NS_PER_S);
	assert_int_equal(try_code(seen), OHTD_AUTH_SECOND_CLOCK);
	assert_int_equal(try_code(codes[0]), OHTD_AUTH_SECOND_RIGHT);
	pass(5 * STEP_S);
	assert_int_equal(try_code(code_of(0)), OHTD_AUTH_SECOND_RIGHT);
}

/* ---- the secret on the disk ---- */

static void spoil(const char *sql)
{
	session_stop();
	store_run_sql(sql);
	session_start();
}

static void a_secret_that_cannot_be_opened_opens_nothing(void **state)
{
	(void)state;
	spoil("UPDATE second_factors SET sealed = upper(hex(randomblob(48)))");
	assert_int_equal(try_code(code_of(0)), OHTD_AUTH_SECOND_SEALED);
	spoil("UPDATE second_factors SET sealed = 'zz' || substr(sealed, 3)");
	assert_int_equal(try_code(code_of(0)), OHTD_AUTH_SECOND_SEALED);
	spoil("UPDATE second_factors SET sealed = ''");
	assert_int_equal(try_code(code_of(0)), OHTD_AUTH_SECOND_SEALED);
	assert_int_equal(try_code(""), OHTD_AUTH_SECOND_MISSING);
	assert_int_equal(try_code(codes[0]), OHTD_AUTH_SECOND_RIGHT);
}

/* Whoever can write the database cannot give an account the app of another one. */
static void a_secret_is_that_of_its_account_alone(void **state)
{
	(void)state;
	spoil("UPDATE users SET id = 77; UPDATE second_factors SET user_id = 77");
	assert_int_equal(try_code(code_of(0)), OHTD_AUTH_SECOND_SEALED);
}

/* ---- elevation, and a disk that takes nothing ---- */

static enum ohtd_auth_second_result elevate(const char *code)
{
	struct ohtd_credentials credentials = credentials_of("anna", "correct horse");
	struct ohtd_grant grant;
	enum ohtd_auth_result result;

	ohtd_secret_set(&credentials.code, code);
	snprintf(credentials.address, sizeof(credentials.address), "10.7.0.%u", 1 + next_host++ % 250);
	result = ohtd_auth_elevate(auth, &enrolled.who, &credentials, &grant);
	if (result == OHTD_AUTH_GRANTED)
		return OHTD_AUTH_SECOND_RIGHT;
	assert_int_equal(result, OHTD_AUTH_CODE);
	return grant.second;
}

static void an_elevation_needs_a_code_as_well(void **state)
{
	(void)state;
	assert_int_equal(elevate(""), OHTD_AUTH_SECOND_MISSING);
	assert_int_equal(elevate("000000"), OHTD_AUTH_SECOND_WRONG);
	assert_true(ohtd_auth_elevated_ms(auth, &enrolled.who) == 0);
	assert_int_equal(elevate(code_of(0)), OHTD_AUTH_SECOND_RIGHT);
	assert_true(ohtd_auth_elevated_ms(auth, &enrolled.who) > 0);
	assert_int_equal(try_code(code_of(0)), OHTD_AUTH_SECOND_WRONG);
	assert_int_equal(elevate(codes[0]), OHTD_AUTH_SECOND_RIGHT);
}

static void take_nothing(bool nothing)
{
	struct rlimit limit;

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = nothing ? 1 : limit.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* Sessions without a second factor live in memory then; a code that is not on the disk could come again. */
static void no_code_opens_while_codes_cannot_be_kept(void **state)
{
	struct ohtd_grant grant;

	(void)state;
	take_nothing(true);
	assert_int_equal(come("correct horse", code_of(0), &grant), OHTD_AUTH_UNAVAILABLE);
	assert_true(grant.error < 0);
	assert_int_equal(come("correct horse", codes[0], &grant), OHTD_AUTH_UNAVAILABLE);
	take_nothing(false);
	assert_int_equal(try_code(code_of(0)), OHTD_AUTH_SECOND_RIGHT);
	assert_int_equal(try_code(codes[0]), OHTD_AUTH_SECOND_RIGHT);
}

#define TEST(name_, up_)	cmocka_unit_test_setup_teardown(name_, up_, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(codes_are_those_of_the_standard),
		cmocka_unit_test(six_digits_are_read_as_people_type_them),
		cmocka_unit_test(a_code_is_good_for_its_step_and_the_two_beside_it),
		TEST(the_password_is_enough_until_the_first_code, set_up),
		TEST(the_first_code_ends_what_the_password_alone_has_opened, set_up),
		TEST(no_pin_is_set_behind_the_first_code, set_up),
		TEST(no_password_is_set_that_was_judged_before, set_up),
		TEST(no_pin_is_set_that_was_judged_before, set_up),
		TEST(nothing_is_elevated_that_was_judged_before, set_up),
		TEST(an_elevation_ends_with_each_change, set_up),
		TEST(of_two_orders_at_once_one_is_refused, set_up_on),
		TEST(a_wrong_password_with_a_right_code_is_a_wrong_password, set_up_on),
		TEST(an_account_that_goes_takes_it_along, set_up_on),
		TEST(a_code_opens_once_also_behind_a_restart, set_up_on),
		TEST(of_many_at_once_with_one_code_exactly_one_gets_in, set_up_on),
		TEST(each_recovery_code_is_good_once, set_up_on),
		TEST(a_thousand_guesses_are_fifty, set_up_on),
		TEST(another_password_lets_guesses_begin_anew, set_up_on),
		TEST(wrong_codes_make_wait_as_wrong_passwords_do, set_up_on),
		TEST(a_clock_that_is_not_kept_right_never_opens, set_up_on),
		TEST(nothing_begins_with_a_clock_that_is_not_kept_right, set_up),
		TEST(a_clock_that_is_set_back_takes_no_code_again, set_up_on),
		TEST(a_secret_that_cannot_be_opened_opens_nothing, set_up_on),
		TEST(a_secret_is_that_of_its_account_alone, set_up_on),
		TEST(an_elevation_needs_a_code_as_well, set_up_on),
		TEST(no_code_opens_while_codes_cannot_be_kept, set_up_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
