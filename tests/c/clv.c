/* Purchase models, spend models and lifetime value: what they find, predict and hand out. */
#define _POSIX_C_SOURCE 200809L
#include "clv.h"

#include <unistd.h>

static crm_fit_summary summary_of(const crm_fit_report *report) {
    crm_fit_summary out = {.struct_size = sizeof out};
    OK(crm_fit_report_summary(report, &out));
    CHECK(out.struct_size == sizeof out && out.reserved == 0);
    return out;
}

static double *interval(const crm_intervals *intervals, crm_interval_column column, double *out, size_t capacity) {
    OK(crm_intervals_column(intervals, column, out, capacity));
    return out;
}

/* Models that were fitted to the first 39 weeks, as the papers print them. */
static void published_fits(void) {
    const struct {
        crm_purchase_kind kind;
        double estimates[4], within[4], log_likelihood;
    } papers[] = {
        {CRM_PURCHASE_KIND_BG_NBD, {0.2425945, 4.413602, 0.7929199, 2.425903}, {2e-6, 2e-5, 2e-4, 3e-4}, -9582.429},
        {CRM_PURCHASE_KIND_PARETO_NBD, {0.553, 10.578, 0.606, 11.669}, {5e-4, 5e-3, 6e-4, 2e-2}, -9594.976},
    };
    crm_history *history = NULL;
    crm_base *base = cdnow_base(&history, "1997-09-30");
    crm_purchase_data *data = NULL;
    OK(crm_purchase_data_from_base(base, &data));
    crm_history_free(history);
    crm_base_free(base);
    CHECK(crm_purchase_data_length(data) == 2357);
    int32_t code, first, last, of_model[2], start;
    OK(crm_purchase_data_time_unit(data, &code));
    CHECK(code == CRM_TIME_UNIT_WEEK);
    OK(crm_purchase_data_window(data, &first, &last));
    OK(crm_day_parse("1997-01-01", &start));
    CHECK(first == start && last == start + 272);

    for (size_t index = 0; index < COUNT(papers); index++) {
        crm_purchase_model *model = NULL;
        crm_fit_report *report = NULL;
        OK(crm_purchase_model_fit(papers[index].kind, data, NULL, &model));
        OK(crm_purchase_model_kind(model, &code));
        CHECK(code == (int32_t)papers[index].kind);
        OK(crm_purchase_model_time_unit(model, &code));
        CHECK(code == CRM_TIME_UNIT_WEEK);
        OK(crm_purchase_model_window(model, &of_model[0], &of_model[1]));
        CHECK(of_model[0] == first && of_model[1] == last);

        double estimates[4], of_report[4], errors[4], covariance[16], lower[4], upper[4], log_likelihood;
        OK(crm_purchase_model_report(model, &report));
        CHECK(crm_purchase_model_length(model) == 4 && crm_fit_report_length(report) == 4);
        OK(crm_purchase_model_estimates(model, estimates, 4));
        OK(crm_fit_report_estimates(report, of_report, 4));
        OK(crm_fit_report_standard_errors(report, errors, 4));
        OK(crm_fit_report_covariance(report, covariance, 16));
        OK(crm_fit_report_confidence_intervals(report, 0.95, lower, upper, 4));
        for (size_t at = 0; at < 4; at++) {
            NEAR(estimates[at], papers[index].estimates[at], papers[index].within[at]);
            CHECK(estimates[at] == of_report[at] && errors[at] > 0.0);
            NEAR(errors[at] * errors[at], covariance[5 * at], 1e-12 * covariance[5 * at]);
            CHECK(lower[at] > 0.0 && lower[at] < estimates[at] && estimates[at] < upper[at]);
            CHECK(strcmp(crm_purchase_model_name(model, at), crm_model_parameter(papers[index].kind, at)) == 0);
            CHECK(strcmp(crm_fit_report_name(report, at), crm_model_parameter(papers[index].kind, at)) == 0);
        }
        crm_fit_summary summary = summary_of(report);
        NEAR(summary.log_likelihood, papers[index].log_likelihood, 6e-4);
        CHECK(summary.converged == 1 && summary.is_sound == 1 && summary.l2 == 0.0 && summary.customers == 2357.0);
        CHECK(summary.distinct_rows > 100 && summary.distinct_rows < 2357 && summary.evaluations > 3);
        CHECK(summary.aic == 8.0 - 2.0 * summary.log_likelihood && summary.condition > 1.0);
        NEAR(summary.bic, 4.0 * log(2357.0) - 2.0 * summary.log_likelihood, 1e-8);
        CHECK(crm_fit_report_warning_count(report) == 0);
        OK(crm_purchase_model_log_likelihood(model, data, &log_likelihood));
        NEAR(log_likelihood, summary.log_likelihood, 1e-8);
        crm_fit_report_free(report);

        /* The model goes through JSON unchanged. */
        crm_bytes *json = NULL, *again = NULL;
        crm_purchase_model *copy = NULL;
        OK(crm_purchase_model_to_json(model, &json));
        OK(crm_purchase_model_from_json(crm_bytes_text(json), &copy));
        OK(crm_purchase_model_to_json(copy, &again));
        CHECK(strcmp(crm_bytes_text(json), crm_bytes_text(again)) == 0);
        crm_bytes_free(json);
        crm_bytes_free(again);
        crm_purchase_model_free(copy);
        crm_purchase_model_free(model);
    }
    crm_purchase_data_free(data);
}

