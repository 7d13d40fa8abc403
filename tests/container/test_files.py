# SPDX-License-Identifier: GPL-2.0-or-later
"""The files of deploy/: each is read by the program that it is for, or held against that program's own schema."""
import ast
import json
import pathlib
import re
import shutil
import subprocess

import jsonschema
import pytest
import yaml

from conftest import DEPLOY, TOP, moved, printed

RECIPE = re.search(r"```nginx\n(.*?)```", (TOP / "docs/operations.md").read_text(), re.S).group(1)
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
SERVICES = COMPOSE["services"]
# What is pinned is what Debian 12 has, with which test_stack.py runs the files. {image: (package, program, option)}
PINNED = {"prom/prometheus": ("prometheus", "usr/bin/prometheus", "--version"),
          "prom/alertmanager": ("prometheus-alertmanager", "usr/bin/prometheus-alertmanager", "--version"),
          "victoriametrics/victoria-metrics": ("victoria-metrics", "usr/share/doc/victoria-metrics/changelog.Debian.gz", None),
          "library/nginx": ("nginx", "usr/sbin/nginx", "-v")}
MADE_BY_A_PERSON = {"tls/ca.crt", "tls/robot.crt", "tls/robot.key"}


def tool(name, program):
    return pathlib.Path(printed("scripts/fetch-tool", name)) / program


