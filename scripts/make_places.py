"""Make the place tables of packs/chongqing from the source tables: `make_places.py SOURCE OUT` (needs pypinyin)."""

import csv
import gzip
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from pypinyin import Style, lazy_pinyin

CITY = "500000"
ZONES = {
    "两江新区(直管区)": ("ljxq", "两江新区", "Liangjiang New Area"),
    "重庆高新区(直管园)": ("gxq", "重庆高新区", "Chongqing High-tech Zone"),
    "万盛经开区": ("wsjkq", "万盛经开区", "Wansheng Economic Development Zone"),
}
COLUMNS = ("code", "name", "level", "parent", "duty_parent", "lon", "lat", "name_en", "synthetic", "unit_only")

# In place names here these are read one way; a word list reads some of them by their commoner use elsewhere.
READ = {
    "长": "chang",
    "重": "chong",
    "石": "shi",
    "大": "da",
    "盛": "sheng",
    "都": "du",
    "朝": "chao",
    "曾": "zeng",
    "柏": "bai",
}
READ |= {"弹": "dan", "铺": "pu", "观": "guan", "乐": "le", "校": "xiao", "中": "zhong", "冲": "chong", "区": "qu", "沱": "tuo"}

PEOPLES = "土家族|苗族|仡佬族|蒙古族|回族"
ENDINGS = {
    "district": re.compile(rf"(?:(?:{PEOPLES})+自治县|区|县)$"),
    "town": re.compile(rf"(?:(?:{PEOPLES})*乡|街道|镇)$"),
    "village": re.compile(r"(?:(?:社区|村)?(?:居民|村民)委员会|社区工作站)$"),
}

Row = dict[str, str]


def english(name: str, level: str) -> str:
    """Pinyin of a place name without the ending of its level: 高笋塘街道 -> Gaosuntang."""
    stem = ENDINGS[level].sub("", name)
    if len(stem) < 2:  # 忠县 stays Zhongxian
        stem = name
    stem = stem.replace("·", "")
    said = lazy_pinyin(stem, style=Style.NORMAL, v_to_u=True)
    if len(said) == len(stem):
        said = [READ.get(sign, sound) for sign, sound in zip(stem, said, strict=True)]
    out = said[0]
    for sound in said[1:]:
        out += f"'{sound}" if sound[0] in "aoe" else sound
    return out[0].upper() + out[1:]


def read(path: Path) -> list[Row]:
    opened = gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8")
    with opened as text:
        return list(csv.DictReader(text))


def write(path: Path, rows: Iterable[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as text:
        table = csv.DictWriter(text, COLUMNS, restval="", lineterminator="\n")
        table.writeheader()
        table.writerows(rows)


def districts(source: list[Row], zones: dict[str, str], towns: list[Row]) -> Iterator[Row]:
    for row in source:
        yield {
            "code": row["code6"],
            "name": row["name"],
            "level": "district",
            "parent": CITY,
            "lon": row["lon"],
            "lat": row["lat"],
            "name_en": english(row["name"], "district"),
        }
    for code, name, name_en in ZONES.values():
        mine = [town for town in towns if zones.get(town["code9"]) == code]
        yield {
            "code": code,
            "name": name,
            "level": "district",
            "parent": CITY,
            "lon": f"{sum(float(town['lon']) for town in mine) / len(mine):.5f}",
            "lat": f"{sum(float(town['lat']) for town in mine) / len(mine):.5f}",
            "name_en": name_en,
            "synthetic": "true",
            "unit_only": "true",
        }


def town_rows(source: list[Row], zones: dict[str, str]) -> Iterator[Row]:
    for row in source:
        yield {
            "code": row["code9"],
            "name": row["name"],
            "level": "town",
            "parent": row["district_code"],
            "duty_parent": zones.get(row["code9"], ""),
            "lon": row["lon"],
            "lat": row["lat"],
            "name_en": english(row["name"], "town"),
            "synthetic": "true" if row["point_source"].startswith("synthetic") else "",
        }


def village_rows(source: list[Row]) -> Iterator[Row]:
    for row in source:
        yield {
            "code": row["code12"],
            "name": row["name"],
            "level": "village",
            "parent": row["town_code9"],
            "name_en": english(row["name"], "village"),
        }


def main(source: Path, out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    admin = source / "admin"
    towns = read(admin / "cq_towns.csv")
    zones = {row["town_code9"]: ZONES[row["zone"]][0] for row in read(admin / "cq_special_zones_UNVERIFIED.csv")}
    city = {"code": CITY, "name": "重庆市", "level": "city", "lon": "106.55128", "lat": "29.56278", "name_en": "Chongqing"}
    write(out / "city.csv", [city])
    write(out / "districts.csv", districts(read(admin / "cq_districts.csv"), zones, towns))
    write(out / "towns.csv", sorted(town_rows(towns, zones), key=lambda row: row["code"]))
    write(out / "villages.csv", sorted(village_rows(read(admin / "cq_villages.csv.gz")), key=lambda row: row["code"]))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]))