static void predictions(void) {
    crm_purchase_model *model = bg_nbd();
    crm_purchase_data *data = three(), *weighted = NULL;
    double values[THREE], weeks[THREE], each[THREE], sum;
    /* Fader, Hardie and Lee (2005): 1.226 purchases in the 39 weeks to come. */
    crm_prediction what = predict(CRM_PREDICTION_KIND_PURCHASES, 39.0, CRM_TIME_UNIT_WEEK);
    OK(crm_purchase_model_predict(model, data, &what, values, THREE));
    NEAR(values[0], 1.226, 5e-4);
    what = predict(CRM_PREDICTION_KIND_PURCHASES, 273.0, CRM_TIME_UNIT_DAY);
    OK(crm_purchase_model_predict(model, data, &what, weeks, THREE));
    CHECK(memcmp(values, weeks, sizeof values) == 0);
    what = predict(CRM_PREDICTION_KIND_ALIVE, NAN, 0);
    OK(crm_purchase_model_predict(model, data, &what, values, THREE));
    NEAR(values[0], 0.7266, 5e-4);
    CHECK(values[1] == 1.0 && values[2] == 1.0);
    what = predict(CRM_PREDICTION_KIND_TIME_TO_NEXT, NAN, 0);
    OK(crm_purchase_model_predict(model, data, &what, values, THREE));
    what.quantile = 0.25;
    OK(crm_purchase_model_predict(model, data, &what, weeks, THREE));
    CHECK(weeks[0] > 0.0 && weeks[0] < values[0]);
    what = predict(CRM_PREDICTION_KIND_MEAN_TIME_TO_NEXT, NAN, 0);
    OK(crm_purchase_model_predict(model, data, &what, values, THREE));
    CHECK(values[0] > weeks[0]);

    /* A year's rate is the same rate in every unit, and discounts less than the same number continuously. */
    what = predict(CRM_PREDICTION_KIND_DISCOUNTED_PURCHASES, 0.0, 0);
    what.horizon.kind = CRM_HORIZON_KIND_FOREVER;
    what.discount_rate = (crm_discount_rate){0.1, CRM_TIME_UNIT_YEAR_MEAN, CRM_COMPOUNDING_EFFECTIVE};
    OK(crm_purchase_model_predict(model, data, &what, values, THREE));
    what.discount_rate = (crm_discount_rate){log(1.1) / 365.25, CRM_TIME_UNIT_DAY, CRM_COMPOUNDING_CONTINUOUS};
    OK(crm_purchase_model_predict(model, data, &what, weeks, THREE));
    NEAR(values[0], weeks[0], 1e-12 * values[0]);

    /* Probabilities of all numbers of purchases make one, most of it within the predictive interval. */
    crm_period year = {1.0, CRM_TIME_UNIT_YEAR_MEAN};
    uint32_t lower[THREE], upper[THREE];
    OK(crm_purchase_model_predictive_intervals(model, data, &year, 0.9, lower, upper, THREE));
    double within = 0.0, all = 0.0;
    what = predict(CRM_PREDICTION_KIND_PURCHASE_PROBABILITY, 1.0, CRM_TIME_UNIT_YEAR_MEAN);
    for (what.purchases = 0; what.purchases < 60; what.purchases++) {
        OK(crm_purchase_model_predict(model, data, &what, values, THREE));
        all += values[0];
        if (what.purchases >= lower[0] && what.purchases <= upper[0]) within += values[0];
    }
    NEAR(all, 1.0, 1e-6);
    CHECK(within >= 0.9 && lower[0] == 0 && upper[0] > 0);
    what = predict(CRM_PREDICTION_KIND_BUYS_WITHIN, 1.0, CRM_TIME_UNIT_YEAR_MEAN);
    OK(crm_purchase_model_predict(model, data, &what, values, THREE));
    what = predict(CRM_PREDICTION_KIND_PURCHASE_PROBABILITY, 1.0, CRM_TIME_UNIT_YEAR_MEAN);
    OK(crm_purchase_model_predict(model, data, &what, weeks, THREE));
    NEAR(values[0] + weeks[0], 1.0, 1e-12);

    const double weights[] = {2.0, 0.5, 0.0};
    OK(crm_purchase_data_with_weights(data, weights, THREE, &weighted));
    OK(crm_purchase_model_log_likelihoods(model, weighted, each, THREE));
    OK(crm_purchase_model_log_likelihood(model, weighted, &sum));
    NEAR(sum, 2.0 * each[0] + 0.5 * each[1], 1e-12);
    OK(crm_purchase_data_column(weighted, CRM_PURCHASE_COLUMN_WEIGHT, values, THREE));
    CHECK(memcmp(values, weights, sizeof weights) == 0);
    OK(crm_purchase_data_column(data, CRM_PURCHASE_COLUMN_WEIGHT, values, THREE));
    CHECK(values[0] == 1.0 && values[2] == 1.0);
    OK(crm_purchase_data_column(data, CRM_PURCHASE_COLUMN_REPEAT_PURCHASES, values, THREE));
    CHECK(memcmp(values, THREE_X, sizeof values) == 0);
    OK(crm_purchase_data_column(data, CRM_PURCHASE_COLUMN_LAST_PURCHASE_AGE, values, THREE));
    CHECK(memcmp(values, THREE_LAST, sizeof values) == 0);
    OK(crm_purchase_data_column(data, CRM_PURCHASE_COLUMN_AGE, values, THREE));
    CHECK(memcmp(values, THREE_AGE, sizeof values) == 0);
    crm_purchase_data_free(weighted);
    crm_purchase_data_free(data);
    crm_purchase_model_free(model);
}

