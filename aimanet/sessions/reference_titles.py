"""What the title of a sensor's column says: which quantity it is, in which unit."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

Meaning = Literal["time", "count", "ppg", "ecg", "hr", "ibi", "heart", "other", "unknown"]
"""``heart`` is a pulse or a rate, which the numbers tell; ``other`` is no heart's."""

HEARTS: tuple[Meaning, ...] = ("ppg", "ecg", "hr", "ibi", "heart")

_PHRASES: tuple[tuple[Meaning, str, str], ...] = (
    (
        "other",
        "quality confidence status flag flags valid validity ambient battery batt trigger "
        "trig event events marker mark stim stimulus reminder alarm alert zone variability "
        "hrv prv rmssd sdnn pnn error errors rssi temperature temperatur temp acc accel "
        "acceleration accelerometer gyro gyroscope mag magnetometer motion movement bewegung "
        "current gain threshold reserve recovery amplitude width std stdev stddev target",
        "transit time|time in zone|date of birth|birth|resting|pr interval|sample rate|"
        "sampling rate|sampling frequency|perfusion|blood pressure|"
        "pleth spo2",
    ),
    (
        "ibi",
        "ibi ibis rri rris ppi ppis nn nni rrinterval rrintervals rtor",
        "rr interval|rr intervals|r r|r to r|beat to beat|interbeat|inter beat|pulse interval|"
        "pulse intervals|pp interval|pp intervals|nn interval|nn intervals|heart period|"
        "ibi interval|rr abstand|herzschlagintervall|intervalle rr|intervalo rr|intervallo rr|"
        "beat interval|beat intervals",
    ),
    (
        "other",
        "",
        "sampling interval|sample interval|sampling period",
    ),
    (
        "ibi",
        "rr interval intervals",
        "",
    ),
    (
        "hr",
        "hr bpm heartrate pulserate pr fc chs tetno syke hartslag nabiz herzfrequenz "
        "pulsfrequenz herzrate polsslag hjertefrekvens hjartfrekvens 心率 脉率 脈拍数 心拍数 "
        "심박수 맥박수 чсс",
        "heart rate|heart beat rate|ppg rate|ecg rate|pulse rate|beats per minute|beats min|"
        "beat per min|frequence cardiaque|frecuencia cardiaca|frequenza cardiaca|"
        "frequencia cardiaca|frequence du pouls",
    ),
    (
        "ecg",
        "ecg ekg exg mlii elektrokardiogramm lead avl avr avf electrocardiogram",
        "",
    ),
    (
        "ppg",
        "ppg bvp pleth plethysmogram plethysmograph plethysmography plethy plethysmo waveform "
        "wave pulswelle photoplethysmogram photoplethysmography irppg",
        "pulse wave|spo2 waveform|red led|ir led|green led|blood volume pulse|volume pulse|"
        "finger pulse|onde de pouls",
    ),
    (
        "other",
        "spo2 spo sao2 sao o2 ox oxygen saturation sat sauerstoff sauerstoffsattigung oxygene "
        "oxigeno ossigeno saturacion saturazione 血氧 gsr eda scl scr skin conductance "
        "conductivity resistance galvanic resp respiration respiratory respirations breath "
        "breaths breathing br brpm rpm respiratoire respiratoria respirazione respiracion "
        "ademhaling andning 呼吸 呼吸率 呼吸频率 atem atmung atemfrequenz "
        "co2 etco2 capno capnogram pi "
        "pvi pressure bp abp sys dia systolic diastolic glucose weight speed pace cadence "
        "power altitude elevation distance latitude longitude lat lon lng calories kcal steps "
        "stride posture activity emg eeg eog label device subject participant session user "
        "condition notes comment sensors name sport type source duration digital di do button "
        "humidity light lux barometer roll pitch yaw zeros",
        "",
    ),
    (
        "time",
        "time timestamp timestamps datetime clock millis micros msec seconds sec secs "
        "milliseconds microseconds elapsed zeit uhrzeit zeitpunkt zeitstempel datum temps "
        "heure horodatage tiempo hora tempo ora tijd tijdstip tid tidspunkt aika czas "
        "zaman fecha date onset epoch unixtime unix utc whenmeasured moment 时间 時間 時刻 "
        "日時 시간 время",
        "",
    ),
    (
        "count",
        "nseq seq sequence index idx count counter packet sample samples row number num nr no "
        "frame id n lfd",
        "",
    ),
    (
        "heart",
        "pulse puls heart heartbeat cardiac rate hf pouls pulso polso pulsaciones pols 脉搏 "
        "脈拍 맥박 пульс",
        "",
    ),
    (
        "ppg",
        "red ir infrared green",
        "",
    ),
)  # fmt: skip
_SECOND_HAND = {"end", "ende", "fin", "received", "creation", "created", "modified", "update"}
_WHOLE: dict[str, Meaning] = {
    "t": "time", "s": "time", "ms": "time", "min": "time", "hh mm ss": "time", "i": "ecg",
    "ii": "ecg", "iii": "ecg", "v1": "ecg", "v2": "ecg", "v5": "ecg", "": "unknown",
}  # fmt: skip
_UNITS = {
    "time": "s sec secs second seconds ms msec msecs millisecond milliseconds us usec µs μs "
    "microseconds ns nsec nanoseconds min mins minute minutes h hr hour hours",
    "hr": "bpm beats/min 1/min count/min beats/minute min-1 s/min cpm",
    "other": "us/cm µs µsiemens usiemens siemens ohm kohm kohms mmhg g mg m/s2 m/s^2 m/s² deg °c c "
    "degc celsius f °f lux % percent pct spo2% dps dbm ppm brpm rpm breaths/min kpa l/min km/h "
    "w watt kcal m",
    "wave": "v volt volts mv millivolts uv µv μv nv a.u. au a.u arb arb. counts count adc nu raw "
    "pm na dimensionless normalized lsb unitless bit bits",
    "none": "cal uncal no_units nounits n/a - none () [] hh:mm:ss hh:mm:ss.mmm mm:ss unix",
}
_UNIT_KINDS = {word: kind for kind, words in _UNITS.items() for word in words.split()}
_FRACTION = re.compile(r"(?:s|sec|1)\s*/\s*(\d{2,7})\s*(?:s|sec)?", re.IGNORECASE)
_PARTS = re.compile(r"[\[(/]\s*([^\])]*)[\])]?")


