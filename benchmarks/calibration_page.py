"""Runs the parts of a calibration and writes its page."""

import argparse
import pathlib
import sys
import time
from collections.abc import Callable

import numpy as np
from calibration_row import Generator, Row, Rows


def table(rows: list[Row]) -> str:
    lines = ["| test | design | what | promised | seen | standard error | runs | |", "| --- | --- | --- | ---: | ---: | ---: | ---: | --- |"]
    for row in rows:
        promised = f"{row.promise} {row.nominal:.3f}" if row.promise != "about" else f"about {row.nominal:.3f}"
        lines.append(
            f"| {row.test} | {row.design} | {row.what} | {promised} | {row.seen:.4f} | {row.error:.4f} | {row.runs:,} | {row.verdict} |"
        )
    return "\n".join(lines)


def write_page(description: str | None, head: str, out: pathlib.Path, parts: dict[str, tuple[Callable[[int, Generator], Rows], int]], seed: int) -> None:
    """Writes the page, or prints the parts that were asked for; exits with 1 if a row is off. A part's seed does not depend on the others."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--share", type=float, default=1.0, help="of the runs")
    parser.add_argument("--only", default="", help="parts, separated by commas; prints to the terminal")
    options = parser.parse_args()
    pages, off = [], 0
    for name in options.only.split(",") if options.only else list(parts):
        part, runs = parts[name]
        start = time.perf_counter()
        rows = list(part(max(int(runs * options.share), 100), np.random.default_rng([seed, list(parts).index(name)])))
        off += sum(row.verdict == "off" for row in rows)
        title = name.replace("_", "-").capitalize()
        pages.append(f"## {title}\n\n{(part.__doc__ or '').strip()}\n\n{table(rows)}\n")
        print(f"{name}: {len(rows)} rows, {time.perf_counter() - start:.0f} s", file=sys.stderr)
    text = head + "\n" + "\n".join(pages)
    if options.only:
        print(text)
    else:
        out.write_text(text, encoding="utf-8")
    print(f"{off} rows off", file=sys.stderr)
    sys.exit(1 if off else 0)
