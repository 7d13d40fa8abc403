# SPDX-License-Identifier: GPL-2.0-or-later
"""The virtual SBC: a QEMU arm64 board with our module in it, seen from outside.

machine.Machine  boots one board and owns its processes; tests use it directly
pins.Pins        the button lines and the output pins, over qtest
guest.Guest      runs shell commands in the guest
wire.Wire        who is at the far end of the RS485 wire
supervisor       `make run`: one Machine with everything around it, and a control socket
"""
