# SPDX-License-Identifier: GPL-2.0-or-later
"""Who handles signals. See __init__.py: it is not ROS."""
import enum


class SignalHandlerOptions(enum.Enum):
    NO = 0
    ALL = 3
