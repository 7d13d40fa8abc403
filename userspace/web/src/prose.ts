// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reads the little of Markdown that docs/troubleshooting.md is written in: headings, paragraphs, lists; in them strong, emphasis, code, links.
 */

export interface Piece {
	kind: "text" | "strong" | "emphasis" | "code" | "link";
	text: string;
	/** of a link: an anchor of this document, or another one */
	to?: string;
}

export interface Block {
	kind: "paragraph" | "item";
	text: string;
}

export interface Section {
	anchor: string;
	title: string;
	/** of its heading, from 1 */
	level: number;
	blocks: Block[];
}

/** The anchor that a forge gives a heading. */
function anchorOf(title: string): string {
	return title
		.toLowerCase()
		.replace(/[^\w\- ]/g, "")
		.replace(/ /g, "-");
}

export function sectionsOf(document: string): Section[] {
	const sections: Section[] = [];
	let open = false;

	for (const line of document.replace(/<!--.*?-->/gs, "").split("\n")) {
		const [, marks, title] = /^(#+) (.+)$/.exec(line) ?? [];
		const section = sections[sections.length - 1];
		const last = section?.blocks[section.blocks.length - 1];
		const text = line.trim();

		if (marks && title) sections.push({ anchor: anchorOf(title), title, level: marks.length, blocks: [] });
		else if (text.startsWith("- ")) section?.blocks.push({ kind: "item", text: text.slice(2) });
		else if (text && open && last) last.text += ` ${text}`;
		else if (text) section?.blocks.push({ kind: "paragraph", text });
		open = text !== "" && !marks;
	}
	return sections;
}

const PIECE = /`([^`]+)`|\*\*((?:\\.|[^*\\])+)\*\*|\*((?:\\.|[^*\\])+)\*|\[((?:\\.|[^\]\\])+)\]\(([^)]+)\)/g;
const plain = (text: string) => text.replace(/\\([^\w\s])/g, "$1").replace(/\\_/g, "_");

export function piecesOf(text: string): Piece[] {
	const pieces: Piece[] = [];
	let from = 0;

	for (const found of text.matchAll(PIECE)) {
		const [whole, code, strong, emphasis, link, to] = found;

		if (found.index > from) pieces.push({ kind: "text", text: plain(text.slice(from, found.index)) });
		if (code !== undefined) pieces.push({ kind: "code", text: code });
		else if (strong !== undefined) pieces.push({ kind: "strong", text: plain(strong) });
		else if (emphasis !== undefined) pieces.push({ kind: "emphasis", text: plain(emphasis) });
		else if (link !== undefined && to) pieces.push({ kind: "link", text: plain(link), to });
		from = found.index + whole.length;
	}
	if (from < text.length) pieces.push({ kind: "text", text: plain(text.slice(from)) });
	return pieces;
}
