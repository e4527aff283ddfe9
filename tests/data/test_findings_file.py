"""Files that no `save` wrote are refused in one line, before they cost memory."""

import json
import random
import warnings
import zipfile

import numpy as np
import pandas as pd
import pytest

from label_auditor import LabelAudit, MultiLabelAudit, audit_labels
from label_auditor.data.findings_file import VERSION

PROBS = np.tile([[0.9, 0.1], [0.2, 0.8]], (25, 1))


@pytest.fixture(params=["one", "many"])
def kind(request):
    return {"one": LabelAudit, "many": MultiLabelAudit}[request.param]


def make_audit(kind=LabelAudit, **options):
    codes = np.arange(50) % 2
    codes[7] = 0  # flagged
    many = kind is MultiLabelAudit
    labels = np.eye(2, dtype=int)[codes] if many else codes
    return audit_labels(labels, PROBS, multi_label=many, **options)


@pytest.fixture
def saved(tmp_path, kind):
    """Give the arrays of a saved audit, and a function that loads others in their place."""
    path = tmp_path / "audit.npz"
    make_audit(kind, index=[f"r{i}" for i in range(50)]).save(path)
    with np.load(path) as arrays:
        members = dict(arrays)

    def load(save=np.savez, **changed):
        save(
            path,
            **{name: value for name, value in (members | changed).items() if value is not None},
        )
        return kind.load(path)

    return members, load


def test_what_save_wrote_is_loaded(saved):
    _, load = saved
    assert len(load()) == 50


def test_what_is_written_is_what_the_first_release_reads(saved, kind):
    members, _ = saved
    many = kind is MultiLabelAudit
    header = json.loads(str(members["header"]))
    assert header["format"] == f"label-auditor {'multi-label ' * many}audit, version 1"
    names = {"classes", "evaluated", "header", "index", "issues", "joint", "pred_probs", "ranked"}
    one, more = {"label_codes", "suggested_codes"}, {"label_cells", "suggested_cells"}
    assert set(members) == names | {"scores"} | (more | {"flagged_cells"} if many else one)


def changed_header(members, **changes):
    header = json.loads(str(members["header"])) | changes
    return np.array(
        json.dumps({name: value for name, value in header.items() if value != "absent"})
    )


def test_a_newer_file_says_to_upgrade(saved, kind):
    members, load = saved
    many = "multi-label " * (kind is MultiLabelAudit)
    newer = changed_header(members, format=f"label-auditor {many}audit, version {VERSION + 1}")
    with pytest.raises(ValueError, match=r"was written by a newer .*; upgrade with pip") as caught:
        load(header=newer, a_new_array=np.arange(3), scores=None)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"scores": np.zeros(3)}, r"'scores' has shape \(3,\).* but shape \(50,\)"),
        ({"scores": np.full(50, np.nan)}, "scores are not those of the evaluated rows"),
        ({"scores": None}, "lacks 'scores'"),
        ({"bomb": np.zeros(9)}, "holds 'bomb', which no audit has"),
        ({"ranked": np.array([999])}, "ranked doesn't name the flagged rows"),
        ({"ranked": np.array([], dtype=int)}, "ranked doesn't name the flagged rows"),
        ({"ranked": np.array([7.0])}, "'ranked' has shape .* and dtype float64"),
        ({"issues": np.zeros(50)}, "'issues' has shape .* and dtype float64"),
        ({"evaluated": np.zeros(50, bool)}, "rows are flagged that were not evaluated"),
        ({"pred_probs": PROBS + 7}, "pred_probs holds no probabilities in row 0"),
        ({"pred_probs": PROBS[:9]}, r"'pred_probs' has shape \(9, 2\)|'issues' has shape"),
        ({"pred_probs": np.full((50, 2), np.nan)}, "pred_probs holds no probabilities in row 0"),
        ({"classes": np.array([1, 1])}, "classes repeat"),
        ({"classes": np.array([1, np.nan])}, "a class is missing"),
        ({"classes": np.arange(3)}, r"'pred_probs' has shape \(50, 2\)"),
        ({"index": np.arange(3)}, r"'index' has shape \(3,\)"),
        ({"header": np.array("[" * 100_000)}, "is not an audit"),
        ({"header": np.array("x" * 10**6)}, "no header of an audit"),
        ({"header": np.array("[]")}, "is not an audit"),
        ({"header": np.array('{"format": "9" }')}, "its format is '9'"),
        ({"header": None}, "is not an audit"),
    ],
)  # fmt: skip
def test_arrays_that_do_not_fit_are_refused(saved, changes, message):
    _, load = saved
    with pytest.raises(ValueError, match=message):
        load(**changes)


