/* Models, scores, segment maps, summaries and migration. */
#include "check.h"

/* Sixty customers whose recency, frequency and monetary value all differ. */
enum { CUSTOMERS = 60 };

static crm_history *graded_history(void) {
    static int64_t ids[CUSTOMERS * CUSTOMERS];
    static int32_t days[CUSTOMERS * CUSTOMERS];
    static double amounts[CUSTOMERS * CUSTOMERS];
    size_t rows = 0;
    for (int customer = 1; customer <= CUSTOMERS; customer++)
        for (int purchase = 0; purchase < customer; purchase++, rows++) {
            ids[rows] = customer;
            days[rows] = 19000 + customer - purchase;
            amounts[rows] = customer;
        }
    crm_transactions batch = log_batch();
    batch.length = rows;
    batch.customer_id_int64 = ids;
    batch.time_days = days;
    batch.amount_double = amounts;
    return history_of(batch, NULL);
}

static crm_rfm_options defaults(void) {
    crm_rfm_options options;
    OK(crm_rfm_options_init(&options, sizeof options));
    return options;
}

static crm_status fit(const crm_base *base, const crm_rfm_options *options) {
    crm_rfm_model *model = (crm_rfm_model *)&model;
    crm_status status = crm_rfm_model_fit(base, options, &model);
    CHECK((status == CRM_STATUS_OK) == (model != NULL));
    if (status == CRM_STATUS_OK) crm_rfm_model_free(model);
    return status;
}

static void options_are_checked(const crm_base *base) {
    struct {
        size_t place;
        const char *name;
        int32_t least_bad;
    } codes[] = {
        {offsetof(crm_rfm_options, binning), "binning", 3},
        {offsetof(crm_rfm_options, closed), "closed", 2},
        {offsetof(crm_rfm_options, nesting), "nesting", 2},
        {offsetof(crm_rfm_options, frequency), "frequency", 3},
        {offsetof(crm_rfm_options, frequency_unit), "frequency_unit", 6},
        {offsetof(crm_rfm_options, monetary), "monetary", 3},
        {offsetof(crm_rfm_options, bins), "bins", 11},
        {offsetof(crm_rfm_options, reserved), "reserved", 1},
    };
    for (size_t index = 0; index < COUNT(codes); index++) {
        const int32_t bad[] = {codes[index].least_bad, -1, INT32_MIN, INT32_MAX};
        for (size_t value = 0; value < COUNT(bad); value++) {
            crm_rfm_options options = defaults();
            memcpy((char *)&options + codes[index].place, &bad[value], sizeof bad[value]);
            FAILS(fit(base, &options), CRM_STATUS_INVALID_ARGUMENT, codes[index].name);
        }
    }
    crm_rfm_options options = defaults();
    options.recency_weight = NAN;
    FAILS(fit(base, &options), CRM_STATUS_INVALID_ARGUMENT, "weights.recency");
    options = defaults();
    options.recency_weight = options.frequency_weight = options.monetary_weight = 0.0;
    FAILS(fit(base, &options), CRM_STATUS_INVALID_ARGUMENT, "weights");
    options = defaults();
    options.binning = CRM_BINNING_BOUNDS;
    CHECK(fit(base, &options) == CRM_STATUS_INVALID_ARGUMENT);
    const double descending[] = {3.0, 2.0};
    options.recency_bounds = options.frequency_bounds = options.monetary_bounds = descending;
    options.recency_bound_count = options.frequency_bound_count = options.monetary_bound_count = 2;
    FAILS(fit(base, &options), CRM_STATUS_INVALID_ARGUMENT, "bounds.recency_days");
    options.recency_bounds = NULL;
    FAILS(fit(base, &options), CRM_STATUS_NULL_POINTER, "recency_bounds");
}

