"""Hard cases of tests of means, with 50-digit truth: tests/cases/experiment/mean_stress.json.

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
        "stratified": [stratified_case(7, [(20, 10), (12, 30), (5, 8)]), stratified_case(8, [(3, 3), (40, 4)])],
    }
    path = Path(__file__).parents[1] / "cases" / "experiment" / "mean_stress.json"
    path.write_text(json.dumps(cases, indent=1) + "\n")


main()
