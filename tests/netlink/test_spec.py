# SPDX-License-Identifier: GPL-2.0-or-later
"""docs/netlink/oht.yaml for the kernel's own YNL tools, and held against include/uapi/linux/oht_netlink.h in both directions."""
import subprocess

import pytest

from _spec import INCLUDE, SPEC, Spec, headers, tools


def test_nothing_is_wrong(tmp_path):
    assert Spec(SPEC.read_text(), tmp_path).complaints(headers()) == []


def test_generated_code_compiles_with_our_headers(tmp_path):
    """What YNL makes for programs in C, with the kernel's own library and every warning."""
    spec = Spec(SPEC.read_text(), tmp_path)
    spec.generate("--mode", "user", "--header", "-o", tmp_path / "oht-user.h")
    spec.generate("--mode", "user", "--source", "--user-header", "linux/oht_netlink.h", "-o", tmp_path / "oht-user.c")
    done = subprocess.run(["gcc", "-Wall", "-Werror", "-fsyntax-only", "-isystem", tools() / "tools/net/ynl/lib",
                           "-I", INCLUDE.parent, tmp_path / "oht-user.c"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "oht_device_get_dump" in (tmp_path / "oht-user.c").read_text()


# What is changed, and what must be said of it.
WRONG_SPECS = [
    ("name: count, type: u32, value: 34", "name: count, type: u32, value: 40", "numbers: OHT_A_COUNT is 40"),
    ("name: crc-errors, type: u64, value: 7", "name: crc-error, type: u64, value: 7", "numbers: OHT_A_STAT_CRC_ERRORS is missing"),
    ("name: unit-get\n      value: 3", "name: unit-get\n      value: 4", "numbers: OHT_CMD_UNIT_GET is 4"),
    ("      - { name: degraded, type: u64, value: 18 }\n", "", "numbers: OHT_A_STAT_DEGRADED is missing"),
    ("c-define-name: oht-mcgrp-bus", "c-define-name: oht-mcgrp-buses", "numbers: OHT_MCGRP_BUS is missing"),
    ("      name: bus\n      c-define", "      name: busses\n      c-define", 'numbers: OHT_MCGRP_BUS is "busses"'),
    ("mcgrp: safety", "mcgrp: bus", "OHT_CMD_SAFETY_NTF: group bus, must be safety"),
    ("version: 1\n", "version: 2\n", "numbers: OHT_GENL_VERSION is 2"),
    ("{ name: deadman, value: 7 }", "{ name: deadman, value: 9 }", "cause: OHT_CAUSE_DEADMAN is 9"),
    ("      - { name: lost, value: 4 }\n", "", "cycle-kind: OHT_CYCLE_LOST is missing"),
    ("[ a, b, feedback-1, feedback-2 ]", "[ b, a, feedback-1, feedback-2 ]", "input: OHT_INPUT_A is 1"),
    ("name: seq, type: u64", "name: seq, type: u32", "types: OHT_A_SEQ is u32, must be u64"),
    ("inputs, outputs, low-ns ]", "inputs, outputs ]", "OHT_CMD_SAFETY_NTF: LOW_NS is on one side alone"),
    ("generation, entry, unit, detail ]", "generation, entry, unit, detail, health ]", "OHT_CMD_CYCLE_NTF: HEALTH is on one side alone"),
    ("protocol: genetlink-legacy", "protocol: genetlink", "schema: "),
    ("type: string, value: 3", "type: text, value: 3", "schema: attribute-sets/0/attributes/2/type"),
    ("nested-attributes: statistics", "nested-attributes: nothing", "generator: "),
    ("((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause)", "GPL-2.0-only", "generator: License must be"),
]
WRONG_HEADERS = [
    ("oht_netlink.h", "OHT_A_COUNT\t\t\t= 34", "OHT_A_COUNT\t\t\t= 40", "numbers: OHT_A_COUNT is 34 in the specification, 40"),
    ("oht_netlink.h", "OHT_CMD_CYCLE_NTF\t= 6,", "OHT_CMD_CYCLE_NTF\t= 6,\n\tOHT_CMD_NEW\t= 7,", "numbers: OHT_CMD_NEW is missing"),
    ("oht_netlink.h", '"safety"\n', '"stops"\n', 'numbers: OHT_MCGRP_SAFETY is "safety" in the specification, "stops"'),
    ("oht_netlink.h", "OHT_A_STAT_PARITY\t\t= 26", "OHT_A_STAT_PARITY\t\t= 62", "numbers: OHT_A_STAT_PARITY is 26"),
    ("oht_netlink.h", "out: OHT_A_DEVICE, OHT_A_NAME,", "out: OHT_A_DEVICE,", "OHT_CMD_DEVICE_GET: NAME is on one side alone"),
    ("oht.h", "OHT_CAUSE_PANIC\t\t\t= 15", "OHT_CAUSE_PANIC\t\t\t= 51", "cause: OHT_CAUSE_PANIC is 15"),
    ("oht.h", "#define OHT_OUTPUT_ENABLE_2\t(1U << 1)", "#define OHT_OUTPUT_ENABLE_2\t(1U << 2)", "output: OHT_OUTPUT_ENABLE_2 is 1"),
    ("oht_unit.h", "OHT_HEALTH_GOOD\t\t= 1", "OHT_HEALTH_FINE\t\t= 1", "unit-health: OHT_HEALTH_FINE is missing"),
]


def changed(text, old, new):
    assert old in text, f"{old!r} is not there"
    return text.replace(old, new)


@pytest.mark.parametrize("old, new, line", WRONG_SPECS)
def test_a_wrong_specification_is_noticed(tmp_path, old, new, line):
    found = Spec(changed(SPEC.read_text(), old, new), tmp_path).complaints(headers())
    assert any(one.startswith(line) for one in found), found


@pytest.mark.parametrize("name, old, new, line", WRONG_HEADERS)
def test_a_changed_header_is_noticed(tmp_path, name, old, new, line):
    texts = headers()
    texts[name] = changed(texts[name], old, new)
    found = Spec(SPEC.read_text(), tmp_path).complaints(texts)
    assert any(one.startswith(line) for one in found), found
