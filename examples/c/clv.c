/*
 * What is each customer worth over the next year, and would the model have been right?
 *
 *     cc -Iinclude examples/c/clv.c -Ltarget/release -lcrm -o clv
 *     LD_LIBRARY_PATH=target/release ./clv TRANSACTIONS.csv OUT.csv
 *
 * The log is the CDNOW sample: a tenth of the people who first bought at an online CD shop in early 1997, to June 1998.
 */
#include "crm.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Ends the program with what the library says. */
static void check(crm_status status) {
    if (status == CRM_STATUS_OK) return;
    fprintf(stderr, "error %d: %s\n", (int)status, crm_last_error_message());
    exit(1);
}

static void *room(size_t count, size_t size) {
    void *memory = calloc(count + 1, size);
    if (memory == NULL) {
        fprintf(stderr, "out of memory\n");
        exit(1);
    }
    return memory;
}

static crm_base_options weekly_base(const char *as_of) {
    crm_base_options options;
    int32_t day;
    check(crm_day_parse(as_of, &day));
    check(crm_base_options_init(&options, sizeof options, day));
    options.time_unit = CRM_TIME_UNIT_WEEK;
    return options;
}

/* Expected purchases of each customer, which the caller frees. */
static double *expected_purchases(const crm_purchase_model *model, const crm_purchase_data *data, double weeks) {
    size_t customers = crm_purchase_data_length(data);
    double *expected = room(customers, sizeof *expected);
    crm_prediction prediction;
    check(crm_prediction_init(&prediction, sizeof prediction, CRM_PREDICTION_KIND_PURCHASES));
    prediction.horizon.length = weeks;
    prediction.horizon.unit = CRM_TIME_UNIT_WEEK;
    check(crm_purchase_model_predict(model, data, &prediction, expected, customers));
    return expected;
}

/* NaN where something is not defined: shown as 0. */
static double shown(double value) { return isnan(value) ? 0.0 : value; }

/* Fits both models to the first 39 weeks, and compares what they expect of the next 39 with what happened. */
static void check_on_holdout(const crm_history *history) {
    crm_base_options options = weekly_base("1997-09-30");
    crm_split *split = NULL;
    crm_base *base = NULL;
    crm_purchase_data *data = NULL;
    int32_t end;
    double weeks;
    check(crm_day_parse("1998-06-30", &end));
    check(crm_history_split(history, &options, end, &split));
    check(crm_split_base(split, &base));
    check(crm_split_holdout_length(split, &weeks));
    check(crm_purchase_data_from_base(base, &data));
    size_t customers = crm_purchase_data_length(data);
    double *actual = room(customers, sizeof *actual), *repeat = room(customers, sizeof *repeat);
    check(crm_split_column_double(split, CRM_HOLDOUT_COLUMN_PURCHASE_DAYS, actual, customers));
    check(crm_purchase_data_column(data, CRM_PURCHASE_COLUMN_REPEAT_PURCHASES, repeat, customers));

    printf("Calibrated to the end of September 1997, compared with the %g weeks after it\n", weeks);
    printf("  %-12s%12s%12s%12s%8s%8s%10s%10s\n", "model", "ln L", "expected", "actual", "error", "MAE", "top 10%",
           "top 20%");
    const crm_purchase_kind kinds[] = {CRM_PURCHASE_KIND_BG_NBD, CRM_PURCHASE_KIND_MBG_NBD, CRM_PURCHASE_KIND_PARETO_NBD};
    for (size_t index = 0; index < sizeof kinds / sizeof kinds[0]; index++) {
        crm_purchase_model *model = NULL;
        crm_fit_report *report = NULL;
        crm_ranking_quality *ranking = NULL;
        crm_model_info info = {.struct_size = sizeof info};
        crm_fit_summary summary = {.struct_size = sizeof summary};
        crm_holdout_accuracy accuracy = {.struct_size = sizeof accuracy};
        double tenth, fifth;
        check(crm_model_at(kinds[index], &info));
        check(crm_purchase_model_fit(kinds[index], data, NULL, &model));
        check(crm_purchase_model_report(model, &report));
        check(crm_fit_report_summary(report, &summary));
        double *expected = expected_purchases(model, data, weeks);
        check(crm_holdout_accuracy_of(expected, actual, customers, &accuracy));
        check(crm_ranking_quality_new(expected, actual, customers, &ranking));
        check(crm_ranking_quality_share_held(ranking, 0.1, &tenth));
        check(crm_ranking_quality_share_held(ranking, 0.2, &fifth));
        printf("  %-12s%12.3f%12.1f%12.0f%7.1f%%%8.3f%9.1f%%%9.1f%%\n", info.title, summary.log_likelihood,
               accuracy.total_predicted, accuracy.total_actual, 100.0 * shown(accuracy.total_error),
               accuracy.mean_absolute_error, 100.0 * tenth, 100.0 * fifth);
        free(expected);
        crm_ranking_quality_free(ranking);
        crm_fit_report_free(report);
        crm_purchase_model_free(model);
    }

    crm_purchase_model *model = NULL;
    crm_binned_comparison *comparison = NULL;
    check(crm_purchase_model_fit(CRM_PURCHASE_KIND_BG_NBD, data, NULL, &model));
    double *expected = expected_purchases(model, data, weeks);
    check(crm_binned_comparison_by_frequency(repeat, expected, actual, customers, 7, &comparison));
    printf("\nBG/NBD by repeat purchases before the end of September\n");
    printf("  %-12s%12s%12s%12s\n", "purchases", "customers", "expected", "actual");
    for (size_t index = 0; index < crm_binned_comparison_length(comparison); index++) {
        crm_comparison_bin bin = {.struct_size = sizeof bin};
        char label[32];
        check(crm_binned_comparison_bin(comparison, index, &bin));
        snprintf(label, sizeof label, isfinite(bin.to) ? "%g" : "%g+", bin.from);
        printf("  %-12s%12" PRIu64 "%12.3f%12.3f\n", label, bin.customers, shown(bin.mean_predicted),
               shown(bin.mean_actual));
    }
    free(expected);
    free(repeat);
    free(actual);
    crm_binned_comparison_free(comparison);
    crm_purchase_model_free(model);
    crm_purchase_data_free(data);
    crm_base_free(base);
    crm_split_free(split);
}

