/* Features of customers, the rhythm of their purchases, and scaling. */
#include "segment.h"

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

int main(void) {
    crm_history *history = log_history();
    rhythms(history);
    features(history);
    own_columns();
    scalings();
    crm_history_free(history);
    return 0;
}