/* Customers of a model, and the model that is found again; with covariates, intervals and refits. */
static void simulated_customers(void) {
    enum { CUSTOMERS = 400 };
    static double ages[CUSTOMERS], column[CUSTOMERS], other[CUSTOMERS], times[4096], group[CUSTOMERS];
    crm_purchase_model *truth = bg_nbd(), *model = NULL, *grouped = NULL;
    crm_simulation *simulation = NULL;
    crm_purchase_data *data = NULL, *with_group = NULL;
    crm_period ahead = {26.0, CRM_TIME_UNIT_WEEK};
    for (size_t row = 0; row < CUSTOMERS; row++) ages[row] = 40.0 + (double)(row % 20), group[row] = (double)(row % 2);
    OK(crm_purchase_model_simulate(truth, ages, CUSTOMERS, &ahead, 7, &simulation));
    CHECK(crm_simulation_length(simulation) == CUSTOMERS);
    OK(crm_simulation_data(simulation, &data));
    OK(crm_purchase_data_column(data, CRM_PURCHASE_COLUMN_REPEAT_PURCHASES, column, CUSTOMERS));
    OK(crm_simulation_holdout_purchases(simulation, other, CUSTOMERS));
    for (size_t row = 0; row < CUSTOMERS; row++) {
        size_t count;
        OK(crm_simulation_purchase_count(simulation, row, &count));
        CHECK(count <= COUNT(times) && (double)count == column[row] + other[row]);
        OK(crm_simulation_purchases(simulation, row, times, count));
        for (size_t at = 1; at < count; at++) CHECK(times[at - 1] < times[at]);
        CHECK(count == 0 || (times[0] > 0.0 && times[count - 1] <= ages[row] + 26.0));
    }
    OK(crm_simulation_left(simulation, column, CUSTOMERS));
    size_t stayed = 0;
    for (size_t row = 0; row < CUSTOMERS; row++) stayed += isinf(column[row]);
    CHECK(stayed > 0 && stayed < CUSTOMERS);
    size_t count;
    FAILS(crm_simulation_purchase_count(simulation, CUSTOMERS, &count), CRM_STATUS_OUT_OF_RANGE, "customer");
    FAILS(crm_simulation_purchases(simulation, CUSTOMERS, times, 1), CRM_STATUS_OUT_OF_RANGE, "customer");
    crm_simulation_free(simulation);

    OK(crm_purchase_model_fit(CRM_PURCHASE_KIND_BG_NBD, data, NULL, &model));
    crm_prediction what = predict(CRM_PREDICTION_KIND_PURCHASES, 26.0, CRM_TIME_UNIT_WEEK);
    crm_intervals *delta = NULL, *percentiles = NULL, *estimates = NULL;
    crm_bootstrap *bootstrap = NULL;
    uint32_t failed;
    double four[4];
    OK(crm_purchase_model_confidence_intervals(model, data, &what, 0.9, &delta));
    CHECK(crm_intervals_length(delta) == CUSTOMERS);
    OK(crm_purchase_model_predict(model, data, &what, other, CUSTOMERS));
    interval(delta, CRM_INTERVAL_COLUMN_ESTIMATE, column, CUSTOMERS);
    CHECK(memcmp(column, other, sizeof column) == 0);
    interval(delta, CRM_INTERVAL_COLUMN_LOWER, column, CUSTOMERS);
    for (size_t row = 0; row < CUSTOMERS; row++) CHECK(column[row] >= 0.0 && column[row] < other[row]);
    interval(delta, CRM_INTERVAL_COLUMN_UPPER, column, CUSTOMERS);
    for (size_t row = 0; row < CUSTOMERS; row++) CHECK(column[row] > other[row]);
    interval(delta, CRM_INTERVAL_COLUMN_STANDARD_ERROR, column, CUSTOMERS);
    for (size_t row = 0; row < CUSTOMERS; row++) CHECK(column[row] > 0.0);

    OK(crm_purchase_model_bootstrap(model, data, NULL, 10, 3, &bootstrap));
    OK(crm_bootstrap_failed(bootstrap, &failed));
    CHECK(crm_bootstrap_length(bootstrap) + failed == 10);
    OK(crm_bootstrap_replicate(bootstrap, 0, four, 4));
    CHECK(four[0] > 0.0 && four[3] > 0.0);
    FAILS(crm_bootstrap_replicate(bootstrap, 10, four, 4), CRM_STATUS_OUT_OF_RANGE, "index");
    OK(crm_bootstrap_estimate_intervals(bootstrap, 0.9, &estimates));
    CHECK(crm_intervals_length(estimates) == 4);
    OK(crm_bootstrap_confidence_intervals(bootstrap, data, &what, 0.9, &percentiles));
    interval(percentiles, CRM_INTERVAL_COLUMN_ESTIMATE, column, CUSTOMERS);
    CHECK(memcmp(column, other, sizeof column) == 0);
    crm_intervals_free(delta);
    crm_intervals_free(estimates);
    crm_intervals_free(percentiles);
    crm_bootstrap_free(bootstrap);

    /* A covariate gets a coefficient for each parameter that it acts on. */
    const char *const names[] = {"group"};
    crm_fit_options options;
    OK(crm_fit_options_init(&options, sizeof options));
    options.purchase_covariates = options.dropout_covariates = names;
    options.purchase_covariate_count = 1;
    options.l2 = 0.001;
    options.threads = 1;
    OK(crm_purchase_data_with_covariate(data, "group", group, CUSTOMERS, &with_group));
    OK(crm_purchase_data_covariate(with_group, "group", column, CUSTOMERS));
    CHECK(memcmp(column, group, sizeof column) == 0);
    OK(crm_purchase_model_fit(CRM_PURCHASE_KIND_BG_NBD, with_group, &options, &grouped));
    CHECK(crm_purchase_model_length(grouped) == 5);
    CHECK(strcmp(crm_purchase_model_name(grouped, 4), "alpha:group") == 0);
    double five[5];
    OK(crm_purchase_model_estimates(grouped, five, 5));
    CHECK(five[4] != 0.0 && fabs(five[4]) < 1.0);
    crm_purchase_model *none = NULL;
    FAILS(crm_purchase_model_fit(CRM_PURCHASE_KIND_BG_NBD, data, &options, &none), CRM_STATUS_MISSING_COLUMN, "group");
    CHECK(none == NULL);
    FAILS(crm_purchase_model_predict(grouped, data, &what, other, CUSTOMERS), CRM_STATUS_MISSING_COLUMN, "group");
    FAILS(crm_purchase_data_covariate(data, "group", column, CUSTOMERS), CRM_STATUS_MISSING_COLUMN, "group");
    FAILS(crm_purchase_model_simulate(grouped, ages, 1, &ahead, 7, &simulation), CRM_STATUS_INVALID_ARGUMENT, "model");
    crm_purchase_model_free(grouped);
    crm_purchase_model_free(model);
    crm_purchase_data_free(with_group);
    crm_purchase_data_free(data);
    crm_purchase_model_free(truth);
}

