"""Writes the high-precision reference grids of tests/cases/clv: what the customer-lifetime-value models must return.

    python tests/oracles/make_clv_grid.py                 write both grids (9 minutes of one core with gmpy2)
    python tests/oracles/make_clv_grid.py --only discrete write one of them (continuous, discrete)
    python tests/oracles/make_clv_grid.py --verify [N]    recompute N points (30) of the committed grids by other routes
    python tests/oracles/make_clv_grid.py --check PATH    compare with a file of reference points or published values

Needs mpmath (gmpy2 makes it faster, the digits are the same). No random input: every run writes the same bytes.
Numbers are computed with 50 or more digits and printed with 20; inputs are the doubles a JSON reader gets.

Method. Every integral is taken over the mixing distribution, or over the time of death, as a sum over an equidistant
lattice in the logit of the variable. The integrands are positive and analytic in the strip |Im y| < pi, so the sum
converges exponentially and nothing cancels: no hypergeometric function is involved, and a = 1, a + b = 1, s = 1 or
alpha = beta are nothing special. The closed forms of the papers (2F1) are used by --verify only, with nested mp.quad
for what has no closed form.

Continuous time (grid_continuous.json)
  A point: id, model, stratum (plausible, singular, extreme), params, x, t_x, T (history), t (horizon), delta (continuous
  discount rate per unit of time), n_pmf, k, truth. A quantity that could not be computed is null.

  bgnbd   r, alpha, a, b     Fader, Hardie, Lee (2005), "Counting your customers" the easy way, Marketing Science 24(2)
  mbgnbd  r, alpha, a, b     Batislam, Denizel, Filiztekin (2007), IJRM 24(3); Hoppe, Wagner (2007), Marketing JRM 3(2)
  pnbd    r, alpha, s, beta  Schmittlein, Morrison, Colombo (1987), Counting your customers, Management Science 33(1)

  Purchases are Poisson(lambda) while alive, lambda ~ Gamma(r, rate alpha). BG: after each purchase the customer leaves
  with probability p ~ Beta(a, b); MBG: also at time zero. Pareto: the lifetime is Exponential(mu), mu ~ Gamma(s, beta).

  loglik        of (x, t_x, T) as sequence of purchase times: no 1/x! and no other factor of data alone
      BG    Gamma(r+x)/Gamma(r) alpha^r [ B(a,b+x)/B(a,b) (alpha+T)^-(r+x) + 1{x>0} B(a+1,b+x-1)/B(a,b) (alpha+t_x)^-(r+x) ]
      MBG   the same with B(a,b+x+1) and B(a+1,b+x), the second term for x = 0 too
      Pareto Gamma(r+x)/Gamma(r) alpha^r beta^s [ (alpha+T)^-(r+x) (beta+T)^-s
                                                  + s int_{t_x}^T (alpha+u)^-(r+x) (beta+u)^-(s+1) du ]
  p_alive       P(alive at T | x, t_x, T): the first term over the sum
  p_alive_after P(alive at T+t | x, t_x, T)
  p_again       P(at least one purchase after T, ever | x, t_x, T). BG, MBG: p_alive. Pareto: p_alive E[lambda/(lambda+mu)]
  cet           E[purchases in (T, T+t] | x, t_x, T]
  dect          the same discounted to T: int_0^t exp(-delta u) dCET(u)
  dert          its limit for t to infinity (Fader, Hardie, Lee 2005b, RFM and CLV, JMR 42(4) for Pareto)
  ex            E[X(t)] of a new customer
  pmf           P(X(t) = n_pmf) of a new customer
  cpmf          P(X(T, T+t) = k | x, t_x, T)
  With A = r+x, alpha' = alpha+T: a BG or MBG customer alive at T goes on as a new BG customer with lambda ~ Gamma(A,
  alpha'), p ~ Beta(a, B), B = b+x (BG) or b+x+1 (MBG); so, with w = t/alpha', z = delta alpha'/p, v = 1+pw and E over p,
      p_alive_after / p_alive = E[v^-A]              cet / p_alive  = E[(1 - v^-A)/p]
      dert / p_alive = E[(A/p) e^z E_{A+1}(z)]       dect / p_alive = E[(A/p) (e^z E_{A+1}(z) - v^-A e^(zv-delta t) E_{A+1}(zv))]
      pmf(n) = NB(n; A, alpha', t) B(a,B+n)/B(a,B) + 1{n>0} B(a+1,B+n-1)/B(a,B) I_{t/(alpha'+t)}(n, A)
  A Pareto customer alive at T has lambda ~ Gamma(A, alpha'), mu ~ Gamma(s, beta' = beta+T):
      cet / p_alive = A/alpha' int_0^t (beta'/(beta'+u))^s du, dect and dert with exp(-delta u) under the integral
      pmf(n) = NB(n; A, alpha', t) (beta'/(beta'+t))^s + int_0^t s beta'^s/(beta'+u)^(s+1) NB(n; A, alpha', u) du

Discrete time and spend (grid_discrete.json)
  bgbb  alpha, beta, gamma, delta; history x, t_x, n   Fader, Hardie, Shang (2010), Marketing Science 29(6)
      A customer alive at an opportunity buys with probability p ~ Beta(alpha, beta); before each opportunity a customer
      leaves with probability theta ~ Beta(gamma, delta).
      loglik      eq. 5: of one buying sequence, without the binomial coefficient
      p_alive     P(alive at n | x, t_x, n): survived the draw before opportunity n, that before n+1 is still to come
      p_alive_after  P(alive at n+m): m = 1 is the P(alive at n+1) of the paper
      cet         E[purchases at opportunities n+1 ... n+n_star | x, t_x, n];  cpmf  P(that number = k)
      dert        sum_{t=n+1}^inf P(buys at t | x, t_x, n) / (1+d)^(t-n): the next opportunity is discounted once
      ex, pmf     E[X(n)], P(X(n) = x) of a new customer, for the n and x of the point
  sbg   alpha, beta; t   Fader, Hardie (2007), How to project customer retention, J. Interactive Marketing 21(1)
      survival    S(t) = B(alpha, beta+t)/B(alpha, beta);  churn_pmf  P(T = t) = B(alpha+1, beta+t-1)/B(alpha, beta), t >= 1
      retention   r_t = S(t)/S(t-1) = (beta+t-1)/(alpha+beta+t-1), t >= 1
      derl        Fader, Hardie (2010), Customer-base valuation in a contractual setting, Marketing Science 29(1): just
                  before the t-th renewal decision of a customer who renewed t-1 times: sum_{j>=t} S(j)/S(t-1) / (1+d)^(j-t).
                  A renewal made now counts 1, undiscounted.
      delt        discounted expected lifetime of a new customer, the first payment now included: sum_{j>=0} S(j)/(1+d)^j
      t = 0: survival and delt only.
  gg    p, q, gamma; x transactions of mean m   Fader, Hardie (2013), The Gamma-Gamma model of monetary value, note 025
      loglik      log of the density of the mean m (eq. 1a), all constants:
                  Gamma(px+q)/(Gamma(px) Gamma(q)) gamma^q m^(px-1) x^(px) / (gamma + m x)^(px+q); x = 0: 0
      mean        E[M | x, m] = p (gamma + m x)/(p x + q - 1);  population_mean  p gamma/(q-1). null without finite mean.
"""

