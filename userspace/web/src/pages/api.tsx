// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The interface of the daemon, drawn from its own openapi.json: routes, members with units and ranges, examples, errors.
 */
import type { FunctionComponent } from "preact";
import { send } from "../api/client";
import { ROLES } from "../api/session";
import type { ErrorCode, List, Role } from "../api/types";
import { Card, Refusal, Scroll, Skeleton } from "../components/basics";
import { useOnce } from "../components/once";
import { Table } from "../components/table";
import type { PageProps } from "../pages";
import { href, useQuery } from "../router";
import { texts } from "../texts";

const t = texts.api;

/** What this page reads of JSON Schema, with the extensions of the daemon. */
interface Schema {
	$ref?: string;
	type?: string | string[];
	description?: string;
	enum?: unknown[];
	const?: unknown;
	minimum?: number;
	maximum?: number;
	minLength?: number;
	maxLength?: number;
	format?: string;
	default?: unknown;
	properties?: Record<string, Schema>;
	required?: string[];
	items?: Schema;
	anyOf?: Schema[];
	oneOf?: Schema[];
	allOf?: Schema[];
	"x-unit"?: string;
}

interface Content {
	schema?: Schema;
	example?: unknown;
	examples?: Record<string, { value?: unknown; summary?: string }>;
}

interface Operation {
	summary?: string;
	description?: string;
	tags?: string[];
	parameters?: { name: string; in: string; required?: boolean; description?: string; schema?: Schema }[];
	requestBody?: { content?: Record<string, Content> };
	responses?: Record<string, { description?: string; content?: Record<string, Content>; "x-codes"?: string[] }>;
	"x-role"?: string;
	"x-elevation"?: string;
	"x-body-bytes-max"?: number;
}

interface Document {
	info: { title: string; version: string };
	paths: Record<string, Record<string, Operation>>;
	components?: { schemas?: Record<string, Schema> };
}

interface Route {
	method: string;
	path: string;
	operation: Operation;
}

const METHODS = ["get", "post", "put", "patch", "delete"];

function routesOf(document: Document): Route[] {
	return Object.entries(document.paths).flatMap(([path, item]) =>
		METHODS.flatMap((method) => {
			const operation = item[method];

			return operation ? [{ method: method.toUpperCase(), path, operation }] : [];
		}),
	);
}

function resolve(document: Document, schema: Schema | undefined): Schema {
	const name = schema?.$ref?.split("/").pop();

	return (name ? document.components?.schemas?.[name] : schema) ?? {};
}

function typeOf(document: Document, schema: Schema): string {
	const choice = schema.anyOf ?? schema.oneOf ?? schema.allOf;

	if (schema.$ref) return schema.$ref.split("/").pop() ?? "";
	if (choice) return choice.map((s) => typeOf(document, s)).join(" | ");
	const type = Array.isArray(schema.type) ? schema.type.join(" | ") : (schema.type ?? t.any);

	if (schema.format) return `${type} (${schema.format})`;

	return schema.items ? `${type} of ${typeOf(document, schema.items)}` : type;
}

function rangeOf(schema: Schema): string {
	if (schema.enum) return schema.enum.map(String).join(", ");
	if (schema.const !== undefined) return String(schema.const);
	const [min, max] = [schema.minimum ?? schema.minLength, schema.maximum ?? schema.maxLength];

	return min === undefined && max === undefined ? "" : `${min ?? "…"} … ${max ?? "…"}`;
}

interface Line {
	name: string;
	schema: Schema;
	required: boolean;
}

/* The members of an object, those of objects in it with their path. */
function linesOf(document: Document, schema: Schema, prefix = "", depth = 0): Line[] {
	const whole = resolve(document, schema);
	const list = whole.items ? resolve(document, whole.items) : undefined;

	if (list?.properties && depth < 4) return linesOf(document, list, `${prefix}[].`, depth + 1);
	return Object.entries(whole.properties ?? {}).flatMap(([name, member]) => {
		const inner = resolve(document, member);
		const line = { name: prefix + name, schema: member, required: whole.required?.includes(name) ?? false };
		const below = inner.properties
			? linesOf(document, inner, `${prefix}${name}.`, depth + 1)
			: inner.items
				? linesOf(document, inner, `${prefix}${name}`, depth + 1)
				: [];

		return depth < 4 ? [line, ...below] : [line];
	});
}

