# SPDX-License-Identifier: GPL-2.0 OR MIT
"""Recordings of netlink answers for ZCCTL_REPLAY, made from user/zcopy.yaml.

A recording is what zcctl would have received: the answer to the look-up of the
family, then the answers to its requests, each with its acknowledgement.
"""
import struct

import yaml

FAMILY, GROUP = 0x1c, 7
GENL_CTRL, CTRL_NEWFAMILY = 0x10, 1
NLMSG_ERROR, NLMSG_DONE = 2, 3
NLM_F_MULTI, NLM_F_DUMP_INTR, NLM_F_CAPPED, NLM_F_ACK_TLVS = 2, 16, 0x100, 0x200

SPEC = yaml.safe_load(open("user/zcopy.yaml"))
SETS = {s["name"]: s["attributes"] for s in SPEC["attribute-sets"]}
COMMANDS = {op["name"]: i for i, op in
            enumerate(SPEC["operations"]["list"], 1)}


def raw_attr(number, payload):
    attr = struct.pack("=HH", 4 + len(payload), number) + payload
    return attr + b"\0" * (-len(attr) % 4)


def attrs(set_name, values):
    """Pack {name: value}; a list repeats its attribute."""
    out = b""
    for name, value in values.items():
        number, kind = next((i, a) for i, a in enumerate(SETS[set_name], 1)
                            if a["name"] == name)
        for one in value if isinstance(value, list) else [value]:
            out += raw_attr(number, payload(kind, one))
    return out


def payload(kind, value):
    if kind["type"] == "nest":
        return attrs(kind["nested-attributes"], value)
    if kind["type"] == "string":
        return (value if isinstance(value, bytes) else value.encode()) + b"\0"
    if kind["type"] == "flag":
        return b""
    codes = {"u32": "=I", "u64": "=Q", "s32": "=i"}
    return struct.pack(codes[kind["type"]], value) \
        if kind["type"] in codes else value


def message(kind, flags, seq, body):
    msg = struct.pack("=IHHII", 16 + len(body), kind, flags, seq, 0) + body
    return msg + b"\0" * (-len(msg) % 4)


class Recording:
    def __init__(self):
        self.seq = 1
        group = raw_attr(1, raw_attr(1, b"events\0") +
                         raw_attr(2, struct.pack("=I", GROUP)))
        self.data = message(GENL_CTRL, 0, 1, struct.pack("=BBH", CTRL_NEWFAMILY, 2, 0) +
                            raw_attr(1, struct.pack("=H", FAMILY)) +
                            raw_attr(2, b"zcopy\0") + raw_attr(7, group))
        self._ack(0, "")

    def _ack(self, err, sentence):
        text = raw_attr(1, sentence.encode() + b"\0") if sentence else b""
        flags = NLM_F_CAPPED | (NLM_F_ACK_TLVS if text else 0)
        self.data += message(NLMSG_ERROR, flags, self.seq,
                             struct.pack("=i", -err) + b"\0" * 16 + text)
        self.seq += 1

    def _body(self, command, values):
        return struct.pack("=BBH", COMMANDS[command], 1, 0) + attrs("main", values)

    def answer(self, command, values):
        self.data += message(FAMILY, 0, self.seq, self._body(command, values))
        self._ack(0, "")

    def refuse(self, err, sentence=""):
        self._ack(err, sentence)

    def dump(self, command, rows, torn=False):
        flags = NLM_F_MULTI | (NLM_F_DUMP_INTR if torn else 0)
        for values in rows:
            self.data += message(FAMILY, flags, self.seq,
                                 self._body(command, values))
        self.data += message(NLMSG_DONE, flags, self.seq, struct.pack("=i", 0))
        self.seq += 1

    def event(self, number, transfer):
        self.data += message(FAMILY, 0, 0, self._body(
            "event", {"event": number, "transfer": transfer}))

    def write(self, path):
        with open(path, "wb") as out:
            out.write(self.data)
