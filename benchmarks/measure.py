"""Time and memory of a piece of work in this process."""

import os
import pathlib
import time
from collections.abc import Callable
from typing import Any


def resident_mb() -> float:
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def peak_mb() -> float:
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) / 1e3 for line in status if line.startswith("VmHWM"))


def reset_peak() -> None:
    pathlib.Path("/proc/self/clear_refs").write_text("5")


def measure_work(work: Callable[[], object], enough_seconds: float = float("inf")) -> dict[str, Any]:
    """Once cold and, unless that took long enough, once warm: the better times, and the memory of the cold run, before freed memory is kept."""
    runs: list[tuple[float, float, float]] = []
    while len(runs) < 2 and sum(wall for wall, _, _ in runs) < enough_seconds:
        reset_peak()
        held, wall, cpu = resident_mb(), time.perf_counter(), time.process_time()
        result = work()
        runs.append((time.perf_counter() - wall, time.process_time() - cpu, peak_mb() - held))
    walls, cpus, memory = zip(*runs, strict=True)
    return {"wall": min(walls), "cpu": min(cpus), "extra_mb": memory[0], "result": result}