static void print_fit(const crm_fit_report *report) {
    size_t length = crm_fit_report_length(report);
    double *estimates = room(length, sizeof *estimates), *errors = room(length, sizeof *errors);
    crm_fit_summary summary = {.struct_size = sizeof summary};
    check(crm_fit_report_estimates(report, estimates, length));
    check(crm_fit_report_standard_errors(report, errors, length));
    check(crm_fit_report_summary(report, &summary));
    for (size_t index = 0; index < length; index++)
        printf("  %-8s%10.4f ± %.4f\n", crm_fit_report_name(report, index), estimates[index], shown(errors[index]));
    printf("  %-8s%10.3f\n", "ln L", summary.log_likelihood);
    for (size_t index = 0; index < crm_fit_report_warning_count(report); index++)
        printf("  Note: %s\n", crm_fit_report_warning(report, index));
    free(estimates);
    free(errors);
}

/* A column of the values, which the caller frees. */
static double *column_of(const crm_customer_values *values, crm_value_column which) {
    size_t customers = crm_customer_values_length(values);
    double *column = room(customers, sizeof *column);
    check(crm_customer_values_column(values, which, column, customers));
    return column;
}

static void print_top(const crm_base *base, const crm_customer_values *values) {
    size_t customers = crm_customer_values_length(values);
    double *alive = column_of(values, CRM_VALUE_COLUMN_P_ALIVE);
    double *purchases = column_of(values, CRM_VALUE_COLUMN_DISCOUNTED_PURCHASES);
    double *spend = column_of(values, CRM_VALUE_COLUMN_EXPECTED_SPEND);
    double *value = column_of(values, CRM_VALUE_COLUMN_VALUE);
    int64_t *ids = room(customers, sizeof *ids), *orders = room(customers, sizeof *orders);
    char *is_shown = room(customers, 1);
    check(crm_base_ids_int64(base, ids, customers));
    check(crm_base_column_int64(base, CRM_BASE_COLUMN_ORDERS, orders, customers));
    printf("\nThe ten customers worth most over the next 12 months, at a margin of 30 %% and 10 %% a year\n");
    printf("  %-12s%10s%10s%12s%10s%10s\n", "customer", "orders", "P(alive)", "purchases", "spend", "value");
    for (size_t rank = 0; rank < 10 && rank < customers; rank++) {
        /* Of equals, the one whose id comes first. */
        size_t best = customers;
        for (size_t row = 0; row < customers; row++)
            if (!is_shown[row] && (best == customers || value[row] > value[best])) best = row;
        is_shown[best] = 1;
        printf("  %-12" PRId64 "%10" PRId64 "%10.4f%12.3f%10.2f%10.2f\n", ids[best], orders[best], alive[best],
               purchases[best], spend[best], value[best]);
    }
    free(is_shown);
    free(orders);
    free(ids);
    free(value);
    free(spend);
    free(purchases);
    free(alive);
}

