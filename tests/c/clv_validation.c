/* Predictions beside what customers did: accuracy, bins, rankings, activity over time, tracking, opportunities. */
#include "check.h"

/* 2024-01-01, a Monday. */
enum { START = 19723 };

static const crm_period WEEK = {1.0, CRM_TIME_UNIT_WEEK};

static int close_to(double got, double truth, double tolerance) { return fabs(got - truth) <= tolerance; }

static int32_t day(const char *iso) {
    int32_t number = 0;
    OK(crm_day_parse(iso, &number));
    return number;
}

static void accuracy(void) {
    /* Errors 1, -2, 0, 3: absolute 6, squares 14, sum 2. Deviations: joint 7, spreads 22 and 5. */
    const double predicted[] = {1.0, 0.0, 1.0, 6.0}, actual[] = {0.0, 2.0, 1.0, 3.0};
    crm_holdout_accuracy out = {.struct_size = sizeof out};
    OK(crm_holdout_accuracy_of(predicted, actual, 4, &out));
    CHECK(out.customers == 4 && out.mean_absolute_error == 1.5 && out.mean_error == 0.5);
    CHECK(out.root_mean_squared_error == sqrt(3.5) && out.total_predicted == 8.0 && out.total_actual == 6.0);
    CHECK(close_to(out.total_error, 1.0 / 3.0, 1e-15) && close_to(out.correlation, 7.0 / sqrt(110.0), 1e-15));
    const double nothing[] = {0.0, 0.0}, same[] = {0.25, 0.25}, bad[] = {1.0, NAN}, huge[] = {1e200, 1.0};
    OK(crm_holdout_accuracy_of(same, nothing, 2, &out));
    CHECK(isnan(out.total_error) && isnan(out.correlation) && out.mean_error == 0.25);
    FAILS(crm_holdout_accuracy_of(bad, same, 2, &out), CRM_STATUS_INVALID_VALUE, "predicted");
    CHECK(crm_last_error_row() == 1 && strcmp(crm_last_error_message(), "predicted, row 1: NaN is not finite") == 0);
    FAILS(crm_holdout_accuracy_of(same, bad, 2, &out), CRM_STATUS_INVALID_VALUE, "actual");
    FAILS(crm_holdout_accuracy_of(huge, same, 2, &out), CRM_STATUS_OUT_OF_RANGE, "predicted");
    FAILS(crm_holdout_accuracy_of(NULL, NULL, 0, &out), CRM_STATUS_EMPTY, "predicted");
    FAILS(crm_holdout_accuracy_of(NULL, actual, 4, &out), CRM_STATUS_NULL_POINTER, "predicted");
    FAILS(crm_holdout_accuracy_of(predicted, NULL, 4, &out), CRM_STATUS_NULL_POINTER, "actual");
    FAILS(crm_holdout_accuracy_of(predicted, actual, SIZE_MAX, &out), CRM_STATUS_INVALID_ARGUMENT, "predicted");
    FAILS(crm_holdout_accuracy_of(predicted, actual, 4, NULL), CRM_STATUS_NULL_POINTER, "out");
    out.struct_size = 3;
    FAILS(crm_holdout_accuracy_of(predicted, actual, 4, &out), CRM_STATUS_INVALID_ARGUMENT, "out.struct_size");
    /* A caller with fewer fields gets those. */
    crm_holdout_accuracy short_one = {.struct_size = 4 * sizeof(size_t), .mean_error = -7.0};
    OK(crm_holdout_accuracy_of(predicted, actual, 4, &short_one));
    CHECK(short_one.root_mean_squared_error == sqrt(3.5) && short_one.mean_error == -7.0);
}

static crm_comparison_bin bin_of(const crm_binned_comparison *comparison, size_t index) {
    crm_comparison_bin bin = {.struct_size = sizeof bin};
    OK(crm_binned_comparison_bin(comparison, index, &bin));
    return bin;
}

static const double X[] = {0.0, 1.0, 0.0, 9.0, 2.0}, PREDICTED[] = {0.5, 1.0, 1.5, 8.0, 4.0},
                    ACTUAL[] = {0.0, 2.0, 1.0, 5.0, 3.0};

