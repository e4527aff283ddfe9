import errno

import pytest

from label_auditor.cli.errors import InputError, explain, needs


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(errno.ENOENT, "No such file or directory", "a.csv"), "No such file or directory"),
        (OSError("Not a gzipped file"), "Not a gzipped file"),
    ],
)
def test_the_reason_of_the_system_is_given_without_its_number(error, said):
    assert explain(error) == said


def test_callers_of_the_library_can_catch_it_as_a_value_error():
    assert issubclass(InputError, ValueError)


def test_what_installs_a_package_names_it_alone():
    assert str(needs("rich", "print tables")) == "rich is needed to print tables: pip install rich"
