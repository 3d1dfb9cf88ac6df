"""What a scenario of scripts/capture plays on: a network, the clients'
output, and which frames of the capture are worth showing."""
import os
import subprocess

import network

HERE = os.path.dirname(os.path.realpath(__file__))
SECONDS = 120           # of one client

FIELDS = ('frame.time_relative', '_ws.col.Source', '_ws.col.Destination',
          '_ws.col.Protocol', 'frame.len', '_ws.col.Info', 'frame.comment')
LAYOUT = '{:>9} {:<17} > {:<17} {:<7} {:>5}  {}'


class Stage:
    def __init__(self, name, ip6, options):
        self.network = network.Network(name, options.build, ip6)
        self.shown = ''         # a display filter; empty: all frames
        self.said = []          # by clients
        self.failures = []
        impairment = options.impairment()
        if impairment:
            self.network.settings['PYT_IMPAIR'] = impairment

    # -------------------------------------------------------------- scenario

    def client(self, *command, over='peer', status=0, shown=None):
        """Runs a client to its end; its status shall be as said."""
        inside = {'peer': self.network.peer, 'stack': self.network.stack}
        self.said.append(f'$ {" ".join(shown or command)}'
                         + ('   (over the stack)' if over == 'stack' else ''))
        try:
            done = subprocess.run(
                inside[over](*command), stdin=subprocess.DEVNULL, text=True,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                errors='replace', timeout=SECONDS)
        except subprocess.TimeoutExpired as expired:
            self.said.append((expired.stdout or b'').decode(errors='replace'))
            self.failures.append(f'{command[0]} did not end in {SECONDS} s')
            return
        self.said.append(done.stdout.rstrip())
        if status is not None and done.returncode != status:
            self.failures.append(f'{command[0]} ended with '
                                 f'{done.returncode}, not {status}')

    def script(self, name, *arguments, **options):
        """A client that lies beside this file."""
        self.client(network.PYTHON, os.path.join(HERE, name), *arguments,
                    shown=(name, *arguments), **options)

    def wait_for_wire(self, wanted, count=1, seconds=20):
        """Until the capture has that many frames that the filter shows."""
        if not network.until(seconds, lambda: len(
                self.frames(wanted)) >= count, pause=0.5):
            self.failures.append(f'the wire never shows {count} x {wanted}')

    # --------------------------------------------------------------- results

    def frames(self, wanted):
        arguments = [x for field in FIELDS for x in ('-e', field)]
        filters = ['-Y', wanted] if wanted else []
        # Two passes: then an answer knows its question.
        shown = subprocess.run(
            ['tshark', '-2', '-r', self.network.path('wire.pcapng'), '-n',
             '--disable-protocol', 'echo', '-T', 'fields',
             *arguments, *filters], text=True,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
        return [line.split('\t') for line in shown.splitlines()]

    def client_text(self):
        return '\n'.join(self.said)

    def log_text(self):
        return self.network.text('log').rstrip()

    def wire_text(self):
        lines = []
        for time, source, target, protocol, length, info, *comment in \
                self.frames(self.shown):
            notes = [note for note in comment if note]
            lines.append(LAYOUT.format(
                f'{float(time):.4f}', source, target, protocol, length,
                ' '.join([info, *(f'[{note}]' for note in notes)])))
        return '\n'.join(lines)
