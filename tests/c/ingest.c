/* Rows of every kind of column, good and bad, and what the policies make of them. */
#include "check.h"

static crm_ingest_options defaults(void) {
    crm_ingest_options options;
    OK(crm_ingest_options_init(&options, sizeof options));
    return options;
}

static crm_status build(const crm_transactions *batch, const crm_ingest_options *options) {
    crm_history *history = (crm_history *)&history;
    crm_status status = crm_history_from_arrays(batch, options, &history);
    CHECK((status == CRM_STATUS_OK) == (history != NULL));
    char message[300], argument[60];
    snprintf(message, sizeof message, "%s", crm_last_error_message());
    snprintf(argument, sizeof argument, "%s", crm_last_error_argument());
    crm_history_free(history);
    /* Freeing says nothing. */
    CHECK(strcmp(message, crm_last_error_message()) == 0 && strcmp(argument, crm_last_error_argument()) == 0);
    return status;
}

static uint64_t excluded(const crm_history *history, int32_t reason) {
    crm_row_total total;
    OK(crm_history_excluded(history, reason, &total));
    return total.rows;
}

static void columns_of_every_kind_agree(void) {
    crm_history *reference = log_history();
    crm_transactions batch = log_batch();
    int64_t cents[LOG_ROWS];
    for (int row = 0; row < LOG_ROWS; row++) cents[row] = (int64_t)(LOG_AMOUNTS[row] * 100.0);
    batch.amount_double = NULL;
    batch.amount_int64 = cents;
    batch.amount_scale = 2;
    crm_history *scaled = history_of(batch, NULL);
    CHECK(same_history(reference, scaled));
    crm_history_free(scaled);

    /* The same days as wall-clock times and as instants; 22:30Z is the next day in Berlin. */
    const int64_t units[] = {1, 1000, 1000000, 1000000000};
    crm_ingest_options berlin = defaults();
    berlin.time_zone = "Europe/Berlin";
    for (int32_t resolution = 0; resolution < 4; resolution++) {
        for (int32_t instant = 0; instant < 2; instant++) {
            int64_t times[LOG_ROWS];
            for (int row = 0; row < LOG_ROWS; row++) {
                int64_t second = instant ? (int64_t)(LOG_DAYS[row] - 1) * 86400 + 84600 : (int64_t)LOG_DAYS[row] * 86400 + 84600;
                times[row] = (second + (instant ? 1800 : 0)) * units[resolution];
            }
            crm_transactions timed = log_batch();
            timed.time_days = NULL;
            timed.time_values = times;
            timed.time_resolution = resolution;
            timed.time_is_instant = instant;
            crm_history *history = history_of(timed, instant ? &berlin : NULL);
            int32_t first = 0, last = 0;
            OK(crm_history_first_day(history, &first));
            OK(crm_history_last_day(history, &last));
            CHECK(first == 19650 && last == 19701);
            crm_history_free(history);
            if (instant) FAILS(build(&timed, NULL), CRM_STATUS_INVALID_ARGUMENT, "time_zone");
        }
    }
    crm_history_free(reference);
}

static void text_ids_keep_their_script(void) {
    crm_transactions batch = log_batch();
    batch.customer_id_int64 = NULL;
    batch.customer_id_text = LOG_TEXTS;
    crm_history *history = history_of(batch, NULL);
    crm_base *base = base_of(history, 19701);
    CHECK(crm_base_length(base) == 3);
    const char *expected[] = {"Ann", "Łukasz", "李雷"};
    int32_t kind = -1;
    OK(crm_base_id_kind(base, &kind));
    CHECK(kind == CRM_ID_KIND_TEXT);
    for (size_t index = 0; index < COUNT(expected); index++) {
        const char *text = NULL;
        size_t length = 0;
        OK(crm_base_id_text(base, index, &text, &length));
        CHECK(length == strlen(expected[index]) && memcmp(text, expected[index], length) == 0);
    }
    int64_t ids[3];
    FAILS(crm_base_ids_int64(base, ids, 3), CRM_STATUS_WRONG_TYPE, "customer_id");
    crm_base_free(base);
    crm_history_free(history);
}

