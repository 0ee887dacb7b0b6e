"""Runs schemathesis over both documents, once for each seed. Each run has a separate emulator."""

import concurrent.futures
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile

import judging

HERE = pathlib.Path(__file__).parent
OPENAPI = HERE.parent.parent.parent / "openapi"
# As many runs at a time as the CI machine has cores. Each run keeps one busy.
AT_A_TIME = 2
# An operation that only a wrong credential makes fail, which schemathesis tries without the hook that records responses.
UNREFUSED = {"listProjects"}
# What the runs of a document have to have seen together, beside a success and a refusal of each operation, by operation
# and response: else their silence says nothing.
DEPTH = {
    "lts": [
        ("createLogGroup", 400, "LTS.0101"),
        ("createLogDumpObs", 200, "LTS.0416"),
        ("createLogDumpObs", 200, "LTS.1901"),
        ("deleteLogGroup", 400, "LTS.0105"),
        ("deleteLogStream", 400, "LTS.0208"),
        ("changeTags", 400, "LTS.1836"),
        ("createTransfer", 400, "LTS.0207"),
        ("updateTransfer", 400, "LTS.0405"),
        ("putLogBatches", 400, "SVCSTG.ALS.200201"),
        ("listLogHistogram", 400, "LTS.0601"),
    ],
    "iam": [
        ("createToken", 400, None),
        ("createToken", 401, None),
    ],
}
# The initial state: a group that a transfer protects, a group and a stream to delete, and the user of the examples.
SEED = {
    "manifest": {
        "groups": [
            {
                "name": "seeded",
                "streams": ["held", "spare", *(f"stream-{number}" for number in range(30))],
                "transfers": [{"streams": ["held"], "bucket": judging.BUCKET, "every": "5min"}],
            },
            {"name": "spare"},
        ]
    },
    "users": [{"name": "username", "password": "password", "domain": "domainname"}],
    "projects": [{"id": "f" * 32, "name": "aaa"}],
}


def run(document, seed):
    """One run: its output, and the responses it saw, each as operation, status and code."""
    with judging.Emulator("--quota-groups", "0", "--quota-streams", "0") as emulator, tempfile.TemporaryDirectory() as folder:
        emulator.control("POST", "seed", SEED)
        responses = pathlib.Path(folder, "responses")
        environment = {
            **os.environ,
            "LTS_JUDGE_CHECKS": str(HERE / "checks.py"),
            "LTS_JUDGE_RESPONSES": str(responses),
            "LTS_JUDGE_URL": emulator.url,
            "LTS_JUDGE_TOKEN": emulator.token(),
        }
        command = [
            pathlib.Path(sys.executable).with_name("schemathesis"),
            *("--config-file", HERE / "schemathesis.toml"),
            *("run", OPENAPI / f"{document}.yaml", "--url", emulator.url, "--seed", str(seed), "--no-color"),
        ]
        result = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True)
        seen = {tuple(json.loads(line)) for line in responses.read_text().splitlines()} if responses.exists() else set()
    return result, seen


def missed(document, seen):
    """The operations that the runs should have seen succeed and be refused."""
    operations = set(re.findall(r"^      operationId: (\w+)", (OPENAPI / f"{document}.yaml").read_text(), re.MULTILINE))
    succeeded = {operation for operation, status, code in seen if status < 300 and code is None}
    # A status of 404 is about a wrong method.
    refused = {operation for operation, status, code in seen if (status >= 400 or code) and status != 404}
    return {
        "no success": operations - succeeded,
        "no refusal": operations - refused - UNREFUSED,
    }


def judge(tally, document, seed, outcome):
    with tally.check(f"schemathesis, {document}.yaml, seed {seed}"):
        result, _ = outcome.result()
        if result.returncode != 0:
            raise AssertionError(f"schemathesis ended with {result.returncode}:\n{result.stdout}{result.stderr}")
        print(f"     {document}.yaml, seed {seed}: {re.search('[0-9]+ generated, [0-9]+ passed', result.stdout)[0]}")


def judge_depth(tally, document, outcomes):
    with tally.check(f"schemathesis, {document}.yaml, responses of all runs"):
        seen = set().union(*(outcome.result()[1] for of, _, outcome in outcomes if of == document))
        never_seen = {
            **missed(document, seen),
            "no such response": [response for response in DEPTH[document] if response not in seen],
        }
        assert not any(never_seen.values()), f"they never saw: {never_seen}"


def main():
    seeds = [int(seed) for seed in sys.argv[1:]] or [1, random.SystemRandom().randrange(2**32)]
    print(f"seeds: {seeds}")
    tally = judging.Tally()
    with concurrent.futures.ThreadPoolExecutor(AT_A_TIME) as pool:
        # IAM has only two operations: the first seed and the random one suffice.
        runs = [("lts", seed) for seed in seeds] + [("iam", seed) for seed in {seeds[0], seeds[-1]}]
        outcomes = [(document, seed, pool.submit(run, document, seed)) for document, seed in runs]
        for document, seed, outcome in outcomes:
            judge(tally, document, seed, outcome)
    for document in DEPTH:
        judge_depth(tally, document, outcomes)
    tally.done()


main()
