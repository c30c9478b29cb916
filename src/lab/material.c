/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "container/container.h"
#include "material.h"

static const char key_comment[] =
    "certwhy lab key: derived from a public seed, so everybody has it. Never use it.";

static const char staple_name[] = "staple.ocsp";
static const char *const file_names[] = {"chain.pem",  "ca.pem",        "pool.pem",
                                         "key.pem",    "scenario.json", staple_name,
                                         "client.pem", "client-key.pem"};

static enum cw_code members_mint(struct lab *lab, const struct scenario *scenario,
                                 const char *members, struct der_list *out, struct error *err)
{
    const size_t n = members ? strlen(members) : 0;
    out->items = arena_array(&lab->arena, n, sizeof out->items[0]);
    for (out->count = 0; out->count < n; out->count++) {
        const struct bytes der = pki_member(lab, &scenario->pki, members[out->count]);
        if (!der.p)
            return error_set(err, CW_E_INTERNAL, "scenario %s: certificate %c cannot be minted",
                             scenario->name, members[out->count]);
        out->items[out->count] = der;
    }
    return CW_OK;
}

/* A key of the lab that says it is the leaf's: what a server holds whose certificate was replaced
 * without its key. */
static enum cw_code key_forge(struct lab *lab, const struct scenario *scenario,
                              struct material *out, struct error *err)
{
    BUF_CLEANUP spki = {0};
    if (!scenario->server.forged_key)
        return CW_OK;
    if (private_key_spki(out->key, &spki))
        out->forged = private_key_forge(pki_key(lab, &scenario->pki, 'M'), buf_bytes(&spki));
    if (!out->forged)
        return error_set(err, CW_E_INTERNAL, "scenario %s: its key cannot be made", scenario->name);
    return CW_OK;
}

enum cw_code material_mint(struct lab *lab, const struct scenario *scenario, struct material *out,
                           struct error *err)
{
    *out = (struct material){.scenario = scenario};
    lab->folder = scenario->name;
    out->key = pki_key(lab, &scenario->pki, 'L');
    out->second_key = pki_key(lab, &scenario->pki, 'M');
    if (!out->key || !out->second_key)
        return error_set(err, CW_E_INTERNAL, "scenario %s: its key cannot be derived",
                         scenario->name);
    TRY(members_mint(lab, scenario, scenario->sends, &out->chain, err));
    TRY(members_mint(lab, scenario, scenario->server.second_sends, &out->second_chain, err));
    TRY(members_mint(lab, scenario, scenario_trusts(scenario), &out->anchors, err));
    TRY(members_mint(lab, scenario, scenario->pool, &out->pool, err));
    TRY(members_mint(lab, scenario, scenario->server.accepts, &out->accepted, err));
    TRY(members_mint(lab, scenario, scenario->client_shows, &out->client, err));
    TRY(site_mint(lab, scenario, &out->site, err));
    return key_forge(lab, scenario, out, err);
}

void material_free(struct material *material)
{
    private_key_free(material->forged);
    *material = (struct material){0};
}

cw_time material_client_time(const struct lab *lab, const struct scenario *scenario)
{
    return lab->at + TIME_DAY * scenario->clock_days;
}

/* ---- files ---- */

static enum cw_code list_write(struct lab *lab, const struct der_list *list, const char *dir,
                               const char *name, struct error *err)
{
    BUF_CLEANUP pem = {0};
    if (list->count == 0)
        return CW_OK;
    for (size_t i = 0; i < list->count; i++)
        pem_write(&pem, "CERTIFICATE", list->items[i]);
    return file_write_atomic(NULL, arena_printf(&lab->arena, "%s/%s", dir, name), buf_bytes(&pem),
                             0644, err);
}

static enum cw_code key_write(struct lab *lab, const struct private_key *key, const char *dir,
                              const char *name, struct error *err)
{
    BUF_CLEANUP pem = {0};
    if (!private_key_pem(key, key_comment, &pem))
        return error_set(err, CW_E_INTERNAL, "%s/%s: the key cannot be written", dir, name);
    return file_write_atomic(NULL, arena_printf(&lab->arena, "%s/%s", dir, name), buf_bytes(&pem),
                             0600, err);
}

static enum cw_code keys_write(struct lab *lab, const struct material *material, const char *dir,
                               struct error *err)
{
    /* The forged key exists in memory only: on disk it is what it really is, another key. */
    TRY(key_write(lab, material->forged ? material->second_key : material->key, dir, "key.pem",
                  err));
    return material->client.count == 0
               ? CW_OK
               : key_write(lab, material->second_key, dir, "client-key.pem", err);
}

/* What its certificates point to, under the names of the URLs; an OCSP responder is one response.
 */
static enum cw_code site_write(struct lab *lab, const struct site *site, const char *dir,
                               struct error *err)
{
    for (size_t i = 0; i < site->count; i++)
        TRY(file_write_atomic(NULL,
                              arena_printf(&lab->arena, "%s/%s", dir, site->documents[i].name),
                              site->documents[i].body, 0644, err));
    if (site->staple.n == 0)
        return CW_OK;
    return file_write_atomic(NULL, arena_printf(&lab->arena, "%s/%s", dir, staple_name),
                             site->staple, 0644, err);
}

enum cw_code material_write(struct lab *lab, const struct material *material, const char *dir,
                            const char *description, struct error *err)
{
    TRY(file_make_dir(NULL, dir, err));
    TRY(list_write(lab, &material->chain, dir, "chain.pem", err));
    TRY(list_write(lab, &material->anchors, dir, "ca.pem", err));
    TRY(list_write(lab, &material->pool, dir, "pool.pem", err));
    TRY(list_write(lab, &material->client, dir, "client.pem", err));
    TRY(keys_write(lab, material, dir, err));
    TRY(site_write(lab, &material->site, dir, err));
    return file_write_atomic(NULL, arena_printf(&lab->arena, "%s/scenario.json", dir),
                             bytes_str(description), 0644, err);
}

void material_remove(const struct material *material, const char *dir)
{
    struct arena arena = {0};
    for (size_t i = 0; i < sizeof file_names / sizeof file_names[0]; i++)
        unlink(arena_printf(&arena, "%s/%s", dir, file_names[i]));
    for (size_t i = 0; i < material->site.count; i++)
        unlink(arena_printf(&arena, "%s/%s", dir, material->site.documents[i].name));
    rmdir(dir);
    arena_free(&arena);
}
