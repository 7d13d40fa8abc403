# SPDX-License-Identifier: GPL-2.0-or-later
"""A node whose publishers print. See __init__.py: it is not ROS."""
import re

from .qos import QoSProfile

# Relative, from the root or private, of words.
NAME = re.compile(r"(~/|/)?[A-Za-z_][A-Za-z0-9_]*(/[A-Za-z_][A-Za-z0-9_]*)*")


class Publisher:
    def __init__(self, kind, topic, profile, tell):
        self.kind, self.topic, self.profile, self.tell = kind, topic, profile, tell

    def publish(self, message):
        if not isinstance(message, self.kind):
            raise TypeError(f"{message} is no {self.kind}")
        self.tell(topic=self.topic, type=self.kind.NAME, message=message.plain(), qos=self.profile.plain())


class Node:
    def __init__(self, node_name, tell):
        self.name, self.tell = node_name, tell
        self.services = {}

    def create_publisher(self, msg_type, topic, qos_profile):
        assert NAME.fullmatch(topic) and isinstance(qos_profile, QoSProfile), topic
        return Publisher(msg_type, topic, qos_profile, self.tell)

    def create_service(self, srv_type, srv_name, callback):
        assert NAME.fullmatch(srv_name) and srv_name not in self.services, srv_name
        self.services[srv_name] = (srv_type, callback)
        self.tell(event="service", name=srv_name, type=srv_type.NAME)
