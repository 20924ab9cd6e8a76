"""The example notebooks, run on a database of the bundled figures.

    python -m tests.report.notebooks

runs those of docs/examples/ and writes them back with their outputs.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import nbclient
import nbformat

from tests.conftest import run_module

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted((ROOT / "docs" / "examples").glob("*.ipynb"))
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def run_notebook(path: Path, folder: Path) -> Any:
    """Run a notebook in a folder that holds ``cityflux.db``; an error in a cell is raised."""
    notebook = nbformat.read(path, as_version=4)
    client = nbclient.NotebookClient(
        notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    )
    paths = [str(ROOT), os.environ.get("PYTHONPATH", "")]
    client.execute(env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))})
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)  # when each cell ran
    notebook.metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    return notebook


def main() -> None:
    """Run every example and write it back."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        database = ["--database", "cityflux.db"]
        done = run_module("cityflux", *database, "run", "--once", "--offline", cwd=folder)
        assert done.returncode == 0, done.stderr
        for path in EXAMPLES:
            nbformat.write(run_notebook(path, folder), path)
            print(path.relative_to(ROOT))


if __name__ == "__main__":
    main()
