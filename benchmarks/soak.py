"""Soak test: the daemon with failing cameras, valid and invalid clients, and a rebooting robot.

    .venv/bin/python -m benchmarks.soak [MINUTES]

Prints a line a minute and a table at the end, and exits with 1 if memory, descriptors or threads
grow.
"""

import random
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.daemon_process import descriptors, running, status_mib, threads
from benchmarks.soak_clients import Clients
from spot_webcam.adapters.bosdyn.server.grpc_server import WORKERS
from spot_webcam.app.runtime.memory import TRIM_PERIOD_S
from spot_webcam.app.runtime.native_logs import silence_native_logs
from spot_webcam.fakes.robot import FakeRobot
from spot_webcam.tools.bench.process_tree import descendants, pss_mib

SAMPLE_S = 2.0
# Period and length of pauses of all clients, with a sample at the end: memory of calls under way is
# not a leak. Longer than the period in which free memory is returned (app/runtime/memory.py).
REST_EVERY_S, REST_S = 40.0, TRIM_PERIOD_S + 1.0
REBOOT_EVERY_S, DOWN_S = 45.0, 5.0
# Share of the samples that does not count: the allocator keeps memory that was needed once.
WARM_UP = 1 / 4
# Growth of the median from the first third of the other samples to the last third.
MAX_MEMORY_GROWTH, MAX_MEMORY_GROWTH_MIB = 0.10, 16.0
MAX_COUNT_GROWTH = 2.0


def _script(event: str, every_s: float, lasts_s: float, seconds: float) -> str:
    """Return a script that repeats an event for this many seconds."""
    count = int(seconds / every_s) + 1
    return ",".join(f"{event}@{every_s * number + 3:.1f}s+{lasts_s}s" for number in range(count))


def devices(seconds: float) -> list[str]:
    """Return cameras, most of which fail, each in another way."""
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
    """Resources of the daemon and of its child processes."""

    at_s: float
    rss_mib: float
    pss_mib: float
    descriptors: int
    threads: int
    children: int
    at_rest: bool


def sample(pid: int, begun_s: float, *, at_rest: bool = False) -> Sample:
    """Return the resources now; a child process that is just ending counts as nothing."""
    return Sample(
        time.monotonic() - begun_s,
        status_mib(pid, "VmRSS"),
        pss_mib(pid),
        descriptors(pid),
        threads(pid),
        len(list(descendants(pid))),
        at_rest,
    )


def growths(samples: Sequence[Sample]) -> list[tuple[str, float, float, float, float, bool]]:
    """Return each measure's name, first and last median, slope per hour, maximum, and verdict."""
    rows = []
    for name in ("rss_mib", "pss_mib", "descriptors", "threads", "children"):
        counted = [taken for taken in samples if taken.at_rest]
        counted = counted[int(len(counted) * WARM_UP) :]
        third = max(1, len(counted) // 3)
        values = [float(getattr(taken, name)) for taken in counted]
        first, last = statistics.median(values[:third]), statistics.median(values[-third:])
        limit = MAX_COUNT_GROWTH
        if name.endswith("_mib"):
            limit = max(MAX_MEMORY_GROWTH_MIB, MAX_MEMORY_GROWTH * first)
        slope = _slope([taken.at_s for taken in counted], values) * 3600
        largest = max(float(getattr(taken, name)) for taken in samples)
        rows.append((name, first, last, slope, largest, last - first <= limit))
    return rows


def _slope(xs: Sequence[float], ys: Sequence[float]) -> float:
    """Return the slope of the least-squares line."""
    x0, y0 = sum(xs) / len(xs), sum(ys) / len(ys)
    spread = sum((x - x0) ** 2 for x in xs)
    return sum((x - x0) * (y - y0) for x, y in zip(xs, ys, strict=True)) / spread if spread else 0.0


def report(console: Console, samples: Sequence[Sample]) -> bool:
    """Print the table; return whether nothing grows."""
    rows = growths(samples)
    table = Table(
        title=f"{samples[-1].at_s / 60:.1f} minutes, at rest, the first quarter not counted"
    )
    for column in ("", "first third", "last third", "per hour", "maximum under load", "flat"):
        table.add_column(column, justify="right" if column else "left")
    for name, first, last, slope, maximum, flat in rows:
        shown = (f"{first:.1f}", f"{last:.1f}", f"{slope:+.1f}", f"{maximum:.1f}")
        table.add_row(name, *shown, "yes" if flat else "NO")
    console.print(table)
    return all(row[-1] for row in rows)


def soak(console: Console, seconds: float, folder: Path) -> bool:
    """Run; return whether nothing grew, and the daemon was registered and ended with 0."""
    samples: list[Sample] = []
    rng = random.Random(0)  # noqa: S311
    with ExitStack() as stack:
        robot = stack.enter_context(FakeRobot())
        named = devices(seconds + 60)
        flags = [f"--device-name={device}" for device in named]
        process = stack.enter_context(running(robot, folder / "log", *flags))
        clients = Clients(
            robot.services()[0].endpoint, [device.partition("=")[0] for device in named]
        )
        clients.begin_calls(WORKERS)
        stack.enter_context(clients)
        begun_s = time.monotonic()
        next_reboot_s, next_line_s, next_rest_s = REBOOT_EVERY_S, 60.0, REST_EVERY_S
        while (now_s := time.monotonic() - begun_s) < seconds:
            if process.poll() is not None:
                console.print(f"the daemon ended with {process.returncode}")
                return False
            samples.append(sample(process.pid, begun_s))
            if now_s >= next_rest_s:
                next_rest_s += REST_EVERY_S
                with clients.resting():
                    time.sleep(REST_S)
                    samples.append(sample(process.pid, begun_s, at_rest=True))
            if now_s >= next_reboot_s:
                next_reboot_s += REBOOT_EVERY_S * rng.uniform(0.7, 1.3)
                robot.reboot(DOWN_S)
            if now_s >= next_line_s:
                next_line_s += 60.0
                last = next(taken for taken in reversed(samples) if taken.at_rest)
                console.print(
                    f"{now_s / 60:4.0f} min  {last.rss_mib:6.1f} MiB resident "
                    f" {last.pss_mib:6.1f} MiB with children  {last.descriptors} descriptors "
                    f" {last.threads} threads  {clients.summary()}",
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
        f"{len(lines)} lines of log, {sum('Traceback' in line for line in lines)} tracebacks"
    )
    flat = report(console, samples)
    return flat and process.returncode == 0 and registered


def main() -> None:
    """Run the soak test and exit."""
    minutes = float(sys.argv[1]) if len(sys.argv) > 1 else 20.0
    silence_native_logs()
    with tempfile.TemporaryDirectory() as folder:
        raise SystemExit(0 if soak(Console(width=180), 60 * minutes, Path(folder)) else 1)


if __name__ == "__main__":
    main()
