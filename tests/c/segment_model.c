/* Segments through the C interface: features, scaling, models, profiles, and what is refused. */
#include "check.h"

#define NEAR(value, expected, tolerance) CHECK(fabs((value) - (expected)) <= (tolerance))

static int is(const char *text, const char *expected) { return text != NULL && strcmp(text, expected) == 0; }

static crm_base_options as_of(int32_t day) {
    crm_base_options options;
    OK(crm_base_options_init(&options, sizeof options, day));
    return options;
}

static crm_feature_table *with_column(crm_feature_table *table, const char *name, const char *unit,
                                      const double *values, size_t length) {
    crm_feature_table *more = NULL;
    OK(crm_feature_table_with_column(table, name, unit, values, length, &more));
    crm_feature_table_free(table);
    return more;
}

static crm_feature_table *table_of(const char *name, const char *unit, const double *values, size_t length) {
    crm_feature_table *table = NULL;
    OK(crm_feature_table_new(length, &table));
    return with_column(table, name, unit, values, length);
}

static const double VISITS[] = {1.0, 2.0, 1.0, 30.0, 28.0, 33.0};

static crm_segment_model_options options_for(size_t clusters) {
    crm_segment_model_options options;
    OK(crm_segment_model_options_init(&options, sizeof options, clusters));
    return options;
}

static void rhythms(const crm_history *history) {
    crm_base_options options = as_of(19710);
    crm_rhythm *rhythm = NULL;
    OK(crm_history_rhythm(history, &options, &rhythm));
    CHECK(crm_rhythm_length(rhythm) == 3);
    int32_t day = 0, unit = -1;
    OK(crm_rhythm_as_of(rhythm, &day));
    OK(crm_rhythm_time_unit(rhythm, &unit));
    CHECK(day == 19710 && unit == CRM_TIME_UNIT_DAY);
    /* Customer 3 bought on days 19690, 19695 and 19700; the others on one day each. */
    const double first[] = {2.0, 10.0, 50.0, 5.0, 5.0, 5.0, 0.0, 1.0};
    double column[3];
    for (int32_t code = 0; code < 8; code++) {
        OK(crm_rhythm_values(rhythm, code, column, 3));
        CHECK(column[0] == first[code]);
        CHECK(code < 3 ? column[1] == 0.0 && column[2] == 0.0 : isnan(column[1]) && isnan(column[2]));
    }
    FAILS(crm_rhythm_values(rhythm, 8, column, 3), CRM_STATUS_INVALID_ARGUMENT, "column");
    FAILS(crm_rhythm_values(rhythm, 0, column, 2), CRM_STATUS_LENGTH_MISMATCH, "capacity");
    FAILS(crm_rhythm_values(rhythm, 0, NULL, 3), CRM_STATUS_NULL_POINTER, "out");
    FAILS(crm_rhythm_values(NULL, 0, column, 3), CRM_STATUS_NULL_POINTER, "rhythm");
    CHECK(crm_rhythm_length(NULL) == 0 && is(crm_last_error_argument(), "rhythm"));
    CHECK(crm_rhythm_length((const crm_rhythm *)history) == 0);
    CHECK(strstr(crm_last_error_message(), "crm_rhythm") != NULL);
    crm_rhythm_free(rhythm);
    crm_rhythm_free(NULL);
    rhythm = (crm_rhythm *)&day;
    options.window_days = 0;
    FAILS(crm_history_rhythm(history, &options, &rhythm), CRM_STATUS_INVALID_ARGUMENT, "window_days");
    CHECK(rhythm == NULL);
    options = as_of(19000);
    CHECK(crm_history_rhythm(history, &options, &rhythm) == CRM_STATUS_EMPTY);
    FAILS(crm_history_rhythm(history, NULL, &rhythm), CRM_STATUS_NULL_POINTER, "options");
    FAILS(crm_history_rhythm(NULL, &options, &rhythm), CRM_STATUS_NULL_POINTER, "history");
}

