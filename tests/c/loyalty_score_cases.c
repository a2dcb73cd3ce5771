/* Loyalty scores, weights and changes of tests/cases/loyalty/scores.json, which all languages share. */
#include "loyalty.h"

/* Scores are rounded to 2^-24 points. */
#define POINTS 6.1e-8

/* Numbers, null as NaN; the caller frees them. */
static double *numbers(const json *list) {
    double *found = malloc((list->count + 1) * sizeof *found);
    CHECK(found != NULL);
    for (size_t place = 0; place < list->count; place++)
        found[place] = list->items[place].kind == JSON_NUMBER ? list->items[place].number : NAN;
    return found;
}

static void near_all(const double *found, const json *expected, double tolerance, const char *what) {
    for (size_t place = 0; place < expected->count; place++) {
        const json *wanted = &expected->items[place];
        const int same = wanted->kind == JSON_NUMBER ? fabs(found[place] - wanted->number) <= tolerance : isnan(found[place]);
        if (!same) {
            fprintf(stderr, "%s, %zu: %.17g for %.17g\n", what, place, found[place], wanted->number);
            exit(1);
        }
    }
}

static crm_dimension_table *table_of(const json *dimensions, const json *columns, int32_t day) {
    crm_dimension_table *table = NULL;
    OK(crm_dimension_table_new(day, columns->items[0].count, &table));
    for (size_t place = 0; place < dimensions->count; place++) {
        double *values = numbers(&columns->items[place]);
        OK(crm_dimension_table_add(table, dimensions->items[place].text, values, columns->items[place].count));
        free(values);
    }
    return table;
}

static crm_score_options options_of(const json *one) {
    crm_score_options options;
    OK(crm_score_options_init(&options, sizeof options));
    const json *combination = json_get(one, "combination"), *coverage = json_get(one, "minimum_coverage");
    if (combination != NULL && strcmp(combination->text, "geometric") == 0) options.combination = CRM_COMBINATION_GEOMETRIC;
    if (coverage != NULL) options.minimum_coverage = coverage->number;
    return options;
}

static crm_loyalty_score *fit(const crm_dimension_table *table, const json *weights, const crm_score_options *options,
                              crm_loyalty_scores **scores) {
    double *values = numbers(weights);
    crm_loyalty_score *score = NULL;
    OK(crm_loyalty_score_fit(table, values, weights->count, options, &score, scores));
    free(values);
    return score;
}

static void score_case(const json *one) {
    const json *expected = member(one, "expected");
    const char *what = member(one, "name")->text;
    const size_t rows = member(expected, "scores")->count;
    crm_dimension_table *table = table_of(member(one, "dimensions"), member(one, "columns"), 20000);
    const crm_score_options options = options_of(one);
    crm_loyalty_scores *scores = NULL;
    crm_loyalty_score *score = fit(table, member(one, "weights"), &options, &scores);
    double *values = malloc((rows + 8) * sizeof *values);
    uint32_t *ranks = malloc((rows + 8) * sizeof *ranks);
    CHECK(values != NULL && ranks != NULL && crm_loyalty_scores_length(scores) == rows);
    OK(crm_loyalty_scores_values(scores, values, rows));
    near_all(values, member(expected, "scores"), POINTS, what);
    OK(crm_loyalty_scores_coverage(scores, values, rows));
    near_all(values, member(expected, "coverage"), 1e-15, what);
    OK(crm_loyalty_scores_ranks(scores, ranks, rows));
    for (size_t row = 0; row < rows; row++) CHECK(ranks[row] == (uint32_t)member(expected, "ranks")->items[row].integer);
    CHECK(fabs(crm_loyalty_scores_population_mean(scores) - member(expected, "population_mean")->number) < POINTS);
    crm_score_contributions *parts = NULL;
    OK(crm_loyalty_score_contributions(score, table, 0, &parts));
    const json *columns = member(expected, "contributions");
    for (size_t place = 0; place < columns->count; place++) {
        OK(crm_score_contributions_values(parts, place, values, rows));
        near_all(values, &columns->items[place], POINTS, what);
    }
    OK(crm_score_contributions_baseline(parts, values, rows));
    near_all(values, member(expected, "baseline"), POINTS, what);
    crm_score_contributions_free(parts);
    if (json_get(one, "later") != NULL) {
        crm_dimension_table *later = table_of(member(one, "dimensions"), member(one, "later"), 20365);
        crm_loyalty_scores *found = NULL;
        OK(crm_loyalty_score_apply(score, later, 0, &found));
        OK(crm_loyalty_scores_values(found, values, crm_loyalty_scores_length(found)));
        near_all(values, member(expected, "later"), POINTS, what);
        crm_loyalty_scores_free(found);
        crm_dimension_table_free(later);
    }
    free(values);
    free(ranks);
    crm_loyalty_scores_free(scores);
    crm_loyalty_score_free(score);
    crm_dimension_table_free(table);
}