static void scores_of_graded_customers(const crm_base *base) {
    crm_rfm_model *model = NULL;
    crm_rfm_scores *scores = NULL;
    OK(crm_rfm_model_fit(base, NULL, &model));
    OK(crm_rfm_model_score(model, base, &scores));
    CHECK(crm_rfm_model_bins(model) == 5 && crm_rfm_scores_bins(scores) == 5);
    CHECK(crm_rfm_model_customers(model) == CUSTOMERS && crm_rfm_scores_length(scores) == CUSTOMERS);
    uint8_t column[CUSTOMERS];
    double composite[CUSTOMERS];
    for (int32_t dimension = 0; dimension < 3; dimension++) {
        OK(crm_rfm_scores_column(scores, dimension, column, CUSTOMERS));
        for (int customer = 0; customer < CUSTOMERS; customer++) CHECK(column[customer] == 1 + customer / 12);
        FAILS(crm_rfm_scores_column(scores, dimension, column, CUSTOMERS - 1), CRM_STATUS_LENGTH_MISMATCH, "capacity");
        FAILS(crm_rfm_scores_column(scores, dimension, NULL, CUSTOMERS), CRM_STATUS_NULL_POINTER, "out");
    }
    FAILS(crm_rfm_scores_column(scores, 3, column, CUSTOMERS), CRM_STATUS_INVALID_ARGUMENT, "dimension");
    OK(crm_rfm_scores_composite(scores, composite, CUSTOMERS));
    for (int customer = 0; customer < CUSTOMERS; customer++) CHECK(composite[customer] == 1 + customer / 12);
    FAILS(crm_rfm_scores_composite(scores, composite, 0), CRM_STATUS_LENGTH_MISMATCH, "capacity");

    double cuts[4];
    OK(crm_rfm_model_cuts(model, CRM_RFM_DIMENSION_RECENCY, cuts, 4));
    CHECK(cuts[0] == 47.0 && cuts[1] == 35.0 && cuts[2] == 23.0 && cuts[3] == 11.0);
    OK(crm_rfm_model_cuts(model, CRM_RFM_DIMENSION_FREQUENCY, cuts, 4));
    CHECK(cuts[0] == 13.0 && cuts[3] == 49.0);
    OK(crm_rfm_model_cuts(model, CRM_RFM_DIMENSION_MONETARY, cuts, 4));
    CHECK(cuts[0] == 169.0 && cuts[3] == 2401.0);
    FAILS(crm_rfm_model_cuts(model, CRM_RFM_DIMENSION_MONETARY, cuts, 3), CRM_STATUS_LENGTH_MISMATCH, "capacity");
    FAILS(crm_rfm_model_cuts(model, 3, cuts, 4), CRM_STATUS_INVALID_ARGUMENT, "dimension");
    int32_t start = 0, end = 0;
    OK(crm_rfm_model_period(model, &start, &end));
    CHECK(start == 19001 && end == 19060);

    CHECK(crm_rfm_model_warning_count(model) == 2);
    CHECK(strstr(crm_rfm_model_warning(model, 0), "60 customers") != NULL);
    CHECK(strstr(crm_rfm_model_warning(model, 1), "60 days") != NULL);
    CHECK(crm_rfm_model_warning(model, 2) == NULL && strcmp(crm_last_error_argument(), "index") == 0);

    /* There and back again. */
    crm_bytes *json = NULL, *again = NULL;
    crm_rfm_model *back = NULL;
    OK(crm_rfm_model_to_json(model, &json));
    CHECK(strlen(crm_bytes_text(json)) == crm_bytes_length(json));
    OK(crm_rfm_model_from_json(crm_bytes_text(json), &back));
    OK(crm_rfm_model_to_json(back, &again));
    CHECK(strcmp(crm_bytes_text(json), crm_bytes_text(again)) == 0);
    CHECK(crm_rfm_model_warning_count(back) == 2);
    crm_rfm_model_free(back);
    crm_bytes_free(again);
    crm_bytes_free(json);
    FAILS(crm_rfm_model_from_json("{", &back), CRM_STATUS_CORRUPT, "json");
    FAILS(crm_rfm_model_from_json("{\"version\": 99}", &back), CRM_STATUS_INCOMPATIBLE, "json");
    FAILS(crm_rfm_model_from_json("\xff", &back), CRM_STATUS_NOT_UTF8, "json");
    CHECK(back == NULL);
    crm_rfm_scores_free(scores);
    crm_rfm_model_free(model);
}

