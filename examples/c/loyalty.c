/*
 * How loyal is each customer, why, and does the score know who will be back?
 *
 *     cc -Iinclude examples/c/loyalty.c -Ltarget/release -lcrm -o loyalty
 *     LD_LIBRARY_PATH=target/release ./loyalty TRANSACTIONS.csv OUT.csv
 *
 * The log is the CDNOW sample: a tenth of the people who first bought at an online CD shop in early 1997, to June 1998. Weights are found in June 1997, learned
 * from who bought in the half year that followed, and judged in December by who bought in the next.
 */
#include "crm.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DIMENSIONS = 4, WEIGHTINGS = 6, SHOWN = 5 };

static const char *const NAMES[] = {"orders", "value", "days_since", "regularity"};
static const char *const MEASURED[] = {
    "{\"name\": \"orders\", \"unit\": \"orders\"}",
    "{\"name\": \"value\", \"unit\": \"USD\", \"normalization\": {\"min_max\": {\"tail\": 0.02}}}",
    "{\"name\": \"days_since\", \"unit\": \"days\", \"direction\": \"lower\"}",
    /* Below three days with a purchase there is no rhythm: it is not known, and not filled in. */
    "{\"name\": \"regularity\", \"unit\": \"share\", \"normalization\": {\"anchors\": {\"low\": 0, \"high\": 1}}}",
};
/* Of orders, value, days since the last and regularity. */
static const double COMPARISONS[DIMENSIONS * DIMENSIONS] = {
    1.0, 2.0, 1.0, 4.0, 0.5, 1.0, 0.5, 2.0, 1.0, 2.0, 1.0, 3.0, 0.25, 0.5, 1.0 / 3.0, 1.0,
};
static const double GIVEN[DIMENSIONS] = {0.4, 0.3, 0.2, 0.1};

/* What is known of the customers at the end of a day, and their orders. */
typedef struct {
    size_t rows;
    double *orders;
    crm_dimension_table *table;
} customers;

/* Ends the program with what the library says. */
static void check(crm_status status) {
    if (status == CRM_STATUS_OK) return;
    fprintf(stderr, "error %d: %s\n", (int)status, crm_last_error_message());
    exit(1);
}

static void *room(size_t count, size_t size) {
    void *memory = calloc(count + 1, size);
    if (memory == NULL) {
        fprintf(stderr, "out of memory\n");
        exit(1);
    }
    return memory;
}

static crm_base_options as_of(const char *date) {
    crm_base_options options;
    int32_t day;
    check(crm_day_parse(date, &day));
    check(crm_base_options_init(&options, sizeof options, day));
    return options;
}

static customers known_at(const crm_history *history, const char *date) {
    const int32_t features[] = {CRM_FEATURE_ORDERS, CRM_FEATURE_NET_AMOUNT, CRM_FEATURE_TIME_SINCE_LAST_PURCHASE,
                                CRM_FEATURE_REGULARITY};
    const crm_base_options options = as_of(date);
    crm_feature_table *table = NULL;
    customers found = {0};
    check(crm_feature_table_from_history(history, &options, features, DIMENSIONS, &table));
    found.rows = crm_feature_table_rows(table);
    found.orders = room(found.rows, sizeof *found.orders);
    double *values = room(found.rows, sizeof *values);
    check(crm_dimension_table_new(options.as_of, found.rows, &found.table));
    for (size_t place = 0; place < DIMENSIONS; place++) {
        check(crm_feature_table_values(table, place, values, found.rows));
        check(crm_dimension_table_add(found.table, MEASURED[place], values, found.rows));
    }
    check(crm_feature_table_values(table, 0, found.orders, found.rows));
    free(values);
    crm_feature_table_free(table);
    return found;
}

static void free_customers(customers *known) {
    free(known->orders);
    crm_dimension_table_free(known->table);
}

/* Who bought between two dates; the caller frees it. */
static uint8_t *back(const customers *before, const customers *after) {
    uint8_t *flags = room(before->rows, sizeof *flags);
    for (size_t row = 0; row < before->rows; row++) flags[row] = after->orders[row] > before->orders[row];
    return flags;
}

