"""The table that a command is given: files, pipes, addresses, and what doesn't fit into memory."""

import gzip
import json
import os
import subprocess
import sys
import threading

import pandas as pd
import pytest

from label_auditor.cli import data_file, main, memory
from label_auditor.cli.data_file import is_piped, read_data, split_name
from label_auditor.cli.errors import InputError
from label_auditor.cli.formats import FORMATS, find_format, guess_format
from label_auditor.cli.formats.text import Edit
from label_auditor.cli.tables import get_column, get_labels, get_texts

RECORDS = [
    {"text": 'said "no",\nthen left', "label": 2, "x": 0.5},
    {"text": "日本語 ✓", "label": 0, "x": None},
]
CSV = 'text,label,x\n"said ""no"",\nthen left",2,0.5\n日本語 ✓,0,\n'
JSON_LINES = "\n".join(json.dumps(record) for record in RECORDS) + "\n\n"
TSV = 'text\tlabel\tx\n"said ""no"",\nthen left"\t2\t0.5\n日本語 ✓\t0\t\n'
RUN = [sys.executable, "-c", "import sys; from label_auditor.cli import main; sys.exit(main())"]


def read(path, format_name=None):
    return read_data(str(path), format_name).read()


def write(path, text, *, encoding="utf-8"):
    content = text.encode(encoding)
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", CSV),
        ("a.CSV", CSV),
        ("a.b.csv.gz", CSV),
        ("a.csv", "\ufeff" + CSV),
        ("a.csv", CSV.replace("\n", "\r\n")),
        ("a.jsonl", JSON_LINES),
        ("a.jsonl.gz", JSON_LINES),
        ("a.ndjson", JSON_LINES),
        ("a.json", JSON_LINES),
        ("a.json", json.dumps(RECORDS)),
        ("a.tsv", TSV),
    ],
)
def test_the_same_records_from_every_text_format(tmp_path, name, content):
    table = read_data(str(write(tmp_path / name, content)), None).read()
    assert list(table) == ["text", "label", "x"]
    texts = [text.replace("\r\n", "\n") for text in get_texts(table, "text")]
    assert texts == [record["text"] for record in RECORDS]
    labels = get_labels(table, "label")
    assert labels.tolist() == [2, 0]
    assert labels.dtype.kind == "i"
    assert get_column(table, "x").isna().tolist() == [False, True]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", "", r"a\.csv holds no records"),
        ("a.csv", "text,label\n", "holds no records"),
        ("a.jsonl", "\n", "holds no records"),
        ("a.csv", "a,a\n1,2\n", "several columns named 'a'; rename"),
        ("a.parquet", "not parquet", "no Parquet file, or damaged"),
        ("a.xls", "x", r"unknown format; the name should end in \.csv"),
        ("a.xls.gz", "x", "unknown format"),
        ("data", "x", "If it is one of these formats, name it by --format"),
        ("a.json", "[]", "holds no records"),
    ],
)
def test_bad_files_are_named_with_the_reason(tmp_path, name, content, message):
    with pytest.raises(InputError, match=message):
        read_data(str(write(tmp_path / name, content)), None).read()


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(InputError, match=r"can't read .*missing\.csv: No such file"):
        read(tmp_path / "missing.csv")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(InputError, match="Is a directory"):
        read(tmp_path / "folder.csv")
    (tmp_path / "plain.csv.gz").write_text(CSV)
    with pytest.raises(InputError, match="Not a gzipped file"):
        read(tmp_path / "plain.csv.gz")
    whole = write(tmp_path / "cut.csv.gz", CSV).read_bytes()
    (tmp_path / "cut.csv.gz").write_bytes(whole[:-12])
    with pytest.raises(InputError, match="can't read"):
        read(tmp_path / "cut.csv.gz")
    with pytest.raises(InputError, match=r"latin\.csv is not UTF-8"):
        read(write(tmp_path / "latin.csv", "text\ncafé\n", encoding="latin-1"))


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_is_named_where_the_ending_does_not_tell_it(tmp_path, name):
    contents = {"csv": CSV, "tsv": TSV}
    if name == "parquet":
        pd.DataFrame(RECORDS).to_parquet(tmp_path / "data.bin")
    elif name == "xlsx":
        pytest.importorskip("openpyxl")
        pd.DataFrame(RECORDS).to_excel(tmp_path / "t.xlsx", index=False)
        (tmp_path / "t.xlsx").rename(tmp_path / "data.bin")
    else:
        write(tmp_path / "data.bin", contents.get(name, JSON_LINES))
    assert get_texts(read(tmp_path / "data.bin", name), "text")[1] == "日本語 ✓"
    assert find_format(f"x.{name.upper()}.gz") is FORMATS[name]


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"PAR1\x15", "parquet"),
        (b"PK\x03\x04\x14", "xlsx"),
        (b'\xef\xbb\xbf {"a": 1}', "json"),
        (b'[\n {"a": 1}]', "json"),
        (b"[]", "json"),
        (b"[a],b\n1,2", "csv"),
        (b"a,b\n1,2", "csv"),
        (b"", "csv"),
    ],
)
def test_the_format_of_what_has_no_name_is_guessed(content, name):
    assert guess_format(content) is FORMATS[name]