static void bins(void) {
    crm_binned_comparison *table = NULL;
    OK(crm_binned_comparison_by_frequency(X, PREDICTED, ACTUAL, 5, 2, &table));
    CHECK(crm_binned_comparison_length(table) == 3);
    const double truth[3][5] = {{0.0, 0.0, 2, 0.5, 1.0}, {1.0, 1.0, 1, 2.0, 1.0}, {2.0, INFINITY, 2, 4.0, 6.0}};
    for (size_t i = 0; i < 3; i++) {
        crm_comparison_bin bin = bin_of(table, i);
        CHECK(bin.from == truth[i][0] && bin.to == truth[i][1] && (double)bin.customers == truth[i][2]);
        CHECK(bin.mean_actual == truth[i][3] && bin.mean_predicted == truth[i][4]);
    }
    crm_comparison_bin bin = {.struct_size = sizeof bin};
    FAILS(crm_binned_comparison_bin(table, 3, &bin), CRM_STATUS_OUT_OF_RANGE, "index");
    FAILS(crm_binned_comparison_bin(table, 0, NULL), CRM_STATUS_NULL_POINTER, "out");
    FAILS(crm_binned_comparison_bin(NULL, 0, &bin), CRM_STATUS_NULL_POINTER, "comparison");
    bin.struct_size = 1;
    FAILS(crm_binned_comparison_bin(table, 0, &bin), CRM_STATUS_INVALID_ARGUMENT, "out.struct_size");
    crm_binned_comparison_free(table);

    OK(crm_binned_comparison_by_width(X, PREDICTED, ACTUAL, 5, 3, &table));
    CHECK(crm_binned_comparison_length(table) == 3);
    bin = bin_of(table, 1);
    CHECK(bin.from == 3.0 && bin.to == 6.0 && bin.customers == 0 && isnan(bin.mean_actual) && isnan(bin.mean_predicted));
    CHECK(bin_of(table, 0).customers == 4 && bin_of(table, 2).customers == 1);
    crm_binned_comparison_free(table);
    /* A value on an edge belongs to the bin above, but the last edge to the last bin. */
    const double edges[] = {0.0, 1.0, 9.0}, falling[] = {1.0, 0.0}, narrow[] = {0.0, 4.0};
    OK(crm_binned_comparison_by_edges(X, PREDICTED, ACTUAL, 5, edges, 3, &table));
    CHECK(crm_binned_comparison_length(table) == 2 && bin_of(table, 0).customers == 2 && bin_of(table, 1).customers == 3);
    crm_binned_comparison_free(table);
    crm_binned_comparison_free(NULL);

    table = (crm_binned_comparison *)&table;
    const double half[] = {0.0, 0.5}, infinite[] = {0.0, INFINITY};
    FAILS(crm_binned_comparison_by_frequency(half, PREDICTED, ACTUAL, 2, 7, &table), CRM_STATUS_INVALID_VALUE,
          "repeat_purchases");
    CHECK(table == NULL && crm_last_error_row() == 1);
    CHECK(strcmp(crm_last_error_message(), "repeat_purchases, row 1: 0.5 is not a whole number of 0 or more") == 0);
    FAILS(crm_binned_comparison_by_frequency(X, PREDICTED, ACTUAL, 5, 10000, &table), CRM_STATUS_INVALID_ARGUMENT,
          "last");
    FAILS(crm_binned_comparison_by_frequency(NULL, PREDICTED, ACTUAL, 5, 7, &table), CRM_STATUS_NULL_POINTER,
          "repeat_purchases");
    FAILS(crm_binned_comparison_by_frequency(X, PREDICTED, ACTUAL, 5, 7, NULL), CRM_STATUS_NULL_POINTER, "out");
    FAILS(crm_binned_comparison_by_width(X, PREDICTED, ACTUAL, 5, 0, &table), CRM_STATUS_INVALID_ARGUMENT, "bins");
    FAILS(crm_binned_comparison_by_width(infinite, PREDICTED, ACTUAL, 2, 3, &table), CRM_STATUS_INVALID_VALUE,
          "values");
    FAILS(crm_binned_comparison_by_edges(X, PREDICTED, ACTUAL, 5, falling, 2, &table), CRM_STATUS_INVALID_ARGUMENT,
          "edges");
    FAILS(crm_binned_comparison_by_edges(X, PREDICTED, ACTUAL, 5, edges, 1, &table), CRM_STATUS_INVALID_ARGUMENT,
          "edges");
    FAILS(crm_binned_comparison_by_edges(X, PREDICTED, ACTUAL, 5, NULL, 3, &table), CRM_STATUS_NULL_POINTER, "edges");
    FAILS(crm_binned_comparison_by_edges(X, PREDICTED, ACTUAL, 5, narrow, 2, &table), CRM_STATUS_INVALID_VALUE,
          "values");
    CHECK(strcmp(crm_last_error_message(), "values, row 3: 9 is outside the edges, 0 to 4") == 0);
    CHECK(crm_binned_comparison_length(NULL) == 0 && strcmp(crm_last_error_argument(), "comparison") == 0);
}

