// The points ledger through the C++ wrapper.
#include "crm.hpp"

#undef NDEBUG
#include <cassert>

using crm::points_events;

static points_events two_members() {
    points_events events;
    events.customer_ids = {"ann", "李", "ann", "ann", "李", "ann"};
    events.event_ids = {1, 2, 3, 4, 5, 6};
    events.days = {19723, 19723, 19724, 19725, 19726, 19727};
    events.kinds = {CRM_POINTS_EVENT_KIND_JOIN,   CRM_POINTS_EVENT_KIND_JOIN,  CRM_POINTS_EVENT_KIND_PURCHASE,
                    CRM_POINTS_EVENT_KIND_REDEEM, CRM_POINTS_EVENT_KIND_BONUS, CRM_POINTS_EVENT_KIND_REFUND};
    events.points = {std::nullopt, std::nullopt, std::nullopt, 80, 30, std::nullopt};
    events.amounts = {std::nullopt, std::nullopt, 100.5, std::nullopt, std::nullopt, std::nullopt};
    events.references = {std::nullopt, std::nullopt, std::nullopt, std::nullopt, std::nullopt, 3};
    return events;
}

int main() {
    const auto program = crm::loyalty_program::from_json("{}");
    assert(crm::loyalty_program::from_json(program.to_json()).to_json() == program.to_json());
    crm::points_ledger ledger(program);
    const auto entries = ledger.apply(two_members());
    // 100 earned, 80 spent, 30 given; the refund takes 20 and 80 are owed.
    const std::vector<std::int64_t> points = {100, 80, 30, 20, 80};
    assert(entries.column(CRM_POINTS_ENTRY_COLUMN_POINTS) == points);
    assert(entries.id(CRM_POINTS_ENTRY_ID_CUSTOMER, 2) == "李");
    assert(entries.ids(CRM_POINTS_ENTRY_ID_EVENT).back() == 6);
    const auto as_of = program.start_of(19727);
    assert((ledger.balances(as_of, CRM_POINTS_BALANCE_COLUMN_AVAILABLE) == std::vector<std::int64_t>{0, 30}));
    assert((ledger.balances(as_of, CRM_POINTS_BALANCE_COLUMN_OWED) == std::vector<std::int64_t>{80, 0}));
    ledger.verify();

    const auto statement = ledger.statement("李", as_of);
    assert(statement.summary().available == 30);
    assert(statement.lots(CRM_POINTS_LOT_COLUMN_POINTS) == std::vector<std::int64_t>{30});
    assert(ledger.liability(as_of, 10000, 500000).breakage() == 0.5);

    auto again = crm::points_ledger::from_bytes(ledger.to_bytes());
    assert(again.to_bytes() == ledger.to_bytes() && again.rows() == 6);
    assert(again.advance(as_of).size() == 0);

    points_events merge;
    merge.customer_ids = {"ann"};
    merge.event_ids = {7};
    merge.days = {19727};
    merge.kinds = {CRM_POINTS_EVENT_KIND_MERGE};
    merge.others = {std::nullopt};
    try {
        again.apply(merge);
        assert(false);
    } catch (const crm::error &error) {
        assert(error.argument() == "other_id" && error.row() == 6 && error.status() == CRM_STATUS_MISSING_VALUE);
    }
    merge.others = {"李"};
    again.apply(merge);
    assert((again.balances(as_of, CRM_POINTS_BALANCE_COLUMN_OWED) == std::vector<std::int64_t>{50, 0}));
    merge.days = {};
    merge.kinds = {0, 1};
    try {
        again.apply(merge);
        assert(false);
    } catch (const std::invalid_argument &) {
    }
    return 0;
}
