# SPDX-License-Identifier: GPL-2.0-or-later
"""What somebody meets who looks after a robot: the image, the way back from a lost card, the doctor."""
import _container


def run(bench):
    """Record the group."""
    _container.record(bench)
