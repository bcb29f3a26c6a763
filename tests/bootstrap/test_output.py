"""What ./bootstrap shows: one line that changes on a terminal, all output elsewhere and with --verbose."""

import re

from machine import MachineTest


def lines_left(error):
    """The lines that a terminal shows at the end: of each line, what was last written over it."""
    return [line.split("\r")[-1].replace("\x1b[K", "") for line in error.replace("\r\n", "\n").split("\n")]


# Versions of Ninja differ in whether they count what turned out to be unnecessary.
LAST_STEP = re.compile(r"^\[3/[34]\] Building CXX object lode$", re.MULTILINE)


class OutputTest(MachineTest):
    def test_one_line_on_a_terminal(self):
        result = self.succeed("test", terminal=True)
        self.assertIn("\r\x1b[K  output 3 of apt-get install", result.error)
        left = "\n".join(lines_left(result.error))
        self.assertNotIn("output", left)
        self.assertNotRegex(left, r"\.o\b")
        self.assertRegex(left, LAST_STEP)
        self.assertRegex(left, r"bootstrap: about \d+ minutes to build and test")
        for step in ("missing: g++ cmake", "updating the package lists", "installing 21 packages",
                     "installing the Bitcoin node", "configuring build/release", "building, steps: 3"):
            self.assertIn("bootstrap: " + step, left)
        for line in result.error.replace("\r\n", "\n").split("\n"):
            for shown in line.replace("\x1b[K", "").split("\r"):
                if not shown.startswith(("bootstrap: missing: ", "bootstrap: left out: ")):
                    self.assertLess(len(shown), 80, shown)

    def test_everything_elsewhere_and_with_verbose(self):
        for terminal, arguments in ((False, ["test"]), (True, ["--verbose", "test"]), (True, ["test", "--verbose"])):
            with self.subTest(terminal=terminal, arguments=arguments):
                self.doCleanups()
                self.setUp()
                result = self.succeed(*arguments, terminal=terminal)
                left = lines_left(result.error)
                for line in ("output 1 of apt-get update", "output 2 of apt-get install", "output of cmake"):
                    self.assertIn(line, left, result)
                self.assertRegex("\n".join(left), LAST_STEP)
                self.assertNotIn("\x1b", result.error)
                self.assertEqual(result.calls_of("ctest"),
                                 [["--preset", "release", "-j", "4", "--output-junit", self.junit()]],
                                 "--verbose is not ctest's")

    def test_a_dumb_terminal(self):
        result = self.succeed("build", terminal=True, TERM="dumb")
        self.assertNotIn("\x1b", result.error)

    def test_what_fails_is_shown(self):
        self.install_all()
        self.write("cmake-fails")
        result = self.fail_with("configuring failed (see above)", "build", terminal=True)
        self.assertIn("output of cmake", lines_left(result.error))

    def test_how_long_it_takes_is_said_first(self):
        result = self.succeed("build")
        first = result.error.splitlines()[0]
        self.assertRegex(first, r"^bootstrap: about \d+ minutes to build, more if packages are missing$")
        more = self.succeed("build", LODE_WERROR="1")
        self.assertIn("bootstrap: building, steps: 1, less than a minute\n", more.error)
        minutes = [int(re.search(r"about (\d+) minutes", error)[1]) for error in (first, self.first_line(LODE_JOBS="1"))]
        self.assertLess(minutes[0], minutes[1])

    def first_line(self, **environment):
        self.doCleanups()
        self.setUp()
        return self.succeed("build", **environment).error.splitlines()[0]

    def test_nothing_is_left_behind(self):
        before = set(self.folder.iterdir())
        self.succeed("test", terminal=True)
        self.succeed("install", terminal=True, DESTDIR=str(self.state / "destination"))
        self.assertEqual(set(self.folder.iterdir()), before)

    def test_a_start_with_nothing_to_do_says_nothing(self):
        self.succeed("mine")
        result = self.succeed("mine", terminal=True)
        self.assertEqual(result.error, "")

    def test_what_ninja_configures_is_said(self):
        self.succeed("build")
        for terminal in (True, False):
            with self.subTest(terminal=terminal):
                self.write("new-header")
                result = self.succeed("build", terminal=terminal)
                self.assertIn("bootstrap: build/release was configured anew", result.error)
                self.assertEqual("Re-running CMake" in result.error, not terminal)
                self.assertEqual(self.succeed("build", terminal=terminal).error, "")
