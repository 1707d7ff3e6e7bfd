"""Prints results.jsonl as a table of clients and features, then each failure."""

import json
import sys

# clients print lines of their own too
rows = [json.loads(line) for line in open(sys.argv[1]) if line.startswith('{"client"')]
clients = list(dict.fromkeys(row["client"] for row in rows))
features = list(dict.fromkeys(row["feature"] for row in rows))
known = {(row["client"], row["feature"]): row["ok"] for row in rows}
print("| feature | " + " | ".join(clients) + " |")
print("|---|" + "---|" * len(clients))
for feature in features:
    marks = [{True: "+", False: "**-**"}.get(known.get((c, feature)), ".") for c in clients]
    print(f"| {feature} | " + " | ".join(marks) + " |")
failed = [row for row in rows if not row["ok"]]
for row in failed:
    print(f"- {row['client']}, {row['feature']}: {row['detail']}")
sys.exit(1 if failed else 0)
