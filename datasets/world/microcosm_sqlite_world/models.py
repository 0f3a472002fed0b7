"""Declare the tables of the world: continents, countries, cities, airports."""

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from microcosm_sqlite.dataset import DataSet
from microcosm_sqlite.full_text import FullText
from microcosm_sqlite.place import Place


class World(DataSet, DeclarativeBase):
    """Countries, cities and airports of the world."""

    __data_set__ = "world"


class Continent(World):
    """A continent."""

    __tablename__ = "continent"

    #: GeoNames' code of two letters: "EU".
    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]

    countries: Mapped[list["Country"]] = relationship(back_populates="continent", order_by="Country.code")


class Country(World):
    """A country or dependent territory that has an ISO 3166-1 code, once had one ("AN", "CS"), or uses one ("XK")."""

    __tablename__ = "country"

    #: ISO 3166-1 alpha-2: "FR".
    code: Mapped[str] = mapped_column(primary_key=True)
    #: ISO 3166-1 alpha-3: "FRA".
    alpha3: Mapped[str] = mapped_column(unique=True)
    #: ISO 3166-1 numeric, usually written with three digits; Kosovo has none.
    numeric_code: Mapped[int | None] = mapped_column(unique=True)
    geonameid: Mapped[int]
    name: Mapped[str] = mapped_column(index=True)
    capital: Mapped[str | None]
    continent_code: Mapped[str] = mapped_column(ForeignKey("continent.code"), index=True)
    population: Mapped[int]
    #: In whole square kilometres, so 0 for Vatican City.
    area_km2: Mapped[int]
    #: ISO 4217: "EUR".
    currency_code: Mapped[str | None] = mapped_column(index=True)
    currency_name: Mapped[str | None]
    #: Text, for some countries have several: "+1-809 and 1-829".
    phone_prefix: Mapped[str | None]
    #: With its dot: ".fr".
    top_level_domain: Mapped[str | None]
    #: A regular expression.
    postal_code_pattern: Mapped[str | None]

    continent: Mapped[Continent] = relationship(back_populates="countries")
    cities: Mapped[list["City"]] = relationship(back_populates="country", order_by="City.name, City.geonameid")
    airports: Mapped[list["Airport"]] = relationship(back_populates="country", order_by="Airport.name, Airport.icao")
    languages: Mapped[list["CountryLanguage"]] = relationship(order_by="CountryLanguage.position")
    neighbours: Mapped[list["Country"]] = relationship(
        secondary="country_neighbour",
        primaryjoin="Country.code == CountryNeighbour.country_code",
        secondaryjoin="Country.code == CountryNeighbour.neighbour_code",
        order_by="Country.code",
        viewonly=True,
    )


class CountryLanguage(World):
    """A language spoken in a country; position 0 is spoken by most."""

    __tablename__ = "country_language"

    country_code: Mapped[str] = mapped_column(ForeignKey("country.code"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    #: An IETF language tag: "fr-FR".
    tag: Mapped[str] = mapped_column(index=True)


class CountryNeighbour(World):
    """A country that shares a land border with another one."""

    __tablename__ = "country_neighbour"

    country_code: Mapped[str] = mapped_column(ForeignKey("country.code"), primary_key=True)
    neighbour_code: Mapped[str] = mapped_column(ForeignKey("country.code"), primary_key=True)


class City(World):
    """A city of more than 15,000 people, or a capital of any size."""

    __tablename__ = "city"
    __table_args__ = (
        Index("ix_city_country_code_name", "country_code", "name"),
        FullText("name", prefix=(2, 3)),
        Place("latitude", "longitude"),
    )

    #: The identifier at GeoNames, https://www.geonames.org/<geonameid>.
    geonameid: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(index=True)
    country_code: Mapped[str] = mapped_column(ForeignKey("country.code"))
    #: GeoNames' code of the first administrative division; text, for it may have leading zeros.
    admin1_code: Mapped[str | None]
    latitude: Mapped[float]
    longitude: Mapped[float]
    population: Mapped[int] = mapped_column(index=True)
    #: Name in the IANA time zone database.
    timezone: Mapped[str]

    country: Mapped[Country] = relationship(back_populates="cities")


class Airport(World):
    """An airport, landing strip or seaplane base that is in operation."""

    __tablename__ = "airport"
    __table_args__ = (
        Index("ix_airport_country_code_name", "country_code", "name"),
        Index("ix_airport_name", "name", "icao"),
        FullText("name", "city_name", prefix=(2, 3)),
        Place("latitude", "longitude"),
    )

    #: ICAO location indicator, or an identifier that airportsdata made where there is none: "LFPG".
    icao: Mapped[str] = mapped_column(primary_key=True)
    #: IATA location code: "CDG".
    iata: Mapped[str | None] = mapped_column(unique=True)
    #: Location identifier of the US Federal Aviation Administration.
    lid: Mapped[str | None] = mapped_column(unique=True)
    name: Mapped[str]
    city_name: Mapped[str | None]
    subdivision: Mapped[str | None]
    country_code: Mapped[str] = mapped_column(ForeignKey("country.code"))
    #: Above sea level; by airportsdata's own account often wrong.
    elevation_feet: Mapped[float]
    latitude: Mapped[float]
    longitude: Mapped[float]
    #: Name in the IANA time zone database.
    timezone: Mapped[str | None]

    country: Mapped[Country] = relationship(back_populates="airports")
