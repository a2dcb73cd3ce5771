/* Rewards: the shared cases of tests/cases/loyalty/rewards.json, worked out by hand, and misuse. */
#include "loyalty.h"

static const char *const REASONS[] = {"not_yet_valid", "no_longer_valid", "tier", "segment", "threshold", "member_cap", "total_cap", "points"};

static uint32_t set_of(const json *reasons) {
    uint32_t set = 0;
    for (size_t place = 0; place < reasons->count; place++) set |= 1u << code(REASONS, COUNT(REASONS), reasons->items[place].text);
    return set;
}

typedef struct {
    uint32_t members[8], rewards[8];
    uint64_t quantities[8];
    crm_reward_grants grants;
} grant_columns;

static void read_grants(const json *rows, grant_columns *out) {
    CHECK(rows->count <= 8);
    for (size_t row = 0; row < rows->count; row++) {
        const json *grant = rows->items[row].items;
        out->members[row] = (uint32_t)grant[0].integer, out->rewards[row] = (uint32_t)grant[1].integer;
        out->quantities[row] = (uint64_t)grant[2].integer;
    }
    out->grants = (crm_reward_grants){out->members, out->rewards, out->quantities, rows->count};
}

static void shared_cases(void) {
    json file = json_read("tests/cases/loyalty/rewards.json");
    const json *cases = member(&file, "cases");
    CHECK(cases->count >= 2);
    for (size_t place = 0; place < cases->count; place++) {
        const json *one = &cases->items[place], *given = member(one, "members");
        crm_reward_catalogue *catalogue = NULL;
        OK(crm_reward_catalogue_from_json(member(one, "catalogue")->text, &catalogue));
        crm_reward_members members;
        OK(crm_reward_members_init(&members, sizeof members));
        members.length = member(given, "tier")->count;
        const char **tiers = texts(member(given, "tier")), **segments = texts(member(given, "segment"));
        int64_t *orders = integers(member(given, "orders"), NULL), *points = integers(member(given, "points_balance"), NULL);
        double scores[8];
        CHECK(members.length <= COUNT(scores));
        for (size_t row = 0; row < members.length; row++) {
            const json *score = &member(given, "score")->items[row];
            scores[row] = score->kind == JSON_NUMBER ? score->number : NAN;
        }
        members.tiers = tiers, members.segments = segments, members.orders = orders, members.points_balance = points, members.scores = scores;
        grant_columns before, wishes;
        read_grants(member(one, "given"), &before);
        read_grants(member(one, "wishes"), &wishes);
        const int32_t day = day_of(member(one, "day")->text);
        const size_t rewards = crm_reward_catalogue_length(catalogue);
        uint32_t obstacles[32], refused[8];
        OK(crm_reward_eligibility(catalogue, &members, &before.grants, day, obstacles, COUNT(obstacles)));
        for (size_t row = 0; row < members.length; row++)
            for (size_t reward = 0; reward < rewards; reward++)
                CHECK(obstacles[row * rewards + reward] == set_of(&member(one, "obstacles")->items[row].items[reward]));
        crm_reward_cost costs[4];
        int64_t left[8];
        CHECK(rewards <= COUNT(costs));
        costs[0].struct_size = sizeof costs[0];
        OK(crm_reward_plan(catalogue, &members, &before.grants, &wishes.grants, day, refused, costs, left));
        for (size_t row = 0; row < wishes.grants.length; row++) CHECK(refused[row] == set_of(&member(one, "refused")->items[row]));
        for (size_t reward = 0; reward < rewards; reward++) {
            CHECK((int64_t)costs[reward].granted == member(one, "granted")->items[reward].integer);
            CHECK((int64_t)costs[reward].members == member(one, "served")->items[reward].integer);
            CHECK(costs[reward].cost == member(one, "cost")->items[reward].number);
            CHECK(costs[reward].points == member(one, "points")->items[reward].number);
            CHECK(costs[reward].perceived_value == member(one, "perceived_value")->items[reward].number);
        }
        for (size_t row = 0; row < members.length; row++) CHECK(left[row] == member(one, "balances")->items[row].integer);
        free(tiers), free(segments), free(orders), free(points);
        crm_reward_catalogue_free(catalogue);
    }
    json_free(&file);
}

static void two_rewards(void) {
    const char *const text = "{\"model\": \"reward_catalogue\", \"version\": 1, \"rewards\": ["
                             "{\"name\": \"Mug\", \"unit_cost\": 3.2, \"points_price\": 400, \"perceived_value\": 8},"
                             "{\"name\": \"Lounge\", \"kind\": \"status\", \"unit_cost\": 12.5, \"tiers\": [\"Gold\"],"
                             " \"cap_per_member\": 1}]}";
    crm_reward_catalogue *catalogue = NULL;
    OK(crm_reward_catalogue_from_json(text, &catalogue));
    CHECK(crm_reward_catalogue_length(catalogue) == 2);
    crm_reward_members members;
    OK(crm_reward_members_init(&members, sizeof members));
    const char *const tiers[] = {"Gold", NULL};
    const int64_t balances[] = {100, 1000};
    members.length = 2;
    members.tiers = tiers;
    members.points_balance = balances;
    uint32_t obstacles[4];
    OK(crm_reward_eligibility(catalogue, &members, NULL, 19000, obstacles, 4));
    const uint32_t points = 1u << CRM_REWARD_OBSTACLE_POINTS, tier = 1u << CRM_REWARD_OBSTACLE_TIER;
    CHECK(obstacles[0] == points && obstacles[1] == 0 && obstacles[2] == 0 && obstacles[3] == tier);
    FAILS(crm_reward_eligibility(catalogue, &members, NULL, 19000, obstacles, 3), CRM_STATUS_LENGTH_MISMATCH, "capacity");
    const uint32_t who[] = {1, 1, 0}, what[] = {0, 0, 1};
    const uint64_t many[] = {2, 1, 1};
    const crm_reward_grants wishes = {who, what, many, 3};
    uint32_t refused[3];
    crm_reward_cost costs[2];
    costs[0].struct_size = sizeof costs[0];
    int64_t left[2];
    OK(crm_reward_plan(catalogue, &members, NULL, &wishes, 19000, refused, costs, left));
    CHECK(refused[0] == 0 && refused[1] == points && refused[2] == 0);
    CHECK(costs[0].granted == 2 && costs[0].members == 1 && costs[0].cost == 6.4 && costs[0].points == 800.0);
    CHECK(costs[1].granted == 1 && costs[1].cost == 12.5 && costs[1].perceived_value == 0.0);
    CHECK(left[0] == 100 && left[1] == 200);
    OK(crm_reward_plan(catalogue, &members, &wishes, NULL, 19000, NULL, NULL, NULL));
    const uint32_t nobody[] = {2, 2, 2};
    const crm_reward_grants wrong = {nobody, what, many, 3};
    FAILS(crm_reward_plan(catalogue, &members, NULL, &wrong, 19000, NULL, NULL, NULL), CRM_STATUS_OUT_OF_RANGE, "wishes");
    crm_bytes *saved = NULL;
    OK(crm_reward_catalogue_to_json(catalogue, &saved));
    crm_reward_catalogue_free(catalogue);
    OK(crm_reward_catalogue_from_json(crm_bytes_text(saved), &catalogue));
    crm_bytes_free(saved);
    crm_reward_catalogue_free(catalogue);
    FAILS(crm_reward_catalogue_from_json("{}", &catalogue), CRM_STATUS_CORRUPT, "json");
}

int main(void) {
    shared_cases();
    two_rewards();
    return 0;
}
