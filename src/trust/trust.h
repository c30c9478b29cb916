/* SPDX-License-Identifier: Apache-2.0 */
/* Front header of trust/: sets of trust anchors. A store is immutable, refcounted, indexed by
 * subject when loaded (base64 and a walk to the subject, nothing more), and parses an anchor when
 * it is first asked for. A pool is the same thing without trust: known issuers to look in. */
#ifndef CERTWHY_TRUST_H
#define CERTWHY_TRUST_H

#include "container/container.h"

/** One member of a store. `cert` is parsed on demand by store_find()/store_at(). */
struct anchor {
    struct cert *cert;
    struct origin origin;
    /* constraints of the store on it; more kinds come with root-programme facts */
    bool distrusted;
    cw_time until; /**< the programme trusts nothing that was issued later; 0 no such date */
    /** OpenSSL's TRUSTED CERTIFICATE says for what: enum eku_bit. Unlisted: for everything. */
    struct anchor_uses {
        bool listed;
        unsigned trusted, rejected;
    } uses;
};

struct store;

/** Why a source of anchors contributes what it does: for reports, and to say what was not read. */
struct store_source {
    const char *path;
    bool read; /**< false: `problem` says why */
    const char *problem;
    bool unknown; /**< unread by us, though not by the client: what it holds is not known */
    const char *programme; /**< a list known by the facts of this root programme; "" a file */
    size_t count;          /**< certificates taken from it */
    cw_time modified;      /**< TIME_NONE unknown */
    uint8_t sha256[32];    /**< of the file; zero for a directory */
};

struct store *store_new(const char *name);
/** The same without trust: its members' origin is ORIGIN_POOL. */
struct store *store_new_pool(const char *name);
struct store *store_ref(struct store *store);
void store_unref(struct store *store);

/** Adds every certificate of a PEM or DER file, or of each file in a directory. Lazy: the file
 * stays mapped, nothing is parsed. What cannot be read becomes a source with read == false, and
 * CW_E_INPUT is returned so that a file that the user named can be refused. */
enum cw_code store_add_path(struct store *store, const char *root, const char *path,
                            struct error *err);
/** Adds one certificate (takes a reference). Duplicates (same DER) are ignored. */
void store_add_cert(struct store *store, const struct cert *cert, struct origin origin);
/** The system's store as OpenSSL programs on this machine see it: the first bundle of the known
 *  places, else the hashed directory. `root` as in base/file.h. Nothing found: an empty store with
 * a source that says what was looked for. */
struct store *store_system(const char *root);

const char *store_name(const struct store *store);
size_t store_count(const struct store *store);
/** The i-th member; parses it. NULL past the end. */
const struct anchor *store_at(struct store *store, size_t i);
/** Members whose subject equals `name` (RFC 5280 comparison), in the store's order; at most `max`
 *  written to out; returns how many there are. Only these are parsed. */
size_t store_find(struct store *store, struct bytes name, const struct anchor **out, size_t max);
/** The same, by a name whose hash is known. */
size_t store_find_key(struct store *store, struct name_key key, const struct anchor **out,
                      size_t max);
/** The name of a root that the store trusts and that this machine has no certificate of, under the
 *  subject `name`: known by facts alone. NULL none. */
const char *store_find_absent(struct store *store, struct bytes name);
/** The member with this certificate's exact DER, or NULL. */
const struct anchor *store_get(struct store *store, const struct cert *cert);
/** As store_find() for the issuer's name of a certificate. Of a pool file's namesakes come first
 *  those whose key identifier the certificate names: where there are more than `max`, the right one
 *  is among them. */
size_t store_find_issuers(struct store *store, const struct cert *child, const struct anchor **out,
                          size_t max);
size_t store_source_count(const struct store *store);
/** Its digest is there once store_digest() has computed it, which costs more than to load it. */
const struct store_source *store_source_at(const struct store *store, size_t i);
void store_digest(struct store *store);
/** How many members' organisation (O) equals that of `name`, looking at undecoded subjects only:
 * tells whether an unknown issuer belongs to a family that this store knows. `first` may be NULL.
 */
size_t store_count_organization(struct store *store, struct bytes name);

