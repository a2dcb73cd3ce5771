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
