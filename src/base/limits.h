/* SPDX-License-Identifier: Apache-2.0 */
/* Every loop over foreign data has its budget here, with the reason for its size. */
#ifndef CERTWHY_BASE_LIMITS_H
#define CERTWHY_BASE_LIMITS_H

enum {
    /* asn1 */
    LIMIT_DER_DEPTH = 32, /* X.509 needs about 12; deeper nesting is an attack on recursion */
    /* crypto */
    LIMIT_MEMO_KEYS =
        1 << 12, /* issuer keys remembered; the web's public issuers are about 1,500 */
    LIMIT_MEMO_CHECKS =
        1 << 16, /* signature checks remembered (72 bytes each); then start afresh */
    /* x509 */
    LIMIT_CERT_BYTES = 1 << 20, /* 1 MiB: the largest real certificates are near 100 KB */
    LIMIT_EXTENSIONS = 64,      /* real certificates have about 10 */
    LIMIT_ANOMALIES = 24,       /* kept per certificate; the rest is only counted */
    LIMIT_NAMES_SHOWN = 1000, /* SAN entries that a report lists; the biggest real lists hold 250 */
    LIMIT_SAN_NAMES = 10000,  /* SAN entries that judging looks at */
    LIMIT_NAME_ATTRIBUTES = 512, /* attributes of one distinguished name; real ones have under 20,
                                    OpenSSL's tests 258 */
    LIMIT_RDN_ATTRIBUTES = 64,   /* of one relative distinguished name; real ones have one or two */
    LIMIT_POLICIES = 256,   /* policies or mappings of one certificate; real ones have under 20 */
    LIMIT_POINT_NAMES = 32, /* names of one distribution point; real ones have one to three */
    LIMIT_CRL_INDEX = 16 << 20,  /* entries of a CRL that get an index: 92 MB; the largest public
                                    CRLs  have two million */
    LIMIT_CRL_CHAIN = 512,       /* entries of one hash; random serial numbers reach about 20 */
    LIMIT_CRL_ISSUERS = 1 << 16, /* certificateIssuer entries of an indirect CRL that are indexed */
    LIMIT_OCSP_BYTES = 1 << 20,  /* real responses are 500 bytes to 5 KB */
    LIMIT_OCSP_SINGLES = 1000,   /* single responses of one response; real ones have one */
    LIMIT_OCSP_CERTS = 8,        /* certificates that come with it; one is needed */
    LIMIT_SCTS_JUDGED = 24,      /* timestamps of a certificate whose signatures are checked */
    LIMIT_SCTS = 64,             /* timestamps of one list; policies ask for two to five */
    /* container */
    LIMIT_FILE_BYTES = 256 << 20, /* a bundle of 100,000 certificates is 155 MB */
    LIMIT_OBJECTS = 200000,       /* objects in one file */
    LIMIT_WRAPPED_BYTES =
        2 << 20,                 /* text that is unwrapped: what was pasted; a Secret holds 1 MiB */
    LIMIT_FILE_FAULTS = 100,     /* faults of a file that are listed one by one */
    LIMIT_FAULTS_OF_A_KIND = 20, /* so that one kind of fault on each line hides no other */
    LIMIT_KEYSTORE_BYTES = 16 << 20, /* a JVM's cacerts is 200 KB */
    LIMIT_KDF_ROUNDS = 2000000, /* all passwords of one keystore; common files ask for 10,000 */
    LIMIT_BAG_DEPTH = 4,        /* PKCS#12 bags inside of bags; real files have none */
    /* trust */
    LIMIT_STORE_FILES = 20000,    /* names in a directory of anchors; Debian's has 290 */
    LIMIT_POOL_NAMESAKES = 256,   /* entries of a pool file looked at for one name; the busiest name
                                     of public CAs has 14 */
    LIMIT_TABLE_BYTES = 16 << 20, /* a publisher's list of logs or roots; real ones reach 4 MB */
    LIMIT_PLACES = 200,           /* trust stores found on one machine */
    LIMIT_PLACE_NAMES = 1000,     /* names looked at in one directory while searching for them */
    /* judge */
    LIMIT_SENT_CERTS = 1000,    /* certificates of one message or file that are judged as a chain */
    LIMIT_NODES = 4096,         /* candidate certificates of one graph; a power of two */
    LIMIT_CANDIDATES = 64,      /* issuers considered for one certificate, best first */
    LIMIT_PATHS = 64,           /* candidate paths kept */
    LIMIT_PATH_STEPS = 20000,   /* steps of the path search */
    LIMIT_CLIENT_STEPS = 30000, /* of all clients' searches together: 40 ms */
    LIMIT_LEAST_STEPS = 250,    /* that each client's search may take, whatever others took */
    LIMIT_PATH_LENGTH = 32,     /* certificates in a path; the longest real ones have 6 */
    LIMIT_SIGNATURES = 512,     /* signature checks per judgement, as of P-256; LibreSSL uses 256 */
    LIMIT_NC_COMPARISONS = 1 << 20, /* name against constraint comparisons; BoringSSL's limit */
    LIMIT_NC_TOTAL = 2 << 20,       /* of all paths and clients together: 40 ms */
    LIMIT_POLICY_NODES = 4096,      /* policy graph nodes (CVE-2023-0464) */
    LIMIT_POLICY_TOTAL = 1 << 14,   /* of all paths and clients together */
    LIMIT_CERT_SOURCES =
        4,            /* addresses of one kind in one certificate; real ones name one or two */
    LIMIT_WANTS = 64, /* documents that one judgement asks for: a chain of four wants about 8 */
    /* explain */
    LIMIT_FINDINGS = 500,      /* facts that are told; more than a hundred is never read */
    LIMIT_LOG_BYTES = 1 << 30, /* a log to look for messages in */
    LIMIT_MESSAGES = 100,      /* different messages of one log that are told */
    LIMIT_MESSAGE_HITS = 4000, /* places of a log that are looked at in full … */
    LIMIT_ROW_HITS = 50,       /* … of one message, so that a flood of one hides no other */
    /* why */
    LIMIT_KEPT_HEAD = 1 << 18,       /* of each stream of a command: its beginning … */
    LIMIT_KEPT_TAIL = 1 << 20,       /* … and its end, where messages stand */
    LIMIT_WHY_PROCESSES = 1 << 14,   /* programs that one command runs; a large build has 10,000 */
    LIMIT_WHY_SIGHTS = 1 << 10,      /* files, names, words and connections of one of them */
    LIMIT_WHY_TREE = 128,            /* of them looked at in /proc at the same time */
    LIMIT_WHY_ENVIRONMENT = 1 << 18, /* octets of a command line or an environment */
    LIMIT_WHY_MAPS = 1 << 20,        /* octets of /proc/PID/maps: 10,000 mappings */
    LIMIT_WHY_CONNECTIONS = 1 << 20, /* octets of /proc/PID/net/tcp: 7,000 connections */
    LIMIT_WHY_TARGETS = 4,           /* servers of one command that are looked at in turn */
    /* repair */
    LIMIT_TRIALS = 48, /* judgements that prove fixes: three causes with two fixes each need 7 */
    LIMIT_TRIAL_NODES = 4000,       /* certificates in all of them: real chains have 5 each */
    LIMIT_JOURNAL_BYTES = 16 << 20, /* changes to trust stores: an addition takes 5 to 50 KB */
    LIMIT_JOURNAL_ITEMS = 1 << 17,  /* records in it, of 150 octets at least */
    LIMIT_TRUST_STEPS = 64, /* files that one addition to trust changes: ten clients need 30 */
    LIMIT_NSS_NAMES = 500,  /* certificates of an NSS database; a user has a handful */
    /* net, tls */
    LIMIT_ADDRESSES = 16,         /* addresses of one name that are tried */
    LIMIT_TLS_MESSAGE = 4 << 20,  /* bytes of one Certificate message; libssl's default is 100 KB */
    LIMIT_GRAB_BYTES = 256 << 10, /* of one grab; longer flights are for a full handshake */
    LIMIT_TLS_FLIGHT = 8 << 20,   /* bytes read from one server before it must have finished */
    LIMIT_RESOLVE_SECONDS = 10,  /* wait for the resolver; glibc's own patience can reach minutes */
    LIMIT_ACCEPTABLE_CAS = 1000, /* CA names of one CertificateRequest that are kept; Windows
                                    servers name 400 */
    LIMIT_KEY_BYTES = 1 << 20,   /* a file of a private key, or of a client's certificate */
    LIMIT_REPLY_BYTES =
        8 << 10, /* of an answer behind the handshake, of which the head is wanted */
    LIMIT_REPLY_SECONDS = 3,
    LIMIT_AUDIT_SECONDS = 300,    /* all questions of one audit; a far server takes 20 */
    LIMIT_AUDIT_QUESTIONS = 1000, /* of one audit: a server that says yes to everything */
    LIMIT_AUDIT_BYTES =
        64 << 20,             /* of all its answers: usual ones are 200 KB, 1 MB with old suites */
    LIMIT_AUDIT_TIMEOUTS = 3, /* after so many questions without an answer it is asked no more */
    LIMIT_SNTP_SECONDS = 2,   /* a time server is near or of no use */
    LIMIT_PEEK = 512,         /* first bytes kept of what is not TLS */
    LIMIT_PROXY_HEAD = 16 << 10, /* octets of a proxy's answer to CONNECT; squid's are under 1 KB */
    LIMIT_PROXY_PAGE = 4 << 10,  /* of the page behind it, for its title */
    LIMIT_PROXY_INTERIM = 8,     /* answers 1xx before the one that counts */
    /* fetches */
    LIMIT_URL_BYTES = 4096,       /* longer ones are no addresses; LDAP URLs reach 400 */
    LIMIT_ISSUER_BYTES = 1 << 20, /* an issuer, or a PKCS#7 bundle of them: real ones under 64 KB */
    LIMIT_CRL_BYTES = 128 << 20,  /* the largest public CRLs are near 80 MB */
    LIMIT_DATA_BYTES = 256 << 20, /* the CCADB's table of all certificates with their PEM */
    LIMIT_FETCH_SECONDS = 10,     /* for an issuer or an OCSP response, redirects included */
    LIMIT_FETCH_LONG_SECONDS = 30,   /* for a CRL or a table */
    LIMIT_FETCH_CONNECT_SECONDS = 5, /* for the name to resolve, and until the connection stands */
    LIMIT_FETCH_PROXIED_NAME_SECONDS = 2, /* for a name that the proxy may have to resolve */
    LIMIT_FETCH_SLOW_BYTES = 1000,        /* a second, on average over … */
    LIMIT_FETCH_SLOW_SECONDS = 5,         /* … so many: slower answers are given up */
    LIMIT_FETCH_REDIRECTS = 5,            /* http to https and a move: two */
    LIMIT_FETCH_RETRY_SECONDS = 60,       /* what failed is not tried again so soon */
    LIMIT_FETCH_MEMORY = 1000,            /* failures remembered for that */
    LIMIT_FETCH_PARALLEL = 16,            /* fetches at the same time for one target */
    LIMIT_FETCH_RUN_SECONDS = 60,         /* all fetches for one target */
    LIMIT_FETCH_RUN_BYTES = 256 << 20,
    LIMIT_FETCH_RUN_COUNT = 64, /* a chain of four with three URLs each needs 12 */
    LIMIT_FETCH_ROUNDS = 8,     /* fetch, judge again: a round for each missing issuer, one for the
                                   revocation of them all */
    LIMIT_CACHE_BYTES = 256 << 20, /* the oldest entries make room */
    LIMIT_CACHE_ENTRIES = 4096,
    LIMIT_CACHE_DAYS = 7, /* that an entry is kept at most */
    /* the DNS */
    LIMIT_DNS_SECONDS = 8,     /* for all questions about one target */
    LIMIT_DNS_NAMES = 20,      /* names of a certificate that are asked for */
    LIMIT_DNS_LABELS = 12,     /* of a name that is climbed for CAA; real ones have under 8 */
    LIMIT_DNS_QUESTIONS = 160, /* 20 names with two addresses each, their parents' CAA, TLSA */
    LIMIT_DNS_RECORDS = 64,    /* of one answer; real CAA sets reach 20 */
    LIMIT_DNS_ANCHOR_BYTES = 1 << 16, /* a file of trust anchors */
    /* record */
    LIMIT_CASE_BYTES = 64 << 20,     /* a saved case */
    LIMIT_CASE_DOCUMENTS = 44 << 20, /* bytes of documents in it: 59 MiB as base64 */
    LIMIT_CASE_VALUES =
        4 << 20,              /* JSON values in it: 200,000 objects of a file at 15 values each */
    LIMIT_CASE_NAMES = 10000, /* acceptable CAs, sources of a store; a Windows server names 400 */
};

#endif
