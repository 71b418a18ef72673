"""State of a body that lies still, with its motors off and a full battery."""

from typing import Any

from bosdyn.api.robot_state_pb2 import (
    BatteryState,
    BehaviorState,
    EStopState,
    FootState,
    PowerState,
)

from spot_webcam.fakes.robot.services.frames import write_frame_tree

# Joint angles of a folded leg: hip x, hip y, knee; radians.
_LEG = {"hx": 0.0, "hy": 1.25, "kn": -2.75}
_LEGS = ("fl", "fr", "hl", "hr")


def write_posture(robot: Any, now: Any) -> None:
    """Fill a `RobotState` with everything but its faults. `now` is robot time."""
    _write_power(robot, now)
    kinematics = robot.kinematic_state
    kinematics.acquisition_timestamp.CopyFrom(now)
    write_frame_tree(kinematics.transforms_snapshot)
    # Present, and zero: the body does not move.
    kinematics.velocity_of_body_in_vision.SetInParent()
    kinematics.velocity_of_body_in_odom.SetInParent()
    for leg in _LEGS:
        for joint, angle in _LEG.items():
            state = kinematics.joint_states.add(name=f"{leg}.{joint}")
            state.position.value = angle
            state.velocity.value = 0.0
        robot.foot_state.add(contact=FootState.CONTACT_MADE)
    robot.behavior_state.state = BehaviorState.STATE_NOT_READY


def _write_power(robot: Any, now: Any) -> None:
    power = robot.power_state
    power.timestamp.CopyFrom(now)
    power.motor_power_state = PowerState.MOTOR_POWER_STATE_OFF
    power.robot_power_state = PowerState.ROBOT_POWER_STATE_ON
    power.payload_ports_power_state = PowerState.PAYLOAD_PORTS_POWER_STATE_ON
    power.shore_power_state = PowerState.SHORE_POWER_STATE_OFF
    power.locomotion_charge_percentage.value = 100.0
    battery = robot.battery_states.add(
        identifier="fake-battery", status=BatteryState.STATUS_DISCHARGING
    )
    battery.timestamp.CopyFrom(now)
    battery.charge_percentage.value = 100.0
    for name, kind in (
        ("hardware_estop", EStopState.TYPE_HARDWARE),
        ("software_estop", EStopState.TYPE_SOFTWARE),
    ):
        estop = robot.estop_states.add(name=name, type=kind, state=EStopState.STATE_NOT_ESTOPPED)
        estop.timestamp.CopyFrom(now)
