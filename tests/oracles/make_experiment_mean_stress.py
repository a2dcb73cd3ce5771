"""Hard cases of tests of means, with 50-digit truth: tests/cases/experiment/mean_stress.json and, of campaigns, tests/cases/campaign/adjusted.json.

Own formulae in mpmath and in exact fractions; nothing is taken from the engine. Inputs are the doubles that the file prints.

    python3 tests/oracles/make_experiment_mean_stress.py
"""

import json
from fractions import Fraction
from pathlib import Path

import mpmath as mp

mp.mp.dps = 50
ALPHA = mp.mpf("0.05")


def density_constant(df):
    return mp.exp(mp.loggamma((df + 1) / 2) - mp.loggamma(df / 2)) / mp.sqrt(df * mp.pi)


def ln_upper(t, df):
    """ln P(T > t) for t >= 0."""
    if df == mp.inf:
        return mp.log(mp.erfc(t / mp.sqrt(2)) / 2)
    half = (df + 1) / 2
    start = mp.log1p(t * t / df)
    if t < 2:
        inner = mp.quad(lambda s: mp.exp(-half * mp.log1p(s * s / df)), [0, t]) if t > 0 else mp.mpf(0)
        return mp.log(mp.mpf(1) / 2 - density_constant(df) * inner)
    # Far below the density at t, in units of its decay there.
    rate = (df + 1) * t / (df + t * t)

    def relative(u):
        s = t + u / rate
        return mp.exp(-half * (mp.log1p(s * s / df) - start))

    breaks = [0, 1, 4, 16, 64, mp.mpf(10) ** 3, mp.mpf(10) ** 6, mp.inf]
    total = mp.quad(relative, breaks) / rate
    return mp.log(density_constant(df)) - half * start + mp.log(total)


def ln_p(t, df, alternative):
    if alternative == "two_sided":
        return min(ln_upper(abs(t), df) + mp.log(2), mp.mpf(0))
    t = t if alternative == "greater" else -t
    return ln_upper(t, df) if t >= 0 else mp.log(1 - mp.exp(ln_upper(-t, df)))


def critical(df, tail):
    if df == mp.inf:
        return -mp.sqrt(2) * mp.erfinv(2 * tail - 1)
    goal, t = mp.log(tail), mp.mpf(2)
    # Newton's steps on the logarithm.
    for _ in range(60):
        value = ln_upper(t, df)
        ln_density = mp.log(density_constant(df)) - (df + 1) / 2 * mp.log1p(t * t / df)
        step = (value - goal) / mp.exp(ln_density - value)
        t += max(min(step, t), -t / 2)
        if abs(step) < t * mp.mpf(10) ** -30:
            return t
    raise ArithmeticError(f"no quantile for {df} degrees of freedom")


def number(value):
    return mp.nstr(value, 25)


def fieller(numerator, control, spread, t):
    """The region |numerator - x control| <= t se(x), with se(x)^2 = a + 2 b x + c x^2."""
    a, b, c = spread
    qa, qb, qc = control**2 - t * t * c, numerator * control + t * t * b, numerator**2 - t * t * a
    root = qb * qb - qa * qc
    if root < 0:
        return {"kind": "unbounded"}
    ends = sorted([(qb - mp.sqrt(root)) / qa, (qb + mp.sqrt(root)) / qa])
    return {"kind": "bounded" if qa > 0 else "exclusive", "ends": [number(end) for end in ends]}


