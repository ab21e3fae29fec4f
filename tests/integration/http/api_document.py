# SPDX-License-Identifier: Apache-2.0
"""Holds a live server against the document that it serves, both ways.

api_document.py PORT SEEN tokens READER SPENT
api_document.py PORT SEEN open

First on a server that demands tokens: READER may read, SPENT is used up here. Then on one that is
open, with the statuses that were seen on the first one in the file SEEN. The server has job 1
(done, with a kernel, a trial, a report) and job 2 (queued), bisection 1 (done) and 2 (running, with
job 3 as its step). Each request of the table must get its
status, that status must be documented for its route, and the answer must be of the documented type
and schema, without a field more. At the end
every documented status of every route must have been provoked, or be excused here with a reason.
"""
import http.client
import json
import re
import socket
import sys
import time

import jsonschema

PORT, SEEN, MODE = int(sys.argv[1]), sys.argv[2], sys.argv[3]
MAIL = b"Subject: [PATCH] x: mend it\n\nbody\n"
TEXT = {"Content-Type": "text/plain"}
JSON = {"Content-Type": "application/json"}
FOREIGN = {"Origin": "http://elsewhere.example"}
LARGE = b"x" * 70000

# Statuses that this test cannot provoke: route and status -> why.
EXCUSED = {
    ("get", "/api/v1/jobs/{id}/bundle", "200"): "needs real kernels: e2e.seed_job has them",
    ("get", "/api/v1/jobs/{id}/bundle", "409"): "as above: without kernels it is 503",
}