static void ranking(void) {
    /* In order of the prediction: 6, 1, 3, 0 of 10. */
    const double predicted[] = {3.0, 1.0, 2.0, 0.0}, actual[] = {6.0, 3.0, 1.0, 0.0};
    crm_ranking_quality *ranking = NULL;
    OK(crm_ranking_quality_new(predicted, actual, 4, &ranking));
    const double table[][3] = {{0.0, 0.0, 0.0}, {0.125, 0.3, 0.3}, {0.5, 0.7, 0.9}, {0.625, 0.85, 0.95}, {1.0, 1.0, 1.0}};
    double share = 0.0;
    for (size_t i = 0; i < COUNT(table); i++) {
        OK(crm_ranking_quality_share_held(ranking, table[i][0], &share));
        CHECK(close_to(share, table[i][1], 1e-15));
        OK(crm_ranking_quality_best_share(ranking, table[i][0], &share));
        CHECK(close_to(share, table[i][2], 1e-15));
    }
    crm_ranking_summary summary = {.struct_size = sizeof summary};
    OK(crm_ranking_quality_summary(ranking, &summary));
    CHECK(summary.customers == 4 && summary.total_actual == 10.0);
    CHECK(close_to(summary.gini, 0.4, 1e-15) && close_to(summary.best_gini, 0.5, 1e-15));
    CHECK(close_to(summary.normalised_gini, 0.8, 1e-15));
    FAILS(crm_ranking_quality_share_held(ranking, 1.1, &share), CRM_STATUS_INVALID_ARGUMENT, "fraction");
    FAILS(crm_ranking_quality_best_share(ranking, NAN, &share), CRM_STATUS_INVALID_ARGUMENT, "fraction");
    FAILS(crm_ranking_quality_share_held(ranking, 0.5, NULL), CRM_STATUS_NULL_POINTER, "out");
    FAILS(crm_ranking_quality_summary(NULL, &summary), CRM_STATUS_NULL_POINTER, "ranking");
    summary.struct_size = 0;
    FAILS(crm_ranking_quality_summary(ranking, &summary), CRM_STATUS_INVALID_ARGUMENT, "out.struct_size");
    crm_lift *lift = NULL;
    FAILS(crm_ranking_quality_lift(ranking, 0, &lift), CRM_STATUS_INVALID_ARGUMENT, "parts");
    FAILS(crm_ranking_quality_lift(ranking, 5, &lift), CRM_STATUS_INVALID_ARGUMENT, "parts");
    OK(crm_ranking_quality_lift(ranking, 2, &lift));
    crm_ranking_quality_free(ranking);
    CHECK(crm_lift_length(lift) == 2);
    crm_lift_row row = {.struct_size = sizeof row};
    OK(crm_lift_part(lift, 0, &row));
    CHECK(row.part == 1 && row.customers == 2.0 && row.mean_predicted == 2.5 && row.mean_actual == 3.5);
    CHECK(row.lift == 1.4 && row.share == 0.7 && row.cumulative_share == 0.7 && row.best_cumulative_share == 0.9);
    OK(crm_lift_part(lift, 1, &row));
    CHECK(row.part == 2 && row.mean_predicted == 0.5 && row.mean_actual == 1.5 && row.cumulative_share == 1.0);
    FAILS(crm_lift_part(lift, 2, &row), CRM_STATUS_OUT_OF_RANGE, "index");
    FAILS(crm_lift_part(lift, 0, NULL), CRM_STATUS_NULL_POINTER, "out");
    crm_lift_free(lift);
    crm_lift_free(NULL);
    CHECK(crm_lift_length(NULL) == 0 && strcmp(crm_last_error_argument(), "lift") == 0);
    /* Customers who all did the same cannot be ranked well or badly. */
    const double same[] = {3.0, 3.0, 3.0, 3.0}, none[] = {0.0, 0.0, 1.0, -1.0};
    OK(crm_ranking_quality_new(predicted, same, 4, &ranking));
    summary.struct_size = sizeof summary;
    OK(crm_ranking_quality_summary(ranking, &summary));
    CHECK(summary.gini == 0.0 && isnan(summary.normalised_gini));
    crm_ranking_quality_free(ranking);
    crm_ranking_quality_free(NULL);
    FAILS(crm_ranking_quality_new(predicted, none, 4, &ranking), CRM_STATUS_INVALID_VALUE, "actual");
    CHECK(ranking == NULL);
    FAILS(crm_ranking_quality_new(NULL, NULL, 0, &ranking), CRM_STATUS_EMPTY, "predicted");
    FAILS(crm_ranking_quality_new(predicted, same, 4, NULL), CRM_STATUS_NULL_POINTER, "out");
}

