/* Lifetime value called wrongly: NULL and wrong handles, too little room, sizes and codes that are none, and bad data. */
#include "clv.h"

/* Something that is no handle of any type, or NULL. */
static uint64_t WORDS[16];
static void *BAD;
static crm_status EXPECTED;

#define WRONG(type) ((const type *)BAD)

#define GIVES_HANDLE(type, call, argument)                                                                             \
    do {                                                                                                               \
        type *made = (type *)WORDS;                                                                                    \
        FAILS(call, EXPECTED, argument);                                                                               \
        CHECK(made == NULL);                                                                                           \
    } while (0)
#define ANSWERS(call, absent, argument)                                                                                \
    do {                                                                                                               \
        CHECK((call) == (absent) && strcmp(crm_last_error_argument(), argument) == 0);                                 \
        CHECK(crm_last_error_message()[0] != '\0');                                                                    \
    } while (0)

static void handles(void *bad, crm_status expected) {
    BAD = bad, EXPECTED = expected;
    crm_purchase_model *model = bg_nbd();
    crm_purchase_data *data = three();
    crm_spend_model *spend_model = gamma_gamma();
    crm_spend_data *spend = three_spend();
    crm_prediction what = predict(CRM_PREDICTION_KIND_PURCHASES, 1.0, CRM_TIME_UNIT_WEEK);
    crm_period week = {1.0, CRM_TIME_UNIT_WEEK};
    crm_value_options options;
    crm_fit_summary summary = {.struct_size = sizeof summary};
    crm_spend_parameters parameters;
    struct ArrowArrayStream stream;
    double values[16];
    int32_t code, other;
    uint32_t counts[3], more[3];
    size_t count;
    OK(crm_value_options_init(&options, sizeof options));
    options.horizon = (crm_horizon){1.0, CRM_TIME_UNIT_WEEK, CRM_HORIZON_KIND_WITHIN};
    options.discount_rate = (crm_discount_rate){0.1, CRM_TIME_UNIT_WEEK, CRM_COMPOUNDING_EFFECTIVE};

    GIVES_HANDLE(crm_purchase_data, crm_purchase_data_from_base(WRONG(crm_base), &made), "base");
    GIVES_HANDLE(crm_purchase_data, crm_purchase_data_from_opportunities(WRONG(crm_opportunities), &made),
                 "opportunities");
    GIVES_HANDLE(crm_purchase_data, crm_purchase_data_with_weights(WRONG(crm_purchase_data), values, 3, &made), "data");
    GIVES_HANDLE(crm_purchase_data, crm_purchase_data_with_covariate(WRONG(crm_purchase_data), "a", values, 3, &made),
                 "data");
    ANSWERS(crm_purchase_data_length(WRONG(crm_purchase_data)), 0, "data");
    FAILS(crm_purchase_data_time_unit(WRONG(crm_purchase_data), &code), expected, "data");
    FAILS(crm_purchase_data_window(WRONG(crm_purchase_data), &code, &other), expected, "data");
    FAILS(crm_purchase_data_column(WRONG(crm_purchase_data), 0, values, 3), expected, "data");
    FAILS(crm_purchase_data_covariate(WRONG(crm_purchase_data), "a", values, 3), expected, "data");

    GIVES_HANDLE(crm_purchase_model, crm_purchase_model_fit(0, WRONG(crm_purchase_data), NULL, &made), "data");
    FAILS(crm_purchase_model_kind(WRONG(crm_purchase_model), &code), expected, "model");
    FAILS(crm_purchase_model_time_unit(WRONG(crm_purchase_model), &code), expected, "model");
    FAILS(crm_purchase_model_window(WRONG(crm_purchase_model), &code, &other), expected, "model");
    ANSWERS(crm_purchase_model_length(WRONG(crm_purchase_model)), 0, "model");
    ANSWERS(crm_purchase_model_name(WRONG(crm_purchase_model), 0), NULL, "model");
    FAILS(crm_purchase_model_estimates(WRONG(crm_purchase_model), values, 4), expected, "model");
    GIVES_HANDLE(crm_fit_report, crm_purchase_model_report(WRONG(crm_purchase_model), &made), "model");
    FAILS(crm_purchase_model_predict(WRONG(crm_purchase_model), data, &what, values, 3), expected, "model");
    FAILS(crm_purchase_model_predict(model, WRONG(crm_purchase_data), &what, values, 3), expected, "data");
    FAILS(crm_purchase_model_log_likelihood(WRONG(crm_purchase_model), data, values), expected, "model");
    FAILS(crm_purchase_model_log_likelihood(model, WRONG(crm_purchase_data), values), expected, "data");
    FAILS(crm_purchase_model_log_likelihoods(WRONG(crm_purchase_model), data, values, 3), expected, "model");
    FAILS(crm_purchase_model_log_likelihoods(model, WRONG(crm_purchase_data), values, 3), expected, "data");
    GIVES_HANDLE(crm_intervals,
                 crm_purchase_model_confidence_intervals(WRONG(crm_purchase_model), data, &what, 0.9, &made), "model");
    GIVES_HANDLE(crm_intervals,
                 crm_purchase_model_confidence_intervals(model, WRONG(crm_purchase_data), &what, 0.9, &made), "data");
    FAILS(crm_purchase_model_predictive_intervals(WRONG(crm_purchase_model), data, &week, 0.9, counts, more, 3),
          expected, "model");
    FAILS(crm_purchase_model_predictive_intervals(model, WRONG(crm_purchase_data), &week, 0.9, counts, more, 3),
          expected, "data");
    GIVES_HANDLE(crm_bootstrap, crm_purchase_model_bootstrap(WRONG(crm_purchase_model), data, NULL, 9, 1, &made),
                 "model");
    GIVES_HANDLE(crm_bootstrap, crm_purchase_model_bootstrap(model, WRONG(crm_purchase_data), NULL, 9, 1, &made),
                 "data");
    GIVES_HANDLE(crm_simulation,
                 crm_purchase_model_simulate(WRONG(crm_purchase_model), THREE_AGE, 3, &week, 1, &made), "model");
    GIVES_HANDLE(crm_bytes, crm_purchase_model_to_json(WRONG(crm_purchase_model), &made), "model");

    FAILS(crm_fit_report_summary(WRONG(crm_fit_report), &summary), expected, "report");
    ANSWERS(crm_fit_report_length(WRONG(crm_fit_report)), 0, "report");
    ANSWERS(crm_fit_report_name(WRONG(crm_fit_report), 0), NULL, "report");
    FAILS(crm_fit_report_estimates(WRONG(crm_fit_report), values, 4), expected, "report");
    FAILS(crm_fit_report_standard_errors(WRONG(crm_fit_report), values, 4), expected, "report");
    FAILS(crm_fit_report_covariance(WRONG(crm_fit_report), values, 16), expected, "report");
    FAILS(crm_fit_report_confidence_intervals(WRONG(crm_fit_report), 0.9, values, values + 4, 4), expected, "report");
    ANSWERS(crm_fit_report_warning_count(WRONG(crm_fit_report)), 0, "report");
    ANSWERS(crm_fit_report_warning(WRONG(crm_fit_report), 0), NULL, "report");
    ANSWERS(crm_fit_report_warning_name(WRONG(crm_fit_report), 0), NULL, "report");

    ANSWERS(crm_intervals_length(WRONG(crm_intervals)), 0, "intervals");
    FAILS(crm_intervals_column(WRONG(crm_intervals), 0, values, 3), expected, "intervals");
    ANSWERS(crm_bootstrap_length(WRONG(crm_bootstrap)), 0, "bootstrap");
    FAILS(crm_bootstrap_failed(WRONG(crm_bootstrap), counts), expected, "bootstrap");
    FAILS(crm_bootstrap_replicate(WRONG(crm_bootstrap), 0, values, 4), expected, "bootstrap");
    GIVES_HANDLE(crm_intervals, crm_bootstrap_estimate_intervals(WRONG(crm_bootstrap), 0.9, &made), "bootstrap");
    GIVES_HANDLE(crm_intervals, crm_bootstrap_confidence_intervals(WRONG(crm_bootstrap), data, &what, 0.9, &made),
                 "bootstrap");
    ANSWERS(crm_simulation_length(WRONG(crm_simulation)), 0, "simulation");
    FAILS(crm_simulation_purchase_count(WRONG(crm_simulation), 0, &count), expected, "simulation");
    FAILS(crm_simulation_purchases(WRONG(crm_simulation), 0, values, 16), expected, "simulation");
    FAILS(crm_simulation_left(WRONG(crm_simulation), values, 16), expected, "simulation");
    FAILS(crm_simulation_holdout_purchases(WRONG(crm_simulation), values, 16), expected, "simulation");
    GIVES_HANDLE(crm_purchase_data, crm_simulation_data(WRONG(crm_simulation), &made), "simulation");

    GIVES_HANDLE(crm_spend_data, crm_spend_data_from_base(WRONG(crm_base), CRM_POLICY_RAISE, &made), "base");
    GIVES_HANDLE(crm_spend_data, crm_spend_data_with_weights(WRONG(crm_spend_data), values, 3, &made), "data");
    GIVES_HANDLE(crm_spend_data, crm_spend_data_in_currency(WRONG(crm_spend_data), "EUR", &made), "data");
    ANSWERS(crm_spend_data_length(WRONG(crm_spend_data)), 0, "data");
    ANSWERS(crm_spend_data_excluded(WRONG(crm_spend_data)), 0, "data");
    ANSWERS(crm_spend_data_currency(WRONG(crm_spend_data)), NULL, "data");
    FAILS(crm_spend_data_column(WRONG(crm_spend_data), 0, values, 3), expected, "data");
    GIVES_HANDLE(crm_spend_model, crm_spend_model_fit(WRONG(crm_spend_data), NULL, &made), "data");
    GIVES_HANDLE(crm_spend_model, crm_spend_model_in_currency(WRONG(crm_spend_model), "EUR", &made), "model");
    FAILS(crm_spend_model_parameters(WRONG(crm_spend_model), &parameters), expected, "model");
    ANSWERS(crm_spend_model_currency(WRONG(crm_spend_model)), NULL, "model");
    ANSWERS(crm_spend_model_excluded(WRONG(crm_spend_model)), 0, "model");
    FAILS(crm_spend_model_correlation(WRONG(crm_spend_model), values), expected, "model");
    GIVES_HANDLE(crm_fit_report, crm_spend_model_report(WRONG(crm_spend_model), &made), "model");
    FAILS(crm_spend_model_log_likelihood(WRONG(crm_spend_model), spend, values), expected, "model");
    FAILS(crm_spend_model_log_likelihood(spend_model, WRONG(crm_spend_data), values), expected, "data");
    FAILS(crm_spend_model_population_mean(WRONG(crm_spend_model), values), expected, "model");
    FAILS(crm_spend_model_expected_mean_spend(WRONG(crm_spend_model), THREE_X, THREE_SPEND, 3, values), expected,
          "model");
    FAILS(crm_spend_model_expected_mean_spend_where_defined(WRONG(crm_spend_model), THREE_X, THREE_SPEND, 3, values),
          expected, "model");
    FAILS(crm_spend_model_simulate(WRONG(crm_spend_model), counts, 3, 1, values), expected, "model");
    GIVES_HANDLE(crm_bytes, crm_spend_model_to_json(WRONG(crm_spend_model), &made), "model");

    for (int which = 0; which < 4; which++) {
        const char *const names[] = {"purchase_model", "spend_model", "purchases", "spend"};
        const crm_purchase_model *of_purchases = which == 0 ? BAD : model;
        const crm_spend_model *of_spend = which == 1 ? BAD : spend_model;
        const crm_purchase_data *purchases = which == 2 ? BAD : data;
        const crm_spend_data *amounts = which == 3 ? BAD : spend;
        GIVES_HANDLE(crm_customer_values,
                     crm_customer_values_new(of_purchases, of_spend, purchases, amounts, &options, &made), names[which]);
        GIVES_HANDLE(crm_intervals,
                     crm_customer_values_confidence_intervals(of_purchases, of_spend, purchases, amounts, &options, 0.9,
                                                              &made),
                     names[which]);
        GIVES_HANDLE(crm_intervals,
                     crm_customer_values_predictive_intervals(of_purchases, of_spend, purchases, amounts, &options, NULL,
                                                              &made),
                     names[which]);
    }
    ANSWERS(crm_customer_values_length(WRONG(crm_customer_values)), 0, "values");
    FAILS(crm_customer_values_column(WRONG(crm_customer_values), 0, values, 3), expected, "values");
    crm_customer_values *good = NULL;
    OK(crm_customer_values_new(model, spend_model, data, spend, &options, &good));
    FAILS(crm_customer_values_write_csv(WRONG(crm_base), good, "none.csv"), expected, "base");
    FAILS(crm_customer_values_write_parquet(WRONG(crm_base), good, "none.parquet"), expected, "base");
    memset(&stream, 0xee, sizeof stream);
    FAILS(crm_customer_values_to_arrow_stream(WRONG(crm_base), good, &stream), expected, "base");
    CHECK(stream.release == NULL);
    crm_history *history = log_history();
    crm_base *base = base_of(history, 19701);
    FAILS(crm_customer_values_write_csv(base, WRONG(crm_customer_values), "none.csv"), expected, "values");
    FAILS(crm_customer_values_write_parquet(base, WRONG(crm_customer_values), "none.parquet"), expected, "values");
    FAILS(crm_customer_values_to_arrow_stream(base, WRONG(crm_customer_values), &stream), expected, "values");
    crm_base_free(base);
    crm_history_free(history);

    /* A handle of one type is none of another, and freeing it as such frees nothing. */
    if (bad != NULL) {
        crm_purchase_model_free((crm_purchase_model *)(void *)data);
        CHECK(crm_last_error_message()[0] != '\0');
        FAILS(crm_purchase_model_predict((const crm_purchase_model *)(const void *)data, data, &what, values, 3),
              CRM_STATUS_INVALID_HANDLE, "model");
        CHECK(crm_purchase_data_length(data) == 3);
    }
    crm_customer_values_free(good);
    crm_purchase_data_free(data);
    crm_purchase_model_free(model);
    crm_spend_data_free(spend);
    crm_spend_model_free(spend_model);
}

