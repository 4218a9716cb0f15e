"""Time of `grappa-cli adapt` until its adaptor sets are learned, beside a plain PyTorch script (plain_adapt.py).

    python tests/bench/adapt/bench_adapt.py --photos FOLDER [--photos FOLDER...] [--measure-steps 8]

needs torch==2.13.0, numpy, opencv-python-headless and safetensors, and a release build. Both arms learn the same number
of sets by the same number of steps; the ratio is of the time from the start to the last set, and stands beside the bound
that arithmetic sets to it. Without --measure-steps the plain arm runs to its end (an hour or more on two cores). Prints
every figure; decides nothing.
"""
import argparse
import json
import os
import pathlib
import platform
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]


def grappa(arguments, library):
    """Seconds of each stage of one adaptation, in order, and its result."""
    common = [arguments.cli, "--json", "--library", library, "--threads", str(arguments.threads)]
    subprocess.run([*common, "--input-size", str(arguments.input_size), "import", *map(str, arguments.photos),
                    "--collection", "bench"], check=True, capture_output=True)
    start = time.perf_counter()
    process = subprocess.Popen([*common, "adapt", "--collection", "bench", "--granularities", arguments.granularities,
                                "--epochs", str(arguments.epochs), "--blocks", f"last:{arguments.blocks}",
                                "--fusion", "average", "--seed", str(arguments.seed)],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    ends = {}
    for line in process.stderr:
        event = json.loads(line) if line.startswith("{") else {}
        if event.get("event") in ("progress", "point"):
            ends[event["stage"]] = time.perf_counter() - start
    result = json.loads(process.stdout.read())
    if process.wait() != 0:
        sys.exit(f"grappa-cli adapt failed: {result}")
    return ends, result


def plain(arguments):
    command = [sys.executable, HERE / "plain_adapt.py", *map(str, arguments.photos), "--weights", arguments.weights,
               "--input-size", str(arguments.input_size), "--granularities", arguments.granularities,
               "--epochs", str(arguments.epochs), "--blocks", str(arguments.blocks), "--seed", str(arguments.seed),
               "--threads", str(arguments.threads)]
    if arguments.measure_steps:
        command += ["--measure-steps", str(arguments.measure_steps)]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)


def bound(arguments, depth=11, width=384, hidden=1536, patch=14, bottleneck=64):
    """How much less there is to compute for one image in one step, in multiply-adds."""
    tokens = 1 + (arguments.input_size // patch) ** 2
    full = tokens * (4 * width * width + 2 * width * hidden) + 2 * tokens * tokens * width
    last = tokens * 2 * width * width + 2 * width * width + 2 * width * hidden + 2 * tokens * width
    adaptor = tokens * 2 * width * bottleneck
    trained = arguments.blocks - 1  # blocks behind the first adaptor; the gradient goes through these
    sets = arguments.granularities.count(",") + 1
    # Backward costs a forward more for frozen blocks (no gradient of weights), two for adaptors.
    theirs = depth * full + trained * full + 3 * arguments.blocks * adaptor
    ours = 2 * ((trained - 1) * full + last) + 3 * ((arguments.blocks - 1) * adaptor + adaptor / tokens)
    shared = arguments.views * (depth - trained) * full / (sets * arguments.epochs)
    return theirs / (ours + shared)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=pathlib.Path, action="append", required=True)
    parser.add_argument("--cli", default=str(ROOT / "build/release/bin/grappa-cli"))
    parser.add_argument("--weights", default=str(ROOT / "build/models/dinov2-vits14-focus.safetensors"))
    parser.add_argument("--granularities", default="16,28,50,87,153,268,470,824", help="eight sets")
    parser.add_argument("--input-size", type=int, default=112)
    parser.add_argument("--blocks", type=int, default=3, help="the last M are adapted")
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--views", type=int, default=2, help="training views that grappa-cli keeps of an image")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--measure-steps", type=int, help="of the plain arm: time only these of each set, and scale")
    arguments = parser.parse_args()

    print(f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, "
          f"{subprocess.run([arguments.cli, '--version'], capture_output=True, text=True).stdout.strip()}")
    with tempfile.TemporaryDirectory() as library:
        ends, result = grappa(arguments, library)
    before = 0.0
    for stage, end in ends.items():
        print(f"grappa-cli, {stage}: {end - before:.1f} s")
        before = end
    ours = max(end for stage, end in ends.items() if stage.startswith("learn"))
    print(f"grappa-cli: {result['images']} images, last set learned after {ours:.1f} s, "
          f"ended after {result['seconds']:.1f} s", flush=True)
    theirs = plain(arguments)
    total = theirs["prepareSeconds"] + theirs["learnSeconds"]
    print(f"plain PyTorch: {theirs['images']} images learned from, {theirs['steps']} steps, prepared in "
          f"{theirs['prepareSeconds']:.1f} s, last set learned after {total:.1f} s"
          f"{' (scaled from ' + str(arguments.measure_steps) + ' steps of each set)' if theirs['scaled'] else ''}")
    print(f"ratio {total / ours:.2f}; arithmetic alone allows {bound(arguments):.2f}")


if __name__ == "__main__":
    main()
