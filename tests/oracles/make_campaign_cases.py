"""Writes tests/cases/campaign: selections, buckets and splits by a plain reading of the documentation, with the package xxhash.

    python tests/oracles/make_campaign_cases.py

Nothing of the engine is used. Rules follow Kleene's tables with None as the third answer; a customer's number is
(XXH3_64(salt 00 id) >> 11) / 2^53 for the arms, and with the key 00 purpose 00 salt 00 id for ties, holdouts and namespaces; GrowthBook's cases are copied from its sdk-js/test/cases.json (commit 8f1db44).
"""

import json
from pathlib import Path

import xxhash

FOLDER = Path(__file__).parents[1] / "cases" / "campaign"

GROWTHBOOK = [  # seed, value, version, bucket
    ("", "a", 1, 0.22), ("", "b", 1, 0.077), ("b", "a", 1, 0.946), ("ef", "d", 1, 0.652),
    ("asdf", "8952klfjas09ujk", 1, 0.549), ("", "123", 1, 0.011), ("", '___)((*":&', 1, 0.563),
    ("seed", "a", 2, 0.0505), ("seed", "b", 2, 0.2696), ("foo", "ab", 2, 0.2575), ("foo", "def", 2, 0.2019),
    ("89123klj", "8952klfjas09ujkasdf", 2, 0.124), ("90850943850283058242805", "123", 2, 0.7516),
    ("()**(%$##$%#$#", '___)((*":&', 2, 0.0128),
]


def key(salt, customer, purpose=None):
    before = "" if purpose is None else f"\0{purpose}\0"
    return xxhash.xxh3_64_intdigest(f"{before}{salt}\0{customer}".encode())


def bucket(salt, customer, purpose=None):
    return (key(salt, customer, purpose) >> 11) / 2**53


def buckets():
    cases = [{"hash": f"growthbook_v{version}", "salt": seed, "id": value, "bucket": known}
             for seed, value, version, known in GROWTHBOOK]
    for salt in ("s", "spring-2026", "Frühjahr", "客户"):
        for customer in (0, 17, "17", "017", -1, 2**63 - 1, -(2**63), "a", "客户42", "a b", "x" * 300):
            cases.append({"hash": "xxh3", "salt": salt, "id": customer, "bucket": bucket(salt, customer)})
    return {"source": "GrowthBook sdk-js/test/cases.json at 8f1db44; xxhash " + xxhash.VERSION, "tolerance": 0, "cases": cases}


def ranges(arms, coverage):
    total = sum(weight for _, weight, _ in arms)
    start, out = 0.0, []
    for _, weight, _ in arms:
        out.append((start, start + coverage * weight / total))
        start += weight / total
    return out


def refused(case, customer):
    if any(bucket(held["salt"], customer, "holdout") < held["share"] for held in case.get("holdouts", ())):
        return -3
    space = case.get("namespace")
    if space and not space["from"] <= bucket(space["salt"], customer, "namespace") < space["to"]:
        return -2
    return None


def split_arms(case):
    parts = ranges(case["arms"], case["coverage"])
    out = []
    for customer in case["ids"]:
        code = refused(case, customer)
        if code is None:
            number = bucket(case["salt"], customer)
            code = next((arm for arm, (start, end) in enumerate(parts) if start <= number < end), -1)
        out.append(code)
    return out


def stratified_arms(case):
    out = [refused(case, customer) for customer in case["ids"]]
    strata = {}
    for row, customer in enumerate(case["ids"]):
        if out[row] is None:
            strata.setdefault(case["strata"][row] or "", []).append(row)
    parts = ranges(case["arms"], case["coverage"])
    for label, rows in strata.items():
        rows.sort(key=lambda row: bucket(case["salt"], case["ids"][row]))
        start = bucket(case["salt"], "\0" + label)
        for place, row in enumerate(rows, 1):
            number = (place - start) / len(rows)
            out[row] = next((arm for arm, (after, end) in enumerate(parts) if after < number <= end + 1e-12), -1)
    return out


THREE = [["mail", 1.0, False], ["post", 1.0, False], ["none", 1.0, True]]
SMALL_CONTROL = [["mail", 9.0, False], ["none", 1.0, True]]


