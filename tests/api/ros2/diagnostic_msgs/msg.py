# SPDX-License-Identifier: GPL-2.0-or-later
"""See ../message.py: it is not ROS."""
from message import BYTE, STRING, Several, message
from std_msgs.msg import Header

KeyValue = message("diagnostic_msgs/msg/KeyValue", key=STRING, value=STRING)
DiagnosticStatus = message(
    "diagnostic_msgs/msg/DiagnosticStatus", level=BYTE, name=STRING, message=STRING, hardware_id=STRING, values=Several(KeyValue))
DiagnosticArray = message("diagnostic_msgs/msg/DiagnosticArray", header=Header, status=Several(DiagnosticStatus))
