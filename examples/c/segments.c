/*
 * Which kinds of customers are there, who is between two of them, and who deserves which offer?
 *
 *     cc -Iinclude examples/c/segments.c -Ltarget/release -lcrm -o segments
 *     LD_LIBRARY_PATH=target/release ./segments TRANSACTIONS.csv OUT.csv
 *
 * The log is the CDNOW sample: a tenth of the people who first bought at an online CD shop in early 1997, to June 1998.
 */
#include "crm.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* The data tell those who come back from those who do not; campaigns want to tell them apart further. */
enum { SEGMENTS = 4 };

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

static crm_base *base_of(const crm_history *history, const char *as_of) {
    crm_base_options options;
    crm_base *base = NULL;
    int32_t day;
    check(crm_day_parse(as_of, &day));
    check(crm_base_options_init(&options, sizeof options, day));
    options.time_unit = CRM_TIME_UNIT_WEEK;
    check(crm_history_base(history, &options, &base));
    return base;
}

/* What the customers are compared by. */
static crm_feature_table *features_of(const crm_base *base) {
    const int32_t features[] = {CRM_FEATURE_TIME_SINCE_LAST_PURCHASE, CRM_FEATURE_PURCHASE_DAYS, CRM_FEATURE_NET_AMOUNT};
    crm_feature_table *table = NULL;
    check(crm_feature_table_from_base(base, features, sizeof features / sizeof features[0], &table));
    return table;
}

/* A number that Rust and Python would write in the same way where there is none. */
static void print_number(double value, int decimals) {
    if (isnan(value)) printf("%12s", "NaN");
    else printf("%12.*f", decimals, value);
}

/* Looks for the number of segments that the data speak for. */
static void recommend(const crm_feature_table *table) {
    crm_feature_scaler *scaler = NULL;
    crm_scaled_features *scaled = NULL;
    crm_cluster_choice *choice = NULL;
    crm_choice_options options;
    crm_choice_summary summary = {.struct_size = sizeof summary};
    check(crm_feature_scaler_fit(table, NULL, &scaler));
    check(crm_feature_scaler_apply(scaler, table, &scaled));
    size_t rows = crm_scaled_features_rows(scaled), columns = crm_scaled_features_column_count(scaled);
    double *values = room(rows * columns, sizeof *values);
    for (size_t column = 0; column < columns; column++)
        check(crm_scaled_features_values(scaled, column, values + column * rows, rows));
    check(crm_choice_options_init(&options, sizeof options));
    options.from = 2;
    options.to = 6;
    check(crm_cluster_choice_new(values, rows, columns, CRM_LAYOUT_COLUMNS, &options, &choice));
    check(crm_cluster_choice_summary(choice, &summary));
    printf("How many segments?\n");
    printf("  %-10s%12s%12s%12s%12s\n", "segments", "inertia", "silhouette", "gap", "stability");
    for (size_t index = 0; index < crm_cluster_choice_length(choice); index++) {
        crm_choice_row row = {.struct_size = sizeof row};
        check(crm_cluster_choice_row(choice, index, &row));
        printf("  %-10zu", row.clusters);
        print_number(row.inertia, 2);
        print_number(row.silhouette, 3);
        print_number(row.gap, 3);
        print_number(row.stability, 3);
        printf("\n");
    }
    if (summary.recommended > 0) printf("  Recommended: %zu\n", summary.recommended);
    else printf("  No structure found\n");
    for (size_t index = 0; index < crm_cluster_choice_reason_count(choice); index++)
        printf("  - %s\n", crm_cluster_choice_reason(choice, index));
    free(values);
    crm_cluster_choice_free(choice);
    crm_scaled_features_free(scaled);
    crm_feature_scaler_free(scaler);
}

/* The segment of each customer, which the caller frees. */
static uint32_t *labels_of(const crm_segment_assignment *assigned) {
    size_t customers = crm_segment_assignment_length(assigned);
    uint32_t *labels = room(customers, sizeof *labels);
    check(crm_segment_assignment_labels(assigned, labels, customers));
    return labels;
}