/* Scores by given, compared, objective and learned weights. */
static void weightings(const customers *june, const uint8_t *retained, crm_loyalty_score **scores) {
    double weights[DIMENSIONS];
    crm_ahp ahp = {.struct_size = sizeof ahp};
    check(crm_ahp_weights(COMPARISONS, DIMENSIONS, CRM_RANDOM_INDEX_SAATY2005, CRM_INCONSISTENCY_REFUSE, weights, DIMENSIONS,
                          &ahp));
    printf("Comparisons: consistency ratio %.4f by the table saaty_2005\n", ahp.consistency_ratio);
    check(crm_loyalty_score_fit(june->table, GIVEN, DIMENSIONS, NULL, &scores[0], NULL));
    check(crm_loyalty_score_fit(june->table, weights, DIMENSIONS, NULL, &scores[1], NULL));
    check(crm_loyalty_score_fit_objective(june->table, CRM_WEIGHTING_KIND_ENTROPY, NULL, &scores[2], NULL));
    check(crm_loyalty_score_fit_objective(june->table, CRM_WEIGHTING_KIND_CRITIC, NULL, &scores[3], NULL));
    check(crm_loyalty_score_fit_objective(june->table, CRM_WEIGHTING_KIND_PRINCIPAL_COMPONENT, NULL, &scores[4], NULL));
    check(crm_loyalty_score_fit_learned(june->table, retained, june->rows, NULL, &scores[5], NULL));
}

/* Which score puts those first who will be back? */
static void judge(crm_loyalty_score *const *scores, const customers *december, const uint8_t *spring) {
    static const char *const names[WEIGHTINGS] = {"given", "compared", "entropy", "critic", "component", "learned"};
    crm_weighting_report *report = NULL;
    double correlation[WEIGHTINGS * WEIGHTINGS];
    size_t retained = 0;
    for (size_t row = 0; row < december->rows; row++) retained += spring[row];
    check(crm_weighting_report_new(names, (const crm_loyalty_score *const *)scores, WEIGHTINGS, december->table, spring,
                                   december->rows, 0.1, 0, &report));
    check(crm_weighting_report_rank_correlation(report, correlation, WEIGHTINGS * WEIGHTINGS));
    printf("\nFound in June 1997, judged by %zu of %zu customers who bought in 1998\n", retained, december->rows);
    printf("  %-10s%8s%8s%8s", "weights", "AUC", "lift", "ranks");
    for (size_t place = 0; place < DIMENSIONS; place++) printf("%12s", NAMES[place]);
    printf("\n");
    for (size_t place = 0; place < WEIGHTINGS; place++) {
        crm_weighting_row row = {.struct_size = sizeof row};
        check(crm_weighting_report_row(report, place, &row));
        printf("  %-10s%8.4f%8.3f%8.4f", names[place], row.auc, row.lift, correlation[place]);
        for (size_t side = 0; side < DIMENSIONS; side++) {
            crm_score_dimension dimension = {.struct_size = sizeof dimension};
            check(crm_loyalty_score_dimension(scores[place], side, &dimension));
            printf("%12.4f", dimension.weight);
        }
        printf("\n");
    }
    crm_weighting_report_free(report);
}

