// The C++ wrapper of campaigns: what goes in comes out, errors are exceptions, and nothing leaks.
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

template <class Call> static void fails(crm_status status, const std::string &argument, Call call) {
    try {
        call();
    } catch (const crm::error &error) {
        CHECK(error.status() == status && error.argument() == argument && !std::string(error.what()).empty());
        return;
    }
    std::fprintf(stderr, "%s: no error\n", argument.c_str());
    std::exit(1);
}

static const double NAN_VALUE = std::numeric_limits<double>::quiet_NaN();

static void selection() {
    const std::vector<std::string> names{"ann", "bob", "cat", "dan", "eve"};
    crm::target_table table{crm::id_column(names)};
    table.add_numbers("score", {0.9, 0.8, NAN_VALUE, 0.1, 0.7})
        .add_numbers("consent", {1.0, 1.0, 1.0, 1.0, 0.0})
        .add_texts("city", {"Bonn", "", "Bonn", "Köln", ""});
    CHECK(table.rows() == 5);
    fails(CRM_STATUS_LENGTH_MISMATCH, "more", [&] { table.add_numbers("more", {1.0}); });
    crm::selection plan;
    plan.opted_in("consent", "consent")
        .rule("score", R"({"compare": {"column": "score", "is": ">=", "value": 0.5}})")
        .rank_by("score")
        .ties_by_hash("autumn")
        .quota(1);
    fails(CRM_STATUS_PARSE, "rule", [&] { plan.rule("other", "score > 1"); });
    const crm::selected one = plan.select(table);
    CHECK(one.size() == 1 && one.customers() == 5 && one.rows() == std::vector<std::uint32_t>{0});
    CHECK((one.first_reasons() == std::vector<std::int32_t>{-1, 3, 2, 1, 0}));
    CHECK(one.reason_bits()[1] == 8 && one.reason_count() == 4);
    CHECK(std::string(one.reason(2).name) == "score" && one.reason(2).kind == CRM_REASON_KIND_MISSING_VALUE);
    fails(CRM_STATUS_OUT_OF_RANGE, "index", [&] { one.reason(4); });
    plan.do_not_contact("listed", std::vector<std::string>{"ann"});
    CHECK(plan.select(table).rows() == std::vector<std::uint32_t>{1});
    plan.not_in_campaign("numbers", std::vector<std::int64_t>{1});
    fails(CRM_STATUS_INCOMPATIBLE, "numbers", [&] { plan.select(table); });
    // Contacts and quotas of segments.
    crm::target_table others{crm::id_column(std::vector<std::int64_t>{1, 2, 3, 4})};
    others.add_texts("segment", {"x", "x", "y", "y"}).add_numbers("out", {0.0, 0.0, 0.0, 1.0});
    crm::selection second;
    second.contact_limit("fatigue", std::vector<std::int64_t>{1, 1, 2}, {100, 95, 100}, 100, 2, 7)
        .not_opted_out("out", "out")
        .segment_quotas("segment", {{"x", 1}}, 0)
        .holdout("holdout", "salt", 0.0);
    CHECK((second.select(others).first_reasons() == std::vector<std::int32_t>{0, -1, 3, 1}));
}

static void splits() {
    const std::vector<crm::campaign_arm> arms{{"mail"}, {"none", 1.0, true}};
    crm::campaign_split split("autumn", arms);
    split.coverage(0.8).holdout("everybody", 0.1).name_space("shop", 0.0, 0.9).hash(CRM_BUCKET_HASH_XXH3);
    std::vector<std::int64_t> ids;
    for (std::int64_t id = 0; id < 1000; id++) ids.push_back(id);
    const crm::campaign_assignment dealt = split.assign(ids);
    const std::vector<std::int32_t> places = dealt.arms();
    std::uint64_t mailed = 0;
    for (std::int32_t place : places) mailed += place == 0;
    CHECK(dealt.size() == 1000 && dealt.counts().size() == 2 && dealt.counts()[0] == mailed && mailed > 200);
    const crm::campaign_split read = crm::campaign_split::from_json(split.to_json());
    CHECK(read.assign(ids).arms() == places && read.size() == 2 && read.shares().size() == 2);
    split.shares({0.25, 0.75});
    CHECK(split.shares()[0] == 0.25);
    crm::target_table table{crm::id_column(ids)};
    table.add_texts("city", std::vector<std::string>(1000, "Bonn"));
    CHECK(crm::campaign_split("s", arms).assign(table, {"city"}).counts()[1] == 500);
    fails(CRM_STATUS_INVALID_ARGUMENT, "coverage", [&] { split.coverage(2.0); });
    const std::vector<double> numbers = crm::buckets("salt", ids);
    CHECK(numbers.size() == 1000 && numbers[0] >= 0.0 && numbers[0] < 1.0 && numbers[0] != numbers[1]);
}

