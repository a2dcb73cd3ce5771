/* Customers with a contract: retention data and the shifted beta-geometric model. */
#include "check.h"

/* Survivors of 1,000 customers, high end; Fader and Hardie (2007), table 1. */
static const double HIGH_END[] = {1000.0, 869.0, 743.0, 653.0, 593.0, 551.0, 517.0, 491.0};

static const crm_horizon FOREVER = {0.0, CRM_TIME_UNIT_DAY, CRM_HORIZON_KIND_FOREVER};
static const crm_discount_rate TEN_PERCENT = {0.1, CRM_TIME_UNIT_YEAR_MEAN, CRM_COMPOUNDING_EFFECTIVE};
static const crm_discount_rate NO_DISCOUNT = {0.0, CRM_TIME_UNIT_DAY, CRM_COMPOUNDING_EFFECTIVE};

static int close_to(double got, double truth, double tolerance) { return fabs(got - truth) <= tolerance; }

static crm_retention_data *survivors(const double *numbers, size_t length) {
    crm_retention_data *data = NULL;
    OK(crm_retention_data_from_survivors(numbers, length, CRM_TIME_UNIT_YEAR_MEAN, &data));
    return data;
}

static crm_retention_model *parameters(double alpha, double beta) {
    crm_retention_model *model = NULL;
    OK(crm_retention_model_from_parameters(alpha, beta, CRM_TIME_UNIT_YEAR_MEAN, &model));
    return model;
}

static void is_table(const crm_retention_data *data, const double *at_risk, const double *churned, size_t length) {
    double values[8];
    CHECK(crm_retention_data_length(data) == length && crm_retention_data_customers(data) == at_risk[0]);
    OK(crm_retention_data_at_risk(data, values, COUNT(values)));
    CHECK(memcmp(values, at_risk, length * sizeof *values) == 0);
    OK(crm_retention_data_churned(data, values, length));
    CHECK(memcmp(values, churned, length * sizeof *values) == 0);
    FAILS(crm_retention_data_at_risk(data, values, length - 1), CRM_STATUS_LENGTH_MISMATCH, "capacity");
    FAILS(crm_retention_data_churned(data, NULL, length), CRM_STATUS_NULL_POINTER, "out");
}

static void data(void) {
    /* Of ten customers two leave in period 1 and three in period 2; a younger cohort of four loses one in period 1. */
    const double at_risk[] = {14.0, 8.0}, churned[] = {3.0, 3.0};
    const uint32_t periods[] = {1, 2, 2, 1, 1};
    const uint8_t left[] = {1, 1, 0, 1, 0};
    const double counts[] = {2.0, 3.0, 5.0, 1.0, 3.0};
    crm_retention_data *rows = NULL, *cohorts = NULL;
    OK(crm_retention_data_new(periods, left, counts, 5, CRM_TIME_UNIT_MONTH30, &rows));
    is_table(rows, at_risk, churned, 2);
    int32_t unit = -1;
    OK(crm_retention_data_time_unit(rows, &unit));
    CHECK(unit == CRM_TIME_UNIT_MONTH30);
    const double numbers[] = {10.0, 8.0, 5.0, 4.0, 3.0};
    const size_t lengths[] = {3, 0, 2};
    OK(crm_retention_data_from_cohorts(numbers, 5, lengths, 3, CRM_TIME_UNIT_MONTH30, &cohorts));
    is_table(cohorts, at_risk, churned, 2);
    crm_retention_data_free(rows);
    crm_retention_data_free(cohorts);
    /* Without counts, each row is one customer. */
    const double one_risk[] = {5.0, 2.0}, one_churned[] = {2.0, 1.0};
    OK(crm_retention_data_new(periods, left, NULL, 5, CRM_TIME_UNIT_DAY, &rows));
    is_table(rows, one_risk, one_churned, 2);
    crm_retention_data_free(rows);
    crm_retention_data_free(NULL);
}

