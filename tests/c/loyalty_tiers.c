/* Tiers: the shared cases of tests/cases/loyalty/tiers.json, holds and misuse. */
#include "loyalty.h"

static const char *const REASONS[] = {
    "joined",        "entry_reached", "entry_at_period_end", "keep_missed",        "keep_missed_at_period_end",
    "grace_ended",   "reached_for_life", "hold_placed",      "hold_ended",         "hold_released",
    "kept_at_period_end", "grace_started", "kept_in_grace",
};

/* The names of the tiers of a case, from the text of its rules: `"name": "..."` in their order. */
static size_t names_of(const char *rules, char names[8][40]) {
    size_t count = 0;
    for (const char *at = strstr(rules, "\"name\": \""); at != NULL; at = strstr(at, "\"name\": \"")) {
        at += strlen("\"name\": \"");
        const size_t length = strcspn(at, "\"");
        CHECK(count < 8 && length < 40);
        memcpy(names[count], at, length);
        names[count++][length] = '\0';
    }
    return count;
}

static int same_tier(const json *expected, int64_t tier, char names[8][40]) {
    return expected->kind == JSON_NULL ? tier == -1 : tier >= 0 && strcmp(expected->text, names[tier]) == 0;
}

/* Compares changes with those expected from `from` on, and gives the place after them. */
static size_t compare(crm_tier_changes *changes, const json *expected, size_t from, char names[8][40]) {
    int64_t columns[5][16];
    const size_t length = crm_tier_changes_length(changes);
    CHECK(length <= 16);
    for (int32_t column = 0; column < 5; column++) OK(crm_tier_changes_column(changes, column, columns[column], 16));
    for (size_t row = 0; row < length; row++) {
        CHECK(from + row < expected->count);
        const json *change = expected->items[from + row].items;
        CHECK(columns[CRM_TIER_CHANGE_COLUMN_MEMBER][row] == 0);
        CHECK(columns[CRM_TIER_CHANGE_COLUMN_DAY][row] == day_of(change[0].text));
        CHECK(same_tier(&change[1], columns[CRM_TIER_CHANGE_COLUMN_FROM][row], names));
        CHECK(same_tier(&change[2], columns[CRM_TIER_CHANGE_COLUMN_TO][row], names));
        CHECK(strcmp(REASONS[columns[CRM_TIER_CHANGE_COLUMN_REASON][row]], change[3].text) == 0);
    }
    crm_tier_changes_free(changes);
    return from + length;
}

static void check_standing(const crm_tier_roster *roster, const json *one, char names[8][40]) {
    static const char *const MEASURES[] = {"qualifying_points", "spend", "orders", "points_balance", "score"};
    crm_tier_standings *standings = NULL;
    OK(crm_tier_roster_standings(roster, day_of(member(one, "last")->text), &standings));
    const json *expected = member(one, "standing");
    int64_t value = 0;
    OK(crm_tier_standings_column(standings, CRM_TIER_STANDING_COLUMN_TIER, &value, 1));
    CHECK(same_tier(member(expected, "tier"), value, names));
    OK(crm_tier_standings_column(standings, CRM_TIER_STANDING_COLUMN_SINCE, &value, 1));
    CHECK(value == day_of(member(expected, "since")->text));
    OK(crm_tier_standings_column(standings, CRM_TIER_STANDING_COLUMN_EXPIRES, &value, 1));
    const json *expires = member(expected, "expires");
    CHECK(expires->kind == JSON_NULL ? value == INT64_MIN : value == day_of(expires->text));
    OK(crm_tier_standings_column(standings, CRM_TIER_STANDING_COLUMN_REASON, &value, 1));
    CHECK(strcmp(REASONS[value], member(expected, "reason")->text) == 0);
    for (int32_t measure = 0; measure < 5; measure++) {
        double keep = -1.0, next = -1.0;
        char key[40];
        OK(crm_tier_standings_to_keep(standings, measure, &keep, 1));
        OK(crm_tier_standings_to_next(standings, measure, &next, 1));
        snprintf(key, sizeof key, "%s_to_keep", MEASURES[measure]);
        const json *found = json_get(expected, key);
        if (found != NULL) CHECK(found->kind == JSON_NULL ? isnan(keep) : keep == found->number);
        snprintf(key, sizeof key, "%s_to_next", MEASURES[measure]);
        found = json_get(expected, key);
        if (found != NULL) CHECK(found->kind == JSON_NULL ? isnan(next) : next == found->number);
    }
    FAILS(crm_tier_standings_column(standings, 7, &value, 1), CRM_STATUS_INVALID_ARGUMENT, "column");
    FAILS(crm_tier_standings_column(standings, 0, &value, 0), CRM_STATUS_LENGTH_MISMATCH, "capacity");
    crm_tier_standings_free(standings);
}

