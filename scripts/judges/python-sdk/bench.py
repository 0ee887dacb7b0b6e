"""What a list of groups costs with the vendor's SDK for Python: bench.py ADDRESS WARMUP CALLS prints the CPU time of the
process for a call, in microseconds, and its peak memory, in MB."""

import json
import resource
import sys
import time

from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdklts.v2 import ListLogGroupsRequest, LtsClient

PROJECT = "0123456789abcdef0123456789abcdef"
address, warmup, calls = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
credentials = BasicCredentials("AKIDEXAMPLE000000001", "SecretKeyOfThatManyCharactersIsAsLong001", PROJECT)
client = LtsClient.new_builder().with_credentials(credentials).with_endpoint(f"http://{address}").build()


def list_groups(times):
    for _ in range(times):
        assert client.list_log_groups(ListLogGroupsRequest()).log_groups


list_groups(warmup)
before = time.process_time()
list_groups(calls)
spent = time.process_time() - before
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"cpu_us": spent * 1e6 / calls, "peak_mb": peak}))
