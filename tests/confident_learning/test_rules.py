from typing import get_args

import numpy as np
import pandas as pd
import pytest

from label_auditor.confident_learning.rules import RULES, FilterBy, Rule
from oracle import find_issues, make_rows


def test_every_rule_has_its_name_in_the_type():
    assert get_args(FilterBy) == tuple(RULES)


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({"filter_by": "best"}, "filter_by is 'best'; pass one of 'prune_by_noise_rate'"),
        ({"frac_noise": 1.5}, "frac_noise is 1.5; pass a number from 0 to 1"),
        ({"frac_noise": np.nan}, "frac_noise is nan; pass a number from 0 to 1"),
        ({"filter_by": ["both"]}, r"filter_by is \['both'\]; pass one of"),
        ({"frac_noise": "a"}, "frac_noise is 'a'; pass a number from 0 to 1"),
        ({"frac_noise": None}, "frac_noise is None; pass a number from 0 to 1"),
        ({"min_examples_per_class": -1}, "min_examples_per_class is -1"),
        ({"min_examples_per_class": "a"}, "min_examples_per_class is 'a'; pass a whole number"),
        ({"min_examples_per_class": 0.5}, "min_examples_per_class is 0.5; pass a whole number"),
        ({"filter_by": "confident_learning", "frac_noise": 0.5}, "takes neither frac_noise nor"),
        (
            {"filter_by": "low_self_confidence", "num_to_remove_per_class": [1, 1, 1]},
            "takes neither frac_noise nor num_to_remove_per_class; .* a prune rule: "
            "'prune_by_noise_rate', 'prune_by_class', 'both'.",
        ),
    ],
)
def test_rules_that_make_no_sense_are_refused(rule, message):
    with pytest.raises(ValueError, match=message):
        Rule(**rule)


@pytest.mark.parametrize("filter_by", [name for name, rule in RULES.items() if not rule.prunes])
def test_only_prune_rules_take_limits(filter_by):
    for limits in ({"frac_noise": 0.5}, {"num_to_remove_per_class": [1, 1, 1]}):
        with pytest.raises(ValueError, match=f"filter_by='{filter_by}' takes neither frac_noise"):
            Rule(filter_by, **limits)


@pytest.mark.parametrize("number", [[1], [1, 2, -3], [1.0, 2.0, 3.0], [[1, 2, 3]]])
def test_numbers_to_remove_that_make_no_sense_are_refused(number):
    with pytest.raises(ValueError, match="one number from 0 for each of the 3 classes"):
        find_issues(*make_rows(20, 3), num_to_remove_per_class=number)


def test_rules_that_take_only_the_number_of_issues_flag_that_many():
    counting = [name for name in RULES if Rule(name).counts_only]
    assert counting == ["low_normalized_margin", "low_self_confidence"]
    for filter_by in counting:
        found = find_issues(*make_rows(500, 4), filter_by=filter_by)
        assert found.issues.sum() == found.n_estimated > 0


def test_numbers_to_remove_by_name_are_refused_as_they_go_by_position():
    codes, pred_probs = make_rows(60, 3)
    numbers = pd.Series([3, 1, 2], index=[2, 0, 1])
    with pytest.raises(ValueError, match=r"whose index would be ignored.*reindex\(classes\)"):
        find_issues(codes, pred_probs, num_to_remove_per_class=numbers)
