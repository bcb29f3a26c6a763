"""A node's RPC, seen through a proxy, in the states that Bitcoin Core has and bcoin has not.

Each state is a function for Proxy.answer. In all of them blocks are as hard as in hard_chain.py.
"""

import json

import hard_chain

_REASONS = {200: "OK", 401: "Unauthorized", 403: "Forbidden", 500: "Internal Server Error"}


def _reply(status, body=b"", header=""):
    head = "HTTP/1.1 %d %s\r\n%sContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    return (head % (status, _REASONS[status], header, len(body))).encode() + body


def _result(call, result):
    return _reply(200, json.dumps({"result": result, "error": None, "id": call.get("id")}).encode())


def _error(call, code, message):
    error = {"code": code, "message": message}
    return _reply(500, json.dumps({"result": None, "error": error, "id": call.get("id")}).encode())


def _request(call):
    """The request for a template, if it is one."""
    params = call.get("params") or [{}]
    return params[0] if call["method"] == "getblocktemplate" else {}


def _changed(reply, change):
    """The node's reply with change(result) as the result; errors stay."""
    if reply is None:
        return None
    head, body = reply.split(b"\r\n\r\n", 1)
    message = json.loads(body)
    if message.get("error") or b" 200 " not in head.split(b"\r\n")[0]:
        return reply
    return _result(message, change(message["result"]))


def healthy(call, ask):
    """The node as it is. Proposals are found to be right, as the node can not judge such hard ones."""
    if _request(call).get("mode") == "proposal":
        return _result(call, None)
    if call["method"] == "getblocktemplate":
        return _changed(ask(), hard_chain.harden)
    return ask()


def starting(call, _):
    """Before the index is loaded."""
    return _error(call, -28, "Loading block index\u2026")


def syncing(call, ask):
    """In the initial download of blocks."""
    if call["method"] == "getblocktemplate":
        return _error(call, -10, "Bitcoin Core is in initial sync and waiting for blocks...")
    if call["method"] == "getblockchaininfo":
        return _changed(ask(), lambda info: {**info, "initialblockdownload": True})
    return ask()


def refuses_password(_, __):
    return _reply(401, header='WWW-Authenticate: Basic realm="jsonrpc"\r\n')


def forbids(_, __):
    """To this address, or to this user's calls."""
    return _reply(403)


def flooding(node, changes):
    """A longpoll is answered at once, always: with what there was, or if it `changes` with work that differs each time."""
    count = 0

    def answer(call, ask):
        nonlocal count
        if "longpollid" not in _request(call):
            return healthy(call, ask)
        count += 1
        template = hard_chain.harden(node.rpc("getblocktemplate", {"rules": ["segwit"]}))
        if changes:
            template["coinbasevalue"] -= count % 1_000_000
            template["longpollid"] += "%d" % count
        return _result(call, template)

    return answer
