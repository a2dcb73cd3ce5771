/* Loyalty scores: weights, fits, contributions, changes, reports, saving, and what cannot be. */
#include "check.h"

#define ORDERS "{\"name\": \"orders\", \"unit\": \"orders\", \"window_days\": 365}"
#define VISITS "{\"name\": \"visits\", \"unit\": \"visits\", \"direction\": \"lower\"}"

static const double ORDER_COUNTS[] = {1.0, 2.0, 2.0, 9.0, 4.0}, VISIT_COUNTS[] = {7.0, 1.0, NAN, 8.0, 3.0};
enum { ROWS = 5 };

static crm_dimension_table *table_of(int32_t day, const double *orders, const double *visits) {
    crm_dimension_table *table = NULL;
    OK(crm_dimension_table_new(day, ROWS, &table));
    OK(crm_dimension_table_add(table, ORDERS, orders, ROWS));
    OK(crm_dimension_table_add(table, VISITS, visits, ROWS));
    CHECK(crm_dimension_table_rows(table) == ROWS && crm_dimension_table_columns(table) == 2);
    return table;
}

static void tables(void) {
    crm_dimension_table *table = NULL;
    const double values[] = {1.0, INFINITY};
    FAILS(crm_dimension_table_new(20000, 0, &table), CRM_STATUS_EMPTY, "rows");
    FAILS(crm_dimension_table_new(INT32_MAX, 1, &table), CRM_STATUS_OUT_OF_RANGE, "as_of");
    CHECK(table == NULL);
    FAILS(crm_dimension_table_new(20000, 1, NULL), CRM_STATUS_NULL_POINTER, "out");
    OK(crm_dimension_table_new(20000, 2, &table));
    FAILS(crm_dimension_table_add(table, ORDERS, values, 2), CRM_STATUS_INVALID_VALUE, "orders");
    CHECK(crm_last_error_row() == 1);
    FAILS(crm_dimension_table_add(table, ORDERS, values, 1), CRM_STATUS_LENGTH_MISMATCH, "orders");
    FAILS(crm_dimension_table_add(table, "no json", values, 2), CRM_STATUS_PARSE, "dimension");
    FAILS(crm_dimension_table_add(table, "{\"name\": \"\", \"unit\": \"x\"}", values, 2), CRM_STATUS_INVALID_ARGUMENT, "name");
    FAILS(crm_dimension_table_add(NULL, ORDERS, values, 2), CRM_STATUS_NULL_POINTER, "table");
    CHECK(crm_dimension_table_columns(table) == 0);
    crm_dimension_table_free(table);
    crm_dimension_table_free(NULL);

    const uint32_t customers[] = {0, 0, 2};
    const double ages[] = {0.0, 90.0, 400.0}, ones[] = {1.0, 1.0, 1.0};
    const char *const fading = "{\"name\": \"o\", \"unit\": \"o\", \"window_days\": 365, \"decay\": {\"half_life\": {\"days\": 90}}}";
    double sums[3];
    OK(crm_dimension_decayed_sum(fading, 3, customers, ages, ones, 3, sums, 3));
    CHECK(sums[0] == 1.5 && sums[1] == 0.0 && sums[2] == 0.0);
    FAILS(crm_dimension_decayed_sum(fading, 2, customers, ages, ones, 3, sums, 3), CRM_STATUS_OUT_OF_RANGE, "rows");
    FAILS(crm_dimension_decayed_sum(fading, 3, customers, ages, ones, 3, sums, 2), CRM_STATUS_LENGTH_MISMATCH, "capacity");
}