def accepts(*command, **more):
    """What the program says, which must like it."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False, timeout=60, **more)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def images(value):
    """Each that is named anywhere in there."""
    if isinstance(value, dict):
        yield from ([value["image"]] if isinstance(value.get("image"), str) else [])
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from images(part)


def cluster():
    """The documents that kubectl would send."""
    return list(yaml.safe_load_all(accepts(tool("kubernetes-client", "usr/bin/kubectl"), "kustomize", DEPLOY / "k8s")))


# ---- compose ----

def test_compose_is_as_its_program_wants_it():
    schema = tool("docker-compose", "usr/lib/python3/dist-packages/compose/config/compose_spec.json")
    jsonschema.Draft7Validator(json.loads(schema.read_text())).validate(COMPOSE)
    named = {name for service in SERVICES.values() for name in service.get("networks", [])}
    assert named == set(COMPOSE["networks"])
    for name, service in SERVICES.items():
        for mount in service["volumes"]:
            source = mount.split(":")[0]
            assert source in COMPOSE["volumes"] or source.removeprefix("./") in MADE_BY_A_PERSON or (DEPLOY / source).is_file(), mount
            assert source in COMPOSE["volumes"] or mount.endswith(":ro"), mount
        for other in service.get("depends_on", {}):
            assert "healthcheck" in SERVICES[other], name


def test_one_port_is_open_and_no_service_has_rights_that_it_does_not_need():
    assert {name: service["ports"] for name, service in SERVICES.items() if "ports" in service} == \
        {"nginx": ["${OHT_LISTEN:-127.0.0.1:8443}:8443"]}
    assert [name for name, service in SERVICES.items() if service.get("cap_add")] == ["nginx"]
    assert COMPOSE["networks"]["inner"]["internal"] is True
    for name, service in SERVICES.items():
        assert service["read_only"] is True and service["cap_drop"] == ["ALL"], name
        assert "no-new-privileges:true" in service["security_opt"], name
        assert not {"privileged", "pid", "ipc", "devices"} & set(service), name
        assert "outer" not in service.get("networks", []) or name == "nginx"


def test_each_image_is_pinned_to_what_is_tested():
    named = set(images(SERVICES)) | {image for document in cluster() for image in images(document)}
    version = printed("dpkg-parsechangelog", "-l", "debian/changelog", "-S", "Version")
    assert f"localhost/oht:{version}" in named
    others = {image.removeprefix("docker.io/").rpartition(":")[::2] for image in named - {f"localhost/oht:{version}"}}
    assert {name for name, _ in others} == set(PINNED) and len(others) == len(PINNED)
    for name, tag in others:
        package, file, option = PINNED[name]
        said = accepts(tool(package, file), option) if option else accepts("gzip", "-dc", tool(package, file))
        assert re.search(rf"\b{re.escape(tag.removeprefix('v'))}\b", said), (name, tag, said[:200])


# ---- nginx ----

def test_nginx_is_the_recipe_and_nginx_reads_it(tmp_path):
    text = (DEPLOY / "nginx.conf").read_text()
    assert moved(RECIPE, ("listen 443 ssl", "listen 8443 ssl"), ("127.0.0.1:8443", "172.30.90.3:8443"),
                 ("/var/lib/oht/ca.crt", "/etc/ssl/oht-ca.crt")) in text
    accepts("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=robot",
            "-keyout", tmp_path / "robot.key", "-out", tmp_path / "robot.crt")
    shutil.copy(tmp_path / "robot.crt", tmp_path / "oht-ca.crt")
    (tmp_path / "nginx.conf").write_text(moved(text, ("/tmp/", f"{tmp_path}/"), ("/etc/ssl", tmp_path)))
    accepts(tool("nginx", "usr/sbin/nginx"), "-t", "-e", "stderr", "-p", tmp_path, "-c", tmp_path / "nginx.conf")


# ---- Prometheus and Alertmanager ----

def test_prometheus_and_alertmanager_read_theirs(tmp_path):
    shutil.copy(DEPLOY / "prometheus.yml", tmp_path)
    shutil.copy(TOP / "examples/monitoring/oht.rules.yml", tmp_path)
    (tmp_path / "oht-ca.crt").write_text("")
    accepts(tool("prometheus", "usr/bin/promtool"), "check", "config", tmp_path / "prometheus.yml")
    amtool = tool("prometheus-alertmanager", "usr/bin/amtool")
    accepts(amtool, "check-config", DEPLOY / "k8s/alertmanager.yml")
    assert accepts(amtool, "config", "routes", "test", "--config.file", DEPLOY / "k8s/alertmanager.yml",
                   "alertname=RobotStopped", "severity=warning").splitlines()[0] == "people"


# ---- the cluster ----

class Kinds:
    """What Kubernetes' own client knows of each kind: types of all members."""

    def __init__(self):
        self.folder = tool("python3-kubernetes", "usr/lib/python3/dist-packages/kubernetes/client/models")
        self.read = {}

    def of(self, name):
        """{member as written: type}, None: not a kind of theirs."""
        if name not in self.read:
            file = self.folder / (re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower() + ".py")
            if not file.exists():
                return None
            tables = {node.targets[0].id: ast.literal_eval(node.value) for node in ast.walk(ast.parse(file.read_text()))
                      if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
                      and node.targets[0].id in ("openapi_types", "attribute_map")}
            self.read[name] = {tables["attribute_map"][key]: kind for key, kind in tables["openapi_types"].items()}
        return self.read[name]

    def check(self, value, kind, where):
        """Each member is known there and of its type."""
        plain = {"str": str, "int": int, "bool": bool, "float": (int, float), "object": object, "datetime": str}
        if kind in plain:
            # A quantity or a port may be a number or a name: the client calls both an object.
            assert isinstance(value, plain[kind]), (where, value)
        elif kind.startswith("list["):
            assert isinstance(value, list), where
            for index, part in enumerate(value):
                self.check(part, kind[5:-1], f"{where}[{index}]")
        elif kind.startswith("dict("):
            assert isinstance(value, dict), where
            for key, part in value.items():
                self.check(part, kind[5:-1].split(", ")[1], f"{where}.{key}")
        else:
            known = self.of(kind)
            assert known, (where, kind)
            for key, part in value.items():
                assert key in known, f"{where}.{key}"
                self.check(part, known[key], f"{where}.{key}")


def test_the_cluster_gets_documents_that_its_client_knows():
    kinds, documents = Kinds(), cluster()
    assert sorted(document["kind"] for document in documents) == \
        ["ConfigMap", "Deployment", "Namespace", "NetworkPolicy", "Service", "Service", "StatefulSet"]
    for document in documents:
        version = document["apiVersion"].rpartition("/")[2]
        kinds.check(document, version.capitalize() + document["kind"], document["kind"])
        spec = document.get("spec", {}).get("template", {}).get("spec")
        if spec:
            assert spec["securityContext"]["runAsNonRoot"] is True and spec["automountServiceAccountToken"] is False
            for container in spec["containers"]:
                assert container["securityContext"] == {"readOnlyRootFilesystem": True, "allowPrivilegeEscalation": False,
                                                        "capabilities": {"drop": ["ALL"]}}
    wrong = {"apiVersion": "v1", "kind": "Service", "spec": {"ports": [{"name": "http", "porrt": 1}]}}
    with pytest.raises(AssertionError, match="porrt"):
        kinds.check(wrong, "V1Service", "Service")