/* Customer 1 buys in weeks 1, 1, 2, 2 and 3 and returns; 2 first buys in week 2; 3 too late for the cohort; 4 only returns. */
static const int64_t SHOP_IDS[] = {1, 1, 1, 1, 1, 1, 2, 2, 3, 3, 4};
static const int32_t SHOP_DAYS[] = {0, 6, 7, 8, 13, 14, 7, 20, 12, 20, 3};
static const double SHOP_AMOUNTS[] = {10.0, 20.0, 30.0, -5.0, 40.0, 50.0, 1.0, 2.0, 100.0, 100.0, -7.0};

static crm_history *shop(void) {
    int32_t days[COUNT(SHOP_DAYS)];
    for (size_t i = 0; i < COUNT(days); i++)
        days[i] = START + SHOP_DAYS[i];
    crm_transactions batch;
    memset(&batch, 0, sizeof batch);
    batch.struct_size = sizeof batch;
    batch.length = COUNT(days);
    batch.customer_id_int64 = SHOP_IDS;
    batch.time_days = days;
    batch.amount_double = SHOP_AMOUNTS;
    return history_of(batch, NULL);
}

/* Pareto/NBD with r 1, alpha 1, s 2 and beta 1: E[X(t)] = t / (1 + t). */
static crm_purchase_model *simple_model(int32_t unit) {
    const double parameters[] = {1.0, 1.0, 2.0, 1.0};
    crm_purchase_model *model = NULL;
    OK(crm_purchase_model_from_parameters(CRM_PURCHASE_KIND_PARETO_NBD, parameters, 4, unit, &model));
    return model;
}