/** Writes a pool file: an index that is mapped, not read, and the CA certificates among `certs` but
 *  the self-signed ones, each once. store_add_path() of a pool takes it. Returns how many. */
size_t pool_write(const struct cert *const *certs, size_t count, const char *source, cw_time date,
                  struct buf *out);

/** What changed from one pool file to another. */
struct pool_change {
    size_t before, after, added, gone;
    cw_time date_before; /**< TIME_NONE: there was none that can be read */
};
struct pool_change pool_compare(struct bytes before, struct bytes after);

/** CA certificates gathered from files of their publishers, for a pool. */
struct issuer_list;
struct issuer_counts {
    size_t certificates, unreadable;
    size_t revoked; /**< rows that say so: never taken into a pool */
};
struct issuer_list *issuer_list_new(void);
void issuer_list_free(struct issuer_list *list);
struct issuer_counts issuer_list_counts(const struct issuer_list *list);
/** Adds those of one file: a CSV file of the CCADB with a column of PEM ("PublicAllIntermediate…
 *  WithPEM", "AllCertificatePEMs…"), one with fingerprints and revocation states
 *  ("AllCertificateRecordsCSVFormatv2"), PEM, DER, a pool. CW_E_INPUT when it holds neither. */
enum cw_code issuer_list_read(struct issuer_list *list, struct bytes file, const char *where,
                              struct error *err);
/** As pool_write(), without what any of the files calls revoked. */
size_t issuer_list_pool(struct issuer_list *list, const char *source, cw_time date,
                        struct buf *out);

/* ---- root programmes: facts that are compiled in (data/roots) ---- */

enum programme {
    PROGRAMME_MOZILLA,
    PROGRAMME_CHROME,
    PROGRAMME_APPLE,
    PROGRAMME_MICROSOFT,
    PROGRAMME_JAVA,
    PROGRAMME_ANDROID,
    PROGRAMME_COUNT,
};
const char *programme_title(enum programme programme);  /**< "Mozilla" */
const char *programme_source(enum programme programme); /**< which file of theirs it was */
cw_time programme_date(enum programme programme);       /**< of the data */
/** Adds a list that is compiled into a client, of which nothing is at hand: what it trusts is known
 *  by its fingerprint when it is met. */
void store_add_programme(struct store *store, enum programme programme);
/** By title, case ignored. */
bool programme_find(const char *name, enum programme *out);

/** One public root certificate, known by its fingerprint. Static: never freed. */
struct root_fact;
const struct root_fact *root_fact_find(const uint8_t sha256[32]);
/** Roots whose subject has exactly these DER bytes (the issuer name of what they signed): at most
 *  `max`, returns how many. */
size_t root_facts_named(struct bytes subject, const struct root_fact **out, size_t max);
/** True for a root that stands, or stood, in a programme. */
bool cert_is_public_root(const struct cert *cert);
const struct root_fact *root_fact_at(size_t i); /**< by fingerprint; NULL past the end */
const char *root_fact_name(const struct root_fact *fact);
const uint8_t *root_fact_sha256(const struct root_fact *fact);
cw_time root_fact_not_before(const struct root_fact *fact);
cw_time root_fact_not_after(const struct root_fact *fact);
bool root_fact_in(const struct root_fact *fact, enum programme programme);
/** In how many of PROGRAMME_COUNT programmes it stands; 0: a public CA of former years. */
unsigned root_fact_programmes(const struct root_fact *fact);
/** "Mozilla, Chrome, Apple" */
const char *root_fact_list(struct arena *arena, const struct root_fact *fact);
/** After this moment a programme trusts no new certificate of it (data/roots/README.md says by
 *  which date a certificate counts as new); TIME_NONE: no such date. */
cw_time root_fact_until(const struct root_fact *fact, enum programme programme);
/** In which programmes a root stands, and until when for new certificates. */
struct root_standing {
    unsigned programmes;            /**< bit per enum programme */
    cw_time until[PROGRAMME_COUNT]; /**< as root_fact_until() */
};
/** By a newer table of roots in its text form; p NULL: by the one that is compiled in. False: it is
 *  no public root. */