static void ahp_case(const json *one) {
    static const char *const tables[] = {"saaty_2005", "saaty_1980", "alonso_lamata_2006"};
    const json *upper = member(one, "upper"), *expected = member(one, "expected");
    const size_t sides = member(expected, "weights")->count;
    double matrix[225], weights[15];
    const json *value = upper->items;
    for (size_t row = 0; row < sides; row++) {
        matrix[row * sides + row] = 1.0;
        for (size_t column = row + 1; column < sides; column++, value++) {
            matrix[row * sides + column] = value->number;
            matrix[column * sides + row] = 1.0 / value->number;
        }
    }
    int32_t table = 0;
    while (strcmp(tables[table], member(one, "random_index")->text) != 0) table++;
    crm_ahp found = {.struct_size = sizeof found};
    OK(crm_ahp_weights(matrix, sides, table, CRM_INCONSISTENCY_ACCEPT, weights, sides, &found));
    near_all(weights, member(expected, "weights"), 1e-14, member(one, "name")->text);
    CHECK(fabs(found.consistency_ratio - member(expected, "consistency_ratio")->number) < 1e-13);
    CHECK(fabs(found.largest_eigenvalue - member(expected, "largest_eigenvalue")->number) < 1e-13);
}

static void weight_case(const json *one) {
    static const char *const kinds[] = {"given", "ahp",  "entropy", "critic", "standard_deviation", "variance",
                                        "gini",  "angular", "cilos",  "principal_component"};
    const json *columns = member(one, "columns");
    double *values[8], weights[8];
    for (size_t place = 0; place < columns->count; place++) values[place] = numbers(&columns->items[place]);
    int32_t kind = 0;
    while (strcmp(kinds[kind], member(one, "weighting")->text) != 0) kind++;
    OK(crm_objective_weights_of(kind, (const double *const *)values, columns->count, columns->items[0].count, weights, 8, NULL));
    near_all(weights, member(one, "expected"), 1e-12, member(one, "name")->text);
    const json *published = member(one, "published");
    if (published->kind == JSON_ARRAY) near_all(weights, published, 5e-9, member(one, "name")->text);
    for (size_t place = 0; place < columns->count; place++) free(values[place]);
}

static void change_case(const json *one) {
    static const char *const names[] = {"before", "after", "value", "reference", "weight"};
    const crm_score_options options = options_of(one);
    crm_dimension_table *tables[2];
    crm_loyalty_score *scores[2];
    for (int end = 0; end < 2; end++) {
        const json *date = member(one, names[end]);
        tables[end] = table_of(member(one, "dimensions"), member(date, "columns"), 20000 + 180 * end);
        scores[end] = fit(tables[end], member(date, "weights"), &options, NULL);
    }
    crm_score_change *change = NULL;
    double values[64];
    OK(crm_score_change_new(scores[0], tables[0], scores[1], tables[1], 0, &change));
    for (int32_t column = 0; column < 5; column++) {
        OK(crm_score_change_values(change, column, values, 64));
        near_all(values, member(member(one, "expected"), names[column]), POINTS, names[column]);
    }
    crm_score_change_free(change);
    crm_score_change_parts *parts = NULL;
    OK(crm_score_change_parts_new(scores[0], tables[0], scores[1], tables[1], 0, &parts));
    for (int32_t column = 2; column < 5; column++) {
        const json *by_dimension = member(member(member(one, "expected"), "by_dimension"), names[column]);
        CHECK(crm_score_change_parts_dimensions(parts) == by_dimension->count);
        for (size_t place = 0; place < by_dimension->count; place++) {
            OK(crm_score_change_parts_values(parts, column, place, values, 64));
            near_all(values, &by_dimension->items[place], POINTS, names[column]);
        }
    }
    crm_score_change_parts_free(parts);
    for (int end = 0; end < 2; end++) {
        crm_dimension_table_free(tables[end]);
        crm_loyalty_score_free(scores[end]);
    }
}

static void each(const json *all, const char *name, void (*run)(const json *)) {
    const json *list = member(all, name);
    CHECK(list->count > 0);
    for (size_t place = 0; place < list->count; place++) run(&list->items[place]);
}

int main(void) {
    json all = json_read("tests/cases/loyalty/scores.json");
    each(&all, "scores", score_case);
    each(&all, "ahp", ahp_case);
    each(&all, "weights", weight_case);
    each(&all, "changes", change_case);
    json_free(&all);
    return 0;
}