static void missing_values_follow_the_policies(void) {
    const char *texts[LOG_ROWS];
    memcpy(texts, LOG_TEXTS, sizeof texts);
    texts[2] = NULL;
    texts[3] = "";
    crm_transactions batch = log_batch();
    batch.customer_id_int64 = NULL;
    batch.customer_id_text = texts;
    crm_history *history = history_of(batch, NULL);
    CHECK(excluded(history, CRM_EXCLUSION_MISSING_ID) == 2);
    crm_history_free(history);
    crm_ingest_options strict = defaults();
    strict.missing_id = CRM_POLICY_RAISE;
    FAILS(build(&batch, &strict), CRM_STATUS_MISSING_VALUE, "customer_id");
    CHECK(crm_last_error_row() == 2);

    const uint8_t valid[LOG_ROWS] = {1, 1, 1, 1, 0, 255, 1, 1};
    crm_transactions without_id = log_batch(), without_time = log_batch(), without_amount = log_batch();
    without_id.customer_id_valid = valid;
    without_time.time_valid = valid;
    without_amount.amount_valid = valid;
    history = history_of(without_id, NULL);
    CHECK(excluded(history, CRM_EXCLUSION_MISSING_ID) == 1);
    crm_history_free(history);
    FAILS(build(&without_time, NULL), CRM_STATUS_MISSING_VALUE, "time");
    CHECK(crm_last_error_row() == 4);
    FAILS(build(&without_amount, NULL), CRM_STATUS_MISSING_VALUE, "amount");
    CHECK(crm_last_error_row() == 4);
    crm_ingest_options lenient = defaults();
    lenient.missing_time = lenient.missing_amount = CRM_POLICY_EXCLUDE;
    history = history_of(without_time, &lenient);
    CHECK(excluded(history, CRM_EXCLUSION_MISSING_TIME) == 1 && excluded(history, CRM_EXCLUSION_MISSING_AMOUNT) == 0);
    crm_history_free(history);
    history = history_of(without_amount, &lenient);
    CHECK(excluded(history, CRM_EXCLUSION_MISSING_AMOUNT) == 1);
    crm_history_free(history);
}

static void impossible_values_name_their_row(void) {
    crm_ingest_options lenient = defaults();
    lenient.invalid_amount = lenient.invalid_time = CRM_POLICY_EXCLUDE;
    const double bad[] = {NAN, INFINITY, -INFINITY, 1e300, 9.3e12};
    for (size_t index = 0; index < COUNT(bad); index++) {
        double amounts[LOG_ROWS];
        memcpy(amounts, LOG_AMOUNTS, sizeof amounts);
        amounts[6] = bad[index];
        crm_transactions batch = log_batch();
        batch.amount_double = amounts;
        FAILS(build(&batch, NULL), index < 3 ? CRM_STATUS_INVALID_VALUE : CRM_STATUS_OUT_OF_RANGE, "amount");
        CHECK(crm_last_error_row() == 6);
        crm_history *history = history_of(batch, &lenient);
        CHECK(excluded(history, CRM_EXCLUSION_INVALID_AMOUNT) == 1);
        crm_history_free(history);
    }
    const int32_t bad_days[] = {INT32_MIN, INT32_MAX, -719163, 2932897};
    for (size_t index = 0; index < COUNT(bad_days); index++) {
        int32_t days[LOG_ROWS];
        memcpy(days, LOG_DAYS, sizeof days);
        days[1] = bad_days[index];
        crm_transactions batch = log_batch();
        batch.time_days = days;
        FAILS(build(&batch, NULL), CRM_STATUS_OUT_OF_RANGE, "time");
        CHECK(crm_last_error_row() == 1);
        crm_history *history = history_of(batch, &lenient);
        CHECK(excluded(history, CRM_EXCLUSION_INVALID_TIME) == 1);
        crm_history_free(history);
    }
    int64_t times[LOG_ROWS] = {0, 0, INT64_MAX, 0, 0, 0, 0, 0};
    crm_transactions batch = log_batch();
    batch.time_days = NULL;
    batch.time_values = times;
    FAILS(build(&batch, NULL), CRM_STATUS_OUT_OF_RANGE, "time");
    CHECK(crm_last_error_row() == 2);
    const char *texts[LOG_ROWS];
    memcpy(texts, LOG_TEXTS, sizeof texts);
    texts[5] = "M\xfcller";
    batch = log_batch();
    batch.customer_id_int64 = NULL;
    batch.customer_id_text = texts;
    FAILS(build(&batch, NULL), CRM_STATUS_NOT_UTF8, "customer_id");
    CHECK(crm_last_error_row() == 5);
    int64_t cents[LOG_ROWS] = {1, 2, 3, INT64_MAX, 5, 6, 7, 8};
    batch = log_batch();
    batch.amount_double = NULL;
    batch.amount_int64 = cents;
    FAILS(build(&batch, NULL), CRM_STATUS_OUT_OF_RANGE, "amount");
    CHECK(crm_last_error_row() == 3);
    batch.amount_scale = 6;
    CHECK(build(&batch, NULL) == CRM_STATUS_OK);
    batch.amount_scale = 39;
    CHECK(build(&batch, NULL) == CRM_STATUS_INVALID_ARGUMENT);
    batch.amount_scale = 1000;
    FAILS(build(&batch, NULL), CRM_STATUS_INVALID_ARGUMENT, "amount_scale");
}

