"""Controls of an open device, read from the driver at each call."""

import ctypes
import errno
import re
from collections.abc import Iterable, Iterator, Mapping

from spot_webcam.adapters.v4l2 import abi
from spot_webcam.adapters.v4l2.device import Device
from spot_webcam.adapters.v4l2.structures import (
    ExtControl,
    ExtControls,
    QueryExtControl,
    QueryMenu,
)
from spot_webcam.domain.errors import CameraMisconfigured
from spot_webcam.domain.sources.controls import Control, ControlKind, named

_KINDS = {
    abi.CTRL_TYPE_INTEGER: ControlKind.INTEGER,
    abi.CTRL_TYPE_INTEGER64: ControlKind.INTEGER,
    abi.CTRL_TYPE_BOOLEAN: ControlKind.BOOLEAN,
    abi.CTRL_TYPE_MENU: ControlKind.MENU,
    abi.CTRL_TYPE_INTEGER_MENU: ControlKind.INTEGER_MENU,
    abi.CTRL_TYPE_BITMASK: ControlKind.BITMASK,
    abi.CTRL_TYPE_BUTTON: ControlKind.BUTTON,
}
# Controls whose labels changed in Linux 5.15: one name for each, on every kernel.
_NAMES = {
    0x0098090C: "white_balance_automatic",
    0x00980912: "gain_automatic",
    0x0098091A: "white_balance_temperature",
    0x009A0901: "auto_exposure",
    abi.CID_EXPOSURE_ABSOLUTE: "exposure_time_absolute",
    0x009A0903: "exposure_dynamic_framerate",
    0x009A090A: "focus_absolute",
    0x009A090C: "focus_automatic_continuous",
}
_MAX_CONTROLS = 1024
_MAX_MENU_ENTRIES = 256
# No such control, not readable now, or the device did not answer.
_UNREADABLE = frozenset({errno.EINVAL, errno.EACCES, errno.EBUSY, errno.EIO, errno.EPIPE})
_REFUSED = frozenset({errno.EINVAL, errno.ERANGE, errno.EACCES, errno.EPERM, errno.EBUSY})