static void measurement() {
    const std::vector<std::string> labels{"m", "m", "m", "m", "m", "m", "c", "c", "c", "c", "c", ""};
    const std::vector<double> revenue{10, 0, 30, 0, 0, 20, 0, 15, 0, 0, 0, NAN_VALUE};
    std::vector<double> bought;
    for (double value : revenue) bought.push_back(value > 0.0);
    crm::campaign_outcomes outcomes(labels, {{"m"}, {"c", 1.0, true}});
    fails(CRM_STATUS_EMPTY, "metrics", [&] { outcomes.measure(); });
    outcomes.metric(CRM_CAMPAIGN_METRIC_REVENUE, revenue)
        .metric(CRM_CAMPAIGN_METRIC_CONVERSION, bought)
        .before("before", bought)
        .groups("channel", {"a", "a", "a", "a", "b", "b", "a", "a", "b", "b", "b", ""});
    const crm::campaign_report report = outcomes.measure({{"m", 12.0, 1.0, 2.0, 0.5}});
    const crm_campaign_summary summary = report.summary();
    CHECK(summary.arms == 2 && summary.outside == 1 && summary.sample_ratio_flagged == 0);
    CHECK(report.arm(0).mean_revenue == 10.0 && std::string(report.arm(1).name) == "c");
    const crm_campaign_effect effect = report.effect(1);
    const crm_test_result result = report.effect_result(1);
    CHECK(effect.metric == CRM_CAMPAIGN_METRIC_REVENUE && effect.incremental == 42.0 && result.difference == 7.0);
    CHECK(report.arm_return(0).cost == 24.0 && report.arm_return(0).profit == -3.0);
    CHECK(report.to_json().find("\"effects\"") != std::string::npos);
    fails(CRM_STATUS_OUT_OF_RANGE, "index", [&] { report.arm_return(99); });
    const crm::campaign_split_balance balance = outcomes.balance();
    CHECK(balance.size() >= 1 && std::string(balance.row(0).column) == "before" && balance.sample_ratio_p_value() > 0.5);
    CHECK(std::fabs(balance.result(0).difference - 0.3) < 1e-15);
    // Of an assignment.
    const crm::campaign_assignment dealt = crm::campaign_split("s", {{"m"}, {"c", 1.0, true}}).assign(std::vector<std::int64_t>{1, 2, 3, 4, 5, 6, 7, 8});
    crm::campaign_outcomes later(dealt);
    later.metric(CRM_CAMPAIGN_METRIC_ORDERS, {1, 0, 2, 0, 1, 3, 0, 1}).covariate({1, 1, 2, 0, 1, 2, 0, 1});
    CHECK(later.measure().summary().effects == 1);
}

static void uplift() {
    const crm::uplift_curve curve({0.9, 0.8, 0.8, 0.3, 0.2, 0.1}, {1, 1, 0, 0, 1, 0}, {1, 1, 0, 0, 0, 1});
    CHECK(curve.size() == 6 && curve.customers()[2] == 3);
    CHECK(curve.heights(CRM_UPLIFT_CURVE_KIND_QINI)[2] == 2.0);
    const crm_uplift_score found = curve.score(CRM_UPLIFT_CURVE_KIND_QINI, CRM_UPLIFT_SCALE_AREA);
    CHECK(found.value == 6.0 && found.status == CRM_UPLIFT_STATUS_OK);
    const crm_uplift_interval one = curve.interval(CRM_UPLIFT_CURVE_KIND_QINI, CRM_UPLIFT_SCALE_CUSTOMERS, 0.05, 200, 7);
    CHECK(one.lower < one.upper && one.replicates == 200);
    CHECK(curve.top(0.5).difference == 1.0);
    const crm::uplift_bands bands = curve.bands(2);
    CHECK(bands.size() == 2 && bands.band(0).targets + bands.band(0).controls == 3 && bands.result(0).difference == 1.0);
    fails(CRM_STATUS_INVALID_ARGUMENT, "share", [&] { curve.top(0.0); });
    try {
        crm::uplift_curve({0.1, 0.2}, {1}, {1.0, 0.0});
        CHECK(false);
    } catch (const std::invalid_argument &) {
    }
}

int main() {
    selection();
    splits();
    measurement();
    uplift();
    return 0;
}
