"""What ./bootstrap installs: everything a command lacks, with one update and one installation."""

from machine import BUILD, NODE, OPENCL, REST, TEST, MachineTest


class PackagesTest(MachineTest):
    def installed_by(self, result):
        """The packages of the only installation, after the only update."""
        self.assertEqual(result.calls_of("apt-get", "update"), [[]], result)
        installs = result.calls_of("apt-get", "install")
        self.assertEqual(len(installs), 1, result)
        return sorted(word for word in installs[0] if not word.startswith("-"))

    def test_one_update_and_one_installation_for_each_command(self):
        for command, packages in (
            (("mine",), BUILD),
            (("build",), BUILD),
            (("install", "lode"), BUILD),
            (("test",), BUILD + TEST + OPENCL + NODE),
            (("deps", "build"), BUILD),
            (("deps", "test"), BUILD + TEST + OPENCL + NODE),
            (("deps", "fuzz"), BUILD + ["clang", "libclang-rt-14-dev"]),
            (("deps", "arm64"), ["cmake", "ninja-build", "g++-aarch64-linux-gnu", "qemu-user", "googletest"]),
            (("deps", "all"), BUILD + TEST + OPENCL + NODE + REST),
        ):
            with self.subTest(command):
                self.doCleanups()
                self.setUp()
                self.assertEqual(self.installed_by(self.succeed(*command)), sorted(packages))
                again = self.succeed(*command)
                self.assertEqual(again.calls_of("apt-get") + again.calls_of("sudo"), [], again)

    def test_only_what_is_missing_is_installed(self):
        self.install(*(name for name in BUILD if name not in ("libfmt-dev", "libboost-json1.81-dev")))
        result = self.succeed("build")
        # Boost comes as a whole, so that all its parts are of one version.
        self.assertEqual(self.installed_by(result),
                         ["libboost-json1.81-dev", "libboost-url1.81-dev", "libboost1.81-dev", "libfmt-dev"])

    def test_the_systems_own_boost_where_it_is_new_enough(self):
        with (self.state / "offered").open("a") as offered:
            offered.writelines("libboost%s-dev 1.83.0.2\n" % part for part in ("", "-json", "-url"))
        packages = self.installed_by(self.succeed("deps", "build"))
        self.assertEqual([name for name in packages if "boost" in name],
                         ["libboost-dev", "libboost-json-dev", "libboost-url-dev"])

    def test_the_library_of_the_clang_that_is_offered(self):
        self.change("offered", "clang 1:14.0-55.7", "clang 1:19.0-63")
        self.change("offered", "libclang-rt-14-dev", "libclang-rt-19-dev")
        self.assertIn("libclang-rt-19-dev", self.installed_by(self.succeed("deps", "fuzz")))

    def test_no_boost_that_is_new_enough(self):
        self.change("offered", "libboost-url1.81-dev", "libboost-url1.74-dev")
        self.fail_with("no Boost 1.81 or newer", "build")

    def test_a_package_that_the_system_does_not_have(self):
        self.change("offered", "libcli11-dev", "libcli12-dev")
        result = self.fail_with("offers no package libcli11-dev", "build")
        self.assertEqual(result.calls_of("apt-get", "install"), [], result)

    def test_what_can_be_done_without_and_is_not_offered(self):
        self.change("offered", "pocl-opencl-icd 1.0\n", "")
        result = self.succeed("test")
        self.assertNotIn("pocl-opencl-icd", self.installed_by(result))
        self.assertEqual(len(result.calls_of("ctest")), 1, result)
        last = result.error.splitlines()
        self.assertTrue(any(line.startswith("bootstrap: left out: tests on an OpenCL platform: no pocl-opencl-icd")
                            for line in last[-3:]), result)

    def test_what_can_be_done_without_and_cannot_be_installed(self):
        self.write("broken-pocl-opencl-icd")
        result = self.succeed("test")
        self.assertEqual(len(result.calls_of("apt-get", "update")), 1, result)
        first, second = result.calls_of("apt-get", "install")
        self.assertIn("pocl-opencl-icd", first)
        self.assertIn("libgtest-dev", second)
        self.assertNotIn("pocl-opencl-icd", second)
        self.assertIn("left out: tests on an OpenCL platform", result.error, result)

    def test_a_refused_sudo_gets_the_whole_line_to_copy(self):
        self.write("sudo-refuses")
        result = self.fail_with("By hand, then start again:\n", "test")
        line = result.error.split("By hand, then start again:\n")[1].splitlines()[0].split()
        self.assertEqual(line[:6], ["sudo", "apt-get", "update", "&&", "sudo", "apt-get"])
        self.assertEqual(line[6], "install")
        self.assertEqual(sorted(word for word in line[7:] if not word.startswith("-")),
                         sorted(BUILD + TEST + OPENCL + NODE))
        self.assertEqual(len(result.calls_of("sudo")), 1, "asked once")
        self.assertEqual(result.calls_of("sudo")[0][0], "-n", "nobody is there to type a password")
        self.assertEqual(result.calls_of("cmake"), [], result)

    def test_a_machine_without_sudo(self):
        self.remove("sudo")
        result = self.fail_with("there is no sudo", "build")
        self.assertIn("\n  apt-get update && apt-get install -y --no-install-recommends g++ cmake", result.error)
        self.assertEqual(result.calls_of("apt-get"), [], result)

    def test_a_refused_sudo_for_what_can_be_done_without(self):
        self.install(*BUILD, *TEST)
        self.add("node", "npm", "clang")
        self.write("sudo-refuses")
        result = self.succeed("test")
        self.assertEqual(len(result.calls_of("ctest")), 1, result)
        self.assertIn("sudo apt-get install -y --no-install-recommends pocl-opencl-icd ocl-icd-libopencl1 opencl-headers",
                      result.error.splitlines()[-1])

    def test_no_network(self):
        self.write("offline")
        self.fail_with("apt-get update failed, which needs root and a network", "build")

    def test_a_bitcoin_node_that_cannot_be_had(self):
        self.install_all()
        self.write("npm-fails")
        result = self.succeed("test")
        self.assertEqual(len(result.calls_of("ctest")), 1, result)
        self.assertIn("left out: tests with a real Bitcoin node: npm ci failed", result.error.splitlines()[-1])
        for purpose in ("test", "all"):
            self.fail_with("the tests' Bitcoin node is not installed", "deps", purpose)

    def test_the_bitcoin_node_is_installed_once(self):
        self.install_all()
        self.assertEqual(len(self.succeed("test").calls_of("npm", "ci")), 1)
        self.assertEqual(self.succeed("test").calls_of("npm"), [])
        with (self.root / "tests/interop/package-lock.json").open("a") as lock:
            lock.write("\n")
        self.assertEqual(len(self.succeed("test").calls_of("npm", "ci")), 1)

    def test_a_system_without_apt(self):
        self.remove("apt-get", "apt-cache", "dpkg", "dpkg-query")
        self.add("clang")
        result = self.succeed("test")
        self.assertIn("left out: tests with a real Bitcoin node: no Node.js 18", result.error)
        self.remove("ninja")
        self.fail_with("Not found: ninja", "test")