class DeviceControls:
    """The controls of an open device; each call queries the driver."""

    def __init__(self, device: Device) -> None:
        self._device = device

    def controls(self) -> list[Control]:
        """Return the controls in the driver's order, without strings and compound controls."""
        return [control for _, control in self._queried()]

    def read(self, names: Iterable[str]) -> dict[str, int]:
        """Return values by name, without those that the driver cannot read now."""
        queried = self._queried()
        ids = _ids(queried)
        controls = [control for _, control in queried]
        values = {}
        for name in names:
            query = ids[named(controls, name).name]
            value = self._get(query)
            if value is not None:
                values[name] = value
        return values

    def get(self, control_id: int) -> int | None:
        """Return the value of a 32-bit control by its number, `None` if it does not exist."""
        return self._get(QueryExtControl(id=control_id, type=abi.CTRL_TYPE_INTEGER))

    def write(self, values: Mapping[str, int]) -> None:
        """Set active controls, then the auto/manual switches, then the remaining controls.

        A value set before the switches is set again if a switch changed it, unless an automatic
        holds it now.
        """
        before = self._queried()
        wanted = {name: named([control for _, control in before], name) for name in values}
        for name, control in wanted.items():
            control.check(values[name])
        ids = _ids(before)
        switches = sorted(name for name, control in wanted.items() if control.switches)
        others = sorted(wanted.keys() - set(switches))
        early = [name for name in others if switches and not wanted[name].inactive]
        for name in (*early, *switches):
            self._set(ids[name], name, values[name])
        inactive = {control.name for _, control in self._queried() if control.inactive}
        for name in others:
            if name in inactive and name not in early:
                raise CameraMisconfigured(
                    f"{name} is inactive: an automatic of the camera holds it; switch that off"
                )
        for name in others:
            if name not in inactive and not (
                name in early and self._get(ids[name]) == values[name]
            ):
                self._set(ids[name], name, values[name])

    def _queried(self) -> list[tuple[QueryExtControl, Control]]:
        found = []
        names: set[str] = set()
        for query in self._queries():
            kind = _KINDS.get(query.type)
            if kind is None or query.flags & abi.CTRL_FLAG_DISABLED or query.nr_of_dims:
                continue
            if query.flags & abi.CTRL_FLAG_WRITE_ONLY and kind is not ControlKind.BUTTON:
                continue
            control = self._control(query, kind, names)
            names.add(control.name)
            found.append((query, control))
        return found

    def _queries(self) -> Iterator[QueryExtControl]:
        last = 0
        for _ in range(_MAX_CONTROLS):
            query = QueryExtControl(id=last | abi.CTRL_FLAG_NEXT_CTRL)
            if not self._device.call(
                abi.QUERY_EXT_CTRL, query, "listing the controls", {errno.EINVAL, errno.ENOTTY}
            ):
                return
            if query.id <= last:
                return
            last = query.id
            yield query

    def _control(self, query: QueryExtControl, kind: ControlKind, taken: set[str]) -> Control:
        label = bytes(query.name).decode("utf-8", "replace")
        name = _NAMES.get(query.id) or re.sub(r"[^a-z0-9]+", "_", label.casefold()).strip("_")
        if not name or name in taken:
            name = f"{name or 'control'}_{query.id:08x}"
        menu = {}
        if kind in {ControlKind.MENU, ControlKind.INTEGER_MENU}:
            menu = self._menu(query, kind)
        return Control(
            name=name,
            label=label,
            kind=kind,
            minimum=query.minimum,
            maximum=query.maximum,
            step=max(1, query.step),
            default=query.default_value,
            menu=menu,
            inactive=bool(query.flags & abi.CTRL_FLAG_INACTIVE),
            read_only=bool(query.flags & abi.CTRL_FLAG_READ_ONLY),
            volatile=bool(query.flags & abi.CTRL_FLAG_VOLATILE),
            # uvcvideo sets no update flag on its automatics: they are recognised by their names.
            switches=bool(query.flags & abi.CTRL_FLAG_UPDATE) or "auto" in name,
        )

    def _menu(self, query: QueryExtControl, kind: ControlKind) -> dict[int, str]:
        menu = {}
        for index in range(query.minimum, min(query.maximum, _MAX_MENU_ENTRIES) + 1):
            entry = QueryMenu(id=query.id, index=index)
            if self._device.call(abi.QUERYMENU, entry, "listing a menu", {errno.EINVAL}):
                if kind is ControlKind.MENU:
                    menu[index] = bytes(entry.entry.name).decode("utf-8", "replace")
                else:
                    menu[index] = str(entry.entry.value)
        return menu

    def _get(self, query: QueryExtControl) -> int | None:
        value = ExtControl(id=query.id)
        if not self._device.call(
            abi.G_EXT_CTRLS, _request(value), "reading a control", _UNREADABLE
        ):
            return None
        if query.type == abi.CTRL_TYPE_BITMASK:
            return int(value.v.value) & 0xFFFFFFFF
        return int(value.v.value64 if _is_long(query) else value.v.value)

    def _set(self, query: QueryExtControl, name: str, wanted: int) -> None:
        value = ExtControl(id=query.id)
        if _is_long(query):
            value.v.value64 = wanted
        else:
            value.v.value = wanted
        if not self._device.call(abi.S_EXT_CTRLS, _request(value), f"setting {name}", _REFUSED):
            raise CameraMisconfigured(f"{self._device.path} refuses {name}={wanted}")


def _ids(queried: Iterable[tuple[QueryExtControl, Control]]) -> dict[str, QueryExtControl]:
    return {control.name: query for query, control in queried}


def _is_long(query: QueryExtControl) -> bool:
    return bool(query.type == abi.CTRL_TYPE_INTEGER64)


def _request(value: ExtControl) -> ExtControls:
    # `which` 0 is the current value of controls of any class.
    return ExtControls(which=0, count=1, controls=ctypes.pointer(value))
