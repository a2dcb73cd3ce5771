// The C++ wrapper of lifetime value: what goes in comes out, errors are exceptions, and nothing leaks.
#include "crm.hpp"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <string>
#include <vector>

#define CHECK(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            std::fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition);                            \
            std::exit(1);                                                                                              \
        }                                                                                                              \
    } while (0)

template <class Call> static crm::error fails(crm_status status, const std::string &argument, Call call) {
    try {
        call();
    } catch (const crm::error &error) {
        if (error.status() != status || error.argument() != argument || std::string(error.what()).empty()) {
            std::fprintf(stderr, "status %d on %s: %s\n", static_cast<int>(error.status()), error.argument().c_str(),
                         error.what());
            std::exit(1);
        }
        return error;
    }
    std::fprintf(stderr, "no error on %s\n", argument.c_str());
    std::exit(1);
}

static bool near(double value, double expected, double tolerance) { return std::fabs(value - expected) <= tolerance; }

static const double NOT_A_NUMBER = std::numeric_limits<double>::quiet_NaN();
static const std::vector<double> X = {2.0, 0.0, 0.0}, LAST = {30.43, 0.0, 0.0}, AGE = {38.86, 38.86, 0.0};

static crm::purchase_model paper() {
    return crm::purchase_model(CRM_PURCHASE_KIND_BG_NBD, {0.243, 4.414, 0.793, 2.426}, CRM_TIME_UNIT_WEEK);
}

static void predictions() {
    const crm::purchase_model model = paper();
    const crm::purchase_data data(X, LAST, AGE, CRM_TIME_UNIT_WEEK);
    const crm_horizon ahead = crm::within(39.0, CRM_TIME_UNIT_WEEK);
    CHECK(near(model.predict(data, crm::predict::purchases(ahead))[0], 1.226, 5e-4));
    CHECK(near(model.predict(data, crm::predict::alive())[0], 0.7266, 5e-4));
    CHECK(model.predict(data, crm::predict::alive_after(ahead))[0] < 0.7266);
    const double dert =
        model.predict(data, crm::predict::discounted_purchases(crm::forever(), crm::annual(0.1)))[0];
    const crm_discount_rate weekly = crm::effective_per(std::pow(1.1, 7.0 / 365.25) - 1.0, CRM_TIME_UNIT_WEEK);
    const crm_discount_rate delta = crm::continuous_per(std::log(1.1), CRM_TIME_UNIT_YEAR_MEAN);
    CHECK(near(model.predict(data, crm::predict::discounted_purchases(crm::forever(), weekly))[0], dert, 1e-9));
    CHECK(near(model.predict(data, crm::predict::discounted_purchases(crm::forever(), delta))[0], dert, 1e-9));
    const double none = model.predict(data, crm::predict::purchase_probability(0, ahead))[0];
    CHECK(near(none + model.predict(data, crm::predict::buys_within(ahead))[0], 1.0, 1e-12));
    CHECK(model.predict(data, crm::predict::time_to_next())[0] < model.predict(data, crm::predict::mean_time_to_next())[0]);
    const crm::predictive_intervals future =
        model.predictive_intervals(data, crm::period(1.0, CRM_TIME_UNIT_YEAR_MEAN), 0.9);
    CHECK(future.lower[0] == 0 && future.upper[0] > 0 && future.upper.size() == 3);
    CHECK(model.log_likelihoods(data).size() == 3 && model.log_likelihood(data) < 0.0);
    CHECK(crm::purchase_model::from_json(model.to_json()).estimates() == model.estimates());
    CHECK(model.kind() == CRM_PURCHASE_KIND_BG_NBD && model.time_unit() == CRM_TIME_UNIT_WEEK);
    CHECK(model.names() == (std::vector<std::string>{"r", "alpha", "a", "b"}));

    const crm::purchase_data weighted = data.with_weights({1.0, 2.0, 0.0}).with_covariate("group", {0.0, 1.0, 0.0});
    CHECK(weighted.column(CRM_PURCHASE_COLUMN_WEIGHT) == (std::vector<double>{1.0, 2.0, 0.0}));
    CHECK(weighted.covariate("group")[1] == 1.0 && weighted.column(CRM_PURCHASE_COLUMN_AGE) == AGE);
    CHECK(crm::purchase_data::newcomers(5, CRM_TIME_UNIT_DAY).size() == 5);
    CHECK(data.time_unit() == CRM_TIME_UNIT_WEEK);

    const crm::error error = fails(CRM_STATUS_INVALID_VALUE, "age", [] {
        crm::purchase_data(X, LAST, {38.86, 38.86, NOT_A_NUMBER}, CRM_TIME_UNIT_WEEK);
    });
    CHECK(error.row() == 2);
    fails(CRM_STATUS_MISSING_VALUE, "model", [&] { model.report(); });
    fails(CRM_STATUS_MISSING_VALUE, "model", [&] { model.window(); });
    fails(CRM_STATUS_MISSING_VALUE, "data", [&] { data.window(); });
    fails(CRM_STATUS_INVALID_ARGUMENT, "prediction.horizon",
          [&] { model.predict(data, crm::predict::purchases(crm::within(NOT_A_NUMBER, CRM_TIME_UNIT_DAY))); });
    fails(CRM_STATUS_INCOMPATIBLE, "time_unit", [&] {
        model.predict(crm::purchase_data(X, LAST, AGE, CRM_TIME_UNIT_DAY), crm::predict::alive());
    });
    bool refused = false;
    try {
        crm::purchase_data(X, LAST, {1.0}, CRM_TIME_UNIT_WEEK);
    } catch (const std::invalid_argument &ragged) {
        refused = std::string(ragged.what()).find("age has 1 rows") != std::string::npos;
    }
    CHECK(refused);
}