/* Opportunities, newcomers, and fits that say that they are none. */
static void discrete_and_unsound(void) {
    crm_history *history = log_history();
    crm_opportunities *opportunities = NULL;
    crm_purchase_data *data = NULL, *newcomers = NULL;
    crm_purchase_model *model = NULL;
    crm_fit_report *report = NULL;
    double column[4];
    int32_t start, end;
    /* Customers 3, 5 and 7: the first came back after five and ten days. */
    OK(crm_history_opportunities(history, 19701, CRM_TIME_UNIT_DAY, &opportunities));
    OK(crm_purchase_data_from_opportunities(opportunities, &data));
    crm_opportunities_free(opportunities);
    CHECK(crm_purchase_data_length(data) == 3);
    OK(crm_purchase_data_column(data, CRM_PURCHASE_COLUMN_REPEAT_PURCHASES, column, 3));
    CHECK(column[0] == 2.0 && column[1] == 0.0 && column[2] == 0.0);
    OK(crm_purchase_data_column(data, CRM_PURCHASE_COLUMN_LAST_PURCHASE_AGE, column, 3));
    CHECK(column[0] == 10.0);
    OK(crm_purchase_data_column(data, CRM_PURCHASE_COLUMN_AGE, column, 3));
    CHECK(column[0] == 11.0 && column[1] == 51.0 && column[2] == 1.0);
    FAILS(crm_purchase_data_window(data, &start, &end), CRM_STATUS_MISSING_VALUE, "data");
    OK(crm_purchase_model_fit(CRM_PURCHASE_KIND_BG_BB, data, NULL, &model));
    OK(crm_purchase_model_report(model, &report));
    CHECK(summary_of(report).is_sound == 0 && crm_fit_report_warning_count(report) > 0);
    int few = 0;
    for (size_t index = 0; index < crm_fit_report_warning_count(report); index++) {
        CHECK(strlen(crm_fit_report_warning(report, index)) > 10);
        few |= strcmp(crm_fit_report_warning_name(report, index), "few_customers") == 0;
    }
    CHECK(few);
    CHECK(crm_fit_report_warning(report, 99) == NULL && crm_fit_report_warning_name(report, 99) == NULL);
    crm_fit_report_free(report);
    crm_purchase_model_free(model);

    model = bg_nbd();
    OK(crm_purchase_data_newcomers(2, CRM_TIME_UNIT_WEEK, &newcomers));
    crm_prediction what = predict(CRM_PREDICTION_KIND_PURCHASES, 52.0, CRM_TIME_UNIT_WEEK);
    OK(crm_purchase_model_predict(model, newcomers, &what, column, 2));
    NEAR(column[0], 1.444, 5e-3);
    CHECK(column[0] == column[1]);
    FAILS(crm_purchase_model_report(model, &report), CRM_STATUS_MISSING_VALUE, "model");
    FAILS(crm_purchase_model_window(model, &start, &end), CRM_STATUS_MISSING_VALUE, "model");
    CHECK(report == NULL);
    crm_purchase_data_free(newcomers);
    crm_purchase_data_free(data);
    crm_purchase_model_free(model);
    crm_history_free(history);
}

