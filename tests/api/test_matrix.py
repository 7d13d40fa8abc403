# SPDX-License-Identifier: GPL-2.0-or-later
"""Role x route x method, generated from openapi.json: every refusal that each route can give before its handler runs."""
import json
import re
import subprocess
import time

import pytest

from daemon import OHTD, begin, serving
from oht_test.client import ELEVATED, PASSWORD, ROLES
from oht_test.device import Device

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
DOCUMENT = json.loads(subprocess.run([OHTD, "--print-openapi"], stdout=subprocess.PIPE, check=True, timeout=60).stdout)
ROUTES = [(path, method.upper(), operation) for path, item in DOCUMENT["paths"].items() for method, operation in item.items()]
PARAMS = {"unit": ("2", "0", "bad_address"), "id": ("1", "0", "bad_id"), "name": ("a", "%20", "bad_name")}
# Of nothing that is there: an act on it changes nothing.
ABSENT = {"{unit}": "99", "{id}": "999999", "{name}": "no-such"}


PAGE = "https://panel.example:8443"


@pytest.fixture(scope="module", name="own")
def _own(tmp_path_factory, accounts):
    """A daemon of this module, and clients with a kept connection."""
    made = begin(tmp_path_factory.mktemp("matrix"), accounts)
    with serving(made):
        client = made.another(keep_s=3)
        for role in ROLES:
            client.token(role)
        assert client.request("PATCH", "config", {"access": {"origins": PAGE}}, token=client.elevated()).status == 200
        client.request = patiently(client.request)
        yield client


def patiently(request):
    """The same; what comes too fast for a budget of the address, as of routes that take passwords, is asked again when it may."""
    def asked(*words, **more):
        answer = request(*words, **more)
        while answer.status == 429 and answer.code == "rate_limited":
            time.sleep(int(answer.headers["retry-after"]))
            answer = request(*words, **more)
        return answer

    return asked


@pytest.fixture(scope="module", name="raised")
def _raised(own):
    """A token of each role, of a session that is elevated."""
    tokens = {}
    for role in ROLES:
        tokens[role] = own.login(role).json["access_token"]
        assert own.request("POST", "auth/elevate", {"password": PASSWORD}, token=tokens[role]).status == 200
    return tokens


@pytest.fixture(scope="module", name="panels")
def _panels(own, tmp_path_factory):
    """A token of each role, of a device that has come in by its key."""
    folder, tokens = tmp_path_factory.mktemp("panels"), {}
    assert own.request("PATCH", "config", {"access": {"devices": "yes"}}, token=own.elevated()).status == 200
    for role in ROLES:
        device = Device(own, folder, role)
        assert device.ask("enrol").status == 202
        number = own.get("devices?state=waiting", role="administrator").json["items"][0]["id"]
        assert own.request("POST", f"devices/{number}/accept", {"name": f"panel-{role}", "role": role}, token=own.elevated()).status == 201
        tokens[role] = device.ask("login").json["access_token"]
    return tokens


def expected(operation, role, elevated):
    """The code with which the description has the session refused, or None."""
    least = at_least(operation)
    if least and role is None:
        return "token_missing"
    if least and ROLES.index(role) < ROLES.index(least):
        return "role"
    return "elevation_required" if operation["x-elevation"] == "always" and not elevated else None


def harmless(path, operation):
    """Path and body that change nothing: of nothing that is there, or refused behind elevation, or by an unknown member."""
    for name, value in ABSENT.items():
        path = path.replace(name, value)
    if operation["x-elevation"] != "always":
        return path, {"no/such": 1}
    schema = body_schema(operation)
    body = {name: good(schema["properties"][name]) for name in schema["required"]}
    return path, body | ({"username": "administrator"} if "username" in body else {})


def fill(path, which=0):
    """The path with values for its parameters: right ones, or the last one wrong."""
    names = [part.split("}")[0] for part in path.split("{")[1:]]
    for name in names:
        path = path.replace("{" + name + "}", PARAMS[name][which if name == names[-1] else 0])
    return path


def allowed(path):
    """The value of Allow."""
    methods = [method for method in METHODS if method.lower() in DOCUMENT["paths"][path]]
    return {*methods, "OPTIONS", *(["HEAD"] if "GET" in methods else [])}


def at_least(operation):
    """The lowest role that may, or None."""
    return None if operation["x-role"] == "none" else operation["x-role"]


