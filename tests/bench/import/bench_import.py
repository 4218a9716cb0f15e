"""Images a second of `grappa-cli import` beside a plain Python loop (plain_import.py), both arms interleaved.

    python tests/bench/import/bench_import.py --photos FOLDER [--pairs 7]

needs torch==2.13.0, numpy, pillow and safetensors, and a release build. FOLDER holds any JPEG photographs; the two sets
(short side 128 px, and 12-megapixel mosaics) are made from them. With --memory N1,N2 the peak memory of an import of N1
and of N2 images is compared instead. With --beside the import runs by itself and beside a busy process on every core, in
turns, and the rate beside them is printed as a share of the idle one; this needs no plain Python loop, and machines that
do nothing else. Prints every figure; decides nothing.
"""
import argparse
import contextlib
import json
import os
import pathlib
import platform
import random
import shutil
import statistics
import subprocess
import sys
import tempfile

from PIL import Image

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]


def small_photos(sources, folder, count):
    folder.mkdir()
    for i in range(count):
        image = Image.open(sources[i % len(sources)]).convert("RGB")
        scale = 128 / min(image.size)
        image = image.resize((max(128, round(image.width * scale)), max(128, round(image.height * scale))))
        # A changed corner pixel makes every file different, so that nothing is found by its content.
        image.putpixel((0, 0), (i % 256, i // 256 % 256, i // 65536))
        image.save(folder / f"{i:06}.jpg", quality=90)


def mosaics(sources, folder, count, size=(4000, 3000), tile=500):
    folder.mkdir()
    picker = random.Random(1)
    for i in range(count):
        mosaic = Image.new("RGB", size)
        for x in range(0, size[0], tile):
            for y in range(0, size[1], tile):
                mosaic.paste(Image.open(picker.choice(sources)).convert("RGB").resize((tile, tile)), (x, y))
        mosaic.save(folder / f"{i:06}.jpg", quality=90)


def grappa(arguments, folder):
    """One import into a fresh library: its JSON, and its peak memory with that of its decode workers, in MiB."""
    library = tempfile.mkdtemp(dir=arguments.scratch)
    try:
        command = [arguments.cli, "--json", "--library", library, "--input-size", str(arguments.input_size),
                   "--threads", str(arguments.threads), "import", str(folder)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = status
        if status != 0:
            sys.exit(f"{command} failed: {output}")
        return json.loads(output), usage.ru_maxrss / 1024
    finally:
        shutil.rmtree(library)


def plain(arguments, folder):
    output = subprocess.run([sys.executable, HERE / "plain_import.py", folder, "--weights", arguments.weights,
                             "--input-size", str(arguments.input_size), "--threads", str(arguments.threads)],
                            check=True, capture_output=True, text=True).stdout
    return json.loads(output)


def compare(arguments, name, folder):
    ratios = []
    for pair in range(arguments.pairs):
        ours, _ = grappa(arguments, folder)
        theirs = plain(arguments, folder)
        rates = ours["found"] / ours["seconds"], theirs["images"] / theirs["seconds"]
        ratios.append(rates[0] / rates[1])
        print(f"{name} pair {pair + 1}: grappa-cli {rates[0]:.1f} images/s (waited {ours['decodeWaitSeconds']:.1f} s for pixels, "
              f"model {ours['embedSeconds']:.1f} s), plain Python {rates[1]:.1f} images/s, ratio {ratios[-1]:.2f}", flush=True)
    print(f"{name}: median ratio {statistics.median(ratios):.2f} of {len(ratios)} pairs "
          f"(from {min(ratios):.2f} to {max(ratios):.2f})", flush=True)


@contextlib.contextmanager
def busy_cores():
    """A process that only computes on every core, for as long as this lasts."""
    processes = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in os.sched_getaffinity(0)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


def beside(arguments, folder):
    ratios = []
    for pair in range(arguments.pairs):
        # The order turns, so that a machine that slows down or warms up favours neither.
        rates = {}
        for busy in (False, True) if pair % 2 == 0 else (True, False):
            with busy_cores() if busy else contextlib.nullcontext():
                ours, _ = grappa(arguments, folder)
            rates[busy] = ours["found"] / ours["seconds"]
        ratios.append(rates[True] / rates[False])
        print(f"beside pair {pair + 1}: idle {rates[False]:.1f} images/s, beside busy cores {rates[True]:.1f}, "
              f"share {ratios[-1]:.1%}", flush=True)
    print(f"beside: median share {statistics.median(ratios):.1%} of {len(ratios)} pairs "
          f"(from {min(ratios):.1%} to {max(ratios):.1%}), 45 % asked for", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=pathlib.Path, required=True)
    parser.add_argument("--cli", default=str(ROOT / "build/release/bin/grappa-cli"))
    parser.add_argument("--weights", default=str(ROOT / "build/models/dinov2-vits14-focus.safetensors"))
    parser.add_argument("--input-size", type=int, default=112)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--pairs", type=int, default=7)
    parser.add_argument("--small", type=int, default=600, help="photographs of 128 px")
    parser.add_argument("--large", type=int, default=32, help="photographs of 12 megapixels")
    parser.add_argument("--memory", help="N1,N2: compare the peak memory of two imports instead")
    parser.add_argument("--beside", action="store_true", help="compare with an import beside busy cores instead")
    arguments = parser.parse_args()
    sources = sorted(path for path in arguments.photos.rglob("*") if path.suffix.lower() in (".jpg", ".jpeg"))
    if not sources:
        sys.exit(f"{arguments.photos} holds no JPEG files")

    print(f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, "
          f"{subprocess.run([arguments.cli, '--version'], capture_output=True, text=True).stdout.strip()}")
    with tempfile.TemporaryDirectory() as scratch:
        arguments.scratch = scratch
        folder = pathlib.Path(scratch)
        if arguments.memory:
            peaks = []
            for count in map(int, arguments.memory.split(",")):
                small_photos(sources, folder / str(count), count)
                peaks.append(grappa(arguments, folder / str(count))[1])
                print(f"{count} images: peak of the largest process {peaks[-1]:.0f} MiB", flush=True)
            print(f"ratio {peaks[-1] / peaks[0]:.3f}")
            return
        small_photos(sources, folder / "small", arguments.small)
        if arguments.beside:
            beside(arguments, folder / "small")
            return
        compare(arguments, "128 px", folder / "small")
        mosaics(sources, folder / "large", arguments.large)
        compare(arguments, "12 megapixels", folder / "large")


if __name__ == "__main__":
    main()