static void features(const crm_history *history) {
    crm_base *base = base_of(history, 19710);
    crm_feature_table *table = NULL;
    double column[3];
    OK(crm_feature_table_from_base(base, NULL, 0, &table));
    CHECK(crm_feature_table_rows(table) == 3 && crm_feature_table_column_count(table) == 3);
    const char *const names[] = {"time_since_last_purchase", "purchase_days", "net_amount"};
    const char *const units[] = {"day", "count", "money"};
    const double values[3][3] = {{10.0, 60.0, 10.0}, {3.0, 1.0, 1.0}, {51.5, 5.0, 12.5}};
    for (size_t index = 0; index < 3; index++) {
        size_t found = 9, missing = 9;
        CHECK(is(crm_feature_table_name(table, index), names[index]));
        CHECK(is(crm_feature_table_unit(table, index), units[index]));
        OK(crm_feature_table_index(table, names[index], &found));
        OK(crm_feature_table_missing(table, index, &missing));
        CHECK(found == index && missing == 0);
        OK(crm_feature_table_values(table, index, column, 3));
        CHECK(memcmp(column, values[index], sizeof column) == 0);
    }
    int32_t day = 0;
    size_t place = 0;
    OK(crm_feature_table_as_of(table, &day));
    CHECK(day == 19710 && crm_feature_table_currency(table) == NULL && crm_last_error_message()[0] == '\0');
    FAILS(crm_feature_table_values(table, 3, column, 3), CRM_STATUS_OUT_OF_RANGE, "index");
    FAILS(crm_feature_table_values(table, 0, column, 2), CRM_STATUS_LENGTH_MISMATCH, "capacity");
    FAILS(crm_feature_table_values(table, 0, NULL, 3), CRM_STATUS_NULL_POINTER, "out");
    FAILS(crm_feature_table_index(table, "orders", &place), CRM_STATUS_MISSING_COLUMN, "orders");
    FAILS(crm_feature_table_missing(table, 3, &place), CRM_STATUS_OUT_OF_RANGE, "index");
    CHECK(crm_feature_table_name(table, 3) == NULL && is(crm_last_error_argument(), "index"));
    CHECK(crm_feature_table_unit(table, 3) == NULL && crm_feature_table_name(NULL, 0) == NULL);
    crm_feature_table_free(table);

    const int32_t twice[] = {CRM_FEATURE_ORDERS, CRM_FEATURE_ORDERS}, none[] = {10}, negative[] = {-1};
    const int32_t rhythmic[] = {CRM_FEATURE_MEAN_GAP, CRM_FEATURE_REGULARITY, CRM_FEATURE_RETURN_RATE};
    FAILS(crm_feature_table_from_base(base, twice, 2, &table), CRM_STATUS_INVALID_ARGUMENT, "features");
    CHECK(table == NULL);
    FAILS(crm_feature_table_from_base(base, none, 1, &table), CRM_STATUS_INVALID_ARGUMENT, "features");
    FAILS(crm_feature_table_from_base(base, negative, 1, &table), CRM_STATUS_INVALID_ARGUMENT, "features");
    FAILS(crm_feature_table_from_base(base, rhythmic, 3, &table), CRM_STATUS_INVALID_ARGUMENT, "features");
    FAILS(crm_feature_table_from_base(base, NULL, 1, &table), CRM_STATUS_NULL_POINTER, "features");
    FAILS(crm_feature_table_from_base(NULL, NULL, 0, &table), CRM_STATUS_NULL_POINTER, "base");
    FAILS(crm_feature_table_from_base(base, NULL, 0, NULL), CRM_STATUS_NULL_POINTER, "out");

    crm_base_options options = as_of(19710), earlier = as_of(19705);
    crm_rhythm *rhythm = NULL, *other = NULL;
    crm_feature_table *again = NULL;
    OK(crm_history_rhythm(history, &options, &rhythm));
    OK(crm_history_rhythm(history, &earlier, &other));
    OK(crm_feature_table_from_base_and_rhythm(base, rhythm, rhythmic, 3, &table));
    OK(crm_feature_table_from_history(history, &options, rhythmic, 3, &again));
    for (size_t index = 0; index < 3; index++) {
        double same[3];
        size_t missing;
        OK(crm_feature_table_values(table, index, column, 3));
        OK(crm_feature_table_values(again, index, same, 3));
        OK(crm_feature_table_missing(table, index, &missing));
        CHECK(missing == (index < 2 ? 2u : 0u));
        for (int row = 0; row < 3; row++) CHECK(column[row] == same[row] || (isnan(column[row]) && isnan(same[row])));
    }
    NEAR(column[0], 0.25 / 51.75, 1e-15);
    crm_feature_table_free(again);
    crm_feature_table_free(table);
    FAILS(crm_feature_table_from_base_and_rhythm(base, other, rhythmic, 3, &table), CRM_STATUS_INCOMPATIBLE, "rhythm");
    FAILS(crm_feature_table_from_history(history, NULL, NULL, 0, &table), CRM_STATUS_NULL_POINTER, "options");
    crm_rhythm_free(other);
    crm_rhythm_free(rhythm);
    crm_base_free(base);

    crm_transactions batch = log_batch();
    batch.amount_double = NULL;
    crm_history *plain = history_of(batch, NULL);
    base = base_of(plain, 19710);
    FAILS(crm_feature_table_from_base(base, NULL, 0, &table), CRM_STATUS_MISSING_COLUMN, "amount");
    crm_base_free(base);
    crm_history_free(plain);

    CHECK(is(crm_feature_name(CRM_FEATURE_RETURN_RATE), "return_rate"));
    CHECK(crm_feature_name(10) == NULL && is(crm_last_error_argument(), "feature"));
    crm_bytes *text = NULL;
    OK(crm_feature_value_text("money:EUR", 56.0, &text));
    CHECK(is(crm_bytes_text(text), "56.00 EUR"));
    crm_bytes_free(text);
    FAILS(crm_feature_value_text("furlong", 56.0, &text), CRM_STATUS_INVALID_ARGUMENT, "unit");
    CHECK(text == NULL);
}