static void rows_of_other_kinds_follow_their_policies(void) {
    crm_ingest_options options = defaults();
    options.returns = CRM_POLICY_RAISE;
    crm_transactions batch = log_batch();
    FAILS(build(&batch, &options), CRM_STATUS_INVALID_VALUE, "amount");
    CHECK(crm_last_error_row() == 6);
    options.returns = CRM_POLICY_EXCLUDE;
    crm_history *history = history_of(batch, &options);
    crm_row_total total;
    OK(crm_history_excluded(history, CRM_EXCLUSION_RETURN, &total));
    CHECK(total.rows == 2 && crm_money_to_double(total.amount) == -3.25);
    FAILS(crm_history_excluded(history, 99, &total), CRM_STATUS_INVALID_ARGUMENT, "reason");
    FAILS(crm_history_excluded(history, -1, &total), CRM_STATUS_INVALID_ARGUMENT, "reason");
    CHECK(total.rows == 2);
    crm_history_free(history);

    const int64_t ids[] = {1, 1, 1, 2};
    const int32_t days[] = {10, 10, 11, 10};
    const double amounts[] = {4.0, 4.0, 0.0, 4.0};
    const int64_t orders[] = {8, 8, 9, 8};
    crm_transactions twice = log_batch();
    twice.length = 4;
    twice.customer_id_int64 = ids;
    twice.time_days = days;
    twice.amount_double = amounts;
    options = defaults();
    options.duplicates = CRM_POLICY_EXCLUDE;
    options.zero_amounts = CRM_POLICY_EXCLUDE;
    history = history_of(twice, &options);
    CHECK(excluded(history, CRM_EXCLUSION_DUPLICATE) == 1 && excluded(history, CRM_EXCLUSION_ZERO_AMOUNT) == 1);
    crm_history_free(history);
    options.duplicates = CRM_POLICY_RAISE;
    CHECK(build(&twice, &options) == CRM_STATUS_INVALID_VALUE);

    /* Two lines of one order are one order. */
    CHECK(build(&twice, NULL) == CRM_STATUS_OK);
    history = history_of(twice, NULL);
    CHECK(crm_history_orders(history) == 4);
    crm_history_free(history);
    twice.order_id_int64 = orders;
    history = history_of(twice, NULL);
    CHECK(crm_history_orders(history) == 3);
    crm_history_free(history);
    const char *order_texts[] = {"a", "a", NULL, "a"};
    twice.order_id_int64 = NULL;
    twice.order_id_text = order_texts;
    history = history_of(twice, NULL);
    CHECK(crm_history_orders(history) == 3);
    crm_history_free(history);
    const uint8_t no_order[] = {0, 0, 0, 0};
    twice.order_id_valid = no_order;
    history = history_of(twice, NULL);
    CHECK(crm_history_orders(history) == 4);
    crm_history_free(history);
}

static void columns_must_be_there_once(void) {
    crm_transactions batch = log_batch();
    batch.customer_id_int64 = NULL;
    FAILS(build(&batch, NULL), CRM_STATUS_MISSING_COLUMN, "customer_id");
    batch = log_batch();
    batch.time_days = NULL;
    FAILS(build(&batch, NULL), CRM_STATUS_MISSING_COLUMN, "time");
    batch = log_batch();
    batch.customer_id_text = LOG_TEXTS;
    FAILS(build(&batch, NULL), CRM_STATUS_INVALID_ARGUMENT, "customer_id");
    batch = log_batch();
    batch.time_values = LOG_IDS;
    FAILS(build(&batch, NULL), CRM_STATUS_INVALID_ARGUMENT, "time");
    batch = log_batch();
    batch.amount_int64 = LOG_IDS;
    FAILS(build(&batch, NULL), CRM_STATUS_INVALID_ARGUMENT, "amount");
    batch = log_batch();
    batch.order_id_int64 = LOG_IDS;
    batch.order_id_text = LOG_TEXTS;
    FAILS(build(&batch, NULL), CRM_STATUS_INVALID_ARGUMENT, "order_id");
    batch = log_batch();
    batch.customer_id_int64 = (const int64_t *)(const void *)((const char *)LOG_IDS + 1);
    FAILS(build(&batch, NULL), CRM_STATUS_INVALID_ARGUMENT, "customer_id_int64");
    batch = log_batch();
    batch.length = SIZE_MAX / 4;
    FAILS(build(&batch, NULL), CRM_STATUS_INVALID_ARGUMENT, "customer_id_int64");
    batch = log_batch();
    batch.reserved = 1;
    FAILS(build(&batch, NULL), CRM_STATUS_INVALID_ARGUMENT, "reserved");
    batch = log_batch();
    batch.time_days = NULL;
    batch.time_values = LOG_IDS;
    batch.time_resolution = 4;
    FAILS(build(&batch, NULL), CRM_STATUS_INVALID_ARGUMENT, "time_resolution");
    batch.time_resolution = 0;
    batch.time_is_instant = 2;
    FAILS(build(&batch, NULL), CRM_STATUS_INVALID_ARGUMENT, "time_is_instant");
    /* A log without amounts counts purchases only. */
    batch = log_batch();
    batch.amount_double = NULL;
    crm_history *history = history_of(batch, NULL);
    CHECK(crm_history_orders(history) == LOG_ROWS);
    crm_history_free(history);
}

