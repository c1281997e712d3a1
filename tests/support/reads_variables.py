"""Which environment variables a Python program reads by name: the program itself records them."""

from pathlib import Path
from typing import Final

_SITE: Final = """
import os, sys
read = set()
class Told(type(os.environ)):
    def __getitem__(self, name):
        frame = sys._getframe(1)
        while frame and frame.f_code.co_filename.startswith("<frozen "):
            frame = frame.f_back
        ours = frame is not None and "shimmy_metrics" in frame.f_code.co_filename
        if not ours and name not in read:
            read.add(name)
            with open({names!r}, "a") as file:  # at once: the program may be killed
                file.write(f"{{name}}\\n")
        return super().__getitem__(name)
os.environ.__class__ = Told
"""


def recording_names(folder: Path) -> tuple[dict[str, str], Path]:
    """Return an environment in which Python records the names that it and other packages read, and the file."""
    names = folder / "names"
    names.touch()
    (folder / "sitecustomize.py").write_text(_SITE.format(names=str(names)))
    return {"PYTHONPATH": str(folder)}, names
