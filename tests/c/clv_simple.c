/* Lifetime value without a model of behaviour: what was earned, averages, the retention formula, and cohorts. */
#include "check.h"

/* 2024-01-01, a Monday. */
enum { START = 19723 };

static const crm_discount_rate NO_DISCOUNT = {0.0, CRM_TIME_UNIT_DAY, CRM_COMPOUNDING_EFFECTIVE};
static const crm_period WEEK = {1.0, CRM_TIME_UNIT_WEEK};

static int close_to(double got, double truth) { return fabs(got - truth) <= 1e-12 * fmax(1.0, fabs(truth)); }

static crm_history *shop(const int64_t *ids, const int32_t *days, const double *amounts, size_t length) {
    crm_transactions batch;
    memset(&batch, 0, sizeof batch);
    batch.struct_size = sizeof batch;
    batch.length = length;
    batch.customer_id_int64 = ids;
    batch.time_days = days;
    batch.amount_double = amounts;
    return history_of(batch, NULL);
}

static crm_base *weekly(const crm_history *history, int32_t as_of) {
    crm_base_options options;
    crm_base *base = NULL;
    OK(crm_base_options_init(&options, sizeof options, as_of));
    options.time_unit = CRM_TIME_UNIT_WEEK;
    OK(crm_history_base(history, &options, &base));
    return base;
}

/* Two customers and two weeks, with 33 over 3 orders. */
static void what_was_earned(void) {
    const int64_t ids[] = {1, 1, 2, 2};
    const int32_t days[] = {START, START + 6, START + 7, START + 9};
    const double amounts[] = {10.0, 20.5, 4.0, -1.5};
    crm_history *history = shop(ids, days, amounts, 4);
    crm_base *base = weekly(history, START + 13);
    double values[3] = {0.0, 0.0, -7.0}, value = 0.0;
    OK(crm_historic_values(base, 0.5, values, 3));
    CHECK(values[0] == 15.25 && values[1] == 1.25 && values[2] == -7.0);
    FAILS(crm_historic_values(base, 1.1, values, 2), CRM_STATUS_INVALID_ARGUMENT, "margin");
    FAILS(crm_historic_values(base, NAN, values, 2), CRM_STATUS_INVALID_ARGUMENT, "margin");
    FAILS(crm_historic_values(base, 0.5, values, 1), CRM_STATUS_LENGTH_MISMATCH, "capacity");
    FAILS(crm_historic_values(base, 0.5, NULL, 2), CRM_STATUS_NULL_POINTER, "out");
    FAILS(crm_historic_values(NULL, 0.5, values, 2), CRM_STATUS_NULL_POINTER, "base");

    crm_order_averages *averages = NULL;
    OK(crm_order_averages_new(base, &averages));
    crm_base_free(base);
    CHECK(crm_order_averages_order_value(averages) == 11.0);
    OK(crm_order_averages_order_frequency(averages, CRM_TIME_UNIT_WEEK, &value));
    CHECK(value == 0.75);
    OK(crm_order_averages_order_frequency(averages, CRM_TIME_UNIT_DAY, &value));
    CHECK(close_to(value, 0.75 / 7.0));
    const crm_period four_weeks = {28.0, CRM_TIME_UNIT_DAY}, backwards = {-1.0, CRM_TIME_UNIT_DAY};
    OK(crm_order_averages_customer_value(averages, &four_weeks, 0.5, &value));
    CHECK(value == 16.5);
    FAILS(crm_order_averages_order_frequency(averages, 6, &value), CRM_STATUS_INVALID_ARGUMENT, "time_unit");
    FAILS(crm_order_averages_customer_value(averages, &four_weeks, -0.1, &value), CRM_STATUS_INVALID_ARGUMENT,
          "margin");
    FAILS(crm_order_averages_customer_value(averages, &backwards, 0.5, &value), CRM_STATUS_INVALID_ARGUMENT,
          "lifespan");
    FAILS(crm_order_averages_customer_value(averages, NULL, 0.5, &value), CRM_STATUS_NULL_POINTER, "lifespan");
    FAILS(crm_order_averages_customer_value(averages, &four_weeks, 0.5, NULL), CRM_STATUS_NULL_POINTER, "out");
    CHECK(isnan(crm_order_averages_order_value(NULL)) && strcmp(crm_last_error_argument(), "averages") == 0);
    crm_order_averages_free(averages);
    crm_order_averages_free(NULL);
    crm_history_free(history);

    /* A log without amounts has no values. */
    history = shop(ids, days, NULL, 4);
    base = weekly(history, START + 13);
    averages = (crm_order_averages *)&averages;
    FAILS(crm_historic_values(base, 0.5, values, 2), CRM_STATUS_MISSING_COLUMN, "amount");
    FAILS(crm_order_averages_new(base, &averages), CRM_STATUS_MISSING_COLUMN, "amount");
    CHECK(averages == NULL);
    FAILS(crm_order_averages_new(base, NULL), CRM_STATUS_NULL_POINTER, "out");
    crm_base_free(base);
    crm_history_free(history);
}

