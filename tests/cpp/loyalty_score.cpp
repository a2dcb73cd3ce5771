// The C++ wrapper of loyalty scores: what goes in comes out, errors are exceptions, and nothing leaks.
#include "crm.hpp"

#undef NDEBUG
#include <cassert>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <string>
#include <utility>
#include <vector>

template <class Call> static void fails(crm_status status, const std::string &argument, Call call) {
    try {
        call();
    } catch (const crm::error &error) {
        assert(error.status() == status && error.argument() == argument && !std::string(error.what()).empty());
        return;
    }
    std::fprintf(stderr, "%s: no error\n", argument.c_str());
    std::exit(1);
}

static crm::dimension_table table_of(const std::string &day, const std::vector<double> &orders) {
    crm::dimension_table table(crm::day(day), orders.size());
    table.add(R"({"name": "orders", "unit": "orders"})", orders)
        .add(R"({"name": "days_since", "unit": "days", "direction": "lower"})", {30.0, 300.0, std::nan(""), 3.0, 90.0});
    assert(table.rows() == orders.size());
    return table;
}

int main() {
    const crm::dimension_table table = table_of("2025-12-31", {1.0, 2.0, 2.0, 9.0, 4.0});
    const crm::dimension_table later = table_of("2026-12-31", {2.0, 2.0, 6.0, 1.0, 4.0});
    const crm::loyalty_score given(table, crm::proportional_weights({3.0, 1.0}));
    assert((given.weights() == std::vector<double>{0.75, 0.25}));
    assert(given.summary().customers == 5 && given.summary().as_of == crm::day("2025-12-31"));
    const crm::loyalty_scores scores = crm::loyalty_score::from_json(given.to_json()).score(table, 1);
    assert((scores.ranks() == std::vector<std::uint32_t>{5, 4, 3, 1, 2}));
    assert((scores.coverage() == std::vector<double>{1.0, 1.0, 0.75, 1.0, 1.0}));

    const crm::score_contributions parts = given.contributions(table);
    assert(parts.dimensions() == 2 && parts.scores().scores() == scores.scores());
    const std::vector<double> orders = parts.of(0), days = parts.of(1), baseline = parts.baseline();
    for (std::size_t row = 0; row < scores.size(); row++)
        assert(days[row] + baseline[row] + orders[row] == scores.scores()[row] - scores.population_mean());

    const crm::loyalty_score critic = crm::loyalty_score::objective(table, CRM_WEIGHTING_KIND_CRITIC);
    const crm::loyalty_score refit = crm::loyalty_score::objective(later, CRM_WEIGHTING_KIND_CRITIC);
    const crm::score_change change = critic.change(table, refit, later);
    const std::vector<double> before = change.column(CRM_SCORE_CHANGE_COLUMN_BEFORE),
                              after = change.column(CRM_SCORE_CHANGE_COLUMN_AFTER),
                              value = change.column(CRM_SCORE_CHANGE_COLUMN_VALUE),
                              reference = change.column(CRM_SCORE_CHANGE_COLUMN_REFERENCE),
                              weight = change.column(CRM_SCORE_CHANGE_COLUMN_WEIGHT);
    for (std::size_t row = 0; row < before.size(); row++)
        assert(std::isnan(after[row] - before[row]) || value[row] + reference[row] + weight[row] == after[row] - before[row]);

    const crm::loyalty_score learned = crm::loyalty_score::learned(table, {0, 1, 1, 1, 0});
    const std::vector<std::pair<std::string, crm::loyalty_score>> all{{"given", given}, {"critic", critic}, {"learned", learned}};
    const crm::weighting_report report(all, later, {0, 1, 1, 1, 0}, 0.4);
    assert(report.size() == 3 && report.row(2).weighting == CRM_WEIGHTING_KIND_LEARNED && report.rank_correlation()[8] == 1.0);
    fails(CRM_STATUS_INCOMPATIBLE, "models", [&] { crm::weighting_report(all, table, {0, 1, 1, 1, 0}); });

    const crm::ahp ahp = crm::ahp_weights({1.0, 0.25, 4.0, 4.0, 1.0, 9.0, 0.25, 1.0 / 9.0, 1.0});
    assert(std::fabs(ahp.weights[1] - 0.7170650412287761) < 1e-14 && ahp.consistency_ratio < 0.1);
    fails(CRM_STATUS_INVALID_ARGUMENT, "comparisons", [] { crm::ahp_weights({1.0, 2.0, 2.0, 1.0}); });
    fails(CRM_STATUS_INVALID_ARGUMENT, "weights", [&] { crm::loyalty_score(table, {0.5, 0.6}); });
    fails(CRM_STATUS_EMPTY, "rows", [] { crm::dimension_table(20000, 0); });
    fails(CRM_STATUS_CORRUPT, "json", [] { crm::loyalty_score::from_json("{}"); });
    return 0;
}
