// SPDX-License-Identifier: GPL-2.0-or-later

const SAVED_MS = 60_000;

/** Gives the browser a file to keep under that name. */
export function download(file: Blob, name: string): void {
	const link = document.createElement("a");

	link.href = URL.createObjectURL(file);
	link.download = name;
	link.click();
	setTimeout(() => URL.revokeObjectURL(link.href), SAVED_MS);
}