function Members({ document, lines, title }: { document: Document; lines: Line[]; title: string }) {
	if (!lines.length) return null;
	return (
		<>
			<h4>{title}</h4>
			<Scroll>
				<table>
					<thead>
						<tr>
							<th scope="col">{t.member}</th>
							<th scope="col">{t.type}</th>
							<th scope="col">{t.unit}</th>
							<th scope="col">{t.range}</th>
							<th scope="col">{t.means}</th>
						</tr>
					</thead>
					<tbody>
						{lines.map(({ name, schema, required }) => {
							const whole = { ...resolve(document, schema), ...schema };

							return (
								<tr key={name}>
									<th scope="row" class="mono">
										{name}
										{required ? "" : "?"}
									</th>
									<td>{typeOf(document, schema)}</td>
									<td class="nowrap">{whole["x-unit"] ?? ""}</td>
									<td>{rangeOf(whole)}</td>
									<td class="mute">{whole.description ?? ""}</td>
								</tr>
							);
						})}
					</tbody>
				</table>
			</Scroll>
		</>
	);
}

const contentOf = (contents: Record<string, Content> | undefined): Content | undefined =>
	contents?.["application/json"] ?? Object.values(contents ?? {})[0];

function Example({ content, title }: { content: Content | undefined; title: string }) {
	const value = content?.example ?? Object.values(content?.examples ?? {})[0]?.value;

	if (value === undefined) return null;
	return (
		<>
			<h4>{title}</h4>
			<pre>{typeof value === "string" ? value : JSON.stringify(value, null, 2)}</pre>
		</>
	);
}

function RouteDetail({ document, route }: { document: Document; route: Route }) {
	const { operation } = route;
	const request = contentOf(operation.requestBody?.content);
	const [status, answer] =
		Object.entries(operation.responses ?? {}).find(([code]) => code.startsWith("2")) ?? ([] as never[]);
	const refusals = Object.entries(operation.responses ?? {}).filter(([code]) => !code.startsWith("2"));
	const content = contentOf(answer?.content);

	return (
		<div class="route-detail">
			{operation.description ? <p>{operation.description}</p> : null}
			<Members
				document={document}
				title={t.parameters}
				lines={(operation.parameters ?? []).map((p) => ({
					name: p.name,
					required: p.required ?? false,
					schema: { ...p.schema, ...(p.description ? { description: p.description } : {}) },
				}))}
			/>
			<Members document={document} title={t.request} lines={linesOf(document, request?.schema ?? {})} />
			<Members
				document={document}
				title={status ? t.answer(status) : ""}
				lines={linesOf(document, content?.schema ?? {})}
			/>
			<Example content={request} title={t.exampleRequest} />
			<Example content={content} title={t.exampleAnswer} />
			{refusals.length ? (
				<>
					<h4>{t.refusals}</h4>
					<dl class="refusals">
						{refusals.map(([code, { description, "x-codes": codes = [] }]) => (
							<div key={code}>
								<dt>
									{code} {description}
								</dt>
								<dd>
									{codes.map((c) => (
										<a key={c} class="mono" href={href("/api/errors", { search: c })}>
											{c}
										</a>
									))}
								</dd>
							</div>
						))}
					</dl>
				</>
			) : null}
		</div>
	);
}

function RouteLine({ document, route }: { document: Document; route: Route }) {
	const [query, narrowTo] = useQuery();
	const name = `${route.method} ${route.path}`;
	const open = query.get("route") === name;
	const role = route.operation["x-role"];
	const elevation = t.elevation[route.operation["x-elevation"] ?? ""];

	return (
		<details
			class="route"
			open={open}
			onToggle={(event) => {
				if (event.currentTarget.open) narrowTo({ route: name });
				else if (open) narrowTo({ route: null });
			}}
		>
			<summary>
				<b class="method mono">{route.method}</b>
				<span class="mono route-path">{route.path}</span>
				<span class="mute route-summary">{route.operation.summary}</span>
				<span class="small mute">
					{role && role !== "none" ? (texts.roles[role] ?? role) : t.anybody}
					{elevation ? `, ${elevation}` : ""}
				</span>
			</summary>
			{open ? <RouteDetail document={document} route={route} /> : null}
		</details>
	);
}

