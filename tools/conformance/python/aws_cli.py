"""Runs the AWS CLI's commands of a file in one process, and writes each outcome as a line of JSON.

A line is a command (`athena list-work-groups --query ...`). Before it may stand `$name = ` to keep its output for later
lines, `! Code ` to expect that error, or `until VALUE ` to repeat it until it prints VALUE. A line `= JSON` after a
command says what it must have printed. `#` starts a comment.
"""

import contextlib
import io
import json
import re
import shlex
import sys
import time

from awscli.clidriver import create_clidriver


# One for all commands: it keeps the models of the services, which take most of a command's time.
driver = create_clidriver()


def run(arguments):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            status = driver.main(arguments)
        except SystemExit as end:
            status = end.code
    return status, out.getvalue().strip(), err.getvalue().strip()


def main(commands_path, report_path, values):
    lines = [line.strip() for line in open(commands_path, encoding="utf-8")]
    lines = [line for line in lines if line and not line.startswith("#")]
    report = open(report_path, "a", encoding="utf-8")
    # Two commands may have one name: the second of them is another test.
    seen = {}
    for i, line in enumerate(lines):
        if line.startswith("= "):
            continue
        expected = lines[i + 1][2:] if i + 1 < len(lines) and lines[i + 1].startswith("= ") else None
        began = time.monotonic()
        failure = check(line, expected, values)
        test = name_of(line)
        seen[test] = seen.get(test, 0) + 1
        outcome = {
            "test": test if seen[test] == 1 else f"{test} ({seen[test]})",
            "outcome": "failed" if failure else "passed",
            "message": failure or "",
            "seconds": round(time.monotonic() - began, 2),
        }
        report.write(json.dumps(outcome) + "\n")
        report.flush()


def name_of(line):
    words = re.sub(r"^(\$\w+ = |! \w+ |until \S+ )", "", line).split()
    return " ".join(words[:2]) + "  " + " ".join(words[2:])[:110]


def check(line, expected, values):
    """Runs one line; answers what is wrong with it, or None."""
    name, error, until = None, None, None
    if match := re.match(r"\$(\w+) = ", line):
        name, line = match[1], line[match.end():]
    elif match := re.match(r"! (\w+) ", line):
        error, line = match[1], line[match.end():]
    elif match := re.match(r"until (\S+) ", line):
        until, line = match[1], line[match.end():]
    try:
        arguments = [substitute(word, values) for word in shlex.split(line)]
    except KeyError as missing:
        return f"needs {missing}, which an earlier command did not give"
    status, out, err = run([*arguments, "--output", "json"])
    deadline = time.monotonic() + 30
    while until and out != json.dumps(until) and time.monotonic() < deadline:
        time.sleep(0.2)
        status, out, err = run([*arguments, "--output", "json"])
    if error:
        return None if f"({error})" in err else f"expected the error {error}: {err or out}"[:600]
    if status:
        return err[:600]
    if until and out != json.dumps(until):
        return f"still {out[:300]}"
    if name:
        values[name] = json.loads(out)
    if expected is not None:
        want = json.loads(substitute(expected, values))
        got = json.loads(out or "null")
        if got != want:
            return f"printed {json.dumps(got)[:300]} instead of {json.dumps(want)[:300]}"
    return None


def substitute(text, values):
    return re.sub(r"\$\{?(\w+)\}?", lambda match: str(values[match[1]]), text)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], dict(pair.split("=", 1) for pair in sys.argv[3:]))
