"""Contact sensors' files in the form in which devices and programs write them: 72 BPM, 40 s."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

SECONDS, BPM = 40, 72.0
BEAT_S = 60.0 / BPM
START = datetime(2026, 11, 29, 10, 0, 0)
EPOCH = 1_795_946_400
S = range(SECONDS)
BEATS = range(1, int(SECONDS / BEAT_S))


def wave(t: float) -> float:
    """A pulse of 72 BPM with a second wave."""
    return math.sin(2 * math.pi * BPM / 60 * t) + 0.3 * math.sin(4 * math.pi * BPM / 60 * t + 1)


def at(s: float, form: str = "%Y-%m-%d %H:%M:%S.%f") -> str:
    """The wall clock after ``s`` seconds."""
    return (START + timedelta(seconds=s)).strftime(form)


def iso(s: float) -> str:
    """The wall clock as XML and JSON have it."""
    return at(s, "%Y-%m-%dT%H:%M:%S")


def hr(s: int) -> int:
    """A heart rate around 72."""
    return 71 + s % 3


def rr(k: int) -> float:
    """The interval (ms) before beat ``k``."""
    return round(1000 * BEAT_S) + (7, -9, 2)[k % 3]


def ticks(hz: float) -> list[float]:
    """The times of samples."""
    return [k / hz for k in range(int(SECONDS * hz))]


@dataclass(frozen=True)
class Device:
    """A file as a device writes it, and what it holds: ``kind`` and the column of the heart."""

    name: str
    lines: Callable[[], list[str]]
    kind: str
    column: str
    encoding: str = "utf-8"


def _opensignals() -> list[str]:
    head = {"00:07": {"sensor": ["RAW", "BVP"], "label": ["A1", "A2"], "sampling rate": 100,
                      "column": ["nSeq", "I1", "O1", "A1", "A2"]}}  # fmt: skip
    rows = [
        f"{k % 16}\t1\t0\t{300 + k % 5}\t{512 + 90 * wave(t):.0f}" for k, t in enumerate(ticks(100))
    ]
    return ["# OpenSignals Text File Format", "# " + json.dumps(head), "# EndOfHeader", *rows]


def _polar_logger() -> list[str]:
    return ["Phone timestamp;sensor timestamp [ns];channel 0;channel 1;channel 2;ambient"] + [
        f"{at(round(t, 1), '%Y-%m-%dT%H:%M:%S.%f')[:-3]};{599_616_000_000_000_000 + int(t * 1e9)};"
        f"{4e5 - 900 * wave(t):.0f};{39e4 - 800 * wave(t):.0f};{38e4 - 850 * wave(t):.0f};-20000"
        for t in ticks(55)
    ]


def _shimmer() -> list[str]:
    return [
        "sep=;",
        "S_Timestamp_Unix_CAL;S_GSR_Skin_Conductance_CAL;S_PPG_A13_CAL",
        "ms;uS;mV",
    ] + [
        f"{EPOCH * 1000 + t * 1000:.3f};{2.1 + 0.01 * math.sin(t):.3f};{1500 + 40 * wave(t):.3f}"
        for t in ticks(51.2)
    ]


def _labchart(step: str = "Interval=\t0.01 s", clock: bool = True) -> list[str]:
    head = [step, "ExcelDateTime=\t46355.4167\t11/29/2026 10:00:00.00", "TimeFormat=\tStartOfBlock",
            "ChannelTitle=\tStim\tResp\tPulse", "Range=\t2.000 V\t10 V\t10 V",
            "TopValue=\t2.000\t10.000\t10.000"]  # fmt: skip
    return head + [
        (f"{t:g}\t" if clock else "")
        + f"{5 if k % 200 < 2 else 0}\t{math.sin(1.4 * t):.4f}\t{wave(t):.4f}"
        + ("\t#1 sits still" if k == 300 else "")
        for k, t in enumerate(ticks(100))
    ]


def _acqknowledge(clock: str = "min", rate: str = "10 msec/sample") -> list[str]:
    scale = {"min": 1 / 60, "sec": 1.0, "msec": 1000.0}[clock]
    head = ["p7.acq", rate, "2 channels", "Respiration", "Volts", "PPG100C", "Volts"]
    count = SECONDS * 100
    return [*head, f"{clock}\tCH1\tCH2\t", f"\t{count}\t{count}\t"] + [
        f"{t * scale:.7f}\t{math.sin(1.3 * t):.4f}\t{wave(t):.4f}\t" for t in ticks(100)
    ]


def _bare_acqknowledge() -> list[str]:
    head = ["p7.acq", "100 samples/sec", "1 channels", "Pulse", "Volts"]
    return head + [f"{wave(t):.5f}" for t in ticks(100)]


def _packets() -> list[str]:
    """A strap's notifications once a second, each with the intervals since the last."""
    lines, beat, k = ["time,hr,rr"], 0.0, 0
    for s in range(SECONDS):
        some = []
        while beat + BEAT_S <= s + 1:
            k += 1
            beat += BEAT_S
            some.append(f"{rr(k):g}")
        lines.append(f"{at(s + 1)},{hr(s)},{','.join(some)}")
    return lines


