"""A small Stratum V1 pool in front of a real node: gives work from its templates, checks every share by itself, and hands
blocks to the node. Shares no code with lode.

Personalities differ as pools in use do: when difficulty is told, how version bits are combined, what is answered.
"""

import dataclasses
import hashlib
import json
import select
import socket
import struct
import threading
import time

import bcoin
from personalities import Personality

MASK = 0x1FFFE000
DIFFICULTY_ONE = 0xFFFF << 208

# Some 200,000 hashes a share, so that a slow and busy machine finds some too. On regtest, where half of all hashes are
# blocks, each share is one, and the first hash on a parent mostly is one that misses the share's target.
DIFFICULTY = 1 / 20000


def sha256d(data):
    return hashlib.sha256(hashlib.sha256(data).digest()).digest()


def swap_words(data):
    return b"".join(data[i : i + 4][::-1] for i in range(0, len(data), 4))


def push_height(height):
    """BIP34: the shortest push; 1 to 16 have an operation of their own."""
    if 1 <= height <= 16:
        return bytes([0x50 + height])
    data = height.to_bytes(4, "little").rstrip(b"\0")
    if data[-1] & 0x80:
        data += b"\0"
    return bytes([len(data)]) + data


def varint(number):
    return bytes([number]) if number < 0xFD else b"\xfd" + struct.pack("<H", number)


class Job:
    """Work on one template, as stratum has it."""

    def __init__(self, number, template, personality):
        self.id = personality.job_id % number
        self.template = template
        self.difficulty = None
        self.version = template["version"] & ~MASK
        script = push_height(template["height"]) + b"\x04" + struct.pack(">I", number) + b"/test/"
        self.extranonce_size = 4 + personality.extranonce2_size
        before = bytes.fromhex("01000000" "01" + "00" * 32 + "ffffffff")
        self.coinb1 = before + varint(len(script) + self.extranonce_size) + script
        outputs = [(template["coinbasevalue"], bytes.fromhex("51"))]
        commitment = template.get("default_witness_commitment")
        if not {"segwit", "!segwit"} & set(template["rules"]):
            commitment = None  # bcoin gives one before witnesses are allowed
        if commitment:
            outputs.append((0, bytes.fromhex(commitment)))
        self.coinb2 = b"\xff\xff\xff\xff" + varint(len(outputs))
        for value, payee in outputs:
            self.coinb2 += struct.pack("<Q", value) + varint(len(payee)) + payee
        self.coinb2 += b"\0" * 4
        self.has_witness = bool(commitment)
        self.transactions = template["transactions"]
        level = [None] + [bytes.fromhex(tx["txid"])[::-1] for tx in self.transactions]
        self.branch = []
        while len(level) > 1:
            if len(level) % 2:
                level.append(level[-1])
            self.branch.append(level[1])
            level = [None] + [sha256d(level[i] + level[i + 1]) for i in range(2, len(level), 2)]
        self.previous = bytes.fromhex(template["previousblockhash"])[::-1]
        self.target = int(template["target"], 16)

    def notify(self, clean):
        template = self.template
        return [
            self.id,
            swap_words(self.previous).hex(),
            self.coinb1.hex(),
            self.coinb2.hex(),
            [sibling.hex() for sibling in self.branch],
            "%08x" % self.version,
            template["bits"],
            "%08x" % template["curtime"],
            clean,
        ]

    def header(self, extranonce, version, ntime, nonce):
        coinbase = self.coinb1 + extranonce + self.coinb2
        root = sha256d(coinbase)
        for sibling in self.branch:
            root = sha256d(root + sibling)
        bits = bytes.fromhex(self.template["bits"])[::-1]
        return struct.pack("<I", version) + self.previous + root + struct.pack("<I", ntime) + bits + struct.pack("<I", nonce)

    def block(self, header, extranonce):
        coinbase = self.coinb1 + extranonce + self.coinb2
        if self.has_witness:
            coinbase = coinbase[:4] + b"\0\1" + coinbase[4:-4] + b"\x01\x20" + b"\0" * 32 + coinbase[-4:]
        transactions = b"".join(bytes.fromhex(tx["data"]) for tx in self.transactions)
        return header + varint(1 + len(self.transactions)) + coinbase + transactions


@dataclasses.dataclass(frozen=True)
class Trouble:
    """What is wrong with a pool that stays connected. By default nothing."""

    stale: bool = False  # it gives no work on new blocks
    period: float = 0  # seconds between jobs that it gives for no reason; 0: none
    moves: bool = False  # each of these on another block, that nobody knows
    workless: bool = False  # it hangs up, and has no job for those who connect anew
    says: str = ""  # to them, instead
    refuses: tuple = ()  # code and reason for every share
    mute: bool = False  # it reads, and says nothing
    deaf: bool = False  # nor does it read