bool root_standing_find(struct bytes table, const uint8_t sha256[32], struct root_standing *out);
unsigned root_standing_count(const struct root_standing *standing);
/** "Mozilla, Chrome, Apple" */
const char *root_standing_list(struct arena *arena, const struct root_standing *standing);
/** The date of the oldest part of the table. */
cw_time root_table_oldest(struct bytes table);
/** Of a programme's data in the table, or of what is compiled in. */
cw_time root_table_date(struct bytes table, enum programme programme);
/** A programme's own list of roots, and what it changes. */
struct root_list {
    enum programme programme;
    const struct cert *const *certs;
    size_t count;
    cw_time date;
    const char *source;
};
struct root_change {
    size_t count, added, gone;
    cw_time date_before;
};
/** Writes the table (p NULL: what is compiled in) with the list in the place of what it said of the
 *  programme; list NULL: as it is. */
void root_table_write(struct bytes table, const struct root_list *list, struct buf *out,
                      struct root_change *change);
/** Appends the lines that say of which date the programmes' lists are. */
void root_table_head(struct bytes table, struct buf *out);
/** Appends the line of this root, when the table has one. */
void root_table_add(struct buf *out, struct bytes table, const uint8_t sha256[32]);
/** The date of the oldest part of the data. */
cw_time root_facts_date(void);
/** True when that is more than 12 months before `at`: to be said with every verdict on it. */
bool root_facts_are_old(cw_time at);
/** The same of data of another date; false for TIME_NONE. */
bool facts_are_old(cw_time date, cw_time at);

/* ---- public suffixes ---- */

/** Is this a domain under which a registry registers ("co.uk")? By the ICANN part of a list as
 *  publicsuffix.org has it; p NULL: of libpsl's own, where that is installed, else never. */
bool suffix_is_registry(struct bytes list, const char *domain);
/** The rules in that part; 0: it is no such list. */
size_t suffix_list_rules(struct bytes list);

/* ---- Certificate Transparency: the logs that clients count (data/ct) ---- */

enum ct_state { CT_PENDING, CT_QUALIFIED, CT_USABLE, CT_READONLY, CT_RETIRED, CT_REJECTED };
struct ct_log {
    uint8_t id[32];   /**< SHA-256 of key */
    struct bytes key; /**< SubjectPublicKeyInfo */
    bool rfc6962;     /**< else a static (tiled) log */
    enum ct_state state;
    cw_time since;      /**< when it came to be in that state; TIME_NONE unknown */
    cw_time start, end; /**< certificates that end in between are taken; TIME_NONE: all */
    const char *operator_name, *name;
};
struct ct_logs {
    struct ct_log *items; /**< by id */
    size_t count;
    cw_time date;
    const char *source;
};
/** The table that is compiled in, for ct_logs_read(). */
extern const char ct_logs_text[];
const char *ct_state_name(enum ct_state state);
/** Reads the table's text form. False when a line is damaged or the date is missing. */
bool ct_logs_read(struct arena *arena, struct bytes text, struct ct_logs *out);
/** Writes it; of the items only those `wanted` (NULL: all). */
void ct_logs_write(const struct ct_logs *logs, const bool *wanted, struct buf *out);
/** Reads Google's log_list.json, version 3. False when it is none. */
bool ct_logs_from_json(struct arena *arena, struct bytes file, struct ct_logs *out);
const struct ct_log *ct_log_find(const struct ct_logs *logs, struct bytes id);

/* ---- this machine, as its clients see it ---- */

/** Environment variables, looked up by whoever owns a process. get may be NULL: no variable is set.
 */
struct environment {
    const char *(*get)(void *context, const char *name);
    void *context;
};
/** The value, or NULL. */
const char *environment_get(const struct environment *environment, const char *name);

/** Where `certwhy update-data` installs a table: $XDG_DATA_HOME/certwhy/NAME, else
 *  ~/.local/share/certwhy/NAME; "" when neither is known. */
const char *trust_data_path(struct arena *arena, const struct environment *environment,
                            const char *name);

