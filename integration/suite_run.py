#!/usr/bin/python3
"""Runs modules of Python's own test-suite and writes down what each test did.

    suite_run.py RESULTS WITHOUT MODULE...

WITHOUT: parts of names of tests to leave out, with commas between. Each
module is a process in a folder of its own, a few of them at once. A line a
test goes into RESULTS: its name, and ok, fail, error, skip or expected. What
a test says goes to RESULTS.MODULE.
"""
import concurrent.futures
import os
import subprocess
import sys
import tempfile
import unittest

AT_ONCE = 4
MODULE_SECONDS = 100


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


def run_module(results, without, name):
    from test import support
    # What lies in the Internet is left out; test_socketserver alone means
    # the loopback by 'network'.
    support.use_resources = ['network'] if 'socketserver' in name else []
    suite = unittest.TestSuite(
        test for test in tests_of(
            unittest.defaultTestLoader.loadTestsFromName(name))
        if not any(part in test.id() for part in without.split(',')))
    with open(results, 'a') as Result.lines:
        unittest.TextTestRunner(resultclass=Result, verbosity=2).run(suite)


def run_alone(results, without, name):
    with tempfile.TemporaryDirectory() as folder, \
            open(f'{results}.{name}', 'w') as log:
        try:
            subprocess.run([sys.executable, os.path.abspath(__file__),
                            '--module', results, without, name],
                           cwd=folder, stdin=subprocess.DEVNULL, stdout=log,
                           stderr=log, timeout=MODULE_SECONDS, check=False)
            end = 'ENDED'
        except subprocess.TimeoutExpired:
            end = 'HANGS'
    with open(results, 'a') as lines:
        print(name, end, file=lines)


def main():
    if sys.argv[1] == '--module':
        run_module(*sys.argv[2:])
        return
    results, without, *names = sys.argv[1:]
    results = os.path.abspath(results)
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(lambda name: run_alone(results, without, name), names))


main()
