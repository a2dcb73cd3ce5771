/* Tiers, agreement and drift through the C interface: numbers by hand, and what is refused. */
#include "check.h"

#define NEAR(value, expected, tolerance) CHECK(fabs((value) - (expected)) <= (tolerance))

static int is(const char *text, const char *expected) { return text != NULL && strcmp(text, expected) == 0; }

enum { TEN = 10 };
static const double SPEND[TEN] = {900.0, 50.0, 50.0, 50.0, 200.0, 10.0, 0.0, 30.0, 20.0, 40.0};

static crm_value_tier_options value_options(void) {
    crm_value_tier_options options;
    OK(crm_value_tier_options_init(&options, sizeof options));
    return options;
}

static void value_tiers(void) {
    const uint32_t expected[TEN] = {0, 1, 1, 1, 0, 2, 2, 2, 2, 2};
    crm_value_tiers *tiers = NULL, *back = NULL;
    crm_value_tier_summary *summary = NULL;
    crm_value_tier_row row = {.struct_size = sizeof row};
    uint32_t assigned[TEN];
    double bounds[2];
    crm_value_tier_options options = value_options();
    for (int pass = 0; pass < 2; pass++) {
        OK(crm_value_tiers_fit(SPEND, TEN, pass == 0 ? NULL : &options, &tiers));
        OK(crm_value_tiers_assign(tiers, SPEND, TEN, assigned, TEN));
        CHECK(memcmp(assigned, expected, sizeof expected) == 0);
        OK(crm_value_tiers_lower_bounds(tiers, bounds, 2));
        CHECK(bounds[0] == 200.0 && bounds[1] == 50.0);
        CHECK(crm_value_tiers_length(tiers) == 3 && is(crm_value_tiers_name(tiers, 0), "high"));
        CHECK(crm_value_tiers_name(tiers, 3) == NULL && is(crm_last_error_argument(), "index"));
        if (pass == 0) crm_value_tiers_free(tiers);
    }
    OK(crm_value_tiers_assign(tiers, (const double[]){199.0, 200.0}, 2, assigned, 2));
    CHECK(assigned[0] == 1 && assigned[1] == 0);
    OK(crm_value_tiers_summary(tiers, SPEND, TEN, &summary));
    CHECK(crm_value_tier_summary_length(summary) == 3);
    OK(crm_value_tier_summary_row(summary, 0, &row));
    CHECK(is(row.name, "high") && row.lower_bound == 200.0 && row.customers == 2 && row.customer_share == 0.2);
    CHECK(row.value == 1100.0 && row.lowest == 200.0 && row.highest == 900.0 && row.asked_share == 0.2);
    NEAR(row.value_share, 1100.0 / 1350.0, 1e-15);
    OK(crm_value_tier_summary_row(summary, 2, &row));
    CHECK(is(row.name, "low") && isnan(row.lower_bound) && row.customers == 5 && row.got_share == 0.5);
    FAILS(crm_value_tier_summary_row(summary, 3, &row), CRM_STATUS_OUT_OF_RANGE, "index");
    row.struct_size = 0;
    FAILS(crm_value_tier_summary_row(summary, 0, &row), CRM_STATUS_INVALID_ARGUMENT, "out.struct_size");
    row.struct_size = sizeof row;
    crm_value_tier_summary_free(summary);
    FAILS(crm_value_tiers_assign(tiers, SPEND, TEN, assigned, 9), CRM_STATUS_LENGTH_MISMATCH, "capacity");
    FAILS(crm_value_tiers_assign(tiers, (const double[]){1.0, NAN}, 2, assigned, 2), CRM_STATUS_INVALID_VALUE, "values");
    CHECK(crm_last_error_row() == 1);
    FAILS(crm_value_tiers_assign(tiers, NULL, 0, assigned, 0), CRM_STATUS_EMPTY, "values");
    FAILS(crm_value_tiers_assign(tiers, NULL, 2, assigned, 2), CRM_STATUS_NULL_POINTER, "values");
    FAILS(crm_value_tiers_lower_bounds(tiers, bounds, 1), CRM_STATUS_LENGTH_MISMATCH, "capacity");

    crm_bytes *json = NULL;
    OK(crm_value_tiers_to_json(tiers, &json));
    OK(crm_value_tiers_from_json(crm_bytes_text(json), &back));
    OK(crm_value_tiers_assign(back, SPEND, TEN, assigned, TEN));
    CHECK(memcmp(assigned, expected, sizeof expected) == 0);
    crm_value_tiers_free(back);
    crm_bytes_free(json);
    FAILS(crm_value_tiers_from_json("{", &back), CRM_STATUS_CORRUPT, "json");
    FAILS(crm_value_tiers_from_json("{\"version\": 99}", &back), CRM_STATUS_INCOMPATIBLE, "json");
    CHECK(back == NULL);
    crm_value_tiers_free(tiers);

    /* Half of the value is held by one customer. */
    const double half[] = {0.5, 0.5}, ladder[] = {1000.0, 100.0}, ascending[] = {100.0, 1000.0};
    const char *const names[] = {"vital", "other"}, *const metals[] = {"gold", "silver", "bronze"};
    const char *const same[] = {"a", "a"};
    options.shares = half;
    options.share_count = 2;
    options.names = names;
    options.name_count = 2;
    options.split = CRM_TIER_SPLIT_VALUE_SHARES;
    OK(crm_value_tiers_fit(SPEND, TEN, &options, &tiers));
    OK(crm_value_tiers_summary(tiers, SPEND, TEN, &summary));
    OK(crm_value_tier_summary_row(summary, 0, &row));
    CHECK(is(row.name, "vital") && row.customers == 1 && row.asked_share == 0.5);
    NEAR(row.got_share, 900.0 / 1350.0, 1e-15);
    crm_value_tier_summary_free(summary);
    crm_value_tiers_free(tiers);

    OK(crm_value_tiers_from_lower_bounds(ladder, 2, metals, 3, &tiers));
    OK(crm_value_tiers_assign(tiers, (const double[]){100.0, 99.99, 5000.0}, 3, assigned, 3));
    CHECK(assigned[0] == 1 && assigned[1] == 2 && assigned[2] == 0 && is(crm_value_tiers_name(tiers, 2), "bronze"));
    OK(crm_value_tiers_summary(tiers, SPEND, TEN, &summary));
    OK(crm_value_tier_summary_row(summary, 0, &row));
    CHECK(row.customers == 0 && isnan(row.lowest) && isnan(row.asked_share) && isnan(row.got_share));
    crm_value_tier_summary_free(summary);
    crm_value_tiers_free(tiers);
    FAILS(crm_value_tiers_from_lower_bounds(ascending, 2, NULL, 0, &tiers), CRM_STATUS_INVALID_ARGUMENT, "lower_bounds");
    FAILS(crm_value_tiers_from_lower_bounds(ladder, 0, NULL, 0, &tiers), CRM_STATUS_INVALID_ARGUMENT, "lower_bounds");
    FAILS(crm_value_tiers_from_lower_bounds(ladder, 2, metals, 2, &tiers), CRM_STATUS_INVALID_ARGUMENT, "names");
    FAILS(crm_value_tiers_from_lower_bounds(ladder, 2, NULL, 3, &tiers), CRM_STATUS_NULL_POINTER, "names");

    options.names = same;
    FAILS(crm_value_tiers_fit(SPEND, TEN, &options, &tiers), CRM_STATUS_INVALID_ARGUMENT, "names");
    options = value_options();
    options.split = 2;
    FAILS(crm_value_tiers_fit(SPEND, TEN, &options, &tiers), CRM_STATUS_INVALID_ARGUMENT, "options.split");
    options = value_options();
    options.shares = ladder;
    options.share_count = 2;
    FAILS(crm_value_tiers_fit(SPEND, TEN, &options, &tiers), CRM_STATUS_INVALID_ARGUMENT, "shares");
    options.share_count = 0;
    FAILS(crm_value_tiers_fit(SPEND, TEN, &options, &tiers), CRM_STATUS_INVALID_ARGUMENT, "shares");
    options = value_options();
    options.reserved = 1;
    FAILS(crm_value_tiers_fit(SPEND, TEN, &options, &tiers), CRM_STATUS_INVALID_ARGUMENT, "options.reserved");
    options = value_options();
    options.split = CRM_TIER_SPLIT_VALUE_SHARES;
    FAILS(crm_value_tiers_fit((const double[]){-1.0, 0.0}, 2, &options, &tiers), CRM_STATUS_INVALID_VALUE, "values");
    CHECK(crm_last_error_row() == -1 && tiers == NULL);
    FAILS(crm_value_tiers_fit(NULL, 0, NULL, &tiers), CRM_STATUS_EMPTY, "values");
    FAILS(crm_value_tiers_fit((const double[]){1e200}, 1, NULL, &tiers), CRM_STATUS_OUT_OF_RANGE, "values");
    FAILS(crm_value_tiers_fit(SPEND, TEN, NULL, NULL), CRM_STATUS_NULL_POINTER, "out");
    CHECK(crm_value_tiers_length(NULL) == 0 && crm_value_tier_summary_length(NULL) == 0);
}

