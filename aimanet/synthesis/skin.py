"""Skin as optics: how melanin, blood, lamp and camera make its colour and its pulse's colour.

Light crosses the epidermis, where melanin takes its share, is scattered back by the dermis,
where blood takes its share, and crosses the epidermis again; a few percent never get so deep
and carry no pulse. All figures are from S. L. Jacques, "Optical properties of biological tissues:
a review", Phys. Med. Biol. 58 (2013) R37, and his "Skin optics" (Oregon Medical Laser Center
News, 1998); haemoglobin from S. Prahl's table (OMLC, 1998).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

WAVES = np.arange(410.0, 701.0, 10.0)
"""Wavelengths (nm) the model is summed over."""

# Molar extinction (1/cm per mol/l) of oxy- and deoxyhaemoglobin at `WAVES` (Prahl 1998).
_OXY = np.array(
    (
        (466840, 480360, 246072, 102580, 62816, 44480, 33209, 26629, 23684, 20933),
        (20035, 24202, 39957, 53236, 43016, 32613, 44496, 50104, 14401, 3200),
        (1506, 942, 610, 442, 368, 320, 294, 278, 276, 290),
    ),
    float,
).ravel()
_DEOXY = np.array(
    (
        (303956, 407560, 528600, 413280, 103292, 23389, 16156, 14550, 16684, 20862),
        (25774, 31590, 39036, 46592, 53412, 53788, 45072, 37020, 28324, 14677),
        (9444, 6510, 5149, 4345, 3750, 3227, 2795, 2408, 2052, 1794),
    ),
    float,
).ravel()

_MOLAR = 2.303 * 150.0 / 64500.0
"""Absorption (1/cm) of whole blood, 150 g/l of 64,500 g/mol, per unit of molar extinction."""

_MELANOSOME = 1.70e12 * WAVES**-3.48
"""Absorption (1/cm) inside a melanosome (Jacques 1998)."""

_BASE = 0.244 + 85.3 * np.exp(-(WAVES - 154.0) / 66.2)
"""Absorption (1/cm) of bloodless, melanin-free skin (Jacques 1998)."""

_SCATTER = 46.0 * (WAVES / 500.0) ** -1.421
"""Reduced scattering (1/cm) of skin (Jacques 2013, table 1)."""

LIGHTEST, DARKEST = 0.016, 0.43
"""Volume of melanosomes in the epidermis, from light to dark skin (Jacques 1998)."""


@dataclass(frozen=True, slots=True)
class Skin:
    """A patch of skin.

    ``melanin`` 0 is the lightest, 1 the darkest (the logarithm of the melanosomes' volume).
    ``blood`` is its volume in the dermis (0.005-0.025), ``oxygen`` its mean saturation;
    ``vessel_um`` the radius of the vessels that pulse: thick ones hide blood behind blood.
    ``surface`` is the share of light that comes back without having met blood.
    """

    melanin: float = 0.2
    blood: float = 0.014
    oxygen: float = 0.75
    vessel_um: float = 30.0
    epidermis_um: float = 60.0
    surface: float = 0.02

    @classmethod
    def random(cls, rng: np.random.Generator) -> Skin:
        """Anybody's face, warm or cold; dark skin is as frequent as light."""
        return cls(
            melanin=float(rng.uniform(0, 1)),
            blood=float(np.exp(rng.uniform(np.log(0.008), np.log(0.024)))),
            oxygen=float(rng.uniform(0.6, 0.85)),
            vessel_um=float(rng.uniform(15, 45)),
            epidermis_um=float(rng.uniform(50, 70)),
            surface=float(rng.uniform(0.01, 0.035)),
        )


@dataclass(frozen=True, slots=True)
class Camera:
    """Broad colour bands (middle and deviation, nm) before a lamp of ``kelvin``."""

    red: tuple[float, float] = (600.0, 32.0)
    green: tuple[float, float] = (540.0, 36.0)
    blue: tuple[float, float] = (465.0, 28.0)
    kelvin: float = 5500.0
    mixing: float = 0.06

    @classmethod
    def random(cls, rng: np.random.Generator) -> Camera:
        """Another sensor and another lamp."""
        middles = np.array([600.0, 540.0, 465.0]) + rng.normal(0, (6, 6, 6))
        widths = rng.uniform((26, 30, 24), (40, 44, 34))
        bands = [(float(m), float(w)) for m, w in zip(middles, widths, strict=True)]
        kelvin, mixing = float(rng.uniform(2700, 7500)), float(rng.uniform(0, 0.12))
        return cls(bands[0], bands[1], bands[2], kelvin, mixing)

    def weights(self) -> Array:
        """What each wavelength adds to R, G, B, (3, wavelengths), rows sum to 1."""
        bands = (self.red, self.green, self.blue)
        rows = np.stack([np.exp(-0.5 * ((WAVES - m) / w) ** 2) for m, w in bands])
        rows /= rows.sum(1, keepdims=True)
        rows += self.mixing * rows.mean(0)  # colour filters leak into each other
        lamp = WAVES**-5.0 / np.expm1(1.4388e7 / (WAVES * self.kelvin))  # Planck
        rows *= lamp
        return rows / rows.sum(1, keepdims=True)


def _blood(oxygen: float, vessel_um: float) -> Array:
    """Absorption (1/cm) per volume of blood that lies in vessels of a radius.

    The pigment's packing after van Veen et al., "Diffuse reflectance spectroscopy from 350 to
    1000 nm" (Opt. Lett. 27, 2002): (1 - exp(-2 mu r)) / (2 mu r).
    """
    mu = _MOLAR * (oxygen * _OXY + (1 - oxygen) * _DEOXY)
    depth = 2 * mu * vessel_um * 1e-4
    return mu * -np.expm1(-depth) / depth


def _dermis(absorption: Array) -> Array:
    """Diffuse reflectance of a deep scattering layer (Jacques 1998: exp(-A / sqrt(3 (1 + N))))."""
    return np.exp(-7.0 / np.sqrt(3 * (1 + _SCATTER / absorption)))


def reflect(skin: Skin, camera: Camera | None = None) -> tuple[Array, Array]:
    """Reflectance of ``skin`` in R, G, B (3,), white is 1, and its pulse (3,).

    The pulse is -dI/I per relative rise of the blood's volume, arterial blood (97 % oxygen):
    linear light, before the camera's gamma.
    """
    weights = (camera or Camera()).weights()
    melanosomes = LIGHTEST * (DARKEST / LIGHTEST) ** skin.melanin
    # Diffuse light crosses a layer on slanting ways: 1.45 of its thickness, there and back.
    through = np.exp(-2.9 * melanosomes * _MELANOSOME * skin.epidermis_um * 1e-4)
    absorption = _BASE * (1 - skin.blood) + skin.blood * _blood(skin.oxygen, 10.0)
    more = 0.02 * skin.blood * _blood(0.97, skin.vessel_um)
    calm, full = through * _dermis(absorption), through * _dermis(absorption + more)
    colour = weights @ (calm + skin.surface)
    return colour, weights @ (calm - full) / 0.02 / colour


def srgb(colour: Array) -> Array:
    """Linear R, G, B (white is 1) as a camera writes them: 0-255, gamma 1 / 2.2."""
    return 255.0 * np.clip(colour, 0.0, 1.0) ** (1 / 2.2)
