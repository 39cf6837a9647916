"""QR codes as a phone's camera sees them: read by a decoder that knows nothing of us."""

import base64
import itertools
import re
import struct
import zlib

import zxingcpp

MODULE = 4  # pixels
Picture = list[list[bool]]  # rows of modules, True where it is dark


def read(picture: Picture) -> str:
    rows = [b"".join((b"\0" if dark else b"\xff") * MODULE for dark in row) * MODULE for row in picture]
    pixels = memoryview(b"".join(rows)).cast("B", (len(picture) * MODULE, len(picture[0]) * MODULE))
    [found] = zxingcpp.read_barcodes(pixels)
    assert found.format == zxingcpp.BarcodeFormat.QRCode
    return found.text


def read_image(png: bytes) -> str:
    """Finds the one code in a picture, whatever else it shows."""
    rows = gray_rows(png)
    [found] = zxingcpp.read_barcodes(memoryview(b"".join(rows)).cast("B", (len(rows), len(rows[0]))))
    assert found.format == zxingcpp.BarcodeFormat.QRCode
    return found.text


def gray_rows(png: bytes) -> list[bytes]:
    """A byte for each pixel, of a picture as browsers write them: RGB or RGBA, 8 bits deep, not interlaced
    (w3.org/TR/png-3)."""
    chunks, at = [], 8
    while at < len(png):
        length = int.from_bytes(png[at : at + 4], "big")
        chunks.append((png[at + 4 : at + 8], png[at + 8 : at + 8 + length]))
        at += 12 + length
    width, height, depth, colors, *rest = struct.unpack(">IIBBBBB", chunks[0][1])
    assert (depth, rest) == (8, [0, 0, 0]) and colors in (2, 6)
    size = 3 if colors == 2 else 4
    data = zlib.decompress(b"".join(body for kind, body in chunks if kind == b"IDAT"))
    step, above, rows = 1 + width * size, bytes(width * size), []
    for start in range(0, step * height, step):
        above = unfiltered(data[start], data[start + 1 : start + step], above, size)
        rows.append(bytes((r + g + b) // 3 for r, g, b in zip(above[::size], above[1::size], above[2::size])))
    return rows


def unfiltered(kind: int, row: bytes, above: bytes, size: int) -> bytes:
    if kind == 0:
        return row
    if kind == 2:
        return bytes((here + up) & 255 for here, up in zip(row, above))
    done = bytearray(len(row))
    for channel in range(size):
        if kind == 1:
            done[channel::size] = bytes(sum & 255 for sum in itertools.accumulate(row[channel::size]))
            continue
        left = corner = 0
        for at in range(channel, len(row), size):
            up = above[at]
            left = (row[at] + ((left + up) // 2 if kind == 3 else paeth(left, up, corner))) & 255
            done[at], corner = left, up
    return bytes(done)


def paeth(left: int, up: int, corner: int) -> int:
    distances = [abs(up - corner), abs(left - corner), abs(left + up - 2 * corner)]
    return (left, up, corner)[distances.index(min(distances))]


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
        picture[y][x : x + width] = [True] * width
    return picture


def of_terminal(text: str) -> Picture:
    """Of half blocks, two modules in one character, which are light on a dark terminal."""
    halves = {" ": (True, True), "\u2580": (False, True), "\u2584": (True, False), "\u2588": (False, False)}
    lines = [re.sub(r"\x1b\[[\d;]*m", "", line) for line in text.splitlines()]
    drawn = [line for line in lines if line.strip() and set(line) <= set(halves)]
    return [[halves[character][half] for character in line] for line in drawn for half in (0, 1)]
