"""Writes the shared cases of tests/cases/rfm, which Rust, Python and C all run.

The expected numbers come from the definitions in the documentation, in exact arithmetic (integers and fractions), and
never from the engine. Each is rounded to a double once, at the end. The only inputs are the tables in this file:
every run writes the same bytes.

    python tests/oracles/make_rfm_cases.py           write the cases
    python tests/oracles/make_rfm_cases.py --check   fail if the committed cases differ
"""

import json
import sys
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

CASES = Path(__file__).resolve().parent.parent / "cases" / "rfm"
SOURCE = "tests/oracles/make_rfm_cases.py: definitions in exact arithmetic"

UNIT_DAYS = {
    "day": Fraction(1),
    "week": Fraction(7),
    "month30": Fraction(30),
    "month_mean": Fraction(1461, 48),
    "year365": Fraction(365),
    "year_mean": Fraction(1461, 4),
}

# The 25 cells of the recency and frequency map that public course material shares (recency 1 to 5, frequency 1 to 5).
STANDARD = {
    1: ["Hibernating", "Hibernating", "At Risk", "At Risk", "Can't Lose"],
    2: ["Hibernating", "Hibernating", "At Risk", "At Risk", "Can't Lose"],
    3: ["About to Sleep", "About to Sleep", "Need Attention", "Loyal", "Loyal"],
    4: ["Promising", "Potential Loyalists", "Potential Loyalists", "Loyal", "Loyal"],
    5: ["New", "Potential Loyalists", "Potential Loyalists", "Champions", "Champions"],
}


def micros(amount):
    """Micro-units of an amount written as decimal text."""
    scaled = Fraction(Decimal(amount)) * 1_000_000
    assert scaled.denominator == 1, amount
    return int(scaled)


def canonical(customer):
    """Integers sort by value, text by its UTF-8 bytes."""
    return customer.encode() if isinstance(customer, str) else customer


def used_rows(rows, ingest):
    """Rows (customer, day, micro-units, order) that the policies leave in."""
    used, seen = [], set()
    for customer, day, amount, order in rows:
        if customer is None or customer == "":
            continue
        if day is None or amount is None:
            continue
        value = micros(amount)
        if value < 0 and ingest.get("returns") == "exclude":
            continue
        if value == 0 and ingest.get("zero_amounts") == "exclude":
            continue
        line = (customer, day, value, order)
        if ingest.get("duplicates") == "exclude":
            if line in seen:
                continue
            seen.add(line)
        used.append(line)
    return used


class Customer:
    """What one customer did in the time described."""

    def __init__(self, lines):
        self.purchases = [line for line in lines if line[2] >= 0]
        self.net = sum(line[2] for line in lines)
        days = [line[1] for line in self.purchases]
        self.days = len(set(days))
        self.first, self.last = (min(days), max(days)) if days else (None, None)
        orders = [line[3] for line in self.purchases]
        self.orders = len({order for order in orders if order is not None}) + orders.count(None)


def customers(rows, base):
    """The customers with a purchase in the time described, in canonical order."""
    as_of, window = base["as_of"], base["window_days"]
    inside = [row for row in rows if row[1] <= as_of and (window is None or row[1] > as_of - window)]
    by_id = {}
    for row in inside:
        by_id.setdefault(row[0], []).append(row)
    found = {name: Customer(by_id[name]) for name in sorted(by_id, key=canonical)}
    return {name: customer for name, customer in found.items() if customer.purchases}


def frequency_of(customer, measure, as_of):
    if measure == "orders":
        return Fraction(customer.orders)
    if measure == "purchase_days":
        return Fraction(customer.days)
    unit = UNIT_DAYS[measure.removeprefix("orders_per_")]
    return Fraction(customer.orders) / max(Fraction(as_of - customer.first) / unit, Fraction(1))


def monetary_of(customer, measure):
    divisor = {"net_amount": 1, "mean_per_order": customer.orders, "mean_per_purchase_day": customer.days}[measure]
    return Fraction(customer.net, divisor * 1_000_000)


def quantile(ordered, j, bins):
    """Definition 7 of Hyndman and Fan (1996)."""
    h = Fraction((len(ordered) - 1) * j, bins)
    below = int(h)
    high = ordered[min(below + 1, len(ordered) - 1)]
    return ordered[below] + (h - below) * (high - ordered[below])