static void rates(void) {
    double value = 0.0;
    const crm_retention_rate year = {0.64, CRM_TIME_UNIT_YEAR_MEAN}, month = {0.75, CRM_TIME_UNIT_MONTH_MEAN};
    OK(crm_retention_rate_per(&year, CRM_TIME_UNIT_MONTH_MEAN, &value));
    CHECK(close_to(pow(value, 12.0), 0.64));
    OK(crm_retention_rate_expected_lifetime(&month, CRM_TIME_UNIT_MONTH_MEAN, &value));
    CHECK(value == 4.0);
    const crm_retention_rate always = {1.0, CRM_TIME_UNIT_DAY}, above = {1.1, CRM_TIME_UNIT_DAY}, none = {0.5, -1};
    OK(crm_retention_rate_expected_lifetime(&always, CRM_TIME_UNIT_WEEK, &value));
    CHECK(isinf(value) && value > 0.0);
    FAILS(crm_retention_rate_per(&above, CRM_TIME_UNIT_DAY, &value), CRM_STATUS_INVALID_ARGUMENT, "rate");
    FAILS(crm_retention_rate_per(&none, CRM_TIME_UNIT_DAY, &value), CRM_STATUS_INVALID_ARGUMENT, "rate.unit");
    FAILS(crm_retention_rate_per(&year, 6, &value), CRM_STATUS_INVALID_ARGUMENT, "time_unit");
    FAILS(crm_retention_rate_per(NULL, CRM_TIME_UNIT_DAY, &value), CRM_STATUS_NULL_POINTER, "rate");
    FAILS(crm_retention_rate_expected_lifetime(&year, CRM_TIME_UNIT_DAY, NULL), CRM_STATUS_NULL_POINTER, "out");
}

static crm_retention_value_options yearly(double retention, double discount) {
    const crm_retention_rate stays = {retention, CRM_TIME_UNIT_YEAR_MEAN};
    const crm_discount_rate rate = {discount, CRM_TIME_UNIT_YEAR_MEAN, CRM_COMPOUNDING_EFFECTIVE};
    crm_retention_value_options options;
    OK(crm_retention_value_options_init(&options, sizeof options, CRM_TIME_UNIT_YEAR_MEAN, &stays, &rate));
    return options;
}

