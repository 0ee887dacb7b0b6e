// Requests through the proxy at LTS_TEST_ENDPOINT: the operations that the behaviour suite doesn't call, and refusals that
// it doesn't provoke. With the suite's own requests, each operation of the document must then have succeeded and been
// refused. Ends with 1 and a line for each response that was unexpected and each operation that is missing.

const { LTS_URL: emulator, LTS_TEST_ENDPOINT: proxy, LTS_OPERATIONS: operations } = process.env;
const project = "0123456789abcdef0123456789abcdef";
const unknown = "00000000-0000-4000-8000-000000000000";
const headers = { "Content-Type": "application/json;charset=UTF-8" };
const wrong = [];

const user = { name: "lts", password: "lts-emulator", domain: { name: "lts" } };
const identity = { methods: ["password"], password: { user } };
const login = JSON.stringify({ auth: { identity, scope: { project: { id: project } } } });
const token = await fetch(`${emulator}/v3/auth/tokens`, { method: "POST", headers, body: login });
headers["X-Auth-Token"] = token.headers.get("X-Subject-Token");

async function send(expected, method, path, body) {
    const response = await fetch(proxy + path, { method, headers, body: body && JSON.stringify(body) });
    const text = await response.text();
    const found = text ? JSON.parse(text) : {};
    const code = found.error_code ?? found.errorCode ?? response.status;
    if (code !== expected) {
        wrong.push(`${method} ${path}: ${response.status} ${text}, not ${expected}`);
    }
    return found;
}

const base = `/v2/${project}`;
const group = (await send(201, "POST", `${base}/groups`, { log_group_name: "prism", ttl_in_days: 7 })).log_group_id;
const streams = `${base}/groups/${group}/streams`;
const stream = (await send(201, "POST", streams, { log_stream_name: "prism" })).log_stream_id;

// Prism takes no number over 2^53 - 1, so that only lines of 1970 can be written through it, which are dropped. The line to
// be found is written past it.
const now = Math.floor(Date.now() / 1000) * 1000;
const labels = { app: "shop" };
const line = { log_time_ns: 1, log: "GET /a 200" };
for (const [to, written] of [[stream, "SVCSTG.ALS.200.200"], [unknown, "SVCSTG.ALS.200201"]]) {
    const path = `lts/groups/${group}/streams/${to}/tenant`;
    await send(written, "POST", `${base}/${path}/contents`, { log_time_ns: 1, contents: [line.log], labels });
    await send(written, "POST", `${base}/${path}/contents/high-accuracy`, { contents: [line], labels });
    const batches = { log_items: [{ contents: [line], labels: JSON.stringify(labels) }] };
    await send(written, "POST", `/v2/internal/${project}/${path}/batch-contents`, batches);
}
const body = JSON.stringify({ log_time_ns: now * 1e6, contents: [line.log], labels });
await fetch(`${emulator}${base}/lts/groups/${group}/streams/${stream}/tenant/contents`, { method: "POST", headers, body });

const times = { start_time: `${now}`, end_time: `${now + 2000}` };
const count = { ...times, step_interval: 1000, group_id: group };
for (const [of, status] of [[stream, 200], [unknown, "LTS.0208"]]) {
    const found = await send(status, "POST", `${streams}/${of}/content/query`, { ...times, highlight: false });
    if (of === stream && found.logs?.[0]?.content !== line.log) {
        wrong.push(`found ${JSON.stringify(found)}`);
    }
    await send(status, "POST", `${streams}/${of}/context`, { line_num: `${now * 1e6}`, backwards_size: 1 });
    await send(status, "POST", `${base}/lts/keyword-count`, { ...count, stream_id: of });
}

// The proxy lets valid requests through only, so that lists are refused for the project alone.
const other = `/v2/${"f".repeat(32)}`;
for (const list of ["groups", "log-streams", "transfers"]) {
    await send("LTS.0001", "GET", `${other}/${list}`);
}
const detail = { obs_period: 5, obs_period_unit: "min", obs_bucket_name: "lts-test" };
const info = { log_storage_format: "RAW", log_transfer_status: "ENABLE", log_transfer_detail: detail };
await send("LTS.0405", "PUT", `${base}/transfers`, { log_transfer_id: unknown, log_transfer_info: info });
await send(204, "DELETE", `${base}/groups/${group}`);

const calls = await (await fetch(`${emulator}/_emulator/requests`)).json();
for (const name of operations.split("\n").map((words) => words.split(" ")[2])) {
    const outcomes = calls.filter((call) => call.operation === name);
    if (!outcomes.some((call) => call.status < 300 && call.code === null)) {
        wrong.push(`${name} never succeeded`);
    }
    if (!outcomes.some((call) => call.code !== null)) {
        wrong.push(`${name} was never refused`);
    }
}
wrong.forEach((text) => console.log(text));
process.exitCode = wrong.length ? 1 : 0;
