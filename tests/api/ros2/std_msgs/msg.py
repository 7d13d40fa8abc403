# SPDX-License-Identifier: GPL-2.0-or-later
"""See ../message.py: it is not ROS."""
from message import BOOL, INT32, STRING, UINT32, message

Time = message("builtin_interfaces/msg/Time", sec=INT32, nanosec=UINT32)
Header = message("std_msgs/msg/Header", stamp=Time, frame_id=STRING)
String = message("std_msgs/msg/String", data=STRING)
Bool = message("std_msgs/msg/Bool", data=BOOL)
