"""Instructions per segment, counted by callgrind over the engine alone.

Nothing here depends on the machine's load, so two runs of one build give the
same figures. Each program runs with two counts; the difference is free of
what setting up costs.
"""
import json
import os
import re
import subprocess
import sys

COUNTS = (200, 1200)

# what: (mode of the program, function, frame that it is about, meaning)
FIGURES = {
    'segment_in': ('segment', 'receive_data', 0,
                   'received MSS segment in order'),
    'ack_in': ('segment', 'receive_ack', 1, 'received ACK of two segments'),
    'segment_out': ('segment', 'send_data', 0, 'sent MSS segment'),
    'ack_out': ('segment', 'send_ack', 1, 'sent ACK'),
    'super_in': ('super', 'receive_data', 0,
                 'received super-frame of 44 segments'),
    'super_out': ('super', 'send_data', 0, 'sent super-frame of 44 segments'),
    'super_ack_in': ('super', 'receive_ack', 1,
                     'received ACK of a super-frame'),
}


def run(build, mode, count):
    """(instructions by function, (data frames, ACK frames))"""
    folder = os.path.join(build, 'bench')
    out = os.path.join(folder, f'callgrind.{mode}.{count}')
    program = os.path.join(build, 'tests/bench/cost')
    frames = subprocess.run(
        ['valgrind', '-q', '--tool=callgrind', f'--callgrind-out-file={out}',
         program, mode, str(count)],
        check=True, stdout=subprocess.PIPE, text=True).stdout
    text = subprocess.run(
        ['callgrind_annotate', '--inclusive=yes', '--threshold=100', out],
        check=True, stdout=subprocess.PIPE, text=True).stdout
    costs = {}
    for line in text.splitlines():
        found = re.match(r'\s*([\d,]+).*?:(\w+)(?:\'2)? ?(?:\[|$)', line)
        if found:
            costs.setdefault(found[2], int(found[1].replace(',', '')))
    return costs, tuple(int(word) for word in frames.split())


def collect(build):
    os.makedirs(os.path.join(build, 'bench'), exist_ok=True)
    runs = {(mode, count): run(build, mode, count)
            for mode in ('segment', 'super') for count in COUNTS}
    figures = {}
    for name, (mode, function, frame, what) in FIGURES.items():
        (low, low_frames), (high, high_frames) = (
            runs[mode, count] for count in COUNTS)
        instructions = high[function] - low[function]
        frames = high_frames[frame] - low_frames[frame]
        figures[name] = {'what': what, 'frames': frames,
                         'instructions': round(instructions / frames)}
    return figures


def main(build):
    if subprocess.run(['which', 'valgrind'], stdout=subprocess.DEVNULL,
                      check=False).returncode:
        sys.exit('bench: valgrind is missing: scripts/install-packages')
    figures = collect(build)
    print(f'{"instructions per":36} {"":>8}')
    for figure in figures.values():
        print(f'{figure["what"]:36} {figure["instructions"]:8}')
    path = os.path.join(build, 'bench/cost.json')
    with open(path, 'w') as file:
        json.dump(figures, file, indent=1)
    print(f'\nwritten: {path}')