/* Why the best are the best, also as the lines of a CSV file. */
static void explain(const crm_loyalty_score *score, const customers *december, const int64_t *ids, FILE *out) {
    const size_t rows = december->rows;
    crm_score_contributions *parts = NULL;
    crm_loyalty_scores *scores = NULL;
    double *columns[DIMENSIONS + 1], *values = room(rows, sizeof *values), *coverage = room(rows, sizeof *coverage);
    uint32_t *ranks = room(rows, sizeof *ranks);
    check(crm_loyalty_score_contributions(score, december->table, 0, &parts));
    check(crm_score_contributions_scores(parts, &scores));
    check(crm_loyalty_scores_values(scores, values, rows));
    check(crm_loyalty_scores_coverage(scores, coverage, rows));
    check(crm_loyalty_scores_ranks(scores, ranks, rows));
    for (size_t place = 0; place <= DIMENSIONS; place++) {
        columns[place] = room(rows, sizeof *columns[place]);
        if (place < DIMENSIONS) check(crm_score_contributions_values(parts, place, columns[place], rows));
        else check(crm_score_contributions_baseline(parts, columns[place], rows));
    }
    const double mean = crm_loyalty_scores_population_mean(scores);
    printf("\nThe best in December 1997, and what lifts them above the mean of %.4f\n", mean);
    printf("  %-10s%6s%10s%10s", "customer", "rank", "score", "known");
    for (size_t place = 0; place < DIMENSIONS; place++) printf("%12s", NAMES[place]);
    printf("%12s\n", "baseline");
    char *is_shown = room(rows, 1);
    for (size_t shown = 0; shown < SHOWN && shown < rows; shown++) {
        /* Of equals, the one that comes first. */
        size_t best = rows;
        for (size_t row = 0; row < rows; row++)
            if (!is_shown[row] && (best == rows || ranks[row] < ranks[best])) best = row;
        is_shown[best] = 1;
        printf("  %-10" PRId64 "%6" PRIu32 "%10.4f%9.1f%%", ids[best], ranks[best], values[best], 100.0 * coverage[best]);
        for (size_t place = 0; place <= DIMENSIONS; place++) printf("%12.4f", columns[place][best]);
        printf("\n");
    }
    size_t exact = 0;
    fprintf(out, "customer_id,score,coverage,rank,orders,value,days_since,regularity,baseline\n");
    for (size_t row = 0; row < rows; row++) {
        double sum = 0.0;
        fprintf(out, "%" PRId64 ",%.6f,%.4f,%" PRIu32, ids[row], values[row], coverage[row], ranks[row]);
        for (size_t place = 0; place <= DIMENSIONS; place++) {
            sum += columns[place][row];
            fprintf(out, ",%.6f", columns[place][row]);
        }
        fprintf(out, "\n");
        exact += sum == values[row] - mean;
    }
    printf("  The parts sum exactly for %zu of %zu customers\n", exact, rows);
    for (size_t place = 0; place <= DIMENSIONS; place++) free(columns[place]);
    free(is_shown);
    free(ranks);
    free(coverage);
    free(values);
    crm_loyalty_scores_free(scores);
    crm_score_contributions_free(parts);
}

/* What moved scores between the two dates, if the score is fitted anew in December. */
static void changes(const crm_loyalty_score *score, const customers *june, const customers *december, const uint8_t *autumn,
                    const int64_t *ids) {
    crm_loyalty_score *refit = NULL;
    crm_score_change *change = NULL;
    double *columns[5];
    check(crm_loyalty_score_fit(december->table, GIVEN, DIMENSIONS, NULL, &refit, NULL));
    check(crm_score_change_new(score, june->table, refit, december->table, 0, &change));
    for (int32_t column = 0; column < 5; column++) {
        columns[column] = room(june->rows, sizeof *columns[column]);
        check(crm_score_change_values(change, column, columns[column], june->rows));
    }
    printf("\nFrom learned weights in June to given ones in December\n");
    printf("  %-10s%10s%10s%10s%12s%10s\n", "customer", "before", "after", "value", "reference", "weights");
    for (size_t row = 0, shown = 0; row < june->rows && shown < SHOWN; row++) {
        if (!autumn[row]) continue;
        shown++;
        printf("  %-10" PRId64 "%10.4f%10.4f%10.4f%12.4f%10.4f\n", ids[row], columns[0][row], columns[1][row], columns[2][row],
               columns[3][row], columns[4][row]);
    }
    for (size_t column = 0; column < 5; column++) free(columns[column]);
    crm_score_change_free(change);
    crm_loyalty_score_free(refit);
}

static const char RULES[] = "{\"expiry\": {\"months\": 12, \"rounding\": \"month\"}, \"backdating_days\": 90,"
                            "\"earn\": {\"multipliers\": [{\"name\": \"double tea\", \"factor\": 2, \"categories\": [\"tea\"]}]}}";
