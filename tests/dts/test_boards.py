# SPDX-License-Identifier: GPL-2.0-or-later
"""The overlays of real boards, applied by fdtoverlay to trees of those boards: pins, pulls, lines, the panic's register, what
else uses them; and that overlays which are wrong are noticed, by node and property."""
import pathlib
import re
import subprocess

import pytest

from _board import BOARDS, complaints, handles, node_at
from oht_test import fdt
from vsbc import paths

TOP = pathlib.Path(__file__).resolve().parents[2]


def build(*arguments):
    return subprocess.run([TOP / "scripts/build-board-dtb", *arguments], capture_output=True, text=True, check=False,
                          stdin=subprocess.DEVNULL)


def tree_of(board, overlay=None):
    """Root of the board's tree without our overlay and with it."""
    done = build(board, *([overlay] if overlay else []))
    assert done.returncode == 0, done.stderr
    result = pathlib.Path(done.stdout.strip())
    return fdt.read(result.with_name(f"{board}-without.dtb")), fdt.read(result)


def changed(tmp_path, board, old, new):
    """The board's overlay with one text changed."""
    text = (TOP / f"dts/oht-{board}.dtso").read_text()
    assert old in text, f"{old} is not in the overlay of {board}"
    path = tmp_path / f"wrong-{board}.dtso"
    path.write_text(text.replace(old, new))
    return path


@pytest.mark.parametrize("board", BOARDS)
def test_it_fits(board):
    assert complaints(board, tree_of(board)[1]) == []


@pytest.mark.parametrize("board", BOARDS)
def test_nothing_else_is_changed(board):
    """Besides the port's node and new pin groups, all is as it was."""
    before, after = tree_of(board)
    ours = {board_node for board_node in after.children if board_node == "__symbols__"}

    def flat(root):
        return {node.path: node.properties for node in root.walk()
                if node.path != BOARDS[board].port and not node.path.strip("/").split("/")[0] in ours}
    old, new = flat(before), flat(after)
    assert not set(old) - set(new)
    assert all("oht" in path for path in set(new) - set(old)), set(new) - set(old)
    # A handle is given to what we refer to; the overlay's own `compatible` of the root is the one that is there.
    different = {(path, name) for path in old for name in set(old[path]) | set(new[path])
                 if old[path].get(name) != new[path].get(name) and name != "phandle"}
    assert different <= {("/", "compatible")}, different


@pytest.mark.parametrize("board", BOARDS)
def test_the_port_keeps_its_registers_interrupt_and_clock(board):
    before, after = (node_at(root, BOARDS[board].port) for root in tree_of(board))
    for name in ("reg", "interrupts", "clocks", "clock-names", "reg-shift", "reg-io-width"):
        assert before.properties.get(name) == after.properties.get(name), name
    assert after.number("current-speed") == 115200
    assert before.strings("status") == ["disabled"], "the board itself uses this UART"


@pytest.mark.parametrize("board", ["rpi-4", "orangepi-5b"])
def test_the_console_is_elsewhere(board):
    _, root = tree_of(board)
    console = node_at(root, "chosen").strings("stdout-path")[0].split(":")[0]
    console = node_at(root, "aliases").strings(console)[0] if not console.startswith("/") else console
    assert console != BOARDS[board].port


def test_who_shares_the_interrupt():
    """docs/hardware.md says what follows from it: of the Raspberry Pi 4 the UART of Bluetooth, of the others nobody."""
    sharing = {}
    for board in BOARDS:
        _, root = tree_of(board)
        port = node_at(root, BOARDS[board].port)
        sharing[board] = [node.path for node in root.walk() if node is not port and node.enabled()
                          and node.properties.get("interrupts") == port.properties["interrupts"]]
    assert sharing == {"rpi-4": ["/soc/serial@7e201000"], "rpi-5": [], "orangepi-5b": []}


def commands_of(page, word):
    """The blocks of a page for the shell that have this word."""
    blocks = re.findall(r"^```sh\n(.*?)^```", (TOP / page).read_text(), re.M | re.S)
    return [block for block in blocks if word in block]