@pytest.mark.parametrize(
    ("argument", "pack", "content"),
    [
        ("-", bytes, CSV),
        ("-", gzip.compress, JSON_LINES),
        ("/dev/stdin", bytes, JSON_LINES),
        ("<(cat)", gzip.compress, CSV),
    ],
)
def test_tables_come_through_pipes(in_tmp, content, pack, argument):
    code = (
        "import sys; from label_auditor.cli.data_file import read_data; "
        "print(read_data(sys.argv[1], None).read()['text'].tolist())"
    )
    done = subprocess.run(
        ["bash", "-c", f'"{sys.executable}" -c "{code}" {argument}'],
        input=pack(content.encode()),
        capture_output=True,
        check=True,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )
    assert done.stdout.decode() == f"{[record['text'] for record in RECORDS]}\n"


def test_a_table_from_a_pipe_is_audited_and_rewritten(reviews_csv):
    script = 'cat in.csv | "$@"'
    audit = ["-", "--format", "csv", "--text", "text", "--label", "label"]
    subprocess.run(["bash", "-c", script, "bash", *RUN, *audit], check=True, capture_output=True)
    lines = (reviews_csv.parent / "stdin-audit" / "issues.csv").read_text().splitlines()
    assert lines[1].startswith("7,neg,pos,")
    (reviews_csv.parent / "c.csv").write_text("id,label\n7,pos\n")
    apply = ["apply", "c.csv", "-", "--label", "label"]
    done = subprocess.run(
        ["bash", "-c", script, "bash", *RUN, *apply], check=False, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert done.stderr.startswith("label-audit: name the file to write by --out")
    done = subprocess.run(
        ["bash", "-c", script, "bash", *RUN, *apply, "-o", "new.csv"],
        check=True,
        capture_output=True,
    )
    old = reviews_csv.read_text().splitlines()
    new = (reviews_csv.parent / "new.csv").read_text().splitlines()
    assert [row for row, pair in enumerate(zip(old, new, strict=True)) if len(set(pair)) > 1] == [8]


def test_a_named_pipe_is_read_once(tmp_path):
    os.mkfifo(tmp_path / "t.csv")
    writer = threading.Thread(target=(tmp_path / "t.csv").write_text, args=(CSV,))
    writer.start()
    data = read_data(str(tmp_path / "t.csv"), None)
    writer.join()
    assert len(data.read()) == 2
    assert b"".join(data.format.rewrite(data.open(), "t", Edit("label", {}))) == CSV.encode()


@pytest.mark.parametrize("scheme", ["https", "s3", "hdfs", "file"])
@pytest.mark.parametrize("word", [[], ["apply", "c.csv"]])
def test_an_address_is_one_clear_line(in_tmp, capsys, scheme, word):
    (in_tmp / "c.csv").write_text("id,label\n0,a\n")
    address = f"{scheme}://example.org/in.csv"
    assert main([*word, address, "--label", "label"]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"label-audit: {address} is an address, and label-audit reads files")
    assert error.count("\n") == 1


def test_what_is_unpacked_is_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr(memory, "free_memory", lambda: 200_000)
    monkeypatch.setattr(data_file, "_CHUNK", 10_000)
    bomb = write(tmp_path / "bomb.csv.gz", "text,label\n" + "a,b\n" * 1_000_000)
    assert bomb.stat().st_size < 10_000
    with pytest.raises(InputError, match=r"bomb\.csv\.gz takes at least .* GB of memory"):
        read(bomb)
    large = write(tmp_path / "large.csv", "text,label\n" + "a,b\n" * 100_000)
    with pytest.raises(InputError, match=r"large\.csv takes at least"):
        read(large)


@pytest.mark.skipif(sys.platform != "linux", reason="ulimit -v")
def test_a_bomb_under_a_limit_of_the_shell_is_one_line(in_tmp):
    packed = gzip.compress(b"a,b\n" * 2_500_000, compresslevel=1)
    (in_tmp / "bomb.csv.gz").write_bytes(gzip.compress(b"text,label\n") + 40 * packed)
    arguments = ["bomb.csv.gz", "--text", "text", "--label", "label"]
    done = subprocess.run(
        ["bash", "-c", 'ulimit -v 900000; "$@"', "bash", *RUN, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
    )
    assert done.returncode == 2
    assert done.stderr.startswith("label-audit: bomb.csv.gz takes at least")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("a/x.csv", ("x", ".csv")),
        ("X.JSON.GZ", ("X", ".JSON.GZ")),
        ("a.b/x", ("x", "")),
        ("x.v2.parquet", ("x.v2", ".parquet")),
        ("-", ("stdin", "")),
        ("/dev/fd/63", ("stdin", "")),
    ],
)
def test_names_of_what_is_written_derive_from_that_of_the_table(name, parts):
    assert split_name(name) == parts
    assert is_piped(name) == (parts[0] == "stdin")


