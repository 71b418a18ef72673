"""The daemon among cameras that fail, clients of all kinds and a robot that reboots, for long.

    .venv/bin/python -m benchmarks.soak [MINUTES]

Prints a line a minute and a table at the end, and exits with 1 when memory, descriptors or
threads have not stayed flat.
"""

import random
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.daemon_process import (
    GUID,
    SECRET,
    children,
    descriptors,
    pss_kb,
    running,
    status_kb,
    threads,
)
from benchmarks.soak_clients import Clients
from spot_webcam.adapters.bosdyn.server.grpc_server import WORKERS
from spot_webcam.app.runtime.memory import TRIM_PERIOD_S
from spot_webcam.app.runtime.native_logs import silence_native_logs
from spot_webcam.fakes.robot import FakeRobot

SAMPLE_S = 2.0
# So often all clients rest, for so long until the sample: what answers under way take is no leak.
# Longer than it takes until free memory goes back to the system (app/runtime/memory.py).
REST_EVERY_S, REST_S = 40.0, TRIM_PERIOD_S + 1.0
REBOOT_EVERY_S, DOWN_S = 45.0, 5.0
# The first part does not count: memory that was needed once is kept by the allocator.
WARM_UP = 1 / 4
# By how much the median of the last third may lie above that of the first third after that.
MAX_MEMORY_GROWTH, MAX_MEMORY_GROWTH_MB = 0.10, 16.0
MAX_COUNT_GROWTH = 2.0


def _script(event: str, every_s: float, lasts_s: float, seconds: float) -> str:
    """Return a script that does it again and again, for so long."""
    turns = int(seconds / every_s) + 1
    return ",".join(f"{event}@{every_s * turn + 3:.1f}s+{lasts_s}s" for turn in range(turns))


def devices(seconds: float) -> list[str]:
    """Return cameras that fail in ways of their own."""
    return [
        "good=synthetic:?size=640x480",
        "jpeg=synthetic:?size=1280x720&codec=mjpg",
        "controlled=synthetic:?size=320x240&controls=1",
        f"pulled=synthetic:?script={_script('unplug', 31, 4, seconds)}",
        f"stalls=synthetic:?script={_script('hang', 37, 3, seconds)}",
        f"damaged=synthetic:?codec=mjpg&script={_script('flip', 23, 2, seconds)}",
        f"changes=synthetic:?script={_script('resize=320x240', 29, 5, seconds)}",
    ]


@dataclass(frozen=True, slots=True)
class Sample:
    """What Linux tells of the daemon, and of the processes that it has started."""

    at_s: float
    rss_mb: float
    pss_mb: float
    descriptors: int
    threads: int
    children: int
    at_rest: bool


def sample(pid: int, began_s: float, *, at_rest: bool = False) -> Sample:
    """Look once; a child that ends meanwhile counts for nothing."""
    pss = float(pss_kb(pid))
    family = children(pid)
    for child in family:
        with suppress(OSError, ValueError, IndexError):
            pss += pss_kb(child)
    return Sample(
        time.monotonic() - began_s,
        status_kb(pid, "VmRSS") / 1024,
        pss / 1024,
        descriptors(pid),
        threads(pid),
        len(family),
        at_rest,
    )