import json
import sys
import time
from pathlib import Path

from mpmath import mp, mpf

CASES = Path(__file__).resolve().parent.parent / "cases" / "clv"
DIGITS = 20
DPS = 50
AGREE = mpf(10) ** -16  # two lattices agree to this: the finer one then has about the square of it
mp.dps = DPS

# ---------------------------------------------------------------------------------------------------------------------
# Tools


def lattice(f, start, left, right, step=0.5):
    """Integrals over the real line of the positive functions in the tuple f(y).

    exp(left y) and exp(-right y) are their tails; start is near the mode. The trapezoid rule is halved until two
    steps agree. A tail that has become geometric is summed as such, however slow.
    """
    start, step = mpf(start), mpf(step)
    negligible, geometric = mpf(10) ** -34, mpf(10) ** -31
    width = len(f(start))

    def half_line(origin, h, rate, totals):
        ratio = mp.exp(-rate * abs(h))
        previous, y = None, origin
        for _ in range(200000):
            terms = f(y)
            for i in range(width):
                totals[i] += terms[i]
            if previous is not None:
                if all(terms[i] <= previous[i] and terms[i] <= negligible * totals[i] for i in range(width)):
                    return
                if all(abs(terms[i] - ratio * previous[i]) <= geometric * terms[i] for i in range(width)):
                    for i in range(width):
                        totals[i] += terms[i] * ratio / (1 - ratio)
                    return
            previous, y = terms, y + h
        raise ArithmeticError("tail does not end")

    totals = [mpf(0)] * width
    half_line(start, step, right, totals)
    half_line(start - step, -step, left, totals)
    old = [step * v for v in totals]
    for _ in range(12):
        half_line(start + step / 2, step, right, totals)
        half_line(start - step / 2, -step, left, totals)
        step /= 2
        new = [step * v for v in totals]
        if all(abs(new[i] - old[i]) <= AGREE * new[i] for i in range(width)):
            return new
        old = new
    raise ArithmeticError("lattice does not converge")


def logit_point(y):
    """p, 1-p at the logit y."""
    if y < 0:
        e = mp.exp(y)
        return e / (1 + e), 1 / (1 + e)
    e = mp.exp(-y)
    return 1 / (1 + e), e / (1 + e)


def log_beta(a, b):
    return mp.loggamma(a) + mp.loggamma(b) - mp.loggamma(a + b)


def scaled_expint(n, z):
    """z e^z E_n(z), between 0 and 1; E_n the generalised exponential integral."""
    if z < 1:
        return z * mp.exp(z) * mp.expint(n, z)
    # Even part of the continued fraction, by Steed's algorithm.
    tiny = mp.eps
    b = z + n
    d = 1 / b
    delta = d
    h = d
    for k in range(1, 100000):
        c = -k * (n + k - 1)
        b += 2
        d = 1 / (b + c * d)
        delta *= b * d - 1
        h += delta
        if abs(delta) <= tiny * h:
            return z * h
    raise ArithmeticError("continued fraction")


def log_nb(n, r, alpha, t):
    """log P(n purchases within t) while alive, lambda ~ Gamma(r, alpha)."""
    q = t / (alpha + t)
    return mp.loggamma(r + n) - mp.loggamma(r) - mp.loggamma(n + 1) - r * mp.log1p(t / alpha) + n * mp.log(q)


def nb_at_least(n, r, alpha, t):
    """P(n or more purchases within t) while alive: the regularised incomplete beta I_{t/(alpha+t)}(n, r)."""
    if n == 0:
        return mpf(1)
    q = t / (alpha + t)
    if max(q, (r + n) / (n + 1) * q) < mpf("0.95"):  # the terms fall from the first on
        term = mp.exp(log_nb(n, r, alpha, t))
        total, j = term, n
        while term > total * mp.eps:
            term *= (r + j) / (j + 1) * q
            total += term
            j += 1
        return total
    extra = mp.dps
    while True:  # else the complement, a sum of n terms, with digits for what cancels
        with mp.workdps(mp.dps + extra):
            q = t / (alpha + t)
            term = mp.exp(-r * mp.log1p(t / alpha))
            rest = mpf(1)
            for j in range(n):
                rest -= term
                term *= (r + j) / (j + 1) * q
            if rest > mpf(10) ** -extra:
                return rest
        extra *= 2


# ---------------------------------------------------------------------------------------------------------------------
# BG/NBD and MBG/NBD


def bg_pmf(n, r, alpha, a, b, t):
    """P(X(t) = n) of a new BG customer."""
    norm = log_beta(a, b)
    value = mp.exp(log_nb(n, r, alpha, t) + log_beta(a, b + n) - norm)
    if n > 0:
        value += mp.exp(log_beta(a + 1, b + n - 1) - norm) * nb_at_least(n, r, alpha, t)
    return value


def mbg_pmf(n, r, alpha, a, b, t):
    """P(X(t) = n) of a new MBG customer, who may leave at time zero."""
    norm = log_beta(a, b)
    value = mp.exp(log_nb(n, r, alpha, t) + log_beta(a, b + n + 1) - norm)
    return value + mp.exp(log_beta(a + 1, b + n) - norm) * nb_at_least(n, r, alpha, t)


def bg_future(A, alpha, a, B, t, delta=None):
    """E over p ~ Beta(a, B) of: survival past t, purchases within t; with delta also dert, dect."""
    norm = log_beta(a, B)
    w = t / alpha

    def f(y):
        p, q = logit_point(y)
        weight = mp.exp(a * mp.log(p) + B * mp.log(q) - norm)
        lv = mp.log1p(p * w)
        survive = mp.exp(-A * lv)
        values = [weight * survive, weight * -mp.expm1(-A * lv) / p]
        if delta is not None:
            z, v = delta * alpha / p, 1 + p * w
            scale = weight * A / (delta * alpha)
            first = scaled_expint(A + 1, z)
            values.append(scale * first)
            values.append(scale * (first - survive / v * mp.exp(-delta * t) * scaled_expint(A + 1, z * v)))
        return values

    spread = mp.sqrt(1 / a + 1 / B)
    return lattice(f, mp.log(a / B), a, B, min(mpf(1) / 2, spread))


def bg_history(model, r, alpha, a, b, x, t_x, T):
    """log-likelihood, P(alive) and the Beta parameter B of a customer alive at T."""
    A = r + x
    m = 1 if model == "mbgnbd" else 0
    head = mp.loggamma(A) - mp.loggamma(r) + r * mp.log(alpha) - log_beta(a, b)
    alive = mp.exp(head + log_beta(a, b + x + m) - A * mp.log(alpha + T))
    dead = mpf(0)
    if x > 0 or m:
        dead = mp.exp(head + log_beta(a + 1, b + x + m - 1) - A * mp.log(alpha + t_x))
    return mp.log(alive + dead), alive / (alive + dead), b + x + m


