# SPDX-License-Identifier: GPL-2.0-or-later
"""How late this host wakes who sleeps: sleeps 1 ms at a time until its input ends, then prints p99.9 and longest in ms.

A process of its own: who measures something else must not wait for it, nor it for him.
"""
import select
import sys
import time

SLEEP_S = 0.001


def main():
    late_ns = []
    while not select.select([sys.stdin], [], [], 0)[0]:
        due_ns = time.monotonic_ns() + int(SLEEP_S * 1e9)
        time.sleep(SLEEP_S)
        late_ns.append(time.monotonic_ns() - due_ns)
    late_ns.sort()
    print(f"{late_ns[len(late_ns) * 999 // 1000] / 1e6:.3f} {late_ns[-1] / 1e6:.3f}")


main()
