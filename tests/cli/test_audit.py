import contextlib
import csv
import errno
import fcntl
import json
import os
import pty
import re
import shlex
import struct
import subprocess
import sys
import termios
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from label_auditor import Corrections, LabelAudit
from label_auditor.cli.command_line import main
from label_auditor.data.decisions import Correction
from label_auditor.data.findings import rows_in_order

EXAMPLE = Path(__file__).parents[2] / "examples" / "banking77.csv.gz"
COMMAND = Path(sys.executable).with_name("label-audit")
PARTS = {
    "fruit": ["apple", "pear", "plum", "cherry", "fig", "grape"],
    "NA": ["hammer", "saw", "drill", "wrench", "pliers", "chisel"],
    "None": ["trout", "salmon", "carp", "eel", "perch", "pike"],
}
WRONG = {7: "None", 60: "fruit"}
COUNTS = ["n_twins", "n_twins_other_label"]
OWN = ["row", "given_label", "suggested_label", "label_quality", "rank"]


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def records():
    """90 short texts of three classes, sorted by class, with two wrong labels."""
    rng = np.random.default_rng(0)
    labels = np.repeat(list(PARTS), 30)
    rows = [{"text": " ".join(rng.choice(PARTS[label], 5)), "kind": label} for label in labels]
    rows[7]["text"] = 'a fig, "grape"\nor\x1b[31m carp 日本 [bold]pear[/]'
    for row, label in WRONG.items():
        rows[row]["kind"] = label
    return rows


def save(records, name="shop.csv"):
    frame = pd.DataFrame(records)
    if name.endswith(".parquet"):
        frame.to_parquet(name)
    elif ".json" in name:
        frame.to_json(name, orient="records", lines=True)
    else:
        frame.to_csv(name, index=False)
    return name


def names_in(folder):
    return sorted(path.name for path in Path(folder).iterdir())