static void activity_and_tracking(void) {
    crm_history *history = shop();
    crm_period_activity *activity = NULL;
    OK(crm_history_repeat_purchases_by_period(history, START + 7, &WEEK, START + 16, &activity));
    CHECK(crm_period_activity_length(activity) == 3 && crm_period_activity_customers(activity) == 2);
    const int32_t bounds[3][3] = {{0, 6, 1}, {7, 13, 1}, {14, 16, 0}};
    const uint64_t counts[3][3] = {{1, 1, 1}, {2, 1, 1}, {1, 1, 0}};
    const double amounts[3][2] = {{20.0, 30.0}, {70.0, 66.0}, {50.0, 50.0}};
    crm_activity_row row = {.struct_size = sizeof row};
    for (size_t i = 0; i < 3; i++) {
        OK(crm_period_activity_row(activity, i, &row));
        CHECK(row.first_day == START + bounds[i][0] && row.last_day == START + bounds[i][1]);
        CHECK(row.is_complete == bounds[i][2] && row.reserved == 0);
        CHECK(row.repeat_purchases == counts[i][0] && row.repeat_buyers == counts[i][1]);
        CHECK(row.new_customers == counts[i][2] && crm_money_to_double(row.repeat_amount) == amounts[i][0]);
        CHECK(crm_money_to_double(row.net_amount) == amounts[i][1]);
    }
    int32_t days[2];
    uint64_t customers[2];
    CHECK(crm_period_activity_first_purchase_days(activity) == 2);
    OK(crm_period_activity_first_purchases(activity, days, customers, 2));
    CHECK(days[0] == START && days[1] == START + 7 && customers[0] == 1 && customers[1] == 1);
    FAILS(crm_period_activity_first_purchases(activity, days, customers, 1), CRM_STATUS_LENGTH_MISMATCH, "capacity");
    FAILS(crm_period_activity_first_purchases(activity, NULL, customers, 2), CRM_STATUS_NULL_POINTER, "days");
    FAILS(crm_period_activity_first_purchases(activity, days, NULL, 2), CRM_STATUS_NULL_POINTER, "customers");
    FAILS(crm_period_activity_row(activity, 3, &row), CRM_STATUS_OUT_OF_RANGE, "index");
    FAILS(crm_period_activity_row(activity, 0, NULL), CRM_STATUS_NULL_POINTER, "out");
    CHECK(crm_period_activity_length(NULL) == 0 && strcmp(crm_last_error_argument(), "activity") == 0);

    crm_purchase_model *model = simple_model(CRM_TIME_UNIT_DAY);
    crm_tracking *tracking = NULL;
    OK(crm_tracking_new(activity, model, &tracking));
    CHECK(crm_tracking_length(tracking) == 3);
    /* At the end of day 6 one customer is 6 days old; at that of day 13 they are 13 and 6; then 16 and 9. */
    const double expected[] = {6.0 / 7.0, 13.0 / 14.0 + 6.0 / 7.0, 16.0 / 17.0 + 0.9};
    const uint64_t actual[] = {1, 3, 4};
    crm_tracking_row period = {.struct_size = sizeof period};
    double before = 0.0;
    for (size_t i = 0; i < 3; i++) {
        OK(crm_tracking_period(tracking, i, &period));
        CHECK(period.last_day == START + bounds[i][1] && period.is_complete == bounds[i][2]);
        CHECK(period.actual == counts[i][0] && period.actual_cumulative == actual[i]);
        CHECK(close_to(period.expected_cumulative, expected[i], 1e-13));
        CHECK(close_to(period.expected, expected[i] - before, 1e-13));
        before = expected[i];
    }
    FAILS(crm_tracking_period(tracking, 3, &period), CRM_STATUS_OUT_OF_RANGE, "index");
    period.struct_size = 2;
    FAILS(crm_tracking_period(tracking, 0, &period), CRM_STATUS_INVALID_ARGUMENT, "out.struct_size");
    crm_tracking_free(tracking);
    crm_tracking_free(NULL);
    CHECK(crm_tracking_length(NULL) == 0 && strcmp(crm_last_error_argument(), "tracking") == 0);
    tracking = (crm_tracking *)&tracking;
    FAILS(crm_tracking_new(activity, NULL, &tracking), CRM_STATUS_NULL_POINTER, "model");
    CHECK(tracking == NULL);
    FAILS(crm_tracking_new(NULL, model, &tracking), CRM_STATUS_NULL_POINTER, "activity");
    FAILS(crm_tracking_new(activity, model, NULL), CRM_STATUS_NULL_POINTER, "out");

    const double starts[] = {1.0, 0.0}, ends[] = {0.0, 1.0, 3.0}, bad[] = {0.0, NAN};
    double sums[3];
    OK(crm_purchase_model_expected_repeat_purchases(model, starts, 2, ends, 3, sums));
    CHECK(sums[0] == 0.0 && close_to(sums[1], 0.5, 1e-14) && close_to(sums[2], 17.0 / 12.0, 1e-14));
    FAILS(crm_purchase_model_expected_repeat_purchases(model, bad, 2, ends, 3, sums), CRM_STATUS_INVALID_VALUE,
          "starts");
    CHECK(crm_last_error_row() == 1);
    FAILS(crm_purchase_model_expected_repeat_purchases(model, starts, 2, bad, 2, sums), CRM_STATUS_INVALID_VALUE,
          "ends");
    FAILS(crm_purchase_model_expected_repeat_purchases(model, NULL, 2, ends, 3, sums), CRM_STATUS_NULL_POINTER,
          "starts");
    FAILS(crm_purchase_model_expected_repeat_purchases(model, starts, 2, NULL, 3, sums), CRM_STATUS_NULL_POINTER,
          "ends");
    FAILS(crm_purchase_model_expected_repeat_purchases(model, starts, 2, ends, 3, NULL), CRM_STATUS_NULL_POINTER,
          "out");
    FAILS(crm_purchase_model_expected_repeat_purchases(NULL, starts, 2, ends, 3, sums), CRM_STATUS_NULL_POINTER,
          "model");
    crm_purchase_model_free(model);
    /* Opportunities are no days. */
    const double parameters[] = {1.0, 1.0, 1.0, 1.0};
    OK(crm_purchase_model_from_parameters(CRM_PURCHASE_KIND_BG_BB, parameters, 4, CRM_TIME_UNIT_WEEK, &model));
    FAILS(crm_tracking_new(activity, model, &tracking), CRM_STATUS_INVALID_ARGUMENT, "model");
    crm_purchase_model_free(model);
    crm_period_activity_free(activity);
    crm_period_activity_free(NULL);

    activity = (crm_period_activity *)&activity;
    FAILS(crm_history_repeat_purchases_by_period(history, START + 7, &WEEK, START + 21, &activity),
          CRM_STATUS_INVALID_ARGUMENT, "until");
    CHECK(activity == NULL);
    FAILS(crm_history_repeat_purchases_by_period(history, START + 17, &WEEK, START + 16, &activity),
          CRM_STATUS_INVALID_ARGUMENT, "cohort_until");
    FAILS(crm_history_repeat_purchases_by_period(history, START - 1, &WEEK, START + 16, &activity), CRM_STATUS_EMPTY,
          "cohort_until");
    FAILS(crm_history_repeat_purchases_by_period(history, INT32_MIN, &WEEK, START + 16, &activity),
          CRM_STATUS_OUT_OF_RANGE, "cohort_until");
    const crm_period hour = {0.04, CRM_TIME_UNIT_DAY}, none = {1.0, 6};
    FAILS(crm_history_repeat_purchases_by_period(history, START + 7, &hour, START + 16, &activity),
          CRM_STATUS_INVALID_ARGUMENT, "period");
    FAILS(crm_history_repeat_purchases_by_period(history, START + 7, &none, START + 16, &activity),
          CRM_STATUS_INVALID_ARGUMENT, "period.unit");
    FAILS(crm_history_repeat_purchases_by_period(history, START + 7, NULL, START + 16, &activity),
          CRM_STATUS_NULL_POINTER, "period");
    crm_history_free(history);
}