def bg_truth(model, params, x, t_x, T, t, delta, n, k, wanted=None):
    r, alpha, a, b = params
    loglik, p_alive, B = bg_history(model, r, alpha, a, b, x, t_x, T)
    out = {"loglik": loglik, "p_alive": p_alive, "p_again": p_alive}
    out["pmf"] = (mbg_pmf if model == "mbgnbd" else bg_pmf)(n, r, alpha, a, b, t)
    out["cpmf"] = p_alive * bg_pmf(k, r + x, alpha + T, a, B, t) + ((1 - p_alive) if k == 0 else 0)
    m = 1 if model == "mbgnbd" else 0
    out["ex"] = bg_future(r, alpha, a, b + m, t)[1] * ((b / (a + b)) if m else 1)
    discount = delta if wanted is None or "dert" in wanted else None
    future = bg_future(r + x, alpha + T, a, B, t, discount)
    for name, value in zip(("p_alive_after", "cet", "dert", "dect"), future):
        out[name] = p_alive * value
    return out


# ---------------------------------------------------------------------------------------------------------------------
# Pareto/NBD


def over_interval(log_density, lo, hi, left=1, start=0):
    """Integral over (lo, hi) of exp(log_density(u, u - lo)), which behaves like (u - lo)^(left - 1) at lo."""
    length = hi - lo
    if length == 0:
        return mpf(0)

    def f(y):
        p, q = logit_point(y)
        du = length * p
        return (mp.exp(log_density(lo + du, du)) * du * q,)

    return lattice(f, start, left, 1)[0]


def pareto_life(s, beta, t):
    """int_0^t (beta/(beta+u))^s du."""
    lv = mp.log1p(t / beta)
    if s == 1:
        return beta * lv
    return beta * mp.expm1((1 - s) * lv) / (1 - s)


def pareto_pmf(n, r, alpha, s, beta, t):
    """P(X(t) = n) of a new Pareto/NBD customer."""
    alive = mp.exp(log_nb(n, r, alpha, t) - s * mp.log1p(t / beta))
    head = mp.loggamma(r + n) - mp.loggamma(r) - mp.loggamma(n + 1) + mp.log(s / beta)

    def log_density(u, du):
        return head - r * mp.log1p(u / alpha) + n * mp.log(u / (alpha + u)) - (s + 1) * mp.log1p(u / beta)

    return alive + over_interval(log_density, mpf(0), t, left=n + 1)


def pareto_history(r, alpha, s, beta, x, t_x, T):
    A = r + x
    head = mp.loggamma(A) - mp.loggamma(r) + r * mp.log(alpha) + s * mp.log(beta)
    alive = -A * mp.log(alpha + T) - s * mp.log(beta + T)

    def log_density(u, du):
        return -A * mp.log(alpha + u) - (s + 1) * mp.log(beta + u) - alive

    dead = s * over_interval(log_density, t_x, T)
    return head + alive + mp.log1p(dead), 1 / (1 + dead)


def pareto_again(A, alpha, s, beta):
    """E[lambda/(lambda+mu)] of a customer alive: int_0^inf A alpha^A/(alpha+u)^(A+1) (beta/(beta+u))^s du."""

    def f(y):
        v = mp.exp(y)
        return (A * v * mp.exp(-(A + 1) * mp.log1p(v) - s * mp.log1p(v * alpha / beta)),)

    return lattice(f, mp.log(1 / (A + 1)), 1, A + s)[0]


def pareto_truth(params, x, t_x, T, t, delta, n, k):
    r, alpha, s, beta = params
    loglik, p_alive = pareto_history(r, alpha, s, beta, x, t_x, T)
    A, alpha_T, beta_T = r + x, alpha + T, beta + T
    rate = p_alive * A / alpha_T
    z, v = delta * beta_T, 1 + t / beta_T
    first = scaled_expint(s, z)
    rest = mp.exp(-s * mp.log(v) - delta * t) * scaled_expint(s, z * v)
    return {
        "loglik": loglik,
        "p_alive": p_alive,
        "p_alive_after": p_alive * mp.exp(-s * mp.log1p(t / beta_T)),
        "p_again": p_alive * pareto_again(A, alpha_T, s, beta_T),
        "cet": rate * pareto_life(s, beta_T, t),
        "dect": rate / delta * (first - rest),
        "dert": rate / delta * first,
        "ex": r / alpha * pareto_life(s, beta, t),
        "pmf": pareto_pmf(n, r, alpha, s, beta, t),
        "cpmf": p_alive * pareto_pmf(k, A, alpha_T, s, beta_T, t) + ((1 - p_alive) if k == 0 else 0),
    }


def exact(values):
    return [mpf(v) for v in values]


def truth_of(point, wanted=None):
    """Truth of a point of the continuous grid, or of a judged sample in the same format."""
    params = exact(point["params"])
    t_x, T, t, delta = exact((point["t_x"], point["T"], point["t"], point["delta"]))
    x, n, k = point["x"], point["n_pmf"], point.get("k", 0)
    # t so short that 1 - exp(-delta t) loses digits gets them on top.
    lost = max(0, int(-mp.log10(delta * t / (1 + delta * t))))
    with mp.workdps(DPS + lost):
        if point["model"] == "pnbd":
            return pareto_truth(params, x, t_x, T, t, delta, n, k)
        return bg_truth(point["model"], params, x, t_x, T, t, delta, n, k, wanted)


# ---------------------------------------------------------------------------------------------------------------------
# The continuous grid

