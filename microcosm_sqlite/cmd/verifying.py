"""Check artifacts byte by byte."""

from collections.abc import Callable
from functools import partial
from typing import Any

import click

from microcosm_sqlite.artifacts.verification import verify
from microcosm_sqlite.cmd.environment import data_set_paths, path_of
from microcosm_sqlite.cmd.failures import ExitCode, exit_code_of, report
from microcosm_sqlite.cmd.identities import identity_of, write_identity
from microcosm_sqlite.cmd.options import debug_option, json_option
from microcosm_sqlite.cmd.tables import write_json_array
from microcosm_sqlite.cmd.targets import Target, artifact_at, target_of
from microcosm_sqlite.errors import SQLiteError


@click.command("verify")
@click.argument("names_or_paths", nargs=-1, metavar="[NAME_OR_PATH]...")
@click.option("--all", "everything", is_flag=True, help="Check every data set that can be bound here.")
@json_option
@debug_option
@click.pass_context
def verify_artifacts(
    context: click.Context, *, names_or_paths: tuple[str, ...], everything: bool, as_json: bool
) -> None:
    """Check every byte, every row and the schema of each artifact against its manifest.

    NAME_OR_PATH is a data set or a file. All of them are checked, whatever is found. The exit code is 1 if any is not
    what it should be, 3 if all that is wrong is that some are missing.
    """
    if not names_or_paths and not everything:
        raise click.UsageError("name what to verify, or ask for --all.")
    targets = _installed() if everything else {}
    targets |= {argument: partial(target_of, argument) for argument in names_or_paths}
    codes = {ExitCode.OK}
    outcomes: list[dict[str, Any]] = []
    for argument, locate in targets.items():
        try:
            artifact = artifact_at(locate(), verify)
        except SQLiteError as error:
            codes.add(exit_code_of(error))
            report(context, error)
            outcomes.append({"target": argument, "ok": False, "error": str(error)})
        else:
            outcomes.append({"target": argument, "ok": True, **identity_of(artifact)})
            if not as_json:
                write_identity(artifact)
    if as_json:
        write_json_array(outcomes)
    context.exit(ExitCode.FAILED if ExitCode.FAILED in codes else max(codes))


def _installed() -> dict[str, Callable[[], Target]]:
    paths = data_set_paths()

    def locate(name: str) -> Target:
        return Target(path=path_of(name, paths), name=name)

    return {name: partial(locate, name) for name in sorted(paths)}
