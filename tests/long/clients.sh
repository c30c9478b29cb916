#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every real client, those that take minutes too: Chromium with the pages that people see, pip.
exec "$(dirname "$0")/../clients/run" --long
