"""What is true of SQLite, so that SQLAlchemy's suite knows which of its tests apply.

Only what differs from the suite's own defaults is listed; the choices follow those of SQLAlchemy for its own SQLite
dialect, made without looking at the driver, so that every target is asked the same questions.
"""

from typing import Any

from sqlalchemy.testing import exclusions as untyped
from sqlalchemy.testing.requirements import SuiteRequirements

exclusions: Any = untyped

TRUE_OF_SQLITE = """
    autocommit boolean_col_expressions check_constraint_reflection computed_columns computed_columns_reflect_persisted
    computed_columns_stored computed_columns_virtual create_table_as create_temp_table_as ctes ctes_with_values
    date_historic datetime_historic datetime_literals dbapi_lastrowid emulated_lastrowid
    emulated_lastrowid_even_with_sequences except_ expression_server_defaults fetch_expression fetch_offset_with_options
    fk_constraint_option_reflection_ondelete_noaction fk_constraint_option_reflection_ondelete_restrict
    fk_constraint_option_reflection_onupdate_restrict float_or_double_precision_behaves_generically
    foreign_key_constraint_name_reflection foreign_key_constraint_option_reflection_ondelete
    foreign_key_constraint_option_reflection_onupdate index_ddl_if_exists indexes_check_column_order
    indexes_with_expressions infinity_floats inline_check_constraint_reflection intersect isolation_level
    json_array_indexes json_type legacy_unconditional_json_extract mod_operator_as_percent_sign non_updating_cascade
    nullsordering nvarchar_types order_by_collation order_by_label_with_expression percent_schema_names
    precision_numerics_enotation_small precision_numerics_retains_significant_digits reflect_table_options
    reflects_pk_names regexp_match
    repeated_column_foreign_keys schemas server_defaults skip_autocommit_rollback supports_bitwise_and
    supports_bitwise_not supports_bitwise_or supports_bitwise_shift supports_bitwise_xor table_ddl_if_exists tuple_in
    tuple_in_w_empty unicode_ddl update_from view_column_reflection view_reflection views window_functions window_range
    window_range_numeric
"""

FALSE_OF_SQLITE = """
    foreign_keys implicitly_named_constraints independent_connections json_index_supplementary_unicode_element
    nested_aggregates numeric_received_as_decimal_untyped on_update_cascade on_update_or_deferrable_fks
    parens_in_union_contained_select_w_limit_offset parens_in_union_contained_select_wo_limit_offset
"""

#: SQLAlchemy asks for these in memory only: a temporary table belongs to one connection, of which a file has several.
TRUE_IN_MEMORY = "has_temp_table temp_table_names temporary_views"
FALSE_IN_A_FILE = "independent_readonly_connections temp_table_reflect_indexes temp_table_reflection temporary_tables"


def _in_memory(config: Any) -> bool:
    return not config.db.dialect._is_url_file_db(config.db.url)


class Requirements(SuiteRequirements):
    """The suite's defaults, corrected for SQLite."""

    @property
    def aggregate_order_by(self) -> Any:
        """Whether an aggregate takes ORDER BY, which came with SQLite 3.44."""
        return exclusions.only_if("sqlite >= 3.44.0")

    def get_order_by_collation(self, _config: Any) -> str:
        """Return a collation that every SQLite has."""
        return "NOCASE"

    def get_isolation_levels(self, config: Any) -> dict[str, Any]:
        """Return the isolation levels of the dialect at hand."""
        with config.db.connect() as connection:
            supported = config.db.dialect.get_isolation_level_values(connection.connection.dbapi_connection)
        return {"default": config.db.dialect.default_isolation_level, "supported": supported}


def _answer(name: str, exclusion: Any) -> None:
    setattr(Requirements, name, property(lambda _: exclusion()))


for _name in TRUE_OF_SQLITE.split():
    _answer(_name, exclusions.open)
for _name in FALSE_OF_SQLITE.split():
    _answer(_name, exclusions.closed)
for _name in TRUE_IN_MEMORY.split() + FALSE_IN_A_FILE.split():
    _answer(_name, lambda: exclusions.only_if(_in_memory))