@pytest.mark.parametrize("name", ["a" * 300 + ".csv", "a\0b.csv"])
def test_names_that_no_file_can_have(in_tmp, name):
    with pytest.raises(InputError, match="can't read"):
        read(name)


def test_what_divides_the_cells_may_be_named(tmp_path):
    path = write(tmp_path / "a.csv", "text^label\na,b;c^x\nd^y\n")
    assert read_data(str(path), None, "^").read()["text"].tolist() == ["a,b;c", "d"]
    with pytest.raises(InputError, match=r"no records|cells, but the header"):
        read_data(str(path), None, ";").read()
    lines = write(tmp_path / "a.jsonl", JSON_LINES)
    with pytest.raises(InputError, match=r"--sep is for CSV, but .*a.jsonl is JSON; leave it out"):
        read_data(str(lines), None, ";")


@pytest.mark.parametrize("ending", ["csv", "csv.gz", "jsonl", "json", "parquet", "xlsx"])
def test_only_what_is_wanted_is_read_and_all_names_are_known(tmp_path, ending):
    if ending == "xlsx":
        pytest.importorskip("openpyxl")
    frame = pd.DataFrame({"text": ["a", "b"], "other": ["c", "d"], "label": ["x", "y"]})
    path = tmp_path / f"t.{ending}"
    if "csv" in ending:
        frame.to_csv(path, index=False)
    elif "json" in ending:
        frame.to_json(path, orient="records", lines=ending == "jsonl")
    else:
        getattr(frame, {"xlsx": "to_excel"}.get(ending, f"to_{ending}"))(path, index=False)
    data = read_data(str(path), None)
    table = data.read(["label", "text", "none"])
    assert list(table) == ["text", "label"]
    assert table["label"].tolist() == ["x", "y"]
    with pytest.raises(InputError, match="no column 'none'; the columns are 'text', 'other', 'l"):
        get_column(table, "none")
    assert len(data.read(["none"])) == 2
    assert list(data.read()) == list(frame)
