# SPDX-License-Identifier: GPL-2.0-or-later
"""health: each state that is not well names component, code, since when and what to do."""
import subprocess

from clocks import Skewed
from daemon import TOP
from oht_test.wait import free_port, until


def reasons(daemon, component=None):
    """Those of a component, or all."""
    health = daemon.get("health", role=None).json
    assert (health["status"] == "ok") == (not health["reasons"])
    for reason in health["reasons"]:
        assert reason.keys() == {"component", "code", "unit", "subject", "since", "text", "action"}
        assert reason["text"].endswith(".") and reason["action"].endswith("."), reason
        # By the daemon's clock: some tests set it forward.
        assert not reason["since"] or reason["since"] <= health["clock"]["time"], reason
    return [reason for reason in health["reasons"] if component in (None, reason["component"])]


def test_nothing_is_named_when_all_is_well(daemon):
    until(lambda: not reasons(daemon), what="ok")


def test_a_lost_module_is_named(fresh):
    fresh.start()
    until(lambda: not reasons(fresh), what="ok")
    fresh.sim("fault 4 silence")
    def of_the_drive():
        return [reason for reason in reasons(fresh, "module") if reason["unit"] == 4]
    found = until(of_the_drive, what="a reason")
    assert {reason["code"] for reason in found} <= {"module_lost", "module_degraded"}
    until(lambda: [r for r in of_the_drive() if r["code"] == "module_lost" and r["since"]], what="lost, since when")
    assert fresh.get("health/live", role=None).status == 200
    assert fresh.get("health/ready", role=None).status == 200


def wait_for(url, *words):
    return subprocess.Popen([TOP / "scripts/wait-for", *words, url], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_a_script_waits_for_the_first_start(fresh):
    url = f"https://127.0.0.1:{free_port()}"
    fresh.write_config(http_listen=url.removeprefix("https://"))
    authority = fresh.state / "ca.crt"
    assert not authority.exists()
    with wait_for(url, "--cacert", authority) as waits:
        fresh.start()
        assert waits.communicate() == ("", "") and waits.returncode == 0
    other = fresh.folder / "other.crt"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=other",
                    "-keyout", fresh.folder / "other.key", "-out", other], check=True, capture_output=True)
    none = fresh.folder / "none.crt"
    none.write_text("no certificate")
    for address, file, status, said in ((url, other, 1, "certificate verify failed"), (url, none, 1, f"{none}: "),
                                        (url + "/elsewhere", authority, 1, "it answers 404"), ("https://127.0.0.1:1", authority, 1, "refused"),
                                        (url.replace("https", "http"), authority, 2, "not an https:// address")):
        with wait_for(address, "--cacert", file, "--for", "0") as waits:
            out, err = waits.communicate()
        assert (waits.returncode, out) == (status, "") and said in err.splitlines()[-1], (address, err)
    fresh.stop()


def test_no_module_at_all(fresh):
    fresh.start()
    until(lambda: not reasons(fresh), what="ok")
    fresh.stop_simulator()
    found = until(lambda: [r for r in reasons(fresh) if r["component"] in ("bus", "module")], what="a reason")
    assert all(reason["since"] for reason in found)


def test_a_certificate_that_is_not_renewed_is_named(fresh):
    skewed = Skewed(fresh)
    fresh.checks_time = False        # that of the certificate is a year ahead
    fresh.start()
    (fresh.state / "ca.key").rename(fresh.state / "elsewhere")
    skewed.set(370 * 86400)
    found = until(lambda: reasons(fresh, "certificate"), what="a reason")
    assert [reason["code"] for reason in found] == ["certificate_not_renewed"]
    (fresh.state / "elsewhere").rename(fresh.state / "ca.key")
    assert fresh.post("system/certificate", {}).status == 200
    until(lambda: not reasons(fresh, "certificate"), what="all well again")


def test_an_installed_certificate_that_ends_is_named(fresh):
    skewed = Skewed(fresh)
    fresh.start()
    fresh.stop()
    for suffix in ("crt", "key"):
        (fresh.state / f"server.{suffix}").rename(fresh.folder / f"installed.{suffix}")
    fresh.write_config(tls_certificate=fresh.folder / "installed.crt", tls_key=fresh.folder / "installed.key")
    fresh.start()
    assert not reasons(fresh, "certificate")
    skewed.set(391 * 86400)
    found = until(lambda: reasons(fresh, "certificate"), what="a reason")
    assert [reason["code"] for reason in found] == ["certificate_ends_soon"]
