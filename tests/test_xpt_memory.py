"""engine.xpt: what writing takes beside the table is bounded, whatever the dtype, and if all is refused."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from engine.errors import DataError
from engine.xpt import read, write

pytestmark = pytest.mark.full
CREATED = datetime(2026, 6, 30, 8, 5, 9)
SIZE = 250_000
MOST = 24 * 2**20
POOLS: list[pa.MemoryPool] = []
"""All that counted Arrow's memory: they must live as long as anything that was made in them."""


def most_bytes(act: Callable[[], Any]) -> int:
    """The most memory that Python, numpy and Arrow have taken while something was done."""
    usual = pa.default_memory_pool()
    pool = pa.proxy_memory_pool(usual)
    POOLS.append(pool)
    pa.set_memory_pool(pool)
    tracemalloc.start()
    try:
        act()
        return tracemalloc.get_traced_memory()[1] + pool.max_memory()
    finally:
        tracemalloc.stop()
        pa.set_memory_pool(usual)


def texts(dtype: Any) -> pd.Series:
    """Texts of 180 bytes, each another."""
    return pd.Series([f"{number:0180d}" for number in range(SIZE)], dtype="str").astype(dtype)


@pytest.mark.parametrize("dtype", [
    "str", "object", pd.StringDtype("python"), "category", pd.ArrowDtype(pa.string())])
def test_writing_text(tmp_path: Path, dtype: Any) -> None:
    frame = pd.DataFrame({"X": texts(dtype), "Y": texts(dtype)})
    path = tmp_path / "xx.xpt"
    assert most_bytes(lambda: write(frame, path, created=CREATED)) < MOST
    assert path.stat().st_size > 2 * 180 * SIZE > 3 * MOST
    assert read(path, usecols=["Y"], row_offset=SIZE - 1)[0]["Y"].tolist() == [f"{SIZE - 1:0180d}"]


@pytest.mark.parametrize("dtype", ["float64", "float32", "int64", "Int64", "Float64", "boolean", "object",
                                   "datetime64[s]", "datetime64[ns]", "timedelta64[ms]",
                                   pd.ArrowDtype(pa.int64()), pd.ArrowDtype(pa.decimal128(30, 2)),
                                   pd.ArrowDtype(pa.timestamp("us"))])
def test_writing_numbers(tmp_path: Path, dtype: Any) -> None:
    values = pd.Series(np.arange(SIZE) % 2)
    values = (values.astype("datetime64[s]") if dtype == "datetime64[ns]" else values).astype(dtype)
    frame = pd.DataFrame({f"X{number}": values for number in range(20)})
    path = tmp_path / "xx.xpt"
    assert most_bytes(lambda: write(frame, path, created=CREATED)) < MOST
    assert path.stat().st_size > 20 * 8 * SIZE > MOST


@pytest.mark.parametrize(("values", "variables"), [
    (lambda: pd.Series(np.full(SIZE, np.inf)), 20), (lambda: texts("str") + "é", 2),
    (lambda: texts("category").cat.rename_categories(lambda text: text + "é"), 2)])
def test_refusing_all_records(tmp_path: Path, values: Callable[[], pd.Series], variables: int) -> None:
    one = values()
    frame = pd.DataFrame({"USUBJID": texts("str").str[-10:]} | {f"X{n}": one for n in range(variables)})

    def refused() -> None:
        with pytest.raises(DataError) as caught:
            write(frame, tmp_path / "xx.xpt", created=CREATED)
        assert [len(problem.records) for problem in caught.value.problems] == [1000] * variables
        assert str(caught.value).count(f"(and {SIZE - 1} more records)") == variables

    assert most_bytes(refused) < 2 * MOST
