"""Writes the cases of tests/cases/math: special functions by mpmath, to 40 digits and more.

Each file is a CSV: the arguments, then the value. Doubles are written so that they read back as the same doubles; a value is
rounded once, to 20 digits. Every run writes the same bytes. Definitions only: gamma functions and the incomplete beta
function as mpmath has them, the decay integral as incomplete gamma functions or by quadrature.

    python tests/oracles/make_math_cases.py           write the cases
    python tests/oracles/make_math_cases.py --check   fail if the committed cases differ
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


def gamma_arguments(generator):
    fixed = [1e-300, 1e-20, 1e-8, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 9.999999, 10.0, 170.0, 1e8, 1e15, 1e17, 1e300]
    near = [base + sign * 2.0**-step for base in (1.0, 2.0, 1.4616321449683622) for step in (3, 20, 45) for sign in (1, -1)]
    return fixed + near + [spread(generator, *scale) for scale in [(-300, 300)] * 30 + [(-2, 2)] * 80 + [(-8, 8)] * 40]


def rising_arguments(generator):
    fixed = [(1e-10, 1.0), (1e10, 1.0), (1e10, 0.5), (1e10, 1e-10), (1e4, 3.0), (0.5, 0.5), (0.25, 1e6), (1e-300, 2.5),
             (1.4, 1e-12), (3.0, 1e-12), (1e300, 7.0), (1e300, 11.5), (9.99, 9.0), (10.0, 9.0), (1e17, 1e6), (0.9, 0.15)]
    counts = [(spread(generator, -10, 10), float(round(10 ** generator.uniform(0, 6)))) for _ in range(120)]
    few = [(spread(generator, -10, 10), float(generator.randint(1, 12))) for _ in range(40)]
    real = [(spread(generator, -10, 10), spread(generator, -6, 6)) for _ in range(80)]
    return fixed + counts + few + real


def beta_arguments(generator):
    """Parameters, and a point given by the smaller of x and 1 - x, which is the exact one."""
    rows = []
    def row(a, b, point):
        if 0 < point < 1:
            least = float(min(point, 1 - point))
            rows.append((a, b, least, 1.0 - least) if point <= 0.5 else (a, b, 1.0 - least, least))
    for _ in range(110):
        a, b = spread(generator, -8, 8), spread(generator, -8, 8)
        mean = mpf(a) / (mpf(a) + mpf(b))
        width = mpmath.sqrt(mean * (1 - mean) / (mpf(a) + mpf(b) + 1))
        row(a, b, mean + width * generator.choice([0, 0.01, -0.5, 1, -2, 3, -8]))
    for _ in range(110):
        row(spread(generator, -3, 5), spread(generator, -3, 5), mpf(spread(generator, -12, -0.001)))
    for _ in range(60):
        row(spread(generator, -3, 5), spread(generator, -8, 3), 1 - mpf(spread(generator, -12, -0.3)))
    for a, b, point in [(1e8, 1e8, 0.5), (1e8, 1e8, 0.50001), (1e8, 1e8, 0.4), (1e8, 3e7, 0.7692), (1e8, 1e-8, 1e-3), (1e-8, 1e8, 1e-3),
                        (1e-8, 1e-8, 1e-300), (1e-8, 1e-8, 0.5), (1e8, 1.0, 0.9), (1.0, 1e8, 1e-9), (5e3, 5e3, 1e-30), (1e8, 0.5, 1e-9),
                        (300.0, 0.01, 1e-3), (2.0, 3.0, 0.25), (0.5, 0.5, 1e-300), (1.0, 1e-8, 0.999999), (40.0, 0.7, 0.9999)]:
        row(a, b, mpf(point))
    for a in (1e8, 1e5, 3.0):
        row(a, 1e-8, 1 - mpf(1e-8) / mpf(a))
        row(a, 0.3, 1 - mpf(0.5) / mpf(a))
    return rows


def ln_beta_reg(a, b, x, y):
    """ln I_x(a, b) by the hypergeometric series of DLMF 8.17.8, all of whose terms are positive, in the shorter tail."""
    a, b = mpf(a), mpf(b)
    x, y = (mpf(x), 1 - mpf(x)) if x <= y else (1 - mpf(y), mpf(y))
    def tail(a, b, x, y):
        # In integers of 2^-bits: a hundred thousand terms where a and b are large.
        bits = 180
        part = lambda value: int(mpmath.ldexp(value, bits))
        one, rise, up, down = 1 << bits, part(x), part(a + b), part(a + 1)
        term = total = one
        while term > 1 << (bits - 130) or up * rise > down * one:
            term = (term * up // down) * rise >> bits
            total += term
            up, down = up + one, down + one
        ln_beta = mpmath.loggamma(a) + mpmath.loggamma(b) - mpmath.loggamma(a + b)
        return a * mpmath.log(x) + b * mpmath.log(y) - mpmath.log(a) - ln_beta + mpmath.log(mpmath.ldexp(total, -bits))
    # Each tail where its series is the shorter.
    if x * (a + b + 2) <= a + 1:
        return tail(a, b, x, y)
    return mpmath.log(-mpmath.expm1(tail(b, a, y, x)))


def decay_arguments(generator):
    rows = []
    for _ in range(130):  # The common regime.
        c = spread(generator, -2, 4)
        t = c * spread(generator, -3, 1)
        rows.append((spread(generator, -0.3, 1.7), c, spread(generator, -2, 0.3) / t, t))
    for _ in range(200):
        c = spread(generator, -8, 12)
        rows.append((spread(generator, -2, 7), c, spread(generator, -12, 6), c * spread(generator, -12, 12)))
    for _ in range(80):
        rows.append((spread(generator, -1, 1.5), 1.0, spread(generator, -8, 1.2), generator.choice([mpmath.inf, spread(generator, 0, 9)])))
    near_one = [1.0, 1.0 + 2.0**-52, 1.0 - 1e-9, 1.000001, 2.0, 3.0 - 1e-12, 0.0, 1e-9, 4.0, 18.0]
    rows += [(m, c, delta, t) for m in near_one for c, delta, t in [
        (1.0, 0.0, 10.0), (1.0, 0.3, mpmath.inf), (1.0, 1e-9, 1e6), (50.0, 1e-20, 1e15), (1e300, 1e-300, 1e300), (1e-8, 1e-200, 1e300),
        (7.0, 1e6, mpmath.inf), (1e300, 1e6, mpmath.inf), (1e-8, 1e-12, mpmath.inf), (5.0, 0.0, 1e-300), (1e-8, 0.0, 1e300)]]
    return [tuple(float(v) for v in row) for row in rows]


def discounted_decay(m, c, delta, t):
    """c e^z (E_m(z) - (1 + T)^(1 - m) E_m(z (1 + T))), with the digits that the difference takes."""
    m, c, delta = mpf(m), mpf(c), mpf(delta)
    reach = mpmath.inf if t == mpmath.inf else mpf(t) / c
    if delta == 0:
        return c * mpmath.log1p(reach) if m == 1 else c * mpmath.expm1((1 - m) * mpmath.log1p(reach)) / (1 - m)
    def whole(c):  # The integral from 0 to infinity.
        z = delta * c
        if m + z < 40:
            # DLMF 8.19.1, by mpmath; near whole m the Gamma function and the series cancel.
            return c * mpmath.exp(z) * mpmath.expint(m, z)
        # DLMF 8.19.17, even part, by Lentz's method.
        b, n = z + m, 0
        d = 1 / b
        front, value = 1 / mpf("1e-999999"), d
        while True:
            n += 1
            b += 2
            part = -n * (m + n - 1)
            d, front = 1 / (b + part * d), b + part / front
            value *= front * d
            if abs(front * d - 1) < mpf(10) ** (5 - mp.dps):
                return c * value
    if reach == mpmath.inf:
        return whole(c)
    beyond = mpmath.exp(-delta * mpf(t) - m * mpmath.log1p(reach))
    return whole(c) - beyond * whole(c + mpf(t))


def lines(function, arguments, digits):
    for row in arguments:
        # 1e300 + 1e-6 and the differences that follow take all digits.
        mp.dps = 650 if isinstance(row, tuple) and digits > 60 and row[0] > 1e20 else min(digits, 90)
        value = function(*row) if isinstance(row, tuple) else function(mpf(row))
        shown = mpmath.nstr(value, 20, min_fixed=-5, max_fixed=20).removesuffix(".0")
        yield ",".join([*(repr(v) for v in (row if isinstance(row, tuple) else (row,))), shown])


def rising(function):
    return lambda a, x: function(mpf(a) + mpf(x)) - function(mpf(a))


def tables():
    generator = random.Random(20)
    gamma, rises = gamma_arguments(generator), rising_arguments(generator)
    mp.dps = 60
    beta = beta_arguments(generator)
    yield "ln_gamma", "x", lines(mpmath.loggamma, gamma, 60)
    yield "digamma", "x", lines(lambda x: mpmath.psi(0, x), gamma, 60)
    yield "trigamma", "x", lines(lambda x: mpmath.psi(1, x), [x for x in gamma if x > 1e-150], 60)
    yield "ln_rising", "a,x", lines(rising(mpmath.loggamma), rises, 650)
    yield "digamma_rising", "a,x", lines(rising(lambda x: mpmath.psi(0, x)), rises, 650)
    pairs = list(dict.fromkeys((a, b) for a, b, _, _ in beta))
    yield "ln_beta", "a,b", lines(lambda a, b: mpmath.loggamma(a) + mpmath.loggamma(b) - mpmath.loggamma(mpf(a) + mpf(b)), pairs, 60)
    yield "ln_beta_reg", "a,b,x,one_minus_x", lines(ln_beta_reg, beta, 60)
    yield "discounted_decay", "m,c,delta,t", lines(discounted_decay, decay_arguments(generator), 60)


def main():
    check = "--check" in sys.argv[1:]
    CASES.mkdir(parents=True, exist_ok=True)
    for name, header, rows in tables():
        text = "\n".join([f"{header},{name}", *rows]) + "\n"
        path = CASES / f"{name}.csv"
        if not check:
            path.write_text(text, encoding="utf-8")
        elif path.read_text(encoding="utf-8") != text:
            sys.exit(f"{path.name}: differs from what this script writes")


if __name__ == "__main__":
    main()