@pytest.mark.parametrize("board, kernel", [("rpi-4", "stock"), ("rpi-4", "newer"), ("orangepi-5b", "newer")])
def test_the_commands_of_the_page_merge_it(tmp_path, board, kernel):
    """Those of docs/hardware.md, with this machine's places of what the packages install there."""
    tree, = (paths.CACHE / "kernels" / kernel).glob("usr/lib/linux-image-*")
    subprocess.run(["dtc", "-q", "-@", "-I", "dts", "-O", "dtb", "-o", tmp_path / f"oht-{board}.dtbo", TOP / f"dts/oht-{board}.dtso"],
                   check=True)
    block, = commands_of("docs/hardware.md", f"/oht-{board}.dtbo")
    if (board, kernel) == ("rpi-4", "newer"):
        block = "\n".join(block.splitlines()[i] for i in (0, -1))
    block = block.replace("/usr/lib/linux-image-$(uname -r)", str(tree)).replace("/usr/share/oht/overlays", str(tmp_path))
    assert "/usr/" not in block.replace(str(tree), "")
    subprocess.run(["sh", "-e", "-c", block], cwd=tmp_path, check=True)
    root = fdt.read(tmp_path / "oht-board.dtb")
    assert complaints(board, root) == []
    if board == "rpi-4":
        block, = commands_of("docs/hardware.md", "status disabled")
        subprocess.run(["sh", "-e", "-c", block], cwd=tmp_path, check=True)
        assert not node_at(fdt.read(tmp_path / "oht-board.dtb"), "/soc/serial@7e201000").enabled()


def test_the_page_and_the_overlays_agree():
    """Each pin of the page's table is one of the overlay."""
    page = (TOP / "docs/hardware.md").read_text()
    for row in re.findall(r"^\| Raspberry Pi [45].*\[oht-rpi-.*$", page, re.M):
        board = re.search(r"oht-(rpi-\d)", row)[1]
        told = {int(pin) for cell in re.findall(r"GPIO ([\d, and]+)", row) for pin in re.findall(r"\d+", cell)}
        assert told == {pin for _, pin in BOARDS[board].pins}, row
    assert "`gpio=17,27=op,dl`" in page and "`gpio clear E3`" in page and "`gpio clear E4`" in page
    row, = re.findall(r"^\| Orange Pi 5B \| \[oht-.*$", page, re.M)
    assert all(pin in row for pin in ("GPIO1_B6 and B7", "GPIO1_D3, D2", "GPIO4_A3, A4")), row


WRONG = [
    # no button
    ("rpi-4", "estop-gpios = <&gpio 23 0>, <&gpio 24 1>;", "", "/soc/serial@7e201600: estop-gpios: 0 lines, must be 2"),
    ("orangepi-5b", "enable-gpios = <&gpio4 3 0>, <&gpio4 4 0>;", "enable-gpios = <&gpio4 3 0>;",
     "/serial@feb40000: enable-gpios: 1 lines, must be 2"),
    # shared lines
    ("rpi-4", "enable-gpios = <&gpio 17 0>, <&gpio 27 0>;", "enable-gpios = <&gpio 17 0>, <&gpio 23 0>;",
     "/soc/serial@7e201600: enable-gpios[1]: same pin (0, 23) as estop-gpios[0]"),
    ("rpi-5", "de-gpios = <&rp1_gpio 22 0>;", "de-gpios = <&rp1_gpio 27 0>;",
     "/rp1/serial@38000: de-gpios[0]: same pin (0, 27) as enable-gpios[1]"),
    # addresses beyond the bus
    ("rpi-4", "<0x0 0xfe200028", "<0x1f 0xfe200028",
     "/soc/serial@7e201600: oht,panic-write: 0x1ffe200028 is outside of 0xfe200000 to 0xfe2000b3"),
    ("rpi-5", "<0x1f 0x000e3000", "<0x0 0x000e3000",
     "/rp1/serial@38000: oht,panic-write: 0xe3000 is outside of 0x1f000e0000 to 0x1f000ebfff"),
    ("orangepi-5b", "<0x0 0xfec50000", "<0x0 0xfec50004",
     "/serial@feb40000: oht,panic-write: 0xfec50004 is not the register 0xfec50000"),
    ("orangepi-5b", "0x00180000>", "0x00180018>",
     "/serial@feb40000: oht,panic-write: 0xffffffff 0x180018 do not lower the pins of enable-gpios alone"),
    # outputs that rise before the driver comes, inputs that float
    ("orangepi-5b", "<4 3 0 &pcfg_pull_down>", "<4 3 0 &pcfg_pull_up>",
     "/serial@feb40000: enable-gpios[0]: pin (4, 3) has pull-up, must have pull-down"),
    ("rpi-4", "brcm,pull = <1 1 1 2 1>;", "brcm,pull = <1 1 0 2 1>;",
     "/soc/serial@7e201600: estop-gpios[0]: pin (0, 23) has no pull, must have pull-down"),
    ("rpi-5", "bias-pull-down;", "bias-pull-up;",
     "/rp1/serial@38000: enable-gpios[0]: pin (0, 17) has pull-up, must have pull-down"),
    ("orangepi-5b", "<4 4 0 &pcfg_pull_down>", "<4 4 10 &pcfg_pull_down>",
     "/serial@feb40000: enable-gpios[1]: pin (4, 4) has function 10"),
    # somebody else's pins, somebody else's driver
    ("rpi-4", "brcm,pins = <4 5>;", "brcm,pins = <14 15>;",
     "/soc/serial@7e215040: in use, and has pins [(0, 14), (0, 15)] as well"),
    ("orangepi-5b", "<4 4 0 &pcfg_pull_down>", "<4 13 0 &pcfg_pull_down>",
     "/vcc-3v3-sd-s0-regulator: in use, and has pins [(4, 13)] as well"),
    ("rpi-4", '"oht,rs485-pl011";', '"oht,rs485-pl011", "arm,pl011";', "/soc/serial@7e201600: compatible: "),
    ("orangepi-5b", 'status = "okay";', "", "/serial@feb40000: status: not in use"),
]


