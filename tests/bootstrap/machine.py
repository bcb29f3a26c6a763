"""A machine for ./bootstrap to run on: the real script in a copy, and a PATH on which everything that would install,
configure or compile is `stand_in`. No test needs root or a network, and none touches the machine it runs on."""

import os
import pathlib
import pty
import re
import shutil
import subprocess
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
REPOSITORY = HERE.parent.parent

# What ./bootstrap runs that changes nothing: the real programs.
REAL = ("awk bash basename cat chmod cmp cp cut dirname env find grep head id ln mkdir mktemp nproc paste readlink rm sed sh"
        " sort stat stty tail tar touch tr uname wc").split()
STAND_INS = "apt-cache apt-get c++ cmake ctest dpkg dpkg-query ldconfig ninja nvcc nvidia-smi sudo".split()

BUILD = ("g++ cmake ninja-build libssl-dev libfmt-dev libspdlog-dev libcli11-dev libtomlplusplus-dev libhwloc-dev"
         " libboost1.81-dev libboost-json1.81-dev libboost-url1.81-dev").split()
TEST = "libgtest-dev libgmock-dev librapidcheck-dev python3".split()
OPENCL = "pocl-opencl-icd ocl-icd-libopencl1 opencl-headers".split()
NODE = ["nodejs", "npm"]
REST = ("clang-format clang-tidy git clang libclang-rt-14-dev g++-aarch64-linux-gnu qemu-user googletest").split()

NOBODY = 65534

# Folders of the real machine that ./bootstrap looks into by their paths.
REAL_DRIVER = any(os.path.exists(folder + "/libcuda.so.1") for folder in (
    "/usr/lib/wsl/lib", "/usr/local/nvidia/lib64", "/usr/lib64", "/usr/lib/%s-linux-gnu" % os.uname().machine))


class Result:
    """What a run of ./bootstrap gave: status, out, error, and calls, a list of the words of each stand-in's call."""

    def __init__(self, status, out, error, calls):
        self.status, self.out, self.error, self.calls = status, out, error, calls

    def calls_of(self, *start):
        """The calls that begin with these words, without them."""
        return [call[len(start):] for call in self.calls if tuple(call[:len(start)]) == start]

    def __repr__(self):
        calls = "\n".join(" ".join(call) for call in self.calls)
        return "status %d\n--- out\n%s\n--- error\n%s\n--- calls\n%s" % (self.status, self.out, self.error, calls)


class MachineTest(unittest.TestCase):
    """Each test has a machine: Debian 12 with nothing installed but what `install` names, an nvcc, and no GPU.

    Files in self.state that change it: installed, offered ("name version" lines), offline, broken-PACKAGE, sudo-refuses,
    cmake-fails, compiler-fails, new-header, driver, gpus (what nvidia-smi prints), npm-fails, ctest-status, only-root (a folder)."""

    longMessage = True

    def junit(self):
        """Where the tests' results are written, for the reasons of those that skip."""
        return str(self.root / "build/release/tests.xml")

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="lode bootstrap ")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.root = self.folder / "lode dir"
        self.state = self.folder / "machine"
        bin_folder = self.state / "bin"
        bin_folder.mkdir(parents=True)
        for name in REAL:
            (bin_folder / name).symlink_to(shutil.which(name))
        shutil.copy(HERE / "stand_in", self.state / "stand_in")
        shutil.copy(HERE / "build.ninja", self.state / "build.ninja")
        for name in STAND_INS:
            (bin_folder / name).symlink_to(self.state / "stand_in")
        for path in ("bootstrap", "scripts", "CMakePresets.json", "kernels/cuda/CMakeLists.txt",
                     "tests/interop/package-lock.json"):
            self._copy(path)
        for name in ("host", "stratum", "bench"):
            (self.root / name).mkdir()
        for number in range(100):
            (self.root / "host" / ("source%d.cpp" % number)).touch()
        self.write("installed", "")
        self.write("offered", "".join("%s 1.0\n" % name for name in BUILD + TEST + OPENCL + NODE + REST))
        self.change("offered", "clang 1.0", "clang 1:14.0-55.7")
        self.write("ctest-status", "0\n")
        found = re.search(r"set\(LODE_CUDA_CAPABILITIES ([0-9 ]*) CACHE", (self.root / "kernels/cuda/CMakeLists.txt").read_text())
        self.all_capabilities = found[1].split()
        self.write("capabilities", ";".join(self.all_capabilities))

    def _copy(self, path):
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if (REPOSITORY / path).is_dir():
            shutil.copytree(REPOSITORY / path, target)
        else:
            shutil.copy(REPOSITORY / path, target)

    def write(self, name, text=""):
        (self.state / name).write_text(text)

    def change(self, name, old, new):
        text = (self.state / name).read_text()
        self.assertIn(old, text)
        self.write(name, text.replace(old, new))

    def remove(self, *programs):
        for name in programs:
            (self.state / "bin" / name).unlink()

    def add(self, *programs):
        for name in programs:
            (self.state / "bin" / name).symlink_to(self.state / "stand_in")

    def install(self, *packages):
        self.write("installed", "".join(name + "\n" for name in packages))

    def install_all(self):
        self.install(*BUILD, *TEST, *OPENCL, *REST)
        self.add("node", "npm", "clang")

    def gpus(self, *capabilities):
        """An NVIDIA driver and GPUs of these compute capabilities."""
        self.write("driver")
        self.write("gpus", "".join(capability + "\n" for capability in capabilities))

    def run_bootstrap(self, *arguments, program=None, cwd=None, terminal=False, **environment):
        """Runs ./bootstrap as a user without root's rights, from the repository unless `cwd` names another folder; with
        a terminal for its errors if `terminal`."""
        self.write("calls", "")
        options = {}
        if os.geteuid() == 0:
            self.folder.chmod(0o755)
            for path in [self.folder, *self.folder.rglob("*")]:
                os.chown(path, NOBODY, NOBODY, follow_symlinks=False)
            options = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
        environment = {"PATH": str(self.state / "bin"), "MACHINE": str(self.state), "TERM": "xterm", "LODE_JOBS": "2",
                       "TMPDIR": str(self.folder), "HOME": str(self.folder), "REAL_NINJA": shutil.which("ninja"),
                       **environment}
        command = [str(program or self.root / "bootstrap"), *arguments]
        options.update(env=environment, cwd=cwd or self.root, stdin=subprocess.DEVNULL)
        if terminal:
            status, out, error = self._run_on_terminal(command, options)
        else:
            done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False, **options)
            status, out, error = done.returncode, done.stdout, done.stderr
        calls = [line.split("\t") for line in (self.state / "calls").read_text().splitlines()]
        return Result(status, out, error, calls)

    def _run_on_terminal(self, command, options):
        master, slave = pty.openpty()
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=slave, **options) as process:
            os.close(slave)
            error = b""
            while True:
                try:
                    data = os.read(master, 4096)
                except OSError:  # how Linux says that nobody holds the other end
                    break
                error += data
            os.close(master)
            out = process.stdout.read()
        return process.returncode, out.decode(), error.decode()

    def succeed(self, *arguments, **how):
        result = self.run_bootstrap(*arguments, **how)
        self.assertEqual(result.status, 0, result)
        return result

    def fail_with(self, text, *arguments, **how):
        result = self.run_bootstrap(*arguments, **how)
        self.assertNotEqual(result.status, 0, result)
        self.assertIn(text, result.error, result)
        return result


