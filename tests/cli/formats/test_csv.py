"""CSV: read, and written again with other labels and every other byte as it was."""

import csv as standard_csv
import gzip
import io
import re

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from label_auditor.cli.data_file import read_data
from label_auditor.cli.errors import InputError
from label_auditor.cli.formats import columns, csv
from label_auditor.cli.formats.text import Edit


def rewrite_table(source, target, column, labels, drop=()):
    with target.open("wb") as file:
        read_data(str(source), None).write(file, column, labels, drop)


CELLS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0") | st.sampled_from('",\r\n ')
)


def rewrite(path, content, *arguments):
    """Write the content to a file, rewrite it, and give what is then there."""
    target = path.with_name(f"new-{path.name}")
    path.write_bytes(content)
    rewrite_table(path, target, *arguments)
    return target.read_bytes()


CSV = '\ufeff"id",label, text \r\n\r\n1,"a","x ""y"",\nz"\n002,b, é\r\n3,,\n\n4,"b,c",'.encode()


def test_csv_keeps_its_quotes_line_ends_and_blank_lines(tmp_path):
    path = tmp_path / "t.csv"
    assert rewrite(path, CSV, "label", {}) == CSV
    labels = {0: "d", 1: 'e"f', 2: "g", 3: "h"}
    assert rewrite(path, CSV, "label", labels, [2]) == (
        '\ufeff"id",label, text \r\n\r\n1,"d","x ""y"",\nz"\n002,"e""f", é\r\n\n4,"h",'.encode()
    )
    assert rewrite(path, CSV, "id", {0: 7}).startswith(CSV[:22] + b'\r\n7,"a"')


def test_gzip(tmp_path):
    found = rewrite(tmp_path / "t.csv.gz", gzip.compress(CSV), "label", {0: "d"})
    assert gzip.decompress(found) == CSV.replace(b'"a"', b'"d"')


@settings(deadline=None)  # it writes files
@given(
    rows=st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=5),
    # With another line end, Python's csv doesn't quote a cell that holds "\r".
    form=st.sampled_from(
        [
            (standard_csv.QUOTE_MINIMAL, "\r\n"),
            (standard_csv.QUOTE_ALL, "\n"),
            (standard_csv.QUOTE_ALL, "\r"),
        ]
    ),
    row=st.integers(0, 4),
    label=CELLS,
)
def test_any_csv(tmp_path_factory, rows, form, row, label):
    path = tmp_path_factory.getbasetemp() / "any.csv"
    stream = io.StringIO()
    standard_csv.writer(stream, quoting=standard_csv.QUOTE_ALL).writerow(["a", "label", "b"])
    quoting, end = form
    standard_csv.writer(stream, quoting=quoting, lineterminator=end).writerows(rows)
    row %= len(rows)
    found = rewrite(path, stream.getvalue().encode(), "label", {row: label})
    expected = [list(each) for each in rows]
    expected[row][1] = label
    read = list(standard_csv.reader(io.StringIO(found.decode(), newline=""), strict=True))
    assert read[1:] == expected
    if label == rows[row][1] and quoting == standard_csv.QUOTE_ALL:
        assert found == stream.getvalue().encode()


def read(text, name="t.csv"):
    return csv.read(io.BytesIO(text.encode()), name)


def rewritten(text, labels, drop=(), column="label"):
    return b"".join(
        csv.rewrite(io.BytesIO(text.encode()), "t.csv", Edit(column, labels, drop))
    ).decode()


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("quoted", [True, False])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_separators_are_found_out_and_kept(separator, quoted, end):
    others = "".join(each for each in ",;\t|" if each != separator)
    cells = [["text", "label"], [f'"good{others}"' if quoted else "good", "pos"], ["bad", "neg"]]
    text = end.join(separator.join(row) for row in cells) + end
    table = read(text)
    assert table["text"].tolist() == [f"good{others}" if quoted else "good", "bad"]
    assert table["label"].tolist() == ["pos", "neg"]
    assert rewritten(text, {}) == text
    new = f"x{separator}y"
    assert rewritten(text, {1: new}) == text.replace("neg", f'"{new}"')
    assert rewritten(text, {1: others}) == text.replace("neg", others)


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("text;label\ngood, really;pos\nbad;neg\n", ["text", "label"]),
        ("text,label\ngood; really,pos\nbad,neg\n", ["text", "label"]),
        ("a;b, c;d\n1;2, 3;4\n5;6, 7;8\n", ["a", "b, c", "d"]),
        ("stars (1;5),text\n1,a; b\n2,c\n", ["stars (1;5)", "text"]),
        ('"a";"b"\n"1,2";"3,4"\n', ["a", "b"]),
        ("sep=;\na,b;c\n1;2\n", ["a,b", "c"]),
        ("SEP=\t\r\na\tb\r\n1\t2\r\n", ["a", "b"]),
        ("text\nhello; there\n", ["text"]),
        ("\n \n,,\na,b\n1,2\n", ["a", "b"]),
    ],
)
def test_the_header_and_most_rows_tell_the_separator(text, columns):
    assert list(read(text)) == columns
    assert rewritten(text, {}, column=columns[0]) == text
    assert "new" in rewritten(text, {0: "new"}, column=columns[-1])


