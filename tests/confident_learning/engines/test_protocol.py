import inspect

import pytest

from label_auditor.confident_learning.engines.cluster import ClusterEngine
from label_auditor.confident_learning.engines.protocol import Engine
from label_auditor.confident_learning.engines.threads import ThreadEngine


@pytest.mark.parametrize("engine", [ThreadEngine, ClusterEngine])
def test_engines_have_what_the_protocol_names(engine):
    for name, method in inspect.getmembers(Engine, inspect.isfunction):
        if not name.startswith("_"):
            arguments = inspect.signature(getattr(engine, name)).parameters
            assert list(arguments) == list(inspect.signature(method).parameters), name
