# SPDX-License-Identifier: GPL-2.0-or-later
"""What is wrong with the tree of a board that has our overlay, a line for each: node, property, reason.

A pin is (controller's label in the tables below, number). A Raspberry Pi has one controller, the Rockchip five banks.
"""
from dataclasses import dataclass
import re

NONE, DOWN, UP = "no pull", "pull-down", "pull-up"


@dataclass
class Board:
    """The port's node, and {pin: (function, pull)} that its pin groups must make."""
    port: str
    pins: dict
    # Function of a pin that is a GPIO.
    gpio: object
    # Where the register that the panic writes is in `reg` of the controller of the enables: entry and offset.
    panic: tuple


BOARDS = {
    "rpi-4": Board("/soc/serial@7e201600", {
        (0, 4): (3, NONE), (0, 5): (3, UP), (0, 17): (None, DOWN), (0, 27): (None, DOWN), (0, 22): (None, DOWN),
        (0, 23): (None, DOWN), (0, 24): (None, UP)}, None, (0, 0x28)),
    "rpi-5": Board("/rp1/serial@38000", {
        (0, 4): ("uart2", NONE), (0, 5): ("uart2", UP), (0, 17): (None, DOWN), (0, 27): (None, DOWN), (0, 22): (None, DOWN),
        (0, 23): (None, DOWN), (0, 24): (None, UP)}, None, (1, 0x3000)),
    "orangepi-5b": Board("/serial@feb40000", {
        (1, 14): (10, UP), (1, 15): (10, UP), (1, 26): (0, UP), (1, 27): (0, DOWN), (4, 3): (0, DOWN), (4, 4): (0, DOWN)},
        0, (0, 0)),
}
OUTPUTS = ("enable-gpios", "de-gpios", "enable-pulse-gpios")
INPUTS = ("estop-gpios", "enable-feedback-gpios", "reset-gpios")


def node_at(root, path):
    for name in path.strip("/").split("/"):
        root = root.children[name]
    return root


def handles(root):
    """{phandle: node}."""
    return {node.number("phandle"): node for node in root.walk() if "phandle" in node.properties}


def bank(controller):
    """The Rockchip's banks are named by their alias only; they lie in order, the first apart from the others."""
    banks = [child for child in controller.parent.children.values() if child.name.startswith("gpio@")]
    return banks.index(controller) if "rockchip" in controller.strings("compatible")[0] else 0


def _brcm(group):
    pins, functions, pulls = (group.cells(f"brcm,{name}") for name in ("pins", "function", "pull"))
    for i, pin in enumerate(pins):
        # One value stands for all pins.
        function = functions[i if len(functions) > 1 else 0] if functions else None
        pull = (NONE, DOWN, UP)[pulls[i if len(pulls) > 1 else 0]] if pulls else None
        yield (0, pin), (function, pull)


def _bias(node):
    return next((pull for name, pull in (("bias-disable", NONE), ("bias-pull-down", DOWN), ("bias-pull-up", UP))
                 if name in node.properties), None)


def _rockchip(group, known):
    cells = group.cells("rockchip,pins")
    for at in range(0, len(cells), 4):
        yield (cells[at], cells[at + 1]), (cells[at + 2], _bias(known[cells[at + 3]]))


def _named(group):
    for node in group.walk():
        for pin in node.strings("pins"):
            yield (0, int(re.sub(r"\D", "", pin))), ((node.strings("function") or [None])[0], _bias(node))


def pins_of(node, known):
    """{pin: (function, pull)} of all states of a node."""
    found = {}
    for name in node.properties:
        if not re.fullmatch(r"pinctrl-\d+", name):
            continue
        for handle in node.cells(name):
            group = known[handle]
            if "rockchip,pins" in group.properties:
                found.update(_rockchip(group, known))
            elif "brcm,pins" in group.properties:
                found.update(_brcm(group))
            else:
                found.update(_named(group))
    return found