static void null_is_freed(void) {
    OK(crm_value_options_init(&(crm_value_options){0}, sizeof(crm_value_options)));
    crm_purchase_data_free(NULL);
    crm_purchase_model_free(NULL);
    crm_fit_report_free(NULL);
    crm_intervals_free(NULL);
    crm_bootstrap_free(NULL);
    crm_simulation_free(NULL);
    crm_spend_data_free(NULL);
    crm_spend_model_free(NULL);
    crm_customer_values_free(NULL);
    CHECK(crm_last_error_message()[0] == '\0');
}

/* Places and arrays that are NULL, and places that are too few. */
static void places_and_arrays(void) {
    crm_purchase_model *model = bg_nbd(), *no_model = NULL;
    crm_purchase_data *data = three(), *no_data = NULL;
    crm_spend_model *spend_model = gamma_gamma();
    crm_spend_data *no_spend = NULL;
    crm_simulation *no_simulation = NULL;
    crm_prediction what = predict(CRM_PREDICTION_KIND_PURCHASES, 1.0, CRM_TIME_UNIT_WEEK);
    crm_period week = {1.0, CRM_TIME_UNIT_WEEK};
    double values[3] = {-1.0, -1.0, -1.0};
    uint32_t counts[3];
    FAILS(crm_purchase_model_predict(model, data, &what, values, 2), CRM_STATUS_LENGTH_MISMATCH, "capacity");
    FAILS(crm_purchase_model_predict(model, data, &what, NULL, 3), CRM_STATUS_NULL_POINTER, "out");
    FAILS(crm_purchase_model_predict(model, data, NULL, values, 3), CRM_STATUS_NULL_POINTER, "prediction");
    FAILS(crm_purchase_model_log_likelihoods(model, data, values, 2), CRM_STATUS_LENGTH_MISMATCH, "capacity");
    FAILS(crm_purchase_model_log_likelihood(model, data, NULL), CRM_STATUS_NULL_POINTER, "out");
    FAILS(crm_purchase_model_estimates(model, values, 3), CRM_STATUS_LENGTH_MISMATCH, "capacity");
    FAILS(crm_purchase_model_predictive_intervals(model, data, &week, 0.9, counts, NULL, 3), CRM_STATUS_NULL_POINTER,
          "upper");
    FAILS(crm_purchase_model_predictive_intervals(model, data, NULL, 0.9, counts, counts, 3), CRM_STATUS_NULL_POINTER,
          "period");
    FAILS(crm_purchase_model_predictive_intervals(model, data, &week, 1.0, counts, counts, 3),
          CRM_STATUS_INVALID_ARGUMENT, "confidence_level");
    FAILS(crm_purchase_model_fit(0, data, NULL, NULL), CRM_STATUS_NULL_POINTER, "out");
    FAILS(crm_purchase_model_kind(model, NULL), CRM_STATUS_NULL_POINTER, "out");
    FAILS(crm_purchase_model_from_parameters(0, NULL, 4, 0, &no_model), CRM_STATUS_NULL_POINTER, "parameters");
    FAILS(crm_purchase_model_from_parameters(0, BG_NBD, 3, 0, &no_model), CRM_STATUS_INVALID_ARGUMENT, "parameters");
    FAILS(crm_purchase_model_from_json(NULL, &no_model), CRM_STATUS_NULL_POINTER, "json");
    FAILS(crm_purchase_model_from_json("{}", &no_model), CRM_STATUS_CORRUPT, "json");
    FAILS(crm_purchase_model_simulate(model, NULL, 3, &week, 1, &no_simulation), CRM_STATUS_NULL_POINTER, "ages");
    FAILS(crm_purchase_model_simulate(model, THREE_AGE, 3, NULL, 1, &no_simulation), CRM_STATUS_NULL_POINTER,
          "holdout");
    FAILS(crm_purchase_data_column(data, 0, values, 2), CRM_STATUS_LENGTH_MISMATCH, "capacity");
    FAILS(crm_purchase_data_new(NULL, THREE_LAST, THREE_AGE, 3, 0, &no_data), CRM_STATUS_NULL_POINTER,
          "repeat_purchases");
    FAILS(crm_purchase_data_new(THREE_X, NULL, THREE_AGE, 3, 0, &no_data), CRM_STATUS_NULL_POINTER,
          "last_purchase_age");
    FAILS(crm_purchase_data_new(THREE_X, THREE_LAST, NULL, 3, 0, &no_data), CRM_STATUS_NULL_POINTER, "age");
    FAILS(crm_purchase_data_new(THREE_X, THREE_LAST, THREE_AGE, SIZE_MAX, 0, &no_data), CRM_STATUS_INVALID_ARGUMENT,
          "repeat_purchases");
    FAILS(crm_purchase_data_new(NULL, NULL, NULL, 0, 0, &no_data), CRM_STATUS_EMPTY, "repeat_purchases");
    FAILS(crm_purchase_data_newcomers(0, 0, &no_data), CRM_STATUS_INVALID_ARGUMENT, "customers");
    FAILS(crm_purchase_data_newcomers(SIZE_MAX, 0, &no_data), CRM_STATUS_OUT_OF_RANGE, "customers");
    FAILS(crm_purchase_data_with_weights(data, NULL, 3, &no_data), CRM_STATUS_NULL_POINTER, "weights");
    FAILS(crm_purchase_data_with_weights(data, THREE_X, 2, &no_data), CRM_STATUS_LENGTH_MISMATCH, "weights");
    FAILS(crm_purchase_data_with_covariate(data, NULL, THREE_X, 3, &no_data), CRM_STATUS_NULL_POINTER, "name");
    FAILS(crm_purchase_data_with_covariate(data, "\xff", THREE_X, 3, &no_data), CRM_STATUS_NOT_UTF8, "name");
    FAILS(crm_purchase_data_with_covariate(data, "", THREE_X, 3, &no_data), CRM_STATUS_INVALID_ARGUMENT, "covariate");
    FAILS(crm_purchase_data_with_covariate(data, "a", THREE_X, 2, &no_data), CRM_STATUS_LENGTH_MISMATCH, "a");
    FAILS(crm_spend_data_new(NULL, THREE_SPEND, 3, CRM_POLICY_RAISE, &no_spend), CRM_STATUS_NULL_POINTER,
          "repeat_purchases");
    FAILS(crm_spend_data_new(THREE_X, NULL, 3, CRM_POLICY_RAISE, &no_spend), CRM_STATUS_NULL_POINTER, "mean_spend");
    FAILS(crm_spend_model_expected_mean_spend(spend_model, THREE_X, NULL, 3, values), CRM_STATUS_NULL_POINTER,
          "mean_spend");
    FAILS(crm_spend_model_expected_mean_spend(spend_model, THREE_X, THREE_SPEND, 3, NULL), CRM_STATUS_NULL_POINTER,
          "out");
    FAILS(crm_spend_model_simulate(spend_model, NULL, 3, 1, values), CRM_STATUS_NULL_POINTER, "repeat_purchases");
    CHECK(values[0] == -1.0 && values[2] == -1.0);
    CHECK(no_model == NULL && no_data == NULL && no_spend == NULL && no_simulation == NULL);
    crm_purchase_data_free(data);
    crm_purchase_model_free(model);
    crm_spend_model_free(spend_model);
}