static void own_columns(void) {
    crm_feature_table *table = NULL, *more = NULL;
    const double amounts[] = {120.0, 15.5, NAN};
    FAILS(crm_feature_table_new(0, &table), CRM_STATUS_EMPTY, "rows");
    CHECK(table == NULL);
    table = table_of("value", "money:EUR", amounts, 3);
    CHECK(is(crm_feature_table_currency(table), "EUR") && is(crm_feature_table_unit(table, 0), "money:EUR"));
    size_t missing = 0;
    int32_t day;
    OK(crm_feature_table_missing(table, 0, &missing));
    CHECK(missing == 1);
    FAILS(crm_feature_table_as_of(table, &day), CRM_STATUS_MISSING_VALUE, "table");

    const struct {
        const char *name, *unit;
        double last;
        size_t length;
        crm_status status;
        const char *argument;
        int64_t row;
    } refused[] = {
        {"x", "furlong", 0.0, 3, CRM_STATUS_INVALID_ARGUMENT, "unit", -1},
        {"x", "", 0.0, 3, CRM_STATUS_INVALID_ARGUMENT, "unit", -1},
        {"x", "money:", 0.0, 3, CRM_STATUS_INVALID_ARGUMENT, "unit", -1},
        {"", "count", 0.0, 3, CRM_STATUS_INVALID_ARGUMENT, "name", -1},
        {"value", "count", 0.0, 3, CRM_STATUS_INVALID_ARGUMENT, "value", -1},
        {"x", "count", 0.0, 2, CRM_STATUS_LENGTH_MISMATCH, "x", -1},
        {"x", "number", INFINITY, 3, CRM_STATUS_INVALID_VALUE, "x", 2},
        {"x", "number", -1e141, 3, CRM_STATUS_OUT_OF_RANGE, "x", 2},
        {"x", "count", -1.0, 3, CRM_STATUS_INVALID_VALUE, "x", 2},
        {"x", "share", 1.5, 3, CRM_STATUS_INVALID_VALUE, "x", 2},
        {"x", "money:USD", 0.0, 3, CRM_STATUS_INCOMPATIBLE, "x", -1},
        {"\xff", "count", 0.0, 3, CRM_STATUS_NOT_UTF8, "name", -1},
        {NULL, "count", 0.0, 3, CRM_STATUS_NULL_POINTER, "name", -1},
        {"x", NULL, 0.0, 3, CRM_STATUS_NULL_POINTER, "unit", -1},
    };
    for (size_t index = 0; index < COUNT(refused); index++) {
        const double values[] = {1.0, 0.5, refused[index].last};
        more = table;
        FAILS(crm_feature_table_with_column(table, refused[index].name, refused[index].unit, values,
                                            refused[index].length, &more),
              refused[index].status, refused[index].argument);
        CHECK(more == NULL && crm_last_error_row() == refused[index].row);
    }
    FAILS(crm_feature_table_with_column(table, "x", "count", NULL, 3, &more), CRM_STATUS_NULL_POINTER, "values");
    FAILS(crm_feature_table_with_column(NULL, "x", "count", amounts, 3, &more), CRM_STATUS_NULL_POINTER, "table");
    /* What was refused has left no trace. */
    CHECK(crm_feature_table_column_count(table) == 1);
    crm_feature_table_free(table);
}

static crm_scaling_options scaling(void) {
    crm_scaling_options options;
    OK(crm_scaling_options_init(&options, sizeof options));
    CHECK(options.struct_size == sizeof options && options.missing == CRM_MISSING_VALUES_RAISE);
    return options;
}

