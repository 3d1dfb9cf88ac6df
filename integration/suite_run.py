#!/usr/bin/python3
"""Runs modules of Python's own test-suite and writes down what each test did.

    suite_run.py RESULTS WITHOUT MODULE...

WITHOUT: parts of names of tests to leave out, with commas between. MODULE
may be one third of one: test.test_socket:2/3. A few
processes, each in a folder of its own, share the modules. A line a test goes
into RESULTS: its name, and ok, fail, error, skip or expected; and one a
module. What the tests say goes to RESULTS.1 and so on.
"""
import concurrent.futures
import os
import subprocess
import sys
import tempfile
import unittest

AT_ONCE = 6  # they mostly wait
SECONDS = 300


class Result(unittest.TextTestResult):
    """Failed subtests fail their test."""
    lines = None

    def tell(self, test, outcome):
        print(str(test.id()).replace(' ', ''), outcome, file=self.lines,
              flush=True)

    def startTest(self, test):
        super().startTest(test)
        self.outcome = 'ok'

    def stopTest(self, test):
        super().stopTest(test)
        self.tell(test, self.outcome)

    def of_class(self, test, outcome):
        """setUpClass and setUpModule have no stopTest()."""
        self.outcome = outcome
        if not isinstance(test, unittest.TestCase):
            self.tell(test, outcome)

    def addError(self, test, error):
        super().addError(test, error)
        self.of_class(test, 'error')

    def addFailure(self, test, error):
        super().addFailure(test, error)
        self.outcome = 'fail'

    def addSubTest(self, test, subtest, error):
        super().addSubTest(test, subtest, error)
        if error:
            self.outcome = 'fail'

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.of_class(test, 'skip')

    def addExpectedFailure(self, test, error):
        super().addExpectedFailure(test, error)
        self.outcome = 'expected'


def tests_of(suite):
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from tests_of(test)
        else:
            yield test


def run_module(lines, without, module):
    name, _, part = module.partition(':')
    first, _, step = part.partition('/')
    from test import support
    # What lies in the Internet is left out; test_socketserver alone means
    # the loopback by 'network'.
    support.use_resources = ['network'] if 'socketserver' in name else []
    tests = [test for test in tests_of(
        unittest.defaultTestLoader.loadTestsFromName(name))
        if not any(word in test.id() for word in without.split(','))]
    if part:
        tests = tests[int(first) - 1::int(step)]
    suite = unittest.TestSuite(tests)
    Result.lines = lines
    unittest.TextTestRunner(resultclass=Result, verbosity=2).run(suite)
    print(module, 'ENDED', file=lines, flush=True)


def run_apart(results, without, names, number):
    with tempfile.TemporaryDirectory() as folder, \
            open(f'{results}.{number}', 'w') as log:
        try:
            subprocess.run([sys.executable, os.path.abspath(__file__),
                            '--modules', results, without, *names],
                           cwd=folder, stdin=subprocess.DEVNULL, stdout=log,
                           stderr=log, timeout=SECONDS, check=False)
        except subprocess.TimeoutExpired:
            print('hangs', file=log)


def main():
    if sys.argv[1] == '--modules':
        results, without, *names = sys.argv[2:]
        with open(results, 'a') as lines:
            for name in names:
                run_module(lines, without, name)
        return
    results, without, *names = sys.argv[1:]
    results = os.path.abspath(results)
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        for i in range(AT_ONCE):
            if names[i::AT_ONCE]:
                pool.submit(run_apart, results, without, names[i::AT_ONCE], i)


main()
