"""Write a manifest as a Frictionless Data Package of version 2."""

import json
import re
from collections.abc import Iterable
from dataclasses import fields
from typing import Any, Final

from microcosm_sqlite.artifacts.certificate import AccessEntry, AccessPlan
from microcosm_sqlite.artifacts.features import Needs
from microcosm_sqlite.artifacts.manifest import (
    Builder,
    Contributor,
    Licence,
    Manifest,
    ReferenceEntry,
    Source,
    TableEntry,
)
from microcosm_sqlite.constants import MANIFEST_NAMESPACE as NAMESPACE

#: The profile our documents fit.
PROFILE: Final = "https://datapackage.org/profiles/2.0/datapackage.json"

#: What the standard calls the values of a declared type; anything else is "any".
_FIELD_TYPES: Final = {"INTEGER": "integer", "INT": "integer", "REAL": "number", "TEXT": "string"}


def to_document(manifest: Manifest) -> dict[str, Any]:
    """Return *manifest* as plain values in the shape of a data package.

    What is None or empty is left out.
    """
    slugs = _slugs(table.name for table in manifest.tables)
    return _without_nothing(
        {
            "$schema": PROFILE,
            "name": _slug(manifest.name),
            "version": manifest.version,
            "title": manifest.title,
            "description": manifest.description,
            "created": manifest.created,
            "licenses": [_licence(licence) for licence in manifest.licences],
            "contributors": [_contributor(contributor) for contributor in manifest.contributors],
            "sources": [_source(source) for source in manifest.sources],
            "resources": [_resource(manifest, table, slugs) for table in manifest.tables],
            NAMESPACE: _without_nothing(
                {
                    "data_set": manifest.name,
                    "format_revision": manifest.format_revision,
                    "content_digest": manifest.content_digest,
                    "schema_fingerprint": manifest.schema_fingerprint,
                    "file_digest": manifest.file_digest,
                    "size_bytes": manifest.size_bytes,
                    "attribution": manifest.attribution,
                    "needs": None if manifest.needs is None else _needs(manifest.needs),
                    "waivers": [{"gate": waiver.gate, "reason": waiver.reason} for waiver in manifest.waivers],
                    "access": [_access(entry) for entry in manifest.access],
                    "builder": _builder(manifest.builder),
                }
            ),
        }
    )


def to_text(manifest: Manifest) -> str:
    """Return *manifest* as the text of its file: sorted, one value a line, so that a change reads well in review."""
    return json.dumps(to_document(manifest), ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def _resource(manifest: Manifest, table: TableEntry, slugs: dict[str, str]) -> dict[str, Any]:
    return _without_nothing(
        {
            "name": slugs[table.name],
            "path": manifest.file_name,
            "format": "sqlite",
            "mediatype": "application/vnd.sqlite3",
            "bytes": manifest.size_bytes,
            "hash": manifest.file_digest,
            "dialect": {"table": table.name},
            "schema": _without_nothing(
                {
                    "fields": [
                        _without_nothing(
                            {
                                "name": column.name,
                                "type": _FIELD_TYPES.get(column.type, "any"),
                                "constraints": {"required": True} if column.is_required else None,
                                NAMESPACE: {"type": column.type},
                            }
                        )
                        for column in table.columns
                    ],
                    "primaryKey": list(table.key),
                    "foreignKeys": [_reference(table, reference, slugs) for reference in table.references],
                }
            ),
            NAMESPACE: {"rows": table.rows, "root": table.root},
        }
    )


def _reference(table: TableEntry, reference: ReferenceEntry, slugs: dict[str, str]) -> dict[str, Any]:
    # Nothing stands for the table itself; validators of version 1 want to see that.
    resource = "" if reference.table == table.name else slugs.get(reference.table, reference.table)
    return {
        "fields": list(reference.columns),
        "reference": {"resource": resource, "fields": list(reference.referred_columns)},
        NAMESPACE: {"table": reference.table},
    }


def _licence(licence: Licence) -> dict[str, Any]:
    return _without_nothing({"name": licence.name, "path": licence.path, "title": licence.title})


def _contributor(contributor: Contributor) -> dict[str, Any]:
    return _without_nothing(
        {"title": contributor.title, "path": contributor.path, "roles": list(contributor.roles)},
    )


def _source(source: Source) -> dict[str, Any]:
    ours = {
        "sha256": source.sha256,
        "bytes": source.bytes,
        "rows": source.rows,
        "skipped": source.skipped,
        "licence": source.licence,
        "form": source.form,
    }
    return _without_nothing(
        {
            "title": source.title,
            "path": source.path,
            "version": source.version,
            NAMESPACE: _without_nothing(ours),
        }
    )


def _needs(needs: Needs) -> dict[str, Any]:
    return _without_nothing({"sqlite": needs.sqlite, "features": list(needs.features)})


def _access(entry: AccessEntry) -> dict[str, Any]:
    return _without_nothing(
        {
            "store": entry.store,
            "call": entry.call,
            "most_scanned": entry.most_scanned,
            "most_sorted": entry.most_sorted,
            "plan": None if entry.plan is None else _plan(entry.plan),
        }
    )


def _plan(plan: AccessPlan) -> dict[str, Any]:
    return {"indexes": list(plan.indexes), "scanned": plan.scanned, "sorted": plan.sorted}


def _builder(builder: Builder | None) -> dict[str, str] | None:
    return None if builder is None else {field.name: getattr(builder, field.name) for field in fields(builder)}


def _without_nothing(document: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in document.items() if value is not None and value not in ([], {})}


def _slug(name: str) -> str:
    """Return *name* as the standard wants names: lower-case letters, digits, ".", "-" and "_"."""
    return re.sub(r"[^a-z0-9._-]+", "-", name.lower()).strip("-") or "unnamed"


def _slugs(names: Iterable[str]) -> dict[str, str]:
    """Return a slug for each name, told apart by a number where two would be one."""
    slugs: dict[str, str] = {}
    for name in names:
        slug, number = _slug(name), 1
        while slug in slugs.values():
            number += 1
            slug = f"{_slug(name)}-{number}"
        slugs[name] = slug
    return slugs