/* Gupta and Lehmann (2003), table of margin multiples r / (1 + i - r), by retention and discount rate. */
static void margin_multiples(void) {
    const double retention[] = {0.6, 0.7, 0.8, 0.9}, discount[] = {0.1, 0.12, 0.14, 0.16};
    const double printed[4][4] = {
        {1.20, 1.15, 1.11, 1.07}, {1.75, 1.67, 1.59, 1.52}, {2.67, 2.50, 2.35, 2.22}, {4.50, 4.09, 3.75, 3.46}};
    double value = 0.0;
    for (size_t r = 0; r < 4; r++) {
        for (size_t d = 0; d < 4; d++) {
            crm_retention_value_options options = yearly(retention[r], discount[d]);
            OK(crm_retention_value_margin_multiple(&options, &value));
            CHECK(fabs(value - printed[r][d]) <= 0.005 + 1e-12);
        }
    }
    crm_retention_value_options options = yearly(0.9, 0.1);
    OK(crm_retention_value_of_margin(&options, -100.0, &value));
    CHECK(fabs(value + 450.0) < 1e-9);
    /* 100 a year growing by 5 %, 80 % stay, 10 %: 80 / (1.1 - .84). */
    options = yearly(0.8, 0.1);
    options.growth_per_payment = 0.05;
    OK(crm_retention_value_of_margin(&options, 100.0, &value));
    CHECK(close_to(value, 80.0 / 0.26));
    options.first_margin = CRM_FIRST_MARGIN_NOW;
    OK(crm_retention_value_of_margin(&options, 100.0, &value));
    CHECK(close_to(value, 110.0 / 0.26));
    /* Half stay each year, without discount; 2.5 years hold two payments, and three with the first one now. */
    options = yearly(0.5, 0.0);
    options.horizon = (crm_horizon){2.5, CRM_TIME_UNIT_YEAR_MEAN, CRM_HORIZON_KIND_WITHIN};
    OK(crm_retention_value_margin_multiple(&options, &value));
    CHECK(close_to(value, 0.75));
    options.first_margin = CRM_FIRST_MARGIN_NOW;
    OK(crm_retention_value_margin_multiple(&options, &value));
    CHECK(close_to(value, 1.75));
}

static void formulas_that_make_no_sense(void) {
    double value = -7.0;
    crm_retention_value_options options = yearly(1.0, 0.0);
    FAILS(crm_retention_value_margin_multiple(&options, &value), CRM_STATUS_INVALID_ARGUMENT, "horizon");
    options.horizon = (crm_horizon){7.0, CRM_TIME_UNIT_YEAR_MEAN, CRM_HORIZON_KIND_WITHIN};
    OK(crm_retention_value_margin_multiple(&options, &value));
    CHECK(value == 7.0);
    options.horizon.kind = 2;
    FAILS(crm_retention_value_margin_multiple(&options, &value), CRM_STATUS_INVALID_ARGUMENT, "horizon.kind");
    options = yearly(1.5, 0.1);
    FAILS(crm_retention_value_margin_multiple(&options, &value), CRM_STATUS_INVALID_ARGUMENT, "retention_rate");
    CHECK(strstr(crm_last_error_message(), "1.5") != NULL);
    options = yearly(0.5, -0.1);
    FAILS(crm_retention_value_margin_multiple(&options, &value), CRM_STATUS_INVALID_ARGUMENT, "discount_rate");
    options = yearly(0.5, 0.1);
    options.discount_rate.compounding = 5;
    FAILS(crm_retention_value_margin_multiple(&options, &value), CRM_STATUS_INVALID_ARGUMENT,
          "discount_rate.compounding");
    options = yearly(0.5, 0.1);
    options.retention_rate.unit = 77;
    FAILS(crm_retention_value_margin_multiple(&options, &value), CRM_STATUS_INVALID_ARGUMENT, "retention_rate.unit");
    options = yearly(0.5, 0.1);
    options.payment_unit = -1;
    FAILS(crm_retention_value_margin_multiple(&options, &value), CRM_STATUS_INVALID_ARGUMENT, "payment_unit");
    options = yearly(0.5, 0.1);
    options.first_margin = 2;
    FAILS(crm_retention_value_margin_multiple(&options, &value), CRM_STATUS_INVALID_ARGUMENT, "first_margin");
    options = yearly(0.5, 0.1);
    options.growth_per_payment = -1.5;
    FAILS(crm_retention_value_margin_multiple(&options, &value), CRM_STATUS_INVALID_ARGUMENT, "growth_per_payment");
    options = yearly(0.5, 0.1);
    FAILS(crm_retention_value_of_margin(&options, NAN, &value), CRM_STATUS_INVALID_ARGUMENT, "margin");
    FAILS(crm_retention_value_margin_multiple(NULL, &value), CRM_STATUS_NULL_POINTER, "options");
    FAILS(crm_retention_value_margin_multiple(&options, NULL), CRM_STATUS_NULL_POINTER, "out");
    options.struct_size = 3;
    FAILS(crm_retention_value_margin_multiple(&options, &value), CRM_STATUS_INVALID_ARGUMENT, "options.struct_size");
    /* A caller that knows no rate has none. */
    options.struct_size = sizeof(size_t);
    FAILS(crm_retention_value_margin_multiple(&options, &value), CRM_STATUS_INVALID_ARGUMENT, "retention_rate");
    const crm_retention_rate stays = {0.5, CRM_TIME_UNIT_YEAR_MEAN};
    FAILS(crm_retention_value_options_init(&options, 1, 0, &stays, &NO_DISCOUNT), CRM_STATUS_INVALID_ARGUMENT,
          "options.struct_size");
    FAILS(crm_retention_value_options_init(NULL, sizeof options, 0, &stays, &NO_DISCOUNT), CRM_STATUS_NULL_POINTER,
          "options");
    FAILS(crm_retention_value_options_init(&options, sizeof options, 0, NULL, &NO_DISCOUNT), CRM_STATUS_NULL_POINTER,
          "retention_rate");
    FAILS(crm_retention_value_options_init(&options, sizeof options, 0, &stays, NULL), CRM_STATUS_NULL_POINTER,
          "discount_rate");
}