static void bad_data(void) {
    const uint32_t periods[] = {1, 0, 2};
    const uint8_t left[] = {1, 0, 2}, fine[] = {1, 0, 1};
    const double counts[] = {1.0, 1.0, -2.0};
    crm_retention_data *data = (crm_retention_data *)&data;
    FAILS(crm_retention_data_new(periods, left, NULL, 3, CRM_TIME_UNIT_DAY, &data), CRM_STATUS_INVALID_VALUE,
          "churned");
    CHECK(data == NULL && crm_last_error_row() == 2);
    CHECK(strcmp(crm_last_error_message(), "churned, row 2: 2 is neither 0 nor 1") == 0);
    FAILS(crm_retention_data_new(periods, fine, NULL, 3, CRM_TIME_UNIT_DAY, &data), CRM_STATUS_INVALID_VALUE,
          "periods");
    CHECK(crm_last_error_row() == 1);
    CHECK(strcmp(crm_last_error_message(), "periods, row 1: 0 is not a number of periods from 1 to 100000") == 0);
    const uint32_t ones[] = {1, 1, 1};
    FAILS(crm_retention_data_new(ones, fine, counts, 3, CRM_TIME_UNIT_DAY, &data), CRM_STATUS_INVALID_VALUE, "counts");
    CHECK(crm_last_error_row() == 2 && strstr(crm_last_error_message(), "-2") != NULL);
    FAILS(crm_retention_data_new(NULL, NULL, NULL, 0, CRM_TIME_UNIT_DAY, &data), CRM_STATUS_EMPTY, "counts");
    FAILS(crm_retention_data_new(NULL, fine, NULL, 3, CRM_TIME_UNIT_DAY, &data), CRM_STATUS_NULL_POINTER, "periods");
    FAILS(crm_retention_data_new(ones, NULL, NULL, 3, CRM_TIME_UNIT_DAY, &data), CRM_STATUS_NULL_POINTER, "churned");
    FAILS(crm_retention_data_new(ones, fine, NULL, 3, CRM_TIME_UNIT_DAY, NULL), CRM_STATUS_NULL_POINTER, "out");
    FAILS(crm_retention_data_new(ones, fine, NULL, 3, 6, &data), CRM_STATUS_INVALID_ARGUMENT, "time_unit");
    FAILS(crm_retention_data_new(ones, fine, NULL, SIZE_MAX, CRM_TIME_UNIT_DAY, &data), CRM_STATUS_INVALID_ARGUMENT,
          "periods");
    const double grows[] = {10.0, 8.0, 9.0}, never[] = {10.0, NAN};
    FAILS(crm_retention_data_from_survivors(grows, 3, CRM_TIME_UNIT_DAY, &data), CRM_STATUS_INVALID_VALUE, "survivors");
    CHECK(data == NULL && crm_last_error_row() == 2);
    CHECK(strstr(crm_last_error_message(), "9 survivors are more than the 8 of the period before") != NULL);
    FAILS(crm_retention_data_from_survivors(never, 2, CRM_TIME_UNIT_DAY, &data), CRM_STATUS_INVALID_VALUE, "survivors");
    CHECK(crm_last_error_row() == 1);
    FAILS(crm_retention_data_from_survivors(grows, 1, CRM_TIME_UNIT_DAY, &data), CRM_STATUS_EMPTY, "survivors");
    FAILS(crm_retention_data_from_survivors(NULL, 3, CRM_TIME_UNIT_DAY, &data), CRM_STATUS_NULL_POINTER, "survivors");
    FAILS(crm_retention_data_from_survivors(grows, 2, -1, &data), CRM_STATUS_INVALID_ARGUMENT, "time_unit");
    const size_t few[] = {2}, many[] = {2, 2}, huge[] = {2, SIZE_MAX};
    FAILS(crm_retention_data_from_cohorts(grows, 3, few, 1, CRM_TIME_UNIT_DAY, &data), CRM_STATUS_LENGTH_MISMATCH,
          "lengths");
    FAILS(crm_retention_data_from_cohorts(grows, 3, many, 2, CRM_TIME_UNIT_DAY, &data), CRM_STATUS_LENGTH_MISMATCH,
          "lengths");
    FAILS(crm_retention_data_from_cohorts(grows, 3, huge, 2, CRM_TIME_UNIT_DAY, &data), CRM_STATUS_LENGTH_MISMATCH,
          "lengths");
    FAILS(crm_retention_data_from_cohorts(grows, 3, NULL, 2, CRM_TIME_UNIT_DAY, &data), CRM_STATUS_NULL_POINTER,
          "lengths");
    FAILS(crm_retention_data_from_cohorts(NULL, 0, NULL, 0, CRM_TIME_UNIT_DAY, &data), CRM_STATUS_EMPTY, "survivors");
    CHECK(crm_retention_data_length(NULL) == 0 && strcmp(crm_last_error_argument(), "data") == 0);
    CHECK(isnan(crm_retention_data_customers(NULL)) && strcmp(crm_last_error_argument(), "data") == 0);
}

