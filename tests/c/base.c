/* The customer base, its columns, and the calibration and holdout split. */
#include "check.h"

static crm_base_options as_of(int32_t day) {
    crm_base_options options;
    OK(crm_base_options_init(&options, sizeof options, day));
    return options;
}

static crm_status status_of(const crm_history *history, const crm_base_options *options) {
    crm_base *base = (crm_base *)&base;
    crm_status status = crm_history_base(history, options, &base);
    CHECK((status == CRM_STATUS_OK) == (base != NULL));
    if (status == CRM_STATUS_OK) crm_base_free(base);
    return status;
}

/* Worked out by hand from the log in check.h, as of day 19710. */
static const double EXPECTED[][3] = {
    {19690, 19650, 19700}, /* first purchase */
    {19700, 19650, 19700}, /* last purchase */
    {3, 1, 2},             /* orders */
    {3, 1, 1},             /* purchase days */
    {1, 0, 0},             /* return rows */
    {51.75, 5.0, 12.5},    /* purchase amount */
    {-0.25, 0.0, 0.0},     /* return amount */
    {51.5, 5.0, 12.5},     /* net amount */
    {10, 60, 10},          /* time since last purchase */
    {2, 0, 0},             /* repeat purchases */
    {10, 0, 0},            /* last purchase age */
    {20, 60, 10},          /* age */
    {15.75, 0.0, 0.0},     /* mean repeat amount */
};

static int is_amount(size_t column) {
    return column == CRM_BASE_COLUMN_PURCHASE_AMOUNT || column == CRM_BASE_COLUMN_RETURN_AMOUNT ||
           column == CRM_BASE_COLUMN_NET_AMOUNT;
}

static int is_whole(size_t column) {
    return column <= CRM_BASE_COLUMN_NET_AMOUNT || column == CRM_BASE_COLUMN_REPEAT_PURCHASES;
}

static void columns(void) {
    crm_history *history = log_history();
    crm_base *base = base_of(history, 19710);
    crm_history_free(history); /* A base lives on without its history. */
    CHECK(crm_base_length(base) == 3);
    int64_t ids[3] = {0};
    OK(crm_base_ids_int64(base, ids, 3));
    CHECK(ids[0] == 3 && ids[1] == 5 && ids[2] == 7);
    FAILS(crm_base_ids_int64(base, ids, 2), CRM_STATUS_LENGTH_MISMATCH, "capacity");
    FAILS(crm_base_ids_int64(base, NULL, 3), CRM_STATUS_NULL_POINTER, "out");
    const char *text = NULL;
    size_t length = 0;
    FAILS(crm_base_id_text(base, 0, &text, &length), CRM_STATUS_WRONG_TYPE, "customer_id");
    FAILS(crm_base_id_text(base, 3, &text, &length), CRM_STATUS_OUT_OF_RANGE, "index");
    FAILS(crm_base_id_text(base, 0, NULL, &length), CRM_STATUS_NULL_POINTER, "text");
    FAILS(crm_base_id_text(base, 0, &text, NULL), CRM_STATUS_NULL_POINTER, "length");
    for (size_t column = 0; column < COUNT(EXPECTED); column++) {
        double values[4] = {-1.0, -1.0, -1.0, -7.0};
        int64_t whole[4] = {-1, -1, -1, -7};
        OK(crm_base_column_double(base, (int32_t)column, values, 4));
        CHECK(memcmp(values, EXPECTED[column], sizeof EXPECTED[column]) == 0 && values[3] == -7.0);
        FAILS(crm_base_column_double(base, (int32_t)column, values, 2), CRM_STATUS_LENGTH_MISMATCH, "capacity");
        FAILS(crm_base_column_double(base, (int32_t)column, NULL, 3), CRM_STATUS_NULL_POINTER, "out");
        if (!is_whole(column)) {
            FAILS(crm_base_column_int64(base, (int32_t)column, whole, 3), CRM_STATUS_WRONG_TYPE, "column");
            continue;
        }
        OK(crm_base_column_int64(base, (int32_t)column, whole, 4));
        for (size_t row = 0; row < 3; row++)
            CHECK(whole[row] == (int64_t)(EXPECTED[column][row] * (is_amount(column) ? 1e6 : 1.0)));
        CHECK(whole[3] == -7);
        FAILS(crm_base_column_int64(base, (int32_t)column, whole, 2), CRM_STATUS_LENGTH_MISMATCH, "capacity");
    }
    double values[3];
    const int32_t none[] = {-1, 13, INT32_MIN, INT32_MAX};
    for (size_t index = 0; index < COUNT(none); index++)
        FAILS(crm_base_column_double(base, none[index], values, 3), CRM_STATUS_INVALID_ARGUMENT, "column");
    int32_t day = 0;
    OK(crm_base_as_of(base, &day));
    CHECK(day == 19710);
    OK(crm_base_data_start(base, &day));
    CHECK(day == 19650);
    int32_t kind = -1;
    OK(crm_base_id_kind(base, &kind));
    CHECK(kind == CRM_ID_KIND_INTEGER);
    crm_money total;
    OK(crm_base_total_net_amount(base, &total));
    CHECK(total.high == 0 && total.low == 69000000);
    crm_base_left_out left_out = {.struct_size = sizeof left_out};
    OK(crm_base_account(base, &left_out));
    CHECK(left_out.rows_after == 0 && left_out.rows_before == 0 && left_out.customers_without_purchase == 1);
    CHECK(crm_money_to_double(left_out.amount_without_purchase) == -3.0);
    left_out.struct_size = 3;
    FAILS(crm_base_account(base, &left_out), CRM_STATUS_INVALID_ARGUMENT, "out.struct_size");
    crm_base_free(base);
}