def mean_case(name, target, control):
    (nt, mt, vt), (nc, mc, vc) = [[mp.mpf(x) for x in arm] for arm in (target, control)]
    gt, gc = vt / nt, vc / nc
    pooled = (vt * (nt - 1) + vc * (nc - 1)) / (nt + nc - 2)
    methods = {
        "welch": (gt, gc, (gt + gc) ** 2 / (gt**2 / (nt - 1) + gc**2 / (nc - 1))),
        "student": (pooled / nt, pooled / nc, nt + nc - 2),
        "z": (gt, gc, mp.inf),
    }
    case = {"name": name, "target": target, "control": control, "methods": {}}
    for method, (a, c, df) in methods.items():
        error = mp.sqrt(a + c)
        t = (mt - mc) / error
        reach = critical(df, ALPHA / 2)
        entry = {
            "difference": number(mt - mc),
            "standard_error": number(error),
            "statistic": number(t),
            "df": "inf" if df == mp.inf else number(df),
            "ln_p": {side: number(ln_p(t, df, side)) for side in ("two_sided", "greater", "less")},
            "interval": [number(mt - mc - reach * error), number(mt - mc + reach * error)],
        }
        if mc != 0:
            size = abs(mc)
            sign = mc / size
            # Lift: (T - C) - x |C|, whose variance is a + (sign + x)^2 c.
            entry["lift"] = number((mt - mc) / size)
            entry["lift_fieller"] = fieller(mt - mc, size, (a + c, sign * c, c), reach)
            delta = mp.sqrt(a + (mt / mc) ** 2 * c) / size
            entry["lift_delta"] = [number((mt - mc) / size - reach * delta), number((mt - mc) / size + reach * delta)]
            # Against a lift of -0.02, greater: a test of non-inferiority.
            margin = mp.mpf(-0.02)
            shifted = (mt - mc - margin * size) / mp.sqrt(a + (sign + margin) ** 2 * c)
            entry["ln_p_lift_above_margin"] = number(ln_p(shifted, df, "greater"))
            if mt / mc > 0:
                log_error = mp.sqrt(a / mt**2 + c / mc**2)
                entry["ratio_log"] = [number(mt / mc * mp.exp(side * reach * log_error)) for side in (-1, 1)]
        case["methods"][method] = entry
    return case


def draws(seed, count, below):
    state, values = seed, []
    for _ in range(count):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        values.append((state >> 33) % below)
    return values


def moments(columns):
    n = len(columns[0])
    means = [Fraction(sum(column), n) for column in columns]
    product = lambda i, j: sum((a - means[i]) * (b - means[j]) for a, b in zip(columns[i], columns[j]))
    size = range(len(columns))
    return n, means, [[product(i, j) for j in size] for i in size]


def solved(matrix, right):
    size = len(right)
    rows = [list(matrix[i]) + [right[i]] for i in range(size)]
    for i in range(size):
        pivot = next(r for r in range(i, size) if rows[r][i] != 0)
        rows[i], rows[pivot] = rows[pivot], rows[i]
        rows[i] = [x / rows[i][i] for x in rows[i]]
        for r in range(size):
            if r != i:
                rows[r] = [x - rows[r][i] * y for x, y in zip(rows[r], rows[i])]
    return [row[-1] for row in rows]


def real(fraction):
    return mp.mpf(fraction.numerator) / fraction.denominator


