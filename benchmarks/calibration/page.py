"""The pages that a calibration writes."""

import sys
import time
import zlib
from collections.abc import Callable

import numpy as np
from row import Generator, Row, Rows

Part = tuple[Callable[[int, Generator], Rows], int]


def table(rows: list[Row]) -> str:
    lines = ["| test | design | what | promised | seen | standard error | runs | |", "| --- | --- | --- | ---: | ---: | ---: | ---: | --- |"]
    for row in rows:
        promised = f"{row.promise} {row.nominal:.3f}" if row.promise != "about" else f"about {row.nominal:.3f}"
        lines.append(
            f"| {row.test} | {row.design} | {row.what} | {promised} | {row.seen:.4f} | {row.error:.4f} | {row.runs:,} | {row.verdict} |"
        )
    return "\n".join(lines)


def page(head: str, parts: dict[str, Part], seed: int, share: float) -> tuple[str, int]:
    """The page of some parts, and how many of its rows are off. What a part draws does not depend on the others."""
    sections, off = [head], 0
    for name, (part, runs) in parts.items():
        start = time.perf_counter()
        rows = list(part(max(int(runs * share), 100), np.random.default_rng([seed, zlib.crc32(name.encode())])))
        off += sum(row.verdict == "off" for row in rows)
        sections.append(f"## {name.replace('_', ' ').capitalize()}\n\n{(part.__doc__ or '').strip()}\n\n{table(rows)}\n")
        print(f"{name}: {len(rows)} rows, {time.perf_counter() - start:.0f} s", file=sys.stderr, flush=True)
    return "\n".join(sections), off