static void weights(void) {
    const double compared[] = {1.0, 0.25, 4.0, 4.0, 1.0, 9.0, 0.25, 1.0 / 9.0, 1.0};
    const double circle[] = {1.0, 5.0, 0.2, 0.2, 1.0, 5.0, 5.0, 0.2, 1.0};
    double out[4];
    crm_ahp ahp = {.struct_size = sizeof ahp};
    /* AHPy's README: .217, .717, .066, ratio .035. */
    OK(crm_ahp_weights(compared, 3, CRM_RANDOM_INDEX_SAATY2005, CRM_INCONSISTENCY_REFUSE, out, 3, &ahp));
    CHECK(fabs(out[0] - 0.21716560880280603) < 1e-14 && fabs(out[1] - 0.7170650412287761) < 1e-14);
    CHECK(fabs(ahp.consistency_ratio - 0.035476481517710844) < 1e-13 && ahp.largest_eigenvalue > 3.0);
    OK(crm_ahp_weights(compared, 3, CRM_RANDOM_INDEX_SAATY1980, CRM_INCONSISTENCY_REFUSE, out, 3, NULL));
    FAILS(crm_ahp_weights(circle, 3, 0, CRM_INCONSISTENCY_REFUSE, out, 3, NULL), CRM_STATUS_INVALID_ARGUMENT, "comparisons");
    OK(crm_ahp_weights(circle, 3, 0, CRM_INCONSISTENCY_ACCEPT, out, 3, &ahp));
    CHECK(ahp.consistency_ratio > 1.0);
    FAILS(crm_ahp_weights(compared, 3, 3, 0, out, 3, NULL), CRM_STATUS_INVALID_ARGUMENT, "random_index");
    FAILS(crm_ahp_weights(compared, 3, 0, 2, out, 3, NULL), CRM_STATUS_INVALID_ARGUMENT, "inconsistency");
    FAILS(crm_ahp_weights(compared, 3, 0, 0, out, 2, NULL), CRM_STATUS_LENGTH_MISMATCH, "capacity");
    FAILS(crm_ahp_weights(NULL, 3, 0, 0, out, 3, NULL), CRM_STATUS_NULL_POINTER, "comparisons");

    const double criteria[] = {0.75, 0.25}, local[] = {0.5, 0.5, 0.0, 0.0, 0.0, 1.0};
    OK(crm_ahp_synthesis(criteria, local, 2, 3, out, 3));
    CHECK(out[0] == 0.375 && out[1] == 0.375 && out[2] == 0.25);
    FAILS(crm_ahp_synthesis(local, local, 2, 3, out, 2), CRM_STATUS_LENGTH_MISMATCH, "capacity");

    /* mcdm 0.4.0, tests/weighting.rs. */
    const double a[] = {2.9, 1.2, 0.3}, b[] = {2.31, 1.34, 2.48}, c[] = {0.56, 0.21, 1.75}, d[] = {1.89, 2.48, 1.69};
    const double *const columns[] = {a, b, c, d};
    const double known[] = {0.45009235, 0.05084365, 0.4778931, 0.0211709};
    crm_objective_weights about = {.struct_size = sizeof about};
    OK(crm_objective_weights_of(CRM_WEIGHTING_KIND_ENTROPY, columns, 4, 3, out, 4, &about));
    for (int place = 0; place < 4; place++) CHECK(fabs(out[place] - known[place]) < 5e-9);
    CHECK(about.rows == 3 && isnan(about.explained) && about.mixed_signs == 0);
    OK(crm_objective_weights_of(CRM_WEIGHTING_KIND_PRINCIPAL_COMPONENT, columns, 4, 3, out, 4, &about));
    CHECK(about.explained > 0.5 && about.mixed_signs == 1);
    FAILS(crm_objective_weights_of(CRM_WEIGHTING_KIND_GIVEN, columns, 4, 3, out, 4, NULL), CRM_STATUS_INVALID_ARGUMENT, "weighting");
    FAILS(crm_objective_weights_of(99, columns, 4, 3, out, 4, NULL), CRM_STATUS_INVALID_ARGUMENT, "weighting");
    FAILS(crm_objective_weights_of(2, columns, 4, 1, out, 4, NULL), CRM_STATUS_EMPTY, "columns");

    const double proportions[] = {5.0, 3.0, 2.0}, negative[] = {1.0, -1.0};
    OK(crm_proportional_weights(proportions, 3, out, 3));
    CHECK(out[0] == 0.5 && out[1] == 0.3 && out[2] == 0.2);
    FAILS(crm_proportional_weights(negative, 2, out, 2), CRM_STATUS_INVALID_ARGUMENT, "weights");
}

