"""Data that several tests read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


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