@dataclass(frozen=True, slots=True)
class Title:
    """``meaning`` and the ``unit`` in lower case ("" for none); ``weight``, how plain it is."""

    meaning: Meaning
    unit: str = ""
    weight: float = 1.0


def plain_words(text: str) -> str:
    """Lower-case words without accents, CamelCase and snake_case taken apart."""
    text = re.sub(r"(?<=[a-z])(?=[A-Z][a-z])|(?<=[a-z])(?=[A-Z]+\b|[A-Z]{2,}\d*\b)", " ", text)
    text = unicodedata.normalize("NFKD", text)
    text = "".join(c for c in text if not unicodedata.combining(c)).lower().replace("ı", "i")
    return " ".join("".join(c if c.isalnum() else " " for c in text).split())


def unit_kind(unit: str) -> str:
    """``time``, ``hr``, ``wave``, ``other``, ``none`` for a unit; "" for what is no unit."""
    unit = unit.strip().strip("()[]'\" ").lower()
    return _UNIT_KINDS.get(unit.replace(" ", "_"), "time" if _FRACTION.fullmatch(unit) else "")


def fraction(unit: str) -> float | None:
    """How many of a unit like "1/1024 s" or "s/256" make a second; None for others."""
    found = _FRACTION.fullmatch(unit.strip())
    return float(found[1]) if found else None


def unit_of(title: str) -> str:
    """The unit in a title's brackets, behind its slash or at its end ("t_ms"); "" for none."""
    for found in reversed(_PARTS.findall(title)):
        if unit_kind(found) or found.strip().lower() == "hz":
            return str(found).strip().lower()
    words = re.split(r"[\s_,;:/]+", title.strip().lower())
    short = len(words) > 1 and unit_kind(words[-1]) in ("time", "hr") and len(words[-1]) < 5
    return words[-1] if short and words[-1] != "hr" else ""


_SPELLED = {
    "s": "sec secs second seconds", "ms": "msec msecs millis millisecond milliseconds",
    "us": "µs μs usec micros microsecond microseconds", "ns": "nsec nanosecond nanoseconds",
    "min": "mins minute minutes", "h": "hr hour hours", "d": "day days",
}  # fmt: skip
_UNIT_WORDS = {word: unit for unit, words in _SPELLED.items() for word in (unit, *words.split())}


def named_unit(name: str) -> str:
    """The unit of `UNITS` that a time column's title names; "" for none."""
    told = _UNIT_WORDS.get(unit_of(name), "")
    if told:
        return told
    words = "".join(c if c.isalnum() else " " for c in name.lower()).split()
    named = [_UNIT_WORDS[word] for word in words if word in _UNIT_WORDS]
    return named[-1] if named else ""


def read_title(title: str) -> Title:
    """What a title says."""
    unit = unit_of(title)
    bare = re.split(r"[\[(]", title)[0] or title
    if title.lower().startswith(("com.", "hk")):
        bare = bare.rsplit(".", 1)[-1]
    words = plain_words(bare)
    whole = _WHOLE.get(words)
    meaning = whole if whole is not None else _of_words(words)
    kind = unit_kind(unit)
    in_hz = meaning == "heart" and unit == "hz"
    if in_hz or (meaning in ("unknown", "heart", "count") and kind == "hr"):
        meaning = "hr"
    elif meaning in ("unknown", "heart") and kind == "other":
        meaning = "other"
    elif meaning == "heart" and kind == "wave":
        meaning = "ppg"
    elif meaning == "heart" and kind == "time":
        meaning = "ibi"
    elif meaning == "unknown" and kind == "time" and words.split()[0] == "t":
        meaning = "time"
    return Title(meaning, unit, _weight(words, meaning))


def _of_words(words: str) -> Meaning:
    tokens = words.split()
    stems = {token.rstrip("0123456789") or token for token in tokens} | set(tokens)
    spaced = f" {words} "
    for meaning, singles, phrases in _PHRASES:
        if stems & set(singles.split()):
            return meaning
        if any(f" {phrase} " in spaced for phrase in phrases.split("|") if phrase):
            return meaning
    return "unknown"


def _weight(words: str, meaning: Meaning) -> float:
    """Means, extremes and second-hand times are told from what was measured."""
    tokens = set(words.split())
    if meaning == "time":
        return 0.5 if tokens & _SECOND_HAND else 1.0
    if tokens & {"max", "maximum", "min", "minimum", "peak", "low", "high"}:
        return 0.2
    if tokens & {"avg", "average", "mean", "moyenne", "durchschnitt", "smoothed"}:
        return 0.6
    if meaning == "ppg" and tokens & {"red", "green"}:
        return 0.8
    return 1.0
