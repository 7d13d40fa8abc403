# SPDX-License-Identifier: GPL-2.0-or-later
"""Quality of service. See __init__.py: it is not ROS."""
import enum


class ReliabilityPolicy(enum.Enum):
    RELIABLE = 1
    BEST_EFFORT = 2


class DurabilityPolicy(enum.Enum):
    TRANSIENT_LOCAL = 1
    VOLATILE = 2


class QoSProfile:
    def __init__(self, *, depth, reliability, durability):
        assert isinstance(depth, int) and depth > 0
        self.depth, self.reliability, self.durability = depth, ReliabilityPolicy(reliability), DurabilityPolicy(durability)

    def plain(self):
        return {"depth": self.depth, "reliability": self.reliability.name, "durability": self.durability.name}
