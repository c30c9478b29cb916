/* SPDX-License-Identifier: Apache-2.0 */
/* What case_write.c and case_read.c share: the members of a case, each described once
 * (case_fields.c). */
#ifndef CERTWHY_RECORD_CASE_H
#define CERTWHY_RECORD_CASE_H

#include "fields.h"
#include "record.h"

#define CASE_SCHEMA "certwhy/case/1"

/** A container's object without its bytes, which stand in the case's list of blobs. */
extern const struct field case_target_fields[], case_observation_fields[], case_option_fields[],
    case_connection_fields[], case_handshake_fields[], case_origin_fields[], case_file_fields[],
    case_object_fields[], case_fault_fields[], case_store_fields[], case_source_fields[],
    case_attempt_fields[], case_service_fields[], case_document_fields[], case_proxy_fields[],
    case_refusal_fields[], case_dns_fields[], case_dns_answer_fields[], case_expected_fields[],
    case_clock_fields[], case_mail_fields[], case_client_request_fields[], case_presented_fields[];

#endif
