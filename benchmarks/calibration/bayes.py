"""Calibration of posteriors."""

from typing import Any

import crm
from row import ALPHA, Generator, Row, Rows, inside, share


def bayes(runs: int, rng: Generator) -> Rows:
    """Rates drawn from the prior: credible intervals must hold them exactly as often as they say."""
    few = max(runs // 10, 100)
    covered: dict[str, list[bool]] = {"difference": [], "lift": []}
    better, said = [], []
    for _ in range(few):
        truth = rng.beta(3.0, 60.0, 2)
        arms = [crm.BetaPosterior(int(rng.binomial(n, p)), n, prior=(3.0, 60.0)) for n, p in zip((900, 200), truth, strict=True)]
        for contrast, flags in covered.items():
            value = truth[0] - truth[1] if contrast == "difference" else truth[0] / truth[1] - 1
            result = crm.compare_rates_bayes(*arms, contrast=contrast)
            flags.append(inside(result.interval, value))
        if result.p_target_better > 0.8:
            better.append(truth[0] > truth[1])
            said.append(result.p_target_better)
    for contrast, flags in covered.items():
        yield Row(f"credible interval, {contrast}", "900 and 200, rates from the prior", "coverage", "=", 1 - ALPHA, share(flags), few)
    covered = {"equal_tailed": [], "highest_density": []}
    means: dict[str, list[bool]] = {"effect, normal": []}
    for _ in range(few):
        truth = rng.beta(3.0, 60.0)
        posterior = crm.BetaPosterior(int(rng.binomial(300, truth)), 300, prior=(3.0, 60.0))
        for kind, flags in covered.items():
            credible: Any = kind
            flags.append(inside(posterior.interval(kind=credible), truth))
        effect = rng.normal(0.0, 0.5)
        estimate = rng.normal(effect, 0.4)
        decided = crm.EffectPosterior(estimate, 0.4, prior=(0.0, 0.5)).decide()
        means["effect, normal"].append(inside(decided.interval, effect))
    for kind, flags in covered.items():
        yield Row(f"credible interval of a rate, {kind}", "300, rates from the prior", "coverage", "=", 1 - ALPHA, share(flags), few)
    for name, flags in means.items():
        yield Row(f"credible interval, {name}", "effects from the prior", "coverage", "=", 1 - ALPHA, share(flags), few)
    yield Row("P(target better), where above 0.8", "900 and 200, rates from the prior", "target better", "=", share(said), share(better), len(better))
    yield from best(few, rng)


def best(runs: int, rng: Generator) -> Rows:
    """Which of several arms is best: where one is said to be so with a probability above 0.6, it is as often as is said."""
    prior = (3.0, 60.0)
    found: dict[str, tuple[list[float], list[bool]]] = {"rate": ([], []), "effect": ([], [])}
    for _ in range(runs):
        rates = rng.beta(*prior, 4)
        arms = [crm.BetaPosterior(int(rng.binomial(n, p)), n, prior=prior) for n, p in zip((900, 900, 400, 200), rates, strict=True)]
        effects = rng.normal(0.0, 0.5, 4)
        posteriors = [crm.EffectPosterior(rng.normal(effect, 0.4), 0.4, prior=(0.0, 0.5)) for effect in effects]
        for name, p_best, truth in (("rate", crm.best_rate(arms).p_best, rates), ("effect", crm.best_effect(posteriors).p_best, effects)):
            if p_best.max() > 0.6:
                found[name][0].append(float(p_best.max()))
                found[name][1].append(bool(p_best.argmax() == truth.argmax()))
    for name, (said, was) in found.items():
        yield Row(f"P(best {name} of four), where above 0.6", "values from the prior", "best", "=", share(said), share(was), len(was))