static void scalings(void) {
    const double values[] = {1.0, 2.0, 3.0, 6.0}, same[] = {7.0, 7.0, 7.0, 7.0};
    const double gaps[] = {1.0, NAN, 3.0, 8.0};
    crm_feature_table *table = table_of("visits", "number", values, 4);
    crm_feature_scaler *scaler = NULL, *back = NULL;
    crm_scaled_features *scaled = NULL;
    double column[4], original[2];
    OK(crm_feature_scaler_fit(table, NULL, &scaler));
    OK(crm_feature_scaler_apply(scaler, table, &scaled));
    CHECK(crm_scaled_features_rows(scaled) == 4 && crm_scaled_features_column_count(scaled) == 1);
    CHECK(is(crm_scaled_features_name(scaled, 0), "visits") && crm_scaled_features_name(scaled, 1) == NULL);
    OK(crm_scaled_features_values(scaled, 0, column, 4));
    /* The mean is 3, the standard deviation of all four sqrt(3.5). */
    for (int row = 0; row < 4; row++) NEAR(column[row], (values[row] - 3.0) / sqrt(3.5), 1e-15);
    OK(crm_feature_scaler_invert(scaler, (const double[]){0.0, 1.0}, 2, original, 2));
    CHECK(original[0] == 3.0);
    NEAR(original[1], 3.0 + sqrt(3.5), 1e-14);
    FAILS(crm_scaled_features_values(scaled, 1, column, 4), CRM_STATUS_OUT_OF_RANGE, "index");
    FAILS(crm_scaled_features_values(scaled, 0, column, 3), CRM_STATUS_LENGTH_MISMATCH, "capacity");
    FAILS(crm_feature_scaler_invert(scaler, (const double[]){NAN}, 1, original, 1), CRM_STATUS_INVALID_VALUE, "visits");
    FAILS(crm_feature_scaler_invert(scaler, values, 2, original, 1), CRM_STATUS_LENGTH_MISMATCH, "capacity");
    FAILS(crm_feature_scaler_invert(scaler, NULL, 2, original, 2), CRM_STATUS_NULL_POINTER, "scaled");

    crm_column_scaling found;
    double reference = 0.0;
    int32_t code = -1;
    uint32_t window;
    CHECK(crm_feature_scaler_customers(scaler) == 4 && crm_feature_scaler_column_count(scaler) == 1);
    CHECK(is(crm_feature_scaler_name(scaler, 0), "visits") && is(crm_feature_scaler_unit(scaler, 0), "number"));
    CHECK(crm_feature_scaler_warning_count(scaler) == 0 && crm_feature_scaler_warning(scaler, 0) == NULL);
    OK(crm_feature_scaler_column(scaler, 0, &found));
    CHECK(is(found.name, "visits") && found.method == CRM_SCALING_METHOD_Z_SCORE && found.weight == 1.0);
    CHECK(found.transform == CRM_TRANSFORM_NONE && found.winsorise == 0);
    OK(crm_feature_scaler_references(scaler, &reference, 1));
    OK(crm_feature_scaler_missing(scaler, &code));
    CHECK(reference == 1.0 && code == CRM_MISSING_VALUES_RAISE);
    FAILS(crm_feature_scaler_column(scaler, 1, &found), CRM_STATUS_OUT_OF_RANGE, "index");
    FAILS(crm_feature_scaler_as_of(scaler, &code), CRM_STATUS_MISSING_VALUE, "scaler");
    FAILS(crm_feature_scaler_window_days(scaler, &window), CRM_STATUS_MISSING_VALUE, "scaler");

    crm_scaled_features_free(scaled);

    crm_bytes *json = NULL, *again = NULL;
    OK(crm_feature_scaler_to_json(scaler, &json));
    OK(crm_feature_scaler_from_json(crm_bytes_text(json), &back));
    OK(crm_feature_scaler_to_json(back, &again));
    CHECK(is(crm_bytes_text(again), crm_bytes_text(json)));
    crm_feature_scaler_free(back);
    FAILS(crm_feature_scaler_from_json("{", &back), CRM_STATUS_CORRUPT, "json");
    FAILS(crm_feature_scaler_from_json("{\"model\": \"feature_scaler\", \"version\": 99}", &back),
          CRM_STATUS_INCOMPATIBLE, "json");
    CHECK(back == NULL);
    crm_bytes_free(again);
    crm_bytes_free(json);

    /* Percentiles that weigh twelve times, of a table with a constant and a missing value. */
    table = with_column(with_column(table, "same", "count", same, 4), "gap", "number", gaps, 4);
    FAILS(crm_feature_scaler_apply(scaler, table, &scaled), CRM_STATUS_INCOMPATIBLE, "columns");
    CHECK(scaled == NULL);
    crm_feature_scaler_free(scaler);
    FAILS(crm_feature_scaler_fit(table, NULL, &scaler), CRM_STATUS_MISSING_VALUE, "gap");
    CHECK(crm_last_error_row() == 1);
    crm_column_scaling every, own;
    crm_scaling_options options = scaling();
    OK(crm_column_scaling_init(&every, CRM_SCALING_METHOD_NONE));
    OK(crm_column_scaling_for_unit(&own, "money:EUR"));
    CHECK(own.transform == CRM_TRANSFORM_LOG1P && own.method == CRM_SCALING_METHOD_Z_SCORE && own.name == NULL);
    OK(crm_column_scaling_init(&own, CRM_SCALING_METHOD_RANK));
    CHECK(own.weight == 1.0 && own.winsorise == 0 && own.transform == CRM_TRANSFORM_NONE);
    own.name = "visits";
    own.weight = 4.0;
    options.every = &every;
    options.columns = &own;
    options.column_count = 1;
    options.missing = CRM_MISSING_VALUES_MEDIAN;
    OK(crm_feature_scaler_fit(table, &options, &scaler));
    OK(crm_feature_scaler_apply(scaler, table, &scaled));
    OK(crm_scaled_features_values(scaled, 0, column, 4));
    CHECK(column[0] == 0.25 && column[1] == 0.75 && column[2] == 1.25 && column[3] == 1.75);
    OK(crm_scaled_features_values(scaled, 2, column, 4));
    CHECK(column[0] == 1.0 && column[1] == 3.0 && column[3] == 8.0);
    uint64_t imputed[3];
    OK(crm_scaled_features_imputed(scaled, imputed, 3));
    CHECK(imputed[0] == 0 && imputed[1] == 0 && imputed[2] == 1);
    FAILS(crm_scaled_features_imputed(scaled, imputed, 2), CRM_STATUS_LENGTH_MISMATCH, "capacity");
    CHECK(crm_feature_scaler_warning_count(scaler) == 1);
    CHECK(is(crm_feature_scaler_warning(scaler, 0), "gap: 1 missing values took the median"));
    crm_scaled_features_free(scaled);
    crm_feature_scaler_free(scaler);
    options.every = NULL;
    OK(crm_feature_scaler_fit(table, &options, &scaler));
    CHECK(crm_feature_scaler_warning_count(scaler) == 2);
    CHECK(strstr(crm_feature_scaler_warning(scaler, 0), "same: all values are the same") != NULL);
    CHECK(crm_feature_scaler_warning(scaler, 2) == NULL && is(crm_last_error_argument(), "index"));
    crm_feature_scaler_free(scaler);
    options.every = &every;

    /* What makes no sense. */
    const struct {
        const char *name;
        double lower, upper, weight;
        int32_t method, transform, winsorise, reserved;
        crm_status status;
        const char *argument;
    } refused[] = {
        {"other", 0.0, 0.0, 1.0, 1, 0, 0, 0, CRM_STATUS_MISSING_COLUMN, "other"},
        {NULL, 0.0, 0.0, 1.0, 1, 0, 0, 0, CRM_STATUS_NULL_POINTER, "scaling.columns.name"},
        {"visits", 0.6, 0.5, 1.0, 1, 0, 1, 0, CRM_STATUS_INVALID_ARGUMENT, "winsorise of visits"},
        {"visits", NAN, 0.0, 1.0, 1, 0, 1, 0, CRM_STATUS_INVALID_ARGUMENT, "winsorise of visits"},
        {"visits", 0.0, 0.0, -1.0, 1, 0, 0, 0, CRM_STATUS_INVALID_ARGUMENT, "weight of visits"},
        {"visits", 0.0, 0.0, NAN, 1, 0, 0, 0, CRM_STATUS_INVALID_ARGUMENT, "weight of visits"},
        {"visits", 0.0, 0.0, 1.0, 4, 0, 0, 0, CRM_STATUS_INVALID_ARGUMENT, "scaling.columns.method"},
        {"visits", 0.0, 0.0, 1.0, 1, 2, 0, 0, CRM_STATUS_INVALID_ARGUMENT, "scaling.columns.transform"},
        {"visits", 0.0, 0.0, 1.0, 1, 0, 2, 0, CRM_STATUS_INVALID_ARGUMENT, "scaling.columns.winsorise"},
        {"visits", 0.0, 0.0, 1.0, 1, 0, 0, 1, CRM_STATUS_INVALID_ARGUMENT, "scaling.columns.reserved"},
    };
    for (size_t index = 0; index < COUNT(refused); index++) {
        own = (crm_column_scaling){refused[index].name,      refused[index].transform, refused[index].method,
                                   refused[index].winsorise, refused[index].reserved,  refused[index].lower,
                                   refused[index].upper,     refused[index].weight};
        FAILS(crm_feature_scaler_fit(table, &options, &scaler), refused[index].status, refused[index].argument);
        CHECK(scaler == NULL);
    }
    every.weight = 0.0;
    options.column_count = 0;
    FAILS(crm_feature_scaler_fit(table, &options, &scaler), CRM_STATUS_INVALID_ARGUMENT, "weight");
    options.missing = 2;
    FAILS(crm_feature_scaler_fit(table, &options, &scaler), CRM_STATUS_INVALID_ARGUMENT, "scaling.missing");
    options = scaling();
    options.reserved = 1;
    FAILS(crm_feature_scaler_fit(table, &options, &scaler), CRM_STATUS_INVALID_ARGUMENT, "scaling.reserved");
    options.struct_size = 3;
    FAILS(crm_feature_scaler_fit(table, &options, &scaler), CRM_STATUS_INVALID_ARGUMENT, "scaling.struct_size");
    FAILS(crm_scaling_options_init(NULL, sizeof options), CRM_STATUS_NULL_POINTER, "options");
    FAILS(crm_column_scaling_init(&own, 4), CRM_STATUS_INVALID_ARGUMENT, "method");
    FAILS(crm_column_scaling_for_unit(&own, "furlong"), CRM_STATUS_INVALID_ARGUMENT, "unit");
    FAILS(crm_column_scaling_for_unit(NULL, "count"), CRM_STATUS_NULL_POINTER, "scaling");
    crm_feature_table *empty = NULL;
    OK(crm_feature_table_new(4, &empty));
    FAILS(crm_feature_scaler_fit(empty, NULL, &scaler), CRM_STATUS_EMPTY, "table");
    crm_feature_table_free(empty);
    crm_feature_table_free(table);
}