enum { EVENTS = 10, POSTINGS = 32, MONTHS = 8 };

static void print_postings(const crm_points_entries *entries) {
    static const char *const kinds[] = {"earned", "released", "redeemed", "restored", "expired", "reversed",  "owed",
                                        "settled", "forgiven", "extended", "sent",     "received", "debt_sent", "debt_received"};
    static const int32_t columns[] = {CRM_POINTS_ENTRY_COLUMN_ROW, CRM_POINTS_ENTRY_COLUMN_KIND, CRM_POINTS_ENTRY_COLUMN_POINTS,
                                      CRM_POINTS_ENTRY_COLUMN_CORRECTION};
    int64_t values[4][POSTINGS];
    for (size_t column = 0; column < 4; column++)
        check(crm_points_entries_column(entries, columns[column], values[column], POSTINGS));
    printf("\nPostings of ten events\n  %3s %-8s%-14s%6s\n", "row", "member", "posting", "points");
    for (size_t row = 0; row < crm_points_entries_length(entries); row++) {
        const char *member = NULL;
        size_t length = 0;
        check(crm_points_entries_id_text(entries, CRM_POINTS_ENTRY_ID_CUSTOMER, row, &member, &length));
        printf("  %3" PRId64 " %-8.*s%-14s%6" PRId64 "%s\n", values[0][row], (int)length, member, kinds[values[1][row]],
               values[2][row], values[3][row] ? " corrected" : "");
    }
}