static void scores(void) {
    const double given[] = {0.75, 0.25}, wrong[] = {0.75, 0.5}, negative[] = {1.5, -0.5};
    crm_dimension_table *table = table_of(20000, ORDER_COUNTS, VISIT_COUNTS);
    crm_loyalty_score *score = NULL;
    crm_loyalty_scores *found = NULL;
    crm_score_options options;
    OK(crm_score_options_init(&options, sizeof options));
    CHECK(options.combination == CRM_COMBINATION_ARITHMETIC && options.minimum_coverage == 0.0 && options.penalty == 0.001);
    FAILS(crm_loyalty_score_fit(table, wrong, 2, NULL, &score, &found), CRM_STATUS_INVALID_ARGUMENT, "weights");
    CHECK(score == NULL && found == NULL);
    FAILS(crm_loyalty_score_fit(table, negative, 2, NULL, &score, NULL), CRM_STATUS_INVALID_ARGUMENT, "weights");
    FAILS(crm_loyalty_score_fit(table, given, 1, NULL, &score, NULL), CRM_STATUS_INVALID_ARGUMENT, "weights");
    FAILS(crm_loyalty_score_fit(NULL, given, 2, NULL, &score, NULL), CRM_STATUS_NULL_POINTER, "table");
    options.combination = 2;
    FAILS(crm_loyalty_score_fit(table, given, 2, &options, &score, NULL), CRM_STATUS_INVALID_ARGUMENT, "combination");
    options.combination = CRM_COMBINATION_GEOMETRIC;
    options.threads = 2;
    OK(crm_loyalty_score_fit(table, given, 2, &options, &score, NULL));
    crm_loyalty_score_free(score);
    OK(crm_loyalty_score_fit(table, given, 2, NULL, &score, &found));

    double values[ROWS], coverage[ROWS], orders[ROWS], visits[ROWS], baseline[ROWS];
    uint32_t ranks[ROWS];
    CHECK(crm_loyalty_scores_length(found) == ROWS);
    OK(crm_loyalty_scores_values(found, values, ROWS));
    OK(crm_loyalty_scores_coverage(found, coverage, ROWS));
    OK(crm_loyalty_scores_ranks(found, ranks, ROWS));
    FAILS(crm_loyalty_scores_values(found, values, ROWS - 1), CRM_STATUS_LENGTH_MISMATCH, "capacity");
    /* Orders: 1/10, 4/10, 4/10, 9/10, 7/10. Visits, lower better: 3/8, 7/8, none, 1/8, 5/8. */
    CHECK(fabs(values[0] - 16.875) < 6e-8 && fabs(values[2] - 40.0) < 6e-8 && coverage[2] == 0.75 && coverage[0] == 1.0);
    CHECK(ranks[0] == 5 && ranks[2] == 4 && ranks[3] == 1 && ranks[4] == 2 && ranks[1] == 3);

    crm_score_contributions *parts = NULL;
    OK(crm_loyalty_score_contributions(score, table, 0, &parts));
    CHECK(crm_score_contributions_dimensions(parts) == 2);
    OK(crm_score_contributions_values(parts, 0, orders, ROWS));
    OK(crm_score_contributions_values(parts, 1, visits, ROWS));
    OK(crm_score_contributions_baseline(parts, baseline, ROWS));
    FAILS(crm_score_contributions_values(parts, 2, visits, ROWS), CRM_STATUS_OUT_OF_RANGE, "index");
    const double mean = crm_loyalty_scores_population_mean(found);
    for (int row = 0; row < ROWS; row++) {
        CHECK(orders[row] + visits[row] + baseline[row] == values[row] - mean);
        CHECK(visits[row] + baseline[row] + orders[row] == values[row] - mean);
    }
    CHECK(visits[2] == 0.0);
    crm_loyalty_scores *again = NULL;
    OK(crm_score_contributions_scores(parts, &again));
    CHECK(crm_loyalty_scores_length(again) == ROWS);
    crm_loyalty_scores_free(again);
    crm_score_contributions_free(parts);

    crm_score_summary summary = {.struct_size = sizeof summary};
    crm_score_dimension dimension = {.struct_size = sizeof dimension};
    OK(crm_loyalty_score_summary(score, &summary));
    CHECK(summary.customers == ROWS && summary.scored == ROWS && summary.population_mean == mean && summary.as_of == 20000);
    CHECK(summary.weighting == CRM_WEIGHTING_KIND_GIVEN && summary.dimensions == 2 && crm_loyalty_score_dimensions(score) == 2);
    OK(crm_loyalty_score_dimension(score, 1, &dimension));
    CHECK(dimension.weight == 0.25 && dimension.known == 4 && dimension.mean == 0.5 && dimension.status == CRM_DIMENSION_STATUS_FINE);
    FAILS(crm_loyalty_score_dimension(score, 2, &dimension), CRM_STATUS_OUT_OF_RANGE, "index");
    crm_bytes *text = NULL;
    OK(crm_loyalty_score_dimension_json(score, 1, &text));
    CHECK(strstr(crm_bytes_text(text), "\"direction\":\"lower\"") != NULL);
    crm_bytes_free(text);
    crm_learned_weights learned = {.struct_size = sizeof learned};
    FAILS(crm_loyalty_score_learned(score, &learned, NULL, 0), CRM_STATUS_EMPTY, "score");

    /* Saved, read again, and the same bits. */
    crm_loyalty_score *read = NULL;
    double same[ROWS];
    OK(crm_loyalty_score_to_json(score, &text));
    OK(crm_loyalty_score_from_json(crm_bytes_text(text), &read));
    crm_bytes_free(text);
    OK(crm_loyalty_score_apply(read, table, 1, &again));
    OK(crm_loyalty_scores_values(again, same, ROWS));
    CHECK(memcmp(same, values, sizeof values) == 0);
    crm_loyalty_scores_free(again);
    crm_loyalty_score_free(read);
    FAILS(crm_loyalty_score_from_json("{}", &read), CRM_STATUS_CORRUPT, "json");

    crm_dimension_table *other = NULL;
    OK(crm_dimension_table_new(20100, 1, &other));
    OK(crm_dimension_table_add(other, "{\"name\": \"orders\", \"unit\": \"baskets\", \"window_days\": 365}", ORDER_COUNTS, 1));
    FAILS(crm_loyalty_score_apply(score, other, 0, &again), CRM_STATUS_INCOMPATIBLE, "orders");
    crm_dimension_table_free(other);
    crm_loyalty_scores_free(found);
    crm_loyalty_score_free(score);
    crm_dimension_table_free(table);
}