/* A model of customers of low and of high numbers of visits. */
static void models(void) {
    crm_feature_table *table = table_of("visits", "count", VISITS, 6);
    crm_segment_model *model = NULL, *named = NULL, *back = NULL;
    crm_segment_model_options options = options_for(2);
    CHECK(options.clusters == 2 && options.starts == 10 && options.most_iterations == 300 && options.tolerance == 1e-4);
    options.order = "visits";
    options.descending = 1;
    OK(crm_segment_model_fit(table, NULL, &options, &model));
    uint32_t labels[6];
    uint64_t sizes[2];
    OK(crm_segment_model_labels(model, labels, 6));
    OK(crm_segment_model_sizes(model, sizes, 2));
    for (int row = 0; row < 6; row++) CHECK(labels[row] == (row < 3 ? 1u : 0u));
    CHECK(sizes[0] == 3 && sizes[1] == 3 && crm_segment_model_length(model) == 2);
    CHECK(is(crm_segment_model_name(model, 0), "High visits") && is(crm_segment_model_name(model, 1), "Low visits"));
    CHECK(crm_segment_model_name(model, 2) == NULL && is(crm_last_error_argument(), "index"));
    CHECK(crm_segment_model_feature_count(model) == 1 && is(crm_segment_model_feature(model, 0), "visits"));
    CHECK(is(crm_segment_model_unit(model, 0), "count") && crm_segment_model_feature(model, 1) == NULL);
    FAILS(crm_segment_model_labels(model, labels, 5), CRM_STATUS_LENGTH_MISMATCH, "capacity");
    FAILS(crm_segment_model_sizes(model, NULL, 2), CRM_STATUS_NULL_POINTER, "out");

    /* Counts are scaled by their logarithms, so the centre of 1, 2, 1 is the geometric mean of one more, less one. */
    double centres[2], scaled[2];
    OK(crm_segment_model_original_centres(model, centres, 2));
    OK(crm_segment_model_scaled_centres(model, scaled, 2));
    NEAR(centres[0], cbrt(31.0 * 29.0 * 34.0) - 1.0, 1e-12);
    NEAR(centres[1], cbrt(2.0 * 3.0 * 2.0) - 1.0, 1e-13);
    NEAR(scaled[0] + scaled[1], 0.0, 1e-15);
    FAILS(crm_segment_model_original_centres(model, centres, 1), CRM_STATUS_LENGTH_MISMATCH, "capacity");

    crm_segment_assignment *assignment = NULL;
    uint64_t imputed = 9;
    double own[6], next[6], border[6], inertia = 0.0;
    uint32_t next_labels[6];
    OK(crm_segment_model_assign(model, table, &assignment));
    CHECK(crm_segment_assignment_length(assignment) == 6);
    OK(crm_segment_assignment_labels(assignment, labels, 6));
    OK(crm_segment_assignment_next_labels(assignment, next_labels, 6));
    OK(crm_segment_assignment_column(assignment, CRM_ASSIGNMENT_COLUMN_DISTANCE, own, 6));
    OK(crm_segment_assignment_column(assignment, CRM_ASSIGNMENT_COLUMN_NEXT_DISTANCE, next, 6));
    OK(crm_segment_assignment_column(assignment, CRM_ASSIGNMENT_COLUMN_BORDER, border, 6));
    OK(crm_segment_assignment_imputed(assignment, &imputed, 1));
    for (int row = 0; row < 6; row++) {
        CHECK(labels[row] == (row < 3 ? 1u : 0u) && next_labels[row] == 1 - labels[row]);
        CHECK(border[row] == own[row] / next[row] && border[row] < 0.2);
        inertia += own[row] * own[row];
    }
    CHECK(imputed == 0);
    FAILS(crm_segment_assignment_column(assignment, 3, own, 6), CRM_STATUS_INVALID_ARGUMENT, "column");
    FAILS(crm_segment_assignment_labels(assignment, labels, 5), CRM_STATUS_LENGTH_MISMATCH, "capacity");
    FAILS(crm_segment_assignment_labels(NULL, labels, 6), CRM_STATUS_NULL_POINTER, "assignment");
    crm_segment_assignment_free(assignment);
    crm_segment_model_summary summary = {.struct_size = sizeof summary};
    OK(crm_segment_model_describe(model, &summary));
    CHECK(summary.segments == 2 && summary.features == 1 && summary.customers == 6 && summary.converged == 1);
    CHECK(summary.iterations >= 1);
    NEAR(summary.inertia, inertia, 1e-14);
    summary.struct_size = 0;
    FAILS(crm_segment_model_describe(model, &summary), CRM_STATUS_INVALID_ARGUMENT, "out.struct_size");

    const double later_visits[] = {25.0, 7.0};
    crm_feature_table *later = table_of("visits", "count", later_visits, 2);
    OK(crm_segment_model_assign(model, later, &assignment));
    OK(crm_segment_assignment_labels(assignment, labels, 2));
    OK(crm_segment_assignment_column(assignment, CRM_ASSIGNMENT_COLUMN_BORDER, border, 2));
    CHECK(labels[0] == 0 && labels[1] == 1 && border[0] < 0.1 && border[1] > 0.8 && border[1] < 1.0);
    crm_segment_assignment_free(assignment);
    crm_feature_table_free(later);
    later = table_of("orders", "count", later_visits, 2);
    FAILS(crm_segment_model_assign(model, later, &assignment), CRM_STATUS_INCOMPATIBLE, "columns");
    CHECK(assignment == NULL);
    crm_feature_table_free(later);
    later = table_of("visits", "number", later_visits, 2);
    FAILS(crm_segment_model_assign(model, later, &assignment), CRM_STATUS_INCOMPATIBLE, "visits");
    crm_feature_table_free(later);

    int32_t day;
    crm_feature_scaler *scaler = NULL;
    crm_k_means *clusters = NULL, *wider = NULL;
    FAILS(crm_segment_model_as_of(model, &day), CRM_STATUS_MISSING_VALUE, "model");
    OK(crm_segment_model_scaler(model, &scaler));
    OK(crm_feature_scaler_invert(scaler, scaled, 2, own, 2));
    CHECK(own[0] == centres[0] && own[1] == centres[1]);

    /* The parts make the whole again. */
    OK(crm_segment_model_clusters(model, &clusters));
    CHECK(crm_k_means_clusters(clusters) == 2 && crm_k_means_features(clusters) == 1);
    OK(crm_segment_model_from_parts(table, scaler, clusters, &back));
    OK(crm_segment_model_labels(back, labels, 6));
    CHECK(labels[0] == 1 && labels[5] == 0 && is(crm_segment_model_name(back, 0), "High visits"));
    crm_segment_model_free(back);
    crm_k_means_options plain;
    OK(crm_k_means_options_init(&plain, sizeof plain, 2));
    OK(crm_k_means_fit(VISITS, 3, 2, CRM_LAYOUT_ROWS, NULL, &plain, NULL, &wider));
    FAILS(crm_segment_model_from_parts(table, scaler, wider, &back), CRM_STATUS_INCOMPATIBLE, "matrix");
    FAILS(crm_segment_model_from_parts(table, scaler, NULL, &back), CRM_STATUS_NULL_POINTER, "clusters");
    CHECK(back == NULL);
    crm_k_means_free(wider);
    crm_k_means_free(clusters);
    crm_feature_scaler_free(scaler);

    /* Names of one's own. */
    const char *const names[] = {"Stammkunden", "Łukasz"}, *const same[] = {"a", "a"}, *const holes[] = {"a", NULL};
    OK(crm_segment_model_with_names(model, names, 2, &named));
    CHECK(is(crm_segment_model_name(named, 1), "Łukasz") && is(crm_segment_model_name(model, 1), "Low visits"));
    OK(crm_segment_model_labels(named, labels, 6));
    FAILS(crm_segment_model_with_names(model, names, 1, &back), CRM_STATUS_LENGTH_MISMATCH, "names");
    FAILS(crm_segment_model_with_names(model, same, 2, &back), CRM_STATUS_INVALID_ARGUMENT, "names");
    CHECK(crm_last_error_row() == 1);
    FAILS(crm_segment_model_with_names(model, holes, 2, &back), CRM_STATUS_NULL_POINTER, "names");
    FAILS(crm_segment_model_with_names(model, NULL, 2, &back), CRM_STATUS_NULL_POINTER, "names");

    /* There and back again. */
    crm_bytes *json = NULL, *again = NULL;
    OK(crm_segment_model_to_json(named, &json));
    OK(crm_segment_model_from_json(crm_bytes_text(json), &back));
    OK(crm_segment_model_to_json(back, &again));
    CHECK(is(crm_bytes_text(again), crm_bytes_text(json)) && is(crm_segment_model_name(back, 0), "Stammkunden"));
    FAILS(crm_segment_model_labels(back, labels, 6), CRM_STATUS_MISSING_VALUE, "model");
    OK(crm_segment_model_assign(back, table, &assignment));
    OK(crm_segment_assignment_labels(assignment, labels, 6));
    CHECK(labels[0] == 1 && labels[5] == 0);
    crm_segment_assignment_free(assignment);
    crm_segment_model_free(back);
    size_t length = crm_bytes_length(json);
    char *damaged = malloc(length + 1);
    CHECK(damaged != NULL);
    for (size_t cut = 0; cut < length; cut += 1 + length / 40) {
        memcpy(damaged, crm_bytes_text(json), cut);
        damaged[cut] = '\0';
        FAILS(crm_segment_model_from_json(damaged, &back), CRM_STATUS_CORRUPT, "json");
        CHECK(back == NULL);
    }
    memcpy(damaged, crm_bytes_text(json), length + 1);
    char *name = strstr(damaged, "Stammkunden");
    CHECK(name != NULL);
    memset(name, ' ', strlen("Stammkunden"));
    FAILS(crm_segment_model_from_json(damaged, &back), CRM_STATUS_CORRUPT, "json");
    free(damaged);
    FAILS(crm_segment_model_from_json("{\"model\": \"segments\", \"version\": 99}", &back),
          CRM_STATUS_INCOMPATIBLE, "json");
    FAILS(crm_segment_model_from_json(NULL, &back), CRM_STATUS_NULL_POINTER, "json");
    crm_bytes_free(again);
    crm_bytes_free(json);
    crm_segment_model_free(named);

    /* What makes no sense. */
    options = options_for(0);
    FAILS(crm_segment_model_fit(table, NULL, &options, &back), CRM_STATUS_INVALID_ARGUMENT, "clusters");
    options.clusters = 6; /* of which five are distinct */
    FAILS(crm_segment_model_fit(table, NULL, &options, &back), CRM_STATUS_INVALID_ARGUMENT, "clusters");
    options = options_for(2);
    options.starts = 0;
    FAILS(crm_segment_model_fit(table, NULL, &options, &back), CRM_STATUS_INVALID_ARGUMENT, "starts");
    options = options_for(2);
    options.most_iterations = 0;
    FAILS(crm_segment_model_fit(table, NULL, &options, &back), CRM_STATUS_INVALID_ARGUMENT, "most_iterations");
    options = options_for(2);
    options.tolerance = NAN;
    FAILS(crm_segment_model_fit(table, NULL, &options, &back), CRM_STATUS_INVALID_ARGUMENT, "tolerance");
    options = options_for(2);
    options.order = "orders";
    FAILS(crm_segment_model_fit(table, NULL, &options, &back), CRM_STATUS_MISSING_COLUMN, "orders");
    options = options_for(2);
    options.descending = 2;
    FAILS(crm_segment_model_fit(table, NULL, &options, &back), CRM_STATUS_INVALID_ARGUMENT, "options.descending");
    options = options_for(2);
    options.threads = 5000;
    FAILS(crm_segment_model_fit(table, NULL, &options, &back), CRM_STATUS_INVALID_ARGUMENT, "threads");
    options = options_for(2);
    options.reserved = 1;
    FAILS(crm_segment_model_fit(table, NULL, &options, &back), CRM_STATUS_INVALID_ARGUMENT, "options.reserved");
    FAILS(crm_segment_model_fit(table, NULL, NULL, &back), CRM_STATUS_NULL_POINTER, "options");
    FAILS(crm_segment_model_fit(NULL, NULL, &options, &back), CRM_STATUS_NULL_POINTER, "table");
    CHECK(back == NULL && crm_segment_model_length(NULL) == 0);
    /* Threads change nothing. */
    options = options_for(2);
    options.order = "visits";
    options.descending = 1;
    options.threads = 3;
    OK(crm_segment_model_fit(table, NULL, &options, &back));
    OK(crm_segment_model_scaled_centres(back, own, 2));
    CHECK(memcmp(own, scaled, sizeof scaled) == 0);
    crm_segment_model_free(back);
    crm_segment_model_free(model);
    crm_feature_table_free(table);
}