BG_SETS = [  # name, stratum, (r, alpha, a, b)
    ("cdnow", "plausible", (0.242593, 4.413532, 0.792886, 2.425752)),
    ("cdnow-days", "plausible", (0.242593, 30.894724, 0.792886, 2.425752)),
    ("slow", "plausible", (1.105171, 1949.521499, 1.105171, 1.105171)),
    ("a-eq-1", "singular", (0.8, 7.0, 1.0, 2.5)),
    ("a-near-1", "singular", (0.8, 7.0, 1.000000001, 2.5)),
    ("a+b-eq-1", "singular", (0.3, 4.0, 0.4, 0.6)),
    ("integers", "singular", (1.0, 1.0, 2.0, 1.0)),
    ("homog-lambda", "extreme", (1e4, 1e5, 0.8, 2.4)),
    ("homog-p", "extreme", (0.25, 4.4, 1e4, 3e4)),
    ("r-tiny", "extreme", (1e-3, 4.4, 0.8, 2.4)),
    ("no-dropout", "extreme", (0.5, 10.0, 1e-3, 1e3)),
    ("all-leave", "extreme", (0.5, 10.0, 1e3, 1e-3)),
    ("p-zero-or-one", "extreme", (0.5, 10.0, 1e-3, 1e-3)),
    ("alpha-tiny", "extreme", (0.25, 1e-3, 0.8, 2.4)),
    ("alpha-huge", "extreme", (50.0, 1e6, 5.0, 20.0)),
]
PARETO_SETS = [  # name, stratum, (r, alpha, s, beta)
    ("cdnow", "plausible", (0.553279, 10.577675, 0.606268, 11.669641)),
    ("grocery", "plausible", (0.78643539, 5.67897605, 0.42, 5.71711824)),
    ("long-lived", "plausible", (1.217, 200.9, 0.04391, 0.3345)),
    ("s-eq-1", "singular", (0.55, 10.58, 1.0, 11.67)),
    ("s-near-1", "singular", (0.55, 10.58, 1.000000001, 11.67)),
    ("alpha-eq-beta", "singular", (0.55, 10.0, 0.6, 10.0)),
    ("alpha-near-beta", "singular", (0.55, 10.0, 0.6, 10.0000001)),
    ("alpha-below-beta", "extreme", (0.5, 1.0, 0.6, 1e6)),
    ("alpha-above-beta", "extreme", (0.5, 1e6, 0.6, 1.0)),
    ("big", "extreme", (50.0, 2000.0, 30.0, 8000.0)),
    ("r-tiny", "extreme", (1e-3, 10.0, 0.6, 12.0)),
    ("s-tiny", "extreme", (0.55, 10.0, 1e-3, 12.0)),
    ("s-huge", "extreme", (0.55, 10.0, 1e4, 1e5)),
    ("r-huge", "extreme", (1e4, 1e5, 2.0, 12.0)),
    ("scale-tiny", "extreme", (0.55, 1e-3, 0.6, 2e-3)),
]
BEHAVIOURS = [  # name, x, t_x, T, t, delta, n_pmf, k
    ("born", 0, 0.0, 0.0, 52.0, 0.0027, 1, 1),
    ("x0-39", 0, 0.0, 39.0, 39.0, 0.0027, 0, 0),
    ("x0-young", 0, 0.0, 1.0, 30.0, 0.0027, 3, 2),
    ("x0-old", 0, 0.0, 1500.0, 365.0, 0.0002, 0, 1),
    ("cdnow-1", 2, 30.43, 38.86, 39.0, 0.0027, 2, 2),
    ("dert-paper", 7, 35.0, 77.86, 52.0, 0.0027, 7, 0),
    ("cdnow-1516", 26, 30.86, 31.0, 52.0, 0.0027, 26, 5),
    ("tx-eq-T", 23, 39.0, 39.0, 52.0, 0.15, 23, 5),
    ("first-moment", 1, 0.001, 0.001, 7.0, 0.0027, 1, 1),
    ("early-single", 1, 0.5, 365.0, 365.0, 0.0027, 1, 0),
    ("x100", 100, 360.0, 365.0, 90.0, 0.0027, 100, 20),
    ("x221", 221, 103.42857, 103.57143, 52.0, 0.0027, 221, 110),
    ("x300-lapsed", 300, 200.0, 365.0, 365.0, 0.0027, 300, 5),
    ("x501-daily", 501, 501.0, 501.0, 90.0, 0.0001, 40, 90),
    ("x1000", 1000, 700.0, 730.0, 365.0, 0.0027, 300, 5),
    ("x1000-lapsed", 1000, 100.0, 730.0, 365.0, 0.0027, 12, 0),
    ("x1500-last-minute", 1500, 364.999, 365.0, 1.0, 0.0027, 4, 4),
    ("x5000", 5000, 1800.0, 1825.0, 365.0, 0.0027, 300, 300),
    ("x5000-now", 5000, 1825.0, 1825.0, 30.0, 1.0, 1000, 82),
    ("x5000-lapsed", 5000, 900.0, 1825.0, 30.0, 0.0027, 5, 1),
    ("tiny-units", 3, 1e-6, 1e-5, 1e-5, 0.0027, 3, 1),
    ("seconds", 4, 3e7, 3.15e7, 3.15e7, 3e-9, 4, 2),
    ("t-tiny", 10, 200.0, 365.0, 1e-6, 0.0027, 10, 1),
    ("t-huge", 10, 200.0, 365.0, 1e6, 0.0027, 10, 5),
]
CONTINUOUS = [
    "loglik", "p_alive", "p_alive_after", "p_again", "cet", "dect", "dert", "ex", "pmf", "cpmf",
]  # fmt: skip


def continuous_points():
    for model in ("bgnbd", "mbgnbd", "pnbd"):
        for name, stratum, params in PARETO_SETS if model == "pnbd" else BG_SETS:
            for behaviour, x, t_x, T, t, delta, n, k in BEHAVIOURS:
                yield {
                    "id": f"{model}/{name}/{behaviour}", "model": model, "stratum": stratum, "params": list(params),
                    "x": x, "t_x": t_x, "T": T, "t": t, "delta": delta, "n_pmf": n, "k": k,
                }  # fmt: skip


def digits(value):
    """20 significant digits."""
    if value is None:
        return None
    return mp.nstr(value, DIGITS, min_fixed=0, max_fixed=0)


def write(name, about, points):
    """One point a line."""
    CASES.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps(point, separators=(",", ":")) for point in points]
    head = json.dumps({"source": "tests/oracles/make_clv_grid.py", "about": about}, separators=(",", ":"))[:-1]
    text = head + ',"points":[\n' + ",\n".join(lines) + "\n]}\n"
    (CASES / name).write_text(text, encoding="utf-8")
    missing = sum(v is None for point in points for v in point["truth"].values())
    print(f"{name}: {len(points)} points, {len(text)} bytes, {missing} values null")


def make_continuous():
    points, begun = [], time.time()
    for point in continuous_points():
        try:
            truth = truth_of(point)
        except ArithmeticError as error:
            print(point["id"], error)
            truth = {}
        if point["x"] == 0 and point["T"] == 0:
            truth["loglik"] = mpf(0)
        point["truth"] = {name: digits(truth.get(name)) for name in CONTINUOUS}
        points.append(point)
        if len(points) % 100 == 0:
            print(f"{len(points)} points after {time.time() - begun:.0f} s", flush=True)
    write("grid_continuous.json", "Truth of BG/NBD, MBG/NBD and Pareto/NBD; 20 digits", points)


# ---------------------------------------------------------------------------------------------------------------------
# BG/BB, sBG, Gamma-Gamma


def bgbb_history(alpha, beta, gamma, delta, x, t_x, n):
    """Likelihood of a history (eq. 5) and its part alive at n."""
    norm_p, norm_q = log_beta(alpha, beta), log_beta(gamma, delta)
    alive = mp.exp(log_beta(alpha + x, beta + n - x) - norm_p + log_beta(gamma, delta + n) - norm_q)
    dead = mpf(0)
    for i in range(n - t_x):
        buys = log_beta(alpha + x, beta + t_x - x + i) - norm_p
        dead += mp.exp(buys + log_beta(gamma + 1, delta + t_x + i) - norm_q)
    return alive + dead, alive