static void published_fit(void) {
    crm_retention_data *data = survivors(HIGH_END, COUNT(HIGH_END)), *months = NULL;
    crm_retention_model *model = NULL;
    OK(crm_retention_model_fit(data, 0.0, &model));
    CHECK(close_to(crm_retention_model_alpha(model), 0.668088, 5e-6));
    CHECK(close_to(crm_retention_model_beta(model), 3.806095, 5e-5));
    int32_t unit = -1;
    OK(crm_retention_model_time_unit(model, &unit));
    CHECK(unit == CRM_TIME_UNIT_YEAR_MEAN);
    crm_fit_report *report = NULL;
    crm_fit_summary summary = {.struct_size = sizeof summary};
    OK(crm_retention_model_report(model, &report));
    OK(crm_fit_report_summary(report, &summary));
    CHECK(close_to(summary.log_likelihood, -1611.158, 5e-4) && summary.customers == 1000.0);
    CHECK(summary.converged == 1 && summary.is_sound == 1 && crm_fit_report_warning_count(report) == 0);
    double errors[2], estimates[2], likelihood = 0.0;
    CHECK(crm_fit_report_length(report) == 2 && strcmp(crm_fit_report_name(report, 1), "beta") == 0);
    OK(crm_fit_report_estimates(report, estimates, 2));
    OK(crm_fit_report_standard_errors(report, errors, 2));
    CHECK(estimates[0] == crm_retention_model_alpha(model) && errors[0] > 0.0 && errors[1] > errors[0]);
    crm_fit_report_free(report);
    OK(crm_retention_model_log_likelihood(model, data, &likelihood));
    CHECK(likelihood == summary.log_likelihood);
    OK(crm_retention_data_from_survivors(HIGH_END, 8, CRM_TIME_UNIT_MONTH_MEAN, &months));
    FAILS(crm_retention_model_log_likelihood(model, months, &likelihood), CRM_STATUS_INCOMPATIBLE, "unit");
    /* 39.4 % were there after twelve years. */
    const uint32_t twelve = 12;
    double share = 0.0;
    OK(crm_retention_model_survival(model, &twelve, 1, &share));
    CHECK(close_to(share, 0.38, 0.015));
    crm_bytes *json = NULL;
    crm_retention_model *again = NULL;
    OK(crm_retention_model_to_json(model, &json));
    OK(crm_retention_model_from_json(crm_bytes_text(json), &again));
    CHECK(crm_retention_model_alpha(again) == estimates[0] && crm_retention_model_beta(again) == estimates[1]);
    OK(crm_retention_model_report(again, &report));
    crm_fit_report_free(report);
    crm_bytes_free(json);
    crm_retention_model_free(again);
    crm_retention_model_free(model);
    FAILS(crm_retention_model_fit(data, -1.0, &model), CRM_STATUS_INVALID_ARGUMENT, "l2");
    FAILS(crm_retention_model_fit(data, NAN, &model), CRM_STATUS_INVALID_ARGUMENT, "l2");
    FAILS(crm_retention_model_fit(NULL, 0.0, &model), CRM_STATUS_NULL_POINTER, "data");
    FAILS(crm_retention_model_fit(data, 0.0, NULL), CRM_STATUS_NULL_POINTER, "out");
    crm_retention_data_free(data);
    crm_retention_data_free(months);
    /* Nobody left: a success that warns. */
    const double stay[] = {1000.0, 1000.0, 1000.0};
    data = survivors(stay, 3);
    OK(crm_retention_model_fit(data, 0.0, &model));
    OK(crm_retention_model_report(model, &report));
    OK(crm_fit_report_summary(report, &summary));
    CHECK(summary.is_sound == 0 && strstr(crm_fit_report_warning(report, crm_fit_report_warning_count(report) - 1),
                                          "nobody left") != NULL);
    crm_fit_report_free(report);
    crm_retention_model_free(model);
    crm_retention_data_free(data);
}