def _twins(separator: str = ",") -> list[str]:
    return [f"Phone timestamp{separator}RR-interval [ms]"] + [
        f"{at(math.ceil(k * BEAT_S), '%Y-%m-%d %H:%M:%S')}{separator}{rr(k):g}" for k in BEATS
    ]


def _fitbit_json() -> list[str]:
    log = [
        {"dateTime": at(s, "%m/%d/%y %H:%M:%S"), "value": {"bpm": hr(s), "confidence": 3}}
        for s in S
    ]
    return [json.dumps(log)]


def _polar_json() -> list[str]:
    samples = {"heartRate": [{"dateTime": iso(s), "value": hr(s)} for s in S],
               "speed": [{"dateTime": iso(s), "value": 0.0} for s in range(20)]}  # fmt: skip
    return [
        json.dumps({"exportVersion": "1.3", "exercises": [{"sport": "OTHER", "samples": samples}]})
    ]


def _tcx() -> list[str]:
    points = "".join(
        f"<Trackpoint><Time>{iso(s)}Z</Time><AltitudeMeters>97</AltitudeMeters>"
        f"<HeartRateBpm><Value>{hr(s)}</Value></HeartRateBpm></Trackpoint>" for s in S
    )  # fmt: skip
    name = "http://www.garmin.com/xmlschemas/TrainingCenterDatabase/v2"
    return [f'<?xml version="1.0"?><TrainingCenterDatabase xmlns="{name}"><Activities><Activity '
            f'Sport="Other"><Lap StartTime="{at(0)}"><MaximumHeartRateBpm><Value>99</Value>'
            f"</MaximumHeartRateBpm><Track>{points}</Track></Lap></Activity></Activities>"
            "</TrainingCenterDatabase>"]  # fmt: skip


def _gpx() -> list[str]:
    points = "".join(
        f'<trkpt lat="47.1" lon="8.5"><ele>97</ele><time>{iso(s)}Z</time><extensions>'
        f"<gpxtpx:TrackPointExtension><gpxtpx:hr>{hr(s)}</gpxtpx:hr></gpxtpx:TrackPointExtension>"
        "</extensions></trkpt>" for s in S
    )  # fmt: skip
    return [
        f'<gpx xmlns="http://x/1" xmlns:gpxtpx="http://x/2"><trk><trkseg>{points}</trkseg></trk></gpx>'
    ]


def _apple_xml() -> list[str]:
    records = "".join(
        f'<Record type="HKQuantityTypeIdentifier{kind}" sourceName="Watch" unit="{unit}" '
        f'creationDate="{iso(60)} +0100" startDate="{iso(s)} +0100" '
        f'endDate="{iso(s)} +0100" value="{value}"/>'
        for kind, unit, values in (("HeartRate", "count/min", [hr(s) for s in S]),
                                   ("OxygenSaturation", "%", [97] * 60))
        for s, value in enumerate(values)
    )  # fmt: skip
    return [f'<?xml version="1.0"?><HealthData locale="en">{records}</HealthData>']


def _apple_ecg() -> list[str]:
    head = ["Name,A", "Date of Birth,1.1.1980", "Recorded Date,2026-11-29 10:00:00 +0100",
            "Classification,Sinus Rhythm", "Symptoms,", "Software Version,2", 'Device,"Watch7,3"',
            "Sample Rate,128 hertz", "", "", "Lead,Lead I", "Unit,µV", "", ""]  # fmt: skip
    return head + [
        f"{900 * math.exp(-((t / BEAT_S % 1 - 0.5) ** 2) / 4e-4):.3f}" for t in ticks(128)
    ]


def _physionet() -> list[str]:
    return ["'Elapsed time','II','PLETH','RESP'", "'hh:mm:ss.mmm','mV','NU','NU'"] + [
        f"'{int(t) // 60}:{t % 60:06.3f}',0.01,{0.5 + 0.2 * wave(t):.4f},{0.3 * math.sin(t):.4f}"
        for t in ticks(62.5)
    ]