enum { FORTY = 40 };

static void customer_tiers(void) {
    double value[FORTY], potential[FORTY], risk[FORTY], other[FORTY];
    uint8_t flags[FORTY] = {0};
    for (int row = 0; row < FORTY; row++) {
        value[row] = row;
        potential[row] = row * 9 % FORTY + 0.5 * row;
        risk[row] = row * 7 % FORTY;
        other[row] = row * 9 % FORTY;
    }
    crm_customer_tier_data data;
    memset(&data, 0, sizeof data);
    data.struct_size = sizeof data;
    data.length = FORTY;
    data.value = value;
    data.potential = potential;
    data.risk_scores = risk;
    crm_customer_tiers *tiers = NULL, *back = NULL;
    crm_band_report *report = NULL;
    crm_band_summary summary = {.struct_size = sizeof summary};
    crm_band_outcome outcome = {.struct_size = sizeof outcome};
    crm_tier_thresholds thresholds = {.struct_size = sizeof thresholds};
    uint32_t assigned[FORTY], again[FORTY];
    OK(crm_customer_tiers_fit(&data, NULL, &tiers));
    OK(crm_customer_tiers_assign(tiers, &data, assigned, FORTY));
    CHECK(assigned[17] == CRM_CUSTOMER_TIER_AT_RISK); /* of the highest risk */
    OK(crm_customer_tiers_thresholds(tiers, &thresholds));
    uint64_t counts[4] = {0};
    for (int row = 0; row < FORTY; row++) {
        int high = (value[row] >= thresholds.value) + (potential[row] >= thresholds.potential);
        uint32_t tier = risk[row] >= thresholds.risk ? CRM_CUSTOMER_TIER_AT_RISK : (uint32_t)(2 - high);
        CHECK(assigned[row] == tier);
        counts[tier]++;
    }
    OK(crm_customer_tiers_fit_report(tiers, &report));
    OK(crm_band_report_summary(report, &summary));
    CHECK(summary.feasible == 1 && summary.optimality_gap == 0.0);
    NEAR(summary.required_correlation, 0.084, 1e-3);
    CHECK(summary.indicator_correlation > summary.required_correlation);
    for (int32_t tier = 0; tier < 4; tier++) {
        crm_share_band band;
        OK(crm_customer_tiers_band(tiers, tier, &band));
        OK(crm_band_report_tier(report, tier, &outcome));
        CHECK(outcome.customers == counts[tier] && outcome.share == counts[tier] / 40.0 && outcome.missed_by == 0.0);
        CHECK(outcome.band.lowest == band.lowest && outcome.band.highest == band.highest);
        CHECK(outcome.share >= band.lowest && outcome.share <= band.highest);
    }
    FAILS(crm_band_report_tier(report, 4, &outcome), CRM_STATUS_INVALID_ARGUMENT, "tier");
    crm_bytes *text = NULL;
    OK(crm_band_report_text(report, &text));
    CHECK(is(crm_bytes_text(text), "all shares lie in their bands"));
    crm_bytes_free(text);
    crm_band_report_free(report);
    CHECK(is(crm_customer_tier_name(CRM_CUSTOMER_TIER_AT_RISK), "at risk") && crm_customer_tier_name(4) == NULL);

    OK(crm_customer_tiers_to_json(tiers, &text));
    OK(crm_customer_tiers_from_json(crm_bytes_text(text), &back));
    OK(crm_customer_tiers_assign(back, &data, again, FORTY));
    CHECK(memcmp(assigned, again, sizeof assigned) == 0);
    FAILS(crm_customer_tiers_fit_report(back, &report), CRM_STATUS_MISSING_VALUE, "tiers");
    CHECK(report == NULL);
    OK(crm_customer_tiers_report(back, &data, &report));
    OK(crm_band_report_summary(report, &summary));
    CHECK(summary.feasible == 1);
    crm_band_report_free(report);
    crm_customer_tiers_free(back);
    crm_bytes_free(text);
    FAILS(crm_customer_tiers_from_json("[]", &back), CRM_STATUS_CORRUPT, "json");
    FAILS(crm_customer_tiers_from_json("{\"version\": 99}", &back), CRM_STATUS_INCOMPATIBLE, "json");

    /* Other customers miss the bands. */
    data.risk_scores = other;
    data.potential = value;
    OK(crm_customer_tiers_report(tiers, &data, &report));
    OK(crm_band_report_summary(report, &summary));
    OK(crm_band_report_text(report, &text));
    CHECK(summary.feasible == 0 && strstr(crm_bytes_text(text), "points") != NULL);
    crm_bytes_free(text);
    crm_band_report_free(report);

    /* Flags. */
    flags[3] = flags[5] = flags[30] = 1;
    data.potential = potential;
    data.risk_flags = flags;
    FAILS(crm_customer_tiers_assign(tiers, &data, again, FORTY), CRM_STATUS_INVALID_ARGUMENT, "data.risk_scores");
    data.risk_scores = NULL;
    FAILS(crm_customer_tiers_assign(tiers, &data, again, FORTY), CRM_STATUS_INCOMPATIBLE, "risk");
    OK(crm_customer_tiers_fit(&data, NULL, &back));
    OK(crm_customer_tiers_assign(back, &data, again, FORTY));
    OK(crm_customer_tiers_thresholds(back, &thresholds));
    CHECK(isnan(thresholds.risk));
    for (int row = 0; row < FORTY; row++) CHECK((again[row] == CRM_CUSTOMER_TIER_AT_RISK) == (flags[row] == 1));
    crm_customer_tiers_free(back);
    crm_customer_tier_options options;
    OK(crm_customer_tier_options_init(&options, sizeof options));
    CHECK(options.core.lowest == 0.10 && options.at_risk.highest == 0.10 && options.has_risk_threshold == 0);
    options.has_risk_threshold = 1;
    options.risk_threshold = 38.0;
    FAILS(crm_customer_tiers_fit(&data, &options, &back), CRM_STATUS_INVALID_ARGUMENT, "risk_threshold");
    flags[7] = 2;
    FAILS(crm_customer_tiers_fit(&data, NULL, &back), CRM_STATUS_INVALID_VALUE, "data.risk_flags");
    CHECK(crm_last_error_row() == 7);
    data.risk_flags = NULL;
    FAILS(crm_customer_tiers_fit(&data, NULL, &back), CRM_STATUS_NULL_POINTER, "data.risk_scores");

    /* A threshold of risk: two customers reach it. */
    data.risk_scores = risk;
    OK(crm_customer_tiers_fit(&data, &options, &back));
    OK(crm_customer_tiers_assign(back, &data, again, FORTY));
    int at_risk = 0;
    for (int row = 0; row < FORTY; row++) at_risk += again[row] == CRM_CUSTOMER_TIER_AT_RISK;
    CHECK(at_risk == 2);
    crm_customer_tiers_free(back);
    options.risk_threshold = NAN;
    FAILS(crm_customer_tiers_fit(&data, &options, &back), CRM_STATUS_INVALID_ARGUMENT, "risk_threshold");
    options.has_risk_threshold = 2;
    FAILS(crm_customer_tiers_fit(&data, &options, &back), CRM_STATUS_INVALID_ARGUMENT, "options.has_risk_threshold");
    OK(crm_customer_tier_options_init(&options, sizeof options));
    options.at_risk.lowest = NAN;
    FAILS(crm_customer_tiers_fit(&data, &options, &back), CRM_STATUS_INVALID_ARGUMENT, "bands.at_risk");
    OK(crm_customer_tier_options_init(&options, sizeof options));
    options.basic.highest = 0.41;
    options.important.highest = 0.31;
    FAILS(crm_customer_tiers_fit(&data, &options, &back), CRM_STATUS_INVALID_ARGUMENT, "bands");
    options.reserved = 1;
    FAILS(crm_customer_tiers_fit(&data, &options, &back), CRM_STATUS_INVALID_ARGUMENT, "options.reserved");
    other[4] = NAN;
    data.value = other;
    FAILS(crm_customer_tiers_fit(&data, NULL, &back), CRM_STATUS_INVALID_VALUE, "value");
    CHECK(crm_last_error_row() == 4);
    data.value = NULL;
    FAILS(crm_customer_tiers_fit(&data, NULL, &back), CRM_STATUS_NULL_POINTER, "data.value");
    data.length = 0;
    FAILS(crm_customer_tiers_fit(&data, NULL, &back), CRM_STATUS_EMPTY, "value");
    FAILS(crm_customer_tiers_fit(NULL, NULL, &back), CRM_STATUS_NULL_POINTER, "data");
    CHECK(back == NULL);
    crm_customer_tiers_free(tiers);
}

