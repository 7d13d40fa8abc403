# SPDX-License-Identifier: GPL-2.0-or-later
"""See ../message.py: it is not ROS."""
from message import BOOL, FLOAT32, FLOAT64, STRING, UINT8, Several, message
from std_msgs.msg import Header

BatteryState = message(
    "sensor_msgs/msg/BatteryState", header=Header, voltage=FLOAT32, temperature=FLOAT32, current=FLOAT32, charge=FLOAT32,
    capacity=FLOAT32, design_capacity=FLOAT32, percentage=FLOAT32, power_supply_status=UINT8, power_supply_health=UINT8,
    power_supply_technology=UINT8, present=BOOL, cell_voltage=Several(FLOAT32), cell_temperature=Several(FLOAT32), location=STRING,
    serial_number=STRING)
JointState = message(
    "sensor_msgs/msg/JointState", header=Header, name=Several(STRING), position=Several(FLOAT64), velocity=Several(FLOAT64),
    effort=Several(FLOAT64))
