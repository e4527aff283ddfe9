"""Files that must not be written over, audits and corrections."""

import os
from pathlib import Path

import pytest

from label_auditor.cli.errors import InputError
from label_auditor.cli.files import read_audit, read_corrections, refuse_overwriting

CORRECTIONS = "id,label\n0,é\n"


@pytest.fixture(autouse=True)
def folder(in_tmp):
    Path("in.csv").write_text("a")
    Path("hard.csv").hardlink_to("in.csv")
    Path("soft.csv").symlink_to("in.csv")
    Path("other.csv").write_text("a")
    Path("sub").mkdir()
    return in_tmp


@pytest.mark.parametrize("out", ["in.csv", "./in.csv", "sub/../in.csv", "hard.csv", "soft.csv"])
def test_an_input_is_not_written_over_by_whatever_name(out):
    with pytest.raises(InputError, match=rf"^--out {Path(out)}: this would overwrite in\.csv, whi"):
        refuse_overwriting([Path("new.csv"), Path(out)], ["other.csv", "in.csv", None])
    with pytest.raises(InputError, match="this would overwrite"):
        refuse_overwriting([Path("in.csv")], [Path(out)])


@pytest.mark.parametrize("out", ["other.csv", "new.csv", "no/such/folder.csv", os.devnull, "sub"])
def test_other_files_may_be_written(out):
    refuse_overwriting([Path(out)], ["in.csv", "missing.csv", os.devnull, "-", None])


def test_what_the_shell_reads_for_us_is_an_input_too(monkeypatch):
    with Path("in.csv").open() as stream:
        monkeypatch.setattr("sys.stdin", stream)
        with pytest.raises(InputError, match=r"--out soft\.csv: this would overwrite standard inp"):
            refuse_overwriting([Path("soft.csv")], ["-"])
        refuse_overwriting([Path("other.csv")], ["-"])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_corrections_in_utf_8(encoding):
    Path("c.csv").write_text(CORRECTIONS, encoding=encoding)
    assert read_corrections(Path("c.csv")).decisions["0"].label == "é"


@pytest.mark.parametrize("name", ["c.csv", "c.json"])
@pytest.mark.parametrize("encoding", ["utf-16", "cp1252", "latin-1"])
def test_corrections_in_another_encoding_are_one_clear_line(name, encoding):
    Path(name).write_text(CORRECTIONS, encoding=encoding)
    with pytest.raises(InputError, match=rf"^{name}.*UTF-8") as found:
        read_corrections(Path(name))
    assert "save" in str(found.value)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("c.csv", "a,b\n", "there is no column 'id', 'label'"),
        ("c.json", "[" * 100_000, "c.json"),
        ("c.json", "{", "c.json is no JSON"),
        ("c.txt", "", "c.txt: unknown format; the name should end in .csv or .json"),
    ],
)
def test_bad_corrections(name, content, message):
    Path(name).write_text(content)
    with pytest.raises(InputError) as found:
        read_corrections(Path(name))
    assert message in str(found.value)


@pytest.mark.parametrize("name", ["-", "/dev/fd/63"])
def test_corrections_through_a_pipe(name):
    with pytest.raises(InputError, match=r"can't be read through a pipe.*ends in \.csv or \.json"):
        read_corrections(Path(name))


@pytest.mark.parametrize("content", [b"", b"PK\x05\x06" + b"\0" * 18, b"id,label\n"])
def test_what_is_no_audit(content):
    Path("a.npz").write_bytes(content)
    with pytest.raises(InputError, match=r"a\.npz"):
        read_audit(Path("a.npz"))


@pytest.mark.parametrize("read", [read_audit, read_corrections])
def test_files_that_are_not_there(read):
    with pytest.raises(InputError, match=r"^can't read none\.csv: No such file or directory\.$"):
        read(Path("none.csv"))
