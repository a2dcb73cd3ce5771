"""Data that several tests read."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import crm
import pytest


# A shell that runs tests in the background makes them ignore Ctrl-C, which some of them are about.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The folder of the larger public data sets, named by CRM_TEST_DATA."""
    folder = os.environ.get("CRM_TEST_DATA")
    if folder is None:
        pytest.skip("CRM_TEST_DATA does not name a folder of test data")
    return Path(folder)


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the repository."""
    return Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def cdnow(repository: Path) -> crm.PurchaseHistory:
    """The CDNOW sample of the literature: 2,357 customers who first bought in early 1997, to June 1998."""
    path = repository / "examples/data/cdnow/transactions.csv"
    return crm.PurchaseHistory.from_csv(path, time="date", amount="dollar_value", customer_id_type="integer")


@pytest.fixture(scope="session")
def calibration(cdnow: crm.PurchaseHistory) -> crm.CustomerBase:
    """Its calibration period: exact days / 7 to 1997-09-30."""
    return cdnow.base("1997-09-30", time_unit="week")