@pytest.mark.parametrize(
    "change",
    [{"rank_by": 3}, {"filter_by": "absent"}, {"object_classes": "no"}, {"index_name": []}],
)
def test_a_header_of_other_types_is_refused(saved, change):
    members, load = saved
    with pytest.raises(ValueError, match=f"its header has no valid '{next(iter(change))}'"):
        load(header=changed_header(members, **change))


class TestOneLabel:
    @pytest.fixture
    def kind(self):
        return LabelAudit

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"label_codes": np.full(50, 9)}, "a code is of no class"),
            ({"label_codes": np.full(50, -2)}, "a code is of no class"),
            ({"label_codes": np.full(50, -1)}, "an evaluated row has no label"),
            ({"suggested_codes": np.full(50, 2)}, "a code is of no class"),
            ({"label_codes": np.zeros(50)}, "'label_codes' has shape .* and dtype float64"),
            ({"pred_probs": PROBS * 0.5}, "pred_probs holds no probabilities in row 0"),
            ({"joint": np.array([[0, 9], [0, 1], [1, 1]])}, "joint has a cell outside"),
            ({"joint": np.array([[0, 1], [0, 1], [1, -1]])}, "joint holds negative counts"),
        ],
    )
    def test_codes_and_joint(self, saved, changes, message):
        _, load = saved
        with pytest.raises(ValueError, match=message):
            load(**changes)

    def test_a_dense_joint_of_many_classes_is_not_made(self, saved):
        _, load = saved
        n_classes = 30_000
        with pytest.raises(ValueError, match="joint is dense though it has 30000 classes"):
            load(
                classes=np.arange(n_classes),
                pred_probs=np.full((50, n_classes), 1 / n_classes, np.float32),
            )


class TestManyLabels:
    @pytest.fixture
    def kind(self):
        return MultiLabelAudit

    @pytest.mark.parametrize("name", ["label_cells", "suggested_cells", "flagged_cells"])
    @pytest.mark.parametrize("cell", [[50, 0], [0, 2], [-1, 0]])
    def test_cells(self, saved, name, cell):
        _, load = saved
        with pytest.raises(ValueError, match="a cell is outside the matrix"):
            load(**{name: np.array(cell)[:, None]})


def write_zip(path, members, **options):
    with zipfile.ZipFile(path, "w", **options) as archive:
        for name, content in members:
            archive.writestr(name, content)


def npy_of(shape, dtype="<f8"):
    """Give the header of an npy file that claims a shape, and no numbers."""
    header = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}"
    text = (header + " " * (117 - len(header)) + "\n").encode()
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text