static void files(const crm_history *history) {
    crm_base *base = base_of(history, 19710), *smaller = base_of(history, 19695);
    crm_feature_table *table = NULL;
    crm_segment_model *model = NULL;
    crm_segment_assignment *assignment = NULL;
    crm_segment_model_options options = options_for(2);
    OK(crm_feature_table_from_base(base, NULL, 0, &table));
    options.order = "net_amount";
    options.descending = 1;
    OK(crm_segment_model_fit(table, NULL, &options, &model));
    OK(crm_segment_model_assign(model, table, &assignment));
    int32_t day = 0;
    OK(crm_segment_model_as_of(model, &day));
    CHECK(day == 19710);
    struct ArrowArrayStream stream;
    struct ArrowSchema schema;
    OK(crm_segment_assignment_to_arrow_stream(base, assignment, &stream));
    CHECK(stream.get_schema(&stream, &schema) == 0 && schema.n_children == 8);
    CHECK(is(schema.children[2]->name, "segment") && is(schema.children[7]->name, "border"));
    schema.release(&schema);
    stream.release(&stream);
    FAILS(crm_segment_assignment_to_arrow_stream(smaller, assignment, &stream), CRM_STATUS_LENGTH_MISMATCH, "segments");
    CHECK(stream.release == NULL);
    FAILS(crm_segment_assignment_to_arrow_stream(base, NULL, &stream), CRM_STATUS_NULL_POINTER, "assignment");
    FAILS(crm_segment_assignment_write_csv(base, assignment, NULL), CRM_STATUS_NULL_POINTER, "path");
    CHECK(crm_segment_assignment_write_csv(base, assignment, "/nowhere/segments.csv") == CRM_STATUS_IO);
    CHECK(crm_segment_assignment_write_parquet(base, assignment, "/nowhere/segments.parquet") == CRM_STATUS_IO);
    crm_segment_assignment_free(assignment);
    crm_segment_model_free(model);
    crm_feature_table_free(table);
    crm_base_free(smaller);
    crm_base_free(base);
}

