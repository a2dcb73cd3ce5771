// The C++ wrapper of segment models, tiers, agreement and drift: what goes in comes out, errors are exceptions, and nothing leaks.
#include "crm.hpp"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <stdexcept>
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

template <class Call> static void refuses(Call call) {
    try {
        call();
    } catch (const std::invalid_argument &) {
        return;
    }
    std::fprintf(stderr, "arrays of different lengths were accepted\n");
    std::exit(1);
}

using labels = std::vector<std::uint32_t>;
using names = std::vector<std::string>;

static const double NOT_A_NUMBER = std::numeric_limits<double>::quiet_NaN();

static void features() {
    crm::transactions rows;
    rows.ids = {1, 1, 1, 2, 3};
    rows.days = {19000, 19010, 19020, 19015, 19020};
    rows.amounts = {10.0, 20.0, 30.0, 5.0, 7.0};
    const crm::history history(rows);
    const crm_base_options options = crm::base_options(19030);
    const crm::base base = history.base(options);
    const crm::rhythm rhythm(history, options);
    CHECK(rhythm.size() == 3 && rhythm.column(CRM_RHYTHM_COLUMN_MEAN_GAP)[0] == 10.0);
    CHECK(rhythm.column(CRM_RHYTHM_COLUMN_REGULARITY)[0] == 1.0 && std::isnan(rhythm.column(CRM_RHYTHM_COLUMN_REGULARITY)[1]));
    const crm::feature_table table(base);
    CHECK(table.names() == (names{"time_since_last_purchase", "purchase_days", "net_amount"}) && table.as_of() == 19030);
    CHECK(table.values("net_amount") == (std::vector<double>{60.0, 5.0, 7.0}) && table.unit(1) == "count");
    const std::vector<crm_feature> gaps{CRM_FEATURE_MEAN_GAP, CRM_FEATURE_ORDERS};
    CHECK(crm::feature_table(base, rhythm, gaps).values(0)[0] == 10.0);
    CHECK(crm::feature_table(history, options, gaps).values("orders")[0] == 3.0);
    const crm::feature_table more = table.with_column("clv", "money:EUR", {1.0, 2.0, 3.0});
    CHECK(more.columns() == 4 && table.columns() == 3 && more.rows() == 3);
    fails(CRM_STATUS_INVALID_ARGUMENT, "features", [&] { crm::feature_table(base, gaps).rows(); });
    fails(CRM_STATUS_MISSING_COLUMN, "orders", [&] { table.values("orders"); });
    fails(CRM_STATUS_OUT_OF_RANGE, "index", [&] { table.unit(3); });
    fails(CRM_STATUS_MISSING_VALUE, "table", [] { crm::feature_table(2).as_of(); });

    crm_segment_model_options clusters = crm::segment_model_options(2);
    clusters.order = "net_amount";
    const crm::segment_model model(table, clusters);
    const crm::segment_assignment assigned = model.assign(table);
    CHECK(assigned.size() == 3 && assigned.labels() == model.labels());
    ArrowArrayStream stream = assigned.to_arrow_stream(base);
    CHECK(stream.release != nullptr);
    stream.release(&stream);
    fails(CRM_STATUS_IO, "path", [&] { assigned.write_csv(base, "no/such/folder/segments.csv"); });
    fails(CRM_STATUS_IO, "path", [&] { assigned.write_parquet(base, "no/such/folder/segments.parquet"); });
}

static void models() {
    const crm::feature_table table =
        crm::feature_table(6).with_column("visits", "count", {1.0, 2.0, 1.0, 30.0, 28.0, 33.0});
    crm_segment_model_options options = crm::segment_model_options(2);
    options.order = "visits";
    options.descending = 1;
    const crm::segment_model model(table, options);
    CHECK(model.labels() == (labels{1, 1, 1, 0, 0, 0}) && model.names() == (names{"High visits", "Low visits"}));
    CHECK(model.size() == 2 && model.sizes() == (std::vector<std::uint64_t>{3, 3}) && model.features() == names{"visits"});
    CHECK(model.summary().customers == 6 && std::fabs(model.original_centres()[1] - (std::cbrt(12.0) - 1.0)) < 1e-13);
    const crm::segment_model counted(table, options, {}, std::vector<double>(6, 1.0));
    CHECK(counted.original_centres() == model.original_centres() && counted.labels() == model.labels());
    CHECK(fails(CRM_STATUS_INVALID_VALUE, "weights", [&] { crm::segment_model(table, options, {}, {1, 1, 1, -1, 1, 1}); }).row() == 3);
    const crm::segment_model named = model.with_names({"often", "seldom"});
    const crm::segment_model back = crm::segment_model::from_json(named.to_json());
    CHECK(back.names() == (names{"often", "seldom"}) && back.to_json() == named.to_json());
    fails(CRM_STATUS_MISSING_VALUE, "model", [&] { back.labels(); });
    fails(CRM_STATUS_CORRUPT, "json", [] { crm::segment_model::from_json("{"); });
    CHECK(fails(CRM_STATUS_INVALID_ARGUMENT, "names", [&] { model.with_names({"a", "a"}); }).row() == 1);
    const crm::segment_assignment later = back.assign(crm::feature_table(2).with_column("visits", "count", {25.0, 7.0}));
    CHECK(later.labels() == (labels{0, 1}) && later.next_labels() == (labels{1, 0}));
    CHECK(later.column(CRM_ASSIGNMENT_COLUMN_BORDER)[1] > 0.8);
    const crm::segment_profiles profiles = named.profiles(table, named.labels());
    CHECK(profiles.size() == 2 && profiles.features() == 1 && std::string(profiles.segment(0).name) == "often");
    CHECK(profiles.feature(0, 0).mean == 91.0 / 3.0 && profiles.distinguishing(0).size() == 1);
    CHECK(profiles.report().find("2 segments of 6 customers") == 0);
    CHECK(std::string(crm::segment_profiles(table, model.labels()).segment(0).name) == "High visits");
    fails(CRM_STATUS_OUT_OF_RANGE, "index", [&] { profiles.segment(2); });

    // Scaling by itself.
    crm::scaling_options scaling;
    scaling.every = crm::column_scaling(CRM_SCALING_METHOD_NONE);
    scaling.columns = {{"visits", crm::column_scaling(CRM_SCALING_METHOD_RANK)}};
    scaling.missing = CRM_MISSING_VALUES_MEDIAN;
    const crm::feature_table holes = table.with_column("age", "day", {1.0, 2.0, 3.0, 4.0, 5.0, NOT_A_NUMBER});
    const crm::feature_scaler scaler(holes, scaling);
    const crm::scaled_features scaled = scaler.apply(holes);
    CHECK(scaled.rows() == 6 && scaled.columns() == 2 && scaled.values(1)[5] == 3.0);
    CHECK(scaled.imputed() == (std::vector<std::uint64_t>{0, 1}) && scaler.warnings().size() == 1);
    CHECK(crm::feature_scaler::from_json(scaler.to_json()).invert({0.5, 2.0})[1] == 2.0);
    CHECK(model.scaler().apply(table).columns() == 1);
    CHECK(fails(CRM_STATUS_MISSING_VALUE, "age", [&] { crm::feature_scaler(holes).warnings(); }).row() == 5);
}