/* With alpha 1 and beta 1, churn probabilities are uniform: S(t) = 1 / (t + 1), r(t) = t / (t + 1). */
static void shares(void) {
    crm_retention_model *model = parameters(1.0, 1.0);
    const uint32_t periods[] = {0, 1, 2, 9};
    const double survival[] = {1.0, 0.5, 1.0 / 3.0, 0.1}, retention[] = {1.0, 0.5, 2.0 / 3.0, 0.9};
    const double churn[] = {0.0, 0.5, 1.0 / 6.0, 1.0 / 90.0}, residual[] = {1.0, 0.75, 0.6, 0.25};
    double out[5] = {0.0, 0.0, 0.0, 0.0, -7.0};
    OK(crm_retention_model_survival(model, periods, 4, out));
    for (size_t i = 0; i < 4; i++)
        CHECK(close_to(out[i], survival[i], 1e-14));
    OK(crm_retention_model_retention_rate(model, periods, 4, out));
    for (size_t i = 0; i < 4; i++)
        CHECK(close_to(out[i], retention[i], 1e-14));
    OK(crm_retention_model_churn_probability(model, periods, 4, out));
    for (size_t i = 0; i < 4; i++)
        CHECK(close_to(out[i], churn[i], 1e-14));
    /* After two renewals, S(2 + t) / S(2) = 3 / (3 + t). */
    OK(crm_retention_model_residual_survival(model, 2, periods, 4, out));
    for (size_t i = 0; i < 4; i++)
        CHECK(close_to(out[i], residual[i], 1e-14));
    CHECK(out[4] == -7.0);
    OK(crm_retention_model_survival(model, NULL, 0, NULL));
    FAILS(crm_retention_model_survival(NULL, periods, 4, out), CRM_STATUS_NULL_POINTER, "model");
    FAILS(crm_retention_model_survival(model, NULL, 4, out), CRM_STATUS_NULL_POINTER, "periods");
    FAILS(crm_retention_model_survival(model, periods, 4, NULL), CRM_STATUS_NULL_POINTER, "out");
    FAILS(crm_retention_model_survival(model, periods, SIZE_MAX, out), CRM_STATUS_INVALID_ARGUMENT, "periods");
    FAILS(crm_retention_model_residual_survival(model, 1, NULL, 1, out), CRM_STATUS_NULL_POINTER, "further");
    FAILS(crm_retention_model_survival((crm_retention_model *)HIGH_END, periods, 4, out), CRM_STATUS_INVALID_HANDLE,
          "model");
    crm_retention_model_free(model);
    CHECK(isnan(crm_retention_model_alpha(NULL)) && strcmp(crm_last_error_argument(), "model") == 0);
    CHECK(isnan(crm_retention_model_beta(NULL)) && strcmp(crm_last_error_argument(), "model") == 0);
    crm_retention_model_free(NULL);
}

