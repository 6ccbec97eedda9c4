"""Positions on the earth: longitude and latitude in degrees (WGS 84)."""

from math import asin, cos, radians, sin, sqrt

EARTH_METRES = 6_371_008.8
"""Mean radius, IUGG."""

Position = tuple[float, float]
"""Longitude, latitude."""


def metres_between(one: Position, other: Position) -> float:
    """Great-circle distance by the haversine, which keeps its digits for neighbours."""
    (lon1, lat1), (lon2, lat2) = one, other
    low, high = radians(lat1), radians(lat2)
    half = sin((high - low) / 2) ** 2 + cos(low) * cos(high) * sin(radians(lon2 - lon1) / 2) ** 2
    return 2 * EARTH_METRES * asin(min(1.0, sqrt(half)))


def on_sphere(at: Position) -> tuple[float, float, float]:
    """Metres from the middle of the earth along three axes. Two positions are never farther apart there than on the ground."""
    lon, lat = radians(at[0]), radians(at[1])
    return EARTH_METRES * cos(lat) * cos(lon), EARTH_METRES * cos(lat) * sin(lon), EARTH_METRES * sin(lat)