def lines_of(node, name, known):
    """[(controller, pin, is it active low)] of a property."""
    cells = node.cells(name)
    return [(known[cells[at]], (bank(known[cells[at]]), cells[at + 1]), cells[at + 2] & 1) for at in range(0, len(cells), 3)]


def _lines(board, port, known):
    """Each line is a GPIO among the pins, pulled to what does not move the machine, and there once."""
    seen = {}
    for name in (*INPUTS, *OUTPUTS):
        for i, (_, pin, low) in enumerate(lines_of(port, name, known)):
            where = f"{port.path}: {name}[{i}]"
            function, pull = pins_of(port, known).get(pin, (None, None))
            if pin in seen:
                yield f"{where}: same pin {pin} as {seen[pin]}"
            seen[pin] = f"{name}[{i}]"
            if function != board.gpio:
                yield f"{where}: pin {pin} has function {function}"
            if pull != (UP if low else DOWN):
                yield f"{where}: pin {pin} has {pull}, must have {UP if low else DOWN}"


def _panic(board, port, known):
    """The write goes to the register of the controller of the enables, and lowers them and nothing else."""
    cells = port.cells("oht,panic-write")
    if len(cells) != 4:
        yield f"{port.path}: oht,panic-write: {len(cells)} cells"
        return
    enables = lines_of(port, "enable-gpios", known)
    entry, offset = board.panic
    start, size = enables[0][0].registers()[entry]
    address, mask, value = cells[0] << 32 | cells[1], cells[2], cells[3]
    if not start <= address < start + size:
        yield f"{port.path}: oht,panic-write: {address:#x} is outside of {start:#x} to {start + size - 1:#x}"
    elif address != start + offset:
        yield f"{port.path}: oht,panic-write: {address:#x} is not the register {start + offset:#x}"
    bits = sum(1 << pin[1] for _, pin, _ in enables)
    if (mask, value) != (0xffffffff, bits << (16 if "rockchip" in enables[0][0].strings("compatible")[0] else 0)):
        yield f"{port.path}: oht,panic-write: {mask:#x} {value:#x} do not lower the pins of enable-gpios alone"


def _gpios_of(node, controllers, known):
    """Pins of these controllers that a node has as lines."""
    found = set()
    # These two have the labels of nodes as names, and text as values.
    if node.name in ("aliases", "__symbols__"):
        return found
    for name in node.properties:
        if re.fullmatch(r"(.*-)?gpios?", name):
            cells = node.cells(name)
            found |= {(bank(known[one]), pin) for one, pin in zip(cells, cells[1:]) if known.get(one) in controllers}
    return found


def _others(port, root, known):
    """No other node in use has one of our pins."""
    ours = set(pins_of(port, known))
    controllers = {line[0] for name in (*INPUTS, *OUTPUTS) for line in lines_of(port, name, known)}
    for node in root.walk():
        if node is port or not node.enabled():
            continue
        both = ours & (set(pins_of(node, known)) | _gpios_of(node, controllers, known))
        if both:
            yield f"{node.path}: in use, and has pins {sorted(both)} as well"


def complaints(name, root):
    """All of them; none if the board is well."""
    board, known = BOARDS[name], handles(root)
    port = node_at(root, board.port)
    found = [] if port.enabled() else [f"{port.path}: status: not in use"]
    if len(port.strings("compatible")) != 1 or not port.strings("compatible")[0].startswith("oht,rs485-"):
        found.append(f"{port.path}: compatible: {port.strings('compatible')} lets another driver bind")
    if pins_of(port, known) != board.pins:
        found.append(f"{port.path}: pinctrl-0: {pins_of(port, known)}")
    for prop, wanted in (("estop-gpios", 2), ("enable-gpios", 2)):
        if len(lines_of(port, prop, known)) != wanted:
            found.append(f"{port.path}: {prop}: {len(lines_of(port, prop, known))} lines, must be {wanted}")
    found += _lines(board, port, known)
    found += _panic(board, port, known)
    found += _others(port, root, known)
    return found