def schema_of(reference):
    """The schema that {"$ref": ...} names."""
    return DOCUMENT["components"]["schemas"][reference["$ref"].rsplit("/", 1)[1]]


def body_schema(operation):
    """The schema of the body, {} when it has no members."""
    if "requestBody" not in operation:
        return {"properties": {}, "required": []}
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    # Of a merge patch and of an exported configuration the members are not those of a shape.
    return schema_of(schema) if "$ref" in schema else {"properties": {}, "required": []}


def plain(schema):
    """The first type that is not null."""
    kinds = schema.get("type", "object")
    return kinds if isinstance(kinds, str) else next(kind for kind in kinds if kind != "null")


def good(schema):
    """A value that the schema takes."""
    if "enum" in schema:
        return schema["enum"][0]
    kind = plain(schema)
    if kind == "string":
        value = "x" * max(schema.get("x-min-bytes", 1), 1)
        return value if re.search(schema.get("pattern", ""), value) else schema["examples"][0]
    if kind == "array":
        item = schema_of(schema["items"]) if "$ref" in schema["items"] else schema["items"]
        return [{name: good(item["properties"][name]) for name in item["required"]} if "properties" in item else good(item)] * schema.get("minItems", 0)
    return {"integer": schema.get("minimum", 0), "number": schema.get("minimum", 0), "boolean": True, "object": {}}[kind]


def asked(schema):
    """The same as a query says it."""
    value = good(schema)
    return "true" if value is True else value


def wrong(schema):
    """Values that it does not take, each with the code of the refusal."""
    kind = plain(schema)
    yield ({} if kind != "object" else 1), "type"
    if "null" not in (schema.get("type") or ()):
        yield None, "type"
    if kind == "string" and "enum" in schema:
        yield "no such word", "unknown_value"
    elif kind == "string":
        yield "x" * (schema["x-max-bytes"] + 1), "length"
        if schema["x-min-bytes"]:
            yield "", "length"
        # Into a log, a header, a table, a terminal: a line of its own, a title of the window, text that runs backwards.
        # Of a text of several lines its handler judges what is in them.
        if schema.get("format") != "password" and not schema.get("x-lines"):
            yield from ((good(schema)[:-1] + odd, "unfit") for odd in ("\n", "\x1b", "\u2028"))
    if kind == "integer":
        if schema["maximum"] < 2**63 - 1:
            yield schema["maximum"] + 1, "range"
        yield schema["minimum"] - 1, "range"
        yield 1.5, "type"


def ask(own, path, method, operation, body=None, **more):
    """As the role that just may."""
    return own.request(method, fill(path), body, role=at_least(operation), **more)


def test_there_are_routes():
    assert len(ROUTES) > 15 and {method for _, method, _ in ROUTES} >= {"GET", "POST", "PUT"}
    assert len({operation["operationId"] for _, _, operation in ROUTES}) == len(ROUTES)


def test_role_and_elevation_of_each_verb(own, raised):
    """Each verb of the document, by each role: nothing moves, since the outputs are low."""
    verbs = {f"{method} {path}": operation["x-verbs"] for path, method, operation in ROUTES if "x-verbs" in operation}
    of_commands = verbs["POST /api/v1/robot/commands"]
    schema = body_schema(next(each for path, method, each in ROUTES if (method, path) == ("POST", "/api/v1/robot/commands")))
    assert set(of_commands) == set(schema["properties"]["verb"]["enum"])
    assert verbs["PUT /api/v1/robot/mode"] == {"mode": {"x-role": "supervisor", "x-elevation": "by-mode"}}
    for path, method, operation in ROUTES:
        for verb in operation.get("x-verbs", {}).values():
            assert ROLES.index(verb["x-role"]) >= ROLES.index(operation["x-role"]), path
            assert verb["x-elevation"] == operation["x-elevation"], path
    for verb, said in of_commands.items():
        for role in ROLES:
            for token in (own.token(role), raised[role]):
                answer = own.request("POST", "robot/commands", {"verb": verb}, token=token)
                wanted = expected({"x-elevation": said["x-elevation"], "x-role": said["x-role"]}, role, token == raised[role])
                assert (answer.status >= 400 and answer.code in ("role", "elevation_required")) == bool(wanted), (verb, role)