static void print_segments(const crm_base *base, const crm_customer_values *values) {
    crm_rfm_model *model = NULL;
    crm_rfm_scores *scores = NULL;
    crm_segment_map *map = NULL;
    crm_segments *segments = NULL;
    check(crm_rfm_model_fit(base, NULL, &model));
    check(crm_rfm_model_score(model, base, &scores));
    check(crm_segment_map_standard(&map));
    check(crm_segment_map_assign(map, scores, &segments));
    size_t customers = crm_segments_length(segments);
    double *value = column_of(values, CRM_VALUE_COLUMN_VALUE), total = 0.0;
    uint8_t *codes = room(customers, sizeof *codes);
    check(crm_segments_codes(segments, codes, customers));
    for (size_t row = 0; row < customers; row++) total += value[row];
    printf("\nValue by segment\n");
    printf("  %-20s%10s%12s%10s%10s\n", "segment", "customers", "value", "of total", "(mean)");
    for (size_t code = 0; code < crm_segments_name_count(segments); code++) {
        size_t count = 0;
        double sum = 0.0;
        for (size_t row = 0; row < customers; row++)
            if (codes[row] == code) count++, sum += value[row];
        if (count > 0)
            printf("  %-20s%10zu%12.2f%9.1f%%%10.2f\n", crm_segments_name(segments, code), count, sum,
                   100.0 * sum / total, sum / (double)count);
    }
    printf("  %-20s%10zu%12.2f\n", "all", customers, total);
    free(codes);
    free(value);
    crm_segments_free(segments);
    crm_segment_map_free(map);
    crm_rfm_scores_free(scores);
    crm_rfm_model_free(model);
}

int main(int count, char **arguments) {
    const char *log = count > 1 ? arguments[1] : "examples/data/cdnow/transactions.csv";
    const char *out = count > 2 ? arguments[2] : "clv.csv";
    crm_columns columns;
    crm_csv_options csv;
    crm_history *history = NULL;
    check(crm_columns_init(&columns, sizeof columns));
    check(crm_csv_options_init(&csv, sizeof csv));
    columns.time = "date";
    columns.amount = "dollar_value";
    csv.id_kind = CRM_ID_KIND_INTEGER;
    check(crm_history_from_csv(log, &columns, &csv, NULL, NULL, NULL, &history));

    check_on_holdout(history);

    crm_base_options as_of = weekly_base("1998-06-30");
    crm_base *base = NULL;
    crm_purchase_data *purchases = NULL;
    crm_spend_data *spend = NULL;
    crm_purchase_model *purchase_model = NULL;
    crm_spend_model *spend_model = NULL;
    crm_fit_report *purchase_report = NULL, *spend_report = NULL;
    check(crm_history_base(history, &as_of, &base));
    check(crm_purchase_data_from_base(base, &purchases));
    check(crm_spend_data_from_base(base, CRM_POLICY_EXCLUDE, &spend));
    check(crm_purchase_model_fit(CRM_PURCHASE_KIND_BG_NBD, purchases, NULL, &purchase_model));
    check(crm_spend_model_fit(spend, NULL, &spend_model));
    check(crm_purchase_model_report(purchase_model, &purchase_report));
    check(crm_spend_model_report(spend_model, &spend_report));
    printf("\nFitted to the end of June 1998\n");
    print_fit(purchase_report);
    print_fit(spend_report);

    crm_value_options options;
    crm_customer_values *values = NULL;
    check(crm_value_options_init(&options, sizeof options));
    options.horizon = (crm_horizon){12.0, CRM_TIME_UNIT_MONTH_MEAN, CRM_HORIZON_KIND_WITHIN};
    options.discount_rate = (crm_discount_rate){0.10, CRM_TIME_UNIT_YEAR_MEAN, CRM_COMPOUNDING_EFFECTIVE};
    options.margin = 0.3;
    check(crm_customer_values_new(purchase_model, spend_model, purchases, spend, &options, &values));
    print_top(base, values);
    print_segments(base, values);
    check(crm_customer_values_write_csv(base, values, out));
    printf("\nWrote the values of %zu customers to %s\n", crm_base_length(base), out);

    crm_customer_values_free(values);
    crm_fit_report_free(spend_report);
    crm_fit_report_free(purchase_report);
    crm_spend_model_free(spend_model);
    crm_purchase_model_free(purchase_model);
    crm_spend_data_free(spend);
    crm_purchase_data_free(purchases);
    crm_base_free(base);
    crm_history_free(history);
    return 0;
}
