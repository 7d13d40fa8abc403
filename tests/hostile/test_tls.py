# SPDX-License-Identifier: GPL-2.0-or-later
"""testssl.sh against the daemon: no finding of severity MEDIUM or worse, and nothing that could not be tested."""
import json
import subprocess

# Findings that do not count here, each with the reason.
EXPECTED = {
    "cert_revocation": "the authority of a device has no address where a list of revoked certificates could be fetched",
    "engine_problem": "of the openssl of this machine, which has no GOST; the ciphers are tested without that program",
}
BAD = {"MEDIUM", "HIGH", "CRITICAL", "FATAL", "WARN"}


def test_nothing_is_wrong_with_tls(daemon, tmp_path):
    report = tmp_path / "report.json"
    subprocess.run(["testssl", "--quiet", "--color", "0", "--warnings", "off", "--nodns", "none", "--ip", "127.0.0.1",
                    "--add-ca", daemon.state / "ca.crt", "--jsonfile", report, f"https://localhost:{daemon.port}/"],
                   check=False, timeout=280, stdin=subprocess.DEVNULL, capture_output=True)
    found = json.loads(report.read_text(encoding="utf-8"))
    said = {item["id"]: item for item in found}
    # It has come to its end, and has seen what there is.
    assert said["TLS1_3"]["severity"] == "OK" and said["BREACH"]["severity"] == "OK" and "scanTime" in said, sorted(said)
    for name in ("SSLv2", "SSLv3", "TLS1", "TLS1_1", "TLS1_2"):
        assert said[name]["finding"].startswith("not offered"), said[name]
    print("\n".join(f"{item['severity']} {item['id']}: {item['finding']}" for item in found if item["severity"] not in ("OK", "INFO")))
    bad = {item["id"]: item["finding"] for item in found if item["severity"] in BAD}
    assert bad.keys() <= EXPECTED.keys(), {name: text for name, text in bad.items() if name not in EXPECTED}
    assert daemon.get("robot").status == 200