enum setting_id {
#define SETTING(id, place, name, kind) SETTING_##id,
#include "trust/settings.def"
#undef SETTING
    SETTING_COUNT,
};
/** One variable or line of a configuration file that is set. */
struct trust_setting {
    enum setting_id id;
    const char *name;     /**< "SSL_CERT_FILE", "http.sslCAInfo" */
    const char *value;    /**< as written; "" when empty */
    const char *path;     /**< the file or directory that it names, ~ expanded; "" none */
    const char *where;    /**< "environment", "NODE_OPTIONS", "/root/.curlrc" */
    size_t line;          /**< in that file; 0: none */
    const char *password; /**< of a Java trust store, where the same options give it; NULL none */
};

enum trust_effect {
    EFFECT_FILE,         /**< replaces the bundle */
    EFFECT_DIR,          /**< replaces the directory */
    EFFECT_ALL,          /**< replaces everything */
    EFFECT_ADD,          /**< adds */
    EFFECT_LIKE_OPENSSL, /**< OpenSSL's places instead */
    EFFECT_LIKE_NODE,    /**< Node's compiled-in list instead */
    EFFECT_ADD_SYSTEM,   /**< the system's store as well */
    EFFECT_OFF,          /**< nothing is verified any more */
};
/** What a setting does to one client. */
struct trust_use {
    const struct trust_setting *setting;
    const char *client; /**< name of clients.def */
    enum trust_effect effect;
    bool refuses;                          /**< the client stops when it cannot read it */
    const struct trust_setting *beaten_by; /**< another setting that wins; NULL: it is in force */
};

enum part_kind {
    PART_BUNDLE,    /**< a file of certificates */
    PART_DIRECTORY, /**< a directory, files that are named as certificates are */
    PART_HASHED,    /**< a directory, names as openssl rehash makes them */
    PART_FILES,     /**< a directory, every file in it */
    PART_KEYSTORE,  /**< a keystore, what Java takes from it */
    PART_PROGRAMME, /**< a list that is compiled into the client */
    PART_NSS,       /**< an NSS database, which is not read */
};
/** One place where a client looks for roots. */
struct trust_part {
    enum part_kind kind;
    const char *path;               /**< PART_PROGRAMME: its title */
    enum programme programme;       /**< PART_PROGRAMME */
    const char *password;           /**< PART_KEYSTORE, as its owner gave it; NULL none */
    const struct trust_setting *by; /**< who put it there; NULL: the client's own default */
    bool adds;                      /**< beside what the client has anyway */
    bool refuses;                   /**< the client stops when it cannot be read */
};
/** What one client trusts on this machine: its places in order. */
struct trust_view {
    const char *client, *title;
    bool measured; /**< compared with the real program; else from its documentation */
    struct trust_part *parts;
    size_t part_count;
    bool off; /**< a setting switches verification off */
};

/** A machine: a root directory and an environment. Everything found lies in the arena given; stores
 *  are the machine's own and live as long as it does. */
struct trust_machine;
struct trust_machine *trust_machine_new(const char *root, const struct environment *environment,
                                        struct arena *arena);
void trust_machine_free(struct trust_machine *machine);
/** Certificates of this file or directory are added to every store that is made afterwards. */
enum cw_code trust_machine_add(struct trust_machine *machine, const char *path, struct error *err);

/** Sets what `name` of settings.def stands for, as the option of a command line does: it comes
 * before the same setting from elsewhere. `where` says who did ("command line"); `password` of a
 * keystore, NULL none. To be called before anything is asked. An unknown name is left out. */
void trust_machine_set(struct trust_machine *machine, const char *name, const char *value,
                       const char *where, const char *password);

/** All settings that are set, in the order of settings.def. */
const struct trust_setting *trust_settings(struct trust_machine *machine, size_t *count);
/** One way to change whom a client trusts, whether it is used here or not. */
struct trust_way {
    const char *name, *where; /**< "CURL_CA_BUNDLE", "environment"; "cacert", ".curlrc" */
    enum trust_effect effect;
    int rank; /**< of several that do the same, the lowest wins */
};
/** All of a client (a name of clients.def), lowest rank first. Returns how many. */
size_t trust_ways(const char *client, struct arena *arena, struct trust_way **out);
/** What they do, to whom; in the order of the settings. */
const struct trust_use *trust_uses(struct trust_machine *machine, size_t *count);