static void profiles(void) {
    const double orders[] = {12.0, 10.0, 2.0, 1.0, 3.0};
    const uint32_t labels[] = {0, 0, 1, 1, 1}, beyond[] = {0, 0, 1, 2, 1};
    crm_feature_table *table = table_of("orders", "count", orders, 5);
    crm_segment_profiles *found = NULL;
    OK(crm_segment_profiles_new(table, labels, 5, NULL, 0, &found));
    CHECK(crm_segment_profiles_length(found) == 2 && crm_segment_profiles_feature_count(found) == 1);
    crm_segment_profile segment = {.struct_size = sizeof segment};
    crm_feature_profile feature = {.struct_size = sizeof feature};
    OK(crm_segment_profiles_segment(found, 0, &segment));
    CHECK(is(segment.name, "Frequent") && segment.customers == 2 && segment.customer_share == 0.4);
    OK(crm_segment_profiles_feature(found, 0, 0, &feature));
    CHECK(is(feature.feature, "orders") && is(feature.unit, "count") && feature.customers == 2);
    CHECK(feature.mean == 11.0 && feature.median == 11.0 && feature.standard_deviation == 1.0);
    CHECK(feature.mean_of_others == 2.0 && feature.share_of_total == 22.0 / 28.0);
    /* Sums of squares of 2 and 2 with three degrees of freedom. */
    NEAR(feature.difference, 9.0 / sqrt(4.0 / 3.0), 1e-14);
    CHECK(feature.effect_size == CRM_EFFECT_SIZE_LARGE);
    CHECK(is(feature.words, "orders 11.0 against 2.0 on average: much more"));
    CHECK(crm_segment_profiles_distinguishing_count(found, 0) == 1);
    CHECK(is(crm_segment_profiles_distinguishing(found, 0, 0), feature.words));
    CHECK(crm_segment_profiles_distinguishing(found, 0, 1) == NULL && is(crm_last_error_argument(), "index"));
    CHECK(crm_segment_profiles_distinguishing_count(found, 2) == 0 && is(crm_last_error_argument(), "index"));
    FAILS(crm_segment_profiles_segment(found, 2, &segment), CRM_STATUS_OUT_OF_RANGE, "index");
    FAILS(crm_segment_profiles_feature(found, 0, 1, &feature), CRM_STATUS_OUT_OF_RANGE, "index");
    segment.struct_size = 1;
    FAILS(crm_segment_profiles_segment(found, 0, &segment), CRM_STATUS_INVALID_ARGUMENT, "out.struct_size");
    crm_bytes *report = NULL;
    OK(crm_segment_profiles_report(found, &report));
    CHECK(strstr(crm_bytes_text(report), "2 segments of 5 customers\n\n0 Frequent: 2 customers (40.0 %)\n") ==
          crm_bytes_text(report));
    crm_bytes_free(report);
    crm_segment_profiles_free(found);

    /* Names of one's own, with a segment that nobody is in. */
    const char *const names[] = {"A", "B", "C"}, *const same[] = {"A", "A"};
    segment.struct_size = sizeof segment;
    OK(crm_segment_profiles_new(table, labels, 5, names, 3, &found));
    CHECK(crm_segment_profiles_length(found) == 3);
    OK(crm_segment_profiles_segment(found, 2, &segment));
    OK(crm_segment_profiles_feature(found, 2, 0, &feature));
    CHECK(is(segment.name, "C") && is(segment.suggested_name, "Empty") && segment.customers == 0);
    CHECK(isnan(feature.mean) && isnan(feature.median) && feature.effect_size == CRM_EFFECT_SIZE_NEGLIGIBLE);
    crm_segment_profiles_free(found);
    FAILS(crm_segment_profiles_new(table, beyond, 5, names, 2, &found), CRM_STATUS_INVALID_VALUE, "labels");
    CHECK(crm_last_error_row() == 3 && found == NULL);
    FAILS(crm_segment_profiles_new(table, labels, 5, same, 2, &found), CRM_STATUS_INVALID_ARGUMENT, "names");
    FAILS(crm_segment_profiles_new(table, labels, 4, NULL, 0, &found), CRM_STATUS_LENGTH_MISMATCH, "labels");
    FAILS(crm_segment_profiles_new(table, NULL, 5, NULL, 0, &found), CRM_STATUS_NULL_POINTER, "labels");
    FAILS(crm_segment_profiles_new(NULL, labels, 5, NULL, 0, &found), CRM_STATUS_NULL_POINTER, "table");

    /* Those of a model have its names. */
    crm_segment_model *model = NULL, *named = NULL;
    crm_segment_model_options options = options_for(2);
    OK(crm_segment_model_fit(table, NULL, &options, &model));
    OK(crm_segment_model_with_names(model, names, 2, &named));
    uint32_t own[5];
    OK(crm_segment_model_labels(named, own, 5));
    OK(crm_segment_model_profiles(named, table, own, 5, &found));
    OK(crm_segment_profiles_segment(found, 1, &segment));
    CHECK(is(segment.name, "B") && is(segment.suggested_name, "Frequent") && segment.customers == 2);
    crm_segment_profiles_free(found);
    FAILS(crm_segment_model_profiles(named, table, beyond, 5, &found), CRM_STATUS_INVALID_VALUE, "labels");
    FAILS(crm_segment_model_profiles(NULL, table, own, 5, &found), CRM_STATUS_NULL_POINTER, "model");
    crm_segment_model_free(named);
    crm_segment_model_free(model);
    crm_feature_table_free(table);
}

int main(void) {
    crm_history *history = log_history();
    rhythms(history);
    features(history);
    own_columns();
    scalings();
    models();
    files(history);
    profiles();
    crm_history_free(history);
    return 0;
}