static void shared_cases(void) {
    json file = json_read("tests/cases/loyalty/tiers.json");
    const json *cases = member(&file, "cases");
    CHECK(cases->count > 5);
    const char *const name = "王";
    const crm_ids ids = {NULL, &name, 1};
    for (size_t place = 0; place < cases->count; place++) {
        const json *one = &cases->items[place], *events = member(one, "events"), *expected = member(one, "changes");
        char names[8][40];
        CHECK(names_of(member(one, "rules")->text, names) > 0);
        crm_tier_roster *roster = NULL;
        OK(crm_tier_roster_from_json(member(one, "rules")->text, &roster));
        const int32_t joined = day_of(member(one, "joined")->text);
        OK(crm_tier_roster_join(roster, &ids, &joined));
        CHECK(crm_tier_roster_length(roster) == 1);
        size_t seen = 0;
        for (size_t row = 0; row < events->count; row++) {
            const json *event = &events->items[row], *given;
            crm_tier_rows rows;
            OK(crm_tier_rows_init(&rows, sizeof rows));
            const int32_t day = day_of(member(event, "day")->text);
            rows.ids = &ids;
            rows.days = &day;
            if ((given = json_get(event, "qualifying_points")) != NULL) rows.qualifying_points = &given->integer;
            if ((given = json_get(event, "spend")) != NULL) rows.spend = &given->number;
            if ((given = json_get(event, "orders")) != NULL) rows.orders = &given->integer;
            if ((given = json_get(event, "points_balance")) != NULL) rows.points_balance = &given->integer;
            if ((given = json_get(event, "score")) != NULL) rows.scores = &given->number;
            crm_tier_changes *changes = NULL;
            OK(crm_tier_roster_qualify(roster, &rows, &changes));
            seen = compare(changes, expected, seen, names);
            crm_bytes *saved = NULL;
            OK(crm_tier_roster_to_json(roster, &saved));
            crm_tier_roster_free(roster);
            OK(crm_tier_roster_from_json(crm_bytes_text(saved), &roster));
            crm_bytes_free(saved);
        }
        crm_tier_changes *changes = NULL;
        OK(crm_tier_roster_advance(roster, day_of(member(one, "last")->text), &changes));
        CHECK(compare(changes, expected, seen, names) == expected->count);
        check_standing(roster, one, names);
        crm_tier_roster_free(roster);
    }
    const json *refused = member(&file, "refused");
    for (size_t place = 0; place < refused->count; place++) {
        const json *one = &refused->items[place];
        const int corrupt = strcmp(member(one, "kind")->text, "corrupt") == 0;
        crm_tier_roster *roster = NULL;
        FAILS(crm_tier_roster_from_json(member(one, "rules")->text, &roster),
              corrupt ? CRM_STATUS_CORRUPT : CRM_STATUS_INVALID_ARGUMENT, member(one, "argument")->text);
        CHECK(roster == NULL);
    }
    json_free(&file);
}

static void holds_and_misuse(void) {
    const char *const rules = "{\"model\": \"tier_rules\", \"version\": 1, \"tiers\": [{\"name\": \"Silver\", \"entry\": "
                              "{\"at_least\": {\"measure\": \"orders\", \"value\": 2}}}]}";
    crm_tier_roster *roster = NULL;
    OK(crm_tier_roster_from_json(rules, &roster));
    const int64_t numbers[] = {7, 9};
    const crm_ids ids = {numbers, NULL, 2};
    const int32_t joined[] = {100, 100}, days[] = {110, 110}, until[] = {130, INT32_MIN}, early[] = {110, 130};
    OK(crm_tier_roster_join(roster, &ids, joined));
    FAILS(crm_tier_roster_join(roster, &ids, joined), CRM_STATUS_INVALID_VALUE, "customer_id");
    CHECK(crm_last_error_row() == 0 && crm_tier_roster_length(roster) == 2);
    const char *const tiers[] = {"Silver", NULL};
    FAILS(crm_tier_roster_hold(roster, &ids, days, tiers, 0, early, NULL), CRM_STATUS_INVALID_ARGUMENT, "until");
    FAILS(crm_tier_roster_hold(roster, &ids, days, tiers, 2, until, NULL), CRM_STATUS_INVALID_ARGUMENT, "kind");
    crm_tier_changes *changes = NULL;
    OK(crm_tier_roster_hold(roster, &ids, days, tiers, CRM_TIER_HOLD_KIND_AT_LEAST, until, &changes));
    CHECK(crm_tier_changes_length(changes) == 2);
    crm_tier_changes_free(changes);
    const crm_ids first = {numbers, NULL, 1};
    const int32_t later = 120;
    OK(crm_tier_roster_release(roster, &first, &later, NULL));
    crm_tier_rows rows;
    OK(crm_tier_rows_init(&rows, sizeof rows));
    const int64_t orders[] = {1, INT64_MAX};
    const int32_t on[] = {140, 140};
    rows.ids = &ids;
    rows.days = on;
    rows.orders = orders;
    FAILS(crm_tier_roster_qualify(roster, &rows, NULL), CRM_STATUS_OUT_OF_RANGE, "orders");
    CHECK(crm_last_error_row() == 1);
    FAILS(crm_tier_roster_advance(roster, 100, NULL), CRM_STATUS_OUT_OF_RANGE, "day");
    FAILS(crm_tier_roster_qualify(NULL, &rows, NULL), CRM_STATUS_NULL_POINTER, "roster");
    rows.days = NULL;
    FAILS(crm_tier_roster_qualify(roster, &rows, NULL), CRM_STATUS_NULL_POINTER, "rows.days");
    crm_tier_roster_free(roster);

    const double shares[] = {0.2, 0.2}, values[] = {9, 8, 8, 8, 8, 5, 4, 3, 2, NAN, 1};
    crm_tier_quota cut[2];
    cut[0].struct_size = sizeof cut[0];
    OK(crm_tier_quotas_cut(shares, 2, values, COUNT(values), cut));
    CHECK(isnan(cut[0].threshold) && cut[0].taken == 0 && cut[0].overshoot == 1);
    CHECK(cut[1].threshold == 8.0 && cut[1].wanted == 2 && cut[1].taken == 5 && cut[1].overshoot == 3);
    const double much[] = {0.6, 0.6};
    FAILS(crm_tier_quotas_cut(much, 2, values, COUNT(values), cut), CRM_STATUS_INVALID_ARGUMENT, "quotas");
}

int main(void) {
    shared_cases();
    holds_and_misuse();
    return 0;
}
