// Whom to write to, whom to leave alone for comparison, and what did the mail bring?
//
//     c++ -std=c++17 -Iinclude examples/cpp/campaign.cpp -Ltarget/release -lcrm -o campaign
//     LD_LIBRARY_PATH=target/release ./campaign OUT.csv
//
// The customers are made up, by the hash that deals customers to arms: the same as in the other languages without CRM_TEST_DATA, and so is what
// this prints and writes.
#include "crm.hpp"

#include <array>
#include <cinttypes>
#include <cmath>
#include <cstdio>
#include <stdexcept>

static const std::int32_t TODAY = 20000; // the day of the campaign: 2024-10-04
static const std::string MENS = "Mens E-Mail", WOMENS = "Womens E-Mail", NONE = "No E-Mail";

// Columns by customer; the id is the place.
struct shop {
    std::vector<std::int64_t> ids;
    std::vector<double> recency, history, visit, conversion, spend;
    std::vector<std::string> channel, arm;
};

static std::vector<crm::campaign_arm> arms(double targets, double control) {
    return {{MENS, targets}, {WOMENS, targets}, {NONE, control, true}};
}

static shop make_up() {
    static const std::array<double, 3> LIFT{0.075, 0.045, 0.0};
    shop all;
    for (std::int64_t id = 0; id < 20000; id++) all.ids.push_back(id);
    const std::vector<crm::campaign_arm> plan = arms(1.0, 1.0);
    const std::vector<std::int32_t> place = crm::campaign_split("made up", plan).assign(all.ids).arms();
    const auto drawn = [&](const char *salt) { return crm::buckets(salt, all.ids); };
    const std::vector<double> channel = drawn("channel"), visit = drawn("visit"), conversion = drawn("conversion"),
                              recency = drawn("recency"), history = drawn("history"), other = drawn("history 2"),
                              spend = drawn("spend");
    for (std::size_t row = 0; row < all.ids.size(); row++) {
        const std::size_t arm = static_cast<std::size_t>(place[row]);
        const bool visits = visit[row] < 0.1 + LIFT[arm], buys = visits && conversion[row] < 0.07;
        all.recency.push_back(1.0 + std::floor(12.0 * recency[row]));
        all.history.push_back(30.0 + std::floor(900.0 * history[row] * other[row]));
        all.channel.push_back(channel[row] < 0.44 ? "Web" : channel[row] < 0.88 ? "Phone" : "Multichannel");
        all.arm.push_back(plan[arm].name);
        all.visit.push_back(visits);
        all.conversion.push_back(buys);
        all.spend.push_back(buys ? 29.0 + std::floor(170.0 * spend[row]) : 0.0);
    }
    return all;
}

static const char *kind_name(std::int32_t kind) {
    static const std::array<const char *, 10> NAMES{"rule",           "missing_value",    "no_opt_in",       "opted_out",
                                                    "do_not_contact", "running_campaign", "contact_fatigue", "holdout",
                                                    "segment_quota",  "quota"};
    return NAMES.at(static_cast<std::size_t>(kind));
}

// Selects whom to write to: the rows, best first.
static std::vector<std::uint32_t> select_customers(const shop &all) {
    std::vector<double> consent = crm::buckets("consent", all.ids);
    for (double &value : consent) value = value < 0.9;
    crm::target_table table{crm::id_column(all.ids)};
    table.add_numbers("recency", all.recency)
        .add_numbers("history", all.history)
        .add_numbers("consent", consent)
        .add_texts("channel", all.channel);
    // Up to two contacts of the last weeks for each customer.
    const std::vector<double> contacts = crm::buckets("contacts", all.ids);
    std::vector<std::int64_t> contacted;
    std::vector<std::int32_t> days;
    for (std::size_t row = 0; row < all.ids.size(); row++)
        for (int contact = 0; contact < static_cast<int>(3.0 * contacts[row]); contact++) {
            contacted.push_back(all.ids[row]);
            days.push_back(TODAY - 10 * contact);
        }
    crm::selection plan;
    plan.opted_in("consent", "consent")
        .rule("target group", R"({"all": [{"compare": {"column": "history", "is": ">=", "value": 50}},
                                          {"between": {"column": "recency", "from": 1, "to": 11}},
                                          {"in": {"column": "channel", "values": ["Web", "Phone"]}}]})")
        .contact_limit("fatigue", contacted, days, TODAY, 2, 14)
        .holdout("global holdout", "holdout-2024", 0.05)
        .rank_by("history")
        .ties_by_hash("autumn-2024 ties")
        .segment_quotas("channel", {{"Web", 2500}})
        .quota(6000);
    const crm::selected found = plan.select(table);
    std::printf("selected %zu of %zu customers\n", found.size(), found.customers());
    for (std::size_t index = 0; index < found.reason_count(); index++) {
        const crm_reason reason = found.reason(index);
        std::printf("  %-16s %-16s first %6" PRIu64 ", any %6" PRIu64 "\n", reason.name, kind_name(reason.kind), reason.first,
                    reason.any);
    }
    return found.rows();
}