def median(values: Sequence[float]) -> float:
    """Return the middle one."""
    return sorted(values)[len(values) // 2]


def growths(samples: Sequence[Sample]) -> list[tuple[str, float, float, float, float, bool]]:
    """Return of each measure its name, first and last median, slope an hour, maximum, verdict."""
    rows = []
    for name in ("rss_mb", "pss_mb", "descriptors", "threads", "children"):
        counted = [one for one in samples if one.at_rest]
        counted = counted[int(len(counted) * WARM_UP) :]
        third = max(1, len(counted) // 3)
        values = [float(getattr(one, name)) for one in counted]
        first, last = median(values[:third]), median(values[-third:])
        most = MAX_COUNT_GROWTH
        if name.endswith("_mb"):
            most = max(MAX_MEMORY_GROWTH_MB, MAX_MEMORY_GROWTH * first)
        slope = _slope([one.at_s for one in counted], values) * 3600
        largest = max(float(getattr(one, name)) for one in samples)
        rows.append((name, first, last, slope, largest, last - first <= most))
    return rows


def _slope(xs: Sequence[float], ys: Sequence[float]) -> float:
    """Return the least squares' slope."""
    x0, y0 = sum(xs) / len(xs), sum(ys) / len(ys)
    spread = sum((x - x0) ** 2 for x in xs)
    return sum((x - x0) * (y - y0) for x, y in zip(xs, ys, strict=True)) / spread if spread else 0.0


def report(console: Console, samples: Sequence[Sample]) -> bool:
    """Print the table; return whether all is flat."""
    rows = growths(samples)
    table = Table(
        title=f"{samples[-1].at_s / 60:.1f} minutes, at rest, the first quarter not counted"
    )
    for column in ("", "first third", "last third", "an hour", "most under load", "flat"):
        table.add_column(column, justify="right" if column else "left")
    for name, first, last, slope, most, flat in rows:
        shown = (f"{first:.1f}", f"{last:.1f}", f"{slope:+.1f}", f"{most:.1f}")
        table.add_row(name, *shown, "yes" if flat else "NO")
    console.print(table)
    return all(row[-1] for row in rows)


def soak(console: Console, seconds: float, folder: Path) -> bool:
    """Run for so long; return whether all stayed flat, and nothing was left over."""
    samples: list[Sample] = []
    chance = random.Random(0)  # noqa: S311
    with ExitStack() as stack:
        robot = stack.enter_context(FakeRobot())
        robot.register_payload(GUID, SECRET)
        named = devices(seconds + 60)
        flags = [f"--device-name={one}" for one in named]
        process = stack.enter_context(running(robot, folder / "log", *flags))
        clients = Clients(robot.services()[0].endpoint, [one.partition("=")[0] for one in named])
        clients.begin_calls(WORKERS)
        stack.enter_context(clients)
        began_s = time.monotonic()
        next_reboot_s, next_line_s, next_rest_s = REBOOT_EVERY_S, 60.0, REST_EVERY_S
        while (now_s := time.monotonic() - began_s) < seconds:
            if process.poll() is not None:
                console.print(f"the daemon ended with {process.returncode}")
                return False
            samples.append(sample(process.pid, began_s))
            if now_s >= next_rest_s:
                next_rest_s += REST_EVERY_S
                with clients.resting():
                    time.sleep(REST_S)
                    samples.append(sample(process.pid, began_s, at_rest=True))
            if now_s >= next_reboot_s:
                next_reboot_s += REBOOT_EVERY_S * chance.uniform(0.7, 1.3)
                robot.reboot(DOWN_S)
            if now_s >= next_line_s:
                next_line_s += 60.0
                last = next(one for one in reversed(samples) if one.at_rest)
                console.print(
                    f"{now_s / 60:4.0f} min  {last.rss_mb:6.1f} MB resident "
                    f" {last.pss_mb:6.1f} MB with children  {last.descriptors} descriptors "
                    f" {last.threads} threads  {clients.told()}",
                    highlight=False,
                )
            time.sleep(SAMPLE_S)
        registered = robot.wait_for(robot.services, 20.0)
    if not registered:
        console.print("the daemon did not register again")
    if process.returncode != 0:
        console.print(f"the daemon ended with {process.returncode}")
    lines = (folder / "log").read_text().splitlines()
    console.print(
        f"{len(lines)} lines of log, {sum('Traceback' in one for one in lines)} tracebacks"
    )
    flat = report(console, samples)
    return flat and process.returncode == 0 and registered


def main() -> None:
    """Soak, and say how it went."""
    minutes = float(sys.argv[1]) if len(sys.argv) > 1 else 20.0
    silence_native_logs()
    with tempfile.TemporaryDirectory() as folder:
        raise SystemExit(0 if soak(Console(width=180), 60 * minutes, Path(folder)) else 1)


if __name__ == "__main__":
    main()