static void lifetimes(void) {
    crm_retention_model *ending = parameters(3.0, 5.0), *high = parameters(0.668088, 3.806095);
    double value = 0.0, values[3];
    const uint32_t renewals[] = {0, 1, 5};
    /* (alpha + beta - 1) / (alpha - 1), and (beta + n) / (alpha - 1) further ones after n renewals. */
    OK(crm_retention_model_expected_lifetime(ending, &value));
    CHECK(close_to(value, 3.5, 1e-12));
    OK(crm_retention_model_expected_residual_lifetime(ending, renewals, 3, values));
    CHECK(close_to(values[0], 2.5, 1e-12) && close_to(values[1], 3.0, 1e-12) && close_to(values[2], 5.0, 1e-12));
    OK(crm_retention_model_discounted_lifetime(ending, &FOREVER, &NO_DISCOUNT, &value));
    CHECK(close_to(value, 3.5, 1e-12));
    OK(crm_retention_model_expected_lifetime(high, &value));
    CHECK(isinf(value) && value > 0.0);
    /* Integrals over the churn probability, computed to 50 digits. */
    OK(crm_retention_model_discounted_lifetime(high, &FOREVER, &TEN_PERCENT, &value));
    CHECK(close_to(value, 5.922255064284877, 1e-11));
    const double truth[] = {5.414480570713365, 5.901379265532688, 7.135662510660513};
    OK(crm_retention_model_discounted_residual_lifetime(high, renewals, 3, &FOREVER, &TEN_PERCENT, values));
    for (size_t i = 0; i < 3; i++)
        CHECK(close_to(values[i], truth[i], 1e-11));
    OK(crm_retention_model_residual_values(high, renewals, 3, 50.0, &FOREVER, &TEN_PERCENT, values));
    for (size_t i = 0; i < 3; i++)
        CHECK(close_to(values[i], 50.0 * truth[i], 1e-9));
    OK(crm_retention_model_new_customer_value(high, 100.0, &FOREVER, &TEN_PERCENT, &value));
    CHECK(close_to(value, 592.2255064284877, 1e-9));
    /* Two years hold two payments of a new customer: 1 + S(1) / 1.1. */
    const crm_horizon two_years = {2.0, CRM_TIME_UNIT_YEAR_MEAN, CRM_HORIZON_KIND_WITHIN};
    OK(crm_retention_model_discounted_lifetime(ending, &two_years, &TEN_PERCENT, &value));
    CHECK(close_to(value, 1.0 + 0.625 / 1.1, 1e-12));

    FAILS(crm_retention_model_new_customer_value(high, NAN, &FOREVER, &TEN_PERCENT, &value),
          CRM_STATUS_INVALID_ARGUMENT, "margin_per_period");
    FAILS(crm_retention_model_residual_values(high, renewals, 3, INFINITY, &FOREVER, &TEN_PERCENT, values),
          CRM_STATUS_INVALID_ARGUMENT, "margin_per_period");
    crm_horizon bad_horizon = {1.0, 9, CRM_HORIZON_KIND_WITHIN};
    FAILS(crm_retention_model_discounted_lifetime(high, &bad_horizon, &TEN_PERCENT, &value),
          CRM_STATUS_INVALID_ARGUMENT, "horizon.unit");
    bad_horizon.kind = 2;
    FAILS(crm_retention_model_discounted_lifetime(high, &bad_horizon, &TEN_PERCENT, &value),
          CRM_STATUS_INVALID_ARGUMENT, "horizon.kind");
    crm_discount_rate bad_rate = TEN_PERCENT;
    bad_rate.compounding = -1;
    FAILS(crm_retention_model_discounted_lifetime(high, &FOREVER, &bad_rate, &value), CRM_STATUS_INVALID_ARGUMENT,
          "discount_rate.compounding");
    bad_rate = TEN_PERCENT;
    bad_rate.rate = -0.1;
    FAILS(crm_retention_model_residual_values(high, renewals, 3, 1.0, &FOREVER, &bad_rate, values),
          CRM_STATUS_INVALID_ARGUMENT, "discount_rate");
    FAILS(crm_retention_model_discounted_lifetime(high, NULL, &TEN_PERCENT, &value), CRM_STATUS_NULL_POINTER,
          "horizon");
    FAILS(crm_retention_model_discounted_lifetime(high, &FOREVER, NULL, &value), CRM_STATUS_NULL_POINTER,
          "discount_rate");
    FAILS(crm_retention_model_discounted_lifetime(high, &FOREVER, &TEN_PERCENT, NULL), CRM_STATUS_NULL_POINTER, "out");
    FAILS(crm_retention_model_discounted_residual_lifetime(high, NULL, 1, &FOREVER, &TEN_PERCENT, values),
          CRM_STATUS_NULL_POINTER, "renewals");
    crm_retention_model_free(ending);
    crm_retention_model_free(high);
}