@pytest.mark.filterwarnings("ignore:Duplicate name")
class TestCraftedFiles:
    @pytest.fixture
    def members(self, tmp_path):
        path = tmp_path / "good.npz"
        make_audit().save(path)
        with zipfile.ZipFile(path) as archive:
            return [(each, archive.read(each)) for each in archive.namelist()]

    def refuse(self, tmp_path, members, message, **options):
        path = tmp_path / "crafted.npz"
        write_zip(path, members, **options)
        with pytest.raises(ValueError, match=message) as caught:
            LabelAudit.load(path)
        assert "\n" not in str(caught.value)

    def test_compression(self, tmp_path, members):
        for compression in (zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
            self.refuse(tmp_path, members, "is compressed", compression=compression)

    def test_a_member_twice_or_of_another_kind(self, tmp_path, members):
        self.refuse(tmp_path, [*members, members[0]], "there twice")
        self.refuse(tmp_path, [*members, ("note.txt", "a")], "'note.txt', which is no array")

    @pytest.mark.parametrize("shape", [(10**12,), (10**6, 10**6), (-1,), (3,)])
    def test_a_shape_that_the_bytes_do_not_fill(self, tmp_path, members, shape):
        crafted = [each for each in members if each[0] != "scores.npy"]
        self.refuse(tmp_path, [*crafted, ("scores.npy", npy_of(shape))], "'scores' has 0 bytes")

    def test_objects_are_never_unpickled(self, tmp_path, members):
        crafted = [each for each in members if each[0] != "classes.npy"]
        content = npy_of((2,), "|O") + b"\0" * 16
        self.refuse(tmp_path, [*crafted, ("classes.npy", content)], "'classes' has|is not an audit")

    def test_encryption(self, tmp_path, members):
        path = tmp_path / "crafted.npz"
        write_zip(path, members)
        content = bytearray(path.read_bytes())
        at = content.index(b"PK\x01\x02")
        content[at + 8] |= 1
        path.write_bytes(content)
        with pytest.raises(ValueError, match="is not an audit"):
            LabelAudit.load(path)

    def test_random_damage_gives_an_audit_or_a_value_error(self, tmp_path):
        path = tmp_path / "damaged.npz"
        make_audit(index=[f"r{i}" for i in range(50)]).save(path)
        whole = path.read_bytes()
        draw = random.Random(0)
        refused = 0
        for attempt in range(300):
            content = bytearray(whole)
            for _ in range(draw.choice([1, 2, 9])):
                at = (
                    draw.randrange(len(content)) if draw.random() < 0.5 else -draw.randrange(1, 900)
                )
                content[at] = draw.choice([0, 127, 128, 255, draw.randrange(256)])
            if draw.random() < 0.2:
                del content[draw.randrange(len(content)) :]
            path.write_bytes(content)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                try:
                    LabelAudit.load(path, mmap=attempt % 2 == 1).to_frame()
                except ValueError as error:
                    refused += "\n" not in str(error)
        assert refused > 100

    def test_an_empty_file(self, tmp_path):
        (tmp_path / "empty.npz").touch()
        with pytest.raises(ValueError, match="is not an audit that this version can read"):
            LabelAudit.load(tmp_path / "empty.npz")

    def test_no_file_is_no_damaged_file(self, tmp_path):
        with pytest.raises(FileNotFoundError):
            LabelAudit.load(tmp_path / "absent.npz")


def test_what_a_file_would_change_is_not_saved(tmp_path):
    audit = audit_labels(["a\0", "b"], np.array([[0.9, 0.1], [0.1, 0.9]]))
    assert audit.classes.tolist() == ["a\0", "b"]
    with pytest.raises(ValueError, match=r"classes holds 'a\\x00'.*lose NUL"):
        audit.save(tmp_path / "audit.npz")
    assert not list(tmp_path.iterdir())


def test_a_later_object_is_named_too(tmp_path):
    with pytest.raises(TypeError, match="index holds tuple objects"):
        make_audit(index=["a", (1, 2), *range(48)]).save(tmp_path / "audit.npz")


@pytest.mark.parametrize("n_classes", [3, 127, 128, 300])
def test_a_row_takes_few_bytes_and_codes_come_back_as_they_were(tmp_path, n_classes):
    rng = np.random.default_rng(0)
    n = 20_000
    probs = rng.dirichlet(np.ones(n_classes), n).astype(np.float32)
    audit = audit_labels(rng.integers(0, n_classes, n), probs, classes=range(n_classes))
    audit.save(tmp_path / "audit.npz")
    with np.load(tmp_path / "audit.npz") as file:
        by_row = ("label_codes", "suggested_codes", "scores", "issues", "evaluated", "ranked")
        assert sum(file[name].nbytes for name in by_row) <= 12 * n
        size = 1 if n_classes < 128 else 2
        assert file["label_codes"].itemsize == file["suggested_codes"].itemsize == size
        members = dict(file)
    # As they were written before: of eight bytes.
    wide = {
        name: members[name].astype(np.int64)
        for name in ("label_codes", "suggested_codes", "ranked")
    }
    np.savez(tmp_path / "old.npz", **(members | wide))
    for name in ("audit", "old"):
        loaded = LabelAudit.load(tmp_path / f"{name}.npz")
        for field in ("codes", "predicted", "ranked"):
            assert getattr(loaded, field).dtype == getattr(audit, field).dtype
            np.testing.assert_array_equal(getattr(loaded, field), getattr(audit, field))


class TestMapped:
    @pytest.mark.parametrize("order", ["C", "F"])
    def test_probabilities_stay_in_the_file_and_are_the_same(self, tmp_path, kind, order):
        audit = make_audit(kind)
        object.__setattr__(audit, "pred_probs", np.array(PROBS, np.float32, order=order))
        audit.save(tmp_path / "audit.npz")
        found = kind.load(tmp_path / "audit.npz", mmap=True)
        assert isinstance(found.pred_probs, np.memmap)
        np.testing.assert_array_equal(found.pred_probs, PROBS.astype(np.float32))
        with pytest.raises(ValueError, match="read-only"):
            found.pred_probs[0, 0] = 0.5
        pd.testing.assert_frame_equal(found.to_frame(), audit.to_frame())

    def test_they_are_checked(self, saved, tmp_path, kind):
        members, load = saved
        with pytest.raises(ValueError, match="pred_probs holds no probabilities in row 0"):
            load(pred_probs=members["pred_probs"] * 3)
        with pytest.raises(ValueError, match="pred_probs holds no probabilities in row 0"):
            kind.load(tmp_path / "audit.npz", mmap=True)

    def test_a_file_that_is_damaged_before_them(self, tmp_path):
        path = tmp_path / "audit.npz"
        make_audit().save(path)
        content = bytearray(path.read_bytes())
        with zipfile.ZipFile(path) as archive:
            local = archive.getinfo("pred_probs.npy").header_offset
        content[local + 28 : local + 30] = b"\xff\xff"  # the length of what is before the content
        path.write_bytes(content)
        with pytest.raises(ValueError, match="is not an audit that this version can read"):
            LabelAudit.load(path, mmap=True)
