"""The commands of ./bootstrap and their arguments: where it is called from, what it passes on, what it refuses."""

import os
import shlex
import stat

from machine import MachineTest


class CommandsTest(MachineTest):
    def setUp(self):
        super().setUp()
        self.install_all()

    def configured(self, result):
        """The options that CMake was given, run after run."""
        return [call for call in result.calls_of("cmake") if "--preset" in call]

    def test_arguments_and_folder_reach_the_program(self):
        elsewhere = self.folder / "else where"
        elsewhere.mkdir()
        result = self.succeed("mine", "--config", "my file.toml", "", "--verbose", cwd=elsewhere)
        self.assertEqual(result.out, "lode in %s: <mine> <--config> <my file.toml> <> <--verbose>\n" % elsewhere)
        self.assertEqual(self.succeed("bench", "--tune").out, "lode in %s: <bench> <--tune>\n" % self.root)

    def test_through_symlinks(self):
        elsewhere = self.folder / "else where"
        elsewhere.mkdir()
        (elsewhere / "link").symlink_to("../lode dir/bootstrap")
        (self.folder / "start").symlink_to("else where/link")
        (self.folder / "other name").symlink_to(self.root)
        for program in (elsewhere / "link", self.folder / "start", self.folder / "other name" / "bootstrap"):
            with self.subTest(program):
                result = self.succeed("mine", program=program, cwd=elsewhere)
                self.assertEqual(result.out, "lode in %s: <mine>\n" % elsewhere)
        self.assertEqual(self.configured(result), [], "the same folder by another name")

    def test_a_moved_repository_is_configured_anew(self):
        self.succeed("build")
        self.root = self.root.rename(self.folder / "moved dir")
        self.assertIn("--fresh", self.configured(self.succeed("build"))[0])

    def test_tests_are_kept(self):
        self.assertIn("-DLODE_BUILD_TESTS=OFF", self.configured(self.succeed("build"))[0])
        result = self.succeed("test", "-R", "chain x")
        self.assertIn("-DLODE_BUILD_TESTS=ON", self.configured(result)[0])
        self.assertEqual(result.calls_of("ctest"),
                         [["--preset", "release", "-j", "4", "--output-junit", self.junit(), "-R", "chain x"]])
        self.assertEqual(self.configured(self.succeed("build")), [])
        self.assertEqual(self.configured(self.succeed("mine")), [])

    def test_the_status_of_the_tests(self):
        self.write("ctest-status", "8\n")
        self.assertEqual(self.run_bootstrap("test").status, 8)

    def test_warnings_are_errors_only_if_asked_for(self):
        self.assertIn("-DLODE_WERROR=OFF", self.configured(self.succeed("build"))[0])
        self.assertEqual(self.configured(self.succeed("build", LODE_WERROR="0")), [])
        self.assertIn("-DLODE_WERROR=ON", self.configured(self.succeed("build", LODE_WERROR="1"))[0])
        self.assertEqual(self.configured(self.succeed("build", LODE_WERROR="1")), [])
        self.assertIn("-DLODE_WERROR=OFF", self.configured(self.succeed("build"))[0])
        self.fail_with("LODE_WERROR is 'perhaps'", "build", LODE_WERROR="perhaps")

    def test_jobs(self):
        self.assertEqual(self.succeed("build", LODE_JOBS="7").calls_of("ninja", "-j"), [["7", "lode"]])
        for jobs in ("0", "many", "-1"):
            self.fail_with("LODE_JOBS is '%s'" % jobs, "build", LODE_JOBS=jobs)

    def test_what_is_refused(self):
        result = self.fail_with("unknown command: nonsense", "nonsense")
        self.assertIn("Usage: ./bootstrap", result.error)
        self.fail_with("build: takes no arguments, not '--now'", "build", "--now")
        self.fail_with("deps: say build, test, check, fuzz, arm64 or all", "deps", "everything")
        self.fail_with("deps: say build, test, check, fuzz, arm64 or all", "deps")
        self.fail_with("install: '--now' is no PREFIX", "install", "--now")
        self.fail_with("install: '' is no PREFIX", "install", "")
        self.fail_with("install: takes one PREFIX, not '/b' too", "install", "/a", "/b")
        self.fail_with("DESTDIR is 'relative'", "install", DESTDIR="relative")
        self.assertEqual(self.run_bootstrap("nonsense").calls, [])

    def test_help(self):
        for arguments in (["help"], ["--help"], []):
            result = self.succeed(*arguments)
            for word in ("mine", "test", "bench", "build", "install", "check", "deps", "all", "--verbose", "LODE_WERROR"):
                self.assertIn(word, result.out)
            self.assertEqual(result.calls, [])

    def test_a_build_that_fails(self):
        self.write("compiler-fails")
        result = self.fail_with("the build failed", "mine")
        self.assertEqual(result.out, "")

    def test_install_under_prefix_and_destdir(self):
        destination = self.folder / "dest dir"
        self.succeed("install", "/opt/lo de", DESTDIR=str(destination))
        program = destination / "opt/lo de/bin/lode"
        self.assertTrue(program.stat().st_mode & stat.S_IXUSR)
        result = self.succeed("install", DESTDIR=str(destination))
        self.assertTrue((destination / "usr/local/bin/lode").exists(), result)
        self.assertIn("%s/usr/local/bin/lode\n" % destination, result.error)
        self.assertEqual(result.calls_of("sudo"), [], "the folder is this user's")

    def test_install_under_a_relative_prefix(self):
        elsewhere = self.folder / "else where"
        elsewhere.mkdir()
        self.succeed("install", "here", cwd=elsewhere)
        self.assertTrue((elsewhere / "here/bin/lode").exists())

    def test_install_as_root_only_where_that_is_needed(self):
        destination = self.state / "only-root"
        destination.mkdir()
        destination.chmod(0o555)
        self.addCleanup(destination.chmod, 0o755)
        result = self.succeed("install", "/opt/lode", DESTDIR=str(destination))
        self.assertTrue((destination / "opt/lode/bin/lode").exists(), result)
        self.assertEqual({call[1] for call in result.calls_of("sudo")}, {"mkdir", "tar"}, result)

    def test_install_says_what_to_do_when_sudo_refuses(self):
        destination = self.folder / "only root"
        destination.mkdir()
        destination.chmod(0o555)
        self.addCleanup(destination.chmod, 0o755)
        self.write("sudo-refuses")
        result = self.fail_with("By hand: ", "install", "/opt/lo de", DESTDIR=str(destination))
        line = shlex.split(result.error.split("By hand: ")[1].splitlines()[0])
        self.assertEqual(line, ["sudo", "env", "DESTDIR=%s" % destination, "cmake", "--install",
                                str(self.root / "build/release"), "--prefix", "/opt/lo de"])
        self.assertEqual(os.listdir(destination), [])