/* Two months of a points programme: a refund after spending, a purchase that comes late, and two cards that are one person's. */
static void points(void) {
    static const char *const members[EVENTS] = {"ann", "bob", "ann", "bob", "ann", "bob", "bob", "bob", "ann", "ann"};
    static const char *const days[EVENTS] = {"2024-01-02", "2024-01-02", "2024-01-05", "2024-01-20", "2024-02-10",
                                             "2024-02-15", "2024-03-01", "2024-03-05", "2024-01-03", "2024-03-10"};
    static const int32_t kinds[EVENTS] = {
        CRM_POINTS_EVENT_KIND_JOIN,   CRM_POINTS_EVENT_KIND_JOIN,   CRM_POINTS_EVENT_KIND_PURCHASE, CRM_POINTS_EVENT_KIND_PURCHASE,
        CRM_POINTS_EVENT_KIND_REDEEM, CRM_POINTS_EVENT_KIND_BONUS,  CRM_POINTS_EVENT_KIND_REDEEM,   CRM_POINTS_EVENT_KIND_REFUND,
        CRM_POINTS_EVENT_KIND_PURCHASE, CRM_POINTS_EVENT_KIND_MERGE};
    static const int64_t ids[EVENTS] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, cents[EVENTS] = {0, 0, 12050, 8000, 0, 0, 0, 8000, 3000, 0},
                         given[EVENTS] = {0, 0, 0, 0, 150, 100, 160, 0, 0, 0}, references[EVENTS] = {4, 4, 4, 4, 4, 4, 4, 4, 4, 4};
    static const uint8_t refers[EVENTS] = {0, 0, 0, 0, 0, 0, 0, 1, 0, 0};
    static const char *const categories[EVENTS] = {NULL, NULL, "tea"};
    const char *others[EVENTS] = {NULL};
    others[9] = "bob";
    int32_t numbers[EVENTS];
    for (size_t row = 0; row < EVENTS; row++) check(crm_day_parse(days[row], &numbers[row]));

    crm_points_events batch;
    memset(&batch, 0, sizeof batch);
    batch.struct_size = sizeof batch;
    batch.length = EVENTS;
    batch.customer_id_text = members;
    batch.event_id_int64 = ids;
    batch.time_days = numbers;
    batch.kinds = kinds;
    batch.amount_int64 = cents;
    batch.amount_scale = 2;
    batch.points = given;
    batch.reference_int64 = references;
    batch.reference_valid = refers;
    batch.category = categories;
    batch.other_id_text = others;

    crm_loyalty_program *program = NULL;
    crm_points_ledger *ledger = NULL;
    crm_points_entries *entries = NULL;
    crm_points_liability *liability = NULL;
    int32_t april = 0;
    int64_t as_of = 0;
    check(crm_loyalty_program_from_json(RULES, &program));
    check(crm_points_ledger_new(program, &ledger));
    check(crm_points_ledger_apply(ledger, &batch, &entries));
    print_postings(entries);

    check(crm_day_parse("2024-04-01", &april));
    check(crm_loyalty_program_start_of(program, april, &as_of));
    int64_t available[2], owed[2];
    check(crm_points_ledger_balances(ledger, as_of, CRM_POINTS_BALANCE_COLUMN_AVAILABLE, available, 2));
    check(crm_points_ledger_balances(ledger, as_of, CRM_POINTS_BALANCE_COLUMN_OWED, owed, 2));
    for (size_t row = 0; row < 2; row++)
        printf("  %s has %" PRId64 " points and owes %" PRId64 "\n", members[row], available[row], owed[row]);

    static const int32_t columns[] = {CRM_POINTS_LIABILITY_COLUMN_MONTH, CRM_POINTS_LIABILITY_COLUMN_EARNED,
                                      CRM_POINTS_LIABILITY_COLUMN_REDEEMED, CRM_POINTS_LIABILITY_COLUMN_OUTSTANDING,
                                      CRM_POINTS_LIABILITY_COLUMN_LIABILITY_MICROS};
    int64_t months[5][MONTHS];
    check(crm_points_ledger_liability(ledger, as_of, 10000, 200000, &liability));
    for (size_t column = 0; column < 5; column++)
        check(crm_points_liability_values(liability, columns[column], months[column], MONTHS));
    for (size_t row = 0; row < crm_points_liability_length(liability); row++) {
        char day[CRM_DAY_TEXT_SIZE];
        check(crm_day_format((int32_t)months[0][row], day, sizeof day));
        printf("  %s: %" PRId64 " earned, %" PRId64 " redeemed, %" PRId64 " outstanding, liability %.4f\n", day, months[1][row],
               months[2][row], months[3][row], (double)months[4][row] / 1e6);
    }
    const int64_t redeemed[] = {4500, 8500}, expected[] = {9700, 9900};
    int64_t revenue[2];
    check(crm_points_recognize(9000000000, redeemed, expected, 2, revenue, NULL, NULL));
    printf("  revenue of 9000 deferred for points: %.0f, %.0f\n", (double)revenue[0] / 1e6, (double)revenue[1] / 1e6);
    crm_points_liability_free(liability);
    crm_points_entries_free(entries);
    crm_points_ledger_free(ledger);
    crm_loyalty_program_free(program);
}

static const char *const TIERS =
    "{\"model\": \"tier_rules\", \"version\": 1, \"tiers\": ["
    "{\"name\": \"Silver\", \"entry\": {\"at_least\": {\"measure\": \"qualifying_points\", \"value\": 100}}},"
    "{\"name\": \"Gold\", \"entry\": {\"at_least\": {\"measure\": \"qualifying_points\", \"value\": 300}},"
    "\"keep\": {\"at_least\": {\"measure\": \"qualifying_points\", \"value\": 250}}},"
    "{\"name\": \"Platinum\", \"entry\": {\"at_least\": {\"measure\": \"qualifying_points\", \"value\": 600}}}],"
    "\"options\": {\"period\": {\"fixed\": {\"start\": \"2024-01-01\", \"length\": {\"months\": 12}}}}}";