static void sizes(void) {
    const size_t bad[] = {0, 1, 7, 4096, SIZE_MAX, SIZE_MAX - 7};
    crm_purchase_model *model = bg_nbd(), *no_model = NULL;
    crm_purchase_data *data = three();
    crm_spend_model *spend_model = gamma_gamma(), *no_spend_model = NULL;
    crm_spend_data *spend = three_spend();
    crm_customer_values *values = NULL;
    crm_intervals *intervals = NULL;
    double out[3];
    for (size_t index = 0; index < COUNT(bad); index++) {
        crm_fit_options fit;
        crm_spend_fit_options spend_fit;
        crm_prediction what;
        crm_value_options value;
        crm_draw_options draw;
        crm_model_info info = {.struct_size = bad[index]};
        FAILS(crm_fit_options_init(&fit, bad[index]), CRM_STATUS_INVALID_ARGUMENT, "options.struct_size");
        FAILS(crm_spend_fit_options_init(&spend_fit, bad[index]), CRM_STATUS_INVALID_ARGUMENT, "options.struct_size");
        FAILS(crm_prediction_init(&what, bad[index], 0), CRM_STATUS_INVALID_ARGUMENT, "prediction.struct_size");
        FAILS(crm_value_options_init(&value, bad[index]), CRM_STATUS_INVALID_ARGUMENT, "options.struct_size");
        FAILS(crm_draw_options_init(&draw, bad[index]), CRM_STATUS_INVALID_ARGUMENT, "options.struct_size");
        FAILS(crm_model_at(0, &info), CRM_STATUS_INVALID_ARGUMENT, "out.struct_size");
        OK(crm_fit_options_init(&fit, sizeof fit));
        OK(crm_spend_fit_options_init(&spend_fit, sizeof spend_fit));
        OK(crm_prediction_init(&what, sizeof what, 0));
        OK(crm_value_options_init(&value, sizeof value));
        OK(crm_draw_options_init(&draw, sizeof draw));
        value.horizon.kind = CRM_HORIZON_KIND_FOREVER;
        value.discount_rate.rate = 0.1;
        fit.struct_size = spend_fit.struct_size = what.struct_size = draw.struct_size = bad[index];
        FAILS(crm_purchase_model_fit(0, data, &fit, &no_model), CRM_STATUS_INVALID_ARGUMENT, "options.struct_size");
        FAILS(crm_spend_model_fit(spend, &spend_fit, &no_spend_model), CRM_STATUS_INVALID_ARGUMENT,
              "options.struct_size");
        FAILS(crm_purchase_model_predict(model, data, &what, out, 3), CRM_STATUS_INVALID_ARGUMENT,
              "prediction.struct_size");
        FAILS(crm_customer_values_predictive_intervals(model, spend_model, data, spend, &value, &draw, &intervals),
              CRM_STATUS_INVALID_ARGUMENT, "draw.struct_size");
        value.struct_size = bad[index];
        FAILS(crm_customer_values_new(model, spend_model, data, spend, &value, &values), CRM_STATUS_INVALID_ARGUMENT,
              "options.struct_size");
        CHECK(values == NULL && intervals == NULL && no_model == NULL && no_spend_model == NULL);
    }
    crm_purchase_data_free(data);
    crm_purchase_model_free(model);
    crm_spend_data_free(spend);
    crm_spend_model_free(spend_model);
}

