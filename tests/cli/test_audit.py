import contextlib
import csv
import errno
import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from label_auditor import LabelAudit
from label_auditor.cli.command_line import main

EXAMPLE = Path(__file__).parents[2] / "examples" / "banking77.csv.gz"
COMMAND = Path(sys.executable).with_name("label-audit")
PARTS = {
    "fruit": ["apple", "pear", "plum", "cherry", "fig", "grape"],
    "NA": ["hammer", "saw", "drill", "wrench", "pliers", "chisel"],
    "None": ["trout", "salmon", "carp", "eel", "perch", "pike"],
}
WRONG = {7: "None", 60: "fruit"}


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
    assert header == ["row", "given_label", "suggested_label", "label_quality", "rank", "text"]
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
    assert re.search(r"^ +7 +0\.\d{3}  None → fruit", out, re.MULTILINE)
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
    assert main(["shop.jsonl", "--label", "kind", "--features", "parts"]) == 0
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
    ("name", "model"), [("t.csv", "forest"), ("t.parquet", "forest"), ("t.jsonl", "boosting")]
)
def test_columns_as_features(features, capsys, name, model):
    save(features, name)
    assert main([name, "--label", "y", "--model", model, "--jobs", "1"]) == 0
    out, err = capsys.readouterr()
    assert err.startswith("warning: column 'id' is left out: it numbers the rows")
    header, *issues = read_issues("t-audit")
    assert header[5:] == ["x", "colour"]
    shown = {row[0]: row[5:] for row in issues}
    assert {"5", "150"} <= set(shown)
    assert float(shown["5"][0]) == pytest.approx(features["x"][5])
    assert shown["5"][1] == features["colour"][5]
    assert "colour=" in out


def test_named_features_are_used_and_shown(features, capsys):
    save(features, "t.csv")
    assert main(["t.csv", "--label", "y", "--features", "colour,id", "--out", "a/b"]) == 0
    assert capsys.readouterr().err == ""
    assert read_issues("a/b")[0][5:] == ["colour", "id"]


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
    (["shop.csv", "--text", "blank", "--label", "kind"], "no word that occurs in two texts"),
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
    assert "pip install 'label-auditor[cli]'" in error


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


def test_help_and_version(capsys):
    for option, text in [("--help", "--label COL"), ("--version", "label-audit 0.")]:
        with pytest.raises(SystemExit, match="0"):
            main([option])
        assert text in capsys.readouterr().out


def run_in_terminal(arguments, *, columns):
    """Run the installed command in a pseudo-terminal; give status and all that it showed."""
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    environment = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "NO_COLOR")}
    process = subprocess.Popen(
        [COMMAND, *arguments],
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
    return process.wait(), shown.decode()


def test_terminal_shows_progress_and_colours_within_its_width(records):
    save(records)
    status, shown = run_in_terminal(["shop.csv", "--text", "text", "--label", "kind"], columns=70)
    assert status == 0
    assert "✓" in shown
    assert "Cross-validate MultinomialNB over 5 folds" in shown
    assert "\x1b[31mNone\x1b[0m → \x1b[32mfruit\x1b[0m" in shown
    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown)
    lines = [line for line in re.split(r"[\r\n]+", plain) if not line.startswith("file:")]
    assert max(map(len, lines)) <= 70


def test_installed_command_audits_the_example_in_good_time():
    done = subprocess.run(
        [COMMAND, EXAMPLE, "--text", "text", "--label", "category"],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
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
