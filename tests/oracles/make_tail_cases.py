"""Writes the cases of tests/cases/math that tails of distributions stand on: by mpmath, to 40 digits and more.

Each file is a CSV: the arguments, then the value. Doubles are written so that they read back as the same doubles; a value is
rounded once, to 20 digits. Every run writes the same bytes. Definitions only: the error function and incomplete gamma functions
as mpmath has them, else series of positive terms or adaptive quadrature of the density, at a working precision that leaves 30
digits. Tails reach down to a logarithm of -1e5. Takes some minutes; faster where gmpy2 is installed.

    python tests/oracles/make_tail_cases.py           write the cases
    python tests/oracles/make_tail_cases.py --check   fail if the committed cases differ
    python tests/oracles/make_tail_cases.py gamma beta ...  only these families
"""

import random
import sys
from pathlib import Path

import mpmath
from mpmath import mp, mpf

CASES = Path(__file__).resolve().parent.parent / "cases" / "math"


def spread(generator, low, high):
    """A double of four to sixteen digits, evenly spread in its logarithm."""
    value = 10 ** generator.uniform(low, high)
    return float(f"{value:.{generator.choice([3, 6, 17])}g}")


def integral(f, scale, end=mpmath.inf):
    """From 0 to `end` of a function that falls at least like exp(-u / scale) or like a normal density of that deviation."""
    points = [scale * k for k in [*range(0, 24, 2), 28, 36, 50, 80, 120]]
    inside = [point for point in points if point < end]
    return mpmath.quad(f, inside + ([end] if len(inside) < len(points) else []))


def ln_beta_function(a, b):
    return mpmath.loggamma(a) + mpmath.loggamma(b) - mpmath.loggamma(a + b)


# The normal distribution.


def scaled_erfc(x):
    x = mpf(x)
    if x < 1e3:
        return mpmath.exp(x * x) * mpmath.erfc(x)
    # DLMF 7.12.1.
    term = total = mpf(1)
    for k in range(1, 30):
        term *= -(2 * k - 1) / (2 * x * x)
        total += term
    return total / (x * mpmath.sqrt(mpmath.pi))


def ln_erfc(x):
    x = mpf(x)
    if x < 1:
        return mpmath.log1p(-mpmath.erf(x))
    return mpmath.log(scaled_erfc(x)) - x * x


def ln_normal_upper(z):
    z = mpf(z) / mpmath.sqrt(2)
    if z < -1:
        return mpmath.log1p(-mpmath.erfc(-z) / 2)
    return ln_erfc(z) - mpmath.ln2


def normal_quantile_ln(ln_p):
    ln_p = mpf(ln_p)
    if ln_p == 0:
        return mpmath.inf
    if ln_p > -mpmath.ln2:
        return -normal_quantile_ln(mpmath.log(-mpmath.expm1(ln_p)))
    z = -mpmath.sqrt(-2 * ln_p)
    for _ in range(60):
        # Newton on ln P(Z <= z), concave in z.
        value = ln_normal_upper(-z)
        density = mpmath.exp(-z * z / 2 - value) / mpmath.sqrt(2 * mpmath.pi)
        step = (value - ln_p) / density
        z -= step
        if abs(step) < abs(z) * mpf(10) ** (-mp.dps + 12):
            break
    return z


def error_arguments(generator):
    return (
        [generator.uniform(-26, 30) for _ in range(250)]
        + [generator.uniform(-1, 1) for _ in range(150)]
        + [spread(generator, -20, 8) * sign for sign in (1, 1, -1) for _ in range(40) if sign > 0 or generator.random() < 0.5]
    )


def error_tables(generator):
    arguments = [x for x in error_arguments(generator) if x > -26]
    yield "erfcx", "x", rows(scaled_erfc, [(x,) for x in arguments], 60)
    yield "ln_erfc", "x", rows(ln_erfc, [(x,) for x in [*arguments, 316.0, 317.5, 1e4, 0.5, -0.5]], 60)
    normal = [generator.uniform(-37, 448) for _ in range(300)] + [generator.uniform(-5, 5) for _ in range(300)]
    yield "ln_normal_upper", "z", rows(ln_normal_upper, [(z,) for z in [*normal, 0.0, 447.0, 1e5]], 70)
    logs = [-spread(generator, -12, 5) for _ in range(400)] + [-generator.uniform(0.3, 3) for _ in range(200)]
    yield "normal_quantile_ln", "ln_p", rows(normal_quantile_ln, [(v,) for v in logs], 60)