@pytest.mark.parametrize("board, old, new, line", WRONG)
def test_wrong_is_noticed(tmp_path, board, old, new, line):
    _, root = tree_of(board, changed(tmp_path, board, old, new))
    found = complaints(board, root)
    assert any(one.startswith(line) for one in found), found


@pytest.mark.parametrize("arguments, word", [
    ([], "usage"),
    (["rpi-3"], "no overlay"),
    (["rpi-3", "dts/oht-rpi-4.dtso"], "no board 'rpi-3'"),
    (["rpi-4", "dts/nowhere.dtso"], "no overlay dts/nowhere.dtso"),
    (["rpi-4", "dts/oht-rpi-5.dtso"], "to the tree of rpi-4"),
    (["orangepi-5b", "dts/oht-rpi-4.dtso"], "to the tree of orangepi-5b"),
    (["rpi-4", "dts/meson.build"], "dtc refuses"),
])
def test_build_refuses(arguments, word, monkeypatch):
    monkeypatch.chdir(TOP)
    done = build(*arguments)
    assert done.returncode == 1 and word in done.stderr.splitlines()[-1], done.stderr


def test_a_tree_without_labels_takes_no_overlay(tmp_path):
    """What docs/hardware.md says of trees that were compiled without -@."""
    base = tmp_path / "base.dtb"
    subprocess.run(["dtc", "-q", "-I", "dts", "-O", "dtb", "-o", base, TOP / "tests/dts/rpi-5.dts"], check=True)
    overlay = tmp_path / "overlay.dtbo"
    subprocess.run(["dtc", "-q", "-@", "-I", "dts", "-O", "dtb", "-o", overlay, TOP / "dts/oht-rpi-5.dtso"], check=True)
    done = subprocess.run(["fdtoverlay", "-i", base, "-o", tmp_path / "out.dtb", overlay], capture_output=True, text=True, check=False)
    assert done.returncode != 0 and "FDT_ERR_NOTFOUND" in done.stderr, done.stderr


def test_a_file_that_is_no_tree():
    with pytest.raises(AssertionError, match="is no device tree"):
        fdt.read(TOP / "dts/oht-rpi-4.dtso")


def test_handles_are_unique():
    """Two nodes with one handle would give the overlay another node than its label says."""
    for board in BOARDS:
        _, root = tree_of(board)
        with_handle = [node for node in root.walk() if "phandle" in node.properties]
        assert len(with_handle) == len(handles(root))
