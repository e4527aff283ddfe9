"""The columns that a card shows first are those in which the row is unlike its class."""

import numpy as np
import pandas as pd
import pytest

from label_auditor.report.unlike import N_FIRST, first_columns

N, K = 300, 3


@pytest.fixture
def table():
    """Give 12 columns of each of two kinds that depend on the class."""
    rng = np.random.default_rng(0)
    codes = rng.integers(0, K, N)
    numbers = {f"n{i}": 5 * codes + rng.normal(size=N) * 10.0**i for i in range(-6, 6)}
    kinds = {
        f"k{i}": np.where(rng.random(N) < 0.95, codes, (codes + 1) % K).astype(str)
        for i in range(12)
    }
    return {**numbers, **kinds}, codes


def test_few_columns_are_all_shown(table):
    fields, codes = table
    few = dict(list(fields.items())[:N_FIRST])
    assert first_columns(few, codes, np.arange(N)) is None


def test_a_value_of_another_class_comes_first_whatever_the_scale(table):
    fields, codes = table
    names = list(fields)
    fields["n-3"][7] = 5 * ((codes[7] + 1) % K)
    fields["n5"][9] += 8e6
    fields["k4"][11] = "never seen"
    first = first_columns(fields, codes, np.array([7, 9, 11]))
    assert [names[i] for i in first[:, 0]] == ["n-3", "n5", "k4"]
    assert first.shape == (3, N_FIRST)


def test_texts_come_first_and_the_rest_in_its_order(table):
    fields, codes = table
    fields["title"] = [f"text {i}" for i in range(N)]
    constant = {f"c{i}": [1] * N for i in range(9)}
    first = first_columns({**constant, "title": fields["title"]}, codes, np.arange(2))
    assert first[0].tolist() == [9, *range(N_FIRST - 1)]


@pytest.mark.parametrize("form", [list, pd.Series, lambda x: pd.array(x, dtype="Float64")])
def test_missing_values_are_no_surprise_in_any_form(table, form):
    fields, codes = table
    gaps = np.where(np.arange(N) % 5 == 0, np.nan, fields["n0"])
    names = [*fields, "gaps"]
    with np.errstate(all="raise"):
        first = first_columns({**fields, "gaps": form(gaps)}, codes, np.array([5]))
    assert names[first[0, 0]] != "gaps"


def test_rows_without_a_class_keep_the_order_of_the_columns(table):
    fields, codes = table
    codes[3] = -1
    assert first_columns(fields, codes, np.array([3])).tolist() == [list(range(N_FIRST))]