def splits():
    texts = [f"kunde-{number}" for number in range(60)] + ["客户一", "客户二", "ключ"]
    plans = [
        {"name": "thirds", "salt": "spring-2026", "arms": THREE, "coverage": 1.0, "ids": list(range(100))},
        {"name": "small control, text ids", "salt": "a", "arms": SMALL_CONTROL, "coverage": 1.0, "ids": texts},
        {"name": "integers as text", "salt": "spring-2026", "arms": THREE, "coverage": 1.0, "ids": [str(i) for i in range(100)]},
        {"name": "half covered", "salt": "ramp", "arms": THREE, "coverage": 0.5, "ids": list(range(100))},
        {"name": "holdout and namespace", "salt": "n", "arms": SMALL_CONTROL, "coverage": 1.0, "ids": list(range(-50, 50)),
         "holdouts": [{"salt": "holdout-2026", "share": 0.2}], "namespace": {"salt": "checkout", "from": 0.25, "to": 0.75}},
        {"name": "several holdouts", "salt": "n", "arms": THREE, "coverage": 1.0, "ids": list(range(-50, 50)),
         "holdouts": [{"salt": "h1", "share": 0.3}, {"salt": "h2", "share": 0.1}, {"salt": "h3", "share": 0.2}]},
        {"name": "one salt for everything", "salt": "spring-2026", "arms": SMALL_CONTROL, "coverage": 1.0, "ids": texts,
         "holdouts": [{"salt": "spring-2026", "share": 0.3}], "namespace": {"salt": "spring-2026", "from": 0.0, "to": 0.6}},
    ]
    for plan in plans:
        plan["expected"] = split_arms(plan)
    strata = ["Aachen", "Bonn", "Köln", None, "北京"]
    for name, arms, coverage, count in (
        ("thirds in strata", THREE, 1.0, 97), ("small control in strata", SMALL_CONTROL, 1.0, 90), ("partly covered strata", THREE, 0.4, 90),
        ("more of the same strata", THREE, 0.7, 90),
    ):
        ids = [number * 7919 % 1009 for number in range(count)]
        plan = {"name": name, "salt": "strata", "arms": arms, "coverage": coverage, "ids": ids,
                "strata": [strata[(number * number + number // 3) % 5] for number in ids]}
        plan["expected"] = stratified_arms(plan)
        plans.append(plan)
    return {"source": "tests/oracles/make_campaign_cases.py", "arms": "name, weight, whether it is the control",
            "codes": "-1 not covered, -2 outside the namespace, -3 held out", "cases": plans}


def truth(rule, table, row):
    (kind, body), = rule.items()
    if kind == "all":
        parts = [truth(part, table, row) for part in body]
        return False if False in parts else None if None in parts else True
    if kind == "any":
        parts = [truth(part, table, row) for part in body]
        return True if True in parts else None if None in parts else False
    if kind == "not":
        part = truth(body, table, row)
        return None if part is None else not part
    value = table[body["column"]][row]
    if kind == "missing":
        return value is None
    if value is None:
        return None
    if kind == "between":
        return body["from"] <= value <= body["to"]
    if kind == "in":
        return value in body["values"]
    other = body["value"]
    return {"<": lambda: value < other, "<=": lambda: value <= other, "==": lambda: value == other,
            "!=": lambda: value != other, ">=": lambda: value >= other, ">": lambda: value > other}[body["is"]]()


def failed(step, case, row):
    """Which of a step's reasons hold: the first is the step's own, a rule has a second for values that are missing."""
    table, customer = case["columns"], case["ids"][row]
    match step["step"]:
        case "rule":
            says = truth(step["rule"], table, row)
            return [says is False, says is None]
        case "opted_in":
            return [table[step["column"]][row] != 1]
        case "not_opted_out":
            return [table[step["column"]][row] == 1]
        case "do_not_contact" | "not_in_campaign":
            return [customer in step["ids"]]
        case "contacts_at_most":
            days = range(step["as_of"] - step["within_days"] + 1, step["as_of"] + 1)
            contacts = sum(who == customer and day in days for who, day in zip(step["ids"], step["days"]))
            return [contacts >= step["at_most"]]
        case "without":
            return [bucket(step["salt"], customer, "holdout") < step["share"]]


def canonical(customer):
    return customer if isinstance(customer, int) else customer.encode()


def select(case):
    reasons = [[reason for step in case["steps"] for reason in failed(step, case, row)] for row in range(len(case["ids"]))]
    rows = [row for row, held in enumerate(reasons) if not any(held)]
    rows.sort(key=lambda row: canonical(case["ids"][row]))
    if "ties" in case:
        rows.sort(key=lambda row: key(case["ties"], case["ids"][row], "ties"))
    if "rank_by" in case:
        sign = -1 if case.get("rank_order", "descending") == "descending" else 1
        values = case["columns"][case["rank_by"]]
        rows.sort(key=lambda row: (values[row] is None, 0 if values[row] is None else sign * values[row]))
    quotas, taken, selected = case.get("segment_quotas"), {}, []
    for row in rows:
        against = []
        if quotas:
            segment = case["columns"][quotas["column"]][row]
            limit = quotas["quotas"].get(segment, quotas.get("others")) if segment is not None else quotas.get("others")
            against.append(limit is not None and taken.get(segment, 0) >= limit)
        if "quota" in case:
            against.append(len(selected) >= case["quota"])
        reasons[row] += against
        if not any(against):
            selected.append(row)
            if quotas:
                taken[segment] = taken.get(segment, 0) + 1
    first = [held.index(True) if True in held else -1 for held in reasons]
    width = max(map(len, reasons))
    return {
        "selected": selected,
        "first": first,
        "first_counts": [first.count(place) for place in range(width)],
        "any_counts": [sum(place < len(held) and held[place] for held in reasons) for place in range(width)],
    }


def selections():
    count = 60
    ids = [number * 37 % 61 for number in range(count)]
    columns = {
        "score": [None if n % 11 == 3 else (n * n * 7 % 50) / 50 for n in ids],
        "age": [None if n % 13 == 5 else 15 + n for n in ids],
        "consent": [None if n % 17 == 1 else int(n % 5 != 0) for n in ids],
        "opt_out": [None if n % 7 == 2 else int(n % 9 == 4) for n in ids],
        "segment": [["gold", "silver", "bronze", None, "北京"][n % 5] for n in ids],
    }
    score = {"compare": {"column": "score", "is": ">=", "value": 0.2}}
    rule = {"all": [score, {"any": [{"between": {"column": "age", "from": 18, "to": 60}}, {"in": {"column": "segment", "values": ["gold", "北京"]}}]},
                    {"not": {"missing": {"column": "segment"}}}]}
    log = {"ids": [n % 40 for n in range(90)], "days": [20000 - n * n % 23 for n in range(90)]}
    steps = [
        {"step": "opted_in", "name": "consent", "column": "consent"},
        {"step": "not_opted_out", "name": "objection", "column": "opt_out"},
        {"step": "rule", "name": "target group", "rule": rule},
        {"step": "do_not_contact", "name": "robinson list", "ids": [3, 8, 21, 999]},
        {"step": "not_in_campaign", "name": "summer mail", "ids": [10, 11, 12, 13]},
        {"step": "contacts_at_most", "name": "fatigue", "as_of": 20000, "at_most": 2, "within_days": 14, **log},
        {"step": "without", "name": "global holdout", "salt": "holdout-2026", "share": 0.1},
    ]
    text = {"ids": [f"k{n}" for n in ids], "columns": columns}
    cases = [
        {"name": "everything", "ids": ids, "columns": columns, "steps": steps, "rank_by": "score", "quota": 12,
         "segment_quotas": {"column": "segment", "quotas": {"gold": 2, "silver": 5}, "others": 3}},
        {"name": "full quotas", "ids": ids, "columns": columns, "steps": steps[:1], "rank_by": "score", "quota": 12,
         "segment_quotas": {"column": "segment", "quotas": {"gold": 2, "silver": 5}, "others": 3}},
        {"name": "nobody is refused", "ids": ids, "columns": columns, "steps": []},
        {"name": "only a ranking", "ids": ids, "columns": columns, "steps": [], "rank_by": "age", "rank_order": "ascending", "quota": 57},
        {"name": "ties by hash", **text, "steps": [steps[0]], "rank_by": "consent", "ties": "lots", "quota": 20},
        {"name": "text ids in canonical order", **text, "steps": [steps[1]], "quota": 30},
        {"name": "segments without a limit of their own", "ids": ids, "columns": columns, "steps": [],
         "segment_quotas": {"column": "segment", "quotas": {"gold": 0}}},
        {"name": "a rule and its negation lose who is missing", "ids": ids, "columns": columns,
         "steps": [{"step": "rule", "name": "not below", "rule": {"not": {"compare": {"column": "score", "is": "<", "value": 0.5}}}}]},
    ]
    for operator in ("<", "<=", "==", "!=", ">=", ">"):
        cases.append({"name": f"age {operator} 30", "ids": ids, "columns": columns,
                      "steps": [{"step": "rule", "name": "age", "rule": {"compare": {"column": "age", "is": operator, "value": 30}}}]})
    for case in cases:
        case["expected"] = select(case)
        expected = case["expected"]
        assert len(expected["selected"]) + sum(expected["first_counts"]) == count
    return {"source": "tests/oracles/make_campaign_cases.py", "cases": cases}


def main():
    for name, content in (("buckets", buckets()), ("splits", splits()), ("selections", selections())):
        cases = ",\n    ".join(json.dumps(case, ensure_ascii=False) for case in content.pop("cases"))
        head = json.dumps(content, ensure_ascii=False, indent=2)[:-2]
        (FOLDER / f"{name}.json").write_text(f'{head},\n  "cases": [\n    {cases}\n  ]\n}}\n', encoding="utf-8")


main()