def table(etag_of, hash_):
    """Method, route, values, query, headers, body, status."""
    rows = [
        ("post", "/api/v1/jobs", {}, "", {**TEXT, "Idempotency-Key": "k"}, MAIL, 202),
        ("post", "/api/v1/jobs", {}, "", {**TEXT, "Idempotency-Key": "k"}, MAIL + b"x", 409),
        ("post", "/api/v1/jobs", {}, "?commit=v1..v2&compiler=clang", TEXT, b"", 202),
        ("post", "/api/v1/jobs", {}, "", JSON, job_with("https://ci.example.org/hook"), 202),
        ("post", "/api/v1/jobs", {}, "", JSON, job_with("http://ci.example.org/hook"), 400),
        ("post", "/api/v1/jobs", {}, "", JSON, job_with("https://127.0.0.1/hook"), 400),
        ("post", "/api/v1/jobs", {}, "?colour=red", TEXT, MAIL, 400),
        ("post", "/api/v1/jobs", {}, "?compiler=tcc", TEXT, MAIL, 400),
        ("post", "/api/v1/jobs", {}, "", {**TEXT, **FOREIGN}, MAIL, 403),
        ("post", "/api/v1/jobs", {}, "", TEXT, b"x" * (11 << 20), 413),
        ("post", "/api/v1/jobs", {}, "", {"Content-Type": "image/png"}, MAIL, 415),
        ("get", "/api/v1/jobs", {}, "?limit=1", {}, None, 200),
        ("get", "/api/v1/jobs", {}, "?limit=0", {}, None, 400),
        ("get", "/api/v1/jobs/{id}/mail", {"id": 1}, "", {}, None, 200),
        ("get", "/api/v1/jobs/{id}/events", {"id": 1}, "", {}, None, 200),
        ("get", "/api/v1/jobs/{id}/events", {"id": 1}, "?after=999", {}, None, 204),
        ("get", "/api/v1/jobs/{id}/events", {"id": 1}, "?after=x", {}, None, 400),
        ("get", "/api/v1/jobs/{id}/events", {"id": 99}, "", {}, None, 404),
        ("get", "/api/v1/events", {}, "", {}, None, 200),
        ("get", "/api/v1/events", {}, "?after=x", {}, None, 400),
        ("get", "/api/v1/events", {}, "?after=later", {}, None, 400),
        ("get", "/api/v1/jobs/{id}/arms/{arm}", {"id": 1, "arm": "patched"}, "", {}, None, 200),
        ("get", "/api/v1/jobs/{id}/arms/{arm}", {"id": 1, "arm": "both"}, "", {}, None, 404),
        ("post", "/api/v1/jobs/{id}/cancel", {"id": 2}, "", {}, b"", 202),
        ("post", "/api/v1/jobs/{id}/cancel", {"id": 1}, "", {}, b"", 409),
        ("post", "/api/v1/jobs/{id}/cancel", {"id": 99}, "", {}, b"", 404),
        ("post", "/api/v1/jobs/{id}/cancel", {"id": 1}, "", FOREIGN, b"", 403),
        ("post", "/api/v1/jobs/{id}/cancel", {"id": 1}, "", {}, LARGE, 413),
        ("post", "/api/v1/jobs/{id}/retry", {"id": 1}, "", {}, b"", 202),
        ("post", "/api/v1/jobs/{id}/retry", {"id": 1}, "", {"Idempotency-Key": "a b"}, b"", 400),
        ("post", "/api/v1/jobs/{id}/retry", {"id": 2}, "", {}, b"", 409),
        ("post", "/api/v1/jobs/{id}/retry", {"id": 99}, "", {}, b"", 404),
        ("post", "/api/v1/jobs/{id}/retry", {"id": 1}, "", FOREIGN, b"", 403),
        ("post", "/api/v1/jobs/{id}/retry", {"id": 1}, "", {}, LARGE, 413),
        ("post", "/api/v1/bisections", {}, "", JSON, b'{"good": "v1", "bad": "v2"}', 202),
        ("post", "/api/v1/bisections", {}, "", JSON, b'{"good": "v1"}', 400),
        ("post", "/api/v1/bisections", {}, "", JSON, b'{"good": "v1", "bad": "v2", "x": 1}', 400),
        ("post", "/api/v1/bisections", {}, "", {**JSON, **FOREIGN}, b"{}", 403),
        ("post", "/api/v1/bisections", {}, "", JSON, b"x" * (17 << 20), 413),
        ("post", "/api/v1/bisections", {}, "", TEXT, MAIL, 415),
        ("get", "/api/v1/bisections", {}, "?limit=1", {}, None, 200),
        ("get", "/api/v1/bisections", {}, "?limit=x", {}, None, 400),
        ("get", "/api/v1/bisections/{id}", {"id": 1}, "", {}, None, 200),
        ("get", "/api/v1/bisections/{id}", {"id": 2}, "", {}, None, 200),
        ("get", "/api/v1/bisections/{id}", {"id": 99}, "", {}, None, 404),
        ("post", "/api/v1/bisections/{id}/cancel", {"id": 2}, "", {}, b"", 202),
        ("post", "/api/v1/bisections/{id}/resume", {"id": 2}, "", {}, b"", 409),
        ("post", "/api/v1/bisections/{id}/cancel", {"id": 1}, "", {}, b"", 409),
        ("post", "/api/v1/bisections/{id}/resume", {"id": 1}, "", {}, b"", 202),
        ("get", "/api/v1/jobs/{id}/exports/{format}", {"id": 1, "format": "none"}, "", {}, None,
         404),
        ("get", "/api/v1/jobs/{id}/exports/{format}", {"id": 99, "format": "junit"}, "", {}, None,
         404),
        ("get", "/api/v1/jobs/{id}/exports/{format}", {"id": 2, "format": "junit"}, "", {}, None,
         409),
        ("get", "/api/v1/jobs/{id}/bundle", {"id": 1}, "", {}, None, 503),
        ("get", "/api/v1/jobs/{id}/bundle", {"id": 99}, "", {}, None, 404),
        ("post", "/api/v1/intake/preview", {}, "", TEXT, diff_mail(), 200),
        ("post", "/api/v1/intake/preview", {}, "", TEXT, b"no patch", 400),
        ("post", "/api/v1/intake/preview", {}, "", {**TEXT, **FOREIGN}, MAIL, 403),
        ("post", "/api/v1/intake/preview", {}, "", TEXT, b"x" * (11 << 20), 413),
        ("post", "/api/v1/intake/preview", {}, "", {"Content-Type": "image/png"}, MAIL, 415),
        ("get", "/api/v1/reports", {}, "?limit=1", {}, None, 200),
        ("get", "/api/v1/reports", {}, "?limit=x", {}, None, 400),
        ("get", "/api/v1/builds", {}, "?limit=1", {}, None, 200),
        ("get", "/api/v1/builds", {}, "?limit=x", {}, None, 400),
        ("get", "/api/v1/builds/{key}", {"key": "the-key"}, "", {}, None, 200),
        ("get", "/api/v1/builds/{key}", {"key": "none"}, "", {}, None, 404),
        ("get", "/api/v1/profiles/{name}", {"name": "a-profile"}, "", {}, None, 200),
        ("get", "/api/v1/profiles/{name}", {"name": "..%2f..%2fetc"}, "", {}, None, 404),
        ("get", "/api/v1/artifacts/{hash}", {"hash": "..%2f..%2fetc%2fpasswd"}, "", {}, None, 400),
        ("get", "/api/v1/artifacts/{hash}", {"hash": "0" * 64}, "", {}, None, 404),
    ]
    for path in ("/api/v1/bisections/{id}/cancel", "/api/v1/bisections/{id}/resume"):
        rows += [("post", path, {"id": 99}, "", {}, b"", 404),
                 ("post", path, {"id": 1}, "", FOREIGN, b"", 403),
                 ("post", path, {"id": 1}, "", {}, LARGE, 413)]
    rows += [("get", "/api/v1/jobs/{id}/exports/{format}", {"id": 1, "format": name}, "", {}, None,
              200) for name in ("junit", "ktap", "kcidb", "sarif", "reply", "markdown")]
    for path in ("/api/v1/jobs/{id}", "/api/v1/jobs/{id}/reports", "/api/v1/jobs/{id}/trials",
                 "/api/v1/jobs/{id}/artifacts", "/api/v1/reports/{id}",
                 "/api/v1/reports/{id}/text", "/api/v1/trials/{id}"):
        rows += [("get", path, {"id": 1}, "", {}, None, 200),
                 ("get", path, {"id": 99}, "", {}, None, 404)]
    rows.append(("get", "/api/v1/jobs/{id}/mail", {"id": 99}, "", {}, None, 404))
    for path in ("/api/v1/host", "/api/v1/hosts", "/api/v1/trees", "/api/v1/profiles",
                 "/api/v1/workloads", "/healthz", "/readyz", "/metrics", "/openapi.json",
                 "/version"):
        rows.append(("get", path, {}, "", {}, None, 200))
    for path, values in (("/api/v1/trials/{id}/console", {"id": 1}),
                         ("/api/v1/trials/{id}/harness", {"id": 1}),
                         ("/api/v1/artifacts/{hash}", {"hash": hash_})):
        rows += [("get", path, values, "", {}, None, 200),
                 ("get", path, values, "", {"Range": "bytes=0-1"}, None, 206),
                 ("get", path, values, "", {"Range": "bytes=999999-"}, None, 416)]
        if "id" in values:
            rows.append(("get", path, {"id": 99}, "", {}, None, 404))
    # What has a tag is asked for again with it; a tag of "*" is any.
    rows += [(*row[:4], {"If-None-Match": "*"}, None, 304)
             for row in rows if row[0] == "get" and row[6] == 200 and row[1] in etag_of]
    rows += [
        ("delete", "/api/v1/jobs/{id}", {"id": 1}, "", FOREIGN, None, 403),
        ("delete", "/api/v1/jobs/{id}", {"id": 2}, "", {}, None, 409),
        ("delete", "/api/v1/jobs/{id}", {"id": 1}, "", {}, LARGE, 413),
        ("delete", "/api/v1/jobs/{id}", {"id": 1}, "", {}, None, 204),
        ("delete", "/api/v1/jobs/{id}", {"id": 1}, "", {}, None, 404),
    ]
    return rows


