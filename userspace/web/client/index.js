// SPDX-License-Identifier: GPL-2.0-or-later
export { Client } from "./client.js";
export { CommandRefused, ConnectionLost, comeAgain } from "./ends.js";