static void spend(void) {
    crm_spend_model *model = gamma_gamma(), *fitted = NULL, *named = NULL, *copy = NULL;
    crm_spend_data *data = three_spend(), *euros = NULL, *weighted = NULL;
    crm_spend_parameters parameters;
    crm_fit_report *report = NULL;
    crm_bytes *json = NULL;
    double means[THREE], correlation, value;
    /* Fader and Hardie (2013): one purchase of 22.35 on average is expected to become 24.65, of a newcomer 35.22. */
    OK(crm_spend_model_expected_mean_spend(model, THREE_X, THREE_SPEND, THREE, means));
    NEAR(means[0], 24.65, 0.1);
    OK(crm_spend_model_population_mean(model, &value));
    NEAR(value, 35.22, 0.01);
    CHECK(means[1] == value && means[2] == value);
    OK(crm_spend_model_parameters(model, &parameters));
    CHECK(parameters.p == 6.25 && parameters.q == 3.74 && parameters.v == 15.44);
    OK(crm_spend_model_correlation(model, &correlation));
    CHECK(isnan(correlation) && crm_spend_model_excluded(model) == 0);
    FAILS(crm_spend_model_report(model, &report), CRM_STATUS_MISSING_VALUE, "model");

    /* Currencies do not mix. */
    CHECK(crm_spend_model_currency(model) == NULL && crm_spend_data_currency(data) == NULL);
    CHECK(crm_last_error_message()[0] == '\0');
    OK(crm_spend_data_in_currency(data, "EUR", &euros));
    CHECK(strcmp(crm_spend_data_currency(euros), "EUR") == 0);
    FAILS(crm_spend_model_log_likelihood(model, euros, &value), CRM_STATUS_INCOMPATIBLE, "currency");
    OK(crm_spend_model_in_currency(model, "EUR", &named));
    CHECK(strcmp(crm_spend_model_currency(named), "EUR") == 0);
    OK(crm_spend_model_log_likelihood(named, euros, &value));

    /* Customers of the model, and the model that is found again. */
    enum { CUSTOMERS = 2000 };
    static uint32_t counts[CUSTOMERS];
    static double x[CUSTOMERS], amounts[CUSTOMERS];
    for (size_t row = 0; row < CUSTOMERS; row++) counts[row] = (uint32_t)(row % 5), x[row] = (double)(row % 5);
    OK(crm_spend_model_simulate(model, counts, CUSTOMERS, 11, amounts));
    CHECK(amounts[0] == 0.0 && amounts[1] > 0.0);
    crm_spend_data_free(data);
    amounts[1] = 0.0;
    OK(crm_spend_data_new(x, amounts, CUSTOMERS, CRM_POLICY_EXCLUDE, &data));
    CHECK(crm_spend_data_excluded(data) == 1 && crm_spend_data_length(data) == CUSTOMERS);
    OK(crm_spend_model_fit(data, NULL, &fitted));
    OK(crm_spend_model_parameters(fitted, &parameters));
    CHECK(parameters.p > 4.0 && parameters.p < 9.0 && parameters.q > 3.0 && parameters.q < 4.5);
    OK(crm_spend_model_correlation(fitted, &correlation));
    CHECK(fabs(correlation) < 0.1 && crm_spend_model_excluded(fitted) == 1);
    OK(crm_spend_model_report(fitted, &report));
    CHECK(summary_of(report).is_sound == 1 && crm_fit_report_length(report) == 3);
    CHECK(strcmp(crm_fit_report_name(report, 1), "q") == 0);
    crm_fit_report_free(report);
    static double column[CUSTOMERS];
    OK(crm_spend_data_column(data, CRM_SPEND_COLUMN_MEAN_SPEND, column, CUSTOMERS));
    CHECK(memcmp(column, amounts, sizeof column) == 0);
    OK(crm_spend_data_column(data, CRM_SPEND_COLUMN_REPEAT_PURCHASES, column, CUSTOMERS));
    CHECK(memcmp(column, x, sizeof column) == 0);
    OK(crm_spend_data_with_weights(data, x, CUSTOMERS, &weighted));
    OK(crm_spend_data_column(weighted, CRM_SPEND_COLUMN_WEIGHT, column, CUSTOMERS));
    CHECK(memcmp(column, x, sizeof column) == 0);

    OK(crm_spend_model_to_json(fitted, &json));
    OK(crm_spend_model_from_json(crm_bytes_text(json), &copy));
    crm_spend_parameters again;
    OK(crm_spend_model_parameters(copy, &again));
    CHECK(memcmp(&again, &parameters, sizeof again) == 0);
    crm_purchase_model *other = NULL;
    FAILS(crm_purchase_model_from_json(crm_bytes_text(json), &other), CRM_STATUS_CORRUPT, "json");
    crm_bytes_free(json);

    /* Without a mean over all customers, newcomers have no expectation. */
    crm_spend_model_free(model);
    OK(crm_spend_model_from_parameters(6.25, 0.9, 15.44, &model));
    FAILS(crm_spend_model_population_mean(model, &value), CRM_STATUS_INVALID_VALUE, "q");
    FAILS(crm_spend_model_expected_mean_spend(model, THREE_X, THREE_SPEND, THREE, means), CRM_STATUS_INVALID_VALUE, "q");
    CHECK(crm_last_error_row() == 1);
    OK(crm_spend_model_expected_mean_spend_where_defined(model, THREE_X, THREE_SPEND, THREE, means));
    CHECK(means[0] > 0.0 && isnan(means[1]) && isnan(means[2]));
    crm_spend_data_free(weighted);
    crm_spend_data_free(euros);
    crm_spend_data_free(data);
    crm_spend_model_free(copy);
    crm_spend_model_free(named);
    crm_spend_model_free(fitted);
    crm_spend_model_free(model);
}

