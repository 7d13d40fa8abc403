# SPDX-License-Identifier: GPL-2.0-or-later
"""Tables of the robot for a host that lets simulator or daemon wait for seconds: no module is lost then, and no start has failed."""
import pathlib

DATA = pathlib.Path(__file__).resolve().parents[3] / "userspace/data"
CHANGES = {"loss.csv": ("\nsafety,100,100,", "\nsafety,1000,1000,"), "state_machine.csv": ("in_state_ms >= 5000", "in_state_ms >= 60000")}


def patient_tables():
    """{name: text} of those that are other than the shipped ones."""
    made = {}
    for name, (shipped, patient) in CHANGES.items():
        text = (DATA / name).read_text(encoding="utf-8")
        assert text.count(shipped) == 1, name
        made[name] = text.replace(shipped, patient)
    return made
