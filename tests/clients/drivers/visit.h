/* SPDX-License-Identifier: Apache-2.0 */
/* A client written in C: visit.c reads what to visit and writes what came of it. */
#ifndef CERTWHY_TESTS_VISIT_H
#define CERTWHY_TESTS_VISIT_H

#include <stdbool.h>

struct visit {
    char name[300], host[64], port[8], ca[512];
};
struct answer {
    bool accepts;
    char message[2000];
};

/** Of the library. */
void visit_make(const struct visit *visit, struct answer *answer);
const char *visit_version(void);

#endif
