/* Simulation of other programme rules: numbers worked out by hand. */
#include "check.h"

#define TIERS                                                                                                          \
    "{\"model\": \"tier_rules\", \"version\": 1, \"tiers\": ["                                                         \
    "{\"name\": \"Silver\", \"entry\": {\"at_least\": {\"measure\": \"qualifying_points\", \"value\": 100}}},"         \
    "{\"name\": \"Gold\", \"entry\": {\"at_least\": {\"measure\": \"qualifying_points\", \"value\": 300}}}],"          \
    "\"options\": {\"period\": {\"fixed\": {\"start\": \"2024-01-01\", \"length\": {\"months\": 12}}}}}"

int main(void) {
    enum { ROWS = 10, START = 19723 };
    /* Ann buys for 120 and burns 100, which is cancelled; Bob buys for 350, burns 150 and gets 30 back; Cai buys for 50. */
    static const int64_t members[ROWS] = {1, 2, 3, 1, 2, 1, 1, 3, 2, 2}, ids[ROWS] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
    static const int32_t after[ROWS] = {0, 0, 1, 10, 20, 30, 31, 40, 50, 60};
    static const int32_t kinds[ROWS] = {
        CRM_POINTS_EVENT_KIND_JOIN,     CRM_POINTS_EVENT_KIND_JOIN,   CRM_POINTS_EVENT_KIND_JOIN,
        CRM_POINTS_EVENT_KIND_PURCHASE, CRM_POINTS_EVENT_KIND_PURCHASE, CRM_POINTS_EVENT_KIND_REDEEM,
        CRM_POINTS_EVENT_KIND_CANCEL_REDEMPTION, CRM_POINTS_EVENT_KIND_PURCHASE, CRM_POINTS_EVENT_KIND_REDEEM,
        CRM_POINTS_EVENT_KIND_REFUND};
    static const int64_t points[ROWS] = {0, 0, 0, 0, 0, 100, 0, 0, 150, 0}, refers[ROWS] = {0, 0, 0, 0, 0, 0, 5, 0, 0, 4};
    static const uint8_t has_points[ROWS] = {0, 0, 0, 0, 0, 1, 0, 0, 1, 0}, has_reference[ROWS] = {0, 0, 0, 0, 0, 0, 1, 0, 0, 1};
    static const double amounts[ROWS] = {0, 0, 0, 120, 350, 0, 0, 50, 0, 30};
    static const uint8_t has_amount[ROWS] = {0, 0, 0, 1, 1, 0, 0, 1, 0, 1};
    int32_t days[ROWS];
    for (int row = 0; row < ROWS; row++) days[row] = START + after[row];
    crm_points_events events;
    memset(&events, 0, sizeof events);
    events.struct_size = sizeof events;
    events.length = ROWS;
    events.customer_id_int64 = members;
    events.event_id_int64 = ids;
    events.time_days = days;
    events.kinds = kinds;
    events.points = points;
    events.points_valid = has_points;
    events.amount_double = amounts;
    events.amount_valid = has_amount;
    events.reference_int64 = refers;
    events.reference_valid = has_reference;

    crm_loyalty_program *full = NULL, *half = NULL;
    OK(crm_loyalty_program_from_json("{\"refund\": {\"days\": 90}, \"cancel\": {\"days\": 90}}", &full));
    OK(crm_loyalty_program_from_json("{\"earn\": {\"per\": 2}, \"refund\": {\"days\": 90}, \"cancel\": {\"days\": 90}}", &half));
    crm_simulation_options options;
    OK(crm_simulation_options_init(&options, sizeof options));
    options.as_of = (int64_t)(START + 400) * 86400000000;
    options.cost_per_point = 0.008;
    options.value_per_point = 0.01;
    options.breakage = 0.1;
    options.close_points = 60;
    crm_program_simulation *found = NULL;
    OK(crm_program_simulation_run(&events, full, TIERS, half, TIERS, &options, &found));
    crm_simulated_program side;
    side.struct_size = sizeof side;
    OK(crm_program_simulation_side(found, 0, &side));
    CHECK(side.tiers == 2 && side.issued == 520 && side.burned == 150 && side.reversed == 30 && side.outstanding == 340);
    CHECK(side.unfit_burns == 0 && side.refused_rows == 0 && side.cost == 1.2 && side.liability == 2.91);
    OK(crm_program_simulation_side(found, 1, &side));
    CHECK(side.issued == 260 && side.burned == 150 && side.reversed == 15 && side.outstanding == 95);
    CHECK(side.unfit_burns == 1 && side.unfit_points == 100 && side.refused_rows == 1 && side.liability == 0.705);
    uint64_t counts[9];
    const uint64_t expected[9] = {1, 0, 0, 1, 0, 0, 0, 1, 0};
    OK(crm_program_simulation_migration(found, counts, 9));
    CHECK(memcmp(counts, expected, sizeof counts) == 0);
    FAILS(crm_program_simulation_migration(found, counts, 8), CRM_STATUS_LENGTH_MISMATCH, "capacity");
    crm_winners_and_losers gains;
    OK(crm_program_simulation_gains(found, 0, &gains));
    CHECK(gains.winners == 0 && gains.losers == 2 && gains.unchanged == 1);
    OK(crm_program_simulation_gains(found, 1, &gains));
    CHECK(gains.losers == 3);
    CHECK(crm_program_simulation_members(found) == 3);
    int64_t column[3];
    OK(crm_program_simulation_column(found, CRM_SIMULATED_MEMBER_COLUMN_TIER_AFTER, column, 3));
    CHECK(column[0] == -1 && column[1] == 0 && column[2] == -1);
    OK(crm_program_simulation_column(found, CRM_SIMULATED_MEMBER_COLUMN_EARNED_AFTER, column, 3));
    CHECK(column[0] == 60 && column[1] == 160 && column[2] == 25);
    CHECK(strstr(crm_program_simulation_statement(), "held fixed") != NULL);
    crm_program_simulation_free(found);

    FAILS(crm_program_simulation_run(&events, full, "{}", half, NULL, &options, &found), CRM_STATUS_CORRUPT, "json");
    CHECK(found == NULL);
    options.as_of = (int64_t)START * 86400000000;
    FAILS(crm_program_simulation_run(&events, full, NULL, half, NULL, &options, &found), CRM_STATUS_INVALID_VALUE, "as_of");
    options.close_orders = 0.5;
    FAILS(crm_program_simulation_run(&events, full, NULL, half, NULL, &options, &found), CRM_STATUS_INVALID_ARGUMENT,
          "options.close_orders");
    crm_loyalty_program_free(full);
    crm_loyalty_program_free(half);
    return 0;
}
