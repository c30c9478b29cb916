/* SPDX-License-Identifier: Apache-2.0 */
/* Chains with several faults planted at random, and what a report must say of them. */
#ifndef CERTWHY_TESTS_REASONS_H
#define CERTWHY_TESTS_REASONS_H

#include "certwhy_internal.h"
#include "lab/mint.h"

#define REASONS_AT 1795262400 /* 2026-11-21T12:00:00Z */

enum { MOST_PLANTS = 5, MOST_SENT = 16 };

/** The certificates of a chain. Intermediates are ISSUER, ISSUER + 1 …, the root follows them. */
enum member {
    LEAF = 0,
    ISSUER = 1,
    NAMESAKE = 5,  /* of an intermediate: its name, another key */
    UNRELATED = 6, /* issued by nobody here, issuer of nobody here */
    CROSS = 7,     /* the root's name and key under an older root, expired */
    STRANGER = 8,  /* a root that the clients trust instead */
    OLD_ROOT = 9,  /* that nobody trusts any more */
    MEMBERS,
    NO_MEMBER = -1,
};

/** What of a certificate one fault can occupy. */
enum field {
    DATES = 1 << 0,
    NAMES = 1 << 1,
    SEAL = 1 << 2, /* the signature's bits, or whether anybody can check them */
    DIGEST = 1 << 3,
    KEY = 1 << 4,
    EKU = 1 << 5,
    USAGE = 1 << 6,
    BASIC = 1 << 7, /* basicConstraints */
    LENGTH = 1 << 8,
    SUBTREES = 1 << 9,
    CRITICAL = 1 << 10,
    KEY_IDS = 1 << 11,
    EXTENSIONS = EKU | USAGE | BASIC | LENGTH | SUBTREES | CRITICAL | KEY_IDS,
    PLACE = 1 << 12, /* whether and where it is sent */
};

struct kind;
/** A fault in place, and what the report must say of it. */
struct plant {
    const struct kind *kind;
    const char *rule;
    int member, or_member; /* the certificate; NO_MEMBER both: the endpoint */
    bool seen;             /* a finding tells it */
};

/** One chain in the making. */
struct scene {
    struct arena arena;
    uint64_t random;
    int depth; /* intermediates; 0 for a self-signed leaf */
    struct mint_spec spec[MEMBERS];
    struct bytes der[MEMBERS];
    unsigned taken[MEMBERS];
    bool hidden[MEMBERS]; /* nobody here has it */
    bool sent[MEMBERS], pooled[MEMBERS], trusted[MEMBERS];
    bool weak[MEMBERS];      /* RSA-1024 */
    bool needs_rsa[MEMBERS]; /* signs with MD5 */
    enum digest_kind digest[MEMBERS];
    int replaced; /* whom NAMESAKE stands in for, NO_MEMBER none */
    int order[MOST_SENT];
    size_t order_count;
    int swap;           /* the path's certificate that changes places with the next; -1 none */
    bool leaf_last;     /* the leaf stands behind all others */
    int twice;          /* sent once more at the end; NO_MEMBER none */
    const char *name;   /* that the client uses */
    const char *family; /* organisation of the CA */
    cw_time at;
    bool key_mismatch, old_protocol;
    struct plant plants[MOST_PLANTS];
    size_t plant_count;
};

struct kind {
    const char *name, *rule;
    bool notice; /* advice when something worse is wrong: not necessarily a cause */
    bool (*plant)(struct scene *scene, const struct kind *kind);
};

/* reasons_kinds.c */
extern const struct kind kinds[];
extern const size_t kind_count;
/** Why two faults cannot stand in one chain, or cannot be told apart there; NULL: they can. */
const char *kinds_exclude(const struct kind *a, const struct kind *b);

/* reasons_mint.c */
/** A healthy chain from a seed: the same seed, the same bytes. */
void scene_start(struct scene *scene, uint64_t seed);
uint64_t scene_draw(struct scene *scene, uint64_t below);
int scene_root(const struct scene *scene);
/** Marks a field as occupied; false: it is already, or nobody sees the certificate. */
bool scene_take(struct scene *scene, int member, unsigned fields);
void scene_expect(struct scene *scene, const struct kind *kind, int member, int or_member);
/** Mints every certificate and puts the sent ones in order. */
void scene_mint(struct scene *scene);
void scene_free(struct scene *scene);
void keys_free(void);

/** A scene as the judge sees it. */
struct stage {
    struct scene *scene;
    struct arena arena;
    struct connection connection;
    struct store_identity identity;
    struct checked checked;
};
/** Judges and explains; with `repaired`, proves fixes too, as a whole report needs. */
void stage_run(struct stage *stage, struct scene *scene, struct sig_memo *memo, bool repaired);
void stage_free(struct stage *stage);
/** The report's JSON. */
void stage_json(struct stage *stage, struct buf *out);
/** The case as --save writes it. */
bool stage_case(struct stage *stage, struct buf *out);

/* reasons_replay.c */
/** The report is the same to the byte: judged twice, and from the case saved at `path`. */
bool replay_is_same(struct scene *scene, const char *path);

/* reasons_bombs.c */
/** Judges what was made to keep a judge busy; `only`: those of which the name holds this. Returns
 * how many took too long or did not say which budget they spent; adds the others to *passed. */
size_t bombs_run(size_t *passed, const char *only);

#endif