def bgbb_pmf(k, alpha, beta, gamma, delta, n):
    """P(X(n) = k) of a new customer: over the opportunity i after which the customer left."""
    if k > n:
        return mpf(0)
    norm_p, norm_q = log_beta(alpha, beta), log_beta(gamma, delta)
    total = mp.exp(log_beta(gamma, delta + n) - norm_q + log_beta(alpha + k, beta + n - k) - norm_p) * mp.binomial(n, k)
    for i in range(k, n):
        buys = mp.exp(log_beta(alpha + k, beta + i - k) - norm_p) * mp.binomial(i, k)
        total += buys * mp.exp(log_beta(gamma + 1, delta + i) - norm_q)
    return total


def stays(gamma, delta, j):
    """P(a customer alive now survives the next j draws)."""
    return mp.exp(log_beta(gamma, delta + j) - log_beta(gamma, delta))


def discounted_stays(gamma, delta, d):
    """sum_{j>=1} stays(j)/(1+d)^j, by its positive series."""
    term, total, j = mpf(1), mpf(0), 0
    while True:
        term *= (delta + j) / (gamma + delta + j) / (1 + d)
        total += term
        j += 1
        if term <= total * d * mpf(10) ** -30:  # the rest is below term / d
            return total


def bgbb_truth(params, x, t_x, n, n_star, m, k, d):
    alpha, beta, gamma, delta = params
    total, alive = bgbb_history(alpha, beta, gamma, delta, x, t_x, n)
    p_alive = alive / total
    buys = (alpha + x) / (alpha + beta + n)
    left = delta + n
    return {
        "loglik": mp.log(total),
        "p_alive": p_alive,
        "p_alive_after": p_alive * stays(gamma, left, m),
        "cet": p_alive * buys * mp.fsum(stays(gamma, left, j) for j in range(1, n_star + 1)),
        "dert": p_alive * buys * discounted_stays(gamma, left, d),
        "ex": alpha / (alpha + beta) * mp.fsum(stays(gamma, delta, j) for j in range(1, n + 1)),
        "pmf": bgbb_pmf(x, alpha, beta, gamma, delta, n),
        "cpmf": p_alive * bgbb_pmf(k, alpha + x, beta + n - x, gamma, left, n_star) + ((1 - p_alive) if k == 0 else 0),
    }


def sbg_truth(params, t, d):
    alpha, beta = params
    out = {"survival": stays(alpha, beta, t), "delt": 1 + discounted_stays(alpha, beta, d)}
    if t > 0:
        out["retention"] = (beta + t - 1) / (alpha + beta + t - 1)
        out["churn_pmf"] = mp.exp(log_beta(alpha + 1, beta + t - 1) - log_beta(alpha, beta))
        out["derl"] = discounted_stays(alpha, beta + t - 1, d) * (1 + d)
    return out


def gg_truth(params, x, m):
    p, q, gamma = params
    out = {"loglik": mpf(0), "mean": None, "population_mean": None}
    if x > 0:
        shape = p * x
        out["loglik"] = (
            mp.loggamma(shape + q) - mp.loggamma(shape) - mp.loggamma(q) + q * mp.log(gamma)
            + (shape - 1) * mp.log(m) + shape * mp.log(x) - (shape + q) * mp.log(gamma + m * x)
        )  # fmt: skip
    if p * x + q > 1:
        out["mean"] = p * (gamma + m * x) / (p * x + q - 1)
    if q > 1:
        out["population_mean"] = p * gamma / (q - 1)
    return out


BGBB_SETS = [
    ("donations", "plausible", (1.203507, 0.749733, 0.6567568, 2.783887)),
    ("cruises", "plausible", (0.66, 5.19, 173.76, 1882.93)),
    ("uniform", "singular", (1.0, 1.0, 1.0, 1.0)),
    ("gamma-eq-1", "singular", (0.5, 0.5, 1.0, 0.5)),
    ("tiny", "extreme", (1e-3, 1e-3, 1e-3, 1e-3)),
    ("homog", "extreme", (3e3, 7e3, 2e3, 1e4)),
    ("no-dropout", "extreme", (1.2, 0.7, 1e-3, 1e3)),
    ("all-leave", "extreme", (1.2, 0.7, 1e3, 1e-3)),
]
BGBB_BEHAVIOURS = [  # name, x, t_x, n, n_star, m, k, d
    ("x0", 0, 0, 6, 10, 1, 0, 0.1),
    ("paper-2-4", 2, 4, 6, 10, 1, 1, 0.1),
    ("all-six", 6, 6, 6, 10, 1, 3, 0.1),
    ("born", 0, 0, 0, 5, 0, 2, 0.1),
    ("early-single", 1, 1, 12, 12, 2, 1, 0.01),
    ("last-single", 1, 12, 12, 12, 2, 1, 0.01),
    ("lapsed", 20, 20, 50, 20, 10, 4, 0.002),
    ("steady", 25, 49, 50, 50, 5, 25, 0.002),
    ("every-time", 50, 50, 50, 50, 50, 50, 0.05),
    ("silent", 0, 0, 50, 3, 1, 3, 1.0),
]
SBG_SETS = [
    ("high-end", "plausible", (0.668, 3.806)),
    ("regular", "plausible", (0.704, 1.182)),
    ("uniform", "singular", (1.0, 1.0)),
    ("tiny", "extreme", (1e-3, 1e-3)),
    ("homog", "extreme", (2e3, 1e4)),
    ("loyal", "extreme", (1e-3, 1e3)),
    ("fleeting", "extreme", (1e3, 1e-3)),
]
SBG_TIMES = [(0, 0.1), (1, 0.1), (2, 0.1), (7, 0.01), (12, 0.1), (120, 0.005), (1000, 1.0)]  # t, d
GG_SETS = [
    ("cdnow", "plausible", (6.25, 3.74, 15.44)),
    ("q-near-1", "singular", (6.25, 1.000000001, 15.44)),
    ("q-below-1", "singular", (2.0, 0.4, 30.0)),
    ("px-eq-1", "singular", (1.0, 2.0, 10.0)),
    ("homog", "extreme", (1e4, 2e4, 3e3)),
    ("tiny-p", "extreme", (1e-3, 5.0, 1e6)),
    ("large-gamma", "extreme", (0.5, 1e3, 1e9)),
]
GG_CUSTOMERS = [(0, 0.0), (1, 11.77), (2, 22.35), (7, 73.74), (1, 1e-6), (3, 2.5e9), (5000, 35.17)]  # x, mean


def discrete_points():
    for name, stratum, params in BGBB_SETS:
        for behaviour, x, t_x, n, n_star, m, k, d in BGBB_BEHAVIOURS:
            yield {
                "id": f"bgbb/{name}/{behaviour}", "model": "bgbb", "stratum": stratum, "params": list(params),
                "x": x, "t_x": t_x, "n": n, "n_star": n_star, "m": m, "k": k, "d": d,
            }  # fmt: skip
    for name, stratum, params in SBG_SETS:
        for t, d in SBG_TIMES:
            yield {"id": f"sbg/{name}/t{t}", "model": "sbg", "stratum": stratum, "params": list(params), "t": t, "d": d}
    for name, stratum, params in GG_SETS:
        for x, m in GG_CUSTOMERS:
            yield {
                "id": f"gg/{name}/{x}-{m:g}", "model": "gg", "stratum": stratum, "params": list(params),
                "x": x, "mean": m,
            }  # fmt: skip


