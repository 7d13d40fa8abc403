// SPDX-License-Identifier: GPL-2.0-or-later
// The members of a vehicle's messages as a table, and the judge of a message by it.
//
// A row is "path type". "?" before a path: the member may be missing. "[]" after a name: each entry of the list. A member of an
// object that is missing is not asked for. Types: text, id (not empty), flag, number, uint, time, list, object, and A|B|C for one of
// these words.

const HEADER = ["headerId uint", "timestamp time", "version text", "manufacturer id", "serialNumber id"];

const PROGRESS = [
	"orderId text", "orderUpdateId uint", "lastNodeId text", "lastNodeSequenceId uint",
	"nodeStates list", "nodeStates[].nodeId id", "nodeStates[].sequenceId uint", "nodeStates[].released flag",
	"edgeStates list", "edgeStates[].edgeId id", "edgeStates[].sequenceId uint", "edgeStates[].released flag",
	"driving flag", "?paused flag", "?newBaseRequest flag", "?distanceSinceLastNode number",
	"actionStates list", "actionStates[].actionId id",
	"errors list", "errors[].errorType id", "?errors[].errorReferences list", "errors[].errorReferences[].referenceKey id",
	"errors[].errorReferences[].referenceValue text",
	"?information list", "information[].infoType id", "information[].infoLevel DEBUG|INFO",
	"?loads list", "safetyState object", "safetyState.fieldViolation flag",
	"?velocity object", "?velocity.vx number", "?velocity.vy number", "?velocity.omega number",
];

const MAPS = ["?maps list", "maps[].mapId id", "maps[].mapVersion text", "maps[].mapStatus ENABLED|DISABLED"];

function place(name, known) {
	return [`?${name} object`, `${name}.x number`, `${name}.y number`, `${name}.theta number`, `${name}.mapId text`,
		`${name}.${known} flag`];
}

const STATE_2 = [
	...HEADER, ...PROGRESS, ...place("agvPosition", "positionInitialized"),
	"actionStates[].actionStatus WAITING|INITIALIZING|RUNNING|PAUSED|FINISHED|FAILED",
	"batteryState object", "batteryState.batteryCharge number", "batteryState.charging flag",
	"operatingMode AUTOMATIC|SEMIAUTOMATIC|MANUAL|SERVICE|TEACHIN",
	"errors[].errorLevel WARNING|FATAL", "safetyState.eStop AUTOACK|MANUAL|REMOTE|NONE",
];

const ACTION_3 = "WAITING|INITIALIZING|RUNNING|PAUSED|RETRIABLE|FINISHED|FAILED";
const REQUEST_3 = "REQUESTED|GRANTED|REVOKED|EXPIRED";
const STATE_3 = [
	...HEADER, ...PROGRESS, ...MAPS, ...place("mobileRobotPosition", "localized"),
	`actionStates[].actionStatus ${ACTION_3}`,
	"instantActionStates list", "instantActionStates[].actionId id", `instantActionStates[].actionStatus ${ACTION_3}`,
	"?zoneActionStates list", "zoneActionStates[].actionId id", `zoneActionStates[].actionStatus ${ACTION_3}`,
	"?zoneSets list", "zoneSets[].mapId id", "zoneSets[].zoneSetId text", "zoneSets[].zoneSetStatus ENABLED|DISABLED",
	"?zoneRequests list", "zoneRequests[].requestId id", "zoneRequests[].requestType ACCESS|REPLANNING", "zoneRequests[].zoneId id",
	"zoneRequests[].zoneSetId id", `zoneRequests[].requestStatus ${REQUEST_3}`,
	"?edgeRequests list", "edgeRequests[].requestId id", "edgeRequests[].requestType CORRIDOR", "edgeRequests[].edgeId id",
	"edgeRequests[].sequenceId uint", `edgeRequests[].requestStatus ${REQUEST_3}`,
	"powerSupply object", "powerSupply.stateOfCharge number", "powerSupply.charging flag",
	"operatingMode STARTUP|AUTOMATIC|SEMIAUTOMATIC|INTERVENED|MANUAL|SERVICE|TEACH_IN",
	"errors[].errorLevel WARNING|URGENT|CRITICAL|FATAL", "safetyState.activeEmergencyStop MANUAL|REMOTE|NONE",
];

const LOAD_SETS = ["loadSpecification object", "?loadSpecification.loadSets list", "loadSpecification.loadSets[].setName text",
	"loadSpecification.loadSets[].loadType text"];

/** Members of the factsheet. @actions and @geometry are the version's names of two of its parts. */
function sheet(actions, geometry, rows) {
	return [
		...HEADER, "typeSpecification object", "typeSpecification.seriesName text", "typeSpecification.localizationTypes list",
		"typeSpecification.navigationTypes list", "physicalParameters object", "physicalParameters.width number",
		"physicalParameters.length number", "protocolLimits object", "protocolLimits.timing object", "protocolFeatures object",
		"protocolFeatures.optionalParameters list", "protocolFeatures.optionalParameters[].parameter id",
		"protocolFeatures.optionalParameters[].support SUPPORTED|REQUIRED", `protocolFeatures.${actions} list`,
		`protocolFeatures.${actions}[].actionType id`, `protocolFeatures.${actions}[].actionScopes list`,
		`?protocolFeatures.${actions}[].actionParameters list`, `protocolFeatures.${actions}[].actionParameters[].key id`,
		`${geometry} object`, ...LOAD_SETS, ...rows,
	];
}

