"""Exports, read by programs that are not ours."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
import textwrap
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser

import cv2
import edfio
import numpy as np
import pytest

from aimanet.errors import OutputError
from aimanet.sessions.export import (
    ExportCancelled,
    ExportError,
    export_session,
    in_the_way,
    why_not,
)
from aimanet.sessions.reader import Marker, open_session
from aimanet.sessions.reference import (
    Alignment,
    Sensor,
    guess_columns,
    open_sensor_file,
    save_reference,
)
from tests.aimanet.sessions.pulses import STARTED, heart, pulse_session, write_table

SECONDS = 15.0
PULSE = heart(20.0, seed=2)
LIGHT, DARK = (200, 60, 60), (40, 90, 160)


def picture(t: float) -> np.ndarray:
    """Red in even seconds, blue in odd ones: a frame tells its time."""
    image = np.empty((47, 65, 3), np.uint8)  # odd, as H.264 does not like it
    image[:] = LIGHT if int(t) % 2 == 0 else DARK
    return image


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("sessions")
    session = pulse_session(
        place / "s", PULSE, SECONDS, kept="frame", size=(65, 47), image=picture, step=15,
        holes=((12.0, 13.5),),
    )  # fmt: skip
    t = np.arange(0.0, SECONDS, 1 / 64)
    file = open_sensor_file(write_table(place / "finger.csv", "time,ppg,hr", t, PULSE.bvp(t),
                                        PULSE.hr_bpm(t)))  # fmt: skip
    sensor = Sensor("ppg", t=t, ppg=PULSE.bvp(t), rate_t=t, rate_bpm=PULSE.hr_bpm(t), rate_hz=64.0)
    save_reference(session, file, guess_columns(file).mapping, sensor, Alignment(0.0))
    return place / "s"


@pytest.fixture(scope="module")
def session(folder):
    return open_session(folder)


def table(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_csv_reads_back_to_the_last_digit(session, tmp_path):
    paths = {p.stem.split("_")[-1]: p for p in export_session(session, ["csv"], tmp_path).files}
    assert set(paths) == {"session", "frames", "readings", "pulse", "markers", "reference"}
    pulse = table(paths["pulse"])
    assert [float(row["bvp"]) for row in pulse] == session.bvp.tolist()
    frames = table(paths["frames"])
    assert [float(row["t"]) for row in frames] == session.frames.t.tolist()
    assert [row["face_x"] == "" for row in frames] == np.isnan(session.frames.box[:, 0]).tolist()
    readings = table(paths["readings"])
    assert [row["state"] for row in readings] == [str(r.state) for r in session.readings]
    assert readings[0]["time"].startswith("2026-03-05T12:00:00")
    beside = [row for row in readings if row["error_bpm"]]
    assert beside
    for row in beside:
        error = float(row["hr_bpm"]) - float(row["sensor_bpm"])
        assert float(row["error_bpm"]) == pytest.approx(error)
    assert table(paths["markers"])[0]["name"] == 'stood up, "quickly" é'
    about = {row["key"]: row["value"] for row in table(paths["session"])}
    assert about["notes"] == "a <b>note</b>"


def test_json_is_strict(session, tmp_path):
    (path,) = export_session(session, ["json"], tmp_path).files

    def refuse(name):
        raise AssertionError(name)

    told = json.loads(path.read_text(encoding="utf-8"), parse_constant=refuse)
    assert told["pulse"]["bvp"] == session.bvp.tolist()
    assert told["session"]["participant"] == "P07"
    assert len(told["readings"]) == len(session.readings)
    assert told["reference"]["file"] == "finger.csv"
    assert told["comparison"]["mae_bpm"] is not None
    assert told["frames"]["box"][int(12.5 * 30)] is None
    odd = replace(session, info=session.info.model_copy(update={"fps": float("nan")}))
    (path,) = export_session(odd, ["json"], tmp_path, overwrite=True).files
    assert json.loads(path.read_text(), parse_constant=refuse)["session"]["fps"] is None


def test_edf_by_pyedflib(session, tmp_path):
    edf = pytest.importorskip("pyedflib")
    (path,) = export_session(session, ["edf"], tmp_path).files
    with edf.EdfReader(str(path)) as reader:
        assert reader.filetype == edf.FILETYPE_EDFPLUS
        labels = reader.getSignalLabels()
        assert labels == ["BVP camera", "HR camera", "Quality", "PPG reference", "HR reference"]
        assert reader.getSampleFrequencies().tolist() == [30, 1, 1, 64, 1]
        assert reader.getStartdatetime() == STARTED.replace(tzinfo=None)
        assert reader.getPatientCode() == "P07"
        wave, sensor = reader.readSignal(0), reader.readSignal(3)
        t = np.arange(len(wave)) / 30
        first = session.bvp_t[0]
        inside = (t >= first) & (t < 11.5)
        scale = np.abs(session.bvp).max()
        expected = np.interp(t[inside], session.bvp_t, session.bvp)
        assert np.abs(wave[inside] - expected).max() < 2e-4 * scale
        hole = (t > 12.1) & (t < 13.4)
        assert np.abs(wave[hole]).max() <= 2e-4 * scale
        at = np.arange(len(sensor)) / 64
        assert np.abs(sensor - PULSE.bvp(at))[at < SECONDS - 0.1].max() < 2e-3
        rates = reader.readSignal(1)
        assert np.abs(rates[8:12] - 72).max() < 8
        onsets, lengths, texts = reader.readAnnotations()
    told = dict(zip(texts.tolist(), zip(onsets, lengths, strict=True), strict=True))
    assert told['stood up, "quickly" é'][0] == pytest.approx(12.5)
    assert told["no pulse signal"][1] > 1.0
    assert "state: no face" in told


def test_edf_header_by_its_bytes(session, tmp_path):
    """The fields where the standard has them (Kemp et al. 1992, 2003)."""
    (path,) = export_session(session, ["edf"], tmp_path).files
    data = path.read_bytes()
    head = data[:256].decode("ascii")
    assert head[0:8] == "0       "
    assert head[8:88].split() == ["P07", "X", "X", "X"]
    assert head[88:168].startswith("Startdate 05-MAR-2026 ")
    assert (head[168:176], head[176:184]) == ("05.03.26", "12.00.00")
    assert head[192:197] == "EDF+C"
    signals, records = int(head[252:256]), int(head[236:244])
    assert (signals, records, float(head[244:252])) == (6, int(SECONDS), 1.0)
    assert int(head[184:192]) == 256 * (signals + 1)
    body = data[256 : 256 * (signals + 1)].decode("ascii")
    labels = [body[16 * k : 16 * k + 16].strip() for k in range(signals)]
    assert labels[-1] == "EDF Annotations"
    lows = body[104 * signals : 112 * signals]
    highs = body[112 * signals : 120 * signals]
    for k in range(signals):
        assert float(lows[8 * k : 8 * k + 8]) < float(highs[8 * k : 8 * k + 8])
    counts = [int(body[216 * signals + 8 * k :][:8]) for k in range(signals)]
    assert len(data) == 256 * (signals + 1) + 2 * records * sum(counts)


def by_edfio(path):
    file = edfio.read_edf(path)
    return file.startdatetime, {note.text: note.onset for note in file.annotations}


def by_pyedflib(path):
    edf = pytest.importorskip("pyedflib")
    with edf.EdfReader(str(path)) as reader:
        onsets, _, texts = reader.readAnnotations()
        # getStartdatetime takes the unit, 100 ns, for 1 us / 100
        start = reader.getStartdatetime().replace(microsecond=reader.starttime_subsecond // 10)
    return start, dict(zip(texts.tolist(), onsets.tolist(), strict=True))


@pytest.mark.parametrize("reader", [by_edfio, by_pyedflib])
@pytest.mark.parametrize("microsecond", [0, 250_000, 1_000, 565_000, 999_999])
def test_edf_keeps_the_fraction_of_the_start_second(session, tmp_path, reader, microsecond):
    started = STARTED.replace(microsecond=microsecond)
    told = replace(session, info=session.info.model_copy(update={"started": started}))
    (path,) = export_session(told, ["edf"], tmp_path).files
    start, onsets = reader(path)
    assert start == started.replace(tzinfo=None)
    assert onsets['stood up, "quickly" é'] == pytest.approx(12.5, abs=1e-4)
    assert open_sensor_file(path).started == started.replace(tzinfo=None)


@pytest.mark.parametrize("started", [None, datetime(1960, 1, 1, 12, 0, 0, 250_000, tzinfo=UTC)])
def test_edf_of_an_unknown_day_says_x(session, tmp_path, started):
    told = replace(session, info=session.info.model_copy(update={"started": started}))
    (path,) = export_session(told, ["edf"], tmp_path).files
    assert path.read_bytes()[88:168].startswith(b"Startdate X ")
    assert open_sensor_file(path).started is None


def test_edf_with_a_crowd_of_markers_in_one_second_is_refused(session, tmp_path):
    crowd = tuple(Marker(1.0, "x" * 200) for _ in range(20_000))
    odd = replace(session, markers=crowd)
    with pytest.raises(ExportError, match="too many markers"):
        export_session(odd, ["edf"], tmp_path)
    assert os.listdir(tmp_path) == []


def test_a_form_that_fails_costs_no_other(folder, tmp_path):
    bare = pulse_session(tmp_path / "bare", PULSE, 8.0, step=30)
    done = export_session(bare, ["mp4", "csv", "json"], tmp_path / "out")
    assert [failed.form for failed in done.failed] == ["mp4"]
    assert "without its video" in done.failed[0].reason
    assert {path.suffix for path in done.files} == {".csv", ".json"}
    assert sorted(done.files) == sorted((tmp_path / "out").iterdir())
    assert "without its video" in why_not(bare, "mp4")
    assert why_not(bare, "edf") == ""


def test_all_forms_that_fail_are_named(tmp_path):
    bare = pulse_session(tmp_path / "bare", PULSE, 8.0, step=30)
    short = replace(bare, frames=replace(bare.frames, t=bare.frames.t / 100))
    with pytest.raises(ExportError, match=r"mp4: .*; edf: .*shorter than a second"):
        export_session(short, ["mp4", "edf"], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_what_is_there_is_replaced_only_where_that_was_said(session, tmp_path):
    (path,) = export_session(session, ["json"], tmp_path).files
    path.write_text("mine")
    assert in_the_way(session, ["json", "csv"], tmp_path) == [path]
    with pytest.raises(OutputError, match="is there already"):
        export_session(session, ["csv", "json"], tmp_path)
    assert path.read_text() == "mine"
    assert os.listdir(tmp_path) == [path.name]
    export_session(session, ["json"], tmp_path, overwrite=True)
    assert json.loads(path.read_text(encoding="utf-8"))["format"]


FORMULA = '=HYPERLINK("http://example.com","open")'


def test_csv_shows_formulas_as_text(session, tmp_path):
    told = {"name": FORMULA, "notes": "\t=1+1", "participant": "@SUM(A1)"}
    marks = tuple(replace(m, name="-2+3") for m in session.markers)
    odd = replace(session, info=session.info.model_copy(update=told), markers=marks)
    files = {p.stem.split("_")[-1]: p for p in export_session(odd, ["csv"], tmp_path).files}
    about = {row["key"]: row["value"] for row in table(files["session"])}
    assert about["name"] == "'" + FORMULA
    assert about["notes"] == "'\t=1+1"
    assert about["participant"] == "'@SUM(A1)"
    assert [row["name"] for row in table(files["markers"])] == ["'-2+3"] * len(marks)
    assert min(float(row["bvp"]) for row in table(files["pulse"])) < 0  # numbers stay numbers


def test_mp4_by_opencv(session, tmp_path, monkeypatch):
    # Set for cameras by tests before this one; it makes OpenCV lose frames of files.
    monkeypatch.delenv("OPENCV_FFMPEG_CAPTURE_OPTIONS", raising=False)
    (path,) = export_session(session, ["mp4"], tmp_path).files
    video = cv2.VideoCapture(str(path))
    pictures = []
    while True:
        there, image = video.read()
        if not there:
            break
        pictures.append(image[:, :, ::-1])
    video.release()
    assert len(pictures) == len(session.frames)
    assert pictures[0].shape[0] % 2 == pictures[0].shape[1] % 2 == 0
    assert pictures[0].shape[0] >= 480
    corner = [p[60:80, 5:25].reshape(-1, 3).mean(axis=0) for p in pictures]
    for t, colour in zip(session.frames.t.tolist(), corner, strict=True):
        expected = LIGHT if int(t) % 2 == 0 else DARK
        assert np.abs(colour - expected).max() < 12
    strip = pictures[200][-90:, 260:].astype(int)
    rosy = (strip[..., 0] > 190) & (strip[..., 1] < 150)
    assert rosy.sum() > 100  # the wave
    bare = pictures[10][-90:, 260:].astype(int)
    assert ((bare[..., 0] > 190) & (bare[..., 1] < 150)).sum() < rosy.sum() / 2


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("ffprobe") is None, reason="no ffprobe here")
def test_mp4_by_ffprobe(session, tmp_path):
    (path,) = export_session(session, ["mp4"], tmp_path).files
    shown = subprocess.run(
        ["ffprobe", "-v", "error", "-select_streams", "v", "-show_entries",
         "stream=codec_name,pix_fmt:frame=pts_time", "-of", "json", str(path)],
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert shown.stderr == ""
    told = json.loads(shown.stdout)
    assert (told["streams"][0]["codec_name"], told["streams"][0]["pix_fmt"]) == ("h264", "yuv420p")
    times = [float(frame["pts_time"]) for frame in told["frames"]]
    assert np.abs(np.array(times) - session.frames.t).max() < 2e-5


def test_png_by_opencv(session, tmp_path):
    (path,) = export_session(session, ["png"], tmp_path).files
    image = cv2.imread(str(path))
    assert image.shape[1] == 1240
    assert image.shape[0] > image.shape[1]
    assert (image.reshape(-1, 3).max(axis=1) < 250).mean() > 0.02


class Page(HTMLParser):
    """Which tags are open, which addresses are named, and what can be read."""

    VOID = ("meta", "br", "hr", "img", "link", "input")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.links: list[str] = []
        self.words = ""

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.links += [v for k, v in attrs if k in ("src", "href", "xlink:href", "action") and v]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] not in ("style", "script"):
            self.words += data


def test_html_stands_alone(session, tmp_path):
    (path,) = export_session(session, ["html"], tmp_path, name="<script>alert(1)</script>").files
    text = path.read_text(encoding="utf-8")
    page = Page()
    page.feed(text)
    assert page.open == []
    assert all(link.startswith("#") for link in page.links)
    assert "http" not in text.replace("http-equiv", "")
    assert "script" not in page.tags
    assert "a <b>note</b>" in page.words
    assert 'stood up, "quickly" é' in page.words
    assert page.tags.count("svg") == 5
    assert "not a medical device" in page.words
    ids = [part.split('"')[0] for part in text.split(' id="')[1:]]
    assert len(ids) == len(set(ids))


def test_words_of_a_person_cannot_break_anything(session, tmp_path):
    nasty = '</script><img src=x onerror="a">$\\frac{$ \x00 \ud800 ' + "x" * 300
    info = session.info.model_copy(update={"name": nasty, "notes": nasty, "participant": nasty})
    marks = tuple(replace(m, name=nasty) for m in session.markers)
    odd = replace(session, info=info, markers=marks)
    paths = export_session(odd, ["csv", "json", "edf", "html"], tmp_path).files
    assert all(len(path.name.encode()) < 200 for path in paths)
    page = Page()
    page.feed(paths[-1].read_text(encoding="utf-8"))
    assert "img" not in page.tags
    assert page.open == []


def test_a_session_of_faces_and_one_of_nothing(tmp_path):
    bare = pulse_session(tmp_path / "bare", PULSE, 8.0, step=30)
    with pytest.raises(ExportError, match="without its video"):
        export_session(bare, ["mp4"], tmp_path / "out")
    assert not (tmp_path / "out").exists()
    assert len(export_session(bare, ["edf", "png"], tmp_path / "out").files) == 2
    empty = replace(bare, readings=(), bvp_t=np.empty(0), bvp=np.empty(0), markers=())
    assert len(export_session(empty, ["csv", "json", "html"], tmp_path / "out").files) == 7


def test_progress_rises_and_cancel_leaves_nothing(session, tmp_path):
    seen = []
    export_session(session, ["html", "csv"], tmp_path, progress=lambda *step: seen.append(step))
    shares = [share for share, _ in seen]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert {what for _, what in seen} == {"csv", "html"}
    calls = []

    def enough() -> bool:
        calls.append(1)
        return len(calls) > 12

    with pytest.raises(ExportCancelled):
        export_session(session, ["csv", "mp4"], tmp_path / "new", cancelled=enough)
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("formats", "words"), [(["pdf"], "no format 'pdf'"), ([], "no format is chosen")]
)
def test_formats_that_are_not_there(session, tmp_path, formats, words):
    with pytest.raises(ExportError, match=words):
        export_session(session, formats, tmp_path / "out")


def test_places_that_cannot_be_written(session, tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError, match="is a file"):
        export_session(session, ["csv"], tmp_path / "file")
    (tmp_path / "s.json").mkdir()
    with pytest.raises(OutputError, match=r"s\.json is a folder"):
        export_session(session, ["json"], tmp_path)
    assert sorted(os.listdir(tmp_path)) == ["file", "s.json"]


@pytest.mark.skipif(os.name == "nt", reason="no pipes in folders there")
def test_a_pipe_in_the_way_stays_one(session, tmp_path):
    os.mkfifo(tmp_path / "s.json")
    with pytest.raises(OutputError, match=r"s\.json is no ordinary file"):
        export_session(session, ["json"], tmp_path)
    assert (tmp_path / "s.json").is_fifo()
    assert os.listdir(tmp_path) == ["s.json"]


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("form", ["csv", "json", "edf", "png", "html", "mp4"])
def test_a_full_disk_is_one_line_and_leaves_what_was(folder, tmp_path, repository, form):
    """A limit on the size of files stands in for the disk."""
    session, out = open_session(folder), tmp_path / "out"
    before = {p.name: p.read_bytes() for p in export_session(session, [form], out).files}
    limit = max(len(data) for data in before.values()) * 2 // 3
    code = f"""
    import resource, signal
    from aimanet.errors import OutputError
    from aimanet.sessions.export import export_session
    from aimanet.sessions.reader import open_session
    session = open_session({str(folder)!r})
    export_session(session, [{form!r}], {str(tmp_path / "warm")!r})
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))
    try:
        export_session(session, [{form!r}], {str(out)!r}, overwrite=True)
    except OutputError as error:
        print("told:", str(error).replace(chr(10), "NEWLINE"))
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], cwd=repository,
                          capture_output=True, text=True, timeout=100, check=False)  # fmt: skip
    assert "told: cannot" in done.stdout, done.stderr
    assert "NEWLINE" not in done.stdout
    assert {p.name: p.read_bytes() for p in out.iterdir()} == before