def test_the_layer_plant_asks_more_routes_for_the_password(own, raised):
    """Those that the document says, and no others: a body that none takes is refused behind the role and before the password."""
    asked = [(path, method, operation) for path, method, operation in ROUTES if operation["x-elevation"] == "in-plant"]
    assert {path.rsplit("/", 1)[1] for path, _, _ in asked} >= {"reset", "enable"}
    for word in ("plant", "commissioning"):
        assert own.request("PATCH", "config", {"robot": {"layer": word}}, token=raised["administrator"]).status == 200
        for path, method, operation in ROUTES:
            if method == "GET" or operation["x-role"] == "none" or operation["x-rate"] == "stop" or operation["x-elevation"] not in ("never", "in-plant"):
                continue
            wanted = word == "plant" and operation["x-elevation"] == "in-plant"
            where, body = (path, {}) if operation["x-elevation"] == "in-plant" else harmless(path, operation)
            answer = own.request(method, where, body, token=own.token(operation["x-role"]))
            assert (answer.status >= 400 and answer.code == "elevation_required") == wanted, (word, path, method)
            if wanted:
                answer = own.request(method, where, body, token=raised[operation["x-role"]])
                assert answer.status < 400 or answer.code != "elevation_required", (path, method)


def test_what_takes_the_own_password_takes_the_code_as_well():
    """An act on the own account that gives another way in asks for all that the account has. One alone is there to switch the code on."""
    alone = set()
    for path, method, operation in ROUTES:
        members = body_schema(operation)["properties"]
        if operation["x-role"] == "none" or operation["x-elevation"] == "always" or not {"password", "old_password"} & members.keys():
            continue
        if "code" not in members:
            alone.add(f"{method} {path.removeprefix('/api/v1/')}")
    assert alone == {"POST auth/totp"}


def test_maintenance_is_elevated_by_mode(own, raised):
    modes = [(own.token("supervisor"), "automatic", False), (own.token("supervisor"), "maintenance", True),
             (raised["supervisor"], "maintenance", False)]
    for token, mode, refused in modes:
        answer = own.request("PUT", "robot/mode", {"mode": mode}, token=token)
        assert (answer.status >= 400 and answer.code == "elevation_required") == refused, (mode, answer.body)


