"""Does each test keep its level, each interval its confidence, each plan its power? Simulated, and written to docs.

    python benchmarks/calibration                      # docs/calibration.md and docs/calibration-power.md
    python benchmarks/calibration --share 0.1          # a tenth of the runs
    python benchmarks/calibration --only rates,means   # some parts of the first page, to the terminal
    python benchmarks/calibration --page power --only ranks

Every row gives what was seen, its Monte Carlo standard error and what is promised: a level or confidence exactly (=), at most (<=) or at least (>=);
"about" marks promises that hold in large samples only and are shown where samples are small or skewed. A row is "off" if it breaks its promise by more than
four standard errors. Seeds are fixed.
"""

import argparse
import pathlib
import sys
from typing import NamedTuple

import bayes
import campaigns
import looks
import many
import means
import power
import ranks
import rates
from page import Part, page

DOCS = pathlib.Path(__file__).resolve().parent.parent.parent / "docs"


class Page(NamedTuple):
    """What a page shows: its parts, and how often each is simulated."""

    file: str
    head: str
    seed: int
    parts: dict[str, Part]


PAGES = {
    "levels": Page(
        "calibration.md",
        "# Calibration\n\nWritten by `benchmarks/calibration`: do not edit. Every row simulates a test on data for which the truth is known, at a level of "
        '0.05. "=" promises exactly this, "<=" at most and ">=" at least; "about" is shown for what it is worth in samples that are small or skewed. '
        "Kept means within four standard errors of the simulation.\n",
        20,
        {
            "rates": (rates.rates, 100_000),
            "one_rate": (rates.one_rate, 100_000),
            "rates_within_strata": (rates.stratified, 20_000),
            "means": (means.means, 10_000),
            "ratios_and_adjusted_means": (means.ratios, 10_000),
            "ranks_and_resamples": (ranks.ranks, 10_000),
            "group_sequential": (looks.group_sequential, 10_000),
            "always_valid": (looks.always_valid, 8000),
            "posteriors": (bayes.bayes, 40_000),
            "several_arms_and_tests": (many.several, 10_000),
            "splits": (many.splits, 20_000),
            "campaigns": (campaigns.campaigns, 10_000),
        },
    ),
    "power": Page(
        "calibration-power.md",
        "# Power as planned\n\nWritten by `benchmarks/calibration`: do not edit. Every row takes the sizes from a plan, and puts the test to data of these "
        "sizes for which the effect is true. Promised is the power of the plan, at a level of 0.05; kept means within four standard errors of the simulation.\n",
        21,
        {
            "rates_and_means": (power.rates, 20_000),
            "ranks": (power.ranks, 4000),
            "exact": (power.exact, 10_000),
            "adjusted_means": (power.means, 4000),
            "quantiles": (power.quantiles, 4000),
            "resamples": (power.resamples, 8000),
        },
    ),
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="calibration", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--share", type=float, default=1.0, help="of the runs")
    parser.add_argument("--page", choices=PAGES, help="one page; both if it is not given")
    parser.add_argument("--only", default="", help="parts of the page, or of the first, separated by commas; prints to the terminal")
    options = parser.parse_args()
    off = 0
    for name in [options.page] if options.page else ["levels"] if options.only else list(PAGES):
        asked = PAGES[name]
        parts = {part: asked.parts[part] for part in options.only.split(",")} if options.only else asked.parts
        text, broken = page(asked.head, parts, asked.seed, options.share)
        off += broken
        if options.only:
            print(text)
        else:
            (DOCS / asked.file).write_text(text, encoding="utf-8")
    print(f"{off} rows off", file=sys.stderr)
    return 1 if off else 0


if __name__ == "__main__":
    sys.exit(main())