# The incomplete gamma function.


def gamma_tail(a, x, upper):
    """The logarithm of a tail: mpmath's own, or the integral of the density relative to its value at x."""
    a, x = mpf(a), mpf(x)
    if a < 3000 and not (upper and x > 5e3):
        mp.dps = 60
        value = mpmath.gammainc(a, x, mpmath.inf, regularized=True) if upper else mpmath.gammainc(a, 0, x, regularized=True)
        # Tails near 1 and tails of subtractions: with more digits.
        if value < mpf("1e-15") or 1 - value < mpf("1e-15"):
            mp.dps = 1200 if a + x < 1500 else 6000
            value = mpmath.gammainc(a, x, mpmath.inf, regularized=True) if upper else mpmath.gammainc(a, 0, x, regularized=True)
        return mpmath.log(value)
    if (x < a) == upper:
        return mpmath.log1p(-mpmath.exp(gamma_tail(a, x, not upper)))
    mp.dps = 50
    slope = abs(x - a)
    scale = 1 / max(mpmath.sqrt(a), slope)
    if upper:
        area = integral(lambda u: mpmath.exp(a * mpmath.log1p(u) - x * u) / (1 + u), scale)
    else:
        area = integral(lambda u: mpmath.exp(a * mpmath.log1p(-u) + x * u) / (1 - u), scale, mpf(1))
    return a * mpmath.log(x) - x - mpmath.loggamma(a) + mpmath.log(area)


def gamma_points(generator):
    pairs = []
    for _ in range(260):
        a = spread(generator, -8, 3.4)
        if generator.random() < 0.5:
            x = max(a + generator.uniform(-8, 8) * a**0.5, a * spread(generator, -3, 0))
        else:
            x = a * spread(generator, -2, 1.5)
        pairs.append((a, x))
    for _ in range(200):
        a = spread(generator, 3.5, 15)
        deviations = generator.choice([generator.uniform(-7, 7), generator.uniform(-400, 400), generator.gauss(0, 1)])
        pairs.append((a, max(a + deviations * a**0.5, 0.02 * a)))
    for a in (0.25, 0.5, 1.0, 2.0, 7.5, 50.0, 199.0, 200.0, 201.0, 1e3):
        pairs += [(a, a * share) for share in (1e-9, 0.3, 0.9, 1.0, 1.1, 2.0)]
        pairs += [(a, depth) for depth in (1.4999, 1.5, 300.0, 4000.0)]
    pairs += [(a, 1e5) for a in (0.5, 1.0, 12.0)] + [(1e12, 1e12), (1e12, 1e12 + 4e6), (1e12, 1e12 - 4e8), (1e15, 1e15)]
    return [(a, x) for a, x in pairs if x > 0]


def gamma_tables(generator):
    points = gamma_points(generator)
    upper, lower, inverse = [], [], []
    for a, x in points:
        ln_lower, ln_upper = gamma_tail(a, x, False), gamma_tail(a, x, True)
        if -120_000 < ln_lower < mpf(-10) ** -300:
            lower.append(((a, x), ln_lower))
        if -120_000 < ln_upper < mpf(-10) ** -300:
            upper.append(((a, x), ln_upper))
        # P = p at x: for the nearest double p, x moves by the difference over the density.
        mp.dps = 50
        p = mpmath.exp(ln_lower)
        if mpf(10) ** -290 < p < mpf("0.9"):
            nearest = float(p)
            ln_density = (mpf(a) - 1) * mpmath.log(x) - mpf(x) - mpmath.loggamma(mpf(a))
            step = (mpf(nearest) - p) * mpmath.exp(-ln_density)
            if abs(step) < mpf(x) / 10**9:
                inverse.append(((a, nearest), mpf(x) + step))
    yield "ln_gamma_reg_lower", "a,x", lines(lower)
    yield "ln_gamma_reg_upper", "a,x", lines(upper)
    yield "gamma_reg_inverse", "a,p", lines(inverse)


# The incomplete beta function with large parameters; tests/oracles/make_math_cases.py has the others.