function Routes({ document }: { document: Document }) {
	const [query, narrowTo] = useQuery();
	const wanted = (query.get("search") ?? "").toLowerCase();
	const found = routesOf(document).filter((r) =>
		`${r.method} ${r.path} ${r.operation.summary ?? ""}`.toLowerCase().includes(wanted),
	);
	const tags = [...new Set(found.map((r) => r.operation.tags?.[0] ?? ""))];

	return (
		<Card
			title={t.count(found.length)}
			head={
				<span>
					{["openapi.json", "asyncapi.json"].map((name) => (
						<span key={name}>
							{" "}
							<a href={`/api/v1/${name}`} download={name}>
								{name}
							</a>
						</span>
					))}
				</span>
			}
		>
			<div class="tools">
				<input
					class="push"
					id="routes-search"
					type="search"
					placeholder={texts.table.search}
					aria-label={`${texts.table.search}: ${t.routes}`}
					value={query.get("search") ?? ""}
					onInput={(event) => narrowTo({ search: event.currentTarget.value })}
				/>
			</div>
			<div id="routes">
				{tags.map((tag) => (
					<section key={tag}>
						<h3 class="tag">{tag}</h3>
						{found
							.filter((r) => (r.operation.tags?.[0] ?? "") === tag)
							.map((route) => (
								<RouteLine key={`${route.method} ${route.path}`} document={document} route={route} />
							))}
					</section>
				))}
				{found.length ? null : <p class="empty">{texts.table.none}</p>}
			</div>
		</Card>
	);
}

function Errors() {
	const list = useOnce(() => send<List<ErrorCode>>("GET", "errors"));

	return (
		<Card title={t.errors}>
			<Table
				id="errors"
				label={t.errors}
				pageRows={1000}
				rows={list.value?.items}
				problem={list.problem}
				retry={list.again}
				rowKey={(e) => `${e.kind} ${e.status} ${e.code}`}
				empty={texts.table.none}
				columns={[
					{
						id: "code",
						title: t.code,
						key: (e) => e.code,
						cell: (e) => <span class="mono">{e.code}</span>,
						head: true,
					},
					{ id: "status", title: t.status, key: (e) => e.status, cell: (e) => e.status ?? "", number: true },
					{ id: "kind", title: t.of, key: (e) => e.kind, cell: (e) => t.kinds[e.kind] ?? e.kind, wide: true },
					{ id: "cause", title: t.cause, key: (e) => e.cause, cell: (e) => e.cause },
					{ id: "action", title: t.action, key: (e) => e.action, cell: (e) => e.action },
				]}
			/>
		</Card>
	);
}

/* A role includes those before it; a route without one is open to everybody. */
const permits = (role: Role, { operation }: Route) => ROLES.indexOf(role) >= ROLES.findIndex((least) => least === operation["x-role"]);

/* In place of the columns where there is no room for them. */
function least(operation: Route["operation"]): string {
	const role = operation["x-role"];
	const elevation = t.elevation[operation["x-elevation"] ?? ""];
	const name = role && role !== "none" ? t.from(texts.roles[role] ?? role, role === ROLES[ROLES.length - 1]) : t.anybody;

	return elevation ? `${name}, ${elevation}` : name;
}

function Rights({ document }: { document: Document }) {
	return (
		<Card title={t.rights}>
			<Table
				id="rights"
				label={t.rights}
				pageRows={1000}
				sortable={false}
				rows={routesOf(document)}
				rowKey={(route) => `${route.method} ${route.path}`}
				empty={texts.table.none}
				columns={[
					{
						id: "act",
						title: t.act,
						key: ({ method, path, operation }) => `${operation.summary} ${method} ${path}`,
						head: true,
						cell: ({ method, path, operation }) => (
							<>
								{operation.summary}
								<p class="sub mono">
									{method} {path}
								</p>
								<p class="sub phone-only">{least(operation)}</p>
							</>
						),
					},
					...ROLES.map((role) => ({
						id: role,
						title: texts.roles[role] ?? role,
						wide: true,
						cell: (route: Route) =>
							permits(role, route) ? (
								<>
									{texts.form.yes}
									<p class="sub">{t.elevation[route.operation["x-elevation"] ?? ""]}</p>
								</>
							) : (
								<span class="mute">{texts.form.no}</span>
							),
					})),
				]}
			/>
		</Card>
	);
}

function DocumentPage({ view: View }: { view: FunctionComponent<{ document: Document }> }) {
	const { value, problem, again } = useOnce(() => send<Document>("GET", "openapi.json"));

	if (problem) return <Refusal problem={problem} retry={again} />;
	if (value) return <View document={value} />;
	return (
		<Card title={t.routes}>
			<Skeleton lines={10} />
		</Card>
	);
}

export function Api({ rest }: PageProps) {
	const parts: [string, string][] = [
		["", t.routes],
		["rights", t.rights],
		["errors", t.errors],
	];

	return (
		<div id="api">
			<nav class="tabs" aria-label={t.title}>
				{parts.map(([path, title]) => (
					<a key={path} href={href(`/api${path && `/${path}`}`)} aria-current={path === rest ? "page" : undefined}>
						{title}
					</a>
				))}
			</nav>
			{rest === "errors" ? <Errors /> : <DocumentPage view={rest === "rights" ? Rights : Routes} />}
		</div>
	);
}
