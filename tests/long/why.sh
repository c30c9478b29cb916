#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every real client that is here against every server of the lab, under `certwhy why`: minutes for each.
set -eu
cd "$(dirname "$0")/../.."
exec tests/clients/why --all