/* Codes that are none, and numbers that make no sense. */
static void codes(void) {
    const int32_t beyond[] = {-1, 99, INT32_MIN, INT32_MAX};
    crm_purchase_model *model = bg_nbd(), *no_model = NULL;
    crm_purchase_data *data = three(), *no_data = NULL;
    crm_spend_model *spend_model = gamma_gamma();
    crm_spend_data *spend = three_spend(), *no_spend = NULL;
    crm_customer_values *values = NULL;
    crm_simulation *simulation = NULL;
    crm_value_options options;
    crm_fit_options fit;
    crm_prediction what;
    double out[4];
    for (size_t index = 0; index < COUNT(beyond); index++) {
        int32_t bad = beyond[index];
        crm_period period = {1.0, bad};
        FAILS(crm_purchase_model_fit(bad, data, NULL, &no_model), CRM_STATUS_INVALID_ARGUMENT, "kind");
        FAILS(crm_purchase_model_from_parameters(bad, BG_NBD, 4, 0, &no_model), CRM_STATUS_INVALID_ARGUMENT, "kind");
        FAILS(crm_purchase_model_from_parameters(0, BG_NBD, 4, bad, &no_model), CRM_STATUS_INVALID_ARGUMENT,
              "time_unit");
        FAILS(crm_purchase_data_new(THREE_X, THREE_LAST, THREE_AGE, 3, bad, &no_data), CRM_STATUS_INVALID_ARGUMENT,
              "time_unit");
        FAILS(crm_purchase_data_newcomers(3, bad, &no_data), CRM_STATUS_INVALID_ARGUMENT, "time_unit");
        FAILS(crm_purchase_data_column(data, bad, out, 3), CRM_STATUS_INVALID_ARGUMENT, "column");
        FAILS(crm_purchase_model_simulate(model, THREE_AGE, 3, &period, 1, &simulation), CRM_STATUS_INVALID_ARGUMENT,
              "holdout.unit");
        FAILS(crm_spend_data_column(spend, bad, out, 3), CRM_STATUS_INVALID_ARGUMENT, "column");
        FAILS(crm_spend_data_new(THREE_X, THREE_SPEND, 3, bad, &no_spend), CRM_STATUS_INVALID_ARGUMENT,
              "without_spend");
        FAILS(crm_prediction_init(&what, sizeof what, bad), CRM_STATUS_INVALID_ARGUMENT, "kind");
        what = predict(CRM_PREDICTION_KIND_DISCOUNTED_PURCHASES, 1.0, CRM_TIME_UNIT_WEEK);
        what.discount_rate = (crm_discount_rate){0.1, bad, CRM_COMPOUNDING_EFFECTIVE};
        FAILS(crm_purchase_model_predict(model, data, &what, out, 3), CRM_STATUS_INVALID_ARGUMENT,
              "prediction.discount_rate.unit");
        what.discount_rate = (crm_discount_rate){0.1, 0, bad};
        FAILS(crm_purchase_model_predict(model, data, &what, out, 3), CRM_STATUS_INVALID_ARGUMENT,
              "prediction.discount_rate.compounding");
        what.horizon.kind = bad;
        FAILS(crm_purchase_model_predict(model, data, &what, out, 3), CRM_STATUS_INVALID_ARGUMENT,
              "prediction.horizon.kind");
        what.horizon = (crm_horizon){1.0, bad, CRM_HORIZON_KIND_WITHIN};
        FAILS(crm_purchase_model_predict(model, data, &what, out, 3), CRM_STATUS_INVALID_ARGUMENT,
              "prediction.horizon.unit");
        what.kind = bad;
        FAILS(crm_purchase_model_predict(model, data, &what, out, 3), CRM_STATUS_INVALID_ARGUMENT, "prediction.kind");
    }
    FAILS(crm_spend_data_new(THREE_X, THREE_SPEND, 3, CRM_POLICY_KEEP, &no_spend), CRM_STATUS_INVALID_ARGUMENT,
          "without_spend");

    /* What looks ahead must be told how far; some need an end, and without one there must be discounting. */
    for (int32_t kind = CRM_PREDICTION_KIND_ALIVE_AFTER; kind <= CRM_PREDICTION_KIND_BUYS_WITHIN; kind++) {
        OK(crm_prediction_init(&what, sizeof what, kind));
        FAILS(crm_purchase_model_predict(model, data, &what, out, 3), CRM_STATUS_INVALID_ARGUMENT, "prediction.horizon");
        what.horizon.kind = CRM_HORIZON_KIND_FOREVER;
        if (kind == CRM_PREDICTION_KIND_BUYS_WITHIN)
            OK(crm_purchase_model_predict(model, data, &what, out, 3));
        else
            FAILS(crm_purchase_model_predict(model, data, &what, out, 3), CRM_STATUS_INVALID_ARGUMENT,
                  kind == CRM_PREDICTION_KIND_DISCOUNTED_PURCHASES ? "prediction.discount_rate"
                                                                   : "prediction.horizon.kind");
    }
    what = predict(CRM_PREDICTION_KIND_DISCOUNTED_PURCHASES, 0.0, 0);
    what.horizon.kind = CRM_HORIZON_KIND_FOREVER;
    what.discount_rate.rate = 0.0;
    FAILS(crm_purchase_model_predict(model, data, &what, out, 3), CRM_STATUS_INVALID_ARGUMENT, "discount_rate");
    what = predict(CRM_PREDICTION_KIND_TIME_TO_NEXT, 0.0, 0);
    what.quantile = 1.0;
    FAILS(crm_purchase_model_predict(model, data, &what, out, 3), CRM_STATUS_INVALID_ARGUMENT, "quantile");

    OK(crm_value_options_init(&options, sizeof options));
    FAILS(crm_customer_values_new(model, spend_model, data, spend, &options, &values), CRM_STATUS_INVALID_ARGUMENT,
          "options.horizon");
    options.horizon = (crm_horizon){1.0, CRM_TIME_UNIT_YEAR_MEAN, CRM_HORIZON_KIND_WITHIN};
    FAILS(crm_customer_values_new(model, spend_model, data, spend, &options, &values), CRM_STATUS_INVALID_ARGUMENT,
          "options.discount_rate");
    options.discount_rate.rate = 0.1;
    options.margin = 1.5;
    FAILS(crm_customer_values_new(model, spend_model, data, spend, &options, &values), CRM_STATUS_INVALID_ARGUMENT,
          "margin");

    const char *const names[] = {NULL};
    OK(crm_fit_options_init(&fit, sizeof fit));
    CHECK(fit.most_evaluations == 1000 && fit.l2 == 0.0 && fit.threads == 0);
    fit.l2 = -1.0;
    FAILS(crm_purchase_model_fit(0, data, &fit, &no_model), CRM_STATUS_INVALID_ARGUMENT, "l2");
    fit.l2 = 0.0;
    fit.most_evaluations = 0;
    FAILS(crm_purchase_model_fit(0, data, &fit, &no_model), CRM_STATUS_INVALID_ARGUMENT, "most_evaluations");
    fit.most_evaluations = 10;
    fit.threads = SIZE_MAX;
    FAILS(crm_purchase_model_fit(0, data, &fit, &no_model), CRM_STATUS_INVALID_ARGUMENT, "threads");
    fit.threads = 1;
    fit.reserved = 1;
    FAILS(crm_purchase_model_fit(0, data, &fit, &no_model), CRM_STATUS_INVALID_ARGUMENT, "reserved");
    fit.reserved = 0;
    fit.purchase_covariate_count = 1;
    FAILS(crm_purchase_model_fit(0, data, &fit, &no_model), CRM_STATUS_NULL_POINTER, "purchase_covariates");
    fit.purchase_covariates = names;
    FAILS(crm_purchase_model_fit(0, data, &fit, &no_model), CRM_STATUS_NULL_POINTER, "purchase_covariates");
    CHECK(no_model == NULL && no_data == NULL && no_spend == NULL && values == NULL && simulation == NULL);
    crm_purchase_data_free(data);
    crm_purchase_model_free(model);
    crm_spend_data_free(spend);
    crm_spend_model_free(spend_model);
}

