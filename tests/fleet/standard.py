# SPDX-License-Identifier: GPL-2.0-or-later
"""What VDA 5050 says that a vehicle's messages look like, written from its text. Members that no row names are wrong here: the
vehicle sends nothing of its own. With OHT_VDA_SCHEMAS, a folder with 3.0/state.schema and so on, the standard's own schemas are asked too.

A row is a member: "?" behind its name: may be left out. A value is text, count, number, flag, words with "|" between them, a
dict of members, or a list of one of these.
"""
import functools
import json
import math
import os
import pathlib
import re

NUMBERS = {"3.0": "3.0.0", "2.1": "2.1.0"}
TOPICS = {"3.0": "v3", "2.1": "v2"}

HEADER = {"headerId": "count", "timestamp": "time", "version": "text", "manufacturer": "text", "serialNumber": "text"}


def of_version(version):
    """Rows of all messages: the same shape, other words."""
    new = version == "3.0"

    def word(newer, older):
        return newer if new else older

    where = {"x": "number", "y": "number", "theta": "number", "mapId": "text", word("localized", "positionInitialized"): "flag"}
    pose = {word("mobileRobotPosition?", "agvPosition?"): where, "velocity?": {"vx?": "number", "vy?": "number", "omega?": "number"}}
    references = [{"referenceKey": "text", "referenceValue": "text"}]
    actions = [{"actionId": "text", "actionType?": "text", word("actionResult?", "resultDescription?"): "text",
                "actionStatus": word("WAITING|INITIALIZING|RUNNING|PAUSED|RETRIABLE|FINISHED|FAILED", "WAITING|INITIALIZING|RUNNING|FINISHED|FAILED")}]
    node = {"nodeId": "text", "sequenceId": "count", "released": "flag"}
    power = {word("stateOfCharge", "batteryCharge"): "percent", "batteryVoltage?": "number", "charging": "flag"}
    state = {
        "orderId": "text", "orderUpdateId": "count", "lastNodeId": "text", "lastNodeSequenceId": "count", "nodeStates": [node],
        "edgeStates": [{"edgeId": "text", "sequenceId": "count", "released": "flag"}], **pose, "driving": "flag", "paused?": "flag",
        "newBaseRequest?": "flag", "distanceSinceLastNode?": "number", "actionStates": actions,
        word("powerSupply", "batteryState"): {**power, **({"batteryCurrent?": "number"} if new else {})},
        "operatingMode": word("STARTUP|AUTOMATIC|SEMIAUTOMATIC|INTERVENED|MANUAL|SERVICE|TEACH_IN", "AUTOMATIC|SEMIAUTOMATIC|MANUAL|SERVICE|TEACHIN"),
        "errors": [{"errorType": "text", "errorReferences?": references, "errorDescription?": "text", "errorHint?": "text",
                    "errorLevel": word("WARNING|URGENT|CRITICAL|FATAL", "WARNING|FATAL")}],
        "safetyState": {word("activeEmergencyStop", "eStop"): "MANUAL|REMOTE|NONE", "fieldViolation": "flag"}}
    if new:
        state["instantActionStates"] = actions
    return {
        "connection": {"connectionState": word("ONLINE|OFFLINE|HIBERNATING|CONNECTION_BROKEN", "ONLINE|OFFLINE|CONNECTIONBROKEN")},
        "state": state,
        "visualization": {**({"referenceStateHeaderId": "count"} if new else {}), **pose},
        "factsheet": factsheet(new, word)}