static void other_ways_to_score(const crm_history *history, const crm_base *base) {
    crm_rfm_options options = defaults();
    const double recency[] = {10.0, 30.0}, frequency[] = {20.0, 40.0}, monetary[] = {100.0, 3000.0};
    options.binning = CRM_BINNING_BOUNDS;
    options.recency_bounds = recency;
    options.frequency_bounds = frequency;
    options.monetary_bounds = monetary;
    options.recency_bound_count = options.frequency_bound_count = options.monetary_bound_count = 2;
    options.recency_weight = 2.0;
    options.monetary_weight = 0.0;
    crm_rfm_model *model = NULL;
    crm_rfm_scores *scores = NULL;
    OK(crm_rfm_model_fit(base, &options, &model));
    OK(crm_rfm_model_score(model, base, &scores));
    CHECK(crm_rfm_model_bins(model) == 3);
    uint8_t column[CUSTOMERS];
    double composite[CUSTOMERS];
    /* Customer 50 bought 10 days ago, which reaches the first bound; 50 orders; 2500 in all. */
    OK(crm_rfm_scores_column(scores, CRM_RFM_DIMENSION_RECENCY, column, CUSTOMERS));
    CHECK(column[49] == 2 && column[50] == 3 && column[29] == 1);
    OK(crm_rfm_scores_column(scores, CRM_RFM_DIMENSION_FREQUENCY, column, CUSTOMERS));
    CHECK(column[39] == 3 && column[38] == 2 && column[18] == 1);
    OK(crm_rfm_scores_column(scores, CRM_RFM_DIMENSION_MONETARY, column, CUSTOMERS));
    CHECK(column[9] == 2 && column[8] == 1 && column[54] == 3);
    OK(crm_rfm_scores_composite(scores, composite, CUSTOMERS));
    CHECK(composite[49] == (2.0 * 2 + 3.0) / 3.0);
    crm_rfm_scores_free(scores);
    crm_rfm_model_free(model);

    options = defaults();
    options.nesting = CRM_NESTING_NESTED;
    options.binning = CRM_BINNING_QUANTILES;
    options.closed = CRM_CLOSED_LEFT;
    options.bins = 2;
    options.frequency = CRM_FREQUENCY_ORDERS_PER;
    options.frequency_unit = CRM_TIME_UNIT_WEEK;
    options.monetary = CRM_MONETARY_MEAN_PER_ORDER;
    double cuts[1];
    OK(crm_rfm_model_fit(base, &options, &model));
    OK(crm_rfm_model_cuts(model, CRM_RFM_DIMENSION_RECENCY, cuts, 1));
    FAILS(crm_rfm_model_cuts(model, CRM_RFM_DIMENSION_FREQUENCY, cuts, 1), CRM_STATUS_INCOMPATIBLE, "dimension");
    FAILS(crm_rfm_model_cuts(model, CRM_RFM_DIMENSION_MONETARY, cuts, 1), CRM_STATUS_INCOMPATIBLE, "dimension");
    /* A base with a window is none for a model without. */
    crm_base_options window;
    crm_base *windowed = NULL;
    OK(crm_base_options_init(&window, sizeof window, 19060));
    window.window_days = 30;
    OK(crm_history_base(history, &window, &windowed));
    scores = (crm_rfm_scores *)&window;
    FAILS(crm_rfm_model_score(model, windowed, &scores), CRM_STATUS_INCOMPATIBLE, "window_days");
    CHECK(scores == NULL);
    crm_base_free(windowed);
    crm_rfm_model_free(model);
}

