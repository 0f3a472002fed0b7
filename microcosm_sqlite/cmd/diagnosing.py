"""Say what is wrong with a file."""

import json
from dataclasses import asdict

import click

from microcosm_sqlite.artifacts.diagnosis import Diagnosis, diagnose
from microcosm_sqlite.cmd.failures import ExitCode
from microcosm_sqlite.cmd.options import debug_option, json_option
from microcosm_sqlite.cmd.tables import screen_text
from microcosm_sqlite.cmd.targets import target_of
from microcosm_sqlite.errors import ArtifactNotFoundError
from microcosm_sqlite.faults.index import ALL


@click.command("doctor")
@click.argument("name_or_path")
@json_option
@debug_option
@click.pass_context
def examine(context: click.Context, *, name_or_path: str, as_json: bool) -> None:
    """Say what is wrong with NAME_OR_PATH, a data set or a file, and what to do about it.

    Every byte, every row and the schema are checked against the manifest. Nothing is changed, fetched or repaired. The
    exit code is 1 if there is a fault, 3 if there is no such file.
    """
    target = target_of(name_or_path)
    found = diagnose(target.path, expected_name=target.name)
    if as_json:
        outcome = {"path": str(target.path), "sound": not found, "faults": [asdict(diagnosis) for diagnosis in found]}
        print(json.dumps(outcome, ensure_ascii=False, indent=2))
    elif found:
        _write(found)
    else:
        print(f"{screen_text(target.path)} is sound.")
    context.exit(_exit_code(found))


def _write(found: list[Diagnosis]) -> None:
    for diagnosis in found:
        print(diagnosis.code)
        print(f"  cause   {screen_text(diagnosis.cause)}")
        print(f"  remedy  {screen_text(diagnosis.remedy)}")


def _exit_code(found: list[Diagnosis]) -> ExitCode:
    if not found:
        return ExitCode.OK
    is_missing = issubclass(ALL[found[0].code].error, ArtifactNotFoundError)
    return ExitCode.NOT_FOUND if is_missing else ExitCode.FAILED