/* Data that no customer can have are refused with argument, row and value. */
static void bad_data(void) {
    const struct {
        double x, last, age;
        const char *argument, *value;
    } rows[] = {
        {NAN, 0.0, 10.0, "repeat_purchases", "NaN"}, {-1.0, 0.0, 10.0, "repeat_purchases", "-1"},
        {1.5, 2.0, 10.0, "repeat_purchases", "1.5"}, {1.0, 11.0, 10.0, "last_purchase_age", "11"},
        {1.0, 0.0, 10.0, "last_purchase_age", "0"},  {1.0, NAN, 10.0, "last_purchase_age", "NaN"},
        {0.0, 3.0, 10.0, "last_purchase_age", "3"},  {1.0, 2.0, INFINITY, "age", "inf"},
        {0.0, 0.0, -2.0, "age", "-2"},
    };
    for (size_t index = 0; index < COUNT(rows); index++) {
        double x[3], last[3], age[3];
        crm_purchase_data *data = NULL;
        memcpy(x, THREE_X, sizeof x), memcpy(last, THREE_LAST, sizeof last), memcpy(age, THREE_AGE, sizeof age);
        x[1] = rows[index].x, last[1] = rows[index].last, age[1] = rows[index].age;
        FAILS(crm_purchase_data_new(x, last, age, 3, CRM_TIME_UNIT_WEEK, &data), CRM_STATUS_INVALID_VALUE,
              rows[index].argument);
        CHECK(crm_last_error_row() == 1 && strstr(crm_last_error_message(), rows[index].value) != NULL);
        CHECK(data == NULL);
    }
    crm_purchase_data *data = three(), *out = NULL, *days = NULL, *empty = NULL;
    crm_spend_data *spend = NULL;
    crm_purchase_model *model = bg_nbd(), *fitted = NULL;
    crm_simulation *simulation = NULL;
    crm_prediction what = predict(CRM_PREDICTION_KIND_ALIVE, 1.0, CRM_TIME_UNIT_WEEK);
    crm_period week = {1.0, CRM_TIME_UNIT_WEEK};
    const double wrong[] = {1.0, 1.0, -7.5}, no_number[] = {1.0, INFINITY, 1.0}, zeros[] = {0.0, 0.0, 0.0};
    double values[3];
    FAILS(crm_purchase_data_with_weights(data, wrong, 3, &out), CRM_STATUS_INVALID_VALUE, "weights");
    CHECK(crm_last_error_row() == 2 && strstr(crm_last_error_message(), "-7.5") != NULL);
    FAILS(crm_purchase_data_with_weights(data, zeros, 3, &out), CRM_STATUS_INVALID_VALUE, "weights");
    FAILS(crm_purchase_data_with_covariate(data, "score", no_number, 3, &out), CRM_STATUS_INVALID_VALUE, "score");
    CHECK(crm_last_error_row() == 1);
    FAILS(crm_spend_data_new(no_number, no_number, 3, CRM_POLICY_EXCLUDE, &spend), CRM_STATUS_INVALID_VALUE,
          "repeat_purchases");
    FAILS(crm_spend_data_new(THREE_X, wrong, 3, CRM_POLICY_KEEP, &spend), CRM_STATUS_INVALID_ARGUMENT, "without_spend");
    const double once[] = {1.0, 1.0, 1.0};
    FAILS(crm_spend_data_new(once, wrong, 3, CRM_POLICY_RAISE, &spend), CRM_STATUS_INVALID_VALUE, "mean_spend");
    CHECK(crm_last_error_row() == 2 && strstr(crm_last_error_message(), "-7.5") != NULL);
    FAILS(crm_purchase_model_simulate(model, wrong, 3, &week, 1, &simulation), CRM_STATUS_INVALID_VALUE, "age");
    CHECK(crm_last_error_row() == 2);

    /* Data in days do not go to a model in weeks; nobody who came back says nothing of coming back. */
    OK(crm_purchase_data_new(THREE_X, THREE_LAST, THREE_AGE, 3, CRM_TIME_UNIT_DAY, &days));
    FAILS(crm_purchase_model_predict(model, days, &what, values, 3), CRM_STATUS_INCOMPATIBLE, "time_unit");
    OK(crm_purchase_data_new(zeros, zeros, THREE_AGE, 3, CRM_TIME_UNIT_WEEK, &empty));
    CHECK(crm_purchase_model_fit(0, empty, NULL, &fitted) == CRM_STATUS_INVALID_VALUE && fitted == NULL);
    /* Ages of BG/BB count opportunities, and so do periods. */
    const double discrete[] = {1.2, 0.7, 0.6, 2.7};
    crm_purchase_model *bg_bb = NULL;
    OK(crm_purchase_model_from_parameters(CRM_PURCHASE_KIND_BG_BB, discrete, 4, CRM_TIME_UNIT_WEEK, &bg_bb));
    CHECK(crm_purchase_model_predict(bg_bb, data, &what, values, 3) == CRM_STATUS_INVALID_VALUE);
    what = predict(CRM_PREDICTION_KIND_PURCHASES, 10.0, CRM_TIME_UNIT_DAY);
    FAILS(crm_purchase_model_predict(bg_bb, empty, &what, values, 3), CRM_STATUS_INVALID_ARGUMENT, "period");
    crm_purchase_model_free(bg_bb);
    crm_purchase_data_free(empty);
    crm_purchase_data_free(days);
    crm_purchase_data_free(data);
    crm_purchase_model_free(model);
}

int main(void) {
    memset(WORDS, 0x5a, sizeof WORDS);
    handles(NULL, CRM_STATUS_NULL_POINTER);
    handles(WORDS, CRM_STATUS_INVALID_HANDLE);
    null_is_freed();
    places_and_arrays();
    sizes();
    codes();
    bad_data();
    return 0;
}
