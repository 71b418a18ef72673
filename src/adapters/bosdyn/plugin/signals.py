"""Camera reports as live data (`bosdyn.api.Signal`) and as metadata of captures."""

from dataclasses import dataclass, field
from typing import Any, TypeAlias

from bosdyn.api import alerts_pb2, signals_pb2

from spot_webcam.domain.health.camera_report import CameraReport

# Alert limits. A camera at less than this part of the rate that it reports has a cause: dark, heat,
# a USB bus that is too slow.
MIN_RATE_PART = 0.5
# Of white: nearly black or burnt out, so that little is seen.
MIN_BRIGHTNESS_PERCENT = 4.0
MAX_BRIGHTNESS_PERCENT = 96.0
# Squared grey levels: sensor noise alone makes a few. A blank wall has no more, so that it is a
# hint, and no warning.
MIN_SHARPNESS = 5.0

_WARN = alerts_pb2.AlertData.SEVERITY_LEVEL_WARN
_ERROR = alerts_pb2.AlertData.SEVERITY_LEVEL_ERROR
_INFO = alerts_pb2.AlertData.SEVERITY_LEVEL_INFO

# `bool` before `int`, of which it is a kind.
_KINDS = {bool: "bool", int: "int", float: "double", str: "string"}

_Value: TypeAlias = "bool | int | float | str"


@dataclass(frozen=True, slots=True)
class _Alert:
    """`limits` are fields of an `AlertConditionSpec`: `min`, `max` or `condition`, all included."""

    severity: int
    title: str
    limits: dict[str, float | bool]


@dataclass(frozen=True, slots=True)
class _Reading:
    name: str
    description: str
    value: _Value
    units: str = ""
    alerts: list[_Alert] = field(default_factory=list)


def signals_of(report: CameraReport) -> dict[str, Any]:
    """Return the `Signal` of each known value, by its identifier."""
    signals = {}
    for order, (name, reading) in enumerate(_readings(report).items(), 1):
        signals[name] = signal = signals_pb2.Signal()
        _write(signal, reading, report.source_name, order)
    return signals


def metadata_of(report: CameraReport) -> dict[str, Any]:
    """Return what is known, as a JSON object with units in its names."""
    known: dict[str, Any] = {
        "source": report.source_name,
        "state": report.state,
        "error": report.error,
        "fps_hz": report.rate_hz,
        "age_s": report.age_s,
        "staleness_limit_s": report.staleness_limit_s,
        "reconnects": report.reconnects,
    }
    if report.quality is not None:
        known["sharpness"] = report.quality.sharpness
        known["brightness_percent"] = 100 * report.quality.brightness
    return {name: value for name, value in known.items() if value not in (None, "")}


def _readings(report: CameraReport) -> dict[str, _Reading]:
    source = report.source_name
    state = f"{report.state}: {report.error}" if report.error else report.state
    readings = {
        "state": _Reading("State", f"State of {source}", state),
    }
    if report.delivers is not None:
        readings["delivers"] = _Reading(
            "Pictures",
            f"Whether {source} delivers pictures",
            report.delivers,
            alerts=[_Alert(_ERROR, f"{source}: {report.error}", {"condition": False})],
        )
    if report.rate_hz is not None:
        nominal_hz = report.nominal_rate_hz
        slow = f"{source} is slow: is it dark, or too much for its bus or network?"
        readings["fps"] = _Reading(
            "Rate",
            f"Pictures per second of {source}",
            report.rate_hz,
            "Hz",
            [_Alert(_WARN, slow, {"min": MIN_RATE_PART * nominal_hz})] if nominal_hz else [],
        )
    if report.age_s is not None:
        readings["age"] = _Reading(
            "Age",
            f"Time since the last picture of {source}",
            report.age_s,
            "s",
            [
                _Alert(
                    _ERROR, f"{source} delivers no new picture", {"max": report.staleness_limit_s}
                )
            ],
        )
    if report.quality is not None:
        readings["sharpness"] = _Reading(
            "Sharpness",
            f"Variance of the Laplacian of {source}",
            report.quality.sharpness,
            alerts=[
                _Alert(
                    _INFO,
                    f"{source} shows little detail: is its lens clean, and its focus right?",
                    {"min": MIN_SHARPNESS},
                )
            ],
        )
        readings["brightness"] = _Reading(
            "Brightness",
            f"Mean brightness of {source}",
            100 * report.quality.brightness,
            "%",
            [
                _Alert(_WARN, f"{source} is nearly black", {"min": MIN_BRIGHTNESS_PERCENT}),
                _Alert(_WARN, f"{source} is nearly white", {"max": MAX_BRIGHTNESS_PERCENT}),
            ],
        )
    readings["reconnects"] = _Reading(
        "Reconnects", f"Times that {source} was opened again since the start", report.reconnects
    )
    return readings


def _write(signal: Any, reading: _Reading, source_name: str, order: int) -> None:
    spec, kind = signal.signal_spec, _KINDS[type(reading.value)]
    spec.info.name, spec.info.description = reading.name, reading.description
    spec.info.order = order
    if reading.units:
        spec.sensor.units.name = reading.units
    if "data_type" in spec.DESCRIPTOR.fields_by_name:  # not in bosdyn-api 4.1
        spec.data_type = spec.DataType.Value(f"DATA_TYPE_{kind.upper()}")
    for alert in reading.alerts:
        condition = spec.alerts.add(**alert.limits)
        condition.alert_data.severity = alert.severity
        condition.alert_data.title = alert.title
        condition.alert_data.source = source_name
    setattr(signal.signal_data.data, kind, reading.value)
