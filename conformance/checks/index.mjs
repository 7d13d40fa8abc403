// SPDX-License-Identifier: GPL-2.0-or-later
// All checks, in the order in which they run.
import { CONNECTION } from "./connection.mjs";
import { FACTSHEET } from "./factsheet.mjs";
import { INSTANTS } from "./instants.mjs";
import { MESSAGES } from "./messages.mjs";
import { ORDERS } from "./orders.mjs";
import { REFUSALS } from "./refusals.mjs";
import { TRIGGERS } from "./triggers.mjs";

export const CHECKS = [...FACTSHEET, ...ORDERS, ...REFUSALS, ...INSTANTS, ...TRIGGERS, ...CONNECTION, ...MESSAGES];
