"""Checks of `manifest.json`."""

import posixpath
import re
from collections.abc import Iterator
from datetime import date, datetime

from spot_webcam.tools.extension.lint.document import Entry
from spot_webcam.tools.extension.lint.extension import Extension
from spot_webcam.tools.extension.lint.finding import MANIFEST, Finding, Place
from spot_webcam.tools.extension.lint.rules import manifest as rules

_STRINGS = (
    *("version", "description", "extension_name", "icon", "udev_rules", "installation_target"),
    "date",
)
_LISTS = ("images", "files_to_save", "directories_to_save")
_RESERVED = ("coreio", "mission_control")
_ICON_SUFFIXES = (".png", ".svg", ".jpg", ".jpeg")
# ISO 8601 as `datetime` reads it from Python 3.11 on: a Z, and 20260131.
_ZULU = re.compile(r"[Zz]\Z")
_BASIC_DATE = re.compile(r"\A(\d{4})(\d{2})(\d{2})(?=\Z|T)")


def check_manifest(extension: Extension) -> Iterator[Finding]:
    """Check the manifest, or that there is one."""
    manifest, contents = extension.manifest, extension.contents
    if manifest is None:
        if MANIFEST not in contents.texts:
            nested = sorted(path for path in contents.files if path.endswith(f"/{MANIFEST}"))
            found = f"it is in a folder: {nested[0]}" if nested else "the archive has none"
            yield rules.MISSING.at(Place(MANIFEST), found)
        return
    wrong: set[str] = set()
    for key, entry in manifest.items():
        if key not in (*_STRINGS, *_LISTS):
            yield rules.UNKNOWN_KEY.at(entry.place, "the key is not documented")
        elif not _has_its_type(key, entry.value):
            wrong.add(key)
            expected = "a string" if key in _STRINGS else "a list of strings"
            yield rules.KEY_TYPE.at(entry.place, f"the value is not {expected}")
    for key, check in _CHECKS.items():
        if key not in wrong:
            yield from check(extension, manifest.get(key), manifest.document.place((key,)))


def _has_its_type(key: str, value: object) -> bool:
    if key in _STRINGS:
        return isinstance(value, str)
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _check_version(_: Extension, version: Entry | None, place: Place) -> Iterator[Finding]:
    if version is None:
        yield rules.VERSION.at(place, "there is no version")
    elif not re.fullmatch(r"\d+\.\d+\.\d+", version.text, re.ASCII):
        yield rules.VERSION.at(place, f"it is {version.text!r}")


def _check_description(_: Extension, description: Entry | None, place: Place) -> Iterator[Finding]:
    if description is None or not description.text.strip():
        yield rules.DESCRIPTION.at(place, "there is no description")


def _check_name(_: Extension, name: Entry | None, place: Place) -> Iterator[Finding]:
    if name is None:
        yield rules.NAME_MISSING.at(place, "there is no extension_name")
        return
    if not re.fullmatch(r"[A-Za-z0-9_-]+", name.text):
        yield rules.NAME_FORM.at(place, f"it is {name.text!r}")
    for word in _RESERVED:
        if word in name.text.lower():
            yield rules.NAME_RESERVED.at(place, f"it contains {word}")


def _check_icon(extension: Extension, icon: Entry | None, place: Place) -> Iterator[Finding]:
    if icon is not None:
        if not _exists(extension, icon.text):
            yield rules.ICON_MISSING.at(place, f"the archive has no {icon.text!r}")
        return
    for path in extension.contents.files_at_top():
        if path.lower().endswith(_ICON_SUFFIXES) and "icon" in path.lower():
            yield rules.ICON_NOT_NAMED.at(Place(path), "manifest.json has no key icon")


def _check_udev(extension: Extension, udev: Entry | None, place: Place) -> Iterator[Finding]:
    if udev is not None:
        if not _exists(extension, udev.text):
            yield rules.UDEV_MISSING.at(place, f"the archive has no {udev.text!r}")
        if not udev.text.endswith(".rules") or "/" in udev.text.removeprefix("./"):
            yield rules.UDEV_SUFFIX.at(place, f"it is {udev.text!r}")
    for path in extension.contents.files_at_top():
        if path.endswith(".rules") and (udev is None or udev.text.removeprefix("./") != path):
            yield rules.UDEV_NOT_NAMED.at(Place(path), "manifest.json does not name it")


def _check_target(_: Extension, target: Entry | None, place: Place) -> Iterator[Finding]:
    if target is not None and target.value not in {"spot", "orbit"}:
        yield rules.TARGET.at(place, f"it is {target.value!r}")


def _check_date(_: Extension, day: Entry | None, place: Place) -> Iterator[Finding]:
    if day is not None and not _is_iso_date(day.text):
        yield rules.DATE.at(place, f"it is {day.value!r}")


def _check_saved(_: Extension, listed: Entry | None, _place: Place) -> Iterator[Finding]:
    for entry in listed.elements() if listed else ():
        path = posixpath.normpath(entry.text)
        if path.startswith(("/", "..")) or path == "." or not entry.text:
            yield rules.SAVE_PATH.at(entry.place, f"it is {entry.text!r}")


# Of each key, also where it is missing; the value has its documented type.
_CHECKS = {
    "version": _check_version,
    "description": _check_description,
    "extension_name": _check_name,
    "icon": _check_icon,
    "udev_rules": _check_udev,
    "installation_target": _check_target,
    "date": _check_date,
    "files_to_save": _check_saved,
    "directories_to_save": _check_saved,
}


def _exists(extension: Extension, path: str) -> bool:
    """Whether a file exists; of an archive that could not be read to its end, nobody knows."""
    contents = extension.contents
    return posixpath.normpath(path) in contents.files or not contents.complete


def _is_iso_date(text: str) -> bool:
    text = _BASIC_DATE.sub(r"\1-\2-\3", _ZULU.sub("+00:00", text, count=1))
    for parse in (date.fromisoformat, datetime.fromisoformat):
        try:
            parse(text)
        except ValueError:
            continue
        return True
    return False