static void lifetime_values(void) {
    crm_history *history = NULL;
    crm_base *base = cdnow_base(&history, "1997-09-30");
    crm_purchase_data *purchases = NULL;
    crm_spend_data *spend = NULL;
    crm_purchase_model *purchase_model = NULL, *given = bg_nbd();
    crm_spend_model *spend_model = NULL;
    crm_customer_values *values = NULL;
    crm_intervals *confidence = NULL, *predictive = NULL;
    crm_value_options options;
    crm_draw_options draw;
    OK(crm_purchase_data_from_base(base, &purchases));
    OK(crm_spend_data_from_base(base, CRM_POLICY_EXCLUDE, &spend));
    OK(crm_purchase_model_fit(CRM_PURCHASE_KIND_BG_NBD, purchases, NULL, &purchase_model));
    OK(crm_spend_model_fit(spend, NULL, &spend_model));
    OK(crm_value_options_init(&options, sizeof options));
    options.horizon = (crm_horizon){12.0, CRM_TIME_UNIT_MONTH_MEAN, CRM_HORIZON_KIND_WITHIN};
    options.discount_rate = (crm_discount_rate){0.1, CRM_TIME_UNIT_YEAR_MEAN, CRM_COMPOUNDING_EFFECTIVE};
    options.margin = 0.3;
    OK(crm_customer_values_new(purchase_model, spend_model, purchases, spend, &options, &values));

    size_t customers = crm_customer_values_length(values);
    CHECK(customers == 2357);
    static double alive[2357], discounted[2357], mean[2357], value[2357], column[2357], width[2357];
    OK(crm_customer_values_column(values, CRM_VALUE_COLUMN_P_ALIVE, alive, customers));
    OK(crm_customer_values_column(values, CRM_VALUE_COLUMN_DISCOUNTED_PURCHASES, discounted, customers));
    OK(crm_customer_values_column(values, CRM_VALUE_COLUMN_EXPECTED_SPEND, mean, customers));
    OK(crm_customer_values_column(values, CRM_VALUE_COLUMN_VALUE, value, customers));
    crm_prediction what = predict(CRM_PREDICTION_KIND_DISCOUNTED_PURCHASES, 12.0, CRM_TIME_UNIT_MONTH_MEAN);
    what.discount_rate = options.discount_rate;
    OK(crm_purchase_model_predict(purchase_model, purchases, &what, column, customers));
    CHECK(memcmp(column, discounted, sizeof column) == 0);
    for (size_t row = 0; row < customers; row++) {
        CHECK(alive[row] > 0.0 && alive[row] <= 1.0 && mean[row] > 0.0);
        NEAR(value[row], 0.3 * discounted[row] * mean[row], 1e-13 * value[row]);
    }
    OK(crm_customer_values_confidence_intervals(purchase_model, spend_model, purchases, spend, &options, 0.9,
                                                &confidence));
    interval(confidence, CRM_INTERVAL_COLUMN_ESTIMATE, column, customers);
    CHECK(memcmp(column, value, sizeof column) == 0);
    interval(confidence, CRM_INTERVAL_COLUMN_UPPER, width, customers);
    interval(confidence, CRM_INTERVAL_COLUMN_LOWER, column, customers);
    double narrow = 0.0, wide = 0.0;
    for (size_t row = 0; row < customers; row++) narrow += width[row] - column[row];
    crm_intervals_free(confidence);
    FAILS(crm_customer_values_confidence_intervals(given, spend_model, purchases, spend, &options, 0.9, &confidence),
          CRM_STATUS_INVALID_ARGUMENT, "model");
    CHECK(confidence == NULL);

    /* The table, with the columns that it says it has; it and the values fit one base only. */
    char folder[] = "/tmp/crm-test-XXXXXX", path[64], line[256];
    CHECK(mkdtemp(folder) != NULL && snprintf(path, sizeof path, "%s/values.csv", folder) < (int)sizeof path);
    struct ArrowArrayStream stream;
    struct ArrowSchema schema;
    OK(crm_customer_values_write_csv(base, values, path));
    FILE *file = fopen(path, "r");
    CHECK(file != NULL && fgets(line, sizeof line, file) != NULL);
    CHECK(strcmp(line, "customer_id,p_alive,discounted_purchases,expected_spend,value\n") == 0);
    size_t lines = 0;
    while (fgets(line, sizeof line, file) != NULL) lines++;
    CHECK(lines == customers);
    fclose(file);
    OK(crm_customer_values_write_parquet(base, values, path));
    CHECK(unlink(path) == 0 && rmdir(folder) == 0);
    OK(crm_customer_values_to_arrow_stream(base, values, &stream));
    CHECK(stream.get_schema(&stream, &schema) == 0 && schema.n_children == 5);
    schema.release(&schema);
    stream.release(&stream);
    crm_base *other = NULL;
    crm_base_options earlier;
    int32_t day;
    OK(crm_day_parse("1997-01-05", &day));
    OK(crm_base_options_init(&earlier, sizeof earlier, day));
    OK(crm_history_base(history, &earlier, &other));
    FAILS(crm_customer_values_write_csv(other, values, path), CRM_STATUS_LENGTH_MISMATCH, "values");
    FAILS(crm_customer_values_to_arrow_stream(other, values, &stream), CRM_STATUS_LENGTH_MISMATCH, "values");
    CHECK(stream.release == NULL);
    FAILS(crm_customer_values_write_csv(base, values, path), CRM_STATUS_IO, "path");
    FAILS(crm_customer_values_write_parquet(base, values, path), CRM_STATUS_IO, "path");
    crm_base_free(other);
    crm_customer_values_free(values);
    crm_purchase_data_free(purchases);
    crm_spend_data_free(spend);

    /* What a single customer does varies more than what is expected of them. */
    purchases = three(), spend = three_spend();
    OK(crm_draw_options_init(&draw, sizeof draw));
    CHECK(draw.level == 0.95 && draw.draws == 1000 && draw.seed == 0);
    draw.level = 0.9;
    draw.draws = 200;
    draw.seed = 5;
    OK(crm_customer_values_predictive_intervals(purchase_model, spend_model, purchases, spend, &options, &draw,
                                                &predictive));
    CHECK(crm_intervals_length(predictive) == THREE);
    interval(predictive, CRM_INTERVAL_COLUMN_UPPER, width, THREE);
    interval(predictive, CRM_INTERVAL_COLUMN_LOWER, column, THREE);
    for (size_t row = 0; row < THREE; row++) wide += width[row] - column[row];
    CHECK(wide / THREE > narrow / (double)customers && column[0] == 0.0);
    crm_intervals_free(predictive);
    draw.draws = 99;
    FAILS(crm_customer_values_predictive_intervals(purchase_model, spend_model, purchases, spend, &options, &draw,
                                                   &predictive),
          CRM_STATUS_INVALID_ARGUMENT, "draws");
    crm_purchase_data_free(purchases);
    crm_spend_data_free(spend);
    crm_purchase_model_free(given);
    crm_purchase_model_free(purchase_model);
    crm_spend_model_free(spend_model);
    crm_base_free(base);
    crm_history_free(history);
}