def adjusted_case(name, seed, sizes, covariates, denominator, offset):
    arms = []
    for place, rows in enumerate(sizes):
        xs = [draws(seed + 100 * place + k, rows, 60) for k in range(covariates)]
        noise = draws(seed + 100 * place + 50, rows, 40)
        value = [offset + 3 * place + e + sum((k + 1) * x[r] for k, x in enumerate(xs)) for r, e in enumerate(noise)]
        columns = [value]
        if denominator:
            columns.append([1 + d for d in draws(seed + 100 * place + 60, rows, 5)])
        arms.append(columns + xs)
    case = {"name": name, "denominator": denominator, "target": arms[0], "control": arms[1]}
    first = 2 if denominator else 1
    parts = []
    for columns in arms:
        n, means, products = moments(columns)
        size = range(first, len(columns))
        if denominator:
            ratio, below = means[0] / means[1], means[1]
            square = (products[0][0] - 2 * ratio * products[0][1] + ratio**2 * products[1][1]) / below**2
            cross = [(products[0][k] - ratio * products[1][k]) / below for k in size]
            value = ratio
        else:
            square, cross, value = products[0][0], [products[0][k] for k in size], means[0]
        parts.append((n, value, square, cross, [[products[i][j] for j in size] for i in size], [means[k] for k in size]))
    (nt, zt, st, ct, vt, xt), (nc, zc, sc, cc, vc, xc) = parts
    indices = range(covariates)
    gap = [a - b for a, b in zip(xt, xc)]
    share = Fraction(nt * nc, nt + nc)
    weights = {
        "within": (Fraction(1), Fraction(1), Fraction(0)),
        "total": (Fraction(1), Fraction(1), share),
        "least_variance": (Fraction(1, nt * (nt - 1)), Fraction(1, nc * (nc - 1)), Fraction(0)),
    }
    case["thetas"] = {}
    for theta_name, (wt, wc, wb) in weights.items():
        square = [[wt * vt[i][j] + wc * vc[i][j] + wb * gap[i] * gap[j] for j in indices] for i in indices]
        right = [wt * ct[i] + wc * cc[i] + wb * (zt - zc) * gap[i] for i in indices]
        theta = solved(square, right)
        explained = lambda v: sum(theta[i] * theta[j] * v[i][j] for i in indices for j in indices)
        shared = lambda c: sum(theta[i] * c[i] for i in indices)
        at = (st - 2 * shared(ct) + explained(vt)) / (nt - 1) / nt
        ac = (sc - 2 * shared(cc) + explained(vc)) / (nc - 1) / nc
        lean = sum(theta[i] * gap[i] for i in indices)
        n = nt + nc
        mt, mc = zt - lean * Fraction(nc, n), zc + lean * Fraction(nt, n)
        df = real((at + ac) ** 2 / (at**2 / (nt - 1) + ac**2 / (nc - 1)))
        error = mp.sqrt(real(at + ac))
        t = real(mt - mc) / error
        reach = critical(df, ALPHA / 2)
        # The covariance matrix of both adjusted means: e_i + theta mean(x) over both arms.
        common = explained(vt) / (nt - 1) * nt / n**2 + explained(vc) / (nc - 1) * nc / n**2
        ut = (shared(ct) - explained(vt)) / (nt - 1) / n
        uc = (shared(cc) - explained(vc)) / (nc - 1) / n
        ctt, ccc, ctc = at + common + 2 * ut, ac + common + 2 * uc, common + ut + uc
        numerator_spread = (ctt - 2 * ctc + ccc, -(ctc - ccc), ccc)
        case["thetas"][theta_name] = {
            "theta": [number(real(x)) for x in theta],
            "target": number(real(mt)),
            "control": number(real(mc)),
            "difference": number(real(mt - mc)),
            "standard_error": number(error),
            "df": number(df),
            "statistic": number(t),
            "ln_p": number(ln_p(t, df, "two_sided")),
            "interval": [number(real(mt - mc) - reach * error), number(real(mt - mc) + reach * error)],
            "lift_fieller": fieller(real(mt - mc), real(mc), [real(x) for x in numerator_spread], reach),
        }
    return case


def stratified_case(seed, sizes):
    strata = []
    for place, (rows_t, rows_c) in enumerate(sizes):
        target = [5 * place + 1 + x for x in draws(seed + place, rows_t, 30)]
        control = [5 * place + x for x in draws(seed + 40 + place, rows_c, 20)]
        strata.append((target, control))
    total = sum(len(t) + len(c) for t, c in strata)
    mean, var = [Fraction(0)] * 2, [Fraction(0)] * 2
    lost = [Fraction(0)] * 2
    for pair in strata:
        weight = Fraction(len(pair[0]) + len(pair[1]), total)
        for side in (0, 1):
            n, means, products = moments([pair[side]])
            g = weight**2 * products[0][0] / (n - 1) / n
            mean[side] += weight * means[0]
            var[side] += g
            lost[side] += g * g / (n - 1)
    df = real((var[0] + var[1]) ** 2 / (lost[0] + lost[1]))
    error = mp.sqrt(real(var[0] + var[1]))
    t = real(mean[0] - mean[1]) / error
    return {
        "targets": [t for t, _ in strata],
        "controls": [c for _, c in strata],
        "difference": number(real(mean[0] - mean[1])),
        "standard_error": number(error),
        "df": number(df),
        "ln_p": number(ln_p(t, df, "two_sided")),
    }


def sums_of_powers(values):
    n = mp.mpf(len(values))
    mean = mp.fsum(values) / n
    return n, mean, mp.fsum((x - mean) ** 2 for x in values), mp.fsum((x - mean) ** 3 for x in values)


def crossing(statistic, goal, low, high):
    """Where a statistic that falls has a value: the end of the range where it has not."""
    if statistic(low) <= goal:
        return low
    if statistic(high) >= goal:
        return high
    for _ in range(180):
        middle = (low + high) / 2
        low, high = (middle, high) if statistic(middle) > goal else (low, middle)
    return low


def less_skewness(t, a):
    inside = 1 + 4 * a * (t + a)
    if inside >= mp.mpf(1) / 16:
        return 2 * (t + a) / (1 + mp.sqrt(inside))
    # Where the slope of the parabola falls below a quarter the deviate follows the statistic one by one.
    turn = -3 / (8 * a)
    return turn + t - (turn + a * (turn * turn - 1))