def factsheet(new, word):
    arrays = ["order.nodes", "order.edges", "node.actions", "edge.actions", "actions.actionsParameters", "instantActions", "state.nodeStates",
              "state.edgeStates", "state.actionStates", "state.errors", "error.errorReferences"] + ["state.instantActionStates"] * new
    strings = {word("maximumMessageLength", "msgLen"): "count", word("maximumTopicSerialLength", "topicSerialLen"): "count",
               word("maximumTopicElementLength", "topicElemLen"): "count", word("maximumIdLength", "idLen"): "count"}
    action = {"actionType": "text", "actionDescription?": "text", "actionScopes": ["INSTANT|NODE|EDGE"],
              "actionParameters?": [{"key": "text", "valueDataType": "BOOL|NUMBER|INTEGER|STRING|OBJECT|ARRAY", "isOptional?": "flag"}]}
    if new:
        action.update({"blockingTypes?": ["NONE|SOFT|SINGLE|HARD"], "pauseAllowed": "flag", "cancelAllowed": "flag"})
    return {
        "typeSpecification": {
            "seriesName": "text", "seriesDescription?": "text", word("mobileRobotKinematics", "agvKinematic"): word("text", "DIFF|OMNI|THREEWHEEL"),
            word("mobileRobotClass", "agvClass"): "FORKLIFT|CONVEYOR|TUGGER|CARRIER", word("maximumLoadMass", "maxLoadMass"): "number",
            "localizationTypes": ["NATURAL|REFLECTOR|RFID|DMC|SPOT|GRID"],
            "navigationTypes": ["PHYSICAL_LINE_GUIDED|VIRTUAL_LINE_GUIDED|AUTONOMOUS"],
            **({"supportedZones?": ["text"]} if new else {})},
        "physicalParameters": {name: "number" for name in (
            word("minimumSpeed", "speedMin"), word("maximumSpeed", "speedMax"), word("maximumAcceleration", "accelerationMax"),
            word("maximumDeceleration", "decelerationMax"), word("minimumHeight", "heightMin"), word("maximumHeight", "heightMax"), "width", "length")},
        "protocolLimits": {
            word("maximumStringLengths", "maxStringLens"): strings, word("maximumArrayLengths", "maxArrayLens"): dict.fromkeys(arrays, "count"),
            "timing": {word("minimumOrderInterval", "minOrderInterval"): "number", word("minimumStateInterval", "minStateInterval"): "number",
                       "defaultStateInterval?": "number", "visualizationInterval?": "number"}},
        "protocolFeatures": {
            "optionalParameters": [{"parameter": "text", "support": "SUPPORTED|REQUIRED", "description?": "text"}],
            word("mobileRobotActions", "agvActions"): [action]},
        word("mobileRobotGeometry", "agvGeometry"): {}, "loadSpecification": {},
        word("mobileRobotConfiguration?", "vehicleConfig?"): {"versions?": [{"key": "text", "value": "text"}]}}


ROWS = {version: of_version(version) for version in NUMBERS}


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


KINDS = {
    "text": lambda value: isinstance(value, str),
    "count": lambda value: isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 32,
    "number": is_number,
    "percent": lambda value: is_number(value) and 0 <= value <= 100,
    "flag": lambda value: isinstance(value, bool),
    "time": lambda value: isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", value),
}


def differ(place, kind, value):
    """Sentences about what is not as the rows say."""
    if isinstance(kind, list):
        if not isinstance(value, list):
            return [f"{place} is no list"]
        return [wrong for at, item in enumerate(value) for wrong in differ(f"{place}[{at}]", kind[0], item)]
    if isinstance(kind, dict):
        if not isinstance(value, dict):
            return [f"{place} is no object"]
        names = {name.removesuffix("?"): name for name in kind}
        missing = [f"{place} lacks {name}" for name in kind if not name.endswith("?") and name not in value]
        more = [f"{place}.{name} is not in the standard" for name in value if name not in names]
        return missing + more + [wrong for name in value if name in names for wrong in differ(f"{place}.{name}", kind[names[name]], value[name])]
    good = KINDS[kind](value) if kind in KINDS else value in kind.split("|")
    return [] if good else [f"{place}: {value!r} is no {kind}"]


@functools.cache
def schema(version, topic):
    folder = os.environ.get("OHT_VDA_SCHEMAS")
    file = pathlib.Path(folder or "", version, f"{topic}.schema")
    return json.loads(file.read_text(encoding="utf-8")) if folder else None


def check(version, topic, said):
    """What is wrong with a message, as sentences."""
    wrong = differ(topic, {**HEADER, **ROWS[version].get(topic, {})}, said)
    if said.get("version") != NUMBERS[version]:
        wrong.append(f"{topic}: version {said.get('version')!r}")
    if schema(version, topic):
        import jsonschema        # pylint: disable=import-outside-toplevel
        wrong += [error.message for error in jsonschema.Draft202012Validator(schema(version, topic)).iter_errors(said)]
    return wrong
