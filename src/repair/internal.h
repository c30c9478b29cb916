/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of repair/ share: a change, said rather than done; a trial that judges the world
 * with it; remedies, which say what change could cure a finding. */
#ifndef CERTWHY_REPAIR_INTERNAL_H
#define CERTWHY_REPAIR_INTERNAL_H

#include "repair/fix_text.h"

enum {
    CHANGE_EDITS = 12,  /* certificates that one fix may have reissued; paths are shorter */
    CHANGE_TRUSTED = 4, /* roots that one fix may add */
    PATH_KEEPS = LIMIT_PATH_LENGTH,
};

struct repairing {
    const struct judge_input *input;
    const struct verdict *verdict;
    const struct findings *findings;
    struct arena *arena;
    int trials_left;
    const struct path *chosen; /* the path that a bundle is made of; NULL: the best one */
    const char *choice;        /* why this one, where there was a choice; "" */
    struct bytes new_spki;     /* a strong key, made when first asked for */
};

/** Everything that a fix may alter. Setters add to it, so several fixes can share one. */
struct change {
    struct node_edit {
        int node;
        struct cert_edit edit;
    } edits[CHANGE_EDITS];
    size_t edit_count;
    bool bundle;                 /* the best path's certificates are sent, leaf first, no root */
    int trusted[CHANGE_TRUSTED]; /* nodes that every client trusts from now on */
    size_t trusted_count;
    int supply_for;       /* an issuer that nobody has is supplied for this node; -1 none */
    bool supply_root;     /* … as a trusted root, else as an intermediate under one */
    cw_time at;           /* TIME_NONE: unchanged */
    const char *name;     /* NULL: unchanged */
    int connection;       /* the chain of this connection is shown everywhere; -1 none */
    bool expected;        /* the chain of --expect's file is shown, everywhere */
    bool with_sni;        /* SNI is sent: the second handshake's chain */
    bool session, modern; /* the handshake is completed; with TLS 1.2 */
    int client_issuers[PATH_KEEPS]; /* certificates that the client shows as well */
    size_t client_issuer_count;
    bool any_hello;             /* the server answers whatever clients begin with */
    bool key;                   /* the server holds the leaf's key */
    bool whole;                 /* proven only when every client accepts */
    bool clean_file;            /* the file is written anew */
    bool one_certificate;       /* all addresses show the same */
    bool staple;                /* a fresh response is stapled, which says good … */
    bool no_staple;             /* … or none */
    bool new_key;               /* words: the request is for another key */
    const struct dns_seen *dns; /* what the DNS answers then; NULL: unchanged */
    const char *record;         /* words: the record to publish */
    const char *unwanted;       /* words: the record to take away */
    const char *need;           /* words: what the new certificate must have */
};

/* ---- change.c ---- */

void change_init(struct change *change);
/** The edit of a node's certificate, neutral when it is new; NULL when there is no room. */
struct cert_edit *change_edit(const struct repairing *r, struct change *change, int node);
bool change_edits(const struct change *change, int node);
bool change_trust(struct change *change, int node);
/** The path that a bundle is made of; NULL: there is none. */
const struct path *bundle_path(const struct repairing *r);
/** Nodes that a correct server sends: that path without its root. Returns how many. */
size_t bundle_nodes(const struct repairing *r, int nodes[PATH_KEEPS]);
/** The best path's position of a node, -1 when it is not on it. */
int path_index(const struct repairing *r, int node);
/** The node that the best path continues with (step 1) or came from (step -1); -1 none. */
int path_neighbour(const struct repairing *r, int node, int step);
const struct cert *node_cert(const struct repairing *r, int node);
bool node_is_sent(const struct repairing *r, int node);
bool node_is_anchor(const struct repairing *r, int node);
/** The identifier that a CA certificate for this key has (RFC 5280 section 4.2.1.2, method 1). */
struct bytes key_id_of_spki(const struct repairing *r, struct bytes spki);
/** As its subjectKeyIdentifier says, else as one would be made. */
struct bytes key_id_of(const struct repairing *r, const struct cert *cert);
/** A self-issued certificate at the end of a candidate path that no client trusts; -1 none. */
int unknown_root(const struct repairing *r);
/** A trustworthy anchor of the clients' store, of this organisation when there is one. */
const struct cert *public_anchor(const struct repairing *r, struct bytes like);

/* ---- bundle.c ---- */

/** A path without its root. */
size_t path_bundle(const struct repairing *r, const struct path *path, int nodes[PATH_KEEPS]);
/** Where several paths lead to trusted roots, judges what they would be as bundles and sets
 *  r->chosen and r->choice. */
void bundle_choose(struct repairing *r);

/* ---- trial.c ---- */

