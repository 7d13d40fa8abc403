# SPDX-License-Identifier: GPL-2.0-or-later
"""GET /metrics: who may, what it says, and that Prometheus' own tool has nothing to find fault with."""
import re
import subprocess

from daemon import TOP

SAMPLE = re.compile(r'([a-z_][a-z0-9_]*)(\{.*\})? (\S+)$')
KINDS = {"counter", "gauge", "histogram", "summary"}
PROXY = ["Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Via"]


def fetched(daemon, **more):
    """Samples by name and labels, and the kind of each family."""
    answer = daemon.request("GET", "/metrics", **more)
    assert answer.status == 200, answer
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    samples, kinds, helped = {}, {}, set()
    for line in answer.body.decode().splitlines():
        if line.startswith("# HELP "):
            helped.add(line.split()[2])
        elif line.startswith("# TYPE "):
            _, _, name, kinds[name] = line.split()
        else:
            name, labels, value = SAMPLE.fullmatch(line).groups()
            family = name if name in kinds else re.sub("_(bucket|sum|count)$", "", name)
            assert family in kinds and family in helped, line
            assert (name, labels) not in samples, line
            samples[name, labels] = float(value)
    assert set(kinds.values()) <= KINDS and helped == set(kinds)
    return samples, kinds


def requests_of(daemon, method, endpoint, status):
    """Value of http_requests_total."""
    return fetched(daemon)[0].get(
        ("http_requests_total", f'{{method="{method}",endpoint="{endpoint}",status="{status}"}}'), 0)


def test_names_of_the_reference_are_kept(daemon):
    daemon.post("safety/reset", role="supervisor")
    samples, kinds = fetched(daemon)
    assert {name: kinds.get(name) for name in (
        "http_requests_total", "http_request_duration_seconds", "api_response_time_seconds", "system_memory_usage_bytes",
        "system_cpu_usage_percent", "rs485_communication_errors_total", "robot_commands_total",
        "firmware_connection_status")} == {
            "http_requests_total": "counter", "http_request_duration_seconds": "histogram",
            "api_response_time_seconds": "summary", "system_memory_usage_bytes": "gauge",
            "system_cpu_usage_percent": "gauge", "rs485_communication_errors_total": "counter",
            "robot_commands_total": "counter", "firmware_connection_status": "gauge"}
    assert samples["firmware_connection_status", None] == 1
    assert 0 <= samples["system_cpu_usage_percent", None] <= 100
    assert samples["system_memory_usage_bytes", None] > 1 << 20
    assert 1 << 20 < samples["process_resident_memory_bytes", None] < 1 << 34
    assert sum(value for (name, labels), value in samples.items()
               if name == "robot_commands_total" and 'command_type="reset"' in labels) >= 1
    assert sum(value for (name, _), value in samples.items() if name == "oht_robot_state") == 1


def test_requests_are_counted_by_template_and_status(daemon):
    before = requests_of(daemon, "GET", "/api/v1/modules/{unit}", 200)
    for unit in ("2", "0x03"):
        assert daemon.get(f"modules/{unit}").status == 200
    assert requests_of(daemon, "GET", "/api/v1/modules/{unit}", 200) == before + 2
    before = requests_of(daemon, "GET", "/api/v1/robot", 401)
    daemon.get("robot", role=None)
    assert requests_of(daemon, "GET", "/api/v1/robot", 401) == before + 1


def test_histograms_add_up(daemon):
    daemon.get("robot")
    samples, _ = fetched(daemon)
    labels = 'method="GET",endpoint="/api/v1/robot"'
    buckets = [value for (name, text), value in samples.items()
               if name == "http_request_duration_seconds_bucket" and text.startswith("{" + labels)]
    assert buckets == sorted(buckets) and len(buckets) > 5
    assert buckets[-1] == samples["http_request_duration_seconds_count", "{" + labels + "}"]
    assert samples["http_request_duration_seconds_sum", "{" + labels + "}"] >= 0


def test_paths_from_outside_make_no_labels(daemon):
    def by_path(found):
        """Modules that are found meanwhile have labels, too."""
        return {key for key in found if "endpoint=" in (key[1] or "")}

    fetched(daemon)
    before = by_path(fetched(daemon)[0])
    for number in range(50):
        assert daemon.get(f"/nothing-{number}", role=None).status == 404
        assert daemon.request("BREW", f"robot?{number}", role="viewer").status == 405
    after, _ = fetched(daemon)
    assert len(by_path(after) - before) <= 40, "a label has the path of a request"
    assert not any("nothing-" in (labels or "") for _, labels in after)


def test_loopback_needs_no_token_but_no_proxy_either(daemon):
    assert daemon.request("GET", "/metrics").status == 200
    for name in PROXY:
        refused = daemon.request("GET", "/metrics", headers={name: "127.0.0.1"})
        assert (refused.status, refused.code) == (401, "token_missing"), name
        assert fetched(daemon, headers={name: "127.0.0.1"}, role="viewer"), name
    # Another Host is a name by which a proxy is reached, and nginx as it comes asks by HTTP/1.0.
    for head in (b"HTTP/1.1\r\nHost: evil.example", b"HTTP/1.0\r\nHost: 127.0.0.1:8443", b"HTTP/1.1\r\nHost: 127.0.0.1.nip.io"):
        raw = daemon.raw(b"GET /metrics " + head + b"\r\nConnection: close\r\n\r\n")
        assert raw.split(b" ")[1] in (b"401", b"421"), head
    # Two headers of a name are no way round.
    raw = daemon.raw(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX-Forwarded-For: a\r\n"
                     b"X-Forwarded-For: b\r\n\r\n")
    assert raw.startswith(b"HTTP/1.1 401 ")


def test_a_token_that_is_none_is_refused(daemon):
    for value in ("Bearer nonsense", "nonsense", "Basic YTpi", "Bearer ", ""):
        assert daemon.request("GET", "/metrics", headers={"Authorization": value}).status == 401, value


def test_promtool_finds_nothing(daemon):
    daemon.get("robot")
    text = daemon.request("GET", "/metrics").body
    root = subprocess.run([TOP / "scripts/fetch-tool", "prometheus"], stdout=subprocess.PIPE, text=True, check=True)
    done = subprocess.run([f"{root.stdout.strip()}/usr/bin/promtool", "check", "metrics"], input=text, capture_output=True, check=False, timeout=60)
    assert (done.returncode, done.stdout + done.stderr) == (0, b"")
