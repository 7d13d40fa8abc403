/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     nothing: on the host a tracepoint is complete where it is declared.
 * Contexts: the unit tests on the host.
 * Locks:    none.
 */
