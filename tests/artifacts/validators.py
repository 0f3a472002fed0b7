"""Make an environment with the libraries that judge our documents: `python -m tests.artifacts.validators`.

They have dependencies that clash with those of the tools here, so they live on their own.
"""

import json
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[2] / ".venvs" / "validators"
PYTHON = FOLDER / "bin" / "python"

PACKAGES = ("frictionless==5.21.0", "mlcroissant==1.1.1")

#: Prints what frictionless has to say of the data packages whose paths it is given: a list of errors for each.
_PACKAGES = """
import json, sys
from frictionless import FrictionlessException, Package
found = []
for path in sys.argv[1:]:
    errors = [error.message for error in Package.metadata_validate(json.load(open(path, encoding="utf-8")))]
    try:
        resources = Package(path).resources
        for schema in (resource.schema for resource in resources):
            errors += [error.message for error in schema.metadata_validate(schema.to_descriptor())]
        errors += [] if resources else ["no resources"]
    except FrictionlessException as error:
        errors.append(str(error))
    found.append(errors)
json.dump(found, sys.stdout)
"""

#: Prints what mlcroissant has to say of the Croissant documents whose paths it is given: a list of errors for each.
_CROISSANTS = """
import json, sys
import mlcroissant
found = []
for path in sys.argv[1:]:
    try:
        metadata = mlcroissant.Dataset(jsonld=path).metadata
        errors = sorted(map(str, metadata.ctx.issues.errors))
        found.append(errors + ([] if metadata.record_sets else ["no record sets"]))
    except mlcroissant.ValidationError as error:
        found.append([str(error)])
json.dump(found, sys.stdout)
"""


def frictionless_errors(*paths: Path) -> Any:
    """Return what frictionless finds wrong with each of the data packages at *paths*."""
    return _run(_PACKAGES, *paths)


def croissant_errors(*paths: Path) -> Any:
    """Return what mlcroissant finds wrong with each of the documents at *paths*."""
    return _run(_CROISSANTS, *paths)


def _run(code: str, *paths: Path) -> Any:
    ran = subprocess.run([PYTHON, "-c", code, *paths], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def main() -> None:
    """Make the environment, or say that it cannot be had here."""
    if PYTHON.exists():
        return
    venv.create(FOLDER, with_pip=True, clear=True)
    ran = subprocess.run([PYTHON, "-m", "pip", "install", "--quiet", *PACKAGES], check=False)
    if ran.returncode:
        PYTHON.unlink()
        print("The validators cannot be installed here: documents will not be judged by them", file=sys.stderr)


if __name__ == "__main__":
    main()