/* Where three members stand in spring, what they may have, and what half the points would have done. */
static void tiers(void) {
    enum { MEMBERS = 3, ROWS = 4, TODAY = 20148 }; /* 2025-03-01, counted from 1970-01-01 */
    static const char *const names[MEMBERS] = {"ann", "bob", "cai"}, *const who[ROWS] = {"ann", "bob", "cai", "ann"},
                             *const tier_names[] = {"none", "Silver", "Gold", "Platinum"};
    static const int32_t joined[MEMBERS] = {19724, 19724, 19724}, days[ROWS] = {19875, 19905, 19936, 20120};
    static const int64_t given[ROWS] = {320, 150, 40, 120};
    const crm_ids members = {NULL, names, MEMBERS}, ids = {NULL, who, ROWS};
    crm_tier_roster *roster = NULL;
    crm_tier_changes *changes = NULL;
    crm_tier_standings *standings = NULL;
    crm_tier_rows rows;
    check(crm_tier_roster_from_json(TIERS, &roster));
    check(crm_tier_roster_join(roster, &members, joined));
    check(crm_tier_rows_init(&rows, sizeof rows));
    rows.ids = &ids;
    rows.days = days;
    rows.qualifying_points = given;
    check(crm_tier_roster_qualify(roster, &rows, &changes));
    printf("\nTiers on 2025-03-01, after %zu changes and notices\n", crm_tier_changes_length(changes));
    check(crm_tier_roster_standings(roster, TODAY, &standings));
    int64_t tier[MEMBERS], expires[MEMBERS];
    double keep[MEMBERS], next[MEMBERS];
    check(crm_tier_standings_column(standings, CRM_TIER_STANDING_COLUMN_TIER, tier, MEMBERS));
    check(crm_tier_standings_column(standings, CRM_TIER_STANDING_COLUMN_EXPIRES, expires, MEMBERS));
    check(crm_tier_standings_to_keep(standings, CRM_TIER_MEASURE_QUALIFYING_POINTS, keep, MEMBERS));
    check(crm_tier_standings_to_next(standings, CRM_TIER_MEASURE_QUALIFYING_POINTS, next, MEMBERS));
    for (int row = 0; row < MEMBERS; row++) {
        const int64_t left = expires[row] == INT64_MIN ? 0 : expires[row] - TODAY;
        printf("  %-4s%-8s%4" PRId64 " days%6.0f to keep%6.0f to the next\n", names[row], tier_names[tier[row] + 1], left, keep[row],
               next[row]);
    }
    crm_tier_standings_free(standings);
    crm_tier_changes_free(changes);
    crm_tier_roster_free(roster);

    enum { WISHES = 5 };
    static const char *const rewards = "{\"model\": \"reward_catalogue\", \"version\": 1, \"rewards\": ["
                                       "{\"name\": \"Mug\", \"unit_cost\": 3.2, \"points_price\": 400, \"cap_total\": 2},"
                                       "{\"name\": \"Lounge\", \"kind\": \"status\", \"unit_cost\": 12.5, \"tiers\": [\"Gold\"]}]}";
    static const char *const in_tier[MEMBERS] = {"Gold", "Silver", NULL};
    static const int64_t balances[MEMBERS] = {500, 900, 100};
    static const uint32_t member[WISHES] = {0, 1, 1, 0, 2}, reward[WISHES] = {0, 0, 0, 1, 1};
    static const uint64_t quantity[WISHES] = {1, 2, 1, 1, 1};
    const crm_reward_grants wishes = {member, reward, quantity, WISHES};
    crm_reward_catalogue *catalogue = NULL;
    crm_reward_members having;
    crm_reward_cost costs[2];
    uint32_t refused[WISHES];
    check(crm_reward_catalogue_from_json(rewards, &catalogue));
    check(crm_reward_members_init(&having, sizeof having));
    having.length = MEMBERS;
    having.tiers = in_tier;
    having.points_balance = balances;
    costs[0].struct_size = sizeof costs[0];
    check(crm_reward_plan(catalogue, &having, NULL, &wishes, TODAY, refused, costs, NULL));
    int granted = 0;
    for (int row = 0; row < WISHES; row++) granted += refused[row] == 0;
    printf("  %d of %d wishes granted for %.2f\n", granted, WISHES, costs[0].cost + costs[1].cost);
    crm_reward_catalogue_free(catalogue);

    static const char *const ann[] = {"ann", "ann", "ann"};
    static const int64_t numbers[] = {1, 2, 3}, points[] = {0, 0, 100};
    static const int32_t on[] = {19723, 19754, 19783};
    static const int32_t kinds[] = {CRM_POINTS_EVENT_KIND_JOIN, CRM_POINTS_EVENT_KIND_PURCHASE, CRM_POINTS_EVENT_KIND_REDEEM};
    static const double amounts[] = {0.0, 120.0, 0.0};
    crm_points_events events;
    memset(&events, 0, sizeof events);
    events.struct_size = sizeof events;
    events.length = 3;
    events.customer_id_text = ann;
    events.event_id_int64 = numbers;
    events.time_days = on;
    events.kinds = kinds;
    events.amount_double = amounts;
    events.points = points;
    crm_loyalty_program *full = NULL, *half = NULL;
    crm_simulation_options options;
    crm_program_simulation *found = NULL;
    crm_simulated_program before, after;
    crm_winners_and_losers gains;
    check(crm_loyalty_program_from_json("{}", &full));
    check(crm_loyalty_program_from_json("{\"earn\": {\"per\": 2}}", &half));
    check(crm_simulation_options_init(&options, sizeof options));
    check(crm_loyalty_program_start_of(full, 20088, &options.as_of)); /* 2024-12-31 */
    check(crm_program_simulation_run(&events, NULL, full, NULL, half, NULL, &options, &found));
    before.struct_size = after.struct_size = sizeof before;
    check(crm_program_simulation_side(found, 0, &before));
    check(crm_program_simulation_side(found, 1, &after));
    check(crm_program_simulation_gains(found, 1, &gains));
    printf("  half the points: %" PRId64 " -> %" PRId64 " issued, %" PRId64 " -> %" PRId64 " burned, ", before.issued, after.issued,
           before.burned, after.burned);
    printf("%" PRIu64 " burn no longer fits, %" PRIu64 " loser\n", after.unfit_burns, gains.losers);
    const char *const statement = crm_program_simulation_statement();
    printf("  %.*s\n", (int)strcspn(statement, ":"), statement);
    crm_program_simulation_free(found);
    crm_loyalty_program_free(full);
    crm_loyalty_program_free(half);
}