static void backtests(void) {
    const uint32_t before[] = {CRM_CUSTOMER_TIER_CORE, CRM_CUSTOMER_TIER_BASIC, CRM_CUSTOMER_TIER_BASIC,
                               CRM_CUSTOMER_TIER_AT_RISK};
    const uint32_t after[] = {CRM_CUSTOMER_TIER_CORE, CRM_CUSTOMER_TIER_BASIC, CRM_CUSTOMER_TIER_AT_RISK,
                              CRM_CUSTOMER_TIER_AT_RISK};
    const uint32_t beyond[] = {0, 4, 0, 0};
    crm_tier_backtest found = {.struct_size = sizeof found};
    OK(crm_tier_backtest_of(before, after, 4, CRM_TIER_BACKTEST_TARGET, &found));
    CHECK(found.agreement == 0.75 && found.target == 0.9 && found.reaches_target == 0);
    CHECK(found.counts[2][3] == 1 && found.counts[2][2] == 1 && found.counts[0][0] == 1 && found.kept[2] == 1);
    CHECK(found.tier_agreement[2] == 0.5 && isnan(found.tier_agreement[1]));
    /* By chance: 1/4 1/4 + 2/4 1/4 + 1/4 2/4. */
    CHECK(found.chance_agreement == 0.3125);
    NEAR(found.kappa, (0.75 - 0.3125) / (1.0 - 0.3125), 1e-15);
    OK(crm_tier_backtest_of(before, before, 4, 1.0, &found));
    CHECK(found.reaches_target == 1 && found.kappa == 1.0);
    OK(crm_tier_backtest_of(before, before, 1, 1.0, &found));
    CHECK(isnan(found.kappa));
    FAILS(crm_tier_backtest_of(before, beyond, 4, 0.9, &found), CRM_STATUS_INVALID_ARGUMENT, "after");
    CHECK(crm_last_error_row() == 1);
    FAILS(crm_tier_backtest_of(before, after, 4, 0.0, &found), CRM_STATUS_INVALID_ARGUMENT, "target");
    FAILS(crm_tier_backtest_of(before, after, 4, NAN, &found), CRM_STATUS_INVALID_ARGUMENT, "target");
    FAILS(crm_tier_backtest_of(NULL, NULL, 0, 0.9, &found), CRM_STATUS_EMPTY, "before");
    FAILS(crm_tier_backtest_of(before, NULL, 4, 0.9, &found), CRM_STATUS_NULL_POINTER, "after");
    FAILS(crm_tier_backtest_of(before, after, 4, 0.9, NULL), CRM_STATUS_NULL_POINTER, "out");
}