def read_issues(folder):
    with Path(folder, "issues.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream))


def fail(capsys, *arguments):
    """Run, and give the one line on stderr of a run that failed."""
    assert main([str(argument) for argument in arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("label-audit: ")
    assert err.count("\n") == 1
    return err


NAMES = ["shop.csv", "shop.csv.gz", "shop.jsonl", "shop.jsonl.gz", "shop.json", "shop.parquet"]


@pytest.mark.parametrize("name", NAMES)
def test_every_format_gives_the_same_files(records, capsys, name):
    assert main([save(records, name), "--text", "text", "--label", "kind"]) == 0
    out, err = capsys.readouterr()
    assert err == ""  # no terminal, no progress
    assert "90 rows, 3 classes; flagged for review: 2 (2.2%)." in out
    assert "A flag means that the models disagree with the label. It is not proof, and" in out
    assert "agree with 97.8% of the given labels" in out
    assert names_in("shop-audit") == ["audit.npz", "issues.csv", "report.html"]
    header, *issues = read_issues("shop-audit")
    assert header == [*OWN, "text", *COUNTS]
    assert [row[:3] for row in issues] == [["60", "fruit", "None"], ["7", "None", "fruit"]]
    assert [row[4] for row in issues] == ["0", "1"]
    assert float(issues[0][3]) <= float(issues[1][3]) < 0.5
    assert all(row[5] == records[int(row[0])]["text"] for row in issues)
    audit = LabelAudit.load("shop-audit/audit.npz")
    assert audit.ranked.tolist() == [int(row[0]) for row in issues]
    assert audit.labels.tolist() == [record["kind"] for record in records]
    assert audit.evaluated.all()


def test_the_same_file_gives_the_same_audit(records):
    save(records)
    main(["shop.csv", "--text", "text", "--label", "kind", "--out", "first"])
    main(["shop.csv", "--text", "text", "--label", "kind", "--out", "second"])
    main(["shop.csv", "--text", "text", "--label", "kind", "--out", "third", "--cv", "3"])
    first, second, third = (
        LabelAudit.load(f"{name}/audit.npz").pred_probs for name in ("first", "second", "third")
    )
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(first, third)


def test_folds_are_shuffled_as_files_are_sorted_by_source(capsys):
    rows = [
        {"text": f"{label}word{source} {label}term{source}", "label": label}
        for label in ("good", "bad")
        for source in range(5)
        for _ in range(20)
    ]
    save(rows)
    assert main(["shop.csv", "--text", "text", "--label", "label"]) == 0
    assert "agree with 100.0% of the given labels" in capsys.readouterr().out


def test_integer_labels_stay_integers(records, capsys):
    codes = {"fruit": 2, "NA": 0, "None": 10}
    save([{**record, "kind": codes[record["kind"]]} for record in records])
    assert main(["shop.csv", "--text", "text", "--label", "kind"]) == 0
    assert {tuple(row[:3]) for row in read_issues("shop-audit")[1:]} == {
        ("7", "10", "2"),
        ("60", "2", "10"),
    }
    assert LabelAudit.load("shop-audit/audit.npz").classes.tolist() == [0, 2, 10]


@pytest.mark.parametrize("jobs", ["2", "-1"])
def test_boolean_labels_and_folds_in_parallel(records, capsys, jobs):
    Path("shop.jsonl").write_text(
        "".join(json.dumps({"t": r["text"], "y": r["kind"] == "fruit"}) + "\n" for r in records)
    )
    assert main(["shop.jsonl", "--text", "t", "--label", "y", "--jobs", jobs]) == 0
    assert capsys.readouterr().err == ""
    assert ["7", "False", "True"] in [row[:3] for row in read_issues("shop-audit")]


def test_summary_shows_pairs_and_worst_rows_on_lines_of_their_own(records, capsys):
    save(records)
    main(["shop.csv", "--text", "text", "--label", "kind"])
    out = capsys.readouterr().out
    assert re.search(r"^ +1  fruit → None", out, re.MULTILINE)
    assert re.search(r"^ +7 +(0\.\d{3}|< 0\.001)  None → fruit", out, re.MULTILINE)
    # Line breaks and escapes in a text can't break the table, and brackets are no markup.
    assert 'a fig, "grape" or [31m carp 日本 [bold]pear[/]' in out
    assert "\x1b" not in out
    assert "Written: shop-audit/issues.csv" in out
    assert "open this page in a browser:" in out
    assert Path("shop-audit/report.html").absolute().as_uri() in out
    assert "error" not in out.replace("the number of errors", "")


def test_long_texts_are_cut_to_the_width_and_written_whole(records, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    records[7]["text"] = "apple plum " * 200
    save(records)
    main(["shop.csv", "--text", "text", "--label", "kind"])
    out = capsys.readouterr().out
    assert "…" in out
    assert max(len(line) for line in out.splitlines() if not line.startswith("file:")) <= 60
    texts = {row[0]: row[5] for row in read_issues("shop-audit")}
    assert texts["7"] == records[7]["text"]


def test_cells_that_are_no_texts_are_in_the_page(records, capsys):
    Path("shop.jsonl").write_text(
        "".join(
            json.dumps({"parts": r["text"].split()[:1], "kind": r["kind"], "none": None}) + "\n"
            for r in records
        )
    )
    options = ["--features", "parts", "--model", "boosting"]
    assert main(["shop.jsonl", "--label", "kind", *options]) == 0
    assert "['apple']" in Path("shop-audit/report.html").read_text("utf-8")


def test_nothing_flagged_is_said_and_written(records, capsys):
    for row in WRONG:
        records[row]["kind"] = list(PARTS)[row // 30]
    save(records)
    assert main(["shop.csv", "--text", "text", "--label", "kind"]) == 0
    assert "flagged for review: 0 (0.0%)" in capsys.readouterr().out
    assert len(read_issues("shop-audit")) == 1


def test_a_class_of_one_row_is_a_warning(records, capsys):
    records.append({"text": "apple saw trout", "kind": "odd [one]"})
    save(records)
    assert main(["shop.csv", "--text", "text", "--label", "kind"]) == 0
    err = capsys.readouterr().err
    assert err == ("warning: not judged, as they are the only row of their class: 'odd [one]'\n")
    assert not LabelAudit.load("shop-audit/audit.npz").evaluated[90]


def test_empty_texts_are_a_warning(records, capsys):
    records[3]["text"] = None
    records[4]["text"] = "  "
    save(records)
    assert main(["shop.csv", "--text", "text", "--label", "kind"]) == 0
    assert capsys.readouterr().err == "warning: 2 of the texts are empty\n"


@pytest.fixture
def features():
    """200 rows of numbers, categories and gaps; rows 5 and 150 have the wrong label."""
    rng = np.random.default_rng(1)
    y = np.repeat(["no", "yes"], 100)
    x = rng.normal(size=200) + 8 * (y == "yes")
    colour = np.where(rng.random(200) < 0.95, np.where(y == "yes", "red", "blue"), "green")
    table = pd.DataFrame({"id": range(200), "x": x, "colour": colour, "y": y})
    table.loc[[20, 120], "x"] = np.nan
    table.loc[[30, 130], "colour"] = None
    table.loc[[5, 150], "y"] = ["yes", "no"]
    return table


@pytest.mark.parametrize(
    ("name", "model"), [("t.csv", "forest"), ("t.parquet", "boosting"), ("t.jsonl", "boosting")]
)
def test_columns_as_features(features, capsys, name, model):
    save(features, name)
    assert main([name, "--label", "y", "--model", model, "--jobs", "1"]) == 0
    out, err = capsys.readouterr()
    assert err.startswith("warning: column 'id' is left out: it numbers the rows")
    header, *issues = read_issues("t-audit")
    assert header[5:] == ["x", "colour", *COUNTS]
    shown = {row[0]: row[5:] for row in issues}
    assert {"5", "150"} <= set(shown)
    assert float(shown["5"][0]) == pytest.approx(features["x"][5])
    assert shown["5"][1] == features["colour"][5]
    assert "colour=" in out


def test_named_features_are_used_and_shown(features, capsys):
    save(features, "t.csv")
    options = ["--features", "colour,id", "--out", "a/b", "--model", "boosting"]
    assert main(["t.csv", "--label", "y", *options]) == 0
    assert capsys.readouterr().err == ""
    assert read_issues("a/b")[0][5:] == ["colour", "id", *COUNTS]


def test_a_file_of_an_earlier_run_is_replaced_whole_or_not_at_all(records, capsys, monkeypatch):
    save(records)
    arguments = ["shop.csv", "--text", "text", "--label", "kind"]
    assert main(arguments) == 0
    before = Path("shop-audit/issues.csv").read_bytes()
    capsys.readouterr()

    def disk_full(audit, path):
        Path(path).write_bytes(b"half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(LabelAudit, "save", disk_full)
    assert "can't write to shop-audit: No space left on device" in fail(capsys, *arguments)
    assert names_in("shop-audit") == ["audit.npz", "issues.csv", "report.html"]
    assert Path("shop-audit/issues.csv").read_bytes() == before
    monkeypatch.undo()


ERRORS = [
    (["missing.csv", "--text", "text", "--label", "kind"], "can't read missing.csv: No such file"),
    (["shop.csv", "--text", "txt", "--label", "kind"], "no column 'txt'; the columns are 'text'"),
    (["shop.csv", "--text", "text", "--label", "k"], "no column 'k'; the columns are"),
    (["shop.csv", "--label", "kind", "--features", "text,no"], "no column 'no'; the columns are"),
    (["shop.csv", "--text", "kind", "--label", "kind"], "by --label and by --text"),
    (["shop.csv", "--features", "text,kind", "--label", "kind"], "by --label and by --features"),
    (["shop.csv", "--text", "text", "--label", "kind", "--model", "forest"], "is for features"),
    (["shop.csv", "--label", "kind", "--model", "words"], "is for texts; pass --text"),
    (["shop.csv", "--text", "text", "--label", "kind", "--cv", "31"], "pass a smaller --cv"),
    (["shop.csv", "--text", "text", "--label", "same"], "one class only ('x')"),
    (["shop.csv", "--text", "text", "--label", "gaps"], "no label in 2 of 90 rows: rows 0, 50"),
    (["shop.csv", "--text", "blank", "--label", "kind"], "no run of characters that occurs in"),
    (["shop.csv", "--text", "text", "--label", "number"], "is it the column of the labels?"),
    (["shop.csv", "--text", "text", "--label", "kind", "--out", "shop.csv"], "is a file; name"),
    (["shop.csv", "--text", "text", "--label", "kind", "--out", "shop.csv/a"], "is a file; name"),
    (["empty.csv", "--text", "text", "--label", "kind"], "holds no records"),
    (["shop.xls", "--text", "text", "--label", "kind"], "unknown format"),
]


@pytest.mark.parametrize(("arguments", "message"), ERRORS)
def test_wrong_input_is_one_line_and_status_2(records, capsys, arguments, message):
    table = pd.DataFrame(records).assign(same="x", gaps="a", blank="", number=range(1000, 1090))
    table.loc[[0, 50], "gaps"] = None
    save(table)
    Path("empty.csv").write_bytes(b"")
    Path("shop.xls").write_bytes(b"x")
    before = names_in(".")
    assert message in fail(capsys, *arguments)
    assert names_in(".") == before


def test_a_folder_without_permission(records, capsys, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # root may write anywhere
    assert "no permission to write in" in fail(
        capsys, save(records), "--text", "text", "--label", "kind"
    )


def test_without_rich_says_what_to_install(records, capsys, monkeypatch):
    monkeypatch.delitem(sys.modules, "label_auditor.cli.terminal", raising=False)
    monkeypatch.delattr("label_auditor.cli.terminal", raising=False)
    monkeypatch.setitem(sys.modules, "rich", None)
    error = fail(capsys, save(records), "--text", "text", "--label", "kind")
    assert error == "label-audit: rich is needed to print tables: pip install rich\n"


@pytest.mark.parametrize(
    "arguments",
    [["--cv", "1"], ["--jobs", "0"], ["--cv", "x"], ["--model", "magic"], ["--features", "a"], []],
)
def test_wrong_options_are_refused_by_argparse(capsys, arguments):
    with pytest.raises(SystemExit, match="2"):
        main(
            ["shop.csv", "--text", "text", *(["--label", "kind"] if arguments else []), *arguments]
        )
    assert "label-audit: error: " in capsys.readouterr().err


def test_interrupt_is_130_without_a_traceback(records, capsys, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("label_auditor.cli.audit._audit", interrupt)
    assert main([save(records), "--text", "text", "--label", "kind"]) == 130
    assert capsys.readouterr().err == "label-audit: interrupted\n"
    assert not Path("shop-audit").exists()


def test_warnings_of_scikit_learn_stay_inside(records, capsys):
    save([*records, {"text": "apple", "kind": "few"}, {"text": "saw", "kind": "few"}])
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        assert main(["shop.csv", "--text", "text", "--label", "kind"]) == 0
    assert capsys.readouterr().err == ""


def test_half_a_surrogate_pair_is_written_and_shown(records, capsys):
    records[7]["text"] += " \ud83d"
    Path("shop.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    assert main(["shop.jsonl", "--text", "text", "--label", "kind"]) == 0
    assert len(read_issues("shop-audit")) == 3


def test_terminal_shows_progress_and_colours_within_its_width(records):
    save(records)
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 70, 0, 0))
    environment = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "NO_COLOR")}
    process = subprocess.Popen(
        [COMMAND, "shop.csv", "--text", "text", "--label", "kind"],
        stdin=follower,
        stdout=follower,
        stderr=follower,
        env={**environment, "TERM": "xterm-256color", "PYTHONIOENCODING": "utf-8"},
    )
    os.close(follower)
    shown = b""
    with contextlib.suppress(OSError):  # which is how Linux says that it has ended
        while chunk := os.read(leader, 65536):
            shown += chunk
    os.close(leader)
    shown = shown.decode()
    assert process.wait() == 0
    assert "✓" in shown
    assert "Judge the labels by words and characters, leaving one out" in shown
    assert "\x1b[31mNone\x1b[0m → \x1b[32mfruit\x1b[0m" in shown
    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown)
    lines = [line for line in re.split(r"[\r\n]+", plain) if not line.startswith("file:")]
    assert max(map(len, lines)) <= 70


@pytest.mark.parametrize(
    ("options", "way"),
    [
        ([], "words and characters, leaving one out"),
        (["--cv", "4"], "words and characters, 4 folds"),
        (["--model", "characters"], "MultinomialNB, leaving one out"),
        (["--model", "words", "--cv", "3"], "MultinomialNB, 3 folds"),
    ],
)
def test_texts_are_left_one_out_unless_folds_are_named(records, capsys, monkeypatch, options, way):
    monkeypatch.setattr("label_auditor.cli.terminal._Console.is_terminal", True)
    monkeypatch.setenv("TERM", "xterm-256color")
    save(records)
    assert main(["shop.csv", "--text", "text", "--label", "kind", *options]) == 0
    assert f"Judge the labels by {way}" in capsys.readouterr().err
    audit = LabelAudit.load("shop-audit/audit.npz")
    assert audit.rank_by == "log_margin"
    assert audit.evaluated.all()
    np.testing.assert_array_equal(rows_in_order(audit), np.argsort(audit.scores, kind="stable"))


def test_installed_command_audits_the_example():
    done = subprocess.run(
        [COMMAND, EXAMPLE, "--text", "text", "--label", "category"],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=600,
        check=False,
    )
    assert done.stderr == ""
    assert done.returncode == 0
    assert "13,083 rows, 77 classes" in done.stdout
    issues = read_issues("banking77-audit")[1:]
    assert 200 < len(issues) < 2000
    # It asks how to unblock a PIN and is labelled as a declined withdrawal.
    row = next(row for row in issues[:20] if row[0] == "5069")
    assert row[1:3] == ["declined_cash_withdrawal", "pin_blocked"]


def read_text_audit(capsys, rows, name="t.jsonl", *, options=()):
    """Audit the column "text" of records; give status and stderr."""
    if name.endswith(".parquet"):
        pd.DataFrame(rows).to_parquet(name)
    else:
        Path(name).write_text("".join(json.dumps(row) + "\n" for row in rows))
    status = main([name, "--text", "text", "--label", "label", "--out", "out", *options])
    return status, capsys.readouterr().err


@pytest.mark.parametrize("character", ["\r", "\n", "\r\n", '"', ",", "\x0b", "\u2028"])
def test_no_character_of_a_text_breaks_the_table(reviews, capsys, character):
    for review in reviews:
        review["text"] = review["text"].replace(" ", character) + " " + review["text"]
    assert read_text_audit(capsys, reviews)[0] == 0
    assert [(row[0], row[5]) for row in read_issues("out")[1:]] == [("7", reviews[7]["text"])]


@pytest.mark.parametrize("name", OWN)
def test_own_columns_keep_their_names(reviews, capsys, name):
    rows = [{name: each["text"], "label": each["label"]} for each in reviews]
    save(rows, "t.csv")
    assert main(["t.csv", "--text", name, "--label", "label", "--out", "out"]) == 0
    assert capsys.readouterr().err == (
        f"warning: column {name!r} of the data is called 'input_{name}' in issues.csv, which has "
        f"its own {name!r}\n"
    )
    header, row = read_issues("out")
    assert header == [*OWN, f"input_{name}", *COUNTS]
    assert row[0] == "7"
    assert row[5] == reviews[7]["text"]


def test_a_renamed_column_takes_no_name_that_is_there(reviews, capsys):
    rows = [
        {"rank": row % 3, "input_rank": row % 2, "label": each["label"]}
        for row, each in enumerate(reviews)
    ]
    save(rows, "t.csv")
    assert main(["t.csv", "--label", "label", "--out", "out", "--model", "boosting"]) == 0
    assert read_issues("out")[0] == [*OWN, "input_input_rank", "input_rank", *COUNTS]


def test_binary_texts_of_parquet_are_texts(reviews, capsys):
    rows = [{**each, "text": f"{each['text']} é".encode()} for each in reviews]
    assert read_text_audit(capsys, rows, "t.parquet") == (0, "")
    assert read_issues("out")[1][5] == reviews[7]["text"] + " é"
    rows[3]["text"] = b"\xff"
    status, said = read_text_audit(capsys, rows, "t.parquet")
    assert status == 2
    assert "column 'text' can't be the texts: row 3 holds bytes that are not UTF-8" in said


@pytest.mark.parametrize("name", ["t.parquet", "t.jsonl"])
def test_lists_are_left_out_of_the_features_and_are_no_texts(reviews, capsys, name):
    rows = [
        {"x": row % 2 + row / 400, "emb": [row, 0.5], "tags": ["a"], "label": each["label"]}
        for row, each in enumerate(reviews * 3)
    ]
    save(rows, name)
    assert main([name, "--label", "label", "--out", "out", "--model", "boosting"]) == 0
    assert capsys.readouterr().err == (
        "warning: column 'emb' is left out: row 0 holds a list\n"
        "warning: column 'tags' is left out: row 0 holds a list\n"
    )
    assert "column 'tags' can't be the texts: row 0 holds a list" in fail(
        capsys, name, "--text", "tags", "--label", "label"
    )


def test_an_index_of_pandas_is_no_feature_unless_it_is_named(reviews, capsys):
    frame = pd.DataFrame(reviews)
    index = pd.Index(np.random.default_rng(0).permutation(40), name="customer")
    frame = frame.assign(x=[(row % 2) * 5 + row % 3 for row in range(40)]).drop(columns="text")
    frame.set_index(index).to_parquet("t.parquet")
    model = ["--label", "label", "--model", "boosting"]
    assert main(["t.parquet", *model, "--out", "out"]) == 0
    assert read_issues("out")[0][5:] == ["x", *COUNTS]
    assert main(["t.parquet", *model, "--out", "a", "--features", "x,customer"]) == 0
    assert read_issues("a")[0][5:] == ["x", "customer", *COUNTS]


@pytest.mark.parametrize("numbers", [(2**63, 2**63 + 1), (10**30, 10**30 + 1), (-1, 2**64)])
def test_big_integers_are_kept_apart(reviews, capsys, numbers):
    for review in reviews:
        review["label"] = numbers[review["label"] == "pos"]
    status, said = read_text_audit(capsys, reviews)
    assert status == 0
    assert said == "warning: labels are integers of more than 64 bits, and are audited as text\n"
    audit = LabelAudit.load("out/audit.npz")
    assert sorted(audit.classes.tolist()) == sorted(map(str, numbers))
    assert read_issues("out")[1][:3] == ["7", str(numbers[0]), str(numbers[1])]


def test_labels_that_are_nearly_the_same_are_quoted_and_noted(reviews, capsys):
    for review in reviews[1::6]:
        review["label"] = "pos "
    save(reviews, "t.csv")
    assert main(["t.csv", "--text", "text", "--label", "label", "--cv", "2"]) == 0
    out, err = capsys.readouterr()
    assert err.startswith("warning: these labels are nearly the same, but count as different")
    assert "'pos' and 'pos '" in err
    pairs = re.findall("[^ ]+ ?'? → .*", out[out.index("given →") :])[1:]
    assert all("'" in pair for pair in pairs if "pos" in pair)


def test_a_class_that_often_means_no_label_is_noted(reviews, capsys):
    for row, review in enumerate(reviews):
        review["label"] = -1 if row % 5 == 0 else int(review["label"] == "pos")
    status, said = read_text_audit(capsys, reviews)
    assert status == 0
    assert said.startswith("warning: -1 is audited as a class; if it marks rows that have no label")


@pytest.mark.parametrize("label", ["pos\ud800", "pos\0"])
def test_labels_that_files_cannot_hold_are_refused_before_any_work(reviews, capsys, label):
    reviews[4]["label"] = label
    status, said = read_text_audit(capsys, reviews)
    assert status == 2
    assert repr(label) in said
    assert said.count("\n") == 1
    assert not Path("out").exists()


def test_half_a_surrogate_pair_in_a_category_and_the_name_of_a_column(reviews, capsys):
    values = ["a\ud800", "b"]
    rows = [
        {"x\ud800": values[row % 2], "label": each["label"]} for row, each in enumerate(reviews)
    ]
    Path("t.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert main(["t.jsonl", "--label", "label", "--out", "out", "--model", "boosting"]) == 0
    assert read_issues("out")[0][5] == "x\\ud800"
    assert read_issues("out")[1][5] == "b"


def test_a_copy_for_spreadsheets_runs_nothing(reviews, capsys):
    for review in reviews:
        review["text"] = f"=cmd|' /C calc'!A0 {review['text']}"
    save(reviews, "t.csv")
    options = ["--text", "text", "--label", "label", "--out", "out"]
    assert main(["t.csv", *options]) == 0
    assert names_in("out") == ["audit.npz", "issues.csv", "report.html"]
    assert main(["t.csv", *options, "--spreadsheet"]) == 0
    assert "Written: out/issues-spreadsheet.csv" in capsys.readouterr().out
    assert read_issues("out")[1][5] == reviews[7]["text"]
    with Path("out/issues-spreadsheet.csv").open(encoding="utf-8", newline="") as stream:
        assert next(csv.DictReader(stream))["text"] == "'" + reviews[7]["text"]


@pytest.mark.parametrize("link", [None, "symlink_to"])
def test_a_table_in_the_folder_that_is_written_to_is_not_overwritten(reviews, capsys, link):
    Path("out").mkdir()
    save(reviews, "out/issues.csv")
    name = "out/issues.csv"
    if link:
        name = "link.csv"
        Path(name).symlink_to("out/issues.csv")
    before = Path("out/issues.csv").read_bytes()
    error = fail(capsys, name, "--text", "text", "--label", "label", "--out", "out")
    assert f"--out out/issues.csv: this would overwrite {name}, which the command reads" in error
    assert Path("out/issues.csv").read_bytes() == before


def test_more_classes_than_there_is_memory_for(reviews, capsys, monkeypatch):
    save(reviews, "t.csv")
    monkeypatch.setattr("label_auditor.cli.text_models.BYTES_PER_CHUNK", 1)
    monkeypatch.setattr("label_auditor.cli.memory.free_memory", lambda: 1900)
    error = fail(capsys, "t.csv", "--text", "text", "--label", "label", "--model", "words")
    assert "auditing 40 rows in the 2 classes of column 'label' takes at least" in error


@pytest.mark.parametrize("out", ["x" * 300, "x" * 300 + "/a", "a/" * 3000, "a\0b"])
def test_names_of_folders_that_cannot_be(reviews, capsys, out):
    save(reviews, "t.csv")
    error = fail(capsys, "t.csv", "--text", "text", "--label", "label", "--out", out)
    assert len(error) < 300


def test_the_page_says_how_to_apply_decisions_to_a_file_of_any_name(records):
    renamed = [{"text": each["text"], "--the kind": each["kind"]} for each in records]
    save(renamed, "bob's shop.csv")
    assert main(["bob's shop.csv", "--text", "text", "--label=--the kind"]) == 0
    page = Path("bob's shop-audit/report.html").read_text(encoding="utf-8")
    command = shlex.join(
        ["label-audit", "apply", "corrections.json", "bob's shop.csv", "--label=--the kind"]
    )
    assert json.dumps(command) in page
    Corrections([Correction("7", "fruit")]).to_json("corrections.json")
    subprocess.run([COMMAND, *shlex.split(command)[1:]], check=True, capture_output=True)
    corrected = next(path for path in Path().iterdir() if "corrected" in path.name)
    assert pd.read_csv(corrected)["--the kind"][7] == "fruit"


def test_more_rows_than_the_page_may_hold_are_named(records, capsys):
    save(records)
    assert main(["shop.csv", "--text", "text", "--label", "kind", "--max-rows", "20"]) == 0
    said = "warning: the first 20 of 90 rows are in report.html, worst first; --max-rows puts in"
    assert said in capsys.readouterr().err
    assert main(["shop.csv", "--text", "text", "--label", "kind", "--max-rows", "90"]) == 0
    assert "report.html" not in capsys.readouterr().err
