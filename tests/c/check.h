/* What the C tests share: checks that say where they failed, and a small log of purchases. */
#ifndef CRM_TESTS_CHECK_H
#define CRM_TESTS_CHECK_H

#include "crm.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Ends the test when something is not as it must be. */
#define CHECK(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            fprintf(stderr, "%s:%d: not true: %s (last error: %s)\n", __FILE__, __LINE__, #condition,                  \
                    crm_last_error_message());                                                                         \
            exit(1);                                                                                                   \
        }                                                                                                              \
    } while (0)

/* A call that must succeed and leave no error behind. */
#define OK(call)                                                                                                       \
    do {                                                                                                               \
        crm_status status_ = (call);                                                                                   \
        if (status_ != CRM_STATUS_OK) {                                                                                \
            fprintf(stderr, "%s:%d: %s: status %d: %s\n", __FILE__, __LINE__, #call, (int)status_,                     \
                    crm_last_error_message());                                                                         \
            exit(1);                                                                                                   \
        }                                                                                                              \
        CHECK(crm_last_error_message()[0] == '\0' && crm_last_error_row() == -1 && crm_last_error_line() == -1);       \
    } while (0)

/* A call that must fail with a status, and name an argument. */
#define FAILS(call, expected, argument) check_failure((call), (expected), (argument), #call, __FILE__, __LINE__)

static inline void check_failure(crm_status got, crm_status expected, const char *argument, const char *call,
                                 const char *file, int line) {
    if (got != expected || strcmp(crm_last_error_argument(), argument) != 0 || crm_last_error_message()[0] == '\0') {
        fprintf(stderr, "%s:%d: %s: status %d on \"%s\", expected %d on \"%s\": %s\n", file, line, call, (int)got,
                crm_last_error_argument(), (int)expected, argument, crm_last_error_message());
        exit(1);
    }
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Four customers: 3 bought on three days and returned something, 5 once, 7 twice on one day, 9 only returned. */
static const int64_t LOG_IDS[] = {7, 3, 5, 3, 7, 3, 3, 9};
static const int32_t LOG_DAYS[] = {19700, 19690, 19650, 19695, 19700, 19700, 19701, 19699};
static const double LOG_AMOUNTS[] = {10.0, 20.25, 5.0, 30.5, 2.5, 1.0, -0.25, -3.0};
static const char *const LOG_TEXTS[] = {"李雷", "Ann", "Łukasz", "Ann", "李雷", "Ann", "Ann", "zoë"};
enum { LOG_ROWS = 8 };

static inline crm_transactions log_batch(void) {
    crm_transactions batch;
    memset(&batch, 0, sizeof batch);
    batch.struct_size = sizeof batch;
    batch.length = LOG_ROWS;
    batch.customer_id_int64 = LOG_IDS;
    batch.time_days = LOG_DAYS;
    batch.amount_double = LOG_AMOUNTS;
    return batch;
}

static inline crm_history *history_of(crm_transactions batch, const crm_ingest_options *options) {
    crm_history *history = NULL;
    OK(crm_history_from_arrays(&batch, options, &history));
    CHECK(history != NULL);
    return history;
}

static inline crm_history *log_history(void) { return history_of(log_batch(), NULL); }

static inline crm_base *base_of(const crm_history *history, int32_t as_of) {
    crm_base_options options;
    crm_base *base = NULL;
    OK(crm_base_options_init(&options, sizeof options, as_of));
    OK(crm_history_base(history, &options, &base));
    CHECK(base != NULL);
    return base;
}

/* Whether two histories are the same, by their bytes. */
static inline int same_history(const crm_history *one, const crm_history *other) {
    crm_bytes *a = NULL, *b = NULL;
    OK(crm_history_to_bytes(one, &a));
    OK(crm_history_to_bytes(other, &b));
    int same = crm_bytes_length(a) == crm_bytes_length(b) &&
               memcmp(crm_bytes_data(a), crm_bytes_data(b), crm_bytes_length(a)) == 0;
    crm_bytes_free(a);
    crm_bytes_free(b);
    return same;
}

#endif
