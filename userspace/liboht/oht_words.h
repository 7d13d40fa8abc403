/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * liboht: words and sentences for what the kernel module reports. Included by oht_client.h, whose
 * conventions hold here as well.
 *
 * Owns:     the words.
 * Contexts: any thread, no allocation.
 * Locks:    none.
 *
 * *_name() returns one lower-case word with underscores, stable, for programs and JSON
 * ("button_a"). *_text() returns a sentence for people, where useful with what to do about it. For
 * numbers that the library does not know they return "unknown" and a sentence that says so; never
 * NULL.
 */
#ifndef OHT_WORDS_H
#define OHT_WORDS_H

#ifdef __cplusplus
extern "C" {
#endif

const char *oht_state_name(unsigned int state);
const char *oht_state_text(unsigned int state);
const char *oht_cause_name(unsigned int cause);
const char *oht_cause_text(unsigned int cause);
/* What to do about it, one sentence for people */
const char *oht_cause_action(unsigned int cause);
const char *oht_outcome_name(unsigned int outcome);
const char *oht_outcome_text(unsigned int outcome);
/* Modbus exception codes 1..11 */
const char *oht_exception_name(unsigned int code);
const char *oht_exception_text(unsigned int code);
/* Of bit @test (0..OHT_TESTS-1) of what a self-test found: a word, and what is wrong. */
const char *oht_test_name(unsigned int test);
const char *oht_test_text(unsigned int test);
const char *oht_kind_name(unsigned int kind);
const char *oht_kind_text(unsigned int kind);
/* enum oht_cycle_event_kind */
const char *oht_cycle_kind_name(unsigned int kind);
const char *oht_cycle_kind_text(unsigned int kind);
/* Objects of a device identification: "vendor_name", ...; "object" where no name is defined */
const char *oht_object_name(unsigned int id);
/* "none", "even", "odd" */
const char *oht_parity_name(unsigned int parity);
/* What an errno of this library means and what to do; strerror() words for others. */
const char *oht_errno_text(int error);

#ifdef __cplusplus
}
#endif

#endif /* OHT_WORDS_H */