def discrete_truth(point):
    params = exact(point["params"])
    if point["model"] == "bgbb":
        return bgbb_truth(params, *(point[f] for f in ("x", "t_x", "n", "n_star", "m", "k")), mpf(point["d"]))
    if point["model"] == "sbg":
        return sbg_truth(params, point["t"], mpf(point["d"]))
    return gg_truth(params, point["x"], mpf(point["mean"]))


def make_discrete():
    points = []
    for point in discrete_points():
        point["truth"] = {name: digits(value) for name, value in discrete_truth(point).items()}
        points.append(point)
    write("grid_discrete.json", "Truth of BG/BB, sBG and Gamma-Gamma; 20 digits", points)


# ---------------------------------------------------------------------------------------------------------------------
# Checks

PUBLISHED_PARAMS = {
    "bg": (0.2425982, 4.41367, 0.7929899, 2.4261667),  # alpha not printed: recovered
    "bg3": (0.243, 4.414, 0.793, 2.426),
    "pnbd": (0.553, 10.578, 0.606, 11.656),  # as printed: a fit rounded to three digits
    "underflow": (0.55, 10.58, 0.61, 11.67),
    "dert": (0.5629966, 12.5590370, 0.4081095, 10.5148048),
    "bgbb": (1.203507, 0.74978, 0.6567568, 2.783887),  # beta not printed: recovered
    "bgbb4": (1.204, 0.750, 0.657, 2.783),
}


def ask(name, what, x=0, t_x=0.0, T=0.0, t=1.0, n=0, delta=0.0027):
    model = "pnbd" if name in ("pnbd", "underflow", "dert") else "bgnbd"
    point = {"model": model, "params": PUBLISHED_PARAMS[name], "x": x, "t_x": t_x, "T": T, "t": t, "delta": delta}
    return truth_of(point | {"n_pmf": n, "k": n})[what]


def donors(name, what, x, t_x, n, n_star=10):
    return bgbb_truth(exact(PUBLISHED_PARAMS[name]), x, t_x, n, n_star, 1, 0, mpf(1) / 10)[what]


def high_end_loglik():
    """1,000 customers of the high-end segment, observed for seven renewals, at the published estimate."""
    alive = [1000, 869, 743, 653, 593, 551, 517, 491]
    params = exact((0.668088, 3.806095))
    total = alive[7] * mp.log(sbg_truth(params, 7, mpf(1) / 10)["survival"])
    for t in range(1, 8):
        total += (alive[t - 1] - alive[t]) * mp.log(sbg_truth(params, t, mpf(1) / 10)["churn_pmf"])
    return total


def spend(customers):
    params = exact((6.25, 3.74, 15.44))
    return [gg_truth(params, x, mpf(m))["mean"] for x, m in customers]


PUBLISHED = [  # model, quantity, which of the printed values (None: a single one), computed, tolerance
    ("Pareto/NBD", "E[X(52)]", None, lambda: ask("pnbd", "ex", t=52.0), 2e-3),
    ("Pareto/NBD", "CET(52 | x=26,t_x=30.857,T=31)", None, lambda: ask("pnbd", "cet", 26, 216 / 7, 31.0, 52.0), 3e-2),
    ("Pareto/NBD", "CET(52 | x=10,t_x=20,T=39)", None, lambda: ask("pnbd", "cet", 10, 20.0, 39.0, 52.0), 1e-3),
    ("Pareto/NBD", "CET(52 | x=15,t_x=20,T=39)", None, lambda: ask("pnbd", "cet", 15, 20.0, 39.0, 52.0), 2e-4),
    ("Pareto/NBD", "CET(52 | x=25,t_x=20,T=39)", None, lambda: ask("pnbd", "cet", 25, 20.0, 39.0, 52.0), 5e-6),
    ("Pareto/NBD", "CET(10|132,200,200), CET(10|133,200,200)", slice(0, 2),
     lambda: [ask("underflow", "cet", x, 200.0, 200.0, 10.0) for x in (132, 133)], 1e-12),
    ("Pareto/NBD", "DERT(x=7,t_x=35,T=77.86)", None, lambda: ask("dert", "dert", 7, 35.0, 77.86), 1e-6),
    ("BG/NBD", "E[X(52)]", None, lambda: ask("bg", "ex", t=52.0), 1e-5),
    ("BG/NBD", "CET(52 | 26,30.857,31)", None, lambda: ask("bg", "cet", 26, 216 / 7, 31.0, 52.0), 1e-4),
    ("BG/NBD", "CET(52 | x=10,t_x=20,T=39)", None, lambda: ask("bg", "cet", 10, 20.0, 39.0, 52.0), 1e-5),
    ("BG/NBD", "CET(52 | x=20,t_x=20,T=39)", None, lambda: ask("bg", "cet", 20, 20.0, 39.0, 52.0), 1e-7),
    ("BG/NBD", "CET(39 | 2,30.43,38.86)", None, lambda: ask("bg3", "cet", 2, 30.43, 38.86, 39.0), 1e-3),
    ("BG/NBD", "E[X(1.0)]", None, lambda: ask("bg3", "ex", t=1.0), 1e-4),
    ("BG/NBD", "E[X(3.0)]", None, lambda: ask("bg3", "ex", t=3.0), 5e-4),
    ("BG/NBD", "E[X(32.0)]", None, lambda: ask("bg3", "ex", t=32.0), 5e-3),
    ("BG/NBD", "E[X(78.0)]", None, lambda: ask("bg3", "ex", t=78.0), 5e-3),
    ("BG/NBD", "P(X(39)=0)", None, lambda: ask("bg3", "pmf", t=39.0), 1e-7),
    ("BG/NBD", "P(X(30)=11..20)", slice(0, 10), lambda: [ask("bg3", "pmf", t=30.0, n=n) for n in range(11, 21)], 1e-9),
    ("BG/BB", "E[X(10)]", None, lambda: donors("bgbb", "ex", 0, 0, 10), 1e-5),
    ("BG/BB", "CET customer A (x=0,t_x=0,n=6,n*=10)", None, lambda: donors("bgbb", "cet", 0, 0, 6), 5e-5),
    ("BG/BB", "P(alive in 2002) for (x,t_x)=(0,0),(2,4),(6,6)", slice(0, 3),
     lambda: [donors("bgbb4", "p_alive_after", x, t_x, 6) for x, t_x in ((0, 0), (2, 4), (6, 6))], 1e-2),
    ("BG/BB", "in-sample expected customers with x=0 and x=6", slice(0, 2),
     lambda: [11104 * donors("bgbb4", "pmf", x, x, 6) for x in (0, 6)], 2),
    ("sBG", "alpha,beta", "-1611.158", high_end_loglik, 1e-3),
    ("Gamma-Gamma", "E[M] of CDNOW customers 1..10", slice(0, 3), lambda: spend([(2, 22.35), (1, 11.77), (0, 0)]), 0.1),
]  # fmt: skip