def beta_series(a, b, x, y):
    """ln I_x(a, b) by the hypergeometric series of DLMF 8.17.8, all of whose terms are positive, in integers of 2^-bits."""
    bits = 200
    part = lambda value: int(mpmath.ldexp(value, bits))
    one, rise, up, down = 1 << bits, part(x), part(a + b), part(a + 1)
    term = total = one
    while term > 1 << (bits - 140) or up * rise > down * one:
        term = (term * up // down) * rise >> bits
        total += term
        up, down = up + one, down + one
    ln_sum = mpmath.log(mpmath.ldexp(total, -bits))
    return a * mpmath.log(x) + b * mpmath.log(y) - mpmath.log(a) - ln_beta_function(a, b) + ln_sum


def beta_tail(a, b, x, y):
    """ln I_x(a, b) for x below the mean."""
    if max(a, b) < 3e3 or min(a, b) < 30 and max(a, b) < 3e5:
        return beta_series(a, b, x, y)
    mp.dps = 45
    if a < 30:
        f = lambda s: mpmath.exp(-a * s + (b - 1) * (mpmath.log1p(-x * mpmath.exp(-s)) - mpmath.log1p(-x)))
        points = [mpf(j) / 4 for j in range(12)] + [4, 6, 9, 14, 20] + [20 + k * 10 / a for k in (1, 2, 4, 8, 12)]
        area = mpmath.quad(f, points)
    else:
        ratio = x / y
        scale = 1 / max(mpmath.sqrt(a + b * ratio * ratio), a - b * ratio)
        f = lambda s: mpmath.exp((a - 1) * mpmath.log1p(-s) + (b - 1) * mpmath.log1p(ratio * s))
        area = integral(f, scale, mpf(1))
    mp.dps = 60
    return a * mpmath.log(x) + (b - 1) * mpmath.log(y) - ln_beta_function(a, b) + mpmath.log(area)


def ln_beta_reg(a, b, x, y):
    mp.dps = 60
    a, b = mpf(a), mpf(b)
    x, y = (mpf(x), 1 - mpf(x)) if x <= y else (1 - mpf(y), mpf(y))
    if x * (a + b + 2) <= a + 1:
        return beta_tail(a, b, x, y)
    return mpmath.log1p(-mpmath.exp(beta_tail(b, a, y, x)))


def beta_points(generator):
    result = []
    scales = [
        ((0.3, 3.4), (0.3, 3.4), 150),
        ((4, 12), (4, 12), 120),
        ((2, 4), (5, 12), 60),
        ((-1.5, 1.4), (5.6, 12), 60),
        ((5.6, 12), (-1.5, 1.4), 60),
        ((5.8, 7), (5.8, 7), 40),
    ]
    for first, second, count in scales:
        for _ in range(count):
            a, b = spread(generator, *first), spread(generator, *second)
            mp.dps = 60
            mean = mpf(a) / (mpf(a) + mpf(b))
            width = mpmath.sqrt(mean * (1 - mean) / (mpf(a) + mpf(b) + 1))
            deviations = generator.choice([generator.uniform(-6, 6), generator.uniform(-1, 1), generator.uniform(-60, 60), 0])
            point = mean + width * deviations
            if not 0 < point < 1:
                point = mean * generator.random() if generator.random() < 0.5 else 1 - (1 - mean) * generator.random()
            least = float(min(point, 1 - point))
            result.append((a, b, least, 1.0 - least) if point <= 0.5 else (a, b, 1.0 - least, least))
    result += [(1e8, 1e8, 0.5, 0.5), (1e6, 1e6, 0.5, 0.5), (1e12, 1e12, 0.5, 0.5), (1e12, 1e12, 0.4999, 0.5001)]
    return [row for row in result if row[2] > 0 and row[3] > 0]


def beta_tables(generator):
    tails, inverse = [], []
    for a, b, x, y in beta_points(generator):
        value = ln_beta_reg(a, b, x, y)
        if -120_000 < value < 0:
            tails.append(((a, b, x, y), value))
        mp.dps = 60
        p = mpmath.exp(value)
        if mpf(10) ** -290 < p <= 0.5:
            nearest = float(p)
            exact_x, exact_y = (mpf(x), 1 - mpf(x)) if x <= y else (1 - mpf(y), mpf(y))
            ln_density = (mpf(a) - 1) * mpmath.log(exact_x) + (mpf(b) - 1) * mpmath.log(exact_y) - ln_beta_function(mpf(a), mpf(b))
            step = (mpf(nearest) - p) * mpmath.exp(-ln_density)
            if abs(step) < min(exact_x, exact_y) / 10**9:
                inverse.append(((a, b, nearest), (exact_x + step) / (exact_y - step)))
    yield "ln_beta_reg_large", "a,b,x,one_minus_x", lines(tails)
    yield "beta_reg_inverse_odds", "a,b,p", lines(inverse)


# Student's distribution, central and not.


def ln_student_upper(t, df):
    t, df = mpf(t), mpf(df)
    if t < 0:
        return mpmath.log1p(-mpmath.exp(ln_student_upper(-t, df)))
    a, x = df / 2, df / (df + t * t)
    mp.dps = 60
    if df < 40 or x < mpf("0.6"):
        y = t * t / (df + t * t)
        if x < mpf("0.9"):
            return beta_series(a, mpf(1) / 2, x, y) - mpmath.ln2
        return mpmath.log1p(-mpmath.exp(beta_series(mpf(1) / 2, a, y, x))) - mpmath.ln2
    mp.dps = 45
    at_t = mpmath.log1p(t * t / df)
    scale = 1 / max((df + 1) * t / (df + t * t), mpf(1))
    points = [t + scale * k for k in (0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 120, 240, 1000, 10**4)]
    area = mpmath.quad(lambda s: mpmath.exp(-(df + 1) / 2 * (mpmath.log1p(s * s / df) - at_t)), points + [mpmath.inf] if df < 300 else points)
    return mpmath.log(area) - (df + 1) / 2 * at_t - ln_beta_function(a, mpf(1) / 2) - mpmath.log(df) / 2


def student_tables(generator):
    tails, quantiles = [], []
    points = []
    for _ in range(240):
        points.append(
            (
                generator.choice([generator.uniform(-5, 8), spread(generator, -6, 6)]),
                generator.choice([0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 20.0, 20.5, 21.0, spread(generator, -0.3, 1.6)]),
            )
        )
    for _ in range(300):
        points.append(
            (generator.choice([generator.uniform(-4, 6), generator.uniform(0, 40), spread(generator, -3, 0)]), spread(generator, 1.6, 15))
        )
    for _ in range(60):  # Down to a logarithm of -1e5.
        df = spread(generator, 2, 15)
        ln_p = generator.uniform(500, 1e5)
        ratio = mpmath.expm1(2 * mpf(ln_p) / mpf(df))
        if ratio < 1e12:
            points.append((float(mpmath.sqrt(ratio * df)), df))
    points += [(t, df) for t in (0.0, 1.0, 1.96, 5.0) for df in (1e12, 1e15, 300.0, 4.0)]
    for t, df in points:
        value = ln_student_upper(t, df)
        tails.append(((t, df), value))
        mp.dps = 50
        p = mpmath.exp(value)
        if mpf(10) ** -290 < p <= 0.49:
            nearest = float(p)
            ln_density = (
                -(mpf(df) + 1) / 2 * mpmath.log1p(mpf(t) ** 2 / mpf(df)) - ln_beta_function(mpf(df) / 2, mpf(1) / 2) - mpmath.log(mpf(df)) / 2
            )
            step = (p - mpf(nearest)) * mpmath.exp(-ln_density)
            if abs(step) < mpf(t) / 10**9:
                quantiles.append(((nearest, df), -(mpf(t) + step)))
    yield "ln_student_t_upper", "t,df", lines(tails)
    yield "student_t_quantile", "p,df", lines(quantiles)


def ln_noncentral(t, df, delta, upper):
    """The mean of P(Z <= t s - delta), or of its complement, over s: by adaptive quadrature about the integrand's mode."""
    mp.dps = 40
    t, df, delta = mpf(t), mpf(df), mpf(delta)
    sign = -1 if upper else 1
    probability = lambda z: mpmath.erfc(-z / mpmath.sqrt(2)) / 2
    log = lambda s: df * mpmath.log(s) - df * s * s / 2 + mpmath.log(probability(sign * (t * s - delta)))
    low, high = mpf("1e-4"), mpf(80)
    for _ in range(130):
        a, b = low + (high - low) * mpf("0.382"), low + (high - low) * mpf("0.618")
        low, high = (a, high) if log(a) < log(b) else (low, b)
    mode = (low + high) / 2
    peak = log(mode)
    wide = 1 / mpmath.sqrt(df * (1 / mode**2 + 1))
    narrow = 1 / mpmath.sqrt(df * (1 / mode**2 + 1) + t * t)
    points = {max(mpf(0), mode + narrow * k) for k in range(-16, 17, 2)} | {
        max(mpf(0), mode + wide * k) for k in (-16, -12, -8, -4, 4, 8, 12, 16)
    }
    if df < 60:
        points |= {mpf(0), max(points) * 2, mpf(80)}
        points |= {mode * mpf(10) ** -k for k in range(1, 30)} if df < 5 else set()
    area = mpmath.quad(lambda s: mpmath.exp(log(s) - peak) / s if s > 0 else mpf(0), sorted(points))
    return mpmath.ln2 + df / 2 * mpmath.log(df / 2) - mpmath.loggamma(df / 2) + peak + mpmath.log(area)


def noncentral_tables(generator):
    result = []
    for _ in range(230):
        df = spread(generator, 0, generator.choice([1.5, 3, 9]))
        delta = generator.choice([generator.uniform(-40, 40), generator.uniform(-5, 5)])
        t = delta + generator.gauss(0, 2) * (1 + abs(delta) / df**0.5)
        upper = t > delta
        value = ln_noncentral(t, df, delta, upper)
        # The smaller tail; the other is its complement.
        result.append(((t, df, delta) if upper else (-t, df, -delta), value))
    yield "ln_noncentral_t_upper", "t,df,delta", lines(result)


# Probabilities of counts.


def ln_choose(n, k):
    return mpmath.loggamma(mpf(n) + 1) - mpmath.loggamma(mpf(k) + 1) - mpmath.loggamma(mpf(n) - mpf(k) + 1)


def ln_binomial(k, n, p):
    return ln_choose(n, k) + k * mpmath.log(mpf(p)) + (n - k) * mpmath.log1p(-mpf(p))


def ln_hypergeometric(k, draws, marked, others):
    return ln_choose(marked, k) + ln_choose(others, draws - k) - ln_choose(marked + others, draws)


def count_tables(generator):
    points = []
    for _ in range(350):
        n = int(spread(generator, 0, 15))
        p = generator.choice([generator.random(), spread(generator, -12, -0.01)])
        k = int(n * p + generator.gauss(0, generator.choice([1, 4, 20])) * (n * p * (1 - p)) ** 0.5)
        points.append((min(n, max(0, k)), n, p))
    yield "ln_binomial", "k,trials,p", rows(ln_binomial, points, 60)
    points = []
    while len(points) < 350:
        marked, others = int(spread(generator, 0, 14)), int(spread(generator, 0, 14))
        total = marked + others
        draws = min(total - 1, generator.choice([generator.randint(1, max(1, total - 1)), int(spread(generator, 0, 14))]))
        if draws < 1:
            continue
        deviation = (draws * marked * others * (total - draws) / total**3) ** 0.5
        k = int(draws * marked / total + generator.gauss(0, generator.choice([1, 4, 20])) * deviation)
        points.append((min(max(k, 0, draws - others), marked, draws), draws, marked, others))
    yield "ln_hypergeometric", "k,draws,marked,others", rows(ln_hypergeometric, points, 60)


def rows(function, arguments, digits):
    result = []
    for row in arguments:
        mp.dps = digits
        result.append((row, function(*row)))
    return lines(result)


def lines(results):
    mp.dps = 40
    return [",".join([*(repr(v) for v in row), mpmath.nstr(value, 20, min_fixed=-5, max_fixed=20).removesuffix(".0")]) for row, value in results]


FAMILIES = [error_tables, gamma_tables, beta_tables, student_tables, noncentral_tables, count_tables]


def main():
    arguments = sys.argv[1:]
    check, only = "--check" in arguments, [name for name in arguments if not name.startswith("-")]
    CASES.mkdir(parents=True, exist_ok=True)
    for seed, family in enumerate(FAMILIES):
        if only and family.__name__.removesuffix("_tables") not in only:
            continue
        for name, header, table in family(random.Random(100 + seed)):
            text = "\n".join([f"{header},{name}", *table]) + "\n"
            path = CASES / f"{name}.csv"
            if not check:
                path.write_text(text, encoding="utf-8")
            elif path.read_text(encoding="utf-8") != text:
                sys.exit(f"{path.name}: differs from what this script writes")


if __name__ == "__main__":
    main()