DEVICES = (
    Device("opensignals", _opensignals, "ppg", "A2 BVP"),
    Device("polar_logger", _polar_logger, "ppg", "channel 0"),
    Device("shimmer", _shimmer, "ppg", "S_PPG_A13_CAL (mV)"),
    Device("labchart", _labchart, "ppg", "Pulse"),
    Device("labchart_no_times", lambda: _labchart("Interval=\t10 ms", False), "ppg", "Pulse"),
    Device("acqknowledge_min", _acqknowledge, "ppg", "PPG100C (Volts)"),
    Device(
        "acqknowledge_sec",
        lambda: _acqknowledge("sec", "100 samples/sec"),
        "ppg",
        "PPG100C (Volts)",
    ),
    Device("acqknowledge_msec", lambda: _acqknowledge("msec"), "ppg", "PPG100C (Volts)"),
    Device("acqknowledge_bare", _bare_acqknowledge, "ppg", "Pulse (Volts)"),
    Device(
        "oximeter_words",
        lambda: (
            ["ID:,1", "", "Time,SpO2(%),PR(bpm)"] + [f"{at(s, '%H:%M:%S')},97,{hr(s)}" for s in S]
        ),
        "hr",
        "PR(bpm)",
    ),
    Device(
        "oximeter_bare",
        lambda: [f"{at(s, '%H:%M:%S')},{96 + s % 2},{hr(s)}" for s in S],
        "hr",
        "column 3",
    ),
    Device(
        "ring",
        lambda: (
            ["Time,SpO2(%),Pulse Rate(bpm),Motion,SpO2 Reminder,PR Reminder,"]
            + [f'"{at(s, "%I:%M:%S%p %b %d, %Y")}",97,{hr(s)},0,0,0,' for s in S]
        ),
        "hr",
        "Pulse Rate(bpm)",
    ),
    Device(
        "clock_before_date",
        lambda: (
            ["Time,Oxygen Level,Pulse Rate,Motion"]
            + [f"{at(s, '%H:%M:%S %d/%m/%Y')},97,{hr(s)},0" for s in S]
        ),
        "hr",
        "Pulse Rate",
    ),
    Device(
        "utc_word",
        lambda: ["Timestamp,Heart rate (bpm)"] + [f"{at(s)} UTC,{hr(s)}" for s in S],
        "hr",
        "Heart rate (bpm)",
    ),
    Device(
        "two_tables",
        lambda: (
            [
                "Name,Sport,Date,Start time,Duration,Average heart rate (bpm)",
                "A,OTHER,29-11-2026,10:00:00,00:00:40,72",
                "Sample rate,Time,HR (bpm),Speed (km/h),Power (W)",
            ]
            + [f"{'1' if s == 0 else ''},00:00:{s:02d},{hr(s)},,," for s in S]
        ),
        "hr",
        "HR (bpm)",
    ),
    Device("kubios_seconds", lambda: [f"{rr(k) / 1000:.3f}" for k in range(48)], "ibi", "column 1"),
    Device("elite_hrv", lambda: [f"{rr(k):g}" for k in range(48)], "ibi", "column 1"),
    Device(
        "kubios_table",
        lambda: (
            ["RR INTERVAL TIME SERIES", "Time (s)\tRR (s)"]
            + [f"{k * BEAT_S:.3f}\t{rr(k) / 1000:.3f}" for k in BEATS]
        ),
        "ibi",
        "RR (s)",
    ),
    Device("packets", _packets, "ibi", "rr"),
    Device("twins", _twins, "ibi", "RR-interval [ms]"),
    Device(
        "raw_packets",
        lambda: (
            ["time;rr (1/1024 s)"]
            + [f"{at(math.ceil(k * BEAT_S))};{rr(k) * 1.024:.0f}" for k in BEATS]
        ),
        "ibi",
        "rr (s)",
    ),
    Device(
        "hexoskin",
        lambda: (
            ["time [s/256],heart rate [bpm](/api/19/),breathing rate [rpm](/api/33/)"]
            + [f"{256 * s},{hr(s)},15" for s in S]
        ),
        "hr",
        "heart rate [bpm](/api/19/)",
    ),
    Device(
        "masimo",
        lambda: (
            ["Date,Time,SpO2,PR,PI,PVI,RR"]
            + [f"11/29/26,{at(s, '%H:%M:%S')},98,{hr(s)},2.{s % 9},15,16" for s in S]
        ),
        "hr",
        "PR",
    ),
    Device(
        "contec",
        lambda: (
            ["No,Time,SpO2,PulseRate"]
            + [f"{s + 1},{at(s, '%Y/%m/%d %H:%M:%S')},{96 + s % 3},{hr(s)}" for s in S]
        ),
        "hr",
        "PulseRate",
    ),
    Device(
        "contec_wave",
        lambda: (
            ["Time,PulseRate,SpO2,PulseWaveform,BarGraph,PiSound,FingerOut"]
            + [f"{at(t)},72,97,{50 + 30 * wave(t):.0f},5,0,False" for t in ticks(60)]
        ),
        "ppg",
        "PulseWaveform",
    ),
    Device(
        "garmin",
        lambda: (
            ["timestamp,heart_rate,cadence,distance"]
            + [f"{EPOCH + s},{hr(s)},0,{s * 2.5}" for s in S]
        ),
        "hr",
        "heart_rate",
    ),
    Device(
        "german",
        lambda: (
            ["Gerät;XY 3", "Datum;Uhrzeit;Sauerstoffsättigung (%);Puls (1/min)"]
            + [f"29.11.2026;{at(s, '%H:%M:%S')};97;{hr(s)}" for s in S]
        ),
        "hr",
        "Puls (1/min)",
        "cp1252",
    ),
    Device(
        "german_commas",
        lambda: (
            ["Zeit [s];Atmung;BVP"]
            + [f"{t:.3f};{math.sin(t):.3f};{wave(t):.3f}".replace(".", ",") for t in ticks(64)]
        ),
        "ppg",
        "BVP",
    ),
    Device(
        "french",
        lambda: ["Heure;SpO2;Fréquence cardiaque"] + [f"{at(s, '%H:%M:%S')};97;{hr(s)}" for s in S],
        "hr",
        "Fréquence cardiaque",
        "utf-16",
    ),
    Device(
        "chinese",
        lambda: ["时间,血氧,心率"] + [f"{at(s, '%H:%M:%S')},97,{hr(s)}" for s in S],
        "hr",
        "心率",
        "utf-8-sig",
    ),
    Device(
        "arduino",
        lambda: (
            ["millis,red,ir"]
            + [
                f"{1000 * t:.0f},{9e4 + 300 * wave(t):.0f},{11e4 + 500 * wave(t):.0f}"
                for t in ticks(50)
            ]
        ),
        "ppg",
        "ir",
    ),
    Device(
        "arduino_monitor",
        lambda: [f"{at(t, '%H:%M:%S.%f')[:-3]} -> {512 + 80 * wave(t):.0f}" for t in ticks(50)],
        "ppg",
        "column 2",
    ),
    Device(
        "arduino_labels",
        lambda: [
            f"t_ms={1000 * t:.0f}, IR={11e4 + 500 * wave(t):.0f}, BPM=72.1" for t in ticks(50)
        ],
        "ppg",
        "IR",
    ),
    Device(
        "bioharness",
        lambda: (
            ["Time,HR,BR,SkinTemp,Posture,Activity"]
            + [f"{at(s, '%d/%m/%Y %H:%M:%S.%f')[:-3]},{hr(s)},15.2,32.1,-7,0.02" for s in S]
        ),
        "hr",
        "HR",
    ),
    Device(
        "samsung",
        lambda: (
            [
                "com.samsung.shealth.tracker.heart_rate,6312,5",
                "source,com.samsung.health.heart_rate.heart_rate,"
                "com.samsung.health.heart_rate.start_time,"
                "com.samsung.health.heart_rate.max",
            ]
            + [f",{hr(s)}.0,{at(s)[:-3]},90," for s in S]
        ),
        "hr",
        "com.samsung.health.heart_rate.heart_rate",
    ),
    Device(
        "withings",
        lambda: (
            ["start,duration,value"]
            + [f"{at(s, '%Y-%m-%dT%H:%M:%S')}+01:00,[1],[{hr(s)}]" for s in S]
        ),
        "hr",
        "value",
    ),
    Device(
        "fitabase",
        lambda: (
            ["Id,Time,Value"] + [f"2022484408,{at(s, '%m/%d/%Y %I:%M:%S %p')},{hr(s)}" for s in S]
        ),
        "hr",
        "Value",
    ),
    Device(
        "oura",
        lambda: (
            ["timestamp,bpm,source"]
            + [f"{at(s, '%Y-%m-%dT%H:%M:%S')}+00:00,{hr(s)},awake" for s in S]
        ),
        "hr",
        "bpm",
    ),
    Device(
        "healthkit",
        lambda: (
            [
                "Date,Heart Rate [Min] (count/min),Heart Rate [Max] (count/min),"
                "Heart Rate [Avg] (count/min)"
            ]
            + [f"{at(s, '%Y-%m-%d %H:%M:%S')},60,90,{hr(s)}" for s in S]
        ),
        "hr",
        "Heart Rate [Avg] (count/min)",
    ),
    Device(
        "imotions",
        lambda: (
            [
                "#METADATA",
                "#Device,Shimmer",
                "#DATA",
                "Row,Timestamp,EventSource,GSR CAL,Heart Rate PPG ALG,Internal ADC A13 PPG CAL",
            ]
            + [
                f"{k + 1},{1000 * t:.1f},1,3.2,{-1 if t < 2 else 72},{1500 + 40 * wave(t):.2f}"
                for k, t in enumerate(ticks(52))
            ]
        ),
        "ppg",
        "Internal ADC A13 PPG CAL",
    ),
    Device(
        "vernier",
        lambda: ["Latest: Time (s)\tLatest: Heart Rate (bpm)"] + [f"{s}\t{hr(s)}" for s in S],
        "hr",
        "Latest: Heart Rate (bpm)",
    ),
    Device(
        "biotrace",
        lambda: (
            ["Client:\tA", "Output rate:\t32\tSamples/sec.", "", "Sensor-E:BVP\tSensor-F:SC/GSR"]
            + [f"{wave(t):.3f}\t{2 + 0.1 * math.sin(0.1 * t):.3f}" for t in ticks(32)]
        ),
        "ppg",
        "Sensor-E:BVP",
    ),
    Device("physionet", _physionet, "ppg", "PLETH (NU)"),
    Device(
        "numpy",
        lambda: (
            ["# fs = 100 Hz", "# resp ppg"]
            + [f"{math.sin(t):.4f} {wave(t):.4f}" for t in ticks(100)]
        ),
        "ppg",
        "ppg",
    ),
    Device(
        "java_dates",
        lambda: ["Date;HR"] + [f"{at(s, '%a %b %d %H:%M:%S UTC %Y')};{hr(s)}" for s in S],
        "hr",
        "HR",
    ),
    Device(
        "excel_dates",
        lambda: ["Time,Pulse"] + [f"{46355.4166666667 + s / 86400:.10f},{hr(s)}" for s in S],
        "hr",
        "Pulse",
    ),
    Device("apple_ecg", _apple_ecg, "ecg", "Lead I"),
    Device("fitbit.json", _fitbit_json, "hr", "value.bpm"),
    Device("polar.json", _polar_json, "hr", "heartRate value"),
    Device("garmin.tcx", _tcx, "hr", "HeartRateBpm"),
    Device("strava.gpx", _gpx, "hr", "hr"),
    Device("apple.xml", _apple_xml, "hr", "HeartRate value"),
    Device(
        "polar.hrm",
        lambda: (
            [
                "[Params]",
                "Version=106",
                "StartTime=10:00:00.0",
                "Interval=1",
                "MaxHR=190",
                "[HRData]",
            ]
            + [str(hr(s)) for s in S]
        ),
        "hr",
        "[HRData]",
    ),
    Device(
        "italian",
        lambda: (
            ["Ora;Ossigeno;Frequenza cardiaca"] + [f"{at(s, '%H.%M.%S')};97;{hr(s)}" for s in S]
        ),
        "hr",
        "Frequenza cardiaca",
    ),
    Device(
        "takeout.json",
        lambda: [
            json.dumps(
                {
                    "Data Points": [
                        {
                            "fitValue": [{"value": {"fpVal": hr(s)}}],
                            "startTimeNanos": (EPOCH + s) * 10**9,
                        }
                        for s in S
                    ]
                }
            )
        ],
        "hr",
        "fitValue.value.fpVal",
    ),
    Device(
        "pairs.json",
        lambda: [json.dumps({"heartRateValues": [[(EPOCH + s) * 1000, hr(s)] for s in S]})],
        "hr",
        "column 2",
    ),
    Device(
        "whole_numbers",
        lambda: [f"{1000 * t:.0f},{512 + 80 * wave(t):.0f}" for t in ticks(50)],
        "ppg",
        "column 2",
    ),
    Device(
        "strap_incomplete",
        lambda: ["time;hr;rr"] + [f"{at(s)};{hr(s)};{rr(s):g}" for s in S],
        "hr",
        "hr",
    ),
    Device(
        "no_mark_utf16",
        lambda: ["Time\tPulse"] + [f"{at(s, '%H:%M:%S')}\t{hr(s)}" for s in S],
        "hr",
        "Pulse",
        "utf-16-le",
    ),
    Device(
        "rr_columns",
        lambda: (
            ["time,HR,RR1,RR2"]
            + [f"{at(s + 1)},{hr(s)},{rr(s):g},{f'{rr(s):g}' if s % 5 == 4 else ''}" for s in S]
        ),
        "ibi",
        "RR1",
    ),
)