static void models(void) {
    size_t purchases = 0;
    for (size_t index = 0; index < crm_model_count(); index++) {
        crm_model_info info = {.struct_size = sizeof info};
        OK(crm_model_at(index, &info));
        CHECK(strlen(info.name) > 2 && strlen(info.title) > 2 && strlen(info.source) > 10 && info.parameter_count > 1);
        for (size_t at = 0; at < info.parameter_count; at++) CHECK(strlen(crm_model_parameter(index, at)) > 0);
        CHECK(crm_model_parameter(index, info.parameter_count) == NULL && crm_last_error_message()[0] != '\0');
        purchases += info.family == CRM_MODEL_FAMILY_PURCHASES;
    }
    crm_model_info info = {.struct_size = sizeof info};
    CHECK(purchases == 4 && crm_model_parameter(crm_model_count(), 0) == NULL);
    OK(crm_model_at(CRM_PURCHASE_KIND_PARETO_NBD, &info));
    CHECK(strcmp(info.title, "Pareto/NBD") == 0 && strcmp(info.name, "pareto_nbd") == 0);
    FAILS(crm_model_at(crm_model_count(), &info), CRM_STATUS_OUT_OF_RANGE, "index");
}

int main(void) {
    models();
    published_fits();
    predictions();
    simulated_customers();
    discrete_and_unsound();
    spend();
    lifetime_values();
    return 0;
}