static void opportunities(void) {
    crm_history *history = shop();
    crm_opportunities *found = NULL;
    OK(crm_history_opportunities(history, START + 20, CRM_TIME_UNIT_WEEK, &found));
    CHECK(crm_opportunities_length(found) == 3);
    /* Customer 2 bought again 13 days after the first time, in a week that is not over. */
    const int64_t truth[3][3] = {{2, 0, 0}, {2, 0, 0}, {2, 1, 1}};
    for (int32_t column = 0; column < 3; column++) {
        int64_t whole[3];
        double values[4] = {0.0, 0.0, 0.0, -7.0};
        OK(crm_opportunities_column_int64(found, column, whole, 3));
        OK(crm_opportunities_column_double(found, column, values, 4));
        CHECK(memcmp(whole, truth[column], sizeof whole) == 0 && values[3] == -7.0);
        for (size_t i = 0; i < 3; i++)
            CHECK(values[i] == (double)whole[i]);
        FAILS(crm_opportunities_column_int64(found, column, whole, 2), CRM_STATUS_LENGTH_MISMATCH, "capacity");
        FAILS(crm_opportunities_column_double(found, column, NULL, 3), CRM_STATUS_NULL_POINTER, "out");
    }
    double values[3];
    FAILS(crm_opportunities_column_double(found, 3, values, 3), CRM_STATUS_INVALID_ARGUMENT, "column");
    FAILS(crm_opportunities_column_double(found, -1, values, 3), CRM_STATUS_INVALID_ARGUMENT, "column");
    CHECK(crm_opportunities_length(NULL) == 0 && strcmp(crm_last_error_argument(), "opportunities") == 0);
    crm_opportunities_free(found);
    crm_opportunities_free(NULL);
    found = (crm_opportunities *)&found;
    FAILS(crm_history_opportunities(history, START - 1, CRM_TIME_UNIT_WEEK, &found), CRM_STATUS_EMPTY, "as_of");
    CHECK(found == NULL);
    FAILS(crm_history_opportunities(history, START, 6, &found), CRM_STATUS_INVALID_ARGUMENT, "time_unit");
    FAILS(crm_history_opportunities(history, INT32_MAX, 0, &found), CRM_STATUS_OUT_OF_RANGE, "as_of");
    FAILS(crm_history_opportunities(NULL, START, 0, &found), CRM_STATUS_NULL_POINTER, "history");
    FAILS(crm_history_opportunities(history, START, 0, NULL), CRM_STATUS_NULL_POINTER, "out");
    crm_history_free(history);
}

