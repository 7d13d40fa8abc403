// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The certificate of the robot: what it is, until when, and its authority to take along.
 */
import { call, may } from "../api/session";
import type { Certificate } from "../api/types";
import { time } from "../format";
import { texts } from "../texts";
import { useAct } from "./act";
import { Badge, Button, Facts, Notice, Refusal, Skeleton } from "./basics";
import { useOnce } from "./once";
import { confirm, toast } from "./overlay";
import { QrCode } from "./qr";

const t = texts.certificate;

function Renew({ done }: { done: () => void }) {
	const act = useAct();
	const renew = async () => {
		if (!(await confirm(t.askRenew, t.askRenewText, t.renew))) return;
		await act.run(async () => {
			await call("POST", "system/certificate", { body: {} });
			toast(t.renewed);
			done();
		});
	};

	return (
		<>
			<Button
				id="renew"
				onPress={() => void renew()}
				why={may("administrator") ? undefined : texts.shell.needs(texts.roles.administrator ?? "")}
			>
				{t.renew}
			</Button>
			{act.problem ? <Refusal problem={act.problem} /> : null}
		</>
	);
}

function Authority({ authority }: { authority: NonNullable<Certificate["authority"]> }) {
	return (
		<>
			<p class="sub gap-above">{t.caMeans}</p>
			<p class="fingerprint mono" id="fingerprint">
				{authority.fingerprint_sha256.split(":").map((pair, i) => (
					<span key={i}>
						{i ? ":" : ""}
						<wbr />
						{pair}
					</span>
				))}
			</p>
			<p class="sub">{t.fingerprintMeans}</p>
			<details>
				<summary>{t.fingerprintQr}</summary>
				<QrCode rows={authority.qr} />
			</details>
			<details>
				<summary>{t.installCa}</summary>
				<dl class="steps-of">
					{t.installSteps.map(([system, steps]) => (
						<div key={system}>
							<dt>{system}</dt>
							<dd>{steps}</dd>
						</div>
					))}
				</dl>
			</details>
		</>
	);
}

export function CertificateView() {
	const { value, problem, again } = useOnce(() => call<Certificate>("GET", "system/certificate"));

	if (problem) return <Refusal problem={problem} retry={again} />;
	if (!value) return <Skeleton lines={8} />;
	return (
		<>
			{value.failed ? <Notice tone="warn">{t.failed(value.failed)}</Notice> : null}
			<Facts
				items={[
					[t.source, <Badge tone="none">{t.sources[value.source] ?? value.source}</Badge>],
					[t.names, value.names.join(", ")],
					[t.until, time(value.not_after, true)],
					...(value.renews_at ? [[t.renewsAt, time(value.renews_at, true)] as [string, string]] : []),
				]}
			/>
			{value.authority ? <Authority authority={value.authority} /> : <p class="sub">{t.ownCertificate}</p>}
			<div class="actions gap-above">
				{value.authority ? (
					<a class="button" id="ca" href="/ca.crt" download={`oht-ca-${location.hostname}.crt`}>
						{t.takeCa}
					</a>
				) : null}
				{value.source === "own" ? <Renew done={again} /> : null}
			</div>
		</>
	);
}
