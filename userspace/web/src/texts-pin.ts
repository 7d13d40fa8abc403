// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Texts of the PIN: on My account, and in the question for it on an enrolled device.
 */
export const pinTexts = {
	title: "PIN for the plant",
	text: "On an enrolled device it takes the place of the password for the reset and the enable, and for nothing else.",
	pin: "PIN",
	pinHint: "6 to 10 digits, not in a row",
	again: "PIN again",
	same: "The two PINs are not the same.",
	set: "Set the PIN",
	isSet: (left: number) => (left ? `A PIN is set. ${left} wrong ones are left.` : "A PIN is set. Too many were wrong: give the password once, then it is taken again."),
	done: "The PIN is set.",
	end: "End it",
	ended: "The PIN has ended.",
	elevated: (until: string) => `By the PIN: until ${until}, reset and enable in the layer plant need no password. Everything else does.`,
	back: "Delete",
	send: "Go on",
	password: "Give the password",
	gone: "The key of this device is gone from the browser: give the password.",
};
