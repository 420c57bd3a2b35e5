"""iBVP in the published layout, and as it comes from other hands."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from aimanet.datasets.align import on_grid
from aimanet.datasets.base import DatasetError
from aimanet.datasets.ibvp import Ibvp
from tests.aimanet.datasets.folders import Face, person, write_text
from tests.aimanet.datasets.folders_b import IBVP_HEADER, ibvp_session, lag_frames

IBVP = Ibvp()
TINY = Face(seconds=0.5)


def only(root):
    found = IBVP.find(root)
    assert len(found.recordings) == 1
    return found.recordings[0]


def test_the_published_layout(tmp_path):
    for name in ("p10_a", "p02_d", "p01_b", "p01_a"):
        ibvp_session(tmp_path / name, TINY)
    found = IBVP.find(tmp_path)
    assert [r.name for r in found.recordings] == ["p01_a", "p01_b", "p02_d", "p10_a"]
    assert [r.subject for r in found.recordings] == ["p01", "p01", "p02", "p10"]
    assert found.problems == ()
    assert dict(found.recordings[2].tags) == {"condition": "head movement"}
    assert dict(found.recordings[3].tags)["show"] == "no"
    facts = IBVP.look(found.recordings[0])
    assert (facts.frames, facts.samples, facts.problems) == (15, 15, ())
    assert facts.fps == pytest.approx(30.0)


def test_frames_in_natural_order_and_the_label_at_the_right_moment(tmp_path):
    face = person(5, 4.0)  # 0.bmp ... 119.bmp: a sort by letters would put 10 after 1
    recording = only(ibvp_session(tmp_path / "p01_a", face))
    frames = list(IBVP.frames(recording))
    assert [f.t for f in frames] == pytest.approx(np.arange(120) / 30)
    assert all(np.array_equal(f.image, i) for f, i in zip(frames, face.images(), strict=True))
    label = IBVP.label(recording)
    assert np.allclose(label.ppg, face.bvp(label.t), atol=1e-5)
    lag, fit = lag_frames(frames, label, 30.0)
    assert abs(lag) < 0.3
    assert fit > 0.95


def test_rows_of_bad_quality_are_a_hole(tmp_path):
    face = person(5, 4.0)
    recording = only(ibvp_session(tmp_path / "p01_a", face, bad=(45, 75)))
    label = IBVP.label(recording)
    assert len(label.t) == 90
    ppg, _ = on_grid(label, face.times)
    told = np.isfinite(ppg)
    assert np.flatnonzero(~told).tolist() == list(range(45, 75))
    assert np.allclose(ppg[told], face.bvp(face.times)[told], atol=1e-5)
    assert len(list(IBVP.frames(recording))) == 120
    (quality, hole) = IBVP.look(recording).problems
    assert "25% of the rows are of bad quality" in quality.text
    assert "hole" in hole.text
    assert not quality.fatal


def test_half_a_second_of_bad_quality_is_a_hole_too(tmp_path):
    face = person(5, 4.0)
    recording = only(ibvp_session(tmp_path / "p01_a", face, bad=(45, 60)))
    ppg, _ = on_grid(IBVP.label(recording), face.times)
    assert np.flatnonzero(np.isnan(ppg)).tolist() == list(range(45, 60))


@pytest.mark.parametrize(
    ("header", "row"),
    [
        (IBVP_HEADER, "{ppg},0.9,1,{good},2"),
        ("bvp, sqphysmd, SQ1, SQ2, Perfusion Value", "{ppg},0.9,1,{good},2"),
        (",BVP,SQPhysMD,SQ1,SQ2,Perfusion", "{k},{ppg},0.9,1,{good},2"),
        ("SQ2,BVP", "{good},{ppg}"),
        ("ppg,q,q1,q2,p", "{ppg},0.9,1,{good},2"),
        ("i,ppg,q,q1,q2,p", "{k},{ppg},0.9,1,{good},2"),
        ("{ppg},0.9,1,1,2", "{ppg},0.9,1,{good},2"),
        ('"BVP";"SQPhysMD";"SQ1";"SQ2"', "{ppg};0.9;1;{good}"),
        ("BVP", "{ppg}"),
    ],
)
def test_columns_by_name_or_by_place(tmp_path, header, row):
    wave = np.sin(np.arange(15.0))
    rows = [row.format(k=k, ppg=v, good=int(k >= 3)) for k, v in enumerate(wave)]
    folder = ibvp_session(tmp_path / "p01_a", TINY)
    first = header.format(ppg=wave[0])
    skipped = 1 if first[0].isdigit() else 0
    write_text(folder / "p01_a_bvp.csv", "\n".join([first, *rows[skipped:]]))
    label = IBVP.label(only(tmp_path))
    left = 0 if header == "BVP" else 3
    if skipped:
        assert len(label.ppg) == 13
    else:
        assert np.allclose(label.ppg, wave[left:])


def test_names_that_are_times_in_ms(tmp_path):
    face = person(6, 3.0)
    folder = ibvp_session(tmp_path / "p01_a", face)
    t = np.round(np.cumsum(np.random.default_rng(0).uniform(25, 42, 90))).astype(int)
    rgb = folder / "p01_a_rgb"
    for k in reversed(range(90)):
        (rgb / f"{k}.bmp").rename(rgb / f"{1700000000000 + t[k]}.bmp")
    recording = only(tmp_path)
    frames = list(IBVP.frames(recording))
    assert np.allclose([f.t for f in frames], (t - t[0]) / 1000)
    assert np.allclose(IBVP.label(recording).t, (t - t[0]) / 1000)


def test_counts_that_differ_are_told(tmp_path):
    folder = ibvp_session(tmp_path / "p01_a", person(5, 2.0))
    (folder / "p01_a_rgb" / "59.bmp").unlink()
    recording = only(tmp_path)
    assert IBVP.label(recording).t[-1] == pytest.approx(59 * 59 / 60 / 30)
    (problem,) = IBVP.look(recording).problems
    assert "60 rows for 59 pictures" in problem.text
    assert not problem.fatal
    for k in range(30, 59):
        (folder / "p01_a_rgb" / f"{k}.bmp").unlink()
    (problem,) = IBVP.look(recording).problems
    assert "60 rows for 30 pictures; is one of the two incomplete?" in problem.text
    assert problem.fatal


def test_the_confidential_folder_and_other_peoples_habits(tmp_path):
    root = tmp_path / "iBVP größe" / "iBVP_Dataset"
    ibvp_session(root / "Confidential_No-media-use" / "p08_a", TINY)
    folder = ibvp_session(root / "P1_B", TINY, name="frame {:d}.BMP")
    shutil.rmtree(folder / "P1_B_t")
    (folder / "P1_B_rgb" / "._frame 3.BMP").write_bytes(b"x")
    (folder / "P1_B_rgb" / "Thumbs.db").write_bytes(b"x")
    found = IBVP.find(tmp_path / "iBVP größe")
    assert [(r.name, r.subject) for r in found.recordings] == [("p1_b", "p01"), ("p08_a", "p08")]
    assert all(len(list(IBVP.frames(r))) == 15 for r in found.recordings)


def test_what_is_missing_is_told(tmp_path):
    ibvp_session(tmp_path / "p01_a", TINY)
    (tmp_path / "p01_a" / "p01_a_bvp.csv").unlink()
    ibvp_session(tmp_path / "p01_b", TINY)
    shutil.rmtree(tmp_path / "p01_b" / "p01_b_rgb")
    found = IBVP.find(tmp_path)
    assert [r.name for r in found.recordings] == ["p01_a"]
    assert IBVP.label(found.recordings[0]) is None
    assert {p.path.name: p.fatal for p in found.problems} == {"p01_a": False, "p01_b": True}


@pytest.mark.parametrize(
    "text", ["", "BVP,SQ2\n", ",,,\n,,\n", "a,b\nc,d\n", "\0\0", "BVP\n1\n1\n1\n"]
)
def test_a_broken_table_is_one_line(tmp_path, text):
    folder = ibvp_session(tmp_path / "p01_a", TINY)
    write_text(folder / "p01_a_bvp.csv", text)
    with pytest.raises(DatasetError, match=r"p01_a_bvp\.csv: [^\n]+$"):
        IBVP.label(only(tmp_path))


def test_pictures_that_cannot_be_read(tmp_path):
    folder = ibvp_session(tmp_path / "p01_a", TINY) / "p01_a_rgb"
    (folder / "7.bmp").write_bytes(b"")
    recording = only(tmp_path)
    assert [f.index for f in IBVP.frames(recording)] == [k for k in range(15) if k != 7]
    assert "1 of 15 pictures are empty" in IBVP.look(recording).problems[0].text
    for k in range(15):
        (folder / f"{k}.bmp").write_bytes(b"BM")
    assert "first pictures cannot be read" in IBVP.look(recording).problems[0].text
    with pytest.raises(DatasetError, match="p01_a_rgb: only 0 of 15"):
        list(IBVP.frames(recording))
