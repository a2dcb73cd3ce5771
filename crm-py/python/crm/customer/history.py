"""The purchase history: one compact index that answers every later question."""

from __future__ import annotations

import os
from collections.abc import Sized
from datetime import date
from decimal import Decimal
from typing import Any, Literal, TypedDict, Unpack

from crm import _crm
from crm.column import ArrowArray, ArrowStream, ColumnLike, LazyTable, amount_column, id_column, time_column
from crm.customer.activity import CohortBy, CohortTable, Opportunities, PeriodActivity
from crm.customer.base import CalibrationHoldout, CustomerBase, TimeUnit
from crm.customer.day import iso_text
from crm.customer.period import Period, native_period
from crm.customer.rhythm import Rhythm
from crm.progress import OnProgress, watching
from crm.table import Table

__all__ = ["IngestOptions", "PurchaseHistory"]


class IngestOptions(TypedDict, total=False):
    """How transactions are read: keywords of every `PurchaseHistory.from_...`.

    A policy says what becomes of rows of some kind: "keep", "exclude" (left out and counted in the account) or "raise".

    Keys:
        time_zone: IANA name of the zone that decides the day of an instant, such as "Europe/Berlin". Needed for times
            that carry a zone; times without one are taken as the wall clock of the business.
        missing_id: Rows without a customer id (guests); default "exclude".
        missing_time: Rows without a time; default "raise".
        invalid_time: Rows whose time is outside years 1 to 9999; default "raise".
        missing_amount: Rows without an amount; default "raise".
        invalid_amount: Rows whose amount is NaN, infinite or out of range; default "raise".
        returns: Rows with a negative amount; default "keep": they lower the net amount and are no purchase.
        zero_amounts: Rows with amount zero; default "keep", as purchases.
        duplicates: Rows equal to another in customer, time, amount and order; default "keep".
        currency: A label; histories in different currencies do not merge.
        threads: Threads to use, 0 for all there are; the result does not depend on it.

    >>> options: IngestOptions = {"returns": "exclude", "currency": "GBP"}
    """

    time_zone: str | None
    missing_id: Literal["exclude", "raise"]
    missing_time: Literal["exclude", "raise"]
    invalid_time: Literal["exclude", "raise"]
    missing_amount: Literal["exclude", "raise"]
    invalid_amount: Literal["exclude", "raise"]
    returns: Literal["keep", "exclude", "raise"]
    zero_amounts: Literal["keep", "exclude", "raise"]
    duplicates: Literal["keep", "exclude", "raise"]
    currency: str | None
    threads: int


