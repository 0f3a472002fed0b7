"""Look up countries, cities, airports."""

from sqlalchemy import select
from sqlalchemy.orm import Query

from microcosm_sqlite.stores import Call, Search, Store, certified
from microcosm_sqlite_world.models import Airport, City, Country, CountryLanguage


@certified
class CountryStore(Store[Country]):
    """Look-ups of countries, ordered by name."""

    auto_filter_fields = (
        Country.code,
        Country.alpha3,
        Country.numeric_code,
        Country.name,
        Country.continent_code,
        Country.currency_code,
    )
    order_by = (Country.name,)
    access = (Call("speaking", "fr", scan_limit=500),)
    # So few that SQLite sorts them at once, and so many that a search by one of them is to read fewer.
    scan_limit = 100

    def speaking(self, tag: str) -> list[Country]:
        """Return the countries where the language with this IETF tag is spoken: "fr-FR", "eu"."""
        spoken = select(CountryLanguage.country_code).where(CountryLanguage.tag == tag)
        return self.search(Country.code.in_(spoken))


@certified
class CityStore(Store[City]):
    """Look-ups of cities, ordered by name."""

    auto_filter_fields = (City.country_code, City.admin1_code, City.name, City.timezone)
    order_by = (City.name,)
    access = (
        Search(City.country_code),
        Search(City.country_code, City.admin1_code),
        # Nobody asks for these often: milliseconds for all cities of the world.
        Search(City.admin1_code, scan_limit=50_000),
        Search(City.timezone, scan_limit=50_000),
        Call("largest"),
        Call("largest", country_code="FR", scan_limit=10_000),
    )

    def largest(self, *, country_code: str | None = None, limit: int = 10) -> list[City]:
        """Return the cities of most people, in one country or in the world, largest first."""
        query: Query[City] = self._filter(self._query(), country_code=country_code)
        return query.order_by(City.population.desc(), City.geonameid).limit(limit).all()


@certified
class AirportStore(Store[Airport]):
    """Look-ups of airports, ordered by name."""

    auto_filter_fields = (Airport.iata, Airport.lid, Airport.country_code, Airport.city_name, Airport.timezone)
    order_by = (Airport.name,)
    access = (
        # Nobody asks for these often: milliseconds for all airports of the world.
        Search(Airport.city_name, scan_limit=50_000),
        Search(Airport.timezone, scan_limit=50_000),
        Call("by_iata", "CDG"),
    )

    def by_iata(self, code: str) -> Airport:
        """Return the airport with this IATA code, in upper or lower case; raise `ModelNotFoundError` for none."""
        return self.one(iata=code.upper())