/* Cohort 1 (two customers, two weeks complete) brings 30 and 10; cohort 2 (one customer, one week) 7. */
static void cohorts(void) {
    const int64_t ids[] = {1, 2, 1, 3, 1};
    const int32_t days[] = {START, START, START + 7, START + 7, START + 14};
    const double amounts[] = {10.0, 20.0, 10.0, 7.0, 99.0};
    crm_history *history = shop(ids, days, amounts, 5);
    crm_cohort_table *table = NULL;
    OK(crm_history_cohorts(history, START + 14, CRM_COHORT_BY_WEEK, &WEEK, &table));
    CHECK(crm_cohort_table_length(table) == 2 && crm_cohort_table_customers(table) == 3);
    CHECK(crm_cohort_table_complete_ages(table) == 2);
    crm_cohort cohort = {.struct_size = sizeof cohort};
    crm_cohort_age age = {.struct_size = sizeof age};
    OK(crm_cohort_table_cohort(table, 0, &cohort));
    CHECK(cohort.first_day == START && cohort.customers == 2 && cohort.complete_ages == 2);
    CHECK(cohort.incomplete_active_customers == 1 && cohort.incomplete_purchase_days == 1);
    CHECK(crm_money_to_double(cohort.incomplete_net_amount) == 99.0);
    OK(crm_cohort_table_age(table, 0, 0, &age));
    CHECK(age.active_customers == 2 && age.purchase_days == 2 && crm_money_to_double(age.net_amount) == 30.0);
    OK(crm_cohort_table_age(table, 0, 1, &age));
    CHECK(age.active_customers == 1 && age.purchase_days == 1 && crm_money_to_double(age.net_amount) == 10.0);
    OK(crm_cohort_table_cohort(table, 1, &cohort));
    CHECK(cohort.first_day == START + 7 && cohort.customers == 1 && cohort.complete_ages == 1);
    FAILS(crm_cohort_table_age(table, 1, 1, &age), CRM_STATUS_OUT_OF_RANGE, "age");
    FAILS(crm_cohort_table_age(table, 2, 0, &age), CRM_STATUS_OUT_OF_RANGE, "index");
    FAILS(crm_cohort_table_cohort(table, 2, &cohort), CRM_STATUS_OUT_OF_RANGE, "index");
    FAILS(crm_cohort_table_cohort(table, 0, NULL), CRM_STATUS_NULL_POINTER, "out");
    age.struct_size = 5;
    FAILS(crm_cohort_table_age(table, 0, 0, &age), CRM_STATUS_INVALID_ARGUMENT, "out.struct_size");
    CHECK(crm_cohort_table_length(NULL) == 0 && strcmp(crm_last_error_argument(), "table") == 0);

    /* Half of the amounts is earned, and a week later it counts half. */
    const crm_discount_rate half = {1.0, CRM_TIME_UNIT_WEEK, CRM_COMPOUNDING_EFFECTIVE};
    crm_cohort_value *values = (crm_cohort_value *)&values;
    FAILS(crm_cohort_value_new(table, 2.0, &half, &values), CRM_STATUS_INVALID_ARGUMENT, "margin");
    CHECK(values == NULL);
    OK(crm_cohort_value_new(table, 0.5, &half, &values));
    crm_cohort_table_free(table);
    CHECK(crm_cohort_value_cohorts(values) == 2 && crm_cohort_value_ages(values) == 2);
    double cumulative[3] = {0.0, 0.0, -7.0};
    size_t length = 9;
    OK(crm_cohort_value_cohort_ages(values, 0, &length));
    CHECK(length == 2);
    OK(crm_cohort_value_cumulative(values, 0, cumulative, 3));
    CHECK(close_to(cumulative[0], 7.5) && close_to(cumulative[1], 8.75) && cumulative[2] == -7.0);
    OK(crm_cohort_value_cohort_ages(values, 1, &length));
    CHECK(length == 1);
    OK(crm_cohort_value_cumulative(values, 1, cumulative, 1));
    CHECK(close_to(cumulative[0], 3.5));
    crm_pooled_age pooled = {.struct_size = sizeof pooled};
    OK(crm_cohort_value_pooled(values, 0, &pooled));
    CHECK(pooled.cohorts == 2 && pooled.customers == 3 && crm_money_to_double(pooled.net_amount) == 37.0);
    CHECK(close_to(pooled.value, 37.0 / 6.0) && close_to(pooled.cumulative_value, 37.0 / 6.0));
    OK(crm_cohort_value_pooled(values, 1, &pooled));
    CHECK(pooled.cohorts == 1 && pooled.customers == 2);
    CHECK(close_to(pooled.value, 1.25) && close_to(pooled.cumulative_value, 37.0 / 6.0 + 1.25));
    FAILS(crm_cohort_value_pooled(values, 2, &pooled), CRM_STATUS_OUT_OF_RANGE, "index");
    FAILS(crm_cohort_value_cumulative(values, 2, cumulative, 3), CRM_STATUS_OUT_OF_RANGE, "index");
    FAILS(crm_cohort_value_cumulative(values, 0, cumulative, 1), CRM_STATUS_LENGTH_MISMATCH, "capacity");
    FAILS(crm_cohort_value_cumulative(values, 0, NULL, 2), CRM_STATUS_NULL_POINTER, "out");
    FAILS(crm_cohort_value_cohort_ages(values, 0, NULL), CRM_STATUS_NULL_POINTER, "out");
    crm_cohort_value_free(values);
    crm_cohort_value_free(NULL);

    table = (crm_cohort_table *)&table;
    FAILS(crm_history_cohorts(history, START + 15, CRM_COHORT_BY_WEEK, &WEEK, &table), CRM_STATUS_INVALID_ARGUMENT,
          "as_of");
    CHECK(table == NULL);
    FAILS(crm_history_cohorts(history, START - 1, CRM_COHORT_BY_WEEK, &WEEK, &table), CRM_STATUS_EMPTY, "as_of");
    FAILS(crm_history_cohorts(history, INT32_MAX, CRM_COHORT_BY_WEEK, &WEEK, &table), CRM_STATUS_OUT_OF_RANGE, "as_of");
    FAILS(crm_history_cohorts(history, START, 4, &WEEK, &table), CRM_STATUS_INVALID_ARGUMENT, "cohort_by");
    FAILS(crm_history_cohorts(history, START, CRM_COHORT_BY_YEAR, NULL, &table), CRM_STATUS_NULL_POINTER, "age_period");
    FAILS(crm_history_cohorts(NULL, START, CRM_COHORT_BY_YEAR, &WEEK, &table), CRM_STATUS_NULL_POINTER, "history");
    /* On its first day, no cohort has completed a week. */
    OK(crm_history_cohorts(history, START, CRM_COHORT_BY_MONTH, &WEEK, &table));
    FAILS(crm_cohort_value_new(table, 1.0, &NO_DISCOUNT, &values), CRM_STATUS_EMPTY, "age_period");
    FAILS(crm_cohort_value_new(table, 1.0, NULL, &values), CRM_STATUS_NULL_POINTER, "discount_rate");
    crm_cohort_table_free(table);
    crm_cohort_table_free(NULL);
    crm_history_free(history);
}

int main(void) {
    what_was_earned();
    rates();
    margin_multiples();
    formulas_that_make_no_sense();
    cohorts();
    return 0;
}