@pytest.mark.parametrize("path, method, operation", ROUTES, ids=lambda value: value if isinstance(value, str) else "")
class TestRoute:
    """One route."""

    def test_who_may_not(self, own, path, method, operation):
        least = at_least(operation)
        if least is None:
            return
        path = fill(path)
        answer = own.request(method, path)
        assert (answer.status, answer.code) == (401, "token_missing") and answer.headers["www-authenticate"].startswith("Bearer")
        answer = own.request(method, path, token="nonsense")
        assert (answer.status, answer.code) == (401, "token_invalid")
        answer = own.request(method, path, headers={"Authorization": "Basic YTpi"})
        assert (answer.status, answer.code) == (401, "token_invalid")
        for role in ROLES[:ROLES.index(least)]:
            answer = own.request(method, path, role=role)
            assert (answer.status, answer.code) == (403, "role"), role
            assert least in answer.json["detail"] and role in answer.json["detail"]

    def test_other_methods(self, own, path, method, operation):
        del method, operation
        for other in (*METHODS, "HEAD", "BREW"):
            if other in allowed(path):
                continue
            answer = own.request(other, fill(path))
            assert answer.status == 405 and set(answer.headers["allow"].split(", ")) == allowed(path), other
            assert other == "HEAD" or answer.code == "method_not_allowed"

    def test_options(self, own, path, method, operation):
        del operation
        answer = own.request("OPTIONS", fill(path))
        assert (answer.status, answer.body) == (204, b"") and set(answer.headers["allow"].split(", ")) == allowed(path)
        assert "content-length" not in answer.headers and "content-security-policy" in answer.headers
        # Before a page elsewhere sends its request.
        for origin, told in ((PAGE, True), ("https://evil.example", False)):
            answer = own.request("OPTIONS", fill(path), headers={"Origin": origin, "Access-Control-Request-Method": method})
            may = {name.removeprefix("access-control-"): value for name, value in answer.headers.items() if name.startswith("access-control-")}
            assert answer.status == 204 and set(may) == ({"allow-origin", "allow-methods", "allow-headers", "expose-headers", "max-age"} if told else set())
            assert not told or (may["allow-origin"] == PAGE and method in may["allow-methods"].split(", ") and "authorization" in may["allow-headers"])

    def test_head(self, own, path, method, operation):
        if method != "GET" or operation["x-kind"] == "stream":
            return
        whole, answer = (own.request(each, fill(path), role=at_least(operation)) for each in ("GET", "HEAD"))
        assert answer.status == whole.status and answer.body == b"" and whole.body
        assert answer.headers["content-type"] == whole.headers["content-type"]
        assert own.request("HEAD", fill(path), role=at_least(operation)).status == whole.status, "out of step"

    def test_no_such_path(self, own, path, method, operation):
        for other in (fill(path) + "/x/y/z/x-y-z", fill(path) + "/", fill(path).replace("/api/v1/", "/api/v2/")):
            if other == fill(path) or (operation["x-rate"] == "stop" and other == fill(path) + "/"):
                continue
            answer = own.request(method, other, role=at_least(operation))
            assert (answer.status, answer.code) == (404, "not_found"), other
        answer = own.request(method, fill(path).replace("/api/", "/api%2F"), role=at_least(operation))
        if path.startswith("/api/") and operation["x-rate"] != "stop":
            assert (answer.status, answer.code) == (400, "bad_path")

    def test_parameters(self, own, path, method, operation):
        if "{" not in path:
            return
        name = path.rsplit("{", 1)[1].split("}")[0]
        answer = own.request(method, fill(path, 1), role=at_least(operation))
        assert (answer.status, answer.code) == (400, PARAMS[name][2])
        if at_least(operation):
            assert own.request(method, fill(path, 1)).code == "token_missing", "it tells strangers what is well-formed"

    def test_accept(self, own, path, method, operation):
        if operation.get("x-any-body") or operation["x-kind"] == "upgrade":
            return
        answer = ask(own, path, method, operation, headers={"Accept": "image/png, application/json;q=0"})
        assert (answer.status, answer.code) == (406, "not_acceptable")
        if method == "GET" and operation["x-kind"] == "answer":
            for accept in ("*/*", "application/*, text/*", "image/png, */*;q=0.1"):
                assert ask(own, path, method, operation, headers={"Accept": accept}).status != 406, accept

    def test_body_as_a_whole(self, own, path, method, operation):
        if method == "GET":
            answer = ask(own, path, method, operation, body={})
            assert (answer.status, answer.code) == (400, "unexpected_body")
            return
        if operation.get("x-any-body"):
            return
        answer = ask(own, path, method, operation, b" " * (operation["x-body-bytes-max"] + 1))
        assert (answer.status, answer.code) == (413, "body_too_large")
        answer = ask(own, path, method, operation, b"{}", headers={"Content-Type": "text/plain"})
        assert (answer.status, answer.code) == (415, "content_type")
        for body in (b"{", b"[]", b"null", b'{"a":1,"a":2}', b"\xff", b'{"a":' * 40 + b"1" + b"}" * 40):
            answer = ask(own, path, method, operation, body)
            assert (answer.status, answer.code) == (400, "bad_json"), body

    def test_body_in_chunks(self, own, path, method, operation):
        if method == "GET" or operation.get("x-any-body"):
            return
        link = own.connection()
        token = {"Authorization": f"Bearer {own.token(at_least(operation))}"} if at_least(operation) else {}
        link.request(method, fill(path), iter([b"{", b"["]), {"Content-Type": "application/json", **token}, encode_chunked=True)
        answer = link.getresponse()
        assert (answer.status, json.loads(answer.read())["code"]) == (400, "bad_json")
        link.close()

    def test_members_of_the_body(self, own, path, method, operation):
        if method == "GET" or operation.get("x-any-body"):
            return
        schema = body_schema(operation)
        whole = {name: good(schema["properties"][name]) for name in schema["required"]}
        if "/config/import" in path:
            whole = {"format": "oht-configuration", "format_version": 1, "kind": "OHT-50", "values": {}}

        def refused(body, pointer, code):
            answer = ask(own, path, method, operation, body)
            assert (answer.status, answer.code) == (400, "validation"), body
            assert [(error["pointer"], error["code"]) for error in answer.json["errors"]] == [(pointer, code)], body

        refused({**whole, "no/such": 1}, "/no~1such", "unknown_member")
        for name in schema["required"]:
            refused({key: value for key, value in whole.items() if key != name}, f"/{name}", "missing")
        for name, member in schema["properties"].items():
            for value, code in wrong(member):
                refused({**whole, name: value}, f"/{name}", code)

    def test_elevation(self, own, path, method, operation):
        assert (operation["x-elevation"] == "always") == bool(ELEVATED.match(f"{method} {path.removeprefix('/api/v1/')}"))
        if operation["x-elevation"] != "always":
            return
        schema = body_schema(operation)
        body = None if method == "GET" else {name: good(schema["properties"][name]) for name in schema["required"]}
        for asked_by in (method, *(["HEAD"] if method == "GET" else [])):
            answer = own.request(asked_by, fill(path), body, token=own.token(at_least(operation)))
            assert answer.status == 403
        answer = own.request(method, fill(path), body, token=own.token(at_least(operation)))
        assert answer.code == "elevation_required"
        assert answer.json["detail"].startswith(f"{method} {path.removeprefix('/api/v1/')} needs ")

    def test_key(self, own, raised, path, method, operation):
        """Each route that takes an Idempotency-Key, and no other one, says what is no key."""
        keyed = any(each["in"] == "header" and each["name"] == "Idempotency-Key" for each in operation.get("parameters", []))
        assert keyed == ("x-idempotency-key" in operation)
        if not keyed:
            return
        where = harmless(path, operation)[0]
        schema = body_schema(operation)
        body = {name: good(schema["properties"][name]) for name in schema["required"]}
        answer = own.request(method, where, body, token=raised[at_least(operation)], headers={"Idempotency-Key": "short"})
        assert (answer.status, answer.code) == (400, "request_key_invalid") and method == "POST"

    def test_role_and_session(self, own, raised, panels, path, method, operation):
        """No session, each role, each role elevated, a device of each role: as the description says, no more and no less."""
        if operation["x-kind"] == "stream" or operation["x-rate"] == "stop":
            return
        where, body = harmless(path, operation)
        for role, kind in ((None, "none"), *((role, kind) for role in ROLES for kind in ("session", "elevated", "device"))):
            token = {"none": lambda _: None, "session": own.token, "elevated": raised.get, "device": panels.get}[kind](role)
            answer = own.request(method, where, None if method == "GET" else body, token=token)
            wanted = expected(operation, role, kind == "elevated")
            code = answer.code if answer.status >= 400 else None
            if wanted:
                assert code == wanted, (role, kind)
            else:
                assert code not in ("token_missing", "token_revoked", "role", "elevation_required"), (role, kind)

    def test_members_of_the_query(self, own, path, method, operation):
        members = [each for each in operation.get("parameters", []) if each["in"] == "query"]
        if operation.get("x-any-body"):
            return

        def refused(query, pointer, code):
            """With all other members that it must have."""
            needed = "".join(f"&{each['name']}={asked(each['schema'])}" for each in members
                             if each.get("required") and f"/{each['name']}" != pointer)
            answer = own.request(method, f"{fill(path)}?{query}{needed}", role=at_least(operation))
            assert (answer.status, answer.code) == (400, "validation"), query
            assert [(error["pointer"], error["code"]) for error in answer.json["errors"]] == [(pointer, code)], query

        refused("no-such=1", "/no-such", "unknown_member")
        for member in members:
            name, schema = member["name"], member["schema"]
            refused(f"{name}={asked(schema)}&{name}={asked(schema)}", f"/{name}", "twice")
            if plain(schema) == "boolean":
                refused(f"{name}=True", f"/{name}", "type")
            elif plain(schema) == "integer":
                refused(f"{name}=x", f"/{name}", "type")
                refused(f"{name}={schema['maximum'] + 1}", f"/{name}", "range")
                refused(f"{name}={schema['minimum'] - 1}", f"/{name}", "range")
            elif "enum" in schema:
                refused(f"{name}=no-such", f"/{name}", "unknown_value")
            elif schema["x-max-bytes"] < 60:
                refused(f"{name}={'x' * (schema['x-max-bytes'] + 1)}", f"/{name}", "length")
        for query in ("limit", "=1", "limit=%", "limit=%zz", "limit=%00"):
            answer = own.request(method, f"{fill(path)}?{query}", role=at_least(operation))
            assert (answer.status, answer.code) == (400, "bad_query"), query
