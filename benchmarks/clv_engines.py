"""The same job of customer lifetime value in every engine, from columns in memory.

Every function takes the customers (`Customers`) and a number of threads, and returns a callable that does the work: a fit answers with the
parameters of its maximum, a valuation with the sum of the values.
"""

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

MONTHLY_RATE = 0.01
"""The discount rate of the valuation, a month."""
BG_NBD = (0.2425945, 4.4136019, 0.7929199, 2.4258881)
GAMMA_GAMMA = (6.25, 3.74, 15.44)
"""Parameters of the valuation, in weeks and units of money: those of CDNOW."""


class Customers(NamedTuple):
    """One row a customer; times in weeks."""

    repeat_purchases: Any
    last_purchase_age: Any
    age: Any
    mean_spend: Any

    def first(self, rows: int) -> "Customers":
        return Customers(*(column[:rows].copy() for column in self))

    def who_returned(self) -> "Customers":
        returned = self.repeat_purchases > 0
        return Customers(*(column[returned] for column in self))


Answer = list[float]
Work = Callable[[], Answer]
Task = Callable[[Customers, int], Work]


def crm_purchases(model: Literal["bg_nbd", "pareto_nbd"]) -> Task:
    import crm

    def prepare(customers: Customers, threads: int) -> Work:
        x, last, age, _ = customers

        def work() -> Answer:
            data = crm.PurchaseData(x, last, age, "week")
            return list(crm.PurchaseModel(model, threads=threads).fit(data).parameters_.values())

        return work

    return prepare


def crm_gamma_gamma(customers: Customers, threads: int) -> Work:
    import crm

    x, mean = customers.repeat_purchases, customers.mean_spend

    def work() -> Answer:
        data = crm.SpendData(x, mean)
        return list(crm.SpendModel(threads=threads).fit(data).parameters_.values())

    return work


def crm_values(customers: Customers, threads: int) -> Work:
    import crm

    del threads  # Values are computed on all of them.
    x, last, age, mean = customers
    purchases = crm.PurchaseModel.from_parameters("bg_nbd", BG_NBD, "week")
    model = crm.CustomerValueModel(purchases, crm.SpendModel.from_parameters(*GAMMA_GAMMA))
    rate = crm.DiscountRate.per(MONTHLY_RATE, "month_mean")

    def work() -> Answer:
        bought, spent = crm.PurchaseData(x, last, age, "week"), crm.SpendData(x, mean)
        values = model.values(bought, spent, horizon=crm.Period.months(12), discount_rate=rate)
        return [float(values["value"].sum())]

    return work


def lifetimes_purchases(fitter: str) -> Task:
    import lifetimes
    import pandas as pd

    def prepare(customers: Customers, threads: int) -> Work:
        del threads  # It has no threads of its own.
        x, last, age = (pd.Series(column, copy=False) for column in customers[:3])
        return lambda: [float(value) for value in getattr(lifetimes, fitter)().fit(x, last, age).params_]

    return prepare


def lifetimes_gamma_gamma(customers: Customers, threads: int) -> Work:
    import lifetimes
    import pandas as pd

    del threads
    x, mean = pd.Series(customers.repeat_purchases, copy=False), pd.Series(customers.mean_spend, copy=False)
    return lambda: [float(value) for value in lifetimes.GammaGammaFitter().fit(x, mean).params_]


def lifetimes_values(customers: Customers, threads: int) -> Work:
    import lifetimes
    import pandas as pd

    del threads
    x, last, age, mean = (pd.Series(column, copy=False) for column in customers)
    purchases, spend = lifetimes.BetaGeoFitter(), lifetimes.GammaGammaFitter()
    purchases.params_ = pd.Series(BG_NBD, index=["r", "alpha", "a", "b"])
    purchases.predict = purchases.conditional_expected_number_of_purchases_up_to_time
    spend.params_ = pd.Series(GAMMA_GAMMA, index=["p", "q", "v"])

    def work() -> Answer:
        value = spend.customer_lifetime_value(
            purchases, x, last, age, mean, time=12, discount_rate=MONTHLY_RATE, freq="W"
        )
        return [float(value.sum())]

    return work


def lifetimes_log_likelihood(task: str, customers: Customers, parameters: Answer) -> float:
    """The log-likelihood as lifetimes computes it."""
    import lifetimes
    import numpy as np

    x, last, age, mean = customers
    ones, point = np.ones(len(x)), np.array(parameters)
    if task == "gamma_gamma":
        loss = lifetimes.GammaGammaFitter._negative_log_likelihood(np.log(point), x, mean, ones, 0.0)
        return -float(loss) * len(x)
    if task == "bg_nbd":
        loss = lifetimes.BetaGeoFitter._negative_log_likelihood(np.log(point), x, last, age, ones, 0.0)
        return -float(loss) * len(x)
    return -float(lifetimes.ParetoNBDFitter._negative_log_likelihood(point, x, last, age, ones, 0.0))


ENGINES: dict[str, dict[str, Callable[[], Task]]] = {
    "crm": {
        "bg_nbd": lambda: crm_purchases("bg_nbd"),
        "gamma_gamma": lambda: crm_gamma_gamma,
        "values": lambda: crm_values,
        "pareto_nbd": lambda: crm_purchases("pareto_nbd"),
    },
    "lifetimes": {
        "bg_nbd": lambda: lifetimes_purchases("BetaGeoFitter"),
        "gamma_gamma": lambda: lifetimes_gamma_gamma,
        "values": lambda: lifetimes_values,
        "pareto_nbd": lambda: lifetimes_purchases("ParetoNBDFitter"),
    },
}
