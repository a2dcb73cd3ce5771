/* Simulation of other programme rules: the shared cases of tests/cases/loyalty/simulation.json, worked out by hand, and misuse. */
#include "loyalty.h"

static void options_of(const json *one, crm_simulation_options *options) {
    OK(crm_simulation_options_init(options, sizeof *options));
    options->as_of = member(one, "as_of")->integer * DAY;
    const json *given = member(one, "options"), *value;
    if ((value = json_get(given, "cost_per_point")) != NULL) options->cost_per_point = value->number;
    if ((value = json_get(given, "value_per_point")) != NULL) options->value_per_point = value->number;
    if ((value = json_get(given, "breakage")) != NULL) options->breakage = value->number;
    if ((value = json_get(given, "close_points")) != NULL) options->close_points = value->number;
    if ((value = json_get(given, "close_score")) != NULL) options->close_score = value->number;
}

static void check_side(const crm_program_simulation *found, int32_t after, const json *expected) {
    crm_simulated_program side;
    side.struct_size = sizeof side;
    OK(crm_program_simulation_side(found, after, &side));
    const struct {
        const char *name;
        int64_t value;
    } counts[] = {
        {"tier_changes", (int64_t)side.tier_changes}, {"issued", side.issued},
        {"burned", side.burned},                      {"expired", side.expired},
        {"reversed", side.reversed},                  {"outstanding", side.outstanding},
        {"unfit_burns", (int64_t)side.unfit_burns},   {"unfit_points", side.unfit_points},
        {"refused_rows", (int64_t)side.refused_rows}, {"ignored_tier_events", (int64_t)side.ignored_tier_events},
        {"unused_scores", (int64_t)side.unused_scores}, {"close_to_next", (int64_t)side.close_to_next},
        {"close_to_keep", (int64_t)side.close_to_keep},
    };
    for (size_t place = 0; place < COUNT(counts); place++) CHECK(counts[place].value == member(expected, counts[place].name)->integer);
    CHECK(side.tiers + 1 == member(expected, "members")->count);
    CHECK(side.liability == member(expected, "liability")->number && side.cost == member(expected, "cost")->number);
}

static void check_gains(const crm_program_simulation *found, int32_t by_points, const json *expected) {
    crm_winners_and_losers gains;
    OK(crm_program_simulation_gains(found, by_points, &gains));
    CHECK((int64_t)gains.winners == expected->items[0].integer && (int64_t)gains.losers == expected->items[1].integer);
    CHECK((int64_t)gains.unchanged == expected->items[2].integer);
}

static void check_members(const crm_program_simulation *found, const json *expected) {
    static const char *const columns[] = {"tier_before", "tier_after", "earned_before", "earned_after", "available_before", "available_after"};
    const size_t members = crm_program_simulation_members(found);
    int64_t values[8];
    CHECK(members == member(expected, "customer_id")->count && members <= COUNT(values));
    for (int32_t column = 0; column < 6; column++) {
        OK(crm_program_simulation_column(found, column, values, COUNT(values)));
        const json *wanted = member(expected, columns[column]);
        for (size_t row = 0; row < members; row++)
            CHECK(values[row] == (wanted->items[row].kind == JSON_NULL ? -1 : wanted->items[row].integer));
    }
}

static const char *tiers_of(const json *one, const char *name) {
    const json *rules = member(one, name);
    return rules->kind == JSON_NULL ? NULL : rules->text;
}