int main(int count, char **arguments) {
    const char *log = count > 1 ? arguments[1] : "examples/data/cdnow/transactions.csv";
    const char *path = count > 2 ? arguments[2] : "loyalty.csv";
    crm_history *history = NULL;
    crm_base *base = NULL;
    crm_columns columns;
    crm_csv_options csv;
    check(crm_columns_init(&columns, sizeof columns));
    columns.time = "date";
    columns.amount = "dollar_value";
    check(crm_csv_options_init(&csv, sizeof csv));
    csv.id_kind = CRM_ID_KIND_INTEGER;
    check(crm_history_from_csv(log, &columns, &csv, NULL, NULL, NULL, &history));

    customers june = known_at(history, "1997-06-30"), december = known_at(history, "1997-12-31"),
              end = known_at(history, "1998-06-30");
    uint8_t *autumn = back(&june, &december), *spring = back(&december, &end);
    const crm_base_options options = as_of("1997-12-31");
    int64_t *ids = room(december.rows, sizeof *ids);
    check(crm_history_base(history, &options, &base));
    check(crm_base_ids_int64(base, ids, december.rows));

    FILE *out = fopen(path, "wb");
    if (out == NULL) {
        perror(path);
        return 1;
    }
    crm_loyalty_score *scores[WEIGHTINGS] = {NULL};
    weightings(&june, autumn, scores);
    judge(scores, &december, spring);
    explain(scores[WEIGHTINGS - 1], &december, ids, out);
    changes(scores[WEIGHTINGS - 1], &june, &december, autumn, ids);
    points();
    tiers();
    if (fclose(out) != 0) {
        perror(path);
        return 1;
    }
    printf("\nWrote the scores of %zu customers to %s\n", december.rows, path);

    for (size_t place = 0; place < WEIGHTINGS; place++) crm_loyalty_score_free(scores[place]);
    free(ids);
    free(autumn);
    free(spring);
    free_customers(&june);
    free_customers(&december);
    free_customers(&end);
    crm_base_free(base);
    crm_history_free(history);
    return 0;
}