def test_tabs_divide_a_file_whose_name_says_so():
    text = "a,b\tc,d\n1,2\t3,4\n"
    assert list(read(text)) == ["a", "b\tc", "d"]
    assert list(read(text, "t.tsv")) == ["a,b", "c,d"]
    assert list(read(text, "t.TSV.gz")) == ["a,b", "c,d"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "a,b\n1,2\n\n1,2,3\n",
            "t.csv, line 4: 3 cells, but the header has 2; cells that hold commas",
        ),
        ("a;b\n1\n", "line 2: 1 cells, but the header has 2; cells that hold semicolons must be"),
        (
            'a,b\n1,"2\n',
            "t.csv, line 2: the quotes that open a cell in this line are never closed.",
        ),
        ('a,b\n1,2\n"x\ny",z\n3,"4\n5,6\n7,8\n', "line 5: the quotes that open"),
        ('a,b\n"x\ny","z\n3,4\n', "line 3: the quotes that open"),
        ('a,b\r1,2\r3,"4\r', "line 3: the quotes that open"),
        (
            'a,b\n1,"2\n3,"4",5\n',
            "line 3: text follows the closing quotes of a cell (they open in "
            "line 2); quotes within",
        ),
        ('"a,b\n1,2\n', "line 1: the quotes that open"),
    ],
)
def test_what_is_wrong_is_said_with_the_line_where_it_starts(text, message):
    with pytest.raises(InputError, match=re.escape(message)):
        read(text)


def test_integers_are_numbers_only_where_all_of_a_column_are_plain():
    table = read(f"a,b,c,d\n1,007,{10**18},-3\n-2,7,2,0\n")
    assert [kind.kind for kind in table.dtypes] == ["i", "O", "O", "i"]
    assert table["c"].tolist() == [str(10**18), "2"]


def test_several_columns_of_one_name_are_kept_for_the_error():
    assert list(read("a,a\n1,x\n")) == ["a", "a"]


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("a\rb", '"a\rb"'),
        ("a\nb", '"a\nb"'),
        ('say "no"', '"say ""no"""'),
        ("a,b", '"a,b"'),
        ("a;b", "a;b"),
        (None, ""),
        (float("nan"), ""),
        (0.1, "0.1"),
        (3, "3"),
        (True, "True"),
        ("\ud83d", "\\ud83d"),
        ("=1+1", "=1+1"),
    ],
)
def test_written_tables_can_be_read_on_every_python(cell, written):
    table = pd.DataFrame({"a": pd.Series([cell, "x"], dtype=object), "b": [1, 2]})
    content = b"".join(csv.write(table)).decode()
    assert content == f"a,b\n{written},1\nx,2\n"
    assert len(list(standard_csv.reader(io.StringIO(content, newline=""), strict=True))) == 3


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
        ("+1+1", "'+1+1"),
        ("-2+3", "'-2+3"),
        ("@SUM(A1)", "'@SUM(A1)"),
        (" =1", "' =1"),
        ("\uff1d1", "'\uff1d1"),
        ("-1.5", "-1.5"),
        ("+3", "+3"),
        ("-2e5", "-2e5"),
        (-3, "-3"),
        ("a=b", "a=b"),
        (None, ""),
    ],
)
def test_a_spreadsheet_runs_nothing(cell, written):
    table = pd.DataFrame({"=a": pd.Series([cell], dtype=object)})
    assert b"".join(csv.write(table, run_nothing=True)).decode() == f"'=a\n{written}\n"


def test_cells_that_repeat_are_kept_once(monkeypatch):
    monkeypatch.setattr(columns, "MOST_SHARED", 4)
    lines = [f"text {row},{'spam' if row % 2 else 'ham'}" for row in range(50)]
    table = csv.read(io.BytesIO("\n".join(["text,label", *lines]).encode()), "t.csv")
    assert len({id(label) for label in table["label"]}) == 2
    assert table["text"].tolist() == [f"text {row}" for row in range(50)]
