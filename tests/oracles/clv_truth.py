"""Truth of the customer-lifetime-value models in 50 digits: what the reference grids of tests/cases/clv hold.

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
from mpmath import mp, mpf

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


def discrete_truth(point):
    params = exact(point["params"])
    if point["model"] == "bgbb":
        return bgbb_truth(params, *(point[f] for f in ("x", "t_x", "n", "n_star", "m", "k")), mpf(point["d"]))
    if point["model"] == "sbg":
        return sbg_truth(params, point["t"], mpf(point["d"]))
    return gg_truth(params, point["x"], mpf(point["mean"]))