def check_published(entries):
    printed = {(e["model"], e["quantity"]): e["value"] for e in entries}
    failed = 0
    for model, quantity, index, compute, unit in PUBLISHED:
        if (model, quantity) not in printed:
            print(f"absent   {model} {quantity}")
            continue
        value, got = printed[model, quantity], compute()
        if isinstance(index, str):
            pairs = [(mpf(index), got)]
        elif index is None:
            pairs = [(mpf(value), got)]
        else:
            pairs = list(zip(exact(value[index]), got))
        bad = any(abs(want - have) > mpf(unit) for want, have in pairs)
        failed += bad
        shown = ", ".join(f"{mp.nstr(have, 10)} ({mp.nstr(want, 10)})" for want, have in pairs[:3])
        print(f"{'DIFFERS ' if bad else 'ok      '} {model} {quantity}: {shown}")
    print(f"{len(PUBLISHED)} published values or lists, {failed} differ")
    return failed


def relative(have, want):
    return abs(have - want) / abs(want) if want != 0 else abs(have)


def check_sample(points):
    worst, failed = {}, 0
    for point in points:
        truth = truth_of(point, point["truth"])
        for name, text in point["truth"].items():
            error = relative(truth[name], mpf(text))
            key = point["model"], name
            if error > mpf(10) ** -15 and max(abs(truth[name]), abs(mpf(text))) < mpf(2) ** -1075:
                print(f"both 0.0 as doubles: {point['id']} {name}: {mp.nstr(truth[name], 20)} against {text}")
                continue
            worst[key] = max(worst.get(key, mpf(0)), error)
            if error > mpf(10) ** -15:
                failed += 1
                print(f"DIFFERS {point['id']} {name}: {mp.nstr(truth[name], 20)} against {text}")
    for (model, name), error in sorted(worst.items()):
        print(f"{model:8} {name:8} worst relative difference {mp.nstr(error, 3)}")
    print(f"{len(points)} points, {failed} values differ by more than 1e-15")
    return failed


def breaks(*scales):
    """Interval limits for mp.quad on (0, inf): decades about the scales of the integrand."""
    exponents = sorted({round(float(mp.log10(s))) + i for s in scales for i in range(-3, 4)})
    return [0, *(mpf(10) ** e for e in exponents), mp.inf]


def cut(points, t):
    return [p for p in points if p < t] + [t]


def other_route(point):
    """The quantities by the closed forms of the papers (2F1, U) or by mp.quad; what has neither is left out."""
    r, alpha, c1, c2 = exact(point["params"])
    t_x, T, t, delta = exact((point["t_x"], point["T"], point["t"], point["delta"]))
    x, n, k, model = point["x"], point["n_pmf"], point["k"], point["model"]
    A, alpha_T, out = r + x, alpha + T, {}
    w = t / alpha_T
    if model == "pnbd":
        s, beta = c1, c2
        beta_T = beta + T
        # Schmittlein et al. (1987) in the form of Hardie's note 009: 2F1 at the two ends, the larger scale in front.
        big, gap, top = max(alpha, beta), abs(alpha - beta), (s + 1 if alpha >= beta else A)

        def f(u):
            return mp.hyp2f1(A + s, top, A + s + 1, gap / (big + u)) / (big + u) ** (A + s)

        alive = alpha_T**-A * beta_T**-s
        total = alive + s / (A + s) * (f(t_x) - f(T))
        out["loglik"] = mp.log(mp.rf(r, x) * alpha**r * beta**s * total)
        p_alive = out["p_alive"] = alive / total
        out["p_alive_after"] = p_alive * (beta_T / (beta_T + t)) ** s
        again = mp.hyp2f1(s, A + s, A + s + 1, 1 - beta_T / alpha_T) * (beta_T / alpha_T) ** s
        out["p_again"] = p_alive * A / (A + s) * again
        if abs(s - 1) > mpf(10) ** -6:
            out["cet"] = p_alive * A * beta_T / (alpha_T * (s - 1)) * (1 - (beta_T / (beta_T + t)) ** (s - 1))
            out["ex"] = r * beta / (alpha * (s - 1)) * (1 - (beta / (beta + t)) ** (s - 1))
        dert = A * beta_T**s * delta ** (s - 1) / alpha_T * mp.hyperu(s, s, delta * beta_T)
        out["dert"] = p_alive * dert

        def rate(u):
            return (beta_T / (beta_T + u)) ** s * mp.exp(-delta * u)

        at = cut(breaks(beta_T / (1 + s), 1 / delta), t)
        out["dect"] = p_alive * A / alpha_T * mp.quad(lambda v: rate(v * t), [u / t for u in at]) * t

        mode = min(t, alpha * n / r)  # mp.quad has an absolute error: relative to the value at the mode

        def leaves(u):
            share = ((alpha + mode) / (alpha + u)) ** (r + n) * ((u / mode) ** n if n else 1)
            return share * s * beta**s / (beta + u) ** (s + 1)

        def purchases(u):
            return mp.rf(r, n) / mp.factorial(n) * (alpha / (alpha + u)) ** r * ((u / (alpha + u)) ** n if n else 1)

        ends = sorted({*cut(breaks(alpha, beta), t), *(mode * f / 16 for f in range(4, 24, 2) if mode * f < 16 * t)})
        out["pmf"] = purchases(t) * (beta / (beta + t)) ** s + purchases(mode) * mp.quad(leaves, ends)
        return out

    a, b = c1, c2
    m = 1 if model == "mbgnbd" else 0
    B = b + x + m
    # The likelihood of given p, integrated over p by quadrature: lambda has the Gamma integral.
    alive = mp.beta(a, B) / mp.beta(a, b) / alpha_T**A
    dead = mp.beta(a + 1, B - 1) / mp.beta(a, b) / (alpha + t_x) ** A if x > 0 or m else mpf(0)
    out["loglik"] = mp.log(mp.rf(r, x) * alpha**r * (alive + dead))
    p_alive = out["p_alive"] = out["p_again"] = 1 / (1 + dead / alive)
    out["p_alive_after"] = p_alive * mp.hyp2f1(A, a, a + B, -w)
    if abs(a - 1) > mpf(10) ** -6:

        def expected(r, alpha, b):  # Fader, Hardie, Lee (2005), eq. 9
            z = t / (alpha + t)
            if abs(a + b - 1) < mpf(10) ** -6:
                return None
            tail = (alpha / (alpha + t)) ** r * mp.hyp2f1(r, b, a + b - 1, z)
            return (a + b - 1) / (a - 1) * (1 - tail)

        more, new = expected(A, alpha_T, B), expected(r, alpha, b + m)
        if more is not None:
            out["cet"] = p_alive * more
        if new is not None:
            out["ex"] = new * (b / (a + b) if m else 1)

    def rate(u):  # purchases per time at T + u: no closed form of the integral
        return mp.hyp2f1(A + 1, a, a + B, -u / alpha_T) * mp.exp(-delta * u)

    at = breaks(alpha_T * max(1, (a + B) / a) / A, 1 / delta)
    out["dert"] = p_alive * A / alpha_T * mp.quad(rate, at)
    out["dect"] = p_alive * A / alpha_T * mp.quad(lambda v: rate(v * t), [u / t for u in cut(at, t)]) * t
    norm = mp.beta(a, b)
    nb = mp.rf(r, n) / mp.factorial(n) * (alpha / (alpha + t)) ** r * (t / (alpha + t)) ** n
    pmf = mp.beta(a, b + n + m) / norm * nb
    if n > 0 or m:
        at_least = mp.betainc(n, r, 0, t / (alpha + t), regularized=True) if n > 0 else 1
        pmf += mp.beta(a + 1, b + n + m - 1) / norm * at_least
    out["pmf"] = pmf
    return out


