"""QR codes as a phone's camera sees them: read by a decoder that knows nothing of us."""

import base64
import re

import zxingcpp

MODULE = 4  # pixels
Picture = list[list[bool]]  # rows of modules, True where it is dark


def read(picture: Picture) -> str:
    rows = [b"".join((b"\0" if dark else b"\xff") * MODULE for dark in row) * MODULE for row in picture]
    pixels = memoryview(b"".join(rows)).cast("B", (len(picture) * MODULE, len(picture[0]) * MODULE))
    [found] = zxingcpp.read_barcodes(pixels)
    assert found.format == zxingcpp.BarcodeFormat.QRCode
    return found.text


def of_svg(data_url: str) -> Picture:
    """Of bars, one module high, on a square of light."""
    svg = base64.b64decode(data_url.removeprefix("data:image/svg+xml;base64,"), validate=True).decode()
    side = int(re.search(r'viewBox="0 0 (\d+) \1"', svg)[1])
    assert f'<rect width="{side}" height="{side}" fill="#fff"/>' in svg
    path = re.search(r'<path d="([^"]*)" fill="#000"/>', svg)[1]
    bars = re.findall(r"M(\d+) (\d+)h(\d+)v1H\1z", path)
    assert "".join(f"M{x} {y}h{width}v1H{x}z" for x, y, width in bars) == path
    picture = [[False] * side for _ in range(side)]
    for x, y, width in (map(int, bar) for bar in bars):
        picture[y][x:x + width] = [True] * width
    return picture


def of_terminal(text: str) -> Picture:
    """Of half blocks, two modules in one character, which are light on a dark terminal."""
    halves = {" ": (True, True), "\u2580": (False, True), "\u2584": (True, False), "\u2588": (False, False)}
    lines = [re.sub(r"\x1b\[[\d;]*m", "", line) for line in text.splitlines()]
    drawn = [line for line in lines if line.strip() and set(line) <= set(halves)]
    return [[halves[character][half] for character in line] for line in drawn for half in (0, 1)]