static void print_profiles(const crm_segment_model *model, const crm_feature_table *table,
                           const crm_segment_assignment *assigned) {
    crm_segment_profiles *profiles = NULL;
    crm_bytes *report = NULL;
    size_t customers = crm_feature_table_rows(table), close = 0;
    uint32_t *labels = room(customers, sizeof *labels);
    double *border = room(customers, sizeof *border);
    check(crm_segment_model_labels(model, labels, customers));
    check(crm_segment_model_profiles(model, table, labels, customers, &profiles));
    check(crm_segment_profiles_report(profiles, &report));
    printf("\n%s\n", crm_bytes_text(report));
    check(crm_segment_assignment_column(assigned, CRM_ASSIGNMENT_COLUMN_BORDER, border, customers));
    for (size_t row = 0; row < customers; row++) close += border[row] > 0.9;
    printf("On the border with another segment: %zu customers\n", close);
    crm_bytes_free(report);
    crm_segment_profiles_free(profiles);
    free(border);
    free(labels);
}

/* How the segments relate to those of recency, frequency and monetary value. */
static void compare_with_rfm(const crm_base *base, const crm_segment_assignment *assigned) {
    crm_rfm_model *model = NULL;
    crm_rfm_scores *scores = NULL;
    crm_segment_map *map = NULL;
    crm_segments *rfm = NULL;
    crm_cross_table *table = NULL;
    double index;
    check(crm_rfm_model_fit(base, NULL, &model));
    check(crm_rfm_model_score(model, base, &scores));
    check(crm_segment_map_standard(&map));
    check(crm_segment_map_assign(map, scores, &rfm));
    size_t customers = crm_segments_length(rfm);
    uint8_t *small = room(customers, sizeof *small);
    uint32_t *labels = labels_of(assigned), *codes = room(customers, sizeof *codes);
    check(crm_segments_codes(rfm, small, customers));
    for (size_t row = 0; row < customers; row++) codes[row] = small[row];
    check(crm_cross_table_new(labels, codes, customers, 0, 0, &table));
    check(crm_adjusted_rand_index(labels, codes, customers, &index));
    size_t rows = crm_cross_table_row_count(table), columns = crm_cross_table_column_count(table);
    uint64_t *counts = room(rows * columns, sizeof *counts), *totals = room(rows, sizeof *totals);
    check(crm_cross_table_counts(table, counts, rows * columns));
    check(crm_cross_table_row_totals(table, totals, rows));
    printf("\nAgainst RFM segments: adjusted Rand index %.4f\n", index);
    for (size_t segment = 0; segment < rows; segment++) {
        const uint64_t *row = counts + segment * columns;
        size_t best = 0;
        /* The first of equals. */
        for (size_t code = 1; code < columns; code++)
            if (row[code] > row[best]) best = code;
        double share = totals[segment] > 0 ? (double)row[best] / (double)totals[segment] : 0.0;
        printf("  %zu: %.1f%% are %s\n", segment, 100.0 * share, crm_segments_name(rfm, best));
    }
    free(totals);
    free(counts);
    free(codes);
    free(labels);
    free(small);
    crm_cross_table_free(table);
    crm_segments_free(rfm);
    crm_segment_map_free(map);
    crm_rfm_scores_free(scores);
    crm_rfm_model_free(model);
}

/* What the same segments looked like three months before. */
static void compare_with_march(const crm_segment_model *model, const crm_base *march,
                               const crm_segment_assignment *june) {
    crm_feature_table *table = features_of(march);
    crm_segment_assignment *assigned = NULL;
    crm_segment_drift *drift = NULL;
    crm_cross_table *migration = NULL;
    crm_label_agreement stayed = {.struct_size = sizeof stayed};
    double stability;
    int32_t shift;
    check(crm_segment_model_assign(model, table, &assigned));
    uint32_t *earlier = labels_of(assigned), *later = labels_of(june);
    crm_segment_snapshot before = {.struct_size = sizeof before, .labels = earlier}, after = before;
    before.length = crm_segment_assignment_length(assigned);
    after.labels = later;
    after.length = crm_segment_assignment_length(june);
    check(crm_segment_drift_new(crm_segment_model_length(model), &before, &after, CRM_MATCHING_BY_ROW, NULL, NULL, 0,
                                &drift));
    check(crm_segment_drift_population(drift, &stability, &shift));
    printf("\nSince the end of March: population stability index %.4f\n", stability);
    for (size_t segment = 0; segment < crm_segment_drift_length(drift); segment++) {
        crm_size_shift size = {.struct_size = sizeof size};
        check(crm_segment_drift_size(drift, segment, &size));
        printf("  %zu: %.1f%% to %.1f%% of the customers\n", segment, 100.0 * size.share_before,
               100.0 * size.share_after);
    }
    check(crm_segment_drift_migration(drift, &migration));
    check(crm_cross_table_agreement(migration, &stayed));
    printf("  %.1f%% stayed where they were\n", 100.0 * stayed.agreement);
    free(later);
    free(earlier);
    crm_cross_table_free(migration);
    crm_segment_drift_free(drift);
    crm_segment_assignment_free(assigned);
    crm_feature_table_free(table);
}