def score_case(name, target_paid, target_count, control_paid, control_count):
    """The score test of two means and the one less its skewness, by their equations; customers who did not pay count as 0."""
    target, control = ([mp.mpf(x) for x in paid] + [mp.mpf(0)] * (count - len(paid)) for paid, count in ((target_paid, target_count), (control_paid, control_count)))
    (n_t, m_t, q_t, _), (n_c, m_c, q_c, _) = sums_of_powers(target), sums_of_powers(control)
    n, mean, q, cubes = sums_of_powers(target + control)
    df = n - 2
    variance = (q_t + q_c) / df
    g = cubes / n / (q / n) ** mp.mpf("1.5") * mp.sqrt(n * (n - 1)) / (n - 2)

    def fitted(d):
        # n_t (mean_t / (m + d) - 1) + n_c (mean_c / m - 1) = 0 for the control's mean m.
        a, b, c = n, -(n_t * (m_t - d) + n_c * (m_c - d)), -n_c * m_c * d
        m = (-b + mp.sqrt(b * b - 4 * a * c)) / (2 * a)
        return m + d, m

    def of_difference(d, corrected):
        of_t, of_c = fitted(d)
        spread = of_t / n_t + of_c / n_c
        t = (m_t - m_c - d) / mp.sqrt(variance / mean * spread)
        if g < 0:
            of_t, of_c = mean, mean
            spread = of_t / n_t + of_c / n_c
        a = g * mp.sqrt(mean) * (of_t / n_t**2 - of_c / n_c**2) / spread ** mp.mpf("1.5") / 6
        return less_skewness(t, a) if corrected else t

    def of_ln_ratio(ln, corrected):
        r = mp.exp(ln)
        t = (m_t - r * m_c) / mp.sqrt(r * variance * (1 / n_t + 1 / n_c))
        r = r if g > 0 else mp.mpf(1)
        a = g * (n_c - r * n_t) / mp.sqrt(r * n_t * n_c * n) / 6
        return less_skewness(t, a) if corrected else t

    t = critical(df, ALPHA / 2)
    reach = 1000 * mp.sqrt(variance * (1 / n_t + 1 / n_c))
    margin, methods = (m_t - m_c) / 3, {}
    for method, corrected in (("score", False), ("skewness_corrected", True)):
        at_zero, at_margin = of_difference(mp.mpf(0), corrected), of_difference(mp.mpf(float(margin)), corrected)
        assert mp.almosteq(at_zero, of_ln_ratio(mp.mpf(0), corrected)) if m_c else True
        difference = [crossing(lambda d: of_difference(d, corrected), goal, m_t - m_c - reach, m_t - m_c + reach) for goal in (t, -t)]
        ratio = [crossing(lambda ln: of_ln_ratio(ln, corrected), goal, mp.mpf(-500), mp.mpf(500)) for goal in (t, -t)] if m_c else None
        methods[method] = {
            "statistic": number(at_zero),
            "ln_p": {side: number(ln_p(at_zero, df, side)) for side in ("two_sided", "greater", "less")},
            "ln_p_above_margin": number(ln_p(at_margin, df, "greater")),
            "interval": [number(end) for end in difference],
            "ratio": ratio and ["0" if ratio[0] == -500 else number(mp.exp(ratio[0])), "inf" if ratio[1] == 500 else number(mp.exp(ratio[1]))],
        }
    return {
        "name": name,
        "target": {"paid": target_paid, "count": target_count},
        "control": {"paid": control_paid, "count": control_count},
        "skewness": number(cubes / n / (q / n) ** mp.mpf("1.5")),
        "margin": float(margin),
        "methods": methods,
    }


