"""Rules of `manifest.json`."""

from spot_webcam.tools.extension.lint.finding import error, warning

MISSING = error(
    "manifest-missing",
    "`manifest.json` is at the top level of the archive",
    "without it the file is no extension",
    "pack from within the folder (-C FOLDER .), not the folder itself",
)
TOO_LARGE = error(
    "text-too-large",
    "`manifest.json` and `docker-compose.yml` have at most 64 KiB",
    "it is probably another file",
    "pack the right file",
)
NOT_JSON = error(
    "manifest-invalid",
    "`manifest.json` is one JSON object in UTF-8",
    "it cannot be read otherwise",
    "correct the JSON; python3 -m json.tool shows where",
)
DUPLICATE_KEY = error(
    "duplicate-key",
    "each key of `manifest.json` and `docker-compose.yml` exists once",
    "all but one of the values are ignored, or the file is refused",
    "keep one of them",
)
UNKNOWN_KEY = warning(
    "manifest-unknown-key",
    "`manifest.json` has documented keys only",
    "another key is ignored, which is usually a typing error",
    "correct the key's name",
)
KEY_TYPE = error(
    "manifest-key-type",
    "`images`, `files_to_save` and `directories_to_save` are lists of strings, the others strings",
    "values of another type are ignored or refused",
    'write "VALUE", or ["VALUE", "VALUE"] for a list',
)
VERSION = error(
    "manifest-version",
    "`version` has the form X.Y.Z",
    "the portal shows it, and Boston Dynamics' build script refuses other forms",
    "write three numbers, such as 1.0.0",
)
DESCRIPTION = warning(
    "manifest-description",
    "`description` says what the extension does",
    "the portal shows it",
    "add a sentence",
)
NAME_MISSING = warning(
    "extension-name-missing",
    "`extension_name` is given (from 4.1 on)",
    "otherwise the file's name is used: a renamed file would be installed beside the old version",
    "add the name",
)
NAME_FORM = error(
    "extension-name",
    "`extension_name` consists of letters, digits, `_` and `-`",
    "it is the name of a folder and of a Compose project",
    "replace the other characters",
)
NAME_RESERVED = error(
    "extension-name-reserved",
    "`extension_name` does not contain `coreio` or `mission_control`",
    "Boston Dynamics uses these",
    "choose another name",
)
ICON_MISSING = error(
    "icon-missing",
    "the file that `icon` names is in the archive",
    "the portal could not show it",
    "pack the file, or correct its name",
)
ICON_NOT_NAMED = warning(
    "icon-not-named",
    "an icon in the archive is named by the key `icon`",
    "a generic one is shown otherwise; Boston Dynamics' build script forgets the key",
    "add the key",
)
UDEV_MISSING = error(
    "udev-rules-missing",
    "the file that `udev_rules` names is in the archive",
    "there is nothing to copy to /etc/udev/rules.d",
    "pack the file, or correct its name",
)
UDEV_SUFFIX = error(
    "udev-rules-suffix",
    "the name of the udev rules ends in `.rules` and has no folder",
    "udev reads nothing else in /etc/udev/rules.d",
    "rename the file, such as to 99-NAME.rules",
)
UDEV_NOT_NAMED = warning(
    "udev-rules-not-named",
    "udev rules in the archive are named by the key `udev_rules`",
    "they are not installed otherwise",
    "add the key; all rules go into one file",
)
TARGET = error(
    "installation-target",
    "`installation_target` is `spot` or `orbit`",
    "there are no others (from 5.0 on)",
    "write spot",
)
DATE = error(
    "manifest-date",
    "`date` is in ISO 8601",
    "the portal cannot read it otherwise",
    "write it as 2026-01-31 or 2026-01-31T12:00:00Z",
)
SAVE_PATH = error(
    "save-path-outside",
    "paths of `files_to_save` and `directories_to_save` are relative and within the extension's"
    " folder",
    "nothing else is kept over an upgrade",
    "write the path relative to the extension's folder, such as config/settings.toml",
)
RULES = (
    *(MISSING, TOO_LARGE, NOT_JSON, DUPLICATE_KEY, UNKNOWN_KEY, KEY_TYPE, VERSION, DESCRIPTION),
    *(NAME_MISSING, NAME_FORM, NAME_RESERVED, ICON_MISSING, ICON_NOT_NAMED),
    *(UDEV_MISSING, UDEV_SUFFIX, UDEV_NOT_NAMED, TARGET, DATE, SAVE_PATH),
)