static void learned_and_judged(void) {
    const double later_orders[] = {2.0, 2.0, 6.0, 1.0, 4.0}, later_visits[] = {3.0, 3.0, 2.0, 9.0, 8.0};
    const uint8_t stayed[] = {0, 1, 1, 1, 0}, everybody[] = {1, 1, 1, 1, 1};
    crm_dimension_table *table = table_of(20000, ORDER_COUNTS, later_visits);
    crm_dimension_table *later = table_of(20365, later_orders, later_visits);
    crm_loyalty_score *learned = NULL, *critic = NULL, *refit = NULL;
    OK(crm_loyalty_score_fit_learned(table, stayed, ROWS, NULL, &learned, NULL));
    FAILS(crm_loyalty_score_fit_learned(table, everybody, ROWS, NULL, &critic, NULL), CRM_STATUS_INVALID_VALUE, "retained");
    FAILS(crm_loyalty_score_fit_learned(table, stayed, ROWS - 1, NULL, &critic, NULL), CRM_STATUS_LENGTH_MISMATCH, "retained");
    crm_learned_weights about = {.struct_size = sizeof about};
    double coefficients[2];
    OK(crm_loyalty_score_learned(learned, &about, coefficients, 2));
    CHECK(about.customers == ROWS && about.retained == 3 && about.converged == 1 && coefficients[0] >= 0.0 && coefficients[1] >= 0.0);
    FAILS(crm_loyalty_score_learned(learned, &about, coefficients, 1), CRM_STATUS_LENGTH_MISMATCH, "capacity");
    OK(crm_loyalty_score_fit_objective(table, CRM_WEIGHTING_KIND_CRITIC, NULL, &critic, NULL));
    FAILS(crm_loyalty_score_fit_objective(table, CRM_WEIGHTING_KIND_AHP, NULL, &refit, NULL), CRM_STATUS_INVALID_ARGUMENT, "weighting");

    const char *const names[] = {"learned", "critic"};
    const crm_loyalty_score *const models[] = {learned, critic};
    crm_weighting_report *report = NULL;
    crm_weighting_row row = {.struct_size = sizeof row};
    double correlation[4];
    FAILS(crm_weighting_report_new(names, models, 2, table, stayed, ROWS, 0.4, 0, &report), CRM_STATUS_INCOMPATIBLE, "models");
    OK(crm_weighting_report_new(names, models, 2, later, stayed, ROWS, 0.4, 0, &report));
    CHECK(crm_weighting_report_length(report) == 2);
    OK(crm_weighting_report_row(report, 0, &row));
    CHECK(row.scored == ROWS && row.auc >= 0.0 && row.auc <= 1.0 && row.weighting == CRM_WEIGHTING_KIND_LEARNED);
    CHECK(row.status == CRM_WEIGHTING_STATUS_JUDGED);
    FAILS(crm_weighting_report_row(report, 2, &row), CRM_STATUS_OUT_OF_RANGE, "index");
    OK(crm_weighting_report_rank_correlation(report, correlation, 4));
    CHECK(correlation[0] == 1.0 && correlation[1] == correlation[2] && correlation[3] == 1.0);
    crm_weighting_report_free(report);
    FAILS(crm_weighting_report_new(names, models, 0, later, stayed, ROWS, 0.4, 0, &report), CRM_STATUS_INVALID_ARGUMENT, "models");

    OK(crm_loyalty_score_fit_objective(later, CRM_WEIGHTING_KIND_CRITIC, NULL, &refit, NULL));
    crm_score_change *change = NULL;
    OK(crm_score_change_new(critic, table, refit, later, 0, &change));
    CHECK(crm_score_change_length(change) == ROWS);
    double columns[5][ROWS];
    for (int column = 0; column < 5; column++) OK(crm_score_change_values(change, column, columns[column], ROWS));
    for (int place = 0; place < ROWS; place++)
        CHECK(columns[2][place] + columns[3][place] + columns[4][place] == columns[1][place] - columns[0][place]);
    FAILS(crm_score_change_values(change, 5, NULL, ROWS), CRM_STATUS_INVALID_ARGUMENT, "column");
    crm_score_change_free(change);
    crm_score_change_parts *parts = NULL;
    OK(crm_score_change_parts_new(critic, table, refit, later, 0, &parts));
    CHECK(crm_score_change_parts_dimensions(parts) == 2);
    double own[2][ROWS];
    for (int column = 2; column < 5; column++) {
        for (size_t dimension = 0; dimension < 2; dimension++)
            OK(crm_score_change_parts_values(parts, column, dimension, own[dimension], ROWS));
        for (int place = 0; place < ROWS; place++) CHECK(own[0][place] + own[1][place] == columns[column][place]);
    }
    FAILS(crm_score_change_parts_values(parts, 1, 0, own[0], ROWS), CRM_STATUS_INVALID_ARGUMENT, "column");
    FAILS(crm_score_change_parts_values(parts, 2, 2, own[0], ROWS), CRM_STATUS_OUT_OF_RANGE, "index");
    FAILS(crm_score_change_parts_values(parts, 2, 0, own[0], ROWS - 1), CRM_STATUS_LENGTH_MISMATCH, "capacity");
    crm_score_change_parts_free(parts);
    FAILS(crm_score_change_parts_new(refit, later, critic, table, 0, &parts), CRM_STATUS_INCOMPATIBLE, "later");
    FAILS(crm_score_change_new(refit, later, critic, table, 0, &change), CRM_STATUS_INCOMPATIBLE, "later");
    crm_loyalty_score_free(learned);
    crm_loyalty_score_free(critic);
    crm_loyalty_score_free(refit);
    crm_dimension_table_free(table);
    crm_dimension_table_free(later);
}

int main(void) {
    tables();
    weights();
    scores();
    learned_and_judged();
    return 0;
}