static void tiers() {
    const std::vector<double> spend{900.0, 50.0, 50.0, 50.0, 200.0, 10.0, 0.0, 30.0, 20.0, 40.0};
    const crm::value_tiers tiers(spend);
    CHECK(tiers.assign(spend) == (labels{0, 1, 1, 1, 0, 2, 2, 2, 2, 2}) && tiers.names()[2] == "low");
    CHECK(tiers.lower_bounds() == (std::vector<double>{200.0, 50.0}));
    CHECK(tiers.summary(spend).size() == 3 && tiers.summary(spend).row(0).value == 1100.0);
    CHECK(crm::value_tiers::from_json(tiers.to_json()).lower_bounds() == tiers.lower_bounds());
    CHECK(crm::value_tiers::from_lower_bounds({10.0}, {"a", "b"}).names() == (names{"a", "b"}));
    crm::value_tier_options halves;
    halves.shares = {0.5, 0.5};
    halves.split = CRM_TIER_SPLIT_VALUE_SHARES;
    CHECK(crm::value_tiers(spend, halves).summary(spend).row(0).customers == 1);
    fails(CRM_STATUS_EMPTY, "values", [] { crm::value_tiers(std::vector<double>{}).names(); });

    crm::customer_tier_data data;
    for (int row = 0; row < 40; row++) {
        data.value.push_back(row);
        data.potential.push_back(row * 9 % 40 + 0.5 * row);
        data.risk_scores.push_back(row * 7 % 40);
    }
    const crm::customer_tiers found(data);
    CHECK(found.assign(data)[17] == CRM_CUSTOMER_TIER_AT_RISK && found.report().summary().feasible == 1);
    CHECK(found.report(data).tier(CRM_CUSTOMER_TIER_CORE).missed_by == 0.0 && found.thresholds().value > 0.0);
    CHECK(found.report().text() == "all shares lie in their bands");
    const crm::customer_tiers saved = crm::customer_tiers::from_json(found.to_json());
    CHECK(saved.assign(data) == found.assign(data));
    fails(CRM_STATUS_MISSING_VALUE, "tiers", [&] { saved.report(); });
    const labels now = found.assign(data);
    CHECK(crm::tier_backtest(now, now).reaches_target == 1);
    data.risk_scores.pop_back();
    refuses([&] { found.assign(data); });
}

static void agreement() {
    const crm::cross_table table({0, 0, 1, 2}, {0, 0, 1, 1});
    CHECK(table.rows() == 3 && table.columns() == 2 && table.counts()[5] == 1 && table.agreement().agreement == 0.75);
    CHECK(crm::cross_table({0, 0}, {0, 1}, 3, 4).counts().size() == 12);
    CHECK(std::fabs(crm::normalized_mutual_information({0, 0, 1, 2}, {0, 0, 1, 1}) - 0.8) < 1e-15);
    refuses([] { crm::normalized_mutual_information({0, 1}, {0}); });
    const crm::segment_snapshot before{{0, 0, 0, 1}, {{1.0, 2.0, 3.0, 9.0}}}, after{{0, 0, 1, 1}, {{2.0, 4.0, 7.0, 9.0}}};
    const crm::segment_drift drift(2, before, after, true);
    CHECK(drift.size() == 2 && drift.size_shift(0).change == -0.25 && drift.centre_move(0, 0).mean_after == 3.0);
    CHECK(drift.population().second == CRM_POPULATION_SHIFT_SIGNIFICANT && drift.migration().counts()[1] == 1);
    CHECK(crm::segment_drift(2, before, after, {{3, 0}, {0, 1}}).migration().counts()[2] == 1);
    fails(CRM_STATUS_MISSING_VALUE, "drift", [&] { crm::segment_drift(2, before, after).migration(); });
    refuses([&] { crm::segment_drift(2, {{0, 1}, {{1.0}}}, after).size(); });
}

int main() {
    features();
    models();
    tiers();
    agreement();
    return 0;
}
