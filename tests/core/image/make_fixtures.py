#!/usr/bin/env python3
"""Writes tests/core/image/data: small images of every kind that is read, each with what Pillow makes of it (upright RGB
on white) as FILE.rgb, and the reference preprocessing's crops as FILE.cropSIZE.rgb. A .rgb file is the line "width
height", then the samples. Run once; the tests need no Python.

    make_fixtures.py REFERENCE      REFERENCE: the folder that holds preprocess.py
Needs numpy, Pillow, torch and opencv-python-headless==4.6.0.66 (the version whose resize is the reference)."""
import io
import pathlib
import sys

import cv2
import numpy as np
from PIL import Image, ImageOps

DATA = pathlib.Path(__file__).parent / "data"
ORIENTATION, EXIF, DATE_TIME_ORIGINAL = 0x0112, 0x8769, 0x9003


def picture(width, height, seed=0):
    """Smooth, with an edge and some noise; no two of its eight orientations are equal."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    image = np.stack([x * 255 / max(1, width - 1), y * 255 / max(1, height - 1), (x + 2 * y) * 5 % 256], -1)
    image[: height // 3, : width // 2] = (230, 40, 60)
    return Image.fromarray(np.clip(image + rng.normal(0, 4, image.shape), 0, 255).astype(np.uint8))


def alpha(width, height):
    y, x = np.mgrid[0:height, 0:width]
    return Image.fromarray(((x * 13 + y * 7) % 256).astype(np.uint8))


def write_rgb(path, array):
    height, width = array.shape[:2]
    path.write_bytes(f"{width} {height}\n".encode() + np.ascontiguousarray(array).tobytes())


def as_pillow_sees(path):
    image = ImageOps.exif_transpose(Image.open(path))
    if image.mode.startswith("I;16"):  # Pillow clips here; the high byte is what a person expects
        image = Image.fromarray((np.array(image) >> 8).astype(np.uint8))
    if not image.has_transparency_data:
        return np.array(image.convert("RGB"))
    image = image.convert("RGBA")
    white = Image.new("RGB", image.size, "white")
    white.paste(image, mask=image.getchannel("A"))
    return np.array(white)


def save(name, image, **options):
    path = DATA / name
    image.save(path, **options)
    write_rgb(DATA / (name + ".rgb"), as_pillow_sees(path))


def save_with_opencv(name, array):
    path = DATA / name
    assert cv2.imwrite(str(path), array)
    write_rgb(DATA / (name + ".rgb"), as_pillow_sees(path))


def turned(orientation, taken=None):
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    if taken:
        exif.get_ifd(EXIF)[DATE_TIME_ORIGINAL] = taken
    return exif


def images():
    rgb = picture(23, 17)
    mask = alpha(23, 17)
    rgba = rgb.copy()
    rgba.putalpha(mask)
    grey = rgb.convert("L")
    grey_alpha = grey.copy()
    grey_alpha.putalpha(mask)
    palette = rgb.quantize(32)
    bilevel = rgb.convert("1")
    cmyk = rgb.convert("CMYK")
    cmyk.putdata([(c, m, y, (c + m) // 3) for c, m, y, _ in cmyk.get_flattened_data()])
    deep = np.array(rgb).astype(np.uint16) * 257 + 100
    deep_bgra = np.dstack([deep[..., ::-1], np.array(mask).astype(np.uint16) * 257])
    deep_grey = Image.fromarray(np.ascontiguousarray(deep[..., 1]))
    pixel = Image.new("RGB", (1, 1), (12, 200, 99))

    for suffix, options in (("jpg", {"quality": 95}), ("png", {}), ("webp", {"lossless": True}), ("tif", {}), ("bmp", {})):
        save(f"rgb.{suffix}", rgb, **options)
        save(f"pixel.{suffix}", pixel, **options)
        save(f"column.{suffix}", picture(1, 37), **options)
        if suffix != "webp":
            save(f"grey.{suffix}", grey, **options)
        if suffix != "bmp":
            for orientation in range(1, 9):
                exif = turned(orientation, "2021:03:04 05:06:07")
                save(f"turned{orientation}.{suffix}", picture(11, 6), exif=exif, **options)

    save("subsampled.jpg", rgb, quality=90, subsampling=2)
    save("progressive.jpg", rgb, quality=90, progressive=True)
    save("rgb_coded.jpg", rgb, quality=95, keep_rgb=True)
    save("cmyk.jpg", cmyk, quality=95)
    large = picture(120, 88, 3)
    save("large.jpg", large, quality=92)

    for suffix in ("png", "webp", "tif"):
        options = {"lossless": True, "exact": True} if suffix == "webp" else {}
        save(f"rgba.{suffix}", rgba, **options)
    save("lossy.webp", rgb, quality=80)
    save("lossy_alpha.webp", rgba, quality=80)

    save("grey_alpha.png", grey_alpha)
    save("palette.png", palette)
    save("palette_alpha.png", palette, transparency=bytes(range(0, 256, 8)))
    save("bilevel.png", bilevel)
    save("palette_bits2.png", rgb.quantize(4), bits=2)
    save("key_rgb.png", rgb, transparency=rgb.getpixel((20, 12)))
    save("key_grey.png", grey, transparency=grey.getpixel((20, 12)))
    save("deep_grey.png", deep_grey)
    save_with_opencv("deep_rgb.png", deep[..., ::-1])
    save_with_opencv("deep_rgba.png", deep_bgra)

    save("deep_grey.tif", deep_grey)
    save_with_opencv("deep_rgb.tif", deep[..., ::-1])
    save("deep_turned.tif", deep_grey, tiffinfo={ORIENTATION: 6})  # Pillow turns this kind twice
    write_rgb(DATA / "deep_turned.tif.rgb", np.repeat(np.rot90(np.array(deep_grey) >> 8, -1)[..., None], 3, 2).astype(np.uint8))
    save("grey_turned.tif", grey, tiffinfo={ORIENTATION: 7}, compression="tiff_lzw")
    save("palette.tif", palette)
    save("bilevel.tif", bilevel, compression="group4")
    save("cmyk.tif", cmyk)
    save("lzw.tif", rgb, compression="tiff_lzw")
    save("deflate.tif", rgb, compression="tiff_adobe_deflate")
    save("packbits.tif", rgb, compression="packbits")

    save("palette.bmp", palette)
    save("bilevel.bmp", bilevel)
    save("rgba.bmp", rgba)

    save("palette.gif", palette)
    save("grey.gif", grey)
    save("pixel.gif", pixel)
    save("transparent.gif", palette, transparency=palette.getpixel((20, 12)))
    save("interlaced.gif", palette, interlace=1)
    save("animated.gif", palette, save_all=True, append_images=[picture(23, 17, 5).quantize(16)], duration=50)


def crops(reference):
    sys.path.insert(0, reference)
    import preprocess

    cv2.ipp.setUseIPP(False)  # Intel's closed resize, which PyPI's builds use, rounds bicubic differently here and there
    sizes = {"wide": (97, 61), "tall": (43, 120), "square": (64, 64), "tiny": (9, 7), "large": (161, 107)}
    for name, (width, height) in sizes.items():
        path = DATA / f"crop_{name}.png"
        picture(width, height, 7).save(path)
        for size in (16, 28, 56):
            tensor = preprocess.load(str(path), size).numpy().transpose(1, 2, 0)
            samples = np.rint((tensor * preprocess.STD + preprocess.MEAN) * 255).astype(np.uint8)
            write_rgb(DATA / f"{path.name}.crop{size}.rgb", samples)


DATA.mkdir(exist_ok=True)
images()
crops(sys.argv[1])
