#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The Python binding's own tests, as far as they need no module: its structs and numbers are
# those of the C header, and wrong arguments are refused.  It is small, has only the
# standard library under it, and its example is short.
set -u
. tests/lib/ktap.sh
. tests/lib/foreign.sh

export PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=src
cd user/bindings/python || exit 1
foreign python python3 -W error -m unittest -v tests.test_abi tests.test_arguments

lines=$(cat src/zcopy/*.py | wc -l)
[ "$lines" -lt 600 ]
ktap_ok $? "the package has fewer than 600 lines: $lines"
[ "$(wc -l <examples/server.py)" -lt 100 ]
ktap_ok $? "the example has fewer than 100"
ktap_check "nothing but the standard library is imported" python3 - <<'PY'
import ast, pathlib, sys
used = set()
for path in pathlib.Path("src").rglob("*.py"):
    for node in ast.walk(ast.parse(path.read_text(), feature_version=(3, 9))):
        if isinstance(node, ast.Import):
            used |= {name.name.split(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            used.add(node.module.split(".")[0])
sys.exit(str(used - sys.stdlib_module_names) if used - sys.stdlib_module_names else 0)
PY
out=$(python3 examples/server.py 2>&1)
ktap_is "$?: $out" "1: usage: examples/server.py PORT [DIRECTORY]" "the example says how it is used"
if [ ! -e /dev/zcopy ]; then
	out=$(python3 examples/server.py 0 2>&1)
	case $out in *"FileNotFoundError: "*"'/dev/zcopy'") ok=0 ;; *) ok=1 ;; esac
	ktap_ok $ok "without the module it says what is missing" || ktap_note "$out"
fi
if command -v ruff >/dev/null; then
	ktap_check "ruff: format" ruff format --no-cache --check .
	ktap_check "ruff: lint" ruff check --no-cache .
else
	ktap_skip "there is no ruff"
fi
ktap_done
