# SPDX-License-Identifier: GPL-2.0-or-later
"""See ../message.py: it is not ROS."""
from message import BOOL, STRING, message


class Trigger:
    NAME = "std_srvs/srv/Trigger"
    Request = message("std_srvs/srv/Trigger_Request")
    Response = message("std_srvs/srv/Trigger_Response", success=BOOL, message=STRING)