class Pool:
    """A pool on a port of its own, on a thread of its own. Use with `with`."""

    def __init__(self, node, difficulty=1e-7, user="rig", port=0, personality=Personality()):
        self.node = node
        self.difficulty = difficulty
        self.user = user
        self.personality = personality
        self.accepted = 0
        self.rejected = []  # (code, reason), but for those next
        self.no_shares = 0  # blocks that miss the share's target
        self.blocks = []  # hashes that the node took
        self.refused_blocks = []
        self.connections = 0
        self.subscriptions = []
        self._seen = set()
        self._jobs = {}
        self._job = None
        self._number = 0
        self._keeps_blocks = False
        self._loses = 0  # submissions from now on
        self.lost = []  # their parameters
        self._hangs_up = False
        self.trouble = Trouble()  # may be replaced at any time
        self._troubled = self.trouble  # as far as its thread knows
        self.refused = 0  # shares, because of the trouble
        self._sessions = {}  # id -> extranonce1
        self._clients = {}  # socket -> [buffer, extranonce1, authorized, mask]
        self._server = socket.create_server(("127.0.0.1", port))
        self.port = self._server.getsockname()[1]
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._make_job()
        self._thread.start()
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Gone, with all connections. May be called again."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        for client in list(self._clients):
            client.close()
        self._clients.clear()
        self._server.close()

    def url(self, user=None):
        return "stratum+tcp://%s@127.0.0.1:%d" % (user or self.user, self.port)

    # Work

    def keep_blocks(self):
        """From now on no block goes to the node, so that a job lasts."""
        self._keeps_blocks = True

    def lose_submissions(self, count, hangs_up=False):
        """The next `count` are neither looked at nor answered; if it `hangs_up`, the connection ends with each."""
        self._loses, self._hangs_up = count, hangs_up

    def set_difficulty(self, difficulty):
        """Tells everybody, amid the job."""
        self.difficulty = difficulty
        if self.personality.difficulty_at_once:
            for job in self._jobs.values():
                job.difficulty = difficulty
        for client in list(self._clients):
            self._send(client, {"id": None, "method": "mining.set_difficulty", "params": [difficulty]})

    def new_job(self):
        """Work on the same block, with the difficulty of now; what came before goes on to count."""
        self._make_job()
        for client in list(self._clients):
            self._send(client, {"id": None, "method": "mining.notify", "params": self._job.notify(False)})

    def _make_job(self):
        template = self.node.rpc("getblocktemplate", {"rules": ["segwit"]})
        clean = self._job is None or template["previousblockhash"] != self._job.template["previousblockhash"]
        self._number += 1
        self._job = Job(self._number, template, self.personality)
        self._job.difficulty = self.difficulty
        if clean:
            self._jobs.clear()
        self._jobs[self._job.id] = self._job
        return clean

    def _refresh(self):
        if self._troubled.stale or self._troubled.workless or self._troubled.mute or self._troubled.deaf:
            return
        if self.node.rpc("getbestblockhash") != self._job.template["previousblockhash"]:
            self._announce(self._make_job())

    def _announce(self, clean):
        for client in list(self._clients):
            if self._clients[client][2]:
                self._send(client, {"id": None, "method": "mining.notify", "params": self._job.notify(clean)})

    def _repeat_job(self):
        self._number += 1
        template = dict(self._job.template)
        if self._troubled.moves:
            template["previousblockhash"] = "%064x" % self._number
        self._job = Job(self._number, template, self.personality)
        self._job.difficulty = self.difficulty
        if self._troubled.moves:
            self._jobs.clear()
        self._jobs[self._job.id] = self._job
        self._announce(self._troubled.moves)

    def _begin_trouble(self, trouble):
        self._troubled = trouble
        if trouble.workless:
            for client in list(self._clients):
                self._drop(client)
        if trouble == Trouble():
            self._make_job()
            for client in [client for client, state in self._clients.items() if state[2]]:
                self._begin_work(client)

    # Connections

    def _run(self):
        looked = repeated = time.monotonic()
        while not self._stop.is_set():
            if self.trouble is not self._troubled:
                self._begin_trouble(self.trouble)
            period = self._troubled.period
            watched = [] if self._troubled.deaf else [self._server, *self._clients]
            ready, _, _ = select.select(watched, [], [], min(period or 0.02, 0.02))
            for one in ready:
                if one is self._server:
                    client, _ = self._server.accept()
                    self.connections += 1
                    self._clients[client] = [b"", struct.pack(">I", 0xA0000000 + self.connections), False, 0]
                else:
                    self._read(one)
            if time.monotonic() - looked > 0.1:
                looked = time.monotonic()
                self._refresh()
            if period and time.monotonic() - repeated > period:
                repeated = time.monotonic()
                self._repeat_job()

    def _send(self, client, message):
        try:
            client.sendall(json.dumps(message).encode() + b"\n")
        except OSError:
            pass  # the reading side notices

    def _read(self, client):
        try:
            data = client.recv(65536)
        except OSError:
            data = b""
        if not data:
            self._drop(client)
            return
        if self._troubled.mute:
            return
        state = self._clients[client]
        *lines, state[0] = (state[0] + data).split(b"\n")
        for line in lines:
            if client in self._clients:
                self._answer(client, state, json.loads(line))

    def _drop(self, client):
        client.close()
        self._clients.pop(client, None)

    def _begin_work(self, client):
        if self._troubled.workless:
            if self._troubled.says:
                self._send(client, {"id": None, "method": "client.show_message", "params": [self._troubled.says]})
            return
        self._send(client, {"id": None, "method": "mining.set_difficulty", "params": [self.difficulty]})
        clean = self.personality.first_job_is_clean
        self._send(client, {"id": None, "method": "mining.notify", "params": self._job.notify(clean)})

    def _answer(self, client, state, request):
        method, params, number = request["method"], request.get("params") or [], request.get("id")

        def reply(result, error=None):
            self._send(client, {"id": number, "result": result, "error": error})

        likes = self.personality
        if likes.wants_number_ids and isinstance(number, str):
            self._drop(client)
        elif method == "mining.configure" and likes.configures:
            state[3] = MASK
            reply({"version-rolling": True, "version-rolling.mask": "%08x" % MASK})
            if likes.repeats_mask:
                self._send(client, {"id": None, "method": "mining.set_version_mask", "params": ["%08x" % MASK]})
        elif method == "mining.subscribe":
            self.subscriptions.append(params)
            session = "s%d" % self.connections
            if likes.resumes and len(params) > 1 and params[1] in self._sessions:
                session, state[1] = params[1], self._sessions[params[1]]
            self._sessions[session] = state[1]
            if likes.begins == "before subscribe":
                state[2] = True
                self._begin_work(client)
            reply([[["mining.notify", session]], state[1].hex(), likes.extranonce2_size])
            if likes.begins == "subscribed":
                state[2] = True
                self._begin_work(client)
        elif method == "mining.authorize":
            if params[0] != self.user:
                reply(False, self._error(24, "Unauthorized worker"))
                return
            was_authorized, state[2] = state[2], True
            reply(True)
            if not was_authorized:
                self._begin_work(client)
        elif method == "mining.submit" and self._loses > 0:
            self._loses -= 1
            self.lost.append(params)
            if self._hangs_up:
                self._drop(client)
        elif method == "mining.submit" and self._troubled.refuses:
            self.refused += 1
            reply(None, self._error(*self._troubled.refuses))
        elif method == "mining.submit":
            before = self.no_shares
            fault = self._check(state, params)
            if fault:
                if fault[0] != 23 or before == self.no_shares:
                    self.rejected.append(fault)
                reply(None, self._error(*fault))
            else:
                self.accepted += 1
                reply(True)
        elif likes.unknown:
            reply(None, list(likes.unknown))

    def _error(self, code, reason):
        return [code, reason, None] if self.personality.long_errors else [code, reason]

    def _check(self, state, params):
        """None for a share that is right, else code and reason."""
        if len(params) != (6 if state[3] else 5) or params[0] != self.user:
            return 20, "malformed submission"
        job = self._jobs.get(params[1])
        if job is None:
            return 21, "Job not found"
        if len(params[2]) != 2 * self.personality.extranonce2_size:
            return 20, "incorrect size of extranonce2"
        extranonce = state[1] + bytes.fromhex(params[2])
        ntime, nonce = int(params[3], 16), int(params[4], 16)
        if not job.template["curtime"] <= ntime <= int(time.time()) + 7200:
            return 20, "ntime out of range"
        version = job.version
        if state[3]:
            bits = int(params[5], 16)
            if bits & ~state[3]:
                return 20, "version bits outside the mask"
            combine = {
                "or": version | bits,
                "xor": version ^ bits,
                "replace": (version & ~state[3]) | bits,
            }
            version = combine[self.personality.bits]
        header = job.header(extranonce, version, ntime, nonce)
        if header in self._seen:
            return 22, "Duplicate share"
        self._seen.add(header)
        value = int.from_bytes(sha256d(header), "little")
        is_block = value <= job.target
        if is_block and not self._keeps_blocks:
            self._submit(job, header, extranonce)
        if value > DIFFICULTY_ONE / job.difficulty:
            self.no_shares += is_block
            return 23, "Above target"
        return None

    def _submit(self, job, header, extranonce):
        hash_ = sha256d(header)[::-1].hex()
        try:
            verdict = self.node.rpc("submitblock", job.block(header, extranonce).hex())
        except bcoin.RpcError as error:
            verdict = str(error)
        (self.refused_blocks if verdict else self.blocks).append((hash_, verdict) if verdict else hash_)
        self._refresh()