def scores_of(values, binning, bounds, less_is_better):
    """Scores of values by the definition of a binning: 1 is the worst."""
    kind, bins = binning["binning"], binning["bins"]
    if kind == "mid_rank":
        better = [-value for value in values] if less_is_better else values
        result = []
        for value in better:
            less = sum(other < value for other in better)
            equal = sum(other == value for other in better)
            midrank = less + Fraction(equal + 1, 2)
            result.append(1 + int(bins * (midrank - Fraction(1, 2)) / len(better)))
        return result
    if kind == "quantiles":
        ordered = sorted(values)
        cuts = [quantile(ordered, j, bins) for j in range(1, bins)]
        closed_left = binning["closed"] == "left"
        reached = [sum(value > cut or (closed_left and value == cut) for cut in cuts) for value in values]
    else:
        cuts = [Fraction(Decimal(str(bound))) for bound in bounds]
        reached = [sum(value >= cut for cut in cuts) for value in values]
    return [bins - count if less_is_better else 1 + count for count in reached]


def grouped(values, groups, score):
    """Scores within groups of customers."""
    result = [0] * len(values)
    for group in set(groups):
        places = [place for place, other in enumerate(groups) if other == group]
        for place, value in zip(places, score([values[place] for place in places])):
            result[place] = value
    return result


def expected(rows, ingest, base, rfm):
    found = customers(used_rows(rows, ingest), base)
    each = list(found.values())
    as_of = base["as_of"]
    bounds = rfm.get("bounds", {"recency_days": [], "frequency": [], "monetary": []})
    recency = scores_of([Fraction(as_of - customer.last) for customer in each], rfm, bounds["recency_days"], True)
    nested = rfm["nesting"] == "nested"
    frequency = grouped(
        [frequency_of(customer, rfm["frequency"], as_of) for customer in each],
        recency if nested else [0] * len(each),
        lambda values: scores_of(values, rfm, bounds["frequency"], False),
    )
    monetary = grouped(
        [monetary_of(customer, rfm["monetary"]) for customer in each],
        list(zip(recency, frequency)) if nested else [0] * len(each),
        lambda values: scores_of(values, rfm, bounds["monetary"], False),
    )
    weights = [Fraction(Decimal(str(weight))) for weight in rfm["weights"]]
    composite = [
        sum(weight * score for weight, score in zip(weights, cell)) / sum(weights)
        for cell in zip(recency, frequency, monetary)
    ]
    unit = UNIT_DAYS[base["time_unit"]]
    return {
        "customer_id": list(found),
        "orders": [customer.orders for customer in each],
        "purchase_days": [customer.days for customer in each],
        "net_amount": [float(Fraction(customer.net, 1_000_000)) for customer in each],
        "time_since_last_purchase": [float((as_of - customer.last) / unit) for customer in each],
        "recency": recency,
        "frequency": frequency,
        "monetary": monetary,
        "composite": [float(score) for score in composite],
        "segment": [STANDARD[r][f - 1] for r, f in zip(recency, frequency)] if rfm["bins"] == 5 else None,
    }


class Cases:
    def __init__(self):
        self.texts = {}

    def add(self, name, why, rows, *, ingest=None, as_of, window=None, unit="day", error=None, **rfm):
        """One case; rows are (customer, day, amount as decimal text[, order])."""
        with_orders = any(len(row) == 4 for row in rows)
        rows = [row if len(row) == 4 else (*row, None) for row in rows]
        columns = {
            "customer_id": [row[0] for row in rows],
            "day": [row[1] for row in rows],
            "amount": [None if row[2] is None else float(row[2]) for row in rows],
        }
        if with_orders:
            columns["order_id"] = [row[3] for row in rows]
        base = {"as_of": as_of, "window_days": window, "time_unit": unit}
        options = {"binning": "mid_rank", "bins": 5, "nesting": "independent", "frequency": "orders"}
        options |= {"monetary": "net_amount", "weights": [1, 1, 1]} | rfm
        case = {"name": name, "source": f"{SOURCE}. {why}", "transactions": columns}
        case |= {"ingest": ingest or {}, "base": base, "rfm": options}
        if error:
            kind, argument, row = error
            case["expected_error"] = {"kind_code": kind, "argument": argument, "row": row}
        else:
            case["expected"] = expected(rows, ingest or {}, base, options)
        assert name not in self.texts
        self.texts[name] = write(case)


def write(case):
    """JSON with one line for each column."""

    def members(value, depth):
        pad = "  " * depth
        lines = []
        for key, member in value.items():
            deep = isinstance(member, dict) and member and depth < 3
            text = members(member, depth + 1) if deep else json.dumps(member, ensure_ascii=False, allow_nan=False)
            lines.append(f"{pad}{json.dumps(key)}: {text}")
        return "{\n" + ",\n".join(lines) + "\n" + "  " * (depth - 1) + "}"

    return members(case, 1) + "\n"


