// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which part is ill? All modules, and of each its registers.
 */
import { feed, type Reading, useLive } from "../api/live";
import { useState } from "preact/hooks";
import { call, may } from "../api/session";
import type { List, Module, ModuleDetail, Ping, Register, Role, WrittenRegister } from "../api/types";
import { useAct } from "../components/act";
import { Age, Badge, Button, Card, Facts, Icon, Refusal, STALE_MS, Skeleton, useAge } from "../components/basics";
import { Form, type Member, type Values } from "../components/form";
import { Job } from "../components/job";
import { confirm, Dialog, toast } from "../components/overlay";
import { ReadAgain } from "../components/read-again";
import { Table } from "../components/table";
import { span, title, unit, words } from "../format";
import { textOf } from "../number";
import type { PageProps } from "../pages";
import { href } from "../router";
import { healthTone } from "../shell/robot";
import { useTick } from "../store";
import { texts } from "../texts";

const t = texts.modules;

function ageCell(ms: number | null) {
	return ms === null ? t.never : ms < 1000 ? `${ms.toFixed(0)} ms` : span(ms);
}

/** The age of each row now: since the answer it has grown. */
function useAges(reading: Reading<unknown>): (ms: number | null) => number | null {
	const since = Math.max(useTick() - reading.at, 0);

	return (ms) => (ms === null ? null : ms + since);
}

function Discover() {
	const act = useAct();

	const search = () =>
		act.run(async () => {
			const found = await call<List<Module> & { duration_ms: number }>("POST", "modules/discover", { body: {} });

			feed.refresh("modules");
			toast(t.discovered(found.items.length, found.duration_ms));
		});

	if (act.busy) return <Job title={t.discovering} />;
	return (
		<>
			<Button id="discover" onPress={search} why={may("operator") ? undefined : texts.shell.needs(texts.roles.operator ?? "")}>
				{t.discover}
			</Button>
			{act.problem ? <Refusal problem={act.problem} /> : null}
		</>
	);
}

function All() {
	const modules = useLive<List<Module>>("modules");
	const ages = useAges(modules);
	const items = modules.data?.items;

	return (
		<Card
			title={items ? t.count(items.filter((m) => m.health === "good").length, items.length) : t.title}
			age={useAge(modules, 0)}
		>
			<Table
				id="modules"
				label={t.title}
				tools={<Discover />}
				rows={items}
				problem={modules.problem}
				retry={() => feed.refresh("modules")}
				rowKey={(m) => m.address}
				rowClass={(m) => `can ${(ages(m.age_ms) ?? STALE_MS + 1) > STALE_MS ? "stale" : ""}`}
				empty={
					<>
						<p>{t.none}</p>
						<p>{t.noneAct}</p>
					</>
				}
				columns={[
					{ id: "unit", title: t.unit, key: (m) => m.address, cell: (m) => m.address },
					{
						id: "name",
						title: t.name,
						key: (m) => title(m.name),
						head: true,
						cell: (m) => (
							<a class="row-link" href={href(`/modules/${m.address}`)}>
								{title(m.name)}
							</a>
						),
					},
					{
						id: "health",
						title: t.health,
						key: (m) => m.health,
						cell: (m) => <Badge tone={healthTone(m.health)}>{texts.health[m.health] ?? m.health}</Badge>,
						nowrap: true,
					},
					{
						id: "age",
						title: t.age,
						key: (m) => m.age_ms,
						cell: (m) => ageCell(ages(m.age_ms)),
						number: true,
					},
					{
						id: "profile",
						title: t.profile,
						key: (m) => m.profile,
						cell: (m) => (m.profile ? words(m.profile) : t.unassigned),
						wide: true,
					},
					{
						id: "required",
						title: t.required,
						key: (m) => (m.required ? 0 : 1),
						cell: (m) => (m.required ? t.yes : t.no),
						wide: true,
					},
				]}
			/>
		</Card>
	);
}

/* The most decimals that a register has shown: a value that ends in a nought must not get narrower. */
const decimals = new Map<string, number>();
const DECIMALS_MAX = 3;

function valueText(address: string, { name, value }: Register): string {
	if (value === null) return "–";
	if (typeof value === "boolean") return value ? t.yes : t.no;
	if (typeof value === "string") return value;
	const key = `${address}/${name}`;
	const seen = Math.min(String(value).split(".")[1]?.length ?? 0, DECIMALS_MAX);
	const shown = Math.max(decimals.get(key) ?? 0, seen);

	decimals.set(key, shown);
	return value.toFixed(shown);
}