/** The names of clients.def in its order; NULL past the end. */
const char *trust_client_at(size_t i);
bool trust_client_known(const char *name);
/** True for a client whose trust store lies beside it, so that two of them may differ. */
bool trust_client_has_home(const char *name);
/** How a client sees this machine; a name that is not known is "system". Made once per client. */
const struct trust_view *trust_view_find(struct trust_machine *machine, const char *client);
/** The same as if no setting were set. */
const struct trust_view *trust_view_default(struct trust_machine *machine, const char *client);
/** The store of a view, loaded when first asked for, the same one for all views that come to the
 *  same certificates. Borrowed from the machine. Parts that could not be read are sources that say
 *  so; when the client would refuse to start because of one, the store is empty. */
struct store *trust_view_store(struct trust_machine *machine, const struct trust_view *view);

/** What a client says when it stops because of a part that it cannot read, its own words where they
 *  were measured. "": it does not stop. */
const char *trust_view_refusal(struct trust_machine *machine, const struct trust_view *view,
                               struct arena *arena);

/** One store that lies on this machine. */
struct trust_place {
    const char *name;  /**< short: "system", "java:java-17-openjdk-amd64" */
    const char *title; /**< what it is, for people */
    struct trust_part part;
    const char *same_as; /**< the name of a place before it that is the same file; "" none */
    bool source;         /**< other stores are made of it: adding to it needs a command */
};
/** Every store that is found in the usual places; searched when first asked for. */
const struct trust_place *trust_places(struct trust_machine *machine, size_t *count);
/** A new store of one part alone; the caller's reference. */
struct store *trust_part_store(struct trust_machine *machine, const struct trust_part *part);
/** True when both name the same file or directory. */
bool trust_part_same(const struct trust_machine *machine, const struct trust_part *a,
                     const struct trust_part *b);

/** A client that is installed here (programs.def). */
struct trust_program {
    const char *name;    /**< of the program: "curl" */
    const char *version; /**< "7.88.1"; "" unknown */
    const char *path;    /**< what shows that it is here */
    const char *home;    /**< of its own trust store: a JVM, a directory of Python libraries; "" */
    const char *profile; /**< the profile nearest to the version; "" none is near */
    uint64_t id[2];      /**< of the file: a link to it is not another program */
};
/** Every client found, searched when first asked for; of two in one profile the one that a shell
 *  would start comes first. Nothing is run. */
const struct trust_program *trust_programs(struct trust_machine *machine, size_t *count);
/** The profile for this version of a program of programs.def; "" none is near. */
const char *trust_program_profile(const char *program, const char *version);
/** How a client sees this machine as it is installed there: `home` of a program, "" as
 *  trust_view_find(). */
const struct trust_view *trust_view_at(struct trust_machine *machine, const char *client,
                                       const char *home);
/** The same as if no setting were set. */
const struct trust_view *trust_view_default_at(struct trust_machine *machine, const char *client,
                                               const char *home);

enum trap_id {
#define TRAP(id, name) TRAP_##id,
#include "trust/traps.def"
#undef TRAP
    TRAP_COUNT,
};
/** Something about a setting that will surprise its owner. */
struct trust_trap {
    enum trap_id id;
    const char *text; /**< a sentence; foreign parts are made harmless */
};
const char *trap_name(enum trap_id id); /**< "one-certificate" */
/** The traps of one setting, worst first, as of `now`. */
size_t trust_traps(struct trust_machine *machine, const struct trust_setting *setting, cw_time now,
                   struct trust_trap out[TRAP_COUNT]);

/* ---- proxies ---- */

/** A proxy that programs of this machine are told to use. */
struct proxy_setting {
    const char *where; /**< "https_proxy", "/root/.npmrc line 3" */
    const char *proxy; /**< "http://proxy.example:3128", without credentials, harmless */
};
/** Those of the environment, of curl, git, npm, pip, wget, apt and /etc/environment; returns how
 *  many, at most `max`. */
size_t trust_proxies(struct trust_machine *machine, struct proxy_setting *out, size_t max);

#endif