static void fits() {
    const crm::purchase_model truth = paper();
    std::vector<double> ages(300), group(300);
    for (std::size_t row = 0; row < ages.size(); row++) ages[row] = 45.0, group[row] = row % 2 ? 1.0 : 0.0;
    const crm::simulation customers = truth.simulate(ages, crm::period(26.0, CRM_TIME_UNIT_WEEK), 3);
    const crm::purchase_data data = customers.data();
    CHECK(customers.size() == 300 && customers.left().size() == 300 && customers.holdout_purchases().size() == 300);
    CHECK(customers.purchases(0).size() == static_cast<std::size_t>(data.column(CRM_PURCHASE_COLUMN_REPEAT_PURCHASES)[0] +
                                                                    customers.holdout_purchases()[0]));

    const crm::purchase_model model = crm::purchase_model::fit(CRM_PURCHASE_KIND_BG_NBD, data);
    const crm::fit_report report = model.report();
    CHECK(report.size() == 4 && report.estimates() == model.estimates() && report.names() == model.names());
    CHECK(report.summary().is_sound == 1 && report.summary().customers == 300.0 && report.warnings().empty());
    CHECK(near(report.standard_errors()[1] * report.standard_errors()[1], report.covariance()[5], 1e-9));
    CHECK(report.confidence_intervals(0.9).first[0] < report.estimates()[0]);
    const crm_prediction next = crm::predict::purchases(crm::within(26.0, CRM_TIME_UNIT_WEEK));
    const crm::intervals delta = model.confidence_intervals(data, next, 0.9);
    CHECK(delta.estimate == model.predict(data, next) && delta.lower[0] < delta.upper[0] && delta.standard_error[0] > 0.0);
    const crm::bootstrap refits = model.bootstrap(data, 6, 1);
    CHECK(refits.size() + refits.failed() == 6 && refits.replicate(0).size() == 4);
    CHECK(refits.estimate_intervals(0.9).estimate == model.estimates());
    CHECK(refits.confidence_intervals(data, next, 0.9).estimate == delta.estimate);

    crm::fit_options options;
    options.purchase_covariates = {"group"};
    options.l2 = 0.001;
    options.threads = 1;
    CHECK(crm::purchase_model::fit(CRM_PURCHASE_KIND_PARETO_NBD, data.with_covariate("group", group), options)
              .names()
              .back() == "alpha:group");
    fails(CRM_STATUS_MISSING_COLUMN, "group", [&] { crm::purchase_model::fit(CRM_PURCHASE_KIND_BG_NBD, data, options); });
    options.l2 = -1.0;
    fails(CRM_STATUS_INVALID_ARGUMENT, "l2", [&] { crm::purchase_model::fit(CRM_PURCHASE_KIND_BG_NBD, data, options); });
}