static void options(void) {
    crm_history *history = log_history();
    crm_base_options bad = as_of(19700);
    bad.window_days = 0;
    FAILS(status_of(history, &bad), CRM_STATUS_INVALID_ARGUMENT, "window_days");
    bad.window_days = -2;
    FAILS(status_of(history, &bad), CRM_STATUS_INVALID_ARGUMENT, "window_days");
    bad.window_days = INT64_MAX;
    FAILS(status_of(history, &bad), CRM_STATUS_INVALID_ARGUMENT, "window_days");
    bad = as_of(19700);
    bad.time_unit = 6;
    FAILS(status_of(history, &bad), CRM_STATUS_INVALID_ARGUMENT, "time_unit");
    bad = as_of(19700);
    bad.rows_after = CRM_POLICY_KEEP;
    FAILS(status_of(history, &bad), CRM_STATUS_INVALID_ARGUMENT, "rows_after");
    bad.rows_after = 7;
    FAILS(status_of(history, &bad), CRM_STATUS_INVALID_ARGUMENT, "rows_after");
    bad.rows_after = CRM_POLICY_RAISE;
    FAILS(status_of(history, &bad), CRM_STATUS_INVALID_VALUE, "as_of");
    bad = as_of(19700);
    bad.threads = SIZE_MAX;
    FAILS(status_of(history, &bad), CRM_STATUS_INVALID_ARGUMENT, "threads");
    bad = as_of(19700);
    bad.reserved = -1;
    FAILS(status_of(history, &bad), CRM_STATUS_INVALID_ARGUMENT, "reserved");
    bad = as_of(INT32_MIN);
    FAILS(status_of(history, &bad), CRM_STATUS_OUT_OF_RANGE, "as_of");
    bad = as_of(19600);
    FAILS(status_of(history, &bad), CRM_STATUS_EMPTY, "as_of");
    FAILS(status_of(history, NULL), CRM_STATUS_NULL_POINTER, "options");

    crm_base_options weeks = as_of(19701);
    weeks.time_unit = CRM_TIME_UNIT_WEEK;
    weeks.window_days = 7;
    crm_base *base = NULL;
    OK(crm_history_base(history, &weeks, &base));
    CHECK(crm_base_length(base) == 2);
    double ages[2];
    OK(crm_base_column_double(base, CRM_BASE_COLUMN_AGE, ages, 2));
    CHECK(ages[0] == 6.0 / 7.0 && ages[1] == 1.0 / 7.0);
    crm_base_left_out left_out = {.struct_size = sizeof left_out};
    OK(crm_base_account(base, &left_out));
    CHECK(left_out.rows_before == 2 && left_out.rows_after == 0);
    crm_base_free(base);
    crm_history_free(history);
}

