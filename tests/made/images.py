"""Pictures: scanned pages (text drawn with Pillow's own font) and holiday photographs."""

from __future__ import annotations

import io
import random
import textwrap
import unicodedata
from functools import cache

from PIL import Image, ImageDraw, ImageFont

from tests.made import pdf
from tests.made.paper import Paper

_SCAN = (620, 877)  # A4 at 75 dots an inch
_PHOTO = (640, 480)


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(size)
    assert isinstance(font, ImageFont.FreeTypeFont)
    # the simple layout engine comes with Pillow; the other one depends on the machine
    return font.font_variant(layout_engine=ImageFont.Layout.BASIC)


def page(text: str, *, seed: int = 0) -> Image.Image:
    """Make a page of a scan: grey paper, specks, slightly turned, the text as wide as it fits."""
    rng = random.Random(seed)
    picture = Image.new("L", _SCAN, 244)
    draw = ImageDraw.Draw(picture)
    y = 50
    for line in _plain(text).splitlines():
        for piece in textwrap.wrap(line, 72) or [""]:
            draw.text((50, y), piece, fill=40, font=_font(14))
            y += 19
    for _ in range(60):
        x, y = rng.randrange(_SCAN[0]), rng.randrange(_SCAN[1])
        draw.point((x, y), fill=150)
    return picture.rotate(rng.choice((-1, 0, 1)) * 0.5, fillcolor=244)


def _plain(text: str) -> str:
    """Letters that Pillow's font has: without accents, with plain dashes."""
    bare = unicodedata.normalize("NFKD", text.translate({0x2013: "-", 0x2014: "-", 0x2022: "-", 0x2026: "..."}))
    return "".join(c for c in bare if not unicodedata.combining(c))


def jpeg(picture: Image.Image, *, quality: int = 60, exif: Image.Exif | None = None) -> bytes:
    """Give the picture as a JPEG."""
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=quality, **({"exif": exif} if exif else {}))
    return buffer.getvalue()


def png(picture: Image.Image) -> bytes:
    """Give the picture as a PNG, stored rather than deflated."""
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", compress_level=0)
    return buffer.getvalue()


def tiff(pictures: list[Image.Image]) -> bytes:
    """Give the pages of a fax or scanner as one TIFF, two levels, uncompressed."""
    pages = [picture.convert("1", dither=Image.Dither.NONE) for picture in pictures]
    buffer = io.BytesIO()
    pages[0].save(buffer, "TIFF", save_all=True, append_images=pages[1:])
    return buffer.getvalue()


def texts(paper: Paper) -> list[str]:
    """Give what stands on each page of the paper when it is printed."""
    body = paper.text.split("\f")
    return [f"{paper.header}\n\n{text}\n\n{paper.footer}" for text in body]


def scan(paper: Paper, *, seed: int = 0) -> bytes:
    """Give the paper printed and scanned into a PDF without a text layer."""
    pictures = [page(text, seed=seed + number) for number, text in enumerate(texts(paper))]
    return pdf.scan([(jpeg(picture), *picture.size) for picture in pictures])


def photograph(seed: int) -> bytes:
    """Make a holiday photograph: sky, hills, sea, a sun, and the camera's own notes (EXIF)."""
    rng = random.Random(seed)
    picture = Image.new("RGB", _PHOTO, (120 + rng.randrange(60), 170 + rng.randrange(40), 220))
    draw = ImageDraw.Draw(picture)
    x, y = rng.randrange(60, 580), rng.randrange(40, 160)
    draw.ellipse((x - 30, y - 30, x + 30, y + 30), fill=(255, 240, 170))
    for depth in range(3):
        base = 260 + 50 * depth
        hills = [(step * 80, base - rng.randrange(70)) for step in range(9)]
        green = 150 - 30 * depth
        draw.polygon([(0, 480), *hills, (640, 480)], fill=(60 + 10 * depth, green, 70))
    draw.rectangle((0, 420, 640, 480), fill=(50, 90, 150 + rng.randrange(50)))
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "Example Cameras", "Pocket 3"
    exif[0x0132] = f"{2009 + seed % 9}:08:{1 + seed % 27:02d} 14:{seed % 60:02d}:00"
    return jpeg(picture, quality=70, exif=exif)
