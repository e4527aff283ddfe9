"""Fail when pyright knows the types of less than this percentage of what is public."""

import json
import subprocess
import sys
from pathlib import Path

threshold = float(sys.argv[1])
pyright = [Path(sys.executable).with_name("pyright"), "--pythonpath", sys.executable]
answer = subprocess.run(
    [*pyright, "--verifytypes", "label_auditor", "--ignoreexternal", "--outputjson"],
    stdout=subprocess.PIPE,
    check=False,  # it fails below 100 %
)
found = json.loads(answer.stdout)["typeCompleteness"]
known = 100 * found["completenessScore"]
print(f"{known:.1f} % of {len(found['symbols'])} symbols have known types.")
if known < threshold:
    for symbol in found["symbols"]:
        if symbol["isExported"] and not symbol["isTypeKnown"]:
            print(f"  {symbol['name']}")
    sys.exit(f"At least {threshold:g} % are needed.")
