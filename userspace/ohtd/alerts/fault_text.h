/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what a register that says a fault means, in the words of its description.
 * Contexts: any; pure.
 * Locks:    none.
 */
#ifndef OHTD_ALERTS_FAULT_TEXT_H
#define OHTD_ALERTS_FAULT_TEXT_H

#include "common/registers.h"

#define OHTD_FAULT_TEXT_BYTES	160

/**
 * ohtd_fault_text() - a register and its value, for people
 * @reg: of type u16, u32, bool or bits
 * @raw: its value
 * @text: takes "Safety error code is 5 (over-voltage)", "Power faults is 0x0024 (over-current, relay)"
 *
 * The words are those of @reg->description, which has them as "5=over-voltage 6=..." or as "bit0 over-voltage; 1 ...". Without words the
 * number alone is said.
 */
void ohtd_fault_text(const struct oht_register *reg, int64_t raw, char text[OHTD_FAULT_TEXT_BYTES]);

#endif /* OHTD_ALERTS_FAULT_TEXT_H */