static void agreement(void) {
    const uint32_t rows[] = {0, 0, 1, 2}, columns[] = {0, 0, 1, 1}, huge[] = {0, 70000};
    crm_cross_table *table = NULL;
    uint64_t counts[12];
    OK(crm_cross_table_new(rows, columns, 4, 0, 0, &table));
    CHECK(crm_cross_table_row_count(table) == 3 && crm_cross_table_column_count(table) == 2);
    OK(crm_cross_table_counts(table, counts, 6));
    CHECK(counts[0] == 2 && counts[1] == 0 && counts[2] == 0 && counts[3] == 1 && counts[4] == 0 && counts[5] == 1);
    OK(crm_cross_table_row_totals(table, counts, 3));
    CHECK(counts[0] == 2 && counts[1] == 1 && counts[2] == 1);
    OK(crm_cross_table_column_totals(table, counts, 2));
    CHECK(counts[0] == 2 && counts[1] == 2);
    crm_label_agreement found = {.struct_size = sizeof found};
    OK(crm_cross_table_agreement(table, &found));
    /* By chance: 2/4 2/4 + 1/4 2/4. */
    CHECK(found.customers == 4 && found.agreement == 0.75 && found.chance_agreement == 0.375);
    NEAR(found.kappa, 0.6, 1e-15);
    FAILS(crm_cross_table_counts(table, counts, 5), CRM_STATUS_LENGTH_MISMATCH, "capacity");
    FAILS(crm_cross_table_row_totals(table, NULL, 3), CRM_STATUS_NULL_POINTER, "out");
    crm_cross_table_free(table);
    OK(crm_cross_table_new(rows, columns, 4, 4, 0, &table));
    CHECK(crm_cross_table_row_count(table) == 4 && crm_cross_table_column_count(table) == 2);
    crm_cross_table_free(table);
    FAILS(crm_cross_table_new(rows, columns, 4, 2, 2, &table), CRM_STATUS_OUT_OF_RANGE, "rows");
    CHECK(crm_last_error_row() == 3 && table == NULL);
    FAILS(crm_cross_table_new(rows, columns, 4, 70000, 2, &table), CRM_STATUS_INVALID_ARGUMENT, "row_groups");
    FAILS(crm_cross_table_new(rows, huge, 2, 0, 0, &table), CRM_STATUS_OUT_OF_RANGE, "columns");
    FAILS(crm_cross_table_new(NULL, NULL, 0, 0, 0, &table), CRM_STATUS_EMPTY, "rows");
    FAILS(crm_cross_table_new(rows, NULL, 4, 0, 0, &table), CRM_STATUS_NULL_POINTER, "columns");
    CHECK(crm_cross_table_row_count(NULL) == 0);

    double index = 0.0;
    OK(crm_normalized_mutual_information(rows, columns, 4, &index));
    NEAR(index, 0.8, 1e-15);
    FAILS(crm_normalized_mutual_information(rows, NULL, 4, &index), CRM_STATUS_NULL_POINTER, "second");
    FAILS(crm_normalized_mutual_information(rows, columns, 4, NULL), CRM_STATUS_NULL_POINTER, "out");
    CHECK(crm_normalized_mutual_information(NULL, NULL, 0, &index) == CRM_STATUS_EMPTY && index > 0.7);
}

