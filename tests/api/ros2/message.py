# SPDX-License-Identifier: GPL-2.0-or-later
"""Classes of messages that take what those of ROS 2 take: fields by their names, values of their types. It is not ROS.

Names and types are those of the published definitions (ros2/common_interfaces, ros2/rcl_interfaces: builtin_interfaces).
"""
import math


class Scalar:
    """A type of fields: what it is in Python, and what it is without a value."""

    def __init__(self, kind, default, good=lambda value: True):
        self.kind, self.default, self.good = kind, default, good

    def make(self):
        return self.default

    def check(self, value):
        # True is an int in Python, and no number for a message.
        return isinstance(value, self.kind) and (self.kind is bool or not isinstance(value, bool)) and self.good(value)


def within(low, high):
    return lambda value: low <= value <= high


BOOL = Scalar(bool, False)
STRING = Scalar(str, "")
BYTE = Scalar(bytes, b"\0", lambda value: len(value) == 1)
UINT8 = Scalar(int, 0, within(0, 2 ** 8 - 1))
INT32 = Scalar(int, 0, within(-2 ** 31, 2 ** 31 - 1))
UINT32 = Scalar(int, 0, within(0, 2 ** 32 - 1))
FLOAT64 = Scalar(float, 0.0)
FLOAT32 = Scalar(float, 0.0, lambda value: not math.isfinite(value) or abs(value) <= 3.402823e38)


class Several:
    """A list of any length."""

    def __init__(self, element):
        self.element = element

    def make(self):
        return []

    def check(self, value):
        return isinstance(value, list) and all(self.element.check(each) for each in value)


class Message:
    """Of one type; FIELDS has its fields."""

    NAME, FIELDS = "", {}

    def __init__(self):
        for name, kind in self.FIELDS.items():
            object.__setattr__(self, name, kind.make())

    def __setattr__(self, name, value):
        if name not in self.FIELDS:
            raise AttributeError(f"{self.NAME} has no field {name}")
        assert self.FIELDS[name].check(value), f"{self.NAME}.{name}: {value!r}"
        object.__setattr__(self, name, value)

    @classmethod
    def make(cls):
        return cls()

    @classmethod
    def check(cls, value):
        return isinstance(value, cls)

    def plain(self):
        return {name: plain(getattr(self, name)) for name in self.FIELDS}


def plain(value):
    if isinstance(value, Message):
        return value.plain()
    if isinstance(value, list):
        return [plain(each) for each in value]
    if isinstance(value, bytes):
        return value[0]
    return None if isinstance(value, float) and math.isnan(value) else value


def message(type_name, /, **fields):
    """A class for a type."""
    return type(type_name.rpartition("/")[2], (Message,), {"NAME": type_name, "FIELDS": fields})