def other_discrete(point):
    """BG/BB by quadrature over p and theta, sBG sums by 2F1, Gamma-Gamma by quadrature over nu."""
    params, truth = exact(point["params"]), {}
    if point["model"] == "sbg":
        alpha, beta = params
        t, v = point["t"], 1 / (1 + mpf(point["d"]))
        truth["delt"] = mp.hyp2f1(1, beta, alpha + beta, v)
        if t > 0:
            retention = (beta + t - 1) / (alpha + beta + t - 1)
            truth["derl"] = retention * mp.hyp2f1(1, beta + t, alpha + beta + t, v)
            truth["churn_pmf"] = mp.beta(alpha + 1, beta + t - 1) / mp.beta(alpha, beta)
        return truth
    if point["model"] == "gg":
        p, q, gamma = params
        x, m = point["x"], mpf(point["mean"])
        if x == 0 or p * x + q <= 1:
            return truth
        # nu ~ Gamma(q, gamma); the mean of x spends given nu ~ Gamma(px, nu x); E[spend | nu] = p/nu
        peak = (p * x + q) / (gamma + m * x)

        def density(nu):
            mean = (p * x) * mp.log(nu * x) + (p * x - 1) * mp.log(m) - nu * x * m - mp.loggamma(p * x)
            return mp.exp(mean + q * mp.log(gamma) + (q - 1) * mp.log(nu) - gamma * nu - mp.loggamma(q))


        def f(y):
            nu = mp.exp(y)
            value = density(nu) * nu
            return value, value * p / nu

        step = min(mpf(1) / 2, 1 / mp.sqrt(p * x + q))
        likelihood, spend = lattice(f, mp.log(peak), p * x + q - 1, 1, step)
        truth["loglik"] = mp.log(likelihood)
        truth["mean"] = spend / likelihood
        return truth
    alpha, beta, gamma, delta = params
    x, t_x, n, d = point["x"], point["t_x"], point["n"], mpf(point["d"])

    def mixed(f, a, b):  # E f(p), p ~ Beta(a, b)
        norm = log_beta(a, b)

        def g(y):
            p, q = logit_point(y)
            return (mp.exp(a * mp.log(p) + b * mp.log(q) - norm) * f(p, q),)

        return lattice(g, mp.log(a / b), a, b, min(mpf(1) / 2, mp.sqrt(1 / a + 1 / b)))[0]

    buy = [mixed(lambda p, q: p**x * q ** (i - x), alpha, beta) for i in range(t_x, n + 1)]
    alive = buy[-1] * mixed(lambda p, q: q**n, gamma, delta)
    dead = mp.fsum(buy[i] * mixed(lambda p, q: p * q ** (t_x + i), gamma, delta) for i in range(n - t_x))
    truth["loglik"] = mp.log(alive + dead)
    truth["p_alive"] = alive / (alive + dead)
    truth["p_alive_after"] = truth["p_alive"] * mixed(lambda p, q: q ** point["m"], gamma, delta + n)
    buys = truth["p_alive"] * (alpha + x) / (alpha + beta + n)
    v = 1 / (1 + d)
    truth["dert"] = buys * v * (delta + n) / (gamma + delta + n) * mp.hyp2f1(1, delta + n + 1, gamma + delta + n + 1, v)
    # Fader, Hardie, Shang (2010), eq. 13, and the pmf of k as what a sum over all k must leave
    if abs(gamma - 1) > mpf(10) ** -6 and x <= n:

        def ends(delta, j):
            return (delta / (gamma - 1)) * (1 - mp.gammaprod([gamma + delta, 1 + delta + j], [gamma + delta + j, 1 + delta]))

        truth["cet"] = buys * ends(delta + n, point["n_star"])
        truth["ex"] = alpha / (alpha + beta) * ends(delta, n)
    others = mp.fsum(bgbb_pmf(i, *params, n) for i in range(n + 1) if i != x)
    if others < mpf("0.999999"):
        truth["pmf"] = 1 - others
    return truth


def verify(count):
    """Points of the committed grids by other routes: every step-th, so that parameters and behaviours both change."""
    failed = 0
    for name, route in (("continuous", other_route), ("discrete", other_discrete)):
        points = json.loads((CASES / f"grid_{name}.json").read_text(encoding="utf-8"))["points"]
        if name == "continuous":  # there the series of 2F1 are too slow
            points = [p for p in points if p["model"] == "pnbd" or max(p["params"][i] for i in (0, 2, 3)) < 1e3]
        step = max(1, len(points) // count)
        while len(points) % step == 0 or 24 % step == 0:
            step += 1
        compared, worst, skipped = 0, mpf(0), 0
        for point in points[::step]:
            try:
                with mp.workdps(DPS + 10 if name == "continuous" else DPS):
                    other = route(point)
            except (ArithmeticError, ValueError, mp.NoConvergence) as error:
                skipped += 1
                print(f"no second route for {point['id']}: {error}")
                continue
            for quantity, value in other.items():
                text = point["truth"][quantity]
                if text is None or not mp.isfinite(value):
                    continue
                want = mpf(text)
                error = abs(value - want) if want == 0 else relative(value, want)
                compared, worst = compared + 1, max(worst, error)
                if error > mpf(10) ** -18:
                    failed += 1
                    print(f"DIFFERS {point['id']} {quantity}: {text} against {mp.nstr(value, 20)}")
        done = len(points[::step]) - skipped
        print(f"{name}: {done} points, {compared} values by another route, worst {mp.nstr(worst, 3)}")
    return failed


def main(arguments):
    if arguments[:1] == ["--check"]:
        entries = json.loads(Path(arguments[1]).read_text(encoding="utf-8"))
        return check_sample(entries) if "truth" in entries[0] else check_published(entries)
    if arguments[:1] == ["--verify"]:
        return verify(int(arguments[1]) if len(arguments) > 1 else 30)
    only = arguments[1] if arguments[:1] == ["--only"] else None
    if only in (None, "continuous"):
        make_continuous()
    if only in (None, "discrete"):
        make_discrete()
    return 0


if __name__ == "__main__":
    sys.exit(1 if main(sys.argv[1:]) else 0)
