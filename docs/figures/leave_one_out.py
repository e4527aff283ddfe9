"""How much leave-one-out gains over five folds, for more and more rows."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import average_precision_score
from sklearn.model_selection import StratifiedKFold
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline

from label_auditor import LabelAuditor

data = pd.read_csv("examples/banking77.csv.gz")
data = data[data["category"].isin(sorted(data["category"].unique())[:20])]
sizes, results = [300, 600, 1200, 2400], {"5 folds": [], "leave-one-out": []}
model = make_pipeline(TfidfVectorizer(ngram_range=(1, 2)), MultinomialNB(alpha=0.1))
for size in sizes:
    figures = {name: [] for name in results}
    for seed in range(3):
        part = data.sample(size, random_state=seed)
        rng = np.random.default_rng(seed)
        wrong = rng.random(size) < 0.1
        given = part["category"].to_numpy().copy()
        given[wrong] = rng.choice(np.unique(given), wrong.sum())
        wrong = given != part["category"].to_numpy()
        folds = StratifiedKFold(5, shuffle=True, random_state=seed)
        for name, cv in (("5 folds", folds), ("leave-one-out", "loo")):
            auditor = LabelAuditor(model, cv=cv, train_on=None).fit(part["text"].tolist(), given)
            figures[name].append(average_precision_score(wrong, -auditor.label_scores_))
    for name, values in figures.items():
        results[name].append(np.mean(values))

fig, ax = plt.subplots()
for name, values in results.items():
    ax.plot(sizes, values, "o-", label=name)
ax.set(
    xscale="log",
    xlabel="rows of 20 classes (BANKING77, a tenth of the labels changed)",
    ylabel="average precision",
)
ax.set_xticks(sizes, [f"{size:,}" for size in sizes])
ax.minorticks_off()
ax.legend()