class PurchaseHistory:
    """Per customer, the days with a purchase, the orders and the amount of each, and the returns.

    Histories merge, in any order and any grouping, and that of all rows equals the merge of the parts. They pickle,
    compare, and never change.

    >>> history = PurchaseHistory.from_columns(
    ...     customer_id=[7, 3, 3],
    ...     time=[date(2024, 3, 1), date(2024, 3, 5), date(2024, 3, 9)],
    ...     amount=[12.5, 8, -2],
    ... )
    >>> history.customers, history.orders, history.net_amount
    (2, 2, Decimal('18.50'))
    """

    __slots__ = ("_native",)

    def __init__(self) -> None:
        """A history without rows: what merges with any other."""
        self._native = _crm.PurchaseHistory.empty()

    @classmethod
    def _of(cls, native: _crm.PurchaseHistory) -> PurchaseHistory:
        history = cls.__new__(cls)
        history._native = native
        return history

    @classmethod
    def from_arrow(
        cls,
        data: ArrowStream | ArrowArray | LazyTable,
        *,
        customer_id: str = "customer_id",
        time: str = "time",
        amount: str | None = "amount",
        order_id: str | None = None,
        amount_scale: int = 0,
        progress: bool | OnProgress = False,
        **ingest: Unpack[IngestOptions],
    ) -> PurchaseHistory:
        """Reads a table of pandas, Polars, PyArrow, DuckDB or any other library with the Arrow PyCapsule interface.

        The data is read in place and batch by batch: a stream is never held as a whole. Ctrl-C works between batches,
        and between millions of rows of a large one.

        Args:
            data: The table or stream, one row a purchase, return or order line.
            customer_id: Name of the column with ids: integers, text, or a dictionary (category) of either.
            time: Name of the column with dates or timestamps.
            amount: Name of the column with amounts in currency units: floats, integers or decimals; negative amounts are
                returns. `None` for a log without amounts.
            order_id: Name of the column with order ids, if several lines belong to one order.
            amount_scale: Decimal digits of integer amounts: 0 for whole units, 2 for cents.
            progress: `True` for a bar (needs tqdm), or a function that is called with the rows read so far and the rows in
                all (`None` if the source does not say).
            **ingest: The options of `IngestOptions`.

        Raises:
            MissingColumnError: The table has no such column, or several.
            WrongTypeError: A column has a type that is not accepted, or `data` is no Arrow data.
            CrmError: A row is refused by a policy; the error names argument and row.

        >>> import polars
        >>> frame = polars.DataFrame({"who": ["ann"], "when": [date(2024, 3, 1)], "price": [12.5]})
        >>> PurchaseHistory.from_arrow(frame, customer_id="who", time="when", amount="price").customers
        1
        """
        names = [name for name in (customer_id, time, amount, order_id) if name is not None]
        columns = _crm.ColumnNames(customer_id, time, amount, order_id, amount_scale)
        options = _crm.IngestOptions(**ingest)
        with watching(progress) as on_progress:
            source = _only(data, names)
            return cls._of(_crm.PurchaseHistory.from_arrow(source, columns, options, _rows(data), on_progress))

    @classmethod
    def from_columns(
        cls,
        customer_id: ColumnLike,
        time: ColumnLike,
        amount: ColumnLike | None = None,
        order_id: ColumnLike | None = None,
        *,
        amount_scale: int = 0,
        progress: bool | OnProgress = False,
        **ingest: Unpack[IngestOptions],
    ) -> PurchaseHistory:
        """Reads columns: lists, NumPy arrays, or columns of pandas, Polars or PyArrow.

        Args:
            customer_id: Integers or text, all of one kind; `None` where missing.
            time: Dates, datetimes or `datetime64` of any unit; all with a zone or all without.
            amount: Floats, integers or `decimal.Decimal` (exact), in currency units; negative amounts are returns. Without
                amounts, purchases are counted only.
            order_id: Ids of orders, if several lines belong to one.
            amount_scale: Decimal digits of integer amounts: 0 for whole units, 2 for cents.
            progress: As for `from_arrow`.
            **ingest: The options of `IngestOptions`.

        Raises:
            LengthMismatchError: The columns differ in length.
            WrongTypeError: A column or value has a type that is not accepted.
            CrmError: A row is refused by a policy; the error names argument and row.

        >>> PurchaseHistory.from_columns(["ann", "ann"], [date(2024, 3, 1), date(2024, 3, 5)]).purchase_days
        2
        """
        columns = (
            id_column("customer_id", customer_id),
            time_column("time", time),
            None if amount is None else amount_column("amount", amount),
            None if order_id is None else id_column("order_id", order_id),
        )
        options = _crm.IngestOptions(**ingest)
        with watching(progress) as on_progress:
            return cls._of(_crm.PurchaseHistory.from_columns(*columns, amount_scale, options, on_progress))

    @classmethod
    def from_csv(
        cls,
        path: str | os.PathLike[str],
        *,
        customer_id: str = "customer_id",
        time: str = "time",
        amount: str | None = "amount",
        order_id: str | None = None,
        amount_scale: int = 0,
        delimiter: str = ",",
        customer_id_type: Literal["text", "integer"] = "text",
        progress: bool | OnProgress = False,
        **ingest: Unpack[IngestOptions],
    ) -> PurchaseHistory:
        """Reads a CSV file with a header line (UTF-8), streamed.

        Times are ISO 8601; those with an offset need a `time_zone`. Amounts are decimal numbers, read exactly. An empty
        field is a missing value.

        Args:
            path: The file.
            customer_id: Name of the column with ids.
            time: Name of the column with dates or times.
            amount: Name of the column with amounts, or `None`.
            order_id: Name of the column with order ids, or `None`.
            amount_scale: Decimal digits that amounts written as integers have: 0 for whole units, 2 for cents.
            delimiter: One ASCII character between fields.
            customer_id_type: Whether ids are "text" ("007" stays as it is) or "integer".
            progress: As for `from_arrow`.
            **ingest: The options of `IngestOptions`.

        Raises:
            IoError: The file cannot be read.
            ParseError: A field cannot be read, or a line has too many or too few; the error names the line.
            NotUtf8Error: A field is not UTF-8; the error names the line.
            CrmError: A row is refused by a policy, or a column is missing.

        >>> PurchaseHistory.from_csv("no such file")
        Traceback (most recent call last):
        crm.error.IoError: path: no such file: No such file or directory (os error 2)
        """
        columns = _crm.ColumnNames(customer_id, time, amount, order_id, amount_scale)
        options = _crm.IngestOptions(**ingest)
        with watching(progress) as on_progress:
            native = _crm.PurchaseHistory.from_csv(
                os.fspath(path), columns, delimiter, customer_id_type, options, on_progress
            )
            return cls._of(native)

    @classmethod
    def from_parquet(
        cls,
        path: str | os.PathLike[str],
        *,
        customer_id: str = "customer_id",
        time: str = "time",
        amount: str | None = "amount",
        order_id: str | None = None,
        amount_scale: int = 0,
        progress: bool | OnProgress = False,
        **ingest: Unpack[IngestOptions],
    ) -> PurchaseHistory:
        """Reads a Parquet file, streamed; only the columns named are read.

        Args:
            path: The file.
            customer_id: Name of the column with ids.
            time: Name of the column with dates or times.
            amount: Name of the column with amounts, or `None`.
            order_id: Name of the column with order ids, or `None`.
            amount_scale: Decimal digits of integer amounts: 0 for whole units, 2 for cents.
            progress: As for `from_arrow`.
            **ingest: The options of `IngestOptions`.

        Raises:
            IoError: The file cannot be read.
            CorruptError: It is no Parquet file, or damaged.
            CrmError: A row is refused by a policy, or a column is missing or of a type that is not accepted.

        >>> PurchaseHistory.from_parquet("no such file")
        Traceback (most recent call last):
        crm.error.IoError: path: no such file: No such file or directory (os error 2)
        """
        columns = _crm.ColumnNames(customer_id, time, amount, order_id, amount_scale)
        options = _crm.IngestOptions(**ingest)
        with watching(progress) as on_progress:
            return cls._of(_crm.PurchaseHistory.from_parquet(os.fspath(path), columns, options, on_progress))

    @classmethod
    def from_bytes(cls, data: bytes) -> PurchaseHistory:
        """A history from what `to_bytes` gave.

        Raises:
            CorruptError: The bytes are damaged, truncated or something else.
            IncompatibleError: They are of another layout version.

        >>> PurchaseHistory.from_bytes(PurchaseHistory().to_bytes()) == PurchaseHistory()
        True
        """
        return cls._of(_crm.PurchaseHistory.from_bytes(data))

    def to_bytes(self) -> bytes:
        """The history as bytes with a version and a checksum; equal histories give equal bytes."""
        return self._native.to_bytes()

    def merge(self, other: PurchaseHistory) -> PurchaseHistory:
        """The history of the rows of both.

        Raises:
            IncompatibleError: They were read with other kinds of columns, zones, currencies or policies.
            InvalidValueError: Equal rows meet, and `duplicates` is "raise".

        >>> march = PurchaseHistory.from_columns([7], [date(2024, 3, 1)], [12.5])
        >>> april = PurchaseHistory.from_columns([3], [date(2024, 4, 1)], [8.0])
        >>> march.merge(april).customers
        2
        """
        return self._of(self._native.merge(other._native))

    def base(
        self,
        as_of: date | str,
        *,
        window_days: int | None = None,
        time_unit: TimeUnit = "day",
        rows_after: Literal["exclude", "raise"] = "exclude",
        threads: int = 0,
    ) -> CustomerBase:
        """The customers who have a purchase by the end of a day.

        Args:
            as_of: The day, as a date or ISO text. Nothing reads the clock.
            window_days: Only the last so many days up to `as_of` count, as if the log had started there.
            time_unit: The unit of ages: "day", "week", "month30", "month_mean", "year365" or "year_mean".
            rows_after: Rows after `as_of`: "exclude" (they are counted) or "raise".
            threads: Threads to use, 0 for all there are; the result does not depend on it.

        Raises:
            EmptyError: No customer has a purchase by then.
            InvalidValueError: There are rows after `as_of`, and `rows_after` is "raise".

        >>> history = PurchaseHistory.from_columns([7, 3], [date(2024, 3, 1), date(2024, 3, 5)], [12.5, 8.0])
        >>> len(history.base("2024-03-04")), len(history.base(date(2024, 3, 31)))
        (1, 2)
        """
        day = iso_text("as_of", as_of)
        return CustomerBase._of(self._native.base(day, window_days, time_unit, rows_after, threads))

    def rhythm(
        self,
        as_of: date | str,
        *,
        window_days: int | None = None,
        time_unit: TimeUnit = "day",
        rows_after: Literal["exclude", "raise"] = "exclude",
        threads: int = 0,
    ) -> Rhythm:
        """The gaps between purchase days: of the customers, the window and the date of `base` with the same options.

        Args:
            as_of: The day, as a date or ISO text.
            window_days: Only the last so many days up to `as_of` count.
            time_unit: The unit of the gaps.
            rows_after: Rows after `as_of`: "exclude" or "raise".
            threads: Threads to use, 0 for all there are; the result does not depend on it.

        Raises:
            EmptyError: No customer has a purchase by then.
            InvalidValueError: There are rows after `as_of`, and `rows_after` is "raise".

        >>> history = PurchaseHistory.from_columns([7, 7, 3], [date(2024, 3, 1), date(2024, 3, 5), date(2024, 3, 5)])
        >>> history.rhythm("2024-03-31").mean_gap
        array([nan,  4.])
        """
        day = iso_text("as_of", as_of)
        return Rhythm._of(self._native.rhythm(day, window_days, time_unit, rows_after, threads))

    def split(
        self,
        calibration_end: date | str,
        holdout_end: date | str,
        *,
        window_days: int | None = None,
        time_unit: TimeUnit = "day",
        threads: int = 0,
    ) -> CalibrationHoldout:
        """What a model may see (the base as of the end of the calibration), and what happened in the time after it.

        Args:
            calibration_end: The last day of the calibration period.
            holdout_end: The last day of the holdout period.
            window_days: As for `base`.
            time_unit: As for `base`.
            threads: As for `base`.

        Raises:
            InvalidArgumentError: The holdout does not end after the calibration, or after the last day of the log.

        >>> history = PurchaseHistory.from_columns([7, 7], [date(2024, 3, 1), date(2024, 3, 5)], [12.5, 8.0])
        >>> history.split("2024-03-03", "2024-03-05").orders
        array([1], dtype=uint32)
        """
        end = iso_text("calibration_end", calibration_end)
        holdout = iso_text("holdout_end", holdout_end)
        return CalibrationHoldout._of(self._native.split(end, holdout, window_days, time_unit, threads))

    def repeat_purchases_by_period(
        self, cohort_until: date | str, period: Period, until: date | str
    ) -> PeriodActivity:
        """What the customers who first bought by a day did from the first day of the log on, by periods that follow each other.

        Args:
            cohort_until: The last day of a first purchase that counts.
            period: The length of a period, at least a day.
            until: The last day that counts.

        Raises:
            EmptyError: Nobody bought by `cohort_until`.
            InvalidArgumentError: `until` is before `cohort_until` or after the last day of the log.

        >>> history = PurchaseHistory.from_columns([7, 7], [date(2024, 3, 1), date(2024, 3, 5)], [12.5, 8.0])
        >>> history.repeat_purchases_by_period("2024-03-02", Period.days(3), "2024-03-05").to_table()["repeat_purchases"]
        array([0, 1])
        """
        first, last = iso_text("cohort_until", cohort_until), iso_text("until", until)
        native = self._native.repeat_purchases_by_period(first, native_period("period", period), last)
        return PeriodActivity._of(native)

    def opportunities(self, as_of: date | str, time_unit: TimeUnit) -> Opportunities:
        """Opportunities to buy of every customer who has a purchase by the end of a day, for models in discrete time (BG/BB).

        Opportunity k (from 1) of a customer is the k-th whole unit of time after the day of the first purchase; it is taken if there
        is a purchase in it, and counts when it is over by the end of `as_of`.

        Args:
            as_of: The day.
            time_unit: The length of an opportunity.

        Raises:
            EmptyError: There is no such customer.

        Source: Fader, Hardie and Shang (2010), Marketing Science 29(6), section 2.

        >>> history = PurchaseHistory.from_columns([7, 7], [date(2024, 3, 1), date(2024, 3, 5)], [12.5, 8.0])
        >>> history.opportunities("2024-03-31", "week").to_table()["taken"]
        array([1])
        """
        return Opportunities._of(self._native.opportunities(iso_text("as_of", as_of), time_unit))

    def cohorts(self, as_of: date | str, cohort_by: CohortBy = "month", *, age_period: Period) -> CohortTable:
        """The cohorts of all customers who bought by the end of a day, and what each did by age.

        Args:
            as_of: The day.
            cohort_by: The calendar weeks, months, quarters or years of first purchases that make a cohort.
            age_period: The length of one period of age, at least a day.

        Raises:
            EmptyError: Nobody bought by `as_of`.
            InvalidArgumentError: `as_of` is after the last day of the log: everybody would seem to have stopped.

        >>> history = PurchaseHistory.from_columns([7, 7], [date(2024, 3, 1), date(2024, 4, 5)], [12.5, 8.0])
        >>> history.cohorts("2024-04-05", age_period=Period.days(30)).to_table()["active_customers"]
        array([1])
        """
        native = self._native.cohorts(iso_text("as_of", as_of), cohort_by, native_period("age_period", age_period))
        return CohortTable._of(native)

    @property
    def customers(self) -> int:
        """Number of customers, those with nothing but returns included."""
        return self._native.customers()

    @property
    def purchase_days(self) -> int:
        """Number of days with a purchase, summed over customers."""
        return self._native.purchase_days()

    @property
    def orders(self) -> int:
        """Number of orders, summed over customers."""
        return self._native.orders()

    @property
    def net_amount(self) -> Decimal:
        """Purchases less returns of all customers, exact."""
        return Decimal(self._native.net_amount())

    @property
    def first_day(self) -> date | None:
        """The first day with a row that is used."""
        return _date(self._native.first_day())

    @property
    def last_day(self) -> date | None:
        """The last day with a row that is used."""
        return _date(self._native.last_day())

    @property
    def currency(self) -> str | None:
        """The currency label, if one was given."""
        return self._native.currency()

    @property
    def time_zone(self) -> str | None:
        """The business time zone, if one was given."""
        return self._native.time_zone()

    @property
    def has_amounts(self) -> bool:
        """Whether the log has amounts."""
        return self._native.has_amounts()

    @property
    def account(self) -> Table:
        """What became of every row that was read: `what`, `rows` and `amount`."""
        return self._native_account()

    def _native_account(self) -> Table:
        return Table(self._native.account())

    def __len__(self) -> int:
        return self.customers

    def __bool__(self) -> bool:
        return True

    def __eq__(self, other: object) -> bool:
        return self._native == other._native if isinstance(other, PurchaseHistory) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Any, ...]:
        return PurchaseHistory.from_bytes, (self.to_bytes(),)

    def __repr__(self) -> str:
        days = f", {self.first_day} to {self.last_day}" if self.first_day else ""
        return f"<PurchaseHistory: {self.customers:,} customers, {self.orders:,} orders{days}>"


def _date(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _rows(data: object) -> int | None:
    """The number of rows, where the source knows it without counting."""
    rows = getattr(data, "num_rows", None)
    if isinstance(rows, int):
        return rows
    module = type(data).__module__.partition(".")[0]
    return len(data) if module in ("pandas", "polars", "pyarrow") and isinstance(data, Sized) else None


def _only(data: Any, names: list[str]) -> Any:
    """The data without other columns, for libraries that would convert them too; what is lazy is computed."""
    library = type(data).__module__.partition(".")[0]
    if library == "polars" and hasattr(data, "collect_schema"):
        data = data.select([name for name in data.collect_schema().names() if name in names])
        return data.collect() if hasattr(data, "collect") else data
    if library != "pandas" or not hasattr(data, "columns"):
        return data
    return data[[name for name in data.columns if name in names]]
