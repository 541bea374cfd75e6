#!/usr/bin/env python3
"""Extracts from a Google discovery document what the sandbox needs to judge requests.

    python3 extract_contract.py compute.v1.json Sources/Sandbox/Contracts/compute.json [METHOD ...]

Arguments: the document, the file to write, and the methods to keep: whole ids, or prefixes that end with a dot; without
them those that the file has, so that it can be made again from a newer document.

Kept: verbs, path templates, parameters (type, enum, pattern, required), request and response schemas with the
types, enums and output-only marks of their fields. Descriptions are dropped. Standard library only.
"""
import json
import sys


def methods(resources):
    for resource in resources.values():
        yield from resource.get("methods", {}).values()
        yield from methods(resource.get("resources", {}))


def compact(spec):
    """t type, f format, e enum, p pattern, o output only, i items, m members, a additional, r reference, q required."""
    out = {}
    if "$ref" in spec:
        out["r"] = spec["$ref"]
    for short, name in (("t", "type"), ("f", "format"), ("e", "enum"), ("p", "pattern")):
        if name in spec:
            out[short] = spec[name]
    if spec.get("required") is True:
        out["q"] = True
    if spec.get("repeated"):
        out["n"] = True
    if spec.get("location") == "path":
        out["l"] = True
    if spec.get("readOnly") or spec.get("description", "").startswith(("[Output Only]", "Output only.")):
        out["o"] = True
    if "items" in spec:
        out["i"] = compact(spec["items"])
    if "properties" in spec:
        out["m"] = {name: compact(field) for name, field in spec["properties"].items()}
    if "additionalProperties" in spec:
        out["a"] = compact(spec["additionalProperties"])
    return out


def references(spec, found):
    if isinstance(spec, dict):
        if isinstance(spec.get("r"), str):
            found.add(spec["r"])
        for value in spec.values():
            references(value, found)


def text(contract):
    """One line a method and a schema, so that a newer document's changes can be read."""
    def line(value):
        return json.dumps(value, separators=(",", ":"), ensure_ascii=True)

    def lines(name, rows, ends):
        return f"{line(name)}:{ends[0]}\n" + ",\n".join(rows) + f"\n{ends[1]}"

    schemas = [f"{line(name)}:{line(schema)}" for name, schema in contract["schemas"].items()]
    head = [f"{line(name)}:{line(contract[name])}" for name in ("api", "revision", "parameters")]
    methods = lines("methods", [line(method) for method in contract["methods"]], "[]")
    return "{" + ",\n".join(head + [methods, lines("schemas", schemas, "{}")]) + "}"


def main():
    path, target, chosen = sys.argv[1], sys.argv[2], sys.argv[3:]
    with open(path, encoding="utf-8") as file:
        document = json.load(file)
    if not chosen:
        with open(target, encoding="utf-8") as file:
            chosen = [method["id"] for method in json.load(file)["methods"]]
    kept, wanted = [], set()
    for method in methods(document["resources"]):
        if not any(method["id"].startswith(c) if c.endswith(".") else method["id"] == c for c in chosen):
            continue
        paths = ["/" + document["servicePath"] + method["path"]]
        uploads = method.get("mediaUpload", {}).get("protocols", {})
        entry = {
            "id": method["id"], "verb": method["httpMethod"], "paths": paths,
            "parameters": {n: compact(p) for n, p in method.get("parameters", {}).items()},
        }
        if uploads:
            entry["uploads"] = sorted({p["path"] for p in uploads.values()})
        if method.get("supportsMediaDownload"):
            entry["download"] = "/download/" + document["servicePath"] + method["path"]
        for key in ("request", "response"):
            if key in method:
                entry[key] = method[key]["$ref"]
                wanted.add(entry[key])
        kept.append(entry)
    schemas = {}
    while wanted - schemas.keys():
        for reference in sorted(wanted - schemas.keys()):
            schemas[reference] = compact(document["schemas"][reference])
            references(schemas[reference], wanted)
    contract = {
        "api": document["id"], "revision": document["revision"],
        "parameters": {n: compact(p) for n, p in document.get("parameters", {}).items()},
        "methods": kept, "schemas": {n: schemas[n] for n in sorted(schemas)},
    }
    with open(target, "w", encoding="utf-8") as file:
        file.write(text(contract) + "\n")


if __name__ == "__main__":
    main()