static void maps_are_whole_and_disjoint(void) {
    crm_segment_map *map = NULL;
    OK(crm_segment_map_standard(&map));
    CHECK(crm_segment_map_bins(map) == 5 && crm_segment_map_name_count(map) == 10);
    CHECK(strcmp(crm_segment_map_name(map, 0), "Champions") == 0);
    CHECK(crm_segment_map_name(map, 10) == NULL && strcmp(crm_last_error_argument(), "index") == 0);
    crm_segment_map_free(map);

    crm_segment_rule rules[] = {
        {"gone", 1, 1, 1, 2, 0, 0},
        {"hier – 这里", 2, 2, 1, 2, 1, 2},
    };
    OK(crm_segment_map_new(2, rules, 2, &map));
    CHECK(strcmp(crm_segment_map_name(map, 1), "hier – 这里") == 0 && crm_segment_map_bins(map) == 2);
    crm_segment_map_free(map);
    FAILS(crm_segment_map_new(2, rules, 1, &map), CRM_STATUS_INVALID_ARGUMENT, "rules");
    CHECK(strstr(crm_last_error_message(), "2-1-1") != NULL);
    FAILS(crm_segment_map_first_match(2, rules, 1, NULL, &map), CRM_STATUS_INVALID_ARGUMENT, "rules");
    OK(crm_segment_map_first_match(2, rules, 1, "rest", &map));
    CHECK(crm_segment_map_name_count(map) == 2 && strcmp(crm_segment_map_name(map, 1), "rest") == 0);
    crm_segment_map_free(map);
    rules[1].recency_low = 1;
    FAILS(crm_segment_map_new(2, rules, 2, &map), CRM_STATUS_INVALID_ARGUMENT, "rules");
    OK(crm_segment_map_first_match(2, rules, 2, NULL, &map));
    crm_segment_map_free(map);
    const int32_t bad[] = {0, -1, 3, 255, 256, 257, INT32_MAX};
    for (size_t index = 0; index < COUNT(bad); index++) {
        rules[0].frequency_high = bad[index];
        FAILS(crm_segment_map_new(2, rules, 2, &map), CRM_STATUS_INVALID_ARGUMENT, "gone.frequency");
    }
    rules[0].frequency_high = 2;
    FAILS(crm_segment_map_new(1, rules, 2, &map), CRM_STATUS_INVALID_ARGUMENT, "bins");
    FAILS(crm_segment_map_new(258, rules, 2, &map), CRM_STATUS_INVALID_ARGUMENT, "bins");
    FAILS(crm_segment_map_new(2, rules, 0, &map), CRM_STATUS_INVALID_ARGUMENT, "rules");
    FAILS(crm_segment_map_new(2, NULL, 2, &map), CRM_STATUS_NULL_POINTER, "rules");
    rules[0].segment = NULL;
    FAILS(crm_segment_map_new(2, rules, 2, &map), CRM_STATUS_NULL_POINTER, "rules.segment");
    rules[0].segment = "\xff";
    FAILS(crm_segment_map_new(2, rules, 2, &map), CRM_STATUS_NOT_UTF8, "rules.segment");
    CHECK(map == NULL);
}

static crm_segments *segments_of(const crm_rfm_model *model, const crm_base *base) {
    crm_rfm_scores *scores = NULL;
    crm_segment_map *map = NULL;
    crm_segments *segments = NULL;
    OK(crm_rfm_model_score(model, base, &scores));
    OK(crm_segment_map_standard(&map));
    OK(crm_segment_map_assign(map, scores, &segments));
    crm_segment_map_free(map);
    crm_rfm_scores_free(scores);
    return segments;
}