def job_with(webhook):
    return json.dumps({"mail": MAIL.decode(), "webhook": webhook}).encode()


def diff_mail():
    return (b"Subject: [PATCH] x: mend it\n\n---\ndiff --git a/f.c b/f.c\n--- a/f.c\n+++ b/f.c\n"
            b"@@ -1,3 +1,3 @@\n a\n-b\n+c\n d\n")


def ask(method, path, headers, body):
    """Status, headers, body. A stream is read until it has a message."""
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=30)
    try:
        connection.request(method.upper(), path, body=body, headers=headers)
    except (BrokenPipeError, ConnectionResetError):
        pass  # refused while it was sent: the answer says why
    answer = connection.getresponse()
    if answer.headers.get_content_type() == "text/event-stream":
        content = answer.fp.readline() + answer.fp.readline() + answer.fp.readline()
    else:
        content = answer.read()
    connection.close()
    return answer.status, answer.headers, content


def sealed(node, schemas):
    """The schema with every object closed: a field that is not documented is an error."""
    if isinstance(node, list):
        return [sealed(part, schemas) for part in node]
    if not isinstance(node, dict):
        return node
    node = {key: sealed(part, schemas) for key, part in node.items()}
    if "$ref" in node:
        name = node["$ref"].rsplit("/", 1)[1]
        return sealed(schemas[name], schemas)
    if "allOf" in node:
        merged = {"type": "object", "properties": {}, "required": []}
        for part in node["allOf"]:
            merged["properties"].update(part.get("properties", {}))
            merged["required"] += part.get("required", [])
        node = merged
    if "properties" in node and isinstance(node["properties"], dict) \
            and node.get("type") == "object":
        node.setdefault("additionalProperties", False)
    return node


def path_of(route, values):
    return re.sub(r"\{(\w+)\}", lambda name: str(values[name[1]]), route)


