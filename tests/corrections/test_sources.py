"""Collections come from tools as what they are asked for; what each tool says is tested there."""

import json

import pytest

from label_auditor import Corrections
from label_auditor.corrections.sources import Sources


class Mine(Corrections):
    """A collection of somebody's own."""


def test_a_collection_of_ones_own_stays_one(tmp_path):
    record = {"id": 1, "status": "Validated", "annotation": "a", "annotation_agent": "me"}
    assert type(Mine.from_records([record])) is Mine
    path = tmp_path / "export.json"
    data = {"record_id": "1", "given_label": "b"}
    row = data | {"annotation_id": 1, "label": "a", "annotator": 3}
    path.write_text(json.dumps([row]))
    found = Mine.from_label_studio_export(path)
    assert (type(found), found[0].label, found[0].who) == (Mine, "a", "3")


def test_sources_alone_collect_nothing():
    with pytest.raises(NotImplementedError):
        Sources([])
