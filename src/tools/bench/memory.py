"""How much memory a process holds; Linux tells it."""

from pathlib import Path

MEBIBYTE_KB = 1024


def memory_mib(pid: int) -> dict[str, float]:
    """Return resident and proportional set size; nothing where the system does not tell."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return {}
    sizes = {line.partition(":")[0]: line.split()[1] for line in lines if line.endswith(" kB")}
    return {
        "rss_mib": int(sizes["Rss"]) / MEBIBYTE_KB,
        "pss_mib": int(sizes["Pss"]) / MEBIBYTE_KB,
    }


def larger(one: dict[str, float], other: dict[str, float]) -> dict[str, float]:
    """Return the peak of each."""
    return {name: max(one.get(name, 0.0), other.get(name, 0.0)) for name in {**one, **other}}