class Check:
    def __init__(self, api):
        self.api, self.provoked, self.wrong = api, set(), []

    def documented(self, method, route, status):
        answer = self.api["paths"][route][method]["responses"].get(str(status))
        if answer and "$ref" in answer:
            answer = self.api["components"]["responses"][answer["$ref"].rsplit("/", 1)[1]]
        return answer

    def one(self, method, route, path, headers, body, status):
        got, heads, content = ask(method, path, headers, body)
        where = f"{method} {path} {headers or ''}"
        if got != status:
            self.wrong.append(f"{where}: {got}, not {status}: {content[:200]}")
            return
        answer = self.documented(method, route, got)
        if answer is None:
            self.wrong.append(f"{where}: {got} is not documented")
            return
        self.provoked.add((method, route, str(got)))
        for name in answer.get("headers", {}):
            if name not in heads:
                self.wrong.append(f"{where}: no header {name}")
        kinds = answer.get("content", {})
        kind = heads.get_content_type() if content else None
        if kind not in kinds and not (kind is None and not kinds):
            self.wrong.append(f"{where}: {got} with {kind}, documented {list(kinds)}")
        elif kind in ("application/json", "application/problem+json"):
            schema = sealed(kinds[kind]["schema"], self.api["components"]["schemas"])
            validator = jsonschema.Draft202012Validator(schema)
            for error in list(validator.iter_errors(json.loads(content)))[:5]:
                self.wrong.append(f"{where}: {got}: {list(error.path)}: {error.message[:300]}")

    def busy(self, values):
        """503: the bodies of all requests together are bounded, to twice ten million bytes here;
        a request whose body would be one too many is refused, whatever it asks for."""
        held = []
        for _ in range(2):
            client = socket.create_connection(("127.0.0.1", PORT))
            client.sendall(b"POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\n"
                           b"Content-Type: text/plain\r\nContent-Length: 10000000\r\n\r\n")
            held.append(client)
        time.sleep(0.5)  # their heads are read
        for route, methods in self.api["paths"].items():
            path = path_of(route, values)
            for method in methods:
                self.one(method, route, path, TEXT, b"xx", 503)
        for client in held:
            client.close()

    def left(self):
        for route, methods in self.api["paths"].items():
            for method, operation in methods.items():
                for status in operation["responses"]:
                    name = (method, route, status)
                    if name not in self.provoked and name not in EXCUSED:
                        self.wrong.append(f"{name} is documented and was never seen")

    def for_all(self, values):
        """What every route has: a token in the address, a name that is not this machine's."""
        for route, methods in self.api["paths"].items():
            path = path_of(route, values)
            for method in methods:
                self.one(method, route, path + "?token=x", {}, None, 400)
                self.one(method, route, path, {"Host": "evil.example", **TEXT}, None, 403)

    def tokens(self, values, reader, spent):
        """401 without a token, 403 with one that may less, 429 with one that is used up."""
        bearer = {"Authorization": f"Bearer {spent}"}
        for _ in range(1000):
            if ask("get", "/api/v1/jobs/1", bearer, None)[0] == 429:
                break
        for route, methods in self.api["paths"].items():
            path = path_of(route, values)
            for method, operation in methods.items():
                if "401" not in operation["responses"]:
                    self.one(method, route, path, {}, None, 200)
                    continue
                self.one(method, route, path, TEXT, None, 401)
                self.one(method, route, path, {**TEXT, **bearer}, None, 429)
                if method != "get":
                    self.one(method, route, path,
                             {**TEXT, "Authorization": f"Bearer {reader}"}, None, 403)
        self.one("get", "/api/v1/jobs", "/api/v1/jobs", {"Authorization": f"Bearer {reader}"},
                 None, 200)
        self.one("get", "/api/v1/jobs", "/api/v1/jobs", {"Authorization": "Bearer krepro_0"},
                 None, 401)


def main():
    _, _, content = ask("get", "/openapi.json", {}, None)
    api = json.loads(content)
    check = Check(api)
    values = {"id": "1", "arm": "patched", "key": "the-key", "name": "a-profile",
              "hash": "0" * 64, "format": "junit"}
    if MODE == "tokens":
        check.tokens(values, sys.argv[4], sys.argv[5])
        with open(SEEN, "w", encoding="utf-8") as file:
            json.dump(sorted(check.provoked), file)
    else:
        with open(SEEN, encoding="utf-8") as file:
            check.provoked.update(tuple(name) for name in json.load(file))
        check.for_all(values)
        tagged = {route for route, methods in api["paths"].items()
                  if "304" in methods.get("get", {}).get("responses", {})}
        _, _, content = ask("get", "/api/v1/trials/1", {}, None)
        for method, route, named, query, headers, body, status in table(
                tagged, json.loads(content)["console"]):
            check.one(method, route, path_of(route, named) + query, headers, body, status)
        check.busy(values)
        check.left()
    print("\n".join(check.wrong))
    print(f"{len(check.provoked)} documented answers seen, {len(check.wrong)} faults")
    return 1 if check.wrong else 0


sys.exit(main())