static void amounts_beyond_64_bits_are_said_so(void) {
    const int64_t ids[] = {1, 1};
    const int32_t days[] = {10, 11};
    const double amounts[] = {9e12, 9e12};
    crm_transactions batch = log_batch();
    batch.length = 2;
    batch.customer_id_int64 = ids;
    batch.time_days = days;
    batch.amount_double = amounts;
    crm_history *history = history_of(batch, NULL);
    crm_base *base = base_of(history, 11);
    int64_t micros[1] = {42};
    double value[1];
    FAILS(crm_base_column_int64(base, CRM_BASE_COLUMN_NET_AMOUNT, micros, 1), CRM_STATUS_OUT_OF_RANGE, "amount");
    CHECK(crm_last_error_row() == 0 && micros[0] == 42);
    OK(crm_base_column_double(base, CRM_BASE_COLUMN_NET_AMOUNT, value, 1));
    CHECK(value[0] == 18e12);
    crm_money total;
    OK(crm_base_total_net_amount(base, &total));
    CHECK(crm_money_to_double(total) == 18e12);
    crm_base_free(base);
    crm_history_free(history);

    batch.amount_double = NULL;
    history = history_of(batch, NULL);
    base = base_of(history, 11);
    FAILS(crm_base_column_double(base, CRM_BASE_COLUMN_NET_AMOUNT, value, 1), CRM_STATUS_MISSING_COLUMN, "amount");
    FAILS(crm_base_column_int64(base, CRM_BASE_COLUMN_NET_AMOUNT, micros, 1), CRM_STATUS_MISSING_COLUMN, "amount");
    FAILS(crm_base_column_double(base, CRM_BASE_COLUMN_MEAN_REPEAT_AMOUNT, value, 1), CRM_STATUS_MISSING_COLUMN,
          "amount");
    crm_base_free(base);
    crm_history_free(history);
}

static void split(void) {
    crm_history *history = log_history();
    crm_base_options calibration = as_of(19695);
    crm_split *split = NULL;
    OK(crm_history_split(history, &calibration, 19701, &split));
    CHECK(crm_split_length(split) == 2);
    crm_base *base = NULL, *direct = base_of(history, 19695);
    OK(crm_split_base(split, &base));
    int64_t ids[2], days[2], orders[2], micros[2];
    OK(crm_base_ids_int64(base, ids, 2));
    CHECK(ids[0] == 3 && ids[1] == 5);
    OK(crm_base_column_int64(base, CRM_BASE_COLUMN_NET_AMOUNT, micros, 2));
    CHECK(micros[0] == 50750000 && micros[1] == 5000000);
    OK(crm_split_column_int64(split, CRM_HOLDOUT_COLUMN_PURCHASE_DAYS, days, 2));
    OK(crm_split_column_int64(split, CRM_HOLDOUT_COLUMN_ORDERS, orders, 2));
    OK(crm_split_column_int64(split, CRM_HOLDOUT_COLUMN_NET_AMOUNT, micros, 2));
    CHECK(days[0] == 1 && days[1] == 0 && orders[0] == 1 && orders[1] == 0 && micros[0] == 750000 && micros[1] == 0);
    double values[2], length = 0.0;
    const double expected[] = {1.0, 1.0, 0.75};
    for (int32_t column = 0; column < 3; column++) {
        OK(crm_split_column_double(split, column, values, 2));
        CHECK(values[0] == expected[column] && values[1] == 0.0);
        FAILS(crm_split_column_double(split, column, values, 1), CRM_STATUS_LENGTH_MISMATCH, "capacity");
        FAILS(crm_split_column_int64(split, column, micros, 1), CRM_STATUS_LENGTH_MISMATCH, "capacity");
        FAILS(crm_split_column_double(split, column, NULL, 2), CRM_STATUS_NULL_POINTER, "out");
    }
    FAILS(crm_split_column_double(split, 3, values, 2), CRM_STATUS_INVALID_ARGUMENT, "column");
    FAILS(crm_split_column_int64(split, -1, micros, 2), CRM_STATUS_INVALID_ARGUMENT, "column");
    OK(crm_split_holdout_length(split, &length));
    CHECK(length == 6.0);
    crm_split_free(split);
    crm_base_free(direct);
    crm_base_free(base);
    FAILS(crm_history_split(history, &calibration, 19695, &split), CRM_STATUS_INVALID_ARGUMENT, "holdout_end");
    FAILS(crm_history_split(history, &calibration, 19702, &split), CRM_STATUS_INVALID_ARGUMENT, "holdout_end");
    FAILS(crm_history_split(history, &calibration, INT32_MAX, &split), CRM_STATUS_OUT_OF_RANGE, "holdout_end");
    CHECK(split == NULL);
    crm_history_free(history);
}

int main(void) {
    columns();
    options();
    amounts_beyond_64_bits_are_said_so();
    split();
    return 0;
}
