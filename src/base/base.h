/* SPDX-License-Identifier: Apache-2.0 */
/* Front header of base/: bytes, buffers, arena, strings, time, errors, limits, files, log. */
#ifndef CERTWHY_BASE_H
#define CERTWHY_BASE_H

#include "arena.h"
#include "buf.h"
#include "bytes.h"
#include "error.h"
#include "file.h"
#include "limits.h"
#include "log.h"
#include "str.h"
#include "time.h"

#endif