static void options_are_checked(void) {
    crm_transactions batch = log_batch();
    const char *names[] = {"missing_id", "missing_time", "invalid_time", "missing_amount",
                           "invalid_amount", "returns", "zero_amounts", "duplicates"};
    for (size_t index = 0; index < COUNT(names); index++) {
        const int32_t bad[] = {3, -1, INT32_MIN, INT32_MAX};
        for (size_t value = 0; value < COUNT(bad); value++) {
            crm_ingest_options options = defaults();
            (&options.missing_id)[index] = bad[value];
            FAILS(build(&batch, &options), CRM_STATUS_INVALID_ARGUMENT, names[index]);
        }
        crm_ingest_options keep = defaults();
        (&keep.missing_id)[index] = CRM_POLICY_KEEP;
        if (index < 5)
            FAILS(build(&batch, &keep), CRM_STATUS_INVALID_ARGUMENT, names[index]);
        else
            CHECK(build(&batch, &keep) == CRM_STATUS_OK);
    }
    crm_ingest_options options = defaults();
    options.time_zone = "Mars/Olympus";
    FAILS(build(&batch, &options), CRM_STATUS_INVALID_ARGUMENT, "time_zone");
    options.time_zone = "Europe/\xff";
    FAILS(build(&batch, &options), CRM_STATUS_NOT_UTF8, "time_zone");
    options = defaults();
    options.currency = "\xff";
    FAILS(build(&batch, &options), CRM_STATUS_NOT_UTF8, "currency");
    options = defaults();
    options.threads = 1025;
    FAILS(build(&batch, &options), CRM_STATUS_INVALID_ARGUMENT, "threads");
    crm_history *one = log_history();
    for (size_t threads = 1; threads < 4; threads++) {
        options = defaults();
        options.threads = threads;
        crm_history *other = history_of(batch, &options);
        CHECK(same_history(one, other));
        crm_history_free(other);
    }
    crm_history_free(one);
}

static void empty_batches_are_fine(void) {
    crm_transactions batch;
    memset(&batch, 0, sizeof batch);
    batch.struct_size = sizeof batch;
    crm_history *history = history_of(batch, NULL);
    crm_history *empty = NULL;
    OK(crm_history_empty(&empty));
    CHECK(same_history(history, empty));
    CHECK(crm_history_customers(history) == 0 && crm_history_orders(history) == 0);
    int32_t day = 77;
    FAILS(crm_history_first_day(history, &day), CRM_STATUS_EMPTY, "history");
    FAILS(crm_history_last_day(history, &day), CRM_STATUS_EMPTY, "history");
    CHECK(day == 77);
    crm_base_options options;
    OK(crm_base_options_init(&options, sizeof options, 19700));
    crm_base *base = NULL;
    FAILS(crm_history_base(history, &options, &base), CRM_STATUS_EMPTY, "as_of");
    CHECK(base == NULL);
    crm_history_free(history);
    crm_history_free(empty);
    /* Columns without rows, too. */
    batch = log_batch();
    batch.length = 0;
    history = history_of(batch, NULL);
    CHECK(crm_history_customers(history) == 0);
    crm_history_free(history);
}

int main(void) {
    columns_of_every_kind_agree();
    text_ids_keep_their_script();
    missing_values_follow_the_policies();
    impossible_values_name_their_row();
    rows_of_other_kinds_follow_their_policies();
    columns_must_be_there_once();
    options_are_checked();
    empty_batches_are_fine();
    return 0;
}
