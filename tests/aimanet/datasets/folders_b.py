"""More data sets in their published layouts: SCAMPS, MMPD, iBVP, BP4D+ and our own sessions.

The faces and their pulses are those of `folders`; what is said there holds here.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterable, Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import cv2
import h5py
import numpy as np
import scipy.io

from aimanet.datasets.align import on_grid
from aimanet.datasets.base import Label
from aimanet.types import Frame
from tests.aimanet.datasets.folders import (
    Face,
    Image,
    Signal,
    column,
    jittered,
    person,
    write_image,
    write_text,
)


def lag_frames(frames: Iterable[Frame], label: Label, fps: float) -> tuple[float, float]:
    """By how many frames the label is late (to a tenth), and how well it fits there.

    The face gets darker in green where blood rises.
    """
    t, blood = [], []
    for frame in frames:
        h, w = frame.image.shape[:2]
        face = frame.image[h // 4 : 3 * h // 4, w * 3 // 8 : w * 5 // 8, 1]
        t.append(frame.t)
        blood.append(-float(face.mean()))
    moments, wave = np.array(t), np.array(blood)
    shifts = np.arange(-20, 21) / 10
    fits = []
    for shift in shifts:
        ppg, _ = on_grid(label, moments + shift / fps)
        known = np.isfinite(ppg)
        fits.append(np.corrcoef(ppg[known], wave[known])[0, 1])
    best = int(np.argmax(fits))
    return float(shifts[best]), float(fits[best])


# SCAMPS ---------------------------------------------------------------------------------------


def scamps_file(
    path: Path,
    face: Face | None = None,
    side: int = 36,
    row: bool = True,
    dtype: str = "f8",
    raw: bool = True,
    **change,
) -> Path:
    """A file with all of the published variables (``change`` replaces some, None removes)."""
    face = face or person(int("".join(c for c in path.stem if c.isdigit())), 1.0)
    wide = np.stack([cv2.resize(i, (side * 4 // 3, side)) for i in face.images()])
    left = (wide.shape[2] - side) // 2
    n = len(wide)
    ppg = face.bvp(face.times)
    values = {
        "Xsub": as_hdf5(wide[:, :, left : left + side], dtype),
        "d_ppg": ppg[None] if row else ppg[:, None],
        "d_br": np.sin(face.times)[None],
        "skin_mask": np.zeros((side, side, n - 1)),
        "combined_mask": np.zeros((side, side, n - 1)),
        "numerical_mask": np.zeros((side, side, n - 1)),
        "d_pitch": np.zeros((1, n)),
        "d_yaw": np.zeros((1, n)),
        "d_rol": np.zeros((1, n)),
        "au12": np.zeros((1, n)),
    }
    if raw:
        values["RawFrames"] = as_hdf5(wide, dtype)
    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, "w", userblock_size=512) as file:
        for name, value in (values | change).items():
            if value is not None:
                packed = value.ndim > 2
                file.create_dataset(name, data=value, compression="gzip" if packed else None)
    with path.open("r+b") as file:
        file.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(116, b" "))
    return path


def as_hdf5(images: np.ndarray, dtype: str = "f8") -> np.ndarray:
    """(T, H, W, 3) grey levels as HDF5 shows MATLAB's array: (3, W, H, T), floats in 0-1."""
    turned = images.transpose(3, 2, 1, 0)
    return turned.astype(np.uint8) if dtype == "u1" else (turned / 255.0).astype(dtype)


# MMPD -----------------------------------------------------------------------------------------