function rangeText(r: Register): string {
	return r.min === null || r.max === null ? "" : `${r.min} – ${r.max}`;
}

/* Why this person cannot write it; undefined: the API is asked. */
function whyNot(r: Register): string | undefined {
	if (r.write_level === null) return t.readOnly;
	if (r.moves) return t.moves;
	if (!may(r.write_level as Role)) return texts.shell.needs(texts.roles[r.write_level] ?? r.write_level);
	return undefined;
}

function told(r: WrittenRegister, address: string): string {
	const value = `${valueText(address, r.written)} ${unit(r.written.unit)}`.trim();

	if (r.verified === null) return t.notVerified(r.written.label);
	return r.verified ? t.verified(r.written.label, value) : t.other(r.written.label, value);
}

function Edit({ address, register, close }: { address: string; register: Register; close: () => void }) {
	const members: Member[] = [
		{
			name: "value",
			label: t.newValue,
			kind: "number",
			required: true,
			start: register.value === null ? "" : textOf(Number(register.value)),
			...(register.min === null ? {} : { min: register.min }),
			...(register.max === null ? {} : { max: register.max }),
			unit: unit(register.unit),
		},
	];
	const send = async (values: Values) => {
		const path = `modules/${address}/registers/${register.name}`;
		const written = await call<WrittenRegister>("PUT", path, { body: { value: values.value } });

		toast(told(written, address), written.verified === false ? "warn" : "ok");
		feed.refresh(`modules/${address}/registers`);
		close();
	};

	return (
		<Dialog
			title={t.editOf(register.label)}
			text={[register.description, register.needs_elevation ? t.elevation : ""].filter(Boolean).join(" ")}
			id="edit"
			onClose={close}
		>
			<Form id="write" members={members} submit={t.write} busyText={t.writing} onSend={send} onCancel={close} />
		</Dialog>
	);
}

function Registers({ address }: { address: string }) {
	const path = `modules/${address}/registers`;
	const registers = useLive<List<Register>>(path);
	const ages = useAges(registers);
	const [edited, setEdited] = useState<Register>();

	return (
		<Card
			title={t.registers}
			span="c8"
			age={useAge(registers, 0)}
			head={<ReadAgain id="read-again" reading={registers} paths={[path, `modules/${address}`]} />}
		>
			{edited ? <Edit address={address} register={edited} close={() => setEdited(undefined)} /> : null}
			{registers.problem?.code === "no_register_map" ? (
				<p class="empty">{t.noRegisters}</p>
			) : (
				<Table
					id="registers"
					label={t.registers}
					rows={registers.data?.items}
					problem={registers.problem}
					retry={() => feed.refresh(path)}
					rowKey={(r) => r.name}
					rowClass={(r) => ((r.age_ms ?? STALE_MS + 1) > STALE_MS ? "stale" : "")}
					empty={t.noRegisters}
					columns={[
						{
							id: "register",
							title: t.register,
							key: (r) => `${r.label} ${r.name}`,
							head: true,
							cell: (r) => <span title={`${r.name}, ${r.type} ${r.access}: ${r.description}`}>{r.label}</span>,
						},
						{
							id: "value",
							title: t.value,
							cell: (r) => (
								<>
									<b>{valueText(address, r)}</b> <span class="unit">{unit(r.unit)}</span>
									{r.quality === "good" ? null : (
										<div>
											<Badge tone={r.quality === "out_of_range" ? "warn" : "none"}>
												{r.quality === "none" ? words(r.state) : (t.quality[r.quality] ?? r.quality)}
											</Badge>
										</div>
									)}
								</>
							),
							number: true,
						},
						{
							id: "age",
							title: t.age,
							key: (r) => r.age_ms,
							cell: (r) => ageCell(ages(r.age_ms)),
							number: true,
						},
						{
							id: "range",
							title: t.range,
							cell: (r) => <span class="mute">{rangeText(r)}</span>,
							wide: true,
							nowrap: true,
						},
						{
							id: "change",
							title: t.edit,
							cell: (r) =>
								r.write_level === null ? null : (
									<button
										type="button"
										class="button plain"
										aria-disabled={whyNot(r) ? "true" : undefined}
										aria-label={t.editOf(r.label)}
										title={whyNot(r)}
										onClick={() => (whyNot(r) ? toast(whyNot(r) ?? "", "none") : setEdited(r))}
									>
										{t.edit}
									</button>
								),
							nowrap: true,
						},
						{
							id: "address",
							title: t.address,
							key: (r) => r.address,
							cell: (r) => r.address,
							number: true,
							wide: true,
						},
					]}
				/>
			)}
		</Card>
	);
}

