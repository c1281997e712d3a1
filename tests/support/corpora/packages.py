"""The source packages whose tests hold recorded streams; pip and cargo download them by name."""

import os
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Final

PYTHON: Final = {
    "h11": "0.16.0",
    "httptools": "0.6.4",
    "aiohttp": "3.12.15",  # includes llhttp's own tests
    "gunicorn": "23.0.0",
    "waitress": "3.0.2",
    "uvicorn": "0.35.0",
}
RUST: Final = {"httparse": "1.10.1", "hyper": "1.7.0", "actix-http": "3.11.0"}


def download(folder: Path) -> dict[str, Path]:
    """Download every package's source into `folder`; return where each is. Raise `CalledProcessError`."""
    return _python(folder) | _rust(folder)


def _python(folder: Path) -> dict[str, Path]:
    wanted = [f"{name}=={version}" for name, version in PYTHON.items()]
    pip = (sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", ":all:", "-d", str(folder))
    subprocess.run([*pip, *wanted], check=True, timeout=600)
    found = {}
    for name, version in PYTHON.items():
        with tarfile.open(folder / f"{name}-{version}.tar.gz") as archive:
            archive.extractall(folder, filter="data")
        found[name] = folder / f"{name}-{version}"
    return found


def _rust(folder: Path) -> dict[str, Path]:
    """Let cargo fetch them as the dependencies of an empty package."""
    asking = folder / "asking"
    (asking / "src").mkdir(parents=True)
    (asking / "src" / "lib.rs").touch()
    wanted = "".join(f'{name} = "={version}"\n' for name, version in RUST.items())
    manifest = f'[package]\nname = "asking"\nversion = "0.0.0"\nedition = "2021"\n[dependencies]\n{wanted}'
    (asking / "Cargo.toml").write_text(manifest)
    home = folder / "cargo"
    subprocess.run(
        ["cargo", "fetch", "-q"], cwd=asking, env=os.environ | {"CARGO_HOME": str(home)}, check=True, timeout=600
    )
    return {name: next(home.glob(f"registry/src/*/{name}-{version}")) for name, version in RUST.items()}
