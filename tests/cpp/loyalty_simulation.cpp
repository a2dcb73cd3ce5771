// A points programme from tiers by hand to other rules over its history, through the wrapper.
#include "crm.hpp"

#undef NDEBUG
#include <cassert>

static const char *const TIERS = R"({"model": "tier_rules", "version": 1, "tiers": [
    {"name": "Silver", "entry": {"at_least": {"measure": "score", "value": 50}}}]})";

static void holds() {
    crm::tier_roster roster(TIERS);
    roster.join({"ann", "李"}, {100, 100});
    // Ann is Silver for ten days, Li until somebody says otherwise.
    const auto placed = roster.hold({"ann", "李"}, {110, 110}, {"Silver", "Silver"}, CRM_TIER_HOLD_KIND_AT_LEAST, {120, std::nullopt});
    assert(placed.column(CRM_TIER_CHANGE_COLUMN_REASON) == std::vector<std::int64_t>(2, CRM_TIER_REASON_HOLD_PLACED));
    assert((roster.standings(119).column(CRM_TIER_STANDING_COLUMN_TIER) == std::vector<std::int64_t>{0, 0}));
    assert((roster.standings(120).column(CRM_TIER_STANDING_COLUMN_TIER) == std::vector<std::int64_t>{-1, 0}));
    const auto released = roster.release({"李"}, {130});
    assert(released.size() == 1 && released.column(CRM_TIER_CHANGE_COLUMN_REASON)[0] == CRM_TIER_REASON_HOLD_RELEASED);
    assert((roster.standings(130).column(CRM_TIER_STANDING_COLUMN_TIER) == std::vector<std::int64_t>{-1, -1}));
    // Exactly no tier, whatever the score.
    roster.hold({"ann"}, {140}, {std::nullopt}, CRM_TIER_HOLD_KIND_EXACTLY, {std::nullopt});
    crm_tier_rows rows{};
    assert(crm_tier_rows_init(&rows, sizeof rows) == CRM_STATUS_OK);
    const char *name = "ann";
    const crm_ids ids{nullptr, &name, 1};
    const std::int32_t day = 150;
    const double score = 90.0;
    rows.ids = &ids, rows.days = &day, rows.scores = &score;
    roster.qualify(rows);
    assert(roster.standings(150).column(CRM_TIER_STANDING_COLUMN_TIER)[0] == -1);
    try {
        roster.hold({"ann"}, {160}, {"Gold"}, CRM_TIER_HOLD_KIND_AT_LEAST, {std::nullopt});
        assert(false);
    } catch (const crm::error &error) {
        assert(error.status() == CRM_STATUS_INVALID_ARGUMENT);
    }
    try {
        roster.hold({"ann"}, {160}, {}, CRM_TIER_HOLD_KIND_AT_LEAST, {std::nullopt});
        assert(false);
    } catch (const std::invalid_argument &) {
    }
}

// Ann joins, buys for 100 on the tenth day and again on the 20th; Li joins.
static crm::points_events history() {
    crm::points_events events;
    events.customer_ids = {"ann", "李", "ann", "ann"};
    events.event_ids = {1, 2, 3, 4};
    events.days = {100, 100, 110, 120};
    events.kinds = {CRM_POINTS_EVENT_KIND_JOIN, CRM_POINTS_EVENT_KIND_JOIN, CRM_POINTS_EVENT_KIND_PURCHASE, CRM_POINTS_EVENT_KIND_PURCHASE};
    events.amounts = {std::nullopt, std::nullopt, 100.0, 100.0};
    return events;
}

static void other_rules() {
    const auto plain = crm::loyalty_program::from_json("{}");
    const auto bonus = crm::loyalty_program::from_json(R"({"tiers": ["Silver"], "earn": {"tier_bonus": [{"tier": "Silver", "factor": 2}]}})");
    auto options = crm::simulation_options(plain.start_of(130));
    options.value_per_point = 0.01;
    options.breakage = 0.0;
    options.close_score = 5.0;
    // Ann's score is observed on the 15th day, Li's is close.
    const crm::score_observations scores{{"ann", "李"}, {115, 101}, {60.0, 46.0}};
    const crm::program_simulation found(history(), {plain, std::nullopt}, {bonus, TIERS}, options, scores);
    assert(found.members() == 2 && found.side(false).issued == 200 && found.side(true).issued == 300);
    assert(found.side(true).liability == 3.0 && found.side(true).close_to_next == 1 && found.side(true).unused_scores == 0);
    assert((found.migration() == std::vector<std::uint64_t>{1, 1}));
    assert(found.gains(false).winners == 1 && found.gains(true).winners == 1 && found.gains(true).unchanged == 1);
    assert((found.column(CRM_SIMULATED_MEMBER_COLUMN_EARNED_AFTER) == std::vector<std::int64_t>{300, 0}));
    assert(crm::program_simulation::statement().find("held fixed") != std::string::npos);

    const crm::program_simulation same(history(), {plain, std::nullopt}, {plain, std::nullopt}, options);
    assert(same.gains(true).unchanged == 2);
    try {
        crm::program_simulation(history(), {plain, std::nullopt}, {plain, std::nullopt}, crm::simulation_options(plain.start_of(119)));
        assert(false);
    } catch (const crm::error &error) {
        assert(error.argument() == "as_of");
    }
}

static void periods_and_deferred_revenue() {
    const auto program = crm::loyalty_program::from_json(R"({"expiry": {"months": 12, "rounding": "month"}})");
    crm::points_ledger ledger(program);
    const auto entries = ledger.apply(history());
    crm::points_events burn;
    burn.customer_ids = {"ann"};
    burn.event_ids = {5};
    burn.days = {125};
    burn.kinds = {CRM_POINTS_EVENT_KIND_REDEEM};
    burn.points = {50};
    const auto burned = ledger.apply(burn);
    const auto period = crm::period_of({&entries, &burned}, "ann", program.start_of(120), program.start_of(130));
    assert(period.balances.opening_available == 100 && period.balances.closing_available == 150);
    assert(period.points[CRM_POINTS_ENTRY_KIND_EARNED] == 100 && period.points[CRM_POINTS_ENTRY_KIND_REDEEMED] == 50);
    assert((period.postings == std::vector<std::size_t>{1, 2}));
    // Points of April and of May, all of which are expected to be redeemed; half of April's are.
    const auto liability = ledger.liability(program.start_of(130), 10000, 0);
    const auto deferred = liability.deferred({4000000, 4000000});
    assert((deferred == std::vector<std::int64_t>{2000000, 4000000}));
}

int main() {
    holds();
    other_rules();
    periods_and_deferred_revenue();
    return 0;
}
