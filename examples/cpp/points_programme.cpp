// A points programme in a page: what members have, where they stand, what happened in a month, and what another rule would have come to.
//
//     c++ -std=c++17 -Iinclude examples/cpp/points_programme.cpp -Ltarget/release -lcrm -o points_programme
//     LD_LIBRARY_PATH=target/release ./points_programme
#include "crm.hpp"

#include <cinttypes>
#include <cstdio>

static const char *const RULES = R"({"tiers": ["Silver", "Gold"],
    "earn": {"pending_days": 14, "tier_bonus": [{"tier": "Gold", "factor": "1.5"}]},
    "expiry": {"months": 12, "rounding": "month"}})";
static const char *const DEARER = R"({"tiers": ["Silver", "Gold"], "earn": {"per": 2}, "expiry": {"months": 12, "rounding": "month"}})";
static const char *const TIERS = R"({"model": "tier_rules", "version": 1, "tiers": [
    {"name": "Silver", "entry": {"any": [{"at_least": {"measure": "qualifying_points", "value": 100}},
                                         {"at_least": {"measure": "score", "value": 60}}]}},
    {"name": "Gold", "entry": {"any": [{"at_least": {"measure": "qualifying_points", "value": 400}},
                                       {"at_least": {"measure": "score", "value": 80}}]}}],
    "options": {"period": {"fixed": {"start": "2024-01-01", "length": {"months": 12}}}}})";

static crm::points_events year(std::int32_t start) {
    crm::points_events events;
    const auto add = [&](const char *who, std::int32_t day, crm_points_event_kind kind, std::optional<double> amount = std::nullopt,
                         std::optional<std::int64_t> points = std::nullopt) {
        events.customer_ids.push_back(who);
        events.event_ids.push_back(static_cast<std::int64_t>(events.event_ids.size()) + 1);
        events.days.push_back(start + day);
        events.kinds.push_back(kind);
        events.amounts.push_back(amount);
        events.points.push_back(points);
    };
    add("Ann", 0, CRM_POINTS_EVENT_KIND_JOIN);
    add("Bob", 0, CRM_POINTS_EVENT_KIND_JOIN);
    add("王芳", 10, CRM_POINTS_EVENT_KIND_JOIN);
    add("Ann", 20, CRM_POINTS_EVENT_KIND_PURCHASE, 120.0);
    add("Bob", 30, CRM_POINTS_EVENT_KIND_PURCHASE, 420.0);
    add("王芳", 40, CRM_POINTS_EVENT_KIND_PURCHASE, 60.0);
    add("Ann", 70, CRM_POINTS_EVENT_KIND_REDEEM, std::nullopt, 100);
    add("Bob", 80, CRM_POINTS_EVENT_KIND_PURCHASE, 100.0);
    return events;
}

static const char *tier_name(std::int64_t tier) {
    static const char *const names[] = {"-", "Silver", "Gold"};
    return names[tier + 1];
}

int main() {
    const std::int32_t start = crm::day("2024-01-01"), end = crm::day("2024-07-01");
    const auto program = crm::loyalty_program::from_json(RULES);
    const std::vector<std::string> members = {"Ann", "Bob", "王芳"};

    // The ledger: events in, postings out.
    crm::points_ledger ledger(program);
    const auto entries = ledger.apply(year(start));
    const auto released = ledger.advance(program.start_of(end));
    std::printf("Points on 1 July\n");
    const auto available = ledger.balances(program.start_of(end), CRM_POINTS_BALANCE_COLUMN_AVAILABLE);
    for (std::size_t row = 0; row < members.size(); row++) std::printf("  %-8s%8" PRId64 "\n", members[row].c_str(), available[row]);
    const auto march = crm::period_of({&entries, &released}, "Ann", program.start_of(crm::day("2024-03-01")), program.start_of(crm::day("2024-04-01")));
    std::printf("Ann in March: %" PRId64 " at the start, %" PRId64 " spent, %" PRId64 " at the end\n", march.balances.opening_available,
                march.points[CRM_POINTS_ENTRY_KIND_REDEEMED], march.balances.closing_available);
    const auto liability = ledger.liability(program.start_of(end), 10000, 150000);
    std::int64_t owed = 0;
    for (const auto month : liability.column(CRM_POINTS_LIABILITY_COLUMN_LIABILITY_MICROS)) owed += month;
    std::printf("Liability at 0.01 a point and 15 %% breakage: %.2f\n", static_cast<double>(owed) / 1e6);

    // Tiers: by points, and one by hand for three months.
    crm::tier_roster roster(TIERS);
    roster.join(members, {start, start, start + 10});
    roster.qualify({"Ann", "Bob", "王芳"}, {start + 20, start + 30, start + 40}, {120, 420, 60});
    roster.hold({"王芳"}, {start + 50}, {"Silver"}, CRM_TIER_HOLD_KIND_AT_LEAST, {start + 140});
    for (const std::int32_t day : {start + 60, end}) {
        const auto tiers = roster.standings(day).column(CRM_TIER_STANDING_COLUMN_TIER);
        std::printf("Tiers on %s:", crm::day_text(day).c_str());
        for (std::size_t row = 0; row < members.size(); row++) std::printf(" %s %s%s", members[row].c_str(), tier_name(tiers[row]), row < 2 ? "," : "\n");
    }

    // Half the points, over the same history, with the scores that were observed.
    const auto dearer = crm::loyalty_program::from_json(DEARER);
    auto options = crm::simulation_options(program.start_of(end));
    options.value_per_point = 0.01;
    options.breakage = 0.15;
    const crm::score_observations scores{{"王芳"}, {start + 35}, {85.0}};
    const crm::program_simulation found(year(start), {program, TIERS}, {dearer, TIERS}, options, scores);
    const auto before = found.side(false), after = found.side(true);
    std::printf("Half the points: issued %" PRId64 " and %" PRId64 ", liability %.2f and %.2f, burns that no longer fit %" PRIu64 "\n", before.issued,
                after.issued, before.liability, after.liability, after.unfit_burns);
    const auto gains = found.gains(false);
    std::printf("Tiers: %" PRIu64 " gain, %" PRIu64 " lose, %" PRIu64 " stay\n", gains.winners, gains.losers, gains.unchanged);
    std::printf("%s\n", crm::program_simulation::statement().c_str());
    return 0;
}
