import inspect
import pickle

import pytest

from label_auditor.data.own_methods import own_methods


class Inner:
    def move(self, *, by=1):
        """Move."""
        return by

    @classmethod
    def make(cls, size):
        return cls, size

    def named(self):
        return super().__repr__()[:1]

    def overridden(self):
        return "inner"

    def _private(self):
        return 1

    @property
    def place(self):
        return "here"


# Only methods of this package are copied.
for each in (Inner.move, Inner.make.__func__, Inner.named, Inner.overridden):
    each.__module__ = "label_auditor.inner"


class Foreign:
    def other(self):
        return 1


@own_methods
class Thing(Inner, Foreign):
    def overridden(self):
        return "own"


def test_inherited_methods_are_called_by_the_class():
    with pytest.raises(TypeError, match=r"^Thing\.move\(\) takes 1 positional argument"):
        Thing().move(1)
    with pytest.raises(TypeError, match=r"^Thing\.make\(\) missing 1"):
        Thing.make()
    with pytest.raises(TypeError, match=r"^Inner\.move\(\) takes 1 positional argument"):
        Inner().move(1)


def test_they_do_what_they_did():
    thing = Thing()
    assert (thing.move(), thing.move(by=3), thing.named(), thing.place) == (1, 3, "<", "here")
    assert Thing.make(2) == (Thing, 2)
    assert thing.overridden() == "own"
    assert Thing.move.__doc__ == "Move."
    assert inspect.signature(Thing.move) == inspect.signature(Inner.move)
    assert isinstance(pickle.loads(pickle.dumps(thing)), Thing)


def test_private_and_foreign_methods_stay_where_they_are():
    assert not {"_private", "other", "place"} & set(vars(Thing))