static void given(void) {
    crm_retention_model *model = (crm_retention_model *)&model;
    FAILS(crm_retention_model_from_parameters(0.0, 1.0, CRM_TIME_UNIT_DAY, &model), CRM_STATUS_INVALID_ARGUMENT,
          "alpha");
    CHECK(model == NULL);
    FAILS(crm_retention_model_from_parameters(1.0, INFINITY, CRM_TIME_UNIT_DAY, &model), CRM_STATUS_INVALID_ARGUMENT,
          "beta");
    FAILS(crm_retention_model_from_parameters(1.0, 1.0, 6, &model), CRM_STATUS_INVALID_ARGUMENT, "time_unit");
    FAILS(crm_retention_model_from_json(NULL, &model), CRM_STATUS_NULL_POINTER, "json");
    FAILS(crm_retention_model_from_json("{}", &model), CRM_STATUS_CORRUPT, "json");
    FAILS(crm_retention_model_from_json("{\"model\":\"sbg\",\"version\":99}", &model), CRM_STATUS_INCOMPATIBLE, "json");
    FAILS(crm_retention_model_from_json("\xff", &model), CRM_STATUS_NOT_UTF8, "json");
    model = parameters(0.7, 1.2);
    crm_fit_report *report = (crm_fit_report *)&report;
    FAILS(crm_retention_model_report(model, &report), CRM_STATUS_MISSING_VALUE, "model");
    CHECK(report == NULL);

    enum { CUSTOMERS = 20000 };
    static uint32_t left[CUSTOMERS], again[CUSTOMERS];
    OK(crm_retention_model_simulate(model, CUSTOMERS, 3, 7, left));
    OK(crm_retention_model_simulate(model, CUSTOMERS, 3, 7, again));
    CHECK(memcmp(left, again, sizeof left) == 0);
    double count[4] = {0.0, 0.0, 0.0, 0.0};
    for (size_t i = 0; i < CUSTOMERS; i++) {
        CHECK(left[i] <= 3);
        count[left[i]] += 1.0;
    }
    /* Within five standard errors of the shares of the model. */
    const uint32_t periods[] = {1, 2, 3};
    double share[3];
    OK(crm_retention_model_churn_probability(model, periods, 3, share));
    for (size_t i = 0; i < 3; i++)
        CHECK(close_to(count[i + 1] / CUSTOMERS, share[i], 5.0 * sqrt(share[i] / CUSTOMERS)));
    OK(crm_retention_model_simulate(model, 0, 3, 7, NULL));
    FAILS(crm_retention_model_simulate(model, 1, 3, 7, NULL), CRM_STATUS_NULL_POINTER, "out");
    FAILS(crm_retention_model_simulate(model, SIZE_MAX, 3, 7, left), CRM_STATUS_INVALID_ARGUMENT, "out");
    crm_retention_model_free(model);
}

int main(void) {
    data();
    bad_data();
    published_fit();
    shares();
    lifetimes();
    given();
    return 0;
}