const SHEET_2 = sheet("agvActions", "agvGeometry", [
	"typeSpecification.agvKinematic DIFF|OMNI|THREEWHEEL", "typeSpecification.agvClass FORKLIFT|CONVEYOR|TUGGER|CARRIER",
	"typeSpecification.maxLoadMass number", "physicalParameters.speedMin number", "physicalParameters.speedMax number",
	"physicalParameters.accelerationMax number", "physicalParameters.decelerationMax number", "physicalParameters.heightMax number",
	"protocolLimits.maxStringLens object", "protocolLimits.maxArrayLens object", "protocolLimits.timing.minOrderInterval number",
	"protocolLimits.timing.minStateInterval number",
	"protocolFeatures.agvActions[].actionParameters[].valueDataType BOOL|NUMBER|INTEGER|FLOAT|STRING|OBJECT|ARRAY",
]);

const SHEET_3 = sheet("mobileRobotActions", "mobileRobotGeometry", [
	"typeSpecification.mobileRobotKinematics id", "typeSpecification.mobileRobotClass id", "typeSpecification.maximumLoadMass number",
	"physicalParameters.minimumSpeed number", "physicalParameters.maximumSpeed number", "physicalParameters.maximumAcceleration number",
	"physicalParameters.maximumDeceleration number", "physicalParameters.minimumHeight number", "physicalParameters.maximumHeight number",
	"protocolLimits.maximumStringLengths object", "protocolLimits.maximumArrayLengths object",
	"protocolLimits.timing.minimumOrderInterval number", "protocolLimits.timing.minimumStateInterval number",
	"protocolFeatures.mobileRobotActions[].pauseAllowed flag", "protocolFeatures.mobileRobotActions[].cancelAllowed flag",
	"protocolFeatures.mobileRobotActions[].actionParameters[].valueDataType BOOL|NUMBER|INTEGER|STRING|OBJECT|ARRAY",
]);

const VISUAL_2 = [...HEADER, ...place("agvPosition", "positionInitialized"), "?velocity object", "?velocity.vx number"];
const VISUAL_3 = [...HEADER, "referenceStateHeaderId uint", ...place("mobileRobotPosition", "localized"), "?velocity object",
	"?velocity.vx number"];

const CONNECTION_2 = [...HEADER, "connectionState ONLINE|OFFLINE|CONNECTIONBROKEN"];
const CONNECTION_3 = [...HEADER, "connectionState ONLINE|OFFLINE|HIBERNATING|CONNECTION_BROKEN"];

/** Rows by version and topic. */
export const MEMBERS = {
	"2.0": { state: STATE_2, connection: CONNECTION_2, factsheet: SHEET_2, visualization: VISUAL_2 },
	"2.1": { state: [...STATE_2, ...MAPS], connection: CONNECTION_2, factsheet: SHEET_2, visualization: VISUAL_2 },
	"3.0": { state: STATE_3, connection: CONNECTION_3, factsheet: SHEET_3, visualization: VISUAL_3 },
};

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,6}Z$/;

const TYPES = {
	text: (value) => typeof value === "string",
	id: (value) => typeof value === "string" && value !== "",
	flag: (value) => typeof value === "boolean",
	number: (value) => typeof value === "number" && Number.isFinite(value),
	uint: (value) => Number.isInteger(value) && value >= 0 && value <= 0xffffffff,
	time: (value) => typeof value === "string" && TIME.test(value) && !Number.isNaN(Date.parse(value)),
	list: (value) => Array.isArray(value),
	object: (value) => typeof value === "object" && value !== null && !Array.isArray(value),
};

function fits(value, type) {
	return type.includes("|") || !TYPES[type] ? type.split("|").includes(value) : TYPES[type](value);
}

/** Every object that holds the last member of a path, with the way to it in words. */
function holders(body, names) {
	let found = [[body, ""]];
	for (const name of names) {
		const many = name.endsWith("[]");
		const key = many ? name.slice(0, -2) : name;
		found = found.flatMap(([value, way]) => {
			const next = value?.[key];
			if (many) return Array.isArray(next) ? next.map((each, at) => [each, `${way}${key}[${at}].`]) : [];
			return next === undefined ? [] : [[next, `${way}${key}.`]];
		});
	}
	return found;
}

/** What is wrong with a message by its rows, as sentences. */
export function judge(body, rows) {
	if (!TYPES.object(body)) return ["the message is no JSON object"];
	const wrong = [];
	for (const row of rows) {
		const [said, type] = row.split(" ");
		const names = said.replace("?", "").split(".");
		const last = names.pop();
		for (const [holder, way] of holders(body, names)) {
			const value = holder?.[last];
			if (value === undefined && said.startsWith("?")) continue;
			if (value === undefined) wrong.push(`${way}${last} is missing`);
			else if (!fits(value, type)) wrong.push(`${way}${last} is ${JSON.stringify(value)?.slice(0, 60)}, not ${type}`);
		}
	}
	return wrong;
}