/* The CDNOW sample: 2,357 customers, 39 weeks of calibration and 39 of holdout. */
static void cdnow(void) {
    crm_columns columns;
    OK(crm_columns_init(&columns, sizeof columns));
    columns.customer_id = "customer_id";
    columns.time = "date";
    columns.amount = "dollar_value";
    crm_history *history = NULL;
    OK(crm_history_from_csv("examples/data/cdnow/transactions.csv", &columns, NULL, NULL, NULL, NULL, &history));
    crm_base_options calibration;
    OK(crm_base_options_init(&calibration, sizeof calibration, day("1997-09-30")));
    calibration.time_unit = CRM_TIME_UNIT_WEEK;
    crm_split *split = NULL;
    crm_base *base = NULL;
    OK(crm_history_split(history, &calibration, day("1998-06-30"), &split));
    OK(crm_split_base(split, &base));
    enum { CUSTOMERS = 2357 };
    static double repeat[CUSTOMERS], age[CUSTOMERS], actual[CUSTOMERS], predicted[CUSTOMERS];
    CHECK(crm_split_length(split) == CUSTOMERS);
    OK(crm_split_column_double(split, CRM_HOLDOUT_COLUMN_PURCHASE_DAYS, actual, CUSTOMERS));
    OK(crm_base_column_double(base, CRM_BASE_COLUMN_REPEAT_PURCHASES, repeat, CUSTOMERS));
    OK(crm_base_column_double(base, CRM_BASE_COLUMN_AGE, age, CUSTOMERS));
    /* As BTYD prints them. */
    const uint64_t customers[] = {1411, 439, 214, 100, 62, 38, 29, 64};
    const double printed[] = {0.237, 0.697, 1.393, 1.56, 2.532, 2.947, 3.862, 6.359};
    crm_binned_comparison *table = NULL;
    OK(crm_binned_comparison_by_frequency(repeat, actual, actual, CUSTOMERS, 7, &table));
    CHECK(crm_binned_comparison_length(table) == COUNT(customers));
    for (size_t i = 0; i < COUNT(customers); i++) {
        crm_comparison_bin bin = bin_of(table, i);
        CHECK(bin.customers == customers[i] && close_to(bin.mean_actual, printed[i], 5e-4));
        CHECK(bin.mean_actual == bin.mean_predicted);
    }
    crm_binned_comparison_free(table);

    /* Fader, Hardie and Lee (2005): 2,457 repeat transactions in weeks 1 to 39, 1,882 in weeks 40 to 78. */
    const double parameters[] = {0.243, 4.414, 0.793, 2.426};
    crm_purchase_model *model = NULL;
    OK(crm_purchase_model_from_parameters(CRM_PURCHASE_KIND_BG_NBD, parameters, 4, CRM_TIME_UNIT_WEEK, &model));
    crm_period_activity *activity = NULL;
    crm_tracking *tracking = NULL;
    OK(crm_history_repeat_purchases_by_period(history, day("1997-09-30"), &WEEK, day("1998-06-30"), &activity));
    OK(crm_tracking_new(activity, model, &tracking));
    CHECK(crm_tracking_length(tracking) == 78 && crm_period_activity_customers(activity) == CUSTOMERS);
    crm_tracking_row half = {.struct_size = sizeof half}, end = half;
    OK(crm_tracking_period(tracking, 38, &half));
    OK(crm_tracking_period(tracking, 77, &end));
    CHECK(half.last_day == day("1997-09-30") && half.actual_cumulative == 2457);
    CHECK(end.last_day == day("1998-06-30") && end.actual_cumulative == 2457 + 1882 && end.is_complete == 1);
    /* At the end of the calibration the expectation is that of the ages of the base. */
    double zero = 0.0, sum = 0.0;
    for (size_t i = 0; i < CUSTOMERS; i++)
        age[i] = -age[i];
    OK(crm_purchase_model_expected_repeat_purchases(model, age, CUSTOMERS, &zero, 1, &sum));
    CHECK(close_to(half.expected_cumulative / sum, 1.0, 1e-12) && close_to(sum / 2457.0, 1.0, 0.05));
    crm_tracking_free(tracking);
    crm_period_activity_free(activity);

    /* Predictions rank customers better than chance, and worse than hindsight. */
    crm_purchase_data *data = NULL;
    OK(crm_purchase_data_from_base(base, &data));
    crm_prediction prediction;
    OK(crm_prediction_init(&prediction, sizeof prediction, CRM_PREDICTION_KIND_PURCHASES));
    prediction.horizon = (crm_horizon){39.0, CRM_TIME_UNIT_WEEK, CRM_HORIZON_KIND_WITHIN};
    OK(crm_purchase_model_predict(model, data, &prediction, predicted, CUSTOMERS));
    crm_ranking_quality *ranking = NULL;
    double held = 0.0, best = 0.0;
    OK(crm_ranking_quality_new(predicted, actual, CUSTOMERS, &ranking));
    OK(crm_ranking_quality_share_held(ranking, 0.2, &held));
    OK(crm_ranking_quality_best_share(ranking, 0.2, &best));
    CHECK(0.5 < held && held < best);
    crm_holdout_accuracy accuracy = {.struct_size = sizeof accuracy};
    OK(crm_holdout_accuracy_of(predicted, actual, CUSTOMERS, &accuracy));
    CHECK(accuracy.total_actual == 1882.0 && accuracy.total_error < 0.0 && accuracy.correlation > 0.6);
    crm_ranking_quality_free(ranking);
    crm_purchase_data_free(data);
    crm_purchase_model_free(model);

    /* The vignette of BTYD 2.4.3: expected cumulative purchases at weeks 20 to 25, with the digits that its three hide. */
    const double vignette[] = {0.553294942146, 10.578, 0.605838, 11.656};
    const double sums_printed[] = {1308.856, 1385.275, 1459.923, 1532.906, 1604.32, 1674.253};
    const double weeks[] = {20.0, 21.0, 22.0, 23.0, 24.0, 25.0};
    double sums[6];
    static int64_t firsts[CUSTOMERS];
    OK(crm_base_column_int64(base, CRM_BASE_COLUMN_FIRST_PURCHASE, firsts, CUSTOMERS));
    for (size_t i = 0; i < CUSTOMERS; i++)
        age[i] = (double)(firsts[i] - day("1997-01-01")) / 7.0;
    OK(crm_purchase_model_from_parameters(CRM_PURCHASE_KIND_PARETO_NBD, vignette, 4, CRM_TIME_UNIT_WEEK, &model));
    OK(crm_purchase_model_expected_repeat_purchases(model, age, CUSTOMERS, weeks, 6, sums));
    for (size_t i = 0; i < 6; i++)
        CHECK(close_to(sums[i], sums_printed[i], 5e-4));
    crm_purchase_model_free(model);
    crm_base_free(base);
    crm_split_free(split);
    crm_history_free(history);
}

int main(void) {
    accuracy();
    bins();
    ranking();
    activity_and_tracking();
    opportunities();
    cdnow();
    return 0;
}
