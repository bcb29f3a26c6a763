"""What `cmake --install` puts in place. LODE_CMAKE names the program, LODE_BUILD the build folder."""

import os
import pathlib
import subprocess
import tempfile
import unittest

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent.parent


class InstalledFilesTest(unittest.TestCase):
    def install(self, prefix, **environment):
        subprocess.run([os.environ["LODE_CMAKE"], "--install", os.environ["LODE_BUILD"], "--prefix", prefix],
                       check=True, capture_output=True, timeout=100, env={**os.environ, **environment})

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def test_the_files(self):
        prefix = self.folder / "lo de"
        self.install(str(prefix))
        version = subprocess.run([prefix / "bin/lode", "version"], capture_output=True, text=True, timeout=60, check=True)
        self.assertIn("lode 0.", version.stdout)
        sample = (prefix / "share/doc/lode/examples/lode.toml").read_text()
        self.assertEqual(sample, (REPOSITORY / "docs/lode.toml").read_text())
        self.assertTrue((prefix / "share/doc/lode/LICENSE").exists())
        self.assertEqual((prefix / "share/man/man1/lode.1").exists(), (REPOSITORY / "docs/lode.1").exists())

    def test_the_unit_starts_the_program_of_its_prefix(self):
        self.install("/opt/100% lode", DESTDIR=str(self.folder))
        self.install("/usr", DESTDIR=str(self.folder))
        for prefix, program in (("opt/100% lode", "/opt/100%% lode/bin/lode"), ("usr", "/usr/bin/lode")):
            unit = (self.folder / prefix / "lib/systemd/system/lode.service").read_text()
            self.assertIn('\nExecStart="%s" mine --config ' % program, unit)
            self.assertTrue((self.folder / prefix / "bin/lode").exists())