def sequence(seed):
    """Small whole numbers without a random generator of any library."""
    state = seed
    while True:
        state = (state * 6_364_136_223_846_793_005 + 1_442_695_040_888_963_407) % 2**64
        yield state >> 33


def money(cents):
    return f"{Decimal(cents) / 100:.2f}"


def log(seed, rows, count, *, orders=False, returns=False):
    """A log of `rows` rows of `count` customers over 400 days from 2023-01-01 (day 19358), many amounts equal."""
    numbers = sequence(seed)
    lines = []
    for place in range(rows):
        customer = 100 + (next(numbers) % count) * (next(numbers) % count + 1) // count
        cents = [500, 999, 1999, 2500, 10000 + next(numbers) % 5000, next(numbers) % 30000][next(numbers) % 6]
        if returns and next(numbers) % 9 == 0:
            cents = -cents
        line = (customer, 19358 + next(numbers) % 400, money(cents))
        if orders:
            # Two thirds of the lines share an order with the neighbours; the others have none.
            line = (*line, None if next(numbers) % 3 == 0 else 7000 + place // 3)
        lines.append(line)
    return lines


INVALID_ARGUMENT, INVALID_VALUE, OUT_OF_RANGE, MISSING_VALUE, EMPTY = 1, 2, 3, 4, 7
FIVE = [("b", 100, "5.00"), ("a", 90, "15.00"), ("c", 80, "25.00"), ("a", 70, "1.50"), ("d", 60, "0.25")]


def main():
    cases = Cases()
    add = cases.add

    add(
        "better_in_every_way",
        "Ten customers of whom each is more recent, buys more often and spends more than the one before.",
        [(f"c{i}", 1000 - (10 - i) - k, str(10 * (i + 1))) for i in range(10) for k in range(i + 1)],
        as_of=1000,
    )
    add(
        "identical_customers",
        "Fifty identical customers: one tie must share one score in each dimension.",
        [(i, 19700, "20.00") for i in range(50)],
        as_of=19710,
    )
    add("one_customer", "A single customer has the middle score.", [(42, 10, "1.00"), (42, 12, "3.00")], as_of=20)
    add(
        "ties_of_frequency",
        "Frequencies 1 1 1 1 1 2 2 3 9 in five bins; times and amounts tie too. Rows are not in order.",
        [
            (customer, 500 - 10 * (k % 3) - (customer % 2), "10.00")
            for k in range(9)
            for customer, orders in [(9, 1), (8, 1), (7, 1), (6, 1), (5, 1), (4, 2), (3, 2), (2, 3), (1, 9)]
            if k < orders
        ],
        as_of=510,
    )
    names = ["王小明", "محمد", "Zoë", "Zoe\u0308", "zoe", "Пётр", "🛒🛒", "anna", " anna", "anna ", "O'Reilly", "王小"]
    add(
        "text_ids",
        "Ids in several scripts, composed and decomposed letters, blanks that count, one id the start of another.",
        [
            (name, 19800 - 3 * place - k, money(1234 + 777 * place * k))
            for place, name in enumerate(names)
            for k in range(1 + place % 4)
        ],
        as_of=19805,
    )
    add(
        "returns",
        "Returns lower the net amount and are no purchase; a customer with nothing but returns is not in the base.",
        [
            (1, 100, "50.00"), (1, 101, "-20.00"), (2, 100, "30.00"), (2, 120, "-30.00"), (3, 90, "-5.00"),
            (4, 95, "10.00"), (4, 95, "-25.50"), (5, 110, "0.10"), (5, 111, "0.20"), (6, 80, "0.30"), (1, 130, "7.00"),
        ],
        as_of=125,
    )
    add(
        "returns_left_out",
        "The policies that leave returns and zero amounts out.",
        [(1, 100, "50.00"), (1, 101, "-20.00"), (2, 100, "0.00"), (2, 90, "5.00"), (3, 99, "0.00"), (4, 98, "-1.00"), (5, 97, "3.00")],
        ingest={"returns": "exclude", "zero_amounts": "exclude"},
        as_of=101,
    )
    add(
        "zero_amounts",
        "Zero amounts are purchases: they count as orders and days.",
        [(1, 10, "0.00"), (2, 11, "0.00"), (2, 12, "4.00"), (3, 13, "4.00"), (3, 13, "0.00"), (4, 9, "1.00")],
        as_of=13,
    )
    add(
        "order_lines",
        "Lines of one order count as one order, on several days too; a line without an order id is an order of its own; "
        "two customers may have equal order ids.",
        [
            ("x", 10, "1.00", "A1"), ("x", 10, "2.00", "A1"), ("x", 11, "3.00", "A1"), ("x", 12, "4.00", None),
            ("x", 12, "5.00", None), ("x", 13, "-2.00", "A1"), ("y", 12, "6.00", "A1"), ("y", 14, "7.00", "订单二"),
            ("y", 14, "8.00", "订单二"), ("z", 13, "9.00", "B"), ("z", 13, "9.00", "B"), ("z", 15, "-1.00", "C"),
            ("w", 1, "0.00", "D"), ("w", 2, "2.00", None),
        ],
        as_of=16,
    )
    add(
        "duplicates_left_out",
        "Rows equal in customer, day, amount and order count once; rows that differ in the order do not.",
        [
            (1, 10, "5.00", 1), (1, 10, "5.00", 1), (1, 10, "5.00", 2), (1, 10, "5.00", None), (1, 10, "5.00", None),
            (2, 10, "5.00", 1), (2, 11, "5.00", 1), (2, 11, "-5.00", 1), (2, 11, "-5.00", 1), (3, 12, "1.00", 3),
        ],
        ingest={"duplicates": "exclude"},
        as_of=12,
    )
    add(
        "window",
        "Only the last 30 days count, ages in weeks; an order that began before the window counts within it.",
        [
            (1, 69, "100.00", 1), (1, 70, "100.00", 1), (1, 71, "7.00", 1), (2, 70, "9.00", 2), (3, 71, "1.00", 3),
            (3, 100, "2.00", 4), (4, 100, "50.00", 5), (4, 101, "999.00", 6), (5, 90, "-3.00", 7), (5, 95, "8.00", None),
        ],
        as_of=100,
        window=30,
        unit="week",
    )
    add("mid_rank_ten", "Ten scores over 60 customers.", log(1, 200, 60), as_of=19760, bins=10)
    add("quantiles_right", "Cut points of definition 7, a value equal to one below it.", log(2, 120, 41), as_of=19758, binning="quantiles", closed="right")
    add("quantiles_left", "Cut points of definition 7, a value equal to one above it.", log(2, 120, 41), as_of=19758, binning="quantiles", closed="left", bins=4)
    add(
        "own_bounds",
        "Values at, just below and above the company's bounds.",
        [
            (1, 93, "99.99"), (2, 92, "100.00"), (3, 91, "100.01"), (4, 70, "0.00"), (4, 69, "1000.00"), (4, 68, "0.01"),
            (5, 69, "999.99"), (6, 100, "5000.00"), (6, 99, "5000.00"), (7, 10, "20.00"), (8, 71, "-1.00"), (8, 70, "0.50"),
        ],
        as_of=100,
        binning="bounds",
        bins=4,
        bounds={"recency_days": [8, 30, 60], "frequency": [2, 3, 4], "monetary": [0, 100, 1000]},
        weights=[2, 1, 1],
    )
    add("nested", "Frequency within each recency score, monetary value within each pair.", log(3, 200, 70, returns=True), as_of=19758, nesting="nested", bins=3, weights=[3, 2, 1])
    add("nested_quantiles", "Nested quantile bins.", log(4, 200, 70), as_of=19758, nesting="nested", binning="quantiles", closed="right")
    add("purchase_days_and_mean_per_order", "Days with a purchase, and the net amount an order.", log(5, 150, 40, orders=True, returns=True), as_of=19758, frequency="purchase_days", monetary="mean_per_order")
    add("orders_per_week_and_mean_per_day", "Orders per week of age (at least one), and the net amount a day.", log(6, 150, 40, orders=True), as_of=19758, frequency="orders_per_week", monetary="mean_per_purchase_day", unit="month_mean")
    add("orders_per_month", "Orders per month of 30.4375 days of age (at least one).", log(7, 150, 40), as_of=19758, frequency="orders_per_month_mean")
    add(
        "equal_means",
        "Equal means and rates of different totals are ties: 0.10 an order is 0.10, 0.30 / 3 and 0.70 / 7.",
        [(1, 50, "0.10")]
        + [(2, 50 - 5 * k, "0.10") for k in range(3)]
        + [(3, 50 - 5 * k, "0.10") for k in range(7)]
        + [(4, 50, "0.20"), (5, 50, "0.05"), (6, 50, "0.15")],
        as_of=50,
        monetary="mean_per_order",
    )
    add(
        "equal_rates",
        "One order in 11 days, three in 33 and seven in 77 are the same rate.",
        [(customer, 1000 - 11 * orders + (k > 0) * k, "1.00") for customer, orders in [(1, 1), (2, 3), (3, 7)] for k in range(orders)]
        + [(4, 989, "1.00"), (4, 990, "1.00"), (5, 978, "1.00"), (6, 989, "1.00")],
        as_of=1000,
        frequency="orders_per_week",
    )
    add("weights", "Only the proportions of weights matter.", log(8, 60, 25), as_of=19758, weights=[1, 0, 3])
    add(
        "extreme_amounts",
        "Amounts near the largest, whose sums need more than 64 bits, and differences of one micro-unit.",
        [
            (1, 10, "9200000000000"), (1, 11, "9200000000000"), (1, 12, "9200000000000"), (2, 10, "9200000000000"),
            (2, 10, "9200000000000"), (2, 11, "-9200000000000"), (2, 12, "-9200000000000"), (3, 12, "0.000001"),
            (4, 12, "0.000002"), (5, 12, "0.00"), (6, 10, "1.00"), (6, 10, "-9200000000000"), (6, 11, "-9200000000000"),
        ],
        as_of=12,
    )
    add(
        "rows_left_out",
        "Guests, rows without a time and rows without an amount left out.",
        [(1, 10, "5.00"), (None, 11, "7.00"), (2, None, "9.00"), (3, 12, None), (2, 12, "1.00"), (3, 9, "3.00"), (1, 40, "8.00")],
        ingest={"missing_time": "exclude", "missing_amount": "exclude"},
        as_of=20,
    )
    add(
        "ends_of_time",
        "The first and the last day that can be represented.",
        [(1, -719162, "1.00"), (1, 2932896, "2.00"), (2, -1, "3.00"), (3, 0, "4.00")],
        as_of=2932896,
    )

    add("error_amount_out_of_range", "One row holds up to 9,223,372,036,854.775807.", [("a", 1, "5.00"), ("b", 2, "10000000000000")], as_of=5, error=(OUT_OF_RANGE, "amount", 1))
    add("error_missing_amount", "A missing amount raises by default.", [*FIVE, ("e", 3, None)], as_of=5, error=(MISSING_VALUE, "amount", 5))
    add("error_missing_id", "Guests raise if asked to.", [("a", 1, "5.00"), (None, 2, "5.00"), (None, 3, "5.00")], ingest={"missing_id": "raise"}, as_of=5, error=(MISSING_VALUE, "customer_id", 1))
    add("error_day_out_of_range", "Days end with 9999-12-31.", [(1, 2932896, "5.00"), (2, 2932897, "5.00")], as_of=5, error=(OUT_OF_RANGE, "time", 1))
    add("error_return", "Returns raise if asked to.", [(1, 1, "5.00"), (2, 2, "5.00"), (2, 3, "-5.00")], ingest={"returns": "raise"}, as_of=5, error=(INVALID_VALUE, "amount", 2))
    add("error_duplicates", "Equal rows raise if asked to.", [(1, 1, "5.00"), (2, 2, "5.00"), (1, 1, "5.00")], ingest={"duplicates": "raise"}, as_of=5, error=(INVALID_VALUE, "duplicates", None))
    add("error_policy", "Guests cannot be kept.", FIVE, ingest={"missing_id": "keep"}, as_of=100, error=(INVALID_ARGUMENT, "missing_id", None))
    add("error_before_first_purchase", "Nobody has a purchase by then.", FIVE, as_of=59, error=(EMPTY, "as_of", None))
    add("error_window", "A window has at least one day.", FIVE, as_of=100, window=0, error=(INVALID_ARGUMENT, "window_days", None))
    add("error_bins", "Two to ten scores.", FIVE, as_of=100, bins=11, error=(INVALID_ARGUMENT, "bins", None))
    add("error_bounds", "Bounds ascend.", FIVE, as_of=100, binning="bounds", bins=3, bounds={"recency_days": [1, 2], "frequency": [2, 3], "monetary": [5, 5]}, error=(INVALID_ARGUMENT, "bounds.monetary", None))
    add("error_weights", "Weights are not negative.", FIVE, as_of=100, weights=[1, -1, 1], error=(INVALID_ARGUMENT, "weights.frequency", None))

    if "--check" in sys.argv[1:]:
        committed = {path.stem: path.read_text(encoding="utf-8") for path in CASES.glob("*.json")}
        differing = sorted(name for name in committed.keys() | cases.texts.keys() if committed.get(name) != cases.texts.get(name))
        sys.exit(f"cases differ: {', '.join(differing)}" if differing else 0)
    CASES.mkdir(parents=True, exist_ok=True)
    for name, text in cases.texts.items():
        (CASES / f"{name}.json").write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
