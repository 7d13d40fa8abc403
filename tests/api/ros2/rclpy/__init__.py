# SPDX-License-Identifier: GPL-2.0-or-later
"""A stand-in for rclpy: prints what is published and answers calls that come on standard input. It is not ROS.

As much of the interface of ROS 2 Humble and later as examples/ros2 uses, with the same names, and as strict: what rclpy or a message
class would refuse is refused here. A line "call SERVICE" calls a service; "shutdown" is what ends ROS from outside.
"""
import json
import os
import select
import sys
import threading

from .node import Node
from .signals import SignalHandlerOptions

_running = threading.Event()


def init(*, args=None, signal_handler_options=SignalHandlerOptions.ALL):
    assert not _running.is_set(), "init() twice"
    _running.set()
    tell(event="init", args=args, signals=signal_handler_options.name)


def ok():
    return _running.is_set()


def shutdown():
    if not _running.is_set():
        raise RuntimeError("shutdown() without init()")
    _running.clear()
    tell(event="shutdown")


def create_node(node_name):
    assert ok(), "a node before init()"
    return Node(node_name, tell)


def tell(**line):
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def _call(node, name):
    kind, callback = node.services[name]
    response = callback(kind.Request(), kind.Response())
    assert isinstance(response, kind.Response), response
    tell(service=name, response=response.plain())


def spin(node):
    """Standard input is read as a file descriptor: what the program itself has read of it is another's."""
    source, waiting = [sys.stdin.fileno()], b""
    while ok():
        if not select.select(source, [], [], 0.05)[0]:
            continue
        data = os.read(source[0], 4096)
        if not data:
            source = []
        *lines, waiting = (waiting + data).split(b"\n")
        for line in lines:
            word, _, name = line.decode().partition(" ")
            if word == "shutdown":
                return
            assert word == "call", line
            _call(node, name)
