"""Where the style sheets lie: inside the package (a wheel), or at the repository's root (an editable install)."""

from pathlib import Path


def sheets() -> list[Path]:
    """Return the style sheets, in the order in which they are read."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "styles"
    folder = inside if inside.is_dir() else package.parent.parent / "styles"
    return sorted(folder.glob("*.tcss"))
