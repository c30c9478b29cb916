/* SPDX-License-Identifier: Apache-2.0 */
/* What a file is that holds no certificate: told by its first bytes. */
#include <string.h>
#include <strings.h>

#include "internal.h"

static const struct {
    const char *start;
    size_t n;
    enum file_kind kind;
    const char *words;
} signatures[] = {
    {"\xfe\xed\xfe\xed", 4, FILE_KIND_JKS, "a Java keystore (JKS)"},
    {"\xce\xce\xce\xce", 4, FILE_KIND_JKS, "a Java keystore (JCEKS)"},
    {"PK\x03\x04", 4, FILE_KIND_OTHER, "a ZIP archive"},
    {"\x1f\x8b", 2, FILE_KIND_OTHER, "a gzip archive"},
    {"%PDF", 4, FILE_KIND_OTHER, "a PDF document"},
    {"\x7f"
     "ELF",
     4, FILE_KIND_OTHER, "a program (ELF)"},
    {"\x89PNG", 4, FILE_KIND_OTHER, "a PNG picture"},
    {"\xff\xd8\xff", 3, FILE_KIND_OTHER, "a JPEG picture"},
    {"SQLite format 3", 15, FILE_KIND_OTHER, "an SQLite database"},
    {"ssh-", 4, FILE_KIND_OTHER, "an OpenSSH public key"},
    {"ecdsa-sha2-", 11, FILE_KIND_OTHER, "an OpenSSH public key"},
    {"PuTTY-User-Key-File", 19, FILE_KIND_OTHER, "a PuTTY private key"},
    {"Certificate:\n    Data:", 22, FILE_KIND_OTHER,
     "the readable form of a certificate, without the certificate itself"},
    {"<!doctype html", 14, FILE_KIND_HTML, "an HTML page"},
    {"<html", 5, FILE_KIND_HTML, "an HTML page"},
    {"<?xml", 5, FILE_KIND_OTHER, "an XML document"},
};

static bool is_space(uint8_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static struct bytes trim_start(struct bytes file)
{
    while (file.n > 0 && is_space(file.p[0]))
        file = bytes_slice(file, 1, file.n);
    return file;
}

const char *kind_recognise(struct bytes file, enum file_kind *kind)
{
    enum { CASE_HEAD = 4096 };
    const struct bytes text = trim_start(file);
    *kind = FILE_KIND_OTHER;
    for (size_t i = 0; i < sizeof signatures / sizeof signatures[0]; i++) {
        const size_t n = signatures[i].n;
        if (text.n >= n && strncasecmp((const char *)text.p, signatures[i].start, n) == 0) {
            *kind = signatures[i].kind;
            return signatures[i].words;
        }
    }
    if (text.n == 0 || text.p[0] != '{')
        return NULL;
    const struct bytes head = bytes_slice(text, 0, CASE_HEAD);
    if (bytes_find(head, bytes_str("\"certwhy/case/")) == SIZE_MAX)
        return "a JSON document";
    *kind = FILE_KIND_CASE;
    return "a saved case";
}