/* The net amounts of customers, which the caller frees. */
static double *amounts_of(const crm_base *base) {
    size_t customers = crm_base_length(base);
    double *amounts = room(customers, sizeof *amounts);
    check(crm_base_column_double(base, CRM_BASE_COLUMN_NET_AMOUNT, amounts, customers));
    return amounts;
}

static void value_tiers(const crm_base *base) {
    crm_value_tiers *tiers = NULL;
    crm_value_tier_summary *summary = NULL;
    double *amounts = amounts_of(base);
    check(crm_value_tiers_fit(amounts, crm_base_length(base), NULL, &tiers));
    check(crm_value_tiers_summary(tiers, amounts, crm_base_length(base), &summary));
    printf("\nValue tiers\n");
    for (size_t index = 0; index < crm_value_tier_summary_length(summary); index++) {
        crm_value_tier_row row = {.struct_size = sizeof row};
        check(crm_value_tier_summary_row(summary, index, &row));
        printf("  %-8s%6" PRIu64 " customers (%.1f%%) hold %.1f%% of the value\n", row.name, row.customers,
               100.0 * row.customer_share, 100.0 * row.value_share);
    }
    free(amounts);
    crm_value_tier_summary_free(summary);
    crm_value_tiers_free(tiers);
}

/* Models of purchases and of spend. */
typedef struct {
    crm_purchase_model *purchases;
    crm_spend_model *spend;
} value_model;

static value_model value_model_of(const crm_base *base) {
    crm_purchase_data *purchases = NULL;
    crm_spend_data *spend = NULL;
    value_model model = {NULL, NULL};
    check(crm_purchase_data_from_base(base, &purchases));
    check(crm_spend_data_from_base(base, CRM_POLICY_EXCLUDE, &spend));
    check(crm_purchase_model_fit(CRM_PURCHASE_KIND_BG_NBD, purchases, NULL, &model.purchases));
    check(crm_spend_model_fit(spend, NULL, &model.spend));
    crm_spend_data_free(spend);
    crm_purchase_data_free(purchases);
    return model;
}

/* Value so far, value of the next year, and the chance of having left. */
typedef struct {
    size_t customers;
    double *value, *potential, *risk;
} standing;

static standing standing_of(value_model model, const crm_base *base) {
    crm_purchase_data *purchases = NULL;
    crm_spend_data *spend = NULL;
    crm_customer_values *values = NULL;
    crm_value_options options;
    check(crm_purchase_data_from_base(base, &purchases));
    check(crm_spend_data_from_base(base, CRM_POLICY_EXCLUDE, &spend));
    check(crm_value_options_init(&options, sizeof options));
    options.horizon = (crm_horizon){12.0, CRM_TIME_UNIT_MONTH_MEAN, CRM_HORIZON_KIND_WITHIN};
    options.discount_rate = (crm_discount_rate){0.10, CRM_TIME_UNIT_YEAR_MEAN, CRM_COMPOUNDING_EFFECTIVE};
    check(crm_customer_values_new(model.purchases, model.spend, purchases, spend, &options, &values));
    standing out = {crm_base_length(base), amounts_of(base), NULL, NULL};
    out.potential = room(out.customers, sizeof *out.potential);
    out.risk = room(out.customers, sizeof *out.risk);
    check(crm_customer_values_column(values, CRM_VALUE_COLUMN_VALUE, out.potential, out.customers));
    check(crm_customer_values_column(values, CRM_VALUE_COLUMN_P_ALIVE, out.risk, out.customers));
    for (size_t row = 0; row < out.customers; row++) out.risk[row] = 1.0 - out.risk[row];
    crm_customer_values_free(values);
    crm_spend_data_free(spend);
    crm_purchase_data_free(purchases);
    return out;
}

static crm_customer_tier_data data_of(const standing *of) {
    crm_customer_tier_data data = {.struct_size = sizeof data, .length = of->customers};
    data.value = of->value;
    data.potential = of->potential;
    data.risk_scores = of->risk;
    return data;
}

