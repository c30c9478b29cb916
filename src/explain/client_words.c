/* SPDX-License-Identifier: Apache-2.0 */
/* What clients and servers can be asked: the heads of data/messages, the pages of data/servers. */
#include <string.h>

#include "explain/messages.h"

bool client_words_find(const char *id, struct client_words *out)
{
    for (size_t i = 0; i < message_client_count; i++) {
        const struct message_client *client = &message_clients[i];
        if (!str_equal_nocase(client->id, id))
            continue;
        *out = (struct client_words){client->id, client->name, client->profile, client->never,
                                     client->debug};
        return true;
    }
    return false;
}

/* Profiles whose words stand in a file of another name. */
static const struct {
    const char *family, *id;
} kin[] = {
    {"aiohttp", "python"},
    {"gnutls-cli", "gnutls"},
    {"httpx", "python"},
    {"windows", "schannel"},
};

bool client_words_of(const struct profile *profile, struct client_words *out)
{
    const char *name = profile_name(profile);
    const size_t n = strcspn(name, "@");
    for (size_t i = 0; i < sizeof kin / sizeof *kin; i++)
        if (strlen(kin[i].family) == n && memcmp(kin[i].family, name, n) == 0)
            return client_words_find(kin[i].id, out);
    for (size_t i = 0; i < message_client_count; i++)
        if (strlen(message_clients[i].id) == n && memcmp(message_clients[i].id, name, n) == 0)
            return client_words_find(message_clients[i].id, out);
    return false;
}

const struct server_page *server_page_find(const char *name)
{
    for (size_t i = 0; i < server_page_count; i++) {
        if (str_equal_nocase(server_pages[i].id, name))
            return &server_pages[i];
        for (const char *const *alias = server_pages[i].aliases; *alias; alias++)
            if (str_equal_nocase(*alias, name))
                return &server_pages[i];
    }
    return NULL;
}