def mmpd_file(
    path: Path, face: Face | None = None, packed: bool = True, dtype: str = "f8", **change
) -> Path:
    """``subject1/p1_0.mat`` with the ten variables (``change`` replaces some, None removes)."""
    face = face or person(sum(map(ord, path.stem)), 1.0)
    images = np.stack([cv2.resize(i, (80, 60)) for i in face.images()])
    video = images if dtype == "u1" else (images / 255.0).astype(dtype)
    values = {
        "video": video,
        "GT_ppg": face.bvp(face.times)[None],
        "light": "LED-low",
        "motion": "Stationary (after exercise)",
        "exercise": "True",
        "skin_color": np.array([[3]]),
        "gender": "female",
        "glasser": "False",
        "hair_cover": "False",
        "makeup": "False",
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    kept = {name: value for name, value in (values | change).items() if value is not None}
    scipy.io.savemat(path, kept, do_compression=packed)
    return path


# iBVP -----------------------------------------------------------------------------------------

IBVP_HEADER = "BVP,SQPhysMD,SQ1,SQ2,Perfusion_Value"


def ibvp_session(
    folder: Path,
    face: Face | None = None,
    header: str = IBVP_HEADER,
    name: str = "{:d}.bmp",
    bad: tuple[int, int] | None = None,
    thermal: int = 3,
) -> Path:
    """``p01_a/p01_a_rgb/*.bmp  p01_a_t/*.raw  p01_a_bvp.csv``; ``bad`` rows have SQ2 = 0."""
    face = face or person(sum(map(ord, folder.name)), 2.0)
    for number, image in enumerate(face.images()):
        write_image(folder / f"{folder.name}_rgb" / name.format(number), image)
    heat = folder / f"{folder.name}_t"
    heat.mkdir(parents=True, exist_ok=True)
    for number in range(thermal):
        (heat / f"{number}.raw").write_bytes(bytes(655_360))
    bad_rows = range(*bad) if bad else range(0)
    rows = [
        f"{ppg:.6f},0.91,1,{0 if k in bad_rows else 1},2.31"
        for k, ppg in enumerate(face.bvp(face.times))
    ]
    text = "\r\n".join([header, *rows]) + "\r\n"
    write_text(folder / f"{folder.name}_bvp.csv", text)
    return folder


# BP4D+ ----------------------------------------------------------------------------------------


def bp4d(
    root: Path,
    trials: Sequence[tuple[str, str]] = (("F001", "T1"), ("F001", "T2"), ("M001", "T10")),
    seconds: float = 3.0,
    packed: bool = True,
    name: str = "{:d}.jpg",
) -> Path:
    """``2D+3D/F001.zip`` and ``Physiology/F001/T1/*.txt``; frames at 25 fps, sensors at 1 kHz."""
    pictures: dict[str, bytes] = {}
    for subject, trial in trials:
        face = bp4d_face(subject, trial, seconds)
        for number, image in enumerate(face.images()):
            pictures[f"{subject}/{trial}/{name.format(number)}"] = jpeg(image)
            pictures[f"{subject}/{trial}/{number:04d}.obj"] = b"v 0 0 0"
            pictures[f"{subject}/{trial}/{number:04d}.mtl"] = b"newmtl a"
        bp4d_physiology(root / "Physiology" / subject / trial, face)
    (root / "2D+3D").mkdir(parents=True, exist_ok=True)
    for subject in dict.fromkeys(subject for subject, _ in trials):
        own = {path: data for path, data in pictures.items() if path.startswith(subject)}
        if packed:
            write_zip(root / "2D+3D" / f"{subject}.zip", own)
        else:
            for path, data in own.items():
                target = root / "2D+3D" / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(data)
    for other in (
        "2DFeatures/F001_T1.mat",
        "3DFeatures/F001_T1.mat",
        "AUCoding/AU_OCC/F001_T1.csv",
    ):
        write_text(root / other, "x")
    return root


def bp4d_face(subject: str, trial: str, seconds: float = 3.0) -> Face:
    return person(sum(map(ord, subject + trial)), seconds, 25.0)


def bp4d_physiology(folder: Path, face: Face) -> None:
    t = np.arange(round(1000 * face.seconds)) / 1000
    write_text(folder / "BP_mmHg.txt", column(90 + 15 * face.bvp(t), "{:.4f}"))
    write_text(folder / "Pulse Rate_BPM.txt", column(face.hr_bpm(t), "{:.2f}"))
    for other in ("LA Mean BP_mmHg", "LA Systolic BP_mmHg", "BP Dia_mmHg", "Resp_Volts"):
        write_text(folder / f"{other}.txt", column(np.full(len(t), 80.0)))
    write_text(folder / "EDA_microsiemens.txt", column(np.full(len(t), 5.0)))


def jpeg(image: Image) -> bytes:
    coded, data = cv2.imencode(
        ".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 97]
    )
    assert coded
    return data.tobytes()


def write_zip(path: Path, members: dict[str, bytes]) -> Path:
    """A zip in reverse order: archive order must not matter."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, content in reversed(members.items()):
            archive.writestr(name, content)
    path.write_bytes(data.getvalue())
    return path


# Our own sessions -----------------------------------------------------------------------------


def session(
    folder: Path,
    face: Face | None = None,
    participant: str = "anna",
    reference: str | None = "t,ppg,hr_bpm",
    kept: str = "frame",
    killed: bool = False,
    **head,
) -> Signal:
    """A session with a contact sensor at 100 Hz; the true times of its frames (from 0)."""
    face = face or person(sum(map(ord, folder.name)), 3.0)
    t = jittered(face)
    folder.mkdir(parents=True, exist_ok=True)
    about = {
        "format": "aimanet-session-1",
        "started": "2026-11-22T12:00:00+01:00",
        "source": {"spec": "0", "label": "Camera", "live": True},
        "participant": participant,
        "notes": "",
        "kept": kept,
    }
    write_text(folder / "session.json", json.dumps(about | head, indent=2))
    if kept != "none":
        write_ffv1(folder / "video.mkv", face.images(t), t, killed)
    rows = [f"{k},{at!r},10.0,5.0,50.0,50.0" for k, at in enumerate(t.tolist())]
    write_text(folder / "frames.csv", "\n".join(["index,t,x,y,w,h", *rows]) + "\n")
    write_text(folder / "readings.csv", "t,hr_bpm,snr_db,state,quality\n")
    write_text(folder / "bvp.csv", "t,bvp\n0.1,0.5\n")
    write_text(folder / "markers.csv", "t,name\n1.0,start\n")
    if reference is not None:
        sensor_t = np.arange(-30, round(100 * face.seconds) + 30) / 100
        columns = {"t": sensor_t, "ppg": face.bvp(sensor_t), "hr_bpm": face.hr_bpm(sensor_t)}
        table = zip(*(columns[name] for name in reference.split(",")), strict=True)
        lines = [",".join(f"{value:.6f}" for value in row) for row in table]
        write_text(folder / "reference.csv", "\n".join([reference, *lines]) + "\n")
    return t


def write_ffv1(path: Path, images: Iterable[Image], t: Signal, killed: bool = False) -> Path:
    """Lossless Matroska with the frames' own times in ms; killed: what is on the disk then."""
    stamps = [round(1000 * at) for at in t]
    assert all(a < b for a, b in pairwise(stamps))
    often = {"cluster_time_limit": "250", "flush_packets": "1"}
    with av.open(str(path), "w", container_options=often) as container:
        stream = container.add_stream("ffv1", rate=30)
        stream.pix_fmt = "bgr0"
        stream.time_base = stream.codec_context.time_base = Fraction(1, 1000)
        for stamp, image in zip(stamps, images, strict=True):
            if stamp == stamps[0]:
                stream.height, stream.width = image.shape[:2]
            picture = av.VideoFrame.from_ndarray(image, "rgb24")
            picture.pts, picture.time_base = stamp, Fraction(1, 1000)
            container.mux(stream.encode(picture))
        on_disk = path.read_bytes()
        container.mux(stream.encode(None))
    if killed:
        path.write_bytes(on_disk)
    return path
