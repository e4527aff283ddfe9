"""
The probabilities of a transformer
==================================

This follows Rubrix's tutorial on label errors and transformers, step by step: predict with a model
of your own, batch by batch, audit the labels with its probabilities, send the candidates to people,
and load the corrected data set. label-auditor fits no model here: it takes the probabilities of any
model.

Rubrix's tutorial uses a RoBERTa that was fine-tuned on MRPC. This gallery runs offline, where no
pretrained weights can be downloaded. So this tutorial trains a tiny BERT from scratch, on a part of
AG News, which is read from the folder that ``LABEL_AUDITOR_DATA`` names. It needs
``pip install torch transformers datasets``.
"""

# %%
# Load the model and the data set
# -------------------------------
#
# With weights from the Hub, two lines would be enough: ``AutoTokenizer.from_pretrained(name)`` and
# ``AutoModelForSequenceClassification.from_pretrained(name)``. We will audit the test set, so the
# model must not have seen it.

import os
from pathlib import Path

import datasets
import numpy as np
import pandas as pd
import torch
import transformers
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

datasets.disable_progress_bars()
torch.manual_seed(0)
folder = Path(os.environ["LABEL_AUDITOR_DATA"]) / "ag_news"
names = ["World", "Sports", "Business", "Sci/Tech"]
train = pd.read_csv(folder / "train_partial.csv.gz").sample(20_000, random_state=0)
dataset = datasets.Dataset.from_pandas(pd.read_csv(folder / "test.csv.gz"))
dataset = dataset.cast_column("label", datasets.ClassLabel(names=names))

words = Tokenizer(models.WordLevel(unk_token="[UNK]"))
words.normalizer = normalizers.BertNormalizer()
words.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
special = ["[PAD]", "[UNK]"]
words.train_from_iterator(
    train["text"], trainers.WordLevelTrainer(vocab_size=16_000, special_tokens=special)
)
tokenizer = transformers.PreTrainedTokenizerFast(
    tokenizer_object=words, pad_token="[PAD]", unk_token="[UNK]", model_max_length=64
)
config = transformers.BertConfig(
    vocab_size=len(tokenizer),
    hidden_size=64,
    num_hidden_layers=1,
    num_attention_heads=4,
    intermediate_size=128,
    num_labels=len(names),
)
model = transformers.AutoModelForSequenceClassification.from_config(config)


def tokenize(texts):
    """Give the tokens of a batch of texts."""
    return tokenizer(texts, padding=True, truncation=True, return_tensors="pt")


optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)
for epoch in range(2):
    shuffled = train.sample(frac=1, random_state=epoch)
    for start in range(0, len(shuffled), 64):
        batch = shuffled.iloc[start : start + 64]
        given = torch.tensor(batch["label"].to_numpy())
        model(**tokenize(batch["text"].tolist()), labels=given).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
model = model.eval()

# %%
# Predict, batch by batch
# -----------------------


def predict(batch):
    """Give the model's outputs for a batch, a dict of lists."""
    with torch.no_grad():
        return {"logits": model(**tokenize(batch["text"])).logits.numpy()}


dataset = dataset.map(predict, batched=True, batch_size=64).with_format("numpy")
logits, labels = dataset["logits"][:], dataset["label"][:]
print(f"Accuracy on the test set: {np.mean(logits.argmax(axis=1) == labels):.3f}")

# %%
# Pretrained transformers reach .94 here.
#
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
# So turn them into probabilities first. Calling ``torch.softmax(logits, dim=1)`` in ``predict``
# would do this, too.

from scipy.special import softmax

audit = audit_labels(labels, softmax(logits, axis=1))
print(f"{audit.n_issues} candidates, {audit.n_issues / len(labels):.1%} of the test set")

# %%
# Rubrix's tutorial gets 129 candidates from 1,725 pairs of sentences, which is 7.5%, and found at
# least 30 clear errors among them. The share depends more on the model than on the labels: a model
# that is wrong more often flags more labels.
#
# A table of candidates
# ---------------------

candidates = dataset.to_pandas().iloc[audit.ranked]
candidates.assign(suggested_label=audit.suggested_labels[audit.ranked]).drop(
    columns="logits"
).head()

# %%
# Review
# ------
#
# If ``RUBRIX_API_URL`` names a server, the candidates are pushed to it. The agents say where the
# predictions and the given labels come from, as in Rubrix's tutorial. Whoever corrects a label
# becomes the agent of the annotation. For named fields, such as the two sentences of MRPC, pass a
# mapping or a DataFrame instead of the texts.
#
# Without a server, **the reviewer is simulated**: for each of the 100 worst candidates, it chooses
# the label on which two large models trained by others agree. If they don't agree, it discards the
# record. No human has checked these decisions.

from label_auditor import Corrections, apply_corrections
from label_auditor.corrections import Correction

agents = {"prediction_agent": "tiny-bert", "annotation_agent": "AG News"}


def simulate_review(n=100):
    """Decide about the n worst candidates as two other models do."""
    others = pd.read_csv(folder / "test_model_predictions.csv.gz")
    for row in audit.ranked[:n].tolist():
        first, second = others.loc[row, ["distilbert_pred", "llama31_8b_pred"]]
        if first == second:
            yield Correction(row, names[first], who="simulated")
        else:
            yield Correction(row, None, "discarded", who="simulated")


if "RUBRIX_API_URL" in os.environ:
    texts = dataset["text"][:]
    print(audit.push_to_rubrix(texts, "ag_news_transformer", class_names=names, **agents))
    corrections = Corrections.from_rubrix(
        "ag_news_transformer", annotation_agent=agents["annotation_agent"]
    )
else:
    corrections = Corrections(simulate_review())
print(corrections)

# %%
# The corrected data set, saved and loaded
# ----------------------------------------
#
# The corrected labels replace the given ones, as class labels with their names.
# ``corrected.push_to_hub(name)`` would upload this data set to the Hub.

from tempfile import TemporaryDirectory

new_labels, report = apply_corrections(labels, corrections, class_names=names)
print(report)
corrected = dataset.with_format(None).remove_columns(["label", "logits"])
corrected = corrected.add_column("label", new_labels).cast_column(
    "label", datasets.ClassLabel(names=names)
)
corrected = corrected.select(np.delete(np.arange(len(corrected)), report.discarded))
with TemporaryDirectory() as place:
    corrected.save_to_disk(place)
    loaded = datasets.load_from_disk(place).to_pandas()
print(f"{len(loaded):,} rows, of which {len(report.changed)} have another label than before")

# %%
# If you repeat a benchmark on the corrected set, it says more about how good a model is:

kept = np.delete(logits.argmax(axis=1), report.discarded)
print(f"Accuracy on the corrected test set: {np.mean(kept == loaded['label']):.3f}")