def adjusted_score_case(name, target_rows, target_count, control_rows, control_count):
    """Revenue less what goes along with a covariate, less skewness and tails of what is left; rows are [before, revenue] of customers with either."""
    arms = [[[mp.mpf(x) for x in row] for row in rows] + [[mp.mpf(0)] * 2] * (count - len(rows)) for rows, count in ((target_rows, target_count), (control_rows, control_count))]
    (n_t, n_c), n = map(len, arms), target_count + control_count
    centred, means = [], []
    for arm in arms:
        mean = [mp.fsum(column) / len(arm) for column in zip(*arm)]
        means.append(mean)
        centred.append([(x - mean[0], y - mean[1]) for x, y in arm])
    both = centred[0] + centred[1]
    theta = mp.fsum(x * y for x, y in both) / mp.fsum(x * x for x, _ in both)
    df = mp.mpf(n - 2)
    variance = mp.fsum((y - theta * x) ** 2 for x, y in both) / df
    explained = theta**2 * mp.fsum(x * x for x, _ in both) / df
    apart = theta * (means[0][0] - means[1][0])
    m_t, m_c = means[0][1] - apart * n_c / n, means[1][1] + apart * n_t / n
    rest = [y - theta * x for arm in arms for x, y in arm]
    _, centre, q, cubes = sums_of_powers(rest)
    g = cubes / n / (q / n) ** mp.mpf("1.5") * mp.sqrt(n * mp.mpf(n - 1)) / (n - 2)
    kurtosis = mp.fsum((x - centre) ** 4 for x in rest) * n / q**2
    # Third and fourth moments of the difference over all ways to deal the rows, by counts of rows that share an arm.
    lean = g * (n_c - n_t) / mp.sqrt(mp.mpf(n_t) * n_c * n) / 6
    share = [mp.mpf(1)]
    for k in range(4):
        share.append(share[-1] * (n_t - k) / (n - k))
    fourth = kurtosis * n * (share[1] - 7 * share[2] + 12 * share[3] - 6 * share[4]) + 3 * mp.mpf(n) ** 2 * (share[2] - 2 * share[3] + share[4])
    over_deals = fourth / (n * (share[1] - share[2])) ** 2
    tails = max(over_deals - 3 * mp.mpf(n - 1) / (n + 1) - mp.mpf(4) / 3 * (6 * lean) ** 2, mp.mpf(0)) / 24

    zeros = mp.mpf(sum(y == 0 for arm in arms for _, y in arm)) / n

    def uncovered(p):
        # What the covariate explained stays in what is left: of customers who are missing all, of spend that is missing its square.
        return zeros * (1 - p) + (1 - zeros) * (1 - p) ** 2 if p < 1 else mp.mpf(0)

    def deviate(t, a, tails=tails):
        w, straight = None, less_skewness(t, a)
        if abs(straight) <= mp.sqrt(3) or tails == 0:
            return straight
        turn = mp.inf if a == 0 else -3 / (8 * a)

        def back(w):
            parabola = w + a * (w * w - 1)
            beyond = a != 0 and 1 + 2 * a * w < mp.mpf(1) / 4
            return (turn + a * (turn * turn - 1) + w - turn if beyond else parabola) + tails * (w**3 - 3 * w)

        low, high = (mp.sqrt(3), straight) if t > 0 else (straight, -mp.sqrt(3))
        for _ in range(180):
            w = (low + high) / 2
            low, high = (w, high) if back(w) < t else (low, w)
        return w

    def beyond_no_effect(w, null):
        # Who rejects "no effect" rejects effects of the other sign.
        if null * (m_t - m_c) >= 0:
            return w
        return max(w, of_difference(0)) if null < 0 else min(w, of_difference(0))

    def of_difference(d):
        if min(m_t, m_c) < 0:
            return deviate((m_t - m_c - d) / mp.sqrt(variance * (mp.mpf(1) / n_t + mp.mpf(1) / n_c)), lean)
        b, c = -(n_t * (m_t - d) + n_c * (m_c - d)), -n_c * m_c * d
        of_c = (-b + mp.sqrt(b * b - 4 * n * c)) / (2 * n)
        of_t, mean = of_c + d, (n_t * m_t + n_c * m_c) / n
        spread = of_t / n_t + of_c / n_c
        values, covariates = variance / mean * spread, explained * (uncovered(of_t / mean) / n_t + uncovered(of_c / mean) / n_c)
        part, leaning = values / (values + covariates), lean
        if g > 0:
            leaning = g * mp.sqrt(mean) * (of_t / n_t**2 - of_c / n_c**2) / spread ** mp.mpf("1.5") / 6
        return beyond_no_effect(deviate((m_t - m_c - d) / mp.sqrt(values + covariates), leaning * part ** mp.mpf("1.5"), tails * part**2), d)

    # The mean of the covariate over both arms, times theta, is part of both adjusted means; what is left of revenue does not go along with it.
    shared = explained / n

    def of_ln_ratio(ln):
        r = mp.exp(ln)
        # What is left of revenue follows the means under the null, m_t = r m_c; what goes along with the covariate does not.
        of_c = n / (n_t * r + n_c)
        more_t, more_c = uncovered(r * of_c), uncovered(of_c)
        left = variance * of_c * (r / n_t + r * r / n_c)
        common = explained * (more_t / n_t + r * r * more_c / n_c + (1 - r) ** 2 / n - 2 * (1 - r) * (more_t - r * more_c) / n)
        part = left / (left + common)
        at = r if g > 0 else mp.mpf(1)
        leaning = g * (n_c - at * n_t) / mp.sqrt(at * n_t * n_c * n) / 6 * part ** mp.mpf("1.5")
        return beyond_no_effect(deviate((m_t - r * m_c) / mp.sqrt(left + common), leaning, tails * part**2), ln)

    def of_ratio(r):
        # A mean below 0: by Fieller.
        return deviate((m_t - r * m_c) / mp.sqrt(variance / n_t + r * r * variance / n_c + (1 - r) ** 2 * shared), lean)

    reach, t = 60 * mp.sqrt(variance * (mp.mpf(1) / n_t + mp.mpf(1) / n_c)), critical(df, ALPHA / 2)
    statistic, lift = of_difference(mp.mpf(0)), None
    if min(m_t, m_c) > 0:
        assert mp.almosteq(statistic, of_ln_ratio(mp.mpf(0)))
        far = mp.log(mp.mpf(10) ** 200)
        lift = [crossing(of_ln_ratio, goal, -far, far) for goal in (t, -t)]
        lift = ["-1" if lift[0] == -far else number(mp.expm1(lift[0])), "inf" if lift[1] == far else number(mp.expm1(lift[1]))]
    elif m_c**2 > (t + abs(lean) * t * t + tails * t**3) ** 2 * (variance / n_c + shared):
        # No gap.
        lift = [number(crossing(of_ratio, goal, mp.mpf(-50), mp.mpf(50)) - 1) for goal in (t, -t)]
    return {
        "name": name,
        "target": {"rows": target_rows, "count": target_count},
        "control": {"rows": control_rows, "count": control_count},
        "shape": {"lean": number(lean), "tails": number(tails)},
        "difference": number(m_t - m_c),
        "statistic": number(statistic),
        "ln_p": {side: number(ln_p(statistic, df, side)) for side in ("two_sided", "greater", "less")},
        "interval": [number(crossing(of_difference, goal, m_t - m_c - reach, m_t - m_c + reach)) for goal in (t, -t)],
        "lift": lift,
    }