static void segments_summary_and_migration(const crm_history *history, const crm_base *base) {
    crm_rfm_model *model = NULL;
    OK(crm_rfm_model_fit(base, NULL, &model));
    crm_segments *segments = segments_of(model, base);
    CHECK(crm_segments_length(segments) == CUSTOMERS && crm_segments_name_count(segments) == 10);
    uint8_t codes[CUSTOMERS];
    OK(crm_segments_codes(segments, codes, CUSTOMERS));
    CHECK(strcmp(crm_segments_name(segments, codes[0]), "Hibernating") == 0);
    CHECK(strcmp(crm_segments_name(segments, codes[CUSTOMERS - 1]), "Champions") == 0);
    CHECK(crm_segments_name(segments, 10) == NULL && crm_last_error_message()[0] != '\0');
    FAILS(crm_segments_codes(segments, codes, CUSTOMERS - 1), CRM_STATUS_LENGTH_MISMATCH, "capacity");

    crm_segment_summary *summary = NULL;
    OK(crm_segment_summary_new(base, segments, &summary));
    CHECK(crm_segment_summary_length(summary) == 10);
    uint64_t customers = 0;
    double share = 0.0;
    for (size_t index = 0; index < 10; index++) {
        crm_segment_row row = {.struct_size = sizeof row};
        OK(crm_segment_summary_row(summary, index, &row));
        CHECK(strcmp(row.segment, crm_segments_name(segments, index)) == 0);
        CHECK(isnan(row.mean_orders) == (row.customers == 0));
        customers += row.customers;
        share += row.customer_share;
    }
    CHECK(customers == CUSTOMERS && fabs(share - 1.0) < 1e-15);
    crm_segment_row row = {.struct_size = sizeof row};
    OK(crm_segment_summary_row(summary, 0, &row));
    /* Customers 49 to 60 are champions: each bought as often, and for as much, as its number. */
    CHECK(row.customers == 12 && row.mean_orders == 54.5 && row.mean_days_since_last_purchase == 5.5);
    CHECK(crm_money_to_double(row.net_amount) == 35786.0);
    FAILS(crm_segment_summary_row(summary, 10, &row), CRM_STATUS_OUT_OF_RANGE, "index");
    row.struct_size = 0;
    FAILS(crm_segment_summary_row(summary, 0, &row), CRM_STATUS_INVALID_ARGUMENT, "out.struct_size");
    crm_segment_summary_free(summary);

    crm_base *earlier = base_of(history, 19050);
    crm_segments *before = segments_of(model, earlier);
    crm_migration *migration = NULL;
    OK(crm_migration_new(earlier, before, base, segments, &migration));
    CHECK(crm_migration_row_count(migration) == 11 && crm_migration_column_count(migration) == 11);
    CHECK(strcmp(crm_migration_row_name(migration, 0), "Champions") == 0);
    CHECK(crm_migration_row_name(migration, 10) == NULL && crm_migration_column_name(migration, 10) == NULL);
    CHECK(strcmp(crm_migration_column_name(migration, 9), crm_segments_name(segments, 9)) == 0);
    uint64_t counts[121], total = 0, dropped = 0;
    OK(crm_migration_counts(migration, counts, 121));
    for (size_t index = 0; index < 121; index++) total += counts[index];
    for (size_t index = 10; index < 121; index += 11) dropped += counts[index];
    CHECK(total == CUSTOMERS && dropped == 0);
    FAILS(crm_migration_counts(migration, counts, 120), CRM_STATUS_LENGTH_MISMATCH, "capacity");
    crm_migration_free(migration);
    FAILS(crm_migration_new(base, segments, earlier, before, &migration), CRM_STATUS_INVALID_ARGUMENT, "later.as_of");

    /* Things of another base do not fit. */
    crm_history *small = log_history();
    crm_base *other = base_of(small, 19701);
    FAILS(crm_segment_summary_new(other, segments, &summary), CRM_STATUS_LENGTH_MISMATCH, "segments");
    FAILS(crm_migration_new(base, segments, other, segments, &migration), CRM_STATUS_LENGTH_MISMATCH, "later");
    CHECK(summary == NULL && migration == NULL);
    crm_base_free(other);
    crm_history_free(small);
    crm_rfm_options ten = defaults();
    ten.bins = 10;
    crm_rfm_model *finer = NULL;
    crm_rfm_scores *scores = NULL;
    crm_segment_map *map = NULL;
    crm_segments *none = NULL;
    OK(crm_rfm_model_fit(base, &ten, &finer));
    OK(crm_rfm_model_score(finer, base, &scores));
    OK(crm_segment_map_standard(&map));
    FAILS(crm_segment_map_assign(map, scores, &none), CRM_STATUS_INCOMPATIBLE, "segment_map");
    CHECK(none == NULL);
    crm_segment_map_free(map);
    crm_rfm_scores_free(scores);
    crm_rfm_model_free(finer);
    crm_segments_free(before);
    crm_base_free(earlier);
    crm_segments_free(segments);
    crm_rfm_model_free(model);
}

int main(void) {
    crm_history *history = graded_history();
    crm_base *base = base_of(history, 19060);
    options_are_checked(base);
    scores_of_graded_customers(base);
    other_ways_to_score(history, base);
    maps_are_whole_and_disjoint();
    segments_summary_and_migration(history, base);
    crm_base_free(base);
    crm_history_free(history);
    return 0;
}
