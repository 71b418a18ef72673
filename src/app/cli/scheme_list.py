"""The camera schemes that other packages register, as people and programs read them."""

from collections.abc import Sequence

from rich.console import Console

from spot_webcam.app.cameras.schemes import GROUP, CameraScheme
from spot_webcam.app.cli.control_table import plain

_NONE = f"no package registers a camera scheme (entry points of the group {GROUP})"


def scheme_facts(scheme: CameraScheme) -> dict[str, object]:
    """Return a scheme as its JSON object; its keys are documented in docs/cameras.md."""
    return {
        "scheme": scheme.name,
        "package": scheme.package,
        "entry_point": scheme.entry_point.value,
        "trouble": scheme.trouble,
    }


def show_schemes(screen: Console, schemes: Sequence[CameraScheme], *, say_none: bool) -> None:
    """Print a paragraph on each scheme; `say_none` prints a line where there are none."""
    if not schemes and say_none:
        screen.print(_NONE, soft_wrap=True)
    for scheme in schemes:
        state = f"cannot be used: {scheme.trouble}" if scheme.trouble else f"is of {scheme.package}"
        screen.print(plain(f"{scheme.name}:", "bold"), plain(state), soft_wrap=True)
        screen.print(f"  code    {scheme.entry_point.value}", markup=False, soft_wrap=True)
        if not scheme.trouble:
            serve = f"  serve   --device-name {scheme.name}:ADDRESS"
            screen.print(serve, markup=False, soft_wrap=True)
        screen.print()