static void values() {
    const crm::spend_model spends(6.25, 3.74, 15.44);
    const crm::spend_data spend(X, {22.35, 0.0, 0.0});
    CHECK(near(spends.expected_mean_spend(X, {22.35, 0.0, 0.0})[0], 24.65, 0.1));
    CHECK(near(spends.population_mean(), 35.22, 0.01) && spends.parameters().q == 3.74 && std::isnan(spends.correlation()));
    CHECK(spend.size() == 3 && spend.excluded() == 0 && !spend.currency() && !spends.currency());
    CHECK(spend.in_currency("EUR").currency() == "EUR" && spends.in_currency("EUR").currency() == "EUR");
    CHECK(spend.with_weights({1.0, 1.0, 0.5}).column(CRM_SPEND_COLUMN_WEIGHT)[2] == 0.5);
    CHECK(std::isnan(crm::spend_model(6.0, 0.9, 1.0).expected_mean_spend_where_defined(X, {1.0, 0.0, 0.0})[1]));
    CHECK(spends.log_likelihood(spend) < 0.0);
    fails(CRM_STATUS_INCOMPATIBLE, "currency", [&] { spends.log_likelihood(spend.in_currency("EUR")); });
    fails(CRM_STATUS_MISSING_VALUE, "model", [&] { spends.report(); });

    std::vector<std::uint32_t> counts(500);
    std::vector<double> repeat(500);
    for (std::size_t row = 0; row < counts.size(); row++) repeat[row] = counts[row] = static_cast<std::uint32_t>(row % 4);
    const crm::spend_model fitted = crm::spend_model::fit(crm::spend_data(repeat, spends.simulate(counts, 2)));
    CHECK(fitted.report().summary().is_sound == 1 && fitted.excluded() == 0);
    CHECK(crm::spend_model::from_json(fitted.to_json()).parameters().v == fitted.parameters().v);

    const crm::purchase_data data(X, LAST, AGE, CRM_TIME_UNIT_WEEK);
    const crm_value_options year = crm::value_options(crm::within(12.0, CRM_TIME_UNIT_MONTH_MEAN), crm::annual(0.1), 0.3);
    const crm::customer_values values(paper(), spends, data, spend, year);
    const double purchases = values.column(CRM_VALUE_COLUMN_DISCOUNTED_PURCHASES)[0];
    CHECK(values.size() == 3 && values.column(CRM_VALUE_COLUMN_P_ALIVE)[2] == 1.0);
    CHECK(near(values.column(CRM_VALUE_COLUMN_VALUE)[0], 0.3 * purchases * values.column(CRM_VALUE_COLUMN_EXPECTED_SPEND)[0],
               1e-12));
    crm_draw_options draw = crm::draw_options();
    draw.draws = 100;
    const crm::intervals futures = crm::customer_values::predictive_intervals(paper(), spends, data, spend, year, draw);
    CHECK(futures.estimate == values.column(CRM_VALUE_COLUMN_VALUE) && futures.lower[0] <= futures.upper[0]);
    fails(CRM_STATUS_INVALID_ARGUMENT, "model", [&] {
        crm::customer_values::confidence_intervals(paper(), spends, data, spend, year, 0.9);
    });

    // The base of a history, and the table of its values.
    crm::transactions rows;
    rows.ids = {1, 1, 1, 2, 3};
    rows.days = {19000, 19020, 19050, 19010, 19050};
    rows.amounts = {10.0, 20.0, 30.0, 5.0, 7.0};
    const crm::history history(rows);
    crm_base_options options = crm::base_options(19050);
    options.time_unit = CRM_TIME_UNIT_WEEK;
    const crm::base base = history.base(options);
    const crm::purchase_data of_base(base);
    CHECK(of_base.window() == (std::pair<std::int32_t, std::int32_t>{19000, 19050}));
    CHECK(crm::purchase_data::from_opportunities(history, 19050, CRM_TIME_UNIT_WEEK).column(CRM_PURCHASE_COLUMN_AGE)[0] == 7.0);
    const crm::customer_values of_customers(paper(), spends, of_base, crm::spend_data(base), year);
    ArrowArrayStream stream = of_customers.to_arrow_stream(base);
    CHECK(stream.release != nullptr);
    stream.release(&stream);
    fails(CRM_STATUS_IO, "path", [&] { of_customers.write_csv(base, "no/such/folder/values.csv"); });
    fails(CRM_STATUS_IO, "path", [&] { of_customers.write_parquet(base, "no/such/folder/values.parquet"); });
    fails(CRM_STATUS_LENGTH_MISMATCH, "spend", [&] { crm::customer_values(paper(), spends, data, crm::spend_data({1.0}, {5.0}), year).size(); });
}

int main() {
    predictions();
    fits();
    values();
    return 0;
}