static void shared_cases(void) {
    json file = json_read("tests/cases/loyalty/simulation.json");
    const json *cases = member(&file, "cases");
    CHECK(cases->count >= 3);
    for (size_t place = 0; place < cases->count; place++) {
        const json *one = &cases->items[place], *expected = member(one, "expected"), *given = member(one, "scores");
        crm_loyalty_program *before = program_of(member(one, "before")), *after = program_of(member(one, "after"));
        event_columns events = read_events(member(one, "events"));
        crm_simulation_options options;
        options_of(one, &options);
        crm_score_observations scores = {.struct_size = sizeof scores};
        const char **customers = NULL;
        int32_t *days = NULL;
        double values[16];
        crm_ids ids = {NULL, NULL, 0};
        if (given->kind != JSON_NULL) {
            customers = texts(member(given, "customer_id")), days = days_of(member(given, "day"));
            ids = (crm_ids){NULL, customers, member(given, "customer_id")->count};
            CHECK(ids.length <= COUNT(values));
            for (size_t row = 0; row < ids.length; row++) values[row] = member(given, "score")->items[row].number;
            scores.ids = &ids, scores.days = days, scores.scores = values;
        }
        crm_program_simulation *found = NULL;
        OK(crm_program_simulation_run(&events.batch, given->kind == JSON_NULL ? NULL : &scores, before, tiers_of(one, "tiers_before"), after,
                                      tiers_of(one, "tiers_after"), &options, &found));
        check_side(found, 0, member(expected, "before"));
        check_side(found, 1, member(expected, "after"));
        uint64_t counts[9];
        const json *migration = member(expected, "migration");
        CHECK(migration->count <= COUNT(counts));
        OK(crm_program_simulation_migration(found, counts, COUNT(counts)));
        for (size_t cell = 0; cell < migration->count; cell++) CHECK((int64_t)counts[cell] == migration->items[cell].integer);
        FAILS(crm_program_simulation_migration(found, counts, migration->count - 1), CRM_STATUS_LENGTH_MISMATCH, "capacity");
        check_gains(found, 0, member(expected, "by_tier"));
        check_gains(found, 1, member(expected, "by_points"));
        check_members(found, member(expected, "members"));
        crm_program_simulation_free(found);
        free_events(&events);
        free(customers), free(days);
        crm_loyalty_program_free(before), crm_loyalty_program_free(after);
    }
    json_free(&file);
}

static void misuse(void) {
    const int64_t who[] = {1}, event[] = {1};
    const int32_t kinds[] = {CRM_POINTS_EVENT_KIND_JOIN}, days[] = {100};
    const double high[] = {INFINITY};
    crm_points_events events = {.struct_size = sizeof events, .length = 1, .customer_id_int64 = who, .event_id_int64 = event, .time_days = days, .kinds = kinds};
    crm_loyalty_program *program = NULL;
    OK(crm_loyalty_program_from_json("{}", &program));
    crm_simulation_options options;
    OK(crm_simulation_options_init(&options, sizeof options));
    options.as_of = 200 * DAY;
    crm_program_simulation *found = NULL;
    CHECK(strstr(crm_program_simulation_statement(), "held fixed") != NULL);
    FAILS(crm_program_simulation_run(&events, NULL, program, "{}", program, NULL, &options, &found), CRM_STATUS_CORRUPT, "json");
    CHECK(found == NULL);
    const crm_ids ids = {who, NULL, 1};
    crm_score_observations scores = {.struct_size = sizeof scores, .ids = &ids, .days = days, .scores = high};
    FAILS(crm_program_simulation_run(&events, &scores, program, NULL, program, NULL, &options, &found), CRM_STATUS_INVALID_VALUE, "scores.score");
    CHECK(crm_last_error_row() == 0);
    scores.scores = NULL;
    FAILS(crm_program_simulation_run(&events, &scores, program, NULL, program, NULL, &options, &found), CRM_STATUS_NULL_POINTER, "scores.scores");
    options.as_of = 99 * DAY;
    FAILS(crm_program_simulation_run(&events, NULL, program, NULL, program, NULL, &options, &found), CRM_STATUS_INVALID_VALUE, "as_of");
    options.close_orders = 0.5;
    FAILS(crm_program_simulation_run(&events, NULL, program, NULL, program, NULL, &options, &found), CRM_STATUS_INVALID_ARGUMENT,
          "options.close_orders");
    crm_loyalty_program_free(program);
}

int main(void) {
    shared_cases();
    misuse();
    return 0;
}
