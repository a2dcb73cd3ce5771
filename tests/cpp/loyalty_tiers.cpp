// Tiers and rewards through the wrapper.
#include "crm.hpp"

#undef NDEBUG
#include <cassert>
#include <cmath>

int main() {
    crm::tier_roster roster(R"({"model": "tier_rules", "version": 1, "tiers": [
        {"name": "Silver", "entry": {"at_least": {"measure": "qualifying_points", "value": 100}}}]})");
    roster.join({"ann", "bob"}, {100, 100});
    const auto changes = roster.qualify({"ann", "bob"}, {110, 111}, {120, 80});
    assert(roster.size() == 2 && changes.size() == 1);
    assert(changes.column(CRM_TIER_CHANGE_COLUMN_TO)[0] == 0 && changes.column(CRM_TIER_CHANGE_COLUMN_DAY)[0] == 110);
    const auto standings = roster.standings(120);
    assert(standings.column(CRM_TIER_STANDING_COLUMN_TIER) == (std::vector<std::int64_t>{0, -1}));
    const auto next = standings.to_next(CRM_TIER_MEASURE_QUALIFYING_POINTS);
    assert(std::isnan(next[0]) && next[1] == 20.0);
    assert(roster.advance(130).size() == 0);
    bool refused = false;
    try {
        roster.qualify({"cai"}, {140}, {1});
    } catch (const std::exception &) {
        refused = true;
    }
    assert(refused && roster.size() == 2);

    const crm::reward_catalogue catalogue(R"({"model": "reward_catalogue", "version": 1, "rewards": [
        {"name": "Mug", "unit_cost": 3.2, "points_price": 400}]})");
    crm_reward_members members;
    assert(crm_reward_members_init(&members, sizeof members) == CRM_STATUS_OK);
    const std::int64_t balances[] = {399, 400};
    members.length = 2;
    members.points_balance = balances;
    assert(catalogue.eligibility(members, 100) == (std::vector<std::uint32_t>{1u << CRM_REWARD_OBSTACLE_POINTS, 0}));
    return 0;
}