function factsOf(module: ModuleDetail): [string, string][] {
	return [
		[t.unit, String(module.address)],
		[t.profile, module.profile ? words(module.profile) : t.unassigned],
		[t.profileBy, module.profile_seen ? t.profileChanged(words(module.profile_seen)) : (t.profileBys[module.profile_by] ?? module.profile_by)],
		[t.required, module.required ? t.yes : t.no],
		[t.deviceId, module.device_id === null ? t.unknown : String(module.device_id)],
		[t.firmware, module.firmware ?? t.unknown],
		[t.hardware, module.hardware ?? t.unknown],
	];
}

function Acts({ module }: { module: ModuleDetail }) {
	const act = useAct();
	const out = module.health === "quarantined";
	const path = `modules/${module.address}`;

	const ping = () =>
		act.run(async () => {
			const answer = await call<Ping>("POST", `${path}/ping`, { body: {} });

			toast(t.pinged(answer.turnaround_us === null ? "" : (answer.turnaround_us / 1000).toFixed(1), answer.attempts));
		});
	const change = async () => {
		if (!out && !(await confirm(t.quarantineTitle, t.quarantineText, t.quarantine))) return;
		await act.run(async () => {
			await call(out ? "DELETE" : "POST", `${path}/quarantine`, out ? {} : { body: {} });
			toast(out ? t.released : t.quarantined);
			feed.refresh(path);
			feed.refresh("modules");
		});
	};
	const needs = (role: Role) => (may(role) ? undefined : texts.shell.needs(texts.roles[role] ?? role));

	return (
		<>
			<div class="actions">
				<Button id="ping" onPress={ping} why={out ? t.isOut : needs("operator")}>
					{t.ping}
				</Button>
				<Button id="quarantine" onPress={() => void change()} why={needs("supervisor")}>
					{out ? t.release : t.quarantine}
				</Button>
			</div>
			{act.problem ? <Refusal problem={act.problem} /> : null}
		</>
	);
}

function One({ address }: { address: string }) {
	const path = `modules/${address}`;
	const asked = useLive<ModuleDetail>(path);
	const modules = useLive<List<Module>>("modules");
	const listed = modules.data?.items.find((m) => String(m.address) === address);
	// The list is told, so most of the time it is newer.
	const isNewer = listed !== undefined && modules.at > asked.at;
	const module = { ...asked, data: asked.data && isNewer ? { ...asked.data, ...listed } : asked.data };
	const age = useAge(isNewer ? modules : asked, module.data?.age_ms);

	if (module.problem && !module.data)
		return <Refusal problem={module.problem} retry={() => feed.refresh(path)} />;
	return (
		<>
			<div class="crumbs">
				<a class="button plain" href={href("/modules")}>
					<Icon>
						<path d="M15 5l-7 7 7 7" />
					</Icon>
					{t.back}
				</a>
				{module.data ? (
					<>
						<h2>{title(module.data.name)}</h2>
						<Badge tone={healthTone(module.data.health)}>
							{texts.health[module.data.health] ?? module.data.health}
						</Badge>
						<Age ms={age} />
					</>
				) : null}
			</div>
			<div class="grid">
				<Registers address={address} />
				<div class="c4 stack">
					<Card title={t.facts} age={age}>
						{module.data ? <Facts items={factsOf(module.data)} /> : <Skeleton lines={6} />}
						{module.data ? <Acts module={module.data} /> : null}
					</Card>
					<Card title={t.statistics} age={age}>
						{module.data ? (
							<Facts
								items={Object.entries(module.data.statistics).map(([name, value]) => {
									const [label, of] = texts.statistics[name] ?? [words(name), ""];

									return [label, value === null ? t.unknown : `${value} ${of}`.trim()];
								})}
							/>
						) : (
							<Skeleton lines={8} />
						)}
					</Card>
				</div>
			</div>
		</>
	);
}

export function Modules({ rest }: PageProps) {
	return rest ? <One key={rest} address={encodeURIComponent(rest)} /> : <All />;
}