static crm_segment_snapshot snapshot(const uint32_t *labels, size_t length, const double *features, size_t count) {
    crm_segment_snapshot out;
    memset(&out, 0, sizeof out);
    out.struct_size = sizeof out;
    out.labels = labels;
    out.length = length;
    out.features = features;
    out.feature_count = count;
    return out;
}

static void drifts(void) {
    const uint32_t earlier[] = {0, 0, 0, 1}, later[] = {0, 0, 1, 1}, beyond[] = {0, 0, 2, 1};
    /* Two features, one column after the other. */
    const double spend[] = {1.0, 2.0, 3.0, 9.0, 5.0, 5.0, 5.0, 5.0}, grown[] = {2.0, 4.0, 7.0, 9.0, 5.0, 5.0, 6.0, 5.0};
    const double hole[] = {1.0, 2.0, NAN, 4.0};
    crm_segment_snapshot before = snapshot(earlier, 4, spend, 2), after = snapshot(later, 4, grown, 2);
    crm_segment_drift *drift = NULL;
    crm_size_shift size = {.struct_size = sizeof size};
    crm_centre_move move = {.struct_size = sizeof move};
    OK(crm_segment_drift_new(2, &before, &after, CRM_MATCHING_BY_ROW, NULL, NULL, 0, &drift));
    CHECK(crm_segment_drift_length(drift) == 2 && crm_segment_drift_feature_count(drift) == 2);
    OK(crm_segment_drift_size(drift, 0, &size));
    CHECK(size.customers_before == 3 && size.customers_after == 2 && size.share_before == 0.75);
    CHECK(size.share_after == 0.5 && size.change == -0.25);
    NEAR(size.stability_term, -0.25 * log(0.5 / 0.75), 1e-15);
    double stability = 0.0;
    int32_t shift = -1;
    OK(crm_segment_drift_population(drift, &stability, &shift));
    NEAR(stability, -0.25 * log(0.5 / 0.75) + 0.25 * log(2.0), 1e-15);
    CHECK(shift == CRM_POPULATION_SHIFT_SIGNIFICANT);
    OK(crm_segment_drift_centre(drift, 0, 0, &move));
    CHECK(move.mean_before == 2.0 && move.mean_after == 3.0);
    /* Squares of 2 and 2 with three degrees of freedom. */
    NEAR(move.pooled_standard_deviation, sqrt(4.0 / 3.0), 1e-15);
    NEAR(move.standardized_difference, 1.0 / sqrt(4.0 / 3.0), 1e-15);
    OK(crm_segment_drift_centre(drift, 1, 1, &move));
    CHECK(move.mean_before == 5.0 && move.mean_after == 5.5);
    FAILS(crm_segment_drift_centre(drift, 2, 0, &move), CRM_STATUS_OUT_OF_RANGE, "index");
    FAILS(crm_segment_drift_centre(drift, 0, 2, &move), CRM_STATUS_OUT_OF_RANGE, "index");
    FAILS(crm_segment_drift_size(drift, 2, &size), CRM_STATUS_OUT_OF_RANGE, "index");
    FAILS(crm_segment_drift_population(drift, &stability, NULL), CRM_STATUS_NULL_POINTER, "shift");
    crm_cross_table *migration = NULL;
    uint64_t counts[4];
    OK(crm_segment_drift_migration(drift, &migration));
    OK(crm_cross_table_counts(migration, counts, 4));
    CHECK(counts[0] == 2 && counts[1] == 1 && counts[2] == 0 && counts[3] == 1);
    crm_cross_table_free(migration);
    crm_segment_drift_free(drift);

    const uint32_t from[] = {3, 0}, to[] = {0, 1}, missing[] = {0, 4}, twice[] = {1, 1};
    OK(crm_segment_drift_new(2, &before, &after, CRM_MATCHING_PAIRS, from, to, 2, &drift));
    OK(crm_segment_drift_migration(drift, &migration));
    OK(crm_cross_table_counts(migration, counts, 4));
    CHECK(counts[0] == 1 && counts[1] == 0 && counts[2] == 1 && counts[3] == 0);
    crm_cross_table_free(migration);
    crm_segment_drift_free(drift);
    FAILS(crm_segment_drift_new(2, &before, &after, CRM_MATCHING_PAIRS, from, missing, 2, &drift),
          CRM_STATUS_OUT_OF_RANGE, "matching.after");
    CHECK(crm_last_error_row() == 1 && drift == NULL);
    FAILS(crm_segment_drift_new(2, &before, &after, CRM_MATCHING_PAIRS, twice, to, 2, &drift),
          CRM_STATUS_INVALID_VALUE, "matching.before");
    FAILS(crm_segment_drift_new(2, &before, &after, CRM_MATCHING_PAIRS, NULL, to, 2, &drift), CRM_STATUS_NULL_POINTER,
          "matched_before");
    FAILS(crm_segment_drift_new(2, &before, &after, 3, NULL, NULL, 0, &drift), CRM_STATUS_INVALID_ARGUMENT, "matching");

    before.features = NULL;
    before.feature_count = 0;
    FAILS(crm_segment_drift_new(2, &before, &after, CRM_MATCHING_UNKNOWN, NULL, NULL, 0, &drift),
          CRM_STATUS_INVALID_ARGUMENT, "before.features");
    after = snapshot(later, 3, NULL, 0);
    OK(crm_segment_drift_new(2, &before, &after, CRM_MATCHING_UNKNOWN, NULL, NULL, 0, &drift));
    CHECK(crm_segment_drift_feature_count(drift) == 0);
    FAILS(crm_segment_drift_migration(drift, &migration), CRM_STATUS_MISSING_VALUE, "drift");
    FAILS(crm_segment_drift_centre(drift, 0, 0, &move), CRM_STATUS_OUT_OF_RANGE, "index");
    crm_segment_drift_free(drift);
    FAILS(crm_segment_drift_new(2, &before, &after, CRM_MATCHING_BY_ROW, NULL, NULL, 0, &drift),
          CRM_STATUS_LENGTH_MISMATCH, "after.labels");
    after = snapshot(beyond, 4, NULL, 0);
    FAILS(crm_segment_drift_new(2, &before, &after, CRM_MATCHING_BY_ROW, NULL, NULL, 0, &drift), CRM_STATUS_OUT_OF_RANGE,
          "after.labels");
    CHECK(crm_last_error_row() == 2);
    after = snapshot(later, 0, NULL, 0);
    FAILS(crm_segment_drift_new(2, &before, &after, CRM_MATCHING_UNKNOWN, NULL, NULL, 0, &drift), CRM_STATUS_EMPTY,
          "after.labels");
    FAILS(crm_segment_drift_new(0, &before, &before, CRM_MATCHING_UNKNOWN, NULL, NULL, 0, &drift),
          CRM_STATUS_INVALID_ARGUMENT, "segments");
    before = snapshot(earlier, 4, hole, 1);
    FAILS(crm_segment_drift_new(2, &before, &before, CRM_MATCHING_UNKNOWN, NULL, NULL, 0, &drift),
          CRM_STATUS_INVALID_VALUE, "before.features");
    CHECK(crm_last_error_row() == 2);
    before = snapshot(earlier, 4, NULL, 1);
    FAILS(crm_segment_drift_new(2, &before, &before, CRM_MATCHING_UNKNOWN, NULL, NULL, 0, &drift),
          CRM_STATUS_NULL_POINTER, "before.features");
    FAILS(crm_segment_drift_new(2, NULL, &after, CRM_MATCHING_UNKNOWN, NULL, NULL, 0, &drift), CRM_STATUS_NULL_POINTER,
          "before");
    CHECK(drift == NULL && crm_segment_drift_length(NULL) == 0);
}

int main(void) {
    value_tiers();
    customer_tiers();
    backtests();
    agreement();
    drifts();
    return 0;
}
