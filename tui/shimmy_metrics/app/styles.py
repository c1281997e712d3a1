"""Where the style sheets are: inside the package (a wheel), or at the repository's root (an editable install)."""

from pathlib import Path


def sheet(name: str) -> str:
    """Return the path of a style sheet.

    A screen names the sheets that it alone needs: the first frame waits for fewer.
    """
    package = Path(__file__).resolve().parent.parent
    inside = package / "styles"
    folder = inside if inside.is_dir() else package.parent.parent / "styles"
    return str(folder / f"{name}.tcss")
