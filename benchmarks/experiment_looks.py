"""Times the boundaries of a test with 200 looks beside spotify-confidence, with the same spending function, in the same run.

    cargo xtask bench --experiments --tasks looks        # three rounds
    python benchmarks/experiment_looks.py --rounds 1

Two-sided at 0.05, spending alpha t^2 on 200 equal steps of information: spotify-confidence with its own settings (bounds are cut at z = 8, at
most 1000 intervals). Each engine runs in a process of its own, in turns; the best of the rounds counts.
Boundaries are compared with each other.
"""

import argparse
import json
import os
import subprocess
import sys
from typing import Any

from measure import measure_work

LOOKS = 200
ENGINES = ["crm", "spotify-confidence"]


def crm_work() -> Any:
    import crm

    information = [look / LOOKS for look in range(1, LOOKS + 1)]
    options = {"boundary": "spend_power", "parameter": 2.0}
    return lambda: crm.GroupSequential(information, **options).critical_values.tolist()  # type: ignore[arg-type]


def spotify_work() -> Any:
    import numpy as np
    from spotify_confidence.analysis.frequentist.sequential_bound_solver import bounds

    information = np.arange(1, LOOKS + 1) / LOOKS
    # As its z-test calls it.
    return lambda: [float(z) for z in bounds(information, alpha=0.05, rho=2, ztrun=8, sides=2, max_nints=1000).bounds]


def answer_child(engine: str) -> dict[str, Any]:
    import warnings

    warnings.simplefilter("ignore")
    return measure_work(crm_work() if engine == "crm" else spotify_work(), enough_seconds=5.0)


def child(engine: str) -> dict[str, Any]:
    command = [sys.executable, __file__, "--child", engine]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    answer = json.loads(output.splitlines()[-1])
    assert isinstance(answer, dict)
    return answer


def compare_looks(rounds: int) -> None:
    """Times every engine and prints a table."""
    best: dict[str, dict[str, float]] = {}
    results: dict[str, list[float]] = {}
    load = os.getloadavg()[0]
    for _ in range(rounds):
        for engine in ENGINES:
            run = child(engine)
            results[engine] = run.pop("result")
            seen = best.setdefault(engine, {})
            for what, value in run.items():
                seen[what] = min(float(value), seen.get(what, float("inf")))
    print(f"\n{LOOKS} looks, two-sided, alpha t^2 (load of the machine before: {load:.1f})")
    print(f"  {'engine':<20}{'wall s':>9}{'cpu s':>9}{'extra MB':>10}   ratio to crm: wall")
    for engine, run in best.items():
        ratio = "" if engine == "crm" else f"{run['wall'] / best['crm']['wall']:>10.0f}"
        print(f"  {engine:<20}{run['wall']:>9.4f}{run['cpu']:>9.4f}{run['extra_mb']:>10.1f}{ratio}")
    widest = max(abs(one - other) for one, other in zip(results["crm"], results["spotify-confidence"], strict=True) if other < 8)
    print(f"  boundaries differ by at most {widest:.1e}; the last is {results['crm'][-1]:.6f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--child", choices=ENGINES, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        print(json.dumps(answer_child(options.child)))
    else:
        compare_looks(options.rounds)


if __name__ == "__main__":
    main()