static void free_standing(standing of) {
    free(of.value);
    free(of.potential);
    free(of.risk);
}

/* Core, important, basic, at risk: solved at the end of March, and judged by the end of June. */
static void customer_tiers(const crm_base *march, const crm_base *june) {
    value_model model = value_model_of(march);
    standing before = standing_of(model, march), after = standing_of(model, june);
    crm_customer_tier_data earlier = data_of(&before), later = data_of(&after);
    crm_customer_tiers *tiers = NULL;
    crm_band_report *report = NULL;
    crm_band_summary summary = {.struct_size = sizeof summary};
    crm_tier_backtest backtest = {.struct_size = sizeof backtest};
    uint32_t *then = room(before.customers, sizeof *then), *now = room(after.customers, sizeof *now);
    check(crm_customer_tiers_fit(&earlier, NULL, &tiers));
    check(crm_customer_tiers_fit_report(tiers, &report));
    check(crm_band_report_summary(report, &summary));
    printf("\nTiers at the end of March%s\n", summary.feasible ? "" : ", as near to their bands as they come");
    for (int32_t tier = CRM_CUSTOMER_TIER_CORE; tier <= CRM_CUSTOMER_TIER_AT_RISK; tier++) {
        crm_band_outcome outcome = {.struct_size = sizeof outcome};
        check(crm_band_report_tier(report, tier, &outcome));
        printf("  %-10s%6" PRIu64 " customers (%.1f%%), asked %.0f%% to %.0f%%\n", crm_customer_tier_name(tier),
               outcome.customers, 100.0 * outcome.share, 100.0 * outcome.band.lowest, 100.0 * outcome.band.highest);
    }
    check(crm_customer_tiers_assign(tiers, &earlier, then, before.customers));
    check(crm_customer_tiers_assign(tiers, &later, now, after.customers));
    check(crm_tier_backtest_of(then, now, before.customers, CRM_TIER_BACKTEST_TARGET, &backtest));
    printf("  %.1f%% are in the same tier at the end of June (%.1f%% by chance); the target of %.0f%% is %s\n",
           100.0 * backtest.agreement, 100.0 * backtest.chance_agreement, 100.0 * backtest.target,
           backtest.reaches_target ? "reached" : "missed");
    free(now);
    free(then);
    crm_band_report_free(report);
    crm_customer_tiers_free(tiers);
    free_standing(after);
    free_standing(before);
    crm_spend_model_free(model.spend);
    crm_purchase_model_free(model.purchases);
}

int main(int count, char **arguments) {
    const char *log = count > 1 ? arguments[1] : "examples/data/cdnow/transactions.csv";
    const char *out = count > 2 ? arguments[2] : "segments.csv";
    crm_columns columns;
    crm_csv_options csv;
    crm_history *history = NULL;
    check(crm_columns_init(&columns, sizeof columns));
    check(crm_csv_options_init(&csv, sizeof csv));
    columns.time = "date";
    columns.amount = "dollar_value";
    csv.id_kind = CRM_ID_KIND_INTEGER;
    check(crm_history_from_csv(log, &columns, &csv, NULL, NULL, NULL, &history));
    crm_base *march = base_of(history, "1998-03-31"), *june = base_of(history, "1998-06-30");
    crm_feature_table *table = features_of(june);
    recommend(table);

    crm_segment_model_options options;
    crm_segment_model *model = NULL;
    crm_segment_assignment *assigned = NULL;
    check(crm_segment_model_options_init(&options, sizeof options, SEGMENTS));
    options.order = "net_amount";
    options.descending = 1;
    check(crm_segment_model_fit(table, NULL, NULL, &options, &model));
    check(crm_segment_model_assign(model, table, &assigned));
    print_profiles(model, table, assigned);
    compare_with_rfm(june, assigned);
    compare_with_march(model, march, assigned);
    value_tiers(june);
    customer_tiers(march, june);
    check(crm_segment_assignment_write_csv(june, assigned, out));
    printf("\nWrote the segments of %zu customers to %s\n", crm_base_length(june), out);

    crm_segment_assignment_free(assigned);
    crm_segment_model_free(model);
    crm_feature_table_free(table);
    crm_base_free(june);
    crm_base_free(march);
    crm_history_free(history);
    return 0;
}
