// SPDX-License-Identifier: GPL-2.0-or-later
// What the versions of the standard name differently, and which section of each asks for a thing. Sections are those of 3.0.0;
// SECTIONS_2 leads to those of 2.x.

const SECTIONS_2 = {
	4.1: "6.2", 4.2: "6.3", "6.1.1": "6.6.1", "6.1.2": "6.6.2", "6.1.3": "6.6.3", "6.1.4": "6.6.4", "6.2": "6.8", "6.2.1": "6.9",
	"6.2.2": "6.12", 6.5: "6.14", 6.6: "6.10", "6.6.2": "6.10.2", "6.6.5": "6.10.5", "6.6.6": "6.10.6", "6.6.8": "6.6.2",
	"6.6.9": "6.11", 6.7: "6.13", "6.10": "6.15", "7.1": "6.1", 7.2: "6.4", 7.7: "6.14", 7.8: "6.10.6", 7.9: "6.13", "7.10": "6.15.1",
};

/** An error as a version asks for it: accepted types (none: every type), level. */
function error(types, level = "WARNING") {
	return { types, level };
}

const ANY = error(null);
const ERRORS_2 = {
	malformed: error(["validationError"]), order: ANY, action: error(["orderError"]), parameter: error(["orderError"]),
	outdated: error(["orderUpdateError"]), other: ANY, start: ANY, route: ANY, map: ANY, mode: ANY, stitch: error(["orderUpdateError"]),
	cancelled: ANY, nothing: error(["noOrderToCancel"]), instant: ANY, limit: ANY,
};
const ERRORS_3 = {
	malformed: error(["VALIDATION_FAILURE"]),
	order: error(["VALIDATION_FAILURE", "INVALID_ORDER"]),
	action: error(["INVALID_ORDER_ACTION"]),
	parameter: error(["UNSUPPORTED_PARAMETER"], "CRITICAL"),
	outdated: error(["OUTDATED_ORDER_UPDATE"]),
	same: error(["SAME_ORDER_UPDATE_ID"]),
	other: error(["OTHER_ORDER_ACTIVE"]),
	start: error(["START_NODE_OUT_OF_RANGE"]),
	route: error(["NO_ROUTE_TO_TARGET"]),
	mode: error(["MOBILE_ROBOT_NOT_AVAILABLE"]),
	map: error(["UNKNOWN_MAP_ID"]),
	cancelled: error(["ORDER_UPDATE_FOLLOWING_CANCEL"]),
	nothing: error(["NO_ORDER_TO_CANCEL"]),
	instant: error(["INVALID_INSTANT_ACTION"]),
	stitch: ANY,
	// A length above the factsheet's limit is refused; the standard names no type for it.
	limit: error(null, null),
};

const TWO = {
	interfaceName: "uagv", major: "v2", broken: "CONNECTIONBROKEN", instants: "actionStates", position: "agvPosition",
	actions: "agvActions", arrays: "maxArrayLens", strings: "maxStringLens", idLength: "idLen", minInterval: "minStateInterval",
	power: "batteryState", estop: "eStop", errors: ERRORS_2, section: (of) => SECTIONS_2[of] ?? SECTIONS_2[of.split(".").slice(0, 3).join(".")] ?? of,
	deviation: (metres) => metres,
};

export const VERSIONS = {
	"2.0": { ...TWO, name: "2.0", sent: "2.0.0" },
	"2.1": { ...TWO, name: "2.1", sent: "2.1.0" },
	"3.0": {
		name: "3.0", sent: "3.0.0", interfaceName: "vda5050", major: "v3", broken: "CONNECTION_BROKEN", instants: "instantActionStates",
		position: "mobileRobotPosition", actions: "mobileRobotActions", arrays: "maximumArrayLengths", strings: "maximumStringLengths",
		idLength: "maximumIdLength", minInterval: "minimumStateInterval", power: "powerSupply", estop: "activeEmergencyStop",
		errors: ERRORS_3, section: (of) => of, deviation: (metres) => ({ a: metres, b: metres, theta: 0 }),
	},
};

/** The version of the standard that a text like "2.1.0" names. */
export function versionOf(text) {
	const name = String(text).split(".").slice(0, 2).join(".");
	if (!VERSIONS[name]) throw new Error(`version ${text} is not known; known are ${Object.keys(VERSIONS).join(", ")}`);
	return VERSIONS[name];
}