/** A changed copy of the world, judged. */
struct trial {
    struct arena arena;
    struct observation observation;
    struct judge_input input;
    struct verdict verdict;
    const struct cert **before; /* originals of the edited certificates … */
    struct cert **after;        /* … and what they became */
    size_t edited_count;
    struct cert *supplied; /* issuer that nobody had */
    size_t shown_first;    /* certificates that the client shows: its own references from here on */
    struct ocsp *staple;   /* of another handshake */
    struct store **made_stores;
    size_t made_store_count;
};
void trial_run(struct repairing *r, const struct change *change, struct trial *trial);
void trial_free(struct trial *trial);
#define TRIAL_CLEANUP __attribute__((cleanup(trial_free))) struct trial

/** What became of a certificate in this trial: itself when it was not edited. */
const struct cert *trial_successor(const struct trial *trial, const struct cert *cert);

/* ---- repair.c ---- */

/** Proven: clients are won, or the finding (NULL: none) is gone; and nobody is lost. Fills who
 *  accepts and rejects. */
bool trial_proves(struct repairing *r, const struct finding *finding, const struct trial *trial,
                  struct fix *fix);

/* ---- remedies.c ---- */

/** What could cure a finding: a row per rule and fix, best first. */
struct remedy {
    const char *rule; /* ends in '.' or '*': a family */
    const char *fix;
    /** Adds to the change; false when it does not apply to this finding. */
    bool (*apply)(struct repairing *r, const struct finding *finding, struct change *change);
    bool last_resort; /* only when no fix before it was proven */
};
const struct remedy *remedy_table(size_t *count);
/** The certificate that a remedy of this finding has issued anew. */
int remedy_node(const struct finding *finding);
bool remedy_suits(const struct remedy *remedy, const struct finding *finding);

/* ---- together.c ---- */

/** `first`: the remedy that was proven first, per finding; NULL none. */
void repair_together(struct repairing *r, const struct remedy *const *first, struct plan *plan);

/* remedies_chain.c */
bool send_bundle(struct repairing *r, const struct finding *finding, struct change *change);
bool leave_out(struct repairing *r, const struct finding *finding, struct change *change);
bool send_missing(struct repairing *r, const struct finding *finding, struct change *change);
bool get_intermediate(struct repairing *r, const struct finding *finding, struct change *change);
bool get_right_intermediate(struct repairing *r, const struct finding *finding,
                            struct change *change);
bool write_file(struct repairing *r, const struct finding *finding, struct change *change);
bool same_certificate(struct repairing *r, const struct finding *finding, struct change *change);
bool reload(struct repairing *r, const struct finding *finding, struct change *change);
bool use_key(struct repairing *r, const struct finding *finding, struct change *change);
/* remedies_cert.c */
bool reissue_names(struct repairing *r, const struct finding *finding, struct change *change);
bool renew_leaf(struct repairing *r, const struct finding *finding, struct change *change);
bool renew_issuer(struct repairing *r, const struct finding *finding, struct change *change);
bool renew(struct repairing *r, const struct finding *finding, struct change *change);
bool reissue_signature(struct repairing *r, const struct finding *finding, struct change *change);
bool reissue_digest(struct repairing *r, const struct finding *finding, struct change *change);
bool reissue_key(struct repairing *r, const struct finding *finding, struct change *change);
bool reissue_algorithm(struct repairing *r, const struct finding *finding, struct change *change);
bool reissue_usage(struct repairing *r, const struct finding *finding, struct change *change);
bool reissue_policies(struct repairing *r, const struct finding *finding, struct change *change);
bool reissue_encoding(struct repairing *r, const struct finding *finding, struct change *change);
bool reissue_key_ids(struct repairing *r, const struct finding *finding, struct change *change);
bool reissue_issuer(struct repairing *r, const struct finding *finding, struct change *change);
bool drop_ca(struct repairing *r, const struct finding *finding, struct change *change);
bool replace_issuer(struct repairing *r, const struct finding *finding, struct change *change);
bool replace_revoked(struct repairing *r, const struct finding *finding, struct change *change);
bool drop_must_staple(struct repairing *r, const struct finding *finding, struct change *change);
bool staple_fresh(struct repairing *r, const struct finding *finding, struct change *change);
bool staple_nothing(struct repairing *r, const struct finding *finding, struct change *change);
/* remedies_client.c */
bool use_listed_name(struct repairing *r, const struct finding *finding, struct change *change);
bool trust_root(struct repairing *r, const struct finding *finding, struct change *change);
bool trust_leaf(struct repairing *r, const struct finding *finding, struct change *change);
bool get_root(struct repairing *r, const struct finding *finding, struct change *change);
bool correct_clock(struct repairing *r, const struct finding *finding, struct change *change);
bool present_certificate(struct repairing *r, const struct finding *finding, struct change *change);
bool show_issuers(struct repairing *r, const struct finding *finding, struct change *change);
bool send_sni(struct repairing *r, const struct finding *finding, struct change *change);
bool take_any_hello(struct repairing *r, const struct finding *finding, struct change *change);
/* remedies_dns.c */
bool publish_tlsa(struct repairing *r, const struct finding *finding, struct change *change);
bool publish_caa(struct repairing *r, const struct finding *finding, struct change *change);
bool enable_tls12(struct repairing *r, const struct finding *finding, struct change *change);

#endif