// Deals the selected customers to arms, and looks whether they were alike before.
static void split_customers(const shop &all, const std::vector<std::uint32_t> &rows) {
    std::vector<std::int64_t> chosen;
    std::vector<double> history, recency;
    for (std::uint32_t row : rows) {
        chosen.push_back(all.ids[row]);
        history.push_back(all.history[row]);
        recency.push_back(all.recency[row]);
    }
    const std::vector<crm::campaign_arm> plan = arms(4.5, 1.0);
    const crm::campaign_assignment dealt = crm::campaign_split("autumn-2024", plan).assign(chosen);
    const std::vector<std::uint64_t> sizes = dealt.counts();
    std::printf("split\n");
    for (std::size_t arm = 0; arm < plan.size(); arm++)
        std::printf("  %-16s %6" PRIu64 "\n", plan[arm].name.c_str(), sizes[arm]);
    crm::campaign_outcomes before(dealt);
    const crm::campaign_split_balance balance = before.before("history", history).before("recency", recency).balance();
    std::printf("  sizes: p = %.4f\n", balance.sample_ratio_p_value());
    for (std::size_t index = 0; index < balance.size(); index++) {
        const crm_balance_row row = balance.row(index);
        std::printf("  %-8s %-14s standardised difference %8.4f, adjusted p = %.4f\n", row.column, row.arm,
                    row.standardised_difference, row.adjusted_p_value);
    }
}

// What the mails brought, also as the rows of a CSV file.
static void measure(const shop &all, const char *path) {
    static const std::array<const char *, 4> METRICS{"response", "conversion", "orders", "revenue"};
    crm::campaign_outcomes outcomes(all.arm, arms(1.0, 1.0));
    outcomes.metric(CRM_CAMPAIGN_METRIC_RESPONSE, all.visit)
        .metric(CRM_CAMPAIGN_METRIC_CONVERSION, all.conversion)
        .metric(CRM_CAMPAIGN_METRIC_REVENUE, all.spend)
        .groups("channel", all.channel);
    const crm::campaign_report report = outcomes.measure({{std::nullopt, 500.0, 0.1, 0.0, 0.4}});
    const crm_campaign_summary summary = report.summary();
    std::printf("measured, sizes: p = %.4f\n", summary.sample_ratio_p_value);
    for (std::size_t index = 0; index < summary.arms; index++) {
        const crm_arm_summary arm = report.arm(index);
        std::printf("  %-16s %6" PRIu64 " customers, visits %6.2f %%, conversions %6.3f %%, spend %6.3f\n", arm.name,
                    arm.customers, 100.0 * arm.mean_response, 100.0 * arm.mean_conversion, arm.mean_revenue);
    }
    for (std::size_t index = 0; index < summary.returns; index++) {
        const crm_arm_return back = report.arm_return(index);
        if (back.grouping[0] != '\0') continue;
        std::printf("  %-16s profit %9.2f (%.2f to %.2f), return on cost %.3f (%.3f to %.3f), pays at %.3f %%\n", back.arm,
                    back.profit, back.profit_lower, back.profit_upper, back.roi, back.roi_lower, back.roi_upper,
                    100.0 * back.break_even_rate);
    }
    std::FILE *file = std::fopen(path, "wb");
    if (file == nullptr) throw std::runtime_error(std::string("cannot write ") + path);
    std::fprintf(file, "grouping,group,arm,metric,difference,lower,upper,p_value,adjusted_p_value,incremental\n");
    for (std::size_t index = 0; index < summary.effects; index++) {
        const crm_campaign_effect effect = report.effect(index);
        const crm_test_result result = report.effect_result(index);
        std::fprintf(file, "%s,%s,%s,%s,%.8f,%.8f,%.8f,%.8f,%.8f,%.3f\n", effect.grouping, effect.group, effect.arm,
                     METRICS.at(static_cast<std::size_t>(effect.metric)), result.difference, result.lower, result.upper,
                     result.p_value, effect.adjusted_p_value, effect.incremental);
    }
    if (std::fclose(file) != 0) throw std::runtime_error(std::string("cannot write ") + path);
}

// Whether those who bought more before are those whom a mail moves.
static void uplift(const shop &all) {
    std::vector<std::uint8_t> target;
    for (const std::string &arm : all.arm) target.push_back(arm != NONE);
    const crm::uplift_curve curve(all.history, target, all.visit);
    const crm_uplift_score qini = curve.score(CRM_UPLIFT_CURVE_KIND_QINI, CRM_UPLIFT_SCALE_OPTIMUM);
    const crm_uplift_score gain = curve.score(CRM_UPLIFT_CURVE_KIND_GAIN, CRM_UPLIFT_SCALE_CUSTOMERS);
    std::printf("uplift by history: Qini %.5f, gain curve on average %.5f visits above chance\n", qini.value, gain.value);
    const crm::uplift_bands bands = curve.bands(5);
    for (std::size_t index = 0; index < bands.size(); index++) {
        const crm_uplift_band band = bands.band(index);
        const crm_test_result result = bands.result(index);
        std::printf("  %8.2f to %8.2f: %7.4f (%.4f to %.4f)\n", band.score_from, band.score_to, result.difference,
                    result.lower, result.upper);
    }
}

int main(int argc, char **argv) try {
    const shop all = make_up();
    split_customers(all, select_customers(all));
    measure(all, argc > 1 ? argv[argc - 1] : "campaign.csv");
    uplift(all);
} catch (const std::exception &error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
