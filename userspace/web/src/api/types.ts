// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the API answers, under the names that the page uses. What openapi.json describes comes from it: build-web --check
 * makes #schema and holds the page against it.
 */
import type { components } from "#schema";

type Schemas = components["schemas"];

export type Role = Grant["role"];

export type Grant = Schemas["Tokens"];

export type Session = Schemas["Session"];

export type Me = Schemas["Me"];

export type OwnProfile = Schemas["OwnProfile"];
export type SecondFactor = Schemas["SecondFactor"];

export type SecondFactorSecret = Schemas["SecondFactorSecret"];

export type RecoveryCodes = Schemas["RecoveryCodes"];

export interface List<T> {
	items: T[];
	next_cursor: string | null;
}

/** Of a fault, or of what forbids a step; the latter may name a cause of the stop. */
export type Reason = (Schemas["RobotFault"] | Schemas["VerbReason"]) & { cause?: string | null } | Schemas["Interlock"];

export type Certificate = Schemas["Certificate"];

export type ErrorCode = Schemas["ErrorCode"];

export type Health = Schemas["Health"];

export type Robot = Schemas["Robot"];

export type Factsheet = Schemas["Factsheet"];

export type Station = Schemas["Station"];

export type CommandAnswer = Schemas["CommandAnswer"];

export type CommandLife = Schemas["CommandLife"];

export type Contact = Safety["channels"]["a"];

export type Safety = Schemas["Safety"];

export type Stopped = Schemas["Stopped"];

export type Module = Schemas["Module"];

export type ModuleDetail = Schemas["ModuleDetail"];

export type Register = Schemas["Register"];

export type WrittenRegister = Schemas["WrittenRegister"];

export type Ping = Schemas["Ping"];

export type Bus = Schemas["Bus"];

export type BusPlan = Schemas["BusPlan"];

export type BusStatistics = Schemas["BusStatistics"];

export type JournalEntry = Schemas["SafetyEvent"];

export type Alert = Schemas["Alert"];
export type AlertList = Schemas["AlertList"];
export type KeptAlert = Schemas["KeptAlert"];

export type TimelineEntry = Schemas["TimelineEntry"];
export type AlertComment = Schemas["AlertComment"];
export type AlertShelf = Schemas["AlertShelf"];
export type AlertSummary = Schemas["AlertSummary"];
export type AlertRule = Schemas["AlertRule"];
export type AlertTrial = Schemas["AlertTrial"];
export type Webhook = Schemas["Webhook"];

export type Latency = Schemas["Latency"];

export type User = Schemas["Account"];

export type Imported = Schemas["AccountImported"];

export type ImportedAccount = Schemas["AccountImportItem"];

export type Device = Schemas["Device"];

export type Pin = Schemas["Pin"];

export type DeviceState = Schemas["DeviceState"];

export type Registration = Schemas["RegistrationWaiting"];

export type Agent = Schemas["Agent"];

export type Course = Schemas["Course"];

export type CourseCertificate = Schemas["CourseCertificate"];

export type Scenario = Schemas["Scenario"];
export type ScenarioRun = Schemas["ScenarioRun"];
export type Scenarios = Schemas["Scenarios"];

export type Key = Schemas["Key"];

export type KeyWithSecret = Schemas["KeyWithSecret"];

export type LogLine = Schemas["LogLine"];

export type Verb = Schemas["RobotCommand"]["verb"];

export type Limits = Schemas["MotionLimits"];

export type LimitsInForce = Schemas["LimitsInForce"];

export type Control = Schemas["Control"];

export type VerbInterlocks = Schemas["VerbInterlocks"];

export type Signal = Schemas["TelemetrySignal"];

export type SignalReading = Schemas["TelemetryReading"];

export type Analytics = Schemas["Analytics"];
export type AnalyticsInterval = Schemas["AnalyticsInterval"];
export type ServiceLevel = Schemas["ServiceLevel"];
export type Odometer = Schemas["Odometer"];
export type OdometerService = Schemas["OdometerService"];
export type ServicePart = Schemas["ServicePart"];

/** As it is without `agg`, which the page does not send. */
export type PastSeries = Schemas["HistorySeries"] & Required<Pick<Schemas["HistorySeries"], "first" | "min" | "max" | "last" | "mean">>;
export type Past = Omit<Schemas["History"], "series"> & { series: PastSeries[] };
export type PastGap = Schemas["HistoryGap"];
export type PastSummary = Schemas["TelemetrySummary"];
export type SignalSummary = Schemas["SignalSummary"];

export type Mission = Schemas["Mission"];
export type MissionBattery = Schemas["MissionBattery"];
export type MissionSchedule = Schemas["MissionSchedule"];
export type MissionLeg = Schemas["MissionLeg"];
export type MissionLegBody = Schemas["MissionLegBody"];

export type AuditRecord = Schemas["AuditRecord"];
export type AuditKey = Schemas["AuditKey"];
export type AuditProof = Schemas["AuditProof"];

export type Backup = Schemas["Backup"];
export type LongJob = Schemas["Job"];
export type JobMade = Schemas["JobMade"];

export type ConfigItem = Schemas["ConfigItem"];
export type ConfigVersion = Schemas["ConfigVersion"];
export type ConfigChange = Schemas["ConfigChange"];

/** A version as it is kept: what it changed, and its effect. */
export type ConfigTold = Schemas["ConfigVersionTold"];
export type ConfigDifference = Schemas["ConfigDifference"];
export type ConfigPending = Schemas["ConfigPending"];