def main():
    tiny, huge = 2.0**-300, 2.0**300
    means = [
        ("small units", (30, 1.5 * tiny, tiny * tiny), (40, tiny, 2 * tiny * tiny)),
        ("large units", (30, 1.5 * huge, huge * huge), (40, huge, 2 * huge * huge)),
        ("offset of 1e9", (500, 1e9 + 0.25, 1.0), (400, 1e9, 2.0)),
        ("two values each", (2, 3.0, 0.5), (2, 1.0, 0.25)),
        ("two against many", (2, 3.0, 0.5), (1000000, 1.0, 4.0)),
        ("counts of 1e12", (10**12, 1.00001, 4.0), (3 * 10**11, 1.0, 3.0)),
        ("a constant target", (50, 3.0, 0.0), (80, 2.5, 4.0)),
        ("a constant control", (50, 3.0, 4.0), (80, 2.5, 0.0)),
        ("far out", (100000, 460.0, 1.0), (100000, 458.0, 1.0)),
        ("further out", (2000000, 1.45, 1.0), (2000000, 1.0, 1.0)),
        ("a low tail with few degrees", (4, 1e8, 1.0), (3, 0.5, 1.0)),
        ("a negative control", (300, -8.0, 4.0), (200, -10.0, 6.0)),
        ("across zero", (300, 2.0, 9.0), (200, -1.0, 6.0)),
        ("a negative control near zero", (30, -2.0, 90.0), (20, -1.0, 60.0)),
        ("no effect at all", (60, 2.0, 1.0), (70, 2.0, 1.5)),
        ("below the control", (1900, 0.5, 2.0), (100, 0.9, 5.0)),
        ("zero target", (90, 0.0, 1.0), (80, 1.0, 1.0)),
        ("zero control", (90, 1.0, 1.0), (80, 0.0, 1.0)),
        ("unequal in everything", (7, 1000.0, 1e6), (900000, 990.0, 1e-6)),
    ]
    cases = {
        "source": "tests/oracles/make_experiment_mean_stress.py, mpmath with 50 digits; alpha 0.05",
        "means": [mean_case(*case) for case in means],
        "adjusted": [
            adjusted_case("one covariate", 1, (25, 40), 1, False, 0),
            adjusted_case("three covariates", 2, (30, 21), 3, False, 0),
            adjusted_case("values at 1e9", 3, (22, 31), 2, False, 10**9),
            adjusted_case("a ratio with two covariates", 4, (36, 28), 2, True, 0),
            adjusted_case("ten against a hundred", 5, (10, 100), 1, False, 5),
        ],
        "scores": [
            score_case("no buyer among twenty", [12.5, 80.0], 180, [], 20),
            score_case("both buyers among twenty", [], 180, [12.5, 80.0], 20),
            score_case("one each", [30.0], 180, [7.0], 20),
            score_case("nine to one", [20.0, 35.5, 20.0, 90.0, 15.0, 410.0, 20.0, 61.0, 18.0, 33.0, 47.5, 20.0], 900, [20.0, 55.0, 31.0], 100),
            score_case("a large control", [20.0, 35.5, 64.0], 100, [20.0, 90.0, 15.0, 210.0, 20.0, 61.0], 900),
            score_case("equal arms", [20.0, 35.5, 64.0, 18.0], 150, [20.0, 90.0, 15.0, 33.0, 12.0], 150),
            score_case("few customers who all buy", [3.0, 5.0, 8.0, 40.0, 4.0, 6.5, 9.0, 5.0], 8, [2.0, 3.0, 9.0], 3),
            score_case("values that lean to the left", [10.0, 9.5, 9.0, 10.0, 9.8, 2.0, 9.9, 10.0, 9.7, 9.9], 10, [9.0, 10.0, 8.5, 1.0], 4),
        ],
        "stratified": [stratified_case(7, [(20, 10), (12, 30), (5, 8)]), stratified_case(8, [(3, 3), (40, 4)])],
    }
    adjusted = [
        adjusted_score_case("the same buyers", [[30.0, 55.0], [60.0, 12.5], [44.0, 41.0], [20.0, 21.0]], 180, [[80.0, 140.0]], 20),
        adjusted_score_case("a control who bought before", [[0.0, 12.5], [25.0, 0.0]], 180, [[60.0, 0.0], [40.0, 5.0]], 20),
        adjusted_score_case("more buyers in the control", [[9.0, 20.0]], 90, [[2.0, 30.0], [0.0, 55.0], [12.0, 40.0]], 10),
        adjusted_score_case("a small target", [[12.0, 40.0], [20.0, 155.0]], 10, [[30.0, 20.0], [28.0, 4.0], [3.0, 40.0]], 190),
        adjusted_score_case("tails on both sides alone", [[10.0, 10.0], [20.0, 20.0], [40.0, 41.0], [30.0, 0.0]], 60, [[0.0, 30.0], [50.0, 49.0]], 6),
        adjusted_score_case("equal arms", [[30.0, 12.5], [0.0, 9.0]], 40, [[80.0, 20.0], [3.0, 0.0]], 40),
        adjusted_score_case("many buyers", [[7.0 * k, 5.0 * k + (11 * k) % 17] for k in range(1, 31)], 60, [[7.0 * k, 5.0 * k + (5 * k) % 13] for k in range(1, 8)], 14),
        adjusted_score_case("an adjusted mean below 0", [[40.0, 31.0], [38.0, 25.0], [39.0, 28.0], [2.0, 7.0]], 6, [[30.0, 45.0], [60.0, 92.0], [44.0, 61.0], [20.0, 31.0], [50.0, 71.0]], 60),
        adjusted_score_case("far out", [[7.0, 500.0 + k] for k in range(12)], 20, [[8.0, 3.0], [1.0, 0.0]], 180),
    ]
    folder = Path(__file__).parents[1] / "cases"
    for name, content in (("experiment/mean_stress", cases), ("campaign/adjusted", {"source": cases["source"], "cases": adjusted})):
        (folder / f"{name}.json").write_text(json.dumps(content, indent=1) + "\n")


main()
