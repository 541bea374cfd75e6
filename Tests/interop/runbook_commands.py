#!/usr/bin/env python3
"""Writes the shell commands of the operators' runbook, each with a NUL behind it, as they stand there.

usage: runbook_commands.py RUNBOOK

Those of the bash blocks below the headings Quick Start, Phase ..., VM Status Monitoring, Debug Commands and Validation
Commands, comments and the block's own indentation left out; lines that a backslash continues are one command.
"""
import re
import sys
import textwrap

WANTED = re.compile(r"(Quick Start|Phase .*|VM Status Monitoring|Debug Commands|Validation Commands)$")

headings, block, fence = {}, None, ""
for line in open(sys.argv[1], encoding="utf-8"):
    if block is None:
        if heading := re.match(r"(#+) (.*)", line):
            level = len(heading[1])
            headings = {k: v for k, v in headings.items() if k < level} | {level: heading[2].strip()}
        elif line.strip().startswith("```"):
            block, fence = [], line.strip()
    elif line.strip() == "```":
        if fence == "```bash" and any(WANTED.match(title) for title in headings.values()):
            text = textwrap.dedent("".join(block))
            for command in re.findall(r"(?:.*\\\n)*.+", text):
                if not command.startswith("#"):
                    sys.stdout.write(command + "\0")
        block = None
    else:
        block.append(line)
